-- The books of stock: what came and went, from a closing on.
--
-- Plans are made for the values of each call, and without regard to what the
-- session has switched off; stock_books() never sorts, because its groups are
-- few and their estimates far too low.

CREATE FUNCTION ecommerce_internal.cancelled_units(tenant_id integer, closed_at timestamptz,
    until timestamptz)
    RETURNS TABLE (product_id uuid, allocation jsonb, quantity integer, sign integer)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := cancelled_units.tenant_id;
    v_from   timestamptz := cancelled_units.closed_at;
BEGIN
    RETURN QUERY
    WITH reopened AS (
        SELECT p.id FROM ecommerce.products p
        WHERE v_from > '-infinity' AND p.tenant_id = v_tenant
          AND NOT EXISTS (SELECT FROM ecommerce.stock_balances b
                          WHERE b.tenant_id = v_tenant AND b.product_id = p.id
                            AND b.closed_at = v_from))
    SELECT i.product_id, c.allocation, c.quantity, 1 AS sign
    FROM ecommerce.order_cancellations c
    JOIN ecommerce.order_items i ON i.tenant_id = v_tenant AND i.order_id = c.order_id
        AND i.order_created_at = c.order_created_at AND i.line_number = c.line_number
    WHERE c.tenant_id = v_tenant AND c.created_at >= v_from AND c.created_at < until
      AND i.from_stock
    UNION ALL
    SELECT i.product_id, c.allocation, c.quantity, -1
    FROM ecommerce.orders o
    JOIN ecommerce.order_cancellations c ON c.tenant_id = v_tenant AND c.order_id = o.id
        AND c.order_created_at = o.created_at
    JOIN ecommerce.order_items i ON i.tenant_id = v_tenant AND i.order_id = c.order_id
        AND i.order_created_at = c.order_created_at AND i.line_number = c.line_number
    WHERE o.tenant_id = v_tenant AND o.status = 'cancelled'
      AND o.cancelled_at >= v_from AND o.cancelled_at < until AND i.from_stock
    UNION ALL
    SELECT i.product_id, c.allocation, c.quantity,
           (c.created_at < v_from)::integer
           - (o.status = 'cancelled' AND o.cancelled_at < v_from)::integer
    FROM reopened p
    JOIN ecommerce.order_items i ON i.tenant_id = v_tenant AND i.product_id = p.id
        AND i.order_created_at < v_from
    JOIN ecommerce.order_cancellations c ON c.tenant_id = v_tenant
        AND c.order_id = i.order_id AND c.order_created_at = i.order_created_at
        AND c.line_number = i.line_number
    JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.id = c.order_id
        AND o.created_at = c.order_created_at
    WHERE i.from_stock;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cancelled_units(integer, timestamptz, timestamptz) IS
    'For stock_books(): what cancelling single lines gave back since closed_at and before until. '
    'What the cancelling of a whole order gave back is counted there as if it were all; so it '
    'takes off then what had come back before (sign -1).';

CREATE FUNCTION ecommerce_internal.stock_books(tenant_id integer, closed_at timestamptz,
    until timestamptz)
    RETURNS TABLE (product_id uuid, warehouse_id integer, opening bigint, moved bigint,
                   sold bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = off
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := stock_books.tenant_id;
    v_from   timestamptz := stock_books.closed_at;
BEGIN
    RETURN QUERY
    WITH reopened AS (
        -- Each product has a balance at a closing, unless it is new or was reopened.
        SELECT p.id FROM ecommerce.products p
        WHERE v_from > '-infinity' AND p.tenant_id = v_tenant
          AND NOT EXISTS (SELECT FROM ecommerce.stock_balances b
                          WHERE b.tenant_id = v_tenant AND b.product_id = p.id
                            AND b.closed_at = v_from)
    ), line AS (
        SELECT i.product_id, i.allocation, i.quantity,
               (o.status = 'cancelled'
                AND coalesce(o.cancelled_at, o.created_at) < until)::integer - 1 AS sign
        FROM ecommerce.orders o
        JOIN ecommerce.order_items i ON i.tenant_id = v_tenant AND i.order_id = o.id
            AND i.order_created_at = o.created_at
        WHERE o.tenant_id = v_tenant AND o.created_at >= v_from AND o.created_at < until
          AND i.order_created_at >= v_from AND i.order_created_at < until AND i.from_stock
        UNION ALL
        -- sold before, cancelled since
        SELECT i.product_id, i.allocation, i.quantity, 1
        FROM ecommerce.orders o
        JOIN ecommerce.order_items i ON i.tenant_id = v_tenant AND i.order_id = o.id
            AND i.order_created_at = o.created_at
        WHERE o.tenant_id = v_tenant AND o.status = 'cancelled'
          AND o.cancelled_at >= v_from AND o.cancelled_at < until AND o.created_at < v_from
          AND i.order_created_at < v_from AND i.from_stock
        UNION ALL
        SELECT i.product_id, i.allocation, i.quantity,
               (o.status = 'cancelled'
                AND coalesce(o.cancelled_at, o.created_at) < v_from)::integer - 1
        FROM reopened p
        JOIN ecommerce.order_items i ON i.tenant_id = v_tenant AND i.product_id = p.id
            AND i.order_created_at < v_from
        JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.id = i.order_id
            AND o.created_at = i.order_created_at
        WHERE i.from_stock
    ), sale AS (
        -- Few kinds of allocations, so that they are taken apart seldom.
        SELECT l.product_id, l.allocation, sum(l.sign * l.quantity) AS quantity,
               sum(l.sign) AS lines
        FROM (SELECT * FROM line UNION ALL
              SELECT * FROM ecommerce_internal.cancelled_units(v_tenant, v_from, until)) l
        GROUP BY l.product_id, l.allocation
    ), entry (product_id, warehouse_id, opening, moved, sold) AS (
        SELECT b.product_id, b.warehouse_id, b.quantity, 0, 0 FROM ecommerce.stock_balances b
        WHERE b.tenant_id = v_tenant AND b.closed_at = v_from
        UNION ALL
        SELECT m.product_id, m.warehouse_id, 0, m.quantity, 0 FROM ecommerce.stock_movements m
        WHERE m.tenant_id = v_tenant AND m.created_at >= v_from AND m.created_at < until
        UNION ALL
        SELECT m.product_id, m.warehouse_id, 0, m.quantity, 0
        FROM reopened p
        JOIN ecommerce.stock_movements m ON m.tenant_id = v_tenant AND m.product_id = p.id
            AND m.created_at < v_from
        UNION ALL
        SELECT s.product_id, coalesce(a.key::integer, 1), 0, 0,
            - coalesce(a.value::integer * s.lines, s.quantity)
        FROM sale s LEFT JOIN LATERAL jsonb_each_text(s.allocation) a ON true
    )
    SELECT e.product_id, e.warehouse_id, sum(e.opening)::bigint, sum(e.moved)::bigint,
           sum(e.sold)::bigint
    FROM entry e GROUP BY e.product_id, e.warehouse_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.stock_books(integer, timestamptz, timestamptz) IS
    'Units of a tenant by the ledger of what happened before until. opening (by the balances of '
    'closed_at), moved and sold since then; of products without such a balance, from the '
    'beginning. closed_at -infinity counts everything.';

CREATE FUNCTION ecommerce_internal.reopen_stock_books(tenant_id integer, product_ids uuid[],
    from_time timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
BEGIN
    PERFORM ecommerce_internal.check_tenant(reopen_stock_books.tenant_id);
    -- Until the transaction ends: close_stock_books() waits, to see what it books.
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('ecommerce.stock_balances',
        reopen_stock_books.tenant_id));
    DELETE FROM ecommerce.stock_balances b
    WHERE b.tenant_id = reopen_stock_books.tenant_id AND b.product_id = ANY (product_ids)
        AND b.closed_at > from_time;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.reopen_stock_books(integer, uuid[], timestamptz) IS
    'For functions that book into the past, before they do: forget the balances of these products '
    'that are later than that. If a closing commits after the snapshot of a REPEATABLE READ '
    'transaction that calls this, its balance stays, and verify_integrity() reports it.';

CREATE FUNCTION ecommerce_internal.close_tenant_books(closed_at timestamptz, tenant_id integer)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer     := close_tenant_books.tenant_id;
    v_closed timestamptz := close_tenant_books.closed_at;
    n        bigint;
BEGIN
    -- So that what follows sees the sums of a partition that was being detached.
    LOCK TABLE ONLY ecommerce.orders IN ACCESS SHARE MODE;
    -- Who books into the past holds it shared: reopen_stock_books().
    PERFORM pg_advisory_xact_lock(hashtextextended('ecommerce.stock_balances', v_tenant));
    INSERT INTO ecommerce.stock_balances AS b (tenant_id, product_id, warehouse_id, closed_at,
        quantity)
    SELECT v_tenant, p.id, coalesce(k.warehouse_id, 1), v_closed,
        coalesce(k.opening + k.moved - k.sold, 0)
    FROM ecommerce.products p
    LEFT JOIN ecommerce_internal.stock_books(v_tenant,
        (SELECT coalesce(max(c.closed_at), '-infinity') FROM ecommerce.stock_balances c
         WHERE c.tenant_id = v_tenant AND c.closed_at <= v_closed), v_closed) k
             ON k.product_id = p.id
    WHERE p.tenant_id = v_tenant
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS n = ROW_COUNT;
    DELETE FROM ecommerce.stock_balances b
    WHERE b.tenant_id = v_tenant
      AND b.closed_at < (SELECT min(l.closed_at)
                         FROM (SELECT DISTINCT c.closed_at FROM ecommerce.stock_balances c
                               WHERE c.tenant_id = v_tenant ORDER BY c.closed_at DESC LIMIT 2) l);
    RETURN n;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.close_tenant_books(timestamptz, integer) IS
    'For close_stock_books(): what it does for one tenant.';
