-- Partitions of orders, order_items and events.

CREATE FUNCTION ecommerce.partitions()
    RETURNS TABLE (parent regclass, partition regclass, from_time timestamptz, to_time timestamptz, estimated_rows bigint, bytes bigint)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO'
AS $$
    SELECT p.oid::regclass, c.oid::regclass,
           (regexp_match(b.bounds, 'FROM \(''([^'']+)''\)'))[1]::timestamptz,
           (regexp_match(b.bounds, 'TO \(''([^'']+)''\)'))[1]::timestamptz,
           greatest(c.reltuples, 0)::bigint,
           pg_total_relation_size(c.oid)
    FROM pg_class p
    JOIN pg_inherits i ON i.inhparent = p.oid
    JOIN pg_class c ON c.oid = i.inhrelid
    CROSS JOIN LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS bounds) b
    WHERE p.relnamespace = to_regnamespace('ecommerce') AND p.relkind = 'p'
      AND p.relname IN ('orders', 'order_items', 'events')
    ORDER BY p.relname, 3 NULLS LAST
$$;
COMMENT ON FUNCTION ecommerce.partitions() IS
    'The partitions of orders, order_items and events: bounds (from_time inclusive, to_time exclusive; both NULL for the default partition), rows as of the last ANALYZE, and size with indexes.';

CREATE FUNCTION ecommerce.isolate_tenants(relation regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_class WHERE oid = relation AND relnamespace = 'ecommerce'::regnamespace
                   AND relkind IN ('r', 'p')) THEN
        RAISE EXCEPTION 'not a table of the shop' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('It is %s.', coalesce(relation::text, 'NULL'));
    END IF;
    IF NOT EXISTS (SELECT FROM pg_policy
                   WHERE polrelid = relation AND polname = 'tenant_isolation') THEN
        EXECUTE format('CREATE POLICY tenant_isolation ON %s USING (%s = ecommerce.current_tenant())',
                       relation, CASE WHEN relation = 'ecommerce.tenants'::regclass THEN 'id' ELSE 'tenant_id' END);
    END IF;
    -- Not FORCE: the owner dumps, moves and counts rows, whosever they are.
    IF NOT (SELECT c.relrowsecurity FROM pg_class c WHERE c.oid = relation) THEN
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', relation);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce.isolate_tenants(regclass) IS
    'Give a table or partition of the shop its policy, if it has none, and turn row security on: '
    'rows of current_tenant() only. Error 22023 for any other table.';

CREATE FUNCTION ecommerce.link_partitions(suffix text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF to_regclass(format('ecommerce.%I', 'order_items_' || suffix)) IS NULL
       OR to_regclass(format('ecommerce.%I', 'orders_' || suffix)) IS NULL THEN
        RAISE EXCEPTION 'unknown partition' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('There are no orders and items for %L.', suffix);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_constraint
                   WHERE conrelid = format('ecommerce.%I', 'order_items_' || suffix)::regclass AND contype = 'f'
                     AND confrelid = format('ecommerce.%I', 'orders_' || suffix)::regclass) THEN
        EXECUTE format('ALTER TABLE ecommerce.%I ADD CONSTRAINT %I FOREIGN KEY (tenant_id, order_id, order_created_at)
                        REFERENCES ecommerce.%I (tenant_id, id, created_at)',
                       'order_items_' || suffix, 'order_items_' || suffix || '_order_fkey', 'orders_' || suffix);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce.link_partitions(text) IS
    'Give the partition order_items_<suffix> its foreign key to orders_<suffix>, if it has none. '
    'Error 22023 if one of them is not there.';

CREATE FUNCTION ecommerce.take_from_default(relation text, within text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_default regclass := format('ecommerce.%I', relation || '_default')::regclass;
    v_kept    jsonb;
    t         record;
BEGIN
    -- Triggers refuse to delete records; those that are disabled stay so.
    SELECT jsonb_agg(jsonb_build_object('name', g.tgname, 'state', g.tgenabled)) INTO v_kept FROM pg_trigger g
    WHERE g.tgrelid = v_default AND NOT g.tgisinternal AND g.tgenabled <> 'D' AND g.tgtype & 9 = 9;
    FOR t IN SELECT * FROM jsonb_to_recordset(v_kept) AS k (name text) LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', v_default, t.name);
    END LOOP;
    EXECUTE format('DELETE FROM %s %s', v_default, within);
    FOR t IN SELECT * FROM jsonb_to_recordset(v_kept) AS k (name text, state text) LOOP
        EXECUTE format('ALTER TABLE %s ENABLE %s TRIGGER %I', v_default,
                       CASE t.state WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, t.name);
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce.take_from_default(text, text) IS
    'For ensure_partitions(): delete rows from the default partition of a table, which have been copied.';

CREATE FUNCTION ecommerce.ensure_partitions(from_time timestamptz DEFAULT now(), to_time timestamptz DEFAULT now() + interval '1 year', every text DEFAULT 'quarter')
    RETURNS TABLE (partition regclass, lower_bound timestamptz, upper_bound timestamptz, moved_rows bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO'
AS $$
DECLARE
    step     interval := CASE every WHEN 'month' THEN interval '1 month' WHEN 'quarter' THEN interval '3 months' WHEN 'year' THEN interval '1 year' END;
    v_low    timestamptz;
    v_high   timestamptz;
    suffix   text;
    missing  text[];
    moved    bigint[];
    relation text;
    within   text;
    columns  text;
    known    jsonb;
    locked   boolean := false;
    n        bigint;
BEGIN
    IF step IS NULL THEN
        RAISE EXCEPTION 'unknown partition interval' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('It is %L.', every), HINT = 'Use month, quarter or year.';
    END IF;
    IF from_time IS NULL OR to_time IS NULL OR NOT isfinite(from_time) OR NOT isfinite(to_time)
       OR to_time < from_time OR to_time > from_time + 120 * step THEN
        RAISE EXCEPTION 'wrong range of time' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('It runs from %L to %L.', from_time, to_time),
            HINT = format('Give a range of at most 120 times a %s.', every);
    END IF;

    -- Sessions that create the same partitions do it one after the other.
    PERFORM pg_advisory_xact_lock(hashtextextended('ecommerce.ensure_partitions', 0));

    FOREACH relation IN ARRAY '{orders,order_items,events}'::text[] LOOP
        IF to_regclass(format('ecommerce.%I', relation || '_default')) IS NULL THEN
            EXECUTE format('CREATE TABLE ecommerce.%I PARTITION OF ecommerce.%I DEFAULT', relation || '_default', relation);
            PERFORM ecommerce.isolate_tenants(format('ecommerce.%I', relation || '_default')::regclass);
        END IF;
    END LOOP;
    PERFORM ecommerce.link_partitions('default');

    SELECT jsonb_agg(jsonb_build_object('name', k.name, 'low', k.bounds[1], 'high', k.bounds[2])) INTO known
    FROM (SELECT p.relname AS name, regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM [(]''([^'']+)''[)] TO [(]''([^'']+)''[)]') AS bounds
          FROM pg_class p JOIN pg_inherits i ON i.inhparent = p.oid JOIN pg_class c ON c.oid = i.inhrelid
          WHERE p.relnamespace = 'ecommerce'::regnamespace AND p.relname IN ('orders', 'order_items', 'events')) k
    WHERE k.bounds IS NOT NULL;

    v_high := date_trunc(every, from_time);
    WHILE v_high <= to_time LOOP
        v_low := v_high;
        v_high := v_low + step;
        suffix := to_char(v_low, CASE every WHEN 'month' THEN 'YYYY_MM' WHEN 'quarter' THEN 'YYYY"_q"Q' ELSE 'YYYY' END);
        SELECT array_agg(r.name ORDER BY r.position), array_agg(0::bigint ORDER BY r.position) INTO missing, moved
        FROM unnest('{orders,order_items,events}'::text[]) WITH ORDINALITY AS r (name, position)
        WHERE NOT EXISTS (SELECT FROM jsonb_to_recordset(known) AS k (name text, low timestamptz, high timestamptz)
                          WHERE k.name = r.name AND k.low < v_high AND k.high > v_low);
        CONTINUE WHEN missing IS NULL;

        -- Rows of now and before may be in the default partition, or on their way there.  Who waits for
        -- that partition has been told already where rows are; so everybody waits for the whole
        -- table, in the order in which all that writes orders locks.
        IF NOT locked AND v_low <= now() + interval '1 day' THEN
            LOCK TABLE ONLY ecommerce.orders, ONLY ecommerce.order_items, ONLY ecommerce.events IN ACCESS EXCLUSIVE MODE;
            locked := true;
        END IF;

        -- Rows that came before their partition wait in the default partition:
        -- copy them, delete items before the orders that they reference, and
        -- only then attach, so that no reader ever misses one.
        FOR i IN 1 .. cardinality(missing) LOOP
            relation := missing[i];
            EXECUTE format('LOCK TABLE ecommerce.%I IN ACCESS EXCLUSIVE MODE', relation || '_default');
            EXECUTE format('CREATE TABLE ecommerce.%I (LIKE ecommerce.%I INCLUDING ALL)', relation || '_' || suffix, relation);
            within := format('WHERE %1$I >= %2$L AND %1$I < %3$L', CASE relation WHEN 'order_items' THEN 'order_created_at' ELSE 'created_at' END, v_low, v_high);
            columns := (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
                        WHERE a.attrelid = format('ecommerce.%I', relation)::regclass
                          AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '');
            EXECUTE format('INSERT INTO ecommerce.%1$I (%2$s) SELECT %2$s FROM ecommerce.%3$I %4$s',
                           relation || '_' || suffix, columns, relation || '_default', within);
            GET DIAGNOSTICS n = ROW_COUNT;
            moved[i] := n;
        END LOOP;
        FOR i IN REVERSE cardinality(missing) .. 1 LOOP
            CONTINUE WHEN moved[i] = 0;
            relation := missing[i];
            within := format('WHERE %1$I >= %2$L AND %1$I < %3$L', CASE relation WHEN 'order_items' THEN 'order_created_at' ELSE 'created_at' END, v_low, v_high);
            PERFORM ecommerce.take_from_default(relation, within);
        END LOOP;
        FOR i IN 1 .. cardinality(missing) LOOP
            relation := missing[i];
            EXECUTE format('ALTER TABLE ecommerce.%I ATTACH PARTITION ecommerce.%I FOR VALUES FROM (%L) TO (%L)',
                           relation, relation || '_' || suffix, v_low, v_high);
            partition := format('ecommerce.%I', relation || '_' || suffix)::regclass;
            PERFORM ecommerce.isolate_tenants(partition);
            lower_bound := v_low;
            upper_bound := v_high;
            moved_rows := moved[i];
            RETURN NEXT;
        END LOOP;
        IF 'order_items' = ANY (missing) THEN
            PERFORM ecommerce.link_partitions(suffix);
        END IF;
    END LOOP;

    -- A partition inherits the triggers of rows, but not those of TRUNCATE.
    FOR relation IN
        SELECT p.partition::text FROM ecommerce.partitions() p
        WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = p.partition AND g.tgname = 'no_truncate')
    LOOP
        EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.refuse_change()', relation);
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce.ensure_partitions(timestamptz, timestamptz, text) IS
    'Create the partitions of orders, order_items and events that the range of time lacks, one for each month, quarter or year (UTC), and move rows there that wait in the default partition. Returns the partitions that it made. Partitions of the time to come disturb nobody; one that may have rows in the default partition already makes everybody wait who reads or writes orders. Error 22023 for another interval or a range of more than 120 of them.';
