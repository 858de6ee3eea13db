-- Tenants: one shop among several never sees another's rows.
CREATE EXTENSION ecommerce;

-- a single shop is tenant 1 and never has to name it
SELECT ecommerce.current_tenant(), (SELECT array_agg(id) FROM ecommerce.tenants) AS tenants,
    current_setting('ecommerce.tenant') AS setting;
INSERT INTO ecommerce.products (id, sku, name, price) VALUES
    ('01900000-0000-7000-8000-000000000001', 'LAMP', 'Lamp', 10.00)
RETURNING tenant_id;
INSERT INTO ecommerce.users (email) VALUES ('ann@example.com') RETURNING tenant_id;
UPDATE ecommerce.settings SET country = 'GR' RETURNING tenant_id;
SELECT ecommerce.adjust_stock('LAMP', 5, 'receipt');

-- of several, one has to be chosen
SELECT ecommerce.create_tenant('Second', 'DE', 'EUR', 'net');
SELECT tenant_id, country, currency, prices FROM ecommerce.settings ORDER BY tenant_id;
SELECT ecommerce.current_tenant();
SELECT failure(command)
FROM unnest(ARRAY['INSERT INTO ecommerce.products (sku, name, price) VALUES (''X'', ''X'', 1)',
    'SELECT ecommerce.place_order(''[{"sku": "LAMP", "quantity": 1}]'')',
    'SELECT ecommerce.reserve_stock(''[{"sku": "LAMP", "quantity": 1}]'')',
    'SELECT ecommerce.adjust_stock(''LAMP'', 1)',
    'SELECT ecommerce.available_stock(''01900000-0000-7000-8000-000000000001'')']) AS command;

-- the choice lasts as long as the transaction
BEGIN; SELECT ecommerce.use_tenant(2); SELECT ecommerce.current_tenant(); COMMIT;
SELECT failure('SELECT ecommerce.current_tenant()') AS "after COMMIT";
BEGIN; SELECT ecommerce.use_tenant(2); ROLLBACK;
SELECT failure('SELECT ecommerce.current_tenant()') AS "after ROLLBACK";
BEGIN; SELECT ecommerce.use_tenant(2); SELECT 1 / 0; COMMIT;
SELECT failure('SELECT ecommerce.current_tenant()') AS "after an error";
SELECT ecommerce.use_tenant(2);
SELECT failure('SELECT ecommerce.current_tenant()') AS "after a transaction of its own";
-- or as the savepoint, when it is rolled back
BEGIN;
SAVEPOINT a; SELECT ecommerce.use_tenant(2); SELECT ecommerce.current_tenant(); ROLLBACK TO a;
SELECT failure('SELECT ecommerce.current_tenant()') AS "after ROLLBACK TO";
SAVEPOINT b; SELECT ecommerce.use_tenant(1); RELEASE b;
SELECT ecommerce.current_tenant() AS "after RELEASE";
COMMIT;
-- one transaction works for one tenant
BEGIN;
SELECT ecommerce.use_tenant(1); SELECT ecommerce.use_tenant(1);
SELECT failure('SELECT ecommerce.use_tenant(2)'); SELECT ecommerce.current_tenant();
COMMIT;
-- a tenant that does not exist is not chosen
BEGIN;
SELECT failure(format('SELECT ecommerce.use_tenant(%L)', t))
FROM unnest('{3, 0, -1, 2147483647, NULL}'::integer[]) AS t;
SELECT failure('SELECT ecommerce.current_tenant()'), current_setting('ecommerce.tenant') AS setting;
COMMIT;
-- a statement that was prepared once follows the choice
CREATE ROLE regress_app;
GRANT USAGE ON SCHEMA ecommerce TO regress_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ecommerce, ecommerce_partitions
    TO regress_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ecommerce TO regress_app;
SET plan_cache_mode = force_generic_plan;
PREPARE skus AS SELECT tenant_id, sku FROM ecommerce.products ORDER BY sku;
BEGIN; SELECT ecommerce.use_tenant(2);
INSERT INTO ecommerce.products (id, sku, name, price) VALUES
    ('01900000-0000-7000-8000-000000000002', 'LAMP', 'Lampe', 7.00),
    ('01900000-0000-7000-8000-000000000003', 'DESK', 'Tisch', 90.00);
INSERT INTO ecommerce.users (email) VALUES ('ann@example.com'), ('bob@example.com');
SELECT ecommerce.adjust_stock('LAMP', 3, 'receipt'); COMMIT;
BEGIN; SET LOCAL ROLE regress_app; SELECT ecommerce.use_tenant(1); EXECUTE skus; COMMIT;
BEGIN; SET LOCAL ROLE regress_app; SELECT ecommerce.use_tenant(2); EXECUTE skus; COMMIT;
BEGIN; SET LOCAL ROLE regress_app; EXECUTE skus; ROLLBACK;
RESET plan_cache_mode;
DEALLOCATE skus;

-- an order of each tenant; another tenant's product is unknown, by SKU and by id, also to a
-- superuser
SELECT failure(format('SELECT ecommerce.use_tenant(1); SELECT %s(''[{%s, "quantity": 1}]'')', f, p),
    ids => true)
FROM unnest('{ecommerce.place_order,ecommerce.reserve_stock}'::text[]) AS f,
    unnest(ARRAY['"sku": "DESK"', '"product_id": "01900000-0000-7000-8000-000000000003"',
        '"product_id": "01900000-0000-7000-8000-00000000dead"']) AS p;
BEGIN; SELECT ecommerce.use_tenant(1);
SELECT gross, currency FROM ecommerce.place_order('[{"sku": "LAMP", "quantity": 2}]'); COMMIT;
BEGIN; SELECT ecommerce.use_tenant(2);
SELECT net, gross, currency
FROM ecommerce.place_order('[{"sku": "LAMP", "quantity": 1}]', idempotency_key => 'k'); COMMIT;
SELECT tenant_id, available FROM ecommerce.stock ORDER BY tenant_id;
-- the same key of another tenant is another key
BEGIN; SELECT ecommerce.use_tenant(1);
SELECT gross, currency
FROM ecommerce.place_order('[{"sku": "LAMP", "quantity": 1}]', idempotency_key => 'k'); COMMIT;
-- its orders, reservations and stock are unknown, too
SELECT id AS order2 FROM ecommerce.orders WHERE tenant_id = 2 \gset
SELECT failure(
    format('SELECT ecommerce.use_tenant(1); SELECT ecommerce.cancel_order(%L)', :'order2')) =
    replace(failure(format('SELECT ecommerce.use_tenant(1); SELECT ecommerce.cancel_order(%L)',
            '01900000-0000-7000-8000-00000000dead')),
        '01900000-0000-7000-8000-00000000dead', :'order2') AS "like an unknown order";
BEGIN; SELECT ecommerce.use_tenant(2);
SELECT id AS reservation2
FROM ecommerce.reserve_stock('[{"sku": "LAMP", "quantity": 1}]', ttl => '1 hour') \gset
COMMIT;
SELECT f,
    left(failure(format('SELECT ecommerce.use_tenant(1); SELECT %s', format(f, :'reservation2'))),
        27) AS failure
FROM unnest(ARRAY['ecommerce.release_reservation(%L)', 'ecommerce.extend_reservation(%L)',
    'ecommerce.place_order(reservation_id => %L)']) AS f;
BEGIN; SELECT ecommerce.use_tenant(1);
SELECT ecommerce.available_stock('01900000-0000-7000-8000-000000000002') IS NULL AS unknown; COMMIT;
SELECT failure($$SELECT ecommerce.use_tenant(1);
        SELECT ecommerce.adjust_stock('01900000-0000-7000-8000-000000000002'::uuid, 1)$$,
    ids => true);
SELECT status, count(*) FROM ecommerce.orders GROUP BY status;
SELECT status, quantity FROM ecommerce.stock_reservations;

--
-- What an ordinary role with privileges on all tables sees
--
-- which tenants its queries of all tables and views find, and what shows another's
CREATE FUNCTION public.visible(OUT tenants integer[], OUT relations text) LANGUAGE plpgsql AS $$
DECLARE
    r regclass;
    found_tenants integer[];
BEGIN
    FOR r IN SELECT a.attrelid::regclass FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
            AND c.relkind IN ('r', 'p', 'v') AND a.attname = 'tenant_id'
        ORDER BY c.relname
    LOOP
        EXECUTE format('SELECT array_agg(DISTINCT tenant_id ORDER BY tenant_id) FROM %s', r)
            INTO found_tenants;
        tenants := (SELECT array_agg(DISTINCT t ORDER BY t)
            FROM unnest(tenants || found_tenants) AS t);
        IF found_tenants <> ARRAY[ecommerce.current_tenant()] THEN
            relations := concat_ws(' ', relations,
                regexp_replace(r::text, '_\d{4}_q\d$', '_<quarter>'));
        END IF;
    END LOOP;
END $$;
SELECT ecommerce.refresh_product_stats() <= clock_timestamp() AS refreshed;
BEGIN; SET LOCAL ROLE regress_app; SELECT ecommerce.use_tenant(1); SELECT * FROM visible(); COMMIT;
BEGIN; SET LOCAL ROLE regress_app; SELECT ecommerce.use_tenant(2); SELECT * FROM visible(); COMMIT;
BEGIN; SET LOCAL ROLE regress_app; SELECT ecommerce.use_tenant(2);
SELECT id, name FROM ecommerce.tenants;
SELECT tenant_id, email FROM ecommerce.customers ORDER BY email;
SELECT sku, price, stock FROM ecommerce.product_listing ORDER BY sku; COMMIT;
-- workers know the tenant
BEGIN; SET LOCAL ROLE regress_app; SELECT ecommerce.use_tenant(2);
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL parallel_leader_participation = off;
SELECT array_agg(DISTINCT tenant_id) AS tenants, count(*) FROM ecommerce.products; COMMIT;
-- no row goes to another tenant
BEGIN; SET LOCAL ROLE regress_app; SELECT ecommerce.use_tenant(1);
SELECT failure(command)
FROM unnest(
    ARRAY[$$INSERT INTO ecommerce.products (tenant_id, sku, name, price) VALUES (2, 'X', 'X', 1)$$,
        'UPDATE ecommerce.products SET tenant_id = 2', 'UPDATE ecommerce.users SET tenant_id = 2',
        'INSERT INTO ecommerce.categories (tenant_id, name, slug) VALUES (2, ''X'', ''x'')',
        $$INSERT INTO ecommerce.stock (tenant_id, product_id, available)
            VALUES (2, '01900000-0000-7000-8000-000000000003', 9)$$,
        $$INSERT INTO ecommerce.stock (product_id, available)
            VALUES ('01900000-0000-7000-8000-000000000003', 9)$$,
        $$INSERT INTO ecommerce.wishlist_items (user_id, product_id)
            SELECT id, '01900000-0000-7000-8000-000000000003' FROM ecommerce.users$$,
        $$INSERT INTO ecommerce_partitions.events_default (tenant_id, created_at, kind, entity_id)
            VALUES (2, '1990-01-01', 'x', '01900000-0000-7000-8000-000000000003')$$,
        'INSERT INTO ecommerce.tenants (id, name) VALUES (7, ''X'')']) AS command;
UPDATE ecommerce.products SET name = 'Mine'; DELETE FROM ecommerce.wishlist_items; COMMIT;
SELECT tenant_id, sku, name FROM ecommerce.products ORDER BY tenant_id, sku;
-- not even with a superuser's rights does a row change its tenant
SELECT failure('UPDATE ecommerce.products SET tenant_id = 2 WHERE tenant_id = 1'),
    failure('UPDATE ecommerce.orders SET tenant_id = 1 WHERE tenant_id = 2');
SET client_min_messages = warning;
SELECT failure('DELETE FROM ecommerce.tenants WHERE id = 2'),
    failure('TRUNCATE ecommerce.tenants CASCADE');
RESET client_min_messages;

-- tenant_id as an argument: an ordinary role may name its own only
BEGIN; SET LOCAL ROLE regress_app; SELECT ecommerce.use_tenant(1);
SELECT f, failure('SELECT ecommerce.' || f) AS failure
FROM unnest(ARRAY['place_order(''[{"sku": "LAMP", "quantity": 1}]'', tenant_id => 2)',
    'reserve_stock(''[{"sku": "LAMP", "quantity": 1}]'', tenant_id => 2)',
    'adjust_stock(''LAMP'', 1, tenant_id => 2)',
    'adjust_stock(''01900000-0000-7000-8000-000000000002''::uuid, 1, tenant_id => 2)',
    'extend_reservation(''01900000-0000-7000-8000-000000000002'', tenant_id => 2)',
    'release_reservation(''01900000-0000-7000-8000-000000000002'', tenant_id => 2)',
    'expire_reservations(tenant_id => 2)',
    'cancel_order(''01900000-0000-7000-8000-000000000002'', tenant_id => 2)',
    'place_order(''[{"sku": "LAMP", "quantity": 1}]'', tenant_id => 3)',
    'place_order(''[{"sku": "LAMP", "quantity": 1}]'', tenant_id => NULL)']) AS f;
SELECT ecommerce.available_stock('01900000-0000-7000-8000-000000000002', 2) IS NULL AS unknown,
    ecommerce.available_stock('01900000-0000-7000-8000-000000000001', 1) AS own,
    (ecommerce.reserve_stock('[{"sku": "LAMP", "quantity": 1}]', tenant_id => 1)).id
        IS NOT NULL AS reserved;
ROLLBACK;
-- and none before it has one
BEGIN; SET LOCAL ROLE regress_app;
SELECT failure('SELECT ecommerce.adjust_stock(''LAMP'', 1, tenant_id => 2)'); COMMIT;
-- a function that runs with its owner's rights asks for its caller
CREATE FUNCTION public.detour() RETURNS integer LANGUAGE sql SECURITY DEFINER AS
    $$SELECT ecommerce.adjust_stock('LAMP', 1, tenant_id => 2)$$;
BEGIN; SET LOCAL ROLE regress_app; SELECT ecommerce.use_tenant(1);
SELECT failure('SELECT detour()'); COMMIT;
-- a superuser may name any
BEGIN; SELECT ecommerce.use_tenant(1);
SELECT ecommerce.adjust_stock('LAMP', 1, tenant_id => 2); ROLLBACK;

--
-- The setting
--
BEGIN; SET LOCAL ROLE regress_app;
SELECT failure(command)
FROM unnest(ARRAY['SET ecommerce.tenant = 2', 'SET LOCAL ecommerce.tenant = 2',
    'SELECT set_config(''ecommerce.tenant'', ''2'', true)', 'RESET ecommerce.tenant',
    'SET ecommerce.other = 1', 'ALTER ROLE regress_app SET ecommerce.tenant = 2']) AS command;
COMMIT;
-- nor before the library is loaded
\c -
SET ROLE regress_app;
SET ecommerce.tenant = 2;
SELECT ecommerce.current_tenant();
RESET ROLE;
-- a superuser may, and an administrator pins roles
\c -
SET ecommerce.tenant = 2;
SELECT ecommerce.current_tenant();
SELECT failure('SELECT ecommerce.use_tenant(1)');
SELECT failure(format('SET ecommerce.tenant = %L', t))
FROM unnest('{-1, 2147483648, x}'::text[]) AS t;
RESET ecommerce.tenant;
DO $$BEGIN
    EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %I SET ecommerce.tenant = 2',
        current_database());
END$$;
\c -
SET ROLE regress_app;
SELECT ecommerce.current_tenant();
SELECT sku, price FROM ecommerce.products ORDER BY sku;
SELECT failure('SELECT ecommerce.use_tenant(1)');
BEGIN; SELECT ecommerce.use_tenant(2); COMMIT;
SELECT ecommerce.current_tenant();
SELECT failure('SET ecommerce.tenant = 1');
RESET ALL;
SELECT ecommerce.current_tenant();
RESET ROLE;
DO $$BEGIN
    EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %I RESET ecommerce.tenant',
        current_database());
END$$;
\c -

-- a storefront has functions and no tables
CREATE ROLE regress_store;
GRANT USAGE ON SCHEMA ecommerce TO regress_store;
GRANT EXECUTE ON FUNCTION ecommerce.current_tenant(), ecommerce.use_tenant(integer),
    ecommerce.reserve_stock(jsonb, text, interval, integer),
    ecommerce.place_order TO regress_store;
BEGIN; SET LOCAL ROLE regress_store; SELECT ecommerce.use_tenant(1);
SELECT gross FROM ecommerce.place_order('[{"sku": "LAMP", "quantity": 1}]');
SELECT failure('SELECT ecommerce.place_order(''[{"sku": "DESK", "quantity": 1}]'')'),
    failure('SELECT ecommerce.reserve_stock(''[{"sku": "LAMP", "quantity": 1}]'', tenant_id => 2)'),
    failure('SELECT ecommerce.use_tenant(2)') \gx
SELECT failure('SELECT * FROM ecommerce.orders'); COMMIT;
BEGIN; SET LOCAL ROLE regress_store;
SELECT failure('SELECT ecommerce.use_tenant(99)'),
    failure('SELECT ecommerce.place_order(''[{"sku": "LAMP", "quantity": 1}]'')'); COMMIT;

-- a role without the privilege does not choose
REVOKE EXECUTE ON FUNCTION ecommerce.use_tenant(integer),
    ecommerce.create_tenant(text, text, text, text) FROM regress_app;
SET ROLE regress_app;
SELECT failure('SELECT ecommerce.use_tenant(1)'), failure('SELECT ecommerce.create_tenant(''x'')');
RESET ROLE;

-- ids have no gaps, and a tenant needs a name
SELECT failure('SELECT ecommerce.create_tenant(NULL)'),
    failure('SELECT ecommerce.create_tenant('''')'),
    failure('SELECT ecommerce.create_tenant(''x'', ''Greece'')'),
    failure('SELECT ecommerce.create_tenant(''x'', ''GR'', ''EURO'')'),
    failure('SELECT ecommerce.create_tenant(''x'', prices => ''both'')') \gx
SELECT ecommerce.create_tenant('Third');

SET client_min_messages = warning;
DROP FUNCTION detour;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP ROLE regress_app, regress_store;

--
-- An ordinary owner
--
CREATE ROLE regress_owner;
CREATE ROLE regress_app;
DO $$BEGIN
    EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_owner', current_database());
END$$;
SET ROLE regress_owner;
CREATE EXTENSION ecommerce;
INSERT INTO ecommerce.products (sku, name, price) VALUES ('LAMP', 'Lamp', 10.00)
RETURNING tenant_id;
SELECT ecommerce.adjust_stock('LAMP', 5, 'receipt');
UPDATE ecommerce.settings SET country = 'GR';
SELECT ecommerce.create_tenant('Second', 'DE');
SELECT failure('SELECT ecommerce.adjust_stock(''LAMP'', 1)') AS "no tenant";
BEGIN; SELECT ecommerce.use_tenant(2);
INSERT INTO ecommerce.products (sku, name, price) VALUES
    ('LAMP', 'Lampe', 7.00), ('DESK', 'Tisch', 9.00);
SELECT ecommerce.adjust_stock('LAMP', 3, 'receipt');
SELECT gross FROM ecommerce.place_order('[{"sku": "LAMP", "quantity": 1}]'); COMMIT;
BEGIN; SELECT ecommerce.use_tenant(1);
SELECT gross FROM ecommerce.place_order('[{"sku": "LAMP", "quantity": 1}]'); COMMIT;
SELECT failure($$SELECT ecommerce.use_tenant(1);
        SELECT ecommerce.place_order('[{"sku": "DESK", "quantity": 1}]')$$) AS "unknown product",
    failure($$SELECT ecommerce.use_tenant(1);
        SELECT ecommerce.adjust_stock('LAMP', 1, tenant_id => 2)$$) AS "another tenant";
-- maintenance works for all tenants, without choosing one
SELECT count(*) > 0 AS "partitions made"
FROM ecommerce.ensure_partitions('2100-01-01', '2100-06-30');
SET client_min_messages = warning; SELECT ecommerce.install(); RESET client_min_messages;
SELECT ecommerce.refresh_product_stats() <= clock_timestamp() AS refreshed;
RESET ROLE;
SELECT tenant_id, count(*) FROM ecommerce.orders GROUP BY 1 ORDER BY 1;
SELECT tenant_id, name, total_orders FROM ecommerce.product_stats ORDER BY tenant_id, name;
SET ROLE regress_owner;
GRANT USAGE ON SCHEMA ecommerce TO regress_app;
GRANT SELECT ON ALL TABLES IN SCHEMA ecommerce, ecommerce_partitions TO regress_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ecommerce TO regress_app;
RESET ROLE;
BEGIN; SET LOCAL ROLE regress_app; SELECT ecommerce.use_tenant(2); SELECT * FROM visible(); COMMIT;

SET client_min_messages = warning;
DROP FUNCTION visible;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP OWNED BY regress_owner;
DROP ROLE regress_owner, regress_app;
