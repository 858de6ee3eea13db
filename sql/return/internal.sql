-- How many units of an order came back or are to, and what is refunded for them.

CREATE FUNCTION ecommerce_internal.claimed_units(tenant_id integer, order_ids uuid[],
    order_times timestamptz[], product uuid DEFAULT NULL)
    RETURNS TABLE (order_id uuid, order_created_at timestamptz, line_number integer,
                   product_id uuid, sku text, from_stock boolean, is_goods boolean,
                   quantity bigint, sent bigint, away bigint, claimed bigint, expected bigint,
                   came bigint, settled bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := claimed_units.tenant_id;
    v_first  timestamptz;
    v_last   timestamptz;
BEGIN
    SELECT min(t), max(t) INTO v_first, v_last FROM unnest(order_times) t;
    RETURN QUERY
    SELECT u.order_id, u.order_created_at, u.line_number, u.product_id, u.sku, u.from_stock,
           u.is_goods, u.quantity, u.sent, u.away, coalesce(c.claimed, 0)::bigint,
           coalesce(c.expected, 0)::bigint, coalesce(c.came, 0)::bigint,
           coalesce(c.settled, 0)::bigint
    FROM ecommerce_internal.order_units(v_tenant, order_ids, order_times,
                                        claimed_units.product) u
    CROSS JOIN LATERAL (
        SELECT sum(CASE WHEN b.status IN ('requested', 'approved') THEN i.quantity ELSE r.came END)
                   FILTER (WHERE b.shipment_id IS NULL) AS claimed,
               sum(greatest(i.quantity - r.came, 0))
                   FILTER (WHERE b.status IN ('requested', 'approved')) AS expected,
               sum(r.came) AS came, sum(r.came + r.lost) AS settled
        FROM ecommerce.return_items i
        JOIN ecommerce.returns b ON b.tenant_id = v_tenant AND b.id = i.return_id
            AND b.order_created_at = i.order_created_at
            AND b.order_created_at BETWEEN v_first AND v_last
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(k.back_to_stock + k.written_off), 0) AS came,
                   coalesce(sum(k.lost), 0) AS lost
            FROM ecommerce.return_receipts k
            WHERE k.tenant_id = v_tenant AND k.return_id = i.return_id
              AND k.order_id = i.order_id AND k.order_created_at = i.order_created_at
              AND k.order_created_at BETWEEN v_first AND v_last
              AND k.line_number = i.line_number) r
        WHERE i.tenant_id = v_tenant AND i.order_id = u.order_id
          AND i.order_created_at = u.order_created_at
          AND i.order_created_at BETWEEN v_first AND v_last
          AND i.line_number = u.line_number AND b.status <> 'rejected') c;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.claimed_units(integer, uuid[], timestamptz[], uuid) IS
    'Units of each line of products of some orders that were sent, and that are in returns. '
    'order_ids, order_times and product, and the columns until away: those of order_units(). '
    'claimed: by customers: what is to come, and what came of returns that were received. '
    'expected: what is still to come of returns that are open. came: what came. settled: what came '
    'or is lost, hence refunded.';

CREATE FUNCTION ecommerce_internal.check_claims(tenant_id integer, order_id uuid,
    order_created_at timestamptz, line_number integer DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := check_claims.tenant_id;
    v_wrong  jsonb;
    v_product uuid := (SELECT l.product_id FROM ecommerce.order_items l
                       WHERE l.tenant_id = v_tenant AND l.order_id = check_claims.order_id
                         AND l.order_created_at = check_claims.order_created_at
                         AND l.line_number = check_claims.line_number);
BEGIN
    WITH line AS MATERIALIZED (
        SELECT c.line_number, c.product_id, c.sku, c.from_stock, c.sent, c.away, c.claimed,
               c.expected
        FROM ecommerce_internal.claimed_units(v_tenant, ARRAY[check_claims.order_id],
                 ARRAY[check_claims.order_created_at], v_product) c)
    SELECT jsonb_agg(jsonb_build_object('sku', w.sku, 'requested', w.requested,
                                        'returnable', w.returnable) ORDER BY w.sku)
    INTO v_wrong
    FROM (SELECT l.sku, l.claimed AS requested, l.sent AS returnable FROM line l
          WHERE l.claimed > l.sent
          UNION ALL
          -- What came by plain SQL came, too.
          SELECT min(l.sku), sum(l.expected) + m.quantity, sum(l.away)
          FROM line l
          CROSS JOIN LATERAL (SELECT coalesce(sum(k.quantity), 0) AS quantity
                              FROM ecommerce.stock_movements k
                              WHERE k.tenant_id = v_tenant AND k.order_id = check_claims.order_id
                                AND k.product_id = l.product_id AND k.reason = 'return') m
          WHERE l.from_stock
          GROUP BY l.product_id, m.quantity
          HAVING sum(l.expected) + m.quantity > sum(l.away)
             AND NOT bool_or(l.claimed > l.sent)) w;
    IF v_wrong IS NOT NULL THEN
        RAISE EXCEPTION 'more of "%" comes back than was sold', v_wrong -> 0 ->> 'sku'
            USING ERRCODE = 'EC022', DETAIL = v_wrong::text;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_claims(integer, uuid, timestamptz, integer) IS
    'For whoever holds the lock of an order: no more of it is to come back than was sent and did '
    'not come back. line_number: of the product of that line only. Error EC022 lists all products '
    'of which there is too much.';

CREATE FUNCTION ecommerce_internal.line_amounts(tenant_id integer, order_ids uuid[],
    order_times timestamptz[], only_line integer DEFAULT NULL)
    RETURNS TABLE (order_id uuid, order_created_at timestamptz, line_number integer, kind text,
                   quantity bigint, net numeric, vat numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := line_amounts.tenant_id;
    v_first  timestamptz;
    v_last   timestamptz;
BEGIN
    SELECT min(t), max(t) INTO v_first, v_last FROM unnest(order_times) t;
    RETURN QUERY
    SELECT l.order_id, l.order_created_at, l.line_number, l.kind,
           l.quantity - coalesce(c.quantity, 0), l.net - coalesce(c.net, 0),
           l.vat - coalesce(c.vat, 0)
    FROM unnest(order_ids, order_times) AS w (id, created_at)
    JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.id = w.id
        AND o.created_at = w.created_at AND o.created_at BETWEEN v_first AND v_last
    JOIN ecommerce.order_items l ON l.tenant_id = v_tenant AND l.order_id = o.id
        AND l.order_created_at = o.created_at AND l.order_created_at BETWEEN v_first AND v_last
    LEFT JOIN LATERAL (
        -- As cancelling them has taken it off
        SELECT n.quantity, s.net, s.vat
        FROM (SELECT sum(k.quantity)::bigint AS quantity FROM ecommerce.order_cancellations k
              WHERE k.tenant_id = v_tenant AND k.order_id = o.id
                AND k.order_created_at = o.created_at
                AND k.order_created_at BETWEEN v_first AND v_last
                AND k.line_number = l.line_number
              HAVING count(*) > 0) n
        CROSS JOIN LATERAL ecommerce_internal.amount_of_units(o.prices, l.net, l.vat, l.quantity,
            n.quantity, o.currency) s) c ON true
    WHERE line_amounts.only_line IS NULL OR l.line_number = line_amounts.only_line;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.line_amounts(integer, uuid[], timestamptz[], integer) IS
    'The lines of some orders less what was cancelled of them: units, and what is paid for them. '
    'order_ids and order_times: the orders, and when each was placed. only_line: that line only.';

CREATE FUNCTION ecommerce_internal.due_refunds(tenant_id integer, order_id uuid,
    order_created_at timestamptz, arriving jsonb)
    RETURNS TABLE (line_number integer, net numeric, vat numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := due_refunds.tenant_id;
    v_rule   text := (SELECT s.return_shipping FROM ecommerce.settings s
                      WHERE s.tenant_id = v_tenant);
    o        record;
BEGIN
    SELECT t.currency, t.prices INTO o FROM ecommerce.orders t
    WHERE t.tenant_id = v_tenant AND t.id = due_refunds.order_id
      AND t.created_at = due_refunds.order_created_at;
    RETURN QUERY
    WITH line AS MATERIALIZED (
        SELECT a.line_number, a.kind, a.quantity, a.net, a.vat,
               coalesce(r.units, 0) + coalesce(n.quantity, 0) AS settled,
               l.from_stock OR a.kind = 'product' AND coalesce(p.supply, 'goods') = 'goods'
                   AS may_return,
               coalesce(r.net, 0) AS net_before, coalesce(r.vat, 0) AS vat_before
        FROM ecommerce_internal.line_amounts(v_tenant, ARRAY[due_refunds.order_id],
                 ARRAY[due_refunds.order_created_at]) a
        JOIN ecommerce.order_items l ON l.tenant_id = v_tenant
            AND l.order_id = due_refunds.order_id
            AND l.order_created_at = due_refunds.order_created_at
            AND l.line_number = a.line_number
        LEFT JOIN ecommerce.products p ON p.tenant_id = v_tenant AND p.id = l.product_id
        LEFT JOIN (SELECT i.line_number, sum(i.quantity) AS quantity
                   FROM jsonb_to_recordset(arriving) AS i (line_number integer, quantity bigint)
                   GROUP BY i.line_number) n ON n.line_number = a.line_number
        LEFT JOIN (SELECT k.line_number, sum(k.net) AS net, sum(k.vat) AS vat,
                          sum(k.back_to_stock + k.written_off + k.lost) AS units
                   FROM ecommerce.return_receipts k
                   WHERE k.tenant_id = v_tenant AND k.order_id = due_refunds.order_id
                     AND k.order_created_at = due_refunds.order_created_at
                   GROUP BY k.line_number) r ON r.line_number = a.line_number
    ), goods AS MATERIALIZED (
        SELECT l.line_number, l.net, l.vat, l.net_before, l.vat_before, s.share_net, s.share_vat,
               l.settled >= l.quantity OR NOT l.may_return AS whole
        FROM line l
        CROSS JOIN LATERAL ecommerce_internal.amount_of_units(o.prices, l.net, l.vat,
            greatest(l.quantity, 1), least(l.settled, l.quantity), o.currency)
            s (share_net, share_vat)
        WHERE l.kind = 'product'
    ), share AS (
        SELECT g.line_number, g.share_net, g.share_vat, g.net_before, g.vat_before FROM goods g
        UNION ALL
        -- Shipping and fees: of a sum of zero no part is due before all is.
        SELECT l.line_number, s.share_net, s.share_vat, l.net_before, l.vat_before
        FROM line l
        CROSS JOIN (SELECT bool_and(g.whole) AS whole, sum(g.net + g.vat) AS total,
                           sum(g.share_net + g.share_vat) AS part FROM goods g) g
        CROSS JOIN LATERAL ecommerce_internal.amount_of_units(o.prices, l.net, l.vat,
            CASE WHEN g.whole OR g.total = 0 THEN 1 ELSE g.total END,
            CASE WHEN v_rule = 'never' THEN 0 WHEN g.whole THEN 1
                 WHEN v_rule = 'proportional' AND g.total > 0 THEN g.part ELSE 0 END,
            o.currency) s (share_net, share_vat)
        WHERE l.kind <> 'product'
    )
    SELECT s.line_number, greatest(s.share_net - s.net_before, 0),
           greatest(s.share_vat - s.vat_before, 0)
    FROM share s;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.due_refunds(integer, uuid, timestamptz, jsonb) IS
    'What is to be refunded for each line of an order when units arrive. arriving: '
    '[{"line_number", "quantity"}]. It is the share of all that came back so far, less what was '
    'due before, so any sequence of returns comes to what was paid. Shipping and fees follow '
    'settings.return_shipping.';
