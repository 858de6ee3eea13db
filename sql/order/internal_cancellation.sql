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

CREATE FUNCTION ecommerce_internal.check_cancelled_items(items jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_keys  constant text[] := '{line_number,sku,product_id,quantity}'::text[];
    v_fault text;
BEGIN
    IF jsonb_typeof(ecommerce_internal.encoded_once(items, 'items')) <> 'array'
       OR jsonb_array_length(items) = 0 THEN
        v_fault := 'items must be an array with elements';
    ELSIF jsonb_array_length(items) > 100000 THEN
        v_fault := 'items must have at most 100000 elements';
    ELSE
        SELECT format('items[%s]%s', i.n - 1, f.fault) INTO v_fault
        FROM jsonb_array_elements(items) WITH ORDINALITY i (e, n)
        CROSS JOIN LATERAL (SELECT CASE
            WHEN jsonb_typeof(e) <> 'object' THEN ' must be an object'
            WHEN e - v_keys <> '{}'
                THEN format(' has the unknown key "%s"',
                            left((SELECT min(k) FROM jsonb_object_keys(e - v_keys) k), 100))
            WHEN num_nonnulls(e ->> 'line_number', e ->> 'sku', e ->> 'product_id') <> 1
                THEN ' must have either line_number, sku or product_id'
            WHEN e ->> 'line_number' !~ '^[1-9][0-9]{0,8}$'
                THEN format('.line_number must be the number of a line, but is "%s"',
                            left(e ->> 'line_number', 100))
            WHEN e ->> 'product_id' !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                THEN format('.product_id must be a UUID, but is "%s"',
                            left(e ->> 'product_id', 100))
            WHEN coalesce(e ->> 'quantity', '') !~ '^[+]?0*[1-9][0-9]{0,8}([.]0+)?$'
                THEN format('.quantity must be a whole number from 1 to 999999999, but is "%s"',
                            left(coalesce(e ->> 'quantity', 'null'), 100))
            END AS fault) f
        WHERE f.fault IS NOT NULL ORDER BY i.n LIMIT 1;
    END IF;
    IF v_fault IS NOT NULL THEN
        RAISE EXCEPTION '%', v_fault USING ERRCODE = 'invalid_parameter_value',
            HINT = 'They are [{"line_number" or "sku" or "product_id", "quantity"}].';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_cancelled_items(jsonb) IS
    'For cancel_order_items(): whether its items can be read. Error 22023 says which cannot.';

CREATE FUNCTION ecommerce_internal.lock_open_order(tenant_id integer, order_id uuid,
    OUT created_at timestamptz, OUT order_number text, OUT status text, OUT currency text,
    OUT prices text, OUT billing_address jsonb, OUT shipping_address jsonb, OUT buyer_vat_id text,
    OUT vat_scheme text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_time timestamptz := ecommerce_internal.id_time(order_id);
BEGIN
    -- An update, not only a lock: of two at REPEATABLE READ one must fail.
    UPDATE ecommerce.orders t SET status = t.status
    WHERE t.tenant_id = lock_open_order.tenant_id AND t.id = lock_open_order.order_id
      AND t.created_at BETWEEN v_time - interval '24 hours' AND v_time + interval '24 hours'
    RETURNING t.created_at, t.order_number, t.status, t.currency, t.prices, t.billing_address,
              t.shipping_address, t.buyer_vat_id, t.vat_scheme
    INTO lock_open_order.created_at, lock_open_order.order_number, lock_open_order.status,
         lock_open_order.currency, lock_open_order.prices, lock_open_order.billing_address,
         lock_open_order.shipping_address, lock_open_order.buyer_vat_id,
         lock_open_order.vat_scheme;
    IF NOT FOUND THEN
        PERFORM ecommerce_internal.refuse_unknown_order(order_id);
    ELSIF status NOT IN ('pending', 'processing') THEN
        RAISE EXCEPTION 'an order that is % cannot be changed', status
            USING ERRCODE = 'EC009', DETAIL = format('Order %s.', order_number),
                  HINT = CASE WHEN status IN ('shipped', 'delivered')
                              THEN 'Units that were shipped come back by '
                                   'ecommerce.return_stock().'
                              ELSE 'It must be pending or processing.' END;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_open_order(integer, uuid) IS
    'For functions that correct an order before it is shipped: lock it and read it. Errors: EC008 '
    'unknown order, EC024 archived, EC009 it is neither pending nor processing.';

CREATE FUNCTION ecommerce_internal.open_lines(tenant_id integer, order_id uuid,
    order_created_at timestamptz)
    RETURNS TABLE (line_number integer, product_id uuid, sku text, current_sku text,
                   quantity bigint, cancellable bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT u.line_number, u.product_id, u.sku, p.sku, u.quantity, u.quantity - u.packed
    FROM ecommerce_internal.order_units(open_lines.tenant_id, ARRAY[open_lines.order_id],
                                        ARRAY[open_lines.order_created_at]) u
    LEFT JOIN ecommerce.products p ON p.tenant_id = open_lines.tenant_id AND p.id = u.product_id
                                  AND p.deleted_at IS NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.open_lines(integer, uuid, timestamptz) IS
    'The goods of an order, with the units that were not cancelled, and those that still can be. '
    'These are neither cancelled nor shipped. current_sku is NULL for a product that is deleted.';

CREATE FUNCTION ecommerce_internal.find_cancelled_lines(tenant_id integer, order_id uuid,
    order_created_at timestamptz, items jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_units jsonb := '{}'::jsonb;    -- of each line, by its number
    v_wrong jsonb := '[]'::jsonb;
    v_lines jsonb := (SELECT jsonb_agg(to_jsonb(o)) FROM ecommerce_internal.open_lines(
                          tenant_id, order_id, order_created_at) o);
    v_left  bigint;
    v_open  bigint;
    v_take  bigint;
    i       record;
    l       record;
BEGIN
    FOR i IN SELECT e, (e ->> 'quantity')::numeric::bigint AS quantity
             FROM jsonb_array_elements(items) e
    LOOP
        v_left := i.quantity;
        v_open := 0;
        FOR l IN
            SELECT o.line_number::text AS line,
                   o.cancellable - coalesce((v_units ->> o.line_number::text)::bigint, 0) AS units
            FROM jsonb_to_recordset(v_lines) AS o (line_number integer, product_id uuid, sku text,
                                                   current_sku text, cancellable bigint)
            WHERE i.e ->> 'line_number' = o.line_number::text
               OR (i.e ->> 'product_id')::uuid = o.product_id
               OR i.e ->> 'sku' IN (o.sku, o.current_sku)
            -- The order's own SKU counts before one that another product has since.
            ORDER BY o.sku = i.e ->> 'sku' DESC NULLS LAST, o.line_number
        LOOP
            v_open := v_open + l.units;
            v_take := least(v_left, l.units);
            v_left := v_left - v_take;
            IF v_take > 0 THEN
                v_units := v_units || jsonb_build_object(l.line,
                               coalesce((v_units ->> l.line)::bigint, 0) + v_take);
            END IF;
        END LOOP;
        IF v_left > 0 THEN
            v_wrong := v_wrong || jsonb_strip_nulls(jsonb_build_object(
                'line_number', (i.e ->> 'line_number')::integer, 'sku', i.e -> 'sku',
                'product_id', i.e -> 'product_id', 'requested', i.quantity,
                'cancellable', v_open));
        END IF;
    END LOOP;
    IF v_wrong <> '[]' THEN
        RAISE EXCEPTION 'only % of % can be cancelled, not %', v_wrong -> 0 ->> 'cancellable',
            coalesce('"' || (v_wrong -> 0 ->> 'sku') || '"',
                     'line ' || (v_wrong -> 0 ->> 'line_number'),
                     'product "' || (v_wrong -> 0 ->> 'product_id') || '"'),
            v_wrong -> 0 ->> 'requested'
            USING ERRCODE = 'EC036', DETAIL = v_wrong::text,
                  HINT = 'Neither what is not on the order, nor what was cancelled or shipped '
                         'already, nor charges.';
    END IF;
    RETURN v_units;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.find_cancelled_lines(integer, uuid, timestamptz, jsonb) IS
    'For cancel_order_items(): units of each line, {"line_number": units}. A SKU or product that '
    'several lines have is taken from the first of them. Error EC036 lists all items of which '
    'there are not so many.';

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
