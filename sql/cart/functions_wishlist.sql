-- Wishlists: what a user would like to have, and its way into the cart and back.

CREATE FUNCTION ecommerce.wishlist_add(product_id uuid, user_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.wish
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_user   uuid := ecommerce_internal.check_active_customer(v_tenant,
                         coalesce(user_id, ecommerce.current_customer()));
    v_wish   ecommerce.wish;
BEGIN
    IF product_id IS NULL THEN
        RAISE EXCEPTION 'product must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    v_wish := ecommerce_internal.wish_of(v_tenant, v_user, product_id);
    IF v_wish.for_sale IS NOT TRUE THEN
        PERFORM ecommerce_internal.check_cart_product(v_tenant, product_id);
    END IF;
    PERFORM ecommerce_internal.put_wish(v_tenant, v_user, product_id);
    RETURN ecommerce_internal.wish_of(v_tenant, v_user, product_id);
END
$$;
COMMENT ON FUNCTION ecommerce.wishlist_add(uuid, uuid, integer) IS
    'Put a product on the wishlist of a user, if it is not there already, and return it. user_id: '
    'by default the customer of the transaction. A product with variants may be wished. Errors: '
    'EC002 unknown product, EC003 not for sale, EC016 unknown user, EC028 the list is full, 22004 '
    'NULL, or nobody''s list, 42501 another customer.';

CREATE FUNCTION ecommerce.wishlist_add(sku text, user_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.wish
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.wishlist_add(ecommerce_internal.find_product(v_tenant, sku, true), user_id,
                                  v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.wishlist_add(text, uuid, integer) IS
    'Like wishlist_add(product_id, ...), by SKU or an id without a type.';

CREATE FUNCTION ecommerce.wishlist_remove(product_id uuid, user_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.wish
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_user   uuid := ecommerce_internal.check_active_customer(v_tenant,
                         coalesce(user_id, ecommerce.current_customer()));
    v_wish   ecommerce.wish;
BEGIN
    IF product_id IS NULL THEN
        RAISE EXCEPTION 'product must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    v_wish := ecommerce_internal.wish_of(v_tenant, v_user, product_id);
    DELETE FROM ecommerce.wishlist_items w
    WHERE w.tenant_id = v_tenant AND w.user_id = v_user
      AND w.product_id = wishlist_remove.product_id;
    -- Of what was not on it nothing is told but the id: it may be a draft.
    IF v_wish.is_wished IS NOT TRUE THEN
        v_wish := (v_user, product_id, NULL, NULL, NULL, NULL, NULL, NULL);
    END IF;
    v_wish.is_wished := false;
    RETURN v_wish;
END
$$;
COMMENT ON FUNCTION ecommerce.wishlist_remove(uuid, uuid, integer) IS
    'Take a product off the wishlist of a user, and return it. user_id: by default the customer '
    'of the transaction. Nothing happens if it is not there. Errors: EC016 unknown user, 22004 '
    'NULL, or nobody''s list, 42501 another customer.';

CREATE FUNCTION ecommerce.wishlist_remove(sku text, user_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.wish
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_user   uuid := ecommerce_internal.check_active_customer(v_tenant,
                         coalesce(user_id, ecommerce.current_customer()));
    v_id     uuid;
BEGIN
    SELECT p.id INTO v_id FROM ecommerce.wishlist_items w
    JOIN ecommerce.products p ON p.tenant_id = v_tenant AND p.id = w.product_id
    WHERE w.tenant_id = v_tenant AND w.user_id = v_user AND p.sku = wishlist_remove.sku
    ORDER BY p.deleted_at IS NOT NULL, p.id LIMIT 1;
    RETURN ecommerce.wishlist_remove(
        coalesce(v_id, ecommerce_internal.find_product(v_tenant, sku, true)), v_user, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.wishlist_remove(text, uuid, integer) IS
    'Like wishlist_remove(product_id, ...), by SKU or an id without a type. A product that was '
    'deleted since is found by the SKU that it had. Error EC002 unknown product.';

CREATE FUNCTION ecommerce.wishlist_to_cart(product_id uuid, quantity bigint DEFAULT 1,
    user_id uuid DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.cart_line
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_user   uuid := ecommerce_internal.check_active_customer(v_tenant,
                         coalesce(user_id, ecommerce.current_customer()));
    v_line   ecommerce.cart_line;
    c        record;
BEGIN
    IF product_id IS NULL THEN
        RAISE EXCEPTION 'product must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM ecommerce_internal.check_cart_quantity(quantity, 1);
    PERFORM ecommerce_internal.check_cart_product(v_tenant, product_id);
    -- The cart is locked first, so of two calls the second finds no wish.
    SELECT o.* INTO c FROM ecommerce_internal.open_cart(v_tenant, NULL, NULL, v_user, EXISTS (
        SELECT FROM ecommerce.wishlist_items w
        WHERE w.tenant_id = v_tenant AND w.user_id = v_user
          AND w.product_id = wishlist_to_cart.product_id)) o;
    DELETE FROM ecommerce.wishlist_items w
    WHERE w.tenant_id = v_tenant AND w.user_id = v_user
      AND w.product_id = wishlist_to_cart.product_id;
    IF FOUND THEN
        RETURN ecommerce_internal.put_cart_line(v_tenant, c.id, v_user, product_id, quantity,
                                                true);
    END IF;
    SELECT l.* INTO v_line
    FROM ecommerce_internal.cart_lines_of(v_tenant, c.id, v_user, product_id) l;
    IF NOT FOUND THEN
        SELECT c.id, p.id, p.sku, p.name, 0 INTO v_line.cart_id, v_line.product_id, v_line.sku,
               v_line.name, v_line.quantity
        FROM ecommerce.products p
        WHERE p.tenant_id = v_tenant AND p.id = wishlist_to_cart.product_id;
    END IF;
    RETURN v_line;
END
$$;
COMMENT ON FUNCTION ecommerce.wishlist_to_cart(uuid, bigint, uuid, integer) IS
    'Move a product from the wishlist of a user to the cart, and return the line of the cart. '
    'quantity: units to add to those that are in it. user_id: by default the customer of the '
    'transaction. What is not on the list changes nothing, so a retry does not add twice. Errors: '
    'those of cart_add().';

CREATE FUNCTION ecommerce.wishlist_to_cart(sku text, quantity bigint DEFAULT 1,
    user_id uuid DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.cart_line
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.wishlist_to_cart(ecommerce_internal.find_product(v_tenant, sku, true),
                                      quantity, user_id, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.wishlist_to_cart(text, bigint, uuid, integer) IS
    'Like wishlist_to_cart(product_id, ...), by SKU or an id without a type.';

CREATE FUNCTION ecommerce.cart_to_wishlist(product_id uuid, user_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.wish
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_user   uuid := ecommerce_internal.check_active_customer(v_tenant,
                         coalesce(user_id, ecommerce.current_customer()));
    c        record;
BEGIN
    IF product_id IS NULL THEN
        RAISE EXCEPTION 'product must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT o.* INTO c FROM ecommerce_internal.open_cart(v_tenant, NULL, NULL, v_user, false) o;
    DELETE FROM ecommerce.cart_items i
    WHERE i.tenant_id = v_tenant AND i.cart_id = c.id
      AND i.product_id = cart_to_wishlist.product_id;
    IF NOT FOUND THEN
        RETURN ecommerce.wishlist_add(product_id, v_user, v_tenant);
    END IF;
    PERFORM ecommerce_internal.put_wish(v_tenant, v_user, product_id);
    RETURN ecommerce_internal.wish_of(v_tenant, v_user, product_id);
END
$$;
COMMENT ON FUNCTION ecommerce.cart_to_wishlist(uuid, uuid, integer) IS
    'Move a product from the cart of a user to the wishlist, and return it. user_id: by default '
    'the customer of the transaction. What is not in the cart is put on the list only, so a retry '
    'changes nothing. What is in the cart moves also if it is not for sale any more. Errors: those '
    'of wishlist_add().';

CREATE FUNCTION ecommerce.cart_to_wishlist(sku text, user_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.wish
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_cart   uuid := (SELECT f.id FROM ecommerce_internal.find_cart(v_tenant, NULL, NULL,
                                                                    user_id) f);
BEGIN
    RETURN ecommerce.cart_to_wishlist(ecommerce_internal.product_in_cart(v_tenant, v_cart, sku),
                                      user_id, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.cart_to_wishlist(text, uuid, integer) IS
    'Like cart_to_wishlist(product_id, ...), by SKU or an id without a type.';
