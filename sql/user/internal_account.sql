-- What functions of accounts have in common.

CREATE FUNCTION ecommerce_internal.confirm_password(tenant_id integer, user_id uuid,
    password text) RETURNS ecommerce.authentication
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    u record;
BEGIN
    u := ecommerce_internal.lock_user(tenant_id, user_id);
    IF password IS NULL THEN
        RAISE EXCEPTION 'password must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF NOT ecommerce_internal.check_password(
            tenant_id, user_id,
            (SELECT c.password_hash FROM ecommerce.user_credentials c
             WHERE c.tenant_id = confirm_password.tenant_id
               AND c.user_id = confirm_password.user_id), password)
    THEN
        RETURN ROW(NULL, 'refused', NULL)::ecommerce.authentication;
    ELSIF u.status <> 'active' THEN
        RETURN ROW(NULL, u.status, NULL)::ecommerce.authentication;
    END IF;
    RETURN ROW(user_id, u.status, u.email_verified)::ecommerce.authentication;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.confirm_password(integer, uuid, text) IS
    'For functions that ask somebody for their password again: as authenticate() answers. Locks '
    'the user.';

CREATE FUNCTION ecommerce_internal.set_password(tenant_id integer, user_id uuid, password text)
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_hash text := ecommerce_internal.hash_password(
        password, ecommerce_internal.password_cost(tenant_id));
BEGIN
    -- In the order in which check_password() locks them.
    DELETE FROM ecommerce.auth_failures f
    WHERE f.tenant_id = set_password.tenant_id AND f.subject_id = set_password.user_id
      AND f.purpose = 'password';
    INSERT INTO ecommerce.user_credentials AS c (tenant_id, user_id, password_hash)
    VALUES (set_password.tenant_id, set_password.user_id, v_hash)
    ON CONFLICT ON CONSTRAINT user_credentials_pkey
    DO UPDATE SET password_hash = excluded.password_hash;
    PERFORM ecommerce_internal.check_written(FOUND, 'user_credentials');
    -- Whoever asked for one of these may be another than who set the password now.
    DELETE FROM ecommerce.email_tokens t
    WHERE t.tenant_id = set_password.tenant_id AND t.user_id = set_password.user_id
      AND t.type = 'reset' AND t.used_at IS NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.set_password(integer, uuid, text) IS
    'Set the password of a user that is locked. Failures are forgotten, tokens to reset it void.';
