-- The steps of issue_invoices().

CREATE FUNCTION ecommerce_internal.is_archived(order_id uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ecommerce_internal.may_be_archived(order_id, ecommerce_internal.archived_times());
END
$$;
COMMENT ON FUNCTION ecommerce_internal.is_archived(uuid) IS
    'Whether an order that was not found may be archived.';

CREATE FUNCTION ecommerce_internal.lock_invoiced_orders(tenant_id integer, order_ids uuid[],
    OUT ids uuid[], OUT times timestamptz[])
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_first timestamptz;
    v_last  timestamptz;
BEGIN
    SELECT min(ecommerce_internal.id_time(i)) - interval '24 hours',
           max(ecommerce_internal.id_time(i)) + interval '24 hours'
    INTO v_first, v_last FROM unnest(order_ids) i;
    SELECT array_agg(l.id), array_agg(l.created_at) INTO ids, times
    FROM (SELECT o.id, o.created_at FROM ecommerce.orders o
          WHERE o.tenant_id = lock_invoiced_orders.tenant_id
            AND o.id = ANY (lock_invoiced_orders.order_ids)
            AND o.created_at BETWEEN v_first AND v_last
          ORDER BY o.created_at, o.id FOR NO KEY UPDATE) l;
    -- Not only a lock: of two at REPEATABLE READ one must fail.
    UPDATE ecommerce.orders o SET status = o.status
    WHERE o.tenant_id = lock_invoiced_orders.tenant_id AND o.id = ANY (ids)
      AND o.created_at BETWEEN v_first AND v_last;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_invoiced_orders(integer, uuid[]) IS
    'For issue_invoices(): lock orders, those that there are, in the order of their times.';

CREATE FUNCTION ecommerce_internal.draft_or_failure(customer_order jsonb, seller jsonb,
    options jsonb, vat_currency text, tenant_id integer) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_code    text;
    v_message text;
    v_detail  text;
BEGIN
    RETURN ecommerce_internal.draft_invoice(customer_order, seller, NULL, options, vat_currency,
                                            tenant_id);
EXCEPTION WHEN data_exception THEN
    GET STACKED DIAGNOSTICS v_code = RETURNED_SQLSTATE, v_message = MESSAGE_TEXT,
        v_detail = PG_EXCEPTION_DETAIL;
    RETURN jsonb_build_object('order_id', customer_order -> 'id',
        'order_created_at', customer_order -> 'created_at',
        'order_number', customer_order -> 'order_number', 'error_code', v_code,
        'message', v_message, 'detail', v_detail);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.draft_or_failure(jsonb, jsonb, jsonb, text, integer) IS
    'For issue_invoices(): what draft_invoice() returns, or the error that it would raise. That is '
    '{"order_id", "order_created_at", "order_number", "error_code", "message", "detail"}.';

CREATE FUNCTION ecommerce_internal.issue_chunk(tenant_id integer, order_ids uuid[],
    order_times timestamptz[], series text, options jsonb)
    RETURNS TABLE (order_id uuid, order_number text, invoice_id uuid, invoice_number text,
                   gross numeric, error_code text, message text, detail text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := issue_chunk.tenant_id;
    v_seller jsonb := ecommerce_internal.seller_document(v_tenant);
    v_money  text := ecommerce_internal.national_currency(v_seller ->> 'country');
    v_good   jsonb[];
    v_bad    jsonb[];
    w        record;
BEGIN
    IF options ? 'due_date' THEN
        PERFORM ecommerce_internal.check_due_date(v_tenant, options);
    END IF;
    -- What is not right goes through the check of single invoices, which says why.
    SELECT array_agg(d.draft ORDER BY d.n) FILTER (WHERE d.is_right),
           array_agg(coalesce(d.draft, jsonb_build_object('order_id', d.id, 'order_created_at',
                                                          d.created_at)) ORDER BY d.n)
               FILTER (WHERE d.is_right IS NOT TRUE)
    INTO v_good, v_bad
    FROM (SELECT o.*, ecommerce_internal.draft_right(o.draft) AS is_right
          FROM (SELECT w.*, ecommerce_internal.draft_or_failure(
                           ecommerce_internal.order_to_invoice(w.id, w.created_at, v_tenant),
                           v_seller, options, v_money, v_tenant) AS draft
                FROM unnest(order_ids, order_times) WITH ORDINALITY AS w (id, created_at, n)
                OFFSET 0) o OFFSET 0) d;
    IF v_good IS NOT NULL THEN
        w := ecommerce_internal.write_invoices(v_tenant, 'invoice', series, v_good);
        RETURN QUERY
        SELECT (n.draft ->> 'order_id')::uuid, n.draft ->> 'order_number', n.id, n.number,
               (n.draft ->> 'gross')::numeric, NULL::text, NULL::text, NULL::text
        FROM unnest(v_good, w.ids, w.invoice_numbers) AS n (draft, id, number);
    END IF;
    RETURN QUERY
    SELECT (b.draft ->> 'order_id')::uuid, f.order_number, NULL::uuid, NULL::text, NULL::numeric,
           f.error_code, f.message, f.detail
    FROM unnest(v_bad) AS b (draft)
    CROSS JOIN LATERAL ecommerce_internal.draft_failure(v_tenant, b.draft) f;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.issue_chunk(integer, uuid[], timestamptz[], text, jsonb) IS
    'For issue_invoices(): issue the invoices of some orders that are locked.';

CREATE FUNCTION ecommerce_internal.draft_failure(tenant_id integer, draft jsonb,
    OUT order_number text, OUT error_code text, OUT message text, OUT detail text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    order_number := draft ->> 'order_number';
    IF draft ? 'error_code' THEN
        error_code := draft ->> 'error_code';
        message := draft ->> 'message';
        detail := nullif(draft ->> 'detail', '');
        RETURN;
    ELSIF order_number IS NULL THEN
        PERFORM ecommerce_internal.refuse_invoice(tenant_id, (draft ->> 'order_id')::uuid,
                                                  (draft ->> 'order_created_at')::timestamptz);
    END IF;
    PERFORM ecommerce_internal.check_draft(draft);
    RAISE EXCEPTION 'the document would be wrong' USING ERRCODE = 'data_exception';
EXCEPTION WHEN OTHERS THEN
    -- What is no fault of the draft, such as a serialization failure, stops the call.
    IF SQLSTATE NOT LIKE 'EC%' AND SQLSTATE NOT LIKE '22%' THEN
        RAISE;
    END IF;
    GET STACKED DIAGNOSTICS error_code = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
        detail = PG_EXCEPTION_DETAIL;
    order_number := coalesce(order_number,
        CASE WHEN detail LIKE '{%' THEN detail::jsonb ->> 'order_number' END);
    detail := nullif(detail, '');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.draft_failure(integer, jsonb) IS
    'For issue_invoices(): the error that issue_invoice() would raise about a draft.';
