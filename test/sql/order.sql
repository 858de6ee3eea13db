-- Orders: placing, moving in, cancelling, and what plain SQL may do to them.
CREATE EXTENSION ecommerce;

-- How a command fails, without ids and quarters.  What is checked at commit is
CREATE VIEW pg_temp.lines AS
SELECT o.notes, i.line_number AS line, i.kind, i.sku, i.name, i.quantity, i.unit_price, i.discount,
    i.vat_category AS cat, i.vat_rate AS rate, i.net, i.vat
FROM ecommerce.orders o
JOIN ecommerce.order_items i ON i.order_id = o.id AND i.order_created_at = o.created_at;
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

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.vat_rates (country, vat_class, rate, valid_from) VALUES
    ('GR', 'zero', 0, '2000-01-01');
INSERT INTO ecommerce.products (sku, name, price, vat_class, track_stock) VALUES
    ('PEN', 'Pen', 1.99, 'standard', true), ('BOOK', 'Book', 10, 'super_reduced', true),
    ('MILK', 'Milk', 1.5, 'reduced', true),
    ('CLASS', 'Class', 50, 'exempt', false), ('BREAD', 'Bread', 0.8, 'zero', true),
    ('EBOOK', 'E-book', 9.99, 'standard', false),
    ('NEVER', 'Never kept', 1, 'standard', true), ('UNSOLD', 'Never sold', 1, 'standard', true);
SELECT count(ecommerce.adjust_stock(sku, 100, 'receipt')) FROM ecommerce.products WHERE track_stock;
SELECT id AS book FROM ecommerce.products WHERE sku = 'BOOK' \gset

-- by SKU and by id, one product on two lines: 9.95 hold 1.93 at 24 %, 10.00 hold 0.57 at 6 %
CREATE TABLE pg_temp.answer AS
SELECT *
FROM ecommerce.place_order(jsonb_build_array(jsonb_build_object('sku', 'PEN', 'quantity', 2),
        jsonb_build_object('product_id', :'book', 'quantity', 1),
        jsonb_build_object('sku', 'PEN', 'quantity', '3', 'unit_price', '1.990')),
    notes => 'lines');
SELECT currency, net, vat, gross FROM pg_temp.answer;
SELECT line, kind, sku, name, quantity, unit_price, discount, cat, rate, net, vat FROM pg_temp.lines
WHERE notes = 'lines' ORDER BY line;
SELECT * FROM pg_temp.books ORDER BY sku;
-- what it answers is what it wrote
SELECT (a.id, a.order_number, a.created_at, a.currency, a.net, a.vat, a.gross)
    = (o.id, o.order_number, o.created_at, o.currency, o.net, o.vat, o.gross) AS same
FROM pg_temp.answer a, ecommerce.orders o;
SELECT id AS lines_id FROM pg_temp.answer \gset
-- its id knows its time, and its number its id
SELECT o.status, o.payment_status, o.currency, o.prices, o.net, o.vat, o.gross, o.country, o.region,
    o.amount_paid, o.amount_refunded,
    o.created_at = ecommerce.uuid_v7_time(o.id) AS id_time,
    o.created_at BETWEEN clock_timestamp() - interval '1 minute' AND clock_timestamp() AS now,
    o.order_number = ecommerce.order_number(o.id)
        AND o.order_number ~ '^\d{6}-[0-9A-HJKMNP-TV-Z]{10}$' AS numbered,
    o.updated_at >= o.created_at - interval '1 second' AS updated
FROM ecommerce.orders o WHERE notes = 'lines';
-- prices, names and rates are frozen
UPDATE ecommerce.products
SET price = 2.5, name = 'Ballpoint pen', sku = 'BALLPEN', vat_class = 'reduced' WHERE sku = 'PEN';
SELECT DISTINCT sku, name, unit_price, rate FROM pg_temp.lines WHERE notes = 'lines' ORDER BY sku;
UPDATE ecommerce.products SET price = 1.99, name = 'Pen', sku = 'PEN', vat_class = 'standard'
WHERE sku = 'BALLPEN';

-- every class of rate; nobody charges VAT on what is exempt (E) or zero rated (Z)
SELECT net, vat, gross
FROM ecommerce.place_order('[{"sku": "BREAD", "quantity": 5}, {"sku": "CLASS", "quantity": 1},
        {"sku": "EBOOK", "quantity": 1}, {"sku": "MILK", "quantity": 2}]', notes => 'classes');
SELECT line, sku, cat, rate, net, vat FROM pg_temp.lines WHERE notes = 'classes' ORDER BY line;

-- a discount is taken off the lines, gross here: 29.99 - 10 % = 26.99, then 2.50 off
SELECT net, vat, gross
FROM ecommerce.place_order('[{"sku": "BOOK", "quantity": 2}, {"sku": "EBOOK", "quantity": 1}]',
    allowances => '[{"percent": 10}, {"amount": "2.50"}]', notes => 'discounts');
SELECT line, sku, quantity, unit_price, discount, cat, rate, net, vat FROM pg_temp.lines
WHERE notes = 'discounts' ORDER BY line;
-- never below zero
SELECT net, vat, gross
FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]', allowances => '[{"amount": 5}]',
    notes => 'free');
SELECT line, sku, discount, rate, net, vat FROM pg_temp.lines WHERE notes = 'free';
-- shipping follows the goods: 61.99 at 24 % and 38.01 at 6 % split 4.99 into 3.09 and 1.90
UPDATE ecommerce.products SET price = 61.99 WHERE sku = 'EBOOK';
UPDATE ecommerce.products SET price = 38.01 WHERE sku = 'BOOK';
SELECT net, vat, gross
FROM ecommerce.place_order('[{"sku": "EBOOK", "quantity": 1}, {"sku": "BOOK", "quantity": 1}]',
    charges => '[{"kind": "shipping", "amount": 4.99}]', notes => 'shipping');
SELECT line, kind, sku, name, quantity, unit_price, cat, rate, net, vat FROM pg_temp.lines
WHERE notes = 'shipping' ORDER BY line;
-- or has the highest rate, or one of its own
SELECT net, vat, gross
FROM ecommerce.place_order('[{"sku": "EBOOK", "quantity": 1}, {"sku": "BOOK", "quantity": 1}]',
    charges => '[{"kind": "shipping", "name": "Courier", "amount": 4.99, "vat": "highest"},
        {"kind": "fee", "name": "Cash on delivery", "amount": 2, "vat": "fixed", "vat_rate": 13}]',
    notes => 'charges');
SELECT line, kind, sku, name, quantity, unit_price, cat, rate, net, vat FROM pg_temp.lines
WHERE notes = 'charges' ORDER BY line;

-- net prices: 33.33 at 24 %, 33.33 at 13 %, 33.34 at 6 %, 10.00 off: 90.00 and 7.20 + 3.90 + 1.80
UPDATE ecommerce.settings SET prices = 'net';
UPDATE ecommerce.products SET price = CASE sku WHEN 'BOOK' THEN 33.34 ELSE 33.33 END
WHERE sku IN ('PEN', 'MILK', 'BOOK');
SELECT net, vat, gross
FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}, {"sku": "MILK", "quantity": 1},
        {"sku": "BOOK", "quantity": 1}]',
    allowances => '[{"amount": 10}]', notes => 'net');
SELECT line, sku, unit_price, discount, cat, rate, net, vat FROM pg_temp.lines WHERE notes = 'net'
ORDER BY line;
-- 60.00 at 24 % and 40.00 at 6 %, 5.00 for shipping: 3.00 and 2.00
UPDATE ecommerce.products SET price = CASE sku WHEN 'BOOK' THEN 40 ELSE 60 END
WHERE sku IN ('PEN', 'BOOK');
SELECT net, vat, gross
FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}, {"sku": "BOOK", "quantity": 1}]',
    charges => '[{"amount": 5}]', notes => 'net shipping');
SELECT line, kind, sku, unit_price, cat, rate, net, vat FROM pg_temp.lines
WHERE notes = 'net shipping' ORDER BY line;
-- a unit price may have more decimals: 3 x 0.335 = 1.005, rounded once
UPDATE ecommerce.products SET price = 0.335 WHERE sku = 'PEN';
SELECT net, vat, gross
FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 3}]', notes => 'decimals');
SELECT quantity, unit_price, net, vat FROM pg_temp.lines WHERE notes = 'decimals';
UPDATE ecommerce.settings SET prices = 'gross';
UPDATE ecommerce.products
SET price = CASE sku WHEN 'PEN' THEN 1.99 WHEN 'BOOK' THEN 10 WHEN 'MILK' THEN 1.5 ELSE 9.99 END
WHERE sku IN ('PEN', 'BOOK', 'MILK', 'EBOOK');

-- expected_total: what the customer saw, or nothing
SELECT gross FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 2}]', expected_total => 3.980);
SELECT total,
    failure(format('SELECT ecommerce.place_order(%L, expected_total => %L)',
        '[{"sku": "PEN", "quantity": 2}]', total)) AS failure
FROM unnest('{3.97, 3.981, 0, -3.98, NaN, Infinity, 1e131071}'::text[]) AS total;
-- and so for each price
SELECT failure($$SELECT ecommerce.place_order('[{"sku": "PEN", "quantity": 1, "unit_price": 1.98},
    {"sku": "BOOK", "quantity": 1, "unit_price": 10},
    {"sku": "MILK", "quantity": 1, "unit_price": "1.50001"}]')$$);

-- who orders: a user, with their email address unless told otherwise, or a guest
INSERT INTO ecommerce.users (id, email, first_name) VALUES
    ('01930000-0000-7000-8000-000000000001', 'maria@example.com', 'Maria');
\set maria '''01930000-0000-7000-8000-000000000001'''
SELECT count(*)
FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]', user_id => :maria, notes => 'who 1');
SELECT count(*)
FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]', user_id => :maria,
    email => 'work@example.com', phone => '+30 210 1234567', notes => 'who 2');
SELECT count(*)
FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]', email => 'guest@example.com',
    metadata => '{"source": "app"}', notes => 'who 3',
    billing_address => '{"first_name": "Nikos", "last_name": "P.", "address_line_1": "Ermou 1",
        "city": "Athens", "postal_code": "10563", "country": "GR", "vat_id": "EL123456789"}',
    shipping_address => '{"city": "Patra", "company": null}');
SELECT count(*) FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]', notes => 'who 4');
SELECT notes, user_id = :maria AS maria, email, phone, billing_address ->> 'city' AS billing,
    shipping_address, metadata
FROM ecommerce.orders WHERE notes LIKE 'who%' ORDER BY notes;

-- from a cart: a user's, whose order it is, and a visitor's; each is ordered once
INSERT INTO ecommerce.carts (id, user_id) VALUES ('01930000-0000-7000-8000-0000000000c1', :maria);
INSERT INTO ecommerce.carts (id, session_id) VALUES
    ('01930000-0000-7000-8000-0000000000c2', 'visitor');
\set cart1 '''01930000-0000-7000-8000-0000000000c1'''
\set cart2 '''01930000-0000-7000-8000-0000000000c2'''
INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity, unit_price, created_at)
SELECT c.id, p.id, length(p.sku), CASE p.sku WHEN 'PEN' THEN 1.990 END,
    timestamptz '2026-01-01' + (p.sku = 'BOOK')::int * interval '1 hour'
FROM ecommerce.carts c, ecommerce.products p WHERE p.sku IN ('PEN', 'BOOK');
SELECT net, vat, gross FROM ecommerce.place_order(cart_id => :cart1, notes => 'cart 1');
SELECT net, vat, gross
FROM ecommerce.place_order(cart_id => :cart2, notes => 'cart 2', user_id => :maria);
SELECT c.status, c.order_id = o.id AS same, o.user_id = :maria AS maria, o.email,
    (SELECT string_agg(format('%s %s', quantity, sku), ', ' ORDER BY line) FROM pg_temp.lines l
        WHERE l.notes = o.notes) AS lines
FROM ecommerce.orders o JOIN ecommerce.carts c ON c.order_id = o.id WHERE o.notes LIKE 'cart%'
ORDER BY o.notes;
SELECT failure(format('SELECT ecommerce.place_order(cart_id => %L)', :cart1)) AS again;
-- the price that the customer saw has changed
INSERT INTO ecommerce.carts (id, user_id) VALUES ('01930000-0000-7000-8000-0000000000c3', :maria);
\set cart3 '''01930000-0000-7000-8000-0000000000c3'''
INSERT INTO ecommerce.cart_items (cart_id, product_id, unit_price)
SELECT :cart3, id, 9 FROM ecommerce.products WHERE sku IN ('BOOK');
SELECT failure(format('SELECT ecommerce.place_order(cart_id => %L)', :cart3));
UPDATE ecommerce.cart_items SET unit_price = 10, quantity = 3 WHERE cart_id = :cart3;

-- from a reservation; and a cart or items with a reservation of more, of less, and of something
-- else
SELECT id AS r1
FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 2}, {"sku": "BOOK", "quantity": 1}]',
    'r1') \gset
SELECT id AS r2
FROM ecommerce.reserve_stock('[{"sku": "BOOK", "quantity": 5}, {"sku": "MILK", "quantity": 4}]',
    'r2') \gset
SELECT id AS r3
FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 1}, {"sku": "MILK", "quantity": 1}]',
    'r3') \gset
SELECT sku, held, available FROM pg_temp.books WHERE sku IN ('BOOK', 'MILK', 'PEN') ORDER BY sku;
SELECT gross FROM ecommerce.place_order(reservation_id => :'r1', notes => 'reserved 1');
SELECT sku, held, available FROM pg_temp.books WHERE sku IN ('BOOK', 'MILK', 'PEN') ORDER BY sku;
SELECT gross
FROM ecommerce.place_order(cart_id => :cart3, reservation_id => :'r2', notes => 'reserved 2');
SELECT sku, held, available FROM pg_temp.books WHERE sku IN ('BOOK', 'MILK', 'PEN') ORDER BY sku;
SELECT gross
FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 2}, {"sku": "BOOK", "quantity": 1},
        {"sku": "PEN", "quantity": 1}, {"sku": "EBOOK", "quantity": 1}]',
    reservation_id => :'r3', notes => 'reserved 3');
SELECT sku, held, available FROM pg_temp.books WHERE sku IN ('BOOK', 'MILK', 'PEN') ORDER BY sku;
SELECT r.owner, p.sku, r.quantity, r.status, o.notes FROM ecommerce.stock_reservations r
JOIN ecommerce.products p ON p.id = r.product_id JOIN ecommerce.orders o ON o.id = r.order_id
ORDER BY 1, 2;
SELECT failure(format('SELECT ecommerce.place_order(reservation_id => %L)', :'r1')) AS again,
       failure(format('SELECT ecommerce.release_reservation(%L)', :'r1')) AS release;
-- short in spite of the reservation: the order fails, the reservation stays
SELECT id AS r4 FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 2}]', 'r4') \gset
SELECT failure(format('SELECT ecommerce.place_order(%L, reservation_id => %L)',
        '[{"sku": "PEN", "quantity": 1000}]', :'r4')) = format(
                'EC001 | insufficient stock of "PEN" | ['
                '{"sku": "PEN", "requested": 998, "available": %s}]', available) AS short,
    held
FROM pg_temp.books WHERE sku = 'PEN';
SELECT gross FROM ecommerce.place_order(reservation_id => :'r4');

-- idempotency: the same request gets the same order
CREATE TABLE pg_temp.answers AS
SELECT *
FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]', user_id => :maria,
    idempotency_key => 'K1');
INSERT INTO pg_temp.answers
SELECT *
FROM ecommerce.place_order('[{"quantity": 1, "sku": "PEN"}]', user_id => :maria,
    idempotency_key => 'K1');
SELECT count(*), count(DISTINCT answers) AS "different" FROM pg_temp.answers;
-- in whatever style and time zone the client writes
SET timezone = 'Europe/Athens';
SET datestyle = 'ISO, YMD';
INSERT INTO pg_temp.answers
SELECT *
FROM ecommerce.place_order('[{"sku": "EBOOK", "quantity": 1}]', placed_at => '2020-01-01 12:00+00',
    expected_total => 9.99, idempotency_key => 'K2');
SET timezone = 'UTC';
SET datestyle = 'German';
INSERT INTO pg_temp.answers
SELECT *
FROM ecommerce.place_order('[{"sku": "EBOOK", "quantity": 1}]', placed_at => '2020-01-01 12:00+00',
    expected_total => 9.99, idempotency_key => 'K2');
RESET timezone;
RESET datestyle;
-- even when prices have changed since, or the cart was ordered by it
UPDATE ecommerce.products SET price = 3, status = 'inactive' WHERE sku = 'PEN';
INSERT INTO pg_temp.answers
SELECT *
FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]', user_id => :maria,
    idempotency_key => 'K1');
UPDATE ecommerce.products SET price = 1.99, status = 'active' WHERE sku = 'PEN';
INSERT INTO ecommerce.carts (id, user_id) VALUES ('01930000-0000-7000-8000-0000000000c4', :maria);
\set cart4 '''01930000-0000-7000-8000-0000000000c4'''
INSERT INTO ecommerce.cart_items (cart_id, product_id)
SELECT :cart4, id FROM ecommerce.products WHERE sku = 'BOOK';
INSERT INTO pg_temp.answers
SELECT * FROM ecommerce.place_order(cart_id => :cart4, idempotency_key => 'K3');
INSERT INTO pg_temp.answers
SELECT * FROM ecommerce.place_order(cart_id => :cart4, idempotency_key => 'K3');
SELECT k.key, count(*), count(DISTINCT a.id) AS "different",
    bool_and((a.net, a.vat, a.gross, a.currency, a.order_number, a.created_at)
        = (o.net, o.vat, o.gross, o.currency, o.order_number, o.created_at)) AS as_placed
FROM pg_temp.answers a JOIN ecommerce.orders o ON o.id = a.id
JOIN ecommerce.idempotency_keys k ON k.order_id = o.id GROUP BY k.key ORDER BY k.key;
-- another request is refused
SELECT command,
    failure('SELECT ecommerce.place_order(' || command || ', idempotency_key => ''K1'')') AS failure
FROM unnest(
    ARRAY[$$'[{"sku": "PEN", "quantity": 2}]', user_id => '01930000-0000-7000-8000-000000000001'$$,
        $$'[{"sku": "PEN", "quantity": 1}]'$$,
        $$'[{"sku": "PEN", "quantity": 1}]', user_id => '01930000-0000-7000-8000-000000000001', $$
            || $$notes => ''$$,
        $$'[{"sku": "PEN", "quantity": 1}]', user_id => '01930000-0000-7000-8000-000000000001', $$
            || $$email => 'a', phone => 'b'$$,
        $$'[{"sku": "PEN", "quantity": 1}]', user_id => '01930000-0000-7000-8000-000000000001', $$
            || $$email => 'ab'$$]) AS command;
-- a first attempt that failed leaves nothing behind
SELECT failure($$SELECT ecommerce.place_order('[{"sku": "NEVER", "quantity": 101}]',
    idempotency_key => 'K4')$$);
SELECT gross
FROM ecommerce.place_order('[{"sku": "NEVER", "quantity": 100}]', idempotency_key => 'K4',
    notes => 'to cancel');
SELECT count(*) AS keys FROM ecommerce.idempotency_keys;

-- history comes in at the rate of its own day, which begins in the seller's time zone

UPDATE ecommerce.settings SET timezone = 'Europe/Athens';
CREATE TABLE pg_temp.moved_in AS
SELECT v.n, v.at, p.*
FROM (VALUES
        (1, timestamptz '2016-05-31 23:59:59.999+03', '123.00'), (2, '2016-06-01 00:00+03', '124'),
        (3, '2010-03-14 12:00+02', '119.00'),
        (4, '2010-03-15 12:00+02', '121.00')) AS v (n, at, price),
    ecommerce.place_order(
        jsonb_build_array(jsonb_build_object('sku', 'EBOOK', 'quantity', 1, 'unit_price', v.price)),
        placed_at => v.at) AS p;
UPDATE ecommerce.settings SET country = 'GB', timezone = 'Europe/London';
INSERT INTO pg_temp.moved_in
SELECT v.n, v.at, p.*
FROM (VALUES
        (5, timestamptz '2011-01-03 23:59:59+00', '117.50'), (6, '2011-01-04 00:00+00', '120.00'),
        (7, '2009-06-30 12:00+00', '115')) AS v (n, at, price),
    ecommerce.place_order(
        jsonb_build_array(jsonb_build_object('sku', 'EBOOK', 'quantity', 1, 'unit_price', v.price)),
        currency => 'GBP', placed_at => v.at) AS p;
UPDATE ecommerce.settings SET country = 'GR', timezone = 'UTC';
SELECT m.n, left(m.order_number, 6) AS number, o.country, o.currency, i.unit_price, i.vat_rate,
    o.net, o.vat, o.gross, o.created_at = m.at AND ecommerce.uuid_v7_time(o.id) = m.at AS at
FROM pg_temp.moved_in m JOIN ecommerce.orders o ON o.id = m.id
JOIN ecommerce.order_items i ON i.order_id = o.id ORDER BY m.n;
-- in a currency of its day, with that one's decimals; without a price, at today's
SELECT currency, net, vat, gross
FROM ecommerce.place_order('[{"sku": "EBOOK", "quantity": 3, "unit_price": "333.5"}]',
    currency => 'JPY', placed_at => '2020-01-01');
SELECT currency, net, vat, gross
FROM ecommerce.place_order('[{"sku": "EBOOK", "quantity": 1, "unit_price": 12.3456}]',
    currency => 'KWD', placed_at => '2020-01-01');
SELECT currency, net, vat, gross
FROM ecommerce.place_order('[{"sku": "EBOOK", "quantity": 1}]', placed_at => '2020-01-01');
-- of a product that is no longer for sale
UPDATE ecommerce.products SET status = 'inactive' WHERE sku = 'EBOOK';
SELECT gross
FROM ecommerce.place_order('[{"sku": "EBOOK", "quantity": 1}]', placed_at => '2020-01-01');
SELECT failure($$SELECT ecommerce.place_order('[{"sku": "EBOOK", "quantity": 1}]')$$);
UPDATE ecommerce.products SET status = 'active' WHERE sku = 'EBOOK';

-- cancel_order gives the stock back, once
SELECT id AS cancel_id FROM ecommerce.orders WHERE notes = 'to cancel' \gset
SELECT sku, sold, available, balanced FROM pg_temp.books WHERE sku = 'NEVER';
SELECT id = :'cancel_id' AS id, order_number = ecommerce.order_number(id) AS number,
    previous_status, status, payment_status
FROM ecommerce.cancel_order(:'cancel_id', 'changed their mind');
SELECT status, cancelled_at = now() OR cancelled_at > created_at AS cancelled, shipped_at,
    delivered_at
FROM ecommerce.orders WHERE id = :'cancel_id';
SELECT sku, sold, available, balanced FROM pg_temp.books WHERE sku = 'NEVER';
SELECT previous_status, status FROM ecommerce.cancel_order(:'cancel_id', 'again');
SELECT sku, sold, available, balanced FROM pg_temp.books WHERE sku = 'NEVER';
SELECT kind, data FROM ecommerce.events WHERE entity_id = :'cancel_id' ORDER BY id;
-- also what a reservation held for it, and several lines of one product
SELECT id AS r5 FROM ecommerce.reserve_stock('[{"sku": "NEVER", "quantity": 3}]', 'r5') \gset
SELECT id AS reserved_id
FROM ecommerce.place_order('[{"sku": "NEVER", "quantity": 3}, {"sku": "NEVER", "quantity": 4},
        {"sku": "EBOOK", "quantity": 1}]', reservation_id => :'r5') \gset
UPDATE ecommerce.orders SET status = 'processing' WHERE id = :'reserved_id';
SELECT sku, sold, held, available, balanced FROM pg_temp.books WHERE sku = 'NEVER';
SELECT (ecommerce.cancel_order(:'reserved_id')).status;
SELECT sku, sold, held, available, balanced FROM pg_temp.books WHERE sku = 'NEVER';
SELECT status FROM ecommerce.stock_reservations WHERE id = :'r5';
SELECT kind, data FROM ecommerce.events WHERE entity_id = :'reserved_id' ORDER BY id;
-- not after it left
UPDATE ecommerce.orders SET status = 'processing' WHERE id = :'lines_id';
UPDATE ecommerce.orders SET status = 'shipped' WHERE id = :'lines_id';
SELECT failure(format('SELECT ecommerce.cancel_order(%L)', :'lines_id'));
UPDATE ecommerce.orders SET status = 'delivered' WHERE id = :'lines_id';
SELECT failure(format('SELECT ecommerce.cancel_order(%L)', :'lines_id'));
SELECT status, shipped_at IS NOT NULL AS shipped, delivered_at IS NOT NULL AS delivered,
    cancelled_at
FROM ecommerce.orders WHERE id = :'lines_id';
SELECT command, failure('SELECT ecommerce.' || command) AS failure FROM unnest(ARRAY[
    $$cancel_order('01930000-0000-7000-8000-000000000000')$$,
    $$cancel_order('00000000-0000-0000-0000-000000000000')$$,
    $$cancel_order(gen_random_uuid())$$,
    $$cancel_order('ffffffff-ffff-ffff-ffff-ffffffffffff')$$,
    $$cancel_order(NULL)$$,
    $$cancel_order('01930000-0000-7000-8000-000000000000', tenant_id => NULL)$$,
    $$cancel_order('01930000-0000-7000-8000-000000000000', repeat('x', 1000000))$$]) AS command;
-- what was sold while it was not tracked was not taken, so it is not given back
SELECT id AS untracked_id FROM ecommerce.place_order('[{"sku": "EBOOK", "quantity": 2}]') \gset
UPDATE ecommerce.products SET track_stock = true WHERE sku = 'EBOOK';
SELECT ecommerce.adjust_stock('EBOOK', 10, 'receipt');
SELECT (ecommerce.cancel_order(:'untracked_id')).status;
SELECT s.available FROM ecommerce.stock s JOIN ecommerce.products p ON p.id = s.product_id
WHERE p.sku = 'EBOOK';
-- and what was taken is given back even if it is no longer tracked
SELECT id AS tracked_id FROM ecommerce.place_order('[{"sku": "EBOOK", "quantity": 3}]') \gset
UPDATE ecommerce.products SET track_stock = false WHERE sku = 'EBOOK';
SELECT (ecommerce.cancel_order(:'tracked_id')).status;
SELECT s.available FROM ecommerce.stock s JOIN ecommerce.products p ON p.id = s.product_id
WHERE p.sku = 'EBOOK';

-- The state machine guards plain SQL: from each status to each other one.
CREATE FUNCTION pg_temp.plain_order(status text DEFAULT 'pending', net numeric DEFAULT 10,
    vat numeric DEFAULT 2.4, gross numeric DEFAULT 12.4)
RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO ecommerce.orders
        (id, order_number, status, currency, prices, net, vat, gross, country)
    VALUES (ecommerce.uuid_v7(), 'plain', status, 'EUR', 'net', net, vat, gross, 'GR')
        RETURNING id $$;
CREATE FUNCTION pg_temp.plain_line(order_id uuid, line_number integer DEFAULT 1,
    sku text DEFAULT 'EBOOK', quantity integer DEFAULT 1, unit_price numeric DEFAULT 10,
    net numeric DEFAULT 10, vat numeric DEFAULT 2.4)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO ecommerce.order_items (order_id, order_created_at, line_number, product_id, sku,
        name, quantity, unit_price, vat_category, vat_rate, net, vat)
    SELECT o.id, o.created_at, line_number, p.id, p.sku, p.name, quantity, unit_price, 'S', 24,
        plain_line.net, plain_line.vat
    FROM ecommerce.orders o, ecommerce.products p
        WHERE o.id = order_id AND p.sku = plain_line.sku $$;
CREATE FUNCTION pg_temp.change(from_status text, to_status text, paid numeric DEFAULT 12.4,
    refunded numeric DEFAULT 12.4) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    new_id uuid;
    o ecommerce.orders;
BEGIN
    new_id := pg_temp.plain_order(from_status);
    PERFORM pg_temp.plain_line(new_id);
    UPDATE ecommerce.orders
    SET status = to_status, amount_paid = change.paid, amount_refunded = refunded
    WHERE id = new_id RETURNING * INTO o;
    RAISE EXCEPTION '%',
        concat_ws(' with ', o.status,
            CASE now() WHEN o.shipped_at THEN 'shipped_at' WHEN o.delivered_at THEN 'delivered_at'
                WHEN o.cancelled_at THEN 'cancelled_at' END);
EXCEPTION
    WHEN raise_exception THEN RETURN SQLERRM;
    WHEN SQLSTATE 'EC009' THEN RETURN NULL;
END $$;
SELECT f AS "from", string_agg(pg_temp.change(f, t), ', ' ORDER BY t) AS "to"
FROM unnest('{pending, processing, shipped, delivered, cancelled, refunded}'::text[]) AS f,
    unnest('{pending, processing, shipped, delivered, cancelled, refunded}'::text[]) AS t
GROUP BY f ORDER BY f;
-- refunded is what follows from money that went back, all of it
SELECT paid, refunded, pg_temp.change('shipped', 'refunded', paid, refunded)
FROM (VALUES (0, 0), (12.4, 0), (12.4, 12.3), (5, 5), (12.4, 12.4)) AS v (paid, refunded);
SELECT failure(
    format('UPDATE ecommerce.orders SET status = %L WHERE id = %L', s, :'lines_id')) AS failure
FROM unnest('{pending, lost, NULL}'::text[]) AS s;
-- a time that was given stays
SELECT id AS sent_id FROM ecommerce.place_order('[{"sku": "EBOOK", "quantity": 1}]') \gset
UPDATE ecommerce.orders SET status = 'processing' WHERE id = :'sent_id';
UPDATE ecommerce.orders SET status = 'shipped', shipped_at = '2026-01-02 03:04:05+00'
WHERE id = :'sent_id';
SELECT status, shipped_at = '2026-01-02 03:04:05+00' AS as_given FROM ecommerce.orders
WHERE id = :'sent_id';

-- What was agreed never changes, and nothing is deleted.
SELECT change,
    failure(format('UPDATE ecommerce.orders SET %s WHERE id = %L', change, :'lines_id')) AS failure
FROM unnest(ARRAY['net = net - 1, gross = gross - 1', 'vat = vat + 1, gross = gross + 1',
    'gross = 0', $$currency = 'USD'$$, $$prices = 'net'$$, $$country = 'DE'$$, $$region = 'x'$$,
    $$order_number = 'x'$$, 'id = ecommerce.uuid_v7()',
    $$created_at = created_at + interval '1 hour'$$,
    $$created_at = created_at - interval '1 year'$$, 'tenant_id = 2',
    'amount_refunded = 1', 'amount_paid = -1', $$payment_status = 'lost'$$,
    $$payment_status = 'refunded'$$,
    $$payment_status = 'refunded', amount_paid = 5, amount_refunded = 4$$,
    $$notes = 'lines', phone = '210'$$]) AS change;
SELECT command, failure(command) AS failure
FROM unnest(ARRAY['UPDATE ecommerce.order_items SET quantity = 1',
    'UPDATE ecommerce.order_items SET name = name', 'DELETE FROM ecommerce.order_items',
    'DELETE FROM ecommerce.orders', 'DELETE FROM ecommerce.events',
    'UPDATE ecommerce.events SET kind = kind',
    'TRUNCATE ecommerce.order_items', 'TRUNCATE ecommerce.orders, ecommerce.order_items',
    'TRUNCATE ecommerce.events']) AS command;
-- not in a partition, either
SET client_min_messages = warning;
SELECT parent, command,
    string_agg(DISTINCT left(failure(format('DO $do$ BEGIN EXECUTE %L; RAISE ''done''; END $do$',
                concat_ws(' ', command, partition, cascades))), 5), ', ') AS failure
FROM ecommerce.partitions()
CROSS JOIN (VALUES ('TRUNCATE', 'CASCADE'), ('DELETE FROM', NULL)) AS v (command, cascades)
WHERE command = 'TRUNCATE' OR from_time <= now() AND to_time > now()
    AND parent::text ~ '(orders|order_items|events)$' GROUP BY 1, 2 ORDER BY 1, 2;
RESET client_min_messages;

-- An order made by plain SQL must be the sum of its lines when it commits.
BEGIN;
SELECT pg_temp.plain_line(pg_temp.plain_order());
COMMIT;
BEGIN;
SELECT pg_temp.plain_order(net => 30, vat => 7.2, gross => 37.2) AS plain_id \gset
SELECT pg_temp.plain_line(:'plain_id', n, net => 10, vat => 2.4) FROM generate_series(1, 3) AS n;
COMMIT;
SELECT o.net, o.vat, o.gross, count(*) AS lines FROM ecommerce.orders o
JOIN ecommerce.order_items i ON i.order_id = o.id WHERE o.order_number = 'plain'
GROUP BY o.id, o.net, o.vat, o.gross ORDER BY 1;
\set VERBOSITY terse
BEGIN;
SELECT pg_temp.plain_line(pg_temp.plain_order(), net => 9);
COMMIT;
\set VERBOSITY default
SELECT "order", failure(format('DO $do$ BEGIN %s; END $do$', "order")) AS failure
FROM unnest(ARRAY['PERFORM pg_temp.plain_line(pg_temp.plain_order(), net => 9.99)',
    'PERFORM pg_temp.plain_line(pg_temp.plain_order(), vat => 2.41)',
    'PERFORM pg_temp.plain_line(pg_temp.plain_order(net => 20, gross => 22.4))',
    'PERFORM pg_temp.plain_order()',
    'PERFORM pg_temp.plain_order(net => 0, vat => 0, gross => 0)',
    'PERFORM pg_temp.plain_line(pg_temp.plain_order(gross => 12.5))',
    $$PERFORM pg_temp.plain_line(pg_temp.plain_order(net => 'NaN', gross => 'NaN'), net => 'NaN')$$,
    'PERFORM pg_temp.plain_line(pg_temp.plain_order(net => -10, vat => -2.4, gross => -12.4), '
        'net => -10, vat => -2.4)']) AS "order";
-- and no line comes to an order afterwards, not even one that costs nothing
SELECT failure(format('SELECT pg_temp.plain_line(%L, 4)', :'lines_id')) <> 'none' AS line_refused,
    failure(format('SELECT pg_temp.plain_line(%L, 4, unit_price => 0, net => 0, vat => 0)',
        :'lines_id')) <> 'none' AS free_line_refused;
SELECT count(*) FROM pg_temp.lines WHERE notes = 'lines';
SELECT failure($$SELECT
        pg_temp.plain_line('01930000-0000-7000-8000-000000000000')$$) AS nothing_to_join,
    left(failure($$INSERT INTO ecommerce.order_items (order_id, order_created_at, line_number,
            product_id, name, quantity, unit_price, vat_category, vat_rate, net, vat)
        SELECT ecommerce.uuid_v7(), now(), 1, id, '', 1, 1, 'S', 24, 1, 0.24
        FROM ecommerce.products WHERE sku = 'PEN'$$), 5) AS no_order;

-- Plain SQL makes no stock of nothing: by cancelling what took none,
SELECT sku, available FROM pg_temp.books WHERE sku = 'NEVER';
BEGIN;
SELECT pg_temp.plain_order() AS plain_id \gset
SELECT pg_temp.plain_line(:'plain_id', sku => 'NEVER', quantity => 5, unit_price => 2);
COMMIT;
SELECT (ecommerce.cancel_order(:'plain_id')).status;
SELECT sku, available, balanced FROM pg_temp.books WHERE sku = 'NEVER';
-- nor by cancelling more than a row of stock can hold.
BEGIN;
SELECT pg_temp.plain_order(net => 0, vat => 0, gross => 0) AS plain_id \gset
SELECT pg_temp.plain_line(:'plain_id', n, 'NEVER', quantity => 1000000000, unit_price => 0,
    net => 0, vat => 0)
FROM generate_series(1, 3) AS n;
COMMIT;
SELECT failure(format('SELECT ecommerce.cancel_order(%L)', :'plain_id')) IS NOT NULL AS tried;
SELECT sku, available FROM pg_temp.books WHERE sku = 'NEVER';
-- It loses none, either: the status that cancel_order() sets gives it back, or is refused.
SELECT id AS plain_id FROM ecommerce.place_order('[{"sku": "BREAD", "quantity": 7}]') \gset
SELECT failure(
    format('UPDATE ecommerce.orders SET status = ''cancelled'' WHERE id = %L', :'plain_id')) IS NOT
    NULL AS tried;
SELECT sku, balanced FROM pg_temp.books WHERE sku = 'BREAD';

-- Statistics, as of their refresh: what was never sold says so, what was cancelled does not count.
SELECT p.sku, s.total_orders, s.total_quantity_sold, s.revenue, s.last_ordered_at
FROM ecommerce.product_stats s JOIN ecommerce.products p ON p.id = s.id
WHERE p.sku IN ('UNSOLD', 'MILK') ORDER BY 1;
SELECT ecommerce.refresh_product_stats() <= clock_timestamp() AS refreshed;
SELECT p.sku, s.name, s.total_orders, s.total_quantity_sold, s.revenue,
    s.last_ordered_at IS NOT NULL AS ordered
FROM ecommerce.product_stats s JOIN ecommerce.products p ON p.id = s.id
WHERE p.sku IN ('UNSOLD', 'CLASS', 'MILK') ORDER BY 1;
SELECT (ecommerce.cancel_order(id)).status
FROM ecommerce.place_order('[{"sku": "MILK", "quantity": 50}]');
SELECT ecommerce.refresh_product_stats() <= clock_timestamp() AS refreshed;
SELECT p.sku, s.total_orders, s.total_quantity_sold, s.revenue FROM ecommerce.product_stats s
JOIN ecommerce.products p ON p.id = s.id WHERE p.sku = 'MILK';
SELECT count(*) AS products,
    count(*) FILTER (WHERE (s.total_orders, s.total_quantity_sold, s.revenue, s.last_ordered_at)
        IS DISTINCT FROM (e.orders, e.quantity, e.revenue, e.last)) AS wrong
FROM ecommerce.products p LEFT JOIN ecommerce.product_stats s ON s.id = p.id
CROSS JOIN LATERAL (SELECT count(DISTINCT o.id) AS orders, coalesce(sum(i.quantity), 0) AS quantity,
        coalesce(sum(i.net) FILTER (WHERE o.currency = 'EUR'), 0) AS revenue,
        max(o.created_at) AS last
    FROM ecommerce.order_items i JOIN ecommerce.orders o ON o.id = i.order_id
    WHERE i.product_id = p.id AND o.status <> 'cancelled') e;

-- What the calling statement has changed counts already at the first call: prices, and stock.
BEGIN;
WITH raised AS MATERIALIZED (
    UPDATE ecommerce.products SET price = 7 WHERE sku = 'MILK' RETURNING sku)
SELECT n,
    (SELECT o.gross
     FROM ecommerce.place_order(
        jsonb_build_array(jsonb_build_object('sku', r.sku, 'quantity', n))) o)
FROM raised r, generate_series(1, 2) n;
WITH added AS MATERIALIZED (
    INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('NEW', 'New', 3, false)
    RETURNING sku)
SELECT (SELECT o.gross
        FROM ecommerce.place_order(
            jsonb_build_array(jsonb_build_object('sku', a.sku, 'quantity', 1))) o)
FROM added a;
WITH taken AS MATERIALIZED (
    UPDATE ecommerce.stock SET available = 0 WHERE product_id = :'book' RETURNING product_id)
SELECT (SELECT o.gross
        FROM ecommerce.place_order(
            jsonb_build_array(jsonb_build_object('product_id', t.product_id, 'quantity', 1))) o)
FROM taken t;
ROLLBACK;

-- A trigger that keeps an order from its status is noticed, whoever asks.
BEGIN;
CREATE FUNCTION pg_temp.keep_status() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN NEW.status := OLD.status; RETURN NEW; END';
CREATE TRIGGER keep_status BEFORE UPDATE ON ecommerce.orders
    FOR EACH ROW EXECUTE FUNCTION pg_temp.keep_status();
SELECT id AS kept FROM ecommerce.place_order('[{"sku": "MILK", "quantity": 1}]') \gset
SAVEPOINT asked;
\set VERBOSITY terse
SELECT ecommerce.transition_order(:'kept', 'processing');
ROLLBACK TO asked;
SELECT ecommerce.transition_order(:'kept', 'cancelled');
\set VERBOSITY default
ROLLBACK;

-- Every order is the sum of its lines, and of its prices less its discounts; it was placed once,
-- by one event.
SELECT count(*) FILTER (WHERE (o.net, o.vat, o.gross)
        IS DISTINCT FROM (i.net, i.vat, i.net + i.vat)) AS unequal,
    count(*) FILTER (WHERE CASE o.prices WHEN 'net' THEN o.net ELSE o.gross END
        IS DISTINCT FROM i.priced) AS mispriced,
    count(*) FILTER (WHERE o.order_number <> 'plain' AND e.events IS DISTINCT FROM 1) AS untold
FROM ecommerce.orders o
CROSS JOIN LATERAL (SELECT sum(net) AS net, sum(vat) AS vat,
        sum(ecommerce.round_amount(quantity * unit_price, o.currency) - discount) AS priced
    FROM ecommerce.order_items WHERE order_id = o.id) i
CROSS JOIN LATERAL (SELECT count(*) AS events FROM ecommerce.events
    WHERE entity_id = o.id AND kind = 'order.placed' AND created_at = o.created_at) e;
SELECT sku, balanced FROM pg_temp.books WHERE sku IN ('BOOK', 'BREAD', 'MILK', 'PEN') ORDER BY sku;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
