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
VACUUM ANALYZE;
