-- The proof that shipments are what their orders allow, and that orders follow them.

CREATE FUNCTION ecommerce_internal.shipment_problems(since timestamptz DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := shipment_problems.tenant_id;
    v_from   timestamptz := coalesce(since, '-infinity');
    v_ids    uuid[];
    v_times  timestamptz[];
BEGIN
    SELECT array_agg(t.id), array_agg(t.created_at) INTO v_ids, v_times
    FROM (SELECT DISTINCT s.order_id, s.order_created_at FROM ecommerce.shipments s
          WHERE s.tenant_id = v_tenant AND s.updated_at >= v_from) k
    JOIN ecommerce.orders t ON t.tenant_id = v_tenant AND t.id = k.order_id
                           AND t.created_at = k.order_created_at;
    IF v_ids IS NOT NULL THEN
        RETURN QUERY
        SELECT 'more is shipped than was ordered', u.order_id,
               jsonb_build_object('line_number', u.line_number, 'ordered', u.quantity,
                                  'shipped', u.packed)
        FROM ecommerce_internal.order_units(v_tenant, v_ids, v_times) u
        WHERE u.packed > u.quantity;

        RETURN QUERY
        SELECT 'more is sent again than was lost', u.shipment_id,
               jsonb_build_object('line_number', u.line_number, 'too_many', - u.quantity)
        FROM ecommerce_internal.undelivered_units(v_tenant, v_ids, v_times) u
        WHERE u.quantity < 0;

        RETURN QUERY
        SELECT 'an order differs from its shipments', o.id,
               jsonb_build_object('order', o.status, 'shipments', f.status)
        FROM ecommerce_internal.followed_status(v_tenant, v_ids, v_times) f
        JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.id = f.order_id
                               AND o.created_at = f.order_created_at
        WHERE EXISTS (SELECT FROM ecommerce.shipments s
                      WHERE s.tenant_id = v_tenant AND s.order_id = o.id
                        AND s.order_created_at = o.created_at AND s.status <> 'cancelled')
          AND (o.status IN ('pending', 'cancelled')
               OR o.status = 'processing' AND f.status IS NOT NULL
               OR o.status = 'shipped' AND f.status IS DISTINCT FROM 'shipped'
               OR o.status = 'delivered' AND f.status IS DISTINCT FROM 'delivered');
    END IF;

    RETURN QUERY
    SELECT 'a shipment has left that is empty', s.id, jsonb_build_object('status', s.status)
    FROM ecommerce.shipments s
    WHERE s.tenant_id = v_tenant AND s.updated_at >= v_from
      AND s.status NOT IN ('pending', 'cancelled')
      AND NOT EXISTS (SELECT FROM ecommerce.shipment_items i
                      WHERE i.tenant_id = v_tenant AND i.shipment_id = s.id
                        AND i.order_created_at = s.order_created_at);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.shipment_problems(timestamptz, integer) IS
    'For verify_integrity(): orders of which more was shipped than ordered, or that did not '
    'follow their shipments. Lost units that were sent again twice, and empty '
    'shipments, too. With since: of shipments that changed since then.';
