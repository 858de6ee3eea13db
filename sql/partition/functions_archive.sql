-- Taking old partitions out of the tables of the shop, and back in.

CREATE FUNCTION ecommerce.detach_partition(leaf regclass)
    RETURNS TABLE (partition regclass, lower_bound timestamptz, upper_bound timestamptz)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO'
    SET quote_all_identifiers = off
AS $$
DECLARE
    v_suffix text;
    v_orders regclass;
    v_cancel regclass;
    v_made   text[] := '{}'::text[];
    t        record;
BEGIN
    PERFORM ecommerce_internal.begin_archive(leaf);
    SELECT p.from_time, p.to_time, substr(c.relname, length(r.relname) + 2)
    INTO lower_bound, upper_bound, v_suffix
    FROM ecommerce.partitions() p
    JOIN pg_class c ON c.oid = p.partition
    JOIN pg_class r ON r.oid = p.parent
    WHERE p.partition = leaf;
    IF NOT FOUND OR num_nulls(lower_bound, upper_bound) > 0 OR upper_bound > now() THEN
        RAISE EXCEPTION 'only partitions of the past can be detached, and % is none', leaf
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'See ecommerce.partitions().';
    ELSIF EXISTS (SELECT FROM ecommerce_internal.partitioned_tables() k
                  LEFT JOIN ecommerce.partitions() p
                         ON p.partition = to_regclass(format('ecommerce_partitions.%I',
                                                             k.name || '_' || v_suffix))
                        AND p.from_time = lower_bound AND p.to_time = upper_bound
                  WHERE p.partition IS NULL) THEN
        RAISE EXCEPTION 'partitions of one time differ'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('Not every table has one from %s to %s whose name ends with %s.',
                                  lower_bound, upper_bound, v_suffix);
    END IF;
    v_orders := format('ecommerce_partitions.%I', 'orders_' || v_suffix)::regclass;
    v_cancel := format('ecommerce_partitions.%I', 'order_cancellations_' || v_suffix)::regclass;
    PERFORM ecommerce_internal.check_closed(v_orders, lower_bound, upper_bound);
    PERFORM ecommerce_internal.check_events_read(
        format('ecommerce_partitions.%I', 'events_' || v_suffix)::regclass);
    PERFORM ecommerce_internal.reopen_for_archive(v_orders, v_cancel, lower_bound, upper_bound);
    PERFORM ecommerce_internal.book_archive(v_orders,
        format('ecommerce_partitions.%I', 'order_items_' || v_suffix)::regclass, v_cancel,
        v_suffix, lower_bound, upper_bound);
    FOR t IN
        SELECT k.name, format('ecommerce_partitions.%I', k.name || '_' || v_suffix) AS leaf
        FROM ecommerce_internal.partitioned_tables() k ORDER BY k.ordinal DESC
    LOOP
        EXECUTE format('ALTER TABLE ecommerce.%I DETACH PARTITION %s', t.name, t.leaf);
        v_made := v_made || t.leaf;
        partition := t.leaf::regclass;
        RETURN NEXT;
    END LOOP;
    -- What keeps an archive as it is
    PERFORM ecommerce_internal.restore_schema(v_made);
END
$$;
COMMENT ON FUNCTION ecommerce.detach_partition(regclass) IS
    'Archive the orders of a partition of the past, with all that is theirs. leaf: any one of '
    'the leaves of that time. They become tables of their own in schema ecommerce_partitions, '
    'which keep their policies and refuse changes; they may be dumped and dropped. The books keep '
    'the sums that they need: units sold become stock movements, sales rows of archived_sales. '
    'Functions answer EC024 for orders of that time. Returns the leaves. Everybody waits who '
    'reads or writes orders. As READ COMMITTED. Errors: 22023 not a partition, the default one, '
    'or not over yet; 55006 open or unpaid orders, held reservations, open returns, or events that '
    'a consumer has not read; 55000 its leaves differ; 25001 another isolation level; 22004 NULL.';

CREATE FUNCTION ecommerce.attach_partition(leaf regclass)
    RETURNS TABLE (partition regclass, lower_bound timestamptz, upper_bound timestamptz,
                   moved_rows bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO'
    SET quote_all_identifiers = off
AS $$
DECLARE
    v_leaves jsonb;
    v_name   text;
    v_orders regclass;
    v_cancel regclass;
BEGIN
    PERFORM ecommerce_internal.begin_archive(leaf);
    SELECT jsonb_agg(jsonb_build_object('parent', d.parent, 'ordinal', k.ordinal, 'key', k.key,
                                        'leaf', d.name)),
           min(d.from_time), min(d.to_time), min(d.suffix) FILTER (WHERE d.archived),
           (min(d.name) FILTER (WHERE d.parent = 'orders'))::regclass,
           (min(d.name) FILTER (WHERE d.parent = 'order_cancellations'))::regclass
    INTO v_leaves, lower_bound, upper_bound, v_name, v_orders, v_cancel
    FROM ecommerce_internal.detached_leaves() s
    JOIN ecommerce_internal.detached_leaves() d ON d.suffix = s.suffix
    JOIN ecommerce_internal.partitioned_tables() k ON k.name = d.parent
    WHERE s.leaf = attach_partition.leaf;
    IF v_leaves IS NULL THEN
        RAISE EXCEPTION '% is not a detached partition', leaf
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'See ecommerce.archived_partitions.';
    ELSIF v_name IS NOT NULL AND jsonb_array_length(v_leaves)
          <> (SELECT count(*) FROM ecommerce_internal.partitioned_tables() k) THEN
        RAISE EXCEPTION 'not all tables of the archive are there'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('There are %s.', (SELECT string_agg(l.leaf, ', ' ORDER BY l.leaf)
                      FROM jsonb_to_recordset(v_leaves) AS l (leaf text))),
                  HINT = 'Restore the others from their dump first.';
    END IF;
    IF v_orders IS NOT NULL THEN
        PERFORM ecommerce_internal.reopen_for_archive(v_orders,
            coalesce(v_cancel, 'ecommerce.order_cancellations'), lower_bound, upper_bound);
    END IF;
    PERFORM ecommerce_internal.unbook_archive(v_name);
    FOR partition, moved_rows IN
        SELECT a.partition, a.moved_rows
        FROM ecommerce_internal.attach_leaves(v_leaves, lower_bound, upper_bound) a
    LOOP
        RETURN NEXT;
    END LOOP;
    PERFORM ecommerce_internal.restore_schema((SELECT array_agg(l.leaf)
        FROM jsonb_to_recordset(v_leaves) AS l (leaf text)));
END
$$;
COMMENT ON FUNCTION ecommerce.attach_partition(regclass) IS
    'Bring an archived partition back: the reverse of detach_partition(). Also for what ALTER '
    'TABLE has detached, whose bounds are those of the month, quarter or year of its name. Rows of '
    'its time that came to the default partition meanwhile move to it. Returns the leaves. '
    'Everybody waits who reads or writes orders. As READ COMMITTED. Errors: 22023 not a detached '
    'partition, 55000 one of its tables is missing, 25001 another isolation level, 22004 NULL.';
