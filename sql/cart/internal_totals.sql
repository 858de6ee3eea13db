-- What cart_totals() asks for and answers, and what expire_carts() does for a tenant.

CREATE FUNCTION ecommerce_internal.cart_request(request jsonb, user_id uuid,
    shipping_address jsonb, coupon_codes text[], items jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_key text;
BEGIN
    IF jsonb_typeof(request) NOT IN ('object', 'null') THEN
        RAISE EXCEPTION 'request must be an object, not %', jsonb_typeof(request)
            USING ERRCODE = 'invalid_parameter_value', DETAIL = left(request::text, 100);
    END IF;
    v_key := (SELECT min(k) FROM jsonb_object_keys(
                  CASE jsonb_typeof(request) WHEN 'object' THEN request ELSE '{}' END) k
              WHERE k IN ('items', 'cart_id', 'reservation_id', 'user_id', 'shipping_address',
                          'coupon_codes'));
    IF v_key IS NOT NULL THEN
        RAISE EXCEPTION 'request.% must not be given', v_key
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'It follows from the cart, or is an argument of its own.';
    END IF;
    RETURN jsonb_build_object('coupon_codes', to_jsonb(coupon_codes))
        || CASE jsonb_typeof(request) WHEN 'object' THEN request ELSE '{}' END
        || jsonb_strip_nulls(jsonb_build_object('user_id', user_id))
        || CASE WHEN shipping_address IS NULL THEN '{}'
                ELSE jsonb_build_object('shipping_address', shipping_address) END
        || jsonb_build_object('items', items);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cart_request(jsonb, uuid, jsonb, text[], jsonb) IS
    'For cart_totals(): the request to quote_order(). Error 22023 for what is no object, and for '
    'keys that the cart answers itself.';

CREATE FUNCTION ecommerce_internal.empty_cart_totals(tenant_id integer, coupon_codes text[])
    RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := empty_cart_totals.tenant_id;
    v_shop   jsonb;
BEGIN
    SELECT jsonb_build_object('currency', t.currency, 'prices', t.prices) INTO v_shop
    FROM ecommerce.settings t WHERE t.tenant_id = v_tenant;
    RETURN v_shop || ecommerce.calculate_totals(v_shop || '{"lines": []}') || jsonb_build_object(
        'coupons', (SELECT coalesce(jsonb_agg(jsonb_build_object('code', w.code, 'reason',
                        'no_effect') ORDER BY w.n), '[]')
                    FROM unnest(coupon_codes) WITH ORDINALITY AS w (code, n)),
        'short', jsonb '[]');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.empty_cart_totals(integer, text[]) IS
    'For cart_totals(): what a cart comes to in which nothing can be ordered. It is zero.';

CREATE FUNCTION ecommerce_internal.expire_tenant_carts(max_count integer, tenant_id integer)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := expire_tenant_carts.tenant_id;
    v_before timestamptz := now() - (SELECT s.cart_ttl FROM ecommerce.settings s
                                     WHERE s.tenant_id = v_tenant);
    v_ids    uuid[];
    v_gone   bigint;
    v_lost   bigint;
BEGIN
    v_ids := ARRAY(SELECT c.id FROM ecommerce.carts c
                   WHERE c.tenant_id = v_tenant AND c.status IN ('open', 'merged')
                     AND c.created_at < v_before AND c.updated_at < v_before
                     AND NOT EXISTS (SELECT FROM ecommerce.cart_items i
                                     WHERE i.tenant_id = v_tenant AND i.cart_id = c.id
                                       AND i.updated_at >= v_before)
                   ORDER BY c.created_at LIMIT max_count
                   FOR UPDATE SKIP LOCKED);
    WITH lost AS (
        UPDATE ecommerce.carts c SET status = 'abandoned'
        WHERE c.tenant_id = v_tenant AND c.id = ANY (v_ids)
          AND c.status = 'open' AND c.user_id IS NOT NULL
          AND EXISTS (SELECT FROM ecommerce.cart_items i
                      WHERE i.tenant_id = v_tenant AND i.cart_id = c.id)
        RETURNING c.id, c.user_id)
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    SELECT v_tenant, 'cart.abandoned', l.id,
           jsonb_build_object('user_id', l.user_id, 'lines', n.lines, 'units', n.units)
    FROM lost l CROSS JOIN LATERAL ecommerce_internal.cart_counts(v_tenant, l.id) n;
    GET DIAGNOSTICS v_lost = ROW_COUNT;
    DELETE FROM ecommerce.carts c
    WHERE c.tenant_id = v_tenant AND c.id = ANY (v_ids) AND c.status IN ('open', 'merged');
    GET DIAGNOSTICS v_gone = ROW_COUNT;
    PERFORM ecommerce_internal.check_written(v_lost + v_gone = cardinality(v_ids), 'carts');
    RETURN v_lost + v_gone;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.expire_tenant_carts(integer, integer) IS
    'For expire_carts(): the carts of one tenant.';
