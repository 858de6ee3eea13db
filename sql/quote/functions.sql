-- Quotes, which become orders at their price while they are valid.

CREATE FUNCTION ecommerce.create_quote(request jsonb, valid_until timestamptz,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.quote_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant   integer := ecommerce_internal.check_tenant(tenant_id);
    v_id       uuid := ecommerce.uuid_v7();
    v_request  jsonb := CASE jsonb_typeof(request) WHEN 'array'
                             THEN jsonb_build_object('items', request) ELSE request END;
    v_document jsonb;
    v_wrong    text;
    v_result   ecommerce.quote_state;
BEGIN
    IF num_nulls(request, valid_until) > 0 THEN
        RAISE EXCEPTION 'request and valid_until must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT isfinite(valid_until) OR valid_until <= clock_timestamp() THEN
        RAISE EXCEPTION 'valid_until must be a time to come, but is %', valid_until
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT k INTO v_wrong
    FROM unnest('{reservation_id,placed_at,expected_total,idempotency_key}'::text[]) k
    WHERE jsonb_typeof(v_request) = 'object' AND v_request ->> k IS NOT NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'request.% is no part of a quote', v_wrong
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'A quote holds no stock, and has a time and totals of its own.';
    END IF;
    v_document := ecommerce.quote_order(v_request, v_tenant);
    IF jsonb_path_exists(v_document, '$.coupons[*].reason') THEN
        RAISE EXCEPTION 'coupon "%" cannot be used: %',
            jsonb_path_query_first(v_document, '$.coupons[*] ? (exists (@.reason)).code') #>> '{}',
            jsonb_path_query_first(v_document, '$.coupons[*].reason') #>> '{}'
            USING ERRCODE = 'EC019', DETAIL = jsonb_path_query_array(v_document,
                      '$.coupons[*] ? (exists (@.reason))')::text;
    END IF;
    v_request := ecommerce_internal.quoted_request(jsonb_strip_nulls(v_request), v_document,
                                                   v_tenant);
    INSERT INTO ecommerce.quotes AS q (tenant_id, id, quote_number, user_id, email, request,
                                       document, currency, net, vat, gross, valid_until)
    VALUES (v_tenant, v_id, ecommerce_internal.quote_number(v_id, v_tenant),
            (v_request ->> 'user_id')::uuid, v_request ->> 'email', v_request, v_document,
            v_document ->> 'currency', (v_document #>> '{totals,net}')::numeric,
            (v_document #>> '{totals,vat}')::numeric, (v_document #>> '{totals,gross}')::numeric,
            create_quote.valid_until)
    RETURNING q.id, q.quote_number, q.status, q.currency, q.net, q.vat, q.gross, q.valid_until
    INTO v_result;
    PERFORM ecommerce_internal.check_written(FOUND, 'quotes');
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    VALUES (v_tenant, 'quote.created', v_id,
            jsonb_build_object('quote_number', v_result.quote_number,
                               'valid_until', create_quote.valid_until));
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.create_quote(jsonb, timestamptz, integer) IS
    'Promise a price until a moment. request: that of quote_order(), whose answer is kept, with a '
    'user_id or email to say for whom. It has no reservation_id, placed_at, expected_total or '
    'idempotency_key: a quote holds no stock. valid_until: until when it can be accepted, '
    'exclusive. Coupons are redeemed when it is. Returns the quote. Errors: those of '
    'quote_order(), EC019 a coupon that cannot be used now, 22023 another key or a time that is '
    'over, 22004 NULL.';

CREATE FUNCTION ecommerce.accept_quote(quote_id uuid, idempotency_key text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.placed_order
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_reason text;
    v_placed ecommerce.placed_order;
    q        record;
BEGIN
    PERFORM ecommerce_internal.check_key(idempotency_key);
    PERFORM ecommerce_internal.check_customer_key(idempotency_key);
    SELECT * INTO q FROM ecommerce_internal.lock_quote(v_tenant, quote_id);
    IF q.status = 'ordered' AND q.idempotency_key = accept_quote.idempotency_key THEN
        RETURN ecommerce_internal.accepted_order(v_tenant, q.order_id);
    END IF;
    v_reason := CASE WHEN q.status <> 'open'                  THEN q.status
                     WHEN q.valid_until <= clock_timestamp() THEN 'expired' END;
    IF v_reason IS NOT NULL THEN
        RAISE EXCEPTION 'the quote cannot be accepted: %', v_reason
            USING ERRCODE = 'EC037',
                  DETAIL = jsonb_strip_nulls(jsonb_build_object('reason', v_reason,
                      'quote_number', q.quote_number,
                      'valid_until', CASE v_reason WHEN 'expired' THEN q.valid_until END,
                      'order_id', q.order_id))::text;
    ELSIF EXISTS (SELECT FROM ecommerce.quotes k
                  WHERE k.tenant_id = v_tenant
                    AND k.idempotency_key = accept_quote.idempotency_key) THEN
        RAISE EXCEPTION 'idempotency key was used for another request'
            USING ERRCODE = 'EC007', DETAIL = 'It has accepted another quote.',
                  HINT = 'Use a new key for a new request, and the same arguments for a retry.';
    END IF;
    v_placed := ecommerce_internal.place_quoted_order(q.request, v_tenant);
    IF (v_placed.currency, v_placed.net, v_placed.vat, v_placed.gross)
       IS DISTINCT FROM (q.currency, q.net, q.vat, q.gross) THEN
        RAISE EXCEPTION 'the quote comes to % % now, not %', v_placed.gross, v_placed.currency,
                        q.gross
            USING ERRCODE = 'EC018',
                  DETAIL = format('Net %s and VAT %s were quoted, and are %s and %s.', q.net,
                                  q.vat, v_placed.net, v_placed.vat),
                  HINT = 'Rates of VAT or charges have changed. Withdraw it, and make another '
                         'one.';
    END IF;
    UPDATE ecommerce.quotes k
    SET status = 'ordered', order_id = v_placed.id, idempotency_key = accept_quote.idempotency_key
    WHERE k.tenant_id = v_tenant AND k.id = quote_id AND k.status = 'open';
    -- A trigger may have accepted it meanwhile.
    PERFORM ecommerce_internal.check_written(FOUND, 'quotes');
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    VALUES (v_tenant, 'quote.ordered', quote_id, jsonb_build_object('order_id', v_placed.id));
    RETURN v_placed;
END
$$;
COMMENT ON FUNCTION ecommerce.accept_quote(uuid, text, integer) IS
    'Place the order that was quoted, at its price, and return it, as place_order() does. It '
    'happens once: the stock is taken then, and coupons are redeemed. Prices may have changed '
    'since, but if rates of VAT did so that the total is another one, it is error EC018. With an '
    'idempotency_key, for a customer one of at least 16 characters, a retry gets the same order. A '
    'storefront may accept quotes of its customer only; others are unknown to it. Errors: EC037 '
    'unknown quote, or ordered, expired or withdrawn; EC007 key of another quote; those of '
    'place_order(), EC001, EC003, EC016 and EC019 among them, after which the quote is open as '
    'before.';

CREATE FUNCTION ecommerce.accept_quote(quote_number text, idempotency_key text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.placed_order
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_id     uuid := ecommerce_internal.find_quote(v_tenant, quote_number);
BEGIN
    IF NOT ecommerce_internal.quote_visible(v_tenant, v_id) THEN
        RAISE EXCEPTION 'unknown quote "%"', left(quote_number, 100) USING ERRCODE = 'EC037';
    END IF;
    RETURN ecommerce.accept_quote(v_id, idempotency_key, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.accept_quote(text, text, integer) IS
    'Like accept_quote(quote_id, ...), by the quote''s number or an id without a type.';

CREATE FUNCTION ecommerce.withdraw_quote(quote_id uuid, reason text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.quote_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_result ecommerce.quote_state;
    q        record;
BEGIN
    PERFORM ecommerce_internal.check_note(reason, 'reason');
    SELECT * INTO q FROM ecommerce_internal.lock_quote(v_tenant, quote_id);
    v_result := (quote_id, q.quote_number, 'withdrawn', q.currency, q.net, q.vat, q.gross,
                 q.valid_until);
    IF q.status = 'withdrawn' THEN
        RETURN v_result;
    END IF;
    UPDATE ecommerce.quotes k SET status = 'withdrawn'
    WHERE k.tenant_id = v_tenant AND k.id = quote_id;
    PERFORM ecommerce_internal.check_written(FOUND, 'quotes');
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    VALUES (v_tenant, 'quote.withdrawn', quote_id,
            jsonb_strip_nulls(jsonb_build_object('reason', withdraw_quote.reason)));
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.withdraw_quote(uuid, text, integer) IS
    'Take an open quote back, so that it cannot be accepted any more. reason: for people, kept '
    'with its event. Nothing happens if it is withdrawn already. Returns it. Errors: EC037 unknown '
    'quote, or it was ordered or has expired.';

CREATE FUNCTION ecommerce.withdraw_quote(quote_number text, reason text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.quote_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.withdraw_quote(ecommerce_internal.find_quote(v_tenant, quote_number), reason,
                                    v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.withdraw_quote(text, text, integer) IS
    'Like withdraw_quote(quote_id, ...), by the quote''s number or an id without a type.';

CREATE FUNCTION ecommerce.expire_quotes(max_count integer DEFAULT 1000,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer;
    n        bigint := 0;
BEGIN
    IF max_count IS NULL OR max_count < 0 THEN
        RAISE EXCEPTION 'max_count must be zero or more, but is %', max_count
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR v_tenant IN SELECT t FROM ecommerce_internal.maintained_tenants(tenant_id) t LOOP
        PERFORM ecommerce_internal.work_for(v_tenant);
        n := n + ecommerce_internal.expire_tenant_quotes(max_count, v_tenant);
    END LOOP;
    RETURN n;
END
$$;
COMMENT ON FUNCTION ecommerce.expire_quotes(integer, integer) IS
    'Let open quotes whose time is over become expired, and return how many. They cannot be '
    'accepted before that, either; this tells so by their status and events. max_count: at most so '
    'many of a tenant. tenant_id: NULL for all tenants, if the caller may choose any. Skips what '
    'another session is working on. Errors: 22023 wrong max_count, 42501 all tenants.';
