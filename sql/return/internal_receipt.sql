-- What comes of returns, and how it is booked.

CREATE FUNCTION ecommerce_internal.outstanding_lines(tenant_id integer, return_id uuid,
    order_created_at timestamptz) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := outstanding_lines.tenant_id;
BEGIN
    RETURN (SELECT jsonb_agg(jsonb_build_object('line_number', i.line_number, 'product_id',
                       l.product_id, 'sku', l.sku, 'quantity', i.quantity - k.units)
                       ORDER BY i.line_number)
            FROM ecommerce.return_items i
            JOIN ecommerce.order_items l ON l.tenant_id = v_tenant AND l.order_id = i.order_id
                AND l.order_created_at = i.order_created_at AND l.line_number = i.line_number
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(r.back_to_stock + r.written_off + r.lost), 0) AS units
                FROM ecommerce.return_receipts r
                WHERE r.tenant_id = v_tenant AND r.return_id = i.return_id
                  AND r.order_created_at = i.order_created_at
                  AND r.line_number = i.line_number) k
            WHERE i.tenant_id = v_tenant AND i.return_id = outstanding_lines.return_id
              AND i.order_created_at = outstanding_lines.order_created_at
              AND i.quantity > k.units);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.outstanding_lines(integer, uuid, timestamptz) IS
    'What of a return has not come yet, as lines for take_units(); NULL if all came.';

CREATE FUNCTION ecommerce_internal.arrivals(items jsonb, lines jsonb, warehouse_id integer)
    RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF items IS NULL THEN
        RETURN (SELECT jsonb_agg(e || jsonb_build_object('into', 'back_to_stock',
                                                         'warehouse_id', arrivals.warehouse_id))
                FROM jsonb_array_elements(lines) e);
    END IF;
    RETURN ecommerce_internal.take_units((
        SELECT jsonb_agg(e || jsonb_build_object('into', k, 'quantity', e -> k, 'warehouse_id',
                             coalesce((e ->> 'warehouse_id')::integer, arrivals.warehouse_id)))
        FROM jsonb_array_elements(items) e,
             unnest('{back_to_stock,written_off}'::text[]) k
        WHERE e ->> k ~ '[1-9]'), coalesce(lines, '[]'), 'EC022',
        'more of "%s" came than the return is for');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.arrivals(jsonb, jsonb, integer) IS
    'What came of lines of a return: [{"line_number", "quantity", "into", "warehouse_id"}]. items: '
    'those of find_lines(), with back_to_stock and written_off; NULL if all came back to stock. '
    'warehouse_id: where they came, unless an item says otherwise. Error EC022 if more came.';

CREATE FUNCTION ecommerce_internal.insert_receipts(return_id uuid, order_id uuid,
    order_created_at timestamptz, lines jsonb, receipt_number integer, tenant_id integer)
    RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_insert_receipts';
COMMENT ON FUNCTION ecommerce_internal.insert_receipts(uuid, uuid, timestamptz, jsonb, integer,
    integer) IS
    'For book_receipt(), which calls check_receipts() afterwards: write what came of a return, and '
    'return how many units. lines: [{"line_number", "back_to_stock", "written_off", "lost", "net", '
    '"vat"}].';

CREATE FUNCTION ecommerce_internal.book_receipt(tenant_id integer, return_id uuid, order_id uuid,
    order_created_at timestamptz, arriving jsonb, reference text, note text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := book_receipt.tenant_id;
    v_lines  jsonb;
    v_units  bigint;
    v_number integer := (SELECT coalesce(max(r.receipt_number), 0) + 1
                         FROM ecommerce.return_receipts r
                         WHERE r.tenant_id = v_tenant AND r.return_id = book_receipt.return_id
                           AND r.order_created_at = book_receipt.order_created_at);
    v_due    jsonb := (SELECT jsonb_agg(to_jsonb(d))
                       FROM ecommerce_internal.due_refunds(v_tenant, book_receipt.order_id,
                           book_receipt.order_created_at, arriving) d);
    m        record;
BEGIN
    -- Stock in the order in which everybody locks it
    FOR m IN
        SELECT l.product_id, i.warehouse_id, i."into" = 'back_to_stock' AS restock,
               sum(i.quantity)::integer AS quantity
        FROM jsonb_to_recordset(arriving)
            AS i (line_number integer, quantity bigint, "into" text, warehouse_id integer)
        JOIN ecommerce.order_items l ON l.tenant_id = v_tenant
            AND l.order_id = book_receipt.order_id
            AND l.order_created_at = book_receipt.order_created_at
            AND l.line_number = i.line_number
        WHERE l.from_stock AND i."into" <> 'lost'
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    LOOP
        PERFORM ecommerce_internal.book_return(m.product_id, m.quantity, m.restock, reference,
                                               note, m.warehouse_id, order_id, v_tenant);
    END LOOP;
    WITH came AS (
        SELECT i.line_number,
               coalesce(sum(i.quantity) FILTER (WHERE i."into" = 'back_to_stock'), 0)::integer
                   AS back_to_stock,
               coalesce(sum(i.quantity) FILTER (WHERE i."into" = 'written_off'), 0)::integer
                   AS written_off,
               coalesce(sum(i.quantity) FILTER (WHERE i."into" = 'lost'), 0)::integer AS lost
        FROM jsonb_to_recordset(arriving) AS i (line_number integer, quantity bigint, "into" text)
        GROUP BY i.line_number
    )
    SELECT jsonb_agg(jsonb_build_object('line_number', d.line_number,
               'back_to_stock', coalesce(c.back_to_stock, 0),
               'written_off', coalesce(c.written_off, 0), 'lost', coalesce(c.lost, 0),
               'net', d.net, 'vat', d.vat) ORDER BY d.line_number)
    INTO v_lines
    FROM jsonb_to_recordset(v_due) AS d (line_number integer, net numeric, vat numeric)
    LEFT JOIN came c ON c.line_number = d.line_number
    WHERE c.line_number IS NOT NULL OR d.net + d.vat > 0;
    v_units := ecommerce_internal.insert_receipts(return_id, order_id, order_created_at, v_lines,
                                                  v_number, v_tenant);
    PERFORM ecommerce_internal.check_written(v_units = (
        SELECT sum(i.quantity) FROM jsonb_to_recordset(arriving) AS i (quantity bigint)),
        'return_receipts');
    -- A trigger may have booked others meanwhile.
    PERFORM ecommerce_internal.check_receipts(v_tenant, return_id, order_id, order_created_at);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.book_receipt(integer, uuid, uuid, timestamptz, jsonb, text,
    text) IS
    'Book what came of a return of a locked order: movements of stock, receipts, and what is to be '
    'refunded. arriving: that of arrivals(), where units may go "into" lost, too. reference and '
    'note are kept with the movements.';

CREATE FUNCTION ecommerce_internal.settle_receipt(tenant_id integer, return_id uuid,
    order_id uuid, order_created_at timestamptz, arriving jsonb, reference text, note text)
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_status text := (SELECT b.status FROM ecommerce.returns b
                      WHERE b.tenant_id = settle_receipt.tenant_id
                        AND b.id = settle_receipt.return_id
                        AND b.order_created_at = settle_receipt.order_created_at);
    v_due    jsonb;
BEGIN
    IF v_status NOT IN ('approved', 'received') THEN
        RAISE EXCEPTION 'nothing comes of a return that is %', v_status
            USING ERRCODE = 'EC032', DETAIL = format('Return %s.', return_id),
                  HINT = 'ecommerce.approve_return() lets one come that was requested.';
    END IF;
    PERFORM ecommerce_internal.book_receipt(tenant_id, return_id, order_id, order_created_at,
                                            arriving, reference, note);
    IF v_status = 'approved' THEN
        PERFORM ecommerce_internal.decide_return(tenant_id, return_id, order_created_at,
                                                 'received', NULL);
    ELSE
        -- It has changed, as updated_at tells.
        PERFORM ecommerce_internal.decide_return(tenant_id, return_id, order_created_at,
                                                 v_status, NULL);
    END IF;
    -- What came back need not be paid any more.
    PERFORM ecommerce_internal.book_order_payment(tenant_id, order_id, order_created_at, 0, 0, 0);
    v_due := (SELECT jsonb_build_object('currency', a.currency, 'gross', a.gross)
              FROM ecommerce_internal.return_answer(settle_receipt.tenant_id,
                  settle_receipt.return_id, settle_receipt.order_created_at, NULL) a);
    PERFORM ecommerce_internal.append_return_event(tenant_id, return_id, order_created_at,
        v_status, v_due || jsonb_build_object('received', (
            SELECT jsonb_agg(jsonb_build_object('line_number', i.line_number,
                                                i."into", i.quantity) ORDER BY i.line_number)
            FROM jsonb_to_recordset(arriving)
                AS i (line_number integer, quantity bigint, "into" text))));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.settle_receipt(integer, uuid, uuid, timestamptz, jsonb,
    text, text) IS
    'Book what came of an approved return, so that it is received, and append the event. Arguments '
    'are those of book_receipt(). Error EC032 if it was not approved.';

CREATE FUNCTION ecommerce_internal.return_at_once(tenant_id integer, order_id uuid,
    order_created_at timestamptz, items jsonb, lines jsonb, reference text, note text)
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_arriving jsonb;
    v_id       uuid;
BEGIN
    v_arriving := ecommerce_internal.take_units((
        SELECT jsonb_agg(e || jsonb_build_object('n', n, 'into',
                   CASE WHEN (e ->> 'restock')::boolean THEN 'back_to_stock'
                        ELSE 'written_off' END))
        FROM jsonb_array_elements(items) WITH ORDINALITY AS i (e, n)), lines, 'EC022',
        'more of "%s" comes back than was sold');
    v_id := ecommerce_internal.open_return(tenant_id, order_id, order_created_at, NULL, (
        SELECT jsonb_agg(e || '{"reason": "other"}') FROM jsonb_array_elements(v_arriving) e),
        note, NULL);
    PERFORM ecommerce_internal.decide_return(tenant_id, v_id, order_created_at, 'approved', NULL);
    PERFORM ecommerce_internal.settle_receipt(tenant_id, v_id, order_id, order_created_at,
                                              v_arriving, reference, note);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.return_at_once(integer, uuid, timestamptz, jsonb, jsonb,
    text, text) IS
    'For return_stock(): a return that was requested, approved and received in one. items: those '
    'of return_items(). lines: those of check_returns(). Error EC022 if more comes back than is '
    'still out, or than no other return is for.';

CREATE FUNCTION ecommerce_internal.with_lost(arriving jsonb, lines jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(arriving, '[]') || coalesce(jsonb_agg(jsonb_build_object(
               'line_number', l.line_number, 'quantity', l.quantity - coalesce(a.quantity, 0),
               'into', 'lost') ORDER BY l.line_number), '[]')
    FROM jsonb_to_recordset(lines) AS l (line_number integer, quantity bigint)
    LEFT JOIN (SELECT i.line_number, sum(i.quantity) AS quantity
               FROM jsonb_to_recordset(arriving) AS i (line_number integer, quantity bigint)
               GROUP BY i.line_number) a ON a.line_number = l.line_number
    WHERE l.quantity > coalesce(a.quantity, 0)
$$;
COMMENT ON FUNCTION ecommerce_internal.with_lost(jsonb, jsonb) IS
    'For return_shipment(): what arrives of its lines, and what is lost.';
