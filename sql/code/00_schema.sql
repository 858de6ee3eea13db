-- The schema.  It belongs to the shop, not to the extension: see 99_finish.sql.
--
-- A schema that exists already may bring a shop with it (a dump creates the
-- schema first), so it must not hold code that somebody planted there.  Nor may
-- it belong to somebody else, who could replace what is in it: unless a dump
-- is being restored, which sets row_security and check_function_bodies so.
-- Then the code goes to the schema's owner, who had it before.

DO $schema$
DECLARE
    owner name := (SELECT rolname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) e.extowner
                   WHERE e.extname OPERATOR(pg_catalog.=) 'ecommerce');
    foreigner text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.=) 'ecommerce') THEN
        CREATE SCHEMA ecommerce;
        RETURN;
    END IF;

    SELECT r.rolname INTO foreigner
    FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) n.nspowner
    WHERE n.nspname OPERATOR(pg_catalog.=) 'ecommerce' AND NOT r.rolsuper AND r.rolname OPERATOR(pg_catalog.<>) owner
      AND NOT (pg_catalog.current_setting('row_security') OPERATOR(pg_catalog.=) 'off'
               AND pg_catalog.current_setting('check_function_bodies') OPERATOR(pg_catalog.=) 'off'
               AND (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) owner));
    IF FOUND THEN
        RAISE EXCEPTION 'schema "ecommerce" belongs to another role'
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = pg_catalog.format('It is owned by "%s", which could replace what is in it.', foreigner),
                  HINT = 'Drop it, or give it to the role that creates the extension.';
    END IF;

    SELECT p.oid::pg_catalog.regprocedure::text INTO foreigner
    FROM pg_catalog.pg_proc p
    WHERE p.pronamespace OPERATOR(pg_catalog.=) 'ecommerce'::pg_catalog.regnamespace
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'schema "ecommerce" holds functions that are not the extension''s'
            USING ERRCODE = 'duplicate_function',
                  DETAIL = pg_catalog.format('One of them is %s.', foreigner),
                  HINT = 'Drop them, or move them to another schema.';
    END IF;
END
$schema$;
