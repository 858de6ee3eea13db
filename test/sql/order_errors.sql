-- What place_order() refuses: each error says where it is, and leaves nothing.
CREATE EXTENSION ecommerce;
SET datestyle = 'ISO';

CREATE FUNCTION pg_temp.order_failure(arguments text) RETURNS text LANGUAGE sql AS
    $$ SELECT failure(format('SELECT ecommerce.place_order(%s)', arguments)) $$;
CREATE FUNCTION pg_temp.items_failure(items text) RETURNS text LANGUAGE sql AS
    $$ SELECT pg_temp.order_failure(format('%L', items)) $$;

-- two shops, of which this is the first
SELECT ecommerce.create_tenant('Other shop', 'DE');
SET ecommerce.tenant = 1;
INSERT INTO ecommerce.products
    (id, tenant_id, sku, name, price, vat_class, track_stock, status, deleted_at) VALUES
    ('01930000-0000-7000-8000-00000000000a', 1, 'PEN', 'Pen', 1.99, 'standard', true, 'active',
        NULL),
    ('01930000-0000-7000-8000-00000000000b', 1, 'EBOOK', 'E-book', 9.99, 'standard', false,
        'active', NULL),
    ('01930000-0000-7000-8000-00000000000c', 1, 'DRAFT', 'Draft', 1, 'standard', false, 'draft',
        NULL),
    ('01930000-0000-7000-8000-00000000000d', 1, 'RETIRED', 'Retired', 1, 'standard', false,
        'inactive', NULL),
    ('01930000-0000-7000-8000-00000000000e', 1, 'GONE', 'Gone', 1, 'standard', false, 'active',
        now()),
    ('01930000-0000-7000-8000-00000000000f', 1, 'REDUCED', 'No such rate', 1, 'reduced2', false,
        'active', NULL),
    ('01930000-0000-7000-8000-000000000010', 1, 'DEAR', 'Dear', 999999999999999, 'exempt', false,
        'active', NULL),
    ('01930000-0000-7000-8000-00000000001a', 2, 'THEIRS', 'Theirs', 1, 'standard', false, 'active',
        NULL);
SELECT ecommerce.adjust_stock('PEN', 10, 'receipt');
INSERT INTO ecommerce.users (id, tenant_id, email, status, deleted_at) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 1, 'maria@example.com', 'active', NULL),
    ('01930000-0000-7000-8000-0000000000a2', 1, 'blocked@example.com', 'blocked', NULL),
    ('01930000-0000-7000-8000-0000000000a3', 1, 'gone@example.com', 'active', now()),
    ('01930000-0000-7000-8000-0000000000a4', 1, 'nikos@example.com', 'active', NULL),
    ('01930000-0000-7000-8000-0000000000a5', 2, 'theirs@example.com', 'active', NULL),
    ('01930000-0000-7000-8000-0000000000a6', 1, 'away@example.com', 'inactive', NULL);
-- carts: maria's, the other shop's, a blocked user's, an empty one, those with what is not for
-- sale or is gone, and one that was ordered
INSERT INTO ecommerce.carts (id, tenant_id, user_id, session_id, status, order_id) VALUES
    ('01930000-0000-7000-8000-0000000000c1', 1, '01930000-0000-7000-8000-0000000000a1', NULL,
        'open', NULL),
    ('01930000-0000-7000-8000-0000000000c2', 2, NULL, 'theirs', 'open', NULL),
    ('01930000-0000-7000-8000-0000000000c3', 1, '01930000-0000-7000-8000-0000000000a2', NULL,
        'open', NULL),
    ('01930000-0000-7000-8000-0000000000c4', 1, NULL, 'empty', 'open', NULL),
    ('01930000-0000-7000-8000-0000000000c5', 1, NULL, 'retired', 'open', NULL),
    ('01930000-0000-7000-8000-0000000000c6', 1, NULL, 'gone', 'open', NULL),
    ('01930000-0000-7000-8000-0000000000c7', 1, NULL, 'ordered', 'ordered',
        '01930000-0000-7000-8000-0000000000ff'),
    ('01930000-0000-7000-8000-0000000000c8', 1, NULL, 'abandoned', 'abandoned', NULL);
INSERT INTO ecommerce.cart_items (tenant_id, cart_id, product_id)
SELECT p.tenant_id, c.id, p.id FROM ecommerce.carts c
JOIN ecommerce.products p ON p.tenant_id = c.tenant_id
    AND p.sku = CASE c.session_id WHEN 'theirs' THEN 'THEIRS' WHEN 'retired' THEN 'RETIRED'
        WHEN 'gone' THEN 'GONE' ELSE 'PEN' END
WHERE c.session_id IS DISTINCT FROM 'empty' AND c.status = 'open';
-- reservations: of this shop, of the other one, and one that has expired
SELECT id AS held FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 1}]') \gset
SELECT id AS expired FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 1}]') \gset
UPDATE ecommerce.stock_reservations SET expires_at = now() WHERE id = :'expired';
-- Plain SQL holds nothing.
SET session_replication_role = replica;
INSERT INTO ecommerce.stock_reservations (tenant_id, id, product_id, quantity, expires_at) VALUES
    (2, '01930000-0000-7000-8000-0000000000d2', '01930000-0000-7000-8000-00000000001a', 1,
        now() + interval '1 hour');
RESET session_replication_role;

-- The shop does not say yet where it is.
SELECT pg_temp.items_failure('[{"sku": "PEN", "quantity": 1}]');
UPDATE ecommerce.settings SET country = 'GR' WHERE tenant_id = 1;
SELECT gross
FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]', idempotency_key => 'used');
CREATE VIEW pg_temp.written AS
SELECT (SELECT count(*) FROM ecommerce.orders) AS orders,
    (SELECT count(*) FROM ecommerce.order_items) AS items,
    (SELECT count(*) FROM ecommerce.events) AS events,
    (SELECT count(*) FROM ecommerce.idempotency_keys) AS keys,
    (SELECT sum(available) FROM ecommerce.stock) AS available,
    (SELECT count(*) FROM ecommerce.stock_reservations WHERE status = 'held') AS held,
    (SELECT count(*) FROM ecommerce.carts WHERE status = 'open') AS carts,
    (SELECT count(*) FROM ecommerce.stock_movements) AS movements,
    (SELECT count(*) FROM ecommerce.users) AS users;
SELECT * FROM pg_temp.written;

-- what is ordered: the shape
SELECT items, pg_temp.items_failure(items) AS failure
FROM unnest(ARRAY['[]', '{}', 'null', '1', '"PEN"', 'true', '[null]', '[1]', '["PEN"]', '[[]]',
    '[{"sku": "PEN", "quantity": 1}, []]', '[{}]', '[{"quantity": 1}]',
    '[{"sku": null, "product_id": null, "quantity": 1}]',
    '[{"sku": "PEN", "product_id": "01930000-0000-7000-8000-00000000000a", "quantity": 1}]',
    '[{"sku": "PEN", "quantity": 1}, {"sku": "PEN", "qty": 1}]',
    '[{"sku": "PEN", "quantity": 1, "": 1}]',
    '[{"sku": "PEN", "quantity": 1, "Quantity": 1}]', '[{"sku": "PEN", "quantity": 1, "price": 1}]',
    '[{"sku": 1, "quantity": 1}]', '[{"sku": "", "quantity": 1}]',
    '[{"sku": ["PEN"], "quantity": 1}]',
    '[{"product_id": "PEN", "quantity": 1}]', '[{"product_id": "", "quantity": 1}]',
    '[{"product_id": 1, "quantity": 1}]',
    '[{"product_id": "01930000-0000-7000-8000-00000000000", "quantity": 1}]',
    '[{"product_id": "{1930000-0000-7000-8000-00000000000a}", "quantity": 1}]',
    '[{"product_id": "0193000000007000800000000000000aaaaa", "quantity": 1}]']) AS items;
-- how much
SELECT quantity,
    pg_temp.items_failure(format(
        '[{"sku": "EBOOK", "quantity": 1}, {"sku": "EBOOK", "quantity": %s}]', quantity)) AS failure
FROM unnest(ARRAY['null', '0', '-1', '-0.0', '1.5', '0.999999999999999999', '1000000001',
    '2147483648', '9223372036854775808', '-9223372036854775809', '1e18', '1e40', '1e131071',
    '0.0000000000000000001',
    'true', '{}', '[1]', '""', '" "', '"one"', '"0"', '"-1"', '"1.5"', '"1,000"', '"1e3"', '"0x10"',
    '"NaN"', '"Infinity"', '"1.0000000000000000001"',
    '"99999999999999999999999999999999999999999"']) AS quantity;
-- at what price
SELECT price,
    pg_temp.items_failure(
        format('[{"sku": "EBOOK", "quantity": 1, "unit_price": %s}]', price)) AS failure
FROM unnest(ARRAY['10', '9.98', '9.990000000000000001', '-9.99', '-0.01', '1e131071',
    '9.9900000000000000001', '1e40', '1e15', '"NaN"', '"Infinity"', '"-Infinity"', '"1e131071"',
    '"9,99"', '""', 'false', '{"EUR": 9.99}', '[9.99]']) AS price;
SELECT price,
    left(failure(format('UPDATE ecommerce.products SET price = %L', price)), 5) AS product,
    left(failure(format('UPDATE ecommerce.cart_items SET unit_price = %L', price)), 5) AS cart
FROM unnest('{NaN, Infinity, -Infinity, -0.01, 1e15, 1e131071, 0.0000000001}'::text[]) AS price;
-- prices of history come in as they are given, within bounds
SELECT price,
    pg_temp.order_failure(format('%L, placed_at => %L',
        format('[{"sku": "EBOOK", "quantity": 1000000000, "unit_price": %s}]', price),
        '2020-01-01')) AS failure
FROM unnest('{1e15, 999999999999999, 1000000000, 1e131071}'::text[]) AS price;
-- more than an order can hold
SELECT pg_temp.items_failure('[{"sku": "DEAR", "quantity": 1000000000}]') AS line,
    pg_temp.items_failure(
        '[{"sku": "DEAR", "quantity": 900}, {"sku": "DEAR", "quantity": 900}]') AS "order";

-- which product: unknown, not for sale, or another shop's, which is unknown
SELECT items, pg_temp.items_failure(items) AS failure
FROM unnest(ARRAY['[{"sku": "NONE", "quantity": 1}]',
    '[{"sku": "PEN", "quantity": 1}, {"sku": "NONE", "quantity": 1}, '
        '{"product_id": "01930000-0000-7000-8000-000000000000", "quantity": 1}, {"sku": "\"", '
        '"quantity": 1}]',
    '[{"sku": "pen", "quantity": 1}]', '[{"sku": " PEN", "quantity": 1}]',
    '[{"sku": "PEN%", "quantity": 1}]',
    '[{"sku": "''; DROP TABLE ecommerce.orders; --", "quantity": 1}]',
    '[{"sku": "GONE", "quantity": 1}]',
    '[{"product_id": "01930000-0000-7000-8000-00000000000e", "quantity": 1}]',
    '[{"sku": "THEIRS", "quantity": 1}]',
    '[{"product_id": "01930000-0000-7000-8000-00000000001a", "quantity": 1}]',
    '[{"sku": "DRAFT", "quantity": 1}, {"sku": "PEN", "quantity": 1}, '
        '{"product_id": "01930000-0000-7000-8000-00000000000d", "quantity": 1}]',
    '[{"sku": "PEN", "quantity": 9}]',
    '[{"sku": "PEN", "quantity": 4}, {"sku": "PEN", "quantity": 5}]',
    '[{"sku": "PEN", "quantity": 1000000000}, {"sku": "PEN", "quantity": 1000000000}, '
        '{"sku": "PEN", "quantity": 147483648}]']) AS items;
-- at which rate: the class has none in this country, or had none then
SELECT split_part(pg_temp.items_failure('[{"sku": "REDUCED", "quantity": 1}]'), ', on ',
        1) AS class,
    pg_temp.order_failure($$'[{"sku": "PEN", "quantity": 1}]',
        placed_at => '1975-01-02'$$) AS before_vat;
SELECT left(failure(format($$SELECT ecommerce.place_order(
            (SELECT jsonb_agg(jsonb_build_object('sku', 'NONE' || n, 'quantity', 1))
                FROM generate_series(1, %s) n))$$, n)), 40) AS many
FROM unnest('{100000, 100001}'::int[]) AS n;

-- from where: nothing, too much, another one's
SELECT arguments, pg_temp.order_failure(arguments) AS failure
FROM unnest(
    ARRAY['', 'NULL', $$'[{"sku": "PEN", "quantity": 1}]', '01930000-0000-7000-8000-0000000000c1'$$,
        $$cart_id => '01930000-0000-7000-8000-0000000000c0'$$,
        $$cart_id => '01930000-0000-7000-8000-0000000000c2'$$,
        $$cart_id => '01930000-0000-7000-8000-0000000000c3'$$,
        $$cart_id => '01930000-0000-7000-8000-0000000000c4'$$,
        $$cart_id => '01930000-0000-7000-8000-0000000000c5'$$,
        $$cart_id => '01930000-0000-7000-8000-0000000000c6'$$,
        $$cart_id => '01930000-0000-7000-8000-0000000000c7'$$,
        $$cart_id => '01930000-0000-7000-8000-0000000000c8'$$,
        $$cart_id => '01930000-0000-7000-8000-0000000000c1', $$
            || $$user_id => '01930000-0000-7000-8000-0000000000a4'$$,
        $$cart_id => '01930000-0000-7000-8000-0000000000c1', tenant_id => 2$$,
        $$reservation_id => '01930000-0000-7000-8000-0000000000d0'$$,
        $$reservation_id => '01930000-0000-7000-8000-0000000000d2'$$,
        $$'[{"sku": "PEN", "quantity": 1}]', $$
            || $$reservation_id => '01930000-0000-7000-8000-0000000000d2'$$]) AS arguments;
SELECT pg_temp.order_failure(format('reservation_id => %L', :'expired')) AS expired,
    pg_temp.order_failure(format('%L, reservation_id => %L', '[{"sku": "EBOOK", "quantity": 1}]',
        :'expired')) AS not_needed,
    pg_temp.order_failure(format('reservation_id => %L, tenant_id => 2', :'held')) AS theirs;

-- for whom: nobody, blocked, away, deleted, another shop's
SELECT user_id,
    pg_temp.order_failure(format('%L, user_id => %L', '[{"sku": "PEN", "quantity": 1}]',
        '01930000-0000-7000-8000-0000000000' || user_id)) AS failure
FROM unnest('{a0, a2, a3, a5, a6}'::text[]) AS user_id;

-- everything else
SELECT arguments,
    pg_temp.order_failure($$'[{"sku": "PEN", "quantity": 1}]', $$ || arguments) AS failure
FROM unnest(ARRAY[$$email => ''$$, $$email => 'maria'$$, $$email => '@example.com'$$,
    $$email => 'maria@'$$,
    $$billing_address => '[1]'$$, $$billing_address => '1'$$, $$shipping_address => '"Ermou 1"'$$,
    $$shipping_address => '{"street": "Ermou 1"}'$$, $$shipping_address => '{"city": 1}'$$,
    $$billing_address => '{"city": {"name": "Athens"}}'$$,
    $$billing_address => '{"country": "Greece"}'$$, $$billing_address => '{"country": ""}'$$,
    $$billing_address => jsonb_build_object('city', repeat('x', 1100))$$,
    $$metadata => '[1]'$$, $$metadata => '1'$$, $$metadata => '"x"'$$,
    $$currency => 'USD'$$, $$currency => 'eur'$$, $$currency => ''$$,
    $$currency => 'ZZZ', placed_at => '2020-01-01'$$,
    $$expected_total => 2$$, $$expected_total => 'NaN'$$, $$expected_total => 1e131071$$,
    $$allowances => '{}'$$, $$allowances => '[{}]'$$,
    $$allowances => '[{"amount": 1}, {"base": 1, "reason": "sale"}]'$$,
    $$allowances => '[{"amount": -1}]'$$, $$allowances => '[{"amount": 0.001}]'$$,
    $$allowances => '[{"percent": 101}]'$$, $$allowances => '[{"percent": -1}]'$$,
    $$allowances => '[{"percent": "NaN"}]'$$,
    $$allowances => '[{"amount": 1e131071}]'$$, $$allowances => '[{"reason": "sale"}]'$$,
    $$charges => '[{"kind": "tip", "amount": 1}]'$$, $$charges => '[{"kind": "shipping"}]'$$,
    $$charges => '[{"amount": -1}]'$$, $$charges => '[{"amount": 1, "vat": "none"}]'$$,
    $$charges => '[{"amount": 1, "vat": "fixed"}]'$$,
    $$charges => '[{"amount": 1, "vat": "fixed", "vat_rate": 101}]'$$,
    $$charges => '[{"amount": 1, "name": ""}]'$$,
    $$charges => '[{"amount": 1, "vat": "fixed", "vat_rate": 0, "vat_category": "O"}]'$$,
    $$placed_at => now() + interval '1 hour'$$, $$placed_at => 'infinity'$$,
    $$placed_at => '-infinity'$$, $$placed_at => '1969-12-31 23:59:59+00'$$,
    $$placed_at => '4713-01-01 BC'$$,
    $$idempotency_key => ''$$, $$idempotency_key => 'used', notes => 'not the same'$$,
    $$idempotency_key => 'used', tenant_id => 2$$,
    $$tenant_id => NULL$$, $$tenant_id => 0$$, $$tenant_id => 3$$,
    $$tenant_id => 2$$]) AS arguments;

-- too long, in characters, and seen without reading it
SET statement_timeout = '1 min';
SELECT argument, characters,
    pg_temp.order_failure(format('%L, %s => repeat(%L, %s)', '[{"sku": "PEN", "quantity": 1}]',
        argument, letter, characters)) AS failure
FROM (VALUES
    ('notes', 10001, 'x'), ('notes', 10001, U&'\03B1'), ('notes', 200000000, 'x'),
    ('phone', 31, '1'), ('phone', 1000000, '1'), ('email', 1000000, '@'),
    ('idempotency_key', 256, 'x'), ('idempotency_key', 1000000, 'x'),
    ('currency', 1000000, 'x')) AS v (argument, characters, letter);
SELECT pg_temp.order_failure($$'[{"sku": "PEN", "quantity": 1}]',
        email => repeat('x', 250) || '@example.com'$$) AS email,
    split_part(pg_temp.order_failure($$'[{"sku": "PEN", "quantity": 1}]',
            metadata => jsonb_build_object('x', repeat('x', 5000000))$$), ' | It', 1) AS metadata,
    pg_temp.order_failure(
        $$jsonb_build_array(jsonb_build_object('sku', repeat('x', 101), 'quantity', 1))$$)
        = format('EC002 | unknown product "%1$s" | ["%1$s"]', repeat('x', 101)) AS sku_of_101,
    pg_temp.order_failure($$jsonb_build_array(
        jsonb_build_object('sku', repeat('x', 200000000), 'quantity', 1))$$) AS sku,
    pg_temp.order_failure($$jsonb_build_array(
        jsonb_build_object('sku', 'PEN', 'quantity', repeat('1', 1000000)))$$) AS quantity,
    length(pg_temp.order_failure($$jsonb_build_array(
        jsonb_build_object('sku', 'PEN', 'quantity', 1, repeat('k', 1000000), 1))$$))
        < 200 AS key_is_cut;
RESET statement_timeout;

-- what decides over money is for those who may write orders
CREATE ROLE regress_storefront;
GRANT USAGE ON SCHEMA ecommerce TO regress_storefront;
GRANT EXECUTE ON FUNCTION ecommerce.place_order, ecommerce.current_tenant TO regress_storefront;
SET ROLE regress_storefront;
SELECT arguments,
    pg_temp.order_failure($$'[{"sku": "EBOOK", "quantity": 1}]', $$ || arguments) AS failure
FROM unnest(ARRAY[$$placed_at => '2020-01-01'$$, $$allowances => '[]'$$,
    $$charges => '[{"amount": 0}]'$$, 'tenant_id => 2']) AS arguments;
RESET ROLE;
DROP OWNED BY regress_storefront;
DROP ROLE regress_storefront;

-- Nothing of all this was written.
SELECT * FROM pg_temp.written;
SELECT status, count(*) FROM ecommerce.orders GROUP BY 1;
-- And what was in the way of it still works.
SELECT gross
FROM ecommerce.place_order(cart_id => '01930000-0000-7000-8000-0000000000c1',
    reservation_id => :'held', notes => repeat(U&'\03B1', 10000));
UPDATE ecommerce.orders SET status = 'processing' WHERE length(notes) = 10000 RETURNING status;

RESET ecommerce.tenant;
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
