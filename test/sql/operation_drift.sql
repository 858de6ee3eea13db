-- What the schema loses is found, and install() puts it back.
CREATE EXTENSION ecommerce;
SET client_min_messages = warning;
SET datestyle = 'ISO';

-- switches one side of a foreign key off
CREATE FUNCTION pg_temp.unguard(key text, relation regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE (SELECT format('ALTER TABLE ONLY %s DISABLE TRIGGER %I', relation, tgname)
        FROM pg_trigger t JOIN pg_constraint k ON k.oid = tgconstraint
        WHERE conname = key AND tgrelid = relation AND conparentid = 0 ORDER BY tgname LIMIT 1);
END $$;
-- everything that the catalog has of the shop, each with a command that takes it away or switches
-- it off; what is inherited cannot be
CREATE TEMP VIEW relations AS
SELECT c.oid, c.oid::regclass::text AS name, c.relkind AS kind, c.relispartition, c.relrowsecurity,
    c.reloptions
FROM pg_class c
WHERE c.relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
    AND c.relkind IN ('r', 'p', 'v', 'm');
CREATE TEMP VIEW shop AS
SELECT concat_ws(' ', 'relation', r.name, r.kind, r.relrowsecurity, r.reloptions) AS object
FROM relations r
UNION ALL SELECT concat_ws(' ', 'column', name, attname, format_type(atttypid, atttypmod),
        attnotnull, pg_get_expr(adbin, adrelid))
    FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attnum > 0 AND NOT attisdropped
UNION ALL SELECT concat_ws(' ', 'constraint', name, conname, pg_get_constraintdef(k.oid),
        convalidated)
    FROM relations r JOIN pg_constraint k ON conrelid = r.oid
UNION ALL SELECT concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid) FROM relations r
    JOIN pg_index ON indrelid = r.oid
UNION ALL SELECT concat_ws(' ', pg_get_triggerdef(t.oid), tgenabled) FROM relations r
    JOIN pg_trigger t ON tgrelid = r.oid WHERE NOT tgisinternal
UNION ALL SELECT concat_ws(' ', 'foreign key', name, conname, tgfoid::regproc, tgenabled)
    FROM relations r JOIN pg_trigger t ON tgrelid = r.oid
    JOIN pg_constraint k ON k.oid = tgconstraint WHERE tgisinternal
UNION ALL SELECT concat_ws(' ', 'policy', name, polname, polcmd, pg_get_expr(polqual, polrelid),
        pg_get_expr(polwithcheck, polrelid))
    FROM relations r JOIN pg_policy ON polrelid = r.oid
UNION ALL SELECT concat_ws(' ', 'view', name, pg_get_viewdef(oid)) FROM relations
    WHERE kind IN ('v', 'm')
UNION ALL SELECT concat_ws(' ', 'comment', name, a.attname, description) FROM relations r
    JOIN pg_description d ON d.objoid = r.oid AND d.classoid = 'pg_class'::regclass
    LEFT JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = d.objsubid AND a.attnum > 0;
CREATE TEMP TABLE before AS TABLE shop;
CREATE TEMP TABLE damages AS
SELECT dense_rank() OVER (ORDER BY kind, problem, part) AS round, *
FROM (SELECT row_number() OVER (PARTITION BY kind, problem ORDER BY md5(command))
            / CASE WHEN command LIKE '%CASCADE' THEN 20 ELSE 200 END AS part,
        *
    FROM (SELECT name AS relation, 'relation' AS kind, NULL::name AS name,
                format('DROP %s %s CASCADE',
                    CASE kind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                        ELSE 'TABLE' END, name) AS command,
                CASE kind WHEN 'v' THEN 'view is missing'
                    WHEN 'm' THEN 'materialized view is missing'
                    ELSE 'table is missing' END AS problem
            FROM relations WHERE NOT relispartition
        UNION ALL SELECT name, 'not null', attname,
                format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', name, attname),
                'not null is missing'
            FROM relations r JOIN pg_attribute a ON attrelid = r.oid
            WHERE kind IN ('r', 'p') AND NOT relispartition AND attnotnull AND attnum > 0
                AND NOT EXISTS (SELECT FROM pg_index
                    WHERE indrelid = r.oid AND indisprimary AND attnum = ANY (indkey))
        UNION ALL SELECT name, 'default', attname,
                format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', name, attname),
                'default is missing'
            FROM relations r JOIN pg_attribute ON attrelid = r.oid
            WHERE kind IN ('r', 'p') AND atthasdef
        UNION ALL SELECT name, CASE WHEN contype IN ('p', 'u') THEN 'key' ELSE 'constraint' END,
                conname,
                format('ALTER TABLE %s DROP CONSTRAINT %I', name, conname)
                    || CASE WHEN contype IN ('p', 'u') THEN ' CASCADE' ELSE '' END,
                'constraint is missing'
            FROM relations r JOIN pg_constraint k ON conrelid = r.oid
            WHERE contype IN ('c', 'p', 'u', 'x', 'f') AND coninhcount = 0
        UNION ALL SELECT name, 'constraint', conname,
                format('ALTER TABLE %1$s DROP CONSTRAINT %2$I, ADD CONSTRAINT %2$I %3$s NOT VALID',
                    name, conname, pg_get_constraintdef(k.oid)),
                'constraint is not valid'
            FROM relations r JOIN pg_constraint k ON conrelid = r.oid
            WHERE contype IN ('c', 'f') AND coninhcount = 0 AND kind = 'r'
        UNION ALL SELECT DISTINCT ON (k.oid, r.oid) conrelid::regclass::text, 'foreign key',
                conname, format('SELECT pg_temp.unguard(%L, %L)', conname, name),
                'constraint is not valid'
            FROM relations r JOIN pg_trigger t ON tgrelid = r.oid
            JOIN pg_constraint k ON k.oid = tgconstraint
            WHERE tgisinternal AND conparentid = 0
        UNION ALL SELECT name, 'index', relname, format('DROP INDEX ecommerce.%I', relname),
                'index is missing'
            FROM relations r JOIN pg_index ON indrelid = r.oid JOIN pg_class x ON x.oid = indexrelid
            WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
                AND NOT x.relispartition AND kind <> 'm'
        UNION ALL SELECT t.indrelid::regclass::text, 'index', x.relname,
                format('UPDATE pg_index SET indisvalid = false WHERE indexrelid = %L::regclass',
                    i.indexrelid::regclass),
                CASE WHEN k.oid IS NOT NULL THEN 'constraint is not valid'
                    ELSE 'index is not valid' END
            FROM relations r JOIN pg_index i ON i.indrelid = r.oid
            JOIN pg_class c ON c.oid = i.indexrelid LEFT JOIN pg_inherits ON inhrelid = i.indexrelid
            JOIN pg_index t ON t.indexrelid = coalesce(inhparent, i.indexrelid)
            JOIN pg_class x ON x.oid = t.indexrelid
            LEFT JOIN pg_constraint k ON conindid = x.oid AND contype <> 'f'
            WHERE c.relkind = 'i' OR k.oid IS NULL
        UNION ALL SELECT name, 'trigger', tgname, format('DROP TRIGGER %I ON %s', tgname, name),
                'trigger is missing'
            FROM relations r JOIN pg_trigger ON tgrelid = r.oid
            WHERE NOT tgisinternal AND tgparentid = 0
        UNION ALL SELECT name, 'trigger', tgname,
                format('ALTER TABLE ONLY %s DISABLE TRIGGER %I', name, tgname),
                'trigger is disabled'
            FROM relations r JOIN pg_trigger ON tgrelid = r.oid WHERE NOT tgisinternal
        UNION ALL SELECT name, 'trigger', tgname,
                format('ALTER TABLE %s ENABLE TRIGGER %I', name, tgname), 'trigger is disabled'
            FROM relations r JOIN pg_trigger ON tgrelid = r.oid WHERE tgenabled = 'A'
        UNION ALL SELECT name, 'policy', polname, format('DROP POLICY %I ON %s', polname, name),
                'policy is missing'
            FROM relations r JOIN pg_policy ON polrelid = r.oid
        UNION ALL SELECT name, 'row security', NULL,
                format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', name), 'row security is off'
            FROM relations r WHERE relrowsecurity
        UNION ALL SELECT name, replace(o, '_', ' '), NULL,
                format('ALTER VIEW %s RESET (%s)', name, o), replace(o, '_', ' ') || ' is off'
            FROM relations, unnest(reloptions) AS r (option), split_part(r.option, '=', 1) AS o
            WHERE kind = 'v') d
    -- of the partitions, those of now and the default ones
    WHERE relation NOT IN (SELECT p.partition::text FROM ecommerce.partitions() p
            WHERE NOT now() <@ tstzrange(p.from_time, p.to_time))) d;
SELECT kind, problem, count(*) > 3 AS some FROM damages GROUP BY kind, problem
ORDER BY kind, problem;
SELECT * FROM ecommerce_internal.schema_problems();

-- Damages the shop, a round of alike things at a time, and calls install(): what was not named,
-- what was named and not damaged, what did not come back.
CREATE TEMP TABLE named (problem text, relation text, name text);
CREATE TEMP TABLE wrong (round bigint, what text, thing text);
CREATE PROCEDURE pg_temp.go_through() LANGUAGE plpgsql AS $$
DECLARE
    d record;
    this bigint;
BEGIN
    FOR this IN SELECT DISTINCT round FROM damages ORDER BY round LOOP
        FOR d IN SELECT command FROM damages WHERE round = this ORDER BY command LOOP
            EXECUTE d.command;
        END LOOP;
        TRUNCATE named;
        INSERT INTO named
        SELECT problem, detail ->> 'relation', detail ->> 'name'
        FROM ecommerce_internal.schema_problems();
        INSERT INTO wrong
        SELECT this, 'not named', concat_ws(' | ', m.problem, m.command) FROM damages m
        WHERE m.round = this
            AND NOT EXISTS (SELECT FROM named n
                WHERE n.problem = m.problem AND n.relation = m.relation
                    AND n.name IS NOT DISTINCT FROM m.name);
        INSERT INTO wrong
        SELECT this, 'named, too', n::text FROM named n
        WHERE NOT EXISTS (SELECT FROM damages m
            WHERE m.round = this AND n.problem = m.problem AND n.relation = m.relation
                AND n.name IS NOT DISTINCT FROM m.name)
            AND NOT EXISTS (SELECT FROM damages m
                WHERE m.round = this AND m.command LIKE '%CASCADE')
            AND n.relation NOT IN (SELECT partition::text FROM ecommerce.partitions());
        COMMIT;
        PERFORM ecommerce.install();
        INSERT INTO wrong
        SELECT this, 'still a problem', concat_ws(' | ', s.problem, s.detail)
        FROM ecommerce_internal.schema_problems() s;
        INSERT INTO wrong
        SELECT this, 'not as before', object FROM (TABLE before EXCEPT ALL TABLE shop) s;
        INSERT INTO wrong
        SELECT this, 'not there before', object FROM (TABLE shop EXCEPT ALL TABLE before) s;
        COMMIT;
    END LOOP;
END $$;
CALL pg_temp.go_through();
SELECT * FROM wrong ORDER BY round, what, thing;

-- verify_integrity() tells of it
INSERT INTO ecommerce.products (sku, name, price) VALUES ('LAMP', 'Lamp', 10);
SELECT ecommerce.adjust_stock('LAMP', 5, 'receipt');
ALTER TABLE ecommerce.stock DROP CONSTRAINT stock_available_check;
SELECT * FROM ecommerce.verify_integrity();
-- rows that a constraint refuses stop install(), and change nothing
UPDATE ecommerce.stock SET available = -5;
SELECT failure('SELECT ecommerce.install()');
SELECT nspname FROM pg_namespace WHERE nspname LIKE 'ecommerce%' AND nspname <> 'ecommerce_test'
ORDER BY nspname;
UPDATE ecommerce.stock SET available = 5;
SELECT ecommerce.install();
SELECT failure('UPDATE ecommerce.stock SET available = -5');
-- so do rows that came while a foreign key was switched off
ALTER TABLE ecommerce.stock DISABLE TRIGGER ALL;
INSERT INTO ecommerce.stock (product_id, available) VALUES
    ('00000000-0000-7000-8000-000000000000', 1);
SELECT problem, detail FROM ecommerce_internal.schema_problems() ORDER BY problem, detail::text;
SELECT failure('SELECT ecommerce.install()');
DELETE FROM ecommerce.stock WHERE product_id = '00000000-0000-7000-8000-000000000000';
SELECT ecommerce.install();
SELECT * FROM ecommerce_internal.schema_problems();
-- a column comes back empty or with its default; a type is only told of
ALTER TABLE ecommerce.products DROP COLUMN weight, DROP COLUMN min_stock CASCADE;
ALTER TABLE ecommerce.products ALTER meta_title TYPE varchar(255);
SELECT problem, detail FROM ecommerce_internal.schema_problems() ORDER BY problem, detail::text;
SELECT ecommerce.install();
SELECT problem, detail FROM ecommerce_internal.schema_problems() ORDER BY problem, detail::text;
SELECT weight, min_stock FROM ecommerce.products;
ALTER TABLE ecommerce.products ALTER meta_title TYPE text;
-- partitions that come later, and one that holds nothing
SELECT count(*) FROM ecommerce.ensure_partitions('1998-01-01', '1998-12-31');
ALTER TABLE ecommerce_partitions.order_items_1998_q1 DROP CONSTRAINT order_items_1998_q1_order_fkey;
ALTER TABLE ecommerce_partitions.orders_1998_q2 DISABLE TRIGGER ALL, DISABLE ROW LEVEL SECURITY;
DROP POLICY tenant_isolation ON ecommerce_partitions.events_1998_q3;
DROP TRIGGER no_truncate ON ecommerce_partitions.events_1998_q3;
SELECT problem, detail FROM ecommerce_internal.schema_problems() ORDER BY problem, detail::text;
SELECT ecommerce.install();
SELECT * FROM ecommerce_internal.schema_problems();
-- what a shop has of its own is nobody's business
CREATE FUNCTION pg_temp.own() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
ALTER TABLE ecommerce.products ADD own_colour text NOT NULL DEFAULT 'red',
    ADD CONSTRAINT own_check CHECK (price > 100) NOT VALID;
ALTER TABLE ecommerce.products ALTER own_colour DROP NOT NULL, ALTER own_colour DROP DEFAULT;
CREATE TRIGGER own_trigger BEFORE UPDATE ON ecommerce.products FOR EACH ROW
    EXECUTE FUNCTION pg_temp.own();
ALTER TABLE ecommerce.products DISABLE TRIGGER own_trigger;
CREATE UNIQUE INDEX own_index ON ecommerce.products (own_colour);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ecommerce.own_index'::regclass;
CREATE TABLE ecommerce.own_table (tenant_id integer, id uuid);
CREATE TEMP TABLE own AS TABLE shop;
SELECT * FROM ecommerce_internal.schema_problems();
SELECT ecommerce.install();
(TABLE shop EXCEPT TABLE own) UNION ALL (TABLE own EXCEPT TABLE shop);
-- to look is allowed to whoever may call it
CREATE ROLE regress_app;
GRANT USAGE ON SCHEMA ecommerce TO regress_app;
SET ROLE regress_app;
BEGIN READ ONLY;
SELECT count(*) FROM ecommerce_internal.schema_problems();
COMMIT;
SELECT failure('SELECT ecommerce_internal.restore_schema()');
RESET ROLE;
DROP OWNED BY regress_app;
DROP ROLE regress_app;

DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
