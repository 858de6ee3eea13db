-- Which zone an address is in, and what shipping costs there.
CALL ecommerce_test.new_shop();
UPDATE ecommerce.settings SET country = 'GR', currency = 'EUR' WHERE tenant_id = 1;

-- Postal codes of places: a code, a beginning, a range
CREATE FUNCTION pattern(country text, written text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN ecommerce_internal.postal_pattern(country, written);
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT country, written, pattern(country, written)
FROM (VALUES ('GR', ' 105 63 '), ('GR', '84*'), ('GR', ' 8 4 * '), ('GR', '10000-19999'),
    ('GR', '100 00 - 199 99'), ('GR', '19999-10000'), ('GR', '10000-10000'), ('GR', '1000-1999'),
    ('GR', '*'), ('GR', '8*4'), ('GR', '84**'), ('GR', 'ABC'), ('GR', '---'), ('GR', ''),
    ('GR', ' '), ('PT', '1000-001'), ('PT', '1000-1999'), ('PT', '1000001-1000999'),
    ('NL', '1012-ab'), ('NL', '1000-1999'), ('GB', 'sw1a 1aa'), ('GB', 'sw1a*'), ('GB', 'N1-N9'),
    ('FR', '20*'), ('US', '10001'), ('US', '10001-1234'), ('US', '10001-19999'), ('PL', '00-001'),
    ('PL', '00-001-09-999'), ('LV', 'LV-1010'), ('LV', 'LV-1010-LV-1099'), ('JP', '100-0001'),
    ('US', '?'), ('US', '1*-2*'), ('CA', 'k1a 0b1'), ('CA', 'K1*'), ('BM', 'HM 12-HM 14'))
    AS v (country, written);
-- which codes they are
SELECT country, pattern, string_agg(code, ' ' ORDER BY code) FILTER (WHERE fits) AS fits,
    string_agg(code, ' ' ORDER BY code) FILTER (WHERE NOT fits) AS others
FROM (VALUES ('GR', '84*', '{84100,84700,18410,85400}'::text[]),
    ('GR', '10000-19999', '{10000,15000,19999,20000,"105 63"}'),
    ('NL', '1000-1999', '{1012 AB,1999,2000 AA}'), ('NL', '1012', '{1012,1012 AB}'),
    ('PT', '1000-1099', '{1000-001,1099-999,1100-001,1050}'),
    ('PL', '00-001-09-999', '{00-001,09-999,10-000}'),
    ('GB', 'BT*', '{BT1 5GS,B1 1AA}')) AS v (country, pattern, codes)
CROSS JOIN LATERAL (SELECT c, ecommerce_internal.postal_pattern_fits(
        ecommerce_internal.postal_pattern(country, pattern),
        ecommerce_internal.postal_code(country, c)) FROM unnest(codes) c) AS f (code, fits)
GROUP BY country, pattern ORDER BY country, pattern;

-- Zones: the closest place decides
INSERT INTO ecommerce.delivery_zones (name, priority, is_active) VALUES ('World', 0, true),
    ('Greece', 0, true), ('Islands', 0, true), ('Syros', 0, true), ('Athens', 0, true),
    ('Center', 0, true), ('Center rival', 0, true), ('Spain', 0, true), ('Canaries', 0, true),
    ('Corsica', 0, true), ('France', 0, true), ('Off', 9, false), ('California', 0, true),
    ('States', 0, true);
INSERT INTO ecommerce.delivery_zone_places (zone_id, country, region, postal_code, is_excluded)
SELECT z.id, v.country, v.region, v.postal_code, v.is_excluded
FROM (VALUES ('World', '', '', '', false), ('World', 'KP', '', '', true),
    ('Greece', 'GR', '', '', false), ('Greece', 'GR', '', '63086', true),
    ('Islands', 'GR', '', '84*', false), ('Islands', 'GR', '', '85000-85999', false),
    ('Islands', 'GR', '', '85900-85999', true), ('Islands', 'GR', '', '85950', false),
    -- as close as what excludes some of it, which counts
    ('Islands', 'GR', '', '85850-85949', false),
    ('Syros', 'GR', '', '84100', false), ('Athens', 'GR', '', '10000-11999', false),
    ('Center', 'GR', '', '105*', false), ('Center rival', 'GR', '', '105*', false),
    ('Spain', 'ES', '', '', false), ('Canaries', 'ES', 'Canary Islands', '', false),
    ('France', 'FR', '', '', false), ('Corsica', 'FR', 'corse', '', false),
    ('Off', 'GR', '', '10563', false), ('Off', 'SE', '', '', false),
    ('States', 'US', '', '', false), ('California', 'US', 'CA', '', false),
    ('California', 'US', 'california', '', false))
    AS v (zone, country, region, postal_code, is_excluded)
JOIN ecommerce.delivery_zones z ON z.name = v.zone;
CREATE FUNCTION zone(country text, region text, postal_code text) RETURNS text LANGUAGE sql AS $$
    SELECT name FROM ecommerce.delivery_zones
    WHERE id = ecommerce_internal.delivery_zone(1, country, region, postal_code) $$;
SELECT country, region, code, zone(country, region, code)
FROM (VALUES ('GR', NULL, '54621'), ('GR', NULL, '84 100'), ('GR', NULL, 'GR-84700'),
    ('GR', NULL, '85100'), ('GR', NULL, '85900'), ('GR', NULL, '85950'), ('GR', NULL, '10431'),
    ('GR', NULL, '10563'), ('GR', NULL, '63086'), ('ES', NULL, '28001'), ('ES', NULL, '35001'),
    ('ES', 'canary islands', NULL), ('ES', 'Las Palmas', NULL), ('ES', 'Tenerife', '38001'),
    ('FR', '', '75001'), ('FR', 'Corse', '20000'), ('FR', '', '20000'), ('SE', NULL, '11122'),
    ('KP', NULL, NULL), ('DE', NULL, NULL), ('US', 'ca', '90001'), ('US', ' California. ', NULL),
    ('US', 'NY', '10001'), ('ZZ', NULL, NULL)) AS v (country, region, code);
UPDATE ecommerce.delivery_zones SET priority = 1 WHERE name = 'Center rival';
SELECT zone('GR', NULL, '10563') AS rival;
-- what a zone is told by must be there
SELECT failure(format('SELECT zone(%L, %L, %L)', country, state, code), true), country, state, code
FROM (VALUES ('GR', NULL, NULL), ('GR', NULL, ' '), ('GR', NULL, 'X'), ('GR', NULL, '1234'),
    ('GR', 'x', NULL), ('US', NULL, '90001'), ('US', '', '90001'), ('ES', NULL, NULL),
    ('ES', NULL, '28001'), ('ES', '', NULL), ('FR', NULL, '20000'), ('FR', NULL, NULL))
    AS v (country, state, code);
DELETE FROM ecommerce.delivery_zone_places WHERE country = '';
SELECT zone('DE', NULL, '10115') IS NULL AS nowhere;

-- What plain SQL may not write
CREATE FUNCTION zid(text) RETURNS uuid LANGUAGE sql AS
    'SELECT id FROM ecommerce.delivery_zones WHERE name = $1';
INSERT INTO ecommerce.delivery_methods (code, name, carrier, min_days, max_days, sort_order) VALUES
    ('post', 'Post', 'ELTA', 2, 4, 2), ('courier', 'Courier', 'ACS', 1, 2, 1),
    ('heavy', 'Freight', NULL, NULL, NULL, 3), ('gone', 'Gone', NULL, NULL, NULL, 0);
CREATE FUNCTION mid(text) RETURNS uuid LANGUAGE sql AS
    'SELECT id FROM ecommerce.delivery_methods WHERE code = $1';
SELECT failure('INSERT INTO ecommerce.delivery_zone_places (zone_id, country, region, postal_code)
    VALUES (zid(''Greece''), ' || v || ')'), v
FROM unnest(ARRAY['''gr'', '''', ''''', '''Greece'', '''', ''''', '''ZZ'', '''', ''''',
    '''GR'', '' . '', ''''', '''GR'', '''', ''1''', ''''', '''', ''1''', ''''', ''x'', ''''',
    'NULL, '''', ''''', '''GR'', '''', NULL', '''GR'', NULL, ''''']) AS v;
SELECT failure('INSERT INTO ecommerce.delivery_zone_places (zone_id, country)
    VALUES (''01930000-0000-7000-8000-0000000000ff'', ''GR'')');
SELECT failure('INSERT INTO ecommerce.delivery_methods (code, name, vat, min_days, max_days)
    VALUES (' || v || ')'), v
FROM unnest(ARRAY[''''', ''x'', DEFAULT, 1, 2', '''a b'', ''x'', DEFAULT, 1, 2',
    '''x'', ''x'', ''fixed'', 1, 2', '''x'', ''x'', DEFAULT, 3, 2', '''x'', ''x'', DEFAULT, -1, 2',
    '''post'', ''x'', DEFAULT, 1, 2']) AS v;
SELECT failure('INSERT INTO ecommerce.delivery_rates (method_id, zone_id, ' || c
    || ') VALUES (mid(''post''), zid(''Greece''), ' || v || ')'), c, v
FROM (SELECT 'code, ' || r.c, '''x'', ' || r.v FROM (VALUES ('price', '-1'), ('price', '''NaN'''),
        ('price', '''Infinity'''), ('price', '1e15'), ('price', '4.999'), ('price', 'NULL'),
        ('price, currency', '4.9, ''JPY'''), ('price, currency', '4.999, ''BHD'''),
        ('price, currency', '4, ''XXX'''), ('price, free_from', '1, ''NaN'''),
        ('price, free_from', '1, 0.001'), ('price, price_per_kg', '1, -0.1'),
        ('price, price_per_kg', '1, ''NaN'''), ('price, weight_above, weight_to', '1, 2, 2'),
        ('price, weight_to', '1, ''NaN'''), ('price, goods_from, goods_below', '1, 10, 10'),
        ('price, quantity_from', '1, 0'), ('price, quantity_from, quantity_to', '1, 3, 2'))
        AS r (c, v)
    UNION ALL VALUES ('code, price', '''01930000-0000-7000-8000-00000000000b'', 1'),
        ('code, price', '''a b'', 1'), ('code, price', ''''', 1')) AS r (c, v);
SELECT code, currency, price FROM ecommerce.delivery_rates;
DELETE FROM ecommerce.delivery_rates;

-- Rates: bounds, brackets by weight, free from, the cheapest of a method
INSERT INTO ecommerce.products (sku, name, price, weight, supply, vat_class, track_stock) VALUES
    ('KG', 'A kilogram', 10, 1, 'goods', 'standard', false),
    ('G', 'A gram', 0.01, 0.001, 'goods', 'standard', false),
    ('AIR', 'No weight', 1, NULL, 'goods', 'standard', false),
    ('FILE', 'A file', 100, 5, 'digital', 'standard', false),
    ('HELP', 'Help', 100, NULL, 'service', 'standard', false);
INSERT INTO ecommerce.delivery_rates (code, method_id, zone_id, weight_above, weight_to,
    goods_from, goods_below, quantity_to, price, price_per_kg, free_from)
SELECT v.code, mid(v.method), zid('Greece'), above, to_kg, goods_from, below, quantity, price,
    per_kg, free_from
FROM (VALUES ('post-2', 'post', NULL::numeric, 2, NULL::numeric, NULL::numeric, NULL::integer,
        3.5, 0, 50::numeric),
    ('post-5', 'post', 2, 5, NULL, NULL, NULL, 4.9, 0, NULL),
    ('post-more', 'post', 5, 30, NULL, NULL, NULL, 4.9, 0.8, NULL),
    ('courier', 'courier', NULL, NULL, 20, 100, NULL, 6, 0.55, NULL),
    ('courier-few', 'courier', NULL, NULL, 30, NULL, 3, 5, 0, NULL),
    ('heavy', 'heavy', 0.5, NULL, NULL, NULL, NULL, 25, 0.333, NULL),
    ('gone', 'gone', NULL, NULL, NULL, NULL, NULL, 0, 0, NULL))
    AS v (code, method, above, to_kg, goods_from, below, quantity, price, per_kg, free_from);
UPDATE ecommerce.delivery_methods SET is_active = false WHERE code = 'gone';
SELECT rate, r.id = rate_id AS by_id, method, name, carrier, q.price, q.currency, min_days,
    max_days
FROM ecommerce.shipping_quote('[{"sku": "KG", "quantity": 2}]',
    '{"country": "GR", "postal_code": "54621"}') q
JOIN ecommerce.delivery_rates r ON r.code = q.rate;
CREATE FUNCTION offers(items jsonb, request jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(rate || ' ' || price, ', ') FROM ecommerce.shipping_quote(
        jsonb_build_object('items', items) || request, '{"postal_code": "54621"}') $$;
SELECT sku, quantity, offers(items(sku, quantity))
FROM (VALUES ('AIR', 1), ('AIR', 49), ('AIR', 50), ('G', 1), ('G', 2000), ('G', 2001), ('KG', 2),
    ('KG', 3), ('KG', 5), ('KG', 6), ('KG', 9), ('KG', 10), ('KG', 30), ('KG', 31), ('G', 5001),
    ('G', 6000), ('G', 6001), ('G', 500), ('G', 501), ('FILE', 1), ('HELP', 1))
    AS v (sku, quantity);
-- services and files are neither weighed nor counted, nor do they come to anything
SELECT offers('[{"sku": "FILE", "quantity": 9}, {"sku": "AIR", "quantity": 2}, {"sku": "HELP",
    "quantity": 1}]');
-- the same product twice, and by id
SELECT offers('[{"sku": "KG", "quantity": 1}, {"sku": "KG", "quantity": 1}]')
    = offers(jsonb_build_array(jsonb_build_object('product_id', id('KG'), 'quantity', 2))) AS same;
-- goods are what they come to after discounts, of which they have their share
INSERT INTO ecommerce.coupons (code, kind, value, currency) VALUES ('TEN', 'percent', 10, NULL),
    ('HALF', 'percent', 50, NULL), ('SHIP', 'free_shipping', NULL, NULL),
    ('FIVE', 'amount', 5, 'EUR');
SELECT codes, offers(items('AIR', 55), jsonb_build_object('coupon_codes', codes)),
    offers(items('AIR', 55) || items('FILE', 1), jsonb_build_object('coupon_codes', codes)) AS more
FROM unnest(ARRAY[jsonb '[]', '["TEN"]', '["FIVE"]', '["HALF"]', '["SHIP"]', '["SHIP", "TEN"]',
    '["NONE"]']) AS codes;
SELECT offers(items('AIR', 55), '{"allowances": [{"amount": 5.01}]}');
-- inactive rates and zones
UPDATE ecommerce.delivery_rates SET is_active = false WHERE code = 'courier-few';
SELECT offers(items('KG', 3));
UPDATE ecommerce.delivery_zones SET is_active = false WHERE name = 'Greece';
SELECT offers(items('KG', 3)) IS NULL AS nowhere;
UPDATE ecommerce.delivery_zones SET is_active = true WHERE name = 'Greece';
-- other decimals: per started kilogram, rounded once
UPDATE ecommerce.settings SET currency = 'JPY' WHERE tenant_id = 1;
SELECT offers(items('KG', 1)) IS NULL AS "none in yen";
INSERT INTO ecommerce.delivery_rates (code, method_id, zone_id, price, price_per_kg) VALUES
    ('yen', mid('heavy'), zid('Greece'), 500, 33.5);
SELECT code, currency, price FROM ecommerce.delivery_rates WHERE code = 'yen';
SELECT offers(items('KG', 1)), offers(items('KG', 3));
UPDATE ecommerce.settings SET currency = 'EUR' WHERE tenant_id = 1;

-- Rates of a group
INSERT INTO ecommerce.customer_groups (id, name)
VALUES ('01930000-0000-7000-8000-0000000000d1', 'Trade');
INSERT INTO ecommerce.users (id, email, group_id) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'ann@example.com',
     '01930000-0000-7000-8000-0000000000d1'),
    ('01930000-0000-7000-8000-0000000000a2', 'bob@example.com', NULL);
INSERT INTO ecommerce.delivery_rates (code, method_id, zone_id, price, group_id) VALUES
    ('heavy-trade', mid('heavy'), zid('Greece'), 99, '01930000-0000-7000-8000-0000000000d1');
SELECT who, offers(items('KG', 1), jsonb_build_object('user_id', who))
FROM unnest('{01930000-0000-7000-8000-0000000000a1,01930000-0000-7000-8000-0000000000a2}'::uuid[]
    || NULL::uuid) AS who;

-- Carts, what has no type, and what is wrong
INSERT INTO ecommerce.carts (id, session_id) VALUES
    ('01930000-0000-7000-8000-0000000000c1', 'a session');
INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity)
SELECT '01930000-0000-7000-8000-0000000000c1', id('KG'), 3;
SELECT rate, price FROM ecommerce.shipping_quote('01930000-0000-7000-8000-0000000000c1'::uuid,
    '{"postal_code": "54621"}');
SELECT rate, price FROM ecommerce.shipping_quote('01930000-0000-7000-8000-0000000000c1',
    '{"postal_code": "54621"}');
SELECT rate FROM ecommerce.shipping_quote(request => '{"cart_id":
    "01930000-0000-7000-8000-0000000000c1", "shipping_rate": "none", "shipping_address": {"country":
    "GR", "postal_code": "54621"}}'::jsonb);
SELECT failure(format('SELECT * FROM ecommerce.shipping_quote(%s)', v)), v
FROM unnest(ARRAY['NULL::jsonb', 'NULL::uuid', 'NULL::text', '''x''', '''[]''', '''{}''',
    '''{"a": 1}''',
    '''01930000-0000-7000-8000-0000000000ff''', '''[{"sku": "NONE", "quantity": 1}]''',
    '''[{"sku": "KG", "quantity": 1}]''', '''[{"sku": "KG", "quantity": 0}]''',
    '''[{"sku": "KG", "quantity": 1}]'', ''{"country": "gr"}''',
    '''[{"sku": "KG", "quantity": 1}]'', ''{"zip": "1"}''',
    '''[{"sku": "KG", "quantity": 1}]'', ''1''',
    '''[{"sku": "KG", "quantity": 1}]'', ''{"country": "GR", "postal_code": "X"}''',
    '''{"items": [{"sku": "KG", "quantity": 1}], "shipping_address": {"country": "GR"}}'', ''{}''',
    '''[{"sku": "KG", "quantity": 1}]'', NULL, NULL',
    '''[{"sku": "KG", "quantity": 1}]'', NULL, 2']) AS v;
-- another tenant whose rows have the same ids changes nothing
SELECT ecommerce.create_tenant('Twin', 'GR') AS twin;
SET ecommerce.tenant = 1;
SELECT zone('GR', NULL, '54621'), offers(items('KG', 1));
INSERT INTO ecommerce.products
SELECT (jsonb_populate_record(p, '{"tenant_id": 2, "weight": 99}')).* FROM ecommerce.products p;
INSERT INTO ecommerce.delivery_zones
SELECT (jsonb_populate_record(z, '{"tenant_id": 2}')).* FROM ecommerce.delivery_zones z;
INSERT INTO ecommerce.delivery_zone_places
SELECT (jsonb_populate_record(p, '{"tenant_id": 2, "is_excluded": true}')).*
FROM ecommerce.delivery_zone_places p;
INSERT INTO ecommerce.delivery_methods
SELECT (jsonb_populate_record(m, '{"tenant_id": 2, "is_active": true}')).*
FROM ecommerce.delivery_methods m;
INSERT INTO ecommerce.delivery_rates
SELECT (jsonb_populate_record(r, '{"tenant_id": 2, "price": 0.01, "group_id": null}')).*
FROM ecommerce.delivery_rates r WHERE currency = 'EUR';
SELECT zone('GR', NULL, '54621'), offers(items('KG', 1));
RESET ecommerce.tenant;
-- what is used cannot be deleted
SELECT failure('DELETE FROM ecommerce.delivery_zones'),
    failure('DELETE FROM ecommerce.delivery_methods');
DELETE FROM ecommerce.delivery_rates;
DELETE FROM ecommerce.delivery_zones;
SELECT count(*) FROM ecommerce.delivery_zone_places;
DROP FUNCTION pattern, zone, zid, mid, offers;
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
