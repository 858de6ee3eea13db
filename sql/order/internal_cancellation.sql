-- Cancelling single lines of an order before they are shipped.
--
-- A cancellation is a correction: the order and its lines stay as they were, and each row of
-- order_cancellations takes units and amounts off them.

CREATE FUNCTION ecommerce_internal.cancelled_quantity(tenant_id integer, order_id uuid,
    order_created_at timestamptz, line_number integer) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN (SELECT coalesce(sum(c.quantity), 0)::bigint FROM ecommerce.order_cancellations c
            WHERE c.tenant_id = cancelled_quantity.tenant_id
              AND c.order_id = cancelled_quantity.order_id
              AND c.order_created_at = cancelled_quantity.order_created_at
              AND c.line_number = cancelled_quantity.line_number);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cancelled_quantity(integer, uuid, timestamptz, integer) IS
    'Units of a line of an order that were cancelled by cancel_order_items().';

CREATE FUNCTION ecommerce_internal.cancelled_amount(tenant_id integer, order_id uuid,
    order_created_at timestamptz) RETURNS numeric
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN (SELECT coalesce(sum(c.net + c.vat), 0) FROM ecommerce.order_cancellations c
            WHERE c.tenant_id = cancelled_amount.tenant_id
              AND c.order_id = cancelled_amount.order_id
              AND c.order_created_at = cancelled_amount.order_created_at);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cancelled_amount(integer, uuid, timestamptz) IS
    'What the lines of an order that were cancelled come to, gross; its gross less that is due.';

CREATE FUNCTION ecommerce_internal.lock_open_order(tenant_id integer, order_id uuid,
    OUT created_at timestamptz, OUT order_number text, OUT status text, OUT currency text,
    OUT prices text, OUT billing_address jsonb, OUT shipping_address jsonb, OUT buyer_vat_id text,
    OUT vat_scheme text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    SELECT f.created_at, f.order_number, f.status INTO created_at, order_number, status
    FROM ecommerce_internal.lock_fulfilment(tenant_id, order_id) f;
    IF status NOT IN ('pending', 'processing') THEN
        RAISE EXCEPTION 'an order that is % cannot be changed', status
            USING ERRCODE = 'EC009', DETAIL = format('Order %s.', order_number),
                  HINT = CASE WHEN status IN ('shipped', 'delivered')
                              THEN 'Units that were shipped come back by '
                                   'ecommerce.return_stock().'
                              ELSE 'It must be pending or processing.' END;
    END IF;
    SELECT o.currency, o.prices, o.billing_address, o.shipping_address, o.buyer_vat_id,
           o.vat_scheme
    INTO currency, prices, billing_address, shipping_address, buyer_vat_id, vat_scheme
    FROM ecommerce.orders o
    WHERE o.tenant_id = lock_open_order.tenant_id AND o.id = lock_open_order.order_id
      AND o.created_at = lock_open_order.created_at;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_open_order(integer, uuid) IS
    'For functions that correct an order before it is shipped: lock_fulfilment(), and read it. '
    'Errors: EC008 unknown order, EC024 archived, EC009 it is neither pending nor processing.';

CREATE FUNCTION ecommerce_internal.open_lines(tenant_id integer, order_id uuid,
    order_created_at timestamptz)
    RETURNS TABLE (line_number integer, product_id uuid, sku text, quantity bigint,
                   cancellable bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT u.line_number, u.product_id, u.sku, u.quantity, u.quantity - u.packed
    FROM ecommerce_internal.order_units(open_lines.tenant_id, ARRAY[open_lines.order_id],
                                        ARRAY[open_lines.order_created_at]) u;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.open_lines(integer, uuid, timestamptz) IS
    'The goods of an order: units that were not cancelled, and those that still can be. The latter '
    'were not shipped, either.';

CREATE FUNCTION ecommerce_internal.cancelled_allocation(tenant_id integer, order_id uuid,
    order_created_at timestamptz, line_number integer, allocation jsonb, units bigint)
    RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    -- An order takes from the preferred warehouse first; so that gets its units back last.
    RETURN (
        WITH taken AS (
            SELECT a.key AS warehouse,
                   a.value::bigint - (
                       SELECT coalesce(sum((c.allocation ->> a.key)::bigint), 0)
                       FROM ecommerce.order_cancellations c
                       WHERE c.tenant_id = cancelled_allocation.tenant_id
                         AND c.order_id = cancelled_allocation.order_id
                         AND c.order_created_at = cancelled_allocation.order_created_at
                         AND c.line_number = cancelled_allocation.line_number) AS units,
                   w.priority
            FROM jsonb_each_text(allocation) a
            LEFT JOIN ecommerce.warehouses w ON w.tenant_id = cancelled_allocation.tenant_id
                                            AND w.id = a.key::integer),
        share AS (
            SELECT t.warehouse,
                   least(t.units, cancelled_allocation.units
                         - coalesce(sum(t.units) OVER (
                               ORDER BY t.priority DESC NULLS FIRST, t.warehouse::integer DESC
                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)) AS units
            FROM taken t)
        SELECT jsonb_object_agg(s.warehouse, s.units::integer) FROM share s WHERE s.units > 0);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cancelled_allocation(integer, uuid, timestamptz, integer,
    jsonb, bigint) IS
    'For cancel_order_items(): to which warehouses units of a line go back, {"warehouse": units}. '
    'allocation is the line''s, NULL if all are of warehouse 1; so is the answer then.';
