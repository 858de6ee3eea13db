-- Making partitions.

CREATE FUNCTION ecommerce_internal.partitioned_tables()
    RETURNS TABLE (name text, key text, ordinal bigint)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.relname::text, a.attname::text, o.ordinal
    FROM ecommerce_internal.shop_objects() WITH ORDINALITY
        AS o (relation, kind, name, definition, ordinal)
    JOIN pg_class c ON c.oid = to_regclass(o.relation)
    JOIN pg_partitioned_table p ON p.partrelid = c.oid AND p.partstrat = 'r' AND p.partnatts = 1
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]
    WHERE o.kind = 'table'
$$;
COMMENT ON FUNCTION ecommerce_internal.partitioned_tables() IS
    'The tables of the shop that are partitioned by a range of one column, its key. They come in '
    'the order in which they are locked: that in which install() makes them.';

CREATE FUNCTION ecommerce_internal.check_partition_range(every text, from_time timestamptz,
    to_time timestamptz) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    step interval := ecommerce_internal.partition_step(every);
BEGIN
    IF step IS NULL THEN
        RAISE EXCEPTION 'unknown partition interval "%"', every
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use month, quarter or year.';
    END IF;
    -- Each takes 60 locks, and a server that nobody configured has 6,400.
    IF from_time IS NULL OR to_time IS NULL OR NOT isfinite(from_time) OR NOT isfinite(to_time)
       OR to_time < from_time OR to_time > from_time + 60 * step THEN
        RAISE EXCEPTION 'wrong range of time from % to %', from_time, to_time
            USING ERRCODE = 'invalid_parameter_value',
            HINT = format('Give a range of at most 60 times a %s.', every);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_partition_range(text, timestamptz, timestamptz) IS
    'For ensure_partitions(): refuses a wrong interval or range of time. Error 22023 for another '
    'interval than month, quarter or year, or a range of more than 60 of them.';

CREATE FUNCTION ecommerce_internal.partition_step(every text) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE every WHEN 'month' THEN interval '1 month'
                      WHEN 'quarter' THEN interval '3 months'
                      WHEN 'year' THEN interval '1 year' END;
COMMENT ON FUNCTION ecommerce_internal.partition_step(text) IS
    'How long a partition of a month, quarter or year is; NULL for anything else.';

CREATE FUNCTION ecommerce_internal.partition_end(low timestamptz, until timestamptz)
    RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
    SELECT coalesce(max(u.high) FILTER (WHERE u.low = partition_end.low AND u.high <= until),
                    least(min(u.high), until))
    FROM unnest('{month, quarter, year}'::text[]) AS e (every)
    CROSS JOIN LATERAL (SELECT date_trunc(e.every, partition_end.low) AS low,
                               date_trunc(e.every, partition_end.low)
                                   + ecommerce_internal.partition_step(e.every) AS high) u
$$;
COMMENT ON FUNCTION ecommerce_internal.partition_end(timestamptz, timestamptz) IS
    'For partition_gaps(): where the partition ends that fills a gap from its beginning. It is the '
    'longest year, quarter or month (UTC) that begins there and is over until then; if there is '
    'none, the rest of the month.';

CREATE FUNCTION ecommerce_internal.partition_suffix(low timestamptz, high timestamptz)
    RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
    SELECT to_char(low, CASE
        WHEN date_trunc('year', low) = low AND low + interval '1 year' = high THEN 'YYYY'
        WHEN date_trunc('quarter', low) = low AND low + interval '3 months' = high
            THEN 'YYYY"_q"Q'
        WHEN date_trunc('month', low) = low AND low + interval '1 month' = high THEN 'YYYY_MM'
        WHEN date_trunc('day', low) = low THEN 'YYYY_MM_DD'
        ELSE 'YYYY_MM_DD_HH24MISSUS' END)
$$;
COMMENT ON FUNCTION ecommerce_internal.partition_suffix(timestamptz, timestamptz) IS
    'For partition_gaps(): what the name of a partition with these bounds ends with.';

CREATE FUNCTION ecommerce_internal.partition_gaps(every text, from_time timestamptz,
    to_time timestamptz)
    RETURNS TABLE (low timestamptz, high timestamptz, suffix text, tables jsonb)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC' SET datestyle = 'ISO' SET jit = off
AS $$
    WITH RECURSIVE parent AS MATERIALIZED (
        SELECT t.name, t.key, t.ordinal FROM ecommerce_internal.partitioned_tables() t
    ), known AS MATERIALIZED (
        SELECT p.parent::text AS parent, coalesce(p.from_time, '-infinity') AS low,
               coalesce(p.to_time, 'infinity') AS high
        FROM ecommerce.partitions() p WHERE num_nulls(p.from_time, p.to_time) < 2
        UNION ALL
        -- Nobody puts another partition where one was detached.
        SELECT 'ecommerce.' || t.name, lower(r.times), upper(r.times)
        FROM parent t, unnest(ecommerce_internal.archived_times()) AS r (times)
    ), step AS MATERIALIZED (
        SELECT s.low, s.low + ecommerce_internal.partition_step(every) AS high
        FROM generate_series(date_trunc(every, from_time), to_time,
                             ecommerce_internal.partition_step(every)) AS s (low)
    ), cut AS (
        -- Where a table has a partition already, the others get the same, not its parts.
        SELECT k.low AS at FROM known k
        UNION
        SELECT k.high FROM known k
        UNION
        SELECT b.at FROM step s CROSS JOIN LATERAL (VALUES (s.low), (s.high)) AS b (at)
        WHERE NOT EXISTS (SELECT FROM known k WHERE k.low < b.at AND k.high > b.at)
    ), span AS (
        SELECT c.at AS low, lead(c.at) OVER (ORDER BY c.at) AS high FROM cut c
    ), gap AS MATERIALIZED (
        SELECT s.low, s.high, jsonb_agg(t ORDER BY t.ordinal) AS tables,
               count(*) < (SELECT count(*) FROM parent) AS others_have_it
        FROM span s
        JOIN parent t ON NOT EXISTS (SELECT FROM known k
                                     WHERE k.parent = 'ecommerce.' || t.name
                                       AND k.low < s.high AND k.high > s.low)
        WHERE s.low < (SELECT max(e.high) FROM step e)
          AND s.high > (SELECT min(e.low) FROM step e)
        GROUP BY s.low, s.high
    ), piece AS (
        SELECT g.low, CASE WHEN g.others_have_it THEN g.high
                           ELSE ecommerce_internal.partition_end(g.low, g.high) END AS high,
               g.high AS until, g.tables
        FROM gap g
        UNION ALL
        SELECT p.high, ecommerce_internal.partition_end(p.high, p.until), p.until, p.tables
        FROM piece p WHERE p.high < p.until
    )
    SELECT p.low, p.high, ecommerce_internal.partition_suffix(p.low, p.high), p.tables
    FROM piece p
$$;
COMMENT ON FUNCTION ecommerce_internal.partition_gaps(text, timestamptz, timestamptz) IS
    'For ensure_partitions(): the partitions that are missing. With what their names end with, and '
    'the tables that lack them (rows of partitioned_tables()).';

CREATE FUNCTION ecommerce_internal.take_from_default(relation text, within text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM ecommerce_internal.take_rows(
        format('ecommerce_partitions.%I', relation || '_default')::regclass, within);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.take_from_default(text, text) IS
    'For add_partitions(): delete rows, which were copied, from the default partition of a table.';

CREATE FUNCTION ecommerce_internal.take_rows(relation regclass, within text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_kept jsonb;
    v_rows bigint;
    t      record;
BEGIN
    -- Triggers refuse to delete records; those that are disabled stay so.
    SELECT jsonb_agg(jsonb_build_object('name', g.tgname, 'state', g.tgenabled))
    INTO v_kept FROM pg_trigger g
    WHERE g.tgrelid = relation AND NOT g.tgisinternal AND g.tgenabled <> 'D' AND g.tgtype & 9 = 9;
    FOR t IN SELECT * FROM jsonb_to_recordset(v_kept) AS k (name text) LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', relation, t.name);
    END LOOP;
    EXECUTE format('DELETE FROM %s %s', relation, within);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    FOR t IN SELECT * FROM jsonb_to_recordset(v_kept) AS k (name text, state text) LOOP
        EXECUTE format('ALTER TABLE %s ENABLE %s TRIGGER %I', relation,
                       CASE t.state WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END,
                       t.name);
    END LOOP;
    RETURN v_rows;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.take_rows(regclass, text) IS
    'For take_from_default() and prepare_restore(): delete rows of a table that triggers keep. '
    'Returns how many.';

CREATE FUNCTION ecommerce_internal.attach_leaves(leaves jsonb, low timestamptz, high timestamptz)
    RETURNS TABLE (partition regclass, moved_rows bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC' SET datestyle = 'ISO'
AS $$
DECLARE
    v_moved jsonb := '{}'::jsonb;
    v_rows  bigint;
    t       record;
BEGIN
    -- Rows that came before their partition wait in the default partition:
    -- copy them, delete items before the orders that they reference, and
    -- only then attach, so that no reader ever misses one.
    FOR t IN
        SELECT l.parent, l.leaf, format('WHERE %1$I >= %2$L AND %1$I < %3$L', l.key, low, high)
                   AS within,
               (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
                FROM pg_attribute a
                WHERE a.attrelid = format('ecommerce.%I', l.parent)::regclass
                  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns
        FROM jsonb_to_recordset(leaves) AS l (parent text, ordinal bigint, key text, leaf text)
        ORDER BY l.ordinal
    LOOP
        IF EXISTS (SELECT FROM pg_trigger g
                   WHERE g.tgrelid = t.leaf::regclass AND g.tgname = 'keep_archive') THEN
            EXECUTE format('DROP TRIGGER keep_archive ON %s', t.leaf);
        END IF;
        EXECUTE format('INSERT INTO %1$s (%2$s) SELECT %2$s FROM ecommerce_partitions.%3$I %4$s',
                       t.leaf, t.columns, t.parent || '_default', t.within);
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        v_moved := v_moved || jsonb_build_object(t.parent, v_rows);
    END LOOP;
    FOR t IN
        SELECT l.parent, format('WHERE %1$I >= %2$L AND %1$I < %3$L', l.key, low, high) AS within
        FROM jsonb_to_recordset(leaves) AS l (parent text, ordinal bigint, key text)
        WHERE (v_moved ->> l.parent)::bigint > 0
        ORDER BY l.ordinal DESC
    LOOP
        PERFORM ecommerce_internal.take_from_default(t.parent, t.within);
    END LOOP;
    FOR t IN
        SELECT l.parent, l.leaf
        FROM jsonb_to_recordset(leaves) AS l (parent text, ordinal bigint, leaf text)
        ORDER BY l.ordinal
    LOOP
        EXECUTE format('ALTER TABLE ecommerce.%I ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
                       t.parent, t.leaf, low, high);
        partition := t.leaf::regclass;
        moved_rows := (v_moved ->> t.parent)::bigint;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.attach_leaves(jsonb, timestamptz, timestamptz) IS
    'For add_partitions() and attach_partition(): make tables partitions. They are given as '
    '[{"parent", "ordinal", "key", "leaf"}]. Rows of their time move there from the default '
    'partitions. Returns them.';

CREATE FUNCTION ecommerce_internal.add_partitions(tables jsonb, suffix text, low timestamptz,
    high timestamptz)
    RETURNS TABLE (partition regclass, moved_rows bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_leaves jsonb := '[]'::jsonb;
    v_leaf   text;
    t        record;
BEGIN
    FOR t IN
        SELECT k.name, k.key, k.ordinal
        FROM jsonb_to_recordset(tables) AS k (name text, key text, ordinal bigint)
        ORDER BY k.ordinal
    LOOP
        v_leaf := format('ecommerce_partitions.%I', t.name || '_' || suffix);
        EXECUTE format('LOCK TABLE ecommerce_partitions.%I IN ACCESS EXCLUSIVE MODE',
                       t.name || '_default');
        EXECUTE format('CREATE TABLE %s (LIKE ecommerce.%I INCLUDING ALL)', v_leaf, t.name);
        v_leaves := v_leaves || jsonb_build_object('parent', t.name, 'ordinal', t.ordinal,
                                                   'key', t.key, 'leaf', v_leaf);
    END LOOP;
    RETURN QUERY SELECT * FROM ecommerce_internal.attach_leaves(v_leaves, low, high);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.add_partitions(jsonb, text, timestamptz, timestamptz) IS
    'For ensure_partitions(): add one range of time to tables (rows of partitioned_tables()). Rows '
    'that wait in the default partition move there. Returns the partitions.';

CREATE FUNCTION ecommerce_internal.partition_schema() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_owner oid := (SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = 'ecommerce');
    o       record;
BEGIN
    SELECT n.nspowner AS owner INTO o FROM pg_namespace n
    WHERE n.nspname = 'ecommerce_partitions';
    IF NOT FOUND THEN
        EXECUTE format('CREATE SCHEMA ecommerce_partitions AUTHORIZATION %s', v_owner::regrole);
        -- Whoever proves the books names partitions; reading them takes a grant on each.
        GRANT USAGE ON SCHEMA ecommerce_partitions TO PUBLIC;
    ELSIF o.owner <> v_owner THEN
        RAISE EXCEPTION 'schema "ecommerce_partitions" belongs to another role'
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = format('It is owned by "%s", which could replace what is in it.',
                                  pg_get_userbyid(o.owner)),
                  HINT = 'Drop it, or give it to the owner of schema "ecommerce".';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.partition_schema() IS
    'For ensure_partitions(): make the schema of the partitions if it is missing. '
    'Error 42501 if it is somebody else''s.';

CREATE FUNCTION ecommerce_internal.default_partitions() RETURNS text[]
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made text[] := '{}'::text[];
    t    record;
BEGIN
    PERFORM ecommerce_internal.partition_schema();
    FOR t IN
        SELECT k.name, format('ecommerce_partitions.%I', k.name || '_default') AS partition
        FROM ecommerce_internal.partitioned_tables() k ORDER BY k.ordinal
    LOOP
        CONTINUE WHEN to_regclass(t.partition) IS NOT NULL;
        EXECUTE format('CREATE TABLE %s PARTITION OF ecommerce.%I DEFAULT', t.partition, t.name);
        made := made || t.partition;
    END LOOP;
    -- Keys run between all of them, those that were there, too.
    IF made <> '{}' THEN
        made := ARRAY(SELECT format('ecommerce_partitions.%I', k.name || '_default')
                      FROM ecommerce_internal.partitioned_tables() k);
    END IF;
    RETURN made;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.default_partitions() IS
    'For ensure_partitions(): make the default partitions that are missing. Returns all of them if '
    'any was.';
