-- Ids that know their time: UUID version 7, and order numbers made of them.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
SET datestyle = 'ISO';

-- 10,000 ids: version 7, variant 10, all different, ascending as they were made, their time that
-- of the clock
CREATE TEMP TABLE ids (n integer, before timestamptz, id uuid, after timestamptz);
INSERT INTO ids
SELECT n, clock_timestamp(), ecommerce.uuid_v7(), clock_timestamp()
FROM generate_series(1, 10000) AS n;
SELECT count(*), count(DISTINCT id) AS different,
    count(*) FILTER (WHERE id::text
        !~ '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$') AS malformed
FROM ids;
SELECT count(*) FILTER (WHERE id <= previous) AS descending,
    count(*) FILTER (WHERE id::text <= previous::text COLLATE "C") AS "as text"
FROM (SELECT id, lag(id) OVER (ORDER BY n) AS previous FROM ids) s;
SELECT count(*) FILTER (WHERE ecommerce.uuid_v7_time(id) < before - interval '1 ms') AS early,
    count(*) FILTER (WHERE ecommerce.uuid_v7_time(id) > after + interval '1 s') AS late,
    count(*) FILTER (WHERE ecommerce.uuid_v7_time(id)
        <> date_trunc('milliseconds', ecommerce.uuid_v7_time(id))) AS "finer than a millisecond"
FROM ids;
-- 12 bits below the millisecond and 62 random ones: each bit is set about half of the time
SELECT count(*) AS bits, count(*) FILTER (WHERE ones NOT BETWEEN 4500 AND 5500) AS "not random"
FROM (SELECT bit, sum(get_bit(substr(uuid_send(id), 9), bit)) AS ones
    FROM ids, generate_series(0, 63) AS bit WHERE bit NOT IN (6, 7) GROUP BY bit) s;
-- further calls ascend, too
SELECT ecommerce.uuid_v7() > id AS ascending FROM ids WHERE n = 10000;
-- the default of ids
SELECT count(*) > 10 AS many,
    count(*) FILTER (WHERE pg_get_expr(d.adbin, d.adrelid)
        IS DISTINCT FROM 'ecommerce.uuid_v7()') AS "without default"
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = 'ecommerce'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'id'
    AND a.atttypid = 'uuid'::regtype AND NOT c.relispartition;

-- of a time and a seed: always the same, at that time, and in the order of time
SELECT ecommerce.uuid_v7('2024-02-29 12:34:56.789+00', 'order 1') AS id,
    ecommerce.uuid_v7('2024-02-29 12:34:56.789+00', 'order 1')
        = ecommerce.uuid_v7('2024-02-29 14:34:56.789999+02', 'order 1') AS "same millisecond",
    ecommerce.uuid_v7('2024-02-29 12:34:56.789+00', 'order 2')
        <> ecommerce.uuid_v7('2024-02-29 12:34:56.789+00', 'order 1') AS "other seed",
    ecommerce.uuid_v7('2024-02-29 12:34:56.790+00', 'order 1')
        > ecommerce.uuid_v7('2024-02-29 12:34:56.789+00', 'order 1') AS later;
-- bits 0 to 47 are milliseconds; the others are the seed's SHA-256, under version and variant
SELECT left(encode(uuid_send(id), 'hex'), 12)
        = lpad(to_hex(1709210096789), 12, '0') AS milliseconds,
    overlay(overlay(encode(uuid_send(id), 'hex') placing left(encode(sha256('order 1'), 'hex'), 1)
        from 13) placing substr(encode(sha256('order 1'), 'hex'), 5, 1) from 17)
        = lpad(to_hex(1709210096789), 12, '0')
        || left(encode(sha256('order 1'), 'hex'), 20) AS seed
FROM ecommerce.uuid_v7('2024-02-29 12:34:56.789+00', 'order 1') AS id;
SELECT at, ecommerce.uuid_v7_time(ecommerce.uuid_v7(at, '')) AS time
FROM unnest('{1970-01-01 00:00+00, 1970-01-01 00:00:00.0009+00, 1999-12-31 23:59:59.999999+00,
    2000-01-01 00:00+00, 2038-01-19 03:14:08+00,
    10889-08-02 05:31:50.655+00}'::timestamptz[]) AS at;
SELECT count(*),
    count(*) FILTER (WHERE ecommerce.uuid_v7_time(ecommerce.uuid_v7(at, 'x'))
        <> date_trunc('milliseconds', at)) AS wrong,
    count(*) FILTER (WHERE id < previous) AS descending
FROM (SELECT at, ecommerce.uuid_v7(at, n::text::bytea) AS id,
        lag(ecommerce.uuid_v7(at, n::text::bytea)) OVER (ORDER BY at) AS previous
    FROM (SELECT n, timestamptz '1970-01-01 00:00+00' + n * interval '12345678.987654 s' AS at
        FROM generate_series(0, 2000) AS n) s) s;
SELECT at, failure(format('SELECT ecommerce.uuid_v7(%L, ''x'')', at)) AS failure
FROM unnest('{1969-12-31 23:59:59.999999+00, 10889-08-02 05:31:50.656+00, 4714-11-24 00:00+00 BC,
    infinity, -infinity}'::timestamptz[]) AS at;
SELECT ecommerce.uuid_v7(NULL, 'x') IS NULL AND ecommerce.uuid_v7(now(), NULL) IS NULL
    AND ecommerce.uuid_v7_time(NULL) IS NULL AND ecommerce.order_number(NULL) IS NULL AS nulls;
-- the example of RFC 9562
SELECT ecommerce.uuid_v7_time('017f22e2-79b0-7cc3-98c4-dc0c0c07398f'),
    ecommerce.uuid_v7_time('00000000-0000-7000-8000-000000000000') AS first,
    ecommerce.uuid_v7_time('ffffffff-ffff-7fff-bfff-ffffffffffff') AS last;
-- other versions and variants have no such time
SELECT id, failure(format('SELECT ecommerce.uuid_v7_time(%L)', id), ids => true) AS failure
FROM unnest('{00000000-0000-0000-0000-000000000000, c232ab00-9414-11ec-b3c8-9f6bdeced846,
    919108f7-52d1-4320-9bac-f847db4148a8, 017f22e2-79b0-7cc3-18c4-dc0c0c07398f,
    017f22e2-79b0-7cc3-c8c4-dc0c0c07398f, 017f22e2-79b0-8cc3-98c4-dc0c0c07398f}'::uuid[]) AS id;

-- order numbers: the day of the shop, here in UTC, then 50 of the random bits
SELECT ecommerce.order_number('017f22e2-79b0-7cc3-98c4-dc0c0c07398f'),
    ecommerce.order_number('00000000-0000-7000-8000-000000000000') AS first,
    ecommerce.order_number('ffffffff-ffff-7fff-bfff-ffffffffffff') AS last,
    ecommerce.order_number(ecommerce.uuid_v7('2009-12-31 23:59:59.999+00', 'x')) AS "last of 2009",
    ecommerce.order_number(ecommerce.uuid_v7('2010-01-01+00', 'x')) AS "first of 2010";
SET timezone = 'Pacific/Auckland';
SELECT ecommerce.order_number(
    ecommerce.uuid_v7('2009-12-31 23:59:59.999+00', 'x')) AS "last of 2009";
SET timezone = 'UTC';
-- the same bits by base 32 in SQL
SELECT count(*), count(DISTINCT ecommerce.order_number(id)) AS different,
    count(*) FILTER (WHERE ecommerce.order_number(id)
        <> to_char(ecommerce.uuid_v7_time(id), 'YYMMDD-')
        || code) AS wrong
FROM ids,
    LATERAL (SELECT ('x' || right(replace(id::text, '-', ''), 13))::bit(52)::bigint AS bits) b,
    LATERAL (SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ',
                ((bits >> 5 * i) % 32)::integer + 1, 1), '' ORDER BY i DESC) AS code
        FROM generate_series(0, 9) AS i) c
WHERE n <= 2000;
SELECT id, failure(format('SELECT ecommerce.order_number(%L)', id), ids => true) AS failure
FROM unnest('{919108f7-52d1-4320-9bac-f847db4148a8,
    00000000-0000-0000-0000-000000000000}'::uuid[]) AS id;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
