-- What becomes of carts: merged, restored, abandoned.

CREATE FUNCTION ecommerce.cart_merge(session_id text, user_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.merged_cart
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_user   uuid := ecommerce_internal.check_active_customer(v_tenant,
                         coalesce(user_id, ecommerce.current_customer()));
    v_from   uuid;
    v_result ecommerce.merged_cart;
BEGIN
    -- Each turn but the first needs another session that changed one of the carts meanwhile.
    FOR i IN 1..100 LOOP
        v_from := (SELECT c.id FROM ecommerce.carts c
                   WHERE c.tenant_id = v_tenant AND c.session_id = cart_merge.session_id
                     AND c.status = 'open' AND length(c.session_id) >= 16
                     AND (c.coupon_codes <> '{}'
                          OR EXISTS (SELECT FROM ecommerce.cart_items i
                                     WHERE i.tenant_id = v_tenant AND i.cart_id = c.id)));
        IF v_from IS NULL THEN
            v_result.cart_id := (SELECT c.id FROM ecommerce.carts c
                                 WHERE c.tenant_id = v_tenant AND c.user_id = v_user
                                   AND c.status = 'open');
            SELECT n.lines, n.units, 0, 0
            INTO v_result.lines, v_result.units, v_result.merged, v_result.capped
            FROM ecommerce_internal.cart_counts(v_tenant, v_result.cart_id) n;
            RETURN v_result;
        END IF;
        v_result := ecommerce_internal.merge_carts(v_tenant, v_from, 'open', v_user, NULL);
        IF v_result.cart_id IS NOT NULL THEN
            RETURN v_result;
        END IF;
    END LOOP;
    PERFORM ecommerce_internal.check_written(v_result.cart_id IS NOT NULL, 'carts');
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.cart_merge(text, uuid, integer) IS
    'At login: add the cart of a session to that of a user, and return it. session_id: the guest; '
    'one that is NULL, unknown or has no cart changes nothing. user_id: by default the customer '
    'of the transaction. Quantities add up to what can be sold now, at least 1; capped counts '
    'those that were more. Coupons come along. A second call changes nothing, nor does one at the '
    'same time. What the guest saw dearer than it is for the user costs the price of now; what '
    'became dearer is left for cart_totals() to tell. Appends the event cart.merged. Errors: '
    'EC016 unknown user, 22004 nobody, 42501 another customer; what is in the carts is no error.';

CREATE FUNCTION ecommerce.cart_restore(cart_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.merged_cart
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_result ecommerce.merged_cart;
    c        record;
BEGIN
    IF cart_id IS NULL THEN
        RAISE EXCEPTION 'cart_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    FOR i IN 1..100 LOOP
        SELECT f.* INTO c FROM ecommerce_internal.find_cart(v_tenant, cart_id, NULL, NULL) f;
        IF c.status = 'ordered' THEN
            PERFORM ecommerce_internal.refuse_cart(cart_id, c.order_id);
        ELSIF c.status <> 'abandoned' THEN
            v_result.cart_id := (SELECT k.id FROM ecommerce.carts k
                                 WHERE k.tenant_id = v_tenant AND k.status = 'open'
                                   AND (k.user_id = c.owner OR k.session_id = c.session));
            SELECT n.lines, n.units, 0, 0
            INTO v_result.lines, v_result.units, v_result.merged, v_result.capped
            FROM ecommerce_internal.cart_counts(v_tenant, v_result.cart_id) n;
            RETURN v_result;
        END IF;
        v_result := ecommerce_internal.merge_carts(v_tenant, c.id, 'abandoned', c.owner, c.session);
        IF v_result.cart_id IS NOT NULL THEN
            RETURN v_result;
        END IF;
    END LOOP;
    PERFORM ecommerce_internal.check_written(v_result.cart_id IS NOT NULL, 'carts');
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.cart_restore(uuid, integer) IS
    'Add an abandoned cart to the open one of the same user, as cart_merge() does, and return '
    'that. cart_id: the abandoned cart, of the customer of the transaction, or any for those who '
    'may INSERT into orders. A second call changes nothing. Errors: EC014 no such cart, or one '
    'that was ordered, 22004 NULL.';

CREATE FUNCTION ecommerce.cart_accept_prices(cart_id uuid DEFAULT NULL,
    session_id text DEFAULT NULL, user_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.cart_contents
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_ids    uuid[];
    v_units  integer[];
    v_result ecommerce.cart_contents;
    c        record;
BEGIN
    SELECT o.* INTO c
    FROM ecommerce_internal.open_cart(v_tenant, cart_id, session_id, user_id, false) o;
    v_result.cart_id := c.id;
    SELECT array_agg(i.product_id), array_agg(i.quantity) INTO v_ids, v_units
    FROM ecommerce.cart_items i WHERE i.tenant_id = v_tenant AND i.cart_id = c.id;
    UPDATE ecommerce.cart_items i SET unit_price = r.price
    FROM ecommerce_internal.cart_prices(v_tenant, c.owner, v_ids, v_units) r
    WHERE i.tenant_id = v_tenant AND i.cart_id = c.id AND i.product_id = r.product_id
      AND i.unit_price IS DISTINCT FROM r.price;
    GET DIAGNOSTICS v_result.changed = ROW_COUNT;
    SELECT n.lines, n.units INTO v_result.lines, v_result.units
    FROM ecommerce_internal.cart_counts(v_tenant, c.id) n;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.cart_accept_prices(uuid, text, uuid, integer) IS
    'Take the prices of now for those that the customer has seen, and return the cart. Call it '
    'when cart_totals() has told of price_changed and the customer goes on; until then '
    'place_order() refuses the cart with EC004. A price may change once more before the order: '
    'expected_total of place_order() makes sure. Whose cart is as for cart_add(). Errors: those '
    'of cart_remove().';

CREATE FUNCTION ecommerce.expire_carts(max_count integer DEFAULT 1000,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer;
    n        bigint := 0;
BEGIN
    FOR v_tenant IN SELECT t FROM ecommerce_internal.maintained_tenants(tenant_id) t LOOP
        IF max_count IS NULL OR max_count < 0 THEN
            RAISE EXCEPTION 'max_count must be zero or more, but is %', max_count
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        PERFORM ecommerce_internal.work_for(v_tenant);
        n := n + ecommerce_internal.expire_tenant_carts(max_count, v_tenant);
    END LOOP;
    RETURN n;
END
$$;
COMMENT ON FUNCTION ecommerce.expire_carts(integer, integer) IS
    'Take open carts that nobody changed for settings.cart_ttl for abandoned, and return how many '
    'carts went. Those of users with something in them become abandoned, with the event '
    'cart.abandoned; those of guests, empty ones and old merged ones are deleted. max_count: at '
    'most so many of a tenant. tenant_id: NULL for all tenants, one after the other, if the '
    'caller may choose any. Skips what another session is working on. Errors: 22023 wrong '
    'max_count, 42501 all tenants.';
