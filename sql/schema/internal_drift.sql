-- The schema as it should be, what it lacks, and putting that back.
--
-- The source of install() holds every CREATE statement once, so that is where
-- tables, columns, constraints, indexes and views are read from, when the
-- extension is created (see ../install/objects.sql).  What ties tables to
-- functions of the extension (defaults, triggers, policies) stands here: DROP
-- EXTENSION ... CASCADE takes these and keeps the tables.

CREATE FUNCTION ecommerce_internal.read_install()
    RETURNS TABLE (relation text, kind text, name text, definition text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET jit = off
    SET quote_all_identifiers = off
AS $$
    WITH source AS MATERIALIZED (
        -- Comments and reference data are the most of it.
        SELECT string_agg(t.text, '') AS prosrc
        FROM pg_proc p, string_to_table(p.prosrc, E'\n\n') AS t (text)
        WHERE p.oid = to_regprocedure('ecommerce.install()') AND t.text ~ '(CREATE|TABLE|VIEW)'
    ), statement AS MATERIALIZED (
        SELECT 'ecommerce.' || substring(s.text FROM '^[[:alnum:]_]+') AS relation, b.body,
               b.body || E'\n)' || split_part(substr(s.text, length(b.body) + 3), ';', 1) AS text,
               s.position
        FROM source
        CROSS JOIN string_to_table(prosrc, 'CREATE TABLE IF NOT EXISTS ecommerce.')
            WITH ORDINALITY AS s (text, position)
        CROSS JOIN LATERAL (SELECT split_part(s.text, E'\n)', 1) AS body) b
        WHERE s.position > 1
    ), line AS MATERIALIZED (
        SELECT s.relation, l.text,
               array_remove(string_to_array(rtrim(ltrim(l.text, E'\t '), ','), ' '), '') AS word,
               l.text ~ E'^(\t|    )[a-z]' AS is_column
        FROM statement s, string_to_table(s.body, E'\n') AS l (text)
        WHERE ltrim(l.text, E'\t ') NOT LIKE '--%'
    ), attribute AS MATERIALIZED (
        SELECT l.relation, l.word[1] AS name, l.word[2] AS type,
               l.word[3] = 'NOT' AND l.word[4] = 'NULL' AS not_null,
               'DEFAULT' IN (l.word[3], l.word[5]) AS has_default
        FROM line l WHERE l.is_column
    )
    (SELECT s.relation, 'table', NULL, 'CREATE TABLE ecommerce.' || s.text
     FROM statement s ORDER BY s.position)
    UNION ALL
    SELECT a.relation, 'column', a.name, a.type FROM attribute a
    UNION ALL
    SELECT a.relation, 'not null', a.name, NULL FROM attribute a WHERE a.not_null
    UNION ALL
    SELECT a.relation, 'default', a.name, NULL FROM attribute a WHERE a.has_default
    UNION ALL
    SELECT l.relation, 'constraint', m[1], NULL
    FROM line l, regexp_matches(l.text, E'\\mCONSTRAINT (\\w+)', 'g') m
    WHERE l.text LIKE '%CONSTRAINT %'
    UNION ALL
    SELECT 'ecommerce.' || m[2], 'index', m[1], NULL
    FROM source, string_to_table(prosrc, 'INDEX IF NOT EXISTS ') AS t (text),
         regexp_match(t.text, E'^(\\w+) ON ecommerce\\.(\\w+)') m
    WHERE m IS NOT NULL
    UNION ALL
    SELECT 'ecommerce.' || m[1],
           CASE m[2] WHEN 'WITH' THEN 'view' ELSE 'materialized view' END, NULL, m[3]
    FROM source, string_to_table(prosrc, 'VIEW ') AS t (text),
         regexp_match(t.text,
                      E'^(?:IF NOT EXISTS )?ecommerce\\.(\\w+) (WITH|AS)\\M(?: \\((\\w+))?') m
    WHERE m IS NOT NULL
$$;
COMMENT ON FUNCTION ecommerce_internal.read_install() IS
    'What install() creates, as its source says. Kinds: table (with the statement that creates '
    'it), column (with its type), not null and default (of a column), constraint, index, view '
    '(with its option) and materialized view.';

CREATE FUNCTION ecommerce_internal.shop_schema()
    RETURNS TABLE (relation text, kind text, name text, definition text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET jit = off
    SET quote_all_identifiers = off
AS $$
    WITH object AS MATERIALIZED (
        SELECT o.relation, o.kind, o.name, o.definition FROM ecommerce_internal.shop_objects() o
    ), relation AS MATERIALIZED (
        SELECT o.relation AS parent, o.relation, NULL::text AS bounds, false AS archived
        FROM object o WHERE o.kind = 'table'
        UNION ALL
        SELECT 'ecommerce.' || d.parent, d.name, NULL, true
        FROM ecommerce_internal.detached_leaves() d WHERE d.archived
        UNION ALL
        SELECT o.relation, c.oid::regclass::text, pg_get_expr(c.relpartbound, c.oid), false
        FROM object o
        JOIN pg_inherits i ON i.inhparent = to_regclass(o.relation)
        JOIN pg_class c ON c.oid = i.inhrelid
        WHERE o.kind = 'table'
    ), attribute AS MATERIALIZED (
        SELECT r.relation, r.parent, r.bounds, r.archived, o.name, o.definition AS type
        FROM relation r JOIN object o ON o.relation = r.parent AND o.kind = 'column'
        WHERE o.name IN ('tenant_id', 'id', 'updated_at', 'xact')
    ), leaf_key AS MATERIALIZED (
        -- What is of an order, a line, a shipment or a return has its columns.
        SELECT o.relation AS parent, k.target, k.suffix, k.columns, k.referenced
        FROM (VALUES
            ('order_id', 'ecommerce.orders', '_order_fkey',
             'tenant_id, order_id, order_created_at', 'tenant_id, id, created_at'),
            ('line_number', 'ecommerce.order_items', '_line_fkey',
             'tenant_id, order_id, order_created_at, line_number',
             'tenant_id, order_id, order_created_at, line_number'),
            ('shipment_id', 'ecommerce.shipments', '_shipment_fkey',
             'tenant_id, order_id, order_created_at, shipment_id',
             'tenant_id, order_id, order_created_at, id'),
            ('return_id', 'ecommerce.returns', '_return_fkey',
             'tenant_id, order_id, order_created_at, return_id',
             'tenant_id, order_id, order_created_at, id')
        ) AS k (name, target, suffix, columns, referenced)
        JOIN object o ON o.kind = 'column' AND o.name = k.name AND o.relation <> k.target
        WHERE EXISTS (SELECT FROM object c WHERE c.relation = o.relation AND c.kind = 'column'
                                             AND c.name = 'order_created_at')
          -- A line has its order.
          AND (k.name <> 'order_id' OR o.relation = 'ecommerce.order_items'
               OR NOT EXISTS (SELECT FROM object c WHERE c.relation = o.relation
                                AND c.kind = 'column' AND c.name = 'line_number'))
    ), rule AS MATERIALIZED (
        SELECT 'ecommerce.' || r.relation AS relation, r.name,
               format('CREATE %sTRIGGER %I %s ON %%s %s EXECUTE FUNCTION ecommerce_internal.%s',
                      CASE WHEN r.condition LIKE 'DEFERRABLE %' THEN 'CONSTRAINT ' END,
                      r.name, r.event, r.condition, r.function) AS definition
        FROM ecommerce_internal.shop_rules() r
    )
    SELECT o.relation, o.kind, o.name, CASE o.kind WHEN 'column' THEN o.definition END FROM object o
    UNION ALL
    -- Who inserts into a partition gets its defaults, not its parent's.
    SELECT r.relation, 'default', o.name, NULL
    FROM relation r JOIN object o ON o.relation = r.parent AND o.kind = 'default'
    WHERE r.relation <> r.parent AND NOT r.archived
    UNION ALL
    SELECT a.relation, 'default', a.name,
           format('ALTER TABLE %s ALTER COLUMN id SET DEFAULT ecommerce.uuid_v7()', a.relation)
    FROM attribute a WHERE a.name = 'id' AND a.type = 'uuid'
    UNION ALL
    SELECT a.relation, 'default', a.name,
           format('ALTER TABLE %s ALTER COLUMN tenant_id SET DEFAULT ecommerce.current_tenant()',
                  a.relation)
    FROM attribute a WHERE a.name = 'tenant_id' AND a.parent <> 'ecommerce.settings'
    UNION ALL
    SELECT a.relation, 'default', a.name,
           format('ALTER TABLE %s ALTER COLUMN xact SET DEFAULT ecommerce_internal.event_xact()',
                  a.relation)
    FROM attribute a WHERE a.name = 'xact' AND a.parent = 'ecommerce.events'
    UNION ALL
    -- Privileges on all tables are privileges on partitions, too.
    SELECT a.relation, 'policy', 'tenant_isolation',
           format('CREATE POLICY tenant_isolation ON %s USING (%s = ecommerce.current_tenant())',
                  a.relation, a.name)
    FROM attribute a
    WHERE a.name = 'tenant_id' OR a.name = 'id' AND a.parent = 'ecommerce.tenants'
    UNION ALL
    -- Not FORCE: the owner dumps, moves and counts rows, whosever they are.
    SELECT a.relation, 'row security', NULL,
           format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', a.relation)
    FROM attribute a
    WHERE a.name = 'tenant_id' OR a.name = 'id' AND a.parent = 'ecommerce.tenants'
    UNION ALL
    SELECT o.relation, replace(o.definition, '_', ' '), NULL,
           format('ALTER VIEW %s SET (%s = true)', o.relation, o.definition)
    FROM object o WHERE o.kind = 'view'
    UNION ALL
    SELECT i.relation, 'constraint', k.name,
           format('ALTER TABLE %s ADD CONSTRAINT %I FOREIGN KEY (%s) REFERENCES %s (%s)',
                  i.relation, k.name, f.columns, o.relation, f.referenced)
    FROM leaf_key f
    JOIN relation i ON i.parent = f.parent
    JOIN relation o ON o.parent = f.target AND o.bounds = i.bounds
    CROSS JOIN LATERAL (SELECT split_part(i.relation, '.', 2) || f.suffix AS name) k
    UNION ALL
    SELECT a.relation, 'trigger', 'keep_tenant',
           format('CREATE TRIGGER keep_tenant BEFORE UPDATE OF tenant_id ON %s FOR EACH ROW
                   WHEN (OLD.tenant_id <> NEW.tenant_id)
                   EXECUTE FUNCTION ecommerce_internal.refuse_change(
                       ''The tenant of a row never changes.'', ''Make a new row.'')', a.relation)
    FROM attribute a WHERE a.name = 'tenant_id' AND NOT a.archived
    UNION ALL
    SELECT a.relation, 'trigger', 'set_updated_at',
           format('CREATE TRIGGER set_updated_at BEFORE UPDATE ON %s FOR EACH ROW
                   EXECUTE FUNCTION ecommerce_internal.set_updated_at()', a.relation)
    FROM attribute a WHERE a.name = 'updated_at' AND NOT a.archived
    UNION ALL
    -- Tables whose rows are records refuse it to everybody, by a trigger of the same name.
    SELECT a.relation, 'trigger', 'no_truncate',
           format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT
                   EXECUTE FUNCTION ecommerce_internal.check_truncate()', a.relation)
    FROM attribute a
    WHERE a.name = 'tenant_id'
      AND NOT EXISTS (SELECT FROM rule r
                      WHERE r.relation = a.parent AND r.name = 'no_truncate')
    UNION ALL
    SELECT r.relation, 'trigger', t.name, format(t.definition, r.relation)
    FROM rule t JOIN relation r ON r.parent = t.relation
    WHERE NOT r.archived OR t.name = 'no_truncate'
    UNION ALL
    SELECT r.relation, 'trigger', 'keep_archive',
           format('CREATE TRIGGER keep_archive BEFORE INSERT OR UPDATE OR DELETE ON %s
                   FOR EACH STATEMENT EXECUTE FUNCTION ecommerce_internal.refuse_change(
                       ''Its rows are archived.'', ''Call ecommerce.attach_partition() first.'')',
                  r.relation)
    FROM relation r WHERE r.archived
$$;
COMMENT ON FUNCTION ecommerce_internal.shop_schema() IS
    'All that the shop must have, with the statements that create what ties it to the extension. '
    'That is shop_objects(), and what ties tables, views and partitions to functions of the '
    'extension and to each other: default (of a column), policy, row security, security invoker or '
    'barrier (of a view), constraint (a foreign key of a partition) and trigger.';

CREATE FUNCTION ecommerce_internal.schema_drift()
    RETURNS TABLE (relation text, kind text, name text, definition text, problem text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = on
    SET quote_all_identifiers = off
AS $$
    WITH expected AS MATERIALIZED (
        SELECT e.relation, e.kind, e.name, e.definition, to_regclass(e.relation)::oid AS oid
        FROM ecommerce_internal.shop_schema() e
    ), unchecked AS (
        -- DISABLE TRIGGER ALL reaches the triggers that foreign keys are made of.
        SELECT CASE k.conparentid WHEN 0 THEN k.oid ELSE k.conparentid END AS oid
        FROM pg_trigger t JOIN pg_constraint k ON k.oid = t.tgconstraint
        WHERE t.tgisinternal AND t.tgenabled IN ('D', 'R')
    ), unusable AS (
        SELECT i.indexrelid AS oid FROM pg_index i
        WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
        UNION
        SELECT h.inhparent FROM pg_index i JOIN pg_inherits h ON h.inhrelid = i.indexrelid
        WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
    ), compared AS (
        SELECT e.relation, e.kind, e.name, e.definition, CASE
            WHEN e.oid IS NULL THEN
                CASE WHEN e.kind IN ('table', 'view', 'materialized view') THEN 'is missing' END
            ELSE CASE e.kind
                WHEN 'column' THEN
                    CASE WHEN a.attnum IS NULL THEN 'is missing'
                         WHEN a.atttypid <> to_regtype(e.definition) THEN 'has another type' END
                WHEN 'not null' THEN CASE WHEN NOT a.attnotnull THEN 'is missing' END
                WHEN 'default' THEN CASE WHEN NOT a.atthasdef THEN 'is missing' END
                WHEN 'policy' THEN CASE WHEN p.oid IS NULL THEN 'is missing' END
                WHEN 'row security' THEN CASE WHEN NOT c.relrowsecurity THEN 'is off' END
                WHEN 'security invoker' THEN
                    CASE WHEN 'security_invoker=true' <> ALL (coalesce(c.reloptions, '{}'))
                         THEN 'is off' END
                WHEN 'security barrier' THEN
                    CASE WHEN 'security_barrier=true' <> ALL (coalesce(c.reloptions, '{}'))
                         THEN 'is off' END
                WHEN 'index' THEN
                    CASE WHEN x.oid IS NULL THEN 'is missing'
                         WHEN x.oid IN (SELECT u.oid FROM unusable u) THEN 'is not valid' END
                WHEN 'trigger' THEN
                    CASE WHEN t.oid IS NULL THEN 'is missing'
                         WHEN t.tgenabled IN ('D', 'R')
                              OR t.tgenabled = 'O' AND e.definition LIKE E'%.announce\\_change()'
                         THEN 'is disabled' END
                WHEN 'constraint' THEN
                    CASE WHEN k.oid IS NULL THEN 'is missing'
                         WHEN NOT k.convalidated OR k.oid IN (SELECT u.oid FROM unchecked u)
                              OR k.contype <> 'f' AND k.conindid IN (SELECT u.oid FROM unusable u)
                         THEN 'is not valid' END
                END
            END AS problem
        FROM expected e
        LEFT JOIN pg_class c ON c.oid = e.oid
        LEFT JOIN pg_attribute a ON a.attrelid = e.oid AND a.attname = e.name AND NOT a.attisdropped
        LEFT JOIN pg_policy p ON p.polrelid = e.oid AND p.polname = e.name
        LEFT JOIN (pg_index i JOIN pg_class x ON x.oid = i.indexrelid)
               ON i.indrelid = e.oid AND x.relname = e.name
        LEFT JOIN pg_trigger t ON t.tgrelid = e.oid AND t.tgname = e.name
        LEFT JOIN pg_constraint k ON k.conrelid = e.oid AND k.conname = e.name AND k.contype <> 't'
    )
    SELECT c.relation, c.kind, c.name, c.definition, c.kind || ' ' || c.problem
    FROM compared c WHERE c.problem IS NOT NULL
$$;
COMMENT ON FUNCTION ecommerce_internal.schema_drift() IS
    'What of shop_schema() is missing, disabled, off, not valid or of another type.';

CREATE FUNCTION ecommerce_internal.create_empty_copies() RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_like text := 'ecommerce_like_' || pg_backend_pid();
    v_sql  text;
BEGIN
    EXECUTE format('CREATE SCHEMA %I', v_like);
    FOR v_sql IN
        SELECT replace(o.definition, 'ecommerce.', v_like || '.')
        FROM ecommerce_internal.shop_objects() o WHERE o.kind = 'table'
    LOOP
        EXECUTE v_sql;
    END LOOP;
    RETURN v_like;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.create_empty_copies() IS
    'For restore_schema(): make a schema with empty copies of the tables. Returns its name.';

CREATE FUNCTION ecommerce_internal.restore_index(index regclass, may_drop boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_sql text;
BEGIN
    FOR v_sql IN
        SELECT format('REINDEX INDEX %s', i.indexrelid::regclass)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i'
        WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
          AND (i.indexrelid = restore_index.index
               OR i.indexrelid IN (SELECT h.inhrelid FROM pg_inherits h
                                   WHERE h.inhparent = restore_index.index))
    LOOP
        EXECUTE v_sql;
    END LOOP;
    -- That of a partitioned table, which install() creates again.
    IF may_drop
       AND NOT (SELECT i.indisvalid FROM pg_index i WHERE i.indexrelid = restore_index.index) THEN
        EXECUTE format('DROP INDEX %s', index);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.restore_index(regclass, boolean) IS
    'For restore_schema(): rebuild an index that is not valid, and those of its partitions.';

CREATE FUNCTION ecommerce_internal.restore_trigger(relation text, name text, definition text)
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- That of a partition comes with its parent's.
    IF NOT EXISTS (SELECT FROM pg_trigger t
                   WHERE t.tgrelid = to_regclass(relation) AND t.tgname = name) THEN
        EXECUTE definition;
    END IF;
    -- Sessions must hear of changes that replication makes, too.
    EXECUTE format('ALTER TABLE %s ENABLE %s TRIGGER %I', relation,
                   CASE WHEN definition LIKE E'%.announce\\_change()' THEN 'ALWAYS' END,
                   name);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.restore_trigger(text, text, text) IS
    'For restore_schema(): create a trigger unless it is there, and enable it.';

CREATE FUNCTION ecommerce_internal.restore_schema(relations text[] DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    v_drift jsonb := (SELECT jsonb_agg(to_jsonb(l)) FROM ecommerce_internal.schema_drift() l
                      WHERE to_regclass(l.relation) IS NOT NULL
                        AND (relations IS NULL OR l.relation = ANY (relations)));
    v_like  text;
    d       record;
BEGIN
    -- How columns and constraints were is seen in empty copies of the tables.
    IF EXISTS (SELECT FROM jsonb_to_recordset(v_drift) AS l (kind text, definition text)
               WHERE l.kind IN ('column', 'not null')
                  OR l.kind IN ('default', 'constraint') AND l.definition IS NULL) THEN
        v_like := ecommerce_internal.create_empty_copies();
    END IF;

    -- Parents come before partitions, keys before what references them.
    FOR d IN
        SELECT l.relation, l.kind, l.name, l.definition, l.problem, x.oid::regclass AS index,
               format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull,
               pg_get_expr(e.adbin, e.adrelid) AS default_value,
               replace(pg_get_constraintdef(k.oid), v_like || '.', 'ecommerce.') AS constraint_like,
               k.contype = 'f' AND to_regclass(replace(k.confrelid::regclass::text, v_like || '.',
                                                       'ecommerce.')) IS NULL AS too_early
        FROM jsonb_to_recordset(v_drift)
            AS l (relation text, kind text, name text, definition text, problem text)
        JOIN pg_class c ON c.oid = to_regclass(l.relation)
        LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
        LEFT JOIN pg_class m ON m.relnamespace = to_regnamespace(v_like)
                            AND m.relname = (SELECT r.relname FROM pg_class r
                                             WHERE r.oid = coalesce(i.inhparent, c.oid))
        LEFT JOIN pg_attribute a ON a.attrelid = m.oid AND a.attname = l.name
        LEFT JOIN pg_attrdef e ON e.adrelid = m.oid AND e.adnum = a.attnum
        LEFT JOIN pg_constraint k ON k.conrelid = m.oid AND k.conname = l.name
        LEFT JOIN pg_class x ON x.relnamespace = c.relnamespace AND x.relname = l.name
                            AND x.relkind IN ('i', 'I')
        ORDER BY array_position('{column,default,not null,index,constraint}', l.kind),
                 k.contype = 'f', l.relation COLLATE "C", l.name COLLATE "C"
    LOOP
        IF d.kind = 'column' AND d.problem LIKE '% missing' THEN
            EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', d.relation, d.name,
                           concat_ws(' ', d.type, CASE WHEN d.attnotnull THEN 'NOT NULL' END,
                                     'DEFAULT ' || d.default_value));
        ELSIF d.kind = 'default' AND d.definition IS NULL THEN
            EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s',
                           d.relation, d.name, d.default_value);
        ELSIF d.kind = 'not null' THEN
            EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', d.relation, d.name);
        ELSIF d.problem LIKE '% not valid' AND d.index IS NOT NULL THEN
            PERFORM ecommerce_internal.restore_index(d.index, d.kind = 'index');
        ELSIF d.kind = 'constraint' AND d.too_early IS NOT TRUE THEN
            IF d.problem LIKE '% not valid' THEN
                EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', d.relation, d.name);
            END IF;
            EXECUTE coalesce(d.definition, format('ALTER TABLE %s ADD CONSTRAINT %I %s',
                                                  d.relation, d.name, d.constraint_like));
        ELSIF d.kind = 'trigger' THEN
            PERFORM ecommerce_internal.restore_trigger(d.relation, d.name, d.definition);
        ELSIF d.kind IN ('default', 'policy', 'row security', 'security invoker',
                         'security barrier') THEN
            EXECUTE d.definition;
        END IF;
    END LOOP;

    IF v_like IS NOT NULL THEN
        EXECUTE format('DROP SCHEMA %I CASCADE', v_like);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.restore_schema(text[]) IS
    'Put back what schema_problems() finds, of the tables and views that are there, or of some. '
    'For install() and ensure_partitions(). Needs CREATE on the database where columns, defaults '
    'or constraints are lost. Errors are those of PostgreSQL, for rows that a constraint refuses, '
    'say.';
