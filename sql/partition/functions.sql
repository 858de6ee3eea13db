-- Partitions of what grows with orders.

CREATE FUNCTION ecommerce.partitions()
    RETURNS TABLE (parent regclass, partition regclass, from_time timestamptz,
                   to_time timestamptz, estimated_rows bigint, bytes bigint)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC' SET datestyle = 'ISO'
AS $$
    SELECT p.oid::regclass, c.oid::regclass,
           (regexp_match(b.bounds, 'FROM [(]''([^'']+)''[)]'))[1]::timestamptz,
           (regexp_match(b.bounds, 'TO [(]''([^'']+)''[)]'))[1]::timestamptz,
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
    'The partitions of orders, of what grows with them, and of events. '
    'Bounds are from_time (inclusive) and to_time (exclusive), both NULL for the default '
    'partition; rows are those of the last ANALYZE, and size is with indexes.';

CREATE FUNCTION ecommerce.ensure_partitions(from_time timestamptz DEFAULT now(),
    to_time timestamptz DEFAULT now() + interval '1 year', every text DEFAULT 'quarter')
    RETURNS TABLE (partition regclass, lower_bound timestamptz, upper_bound timestamptz,
                   moved_rows bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO'
    SET quote_all_identifiers = off
AS $$
DECLARE
    gaps    jsonb;
    gap     record;
    made    text[];
    locked  boolean := false;
BEGIN
    PERFORM ecommerce_internal.check_partition_range(every, from_time, to_time);
    -- Sessions that create the same partitions do it one after the other.
    PERFORM pg_advisory_xact_lock(hashtextextended('ecommerce.ensure_partitions', 0));
    made := ecommerce_internal.default_partitions();
    FOR gap IN
        SELECT DISTINCT d.suffix, d.from_time, d.to_time
        FROM ecommerce_internal.detached_leaves() d
        WHERE d.from_time <= ensure_partitions.to_time AND d.to_time > ensure_partitions.from_time
        ORDER BY d.from_time
    LOOP
        RAISE NOTICE 'no partition is made where one was detached: %', gap.suffix
            USING DETAIL = format('It has the orders from %s to %s.', gap.from_time, gap.to_time),
                  HINT = 'ecommerce.attach_partition() brings it back.';
    END LOOP;
    gaps := (SELECT jsonb_agg(g) FROM ecommerce_internal.partition_gaps(every, from_time,
                                                                        to_time) g);

    FOR gap IN
        SELECT * FROM jsonb_to_recordset(gaps)
            AS g (low timestamptz, high timestamptz, suffix text, tables jsonb)
        ORDER BY g.low
    LOOP
        -- Rows of now and before may be in the default partition, or on their way there.
        -- Who waits for that partition has been told already where rows are; so everybody
        -- waits for the whole table, in the order in which all that writes orders locks.
        IF NOT locked AND gap.low <= now() + interval '1 day' THEN
            PERFORM ecommerce_internal.lock_partitioned_tables();
            locked := true;
        END IF;

        FOR partition, moved_rows IN
            SELECT a.partition, a.moved_rows
            FROM ecommerce_internal.add_partitions(gap.tables, gap.suffix, gap.low, gap.high) a
        LOOP
            lower_bound := gap.low;
            upper_bound := gap.high;
            RETURN NEXT;
        END LOOP;
        -- Keys run between all leaves of a time, those that were there, too.
        made := made || ARRAY(SELECT format('ecommerce_partitions.%I', k.name || '_' || gap.suffix)
                              FROM ecommerce_internal.partitioned_tables() k);
    END LOOP;
    -- Policies, the foreign keys from leaf to leaf, and what else a partition does not inherit
    IF made <> '{}' THEN
        PERFORM ecommerce_internal.restore_schema(made);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce.ensure_partitions(timestamptz, timestamptz, text) IS
    'Create the partitions of orders, events and the like that a range of time lacks. One for '
    'each month, quarter or year (UTC) that it touches; where such a time is covered in part, '
    'years, quarters and months fill the rest. every: month, quarter or year. What is there stays '
    'as it is, and a table that lacks a partition which another one has gets the same. Rows that '
    'wait in the default partition are moved. Returns what it made. Partitions of the time to '
    'come disturb nobody; one that may have rows in the default partition already makes everybody '
    'wait who reads or writes orders. Where a partition was detached none is made, and a NOTICE '
    'says so. Error 22023 for another interval or a range of more than 60 of them.';
