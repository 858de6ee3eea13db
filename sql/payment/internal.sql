-- How movements of money are booked, and what follows from them.

CREATE FUNCTION ecommerce_internal.check_amount(amount numeric, currency text, name text)
    RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rounded numeric := ecommerce.round_amount(amount, currency);
BEGIN
    IF amount <= 0 OR amount <> v_rounded THEN
        RAISE EXCEPTION '% must be above zero, with no more decimals than % has', name, currency
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', amount);
    ELSIF amount >= 1e15 THEN
        RAISE EXCEPTION '% is out of range', name USING ERRCODE = 'numeric_value_out_of_range';
    END IF;
    RETURN v_rounded;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_amount(numeric, text, text) IS
    'An amount with the decimals of its currency. Errors: 22023 not above zero, NaN, or with more '
    'decimals than the currency has; 22003 above 10^15. NULL for NULL. name: what messages call '
    'it.';

CREATE FUNCTION ecommerce_internal.payment_status(step text, authorized numeric,
    captured numeric, refunded numeric, charged_back numeric) RETURNS text
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_payment_status';
COMMENT ON FUNCTION ecommerce_internal.payment_status(text, numeric, numeric, numeric,
    numeric) IS
    'What the status of a payment is by its sums. step: the last entry that moved no money, which '
    'counts until money came.';

CREATE FUNCTION ecommerce_internal.last_step(tenant_id integer, payment_id uuid) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    RETURN (SELECT e.kind FROM ecommerce.payment_entries e
            WHERE e.tenant_id = last_step.tenant_id AND e.payment_id = last_step.payment_id
              AND e.kind IN ('submitted', 'authorized', 'voided', 'failed')
            ORDER BY coalesce(e.occurred_at, e.created_at) DESC, e.id DESC LIMIT 1);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.last_step(integer, uuid) IS
    'The last entry of a payment that moved no money, by when it happened: submitted, authorized, '
    'voided or failed. NULL if there is none.';

CREATE FUNCTION ecommerce_internal.lock_payment(tenant_id integer, payment_id uuid,
    OUT order_id uuid, OUT order_created_at timestamptz, OUT order_found boolean)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := lock_payment.tenant_id;
BEGIN
    LOOP
        SELECT p.order_id, p.order_created_at INTO order_id, order_created_at
        FROM ecommerce.payments p
        WHERE p.tenant_id = v_tenant AND p.id = lock_payment.payment_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'unknown payment %', payment_id USING ERRCODE = 'EC044';
        ELSIF order_id IS NOT NULL THEN
            order_found := ecommerce_internal.lock_paid_order(v_tenant, order_id,
                                                              order_created_at);
            PERFORM FROM ecommerce.payments p
            WHERE p.tenant_id = v_tenant AND p.id = lock_payment.payment_id FOR NO KEY UPDATE;
            RETURN;
        END IF;
        -- An order is locked before its payments: if it got one meanwhile, its lock is given up.
        BEGIN
            SELECT p.order_id INTO order_id FROM ecommerce.payments p
            WHERE p.tenant_id = v_tenant AND p.id = lock_payment.payment_id FOR NO KEY UPDATE;
            IF order_id IS NULL THEN
                order_found := false;
                RETURN;
            END IF;
            RAISE SQLSTATE 'EC044';
        EXCEPTION WHEN SQLSTATE 'EC044' THEN
            NULL;
        END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_payment(integer, uuid) IS
    'Lock a payment, and before it the order that it is for. order_found: whether it has one '
    'that is not archived. Error EC044 unknown payment.';

CREATE FUNCTION ecommerce_internal.lock_paid_order(tenant_id integer, order_id uuid,
    order_created_at timestamptz) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    PERFORM FROM ecommerce.orders o
    WHERE o.tenant_id = lock_paid_order.tenant_id AND o.id = lock_paid_order.order_id
      AND o.created_at = lock_paid_order.order_created_at FOR NO KEY UPDATE;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_paid_order(integer, uuid, timestamptz) IS
    'Lock the order of a payment; false if it is archived. What comes for it is booked all the '
    'same.';

CREATE FUNCTION ecommerce_internal.event_hash(payment_id uuid, kind text, amount numeric,
    refund_id uuid, reason text, data jsonb) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_event_hash';
COMMENT ON FUNCTION ecommerce_internal.event_hash(uuid, text, numeric, uuid, text, jsonb) IS
    'What two reports of one event have in common: a hash of what they say.';

CREATE FUNCTION ecommerce_internal.event_booked(tenant_id integer, provider text, event_id text,
    request_hash bytea) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    e record;
BEGIN
    SELECT l.payment_id, l.request_hash INTO e FROM ecommerce.payment_entries l
    WHERE l.tenant_id = event_booked.tenant_id AND l.provider = event_booked.provider
      AND l.event_id = event_booked.event_id;
    IF e.request_hash IS DISTINCT FROM event_booked.request_hash AND e.payment_id IS NOT NULL THEN
        RAISE EXCEPTION 'event "%" of % was reported with another content',
                        left(event_id, 100), provider
            USING ERRCODE = 'EC045', DETAIL = format('It is booked for payment %s.', e.payment_id),
                  HINT = 'Each event needs an id of its own; nothing was booked again.';
    END IF;
    RETURN e.payment_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.event_booked(integer, text, text, bytea) IS
    'The payment for which an event was booked already; NULL if it was not. Error EC045 if it '
    'was reported with another content.';

CREATE FUNCTION ecommerce_internal.insert_payment_entry(payment_id uuid, kind text, amount numeric,
    provider text, event_id text, refund_id uuid, reason text, request_hash bytea, data jsonb,
    occurred_at timestamptz, tenant_id integer) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_insert_payment_entry';
COMMENT ON FUNCTION ecommerce_internal.insert_payment_entry(uuid, text, numeric, text, text, uuid,
    text, bytea, jsonb, timestamptz, integer) IS
    'For book_entry(): write an entry. Returns false, and writes nothing, if the provider''s event '
    'is booked already; waits for who is booking it.';

CREATE FUNCTION ecommerce_internal.add_to_payment(payment_id uuid, kind text, amount numeric,
    refunded numeric, reason text, tenant_id integer) RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_add_to_payment';
COMMENT ON FUNCTION ecommerce_internal.add_to_payment(uuid, text, numeric, numeric, text,
    integer) IS
    'For book_entry(): add an entry to the sums of its payment, and set its status by '
    'payment_status(). amount: NULL voids all that is authorized. refunded: what went back by it.';

CREATE FUNCTION ecommerce_internal.book_entry(tenant_id integer, payment_id uuid, kind text,
    amount numeric, provider text, event_id text, reason text, data jsonb,
    occurred_at timestamptz, refund_id uuid DEFAULT NULL, request_hash bytea DEFAULT NULL,
    follow boolean DEFAULT true) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := book_entry.tenant_id;
    v_back   numeric := 0;
    v_refund uuid := book_entry.refund_id;
    v_hash   bytea := coalesce(request_hash, ecommerce_internal.event_hash(payment_id, kind,
                  amount, refund_id, reason, data));
    o        record;
BEGIN
    SELECT * INTO o FROM ecommerce_internal.lock_payment(v_tenant, payment_id);
    IF NOT ecommerce_internal.insert_payment_entry(payment_id, kind, coalesce(amount, 0), provider,
           event_id, refund_id, reason, v_hash, data, occurred_at, v_tenant) THEN
        PERFORM ecommerce_internal.check_written(ecommerce_internal.event_booked(v_tenant, provider,
            event_id, v_hash) IS NOT NULL, 'payment_entries');
        RETURN false;
    END IF;
    -- Upwards: what a refund's event does to the refund, its own topic knows.
    IF kind IN ('refunded', 'refund_failed') THEN
        SELECT f.amount_back, f.refund_id INTO v_back, v_refund
        FROM ecommerce_internal.settle_refund(v_tenant, payment_id, kind, amount, refund_id) f;
    END IF;
    PERFORM ecommerce_internal.add_to_payment(payment_id, kind, amount, v_back, reason, v_tenant);
    IF o.order_found AND kind <> 'fee' THEN
        PERFORM ecommerce_internal.book_order_payment(v_tenant, o.order_id, o.order_created_at,
            CASE kind WHEN 'captured' THEN amount ELSE 0 END, v_back,
            CASE kind WHEN 'charged_back' THEN amount WHEN 'won_back' THEN -amount ELSE 0 END,
            follow);
    END IF;
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    SELECT v_tenant, 'payment.' || book_entry.kind, coalesce(o.order_id, t.id),
           jsonb_strip_nulls(jsonb_build_object('payment_id', t.id, 'order_id', o.order_id,
               'refund_id', v_refund, 'method', t.method, 'currency', t.currency,
               'amount', nullif(book_entry.amount, 0), 'status', t.status,
               'reason', book_entry.reason))
    FROM ecommerce.payments t WHERE t.tenant_id = v_tenant AND t.id = book_entry.payment_id;
    RETURN true;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.book_entry(integer, uuid, text, numeric, text, text, text,
    jsonb, timestamptz, uuid, bytea, boolean) IS
    'Write an entry of a payment, and bring the payment, its order and its refund to what follows. '
    'Locks the order, then the payment. amount: NULL voids all that is authorized. request_hash: '
    'by default event_hash() of what is booked. Returns false, and nothing happens, if the '
    'provider''s event is booked already. Errors: EC044 unknown payment, EC045 the event was '
    'reported with another content.';

CREATE FUNCTION ecommerce_internal.capture_for_order(provider text, event_id text, amount numeric,
    currency text, reference text, payment_id uuid, reason text, data jsonb,
    occurred_at timestamptz, tenant_id integer) RETURNS ecommerce.payment_state
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_capture_for_order';
COMMENT ON FUNCTION ecommerce_internal.capture_for_order(text, text, numeric, text, text, uuid,
    text, jsonb, timestamptz, integer) IS
    'What record_payment_event() does when money came for a payment with an order, in one '
    'statement. It books what book_entry() would. Returns the payment; NULL, and nothing happens, '
    'if there is more to say: an argument may be wrong, the payment or its order is not known, its '
    'currency is another one, or the event is booked already.';
