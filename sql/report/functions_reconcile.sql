-- What orders, payments, refunds and invoices of a period differ in, and why.

CREATE FUNCTION ecommerce.reconcile(from_date date, to_date date,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (subject text, entity_id uuid, number text, currency text, expected numeric,
                   actual numeric, difference numeric, reason text, is_error boolean)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(reconcile.tenant_id);
    v_from   timestamptz;
    v_to     timestamptz;
BEGIN
    IF num_nulls(from_date, to_date) > 0 THEN
        RAISE EXCEPTION 'from_date and to_date must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT from_date <= to_date OR NOT isfinite(from_date) OR NOT isfinite(to_date) THEN
        RAISE EXCEPTION 'to_date must not be before from_date'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('They are %s and %s.', from_date, to_date);
    END IF;
    SELECT ecommerce_internal.day_start(from_date, s.timezone),
           ecommerce_internal.day_start(to_date + 1, s.timezone)
    INTO v_from, v_to FROM ecommerce.settings s WHERE s.tenant_id = v_tenant;
    RETURN QUERY SELECT * FROM ecommerce_internal.reconcile_orders(v_tenant, v_from, v_to);
    RETURN QUERY SELECT * FROM ecommerce_internal.reconcile_payments(v_tenant, v_from, v_to);
    RETURN QUERY SELECT * FROM ecommerce_internal.reconcile_invoices(v_tenant, v_from, v_to);
    RETURN QUERY
    SELECT split_part(q.problem, ':', 1), q.entity_id, NULL::text, NULL::text,
           NULL::numeric, NULL::numeric, NULL::numeric, q.problem, true
    FROM (SELECT * FROM ecommerce_internal.payment_problems(v_from, v_tenant)
          UNION ALL SELECT * FROM ecommerce_internal.refund_problems(v_from, v_tenant)) q;
END
$$;
COMMENT ON FUNCTION ecommerce.reconcile(date, date, integer) IS
    'What orders of a period come to, against what was paid, given back and invoiced. Each '
    'difference has its reason. from_date and to_date: the shop''s days, both included. subject: '
    'order, expected is what it comes to and actual what was paid; reason is unpaid, partly_paid, '
    'authorized, submitted, on_credit, failed or charged_back, or for what is to be given back '
    'overpaid, cancelled, refund_requested or refund_failed. payment: money without an order '
    '(no_order), or of which more went back than came (refunded_more, refunded_and_charged_back). '
    'invoice: what the order comes to, and its invoices less credit notes: not_invoiced, '
    'partly_invoiced, not_credited; only in a shop that issues invoices. is_error: what no legal '
    'course of events explains; nothing is owed to anybody where no row is. Errors: 22004 NULL, '
    '22023 no period.';
