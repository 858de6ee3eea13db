-- Wrappers for tools that leave out what belongs to an extension.

CREATE FUNCTION ecommerce.create_api(schema text, role regrole DEFAULT NULL) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    v_schema regnamespace := to_regnamespace(quote_ident(schema));
    v_made   regprocedure[] := ARRAY[]::regprocedure[];
    v_new    regprocedure;
    f        record;
    d        record;
BEGIN
    IF schema IS NULL THEN
        RAISE EXCEPTION 'schema must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF v_schema IS NULL THEN
        RAISE EXCEPTION 'schema "%" does not exist', schema USING ERRCODE = 'invalid_schema_name';
    ELSIF schema = ANY (ecommerce_internal.shop_schemas())
          OR schema ~ '^(pg_|information_schema$)' THEN
        RAISE EXCEPTION 'schema "%" cannot have the API', schema
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Create one of your own, such as api.';
    ELSIF role IS NOT NULL AND NOT has_schema_privilege(role, 'ecommerce', 'USAGE') THEN
        RAISE EXCEPTION 'role % has no profile', role USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Call ecommerce.grant_access() first.';
    END IF;
    FOR f IN
        SELECT a AS oid, p.proname AS name, obj_description(p.oid, 'pg_proc') AS comment
        FROM ecommerce_internal.api_functions() a JOIN pg_proc p ON p.oid = a
    LOOP
        IF EXISTS (SELECT FROM pg_class c
                   WHERE c.relnamespace = v_schema AND c.relname = f.name)
           OR EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = v_schema AND p.proname = f.name
                      AND p.prosrc NOT LIKE '-- made by ecommerce.create_api()%') THEN
            RAISE EXCEPTION 'schema "%" has a function or relation "%" of its own', schema, f.name
                USING ERRCODE = 'duplicate_function', HINT = 'Use a schema of its own for the API.';
        END IF;
        SELECT * INTO d FROM ecommerce_internal.api_definition(schema, f.oid);
        EXECUTE d.definition;
        v_new := format('%I.%I(%s)', schema, f.name, d.types)::regprocedure;
        v_made := v_made || v_new;
        EXECUTE format('COMMENT ON FUNCTION %s IS %L', v_new, f.comment);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', v_new);
        IF has_function_privilege(role, f.oid::oid, 'EXECUTE') THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', v_new, role);
        ELSIF role IS NOT NULL THEN
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %s', v_new, role);
        END IF;
    END LOOP;
    IF role IS NOT NULL THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %s', schema, role);
    END IF;
    -- What an older version made, and this one does not.
    FOR f IN
        SELECT p.oid::regprocedure AS old FROM pg_proc p
        WHERE p.pronamespace = v_schema AND p.oid <> ALL (v_made)
          AND p.prosrc LIKE '-- made by ecommerce.create_api()%'
    LOOP
        EXECUTE format('DROP FUNCTION %s', f.old);
    END LOOP;
    RETURN cardinality(v_made);
END
$$;
COMMENT ON FUNCTION ecommerce.create_api(text, regrole) IS
    'Write plain wrappers of the functions into a schema of yours, for tools that leave out '
    'extensions. PostGraphile, Supabase and Hasura do. They have the names and comments of the '
    'functions that some profile may execute, one for each name, without arguments of tenants and '
    'history; rows that they return are of types in that schema. They belong to the caller, run '
    'as whoever calls them, and are granted to nobody, or to that role where it may execute the '
    'function itself. Returns how many. A second call brings them up to date. For the owner of '
    'the schema. Errors: 3F000 no such schema, 22023 one of the shop or the system, or a role '
    'without a profile; 42723, 42710 what the schema has of its own is in the way; 22004 NULL.';
