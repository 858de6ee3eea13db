-- The schemas.  ecommerce holds what people see, and ecommerce_partitions the
-- parts of its partitioned tables; both belong to the shop, not to the extension:
-- see finish.sql.  ecommerce_internal holds what triggers, policies and other
-- functions call, and is the extension's.
--
-- A schema that exists already may bring a shop with it (a dump creates the
-- schemas first), so it must not hold code that somebody planted there.  Nor may
-- it belong to somebody else, who could replace what is in it: unless a dump
-- is being restored, which sets row_security and check_function_bodies so.
-- Then the code goes to the schema's owner, who had it before.

DO $schema$
DECLARE
    owner name := (SELECT rolname FROM pg_catalog.pg_extension e
                   JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) e.extowner
                   WHERE e.extname OPERATOR(pg_catalog.=) 'ecommerce');
    shop name;
    foreigner text;
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_namespace
               WHERE nspname OPERATOR(pg_catalog.=) 'ecommerce_internal') THEN
        RAISE EXCEPTION 'schema "ecommerce_internal" exists already'
            USING ERRCODE = 'duplicate_schema',
                  DETAIL = 'It holds code of the extension only, which creates it.',
                  HINT = 'Drop it, or give it another name.';
    END IF;

    FOREACH shop IN ARRAY '{ecommerce,ecommerce_partitions}'::name[] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace
                       WHERE nspname OPERATOR(pg_catalog.=) shop) THEN
            -- A dump that has created the one creates the other after the extension; if
            -- there is none, ensure_partitions() does.
            IF shop OPERATOR(pg_catalog.=) 'ecommerce' THEN
                EXECUTE pg_catalog.format('CREATE SCHEMA %I AUTHORIZATION %I', shop, owner);
            END IF;
            CONTINUE;
        END IF;

        SELECT r.rolname INTO foreigner
        FROM pg_catalog.pg_namespace n
        JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) n.nspowner
        WHERE n.nspname OPERATOR(pg_catalog.=) shop AND r.rolname OPERATOR(pg_catalog.<>) owner
          AND NOT ((SELECT rolsuper FROM pg_catalog.pg_roles
                    WHERE rolname OPERATOR(pg_catalog.=) owner)
                   AND (r.rolsuper
                        OR pg_catalog.current_setting('row_security')
                               OPERATOR(pg_catalog.=) 'off'
                           AND pg_catalog.current_setting('check_function_bodies')
                               OPERATOR(pg_catalog.=) 'off'));
        IF FOUND THEN
            RAISE EXCEPTION 'schema "%" belongs to another role', shop
                USING ERRCODE = 'insufficient_privilege',
                      DETAIL = pg_catalog.format('It is owned by "%s", which could replace '
                                                 'what is in it.', foreigner),
                      HINT = 'Drop it, or give it to the role that creates the extension.';
        END IF;

        -- Nor may anything in it be anyone else's: install() would fill their tables
        -- and fire their triggers.
        SELECT pg_catalog.pg_describe_object(o.classid, o.objid, 0) INTO foreigner
        FROM pg_catalog.pg_namespace n
        JOIN (SELECT tableoid AS classid, oid AS objid, relnamespace AS namespace,
                     relowner AS owner FROM pg_catalog.pg_class
              UNION ALL SELECT tableoid, oid, pronamespace, proowner FROM pg_catalog.pg_proc
              UNION ALL SELECT tableoid, oid, typnamespace, typowner FROM pg_catalog.pg_type
              UNION ALL SELECT tableoid, oid, oprnamespace, oprowner
              FROM pg_catalog.pg_operator) o
            ON o.namespace OPERATOR(pg_catalog.=) n.oid
           AND o.owner OPERATOR(pg_catalog.<>) n.nspowner
        JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) o.owner AND NOT r.rolsuper
        WHERE n.nspname OPERATOR(pg_catalog.=) shop
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'schema "%" holds objects of another role', shop
                USING ERRCODE = 'insufficient_privilege',
                      DETAIL = pg_catalog.format('One of them is %s.', foreigner),
                      HINT = 'Drop them, or move them to another schema.';
        END IF;
    END LOOP;
END
$schema$;

CREATE SCHEMA ecommerce_internal;
COMMENT ON SCHEMA ecommerce_internal IS
    'What triggers, policies and functions of the shop call, and nobody else needs to.';
-- Statements of functions that run as their caller name functions in it.
GRANT USAGE ON SCHEMA ecommerce_internal TO PUBLIC;
