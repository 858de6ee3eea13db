-- ensure_partitions() over what any mix of intervals has left uncovered.
BEGIN;
SELECT plan(6);
SET LOCAL timezone = 'UTC';
-- setseed(seed) repeats the mixes of a failure.
SELECT random() AS seed \gset
\echo # seed :seed
SELECT setseed(:seed) \gset

CREATE TEMP TABLE round (
    n         integer PRIMARY KEY,
    from_time timestamptz,
    to_time   timestamptz,
    every     text
);
CREATE TEMP TABLE known AS SELECT 0 AS n, * FROM ecommerce.partitions() LIMIT 0;
CREATE TEMP TABLE made (n integer, partition regclass, lower_bound timestamptz,
    upper_bound timestamptz, moved_rows bigint);

-- Each round has a decade of its own, with months, quarters and years here and there, some of
-- them of one table only; then it asks for a part of that.
CREATE FUNCTION pg_temp.mix(n integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    decade date := make_date(1000 + 10 * n, 1, 1);
    unit   text;
    low    timestamptz;
    high   timestamptz;
    tables text[];
    name   text;
BEGIN
    FOR i IN 1 .. 2 + floor(random() * 7)::integer LOOP
        unit := (ARRAY['month', 'quarter', 'year'])[1 + floor(random() * 3)::integer];
        low := date_trunc(unit, decade + interval '1 month' * floor(random() * 48));
        high := low + CASE unit WHEN 'quarter' THEN interval '3 months'
                                ELSE ('1 ' || unit)::interval END;
        tables := CASE WHEN random() < 0.8 THEN '{orders, order_items, events}'
                       ELSE ARRAY[(ARRAY['orders', 'order_items', 'events'])
                                  [1 + floor(random() * 3)::integer]] END;
        CONTINUE WHEN EXISTS (SELECT FROM ecommerce.partitions() p
                              WHERE p.from_time < high AND p.to_time > low);
        FOREACH name IN ARRAY tables LOOP
            EXECUTE format('CREATE TABLE ecommerce_partitions.%I PARTITION OF ecommerce.%I
                            FOR VALUES FROM (%L) TO (%L)',
                           format('%s_mix_%s_%s', name, n, i), name, low, high);
        END LOOP;
    END LOOP;
    INSERT INTO known SELECT mix.n, p.* FROM ecommerce.partitions() p
    WHERE p.from_time >= decade AND p.from_time < decade + interval '10 years';
    low := decade + interval '1 day' * floor(random() * 1000);
    INSERT INTO round VALUES (n, low, low + interval '1 hour' * floor(random() * 9000),
                              (ARRAY['month', 'quarter', 'year'])[1 + n % 3]);
    INSERT INTO made SELECT mix.n, e.*
    FROM round r, ecommerce.ensure_partitions(r.from_time, r.to_time, r.every) e WHERE r.n = mix.n;
END $$;
SELECT count(pg_temp.mix(n)) AS mixed FROM generate_series(1, 6) n \gset

SELECT is((array_agg(format('%s of %s on %s in %s', name, n, day, partitions)))[:9], NULL,
    'every day of the range is in exactly one partition of each table')
FROM (SELECT r.n, t.name, d.day, (SELECT count(*) FROM ecommerce.partitions() p
            WHERE p.parent = ('ecommerce.' || t.name)::regclass
                AND p.from_time < d.day + interval '1 day' AND p.to_time > d.day) AS partitions
    FROM round r, unnest('{orders, order_items, events}'::text[]) AS t (name),
        generate_series(date_trunc('day', r.from_time), r.to_time, '1 day') AS d (day)) s
WHERE partitions <> 1;
SELECT results_eq(
    'SELECT r.n, p.partition::text, p.from_time, p.to_time FROM round r, ecommerce.partitions() p
     WHERE extract(year FROM p.from_time)::integer / 10 - 100 = r.n
        AND NOT EXISTS (SELECT FROM known k WHERE k.partition = p.partition) ORDER BY 1, 2',
    'SELECT n, partition::text, lower_bound, upper_bound FROM made ORDER BY 1, 2',
    'what it made is what it says');
SELECT results_eq(
    'SELECT partition::text, from_time, to_time FROM known ORDER BY 1',
    'SELECT p.partition::text, p.from_time, p.to_time FROM ecommerce.partitions() p
     WHERE p.partition::text LIKE ''%\_mix\_%'' ORDER BY 1',
    'what was there is as it was');
SELECT is(array_agg(partition::text), NULL, 'all that is new is a month, a quarter or a year')
FROM made
WHERE NOT EXISTS (SELECT FROM (VALUES ('month', '1 month'::interval), ('quarter', '3 months'),
            ('year', '1 year')) u (unit, span)
        WHERE date_trunc(unit, lower_bound) = lower_bound AND lower_bound + span = upper_bound);
SELECT is(array_agg(i.partition::text), NULL, 'items lie as their orders do, and reference them')
FROM round r
JOIN ecommerce.partitions() i ON i.parent = 'ecommerce.order_items'::regclass
    AND i.from_time <= r.to_time AND i.to_time > r.from_time
LEFT JOIN ecommerce.partitions() o ON o.parent = 'ecommerce.orders'::regclass
    AND (o.from_time, o.to_time) = (i.from_time, i.to_time)
LEFT JOIN pg_constraint k ON k.conrelid = i.partition AND k.confrelid = o.partition
    AND k.contype = 'f'
WHERE o.partition IS NULL OR k.oid IS NULL AND i.partition IN (SELECT m.partition FROM made m);
SELECT is(count(*), 0::bigint, 'nothing is left to do') FROM round r,
    LATERAL ecommerce.ensure_partitions(r.from_time, r.to_time, r.every);

SELECT * FROM finish();
ROLLBACK;
