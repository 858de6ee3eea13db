-- Mandates for direct debits.

CREATE FUNCTION ecommerce.create_sepa_mandate(user_id uuid, iban text, account_holder text,
    signed_on date DEFAULT NULL, bic text DEFAULT NULL, address jsonb DEFAULT NULL,
    scheme text DEFAULT 'CORE', kind text DEFAULT 'recurrent',
    mandate_reference text DEFAULT NULL, idempotency_key text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.mandate_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_user   uuid := ecommerce_internal.check_customer(user_id);
    v_iban   text := ecommerce_internal.check_sepa_iban(iban);
    v_holder text := ecommerce_internal.check_sepa_name(account_holder, 'account_holder');
    a        jsonb := ecommerce_internal.check_sepa_address(address, v_iban);
    v_today  date := ecommerce_internal.shop_day_of(v_tenant);
    v_signed date := ecommerce_internal.check_sepa_day(coalesce(signed_on, v_today), 'signed_on');
    v_hash   bytea := sha256(convert_to(jsonb_build_array(v_user, v_iban, v_holder, signed_on, bic,
                          a, scheme, kind, mandate_reference)::text, 'UTF8'));
    v_id     uuid;
    v_same   boolean;
BEGIN
    PERFORM ecommerce_internal.check_customer_key(idempotency_key);
    v_id := ecommerce_internal.mandate_of_request(v_tenant, idempotency_key, v_hash);
    IF v_id IS NOT NULL THEN
        RETURN ecommerce_internal.mandate_answer(v_tenant, v_id);
    ELSIF num_nulls(scheme, kind) > 0 THEN
        RAISE EXCEPTION 'scheme and kind must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF scheme NOT IN ('CORE', 'B2B') OR kind NOT IN ('recurrent', 'one_off') THEN
        RAISE EXCEPTION 'scheme must be CORE or B2B, and kind recurrent or one_off'
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF v_signed > v_today
          OR ecommerce_internal.mandate_lapses(v_signed, NULL) < v_today THEN
        RAISE EXCEPTION 'signed_on must be a day of the last 36 months, but is %', v_signed
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM ecommerce_internal.check_key(idempotency_key);
    PERFORM ecommerce_internal.check_mandate_reference(mandate_reference);
    PERFORM ecommerce_internal.lock_user(v_tenant, v_user);
    PERFORM ecommerce_internal.check_active_customer(v_tenant, v_user);
    v_id := ecommerce.uuid_v7();
    INSERT INTO ecommerce.sepa_mandates AS m (tenant_id, id, user_id, mandate_reference,
        account_holder, iban, bic, address_line_1, address_line_2, city, postal_code, country,
        scheme, kind, signed_on, idempotency_key, request_hash)
    VALUES (v_tenant, v_id, v_user, coalesce(create_sepa_mandate.mandate_reference,
                'M-' || ecommerce.order_number(v_id, v_tenant)),
            v_holder, v_iban, ecommerce_internal.check_bic(bic), a ->> 'address_line_1',
            a ->> 'address_line_2', a ->> 'city', a ->> 'postal_code', a ->> 'country',
            create_sepa_mandate.scheme, create_sepa_mandate.kind, v_signed,
            create_sepa_mandate.idempotency_key,
            CASE WHEN create_sepa_mandate.idempotency_key IS NOT NULL THEN v_hash END)
    ON CONFLICT DO NOTHING
    RETURNING (m.id, m.user_id, m.iban, m.status) = (v_id, v_user, v_iban, 'active') INTO v_same;
    IF FOUND THEN
        PERFORM ecommerce_internal.check_written(v_same, 'sepa_mandates');
    ELSE
        -- Another session was first: with the same key, or with the same reference.
        v_id := ecommerce_internal.mandate_of_request(v_tenant, idempotency_key, v_hash);
        IF v_id IS NULL THEN
            PERFORM ecommerce_internal.check_written(mandate_reference IS NOT NULL
                                                     OR idempotency_key IS NOT NULL,
                                                     'sepa_mandates');
            RAISE EXCEPTION 'there is a mandate "%" already', mandate_reference
                USING ERRCODE = 'unique_violation', DETAIL = 'A reference is never given twice.';
        END IF;
        RETURN ecommerce_internal.mandate_answer(v_tenant, v_id);
    END IF;
    PERFORM ecommerce_internal.take_mandate_reference(v_tenant, v_id, (
        SELECT m.mandate_reference FROM ecommerce.sepa_mandates m
        WHERE m.tenant_id = v_tenant AND m.id = v_id));
    PERFORM ecommerce_internal.append_mandate_event(v_tenant, v_id, 'created',
        jsonb_build_object('scheme', scheme, 'kind', kind, 'signed_on', v_signed));
    RETURN ecommerce_internal.mandate_answer(v_tenant, v_id);
END
$$;
COMMENT ON FUNCTION ecommerce.create_sepa_mandate(uuid, text, text, date, text, jsonb, text, text,
    text, text, integer) IS
    'Make a mandate, by which payments of a customer''s orders are collected from their account. '
    'user_id: the customer; a storefront, its own. iban: the account. account_holder: whose it is. '
    'signed_on: the day on which it was signed, today for NULL. bic: the bank, which need not be '
    'told. address: an object with address_line_1, address_line_2, city, postal_code and country, '
    'which accounts outside the European Economic Area need. scheme: CORE, or B2B among '
    'businesses. kind: recurrent, or one_off for a single collection. mandate_reference: 1 to 35 '
    'characters; one is made up for NULL. idempotency_key: for a customer one of at least 16 '
    'characters. Returns the mandate. Errors: 22023 an argument is wrong, 22001 a name or '
    'a part of the address is too long, 23505 the reference was given before, EC007 key of another '
    'request, EC016 unknown user, 42501 another customer.';

CREATE FUNCTION ecommerce.amend_sepa_mandate(mandate_id uuid, iban text DEFAULT NULL,
    mandate_reference text DEFAULT NULL, account_holder text DEFAULT NULL, bic text DEFAULT NULL,
    is_final boolean DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.mandate_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    m        jsonb := ecommerce_internal.lock_mandate(v_tenant, mandate_id);
    v_iban   text := coalesce(ecommerce.iban_normalize(iban), iban, m ->> 'iban');
    v_holder text := m ->> 'account_holder';
    v_known  boolean := m ->> 'last_used_on' IS NOT NULL;
BEGIN
    IF m ->> 'status' <> 'active' THEN
        RAISE EXCEPTION 'the mandate cannot be amended: %', 'mandate_' || (m ->> 'status')
            USING ERRCODE = 'EC056',
                  DETAIL = jsonb_build_object('mandate_reference', m ->> 'mandate_reference',
                                              'reason', 'mandate_' || (m ->> 'status'))::text;
    ELSIF is_final AND m ->> 'kind' = 'one_off' THEN
        RAISE EXCEPTION 'a mandate for one collection has no last one'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    v_iban := ecommerce_internal.check_sepa_iban(v_iban);
    IF account_holder IS NOT NULL THEN
        v_holder := ecommerce_internal.check_sepa_name(account_holder, 'account_holder');
    END IF;
    PERFORM ecommerce_internal.check_sepa_address(jsonb_build_object(
        'city', m -> 'city', 'country', m -> 'country'), v_iban);
    IF mandate_reference IS NOT NULL THEN
        -- Plain SQL may have made it.
        PERFORM ecommerce_internal.take_mandate_reference(v_tenant, mandate_id,
                                                          m ->> 'mandate_reference');
        PERFORM ecommerce_internal.take_mandate_reference(v_tenant, mandate_id,
            ecommerce_internal.check_mandate_reference(mandate_reference));
    END IF;
    -- What the bank knows from the last collection is told with the next one.
    UPDATE ecommerce.sepa_mandates t
    SET iban = v_iban, account_holder = v_holder,
        bic = CASE WHEN amend_sepa_mandate.bic IS NULL AND v_iban = t.iban THEN t.bic
                   ELSE ecommerce_internal.check_bic(amend_sepa_mandate.bic) END,
        mandate_reference = coalesce(amend_sepa_mandate.mandate_reference, t.mandate_reference),
        is_final = coalesce(amend_sepa_mandate.is_final, t.is_final),
        original_iban = CASE WHEN v_known
            THEN nullif(coalesce(t.original_iban, t.iban), v_iban) END,
        original_reference = CASE WHEN v_known
            THEN nullif(coalesce(t.original_reference, t.mandate_reference),
                        coalesce(amend_sepa_mandate.mandate_reference, t.mandate_reference)) END
    WHERE t.tenant_id = v_tenant AND t.id = amend_sepa_mandate.mandate_id;
    PERFORM ecommerce_internal.check_written(FOUND, 'sepa_mandates');
    PERFORM ecommerce_internal.append_mandate_event(v_tenant, mandate_id, 'amended',
        jsonb_build_object('original_reference', CASE WHEN mandate_reference IS NOT NULL
            THEN m -> 'mandate_reference' END, 'account_changed', v_iban <> m ->> 'iban'));
    RETURN ecommerce_internal.mandate_answer(v_tenant, mandate_id);
END
$$;
COMMENT ON FUNCTION ecommerce.amend_sepa_mandate(uuid, text, text, text, text, boolean, integer) IS
    'Change an active mandate: what is NULL stays. If something was collected by it, the next '
    'collection tells the bank of the former account and reference. iban: the new account, whose '
    'bic is the one given, or none. mandate_reference: the new reference; the former one is not '
    'given to another mandate. account_holder: the holder''s new name. is_final: whether the next '
    'collection is the last one (FNAL), after which the mandate is used. Returns the mandate. '
    'Errors: EC055 unknown mandate, EC056 it is over, 22023 an argument is wrong, 23505 the '
    'reference was given before.';

CREATE FUNCTION ecommerce.revoke_sepa_mandate(mandate_id uuid, reason text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.mandate_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    m        jsonb := ecommerce_internal.lock_mandate(v_tenant, mandate_id);
BEGIN
    PERFORM ecommerce_internal.check_note(reason, 'reason');
    IF m ->> 'status' NOT IN ('active', 'revoked') THEN
        RAISE EXCEPTION 'the mandate cannot be revoked: %', 'mandate_' || (m ->> 'status')
            USING ERRCODE = 'EC056',
                  DETAIL = jsonb_build_object('mandate_reference', m ->> 'mandate_reference',
                                              'reason', 'mandate_' || (m ->> 'status'))::text;
    ELSIF m ->> 'status' = 'active' THEN
        UPDATE ecommerce.sepa_mandates t SET status = 'revoked'
        WHERE t.tenant_id = v_tenant AND t.id = revoke_sepa_mandate.mandate_id;
        PERFORM ecommerce_internal.check_written(FOUND, 'sepa_mandates');
        PERFORM ecommerce_internal.append_mandate_event(v_tenant, mandate_id, 'revoked',
            jsonb_build_object('reason', revoke_sepa_mandate.reason));
    END IF;
    RETURN ecommerce_internal.mandate_answer(v_tenant, mandate_id);
END
$$;
COMMENT ON FUNCTION ecommerce.revoke_sepa_mandate(uuid, text, integer) IS
    'End a mandate: nothing is put into a file for the bank by it from now on. Payments that wait '
    'for that stay, to be paid otherwise; what is on its way is not stopped. reason: for people, '
    'kept with its event. Nothing happens if it is revoked already. Returns the mandate. Errors: '
    'EC055 unknown mandate, EC056 it was used or has lapsed, 22001 reason is too long.';

CREATE FUNCTION ecommerce.expire_sepa_mandates(max_count integer DEFAULT 1000,
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
        n := n + ecommerce_internal.lapse_mandates(max_count, v_tenant);
    END LOOP;
    RETURN n;
END
$$;
COMMENT ON FUNCTION ecommerce.expire_sepa_mandates(integer, integer) IS
    'Let active mandates lapse that nothing was collected by for 36 months, and return how many. '
    'They cannot be used after that in any case; this tells so by their status and events. '
    'max_count: at most so many of a tenant. tenant_id: NULL for all tenants, if the caller may '
    'choose any. Skips what another session is working on. Errors: 22023 wrong max_count, 42501 '
    'all tenants.';
