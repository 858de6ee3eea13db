-- Orders: placing, cancelling and carrying them on.

CREATE FUNCTION ecommerce.order_number(id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'ec_order_number';
COMMENT ON FUNCTION ecommerce.order_number(uuid, integer) IS
    'The order number that an order of this id gets. It is the day of its time in '
    'settings.timezone (YYMMDD), a hyphen, and 10 characters of Crockford''s base 32 from its '
    'random bits. Orders keep theirs when the setting changes. Errors: EC011 another tenant, EC015 '
    'no settings, 22023 a UUID of another version than 7.';

CREATE FUNCTION ecommerce.place_order(
    items            jsonb       DEFAULT NULL,
    cart_id          uuid        DEFAULT NULL,
    reservation_id   uuid        DEFAULT NULL,
    user_id          uuid        DEFAULT NULL,
    email            text        DEFAULT NULL,
    phone            text        DEFAULT NULL,
    billing_address  jsonb       DEFAULT NULL,
    shipping_address jsonb       DEFAULT NULL,
    buyer_vat_id     text        DEFAULT NULL,
    buyer_vat_id_valid boolean   DEFAULT NULL,
    currency         text        DEFAULT NULL,
    expected_total   numeric     DEFAULT NULL,
    allowances       jsonb       DEFAULT NULL,
    charges          jsonb       DEFAULT NULL,
    shipping_rate    text        DEFAULT NULL,
    coupon_codes     text[]      DEFAULT NULL,
    notes            text        DEFAULT NULL,
    metadata         jsonb       DEFAULT NULL,
    placed_at        timestamptz DEFAULT NULL,
    idempotency_key  text        DEFAULT NULL,
    tenant_id        integer     DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.placed_order
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_place_order';
COMMENT ON FUNCTION ecommerce.place_order(jsonb, uuid, uuid, uuid, text, text, jsonb, jsonb, text,
    boolean, text, numeric, jsonb, jsonb, text, text[], text, jsonb, timestamptz, text, integer) IS
    'Place an order: take the stock, freeze prices and VAT, write the order, its lines and its '
    'event, all or nothing. What is ordered comes from exactly one of items, cart_id and '
    'reservation_id. items: [{"sku" or "product_id", "quantity", "unit_price"}], where a '
    'unit_price that does not apply now is error EC004 that lists both; or one object whose keys '
    'are the arguments but tenant_id. cart_id: an open cart. reservation_id: a held reservation. '
    'user_id: the customer; NULL for a guest. email and phone: where to reach the customer. '
    'billing_address and shipping_address are each an object with the keys of user_addresses. '
    'Where the order goes decides its VAT, as vat_treatment() says: goods to the shipping address, '
    'services to the billing address, to the other one if it has no country; without any it is a '
    'sale at home. buyer_vat_id: the buyer''s VAT identification number. buyer_vat_id_valid is '
    'what VIES said about it. currency: that of the settings, if it is NULL. Prices are those of '
    'product_prices(), net or gross as they are. expected_total: the gross total that the customer '
    'was shown; another one is error EC018. allowances and charges are those of '
    'calculate_totals(). coupon_codes are redeemed in their order, before allowances, by default '
    'those that the cart keeps: each percentage of what the ones before it left, never more than '
    'the goods; with free_shipping there are no charges of that kind. notes and metadata are kept '
    'with the order. placed_at: moves history in, an order of that time at the given unit prices. '
    'With an idempotency_key a retry of the same request gets the same order, also if it says the '
    'same in other words (119 and 119.00, null and absent); another request under that key is '
    'error EC007, which names what differs. An order of 0.00 is paid. user_id, a cart of a user, '
    'placed_at, allowances, charges and a true buyer_vat_id_valid need the privilege to INSERT '
    'into orders; without it an idempotency_key must have 16 characters, and is good for that role '
    'only. Errors: EC001 out of stock, EC002 unknown product, EC003 not for sale, EC005 unknown '
    'reservation, EC006 it is no longer held, EC012 no VAT rate, EC013 nothing ordered, EC014 no '
    'such cart, EC015 settings are incomplete, EC016 unknown user, EC019 coupons, with a reason '
    'for each, EC025 no price in that currency, EC026 prices are net and gross, EC029 '
    'shipping_rate is not offered, EC030 it is needed; 0A000 no rule says how the sale is taxed, '
    'or its products are taxed in different ways.';

CREATE FUNCTION ecommerce.quote_order(request jsonb,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS jsonb
    LANGUAGE c STABLE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_quote_order';
COMMENT ON FUNCTION ecommerce.quote_order(jsonb, integer) IS
    'What place_order() would answer to the same request, while nothing is written or locked. The '
    'request is an object with the arguments of place_order(), or only its items. The answer has '
    'the keys of calculate_totals(), {"currency", "prices", "lines", "vat", "totals"}; lines have '
    'those of order_items, too. "country", "region", "vat_scheme" and "vat_reason" say how it '
    'would be taxed. "coupons" has for each its {"code", "kind", "amount"}, or the "reason" why '
    'the order would be refused with it; totals are without it. "short" has the products of which '
    'there is too little, as [{"sku", "requested", "available"}]. Stock, prices and coupons may '
    'change until the order is placed; its expected_total makes sure. A quote looks neither at '
    'that nor at an idempotency_key. Errors: those of place_order(), but EC001, EC007, EC018, '
    'EC019 and EC030.';

CREATE FUNCTION ecommerce.placed_order_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'ec_placed_order_id';
COMMENT ON FUNCTION ecommerce.placed_order_id() IS
    'The order that place_order() placed last in this transaction, or found again by its key; '
    'else NULL. A storefront may read that one.';

CREATE FUNCTION ecommerce.cancel_order(order_id uuid, reason text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.order_transition
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_cancel_order';
COMMENT ON FUNCTION ecommerce.cancel_order(uuid, text, integer) IS
    'Cancel an order that is pending or processing. It gives back its stock, its coupons, and '
    'what gift cards paid to them; nothing happens if it is cancelled already. reason: for '
    'people, kept with its event. Returns its statuses, before and now. Errors: EC008 unknown '
    'order, EC009 it was shipped already, EC022 units of it came back already.';

CREATE FUNCTION ecommerce.cancel_order(order_number text, reason text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.order_transition
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.cancel_order(ecommerce_internal.find_order(v_tenant, order_number), reason,
                                  v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.cancel_order(text, text, integer) IS
    'Like cancel_order(order_id, ...), by the order''s number; an id without a type is one, too.';

CREATE FUNCTION ecommerce.transition_order(order_id uuid, status text, reason text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.order_transition
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    o        record;
    v_result ecommerce.order_transition;
BEGIN
    PERFORM ecommerce_internal.check_tenant(tenant_id);
    IF num_nulls(order_id, status, tenant_id) > 0 THEN
        RAISE EXCEPTION 'order_id, status and tenant_id must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF status NOT IN ('pending', 'processing', 'shipped', 'delivered', 'cancelled',
                         'refunded') THEN
        RAISE EXCEPTION 'unknown status "%" of an order', status
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Use processing, shipped, delivered, cancelled or refunded.';
    ELSIF status = 'cancelled' THEN
        RETURN ecommerce.cancel_order(order_id, reason, tenant_id);
    END IF;
    SELECT l.* INTO o
    FROM ecommerce_internal.lock_order(transition_order.tenant_id, transition_order.order_id) l;
    v_result := (order_id, o.order_number, o.status, o.status, o.payment_status);
    IF o.status = transition_order.status THEN
        RETURN v_result;
    END IF;
    UPDATE ecommerce.orders t SET status = transition_order.status
    WHERE t.tenant_id = transition_order.tenant_id AND t.id = transition_order.order_id
      AND t.created_at = o.created_at
    RETURNING t.status, t.payment_status INTO v_result.status, v_result.payment_status;
    PERFORM ecommerce_internal.check_written(
        FOUND AND v_result.status = transition_order.status, 'orders');
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    VALUES (transition_order.tenant_id, 'order.' || transition_order.status,
            transition_order.order_id,
            jsonb_strip_nulls(jsonb_build_object('from', o.status,
                                                 'reason', transition_order.reason)));
    IF transition_order.status = 'shipped' THEN
        UPDATE ecommerce.stock_reservations r SET status = 'consumed'
        WHERE r.tenant_id = transition_order.tenant_id AND r.order_id = transition_order.order_id
          AND r.status = 'committed';
    END IF;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.transition_order(uuid, text, text, integer) IS
    'Bring an order to its next status and append the event. status: one of processing, shipped '
    '(which consumes its reservation), delivered, refunded (once all that was paid went back), or '
    'cancelled, which is cancel_order(). reason: for people, kept with its event. Nothing happens '
    'if it has that status already. Returns its statuses, before and now. Errors: EC008 unknown '
    'order, EC009 it cannot go there, 22023 unknown status.';

CREATE FUNCTION ecommerce.transition_order(order_number text, status text,
    reason text DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.order_transition
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.transition_order(ecommerce_internal.find_order(v_tenant, order_number),
                                      status, reason, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.transition_order(text, text, text, integer) IS
    'Like transition_order(order_id, ...), by the order''s number or an id without a type.';

CREATE FUNCTION ecommerce.place_orders(orders jsonb[],
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS SETOF ecommerce.placed_order
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_place_orders';
COMMENT ON FUNCTION ecommerce.place_orders(jsonb[], integer) IS
    'Place many orders in one transaction, all or none: each is an object whose keys are arguments '
    'of place_order(). Returns them in their order. Errors: those of place_order(); the message '
    'begins with the order, counted from 0, as in orders[1].';

CREATE FUNCTION ecommerce.place_orders(orders jsonb,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS SETOF ecommerce.placed_order
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_place_orders_of_json';
COMMENT ON FUNCTION ecommerce.place_orders(jsonb, integer) IS
    'Like place_orders(jsonb[]), with a JSON array of objects.';

CREATE FUNCTION ecommerce.place_orders(orders text,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS SETOF ecommerce.placed_order
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_place_orders_of_text';
COMMENT ON FUNCTION ecommerce.place_orders(text, integer) IS
    'Like place_orders(jsonb[]), for what has no type: literals, and parameters as drivers send '
    'them. It is a JSON array of objects, or an array of jsonb as PostgreSQL writes it.';
