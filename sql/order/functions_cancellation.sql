-- Cancelling single lines of an order before they are shipped.

CREATE FUNCTION ecommerce.cancel_order_items(order_id uuid, items jsonb,
    reason text DEFAULT NULL, idempotency_key text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.cancelled_items
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_created timestamptz;
    v_number  integer;
    v_open    jsonb;
    v_units   jsonb;
    v_lines   jsonb;
    v_whole   boolean;
    o         record;
BEGIN
    IF num_nulls(order_id, items) > 0 THEN
        RAISE EXCEPTION 'order_id and items must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM ecommerce_internal.check_note(reason, 'reason');
    PERFORM ecommerce_internal.check_unit_items(items, '{quantity}', '{}');
    v_created := ecommerce_internal.order_time(v_tenant, order_id);
    -- As everywhere, the key before the order
    IF idempotency_key IS NOT NULL
       AND NOT ecommerce_internal.claim_cancellation(idempotency_key, order_id, v_created, items,
                                                     reason, v_tenant) THEN
        SELECT min(c.cancellation_number) INTO v_number FROM ecommerce.order_cancellations c
        WHERE c.tenant_id = v_tenant AND c.order_id = cancel_order_items.order_id
          AND c.order_created_at = v_created
          AND c.idempotency_key = cancel_order_items.idempotency_key;
        RETURN ecommerce_internal.cancellation_answer(v_tenant, order_id, v_created, v_number);
    END IF;
    SELECT * INTO o FROM ecommerce_internal.lock_open_order(v_tenant, order_id);
    v_open := (SELECT jsonb_agg(jsonb_build_object('line_number', l.line_number, 'product_id',
                          l.product_id, 'sku', l.sku, 'quantity', l.cancellable,
                          'uncancelled', l.quantity))
               FROM ecommerce_internal.open_lines(v_tenant, order_id, v_created) l);
    v_units := ecommerce_internal.take_units(
        ecommerce_internal.find_lines(items, v_tenant, order_id, v_created),
        coalesce(v_open, '[]'), 'EC036', 'more of "%s" is cancelled than is left');
    v_lines := ecommerce_internal.cancelled_lines(v_tenant, order_id, v_created, o.prices,
                                                  o.currency, v_units);
    v_whole := (SELECT sum((e -> 'uncancelled')::bigint) FROM jsonb_array_elements(v_open) e)
               = (SELECT sum((e -> 'quantity')::bigint) FROM jsonb_array_elements(v_units) e);
    SELECT coalesce(max(c.cancellation_number), 0) + 1 INTO v_number
    FROM ecommerce.order_cancellations c
    WHERE c.tenant_id = v_tenant AND c.order_id = cancel_order_items.order_id
      AND c.order_created_at = v_created;
    -- With its goods all of an order goes: charges and coupons, too.
    IF v_whole THEN
        PERFORM ecommerce.cancel_order(order_id, reason, v_tenant);
    END IF;
    PERFORM ecommerce_internal.book_cancellation(order_id, v_created, v_lines, v_number, reason,
                                                 idempotency_key, NOT v_whole, v_tenant);
    PERFORM ecommerce_internal.check_cancellations(v_tenant, order_id);
    PERFORM ecommerce_internal.settle_cancellation(v_tenant, order_id, v_created, v_whole);
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    SELECT v_tenant, 'order.items_cancelled', cancel_order_items.order_id,
           jsonb_strip_nulls(jsonb_build_object('cancellation_number', v_number,
               'reason', cancel_order_items.reason,
               'net', sum((e ->> 'net')::numeric), 'vat', sum((e ->> 'vat')::numeric),
               'lines', jsonb_agg(jsonb_build_object('line_number', e -> 'line_number',
                                                     'quantity', e -> 'quantity'))))
    FROM jsonb_array_elements(v_lines) e;
    -- What is left may be shipped already.
    IF NOT v_whole THEN
        PERFORM ecommerce_internal.follow_shipments(v_tenant, order_id, v_created);
    END IF;
    RETURN ecommerce_internal.cancellation_answer(v_tenant, order_id, v_created, v_number);
END
$$;
COMMENT ON FUNCTION ecommerce.cancel_order_items(uuid, jsonb, text, text, integer) IS
    'Cancel units of lines of an order that is pending or processing, and give their stock back. '
    'items: [{"sku", "product_id" or "line_number", "quantity"}]; a product that several lines '
    'have is taken from the first of them. reason: for people. The order and its lines stay as '
    'they were; what was cancelled is in order_cancellations, what is still due in order_amounts. '
    'A line keeps its share of discounts, coupons stay redeemed, charges are still due; what gift '
    'cards paid beyond what is due goes back to them. Who cancels all goods cancels the order, as '
    'cancel_order() does. With an idempotency_key a retry of the same request cancels nothing more '
    'and returns the same. Returns the amounts that were cancelled and what is due then. Errors: '
    'EC008 unknown order, EC009 it was shipped or cancelled already, EC036 there are not so many '
    'units that can be cancelled, EC023 they are not on the order, EC007 key of another request, '
    '22023 wrong items.';

CREATE FUNCTION ecommerce.cancel_order_items(order_number text, items jsonb,
    reason text DEFAULT NULL, idempotency_key text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.cancelled_items
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.cancel_order_items(ecommerce_internal.find_order(v_tenant, order_number),
                                        items, reason, idempotency_key, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.cancel_order_items(text, jsonb, text, text, integer) IS
    'Like cancel_order_items(order_id, ...), by the order''s number or an id without a type.';
