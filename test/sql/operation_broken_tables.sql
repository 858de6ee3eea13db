-- Tables that are not as they were made: whatever somebody makes of one that C
-- code opens, the answer is right, or an error that says what to do.
CREATE EXTENSION ecommerce;
SET client_min_messages = warning;

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.warehouses (id, name) VALUES (2, 'Second');
INSERT INTO ecommerce.products (sku, name, price) VALUES
    ('A', 'Apple', 1), ('B', 'Bread', 2), ('C', 'Cheese', 4);
SELECT ecommerce.adjust_stock(sku, n, 'receipt')
FROM (VALUES ('A', 100), ('B', 200), ('C', 400)) AS v (sku, n);
INSERT INTO ecommerce.users (email) VALUES ('ann@example.org');
INSERT INTO ecommerce.carts (user_id) SELECT id FROM ecommerce.users;
INSERT INTO ecommerce.cart_items (cart_id, product_id)
SELECT c.id, p.id FROM ecommerce.carts c, ecommerce.products p WHERE p.sku = 'A';

-- What a command answers: its error, or what it took and what that cost.
CREATE FUNCTION public.answer(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE command INTO result;
    RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;

-- What calls answer that open all tables, after a change of the schema that does not last.
CREATE FUNCTION public.answers_after(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    ann uuid := (SELECT id FROM ecommerce.users);
    cart uuid := (SELECT id FROM ecommerce.carts);
    apple uuid := (SELECT id FROM ecommerce.products WHERE sku = 'A');
BEGIN
    EXECUTE change;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000',
        MESSAGE = concat_ws(' ', public.answer($c$SELECT gross
            FROM ecommerce.place_order('[{"sku": "C", "quantity": 1}, {"sku": "A", "quantity": 2}]',
                shipping_address => '{"country": "GR", "city": "Chios", "postal_code": "82100"}',
                tenant_id => 1)$c$),
            public.answer(format('SELECT gross
                    FROM ecommerce.place_order(user_id => %L,
                        items => ''[{"product_id": "%s", "quantity": 1}]'', tenant_id => 1)',
                ann, apple)),
            public.answer(format('SELECT gross
                    FROM ecommerce.place_order(cart_id => %L, tenant_id => 1)', cart)),
            public.answer($c$SELECT count(r.id)
                FROM ecommerce.reserve_stock('[{"sku": "B", "quantity": 3}]', 'x', tenant_id => 1)
                    r$c$),
            public.answer($c$SELECT ecommerce.adjust_stock('A', -92, tenant_id => 1)$c$),
            public.answer('SELECT ecommerce.current_tenant()'));
EXCEPTION
    WHEN SQLSTATE 'ZZ000' THEN
        RETURN SQLERRM;
    WHEN OTHERS THEN
        -- PostgreSQL itself refused the change.
        RETURN 'cannot be: ' || SQLSTATE;
END $$;
SELECT public.answers_after('') AS "untouched";

-- Takes all indexes of a table, and the keys that they are of.
CREATE FUNCTION public.drop_indexes(relation oid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    d text;
BEGIN
    FOR d IN
        SELECT format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', relation::regclass,
            conname)
        FROM pg_constraint
             WHERE conrelid = relation AND contype IN ('p', 'u', 'x') LOOP
        EXECUTE d;
    END LOOP;
    FOR d IN SELECT format('DROP INDEX %s CASCADE', indexrelid::regclass) FROM pg_index
        WHERE indrelid = relation LOOP
        EXECUTE d;
    END LOOP;
END $$;

-- The tables that C code opens, and their columns of which it must know the type
CREATE TABLE public.opened AS
SELECT t.name::regclass::oid AS oid, t.name, t.columns
FROM (VALUES
    ('ecommerce.tenants', '{id}'::text[]),
    ('ecommerce.settings',
        '{tenant_id, country, region, currency, prices, timezone, oss,
            distance_sales_exceed_threshold, small_enterprise, place, reservation_ttl,
            shipping_required}'),
    ('ecommerce.vat_rates', '{country,region,vat_class,rate,valid_from,valid_to}'),
    ('ecommerce.vat_regions', '{country,region,rule,places_from}'),
    ('ecommerce.vat_places',
        '{country,place,region,valid_from,valid_to,postal_code,postal_code_shared,other_names}'),
    ('ecommerce.warehouses', '{tenant_id,id,priority}'),
    ('ecommerce.users', '{tenant_id,id,email,status,deleted_at}'),
    ('ecommerce.products',
        '{tenant_id, id, sku, name, price, supply, track_stock, stock_slots, min_stock, vat_class,
            status, deleted_at}'),
    ('ecommerce.stock', '{tenant_id,product_id,warehouse_id,slot,available,backorder_limit}'),
    ('ecommerce.stock_reservations',
        '{tenant_id,id,product_id,warehouse_id,quantity,owner,expires_at}'),
    ('ecommerce.stock_alerts', '{tenant_id,product_id}'),
    ('ecommerce.carts', '{user_id}'),
    ('ecommerce.cart_items', '{product_id,quantity,unit_price}')) AS t (name, columns);

-- Whole tables
CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
SELECT o.name, w.way, public.answers_after(format(w.change, o.name, o.columns[1])) AS answers
FROM public.opened o
CROSS JOIN (VALUES
    (1, 'dropped', 'DROP TABLE %1$s CASCADE'),
    (2, 'renamed', 'ALTER TABLE %1$s RENAME TO gone'),
    (3, 'a view',
        'ALTER TABLE %1$s RENAME TO gone; CREATE VIEW %1$s AS SELECT * FROM ecommerce.gone'),
    (4, 'a materialized view',
        'ALTER TABLE %1$s RENAME TO gone; CREATE MATERIALIZED VIEW %1$s AS SELECT * '
            'FROM ecommerce.gone'),
    (5, 'a foreign table',
        'ALTER TABLE %1$s RENAME TO gone; CREATE FOREIGN TABLE %1$s (%2$s integer) SERVER nowhere'),
    (6, 'a sequence', 'ALTER TABLE %1$s RENAME TO gone; CREATE SEQUENCE %1$s'),
    (7, 'partitioned',
        'ALTER TABLE %1$s RENAME TO gone;
        CREATE TABLE %1$s (LIKE ecommerce.gone INCLUDING DEFAULTS) PARTITION BY RANGE (%2$s);
        CREATE TABLE ecommerce.part PARTITION OF %1$s DEFAULT;
        INSERT INTO %1$s SELECT * FROM ecommerce.gone'),
    (8, 'a partition',
        'CREATE TABLE public.whole (LIKE %1$s) PARTITION BY RANGE (%2$s); '
            'ALTER TABLE public.whole ATTACH PARTITION %1$s DEFAULT'),
    (9, 'inherited from', 'CREATE TABLE public.child () INHERITS (%1$s)'),
    (10, 'of another access method',
        'ALTER TABLE %1$s SET ACCESS METHOD heap2')) AS w (n, way, change)
ORDER BY o.name, w.n;

-- Columns: of another type, of a domain, that may be NULL, generated, dropped.  Those
-- that are not refused are answered as if nothing had happened.
-- First tenants: who is the only one stays the same for the rest of a transaction.
SELECT c.name, c.way, a.answers, string_agg(c.attname, ' ' ORDER BY c.position) AS columns
FROM (
    SELECT o.name, w.n, w.way, t.attname, c.position,
        format(w.change, o.name, c.name,
            CASE format_type(t.atttypid, -1) WHEN 'text' THEN 'numeric' ELSE 'text' END,
            format_type(t.atttypid, -1), o.oid) AS change
    FROM public.opened o CROSS JOIN unnest(o.columns) WITH ORDINALITY AS c (name, position)
    JOIN pg_attribute t ON t.attrelid = o.oid AND t.attname = c.name
    CROSS JOIN (VALUES
        (1, 'text, or numeric', 'ALTER TABLE %1$s DROP %2$s CASCADE, ADD %2$s %3$s'),
        (2, 'double precision',
            'ALTER TABLE %1$s DROP %2$s CASCADE, ADD %2$s double precision'),
        (3, 'a domain',
            'CREATE DOMAIN public.odd AS %4$s; '
                'ALTER TABLE %1$s DROP %2$s CASCADE, ADD %2$s public.odd'),
        (4, 'may be NULL',
            'SELECT public.drop_indexes(%5$s); ALTER TABLE %1$s ALTER %2$s DROP NOT NULL'),
        (5, 'is NULL', 'ALTER TABLE %1$s DROP %2$s CASCADE, ADD %2$s %4$s'),
        (6, 'generated',
            'ALTER TABLE %1$s DROP %2$s CASCADE; '
                'ALTER TABLE %1$s ADD %2$s %4$s GENERATED ALWAYS AS (NULL) STORED'),
        (7, 'dropped', 'ALTER TABLE %1$s DROP %2$s CASCADE')) AS w (n, way, change)
    ORDER BY o.name <> 'ecommerce.tenants', o.name, w.n, c.position OFFSET 0) AS c
CROSS JOIN LATERAL public.answers_after(c.change) AS a (answers)
GROUP BY c.name, c.n, c.way, a.answers ORDER BY c.name, c.n, a.answers;

-- Indexes: gone, not valid, and under their names those of another table.  All of it must
-- be answered as if nothing had happened, and the rows of stock locked in their order.
SELECT o.name, w.way, public.answers_after(format(w.change, o.oid, o.name)) AS answers
FROM public.opened o
CROSS JOIN (VALUES
    (1, 'gone', 'SELECT public.drop_indexes(%1$s)'),
    (2, 'not valid', 'UPDATE pg_index SET indisvalid = false WHERE indrelid = %1$s'),
    (3, 'not ready for older snapshots',
        'UPDATE pg_index SET indcheckxmin = true WHERE indrelid = %1$s'),
    (4, 'of another table',
        'ALTER TABLE %2$s RENAME TO gone;
        CREATE TABLE %2$s (LIKE ecommerce.gone INCLUDING DEFAULTS);
        INSERT INTO %2$s SELECT * FROM ecommerce.gone ORDER BY ctid DESC')) AS w (n, way, change)
WHERE o.name NOT IN ('ecommerce.carts')
ORDER BY o.name, w.n;

-- At REPEATABLE READ the lines of a cart are read, too.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT w.way, public.answers_after(w.change) AS answers
FROM (VALUES
    ('a view',
        'ALTER TABLE ecommerce.cart_items RENAME TO gone; CREATE VIEW ecommerce.cart_items AS '
            'SELECT * FROM ecommerce.gone'),
    ('without index', 'SELECT public.drop_indexes(''ecommerce.cart_items''::regclass)'),
    ('of another type',
        'ALTER TABLE ecommerce.cart_items DROP cart_id CASCADE, ADD cart_id '
            'text')) AS w (way, change);
COMMIT;

-- An error says what to do.
BEGIN;
ALTER TABLE ecommerce.products ALTER name DROP NOT NULL;
SELECT ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]');
ROLLBACK;
BEGIN;
DROP VIEW ecommerce.abandoned_carts;
ALTER TABLE ecommerce.cart_items DROP unit_price, ADD unit_price float8 DEFAULT 1;
SELECT ecommerce.place_order(cart_id => id) FROM ecommerce.carts;
ROLLBACK;
BEGIN;
ALTER TYPE ecommerce.reservation ADD ATTRIBUTE note text;
SELECT ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]');
ROLLBACK;

-- Nothing of it has lasted.
SELECT public.answers_after('') AS "untouched";
SELECT * FROM ecommerce.verify_integrity();

DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP SERVER nowhere;
DROP FOREIGN DATA WRAPPER nowhere;
DROP ACCESS METHOD heap2;
DROP TABLE public.opened;
DROP FUNCTION public.answer, public.answers_after, public.drop_indexes;
