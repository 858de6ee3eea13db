-- Gift cards, which pay for orders.

CREATE FUNCTION ecommerce.issue_gift_card(
    amount    numeric,
    currency  text        DEFAULT NULL,
    valid_to  timestamptz DEFAULT NULL,
    code      text        DEFAULT NULL,
    user_id   uuid        DEFAULT NULL,
    email     text        DEFAULT NULL,
    note      text        DEFAULT NULL,
    tenant_id integer     DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.issued_gift_card
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_issue_gift_card';
COMMENT ON FUNCTION ecommerce.issue_gift_card(numeric, text, timestamptz, text, uuid, text, text,
    integer) IS
    'Make a gift card and return its id and its code. amount: what it is worth at first. '
    'currency: by default that of the settings. valid_to: until when it pays, exclusive; NULL for '
    'ever. code: 8 to 64 letters A to Z and digits, hyphens and blanks between them, not easy to '
    'guess; by default one of 80 random bits. user_id and email are whose it is. The code is not '
    'stored, so this is the only time to read it. Errors: 22023 wrong amount or code, 23505 that '
    'code exists, 23503 unknown user.';

CREATE FUNCTION ecommerce.gift_card_balance(code text,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS numeric
    LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_hash   bytea := ecommerce_internal.gift_card_hash(code);
BEGIN
    RETURN (SELECT CASE WHEN g.status = 'active' AND (g.valid_to IS NULL OR g.valid_to > now())
                        THEN g.balance ELSE 0 END
            FROM ecommerce.gift_cards g
            WHERE g.tenant_id = v_tenant AND g.code_hash = v_hash);
END
$$;
COMMENT ON FUNCTION ecommerce.gift_card_balance(text, integer) IS
    'What a gift card can pay for: its balance, or 0 if it is blocked or has expired; NULL for an '
    'unknown code.';

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
    IF length(idempotency_key) NOT BETWEEN 1 AND 255 THEN
        RAISE EXCEPTION 'idempotency_key must have 1 to 255 characters'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
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
    v_owed := greatest(o.gross - o.amount_paid
        - ecommerce_internal.cancelled_amount(v_tenant, order_id, o.created_at), 0);
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
    v_most   numeric;
    o        record;
BEGIN
    SELECT * INTO o FROM ecommerce_internal.lock_order(v_tenant, order_id);
    IF amount <= 0 OR amount <> ecommerce.round_amount(amount, o.currency) THEN
        RAISE EXCEPTION 'amount must be above zero, with no more decimals than % has', o.currency
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', amount);
    END IF;
    SELECT least(coalesce(-sum(l.amount), 0), o.amount_paid - o.amount_refunded) INTO v_most
    FROM ecommerce.gift_card_entries l
    WHERE l.tenant_id = v_tenant AND l.order_id = refund_to_gift_card.order_id;
    IF v_most <= 0 OR amount > v_most THEN
        RAISE EXCEPTION 'gift card cannot be refunded'
            USING ERRCODE = 'EC020',
                  DETAIL = jsonb_strip_nulls(jsonb_build_object(
                      'reason', 'paid', 'requested', amount, 'refundable', v_most))::text;
    END IF;
    RETURN ecommerce_internal.return_to_gift_cards(v_tenant, order_id, o.created_at,
        coalesce(ecommerce.round_amount(amount, o.currency), v_most));
END
$$;
COMMENT ON FUNCTION ecommerce.refund_to_gift_card(uuid, numeric, integer) IS
    'Give back an amount, or all, of what gift cards paid for an order, to the same cards, the '
    'last one first; returns it. Errors: EC020 more than they paid less what they got back, EC008 '
    'unknown order, 22023 wrong amount.';

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

CREATE FUNCTION ecommerce.adjust_gift_card(gift_card_id uuid, amount numeric,
    note text DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS numeric
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_amount numeric;
    c        record;
BEGIN
    IF num_nulls(gift_card_id, amount) > 0 THEN
        RAISE EXCEPTION 'gift_card_id and amount must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT g.currency, g.balance INTO c FROM ecommerce.gift_cards g
    WHERE g.tenant_id = v_tenant AND g.id = adjust_gift_card.gift_card_id FOR NO KEY UPDATE;
    IF NOT FOUND OR c.balance + amount < 0 THEN
        RAISE EXCEPTION 'gift card cannot be adjusted'
            USING ERRCODE = 'EC020',
                  DETAIL = jsonb_strip_nulls(jsonb_build_object(
                      'reason', CASE WHEN c.balance IS NULL THEN 'unknown' ELSE 'balance' END,
                      'requested', amount, 'balance', c.balance))::text;
    END IF;
    v_amount := ecommerce.round_amount(amount, c.currency);
    IF amount = 0 OR amount <> v_amount THEN
        RAISE EXCEPTION 'amount must not be zero, nor have more decimals than % has', c.currency
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', amount);
    END IF;
    IF abs(amount) >= 1e15 OR c.balance + amount >= 1e15 THEN
        RAISE EXCEPTION 'amount is out of range' USING ERRCODE = 'numeric_value_out_of_range';
    END IF;
    WITH entry AS (
        INSERT INTO ecommerce.gift_card_entries (tenant_id, gift_card_id, kind, amount, note)
        VALUES (v_tenant, adjust_gift_card.gift_card_id, 'adjust', v_amount, adjust_gift_card.note)
        RETURNING gift_card_entries.gift_card_id)
    UPDATE ecommerce.gift_cards g SET balance = g.balance + v_amount FROM entry
    WHERE g.tenant_id = v_tenant AND g.id = entry.gift_card_id;
    RETURN c.balance + v_amount;
END
$$;
COMMENT ON FUNCTION ecommerce.adjust_gift_card(uuid, numeric, text, integer) IS
    'Add an amount to a gift card, or take it off if it is negative, and return the new balance. '
    'Errors: EC020 unknown card, or more than there is; 22023 wrong amount.';
