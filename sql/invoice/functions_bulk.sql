-- Issuing many invoices at once.

CREATE FUNCTION ecommerce.issue_invoices(order_ids uuid[], request jsonb DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (order_id uuid, order_number text, invoice_id uuid, invoice_number text,
                   gross numeric, error_code text, message text, detail text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = auto
AS $$
#variable_conflict use_column
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_options jsonb := ecommerce_internal.check_invoice_options(request,
        '{series,note,due_date,payment_days,exchange_rates,delivery_date,profile}');
    v_ids     uuid[];
    v_times   timestamptz[];
    v_series  record;
BEGIN
    IF array_position(order_ids, NULL) IS NOT NULL OR order_ids IS NULL THEN
        RAISE EXCEPTION 'order_ids must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF cardinality(order_ids) > 100000 THEN
        RAISE EXCEPTION 'order_ids must have at most 100000 elements'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT * INTO v_series
    FROM ecommerce_internal.invoice_series_of(v_tenant, 'invoice', v_options ->> 'series');
    -- All orders before the counter, each in the order in which everybody locks several
    SELECT l.ids, l.times INTO v_ids, v_times
    FROM ecommerce_internal.lock_invoiced_orders(v_tenant, order_ids) l;
    RETURN QUERY
    SELECT w.id, NULL::text, NULL::uuid, NULL::text, NULL::numeric,
           CASE WHEN ecommerce_internal.is_archived(w.id) THEN 'EC024' ELSE 'EC008' END,
           CASE WHEN ecommerce_internal.is_archived(w.id) THEN 'archived'
                ELSE 'unknown order' END, NULL::text
    FROM (SELECT DISTINCT u.id FROM unnest(order_ids) AS u (id)
          EXCEPT SELECT k.id FROM unnest(v_ids) AS k (id)) w;
    -- Chunks, because plans for a thousand orders are good for a thousand
    FOR i IN 0 .. (coalesce(cardinality(v_ids), 0) - 1) / 500 LOOP
        EXIT WHEN v_ids IS NULL;
        RETURN QUERY
        SELECT * FROM ecommerce_internal.issue_chunk(v_tenant, v_ids[i * 500 + 1 : i * 500 + 500],
            v_times[i * 500 + 1 : i * 500 + 500], v_series.series, v_options);
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce.issue_invoices(uuid[], jsonb, integer) IS
    'Issue the invoices of many orders, each as issue_invoice() would. order_ids: the orders, at '
    'most 100000. request: {"series", "note", "due_date" or "payment_days", "exchange_rates" '
    '({"USD": 0.92}), "delivery_date", "profile"}. Returns a row for each order, with its invoice '
    'or with the error that issue_invoice() would raise (error_code is its SQLSTATE); one that '
    'fails does not stop the others. Numbers of one call are in a row. Errors: EC052 series, 22004 '
    'NULL, 22023 a wrong request.';

CREATE FUNCTION ecommerce.issue_invoices(from_time timestamptz, to_time timestamptz,
    request jsonb DEFAULT NULL, statuses text[] DEFAULT '{shipped,delivered}',
    max_count integer DEFAULT 10000, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (order_id uuid, order_number text, invoice_id uuid, invoice_number text,
                   gross numeric, error_code text, message text, detail text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    IF num_nulls(from_time, to_time, statuses, max_count) > 0 THEN
        RAISE EXCEPTION 'from_time, to_time, statuses and max_count must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF max_count NOT BETWEEN 1 AND 100000 THEN
        RAISE EXCEPTION 'max_count must be from 1 to 100000, but is %', max_count
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    SELECT i.* FROM ecommerce.issue_invoices(ARRAY(
        SELECT o.id FROM ecommerce.orders o
        WHERE o.tenant_id = v_tenant AND o.created_at >= from_time AND o.created_at < to_time
          AND o.status = ANY (statuses) AND o.status <> 'cancelled'
          AND NOT EXISTS (SELECT FROM ecommerce.invoices v
                          WHERE v.tenant_id = v_tenant AND v.order_id = o.id)
        ORDER BY o.created_at, o.id LIMIT issue_invoices.max_count), request, v_tenant) i;
END
$$;
COMMENT ON FUNCTION ecommerce.issue_invoices(timestamptz, timestamptz, jsonb, text[], integer,
    integer) IS
    'Issue invoices of orders that were placed from from_time until to_time, exclusive, and have '
    'none. statuses: only orders in one of these. max_count: at most so many, the oldest first; '
    'call again until no row has an invoice. request, result and errors: as above.';
