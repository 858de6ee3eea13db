-- The proof that returns are of what was sent, and come to no more than was charged.

CREATE FUNCTION ecommerce_internal.prove_returned_orders(since timestamptz, tenant_id integer)
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := prove_returned_orders.tenant_id;
    v_from   timestamptz := coalesce(since, '-infinity');
    v_ids    uuid[];
    v_times  timestamptz[];
BEGIN
    SELECT array_agg(t.id), array_agg(t.created_at) INTO v_ids, v_times
    FROM (SELECT DISTINCT b.order_id, b.order_created_at FROM ecommerce.returns b
          WHERE b.tenant_id = v_tenant AND b.updated_at >= v_from) k
    JOIN ecommerce.orders t ON t.tenant_id = v_tenant AND t.id = k.order_id
                           AND t.created_at = k.order_created_at;
    IF v_ids IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH unit AS MATERIALIZED (
        SELECT * FROM ecommerce_internal.claimed_units(v_tenant, v_ids, v_times))
    SELECT 'more comes back than was sent', u.order_id,
           jsonb_build_object('line_number', u.line_number, 'sent', u.sent,
                              'returned', u.claimed)
    FROM unit u
    WHERE u.claimed > u.sent OR u.settled > u.quantity
    UNION ALL
    SELECT 'what came back is not in stock', k.order_id,
           jsonb_build_object('product_id', k.product_id, 'received', k.units,
                              'booked', coalesce(m.units, 0))
    FROM (SELECT u.order_id, u.product_id, sum(u.came) AS units FROM unit u
          WHERE u.from_stock GROUP BY u.order_id, u.product_id) k
    LEFT JOIN (SELECT s.order_id, s.product_id, sum(s.quantity) AS units
               FROM unnest(v_ids) w (id)
               JOIN ecommerce.stock_movements s ON s.tenant_id = v_tenant AND s.order_id = w.id
               WHERE s.reason = 'return'
               GROUP BY s.order_id, s.product_id) m
           ON m.order_id = k.order_id AND m.product_id = k.product_id
    WHERE k.units > coalesce(m.units, 0);

    RETURN QUERY
    SELECT 'a refund differs from what was charged', a.order_id,
           jsonb_build_object('line_number', a.line_number, 'net', a.net, 'vat', a.vat,
                              'refund_net', r.net, 'refund_vat', r.vat)
    FROM ecommerce_internal.line_amounts(v_tenant, v_ids, v_times) a
    JOIN (SELECT k.order_id, k.order_created_at, k.line_number, sum(k.net) AS net,
                 sum(k.vat) AS vat, sum(k.back_to_stock + k.written_off + k.lost) AS units
          FROM unnest(v_ids, v_times) AS w (id, created_at)
          JOIN ecommerce.return_receipts k ON k.tenant_id = v_tenant AND k.order_id = w.id
              AND k.order_created_at = w.created_at
          GROUP BY k.order_id, k.order_created_at, k.line_number) r
      ON r.order_id = a.order_id AND r.order_created_at = a.order_created_at
     AND r.line_number = a.line_number
    -- All units of a line are worth all of it.
    WHERE r.net > a.net OR r.vat > a.vat
       OR a.kind = 'product' AND r.units = a.quantity AND (r.net, r.vat) <> (a.net, a.vat);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.prove_returned_orders(timestamptz, integer) IS
    'For return_problems(): orders of which more comes back than was sent. Also those whose goods '
    'are not among the movements of stock, or whose refunds differ from what was charged.';

CREATE FUNCTION ecommerce_internal.return_problems(since timestamptz DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := return_problems.tenant_id;
    v_from   timestamptz := coalesce(since, '-infinity');
BEGIN
    RETURN QUERY SELECT * FROM ecommerce_internal.prove_returned_orders(since, v_tenant);

    RETURN QUERY
    SELECT 'a return differs from what came of it', b.id,
           jsonb_strip_nulls(jsonb_build_object('status', b.status, 'line_number', r.line_number,
               'quantity', i.quantity, 'received', r.units))
    FROM ecommerce.returns b
    LEFT JOIN LATERAL (SELECT k.line_number, sum(k.back_to_stock + k.written_off + k.lost) AS units
                       FROM ecommerce.return_receipts k
                       WHERE k.tenant_id = v_tenant AND k.return_id = b.id
                         AND k.order_created_at = b.order_created_at
                       GROUP BY k.line_number) r ON true
    LEFT JOIN ecommerce.return_items i ON i.tenant_id = v_tenant AND i.return_id = b.id
        AND i.order_created_at = b.order_created_at AND i.line_number = r.line_number
    WHERE b.tenant_id = v_tenant AND b.updated_at >= v_from
      AND ((b.status = 'received') <> (r.line_number IS NOT NULL)
           OR r.units > coalesce(i.quantity, 0));

    RETURN QUERY
    SELECT 'a return without its exchange', b.id,
           jsonb_build_object('exchange_order_id', b.exchange_order_id)
    FROM ecommerce.returns b
    WHERE b.tenant_id = v_tenant AND b.updated_at >= v_from AND b.exchange_order_id IS NOT NULL
      AND NOT b.exchange_order_created_at <@ ecommerce_internal.archived_times()
      AND NOT EXISTS (SELECT FROM ecommerce.orders t
                      WHERE t.tenant_id = v_tenant AND t.id = b.exchange_order_id
                        AND t.created_at = b.exchange_order_created_at);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.return_problems(timestamptz, integer) IS
    'For verify_integrity(): returns of a tenant that differ from what was sent, came or was '
    'charged. Of more than was sent, whose goods are not among the movements of stock, whose '
    'status differs from what came, which come to more than was charged (or less, of a line that '
    'came back whole), or whose exchange is unknown. With since: of returns that changed since '
    'then.';
