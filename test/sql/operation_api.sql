-- Wrappers of the functions in a schema of the user's.
CALL ecommerce_test.new_shop();
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price) VALUES ('LAMP', 'A lamp', 10);
CREATE ROLE regress_api_front;
CREATE ROLE regress_api_none;
SELECT ecommerce.grant_access('regress_api_front', 'storefront') IS NOT NULL AS granted;
CREATE SCHEMA api;
SELECT ecommerce.create_api('api') > 50 AS made;

-- one for each function that a profile may execute, like it, and no member of the extension
SELECT count(*) = count(DISTINCT p.proname) AND NOT bool_or(p.prosecdef)
       AND bool_and(p.proconfig = '{"search_path=pg_catalog, pg_temp"}')
       AND bool_and(obj_description(p.oid, 'pg_proc') IS NOT NULL) AS plain
FROM pg_proc p WHERE p.pronamespace = 'api'::regnamespace;
SELECT m.name AS missing FROM ecommerce.access_matrix() m
JOIN pg_proc p ON p.pronamespace = 'ecommerce'::regnamespace AND p.proname = m.name AND p.prokind =
    'f'
WHERE m.kind = 'function' AND 'X' IN (m.public, m.storefront, m.back_office, m.reporting, m.service)
EXCEPT SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'api'::regnamespace;
SELECT p.oid::regprocedure AS of_tenants_or_history FROM pg_proc p
WHERE p.pronamespace = 'api'::regnamespace AND p.proargnames[1:p.pronargs] &&
    '{tenant_id,placed_at}'
AND p.proname <> 'use_tenant';
SELECT count(*) AS members FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
WHERE d.deptype = 'e' AND p.pronamespace = 'api'::regnamespace;
SELECT p.proname AS not_like_a_table FROM pg_proc p JOIN pg_class c ON c.relname = p.proname
WHERE p.pronamespace = 'api'::regnamespace AND (c.relnamespace = 'api'::regnamespace
    OR c.relnamespace = 'ecommerce'::regnamespace AND c.relkind <> 'c');
SELECT p.oid::regprocedure AS function, pg_get_function_result(p.oid) AS result, p.prosrc
FROM pg_proc p WHERE p.pronamespace = 'api'::regnamespace
AND p.proname IN ('place_order', 'place_orders', 'cancel_order', 'adjust_stock', 'redeem_gift_card',
    'uuid_v7',
                  'partitions', 'quote_order', 'vat_rate_on', 'vat_treatment', 'use_tenant') ORDER
                      BY p.proname \gx

-- they do what the functions do
SELECT api.adjust_stock('LAMP', 5);
SELECT gross FROM api.place_order('[{"sku": "LAMP", "quantity": 2}]', email => 'a@example.com');
SELECT gross, pg_typeof(p) FROM api.place_orders('[{"items": [{"sku": "LAMP", "quantity": 1}]}]') p;
SELECT status FROM api.cancel_order((SELECT order_number FROM ecommerce.orders LIMIT 1));
SELECT api.quote_order('[{"sku": "LAMP", "quantity": 9}]') -> 'short' AS short;
SELECT failure('SELECT api.place_order(''[{"sku": "LAMP", "quantity": 99}]'')');

-- granted to nobody, or to a role what it may do itself
SELECT failure('SELECT ecommerce.create_api(''api'', ''regress_api_none'')');
SELECT count(*) FROM pg_proc p WHERE p.pronamespace = 'api'::regnamespace
AND has_function_privilege('regress_api_front', p.oid, 'EXECUTE');
SELECT ecommerce.create_api('api', 'regress_api_front') > 50 AS again;
SELECT p.proname AS differs FROM pg_proc p
WHERE p.pronamespace = 'api'::regnamespace AND has_function_privilege('regress_api_front', p.oid,
    'EXECUTE')
IS DISTINCT FROM (SELECT bool_or(has_function_privilege('regress_api_front', e.oid, 'EXECUTE')) FROM
    pg_proc e
    WHERE e.pronamespace = 'ecommerce'::regnamespace AND e.proname = p.proname);
GRANT USAGE ON SCHEMA public TO regress_api_front;
SET ROLE regress_api_front;
SELECT gross FROM api.place_order('[{"sku": "LAMP", "quantity": 1}]');
SELECT failure('SELECT api.adjust_stock(''LAMP'', 5)');
RESET ROLE;

-- what an older version made goes
CREATE FUNCTION api.place_order(items text) RETURNS text LANGUAGE sql
AS $$-- made by ecommerce.create_api()
SELECT items$$;
CREATE FUNCTION api.forgotten() RETURNS text LANGUAGE sql
AS $$-- made by ecommerce.create_api()
SELECT 'x'$$;
SELECT ecommerce.create_api('api') AS made \gset
SELECT count(*) = :made AS current FROM pg_proc WHERE pronamespace = 'api'::regnamespace;
SELECT count(*) FROM pg_proc WHERE pronamespace = 'api'::regnamespace AND proname IN ('place_order',
    'forgotten');

-- what is the user's stays, and refuses
CREATE FUNCTION api.mine() RETURNS text LANGUAGE sql AS 'SELECT ''mine''';
SELECT ecommerce.create_api('api') > 50 AS again, api.mine();
CREATE SCHEMA "Other API";
CREATE FUNCTION "Other API".cancel_order() RETURNS text LANGUAGE sql AS 'SELECT ''mine''';
SELECT failure('SELECT ecommerce.create_api(''Other API'')');
DROP FUNCTION "Other API".cancel_order();
CREATE TABLE "Other API".stock_at (x integer);
SELECT failure('SELECT ecommerce.create_api(''Other API'')');
DROP TABLE "Other API".stock_at;
CREATE TYPE "Other API".placed_order AS (x integer);
SELECT failure('SELECT ecommerce.create_api(''Other API'')');
DROP TYPE "Other API".placed_order;
SELECT ecommerce.create_api('Other API') > 50 AS made;
SELECT schema, failure(format('SELECT ecommerce.create_api(%L)', schema)) FROM unnest(ARRAY[
    'none', 'ecommerce', 'ecommerce_internal', 'pg_catalog', NULL]) AS schema;
SET client_min_messages = warning;
DROP SCHEMA api, "Other API" CASCADE;
DROP OWNED BY regress_api_front, regress_api_none CASCADE;
DROP ROLE regress_api_front, regress_api_none;
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
