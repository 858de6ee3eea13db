-- What functions of invoices look up and answer.

CREATE FUNCTION ecommerce_internal.find_invoice(tenant_id integer, invoice_number text)
    RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_id uuid := (SELECT v.id FROM ecommerce.invoices v
                  WHERE v.tenant_id = find_invoice.tenant_id
                    AND v.invoice_number = find_invoice.invoice_number);
BEGIN
    RETURN coalesce(v_id, CASE WHEN invoice_number
               ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
               THEN invoice_number::uuid END);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.find_invoice(integer, text) IS
    'The id of the document of a number; what has the form of an id is one. NULL if there is none.';

CREATE FUNCTION ecommerce_internal.invoice_answer(tenant_id integer, invoice_id uuid)
    RETURNS ecommerce.issued_invoice
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_result ecommerce.issued_invoice;
BEGIN
    SELECT v.id, v.invoice_number, v.kind, v.issue_date, v.due_date, v.currency, v.net, v.vat,
           v.gross, v.gross - v.prepaid + v.rounding
    INTO v_result
    FROM ecommerce.invoices v
    WHERE v.tenant_id = invoice_answer.tenant_id AND v.id = invoice_answer.invoice_id;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.invoice_answer(integer, uuid) IS
    'What issue_invoice() and issue_credit_note() answer about a document.';

CREATE FUNCTION ecommerce_internal.invoiceable_shipment(tenant_id integer, order_id uuid,
    order_created_at timestamptz, shipment_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    s        record;
    v_reason text;
BEGIN
    IF shipment_id IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT k.status, k.replaces_id, k.shipped_at, k.shipment_number INTO s
    FROM ecommerce.shipments k
    WHERE k.tenant_id = invoiceable_shipment.tenant_id
      AND k.order_id = invoiceable_shipment.order_id
      AND k.order_created_at = invoiceable_shipment.order_created_at
      AND k.id = invoiceable_shipment.shipment_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown shipment %', shipment_id USING ERRCODE = 'EC031';
    END IF;
    v_reason := CASE WHEN s.status = 'cancelled' THEN 'shipment_cancelled'
                     WHEN s.replaces_id IS NOT NULL THEN 'replacement'
                     WHEN EXISTS (SELECT FROM ecommerce.invoices v
                                  WHERE v.tenant_id = invoiceable_shipment.tenant_id
                                    AND v.shipment_id = invoiceable_shipment.shipment_id)
                     THEN 'invoiced' END;
    IF v_reason IS NOT NULL THEN
        RAISE EXCEPTION 'nothing of the shipment is to be invoiced: %', v_reason
            USING ERRCODE = 'EC050',
                  DETAIL = jsonb_strip_nulls(jsonb_build_object('reason', v_reason, 'invoices', (
                      SELECT jsonb_agg(v.invoice_number) FROM ecommerce.invoices v
                      WHERE v.tenant_id = invoiceable_shipment.tenant_id
                        AND v.shipment_id = invoiceable_shipment.shipment_id)))::text;
    END IF;
    RETURN jsonb_build_object('id', shipment_id, 'shipped_at', s.shipped_at, 'units', (
        SELECT jsonb_object_agg(k.line_number, k.quantity) FROM ecommerce.shipment_items k
        WHERE k.tenant_id = invoiceable_shipment.tenant_id
          AND k.shipment_id = invoiceable_shipment.shipment_id
          AND k.order_created_at = invoiceable_shipment.order_created_at));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.invoiceable_shipment(integer, uuid, timestamptz, uuid) IS
    'A shipment that is to be invoiced, {"id", "shipped_at", "units": {"line_number": units}}; '
    'NULL for NULL. Errors: EC031 unknown in that order, '
    'EC050 it was cancelled, replaces one that was lost, or has an invoice.';

CREATE FUNCTION ecommerce_internal.refuse_invoice(tenant_id integer, order_id uuid,
    order_created_at timestamptz) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_detail jsonb;
BEGIN
    SELECT jsonb_strip_nulls(jsonb_build_object('order_number', o.order_number,
               'reason', CASE WHEN o.status = 'cancelled' OR i.numbers IS NULL THEN 'cancelled'
                              ELSE 'invoiced' END, 'invoices', i.numbers))
    INTO v_detail
    FROM ecommerce.orders o
    CROSS JOIN (SELECT jsonb_agg(v.invoice_number ORDER BY v.id) AS numbers
                FROM ecommerce.invoices v
                WHERE v.tenant_id = refuse_invoice.tenant_id
                  AND v.order_id = refuse_invoice.order_id AND v.kind = 'invoice') i
    WHERE o.tenant_id = refuse_invoice.tenant_id AND o.id = refuse_invoice.order_id
      AND o.created_at = refuse_invoice.order_created_at;
    RAISE EXCEPTION 'nothing of the order is left to invoice: %', v_detail ->> 'reason'
        USING ERRCODE = 'EC050', DETAIL = v_detail::text;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refuse_invoice(integer, uuid, timestamptz) IS
    'Error EC050 with what was invoiced of an order, or that it is cancelled.';
