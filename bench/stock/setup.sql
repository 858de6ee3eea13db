-- Ten thousand products and one that everybody wants, with stock that lasts.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS ecommerce;
UPDATE ecommerce.settings SET country = 'GR', reservation_ttl = '30 days';
INSERT INTO ecommerce.products (sku, name, price)
SELECT 'STOCK-' || n, 'Product ' || n, 10 FROM generate_series(0, 10000) n;
SELECT count(ecommerce.adjust_stock(id, 1000000000, 'receipt')) FROM ecommerce.products WHERE sku LIKE 'STOCK-%';

-- What shops have instead: a column
CREATE TABLE public.one_row (id integer PRIMARY KEY, stock integer NOT NULL CHECK (stock >= 0)) WITH (fillfactor = 50);
INSERT INTO public.one_row VALUES (1, 1000000000);

-- The same rows as the extension writes, with the same indexes, and nothing else;
-- the number of a product (10001 to 20000) ends its id, so that pgbench can write it.
CREATE SCHEMA stock_limit;
CREATE TABLE stock_limit.stock (LIKE ecommerce.stock INCLUDING ALL) WITH (fillfactor = 50);
CREATE TABLE stock_limit.stock_reservations (LIKE ecommerce.stock_reservations INCLUDING ALL);
INSERT INTO stock_limit.stock (tenant_id, product_id, available)
SELECT 1, ('01900000-0000-7000-8000-0000000' || n)::uuid, 1000000000 FROM generate_series(10001, 20000) n ORDER BY hashint4(n);
VACUUM ANALYZE;
