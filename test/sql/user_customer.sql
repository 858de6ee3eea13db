-- A storefront reads what is its customer's, and nothing of another one or another shop.
CALL ecommerce_test.new_shop();
CREATE ROLE regress_front;
SELECT ecommerce.create_tenant('Second', 'DE') AS second \gset
UPDATE ecommerce.settings SET country = 'GR' WHERE tenant_id = 1;
SELECT ecommerce.grant_access('regress_front', 'storefront') IS NOT NULL AS granted;
GRANT USAGE ON SCHEMA public TO regress_front;
\set ann '01930000-0000-7000-8000-0000000000a1'
\set bob '01930000-0000-7000-8000-0000000000a2'
-- ann's id is also that of a user of the other shop
INSERT INTO ecommerce.users (tenant_id, id, email, status) VALUES (1, :'ann', 'ann@example.com',
    'active'),
    (1, :'bob', 'bob@example.com', 'active'), (2, :'ann', 'other@example.com', 'active'),
    (1, '01930000-0000-7000-8000-0000000000a3', 'gone@example.com', 'inactive');
INSERT INTO ecommerce.products (tenant_id, id, sku, name, price, track_stock)
SELECT t, ('01930000-0000-7000-8000-0000000000b' || t)::uuid, 'LAMP', 'A lamp', 10 * t, false FROM
    generate_series(1, 2) t;
INSERT INTO ecommerce.user_addresses (tenant_id, id, user_id, first_name, last_name, address_line_1,
    city, postal_code, country)
SELECT t, ecommerce.uuid_v7(), u::uuid, n, 'X', 'Street', 'City', '10431', 'GR'
FROM (VALUES (1, :'ann', 'Ann'), (1, :'bob', 'Bob'), (2, :'ann', 'Other')) v (t, u, n);
INSERT INTO ecommerce.carts (tenant_id, id, user_id) VALUES
    (1, '01930000-0000-7000-8000-0000000000c1', :'ann'), (1, '01930000-0000-7000-8000-0000000000c2',
        :'bob'),
    (2, '01930000-0000-7000-8000-0000000000c3', :'ann');
INSERT INTO ecommerce.carts (tenant_id, id, session_id) VALUES (1,
    '01930000-0000-7000-8000-0000000000c4', 'a session');
INSERT INTO ecommerce.cart_items (tenant_id, cart_id, product_id, quantity)
SELECT c.tenant_id, c.id, ('01930000-0000-7000-8000-0000000000b' || c.tenant_id)::uuid, 1 FROM
    ecommerce.carts c;
SELECT count(*) FROM (VALUES (1, :'ann', 'ann 1'), (1, :'ann', 'ann 2'), (1, :'bob', 'bob'), (1,
    NULL, 'guest'),
    (2, :'ann', 'other')) v (t, u, n)
CROSS JOIN LATERAL ecommerce.place_order('[{"sku": "LAMP", "quantity": 1}]', user_id => u::uuid,
    notes => n, tenant_id => t) p;
CREATE FUNCTION visible() RETURNS TABLE (what text, who text) LANGUAGE sql AS $$
    SELECT 'order', notes FROM ecommerce.orders
    UNION ALL SELECT 'lines', count(*)::text FROM ecommerce.order_items
    UNION ALL SELECT 'lines joined', count(*)::text FROM ecommerce.orders o
        JOIN ecommerce.order_items i ON i.order_id = o.id AND i.order_created_at = o.created_at
    UNION ALL SELECT 'address', first_name FROM ecommerce.user_addresses
    UNION ALL SELECT 'cart', id::text FROM ecommerce.carts
    UNION ALL SELECT 'cart items', string_agg(cart_id::text, ',') FROM ecommerce.cart_items
    ORDER BY 1, 2
$$;

SET ROLE regress_front;
BEGIN; SELECT ecommerce.use_tenant(1), ecommerce.current_customer(); SELECT * FROM visible();
    COMMIT;
BEGIN; SELECT ecommerce.use_tenant(1); SELECT ecommerce.use_customer(:'ann'); SELECT * FROM
    visible(); COMMIT;
BEGIN; SELECT ecommerce.use_tenant(1); SELECT ecommerce.use_customer(:'bob'); SELECT * FROM
    visible(); COMMIT;
BEGIN; SELECT ecommerce.use_tenant(2); SELECT ecommerce.use_customer(:'ann'); SELECT * FROM
    visible(); COMMIT;
-- it ends with the transaction, or the subtransaction that chose
SELECT ecommerce.current_customer();
BEGIN; SELECT ecommerce.use_tenant(1);
SAVEPOINT a; SELECT ecommerce.use_customer(:'ann'); ROLLBACK TO a;
SELECT ecommerce.use_customer(:'bob') = ecommerce.current_customer() AS again;
SELECT ecommerce.use_customer(:'bob') IS NOT NULL AS again;
SELECT failure(format('SELECT ecommerce.use_customer(%L)', :'ann')), count(*) FROM visible() WHERE
    what = 'order'; COMMIT;
-- nobody else sets it
SELECT failure('SET ecommerce.chosen_customer = ''01930000-0000-7000-8000-0000000000a1''');
SELECT failure('SELECT set_config(''ecommerce.chosen_customer'',
    ''01930000-0000-7000-8000-0000000000a1'', true)');
RESET ROLE;
SELECT failure('SET ecommerce.chosen_customer = ''01930000-0000-7000-8000-0000000000a1''');
SET ROLE regress_front;
BEGIN; SELECT ecommerce.use_tenant(1);
SELECT id, failure(format('SELECT ecommerce.use_customer(%L)', id)) FROM unnest(ARRAY[
    '01930000-0000-7000-8000-0000000000a3', '01930000-0000-7000-8000-0000000000ff', NULL]) AS id;
SELECT failure(format('SELECT ecommerce.use_customer(%L, 2)', :'ann'));
-- it may order and quote as the customer, and as nobody else
SELECT ecommerce.use_customer(:'ann') IS NOT NULL AS ann;
SELECT gross FROM ecommerce.place_order('[{"sku": "LAMP", "quantity": 3}]', user_id => :'ann', notes
    => 'ann 3');
SELECT ecommerce.quote_order('{"cart_id": "01930000-0000-7000-8000-0000000000c1"}') #>>
    '{totals,gross}' AS quote;
SELECT gross FROM ecommerce.place_order(cart_id => '01930000-0000-7000-8000-0000000000c1', notes =>
    'ann 4');
SELECT failure(format('SELECT ecommerce.place_order(''[{"sku": "LAMP", "quantity": 1}]'',
    user_id => %L)', :'bob')),
    failure('SELECT ecommerce.place_order(cart_id => ''01930000-0000-7000-8000-0000000000c2'')'),
    failure('SELECT ecommerce.quote_order(
        ''{"cart_id": "01930000-0000-7000-8000-0000000000c2"}'')'),
    failure('SELECT ecommerce.quote_order(''{"items": [{"sku": "LAMP", "quantity": 1}],
        "allowances": []}'')') \gx
SELECT notes, user_id = :'ann' AS own FROM ecommerce.orders ORDER BY 1;
-- reading is all
SELECT failure('UPDATE ecommerce.orders SET notes = ''x'''), failure('DELETE FROM ecommerce.carts'),
    failure('SELECT * FROM ecommerce.users'), failure('SELECT session_id FROM ecommerce.carts');
COMMIT;
-- outside of a transaction block it does nothing
SELECT failure('SELECT ecommerce.use_customer(''01930000-0000-7000-8000-0000000000a1'')');
RESET ROLE;
SET ecommerce.tenant = 1;
SELECT ecommerce.use_customer(:'ann');
SELECT ecommerce.current_customer();
RESET ecommerce.tenant;
DROP FUNCTION visible();
DROP OWNED BY regress_front CASCADE;
DROP ROLE regress_front;
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
