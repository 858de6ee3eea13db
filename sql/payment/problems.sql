-- The proof of the books of payments.

CREATE FUNCTION ecommerce_internal.prove_payments(since timestamptz, tenant_id integer)
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := prove_payments.tenant_id;
    v_away   tstzmultirange := ecommerce_internal.archived_times();
    v_from   timestamptz := coalesce(since, '-infinity');
BEGIN
    RETURN QUERY
    WITH payment AS MATERIALIZED (
        SELECT p.* FROM ecommerce.payments p
        WHERE p.tenant_id = v_tenant
          AND (since IS NULL OR p.updated_at >= v_from
               OR p.id IN (SELECT e.payment_id FROM ecommerce.payment_entries e
                           WHERE e.tenant_id = v_tenant AND e.created_at >= v_from))
    ), entry AS (
        SELECT e.payment_id,
               coalesce(sum(e.amount) FILTER (WHERE e.kind = 'captured'), 0) AS captured,
               coalesce(sum(CASE e.kind WHEN 'charged_back' THEN e.amount
                                        WHEN 'won_back' THEN -e.amount END), 0) AS charged_back,
               coalesce(sum(e.amount) FILTER (WHERE e.kind = 'fee'), 0) AS fee,
               (array_agg(e.kind ORDER BY coalesce(e.occurred_at, e.created_at) DESC, e.id DESC)
                   FILTER (WHERE e.kind IN ('submitted', 'authorized', 'voided', 'failed')))[1]
                   AS step
        FROM ecommerce.payment_entries e
        WHERE e.tenant_id = v_tenant
          AND (since IS NULL OR e.payment_id IN (SELECT p.id FROM payment p))
        GROUP BY 1
    ), part AS (
        SELECT k.payment_id,
               coalesce(sum(k.amount) FILTER (WHERE k.status = 'confirmed'), 0) AS refunded,
               coalesce(sum(k.amount) FILTER (WHERE k.status = 'requested'), 0) AS requested
        FROM ecommerce.refund_payments k
        WHERE k.tenant_id = v_tenant
          AND (since IS NULL OR k.payment_id IN (SELECT p.id FROM payment p))
        GROUP BY 1
    )
    SELECT 'payment: differs from its entries', p.id,
           jsonb_build_object('amount_captured', p.amount_captured, 'captured', e.captured,
               'amount_charged_back', p.amount_charged_back, 'charged_back', e.charged_back,
               'fee', p.fee, 'fees', e.fee, 'status', p.status)
    FROM payment p
    LEFT JOIN entry e ON e.payment_id = p.id
    WHERE p.amount_captured <> coalesce(e.captured, 0)
       OR p.amount_charged_back <> coalesce(e.charged_back, 0) OR p.fee <> coalesce(e.fee, 0)
       OR p.status <> ecommerce_internal.payment_status(e.step, p.amount_authorized,
                          p.amount_captured, p.amount_refunded, p.amount_charged_back)
    UNION ALL
    SELECT 'payment: differs from its refunds', p.id,
           jsonb_build_object('amount_refunded', p.amount_refunded, 'refunded', k.refunded,
               'refunds_requested', p.refunds_requested, 'requested', k.requested)
    FROM payment p
    LEFT JOIN part k ON k.payment_id = p.id
    WHERE p.refunds_requested <> coalesce(k.requested, 0)
       OR p.order_id IS NOT NULL AND NOT p.order_created_at <@ v_away
          AND p.amount_refunded <> coalesce(k.refunded, 0)
    UNION ALL
    SELECT 'payment: its order is unknown, or has another currency or customer', p.id,
           jsonb_build_object('order_id', p.order_id, 'currency', p.currency)
    FROM payment p
    LEFT JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.id = p.order_id
                                AND o.created_at = p.order_created_at
    WHERE p.order_id IS NOT NULL AND NOT p.order_created_at <@ v_away
      AND (o.id IS NULL OR o.currency <> p.currency OR o.user_id IS DISTINCT FROM p.user_id);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.prove_payments(timestamptz, integer) IS
    'For payment_problems(): payments that differ from their entries, refunds or order.';

CREATE FUNCTION ecommerce_internal.prove_gift_card_payments(since timestamptz, tenant_id integer)
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := prove_gift_card_payments.tenant_id;
    v_from   timestamptz := coalesce(since, '-infinity');
BEGIN
    RETURN QUERY
    WITH card AS (
        SELECT l.gift_card_id, l.order_id, -sum(l.amount) FILTER (WHERE l.kind = 'redeem') AS paid,
               coalesce(sum(l.amount) FILTER (WHERE l.kind = 'refund'), 0) AS refunded
        FROM ecommerce.gift_card_entries l
        WHERE l.tenant_id = v_tenant AND l.order_id IS NOT NULL
          AND (since IS NULL OR l.created_at >= v_from
               OR l.order_id IN (
                   SELECT p.order_id FROM ecommerce.payments p
                   WHERE p.tenant_id = v_tenant AND p.gift_card_id IS NOT NULL
                     AND p.updated_at >= v_from))
        GROUP BY 1, 2
    )
    SELECT 'payment: a gift card''s entries differ from its payments', c.gift_card_id,
           jsonb_build_object('order_id', c.order_id, 'paid', c.paid, 'refunded', c.refunded,
               'captured', p.captured, 'given_back', p.refunded)
    FROM card c
    LEFT JOIN LATERAL (
        SELECT sum(t.amount_captured) AS captured, sum(t.amount_refunded) AS refunded
        FROM ecommerce.payments t
        WHERE t.tenant_id = v_tenant AND t.order_id = c.order_id
          AND t.gift_card_id = c.gift_card_id) p ON true
    WHERE c.paid IS DISTINCT FROM p.captured OR c.refunded IS DISTINCT FROM p.refunded;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.prove_gift_card_payments(timestamptz, integer) IS
    'For payment_problems(): what gift cards paid is what their payments say.';

CREATE FUNCTION ecommerce_internal.prove_order_payments(since timestamptz, tenant_id integer)
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := prove_order_payments.tenant_id;
    v_from   timestamptz := coalesce(since, '-infinity');
BEGIN
    RETURN QUERY
    WITH paid AS MATERIALIZED (
        SELECT p.order_id, sum(p.amount_captured) AS paid, sum(p.amount_refunded) AS refunded,
               sum(p.amount_charged_back) AS charged_back,
               bool_or(p.status IN ('failed', 'returned'))
                   AND NOT bool_or(p.status IN ('created', 'submitted', 'authorized')) AS failed
        FROM ecommerce.payments p
        WHERE p.tenant_id = v_tenant AND p.order_id IS NOT NULL
          AND (since IS NULL OR p.order_id IN (
                   SELECT t.order_id FROM ecommerce.payments t
                   WHERE t.tenant_id = v_tenant AND t.updated_at >= v_from))
        GROUP BY 1
    ), credit AS (
        SELECT x.order_id, sum(greatest(x.settled, x.refunded)) AS amount
        FROM (SELECT y.order_id, y.line_number,
                     coalesce(sum(y.amount) FILTER (WHERE NOT y.refund), 0) AS settled,
                     coalesce(sum(y.amount) FILTER (WHERE y.refund), 0) AS refunded
              FROM (SELECT c.order_id, c.line_number, c.net + c.vat AS amount, false AS refund
                    FROM ecommerce.order_cancellations c WHERE c.tenant_id = v_tenant
                    UNION ALL
                    SELECT r.order_id, r.line_number, r.net + r.vat, false
                    FROM ecommerce.return_receipts r WHERE r.tenant_id = v_tenant
                    UNION ALL
                    SELECT f.order_id, i.line_number, i.net + i.vat, true
                    FROM ecommerce.refunds f
                    JOIN ecommerce.refund_items i ON i.tenant_id = v_tenant AND i.refund_id = f.id
                    WHERE f.tenant_id = v_tenant
                      AND (f.status <> 'failed' OR f.amount_confirmed > 0)) y
              GROUP BY 1, 2) x
        GROUP BY 1
    ), judged AS (
        SELECT o.id, o.created_at, o.status, o.payment_status, o.amount_paid, o.amount_refunded,
               o.amount_charged_back,
               coalesce(p.paid, 0) AS paid, coalesce(p.refunded, 0) AS refunded,
               coalesce(p.charged_back, 0) AS charged_back,
               ecommerce_internal.order_payment_status(o.gross, coalesce(p.paid, 0),
                   coalesce(p.refunded, 0), coalesce(p.charged_back, 0), coalesce(c.amount, 0),
                   coalesce(p.failed, false)) AS follows
        FROM ecommerce.orders o
        LEFT JOIN paid p ON p.order_id = o.id
        LEFT JOIN credit c ON c.order_id = o.id
        WHERE o.tenant_id = v_tenant
          AND (since IS NULL OR o.updated_at >= v_from OR p.order_id IS NOT NULL)
    )
    SELECT 'order: differs from its payments', j.id,
           jsonb_build_object('amount_paid', j.amount_paid, 'paid', j.paid,
               'amount_refunded', j.amount_refunded, 'refunded', j.refunded,
               'amount_charged_back', j.amount_charged_back, 'charged_back', j.charged_back,
               'payment_status', j.payment_status, 'follows', j.follows)
    FROM judged j
    WHERE (j.amount_paid <> j.paid OR j.amount_refunded <> j.refunded
           OR j.amount_charged_back <> j.charged_back OR j.payment_status <> j.follows)
      -- What was written as history may know of money that no payment tells.
      AND (j.amount_paid < j.paid OR j.amount_refunded < j.refunded
           OR j.amount_charged_back < j.charged_back
           OR EXISTS (SELECT FROM ecommerce.events e
                      WHERE e.tenant_id = v_tenant AND e.entity_id = j.id
                        AND e.created_at = j.created_at AND e.kind = 'order.placed'));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.prove_order_payments(timestamptz, integer) IS
    'For payment_problems(): orders whose amounts or payment_status are not what their payments '
    'come to. Those of orders that were written as history may be more.';

CREATE FUNCTION ecommerce_internal.payment_problems(since timestamptz DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT * FROM ecommerce_internal.prove_payments(since, tenant_id);
    RETURN QUERY SELECT * FROM ecommerce_internal.prove_gift_card_payments(since, tenant_id);
    RETURN QUERY SELECT * FROM ecommerce_internal.prove_order_payments(since, tenant_id);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.payment_problems(timestamptz, integer) IS
    'For verify_integrity(): payments of a tenant that differ from what they are made of or for. '
    'That is their entries, their refunds and their order; and orders that differ from their '
    'payments. With since: of what happened since then.';
