-- What a credit note is about.

CREATE FUNCTION ecommerce_internal.credited_order(tenant_id integer, invoice_id uuid,
    refund_id uuid, OUT order_id uuid, OUT order_created_at timestamptz)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_reason text := 'unknown';
    v_known  record;
BEGIN
    IF refund_id IS NOT NULL THEN
        SELECT r.order_id, r.order_created_at, r.status INTO v_known
        FROM ecommerce.refunds r
        WHERE r.tenant_id = credited_order.tenant_id AND r.id = credited_order.refund_id;
        v_reason := CASE WHEN NOT FOUND THEN 'unknown'
                         WHEN v_known.status = 'failed' THEN 'failed' END;
    ELSE
        SELECT v.order_id, v.order_created_at, v.kind INTO v_known
        FROM ecommerce.invoices v
        WHERE v.tenant_id = credited_order.tenant_id AND v.id = credited_order.invoice_id;
        v_reason := CASE WHEN NOT FOUND THEN 'unknown'
                         WHEN v_known.kind = 'credit_note' THEN 'credit_note' END;
    END IF;
    IF v_reason IS NOT NULL THEN
        PERFORM ecommerce_internal.refuse_credit(v_reason,
            jsonb_build_object('invoice_id', credited_order.invoice_id,
                               'refund_id', credited_order.refund_id));
    END IF;
    order_id := v_known.order_id;
    order_created_at := v_known.order_created_at;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.credited_order(integer, uuid, uuid) IS
    'The order of an invoice or of a refund. Error EC050 if it is unknown, a credit note itself, '
    'or a refund that failed.';

CREATE FUNCTION ecommerce_internal.whole_credit(tenant_id integer, invoice_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_taken jsonb;
    v_money boolean;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('invoice_id', c.invoice_id, 'line_number', c.line_number,
               'units', c.units, 'net', c.net, 'vat', c.vat, 'mirrored', c.is_whole)
               ORDER BY c.line_number),
           bool_or(c.net + c.vat > 0 OR c.is_whole)
    INTO v_taken, v_money
    FROM ecommerce_internal.creditable_lines(whole_credit.tenant_id,
                                             ARRAY[whole_credit.invoice_id]) c
    WHERE c.is_whole OR c.net > 0 OR c.vat > 0 OR c.is_free AND c.units > 0;
    IF v_money IS NOT TRUE THEN
        PERFORM ecommerce_internal.refuse_credit('credited', (
            SELECT jsonb_build_object('invoice_number', v.invoice_number, 'credit_notes', (
                       SELECT jsonb_agg(c.invoice_number ORDER BY c.id)
                       FROM ecommerce.invoices c
                       WHERE c.tenant_id = whole_credit.tenant_id AND c.order_id = v.order_id
                         AND c.preceding @> jsonb_build_array(
                                 jsonb_build_object('id', whole_credit.invoice_id))))
            FROM ecommerce.invoices v
            WHERE v.tenant_id = whole_credit.tenant_id AND v.id = whole_credit.invoice_id));
    END IF;
    RETURN v_taken;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.whole_credit(integer, uuid) IS
    'For credit_lines(): all of an invoice that was not credited yet. Error EC050 with its credit '
    'notes if nothing is left.';

CREATE FUNCTION ecommerce_internal.refund_credit(tenant_id integer, refund_id uuid,
    order_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_taken  jsonb := (SELECT jsonb_agg(to_jsonb(t) || '{"mirrored": false}'
                                        ORDER BY t.invoice_id, t.line_number)
                       FROM ecommerce_internal.refunded_lines(refund_credit.tenant_id,
                                refund_credit.refund_id, refund_credit.order_id) t);
    v_short  jsonb;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('line_number', r.line_number, 'net', r.net, 'vat', r.vat,
                         'invoiced_net', coalesce(t.net, 0), 'invoiced_vat', coalesce(t.vat, 0))
                     ORDER BY r.line_number)
    INTO v_short
    FROM ecommerce.refund_items r
    LEFT JOIN (SELECT l.order_line, sum(e.net) AS net, sum(e.vat) AS vat
               FROM jsonb_to_recordset(v_taken) AS e (invoice_id uuid, line_number integer,
                                                      net numeric, vat numeric)
               JOIN ecommerce.invoice_lines l ON l.tenant_id = refund_credit.tenant_id
                   AND l.invoice_id = e.invoice_id AND l.line_number = e.line_number
               GROUP BY l.order_line) t ON t.order_line = r.line_number
    WHERE r.tenant_id = refund_credit.tenant_id AND r.refund_id = refund_credit.refund_id
      AND (r.net, r.vat) IS DISTINCT FROM (coalesce(t.net, 0), coalesce(t.vat, 0));
    IF v_short IS NOT NULL THEN
        PERFORM ecommerce_internal.refuse_credit('not_invoiced',
                                                 jsonb_build_object('lines', v_short));
    ELSIF v_taken IS NULL THEN
        PERFORM ecommerce_internal.refuse_credit('no_lines',
            jsonb_build_object('refund_id', refund_credit.refund_id));
    END IF;
    RETURN v_taken;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refund_credit(integer, uuid, uuid) IS
    'For credit_lines(): what a refund takes of which invoices of its order. Error EC050 if a line '
    'was not invoiced, or not so much of it, with all such lines; or if it has no lines.';
