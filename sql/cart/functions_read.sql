-- What is in a cart, and what it would come to.

CREATE FUNCTION ecommerce.cart_lines(cart_id uuid DEFAULT NULL, session_id text DEFAULT NULL,
    user_id uuid DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS SETOF ecommerce.cart_line
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN QUERY
    SELECT l.* FROM ecommerce_internal.find_cart(v_tenant, cart_id, session_id, user_id) f
    CROSS JOIN LATERAL ecommerce_internal.cart_lines_of(v_tenant, f.id, f.owner) l;
END
$$;
COMMENT ON FUNCTION ecommerce.cart_lines(uuid, text, uuid, integer) IS
    'The lines of a cart, in the order in which they came, with the price of now and how many can '
    'be sold. Whose cart is as for cart_add(); no row if there is none. Errors: those of '
    'cart_remove().';

CREATE FUNCTION ecommerce.cart_totals(cart_id uuid DEFAULT NULL,
    shipping_address jsonb DEFAULT NULL, coupon_codes text[] DEFAULT NULL,
    session_id text DEFAULT NULL, user_id uuid DEFAULT NULL, request jsonb DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_items   jsonb;
    v_seen    jsonb;
    v_gone    jsonb;
    v_request jsonb;
    v_quote   jsonb;
    v_changed jsonb := jsonb '[]';
    v_codes   text[];
    c         record;
BEGIN
    SELECT f.* INTO c
    FROM ecommerce_internal.find_cart(v_tenant, cart_id, session_id, user_id) f;
    IF c.status <> 'open' THEN
        PERFORM ecommerce_internal.refuse_cart(cart_id, c.order_id);
    END IF;
    v_codes := coalesce(coupon_codes, nullif(c.coupon_codes, '{}'));
    SELECT jsonb_agg(jsonb_build_object('product_id', i.product_id, 'quantity', i.quantity)
                     ORDER BY i.created_at, i.product_id) FILTER (WHERE l.for_sale),
           jsonb_object_agg(i.product_id, i.unit_price)
               FILTER (WHERE l.for_sale AND i.unit_price IS NOT NULL),
           jsonb_agg(jsonb_build_object('product_id', p.id, 'sku', p.sku, 'name', p.name,
                                        'quantity', i.quantity, 'reason',
                                        CASE WHEN p.deleted_at IS NULL THEN 'not_for_sale'
                                             ELSE 'deleted' END)
                     ORDER BY i.created_at, i.product_id) FILTER (WHERE NOT l.for_sale)
    INTO v_items, v_seen, v_gone
    FROM ecommerce.cart_items i
    JOIN ecommerce.products p ON p.tenant_id = v_tenant AND p.id = i.product_id
    CROSS JOIN LATERAL (SELECT p.status = 'active' AND p.deleted_at IS NULL AS for_sale) l
    WHERE i.tenant_id = v_tenant AND i.cart_id = c.id;
    v_request := ecommerce_internal.cart_request(request, c.owner, shipping_address, v_codes,
                                                 v_items);
    IF v_items IS NULL THEN
        v_quote := ecommerce_internal.empty_cart_totals(v_tenant, v_codes);
    ELSE
        v_quote := ecommerce.quote_order(v_request, v_tenant);
        v_changed := (SELECT coalesce(jsonb_agg(jsonb_build_object('sku', q.line -> 'sku',
                          'expected', v_seen -> (q.line ->> 'product_id'),
                          'price', q.line -> 'unit_price') ORDER BY q.n), '[]')
                      FROM jsonb_array_elements(v_quote -> 'lines') WITH ORDINALITY AS q (line, n)
                      WHERE v_seen -> (q.line ->> 'product_id') <> q.line -> 'unit_price');
    END IF;
    RETURN v_quote || jsonb_build_object('cart_id', c.id, 'price_changed', v_changed,
                                         'unavailable', coalesce(v_gone, '[]'));
END
$$;
COMMENT ON FUNCTION ecommerce.cart_totals(uuid, jsonb, text[], text, uuid, jsonb, integer) IS
    'What an order of a cart would come to now, computed as quote_order() does; nothing is '
    'written or locked. shipping_address: where it goes, an object with the keys of '
    'user_addresses. coupon_codes: those to redeem, by default those that the cart keeps. '
    'request: any other key of quote_order(), such as billing_address or buyer_vat_id. The answer '
    'has the keys of quote_order(), and three more. "cart_id" is the cart, null if there is none. '
    '"price_changed" has [{"sku", "expected", "price"}] for each price that is not the one seen; '
    'totals are at the price of now, and place_order() refuses the cart until '
    'cart_accept_prices(). "unavailable" has [{"product_id", "sku", "name", "quantity", '
    '"reason"}] of what is not_for_sale or deleted; totals are without it, and place_order() '
    'refuses the cart until it is removed. An empty cart comes to zero. Whose cart is as for '
    'cart_add(). Errors: those of cart_remove() and of quote_order(), 22023 wrong request.';
