-- A quote is what an order comes to, and nothing is written or locked for it.
CALL ecommerce_test.new_shop();
UPDATE ecommerce.settings SET country = 'GR', oss = true WHERE tenant_id = 1;
INSERT INTO ecommerce.products (id, sku, name, price, vat_class, track_stock) VALUES
    ('01930000-0000-7000-8000-0000000000b1', 'LAMP', 'A lamp', 99.90, 'standard', true),
    ('01930000-0000-7000-8000-0000000000b2', 'BOOK', 'A book', 7.333, 'reduced', true),
    ('01930000-0000-7000-8000-0000000000b3', 'FILE', 'A file', 0.05, 'standard', false);
INSERT INTO ecommerce.warehouses (id, name) VALUES (2, 'Second');
SELECT ecommerce.adjust_stock('LAMP', 5, 'receipt'), ecommerce.adjust_stock('BOOK', 200, 'receipt'),
       ecommerce.adjust_stock('BOOK', 50, 'receipt', warehouse_id => 2),
       ecommerce.set_backorder_limit('LAMP', 3);
INSERT INTO ecommerce.coupons (code, kind, value, currency, max_redemptions, minimum) VALUES
    ('TEN', 'percent', 10, NULL, NULL, 0), ('FIVE', 'amount', 5, 'EUR', 30, 20),
    ('SHIP', 'free_shipping', NULL, NULL, NULL, 0), ('GONE', 'percent', 5, NULL, 1, 0);
INSERT INTO ecommerce.users (id, email) VALUES ('01930000-0000-7000-8000-0000000000a1',
    'a@example.com');

SELECT jsonb_pretty(ecommerce.quote_order('{"items": [{"sku": "LAMP", "quantity": 2},
    {"product_id": "01930000-0000-7000-8000-0000000000b2", "quantity": "3"}],
    "coupon_codes": [" ten", "FIVE", "NONE", "SHIP"], "charges": [{"kind": "shipping", "amount":
        4.90}],
    "shipping_address": {"country": "DE"}}'));
SELECT jsonb_pretty(ecommerce.quote_order('[{"sku": "LAMP", "quantity": 9}, {"sku": "BOOK",
    "quantity": 251}]') -> 'short');
-- what nobody pays for any more counts as free
SELECT id FROM ecommerce.reserve_stock('[{"sku": "LAMP", "quantity": 4}]') \gset held_
SELECT ecommerce.quote_order('[{"sku": "LAMP", "quantity": 5}]') -> 'short' AS held,
       ecommerce.quote_order(jsonb_build_object('reservation_id', :'held_id')) #>
           '{lines,0,quantity}' AS reserved,
       ecommerce.quote_order(jsonb_build_object('reservation_id', :'held_id',
           'items', jsonb '[{"sku": "LAMP", "quantity": 9}]')) -> 'short' AS more;
UPDATE ecommerce.stock_reservations SET created_at = now() - interval '2 hours', expires_at = now()
    - interval '1 hour';
SELECT ecommerce.quote_order('[{"sku": "LAMP", "quantity": 8}]') -> 'short' AS expired,
       ecommerce.quote_order('[{"sku": "LAMP", "quantity": 9}]') -> 'short' AS too_many;
SELECT failure(format('SELECT ecommerce.quote_order(%L)', request)) AS failure, request FROM
    unnest(ARRAY[
    '[]', '{}', '1', '"[]"', '[{"sku": "NONE", "quantity": 1}]', '{"item": []}', NULL,
    '{"items": [{"sku": "LAMP", "quantity": 1}], "expected_total": 1}',
    '[{"sku": "LAMP", "quantity": 1, "unit_price": 1}]',
    '{"reservation_id": "01930000-0000-7000-8000-0000000000ff"}',
    '{"cart_id": "01930000-0000-7000-8000-0000000000ff"}']) AS request;

-- nothing is written or locked
BEGIN READ ONLY;
SELECT ecommerce.quote_order('{"items": [{"sku": "LAMP", "quantity": 1}, {"sku": "FILE",
    "quantity": 7}],
    "coupon_codes": ["FIVE"], "user_id": "01930000-0000-7000-8000-0000000000a1", "idempotency_key":
        "k",
    "shipping_address": {"country": "DE"}}') #>> '{totals,gross}' AS gross;
SELECT pg_current_xact_id_if_assigned();
SELECT DISTINCT mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND c.relname IN ('stock', 'coupons', 'products',
    'stock_reservations', 'users');
COMMIT;

-- the same as the order, over many requests
CREATE FUNCTION pg_temp.compare(request jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_quote   jsonb;
    v_failure text;
    v_message text;
    v_detail  text;
    v_order   record;
    v_same    boolean;
BEGIN
    BEGIN
        v_quote := ecommerce.quote_order(request);
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS v_message = MESSAGE_TEXT, v_detail = PG_EXCEPTION_DETAIL;
        v_failure := concat_ws(' ', SQLSTATE, v_message, v_detail);
    END;
    BEGIN
        SELECT * INTO v_order FROM ecommerce.place_order(request);
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS v_message = MESSAGE_TEXT, v_detail = PG_EXCEPTION_DETAIL;
        IF SQLSTATE = 'EC001' THEN
            RETURN CASE WHEN v_quote -> 'short' = v_detail::jsonb THEN 'short' ELSE 'SHORT DIFFERS'
                END;
        ELSIF SQLSTATE = 'EC019' THEN
            RETURN CASE WHEN (SELECT jsonb_agg(c) FROM jsonb_array_elements(v_quote -> 'coupons') c
                              WHERE c ? 'reason') = v_detail::jsonb THEN 'coupons' ELSE
                                  'COUPONS DIFFER' END;
        ELSIF SQLSTATE = 'EC018' THEN
            RETURN CASE WHEN v_quote #>> '{totals,gross}' <> request ->> 'expected_total'
                   THEN 'total' ELSE 'TOTAL DIFFERS' END;
        END IF;
        RETURN CASE WHEN v_failure = concat_ws(' ', SQLSTATE, v_message, v_detail)
               THEN 'failure ' || SQLSTATE ELSE 'FAILURES DIFFER' END;
    END;
    SELECT (SELECT jsonb_agg(l.line - '{rule,price_list,min_quantity}'::text[] ORDER BY l.n)
            FROM jsonb_array_elements(v_quote -> 'lines') WITH ORDINALITY l (line, n))
           = jsonb_agg(jsonb_strip_nulls(jsonb_build_object('line',
        i.line_number,
               'kind', i.kind, 'product_id', i.product_id, 'sku', i.sku, 'name', i.name,
               'quantity', i.quantity, 'unit_price', i.unit_price, 'base_quantity',
                   i.base_quantity, 'unit_code', i.unit_code, 'discount', i.discount,
               'vat_category', i.vat_category, 'vat_rate', i.vat_rate, 'net', i.net, 'vat', i.vat,
               'gross', i.net + i.vat)) ORDER BY i.line_number)
           AND v_quote -> 'short' = '[]' AND NOT v_quote @? '$.coupons[*].reason'
           AND (v_quote #>> '{totals,net}', v_quote #>> '{totals,vat}', v_quote #>>
               '{totals,payable}',
                v_quote ->> 'currency', v_quote ->> 'country', v_quote ->> 'region', v_quote ->>
                    'prices',
                v_quote ->> 'vat_scheme', v_quote ->> 'vat_reason')
               IS NOT DISTINCT FROM
               (o.net::text, o.vat::text, o.gross::text, o.currency, o.country, o.region, o.prices,
                o.vat_scheme, o.vat_reason)
    INTO v_same
    FROM ecommerce.orders o JOIN ecommerce.order_items i ON i.tenant_id = 1 AND i.order_id = o.id
    WHERE o.tenant_id = 1 AND o.id = v_order.id GROUP BY o.tenant_id, o.id, o.created_at;
    RETURN CASE WHEN v_same THEN 'order' ELSE 'ORDER DIFFERS' END;
END $$;
CREATE FUNCTION pg_temp.any_of(VARIADIC choices text[]) RETURNS jsonb LANGUAGE sql AS
    'SELECT choices[1 + floor(random() * cardinality(choices))]::jsonb';
SELECT ecommerce.place_order('{"items": [{"sku": "FILE", "quantity": 100}],
    "coupon_codes": ["GONE"]}') IS NOT NULL AS gone;
SELECT setseed(0.13);
CREATE TEMP TABLE requests AS
SELECT n, jsonb_strip_nulls(jsonb_build_object(
    'items', pg_temp.any_of('[{"sku": "BOOK", "quantity": 3}]', '[{"sku": "FILE", "quantity": 7}]',
        '[{"sku": "LAMP", "quantity": 1}, {"sku": "BOOK", "quantity": 1}, {"sku": "LAMP",
            "quantity": 1}]',
        '[{"sku": "BOOK", "quantity": 11}, {"sku": "FILE", "quantity": 333}]',
        '[{"sku": "BOOK", "quantity": 5, "unit_price": 7.333}, {"sku": "FILE", "quantity": 1}]',
        '[{"sku": "FILE", "quantity": 1, "unit_price": 7}]'),
    'coupon_codes', pg_temp.any_of('null', 'null', '["TEN"]', '["FIVE", "TEN"]', '["SHIP", "GONE"]',
        '["SHIP"]'),
    'charges', pg_temp.any_of('null', '[{"kind": "shipping", "amount": 4.90}]',
        '[{"kind": "fee", "amount": 1.01, "vat": "highest"}, {"kind": "shipping", "amount": 3}]'),
    'allowances', pg_temp.any_of('null', 'null', '[{"percent": 3.5}]',
        '[{"amount": 0.07}, {"percent": 50}]'),
    'shipping_address', pg_temp.any_of('null', '{"country": "GR"}', '{"country": "DE"}',
        '{"country": "US"}',
        '{"country": "GR", "postal_code": "81100"}'),
    'user_id', pg_temp.any_of('null', '"01930000-0000-7000-8000-0000000000a1"'),
    'buyer_vat_id', pg_temp.any_of('null', 'null', '"DE136695976"'),
    'expected_total', pg_temp.any_of('null', 'null', 'null', '12.34'))) AS request
FROM generate_series(1, 150) n;
SELECT prices, result, count(*) > 0 AS some FROM (
    SELECT 'gross' AS prices, pg_temp.compare(request) AS result FROM requests) r GROUP BY 1, 2
        ORDER BY 1, 2;
UPDATE ecommerce.settings SET prices = 'net';
SELECT ecommerce.adjust_stock('LAMP', 100, 'receipt'), ecommerce.adjust_stock('BOOK', 1000,
    'receipt') > 0 AS more;
UPDATE ecommerce.coupons SET max_redemptions = 1000 WHERE code = 'FIVE' AND tenant_id = 1;
SELECT result, count(*) > 10 AS many FROM (SELECT pg_temp.compare(request) AS result FROM requests)
    r
WHERE result IN ('order') OR result ~ 'DIFF' GROUP BY 1 ORDER BY 1;
UPDATE ecommerce.settings SET currency = 'JPY';
SELECT result, count(*) > 10 AS many FROM (SELECT pg_temp.compare(request - 'allowances' -
    'charges') AS result FROM requests) r
WHERE result IN ('order') OR result ~ 'DIFF' GROUP BY 1 ORDER BY 1;
-- a cart, and one of a reservation
INSERT INTO ecommerce.carts (id, user_id) VALUES ('01930000-0000-7000-8000-0000000000c1',
    '01930000-0000-7000-8000-0000000000a1');
INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity) VALUES
    ('01930000-0000-7000-8000-0000000000c1', '01930000-0000-7000-8000-0000000000b1', 2);
SELECT pg_temp.compare('{"cart_id": "01930000-0000-7000-8000-0000000000c1"}');
SELECT pg_temp.compare('{"cart_id": "01930000-0000-7000-8000-0000000000c1"}');
SELECT pg_temp.compare(jsonb_build_object('reservation_id',
    (ecommerce.reserve_stock('[{"sku": "LAMP", "quantity": 4}]')).id));
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
