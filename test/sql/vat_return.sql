-- VAT by period, from what orders froze.
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR', timezone = 'Europe/Athens', prices = 'net';
INSERT INTO ecommerce.products (sku, name, price, vat_class, track_stock) VALUES
    ('A', 'A', 100, 'standard', false), ('B', 'B', 50, 'reduced', false),
    ('C', 'C', 10, 'exempt', false);
CREATE FUNCTION pg_temp.sell(at timestamptz, skus text) RETURNS uuid LANGUAGE sql AS $$
    SELECT id
    FROM ecommerce.place_order((SELECT jsonb_agg(jsonb_build_object('sku', s, 'quantity', 1))
            FROM regexp_split_to_table(skus, '') s), placed_at => at) $$;

-- The last millisecond of March in Athens, and the first of April
SELECT count(pg_temp.sell(at, skus))
FROM (VALUES
    ('2026-01-01 00:00:00+02'::timestamptz, 'A'), ('2026-03-31 23:59:59.999+03', 'AB'),
    ('2026-04-01 00:00:00+03', 'AA'), ('2026-02-10 12:00+02', 'ABC')) v (at, skus);
SELECT * FROM ecommerce.vat_return('2026-01-01', '2026-03-31');
SELECT * FROM ecommerce.vat_return('2026-04-01', '2026-04-01');
SELECT * FROM ecommerce.vat_return('2026-03-31', '2026-03-31');
SELECT * FROM ecommerce.vat_return('2025-12-31', '2025-12-31');
SET timezone = 'America/New_York';
SELECT sum(vat) FROM ecommerce.vat_return('2026-01-01', '2026-03-31');
RESET timezone;

-- A cancelled order owes nothing.
SELECT (ecommerce.cancel_order(pg_temp.sell('2026-03-05', 'A'))).status;
SELECT sum(vat) FROM ecommerce.vat_return('2026-01-01', '2026-03-31');

-- What was sold at the rates of other countries, declared there and in the one-stop shop; and a
-- shop that has moved
CREATE FUNCTION pg_temp.send(at timestamptz, sku text) RETURNS uuid LANGUAGE sql AS $$
    SELECT id
    FROM ecommerce.place_order(items(sku, 1), shipping_address => '{"country": "DE"}',
        placed_at => at) $$;
UPDATE ecommerce.settings SET distance_sales_exceed_threshold = true;
SELECT count(pg_temp.send('2026-05-04', 'A'));
UPDATE ecommerce.settings SET oss = true;
SELECT count(pg_temp.send('2026-05-05', sku)) FROM unnest('{A,B,A}'::text[]) AS sku;
UPDATE ecommerce.settings SET country = 'DE';
SELECT count(pg_temp.sell('2026-05-06', 'AB'));
UPDATE ecommerce.settings SET country = 'GR';
SELECT * FROM ecommerce.vat_return('2026-04-01', '2026-06-30');
SELECT * FROM ecommerce.oss_return(2026, 2);
SELECT * FROM ecommerce.oss_return(2026, 1);
-- A wrong question has no answer.
SELECT f, failure('SELECT * FROM ecommerce.' || f) AS failure
FROM unnest(ARRAY['oss_return(2026, 5)', 'oss_return(2026, 0)', 'oss_return(2026, -1)',
    'oss_return(26, 1)', 'oss_return(0, 1)', 'oss_return(2021, 2)', 'oss_return(10000, 1)',
    'oss_return(NULL, 1)', 'oss_return(2026, NULL)', 'oss_return(2026, 1, NULL)',
    'oss_return(2026, 1, 7)', 'vat_return(''2026-03-31'', ''2026-01-01'')',
    'vat_return(NULL, ''2026-01-01'')', 'vat_return(''2026-01-01'', NULL)',
    'vat_return(''2026-01-01'', ''2026-03-31'', NULL)',
    'vat_return(''2026-01-01'', ''2026-03-31'', 7)',
    'vat_return(''2026-01-01'', ''infinity'')', 'vat_return(''-infinity'', ''2026-01-01'')']) AS f;
-- Another tenant is one that there is not.
BEGIN;
SELECT ecommerce.create_tenant('Two', 'DE');
SELECT ecommerce.use_tenant(2);
CREATE ROLE regress_ecommerce_reporter;
SELECT count(*) > 0 AS granted
FROM ecommerce.grant_access('regress_ecommerce_reporter', 'reporting');
SET ROLE regress_ecommerce_reporter;
SELECT count(*) FROM ecommerce.vat_return('2026-01-01', '2026-06-30');
\set VERBOSITY terse
SELECT * FROM ecommerce.vat_return('2026-01-01', '2026-06-30', 1);
\set VERBOSITY default
ROLLBACK;

SET client_min_messages = error;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
