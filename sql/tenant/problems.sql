-- The proof that every row has a tenant, which the proofs of a tenant's rows rely on, and that
-- days of tenants begin when they say.

CREATE FUNCTION ecommerce_internal.tenant_problems(since timestamptz DEFAULT NULL)
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = on SET enable_hashagg = on
AS $$
DECLARE
    v_tenants integer[] := ARRAY(SELECT t.id FROM ecommerce.tenants t);
    v_table   regclass;
BEGIN
    IF since IS NULL AND has_table_privilege('ecommerce.settings', 'SELECT') THEN
        RETURN QUERY
        SELECT 'unknown time zone', NULL::uuid,
               jsonb_build_object('tenant_id', s.tenant_id, 'timezone', s.timezone)
        FROM ecommerce.settings s
        WHERE s.timezone NOT IN (SELECT n.name FROM pg_timezone_names n)
        ORDER BY s.tenant_id;
    END IF;
    FOR v_table IN
        SELECT a.attrelid
        FROM ecommerce_internal.shop_objects() o
        JOIN pg_attribute a ON a.attrelid = to_regclass(o.relation) AND a.attname = o.name
        WHERE since IS NULL AND o.kind = 'column' AND o.name = 'tenant_id'
          AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
        ORDER BY o.relation COLLATE "C"
    LOOP
        FOR problem, entity_id, detail IN
            EXECUTE format('SELECT DISTINCT ''rows of an unknown tenant'', NULL::uuid,
                                   jsonb_build_object(''table'', %L, ''tenant_id'', r.tenant_id)
                            FROM %s r WHERE r.tenant_id <> ALL ($1)', v_table, v_table)
            USING v_tenants
        LOOP
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.tenant_problems(timestamptz) IS
    'For verify_integrity(): tables with rows of a tenant that is not in tenants. Reads every row '
    'that the caller may see, so with since it does nothing. No proof of a tenant sees such rows. '
    'Also tenants whose time zone this server does not know, as after a restore from another one.';
