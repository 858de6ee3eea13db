-- The steps of cancel_order_items().

CREATE FUNCTION ecommerce_internal.cancelled_lines(tenant_id integer, order_id uuid,
    order_created_at timestamptz, prices text, currency text, units jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN (
        SELECT jsonb_agg(jsonb_build_object('line_number', i.line_number, 'quantity', u.units,
                   'net', a.net - coalesce(c.net, 0), 'vat', a.vat - coalesce(c.vat, 0),
                   'product_id', i.product_id, 'from_stock', i.from_stock,
                   'allocation', CASE WHEN i.from_stock AND i.allocation IS NOT NULL THEN
                       ecommerce_internal.cancelled_allocation(cancelled_lines.tenant_id,
                           i.order_id, i.order_created_at, i.line_number, i.allocation, u.units)
                       END) ORDER BY i.line_number)
        FROM (SELECT e.line_number, sum(e.quantity)::bigint AS units
              FROM jsonb_to_recordset(cancelled_lines.units)
                       AS e (line_number integer, quantity bigint)
              GROUP BY e.line_number) u
        JOIN ecommerce.order_items i ON i.tenant_id = cancelled_lines.tenant_id
            AND i.order_id = cancelled_lines.order_id
            AND i.order_created_at = cancelled_lines.order_created_at
            AND i.line_number = u.line_number
        CROSS JOIN LATERAL (SELECT sum(n.quantity) AS quantity, sum(n.net) AS net,
                                   sum(n.vat) AS vat
                            FROM ecommerce.order_cancellations n
                            WHERE n.tenant_id = cancelled_lines.tenant_id
                              AND n.order_id = cancelled_lines.order_id
                              AND n.order_created_at = cancelled_lines.order_created_at
                              AND n.line_number = i.line_number) c
        CROSS JOIN LATERAL ecommerce_internal.amount_of_units(cancelled_lines.prices, i.net,
            i.vat, i.quantity, coalesce(c.quantity, 0) + u.units, cancelled_lines.currency) a);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cancelled_lines(integer, uuid, timestamptz, text, text,
    jsonb) IS
    'For cancel_order_items(): what book_cancellation() writes. units: what '
    'take_units() took; prices and currency those of the order.';

CREATE FUNCTION ecommerce_internal.book_cancellation(order_id uuid, order_created_at timestamptz,
    lines jsonb, cancellation_number integer, reason text, idempotency_key text,
    give_back boolean, tenant_id integer) RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_book_cancellation';
COMMENT ON FUNCTION ecommerce_internal.book_cancellation(uuid, timestamptz, jsonb, integer, text,
    text, boolean, integer) IS
    'For cancel_order_items(), which has locked the order: write the lines that are cancelled, and '
    'give their stock back. Not that with give_back false, where the whole order was cancelled.';

CREATE FUNCTION ecommerce_internal.prove_cancellations(tenant_id integer, since timestamptz,
    of_order uuid)
    RETURNS TABLE (order_id uuid, line_number integer, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := prove_cancellations.tenant_id;
    v_ids    uuid[];
    v_times  timestamptz[];
BEGIN
    SELECT array_agg(d.order_id), array_agg(d.order_created_at) INTO v_ids, v_times
    FROM (SELECT DISTINCT k.order_id, k.order_created_at FROM ecommerce.order_cancellations k
          WHERE k.tenant_id = v_tenant AND (since IS NULL OR k.created_at >= since)
            AND (of_order IS NULL OR k.order_id = of_order)) d;
    IF v_ids IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT c.order_id, c.line_number,
           jsonb_build_object('line_number', c.line_number, 'quantity', i.quantity,
               'cancelled', c.quantity, 'net', c.net, 'vat', c.vat, 'allocation', i.allocation)
    FROM (SELECT n.order_id, n.order_created_at, n.line_number, sum(n.quantity) AS quantity,
                 sum(n.net) AS net, sum(n.vat) AS vat
          FROM unnest(v_ids, v_times) AS w (id, created_at)
          JOIN ecommerce.order_cancellations n ON n.tenant_id = v_tenant
              AND n.order_id = w.id AND n.order_created_at = w.created_at
          GROUP BY 1, 2, 3) c
    LEFT JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.id = c.order_id
        AND o.created_at = c.order_created_at
    LEFT JOIN ecommerce.order_items i ON i.tenant_id = v_tenant AND i.order_id = c.order_id
        AND i.order_created_at = c.order_created_at AND i.line_number = c.line_number
        AND i.kind = 'product'
    LEFT JOIN ecommerce_internal.order_units(v_tenant, v_ids, v_times) u
           ON u.order_id = c.order_id AND u.order_created_at = c.order_created_at
          AND u.line_number = c.line_number
    LEFT JOIN LATERAL ecommerce_internal.amount_of_units(o.prices, i.net, i.vat, i.quantity,
        least(c.quantity, i.quantity), o.currency) a ON true
    WHERE (a.net, a.vat) IS DISTINCT FROM (c.net, c.vat)
       OR u.packed > u.quantity
       -- Units that went to a warehouse came from it.
       OR EXISTS (
           SELECT FROM ecommerce.order_cancellations n
           LEFT JOIN LATERAL jsonb_each_text(n.allocation) w ON true
           WHERE n.tenant_id = v_tenant AND n.order_id = c.order_id
             AND n.order_created_at = c.order_created_at AND n.line_number = c.line_number
           GROUP BY w.key
           HAVING sum(coalesce(w.value::bigint, n.quantity))
                  > coalesce((i.allocation ->> w.key)::bigint,
                             CASE WHEN i.allocation IS NULL AND w.key IS NULL
                                  THEN i.quantity ELSE 0 END))
       OR EXISTS (
           SELECT FROM ecommerce.order_cancellations n
           WHERE n.tenant_id = v_tenant AND n.order_id = c.order_id
             AND n.order_created_at = c.order_created_at AND n.line_number = c.line_number
             AND n.quantity <> (SELECT sum(w.value::bigint)
                                FROM jsonb_each_text(n.allocation) w));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.prove_cancellations(integer, timestamptz, uuid) IS
    'Lines of which what was cancelled is wrong. It is more than was ordered and not shipped, '
    'amounts are not what the units come to, or units went back to other warehouses. since: '
    'of orders of which lines were cancelled since then, or NULL; of_order: of that one, or NULL.';

CREATE FUNCTION ecommerce_internal.check_cancellations(tenant_id integer, order_id uuid)
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_wrong jsonb := (SELECT jsonb_agg(p.detail ORDER BY p.line_number)
                      FROM ecommerce_internal.prove_cancellations(tenant_id, NULL, order_id) p);
BEGIN
    IF v_wrong IS NOT NULL THEN
        RAISE EXCEPTION 'more of line % was cancelled than there was',
                        v_wrong -> 0 ->> 'line_number'
            USING ERRCODE = 'EC036', DETAIL = v_wrong::text,
                  HINT = 'A trigger has cancelled, too.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_cancellations(integer, uuid) IS
    'For cancel_order_items(), after it has written: error EC036 if triggers have cancelled '
    'meanwhile, too.';

CREATE FUNCTION ecommerce_internal.settle_cancellation(tenant_id integer, order_id uuid,
    order_created_at timestamptz, whole boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_excess numeric;
BEGIN
    -- What gift cards paid for a whole order went back with it.
    v_excess := CASE WHEN NOT whole THEN ecommerce_internal.refundable(tenant_id, order_id)
                    - ecommerce_internal.order_rest(tenant_id, order_id, order_created_at) END;
    IF v_excess > 0 THEN
        PERFORM ecommerce_internal.return_to_gift_cards(tenant_id, order_id, order_created_at,
                                                        v_excess, 'cancellation');
    END IF;
    PERFORM ecommerce_internal.book_order_payment(tenant_id, order_id, order_created_at, 0, 0, 0,
                                                  NOT whole);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.settle_cancellation(integer, uuid, timestamptz, boolean) IS
    'For cancel_order_items(): what gift cards paid beyond what is still due goes back to them. An '
    'order of which all that is due was paid is paid. whole: all of it was cancelled.';

CREATE FUNCTION ecommerce_internal.claim_cancellation(idempotency_key text, order_id uuid,
    order_created_at timestamptz, items jsonb, reason text, tenant_id integer) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ecommerce_internal.claim_request('cancellation', idempotency_key, order_id,
        order_created_at, jsonb_build_object('reason', reason, 'items', (
            SELECT jsonb_agg(s ORDER BY s.item)
            FROM (SELECT jsonb_strip_nulls(e - 'quantity') AS item,
                         sum((e ->> 'quantity')::numeric::bigint) AS quantity
                  FROM jsonb_array_elements(items) e GROUP BY 1) s)), tenant_id);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.claim_cancellation(text, uuid, timestamptz, jsonb, text,
    integer) IS
    'For cancel_order_items(): claim_request(), to which the same units in another order are the '
    'same request.';

CREATE FUNCTION ecommerce_internal.cancellation_answer(tenant_id integer, order_id uuid,
    order_created_at timestamptz, cancellation_number integer)
    RETURNS ecommerce.cancelled_items
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_result ecommerce.cancelled_items;
BEGIN
    SELECT o.id, o.order_number, cancellation_answer.cancellation_number, o.status,
           o.payment_status, o.currency, sum(c.net), sum(c.vat), sum(c.net + c.vat),
           CASE o.status WHEN 'cancelled' THEN o.gross - o.gross
               ELSE o.gross - ecommerce_internal.cancelled_amount(cancellation_answer.tenant_id,
                                  o.id, o.created_at) END
    INTO v_result
    FROM ecommerce.orders o
    JOIN ecommerce.order_cancellations c ON c.tenant_id = cancellation_answer.tenant_id
        AND c.order_id = o.id AND c.order_created_at = o.created_at
        AND c.cancellation_number = cancellation_answer.cancellation_number
    WHERE o.tenant_id = cancellation_answer.tenant_id AND o.id = cancellation_answer.order_id
      AND o.created_at = cancellation_answer.order_created_at
    GROUP BY o.id, o.order_number, o.status, o.payment_status, o.currency, o.gross, o.created_at;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cancellation_answer(integer, uuid, timestamptz, integer) IS
    'For cancel_order_items(): its answer, from what is written.';
