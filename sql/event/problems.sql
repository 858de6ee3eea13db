-- The proof that consumers of events are where their batches say, and not beyond the events.

CREATE FUNCTION ecommerce_internal.event_problems(since timestamptz, tenant_id integer)
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := event_problems.tenant_id;
    v_next   xid8 := ecommerce_internal.event_number(pg_snapshot_xmax(pg_current_snapshot()));
    v_own    xid8 := ecommerce_internal.event_number(pg_current_xact_id_if_assigned());
BEGIN
    -- A copy of this cluster wrote it.  Readers are past it before this one comes to its number.
    RETURN QUERY
    SELECT 'an event is of a transaction that has not been', e.id,
           jsonb_build_object('xact', e.xact::text, 'next', v_next::text)
    FROM ecommerce.events e
    WHERE e.tenant_id = v_tenant AND e.xact >= v_next AND e.xact IS DISTINCT FROM v_own
      AND e.created_at >= coalesce(since, '-infinity')
    ORDER BY e.xact DESC, e.id DESC LIMIT 1;

    RETURN QUERY
    SELECT 'a consumer is beyond the events', NULL::uuid,
           jsonb_build_object('consumer', c.name, 'xact', c.xact::text, 'next', v_next::text)
    FROM ecommerce.event_consumers c
    WHERE c.tenant_id = v_tenant AND c.xact > v_next;

    RETURN QUERY
    SELECT 'two workers have the same events, or one has what its consumer has not', NULL::uuid,
           jsonb_build_object('consumer', b.consumer, 'lease', b.lease)
    FROM (SELECT x.consumer, x.lease, x.to_xact, x.to_id,
                 lead(x.from_xact) OVER w AS next_xact, lead(x.from_id) OVER w AS next_id
          FROM ecommerce.event_batches x
          WHERE x.tenant_id = v_tenant AND x.acked_at IS NULL
          WINDOW w AS (PARTITION BY x.consumer ORDER BY x.to_xact, x.to_id)) b
    JOIN ecommerce.event_consumers c ON c.tenant_id = v_tenant AND c.name = b.consumer
    WHERE (b.to_xact, b.to_id) > (c.xact, c.event_id)
       OR (b.to_xact, b.to_id) > (b.next_xact, b.next_id);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.event_problems(timestamptz, integer) IS
    'For verify_integrity(): events and consumers of a tenant that are out of order. That is '
    'events of transactions that have not been, consumers beyond them, and batches that overlap or '
    'are beyond their consumer. With since: of events since then.';
