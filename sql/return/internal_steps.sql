-- The steps of functions that make returns and carry them on.

CREATE FUNCTION ecommerce_internal.find_return(tenant_id integer, return_id uuid,
    OUT order_id uuid, OUT order_created_at timestamptz)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_time timestamptz := ecommerce_internal.id_time(return_id);
BEGIN
    IF return_id IS NULL THEN
        RAISE EXCEPTION 'return_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT b.order_id, b.order_created_at
    INTO find_return.order_id, find_return.order_created_at
    FROM ecommerce.returns b
    WHERE b.tenant_id = find_return.tenant_id AND b.id = find_return.return_id
      AND b.order_created_at BETWEEN v_time - interval '24 hours' AND v_time + interval '24 hours';
    -- One that plain SQL made may have any id.
    IF NOT FOUND THEN
        SELECT b.order_id, b.order_created_at
        INTO find_return.order_id, find_return.order_created_at
        FROM ecommerce.returns b
        WHERE b.tenant_id = find_return.tenant_id AND b.id = find_return.return_id;
    END IF;
    IF NOT FOUND THEN
        PERFORM ecommerce_internal.check_archived(return_id);
        RAISE EXCEPTION 'unknown return %', return_id USING ERRCODE = 'EC031';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.find_return(integer, uuid) IS
    'The order of a return. Errors: EC031 unknown return, EC024 archived, 22004 NULL.';

CREATE FUNCTION ecommerce_internal.return_answer(tenant_id integer, return_id uuid,
    order_created_at timestamptz, previous_status text) RETURNS ecommerce.return_state
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_result ecommerce.return_state;
BEGIN
    SELECT b.id, b.order_id, o.order_number, b.return_number, return_answer.previous_status,
           b.status,
           (SELECT coalesce(sum(i.quantity), 0)::bigint FROM ecommerce.return_items i
            WHERE i.tenant_id = return_answer.tenant_id AND i.return_id = b.id
              AND i.order_created_at = b.order_created_at),
           r.units, o.currency, ecommerce.round_amount(r.net, o.currency),
           ecommerce.round_amount(r.vat, o.currency),
           ecommerce.round_amount(r.net + r.vat, o.currency)
    INTO v_result
    FROM ecommerce.returns b
    JOIN ecommerce.orders o ON o.tenant_id = return_answer.tenant_id AND o.id = b.order_id
                           AND o.created_at = b.order_created_at
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(k.back_to_stock + k.written_off + k.lost), 0)::bigint AS units,
               coalesce(sum(k.net), 0) AS net, coalesce(sum(k.vat), 0) AS vat
        FROM ecommerce.return_receipts k
        WHERE k.tenant_id = return_answer.tenant_id AND k.return_id = b.id
          AND k.order_created_at = b.order_created_at) r
    WHERE b.tenant_id = return_answer.tenant_id AND b.id = return_answer.return_id
      AND b.order_created_at = return_answer.order_created_at;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.return_answer(integer, uuid, timestamptz, text) IS
    'What functions of returns answer: the return as it is, and the status that it had before.';

CREATE FUNCTION ecommerce_internal.append_return_event(tenant_id integer, return_id uuid,
    order_created_at timestamptz, previous_status text, data jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    SELECT append_return_event.tenant_id, 'return.' || b.status, b.id,
           jsonb_strip_nulls(jsonb_build_object(
               'order_id', b.order_id, 'order_number', o.order_number,
               'return_number', b.return_number, 'shipment_id', b.shipment_id,
               'from', append_return_event.previous_status, 'note', b.note, 'answer', b.answer,
               'items', (SELECT jsonb_agg(jsonb_build_object('line_number', i.line_number,
                             'sku', l.sku, 'name', l.name, 'quantity', i.quantity,
                             'reason', i.reason) ORDER BY i.line_number)
                         FROM ecommerce.return_items i
                         JOIN ecommerce.order_items l
                           ON l.tenant_id = append_return_event.tenant_id
                          AND l.order_id = i.order_id AND l.order_created_at = i.order_created_at
                          AND l.line_number = i.line_number
                         WHERE i.tenant_id = append_return_event.tenant_id
                           AND i.return_id = b.id
                           AND i.order_created_at = b.order_created_at))
               || append_return_event.data)
    FROM ecommerce.returns b
    JOIN ecommerce.orders o ON o.tenant_id = append_return_event.tenant_id
        AND o.id = b.order_id AND o.created_at = b.order_created_at
    WHERE b.tenant_id = append_return_event.tenant_id
      AND b.id = append_return_event.return_id
      AND b.order_created_at = append_return_event.order_created_at;
    PERFORM ecommerce_internal.check_written(FOUND, 'events');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.append_return_event(integer, uuid, timestamptz, text,
    jsonb) IS
    'Append the event return. and the status that a return has now, with all that a message to the '
    'customer needs, and data.';

CREATE FUNCTION ecommerce_internal.open_return(tenant_id integer, order_id uuid,
    order_created_at timestamptz, shipment_id uuid, lines jsonb, note text, idempotency_key text)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_id    uuid := ecommerce.uuid_v7(order_created_at, uuid_send(gen_random_uuid()));
    v_count bigint;
BEGIN
    INSERT INTO ecommerce.returns (tenant_id, id, order_id, order_created_at, return_number,
                                   shipment_id, note, idempotency_key)
    VALUES (open_return.tenant_id, v_id, open_return.order_id, open_return.order_created_at,
        (SELECT coalesce(max(b.return_number), 0) + 1 FROM ecommerce.returns b
         WHERE b.tenant_id = open_return.tenant_id AND b.order_id = open_return.order_id
           AND b.order_created_at = open_return.order_created_at),
        open_return.shipment_id, open_return.note, open_return.idempotency_key);
    WITH written AS (
        INSERT INTO ecommerce.return_items (tenant_id, return_id, order_id, order_created_at,
                                            line_number, quantity, reason)
        SELECT open_return.tenant_id, v_id, open_return.order_id, open_return.order_created_at,
               l.line_number, sum(l.quantity)::integer, min(coalesce(l.reason, 'withdrawal'))
        FROM jsonb_to_recordset(lines) AS l (line_number integer, quantity bigint, reason text)
        GROUP BY l.line_number ORDER BY l.line_number
        RETURNING quantity)
    SELECT sum(w.quantity) INTO v_count FROM written w;
    PERFORM ecommerce_internal.check_written(v_count = (
        SELECT sum(l.quantity) FROM jsonb_to_recordset(lines) AS l (quantity bigint)),
        'return_items');
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.open_return(integer, uuid, timestamptz, uuid, jsonb, text,
    text) IS
    'Make a return of a locked order and return its id. lines: [{"line_number", "quantity", '
    '"reason"}].';

CREATE FUNCTION ecommerce_internal.decide_return(tenant_id integer, return_id uuid,
    order_created_at timestamptz, status text, answer text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_written text;
BEGIN
    UPDATE ecommerce.returns b
    SET status = decide_return.status, answer = coalesce(decide_return.answer, b.answer)
    WHERE b.tenant_id = decide_return.tenant_id AND b.id = decide_return.return_id
      AND b.order_created_at = decide_return.order_created_at
    RETURNING b.status INTO v_written;
    PERFORM ecommerce_internal.check_written(v_written = decide_return.status, 'returns');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.decide_return(integer, uuid, timestamptz, text, text) IS
    'Bring a return of a locked order to a status. Error EC032 if it cannot go there.';

CREATE FUNCTION ecommerce_internal.transition_return(return_id uuid, status text, answer text,
    tenant_id integer) RETURNS ecommerce.return_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_status text;
    o        record;
BEGIN
    SELECT f.* INTO o FROM ecommerce_internal.find_return(v_tenant, return_id) f;
    PERFORM ecommerce_internal.lock_fulfilment(v_tenant, o.order_id);
    v_status := (SELECT b.status FROM ecommerce.returns b
                 WHERE b.tenant_id = v_tenant AND b.id = transition_return.return_id
                   AND b.order_created_at = o.order_created_at);
    IF v_status <> status THEN
        PERFORM ecommerce_internal.decide_return(v_tenant, return_id, o.order_created_at, status,
                                                 answer);
        PERFORM ecommerce_internal.append_return_event(v_tenant, return_id, o.order_created_at,
                                                       v_status, '{}');
    END IF;
    RETURN ecommerce_internal.return_answer(v_tenant, return_id, o.order_created_at, v_status);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.transition_return(uuid, text, text, integer) IS
    'For approve_return() and reject_return(): bring a return to a status and append the event. '
    'Nothing happens if it has that status already. Errors: EC031 unknown return, EC032 it cannot '
    'go there.';

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

CREATE FUNCTION ecommerce_internal.book_receipt(tenant_id integer, return_id uuid, order_id uuid,
    order_created_at timestamptz, arriving jsonb, reference text, note text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := book_receipt.tenant_id;
    v_lines  bigint;
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
    ), written AS (
        INSERT INTO ecommerce.return_receipts (tenant_id, return_id, receipt_number, line_number,
            order_id, order_created_at, back_to_stock, written_off, lost, currency, net, vat)
        SELECT v_tenant, book_receipt.return_id, v_number, d.line_number, o.id, o.created_at,
               coalesce(c.back_to_stock, 0), coalesce(c.written_off, 0), coalesce(c.lost, 0),
               o.currency, d.net, d.vat
        FROM jsonb_to_recordset(v_due) AS d (line_number integer, net numeric, vat numeric)
        JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.id = book_receipt.order_id
                               AND o.created_at = book_receipt.order_created_at
        LEFT JOIN came c ON c.line_number = d.line_number
        WHERE c.line_number IS NOT NULL OR d.net + d.vat > 0
        RETURNING return_receipts.back_to_stock + return_receipts.written_off
                  + return_receipts.lost AS units)
    SELECT sum(w.units) INTO v_lines FROM written w;
    PERFORM ecommerce_internal.check_written(v_lines = (
        SELECT sum(i.quantity) FROM jsonb_to_recordset(arriving) AS i (quantity bigint)),
        'return_receipts');
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
    END IF;
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
    order_created_at timestamptz, items jsonb, reference text, note text) RETURNS void
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
        FROM jsonb_array_elements(items) WITH ORDINALITY AS i (e, n)), (
        SELECT jsonb_agg(jsonb_build_object('line_number', u.line_number, 'product_id',
                   u.product_id, 'sku', u.sku, 'quantity', u.sent - c.claimed))
        FROM ecommerce_internal.order_units(return_at_once.tenant_id, return_at_once.order_id,
                                            return_at_once.order_created_at) u
        JOIN ecommerce_internal.claimed_units(return_at_once.tenant_id, return_at_once.order_id,
                                              return_at_once.order_created_at) c
          ON c.line_number = u.line_number
        WHERE u.from_stock), 'EC022', 'more of "%s" comes back than was sold');
    v_id := ecommerce_internal.open_return(tenant_id, order_id, order_created_at, NULL, (
        SELECT jsonb_agg(e || '{"reason": "other"}') FROM jsonb_array_elements(v_arriving) e),
        note, NULL);
    PERFORM ecommerce_internal.decide_return(tenant_id, v_id, order_created_at, 'approved', NULL);
    PERFORM ecommerce_internal.settle_receipt(tenant_id, v_id, order_id, order_created_at,
                                              v_arriving, reference, note);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.return_at_once(integer, uuid, timestamptz, jsonb, text,
    text) IS
    'For return_stock(): a return that was requested, approved and received in one. items: those '
    'of return_items(). Error EC022 if more comes back than is still out, or than no other return '
    'is for.';

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

CREATE FUNCTION ecommerce_internal.check_warehouses(tenant_id integer, items jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_wrong text;
BEGIN
    SELECT e ->> 'warehouse_id' INTO v_wrong FROM jsonb_array_elements(items) e
    WHERE (e ->> 'warehouse_id')::integer <> ALL (SELECT w.id FROM ecommerce.warehouses w
                                                  WHERE w.tenant_id = check_warehouses.tenant_id)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'unknown warehouse %', v_wrong USING ERRCODE = 'EC021';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_warehouses(integer, jsonb) IS
    'Error EC021 if an item has a warehouse_id that is none.';

CREATE FUNCTION ecommerce_internal.check_reasons(items jsonb, located jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_reasons constant text[] := '{withdrawal,damaged,defective,wrong_item,not_as_described,'
                                 'too_late,other}'::text[];
    v_wrong   record;
BEGIN
    SELECT i.n - 1 AS n, i.e ->> 'reason' AS reason INTO v_wrong
    FROM jsonb_array_elements(items) WITH ORDINALITY AS i (e, n)
    WHERE i.e ->> 'reason' <> ALL (v_reasons) ORDER BY i.n LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'items[%].reason is unknown: "%"', v_wrong.n, left(v_wrong.reason, 100)
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('Use %s.', array_to_string(v_reasons, ', '));
    END IF;
    -- A line has one reason, and so have all lines of a product that is named as such.
    SELECT max(i.n) - 1 AS n INTO v_wrong
    FROM jsonb_to_recordset(located) AS i (n bigint, product_id uuid, line_number integer, reason text)
    GROUP BY i.product_id
    HAVING count(DISTINCT coalesce(i.reason, 'withdrawal')) > 1
       AND (count(*) > count(i.line_number)
            OR count(DISTINCT (i.line_number, coalesce(i.reason, 'withdrawal')))
               > count(DISTINCT i.line_number))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'items[%].reason is another one than for the same goods before', v_wrong.n
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Request a return for each reason, or name lines by line_number.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_reasons(jsonb, jsonb) IS
    'For request_return(): its items have known reasons, and one for each line. located: the '
    'items as find_lines() found them. Error 22023.';

CREATE FUNCTION ecommerce_internal.check_return_time(tenant_id integer, order_id uuid,
    order_created_at timestamptz) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_delivered timestamptz;
    v_until     timestamptz;
    s           record;
BEGIN
    SELECT t.return_days AS days, t.timezone INTO s FROM ecommerce.settings t
    WHERE t.tenant_id = check_return_time.tenant_id;
    -- While some of it is on its way, the time has not begun.
    v_delivered := (SELECT coalesce((SELECT max(k.delivered_at) FROM ecommerce.shipments k
                                     WHERE k.tenant_id = check_return_time.tenant_id
                                       AND k.order_id = o.id
                                       AND k.order_created_at = o.created_at
                                       AND k.status = 'delivered'), o.delivered_at)
                    FROM ecommerce.orders o
                    WHERE o.tenant_id = check_return_time.tenant_id
                      AND o.id = check_return_time.order_id
                      AND o.created_at = check_return_time.order_created_at
                      AND o.delivered_at IS NOT NULL);
    -- The day of delivery does not count; a day ends at midnight of the shop.
    v_until := (SELECT ecommerce_internal.day_start(d.day + s.days + 1, s.timezone)
                FROM (SELECT max(c.day) AS day
                      FROM (SELECT (v_delivered AT TIME ZONE 'UTC')::date + n AS day
                            FROM generate_series(-1, 1) n) c
                      WHERE ecommerce_internal.day_start(c.day, s.timezone) <= v_delivered) d);
    IF now() >= v_until THEN
        RAISE EXCEPTION 'a return was possible until %', v_until
            USING ERRCODE = 'EC034',
                  DETAIL = jsonb_build_object('reason', 'too_late', 'until', v_until,
                                              'return_days', s.days)::text;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_return_time(integer, uuid, timestamptz) IS
    'For request_return() of a customer: error EC034 if settings.return_days have passed since the '
    'last shipment of the order was delivered, or the order itself.';
