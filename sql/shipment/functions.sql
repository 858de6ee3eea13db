-- Shipments: what of an order left in which parcel, and whether it arrived.

CREATE FUNCTION ecommerce.create_shipment(
    order_id        uuid,
    items           jsonb   DEFAULT NULL,
    carrier         text    DEFAULT NULL,
    tracking_number text    DEFAULT NULL,
    tracking_url    text    DEFAULT NULL,
    warehouse_id    integer DEFAULT NULL,
    idempotency_key text    DEFAULT NULL,
    tenant_id       integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.shipment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_created timestamptz;
    v_items   jsonb;
    v_id      uuid;
BEGIN
    v_created := ecommerce_internal.order_time(v_tenant, order_id);
    IF items IS NOT NULL THEN
        PERFORM ecommerce_internal.check_unit_items(items, '{quantity}', '{}');
        v_items := ecommerce_internal.find_lines(items, v_tenant, order_id, v_created);
    END IF;
    IF idempotency_key IS NULL
       OR ecommerce_internal.claim_request('shipment', idempotency_key, order_id, v_created,
              jsonb_build_object('items', create_shipment.items,
                  'carrier', create_shipment.carrier,
                  'tracking_number', create_shipment.tracking_number,
                  'tracking_url', create_shipment.tracking_url,
                  'warehouse_id', create_shipment.warehouse_id), v_tenant) THEN
        v_id := ecommerce_internal.pack_shipment(v_tenant, order_id, v_created, NULL, v_items,
            jsonb_build_object('carrier', create_shipment.carrier,
                'tracking_number', create_shipment.tracking_number,
                'tracking_url', create_shipment.tracking_url,
                'warehouse_id', create_shipment.warehouse_id,
                'idempotency_key', create_shipment.idempotency_key));
    ELSE
        v_id := (SELECT s.id FROM ecommerce.shipments s
                 WHERE s.tenant_id = v_tenant AND s.order_id = create_shipment.order_id
                   AND s.order_created_at = v_created
                   AND s.idempotency_key = create_shipment.idempotency_key);
    END IF;
    RETURN ecommerce_internal.shipment_answer(v_tenant, v_id, v_created, NULL);
END
$$;
COMMENT ON FUNCTION ecommerce.create_shipment(uuid, jsonb, text, text, text, integer, text,
    integer) IS
    'Pack units of an order that is processing into a shipment, which is pending then. items: '
    '[{"sku", "product_id" or "line_number", "quantity"}]; NULL for all goods that are left, in '
    'that warehouse. carrier, tracking_number and tracking_url: what is known of it yet. '
    'warehouse_id: the warehouse that it leaves, from which the order took the units; NULL for '
    'the only one that has some. With an idempotency_key a retry of the same request gets the '
    'same shipment. Services and digital products are not shipped. Returns the shipment. Errors: '
    'EC007 key of another request, EC008 unknown order, EC021 unknown warehouse, EC023 products '
    'that are not on the order, EC032 the order is not processing, EC033 more than is left, or '
    'units in several warehouses, 22023 wrong items, 23514 wrong carrier or tracking.';

CREATE FUNCTION ecommerce.create_shipment(
    order_number    text,
    items           jsonb   DEFAULT NULL,
    carrier         text    DEFAULT NULL,
    tracking_number text    DEFAULT NULL,
    tracking_url    text    DEFAULT NULL,
    warehouse_id    integer DEFAULT NULL,
    idempotency_key text    DEFAULT NULL,
    tenant_id       integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.shipment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.create_shipment(ecommerce_internal.find_order(v_tenant, order_number), items,
        carrier, tracking_number, tracking_url, warehouse_id, idempotency_key, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.create_shipment(text, jsonb, text, text, text, integer, text,
    integer) IS
    'Like create_shipment(order_id, ...), by the order''s number or an id without a type.';

CREATE FUNCTION ecommerce.replace_shipment(
    shipment_id     uuid,
    items           jsonb   DEFAULT NULL,
    carrier         text    DEFAULT NULL,
    tracking_number text    DEFAULT NULL,
    tracking_url    text    DEFAULT NULL,
    warehouse_id    integer DEFAULT NULL,
    idempotency_key text    DEFAULT NULL,
    tenant_id       integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.shipment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_items  jsonb;
    v_id     uuid;
    o        record;
BEGIN
    SELECT f.* INTO o FROM ecommerce_internal.find_shipment(v_tenant, shipment_id) f;
    IF items IS NOT NULL THEN
        PERFORM ecommerce_internal.check_unit_items(items, '{quantity}', '{}');
        v_items := ecommerce_internal.find_lines(items, v_tenant, o.order_id, o.order_created_at);
    END IF;
    IF idempotency_key IS NULL
       OR ecommerce_internal.claim_request('replacement', idempotency_key, o.order_id,
              o.order_created_at, jsonb_build_object(
                  'shipment_id', replace_shipment.shipment_id, 'items', replace_shipment.items,
                  'carrier', replace_shipment.carrier,
                  'tracking_number', replace_shipment.tracking_number,
                  'tracking_url', replace_shipment.tracking_url,
                  'warehouse_id', replace_shipment.warehouse_id), v_tenant) THEN
        v_id := ecommerce_internal.pack_shipment(v_tenant, o.order_id, o.order_created_at,
            shipment_id, v_items, jsonb_build_object('carrier', replace_shipment.carrier,
                'tracking_number', replace_shipment.tracking_number,
                'tracking_url', replace_shipment.tracking_url,
                'warehouse_id', replace_shipment.warehouse_id,
                'idempotency_key', replace_shipment.idempotency_key));
    ELSE
        v_id := (SELECT s.id FROM ecommerce.shipments s
                 WHERE s.tenant_id = v_tenant AND s.order_id = o.order_id
                   AND s.order_created_at = o.order_created_at
                   AND s.idempotency_key = replace_shipment.idempotency_key);
    END IF;
    RETURN ecommerce_internal.shipment_answer(v_tenant, v_id, o.order_created_at, NULL);
END
$$;
COMMENT ON FUNCTION ecommerce.replace_shipment(uuid, jsonb, text, text, text, integer, text,
    integer) IS
    'Send units of a shipment that was lost again, in a new shipment. They are taken from stock '
    'when it is shipped, and written off, because those that were sold are lost. items: as for '
    'create_shipment(); NULL for all of it that is not settled yet. carrier, tracking_number and '
    'tracking_url: what is known of it yet. warehouse_id: the warehouse that it leaves; NULL for '
    'that of the lost one. With an idempotency_key a retry gets the same shipment. Returns the '
    'new shipment. Errors: those of create_shipment(), EC031 unknown shipment, EC032 it is not '
    'lost.';

CREATE FUNCTION ecommerce.ship_shipment(shipment_id uuid, carrier text DEFAULT NULL,
    tracking_number text DEFAULT NULL, tracking_url text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.shipment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce_internal.transition_shipment(shipment_id, 'shipped', jsonb_build_object(
        'carrier', carrier, 'tracking_number', tracking_number, 'tracking_url', tracking_url),
        v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.ship_shipment(uuid, text, text, text, integer) IS
    'A pending shipment leaves, or one that was returned to sender leaves again. carrier, '
    'tracking_number and tracking_url: NULL keeps what is known. The order is shipped when all of '
    'it is. One that replaces a lost shipment takes its units from stock now. Nothing happens if '
    'it is shipped already. Returns the shipment. Errors: EC001 too little stock for a '
    'replacement, EC031 unknown shipment, EC032 it cannot be shipped, 23514 wrong carrier or '
    'tracking.';

CREATE FUNCTION ecommerce.mark_delivered(shipment_id uuid, delivered_at timestamptz DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.shipment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce_internal.transition_shipment(shipment_id, 'delivered',
        jsonb_build_object('delivered_at', delivered_at), v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.mark_delivered(uuid, timestamptz, integer) IS
    'A shipment has arrived. delivered_at: when, as the carrier says; NULL for now. The order is '
    'delivered when all its shipments are. Nothing happens if it is delivered already. Returns '
    'the shipment. Errors: EC031 unknown shipment, EC032 it is not on its way, 22023 a time '
    'before it was shipped, or to come.';

CREATE FUNCTION ecommerce.mark_lost(shipment_id uuid, reason text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.shipment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce_internal.transition_shipment(shipment_id, 'lost',
        jsonb_build_object('reason', reason), v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.mark_lost(uuid, text, integer) IS
    'A shipment does not arrive. Its units may be sent again by replace_shipment(), or settled by '
    'return_shipment(). reason: for people, kept with its event. Nothing happens if it is lost '
    'already. Returns the shipment. Errors: EC031 unknown shipment, EC032 it is not on its way, '
    'EC022 the customer has sent units of it back, or wants to.';

CREATE FUNCTION ecommerce.mark_returned_to_sender(shipment_id uuid, reason text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.shipment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce_internal.transition_shipment(shipment_id, 'returned_to_sender',
        jsonb_build_object('reason', reason), v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.mark_returned_to_sender(uuid, text, integer) IS
    'A shipment comes back, because nobody took it. It may be sent again by ship_shipment(), or '
    'its goods are taken back by return_shipment(). reason: for people, kept with its event. '
    'Nothing happens if it is so already. Returns the shipment. Errors: EC031 unknown shipment, '
    'EC032 it is not on its way, EC022 the customer has sent units of it back, or wants to.';

CREATE FUNCTION ecommerce.cancel_shipment(shipment_id uuid, reason text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.shipment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce_internal.transition_shipment(shipment_id, 'cancelled',
        jsonb_build_object('reason', reason), v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.cancel_shipment(uuid, text, integer) IS
    'Unpack a shipment that is pending; its units are still the order''s and may be packed again. '
    'reason: for people, kept with its event. Nothing happens if it is cancelled already. Returns '
    'the shipment. Errors: EC031 unknown shipment, EC032 it has left.';

CREATE FUNCTION ecommerce.order_fulfilment(order_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.fulfilment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_created timestamptz := ecommerce_internal.check_visible_order(v_tenant, order_id);
    v_status  text := (SELECT o.status FROM ecommerce.orders o
                       WHERE o.tenant_id = v_tenant AND o.id = order_fulfilment.order_id
                         AND o.created_at = v_created);
    v_result  ecommerce.fulfilment_state;
    u         record;
BEGIN
    SELECT coalesce(sum(k.quantity), 0)::bigint AS ordered, coalesce(sum(k.packed), 0) AS packed,
           coalesce(sum(k.pending), 0)::bigint AS pending,
           coalesce(sum(k.shipped), 0)::bigint AS shipped,
           coalesce(sum(k.delivered), 0)::bigint AS delivered,
           coalesce(sum(k.sent), 0)::bigint AS sent, coalesce(sum(k.away), 0) AS away,
           coalesce(bool_and(k.away >= k.quantity AND k.pending = 0)
                    FILTER (WHERE k.from_stock OR k.packed > 0), true) AS whole
    INTO u
    FROM ecommerce_internal.order_units(v_tenant, ARRAY[order_id], ARRAY[v_created]) k
    WHERE k.is_goods;
    IF u.packed = 0 AND v_status = 'delivered' THEN
        u.delivered := u.sent;
    ELSIF u.packed = 0 THEN
        u.shipped := u.sent;
    END IF;
    v_result := (CASE WHEN u.ordered = 0 THEN NULL WHEN u.away = 0 THEN 'unfulfilled'
                      WHEN u.whole THEN 'fulfilled' ELSE 'partial' END,
                 u.ordered, u.pending, u.shipped, u.delivered, 0, 0);
    v_result.undelivered := (
        SELECT coalesce(sum(d.quantity), 0) FROM ecommerce.shipments s
        JOIN ecommerce_internal.undelivered_units(v_tenant, ARRAY[order_fulfilment.order_id],
                 ARRAY[v_created]) d ON d.shipment_id = s.id
        WHERE s.tenant_id = v_tenant AND s.order_id = order_fulfilment.order_id
          AND s.order_created_at = v_created AND s.status IN ('lost', 'returned_to_sender'));
    v_result.returned := (
        SELECT coalesce(sum(r.back_to_stock + r.written_off), 0) FROM ecommerce.return_receipts r
        WHERE r.tenant_id = v_tenant AND r.order_id = order_fulfilment.order_id
          AND r.order_created_at = v_created);
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.order_fulfilment(uuid, integer) IS
    'How much of the goods of an order has left and arrived. Returns unfulfilled, partial or '
    'fulfilled, and the units that say so. A storefront may ask about orders of its customer. '
    'Errors: EC008 unknown order, 22004 NULL.';

CREATE FUNCTION ecommerce.order_fulfilment(order_number text,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.fulfilment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.order_fulfilment(
        ecommerce_internal.check_visible_number(v_tenant, order_number), v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.order_fulfilment(text, integer) IS
    'Like order_fulfilment(order_id), by the order''s number or an id without a type.';
