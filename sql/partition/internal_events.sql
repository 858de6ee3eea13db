-- Who has not read the events of a partition.

CREATE FUNCTION ecommerce_internal.event_holders(leaf regclass) RETURNS text[]
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
DECLARE
    v_holders text[];
BEGIN
    EXECUTE format($sql$
        SELECT array_agg(format('%%s of tenant %%s', c.name, c.tenant_id)
                         ORDER BY c.tenant_id, c.name)
        FROM ecommerce.event_consumers c
        WHERE EXISTS (SELECT FROM %1$s e
                      WHERE e.tenant_id = c.tenant_id AND (e.xact, e.id) > (c.xact, c.event_id))
           OR EXISTS (SELECT FROM ecommerce.event_batches b
                      JOIN %1$s e ON e.tenant_id = b.tenant_id
                                 AND (e.xact, e.id) > (b.from_xact, b.from_id)
                                 AND (e.xact, e.id) <= (b.to_xact, b.to_id)
                      WHERE b.tenant_id = c.tenant_id AND b.consumer = c.name
                        AND b.acked_at IS NULL)
        $sql$, leaf) INTO v_holders;
    RETURN v_holders;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.event_holders(regclass) IS
    'For drop_events() and detach_partition(): consumers that have not read a leaf of events. All '
    'tenants'' are looked at; NULL if all have.';

CREATE FUNCTION ecommerce_internal.empty_events(leaf regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s DISABLE TRIGGER no_truncate', leaf);
    EXECUTE format('TRUNCATE %s', leaf);
    EXECUTE format('ALTER TABLE %s ENABLE TRIGGER no_truncate', leaf);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.empty_events(regclass) IS
    'For drop_events(): truncate a leaf, whose trigger refuses it to everybody else.';

CREATE FUNCTION ecommerce_internal.check_events_read(leaf regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_holders text[] := ecommerce_internal.event_holders(leaf);
BEGIN
    IF v_holders IS NOT NULL THEN
        RAISE EXCEPTION 'a partition cannot be detached whose events % has not read', v_holders[1]
            USING ERRCODE = 'object_in_use',
                  DETAIL = jsonb_build_object('partition', leaf::text, 'held_by', v_holders)::text,
                  HINT = 'Let its workers go on, or drop a consumer that nobody needs any more: '
                         'ecommerce.drop_consumer().';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_events_read(regclass) IS
    'For detach_partition(): error 55006 if a consumer has not read all events of a leaf.';
