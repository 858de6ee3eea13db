-- Whose cart it is, what its lines cost, and how two carts become one.
--
-- Whoever changes lines has locked the cart before, by an UPDATE of its row: so at
-- REPEATABLE READ a second change is noticed, and updated_at tells of the last one.

CREATE FUNCTION ecommerce_internal.refuse_cart(cart_id uuid, order_id uuid DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF order_id IS NULL THEN
        RAISE EXCEPTION 'no open cart %', cart_id USING ERRCODE = 'EC014';
    END IF;
    RAISE EXCEPTION 'no open cart %', cart_id
        USING ERRCODE = 'EC014', DETAIL = format('It became order %s.', order_id);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refuse_cart(uuid, uuid) IS
    'Raises the error for a cart that is unknown, somebody else''s or not open: EC014.';

CREATE FUNCTION ecommerce_internal.find_cart(tenant_id integer, cart_id uuid, session_id text,
    user_id uuid, OUT id uuid, OUT owner uuid, OUT session text, OUT status text,
    OUT order_id uuid, OUT coupon_codes text[])
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := find_cart.tenant_id;
BEGIN
    IF num_nonnulls(cart_id, session_id, user_id) > 1 THEN
        RAISE EXCEPTION 'a cart has one name: cart_id, session_id or user_id'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('Given are %s.', concat_ws(' and ',
                      CASE WHEN cart_id IS NOT NULL THEN 'cart_id' END,
                      CASE WHEN session_id IS NOT NULL THEN 'session_id' END,
                      CASE WHEN user_id IS NOT NULL THEN 'user_id' END));
    ELSIF cart_id IS NOT NULL THEN
        SELECT c.id, c.user_id, c.session_id, c.status, c.order_id, c.coupon_codes
        INTO id, owner, session, status, order_id, coupon_codes
        FROM ecommerce.carts c WHERE c.tenant_id = v_tenant AND c.id = find_cart.cart_id;
        -- The id of a guest's cart is a secret like its session; that of a user's is not.
        IF NOT FOUND OR owner IS NOT NULL
           AND owner IS DISTINCT FROM ecommerce.current_customer()
           AND ecommerce_internal.acts_for_customer() THEN
            PERFORM ecommerce_internal.refuse_cart(cart_id);
        END IF;
    ELSIF session_id IS NOT NULL THEN
        IF length(session_id) NOT BETWEEN 16 AND 255 THEN
            RAISE EXCEPTION 'session_id must have 16 to 255 characters, but has %',
                            length(session_id)
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = 'Whoever knows it has the cart, so it must be hard to guess.',
                      HINT = 'Use a random UUID.';
        END IF;
        session := session_id;
        SELECT c.id, c.status, c.coupon_codes INTO id, status, coupon_codes
        FROM ecommerce.carts c
        WHERE c.tenant_id = v_tenant AND c.session_id = find_cart.session_id
          AND c.status = 'open';
    ELSE
        owner := coalesce(user_id, ecommerce.current_customer());
        IF owner IS NULL THEN
            RAISE EXCEPTION 'nobody is said whose cart it is'
                USING ERRCODE = 'null_value_not_allowed',
                      HINT = 'Give cart_id, session_id or user_id, or choose the customer by '
                             'use_customer().';
        END IF;
        PERFORM ecommerce_internal.check_active_customer(v_tenant, owner);
        SELECT c.id, c.status, c.coupon_codes INTO id, status, coupon_codes
        FROM ecommerce.carts c
        WHERE c.tenant_id = v_tenant AND c.user_id = find_cart.owner AND c.status = 'open';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.find_cart(integer, uuid, text, uuid) IS
    'The cart of that id, or the open one of a session or a user, by default the customer of the '
    'transaction. id is NULL if a session or user has none. Errors: EC014 unknown cart, or of a '
    'user whom the caller may not name, 22023 several names or a short session_id, 22004 nobody, '
    '42501 and EC016 as check_active_customer().';

CREATE FUNCTION ecommerce_internal.make_cart(tenant_id integer, user_id uuid, session_id text)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := make_cart.tenant_id;
    v_id     uuid;
BEGIN
    INSERT INTO ecommerce.carts (tenant_id, user_id, session_id)
    VALUES (v_tenant, make_cart.user_id, make_cart.session_id)
    ON CONFLICT DO NOTHING RETURNING carts.id INTO v_id;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.make_cart(integer, uuid, text) IS
    'Makes an open cart and returns its id; NULL if another session made it at the same time.';

CREATE FUNCTION ecommerce_internal.open_cart(tenant_id integer, cart_id uuid, session_id text,
    user_id uuid, make boolean, OUT id uuid, OUT owner uuid)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := open_cart.tenant_id;
    c        record;
BEGIN
    -- Each turn but the first needs another session that made or closed it meanwhile.
    FOR i IN 1..100 LOOP
        SELECT f.* INTO c
        FROM ecommerce_internal.find_cart(v_tenant, cart_id, session_id, user_id) f;
        owner := c.owner;
        IF c.id IS NULL THEN
            id := CASE WHEN make THEN ecommerce_internal.make_cart(v_tenant, c.owner, c.session)
                  END;
        ELSE
            UPDATE ecommerce.carts k SET updated_at = now()
            WHERE k.tenant_id = v_tenant AND k.id = c.id AND k.status = 'open'
            RETURNING k.id INTO id;
            IF id IS NULL AND cart_id IS NOT NULL THEN
                SELECT f.* INTO c
                FROM ecommerce_internal.find_cart(v_tenant, cart_id, NULL, NULL) f;
                PERFORM ecommerce_internal.refuse_cart(cart_id, c.order_id);
            END IF;
        END IF;
        IF id IS NOT NULL OR c.id IS NULL AND NOT make THEN
            RETURN;
        END IF;
    END LOOP;
    PERFORM ecommerce_internal.check_written(id IS NOT NULL, 'carts');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.open_cart(integer, uuid, text, uuid, boolean) IS
    'Locks an open cart to change its lines, and makes it if it is to; then id and owner. Waits '
    'while it is checked out, and if it becomes an order then takes a new one of the same session '
    'or user; a cart_id is error EC014 then. Other errors as find_cart().';

CREATE FUNCTION ecommerce_internal.cart_prices(tenant_id integer, user_id uuid,
    product_ids uuid[], quantities integer[]) RETURNS TABLE (product_id uuid, price numeric)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    v_tenant integer := cart_prices.tenant_id;
    v_items  jsonb;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('product_id', p.id, 'quantity', w.quantity)) INTO v_items
    FROM unnest(product_ids, quantities) AS w (id, quantity)
    JOIN ecommerce.products p ON p.tenant_id = v_tenant AND p.id = w.id
    WHERE p.status = 'active' AND p.deleted_at IS NULL;
    IF v_items IS NOT NULL THEN
        RETURN QUERY
        SELECT r.product_id, r.unit_price
        FROM ecommerce.product_prices(v_items, cart_prices.user_id, tenant_id => v_tenant) r;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cart_prices(integer, uuid, uuid[], integer[]) IS
    'What a unit of each product costs now in such quantities. user_id: the customer, NULL for a '
    'guest. No row for what is not for sale.';

CREATE FUNCTION ecommerce_internal.sellable_units(tenant_id integer, product_ids uuid[])
    RETURNS TABLE (product_id uuid, units bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := sellable_units.tenant_id;
BEGIN
    RETURN QUERY
    SELECT p.id,
           (SELECT coalesce(sum(s.available::bigint + s.backorder_limit), 0)
            FROM ecommerce.stock s WHERE s.tenant_id = v_tenant AND s.product_id = p.id)::bigint
         + (SELECT coalesce(sum(r.quantity), 0) FROM ecommerce.stock_reservations r
            WHERE r.tenant_id = v_tenant AND r.product_id = p.id AND r.status = 'held'
              AND r.expires_at <= clock_timestamp())
    FROM unnest(product_ids) AS w (id)
    JOIN ecommerce.products p ON p.tenant_id = v_tenant AND p.id = w.id
    WHERE p.track_stock;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.sellable_units(integer, uuid[]) IS
    'Units of each product that an order could take now, as quote_order() counts them. With '
    'backorders, and what expired reservations hold. No row for what is not tracked.';

CREATE FUNCTION ecommerce_internal.cart_lines_of(tenant_id integer, cart_id uuid, owner uuid,
    product_id uuid DEFAULT NULL) RETURNS SETOF ecommerce.cart_line
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
DECLARE
    v_tenant     integer := cart_lines_of.tenant_id;
    v_ids        uuid[];
    v_quantities integer[];
BEGIN
    SELECT array_agg(i.product_id), array_agg(i.quantity) INTO v_ids, v_quantities
    FROM ecommerce.cart_items i
    WHERE i.tenant_id = v_tenant AND i.cart_id = cart_lines_of.cart_id
      AND i.product_id = coalesce(cart_lines_of.product_id, i.product_id);
    RETURN QUERY
    SELECT i.cart_id, p.id, p.sku, p.name, i.quantity, i.unit_price, r.price, u.units,
           p.status = 'active' AND p.deleted_at IS NULL
    FROM ecommerce.cart_items i
    JOIN ecommerce.products p ON p.tenant_id = v_tenant AND p.id = i.product_id
    LEFT JOIN ecommerce_internal.cart_prices(v_tenant, owner, v_ids, v_quantities) r
           ON r.product_id = i.product_id
    LEFT JOIN ecommerce_internal.sellable_units(v_tenant, v_ids) u ON u.product_id = i.product_id
    WHERE i.tenant_id = v_tenant AND i.cart_id = cart_lines_of.cart_id
      AND i.product_id = ANY (v_ids)
    ORDER BY i.created_at, i.product_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cart_lines_of(integer, uuid, uuid, uuid) IS
    'The lines of a cart, or of one product in it, in the order in which they came.';

CREATE FUNCTION ecommerce_internal.cart_counts(tenant_id integer, cart_id uuid,
    OUT lines bigint, OUT units bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := cart_counts.tenant_id;
BEGIN
    SELECT count(*), coalesce(sum(i.quantity), 0) INTO lines, units FROM ecommerce.cart_items i
    WHERE i.tenant_id = v_tenant AND i.cart_id = cart_counts.cart_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cart_counts(integer, uuid) IS
    'How many lines and units are in a cart; none if cart_id is NULL.';
