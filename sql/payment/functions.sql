-- Payments: what is to be paid, and what providers report.

CREATE FUNCTION ecommerce.create_payment(
    order_id          uuid    DEFAULT NULL,
    amount            numeric DEFAULT NULL,
    method            text    DEFAULT 'card',
    provider          text    DEFAULT NULL,
    reference         text    DEFAULT NULL,
    currency          text    DEFAULT NULL,
    due_date          date    DEFAULT NULL,
    mandate_id        uuid    DEFAULT NULL,
    allow_overpayment boolean DEFAULT false,
    note              text    DEFAULT NULL,
    metadata          jsonb   DEFAULT NULL,
    idempotency_key   text    DEFAULT NULL,
    tenant_id         integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.payment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_request jsonb := jsonb_strip_nulls(jsonb_build_object('order_id', order_id,
                  'amount', trim_scale(amount), 'method', method, 'provider', provider,
                  'reference', reference, 'currency', currency, 'due_date', due_date,
                  'mandate_id', mandate_id, 'allow_overpayment', allow_overpayment,
                  'note', note, 'metadata', metadata));
    v_id      uuid;
    v_new     boolean;
    v_created timestamptz;
    v_status  text;
    p         record;
BEGIN
    PERFORM ecommerce_internal.check_payment_request(v_request, idempotency_key);
    IF order_id IS NOT NULL THEN
        PERFORM ecommerce_internal.check_visible_order(v_tenant, order_id);
        SELECT l.created_at, l.payment_status INTO v_created, v_status
        FROM ecommerce_internal.lock_order(v_tenant, order_id) l;
    END IF;
    v_id := ecommerce_internal.payment_of_request(v_tenant, v_request, idempotency_key);
    IF v_id IS NOT NULL THEN
        RETURN ecommerce_internal.payment_answer(v_tenant, v_id, NULL, false);
    END IF;
    SELECT * INTO p FROM ecommerce_internal.payment_terms(v_tenant, v_request);
    SELECT * INTO v_id, v_new
    FROM ecommerce_internal.insert_payment(v_tenant, v_request, p.amount, p.currency, p.provider,
                                           p.reference, p.due_date, idempotency_key);
    IF NOT v_new THEN
        -- A provider told of it before.
        PERFORM ecommerce_internal.adopt_payment(v_tenant, v_id, v_request, p.amount, p.currency);
    ELSIF v_status = 'failed' THEN
        -- It is tried again.
        PERFORM ecommerce_internal.book_order_payment(v_tenant, order_id, v_created, 0, 0, 0);
    END IF;
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    VALUES (v_tenant, 'payment.created', coalesce(create_payment.order_id, v_id),
            jsonb_strip_nulls(jsonb_build_object('payment_id', v_id,
                'order_id', create_payment.order_id, 'method', create_payment.method,
                'provider', p.provider, 'currency', p.currency, 'amount', p.amount)));
    RETURN ecommerce_internal.payment_answer(v_tenant, v_id, NULL, true);
END
$$;
COMMENT ON FUNCTION ecommerce.create_payment(uuid, numeric, text, text, text, text, date, uuid,
    boolean, text, jsonb, text, integer) IS
    'Make a payment for an order, or for none yet (then assign_payment() says later what it is '
    'for). amount: by default what is due: what the order comes to, less what was paid, authorized '
    'or submitted. More is an error unless allow_overpayment says so. method: card, wallet, '
    'online, sepa_debit (needs mandate_id), bank_transfer (gets a creditor reference, RF, if it '
    'has no reference), cash, cash_on_delivery, invoice (within the customer''s credit limit) or '
    'other; gift cards pay by redeem_gift_card(). provider and reference: who moves the money, and '
    'what they know it by; a payment that they have told of already becomes this one. currency: '
    'that of the order, if given. due_date: until when it is to be paid, or when a direct debit is '
    'to be collected. note is for people, metadata an object of your own. With an idempotency_key '
    'a retry gets the same payment. A storefront may pay orders of its customer, and '
    'names provider and reference of cards, wallets and online payments only. Returns the '
    'payment. Errors: EC008 unknown order, EC046 nothing or less is due, the order is closed or '
    'the credit limit is reached (the detail says which), EC047 the reference is that of another '
    'payment, EC007 key of another request, 22023 wrong arguments, 22001 note is too long.';

CREATE FUNCTION ecommerce.create_payment(
    order_number      text,
    amount            numeric DEFAULT NULL,
    method            text    DEFAULT 'card',
    provider          text    DEFAULT NULL,
    reference         text    DEFAULT NULL,
    currency          text    DEFAULT NULL,
    due_date          date    DEFAULT NULL,
    mandate_id        uuid    DEFAULT NULL,
    allow_overpayment boolean DEFAULT false,
    note              text    DEFAULT NULL,
    metadata          jsonb   DEFAULT NULL,
    idempotency_key   text    DEFAULT NULL,
    tenant_id         integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.payment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.create_payment(
        ecommerce_internal.check_visible_number(v_tenant, order_number), amount, method, provider,
        reference, currency, due_date, mandate_id, allow_overpayment, note, metadata,
        idempotency_key, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.create_payment(text, numeric, text, text, text, text, date, uuid,
    boolean, text, jsonb, text, integer) IS
    'Like create_payment(order_id, ...), by the order''s number or an id without a type.';

CREATE FUNCTION ecommerce.create_payment(request jsonb,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.payment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    r        record;
BEGIN
    PERFORM ecommerce_internal.check_object(request, 'request',
        '{order_id,order_number,amount,method,provider,reference,currency,due_date,mandate_id,
          allow_overpayment,note,metadata,idempotency_key}');
    SELECT * INTO r FROM jsonb_to_record(request) AS q (order_id uuid, order_number text,
        amount numeric, method text, provider text, reference text, currency text, due_date date,
        mandate_id uuid, allow_overpayment boolean, note text, metadata jsonb,
        idempotency_key text);
    RETURN ecommerce.create_payment(
        coalesce(r.order_id, ecommerce_internal.check_visible_number(v_tenant, r.order_number)),
        r.amount, coalesce(r.method, 'card'), r.provider, r.reference, r.currency, r.due_date,
        r.mandate_id, coalesce(r.allow_overpayment, false), r.note, r.metadata,
        r.idempotency_key, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.create_payment(jsonb, integer) IS
    'Like create_payment(order_id, ...), with its arguments as the keys of one object. The order '
    'is its order_id or order_number. Errors: those, and 22023 for an unknown key.';

CREATE FUNCTION ecommerce.record_payment_event(
    provider     text,
    event_id     text,
    kind         text,
    amount       numeric     DEFAULT NULL,
    currency     text        DEFAULT NULL,
    reference    text        DEFAULT NULL,
    payment_id   uuid        DEFAULT NULL,
    order_id     uuid        DEFAULT NULL,
    order_number text        DEFAULT NULL,
    refund_id    uuid        DEFAULT NULL,
    reason       text        DEFAULT NULL,
    method       text        DEFAULT NULL,
    data         jsonb       DEFAULT NULL,
    occurred_at  timestamptz DEFAULT NULL,
    tenant_id    integer     DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.payment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_amount numeric;
    v_booked boolean;
    p        record;
    r        ecommerce.payment_state;
BEGIN
    -- Most of what is reported is money for an order, and nothing is wrong with it.
    IF kind = 'captured' AND num_nonnulls(refund_id, method) = 0
       AND (order_number IS NULL OR order_number ~ '^[^[:space:]].{0,99}$') THEN
        r := ecommerce_internal.capture_for_order(provider, event_id, amount, currency, reference,
                                                  payment_id, reason, data, occurred_at, v_tenant);
        IF r.booked THEN
            RETURN r;
        END IF;
    END IF;
    PERFORM ecommerce_internal.check_payment_event(provider, event_id, kind, amount, reference,
        payment_id, coalesce(order_id::text, order_number), method, occurred_at);
    PERFORM ecommerce_internal.check_note(reason, 'reason');
    IF currency IS NOT NULL THEN
        PERFORM ecommerce.round_amount(0, currency);
    END IF;
    SELECT * INTO p
    FROM ecommerce_internal.payment_of_event(v_tenant, provider, reference, payment_id,
        coalesce(order_id::text, order_number), currency, method);
    v_amount := ecommerce_internal.check_amount(nullif(amount, 0), p.currency, 'amount');
    v_booked := ecommerce_internal.book_entry(v_tenant, p.id, kind, v_amount, provider, event_id,
        reason, data, occurred_at, refund_id);
    RETURN ecommerce_internal.payment_answer(v_tenant, p.id, p.status, v_booked);
END
$$;
COMMENT ON FUNCTION ecommerce.record_payment_event(text, text, text, numeric, text, text, uuid,
    uuid, text, uuid, text, text, jsonb, timestamptz, integer) IS
    'Book what a provider reports of a payment, once, in whatever order and however often it '
    'comes. provider and event_id: who reports, and its id of the event. kind: submitted, '
    'authorized, voided, captured, failed, refunded, refund_failed, charged_back, won_back or fee. '
    'amount: how much it is about, not what it sums to; voided without one is all that was '
    'authorized; failed and submitted have none. The payment is that of payment_id, else that '
    'which the provider knows by reference, else one of the order; if there is none yet, one is '
    'made, and becomes that of create_payment() or assign_payment() later, so no money is lost. '
    'currency: by default that of the payment. order_id or order_number: the order that it is for, '
    'if the payment has none. refund_id: the refund that is confirmed or failed; by default the '
    'oldest of that amount. reason: why it failed or came back. method: of a payment that is made, '
    'by default online. data: whatever else was reported. occurred_at: when, as the provider says. '
    'Returns the payment; booked is false if the event was booked already. Errors: EC045 the event '
    'was reported with another content, EC044 the refund is unknown or not of this payment, EC048 '
    'a gift card pays, 22023 wrong arguments, another currency, or more decimals than it has, '
    '22001 reason is too long, 22003 out of range, 22004 NULL.';

CREATE FUNCTION ecommerce.record_payment_event(event jsonb,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.payment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    e        record;
BEGIN
    PERFORM ecommerce_internal.check_object(event, 'event',
        '{provider,event_id,kind,amount,currency,reference,payment_id,order_id,order_number,
          refund_id,reason,method,data,occurred_at}');
    SELECT * INTO e FROM jsonb_to_record(event) AS q (provider text, event_id text, kind text,
        amount numeric, currency text, reference text, payment_id uuid, order_id uuid,
        order_number text, refund_id uuid, reason text, method text, data jsonb,
        occurred_at timestamptz);
    RETURN ecommerce.record_payment_event(e.provider, e.event_id, e.kind, e.amount, e.currency,
        e.reference, e.payment_id, e.order_id, e.order_number, e.refund_id, e.reason, e.method,
        e.data, e.occurred_at, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.record_payment_event(jsonb, integer) IS
    'Like record_payment_event(provider, ...), with its arguments as the keys of one object. '
    'Errors: those, and 22023 for an unknown key.';

CREATE FUNCTION ecommerce.capture_payment(payment_id uuid, amount numeric DEFAULT NULL,
    note text DEFAULT NULL, idempotency_key text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.payment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_amount numeric;
    v_booked boolean := false;
    v_hash   bytea;
    p        record;
BEGIN
    PERFORM ecommerce_internal.check_note(note, 'note');
    PERFORM ecommerce_internal.check_key(idempotency_key);
    SELECT * INTO p FROM ecommerce_internal.own_payment(v_tenant, payment_id);
    v_hash := ecommerce_internal.event_hash(payment_id, 'captured', amount, NULL, note, NULL);
    IF idempotency_key IS NULL
       OR ecommerce_internal.event_booked(v_tenant, 'shop', idempotency_key, v_hash) IS NULL THEN
        v_amount := coalesce(ecommerce_internal.check_amount(amount, p.currency, 'amount'),
                             p.amount - p.amount_captured);
        IF v_amount <= 0 THEN
            RAISE EXCEPTION 'the payment is captured already'
                USING ERRCODE = 'EC048', DETAIL = format('Payment %s is %s.', payment_id, p.status),
                      HINT = 'Say an amount for money that came besides.';
        END IF;
        v_booked := ecommerce_internal.book_entry(v_tenant, payment_id, 'captured', v_amount,
            CASE WHEN idempotency_key IS NOT NULL THEN 'shop' END, idempotency_key, note, NULL,
            NULL, NULL, v_hash);
    END IF;
    RETURN ecommerce_internal.payment_answer(v_tenant, payment_id, p.status, v_booked);
END
$$;
COMMENT ON FUNCTION ecommerce.capture_payment(uuid, numeric, text, text, integer) IS
    'Say that money came for a payment of which the shop itself knows: cash, cash on delivery, a '
    'bank transfer, an invoice. amount: by default what is missing; more or less is booked as '
    'well. note: for people. With an idempotency_key a retry books nothing more. Returns the '
    'payment. Errors: EC044 unknown payment, EC048 it is captured already, or its provider says '
    'when it is, EC045 key of another capture, 22023 wrong amount or key, 22001 note is too long.';

CREATE FUNCTION ecommerce.void_payment(payment_id uuid, note text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.payment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_booked boolean := false;
    p        record;
BEGIN
    PERFORM ecommerce_internal.check_note(note, 'note');
    SELECT * INTO p FROM ecommerce_internal.own_payment(v_tenant, payment_id);
    IF p.status NOT IN ('created', 'failed', 'voided') THEN
        RAISE EXCEPTION 'a payment that is % cannot be voided', p.status
            USING ERRCODE = 'EC048', DETAIL = format('Payment %s.', payment_id),
                  HINT = 'Money that came goes back by ecommerce.refund_order().';
    ELSIF p.status <> 'voided' THEN
        v_booked := ecommerce_internal.book_entry(v_tenant, payment_id, 'voided', NULL, NULL,
                                                  NULL, note, NULL, NULL);
    END IF;
    RETURN ecommerce_internal.payment_answer(v_tenant, payment_id, p.status, v_booked);
END
$$;
COMMENT ON FUNCTION ecommerce.void_payment(uuid, text, integer) IS
    'Give up a payment for which nothing came, and that no provider has. note: for people. Nothing '
    'happens if it is voided already. Returns the payment. Errors: EC044 unknown payment, EC048 '
    'money came for it, or its provider says when it is void; 22001 note is too long.';
