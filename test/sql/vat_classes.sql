-- Classes of VAT rates: each means the same goods for all time.
CREATE EXTENSION ecommerce;

CREATE FUNCTION public.rate(country text, class text, day date, region text DEFAULT '')
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    hint   text;
BEGIN
    RETURN ecommerce.vat_rate_on(country, class, day, region);
EXCEPTION WHEN SQLSTATE 'EC012' THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' | ', SQLSTATE, detail, hint);
END $$;
-- the rates of a class on days in order, with / for none
CREATE FUNCTION public.rates(country text, class text, VARIADIC days date[])
RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(CASE WHEN r LIKE 'EC012%' THEN '-' ELSE r END, ' ' ORDER BY n)
    FROM unnest(days) WITH ORDINALITY d (day, n), rate(country, class, day) r $$;
\pset format unaligned
\pset tuples_only

-- What a class was used for again: the press of Estonia, and accommodation
SELECT rates('EE', 'press', '2022-07-31', '2022-08-01', '2024-12-31', '2025-01-01', '2026-06-01'),
    rates('EE', 'accommodation', '2022-08-01', '2024-12-31', '2025-01-01', '2026-06-01'),
    rates('EE', 'reduced', '2008-12-31', '2009-01-01', '2024-12-31', '2025-01-01'),
    rates('EE', 'reduced2', '2022-07-31', '2022-08-01', '2024-12-31', '2025-01-01', '2026-06-01');
-- a class that has ended says what it was for, and where that is now
SELECT rate(c, v, d::date)
FROM (VALUES ('EE', 'reduced2', '2025-01-01'), ('FI', 'reduced', '2025-01-01'),
    ('LV', 'reduced', '2024-01-01'), ('ES', 'reduced2', '2024-10-01'),
    ('ES', 'zero', '2024-10-01'), ('AT', 'zero', '2025-04-01')) AS v (c, v, d);
SELECT rate(c, v, d::date - 1)
FROM (VALUES ('EE', 'reduced2', '2025-01-01'), ('FI', 'reduced', '2025-01-01'),
    ('LV', 'reduced', '2024-01-01'), ('ES', 'reduced2', '2024-10-01'),
    ('ES', 'zero', '2024-10-01'), ('AT', 'zero', '2025-04-01')) AS v (c, v, d);

-- Goods that law has moved keep their rate on the day before, and have the new one from the day on
SELECT country, class, rates(country, class, VARIADIC days::date[])
FROM (VALUES
    ('AT', 'food', '{2026-06-30,2026-07-01}'),
    ('AT', 'accommodation', '{2016-04-30,2016-05-01,2018-10-31,2018-11-01,2020-07-01,2022-01-01}'),
    ('BE', 'accommodation', '{2026-02-28,2026-03-01}'),
    ('BG', 'restaurant', '{2020-06-30,2020-07-01,2024-12-31,2025-01-01}'),
    ('BG', 'bread', '{2022-06-30,2022-07-01,2024-12-31,2025-01-01}'),
    ('CY', 'reduced2', '{2020-06-30,2020-07-01,2021-01-10,2021-01-11}'),
    ('CY', 'books', '{2023-07-20,2023-07-21}'),
    -- 15 and 10 became 12, but for books and what went to 21
    ('CZ', 'reduced', '{2023-12-31,2024-01-01}'),
    ('CZ', 'reduced2', '{2023-12-31,2024-01-01}'),
    ('CZ', 'books', '{2014-12-31,2015-01-01,2023-12-31,2024-01-01}'),
    ('CZ', 'hairdressing', '{2020-04-30,2020-05-01,2023-12-31,2024-01-01}'),
    ('ES', 'food', '{2022-12-31,2023-01-01,2024-09-30,2024-10-01,2025-01-01}'),
    ('ES', 'oil', '{2022-12-31,2023-01-01,2024-06-30,2024-07-01,2024-10-01,2025-01-01}'),
    ('ES', 'pasta', '{2022-12-31,2023-01-01,2024-09-30,2024-10-01,2025-01-01}'),
    ('FI', 'books', '{2024-12-31,2025-01-01,2025-12-31,2026-01-01}'),
    ('FI', 'press', '{2024-12-31,2025-01-01,2026-01-01}'),
    ('FR', 'books', '{2012-03-31,2012-04-01,2012-12-31,2013-01-01,2014-01-01}'),
    ('GR', 'accommodation', '{2010-12-31,2011-01-01,2015-09-30,2015-10-01}'),
    ('HU', 'accommodation', '{2019-12-31,2020-01-01}'),
    -- the reduced rate of hospitality came and went, that of sport stayed
    ('IE', 'restaurant',
        '{2011-06-30,2011-07-01,2019-01-01,2020-11-01,2023-08-31,2023-09-01,2026-07-01}'),
    ('IE', 'accommodation', '{2023-08-31,2023-09-01,2026-07-01}'),
    ('IE', 'reduced2', '{2011-07-01,2019-01-01,2026-07-01}'),
    ('LT', 'reduced2', '{2025-12-31,2026-01-01}'), ('LT', 'books', '{2025-12-31,2026-01-01}'),
    ('LT', 'heating', '{2025-12-31,2026-01-01}'),
    ('LV', 'fruit', '{2017-12-31,2018-01-01,2023-12-31,2024-01-01}'),
    ('LV', 'books', '{2021-12-31,2022-01-01}'),
    ('NL', 'accommodation', '{2018-12-31,2019-01-01,2025-12-31,2026-01-01}'),
    ('PL', 'food', '{2010-12-31,2011-01-01,2022-02-01,2024-03-31,2024-04-01}'),
    ('RO', 'reduced', '{2025-07-31,2025-08-01}'), ('RO', 'reduced2', '{2025-07-31,2025-08-01}'),
    ('RO', 'housing', '{2023-12-31,2024-01-01,2025-07-31,2025-08-01}'),
    ('RO', 'accommodation', '{2018-10-31,2018-11-01,2022-12-31,2023-01-01,2025-08-01}'),
    ('SE', 'food', '{2026-03-31,2026-04-01}'), ('SE', 'reduced2', '{2026-03-31,2026-04-01}'),
    ('SI', 'books', '{2019-12-31,2020-01-01}'),
    ('SK', 'reduced', '{2024-12-31,2025-01-01}'), ('SK', 'reduced2', '{2024-12-31,2025-01-01}'),
    ('SK', 'accommodation', '{2018-12-31,2019-01-01,2025-01-01}')) AS v (country, class, days);
-- on the Greek islands, too, with the categories of myDATA by rate
SELECT c, concat_ws(' ', home.vat_rate, home.mydata_category),
    concat_ws(' ', isle.vat_rate, isle.mydata_category)
FROM unnest('{accommodation,food,medicine,restaurant,transport,energy}'::text[]) AS c,
    ecommerce.vat_treatment('GR', 'GR', c, on_date => '2026-02-02') AS home,
    ecommerce.vat_treatment('GR', 'GR', c, on_date => '2026-02-02', seller_region => 'Kos') AS isle;

-- Every class that has rates says what it is for; one that has ended knows where that went
SELECT count(*) AS unexplained FROM ecommerce.vat_rates r
WHERE NOT EXISTS (SELECT FROM ecommerce.vat_classes c
    WHERE c.country = r.country AND c.vat_class = r.vat_class AND c.goods <> '');
SELECT c.country, c.vat_class, c.moved_to FROM ecommerce.vat_classes c
WHERE c.moved_to IS NOT NULL
    OR NOT EXISTS (SELECT FROM ecommerce.vat_rates r WHERE r.country = c.country
        AND r.region = '' AND r.vat_class = c.vat_class AND r.valid_to IS NULL)
ORDER BY 1, 2;
SELECT count(*) AS without_rate FROM ecommerce.vat_classes c
CROSS JOIN LATERAL (SELECT max(r.valid_to) AS day FROM ecommerce.vat_rates r
    WHERE r.country = c.country AND r.vat_class = c.vat_class) e, unnest(c.moved_to) AS m (class)
WHERE NOT EXISTS (SELECT FROM ecommerce.vat_rates r WHERE r.country = c.country AND r.region = ''
    AND r.vat_class = m.class AND r.valid_from <= e.day
    AND (r.valid_to IS NULL OR r.valid_to > e.day));
SELECT vat_class, rate, goods FROM ecommerce.vat_rates_current
WHERE country = 'EE' AND vat_class <> 'standard' ORDER BY 1;

-- Products, rates and functions know the same classes
SELECT n.c, substring(pg_get_constraintdef(p.oid) FROM '''' || n.c || '''') AS product,
    substring(pg_get_constraintdef(r.oid) FROM '''' || n.c || '''') AS rate,
    ecommerce_internal.is_vat_class(n.c)
FROM pg_constraint p, pg_constraint r,
    regexp_matches(pg_get_constraintdef(p.oid) || pg_get_constraintdef(r.oid), '''(\w+)''', 'g') m,
    LATERAL (SELECT m[1] AS c) n
WHERE p.conname = 'products_vat_class_check' AND r.conname = 'vat_rates_vat_class_check'
GROUP BY 1, 2, 3
HAVING num_nulls(substring(pg_get_constraintdef(p.oid) FROM '''' || n.c || ''''),
    substring(pg_get_constraintdef(r.oid) FROM '''' || n.c || '''')) > 0
    OR NOT ecommerce_internal.is_vat_class(n.c);
SELECT (ecommerce.set_vat_rate('EE', 'press', 13, '2030-01-01')).rate,
    rates('EE', 'press', '2029-12-31', '2030-01-01');
SELECT failure($$SELECT ecommerce.set_vat_rate('EE', 'papers', 13, '2030-01-01')$$),
    failure($$INSERT INTO ecommerce.vat_rates (country, vat_class, rate, valid_from)
        VALUES ('EE', 'papers', 9, '2030-01-01')$$),
    failure($$INSERT INTO ecommerce.products (sku, name, price, vat_class)
        VALUES ('P', 'P', 1, 'papers')$$);

-- Orders: a newspaper keeps being one; a class that has ended is refused, whoever asks
UPDATE ecommerce.settings SET country = 'EE', timezone = 'Europe/Tallinn';
INSERT INTO ecommerce.products (sku, name, price, vat_class, track_stock) VALUES
    ('PRESS', 'Paper', 10.90, 'press', false), ('OLD', 'Old', 10.50, 'reduced2', false),
    ('ROOM', 'Room', 113, 'accommodation', false);
CREATE FUNCTION public.sold(sku text, day text, arguments text DEFAULT '')
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    hint   text;
    v_id   uuid;
BEGIN
    EXECUTE format('SELECT id FROM ecommerce.place_order(%L, placed_at => %L%s)',
        items(sku, 1), day || ' 12:00+02', arguments) INTO v_id;
    RETURN (SELECT i.vat_rate || ': ' || i.net || ' + ' || i.vat
        FROM ecommerce.order_items i WHERE i.order_id = v_id);
EXCEPTION WHEN SQLSTATE 'EC012' THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' | ', SQLSTATE, SQLERRM, detail, hint);
END $$;
SELECT d, sold('PRESS', d), sold('ROOM', d) FROM unnest('{2024-12-31,2025-01-01}'::text[]) AS d;
SELECT sold('OLD', '2024-12-31');
SELECT sold('OLD', '2025-01-01');
SELECT sold('OLD', '2025-01-01', $$, shipping_address => '{"country": "EE"}'$$);
SELECT count(*) FROM ecommerce.orders WHERE tenant_id = 1;

\pset format aligned
\pset tuples_only off
SET client_min_messages = error;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP FUNCTION rate, rates, sold;
