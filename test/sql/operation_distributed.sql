-- Tables that Citus has distributed: the shell that it leaves here is no empty shop.
CREATE EXTENSION ecommerce;
SET client_min_messages = warning;

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price) VALUES ('A', 'Apple', 1);
SELECT ecommerce.adjust_stock('A', 100, 'receipt');

-- What calls answer that reach rows without statements, in a session that did before.
CREATE FUNCTION public.answer(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE call INTO result;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN concat(SQLSTATE, ' ', SQLERRM);
END $$;
CREATE FUNCTION public.answers() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT public.answer('SELECT ecommerce.' || call) FROM unnest(ARRAY[
        $c$place_order('[{"sku": "A", "quantity": 1}]')$c$,
        $c$reserve_stock('[{"sku": "A", "quantity": 1}]')$c$,
        $c$adjust_stock('A', 1, 'receipt')$c$
    ]) call
$$;
SELECT * FROM public.answers();

-- It has a catalog of its own. Nobody else's matters.
SET allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition (partmethod "char", logicalrelid regclass);
RESET allow_system_table_mods;
INSERT INTO pg_catalog.pg_dist_partition VALUES ('h', 'pg_class');
SELECT * FROM public.answers();

-- As Citus does, tell backends that a table has changed.
CREATE PROCEDURE public.distribute(relation regclass) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pg_catalog.pg_dist_partition VALUES ('h', relation);
    EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = true)', relation);
END $$;

BEGIN;
CALL public.distribute('ecommerce.stock');
SELECT * FROM public.answers();
ROLLBACK;
BEGIN;
CALL public.distribute('ecommerce.vat_rates');
SELECT * FROM public.answers();
ROLLBACK;
BEGIN;
CALL public.distribute('ecommerce.tenants');
SELECT ecommerce.current_tenant();
ROLLBACK;
SELECT * FROM public.answers();

-- Tables that only statements name: in a session that has not prepared them.
\c -
SET client_min_messages = warning;
INSERT INTO pg_catalog.pg_dist_partition VALUES ('h', 'ecommerce.orders');
SELECT ecommerce.place_order('[{"sku": "A", "quantity": 1}]');
SELECT ecommerce.cancel_order('00000000-0000-7000-8000-000000000000');
DELETE FROM pg_catalog.pg_dist_partition;
SELECT gross FROM ecommerce.place_order('[{"sku": "A", "quantity": 1}]');

-- A catalog that is something else
SET allow_system_table_mods = on;
ALTER TABLE pg_catalog.pg_dist_partition DROP COLUMN logicalrelid;
SELECT gross FROM ecommerce.place_order('[{"sku": "A", "quantity": 1}]');
DROP TABLE pg_catalog.pg_dist_partition;
SELECT ecommerce.available_stock(id) FROM ecommerce.products;
SELECT * FROM ecommerce.verify_integrity();

DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP FUNCTION public.answers, public.answer;
DROP PROCEDURE public.distribute;
