-- What proves that somebody reads the letters to an address.

CREATE FUNCTION ecommerce.request_email_token(email text, type text DEFAULT 'verification',
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.token_request
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_type   text := ecommerce_internal.check_token_type(type);
    v_user   uuid;
BEGIN
    IF email IS NULL THEN
        RAISE EXCEPTION 'email must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    v_user := ecommerce_internal.find_user(v_tenant, email);
    -- Both write, so that the time does not tell who is known, either.
    IF ecommerce_internal.count_attempt(
            v_tenant, ecommerce_internal.auth_subject(v_user, email), 'token')
       AND v_user IS NOT NULL
       AND (SELECT u.status FROM ecommerce.users u
            WHERE u.tenant_id = v_tenant AND u.id = v_user) = 'active'
    THEN
        INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
        VALUES (v_tenant, 'user.token_requested', v_user, jsonb_build_object('type', v_type));
    END IF;
    RETURN ROW(v_type, now())::ecommerce.token_request;
END
$$;
COMMENT ON FUNCTION ecommerce.request_email_token(text, text, integer) IS
    'Ask for a letter to an address. If an active user has it, the event user.token_requested is '
    'appended, and whoever writes letters calls create_email_token(entity_id, type) for it. So '
    'whoever asks never sees a token, nor whether the address is known: everybody gets the same '
    'answer. After five requests the next ones are not heard, as wrong passwords are not. type: '
    'verification or reset. Errors: 22004 NULL, 22023 unknown type.';

CREATE FUNCTION ecommerce.create_email_token(user_id uuid, type text DEFAULT 'verification',
    ttl interval DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.issued_token
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_type   text := ecommerce_internal.check_token_type(type);
    u        record;
BEGIN
    IF user_id IS NULL THEN
        RAISE EXCEPTION 'user_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    u := ecommerce_internal.lock_user(v_tenant, user_id);
    IF u.status <> 'active' THEN
        RAISE EXCEPTION 'user % is %', user_id, u.status USING ERRCODE = 'EC016';
    END IF;
    RETURN ecommerce_internal.issue_token(v_tenant, user_id, u.email, v_type, ttl);
END
$$;
COMMENT ON FUNCTION ecommerce.create_email_token(uuid, text, interval, integer) IS
    'Make a token that goes by a letter to a user''s address, and tell it this once. What is kept '
    'is its sha256. It works once, until it expires, for the address that the user has now; one of '
    'the same type that came before it is void. For whoever writes letters, not for a storefront, '
    'which could come in as anybody with it. type: verification, for verify_email(), or reset, for '
    'reset_password(). ttl: how long it is good, a day or an hour for reset unless told, 30 days '
    'at most. Errors: EC016 unknown user, or one that is not active; 22023 unknown type or ttl.';

CREATE FUNCTION ecommerce.create_email_token(email text, type text DEFAULT 'verification',
    ttl interval DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.issued_token
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_type   text := ecommerce_internal.check_token_type(type);
    v_user   uuid;
    u        record;
BEGIN
    IF email IS NULL THEN
        RAISE EXCEPTION 'email must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF email ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' THEN
        RETURN ecommerce.create_email_token(email::uuid, v_type, ttl, v_tenant);
    END IF;
    v_user := ecommerce_internal.find_user(v_tenant, email);
    IF v_user IS NOT NULL THEN
        u := ecommerce_internal.lock_user(v_tenant, v_user);
        IF u.status = 'active' THEN
            RETURN ecommerce_internal.issue_token(v_tenant, v_user, u.email, v_type, ttl);
        END IF;
    END IF;
    RETURN ecommerce_internal.issue_token(v_tenant, NULL, ecommerce_internal.trimmed(email),
                                          v_type, ttl);
END
$$;
COMMENT ON FUNCTION ecommerce.create_email_token(text, text, interval, integer) IS
    'Like create_email_token(user_id, ...), by the address or an id without a type. An address '
    'without an active user gets an answer of the same form, with a token that is good for '
    'nothing.';

CREATE FUNCTION ecommerce.verify_email(token text,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.account
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_result ecommerce.account;
BEGIN
    v_result := ecommerce_internal.use_token(v_tenant, token, 'verification');
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id)
    VALUES (v_tenant, 'user.email_verified', v_result.user_id);
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.verify_email(text, integer) IS
    'Use the token of a letter to verify that the address is the user''s, and append '
    'user.email_verified. token: of type verification; it is used up. Errors: EC040 it is unknown, '
    'expired, used, void or for another address; 22004 NULL.';

CREATE FUNCTION ecommerce.reset_password(token text, new_password text,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.account
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_result ecommerce.account;
BEGIN
    v_result := ecommerce_internal.use_token(v_tenant, token, 'reset');
    PERFORM ecommerce_internal.set_password(v_tenant, v_result.user_id, new_password);
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id)
    VALUES (v_tenant, 'user.password_reset', v_result.user_id);
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.reset_password(text, text, integer) IS
    'Use the token of a letter to set a password, and append user.password_reset. The address is '
    'verified by that, and failures are forgotten. token: of type reset; it is used up, if the '
    'password is good. new_password: 8 characters at least, 72 bytes at most. Sessions are the '
    'application''s to end. Errors: EC040 the token is unknown, expired, used, void or for another '
    'address; 22023 the password cannot be used; 22004 NULL; 0A000 pgcrypto is not installed.';
