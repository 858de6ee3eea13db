-- What plain SQL cannot do to payments and to what orders say of them.

CREATE FUNCTION ecommerce_internal.order_payments(tenant_id integer, order_id uuid,
    order_created_at timestamptz, OUT paid numeric, OUT refunded numeric, OUT charged_back numeric,
    OUT payment_status text, OUT known boolean)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := order_payments.tenant_id;
BEGIN
    SELECT coalesce(sum(p.amount_captured), 0), coalesce(sum(p.amount_refunded), 0),
           coalesce(sum(p.amount_charged_back), 0)
    INTO paid, refunded, charged_back
    FROM ecommerce.payments p
    WHERE p.tenant_id = v_tenant AND p.order_id = order_payments.order_id;
    -- Orders that were written as history may know of money that no payment tells.
    known := EXISTS (SELECT FROM ecommerce.events e
                     WHERE e.tenant_id = v_tenant AND e.entity_id = order_payments.order_id
                       AND e.created_at = order_payments.order_created_at
                       AND e.kind = 'order.placed');
    payment_status := (
        SELECT ecommerce_internal.order_payment_status(o.gross, paid, refunded,
                   charged_back, ecommerce_internal.order_credit(v_tenant, o.id, o.created_at),
                   ecommerce_internal.payments_failed(v_tenant, o.id))
        FROM ecommerce.orders o
        WHERE o.tenant_id = v_tenant AND o.id = order_payments.order_id
          AND o.created_at = order_payments.order_created_at);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.order_payments(integer, uuid, timestamptz) IS
    'What the payments of an order sum to, and the payment_status that follows. known: it was '
    'placed here, so that its amounts must be these; of others they may be more.';

CREATE FUNCTION ecommerce_internal.check_order_books(tenant_id integer, order_id uuid,
    order_created_at timestamptz) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    p record;
    o record;
BEGIN
    SELECT t.amount_paid, t.amount_refunded, t.amount_charged_back, t.payment_status,
           t.order_number INTO o
    FROM ecommerce.orders t
    WHERE t.tenant_id = check_order_books.tenant_id AND t.id = check_order_books.order_id
      AND t.created_at = check_order_books.order_created_at;
    SELECT * INTO p
    FROM ecommerce_internal.order_payments(tenant_id, order_id, order_created_at);
    IF p.known AND (o.amount_paid <> p.paid OR o.amount_refunded <> p.refunded
                    OR o.amount_charged_back <> p.charged_back
                    OR o.payment_status <> p.payment_status)
       OR o.amount_paid < p.paid OR o.amount_refunded < p.refunded
       OR o.amount_charged_back < p.charged_back THEN
        RAISE EXCEPTION 'what was paid for an order must equal its payments'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_match', SCHEMA = 'ecommerce',
                  TABLE = 'orders',
                  DETAIL = format('Order %s says paid %s, refunded %s, charged back %s, %s; its '
                               'payments say %s, %s, %s, %s.', o.order_number, o.amount_paid,
                               o.amount_refunded, o.amount_charged_back, o.payment_status,
                               p.paid, p.refunded, p.charged_back, p.payment_status),
                  HINT = 'Use ecommerce.create_payment() and record_payment_event().';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_order_books(integer, uuid, timestamptz) IS
    'Error 23514 if an order is not the sum of its payments.';

CREATE FUNCTION ecommerce_internal.check_order_payments() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_RELID <> 'ecommerce.orders'::regclass
       AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = TG_RELID
                       AND i.inhparent = 'ecommerce.orders'::regclass) THEN
        RAISE EXCEPTION 'check_order_payments() is for orders only'
            USING ERRCODE = 'trigger_protocol_violated';
    END IF;
    -- Not in the condition of the trigger, which every statement parses
    IF NEW.amount_paid <> OLD.amount_paid OR NEW.amount_refunded <> OLD.amount_refunded
       OR NEW.amount_charged_back <> OLD.amount_charged_back
       OR NEW.payment_status <> OLD.payment_status THEN
        PERFORM ecommerce_internal.check_order_books(NEW.tenant_id, NEW.id, NEW.created_at);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_order_payments() IS
    'Deferred to the commit: an order whose payment was changed by plain SQL must equal the sum of '
    'its payments, error 23514.';

CREATE FUNCTION ecommerce_internal.payment_sums(tenant_id integer, payment_id uuid,
    OUT captured numeric, OUT charged_back numeric, OUT fee numeric, OUT refunded numeric,
    OUT requested numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    SELECT coalesce(sum(e.amount) FILTER (WHERE e.kind = 'captured'), 0),
           coalesce(sum(CASE e.kind WHEN 'charged_back' THEN e.amount
                                    WHEN 'won_back' THEN -e.amount END), 0),
           coalesce(sum(e.amount) FILTER (WHERE e.kind = 'fee'), 0)
    INTO captured, charged_back, fee
    FROM ecommerce.payment_entries e
    WHERE e.tenant_id = payment_sums.tenant_id AND e.payment_id = payment_sums.payment_id;
    SELECT coalesce(sum(k.amount) FILTER (WHERE k.status = 'confirmed'), 0),
           coalesce(sum(k.amount) FILTER (WHERE k.status = 'requested'), 0)
    INTO refunded, requested
    FROM ecommerce.refund_payments k
    WHERE k.tenant_id = payment_sums.tenant_id AND k.payment_id = payment_sums.payment_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.payment_sums(integer, uuid) IS
    'What the entries of a payment sum to, and its parts of refunds.';

CREATE FUNCTION ecommerce_internal.check_paid_order(tenant_id integer, payment_id uuid,
    order_id uuid, order_created_at timestamptz, currency text, user_id uuid, moved boolean)
    RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    o record;
BEGIN
    SELECT t.currency, t.user_id, t.payment_status INTO o FROM ecommerce.orders t
    WHERE t.tenant_id = check_paid_order.tenant_id AND t.id = check_paid_order.order_id
      AND t.created_at = check_paid_order.order_created_at;
    IF FOUND AND (o.currency, o.user_id)
                 IS NOT DISTINCT FROM (check_paid_order.currency, check_paid_order.user_id) THEN
        -- One that is only asked for changes an order that was failed, and no other.
        IF moved OR o.payment_status = 'failed' THEN
            PERFORM ecommerce_internal.check_order_books(tenant_id, order_id, order_created_at);
        END IF;
    ELSIF FOUND OR NOT order_created_at <@ ecommerce_internal.archived_times() THEN
        RAISE EXCEPTION 'a payment must have the currency and the customer of its order'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'books_match', SCHEMA = 'ecommerce',
                  TABLE = 'payments',
                  DETAIL = format('Payment %s is in %s; its order is %s.', payment_id, currency,
                                  coalesce('in ' || o.currency, 'unknown')),
                  HINT = 'Use ecommerce.create_payment() or assign_payment().';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_paid_order(integer, uuid, uuid, timestamptz, text,
    uuid, boolean) IS
    'For check_payment(): its order must be known, and the sum of its payments. And of the same '
    'currency and customer. moved: whether money moved by it. Error 23514.';

CREATE FUNCTION ecommerce_internal.check_payment(tenant_id integer, payment_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    s record;
    p record;
BEGIN
    SELECT t.*, ecommerce_internal.payment_status(
               ecommerce_internal.last_step(check_payment.tenant_id, t.id), t.amount_authorized,
               t.amount_captured, t.amount_refunded, t.amount_charged_back) AS follows
    INTO p FROM ecommerce.payments t
    WHERE t.tenant_id = check_payment.tenant_id AND t.id = check_payment.payment_id;
    SELECT * INTO s FROM ecommerce_internal.payment_sums(tenant_id, payment_id);
    -- Money that goes back for no order, or an archived one, is part of no refund.
    IF p.refunds_requested <> s.requested
       OR p.amount_refunded <> s.refunded AND EXISTS (
              SELECT FROM ecommerce.orders o
              WHERE o.tenant_id = check_payment.tenant_id AND o.id = p.order_id
                AND o.created_at = p.order_created_at) THEN
        RAISE EXCEPTION 'a payment must equal the sum of its refunds'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'books_match', SCHEMA = 'ecommerce',
                  TABLE = 'payments',
                  DETAIL = format('Payment %s says refunded %s, requested %s; its refunds sum to '
                               '%s and %s.', payment_id, p.amount_refunded, p.refunds_requested,
                               s.refunded, s.requested),
                  HINT = 'Use ecommerce.refund_order().';
    ELSIF p.status <> p.follows THEN
        RAISE EXCEPTION 'the status of a payment must follow from its entries'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'books_match', SCHEMA = 'ecommerce',
                  TABLE = 'payments',
                  DETAIL = format('Payment %s says "%s"; "%s" follows.', payment_id, p.status,
                                  p.follows),
                  HINT = 'Use ecommerce.record_payment_event().';
    END IF;
    IF p.amount_captured <> s.captured OR p.amount_charged_back <> s.charged_back
       OR p.fee <> s.fee THEN
        RAISE EXCEPTION 'a payment must equal the sum of its entries'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'books_match', SCHEMA = 'ecommerce',
                  TABLE = 'payments',
                  DETAIL = format('Payment %s says captured %s, charged back %s, fee %s; its '
                               'entries sum to %s, %s and %s.', payment_id, p.amount_captured,
                               p.amount_charged_back, p.fee, s.captured, s.charged_back, s.fee),
                  HINT = 'Use ecommerce.record_payment_event().';
    END IF;
    IF p.order_id IS NOT NULL THEN
        PERFORM ecommerce_internal.check_paid_order(tenant_id, payment_id, p.order_id,
            p.order_created_at, p.currency, p.user_id,
            p.amount_captured <> 0 OR p.amount_refunded <> 0 OR p.amount_charged_back <> 0);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_payment(integer, uuid) IS
    'Error 23514 if a payment is not the sum of its entries and refunds, or its status does not '
    'follow from them.';

CREATE FUNCTION ecommerce_internal.check_payment_amounts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_RELID <> 'ecommerce.payments'::regclass THEN
        RAISE EXCEPTION 'check_payment_amounts() is for payments only'
            USING ERRCODE = 'trigger_protocol_violated';
    END IF;
    IF TG_OP = 'INSERT'
       OR (NEW.order_id, NEW.user_id, NEW.gift_card_id, NEW.amount_captured, NEW.amount_refunded,
           NEW.amount_charged_back, NEW.fee, NEW.refunds_requested, NEW.status)
          IS DISTINCT FROM (OLD.order_id, OLD.user_id, OLD.gift_card_id, OLD.amount_captured,
           OLD.amount_refunded, OLD.amount_charged_back, OLD.fee, OLD.refunds_requested,
           OLD.status) THEN
        PERFORM ecommerce_internal.check_payment(NEW.tenant_id, NEW.id);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_payment_amounts() IS
    'Deferred to the commit: a payment must follow from its entries and refunds, error 23514.';

CREATE FUNCTION ecommerce_internal.check_payment_entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_RELID <> 'ecommerce.payment_entries'::regclass THEN
        RAISE EXCEPTION 'check_payment_entry() is for payment_entries only'
            USING ERRCODE = 'trigger_protocol_violated';
    END IF;
    PERFORM ecommerce_internal.check_payment(NEW.tenant_id, NEW.payment_id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_payment_entry() IS
    'Deferred to the commit: the payment of a new entry must equal their sum, error 23514.';
