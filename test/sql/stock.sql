-- Stock: receiving, adjusting, holding and giving back.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';

CREATE VIEW pg_temp.books AS
SELECT p.sku, m.moved, i.sold, r.held, s.available,
    m.moved - i.sold - r.held = s.available AND s.available >= 0 AS balanced
FROM ecommerce.products p,
    LATERAL (SELECT coalesce(sum(quantity), 0) AS moved FROM ecommerce.stock_movements
        WHERE product_id = p.id) m,
    LATERAL (SELECT coalesce(sum(i.quantity), 0) AS sold FROM ecommerce.order_items i
        JOIN ecommerce.orders o ON o.id = i.order_id AND o.created_at = i.order_created_at
        WHERE i.product_id = p.id AND o.status <> 'cancelled') i,
    LATERAL (SELECT coalesce(sum(quantity), 0) AS held FROM ecommerce.stock_reservations
        WHERE product_id = p.id AND status = 'held') r,
    LATERAL (SELECT coalesce(sum(available), 0) AS available FROM ecommerce.stock
        WHERE product_id = p.id) s
WHERE p.track_stock;
CREATE VIEW pg_temp.holds AS
SELECT p.sku, r.quantity, r.status, r.owner FROM ecommerce.stock_reservations r
JOIN ecommerce.products p ON p.id = r.product_id;

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, track_stock, status, deleted_at) VALUES
    ('PEN', 'Pen', 1.99, true, 'active', NULL), ('INK', 'Ink', 4, true, 'active', NULL),
    ('PAD', 'Pad', 3, true, 'active', NULL),
    ('BULK', 'Bulk', 0.01, true, 'active', NULL), ('EBOOK', 'E-book', 9, false, 'active', NULL),
    ('DRAFT', 'Draft', 1, true, 'draft', NULL), ('RETIRED', 'Retired', 1, true, 'inactive', NULL),
    ('GONE', 'Gone', 1, true, 'active', now());
SELECT id AS pen FROM ecommerce.products WHERE sku = 'PEN' \gset

-- available_stock: nothing came yet; NULL for what does not exist
SELECT ecommerce.available_stock(:'pen') AS never_received,
    ecommerce.available_stock('00000000-0000-7000-8000-000000000000') AS unknown,
    ecommerce.available_stock(NULL) AS "null";

-- adjust_stock by SKU and by id answers what is available then
SELECT ecommerce.adjust_stock('PEN', 10, 'receipt', 'DN-1', 'first delivery');
SELECT ecommerce.adjust_stock(:'pen'::uuid, 5, 'receipt');
SELECT ecommerce.adjust_stock(sku => 'PEN', quantity => -2, reason => 'write_off',
    note => 'leaking');
SELECT ecommerce.adjust_stock(product_id => :'pen', quantity => -1);
SELECT ecommerce.adjust_stock('PEN', 1, 'return', reference => 'R-7');
SELECT ecommerce.adjust_stock('INK', 3, 'receipt'), ecommerce.adjust_stock('PAD', 1, 'receipt'),
    ecommerce.adjust_stock('RETIRED', 2), ecommerce.adjust_stock('EBOOK', 4);
SELECT p.sku, m.quantity, m.reason, m.reference, m.note, m.created_by = session_user AS by_me
FROM ecommerce.stock_movements m JOIN ecommerce.products p ON p.id = m.product_id ORDER BY m.id;
SELECT ecommerce.available_stock(:'pen') AS function, available AS stock FROM ecommerce.stock
WHERE product_id = :'pen';

-- no less than nothing, and no movement of what did not move
SELECT command, failure('SELECT ecommerce.' || command) AS failure FROM unnest(ARRAY[
    $$adjust_stock('PEN', -14)$$,
    $$adjust_stock('PEN', -1000000000, 'write_off')$$,
    $$adjust_stock('BULK', -1)$$,
    $$adjust_stock('PEN', 0)$$,
    $$adjust_stock('PEN', 1000000001)$$,
    $$adjust_stock('PEN', -2147483648)$$,
    $$adjust_stock('PEN', 4294967297)$$,
    $$adjust_stock('PEN', -9223372036854775808)$$,
    $$adjust_stock('PEN', NULL)$$,
    $$adjust_stock('PEN', 1, NULL)$$,
    $$adjust_stock('PEN', 1, 'theft')$$,
    $$adjust_stock('PEN', 1, '')$$,
    $$adjust_stock(NULL::text, 1)$$,
    $$adjust_stock(NULL::uuid, 1)$$,
    $$adjust_stock('NONE', 1)$$,
    $$adjust_stock('GONE', 1)$$,
    $$adjust_stock('00000000-0000-7000-8000-000000000000'::uuid, 1)$$,
    $$adjust_stock('PEN', 1, tenant_id => NULL)$$,
    $$adjust_stock('PEN', 1, tenant_id => 99)$$,
    $$adjust_stock('PEN', 1, reference => repeat('x', 256))$$,
    $$adjust_stock('PEN', 1, reference => repeat('x', 1000000))$$,
    $$adjust_stock('PEN', 1, note => repeat('x', 1000000))$$,
    $$adjust_stock(repeat('x', 200000000), 1)$$]) AS command;
SELECT * FROM pg_temp.books WHERE moved > 0 ORDER BY sku;

-- movements are a record
SELECT command, failure(command) AS failure FROM unnest(ARRAY[
    'UPDATE ecommerce.stock_movements SET quantity = 100',
    'UPDATE ecommerce.stock_movements SET note = NULL',
    'DELETE FROM ecommerce.stock_movements',
    'TRUNCATE ecommerce.stock_movements']) AS command;
SET client_min_messages = warning;
SELECT left(failure('TRUNCATE ecommerce.products CASCADE'), 5) AS with_its_product;
RESET client_min_messages;

-- plain SQL cannot oversell, either
SELECT command, failure(command) AS failure
FROM unnest(ARRAY['UPDATE ecommerce.stock SET available = available - 14',
    'UPDATE ecommerce.stock SET available = -1',
    'UPDATE ecommerce.stock SET available = NULL',
    'INSERT INTO ecommerce.stock (product_id, slot, available) SELECT id, 7, -1 '
        'FROM ecommerce.products',
    'INSERT INTO ecommerce.stock (product_id, available) '
        || $$VALUES ('00000000-0000-7000-8000-000000000000', 1)$$,
    'INSERT INTO ecommerce.stock_reservations (product_id, quantity, expires_at) '
        || 'SELECT id, 0, now() FROM ecommerce.products',
    'INSERT INTO ecommerce.stock_movements (product_id, quantity, reason) '
        || $$SELECT id, 0, 'receipt' FROM ecommerce.products$$,
    $$INSERT INTO ecommerce.stock_movements (product_id, quantity, reason) SELECT id, 1, 'sale' $$
        || 'FROM ecommerce.products']) AS command;

-- reserve_stock holds all of it; a product on two lines is held once, in sum
SELECT id AS r1, expires_at AS r1_expires
FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 2}, {"sku": "INK", "quantity": 1},
        {"sku": "PEN", "quantity": "1"}]', 'cart 1') \gset
SELECT * FROM pg_temp.holds ORDER BY sku;
SELECT count(*), bool_and(expires_at = :'r1_expires') AS as_told,
    bool_and(expires_at - clock_timestamp() BETWEEN '14 minutes' AND '15 minutes') AS by_default
FROM ecommerce.stock_reservations WHERE id = :'r1';
SELECT * FROM pg_temp.books WHERE moved > 0 ORDER BY sku;

-- or nothing: every short product is listed, and none is held
SELECT command, failure('SELECT ecommerce.' || command) AS failure
FROM unnest(ARRAY[$$reserve_stock('[{"sku": "PEN", "quantity": 11}]')$$,
    $$reserve_stock('[{"sku": "PEN", "quantity": 10}, {"sku": "INK", "quantity": 3}, $$
        || $${"sku": "PAD", "quantity": 2}, {"sku": "BULK", "quantity": 1}]')$$,
    $$reserve_stock('[{"sku": "INK", "quantity": 1}, {"sku": "PAD", "quantity": 1}, $$
        || $${"sku": "INK", "quantity": 2}]')$$,
    $$reserve_stock('[{"sku": "BULK", "quantity": 1000000000}, {"sku": "BULK", $$
        || $$"quantity": 1000000000}, {"sku": "BULK", "quantity": 1000000000}]')$$,
    $$reserve_stock('[{"sku": "PEN", "quantity": 1}, {"sku": "NONE", "quantity": 1}, $$
        || $${"product_id": "00000000-0000-7000-8000-000000000000", "quantity": 1}]')$$,
    $$reserve_stock('[{"sku": "GONE", "quantity": 1}]')$$,
    $$reserve_stock('[{"sku": "PEN", "quantity": 1}, {"sku": "DRAFT", "quantity": 1}, $$
        || $${"sku": "RETIRED", "quantity": 1}]')$$,
    $$reserve_stock('[{"sku": "EBOOK", "quantity": 1}]')$$,
    $$reserve_stock('[]')$$,
    $$reserve_stock(NULL)$$,
    $$reserve_stock('{}')$$,
    $$reserve_stock('[{"sku": "PEN", "quantity": 0}]')$$,
    $$reserve_stock('[{"sku": "PEN"}]')$$,
    $$reserve_stock('[{"sku": "PEN", "quantity": 1}]', repeat('x', 256))$$,
    $$reserve_stock('[{"sku": "PEN", "quantity": 1}]', repeat('x', 1000000))$$,
    $$reserve_stock('[{"sku": "PEN", "quantity": 1}]', tenant_id => NULL)$$,
    $$reserve_stock('[{"sku": "PEN", "quantity": 1}]', tenant_id => 99)$$]) AS command;
SELECT * FROM pg_temp.holds ORDER BY sku;

-- how long it holds: above zero, at most 30 days, by default as the settings say
SELECT ttl,
    failure(format('SELECT ecommerce.reserve_stock(%L, ttl => %L)',
        '[{"sku": "INK", "quantity": 1}]', ttl)) AS reserve,
    failure(format('SELECT ecommerce.extend_reservation(%L, %L)', :'r1', ttl)) AS extend
FROM unnest('{0, -1 minute, 31 days, 721 hours, 30 days 00:00:01, 29 days 24:00:01, 1 month 1 day,
    2 months, 1 year, -1 day, 1 day -25 hours, 178000000 years, -178000000 years}'::text[]) AS ttl;
SELECT ttl,
    e.expires_at - clock_timestamp() BETWEEN ttl::interval
        - interval '1 minute' AND ttl::interval AS extended
FROM unnest('{1 hour, 1200 months -36000 days 1 hour, 30 days, 29 days 24:00:00,
        1 day -1 hour}'::text[]) AS ttl,
    ecommerce.extend_reservation(:'r1', ttl::interval) e;
UPDATE ecommerce.settings SET reservation_ttl = '2 days';
SELECT id = :'r1' AS same,
    expires_at - clock_timestamp() BETWEEN '47 hours 59 minutes' AND '48 hours' AS by_default
FROM ecommerce.extend_reservation(:'r1');
SELECT count(*),
    bool_and(expires_at - clock_timestamp() BETWEEN '47 hours 59 minutes' AND '48 hours') AS written
FROM ecommerce.stock_reservations WHERE id = :'r1';

-- a release gives everything back, once
SELECT (ecommerce.release_reservation(:'r1')).quantity;
SELECT * FROM pg_temp.holds ORDER BY sku;
SELECT * FROM pg_temp.books WHERE moved > 0 ORDER BY sku;
SELECT (ecommerce.release_reservation(:'r1')).quantity;
SELECT failure(format('SELECT ecommerce.extend_reservation(%L)', :'r1')) AS extend,
       failure(format('SELECT ecommerce.place_order(reservation_id => %L)', :'r1')) AS place_order;
SELECT * FROM pg_temp.books WHERE moved > 0 ORDER BY sku;
SELECT command, failure('SELECT ecommerce.' || command) AS failure FROM unnest(ARRAY[
    $$release_reservation('00000000-0000-7000-8000-000000000000')$$,
    $$release_reservation(NULL)$$,
    $$extend_reservation('00000000-0000-7000-8000-000000000000')$$,
    $$extend_reservation(NULL)$$,
    $$expire_reservations(0)$$,
    $$expire_reservations(-1)$$]) AS command;

-- expired holds go back when somebody asks, once; none that has not expired
SELECT id AS r2
FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 4}, {"sku": "INK", "quantity": 1}]',
    'expired') \gset
SELECT id AS r3 FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 3}]', 'expired') \gset
SELECT id AS r4 FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 1}]', 'not yet') \gset
SELECT ecommerce.expire_reservations();
UPDATE ecommerce.stock_reservations SET expires_at = now() - interval '1 hour'
WHERE id IN (:'r2', :'r3');
SELECT failure(format('SELECT ecommerce.extend_reservation(%L)', :'r2')) AS extend,
       failure(format('SELECT ecommerce.place_order(reservation_id => %L)', :'r2')) AS place_order;
SELECT * FROM pg_temp.books WHERE moved > 0 ORDER BY sku;
SELECT ecommerce.expire_reservations(2) AS two, ecommerce.expire_reservations(2) AS one,
    ecommerce.expire_reservations(2) AS none;
SELECT (ecommerce.release_reservation(:'r2')).quantity;
SELECT * FROM pg_temp.holds WHERE owner <> 'cart 1' ORDER BY sku, quantity;
SELECT * FROM pg_temp.books WHERE moved > 0 ORDER BY sku;
SELECT failure(format('SELECT ecommerce.extend_reservation(%L)', :'r2')) AS extend,
       failure(format('SELECT ecommerce.place_order(reservation_id => %L)', :'r2')) AS place_order;

-- a buyer takes back what expired of the products that are short, and no more
SELECT id AS r5
FROM ecommerce.reserve_stock('[{"sku": "PAD", "quantity": 1}, {"sku": "INK", "quantity": 1}]',
    'late') \gset
UPDATE ecommerce.stock_reservations SET expires_at = now() WHERE id = :'r5';
SELECT gross
FROM ecommerce.place_order('[{"sku": "PAD", "quantity": 1}, {"sku": "INK", "quantity": 1}]');
SELECT * FROM pg_temp.holds WHERE owner = 'late' ORDER BY sku;
SELECT (ecommerce.release_reservation(:'r5')).quantity;
SELECT * FROM pg_temp.books WHERE moved > 0 ORDER BY sku;

-- what is not tracked is not held
SELECT id AS r6
FROM ecommerce.reserve_stock('[{"sku": "EBOOK", "quantity": 3}, {"sku": "PEN", "quantity": 1}]',
    'mixed') \gset
SELECT * FROM pg_temp.holds WHERE owner = 'mixed';
SELECT gross FROM ecommerce.place_order('[{"sku": "EBOOK", "quantity": 1000}]');
SELECT p.sku, s.available FROM ecommerce.stock s JOIN ecommerce.products p ON p.id = s.product_id
WHERE NOT p.track_stock;

-- stock of one product in several rows is sold and held as one
UPDATE ecommerce.stock SET available = available - 9 WHERE product_id = :'pen';
INSERT INTO ecommerce.stock (product_id, slot, available) VALUES (:'pen', 1, 4), (:'pen', 2, 5);
SELECT ecommerce.available_stock(:'pen');
SELECT id AS r7 FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 10}]', 'slots') \gset
SELECT failure($$SELECT ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 2}]')$$);
SELECT gross FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]');
SELECT (ecommerce.release_reservation(:'r7')).quantity;
SELECT ecommerce.adjust_stock('PEN', -10), ecommerce.adjust_stock('PEN', 2);

-- one transaction may change it several times, and take some of that back
BEGIN;
SELECT ecommerce.adjust_stock('PEN', 5), ecommerce.adjust_stock('PEN', -1);
SELECT gross FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 3}]');
SAVEPOINT before;
SELECT gross FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 3}]');
SELECT ecommerce.available_stock(:'pen');
ROLLBACK TO before;
SELECT ecommerce.available_stock(:'pen');
SELECT id AS r10 FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 2}]', 'several') \gset
SELECT (ecommerce.release_reservation(:'r10')).quantity;
COMMIT;
SELECT * FROM pg_temp.books WHERE sku = 'PEN';

-- more than fits is refused, and what is there stays
SELECT ecommerce.adjust_stock('BULK', 1000000000), ecommerce.adjust_stock('BULK', 1000000000);
SELECT id AS r8
FROM ecommerce.reserve_stock('[{"sku": "BULK", "quantity": 1000000000}]', 'bulk') \gset
SELECT ecommerce.adjust_stock('BULK', 1000000000);
SELECT failure($$SELECT ecommerce.adjust_stock('BULK', 1000000000)$$) AS adjust,
       failure(format('SELECT ecommerce.release_reservation(%L)', :'r8')) AS release;
SELECT id AS r9
FROM ecommerce.reserve_stock(
    '[{"sku": "BULK", "quantity": 1000000000}, {"sku": "BULK", "quantity": 1000000000}]', 'bulk')
    \gset
SELECT (ecommerce.release_reservation(:'r8')).quantity;

-- movements - sold - held = available, of every product
SELECT * FROM pg_temp.books WHERE moved > 0 ORDER BY sku;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
