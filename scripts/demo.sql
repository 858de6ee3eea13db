-- The story of "make demo": a headline, the SQL, and what it answers.
\set ECHO queries

\echo
\echo '== 1. One command makes a shop.  This one is in Greece; its prices include VAT.'
\echo
CREATE EXTENSION ecommerce;
\echo
UPDATE ecommerce.settings
SET country = 'GR', currency = 'EUR', prices = 'gross', timezone = 'Europe/Athens'
WHERE tenant_id = 1;

\echo
\echo '== 2. Something to sell'
\echo
INSERT INTO ecommerce.categories (name, slug)
VALUES ('Electronics', 'electronics'), ('Clothing', 'clothing'), ('Books', 'books');
\echo
INSERT INTO ecommerce.products (name, slug, sku, price, vat_class, category_id)
SELECT v.name, v.slug, v.sku, v.price, v.vat_class, c.id
FROM (VALUES ('iPhone 15',   'iphone-15',   'IPH15-128', 999.00,  'standard',      'electronics'),
             ('MacBook Pro', 'macbook-pro', 'MBP-M3-14', 1999.00, 'standard',      'electronics'),
             ('Odyssey, signed by its author', 'odyssey', 'ODYSSEY-1', 80.00, 'super_reduced', 'books'))
     AS v (name, slug, sku, price, vat_class, category)
JOIN ecommerce.categories c ON c.slug = v.category;
\echo
SELECT sku, ecommerce.adjust_stock(sku => sku, quantity => came, reason => 'receipt') AS available
FROM (VALUES ('IPH15-128', 50), ('MBP-M3-14', 25), ('ODYSSEY-1', 1)) AS v (sku, came);

\echo '== 3. A customer in Athens fills her cart ...'
\echo
INSERT INTO ecommerce.users (email, first_name, last_name)
VALUES ('eleni@example.com', 'Eleni', 'Papadopoulou');
\echo
INSERT INTO ecommerce.user_addresses (user_id, first_name, last_name, address_line_1, city, postal_code, country)
SELECT id, first_name, last_name, 'Ermou 1', 'Athens', '105 63', 'GR'
FROM ecommerce.users WHERE email = 'eleni@example.com';
\echo
INSERT INTO ecommerce.carts (user_id)
SELECT id FROM ecommerce.users WHERE email = 'eleni@example.com';
\echo
INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity, unit_price)
SELECT c.id, p.id, v.quantity, p.price
FROM (VALUES ('IPH15-128', 2), ('MBP-M3-14', 1)) AS v (sku, quantity)
JOIN ecommerce.products p USING (sku)
JOIN ecommerce.users u ON u.email = 'eleni@example.com'
JOIN ecommerce.carts c ON c.user_id = u.id AND c.status = 'open';

\echo
\echo '== 4. ... and goes to the till.  Her things are held for 15 minutes while she pays.'
\echo
SELECT date_trunc('second', expires_at - now()) AS held_for
FROM ecommerce.reserve_stock('[{"sku": "IPH15-128", "quantity": 2}, {"sku": "MBP-M3-14", "quantity": 1}]',
                             owner => 'eleni@example.com');

SELECT name, category, price, currency, stock FROM ecommerce.product_listing ORDER BY price DESC;

\echo '== 5. She orders.  Prices, names and VAT rates are frozen on the order.'
\echo
SELECT order_number, net, vat, gross
FROM ecommerce.place_order(
    cart_id          => (SELECT c.id FROM ecommerce.carts c JOIN ecommerce.users u ON u.id = c.user_id
                         WHERE u.email = 'eleni@example.com' AND c.status = 'open'),
    reservation_id   => (SELECT DISTINCT id FROM ecommerce.stock_reservations WHERE owner = 'eleni@example.com'),
    shipping_address => '{"first_name": "Eleni", "last_name": "Papadopoulou", "address_line_1": "Ermou 1",
                          "city": "Athens", "postal_code": "105 63", "country": "GR"}',
    expected_total   => 3997.00,
    idempotency_key  => 'eleni-1');

SELECT i.line_number AS line, i.name, i.quantity, i.unit_price, i.vat_rate, i.net, i.vat
FROM ecommerce.order_items i ORDER BY i.line_number;

\echo '== 6. Two customers want the last copy of a book, at the same moment.'
\echo
\echo '-- Anna is first, and has not committed yet:'
BEGIN;
SELECT order_number, net, vat, gross
FROM ecommerce.place_order('[{"sku": "ODYSSEY-1", "quantity": 1}]', email => 'anna@example.com');

-- Ben's session runs in the background, and ends with an error.
\! psql -X -q -e -c "SELECT order_number, net, vat, gross FROM ecommerce.place_order('[{\"sku\": \"ODYSSEY-1\", \"quantity\": 1}]', email => 'ben@example.com');" -c '\echo SQLSTATE: :LAST_ERROR_SQLSTATE' >"$BEN" 2>&1 </dev/null &
\set ECHO none
DO $$
BEGIN
    FOR i IN 1 .. 1000 LOOP
        EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)));
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
\echo '== 7. Not even plain SQL can sell what is not there, or unmake an order.'
\echo
\set ON_ERROR_STOP 0
UPDATE ecommerce.stock s SET available = available - 1
FROM ecommerce.products p WHERE p.id = s.product_id AND p.sku = 'ODYSSEY-1';
\echo
DELETE FROM ecommerce.orders;
\set ON_ERROR_STOP 1

\echo
\echo '== 8. Her connection broke before she saw the answer.  Trying again is safe:'
\echo '==    the same key with the same request is the same order, not a second one.'
\echo
SELECT order_number, gross
FROM ecommerce.place_order(
    cart_id          => (SELECT c.id FROM ecommerce.carts c JOIN ecommerce.users u ON u.id = c.user_id
                         WHERE u.email = 'eleni@example.com'),
    reservation_id   => (SELECT DISTINCT id FROM ecommerce.stock_reservations WHERE owner = 'eleni@example.com'),
    shipping_address => '{"first_name": "Eleni", "last_name": "Papadopoulou", "address_line_1": "Ermou 1",
                          "city": "Athens", "postal_code": "105 63", "country": "GR"}',
    expected_total   => 3997.00,
    idempotency_key  => 'eleni-1');

SELECT count(*) AS orders FROM ecommerce.orders;

\echo '== 9. Exact to the cent: VAT is rounded once for each rate, not on each line,'
\echo '==    and a discount is divided without losing a cent.'
\echo
SELECT sum(round(unit_price * vat_rate / 100, 2)) AS vat_by_line,
       (ecommerce.order_totals(quantity, unit_price, vat_rate)).vat AS vat,
       (ecommerce.order_totals(quantity, unit_price, vat_rate)).gross AS gross
FROM (VALUES (1, 0.10, 24), (1, 0.10, 24), (1, 0.10, 24)) AS v (quantity, unit_price, vat_rate);

SELECT ecommerce.allocate_amount(total => 10.00, weights => '{1, 1, 1}', currency => 'EUR');

\echo '== 10. What sold?'
\echo
\o /dev/null
SELECT ecommerce.refresh_product_stats();
\o
\echo
SELECT name, total_orders, total_quantity_sold, revenue FROM ecommerce.product_stats ORDER BY revenue DESC;

\echo '== 11. What came, less what went, is what is there.'
\echo
SELECT p.name,
       (SELECT sum(m.quantity) FROM ecommerce.stock_movements m WHERE m.product_id = p.id) AS came,
       (SELECT sum(i.quantity) FROM ecommerce.order_items i WHERE i.product_id = p.id) AS sold,
       ecommerce.available_stock(p.id) AS available
FROM ecommerce.products p ORDER BY p.price DESC;

\echo '== 12. Orders are kept by the quarter, and the next ones are there already.'
\echo
SELECT partition, from_time::date AS "from", to_time::date AS "to", pg_size_pretty(bytes) AS size
FROM ecommerce.partitions() WHERE parent = 'ecommerce.orders'::regclass;

\echo 'That was all.  This server and its shop are gone now; README.md says how to'
\echo 'install the extension in a database of your own.'
