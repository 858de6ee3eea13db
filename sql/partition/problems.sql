-- Partitions that somebody detached by hand.

CREATE FUNCTION ecommerce_internal.partition_problems(since timestamptz DEFAULT NULL)
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'a partition was detached, but not by detach_partition()', NULL::uuid,
           jsonb_build_object('relation', d.name)
    FROM ecommerce_internal.detached_leaves() d WHERE NOT d.archived
$$;
COMMENT ON FUNCTION ecommerce_internal.partition_problems(timestamptz) IS
    'For verify_integrity(): leaves that ALTER TABLE detached, so that their sums are not booked. '
    'attach_partition() mends it.';
