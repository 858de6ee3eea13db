-- Every report of a provider after every two others, against a model of what a payment is; every
-- status by plain SQL; what the shop itself may do with a payment; and every step of a refund.
BEGIN;
SELECT plan(524);

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('A', 'A', 10, false);
CREATE TABLE pg_temp.kinds (kind text PRIMARY KEY, amount numeric);
INSERT INTO pg_temp.kinds VALUES ('submitted', NULL), ('authorized', 10), ('voided', NULL),
    ('captured', 10), ('failed', NULL), ('refunded', 10), ('charged_back', 10),
    ('won_back', 10), ('fee', 1);

-- A card payment of 10 for an order of 10, and what was reported of it, in this order
CREATE FUNCTION pg_temp.paid(VARIADIC reports text[] DEFAULT '{}') RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := (SELECT p.id FROM ecommerce.place_order(items('A', 1)) o,
        LATERAL (SELECT * FROM ecommerce.create_payment(o.id, provider => 'acme') OFFSET 0) p);
BEGIN
    FOR i IN 1 .. cardinality(reports) LOOP
        PERFORM ecommerce.record_payment_event('acme', v_id || ' ' || i, reports[i], k.amount,
            payment_id => v_id) FROM pg_temp.kinds k WHERE k.kind = reports[i];
    END LOOP;
    RETURN v_id;
END $$;
-- What a payment and its order say
CREATE FUNCTION pg_temp.says(payment uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', p.status, o.payment_status, o.amount_paid, o.amount_refunded,
        o.amount_charged_back)
    FROM ecommerce.payments p JOIN ecommerce.orders o ON o.id = p.order_id WHERE p.id = payment
$$;
-- What they have to say, by docs/payment.md: sums of the reports, and the last step without money
CREATE FUNCTION pg_temp.model(VARIADIC reports text[] DEFAULT '{}') RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    captured numeric := 10 * cardinality(array_positions(reports, 'captured'));
    refunded numeric := 10 * cardinality(array_positions(reports, 'refunded'));
    back     numeric := 10 * (cardinality(array_positions(reports, 'charged_back'))
                              - cardinality(array_positions(reports, 'won_back')));
    held     numeric := 0;
    step     text := 'created';
    status   text;
    r        text;
BEGIN
    FOREACH r IN ARRAY reports LOOP
        held := CASE r WHEN 'authorized' THEN held + 10 WHEN 'voided' THEN 0 ELSE held END;
        IF r IN ('submitted', 'authorized', 'voided', 'failed') THEN
            step := r;
        END IF;
    END LOOP;
    status := CASE WHEN captured > 0 AND back >= captured THEN 'returned'
                   WHEN refunded > 0 AND refunded >= captured - back THEN 'refunded'
                   WHEN captured > 0 THEN 'captured'
                   WHEN back > 0 THEN 'returned'
                   ELSE step END;
    RETURN concat_ws(' ', status,
        CASE WHEN refunded > 0 AND refunded >= captured - back THEN 'refunded'
             -- what went back of the order need not be paid again
             WHEN captured > back AND captured - back - refunded >= 10 - least(refunded, 10)
                 THEN 'paid'
             WHEN captured <= back AND status IN ('failed', 'returned') THEN 'failed'
             ELSE 'pending' END,
        to_char(captured, 'FM990.00'), to_char(refunded, 'FM990.00'), to_char(back, 'FM990.00'));
END $$;
SELECT is(pg_temp.says(pg_temp.paid(a.kind)), pg_temp.model(a.kind), a.kind)
FROM pg_temp.kinds a;
SELECT is(pg_temp.says(pg_temp.paid(a.kind, b.kind)), pg_temp.model(a.kind, b.kind),
    concat_ws(', ', a.kind, b.kind)) FROM pg_temp.kinds a, pg_temp.kinds b;
SELECT is(pg_temp.says(pg_temp.paid(a.kind, b.kind, c.kind)),
    pg_temp.model(a.kind, b.kind, c.kind), concat_ws(', ', a.kind, b.kind, c.kind))
FROM pg_temp.kinds a, pg_temp.kinds b, pg_temp.kinds c
WHERE NOT ARRAY[a.kind, b.kind, c.kind] && '{fee,submitted}';
SELECT is_empty('SELECT problem, detail FROM ecommerce_internal.payment_problems()',
    'the books balance');

-- What a command comes to when it is committed; it is undone. %L in it is the payment.
CREATE FUNCTION pg_temp.outcome(id uuid, command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(replace(command, '%L', '%1$L'), id);
    SET CONSTRAINTS ALL IMMEDIATE;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = pg_temp.says(id);
EXCEPTION
    WHEN SQLSTATE 'ZZ000' THEN RETURN SQLERRM;
    WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
SELECT is(pg_temp.outcome(CASE f.kind WHEN 'created' THEN pg_temp.paid() ELSE pg_temp.paid(f.kind)
        END, format('UPDATE ecommerce.payments SET status = %L WHERE id = %%L', t.status)),
    CASE t.status WHEN f.kind THEN CASE f.kind WHEN 'created' THEN pg_temp.model()
                                               ELSE pg_temp.model(f.kind) END
                  ELSE '23514' END, format('plain SQL: %s to %s', f.kind, t.status))
FROM unnest('{created,submitted,authorized,voided,captured,failed}'::text[]) AS f (kind),
    unnest('{created,submitted,authorized,voided,captured,failed,refunded,returned}'::text[])
        AS t (status);
SELECT is(pg_temp.outcome(pg_temp.paid('captured'), format('UPDATE ecommerce.payments SET %s
        WHERE id = %%L', c)), '23514', 'plain SQL: ' || c)
FROM unnest(ARRAY['amount_captured = 9', 'amount_refunded = 1', 'amount_charged_back = 1',
    'fee = 1', 'refunds_requested = 1']) AS c;

-- What the shop itself may do: with cash, and with what a provider has
CREATE FUNCTION pg_temp.cash(state text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := (SELECT p.id FROM ecommerce.place_order(items('A', 1)) o,
        LATERAL (SELECT * FROM ecommerce.create_payment(o.id, method => 'cash') OFFSET 0) p);
BEGIN
    PERFORM ecommerce.capture_payment(v_id) WHERE state = 'captured';
    PERFORM ecommerce.void_payment(v_id) WHERE state = 'voided';
    RETURN v_id;
END $$;
SELECT is(pg_temp.outcome(CASE v.state WHEN 'card' THEN pg_temp.paid() ELSE pg_temp.cash(v.state)
        END, format('SELECT ecommerce.%s', v.command)), v.expected, v.state || ': ' || v.command)
FROM (VALUES
    ('created', 'capture_payment(%L)', 'captured paid 10.00 0.00 0.00'),
    ('created', 'capture_payment(%L, 4)', 'captured pending 4.00 0.00 0.00'),
    -- money that came is booked, also if it is more than was asked for
    ('created', 'capture_payment(%L, 11)', 'captured paid 11.00 0.00 0.00'),
    ('created', 'capture_payment(%L, 0)', '22023'),
    ('created', 'void_payment(%L)', 'voided pending 0.00 0.00 0.00'),
    ('captured', 'capture_payment(%L)', 'EC048'),
    ('captured', 'capture_payment(%L, 1)', 'captured paid 11.00 0.00 0.00'),
    ('captured', 'void_payment(%L)', 'EC048'),
    ('voided', 'capture_payment(%L)', 'captured paid 10.00 0.00 0.00'),
    ('voided', 'void_payment(%L)', 'voided pending 0.00 0.00 0.00'),
    ('card', 'capture_payment(%L)', 'EC048'), ('card', 'void_payment(%L)', 'EC048'))
    AS v (state, command, expected);

-- Refunds, of a card: what each status takes
CREATE FUNCTION pg_temp.refund_that_is(state text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_payment uuid := pg_temp.paid('captured');
    v_id      uuid := (SELECT r.id FROM ecommerce.payments p,
        LATERAL (SELECT * FROM ecommerce.refund_order(p.order_id) OFFSET 0) r
        WHERE p.id = v_payment);
BEGIN
    IF state <> 'requested' THEN
        PERFORM ecommerce.record_payment_event('acme', v_id || ' 1',
            CASE state WHEN 'confirmed' THEN 'refunded' ELSE 'refund_failed' END, 10,
            payment_id => v_payment, refund_id => v_id);
    END IF;
    RETURN v_id;
END $$;
CREATE FUNCTION pg_temp.becomes(state text, command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_id      uuid := pg_temp.refund_that_is(state);
    v_payment uuid := (SELECT payment_id FROM ecommerce.refund_payments WHERE refund_id = v_id);
    v_order   uuid := (SELECT order_id FROM ecommerce.refunds WHERE id = v_id);
BEGIN
    EXECUTE format(command, v_id, v_payment, v_order);
    SET CONSTRAINTS ALL IMMEDIATE;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = concat_ws(' ',
        (SELECT string_agg(r.status, ' ' ORDER BY r.refund_number) FROM ecommerce.refunds r
         WHERE r.order_id = v_order), pg_temp.says(v_payment),
        (SELECT string_agg(p.problem, ', ') FROM ecommerce_internal.refund_problems() p));
EXCEPTION
    WHEN SQLSTATE 'ZZ000' THEN RETURN SQLERRM;
    WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
SELECT is(pg_temp.becomes(v.state, c.command), v.expected, v.state || ': ' || c.name)
FROM (VALUES
    ('refunded', $$SELECT ecommerce.record_payment_event('acme', 'x', 'refunded', 10,
        payment_id => %2$L, refund_id => %1$L)$$),
    ('refund_failed', $$SELECT ecommerce.record_payment_event('acme', 'x', 'refund_failed', 10,
        payment_id => %2$L, refund_id => %1$L)$$),
    ('confirm', 'SELECT ecommerce.confirm_refund(%1$L)'),
    ('retry', 'SELECT ecommerce.retry_refund(%1$L)'),
    ('again', 'SELECT ecommerce.refund_order(%3$L::uuid)')) AS c (name, command)
JOIN (VALUES
    ('requested', 'refunded', 'confirmed refunded refunded 10.00 10.00 0.00'),
    ('requested', 'refund_failed', 'failed captured paid 10.00 0.00 0.00'),
    ('requested', 'confirm', 'EC048'), ('requested', 'retry', 'EC048'),
    ('requested', 'again', 'EC049'),
    ('confirmed', 'refunded', 'confirmed refunded refunded 10.00 10.00 0.00'),
    ('confirmed', 'refund_failed', 'failed captured paid 10.00 0.00 0.00'),
    ('confirmed', 'confirm', 'confirmed refunded refunded 10.00 10.00 0.00'),
    ('confirmed', 'retry', 'EC048'),
    ('confirmed', 'again', 'EC049'),
    -- a failure is the last word, whenever it comes
    ('failed', 'refunded', 'failed captured paid 10.00 0.00 0.00'),
    ('failed', 'refund_failed', 'failed captured paid 10.00 0.00 0.00'),
    ('failed', 'confirm', 'EC048'), ('failed', 'retry', 'requested captured paid 10.00 0.00 0.00'),
    ('failed', 'again', 'failed requested captured paid 10.00 0.00 0.00'))
    AS v (state, name, expected) USING (name);
SELECT is(pg_temp.becomes(f.status, format('UPDATE ecommerce.refunds SET status = %L
        WHERE id = %%1$L', t.status)),
    CASE t.status WHEN f.status THEN pg_temp.becomes(f.status, 'SELECT') ELSE '23514' END,
    format('plain SQL: %s to %s', f.status, t.status))
FROM unnest('{requested,confirmed,failed}'::text[]) AS f (status),
    unnest('{requested,confirmed,failed}'::text[]) AS t (status);

SELECT is_empty('SELECT problem, detail FROM ecommerce.verify_integrity()', 'nothing is wrong');
SELECT * FROM finish();
ROLLBACK;
