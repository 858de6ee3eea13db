-- Payments: what is due, what providers report, in whatever order, and what orders say of it.
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, vat_class, track_stock) VALUES
    ('LAMP', 'Lamp', 100, 'standard', false), ('BOOK', 'Book', 10, 'super_reduced', false);
INSERT INTO ecommerce.users (id, email) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'maria@example.com'),
    ('01930000-0000-7000-8000-0000000000a2', 'nikos@example.com');
\set maria '01930000-0000-7000-8000-0000000000a1'
CREATE FUNCTION public.sold(notes text, sku text DEFAULT 'LAMP', user_id uuid DEFAULT NULL)
RETURNS uuid LANGUAGE sql AS
    $$ SELECT id FROM ecommerce.place_order(items(sku, 1), notes => notes, user_id => user_id) $$;
CREATE FUNCTION public.o(notes text) RETURNS uuid LANGUAGE sql STABLE AS
    $$ SELECT id FROM ecommerce.orders WHERE orders.notes = o.notes $$;
CREATE FUNCTION public.told(event_id text, kind text, amount numeric DEFAULT NULL,
    reference text DEFAULT 'pi', order_id uuid DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', status, amount_captured, order_payment_status,
                     CASE WHEN booked THEN 'booked' ELSE 'known' END)
    FROM ecommerce.record_payment_event('acme', event_id, kind, amount, reference => reference,
                                        order_id => order_id) $$;
CREATE VIEW public.money AS
SELECT o.notes, o.payment_status AS status, o.amount_paid AS paid, o.amount_refunded AS refunded,
    o.amount_charged_back AS charged_back, a.due, a.balance
FROM ecommerce.orders o JOIN ecommerce.order_amounts a ON a.id = o.id;

-- what is due, once: a retry by key or reference gets the same payment
SELECT sold('card') IS NOT NULL AS sold;
SELECT method, provider, reference, previous_status, status, currency, amount, booked
FROM ecommerce.create_payment(o('card'), provider => 'acme', reference => 'pi',
    idempotency_key => 'first');
SELECT status, amount, booked
FROM ecommerce.create_payment(o('card'), provider => 'acme', reference => 'pi',
    idempotency_key => 'first');
SELECT failure($$SELECT ecommerce.create_payment(o('card'), 5, provider => 'acme',
    reference => 'pi', idempotency_key => 'first')$$);
SELECT booked FROM ecommerce.create_payment(o('card'), provider => 'acme', reference => 'pi');
SELECT failure($$SELECT ecommerce.create_payment(o('card'), 5, provider => 'acme',
    reference => 'pi')$$) ~ '^EC047' AS taken;
-- mollie/magento2#220, medusajs/medusa#13301: an event has one effect, however often it comes
SELECT told('e1', 'authorized', 100);
SELECT told('e1', 'authorized', 100);
SELECT failure($$SELECT ecommerce.create_payment(o('card'))$$);
SELECT told('e2', 'captured', 60), told('e3', 'captured', 40), told('e3', 'captured', 40);
SELECT failure($$SELECT told('e3', 'captured', 41)$$) ~ '^EC045' AS differs,
    failure($$SELECT told('e3', 'refunded', 40)$$) ~ '^EC045' AS differs;
SELECT a, failure(format('SELECT ecommerce.record_payment_event(''acme'', ''e3'', ''captured'', 40,
    ''EUR'', ''pi'', %s)', a)) ~ '^EC045' AS differs
FROM unnest(ARRAY['data => ''{"id": 1}''', 'data => ''{}''', 'reason => ''other''',
    'reason => NULL']) a;
-- what is too long, also where the payment is known
SELECT left(a, 20) AS a, failure(format('SELECT ecommerce.record_payment_event(''acme'',
    event_id => %s, kind => ''captured'', amount => 1, reference => ''pi'')', a)) AS failure
FROM unnest(ARRAY['repeat(''x'', 256)', '''l1'', reason => repeat(''x'', 10001)']) a;
SELECT * FROM money;
SELECT kind, amount, provider, event_id FROM ecommerce.payment_entries ORDER BY id;

-- what came before the payment, or before the order, or for neither
SELECT told('w1', 'captured', 100, 'early');
SELECT status, amount_captured, order_id FROM ecommerce.payments WHERE reference = 'early';
SELECT subject, number, actual, reason, is_error
FROM ecommerce.reconcile(current_date - 1, current_date + 1);
SELECT sold('early') IS NOT NULL AS sold;
SELECT status, amount, amount_captured, order_payment_status, booked
FROM ecommerce.create_payment(o('early'), provider => 'acme', reference => 'early');
SELECT ecommerce.uuid_v7() AS later \gset
SELECT told('w2', 'captured', 30, 'later', :'later');
SELECT reference, order_reference = :'later' AS waits FROM ecommerce.payments
WHERE order_id IS NULL;
SELECT sold('by hand') IS NOT NULL AS sold;
SELECT order_payment_status, booked
FROM ecommerce.assign_payment((SELECT id FROM ecommerce.payments WHERE reference = 'later'),
    o('by hand'));
SELECT failure($$SELECT ecommerce.assign_payment(
    (SELECT id FROM ecommerce.payments WHERE reference = 'later'), o('early'))$$) ~ '^EC047';
-- by the number of an order that comes afterwards
SELECT status FROM ecommerce.record_payment_event('acme', 'w3', 'captured', 100,
    reference => 'number', order_number => '991231-0000000000');
SELECT ecommerce.assign_payments();
SELECT sold('number') IS NOT NULL AS sold;
UPDATE ecommerce.payments
SET order_reference = (SELECT order_number FROM ecommerce.orders WHERE notes = 'number')
WHERE reference = 'number';
SELECT ecommerce.assign_payments(), ecommerce.assign_payments();
-- a provider that names the order only, and its own reference later
SELECT sold('named') IS NOT NULL AS sold;
SELECT booked FROM ecommerce.create_payment(o('named'));
SELECT told('n1', 'authorized', 100, NULL, o('named')), told('n2', 'captured', 100, 'its own',
    o('named'));
SELECT provider, reference, status FROM ecommerce.payments WHERE order_id = o('named');
-- two payments for one order: both are booked, and shown
SELECT sold('twice') IS NOT NULL AS sold;
SELECT (ecommerce.create_payment(o('twice'), provider => 'acme', reference => r)).amount
FROM unnest('{one,two}'::text[]) r;
SELECT told('t1', 'captured', 100, 'one'), told('t2', 'captured', 100, 'two');
SELECT * FROM money ORDER BY notes;
SELECT failure($$SELECT ecommerce.create_payment(o('twice'), 10)$$);
SELECT amount FROM ecommerce.create_payment(o('twice'), 10, allow_overpayment => true);

-- in any order the end is the same: all orders of five events
CREATE TABLE public.report (n integer, kind text, amount numeric, hour integer);
INSERT INTO report VALUES (1, 'authorized', 100, 1), (2, 'failed', NULL, 2),
    (3, 'captured', 100, 3), (4, 'refunded', 30, 4), (5, 'charged_back', 70, 5);
CREATE FUNCTION public.permuted(p integer[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_reference text := array_to_string(p, '');
    v_order uuid := sold('order ' || v_reference);
BEGIN
    PERFORM ecommerce.create_payment(v_order, provider => 'acme', reference => v_reference);
    PERFORM ecommerce.record_payment_event('acme', v_reference || r.n, r.kind, r.amount,
        reference => v_reference, occurred_at => '2026-01-01'::timestamptz + r.hour * interval '1h')
    FROM unnest(p) WITH ORDINALITY u (n, i) JOIN report r ON r.n = u.n ORDER BY u.i;
    RETURN (SELECT concat_ws(' ', p.status, p.amount_authorized, p.amount_captured,
                p.amount_refunded, p.amount_charged_back, o.payment_status, o.amount_paid,
                o.amount_refunded, o.amount_charged_back)
            FROM ecommerce.payments p JOIN ecommerce.orders o ON o.id = p.order_id
            WHERE p.reference = v_reference);
END $$;
WITH RECURSIVE permutation (p) AS (
    SELECT ARRAY[n] FROM report
    UNION ALL SELECT p || n FROM permutation, report WHERE n <> ALL (p))
SELECT permuted(p) AS outcome, count(*) FROM permutation WHERE cardinality(p) = 5 GROUP BY 1;

-- the steps of one payment
SELECT sold('steps') IS NOT NULL AS sold;
SELECT booked FROM ecommerce.create_payment(o('steps'), provider => 'acme', reference => 's');
SELECT told('s1', 'failed', reference => 's'), told('s2', 'authorized', 100, 's'),
    told('s3', 'voided', reference => 's'), told('s4', 'authorized', 80, 's'),
    told('s5', 'voided', 30, 's');
-- what was voided before its authorization was told is void
SELECT status, amount_authorized
FROM ecommerce.record_payment_event('acme', 'void-1', 'voided', reference => 'void',
    occurred_at => now());
SELECT status, amount_authorized
FROM ecommerce.record_payment_event('acme', 'void-2', 'authorized', 80, reference => 'void',
    occurred_at => now() - interval '1 minute');
SELECT status, amount_authorized
FROM ecommerce.record_payment_event('acme', 'void-3', 'authorized', 80, reference => 'void');
SELECT * FROM ecommerce.verify_integrity();
SELECT amount_authorized, status FROM ecommerce.payments WHERE reference = 's';
SELECT told('s6', 'failed', reference => 's'), told('s7', 'captured', 50, 's'),
    told('s8', 'fee', 1.45, 's'), told('s9', 'charged_back', 50, 's');
SELECT * FROM money WHERE notes = 'steps';
SELECT told('s10', 'won_back', 50, 's');
SELECT fee, amount_charged_back FROM ecommerce.payments WHERE reference = 's';

-- what the shop itself knows: cash, cash on delivery
SELECT sold('cash') IS NOT NULL AS sold;
SELECT id AS cash FROM ecommerce.create_payment(o('cash'), method => 'cash_on_delivery') \gset
SELECT status, amount_captured FROM ecommerce.capture_payment(:'cash', 40, idempotency_key => 'k');
SELECT status, amount_captured, booked
FROM ecommerce.capture_payment(:'cash', 40, idempotency_key => 'k');
SELECT status, amount_captured, order_payment_status FROM ecommerce.capture_payment(:'cash');
SELECT failure(format('SELECT ecommerce.capture_payment(%L)', :'cash')) ~ '^EC048' AS again,
    failure(format('SELECT ecommerce.void_payment(%L)', :'cash')) ~ '^EC048' AS captured,
    failure($$SELECT ecommerce.capture_payment(
        (SELECT id FROM ecommerce.payments WHERE reference = 'pi'))$$) ~ '^EC048' AS providers;
-- on terms, within a limit
SELECT sold('terms', user_id => :'maria') IS NOT NULL AS sold;
SELECT failure($$SELECT ecommerce.create_payment(o('terms'), method => 'invoice')$$);
SELECT * FROM ecommerce.set_credit_limit(:'maria', 150, payment_days => 10);
SELECT amount, due_date - current_date BETWEEN 9 AND 11 AS due
FROM ecommerce.create_payment(o('terms'), method => 'invoice');
SELECT sold('more terms', user_id => :'maria') IS NOT NULL AS sold;
SELECT failure($$SELECT ecommerce.create_payment(o('more terms'), method => 'invoice')$$);
SELECT amount FROM ecommerce.create_payment(o('more terms'), 50, 'invoice');
SELECT failure($$SELECT ecommerce.create_payment(o('more terms'), 0.01, 'invoice')$$) ~ 'limit';
-- what is cancelled is owed no more
SELECT status FROM ecommerce.cancel_order(o('terms'));
SELECT status FROM ecommerce.payments WHERE order_id = o('terms');
SELECT used FROM ecommerce.set_credit_limit(:'maria', 150);
-- a gift card and cash
SELECT sold('shared') IS NOT NULL AS sold;
SELECT code AS code FROM ecommerce.issue_gift_card(30) \gset
SELECT ecommerce.redeem_gift_card(:'code', o('shared'));
SELECT pay(o('shared'));
SELECT method, amount, amount_captured, status FROM ecommerce.payments
WHERE order_id = o('shared') ORDER BY id;
-- what a card has paid no provider changes: its balance would not follow
SELECT k AS kind, failure(format('SELECT ecommerce.record_payment_event(''acme'', ''g'', %L, 5,
    payment_id => %L)', k, p.id))
FROM ecommerce.payments p, unnest('{captured,refunded,refund_failed,charged_back}'::text[]) k
WHERE p.order_id = o('shared') AND p.method = 'gift_card';
-- capture and cancel, whichever comes first: the money is known, and is given back
SELECT sold('cancelled') IS NOT NULL AS sold;
SELECT booked FROM ecommerce.create_payment(o('cancelled'), provider => 'acme', reference => 'c');
SELECT status FROM ecommerce.cancel_order(o('cancelled'));
SELECT told('c1', 'captured', 100, 'c');
SELECT * FROM money WHERE notes = 'cancelled';
SELECT subject, expected, actual, difference, reason
FROM ecommerce.reconcile(current_date - 1, current_date + 1)
WHERE entity_id = o('cancelled');
-- other minor units
SELECT ecommerce.create_tenant(name => 'Yen', country => 'DE', currency => 'JPY') AS yen \gset
BEGIN;
SELECT ecommerce.use_tenant(:yen);
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('Y', 'Y', 1200, false);
SELECT id AS yen_order FROM ecommerce.place_order(items('Y', 1)) \gset
SELECT amount, currency FROM ecommerce.create_payment(:'yen_order'::uuid, provider => 'acme',
    reference => 'pi');
SELECT failure($$SELECT told('y0', 'captured', 1200.5)$$);
SELECT told('e1', 'captured', 1200);
COMMIT;
SET ecommerce.tenant = 1;

-- bad input, and nothing is written
SELECT count(*) AS n FROM ecommerce.payment_entries \gset
SELECT count(*) AS m FROM ecommerce.payments \gset
SELECT sold('bad') IS NOT NULL AS sold;
CREATE FUNCTION public.unpaid() RETURNS uuid LANGUAGE sql AS
    $$ SELECT id FROM ecommerce.create_payment(o('bad'), method => 'cash') $$;
SELECT a AS arguments, failure(format('SELECT ecommerce.create_payment(o(''bad''), %s)', a))
FROM unnest(ARRAY['0', '-1', '''NaN''', '''Infinity''', '1.005', '100.01', '1e15',
    'currency => ''USD''', 'method => ''gold''', 'method => NULL', 'method => ''gift_card''',
    'method => ''sepa_debit''', 'reference => ''r''', 'provider => ''''', 'provider => '' ''',
    'provider => ''shop''', 'provider => ''acme'', reference => '' ''',
    'metadata => ''[]''', 'due_date => ''infinity''', 'idempotency_key => ''''']) AS a;
SELECT failure('SELECT ecommerce.create_payment(amount => 5, method => ''invoice'')'),
    failure('SELECT ecommerce.create_payment()'),
    failure('SELECT ecommerce.create_payment(ecommerce.uuid_v7())') ~ '^EC008' AS unknown;
SELECT a AS arguments, failure(format('SELECT ecommerce.record_payment_event(%s)', a))
FROM unnest(ARRAY['NULL, ''x'', ''captured'', 1', '''acme'', NULL, ''captured'', 1',
    '''acme'', ''x'', NULL, 1', '''acme'', ''x'', ''captured''',
    '''acme'', ''x'', ''captured'', 1', '''acme'', ''x'', ''paid'', 1, reference => ''pi''',
    '''acme'', ''x'', ''captured'', -1, reference => ''pi''',
    '''acme'', ''x'', ''captured'', 0, reference => ''pi''',
    '''acme'', ''x'', ''captured'', ''NaN'', reference => ''pi''',
    '''acme'', ''x'', ''captured'', 0.001, reference => ''pi''',
    '''acme'', ''x'', ''captured'', 1, ''USD'', ''pi''',
    '''acme'', ''x'', ''captured'', 1, ''EURO'', ''new''',
    '''shop'', ''x'', ''captured'', 1, reference => ''pi''',
    ''' '', ''x'', ''captured'', 1, reference => ''pi''',
    '''acme'', '' '', ''captured'', 1, reference => ''pi''',
    '''acme'', ''x'', ''captured'', 1, reference => '' ''',
    '''acme'', ''x'', ''captured'', 1, order_number => '' ''',
    '''acme'', ''x'', ''captured'', 1, reference => ''pi'', occurred_at => ''infinity''',
    '''{"provider": "acme", "event": 1}''', '''[]''', 'NULL::jsonb']) AS a;
SELECT c AS command,
    failure(format('SELECT ecommerce.%s', replace(c, 'LONG', 'repeat(''x'', 10001)')))
FROM unnest(ARRAY['capture_payment(unpaid(), note => LONG)',
    'capture_payment(unpaid(), idempotency_key => '''')',
    'capture_payment(unpaid(), idempotency_key => repeat(''x'', 256))',
    'void_payment(unpaid(), LONG)', 'create_payment(o(''bad''), note => LONG)',
    'record_payment_event(''acme'', ''x'', ''failed'', reference => ''pi'', reason => LONG)']) c;
-- what is in an object, as every session reads it
SELECT k || ' ' || v AS value, failure(format('SELECT ecommerce.record_payment_event(%L::jsonb)',
    jsonb_build_object('provider', 'acme', 'event_id', 'x', 'kind', 'captured', 'amount', 1,
        'reference', 'pi', k, v)))
FROM (VALUES ('amount', '"ten"'::jsonb), ('amount', '""'), ('amount', 'true'), ('amount', '"NaN"'),
    ('payment_id', '"x"'), ('order_id', '[]'), ('event_id', '{"a": 1}'),
    ('occurred_at', '1764500000'), ('occurred_at', '"now"'), ('occurred_at', '"30/11/2026"'),
    ('occurred_at', '"2026-02-29T12:00:00Z"'), ('occurred_at', '"2026-11-30T24:00"')) AS v (k, v);
SELECT failure(format('SELECT ecommerce.create_payment(%L::jsonb)',
    jsonb_build_object('order_id', o('bad'), k, v)))
FROM (VALUES ('due_date', '"today"'::jsonb), ('allow_overpayment', '"maybe"'), ('order_id', '"x"'),
    ('mandate_id', '5'), ('note', '{}'), ('metadata', '5')) AS v (k, v);
SELECT count(*) FILTER (WHERE NOT ecommerce_internal.is_time(t)) AS refused
FROM unnest(ARRAY['2026-11-30', '2026-11-30T12:00Z', '2026-11-30 12:00:00.123456+02',
    '2026-11-30T12:00:00+05:30', to_jsonb(now()) #>> '{}']) t;
SELECT count(*) - :n AS entries FROM ecommerce.payment_entries;
SELECT count(*) - :m AS payments FROM ecommerce.payments;
-- as an object
SELECT status, booked FROM ecommerce.record_payment_event(jsonb_build_object('provider', 'acme',
    'event_id', 'o1', 'kind', 'captured', 'amount', '100.00', 'order_id', o('bad')));

-- plain SQL
SELECT c AS command, failure(c) FROM unnest(ARRAY[
    $$UPDATE ecommerce.payment_entries SET amount = 1$$, $$DELETE FROM ecommerce.payments$$,
    $$UPDATE ecommerce.payments SET currency = 'USD'$$,
    $$UPDATE ecommerce.payments SET order_id = o('bad') WHERE reference = 'pi'
        AND order_id = o('card')$$,
    $$UPDATE ecommerce.payments SET gift_card_id = NULL WHERE method = 'gift_card'$$]) AS c;
SELECT c AS command, failure(c || '; SET CONSTRAINTS ALL IMMEDIATE') FROM unnest(ARRAY[
    $$UPDATE ecommerce.payments SET amount_captured = 1 WHERE reference = 'pi'
        AND order_id = o('card')$$,
    $$INSERT INTO ecommerce.payment_entries (payment_id, kind, amount)
        SELECT id, 'captured', 1 FROM ecommerce.payments WHERE order_id = o('card')$$,
    $$UPDATE ecommerce.orders SET amount_paid = 1 WHERE notes = 'bad'$$,
    $$UPDATE ecommerce.orders SET payment_status = 'failed' WHERE notes = 'card'$$]) AS c;
-- history is what somebody says it is
BEGIN;
INSERT INTO ecommerce.orders (id, created_at, order_number, currency, prices, net, vat, gross,
    country, amount_paid, payment_status, notes)
VALUES (ecommerce.uuid_v7('2026-10-01', ''), ecommerce.uuid_v7_time(ecommerce.uuid_v7(
    '2026-10-01', '')), 'H1', 'EUR', 'net', 10, 2, 12, 'GR', 12, 'paid', 'history');
INSERT INTO ecommerce.order_items (order_id, order_created_at, line_number, kind, name, quantity,
    unit_price, vat_category, vat_rate, net, vat)
SELECT id, created_at, 1, 'fee', 'Fee', 1, 10, 'S', 20, 10, 2 FROM ecommerce.orders
WHERE notes = 'history';
COMMIT;
SELECT told('h1', 'captured', 3, 'history', o('history'));
SELECT paid, status FROM money WHERE notes = 'history';
SELECT * FROM ecommerce.verify_integrity();

-- who may do what
CREATE ROLE regress_payment_storefront;
SELECT count(*) > 0 AS granted
FROM ecommerce.grant_access('regress_payment_storefront', 'storefront');
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO regress_payment_storefront;
SELECT sold('hers', user_id => :'maria') IS NOT NULL AS sold;
SELECT o('hers') AS hers, o('bad') AS other \gset
BEGIN;
SET LOCAL ROLE regress_payment_storefront;
SELECT ecommerce.use_tenant(1);
SELECT ecommerce.use_customer(:'maria');
SELECT amount, status FROM ecommerce.create_payment(:'hers'::uuid, provider => 'acme',
    reference => 'hers');
SELECT failure(format('SELECT ecommerce.create_payment(%L::uuid)', :'other')) ~ '^EC008' AS foreign,
    failure(format('SELECT ecommerce.create_payment(%L::uuid, method => ''cash'')', :'hers'))
        ~ '^42501' AS cash,
    failure('SELECT ecommerce.create_payment(amount => 1)') ~ '^42501' AS no_order,
    failure($$SELECT ecommerce.record_payment_event('acme', 'z', 'captured', 100,
        reference => 'hers')$$) ~ '^42501' AS event,
    failure(format('SELECT ecommerce.refund_order(%L::uuid)', :'hers')) ~ '^42501' AS refund;
-- nor have others' transfers booked as theirs, nor learn what others pay
SELECT a AS arguments,
    failure(format('SELECT ecommerce.create_payment(%L::uuid, 1, %s)', :'hers', a))
FROM unnest(ARRAY['''bank_transfer'', reference => ''INV-2026-000001''',
    '''bank_transfer'', provider => ''mine''',
    '''sepa_debit'', ''mine'', mandate_id => ecommerce.uuid_v7()',
    '''cash_on_delivery'', ''mine'', ''INV-2026-000001''', '''card'', ''bank'', ''RF18539''',
    '''card'', ''acme'', ''pi''']) AS a;
SELECT count(*) FROM ecommerce.payments WHERE order_id = :'hers';
SELECT count(DISTINCT user_id) FROM (SELECT user_id FROM ecommerce.orders o
    JOIN ecommerce.payments p ON p.order_id = o.id) x;
ROLLBACK;
SELECT count(*) > 0 AS revoked FROM ecommerce.revoke_access('regress_payment_storefront');
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM regress_payment_storefront;
DROP ROLE regress_payment_storefront;

-- money that went back is told before it came, and the order goes on
SELECT sold('sooner') IS NOT NULL AS sold;
SELECT order_payment_status
FROM ecommerce.record_payment_event('acme', 'soon-1', 'refunded', 10, reference => 'soon',
    order_id => o('sooner'));
SELECT status, payment_status FROM ecommerce.transition_order(o('sooner'), 'processing');
SELECT order_payment_status
FROM ecommerce.record_payment_event('acme', 'soon-2', 'captured', 100, reference => 'soon');
-- an order is failed once the last payment that was open has come, and is less than what went
SELECT sold('sunk') IS NOT NULL AS sold;
SELECT told('sunk-1', 'authorized', 20, 'sunk-1', o('sunk')),
    told('sunk-2', 'charged_back', 20, 'sunk-2', o('sunk')),
    told('sunk-3', 'captured', 20, 'sunk-1');
SELECT status, payment_status FROM ecommerce.orders WHERE notes = 'sunk';
SELECT * FROM ecommerce.verify_integrity();
-- no provider moves the money of a gift card
SELECT sold('carded') IS NOT NULL AS sold;
SELECT code FROM ecommerce.issue_gift_card(10) \gset
SELECT ecommerce.redeem_gift_card(:'code', o('carded'), 5);
SELECT failure(format($$SELECT ecommerce.record_payment_event('acme', 'card-%s', %L, 1,
    payment_id => id) FROM ecommerce.payments WHERE order_id = o('carded')$$, k, k))
FROM unnest('{captured,refunded,charged_back,fee}'::text[]) k;
-- that paid all: the order is cancelled, not refunded
SELECT status FROM ecommerce.transition_order(o('carded'), 'processing');
SELECT previous_status, status, payment_status FROM ecommerce.cancel_order(o('carded'));
SELECT ecommerce.gift_card_balance(:'code');
SELECT kind FROM ecommerce.events WHERE entity_id = o('carded') AND kind LIKE 'order.%' ORDER BY id;
SELECT * FROM ecommerce.verify_integrity();
-- by plain SQL, too, a payment has the currency of its order, which has its money
SELECT failure($$INSERT INTO ecommerce.payments (order_id, order_created_at, user_id, method,
    currency, amount) SELECT id, created_at, user_id, 'card', 'USD', 1 FROM ecommerce.orders
    WHERE notes = 'card'; SET CONSTRAINTS ALL IMMEDIATE$$);
SELECT failure($$INSERT INTO ecommerce.payments (order_id, order_created_at, method, currency,
    amount) VALUES (ecommerce.uuid_v7(), now(), 'card', 'EUR', 1);
    SET CONSTRAINTS ALL IMMEDIATE$$);
SELECT told('n4', 'captured', 1, 'loose');
SELECT failure($$UPDATE ecommerce.payments p SET order_id = o.id, order_created_at = o.created_at,
    user_id = o.user_id FROM ecommerce.orders o
    WHERE o.notes = 'card' AND p.reference = 'loose'; SET CONSTRAINTS ALL IMMEDIATE$$);

-- what a proof must find
SET session_replication_role = replica;
BEGIN;
UPDATE ecommerce.payment_entries SET amount = amount + 1 WHERE event_id = 'e3' AND tenant_id = 1;
SELECT problem FROM ecommerce.verify_integrity();
ROLLBACK;
BEGIN;
UPDATE ecommerce.orders SET amount_paid = 0 WHERE notes = 'card';
SELECT problem FROM ecommerce.verify_integrity();
ROLLBACK;
BEGIN;
DELETE FROM ecommerce.payments WHERE order_id = o('shared');
SELECT DISTINCT problem FROM ecommerce.verify_integrity();
ROLLBACK;
BEGIN;
UPDATE ecommerce.payments SET status = 'failed', order_created_at = '2020-01-01'
WHERE order_id = o('card');
SELECT problem FROM ecommerce.verify_integrity() ORDER BY 1;
ROLLBACK;
RESET session_replication_role;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP TABLE report CASCADE;
DROP FUNCTION sold, o, told, permuted, unpaid;
