-- What ties tables to the extension's functions, comments that many columns share,
-- and partitions.

SELECT ecommerce_internal.restore_schema();

DO $comments$
DECLARE
    t record;
BEGIN
    FOR t IN
        SELECT c.oid::regclass AS name, a.attname AS attribute
        FROM ecommerce_internal.shop_objects() o
        JOIN pg_class c ON c.oid = to_regclass(o.relation)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE o.kind IN ('table', 'view', 'materialized view')
          AND a.attname IN ('tenant_id', 'id', 'user_id', 'created_at', 'updated_at', 'deleted_at',
                            'metadata')
          AND col_description(c.oid, a.attnum) IS NULL
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', t.name, t.attribute,
            CASE t.attribute WHEN 'tenant_id'  THEN 'The tenant whose row it is; never changes.'
                             WHEN 'id'         THEN 'Identifies the row within its tenant.'
                             WHEN 'user_id'    THEN 'The user whose row it is.'
                             WHEN 'created_at' THEN 'When the row was made.'
                             WHEN 'updated_at' THEN 'When the row last changed, set by trigger.'
                             WHEN 'deleted_at' THEN
                                 'When it was deleted softly; NULL while it is in use.'
                             WHEN 'metadata'   THEN
                                 'Whatever the application wants to keep here, an object.' END);
    END LOOP;
END
$comments$;

SELECT ecommerce.ensure_partitions();

-- DROP EXTENSION ... CASCADE takes row filters that need its functions, but not
-- the grants on the tables that they filter, so they are put back.

SELECT ecommerce_internal.filter_rows(f.role::regrole)
FROM (SELECT r.role FROM pg_policy p
      JOIN pg_class c ON c.oid = p.polrelid AND c.relnamespace = 'ecommerce'::regnamespace
      CROSS JOIN LATERAL unnest(p.polroles) AS r (role)
      WHERE p.polname = 'storefront_rows'
      GROUP BY r.role
      HAVING count(*) < (SELECT count(m.storefront_rows) FROM ecommerce.access_matrix() m)
      ORDER BY r.role) f;
