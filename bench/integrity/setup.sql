-- A shop of :orders orders of five lines, each day as many, of which the last
-- :days were yesterday's and before; written as fast as rows can be.
SET client_min_messages = warning;
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
UPDATE ecommerce.settings SET country = 'GR';
SELECT count(*) FROM ecommerce.ensure_partitions(now() - make_interval(days => :days + 1), now());
SET session_replication_role = replica;
INSERT INTO ecommerce.products (sku, slug, name, price)
SELECT 'SKU-' || n, 'sku-' || n, 'Product', 1 FROM generate_series(1, 10000) n;
CREATE TABLE public.numbered AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM ecommerce.products;
CREATE UNIQUE INDEX ON public.numbered (n);
INSERT INTO ecommerce.stock_movements (product_id, quantity, reason, created_at)
SELECT id, 100000, 'receipt', now() - make_interval(days => :days) FROM public.numbered;

-- Evenly over the days that end with this moment; one of a hundred is cancelled.
CREATE UNLOGGED TABLE public.placed AS
SELECT n, ecommerce.uuid_v7(t.at, int4send(n)) AS id, t.at, CASE WHEN n % 100 = 0 THEN t.at + interval '1 hour' END AS cancelled_at
FROM generate_series(1, :orders) n
CROSS JOIN LATERAL (SELECT date_trunc('milliseconds', now() - make_interval(secs => :days * 86400.0 * n / :orders)) AS at) t;
INSERT INTO ecommerce.orders (id, created_at, order_number, currency, prices, net, vat, gross, country, status, cancelled_at)
SELECT id, at, n, 'EUR', 'net', 5, 1.2, 6.2, 'GR', CASE WHEN cancelled_at IS NULL THEN 'delivered' ELSE 'cancelled' END, cancelled_at
FROM public.placed ORDER BY at;
INSERT INTO ecommerce.order_items (order_id, order_created_at, line_number, product_id, sku, name, quantity, unit_price, vat_category, vat_rate, net, vat, from_stock)
SELECT o.id, o.at, l, p.id, 'SKU', 'Product', 1, 1, 'S', 24, 1, 0.24, true
FROM public.placed o CROSS JOIN generate_series(1, 5) l JOIN public.numbered p ON p.n = (o.n::bigint * 7919 + l * 1999) % 10000
ORDER BY o.at;
INSERT INTO ecommerce.stock (product_id, available)
SELECT product_id, sum(quantity) FROM ecommerce.stock_ledger GROUP BY product_id;
DROP TABLE public.placed;
RESET session_replication_role;
VACUUM ANALYZE;
-- The night before last, and last night
SELECT ecommerce.close_stock_books(now() - interval '2 days'), ecommerce.close_stock_books(now() - interval '1 day');
VACUUM ANALYZE ecommerce.stock_balances;
