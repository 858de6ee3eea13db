-- The steps of functions that make shipments and carry them on.

CREATE FUNCTION ecommerce_internal.shipment_answer(tenant_id integer, shipment_id uuid,
    order_created_at timestamptz, previous_status text) RETURNS ecommerce.shipment_state
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_result ecommerce.shipment_state;
BEGIN
    SELECT s.id, s.order_id, o.order_number, s.shipment_number, s.warehouse_id,
           shipment_answer.previous_status, s.status,
           (SELECT coalesce(sum(i.quantity), 0)::bigint FROM ecommerce.shipment_items i
            WHERE i.tenant_id = shipment_answer.tenant_id AND i.shipment_id = s.id
              AND i.order_created_at = s.order_created_at), o.status
    INTO v_result
    FROM ecommerce.shipments s
    JOIN ecommerce.orders o ON o.tenant_id = shipment_answer.tenant_id AND o.id = s.order_id
                           AND o.created_at = s.order_created_at
    WHERE s.tenant_id = shipment_answer.tenant_id AND s.id = shipment_answer.shipment_id
      AND s.order_created_at = shipment_answer.order_created_at;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.shipment_answer(integer, uuid, timestamptz, text) IS
    'What functions of shipments answer: the shipment as it is, and the status that it had before.';

CREATE FUNCTION ecommerce_internal.append_shipment_event(tenant_id integer, shipment_id uuid,
    order_created_at timestamptz, previous_status text, reason text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    SELECT append_shipment_event.tenant_id,
           'shipment.' || CASE WHEN append_shipment_event.previous_status IS NULL THEN 'created'
                               ELSE s.status END,
           s.id,
           jsonb_strip_nulls(jsonb_build_object(
               'order_id', s.order_id, 'order_number', o.order_number,
               'shipment_number', s.shipment_number, 'warehouse_id', s.warehouse_id,
               'replaces_id', s.replaces_id, 'carrier', s.carrier,
               'tracking_number', s.tracking_number, 'tracking_url', s.tracking_url,
               'from', append_shipment_event.previous_status,
               'reason', append_shipment_event.reason,
               'items', (SELECT jsonb_agg(jsonb_build_object('line_number', i.line_number,
                             'sku', l.sku, 'name', l.name, 'quantity', i.quantity)
                             ORDER BY i.line_number)
                         FROM ecommerce.shipment_items i
                         JOIN ecommerce.order_items l
                           ON l.tenant_id = append_shipment_event.tenant_id
                          AND l.order_id = i.order_id AND l.order_created_at = i.order_created_at
                          AND l.line_number = i.line_number
                         WHERE i.tenant_id = append_shipment_event.tenant_id
                           AND i.shipment_id = s.id
                           AND i.order_created_at = s.order_created_at)))
    FROM ecommerce.shipments s
    JOIN ecommerce.orders o ON o.tenant_id = append_shipment_event.tenant_id
        AND o.id = s.order_id AND o.created_at = s.order_created_at
    WHERE s.tenant_id = append_shipment_event.tenant_id
      AND s.id = append_shipment_event.shipment_id
      AND s.order_created_at = append_shipment_event.order_created_at;
    PERFORM ecommerce_internal.check_written(FOUND, 'events');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.append_shipment_event(integer, uuid, timestamptz, text,
    text) IS
    'Append the event shipment.created, or shipment. and the status that a shipment has now, with '
    'all that a message to the customer needs.';

CREATE FUNCTION ecommerce_internal.choose_warehouse(tenant_id integer, order_id uuid,
    order_created_at timestamptz, replaces_id uuid, wanted jsonb) RETURNS integer
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_units jsonb;
BEGIN
    IF replaces_id IS NOT NULL THEN
        RETURN (SELECT s.warehouse_id FROM ecommerce.shipments s
                WHERE s.tenant_id = choose_warehouse.tenant_id
                  AND s.id = choose_warehouse.replaces_id
                  AND s.order_created_at = choose_warehouse.order_created_at);
    END IF;
    SELECT jsonb_agg(jsonb_build_object('warehouse_id', w.id, 'units', f.units) ORDER BY w.id)
    INTO v_units
    FROM ecommerce.warehouses w
    CROSS JOIN LATERAL (
        SELECT sum(u.quantity) AS units
        FROM ecommerce_internal.shippable_units(choose_warehouse.tenant_id,
            choose_warehouse.order_id, choose_warehouse.order_created_at, w.id, NULL) u
        WHERE u.from_stock AND u.quantity > 0
          AND (wanted IS NULL
               OR EXISTS (SELECT FROM jsonb_to_recordset(wanted)
                              AS i (product_id uuid, line_number integer)
                          WHERE i.product_id = u.product_id
                            AND coalesce(i.line_number = u.line_number, true)))) f
    WHERE w.tenant_id = choose_warehouse.tenant_id AND f.units > 0;
    IF jsonb_array_length(v_units) > 1 THEN
        RAISE EXCEPTION 'the units are in warehouses %, and a shipment leaves one',
                (SELECT string_agg(e ->> 'warehouse_id', ', ' ORDER BY n)
                 FROM jsonb_array_elements(v_units) WITH ORDINALITY AS u (e, n))
            USING ERRCODE = 'EC033', DETAIL = v_units::text,
                  HINT = 'Make a shipment for each, with its warehouse_id.';
    END IF;
    RETURN coalesce((v_units -> 0 ->> 'warehouse_id')::integer, 1);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.choose_warehouse(integer, uuid, timestamptz, uuid, jsonb) IS
    'The only warehouse from which units that are wanted were taken; 1 if they were taken from '
    'none. Of a shipment that replaces another one: that of the other one. wanted: items of '
    'find_lines(), or NULL for all that is left. Error EC033 if there are several, whose detail '
    'says how many units are in each.';

CREATE FUNCTION ecommerce_internal.insert_shipment_items(shipment_id uuid, order_id uuid,
    order_created_at timestamptz, lines jsonb, tenant_id integer) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_insert_shipment_items';
COMMENT ON FUNCTION ecommerce_internal.insert_shipment_items(uuid, uuid, timestamptz, jsonb,
    integer) IS
    'For pack_shipment(), which calls check_packed() afterwards: put units into a shipment, and '
    'return how many. lines: [{"line_number", "quantity"}].';

CREATE FUNCTION ecommerce_internal.pack_shipment(tenant_id integer, order_id uuid,
    order_created_at timestamptz, replaces_id uuid, items jsonb, request jsonb) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_id        uuid := ecommerce.uuid_v7(order_created_at, uuid_send(gen_random_uuid()));
    v_warehouse integer := (request ->> 'warehouse_id')::integer;
    v_lines     jsonb;
    v_count     bigint;
    o           record;
BEGIN
    SELECT f.* INTO o FROM ecommerce_internal.lock_fulfilment(tenant_id, order_id) f;
    v_warehouse := coalesce(v_warehouse, ecommerce_internal.choose_warehouse(tenant_id, order_id,
        order_created_at, replaces_id, items));
    PERFORM ecommerce_internal.check_new_shipment(tenant_id, order_id, order_created_at, o.status,
                                                  v_warehouse, replaces_id);
    -- Goods that are not tracked are in no warehouse: they go with others, or last.
    v_lines := (SELECT jsonb_agg(to_jsonb(u) ORDER BY u.line_number)
                FROM (SELECT k.*, bool_or(k.from_stock) OVER () AS tracked
                      FROM ecommerce_internal.shippable_units(pack_shipment.tenant_id,
                          pack_shipment.order_id, pack_shipment.order_created_at, v_warehouse,
                          pack_shipment.replaces_id) k
                      WHERE items IS NOT NULL OR k.quantity > 0) u
                WHERE items IS NOT NULL OR u.tracked OR pack_shipment.replaces_id IS NOT NULL
                   OR NOT EXISTS (SELECT FROM ecommerce_internal.order_units(
                                      pack_shipment.tenant_id, ARRAY[pack_shipment.order_id],
                                      ARRAY[pack_shipment.order_created_at]) n
                                  WHERE n.is_goods AND n.from_stock AND n.packed < n.quantity));
    IF items IS NOT NULL THEN
        v_lines := ecommerce_internal.take_units(items, coalesce(v_lines, '[]'), 'EC033',
                                                 'more of "%s" is shipped than is left');
    ELSIF v_lines IS NULL THEN
        RAISE EXCEPTION 'nothing of the order is left to be shipped from warehouse %', v_warehouse
            USING ERRCODE = 'EC033', DETAIL = '[]';
    END IF;
    INSERT INTO ecommerce.shipments (tenant_id, id, order_id, order_created_at, shipment_number,
        warehouse_id, replaces_id, carrier, tracking_number, tracking_url, idempotency_key)
    VALUES (pack_shipment.tenant_id, v_id, pack_shipment.order_id, pack_shipment.order_created_at,
        (SELECT coalesce(max(s.shipment_number), 0) + 1 FROM ecommerce.shipments s
         WHERE s.tenant_id = pack_shipment.tenant_id AND s.order_id = pack_shipment.order_id
           AND s.order_created_at = pack_shipment.order_created_at),
        v_warehouse, pack_shipment.replaces_id, request ->> 'carrier',
        request ->> 'tracking_number', request ->> 'tracking_url',
        request ->> 'idempotency_key');
    v_count := ecommerce_internal.insert_shipment_items(v_id, order_id, order_created_at, v_lines,
                                                        tenant_id);
    PERFORM ecommerce_internal.check_written(v_count = (
        SELECT sum(l.quantity) FROM jsonb_to_recordset(v_lines) AS l (quantity bigint)),
        'shipment_items');
    -- A trigger may have packed others meanwhile.
    PERFORM ecommerce_internal.check_packed(tenant_id, v_id, order_id, order_created_at);
    PERFORM ecommerce_internal.append_shipment_event(tenant_id, v_id, order_created_at, NULL,
                                                     NULL);
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.pack_shipment(integer, uuid, timestamptz, uuid, jsonb,
    jsonb) IS
    'For create_shipment() and replace_shipment(): make the shipment and return its id. items: '
    'those of find_lines(), or NULL for all that is left. request: carrier, tracking_number, '
    'tracking_url, warehouse_id and idempotency_key.';

CREATE FUNCTION ecommerce_internal.follow_shipments(tenant_id integer, order_id uuid,
    order_created_at timestamptz) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_followed text := (SELECT f.status FROM ecommerce_internal.followed_status(tenant_id,
                            ARRAY[order_id], ARRAY[order_created_at]) f);
    v_status   text := (SELECT o.status FROM ecommerce.orders o
                        WHERE o.tenant_id = follow_shipments.tenant_id
                          AND o.id = follow_shipments.order_id
                          AND o.created_at = follow_shipments.order_created_at);
BEGIN
    IF v_status = 'processing' AND v_followed IS NOT NULL THEN
        v_status := (ecommerce.transition_order(order_id, 'shipped', NULL, tenant_id)).status;
    END IF;
    IF v_status = 'shipped' AND v_followed = 'delivered' THEN
        v_status := (ecommerce.transition_order(order_id, 'delivered', NULL, tenant_id)).status;
    END IF;
    RETURN v_status;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.follow_shipments(integer, uuid, timestamptz) IS
    'Bring a locked order to the status that it has by its shipments, and return its status. For '
    'whoever ships, delivers or settles units of it, or cancels the last that had not left.';

CREATE FUNCTION ecommerce_internal.take_replacement(tenant_id integer, shipment_id uuid,
    order_created_at timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    u record;
BEGIN
    FOR u IN
        SELECT l.product_id, sum(i.quantity)::bigint AS quantity, s.warehouse_id, s.order_id,
               s.shipment_number, o.order_number
        FROM ecommerce.shipments s
        JOIN ecommerce.orders o ON o.tenant_id = take_replacement.tenant_id
            AND o.id = s.order_id AND o.created_at = s.order_created_at
        JOIN ecommerce.shipment_items i ON i.tenant_id = take_replacement.tenant_id
            AND i.shipment_id = s.id AND i.order_created_at = s.order_created_at
        JOIN ecommerce.order_items l ON l.tenant_id = take_replacement.tenant_id
            AND l.order_id = s.order_id AND l.order_created_at = s.order_created_at
            AND l.line_number = i.line_number
        WHERE s.tenant_id = take_replacement.tenant_id AND s.id = take_replacement.shipment_id
          AND s.order_created_at = take_replacement.order_created_at AND l.from_stock
        GROUP BY l.product_id, s.warehouse_id, s.order_id, s.shipment_number, o.order_number
        ORDER BY l.product_id
    LOOP
        PERFORM ecommerce.adjust_stock(u.product_id, - u.quantity, 'write_off',
            format('%s/%s', u.order_number, u.shipment_number), 'Replaces a lost shipment.',
            u.warehouse_id, u.order_id, take_replacement.tenant_id);
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.take_replacement(integer, uuid, timestamptz) IS
    'Take the units of a shipment that replaces a lost one from stock. They are written off, since '
    'those that were sold are lost. Error EC001 if there are too few.';

CREATE FUNCTION ecommerce_internal.transition_shipment(shipment_id uuid, status text,
    request jsonb, tenant_id integer) RETURNS ecommerce.shipment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_at      timestamptz := (request ->> 'delivered_at')::timestamptz;
    v_reason  text := request ->> 'reason';
    v_written text;
    o         record;
    s         record;
BEGIN
    IF length(v_reason) > 10000 THEN
        RAISE EXCEPTION 'reason must have at most 10000 characters'
            USING ERRCODE = 'string_data_right_truncation';
    END IF;
    SELECT f.* INTO o FROM ecommerce_internal.find_shipment(v_tenant, shipment_id) f;
    PERFORM ecommerce_internal.lock_fulfilment(v_tenant, o.order_id);
    SELECT k.status, k.replaces_id, k.shipped_at INTO s FROM ecommerce.shipments k
    WHERE k.tenant_id = v_tenant AND k.id = transition_shipment.shipment_id
      AND k.order_created_at = o.order_created_at;
    IF s.status = transition_shipment.status THEN
        RETURN ecommerce_internal.shipment_answer(v_tenant, shipment_id, o.order_created_at,
                                                  s.status);
    ELSIF v_at > now() OR v_at < s.shipped_at OR NOT isfinite(v_at) THEN
        RAISE EXCEPTION 'delivered_at must be between shipping and now'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', v_at);
    ELSIF transition_shipment.status = 'shipped' AND s.status = 'pending'
          AND s.replaces_id IS NOT NULL THEN
        PERFORM ecommerce_internal.take_replacement(v_tenant, shipment_id, o.order_created_at);
    END IF;
    UPDATE ecommerce.shipments k
    SET status = transition_shipment.status,
        carrier = coalesce(request ->> 'carrier', k.carrier),
        tracking_number = coalesce(request ->> 'tracking_number', k.tracking_number),
        tracking_url = coalesce(request ->> 'tracking_url', k.tracking_url),
        delivered_at = coalesce(v_at, k.delivered_at)
    WHERE k.tenant_id = v_tenant AND k.id = transition_shipment.shipment_id
      AND k.order_created_at = o.order_created_at
    RETURNING k.status INTO v_written;
    PERFORM ecommerce_internal.check_written(v_written = transition_shipment.status, 'shipments');
    PERFORM ecommerce_internal.append_shipment_event(v_tenant, shipment_id, o.order_created_at,
                                                     s.status, v_reason);
    PERFORM ecommerce_internal.follow_shipments(v_tenant, o.order_id, o.order_created_at);
    RETURN ecommerce_internal.shipment_answer(v_tenant, shipment_id, o.order_created_at, s.status);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.transition_shipment(uuid, text, jsonb, integer) IS
    'Bring a shipment to another status, append the event, and let its order follow. request: '
    'what goes with it: carrier, tracking_number, tracking_url, delivered_at and reason. Nothing '
    'happens if it has that status already. Errors: EC031 unknown shipment, EC032 it cannot go '
    'there.';

CREATE FUNCTION ecommerce_internal.cancel_shipments(tenant_id integer, order_id uuid,
    order_created_at timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_written text;
    s         record;
BEGIN
    FOR s IN
        SELECT k.id, k.status, k.shipment_number FROM ecommerce.shipments k
        WHERE k.tenant_id = cancel_shipments.tenant_id AND k.order_id = cancel_shipments.order_id
          AND k.order_created_at = cancel_shipments.order_created_at AND k.status <> 'cancelled'
        ORDER BY k.status = 'pending', k.shipment_number
    LOOP
        IF s.status <> 'pending' THEN
            RAISE EXCEPTION 'an order of which units were shipped cannot be cancelled'
                USING ERRCODE = 'EC009',
                      DETAIL = format('Shipment %s of it is %s.', s.shipment_number, s.status),
                      HINT = 'Units that were shipped come back by ecommerce.request_return().';
        END IF;
        UPDATE ecommerce.shipments k SET status = 'cancelled'
        WHERE k.tenant_id = cancel_shipments.tenant_id AND k.id = s.id
          AND k.order_created_at = cancel_shipments.order_created_at
        RETURNING k.status INTO v_written;
        PERFORM ecommerce_internal.check_written(v_written = 'cancelled', 'shipments');
        PERFORM ecommerce_internal.append_shipment_event(cancel_shipments.tenant_id, s.id,
            cancel_shipments.order_created_at, s.status, 'The order was cancelled.');
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cancel_shipments(integer, uuid, timestamptz) IS
    'For cancel_order(): cancel the shipments of a locked order. Error EC009 if one of them has '
    'left.';
