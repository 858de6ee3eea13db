-- How lines come into a cart, and from one cart into another.

CREATE FUNCTION ecommerce_internal.check_cart_product(tenant_id integer, product_id uuid)
    RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := check_cart_product.tenant_id;
    p        record;
BEGIN
    SELECT q.sku, q.status INTO p FROM ecommerce.products q
    WHERE q.tenant_id = v_tenant AND q.id = check_cart_product.product_id
      AND q.deleted_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown product "%"', product_id
            USING ERRCODE = 'EC002', DETAIL = jsonb_build_array(product_id)::text;
    ELSIF p.status <> 'active' THEN
        RAISE EXCEPTION 'product "%" is not for sale', p.sku
            USING ERRCODE = 'EC003', DETAIL = jsonb_build_array(p.sku)::text;
    ELSIF EXISTS (SELECT FROM ecommerce.products v
                  WHERE v.tenant_id = v_tenant AND v.parent_id = check_cart_product.product_id
                    AND v.status = 'active' AND v.deleted_at IS NULL) THEN
        RAISE EXCEPTION 'product "%" has variants, and one of them must be chosen', p.sku
            USING ERRCODE = 'EC027',
                  DETAIL = (SELECT jsonb_agg(v.sku ORDER BY v.sku)::text
                            FROM ecommerce.products v
                            WHERE v.tenant_id = v_tenant
                              AND v.parent_id = check_cart_product.product_id
                              AND v.status = 'active' AND v.deleted_at IS NULL);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_cart_product(integer, uuid) IS
    'Refuses to put a product into a cart or on a wishlist that nobody can order. Errors: EC002 '
    'unknown or deleted, EC003 not for sale, EC027 it has variants, which the detail lists.';

CREATE FUNCTION ecommerce_internal.check_cart_quantity(quantity bigint, least_quantity integer)
    RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF quantity IS NULL THEN
        RAISE EXCEPTION 'quantity must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF quantity < least_quantity THEN
        RAISE EXCEPTION 'quantity must be from % to 1000000000, but is %', least_quantity, quantity
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF quantity > 1000000000 THEN
        RAISE EXCEPTION 'quantity must be from % to 1000000000, but is %', least_quantity, quantity
            USING ERRCODE = 'numeric_value_out_of_range';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_cart_quantity(bigint, integer) IS
    'Refuses a quantity that no line may have. Errors: 22004 NULL, 22023 too little, 22003 more '
    'than 1000000000.';

CREATE FUNCTION ecommerce_internal.put_cart_line(tenant_id integer, cart_id uuid, owner uuid,
    product_id uuid, quantity bigint, adds boolean) RETURNS ecommerce.cart_line
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := put_cart_line.tenant_id;
    v_before integer;
    v_after  integer;
    v_price  numeric;
    v_total  bigint := quantity;
    v_line   ecommerce.cart_line;
BEGIN
    SELECT i.quantity INTO v_before FROM ecommerce.cart_items i
    WHERE i.tenant_id = v_tenant AND i.cart_id = put_cart_line.cart_id
      AND i.product_id = put_cart_line.product_id;
    IF FOUND AND adds THEN
        v_total := v_before + quantity;
        PERFORM ecommerce_internal.check_cart_quantity(v_total, 1);
    ELSIF v_before IS NULL
          AND (SELECT count(*) FROM ecommerce.cart_items i
               WHERE i.tenant_id = v_tenant AND i.cart_id = put_cart_line.cart_id) >= 1000 THEN
        RAISE EXCEPTION 'cart % is full', cart_id
            USING ERRCODE = 'EC028', DETAIL = 'It has 1000 products, and may have no more.';
    END IF;
    v_price := (SELECT r.price FROM ecommerce_internal.cart_prices(v_tenant, owner,
                    ARRAY[product_id], ARRAY[v_total::integer]) r);
    INSERT INTO ecommerce.cart_items AS i (tenant_id, cart_id, product_id, quantity, unit_price)
    VALUES (v_tenant, put_cart_line.cart_id, put_cart_line.product_id, v_total, v_price)
    ON CONFLICT ON CONSTRAINT cart_items_pkey
    DO UPDATE SET quantity = excluded.quantity, unit_price = excluded.unit_price
    RETURNING i.quantity INTO v_after;
    PERFORM ecommerce_internal.check_written(v_after = v_total, 'cart_items');
    SELECT l.* INTO v_line
    FROM ecommerce_internal.cart_lines_of(v_tenant, cart_id, owner, product_id) l;
    RETURN v_line;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.put_cart_line(integer, uuid, uuid, uuid, bigint, boolean) IS
    'For a cart that open_cart() has locked: lets it have so many units of a product, or so many '
    'more, at the price of now. Errors: EC028 1000 other products are in it, 22003 too many '
    'units.';

CREATE FUNCTION ecommerce_internal.remove_cart_line(tenant_id integer, cart_id uuid, owner uuid,
    product_id uuid) RETURNS ecommerce.cart_line
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := remove_cart_line.tenant_id;
    v_line   ecommerce.cart_line;
BEGIN
    SELECT l.* INTO v_line
    FROM ecommerce_internal.cart_lines_of(v_tenant, cart_id, owner, product_id) l;
    IF FOUND THEN
        DELETE FROM ecommerce.cart_items i
        WHERE i.tenant_id = v_tenant AND i.cart_id = remove_cart_line.cart_id
          AND i.product_id = remove_cart_line.product_id;
        PERFORM ecommerce_internal.check_written(FOUND, 'cart_items');
    ELSE
        v_line.cart_id := cart_id;
        v_line.product_id := product_id;
        SELECT p.sku, p.name, p.status = 'active' AND p.deleted_at IS NULL
        INTO v_line.sku, v_line.name, v_line.for_sale FROM ecommerce.products p
        WHERE p.tenant_id = v_tenant AND p.id = remove_cart_line.product_id
          AND p.status = 'active' AND p.deleted_at IS NULL;
    END IF;
    v_line.quantity := 0;
    RETURN v_line;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.remove_cart_line(integer, uuid, uuid, uuid) IS
    'Takes a product out of a cart that open_cart() has locked, if it is there, and returns the '
    'line with a quantity of 0.';

CREATE FUNCTION ecommerce_internal.product_in_cart(tenant_id integer, cart_id uuid, sku text)
    RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := product_in_cart.tenant_id;
    v_id     uuid;
BEGIN
    SELECT p.id INTO v_id FROM ecommerce.cart_items i
    JOIN ecommerce.products p ON p.tenant_id = v_tenant AND p.id = i.product_id
    WHERE i.tenant_id = v_tenant AND i.cart_id = product_in_cart.cart_id
      AND p.sku = product_in_cart.sku
    ORDER BY p.deleted_at IS NOT NULL, p.id LIMIT 1;
    RETURN coalesce(v_id, ecommerce_internal.find_product(v_tenant, sku, true));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.product_in_cart(integer, uuid, text) IS
    'The product of a SKU: that in the cart, also if it was deleted since, or any other. Error '
    'EC002 unknown product.';

CREATE FUNCTION ecommerce_internal.copy_cart_lines(tenant_id integer, from_id uuid, into_id uuid,
    owner uuid, OUT merged bigint, OUT capped jsonb)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
DECLARE
    v_tenant  integer := copy_cart_lines.tenant_id;
    v_ids     uuid[];
    v_wanted  bigint[];
    v_units   integer[];
    v_written bigint;
BEGIN
    SELECT array_agg(f.product_id ORDER BY f.product_id),
           array_agg(f.quantity::bigint + coalesce(t.quantity, 0) ORDER BY f.product_id)
    INTO v_ids, v_wanted
    FROM ecommerce.cart_items f
    LEFT JOIN ecommerce.cart_items t ON t.tenant_id = v_tenant AND t.cart_id = into_id
                                    AND t.product_id = f.product_id
    WHERE f.tenant_id = v_tenant AND f.cart_id = from_id;
    -- What is sold out stays, with one unit: to see it is to know.
    SELECT array_agg(greatest(1, least(w.wanted, u.units, 1000000000))::integer ORDER BY w.n)
    INTO v_units
    FROM unnest(v_ids, v_wanted) WITH ORDINALITY AS w (id, wanted, n)
    LEFT JOIN ecommerce_internal.sellable_units(v_tenant, v_ids) u ON u.product_id = w.id;
    -- A price that rose since it was seen is left, so that the customer will be told.
    WITH written AS (
        INSERT INTO ecommerce.cart_items AS i (tenant_id, cart_id, product_id, quantity, unit_price,
                                               created_at)
        SELECT v_tenant, into_id, w.id, w.units,
               CASE WHEN s.seen IS NOT NULL THEN least(s.seen, r.price) END, s.created_at
        FROM unnest(v_ids, v_units) AS w (id, units)
        JOIN LATERAL (SELECT coalesce(f.unit_price, t.unit_price) AS seen, f.created_at
                      FROM ecommerce.cart_items f
                      LEFT JOIN ecommerce.cart_items t
                             ON t.tenant_id = v_tenant AND t.cart_id = into_id
                            AND t.product_id = f.product_id
                      WHERE f.tenant_id = v_tenant AND f.cart_id = from_id
                        AND f.product_id = w.id) s ON true
        LEFT JOIN ecommerce_internal.cart_prices(v_tenant, owner, v_ids, v_units) r
               ON r.product_id = w.id
        ORDER BY w.id
        ON CONFLICT ON CONSTRAINT cart_items_pkey
        DO UPDATE SET quantity = excluded.quantity, unit_price = excluded.unit_price
        RETURNING i.product_id, i.quantity)
    SELECT count(*) INTO v_written FROM written n
    JOIN unnest(v_ids, v_units) AS w (id, units) ON w.id = n.product_id AND w.units = n.quantity;
    merged := coalesce(cardinality(v_ids), 0);
    PERFORM ecommerce_internal.check_written(v_written = merged, 'cart_items');
    SELECT coalesce(jsonb_agg(jsonb_build_object('product_id', w.id, 'sku', p.sku,
                                                 'requested', w.wanted, 'quantity', w.units)
                              ORDER BY w.n), '[]')
    INTO capped
    FROM unnest(v_ids, v_wanted, v_units) WITH ORDINALITY AS w (id, wanted, units, n)
    JOIN ecommerce.products p ON p.tenant_id = v_tenant AND p.id = w.id
    WHERE w.units < w.wanted;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.copy_cart_lines(integer, uuid, uuid, uuid) IS
    'Adds the lines of one cart to another, both locked. capped: the lines that came to more than '
    'can be sold, as [{"product_id", "sku", "requested", "quantity"}].';

CREATE FUNCTION ecommerce_internal.merge_carts(tenant_id integer, from_id uuid, from_status text,
    user_id uuid, session_id text, OUT result ecommerce.merged_cart)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := merge_carts.tenant_id;
    v_into   uuid;
    v_codes  text[];
    v_locked bigint;
    m        record;
BEGIN
    v_into := (SELECT c.id FROM ecommerce.carts c
               WHERE c.tenant_id = v_tenant AND c.status = 'open'
                 AND (c.user_id = merge_carts.user_id OR c.session_id = merge_carts.session_id));
    v_into := coalesce(v_into, ecommerce_internal.make_cart(v_tenant, user_id, session_id));
    IF v_into IS NULL THEN
        RETURN;
    END IF;
    PERFORM FROM ecommerce.carts c
    WHERE c.tenant_id = v_tenant
      AND (c.id = v_into AND c.status = 'open' OR c.id = from_id AND c.status = from_status)
    ORDER BY c.id FOR NO KEY UPDATE;
    GET DIAGNOSTICS v_locked = ROW_COUNT;
    IF v_locked < 2 THEN
        RETURN;
    END IF;
    SELECT l.* INTO m
    FROM ecommerce_internal.copy_cart_lines(v_tenant, from_id, v_into, user_id) l;
    v_codes := (SELECT f.coupon_codes FROM ecommerce.carts f
                WHERE f.tenant_id = v_tenant AND f.id = from_id);
    UPDATE ecommerce.carts c SET coupon_codes = c.coupon_codes || ARRAY(
        SELECT w.code FROM unnest(v_codes) WITH ORDINALITY AS w (code, n)
        WHERE w.code <> ALL (c.coupon_codes) ORDER BY w.n
        LIMIT greatest(0, 20 - cardinality(c.coupon_codes)))
    WHERE c.tenant_id = v_tenant AND c.id = v_into AND c.status = 'open';
    PERFORM ecommerce_internal.check_written(FOUND, 'carts');
    UPDATE ecommerce.carts c SET status = 'merged'
    WHERE c.tenant_id = v_tenant AND c.id = from_id AND c.status = from_status;
    PERFORM ecommerce_internal.check_written(FOUND, 'carts');
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    VALUES (v_tenant, 'cart.merged', v_into,
            jsonb_strip_nulls(jsonb_build_object('from', from_id, 'user_id', user_id,
                                                 'lines', m.merged, 'capped', m.capped)));
    SELECT v_into, n.lines, n.units, m.merged, jsonb_array_length(m.capped) INTO result
    FROM ecommerce_internal.cart_counts(v_tenant, v_into) n;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.merge_carts(integer, uuid, text, uuid, text) IS
    'Adds a cart to the open one of a user or session, which is made if there is none; it is '
    'merged then. Locks both in the order of their ids. NULL if one of them was not as expected '
    'any more: look again.';
