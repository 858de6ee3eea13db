-- What the triggers of orders keep.

CREATE FUNCTION ecommerce_internal.order_transition_allowed(old_status text, new_status text)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE old_status
        WHEN 'pending'    THEN new_status IN ('processing', 'cancelled')
        WHEN 'processing' THEN new_status IN ('shipped', 'cancelled', 'refunded')
        WHEN 'shipped'    THEN new_status IN ('delivered', 'refunded')
        WHEN 'delivered'  THEN new_status = 'refunded'
        ELSE false END;
COMMENT ON FUNCTION ecommerce_internal.order_transition_allowed(text, text) IS
    'Whether an order may go from one status to another, different one.';

CREATE FUNCTION ecommerce_internal.check_order_status() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT ecommerce_internal.order_transition_allowed(OLD.status, NEW.status) THEN
        RAISE EXCEPTION 'an order cannot go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'EC009', DETAIL = format('Order %s.', OLD.order_number),
                  HINT = CASE WHEN OLD.status IN ('shipped', 'delivered')
                                   AND NEW.status = 'cancelled'
                              THEN 'Units that were shipped come back by '
                                   'ecommerce.return_stock().'
                              ELSE 'See ecommerce.transition_order().' END;
    ELSIF NEW.status = 'refunded'
          AND (NEW.amount_refunded = 0
               OR NEW.amount_refunded < NEW.amount_paid - NEW.amount_charged_back)
    THEN
        RAISE EXCEPTION 'an order is refunded when all that was paid went back'
            USING ERRCODE = 'EC009',
                  DETAIL = format('Order %s: paid %s, refunded %s %s.', OLD.order_number,
                                  NEW.amount_paid, NEW.amount_refunded, NEW.currency);
    END IF;
    PERFORM ecommerce_internal.check_order_fulfilment(OLD.tenant_id, OLD.id, OLD.created_at,
                                                      OLD.status, NEW.status);
    CASE NEW.status
        WHEN 'shipped'   THEN NEW.shipped_at   := coalesce(NEW.shipped_at, now());
        WHEN 'delivered' THEN NEW.delivered_at := coalesce(NEW.delivered_at, now());
        WHEN 'cancelled' THEN NEW.cancelled_at := coalesce(NEW.cancelled_at, now());
        ELSE NULL;
    END CASE;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_order_status() IS
    'Guards the state machine of orders, error EC009.';

CREATE FUNCTION ecommerce_internal.check_order_cancel() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.status <> 'cancelled' OR OLD.status = 'cancelled' THEN
        RETURN NULL;
    ELSIF EXISTS (SELECT FROM ecommerce.order_items i
                  WHERE i.tenant_id = OLD.tenant_id AND i.order_id = OLD.id
                    AND i.order_created_at = OLD.created_at AND i.from_stock)
    THEN
        RAISE EXCEPTION 'an order that took stock cannot be cancelled by UPDATE'
            USING ERRCODE = 'EC009', DETAIL = format('Order %s.', OLD.order_number),
                  HINT = 'Use ecommerce.cancel_order(), which gives its stock back.';
    ELSIF EXISTS (SELECT FROM ecommerce.coupon_redemptions r
                  WHERE r.tenant_id = OLD.tenant_id AND r.order_id = OLD.id
                    AND r.released_at IS NULL)
          OR (SELECT sum(l.amount) FROM ecommerce.gift_card_entries l
              WHERE l.tenant_id = OLD.tenant_id AND l.order_id = OLD.id) < 0
    THEN
        RAISE EXCEPTION 'an order with coupons or gift cards cannot be cancelled by UPDATE'
            USING ERRCODE = 'EC009', DETAIL = format('Order %s.', OLD.order_number),
                  HINT = 'Use ecommerce.cancel_order(), which gives them back.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_order_cancel() IS
    'Refuses to cancel an order by plain SQL, error EC009, if something has to be given back.';

CREATE FUNCTION ecommerce_internal.check_order() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    violated text;
BEGIN
    violated := CASE
        WHEN abs(extract(epoch FROM NEW.created_at - ecommerce.uuid_v7_time(NEW.id))) > 86400
                                                                THEN 'orders_id_time_check'
        WHEN length(NEW.order_number) NOT BETWEEN 1 AND 50      THEN 'orders_order_number_check'
        WHEN NOT ecommerce_internal.email_valid(NEW.email)      THEN 'orders_email_check'
        WHEN length(NEW.phone) > 30                             THEN 'orders_phone_check'
        WHEN NEW.status NOT IN ('pending', 'processing', 'shipped', 'delivered', 'cancelled',
                                'refunded')
                                                                THEN 'orders_status_check'
        -- An order that is inserted is history, of which money may not be known.
        WHEN NEW.payment_status NOT IN ('pending', 'paid', 'failed', 'refunded')
             OR TG_OP = 'UPDATE' AND NEW.payment_status = 'refunded'
                AND OLD.payment_status <> 'refunded'
                AND (NEW.amount_refunded = 0
                     OR NEW.amount_refunded < NEW.amount_paid - NEW.amount_charged_back)
                                                                THEN 'orders_payment_status_check'
        WHEN NEW.currency !~ '^[A-Z]{3}$'                       THEN 'orders_currency_check'
        WHEN NEW.prices NOT IN ('net', 'gross')                 THEN 'orders_prices_check'
        WHEN NEW.net < 0 OR NEW.net >= 1e18                     THEN 'orders_net_check'
        WHEN NEW.vat < 0 OR NEW.vat >= 1e18                     THEN 'orders_vat_check'
        WHEN NEW.gross <> NEW.net + NEW.vat                     THEN 'orders_gross_check'
        WHEN NEW.amount_paid < 0 OR NEW.amount_paid >= 1e18     THEN 'orders_amount_paid_check'
        -- Providers tell of refunds before the payment, or of too many: the order goes on.
        WHEN NEW.amount_refunded < 0
             OR NEW.amount_refunded > NEW.amount_paid
                AND (TG_OP = 'INSERT' OR NEW.amount_refunded > OLD.amount_refunded
                     OR NEW.amount_paid < OLD.amount_paid)
                                                                THEN 'orders_amount_refunded_check'
        WHEN abs(NEW.amount_charged_back) >= 1e18       THEN 'orders_amount_charged_back_check'
        WHEN NEW.country !~ '^[A-Z]{2}$'                        THEN 'orders_country_check'
        WHEN NEW.vat_scheme NOT IN ('domestic', 'oss', 'ioss', 'registration', 'intra_eu', 'export',
                                    'reverse_charge', 'outside', 'small_enterprise')
                                                                THEN 'orders_vat_scheme_check'
        WHEN NEW.vatex !~ '^VATEX-[A-Z0-9-]{1,30}$'             THEN 'orders_vatex_check'
        WHEN length(NEW.vat_reason) > 10000                     THEN 'orders_vat_reason_check'
        WHEN NEW.mydata_exemption NOT BETWEEN 1 AND 31          THEN 'orders_mydata_exemption_check'
        WHEN length(NEW.buyer_vat_id) > 50                      THEN 'orders_buyer_vat_id_check'
        WHEN jsonb_typeof(NEW.billing_address) <> 'object'      THEN 'orders_billing_address_check'
        WHEN jsonb_typeof(NEW.shipping_address) <> 'object'     THEN 'orders_shipping_address_check'
        WHEN jsonb_typeof(NEW.metadata) <> 'object'             THEN 'orders_metadata_check'
        WHEN length(NEW.notes) > 10000                          THEN 'orders_notes_check'
    END;
    IF violated IS NOT NULL THEN
        RAISE EXCEPTION 'order % violates %', NEW.order_number, violated
            USING ERRCODE = 'check_violation', CONSTRAINT = violated, SCHEMA = 'ecommerce',
                  TABLE = 'orders';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_order() IS
    'Checks an order that plain SQL inserts or updates, error 23514. What it keeps: id and '
    'created_at within a day, known states, amounts finite and not negative, gross = net + vat, '
    'no payment that becomes refunded before all of it went back.';

CREATE FUNCTION ecommerce_internal.check_order_item() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    violated text;
BEGIN
    violated := CASE
        WHEN abs(extract(epoch FROM NEW.order_created_at
                                    - ecommerce.uuid_v7_time(NEW.order_id))) > 86400
                                                                THEN 'order_items_id_time_check'
        WHEN NEW.line_number < 1                                THEN 'order_items_line_number_check'
        WHEN NEW.kind NOT IN ('product', 'shipping', 'fee')     THEN 'order_items_kind_check'
        WHEN (NEW.kind = 'product') <> (NEW.product_id IS NOT NULL)
                                                                THEN 'order_items_product_check'
        WHEN length(NEW.sku) > 100                              THEN 'order_items_sku_check'
        WHEN length(NEW.name) > 255                             THEN 'order_items_name_check'
        WHEN NEW.quantity > 1000000000                          THEN 'check_quantity_positive'
        -- cancel_order() would give back what was never taken
        WHEN NEW.from_stock                                     THEN 'order_items_from_stock_check'
        WHEN NEW.unit_price < 0 OR NEW.unit_price >= 1e15       THEN 'order_items_unit_price_check'
        WHEN NEW.base_quantity NOT BETWEEN 1 AND 1000000000 THEN 'order_items_base_quantity_check'
        WHEN NEW.unit_code !~ '^[A-Z0-9]{2,3}$'                 THEN 'order_items_unit_code_check'
        WHEN NEW.discount < 0 OR NEW.discount >= 1e18           THEN 'order_items_discount_check'
        WHEN NEW.vat_category NOT IN ('S', 'Z', 'E', 'AE', 'K', 'G', 'O')
                                                               THEN 'order_items_vat_category_check'
        WHEN NEW.vat_rate < 0 OR NEW.vat_rate > 100             THEN 'order_items_vat_rate_check'
        WHEN NEW.net < 0 OR NEW.net >= 1e18                     THEN 'order_items_net_check'
        WHEN NEW.vat < 0 OR NEW.vat >= 1e18                     THEN 'order_items_vat_check'
    END;
    IF violated IS NOT NULL THEN
        RAISE EXCEPTION 'order item violates %', violated
            USING ERRCODE = 'check_violation', CONSTRAINT = violated, SCHEMA = 'ecommerce',
                  TABLE = 'order_items';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_order_item() IS
    'Checks a line that plain SQL inserts, error 23514: known kinds and VAT categories, amounts '
    'finite and not negative. Nor has it units from stock, which only place_order() takes.';

CREATE FUNCTION ecommerce_internal.check_totals(tenant_id integer, order_id uuid,
    created_at timestamptz) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    o record;
BEGIN
    SELECT t.net, t.vat, i.net AS lines_net, i.vat AS lines_vat INTO o
    FROM ecommerce.orders t
    CROSS JOIN (SELECT sum(l.net) AS net, sum(l.vat) AS vat FROM ecommerce.order_items l
                WHERE l.tenant_id = check_totals.tenant_id AND l.order_id = check_totals.order_id
                  AND l.order_created_at = check_totals.created_at) i
    WHERE t.tenant_id = check_totals.tenant_id AND t.id = check_totals.order_id
      AND t.created_at = check_totals.created_at
      AND (t.net, t.vat) IS DISTINCT FROM (i.net, i.vat);
    IF FOUND THEN
        RAISE EXCEPTION 'an order must equal the sum of its lines'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'totals_match', SCHEMA = 'ecommerce',
                  TABLE = 'orders',
                  DETAIL = format('The order says net %s and VAT %s, its lines sum to %s and %s.',
                                  o.net, o.vat, coalesce(o.lines_net, 0), coalesce(o.lines_vat, 0)),
                  HINT = 'place_order() makes orders that do.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_totals(integer, uuid, timestamptz) IS
    'Error 23514 if an order differs from the sum of its lines, or has none.';

CREATE FUNCTION ecommerce_internal.check_order_totals() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM ecommerce_internal.check_totals(NEW.tenant_id, NEW.id, NEW.created_at);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_order_totals() IS
    'Deferred to the commit: an order made by plain SQL must equal the sum of its lines.';

CREATE FUNCTION ecommerce_internal.check_item_totals() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM ecommerce.events e
               WHERE e.tenant_id = NEW.tenant_id AND e.entity_id = NEW.order_id
                 AND e.created_at = NEW.order_created_at
                 AND e.kind = 'order.placed') THEN
        RAISE EXCEPTION 'INSERT on order_items is refused'
            USING ERRCODE = 'EC017', DETAIL = 'No line is added to an order that was placed.';
    END IF;
    PERFORM ecommerce_internal.check_totals(NEW.tenant_id, NEW.order_id, NEW.order_created_at);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_item_totals() IS
    'Deferred to the commit: lines made by plain SQL must sum to their order. Error EC017 for one '
    'that joins an order that place_order() made.';

CREATE FUNCTION ecommerce_internal.refuse_unknown_order(order_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM ecommerce_internal.check_archived(order_id);
    RAISE EXCEPTION 'unknown order %', order_id USING ERRCODE = 'EC008';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refuse_unknown_order(uuid) IS
    'For who did not find an order: error EC008, or EC024 if the orders of its time are archived.';

CREATE FUNCTION ecommerce_internal.lock_order(tenant_id integer, order_id uuid,
    OUT created_at timestamptz, OUT order_number text, OUT status text, OUT payment_status text,
    OUT currency text, OUT gross numeric, OUT amount_paid numeric, OUT amount_refunded numeric)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_time timestamptz := ecommerce_internal.id_time(order_id);
BEGIN
    IF order_id IS NULL THEN
        RAISE EXCEPTION 'order_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT o.created_at, o.order_number, o.status, o.payment_status, o.currency, o.gross,
           o.amount_paid, o.amount_refunded
    INTO lock_order.created_at, lock_order.order_number, lock_order.status,
         lock_order.payment_status, lock_order.currency, lock_order.gross,
         lock_order.amount_paid, lock_order.amount_refunded
    FROM ecommerce.orders o
    WHERE o.tenant_id = lock_order.tenant_id AND o.id = lock_order.order_id
      AND o.created_at BETWEEN v_time - interval '24 hours' AND v_time + interval '24 hours'
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM ecommerce_internal.refuse_unknown_order(order_id);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_order(integer, uuid) IS
    'For functions that pay or refund: lock an order and read it. Errors: EC008 unknown order, '
    'which every id of another version than 7 is; EC024 archived, 22004 NULL.';

CREATE FUNCTION ecommerce_internal.find_order(tenant_id integer, order_number text) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_day timestamptz;
    v_ids uuid[];
BEGIN
    IF order_number IS NULL THEN
        RETURN NULL;
    ELSIF order_number ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' THEN
        RETURN order_number::uuid;
    END IF;
    -- A number tells the day in the shop's time zone, hence one partition or two.
    IF order_number ~ '^[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])-' THEN
        v_day := make_timestamptz(2000 + left(order_number, 2)::integer,
                                  substr(order_number, 3, 2)::integer, 1, 0, 0, 0, 'UTC')
                 + make_interval(days => substr(order_number, 5, 2)::integer - 1);
        v_ids := ARRAY(SELECT o.id FROM ecommerce.orders o
                       WHERE o.tenant_id = find_order.tenant_id
                         AND o.order_number = find_order.order_number
                         AND o.created_at BETWEEN v_day - interval '48 hours'
                                              AND v_day + interval '72 hours' LIMIT 2);
    END IF;
    IF v_ids IS NULL OR v_ids = '{}' THEN
        v_ids := ARRAY(SELECT o.id FROM ecommerce.orders o
                       WHERE o.tenant_id = find_order.tenant_id
                         AND o.order_number = find_order.order_number LIMIT 2);
    END IF;
    IF cardinality(v_ids) = 1 THEN
        RETURN v_ids[1];
    ELSIF v_ids = '{}' THEN
        RAISE EXCEPTION 'unknown order "%"', left(order_number, 100) USING ERRCODE = 'EC008';
    END IF;
    RAISE EXCEPTION 'several orders have the number "%"', order_number
        USING ERRCODE = 'EC008', HINT = 'Use its id.';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.find_order(integer, text) IS
    'For functions that take an order by its number: its id. What has the form of an id is one, '
    'and not looked up. NULL for NULL. Error EC008 unknown order, or several of that number.';

CREATE FUNCTION ecommerce_internal.lock_for_orders(orders jsonb[], tenant_id integer) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_held tid[];
    v_row  tid;
    v_id   uuid;
BEGIN
    -- A key that was inserted and deleted is held all the same, because its insertion is not
    -- committed; place_order() inserts it again.  It is deleted by its place, and alone, because
    -- that costs less than an index: at SERIALIZABLE, to read one is to depend on keys beside it.
    WITH held AS (
        INSERT INTO ecommerce.idempotency_keys (tenant_id, key, request_hash, order_id,
                                                order_created_at)
        SELECT lock_for_orders.tenant_id, u.o ->> 'idempotency_key', sha256(''),
               '00000000-0000-0000-0000-000000000000'::uuid, now()
        FROM unnest(orders) AS u (o)
        WHERE length(u.o ->> 'idempotency_key') BETWEEN 1 AND 255
        ORDER BY 2
        ON CONFLICT DO NOTHING
        RETURNING ctid)
    SELECT array_agg(h.ctid) INTO v_held FROM held h;
    FOREACH v_row IN ARRAY coalesce(v_held, '{}') LOOP
        DELETE FROM ecommerce.idempotency_keys k
        WHERE k.tenant_id = lock_for_orders.tenant_id AND k.ctid = v_row;
    END LOOP;
    PERFORM FROM ecommerce.carts c
    WHERE c.tenant_id = lock_for_orders.tenant_id
      AND c.id IN (SELECT (u.o ->> 'cart_id')::uuid FROM unnest(orders) AS u (o))
    ORDER BY c.id FOR UPDATE;
    PERFORM FROM ecommerce.stock_reservations r
    WHERE r.tenant_id = lock_for_orders.tenant_id
      AND r.id IN (SELECT (u.o ->> 'reservation_id')::uuid FROM unnest(orders) AS u (o))
    ORDER BY r.id, r.product_id, r.warehouse_id FOR NO KEY UPDATE;
    PERFORM ecommerce_internal.lock_coupons(orders, tenant_id);
    FOR v_id IN
        WITH item AS (
            SELECT DISTINCT e ->> 'sku' AS sku,
                   CASE WHEN e ->> 'product_id'
                             ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
                        THEN (e ->> 'product_id')::uuid END AS id
            FROM unnest(orders) AS u (o)
            CROSS JOIN LATERAL jsonb_array_elements(
                CASE jsonb_typeof(u.o -> 'items')
                WHEN 'array' THEN u.o -> 'items' ELSE '[]' END) e)
        SELECT p.id FROM item i
        JOIN ecommerce.products p ON p.tenant_id = lock_for_orders.tenant_id AND p.sku = i.sku
        WHERE p.deleted_at IS NULL AND p.track_stock
        UNION
        SELECT p.id FROM item i
        JOIN ecommerce.products p ON p.tenant_id = lock_for_orders.tenant_id AND p.id = i.id
        WHERE p.deleted_at IS NULL AND p.track_stock
        UNION
        SELECT i.product_id FROM unnest(orders) AS u (o)
        JOIN ecommerce.cart_items i ON i.tenant_id = lock_for_orders.tenant_id
                                   AND i.cart_id = (u.o ->> 'cart_id')::uuid
        UNION
        SELECT r.product_id FROM unnest(orders) AS u (o)
        JOIN ecommerce.stock_reservations r ON r.tenant_id = lock_for_orders.tenant_id
                                           AND r.id = (u.o ->> 'reservation_id')::uuid
        ORDER BY 1
    LOOP
        PERFORM ecommerce_internal.lock_stock(v_id, tenant_id);
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_for_orders(jsonb[], integer) IS
    'For place_orders(): lock what all orders need, so that nobody waits in a circle. Keys, carts, '
    'reservations, coupons and products, each in their order.';
