-- Prints ecommerce.d.ts: what is in the catalog, in TypeScript; run by typescript.sh.
CREATE EXTENSION ecommerce;

-- One of a column's values, as its CHECK or the trigger that stands for it has them.
CREATE TEMP VIEW choices AS
SELECT c.conrelid AS relation, m[1] AS name, m[2] AS list, 1 AS rank
FROM pg_constraint c,
     regexp_match(pg_get_constraintdef(c.oid), '^CHECK \(\((\w+) = ANY \(ARRAY\[(.*)\]\)\)\)$') m
WHERE c.contype = 'c' AND m IS NOT NULL
UNION
SELECT t.tgrelid, m[1], m[2], 2
FROM pg_trigger t
JOIN pg_proc p ON p.oid = t.tgfoid,
     regexp_matches(p.prosrc, 'NEW\.(\w+) NOT IN \(([^()]*)\)', 'g') m
WHERE NOT t.tgisinternal;

CREATE FUNCTION pg_temp.union_of(list text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
SELECT CASE WHEN length(u) <= 70 THEN u
            ELSE rtrim(regexp_replace(u, '(.{1,80})( \| |$)', E'\n      | \\1', 'g')) END
FROM (SELECT string_agg(m[1], ' | ' ORDER BY n)
      FROM regexp_matches(list, '(''[^'']*'')', 'g') WITH ORDINALITY AS r (m, n)) list (u)
$$;

-- Columns, but for those of partitions and of archives.
CREATE TEMP VIEW columns AS
SELECT c.oid AS relation, c.relname, c.relkind, c.relkind IN ('r', 'p') AS is_table,
       a.attnum, a.attname, a.atttypid, a.attnotnull,
       pg_temp.union_of((SELECT o.list FROM choices o
                         WHERE o.relation = c.oid AND o.name = a.attname
                         ORDER BY o.rank LIMIT 1)) AS choice
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'ecommerce'::regnamespace
AND c.relkind IN ('r', 'p', 'v', 'm', 'c')
AND NOT c.relispartition;

-- given: as an argument, where a client may pass more than it gets.
CREATE FUNCTION pg_temp.ts_type(type oid, given boolean) RETURNS text LANGUAGE sql AS $$
SELECT CASE
    WHEN t.typelem <> 0 AND t.typcategory = 'A'
        THEN regexp_replace(pg_temp.ts_type(t.typelem, given), '^(.* \|.*)$', '(\1)') || '[]'
    WHEN t.typnamespace = 'ecommerce'::regnamespace THEN format('Types[''%s'']', t.typname)
    WHEN t.typname IN ('int2', 'int4', 'float4', 'float8') THEN 'number'
    WHEN t.typname = 'bool' THEN 'boolean'
    WHEN t.typname = 'uuid' THEN 'Uuid'
    WHEN t.typname IN ('json', 'jsonb') THEN 'Json'
    WHEN t.typname = 'bytea' THEN 'Uint8Array'
    WHEN t.typname = 'record' THEN 'Record<string, unknown>'
    WHEN t.typname IN ('int8', 'numeric') THEN CASE WHEN given THEN 'string | number'
                                                    ELSE 'Numeric' END
    WHEN t.typname IN ('date', 'timestamp', 'timestamptz') THEN CASE WHEN given
        THEN 'Date | string' ELSE 'Date' END
    WHEN t.typname = 'interval' THEN CASE WHEN given THEN 'string' ELSE 'unknown' END
    ELSE 'string'
END
FROM pg_type t WHERE t.oid = type
$$;

-- The first sentence, which stands alone.
CREATE FUNCTION pg_temp.doc(comment text, indent integer) RETURNS text LANGUAGE sql AS $$
SELECT CASE
    WHEN length(sentence) <= 90 - indent THEN format(E'%s/** %s */\n', margin, sentence)
    ELSE format(E'%1$s/**\n%2$s%1$s */\n', margin,
                regexp_replace(sentence, '(.{1,90})( |$)', margin || E' * \\1\n', 'g'))
END
FROM repeat(' ', indent) margin,
     regexp_replace(comment, '(?<!\m[ei]\.[ge]|\mArt)\. .*$', '') first,
     replace(regexp_replace(first, '\.?$', '.'), '*/', '* /') sentence
$$;

-- Whether a name is that of columns which are never NULL.
CREATE TEMP VIEW agreed AS
SELECT attname AS name, bool_and(attnotnull) AS not_null
FROM columns
WHERE is_table
GROUP BY attname;

CREATE TEMP VIEW functions AS
SELECT p.*
FROM pg_proc p
WHERE p.pronamespace = 'ecommerce'::regnamespace
AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype;

-- Writes answer with a row, whose columns are as those of tables.
CREATE TEMP VIEW answers AS
SELECT t.typrelid AS relation
FROM functions p
JOIN pg_type t ON t.oid = p.prorettype
WHERE t.typrelid <> 0
GROUP BY t.typrelid
HAVING bool_and(p.provolatile = 'v');

CREATE FUNCTION pg_temp.rows_of(kinds "char"[]) RETURNS SETOF text LANGUAGE sql AS $$
SELECT format(E'%s  %s: {\n%s\n  };', pg_temp.doc(coalesce(obj_description(relation, 'pg_class'),
              (SELECT obj_description(t.oid, 'pg_type') FROM pg_type t
               WHERE t.typrelid = relation)), 2), relname,
              string_agg(coalesce(pg_temp.doc(col_description(relation, attnum), 4), '')
                  || replace(format('    %s: %s%s;', attname,
                            coalesce(c.choice, pg_temp.ts_type(atttypid, false)),
                            CASE WHEN attnotnull OR g.not_null
                                      AND relation IN (SELECT a.relation FROM answers a)
                                 THEN '' ELSE ' | null' END), E': \n', E':\n'),
                  E'\n' ORDER BY attnum))
FROM columns c
LEFT JOIN agreed g ON g.name = c.attname AND c.relkind = 'c'
WHERE relkind = ANY (kinds)
GROUP BY relation, relname
ORDER BY relname COLLATE "C"
$$;

-- What a function refuses outside of a list is what an argument may be.
CREATE FUNCTION pg_temp.arguments(function oid, input boolean) RETURNS text LANGUAGE sql AS $$
SELECT E'{\n' || string_agg(replace(format('      %s%s: %s%s;', a.name,
        CASE WHEN input AND a.has_default THEN '?' ELSE '' END,
        coalesce(pg_temp.union_of(substring(p.prosrc FROM '\m' || a.name
                                            || ' NOT IN \((''[^()]*)\)')),
                 pg_temp.ts_type(a.type, input)),
        CASE WHEN input AND NOT a.has_default THEN '' ELSE ' | null' END), E': \n', E':\n'),
                            E'\n' ORDER BY a.n) || E'\n    }'
FROM pg_proc p,
     LATERAL (SELECT u.type, u.n, coalesce(nullif(p.proargnames[u.n], ''), 'arg' || u.n) AS name,
                     coalesce(p.proargmodes[u.n], 'i') AS mode,
                     count(*) FILTER (WHERE coalesce(p.proargmodes[u.n], 'i') IN ('i', 'b', 'v'))
                         OVER (ORDER BY u.n) > p.pronargs - p.pronargdefaults AS has_default
              FROM unnest(coalesce(p.proallargtypes, p.proargtypes)) WITH ORDINALITY u (type, n)) a
WHERE p.oid = function
AND a.mode = ANY (CASE WHEN input THEN '{i,b,v}' ELSE '{o,b,t}' END::"char"[])
$$;

CREATE FUNCTION pg_temp.result(function oid) RETURNS text LANGUAGE sql AS $$
SELECT coalesce(outputs, pg_temp.ts_type(p.prorettype, false))
    || CASE WHEN p.proretset THEN '[]' WHEN p.provolatile = 'v' THEN '' ELSE ' | null' END
FROM pg_proc p,
     LATERAL (SELECT CASE WHEN p.prorettype = 'record'::regtype
                          THEN pg_temp.arguments(p.oid, false) END) o (outputs)
WHERE p.oid = function
$$;

\pset tuples_only on
\pset format unaligned
SELECT $$// Tables, types and functions of the shop, made from the catalog by "make types".
// Values are as node-pg reads them: numeric and bigint are exact strings.

export type Uuid = string;
export type Numeric = string;
export type Json = unknown;

/** What place_order() takes as one object. */
export type OrderRequest = Omit<Functions['place_order']['args'], 'tenant_id'>;

/** Rows of tables and views: Tables['orders']. */
export interface Tables {$$;
SELECT pg_temp.rows_of('{r,p,v,m}');
SELECT $$}

/** Rows that functions answer with: Types['placed_order']. */
export interface Types {$$;
SELECT pg_temp.rows_of('{c}');
SELECT $$}

/** Arguments by name, and results: Functions['place_order']['result']. */
export interface Functions {$$;
SELECT pg_temp.doc(min(obj_description(p.oid, 'pg_proc')), 2) || format('  %s: %s;', p.proname,
    string_agg(format(E'{\n    args: %s;\n    result: %s;\n  }',
                      coalesce(pg_temp.arguments(p.oid, true), 'Record<string, never>'),
                      pg_temp.result(p.oid)),
               ' | ' ORDER BY p.oid::regprocedure::text COLLATE "C"))
FROM functions p
GROUP BY p.proname
ORDER BY p.proname COLLATE "C";
SELECT '}';
