-- What products cost.

CREATE FUNCTION ecommerce.product_prices(items jsonb,
    user_id uuid DEFAULT ecommerce.current_customer(), at timestamptz DEFAULT NULL,
    currency text DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS SETOF ecommerce.priced_item
    LANGUAGE c STABLE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    AS 'MODULE_PATHNAME', 'ec_product_prices';
COMMENT ON FUNCTION ecommerce.product_prices(jsonb, uuid, timestamptz, text, integer) IS
    'What products cost, one row for each item in their order; place_order() charges the same. '
    'items: [{"sku" or "product_id", "quantity", "unit_price"}], as for place_order(). user_id: '
    'the customer, whose group may have price lists; NULL for a guest. at: the time; now, if it is '
    'NULL. currency: that of the settings, if it is NULL. The most specific price list that has '
    'the product wins: lists of the customer''s group go before those for everybody, then the '
    'higher priority, then the lower price, then the older list; in a list the lowest price of the '
    'tiers that are reached, by all items of the product together. Without any it is the price of '
    'the product or, while that is lower, its sale price, in the currency of the settings only. A '
    'product without a price in the currency has NULL for it. A storefront may ask for its own '
    'customer, and for products that are for sale. Errors: EC002 unknown product, EC003 not for '
    'sale, EC004 a unit_price that is another one, EC015 settings are incomplete, EC016 unknown '
    'user, 22023 unknown currency, 42501 prices of another user.';

CREATE FUNCTION ecommerce.product_price(product_id uuid, quantity integer DEFAULT 1,
    user_id uuid DEFAULT ecommerce.current_customer(), at timestamptz DEFAULT NULL,
    currency text DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.priced_item
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_price ecommerce.priced_item;
BEGIN
    IF num_nulls(quantity, tenant_id) > 0 THEN
        RAISE EXCEPTION 'quantity and tenant_id must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF quantity NOT BETWEEN 1 AND 1000000000 THEN
        RAISE EXCEPTION 'quantity must be a whole number from 1 to 1000000000, not %', quantity
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF EXISTS (SELECT FROM ecommerce.products p
                  WHERE p.tenant_id = product_price.tenant_id AND p.id = product_price.product_id
                    AND p.deleted_at IS NULL) THEN
        SELECT * INTO v_price FROM ecommerce.product_prices(
            jsonb_build_array(jsonb_build_object('product_id', product_id, 'quantity', quantity)),
            user_id, at, currency, tenant_id);
    END IF;
    RETURN v_price;
END
$$;
COMMENT ON FUNCTION ecommerce.product_price(uuid, integer, uuid, timestamptz, text, integer) IS
    'What one product costs, as product_prices() answers it; NULL for an unknown product. '
    'quantity: units, of which price lists may have tiers. user_id: the customer; NULL for a '
    'guest. at: the time; now, if it is NULL. currency: that of the settings, if it is NULL. '
    'Errors: 22004 no quantity or tenant, 22023 a quantity that cannot be ordered, and those of '
    'product_prices().';

CREATE FUNCTION ecommerce.product_price(sku text, quantity integer DEFAULT 1,
    user_id uuid DEFAULT ecommerce.current_customer(), at timestamptz DEFAULT NULL,
    currency text DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.priced_item
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ecommerce.product_price(ecommerce_internal.find_product(tenant_id, sku, false),
                                   quantity, user_id, at, currency, tenant_id);
END
$$;
COMMENT ON FUNCTION ecommerce.product_price(text, integer, uuid, timestamptz, text, integer) IS
    'Like product_price(product_id, ...), by SKU or an id without a type.';
