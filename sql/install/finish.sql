-- The extension owns the code, the shop owns its data.
--
-- Tables that were members would lose rows in a restore, their users' columns
-- in a dump, and everything in DROP EXTENSION.  So they are made here, and then
-- handed to the role that creates the extension.

COMMENT ON FUNCTION ecommerce.install() IS
    'Create what the shop lacks. That is tables, columns, constraints, indexes, triggers, '
    'policies, views, partitions; it also enables and validates what schema_problems() finds. '
    'Touches no data, nothing that the shop has of its own, and of what is there already only the '
    'comments. Returns how many problems there were. Needs CREATE on the database where columns, '
    'defaults or constraints are lost. Errors are those of PostgreSQL, for rows that a constraint '
    'refuses, say.';

DO $finish$
DECLARE
    v_extension oid := (SELECT oid FROM pg_catalog.pg_extension
                        WHERE extname OPERATOR(pg_catalog.=) 'ecommerce');
    v_owner name;
    v_new_schema boolean := EXISTS (
        SELECT FROM pg_catalog.pg_depend
        WHERE classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
          AND objid OPERATOR(pg_catalog.=) 'ecommerce'::pg_catalog.regnamespace
          AND deptype OPERATOR(pg_catalog.=) 'e');
    v_worker boolean := false;
    v_public text[] := (SELECT pg_catalog.array_agg(m.name) FROM ecommerce.access_matrix() m
                        WHERE m.public OPERATOR(pg_catalog.=) 'X');
    o record;
BEGIN
    -- Functions that run with their owner's rights must not run as a superuser
    -- because of who installed the extension for whom: they go to the role that
    -- creates the extension, or, in a restore, the one whose schema is there already.
    -- Types and the other functions stay with the superuser as whom this script runs,
    -- because who owns them can make whoever calls them run anything, and alter what
    -- code in C relies on.
    SELECT r.rolname INTO STRICT v_owner
    FROM pg_catalog.pg_extension e
    JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) 'ecommerce'
    JOIN pg_catalog.pg_roles s ON s.oid OPERATOR(pg_catalog.=) n.nspowner
    JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=)
        CASE WHEN v_new_schema OR s.rolsuper THEN e.extowner ELSE s.oid END
    WHERE e.oid OPERATOR(pg_catalog.=) v_extension;
    FOR o IN
        SELECT p.oid::pg_catalog.regprocedure AS name, p.prosecdef AS definer,
               p.proname::pg_catalog.text OPERATOR(pg_catalog.=) ANY (v_public) AS public
        FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) d.objid
        WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
          AND d.deptype OPERATOR(pg_catalog.=) 'e'
          AND d.refobjid OPERATOR(pg_catalog.=) v_extension
    LOOP
        IF o.definer THEN
            EXECUTE pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', o.name, v_owner);
        ELSE
            EXECUTE pg_catalog.format('GRANT EXECUTE ON ROUTINE %s TO %I WITH GRANT OPTION', o.name,
                                      v_owner);
        END IF;
        -- After that, so that it is recorded as it will be, and a dump need not say it.
        EXECUTE pg_catalog.format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', o.name);
        IF o.public THEN
            EXECUTE pg_catalog.format('GRANT EXECUTE ON ROUTINE %s TO PUBLIC', o.name);
        END IF;
    END LOOP;

    IF NOT v_new_schema THEN
        PERFORM ecommerce_internal.check_own_tables();
        -- Scripts of extensions are silent otherwise.
        PERFORM pg_catalog.set_config('client_min_messages', 'notice', true);
        RAISE NOTICE 'schema "ecommerce" exists already: installed code only'
            USING HINT = 'If no dump is about to bring its tables, run SELECT ecommerce.install().';
        RETURN;
    END IF;

    -- On a Citus worker the coordinator creates the shards.
    IF pg_catalog.to_regclass('pg_catalog.pg_dist_local_group') IS NOT NULL THEN
        EXECUTE 'SELECT groupid OPERATOR(pg_catalog.<>) 0 FROM pg_catalog.pg_dist_local_group'
        INTO v_worker;
    END IF;
    IF NOT v_worker THEN
        PERFORM ecommerce.install();
    END IF;

    FOR o IN
        SELECT c.oid::pg_catalog.regclass AS name, c.relkind AS kind
        FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.objid
        WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
          AND d.deptype OPERATOR(pg_catalog.=) 'e'
          AND d.refobjid OPERATOR(pg_catalog.=) v_extension
          AND c.relkind OPERATOR(pg_catalog.<>) 'c'
    LOOP
        EXECUTE pg_catalog.format('ALTER EXTENSION ecommerce DROP %s %s',
            CASE o.kind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                        WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, o.name);
    END LOOP;
    FOR o IN
        SELECT d.objid::pg_catalog.regnamespace AS name FROM pg_catalog.pg_depend d
        WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
          AND d.refobjid OPERATOR(pg_catalog.=) v_extension
          AND d.deptype OPERATOR(pg_catalog.=) 'e'
          AND d.objid OPERATOR(pg_catalog.<>) 'ecommerce_internal'::pg_catalog.regnamespace
    LOOP
        EXECUTE pg_catalog.format('ALTER EXTENSION ecommerce DROP SCHEMA %s', o.name);
    END LOOP;
END
$finish$;
