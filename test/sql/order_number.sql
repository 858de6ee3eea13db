-- Numbers of orders: the shop's day, which is that of its VAT return.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
SET datestyle = 'ISO';
UPDATE ecommerce.settings SET country = 'GR', timezone = 'Europe/Athens';
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES
    ('LAMP', 'Lamp', 12.40, false);

SELECT o.created_at, left(o.order_number, 6) AS day,
    o.order_number = ecommerce.order_number(o.id) AS same
FROM unnest('{2026-06-30 20:59:59.999+00, 2026-06-30 21:00+00, 2026-06-30 22:30+00,
        2025-12-31 22:00+00}'::timestamptz[]) AS at,
    ecommerce.place_order(items('LAMP', 1), placed_at => at) o;
SELECT (SELECT sum(orders) FROM ecommerce.vat_return('2026-06-01', '2026-06-30')) AS june,
    (SELECT sum(orders) FROM ecommerce.vat_return('2026-07-01', '2026-07-01')) AS july;
SELECT left(order_number, 6) AS day FROM ecommerce.place_orders(
    ARRAY[jsonb_build_object('items', items('LAMP', 1), 'placed_at', '2025-12-31 22:00+00')]);
SELECT count(*) AS now FROM ecommerce.place_order(items('LAMP', 1)) o
WHERE left(o.order_number, 6) = to_char(o.created_at AT TIME ZONE 'Europe/Athens', 'YYMMDD');
SELECT left(ecommerce.order_number(ecommerce.uuid_v7('1970-01-01 00:00+00', 'x')), 6) AS first;
SELECT count(*) AS orders, count(DISTINCT order_number) AS numbers FROM ecommerce.orders;

-- every day of some years: number and return turn the day at the same millisecond
CREATE FUNCTION pg_temp.number_day(at timestamptz) RETURNS text LANGUAGE sql AS $$
    SELECT left(ecommerce.order_number(ecommerce.uuid_v7(at, 'x')), 6) $$;
CREATE FUNCTION pg_temp.wrong_days(zone text, OUT days bigint, OUT wrong bigint)
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ecommerce.settings SET timezone = zone;
    SELECT count(*), count(*) FILTER (WHERE
        pg_temp.number_day(ecommerce_internal.day_start(day, zone)) <> to_char(day, 'YYMMDD')
        OR pg_temp.number_day(ecommerce_internal.day_start(day, zone) - interval '1 ms')
            <> to_char(day - 1, 'YYMMDD'))
    INTO days, wrong
    FROM generate_series(date '2012-01-01', date '2018-12-31', '1 day') s (at),
        LATERAL (SELECT at::date AS day) d;
END $$;
SELECT zone, (pg_temp.wrong_days(zone)).*
FROM unnest('{Europe/Athens, America/Havana, America/Sao_Paulo, Australia/Lord_Howe,
    Asia/Beirut}'::text[]) AS zone;

-- an order keeps its number when the shop moves; each tenant has its own day
UPDATE ecommerce.settings SET timezone = 'America/New_York';
SELECT left(order_number, 6) AS kept, left(ecommerce.order_number(id), 6) AS now
FROM ecommerce.orders WHERE created_at = '2026-06-30 22:30+00';
BEGIN;
SELECT ecommerce.create_tenant('Two', 'DE');
SELECT ecommerce.use_tenant(2);
UPDATE ecommerce.settings SET timezone = 'Asia/Tokyo' WHERE tenant_id = 2;
SELECT left(ecommerce.order_number(ecommerce.uuid_v7('2026-06-30 22:30+00', 'x')), 6) AS of_two,
    left(ecommerce.order_number(ecommerce.uuid_v7('2026-06-30 22:30+00', 'x'), 1), 6) AS of_one;
CREATE ROLE regress_ecommerce_seller;
SELECT count(*) > 0 AS granted
FROM ecommerce.grant_access('regress_ecommerce_seller', 'storefront');
SET ROLE regress_ecommerce_seller;
SELECT left(ecommerce.order_number(ecommerce.uuid_v7('2026-06-30 22:30+00', 'x')), 6) AS of_two;
SELECT ecommerce.order_number(ecommerce.uuid_v7('2026-06-30 22:30+00', 'x'), 1);
ROLLBACK;
SELECT failure('SELECT ecommerce.order_number(ecommerce.uuid_v7(), 7)') AS failure;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
