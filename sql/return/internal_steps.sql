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

CREATE FUNCTION ecommerce_internal.insert_return_items(return_id uuid, order_id uuid,
    order_created_at timestamptz, lines jsonb, tenant_id integer) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_insert_return_items';
COMMENT ON FUNCTION ecommerce_internal.insert_return_items(uuid, uuid, timestamptz, jsonb,
    integer) IS
    'For open_return(), whose callers check them afterwards: put units into a return, and return '
    'how many. lines: [{"line_number", "quantity", "reason"}].';

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
    v_count := ecommerce_internal.insert_return_items(v_id, order_id, order_created_at, lines,
                                                      tenant_id);
    PERFORM ecommerce_internal.check_written(v_count = (
        SELECT sum(l.quantity) FROM jsonb_to_recordset(lines) AS l (quantity bigint)),
        'return_items');
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.open_return(integer, uuid, timestamptz, uuid, jsonb, text,
    text) IS
    'Make a return of a locked order and return its id. lines: [{"line_number", "quantity", '
    '"reason"}]. Triggers may claim others meanwhile, so check_return_lines() follows, or '
    'check_receipts() if it is received at once.';

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
    FROM jsonb_to_recordset(located)
        AS i (n bigint, product_id uuid, line_number integer, reason text)
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
    'For request_return() of a customer: error EC034 if it is too late. That is when '
    'settings.return_days have passed since the last shipment of the order was delivered, or the '
    'order itself.';

CREATE FUNCTION ecommerce_internal.check_goods(tenant_id integer, order_id uuid,
    order_created_at timestamptz, items jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_wrong jsonb;
BEGIN
    SELECT jsonb_agg(DISTINCT jsonb_build_object('name', i.name, 'reason', 'not_goods'))
    INTO v_wrong
    FROM jsonb_to_recordset(items) AS i (name text, product_id uuid)
    WHERE i.product_id <> ALL (SELECT u.product_id
                               FROM ecommerce_internal.order_units(check_goods.tenant_id,
                                   ARRAY[check_goods.order_id],
                                   ARRAY[check_goods.order_created_at]) u
                               WHERE u.is_goods OR u.from_stock);
    IF v_wrong IS NOT NULL THEN
        RAISE EXCEPTION '"%" cannot come back, because it is no goods',
                        left(v_wrong -> 0 ->> 'name', 100)
            USING ERRCODE = 'EC023', DETAIL = v_wrong::text;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_goods(integer, uuid, timestamptz, jsonb) IS
    'For request_return(): its items are goods, or were taken from stock. Error EC023 lists all '
    'that are not, by the names that they were given.';
