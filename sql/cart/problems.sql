-- The proof that an ordered cart is what its order sold.

CREATE FUNCTION ecommerce_internal.cart_problems(since timestamptz DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := cart_problems.tenant_id;
    v_away   tstzmultirange := ecommerce_internal.archived_times();
    v_from   timestamptz := coalesce(since, '-infinity');
    v_id     uuid := ecommerce_internal.first_id(since);
BEGIN
    -- That there is an order is for order_problems() to say.
    RETURN QUERY
    SELECT 'a cart differs from its order', k.id,
           jsonb_build_object('order_id', k.order_id, 'product_id', k.product_id,
               'cart', k.in_cart, 'order', k.in_order)
    FROM (
        SELECT c.id, c.order_id, l.product_id, sum(l.in_cart) AS in_cart,
               sum(l.in_order) AS in_order
        FROM ecommerce.carts c
        CROSS JOIN LATERAL (
            SELECT i.product_id, i.quantity AS in_cart, 0 AS in_order FROM ecommerce.cart_items i
            WHERE i.tenant_id = v_tenant AND i.cart_id = c.id
            UNION ALL
            SELECT o.product_id, 0, o.quantity FROM ecommerce.order_items o
            WHERE o.tenant_id = v_tenant AND o.order_id = c.order_id AND o.kind = 'product'
              AND o.order_created_at >= v_from - interval '1 day') l
        WHERE c.tenant_id = v_tenant AND c.order_id >= v_id AND c.status = 'ordered'
          AND NOT ecommerce_internal.may_be_archived(c.order_id, v_away)
          AND EXISTS (SELECT FROM ecommerce.order_items o
                      WHERE o.tenant_id = v_tenant AND o.order_id = c.order_id)
        GROUP BY 1, 2, 3) k
    WHERE k.in_cart <> k.in_order;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cart_problems(timestamptz, integer) IS
    'For verify_integrity(): carts of a tenant that hold other units than the orders that they '
    'became. With since: of what happened since then.';
