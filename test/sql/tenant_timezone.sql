-- The shop's time zone: which names settings take, and when its days begin.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
SET datestyle = 'ISO';
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price) VALUES ('LAMP', 'Lamp', 12.40);
SELECT ecommerce.adjust_stock('LAMP', 100);

-- names of pg_timezone_names in any case, kept as they are there
CREATE FUNCTION pg_temp.take(zone text) RETURNS text LANGUAGE sql AS $$
    UPDATE ecommerce.settings SET timezone = zone RETURNING timezone $$;
SELECT zone, pg_temp.take(zone)
FROM unnest('{Europe/Athens, europe/athens, AMERICA/PORT-AU-PRINCE, Etc/GMT+2, etc/gmt-0, ETC/gmt0,
    utc}'::text[]) AS zone;
-- no POSIX forms, offsets, abbreviations or anything else
SELECT zone, failure(format('UPDATE ecommerce.settings SET timezone = %L', zone)) AS failure
FROM unnest('{UTC+2, utc-3, UTC0, GMT+2, EET-2, EET-2EEST, "EET-2EEST,M3.5.0/3,M10.5.0/4",
    "<+03>-3", Europe/Athens+2, Europe/Athens2, +02, +02:00, -5, 2, 02:00, CEST, eest, Athens,
    Europe, Europe/Nowhere, "Europe/Athens ", "", NULL}'::text[]) AS zone;
SELECT timezone FROM ecommerce.settings;
BEGIN;
INSERT INTO ecommerce.tenants (id, name) VALUES (2, 'Two'), (3, 'Three');
INSERT INTO ecommerce.settings (tenant_id, timezone) VALUES (2, 'europe/berlin')
RETURNING tenant_id, timezone;
INSERT INTO ecommerce.settings (tenant_id, timezone) VALUES (3, 'UTC-2');
ROLLBACK;

-- a zone that the server does not know, as after a restore from another one
ALTER TABLE ecommerce.settings DISABLE TRIGGER check_timezone;
SELECT pg_temp.take('Europe/Nowhere');
ALTER TABLE ecommerce.settings ENABLE TRIGGER check_timezone;
UPDATE ecommerce.settings SET currency = 'EUR', timezone = 'Europe/Nowhere'
RETURNING timezone AS "the rest can be set";
SELECT problem, tenant_id, detail FROM ecommerce.verify_integrity();
SELECT f, failure('SELECT ' || f) AS failure
FROM unnest(ARRAY['ecommerce.place_order(items(''LAMP'', 1))',
    'ecommerce.vat_return(''2026-01-01'', ''2026-03-31'')',
    'ecommerce.reserve_stock(items(''LAMP'', 1))']) AS f;
SELECT pg_temp.take('Europe/Athens');
SELECT count(*) AS problems FROM ecommerce.verify_integrity();

-- a day begins when clocks first show it: also where they skip midnight, or show it twice
SELECT zone, day, ecommerce_internal.day_start(day, zone)
FROM (VALUES ('Europe/Athens', '2026-03-29'::date), ('Europe/Athens', '2026-03-30'),
    ('Europe/Sofia', '2026-07-01'), ('America/Sao_Paulo', '2018-02-18'),
    ('America/Sao_Paulo', '2018-11-04'),
    ('America/Havana', '2020-11-01'), ('America/Havana', '2020-11-02'),
    ('Pacific/Apia', '2011-12-30'), ('Pacific/Apia', '2011-12-31'),
    ('Asia/Kathmandu', '2026-01-01')) v (zone, day);
SELECT failure(format('SELECT ecommerce_internal.day_start(%L, %L)', day, zone)) AS failure
FROM (VALUES ('infinity', 'UTC'), ('5874897-12-31', 'UTC'), ('2026-01-01', 'Nowhere'))
    v (day, zone);
SELECT ecommerce_internal.day_start(NULL, 'UTC') IS NULL AS nothing;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
