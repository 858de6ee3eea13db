-- The story of "make demo": a headline, the SQL, and what it answers.
\set ECHO queries

\echo
\echo '== 1. One command makes a shop.  This one is in Greece, its prices include VAT, and it'
\echo '==    sells to all of the EU by the one-stop shop (OSS).'
\echo
CREATE EXTENSION ecommerce;
\echo
UPDATE ecommerce.settings
SET country = 'GR', currency = 'EUR', prices = 'gross', timezone = 'Europe/Athens',
    oss = true
WHERE tenant_id = 1;

\echo
\echo '== 2. Something to sell, and a coupon of 10 percent'
\echo
INSERT INTO ecommerce.products (sku, name, price, vat_class)
VALUES ('IPH15-128', 'iPhone 15',                     999.00, 'standard'),
       ('MBP-M3-14', 'MacBook Pro',                  1999.00, 'standard'),
       ('ODYSSEY-1', 'Odyssey, signed by its author',  80.00, 'super_reduced');
\echo
SELECT sku, ecommerce.adjust_stock(sku, came, reason => 'receipt') AS available
FROM (VALUES ('IPH15-128', 50), ('MBP-M3-14', 25), ('ODYSSEY-1', 1)) AS v (sku, came);

INSERT INTO ecommerce.coupons (code, kind, value) VALUES ('SPRING', 'percent', 10);

\echo
\echo '== 3. Eleni in Athens fills her cart ...'
\echo
INSERT INTO ecommerce.users (email, first_name, last_name)
VALUES ('eleni@example.com', 'Eleni', 'Papadopoulou');
\echo
INSERT INTO ecommerce.carts (user_id)
SELECT id FROM ecommerce.users WHERE email = 'eleni@example.com';
\set ECHO none
SELECT id AS cart FROM ecommerce.carts \gset
\set ECHO queries
\echo
INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity)
SELECT :'cart', id, quantity
FROM (VALUES ('IPH15-128', 2), ('MBP-M3-14', 1)) AS v (sku, quantity)
JOIN ecommerce.products USING (sku);

\echo
\echo '== 4. ... and goes to the till.  Her things are held for 15 minutes while she pays.'
\echo
SELECT id, date_trunc('second', expires_at - now()) AS held_for
FROM ecommerce.reserve_stock('[{"sku": "IPH15-128", "quantity": 2},
                               {"sku": "MBP-M3-14", "quantity": 1}]');
\set ECHO none
SELECT DISTINCT id AS held FROM ecommerce.stock_reservations \gset
\set ECHO queries

SELECT name, price, currency, stock FROM ecommerce.product_listing ORDER BY price DESC;

\echo '== 5. She orders with her coupon.  Prices, names and VAT rates are frozen on the order.'
\echo
SELECT id, order_number, net, vat, gross
FROM ecommerce.place_order(cart_id => :'cart',
                           reservation_id => :'held',
                           coupon_codes => '{spring}',
                           expected_total => 3597.30,
                           idempotency_key => 'eleni-1');
\set ECHO none
SELECT id AS eleni FROM ecommerce.orders \gset
\set ECHO queries

SELECT name, quantity, unit_price, discount, vat_rate, net, vat
FROM ecommerce.order_items ORDER BY line_number;

\echo '== 6. Her connection broke before she saw the answer.  Trying again is safe:'
\echo '==    the same key with the same request is the same order, not a second one.'
\echo
SELECT id, order_number, net, vat, gross
FROM ecommerce.place_order(cart_id => :'cart',
                           reservation_id => :'held',
                           coupon_codes => '{spring}',
                           expected_total => 3597.30,
                           idempotency_key => 'eleni-1');

SELECT count(*) AS orders FROM ecommerce.orders;

\echo '== 7. Karl has an iPhone sent to Vienna.  He pays Austrian VAT, for the parcel, too.'
\echo '==    A request may be one object, as drivers send it.'
\echo
SELECT id, order_number, net, vat, gross
FROM ecommerce.place_order('{
    "items": [{"sku": "IPH15-128", "quantity": 1}],
    "charges": [{"kind": "shipping", "amount": 12.00, "vat": "proportional"}],
    "email": "karl@example.com",
    "shipping_address": {"first_name": "Karl", "last_name": "Huber", "address_line_1": "Graben 1",
                         "city": "Wien", "postal_code": "1010", "country": "AT"}}');
\set ECHO none
SELECT id AS karl FROM ecommerce.orders WHERE email = 'karl@example.com' \gset
\set ECHO queries

SELECT kind, name, unit_price, vat_rate, net, vat
FROM ecommerce.order_items WHERE order_id = :'karl'
ORDER BY line_number;

\echo '== 8. Her parcel goes out, and arrives.'
\echo
SELECT order_number, previous_status, status
FROM ecommerce.transition_order(:'eleni', 'processing');
SELECT order_number, previous_status, status
FROM ecommerce.transition_order(:'eleni', 'shipped');
SELECT order_number, previous_status, status
FROM ecommerce.transition_order(:'eleni', 'delivered');

\echo '== 9. Karl changes his mind, and his iPhone is for sale again.  It is too late for Eleni.'
\echo
SELECT order_number, previous_status, status
FROM ecommerce.cancel_order(:'karl', reason => 'changed his mind');

SELECT name, stock FROM ecommerce.product_listing WHERE sku = 'IPH15-128';

\set ON_ERROR_STOP 0
SELECT order_number, previous_status, status
FROM ecommerce.cancel_order(:'eleni');
\set ON_ERROR_STOP 1

\echo
\echo '== 10. Two customers want the last copy of a book, at the same moment.'
\echo
\echo '-- Anna is first, and has not committed yet:'
BEGIN;
SELECT order_number, net, vat, gross
FROM ecommerce.place_order('[{"sku": "ODYSSEY-1", "quantity": 1}]', email => 'anna@example.com');

-- Ben's session runs in the background, and ends with an error.
\! psql -X -q -e -c "$BEN_ORDERS" -c '\echo SQLSTATE: :LAST_ERROR_SQLSTATE' >"$BEN" 2>&1 </dev/null &
\set ECHO none
DO $$
BEGIN
    FOR i IN 1 .. 1000 LOOP
        EXIT WHEN EXISTS (SELECT FROM pg_locks
                          WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)));
        PERFORM pg_sleep(0.01);
    END LOOP;
END
$$;
\set ECHO queries
\echo '-- Ben, in a session of his own, is made to wait for her.  Now she commits:'
COMMIT;
\! for i in $(seq 1000); do grep -q SQLSTATE "$BEN" && break; sleep 0.01; done
\echo
\echo '-- and Ben is told:'
\! cat "$BEN"

\set ECHO queries
\echo
\echo '== 11. Not even plain SQL can sell what is not there, or unmake an order.'
\echo
\set ON_ERROR_STOP 0
UPDATE ecommerce.stock s SET available = available - 1
FROM ecommerce.products p WHERE p.id = s.product_id AND p.sku = 'ODYSSEY-1';
\echo
DELETE FROM ecommerce.orders;
\set ON_ERROR_STOP 1

\echo
\echo '== 12. Exact to the cent: VAT is rounded once for each rate, not on each line,'
\echo '==     and an amount is divided without losing a cent.'
\echo
SELECT sum(round(unit_price * vat_rate / 100, 2)) AS vat_by_line,
       (ecommerce.order_totals(quantity, unit_price, vat_rate)).vat AS vat,
       (ecommerce.order_totals(quantity, unit_price, vat_rate)).gross AS gross
FROM (VALUES (1, 0.10, 24), (1, 0.10, 24), (1, 0.10, 24)) AS v (quantity, unit_price, vat_rate);

SELECT ecommerce.allocate_amount(total => 10.00, weights => '{1, 1, 1}', currency => 'EUR');

\echo '== 13. What came, less what was sold, is what is there; and every other equation of the'
\echo '==     books holds: no row tells of one that does not.'
\echo
SELECT p.name,
       (SELECT sum(m.quantity) FROM ecommerce.stock_movements m
        WHERE m.product_id = p.id) AS came,
       (SELECT sum(i.quantity) FROM ecommerce.order_items i
        JOIN ecommerce.orders o ON o.id = i.order_id
        WHERE i.product_id = p.id AND o.status <> 'cancelled') AS sold,
       ecommerce.available_stock(p.id) AS available
FROM ecommerce.products p ORDER BY p.price DESC;

SELECT * FROM ecommerce.verify_integrity();

\echo '== 14. Orders are kept by the quarter, and the next ones are there already.'
\echo
SELECT partition, from_time::date AS "from", to_time::date AS "to", pg_size_pretty(bytes) AS size
FROM ecommerce.partitions() WHERE parent = 'ecommerce.orders'::regclass;

\echo
\echo '== 15. From a guest''s cart to a return: examples/checkout.sql'
\echo
\set ECHO all
\i examples/checkout.sql
