-- What requests for payments and reports of providers must be, and which payment they mean.

CREATE FUNCTION ecommerce_internal.check_object(document jsonb, name text, keys text[])
    RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_key   text;
    v_fault text;
    v_value text;
BEGIN
    IF document IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', name USING ERRCODE = 'null_value_not_allowed';
    ELSIF jsonb_typeof(ecommerce_internal.encoded_once(document, name)) <> 'object' THEN
        RAISE EXCEPTION '% must be an object', name USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT min(k) INTO v_key FROM jsonb_object_keys(document) k WHERE k <> ALL (keys);
    IF v_key IS NOT NULL THEN
        RAISE EXCEPTION '% has the unknown key "%"', name, left(v_key, 100)
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('It may have %s.', array_to_string(keys, ', '));
    END IF;
    SELECT e.key, f.fault, t.value INTO v_key, v_fault, v_value
    FROM jsonb_each(document) e
    CROSS JOIN LATERAL (SELECT e.value #>> '{}' AS value) t
    CROSS JOIN LATERAL (SELECT CASE
        WHEN t.value IS NULL OR e.key IN ('metadata', 'data') THEN NULL
        WHEN e.key = 'allow_overpayment'
            THEN CASE WHEN t.value NOT IN ('true', 'false') THEN 'true or false' END
        WHEN jsonb_typeof(e.value) NOT IN ('string', 'number') THEN 'a string or number'
        WHEN e.key IN ('order_id', 'payment_id', 'refund_id', 'mandate_id')
             AND t.value !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN 'a UUID'
        WHEN e.key = 'amount'
             AND t.value !~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[+-]?[0-9]{1,3})?$'
            THEN 'a number'
        WHEN e.key = 'due_date' AND NOT ecommerce_internal.is_day(t.value)
            THEN 'a day as YYYY-MM-DD'
        WHEN e.key = 'occurred_at' AND NOT ecommerce_internal.is_time(t.value)
            THEN 'a time as YYYY-MM-DDTHH:MM:SSZ' END AS fault) f
    WHERE f.fault IS NOT NULL ORDER BY e.key LIMIT 1;
    IF v_fault IS NOT NULL THEN
        RAISE EXCEPTION '%.% must be %', name, v_key, v_fault
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('It is "%s".', left(v_value, 100));
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_object(jsonb, text, text[]) IS
    'Whether an argument is an object that has no other keys than these, and can be read. Errors: '
    '22023 names the first that it may not have or that is wrong, 22004 NULL. name: what messages '
    'call the argument.';

CREATE FUNCTION ecommerce_internal.is_day(value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN value ~ '^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'
                THEN right(value, 2)::integer
                     <= extract(day FROM make_date(left(value, 4)::integer,
                                                   substr(value, 6, 2)::integer, 1)
                                         + interval '1 month - 1 day')
                ELSE false END;
COMMENT ON FUNCTION ecommerce_internal.is_day(text) IS
    'Whether a text is a day as ISO 8601 writes it, which every session reads alike.';

CREATE FUNCTION ecommerce_internal.is_time(value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN ecommerce_internal.is_day(left(value, 10))
       AND substr(value, 11) ~ ('^([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?'
                                || ' ?(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)?)?$');
COMMENT ON FUNCTION ecommerce_internal.is_time(text) IS
    'Whether a text is a moment as ISO 8601 writes it, perhaps with a blank for the T.';

CREATE FUNCTION ecommerce_internal.check_payment_request(request jsonb, idempotency_key text)
    RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_method text := request ->> 'method';
    v_fault  text;
BEGIN
    PERFORM ecommerce_internal.check_customer_key(idempotency_key);
    PERFORM ecommerce_internal.check_key(idempotency_key);
    PERFORM ecommerce_internal.check_note(request ->> 'note', 'note');
    v_fault := CASE
        WHEN v_method IS NULL THEN 'method must not be NULL'
        WHEN v_method = 'gift_card' THEN 'method gift_card needs the code of the card'
        WHEN v_method NOT IN ('card', 'wallet', 'online', 'sepa_debit', 'bank_transfer', 'cash',
                              'cash_on_delivery', 'invoice', 'other')
            THEN format('unknown method "%s" of a payment', left(v_method, 100))
        WHEN length(request ->> 'provider') NOT BETWEEN 1 AND 50
             OR ecommerce_internal.trimmed(request ->> 'provider') = ''
            THEN 'provider must have 1 to 50 characters'
        WHEN request ->> 'provider' IN ('shop', 'gift_card')
            THEN format('provider "%s" is the shop itself', request ->> 'provider')
        WHEN length(request ->> 'reference') NOT BETWEEN 1 AND 255
             OR ecommerce_internal.trimmed(request ->> 'reference') = ''
            THEN 'reference must have 1 to 255 characters'
        WHEN request ? 'reference' AND NOT request ? 'provider' AND v_method <> 'bank_transfer'
            THEN 'reference needs a provider'
        WHEN jsonb_typeof(request -> 'metadata') <> 'object' THEN 'metadata must be an object'
        WHEN v_method = 'sepa_debit' AND NOT request ? 'mandate_id'
            THEN 'method sepa_debit needs a mandate_id'
        WHEN v_method <> 'sepa_debit' AND request ? 'mandate_id'
            THEN 'mandate_id is for method sepa_debit'
        WHEN NOT request ? 'order_id'
             AND (v_method IN ('sepa_debit', 'invoice') OR NOT request ? 'amount')
            THEN 'order_id must not be NULL'
        WHEN (request ->> 'due_date')::date NOT BETWEEN '2000-01-01' AND '2999-12-31'
            THEN format('due_date is out of range: %s', request ->> 'due_date')
        END;
    IF v_fault IS NOT NULL THEN
        RAISE EXCEPTION '%', v_fault
            USING ERRCODE = CASE WHEN v_fault LIKE '%not be NULL' THEN 'null_value_not_allowed'
                                 ELSE 'invalid_parameter_value' END,
                  HINT = CASE WHEN v_method = 'gift_card' THEN 'Use ecommerce.redeem_gift_card().'
                              ELSE '' END;
    ELSIF ecommerce_internal.acts_for_customer()
          AND (NOT request ? 'order_id' OR v_method IN ('cash', 'other')
               OR request ?| '{due_date,note}' OR (request -> 'allow_overpayment')::boolean
               -- Money that quotes it would be theirs, whoever sent it.
               OR request ?| '{provider,reference}'
                  AND (v_method NOT IN ('card', 'wallet', 'online')
                       OR request ->> 'provider' = 'bank')) THEN
        RAISE EXCEPTION 'permission denied for this payment'
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = 'A customer pays what is due of an order, not in cash, and decides '
                           'neither its due date nor its note, nor by which reference the bank '
                           'tells of it.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_payment_request(jsonb, text) IS
    'For create_payment(): whether its arguments, as the keys of request, can be. Errors: 22023, '
    '22001, 22004 NULL, 42501 what a customer may not decide.';

CREATE FUNCTION ecommerce_internal.payment_of_request(tenant_id integer, request jsonb,
    idempotency_key text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    p record;
BEGIN
    IF idempotency_key IS NOT NULL THEN
        SELECT t.id, t.request_hash INTO p FROM ecommerce.payments t
        WHERE t.tenant_id = payment_of_request.tenant_id
          AND t.idempotency_key = payment_of_request.idempotency_key;
        IF FOUND AND p.request_hash IS DISTINCT FROM
                     sha256(convert_to(request::text, 'UTF8')) THEN
            RAISE EXCEPTION 'idempotency key was used for another request'
                USING ERRCODE = 'EC007',
                      HINT = 'Use a new key for a new request, and the same arguments for a retry.';
        END IF;
        RETURN p.id;
    END IF;
    -- Without a key, the reference tells that it is the same.
    RETURN (SELECT t.id FROM ecommerce.payments t
            WHERE t.tenant_id = payment_of_request.tenant_id
              AND t.provider = request ->> 'provider' AND t.reference = request ->> 'reference'
              AND t.order_id = (request ->> 'order_id')::uuid AND t.method = request ->> 'method'
              AND t.amount = coalesce((request ->> 'amount')::numeric, t.amount)
              AND t.amount > 0);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.payment_of_request(integer, jsonb, text) IS
    'The payment that the same request of create_payment() made before; NULL if there is none. '
    'Error EC007 if the key was used for another request.';

CREATE FUNCTION ecommerce_internal.payment_terms(tenant_id integer, request jsonb,
    OUT amount numeric, OUT currency text, OUT provider text, OUT reference text,
    OUT due_date date)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := payment_terms.tenant_id;
    v_due    numeric;
    v_reason text;
    o        record;
BEGIN
    SELECT t.id, t.created_at, t.order_number, t.status, t.currency, t.user_id INTO o
    FROM ecommerce.orders t
    WHERE t.tenant_id = v_tenant AND t.id = (request ->> 'order_id')::uuid
      AND t.created_at BETWEEN ecommerce_internal.id_time(t.id) - interval '1 day'
                           AND ecommerce_internal.id_time(t.id) + interval '1 day';
    currency := coalesce(o.currency, request ->> 'currency',
        (SELECT s.currency FROM ecommerce.settings s WHERE s.tenant_id = v_tenant));
    IF request ->> 'currency' <> currency THEN
        RAISE EXCEPTION 'currency must be % as that of the order, not "%"', currency,
                        left(request ->> 'currency', 100)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    amount := ecommerce_internal.check_amount((request ->> 'amount')::numeric, currency, 'amount');
    provider := request ->> 'provider';
    reference := request ->> 'reference';
    due_date := (request ->> 'due_date')::date;
    IF o.id IS NULL THEN
        RETURN;
    END IF;
    v_due := ecommerce_internal.payment_due(v_tenant, o.id, o.created_at);
    v_reason := CASE
        WHEN o.status IN ('cancelled', 'refunded')                       THEN 'order_closed'
        WHEN (request -> 'allow_overpayment')::boolean AND amount > 0    THEN NULL
        WHEN v_due <= 0 OR amount > v_due                                THEN 'due' END;
    IF v_reason IS NOT NULL THEN
        RAISE EXCEPTION 'payment is refused: %', v_reason
            USING ERRCODE = 'EC046',
                  DETAIL = jsonb_strip_nulls(jsonb_build_object('reason', v_reason,
                      'requested', amount, 'due', greatest(v_due, 0), 'currency', currency))::text,
                  HINT = CASE v_reason WHEN 'due' THEN 'With allow_overpayment more can be paid.'
                         ELSE '' END;
    END IF;
    amount := coalesce(amount, v_due);
    CASE request ->> 'method'
        WHEN 'sepa_debit' THEN
            PERFORM ecommerce_internal.check_mandate(v_tenant, (request ->> 'mandate_id')::uuid,
                                                     o.user_id);
        WHEN 'bank_transfer' THEN
            provider := coalesce(provider, 'bank');
            reference := coalesce(reference, ecommerce_internal.transfer_reference(v_tenant, o.id,
                                                 o.order_number));
        WHEN 'invoice' THEN
            due_date := coalesce(due_date, ecommerce_internal.take_credit(v_tenant, o.user_id,
                                                                          currency, amount));
        ELSE NULL;
    END CASE;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.payment_terms(integer, jsonb) IS
    'For create_payment(), which has locked the order: what is to be paid, in which currency, and '
    'how it is known. Errors: EC046 not so much is due, the order is closed, or the credit limit '
    'is reached; 22023 another currency or wrong amount.';

CREATE FUNCTION ecommerce_internal.transfer_reference(tenant_id integer, order_id uuid,
    order_number text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_number text := upper(regexp_replace(order_number, '[^0-9A-Za-z]', '', 'g')
                           COLLATE "C");
    v_count  bigint := (SELECT count(*) FROM ecommerce.payments p
                        WHERE p.tenant_id = transfer_reference.tenant_id
                          AND p.order_id = transfer_reference.order_id
                          AND p.method = 'bank_transfer');
BEGIN
    RETURN ecommerce.rf_reference(left(v_number, 18)
                                  || CASE WHEN v_count > 0 THEN (v_count + 1)::text ELSE '' END);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.transfer_reference(integer, uuid, text) IS
    'The creditor reference (ISO 11649) of the next bank transfer for an order.';

CREATE FUNCTION ecommerce_internal.credit_used(tenant_id integer, user_id uuid, currency text)
    RETURNS numeric
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    RETURN (SELECT coalesce(sum(greatest(least(
                       p.amount - p.amount_captured + p.amount_charged_back,
                       ecommerce_internal.payment_due(p.tenant_id, p.order_id,
                                                      p.order_created_at)), 0)), 0)
            FROM ecommerce.payments p
            WHERE p.tenant_id = credit_used.tenant_id AND p.user_id = credit_used.user_id
              AND p.currency = credit_used.currency AND p.method = 'invoice'
              AND p.status IN ('created', 'captured', 'returned') AND p.order_id IS NOT NULL);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.credit_used(integer, uuid, text) IS
    'What a customer owes by payments of the method invoice, in a currency. That is what is '
    'missing of them, but no more than is due of their orders.';

CREATE FUNCTION ecommerce_internal.take_credit(tenant_id integer, user_id uuid, currency text,
    amount numeric) RETURNS date
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_used numeric;
    l      record;
BEGIN
    -- Updated, not only locked: of two at REPEATABLE READ one must fail.
    UPDATE ecommerce.credit_limits AS c SET amount = c.amount
    WHERE c.tenant_id = take_credit.tenant_id AND c.user_id = take_credit.user_id
      AND c.currency = take_credit.currency
    RETURNING c.amount, c.payment_days INTO l;
    v_used := ecommerce_internal.credit_used(tenant_id, user_id, currency);
    IF l.amount IS NULL OR v_used + take_credit.amount > l.amount THEN
        RAISE EXCEPTION 'payment is refused: credit_limit'
            USING ERRCODE = 'EC046',
                  DETAIL = jsonb_build_object('reason', 'credit_limit', 'requested', amount,
                      'limit', coalesce(l.amount, 0), 'used', v_used,
                      'currency', currency)::text,
                  HINT = 'ecommerce.set_credit_limit() says how much a customer may owe.';
    END IF;
    RETURN ecommerce_internal.shop_day_of(tenant_id) + l.payment_days;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.take_credit(integer, uuid, text, numeric) IS
    'Lock the credit limit of a customer, see that an amount fits it, and return when it is due. '
    'Error EC046 if it does not fit, or there is none.';

CREATE FUNCTION ecommerce_internal.insert_payment(tenant_id integer, request jsonb,
    amount numeric, currency text, provider text, reference text, due_date date,
    idempotency_key text, OUT id uuid, OUT is_new boolean)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := insert_payment.tenant_id;
    v_same   boolean;
    o        record;
BEGIN
    SELECT t.id, t.created_at, t.user_id INTO o FROM ecommerce.orders t
    WHERE t.tenant_id = v_tenant AND t.id = (request ->> 'order_id')::uuid
      AND t.created_at BETWEEN ecommerce_internal.id_time(t.id) - interval '1 day'
                           AND ecommerce_internal.id_time(t.id) + interval '1 day';
    INSERT INTO ecommerce.payments AS p (tenant_id, order_id, order_created_at, user_id, method,
        provider, reference, currency, amount, due_date, mandate_id, note, metadata,
        idempotency_key, request_hash)
    VALUES (v_tenant, o.id, o.created_at, o.user_id, request ->> 'method',
            insert_payment.provider, insert_payment.reference, insert_payment.currency,
            insert_payment.amount, insert_payment.due_date, (request ->> 'mandate_id')::uuid,
            request ->> 'note', coalesce(request -> 'metadata', '{}'),
            insert_payment.idempotency_key, sha256(convert_to(request::text, 'UTF8')))
    ON CONFLICT DO NOTHING
    RETURNING p.id, (p.order_id, p.method, p.currency, p.amount, p.provider, p.reference)
                    IS NOT DISTINCT FROM (o.id, request ->> 'method', insert_payment.currency,
                                          insert_payment.amount, insert_payment.provider,
                                          insert_payment.reference)
    INTO insert_payment.id, v_same;
    is_new := FOUND;
    IF is_new THEN
        PERFORM ecommerce_internal.check_written(v_same, 'payments');
        RETURN;
    END IF;
    SELECT p.id INTO insert_payment.id FROM ecommerce.payments p
    WHERE p.tenant_id = v_tenant AND p.provider = insert_payment.provider
      AND p.reference = insert_payment.reference;
    IF NOT FOUND THEN
        PERFORM ecommerce_internal.check_written(idempotency_key IS NOT NULL, 'payments');
        RAISE EXCEPTION 'idempotency key was used for another request'
            USING ERRCODE = 'EC007', HINT = 'It was used at the same time: try again.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.insert_payment(integer, jsonb, numeric, text, text, text,
    date, text) IS
    'For create_payment(): make the payment, or find that which the provider knows by the same '
    'reference. Error EC007 if the key is used at the same time.';
