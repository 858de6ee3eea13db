-- Who may act for whom, passwords, and what slows guessing.

CREATE FUNCTION ecommerce_internal.caller_trusted() RETURNS boolean
    LANGUAGE c STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'ec_caller_trusted';
COMMENT ON FUNCTION ecommerce_internal.caller_trusted() IS
    'For functions that run with their owner''s rights: whether their caller may INSERT into '
    'orders. Who may decides what is paid, and by whom.';

CREATE FUNCTION ecommerce_internal.acts_for_customer() RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ecommerce.current_customer() IS NOT NULL OR NOT ecommerce_internal.caller_trusted();
END
$$;
COMMENT ON FUNCTION ecommerce_internal.acts_for_customer() IS
    'Whether the caller acts for one customer, and so may neither see nor touch what others have. '
    'It has chosen one by use_customer(), whatever it may do else, or may not INSERT into orders.';

CREATE FUNCTION ecommerce_internal.check_customer_key(idempotency_key text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF length(idempotency_key) < 16 AND ecommerce_internal.acts_for_customer() THEN
        RAISE EXCEPTION 'idempotency_key is easy to guess'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'For a customer it must have at least 16 characters.',
                  HINT = 'Use a random UUID.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_customer_key(text) IS
    'For functions that act for a customer: a key that others may guess tells them that it was '
    'used, or is used up by them. Error 22023.';

CREATE FUNCTION ecommerce_internal.check_customer(user_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF user_id IS NULL THEN
        RAISE EXCEPTION 'user_id must not be NULL'
            USING ERRCODE = 'null_value_not_allowed',
                  HINT = 'Call ecommerce.use_customer() in the same transaction, or name the user.';
    -- Whoever it is: the answer does not tell which users there are.
    ELSIF user_id IS DISTINCT FROM ecommerce.current_customer()
          AND ecommerce_internal.acts_for_customer() THEN
        RAISE EXCEPTION 'permission denied for user_id %', user_id
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = 'It is not the customer of this transaction.',
                  HINT = 'Call ecommerce.use_customer() in the same transaction.';
    END IF;
    RETURN user_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_customer(uuid) IS
    'For functions that act for a user: the user, if the caller may. That is the customer of the '
    'transaction; if none was chosen, anybody for whom may INSERT into orders. Errors: 22004 NULL, '
    '42501.';

CREATE FUNCTION ecommerce_internal.check_active_customer(tenant_id integer, user_id uuid)
    RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM ecommerce.users u
                   WHERE u.tenant_id = check_active_customer.tenant_id
                     AND u.id = ecommerce_internal.check_customer(check_active_customer.user_id)
                     AND u.status = 'active' AND u.deleted_at IS NULL) THEN
        RAISE EXCEPTION 'unknown user %', user_id
            USING ERRCODE = 'EC016', DETAIL = 'There is none of that id, or it is not active.';
    END IF;
    RETURN user_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_active_customer(integer, uuid) IS
    'Like check_customer(), of a user who may buy. Errors: 22004 NULL, 42501, EC016 unknown or '
    'inactive user.';

CREATE FUNCTION ecommerce_internal.lock_user(tenant_id integer, user_id uuid,
    OUT email text, OUT status text, OUT email_verified boolean)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    SELECT u.email, u.status, u.email_verified
    INTO lock_user.email, lock_user.status, lock_user.email_verified
    FROM ecommerce.users u
    WHERE u.tenant_id = lock_user.tenant_id AND u.id = lock_user.user_id AND u.deleted_at IS NULL
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown user %', user_id USING ERRCODE = 'EC016';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_user(integer, uuid) IS
    'For functions that change what is a user''s: lock the user, before anything of it, and read '
    'it. Error EC016 unknown user.';

CREATE FUNCTION ecommerce_internal.find_user(tenant_id integer, email text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    RETURN (SELECT u.id FROM ecommerce.users u
            WHERE u.tenant_id = find_user.tenant_id AND u.deleted_at IS NULL
              AND ecommerce_internal.case_folded(u.email)
                  = ecommerce_internal.case_folded(ecommerce_internal.trimmed(find_user.email)));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.find_user(integer, text) IS
    'The user of an email address, case and blanks around it ignored; NULL if nobody has it.';

CREATE FUNCTION ecommerce_internal.void_verification() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.email_verified := false;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.void_verification() IS
    'BEFORE UPDATE of the address of a user: nobody has proved the new one.';

CREATE FUNCTION ecommerce_internal.pgcrypto_function(arguments text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- Who owns an extension can add functions of his own to it, which would run as we do.
    v_name text := (SELECT format('%I.%I', n.nspname, p.proname)
                    FROM pg_extension e
                    JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass
                                    AND d.refobjid = e.oid AND d.deptype = 'e'
                                    AND d.classid = 'pg_proc'::regclass
                    JOIN pg_proc p ON p.oid = d.objid
                    JOIN pg_namespace n ON n.oid = p.pronamespace
                    JOIN pg_roles r ON r.oid = p.proowner
                    WHERE e.extname = 'pgcrypto' AND (r.rolsuper OR r.rolname = current_user)
                      AND format('%s(%s)', p.proname, oidvectortypes(p.proargtypes)) = arguments
                    LIMIT 1);
BEGIN
    IF v_name IS NULL THEN
        RAISE EXCEPTION 'passwords need %, and extension "pgcrypto" is not installed', arguments
            USING ERRCODE = 'feature_not_supported', HINT = 'CREATE EXTENSION pgcrypto';
    END IF;
    RETURN v_name;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.pgcrypto_function(text) IS
    'Name of a function of pgcrypto, with its schema, whichever that is. arguments: its name with '
    'the types of its arguments. Error 0A000 if there is none.';

CREATE FUNCTION ecommerce_internal.password_cost(tenant_id integer) RETURNS integer
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN coalesce((SELECT s.password_cost FROM ecommerce.settings s
                     WHERE s.tenant_id = password_cost.tenant_id), 10);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.password_cost(integer) IS
    'Cost of new hashes of passwords: settings.password_cost.';

CREATE FUNCTION ecommerce_internal.hash_password(password text, cost integer) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_hash text;
BEGIN
    IF password IS NULL THEN
        RAISE EXCEPTION 'password must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF length(password) < 8 THEN
        RAISE EXCEPTION 'password has % characters, fewer than 8', length(password)
            USING ERRCODE = 'invalid_parameter_value';
    -- What comes after them bcrypt does not look at.
    ELSIF octet_length(password) > 72 THEN
        RAISE EXCEPTION 'password has % bytes, more than 72', octet_length(password)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    EXECUTE format('SELECT %s($1, %s(''bf'', $2))',
                   ecommerce_internal.pgcrypto_function('crypt(text, text)'),
                   ecommerce_internal.pgcrypto_function('gen_salt(text, integer)'))
    INTO v_hash USING password, cost;
    RETURN v_hash;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.hash_password(text, integer) IS
    'Hash of a new password, by bcrypt of pgcrypto. Errors: 22023 it has fewer than 8 characters '
    'or more than 72 bytes, 22004 NULL, 0A000 no pgcrypto.';

CREATE FUNCTION ecommerce_internal.bcrypt_valid(hash text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN hash COLLATE "C" ~ '^[$]2[aby][$](0[4-9]|1[0-6])[$][./A-Za-z0-9]{53}$';
COMMENT ON FUNCTION ecommerce_internal.bcrypt_valid(text) IS
    'Whether it is a hash of bcrypt that can be verified: $2a$, $2b$ or $2y$, of cost 4 to 16.';

CREATE FUNCTION ecommerce_internal.password_matches(password text, hash text, cost integer)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_crypt text := format('SELECT %s($1, $2)',
                           ecommerce_internal.pgcrypto_function('crypt(text, text)'));
    -- $2b$ and $2y$ are $2a$ without its faults of old, and pgcrypto's $2a$ never had them.
    v_hash  text := CASE WHEN ecommerce_internal.bcrypt_valid(hash)
                         THEN '$2a$' || substr(hash, 5) END;
    v_cost  integer := coalesce(substr(v_hash, 5, 2)::integer, cost);
    v_found text;
BEGIN
    EXECUTE v_crypt INTO v_found
    USING password, coalesce(v_hash, format('$2a$%s$%s', lpad(v_cost::text, 2, '0'),
                                            repeat('.', 53)));
    -- A hash that cost less takes as long: 2^n + (2^n + 2^(n+1) + ... + 2^(m-1)) is 2^m.
    FOR n IN v_cost .. cost - 1 LOOP
        EXECUTE v_crypt USING password, format('$2a$%s$%s', lpad(n::text, 2, '0'), repeat('.', 53));
    END LOOP;
    RETURN v_hash IS NOT NULL AND v_found = v_hash AND octet_length(password) <= 72;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.password_matches(text, text, integer) IS
    'Whether a password is that of a hash. Takes the time of one hash of this cost, also if there '
    'is no hash, or one that cost less.';

CREATE FUNCTION ecommerce_internal.auth_subject(user_id uuid, email text) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN coalesce(user_id, overlay(
        '00000000-0000-0000-0000-000000000000' PLACING left(encode(sha256(convert_to(
            ecommerce_internal.case_folded(ecommerce_internal.trimmed(coalesce(email, ''))),
            'UTF8')), 'hex'), 3) FROM 34)::uuid);
COMMENT ON FUNCTION ecommerce_internal.auth_subject(uuid, text) IS
    'Whose failures are counted: a user''s, or those of all unknown addresses of the same hash.';

CREATE FUNCTION ecommerce_internal.count_attempt(tenant_id integer, subject_id uuid, purpose text)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_now timestamptz;
    f     record;
BEGIN
    -- Before it is known to fail, so that many at once have to queue.
    FOR n IN 1 .. 100 LOOP
        INSERT INTO ecommerce.auth_failures (tenant_id, subject_id, purpose, failed_count)
        VALUES (count_attempt.tenant_id, count_attempt.subject_id, count_attempt.purpose, 0)
        ON CONFLICT ON CONSTRAINT auth_failures_pkey DO NOTHING;
        SELECT t.failed_count, t.failed_at, t.locked_until INTO f FROM ecommerce.auth_failures t
        WHERE t.tenant_id = count_attempt.tenant_id AND t.subject_id = count_attempt.subject_id
          AND t.purpose = count_attempt.purpose
        FOR NO KEY UPDATE;
        -- One that went well in between has deleted it.
        EXIT WHEN FOUND;
    END LOOP;
    PERFORM ecommerce_internal.check_written(FOUND, 'auth_failures');
    v_now := clock_timestamp();
    IF f.failed_at < v_now - interval '1 day' THEN
        f.failed_count := 0;
    END IF;
    IF f.locked_until > v_now THEN
        -- Written all the same: an answer that writes nothing is a faster one.
        UPDATE ecommerce.auth_failures t SET failed_count = f.failed_count
        WHERE t.tenant_id = count_attempt.tenant_id AND t.subject_id = count_attempt.subject_id
          AND t.purpose = count_attempt.purpose;
        RETURN false;
    END IF;
    UPDATE ecommerce.auth_failures t
    SET failed_count = least(f.failed_count, 1000000) + 1, failed_at = v_now,
        locked_until = CASE WHEN f.failed_count >= 4
                            THEN v_now + least(interval '15 seconds'
                                               * 2 ^ least(f.failed_count - 4, 6),
                                               interval '15 minutes') END
    WHERE t.tenant_id = count_attempt.tenant_id AND t.subject_id = count_attempt.subject_id
      AND t.purpose = count_attempt.purpose;
    RETURN true;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.count_attempt(integer, uuid, text) IS
    'Count an attempt as a failure, until it is known to be none, and say whether it is heard. '
    'After five the next ones are not, for 15 seconds, then twice as long each time, up to 15 '
    'minutes.';

CREATE FUNCTION ecommerce_internal.check_password(tenant_id integer, subject_id uuid,
    password_hash text, password text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_cost  integer := ecommerce_internal.password_cost(tenant_id);
    v_heard boolean := ecommerce_internal.count_attempt(tenant_id, subject_id, 'password');
    v_right boolean := ecommerce_internal.password_matches(password, password_hash, v_cost);
BEGIN
    IF v_heard AND v_right THEN
        DELETE FROM ecommerce.auth_failures f
        WHERE f.tenant_id = check_password.tenant_id AND f.subject_id = check_password.subject_id
          AND f.purpose = 'password';
        -- Now that the password is known, its hash can cost what the shop asks for today.
        IF substr(password_hash, 5, 2)::integer < v_cost AND length(password) >= 8 THEN
            UPDATE ecommerce.user_credentials c
            SET password_hash = ecommerce_internal.hash_password(check_password.password, v_cost)
            WHERE c.tenant_id = check_password.tenant_id AND c.user_id = check_password.subject_id
              AND c.password_hash = check_password.password_hash;
        END IF;
    END IF;
    RETURN v_heard AND v_right;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_password(integer, uuid, text, text) IS
    'Whether somebody has the right password and need not wait. Counts failures, and makes a hash '
    'that cost less than new ones do anew.';
