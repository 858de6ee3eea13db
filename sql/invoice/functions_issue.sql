-- Issuing invoices.

CREATE FUNCTION ecommerce.issue_invoice(order_id uuid, shipment_id uuid DEFAULT NULL,
    request jsonb DEFAULT NULL, idempotency_key text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.issued_invoice
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_options jsonb := CASE WHEN request IS NULL THEN '{}' ELSE
        ecommerce_internal.check_invoice_options(request,
            '{series,buyer_reference,purchase_order,note,due_date,payment_days,exchange_rate,
              profile,delivery_date,buyer}') END;
    o         record;
    v_parcel  jsonb;
    v_seller  jsonb;
    v_draft   jsonb;
    w         record;
BEGIN
    -- As everywhere, the key before the order
    IF idempotency_key IS NOT NULL
       AND NOT ecommerce_internal.claim_request('invoice', idempotency_key, order_id,
               ecommerce_internal.order_time(v_tenant, order_id),
               jsonb_build_object('shipment_id', issue_invoice.shipment_id,
                                  'request', v_options), v_tenant) THEN
        RETURN ecommerce_internal.invoice_answer(v_tenant, (
            SELECT v.id FROM ecommerce.invoices v
            WHERE v.tenant_id = v_tenant AND v.order_id = issue_invoice.order_id
              AND v.idempotency_key = issue_invoice.idempotency_key));
    END IF;
    IF order_id IS NULL THEN
        RAISE EXCEPTION 'order_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    o := ecommerce_internal.lock_order_row(v_tenant, order_id);
    IF o IS NULL THEN
        o := ecommerce_internal.lock_fulfilment(v_tenant, order_id);
    END IF;
    IF shipment_id IS NOT NULL THEN
        v_parcel := ecommerce_internal.invoiceable_shipment(v_tenant, order_id, o.created_at,
                                                            shipment_id);
    END IF;
    IF v_options ? 'due_date' THEN
        PERFORM ecommerce_internal.check_due_date(v_tenant, v_options);
    END IF;
    v_seller := ecommerce_internal.seller_document(v_tenant);
    v_draft := ecommerce_internal.draft_invoice(
        ecommerce_internal.order_to_invoice(order_id, o.created_at, v_tenant), v_seller, v_parcel,
        v_options, ecommerce_internal.national_currency(v_seller ->> 'country'), v_tenant);
    IF v_draft IS NULL THEN
        PERFORM ecommerce_internal.refuse_invoice(v_tenant, order_id, o.created_at);
    ELSIF v_options ? 'exchange_rate' AND v_draft ->> 'exchange_rate' IS NULL THEN
        RAISE EXCEPTION 'request.exchange_rate is for documents in another currency than %',
                        v_draft ->> 'currency'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF idempotency_key IS NOT NULL THEN
        v_draft := v_draft || jsonb_build_object('idempotency_key', issue_invoice.idempotency_key);
    END IF;
    -- Which finds what is wrong, and takes its time; as issue_invoices() does
    IF NOT ecommerce_internal.draft_right(v_draft) THEN
        PERFORM ecommerce_internal.check_draft(v_draft);
    END IF;
    w := ecommerce_internal.write_invoices(v_tenant, 'invoice', v_options ->> 'series',
                                           ARRAY[v_draft]);
    RETURN (w.ids[1], w.invoice_numbers[1], 'invoice', w.issue_date, w.due_dates[1],
            v_draft ->> 'currency', v_draft ->> 'net', v_draft ->> 'vat', v_draft ->> 'gross',
            (v_draft ->> 'gross')::numeric - (v_draft ->> 'prepaid')::numeric
            + (v_draft ->> 'rounding')::numeric)::ecommerce.issued_invoice;
END
$$;
COMMENT ON FUNCTION ecommerce.issue_invoice(uuid, uuid, jsonb, text, integer) IS
    'Issue the invoice of an order, or of one of its shipments, and return it. It is about what '
    'was neither cancelled nor invoiced; shipping and fees go with the first. Numbers have no '
    'gaps, so nothing is numbered before it is right. shipment_id: the shipment whose units it '
    'is for; NULL for all that is left. request: {"series", "buyer_reference", '
    '"purchase_order", "note", "due_date" or "payment_days", "exchange_rate" (units of the '
    'currency of the seller''s country for one of the order''s, where they differ), '
    '"delivery_date", "profile", "buyer" (keys of invoices.buyer that count more than the '
    'order''s)}. With an idempotency_key a retry of the same request gets the same invoice. '
    'Errors: EC007 key of another request, EC008 unknown order, EC024 archived, EC031 unknown '
    'shipment, EC050 nothing is left to invoice, with what was; EC051 data are incomplete, with '
    'all that are missing; EC052 series, 22023 a wrong request or characters that XML cannot '
    'have.';

CREATE FUNCTION ecommerce.issue_invoice(order_number text, shipment_id uuid DEFAULT NULL,
    request jsonb DEFAULT NULL, idempotency_key text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.issued_invoice
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.issue_invoice(ecommerce_internal.find_order(v_tenant, order_number),
                                   shipment_id, request, idempotency_key, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.issue_invoice(text, uuid, jsonb, text, integer) IS
    'Like issue_invoice(order_id, ...), by the order''s number or an id without a type.';

CREATE FUNCTION ecommerce.issue_shipment_invoice(shipment_id uuid, request jsonb DEFAULT NULL,
    idempotency_key text DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.issued_invoice
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.issue_invoice((
        SELECT f.order_id FROM ecommerce_internal.find_shipment(v_tenant, shipment_id) f),
        shipment_id, request, idempotency_key, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.issue_shipment_invoice(uuid, jsonb, text, integer) IS
    'Issue the invoice of a shipment: issue_invoice() by the shipment alone. Arguments and errors '
    'are those of that.';

CREATE FUNCTION ecommerce.get_invoice(invoice_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_trusted boolean := NOT ecommerce_internal.acts_for_customer();
BEGIN
    RETURN (
        SELECT CASE WHEN v_trusted THEN to_jsonb(v) - 'tenant_id'
                    ELSE to_jsonb(v) - '{tenant_id,idempotency_key}'::text[] END
               || jsonb_build_object('payable', v.gross - v.prepaid + v.rounding, 'lines', (
                      SELECT jsonb_agg(to_jsonb(l) - '{tenant_id,invoice_id}'::text[]
                                       ORDER BY l.line_number)
                      FROM ecommerce.invoice_lines l
                      WHERE l.tenant_id = v_tenant AND l.invoice_id = v.id),
                  'vat_breakdown', (
                      SELECT jsonb_agg(to_jsonb(g) - '{tenant_id,invoice_id}'::text[]
                                       ORDER BY g.vat_category, g.vat_rate)
                      FROM ecommerce.invoice_vat_groups g
                      WHERE g.tenant_id = v_tenant AND g.invoice_id = v.id))
        FROM ecommerce.invoices v
        WHERE v.tenant_id = v_tenant AND v.id = get_invoice.invoice_id
          AND (v_trusted OR v.user_id = ecommerce.current_customer()));
END
$$;
COMMENT ON FUNCTION ecommerce.get_invoice(uuid, integer) IS
    'An invoice or credit note as one document. It has the keys of the columns of invoices, and '
    '"payable", "lines" (rows of invoice_lines) and "vat_breakdown" (rows of invoice_vat_groups). '
    'A storefront gets those of its customer only. NULL for an unknown one.';

CREATE FUNCTION ecommerce.get_invoice(invoice_number text,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.get_invoice(ecommerce_internal.find_invoice(v_tenant, invoice_number),
                                 v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.get_invoice(text, integer) IS
    'Like get_invoice(invoice_id), by its number or an id without a type.';
