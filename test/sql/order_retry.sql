-- A retry that says the same in other words is the same request, and another
-- request is told in what it differs.
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (id, sku, name, price, track_stock) VALUES
    ('01930000-0000-7000-8000-0000000000b1', 'LAMP', 'A lamp', 100, false),
    ('01930000-0000-7000-8000-0000000000b2', '0042', 'A book', 9.50, false);
INSERT INTO ecommerce.coupons (code, kind, value) VALUES ('SAVE10', 'percent', 10);
INSERT INTO ecommerce.users (id, email)
VALUES ('01930000-0000-7000-8000-0000000000a1', 'a@example.com');

-- Whether a second request is answered with the order of the first, or else why not
CREATE FUNCTION pg_temp.retry(first jsonb, second jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_first   uuid;
    v_second  uuid;
    v_message text;
    v_detail  text;
BEGIN
    v_first := (ecommerce.place_order(first || '{"idempotency_key": "K"}')).id;
    v_second := (ecommerce.place_order(second || '{"idempotency_key": "K"}')).id;
    RAISE EXCEPTION USING ERRCODE = 'P0001',
        MESSAGE = CASE v_first WHEN v_second THEN 'the same' ELSE 'two orders' END;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS v_message = MESSAGE_TEXT, v_detail = PG_EXCEPTION_DETAIL;
    RETURN CASE SQLSTATE WHEN 'P0001' THEN v_message
           WHEN 'EC007' THEN v_detail ELSE concat_ws(' ', SQLSTATE, v_message, v_detail) END;
END $$;

-- the same in other words
\set lamp '[{"sku": "LAMP", "quantity": 1}]'
SELECT first, second, pg_temp.retry(
    first::jsonb || jsonb_build_object('items', coalesce(first::jsonb -> 'items', :'lamp')),
    second::jsonb || jsonb_build_object('items', coalesce(second::jsonb -> 'items', :'lamp')))
FROM (VALUES
    ('{"expected_total": 100}', '{"expected_total": 100.00}'),
    ('{"expected_total": 100}', '{"expected_total": "100.0"}'),
    ('{}', '{"items": [{"quantity": "1", "sku": "LAMP"}]}'),
    ('{}', '{"items": [{"quantity": 1.0, "sku": "LAMP"}]}'),
    ('{"items": [{"sku": "LAMP", "quantity": 1, "unit_price": 100}]}',
     '{"items": [{"sku": "LAMP", "quantity": 1, "unit_price": "100.00", "product_id": null}]}'),
    ('{"items": [{"product_id": "01930000-0000-7000-8000-0000000000b1", "quantity": 1}]}',
     '{"items": [{"product_id": "01930000-0000-7000-8000-0000000000B1", "quantity": 1}]}'),
    ('{}', '{"email": null, "charges": [], "allowances": null, "coupon_codes": []}'),
    ('{}', '{"billing_address": {}, "metadata": null, "buyer_vat_id_valid": false}'),
    ('{"charges": [{"kind": "shipping", "amount": 5}]}',
     '{"charges": [{"amount": "5.00", "kind": "shipping", "vat_rate": null}]}'),
    ('{"allowances": [{"percent": 10}]}', '{"allowances": [{"percent": "10.0", "reason": null}]}'),
    ('{"shipping_address": {"country": "GR", "city": "Patra"}}',
     '{"shipping_address": {"city": "Patra", "country": "GR", "state": null}}'),
    ('{"metadata": {"b": 1, "a": {"c": 2.50}}}', '{"metadata": {"a": {"c": 2.5}, "b": 1.0}}'),
    ('{"placed_at": "2026-01-01T12:00:00Z"}', '{"placed_at": "2026-01-01 14:00:00+02"}'),
    ('{"buyer_vat_id": "EL094259216"}', '{"buyer_vat_id": "el 094 259 216"}'),
    ('{"coupon_codes": ["SAVE10"]}', '{"coupon_codes": [" save10"]}'),
    ('{"email": "a@example.com"}', '{"email": " a@example.com "}')
    ) AS v (first, second);

-- another request is told where it differs
SELECT first, second, pg_temp.retry(
    first::jsonb || jsonb_build_object('items', coalesce(first::jsonb -> 'items', :'lamp')),
    second::jsonb || jsonb_build_object('items', coalesce(second::jsonb -> 'items', :'lamp')))
FROM (VALUES
    ('{}', '{"items": [{"sku": "LAMP", "quantity": 2}]}'),
    ('{"items": [{"sku": "0042", "quantity": 1}]}', '{"items": [{"sku": "42", "quantity": 1}]}'),
    ('{}', '{"items": [{"sku": "LAMP", "quantity": 1}, {"sku": "0042", "quantity": 1}]}'),
    ('{}', '{"user_id": "01930000-0000-7000-8000-0000000000a1"}'),
    ('{}', '{"email": "a@example.com", "phone": "210", "notes": "", "currency": "EUR"}'),
    ('{"shipping_address": {"address_line_1": "01234"}}',
     '{"shipping_address": {"address_line_1": "1234"}}'),
    ('{"billing_address": {"city": "A"}}', '{"shipping_address": {"city": "A"}}'),
    ('{"metadata": {"a": "1"}}', '{"metadata": {"a": 1}}'),
    ('{"metadata": {"a": {"b": 1}}}', '{"metadata": {"a": {"b": 2}}}'),
    ('{"expected_total": 100}', '{}'),
    ('{"coupon_codes": ["SAVE10"]}', '{"coupon_codes": ["OTHER"]}'),
    ('{"charges": [{"amount": 5}]}', '{"charges": [{"amount": 5.01}]}'),
    ('{"allowances": [{"amount": 1}, {"percent": 1}]}',
     '{"allowances": [{"percent": 1}, {"amount": 1}]}'),
    ('{"placed_at": "2026-01-01T12:00:00Z"}', '{"placed_at": "2026-01-01T12:00:00.001Z"}'),
    ('{}', '{"buyer_vat_id": "EL094259216", "buyer_vat_id_valid": true}')
    ) AS v (first, second);

-- a key that a request of an older form left tells no more than that it is another
SELECT id FROM ecommerce.place_order(:'lamp', idempotency_key => 'old') \gset
UPDATE ecommerce.idempotency_keys SET request_hash = sha256('old') WHERE key = 'old';
SELECT failure(format('SELECT ecommerce.place_order(%L, idempotency_key => ''old'')', :'lamp'));

-- a retry that has no key, of a cart whose order was not answered
INSERT INTO ecommerce.carts (id, session_id)
VALUES ('01930000-0000-7000-8000-0000000000c1', 'guest');
INSERT INTO ecommerce.cart_items (cart_id, product_id)
VALUES ('01930000-0000-7000-8000-0000000000c1', '01930000-0000-7000-8000-0000000000b1');
SELECT id AS cart_order FROM ecommerce.place_order(
    cart_id => '01930000-0000-7000-8000-0000000000c1') \gset
DO $$
DECLARE
    v_detail text;
BEGIN
    PERFORM ecommerce.place_order(cart_id => '01930000-0000-7000-8000-0000000000c1');
EXCEPTION WHEN SQLSTATE 'EC014' THEN
    GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL;
    CREATE TABLE pg_temp.told AS SELECT v_detail AS detail;
END $$;
SELECT replace(detail, :'cart_order', 'ID') AS detail FROM pg_temp.told;
-- but not to one who gives another customer than the cart's
INSERT INTO ecommerce.users (id, email)
VALUES ('01930000-0000-7000-8000-0000000000a2', 'b@example.com');
INSERT INTO ecommerce.carts (id, user_id)
VALUES ('01930000-0000-7000-8000-0000000000c2', '01930000-0000-7000-8000-0000000000a1');
INSERT INTO ecommerce.cart_items (cart_id, product_id)
VALUES ('01930000-0000-7000-8000-0000000000c2', '01930000-0000-7000-8000-0000000000b1');
SELECT gross FROM ecommerce.place_order(cart_id => '01930000-0000-7000-8000-0000000000c2');
SELECT failure(format('SELECT ecommerce.place_order(cart_id => %L, user_id => %L)',
    '01930000-0000-7000-8000-0000000000c2', u))
FROM unnest('{01930000-0000-7000-8000-0000000000a1, 01930000-0000-7000-8000-0000000000a2}'::text[])
    AS u;

-- an order of nothing to pay is paid, whatever made it so
INSERT INTO ecommerce.coupons (code, kind, value) VALUES ('ALL', 'percent', 100);
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('FREE', 'Free', 0, false);
CREATE TABLE pg_temp.nothing AS
SELECT p.id FROM (VALUES ('{"items": [{"sku": "FREE", "quantity": 1}]}'::jsonb),
    ('{"items": [{"sku": "LAMP", "quantity": 1}], "coupon_codes": ["ALL"]}'),
    ('{"items": [{"sku": "LAMP", "quantity": 1}], "allowances": [{"percent": 100}]}'),
    ('{"items": [{"sku": "LAMP", "quantity": 1, "unit_price": 0}], "placed_at": "2026-01-01"}'),
    ('{"items": [{"sku": "LAMP", "quantity": 1}]}')) AS v (request),
    ecommerce.place_order(request) AS p;
SELECT o.gross, o.payment_status, o.amount_paid, o.amount_refunded
FROM ecommerce.orders AS o JOIN pg_temp.nothing USING (id) ORDER BY o.gross, o.id;

-- no order was changed before it was placed, and updated_at never goes back
SELECT count(*) > 0 AS orders, bool_and(updated_at >= created_at) AS in_order FROM ecommerce.orders;
UPDATE ecommerce.users SET updated_at = '2100-01-01 00:00+00' WHERE email = 'b@example.com';
ALTER TABLE ecommerce.users DISABLE TRIGGER set_updated_at;
UPDATE ecommerce.users SET updated_at = '2100-01-01 00:00+00' WHERE email = 'b@example.com';
ALTER TABLE ecommerce.users ENABLE TRIGGER set_updated_at;
UPDATE ecommerce.users SET email = 'c@example.com' WHERE email = 'b@example.com';
SELECT email, updated_at = '2100-01-01 00:00+00' AS newest FROM ecommerce.users ORDER BY email;

-- many at once: an error names the order, and nothing of them is there
CREATE FUNCTION pg_temp.batch(request text) RETURNS text LANGUAGE sql AS $$
    SELECT failure(format('SELECT * FROM ecommerce.place_orders(ARRAY[%L, %L]::jsonb[])',
        '{"items": [{"sku": "LAMP", "quantity": 1}]}', request)) $$;
SELECT count(*) AS before FROM ecommerce.orders \gset
SELECT request, pg_temp.batch(request)
FROM unnest(ARRAY['1', '[]', '{}', '{"items": []}', '{"items": [{"sku": "NONE", "quantity": 1}]}',
    '{"items": [{"sku": "LAMP", "quantity": 0}]}', '{"cart_id": "x"}', '{"reservation_id": 5}',
    '{"cart_id": "01930000-0000-7000-8000-0000000000c1"}', '{"user": 1}',
    '{"items": [{"sku": "LAMP", "quantity": 1}], "coupon_codes": "SAVE10"}',
    '{"items": [{"sku": "LAMP", "quantity": 1}], "coupon_codes": [1]}',
    '{"items": [{"sku": "LAMP", "quantity": 1}], "coupon_codes": ["NONE"]}',
    '{"items": [{"sku": "LAMP", "quantity": 1}], "email": true}',
    '{"items": [{"sku": "LAMP", "quantity": 1}], "email": "x"}',
    '{"items": [{"sku": "LAMP", "quantity": 1}], "placed_at": "yesterday morning"}',
    '{"items": [{"sku": "LAMP", "quantity": 1}], "expected_total": "much"}',
    '{"items": [{"sku": "LAMP", "quantity": 1}], "expected_total": 1}',
    '{"items": [{"sku": "LAMP", "quantity": 1}], "buyer_vat_id_valid": "perhaps"}',
    '{"items": [{"sku": "LAMP", "quantity": 1}], "billing_address": [1]}']) AS request;
SELECT failure('SELECT ecommerce.place_orders(ARRAY[NULL]::jsonb[])') AS null_order,
    failure('SELECT ecommerce.place_orders(NULL::jsonb[])') AS null_orders,
    (SELECT count(*) FROM ecommerce.place_orders('{}'::jsonb[])) AS none;
SELECT count(*) - :before AS placed FROM ecommerce.orders;
-- the same words do for one order; nothing stands beside them
SELECT gross FROM ecommerce.place_order('{"items": [{"sku": "LAMP", "quantity": "2"}],
    "email": "a@example.com", "coupon_codes": ["SAVE10"], "metadata": null}');
SELECT failure($$SELECT ecommerce.place_order('{"items": []}', email => 'a@example.com')$$),
    failure($$SELECT ecommerce.place_order('{"coupon_codes": "X"}')$$),
    failure($$SELECT ecommerce.place_order('{"sku": "LAMP", "quantity": 1}')$$);
SELECT count(*) AS problems FROM ecommerce.verify_integrity();

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
