-- Changing where an order goes, before it is shipped.

CREATE FUNCTION ecommerce.change_order_address(order_id uuid,
    shipping_address jsonb DEFAULT NULL, billing_address jsonb DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.changed_address
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_result ecommerce.changed_address;
    v_old    jsonb;
    o        record;
BEGIN
    IF order_id IS NULL OR coalesce(nullif(shipping_address, 'null'),
                                    nullif(billing_address, 'null')) IS NULL THEN
        RAISE EXCEPTION 'order_id and an address must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT * INTO o FROM ecommerce_internal.lock_open_order(v_tenant, order_id);
    IF EXISTS (SELECT FROM ecommerce_internal.order_units(v_tenant, ARRAY[order_id],
                                                          ARRAY[o.created_at]) u
               WHERE u.packed > 0) THEN
        RAISE EXCEPTION 'an order of which a part was shipped keeps its addresses'
            USING ERRCODE = 'EC009', DETAIL = format('Order %s.', o.order_number);
    END IF;
    -- An empty array is how PHP writes an empty object.
    v_result := (order_id, o.order_number,
        coalesce(nullif(CASE billing_address WHEN '[]' THEN '{}' ELSE billing_address END, 'null'),
                 o.billing_address),
        coalesce(nullif(CASE shipping_address WHEN '[]' THEN '{}' ELSE shipping_address END,
                        'null'), o.shipping_address));
    PERFORM ecommerce_internal.check_treatment(v_tenant, order_id, o.created_at,
        o.billing_address, o.shipping_address, v_result.billing_address,
        v_result.shipping_address, o.buyer_vat_id, o.vat_scheme);
    v_old := CASE WHEN v_result.billing_address IS DISTINCT FROM o.billing_address
                  THEN jsonb_build_object('billing_address', o.billing_address) ELSE '{}' END
          || CASE WHEN v_result.shipping_address IS DISTINCT FROM o.shipping_address
                  THEN jsonb_build_object('shipping_address', o.shipping_address) ELSE '{}' END;
    IF v_old = '{}' THEN
        RETURN v_result;
    END IF;
    UPDATE ecommerce.orders t
    SET billing_address = v_result.billing_address, shipping_address = v_result.shipping_address
    WHERE t.tenant_id = v_tenant AND t.id = change_order_address.order_id
      AND t.created_at = o.created_at;
    PERFORM ecommerce_internal.check_written(FOUND, 'orders');
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    VALUES (v_tenant, 'order.address_changed', change_order_address.order_id, v_old);
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.change_order_address(uuid, jsonb, jsonb, integer) IS
    'Change the addresses of an order that is pending or processing, of which nothing was shipped. '
    'shipping_address and billing_address: whole addresses, with the keys of user_addresses; NULL '
    'leaves one as it is. The order must be taxed as it was: in the same place, by the same scheme '
    'and at the same rates. The old addresses stay in its event until the customer is erased. '
    'Returns the addresses that it has then. Errors: EC008 unknown order, EC009 it was shipped or '
    'cancelled, EC035 it would be taxed otherwise, with what would change; 0A000 no rule says how; '
    '22023 wrong addresses, 22004 NULL.';

CREATE FUNCTION ecommerce.change_order_address(order_number text,
    shipping_address jsonb DEFAULT NULL, billing_address jsonb DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.changed_address
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.change_order_address(ecommerce_internal.find_order(v_tenant, order_number),
                                          shipping_address, billing_address, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.change_order_address(text, jsonb, jsonb, integer) IS
    'Like change_order_address(order_id, ...), by the order''s number or an id without a type.';
