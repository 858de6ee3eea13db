-- Mandates: what triggers keep, and the steps of functions.

CREATE FUNCTION ecommerce_internal.mandate_lapses(signed_on date, last_used_on date) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN (coalesce(last_used_on, signed_on) + interval '36 months')::date;
COMMENT ON FUNCTION ecommerce_internal.mandate_lapses(date, date) IS
    'The last day on which a mandate can be used. That is 36 months after its last collection, or, '
    'if there was none, after its signature.';

CREATE FUNCTION ecommerce_internal.check_new_mandate() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- One that comes from elsewhere may have been used there.
    IF NEW.status <> 'active' OR NEW.last_used_on IS NULL
       AND num_nonnulls(NEW.original_iban, NEW.original_reference) > 0 THEN
        RAISE EXCEPTION 'a mandate is active when it is made, and amended after its first use'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'sepa_mandates_status_check',
                  SCHEMA = 'ecommerce', TABLE = 'sepa_mandates';
    END IF;
    NEW.iban := ecommerce_internal.check_sepa_iban(NEW.iban);
    NEW.iban_end := right(NEW.iban, 4);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_new_mandate() IS
    'Lets a new mandate be active only, of an account that SEPA reaches. Only one that was used '
    'may be amended. Errors: 23514, 22023 the account.';

CREATE FUNCTION ecommerce_internal.check_mandate_step() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (NEW.id, NEW.user_id, NEW.scheme, NEW.kind, NEW.signed_on, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.user_id, OLD.scheme, OLD.kind, OLD.signed_on, OLD.created_at)
    THEN
        RAISE EXCEPTION 'UPDATE on sepa_mandates is refused'
            USING ERRCODE = 'EC017', DETAIL = 'What was signed never changes.',
                  HINT = 'Revoke it, and make another one.';
    ELSIF OLD.status <> 'active' AND NEW.status <> OLD.status THEN
        RAISE EXCEPTION 'a mandate cannot go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'EC056', DETAIL = jsonb_build_object('mandate_reference',
                                         OLD.mandate_reference, 'reason', OLD.status)::text;
    -- Of one that is over, account and holder may be forgotten.
    ELSIF OLD.status <> 'active'
          AND ((NEW.mandate_reference, NEW.last_used_on)
               IS DISTINCT FROM (OLD.mandate_reference, OLD.last_used_on)
               OR NEW.iban IS NOT NULL AND NEW.iban IS DISTINCT FROM OLD.iban
               OR NEW.account_holder IS NOT NULL
                  AND NEW.account_holder IS DISTINCT FROM OLD.account_holder) THEN
        RAISE EXCEPTION 'UPDATE on sepa_mandates is refused'
            USING ERRCODE = 'EC017', DETAIL = 'A mandate that is over never changes.';
    ELSIF NEW.last_used_on < OLD.last_used_on OR NEW.last_used_on IS NULL
          AND OLD.last_used_on IS NOT NULL THEN
        RAISE EXCEPTION 'UPDATE on sepa_mandates is refused'
            USING ERRCODE = 'EC017', DETAIL = 'What was collected stays collected.';
    END IF;
    IF NEW.iban IS DISTINCT FROM OLD.iban AND NEW.iban IS NOT NULL THEN
        NEW.iban := ecommerce_internal.check_sepa_iban(NEW.iban);
    END IF;
    NEW.iban_end := right(NEW.iban, 4);
    IF NEW.status <> 'active' THEN
        -- Not when the transaction began: a file may have been made since then.
        NEW.ended_at := coalesce(OLD.ended_at, clock_timestamp());
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_mandate_step() IS
    'Guards the states of mandates (error EC056) and what never changes about one (error EC017). '
    'active becomes used, revoked or lapsed, each of which is the end.';

CREATE FUNCTION ecommerce_internal.lock_mandate(tenant_id integer, mandate_id uuid) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_mandate jsonb;
BEGIN
    IF mandate_id IS NULL THEN
        RAISE EXCEPTION 'mandate_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT to_jsonb(m) INTO v_mandate FROM ecommerce.sepa_mandates m
    WHERE m.tenant_id = lock_mandate.tenant_id AND m.id = lock_mandate.mandate_id
      AND (m.user_id = ecommerce.current_customer()
           OR NOT ecommerce_internal.acts_for_customer())
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown mandate %', mandate_id USING ERRCODE = 'EC055';
    END IF;
    RETURN v_mandate;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_mandate(integer, uuid) IS
    'For functions that change a mandate: lock it and read it. Staff may take any, whoever acts '
    'for a customer those of that one: others are unknown. Errors: EC055 unknown mandate, 22004 '
    'NULL.';

CREATE FUNCTION ecommerce_internal.mandate_answer(tenant_id integer, mandate_id uuid)
    RETURNS ecommerce.mandate_state
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_result ecommerce.mandate_state;
BEGIN
    SELECT m.id, m.mandate_reference, m.user_id, m.iban_end, m.scheme, m.kind, m.signed_on,
           m.status
    INTO v_result
    FROM ecommerce.sepa_mandates m
    WHERE m.tenant_id = mandate_answer.tenant_id AND m.id = mandate_answer.mandate_id;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mandate_answer(integer, uuid) IS
    'What functions of mandates answer: the mandate as it is.';

CREATE FUNCTION ecommerce_internal.append_mandate_event(tenant_id integer, mandate_id uuid,
    verb text, data jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
BEGIN
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    SELECT append_mandate_event.tenant_id, 'mandate.' || append_mandate_event.verb, m.id,
           jsonb_strip_nulls(jsonb_build_object('mandate_reference', m.mandate_reference,
               'user_id', m.user_id) || append_mandate_event.data)
    FROM ecommerce.sepa_mandates m
    WHERE m.tenant_id = append_mandate_event.tenant_id
      AND m.id = append_mandate_event.mandate_id;
    PERFORM ecommerce_internal.check_written(FOUND, 'events');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.append_mandate_event(integer, uuid, text, jsonb) IS
    'Append an event of a mandate. verb: what follows mandate. in its kind.';

CREATE FUNCTION ecommerce_internal.mandate_obstacle(status text, signed_on date,
    last_used_on date, day date) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN status IS NULL THEN 'unknown_mandate'
                WHEN status <> 'active' THEN 'mandate_' || status
                WHEN ecommerce_internal.mandate_lapses(signed_on, last_used_on) < day
                THEN 'mandate_lapsed'
                WHEN signed_on > day THEN 'mandate_signed_later' END;
COMMENT ON FUNCTION ecommerce_internal.mandate_obstacle(text, date, date, date) IS
    'Why nothing can be collected by a mandate of this status, signed and last used then, on a '
    'day. NULL if nothing is against it.';

CREATE FUNCTION ecommerce_internal.check_mandate(tenant_id integer, mandate_id uuid, user_id uuid)
    RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_reason text;
    m        record;
BEGIN
    IF mandate_id IS NULL THEN
        RAISE EXCEPTION 'mandate_id must not be NULL' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'A direct debit needs the mandate by which it is collected.';
    END IF;
    SELECT k.user_id, k.mandate_reference, k.status, k.signed_on, k.last_used_on INTO m
    FROM ecommerce.sepa_mandates k
    WHERE k.tenant_id = check_mandate.tenant_id AND k.id = check_mandate.mandate_id;
    IF NOT FOUND OR m.user_id IS DISTINCT FROM check_mandate.user_id
                    AND ecommerce_internal.acts_for_customer() THEN
        RAISE EXCEPTION 'unknown mandate %', mandate_id USING ERRCODE = 'EC055';
    END IF;
    v_reason := CASE WHEN m.user_id IS DISTINCT FROM check_mandate.user_id THEN 'other_customer'
                     ELSE ecommerce_internal.mandate_obstacle(m.status, m.signed_on,
                              m.last_used_on, ecommerce_internal.shop_day_of(tenant_id)) END;
    IF v_reason IS NOT NULL THEN
        RAISE EXCEPTION 'the mandate cannot be used: %', v_reason
            USING ERRCODE = 'EC056', DETAIL = jsonb_build_object('mandate_reference',
                                         m.mandate_reference, 'reason', v_reason)::text;
    END IF;
    RETURN mandate_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_mandate(integer, uuid, uuid) IS
    'For payments by direct debit: the mandate, if this customer can pay by it. Errors: EC055 '
    'unknown mandate, or, for whoever acts for a customer, another one''s; EC056 it is another '
    'customer''s, revoked, used or lapsed; 22004 NULL.';

CREATE FUNCTION ecommerce_internal.take_mandate_reference(tenant_id integer, mandate_id uuid,
    mandate_reference text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_same boolean;
BEGIN
    INSERT INTO ecommerce.sepa_mandate_references AS r (tenant_id, mandate_reference, mandate_id)
    VALUES (take_mandate_reference.tenant_id, take_mandate_reference.mandate_reference,
            take_mandate_reference.mandate_id)
    ON CONFLICT DO NOTHING
    RETURNING (r.mandate_reference, r.mandate_id)
              = (take_mandate_reference.mandate_reference, take_mandate_reference.mandate_id)
    INTO v_same;
    IF FOUND THEN
        PERFORM ecommerce_internal.check_written(v_same, 'sepa_mandate_references');
    ELSIF NOT EXISTS (
           SELECT FROM ecommerce.sepa_mandate_references r
           WHERE r.tenant_id = take_mandate_reference.tenant_id
             AND r.mandate_reference = take_mandate_reference.mandate_reference
             AND r.mandate_id = take_mandate_reference.mandate_id) THEN
        RAISE EXCEPTION 'there is a mandate "%" already', mandate_reference
            USING ERRCODE = 'unique_violation', DETAIL = 'A reference is never given twice.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.take_mandate_reference(integer, uuid, text) IS
    'Note a reference as that of a mandate. Error 23505 another one has it or had it.';

CREATE FUNCTION ecommerce_internal.check_mandate_reference(mandate_reference text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF mandate_reference COLLATE "C" !~ '^[A-Za-z0-9+?/:().,''-]{1,35}$'
       OR mandate_reference ~ '^/|//|/$' THEN
        RAISE EXCEPTION 'mandate_reference is not valid'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'It has 1 to 35 letters of the Latin alphabet, digits and + ? / - : ( ) '
                           '. , '' without / at its ends or // within.';
    END IF;
    RETURN mandate_reference;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_mandate_reference(text) IS
    'A reference that a mandate may have, or NULL. Error 22023 it is none.';

CREATE FUNCTION ecommerce_internal.mandate_of_request(tenant_id integer, idempotency_key text,
    request_hash bytea) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    m record;
BEGIN
    SELECT k.id, k.request_hash INTO m FROM ecommerce.sepa_mandates k
    WHERE k.tenant_id = mandate_of_request.tenant_id
      AND k.idempotency_key = mandate_of_request.idempotency_key;
    IF m.request_hash IS DISTINCT FROM mandate_of_request.request_hash AND FOUND THEN
        RAISE EXCEPTION 'idempotency key was used for another request'
            USING ERRCODE = 'EC007', DETAIL = 'It has made another mandate.',
                  HINT = 'Use a new key for a new request, and the same arguments for a retry.';
    END IF;
    RETURN m.id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mandate_of_request(integer, text, bytea) IS
    'The mandate that a request with this key has made; NULL if there is none. Error EC007 key of '
    'another request.';

CREATE FUNCTION ecommerce_internal.lapse_mandates(max_count integer, tenant_id integer)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_ids   uuid[] := ARRAY(SELECT m.id FROM ecommerce.sepa_mandates m
                            WHERE m.tenant_id = lapse_mandates.tenant_id AND m.status = 'active'
                              AND ecommerce_internal.mandate_lapses(m.signed_on, m.last_used_on)
                                  < ecommerce_internal.shop_day_of(lapse_mandates.tenant_id)
                            ORDER BY m.id LIMIT max_count FOR NO KEY UPDATE SKIP LOCKED);
    v_id    uuid;
    v_count integer;
BEGIN
    UPDATE ecommerce.sepa_mandates m SET status = 'lapsed'
    WHERE m.tenant_id = lapse_mandates.tenant_id AND m.id = ANY (v_ids);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    PERFORM ecommerce_internal.check_written(v_count = cardinality(v_ids), 'sepa_mandates');
    FOREACH v_id IN ARRAY v_ids LOOP
        PERFORM ecommerce_internal.append_mandate_event(tenant_id, v_id, 'lapsed', '{}');
    END LOOP;
    RETURN cardinality(v_ids);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lapse_mandates(integer, integer) IS
    'For expire_sepa_mandates(): what it does for one tenant.';

CREATE FUNCTION ecommerce_internal.forget_mandates(tenant_id integer, user_id uuid,
    used_before date) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_id uuid;
BEGIN
    FOR v_id IN
        UPDATE ecommerce.sepa_mandates m SET status = 'revoked'
        WHERE m.tenant_id = forget_mandates.tenant_id AND m.user_id = forget_mandates.user_id
          AND m.status = 'active'
        RETURNING m.id
    LOOP
        PERFORM ecommerce_internal.append_mandate_event(tenant_id, v_id, 'revoked', '{}');
    END LOOP;
    UPDATE ecommerce.sepa_mandates m
    SET account_holder = NULL, iban = NULL, bic = NULL, address_line_1 = NULL,
        address_line_2 = NULL, city = NULL, postal_code = NULL, country = NULL,
        original_iban = NULL
    WHERE m.tenant_id = forget_mandates.tenant_id AND m.status <> 'active'
      AND m.iban IS NOT NULL
      AND CASE WHEN forget_mandates.user_id IS NULL
               THEN coalesce(m.last_used_on, m.signed_on) < used_before
               ELSE m.user_id = forget_mandates.user_id AND m.last_used_on IS NULL END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.forget_mandates(integer, uuid, date) IS
    'For erase_customer(): revoke the mandates of a user that is locked. Whose account it was is '
    'forgotten where nothing was collected. For erase_expired(), with a NULL user: forget that of '
    'all that are over and were used last before a day.';
