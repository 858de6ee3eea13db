-- A shop of :rows orders in ten partitions, and as many products, users and carts.
SET client_min_messages = warning;
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
SELECT count(*) FROM ecommerce.ensure_partitions(now() - interval '15 months', now());
SET session_replication_role = replica;

-- One order of each row, evenly over the quarters that end with this moment
CREATE TABLE public.entities AS
SELECT n, t.at, ecommerce.uuid_v7(t.at, int4send(n)) AS id
FROM generate_series(1, :rows) n
CROSS JOIN LATERAL (
    SELECT date_trunc('milliseconds', now() - interval '15 months' * n / :rows) AS at
) t;
INSERT INTO ecommerce.orders
    (id, created_at, order_number, currency, prices, net, vat, gross, country, status)
SELECT id, at, n, 'EUR', 'net', 5, 1.2, 6.2, 'GR', 'delivered' FROM public.entities ORDER BY n;
INSERT INTO ecommerce.products (id, sku, slug, name, price)
SELECT id, 'SKU-' || n, 'sku-' || n, 'Product', 1 FROM public.entities;
INSERT INTO ecommerce.users (id, email) SELECT id, n || '@example.org' FROM public.entities;
INSERT INTO ecommerce.carts (id, session_id) SELECT id, 's' || n FROM public.entities;
ALTER TABLE public.entities ADD PRIMARY KEY (n);
RESET session_replication_role;

CREATE ROLE bench_app;
GRANT USAGE ON SCHEMA ecommerce TO bench_app;
GRANT SELECT ON ALL TABLES IN SCHEMA ecommerce TO bench_app;
GRANT SELECT ON public.entities TO bench_app;
VACUUM ANALYZE;
SELECT count(*) AS partitions FROM pg_catalog.pg_inherits
WHERE inhparent = 'ecommerce.orders'::pg_catalog.regclass;
