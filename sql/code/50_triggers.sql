-- Trigger functions: they change NEW or refuse, and write nothing else.

CREATE FUNCTION ecommerce.set_updated_at() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'ec_set_updated_at';
COMMENT ON FUNCTION ecommerce.set_updated_at() IS
    'BEFORE UPDATE FOR EACH ROW: sets the column updated_at to the time of the transaction.';

CREATE FUNCTION ecommerce.announce_change() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'ec_announce_change';
COMMENT ON FUNCTION ecommerce.announce_change() IS
    'AFTER any change, FOR EACH ROW, and BEFORE it, FOR EACH STATEMENT, of tenants, settings, warehouses, vat_rates, vat_regions, vat_places or the backorder_limit of stock: sessions forget what they keep of them.';

CREATE FUNCTION ecommerce.refuse_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused', TG_OP,
        (SELECT relname FROM pg_class WHERE oid = coalesce(pg_partition_root(TG_RELID), TG_RELID))
        USING ERRCODE = 'EC017',
              DETAIL = CASE TG_NAME
                  WHEN 'keep_tenant'  THEN 'The tenant of a row never changes.'
                  WHEN 'keep_units_held' THEN 'What a reservation holds never changes.'
                  WHEN 'keep_id'      THEN 'Orders know it by its id.'
                  WHEN 'keep_tenants' THEN 'Tenants are never deleted.'
                  WHEN 'append_only'  THEN 'Its rows are a record of what happened.'
                  ELSE 'Its rows are business records.' END,
              HINT = CASE TG_NAME
                  WHEN 'keep_orders' THEN 'Call ecommerce.cancel_order().'
                  WHEN 'keep_coupons' THEN 'Set deleted_at instead.'
                  WHEN 'keep_tenant' THEN 'Make a new row.'
                  ELSE 'Add a row that corrects it.' END;
END
$$;
COMMENT ON FUNCTION ecommerce.refuse_change() IS 'Refuses whatever fires it, with error EC017.';

CREATE FUNCTION ecommerce.check_category_tree() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Two moves that are harmless alone can close a circle together.
    PERFORM pg_advisory_xact_lock(hashtextextended('ecommerce.categories', NEW.tenant_id));
    IF EXISTS (
        WITH RECURSIVE above AS (
            SELECT NEW.parent_id AS id
            UNION
            SELECT c.parent_id FROM above a
            JOIN ecommerce.categories c ON c.tenant_id = NEW.tenant_id AND c.id = a.id AND c.parent_id IS NOT NULL
        )
        SELECT FROM above WHERE id = NEW.id)
    THEN
        RAISE EXCEPTION 'a category cannot be below itself'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'no_cycle', SCHEMA = 'ecommerce', TABLE = 'categories',
                  DETAIL = format('Category %s is above %s.', NEW.id, NEW.parent_id);
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce.check_category_tree() IS 'Refuses a parent that makes a cycle of categories, with error 23514.';

CREATE FUNCTION ecommerce.check_product_delete() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Whoever sells or holds it locks its stock, so wait for those that are under way.
    PERFORM FROM ecommerce.stock s WHERE s.tenant_id = OLD.tenant_id AND s.product_id = OLD.id FOR UPDATE;
    IF EXISTS (SELECT FROM ecommerce.order_items i WHERE i.tenant_id = OLD.tenant_id AND i.product_id = OLD.id) THEN
        RAISE EXCEPTION 'a product that was ordered cannot be deleted'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'keep_ordered', SCHEMA = 'ecommerce', TABLE = 'products',
                  DETAIL = format('Product %s stands on orders.', OLD.id),
                  HINT = 'Set deleted_at instead.';
    ELSIF EXISTS (SELECT FROM ecommerce.stock_reservations r WHERE r.tenant_id = OLD.tenant_id AND r.product_id = OLD.id AND r.status = 'held') THEN
        RAISE EXCEPTION 'a product that is held cannot be deleted'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'keep_ordered', SCHEMA = 'ecommerce', TABLE = 'products',
                  DETAIL = format('Units of product %s are held by reservations.', OLD.id),
                  HINT = 'Set deleted_at instead.';
    END IF;
    RETURN OLD;
END
$$;
COMMENT ON FUNCTION ecommerce.check_product_delete() IS 'Refuses to delete a product that stands on an order or is held, with error 23503.';

CREATE FUNCTION ecommerce.check_open_cart() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    c record;
BEGIN
    -- A line that came while its cart is checked out would be in no order.
    FOR c IN
        SELECT t.id, t.status FROM ecommerce.carts t
        WHERE t.tenant_id = coalesce(NEW.tenant_id, OLD.tenant_id) AND t.id IN (OLD.cart_id, NEW.cart_id)
        ORDER BY t.id FOR NO KEY UPDATE
    LOOP
        IF c.status <> 'open' THEN
            RAISE EXCEPTION 'no such open cart' USING ERRCODE = 'EC014', DETAIL = format('It is %s.', c.id);
        END IF;
    END LOOP;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce.check_open_cart() IS
    'Refuses to change the lines of a cart that is not open, with error EC014; waits while it is checked out.';

CREATE FUNCTION ecommerce.order_transition_allowed(old_status text, new_status text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE old_status
        WHEN 'pending'    THEN new_status IN ('processing', 'cancelled')
        WHEN 'processing' THEN new_status IN ('shipped', 'cancelled', 'refunded')
        WHEN 'shipped'    THEN new_status IN ('delivered', 'refunded')
        WHEN 'delivered'  THEN new_status = 'refunded'
        ELSE false END;
COMMENT ON FUNCTION ecommerce.order_transition_allowed(text, text) IS 'Whether an order may go from one status to another, different one.';

CREATE FUNCTION ecommerce.plain_sql() RETURNS boolean
    LANGUAGE c VOLATILE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'ec_plain_sql';
COMMENT ON FUNCTION ecommerce.plain_sql() IS
    'For conditions of triggers: false where a function of the extension writes rows that it has checked, true for every other statement, also one that a trigger runs meanwhile.';

CREATE FUNCTION ecommerce.check_written(written boolean, relation text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF written IS NOT TRUE THEN
        RAISE EXCEPTION 'a trigger or rule of table "%" changed what was to be written', relation
            USING ERRCODE = 'triggered_data_change_violation',
                  HINT = 'It may raise an error, but neither leave rows out nor change amounts.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce.check_written(boolean, text) IS
    'Error 27000 if a row was not written that had to be.';

CREATE FUNCTION ecommerce.check_order_update() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (NEW.id, NEW.created_at, NEW.order_number, NEW.currency, NEW.prices, NEW.net, NEW.vat, NEW.gross,
        NEW.country, NEW.region, NEW.vat_scheme, NEW.vatex, NEW.vat_reason, NEW.mydata_exemption, NEW.buyer_vat_id)
       IS DISTINCT FROM
       (OLD.id, OLD.created_at, OLD.order_number, OLD.currency, OLD.prices, OLD.net, OLD.vat, OLD.gross,
        OLD.country, OLD.region, OLD.vat_scheme, OLD.vatex, OLD.vat_reason, OLD.mydata_exemption, OLD.buyer_vat_id)
    THEN
        RAISE EXCEPTION 'UPDATE on orders is refused'
            USING ERRCODE = 'EC017',
                  DETAIL = 'Id, time, number, currency, amounts and VAT treatment of an order never change.';
    END IF;
    IF NEW.status <> OLD.status THEN
        IF NOT ecommerce.order_transition_allowed(OLD.status, NEW.status) THEN
            RAISE EXCEPTION 'an order cannot go from % to %', OLD.status, NEW.status
                USING ERRCODE = 'EC009', DETAIL = format('Order %s.', OLD.order_number);
        END IF;
        CASE NEW.status
            WHEN 'shipped'   THEN NEW.shipped_at   := coalesce(NEW.shipped_at, now());
            WHEN 'delivered' THEN NEW.delivered_at := coalesce(NEW.delivered_at, now());
            WHEN 'cancelled' THEN NEW.cancelled_at := coalesce(NEW.cancelled_at, now());
            ELSE NULL;
        END CASE;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce.check_order_update() IS
    'Guards the state machine of orders (error EC009) and what never changes about one (error EC017).';

CREATE FUNCTION ecommerce.check_order_cancel() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM ecommerce.order_items i
               WHERE i.tenant_id = OLD.tenant_id AND i.order_id = OLD.id
                 AND i.order_created_at = OLD.created_at AND i.from_stock)
    THEN
        RAISE EXCEPTION 'an order that took stock cannot be cancelled by UPDATE'
            USING ERRCODE = 'EC009', DETAIL = format('Order %s.', OLD.order_number),
                  HINT = 'Use ecommerce.cancel_order(), which gives its stock back.';
    ELSIF EXISTS (SELECT FROM ecommerce.coupon_redemptions r
                  WHERE r.tenant_id = OLD.tenant_id AND r.order_id = OLD.id AND r.released_at IS NULL)
          OR (SELECT sum(l.amount) FROM ecommerce.gift_card_entries l
              WHERE l.tenant_id = OLD.tenant_id AND l.order_id = OLD.id) < 0
    THEN
        RAISE EXCEPTION 'an order with coupons or gift cards cannot be cancelled by UPDATE'
            USING ERRCODE = 'EC009', DETAIL = format('Order %s.', OLD.order_number),
                  HINT = 'Use ecommerce.cancel_order(), which gives them back.';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce.check_order_cancel() IS
    'Refuses to cancel an order by plain SQL, error EC009, if something has to be given back.';

CREATE FUNCTION ecommerce.check_order() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    violated text;
BEGIN
    violated := CASE
        WHEN abs(extract(epoch FROM NEW.created_at - ecommerce.uuid_v7_time(NEW.id))) > 86400 THEN 'check_order_id_time'
        WHEN length(NEW.order_number) NOT BETWEEN 1 AND 50                           THEN 'check_order_number'
        WHEN NEW.email NOT LIKE '_%@_%' OR length(NEW.email) > 254                   THEN 'check_order_email'
        WHEN length(NEW.phone) > 30                                                  THEN 'check_order_phone'
        WHEN NEW.status NOT IN ('pending', 'processing', 'shipped', 'delivered', 'cancelled', 'refunded')
                                                                                     THEN 'check_order_status'
        WHEN NEW.payment_status NOT IN ('pending', 'paid', 'failed', 'refunded')     THEN 'check_order_payment_status'
        WHEN NEW.currency !~ '^[A-Z]{3}$'                                            THEN 'check_order_currency'
        WHEN NEW.prices NOT IN ('net', 'gross')                                      THEN 'check_order_prices'
        WHEN NEW.net < 0 OR NEW.net >= 1e18                                          THEN 'check_order_net'
        WHEN NEW.vat < 0 OR NEW.vat >= 1e18                                          THEN 'check_order_vat'
        WHEN NEW.gross <> NEW.net + NEW.vat                                          THEN 'check_order_gross'
        WHEN NEW.amount_paid < 0 OR NEW.amount_paid >= 1e18                          THEN 'check_order_amount_paid'
        WHEN NEW.amount_refunded < 0 OR NEW.amount_refunded > NEW.amount_paid        THEN 'check_order_amount_refunded'
        WHEN NEW.country !~ '^[A-Z]{2}$'                                             THEN 'check_order_country'
        WHEN NEW.vat_scheme NOT IN ('domestic', 'oss', 'ioss', 'registration', 'intra_eu', 'export', 'reverse_charge', 'outside', 'small_enterprise')
                                                                                     THEN 'check_order_vat_scheme'
        WHEN NEW.vatex !~ '^VATEX-[A-Z0-9-]{1,30}$'                                  THEN 'check_order_vatex'
        WHEN length(NEW.vat_reason) > 10000                                          THEN 'check_order_vat_reason'
        WHEN NEW.mydata_exemption NOT BETWEEN 1 AND 31                               THEN 'check_order_mydata_exemption'
        WHEN length(NEW.buyer_vat_id) > 50                                           THEN 'check_order_buyer_vat_id'
        WHEN jsonb_typeof(NEW.billing_address) <> 'object'                           THEN 'check_order_billing_address'
        WHEN jsonb_typeof(NEW.shipping_address) <> 'object'                          THEN 'check_order_shipping_address'
        WHEN jsonb_typeof(NEW.metadata) <> 'object'                                  THEN 'check_order_metadata'
        WHEN length(NEW.notes) > 10000                                               THEN 'check_order_notes'
    END;
    IF violated IS NOT NULL THEN
        RAISE EXCEPTION 'order violates %', violated
            USING ERRCODE = 'check_violation', CONSTRAINT = violated, SCHEMA = 'ecommerce', TABLE = 'orders';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce.check_order() IS
    'Checks an order that plain SQL inserts or updates, error 23514: id and created_at within a day, known states, amounts finite and not negative, gross = net + vat.';

CREATE FUNCTION ecommerce.check_order_item() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    violated text;
BEGIN
    violated := CASE
        WHEN abs(extract(epoch FROM NEW.order_created_at - ecommerce.uuid_v7_time(NEW.order_id))) > 86400 THEN 'check_item_order_id_time'
        WHEN NEW.line_number < 1                                                     THEN 'check_line_number'
        WHEN NEW.kind NOT IN ('product', 'shipping', 'fee')                          THEN 'check_item_kind'
        WHEN (NEW.kind = 'product') <> (NEW.product_id IS NOT NULL)                  THEN 'check_item_product'
        WHEN length(NEW.sku) > 100                                                   THEN 'check_item_sku'
        WHEN length(NEW.name) > 255                                                  THEN 'check_item_name'
        WHEN NEW.quantity > 1000000000                                               THEN 'check_quantity_positive'
        WHEN NEW.unit_price < 0 OR NEW.unit_price >= 1e15                            THEN 'check_unit_price'
        WHEN NEW.discount < 0 OR NEW.discount >= 1e18                                THEN 'check_item_discount'
        WHEN NEW.vat_category NOT IN ('S', 'Z', 'E', 'AE', 'K', 'G', 'O')            THEN 'check_item_vat_category'
        WHEN NEW.vat_rate < 0 OR NEW.vat_rate > 100                                  THEN 'check_item_vat_rate'
        WHEN NEW.net < 0 OR NEW.net >= 1e18                                          THEN 'check_item_net'
        WHEN NEW.vat < 0 OR NEW.vat >= 1e18                                          THEN 'check_item_vat'
    END;
    IF violated IS NOT NULL THEN
        RAISE EXCEPTION 'order item violates %', violated
            USING ERRCODE = 'check_violation', CONSTRAINT = violated, SCHEMA = 'ecommerce', TABLE = 'order_items';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce.check_order_item() IS
    'Checks a line that plain SQL inserts, error 23514: known kinds and VAT categories, amounts finite and not negative.';

CREATE FUNCTION ecommerce.check_reservation() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    violated text;
BEGIN
    violated := CASE
        WHEN NEW.quantity <= 0                                                       THEN 'check_reservation_quantity'
        WHEN NEW.status NOT IN ('held', 'committed', 'consumed', 'released', 'expired') THEN 'check_reservation_status'
        WHEN length(NEW.owner) > 255                                                 THEN 'check_reservation_owner'
    END;
    IF violated IS NOT NULL THEN
        RAISE EXCEPTION 'reservation violates %', violated
            USING ERRCODE = 'check_violation', CONSTRAINT = violated, SCHEMA = 'ecommerce', TABLE = 'stock_reservations';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce.check_reservation() IS
    'Checks a reservation that plain SQL inserts or updates, error 23514: known states, a quantity above zero.';

CREATE FUNCTION ecommerce.check_stock_delete() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- The stock of a product goes with it, which check_product_delete() has allowed.
    IF NOT EXISTS (SELECT FROM ecommerce.products p
                   WHERE p.tenant_id = OLD.tenant_id AND p.id = OLD.product_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'DELETE on stock is refused'
        USING ERRCODE = 'EC017',
              DETAIL = format('Product %s has units there.', OLD.product_id),
              HINT = 'Call ecommerce.adjust_stock(), with reason write_off for what is lost.';
END
$$;
COMMENT ON FUNCTION ecommerce.check_stock_delete() IS
    'Refuses to delete a row of stock that has units, with error EC017, unless its product is gone.';

CREATE FUNCTION ecommerce.check_reservation_delete() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'DELETE on stock_reservations is refused'
        USING ERRCODE = 'EC017',
              DETAIL = format('Reservation %s is %s.', OLD.id, OLD.status),
              HINT = CASE OLD.status WHEN 'held' THEN 'Call ecommerce.release_reservation().'
                                     ELSE 'Call ecommerce.cancel_order().' END;
END
$$;
COMMENT ON FUNCTION ecommerce.check_reservation_delete() IS
    'Refuses to delete a reservation that holds units, with error EC017.';

CREATE FUNCTION ecommerce.check_truncate() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_units boolean := false;
BEGIN
    -- Row security knows no TRUNCATE: it would take the rows of other tenants.
    IF row_security_active(TG_RELID) THEN
        RAISE EXCEPTION 'TRUNCATE on % is refused', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = 'It would take the rows of all tenants.', HINT = 'Delete rows instead.';
    END IF;
    IF TG_ARGV[0] = 'stock' THEN
        v_units := EXISTS (SELECT FROM ecommerce.stock s WHERE s.available <> 0);
    ELSIF TG_ARGV[0] = 'stock_reservations' THEN
        v_units := EXISTS (SELECT FROM ecommerce.stock_reservations r
                           WHERE r.status IN ('held', 'committed'));
    END IF;
    IF v_units THEN
        RAISE EXCEPTION 'TRUNCATE on % is refused', TG_TABLE_NAME
            USING ERRCODE = 'EC017', DETAIL = 'Its rows hold units.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce.check_truncate() IS
    'Refuses TRUNCATE to whom row security restricts, with error 42501, and, with the name of the '
    'table for an argument, while rows of stock or stock_reservations hold units, with error EC017.';

CREATE FUNCTION ecommerce.check_totals(tenant_id integer, order_id uuid, created_at timestamptz) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    o record;
BEGIN
    SELECT t.net, t.vat, i.net AS lines_net, i.vat AS lines_vat INTO o
    FROM ecommerce.orders t
    CROSS JOIN LATERAL (SELECT sum(l.net) AS net, sum(l.vat) AS vat FROM ecommerce.order_items l
                        WHERE l.tenant_id = t.tenant_id AND l.order_id = t.id AND l.order_created_at = t.created_at) i
    WHERE t.tenant_id = check_totals.tenant_id AND t.id = check_totals.order_id AND t.created_at = check_totals.created_at
      AND (t.net, t.vat) IS DISTINCT FROM (i.net, i.vat);
    IF FOUND THEN
        RAISE EXCEPTION 'an order must equal the sum of its lines'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'totals_match', SCHEMA = 'ecommerce', TABLE = 'orders',
                  DETAIL = format('The order says net %s and VAT %s, its lines sum to %s and %s.',
                                  o.net, o.vat, coalesce(o.lines_net, 0), coalesce(o.lines_vat, 0)),
                  HINT = 'place_order() makes orders that do.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce.check_totals(integer, uuid, timestamptz) IS
    'Error 23514 if an order differs from the sum of its lines, or has none.';

CREATE FUNCTION ecommerce.check_order_totals() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM ecommerce.check_totals(NEW.tenant_id, NEW.id, NEW.created_at);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce.check_order_totals() IS
    'Deferred to the commit: an order made by plain SQL must equal the sum of its lines.';

CREATE FUNCTION ecommerce.check_item_totals() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM ecommerce.events e
               WHERE e.tenant_id = NEW.tenant_id AND e.entity_id = NEW.order_id AND e.created_at = NEW.order_created_at
                 AND e.kind = 'order.placed') THEN
        RAISE EXCEPTION 'INSERT on order_items is refused'
            USING ERRCODE = 'EC017', DETAIL = 'No line is added to an order that was placed.';
    END IF;
    PERFORM ecommerce.check_totals(NEW.tenant_id, NEW.order_id, NEW.order_created_at);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce.check_item_totals() IS
    'Deferred to the commit: lines made by plain SQL must sum to their order, and not join one that place_order() made (error EC017).';
