-- Wishes.

CREATE FUNCTION ecommerce_internal.wish_of(tenant_id integer, user_id uuid, product_id uuid)
    RETURNS ecommerce.wish
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := wish_of.tenant_id;
    v_wish   ecommerce.wish;
BEGIN
    SELECT wish_of.user_id, p.id, p.sku, p.name, r.price, u.units,
           p.status = 'active' AND p.deleted_at IS NULL,
           EXISTS (SELECT FROM ecommerce.wishlist_items w
                   WHERE w.tenant_id = v_tenant AND w.user_id = wish_of.user_id
                     AND w.product_id = wish_of.product_id)
    INTO v_wish
    FROM ecommerce.products p
    LEFT JOIN ecommerce_internal.cart_prices(v_tenant, wish_of.user_id, ARRAY[p.id],
                                                 '{1}') r
           ON r.product_id = p.id
    LEFT JOIN ecommerce_internal.sellable_units(v_tenant, ARRAY[p.id]) u
           ON u.product_id = p.id
    WHERE p.tenant_id = v_tenant AND p.id = wish_of.product_id;
    RETURN v_wish;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.wish_of(integer, uuid, uuid) IS
    'A product as it is on the wishlist of a user, or is not.';

CREATE FUNCTION ecommerce_internal.put_wish(tenant_id integer, user_id uuid, product_id uuid)
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := put_wish.tenant_id;
BEGIN
    -- Of two at once the second counts what the first has put on it.
    PERFORM ecommerce_internal.lock_user(v_tenant, user_id);
    INSERT INTO ecommerce.wishlist_items (tenant_id, user_id, product_id)
    SELECT v_tenant, put_wish.user_id, put_wish.product_id
    WHERE (SELECT count(*) FROM ecommerce.wishlist_items w
           WHERE w.tenant_id = v_tenant AND w.user_id = put_wish.user_id) < 1000
    ON CONFLICT DO NOTHING;
    IF NOT FOUND AND NOT EXISTS (SELECT FROM ecommerce.wishlist_items w
                                 WHERE w.tenant_id = v_tenant AND w.user_id = put_wish.user_id
                                   AND w.product_id = put_wish.product_id) THEN
        RAISE EXCEPTION 'the wishlist of user % is full', user_id
            USING ERRCODE = 'EC028', DETAIL = 'It has 1000 products, and may have no more.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.put_wish(integer, uuid, uuid) IS
    'Puts a product on a wishlist, if it is not there. Locks its user, after a cart. Error EC028: '
    '1000 others are.';
