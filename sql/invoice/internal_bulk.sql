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
    v_orders jsonb[] := ARRAY(
        SELECT o.doc FROM unnest(order_ids, order_times) AS w (id, created_at)
        CROSS JOIN LATERAL ecommerce_internal.order_to_invoice(w.id, w.created_at, v_tenant)
            AS o (doc)
        WHERE o.doc IS NOT NULL);
    v_good   jsonb[];
    v_bad    jsonb[];
BEGIN
    -- What is not right goes through the check of single invoices, which says why.
    SELECT array_agg(d.draft ORDER BY w.n) FILTER (WHERE d.is_right),
           array_agg(coalesce(d.draft, jsonb_build_object('order_id', w.id, 'order_created_at',
                                                          w.created_at)) ORDER BY w.n)
               FILTER (WHERE d.is_right IS NOT TRUE)
    INTO v_good, v_bad
    FROM unnest(order_ids, order_times) WITH ORDINALITY AS w (id, created_at, n)
    LEFT JOIN (SELECT i.order_id, i.draft,
                      i.is_exact AND ecommerce_internal.draft_right(i.draft) AS is_right
               FROM ecommerce_internal.draft_invoices(v_tenant, v_orders, NULL, options) i) d
        ON d.order_id = w.id;
    IF v_good IS NOT NULL THEN
        RETURN QUERY
        SELECT (v_good[n.n] ->> 'order_id')::uuid, v_good[n.n] ->> 'order_number', n.id,
               n.invoice_number, (v_good[n.n] ->> 'gross')::numeric, NULL::text, NULL::text,
               NULL::text
        FROM ecommerce_internal.write_invoices(v_tenant, 'invoice', series, v_good) n;
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

CREATE FUNCTION ecommerce_internal.draft_right(draft jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF draft::text ~ E'\\\\[bfu]|[\\uFFFE\\uFFFF]' THEN
        BEGIN
            PERFORM ecommerce_internal.check_draft_texts(draft, draft ->> 'kind');
        EXCEPTION WHEN invalid_parameter_value THEN
            RETURN false;
        END;
    END IF;
    RETURN ecommerce_internal.draft_lacks(draft) IS NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.draft_right(jsonb) IS
    'Whether an invoice lacks nothing and XML can have each of its characters.';

CREATE FUNCTION ecommerce_internal.draft_failure(tenant_id integer, draft jsonb,
    OUT order_number text, OUT error_code text, OUT message text, OUT detail text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    order_number := draft ->> 'order_number';
    IF order_number IS NULL THEN
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
