-- What shipping would cost.

CREATE FUNCTION ecommerce.shipping_quote(request jsonb, address jsonb DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS SETOF ecommerce.shipping_offer
    LANGUAGE c STABLE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_shipping_quote';
COMMENT ON FUNCTION ecommerce.shipping_quote(jsonb, jsonb, integer) IS
    'The rates of delivery that an order may choose, and what each costs, one of each method. '
    'request: that of place_order(), or only its items; what it says of the address, the customer '
    'and coupons counts. address: its shipping_address, if it has none itself. Without a country '
    'it is that of the shop. Goods only are shipped; of services and digital products alone there '
    'is no rate. Nothing is written or locked. Errors: those of quote_order(), 22023 the postal '
    'code is none of the country, or it or state is needed.';

CREATE FUNCTION ecommerce.shipping_quote(cart_id uuid, address jsonb DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS SETOF ecommerce.shipping_offer
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF cart_id IS NULL THEN
        RAISE EXCEPTION 'cart_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    RETURN QUERY SELECT * FROM ecommerce.shipping_quote(
        jsonb_build_object('cart_id', cart_id), address, tenant_id);
END
$$;
COMMENT ON FUNCTION ecommerce.shipping_quote(uuid, jsonb, integer) IS
    'Like shipping_quote(request, ...), of a cart. Errors: EC014 no such open cart, 22004 NULL.';

CREATE FUNCTION ecommerce.shipping_quote(request text, address jsonb DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS SETOF ecommerce.shipping_offer
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF request IS NULL THEN
        RAISE EXCEPTION 'request must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF request ~ '^[[:space:]]*[[{]' THEN
        RETURN QUERY SELECT * FROM ecommerce.shipping_quote(request::jsonb, address, tenant_id);
    ELSE
        RETURN QUERY SELECT * FROM ecommerce.shipping_quote(request::uuid, address, tenant_id);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce.shipping_quote(text, jsonb, integer) IS
    'Like shipping_quote(request, ...), for what has no type: literals, and parameters as drivers '
    'send them. It is JSON, or the id of a cart.';
