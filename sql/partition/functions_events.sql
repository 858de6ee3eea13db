-- Letting go of events that everybody has read.

CREATE FUNCTION ecommerce.drop_events(before timestamptz)
    RETURNS TABLE (partition regclass, lower_bound timestamptz, upper_bound timestamptz,
                   bytes bigint, held_by text[])
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF before IS NULL THEN
        RAISE EXCEPTION 'before must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF current_setting('transaction_isolation') NOT LIKE 'read %' THEN
        -- An old snapshot would miss events.
        RAISE EXCEPTION 'events are dropped at READ COMMITTED only'
            USING ERRCODE = 'active_sql_transaction',
                  HINT = 'Begin with BEGIN ISOLATION LEVEL READ COMMITTED.';
    END IF;
    -- As ensure_partitions() does
    PERFORM pg_advisory_xact_lock(hashtextextended('ecommerce.ensure_partitions', 0));
    FOR partition, lower_bound, upper_bound, bytes IN
        SELECT p.partition, p.from_time, p.to_time, p.bytes
        FROM ecommerce.partitions() p
        WHERE p.parent = 'ecommerce.events'::regclass AND p.to_time <= least(before, now())
          AND pg_relation_size(p.partition) > 0
        ORDER BY p.from_time
    LOOP
        held_by := ecommerce_internal.event_holders(partition);
        IF held_by IS NULL THEN
            -- Whoever is writing there has ended then.
            EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', partition);
            held_by := ecommerce_internal.event_holders(partition);
        END IF;
        IF held_by IS NULL THEN
            PERFORM ecommerce_internal.empty_events(partition);
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce.drop_events(timestamptz) IS
    'Drop all events of partitions that end before a time and that all have read. A partition '
    'stays, empty, beside those of orders and their lines. Of those that the consumer of some '
    'tenant has not acknowledged whole nothing goes. before: that time; partitions that are not '
    'over yet stay. Returns the partitions that had events: how many bytes went, or who holds it '
    'back (held_by, else NULL). Waits for all who use such a partition. Histories of orders that '
    'are read from events lose theirs. Errors: 25001 not READ COMMITTED, 22004 NULL.';
