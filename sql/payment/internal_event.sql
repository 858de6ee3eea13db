-- Which payment a provider's report is of, and how a payment gets its order.

CREATE FUNCTION ecommerce_internal.check_payment_event(provider text, event_id text, kind text,
    amount numeric, reference text, payment_id uuid, order_reference text, method text,
    occurred_at timestamptz) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_fault text := CASE
        WHEN provider IS NULL THEN 'provider must not be NULL'
        WHEN event_id IS NULL THEN 'event_id must not be NULL'
        WHEN kind IS NULL THEN 'kind must not be NULL'
        WHEN length(provider) NOT BETWEEN 1 AND 50 OR ecommerce_internal.trimmed(provider) = ''
            THEN 'provider must have 1 to 50 characters'
        WHEN provider IN ('shop', 'gift_card')
            THEN format('provider "%s" is the shop itself', provider)
        WHEN length(event_id) NOT BETWEEN 1 AND 255 OR ecommerce_internal.trimmed(event_id) = ''
            THEN 'event_id must have 1 to 255 characters'
        WHEN kind NOT IN ('submitted', 'authorized', 'voided', 'captured', 'failed', 'refunded',
                          'refund_failed', 'charged_back', 'won_back', 'fee')
            THEN format('unknown kind "%s" of an event', left(kind, 100))
        WHEN kind IN ('authorized', 'captured', 'refunded', 'charged_back', 'won_back', 'fee')
             AND amount IS NULL THEN 'amount must not be NULL'
        WHEN kind NOT IN ('failed', 'submitted') AND amount = 0
            THEN 'amount must be above zero'
        WHEN length(reference) NOT BETWEEN 1 AND 255 OR ecommerce_internal.trimmed(reference) = ''
            THEN 'reference must have 1 to 255 characters'
        WHEN num_nonnulls(payment_id, reference, order_reference) = 0
            THEN 'payment_id, reference or order must not be NULL'
        WHEN length(order_reference) NOT BETWEEN 1 AND 100
             OR ecommerce_internal.trimmed(order_reference) = ''
            THEN 'order_number must have 1 to 100 characters'
        WHEN method NOT IN ('card', 'wallet', 'online', 'sepa_debit', 'bank_transfer', 'cash',
                            'cash_on_delivery', 'invoice', 'other')
            THEN format('unknown method "%s" of a payment', left(method, 100))
        WHEN NOT isfinite(occurred_at) THEN 'occurred_at must be finite'
        END;
BEGIN
    IF v_fault IS NOT NULL THEN
        RAISE EXCEPTION '%', v_fault
            USING ERRCODE = CASE WHEN v_fault LIKE '%not be NULL' THEN 'null_value_not_allowed'
                                 ELSE 'invalid_parameter_value' END;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_payment_event(text, text, text, numeric, text, uuid,
    text, text, timestamptz) IS
    'For record_payment_event(): whether its arguments can be. Errors: 22023, 22004 NULL.';

CREATE FUNCTION ecommerce_internal.known_order(tenant_id integer, order_reference text,
    OUT id uuid, OUT created_at timestamptz, OUT currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := known_order.tenant_id;
    v_id     uuid;
    v_time   timestamptz;
BEGIN
    IF order_reference ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' THEN
        v_id := order_reference::uuid;
    ELSE
        SELECT CASE count(*) WHEN 1 THEN (array_agg(o.id))[1] END INTO v_id
        FROM ecommerce.orders o
        WHERE o.tenant_id = v_tenant AND o.order_number = order_reference;
    END IF;
    v_time := ecommerce_internal.id_time(v_id);
    SELECT o.id, o.created_at, o.currency INTO id, created_at, currency FROM ecommerce.orders o
    WHERE o.tenant_id = v_tenant AND o.id = v_id
      AND o.created_at BETWEEN v_time - interval '1 day' AND v_time + interval '1 day';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.known_order(integer, text) IS
    'The order that has an id or a number; NULLs if there is none, or several.';

CREATE FUNCTION ecommerce_internal.find_payment(tenant_id integer, provider text, reference text,
    payment_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    RETURN CASE WHEN payment_id IS NOT NULL THEN
        (SELECT p.id FROM ecommerce.payments p
         WHERE p.tenant_id = find_payment.tenant_id AND p.id = find_payment.payment_id)
    ELSE (SELECT p.id FROM ecommerce.payments p
          WHERE p.tenant_id = find_payment.tenant_id AND p.provider = find_payment.provider
            AND p.reference = find_payment.reference) END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.find_payment(integer, text, text, uuid) IS
    'The payment of an id, or that which a provider knows by a reference; NULL if there is none.';

CREATE FUNCTION ecommerce_internal.claim_payment(tenant_id integer, order_id uuid, provider text,
    reference text) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_id   uuid;
    v_open boolean;
BEGIN
    SELECT p.id, p.provider IS NULL OR p.reference IS NULL AND claim_payment.reference IS NOT NULL
    INTO v_id, v_open
    FROM ecommerce.payments p
    WHERE p.tenant_id = claim_payment.tenant_id AND p.order_id = claim_payment.order_id
      AND (p.provider = claim_payment.provider OR p.provider IS NULL
           AND p.method IN ('card', 'wallet', 'online', 'sepa_debit', 'other'))
      AND (p.reference IS NULL OR claim_payment.reference IS NULL)
    ORDER BY p.status IN ('created', 'submitted', 'authorized') DESC, p.provider IS NULL, p.id DESC
    LIMIT 1 FOR NO KEY UPDATE;
    IF v_open THEN
        UPDATE ecommerce.payments p
        SET provider = claim_payment.provider,
            reference = coalesce(p.reference, claim_payment.reference)
        WHERE p.tenant_id = claim_payment.tenant_id AND p.id = v_id;
        PERFORM ecommerce_internal.check_written(FOUND, 'payments');
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.claim_payment(integer, uuid, text, text) IS
    'The payment of a locked order that a provider reports of, by no reference or by a new one. An '
    'open one comes first, and the last one first. It keeps the reference. NULL if there is none.';

CREATE FUNCTION ecommerce_internal.make_reported_payment(tenant_id integer, provider text,
    reference text, payment_id uuid, order_reference text, currency text, method text)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := make_reported_payment.tenant_id;
    v_id     uuid;
    v_same   boolean;
    o        record;
BEGIN
    SELECT * INTO o FROM ecommerce_internal.known_order(v_tenant, order_reference);
    IF o.id IS NOT NULL THEN
        -- The order before the payment, which somebody may be making who has locked it.
        PERFORM ecommerce_internal.lock_paid_order(v_tenant, o.id, o.created_at);
        IF payment_id IS NULL THEN
            v_id := ecommerce_internal.claim_payment(v_tenant, o.id, provider, reference);
        END IF;
    END IF;
    IF v_id IS NULL THEN
        INSERT INTO ecommerce.payments AS p (tenant_id, id, method, provider, reference,
                                             order_reference, currency, amount)
        VALUES (v_tenant, coalesce(make_reported_payment.payment_id, ecommerce.uuid_v7()),
                make_reported_payment.method, make_reported_payment.provider,
                make_reported_payment.reference, make_reported_payment.order_reference,
                coalesce(make_reported_payment.currency, o.currency,
                         (SELECT s.currency FROM ecommerce.settings s
                          WHERE s.tenant_id = v_tenant)), 0)
        ON CONFLICT DO NOTHING
        RETURNING p.id, (p.provider, p.reference, p.order_id)
                        IS NOT DISTINCT FROM (make_reported_payment.provider,
                                              make_reported_payment.reference, NULL::uuid)
        INTO v_id, v_same;
        PERFORM ecommerce_internal.check_written(v_same OR v_id IS NULL, 'payments');
    END IF;
    -- At the same time somebody else was told of it.
    RETURN coalesce(v_id, ecommerce_internal.find_payment(v_tenant, provider, reference,
                                                          payment_id));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.make_reported_payment(integer, text, text, uuid, text, text,
    text) IS
    'For payment_of_event(): a payment that nobody had asked for, or that of its order which has '
    'no reference yet.';

CREATE FUNCTION ecommerce_internal.payment_of_event(tenant_id integer, provider text,
    reference text, payment_id uuid, order_reference text, event_currency text, method text,
    OUT id uuid, OUT status text, OUT currency text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := payment_of_event.tenant_id;
    v_order  uuid;
    v_method text;
    o        record;
BEGIN
    id := ecommerce_internal.find_payment(v_tenant, provider, reference, payment_id);
    IF id IS NULL THEN
        id := ecommerce_internal.make_reported_payment(v_tenant, provider, reference, payment_id,
                  order_reference, event_currency, coalesce(method, 'online'));
        PERFORM ecommerce_internal.check_written(id IS NOT NULL, 'payments');
    END IF;
    SELECT p.status, p.currency, p.order_id, p.method
    INTO payment_of_event.status, payment_of_event.currency, v_order, v_method
    FROM ecommerce.payments p WHERE p.tenant_id = v_tenant AND p.id = payment_of_event.id;
    IF v_method = 'gift_card' THEN
        RAISE EXCEPTION 'of a payment by gift card no provider tells'
            USING ERRCODE = 'EC048', DETAIL = format('Payment %s.', id),
                  HINT = 'Use ecommerce.redeem_gift_card() and refund_to_gift_card().';
    ELSIF event_currency <> currency THEN
        RAISE EXCEPTION 'currency of the payment is %, not "%"', currency, left(event_currency, 100)
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF v_order IS NULL AND order_reference IS NOT NULL THEN
        SELECT * INTO o FROM ecommerce_internal.known_order(v_tenant, order_reference);
        IF o.currency = currency THEN
            PERFORM ecommerce_internal.give_payment(v_tenant, id, o.id, o.created_at);
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.payment_of_event(integer, text, text, uuid, text, text,
    text) IS
    'For record_payment_event(): the payment that is meant, made if there is none, given to its '
    'order if that is known now. Errors: 22023 its currency is another one, EC048 a gift card '
    'pays.';

CREATE FUNCTION ecommerce_internal.give_payment(tenant_id integer, payment_id uuid, order_id uuid,
    order_created_at timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := give_payment.tenant_id;
    p        record;
BEGIN
    PERFORM ecommerce_internal.lock_paid_order(v_tenant, order_id, order_created_at);
    UPDATE ecommerce.payments AS t
    SET order_id = give_payment.order_id, order_created_at = give_payment.order_created_at,
        order_reference = NULL,
        user_id = (SELECT o.user_id FROM ecommerce.orders o
                   WHERE o.tenant_id = v_tenant AND o.id = give_payment.order_id
                     AND o.created_at = give_payment.order_created_at)
    WHERE t.tenant_id = v_tenant AND t.id = give_payment.payment_id AND t.order_id IS NULL
    RETURNING t.amount_captured, t.amount_refunded, t.amount_charged_back, t.currency, t.status,
              t.order_id = give_payment.order_id AS is_given
    INTO p;
    IF FOUND THEN
        PERFORM ecommerce_internal.check_written(p.is_given, 'payments');
    ELSE
        PERFORM ecommerce_internal.check_written(NOT EXISTS (
            SELECT FROM ecommerce.payments t
            WHERE t.tenant_id = v_tenant AND t.id = give_payment.payment_id
              AND t.order_id IS NULL), 'payments');
        RETURN;
    END IF;
    IF p.amount_refunded > 0 THEN
        PERFORM ecommerce_internal.report_refund(v_tenant, payment_id, order_id, order_created_at,
                                                 p.amount_refunded);
    END IF;
    PERFORM ecommerce_internal.book_order_payment(v_tenant, order_id, order_created_at,
        p.amount_captured, p.amount_refunded, p.amount_charged_back);
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    VALUES (v_tenant, 'payment.assigned', give_payment.order_id,
            jsonb_build_object('payment_id', give_payment.payment_id,
                'order_id', give_payment.order_id, 'currency', p.currency,
                'amount', p.amount_captured, 'status', p.status));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.give_payment(integer, uuid, uuid, timestamptz) IS
    'Give a payment that has no order to one of its currency, for which it counts at once.';

CREATE FUNCTION ecommerce_internal.adopt_payment(tenant_id integer, payment_id uuid,
    request jsonb, amount numeric, currency text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := adopt_payment.tenant_id;
    v_order  uuid := (request ->> 'order_id')::uuid;
    v_same   boolean;
    p        record;
BEGIN
    SELECT t.order_id, t.currency, t.amount INTO p FROM ecommerce.payments t
    WHERE t.tenant_id = v_tenant AND t.id = adopt_payment.payment_id FOR NO KEY UPDATE;
    IF p.amount > 0 OR p.order_id <> v_order OR p.currency <> adopt_payment.currency THEN
        RAISE EXCEPTION 'reference "%" is that of another payment',
                        left(request ->> 'reference', 100)
            USING ERRCODE = 'EC047',
                  DETAIL = CASE WHEN ecommerce_internal.acts_for_customer() THEN ''
                      ELSE jsonb_build_object('payment_id', payment_id, 'currency', p.currency,
                                              'amount', p.amount)::text END;
    END IF;
    UPDATE ecommerce.payments t
    SET method = request ->> 'method', amount = adopt_payment.amount,
        mandate_id = (request ->> 'mandate_id')::uuid, note = request ->> 'note',
        metadata = coalesce(request -> 'metadata', t.metadata)
    WHERE t.tenant_id = v_tenant AND t.id = adopt_payment.payment_id
    RETURNING (t.method, t.amount) = (request ->> 'method', adopt_payment.amount) INTO v_same;
    PERFORM ecommerce_internal.check_written(v_same, 'payments');
    PERFORM ecommerce_internal.give_payment(v_tenant, payment_id, o.id, o.created_at)
    FROM ecommerce.orders o
    WHERE o.tenant_id = v_tenant AND o.id = v_order
      AND o.created_at BETWEEN ecommerce_internal.id_time(v_order) - interval '1 day'
                           AND ecommerce_internal.id_time(v_order) + interval '1 day';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.adopt_payment(integer, uuid, jsonb, numeric, text) IS
    'For create_payment(): a payment that only its provider had told of becomes the one that is '
    'asked for. Error EC047 if it is another one.';

CREATE FUNCTION ecommerce_internal.own_payment(tenant_id integer, payment_id uuid,
    OUT currency text, OUT amount numeric, OUT amount_captured numeric, OUT status text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := own_payment.tenant_id;
    v_method text;
    v_provider text;
BEGIN
    IF payment_id IS NULL THEN
        RAISE EXCEPTION 'payment_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM ecommerce_internal.lock_payment(v_tenant, payment_id);
    SELECT p.currency, p.amount, p.amount_captured, p.status, p.method, p.provider
    INTO currency, amount, amount_captured, status, v_method, v_provider
    FROM ecommerce.payments p
    WHERE p.tenant_id = v_tenant AND p.id = own_payment.payment_id;
    IF v_method IN ('gift_card', 'sepa_debit')
       OR v_provider IS NOT NULL AND v_method <> 'bank_transfer' THEN
        RAISE EXCEPTION 'of this payment its provider says what becomes of it'
            USING ERRCODE = 'EC048',
                  DETAIL = format('Payment %s by %s.', payment_id,
                                  coalesce(v_provider, v_method)),
                  HINT = 'Ask the provider, and book its answer by '
                         'ecommerce.record_payment_event().';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.own_payment(integer, uuid) IS
    'Lock and read a payment of which the shop itself knows what becomes of it. Errors: EC044 '
    'unknown payment, EC048 it is its provider''s to say, 22004 NULL.';

CREATE FUNCTION ecommerce_internal.payment_answer(tenant_id integer, payment_id uuid,
    previous_status text, booked boolean) RETURNS ecommerce.payment_state
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_created timestamptz;
    r         ecommerce.payment_state;
BEGIN
    SELECT p.id, p.order_id, p.method, p.provider, p.reference, p.status, p.currency, p.amount,
           p.amount_authorized, p.amount_captured, p.amount_refunded, p.amount_charged_back,
           p.due_date, p.order_created_at
    INTO r.id, r.order_id, r.method, r.provider, r.reference, r.status, r.currency, r.amount,
         r.amount_authorized, r.amount_captured, r.amount_refunded, r.amount_charged_back,
         r.due_date, v_created
    FROM ecommerce.payments p
    WHERE p.tenant_id = payment_answer.tenant_id AND p.id = payment_answer.payment_id;
    r.previous_status := payment_answer.previous_status;
    r.booked := payment_answer.booked;
    IF r.order_id IS NOT NULL THEN
        r.order_payment_status := ecommerce_internal.payment_status_of_order(tenant_id, r.order_id,
                                                                             v_created);
    END IF;
    RETURN r;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.payment_answer(integer, uuid, text, boolean) IS
    'What functions of payments answer.';

CREATE FUNCTION ecommerce_internal.payment_status_of_order(tenant_id integer, order_id uuid,
    order_created_at timestamptz) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN (SELECT o.payment_status FROM ecommerce.orders o
            WHERE o.tenant_id = payment_status_of_order.tenant_id
              AND o.id = payment_status_of_order.order_id
              AND o.created_at = payment_status_of_order.order_created_at);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.payment_status_of_order(integer, uuid, timestamptz) IS
    'orders.payment_status; NULL if the order is archived.';
