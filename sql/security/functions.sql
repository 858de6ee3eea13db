-- Turning the matrix into grants.

CREATE FUNCTION ecommerce.grant_access(role regrole, profile text,
    OUT tables integer, OUT functions integer, OUT row_filters integer)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_role text := current_setting('role');
    o      record;
BEGIN
    IF num_nulls(role, profile) > 0 THEN
        RAISE EXCEPTION 'role and profile must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF profile NOT IN ('storefront', 'back_office', 'reporting', 'service') THEN
        RAISE EXCEPTION 'unknown profile "%"', profile USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Use storefront, back_office, reporting or service.';
    END IF;
    SELECT r.rolbypassrls OR pg_has_role(r.oid, n.nspowner, 'MEMBER') AS unbound,
           pg_get_userbyid(n.nspowner) AS owner
    INTO o FROM pg_roles r JOIN pg_namespace n ON n.nspname = 'ecommerce' WHERE r.oid = role;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'role % does not exist', role USING ERRCODE = 'undefined_object';
    ELSIF o.unbound THEN
        RAISE EXCEPTION 'role % cannot have a profile', role
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Row security does not bind superusers, roles with BYPASSRLS, '
                           'and the owner of the shop and its members.',
                  HINT = 'Use a role that is none of these.';
    END IF;

    tables := 0;
    functions := 0;
    row_filters := 0;
    PERFORM ecommerce_internal.drop_access(role, E'storefront\\_rows');
    -- What a superuser granted in its own name the owner could not revoke.
    IF o.owner <> current_user THEN
        PERFORM set_config('role', o.owner, true);
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA ecommerce TO %s', role);
    FOR o IN
        SELECT m.name, string_agg(l.privilege || coalesce(m.columns, ''), ', ') AS privileges
        FROM (SELECT x.name, to_jsonb(x) ->> grant_access.profile AS letters,
                     (SELECT format('(%s)', string_agg(quote_ident(c), ', '))
                      FROM unnest(x.columns) AS c HAVING count(*) > 0) AS columns
              FROM ecommerce.access_matrix() x WHERE x.kind = 'table') m
        JOIN (VALUES ('r', 'SELECT'), ('a', 'INSERT'), ('w', 'UPDATE'), ('d', 'DELETE'))
            AS l (letter, privilege) ON strpos(m.letters, l.letter) > 0
        GROUP BY m.name
    LOOP
        EXECUTE format('GRANT %s ON TABLE ecommerce.%I TO %s', o.privileges, o.name, role);
        tables := tables + 1;
    END LOOP;
    FOR o IN
        SELECT p.oid::regprocedure AS name
        FROM ecommerce.access_matrix() x
        JOIN pg_proc p ON p.pronamespace = 'ecommerce'::regnamespace AND p.proname = x.name
        WHERE x.kind = 'function' AND to_jsonb(x) ->> grant_access.profile = 'X'
    LOOP
        EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %s', o.name, role);
        functions := functions + 1;
    END LOOP;
    IF profile = 'storefront' THEN
        row_filters := ecommerce_internal.filter_rows(role);
    END IF;
    PERFORM set_config('role', v_role, true);
END
$$;
COMMENT ON FUNCTION ecommerce.grant_access(regrole, text) IS
    'Give a role a profile, as access_matrix() says. It loses what it had in the schemas of the '
    'shop before, so a role has one profile, and a second call changes nothing. profile: one of '
    'storefront, back_office, reporting and service. For the owner of the shop. If the role is or '
    'becomes a storefront it waits for transactions that use the catalog. Returns how many tables '
    'and functions were granted, and of how many tables the role sees some rows only. Errors: '
    '22023 unknown profile, or a role that row security does not bind; 2BP01 it has privileges '
    'that somebody else granted; 22004 NULL.';

CREATE FUNCTION ecommerce.revoke_access(role regrole,
    OUT tables integer, OUT functions integer, OUT row_filters integer)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF role IS NULL THEN
        RAISE EXCEPTION 'role must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF role = (SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = 'ecommerce') THEN
        RAISE EXCEPTION 'role % owns the shop', role USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'An owner has all privileges.';
    END IF;
    SELECT d.* INTO tables, functions, row_filters FROM ecommerce_internal.drop_access(role, '%') d;
END
$$;
COMMENT ON FUNCTION ecommerce.revoke_access(regrole) IS
    'Take every privilege in the schemas of the shop from a role. It leaves every policy there, '
    'too, so that nothing of the shop keeps it from being dropped. Returns how many tables, '
    'functions and policies it had. For the owner of the shop. Errors: 22023 for the owner, 2BP01 '
    'it has privileges that somebody else granted, 22004 NULL.';
