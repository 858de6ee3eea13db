-- Carts: what is put in, taken out, and added up.
--
-- A cart is named by cart_id, session_id or user_id, and is that of the transaction's
-- customer otherwise.  It blocks no stock; docs/cart.md tells the rules.

CREATE FUNCTION ecommerce.cart_add(product_id uuid, quantity bigint DEFAULT 1,
    cart_id uuid DEFAULT NULL, session_id text DEFAULT NULL, user_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.cart_line
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_cart   record;
BEGIN
    IF product_id IS NULL THEN
        RAISE EXCEPTION 'product must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM ecommerce_internal.check_cart_quantity(quantity, 1);
    PERFORM ecommerce_internal.check_cart_product(v_tenant, product_id);
    SELECT o.* INTO v_cart
    FROM ecommerce_internal.open_cart(v_tenant, cart_id, session_id, user_id, true) o;
    RETURN ecommerce_internal.put_cart_line(v_tenant, v_cart.id, v_cart.owner, product_id,
                                            quantity, true);
END
$$;
COMMENT ON FUNCTION ecommerce.cart_add(uuid, bigint, uuid, text, uuid, integer) IS
    'Put units of a product into a cart, which is made if there is none, and return the line. '
    'quantity: units to add to those that are in it. cart_id: an open cart. session_id: the cart '
    'of a guest; at least 16 characters that are hard to guess, because whoever knows it has the '
    'cart. user_id: the cart of a user; another one than the customer of the transaction needs '
    'the privilege to INSERT into orders. Without any it is the customer''s. The price of now is '
    'taken for the one that the customer has seen. More than can be sold is put in; available '
    'tells it. A retry adds once more: cart_set_quantity() does not. Errors: EC002 unknown '
    'product, EC003 not for sale, EC014 no such open cart, EC016 unknown user, EC027 it has '
    'variants, EC028 the cart is full, 22023 wrong quantity or session_id, 22003 too many units, '
    '22004 NULL, or nobody''s cart, 42501 another customer.';

CREATE FUNCTION ecommerce.cart_add(sku text, quantity bigint DEFAULT 1,
    cart_id uuid DEFAULT NULL, session_id text DEFAULT NULL, user_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.cart_line
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.cart_add(ecommerce_internal.find_product(v_tenant, sku, true), quantity,
                              cart_id, session_id, user_id, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.cart_add(text, bigint, uuid, text, uuid, integer) IS
    'Like cart_add(product_id, ...), by SKU or an id without a type.';

CREATE FUNCTION ecommerce.cart_set_quantity(product_id uuid, quantity bigint,
    cart_id uuid DEFAULT NULL, session_id text DEFAULT NULL, user_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.cart_line
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_cart   record;
BEGIN
    IF product_id IS NULL THEN
        RAISE EXCEPTION 'product must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM ecommerce_internal.check_cart_quantity(quantity, 0);
    IF quantity > 0 THEN
        PERFORM ecommerce_internal.check_cart_product(v_tenant, product_id);
    END IF;
    SELECT o.* INTO v_cart
    FROM ecommerce_internal.open_cart(v_tenant, cart_id, session_id, user_id, quantity > 0) o;
    IF quantity = 0 THEN
        RETURN ecommerce_internal.remove_cart_line(v_tenant, v_cart.id, v_cart.owner, product_id);
    END IF;
    RETURN ecommerce_internal.put_cart_line(v_tenant, v_cart.id, v_cart.owner, product_id,
                                            quantity, false);
END
$$;
COMMENT ON FUNCTION ecommerce.cart_set_quantity(uuid, bigint, uuid, text, uuid, integer) IS
    'Let a cart have so many units of a product, and return the line. quantity: units; 0 takes '
    'the product out. A retry changes nothing more. Whose cart, what is returned and errors are '
    'those of cart_add().';

CREATE FUNCTION ecommerce.cart_set_quantity(sku text, quantity bigint,
    cart_id uuid DEFAULT NULL, session_id text DEFAULT NULL, user_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.cart_line
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    IF quantity = 0 THEN
        RETURN ecommerce.cart_remove(sku, cart_id, session_id, user_id, v_tenant);
    END IF;
    RETURN ecommerce.cart_set_quantity(ecommerce_internal.find_product(v_tenant, sku, true),
                                       quantity, cart_id, session_id, user_id, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.cart_set_quantity(text, bigint, uuid, text, uuid, integer) IS
    'Like cart_set_quantity(product_id, ...), by SKU or an id without a type.';

CREATE FUNCTION ecommerce.cart_remove(product_id uuid, cart_id uuid DEFAULT NULL,
    session_id text DEFAULT NULL, user_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.cart_line
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.cart_set_quantity(product_id, 0, cart_id, session_id, user_id, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.cart_remove(uuid, uuid, text, uuid, integer) IS
    'Take a product out of a cart, and return the line with a quantity of 0. Nothing happens if '
    'it is not in it. Whose cart is as for cart_add(). Errors: EC014 no such open cart, EC016 '
    'unknown user, 22023 wrong session_id, 22004 NULL, or nobody''s cart, 42501 another customer.';

CREATE FUNCTION ecommerce.cart_remove(sku text, cart_id uuid DEFAULT NULL,
    session_id text DEFAULT NULL, user_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.cart_line
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_cart   uuid := (SELECT f.id FROM ecommerce_internal.find_cart(v_tenant, cart_id, session_id,
                                                                    user_id) f);
BEGIN
    RETURN ecommerce.cart_remove(ecommerce_internal.product_in_cart(v_tenant, v_cart, sku),
                                 cart_id, session_id, user_id, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.cart_remove(text, uuid, text, uuid, integer) IS
    'Like cart_remove(product_id, ...), by SKU or an id without a type. A product that was '
    'deleted since is found by the SKU that it had.';

CREATE FUNCTION ecommerce.cart_clear(cart_id uuid DEFAULT NULL, session_id text DEFAULT NULL,
    user_id uuid DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.cart_contents
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_result ecommerce.cart_contents;
BEGIN
    v_result.cart_id := (SELECT o.id FROM ecommerce_internal.open_cart(v_tenant, cart_id,
                                                                       session_id, user_id,
                                                                       false) o);
    DELETE FROM ecommerce.cart_items i
    WHERE i.tenant_id = v_tenant AND i.cart_id = v_result.cart_id;
    GET DIAGNOSTICS v_result.changed = ROW_COUNT;
    UPDATE ecommerce.carts c SET coupon_codes = '{}'
    WHERE c.tenant_id = v_tenant AND c.id = v_result.cart_id AND c.coupon_codes <> '{}';
    SELECT n.lines, n.units INTO v_result.lines, v_result.units
    FROM ecommerce_internal.cart_counts(v_tenant, v_result.cart_id) n;
    PERFORM ecommerce_internal.check_written(v_result.lines = 0, 'cart_items');
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.cart_clear(uuid, text, uuid, integer) IS
    'Take everything out of a cart, its coupons included. Whose cart is as for cart_add(). '
    'Returns it, and how many lines went; nothing happens if there is none. Errors: those of '
    'cart_remove().';

CREATE FUNCTION ecommerce.cart_set_coupons(codes text[], cart_id uuid DEFAULT NULL,
    session_id text DEFAULT NULL, user_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.cart_contents
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_codes  text[];
    v_before text[];
    v_wrong  bigint;
    v_result ecommerce.cart_contents;
BEGIN
    IF array_ndims(codes) > 1 THEN
        RAISE EXCEPTION 'codes must be a list, but has % dimensions', array_ndims(codes)
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF codes IS NULL OR array_position(codes, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'codes must not be NULL' USING ERRCODE = 'null_value_not_allowed',
              HINT = 'An empty array takes all coupons off.';
    ELSIF cardinality(codes) > 20 THEN
        RAISE EXCEPTION 'a cart may have 20 coupons, not %', cardinality(codes)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT min(w.n) INTO v_wrong FROM unnest(codes) WITH ORDINALITY AS w (code, n)
    WHERE length(w.code) > 255
       OR length(ecommerce_internal.coupon_code(w.code)) NOT BETWEEN 1 AND 50;
    IF v_wrong IS NOT NULL THEN
        RAISE EXCEPTION 'codes[%] must have 1 to 50 characters', v_wrong - 1
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    v_codes := ARRAY(SELECT w.code FROM (
        SELECT ecommerce_internal.coupon_code(g.code) AS code, min(g.n) AS n
        FROM unnest(codes) WITH ORDINALITY AS g (code, n) GROUP BY 1) w ORDER BY w.n);
    v_result.cart_id := (SELECT o.id FROM ecommerce_internal.open_cart(v_tenant, cart_id,
                             session_id, user_id, cardinality(v_codes) > 0) o);
    v_before := (SELECT c.coupon_codes FROM ecommerce.carts c
                 WHERE c.tenant_id = v_tenant AND c.id = v_result.cart_id);
    UPDATE ecommerce.carts c SET coupon_codes = v_codes
    WHERE c.tenant_id = v_tenant AND c.id = v_result.cart_id AND c.coupon_codes <> v_codes;
    PERFORM ecommerce_internal.check_written(FOUND OR coalesce(v_before, '{}') = v_codes, 'carts');
    v_result.changed := (SELECT count(*) FROM unnest(v_codes || v_before) AS w (code)
                         WHERE w.code <> ALL (v_codes) OR w.code <> ALL (v_before)
                            OR v_before IS NULL);
    SELECT n.lines, n.units INTO v_result.lines, v_result.units
    FROM ecommerce_internal.cart_counts(v_tenant, v_result.cart_id) n;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.cart_set_coupons(text[], uuid, text, uuid, integer) IS
    'Keep codes of coupons on a cart, for cart_totals() and its order. codes: all of them, in the '
    'order in which they are redeemed, at most 20; an empty array takes them off. Whether they '
    'can be used is not asked here: cart_totals() tells. Whose cart is as for cart_add(). Returns '
    'the cart, and how many codes came or went. Errors: 22004 NULL, 22023 too many or too long, '
    'and those of cart_remove().';
