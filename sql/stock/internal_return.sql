-- The steps of return_stock().

CREATE FUNCTION ecommerce_internal.check_return_items(items jsonb, tenant_id integer) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_wrong jsonb;
BEGIN
    IF jsonb_typeof(items) <> 'array' OR jsonb_array_length(items) = 0
       OR EXISTS (SELECT FROM jsonb_array_elements(items) e
                  WHERE CASE WHEN jsonb_typeof(e) <> 'object' THEN true
                        ELSE e - '{sku,product_id,quantity,restock,warehouse_id}'::text[] <> '{}'
                             OR num_nonnulls(e ->> 'sku', e ->> 'product_id') <> 1
                             OR coalesce(e ->> 'quantity', '') !~ '^[1-9][0-9]{0,8}$'
                             OR coalesce(e ->> 'restock', 'true') NOT IN ('true', 'false')
                             OR coalesce(e ->> 'warehouse_id', '1') !~ '^[1-9][0-9]{0,8}$' END) THEN
        RAISE EXCEPTION 'wrong items' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'They must be [{"sku" or "product_id", "quantity", "restock", '
                     '"warehouse_id"}].';
    END IF;
    SELECT e -> 'warehouse_id' INTO v_wrong FROM jsonb_array_elements(items) e
    WHERE (e ->> 'warehouse_id')::integer <> ALL (SELECT w.id FROM ecommerce.warehouses w
                                                  WHERE w.tenant_id = check_return_items.tenant_id);
    IF FOUND THEN
        RAISE EXCEPTION 'unknown warehouse'
            USING ERRCODE = 'EC021', DETAIL = format('It is %s.', v_wrong);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_return_items(jsonb, integer) IS
    'For return_stock(): whether its items can be read, and their warehouses are there. Errors: '
    '22023 wrong items, EC021 unknown warehouse.';

CREATE FUNCTION ecommerce_internal.returned_items(order_id uuid, order_created_at timestamptz,
    items jsonb, tenant_id integer) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_items jsonb;
    v_wrong jsonb;
BEGIN
    -- Name the products by their ids, and compare with what was sold and came back before.
    SELECT jsonb_agg(e || jsonb_build_object('product_id', l.product_id, 'sku',
                                             coalesce(l.sku, e ->> 'sku',
                                                      e ->> 'product_id'))) INTO v_items
    FROM jsonb_array_elements(items) e
    LEFT JOIN LATERAL (SELECT l.product_id, l.sku FROM ecommerce.order_items l
                       WHERE l.tenant_id = returned_items.tenant_id
                         AND l.order_id = returned_items.order_id
                         AND l.order_created_at = returned_items.order_created_at AND l.from_stock
                         AND (l.sku = e ->> 'sku'
                              OR l.product_id::text
                                 = lower((e ->> 'product_id') COLLATE "C"))
                       LIMIT 1) l ON true;
    SELECT jsonb_agg(jsonb_build_object('sku', w.sku, 'requested', w.quantity, 'returnable',
                                        w.returnable) ORDER BY w.sku) INTO v_wrong
    FROM (SELECT r.product_id, r.sku, sum(r.quantity) AS quantity,
                 coalesce((SELECT sum(l.quantity) FROM ecommerce.order_items l
                           WHERE l.tenant_id = returned_items.tenant_id
                             AND l.order_id = returned_items.order_id
                             AND l.order_created_at = returned_items.order_created_at
                             AND l.from_stock
                             AND l.product_id = r.product_id), 0)
                 - coalesce((SELECT sum(m.quantity) FROM ecommerce.stock_movements m
                             WHERE m.tenant_id = returned_items.tenant_id
                               AND m.order_id = returned_items.order_id
                               AND m.reason = 'return'
                               AND m.product_id = r.product_id), 0) AS returnable
          FROM jsonb_to_recordset(v_items) AS r (product_id uuid, sku text, quantity integer)
          GROUP BY r.product_id, r.sku) w
    WHERE w.quantity > w.returnable;
    IF v_wrong IS NOT NULL THEN
        RAISE EXCEPTION 'more comes back than was sold'
            USING ERRCODE = 'EC022', DETAIL = v_wrong::text;
    END IF;
    RETURN v_items;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.returned_items(uuid, timestamptz, jsonb, integer) IS
    'For return_stock(): its items with the product_id and the sku of each. Error EC022 if more '
    'comes back than was sold and did not come back before.';
