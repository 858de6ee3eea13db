-- The proof of the books of refunds.

CREATE FUNCTION ecommerce_internal.refund_problems(since timestamptz DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := refund_problems.tenant_id;
    v_away   tstzmultirange := ecommerce_internal.archived_times();
BEGIN
    RETURN QUERY
    WITH refund AS MATERIALIZED (
        SELECT r.* FROM ecommerce.refunds r
        WHERE r.tenant_id = v_tenant AND (since IS NULL OR r.updated_at >= since)
    ), part AS (
        SELECT k.refund_id,
               coalesce(sum(k.amount) FILTER (WHERE k.status = 'confirmed'), 0) AS confirmed,
               coalesce(sum(k.amount) FILTER (WHERE k.status = 'requested'), 0) AS requested
        FROM ecommerce.refund_payments k
        WHERE k.tenant_id = v_tenant
          AND (since IS NULL OR k.refund_id IN (SELECT r.id FROM refund r))
        GROUP BY 1
    ), item AS (
        SELECT i.refund_id, sum(i.net + i.vat) AS amount
        FROM ecommerce.refund_items i
        WHERE i.tenant_id = v_tenant
          AND (since IS NULL OR i.refund_id IN (SELECT r.id FROM refund r))
        GROUP BY 1
    ), line AS (
        SELECT r.order_id, r.order_created_at, i.line_number, sum(i.quantity) AS quantity,
               sum(i.net) AS net, sum(i.vat) AS vat
        FROM ecommerce.refunds r
        JOIN ecommerce.refund_items i ON i.tenant_id = v_tenant AND i.refund_id = r.id
        WHERE r.tenant_id = v_tenant AND (r.status <> 'failed' OR r.amount_confirmed > 0)
          AND NOT r.order_created_at <@ v_away
          AND (since IS NULL OR r.order_id IN (SELECT f.order_id FROM refund f))
        GROUP BY 1, 2, 3
    )
    SELECT 'refund: differs from its lines or its payments', r.id,
           jsonb_build_object('amount', r.amount, 'overpaid', r.overpaid, 'lines', i.amount,
               'amount_confirmed', r.amount_confirmed, 'confirmed', k.confirmed,
               'requested', k.requested, 'status', r.status)
    FROM refund r
    LEFT JOIN part k ON k.refund_id = r.id
    LEFT JOIN item i ON i.refund_id = r.id
    WHERE r.amount <> r.overpaid + coalesce(i.amount, 0)
       OR r.amount_confirmed <> coalesce(k.confirmed, 0)
       OR coalesce(k.confirmed + k.requested, 0) > r.amount
       OR r.status <> CASE WHEN k.confirmed = r.amount THEN 'confirmed'
                           WHEN k.requested > 0 THEN 'requested' ELSE 'failed' END
    UNION ALL
    SELECT 'refund: more of a line is refunded than it came to', l.order_id,
           jsonb_build_object('line_number', l.line_number, 'quantity', l.quantity, 'net', l.net,
                              'vat', l.vat)
    FROM line l
    LEFT JOIN ecommerce.order_items t ON t.tenant_id = v_tenant AND t.order_id = l.order_id
        AND t.order_created_at = l.order_created_at AND t.line_number = l.line_number
    WHERE t.order_id IS NULL OR l.quantity > t.quantity OR l.net > t.net OR l.vat > t.vat;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refund_problems(timestamptz, integer) IS
    'For verify_integrity(): refunds of a tenant that differ from their lines or their payments. '
    'And lines of which more was refunded than they came to. With since: of refunds that changed '
    'since then.';
