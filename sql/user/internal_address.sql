-- What functions of the address book have in common.

CREATE FUNCTION ecommerce_internal.check_address(address jsonb, whole boolean) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_limits constant jsonb := jsonb '{"first_name": 100, "last_name": 100, "company": 200,
        "address_line_1": 255, "address_line_2": 255, "city": 100, "state": 100,
        "postal_code": 20, "country": null, "phone": 30}';
    v_needed constant text[] := ARRAY['first_name', 'last_name', 'address_line_1', 'city',
                                      'postal_code', 'country'];
    p        record;
BEGIN
    IF jsonb_typeof(address) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'address must be an object' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('It is %s.', left(coalesce(address::text, 'NULL'), 100));
    END IF;
    FOR p IN
        SELECT k.key, a.value, a.value #>> '{}' AS text, k.key = ANY (v_needed) AS needed,
               NOT v_limits ? k.key AS unknown, (v_limits ->> k.key)::integer AS size
        FROM (SELECT jsonb_object_keys(address)
              UNION SELECT unnest(v_needed) WHERE whole) k (key)
        LEFT JOIN jsonb_each(address) a ON a.key = k.key
        ORDER BY 1
    LOOP
        IF p.unknown THEN
            RAISE EXCEPTION 'address.% is unknown', left(p.key, 100)
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = format('Known are %s.', (SELECT string_agg(k, ', ' ORDER BY k)
                                                        FROM jsonb_object_keys(v_limits) k));
        ELSIF jsonb_typeof(p.value) NOT IN ('string', 'null') THEN
            RAISE EXCEPTION 'address.% must be a string', p.key
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = format('It is %s.', left(p.value::text, 100));
        ELSIF p.needed AND coalesce(ecommerce_internal.trimmed(p.text), '') = '' THEN
            RAISE EXCEPTION 'address.% is missing', p.key
                USING ERRCODE = 'invalid_parameter_value';
        ELSIF length(p.text) > p.size THEN
            RAISE EXCEPTION 'address.% has % characters, more than %', p.key, length(p.text), p.size
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
    END LOOP;
    RETURN address;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_address(jsonb, boolean) IS
    'The address that it was given, an object with the keys of user_addresses; the whole of one, '
    'or what is to change of it. Error 22023, with the key, if it is none.';

CREATE FUNCTION ecommerce_internal.lock_address(tenant_id integer, id uuid)
    RETURNS ecommerce.customer_address
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_user   uuid;
    v_result ecommerce.customer_address;
BEGIN
    IF id IS NULL THEN
        RAISE EXCEPTION 'address_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    v_user := (SELECT a.user_id FROM ecommerce.user_addresses a
               WHERE a.tenant_id = lock_address.tenant_id AND a.id = lock_address.id);
    -- Somebody else's is as good as none.
    BEGIN
        PERFORM ecommerce_internal.check_customer(v_user);
    EXCEPTION
        WHEN insufficient_privilege OR null_value_not_allowed THEN v_user := NULL;
    END;
    IF v_user IS NOT NULL THEN
        PERFORM ecommerce_internal.lock_user(lock_address.tenant_id, v_user);
    END IF;
    SELECT a.id, a.user_id, a.type, a.is_default INTO v_result FROM ecommerce.user_addresses a
    WHERE a.tenant_id = lock_address.tenant_id AND a.id = lock_address.id AND a.user_id = v_user
    FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown address %', id USING ERRCODE = 'EC041';
    END IF;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_address(integer, uuid) IS
    'An address of a user for whom the caller may act, locked after its user. Error EC041 there is '
    'none.';
