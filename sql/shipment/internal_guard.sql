-- What the triggers of shipments keep, and those of orders about shipments.

CREATE FUNCTION ecommerce_internal.shipment_transition_allowed(old_status text, new_status text)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE old_status
        WHEN 'pending' THEN new_status IN ('shipped', 'cancelled')
        WHEN 'shipped' THEN new_status IN ('delivered', 'lost', 'returned_to_sender')
        WHEN 'lost'    THEN new_status IN ('delivered', 'returned_to_sender')
        WHEN 'returned_to_sender' THEN new_status = 'shipped'
        ELSE false END;
COMMENT ON FUNCTION ecommerce_internal.shipment_transition_allowed(text, text) IS
    'Whether a shipment may go from one status to another, different one.';

CREATE FUNCTION ecommerce_internal.check_new_shipment(tenant_id integer, order_id uuid,
    order_created_at timestamptz, order_status text, warehouse_id integer, replaces_id uuid)
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_replaced text := (SELECT s.status FROM ecommerce.shipments s
                        WHERE s.tenant_id = check_new_shipment.tenant_id
                          AND s.id = check_new_shipment.replaces_id
                          AND s.order_id = check_new_shipment.order_id
                          AND s.order_created_at = check_new_shipment.order_created_at);
BEGIN
    IF order_status <> 'processing' AND (replaces_id IS NULL OR order_status <> 'shipped') THEN
        RAISE EXCEPTION 'an order that is % cannot be shipped', order_status
            USING ERRCODE = 'EC032', DETAIL = format('Order %s.', order_id),
                  HINT = CASE order_status WHEN 'pending'
                         THEN 'Bring it to processing by ecommerce.transition_order() first.'
                         ELSE 'Shipments are of orders that are processing; lost ones are replaced '
                              'until the order is delivered.' END;
    ELSIF replaces_id IS NOT NULL AND v_replaced IS DISTINCT FROM 'lost' THEN
        RAISE EXCEPTION 'only a shipment that was lost can be replaced, not one that is %',
                        coalesce(v_replaced, 'unknown')
            USING ERRCODE = 'EC032', DETAIL = format('Shipment %s.', replaces_id);
    ELSIF NOT EXISTS (SELECT FROM ecommerce.warehouses w
                      WHERE w.tenant_id = check_new_shipment.tenant_id
                        AND w.id = check_new_shipment.warehouse_id) THEN
        RAISE EXCEPTION 'unknown warehouse %', warehouse_id USING ERRCODE = 'EC021';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_new_shipment(integer, uuid, timestamptz, text,
    integer, uuid) IS
    'Whether a shipment of a locked order may be made. Errors: EC032 the status of the order, or '
    'of the shipment that it replaces; EC021 unknown warehouse.';

CREATE FUNCTION ecommerce_internal.check_shipment() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    o record;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.id, NEW.order_id, NEW.order_created_at, NEW.shipment_number, NEW.warehouse_id,
            NEW.replaces_id, NEW.idempotency_key, NEW.created_at, NEW.shipped_at)
           IS DISTINCT FROM
           (OLD.id, OLD.order_id, OLD.order_created_at, OLD.shipment_number, OLD.warehouse_id,
            OLD.replaces_id, OLD.idempotency_key, OLD.created_at, OLD.shipped_at) THEN
            RAISE EXCEPTION 'UPDATE on shipments is refused'
                USING ERRCODE = 'EC017',
                      DETAIL = 'Id, order, number, warehouse, key and times of a shipment never '
                               'change.';
        -- What customers may send back, and until when, is counted from it.
        ELSIF NEW.delivered_at IS DISTINCT FROM OLD.delivered_at
              AND (NEW.status <> 'delivered'
                   OR coalesce(NEW.delivered_at NOT BETWEEN NEW.shipped_at AND now(), true)) THEN
            RAISE EXCEPTION 'delivered_at must be between shipping and now'
                USING ERRCODE = 'EC032', DETAIL = format('Shipment %s.', OLD.id);
        ELSIF NEW.status = OLD.status THEN
            RETURN NEW;
        ELSIF NOT ecommerce_internal.shipment_transition_allowed(OLD.status, NEW.status) THEN
            RAISE EXCEPTION 'a shipment cannot go from % to %', OLD.status, NEW.status
                USING ERRCODE = 'EC032', DETAIL = format('Shipment %s.', OLD.id);
        END IF;
    END IF;
    SELECT f.* INTO o FROM ecommerce_internal.lock_fulfilment(NEW.tenant_id, NEW.order_id) f;
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'pending' OR num_nonnulls(NEW.shipped_at, NEW.delivered_at) > 0 THEN
            RAISE EXCEPTION 'a new shipment is pending, not %', NEW.status
                USING ERRCODE = 'EC032', DETAIL = format('Shipment %s.', NEW.id);
        END IF;
        PERFORM ecommerce_internal.check_new_shipment(NEW.tenant_id, NEW.order_id,
            NEW.order_created_at, o.status, NEW.warehouse_id, NEW.replaces_id);
        RETURN NEW;
    END IF;
    PERFORM ecommerce_internal.check_shipment_step(NEW.tenant_id, NEW.id, NEW.order_id,
        NEW.order_created_at, OLD.status, NEW.status, o.status);
    IF NEW.status = 'shipped' THEN
        NEW.shipped_at := now();
    ELSIF NEW.status = 'delivered' THEN
        NEW.delivered_at := coalesce(NEW.delivered_at, now());
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_shipment() IS
    'Guards the state machine of shipments (error EC032) and what never changes about one (error '
    'EC017).';

CREATE FUNCTION ecommerce_internal.check_shipment_step(tenant_id integer, shipment_id uuid,
    order_id uuid, order_created_at timestamptz, old_status text, new_status text,
    order_status text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_fault text;
BEGIN
    v_fault := CASE
        WHEN new_status = 'shipped' AND order_status NOT IN ('processing', 'shipped')
            THEN format('its order is %s', order_status)
        WHEN new_status = 'shipped'
             AND NOT EXISTS (SELECT FROM ecommerce.shipment_items i
                             WHERE i.tenant_id = check_shipment_step.tenant_id
                               AND i.shipment_id = check_shipment_step.shipment_id
                               AND i.order_created_at = check_shipment_step.order_created_at)
            THEN 'it is empty'
        WHEN old_status IN ('lost', 'returned_to_sender')
             AND (EXISTS (SELECT FROM ecommerce.shipments s
                          WHERE s.tenant_id = check_shipment_step.tenant_id
                            AND s.order_id = check_shipment_step.order_id
                            AND s.order_created_at = check_shipment_step.order_created_at
                            AND s.replaces_id = check_shipment_step.shipment_id
                            AND s.status <> 'cancelled')
                  OR EXISTS (SELECT FROM ecommerce.returns b
                             WHERE b.tenant_id = check_shipment_step.tenant_id
                               AND b.order_id = check_shipment_step.order_id
                               AND b.order_created_at = check_shipment_step.order_created_at
                               AND b.shipment_id = check_shipment_step.shipment_id))
            THEN 'another shipment replaces it, or a return has settled it' END;
    IF v_fault IS NOT NULL THEN
        RAISE EXCEPTION 'a shipment cannot go from % to %, because %', old_status, new_status,
                        v_fault
            USING ERRCODE = 'EC032', DETAIL = format('Shipment %s.', shipment_id);
    END IF;
    IF new_status = 'shipped' THEN
        PERFORM ecommerce_internal.check_replacement(tenant_id, shipment_id, order_id,
                                                     order_created_at);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_shipment_step(integer, uuid, uuid, timestamptz, text,
    text, text) IS
    'For check_shipment(): what a step needs beside the status. An order that is processing or '
    'shipped, something in it, and what was lost or sent back must not be settled yet. Error '
    'EC032.';

CREATE FUNCTION ecommerce_internal.check_replacement(tenant_id integer, shipment_id uuid,
    order_id uuid, order_created_at timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := check_replacement.tenant_id;
    v_sku    text;
BEGIN
    -- Units that were written off for the order, less those of returns
    SELECT min(l.sku) INTO v_sku
    FROM ecommerce.shipments s
    JOIN ecommerce.shipment_items i ON i.tenant_id = v_tenant AND i.shipment_id = s.id
        AND i.order_created_at = s.order_created_at
    JOIN ecommerce.order_items l ON l.tenant_id = v_tenant AND l.order_id = s.order_id
        AND l.order_created_at = s.order_created_at AND l.line_number = i.line_number
    WHERE s.tenant_id = v_tenant AND s.order_id = check_replacement.order_id
      AND s.order_created_at = check_replacement.order_created_at
      AND s.replaces_id IS NOT NULL AND l.from_stock
      AND (s.id = check_replacement.shipment_id OR s.status NOT IN ('pending', 'cancelled'))
    GROUP BY l.product_id
    HAVING sum(i.quantity) > coalesce((
        SELECT - sum(m.quantity) FROM ecommerce.stock_movements m
        WHERE m.tenant_id = v_tenant AND m.order_id = check_replacement.order_id
          AND m.product_id = l.product_id AND m.reason = 'write_off'), 0)
      - coalesce((
        SELECT sum(r.written_off) FROM ecommerce.return_receipts r
        JOIN ecommerce.order_items n ON n.tenant_id = v_tenant AND n.order_id = r.order_id
            AND n.order_created_at = r.order_created_at AND n.line_number = r.line_number
        WHERE r.tenant_id = v_tenant AND r.order_id = check_replacement.order_id
          AND r.order_created_at = check_replacement.order_created_at
          AND n.product_id = l.product_id AND n.from_stock), 0)
       AND bool_or(s.id = check_replacement.shipment_id)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'units of "%" that replace lost ones were not taken from stock', v_sku
            USING ERRCODE = 'EC032', DETAIL = format('Shipment %s.', shipment_id),
                  HINT = 'Use ecommerce.ship_shipment(), which takes them.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_replacement(integer, uuid, uuid, timestamptz) IS
    'For check_shipment(): a shipment that replaces a lost one has its units from stock. They were '
    'written off with the order named. Error EC032.';

CREATE FUNCTION ecommerce_internal.shippable_units(tenant_id integer, order_id uuid,
    order_created_at timestamptz, warehouse_id integer, replaces_id uuid,
    product uuid DEFAULT NULL)
    RETURNS TABLE (line_number integer, product_id uuid, sku text, from_stock boolean,
                   quantity bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := shippable_units.tenant_id;
BEGIN
    IF replaces_id IS NOT NULL THEN
        RETURN QUERY
        SELECT l.line_number, l.product_id, l.sku, l.from_stock, u.quantity
        FROM ecommerce_internal.undelivered_units(v_tenant, ARRAY[shippable_units.order_id],
                 ARRAY[shippable_units.order_created_at]) u
        JOIN ecommerce.order_items l ON l.tenant_id = v_tenant
            AND l.order_id = shippable_units.order_id
            AND l.order_created_at = shippable_units.order_created_at
            AND l.line_number = u.line_number
        WHERE u.shipment_id = shippable_units.replaces_id;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT u.line_number, u.product_id, u.sku, u.from_stock,
           least(u.quantity - u.packed,
                 CASE WHEN u.from_stock
                      THEN ecommerce_internal.allocated_quantity(u.quantity, u.allocation,
                               shippable_units.warehouse_id)
                           - coalesce(c.quantity, 0) - coalesce(k.packed, 0) END)
    FROM ecommerce_internal.order_units(v_tenant, ARRAY[shippable_units.order_id],
             ARRAY[shippable_units.order_created_at], shippable_units.product) u
    LEFT JOIN (SELECT i.line_number, sum(i.quantity)::bigint AS packed
               FROM ecommerce.shipment_items i
               JOIN ecommerce.shipments s ON s.tenant_id = v_tenant AND s.id = i.shipment_id
                   AND s.order_created_at = i.order_created_at
               WHERE i.tenant_id = v_tenant AND i.order_id = shippable_units.order_id
                 AND i.order_created_at = shippable_units.order_created_at
                 AND s.status <> 'cancelled' AND s.replaces_id IS NULL
                 AND s.warehouse_id = shippable_units.warehouse_id
               GROUP BY i.line_number) k ON k.line_number = u.line_number
    -- Units that were cancelled are in no warehouse.
    LEFT JOIN (SELECT n.line_number,
                      sum((n.allocation ->> shippable_units.warehouse_id::text)::bigint)::bigint
                          AS quantity
               FROM ecommerce.order_cancellations n
               WHERE n.tenant_id = v_tenant AND n.order_id = shippable_units.order_id
                 AND n.order_created_at = shippable_units.order_created_at
               GROUP BY n.line_number) c
           ON c.line_number = u.line_number AND u.allocation IS NOT NULL
    WHERE u.is_goods;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.shippable_units(integer, uuid, timestamptz, integer, uuid,
    uuid) IS
    'What a shipment from a warehouse may hold of each line of goods of an order. It is what is '
    'not in another shipment and was taken from that warehouse; in one that replaces a lost one, '
    'what of that is not settled. product: of its lines only.';

CREATE FUNCTION ecommerce_internal.check_packed(tenant_id integer, shipment_id uuid,
    order_id uuid, order_created_at timestamptz, line_number integer DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := check_packed.tenant_id;
    s        record;
    u        record;
BEGIN
    SELECT k.status, k.warehouse_id, k.replaces_id,
           (SELECT l.product_id FROM ecommerce.order_items l
            WHERE l.tenant_id = v_tenant AND l.order_id = k.order_id
              AND l.order_created_at = k.order_created_at
              AND l.line_number = check_packed.line_number) AS product INTO s
    FROM ecommerce.shipments k
    WHERE k.tenant_id = v_tenant AND k.id = check_packed.shipment_id
      AND k.order_id = check_packed.order_id
      AND k.order_created_at = check_packed.order_created_at;
    IF s.status IS DISTINCT FROM 'pending' THEN
        RAISE EXCEPTION 'nothing is added to a shipment that is %', coalesce(s.status, 'unknown')
            USING ERRCODE = 'EC032', DETAIL = format('Shipment %s.', shipment_id);
    END IF;
    -- The rows are there already, so less than nothing may be left.
    SELECT i.line_number, i.quantity, k.sku, k.quantity AS free INTO u
    FROM ecommerce.shipment_items i
    LEFT JOIN ecommerce_internal.shippable_units(v_tenant, check_packed.order_id,
                  check_packed.order_created_at, s.warehouse_id, s.replaces_id, s.product) k
           ON k.line_number = i.line_number
    WHERE i.tenant_id = v_tenant AND i.shipment_id = check_packed.shipment_id
      AND i.order_created_at = check_packed.order_created_at
      AND (check_packed.line_number IS NULL OR i.line_number = check_packed.line_number)
      AND coalesce(k.quantity < 0, true)
    ORDER BY i.line_number LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'more of line % is shipped than is left', u.line_number
            USING ERRCODE = 'EC033', DETAIL = jsonb_build_array(jsonb_build_object(
                'sku', u.sku, 'line_number', u.line_number, 'requested', u.quantity,
                'left', coalesce(u.free + u.quantity, 0)))::text;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_packed(integer, uuid, uuid, timestamptz, integer) IS
    'For whoever has added to a shipment of a locked order. It must be pending, and hold no more '
    'of a line than is left. That is what was ordered, not cancelled, not in another shipment, and '
    'is in its warehouse. line_number: look at that line only. Errors: EC032, EC033.';

CREATE FUNCTION ecommerce_internal.check_shipment_item() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM ecommerce_internal.lock_fulfilment(NEW.tenant_id, NEW.order_id);
    PERFORM ecommerce_internal.check_packed(NEW.tenant_id, NEW.shipment_id, NEW.order_id,
                                            NEW.order_created_at, NEW.line_number);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_shipment_item() IS
    'Refuses to add to a shipment that is not pending, or more than is left of a line, as '
    'check_packed() says. Errors: EC032, EC033.';

CREATE FUNCTION ecommerce_internal.check_undelivered() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM ecommerce_internal.check_claims(NEW.tenant_id, NEW.order_id, NEW.order_created_at);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_undelivered() IS
    'Refuses to call a shipment lost or returned to sender (error EC022) whose units customers '
    'have sent back, or want to.';

CREATE FUNCTION ecommerce_internal.check_order_follows() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    IF TG_RELID <> ALL (ARRAY(SELECT t.relid
                              FROM pg_partition_tree(to_regclass('ecommerce.shipments')) t)) THEN
        RAISE EXCEPTION 'this trigger function is for shipments only'
            USING ERRCODE = 'wrong_object_type';
    END IF;
    IF EXISTS (SELECT FROM ecommerce.orders o
               CROSS JOIN ecommerce_internal.followed_status(NEW.tenant_id,
                   ARRAY[NEW.order_id], ARRAY[NEW.order_created_at]) f
               WHERE o.tenant_id = NEW.tenant_id AND o.id = NEW.order_id
                 AND o.created_at = NEW.order_created_at
                 AND (o.status = 'processing' AND f.status IS NOT NULL
                      OR o.status = 'shipped' AND f.status = 'delivered')) THEN
        RAISE EXCEPTION 'the order has not followed its shipments'
            USING ERRCODE = 'EC032', DETAIL = format('Order %s.', NEW.order_id),
                  HINT = 'Use ecommerce.ship_shipment() and ecommerce.mark_delivered(), or bring '
                         'the order along by ecommerce.transition_order().';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_order_follows() IS
    'Deferred to the commit: an order whose units have all left, or arrived, is shipped or '
    'delivered. Error EC032.';

CREATE FUNCTION ecommerce_internal.check_order_fulfilment(tenant_id integer, order_id uuid,
    order_created_at timestamptz, old_status text, new_status text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_followed text;
BEGIN
    IF new_status NOT IN ('shipped', 'delivered', 'cancelled')
       OR NOT EXISTS (SELECT FROM ecommerce.shipments s
                      WHERE s.tenant_id = check_order_fulfilment.tenant_id
                        AND s.order_id = check_order_fulfilment.order_id
                        AND s.order_created_at = check_order_fulfilment.order_created_at
                        AND s.status <> 'cancelled') THEN
        RETURN;
    END IF;
    v_followed := (SELECT f.status FROM ecommerce_internal.followed_status(tenant_id,
                       ARRAY[order_id], ARRAY[order_created_at]) f);
    IF new_status = 'cancelled' OR v_followed IS NULL
       OR new_status = 'delivered' AND v_followed <> 'delivered' THEN
        RAISE EXCEPTION 'an order cannot go from % to % beside its shipments', old_status,
                        new_status
            USING ERRCODE = 'EC009', DETAIL = format('Order %s.', order_id),
                  HINT = CASE new_status WHEN 'cancelled' THEN 'Use ecommerce.cancel_order().'
                         ELSE 'It follows its shipments: ship and deliver them, or cancel those '
                              'that are pending.' END;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_order_fulfilment(integer, uuid, timestamptz, text,
    text) IS
    'For check_order_status(): an order that has shipments is shipped, delivered or cancelled only '
    'if they are. Error EC009.';
