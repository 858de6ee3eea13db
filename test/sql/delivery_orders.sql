-- The rate of delivery that an order chooses.
CALL ecommerce_test.new_shop();
CREATE ROLE regress_front;
SELECT ecommerce.create_tenant('Second', 'DE') AS second \gset
SET ecommerce.tenant = 1;
UPDATE ecommerce.settings SET country = 'GR', oss = true WHERE tenant_id = 1;
SELECT ecommerce.grant_access('regress_front', 'storefront') IS NOT NULL AS granted;
GRANT USAGE ON SCHEMA public TO regress_front;
\set ann '01930000-0000-7000-8000-0000000000a1'
\set bob '01930000-0000-7000-8000-0000000000a2'
INSERT INTO ecommerce.users (tenant_id, id, email) VALUES (1, :'ann', 'ann@example.com'),
    (1, :'bob', 'bob@example.com');
INSERT INTO ecommerce.products (tenant_id, id, sku, name, price, weight, vat_class, supply,
    track_stock)
VALUES (1, '01930000-0000-7000-8000-0000000000b1', 'LAMP', 'Lamp', 24.80, 1.2, 'standard', 'goods',
        false),
    (1, '01930000-0000-7000-8000-0000000000b2', 'BOOK', 'Book', 10.60, 0.5, 'reduced', 'goods',
        false),
    (1, '01930000-0000-7000-8000-0000000000b3', 'FILE', 'File', 5, NULL, 'standard', 'digital',
        false),
    (2, '01930000-0000-7000-8000-0000000000b4', 'LAMP', 'Lamp', 1, 1, 'standard', 'goods', false);
INSERT INTO ecommerce.delivery_zones (tenant_id, id, name) VALUES
    (1, '01930000-0000-7000-8000-0000000000e1', 'Greece'),
    (1, '01930000-0000-7000-8000-0000000000e2', 'Union'),
    (2, '01930000-0000-7000-8000-0000000000e3', 'Other shop');
INSERT INTO ecommerce.delivery_zone_places (tenant_id, zone_id, country) VALUES
    (1, '01930000-0000-7000-8000-0000000000e1', 'GR'),
    (1, '01930000-0000-7000-8000-0000000000e2', 'DE'),
    (2, '01930000-0000-7000-8000-0000000000e3', '');
INSERT INTO ecommerce.delivery_methods (tenant_id, id, code, name, carrier, vat, sort_order) VALUES
    (1, '01930000-0000-7000-8000-0000000000f1', 'post', 'By post', 'ELTA', 'proportional', 1),
    (1, '01930000-0000-7000-8000-0000000000f2', 'courier', 'By courier', NULL, 'highest', 2),
    (2, '01930000-0000-7000-8000-0000000000f3', 'post', 'Other', NULL, 'highest', 2);
INSERT INTO ecommerce.delivery_rates (tenant_id, id, code, method_id, zone_id, weight_to, price,
    price_per_kg, free_from)
SELECT t, ('01930000-0000-7000-8000-0000000000d' || n)::uuid, code,
    ('01930000-0000-7000-8000-0000000000f' || m)::uuid,
    ('01930000-0000-7000-8000-0000000000e' || z)::uuid, to_kg, price, per_kg, free_from
FROM (VALUES (1, 1, 'gr-post', 1, 1, 2.0, 3.10, 0.0, 50.0),
    (1, 2, 'gr-courier', 2, 1, NULL, 6, 1, NULL),
    (1, 3, 'de-post', 1, 2, 10, 11.9, 0, NULL), (2, 4, 'gr-post', 3, 3, NULL, 0.01, 0, NULL))
    AS v (t, n, code, m, z, to_kg, price, per_kg, free_from);
CREATE FUNCTION lines(order_id uuid) RETURNS TABLE (kind text, sku text, name text,
    quantity integer, unit_price numeric, discount numeric, vat_rate numeric, net numeric,
    vat numeric)
    LANGUAGE sql AS $$
    SELECT i.kind, i.sku, i.name, i.quantity, i.unit_price, i.discount, i.vat_rate, i.net, i.vat
    FROM ecommerce.order_items i WHERE i.order_id = lines.order_id ORDER BY i.line_number $$;
\set lamp '[{"sku": "LAMP", "quantity": 1}]'
\set both '[{"sku": "LAMP", "quantity": 1}, {"sku": "BOOK", "quantity": 1}]'

-- the rate is a line; its VAT follows the goods, or the highest of them
SELECT id, net, vat, gross FROM ecommerce.place_order(:'both', shipping_rate => 'gr-post') \gset o_
SELECT :o_net AS net, :o_vat AS vat, :o_gross AS gross;
SELECT * FROM lines(:'o_id');
SELECT id FROM ecommerce.place_order(:'both', shipping_rate => 'gr-courier') \gset o_
SELECT * FROM lines(:'o_id');
-- by id, in a request, in capitals
SELECT gross FROM ecommerce.place_order(jsonb_build_object('items', jsonb :'lamp', 'shipping_rate',
    '01930000-0000-7000-8000-0000000000D1'));
-- free from 50.00, after discounts; a line all the same
SELECT id FROM ecommerce.place_order(items('LAMP', 1) || items('BOOK', 3),
    shipping_rate => 'gr-courier', expected_total => 65.60) \gset o_
SELECT quantity, (ecommerce.place_order(items('BOOK', quantity), shipping_rate => 'gr-post')).gross
FROM unnest('{3,4}'::int[]) quantity;
UPDATE ecommerce.delivery_rates SET weight_to = NULL WHERE code = 'gr-post';
SELECT id FROM ecommerce.place_order(items('BOOK', 5), shipping_rate => 'gr-post') \gset o_
SELECT * FROM lines(:'o_id');
-- beside charges of those who may say them
SELECT id FROM ecommerce.place_order(:'lamp', shipping_rate => 'gr-post', charges =>
    '[{"kind": "fee", "amount": 1, "name": "Gift wrap"}, {"amount": 2}]') \gset o_
SELECT * FROM lines(:'o_id');
-- where it goes: shipping address, else billing address, else at home
SELECT gross FROM ecommerce.place_order(:'lamp', shipping_rate => 'de-post',
    shipping_address => '{"country": "DE"}', billing_address => '{"country": "GR"}');
SELECT gross FROM ecommerce.place_order(:'lamp', shipping_rate => 'de-post',
    billing_address => '{"country": "DE"}');
-- without a rate nothing is charged
SELECT gross FROM ecommerce.place_order(:'lamp');

-- what is not offered
SELECT failure(format('SELECT * FROM ecommerce.place_order(%s)', v), true), v
FROM unnest(ARRAY['items(''LAMP''), shipping_rate => ''none''',
    'items(''LAMP''), shipping_rate => ''''', 'items(''LAMP''), shipping_rate => ''GR-POST''',
    'items(''LAMP''), shipping_rate => ''de-post''',
    'items(''LAMP''), shipping_rate => ''01930000-0000-7000-8000-0000000000d4''',
    'items(''LAMP''), shipping_rate => ''gr-post'', shipping_address => ''{"country": "DE"}''',
    'items(''LAMP''), shipping_rate => ''gr-post'', shipping_address => ''{"country": "FR"}''',
    'items(''LAMP'', 10), shipping_rate => ''de-post'', shipping_address => ''{"country": "DE"}''',
    'items(''FILE''), shipping_rate => ''gr-post''',
    'items(''LAMP''), shipping_rate => repeat(''x'', 256)',
    '''{"items": [{"sku": "LAMP", "quantity": 1}], "shipping_rate": ["x"]}''',
    'items(''LAMP''), shipping_rate => ''gr-post'', expected_total => 24.80']) AS v;
-- files do not weigh, nor do they pay for a free delivery
SELECT gross FROM ecommerce.place_order(items('BOOK') || items('FILE', 100),
    shipping_rate => 'gr-post');

-- coupons: free_shipping needs something to take off, after the other coupons
INSERT INTO ecommerce.coupons (code, kind, value, currency, max_redemptions) VALUES
    ('SHIP', 'free_shipping', NULL, NULL, 10), ('TEN', 'percent', 10, NULL, NULL),
    ('GONE', 'percent', 50, NULL, 1);
SELECT id FROM ecommerce.place_order(:'lamp', shipping_rate => 'gr-post', coupon_codes => '{SHIP}')
    \gset o_
SELECT * FROM lines(:'o_id');
SELECT codes, failure(format('SELECT * FROM ecommerce.place_order(items(''BOOK'', 5),
    shipping_rate => ''gr-post'', coupon_codes => %L)', codes))
FROM unnest(ARRAY['{SHIP}', '{TEN}', '{SHIP,TEN}', '{TEN,SHIP}', '{SHIP,NONE}', '{GONE,SHIP}',
    '{GONE,SHIP}']) AS codes;
SELECT code, redemptions FROM ecommerce.coupons WHERE redemptions > 0 ORDER BY code;
SELECT codes, q #>> '{totals,gross}' AS gross, q -> 'coupons' AS coupons,
    q -> 'lines' -> -1 ->> 'unit_price' AS shipping, q -> 'lines' -> -1 ->> 'sku' AS rate
FROM unnest(ARRAY['["SHIP"]', '["TEN"]', '["SHIP", "TEN"]', '["GONE", "SHIP"]']::jsonb[]) AS codes
CROSS JOIN LATERAL ecommerce.quote_order(jsonb_build_object('items', items('BOOK', 5),
    'shipping_rate', 'gr-post', 'coupon_codes', codes)) AS q;

-- what is offered is what a quote says and what an order is charged, over many
CREATE FUNCTION compare(request jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r       record;
    v_quote jsonb;
    v_gross numeric;
    v_lines numeric;
BEGIN
    FOR r IN SELECT * FROM ecommerce.shipping_quote(request) LOOP
        v_quote := ecommerce.quote_order(request || jsonb_build_object('shipping_rate', r.rate));
        SELECT p.gross, sum(i.unit_price) INTO v_gross, v_lines
        FROM ecommerce.place_order(request || jsonb_build_object('shipping_rate', r.rate,
            'expected_total', v_quote #> '{totals,gross}')) p
        JOIN ecommerce.order_items i ON i.order_id = p.id AND i.kind = 'shipping' AND i.sku = r.rate
        GROUP BY p.id, p.gross;
        IF v_lines <> r.price THEN
            RETURN format('%s: %s, not %s', r.rate, v_lines, r.price);
        END IF;
    END LOOP;
    RETURN 'equal';
EXCEPTION WHEN OTHERS THEN RETURN SQLERRM;
END $$;
SELECT compare(jsonb_build_object('items', items('LAMP', n) || items('BOOK', m) || items('FILE', n),
    'coupon_codes', codes, 'shipping_address', jsonb_build_object('country', country))), count(*)
FROM generate_series(1, 3) n, generate_series(1, 4) m, unnest('{GR,DE}'::text[]) AS country,
    unnest(ARRAY['[]', '["TEN"]']::jsonb[]) AS codes GROUP BY 1;

-- A retry
SELECT failure(format('SELECT ecommerce.place_order(items(''LAMP''), shipping_rate => %L,
    idempotency_key => ''key'')', rate)), rate
FROM unnest('{gr-post,gr-post,gr-courier,01930000-0000-7000-8000-0000000000d1,NULL}'::text[])
    AS rate;
SELECT count(DISTINCT p.id) FROM unnest('{01930000-0000-7000-8000-0000000000D1,
    01930000-0000-7000-8000-0000000000d1}'::text[]) AS rate
CROSS JOIN LATERAL ecommerce.place_order(items('LAMP'), shipping_rate => rate,
    idempotency_key => 'other key') p;
UPDATE ecommerce.delivery_rates SET is_active = false WHERE code = 'gr-post';
SELECT gross FROM ecommerce.place_order(items('LAMP'), shipping_rate => 'gr-post',
    idempotency_key => 'key');
UPDATE ecommerce.delivery_rates SET is_active = true WHERE code = 'gr-post';

-- Many orders, and history
SELECT gross FROM ecommerce.place_orders('[{"items": [{"sku": "LAMP", "quantity": 1}],
    "shipping_rate": "gr-post"}, {"items": [{"sku": "LAMP", "quantity": 1}]}]');
SELECT failure('SELECT ecommerce.place_orders(''[{"items": [{"sku": "LAMP", "quantity": 1}]},
    {"items": [{"sku": "LAMP", "quantity": 1}], "shipping_rate": "none"}]'')');
SELECT gross FROM ecommerce.place_order(items('LAMP'), shipping_rate => 'gr-post',
    placed_at => now() - interval '1 day');
SELECT failure('SELECT ecommerce.place_order(items(''LAMP''), shipping_rate => ''gr-post'',
    placed_at => now() - interval ''1 day'', currency => ''USD'')');

-- A cart, a reservation
INSERT INTO ecommerce.carts (id, user_id) VALUES ('01930000-0000-7000-8000-0000000000c1', :'ann'),
    ('01930000-0000-7000-8000-0000000000c2', :'bob');
INSERT INTO ecommerce.carts (id, session_id) VALUES ('01930000-0000-7000-8000-0000000000c3', 's');
INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity)
SELECT c.id, '01930000-0000-7000-8000-0000000000b1', 1 FROM ecommerce.carts c;

-- A rate that is needed
UPDATE ecommerce.settings SET shipping_required = true WHERE tenant_id = 1;
SELECT gross FROM ecommerce.place_order(:'lamp');

-- A storefront chooses a rate, but not its price, nor one of another shop
RESET ecommerce.tenant;
SET ROLE regress_front;
BEGIN;
SELECT ecommerce.use_tenant(1), ecommerce.use_customer(:'ann') IS NOT NULL AS ann;
SELECT rate, price FROM ecommerce.shipping_quote('01930000-0000-7000-8000-0000000000c1');
SELECT rate, price FROM ecommerce.shipping_quote('01930000-0000-7000-8000-0000000000c3');
SELECT failure(v), v FROM unnest(ARRAY[
    'SELECT * FROM ecommerce.shipping_quote(''01930000-0000-7000-8000-0000000000c2'')',
    'SELECT * FROM ecommerce.shipping_quote(items(''LAMP''), NULL, 2)',
    format('SELECT * FROM ecommerce.shipping_quote(jsonb_build_object(''items'', items(''LAMP''),
        ''user_id'', %L))', :'bob'),
    'SELECT * FROM ecommerce.shipping_quote(''{"items": [{"sku": "LAMP", "quantity": 1}],
        "allowances": [{"amount": 1}]}'')',
    'SELECT * FROM ecommerce.delivery_rates', 'UPDATE ecommerce.delivery_rates SET price = 0',
    'SELECT * FROM ecommerce_internal.shipping_offers(1, NULL, NULL, NULL, 0, ''EUR'', ''GR'',
        NULL, NULL)',
    'SELECT * FROM ecommerce.place_order(items(''LAMP''), shipping_rate => ''gr-post'',
        charges => ''[{"amount": -3.1}]'')',
    'SELECT * FROM ecommerce.place_order(items(''LAMP''),
        shipping_rate => ''01930000-0000-7000-8000-0000000000d4'')']) AS v;
SELECT gross FROM ecommerce.place_order(cart_id => '01930000-0000-7000-8000-0000000000c1',
    shipping_rate => 'gr-post', expected_total => 27.90);
SELECT gross FROM ecommerce.place_order(cart_id => '01930000-0000-7000-8000-0000000000c3',
    shipping_rate => 'gr-courier');
SELECT failure('SELECT * FROM ecommerce.place_order(items(''LAMP''))', true),
    (ecommerce.place_order(items('FILE'))).gross,
    ecommerce.quote_order(items('LAMP')) #>> '{totals,gross}' AS quote;
SELECT kind, sku, name, net FROM ecommerce.order_items ORDER BY order_id, line_number;
COMMIT;
RESET ROLE;
SELECT rate, price FROM ecommerce.shipping_quote(items('LAMP'), '{"country": "DE"}', 2);
SET ecommerce.tenant = 1;
SELECT * FROM ecommerce_internal.order_problems();
SELECT ecommerce.revoke_access('regress_front') IS NOT NULL AS revoked;
REVOKE ALL ON SCHEMA public FROM regress_front;
DROP ROLE regress_front;
DROP FUNCTION lines, compare;
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
