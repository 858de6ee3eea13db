-- Turning the matrix into grants: what trusts its callers.

CREATE FUNCTION ecommerce_internal.filter_rows(role regrole) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    f record;
    n integer := 0;
BEGIN
    FOR f IN
        SELECT format('ecommerce.%I', m.name) AS relation, m.storefront_rows AS condition,
               p.polname,
               (SELECT string_agg(r.oid::regrole::text, ', ') FROM pg_roles r
                WHERE r.oid = filter_rows.role OR r.oid = ANY (p.polroles)) AS roles
        FROM ecommerce.access_matrix() m
        LEFT JOIN pg_policy p ON p.polrelid = to_regclass(format('ecommerce.%I', m.name))
            AND p.polname = 'storefront_rows'
        WHERE m.storefront_rows IS NOT NULL
    LOOP
        IF f.polname IS NOT NULL THEN
            EXECUTE format('DROP POLICY storefront_rows ON %s', f.relation);
        END IF;
        EXECUTE format('CREATE POLICY storefront_rows ON %s AS RESTRICTIVE FOR SELECT TO %s
                        USING (%s)', f.relation, f.roles, f.condition);
        n := n + 1;
    END LOOP;
    RETURN n;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.filter_rows(regrole) IS
    'For grant_access() and install(): show a role only the rows that a storefront sees. It does '
    'so by the policy storefront_rows, which all such roles share. Returns how many tables have '
    'it.';

CREATE FUNCTION ecommerce_internal.shop_schemas() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN '{ecommerce,ecommerce_internal,ecommerce_partitions}'::text[];
COMMENT ON FUNCTION ecommerce_internal.shop_schemas() IS
    'The schemas in which a role can have been granted something of the shop.';

CREATE FUNCTION ecommerce_internal.privileges_of(role regrole)
    RETURNS TABLE (kind text, name text, grantor regrole)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    SELECT DISTINCT g.kind, g.name, x.grantor::regrole
    FROM (SELECT 'SCHEMA' AS kind, n.oid::regnamespace::text AS name, n.nspacl AS acl
          FROM pg_namespace n WHERE n.nspname = ANY (ecommerce_internal.shop_schemas())
          UNION ALL
          SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass::text,
                 c.relacl
          FROM pg_class c
          WHERE c.relnamespace::regnamespace::text = ANY (ecommerce_internal.shop_schemas())
          UNION ALL
          SELECT 'TABLE', c.oid::regclass::text, a.attacl
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
          WHERE c.relnamespace::regnamespace::text = ANY (ecommerce_internal.shop_schemas())
          UNION ALL
          SELECT 'ROUTINE', p.oid::regprocedure::text, p.proacl
          FROM pg_proc p
          WHERE p.pronamespace::regnamespace::text = ANY (ecommerce_internal.shop_schemas())
          UNION ALL
          SELECT 'TYPE', t.oid::regtype::text, t.typacl
          FROM pg_type t
          WHERE t.typnamespace::regnamespace::text = ANY (ecommerce_internal.shop_schemas())) g
    CROSS JOIN LATERAL aclexplode(g.acl) x
    WHERE x.grantee = privileges_of.role
$$;
COMMENT ON FUNCTION ecommerce_internal.privileges_of(regrole) IS
    'On what in the schemas of the shop a role itself has privileges, and who granted them. Kinds: '
    'SCHEMA, TABLE, SEQUENCE, ROUTINE or TYPE.';

CREATE FUNCTION ecommerce_internal.drop_access(role regrole, policies text,
    OUT tables integer, OUT functions integer, OUT row_filters integer)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    v_super boolean := (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user);
    v_role  text := current_setting('role');
    o       record;
BEGIN
    -- Of two sessions that write the same row of the catalog one would fail.
    PERFORM pg_advisory_xact_lock(hashtextextended('ecommerce.grant_access', 0));
    row_filters := 0;
    FOR o IN
        SELECT p.polname AS name, c.oid::regclass AS relation,
               (SELECT string_agg(r::regrole::text, ', ') FROM unnest(p.polroles) AS r
                WHERE r <> drop_access.role) AS others
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE c.relnamespace::regnamespace::text = ANY (ecommerce_internal.shop_schemas())
          AND drop_access.role = ANY (p.polroles)
          AND p.polname LIKE drop_access.policies
    LOOP
        IF o.others IS NULL THEN
            EXECUTE format('DROP POLICY %I ON %s', o.name, o.relation);
        ELSE
            EXECUTE format('ALTER POLICY %I ON %s TO %s', o.name, o.relation, o.others);
        END IF;
        row_filters := row_filters + 1;
    END LOOP;

    SELECT count(DISTINCT p.name) FILTER (WHERE p.kind = 'TABLE'),
           count(DISTINCT p.name) FILTER (WHERE p.kind = 'ROUTINE')
    INTO tables, functions FROM ecommerce_internal.privileges_of(role) p;
    -- Only who has granted something can revoke it; a superuser can be everybody.
    FOR o IN
        SELECT p.kind, p.name, r.rolname AS grantor
        FROM ecommerce_internal.privileges_of(role) p JOIN pg_roles r ON r.oid = p.grantor
        WHERE v_super OR r.rolname = current_user
    LOOP
        IF v_super THEN
            PERFORM set_config('role', o.grantor, true);
        END IF;
        EXECUTE format('REVOKE ALL ON %s %s FROM %s CASCADE', o.kind, o.name, role);
        PERFORM set_config('role', v_role, true);
    END LOOP;
    SELECT p.name, p.grantor INTO o FROM ecommerce_internal.privileges_of(role) p;
    IF FOUND THEN
        RAISE EXCEPTION 'role % has privileges that somebody else granted', role
            USING ERRCODE = 'dependent_objects_still_exist',
                  DETAIL = format('One is on %s, granted by %s.', o.name, o.grantor),
                  HINT = 'Call this as a superuser.';
    END IF;

    FOR o IN
        SELECT d.defaclrole::regrole AS creator, d.defaclnamespace::regnamespace AS schema,
               CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES'
                                    WHEN 'f' THEN 'ROUTINES' ELSE 'TYPES' END AS kind
        FROM pg_default_acl d
        WHERE d.defaclnamespace::regnamespace::text = ANY (ecommerce_internal.shop_schemas())
          AND EXISTS (SELECT FROM aclexplode(d.defaclacl) x WHERE x.grantee = drop_access.role)
    LOOP
        EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA %s
                        REVOKE ALL ON %s FROM %s', o.creator, o.schema, o.kind, role);
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.drop_access(regrole, text) IS
    'For grant_access() and revoke_access(): take every privilege in the schemas of the shop from '
    'a role. Takes the role from the policies whose names are LIKE that, too. Returns how many '
    'tables, functions and policies it had. Error 2BP01 if somebody else has granted a privilege, '
    'unless a superuser calls.';
