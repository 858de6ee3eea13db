-- Accounts: registering, coming in, and passwords.

CREATE FUNCTION ecommerce.register_user(email text, password text DEFAULT NULL,
    first_name text DEFAULT NULL, last_name text DEFAULT NULL, password_hash text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.account
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_hash   text := password_hash;
    v_result ecommerce.account;
BEGIN
    IF email IS NULL THEN
        RAISE EXCEPTION 'email must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF num_nonnulls(password, password_hash) = 2 THEN
        RAISE EXCEPTION 'password and password_hash are two of what must be one'
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF NOT ecommerce_internal.bcrypt_valid(password_hash) THEN
        RAISE EXCEPTION 'password_hash must be one of bcrypt, of cost 4 to 16, but begins with "%"',
                        left(password_hash, 4)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use $2a$, $2b$ or $2y$.';
    ELSIF password IS NOT NULL THEN
        -- Before looking, so that an address that is taken takes as long.
        v_hash := ecommerce_internal.hash_password(
            password, ecommerce_internal.password_cost(v_tenant));
    END IF;
    BEGIN
        INSERT INTO ecommerce.users AS u (tenant_id, email, first_name, last_name)
        VALUES (v_tenant, register_user.email, nullif(register_user.first_name, ''),
                nullif(register_user.last_name, ''))
        RETURNING u.id, u.email, u.status, u.email_verified INTO v_result;
    EXCEPTION
        WHEN unique_violation THEN
            RAISE EXCEPTION 'email address "%" has an account already', left(email, 100)
                USING ERRCODE = 'unique_violation', CONSTRAINT = 'idx_users_email',
                      HINT = 'Tell everybody the same, and its owner by a letter.';
    END;
    PERFORM ecommerce_internal.check_written(v_result.user_id IS NOT NULL, 'users');
    IF v_hash IS NOT NULL THEN
        INSERT INTO ecommerce.user_credentials (tenant_id, user_id, password_hash)
        VALUES (v_tenant, v_result.user_id, v_hash);
    END IF;
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id)
    VALUES (v_tenant, 'user.registered', v_result.user_id);
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.register_user(text, text, text, text, text, integer) IS
    'Make an account, whose address is not verified yet, and append the event user.registered. '
    'password: 8 characters at least and 72 bytes at most; without it and a hash, one is set by '
    'reset_password(). first_name and last_name: for letters. password_hash: instead of a '
    'password, a hash of bcrypt brought along from elsewhere ($2a$, $2b$ or $2y$), which '
    'authenticate() makes anew when they first come. Errors: 23505 the address has an account, '
    '23514 it is none, 22023 the password or hash cannot be used, 22004 no address, 0A000 pgcrypto '
    'is not installed.';

CREATE FUNCTION ecommerce.authenticate(email text, password text,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.authentication
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_user   uuid;
    u        record;
BEGIN
    IF num_nulls(email, password) > 0 THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN email IS NULL THEN 'email'
                                                   ELSE 'password' END
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    v_user := ecommerce_internal.find_user(v_tenant, email);
    SELECT t.status, t.email_verified, c.password_hash INTO u
    FROM ecommerce.users t
    LEFT JOIN ecommerce.user_credentials c ON c.tenant_id = v_tenant AND c.user_id = t.id
    WHERE t.tenant_id = v_tenant AND t.id = v_user;
    IF NOT ecommerce_internal.check_password(
            v_tenant, ecommerce_internal.auth_subject(v_user, email), u.password_hash, password)
    THEN
        RETURN ROW(NULL, 'refused', NULL)::ecommerce.authentication;
    ELSIF u.status <> 'active' THEN
        RETURN ROW(NULL, u.status, NULL)::ecommerce.authentication;
    END IF;
    RETURN ROW(v_user, u.status, u.email_verified)::ecommerce.authentication;
END
$$;
COMMENT ON FUNCTION ecommerce.authenticate(text, text, integer) IS
    'Who comes with this address and password; then use_customer() is for the application to call. '
    'A wrong address, a wrong password and too many of them get the same answer, "refused", after '
    'the same time. It is an answer and no error, so that the failure is counted: commit. After '
    'five failures in a row nothing helps for 15 seconds, then twice as long each time, up to 15 '
    'minutes; reset_password() ends that. A hash that cost less than settings.password_cost is '
    'made anew. Where hashes cost more, or are none of bcrypt, the time tells. Errors: 22004 NULL, '
    '0A000 pgcrypto is not installed.';

CREATE FUNCTION ecommerce.change_password(user_id uuid, old_password text, new_password text,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.authentication
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_user   uuid := ecommerce_internal.check_customer(user_id);
    v_result ecommerce.authentication;
BEGIN
    v_result := ecommerce_internal.confirm_password(v_tenant, v_user, old_password);
    IF v_result.user_id IS NOT NULL THEN
        PERFORM ecommerce_internal.set_password(v_tenant, v_user, new_password);
        INSERT INTO ecommerce.events (tenant_id, kind, entity_id)
        VALUES (v_tenant, 'user.password_changed', v_user);
    END IF;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.change_password(uuid, text, text, integer) IS
    'Set a new password for a user who has the old one, and append user.password_changed. '
    'old_password: where it is wrong the answer is "refused", as that of authenticate(), the '
    'failure is counted, and nothing changes. new_password: 8 characters at least, 72 bytes at '
    'most. Sessions are the application''s to end. Errors: EC016 unknown user, 22023 the new one '
    'cannot be used, 42501 another customer.';

CREATE FUNCTION ecommerce.change_email(user_id uuid, password text, email text,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.authentication
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_user   uuid := ecommerce_internal.check_customer(user_id);
    v_result ecommerce.authentication;
BEGIN
    IF email IS NULL THEN
        RAISE EXCEPTION 'email must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    v_result := ecommerce_internal.confirm_password(v_tenant, v_user, password);
    IF v_result.user_id IS NULL THEN
        RETURN v_result;
    END IF;
    BEGIN
        UPDATE ecommerce.users u SET email = change_email.email
        WHERE u.tenant_id = v_tenant AND u.id = v_user
          AND u.email <> ecommerce_internal.trimmed(change_email.email)
        RETURNING u.email_verified INTO v_result.email_verified;
    EXCEPTION
        WHEN unique_violation THEN
            RAISE EXCEPTION 'email address "%" has an account already', left(email, 100)
                USING ERRCODE = 'unique_violation', CONSTRAINT = 'idx_users_email';
    END;
    IF FOUND THEN
        INSERT INTO ecommerce.events (tenant_id, kind, entity_id)
        VALUES (v_tenant, 'user.email_changed', v_user);
    ELSE
        v_result.email_verified := (SELECT u.email_verified FROM ecommerce.users u
                                    WHERE u.tenant_id = v_tenant AND u.id = v_user);
    END IF;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.change_email(uuid, text, text, integer) IS
    'Give a user another email address, which is not verified, and append user.email_changed. '
    'password: theirs; where it is wrong the answer is "refused" and nothing changes. email: the '
    'new address; tokens that were sent to the old one are void. Errors: EC016 unknown user, 23505 '
    'the address has an account, 23514 it is none, 42501 another customer.';

CREATE FUNCTION ecommerce.set_user_status(user_id uuid, status text, reason text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.account
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    u        record;
BEGIN
    IF num_nulls(user_id, status) > 0 THEN
        RAISE EXCEPTION 'user_id and status must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF status NOT IN ('active', 'inactive', 'blocked') THEN
        RAISE EXCEPTION 'unknown status "%" of a user', left(status, 100)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use active, inactive or blocked.';
    END IF;
    u := ecommerce_internal.lock_user(v_tenant, user_id);
    IF u.status <> status THEN
        UPDATE ecommerce.users t SET status = set_user_status.status
        WHERE t.tenant_id = v_tenant AND t.id = set_user_status.user_id;
        PERFORM ecommerce_internal.check_written(FOUND, 'users');
        INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
        VALUES (v_tenant, 'user.' || set_user_status.status, set_user_status.user_id,
                jsonb_strip_nulls(jsonb_build_object('from', u.status,
                                                     'reason', set_user_status.reason)));
    END IF;
    RETURN ROW(user_id, u.email, status, u.email_verified)::ecommerce.account;
END
$$;
COMMENT ON FUNCTION ecommerce.set_user_status(uuid, text, text, integer) IS
    'Let a user in or keep them out, and append the event user.active, .inactive or .blocked. '
    'status: active; inactive, as they wish; or blocked, as the shop does. reason: for people, '
    'kept with its event: no personal data. Nothing happens if it is so already. Errors: EC016 '
    'unknown user, as one that was deleted or erased is; 22023 unknown status.';
