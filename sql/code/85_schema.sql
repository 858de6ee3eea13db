-- The schema as it should be, what it lacks, and putting that back.
--
-- The source of install() holds every CREATE statement once, so that is where
-- tables, columns, constraints, indexes and views are read from.  What ties
-- tables to functions of the extension (defaults, triggers, policies) stands
-- here: DROP EXTENSION ... CASCADE takes these and keeps the tables.

CREATE FUNCTION ecommerce.shop_objects()
    RETURNS TABLE (relation text, kind text, name text, definition text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
    WITH source AS MATERIALIZED (
        -- Comments and reference data are the most of it.
        SELECT string_agg(t.text, '') AS prosrc
        FROM pg_proc p, string_to_table(p.prosrc, E'\n\n') AS t (text)
        WHERE p.oid = to_regprocedure('ecommerce.install()') AND t.text ~ '(CREATE|TABLE|VIEW)'
    ), statement AS MATERIALIZED (
        SELECT 'ecommerce.' || substring(s.text FROM '^\w+') AS relation, b.body,
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
               l.text ~ '^(\t|    )[a-z]' AS is_column
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
    -- Who inserts into a partition gets its defaults, not its parent's.
    SELECT i.inhrelid::regclass::text, 'default', a.name, NULL
    FROM attribute a JOIN pg_inherits i ON i.inhparent = to_regclass(a.relation)
    WHERE a.has_default
    UNION ALL
    SELECT l.relation, 'constraint', m[1], NULL
    FROM line l, regexp_matches(l.text, '\mCONSTRAINT (\w+)', 'g') m
    WHERE l.text LIKE '%CONSTRAINT %'
    UNION ALL
    SELECT 'ecommerce.' || m[2], 'index', m[1], NULL
    FROM source, string_to_table(prosrc, 'INDEX IF NOT EXISTS ') AS t (text),
         regexp_match(t.text, '^(\w+) ON ecommerce\.(\w+)') m
    WHERE m IS NOT NULL
    UNION ALL
    SELECT 'ecommerce.' || m[1],
           CASE m[2] WHEN 'WITH' THEN 'view' ELSE 'materialized view' END, NULL, m[3]
    FROM source, string_to_table(prosrc, 'VIEW ') AS t (text),
         regexp_match(t.text, '^(?:IF NOT EXISTS )?ecommerce\.(\w+) (WITH|AS)\M(?: \((\w+))?') m
    WHERE m IS NOT NULL
$$;
COMMENT ON FUNCTION ecommerce.shop_objects() IS
    'What install() creates, as its source says: table (with the statement that creates it), '
    'column (with its type), not null and default (of a column), constraint, index, view (with its '
    'option) and materialized view. Defaults also of partitions that are there.';

CREATE FUNCTION ecommerce.shop_schema()
    RETURNS TABLE (relation text, kind text, name text, definition text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
    WITH object AS MATERIALIZED (
        SELECT o.relation, o.kind, o.name, o.definition FROM ecommerce.shop_objects() o
    ), relation AS MATERIALIZED (
        SELECT o.relation AS parent, o.relation, NULL::text AS bounds
        FROM object o WHERE o.kind = 'table'
        UNION ALL
        SELECT o.relation, c.oid::regclass::text, pg_get_expr(c.relpartbound, c.oid)
        FROM object o
        JOIN pg_inherits i ON i.inhparent = to_regclass(o.relation)
        JOIN pg_class c ON c.oid = i.inhrelid
        WHERE o.kind = 'table'
    ), attribute AS MATERIALIZED (
        SELECT r.relation, r.parent, r.bounds, o.name, o.definition AS type
        FROM relation r JOIN object o ON o.relation = r.parent AND o.kind = 'column'
        WHERE o.name IN ('tenant_id', 'id', 'updated_at')
    ), rule (relation, trigger, definition) AS (VALUES
        ('tenants',         'keep_tenants',      'BEFORE DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('tenants',         'no_truncate',       'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('tenants',         'tenants_changed',   'AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.announce_change()'),
        ('tenants',         'tenants_changing',  'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.announce_change()'),
        ('warehouses',      'warehouses_changed', 'AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.announce_change()'),
        ('warehouses',      'warehouses_changing', 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.announce_change()'),
        ('settings',        'settings_changed',  'AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.announce_change()'),
        ('settings',        'settings_changing', 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.announce_change()'),
        ('vat_rates',       'rates_changed',     'AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.announce_change()'),
        ('vat_rates',       'rates_changing',    'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.announce_change()'),
        ('vat_regions',     'regions_changed',   'AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.announce_change()'),
        ('vat_regions',     'regions_changing',  'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.announce_change()'),
        ('vat_places',      'places_changed',    'AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.announce_change()'),
        ('vat_places',      'places_changing',   'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.announce_change()'),
        ('categories',      'no_cycle',          'BEFORE INSERT OR UPDATE OF parent_id ON %s FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION ecommerce.check_category_tree()'),
        ('products',        'keep_id',           'BEFORE UPDATE OF id ON %s FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('products',        'keep_ordered',      'BEFORE DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.check_product_delete()'),
        ('cart_items',      'open_cart',         'BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.check_open_cart()'),
        -- Lines go with their cart or their product, whatever became of it.
        ('cart_items',      'open_cart_delete',  'BEFORE DELETE ON %s FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION ecommerce.check_open_cart()'),
        ('stock',           'backorder_added',   'AFTER INSERT ON %s FOR EACH ROW WHEN (NEW.backorder_limit > 0) EXECUTE FUNCTION ecommerce.announce_change()'),
        ('stock',           'backorder_changed', 'AFTER UPDATE OF backorder_limit ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.announce_change()'),
        ('stock_movements', 'append_only',       'BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('stock_movements', 'no_truncate',       'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('coupons',         'check_coupon',      'BEFORE INSERT OR UPDATE OF code, kind, value, currency, max_redemptions, max_redemptions_per_user ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.check_coupon()'),
        ('coupons',         'keep_id',           'BEFORE UPDATE OF id ON %s FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('coupons',         'keep_coupons',      'BEFORE DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('coupons',         'no_truncate',       'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('coupon_redemptions', 'released_once',  'BEFORE UPDATE ON %s FOR EACH ROW WHEN (OLD.released_at IS NOT NULL OR NEW.released_at IS NULL OR NEW.order_id <> OLD.order_id OR NEW.order_created_at <> OLD.order_created_at OR NEW.coupon_id <> OLD.coupon_id OR NEW.position <> OLD.position OR NEW.user_id IS DISTINCT FROM OLD.user_id OR NEW.email IS DISTINCT FROM OLD.email OR NEW.amount <> OLD.amount) EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('coupon_redemptions', 'append_only',    'BEFORE DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('coupon_redemptions', 'no_truncate',    'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('gift_cards',      'keep_card',         'BEFORE UPDATE OF id, currency, initial_amount ON %s FOR EACH ROW WHEN (NEW.id <> OLD.id OR NEW.currency <> OLD.currency OR NEW.initial_amount <> OLD.initial_amount) EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('gift_card_entries', 'append_only',     'BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('gift_card_entries', 'no_truncate',     'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('stock',           'keep_units',        'BEFORE DELETE ON %s FOR EACH ROW WHEN (OLD.available <> 0) EXECUTE FUNCTION ecommerce.check_stock_delete()'),
        ('stock',           'no_truncate',       'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.check_truncate(''stock'')'),
        ('stock_reservations', 'keep_units',     'BEFORE DELETE ON %s FOR EACH ROW WHEN (OLD.status IN (''held'', ''committed'')) EXECUTE FUNCTION ecommerce.check_reservation_delete()'),
        ('stock_reservations', 'no_truncate',    'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.check_truncate(''stock_reservations'')'),
        ('stock_reservations', 'keep_units_held', 'AFTER UPDATE ON %s FOR EACH ROW WHEN (NEW.quantity <> OLD.quantity OR NEW.product_id <> OLD.product_id OR NEW.warehouse_id <> OLD.warehouse_id OR NEW.id <> OLD.id) EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('stock_reservations', 'check_reservation', 'AFTER INSERT OR UPDATE ON %s FOR EACH ROW WHEN (ecommerce.plain_sql()) EXECUTE FUNCTION ecommerce.check_reservation()'),
        ('orders',          'check_new_order',   'AFTER INSERT ON %s FOR EACH ROW WHEN (ecommerce.plain_sql()) EXECUTE FUNCTION ecommerce.check_order()'),
        ('orders',          'check_order',       'BEFORE UPDATE ON %s FOR EACH ROW WHEN (ecommerce.plain_sql()) EXECUTE FUNCTION ecommerce.check_order()'),
        ('order_items',     'check_order_item',  'AFTER INSERT ON %s FOR EACH ROW WHEN (ecommerce.plain_sql()) EXECUTE FUNCTION ecommerce.check_order_item()'),
        ('orders',          'check_order_cancel','BEFORE UPDATE OF status ON %s FOR EACH ROW WHEN (NEW.status = ''cancelled'' AND OLD.status <> ''cancelled'' AND ecommerce.plain_sql()) EXECUTE FUNCTION ecommerce.check_order_cancel()'),
        ('orders',          'check_order_update','BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.check_order_update()'),
        ('orders',          'keep_orders',       'BEFORE DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('orders',          'no_truncate',       'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('order_items',     'keep_items',        'BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('order_items',     'no_truncate',       'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('events',          'append_only',       'BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.refuse_change()'),
        ('events',          'no_truncate',       'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.refuse_change()'),
        -- Plain SQL may insert orders, so their totals are compared at commit;
        -- place_order() computes both from the same lines and need not be asked.
        ('orders',          'totals_match',      'AFTER INSERT ON %s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (ecommerce.plain_sql()) EXECUTE FUNCTION ecommerce.check_order_totals()'),
        ('order_items',     'totals_match',      'AFTER INSERT ON %s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (ecommerce.plain_sql()) EXECUTE FUNCTION ecommerce.check_item_totals()'),
        -- The balance of a gift card is the sum of its entries, whoever writes them.
        ('gift_cards',      'books_match',       'AFTER INSERT OR UPDATE OF balance ON %s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ecommerce.check_gift_card_balance()'),
        ('gift_card_entries', 'books_match',     'AFTER INSERT ON %s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ecommerce.check_gift_card_entry()')
    )
    SELECT o.relation, o.kind, o.name, CASE o.kind WHEN 'column' THEN o.definition END FROM object o
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
           format('ALTER TABLE %s ADD CONSTRAINT %I
                   FOREIGN KEY (tenant_id, order_id, order_created_at)
                   REFERENCES %s (tenant_id, id, created_at)', i.relation, k.name, o.relation)
    FROM relation i
    JOIN relation o ON o.parent = 'ecommerce.orders' AND o.bounds = i.bounds
    CROSS JOIN LATERAL (SELECT substr(i.relation, 11) || '_order_fkey' AS name) k
    WHERE i.parent = 'ecommerce.order_items'
    UNION ALL
    SELECT a.relation, 'trigger', 'keep_tenant',
           format('CREATE TRIGGER keep_tenant BEFORE UPDATE OF tenant_id ON %s FOR EACH ROW
                   WHEN (OLD.tenant_id <> NEW.tenant_id)
                   EXECUTE FUNCTION ecommerce.refuse_change()', a.relation)
    FROM attribute a WHERE a.name = 'tenant_id'
    UNION ALL
    SELECT a.relation, 'trigger', 'set_updated_at',
           format('CREATE TRIGGER set_updated_at BEFORE UPDATE ON %s FOR EACH ROW
                   EXECUTE FUNCTION ecommerce.set_updated_at()', a.relation)
    FROM attribute a WHERE a.name = 'updated_at'
    UNION ALL
    -- Tables whose rows are records refuse it to everybody, by a trigger of the same name.
    SELECT a.relation, 'trigger', 'no_truncate',
           format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT
                   EXECUTE FUNCTION ecommerce.check_truncate()', a.relation)
    FROM attribute a
    WHERE a.name = 'tenant_id'
      AND NOT EXISTS (SELECT FROM rule r
                      WHERE 'ecommerce.' || r.relation = a.parent AND r.trigger = 'no_truncate')
    UNION ALL
    SELECT r.relation, 'trigger', t.trigger,
           format('CREATE %sTRIGGER %I ' || t.definition,
                  CASE WHEN t.definition LIKE '% DEFERRABLE %' THEN 'CONSTRAINT ' END,
                  t.trigger, r.relation)
    FROM rule t JOIN relation r ON r.parent = 'ecommerce.' || t.relation
$$;
COMMENT ON FUNCTION ecommerce.shop_schema() IS
    'All that the shop must have: shop_objects(), and with the statement that creates it what '
    'ties tables, views and partitions to functions of the extension and to each other: default '
    '(of a column), policy, row security, security invoker or barrier (of a view), constraint (the '
    'foreign key of a partition) and trigger.';

CREATE FUNCTION ecommerce.schema_drift()
    RETURNS TABLE (relation text, kind text, name text, definition text, problem text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = on
AS $$
    WITH expected AS MATERIALIZED (
        SELECT e.relation, e.kind, e.name, e.definition, to_regclass(e.relation)::oid AS oid
        FROM ecommerce.shop_schema() e
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
                              OR t.tgenabled = 'O' AND e.definition LIKE '%.announce\_change()'
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
COMMENT ON FUNCTION ecommerce.schema_drift() IS
    'What of shop_schema() is missing, disabled, off, not valid or of another type.';

CREATE FUNCTION ecommerce.schema_problems()
    RETURNS TABLE (problem text, tenant_id integer, entity_id uuid, detail jsonb)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
    SELECT d.problem, NULL::integer, NULL::uuid,
           jsonb_strip_nulls(jsonb_build_object('relation', d.relation, 'name', d.name))
    FROM ecommerce.schema_drift() d
$$;
COMMENT ON FUNCTION ecommerce.schema_problems() IS
    'What the schema of the shop has lost: tables, views, columns, NOT NULL, defaults, '
    'constraints, indexes, triggers, policies and row security that are missing, disabled or not valid, and '
    'columns of another type, each with relation and name in the detail; no row if it is whole. '
    'What the shop has of its own is not looked at. install() puts all of it back but types. '
    'Reads only the catalog.';

CREATE FUNCTION ecommerce.restore_schema() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_drift jsonb := (SELECT jsonb_agg(to_jsonb(l)) FROM ecommerce.schema_drift() l
                      WHERE to_regclass(l.relation) IS NOT NULL);
    v_like  text;
    v_sql   text;
    d       record;
BEGIN
    -- How columns and constraints were is seen in empty copies of the tables.
    IF EXISTS (SELECT FROM jsonb_to_recordset(v_drift) AS l (kind text, definition text)
               WHERE l.kind IN ('column', 'not null')
                  OR l.kind IN ('default', 'constraint') AND l.definition IS NULL) THEN
        v_like := 'ecommerce_like_' || pg_backend_pid();
        EXECUTE format('CREATE SCHEMA %I', v_like);
        FOR v_sql IN
            SELECT replace(o.definition, 'ecommerce.', v_like || '.')
            FROM ecommerce.shop_objects() o WHERE o.kind = 'table'
        LOOP
            EXECUTE v_sql;
        END LOOP;
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
            FOR v_sql IN
                SELECT format('REINDEX INDEX %s', i.indexrelid::regclass)
                FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i'
                WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
                  AND (i.indexrelid = d.index
                       OR i.indexrelid IN (SELECT h.inhrelid FROM pg_inherits h
                                           WHERE h.inhparent = d.index))
            LOOP
                EXECUTE v_sql;
            END LOOP;
            -- That of a partitioned table, which install() creates again.
            IF d.kind = 'index'
               AND NOT (SELECT i.indisvalid FROM pg_index i WHERE i.indexrelid = d.index) THEN
                EXECUTE format('DROP INDEX %s', d.index);
            END IF;
        ELSIF d.kind = 'constraint' AND d.too_early IS NOT TRUE THEN
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I', d.relation, d.name);
            EXECUTE coalesce(d.definition, format('ALTER TABLE %s ADD CONSTRAINT %I %s',
                                                  d.relation, d.name, d.constraint_like));
        ELSIF d.kind = 'trigger' THEN
            -- That of a partition comes with its parent's.
            IF NOT EXISTS (SELECT FROM pg_trigger t
                           WHERE t.tgrelid = to_regclass(d.relation) AND t.tgname = d.name) THEN
                EXECUTE d.definition;
            END IF;
            -- Sessions must hear of changes that replication makes, too.
            EXECUTE format('ALTER TABLE %s ENABLE %s TRIGGER %I', d.relation,
                           CASE WHEN d.definition LIKE '%.announce\_change()' THEN 'ALWAYS' END,
                           d.name);
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
COMMENT ON FUNCTION ecommerce.restore_schema() IS
    'For install(): put back what schema_problems() finds, of the tables and views that are there. '
    'Needs CREATE on the database where columns, defaults or constraints are lost. Errors are those '
    'of PostgreSQL, for rows that a constraint refuses, say.';
