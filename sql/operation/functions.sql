-- Running the shop's database.

CREATE FUNCTION ecommerce.verify_integrity(since timestamptz DEFAULT NULL)
    RETURNS TABLE (problem text, tenant_id integer, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
DECLARE
    v_proof regproc;
BEGIN
    -- Of a time to come there is nothing to prove, and no row would say that all is right.
    IF NOT isfinite(since) OR since > clock_timestamp() THEN
        RAISE EXCEPTION 'since must be a time that has been, or NULL'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', since);
    END IF;

    FOR v_proof, tenant_id IN
        SELECT p.oid, t.id
        FROM pg_proc p
        JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
        -- A proof is of one tenant, or of what all of them share.
        LEFT JOIN ecommerce.tenants t ON p.pronargs = 2
        WHERE p.pronamespace = 'ecommerce_internal'::regnamespace
          AND p.proname LIKE E'%\\_problems' AND (p.pronargs = 1 OR t.id IS NOT NULL)
        ORDER BY p.oid, t.id
    LOOP
        FOR problem, entity_id, detail IN
            EXECUTE format('SELECT p.problem, p.entity_id, p.detail FROM %s(%s) p', v_proof,
                           CASE WHEN tenant_id IS NULL THEN '$1' ELSE '$1, $2' END)
            USING since, tenant_id
        LOOP
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce.verify_integrity(timestamptz) IS
    'Every equation of the books that does not hold, with the product or order that it is about. '
    'No row means that all is right. The equations are those of the functions <topic>_problems() '
    'in the schema ecommerce_internal, tenant by tenant; with a NULL for tenant_id they find what '
    'the schema has lost, which install() puts back, and rows of an unknown tenant. since: proves '
    'what happened since then, and all stock, from balances of the last closing before it '
    '(close_stock_books()), so that the cost does not grow with what came before; what plain SQL '
    'did to older rows is for the whole proof to find; NULL proves everything from the beginning, '
    'and the balances. Sees what the caller may see. Error 22023 for infinity and for a time to '
    'come.';

CREATE FUNCTION ecommerce.prepare_restore() RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET quote_all_identifiers = off
AS $$
DECLARE
    -- install() fills these.
    v_filled  text[] := (SELECT array_agg(DISTINCT 'ecommerce.' || m[1])
                         FROM pg_proc p,
                              regexp_matches(p.prosrc, E'INSERT INTO ecommerce\\.(\\w+)', 'g') m
                         WHERE p.oid = to_regprocedure('ecommerce.install()'));
    v_tables  text[] := (SELECT array_agg(o.relation ORDER BY o.ordinal DESC)
                         FROM ecommerce_internal.shop_objects() WITH ORDINALITY
                             AS o (relation, kind, name, definition, ordinal)
                         WHERE o.kind = 'table');
    v_table   text;
    v_in_use  boolean;
    v_deleted bigint := 0;
BEGIN
    FOREACH v_table IN ARRAY v_tables LOOP
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', v_table);
        -- Of what a tenant has, one row is built in; reference data may be any.
        EXECUTE format('SELECT count(*) > $1 FROM (SELECT FROM %s LIMIT 2) t', v_table)
        INTO v_in_use
        USING CASE WHEN v_table <> ALL (v_filled) THEN 0
                   WHEN v_table = 'ecommerce.tenants'
                        OR EXISTS (SELECT FROM pg_attribute a
                                   WHERE a.attrelid = v_table::regclass
                                     AND a.attname = 'tenant_id') THEN 1 END;
        IF v_in_use THEN
            RAISE EXCEPTION 'the shop is in use'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      DETAIL = format('There are rows in %s.', v_table),
                      HINT = 'Restore into a database of its own.';
        END IF;
    END LOOP;
    FOREACH v_table IN ARRAY v_tables LOOP
        IF v_table = ANY (v_filled) THEN
            v_deleted := v_deleted + ecommerce_internal.take_rows(v_table::regclass, '');
        END IF;
    END LOOP;
    RETURN v_deleted;
END
$$;
COMMENT ON FUNCTION ecommerce.prepare_restore() IS
    'Empty a shop that CREATE EXTENSION has just made, so that rows of another one can be loaded. '
    'That is by pg_restore --data-only, or a subscription of logical replication: built-in rows '
    'would collide with those that come. Refuses a shop in use. Returns how many rows it deleted; '
    'install() brings them back. Error 55000 for a shop with a second tenant or warehouse, or a '
    'row in any table that is empty at first.';
