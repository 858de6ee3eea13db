-- How many units of an order came back or are to, and what is refunded for them.

CREATE FUNCTION ecommerce_internal.claimed_units(tenant_id integer, order_id uuid,
    order_created_at timestamptz)
    RETURNS TABLE (line_number integer, claimed bigint, expected bigint, came bigint,
                   settled bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := claimed_units.tenant_id;
BEGIN
    RETURN QUERY
    SELECT c.line_number,
           (sum(c.asked) FILTER (WHERE c.status IN ('requested', 'approved') AND c.of_customer)
            + sum(c.came) FILTER (WHERE c.status NOT IN ('requested', 'approved')
                                    AND c.of_customer))::bigint,
           (sum(greatest(c.asked - c.came, 0)) FILTER (WHERE c.status IN ('requested',
                                                                          'approved')))::bigint,
           sum(c.came)::bigint, (sum(c.came + c.lost))::bigint
    FROM (SELECT i.line_number, b.status, b.shipment_id IS NULL AS of_customer,
                 i.quantity AS asked, coalesce(r.came, 0) AS came, coalesce(r.lost, 0) AS lost
          FROM ecommerce.returns b
          JOIN ecommerce.return_items i ON i.tenant_id = v_tenant AND i.return_id = b.id
              AND i.order_created_at = b.order_created_at
          LEFT JOIN (SELECT k.return_id, k.line_number,
                            sum(k.back_to_stock + k.written_off) AS came, sum(k.lost) AS lost
                     FROM ecommerce.return_receipts k
                     WHERE k.tenant_id = v_tenant AND k.order_id = claimed_units.order_id
                       AND k.order_created_at = claimed_units.order_created_at
                     GROUP BY k.return_id, k.line_number) r
                 ON r.return_id = b.id AND r.line_number = i.line_number
          WHERE b.tenant_id = v_tenant AND b.order_id = claimed_units.order_id
            AND b.order_created_at = claimed_units.order_created_at
            AND b.status <> 'rejected'
          UNION ALL
          SELECT l.line_number, 'requested', true, 0, 0, 0 FROM ecommerce.order_items l
          WHERE l.tenant_id = v_tenant AND l.order_id = claimed_units.order_id
            AND l.order_created_at = claimed_units.order_created_at AND l.kind = 'product'
          UNION ALL
          SELECT l.line_number, 'received', true, 0, 0, 0 FROM ecommerce.order_items l
          WHERE l.tenant_id = v_tenant AND l.order_id = claimed_units.order_id
            AND l.order_created_at = claimed_units.order_created_at AND l.kind = 'product') c
    GROUP BY c.line_number;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.claimed_units(integer, uuid, timestamptz) IS
    'Units of each line of products of an order that are in returns. claimed: by customers: what '
    'is to come, and what came of returns that were received. expected: what is still to come of '
    'returns that are open. came: what came. settled: what came or is lost, hence refunded.';

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
        SELECT u.line_number, u.product_id, u.sku, u.from_stock, u.sent, u.away, c.claimed,
               c.expected
        FROM ecommerce_internal.order_units(v_tenant, check_claims.order_id,
                                            check_claims.order_created_at, v_product) u
        JOIN ecommerce_internal.claimed_units(v_tenant, check_claims.order_id,
                                              check_claims.order_created_at) c
          ON c.line_number = u.line_number)
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

CREATE FUNCTION ecommerce_internal.line_amounts(tenant_id integer, order_id uuid,
    order_created_at timestamptz, currency text, only_line integer DEFAULT NULL)
    RETURNS TABLE (line_number integer, kind text, quantity bigint, net numeric, vat numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := line_amounts.tenant_id;
    v_prices text := (SELECT o.prices FROM ecommerce.orders o
                      WHERE o.tenant_id = v_tenant AND o.id = line_amounts.order_id
                        AND o.created_at = line_amounts.order_created_at);
BEGIN
    RETURN QUERY
    SELECT l.line_number, l.kind, l.quantity - c.quantity, l.net - s.share_net,
           l.vat - s.share_vat
    FROM ecommerce.order_items l
    CROSS JOIN LATERAL (SELECT ecommerce_internal.cancelled_quantity(v_tenant, l.order_id,
                                   l.order_created_at, l.line_number)) c (quantity)
    -- As cancelling them has taken it off
    CROSS JOIN LATERAL ecommerce_internal.amount_of_units(v_prices, l.net, l.vat, l.quantity,
        c.quantity, line_amounts.currency) s (share_net, share_vat)
    WHERE l.tenant_id = v_tenant AND l.order_id = line_amounts.order_id
      AND l.order_created_at = line_amounts.order_created_at
      AND (line_amounts.only_line IS NULL OR l.line_number = line_amounts.only_line);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.line_amounts(integer, uuid, timestamptz, text, integer) IS
    'The lines of an order less what was cancelled of them: units, and what is paid for them. '
    'only_line: that line only.';

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
               coalesce(c.settled, 0) + coalesce(n.quantity, 0) AS settled,
               coalesce(u.from_stock OR u.is_goods, false) AS may_return,
               coalesce(r.net, 0) AS net_before, coalesce(r.vat, 0) AS vat_before
        FROM ecommerce_internal.line_amounts(v_tenant, due_refunds.order_id,
                 due_refunds.order_created_at, o.currency) a
        LEFT JOIN ecommerce_internal.order_units(v_tenant, due_refunds.order_id,
                      due_refunds.order_created_at) u ON u.line_number = a.line_number
        LEFT JOIN ecommerce_internal.claimed_units(v_tenant, due_refunds.order_id,
                      due_refunds.order_created_at) c ON c.line_number = a.line_number
        LEFT JOIN (SELECT i.line_number, sum(i.quantity) AS quantity
                   FROM jsonb_to_recordset(arriving) AS i (line_number integer, quantity bigint)
                   GROUP BY i.line_number) n ON n.line_number = a.line_number
        LEFT JOIN (SELECT k.line_number, sum(k.net) AS net, sum(k.vat) AS vat
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
