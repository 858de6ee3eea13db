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

CREATE FUNCTION ecommerce_internal.pay_by_gift_card(tenant_id integer, gift_card_id uuid,
    amount numeric, order_id uuid, order_created_at timestamptz, idempotency_key text,
    request_hash bytea) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    WITH entry AS (
        INSERT INTO ecommerce.gift_card_entries (tenant_id, gift_card_id, kind, amount, order_id,
                                                 order_created_at, idempotency_key, request_hash)
        VALUES (pay_by_gift_card.tenant_id, pay_by_gift_card.gift_card_id, 'redeem',
                -pay_by_gift_card.amount, pay_by_gift_card.order_id,
                pay_by_gift_card.order_created_at, pay_by_gift_card.idempotency_key,
                pay_by_gift_card.request_hash)
        ON CONFLICT DO NOTHING RETURNING gift_card_entries.gift_card_id)
    UPDATE ecommerce.gift_cards g SET balance = g.balance - pay_by_gift_card.amount FROM entry
    WHERE g.tenant_id = pay_by_gift_card.tenant_id AND g.id = entry.gift_card_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'idempotency key was used for another request'
            USING ERRCODE = 'EC007',
                  HINT = 'Use a new key for a new request, and the same arguments for a retry.';
    END IF;
    UPDATE ecommerce.orders t
    SET amount_paid = t.amount_paid + pay_by_gift_card.amount,
        payment_status = CASE WHEN t.amount_paid + pay_by_gift_card.amount
                                   = t.gross - ecommerce_internal.cancelled_amount(t.tenant_id,
                                                   t.id, t.created_at)
                              THEN 'paid' ELSE t.payment_status END
    WHERE t.tenant_id = pay_by_gift_card.tenant_id AND t.id = pay_by_gift_card.order_id
      AND t.created_at = pay_by_gift_card.order_created_at;
    PERFORM ecommerce_internal.check_written(FOUND, 'orders');
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    VALUES (pay_by_gift_card.tenant_id, 'payment.gift_card', pay_by_gift_card.order_id,
            jsonb_build_object('gift_card_id', pay_by_gift_card.gift_card_id,
                               'amount', pay_by_gift_card.amount));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.pay_by_gift_card(integer, uuid, numeric, uuid, timestamptz,
    text, bytea) IS
    'For redeem_gift_card(), which has locked the order and the card: book the payment. Error '
    'EC007 if the key is used at the same time.';

CREATE FUNCTION ecommerce_internal.return_to_gift_cards(tenant_id integer, order_id uuid,
    order_created_at timestamptz, amount numeric) RETURNS numeric
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_most numeric;
    v_left numeric;
    v_part numeric;
    c      record;
BEGIN
    IF NOT EXISTS (SELECT FROM ecommerce.gift_card_entries l
                   WHERE l.tenant_id = return_to_gift_cards.tenant_id
                     AND l.order_id = return_to_gift_cards.order_id) THEN
        RETURN 0;
    END IF;
    SELECT least(return_to_gift_cards.amount, t.amount_paid - t.amount_refunded) INTO v_most
    FROM ecommerce.orders t
    WHERE t.tenant_id = return_to_gift_cards.tenant_id AND t.id = return_to_gift_cards.order_id
      AND t.created_at = return_to_gift_cards.order_created_at;
    v_left := v_most;
    PERFORM FROM ecommerce.gift_cards g
    WHERE g.tenant_id = return_to_gift_cards.tenant_id
      AND g.id IN (SELECT l.gift_card_id FROM ecommerce.gift_card_entries l
                   WHERE l.tenant_id = return_to_gift_cards.tenant_id
                     AND l.order_id = return_to_gift_cards.order_id)
    ORDER BY g.id FOR NO KEY UPDATE;
    FOR c IN
        SELECT l.gift_card_id AS id, -sum(l.amount) AS paid
        FROM ecommerce.gift_card_entries l
        WHERE l.tenant_id = return_to_gift_cards.tenant_id
          AND l.order_id = return_to_gift_cards.order_id
        GROUP BY l.gift_card_id HAVING sum(l.amount) < 0
        ORDER BY (array_agg(l.id ORDER BY l.id DESC) FILTER (WHERE l.kind = 'redeem'))[1] DESC
    LOOP
        v_part := least(c.paid, v_left);
        CONTINUE WHEN v_part <= 0;
        WITH entry AS (
            INSERT INTO ecommerce.gift_card_entries (tenant_id, gift_card_id, kind, amount,
                                                     order_id, order_created_at)
            VALUES (return_to_gift_cards.tenant_id, c.id, 'refund', v_part,
                    return_to_gift_cards.order_id, return_to_gift_cards.order_created_at)
            RETURNING gift_card_id)
        UPDATE ecommerce.gift_cards g SET balance = g.balance + v_part FROM entry
        WHERE g.tenant_id = return_to_gift_cards.tenant_id AND g.id = entry.gift_card_id;
        INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
        VALUES (return_to_gift_cards.tenant_id, 'refund.gift_card', return_to_gift_cards.order_id,
                jsonb_build_object('gift_card_id', c.id, 'amount', v_part));
        v_left := v_left - v_part;
    END LOOP;
    IF v_left < v_most THEN
        UPDATE ecommerce.orders t
        SET amount_refunded = t.amount_refunded + v_most - v_left,
            payment_status = CASE WHEN t.amount_refunded + v_most - v_left = t.amount_paid
                                  THEN 'refunded' ELSE t.payment_status END
        WHERE t.tenant_id = return_to_gift_cards.tenant_id AND t.id = return_to_gift_cards.order_id
          AND t.created_at = return_to_gift_cards.order_created_at;
        PERFORM ecommerce_internal.check_written(FOUND, 'orders');
    END IF;
    RETURN v_most - v_left;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.return_to_gift_cards(integer, uuid, timestamptz, numeric) IS
    'For functions that have locked the order: give back up to an amount to the gift cards that '
    'paid for it. NULL is all. The last card comes first, each gets at most what it paid, and no '
    'more in all than was paid and not refunded. Returns how much that was.';
