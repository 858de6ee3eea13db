-- What of which line is refunded.

CREATE FUNCTION ecommerce_internal.refund_lines(tenant_id integer, order_id uuid,
    order_created_at timestamptz)
    RETURNS TABLE (line_number integer, kind text, product_id uuid, sku text, quantity bigint,
                   net numeric, vat numeric, settled_units bigint, settled_net numeric,
                   settled_vat numeric, units bigint, units_net numeric, units_vat numeric,
                   share_net numeric, share_vat numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := refund_lines.tenant_id;
    v_order  uuid := refund_lines.order_id;
    v_time   timestamptz := refund_lines.order_created_at;
    v_whole  boolean;
BEGIN
    v_whole := (SELECT o.status = 'cancelled' FROM ecommerce.orders o
                WHERE o.tenant_id = v_tenant AND o.id = v_order AND o.created_at = v_time);
    RETURN QUERY
    SELECT l.line_number, l.kind, l.product_id, l.sku, l.quantity::bigint, l.net, l.vat,
           CASE WHEN v_whole THEN l.quantity ELSE coalesce(s.units, 0) END::bigint,
           CASE WHEN v_whole THEN l.net ELSE coalesce(s.net, 0) END,
           CASE WHEN v_whole THEN l.vat ELSE coalesce(s.vat, 0) END,
           coalesce(f.units, 0)::bigint, coalesce(f.units_net, 0), coalesce(f.units_vat, 0),
           coalesce(f.share_net, 0), coalesce(f.share_vat, 0)
    FROM ecommerce.order_items l
    LEFT JOIN (
        SELECT x.line_number, sum(x.units) AS units, sum(x.net) AS net, sum(x.vat) AS vat
        FROM (SELECT c.line_number, c.quantity AS units, c.net, c.vat
              FROM ecommerce.order_cancellations c
              WHERE c.tenant_id = v_tenant AND c.order_id = v_order
                AND c.order_created_at = v_time
              UNION ALL
              SELECT r.line_number, r.back_to_stock + r.written_off + r.lost, r.net, r.vat
              FROM ecommerce.return_receipts r
              WHERE r.tenant_id = v_tenant AND r.order_id = v_order
                AND r.order_created_at = v_time) x
        GROUP BY x.line_number) s ON s.line_number = l.line_number
    LEFT JOIN (
        SELECT i.line_number, sum(i.quantity) AS units,
               sum(i.net) FILTER (WHERE i.quantity > 0) AS units_net,
               sum(i.vat) FILTER (WHERE i.quantity > 0) AS units_vat,
               sum(i.net) FILTER (WHERE i.quantity = 0) AS share_net,
               sum(i.vat) FILTER (WHERE i.quantity = 0) AS share_vat
        FROM ecommerce.refunds r
        JOIN ecommerce.refund_items i ON i.tenant_id = v_tenant AND i.refund_id = r.id
        WHERE r.tenant_id = v_tenant AND r.order_id = v_order
          AND (r.status <> 'failed' OR r.amount_confirmed > 0)
        GROUP BY i.line_number) f ON f.line_number = l.line_number
    WHERE l.tenant_id = v_tenant AND l.order_id = v_order AND l.order_created_at = v_time;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refund_lines(integer, uuid, timestamptz) IS
    'The lines of an order, what of them is settled and what is refunded. settled: what was '
    'cancelled or came back, and need not be paid; all of an order that was cancelled. units: '
    'refunded by unit, with their amounts. share: refunded as parts of an amount.';

CREATE FUNCTION ecommerce_internal.refund_of_items(tenant_id integer, order_id uuid,
    order_created_at timestamptz, prices text, currency text, lines jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_rule text := (SELECT s.return_shipping FROM ecommerce.settings s
                    WHERE s.tenant_id = refund_of_items.tenant_id);
BEGIN
    RETURN (
        WITH wanted AS (
            SELECT w.line_number, sum(w.quantity)::bigint AS quantity
            FROM jsonb_to_recordset(lines) AS w (line_number integer, quantity bigint)
            GROUP BY w.line_number
        ), line AS MATERIALIZED (
            SELECT l.*, coalesce(w.quantity, 0) AS wanted,
                   l.units + coalesce(w.quantity, 0) AS total
            FROM ecommerce_internal.refund_lines(tenant_id, order_id, order_created_at) l
            LEFT JOIN wanted w ON w.line_number = l.line_number
        ), goal AS MATERIALIZED (
            -- Units that are settled first, at what they were settled with
            SELECT l.*, CASE WHEN l.total <= l.settled_units THEN a.net
                             ELSE l.settled_net + b.net END AS goal_net,
                   CASE WHEN l.total <= l.settled_units THEN a.vat
                        ELSE l.settled_vat + b.vat END AS goal_vat
            FROM line l
            CROSS JOIN LATERAL ecommerce_internal.amount_of_units(prices, l.settled_net,
                l.settled_vat, greatest(l.settled_units, 1),
                least(l.total, greatest(l.settled_units, 1)), currency) a
            CROSS JOIN LATERAL ecommerce_internal.amount_of_units(prices,
                greatest(l.net - l.settled_net - l.share_net, 0),
                greatest(l.vat - l.settled_vat - l.share_vat, 0),
                greatest(l.quantity - l.settled_units, 1),
                least(greatest(l.total - l.settled_units, 0),
                      greatest(l.quantity - l.settled_units, 1)), currency) b
            WHERE l.kind = 'product' OR l.wanted > 0
        ), charge AS (
            -- Shipping and fees follow the goods, by the rule of returns.
            SELECT l.*, s.net AS goal_net, s.vat AS goal_vat
            FROM line l
            CROSS JOIN (SELECT bool_and(greatest(g.total, g.settled_units) >= g.quantity) AS whole,
                               sum(g.net + g.vat) AS total,
                               sum(least(g.goal_net + g.goal_vat, g.net + g.vat)) AS part
                        FROM goal g WHERE g.kind = 'product') g
            CROSS JOIN LATERAL ecommerce_internal.amount_of_units(prices, l.net, l.vat,
                CASE WHEN g.whole OR g.total = 0 THEN 1 ELSE g.total END,
                CASE WHEN v_rule = 'never' THEN 0 WHEN g.whole THEN 1
                     WHEN v_rule = 'proportional' AND g.total > 0 THEN g.part ELSE 0 END,
                currency) s
            WHERE l.kind <> 'product' AND l.wanted = 0
        ), refund AS (
            SELECT g.line_number, g.wanted AS quantity,
                   least(greatest(g.goal_net - g.units_net, 0),
                         greatest(g.net - g.units_net - g.share_net, 0)) AS net,
                   least(greatest(g.goal_vat - g.units_vat, 0),
                         greatest(g.vat - g.units_vat - g.share_vat, 0)) AS vat
            FROM goal g WHERE g.wanted > 0
            UNION ALL
            SELECT c.line_number, 0,
                   least(greatest(c.goal_net, c.settled_net), c.net) - c.units_net - c.share_net,
                   least(greatest(c.goal_vat, c.settled_vat), c.vat) - c.units_vat - c.share_vat
            FROM charge c
        )
        SELECT jsonb_agg(jsonb_build_object('line_number', r.line_number,
                             'quantity', r.quantity, 'net', greatest(r.net, 0),
                             'vat', greatest(r.vat, 0)) ORDER BY r.line_number)
        FROM refund r WHERE r.quantity > 0 OR r.net + r.vat > 0);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refund_of_items(integer, uuid, timestamptz, text, text,
    jsonb) IS
    'What is given back for units of lines: [{"line_number", "quantity", "net", "vat"}]. lines: '
    'units that take_units() took. It is the share of all units that are refunded by then, less '
    'what was given back before, so any sequence comes to the line. Shipping and fees follow '
    'settings.return_shipping.';

CREATE FUNCTION ecommerce_internal.refund_of_return(tenant_id integer, order_id uuid,
    order_created_at timestamptz, return_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := refund_of_return.tenant_id;
BEGIN
    RETURN (
        SELECT jsonb_agg(jsonb_build_object('line_number', r.line_number,
                             'quantity', least(greatest(r.units - coalesce(b.units, 0), 0),
                                               greatest(l.quantity - l.units, 0)),
                             'net', least(greatest(r.net - coalesce(b.net, 0), 0),
                                          greatest(l.net - l.units_net - l.share_net, 0)),
                             'vat', least(greatest(r.vat - coalesce(b.vat, 0), 0),
                                          greatest(l.vat - l.units_vat - l.share_vat, 0)))
                         ORDER BY r.line_number)
        FROM (SELECT k.line_number, sum(k.net) AS net, sum(k.vat) AS vat,
                     sum(k.back_to_stock + k.written_off + k.lost) AS units
              FROM ecommerce.return_receipts k
              WHERE k.tenant_id = v_tenant AND k.return_id = refund_of_return.return_id
                AND k.order_id = refund_of_return.order_id
                AND k.order_created_at = refund_of_return.order_created_at
              GROUP BY k.line_number) r
        JOIN ecommerce_internal.refund_lines(v_tenant, order_id, order_created_at) l
          ON l.line_number = r.line_number
        LEFT JOIN (SELECT i.line_number, sum(i.quantity) AS units, sum(i.net) AS net,
                          sum(i.vat) AS vat
                   FROM ecommerce.refunds f
                   JOIN ecommerce.refund_items i ON i.tenant_id = v_tenant AND i.refund_id = f.id
                   WHERE f.tenant_id = v_tenant AND f.order_id = refund_of_return.order_id
                     AND f.return_id = refund_of_return.return_id
                     AND (f.status <> 'failed' OR f.amount_confirmed > 0)
                   GROUP BY i.line_number) b ON b.line_number = r.line_number
        WHERE r.net > coalesce(b.net, 0) OR r.vat > coalesce(b.vat, 0)
           OR r.units > coalesce(b.units, 0));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refund_of_return(integer, uuid, timestamptz, uuid) IS
    'What is to be given back for what came of a return, and was not refunded for it: as '
    'return_refund() says, line by line.';

CREATE FUNCTION ecommerce_internal.refund_of_amount(tenant_id integer, order_id uuid,
    order_created_at timestamptz, currency text, amount numeric, left_of_order numeric)
    RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_lines  integer[];
    v_weights numeric[];
    v_shares numeric[];
    v_spread numeric := least(amount, left_of_order);
BEGIN
    IF v_spread <= 0 THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(l.line_number ORDER BY l.line_number),
           array_agg(l.net + l.vat - greatest(l.settled_net + l.settled_vat,
                         l.units_net + l.units_vat + l.share_net + l.share_vat)
                     ORDER BY l.line_number)
    INTO v_lines, v_weights
    FROM ecommerce_internal.refund_lines(tenant_id, order_id, order_created_at) l
    WHERE l.net + l.vat > greatest(l.settled_net + l.settled_vat,
                                   l.units_net + l.units_vat + l.share_net + l.share_vat);
    v_shares := ecommerce.allocate_amount(v_spread, v_weights, currency);
    RETURN (
        SELECT jsonb_agg(jsonb_build_object('line_number', w.line_number, 'quantity',
                             CASE WHEN w.share = w.weight
                                  THEN greatest(l.quantity - greatest(l.units, l.settled_units), 0)
                                  ELSE 0 END,
                             'net', w.share - v.vat, 'vat', v.vat) ORDER BY w.line_number)
        FROM unnest(v_lines, v_weights, v_shares) AS w (line_number, weight, share)
        JOIN ecommerce_internal.refund_lines(tenant_id, order_id, order_created_at) l
          ON l.line_number = w.line_number
        -- Neither net nor VAT is above what is left of it, whatever was rounded before.
        CROSS JOIN LATERAL (SELECT least(greatest(ecommerce.refund_amount(
                greatest(l.vat - greatest(l.settled_vat, l.units_vat + l.share_vat), 0),
                w.weight, 0, w.share, refund_of_amount.currency),
            w.share - (l.net - l.units_net - l.share_net)),
            l.vat - l.units_vat - l.share_vat) AS vat) v
        WHERE w.share > 0);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refund_of_amount(integer, uuid, timestamptz, text, numeric,
    numeric) IS
    'An amount spread over what is left of the lines, gross, by largest remainder. left_of_order: '
    'the sum of that; what is above it is for no line.';
