-- Prints what the catalog knows of the public functions and relations, as JSON; read by
-- reference.pl.
SET search_path = pg_catalog, pg_temp;

CREATE TEMP VIEW functions AS
SELECT p.oid, p.proname AS name, p.oid::regprocedure::text AS key, p.provolatile, p.proretset,
       p.prorettype, t.typrelid, t.typnamespace,
       obj_description(p.oid, 'pg_proc') AS comment,
       a.n, a.name AS argument, format_type(a.type, NULL) AS type,
       coalesce(a.mode, 'i') = 'i' AS input,
       pg_get_function_arg_default(p.oid, a.n::integer) AS fallback
FROM pg_proc p
JOIN pg_type t ON t.oid = p.prorettype
LEFT JOIN LATERAL unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]),
                         p.proargnames, p.proargmodes)
    WITH ORDINALITY AS a (type, name, mode, n) ON true
WHERE p.pronamespace = 'ecommerce'::regnamespace;

-- Columns of views without a comment have that of the column of their name that is read.
CREATE FUNCTION pg_temp.comment_of(relation oid, number smallint, name name) RETURNS text
    LANGUAGE sql AS $$
    SELECT coalesce(col_description(relation, number),
        (SELECT min(c.comment)
         FROM (SELECT DISTINCT col_description(a.attrelid, a.attnum)
               FROM pg_rewrite w
               JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
                               AND d.refclassid = 'pg_class'::regclass
               JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
               WHERE w.ev_class = $1 AND a.attrelid <> $1 AND a.attname = $3) c (comment)
         HAVING count(*) = 1))
$$;

-- Partitions are as their parents are, and what refers to one refers to the parent.
CREATE TEMP VIEW relations AS
SELECT c.oid, c.relname AS name, c.relkind, obj_description(c.oid, 'pg_class') AS comment
FROM pg_class c
WHERE c.relnamespace = 'ecommerce'::regnamespace
  AND c.relkind IN ('r', 'p', 'v', 'm')
  AND NOT c.relispartition;

CREATE TEMP VIEW attributes AS
SELECT a.attrelid AS relation, a.attnum AS n, a.attname AS name,
       format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
       a.attgenerated <> '' AS generated, pg_get_expr(d.adbin, d.adrelid) AS fallback,
       pg_temp.comment_of(a.attrelid, a.attnum, a.attname) AS comment
FROM pg_attribute a
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0
  AND NOT a.attisdropped;

CREATE FUNCTION pg_temp.names(relation oid, numbers smallint[]) RETURNS text[] LANGUAGE sql AS $$
    SELECT array_agg(a.name::text ORDER BY k.n)
    FROM unnest(numbers) WITH ORDINALITY AS k (number, n)
    JOIN pg_temp.attributes a ON a.relation = $1 AND a.n = k.number
$$;

-- The columns of a unique key, of the table or of each of its partitions.
CREATE TEMP VIEW keys AS
SELECT DISTINCT x.indrelid AS relation, x.indisprimary AS main,
       pg_temp.names(x.indrelid, string_to_array(x.indkey::text, ' ')::smallint[]) AS columns
FROM pg_index x
WHERE x.indisunique
  AND x.indpred IS NULL
  AND x.indexprs IS NULL;

CREATE TEMP VIEW foreign_keys AS
SELECT DISTINCT coalesce(pg_partition_root(k.conrelid)::oid, k.conrelid) AS relation,
       coalesce(pg_partition_root(k.confrelid)::oid, k.confrelid)::regclass::text AS parent,
       pg_temp.names(k.conrelid, k.conkey) AS columns
FROM pg_constraint k
WHERE k.contype = 'f';

SELECT json_build_object(
    'functions',
    (SELECT json_agg(f)
     FROM (SELECT name, key, comment, provolatile AS volatile, proretset AS set,
                  format_type(prorettype, NULL) AS result,
                  CASE typnamespace WHEN 'ecommerce'::regnamespace
                  THEN obj_description(prorettype, 'pg_type') END AS result_comment,
                  coalesce(json_agg(json_build_object('name', argument, 'type', type,
                                                      'default', fallback) ORDER BY n)
                               FILTER (WHERE n > 0 AND input), '[]') AS arguments,
                  coalesce(json_agg(json_build_object('name', argument, 'type', type) ORDER BY n)
                               FILTER (WHERE n > 0 AND NOT input),
                           (SELECT json_agg(a ORDER BY a.n) FROM attributes a
                            WHERE a.relation = typrelid AND typrelid <> 0), '[]') AS columns
           FROM functions
           GROUP BY oid, name, key, comment, provolatile, proretset, prorettype, typrelid,
                    typnamespace) f),
    'relations',
    (SELECT json_agg(r)
     FROM (SELECT name, relkind AS kind, comment,
                  (SELECT json_agg(a ORDER BY a.n) FROM attributes a
                   WHERE a.relation = r.oid) AS columns,
                  (SELECT coalesce(json_agg(k ORDER BY NOT k.main, k.columns), '[]') FROM keys k
                   WHERE k.relation = r.oid) AS keys,
                  (SELECT coalesce(json_agg(k ORDER BY k.columns, k.parent), '[]')
                   FROM foreign_keys k WHERE k.relation = r.oid) AS foreign_keys
           FROM relations r) r),
    'callers',
    (SELECT json_agg(m) FROM ecommerce.access_matrix() m WHERE m.kind = 'function'));
