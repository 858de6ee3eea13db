-- Coupons, which lower what an order costs.
--
-- Everybody locks in this order: the order, or the cart that becomes one, its
-- reservation, coupons by id, stock, gift cards by id.  docs/promotions.md says
-- why.

CREATE FUNCTION ecommerce_internal.coupon_code(code text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN ecommerce_internal.in_capitals(ecommerce_internal.without_blanks(code));
COMMENT ON FUNCTION ecommerce_internal.coupon_code(text) IS
    'A code as customers write or paste it, as coupons.code has it: in capitals, without blanks.';

CREATE FUNCTION ecommerce_internal.check_coupon() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.code := ecommerce_internal.in_capitals(ecommerce_internal.trimmed(NEW.code));
    IF NEW.code <> ecommerce_internal.coupon_code(NEW.code) THEN
        RAISE EXCEPTION 'the code of a coupon must not have blanks'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'coupons_code_check',
                  SCHEMA = 'ecommerce', TABLE = 'coupons',
                  DETAIL = 'It has a blank, or a character that cannot be seen.';
    END IF;
    IF NEW.kind = 'amount' AND NEW.value <> ecommerce.round_amount(NEW.value, NEW.currency) THEN
        RAISE EXCEPTION 'value has too many decimals for %', NEW.currency
            USING ERRCODE = 'check_violation', CONSTRAINT = 'coupons_value_check',
                  SCHEMA = 'ecommerce', TABLE = 'coupons';
    END IF;
    IF TG_OP = 'UPDATE' AND (
        (num_nonnulls(NEW.max_redemptions, NEW.max_redemptions_per_user) = 0)
        <> (num_nonnulls(OLD.max_redemptions, OLD.max_redemptions_per_user) = 0)
        OR NEW.max_redemptions_per_user IS NOT NULL
           AND NEW.max_redemptions_per_user < coalesce(OLD.max_redemptions_per_user, 2147483647))
    THEN
        RAISE EXCEPTION 'UPDATE on coupons is refused'
            USING ERRCODE = 'EC017',
                  DETAIL = 'Orders under way rely on whether it has a limit, and on how often one '
                           'customer may redeem it.',
                  HINT = 'Set is_active to false, and make a new coupon.';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_coupon() IS
    'Turns the code of a coupon into capitals, trims it, and refuses blanks in it. Refuses to give '
    'a limit to a coupon without one, to take the last one away, and to lower that of each '
    'customer (error EC017): redemptions of a coupon without limit are not counted, those of '
    'others are checked once.';

CREATE FUNCTION ecommerce_internal.find_coupons(tenant_id integer, codes text[], locked boolean)
    RETURNS uuid[]
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_ids uuid[];
BEGIN
    -- Whether a coupon has a limit never changes, so that locking those that
    -- have one is enough; and what is locked by id is read by id.
    SELECT array_agg(k.id) INTO v_ids FROM ecommerce.coupons k
    WHERE k.tenant_id = find_coupons.tenant_id AND k.deleted_at IS NULL
      AND k.code = ANY (SELECT ecommerce_internal.coupon_code(w.code)
                        FROM unnest(codes) AS w (code));
    IF locked THEN
        PERFORM FROM ecommerce.coupons k
        WHERE k.tenant_id = find_coupons.tenant_id AND k.id = ANY (v_ids)
          AND num_nonnulls(k.max_redemptions, k.max_redemptions_per_user) > 0
        ORDER BY k.id FOR NO KEY UPDATE;
    END IF;
    RETURN v_ids;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.find_coupons(integer, text[], boolean) IS
    'For redeem_coupons(): the ids of coupons by their codes, those with a limit locked if wanted.';

CREATE FUNCTION ecommerce_internal.lock_coupons(orders jsonb[], tenant_id integer) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := lock_coupons.tenant_id;
BEGIN
    PERFORM FROM ecommerce.coupons k
    WHERE k.tenant_id = v_tenant AND k.deleted_at IS NULL
      AND num_nonnulls(k.max_redemptions, k.max_redemptions_per_user) > 0
      AND k.code IN (SELECT ecommerce_internal.coupon_code(w.code) FROM unnest(orders) AS u (o)
                     CROSS JOIN LATERAL jsonb_array_elements_text(
                         CASE jsonb_typeof(u.o -> 'coupon_codes')
                         WHEN 'array' THEN u.o -> 'coupon_codes' ELSE '[]' END) AS w (code)
                     WHERE length(w.code) <= 255
                     UNION ALL
                     SELECT w.code FROM ecommerce.carts c
                     CROSS JOIN LATERAL unnest(c.coupon_codes) AS w (code)
                     WHERE c.tenant_id = v_tenant
                       AND c.id IN (SELECT (u.o ->> 'cart_id')::uuid FROM unnest(orders) AS u (o)))
    ORDER BY k.id FOR NO KEY UPDATE;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_coupons(jsonb[], integer) IS
    'For lock_for_orders(): locks the coupons with a limit that orders or their carts name.';

CREATE FUNCTION ecommerce_internal.book_coupon(tenant_id integer, coupon_id uuid,
    has_limit boolean, place bigint, order_id uuid, order_created_at timestamptz, user_id uuid,
    email text, account_email text, amount numeric) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    -- First, so that a trigger which orders again finds it.
    INSERT INTO ecommerce.coupon_redemptions (tenant_id, order_id, order_created_at, coupon_id,
                                              position, user_id, email, account_email, amount)
    VALUES (book_coupon.tenant_id, book_coupon.order_id, book_coupon.order_created_at,
            book_coupon.coupon_id, place, book_coupon.user_id, book_coupon.email,
            book_coupon.account_email, book_coupon.amount);
    PERFORM ecommerce_internal.check_written(FOUND, 'coupon_redemptions');
    IF has_limit THEN
        UPDATE ecommerce.coupons k SET redemptions = k.redemptions + 1
        WHERE k.tenant_id = book_coupon.tenant_id AND k.id = book_coupon.coupon_id;
        PERFORM ecommerce_internal.check_written(FOUND, 'coupons');
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.book_coupon(integer, uuid, boolean, bigint, uuid,
    timestamptz, uuid, text, text, numeric) IS
    'For redeem_coupons(): write down a redemption, and count it if the coupon has a limit.';

CREATE FUNCTION ecommerce_internal.account_email(tenant_id integer, user_id uuid) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT ecommerce_internal.case_folded(u.email) FROM ecommerce.users u
            WHERE u.tenant_id = account_email.tenant_id AND u.id = account_email.user_id);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.account_email(integer, uuid) IS
    'For redeem_coupons(): the email address of a user, as case_folded() has it.';

CREATE FUNCTION ecommerce_internal.redemptions_of(tenant_id integer, coupon_id uuid,
    user_id uuid, emails text[]) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_emails text[] := array_remove(emails, NULL);
    v_users  uuid[];
BEGIN
    -- Whoever writes to the address of an account is its owner, signed in or not.
    SELECT array_agg(u.id) INTO v_users FROM ecommerce.users u
    WHERE u.tenant_id = redemptions_of.tenant_id AND u.deleted_at IS NULL
      AND ecommerce_internal.case_folded(u.email) = ANY (v_emails);
    RETURN (SELECT count(*) FROM ecommerce.coupon_redemptions r
            WHERE r.tenant_id = redemptions_of.tenant_id AND r.coupon_id = redemptions_of.coupon_id
              AND r.released_at IS NULL
              AND (r.user_id = redemptions_of.user_id OR r.user_id = ANY (v_users)
                   OR r.email = ANY (v_emails) OR r.account_email = ANY (v_emails)));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.redemptions_of(integer, uuid, uuid, text[]) IS
    'For redeem_coupons(), which has locked the coupon: how often a customer has redeemed it. '
    'Counted are redemptions by the user, by users with one of the addresses, and by whoever gave '
    'or had one of them.';

CREATE FUNCTION ecommerce_internal.redeem_coupons(
    tenant_id integer, codes text[], user_id uuid, email text, goods numeric, ships boolean,
    currency text, order_id uuid, order_created_at timestamptz,
    OUT allowances jsonb, OUT free_shipping boolean, OUT coupons jsonb)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_email    text := ecommerce_internal.case_folded(email);
    v_account  text := ecommerce_internal.account_email(tenant_id, user_id);
    v_left     numeric := goods;
    v_ids      uuid[];
    v_reason   text;
    v_amount   numeric;
    c          record;
BEGIN
    allowances := jsonb '[]';
    free_shipping := false;
    coupons := jsonb '[]';
    v_ids := ecommerce_internal.find_coupons(tenant_id, codes, order_id IS NOT NULL);
    FOR c IN
        SELECT w.code AS written, w.position,
               row_number() OVER (PARTITION BY ecommerce_internal.coupon_code(w.code)
                                  ORDER BY w.position) > 1 AS again,
               date_trunc('milliseconds', k.valid_from) AS valid_from_ms, k.*
        FROM unnest(codes) WITH ORDINALITY AS w (code, position)
        LEFT JOIN ecommerce.coupons k
               ON k.tenant_id = redeem_coupons.tenant_id AND k.id = ANY (v_ids)
              AND k.code = ecommerce_internal.coupon_code(w.code) AND k.deleted_at IS NULL
        ORDER BY w.position
    LOOP
        v_amount := CASE c.kind
            WHEN 'percent' THEN ecommerce.round_amount(v_left * c.value * 0.01, currency)
            WHEN 'amount'  THEN ecommerce.round_amount(least(c.value, v_left), currency)
            ELSE 0 END;
        v_reason := CASE
            WHEN c.id IS NULL                           THEN 'unknown'
            WHEN c.again                                THEN 'twice'
            WHEN NOT c.is_active                        THEN 'inactive'
            WHEN order_created_at < c.valid_from_ms     THEN 'not_yet_valid'
            WHEN order_created_at >= c.valid_to         THEN 'expired'
            WHEN c.currency <> redeem_coupons.currency  THEN 'wrong_currency'
            WHEN goods < c.minimum                      THEN 'minimum'
            WHEN c.redemptions >= c.max_redemptions     THEN 'limit'
            WHEN v_amount = 0 AND NOT (c.kind = 'free_shipping' AND ships AND NOT free_shipping)
                                                        THEN 'no_effect'
            WHEN c.max_redemptions_per_user IS NULL     THEN NULL
            WHEN num_nonnulls(user_id, v_email) = 0     THEN 'user_required'
            WHEN c.max_redemptions_per_user <= ecommerce_internal.redemptions_of(
                     tenant_id, c.id, user_id, ARRAY[v_email, v_account])
                                                        THEN 'user_limit'
            END;
        IF v_reason IS NOT NULL THEN
            coupons := coupons || jsonb_build_object('code', left(c.written, 64),
                                                     'reason', v_reason);
            CONTINUE;
        ELSIF order_id IS NULL THEN
            coupons := coupons || jsonb_build_object('code', c.code, 'kind', c.kind,
                                                     'amount', v_amount);
        ELSE
            PERFORM ecommerce_internal.book_coupon(tenant_id, c.id,
                num_nonnulls(c.max_redemptions, c.max_redemptions_per_user) > 0, c.position,
                order_id, order_created_at, user_id, v_email, v_account, v_amount);
        END IF;
        v_left := v_left - v_amount;
        free_shipping := free_shipping OR c.kind = 'free_shipping';
        IF c.kind <> 'free_shipping' THEN
            allowances := allowances || jsonb_build_object('amount', v_amount, 'reason', c.code);
        END IF;
    END LOOP;
    -- Without an order it is a quote, and tells all; for an order they are what failed.
    IF order_id IS NOT NULL AND coupons <> '[]' THEN
        RAISE EXCEPTION 'coupon "%" cannot be used: %', coupons -> 0 ->> 'code',
                        coupons -> 0 ->> 'reason'
            USING ERRCODE = 'EC019', DETAIL = coupons::text;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.redeem_coupons(integer, text[], uuid, text, numeric, boolean,
    text, uuid, timestamptz) IS
    'For place_order(): redeem coupons for goods of an amount, which are shipped at a charge or '
    'not. Returns the allowances that they are, and whether shipping is free. Without an order_id '
    'nothing is locked or written, and coupons tells of each its amount or why not. Error EC019 '
    'lists every code that cannot be used, and why: unknown, twice, inactive, not_yet_valid, '
    'expired, wrong_currency, minimum, limit, user_required, user_limit, no_effect.';

CREATE FUNCTION ecommerce_internal.release_coupons(tenant_id integer, order_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_ids uuid[];
BEGIN
    SELECT array_agg(r.coupon_id) INTO v_ids FROM ecommerce.coupon_redemptions r
    WHERE r.tenant_id = release_coupons.tenant_id AND r.order_id = release_coupons.order_id
      AND r.released_at IS NULL;
    IF v_ids IS NULL THEN
        RETURN;
    END IF;
    PERFORM FROM ecommerce.coupons k
    WHERE k.tenant_id = release_coupons.tenant_id AND k.id = ANY (v_ids)
      AND num_nonnulls(k.max_redemptions, k.max_redemptions_per_user) > 0
    ORDER BY k.id FOR NO KEY UPDATE;
    WITH released AS (
        UPDATE ecommerce.coupon_redemptions r SET released_at = now()
        WHERE r.tenant_id = release_coupons.tenant_id AND r.order_id = release_coupons.order_id
          AND r.released_at IS NULL
        RETURNING r.coupon_id)
    UPDATE ecommerce.coupons k SET redemptions = k.redemptions - 1
    FROM released
    WHERE k.tenant_id = release_coupons.tenant_id AND k.id = released.coupon_id
      AND num_nonnulls(k.max_redemptions, k.max_redemptions_per_user) > 0;
    PERFORM FROM ecommerce.coupon_redemptions r
    WHERE r.tenant_id = release_coupons.tenant_id AND r.order_id = release_coupons.order_id
      AND r.released_at IS NULL;
    PERFORM ecommerce_internal.check_written(NOT FOUND, 'coupon_redemptions');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.release_coupons(integer, uuid) IS
    'For cancel_order(), which has locked the order: let its redemptions no longer count.';
