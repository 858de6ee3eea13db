-- Carts: whose they are, and that only an open one's lines change.
CREATE EXTENSION ecommerce;

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES
    ('A', 'A', 10, false), ('B', 'B', 5.55, false), ('C', 'C', 1, false);
INSERT INTO ecommerce.users (id, email) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'maria@example.com');
INSERT INTO ecommerce.carts (id, user_id, session_id) VALUES
    ('01930000-0000-7000-8000-0000000000c1', '01930000-0000-7000-8000-0000000000a1', NULL),
    ('01930000-0000-7000-8000-0000000000c2', NULL, 'visitor'),
    ('01930000-0000-7000-8000-0000000000c3', NULL, 'lost'),
    ('01930000-0000-7000-8000-0000000000c4', NULL, 'other');
CREATE VIEW pg_temp.lines AS
SELECT right(c.id::text, 2) AS cart, c.status,
    string_agg(format('%s %s', i.quantity, p.sku), ', ' ORDER BY p.sku) AS lines
FROM ecommerce.carts c LEFT JOIN ecommerce.cart_items i ON i.cart_id = c.id
LEFT JOIN ecommerce.products p ON p.id = i.product_id
GROUP BY c.id, c.status ORDER BY c.id;

-- a cart has one owner, and an owner one open cart
SELECT failure($$INSERT INTO ecommerce.carts (user_id, session_id)
        VALUES ('01930000-0000-7000-8000-0000000000a1', 'both')$$) AS both,
    failure('INSERT INTO ecommerce.carts DEFAULT VALUES') AS nobody,
    failure($$INSERT INTO ecommerce.carts (session_id) VALUES ('visitor')$$) AS second;

-- lines of an open cart come, change, move to another one and go
INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity)
SELECT c.id, p.id, 2 FROM ecommerce.carts c, ecommerce.products p;
UPDATE ecommerce.cart_items SET quantity = 3 WHERE cart_id = '01930000-0000-7000-8000-0000000000c1';
DELETE FROM ecommerce.cart_items
WHERE product_id = (SELECT id FROM ecommerce.products WHERE sku = 'C')
    AND cart_id <> '01930000-0000-7000-8000-0000000000c4';
DELETE FROM ecommerce.cart_items
WHERE cart_id = '01930000-0000-7000-8000-0000000000c2'
    AND product_id = (SELECT id FROM ecommerce.products WHERE sku = 'B');
UPDATE ecommerce.cart_items SET cart_id = '01930000-0000-7000-8000-0000000000c2'
WHERE cart_id = '01930000-0000-7000-8000-0000000000c3'
    AND product_id = (SELECT id FROM ecommerce.products WHERE sku = 'B');
SELECT * FROM pg_temp.lines;

-- those of one that was ordered, abandoned or merged do not; an unknown cart is the foreign key's
SELECT gross FROM ecommerce.place_order(cart_id => '01930000-0000-7000-8000-0000000000c2');
UPDATE ecommerce.carts SET status = 'abandoned' WHERE session_id = 'lost';
UPDATE ecommerce.carts SET status = 'merged' WHERE session_id = 'other';
SELECT right(c.id::text, 2) AS cart, left(command, 6) AS command,
    left(failure(format(command, c.id)), 25) AS failure
FROM ecommerce.carts c, (VALUES
    (1, $$INSERT INTO ecommerce.cart_items (cart_id, product_id)
        SELECT %L, id FROM ecommerce.products WHERE sku = 'C' ON CONFLICT DO NOTHING$$),
    (2, 'UPDATE ecommerce.cart_items SET quantity = quantity WHERE cart_id = %L'),
    (3, 'DELETE FROM ecommerce.cart_items WHERE cart_id = %L AND quantity < 3')) AS v (n, command)
ORDER BY c.id, n;
SELECT failure($$UPDATE ecommerce.cart_items SET cart_id = '01930000-0000-7000-8000-0000000000c2'
            WHERE cart_id = '01930000-0000-7000-8000-0000000000c1'$$, ids => true) AS into_ordered,
    failure($$UPDATE ecommerce.cart_items SET cart_id = '01930000-0000-7000-8000-0000000000c1'
            WHERE cart_id = '01930000-0000-7000-8000-0000000000c3'$$,
        ids => true) AS out_of_abandoned,
    failure($$INSERT INTO ecommerce.cart_items (cart_id, product_id)
        SELECT '01930000-0000-7000-8000-0000000000c9', id FROM ecommerce.products
        WHERE sku = 'A'$$) AS unknown;
SELECT * FROM pg_temp.lines;

-- a line goes with its product or its cart, whatever became of that
DELETE FROM ecommerce.products WHERE sku = 'C';
DELETE FROM ecommerce.carts WHERE status = 'abandoned';
SELECT * FROM pg_temp.lines;
DELETE FROM ecommerce.users;
SELECT * FROM pg_temp.lines;

-- another shop's cart is unknown, open or not
SELECT ecommerce.create_tenant('Other', 'GR') AS other;
INSERT INTO ecommerce.carts (tenant_id, id, session_id, status) VALUES
    (2, '01930000-0000-7000-8000-0000000000d1', 'open', 'open'),
    (2, '01930000-0000-7000-8000-0000000000d2', 'lost', 'abandoned'),
    (1, '01930000-0000-7000-8000-0000000000c5', 'clerk', 'open');
SELECT id AS a FROM ecommerce.products WHERE sku = 'A' \gset
CREATE ROLE regress_ecommerce_clerk;
GRANT USAGE ON SCHEMA ecommerce TO regress_ecommerce_clerk;
GRANT SELECT, UPDATE ON ecommerce.carts TO regress_ecommerce_clerk;
GRANT SELECT, INSERT, UPDATE, DELETE ON ecommerce.cart_items TO regress_ecommerce_clerk;
GRANT EXECUTE ON FUNCTION ecommerce.current_tenant(),
    ecommerce.use_tenant(integer) TO regress_ecommerce_clerk;
SET ROLE regress_ecommerce_clerk;
BEGIN;
SELECT ecommerce.use_tenant(1);
INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity) VALUES
    ('01930000-0000-7000-8000-0000000000c5', :'a', 4);
SELECT right(cart, 2) AS cart, tenant,
    failure(format('INSERT INTO ecommerce.cart_items (tenant_id, cart_id, product_id)
            VALUES (%s, %L, %L)', tenant, cart, :'a')) AS failure
FROM unnest('{01930000-0000-7000-8000-0000000000d1, 01930000-0000-7000-8000-0000000000d2,
        01930000-0000-7000-8000-0000000000d3}'::text[]) AS cart,
    generate_series(1, 2) AS tenant
ORDER BY tenant, cart;
COMMIT;
RESET ROLE;
SELECT * FROM pg_temp.lines WHERE cart = 'c5';
SELECT * FROM ecommerce.verify_integrity();

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP ROLE regress_ecommerce_clerk;
