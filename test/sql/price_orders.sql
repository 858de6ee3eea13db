-- Orders at the prices of sales, lists and tiers, in other currencies, and of goods by weight.
CREATE EXTENSION ecommerce;

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (id, sku, name, price, vat_class, base_quantity, unit_code,
    track_stock) VALUES
    ('01930000-0000-7000-8000-00000000000a', 'PEN', 'A pen', 10, 'standard', 1, 'C62', true),
    ('01930000-0000-7000-8000-00000000000b', 'BOOK', 'A book', 7.333, 'reduced', 1, 'C62', false),
    ('01930000-0000-7000-8000-00000000000c', 'CHEESE', 'Cheese', 3, 'reduced', 1000, 'GRM', false),
    ('01930000-0000-7000-8000-00000000000d', 'WIRE', 'Wire', 0.333, 'standard', 1, 'MTR', false),
    ('01930000-0000-7000-8000-00000000000e', 'SCREW', 'Screws', 1, 'standard', 3, 'H87', false);
SELECT ecommerce.adjust_stock('PEN', 1000000, 'receipt');
INSERT INTO ecommerce.customer_groups (id, name) VALUES
    ('01930000-0000-7000-8000-0000000000e1', 'Resellers'),
    ('01930000-0000-7000-8000-0000000000e2', 'Exporters');
INSERT INTO ecommerce.users (id, email, group_id) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'reseller@example.com',
     '01930000-0000-7000-8000-0000000000e1'),
    ('01930000-0000-7000-8000-0000000000a2', 'exporter@example.com',
     '01930000-0000-7000-8000-0000000000e2');
\set reseller '01930000-0000-7000-8000-0000000000a1'
\set exporter '01930000-0000-7000-8000-0000000000a2'
CREATE VIEW pg_temp.lines AS
SELECT i.sku, i.kind, i.quantity, i.unit_price, i.base_quantity, i.unit_code, i.net, i.vat,
    i.net + i.vat AS gross, o.currency, o.prices
FROM ecommerce.orders o
JOIN ecommerce.order_items i ON i.tenant_id = 1 AND i.order_id = o.id
    AND i.order_created_at = o.created_at
WHERE o.tenant_id = 1 AND o.id = ecommerce.placed_order_id() ORDER BY i.line_number;

-- by weight and length: a line is rounded once, whatever the price of a unit would be
BEGIN;
SELECT net, vat, gross FROM ecommerce.place_order('[{"sku": "CHEESE", "quantity": 333},
    {"sku": "WIRE", "quantity": 3}, {"sku": "SCREW", "quantity": 1},
    {"sku": "SCREW", "quantity": 4}, {"sku": "CHEESE", "quantity": 1}]');
SELECT * FROM pg_temp.lines;
SELECT ecommerce.calculate_totals(jsonb_build_object('currency', 'EUR', 'prices', 'gross', 'lines',
        jsonb_agg(jsonb_build_object('quantity', i.quantity, 'unit_price', i.unit_price,
            'base_quantity', i.base_quantity, 'vat_rate', i.vat_rate)))) -> 'totals'
        @> jsonb_build_object('net', o.net, 'vat', o.vat, 'gross', o.gross) AS document,
    (t.total).gross = o.gross AND (t.total).vat = o.vat AS aggregate
FROM ecommerce.orders o
JOIN ecommerce.order_items i ON i.order_id = o.id
CROSS JOIN LATERAL (SELECT ecommerce.order_totals(l.quantity, l.unit_price, l.vat_rate, 'EUR',
        'gross', l.base_quantity) AS total
    FROM ecommerce.order_items l WHERE l.order_id = o.id) t
WHERE o.id = ecommerce.placed_order_id() GROUP BY o.id, o.created_at, o.tenant_id, t.total;
COMMIT;
-- what is on the order stays when the product changes
UPDATE ecommerce.products SET base_quantity = 100, unit_code = 'KGM' WHERE sku = 'CHEESE';
SELECT DISTINCT base_quantity, unit_code, unit_price FROM ecommerce.order_items
WHERE sku = 'CHEESE';
UPDATE ecommerce.products SET base_quantity = 1000, unit_code = 'GRM' WHERE sku = 'CHEESE';
-- as much as there can be, and too much
SELECT gross FROM ecommerce.place_order('[{"sku": "CHEESE", "quantity": 1000000000}]');
UPDATE ecommerce.products SET price = 999999999999999.999999999 WHERE sku = 'CHEESE';
SELECT gross FROM ecommerce.place_order('[{"sku": "CHEESE", "quantity": 1000}]');
SELECT failure($$SELECT ecommerce.place_order('[{"sku": "CHEESE", "quantity": 1000000000}]')$$)
    AS order, failure($$SELECT * FROM ecommerce.product_prices('[{"sku": "BOOK", "quantity": 1},
            {"sku": "CHEESE", "quantity": 1000000000}]')$$) AS price;
UPDATE ecommerce.products SET price = 3, base_quantity = 1000 WHERE sku = 'CHEESE';
-- the aggregate refuses what is no base
SELECT failure(format('SELECT ecommerce.order_totals(1, 1, 24, ''EUR'', ''net'', %s)', base)), base
FROM unnest('{0,-1,''NaN'',1e-30,"NULL",0.001}'::text[]) AS base;
SELECT ecommerce.order_totals(q, 3, 24, 'EUR', 'net', b) FROM (VALUES (333, 1000), (5, 10), (7, 1))
    AS v (q, b);

-- plain SQL says how many units, too
SELECT failure(format('INSERT INTO ecommerce.order_items (order_id, order_created_at, line_number,
        product_id, name, quantity, unit_price, base_quantity, unit_code, vat_category, vat_rate,
        net, vat)
    SELECT id, created_at, 99, %L, ''X'', 1, 0, %s, ''S'', 0, 0, 0 FROM ecommerce.orders LIMIT 1',
    '01930000-0000-7000-8000-00000000000c', v)), v
FROM unnest(ARRAY['0, ''GRM''', '-1, ''GRM''', '1000000001, ''GRM''', '1, ''g''',
    'NULL, ''GRM''']) AS v;

-- a sale
UPDATE ecommerce.products SET sale_price = 8 WHERE sku = 'PEN';
SELECT gross FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 2, "unit_price": 8}]');
SELECT failure($$SELECT ecommerce.place_order('[{"sku": "PEN", "quantity": 2,
            "unit_price": 10}]')$$) AS list_price;
UPDATE ecommerce.products SET sale_to = now() WHERE sku = 'PEN';
SELECT gross AS after FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 2}]');
SELECT failure($$SELECT ecommerce.place_order('[{"sku": "PEN", "quantity": 2,
            "unit_price": 8}]')$$) AS sale_price;

-- lists: a cart that saw another price is told both, and the rule; tiers count all lines
INSERT INTO ecommerce.price_lists (id, name, group_id, currency, prices) VALUES
    ('01930000-0000-7000-8000-0000000000f1', 'Summer', NULL, 'EUR', 'gross'),
    ('01930000-0000-7000-8000-0000000000f2', 'Resellers', '01930000-0000-7000-8000-0000000000e1',
     'EUR', 'net'),
    ('01930000-0000-7000-8000-0000000000f3', 'Dollars', NULL, 'USD', 'gross'),
    ('01930000-0000-7000-8000-0000000000f4', 'Exporters', '01930000-0000-7000-8000-0000000000e2',
     'USD', 'net');
INSERT INTO ecommerce.prices (price_list_id, product_id, min_quantity, price) VALUES
    ('01930000-0000-7000-8000-0000000000f1', '01930000-0000-7000-8000-00000000000a', 5, 9),
    ('01930000-0000-7000-8000-0000000000f2', '01930000-0000-7000-8000-00000000000a', 1, 6),
    ('01930000-0000-7000-8000-0000000000f2', '01930000-0000-7000-8000-00000000000c', 1, 2.5);
INSERT INTO ecommerce.carts (id, session_id) VALUES
    ('01930000-0000-7000-8000-0000000000c1', 'visitor');
INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity, unit_price) VALUES
    ('01930000-0000-7000-8000-0000000000c1', '01930000-0000-7000-8000-00000000000a', 5, 10),
    ('01930000-0000-7000-8000-0000000000c1', '01930000-0000-7000-8000-00000000000b', 1, 7.333);
SELECT failure($$SELECT ecommerce.place_order(
        cart_id => '01930000-0000-7000-8000-0000000000c1')$$);
UPDATE ecommerce.cart_items SET unit_price = 9 WHERE quantity = 5;
SELECT gross FROM ecommerce.place_order(cart_id => '01930000-0000-7000-8000-0000000000c1');
SELECT gross AS four FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 4}]');
SELECT gross AS two_and_three FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 2},
    {"sku": "PEN", "quantity": 3}]');

-- net prices make a net order, whose charges are net; one order is never both
BEGIN;
SELECT net, vat, gross FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 2},
    {"sku": "CHEESE", "quantity": 333}]', user_id => :'reseller',
    charges => '[{"kind": "shipping", "amount": 1}]');
SELECT * FROM pg_temp.lines;
COMMIT;
SELECT failure(format('SELECT ecommerce.place_order(%L, user_id => %L)',
        '[{"sku": "PEN", "quantity": 2}, {"sku": "BOOK", "quantity": 1}]', :'reseller')) AS mixed,
    failure(format('SELECT ecommerce.quote_order(%L)', jsonb_build_object('user_id', :'reseller',
        'items', jsonb '[{"sku": "BOOK", "quantity": 2}, {"sku": "PEN", "quantity": 1}]')))
        AS quote;
SELECT prices, unit_price FROM ecommerce.product_prices('[{"sku": "PEN", "quantity": 2},
    {"sku": "BOOK", "quantity": 1}]', :'reseller');
-- a customer whose prices are the shop's
SELECT gross FROM ecommerce.place_order('[{"sku": "BOOK", "quantity": 1}]',
    user_id => :'reseller');

-- other currencies
SELECT failure($$SELECT ecommerce.place_order('[{"sku": "PEN", "quantity": 1},
            {"sku": "BOOK", "quantity": 1}]', currency => 'USD')$$) AS none;
INSERT INTO ecommerce.prices (price_list_id, product_id, min_quantity, price) VALUES
    ('01930000-0000-7000-8000-0000000000f3', '01930000-0000-7000-8000-00000000000a', 1, 12.4),
    ('01930000-0000-7000-8000-0000000000f4', '01930000-0000-7000-8000-00000000000a', 1, 11);
SELECT failure($$SELECT ecommerce.quote_order('{"items": [{"sku": "PEN", "quantity": 1},
            {"sku": "BOOK", "quantity": 1}], "currency": "USD"}')$$) AS one;
BEGIN;
SELECT net, vat, gross, currency FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]',
    currency => 'USD');
SELECT * FROM pg_temp.lines;
COMMIT;
SELECT net, vat, gross, currency FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]',
    currency => 'USD', user_id => :'exporter');
SELECT jsonb_path_query_array(ecommerce.quote_order('{"items": [{"sku": "PEN", "quantity": 1}],
        "currency": "USD"}'), '$.lines[*].*') AS quote;
-- what a coupon takes off in another currency is none
INSERT INTO ecommerce.coupons (code, kind, value, currency) VALUES ('FIVE', 'amount', 5, 'EUR'),
    ('TEN', 'percent', 10, NULL);
SELECT failure($$SELECT ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]', currency => 'USD',
            coupon_codes => '{FIVE}')$$) AS amount;
SELECT gross AS percent FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]',
    currency => 'USD', coupon_codes => '{TEN}');
-- a retry in another currency is another request
SELECT gross FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]', idempotency_key => 'k',
    currency => 'USD');
SELECT gross FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]', idempotency_key => 'k',
    currency => 'USD');
SELECT failure($$SELECT ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]',
            idempotency_key => 'k')$$) AS other;

-- history: its own prices, or those of its time
SELECT gross, currency FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1,
        "unit_price": 3.21}]', currency => 'CHF', placed_at => now() - interval '1 day');
SELECT failure($$SELECT ecommerce.place_order('[{"sku": "PEN", "quantity": 1, "unit_price": 3},
            {"sku": "BOOK", "quantity": 1}]', currency => 'CHF', placed_at => now())$$) AS no_price;
UPDATE ecommerce.products SET sale_from = now() - interval '2 days',
    sale_to = now() - interval '1 day' WHERE sku = 'PEN';
SELECT gross AS in_the_sale FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]',
    placed_at => now() - interval '36 hours');
SELECT failure(format('SELECT ecommerce.place_order(%L, user_id => %L, placed_at => now())',
        '[{"sku": "PEN", "quantity": 1}, {"sku": "CHEESE", "quantity": 1, "unit_price": 3}]',
        :'reseller')) AS net_and_given;

-- what is sent back is what was paid for it
SELECT * FROM ecommerce.verify_integrity();

-- quote, order and prices agree, over many requests
CREATE FUNCTION pg_temp.compare(request jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_quote jsonb;
    v_order record;
    v_state text;
BEGIN
    BEGIN
        v_quote := ecommerce.quote_order(request);
    EXCEPTION WHEN OTHERS THEN
        v_state := SQLSTATE;
    END;
    BEGIN
        SELECT * INTO v_order FROM ecommerce.place_order(request);
    EXCEPTION WHEN OTHERS THEN
        RETURN CASE WHEN SQLSTATE = v_state THEN SQLSTATE ELSE 'FAILURES DIFFER ' || SQLERRM END;
    END;
    IF (v_quote #>> '{totals,gross}')::numeric <> v_order.gross THEN
        RETURN 'TOTALS DIFFER';
    ELSIF EXISTS (
        SELECT FROM ecommerce.product_prices(request -> 'items', (request ->> 'user_id')::uuid,
            NULL, request ->> 'currency') p
        FULL JOIN (SELECT * FROM ecommerce.order_items WHERE order_id = v_order.id) i
               ON i.line_number = p.line
        JOIN ecommerce.orders o ON o.id = v_order.id
        WHERE (p.sku, p.quantity, p.unit_price, p.base_quantity, p.unit_code, p.prices, p.currency,
               p.amount)
           IS DISTINCT FROM (i.sku, i.quantity, i.unit_price, i.base_quantity, i.unit_code,
               o.prices, o.currency, CASE o.prices WHEN 'net' THEN i.net ELSE i.net + i.vat END)
           OR (p.rule, p.price_list, p.min_quantity::text)
              IS DISTINCT FROM (v_quote #>> ARRAY['lines', (p.line - 1)::text, 'rule'],
               v_quote #>> ARRAY['lines', (p.line - 1)::text, 'price_list'],
               v_quote #>> ARRAY['lines', (p.line - 1)::text, 'min_quantity'])) THEN
        RETURN 'LINES DIFFER';
    END IF;
    RETURN v_order.currency || ' ' || (v_quote ->> 'prices');
END $$;
CREATE FUNCTION pg_temp.any_of(VARIADIC choices text[]) RETURNS jsonb LANGUAGE sql AS
    'SELECT choices[1 + floor(random() * cardinality(choices))]::jsonb';
UPDATE ecommerce.products SET sale_from = NULL, sale_to = NULL WHERE sku = 'PEN';
INSERT INTO ecommerce.prices (price_list_id, product_id, min_quantity, price)
SELECT l.id, p.id, t, round((p.price * (1 + l.priority) / (1 + t % 7))::numeric, t % 4)
FROM ecommerce.price_lists l CROSS JOIN ecommerce.products p
CROSS JOIN unnest('{1, 10, 500}'::integer[]) AS t
WHERE p.sku <> 'BOOK' ON CONFLICT DO NOTHING;
SELECT setseed(0.14);
SELECT result, count(*) > 5 AS some FROM (
    SELECT pg_temp.compare(jsonb_strip_nulls(jsonb_build_object(
        'items', (SELECT jsonb_agg(jsonb_build_object('sku', pg_temp.any_of('"PEN"', '"CHEESE"',
                    '"WIRE"', '"SCREW"', CASE WHEN n % 3 = 0 THEN '"BOOK"' ELSE '"PEN"' END),
                'quantity', 1 + floor(random() * (3 * 10 ^ (m % 3)))))
            FROM generate_series(1, 1 + n % 4) m),
        'currency', pg_temp.any_of('null', 'null', '"EUR"', '"USD"', '"CHF"'),
        'user_id', pg_temp.any_of('null', to_jsonb(:'reseller'::text)::text,
            to_jsonb(:'exporter'::text)::text)))) AS result
    FROM generate_series(1, 250) n) r GROUP BY 1 ORDER BY 1;
SELECT * FROM ecommerce.verify_integrity();

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
