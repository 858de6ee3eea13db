-- Four million lines in a million orders, at three rates.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS ecommerce;
CREATE UNLOGGED TABLE public.lines AS
SELECT n / 4 AS order_id, (n % 5 + 1)::numeric AS quantity, (n::bigint * 7919 % 19900 / 100.0 + 0.99)::numeric(10, 2) AS unit_price,
       ('{24,13,6}'::numeric[])[1 + n % 3] AS vat_rate
FROM generate_series(1, 4000000) n;
VACUUM ANALYZE public.lines;
