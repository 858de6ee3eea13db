-- verify_integrity(since): what happened since then, from the balances of the last closing.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
SET datestyle = 'ISO';

-- the day of which the books are closed, and the time since which is proved
SELECT date_trunc('day', now()) - interval '3 days' AS closed,
    date_trunc('day', now()) - interval '2 days' AS since \gset

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.warehouses (tenant_id, id, name) VALUES (1, 2, 'Second');
INSERT INTO ecommerce.products (sku, name, price) VALUES
    ('PEN', 'Pen', 1), ('INK', 'Ink', 2), ('PAD', 'Pad', 3);
-- ten days ago goods came; since then things were sold, cancelled and sent back
INSERT INTO ecommerce.stock_movements (product_id, warehouse_id, quantity, reason, created_at)
SELECT id(sku), w, 1000, 'receipt', now() - interval '10 days'
FROM unnest('{PEN,INK}'::text[]) sku, generate_series(1, 2) w;
INSERT INTO ecommerce.stock (product_id, warehouse_id, available)
SELECT id(sku), w, 1000 FROM unnest('{PEN,INK}'::text[]) sku, generate_series(1, 2) w;
INSERT INTO ecommerce.coupons (code, kind, value, max_redemptions, max_redemptions_per_user) VALUES
    ('TEN', 'percent', 10, 100, 50);
-- sales and cancellations of the past, as place_order() and cancel_order() would have written
-- them then
SET session_replication_role = replica;
CREATE FUNCTION pg_temp.sell(sku text, quantity integer, at timestamptz,
    allocation jsonb DEFAULT NULL)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    new_id uuid := ecommerce.uuid_v7(at, convert_to(concat(sku, quantity, at), 'UTF8'));
    w record;
BEGIN
    INSERT INTO ecommerce.orders
        (id, created_at, order_number, currency, prices, net, vat, gross, country) VALUES
        (new_id, at, ecommerce.order_number(new_id), 'EUR', 'net', quantity, 0, quantity, 'GR');
    INSERT INTO ecommerce.order_items (order_id, order_created_at, line_number, product_id, name,
        quantity, unit_price, vat_category, vat_rate, net, vat, from_stock, allocation) VALUES
        (new_id, at, 1, id(sku), sku, quantity, 1, 'Z', 0, quantity, 0, true, allocation);
    FOR w IN SELECT key::integer AS id, value::integer AS n
        FROM jsonb_each_text(coalesce(allocation, jsonb_build_object('1', quantity))) LOOP
        UPDATE ecommerce.stock s SET available = available - w.n
        WHERE s.product_id = id(sku) AND s.warehouse_id = w.id;
    END LOOP;
    RETURN new_id;
END $$;
CREATE FUNCTION pg_temp.cancel(order_id uuid, at timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE ecommerce.orders SET status = 'cancelled', cancelled_at = at WHERE id = order_id;
    UPDATE ecommerce.stock s
    SET available = s.available
        + coalesce((i.allocation ->> s.warehouse_id::text)::integer,
            CASE WHEN i.allocation IS NULL AND s.warehouse_id = 1 THEN i.quantity ELSE 0 END)
    FROM ecommerce.order_items i
    WHERE i.order_id = cancel.order_id AND s.product_id = i.product_id $$;
SELECT pg_temp.sell('PEN', 10, now() - interval '9 days') AS o1,
    pg_temp.sell('INK', 7, now() - interval '8 days', '{"1": 3, "2": 4}') AS o2,
    pg_temp.sell('INK', 5, now() - interval '7 days') AS o3,
    pg_temp.sell('PEN', 2, now() - interval '1 day') AS o4 \gset
SELECT pg_temp.cancel(:'o2', now() - interval '6 days'),
    pg_temp.cancel(:'o3', now() - interval '1 hour');
RESET session_replication_role;
-- and some as they are written today
SELECT ecommerce.adjust_stock('PAD', 20, 'receipt', warehouse_id => 2);
SELECT id AS r1
FROM ecommerce.reserve_stock('[{"sku": "PAD", "quantity": 2}, {"sku": "PEN", "quantity": 3}]') \gset
SELECT id AS r2 FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 4}]') \gset
SELECT id AS o5 FROM ecommerce.place_order(reservation_id => :'r1', idempotency_key => 'five') \gset
SELECT id AS o6
FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1200}, {"sku": "PAD", "quantity": 3}]',
    coupon_codes => '{TEN}', email => 'a@example.com') \gset
SELECT id AS g1 FROM ecommerce.issue_gift_card(50, code => 'GIFT0001') \gset
SELECT ecommerce.redeem_gift_card('GIFT0001', :'o5');
SELECT (ecommerce.transition_order(:'o5', 'processing')).status,
    (ecommerce.transition_order(:'o5', 'shipped')).status;
SELECT ecommerce.return_stock(:'o5', '[{"sku": "PAD", "quantity": 1}]');

-- both agree, without a closing and with one
SELECT * FROM ecommerce.verify_integrity();
SELECT * FROM ecommerce.verify_integrity(:'since');
SELECT count(*) FROM ecommerce.close_stock_books(:'closed') n, generate_series(1, n);
SELECT sku, b.warehouse_id, b.quantity, ecommerce.stock_at(p.id, b.closed_at) AS product
FROM ecommerce.stock_balances b JOIN ecommerce.products p ON p.id = b.product_id ORDER BY 1, 2;
SELECT * FROM ecommerce.verify_integrity();
SELECT * FROM ecommerce.verify_integrity(:'since');
-- closing again does nothing; closings before and after it come to what the ledger says; the
-- newest two stay
SELECT ecommerce.close_stock_books(:'closed') AS again;
SELECT ecommerce.close_stock_books(date_trunc('day', now()) - interval '5 days') AS before,
    ecommerce.close_stock_books(date_trunc('day', now()) - interval '2 days') AS after;
SELECT count(DISTINCT closed_at), min(closed_at) = :'closed' AS kept FROM ecommerce.stock_balances;
SELECT * FROM ecommerce.verify_integrity();
SELECT * FROM ecommerce.verify_integrity(:'since');
SELECT * FROM ecommerce.verify_integrity(now());
-- wrong arguments
SELECT command,
    regexp_replace(failure('SELECT ecommerce'
        || CASE WHEN command ~ '^(spread|lock|reopen)_' THEN '_internal.' ELSE '.' END
        || command), 'It is [0-9]{4}-.*', 'It is ...') AS failure
FROM unnest(ARRAY['close_stock_books(NULL)', 'close_stock_books(now())',
    'close_stock_books(now() - interval ''23 hours'')', 'close_stock_books(''-infinity'')',
    'close_stock_books(now() - interval ''2 days'', 99)',
    'reopen_stock_books(NULL, NULL, NULL)', 'verify_integrity(''infinity'')',
    'verify_integrity(''-infinity'')', 'verify_integrity(now() + interval ''1 day'')',
    'verify_integrity(''0044-01-01 BC'')']) AS command;

-- each kind of damage is found since then; old damage by the whole proof only
CREATE TEMP TABLE damages (n serial, old boolean, command text);
INSERT INTO damages (old, command) VALUES
    (false, $$UPDATE ecommerce.stock SET available = available - 1
        WHERE product_id = id('INK') AND warehouse_id = 2$$),
    (false, $$UPDATE ecommerce.order_items SET quantity = quantity + 1 WHERE order_id = 'O4'$$),
    (false, $$UPDATE ecommerce.orders SET cancelled_at = NULL, status = 'pending'
        WHERE id = 'O3'$$),
    (false, $$INSERT INTO ecommerce.stock_movements (product_id, quantity, reason)
        VALUES (id('PEN'), 1, 'receipt')$$),
    (false, $$DELETE FROM ecommerce.stock_reservations WHERE id = 'R2'$$),
    (false, $$UPDATE ecommerce.order_items SET allocation = '{"2": 4}'
        WHERE order_id = 'O6' AND line_number = 2$$),
    (false, $$UPDATE ecommerce.stock_movements SET quantity = 9 WHERE order_id = 'O5'$$),
    (false, $$UPDATE ecommerce.stock_reservations SET status = 'released' WHERE id = 'R1'$$),
    (false, $$UPDATE ecommerce.stock_reservations SET order_id = gen_random_uuid()
        WHERE id = 'R1'$$),
    (false, $$UPDATE ecommerce.orders SET vat = vat + 1, gross = gross + 1 WHERE id = 'O4'$$),
    (false, $$DELETE FROM ecommerce.order_items WHERE order_id = 'O4'$$),
    (false, $$DELETE FROM ecommerce.orders WHERE id = 'O4'$$),
    (false, $$UPDATE ecommerce.idempotency_keys SET order_id = 'R1'$$),
    (false, $$INSERT INTO ecommerce.carts (session_id, status, order_id)
        VALUES ('s', 'ordered', 'R1')$$),
    (false, $$UPDATE ecommerce.coupons SET redemptions = 7$$),
    (false, $$UPDATE ecommerce.coupons SET max_redemptions_per_user = 1;
        INSERT INTO ecommerce.coupon_redemptions
            (order_id, order_created_at, coupon_id, position, email, amount)
        SELECT id, created_at, (SELECT id FROM ecommerce.coupons), 1, 'a@example.com', 0
        FROM ecommerce.orders WHERE id = 'O5'$$),
    (false, $$DELETE FROM ecommerce.coupons$$),
    (false, $$UPDATE ecommerce.coupon_redemptions SET amount = amount * 2$$),
    (false, $$UPDATE ecommerce.coupon_redemptions SET released_at = now()$$),
    (false, $$UPDATE ecommerce.gift_cards SET balance = balance + 1$$),
    (false, $$UPDATE ecommerce.gift_card_entries SET kind = 'refund', amount = 5
        WHERE order_id = 'O5'$$),
    (false, $$UPDATE ecommerce.orders SET amount_paid = 0 WHERE id = 'O5'$$),
    (false, $$ALTER TABLE ecommerce.stock DROP CONSTRAINT stock_available_check$$),
    (true, $$UPDATE ecommerce.order_items SET quantity = quantity + 1 WHERE order_id = 'O1'$$),
    (true, $$UPDATE ecommerce.order_items SET allocation = '{"1": 3, "2": 5}'
        WHERE order_id = 'O2'$$),
    (true, $$UPDATE ecommerce.stock_movements SET quantity = quantity + 1
        WHERE reason = 'receipt' AND product_id = id('INK')$$),
    (true, $$UPDATE ecommerce.orders SET vat = vat + 1, gross = gross + 1 WHERE id = 'O1'$$),
    (true, $$DELETE FROM ecommerce.orders WHERE id = 'O1'$$),
    (true, $$DELETE FROM ecommerce.order_items WHERE order_id = 'O2'$$),
    (true, $$UPDATE ecommerce.orders SET cancelled_at = NULL, status = 'pending' WHERE id = 'O2'$$),
    (true, $$UPDATE ecommerce.stock_balances SET quantity = quantity + 1
        WHERE closed_at < 'SINCE' AND warehouse_id = 2$$),
    (true, $$INSERT INTO ecommerce.idempotency_keys
            (key, request_hash, order_id, order_created_at, created_at)
        VALUES ('old', '', 'R1', now(), 'SINCE'::timestamptz - interval '1 hour')$$),
    (true, $$INSERT INTO ecommerce.carts (session_id, status, order_id)
        VALUES
            ('s', 'ordered', ecommerce.uuid_v7('SINCE'::timestamptz - interval '26 hours', 'x'))$$),
    (true, $$INSERT INTO ecommerce.stock_reservations
            (id, product_id, quantity, status, expires_at, created_at)
        VALUES
            (ecommerce.uuid_v7('SINCE'::timestamptz - interval '26 hours', 'x'), id('PEN'), 1,
                'committed', now(), 'SINCE'::timestamptz - interval '26 hours')$$),
    (true, $$INSERT INTO ecommerce.coupon_redemptions
            (order_id, order_created_at, coupon_id, position, email, amount)
        VALUES ('O1', now() - interval '9 days', gen_random_uuid(), 1, 'a@example.com', 0)$$),
    (true, $$UPDATE ecommerce.order_items SET tenant_id = 9 WHERE order_id = 'O4';
        UPDATE ecommerce.orders SET tenant_id = 9 WHERE id = 'O4'; UPDATE ecommerce.stock
        SET available = available + 2
        WHERE product_id = id('PEN') AND slot = 0 AND warehouse_id = 1$$),
    (true, $$INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
        VALUES (9, 'stray', 'R1', '{}')$$);
UPDATE damages
SET command = replace(replace(
        replace(replace(replace(replace(replace(replace(replace(command, 'O1', :'o1'), 'O2', :'o2'),
                            'O3', :'o3'), 'O4', :'o4'), 'O5', :'o5'), 'O6', :'o6'), 'R1', :'r1'),
        'R2', :'r2'), 'SINCE', :'since');
CREATE FUNCTION pg_temp.seen(command text, since timestamptz, OUT whole text, OUT since_then text)
LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    EXECUTE command;
    whole := (SELECT string_agg(DISTINCT problem, ', ' ORDER BY problem)
        FROM ecommerce.verify_integrity());
    since_then := (SELECT string_agg(DISTINCT problem, ', ' ORDER BY problem)
        FROM ecommerce.verify_integrity(since));
    RAISE EXCEPTION 'roll back' USING ERRCODE = 'EC999';
EXCEPTION WHEN SQLSTATE 'EC999' THEN
    NULL;
END $$;
CREATE TEMP TABLE seen AS SELECT d.*, s.* FROM damages d, pg_temp.seen(d.command, :'since') s;
SELECT n, whole,
    CASE WHEN since_then
        IS DISTINCT FROM whole THEN coalesce(since_then, 'nothing') END AS "since then"
FROM seen WHERE NOT old ORDER BY n;
SELECT n, whole, since_then FROM seen WHERE old ORDER BY n;

-- what is booked into the past reopens the books of its products
BEGIN;
SELECT ecommerce_internal.reopen_stock_books(1, ARRAY[id('INK')], now() - interval '4 days');
SELECT sku, count(*) FROM ecommerce.stock_balances b
JOIN ecommerce.products p ON p.id = b.product_id GROUP BY sku ORDER BY sku;
SET LOCAL session_replication_role = replica;
SELECT pg_temp.sell('INK', 6, now() - interval '4 days', '{"2": 6}') IS NOT NULL AS sold;
SELECT * FROM ecommerce.verify_integrity();
SELECT * FROM ecommerce.verify_integrity(:'since');
SELECT ecommerce.close_stock_books(date_trunc('day', now()) - interval '2 days') AS closed_again;
SELECT * FROM ecommerce.verify_integrity();
SELECT * FROM ecommerce.verify_integrity(:'since');
ROLLBACK;

-- plans do not depend on what a session has switched off
SET enable_seqscan = off; SET enable_indexscan = off; SET enable_hashjoin = off;
SET jit = on; SET jit_above_cost = 0;
SELECT count(*) FROM ecommerce.verify_integrity();
SELECT count(*) FROM ecommerce.verify_integrity(:'since');
RESET ALL;
-- each tenant sees its own
SELECT ecommerce.create_tenant('Other') AS other;
UPDATE ecommerce.stock SET available = available + 1
WHERE product_id = id('INK') AND warehouse_id = 2;
INSERT INTO ecommerce.coupons (tenant_id, code, kind, value, max_redemptions, redemptions) VALUES
    (2, 'THEIRS', 'percent', 5, 9, 1);
CREATE ROLE regress_app;
GRANT USAGE ON SCHEMA ecommerce TO regress_app;
GRANT SELECT ON ALL TABLES IN SCHEMA ecommerce TO regress_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ecommerce TO regress_app;
SET ROLE regress_app;
BEGIN READ ONLY; SELECT ecommerce.use_tenant(1);
SELECT problem, tenant_id FROM ecommerce.verify_integrity(:'since'); COMMIT;
BEGIN READ ONLY; SELECT ecommerce.use_tenant(2);
SELECT problem, tenant_id FROM ecommerce.verify_integrity(:'since'); COMMIT;
BEGIN READ ONLY; SELECT ecommerce.use_tenant(2);
SELECT problem, tenant_id FROM ecommerce.verify_integrity(); COMMIT;
RESET ROLE;
SELECT problem, tenant_id FROM ecommerce.verify_integrity();
SELECT problem, tenant_id FROM ecommerce.verify_integrity(:'since');
DROP OWNED BY regress_app;
DROP ROLE regress_app;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
