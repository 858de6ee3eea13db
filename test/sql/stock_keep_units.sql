-- No unit of stock is lost by plain SQL.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price) VALUES
    ('PEN', 'Pen', 1), ('INK', 'Ink', 2), ('PAD', 'Pad', 3), ('NIB', 'Nib', 4);
SELECT ecommerce.adjust_stock(sku, 100, 'receipt') FROM unnest('{PEN,INK}'::text[]) sku;
INSERT INTO ecommerce.stock (product_id, available)
SELECT id(sku), n FROM (VALUES ('PAD', 7), ('NIB', 0)) AS v (sku, n);
SELECT ecommerce.set_backorder_limit(id('INK'), 5, 1);
SELECT id AS r1 FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 2}]') \gset
SELECT id AS r2 FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 3}]') \gset
SELECT id AS r3 FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 4}]') \gset
SELECT id AS o1 FROM ecommerce.place_order(reservation_id => :'r2') \gset
SELECT (ecommerce.release_reservation(:'r3')).quantity;

-- stock that has units, or owes them, stays; so do reservations that hold any
SELECT failure('DELETE FROM ecommerce.stock', hint => true) AS stock,
    failure('DELETE FROM ecommerce.stock WHERE tenant_id = 1 AND available < 0') AS none;
SELECT gross FROM ecommerce.place_order('[{"sku": "INK", "quantity": 104}]');
SELECT failure(format('DELETE FROM ecommerce.stock WHERE product_id = %L', id('INK')),
    hint => true) AS owed;
SELECT failure(format('DELETE FROM ecommerce.stock_reservations WHERE id = %L', id),
    hint => true) AS failure
FROM unnest(ARRAY[:'r1', :'r2', :'r3']::uuid[]) id;
DELETE FROM ecommerce.stock WHERE product_id = id('NIB');
SELECT failure('TRUNCATE ecommerce.stock', hint => true) AS stock,
    failure('TRUNCATE ecommerce.stock_reservations', hint => true) AS reservations,
    failure('TRUNCATE ecommerce.warehouses CASCADE', hint => true) AS warehouses;
-- a product that was never moved takes its stock with it
DELETE FROM ecommerce.products WHERE sku = 'PAD';
SELECT p.sku, s.available FROM ecommerce.stock s JOIN ecommerce.products p ON p.id = s.product_id
ORDER BY sku;
SELECT status, count(*) FROM ecommerce.stock_reservations GROUP BY status ORDER BY status;

-- stock is gathered and spread without losing any
SELECT ecommerce.set_stock_slots(id('PEN'), 8);
SELECT count(*), sum(available) FROM ecommerce.stock WHERE product_id = id('PEN');
SELECT ecommerce.set_stock_slots(id('PEN'), NULL);
SELECT count(*), sum(available) FROM ecommerce.stock WHERE product_id = id('PEN');
INSERT INTO ecommerce.stock (product_id, slot, available)
SELECT id, 5, 0 FROM ecommerce.products WHERE sku IN ('INK', 'PEN');
UPDATE ecommerce.stock SET available = available / 2 + slot % 2 * available % 2
WHERE product_id = id('PEN');
UPDATE ecommerce.stock SET available = 48 WHERE product_id = id('PEN') AND slot = 5;
SELECT sum(available) FROM ecommerce.stock WHERE product_id = id('PEN');
SELECT ecommerce.rebalance_stock();
SELECT p.sku, s.slot, s.available, s.backorder_limit FROM ecommerce.stock s
JOIN ecommerce.products p ON p.id = s.product_id ORDER BY sku;

-- wrong arguments change nothing
SELECT command,
    failure('SELECT ecommerce'
        || CASE WHEN command ~ '^(spread|lock|reopen)_' THEN '_internal.' ELSE '.' END
        || command) AS failure
FROM unnest(ARRAY[$$spread_stock((SELECT id FROM ecommerce.products WHERE sku = 'PEN'), -5, 1)$$,
    $$spread_stock((SELECT id FROM ecommerce.products WHERE sku = 'PEN'), 0, 1)$$,
    $$spread_stock((SELECT id FROM ecommerce.products WHERE sku = 'PEN'), 257, 1)$$,
    $$spread_stock((SELECT id FROM ecommerce.products WHERE sku = 'PEN'), 2147483647, 1)$$,
    $$spread_stock((SELECT id FROM ecommerce.products WHERE sku = 'PEN'), NULL, 1)$$,
    $$spread_stock(NULL, 1, 1)$$,
    $$spread_stock((SELECT id FROM ecommerce.products WHERE sku = 'PEN'), 1, NULL)$$,
    $$spread_stock((SELECT id FROM ecommerce.products WHERE sku = 'PEN'), 1, 99)$$,
    $$lock_stock(NULL, 1)$$,
    $$lock_stock((SELECT id FROM ecommerce.products WHERE sku = 'PEN'), NULL)$$,
    $$rebalance_stock(-1)$$,
    $$rebalance_stock(NULL)$$,
    $$set_stock_slots((SELECT id FROM ecommerce.products WHERE sku = 'PEN'), 0)$$,
    $$set_stock_slots(NULL, 1)$$,
    $$set_backorder_limit((SELECT id FROM ecommerce.products WHERE sku = 'PEN'), -1)$$]) AS command;
SELECT p.sku, s.slot, s.available, s.backorder_limit FROM ecommerce.stock s
JOIN ecommerce.products p ON p.id = s.product_id ORDER BY sku;

-- a role that row security restricts cannot empty the tables of all tenants
SELECT ecommerce.create_tenant('Other') AS other;
CREATE ROLE regress_app;
GRANT USAGE ON SCHEMA ecommerce TO regress_app;
GRANT ALL ON ALL TABLES IN SCHEMA ecommerce, ecommerce_partitions TO regress_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ecommerce TO regress_app;
SET client_min_messages = warning;
SET ROLE regress_app;
BEGIN;
SELECT ecommerce.use_tenant(2);
SELECT count(*) > 20 AS many, count(*) FILTER (WHERE failure = 'EC017') > 0 AS records,
    string_agg(name, ' ') FILTER (WHERE failure NOT IN ('42501', 'EC017')) AS "may be emptied"
FROM (SELECT relname AS name,
        left(failure(format('TRUNCATE %s CASCADE', oid::regclass)), 5) AS failure
    FROM pg_class
    WHERE relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
        AND relkind IN ('r', 'p') AND relrowsecurity) t;
SELECT failure('TRUNCATE ecommerce.wishlist_items', hint => true);
SELECT failure('TRUNCATE ecommerce.search_history', hint => true);
COMMIT;
RESET ROLE;
-- its owner may
TRUNCATE ecommerce.search_history, ecommerce.wishlist_items;
DROP OWNED BY regress_app;
DROP ROLE regress_app;

-- what holds nothing may go
SELECT failure('TRUNCATE ecommerce.stock_alerts', hint => true);
UPDATE ecommerce.stock SET available = 0, backorder_limit = 0;
UPDATE ecommerce.stock_reservations SET status = 'released';
TRUNCATE ecommerce.stock, ecommerce.stock_reservations;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
