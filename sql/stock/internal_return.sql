-- Units of an order that come back to stock: what movements keep, and the steps of return_stock().

CREATE FUNCTION ecommerce_internal.check_return_items(items jsonb, tenant_id integer) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_fault text;
    v_wrong jsonb;
BEGIN
    IF jsonb_typeof(ecommerce_internal.encoded_once(items, 'items')) <> 'array'
       OR jsonb_array_length(items) = 0 THEN
        v_fault := 'items must be an array with elements';
    ELSE
        SELECT format('items[%s]%s', i.n - 1, f.fault) INTO v_fault
        FROM jsonb_array_elements(items) WITH ORDINALITY i (e, n)
        CROSS JOIN LATERAL (SELECT CASE
            WHEN jsonb_typeof(e) <> 'object' THEN ' must be an object'
            WHEN e - '{sku,product_id,quantity,restock,warehouse_id}'::text[] <> '{}'
                THEN format(' has the unknown key "%s"', (SELECT min(k) FROM jsonb_object_keys(
                    e - '{sku,product_id,quantity,restock,warehouse_id}'::text[]) k))
            WHEN num_nonnulls(e ->> 'sku', e ->> 'product_id') <> 1
                THEN ' must have either sku or product_id'
            WHEN e ->> 'product_id' !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                THEN '.product_id must be a UUID'
            WHEN coalesce(e ->> 'quantity', '') !~ '^[+]?0*[1-9][0-9]{0,8}([.]0+)?$'
                THEN '.quantity must be a whole number from 1 to 999999999'
            WHEN coalesce(e ->> 'restock', 'true') NOT IN ('true', 'false')
                THEN '.restock must be true or false'
            WHEN coalesce(e ->> 'warehouse_id', '1') !~ '^[1-9][0-9]{0,8}$'
                THEN '.warehouse_id must be the number of a warehouse'
            END AS fault) f
        WHERE f.fault IS NOT NULL ORDER BY i.n LIMIT 1;
    END IF;
    IF v_fault IS NOT NULL THEN
        RAISE EXCEPTION '%', v_fault USING ERRCODE = 'invalid_parameter_value',
            HINT = 'They are [{"sku" or "product_id", "quantity", "restock", "warehouse_id"}].';
    END IF;
    SELECT e -> 'warehouse_id' INTO v_wrong FROM jsonb_array_elements(items) e
    WHERE (e ->> 'warehouse_id')::integer <> ALL (SELECT w.id FROM ecommerce.warehouses w
                                                  WHERE w.tenant_id = check_return_items.tenant_id);
    IF FOUND THEN
        RAISE EXCEPTION 'unknown warehouse %', v_wrong USING ERRCODE = 'EC021';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_return_items(jsonb, integer) IS
    'For return_stock(): whether its items can be read, and their warehouses are there. Errors: '
    '22023 wrong items, EC021 unknown warehouse.';

CREATE FUNCTION ecommerce_internal.lock_returns(tenant_id integer, order_id uuid,
    OUT created_at timestamptz)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    o record;
BEGIN
    SELECT f.* INTO o FROM ecommerce_internal.lock_fulfilment(tenant_id, order_id) f;
    created_at := o.created_at;
    IF o.status IN ('shipped', 'delivered', 'refunded') THEN
        RETURN;
    ELSIF NOT EXISTS (SELECT FROM ecommerce.shipments s
                      WHERE s.tenant_id = lock_returns.tenant_id
                        AND s.order_id = lock_returns.order_id
                        AND s.order_created_at = o.created_at
                        AND s.status NOT IN ('pending', 'cancelled')) THEN
        RAISE EXCEPTION 'nothing of an order that is % can come back', o.status
            USING ERRCODE = 'EC009', DETAIL = format('Order %s.', o.order_number),
                  HINT = 'Use ecommerce.cancel_order() for one that was not shipped.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_returns(integer, uuid) IS
    'For whoever brings units of an order back: lock_fulfilment(). Returns when the order was '
    'placed. Errors: EC008 unknown order, EC009 it was not shipped.';

CREATE FUNCTION ecommerce_internal.check_returns(tenant_id integer, order_id uuid,
    order_created_at timestamptz, items jsonb, written boolean) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_wrong jsonb;
    v_lines jsonb;
BEGIN
    WITH line AS MATERIALIZED (
        SELECT c.* FROM ecommerce_internal.claimed_units(check_returns.tenant_id,
            ARRAY[check_returns.order_id], ARRAY[check_returns.order_created_at],
            CASE jsonb_array_length(items)
                WHEN 1 THEN (items -> 0 ->> 'product_id')::uuid END) c
        WHERE c.from_stock)
    SELECT (SELECT jsonb_agg(jsonb_build_object('sku', w.sku, 'requested', w.quantity,
                                                'returnable', w.returnable) ORDER BY w.sku)
            FROM (SELECT coalesce(s.sku, r.product_id::text) AS sku, r.quantity,
                         coalesce(s.quantity, 0) - coalesce(b.quantity, 0)
                         + CASE WHEN written THEN r.quantity ELSE 0 END AS returnable
                  FROM (SELECT i.product_id, sum(i.quantity) AS quantity
                        FROM jsonb_to_recordset(items) AS i (product_id uuid, quantity bigint)
                        GROUP BY i.product_id) r
                  LEFT JOIN (SELECT l.product_id, min(l.sku) AS sku, sum(l.away) AS quantity
                             FROM line l GROUP BY l.product_id) s ON s.product_id = r.product_id
                  LEFT JOIN (SELECT m.product_id, sum(m.quantity) AS quantity
                             FROM ecommerce.stock_movements m
                             WHERE m.tenant_id = check_returns.tenant_id
                               AND m.order_id = check_returns.order_id AND m.reason = 'return'
                             GROUP BY m.product_id) b ON b.product_id = r.product_id) w
            WHERE w.quantity > w.returnable),
           (SELECT jsonb_agg(jsonb_build_object('line_number', l.line_number, 'product_id',
                       l.product_id, 'sku', l.sku, 'quantity', l.sent - l.claimed))
            FROM line l)
    INTO v_wrong, v_lines;
    IF v_wrong IS NOT NULL THEN
        RAISE EXCEPTION 'more of "%" comes back than was sold', v_wrong -> 0 ->> 'sku'
            USING ERRCODE = 'EC022', DETAIL = v_wrong::text;
    END IF;
    RETURN v_lines;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_returns(integer, uuid, timestamptz, jsonb, boolean) IS
    'For who has called lock_returns(): of no product does more come back than was sent. Items are '
    '[{"product_id", "quantity"}], whose movements are written already or not. Returns what of '
    'their lines is in no return yet, for take_units(). Error EC022 lists all products of which '
    'there is too much.';

CREATE FUNCTION ecommerce_internal.check_movement() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_time timestamptz := ecommerce_internal.id_time(NEW.order_id);
BEGIN
    IF NEW.reason = 'return' THEN
        PERFORM ecommerce_internal.check_returns(NEW.tenant_id, NEW.order_id,
            ecommerce_internal.lock_returns(NEW.tenant_id, NEW.order_id),
            jsonb_build_array(jsonb_build_object('product_id', NEW.product_id,
                                                 'quantity', NEW.quantity)), true);
    ELSIF NOT EXISTS (SELECT FROM ecommerce.orders o
                      WHERE o.tenant_id = NEW.tenant_id AND o.id = NEW.order_id
                        AND o.created_at BETWEEN v_time - interval '24 hours'
                                             AND v_time + interval '24 hours') THEN
        PERFORM ecommerce_internal.refuse_unknown_order(NEW.order_id);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_movement() IS
    'Refuses a movement of an unknown order (error EC008). Refuses a return of one that was not '
    'shipped (error EC009), or of more than was sold and did not come back before (error EC022).';

CREATE FUNCTION ecommerce_internal.return_items(order_id uuid, order_created_at timestamptz,
    items jsonb, tenant_id integer) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_items jsonb;
    v_wrong jsonb;
BEGIN
    SELECT jsonb_agg(i.e || jsonb_build_object('line', CASE WHEN l.n IS NOT NULL
               THEN jsonb_build_object('product_id', l.product_id, 'from_stock', l.from_stock)
               END)) INTO v_items
    FROM jsonb_array_elements(items) WITH ORDINALITY AS i (e, n)
    LEFT JOIN ecommerce_internal.find_products(items, tenant_id, order_id, order_created_at) l
           ON l.n = i.n;
    SELECT jsonb_agg(DISTINCT jsonb_build_object(
               CASE WHEN e ->> 'sku' IS NULL THEN 'product_id' ELSE 'sku' END,
               coalesce(e ->> 'sku', e ->> 'product_id'),
               'reason', CASE e -> 'line' WHEN 'null' THEN 'not_ordered' ELSE 'not_tracked' END))
    INTO v_wrong
    FROM jsonb_array_elements(v_items) e WHERE e -> 'line' -> 'from_stock' IS DISTINCT FROM 'true';
    IF v_wrong IS NOT NULL THEN
        RAISE EXCEPTION '%', format(
                CASE v_wrong -> 0 ->> 'reason' WHEN 'not_ordered' THEN '"%s" is not on the order'
                     ELSE 'the stock of "%s" was not tracked' END,
                coalesce(v_wrong -> 0 ->> 'sku', v_wrong -> 0 ->> 'product_id'))
            USING ERRCODE = 'EC023', DETAIL = v_wrong::text;
    END IF;
    RETURN (SELECT jsonb_agg(to_jsonb(g) ORDER BY g.product_id, g.warehouse_id, g.restock)
            FROM (SELECT (e -> 'line' ->> 'product_id')::uuid AS product_id,
                         coalesce((e ->> 'warehouse_id')::integer, 1) AS warehouse_id,
                         coalesce((e ->> 'restock')::boolean, true) AS restock,
                         sum((e ->> 'quantity')::numeric::integer) AS quantity
                  FROM jsonb_array_elements(v_items) e GROUP BY 1, 2, 3) g);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.return_items(uuid, timestamptz, jsonb, integer) IS
    'For return_stock(): its items in their one form. That is [{"product_id", "warehouse_id", '
    '"restock", "quantity"}], sorted, each product, warehouse and restock once. A product is found '
    'by its id, by the SKU that it was ordered by, or by the one that it has now. Error EC023 '
    'lists all that are not on the order (not_ordered) or were not tracked (not_tracked).';
