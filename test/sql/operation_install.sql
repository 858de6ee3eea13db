-- What CREATE EXTENSION makes, and whose it is.
CREATE EXTENSION ecommerce;
SET client_min_messages = warning;
SET datestyle = 'ISO';

-- the shop's relations; partitions are those of the partition test
CREATE TEMP VIEW relations AS
SELECT c.oid, c.oid::regclass AS name,
    CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
        WHEN 'm' THEN 'materialized view' ELSE c.relkind::text END AS kind,
    c.relrowsecurity, c.relispartition
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('ecommerce', 'ecommerce_partitions') AND c.relkind NOT IN ('i', 'I', 'c');
SELECT kind, count(*) > 0 AS some FROM relations WHERE NOT relispartition GROUP BY kind
ORDER BY kind;
-- none of them is a member of the extension, nor is the schema; functions and types are
SELECT classid::regclass, count(*) > 0 AS members FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass
    AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'ecommerce') AND deptype = 'e'
GROUP BY classid ORDER BY classid::regclass::text COLLATE "C";
SELECT count(*) AS "not members" FROM pg_proc p
WHERE pronamespace::regnamespace::text IN ('ecommerce', 'ecommerce_internal')
    AND NOT EXISTS (SELECT FROM pg_depend
        WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e');
-- no column is of a type of the extension, and no member needs a table: both would break a restore
SELECT count(*) FROM pg_attribute a JOIN relations r ON r.oid = a.attrelid
JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attnum > 0 AND t.typnamespace <> 'pg_catalog'::regnamespace;
SELECT count(*) FROM pg_depend d
JOIN pg_depend e ON e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e'
    AND e.refclassid = 'pg_extension'::regclass
JOIN relations r ON d.refclassid = 'pg_class'::regclass AND d.refobjid = r.oid;
-- all of it is the installer's, nothing is anybody's
SELECT (SELECT count(*) FROM pg_namespace
        WHERE nspname = 'ecommerce' AND nspowner <> CURRENT_USER::regrole) AS schema,
    (SELECT count(*) FROM pg_class
        WHERE relnamespace = 'ecommerce'::regnamespace
            AND relowner <> CURRENT_USER::regrole) AS relations,
    (SELECT count(*) FROM pg_proc
        WHERE pronamespace::regnamespace::text IN ('ecommerce', 'ecommerce_internal')
            AND proowner <> CURRENT_USER::regrole) AS functions,
    (SELECT count(*) FROM pg_proc p, aclexplode(coalesce(proacl, acldefault('f', proowner))) a
        WHERE pronamespace::regnamespace::text IN ('ecommerce', 'ecommerce_internal')
            AND a.grantee = 0
            AND proname NOT IN (SELECT name FROM ecommerce.access_matrix()
                WHERE public = 'X')) AS "executable by all",
    (SELECT count(*) FROM pg_class, aclexplode(relacl) a
        WHERE relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
            AND a.grantee <> relowner) AS "readable by others";
-- every table with tenants has row security and a policy, and so have their partitions
SELECT count(*) > 20 AS many, count(*) FILTER (WHERE NOT relrowsecurity) AS "without row security",
    count(*) FILTER (WHERE NOT EXISTS (SELECT FROM pg_policy
        WHERE polrelid = r.oid AND polname = 'tenant_isolation' AND polcmd = '*' AND polpermissive
            AND polroles = '{0}')) AS "without policy"
FROM relations r
WHERE kind IN ('table', 'partitioned table')
    AND (name = 'ecommerce.tenants'::regclass
        OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = r.oid AND attname = 'tenant_id'));
SELECT string_agg(name::text, ' ' ORDER BY name::text COLLATE "C") AS "may change tenant"
FROM relations r
WHERE relrowsecurity AND name <> 'ecommerce.tenants'::regclass
    AND NOT EXISTS (SELECT FROM pg_trigger
        WHERE tgrelid = r.oid AND tgname = 'keep_tenant' AND tgenabled <> 'D');
SELECT string_agg(name::text, ' ' ORDER BY name::text COLLATE "C") AS "without tenants"
FROM relations r WHERE kind IN ('table', 'partitioned table') AND NOT relrowsecurity;
SELECT name FROM relations r
WHERE kind = 'view'
    AND NOT EXISTS (SELECT FROM pg_class
        WHERE oid = r.oid AND 'security_invoker=true' = ANY (reloptions));
-- The tenant is in every key: first, or after the entity's id; and first in every foreign key but
-- those to tables without tenants
SELECT count(*) > 20 AS many,
    count(*) FILTER (WHERE
        (SELECT attname FROM pg_attribute WHERE attrelid = i.indrelid AND attnum = i.indkey[0])
        <> 'tenant_id'
        AND pg_get_indexdef(i.indexrelid) NOT LIKE '%(id, tenant_id%') AS wrong
FROM pg_index i JOIN relations r ON r.oid = i.indrelid
WHERE i.indisunique AND r.relrowsecurity AND r.name <> 'ecommerce.tenants'::regclass;
SELECT count(*) > 20 AS many,
    count(*) FILTER (WHERE
        (SELECT attname FROM pg_attribute WHERE attrelid = conrelid AND attnum = conkey[1])
        <> 'tenant_id'
        OR (SELECT attname FROM pg_attribute WHERE attrelid = confrelid AND attnum = confkey[1]) NOT
            IN ('tenant_id', 'id')) AS wrong,
    count(*) FILTER (WHERE NOT convalidated OR confdeltype NOT IN ('a', 'c')) AS other
FROM pg_constraint JOIN relations r ON r.oid = conrelid JOIN relations f ON f.oid = confrelid
WHERE contype = 'f' AND r.relrowsecurity AND f.relrowsecurity;
-- everything is described
SELECT name AS "table" FROM relations r
WHERE NOT relispartition AND obj_description(r.oid, 'pg_class') IS NULL;
SELECT name, attname FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid
WHERE kind <> 'view' AND NOT relispartition AND attnum > 0 AND NOT attisdropped
    AND col_description(r.oid, attnum) IS NULL
ORDER BY name::text COLLATE "C", attname;
SELECT p.oid::regprocedure AS function FROM pg_proc p
WHERE pronamespace::regnamespace::text IN ('ecommerce', 'ecommerce_internal')
    AND obj_description(p.oid, 'pg_proc') IS NULL;
SELECT t.typname AS type FROM pg_type t
WHERE typnamespace = 'ecommerce'::regnamespace AND typtype = 'c'
    AND typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c')
    AND obj_description(t.oid, 'pg_type') IS NULL;

-- indexes and constraints that are known by name
SELECT name, pg_get_indexdef(to_regclass('ecommerce.' || name)) AS definition
FROM unnest('{idx_users_email, idx_products_category, idx_products_status, idx_products_featured,
    idx_products_attributes, idx_orders_user, idx_orders_status, idx_orders_created, idx_cart_user,
    idx_cart_session, idx_wishlist_user, idx_search_term, idx_reviews_user,
    idx_reviews_product}'::text[]) AS name;
SELECT name,
    (SELECT concat(conrelid::regclass, ' ', pg_get_constraintdef(oid)) FROM pg_constraint
        WHERE conname = name AND connamespace = 'ecommerce'::regnamespace AND conparentid = 0
            AND conislocal
        ORDER BY coninhcount LIMIT 1) AS definition
FROM unnest('{check_price_positive, check_quantity_positive, products_sku_key, idx_products_slug,
    stock_available_check}'::text[]) AS name;

-- reference data
SELECT code, numeric_code, minor_units, name FROM ecommerce.currencies
WHERE code IN ('EUR', 'GBP', 'JPY', 'KWD', 'CLF') ORDER BY code;
SELECT code, alpha3, numeric_code, name, vat_prefix, eu_from, eu_to FROM ecommerce.countries
WHERE code IN ('GR', 'DE', 'GB', 'XI', 'HR', 'US') ORDER BY code;
SELECT count(*) AS "member states" FROM ecommerce.countries
WHERE eu_from <= '2025-01-01' AND eu_to IS NULL AND code <> 'XI';
SELECT v.country, v.vat_class, v.on_date, r.rate
FROM (VALUES
    ('GR', 'standard', date '2016-05-31'), ('GR', 'standard', '2016-06-01'),
    ('GR', 'reduced', '2020-01-01'), ('GR', 'super_reduced', '2020-01-01'),
    ('DE', 'standard', '2020-06-30'), ('DE', 'standard', '2020-07-01'),
    ('DE', 'standard', '2020-12-31'), ('DE', 'standard', '2021-01-01'),
    ('FI', 'standard', '2024-08-31'), ('FI', 'standard', '2024-09-01'),
    ('RO', 'standard', '2025-07-31'), ('RO', 'standard', '2025-08-01'),
    ('FR', 'super_reduced', '2020-01-01'),
    ('CH', 'standard', '2024-01-01')) AS v (country, vat_class, on_date)
LEFT JOIN ecommerce.vat_rates r ON r.country = v.country AND r.region = ''
    AND r.vat_class = v.vat_class AND v.on_date >= r.valid_from
    AND v.on_date < coalesce(r.valid_to, 'infinity')
ORDER BY v.country, v.vat_class, v.on_date;
SELECT count(*) AS "countries without a standard rate" FROM ecommerce.countries c
WHERE eu_to IS NULL AND eu_from IS NOT NULL AND code <> 'XI'
    AND NOT EXISTS (SELECT FROM ecommerce.vat_rates
        WHERE country = c.code AND region = '' AND vat_class = 'standard' AND valid_to IS NULL);
SELECT count(*) AS overlaps FROM ecommerce.vat_rates a
JOIN ecommerce.vat_rates b USING (country, region, vat_class)
WHERE a.valid_from < b.valid_from AND coalesce(a.valid_to, 'infinity') > b.valid_from;
SELECT name, as_of > '2020-01-01' AS dated, source IS NOT NULL AS sourced
FROM ecommerce.reference_data ORDER BY name;
SELECT id, name FROM ecommerce.tenants;
SELECT tenant_id, country, region, currency, prices, timezone, reservation_ttl
FROM ecommerce.settings;

-- install() does nothing to a shop that is whole
CREATE TEMP VIEW shop AS
SELECT concat_ws(' ', 'relation', r.name, r.kind, r.relrowsecurity, c.reloptions) AS object
FROM relations r JOIN pg_class c USING (oid)
UNION ALL SELECT concat_ws(' ', 'column', name, attname, format_type(atttypid, atttypmod),
        attnotnull, pg_get_expr(adbin, adrelid))
    FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attnum > 0
UNION ALL SELECT concat_ws(' ', 'constraint', name, conname, pg_get_constraintdef(k.oid),
        convalidated)
    FROM relations r JOIN pg_constraint k ON conrelid = r.oid
UNION ALL SELECT pg_get_indexdef(indexrelid) FROM relations r JOIN pg_index ON indrelid = r.oid
UNION ALL SELECT concat_ws(' ', pg_get_triggerdef(t.oid), tgenabled) FROM relations r
    JOIN pg_trigger t ON tgrelid = r.oid WHERE NOT tgisinternal
UNION ALL SELECT concat_ws(' ', 'policy', name, polname, polcmd, pg_get_expr(polqual, polrelid),
        pg_get_expr(polwithcheck, polrelid))
    FROM relations r JOIN pg_policy ON polrelid = r.oid
UNION ALL SELECT concat_ws(' ', 'view', name, pg_get_viewdef(oid)) FROM relations
    WHERE kind IN ('view', 'materialized view')
UNION ALL SELECT concat_ws(' ', 'comment', name, objsubid, description) FROM relations r
    JOIN pg_description d ON d.objoid = r.oid AND d.classoid = 'pg_class'::regclass;
CREATE TEMP TABLE before AS SELECT * FROM shop;
INSERT INTO ecommerce.products (sku, name, price) VALUES ('LAMP', 'Lamp', 10);
UPDATE ecommerce.settings SET country = 'GR';
SELECT ecommerce.adjust_stock('LAMP', 5, 'receipt');
SELECT gross FROM ecommerce.place_order('[{"sku": "LAMP", "quantity": 1}]');
UPDATE ecommerce.vat_rates SET rate = 25
WHERE country = 'GR' AND region = '' AND vat_class = 'standard' AND valid_to IS NULL;
DELETE FROM ecommerce.currencies WHERE code = 'JPY';
CREATE FUNCTION pg_temp.rows()
RETURNS TABLE (relation text, n bigint, hash text) LANGUAGE plpgsql AS $$
DECLARE
    r regclass;
BEGIN
    FOR r IN SELECT name FROM relations
        WHERE kind IN ('table', 'partitioned table') AND NOT relispartition LOOP
        RETURN QUERY EXECUTE format('SELECT %L::text, count(*),
                    md5(string_agg(t::text, '' '' ORDER BY t::text))
                FROM %s t', r, r);
    END LOOP;
END $$;
CREATE TEMP TABLE rows_before AS SELECT * FROM pg_temp.rows();
SELECT count(*) > 400 AS objects, (SELECT count(*) > 10 FROM rows_before WHERE n > 0) AS rows
FROM before;
SELECT ecommerce.install();
(TABLE shop EXCEPT TABLE before) UNION ALL (TABLE before EXCEPT TABLE shop);
(TABLE rows_before EXCEPT SELECT * FROM pg_temp.rows()) UNION ALL
    (SELECT * FROM pg_temp.rows() EXCEPT TABLE rows_before);

-- DROP EXTENSION refuses; with CASCADE it takes triggers, policies and defaults, and leaves the
-- shop
SELECT left(failure('DROP EXTENSION ecommerce'), 5) AS refused;
DROP EXTENSION ecommerce CASCADE;
SELECT object FROM (TABLE before EXCEPT TABLE shop) s
WHERE object !~ '^(CREATE (CONSTRAINT )?TRIGGER|constraint \S+ (totals_|books_|payments_)match |'
    'constraint \S+ (order_follows|received|invoice_right|counter_right) |policy|column '
    '\S+ (id|tenant_id|xact) |\S+ ecommerce\.product_sales |CREATE UNIQUE INDEX \S+_email )';
SELECT (SELECT count(*) FROM pg_trigger t JOIN relations r ON r.oid = tgrelid
        WHERE NOT tgisinternal) AS triggers,
    (SELECT count(*) FROM pg_policy JOIN relations r ON r.oid = polrelid) AS policies,
    (SELECT count(*) FROM pg_proc
        WHERE pronamespace::regnamespace::text IN ('ecommerce', 'ecommerce_internal')) AS functions;
(TABLE rows_before EXCEPT SELECT * FROM pg_temp.rows()) UNION ALL
    (SELECT * FROM pg_temp.rows() EXCEPT TABLE rows_before);
-- nobody is let in meanwhile: row security is on and there is no policy
CREATE ROLE regress_app;
GRANT USAGE ON SCHEMA ecommerce TO regress_app;
GRANT SELECT ON ALL TABLES IN SCHEMA ecommerce TO regress_app;
SET ROLE regress_app;
SELECT (SELECT count(*) FROM ecommerce.products) AS products,
    (SELECT count(*) FROM ecommerce.orders) AS orders,
    (SELECT count(*) FROM ecommerce.tenants) AS tenants;
RESET ROLE;
REVOKE ALL ON ALL TABLES IN SCHEMA ecommerce FROM regress_app;
DROP OWNED BY regress_app;
DROP ROLE regress_app;
-- the extension comes back to it, and install() puts back what is missing
RESET client_min_messages;
CREATE EXTENSION ecommerce;
SET client_min_messages = warning;
SELECT ecommerce.install() > 0 AS installed;
(TABLE shop EXCEPT TABLE before) UNION ALL (TABLE before EXCEPT TABLE shop);
(TABLE rows_before EXCEPT SELECT * FROM pg_temp.rows()) UNION ALL
    (SELECT * FROM pg_temp.rows() EXCEPT TABLE rows_before);
SELECT gross FROM ecommerce.place_order('[{"sku": "LAMP", "quantity": 1}]');
-- single things that are missing
DROP TRIGGER keep_orders ON ecommerce.orders;
DROP POLICY tenant_isolation ON ecommerce.users;
ALTER TABLE ecommerce.users ALTER tenant_id DROP DEFAULT, ALTER id DROP DEFAULT;
DROP INDEX ecommerce.idx_users_email;
DROP VIEW ecommerce.customers;
DROP TABLE ecommerce.wishlist_items;
SELECT ecommerce.install();
(TABLE shop EXCEPT TABLE before) UNION ALL (TABLE before EXCEPT TABLE shop);
-- what a shop has of its own stays
ALTER TABLE ecommerce.products ADD colour text;
CREATE INDEX own_index ON ecommerce.products (colour);
CREATE TABLE ecommerce.own_table (own_column integer);
SELECT ecommerce.install();
SELECT object FROM (TABLE shop EXCEPT TABLE before) s ORDER BY object COLLATE "C";
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;

-- a schema that exists: code only, unless somebody else could have planted something in it
RESET client_min_messages;
CREATE SCHEMA ecommerce;
CREATE EXTENSION ecommerce;
SELECT count(*) FROM relations;
SELECT failure('SELECT ecommerce.current_tenant()');
SELECT failure('SELECT ecommerce.use_tenant(1)');
SET client_min_messages = warning;
SELECT ecommerce.install() > 0 AS "puts back";
SELECT count(*) > 20 AS relations FROM relations;
SELECT ecommerce.current_tenant();
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
CREATE ROLE regress_mallory;
CREATE SCHEMA ecommerce AUTHORIZATION regress_mallory;
SELECT failure('CREATE EXTENSION ecommerce');
ALTER SCHEMA ecommerce OWNER TO CURRENT_USER;
GRANT CREATE ON SCHEMA ecommerce TO regress_mallory;
CREATE FUNCTION ecommerce.current_tenant() RETURNS integer LANGUAGE sql AS 'SELECT 7';
SELECT failure('CREATE EXTENSION ecommerce');
DROP SCHEMA ecommerce CASCADE;
-- somebody's own tables: of other names they stay, of ours they are named
CREATE SCHEMA ecommerce;
CREATE TABLE ecommerce.orders (id integer, total numeric);
SELECT failure('CREATE EXTENSION ecommerce');
ALTER TABLE ecommerce.orders RENAME TO old_orders;
CREATE EXTENSION ecommerce;
CREATE VIEW ecommerce.products AS SELECT 1 AS id;
SELECT failure('SELECT ecommerce.install()');
DROP VIEW ecommerce.products;
SELECT ecommerce.install() > 0 AS installed;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
-- the same of the two other schemas
CREATE SCHEMA ecommerce_internal;
SELECT failure('CREATE EXTENSION ecommerce');
DROP SCHEMA ecommerce_internal;
CREATE SCHEMA ecommerce_partitions AUTHORIZATION regress_mallory;
SELECT failure('CREATE EXTENSION ecommerce');
CREATE SCHEMA ecommerce;
ALTER SCHEMA ecommerce_partitions RENAME TO mallorys;
CREATE EXTENSION ecommerce;
ALTER SCHEMA mallorys RENAME TO ecommerce_partitions;
SELECT failure('SELECT ecommerce.install()');
SELECT count(*) FROM pg_class WHERE relnamespace = 'ecommerce_partitions'::regnamespace;
DROP EXTENSION ecommerce;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP ROLE regress_mallory;
SELECT count(*) FROM pg_extension WHERE extname = 'ecommerce';
