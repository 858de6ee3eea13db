-- How many units of an order are where, and how its shipments are found.

CREATE FUNCTION ecommerce_internal.allocated_quantity(quantity bigint, allocation jsonb,
    warehouse_id integer) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN allocation IS NOT NULL
                THEN coalesce((allocation ->> warehouse_id::text)::bigint, 0)
                WHEN warehouse_id = 1 THEN quantity ELSE 0 END;
COMMENT ON FUNCTION ecommerce_internal.allocated_quantity(bigint, jsonb, integer) IS
    'How many of the units of a line are from a warehouse, as order_items.allocation says.';

CREATE FUNCTION ecommerce_internal.order_units(tenant_id integer, order_ids uuid[],
    order_times timestamptz[], product uuid DEFAULT NULL)
    RETURNS TABLE (order_id uuid, order_created_at timestamptz, line_number integer,
                   product_id uuid, sku text, from_stock boolean, is_goods boolean,
                   allocation jsonb, cancelled bigint, quantity bigint, packed bigint,
                   pending bigint, shipped bigint, delivered bigint, undelivered bigint,
                   sent bigint, away bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := order_units.tenant_id;
    v_first  timestamptz;
    v_last   timestamptz;
BEGIN
    -- Said of each table, it is read in no partition but those of these times.
    SELECT min(t), max(t) INTO v_first, v_last FROM unnest(order_times) t;
    RETURN QUERY
    WITH placed AS MATERIALIZED (
        SELECT w.id, w.created_at, o.status,
               EXISTS (SELECT FROM ecommerce.shipments s
                       WHERE s.tenant_id = v_tenant AND s.order_id = w.id
                         AND s.order_created_at = w.created_at
                         AND s.order_created_at BETWEEN v_first AND v_last
                         AND s.status <> 'cancelled') AS has_parcels
        FROM unnest(order_ids, order_times) AS w (id, created_at)
        LEFT JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.id = w.id
            AND o.created_at = w.created_at AND o.created_at BETWEEN v_first AND v_last
    ), line AS (
        SELECT t.id, t.created_at, t.status, t.has_parcels, l.line_number, l.product_id, l.sku,
               l.from_stock, coalesce(p.supply, 'goods') = 'goods' AS is_goods, l.allocation,
               c.quantity AS cancelled, l.quantity - c.quantity AS quantity,
               k.packed, coalesce(k.pending, 0) AS pending, coalesce(k.shipped, 0) AS shipped,
               coalesce(k.delivered, 0) AS delivered, coalesce(k.undelivered, 0) AS undelivered
        FROM placed t
        JOIN ecommerce.order_items l ON l.tenant_id = v_tenant AND l.order_id = t.id
            AND l.order_created_at = t.created_at
            AND l.order_created_at BETWEEN v_first AND v_last
        LEFT JOIN ecommerce.products p ON p.tenant_id = v_tenant AND p.id = l.product_id
        -- Line by line, by index: it takes the same time for each, be it of one order or of many.
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(n.quantity), 0)::bigint AS quantity
            FROM ecommerce.order_cancellations n
            WHERE n.tenant_id = v_tenant AND n.order_id = t.id
              AND n.order_created_at = t.created_at
              AND n.order_created_at BETWEEN v_first AND v_last
              AND n.line_number = l.line_number) c
        CROSS JOIN LATERAL (
            SELECT sum(i.quantity) FILTER (WHERE s.replaces_id IS NULL) AS packed,
                   sum(i.quantity) FILTER (WHERE s.status = 'pending') AS pending,
                   sum(i.quantity) FILTER (WHERE s.status = 'shipped') AS shipped,
                   sum(i.quantity) FILTER (WHERE s.status = 'delivered') AS delivered,
                   sum(i.quantity) FILTER (WHERE s.status IN ('lost', 'returned_to_sender'))
                       AS undelivered
            FROM ecommerce.shipment_items i
            JOIN ecommerce.shipments s ON s.tenant_id = v_tenant AND s.id = i.shipment_id
                AND s.order_created_at = i.order_created_at
                AND s.order_created_at BETWEEN v_first AND v_last
            WHERE t.has_parcels AND i.tenant_id = v_tenant AND i.order_id = t.id
              AND i.order_created_at = t.created_at
              AND i.order_created_at BETWEEN v_first AND v_last
              AND i.line_number = l.line_number AND s.status <> 'cancelled') k
        WHERE l.kind = 'product'
          AND (order_units.product IS NULL OR l.product_id = order_units.product)
    ), went AS (
        -- Without parcels, and for what needs none, the status of the order tells.
        SELECT l.*, CASE
                   WHEN l.has_parcels AND (l.packed IS NOT NULL OR l.is_goods AND l.from_stock)
                       THEN l.shipped + l.delivered
                   WHEN l.status IN ('shipped', 'delivered', 'refunded') THEN l.quantity
                   ELSE 0 END AS sent
        FROM line l
    )
    SELECT w.id, w.created_at, w.line_number, w.product_id, w.sku, w.from_stock, w.is_goods,
           w.allocation, w.cancelled, w.quantity, coalesce(w.packed, 0)::bigint, w.pending,
           w.shipped, w.delivered, w.undelivered, w.sent::bigint,
           (w.sent + w.undelivered)::bigint
    FROM went w;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.order_units(integer, uuid[], timestamptz[], uuid) IS
    'Where the units of each line of products of some orders are. order_ids and order_times: the '
    'orders, each once, and when each was placed. allocation: as the order took them. cancelled: '
    'units of the line that were cancelled. quantity: ordered and not cancelled. packed: in '
    'shipments that are not cancelled, but for those that replace others. pending, shipped, '
    'delivered and undelivered (lost or returned to sender): in shipments of that status. sent: '
    'those that the customer has or will have; of an order without shipments all, once it is '
    'shipped. away: sent or undelivered. product: of its lines only.';

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

CREATE FUNCTION ecommerce_internal.followed_status(tenant_id integer, order_ids uuid[],
    order_times timestamptz[])
    RETURNS TABLE (order_id uuid, order_created_at timestamptz, status text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := followed_status.tenant_id;
    v_first  timestamptz;
    v_last   timestamptz;
BEGIN
    SELECT min(t), max(t) INTO v_first, v_last FROM unnest(order_times) t;
    RETURN QUERY
    WITH parcel AS MATERIALIZED (
        SELECT k.id, k.order_id, k.order_created_at, k.status, k.replaces_id
        FROM unnest(order_ids, order_times) AS w (id, created_at)
        JOIN ecommerce.shipments k ON k.tenant_id = v_tenant AND k.order_id = w.id
            AND k.order_created_at = w.created_at
            AND k.order_created_at BETWEEN v_first AND v_last
    ), unsettled AS (
        SELECT DISTINCT u.shipment_id
        FROM (SELECT array_agg(t.id) AS ids, array_agg(t.created_at) AS times
              FROM (SELECT DISTINCT p.order_id, p.order_created_at FROM parcel p
                    WHERE p.status IN ('lost', 'returned_to_sender')) t (id, created_at)) t
        CROSS JOIN LATERAL ecommerce_internal.undelivered_units(v_tenant, t.ids, t.times) u
        WHERE u.quantity > 0
    ), counted AS (
        SELECT p.order_id, p.order_created_at,
               count(*) FILTER (WHERE p.status NOT IN ('pending', 'cancelled')) AS gone,
               count(*) FILTER (WHERE p.status = 'pending') AS pending,
               count(*) FILTER (WHERE p.status = 'pending' AND p.replaces_id IS NULL) AS first,
               count(*) FILTER (WHERE p.status = 'shipped') AS shipped,
               count(*) FILTER (WHERE p.status = 'delivered') AS delivered,
               count(*) FILTER (WHERE p.status IN ('lost', 'returned_to_sender')
                                  AND n.shipment_id IS NOT NULL) AS unsettled
        FROM parcel p LEFT JOIN unsettled n ON n.shipment_id = p.id
        GROUP BY p.order_id, p.order_created_at
    )
    SELECT s.order_id, s.order_created_at,
           CASE WHEN s.gone = 0 OR s.first > 0 OR u.order_id IS NOT NULL THEN NULL
                WHEN s.pending + s.shipped + s.unsettled = 0 AND s.delivered > 0 THEN 'delivered'
                ELSE 'shipped' END
    FROM counted s
    LEFT JOIN (SELECT DISTINCT k.order_id, k.order_created_at
               FROM ecommerce_internal.order_units(v_tenant, order_ids, order_times) k
               WHERE k.is_goods AND k.from_stock AND k.packed < k.quantity) u
           ON u.order_id = s.order_id AND u.order_created_at = s.order_created_at;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.followed_status(integer, uuid[], timestamptz[]) IS
    'The status that each of some orders has by its shipments. It is delivered if all are, or are '
    'settled; shipped if all units have left that were taken from stock and are goods, and no '
    'shipment but a replacement is pending; NULL if some have not. No row for an order without '
    'shipments. order_ids and order_times: the orders, and when each was placed.';

CREATE FUNCTION ecommerce_internal.undelivered_units(tenant_id integer, order_ids uuid[],
    order_times timestamptz[])
    RETURNS TABLE (order_id uuid, order_created_at timestamptz, shipment_id uuid,
                   line_number integer, quantity bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := undelivered_units.tenant_id;
    v_first  timestamptz;
    v_last   timestamptz;
BEGIN
    IF order_ids IS NULL THEN
        RETURN;
    END IF;
    SELECT min(t), max(t) INTO v_first, v_last FROM unnest(order_times) t;
    RETURN QUERY
    SELECT i.order_id, i.order_created_at, i.shipment_id, i.line_number,
           i.quantity - again.quantity - settled.quantity
    FROM unnest(order_ids, order_times) AS w (id, created_at)
    JOIN ecommerce.shipment_items i ON i.tenant_id = v_tenant AND i.order_id = w.id
        AND i.order_created_at = w.created_at AND i.order_created_at BETWEEN v_first AND v_last
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(r.quantity), 0)::bigint AS quantity
        FROM ecommerce.shipments s
        JOIN ecommerce.shipment_items r ON r.tenant_id = v_tenant AND r.shipment_id = s.id
            AND r.order_created_at = s.order_created_at
            AND r.order_created_at BETWEEN v_first AND v_last
        WHERE s.tenant_id = v_tenant AND s.order_id = i.order_id
          AND s.order_created_at = i.order_created_at
          AND s.order_created_at BETWEEN v_first AND v_last
          AND s.replaces_id = i.shipment_id AND s.status <> 'cancelled'
          AND r.line_number = i.line_number) again
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(r.quantity), 0)::bigint AS quantity
        FROM ecommerce.returns b
        JOIN ecommerce.return_items r ON r.tenant_id = v_tenant AND r.return_id = b.id
            AND r.order_created_at = b.order_created_at
            AND r.order_created_at BETWEEN v_first AND v_last
        WHERE b.tenant_id = v_tenant AND b.order_id = i.order_id
          AND b.order_created_at = i.order_created_at
          AND b.order_created_at BETWEEN v_first AND v_last
          AND b.shipment_id = i.shipment_id AND b.status <> 'rejected'
          AND r.line_number = i.line_number) settled;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.undelivered_units(integer, uuid[], timestamptz[]) IS
    'The units of each shipment of some orders, line by line, that no other shipment replaces and '
    'no return has settled. Of one that was lost or returned to sender they are still to be '
    'settled. order_ids and order_times: the orders, and when each was placed.';
