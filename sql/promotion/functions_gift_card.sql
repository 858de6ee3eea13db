-- Gift cards. What pays by them is in the topic of payments.

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
