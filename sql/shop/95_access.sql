-- DROP EXTENSION ... CASCADE takes row filters that need its functions, but not
-- the grants on the tables that they filter, so they are put back.

SELECT ecommerce.filter_rows(f.role::regrole)
FROM (SELECT r.role FROM pg_policy p
      JOIN pg_class c ON c.oid = p.polrelid AND c.relnamespace = 'ecommerce'::regnamespace
      CROSS JOIN LATERAL unnest(p.polroles) AS r (role)
      WHERE p.polname = 'storefront_rows'
      GROUP BY r.role
      HAVING count(*) < (SELECT count(m.storefront_rows) FROM ecommerce.access_matrix() m)
      ORDER BY r.role) f;
