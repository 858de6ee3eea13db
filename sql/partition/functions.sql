-- Partitions of what grows with orders.

CREATE FUNCTION ecommerce.partitions()
    RETURNS TABLE (parent regclass, partition regclass, from_time timestamptz,
                   to_time timestamptz, estimated_rows bigint, bytes bigint)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC' SET datestyle = 'ISO'
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
    WHERE p.relnamespace = to_regnamespace('ecommerce')
      AND p.relname IN (SELECT t.name FROM ecommerce_internal.partitioned_tables() t)
    ORDER BY p.relname, 3 NULLS LAST
$$;
COMMENT ON FUNCTION ecommerce.partitions() IS
    'The partitions of orders, order_items and events. '
    'Bounds are from_time (inclusive) and to_time (exclusive), both NULL for the default '
    'partition; rows are those of the last ANALYZE, and size is with indexes.';

CREATE FUNCTION ecommerce.ensure_partitions(from_time timestamptz DEFAULT now(),
    to_time timestamptz DEFAULT now() + interval '1 year', every text DEFAULT 'quarter')
    RETURNS TABLE (partition regclass, lower_bound timestamptz, upper_bound timestamptz,
                   moved_rows bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO'
AS $$
DECLARE
    step    interval := ecommerce_internal.partition_step(every, from_time, to_time);
    v_low   timestamptz;
    v_high  timestamptz;
    tables  jsonb;
    known   jsonb;
    missing jsonb;
    made    text[];
    locked  boolean := false;
BEGIN
    -- Sessions that create the same partitions do it one after the other.
    PERFORM pg_advisory_xact_lock(hashtextextended('ecommerce.ensure_partitions', 0));
    made := ecommerce_internal.default_partitions();
    tables := (SELECT jsonb_agg(t) FROM ecommerce_internal.partitioned_tables() t);
    known := (SELECT jsonb_agg(jsonb_build_object('parent', p.parent::text,
                                                  'low', p.from_time, 'high', p.to_time))
              FROM ecommerce.partitions() p WHERE p.from_time IS NOT NULL);

    v_high := date_trunc(every, from_time);
    WHILE v_high <= to_time LOOP
        v_low := v_high;
        v_high := v_low + step;
        missing := (SELECT jsonb_agg(t)
                    FROM jsonb_to_recordset(tables) AS t (name text, key text, ordinal bigint)
                    WHERE NOT EXISTS (SELECT FROM jsonb_to_recordset(known)
                                          AS k (parent text, low timestamptz, high timestamptz)
                                      WHERE k.parent = 'ecommerce.' || t.name
                                        AND k.low < v_high AND k.high > v_low));
        CONTINUE WHEN missing IS NULL;

        -- Rows of now and before may be in the default partition, or on their way there.
        -- Who waits for that partition has been told already where rows are; so everybody
        -- waits for the whole table, in the order in which all that writes orders locks.
        IF NOT locked AND v_low <= now() + interval '1 day' THEN
            EXECUTE (SELECT format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE',
                                   string_agg(format('ONLY ecommerce.%I', t.name), ', '
                                              ORDER BY t.ordinal))
                     FROM jsonb_to_recordset(tables) AS t (name text, ordinal bigint));
            locked := true;
        END IF;

        FOR partition, moved_rows IN
            SELECT a.partition, a.moved_rows
            FROM ecommerce_internal.add_partitions(missing,
                to_char(v_low, CASE every WHEN 'month' THEN 'YYYY_MM'
                                          WHEN 'quarter' THEN 'YYYY"_q"Q' ELSE 'YYYY' END),
                v_low, v_high) a
        LOOP
            lower_bound := v_low;
            upper_bound := v_high;
            made := made || partition::text;
            RETURN NEXT;
        END LOOP;
    END LOOP;
    -- Policies, the foreign keys from leaf to leaf, and what else a partition does not inherit
    IF made <> '{}' THEN
        PERFORM ecommerce_internal.restore_schema(made);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce.ensure_partitions(timestamptz, timestamptz, text) IS
    'Create the partitions of orders, order_items and events that a range of time lacks. '
    'One for each month, quarter or year (UTC); rows that wait in the default partition are moved '
    'there. Returns the partitions that it made. Partitions of the time to come disturb nobody; '
    'one that may have rows in the default partition already makes everybody wait who reads or '
    'writes orders. Error 22023 for another interval or a range of more than 120 of them.';
