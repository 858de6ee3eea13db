-- Sales of each product.

CREATE MATERIALIZED VIEW IF NOT EXISTS ecommerce.product_stats AS
SELECT p.tenant_id, p.id, p.name,
       coalesce(s.total_orders, 0)        AS total_orders,
       coalesce(s.total_quantity_sold, 0) AS total_quantity_sold,
       coalesce(s.revenue, round(0::numeric, coalesce(c.minor_units, 0))) AS revenue,
       s.last_ordered_at
FROM ecommerce.products p
LEFT JOIN ecommerce.settings g ON g.tenant_id = p.tenant_id
LEFT JOIN ecommerce.currencies c ON c.code = g.currency
LEFT JOIN (SELECT u.tenant_id, u.product_id,
                  sum(u.orders)::bigint   AS total_orders,
                  sum(u.quantity)::bigint AS total_quantity_sold,
                  sum(u.net) FILTER (WHERE u.currency = t.currency) AS revenue,
                  max(u.last_ordered_at)  AS last_ordered_at
           FROM (SELECT i.tenant_id, i.product_id, o.currency,
                        count(DISTINCT i.order_id) AS orders,
                        sum(i.quantity - coalesce(x.quantity, 0)) AS quantity,
                        sum(i.net - coalesce(x.net, 0)) AS net,
                        max(o.created_at) AS last_ordered_at
                 FROM ecommerce.order_items i
                 JOIN ecommerce.orders o ON o.tenant_id = i.tenant_id AND o.id = i.order_id
                                        AND o.created_at = i.order_created_at
                 LEFT JOIN (SELECT n.tenant_id, n.order_id, n.order_created_at, n.line_number,
                                   sum(n.quantity) AS quantity, sum(n.net) AS net
                            FROM ecommerce.order_cancellations n GROUP BY 1, 2, 3, 4) x
                        ON x.tenant_id = i.tenant_id AND x.order_id = i.order_id
                       AND x.order_created_at = i.order_created_at
                       AND x.line_number = i.line_number
                 WHERE i.product_id IS NOT NULL AND o.status <> 'cancelled'
                   AND i.quantity > coalesce(x.quantity, 0)
                 GROUP BY i.tenant_id, i.product_id, o.currency
                 UNION ALL
                 SELECT a.tenant_id, a.product_id, a.currency, a.orders, a.quantity, a.net,
                        a.last_ordered_at
                 FROM ecommerce.archived_sales a) u
           JOIN ecommerce.settings t ON t.tenant_id = u.tenant_id
           GROUP BY u.tenant_id, u.product_id) s
       ON s.tenant_id = p.tenant_id AND s.product_id = p.id;
CREATE UNIQUE INDEX IF NOT EXISTS idx_product_stats_id ON ecommerce.product_stats (tenant_id, id);
COMMENT ON MATERIALIZED VIEW ecommerce.product_stats IS
    'Sales of each product, as of its last refresh. Cancelled orders and lines do not count, '
    'archived ones do.';
COMMENT ON COLUMN ecommerce.product_stats.id IS 'The product.';
COMMENT ON COLUMN ecommerce.product_stats.name IS 'Its name.';
COMMENT ON COLUMN ecommerce.product_stats.total_orders IS
    'Orders that have it; 0 if it was never sold.';
COMMENT ON COLUMN ecommerce.product_stats.total_quantity_sold IS
    'Units sold; 0 if it was never sold.';
COMMENT ON COLUMN ecommerce.product_stats.revenue IS
    'Sum of net, of orders in settings.currency; 0 if it was never sold.';
COMMENT ON COLUMN ecommerce.product_stats.last_ordered_at IS
    'When it was last ordered, NULL if never.';

-- With its owner's rights, because a materialized view has no row security.
DO $view$
BEGIN
    IF to_regclass('ecommerce.product_sales') IS NULL THEN
        CREATE VIEW ecommerce.product_sales WITH (security_barrier = true) AS
        SELECT s.tenant_id, s.id, s.name, s.total_orders, s.total_quantity_sold, s.revenue,
               s.last_ordered_at
        FROM ecommerce.product_stats s
        WHERE s.tenant_id = ecommerce.current_tenant();
    END IF;
END
$view$;
COMMENT ON VIEW ecommerce.product_sales IS
    'Rows of product_stats of current_tenant(): what roles of a tenant may read.';
