-- The address book of a customer.

CREATE FUNCTION ecommerce.add_address(user_id uuid, address jsonb, type text DEFAULT 'shipping',
    is_default boolean DEFAULT false, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.customer_address
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_user   uuid := ecommerce_internal.check_customer(user_id);
    a        jsonb := ecommerce_internal.check_address(address, true);
    v_first  boolean;
    v_result ecommerce.customer_address;
BEGIN
    IF num_nulls(type, is_default) > 0 THEN
        RAISE EXCEPTION 'type and is_default must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF type NOT IN ('shipping', 'billing') THEN
        RAISE EXCEPTION 'unknown type "%" of an address', left(type, 100)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use shipping or billing.';
    END IF;
    PERFORM ecommerce_internal.lock_user(v_tenant, v_user);
    v_first := NOT EXISTS (SELECT FROM ecommerce.user_addresses d
                           WHERE d.tenant_id = v_tenant AND d.user_id = v_user
                             AND d.type = add_address.type AND d.is_default);
    IF is_default THEN
        UPDATE ecommerce.user_addresses d SET is_default = false
        WHERE d.tenant_id = v_tenant AND d.user_id = v_user AND d.type = add_address.type
          AND d.is_default;
    END IF;
    INSERT INTO ecommerce.user_addresses AS n (tenant_id, user_id, type, first_name, last_name,
        company, address_line_1, address_line_2, city, state, postal_code, country, phone,
        is_default)
    VALUES (v_tenant, v_user, add_address.type, a ->> 'first_name', a ->> 'last_name',
            a ->> 'company', a ->> 'address_line_1', a ->> 'address_line_2', a ->> 'city',
            a ->> 'state', a ->> 'postal_code', a ->> 'country', a ->> 'phone',
            add_address.is_default OR v_first)
    RETURNING n.id, n.user_id, n.type, n.is_default INTO v_result;
    PERFORM ecommerce_internal.check_written(v_result.id IS NOT NULL, 'user_addresses');
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.add_address(uuid, jsonb, text, boolean, integer) IS
    'Add an address to a user''s book. address: an object with the keys of user_addresses; '
    'first_name, last_name, address_line_1, city, postal_code and country must be there. type: '
    'shipping or billing. is_default: whether it is offered first from now on, in place of the one '
    'that was; the first of its type is in any case. Errors: EC016 unknown user, 22023 the address '
    'is none, 23514 its country is none, 42501 another customer.';

CREATE FUNCTION ecommerce.set_default_address(address_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.customer_address
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_result ecommerce.customer_address;
BEGIN
    v_result := ecommerce_internal.lock_address(v_tenant, address_id);
    IF NOT v_result.is_default THEN
        UPDATE ecommerce.user_addresses a SET is_default = false
        WHERE a.tenant_id = v_tenant AND a.user_id = v_result.user_id AND a.type = v_result.type
          AND a.is_default;
        UPDATE ecommerce.user_addresses a SET is_default = true
        WHERE a.tenant_id = v_tenant AND a.id = v_result.id
        RETURNING a.is_default INTO v_result.is_default;
        PERFORM ecommerce_internal.check_written(v_result.is_default, 'user_addresses');
    END IF;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.set_default_address(uuid, integer) IS
    'Offer this address first among those of its user and type, in place of the one that was. '
    'Error EC041 there is no such address, or it is another customer''s.';

CREATE FUNCTION ecommerce.change_address(address_id uuid, address jsonb,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.customer_address
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    n        jsonb := ecommerce_internal.check_address(address, false);
    v_result ecommerce.customer_address;
BEGIN
    v_result := ecommerce_internal.lock_address(v_tenant, address_id);
    UPDATE ecommerce.user_addresses a
    SET first_name     = CASE WHEN n ? 'first_name' THEN n ->> 'first_name' ELSE a.first_name END,
        last_name      = CASE WHEN n ? 'last_name' THEN n ->> 'last_name' ELSE a.last_name END,
        company        = CASE WHEN n ? 'company' THEN n ->> 'company' ELSE a.company END,
        address_line_1 = CASE WHEN n ? 'address_line_1' THEN n ->> 'address_line_1'
                              ELSE a.address_line_1 END,
        address_line_2 = CASE WHEN n ? 'address_line_2' THEN n ->> 'address_line_2'
                              ELSE a.address_line_2 END,
        city           = CASE WHEN n ? 'city' THEN n ->> 'city' ELSE a.city END,
        state          = CASE WHEN n ? 'state' THEN n ->> 'state' ELSE a.state END,
        postal_code    = CASE WHEN n ? 'postal_code' THEN n ->> 'postal_code'
                              ELSE a.postal_code END,
        country        = CASE WHEN n ? 'country' THEN n ->> 'country' ELSE a.country END,
        phone          = CASE WHEN n ? 'phone' THEN n ->> 'phone' ELSE a.phone END
    WHERE a.tenant_id = v_tenant AND a.id = v_result.id;
    PERFORM ecommerce_internal.check_written(FOUND, 'user_addresses');
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.change_address(uuid, jsonb, integer) IS
    'Change what is named of an address. Orders keep their own copies. address: an object with '
    'keys of user_addresses. Errors: EC041 there is no such address, or it is another customer''s; '
    '22023 unknown key or no text, 23514 no country.';

CREATE FUNCTION ecommerce.remove_address(address_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.customer_address
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_result ecommerce.customer_address;
BEGIN
    v_result := ecommerce_internal.lock_address(v_tenant, address_id);
    DELETE FROM ecommerce.user_addresses a
    WHERE a.tenant_id = v_tenant AND a.id = v_result.id;
    PERFORM ecommerce_internal.check_written(FOUND, 'user_addresses');
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.remove_address(uuid, integer) IS
    'Take an address out of its user''s book, and answer what it was. Orders keep their own '
    'copies. If it was the default, its type has none until one is chosen. Error EC041 there is no '
    'such address, or it is another customer''s.';
