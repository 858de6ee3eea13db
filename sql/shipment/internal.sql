-- How many units of an order are where, and how its shipments are found.

CREATE FUNCTION ecommerce_internal.shipped_quantity(tenant_id integer, order_id uuid,
    order_created_at timestamptz, line_number integer) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    -- A shipment that replaces another one has its units, and no others.
    RETURN (SELECT coalesce(sum(i.quantity), 0)::bigint
            FROM ecommerce.shipment_items i
            JOIN ecommerce.shipments s ON s.tenant_id = shipped_quantity.tenant_id
                AND s.id = i.shipment_id AND s.order_created_at = i.order_created_at
            WHERE i.tenant_id = shipped_quantity.tenant_id
              AND i.order_id = shipped_quantity.order_id
              AND i.order_created_at = shipped_quantity.order_created_at
              AND i.line_number = shipped_quantity.line_number
              AND s.status <> 'cancelled' AND s.replaces_id IS NULL);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.shipped_quantity(integer, uuid, timestamptz, integer) IS
    'Units of a line that are in shipments, be they pending, on their way, delivered or lost, but '
    'not cancelled. Who wants them to stay so holds the lock of the order.';

CREATE FUNCTION ecommerce_internal.allocated_quantity(quantity bigint, allocation jsonb,
    warehouse_id integer) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN allocation IS NOT NULL
                THEN coalesce((allocation ->> warehouse_id::text)::bigint, 0)
                WHEN warehouse_id = 1 THEN quantity ELSE 0 END;
COMMENT ON FUNCTION ecommerce_internal.allocated_quantity(bigint, jsonb, integer) IS
    'How many of the units of a line are from a warehouse, as order_items.allocation says.';

CREATE FUNCTION ecommerce_internal.order_units(tenant_id integer, order_id uuid,
    order_created_at timestamptz, product uuid DEFAULT NULL)
    RETURNS TABLE (line_number integer, product_id uuid, sku text, from_stock boolean,
                   is_goods boolean, allocation jsonb, quantity bigint, packed bigint,
                   pending bigint, shipped bigint, delivered bigint, undelivered bigint,
                   sent bigint, away bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := order_units.tenant_id;
    v_status text := (SELECT o.status FROM ecommerce.orders o
                      WHERE o.tenant_id = v_tenant AND o.id = order_units.order_id
                        AND o.created_at = order_units.order_created_at);
    v_parcels boolean := EXISTS (SELECT FROM ecommerce.shipments s
                                 WHERE s.tenant_id = v_tenant
                                   AND s.order_id = order_units.order_id
                                   AND s.order_created_at = order_units.order_created_at
                                   AND s.status <> 'cancelled');
BEGIN
    RETURN QUERY
    WITH parcel AS (
        SELECT i.line_number,
               sum(i.quantity) FILTER (WHERE s.replaces_id IS NULL) AS packed,
               sum(i.quantity) FILTER (WHERE s.status = 'pending') AS pending,
               sum(i.quantity) FILTER (WHERE s.status = 'shipped') AS shipped,
               sum(i.quantity) FILTER (WHERE s.status = 'delivered') AS delivered,
               sum(i.quantity) FILTER (WHERE s.status IN ('lost', 'returned_to_sender'))
                   AS undelivered
        FROM ecommerce.shipment_items i
        JOIN ecommerce.shipments s ON s.tenant_id = v_tenant AND s.id = i.shipment_id
            AND s.order_created_at = i.order_created_at
        WHERE i.tenant_id = v_tenant AND i.order_id = order_units.order_id
          AND i.order_created_at = order_units.order_created_at AND s.status <> 'cancelled'
        GROUP BY i.line_number
    ), line AS (
        SELECT l.line_number, l.product_id, l.sku, l.from_stock,
               coalesce(p.supply, 'goods') = 'goods' AS is_goods, l.allocation,
               l.quantity - ecommerce_internal.cancelled_quantity(v_tenant, l.order_id,
                   l.order_created_at, l.line_number) AS quantity,
               k.packed, coalesce(k.pending, 0) AS pending, coalesce(k.shipped, 0) AS shipped,
               coalesce(k.delivered, 0) AS delivered, coalesce(k.undelivered, 0) AS undelivered
        FROM ecommerce.order_items l
        LEFT JOIN ecommerce.products p ON p.tenant_id = v_tenant AND p.id = l.product_id
        LEFT JOIN parcel k ON k.line_number = l.line_number
        WHERE l.tenant_id = v_tenant AND l.order_id = order_units.order_id
          AND l.order_created_at = order_units.order_created_at AND l.kind = 'product'
          AND (order_units.product IS NULL OR l.product_id = order_units.product)
    ), went AS (
        -- Without parcels, and for what needs none, the status of the order tells.
        SELECT l.*, CASE WHEN v_parcels AND (l.packed IS NOT NULL OR l.is_goods AND l.from_stock)
                         THEN l.shipped + l.delivered
                         WHEN v_status IN ('shipped', 'delivered', 'refunded') THEN l.quantity
                         ELSE 0 END AS sent
        FROM line l
    )
    SELECT w.line_number, w.product_id, w.sku, w.from_stock, w.is_goods,
           -- Units that were cancelled are in no warehouse.
           (SELECT jsonb_object_agg(a.key, a.value::bigint - coalesce((
                       SELECT sum((c.allocation ->> a.key)::bigint)
                       FROM ecommerce.order_cancellations c
                       WHERE c.tenant_id = v_tenant AND c.order_id = order_units.order_id
                         AND c.order_created_at = order_units.order_created_at
                         AND c.line_number = w.line_number), 0))
            FROM jsonb_each_text(w.allocation) a),
           w.quantity, coalesce(w.packed, 0)::bigint, w.pending, w.shipped, w.delivered,
           w.undelivered, w.sent::bigint, (w.sent + w.undelivered)::bigint
    FROM went w;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.order_units(integer, uuid, timestamptz, uuid) IS
    'Where the units of each line of products of an order are. quantity: ordered and not '
    'cancelled; allocation: those of each warehouse. packed: in shipments that are not cancelled, '
    'but for those that replace others. pending, shipped, delivered and undelivered (lost or '
    'returned to sender): in shipments of that status. sent: those that the customer has or will '
    'have; of an order without shipments all, once it is shipped. away: sent or undelivered. '
    'product: of its lines only.';

CREATE FUNCTION ecommerce_internal.find_shipment(tenant_id integer, shipment_id uuid,
    OUT order_id uuid, OUT order_created_at timestamptz)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_time timestamptz := ecommerce_internal.id_time(shipment_id);
BEGIN
    IF shipment_id IS NULL THEN
        RAISE EXCEPTION 'shipment_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT s.order_id, s.order_created_at
    INTO find_shipment.order_id, find_shipment.order_created_at
    FROM ecommerce.shipments s
    WHERE s.tenant_id = find_shipment.tenant_id AND s.id = find_shipment.shipment_id
      AND s.order_created_at BETWEEN v_time - interval '24 hours' AND v_time + interval '24 hours';
    -- One that plain SQL made may have any id.
    IF NOT FOUND THEN
        SELECT s.order_id, s.order_created_at
        INTO find_shipment.order_id, find_shipment.order_created_at
        FROM ecommerce.shipments s
        WHERE s.tenant_id = find_shipment.tenant_id AND s.id = find_shipment.shipment_id;
    END IF;
    IF NOT FOUND THEN
        PERFORM ecommerce_internal.check_archived(shipment_id);
        RAISE EXCEPTION 'unknown shipment %', shipment_id USING ERRCODE = 'EC031';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.find_shipment(integer, uuid) IS
    'The order of a shipment. Errors: EC031 unknown shipment, EC024 archived, 22004 NULL.';

CREATE FUNCTION ecommerce_internal.followed_status(tenant_id integer, order_id uuid,
    order_created_at timestamptz) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    s record;
BEGIN
    SELECT count(*) FILTER (WHERE k.status NOT IN ('pending', 'cancelled')) AS gone,
           count(*) FILTER (WHERE k.status = 'pending') AS pending,
           count(*) FILTER (WHERE k.status = 'pending' AND k.replaces_id IS NULL) AS first,
           count(*) FILTER (WHERE k.status = 'shipped') AS shipped,
           count(*) FILTER (WHERE k.status = 'delivered') AS delivered,
           count(*) FILTER (WHERE k.status IN ('lost', 'returned_to_sender')
               AND EXISTS (SELECT FROM ecommerce_internal.undelivered_units(
                               followed_status.tenant_id, k.id, k.order_created_at) u
                           WHERE u.quantity > 0)) AS unsettled
    INTO s
    FROM ecommerce.shipments k
    WHERE k.tenant_id = followed_status.tenant_id AND k.order_id = followed_status.order_id
      AND k.order_created_at = followed_status.order_created_at;
    IF s.gone = 0 OR s.first > 0
       OR EXISTS (SELECT FROM ecommerce_internal.order_units(followed_status.tenant_id,
                      followed_status.order_id, followed_status.order_created_at) u
                  WHERE u.is_goods AND u.from_stock AND u.packed < u.quantity) THEN
        RETURN NULL;
    END IF;
    RETURN CASE WHEN s.pending + s.shipped + s.unsettled = 0 AND s.delivered > 0
                THEN 'delivered' ELSE 'shipped' END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.followed_status(integer, uuid, timestamptz) IS
    'The status that an order has by its shipments. It is delivered if all are, or are settled; '
    'shipped if all units have left that were taken from stock and are goods, and no shipment but '
    'a replacement is pending; NULL if some have not, or there are no shipments.';

CREATE FUNCTION ecommerce_internal.undelivered_units(tenant_id integer, shipment_id uuid,
    order_created_at timestamptz)
    RETURNS TABLE (line_number integer, quantity bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := undelivered_units.tenant_id;
BEGIN
    RETURN QUERY
    SELECT i.line_number,
           i.quantity
           - coalesce((SELECT sum(r.quantity) FROM ecommerce.shipments s
                       JOIN ecommerce.shipment_items r ON r.tenant_id = v_tenant
                           AND r.shipment_id = s.id AND r.order_created_at = s.order_created_at
                       WHERE s.tenant_id = v_tenant AND s.order_id = i.order_id
                         AND s.order_created_at = i.order_created_at
                         AND s.replaces_id = i.shipment_id AND s.status <> 'cancelled'
                         AND r.line_number = i.line_number), 0)
           - coalesce((SELECT sum(r.quantity) FROM ecommerce.returns b
                       JOIN ecommerce.return_items r ON r.tenant_id = v_tenant
                           AND r.return_id = b.id AND r.order_created_at = b.order_created_at
                       WHERE b.tenant_id = v_tenant AND b.order_id = i.order_id
                         AND b.order_created_at = i.order_created_at
                         AND b.shipment_id = i.shipment_id AND b.status <> 'rejected'
                         AND r.line_number = i.line_number), 0)
    FROM ecommerce.shipment_items i
    WHERE i.tenant_id = v_tenant AND i.shipment_id = undelivered_units.shipment_id
      AND i.order_created_at = undelivered_units.order_created_at;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.undelivered_units(integer, uuid, timestamptz) IS
    'The units of a shipment, line by line, that no other shipment replaces and no return has '
    'settled. Of one that was lost or returned to sender they are still to be settled.';
