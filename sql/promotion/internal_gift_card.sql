-- What only functions and triggers of gift cards call.

CREATE FUNCTION ecommerce_internal.check_gift_card(tenant_id integer, gift_card_id uuid)
    RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c record;
BEGIN
    SELECT g.balance, coalesce(e.amount, 0) AS entries INTO c
    FROM ecommerce.gift_cards g
    CROSS JOIN (SELECT sum(l.amount) AS amount FROM ecommerce.gift_card_entries l
                WHERE l.tenant_id = check_gift_card.tenant_id
                  AND l.gift_card_id = check_gift_card.gift_card_id) e
    WHERE g.tenant_id = check_gift_card.tenant_id AND g.id = check_gift_card.gift_card_id;
    IF c.balance <> c.entries THEN
        RAISE EXCEPTION 'the balance of a gift card must equal the sum of its entries'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'books_match', SCHEMA = 'ecommerce',
                  TABLE = 'gift_cards',
                  DETAIL = format('The balance is %s, the entries sum to %s.', c.balance,
                                  c.entries),
                  HINT = 'Use ecommerce.adjust_gift_card().';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_gift_card(integer, uuid) IS
    'Error 23514 if the balance of a gift card is not the sum of its entries.';

-- At commit nobody's rights but the role's own are left, so these two have their
-- owner's, and refuse other tables, whose code would have them, too.
CREATE FUNCTION ecommerce_internal.check_gift_card_balance() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_RELID <> 'ecommerce.gift_cards'::regclass THEN
        RAISE EXCEPTION 'check_gift_card_balance() is for gift_cards only'
            USING ERRCODE = 'trigger_protocol_violated';
    END IF;
    PERFORM ecommerce_internal.check_gift_card(NEW.tenant_id, NEW.id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_gift_card_balance() IS
    'Deferred to the commit: a gift card must equal the sum of its entries, error 23514.';

CREATE FUNCTION ecommerce_internal.check_gift_card_entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_RELID <> 'ecommerce.gift_card_entries'::regclass THEN
        RAISE EXCEPTION 'check_gift_card_entry() is for gift_card_entries only'
            USING ERRCODE = 'trigger_protocol_violated';
    END IF;
    PERFORM ecommerce_internal.check_gift_card(NEW.tenant_id, NEW.gift_card_id);
    IF NEW.kind = 'refund' AND (SELECT sum(l.amount) FROM ecommerce.gift_card_entries l
                                WHERE l.tenant_id = NEW.tenant_id AND l.order_id = NEW.order_id
                                  AND l.gift_card_id = NEW.gift_card_id) > 0 THEN
        RAISE EXCEPTION 'a gift card gets back no more of an order than it paid'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'gift_card_entries_paid_check',
                  SCHEMA = 'ecommerce', TABLE = 'gift_card_entries',
                  DETAIL = format('Order %s, gift card %s.', NEW.order_id, NEW.gift_card_id),
                  HINT = 'Use ecommerce.refund_to_gift_card().';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_gift_card_entry() IS
    'Deferred to the commit: the gift card of an entry must equal the sum of its entries, error '
    '23514. Nor does it get back more of an order than it paid, by whatever door.';

CREATE FUNCTION ecommerce_internal.gift_card_letters(code text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_letters text;
BEGIN
    IF length(code) <= 255 THEN
        v_letters := upper(ecommerce_internal.without_separators(code) COLLATE "C");
    END IF;
    -- A character that is left out finds the card of a shorter code.
    RETURN CASE WHEN v_letters ~ '^[0-9A-Z]+$' THEN v_letters END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.gift_card_letters(text) IS
    'The code of a gift card in capitals, without blanks, hyphens and dashes. NULL for a text that '
    'is none: with other characters than letters A to Z and digits, or more than 255.';

CREATE FUNCTION ecommerce_internal.gift_card_hash(code text) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN sha256(convert_to(translate(ecommerce_internal.gift_card_letters(code), 'OIL', '011'),
                             'UTF8'));
COMMENT ON FUNCTION ecommerce_internal.gift_card_hash(text) IS
    'sha256 of the code of a gift card as everybody may write it. In any case, with or without '
    'blanks and hyphens, with O for 0, and with I or L for 1; NULL for a text that is no code.';

CREATE FUNCTION ecommerce_internal.gift_card_weakness(letters text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_same  text := translate(letters, 'OIL', '011');
    v_rows  constant text := '01234567890 ABCDEFGHIJKLMNOPQRSTUVWXYZ '
                             'QWERTYUIOP QWERTZUIOP ASDFGHJKL ZXCVBNM YXCVBNM';
    v_steps text;
BEGIN
    -- How each character follows the one before it: same, next, last, or not at all
    SELECT string_agg(CASE WHEN s.a = s.b                        THEN 's'
                           WHEN position(s.a || s.b IN v_rows) > 0 THEN 'n'
                           WHEN position(s.b || s.a IN v_rows) > 0 THEN 'l'
                           ELSE '-' END, '' ORDER BY i) INTO v_steps
    FROM generate_series(2, length(letters)) AS i
    CROSS JOIN LATERAL (SELECT substr(letters, i - 1, 1) AS a, substr(letters, i, 1) AS b) s;
    RETURN CASE
        WHEN length(letters) NOT BETWEEN 8 AND 64 THEN 'It must have 8 to 64 letters and digits.'
        WHEN v_same !~ '[^0-9]' AND length(v_same) < 12
            THEN 'Of digits only, it must have at least 12.'
        WHEN (SELECT count(DISTINCT c) FROM regexp_split_to_table(v_same, '') c) < 5
            THEN 'It must have 5 different letters or digits.'
        WHEN v_same ~ E'^(.+)\\1+$' THEN 'It must not repeat itself.'
        WHEN v_steps ~ 's{4}|n{4}|l{4}'
             OR length(replace(v_steps, '-', '')) * 3 > length(v_steps) * 2
            THEN 'It must not be made of letters or digits that are the same or follow each other.'
        END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.gift_card_weakness(text) IS
    'Why a code, as gift_card_letters() has it, is easy to guess, in words; NULL if it is not.';

CREATE FUNCTION ecommerce_internal.check_gift_card_code(code text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_strange text := substring(code COLLATE "C" FROM '[^0-9A-Za-z -]');
    v_letters text := ecommerce_internal.gift_card_letters(code);
BEGIN
    IF length(code) > 255 THEN
        RAISE EXCEPTION 'code is too long'
            USING ERRCODE = 'string_data_right_truncation', DETAIL = 'It may have 255 characters.';
    ELSIF v_strange IS NOT NULL THEN
        RAISE EXCEPTION 'code may have letters A to Z, digits, hyphens and blanks only'
            USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('It has %s.', coalesce(ecommerce_internal.hidden_in(v_strange),
                                                   quote_literal(v_strange))),
            HINT = 'Leave it out to get one that nobody can guess.';
    ELSIF code IS NOT NULL THEN
        v_strange := CASE WHEN v_letters IS NULL THEN 'It must have 8 to 64 letters and digits.'
                          ELSE ecommerce_internal.gift_card_weakness(v_letters) END;
        IF v_strange IS NOT NULL THEN
            RAISE EXCEPTION 'code of a gift card is easy to guess'
                USING ERRCODE = 'invalid_parameter_value', DETAIL = v_strange,
                      HINT = 'Leave it out to get one that nobody can guess.';
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_gift_card_code(text) IS
    'For make_gift_card(): refuses a chosen code with a character that is no part of codes, and '
    'one that is easy to guess. Errors: 22023 with the reason, 22001 more than 255 characters.';

CREATE FUNCTION ecommerce_internal.random_gift_card_code() RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_random  bytea;
    v_letters text;
BEGIN
    -- 80 of the 244 random bits of two ids, in base 32 without I, L, O and U.  One in
    -- many millions looks as if somebody had chosen it.
    LOOP
        v_random := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
        v_letters := (SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ',
                                               (get_byte(v_random, i) & 31) + 1, 1), '')
                      FROM generate_series(0, 15) AS i);
        EXIT WHEN ecommerce_internal.gift_card_weakness(v_letters) IS NULL;
    END LOOP;
    RETURN concat_ws('-', substr(v_letters, 1, 4), substr(v_letters, 5, 4),
                     substr(v_letters, 9, 4), substr(v_letters, 13, 4));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.random_gift_card_code() IS
    'For make_gift_card(): a code that nobody can guess, of 80 random bits.';

CREATE FUNCTION ecommerce_internal.make_gift_card(
    amount numeric, currency text, valid_to timestamptz, code text, user_id uuid, email text,
    note text, tenant_id integer)
    RETURNS ecommerce.issued_gift_card
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant   integer := tenant_id;
    v_currency text := coalesce(currency,
                                (SELECT s.currency FROM ecommerce.settings s
                                 WHERE s.tenant_id = v_tenant));
    v_amount   numeric := ecommerce.round_amount(amount, v_currency);
    v_result   ecommerce.issued_gift_card;
BEGIN
    IF amount IS NULL THEN
        RAISE EXCEPTION 'amount must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF amount <= 0 OR amount <> v_amount THEN
        RAISE EXCEPTION 'amount must be above zero, with no more decimals than % has', v_currency
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', amount);
    ELSIF amount >= 1e15 THEN
        RAISE EXCEPTION 'amount is out of range' USING ERRCODE = 'numeric_value_out_of_range';
    END IF;
    PERFORM ecommerce_internal.check_gift_card_code(code);
    v_result.code := coalesce(code, ecommerce_internal.random_gift_card_code());

    -- Card and entry by one statement, here and below: the balance may be compared after each.
    WITH card AS (
        INSERT INTO ecommerce.gift_cards (tenant_id, code_hash, last_digits, currency,
                                          initial_amount, balance, valid_to, user_id, email, note)
        VALUES (v_tenant, ecommerce_internal.gift_card_hash(v_result.code),
                right(ecommerce_internal.gift_card_letters(v_result.code), 4),
                v_currency, v_amount, v_amount,
                make_gift_card.valid_to, make_gift_card.user_id, make_gift_card.email,
                make_gift_card.note)
        RETURNING id)
    INSERT INTO ecommerce.gift_card_entries (tenant_id, gift_card_id, kind, amount)
    SELECT v_tenant, c.id, 'issue', v_amount FROM card c
    RETURNING gift_card_id INTO v_result.id;
    PERFORM ecommerce_internal.check_written(FOUND, 'gift_cards');
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.make_gift_card(numeric, text, timestamptz, text, uuid, text,
    text, integer) IS
    'For issue_gift_card(), which has checked the tenant.';
