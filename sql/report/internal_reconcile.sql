-- The parts of reconcile().

CREATE FUNCTION ecommerce_internal.reconcile_orders(tenant_id integer, from_time timestamptz,
    to_time timestamptz)
    RETURNS TABLE (subject text, entity_id uuid, number text, currency text, expected numeric,
                   actual numeric, difference numeric, reason text, is_error boolean)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
    SET search_path = pg_catalog, pg_temp SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := reconcile_orders.tenant_id;
    v_from   timestamptz := reconcile_orders.from_time;
    v_to     timestamptz := reconcile_orders.to_time;
BEGIN
    RETURN QUERY
    WITH placed AS MATERIALIZED (
        SELECT a.id, a.order_number, a.currency, a.status, a.due, a.paid, a.balance, a.cancelled,
               o.amount_charged_back, o.payment_status
        FROM ecommerce.order_amounts a
        JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.id = a.id
                               AND o.created_at = a.created_at
        WHERE a.tenant_id = v_tenant AND a.created_at >= v_from AND a.created_at < v_to
    ), paid AS MATERIALIZED (
        SELECT p.order_id, bool_or(p.status = 'authorized') AS authorized,
               bool_or(p.status = 'submitted') AS submitted,
               bool_or(p.status = 'created' AND p.method = 'invoice') AS on_credit,
               sum(p.refunds_requested) AS requested
        FROM ecommerce.payments p
        WHERE p.tenant_id = v_tenant AND p.order_id IN (SELECT o.id FROM placed o)
        GROUP BY 1
    )
    SELECT 'order', o.id, o.order_number, o.currency, o.due, o.paid, o.balance,
           CASE WHEN o.balance > 0 THEN CASE
                    WHEN o.amount_charged_back > 0     THEN 'charged_back'
                    WHEN p.authorized                  THEN 'authorized'
                    WHEN p.submitted                   THEN 'submitted'
                    WHEN p.on_credit                   THEN 'on_credit'
                    WHEN o.payment_status = 'failed'   THEN 'failed'
                    WHEN o.paid > 0                    THEN 'partly_paid'
                    ELSE 'unpaid' END
                WHEN p.requested > 0                   THEN 'refund_requested'
                WHEN EXISTS (SELECT FROM ecommerce.refunds r
                             WHERE r.tenant_id = v_tenant AND r.order_id = o.id
                               AND r.status = 'failed') THEN 'refund_failed'
                WHEN o.cancelled > 0                   THEN 'cancelled'
                ELSE 'overpaid' END, false
    FROM placed o LEFT JOIN paid p ON p.order_id = o.id
    WHERE o.balance <> 0;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.reconcile_orders(integer, timestamptz, timestamptz) IS
    'For reconcile(): orders of a time and what was paid for them.';

CREATE FUNCTION ecommerce_internal.reconcile_payments(tenant_id integer, from_time timestamptz,
    to_time timestamptz)
    RETURNS TABLE (subject text, entity_id uuid, number text, currency text, expected numeric,
                   actual numeric, difference numeric, reason text, is_error boolean)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
    SET search_path = pg_catalog, pg_temp SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := reconcile_payments.tenant_id;
    v_from   timestamptz := reconcile_payments.from_time;
    v_to     timestamptz := reconcile_payments.to_time;
BEGIN
    RETURN QUERY
    SELECT 'payment', p.id, coalesce(p.reference, p.order_reference), p.currency, 0,
           p.amount_captured - p.amount_refunded - p.amount_charged_back,
           p.amount_captured - p.amount_refunded - p.amount_charged_back, 'no_order', false
    FROM ecommerce.payments p
    WHERE p.tenant_id = v_tenant AND p.order_id IS NULL
      AND p.created_at >= v_from AND p.created_at < v_to
      AND p.amount_captured <> p.amount_refunded + p.amount_charged_back
    UNION ALL
    SELECT 'payment', p.id, coalesce(p.reference, p.order_reference), p.currency,
           p.amount_captured, p.amount_refunded + p.refunds_requested + p.amount_charged_back,
           p.amount_refunded + p.refunds_requested + p.amount_charged_back - p.amount_captured,
           CASE WHEN p.amount_charged_back > 0 THEN 'refunded_and_charged_back'
                ELSE 'refunded_more' END, p.amount_charged_back <= 0
    FROM ecommerce.payments p
    WHERE p.tenant_id = v_tenant AND p.created_at >= v_from AND p.created_at < v_to
      AND p.amount_refunded + p.refunds_requested + p.amount_charged_back > p.amount_captured;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.reconcile_payments(integer, timestamptz, timestamptz) IS
    'For reconcile(): payments of a time that have no order, or of which more went than came.';

CREATE FUNCTION ecommerce_internal.reconcile_invoices(tenant_id integer, from_time timestamptz,
    to_time timestamptz)
    RETURNS TABLE (subject text, entity_id uuid, number text, currency text, expected numeric,
                   actual numeric, difference numeric, reason text, is_error boolean)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
    SET search_path = pg_catalog, pg_temp SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := reconcile_invoices.tenant_id;
    v_from   timestamptz := reconcile_invoices.from_time;
    v_to     timestamptz := reconcile_invoices.to_time;
BEGIN
    RETURN QUERY
    SELECT 'invoice', o.id, o.order_number, o.currency, o.due, coalesce(i.amount, 0),
           o.due - coalesce(i.amount, 0),
           CASE WHEN i.amount IS NULL THEN 'not_invoiced'
                WHEN i.amount < o.due THEN 'partly_invoiced' ELSE 'not_credited' END, i.amount < 0
    FROM ecommerce.order_amounts o
    LEFT JOIN LATERAL (
        SELECT sum(CASE v.kind WHEN 'invoice' THEN v.gross + v.rounding
                               ELSE -(v.gross + v.rounding) END) AS amount
        FROM ecommerce.invoices v
        WHERE v.tenant_id = v_tenant AND v.order_id = o.id) i ON true
    WHERE o.tenant_id = v_tenant AND o.created_at >= v_from AND o.created_at < v_to
      AND o.due <> coalesce(i.amount, 0)
      AND EXISTS (SELECT FROM ecommerce.invoices v WHERE v.tenant_id = v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.reconcile_invoices(integer, timestamptz, timestamptz) IS
    'For reconcile(): orders of a time and their documents, in a shop that issues some.';
