-- Gift cards pay for orders, and get back what they paid.

CREATE FUNCTION ecommerce.redeem_gift_card(
    code            text,
    order_id        uuid,
    amount          numeric DEFAULT NULL,
    idempotency_key text    DEFAULT NULL,
    tenant_id       integer DEFAULT ecommerce.current_tenant())
    RETURNS numeric
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_hash    bytea := ecommerce_internal.gift_card_hash(code);
    v_request bytea := sha256(convert_to(concat_ws(' ', order_id, encode(v_hash, 'hex'),
                                                   trim_scale(amount)), 'UTF8'));
    v_owed    numeric;
    v_taken   numeric;
    v_reason  text;
    o         record;
    c         record;
    e         record;
BEGIN
    IF code IS NULL THEN
        RAISE EXCEPTION 'code must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM ecommerce_internal.check_key(idempotency_key);
    SELECT * INTO o FROM ecommerce_internal.lock_order(v_tenant, order_id);
    SELECT -l.amount AS taken, l.request_hash = v_request AS same,
           CASE WHEN l.order_id <> redeem_gift_card.order_id THEN 'order_id'
                WHEN g.code_hash <> v_hash THEN 'code' ELSE 'amount' END AS difference
    INTO e
    FROM ecommerce.gift_card_entries l
    JOIN ecommerce.gift_cards g ON g.tenant_id = v_tenant AND g.id = l.gift_card_id
    WHERE l.tenant_id = v_tenant AND l.idempotency_key = redeem_gift_card.idempotency_key;
    IF e.same THEN
        RETURN e.taken;
    END IF;
    IF NOT e.same THEN
        RAISE EXCEPTION 'idempotency key was used for another request'
            USING ERRCODE = 'EC007', DETAIL = format('It differs in %s.', e.difference),
                  HINT = 'Use a new key for a new request, and the same arguments for a retry.';
    END IF;
    IF amount <= 0 OR amount <> ecommerce.round_amount(amount, o.currency) THEN
        RAISE EXCEPTION 'amount must be above zero, with no more decimals than % has', o.currency
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', amount);
    END IF;

    SELECT g.id, g.currency, g.balance, g.status, g.valid_to INTO c FROM ecommerce.gift_cards g
    WHERE g.tenant_id = v_tenant AND g.code_hash = v_hash FOR NO KEY UPDATE;
    v_owed := greatest(ecommerce_internal.payment_due(v_tenant, order_id, o.created_at), 0);
    v_taken := coalesce(ecommerce.round_amount(amount, o.currency), least(v_owed, c.balance));
    v_reason := CASE
        WHEN c.id IS NULL                           THEN 'unknown'
        WHEN c.status = 'blocked'                   THEN 'blocked'
        WHEN c.valid_to <= clock_timestamp()        THEN 'expired'
        WHEN c.currency <> o.currency               THEN 'wrong_currency'
        WHEN o.status IN ('cancelled', 'refunded')  THEN 'order_closed'
        WHEN v_owed <= 0 OR v_taken > v_owed        THEN 'owed'
        WHEN c.balance = 0 OR v_taken > c.balance   THEN 'balance'
        END;
    IF v_reason IS NOT NULL THEN
        RAISE EXCEPTION 'gift card cannot be used: %', v_reason
            USING ERRCODE = 'EC020',
                  DETAIL = jsonb_strip_nulls(jsonb_build_object(
                      'reason', v_reason, 'requested', amount,
                      'owed', CASE v_reason WHEN 'owed' THEN v_owed END,
                      'balance', CASE v_reason WHEN 'balance' THEN c.balance END))::text;
    END IF;

    PERFORM ecommerce_internal.pay_by_gift_card(v_tenant, c.id, v_taken, order_id, o.created_at,
        idempotency_key, CASE WHEN idempotency_key IS NOT NULL THEN v_request END);
    RETURN v_taken;
END
$$;
COMMENT ON FUNCTION ecommerce.redeem_gift_card(text, uuid, numeric, text, integer) IS
    'Pay for an order with a gift card and return what was taken: amount, or as much as is owed '
    'and there is. With an idempotency_key a retry takes nothing more and returns the same. '
    'Errors: EC020 with the reason (unknown, blocked, expired, wrong_currency, order_closed, '
    'owed, balance), EC007 key of another request, EC008 unknown order, 22023 wrong amount.';

CREATE FUNCTION ecommerce.redeem_gift_card(
    code            text,
    order_number    text,
    amount          numeric DEFAULT NULL,
    idempotency_key text    DEFAULT NULL,
    tenant_id       integer DEFAULT ecommerce.current_tenant())
    RETURNS numeric
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.redeem_gift_card(code, ecommerce_internal.find_order(v_tenant, order_number),
                                      amount, idempotency_key, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.redeem_gift_card(text, text, numeric, text, integer) IS
    'Like redeem_gift_card(code, order_id, ...), by the order''s number or an id without a type.';

CREATE FUNCTION ecommerce.refund_to_gift_card(order_id uuid, amount numeric DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS numeric
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_amount numeric;
    v_most   numeric;
    o        record;
BEGIN
    SELECT * INTO o FROM ecommerce_internal.lock_order(v_tenant, order_id);
    v_amount := ecommerce_internal.check_amount(amount, o.currency, 'amount');
    v_most := (SELECT coalesce(sum(r.amount), 0)
               FROM ecommerce_internal.refundable_payments(v_tenant, order_id, NULL,
                                                           'gift_card') r);
    IF v_most <= 0 OR v_amount > v_most THEN
        RAISE EXCEPTION 'gift card cannot be refunded'
            USING ERRCODE = 'EC020',
                  DETAIL = jsonb_strip_nulls(jsonb_build_object(
                      'reason', 'paid', 'requested', amount, 'refundable', v_most))::text;
    END IF;
    RETURN ecommerce_internal.return_to_gift_cards(v_tenant, order_id, o.created_at,
                                                   coalesce(v_amount, v_most), 'other');
END
$$;
COMMENT ON FUNCTION ecommerce.refund_to_gift_card(uuid, numeric, integer) IS
    'Give back an amount, or all, of what gift cards paid for an order, to the same cards, the '
    'last one first; returns it. It is a refund as refund_order() makes one. Errors: EC020 more '
    'than they paid less what they got back, EC008 unknown order, 22023 wrong amount.';

CREATE FUNCTION ecommerce.refund_to_gift_card(order_number text, amount numeric DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS numeric
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.refund_to_gift_card(ecommerce_internal.find_order(v_tenant, order_number),
                                         amount, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.refund_to_gift_card(text, numeric, integer) IS
    'Like refund_to_gift_card(order_id, ...), by the order''s number or an id without a type.';
