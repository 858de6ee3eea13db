-- What somebody who writes letters needs to know about an event.

CREATE FUNCTION ecommerce.event_notification(event_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := event_notification.tenant_id;
    v_order  jsonb;
    v_user   uuid;
    e        record;
    f        record;
BEGIN
    SELECT v.* INTO e FROM ecommerce.events v
    WHERE v.tenant_id = v_tenant AND v.id = event_notification.event_id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT * INTO f FROM ecommerce_internal.event_subjects(e.kind, e.entity_id, e.data);
    v_order := ecommerce_internal.order_document(v_tenant, f.order_id);
    v_user := coalesce(f.user_id, (v_order ->> 'user_id')::uuid,
                       (SELECT c.user_id FROM ecommerce.carts c
                        WHERE c.tenant_id = v_tenant AND c.id = f.cart_id));
    RETURN jsonb_build_object(
        'mail', f.mail,
        'event', jsonb_build_object('id', e.id, 'kind', e.kind, 'created_at', e.created_at,
                                    'entity_id', e.entity_id, 'data', e.data),
        'shop', (SELECT jsonb_build_object('name', t.name, 'country', s.country,
                                           'currency', s.currency, 'prices', s.prices,
                                           'timezone', s.timezone)
                 FROM ecommerce.tenants t
                 JOIN ecommerce.settings s ON s.tenant_id = v_tenant
                 WHERE t.id = v_tenant),
        'recipient', ecommerce_internal.recipient_document(v_tenant, v_user, v_order),
        'order', v_order,
        'cart', ecommerce_internal.cart_document(v_tenant, f.cart_id),
        'product', (SELECT jsonb_build_object('id', p.id, 'sku', p.sku, 'name', p.name,
                                              'slug', p.slug, 'price', p.price)
                    FROM ecommerce.products p
                    WHERE p.tenant_id = v_tenant AND p.id = f.product_id));
END
$$;
COMMENT ON FUNCTION ecommerce.event_notification(uuid, integer) IS
    'All that a letter about an event needs, as it is now: a document whose parts are null where '
    'the event is not about them. mail: which letter it is, of those in docs/event.md; null if '
    'there is none. event: the event. shop: name, country, currency, prices and timezone of the '
    'tenant. recipient: email, name, language (BCP 47) and user_id. order: its number, state, '
    'addresses and totals, its lines and its VAT by rate. cart and product likewise. Tokens are '
    'never in it. Returns NULL for an unknown event. Sees what the caller may see.';
