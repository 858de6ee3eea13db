-- Prints every object that breaks a rule of the house; run by lint.sh.
CREATE EXTENSION ecommerce;

CREATE TEMP VIEW functions AS
SELECT p.*, l.lanname, p.oid::regprocedure::text AS name
FROM pg_proc p
JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace IN ('ecommerce'::regnamespace, 'ecommerce_internal'::regnamespace);

-- Partitions are as their parents are.
CREATE TEMP VIEW relations AS
SELECT c.*, c.oid::regclass::text AS name
FROM pg_class c
WHERE c.relnamespace = 'ecommerce'::regnamespace
AND c.relkind IN ('r', 'p', 'v', 'm')
AND NOT c.relispartition;

SELECT 'function without comment: ' || name
FROM functions
WHERE obj_description(oid, 'pg_proc') IS NULL
ORDER BY 1;

SELECT 'function whose comment begins with a long sentence: ' || name
FROM functions
WHERE length(split_part(obj_description(oid, 'pg_proc'), '. ', 1)) > 120
ORDER BY 1;

-- vat_rules() is a table, and install() made of the files of all topics.
SELECT 'function of more than 70 lines: ' || name
FROM functions
WHERE lanname = 'plpgsql'
AND proname NOT IN ('vat_rules', 'install')
AND cardinality(string_to_array(btrim(prosrc, E'\n'), E'\n')) > 70
ORDER BY 1;

-- Some drivers cannot read void, and a client likes to know what came of it.
SELECT 'function that answers nothing: ' || name
FROM functions
WHERE pronamespace = 'ecommerce'::regnamespace
AND prorettype = 'void'::regtype
ORDER BY 1;

-- A string that is put together must quote what it takes in.
SELECT 'function that executes a string without quoting: ' || name
FROM functions
WHERE lanname = 'plpgsql'
AND proname <> 'install'
AND EXISTS (SELECT FROM regexp_matches(prosrc, '\mEXECUTE\s+([^;]*\|\|[^;]*);', 'g') m
            WHERE m[1] !~ '\m(format|quote_ident|quote_literal)\(')
ORDER BY 1;

-- Sessions may have standard_conforming_strings off.
SELECT 'function with a backslash in a string that is none of E'': ' || name
FROM functions
WHERE lanname IN ('plpgsql', 'sql')
AND regexp_replace(prosrc, E'\\mE''([^''\\\\]|\\\\.|'''')*''|--[^\n]*', '', 'g') LIKE E'%\\\\%'
ORDER BY 1;

-- Generators of code make one name of vat_rate() and vat_rates, or of vatRates().
CREATE FUNCTION pg_temp.as_generated(name name) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(regexp_replace(lower(replace(name, '_', '')), 'ies$', 'y'),
                          '(?<=[hsx])es$|(?<!s)s$', '')
$$;
SELECT 'function named like a relation: ' || f.name || ' and ' || r.name
FROM functions f
JOIN relations r ON r.relnamespace = f.pronamespace
AND pg_temp.as_generated(r.relname) = pg_temp.as_generated(f.proname)
ORDER BY 1;

-- These few have names under which shops know them already.
SELECT 'constraint with a name of its own: ' || k.conname || ' on ' || r.name
FROM relations r
JOIN pg_constraint k ON k.conrelid = r.oid
JOIN (VALUES ('p', 'pkey'), ('u', 'key'), ('f', 'fkey'), ('c', 'check'), ('x', 'excl'))
    AS s (type, word) ON s.type = k.contype::text
WHERE k.conname !~ format('^%s_([a-z0-9_]+_)?%s$', r.relname, s.word)
AND k.conname NOT IN ('check_price_positive', 'check_quantity_positive', 'idx_products_slug')
ORDER BY 1;

SELECT 'index with a name of its own: ' || i.relname || ' on ' || r.name
FROM relations r
JOIN pg_index x ON x.indrelid = r.oid
JOIN pg_class i ON i.oid = x.indexrelid
WHERE NOT EXISTS (SELECT FROM pg_constraint k
                  WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x'))
AND i.relname !~ format('^idx_%s_[a-z0-9_]+$', r.relname)
AND i.relname NOT IN ('idx_cart_session', 'idx_cart_user', 'idx_reviews_product',
    'idx_reviews_user', 'idx_search_term', 'idx_wishlist_user')
ORDER BY 1;

SELECT 'type without comment: ' || t.oid::regtype
FROM pg_type t
LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE t.typnamespace IN ('ecommerce'::regnamespace, 'ecommerce_internal'::regnamespace)
AND (t.typtype IN ('b', 'd', 'e') AND t.typcategory <> 'A' OR c.relkind = 'c')
AND obj_description(t.oid, 'pg_type') IS NULL
ORDER BY 1;

SELECT 'relation without comment: ' || name
FROM relations
WHERE obj_description(oid, 'pg_class') IS NULL
ORDER BY 1;

SELECT 'column without comment: ' || r.name || '.' || a.attname
FROM relations r
JOIN pg_attribute a ON a.attrelid = r.oid
WHERE r.relkind IN ('r', 'p')
AND a.attnum > 0
AND NOT a.attisdropped
AND col_description(r.oid, a.attnum) IS NULL
ORDER BY 1;

-- Only C functions that run no SQL can do without.
SELECT 'function without search_path: ' || name
FROM functions
WHERE prokind <> 'a'
AND NOT (lanname = 'c' AND provolatile = 'i')
AND proname NOT IN ('announce_change', 'check_invoice', 'check_invoice_counter',
    'check_invoice_part', 'current_customer', 'current_tenant', 'day_start', 'event_xact',
    'keep_columns', 'keep_columns_once_set', 'keep_invoice_counter',
    'next_issue_date', 'order_number', 'placed_order_id', 'plain_sql', 'refuse_change',
    'set_updated_at', 'shop_day', 'shop_day_at', 'shop_day_of', 'uuid_v7', 'work_for',
    'write_amounts')
AND NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(proconfig, '{}'))
ORDER BY 1;

-- Everybody may execute what the matrix says, and nothing that has its owner's rights.
SELECT 'function that PUBLIC may execute: ' || f.name
FROM functions f
LEFT JOIN ecommerce.access_matrix() m ON m.kind = 'function' AND m.name = f.proname
WHERE has_function_privilege('public', f.oid, 'EXECUTE')
AND (m.public IS DISTINCT FROM 'X' OR f.prosecdef)
ORDER BY 1;

-- Whoever may execute a trigger function can attach it to a table of his own.
SELECT 'trigger function that lends its rights: ' || name
FROM functions
WHERE prosecdef
AND prorettype = 'trigger'::regtype
AND prosrc !~ '^\s*BEGIN\s+IF TG_RELID <> '
ORDER BY 1;

-- Those in C pass ec_begin(): lint.sh.
SELECT 'function that does not check its tenant: ' || name
FROM functions
WHERE prosecdef
AND lanname IN ('plpgsql', 'sql')
AND 'tenant_id' = ANY (proargnames)
AND prosrc !~ '(check_tenant|maintained_tenants)\('
ORDER BY 1;

-- A statement names its tenant at every table of a tenant: so it reaches no row of another,
-- whatever the ids, and one node only where tables are distributed.  lint.sh looks at those in C.
CREATE TEMP VIEW tenant_tables AS
SELECT r.relname AS name
FROM relations r
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attname = 'tenant_id';

-- What is about all tenants, and why.
CREATE TEMP TABLE of_all_tenants (name text, reason text);
INSERT INTO of_all_tenants VALUES
    ('ecommerce_internal.check_truncate()', 'TRUNCATE takes the rows of all tenants'),
    ('ecommerce_internal.tenant_problems(timestamp with time zone)', 'it proves all tenants'),
    ('ecommerce_internal.check_closed(regclass,timestamp with time zone,timestamp with time zone)',
     'a partition has the orders of all tenants'),
    ('ecommerce_internal.event_holders(regclass)', 'a partition has the events of all tenants'),
    ('ecommerce_internal.unbook_archive(text)', 'as check_closed()'),
    ('ecommerce_internal.reopen_for_archive(regclass,regclass,timestamp with time zone,'
     'timestamp with time zone)', 'as check_closed()'),
    ('ecommerce.refresh_product_stats()', 'a materialized view is refreshed as a whole');

-- Each use of such a table in a source: the statement, and what the table is called there.
-- Strings and comments are left out, and so are INSERTs, which come below.
CREATE FUNCTION pg_temp.tenant_uses(source text)
    RETURNS TABLE (statement text, tenant_table text, alias text) LANGUAGE sql AS $$
    SELECT s.text, m[1],
           CASE WHEN m[2] ~* '^(cross|for|full|group|join|left|limit|loop|on|order|returning)$'
                  OR m[2] ~* '^(set|then|union|using|where)$'
                THEN m[1] ELSE coalesce(m[2], m[1]) END
    FROM regexp_replace(source, '''[^'']*''|--[^\n]*', ' ', 'g') AS c (code)
    CROSS JOIN regexp_split_to_table(c.code, ';') AS s (text)
    CROSS JOIN regexp_matches(s.text,
        '(?<!INTO |LOCK TABLE |LOCK TABLE ONLY )\mecommerce\.(\w+)(?:\s+(?:AS\s+)?(\w+))?', 'g') m
    JOIN tenant_tables t ON t.name = m[1]
$$;

-- The tenant is an argument or a variable, never a column of another table.
CREATE FUNCTION pg_temp.unnamed_tenants(function_name text, source text)
    RETURNS SETOF text LANGUAGE sql AS $$
    SELECT DISTINCT u.tenant_table
    FROM (SELECT u.*, count(*) OVER (PARTITION BY u.statement, u.alias) AS uses
          FROM pg_temp.tenant_uses(source) u) u
    WHERE u.uses > regexp_count(u.statement, format(
        '(\m%s\.%s)tenant_id = (v_tenant|\$1|(coalesce\()?(NEW|OLD|%s)\.tenant_id)\M',
        u.alias, CASE u.alias WHEN u.tenant_table THEN '|(?<![.\w])' END, function_name))
    UNION
    SELECT m[1]
    FROM regexp_matches(source,
        '\mINSERT INTO ecommerce\.(\w+)(?!\w)(?! (?:AS \w+ )?\(tenant_id,)', 'g') m
    JOIN tenant_tables t ON t.name = m[1]
$$;

SELECT 'function with a statement that does not name its tenant: ' || f.name || ', at ' || u
FROM functions f
CROSS JOIN pg_temp.unnamed_tenants(f.proname, f.prosrc) u
WHERE f.proname <> 'install'
AND f.name NOT IN (SELECT name FROM of_all_tenants)
ORDER BY 1;

SELECT 'function that is of all tenants, but unknown: ' || name
FROM of_all_tenants
WHERE to_regprocedure(name) IS NULL
ORDER BY 1;

-- Distributed tables cannot be read with the arguments of a function in SQL.
SELECT 'function in SQL with arguments that reads tables of tenants: ' || name
FROM functions
WHERE lanname = 'sql'
AND pronargs > 0
AND EXISTS (SELECT FROM pg_temp.tenant_uses(prosrc))
ORDER BY 1;

-- Nodes would give the same numbers.
SELECT 'sequence: ' || c.oid::regclass
FROM pg_class c
WHERE c.relkind = 'S'
AND c.relnamespace::regnamespace::text LIKE 'ecommerce%'
ORDER BY 1;

-- Keys between partitioned tables are from leaf to leaf, so that a quarter can be dropped.
SELECT 'foreign key of or to a partitioned table: ' || k.conname || ' on ' || k.conrelid::regclass
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_class r ON r.oid = k.confrelid
WHERE k.contype = 'f'
AND k.conparentid = 0
AND c.relnamespace = 'ecommerce'::regnamespace
AND 'p' IN (c.relkind, r.relkind)
AND r.oid <> 'ecommerce.users'::regclass
ORDER BY 1;

SELECT count(*) > 0 AS plpgsql_check
FROM pg_available_extensions
WHERE name = 'plpgsql_check' \gset
\if :plpgsql_check

CREATE EXTENSION plpgsql_check;

-- A trigger function is checked for every table that uses it.  install() has
-- just run, and does nothing but EXECUTE.  Some put lists of quoted names into
-- their statements, or text of the extension's own, which is not recognised as
-- safe.
SELECT f.name || coalesce(' on ' || t.tgrelid::regclass, '') || ': ' || c.message
FROM (
    SELECT oid, name, proname
    FROM functions
    WHERE lanname = 'plpgsql'
    AND prorettype <> 'event_trigger'::regtype
    -- No trigger of a new shop calls the second.
    AND proname NOT IN ('install', 'notify_events')
) f
LEFT JOIN (
    SELECT DISTINCT tgfoid, tgrelid, tgoldtable, tgnewtable
    FROM pg_trigger
    WHERE tgparentid = 0
) t ON t.tgfoid = f.oid
CROSS JOIN LATERAL (
    SELECT concat_ws(':', k.lineno, k.level, k.message) AS message
    FROM plpgsql_check_function_tb(f.oid, coalesce(t.tgrelid, 0),
        oldtable => t.tgoldtable, newtable => t.tgnewtable,
        security_warnings => f.proname NOT IN ('drop_access', 'ensure_partitions', 'filter_rows',
            'grant_access', 'restore_schema', 'take_from_default', 'create_empty_copies',
            'restore_index', 'restore_trigger', 'add_partitions', 'default_partitions',
            'attach_leaves', 'attach_partition', 'book_archive', 'check_closed',
            'detach_partition', 'lock_partitioned_tables', 'prepare_restore',
            'reopen_for_archive', 'take_rows', 'create_api', 'create_api_type', 'drop_events',
            'empty_events', 'event_holders')) k
) c
ORDER BY 1;

\endif
