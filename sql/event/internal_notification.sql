-- The parts of event_notification().

CREATE FUNCTION ecommerce_internal.event_subjects(kind text, entity_id uuid, data jsonb,
    OUT mail text, OUT order_id uuid, OUT cart_id uuid, OUT user_id uuid, OUT product_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_topic text := split_part(kind, '.', 1);
BEGIN
    mail := (SELECT m.mail FROM (VALUES
        ('order.placed', NULL, 'order_confirmation'),
        ('order.shipped', NULL, 'order_shipped'), ('shipment.shipped', NULL, 'order_shipped'),
        ('order.delivered', NULL, 'order_delivered'),
        ('shipment.delivered', NULL, 'order_delivered'),
        ('order.cancelled', NULL, 'order_cancelled'),
        ('order.items_cancelled', NULL, 'order_cancelled'),
        ('refund.confirmed', NULL, 'order_refunded'),
        ('user.token_requested', 'reset', 'password_reset'),
        ('user.token_requested', 'verification', 'email_verification'),
        ('cart.abandoned', NULL, 'cart_abandoned'),
        ('stock.replenished', NULL, 'back_in_stock')) AS m (kind, type, mail)
        WHERE m.kind = event_subjects.kind AND (m.type IS NULL OR m.type = data ->> 'type'));
    order_id := CASE WHEN v_topic = 'order' THEN entity_id
                     ELSE ecommerce_internal.uuid_in(data, 'order_id') END;
    cart_id := CASE v_topic WHEN 'cart' THEN entity_id END;
    user_id := CASE v_topic WHEN 'user' THEN entity_id
                    ELSE ecommerce_internal.uuid_in(data, 'user_id') END;
    product_id := CASE v_topic WHEN 'stock' THEN entity_id
                       ELSE ecommerce_internal.uuid_in(data, 'product_id') END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.event_subjects(text, uuid, jsonb) IS
    'For event_notification(): which letter an event is, and whom and what it is about. That is '
    'its entity, or what data names as order_id, user_id or product_id.';

CREATE FUNCTION ecommerce_internal.uuid_in(data jsonb, key text) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN data ->> key ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                THEN (data ->> key)::uuid END
$$;
COMMENT ON FUNCTION ecommerce_internal.uuid_in(jsonb, text) IS
    'An id in an object; NULL if it has none under that key.';

CREATE FUNCTION ecommerce_internal.order_document(tenant_id integer, order_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := order_document.tenant_id;
    v_time   timestamptz := ecommerce_internal.id_time(order_id);
    v_order  jsonb;
    v_at     timestamptz;
BEGIN
    SELECT jsonb_build_object('id', o.id, 'order_number', o.order_number,
               'created_at', o.created_at, 'status', o.status, 'payment_status', o.payment_status,
               'user_id', o.user_id, 'email', o.email, 'phone', o.phone, 'currency', o.currency,
               'prices', o.prices, 'net', o.net, 'vat', o.vat, 'gross', o.gross,
               'amount_paid', o.amount_paid, 'amount_refunded', o.amount_refunded,
               'billing_address', o.billing_address, 'shipping_address', o.shipping_address,
               'notes', o.notes, 'shipped_at', o.shipped_at, 'delivered_at', o.delivered_at,
               'cancelled_at', o.cancelled_at), o.created_at
    INTO v_order, v_at
    FROM ecommerce.orders o
    WHERE o.tenant_id = v_tenant AND o.id = order_document.order_id
      AND o.created_at >= v_time - interval '1 day' AND o.created_at <= v_time + interval '1 day';
    RETURN v_order || (
        SELECT jsonb_build_object(
            'lines', jsonb_agg(jsonb_build_object('line_number', i.line_number, 'kind', i.kind,
                'product_id', i.product_id, 'sku', i.sku, 'name', i.name,
                'quantity', i.quantity, 'unit_price', i.unit_price, 'discount', i.discount,
                'vat_rate', i.vat_rate, 'net', i.net, 'vat', i.vat, 'gross', i.net + i.vat)
                ORDER BY i.line_number),
            'vat_breakdown', (SELECT jsonb_agg(jsonb_build_object('vat_category', b.vat_category,
                                  'vat_rate', b.vat_rate, 'net', b.net, 'vat', b.vat)
                                  ORDER BY b.vat_category, b.vat_rate DESC)
                FROM (SELECT g.vat_category, g.vat_rate, sum(g.net) AS net, sum(g.vat) AS vat
                      FROM ecommerce.order_items g
                      WHERE g.tenant_id = v_tenant AND g.order_id = order_document.order_id
                        AND g.order_created_at = v_at
                      GROUP BY g.vat_category, g.vat_rate) b))
        FROM ecommerce.order_items i
        WHERE i.tenant_id = v_tenant AND i.order_id = order_document.order_id
          AND i.order_created_at = v_at);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.order_document(integer, uuid) IS
    'For event_notification(): an order with its lines and its VAT by rate. NULL if there is none.';

CREATE FUNCTION ecommerce_internal.cart_document(tenant_id integer, cart_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := cart_document.tenant_id;
BEGIN
    RETURN (SELECT jsonb_build_object('id', c.id, 'status', c.status, 'lines', coalesce(
                (SELECT jsonb_agg(jsonb_build_object('sku', p.sku, 'name', p.name,
                            'slug', p.slug, 'quantity', i.quantity, 'unit_price',
                            coalesce(i.unit_price, p.price)) ORDER BY i.created_at, p.sku)
                 FROM ecommerce.cart_items i
                 JOIN ecommerce.products p ON p.tenant_id = v_tenant AND p.id = i.product_id
                 WHERE i.tenant_id = v_tenant AND i.cart_id = c.id), '[]'))
            FROM ecommerce.carts c WHERE c.tenant_id = v_tenant AND c.id = cart_document.cart_id);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cart_document(integer, uuid) IS
    'For event_notification(): a cart with its lines. NULL if it is not there.';

CREATE FUNCTION ecommerce_internal.recipient_document(tenant_id integer, user_id uuid,
    order_document jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant  integer := recipient_document.tenant_id;
    v_address jsonb := coalesce(order_document -> 'billing_address',
                                order_document -> 'shipping_address');
    u         record;
BEGIN
    SELECT t.id, t.email, nullif(concat_ws(' ', t.first_name, t.last_name), '') AS name,
           p.language
    INTO u
    FROM ecommerce.users t
    LEFT JOIN ecommerce.user_profiles p ON p.tenant_id = v_tenant AND p.user_id = t.id
    WHERE t.tenant_id = v_tenant AND t.id = recipient_document.user_id AND t.deleted_at IS NULL;
    -- Who ordered said where to write to about it.
    RETURN nullif(jsonb_strip_nulls(jsonb_build_object(
        'email', coalesce(order_document ->> 'email', u.email),
        'name', coalesce(u.name, nullif(concat_ws(' ', v_address ->> 'first_name',
                                                  v_address ->> 'last_name'), '')),
        'language', u.language, 'user_id', u.id)), '{}');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.recipient_document(integer, uuid, jsonb) IS
    'For event_notification(): whom to write to. That is the email address of the order, else of '
    'the user; NULL if nobody is known.';
