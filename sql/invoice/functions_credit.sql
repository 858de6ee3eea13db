-- Issuing credit notes.

CREATE FUNCTION ecommerce.issue_credit_note(invoice_id uuid DEFAULT NULL,
    refund_id uuid DEFAULT NULL, request jsonb DEFAULT NULL, idempotency_key text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.issued_invoice
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_options jsonb := ecommerce_internal.check_invoice_options(request, '{series,note}');
    v_taken   jsonb;
    v_draft   jsonb;
    v_id      uuid;
    d         record;
    w         record;
BEGIN
    IF num_nonnulls(invoice_id, refund_id) <> 1 THEN
        RAISE EXCEPTION 'a credit note is for either an invoice or a refund'
            USING ERRCODE = CASE WHEN invoice_id IS NULL THEN 'null_value_not_allowed'
                                 ELSE 'invalid_parameter_value' END;
    END IF;
    SELECT * INTO d FROM ecommerce_internal.credited_order(v_tenant, invoice_id, refund_id);
    IF idempotency_key IS NOT NULL
       AND NOT ecommerce_internal.claim_request('credit_note', idempotency_key, d.order_id,
               d.order_created_at, jsonb_build_object('invoice_id', issue_credit_note.invoice_id,
                   'refund_id', issue_credit_note.refund_id, 'request', v_options), v_tenant) THEN
        RETURN ecommerce_internal.invoice_answer(v_tenant, (
            SELECT v.id FROM ecommerce.invoices v
            WHERE v.tenant_id = v_tenant AND v.order_id = d.order_id
              AND v.idempotency_key = issue_credit_note.idempotency_key));
    END IF;
    PERFORM ecommerce_internal.lock_credited_order(v_tenant, d.order_id, d.order_created_at);
    SELECT v.id INTO v_id FROM ecommerce.invoices v
    WHERE v.tenant_id = v_tenant AND v.refund_id = issue_credit_note.refund_id;
    IF FOUND THEN
        RETURN ecommerce_internal.invoice_answer(v_tenant, v_id);
    END IF;
    v_taken := CASE WHEN refund_id IS NULL
                    THEN ecommerce_internal.whole_credit(v_tenant, invoice_id)
                    ELSE ecommerce_internal.refund_credit(v_tenant, refund_id, d.order_id) END;
    v_draft := ecommerce_internal.draft_credit_note(v_tenant, v_taken, v_options)
        || jsonb_build_object('refund_id', issue_credit_note.refund_id,
                              'idempotency_key', issue_credit_note.idempotency_key);
    PERFORM ecommerce_internal.check_draft(v_draft);
    w := ecommerce_internal.write_invoices(v_tenant, 'credit_note', v_options ->> 'series',
                                           ARRAY[v_draft]);
    RETURN ecommerce_internal.invoice_answer(v_tenant, w.ids[1]);
END
$$;
COMMENT ON FUNCTION ecommerce.issue_credit_note(uuid, uuid, jsonb, text, integer) IS
    'Issue a credit note, and return it. invoice_id: the invoice of which all is taken back that '
    'was not credited yet, line by line and to the cent; its order can be invoiced anew then. '
    'refund_id: the refund that it is for, in place of an invoice: its lines, which may be of '
    'several invoices; the same refund gets the same credit note. request: {"series", "note"}. '
    'With an idempotency_key a retry of the same request gets the same credit note. Errors: EC050 '
    'unknown invoice or refund, or nothing is left to credit, or a refund has no lines, has '
    'failed, or is of lines that were not invoiced; EC007 key of another request, EC052 series, '
    '22004 neither is given, 22023 both are, or a wrong request.';

CREATE FUNCTION ecommerce.issue_credit_note(invoice_number text, request jsonb DEFAULT NULL,
    idempotency_key text DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.issued_invoice
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_id     uuid := ecommerce_internal.find_invoice(v_tenant, invoice_number);
BEGIN
    IF v_id IS NULL AND invoice_number IS NOT NULL THEN
        PERFORM ecommerce_internal.refuse_credit('unknown',
            jsonb_build_object('invoice_number', left(invoice_number, 100)));
    END IF;
    RETURN ecommerce.issue_credit_note(v_id, NULL, request, idempotency_key, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.issue_credit_note(text, jsonb, text, integer) IS
    'Like issue_credit_note(invoice_id), by the invoice''s number or an id without a type.';
