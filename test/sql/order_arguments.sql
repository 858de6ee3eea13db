-- Arguments as drivers and people send them.
CALL ecommerce_test.new_shop();
UPDATE ecommerce.settings SET country = 'GR' WHERE tenant_id = 1;
INSERT INTO ecommerce.products (id, sku, name, price) VALUES
    ('01930000-0000-7000-8000-0000000000b1', 'LAMP', 'A lamp', 100),
    ('01930000-0000-7000-8000-0000000000b2', '01930000-0000-7000-8000-0000000000b1', 'A trap', 1);
SELECT ecommerce.adjust_stock('LAMP', 100, 'receipt');
\set lamp '[{"sku": "LAMP", "quantity": 1}]'

-- What a call answers, or how it fails.
CREATE FUNCTION pg_temp.answer(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_answer  text;
    v_message text;
    v_detail  text;
    v_hint    text;
BEGIN
    EXECUTE command INTO v_answer;
    RETURN v_answer;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS v_message = MESSAGE_TEXT, v_detail = PG_EXCEPTION_DETAIL,
        v_hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' | ', SQLSTATE, v_message, nullif(v_detail, ''), nullif(v_hint, ''));
END $$;

-- place_orders: an array of jsonb, a JSON array, and either without a type
\set one '{"items": [{"sku": "LAMP", "quantity": 1}]}'
SELECT count(*), sum(gross) FROM ecommerce.place_orders(ARRAY[:'one', :'one']::jsonb[]);
SELECT count(*), sum(gross) FROM ecommerce.place_orders(jsonb_build_array(:'one'::jsonb,
    :'one'::jsonb));
SELECT gross FROM ecommerce.place_orders('[{"items": [{"sku": "LAMP", "quantity": 1}]}]');
SELECT gross FROM ecommerce.place_orders(orders =>
    ' [{"items": [{"sku": "LAMP", "quantity": 1}]}]');
SELECT gross FROM ecommerce.place_orders('{"{\"items\": [{\"sku\": \"LAMP\", \"quantity\": 1}]}"}');
SELECT gross FROM ecommerce.place_orders(ARRAY[:'one'::jsonb], tenant_id => 1);
PREPARE untyped AS SELECT gross FROM ecommerce.place_orders($1);
SELECT parameter_types FROM pg_prepared_statements WHERE name = 'untyped';
EXECUTE untyped('[{"items": [{"sku": "LAMP", "quantity": 1}]}]');
EXECUTE untyped('{"{\"items\": [{\"sku\": \"LAMP\", \"quantity\": 1}]}"}');
EXECUTE untyped('{}');
EXECUTE untyped('[]');
DEALLOCATE untyped;
SELECT orders, pg_temp.answer(format('SELECT gross FROM ecommerce.place_orders(%s)', orders))
FROM (VALUES
    ($$'{"items": []}'$$), ($$' { "ite\"ms" : 1}'$$), ($$'{"items": []}'::jsonb$$), ($$'[1]'$$),
    ($$'[[]]'$$), ($$'[null]'$$), ($$'{NULL}'$$), ($$'{"'$$), ($$'{"a\'$$), ($$'{a'$$),
    ($$'[{"items"'$$), ($$''$$), ($$' '$$), ($$'null'$$), ($$NULL$$), ($$NULL::jsonb$$),
    ($$NULL::jsonb[]$$), ($$'"[{}]"'$$), ($$'["{\"items\": []}"]'$$), ($$'1'$$),
    ($$to_jsonb('[{"items": []}'::text)$$), ($$ARRAY['"{}"']::jsonb[]$$)
    ) AS v (orders);

-- JSON that was encoded twice
SELECT call, pg_temp.answer('SELECT r::text FROM ecommerce.' || call || ' r') FROM (VALUES
    ($$place_order('"[{\"sku\": \"LAMP\", \"quantity\": 1}]"')$$),
    ($$place_order('" {\"items\": []}"')$$),
    ($$place_order('"LAMP"')$$),
    ($$place_order('{"items": "[{\"sku\": \"LAMP\", \"quantity\": 1}]"}')$$),
    ($$place_order('["{\"sku\": \"LAMP\", \"quantity\": 1}"]')$$),
    ($$place_order('[{"sku": "LAMP", "quantity": 1}]', billing_address => '"{\"city\": 1}"')$$),
    ($$place_order('[{"sku": "LAMP", "quantity": 1}]', metadata => '"{\"a\": 1}"')$$),
    ($$place_order('[{"sku": "LAMP", "quantity": 1}]', charges => '"[{\"amount\": 1}]"')$$),
    ($$place_order('{"items": [{"sku": "LAMP", "quantity": 1}], "coupon_codes": "[\"A\"]"}')$$),
    ($$reserve_stock('"[{\"sku\": \"LAMP\", \"quantity\": 1}]"')$$),
    ($$calculate_totals('"{\"lines\": []}"')$$),
    ($$invoice_totals('"{\"lines\": []}"')$$),
    ($$invoice_violations('"{\"lines\": []}"')$$)
    ) AS v (call);

-- what PHP writes for an empty object, and null; a constant is the same for each row
SELECT gross FROM ecommerce.place_order(:'lamp', billing_address => '[]', shipping_address => '[ ]',
                                        metadata => '[]', notes => '1 empty');
SELECT gross FROM ecommerce.place_order('{"items": [{"sku": "LAMP", "quantity": 1}],
    "billing_address": [], "shipping_address": null, "metadata": [], "notes": "2 empty"}');
SELECT gross FROM ecommerce.place_order(:'lamp', billing_address => 'null', metadata => 'null',
                                        notes => '3 null');
SELECT count(ecommerce.place_order('[{"sku": "LAMP", "quantity": 1}]', metadata => '[]',
                                   notes => '4 row ' || g)) FROM generate_series(1, 3) g;
SELECT notes, billing_address, shipping_address, metadata FROM ecommerce.orders
WHERE notes IS NOT NULL ORDER BY notes;
SELECT call, pg_temp.answer('SELECT gross::text FROM ecommerce.' || call) FROM (VALUES
    ($$place_order('[]')$$), ($$place_order('{}')$$), ($$place_order('null')$$),
    ($$place_order('[[]]')$$),
        ($$place_order('[{"sku": "LAMP", "quantity": 1}]', metadata => '[1]')$$),
    ($$place_order('[{"sku": "LAMP", "quantity": 1}]', billing_address => '[1]')$$)
    ) AS v (call);
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
