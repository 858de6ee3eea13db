-- The proof of the books of stock.

CREATE FUNCTION ecommerce_internal.stock_problems(since timestamptz DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := stock_problems.tenant_id;
    v_closed timestamptz;
    v_hidden timestamptz := (SELECT max(d.to_time) FROM ecommerce_internal.detached_leaves() d
                             WHERE NOT d.archived);
BEGIN
    -- movements - sales - holds = available, for each product and warehouse
    v_closed := coalesce((SELECT max(b.closed_at) FROM ecommerce.stock_balances b
                          WHERE b.tenant_id = v_tenant AND b.closed_at <= since), '-infinity');
    -- Sales that somebody took away by ALTER TABLE are told of by partition_problems().
    IF v_hidden > v_closed THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT 'stock differs from its books', b.product_id,
           jsonb_strip_nulls(jsonb_build_object(
               'warehouse_id', b.warehouse_id, 'closed_at', nullif(v_closed, '-infinity'),
               'opening', nullif(sum(b.opening), 0), 'movements', sum(b.moved),
               'sold', sum(b.sold), 'held', sum(b.held), 'available', sum(b.available)))
    FROM (SELECT k.product_id, k.warehouse_id, k.opening, k.moved, k.sold, 0, 0
          FROM ecommerce_internal.stock_books(v_tenant, v_closed, 'infinity'::timestamptz) k
          UNION ALL
          SELECT r.product_id, r.warehouse_id, 0, 0, 0, r.quantity, 0
          FROM ecommerce.stock_reservations r
          WHERE r.tenant_id = v_tenant AND r.status = 'held'
          UNION ALL
          SELECT s.product_id, s.warehouse_id, 0, 0, 0, 0, s.available
          FROM ecommerce.stock s WHERE s.tenant_id = v_tenant)
        AS b (product_id, warehouse_id, opening, moved, sold, held, available)
    GROUP BY b.product_id, b.warehouse_id
    HAVING sum(b.opening) + sum(b.moved) - sum(b.sold) - sum(b.held) <> sum(b.available);

    FOR v_closed IN
        SELECT DISTINCT b.closed_at FROM ecommerce.stock_balances b
        WHERE b.tenant_id = v_tenant AND since IS NULL ORDER BY b.closed_at
    LOOP
        RETURN QUERY
        SELECT 'a balance of stock differs from its ledger', b.product_id,
               jsonb_build_object('warehouse_id', b.warehouse_id, 'closed_at', b.closed_at,
                                  'balance', b.quantity, 'ledger', coalesce(k.moved - k.sold, 0))
        FROM ecommerce.stock_balances b
        LEFT JOIN ecommerce_internal.stock_books(v_tenant, '-infinity'::timestamptz, v_closed) k
               ON k.product_id = b.product_id AND k.warehouse_id = b.warehouse_id
        WHERE b.tenant_id = v_tenant AND b.closed_at = v_closed
          AND b.quantity <> coalesce(k.moved - k.sold, 0);
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.stock_problems(timestamptz, integer) IS
    'For verify_integrity(): a tenant''s products whose stock differs from its books. Also '
    'balances that differ from what they were made of. With since: from the last closing before '
    'it.';
