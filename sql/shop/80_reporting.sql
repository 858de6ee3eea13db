-- Views for people, and the statistics of products.  A view that exists is left
-- as it is, because its users may have extended it.

DO $view$
BEGIN
    IF to_regclass('ecommerce.customers') IS NULL THEN
        CREATE VIEW ecommerce.customers WITH (security_invoker = true) AS
        SELECT u.tenant_id, u.id, u.email, concat_ws(' ', u.first_name, u.last_name) AS name,
               p.phone, p.company, p.vat_id, u.role, u.status, u.email_verified, u.created_at
        FROM ecommerce.users u
        LEFT JOIN ecommerce.user_profiles p ON p.tenant_id = u.tenant_id AND p.user_id = u.id
        WHERE u.deleted_at IS NULL;
    END IF;
END
$view$;
COMMENT ON VIEW ecommerce.customers IS 'Customers that are not deleted, with their profile.';
COMMENT ON COLUMN ecommerce.customers.name IS 'First and last name.';

DO $view$
BEGIN
    IF to_regclass('ecommerce.product_listing') IS NULL THEN
        CREATE VIEW ecommerce.product_listing WITH (security_invoker = true) AS
        SELECT p.tenant_id, p.id, p.sku, p.slug, p.name, p.short_description, c.name AS category,
               p.price, p.original_price, s.currency,
               CASE WHEN p.track_stock THEN coalesce((SELECT sum(k.available) FROM ecommerce.stock k
                                                      WHERE k.tenant_id = p.tenant_id AND k.product_id = p.id), 0) END AS stock,
               r.rating, coalesce(r.review_count, 0) AS review_count,
               i.url AS image_url, p.is_featured, p.created_at
        FROM ecommerce.products p
        JOIN ecommerce.settings s ON s.tenant_id = p.tenant_id
        LEFT JOIN ecommerce.categories c ON c.tenant_id = p.tenant_id AND c.id = p.category_id
        LEFT JOIN ecommerce.product_images i ON i.tenant_id = p.tenant_id AND i.product_id = p.id AND i.is_primary
        LEFT JOIN LATERAL (SELECT round(avg(v.rating), 2) AS rating, count(*) AS review_count
                           FROM ecommerce.product_reviews v
                           WHERE v.tenant_id = p.tenant_id AND v.product_id = p.id AND v.is_approved) r ON true
        WHERE p.status = 'active' AND p.deleted_at IS NULL;
    END IF;
END
$view$;
COMMENT ON VIEW ecommerce.product_listing IS 'Products that are for sale, as a storefront shows them.';
COMMENT ON COLUMN ecommerce.product_listing.category IS 'Name of its category.';
COMMENT ON COLUMN ecommerce.product_listing.currency IS 'Currency of its prices.';
COMMENT ON COLUMN ecommerce.product_listing.stock IS 'Units that can be sold now; NULL where stock is not tracked.';
COMMENT ON COLUMN ecommerce.product_listing.rating IS 'Average of its approved reviews, NULL without any.';
COMMENT ON COLUMN ecommerce.product_listing.review_count IS 'Number of its approved reviews.';
COMMENT ON COLUMN ecommerce.product_listing.image_url IS 'Its primary picture.';

DO $view$
BEGIN
    IF to_regclass('ecommerce.stock_ledger') IS NULL THEN
        CREATE VIEW ecommerce.stock_ledger WITH (security_invoker = true) AS
        SELECT m.tenant_id, m.product_id, m.warehouse_id, m.created_at, m.reason AS kind, m.quantity, m.order_id, m.reference
        FROM ecommerce.stock_movements m
        UNION ALL
        SELECT i.tenant_id, i.product_id, coalesce(a.key::integer, 1), CASE k.sign WHEN -1 THEN o.created_at ELSE o.cancelled_at END,
               CASE k.sign WHEN -1 THEN 'sale' ELSE 'cancellation' END, k.sign * coalesce(a.value::integer, i.quantity), o.id, o.order_number
        FROM ecommerce.orders o
        JOIN ecommerce.order_items i ON i.tenant_id = o.tenant_id AND i.order_id = o.id AND i.order_created_at = o.created_at
        LEFT JOIN LATERAL jsonb_each_text(i.allocation) a ON true
        JOIN (VALUES (-1), (1)) AS k (sign) ON k.sign = -1 OR o.status = 'cancelled'
        WHERE i.from_stock;
    END IF;
END
$view$;
COMMENT ON VIEW ecommerce.stock_ledger IS 'What came and went: movements, sales and their cancellations. The sum of a product is what is there and not sold.';
COMMENT ON COLUMN ecommerce.stock_ledger.product_id IS 'The product.';
COMMENT ON COLUMN ecommerce.stock_ledger.warehouse_id IS 'The warehouse.';
COMMENT ON COLUMN ecommerce.stock_ledger.kind IS 'Reason of a movement, or sale or cancellation.';
COMMENT ON COLUMN ecommerce.stock_ledger.quantity IS 'Units that came (positive) or went (negative).';
COMMENT ON COLUMN ecommerce.stock_ledger.order_id IS 'The order, of a sale or a return.';
COMMENT ON COLUMN ecommerce.stock_ledger.reference IS 'Number of the order, or reference of the movement.';

CREATE MATERIALIZED VIEW IF NOT EXISTS ecommerce.product_stats AS
SELECT p.tenant_id, p.id, p.name,
       coalesce(s.total_orders, 0)        AS total_orders,
       coalesce(s.total_quantity_sold, 0) AS total_quantity_sold,
       coalesce(s.revenue, 0)             AS revenue,
       s.last_ordered_at
FROM ecommerce.products p
LEFT JOIN (SELECT i.tenant_id, i.product_id,
                  count(DISTINCT i.order_id) AS total_orders,
                  sum(i.quantity)            AS total_quantity_sold,
                  sum(i.net) FILTER (WHERE o.currency = t.currency) AS revenue,
                  max(o.created_at)          AS last_ordered_at
           FROM ecommerce.order_items i
           JOIN ecommerce.orders o ON o.tenant_id = i.tenant_id AND o.id = i.order_id AND o.created_at = i.order_created_at
           JOIN ecommerce.settings t ON t.tenant_id = i.tenant_id
           WHERE i.product_id IS NOT NULL AND o.status <> 'cancelled'
           GROUP BY i.tenant_id, i.product_id) s
       ON s.tenant_id = p.tenant_id AND s.product_id = p.id;
CREATE UNIQUE INDEX IF NOT EXISTS product_stats_pkey ON ecommerce.product_stats (tenant_id, id);
COMMENT ON MATERIALIZED VIEW ecommerce.product_stats IS 'Sales of each product, as of its last refresh. Cancelled orders do not count.';
COMMENT ON COLUMN ecommerce.product_stats.id IS 'The product.';
COMMENT ON COLUMN ecommerce.product_stats.name IS 'Its name.';
COMMENT ON COLUMN ecommerce.product_stats.total_orders IS 'Orders that have it; 0 if it was never sold.';
COMMENT ON COLUMN ecommerce.product_stats.total_quantity_sold IS 'Units sold; 0 if it was never sold.';
COMMENT ON COLUMN ecommerce.product_stats.revenue IS 'Sum of net, of orders in settings.currency; 0 if it was never sold.';
COMMENT ON COLUMN ecommerce.product_stats.last_ordered_at IS 'When it was last ordered, NULL if never.';

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
