-- Coupons and gift cards.
--
-- Everybody locks in this order: the order, or the cart that becomes one, its
-- reservation, coupons by id, stock, gift cards by id.  docs/promotions.md says
-- why.

CREATE FUNCTION ecommerce.check_coupon() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.code := upper(btrim(NEW.code));
    IF NEW.kind = 'amount' AND NEW.value <> ecommerce.round_amount(NEW.value, NEW.currency) THEN
        RAISE EXCEPTION 'value has too many decimals for %', NEW.currency
            USING ERRCODE = 'check_violation', CONSTRAINT = 'check_coupon_value', SCHEMA = 'ecommerce', TABLE = 'coupons';
    END IF;
    IF TG_OP = 'UPDATE' AND (
        (num_nonnulls(NEW.max_redemptions, NEW.max_redemptions_per_user) = 0) <> (num_nonnulls(OLD.max_redemptions, OLD.max_redemptions_per_user) = 0)
        OR NEW.max_redemptions_per_user IS NOT NULL AND NEW.max_redemptions_per_user < coalesce(OLD.max_redemptions_per_user, 2147483647))
    THEN
        RAISE EXCEPTION 'UPDATE on coupons is refused'
            USING ERRCODE = 'EC017',
                  DETAIL = 'Orders under way rely on whether it has a limit, and on how often one customer may redeem it.',
                  HINT = 'Set active to false, and make a new coupon.';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce.check_coupon() IS
    'Turns the code of a coupon into upper case. Refuses to give a limit to a coupon without one, to take the last one away, and to lower that of each customer (error EC017): redemptions of a coupon without limit are not counted, those of others are checked once.';

CREATE FUNCTION ecommerce.redeem_coupons(
    tenant_id integer, codes text[], user_id uuid, email text, goods numeric, currency text, order_id uuid, order_created_at timestamptz,
    OUT allowances jsonb, OUT free_shipping boolean)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_email    text := lower(email);
    v_left     numeric := goods;
    v_failures jsonb := jsonb '[]';
    v_ids      uuid[];
    v_reason   text;
    v_amount   numeric;
    c          record;
BEGIN
    allowances := jsonb '[]';
    free_shipping := false;
    IF cardinality(codes) > 20 THEN
        RAISE EXCEPTION 'too many coupons' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'An order may have 20.';
    ELSIF EXISTS (SELECT FROM unnest(codes) AS w (code) WHERE length(w.code) > 255) THEN
        RAISE EXCEPTION 'a coupon code is too long'
            USING ERRCODE = 'string_data_right_truncation', DETAIL = 'It may have 255 characters.';
    END IF;

    -- Whether a coupon has a limit never changes, so that locking those that
    -- have one is enough; and what is locked by id is read by id.
    SELECT array_agg(k.id) INTO v_ids FROM ecommerce.coupons k
    WHERE k.tenant_id = redeem_coupons.tenant_id AND k.deleted_at IS NULL
      AND k.code = ANY (SELECT upper(btrim(w.code)) FROM unnest(codes) AS w (code));
    PERFORM FROM ecommerce.coupons k
    WHERE k.tenant_id = redeem_coupons.tenant_id AND k.id = ANY (v_ids)
      AND num_nonnulls(k.max_redemptions, k.max_redemptions_per_user) > 0
    ORDER BY k.id FOR NO KEY UPDATE;

    FOR c IN
        SELECT w.code AS written, w.position, row_number() OVER (PARTITION BY upper(btrim(w.code)) ORDER BY w.position) > 1 AS again,
               date_trunc('milliseconds', k.valid_from) AS valid_from_ms, k.*
        FROM unnest(codes) WITH ORDINALITY AS w (code, position)
        LEFT JOIN ecommerce.coupons k ON k.tenant_id = redeem_coupons.tenant_id AND k.id = ANY (v_ids)
            AND k.code = upper(btrim(w.code)) AND k.deleted_at IS NULL
        ORDER BY w.position
    LOOP
        v_amount := CASE c.kind
            WHEN 'percent' THEN ecommerce.round_amount(v_left * c.value * 0.01, redeem_coupons.currency)
            WHEN 'amount'  THEN ecommerce.round_amount(least(c.value, v_left), redeem_coupons.currency)
            ELSE 0 END;
        v_reason := CASE
            WHEN c.id IS NULL                           THEN 'unknown'
            WHEN c.again                                THEN 'twice'
            WHEN NOT c.active                           THEN 'inactive'
            WHEN order_created_at < c.valid_from_ms     THEN 'not_yet_valid'
            WHEN order_created_at >= c.valid_to         THEN 'expired'
            WHEN c.currency <> redeem_coupons.currency  THEN 'wrong_currency'
            WHEN goods < c.minimum                      THEN 'minimum'
            WHEN c.redemptions >= c.max_redemptions     THEN 'limit'
            WHEN c.max_redemptions_per_user IS NULL     THEN NULL
            WHEN num_nonnulls(user_id, v_email) = 0     THEN 'user_required'
            WHEN c.max_redemptions_per_user <= (
                SELECT count(*) FROM ecommerce.coupon_redemptions r
                WHERE r.tenant_id = redeem_coupons.tenant_id AND r.coupon_id = c.id AND r.released_at IS NULL
                  AND (r.user_id = redeem_coupons.user_id OR r.email = v_email))
                                                        THEN 'user_limit'
            END;
        IF v_reason IS NULL AND v_amount = 0 AND c.kind <> 'free_shipping' THEN
            v_reason := 'no_effect';
        END IF;
        IF v_reason IS NOT NULL THEN
            v_failures := v_failures || jsonb_build_object('code', left(c.written, 64), 'reason', v_reason);
            CONTINUE;
        END IF;

        IF num_nonnulls(c.max_redemptions, c.max_redemptions_per_user) > 0 THEN
            UPDATE ecommerce.coupons k SET redemptions = k.redemptions + 1
            WHERE k.tenant_id = redeem_coupons.tenant_id AND k.id = c.id;
            PERFORM ecommerce.check_written(FOUND, 'coupons');
        END IF;
        INSERT INTO ecommerce.coupon_redemptions (tenant_id, order_id, order_created_at, coupon_id, position, user_id, email, amount)
        VALUES (redeem_coupons.tenant_id, redeem_coupons.order_id, redeem_coupons.order_created_at, c.id, c.position, redeem_coupons.user_id, v_email, v_amount);
        PERFORM ecommerce.check_written(FOUND, 'coupon_redemptions');
        v_left := v_left - v_amount;
        IF c.kind = 'free_shipping' THEN
            free_shipping := true;
        ELSE
            allowances := allowances || jsonb_build_object('amount', v_amount, 'reason', c.code);
        END IF;
    END LOOP;
    IF v_failures <> '[]' THEN
        RAISE EXCEPTION 'coupon cannot be used' USING ERRCODE = 'EC019', DETAIL = v_failures::text;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce.redeem_coupons(integer, text[], uuid, text, numeric, text, uuid, timestamptz) IS
    'For place_order(): redeem coupons for goods of an amount, in their order, and return the allowances that they are, and whether shipping is free. Error EC019 lists every code that cannot be used, and why: unknown, twice, inactive, not_yet_valid, expired, wrong_currency, minimum, limit, user_required, user_limit, no_effect.';

CREATE FUNCTION ecommerce.release_coupons(tenant_id integer, order_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_ids uuid[];
BEGIN
    SELECT array_agg(r.coupon_id) INTO v_ids FROM ecommerce.coupon_redemptions r
    WHERE r.tenant_id = release_coupons.tenant_id AND r.order_id = release_coupons.order_id AND r.released_at IS NULL;
    IF v_ids IS NULL THEN
        RETURN;
    END IF;
    PERFORM FROM ecommerce.coupons k
    WHERE k.tenant_id = release_coupons.tenant_id AND k.id = ANY (v_ids)
      AND num_nonnulls(k.max_redemptions, k.max_redemptions_per_user) > 0
    ORDER BY k.id FOR NO KEY UPDATE;
    WITH released AS (
        UPDATE ecommerce.coupon_redemptions r SET released_at = now()
        WHERE r.tenant_id = release_coupons.tenant_id AND r.order_id = release_coupons.order_id AND r.released_at IS NULL
        RETURNING r.coupon_id)
    UPDATE ecommerce.coupons k SET redemptions = k.redemptions - 1
    FROM released
    WHERE k.tenant_id = release_coupons.tenant_id AND k.id = released.coupon_id
      AND num_nonnulls(k.max_redemptions, k.max_redemptions_per_user) > 0;
    PERFORM FROM ecommerce.coupon_redemptions r
    WHERE r.tenant_id = release_coupons.tenant_id AND r.order_id = release_coupons.order_id AND r.released_at IS NULL;
    PERFORM ecommerce.check_written(NOT FOUND, 'coupon_redemptions');
END
$$;
COMMENT ON FUNCTION ecommerce.release_coupons(integer, uuid) IS
    'For cancel_order(), which has locked the order: let its redemptions no longer count.';

CREATE FUNCTION ecommerce.check_gift_card(tenant_id integer, gift_card_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c record;
BEGIN
    SELECT g.balance, coalesce(e.amount, 0) AS entries INTO c
    FROM ecommerce.gift_cards g
    CROSS JOIN LATERAL (SELECT sum(l.amount) AS amount FROM ecommerce.gift_card_entries l
                        WHERE l.tenant_id = g.tenant_id AND l.gift_card_id = g.id) e
    WHERE g.tenant_id = check_gift_card.tenant_id AND g.id = check_gift_card.gift_card_id;
    IF c.balance <> c.entries THEN
        RAISE EXCEPTION 'the balance of a gift card must equal the sum of its entries'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'books_match', SCHEMA = 'ecommerce', TABLE = 'gift_cards',
                  DETAIL = format('The balance is %s, the entries sum to %s.', c.balance, c.entries),
                  HINT = 'Use ecommerce.adjust_gift_card().';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce.check_gift_card(integer, uuid) IS
    'Error 23514 if the balance of a gift card is not the sum of its entries.';

-- At commit nobody's rights but the role's own are left, so these two have their
-- owner's, and refuse other tables, whose code would have them, too.
CREATE FUNCTION ecommerce.check_gift_card_balance() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_RELID <> 'ecommerce.gift_cards'::regclass THEN
        RAISE EXCEPTION 'check_gift_card_balance() is for gift_cards only' USING ERRCODE = 'trigger_protocol_violated';
    END IF;
    PERFORM ecommerce.check_gift_card(NEW.tenant_id, NEW.id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce.check_gift_card_balance() IS
    'Deferred to the commit: a gift card must equal the sum of its entries, error 23514.';

CREATE FUNCTION ecommerce.check_gift_card_entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_RELID <> 'ecommerce.gift_card_entries'::regclass THEN
        RAISE EXCEPTION 'check_gift_card_entry() is for gift_card_entries only' USING ERRCODE = 'trigger_protocol_violated';
    END IF;
    PERFORM ecommerce.check_gift_card(NEW.tenant_id, NEW.gift_card_id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce.check_gift_card_entry() IS
    'Deferred to the commit: the gift card of an entry must equal the sum of its entries, error 23514.';

CREATE FUNCTION ecommerce.gift_card_hash(code text) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN length(code) <= 255 THEN
        sha256(convert_to(translate(upper(regexp_replace(code, '[^0-9A-Za-z]', '', 'g') COLLATE "C"), 'OIL', '011'), 'UTF8')) END;
COMMENT ON FUNCTION ecommerce.gift_card_hash(text) IS
    'sha256 of the code of a gift card as everybody may write it: in any case, with or without spaces and hyphens, with O for 0, and with I or L for 1; NULL for a text of more than 255 characters, which is none.';

CREATE FUNCTION ecommerce.lock_order(tenant_id integer, order_id uuid, OUT created_at timestamptz, OUT status text, OUT currency text, OUT gross numeric, OUT amount_paid numeric, OUT amount_refunded numeric)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_from timestamptz := ecommerce.uuid_v7_time(order_id) - interval '24 hours';
    v_to   timestamptz := ecommerce.uuid_v7_time(order_id) + interval '24 hours';
BEGIN
    IF order_id IS NULL THEN
        RAISE EXCEPTION 'order_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT o.created_at, o.status, o.currency, o.gross, o.amount_paid, o.amount_refunded
    INTO lock_order.created_at, lock_order.status, lock_order.currency, lock_order.gross, lock_order.amount_paid, lock_order.amount_refunded
    FROM ecommerce.orders o
    WHERE o.tenant_id = lock_order.tenant_id AND o.id = lock_order.order_id AND o.created_at BETWEEN v_from AND v_to
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown order' USING ERRCODE = 'EC008', DETAIL = format('It is %s.', order_id);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce.lock_order(integer, uuid) IS
    'For functions that pay or refund: lock an order and read it. Errors: EC008 unknown order, 22023 an id of another version than 7.';

CREATE TYPE ecommerce.issued_gift_card AS (
    id   uuid,
    code text
);
COMMENT ON TYPE ecommerce.issued_gift_card IS 'A new gift card: its id, and its code, which is not kept anywhere.';

CREATE FUNCTION ecommerce.make_gift_card(
    amount numeric, currency text, valid_to timestamptz, code text, user_id uuid, email text, notes text, tenant_id integer)
    RETURNS ecommerce.issued_gift_card
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant   integer := tenant_id;
    v_currency text := coalesce(currency, (SELECT s.currency FROM ecommerce.settings s WHERE s.tenant_id = v_tenant));
    v_amount   numeric := ecommerce.round_amount(amount, v_currency);
    v_random   bytea;
    v_letters  text;
    v_result   ecommerce.issued_gift_card;
BEGIN
    IF amount IS NULL THEN
        RAISE EXCEPTION 'amount must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF amount <= 0 OR amount <> v_amount THEN
        RAISE EXCEPTION 'wrong amount' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('It must be above zero, with no more decimals than %s has.', v_currency);
    ELSIF amount >= 1e15 THEN
        RAISE EXCEPTION 'amount is out of range' USING ERRCODE = 'numeric_value_out_of_range';
    ELSIF length(code) > 255 THEN
        RAISE EXCEPTION 'code is too long' USING ERRCODE = 'string_data_right_truncation', DETAIL = 'It may have 255 characters.';
    END IF;
    v_result.code := code;
    IF code IS NULL THEN
        -- 80 of the 244 random bits of two ids, in base 32 without I, L, O and U
        v_random := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
        v_letters := (SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', (get_byte(v_random, i) & 31) + 1, 1), '') FROM generate_series(0, 15) AS i);
        v_result.code := concat_ws('-', substr(v_letters, 1, 4), substr(v_letters, 5, 4), substr(v_letters, 9, 4), substr(v_letters, 13, 4));
    ELSE
        v_letters := regexp_replace(code, '[^0-9A-Za-z]', '', 'g');
        IF length(v_letters) NOT BETWEEN 8 AND 64 THEN
            RAISE EXCEPTION 'wrong code' USING ERRCODE = 'invalid_parameter_value',
                DETAIL = 'It must have 8 to 64 letters and digits.', HINT = 'Leave it out to get one that nobody can guess.';
        END IF;
    END IF;

    -- Card and entry by one statement, here and below: the balance may be compared after each.
    WITH card AS (
        INSERT INTO ecommerce.gift_cards (tenant_id, code_hash, last_digits, currency, initial_amount, balance, valid_to, user_id, email, notes)
        VALUES (v_tenant, ecommerce.gift_card_hash(v_result.code), right(v_letters, 4), v_currency, v_amount, v_amount,
                make_gift_card.valid_to, make_gift_card.user_id, make_gift_card.email, make_gift_card.notes)
        RETURNING id)
    INSERT INTO ecommerce.gift_card_entries (tenant_id, gift_card_id, kind, amount)
    SELECT v_tenant, c.id, 'issue', v_amount FROM card c
    RETURNING gift_card_id INTO v_result.id;
    PERFORM ecommerce.check_written(FOUND, 'gift_cards');
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.make_gift_card(numeric, text, timestamptz, text, uuid, text, text, integer) IS
    'For issue_gift_card(), which has checked the tenant.';

CREATE FUNCTION ecommerce.issue_gift_card(
    amount    numeric,
    currency  text        DEFAULT NULL,
    valid_to  timestamptz DEFAULT NULL,
    code      text        DEFAULT NULL,
    user_id   uuid        DEFAULT NULL,
    email     text        DEFAULT NULL,
    notes     text        DEFAULT NULL,
    tenant_id integer     DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.issued_gift_card
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_issue_gift_card';
COMMENT ON FUNCTION ecommerce.issue_gift_card(numeric, text, timestamptz, text, uuid, text, text, integer) IS
    'Make a gift card and return its id and its code: the code given (8 to 64 letters and digits; one that exists is error 23505), or one of 80 random bits. The code is not stored, so this is the only time to read it. currency is that of the settings by default. Errors: 22023 wrong amount or code, 23503 unknown user.';

CREATE FUNCTION ecommerce.gift_card_balance(code text, tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS numeric
    LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN g.status = 'active' AND (g.valid_to IS NULL OR g.valid_to > now()) THEN g.balance ELSE 0 END
    FROM ecommerce.gift_cards g
    WHERE g.tenant_id = ecommerce.check_tenant(gift_card_balance.tenant_id) AND g.code_hash = ecommerce.gift_card_hash(gift_card_balance.code)
$$;
COMMENT ON FUNCTION ecommerce.gift_card_balance(text, integer) IS
    'What a gift card can pay for: its balance, or 0 if it is blocked or has expired; NULL for an unknown code.';

CREATE FUNCTION ecommerce.redeem_gift_card(
    code            text,
    order_id        uuid,
    amount          numeric DEFAULT NULL,
    idempotency_key text    DEFAULT NULL,
    tenant_id       integer DEFAULT ecommerce.current_tenant())
    RETURNS numeric
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant  integer := ecommerce.check_tenant(tenant_id);
    v_hash    bytea := ecommerce.gift_card_hash(code);
    v_request bytea := sha256(convert_to(concat_ws(' ', order_id, encode(v_hash, 'hex'), trim_scale(amount)), 'UTF8'));
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
        RAISE EXCEPTION 'wrong idempotency_key' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It must have 1 to 255 characters.';
    END IF;
    SELECT * INTO o FROM ecommerce.lock_order(v_tenant, order_id);
    SELECT -l.amount AS taken, l.request_hash = v_request AS same INTO e FROM ecommerce.gift_card_entries l
    WHERE l.tenant_id = v_tenant AND l.idempotency_key = redeem_gift_card.idempotency_key;
    IF e.same THEN
        RETURN e.taken;
    END IF;
    IF NOT e.same THEN
        RAISE EXCEPTION 'idempotency key was used for another request'
            USING ERRCODE = 'EC007', HINT = 'Use a new key for a new request, and the same arguments for a retry.';
    END IF;
    IF amount <= 0 OR amount <> ecommerce.round_amount(amount, o.currency) THEN
        RAISE EXCEPTION 'wrong amount' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('It must be above zero, with no more decimals than %s has.', o.currency);
    END IF;

    SELECT g.id, g.currency, g.balance, g.status, g.valid_to INTO c FROM ecommerce.gift_cards g
    WHERE g.tenant_id = v_tenant AND g.code_hash = v_hash FOR NO KEY UPDATE;
    v_owed := o.gross - o.amount_paid;
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
        RAISE EXCEPTION 'gift card cannot be used'
            USING ERRCODE = 'EC020',
                  DETAIL = jsonb_strip_nulls(jsonb_build_object('reason', v_reason, 'requested', amount,
                      'owed', CASE v_reason WHEN 'owed' THEN v_owed END, 'balance', CASE v_reason WHEN 'balance' THEN c.balance END))::text;
    END IF;

    WITH entry AS (
        INSERT INTO ecommerce.gift_card_entries (tenant_id, gift_card_id, kind, amount, order_id, order_created_at, idempotency_key, request_hash)
        VALUES (v_tenant, c.id, 'redeem', -v_taken, redeem_gift_card.order_id, o.created_at, redeem_gift_card.idempotency_key,
                CASE WHEN redeem_gift_card.idempotency_key IS NOT NULL THEN v_request END)
        ON CONFLICT DO NOTHING RETURNING gift_card_id)
    UPDATE ecommerce.gift_cards g SET balance = g.balance - v_taken FROM entry
    WHERE g.tenant_id = v_tenant AND g.id = entry.gift_card_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'idempotency key was used for another request'
            USING ERRCODE = 'EC007', HINT = 'Use a new key for a new request, and the same arguments for a retry.';
    END IF;
    UPDATE ecommerce.orders t
    SET amount_paid = t.amount_paid + v_taken,
        payment_status = CASE WHEN t.amount_paid + v_taken = t.gross THEN 'paid' ELSE t.payment_status END
    WHERE t.tenant_id = v_tenant AND t.id = redeem_gift_card.order_id AND t.created_at = o.created_at;
    PERFORM ecommerce.check_written(FOUND, 'orders');
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    VALUES (v_tenant, 'payment.gift_card', redeem_gift_card.order_id, jsonb_build_object('gift_card_id', c.id, 'amount', v_taken));
    RETURN v_taken;
END
$$;
COMMENT ON FUNCTION ecommerce.redeem_gift_card(text, uuid, numeric, text, integer) IS
    'Pay for an order with a gift card and return what was taken: amount, or as much as is owed and there is. With an idempotency_key a retry takes nothing more and returns the same. Errors: EC020 with the reason (unknown, blocked, expired, wrong_currency, order_closed, owed, balance), EC007 key of another request, EC008 unknown order, 22023 wrong amount.';

CREATE FUNCTION ecommerce.return_to_gift_cards(tenant_id integer, order_id uuid, order_created_at timestamptz, amount numeric) RETURNS numeric
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_most numeric;
    v_left numeric;
    v_part numeric;
    c      record;
BEGIN
    IF NOT EXISTS (SELECT FROM ecommerce.gift_card_entries l
                   WHERE l.tenant_id = return_to_gift_cards.tenant_id AND l.order_id = return_to_gift_cards.order_id) THEN
        RETURN 0;
    END IF;
    SELECT least(return_to_gift_cards.amount, t.amount_paid - t.amount_refunded) INTO v_most FROM ecommerce.orders t
    WHERE t.tenant_id = return_to_gift_cards.tenant_id AND t.id = return_to_gift_cards.order_id AND t.created_at = return_to_gift_cards.order_created_at;
    v_left := v_most;
    PERFORM FROM ecommerce.gift_cards g
    WHERE g.tenant_id = return_to_gift_cards.tenant_id
      AND g.id IN (SELECT l.gift_card_id FROM ecommerce.gift_card_entries l
                   WHERE l.tenant_id = return_to_gift_cards.tenant_id AND l.order_id = return_to_gift_cards.order_id)
    ORDER BY g.id FOR NO KEY UPDATE;
    FOR c IN
        SELECT l.gift_card_id AS id, -sum(l.amount) AS paid
        FROM ecommerce.gift_card_entries l
        WHERE l.tenant_id = return_to_gift_cards.tenant_id AND l.order_id = return_to_gift_cards.order_id
        GROUP BY l.gift_card_id HAVING sum(l.amount) < 0
        ORDER BY (array_agg(l.id ORDER BY l.id DESC) FILTER (WHERE l.kind = 'redeem'))[1] DESC
    LOOP
        v_part := least(c.paid, v_left);
        CONTINUE WHEN v_part <= 0;
        WITH entry AS (
            INSERT INTO ecommerce.gift_card_entries (tenant_id, gift_card_id, kind, amount, order_id, order_created_at)
            VALUES (return_to_gift_cards.tenant_id, c.id, 'refund', v_part, return_to_gift_cards.order_id, return_to_gift_cards.order_created_at)
            RETURNING gift_card_id)
        UPDATE ecommerce.gift_cards g SET balance = g.balance + v_part FROM entry
        WHERE g.tenant_id = return_to_gift_cards.tenant_id AND g.id = entry.gift_card_id;
        INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
        VALUES (return_to_gift_cards.tenant_id, 'refund.gift_card', return_to_gift_cards.order_id, jsonb_build_object('gift_card_id', c.id, 'amount', v_part));
        v_left := v_left - v_part;
    END LOOP;
    IF v_left < v_most THEN
        UPDATE ecommerce.orders t
        SET amount_refunded = t.amount_refunded + v_most - v_left,
            payment_status = CASE WHEN t.amount_refunded + v_most - v_left = t.amount_paid THEN 'refunded' ELSE t.payment_status END
        WHERE t.tenant_id = return_to_gift_cards.tenant_id AND t.id = return_to_gift_cards.order_id AND t.created_at = return_to_gift_cards.order_created_at;
        PERFORM ecommerce.check_written(FOUND, 'orders');
    END IF;
    RETURN v_most - v_left;
END
$$;
COMMENT ON FUNCTION ecommerce.return_to_gift_cards(integer, uuid, timestamptz, numeric) IS
    'For functions that have locked the order: give back up to an amount (NULL: all) to the gift cards that paid for it, the last one first, to each at most what it paid, and no more in all than was paid and not refunded. Returns how much that was.';

CREATE FUNCTION ecommerce.refund_to_gift_card(order_id uuid, amount numeric DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS numeric
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce.check_tenant(tenant_id);
    v_most   numeric;
    o        record;
BEGIN
    SELECT * INTO o FROM ecommerce.lock_order(v_tenant, order_id);
    IF amount <= 0 OR amount <> ecommerce.round_amount(amount, o.currency) THEN
        RAISE EXCEPTION 'wrong amount' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('It must be above zero, with no more decimals than %s has.', o.currency);
    END IF;
    SELECT least(coalesce(-sum(l.amount), 0), o.amount_paid - o.amount_refunded) INTO v_most FROM ecommerce.gift_card_entries l
    WHERE l.tenant_id = v_tenant AND l.order_id = refund_to_gift_card.order_id;
    IF v_most <= 0 OR amount > v_most THEN
        RAISE EXCEPTION 'gift card cannot be refunded'
            USING ERRCODE = 'EC020',
                  DETAIL = jsonb_strip_nulls(jsonb_build_object('reason', 'paid', 'requested', amount, 'refundable', v_most))::text;
    END IF;
    RETURN ecommerce.return_to_gift_cards(v_tenant, order_id, o.created_at, coalesce(ecommerce.round_amount(amount, o.currency), v_most));
END
$$;
COMMENT ON FUNCTION ecommerce.refund_to_gift_card(uuid, numeric, integer) IS
    'Give back an amount, or all, of what gift cards paid for an order, to the same cards, the last one first; returns it. Errors: EC020 more than they paid less what they got back, EC008 unknown order, 22023 wrong amount.';

CREATE FUNCTION ecommerce.adjust_gift_card(gift_card_id uuid, amount numeric, note text DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS numeric
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce.check_tenant(tenant_id);
    v_amount numeric;
    c        record;
BEGIN
    IF num_nulls(gift_card_id, amount) > 0 THEN
        RAISE EXCEPTION 'gift_card_id and amount must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT g.currency, g.balance INTO c FROM ecommerce.gift_cards g
    WHERE g.tenant_id = v_tenant AND g.id = adjust_gift_card.gift_card_id FOR NO KEY UPDATE;
    IF NOT FOUND OR c.balance + amount < 0 THEN
        RAISE EXCEPTION 'gift card cannot be adjusted'
            USING ERRCODE = 'EC020',
                  DETAIL = jsonb_strip_nulls(jsonb_build_object('reason', CASE WHEN c.balance IS NULL THEN 'unknown' ELSE 'balance' END,
                                                                'requested', amount, 'balance', c.balance))::text;
    END IF;
    v_amount := ecommerce.round_amount(amount, c.currency);
    IF amount = 0 OR amount <> v_amount THEN
        RAISE EXCEPTION 'wrong amount' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('It must not be zero, nor have more decimals than %s has.', c.currency);
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
    'Add an amount to a gift card, or take it off if it is negative, and return the new balance. Errors: EC020 unknown card, or more than there is; 22023 wrong amount.';

CREATE FUNCTION ecommerce.promotion_problems(since timestamptz DEFAULT NULL)
    RETURNS TABLE (problem text, tenant_id integer, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_from    timestamptz := coalesce(since, '-infinity');
    v_id      uuid := ecommerce.first_id(since);
    v_tenants integer[] := (SELECT array_agg(t.id) FROM ecommerce.tenants t
        WHERE since IS NOT NULL);
BEGIN
    RETURN QUERY
    WITH redemption AS MATERIALIZED (
        SELECT r.tenant_id, r.coupon_id, r.order_id, r.order_created_at, r.user_id, r.email, r.amount, r.released_at IS NULL AS counts,
               k.id IS NOT NULL AS known, k.max_redemptions_per_user AS per_user
        FROM (SELECT r.* FROM ecommerce.coupon_redemptions r
              WHERE (v_tenants IS NULL OR r.tenant_id = ANY (v_tenants)) AND r.order_id >= v_id
                  AND r.order_created_at >= v_from
              UNION ALL
              SELECT r.* FROM ecommerce.orders o
              JOIN ecommerce.coupon_redemptions r ON r.tenant_id = o.tenant_id AND r.order_id = o.id
              WHERE since IS NOT NULL AND o.tenant_id = ANY (v_tenants) AND o.cancelled_at >= v_from
                AND NOT (r.order_id >= v_id AND r.order_created_at >= v_from)) r
        LEFT JOIN ecommerce.coupons k ON k.tenant_id = r.tenant_id AND k.id = r.coupon_id
    ), discount AS (
        SELECT r.tenant_id, r.order_id, r.order_created_at, sum(r.amount) AS amount, bool_or(r.counts) AS counts, bool_or(NOT r.counts) AS released
        FROM redemption r GROUP BY 1, 2, 3
    ), customer AS (
        SELECT DISTINCT r.tenant_id, r.coupon_id, r.per_user, r.user_id, NULL::text AS email
        FROM redemption r WHERE r.counts AND r.per_user IS NOT NULL AND r.user_id IS NOT NULL
        UNION ALL
        SELECT DISTINCT r.tenant_id, r.coupon_id, r.per_user, NULL::uuid, r.email
        FROM redemption r WHERE r.counts AND r.per_user IS NOT NULL AND r.email IS NOT NULL
    ), entry AS MATERIALIZED (
        SELECT l.tenant_id, l.gift_card_id, l.order_id FROM ecommerce.gift_card_entries l
        WHERE (v_tenants IS NULL OR l.tenant_id = ANY (v_tenants)) AND l.id >= v_id
            AND l.created_at >= v_from
    ), paid AS (
        SELECT DISTINCT e.tenant_id, e.order_id FROM entry e WHERE e.order_id IS NOT NULL
        UNION
        SELECT o.tenant_id, o.id FROM ecommerce.orders o
        WHERE since IS NOT NULL AND o.tenant_id = ANY (v_tenants) AND o.cancelled_at >= v_from
    ), payment AS (
        SELECT l.tenant_id, l.order_id, l.order_created_at, count(DISTINCT g.currency) AS currencies, min(g.currency) AS currency,
               -sum(l.amount) FILTER (WHERE l.kind = 'redeem') AS paid, coalesce(sum(l.amount) FILTER (WHERE l.kind = 'refund'), 0) AS refunded
        FROM paid e
        JOIN ecommerce.gift_card_entries l ON l.tenant_id = e.tenant_id AND l.order_id = e.order_id
        JOIN ecommerce.gift_cards g ON g.tenant_id = l.tenant_id AND g.id = l.gift_card_id
        GROUP BY 1, 2, 3
    )
    SELECT 'coupon: counter differs from its redemptions', k.tenant_id, k.id, jsonb_build_object('redemptions', k.redemptions, 'counted', n.counted, 'max_redemptions', k.max_redemptions)
    FROM ecommerce.coupons k
    CROSS JOIN LATERAL (SELECT count(*) AS counted FROM ecommerce.coupon_redemptions r
                        WHERE r.tenant_id = k.tenant_id AND r.coupon_id = k.id AND r.released_at IS NULL) n
    -- Where nothing limits the sum, only the whole proof counts it.
    WHERE (since IS NULL AND num_nonnulls(k.max_redemptions, k.max_redemptions_per_user) > 0
           OR k.max_redemptions IS NOT NULL AND (k.tenant_id, k.id)
               IN (SELECT r.tenant_id, r.coupon_id FROM redemption r))
      AND (k.redemptions <> n.counted OR n.counted > k.max_redemptions)
    UNION ALL
    SELECT 'coupon: a customer redeemed it too often', c.tenant_id, c.coupon_id,
        jsonb_build_object('user_id', c.user_id, 'email', c.email, 'counted', n.counted)
    FROM customer c
    CROSS JOIN LATERAL (SELECT count(*) AS counted FROM ecommerce.coupon_redemptions r
                        WHERE r.tenant_id = c.tenant_id AND r.coupon_id = c.coupon_id
                            AND r.released_at IS NULL AND r.user_id = c.user_id) n
    WHERE c.user_id IS NOT NULL AND n.counted > c.per_user
    UNION ALL
    SELECT 'coupon: a customer redeemed it too often', c.tenant_id, c.coupon_id,
        jsonb_build_object('user_id', c.user_id, 'email', c.email, 'counted', n.counted)
    FROM customer c
    CROSS JOIN LATERAL (SELECT count(*) AS counted FROM ecommerce.coupon_redemptions r
                        WHERE r.tenant_id = c.tenant_id AND r.coupon_id = c.coupon_id
                            AND r.released_at IS NULL AND r.email = c.email) n
    WHERE c.email IS NOT NULL AND n.counted > c.per_user
    UNION ALL
    SELECT 'coupon: redeemed, but unknown', r.tenant_id, r.coupon_id, jsonb_build_object('order_id', r.order_id)
    FROM redemption r WHERE NOT r.known
    UNION ALL
    SELECT 'order: unknown, or its coupons differ from its discounts or its status', d.tenant_id, d.order_id,
           jsonb_build_object('coupons', d.amount, 'discounts', i.discount, 'status', o.status)
    FROM discount d
    LEFT JOIN ecommerce.orders o ON o.tenant_id = d.tenant_id AND o.id = d.order_id AND o.created_at = d.order_created_at
    CROSS JOIN LATERAL (SELECT sum(t.discount) AS discount FROM ecommerce.order_items t
                        WHERE t.tenant_id = d.tenant_id AND t.order_id = d.order_id AND t.order_created_at = d.order_created_at) i
    WHERE o.id IS NULL OR i.discount < d.amount OR d.counts AND o.status = 'cancelled' OR d.released AND o.status <> 'cancelled'
    UNION ALL
    SELECT 'gift card: balance differs from its entries', g.tenant_id, g.id, jsonb_build_object('balance', g.balance, 'entries', l.amount, 'initial_amount', g.initial_amount, 'issued', l.issued)
    FROM ecommerce.gift_cards g
    CROSS JOIN LATERAL (SELECT coalesce(sum(l.amount), 0) AS amount, coalesce(sum(l.amount) FILTER (WHERE l.kind = 'issue'), 0) AS issued FROM ecommerce.gift_card_entries l
                        WHERE l.tenant_id = g.tenant_id AND l.gift_card_id = g.id) l
    WHERE (since IS NULL OR (g.tenant_id, g.id) IN (SELECT e.tenant_id, e.gift_card_id
        FROM entry e))
      AND (g.balance <> l.amount OR g.balance < 0 OR g.initial_amount <> l.issued)
    UNION ALL
    SELECT 'gift card: an order got back more than it paid', l.tenant_id, l.gift_card_id, jsonb_build_object('order_id', l.order_id, 'amount', sum(l.amount))
    FROM paid e JOIN ecommerce.gift_card_entries l ON l.tenant_id = e.tenant_id
        AND l.order_id = e.order_id
    GROUP BY 2, 3, l.order_id HAVING sum(l.amount) > 0
    UNION ALL
    SELECT 'order: unknown, or its payments by gift card differ from its amounts, currency or status', p.tenant_id, p.order_id,
           jsonb_build_object('paid', p.paid, 'refunded', p.refunded, 'amount_paid', o.amount_paid, 'amount_refunded', o.amount_refunded, 'status', o.status)
    FROM payment p
    LEFT JOIN ecommerce.orders o ON o.tenant_id = p.tenant_id AND o.id = p.order_id AND o.created_at = p.order_created_at
    WHERE o.id IS NULL OR o.amount_paid < p.paid OR o.amount_refunded < p.refunded OR o.amount_paid > o.gross
       OR p.currencies > 1 OR p.currency <> o.currency OR o.status = 'cancelled'
           AND p.paid > p.refunded AND o.amount_paid > o.amount_refunded;
END
$$;
COMMENT ON FUNCTION ecommerce.promotion_problems(timestamptz) IS
    'What is wrong with coupons and gift cards; no row if nothing is. Counters equal redemptions '
    'and keep their limits, orders were given what their coupons took off, balances equal '
    'entries, and orders hold what gift cards paid. With since: of the coupons and gift cards '
    'that were used since then, and the orders that were placed with them or cancelled. Sees what '
    'the caller may see.';
