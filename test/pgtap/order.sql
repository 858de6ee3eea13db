-- An order from end to end, as an application places it.
BEGIN;
SELECT plan(29);

-- A Greek shop sells at gross prices: two products with stock, one without.
UPDATE ecommerce.settings
SET country = 'GR', currency = 'EUR', prices = 'gross', timezone = 'Europe/Athens';
INSERT INTO ecommerce.products (sku, name, price, vat_class, track_stock) VALUES
    ('IPH15-128', 'iPhone 15',  999.00, 'standard', true),
    ('GUIDE-EN',  'User guide',  10.00, 'super_reduced', true),
    ('WARRANTY',  'Warranty',    49.90, 'standard', false);
CREATE FUNCTION pg_temp.id_of(text) RETURNS uuid LANGUAGE sql AS
    $$ SELECT id FROM ecommerce.products WHERE sku = $1 $$;

SELECT is(ecommerce.adjust_stock('IPH15-128', 3, 'receipt', reference => 'DN-4711'), 3,
    'goods are received');
SELECT is(ecommerce.adjust_stock('GUIDE-EN', 5, 'receipt'), 5, 'of the other product, too');
SELECT is(ecommerce.available_stock(pg_temp.id_of('IPH15-128')), 3, 'and can be sold');

-- A customer fills a cart, and sees these prices.
INSERT INTO ecommerce.users (id, email, first_name, last_name) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'maria@example.com', 'Maria', 'Papadopoulou');
INSERT INTO ecommerce.carts (id, user_id) VALUES
    ('01930000-0000-7000-8000-0000000000c1', '01930000-0000-7000-8000-0000000000a1');
INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity, unit_price, created_at)
SELECT '01930000-0000-7000-8000-0000000000c1', pg_temp.id_of(sku), quantity, unit_price,
    now() + n * interval '1 second'
FROM (VALUES
    (1, 'IPH15-128', 2, 999.00), (2, 'GUIDE-EN', 1, 10.00),
    (3, 'WARRANTY', 2, 49.90)) AS v (n, sku, quantity, unit_price);

-- While they pay, their stock is held; nobody else can buy it.
CREATE TABLE pg_temp.reservation AS
SELECT *
FROM ecommerce.reserve_stock('[{"sku": "IPH15-128", "quantity": 2},
        {"sku": "GUIDE-EN", "quantity": 1}]', owner => 'cart 1', ttl => '20 minutes');
SELECT is(ecommerce.available_stock(pg_temp.id_of('IPH15-128')), 1, 'a reservation holds stock');
SELECT throws_ok($$ SELECT ecommerce.place_order('[{"sku": "IPH15-128", "quantity": 2}]',
        email => 'nikos@example.com') $$,
    'EC001', 'insufficient stock of "IPH15-128"',
    'what is held cannot be sold to another customer');

-- The order is placed: exactly what the customer saw, or an error.
SELECT throws_ok($$ SELECT ecommerce.place_order(cart_id => '01930000-0000-7000-8000-0000000000c1',
        expected_total => 2107.81) $$,
    'EC018', 'the total is 2107.80 EUR, not the expected 2107.81',
    'another total than the customer saw is refused');
PREPARE checkout AS
SELECT * FROM ecommerce.place_order(cart_id => '01930000-0000-7000-8000-0000000000c1',
    reservation_id => (SELECT id FROM pg_temp.reservation),
    shipping_address => '{"first_name": "Maria", "last_name": "Papadopoulou",
        "address_line_1": "Ermou 1", "city": "Athens", "postal_code": "10563", "country": "GR"}',
    expected_total => 2107.80, notes => 'Please ring twice.', idempotency_key => 'checkout-1');
CREATE TABLE pg_temp.answer AS EXECUTE checkout;
-- 1998.00 + 99.80 at 24 % hold 406.03, 10.00 at 6 % hold 0.57
SELECT results_eq('SELECT currency, net, vat, gross FROM pg_temp.answer',
    $$ VALUES ('EUR', 1701.20, 406.60, 2107.80) $$, 'place_order() answers with the totals');
-- The client heard no answer, and asks again.
SELECT results_eq('checkout', 'SELECT * FROM pg_temp.answer',
    'the same request under the same key gets the same order');
SELECT is((SELECT count(*) FROM ecommerce.orders), 1::bigint, 'there is one order');

SELECT results_eq($$ SELECT line_number, kind, sku, quantity, unit_price, vat_category, vat_rate,
            net, vat
        FROM ecommerce.order_items ORDER BY line_number $$,
    $$ VALUES (1, 'product', 'IPH15-128', 2, 999.00, 'S', 24::numeric, 1611.29, 386.71),
              (2, 'product', 'GUIDE-EN', 1, 10.00, 'S', 6, 9.43, 0.57),
              (3, 'product', 'WARRANTY', 2, 49.90, 'S', 24, 80.48, 19.32) $$,
    'lines keep price, VAT rate, net and VAT as they were agreed');
SELECT results_eq('SELECT sum(net), sum(vat), sum(net + vat) FROM ecommerce.order_items',
    'SELECT net, vat, gross FROM ecommerce.orders', 'lines sum to their order, to the cent');
SELECT results_eq($$ SELECT status, payment_status, email, shipping_address ->> 'city', notes
        FROM ecommerce.orders $$,
    $$ VALUES ('pending', 'pending', 'maria@example.com', 'Athens', 'Please ring twice.') $$,
    'the order keeps who, where and what they said');
SELECT is((SELECT created_at FROM ecommerce.orders),
    (SELECT ecommerce.uuid_v7_time(id) FROM ecommerce.orders), 'its id knows when it was placed');
SELECT results_eq('SELECT status, order_id FROM ecommerce.carts',
    $$ SELECT 'ordered', id FROM pg_temp.answer $$, 'the cart has become the order');
SELECT results_eq('SELECT DISTINCT status, order_id FROM ecommerce.stock_reservations',
    $$ SELECT 'committed', id FROM pg_temp.answer $$, 'and so has the reservation');
SELECT is(ecommerce.available_stock(pg_temp.id_of('IPH15-128')), 1, 'what was held is sold');

-- A new price is for new orders.
UPDATE ecommerce.products SET price = 899.00 WHERE sku = 'IPH15-128';
SELECT throws_ok($$ SELECT ecommerce.place_order(
        '[{"sku": "IPH15-128", "quantity": 1, "unit_price": 999.00}]') $$,
    'EC004', 'price of "IPH15-128" has changed from 999 to 899',
    'a customer who saw the old price is told');
SELECT is((SELECT unit_price FROM ecommerce.order_items WHERE line_number = 1), 999.00,
    'the old order keeps its price');

-- The shop works on it, with plain SQL.
SELECT lives_ok($$ UPDATE ecommerce.orders
        SET status = 'processing', notes = notes || ' Will do.' $$, 'the shop takes it on');
SELECT throws_ok($$ UPDATE ecommerce.orders SET status = 'delivered' $$, 'EC009',
    'an order cannot go from processing to delivered', 'no step is skipped');
SELECT throws_ok($$ UPDATE ecommerce.orders SET net = 0, vat = 0, gross = 0 $$, 'EC017', NULL,
    'amounts never change');
SELECT throws_ok($$ DELETE FROM ecommerce.orders $$, 'EC017', NULL, 'orders are never deleted');
SELECT lives_ok($$ UPDATE ecommerce.orders SET status = 'shipped' $$, 'it is shipped');
SELECT throws_ok($$ SELECT ecommerce.cancel_order(id) FROM pg_temp.answer $$, 'EC009',
    'an order cannot go from shipped to cancelled', 'and cannot be cancelled any more');

-- Another order is cancelled before that, and gives its stock back.
CREATE TABLE pg_temp.second AS
SELECT *
FROM ecommerce.place_order('[{"sku": "IPH15-128", "quantity": 1}]', email => 'nikos@example.com');
SELECT is(ecommerce.available_stock(pg_temp.id_of('IPH15-128')), 0, 'the last one is sold');
SELECT lives_ok($$ SELECT ecommerce.cancel_order(id, 'found it cheaper') FROM pg_temp.second $$,
    'a pending order can be cancelled');
SELECT is(ecommerce.available_stock(pg_temp.id_of('IPH15-128')), 1, 'its stock can be sold again');

-- What happened can be read afterwards.
SELECT results_eq($$ SELECT kind, entity_id, data ->> 'reason' FROM ecommerce.events
        WHERE kind LIKE 'order.%' ORDER BY id $$,
    $$ SELECT 'order.placed', id, NULL FROM pg_temp.answer
        UNION ALL SELECT 'order.placed', id, NULL FROM pg_temp.second
        UNION ALL SELECT 'order.cancelled', id, 'found it cheaper' FROM pg_temp.second $$,
    'events tell what happened, in its order');
SELECT is_empty($$
    SELECT p.sku FROM ecommerce.products p
    WHERE p.track_stock
      AND (SELECT sum(m.quantity) FROM ecommerce.stock_movements m WHERE m.product_id = p.id)
        - coalesce((SELECT sum(i.quantity) FROM ecommerce.order_items i
                JOIN ecommerce.orders o ON o.id = i.order_id
                WHERE i.product_id = p.id AND o.status <> 'cancelled'), 0)
        - coalesce((SELECT sum(r.quantity) FROM ecommerce.stock_reservations r
                WHERE r.product_id = p.id AND r.status = 'held'), 0)
        IS DISTINCT FROM (SELECT sum(s.available) FROM ecommerce.stock s WHERE s.product_id = p.id)
    $$, 'received - sold - held = available, of every product');

SELECT * FROM finish();
ROLLBACK;
