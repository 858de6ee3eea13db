-- Making and using up tokens.

CREATE FUNCTION ecommerce_internal.check_token_type(type text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF type IS NULL THEN
        RAISE EXCEPTION 'type must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF type NOT IN ('verification', 'reset') THEN
        RAISE EXCEPTION 'unknown type "%" of a token', left(type, 100)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use verification or reset.';
    END IF;
    RETURN type;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_token_type(text) IS
    'The type of a token, if it is one. Errors: 22004 NULL, 22023 unknown.';

CREATE FUNCTION ecommerce_internal.issue_token(tenant_id integer, user_id uuid, email text,
    type text, ttl interval) RETURNS ecommerce.issued_token
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_ttl   interval := coalesce(ttl, CASE type WHEN 'reset' THEN interval '1 hour'
                                                ELSE interval '1 day' END);
    -- 244 bits of the strong source that UUIDs are made of
    v_token text := translate(encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
                                     'base64'), '+/=', '-_');
    v_until timestamptz := clock_timestamp() + v_ttl;
BEGIN
    IF NOT (v_ttl > '0' AND v_ttl <= '30 days') THEN
        RAISE EXCEPTION 'ttl must be more than 0 and at most 30 days, but is %', v_ttl
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF user_id IS NOT NULL THEN
        DELETE FROM ecommerce.email_tokens t
        WHERE t.tenant_id = issue_token.tenant_id AND t.user_id = issue_token.user_id
          AND t.type = issue_token.type;
        INSERT INTO ecommerce.email_tokens (tenant_id, token_hash, user_id, type, expires_at, email)
        VALUES (issue_token.tenant_id, sha256(convert_to(v_token, 'UTF8')), issue_token.user_id,
                issue_token.type, v_until, issue_token.email);
        PERFORM ecommerce_internal.check_written(FOUND, 'email_tokens');
    END IF;
    RETURN ROW(v_token, email, type, v_until)::ecommerce.issued_token;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.issue_token(integer, uuid, text, text, interval) IS
    'For create_email_token(): make a token for a user that is locked, and void those before it of '
    'its type. Without a user it is kept nowhere, and good for nothing.';

CREATE FUNCTION ecommerce_internal.use_token(tenant_id integer, token text, type text)
    RETURNS ecommerce.account
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_hash bytea := sha256(convert_to(token, 'UTF8'));
    v_user uuid;
    v_mail text;
    u      record;
BEGIN
    IF token IS NULL THEN
        RAISE EXCEPTION 'token must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    v_user := (SELECT t.user_id FROM ecommerce.email_tokens t
               WHERE t.tenant_id = use_token.tenant_id AND t.token_hash = v_hash);
    -- The user first, as whoever makes tokens does.
    SELECT l.email, l.status, l.id INTO u FROM ecommerce.users l
    WHERE l.tenant_id = use_token.tenant_id AND l.id = v_user AND l.deleted_at IS NULL
      AND l.status = 'active'
    FOR NO KEY UPDATE;
    UPDATE ecommerce.email_tokens t SET used_at = clock_timestamp()
    WHERE t.tenant_id = use_token.tenant_id AND t.token_hash = v_hash AND t.user_id = u.id
      AND t.type = use_token.type AND t.used_at IS NULL AND t.expires_at > clock_timestamp()
    RETURNING coalesce(t.email, u.email) INTO v_mail;
    IF NOT FOUND
       OR ecommerce_internal.case_folded(v_mail) <> ecommerce_internal.case_folded(u.email) THEN
        RAISE EXCEPTION 'the token is not valid'
            USING ERRCODE = 'EC040', DETAIL = 'It is unknown, expired, used, void, of another type '
                                              'or for another address.',
                  HINT = 'Ask for a new one.';
    END IF;
    UPDATE ecommerce.users t SET email_verified = true
    WHERE t.tenant_id = use_token.tenant_id AND t.id = u.id AND NOT t.email_verified;
    RETURN ROW(u.id, u.email, u.status, true)::ecommerce.account;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.use_token(integer, text, text) IS
    'Use up a token, which shows that its user reads the letters to their address. Locks the user. '
    'Error EC040 it cannot be used.';
