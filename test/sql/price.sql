-- What products cost: list prices, sales, price lists, tiers, and for whom.
CREATE EXTENSION ecommerce;

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (id, sku, name, price, track_stock) VALUES
    ('01930000-0000-7000-8000-00000000000a', 'PEN', 'A pen', 10, false),
    ('01930000-0000-7000-8000-00000000000b', 'INK', 'Ink', 5.555, false),
    ('01930000-0000-7000-8000-00000000000c', 'CHEESE', 'Cheese, in grams', 3, false);
UPDATE ecommerce.products SET base_quantity = 1000, unit_code = 'GRM' WHERE sku = 'CHEESE';
INSERT INTO ecommerce.customer_groups (id, name) VALUES
    ('01930000-0000-7000-8000-0000000000e1', 'Resellers'),
    ('01930000-0000-7000-8000-0000000000e2', 'Staff');
INSERT INTO ecommerce.users (id, email, group_id) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'reseller@example.com',
     '01930000-0000-7000-8000-0000000000e1'),
    ('01930000-0000-7000-8000-0000000000a2', 'maria@example.com', NULL);
CREATE FUNCTION pg_temp.cost(items jsonb, user_id uuid DEFAULT NULL, at timestamptz DEFAULT NULL,
    currency text DEFAULT NULL) RETURNS TABLE (sku text, quantity integer, currency text,
    prices text, unit_price numeric, amount numeric, rule text, list text, min integer)
LANGUAGE sql AS $$
    SELECT sku, quantity, currency, prices, unit_price, amount, rule, price_list, min_quantity
    FROM ecommerce.product_prices(items, user_id, at, currency) $$;
CREATE FUNCTION pg_temp.pen(user_id uuid DEFAULT NULL, at timestamptz DEFAULT NULL,
    quantity integer DEFAULT 1) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', unit_price, rule, price_list, min_quantity)
    FROM ecommerce.product_price('PEN'::text, quantity, user_id, at) $$;
\set reseller '01930000-0000-7000-8000-0000000000a1'
\set maria '01930000-0000-7000-8000-0000000000a2'

-- without lists and sales: the product's price, of as many units as it is for, rounded once
SELECT * FROM ecommerce.product_prices('[{"sku": "PEN", "quantity": 3},
    {"product_id": "01930000-0000-7000-8000-00000000000b", "quantity": "1"},
    {"sku": "CHEESE", "quantity": 333}, {"sku": "PEN", "quantity": 1, "unit_price": 10.0}]');
SELECT count(*) AS "of nothing" FROM ecommerce.product_prices('[]');
SELECT (ecommerce.product_price('PEN')).unit_price AS by_sku,
    (ecommerce.product_price('01930000-0000-7000-8000-00000000000b'::uuid, 2)).amount AS by_id,
    (ecommerce.product_price('01930000-0000-7000-8000-00000000000b', 2)).amount AS untyped,
    ecommerce.product_price('NONE') IS NULL AS unknown,
    ecommerce.product_price('01930000-0000-7000-8000-0000000000ff') IS NULL AS unknown_id,
    ecommerce.product_price(NULL::text) IS NULL AS "null";

-- a sale: from its first moment, until before its last one, while it is lower
SELECT now() AS start \gset
UPDATE ecommerce.products SET sale_price = 8, sale_from = :'start',
    sale_to = :'start'::timestamptz + interval '1 hour' WHERE sku = 'PEN';
SELECT sale_price FROM ecommerce.products WHERE sku = 'PEN';
SELECT pg_temp.pen(at => :'start'::timestamptz - interval '1 microsecond') AS before,
    pg_temp.pen(at => :'start') AS first, pg_temp.pen() AS now,
    pg_temp.pen(at => :'start'::timestamptz + interval '3599.999999 s') AS last,
    pg_temp.pen(at => :'start'::timestamptz + interval '1 hour') AS after;
SELECT sku, price, original_price, base_quantity, unit_code, currency
FROM ecommerce.product_listing ORDER BY sku;
UPDATE ecommerce.products SET original_price = 12 WHERE sku = 'PEN';
SELECT price, original_price FROM ecommerce.product_listing WHERE sku = 'PEN';
UPDATE ecommerce.products SET price = 7.50 WHERE sku = 'PEN';
SELECT pg_temp.pen() AS "not lower", l.price, l.original_price
FROM ecommerce.product_listing l WHERE sku = 'PEN';
UPDATE ecommerce.products SET price = 10, sale_from = NULL, sale_to = NULL WHERE sku = 'PEN';
SELECT pg_temp.pen(at => '1000-01-01') AS always, pg_temp.pen(at => '9000-01-01') AS for_good;
UPDATE ecommerce.products SET sale_price = 0 WHERE sku = 'PEN';
SELECT pg_temp.pen() AS free;
UPDATE ecommerce.products SET sale_price = 8 WHERE sku = 'PEN';

-- lists go before the product; the group's before everybody's; then priority, then the price
INSERT INTO ecommerce.price_lists (id, name, group_id, currency, prices, priority) VALUES
    ('01930000-0000-7000-8000-0000000000f1', 'All', NULL, 'EUR', 'gross', 100),
    ('01930000-0000-7000-8000-0000000000f2', 'Low', '01930000-0000-7000-8000-0000000000e1',
     'EUR', 'gross', 1),
    ('01930000-0000-7000-8000-0000000000f3', 'High', '01930000-0000-7000-8000-0000000000e1',
     'EUR', 'gross', 2),
    ('01930000-0000-7000-8000-0000000000f4', 'High too', '01930000-0000-7000-8000-0000000000e1',
     'EUR', 'gross', 2),
    ('01930000-0000-7000-8000-0000000000f5', 'Staff', '01930000-0000-7000-8000-0000000000e2',
     'EUR', 'gross', 9);
SELECT pg_temp.pen() AS empty_lists, pg_temp.pen(:'reseller') AS reseller;
INSERT INTO ecommerce.prices (price_list_id, product_id, min_quantity, price)
SELECT l.id, p.id, v.min_quantity, v.price
FROM (VALUES ('All', 'PEN', 1, 9.5), ('All', 'PEN', 10, 9), ('All', 'CHEESE', 1, 2.9)) AS v
    (list, sku, min_quantity, price)
JOIN ecommerce.price_lists l ON l.name = v.list JOIN ecommerce.products p ON p.sku = v.sku;
SELECT pg_temp.pen() AS guest, pg_temp.pen(:'maria') AS maria, pg_temp.pen(:'reseller') AS reseller,
    pg_temp.pen(quantity => 9) AS nine, pg_temp.pen(quantity => 10) AS ten;
INSERT INTO ecommerce.prices (price_list_id, product_id, price)
SELECT l.id, '01930000-0000-7000-8000-00000000000a', v.price
FROM (VALUES ('Low', 1), ('Staff', 0.5)) AS v (list, price)
JOIN ecommerce.price_lists l ON l.name = v.list;
SELECT pg_temp.pen(:'reseller') AS group_first, pg_temp.pen(:'maria') AS maria;
INSERT INTO ecommerce.prices (price_list_id, product_id, min_quantity, price)
SELECT l.id, '01930000-0000-7000-8000-00000000000a', v.n, v.price
FROM (VALUES ('High', 1, 20), ('High', 5, 6), ('High', 7, 6), ('High', 100, 7),
        ('High too', 1, 19.999), ('High too', 5, 6)) AS v (list, n, price)
JOIN ecommerce.price_lists l ON l.name = v.list;
SELECT n, pg_temp.pen(:'reseller', quantity => n) AS price
FROM unnest('{1, 4, 5, 6, 7, 100, 1000000000}'::integer[]) AS n;
-- all lines of a product reach its tiers together
SELECT * FROM pg_temp.cost('[{"sku": "PEN", "quantity": 4}, {"sku": "CHEESE", "quantity": 333},
    {"product_id": "01930000-0000-7000-8000-00000000000a", "quantity": 6},
    {"sku": "INK", "quantity": 3}]');
-- who belongs to no group any more
UPDATE ecommerce.users SET group_id = NULL WHERE id = :'reseller';
SELECT pg_temp.pen(:'reseller') AS left_group;
UPDATE ecommerce.users SET group_id = '01930000-0000-7000-8000-0000000000e1'
WHERE id = :'reseller';
-- lists that do not apply
UPDATE ecommerce.price_lists SET is_active = false WHERE name = 'High too';
UPDATE ecommerce.price_lists SET valid_from = :'start'::timestamptz + interval '1 day',
    valid_to = :'start'::timestamptz + interval '2 days' WHERE name = 'High';
SELECT v.days, pg_temp.pen(:'reseller', :'start'::timestamptz + v.days * interval '1 day') AS price
FROM (VALUES (0.999999), (1), (1.999999), (2)) AS v (days);
UPDATE ecommerce.price_lists SET valid_from = :'start'::timestamptz + interval '1 day',
    valid_to = :'start'::timestamptz + interval '2 days' WHERE name = 'All';
SELECT v.days, pg_temp.pen(at => :'start'::timestamptz + v.days * interval '1 day') AS guest
FROM (VALUES (0.999999), (1), (1.999999), (2)) AS v (days);
UPDATE ecommerce.price_lists SET valid_from = NULL, valid_to = NULL WHERE name = 'All';
-- other currencies have no price but those of lists
SELECT * FROM pg_temp.cost('[{"sku": "PEN", "quantity": 3}, {"sku": "INK", "quantity": 1}]',
    currency => 'USD');
INSERT INTO ecommerce.price_lists (name, currency, prices) VALUES ('Dollars', 'USD', 'net'),
    ('Yen', 'JPY', 'gross'), ('Dinars', 'BHD', 'gross');
INSERT INTO ecommerce.prices (price_list_id, product_id, price)
SELECT l.id, '01930000-0000-7000-8000-00000000000a', 12.5
FROM ecommerce.price_lists l WHERE l.currency <> 'EUR';
SELECT c.currency, p.unit_price, p.amount, p.prices, p.price_list,
    (SELECT r.price FROM ecommerce.prices r JOIN ecommerce.price_lists l ON l.id = r.price_list_id
     WHERE l.name = p.price_list) AS written
FROM unnest('{USD,JPY,BHD,CHF}'::text[]) AS c (currency)
CROSS JOIN LATERAL ecommerce.product_price('PEN'::text, 3, NULL, NULL, c.currency) p;

-- bad input
SELECT failure(format('SELECT * FROM ecommerce.product_prices(%s)', arguments)) AS failure,
    arguments
FROM unnest(ARRAY['NULL', '''{}''', '''[1]''', '''[{"sku": "PEN"}]''',
    '''[{"sku": "PEN", "quantity": 0}]''', '''[{"sku": "PEN", "quantity": 1000000001}]''',
    '''[{"sku": "PEN", "quantity": 1.5}]''', '''[{"sku": "NONE", "quantity": 1}]''',
    '''[{"sku": "PEN", "quantity": 1, "unit_price": 9}]''',
    '''[{"sku": "PEN", "quantity": 1, "price": 9}]''',
    '''[]'', user_id => ''01930000-0000-7000-8000-0000000000ff''', '''[]'', currency => ''XX''',
    '''[]'', currency => ''EURO''', '''[]'', at => ''infinity''', '''[]'', at => ''-infinity''',
    '''[]'', tenant_id => 2', '''[]'', tenant_id => NULL']) AS arguments;
SELECT failure($$SELECT ecommerce.product_price('PEN', NULL)$$) AS "null",
    failure($$SELECT ecommerce.product_price('PEN', 0)$$) AS "zero",
    failure($$SELECT ecommerce.product_price('PEN', -1)$$) AS negative,
    failure($$SELECT ecommerce.product_price('PEN', tenant_id => NULL)$$) AS no_tenant;
UPDATE ecommerce.settings SET country = NULL;
SELECT failure($$SELECT ecommerce.product_price('PEN')$$) AS no_country;
UPDATE ecommerce.settings SET country = 'GR';

-- tables refuse what is no price, no time, and no unit
SELECT failure(command) AS failure, command FROM unnest(ARRAY[
    $$UPDATE ecommerce.prices SET price = 'NaN'$$, 'UPDATE ecommerce.prices SET price = -1',
    $$UPDATE ecommerce.prices SET price = 'Infinity'$$, 'UPDATE ecommerce.prices SET price = 1e15',
    'UPDATE ecommerce.prices SET price = 0.0000000001', 'UPDATE ecommerce.prices SET price = NULL',
    'UPDATE ecommerce.prices SET min_quantity = 0',
    'UPDATE ecommerce.products SET base_quantity = 0',
    'UPDATE ecommerce.products SET base_quantity = NULL',
    $$UPDATE ecommerce.products SET unit_code = 'kg'$$,
    $$UPDATE ecommerce.products SET unit_code = ''$$,
    $$UPDATE ecommerce.products SET sale_price = 'NaN'$$,
    'UPDATE ecommerce.products SET sale_price = -0.01',
    'UPDATE ecommerce.products SET sale_price = NULL, sale_from = now()',
    'UPDATE ecommerce.products SET sale_price = 1, sale_from = now(), sale_to = now()',
    'UPDATE ecommerce.price_lists SET valid_from = now(), valid_to = now()',
    $$UPDATE ecommerce.price_lists SET currency = 'CHF' WHERE name = 'Yen'$$,
    $$UPDATE ecommerce.price_lists SET prices = 'net' WHERE name = 'Yen'$$,
    $$UPDATE ecommerce.price_lists SET name = 'Yen' WHERE name = 'All'$$,
    $$INSERT INTO ecommerce.price_lists (name, currency, prices) VALUES ('X', 'EUR', 'both')$$,
    $$INSERT INTO ecommerce.price_lists (name, currency, prices) VALUES ('X', 'XXY', 'net')$$,
    $$DELETE FROM ecommerce.customer_groups WHERE name = 'Resellers'$$]) AS command;
UPDATE ecommerce.products SET sale_price = 7.5, cost_price = 1 WHERE sku = 'PEN'
RETURNING sale_price, cost_price;

-- lists that are made, taken back and deleted are known at once, and by their own transaction
DELETE FROM ecommerce.price_lists;
SELECT count(*) AS prices FROM ecommerce.prices;
SELECT pg_temp.pen() AS no_lists;
BEGIN;
INSERT INTO ecommerce.price_lists (id, name, currency, prices) VALUES
    ('01930000-0000-7000-8000-0000000000f9', 'Now', 'EUR', 'gross');
INSERT INTO ecommerce.prices (price_list_id, product_id, price) VALUES
    ('01930000-0000-7000-8000-0000000000f9', '01930000-0000-7000-8000-00000000000a', 3);
SELECT pg_temp.pen() AS made;
SAVEPOINT s;
DELETE FROM ecommerce.price_lists;
SELECT pg_temp.pen() AS deleted;
ROLLBACK TO s;
SELECT pg_temp.pen() AS there_again;
ROLLBACK;
SELECT pg_temp.pen() AS taken_back;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT pg_temp.pen() AS before;
INSERT INTO ecommerce.price_lists (id, name, currency, prices) VALUES
    ('01930000-0000-7000-8000-0000000000f9', 'Now', 'EUR', 'gross');
INSERT INTO ecommerce.prices (price_list_id, product_id, price) VALUES
    ('01930000-0000-7000-8000-0000000000f9', '01930000-0000-7000-8000-00000000000a', 3);
SELECT pg_temp.pen() AS made;
COMMIT;
SELECT pg_temp.pen() AS committed;

-- tenants: neither lists nor groups nor users of another one
SELECT ecommerce.create_tenant('Other', 'DE') AS other;
INSERT INTO ecommerce.products (tenant_id, id, sku, name, price) VALUES
    (2, '01930000-0000-7000-8000-00000000000a', 'PEN', 'Another pen', 1);
SELECT failure(command) AS failure, command FROM unnest(ARRAY[
    $$INSERT INTO ecommerce.prices (tenant_id, price_list_id, product_id, price) VALUES
        (2, '01930000-0000-7000-8000-0000000000f9', '01930000-0000-7000-8000-00000000000a', 3)$$,
    $$INSERT INTO ecommerce.price_lists (tenant_id, name, currency, prices, group_id) VALUES
        (2, 'X', 'EUR', 'net', '01930000-0000-7000-8000-0000000000e1')$$,
    $$INSERT INTO ecommerce.users (tenant_id, email, group_id) VALUES
        (2, 'x@example.com', '01930000-0000-7000-8000-0000000000e1')$$]) AS command;
BEGIN;
SELECT ecommerce.use_tenant(2);
SELECT unit_price, rule FROM ecommerce.product_price('PEN');
SELECT failure(format('SELECT ecommerce.product_price(''PEN'', 1, %L)', :'reseller')) AS "user";
COMMIT;
-- nor one of the same id that is active there
INSERT INTO ecommerce.price_lists (tenant_id, id, name, currency, prices) VALUES
    (2, '01930000-0000-7000-8000-0000000000f9', 'Theirs', 'EUR', 'gross');
BEGIN;
SELECT ecommerce.use_tenant(1);
UPDATE ecommerce.price_lists SET is_active = false WHERE tenant_id = 1;
SELECT pg_temp.pen() AS ours;
ROLLBACK;
DELETE FROM ecommerce.price_lists WHERE tenant_id = 2;

-- a storefront asks for its own customer, and for what is for sale
INSERT INTO ecommerce.products (tenant_id, sku, name, price, status) VALUES
    (1, 'DRAFT', 'Draft', 1, 'draft');
CREATE ROLE regress_ecommerce_price_shop;
SET ecommerce.tenant = 1;
SELECT count(*) FROM ecommerce.grant_access('regress_ecommerce_price_shop', 'storefront');
UPDATE ecommerce.price_lists SET group_id = '01930000-0000-7000-8000-0000000000e1';
RESET ecommerce.tenant;
SET ROLE regress_ecommerce_price_shop;
BEGIN;
SELECT ecommerce.use_tenant(1);
SELECT unit_price AS guest FROM ecommerce.product_price('PEN');
SELECT failure($$SELECT ecommerce.product_price('PEN', 1,
            '01930000-0000-7000-8000-0000000000a1')$$) AS other,
    failure($$SELECT * FROM ecommerce.product_prices('[{"sku": "DRAFT", "quantity": 1}]')$$)
        AS draft, ecommerce.product_price('DRAFT') IS NULL AS no_draft,
    failure($$SELECT * FROM ecommerce.product_prices('[]', tenant_id => 2)$$) AS tenant;
SELECT ecommerce.use_customer(:'reseller');
SELECT unit_price AS customer FROM ecommerce.product_price('PEN');
SELECT unit_price AS as_guest FROM ecommerce.product_price('PEN', user_id => NULL);
SELECT failure($$SELECT ecommerce.product_price('PEN', 1,
            '01930000-0000-7000-8000-0000000000a2')$$) AS other;
SELECT price FROM ecommerce.product_listing WHERE sku = 'PEN';
SELECT failure('SELECT FROM ecommerce.prices') AS prices,
    failure('SELECT FROM ecommerce.price_lists') AS lists,
    failure('SELECT FROM ecommerce.customer_groups') AS groups;
COMMIT;
RESET ROLE;

-- one statement for any number of lines
SET ecommerce.tenant = 1;
UPDATE ecommerce.price_lists SET group_id = NULL;
INSERT INTO ecommerce.products (sku, name, price)
SELECT 'P' || n, 'P', n FROM generate_series(1, 1000) n;
INSERT INTO ecommerce.prices (price_list_id, product_id, min_quantity, price)
SELECT '01930000-0000-7000-8000-0000000000f9', id, t, price / t
FROM ecommerce.products CROSS JOIN unnest('{2, 4}'::integer[]) AS t WHERE sku ~ '^P[0-9]';
SELECT rule, min_quantity, count(*), sum(amount)
FROM ecommerce.product_prices((SELECT jsonb_agg(jsonb_build_object('sku', sku,
        'quantity', price::integer % 5 + 1) ORDER BY price)
    FROM ecommerce.products WHERE sku ~ '^P[0-9]')) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*), sum(round((price::integer % 5 + 1) * price / CASE WHEN price::integer % 5 >= 3
    THEN 4 WHEN price::integer % 5 >= 1 THEN 2 ELSE 1 END, 2)) AS the_same
FROM ecommerce.products WHERE sku ~ '^P[0-9]';
SELECT * FROM ecommerce.verify_integrity();

SET client_min_messages = warning;
DROP OWNED BY regress_ecommerce_price_shop;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP ROLE regress_ecommerce_price_shop;
