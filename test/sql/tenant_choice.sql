-- Choosing a tenant where that does nothing, and naming one.
CALL ecommerce_test.new_shop();
SELECT ecommerce.create_tenant('Second') AS second \gset
UPDATE ecommerce.settings SET country = 'GR';

-- outside of a transaction block use_tenant() warns, as SET LOCAL does
SELECT ecommerce.use_tenant(2);
SELECT * FROM ecommerce.use_tenant(2);
PREPARE choose AS SELECT ecommerce.use_tenant($1);
EXECUTE choose(2);
-- in one it does not, nor in a function, nor where the statement uses it
BEGIN;
SELECT ecommerce.use_tenant(2);
COMMIT;
SELECT ecommerce.use_tenant(2) \; SELECT ecommerce.current_tenant();
SELECT ecommerce.use_tenant(2), ecommerce.current_tenant();
CREATE FUNCTION pg_temp.work() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ecommerce.use_tenant(2);
    RETURN ecommerce.current_tenant();
END $$;
SELECT pg_temp.work();
CREATE FUNCTION pg_temp.choose() RETURNS integer LANGUAGE sql VOLATILE
    SET work_mem = '4MB' AS 'SELECT ecommerce.use_tenant(2)';
SELECT pg_temp.choose();
DO $$ BEGIN PERFORM ecommerce.use_tenant(2); END $$;
INSERT INTO ecommerce.categories (tenant_id, name, slug) SELECT ecommerce.use_tenant(2), 'A', 'a';
-- pinned, it has nothing to do
SET ecommerce.tenant = 2;
SELECT ecommerce.use_tenant(2);
RESET ecommerce.tenant;
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
