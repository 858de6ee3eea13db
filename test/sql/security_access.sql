-- Profiles of roles: the matrix names everything, and grants are what it says.
CREATE EXTENSION ecommerce;

--
-- The matrix
--
CREATE VIEW public.relations AS
SELECT c.oid, c.relname AS name, c.relispartition AS is_partition, c.reloptions FROM pg_class c
WHERE c.relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f');
CREATE VIEW public.columns AS
SELECT r.oid, r.name AS relation, a.attnum AS number, a.attname AS name
FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE NOT r.is_partition;
CREATE VIEW public.functions AS
SELECT p.oid, p.proname AS name, p.prosecdef AS is_definer, p.proargtypes AS arguments,
    p.pronamespace::regnamespace::text = 'ecommerce_internal' AS is_internal
FROM pg_proc p
WHERE p.pronamespace::regnamespace::text IN ('ecommerce', 'ecommerce_internal');
CREATE TABLE public.privileges (letter, privilege) AS
VALUES ('r', 'SELECT'), ('a', 'INSERT'), ('w', 'UPDATE'), ('d', 'DELETE'), ('?', 'TRUNCATE'),
    ('?', 'REFERENCES'), ('?', 'TRIGGER');

-- what it does not name, and what it names and is not there: nothing
SELECT * FROM (SELECT 'table' AS kind, name FROM relations WHERE NOT is_partition
    UNION SELECT 'function', name FROM functions
    WHERE NOT is_internal OR has_function_privilege('public', oid, 'EXECUTE')) s
FULL JOIN (SELECT DISTINCT kind, name, true AS named FROM ecommerce.access_matrix()) m
    USING (kind, name)
WHERE num_nulls(s.*, m.named) > 0;
SELECT m.name, c AS "no such column" FROM ecommerce.access_matrix() m, unnest(m.columns) AS c
WHERE NOT EXISTS (SELECT FROM columns WHERE (relation, columns.name) = (m.name::name, c::name));
-- a relation or function has one row, a group of columns one
SELECT kind, name, columns FROM ecommerce.access_matrix() GROUP BY 1, 2, 3 HAVING count(*) > 1;
-- letters that mean something there; rows are chosen where a storefront reads
SELECT m.* FROM ecommerce.access_matrix() m
CROSS JOIN unnest(ARRAY[public, storefront, back_office, reporting, service]) AS l (letters)
WHERE letters IS NULL
OR letters !~ CASE kind WHEN 'function' THEN '^X?$' WHEN 'table' THEN '^r?a?w?d?$' END
OR kind = 'table' AND public <> ''
OR kind = 'function' AND num_nonnulls(columns, storefront_rows) > 0
OR columns IS NOT NULL AND letters ~ 'd'
OR storefront_rows IS NOT NULL AND storefront = '';
-- a storefront and reporting change no table
SELECT * FROM ecommerce.access_matrix()
WHERE kind = 'table' AND storefront || reporting ~ '[awd]';
-- everybody's functions run with nobody's rights
SELECT f.oid::regprocedure FROM functions f
JOIN ecommerce.access_matrix() m ON m.kind = 'function' AND m.name = f.name
WHERE m.public = 'X' AND f.is_definer;
SELECT oid::regprocedure AS "everybody's" FROM functions f
WHERE has_function_privilege('public', oid, 'EXECUTE')
<> EXISTS (SELECT FROM ecommerce.access_matrix() m
    WHERE m.kind = 'function' AND m.name = f.name AND m.public = 'X');
-- what anybody may call and has the owner's rights takes no table, row or type
SELECT DISTINCT f.oid::regprocedure FROM functions f
JOIN ecommerce.access_matrix() m ON m.kind = 'function' AND m.name = f.name
CROSS JOIN unnest(f.arguments) AS a (type) JOIN pg_type t ON t.oid = a.type
WHERE f.is_definer AND concat(m.storefront, m.back_office, m.reporting, m.service) <> ''
AND (t.typtype <> 'b' OR t.typname ~ '^_?reg'
    OR t.typelem <> 0 AND (SELECT e.typtype FROM pg_type e WHERE e.oid = t.typelem) <> 'b');
-- views have their reader's rights, but for one that asks for the tenant
SELECT oid::regclass FROM relations WHERE oid IN (SELECT oid FROM pg_class WHERE relkind = 'v')
AND NOT 'security_invoker=true' = ANY (coalesce(reloptions, '{}'));

--
-- Granting
--
CREATE ROLE regress_store; CREATE ROLE "Regress Store 2"; CREATE ROLE regress_office;
CREATE ROLE regress_report; CREATE ROLE regress_service;
SELECT row_filters FROM ecommerce.grant_access('regress_store', 'storefront');
SELECT row_filters FROM ecommerce.grant_access('"Regress Store 2"', 'storefront');
SELECT row_filters FROM ecommerce.grant_access('regress_office', 'back_office');
SELECT row_filters FROM ecommerce.grant_access('regress_report', 'reporting');
SELECT row_filters FROM ecommerce.grant_access('regress_service', 'service');
SELECT polrelid::regclass, polpermissive, polcmd, polroles::regrole[],
    regexp_replace(pg_get_expr(polqual, polrelid), '\s+', ' ', 'g') AS rows
FROM pg_policy WHERE polname = 'storefront_rows' ORDER BY polrelid::regclass::text;

-- what each role may do is what the matrix says, no more and no less
CREATE TABLE public.profiles (role regrole, profile text);
INSERT INTO profiles VALUES ('regress_store', 'storefront'), ('regress_office', 'back_office'),
    ('regress_report', 'reporting'), ('regress_service', 'service');
SELECT p.profile, c.oid::regclass, c.name, l.privilege
FROM profiles p CROSS JOIN columns c CROSS JOIN privileges l
WHERE l.privilege IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
AND has_column_privilege(p.role, c.oid, c.number, l.privilege)
<> EXISTS (SELECT FROM ecommerce.access_matrix() m
    WHERE m.kind = 'table' AND m.name = c.relation
    AND (m.columns IS NULL OR c.name = ANY (m.columns))
    AND strpos(to_jsonb(m) ->> p.profile, l.letter) > 0);
SELECT p.profile, r.oid::regclass, l.privilege
FROM profiles p CROSS JOIN relations r CROSS JOIN privileges l
WHERE has_table_privilege(p.role, r.oid, l.privilege)
<> EXISTS (SELECT FROM ecommerce.access_matrix() m
    WHERE m.kind = 'table' AND m.name = r.name AND m.columns IS NULL
    AND strpos(to_jsonb(m) ->> p.profile, l.letter) > 0);
SELECT p.profile, f.oid::regprocedure
FROM profiles p CROSS JOIN functions f
WHERE has_function_privilege(p.role, f.oid, 'EXECUTE')
<> EXISTS (SELECT FROM ecommerce.access_matrix() m
    WHERE m.kind = 'function' AND m.name = f.name AND 'X' IN (m.public, to_jsonb(m) ->> p.profile));
SELECT p.profile, r.oid::regclass FROM profiles p CROSS JOIN relations r
WHERE r.is_partition
AND has_any_column_privilege(p.role, r.oid, 'SELECT, INSERT, UPDATE, REFERENCES');
SELECT profile FROM profiles WHERE has_schema_privilege(role, 'ecommerce', 'CREATE');
-- a service may do whatever a storefront or a back office may
SELECT f.oid::regprocedure FROM functions f JOIN profiles p ON p.profile <> 'reporting'
WHERE has_function_privilege(p.role, f.oid, 'EXECUTE')
AND NOT has_function_privilege('regress_service', oid, 'EXECUTE');
SELECT c.oid::regclass, c.name, l.privilege
FROM columns c CROSS JOIN privileges l JOIN profiles p ON p.profile <> 'reporting'
WHERE l.privilege IN ('SELECT', 'INSERT', 'UPDATE')
AND has_column_privilege(p.role, c.oid, c.number, l.privilege)
AND NOT has_column_privilege('regress_service', c.oid, c.number, l.privilege);

-- a second call changes nothing
CREATE FUNCTION public.access() RETURNS TABLE (object text, role text, privilege text)
LANGUAGE sql AS $$
    SELECT g.object, x.grantee::regrole::text, x.privilege_type
    FROM (SELECT 'schema' AS object, nspacl AS acl FROM pg_namespace WHERE nspname LIKE 'ecommerce%'
          UNION ALL
          SELECT oid::regclass::text, relacl FROM pg_class
          WHERE relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
          UNION ALL
          SELECT r.oid::regclass || '.' || attname, attacl
          FROM relations r JOIN pg_attribute ON attrelid = r.oid
          UNION ALL
          SELECT oid::regprocedure::text, proacl FROM pg_proc
          WHERE pronamespace::regnamespace::text IN ('ecommerce', 'ecommerce_internal')
          UNION ALL
          SELECT oid::regtype::text, typacl FROM pg_type
          WHERE typnamespace = 'ecommerce'::regnamespace) g, aclexplode(g.acl) x
    WHERE x.grantee NOT IN (0, x.grantor)
    UNION ALL
    SELECT polrelid::regclass || ' ' || polname, r::regrole::text, pg_get_expr(polqual, polrelid)
    FROM pg_policy JOIN relations ON relations.oid = polrelid, unnest(polroles) AS r
$$;
CREATE TABLE public.before AS SELECT * FROM access();
SELECT p.role, p.profile, g.tables > 10 AS tables, g.functions > 5 AS functions,
    g.row_filters > 0 AS filters
FROM profiles p, ecommerce.grant_access(p.role, p.profile) g;
(TABLE before EXCEPT ALL SELECT * FROM access())
UNION ALL (SELECT * FROM access() EXCEPT ALL TABLE before);

-- whatever else the role had goes; the owner's own policy for it stays until it has no access
GRANT ALL ON SCHEMA ecommerce, ecommerce_internal, ecommerce_partitions TO regress_report;
GRANT ALL ON ALL TABLES IN SCHEMA ecommerce, ecommerce_partitions TO regress_report;
GRANT UPDATE (name) ON ecommerce.products TO regress_report WITH GRANT OPTION;
GRANT ALL ON ALL ROUTINES IN SCHEMA ecommerce, ecommerce_internal TO regress_report;
GRANT ALL ON TYPE ecommerce.reservation TO regress_report;
ALTER DEFAULT PRIVILEGES IN SCHEMA ecommerce, ecommerce_partitions
    GRANT ALL ON TABLES TO regress_report;
ALTER DEFAULT PRIVILEGES IN SCHEMA ecommerce GRANT ALL ON ROUTINES TO regress_report;
CREATE POLICY app_greek ON ecommerce.orders AS RESTRICTIVE FOR SELECT
    TO regress_report, regress_office USING (country = 'GR');
SET ROLE regress_report; GRANT UPDATE (name) ON ecommerce.products TO regress_office; RESET ROLE;
SELECT row_filters FROM ecommerce.grant_access('regress_report', 'reporting');
(TABLE before EXCEPT ALL SELECT * FROM access())
UNION ALL (SELECT * FROM access() EXCEPT ALL TABLE before) ORDER BY 1, 2;
SELECT count(*) AS "default privileges" FROM pg_default_acl
WHERE defaclnamespace::regnamespace::text LIKE 'ecommerce%';

-- a role has one profile: another one leaves nothing of the first
SELECT row_filters FROM ecommerce.grant_access('regress_service', 'storefront');
SELECT object, privilege, array_agg(role ORDER BY role) AS roles FROM access()
WHERE role IN ('regress_service', 'regress_store') GROUP BY 1, 2 HAVING count(*) <> 2;
SELECT row_filters FROM ecommerce.grant_access('regress_service', 'service');

-- errors
CREATE ROLE regress_super SUPERUSER; CREATE ROLE regress_bypass BYPASSRLS; CREATE ROLE regress_none;
SELECT failure(format('SELECT ecommerce.grant_access(%s)', a), hint => true)
FROM unnest(ARRAY['''regress_none'', ''store''', 'NULL, ''storefront''', '''regress_none'', NULL',
    '''regress_super'', ''service''', '''regress_bypass'', ''reporting''', '''0'', ''reporting''',
    '''regress_nobody'', ''reporting''']) AS a;
SELECT failure('SELECT ecommerce.revoke_access(NULL)');
SELECT count(*) FROM access() WHERE role IN ('regress_super', 'regress_bypass', 'regress_none');
SET ROLE regress_service;
SELECT failure('SELECT ecommerce.grant_access(''regress_service'', ''back_office'')');
SELECT failure('SELECT ecommerce.revoke_access(''regress_store'')');
SELECT failure('SELECT ecommerce.access_matrix()');
RESET ROLE;
-- a superuser takes what somebody else granted, too
GRANT SELECT ON ecommerce.stock TO regress_service WITH GRANT OPTION;
SET ROLE regress_service; GRANT SELECT ON ecommerce.stock TO regress_none; RESET ROLE;
SELECT row_filters FROM ecommerce.grant_access('regress_none', 'reporting');
SELECT object, privilege, array_agg(role ORDER BY role) AS roles FROM access()
WHERE role IN ('regress_none', 'regress_report') AND object !~ 'app_greek'
GROUP BY 1, 2 HAVING count(*) <> 2;
-- and with a right to grant goes what was granted by it
SET ROLE regress_service; GRANT SELECT ON ecommerce.stock TO regress_bypass; RESET ROLE;
SELECT row_filters FROM ecommerce.grant_access('regress_service', 'service');
SELECT * FROM access() WHERE role = 'regress_bypass';
SELECT row_filters FROM ecommerce.revoke_access('regress_none');
SELECT failure('DROP ROLE regress_none, regress_super, regress_bypass');

-- the filters come back with the extension, for roles that they are for
SET client_min_messages = warning;
INSERT INTO ecommerce.products (sku, name, price) VALUES ('LAMP', 'Lamp', 10);
SELECT ecommerce.adjust_stock('LAMP', 5, 'receipt');
UPDATE ecommerce.settings SET country = 'GR';
SELECT gross FROM ecommerce.place_order('[{"sku": "LAMP", "quantity": 1}]');
DROP EXTENSION ecommerce CASCADE;
SELECT polrelid::regclass, polroles::regrole[] FROM pg_policy
WHERE polname = 'storefront_rows' ORDER BY polrelid::regclass::text;
SET ROLE regress_store;
SELECT (SELECT count(id) FROM ecommerce.orders) AS orders,
    (SELECT count(id) FROM ecommerce.products) AS products;
RESET ROLE;
CREATE EXTENSION ecommerce;
SELECT ecommerce.install() > 0 AS installed;
RESET client_min_messages;
SET ROLE regress_store;
SELECT (SELECT count(id) FROM ecommerce.orders) AS orders,
    (SELECT count(id) FROM ecommerce.products) AS products;
RESET ROLE;
SELECT polrelid::regclass, polroles::regrole[] FROM pg_policy
WHERE polname = 'storefront_rows' ORDER BY polrelid::regclass::text;
-- and install() leaves what is there
CREATE TABLE public.policies AS SELECT oid FROM pg_policy;
SET client_min_messages = warning; SELECT ecommerce.install(); RESET client_min_messages;
SELECT count(*) AS changed FROM pg_policy WHERE oid NOT IN (TABLE policies);

-- without access a role can be dropped, and others keep theirs
SELECT row_filters FROM ecommerce.revoke_access('regress_store');
SELECT row_filters FROM ecommerce.revoke_access('regress_store');
SELECT polrelid::regclass, polname, polroles::regrole[] FROM pg_policy
WHERE polname IN ('storefront_rows', 'app_greek') ORDER BY polrelid::regclass::text, polname;
SELECT row_filters FROM ecommerce.revoke_access('"Regress Store 2"');
SELECT p.role, a.row_filters FROM profiles p, ecommerce.revoke_access(p.role) a ORDER BY 1;
SELECT * FROM access() WHERE role ~* 'regress';
TRUNCATE profiles;
DROP ROLE regress_store, "Regress Store 2", regress_office, regress_report, regress_service;

--
-- An ordinary owner
--
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
CREATE ROLE regress_owner; CREATE ROLE regress_member IN ROLE regress_owner;
CREATE ROLE regress_store;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_owner', current_database()) \gexec
SET ROLE regress_owner;
CREATE EXTENSION ecommerce;
RESET client_min_messages;
SELECT row_filters FROM ecommerce.grant_access('regress_store', 'storefront');
SELECT row_filters FROM ecommerce.grant_access('regress_store', 'service');
SELECT failure(format('SELECT ecommerce.grant_access(%L, ''service'')', r), hint => true)
FROM unnest('{regress_owner,regress_member}'::regrole[]) AS r;
SELECT failure('SELECT ecommerce.revoke_access(''regress_owner'')');
SELECT row_filters FROM ecommerce.revoke_access('regress_store');
RESET ROLE;
-- a superuser grants in its name
SELECT row_filters, current_user = session_user AS still_me
FROM ecommerce.grant_access('regress_store', 'storefront');
SET ROLE regress_owner;
SELECT row_filters, current_user FROM ecommerce.revoke_access('regress_store');
-- what it did not grant it cannot revoke
RESET ROLE;
GRANT EXECUTE ON FUNCTION ecommerce.available_stock(uuid, integer) TO regress_store;
SET ROLE regress_owner;
SELECT split_part(failure(format('SELECT ecommerce.%s', f)), ' | ', 2) AS failure
FROM unnest(ARRAY['grant_access(''regress_store'', ''service'')',
    'revoke_access(''regress_store'')']) AS f;
RESET ROLE;
SELECT row_filters FROM ecommerce.revoke_access('regress_store');
DROP ROLE regress_store;

--
-- A role that may execute every function attaches each trigger function to a table of its own,
-- whose columns are of a type that has casts and an output function of the role's
--
CREATE ROLE regress_attacker;
SELECT format('GRANT USAGE ON SCHEMA %1$I TO regress_attacker;
               GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %1$I TO regress_attacker', nspname)
FROM pg_namespace WHERE nspname IN ('ecommerce', 'ecommerce_internal') ORDER BY nspname \gexec
SET ROLE regress_attacker;
SET client_min_messages = error;
CREATE TEMP TABLE attempts (name text, definer boolean, failure text);
CREATE TYPE pg_temp.bait AS ENUM ('1');
SELECT format('CREATE FUNCTION pg_temp.to_%1$s(bait pg_temp.bait) RETURNS %1$s LANGUAGE plpgsql AS
               $f$ BEGIN RAISE EXCEPTION ''as %%'', current_user USING ERRCODE = ''ZZ999''; END $f$;
               CREATE CAST (pg_temp.bait AS %1$s) WITH FUNCTION pg_temp.to_%1$s(pg_temp.bait)
               AS IMPLICIT', t)
FROM unnest('{integer,uuid,json,jsonb,numeric,timestamptz}'::text[]) AS t \gexec
DO $$
BEGIN
    EXECUTE (SELECT format('CREATE TEMP TABLE lure (%s)',
                           string_agg(DISTINCT format('%I pg_temp.bait', a.attname), ', '))
             FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
             WHERE c.relnamespace = 'ecommerce'::regnamespace AND c.relkind IN ('r', 'p')
             AND a.attnum > 0 AND NOT a.attisdropped);
END $$;
DO $$
DECLARE
    f record;
    v_failure text;
BEGIN
    FOR f IN SELECT p.oid::regprocedure AS name, p.proname, p.prosecdef FROM pg_proc p
             WHERE p.prorettype = 'trigger'::regtype
                 AND p.pronamespace::regnamespace::text IN ('ecommerce', 'ecommerce_internal')
    LOOP
        v_failure := failure(format('CREATE TRIGGER bait AFTER INSERT ON pg_temp.lure
                                     FOR EACH ROW EXECUTE FUNCTION %s', f.name));
        IF v_failure = 'none' THEN
            v_failure := failure('INSERT INTO pg_temp.lure (tenant_id, id) VALUES (''1'', ''1'')');
            DROP TRIGGER bait ON pg_temp.lure;
        END IF;
        INSERT INTO attempts VALUES (f.proname, f.prosecdef, v_failure);
    END LOOP;
END $$;
SELECT DISTINCT failure FROM attempts WHERE failure ~ 'ZZ999';
SELECT name, failure FROM attempts WHERE definer ORDER BY name;
RESET ROLE;
DROP OWNED BY regress_attacker CASCADE;
DROP ROLE regress_attacker;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP OWNED BY regress_owner;
DROP ROLE regress_owner, regress_member;
DROP FUNCTION access;
DROP VIEW columns, relations, functions;
DROP TABLE before, policies, profiles, privileges;
