-- The steps of create_api().

CREATE FUNCTION ecommerce_internal.api_functions() RETURNS SETOF regprocedure
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    -- Clients of such tools send text: of overloads that which takes jsonb, or most texts.
    SELECT DISTINCT ON (p.proname) p.oid::regprocedure
    FROM ecommerce.access_matrix() m
    JOIN pg_proc p ON p.pronamespace = 'ecommerce'::regnamespace AND p.proname = m.name
    WHERE m.kind = 'function' AND p.prokind = 'f'
      AND 'X' IN (m.public, m.storefront, m.back_office, m.reporting, m.service)
    ORDER BY p.proname, coalesce(p.proargtypes[0] = 'jsonb'::regtype, false) DESC,
             (SELECT count(*) FROM unnest(p.proargtypes) AS t (type)
              WHERE t.type = 'text'::regtype) DESC, p.pronargs
$$;
COMMENT ON FUNCTION ecommerce_internal.api_functions() IS
    'For create_api(): the functions that some profile may execute, one of each name.';

CREATE FUNCTION ecommerce_internal.api_attributes(type oid) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', '
                      ORDER BY a.attnum)
    FROM pg_type t JOIN pg_attribute a ON a.attrelid = t.typrelid
    WHERE t.oid = api_attributes.type AND a.attnum > 0 AND NOT a.attisdropped
$$;
COMMENT ON FUNCTION ecommerce_internal.api_attributes(oid) IS
    'For create_api(): the attributes of a composite type, as CREATE TYPE takes them; else NULL.';

CREATE FUNCTION ecommerce_internal.create_api_type(schema text, type oid) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_attributes text := ecommerce_internal.api_attributes(type);
    -- A type that is named like a function would be in its way.
    v_name       text := (SELECT format('%I.%I', schema, t.typname || CASE
                              WHEN EXISTS (SELECT FROM pg_proc p
                                           WHERE p.pronamespace = t.typnamespace
                                             AND p.proname = t.typname) THEN '_result'
                              ELSE '' END)
                          FROM pg_type t WHERE t.oid = create_api_type.type);
BEGIN
    IF to_regtype(v_name) IS NULL THEN
        EXECUTE format('CREATE TYPE %s AS (%s)', v_name, v_attributes);
        EXECUTE format('COMMENT ON TYPE %s IS %L', v_name, obj_description(type, 'pg_type'));
    ELSIF ecommerce_internal.api_attributes(to_regtype(v_name)) IS DISTINCT FROM v_attributes THEN
        RAISE EXCEPTION 'type % exists already', v_name
            USING ERRCODE = 'duplicate_object',
                  DETAIL = format('It must have the attributes %s.', v_attributes),
                  HINT = 'Drop it, and call this again.';
    END IF;
    RETURN v_name;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.create_api_type(text, oid) IS
    'For create_api(): the name of a composite type in that schema like the given one, which is '
    'made if it is missing. Error 42710 if there is another one of that name.';

CREATE FUNCTION ecommerce_internal.api_result(schema text, function regprocedure) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p record;
BEGIN
    SELECT f.proretset, f.prorettype, t.typtype INTO p
    FROM pg_proc f JOIN pg_type t ON t.oid = f.prorettype WHERE f.oid = function;
    IF p.typtype <> 'c' THEN
        RETURN pg_get_function_result(function);
    END IF;
    RETURN CASE WHEN p.proretset THEN 'SETOF ' ELSE '' END
           || ecommerce_internal.create_api_type(schema, p.prorettype);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.api_result(text, regprocedure) IS
    'For create_api(): what the wrapper of a function returns; rows are of types of that schema.';

CREATE FUNCTION ecommerce_internal.api_definition(schema text, function regprocedure,
    OUT arguments text, OUT types text, OUT definition text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p       record;
    v_call  text;
BEGIN
    SELECT f.*, t.typtype INTO p
    FROM pg_proc f JOIN pg_type t ON t.oid = f.prorettype WHERE f.oid = function;
    SELECT string_agg(concat(quote_ident(a.name), ' ', a.type, ' DEFAULT ' || a.value), ', '
                      ORDER BY a.n),
           string_agg(a.type, ', ' ORDER BY a.n),
           string_agg(format('%I => $%s', a.name, a.n), ', ' ORDER BY a.n)
    INTO arguments, types, v_call
    FROM (SELECT row_number() OVER (ORDER BY i.n) AS n, p.proargnames[i.n] AS name,
                 format_type(i.type, NULL) AS type, d.value
          FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY i (type, n)
          CROSS JOIN LATERAL pg_get_function_arg_default(p.oid, i.n::integer) AS d (value)
          WHERE d.value IS NULL OR p.proargnames[i.n] NOT IN ('tenant_id', 'placed_at')) a;
    types := coalesce(types, '');
    v_call := format('ecommerce.%I(%s)', p.proname, v_call);
    definition := format($f$CREATE OR REPLACE FUNCTION %I.%I(%s) RETURNS %s
    LANGUAGE sql %s PARALLEL %s SET search_path = pg_catalog, pg_temp AS %L$f$,
        schema, p.proname, arguments, ecommerce_internal.api_result(schema, function),
        CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END,
        CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' ELSE 'UNSAFE' END,
        E'-- made by ecommerce.create_api()\n'
        || CASE WHEN p.proretset OR p.typtype = 'c' THEN 'SELECT r.* FROM ' || v_call || ' r'
                ELSE 'SELECT ' || v_call END);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.api_definition(text, regprocedure) IS
    'For create_api(): the statement that makes the wrapper of a function, and its arguments. '
    'These are the function''s, but those of tenants and of history that have defaults.';
