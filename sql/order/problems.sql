-- The proof that orders are what their lines, reservations, returns, keys and carts say.
--
-- A condition on the time of a row stands beside one on its id where only the id
-- is indexed: ids are at most a day off.

CREATE FUNCTION ecommerce_internal.prove_order_lines(since timestamptz, tenant_id integer)
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := prove_order_lines.tenant_id;
    v_away   tstzmultirange := ecommerce_internal.archived_times();
    v_from   timestamptz := coalesce(since, '-infinity');
    v_id     uuid := ecommerce_internal.first_id(since);
    v_ids    uuid[];
    v_times  timestamptz[];
    v_statuses text[];
BEGIN
    RETURN QUERY
    SELECT 'units of a line differ from where they came from', i.order_id,
           jsonb_build_object('line_number', i.line_number, 'quantity', i.quantity, 'allocation',
               i.allocation)
    FROM ecommerce.order_items i
    WHERE i.tenant_id = v_tenant AND i.order_id >= v_id AND i.order_created_at >= v_from
      AND i.allocation IS NOT NULL
      AND i.quantity <> (SELECT coalesce(sum(a.value::integer), 0)
          FROM jsonb_each_text(i.allocation) a);

    -- Of an order that was cancelled all units came back then.
    SELECT array_agg(n.order_id), array_agg(t.created_at), array_agg(t.status)
    INTO v_ids, v_times, v_statuses
    FROM (SELECT m.order_id FROM ecommerce.stock_movements m
          WHERE m.tenant_id = v_tenant AND m.created_at >= v_from
            AND m.reason = 'return' AND m.order_id IS NOT NULL
          UNION
          SELECT c.id FROM ecommerce.orders c
          WHERE since IS NOT NULL AND c.tenant_id = v_tenant AND c.cancelled_at >= v_from) n
    LEFT JOIN ecommerce.orders t ON t.tenant_id = v_tenant AND t.id = n.order_id
       AND (since IS NULL
            OR t.created_at BETWEEN ecommerce_internal.id_time(n.order_id) - interval '1 day'
                                AND ecommerce_internal.id_time(n.order_id) + interval '1 day');
    RETURN QUERY
    SELECT 'more came back than was sold', m.order_id,
           jsonb_build_object('product_id', m.product_id, 'returned', m.quantity, 'sold',
               coalesce(s.quantity, 0), 'status', m.status)
    FROM (SELECT l.order_id, w.created_at, w.status, l.product_id, sum(l.quantity) AS quantity
          FROM unnest(v_ids, v_times, v_statuses) AS w (id, created_at, status)
          JOIN ecommerce.stock_movements l ON l.tenant_id = v_tenant AND l.order_id = w.id
          WHERE l.reason = 'return' GROUP BY 1, 2, 3, 4) m
    LEFT JOIN (SELECT u.order_id, u.order_created_at, u.product_id, sum(u.away) AS quantity
               FROM ecommerce_internal.order_units(v_tenant, v_ids, v_times) u
               WHERE u.from_stock GROUP BY 1, 2, 3) s
           ON s.order_id = m.order_id AND s.order_created_at = m.created_at
          AND s.product_id = m.product_id
    WHERE m.quantity > coalesce(s.quantity, 0)
      AND NOT (m.status IS NULL AND ecommerce_internal.may_be_archived(m.order_id, v_away));

    RETURN QUERY
    SELECT CASE WHEN o.id IS NULL THEN 'lines without an order'
        ELSE 'an order differs from its lines' END,
           coalesce(o.id, i.order_id),
           jsonb_build_object('net', o.net, 'vat', o.vat, 'gross', o.gross, 'lines_net', i.net,
               'lines_vat', i.vat)
    FROM (SELECT t.id, t.created_at, t.net, t.vat, t.gross FROM ecommerce.orders t
          WHERE t.tenant_id = v_tenant AND t.created_at >= v_from) o
    FULL JOIN (SELECT l.order_id, l.order_created_at, sum(l.net) AS net, sum(l.vat) AS vat
               FROM ecommerce.order_items l
               WHERE l.tenant_id = v_tenant AND l.order_id >= v_id
                 AND l.order_created_at >= v_from
               GROUP BY 1, 2) i
           ON i.order_id = o.id AND i.order_created_at = o.created_at
    WHERE (o.net, o.vat, o.gross) IS DISTINCT FROM (i.net, i.vat, i.net + i.vat);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.prove_order_lines(timestamptz, integer) IS
    'For order_problems(): orders equal their lines, and lines the units that they took. No more '
    'came back than was sold, and nothing beside what cancelling gave back.';

CREATE FUNCTION ecommerce_internal.prove_order_links(since timestamptz, tenant_id integer)
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := prove_order_links.tenant_id;
    v_away   tstzmultirange := ecommerce_internal.archived_times();
    v_from   timestamptz := coalesce(since, '-infinity');
    v_id     uuid := ecommerce_internal.first_id(since);
BEGIN
    RETURN QUERY
    SELECT 'a reservation differs from its order', r.id,
           jsonb_build_object('order_id', r.order_id, 'reservation', r.status, 'order', o.status)
    FROM (SELECT r.id, r.order_id, r.status, r.product_id, r.warehouse_id
          FROM ecommerce.stock_reservations r
          WHERE r.tenant_id = v_tenant AND r.id >= v_id AND r.created_at >= v_from
          UNION
          SELECT r.id, r.order_id, r.status, r.product_id, r.warehouse_id
          FROM ecommerce.orders o
          JOIN ecommerce.stock_reservations r ON r.tenant_id = v_tenant AND r.order_id = o.id
          WHERE since IS NOT NULL AND o.tenant_id = v_tenant AND o.created_at >= v_from
          UNION
          SELECT r.id, r.order_id, r.status, r.product_id, r.warehouse_id
          FROM ecommerce.orders o
          JOIN ecommerce.stock_reservations r ON r.tenant_id = v_tenant AND r.order_id = o.id
          WHERE since IS NOT NULL AND o.tenant_id = v_tenant AND o.cancelled_at >= v_from) r
    LEFT JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.id = r.order_id
       AND (since IS NULL
            OR o.created_at BETWEEN ecommerce_internal.id_time(r.order_id) - interval '1 day'
                                AND ecommerce_internal.id_time(r.order_id) + interval '1 day')
    WHERE r.order_id IS NOT NULL
      AND NOT (o.id IS NULL AND ecommerce_internal.may_be_archived(r.order_id, v_away))
      AND (o.id IS NULL OR r.status NOT IN ('committed', 'consumed', 'released')
          OR (r.status = 'released') <> (o.status = 'cancelled'))
       OR r.order_id IS NULL AND r.status IN ('committed', 'consumed');

    RETURN QUERY
    SELECT 'an idempotency key without its order', k.order_id, jsonb_build_object('key', k.key)
    FROM ecommerce.idempotency_keys k
    WHERE k.tenant_id = v_tenant AND k.created_at >= v_from
      AND NOT k.order_created_at <@ v_away
      AND NOT EXISTS (SELECT FROM ecommerce.orders o
                      WHERE o.tenant_id = v_tenant AND o.id = k.order_id
                        AND o.created_at = k.order_created_at);

    RETURN QUERY
    SELECT 'a cart without its order', c.id, jsonb_build_object('order_id', c.order_id)
    FROM ecommerce.carts c
    WHERE c.tenant_id = v_tenant AND c.order_id >= v_id AND c.status = 'ordered'
      AND NOT ecommerce_internal.may_be_archived(c.order_id, v_away)
      AND NOT EXISTS (SELECT FROM ecommerce.orders o
                      WHERE o.tenant_id = v_tenant AND o.id = c.order_id
           AND (since IS NULL
                OR o.created_at BETWEEN ecommerce_internal.id_time(c.order_id) - interval '1 day'
                                    AND ecommerce_internal.id_time(c.order_id) + interval '1 day'));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.prove_order_links(timestamptz, integer) IS
    'For order_problems(): reservations, idempotency keys and carts are as their orders say.';

CREATE FUNCTION ecommerce_internal.order_problems(since timestamptz DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT * FROM ecommerce_internal.prove_order_lines(since, tenant_id);
    RETURN QUERY SELECT * FROM ecommerce_internal.prove_order_links(since, tenant_id);
    RETURN QUERY
    SELECT 'what was cancelled of a line differs from it', p.order_id, p.detail
    FROM ecommerce_internal.prove_cancellations(tenant_id, since, NULL) p;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.order_problems(timestamptz, integer) IS
    'For verify_integrity(): orders of a tenant that differ from their lines, reservations, '
    'returns, keys or carts. That is lines and the units that they took, returns and what was '
    'sold, what was cancelled of lines, reservations, idempotency keys and carts and their orders. '
    'With since: of what happened since then.';
