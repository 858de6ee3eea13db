-- What get_order(), order_history() and order_as_of() are made of.

CREATE FUNCTION ecommerce_internal.order_time(tenant_id integer, order_id uuid)
    RETURNS timestamptz
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_time    timestamptz := ecommerce_internal.id_time(order_id);
    v_created timestamptz;
BEGIN
    IF order_id IS NULL THEN
        RAISE EXCEPTION 'order_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT o.created_at INTO v_created FROM ecommerce.orders o
    WHERE o.tenant_id = order_time.tenant_id AND o.id = order_time.order_id
      AND o.created_at BETWEEN v_time - interval '24 hours' AND v_time + interval '24 hours';
    IF NOT FOUND THEN
        PERFORM ecommerce_internal.refuse_unknown_order(order_id);
    END IF;
    RETURN v_created;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.order_time(integer, uuid) IS
    'When an order was placed, the key of its partition. Errors: EC008 unknown order, EC024 '
    'archived, 22004 NULL.';

CREATE FUNCTION ecommerce_internal.visible_order(tenant_id integer, order_id uuid)
    RETURNS timestamptz
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_time    timestamptz := ecommerce_internal.id_time(order_id);
    v_any     boolean := NOT ecommerce_internal.acts_for_customer();
    v_created timestamptz;
BEGIN
    SELECT o.created_at INTO v_created FROM ecommerce.orders o
    WHERE o.tenant_id = visible_order.tenant_id AND o.id = visible_order.order_id
      AND o.created_at BETWEEN v_time - interval '24 hours' AND v_time + interval '24 hours'
      AND (v_any OR o.user_id = ecommerce.current_customer()
           OR o.id = ecommerce.placed_order_id());
    IF NOT FOUND THEN
        PERFORM ecommerce_internal.check_archived(order_id);
    END IF;
    RETURN v_created;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.visible_order(integer, uuid) IS
    'When an order was placed, if the caller may see it; else NULL. Staff see every one; whoever '
    'acts for a customer sees those of that one, and the one that it has just placed. Error EC024 '
    'archived.';

CREATE FUNCTION ecommerce_internal.find_visible_order(tenant_id integer, order_number text)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ecommerce_internal.find_order(tenant_id, order_number);
EXCEPTION WHEN SQLSTATE 'EC008' THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.find_visible_order(integer, text) IS
    'For questions about an order by its number, which visible_order() asks next: its id; NULL if '
    'there is none, or several.';

CREATE FUNCTION ecommerce_internal.check_visible_order(tenant_id integer, order_id uuid)
    RETURNS timestamptz
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_created timestamptz := ecommerce_internal.visible_order(tenant_id, order_id);
BEGIN
    IF order_id IS NULL THEN
        RAISE EXCEPTION 'order_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF v_created IS NULL THEN
        PERFORM ecommerce_internal.refuse_unknown_order(order_id);
    END IF;
    RETURN v_created;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_visible_order(integer, uuid) IS
    'Like visible_order(), but one that the caller may not see is an error. Errors: EC008 unknown '
    'order or somebody else''s, EC024 archived, 22004 NULL.';

CREATE FUNCTION ecommerce_internal.check_visible_number(tenant_id integer, order_number text)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid;
BEGIN
    IF order_number IS NULL OR NOT ecommerce_internal.acts_for_customer() THEN
        RETURN ecommerce_internal.find_order(tenant_id, order_number);
    END IF;
    v_id := ecommerce_internal.find_visible_order(tenant_id, order_number);
    -- What has the form of an id is told to be unknown as such, by check_visible_order().
    IF v_id IS NULL
       OR order_number !~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
          AND ecommerce_internal.visible_order(tenant_id, v_id) IS NULL THEN
        RAISE EXCEPTION 'unknown order "%"', left(order_number, 100) USING ERRCODE = 'EC008';
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_visible_number(integer, text) IS
    'Like find_order(), but to whoever acts for a customer the orders of others are unknown by '
    'their numbers, too. Error EC008.';

CREATE FUNCTION ecommerce_internal.only_keys(document jsonb, keys text[]) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(document) e
            WHERE e.key = ANY (keys));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.only_keys(jsonb, text[]) IS
    'What an object has of these keys: of a row, columns that a shop has added are none of them.';

CREATE FUNCTION ecommerce_internal.order_lines(tenant_id integer, order_id uuid,
    order_created_at timestamptz, trusted boolean) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN (
        SELECT jsonb_build_object(
            'lines', jsonb_agg(
                CASE WHEN trusted
                     THEN to_jsonb(i) - '{tenant_id,order_id,order_created_at}'::text[]
                     ELSE ecommerce_internal.only_keys(to_jsonb(i), '{line_number,kind,
                         product_id,sku,name,quantity,unit_price,discount,vat_category,vat_rate,
                         net,vat,base_quantity,unit_code}') END
                               || jsonb_build_object('gross', i.net + i.vat, 'cancelled',
                                      ecommerce_internal.cancelled_quantity(order_lines.tenant_id,
                                          i.order_id, i.order_created_at, i.line_number))
                               ORDER BY i.line_number),
            'vat_breakdown', (
                    SELECT jsonb_agg(to_jsonb(v) ORDER BY v.vat_category, v.vat_rate DESC)
                    FROM (SELECT l.vat_category, l.vat_rate, sum(l.net) AS net, sum(l.vat) AS vat
                          FROM ecommerce.order_items l
                          WHERE l.tenant_id = order_lines.tenant_id
                            AND l.order_id = order_lines.order_id
                            AND l.order_created_at = order_lines.order_created_at
                          GROUP BY 1, 2) v))
        FROM ecommerce.order_items i
        WHERE i.tenant_id = order_lines.tenant_id AND i.order_id = order_lines.order_id
          AND i.order_created_at = order_lines.order_created_at);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.order_lines(integer, uuid, timestamptz, boolean) IS
    'For get_order(): its keys lines and vat_breakdown. trusted: with what only staff see.';

CREATE FUNCTION ecommerce_internal.order_money(tenant_id integer, order_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN jsonb_build_object(
        'coupons', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('code', k.code, 'kind', k.kind,
                       'amount', r.amount, 'released_at', r.released_at) ORDER BY r.position),
                       '[]')
            FROM ecommerce.coupon_redemptions r
            JOIN ecommerce.coupons k ON k.tenant_id = order_money.tenant_id
                                    AND k.id = r.coupon_id
            WHERE r.tenant_id = order_money.tenant_id AND r.order_id = order_money.order_id),
        'payments', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'method', p.method,
                       'last_digits', g.last_digits, 'status', p.status, 'amount', p.amount,
                       'amount_captured', p.amount_captured,
                       'amount_refunded', p.amount_refunded,
                       'amount_charged_back', p.amount_charged_back,
                       'created_at', p.created_at) ORDER BY p.id), '[]')
            FROM ecommerce.payments p
            LEFT JOIN ecommerce.gift_cards g ON g.tenant_id = order_money.tenant_id
                                            AND g.id = p.gift_card_id
            WHERE p.tenant_id = order_money.tenant_id AND p.order_id = order_money.order_id));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.order_money(integer, uuid) IS
    'For get_order(): its keys coupons and payments.';

CREATE FUNCTION ecommerce_internal.order_corrections(tenant_id integer, order_id uuid,
    order_created_at timestamptz, trusted boolean) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN jsonb_build_object(
        'cancellations', (
            SELECT coalesce(jsonb_agg(
                       CASE WHEN trusted
                            THEN to_jsonb(c)
                                 - '{tenant_id,order_id,order_created_at,idempotency_key}'::text[]
                            ELSE ecommerce_internal.only_keys(to_jsonb(c), '{cancellation_number,
                                line_number,quantity,net,vat,created_at}') END
                       ORDER BY c.cancellation_number, c.line_number), '[]')
            FROM ecommerce.order_cancellations c
            WHERE c.tenant_id = order_corrections.tenant_id
              AND c.order_id = order_corrections.order_id
              AND c.order_created_at = order_corrections.order_created_at),
        'order_notes', (
            SELECT coalesce(jsonb_agg(
                       CASE WHEN trusted
                            THEN to_jsonb(n) - '{tenant_id,order_id,order_created_at}'::text[]
                            ELSE ecommerce_internal.only_keys(to_jsonb(n),
                                     '{id,note,author,user_id,created_at}') END
                       ORDER BY n.id), '[]')
            FROM ecommerce.order_notes n
            WHERE n.tenant_id = order_corrections.tenant_id
              AND n.order_id = order_corrections.order_id
              AND n.order_created_at = order_corrections.order_created_at
              AND (trusted OR NOT n.is_internal)));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.order_corrections(integer, uuid, timestamptz, boolean) IS
    'For get_order(): its keys cancellations and order_notes. trusted: with what only staff see.';

CREATE FUNCTION ecommerce_internal.order_parcels(tenant_id integer, order_id uuid,
    order_created_at timestamptz, trusted boolean) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant  integer := order_parcels.tenant_id;
    v_hidden  text[] := '{tenant_id,order_id,order_created_at,idempotency_key}'::text[];
BEGIN
    RETURN jsonb_build_object(
        'shipments', (
            SELECT coalesce(jsonb_agg(
                       CASE WHEN trusted THEN to_jsonb(s) - v_hidden
                            ELSE ecommerce_internal.only_keys(to_jsonb(s), '{id,shipment_number,
                                replaces_id,status,carrier,tracking_number,tracking_url,
                                created_at,shipped_at,delivered_at,updated_at}') END
                       || jsonb_build_object('lines', (
                       SELECT jsonb_agg(jsonb_build_object('line_number', i.line_number,
                                  'quantity', i.quantity) ORDER BY i.line_number)
                       FROM ecommerce.shipment_items i
                       WHERE i.tenant_id = v_tenant AND i.shipment_id = s.id
                         AND i.order_created_at = s.order_created_at))
                       ORDER BY s.shipment_number), '[]')
            FROM ecommerce.shipments s
            WHERE s.tenant_id = v_tenant AND s.order_id = order_parcels.order_id
              AND s.order_created_at = order_parcels.order_created_at),
        'returns', (
            SELECT coalesce(jsonb_agg(
                       CASE WHEN trusted THEN to_jsonb(r) - v_hidden
                            ELSE ecommerce_internal.only_keys(to_jsonb(r), '{id,return_number,
                                shipment_id,status,note,answer,exchange_order_id,
                                exchange_order_created_at,created_at,decided_at,received_at,
                                updated_at}') END
                       || jsonb_build_object('lines', (
                       SELECT jsonb_agg(jsonb_build_object('line_number', i.line_number,
                                  'quantity', i.quantity, 'reason', i.reason)
                                  ORDER BY i.line_number)
                       FROM ecommerce.return_items i
                       WHERE i.tenant_id = v_tenant AND i.return_id = r.id
                         AND i.order_created_at = r.order_created_at)) || (
                       SELECT jsonb_build_object('net', coalesce(sum(b.net), 0),
                                                 'vat', coalesce(sum(b.vat), 0))
                       FROM ecommerce.return_receipts b
                       WHERE b.tenant_id = v_tenant AND b.return_id = r.id
                         AND b.order_created_at = r.order_created_at)
                       ORDER BY r.return_number), '[]')
            FROM ecommerce.returns r
            WHERE r.tenant_id = v_tenant AND r.order_id = order_parcels.order_id
              AND r.order_created_at = order_parcels.order_created_at));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.order_parcels(integer, uuid, timestamptz, boolean) IS
    'For get_order(): its keys shipments and returns. trusted: with what only staff see.';

CREATE FUNCTION ecommerce_internal.order_status_at(tenant_id integer, order_id uuid,
    order_created_at timestamptz, at timestamptz) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_status text;
BEGIN
    SELECT CASE e.kind WHEN 'order.placed' THEN 'pending' ELSE substr(e.kind, 7) END INTO v_status
    FROM ecommerce.events e
    WHERE e.tenant_id = order_status_at.tenant_id AND e.entity_id = order_status_at.order_id
      AND e.created_at >= order_status_at.order_created_at - interval '24 hours'
      AND e.created_at <= at
      AND e.kind IN ('order.placed', 'order.processing', 'order.shipped', 'order.delivered',
                     'order.cancelled', 'order.refunded')
    ORDER BY greatest(e.created_at, order_status_at.order_created_at) DESC, e.id DESC LIMIT 1;
    RETURN v_status;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.order_status_at(integer, uuid, timestamptz, timestamptz) IS
    'For order_as_of(): the status that an order had, by its events; NULL if they do not tell.';
