-- What payments are for, and who may owe how much.

CREATE FUNCTION ecommerce.assign_payment(payment_id uuid, order_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.payment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    o        record;
    p        record;
BEGIN
    IF num_nulls(payment_id, order_id) > 0 THEN
        RAISE EXCEPTION 'payment_id and order_id must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT * INTO o FROM ecommerce_internal.lock_order(v_tenant, order_id);
    SELECT t.order_id, t.currency, t.status INTO p FROM ecommerce.payments t
    WHERE t.tenant_id = v_tenant AND t.id = assign_payment.payment_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown payment %', payment_id USING ERRCODE = 'EC044';
    ELSIF p.order_id = order_id THEN
        RETURN ecommerce_internal.payment_answer(v_tenant, payment_id, p.status, false);
    ELSIF p.order_id IS NOT NULL THEN
        RAISE EXCEPTION 'the payment is for another order'
            USING ERRCODE = 'EC047', DETAIL = format('Payment %s.', payment_id);
    ELSIF p.currency <> o.currency THEN
        RAISE EXCEPTION 'currency of the payment is %, of the order %', p.currency, o.currency
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM ecommerce_internal.give_payment(v_tenant, payment_id, order_id, o.created_at);
    RETURN ecommerce_internal.payment_answer(v_tenant, payment_id, p.status, true);
END
$$;
COMMENT ON FUNCTION ecommerce.assign_payment(uuid, uuid, integer) IS
    'Say which order a payment is for that came without one. It counts for the order at once. '
    'Nothing happens if it is for that order already. Returns the payment. Errors: EC044 unknown '
    'payment, EC008 unknown order, EC047 it is for another order, 22023 another currency.';

CREATE FUNCTION ecommerce.assign_payment(payment_id uuid, order_number text,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.payment_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.assign_payment(payment_id,
        ecommerce_internal.find_order(v_tenant, order_number), v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.assign_payment(uuid, text, integer) IS
    'Like assign_payment(payment_id, order_id), by the order''s number or an id without a type.';

CREATE FUNCTION ecommerce.assign_payments(
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_count  bigint := 0;
    v_order  uuid;
    p        record;
BEGIN
    FOR p IN
        SELECT t.id, t.currency, t.order_reference FROM ecommerce.payments t
        WHERE t.tenant_id = v_tenant AND t.order_id IS NULL AND t.order_reference IS NOT NULL
        ORDER BY t.order_reference, t.id
    LOOP
        v_order := (SELECT o.id FROM ecommerce_internal.known_order(v_tenant, p.order_reference) o
                    WHERE o.currency = p.currency);
        CONTINUE WHEN v_order IS NULL;
        PERFORM ecommerce.assign_payment(p.id, v_order, v_tenant);
        v_count := v_count + 1;
    END LOOP;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION ecommerce.assign_payments(integer) IS
    'Give payments that came before their orders to these, and return how many. A scheduler calls '
    'it every few minutes; create_payment() and record_payment_event() do the same for theirs.';

CREATE FUNCTION ecommerce.set_credit_limit(user_id uuid, amount numeric,
    currency text DEFAULT NULL, payment_days integer DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.credit_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant   integer := ecommerce_internal.check_tenant(tenant_id);
    v_currency text := coalesce(currency, (SELECT s.currency FROM ecommerce.settings s
                                           WHERE s.tenant_id = v_tenant));
    v_amount   numeric;
    v_result   ecommerce.credit_state;
BEGIN
    IF num_nulls(user_id, amount) > 0 THEN
        RAISE EXCEPTION 'user_id and amount must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF payment_days NOT BETWEEN 0 AND 3650 THEN
        RAISE EXCEPTION 'payment_days must be 0 to 3650, not %', payment_days
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    v_amount := coalesce(ecommerce_internal.check_amount(nullif(amount, 0), v_currency, 'amount'),
                         ecommerce.round_amount(0, v_currency));
    PERFORM ecommerce_internal.lock_user(v_tenant, user_id);
    INSERT INTO ecommerce.credit_limits AS l (tenant_id, user_id, currency, amount, payment_days)
    VALUES (v_tenant, set_credit_limit.user_id, v_currency, v_amount,
            coalesce(set_credit_limit.payment_days, 30))
    ON CONFLICT ON CONSTRAINT credit_limits_pkey DO UPDATE
    SET amount = v_amount,
        payment_days = coalesce(set_credit_limit.payment_days, l.payment_days)
    RETURNING l.user_id, l.currency, l.amount, l.payment_days INTO v_result.user_id,
              v_result.currency, v_result.amount, v_result.payment_days;
    PERFORM ecommerce_internal.check_written(v_result.amount = v_amount, 'credit_limits');
    v_result.used := ecommerce_internal.credit_used(v_tenant, user_id, v_currency);
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.set_credit_limit(uuid, numeric, text, integer, integer) IS
    'Say how much a customer may owe by payments of the method invoice; 0 is nothing. currency: '
    'that of the settings by default; each has its own limit. payment_days: until when such '
    'payments are due, by default 30 or what it was. Returns the limit and what of it is used. '
    'Errors: EC016 unknown user, 22023 wrong amount or days, 22004 NULL.';
