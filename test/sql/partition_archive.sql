-- Detaching an old quarter, and attaching it again.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET client_min_messages = warning;
UPDATE ecommerce.settings SET country = 'GR';
SELECT ecommerce.create_tenant('Second', 'DE', 'EUR', 'net');
SELECT count(*) FROM ecommerce.ensure_partitions('2019-01-01', '2019-09-30');
ALTER DATABASE :DBNAME SET ecommerce.tenant = '1';
\c
SET timezone = 'UTC';
SET datestyle = 'ISO';

-- A shop whose second quarter of 2019 has everything: returns, coupons, gift cards, keys, carts,
-- reservations, several warehouses and currencies, a product without stock, a cancelled order
INSERT INTO ecommerce.warehouses (id, name) VALUES (2, 'Second');
INSERT INTO ecommerce.products (sku, name, price) VALUES ('LAMP', 'Lamp', 10), ('DESK', 'Desk', 50);
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('CARD', 'Card', 1, false);
SELECT ecommerce.adjust_stock('LAMP', 20), ecommerce.adjust_stock('DESK', 100);
SELECT ecommerce.adjust_stock('LAMP', 20, warehouse_id => 2);
INSERT INTO ecommerce.coupons (code, kind, value, max_redemptions, max_redemptions_per_user,
    valid_from) VALUES ('ONCE', 'percent', 10, 5, 1, '2019-01-01');
SELECT code AS card FROM ecommerce.issue_gift_card(100) \gset
CREATE TEMP TABLE sale (name text, id uuid);
INSERT INTO sale SELECT 'first quarter', id FROM ecommerce.place_order(items('LAMP', 1),
    placed_at => '2019-03-31 23:59:59.999');
INSERT INTO sale SELECT 'key', id FROM ecommerce.place_order(items('LAMP', 25),
    placed_at => '2019-04-01', email => 'ann@example.org', coupon_codes => '{ONCE}',
    idempotency_key => 'once');
INSERT INTO sale SELECT 'gift', id FROM ecommerce.place_order(items('DESK', 2),
    placed_at => '2019-05-05');
INSERT INTO sale SELECT 'returned', id FROM ecommerce.place_order(items('DESK', 'CARD'),
    placed_at => '2019-06-30 23:59:59.999');
INSERT INTO sale SELECT 'dollars', id FROM ecommerce.place_order(
    '[{"sku": "DESK", "quantity": 3, "unit_price": 50}]', currency => 'USD',
    placed_at => '2019-06-01');
INSERT INTO ecommerce.carts (session_id) VALUES ('s') RETURNING id AS cart \gset
INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity) VALUES (:'cart', id('DESK'), 4);
INSERT INTO sale SELECT 'cart', id
FROM ecommerce.place_order(cart_id => :'cart', placed_at => '2019-06-02');
SELECT id AS hold FROM ecommerce.reserve_stock(items('LAMP', 2)) \gset
INSERT INTO sale SELECT 'hold', id
FROM ecommerce.place_order(reservation_id => :'hold', placed_at => '2019-06-03');
INSERT INTO sale SELECT 'cancelled', id FROM ecommerce.place_order(items('LAMP', 5),
    placed_at => '2019-06-04');
INSERT INTO sale SELECT 'third quarter', id FROM ecommerce.place_order(items('LAMP', 1),
    placed_at => '2019-07-01');
SELECT count(r) AS redeemed
FROM sale, ecommerce.redeem_gift_card(:'card', id, 30) r WHERE name = 'gift';

-- The default partition, one that is not over, and anything else are refused
SELECT leaf, failure(format('SELECT ecommerce.detach_partition(%L)', leaf), hint => true)
FROM unnest('{ecommerce_partitions.orders_default,ecommerce.orders,ecommerce.products}'::text[])
    AS leaf;
SELECT failure('SELECT ecommerce.detach_partition(NULL)'),
    failure('SELECT ecommerce.attach_partition(NULL)'),
    failure('SELECT ecommerce.attach_partition(''ecommerce.products'')');
SELECT failure(format('SELECT ecommerce.detach_partition(%L)', p.partition)) LIKE '22023 %' AS now
FROM ecommerce.partitions() p WHERE p.from_time <= now() AND p.to_time > now();
\set VERBOSITY terse
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT ecommerce.detach_partition('ecommerce_partitions.orders_2019_q2');
ROLLBACK;
\set VERBOSITY default
-- and while an order of it is open or unpaid, or units are held since then
SELECT failure('SELECT ecommerce.detach_partition(''ecommerce_partitions.orders_2019_q2'')',
    hint => true, ids => true);
SELECT name, (ecommerce.transition_order(id, 'processing')).status FROM sale
WHERE name <> 'cancelled' ORDER BY name;
SELECT failure('SELECT ecommerce.detach_partition(''ecommerce_partitions.orders_2019_q2'')',
    ids => true);
SELECT name, (ecommerce.transition_order(id, 'shipped')).status FROM sale
WHERE name <> 'cancelled' ORDER BY name;
SELECT (ecommerce.cancel_order(id)).status FROM sale WHERE name = 'cancelled';
SELECT failure('SELECT ecommerce.detach_partition(''ecommerce_partitions.orders_2019_q2'')',
    ids => true);
SELECT DISTINCT pay(id) FROM ecommerce.orders WHERE status <> 'cancelled' AND gross > 0;
SELECT count(*) FROM ecommerce.reserve_stock(items('DESK', 1));
UPDATE ecommerce.stock_reservations SET expires_at = '2019-05-02', created_at = '2019-05-01'
WHERE status = 'held';
SELECT failure('SELECT ecommerce.detach_partition(''ecommerce_partitions.orders_2019_q2'')',
    ids => true);
SELECT ecommerce.expire_reservations();
SELECT count(r) AS returned FROM sale, ecommerce.return_stock(id, items('DESK', 1)) r
WHERE name = 'returned';

-- Books were closed before, within, after it
SELECT ecommerce.close_stock_books('2019-04-15') > 0 AS closed;
SELECT ecommerce.close_stock_books('2019-08-15') > 0 AS closed;
SELECT * FROM ecommerce.verify_integrity();
REFRESH MATERIALIZED VIEW ecommerce.product_stats;
CREATE TEMP TABLE before AS SELECT * FROM ecommerce.product_stats;
CREATE TEMP TABLE ledger AS SELECT product_id, warehouse_id, sum(quantity) AS units
FROM ecommerce.stock_ledger GROUP BY 1, 2;
CREATE TEMP TABLE returned AS SELECT * FROM ecommerce.vat_return('2019-04-01', '2019-06-30');
CREATE TEMP TABLE kept AS SELECT * FROM ecommerce.orders;

SELECT * FROM ecommerce.detach_partition('ecommerce_partitions.order_items_2019_q2');

-- What proves, counts and sums says the same
CREATE TEMP VIEW differences AS
SELECT 'proof' AS name, v::text AS difference FROM ecommerce.verify_integrity() v
UNION ALL
SELECT 'proof of a day', v::text FROM ecommerce.verify_integrity(now() - interval '1 day') v
UNION ALL
SELECT 'proof since then', v::text FROM ecommerce.verify_integrity('2019-05-01') v
UNION ALL
SELECT 'statistics', s::text FROM (TABLE ecommerce.product_stats EXCEPT TABLE before) s
UNION ALL
SELECT 'ledger', l::text
FROM (SELECT product_id, warehouse_id, sum(quantity) FROM ecommerce.stock_ledger GROUP BY 1, 2
    EXCEPT TABLE ledger) l;
REFRESH MATERIALIZED VIEW ecommerce.product_stats;
TABLE differences;
SELECT name, total_orders, total_quantity_sold, revenue FROM ecommerce.product_stats
ORDER BY name;
SELECT suffix, from_time, to_time FROM ecommerce.archived_partitions;
SELECT p.sku, m.warehouse_id, m.quantity, m.reason, m.reference, m.created_at
FROM ecommerce.stock_movements m JOIN ecommerce.products p ON p.id = m.product_id
WHERE m.reason = 'archive' ORDER BY 1, 2;
SELECT failure('SELECT ecommerce.adjust_stock(''LAMP'', 1, ''archive'')');
-- also when books are closed again, at any time
SELECT ecommerce.close_stock_books('2019-05-15') > 0 AS closed;
SELECT ecommerce.close_stock_books() > 0 AS closed;
TABLE differences;

-- Who asks for its orders is told so, and nothing is made out of nothing
SELECT t.name, failure(format(t.call, s.id), hint => true) FROM sale s
CROSS JOIN (VALUES ('cancel', 'SELECT ecommerce.cancel_order(%L)'),
    ('transition', 'SELECT ecommerce.transition_order(%L, ''delivered'')'),
    ('return', 'SELECT ecommerce.return_stock(%L, items(''DESK''))'),
    ('refund', 'SELECT ecommerce.refund_to_gift_card(%L, 1)'),
    ('adjust', 'SELECT ecommerce.adjust_stock(''DESK'', -1, ''write_off'', order_id => %L)'),
    ('movement', 'INSERT INTO ecommerce.stock_movements (product_id, quantity, reason, order_id)
        VALUES (id(''DESK''), 1, ''return'', %L)')) AS t (name, call)
WHERE s.name = 'gift';
SELECT failure(format('SELECT ecommerce.redeem_gift_card(%L, %L, 1)', :'card', id)) FROM sale
WHERE name = 'gift';
SELECT failure('SELECT ecommerce.place_order(items(''LAMP'', 25), placed_at => ''2019-04-01'',
    email => ''ann@example.org'', coupon_codes => ''{ONCE}'', idempotency_key => ''once'')');
SELECT failure('SELECT ecommerce.place_order(items(''DESK''), idempotency_key => ''once'')');
SELECT failure('SELECT ecommerce.cancel_order(ecommerce.uuid_v7(''2019-07-02'', ''x''))');
SELECT failure('SELECT ecommerce.place_order(items(''DESK''), email => ''Ann@example.org'',
    coupon_codes => ''{ONCE}'')') AS "once per customer";
SELECT period, failure(format('SELECT ecommerce.vat_return(%s)', period))
FROM unnest('{"''2019-04-01'', ''2019-06-30''","''2019-01-01'', ''2019-12-31''",
    "''2019-06-30'', ''2019-07-31''"}'::text[]) AS period;
SELECT orders, net FROM ecommerce.vat_return('2019-07-02', '2019-09-30');
SELECT orders, net FROM ecommerce.vat_return('2019-01-01', '2019-03-31');

-- and its products are kept
SELECT failure('DELETE FROM ecommerce.products WHERE sku = ''CARD''');

-- Its tables refuse changes, and show nobody more than before
SELECT relname, relrowsecurity, relacl,
    (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid) AS policies
FROM pg_class c WHERE relname LIKE '%\_2019\_q2' AND relkind = 'r' ORDER BY 1;
SELECT statement, failure(statement, hint => true)
FROM unnest('{DELETE FROM ecommerce_partitions.orders_2019_q2,
    UPDATE ecommerce_partitions.order_items_2019_q2 SET net = 0,
    INSERT INTO ecommerce_partitions.events_2019_q2 SELECT * FROM ecommerce.events LIMIT 0,
    TRUNCATE ecommerce_partitions.events_2019_q2}'::text[]) AS statement;

-- No other partition is made over it, whatever the interval, and none is missed
SET client_min_messages = notice;
SELECT partition FROM ecommerce.ensure_partitions('2019-04-01', '2019-06-30', 'month');
RESET client_min_messages;
SELECT partition FROM ecommerce.ensure_partitions('2018-10-01', '2019-12-31', 'year');
SELECT ecommerce.install() AS problems;
SELECT failure('SELECT ecommerce.detach_partition(''ecommerce_partitions.orders_2019_q2'')',
    ids => true);

-- An order that comes after all waits in the default partition, and goes in with the others
INSERT INTO sale SELECT 'late', id FROM ecommerce.place_order(items('DESK', 7),
    placed_at => '2019-06-20');
SELECT * FROM ecommerce.verify_integrity();
SELECT * FROM ecommerce.attach_partition('ecommerce_partitions.events_2019_q2');
SELECT s.name, o.tableoid::regclass FROM ecommerce.orders o JOIN sale s USING (id)
WHERE s.name = 'late';
SELECT count(*) AS archived, (SELECT count(*) FROM ecommerce.archived_sales) AS sums
FROM ecommerce.archived_partitions;
SELECT * FROM ecommerce.verify_integrity();
SELECT * FROM ecommerce.verify_integrity('2019-05-01');
SELECT count(*) AS lost FROM (TABLE kept EXCEPT TABLE ecommerce.orders) k;
SELECT p.sku, sum(m.quantity) FROM ecommerce.stock_movements m
JOIN ecommerce.products p ON p.id = m.product_id
WHERE m.reason = 'archive' GROUP BY 1 ORDER BY 1;
SELECT orders - (SELECT sum(r.orders) FROM returned r WHERE r.currency = 'USD') AS more
FROM ecommerce.vat_return('2019-04-01', '2019-06-30') WHERE currency = 'USD';
SELECT (ecommerce.transition_order(id, 'delivered')).status FROM sale WHERE name = 'gift';

-- By hand: told once, and mended by attaching
SELECT failure('SELECT ecommerce.detach_partition(''ecommerce_partitions.orders_2019_q2'')',
    ids => true);
ALTER TABLE ecommerce.order_items DETACH PARTITION ecommerce_partitions.order_items_2019_q2;
ALTER TABLE ecommerce.orders DETACH PARTITION ecommerce_partitions.orders_2019_q2;
SELECT problem, detail FROM ecommerce.verify_integrity() ORDER BY 1, 2;
SELECT failure(format('SELECT ecommerce.cancel_order(%L)', id)) FROM sale WHERE name = 'gift';
SELECT failure('SELECT ecommerce.vat_return(''2019-04-01'', ''2019-06-30'')');
SELECT partition FROM ecommerce.ensure_partitions('2019-04-01', '2019-06-30');
SELECT partition, moved_rows
FROM ecommerce.attach_partition('ecommerce_partitions.orders_2019_q2');
SELECT * FROM ecommerce.verify_integrity();

-- Archived again, and dropped: the sums stay
SELECT (ecommerce.transition_order(id, s)).status FROM sale,
    unnest('{processing,shipped}'::text[]) AS s WHERE name = 'late';
SELECT pay(id) FROM ecommerce.orders WHERE status = 'shipped' AND payment_status <> 'paid';
REFRESH MATERIALIZED VIEW ecommerce.product_stats;
DROP VIEW differences;
DROP TABLE before, ledger;
CREATE TEMP TABLE before AS SELECT * FROM ecommerce.product_stats;
-- A trigger of the shop's own does not leave out what the books need.
CREATE FUNCTION pg_temp.leave_out() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER leave_out BEFORE INSERT ON ecommerce.stock_movements
    FOR EACH ROW EXECUTE FUNCTION pg_temp.leave_out();
SELECT failure('SELECT ecommerce.detach_partition(''ecommerce_partitions.orders_2019_q2'')');
DROP TRIGGER leave_out ON ecommerce.stock_movements;
SELECT count(*) FROM ecommerce.detach_partition('ecommerce_partitions.orders_2019_q2');
DROP TABLE ecommerce_partitions.events_2019_q2;
SELECT failure('SELECT ecommerce.attach_partition(''ecommerce_partitions.orders_2019_q2'')',
    hint => true);
DROP TABLE ecommerce_partitions.order_items_2019_q2, ecommerce_partitions.orders_2019_q2,
    ecommerce_partitions.shipments_2019_q2, ecommerce_partitions.shipment_items_2019_q2,
    ecommerce_partitions.returns_2019_q2, ecommerce_partitions.return_items_2019_q2,
    ecommerce_partitions.return_receipts_2019_q2,
    ecommerce_partitions.order_cancellations_2019_q2, ecommerce_partitions.order_notes_2019_q2;
REFRESH MATERIALIZED VIEW ecommerce.product_stats;
TABLE ecommerce.product_stats EXCEPT TABLE before;
SELECT * FROM ecommerce.verify_integrity();
SELECT failure(format('SELECT ecommerce.cancel_order(%L)', id)) FROM sale WHERE name = 'gift';
SELECT count(*) FROM ecommerce.ensure_partitions('2019-04-01', '2019-06-30');

ALTER DATABASE :DBNAME RESET ecommerce.tenant;
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
