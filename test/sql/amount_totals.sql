-- Totals of lines (the aggregate order_totals) and of documents (calculate_totals).
CREATE EXTENSION ecommerce;
\pset null (null)

-- VAT by exact whole numbers: round(n / d) = div(2n + d, 2d) for n >= 0
CREATE FUNCTION pg_temp.vat(amount numeric, rate numeric, prices text, scale integer)
RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT round(sign(amount) * div(2 * abs(amount) * rate * 10::numeric ^ scale + d, 2 * d)
            / 10::numeric ^ scale, scale)
    FROM (SELECT CASE prices WHEN 'net' THEN 100 ELSE 100 + rate END) AS v (d)
$$;

--
-- order_totals
--
SELECT ecommerce.order_totals(quantity, unit_price, vat_rate) AS "(net,vat,gross,breakdown)"
FROM (VALUES (3, 19.99, 24)) AS l (quantity, unit_price, vat_rate);
SELECT (ecommerce.order_totals(q, p, r)).*
FROM (VALUES
    (1, 33.33, 24), (1, 33.33, 13), (1, 33.34, 6), (2, 10, 24.00), (1, 1, 0)) AS l (q, p, r);
-- VAT is rounded once for each rate, not for each line
SELECT d.example, (ecommerce.order_totals(q, p, r, 'EUR', d.prices)).*,
    sum(pg_temp.vat(round(q * p, 2), r, d.prices, 2)) AS "vat if per line"
FROM (VALUES
        (9, 'net', '{1,1,1}'::numeric[], '{0.02,0.02,0.02}'::numeric[], 24),
        (10, 'net', '{4,4,4,4}', '{2.27,2.27,2.27,2.27}', 21), (13, 'net', '{10}', '{14.28}', 19),
        (14, 'net', '{1,1,1,1,1,1,1,1,1,1}', '{3.60,3.60,3.60,3.60,3.60,3.60,3.60,3.60,3.60,3.60}',
            5.5),
        (23, 'gross', '{1,1}', '{21.53,21.53}', 21), (24, 'gross', '{1,1}', '{11.90,2.80}', 21),
        (25, 'gross', '{1,1,1}', '{250,250,250}', 19), (38, 'net', '{0.345}', '{12.90}', 13),
        (40, 'net', '{3}', '{0.335}', 24), (42, 'net', '{0,5}', '{9.99,0}', 24),
        (53, 'net', '{-3}', '{19.99}', 24)) AS d (example, prices, qs, ps, r),
    LATERAL unnest(qs, ps) AS l (q, p)
GROUP BY d.example ORDER BY d.example;
SELECT (ecommerce.order_totals(2, 12.345, 5, 'OMR')).*;
SELECT (ecommerce.order_totals(1, p, r, 'JPY')).* FROM (VALUES (333, 8), (333.5, 10)) AS l (p, r);
SELECT (ecommerce.order_totals(1, p, r, 'EUR', 'gross')).*
FROM (VALUES (1620.00, 21), (10.00, 6)) AS l (p, r);
-- no rows, and rows with a NULL
SELECT ecommerce.order_totals(1, 1, 24) AS none FROM generate_series(1, 0);
SELECT ecommerce.order_totals(q, p, r, c, k) AS none
FROM (VALUES
    (NULL, 1, 24, 'EUR', 'net'), (1, NULL, 24, 'EUR', 'net'), (1, 1, NULL, 'EUR', 'net'),
    (1, 1, 24, NULL, 'net'), (1, 1, 24, 'EUR', NULL)) AS l (q, p, r, c, k);
SELECT ecommerce.order_totals(q, p, r) AS "1.00"
FROM (VALUES (NULL, 1, 24), (1, 1, 0), (1, NULL, 24), (1, 1, NULL)) AS l (q, p, r);
-- one rate, however it is written
SELECT ecommerce.order_totals(1, 0.01, r) AS "one rate"
FROM unnest('{5.5, 5.50, 5.500000, 5.50000000000000000000}'::numeric[]) AS r;

CREATE TABLE lines (id integer PRIMARY KEY, order_id integer, quantity numeric, unit_price numeric,
    vat_rate numeric);
INSERT INTO lines
SELECT i, i / 7,
    CASE WHEN i % 11 = 0 THEN -1 ELSE 1 END * (i % 13 + CASE WHEN i % 5 = 0 THEN 0.345 ELSE 0 END),
    CASE WHEN i % 17 = 0 THEN i * 1000003.01 WHEN i % 3 = 0 THEN i * 7919 % 10007 / 1000.0
        ELSE i * 7919 % 10007 / 100.0 END,
    ('{24, 24, 24, 13, 6, 17, 25.5, 0, 2.1, 33.333333}'::numeric[])[i * i % 10 + 1]
FROM generate_series(1, 2800) AS i;
ANALYZE lines;
CREATE TEMP VIEW forms AS
SELECT *
FROM (VALUES ('EUR', 2), ('JPY', 0), ('OMR', 3), ('CLF', 4)) AS c (currency, scale),
    (VALUES ('net'), ('gross')) AS k (prices);
-- the same in SQL: round each line, sum for each rate, take VAT once
CREATE TEMP VIEW expected AS
WITH rates AS (SELECT currency, prices, scale, order_id, vat_rate,
            sum(round(quantity * unit_price, scale)) AS amount
        FROM lines, forms GROUP BY GROUPING SETS ((1, 2, 3, 4, 5), (1, 2, 3, 5))),
    vat AS (SELECT *, pg_temp.vat(amount, vat_rate, prices, scale) AS vat,
            amount
                - CASE prices WHEN 'gross' THEN pg_temp.vat(amount, vat_rate, prices, scale)
                    ELSE 0 END AS net
        FROM rates)
SELECT currency, prices, order_id, sum(net) AS net, sum(vat) AS vat, sum(net) + sum(vat) AS gross,
    jsonb_agg(jsonb_build_object('rate', trim_scale(vat_rate), 'taxable', net, 'tax', vat)
        ORDER BY vat_rate DESC) AS breakdown
FROM vat GROUP BY currency, prices, order_id;
-- compared as text, so that decimals count, too; an order_id of NULL stands for all lines
CREATE TEMP VIEW computed AS
SELECT currency, prices, order_id,
    ecommerce.order_totals(quantity, unit_price, vat_rate, currency, prices) AS totals
FROM lines, forms GROUP BY GROUPING SETS ((1, 2, 3), (1, 2));
SELECT currency, prices, count(*) AS orders,
    count(*) FILTER (WHERE c.totals::text
        IS DISTINCT FROM (e.net, e.vat, e.gross, e.breakdown)::text) AS wrong
FROM expected e FULL JOIN computed c USING (currency, prices, order_id) WHERE order_id IS NOT NULL
GROUP BY currency, prices ORDER BY currency, prices;
SELECT count(*) AS "all lines",
    count(*) FILTER (WHERE c.totals::text
        IS DISTINCT FROM (e.net, e.vat, e.gross, e.breakdown)::text) AS wrong
FROM expected e JOIN computed c USING (currency, prices)
WHERE e.order_id IS NULL AND c.order_id IS NULL;
-- the breakdown is what jsonb makes of its text, byte for byte
SELECT count(*) AS breakdowns,
    count(*) FILTER (WHERE
        record_image_eq(ROW ((totals).breakdown), ROW ((totals).breakdown::text::jsonb))) AS same
FROM computed;
CREATE TABLE breakdowns AS
SELECT DISTINCT currency, (totals).breakdown FROM computed WHERE order_id IS NOT NULL;
CREATE INDEX ON breakdowns USING gin (breakdown);
SET enable_seqscan = off;
SELECT count(*) > 1000 AS many,
    count(*) = (SELECT count(*) FROM breakdowns
        WHERE '{"rate": 25.5}' IN (SELECT e - 'tax' - 'taxable'
            FROM jsonb_array_elements(breakdown) AS e)) AS found
FROM breakdowns WHERE breakdown @> '[{"rate": 25.50}]';
RESET enable_seqscan;

-- numbers of every size and form: a few digits are read in 64 bits, others in 128
CREATE TABLE numbers (id integer, n numeric);
INSERT INTO numbers
SELECT ordinality, n
FROM unnest('{0, 0.00, 1, -1, 7, 10, 0.5, 0.9999, 0.0001, 0.00001, 0.00000001, -0.00000001,
    0.000000001, 0.0000000001, 9999, 10000, -10000, 10001, 30000, 99999999, 100000000, 123450000.5,
    20000000000000000, 12345.6789, 12345.67895, -99999999.9999, 1.23456789, 1.234567891,
    92233720.36854775, -92233720.36854775, 3037000499, 3037000500, 999999999999.9999,
    999999999999.99999, 999999999999.99999999, 9999999999999999, 10000000000000001,
    1.5000000000000000000000000000000000000000000000000000000000000000000000000000, 0.335, 12.345,
    1234567890123.456789012345678}'::numeric[]) WITH ORDINALITY AS v (n, ordinality);
CREATE TABLE rates AS
SELECT ordinality AS id, rate
FROM unnest('{0, 0.0000, 24,
    24.0000000000000000000000000000000000000000000000000000000000000000000000, 5.5, 0.0001, 0.00001,
    0.000001, 33.333333, 99.9999, 99.999999, 100}'::numeric[]) WITH ORDINALITY AS v (
        rate, ordinality);
-- short headers and unaligned numbers as tables have them, long and aligned ones as expressions do
SELECT prices, currency, count(*) AS lines,
    count(*) FILTER (WHERE stored::text IS DISTINCT FROM expected) AS wrong,
    count(*) FILTER (WHERE computed::text IS DISTINCT FROM expected) AS wrong_expressions,
    count(*) FILTER (WHERE NOT record_image_eq(ROW ((stored).breakdown),
        ROW ((stored).breakdown::text::jsonb))) AS other_bytes
FROM (SELECT prices, currency, ecommerce.order_totals(a.n, b.n, r.rate, currency, prices) AS stored,
        ecommerce.order_totals(a.n + 0, b.n + 0, r.rate + 0, currency, prices) AS computed,
        (amount - CASE prices WHEN 'gross' THEN vat ELSE 0 END, vat,
            amount + CASE prices WHEN 'net' THEN vat ELSE 0 END,
            jsonb_build_array(jsonb_build_object('rate', trim_scale(r.rate), 'taxable',
                amount - CASE prices WHEN 'gross' THEN vat ELSE 0 END, 'tax',
                vat)))::text AS expected
    FROM numbers a, numbers b, rates r, forms, LATERAL (SELECT round(a.n * b.n, scale) AS amount) m,
        LATERAL (SELECT pg_temp.vat(amount, r.rate, prices, scale) AS vat) v
    WHERE abs(amount) < 1e19 AND (a.id + b.id) % 4 = 0
    GROUP BY a.id, b.id, r.id, r.rate, currency, prices, scale, amount, vat) t
GROUP BY prices, currency ORDER BY prices, currency;
-- a few rates, many, and as many as there may be
SELECT count(*) AS orders,
    count(*) FILTER (WHERE t::text
        IS DISTINCT FROM (net, vat, net + vat, breakdown)::text) AS wrong,
    count(*) FILTER (WHERE record_image_eq(ROW ((t).breakdown), ROW (breakdown))) AS same_bytes
FROM (SELECT n, ecommerce.order_totals(1, p, r) AS t, sum(p) AS net,
        sum(round(p * r / 100, 2)) AS vat,
        jsonb_agg(
            jsonb_build_object('rate', trim_scale(r), 'taxable', p, 'tax', round(p * r / 100, 2))
                ORDER BY r DESC) AS breakdown
    FROM generate_series(1, 32) AS n, generate_series(1, n) AS i,
        LATERAL (SELECT (i * 7 % 33 / 4.0)::numeric(6, 2) AS r,
            (i * 1000003.01 ^ (n % 4))::numeric(30, 2) AS p) v
    GROUP BY n) s;
-- numbers too long for their row
CREATE TABLE toasted (quantity numeric, unit_price numeric, vat_rate numeric);
INSERT INTO toasted SELECT 1, repeat('1234', 5000)::numeric, 24;
SELECT pg_column_size(unit_price) < 1000 AS compressed,
    failure('SELECT ecommerce.order_totals(quantity, unit_price, vat_rate) FROM toasted') AS failure
FROM toasted;
ALTER TABLE toasted ALTER unit_price SET STORAGE EXTERNAL;
UPDATE toasted SET unit_price = unit_price + 1;
SELECT pg_column_size(unit_price) > 9000 AS plain,
    failure('SELECT ecommerce.order_totals(quantity, unit_price, vat_rate) FROM toasted') AS failure
FROM toasted;
-- the shorter forms say EUR and net
SELECT count(*) AS orders,
    count(*) FILTER (WHERE three::text IS DISTINCT FROM c.totals::text) AS three,
    count(*) FILTER (WHERE four::text IS DISTINCT FROM c.totals::text) AS four
FROM (SELECT order_id, ecommerce.order_totals(quantity, unit_price, vat_rate) AS three,
        ecommerce.order_totals(quantity, unit_price, vat_rate, 'EUR') AS four
    FROM lines GROUP BY order_id) s
JOIN computed c USING (order_id) WHERE c.currency = 'EUR' AND c.prices = 'net';

-- parallel workers
CREATE FUNCTION pg_temp.plan_has(node text, query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    plan text;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON, COSTS OFF) ' || query INTO plan;
    RETURN plan LIKE '%' || node || '%';
END $$;
SELECT ecommerce.order_totals(quantity, unit_price, vat_rate, 'EUR', 'gross')::text AS serial
FROM lines \gset
SELECT md5(string_agg(t::text, ' ' ORDER BY order_id)) AS serial_groups
FROM (SELECT order_id % 50 AS order_id,
        ecommerce.order_totals(quantity, unit_price, vat_rate, 'OMR') AS t
    FROM lines GROUP BY 1) s \gset
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
SELECT pg_temp.plan_has('"Partial Mode": "Partial"',
    $$SELECT ecommerce.order_totals(quantity, unit_price, vat_rate, 'EUR', 'gross')
        FROM lines$$) AS partial;
SELECT ecommerce.order_totals(quantity, unit_price, vat_rate, 'EUR', 'gross')::text
    = :'serial' AS same
FROM lines;
SELECT md5(string_agg(t::text, ' ' ORDER BY order_id)) = :'serial_groups' AS same
FROM (SELECT order_id % 50 AS order_id,
        ecommerce.order_totals(quantity, unit_price, vat_rate, 'OMR') AS t
    FROM lines GROUP BY 1) s;
SELECT ecommerce.order_totals(quantity, unit_price, vat_rate) AS none FROM lines
WHERE quantity > 1000000;
SELECT failure($$SELECT ecommerce.order_totals(quantity, unit_price, vat_rate,
        CASE id % 2 WHEN 0 THEN 'EUR' ELSE 'USD' END)
    FROM lines$$) AS failure;
RESET max_parallel_workers_per_gather;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET parallel_leader_participation;

-- partitionwise: states are combined without being sent
CREATE TABLE parts (part integer, quantity numeric, unit_price numeric, vat_rate numeric,
    currency text, prices text)
    PARTITION BY LIST (part);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (2);
CREATE TABLE parts_3 PARTITION OF parts FOR VALUES IN (3);
SET enable_partitionwise_aggregate = on;
SET max_parallel_workers_per_gather = 0;
INSERT INTO parts SELECT id % 2 + 1, quantity, unit_price, vat_rate, 'EUR', 'gross' FROM lines;
ANALYZE parts;
SELECT pg_temp.plan_has('"Partial Mode": "Partial"',
    'SELECT ecommerce.order_totals(quantity, unit_price, vat_rate, currency, prices)
        FROM parts') AS partial;
SELECT ecommerce.order_totals(quantity, unit_price, vat_rate, currency, prices)::text
    = :'serial' AS same
FROM parts;
-- a partition that is empty, or has other rates, or more of them
TRUNCATE parts;
INSERT INTO parts SELECT 2, 1, 0.5, r, 'OMR', 'net' FROM generate_series(1, 9) AS r;
INSERT INTO parts SELECT 3, 1, 0.5, r, 'OMR', 'net' FROM generate_series(8, 10) AS r;
SELECT (ecommerce.order_totals(quantity, unit_price, vat_rate, currency, prices)).* FROM parts;
UPDATE parts SET currency = 'BHD' WHERE part = 3;
SELECT failure('SELECT ecommerce.order_totals(quantity, unit_price, vat_rate, currency, prices)
    FROM parts') AS "other currency";
UPDATE parts SET currency = 'OMR', prices = 'gross' WHERE part = 3;
SELECT failure('SELECT ecommerce.order_totals(quantity, unit_price, vat_rate, currency, prices)
    FROM parts') AS "other prices";
TRUNCATE parts;
INSERT INTO parts SELECT 1 + r % 2, 1, 1, r, 'EUR', 'net' FROM generate_series(0, 32) AS r;
SELECT failure('SELECT ecommerce.order_totals(quantity, unit_price, vat_rate, currency, prices)
    FROM parts') AS "33 rates";
RESET enable_partitionwise_aggregate;
RESET max_parallel_workers_per_gather;

-- as a window aggregate: running totals, and a frame that moves
SELECT count(*) AS rows,
    count(*) FILTER (WHERE running::text
        IS DISTINCT FROM (SELECT ecommerce.order_totals(quantity, unit_price, vat_rate) FROM lines l
            WHERE l.id <= w.id)::text) AS wrong,
    count(*) FILTER (WHERE moving::text
        IS DISTINCT FROM (SELECT ecommerce.order_totals(quantity, unit_price, vat_rate) FROM lines l
            WHERE l.id BETWEEN w.id - 2 AND w.id)::text) AS wrong_frame
FROM (SELECT id,
        ecommerce.order_totals(quantity, unit_price, vat_rate) OVER (ORDER BY id) AS running,
        ecommerce.order_totals(quantity, unit_price, vat_rate) OVER (ORDER BY id
            ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS moving
    FROM lines WHERE id <= 200) w;

-- what cannot be totalled
SELECT call, failure('SELECT ecommerce.order_totals(' || call) AS failure
FROM unnest(ARRAY['1, 1, 24, c) FROM (VALUES (''EUR''), (''USD'')) AS v (c)',
    '1, 1, 24, c) FROM (VALUES (''EUR''), (''EURO'')) AS v (c)',
    '1, 1, 24, c) FROM (VALUES (''KWD''), (''OMR'')) AS v (c)',
    '1, 1, 24, ''EUR'', k) FROM (VALUES (''net''), (''gross'')) AS v (k)',
    '1, 1, 24, ''EUR'', ''Net'')', '1, 1, 24, ''EUR'', '''')', '1, 1, 24, ''eur'')',
    '''NaN'', 1, 24)', '1, ''Infinity'', 24)', '1, 1, ''-Infinity'')', '1e131071, 1, 24)',
    '1, 1e131071, 24)', '1, 1, 1e131071)', '1e-19, 1, 24)',
    '1, 1, -1)', '1, 1, -0.5)', '1, 1, 101)', '1, 1, 100.0001)', '1, 1, 100.000001)',
    '1, 1, 24.0000001)', '1, 1e22, 24)', '1e11, 1e11, 24)', '1e19, 1e19, 24)', '1e38, 1e38, 24)',
    '1, p, 24) FROM unnest(''{9e21, 9e21}''::numeric[]) AS p',
    '1, 1, r) FROM generate_series(0, 32) AS r']) AS call;
SELECT jsonb_array_length((ecommerce.order_totals(1, 1, r)).breakdown) AS rates
FROM generate_series(0, 31) AS r;
SELECT (ecommerce.order_totals(1, 4999999999999999999999.99, 100)).*;

--
-- calculate_totals
--
SELECT jsonb_pretty(ecommerce.calculate_totals('{
    "currency": "EUR", "prices": "net",
    "lines": [{"line": 10, "quantity": 2, "unit_price": 60.00, "vat_rate": 24,
        "allowances": [{"percent": 50}]},
      {"line": 20, "quantity": "250", "unit_price": "16", "base_quantity": 100,
        "vat_category": "S", "vat_rate": 6.0, "charges": [{"amount": 1}, {"percent": 2.5}]}],
    "allowances": [{"amount": 2}],
    "charges": [{"kind": "shipping", "name": "Courier", "amount": 5.00},
      {"kind": "fee", "amount": 1.00, "vat": "fixed", "vat_category": "E", "vat_rate": 0}],
    "prepaid": 20, "rounding": -0.03}'));

-- what a document comes to, on one line: each line's net, VAT and discount, then each group
CREATE FUNCTION pg_temp.totals(document jsonb, OUT lines text, OUT groups text, OUT net numeric,
    OUT vat numeric, OUT gross numeric, OUT payable numeric)
LANGUAGE sql AS $$
    SELECT (SELECT string_agg(concat_ws(' ', l ->> 'net', l ->> 'vat',
                '-' || nullif((l ->> 'discount')::numeric, 0)), ', ' ORDER BY n)
            FROM jsonb_array_elements(t -> 'lines') WITH ORDINALITY AS e (l, n)),
        (SELECT string_agg(concat(g ->> 'category', g ->> 'rate', ' ', g ->> 'taxable', ' ',
                g ->> 'tax'), ', ' ORDER BY n)
            FROM jsonb_array_elements(t -> 'vat') WITH ORDINALITY AS e (g, n)),
        (t #>> '{totals,net}')::numeric, (t #>> '{totals,vat}')::numeric,
        (t #>> '{totals,gross}')::numeric, (t #>> '{totals,payable}')::numeric
    FROM ecommerce.calculate_totals(document) AS t
$$;
-- a document of lines "quantity x price @ rate", and what else it has
CREATE FUNCTION pg_temp.document(prices text, lines text, extra text DEFAULT '{}',
    currency text DEFAULT 'EUR')
RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('currency', currency, 'prices', prices, 'lines',
        jsonb_agg(jsonb_build_object('quantity', m[1], 'unit_price', m[2], 'vat_rate', m[3])
            ORDER BY n))
        || extra::jsonb
    FROM regexp_matches(lines, '(\S+) x (\S+) @ ([0-9.]+)', 'g') WITH ORDINALITY AS r (m, n)
$$;
-- worked examples, by their numbers in the collection of VAT cases that the rules come from
SELECT e.example, t.*
FROM (VALUES
        ('1', pg_temp.document('net', '3 x 19.99 @ 24')),
        ('8', pg_temp.document('net', '-1 x 0.50 @ 13')),
        ('9', pg_temp.document('net', '1 x 0.02 @ 24, 1 x 0.02 @ 24, 1 x 0.02 @ 24')),
        ('10', pg_temp.document('net',
            '4 x 2.27 @ 21, 4 x 2.27 @ 21, 4 x 2.27 @ 21, 4 x 2.27 @ 21')),
        ('11', '{"currency": "EUR", "lines": [{"quantity": 16, "unit_price": 348.35, '
            '"vat_rate": 22, "allowances": [{"percent": 4}]}]}'),
        ('12', pg_temp.document('net', '1 x 40.80 @ 9, 1 x 1.98 @ 9, 1 x 14.99 @ 9')),
        ('13', pg_temp.document('net', '10 x 14.28 @ 19')),
        ('14', pg_temp.document('net', '10 x 3.60 @ 5.5')),
        ('15', pg_temp.document('gross', '1 x 9.99 @ 24')),
        ('16', pg_temp.document('gross', '1 x 19.99 @ 13')),
        ('17', pg_temp.document('gross', '1 x 100.00 @ 24')),
        ('18', pg_temp.document('gross', '1 x 0.01 @ 24')),
        ('19', pg_temp.document('gross', '1 x 49.90 @ 25.5')),
        ('20', pg_temp.document('gross', '1 x 12.00 @ 27')),
        ('21', pg_temp.document('gross', '1 x 8.01 @ 20')),
        ('22', pg_temp.document('gross', '10 x 23.90 @ 20', '{"allowances": [{"percent": 25}]}')),
        ('23', pg_temp.document('gross', '1 x 21.53 @ 21, 1 x 21.53 @ 21')),
        ('24', pg_temp.document('gross', '1 x 11.90 @ 21, 1 x 2.80 @ 21')),
        ('25', pg_temp.document('gross', '1 x 250.00 @ 19, 1 x 250.00 @ 19, 1 x 250.00 @ 19')),
        ('26', pg_temp.document('gross', '1 x 1620.00 @ 21, 1 x 10.00 @ 6')),
        ('28', pg_temp.document('gross', '1 x 1.99 @ 24')),
        ('29', pg_temp.document('net', '1 x 33.33 @ 24, 1 x 33.33 @ 13, 1 x 33.34 @ 6',
            '{"allowances": [{"amount": 10}]}')),
        ('30', pg_temp.document('net', '1 x 5 @ 24, 1 x 5 @ 24, 1 x 5 @ 24',
            '{"allowances": [{"amount": 1}]}')),
        ('31', pg_temp.document('net', '1 x 10 @ 24, 1 x 10 @ 24, 1 x 10 @ 24, 1 x 0 @ 24',
            '{"allowances": [{"amount": 0.02}]}')),
        ('32', pg_temp.document('net', '3 x 19.99 @ 24', '{"allowances": [{"amount": 59.97}]}')),
        ('33', pg_temp.document('net', '3 x 19.99 @ 24', '{"allowances": [{"amount": 80}]}')),
        ('34', pg_temp.document('gross', '1 x 50.00 @ 10', '{"allowances": [{"amount": 10}]}')),
        ('35', '{"currency": "EUR", "lines": [{"quantity": 3, "unit_price": 733.61, '
            '"vat_rate": 22, "allowances": [{"percent": 10}]}, {"quantity": 2, '
            '"unit_price": 569.67, "vat_rate": 22, "allowances": [{"percent": 10}]}]}'),
        ('36', pg_temp.document('net', '1 x 60 @ 24, 1 x 40 @ 6', '{"charges": [{"amount": 5}]}')),
        ('36, highest',
            pg_temp.document('net', '1 x 60 @ 24, 1 x 40 @ 6',
                '{"charges": [{"amount": 5, "vat": "highest"}]}')),
        ('36, fixed',
            pg_temp.document('net', '1 x 60 @ 24, 1 x 40 @ 6',
                '{"charges": [{"amount": 5, "vat": "fixed", "vat_rate": 13}]}')),
        ('37', pg_temp.document('gross', '1 x 61.99 @ 24, 1 x 38.01 @ 6',
            '{"charges": [{"amount": 4.99}]}')),
        ('38', pg_temp.document('net', '0.345 x 12.90 @ 13')),
        ('39', '{"currency": "EUR", "lines": [{"quantity": 250, "unit_price": 12.35, '
            '"base_quantity": 100, "vat_rate": 24}]}'),
        ('40', pg_temp.document('net', '3 x 0.335 @ 24')),
        ('41', pg_temp.document('net', '0.333 x 10.00 @ 24')),
        ('42', pg_temp.document('net', '0 x 9.99 @ 24, 5 x 0.00 @ 24')),
        ('43', pg_temp.document('net', '2 x 12.345 @ 5', '{}', 'OMR')),
        ('44', pg_temp.document('net', '1 x 333 @ 8', '{}', 'JPY')),
        ('44', pg_temp.document('net', '1 x 333 @ 10', '{}', 'JPY')),
        ('45', pg_temp.document('gross', '1 x 12.32 @ 24', '{"rounding": -0.02}')),
        ('48', pg_temp.document('gross', '1 x 12.38 @ 24', '{"rounding": 0.02, "prepaid": 2.40}')),
        ('51', pg_temp.document('gross', '-1 x 12.33 @ 24', '{"rounding": -0.02}')),
        ('53', pg_temp.document('net', '-3 x 19.99 @ 24')),
        ('57', '{"currency": "EUR", "lines": [{"quantity": 1, "unit_price": 100, '
            '"vat_category": "K", "vat_rate": 0}]}'),
        ('59', '{"currency": "EUR", "lines": [{"quantity": 1, "unit_price": 100, '
            '"vat_category": "G", "vat_rate": 0}]}'),
        ('63', pg_temp.document('net', '1 x 1620 @ 17')),
        ('67', '{"currency": "EUR", "lines": [{"quantity": 1, "unit_price": 1620, "vat_rate": 24}, '
            '{"quantity": 1, "unit_price": 100, "vat_category": "E", "vat_rate": 0}]}'),
        ('70', pg_temp.document('net', '1 x 24.99 @ 10.75',
            '{"charges": [{"amount": 6.44, "vat": "fixed", "vat_rate": 0}]}')),
        ('71', pg_temp.document('net', '1 x 164.02 @ 2.6'))) AS e (example, document),
    LATERAL pg_temp.totals(document) AS t;
-- allowances, charges and their order
SELECT e.example, t.*
FROM (VALUES
        ('no lines', pg_temp.document('net', '') || '{"lines": []}'),
        ('shipping alone',
            pg_temp.document('net', '')
                || '{"lines": [], "charges": [{"amount": 5, "vat_rate": 24}]}'),
        ('goods for nothing',
            pg_temp.document('net', '1 x 0 @ 6, 1 x 0 @ 24', '{"charges": [{"amount": 5}]}')),
        ('all given away',
            pg_temp.document('net', '1 x 10 @ 6, 1 x 10 @ 24',
                '{"allowances": [{"percent": 100}], "charges": [{"amount": 5}]}')),
        ('returned goods',
            pg_temp.document('net', '1 x 30 @ 24, -1 x 10 @ 6',
                '{"allowances": [{"amount": 3}], "charges": [{"amount": 5}]}')),
        ('all returned',
            pg_temp.document('gross', '-1 x 30 @ 24, -1 x 10 @ 6',
                '{"allowances": [{"amount": 3}, {"percent": 10}]}')),
        ('one after the other',
            pg_temp.document('net', '1 x 100 @ 24',
                '{"allowances": [{"percent": 10}, {"percent": 10}, {"amount": 1}]}')),
        ('of the discounted',
            pg_temp.document('net', '1 x 60 @ 24, 1 x 40 @ 6',
                '{"allowances": [{"amount": 50}], "charges": [{"amount": 1}, {"kind": "fee", '
                    '"amount": 2, "vat": "highest"}]}')),
        ('0 % and exempt',
            '{"currency": "EUR", "lines": [{"quantity": 1, "unit_price": 1, "vat_rate": 0}, '
                '{"quantity": 1, "unit_price": 2, "vat_category": "E", "vat_rate": 0}, '
                '{"quantity": 1, "unit_price": 3, "vat_category": "AE", "vat_rate": 0}]}'),
        ('outside',
            '{"currency": "EUR", "lines": [{"quantity": 1, "unit_price": 1, "vat_category": "O", '
                '"vat_rate": 0}], "charges": [{"amount": 2}]}'),
        ('line discounts',
            '{"currency": "EUR", "lines": [{"quantity": 1, "unit_price": 100, "vat_rate": 24, '
                '"allowances": [{"percent": 10}, {"percent": 10}, {"amount": 200}], '
                '"charges": [{"percent": 1}, {"amount": 0.5}]}]}'),
        ('a returned line''s',
            '{"currency": "EUR", "lines": [{"quantity": -1, "unit_price": 100, "vat_rate": 24, '
                '"allowances": [{"amount": 10}], "charges": [{"percent": 10}]}]}'),
        ('nulls are absent',
            '{"currency": "EUR", "prices": null, "allowances": null, "charges": null, '
                '"prepaid": null, "rounding": null, "lines": [{"line": null, "quantity": "+1", '
                '"unit_price": "1.0", "base_quantity": null, "vat_category": null, '
                '"vat_rate": "24.000", "allowances": null, "charges": null}]}'),
        ('per million',
            '{"currency": "EUR", "lines": [{"quantity": 1, "unit_price": 0.000000000000000001, '
                '"base_quantity": 0.000000000000000001, "vat_rate": 24}]}'),
        ('largest',
            pg_temp.document('net', '1 x 4999999999999999999999.99 @ '
                '100'))) AS e (example, document),
    LATERAL pg_temp.totals(document) AS t;

-- 400 documents against SQL: discount over the lines, then VAT for each rate; lines sum to their
-- groups, and these to the totals
CREATE TEMP TABLE documents AS
SELECT order_id, prices,
    pg_temp.document(prices,
        string_agg(concat(quantity, ' x ', unit_price, ' @ ', vat_rate), ', ' ORDER BY id),
        CASE order_id % 3 WHEN 0 THEN '{}'
            ELSE format('{"allowances": [{"amount": %s}]}', order_id) END) AS document
FROM lines, (VALUES ('net'), ('gross')) AS k (prices) WHERE order_id < 200
GROUP BY order_id, prices;
WITH amounts AS (SELECT d.order_id, d.prices, l.id, l.vat_rate,
            round(l.quantity * l.unit_price, 2) AS amount,
            CASE d.order_id % 3 WHEN 0 THEN 0 ELSE d.order_id END AS discount
        FROM documents d JOIN lines l USING (order_id)),
    weights AS (SELECT *, greatest(amount, 0) AS weight, sum(greatest(amount, 0)) OVER w AS weights,
            row_number() OVER (PARTITION BY order_id, prices ORDER BY id) AS n
        FROM amounts WINDOW w AS (PARTITION BY order_id, prices)),
    discounts AS (SELECT order_id, prices,
            ecommerce.allocate_amount(least(max(discount), max(weights)),
                array_agg(weight ORDER BY n), 'EUR') AS shares
        FROM weights GROUP BY order_id, prices),
    rates AS (SELECT order_id, prices, vat_rate, sum(amount - shares[n]) AS amount FROM weights
        JOIN discounts USING (order_id, prices) GROUP BY order_id, prices, vat_rate),
    expected AS (SELECT order_id, prices, sum(amount) AS amount,
            sum(pg_temp.vat(amount, vat_rate, prices, 2)) AS vat, max(discount) AS discount
        FROM rates
        JOIN (SELECT DISTINCT order_id, prices, least(discount, weights) AS discount FROM weights) s
            USING (order_id, prices)
        GROUP BY order_id, prices),
    computed AS (SELECT order_id, prices, ecommerce.calculate_totals(document) AS t FROM documents),
    sums AS (SELECT c.*, l.*, g.*
        FROM computed c,
            LATERAL (SELECT sum((e ->> 'net')::numeric) AS line_net,
                    sum((e ->> 'vat')::numeric) AS line_vat,
                    sum((e ->> 'gross')::numeric) AS line_gross,
                    sum((e ->> 'discount')::numeric) AS line_discount
                FROM jsonb_array_elements(t -> 'lines') AS e) l,
            LATERAL (SELECT sum((e ->> 'taxable')::numeric) AS group_net,
                    sum((e ->> 'tax')::numeric) AS group_vat
                FROM jsonb_array_elements(t -> 'vat') AS e) g)
SELECT count(*) AS documents,
    count(*) FILTER (WHERE (t #>> '{totals,vat}')::numeric IS DISTINCT FROM vat) AS wrong_vat,
    count(*) FILTER (WHERE
        (t #>> ARRAY['totals', CASE prices WHEN 'net' THEN 'net' ELSE 'gross' END])::numeric
        IS DISTINCT FROM amount) AS wrong_amount,
    count(*) FILTER (WHERE (t #>> '{totals,allowances}')::numeric IS DISTINCT FROM discount
        OR line_discount IS DISTINCT FROM discount) AS wrong_discount,
    count(*) FILTER (WHERE (line_net, line_vat, line_gross)
        IS DISTINCT FROM ((t #>> '{totals,net}')::numeric, (t #>> '{totals,vat}')::numeric,
            (t #>> '{totals,gross}')::numeric)) AS wrong_lines,
    count(*) FILTER (WHERE (group_net, group_vat)
        IS DISTINCT FROM ((t #>> '{totals,net}')::numeric,
            (t #>> '{totals,vat}')::numeric)) AS wrong_groups
FROM expected JOIN sums USING (order_id, prices);
-- the VAT of a line is less than a cent from what it would be alone
SELECT count(*) > 2500 AS many,
    count(*) FILTER (WHERE abs((e ->> 'vat')::numeric
        * (100 + CASE prices WHEN 'gross' THEN l.vat_rate ELSE 0 END)
        - (e ->> CASE prices WHEN 'net' THEN 'net' ELSE 'gross' END)::numeric * l.vat_rate) >= 0.01
        * (100 + CASE prices WHEN 'gross' THEN l.vat_rate ELSE 0 END)) AS wrong
FROM documents d,
    LATERAL jsonb_array_elements(ecommerce.calculate_totals(document) -> 'lines') AS e,
    LATERAL (SELECT vat_rate FROM lines WHERE order_id = d.order_id ORDER BY id
        OFFSET (e ->> 'line')::integer - 1 LIMIT 1) AS l;
-- the aggregate and the document agree
SELECT count(*) AS documents,
    count(*) FILTER (WHERE (a.net, a.vat, a.gross)
        IS DISTINCT FROM (t.net, t.vat, t.gross)) AS wrong
FROM (SELECT d.order_id, d.prices, d.document,
            (ecommerce.order_totals(quantity, unit_price, vat_rate, 'EUR', d.prices)).*
        FROM documents d JOIN lines l USING (order_id) WHERE d.order_id % 3 = 0
        GROUP BY d.order_id, d.prices, d.document) a,
    LATERAL pg_temp.totals(document) AS t;

-- wrong documents
SELECT document, failure(format('SELECT ecommerce.calculate_totals(%L)', document)) AS failure
FROM unnest(ARRAY['[]', '"EUR"', '1', 'null', '[{"currency": "EUR"}]', '{}', '{"lines": []}',
    '{"currency": null, "lines": []}', '{"currency": 978, "lines": []}',
    '{"currency": "Euro", "lines": []}', '{"currency": ["EUR"], "lines": []}',
    '{"currency": "EUR"}', '{"currency": "EUR", "lines": null}', '{"currency": "EUR", "lines": {}}',
    '{"currency": "EUR", "lines": "x"}', '{"currency": "EUR", "lines": 1}',
    '{"currency": "EUR", "lines": [1]}', '{"currency": "EUR", "lines": [[]]}',
    '{"currency": "EUR", "lines": [null]}',
    '{"currency": "EUR", "lines": [], "total": 1}',
    '{"currency": "EUR", "lines": [], "prices": "Gross"}',
    '{"currency": "EUR", "lines": [], "prices": 1}',
    '{"currency": "EUR", "lines": [], "prices": {}}',
    '{"currency": "EUR", "lines": [], "allowances": {}}',
    '{"currency": "EUR", "lines": [], "allowances": [5]}',
    '{"currency": "EUR", "lines": [], "charges": "5"}',
    '{"currency": "EUR", "lines": [], "charges": [[]]}',
    '{"currency": "EUR", "lines": [], "prepaid": 0.001}',
    '{"currency": "JPY", "lines": [], "rounding": 0.1}',
    '{"currency": "EUR", "lines": [], "prepaid": "x"}',
    '{"currency": "EUR", "lines": [], "prepaid": []}',
    '{"currency": "EUR", "lines": [], "rounding": true}']) AS document;
-- wrong lines
SELECT line,
    failure(format('SELECT ecommerce.calculate_totals(%L)',
        '{"currency": "EUR", "lines": [{"quantity": 1, "unit_price": 1, "vat_rate": 24}, ' || line
            || ']}')) AS failure
FROM unnest(ARRAY['{}', '{"quantity": 1}', '{"quantity": 1, "unit_price": 1}',
    '{"unit_price": 1, "vat_rate": 24}', '{"quantity": null, "unit_price": 1, "vat_rate": 24}',
    '{"quantity": 1, "unit_price": 1, "vat_rate": 24, "sku": "A"}',
    '{"quantity": "one", "unit_price": 1, "vat_rate": 24}',
    '{"quantity": "", "unit_price": 1, "vat_rate": 24}',
    '{"quantity": " 1", "unit_price": 1, "vat_rate": 24}',
    '{"quantity": "1e3", "unit_price": 1, "vat_rate": 24}',
    '{"quantity": "1,5", "unit_price": 1, "vat_rate": 24}',
    '{"quantity": "NaN", "unit_price": 1, "vat_rate": 24}',
    '{"quantity": ".", "unit_price": 1, "vat_rate": 24}',
    '{"quantity": "1.", "unit_price": 1, "vat_rate": 24}',
    '{"quantity": "--1", "unit_price": 1, "vat_rate": 24}',
    '{"quantity": true, "unit_price": 1, "vat_rate": 24}',
    '{"quantity": [1], "unit_price": 1, "vat_rate": 24}',
    '{"quantity": {}, "unit_price": 1, "vat_rate": 24}',
    '{"quantity": 1e131071, "unit_price": 1, "vat_rate": 24}',
    '{"quantity": 1e-19, "unit_price": 1, "vat_rate": 24}',
    '{"quantity": "0.0000000000000000001", "unit_price": 1, "vat_rate": 24}',
    '{"quantity": "999999999999999999999999999999999999999999", "unit_price": 1, "vat_rate": 24}',
    '{"quantity": 1e20, "unit_price": 1e20, "vat_rate": 24}',
    '{"quantity": 1, "unit_price": 1e22, "vat_rate": 24}',
    '{"line": 0, "quantity": 1, "unit_price": 1, "vat_rate": 24}',
    '{"line": 1.5, "quantity": 1, "unit_price": 1, "vat_rate": 24}',
    '{"line": 2147483648, "quantity": 1, "unit_price": 1, "vat_rate": 24}',
    '{"line": "a", "quantity": 1, "unit_price": 1, "vat_rate": 24}',
    '{"quantity": 1, "unit_price": 1, "base_quantity": 0, "vat_rate": 24}',
    '{"quantity": 1, "unit_price": 1, "base_quantity": -1, "vat_rate": 24}',
    '{"quantity": 1, "unit_price": 1, "base_quantity": "x", "vat_rate": 24}',
    '{"quantity": 1, "unit_price": 1, "vat_rate": -1}',
    '{"quantity": 1, "unit_price": 1, "vat_rate": 101}',
    '{"quantity": 1, "unit_price": 1, "vat_rate": 24.0000001}',
    '{"quantity": 1, "unit_price": 1, "vat_rate": "24%"}',
    '{"quantity": 1, "unit_price": 1, "vat_category": "X", "vat_rate": 24}',
    '{"quantity": 1, "unit_price": 1, "vat_category": "s", "vat_rate": 24}',
    '{"quantity": 1, "unit_price": 1, "vat_category": 1, "vat_rate": 24}',
    '{"quantity": 1, "unit_price": 1, "vat_category": "", "vat_rate": 24}',
    '{"quantity": 1, "unit_price": 1, "vat_category": "S", "vat_rate": 0}',
    '{"quantity": 1, "unit_price": 1, "vat_category": "Z", "vat_rate": 24}',
    '{"quantity": 1, "unit_price": 1, "vat_category": "E", "vat_rate": 6}',
    '{"quantity": 1, "unit_price": 1, "vat_category": "O", "vat_rate": 0}',
    '{"quantity": 1, "unit_price": 1, "vat_rate": 24, "allowances": 1}',
    '{"quantity": 1, "unit_price": 1, "vat_rate": 24, "allowances": [1]}',
    '{"quantity": 1, "unit_price": 1, "vat_rate": 24, "allowances": [{}]}',
    '{"quantity": 1, "unit_price": 1, "vat_rate": 24, "allowances": [{"amount": 1, "percent": 1}]}',
    '{"quantity": 1, "unit_price": 1, "vat_rate": 24, "allowances": [{"amount": -1}]}',
    '{"quantity": 1, "unit_price": 1, "vat_rate": 24, "allowances": [{"amount": 1}, '
        '{"amount": 0.001}]}',
    '{"quantity": 1, "unit_price": 1, "vat_rate": 24, "allowances": [{"percent": 100.1}]}',
    '{"quantity": 1, "unit_price": 1, "vat_rate": 24, "allowances": [{"percent": -1}]}',
    '{"quantity": 1, "unit_price": 1, "vat_rate": 24, "charges": [{"kind": "fee", "amount": 1}]}',
    '{"quantity": 1, "unit_price": 1, "vat_rate": 24, "charges": [{"amount": -1}]}',
    '{"quantity": 1, "unit_price": 1, "vat_rate": 24, "charges": [{"amount": 1e22}]}']) AS line;
-- wrong charges and allowances
SELECT extra,
    failure(format('SELECT ecommerce.calculate_totals(%L)',
        pg_temp.document('net', '1 x 100 @ 24', extra))) AS failure
FROM unnest(ARRAY['{"charges": [{}]}', '{"charges": [{"amount": -1}]}',
    '{"charges": [{"amount": 0.005}]}', '{"charges": [{"percent": 1}]}',
    '{"charges": [{"kind": "product", "amount": 1}]}', '{"charges": [{"kind": 1, "amount": 1}]}',
    '{"charges": [{"name": "", "amount": 1}]}', '{"charges": [{"name": 1, "amount": 1}]}',
    '{"charges": [{"amount": 1, "vat": "lowest"}]}', '{"charges": [{"amount": 1, "vat": "fixed"}]}',
    '{"charges": [{"amount": 1, "vat": "fixed", "vat_rate": 24, "vat_category": "Z"}]}',
    '{"charges": [{"amount": 1}, {"amount": 1, "vat": "fixed", "vat_rate": 0, '
        '"vat_category": "O"}]}',
    '{"charges": [{"amount": 1e22}]}', '{"charges": [{"amount": 9e21}, {"amount": 9e21}]}',
    '{"allowances": [{"amount": 1}, {"amount": 1, "percent": 1}]}',
    '{"allowances": [{"amount": null}]}', '{"allowances": [{"amount": -0.01}]}',
    '{"allowances": [{"percent": 100.0000001}]}', '{"allowances": [{"reason": "x", "amount": 1}]}',
    '{"prepaid": 1e22}', '{"rounding": -1e22}', '{"prepaid": 1e131071}']) AS extra;
SELECT failure(format('SELECT ecommerce.calculate_totals(%L)',
    pg_temp.document('net', '1 x 100 @ 24',
        jsonb_build_object('charges',
            jsonb_build_array(
                jsonb_build_object('amount', 1, 'name', repeat('x', 256))))::text))) AS "long name";
SELECT failure(format('SELECT ecommerce.calculate_totals(%L)',
    pg_temp.document('net', string_agg('1 x 1 @ ' || r, ' ')))) AS "33 rates"
FROM generate_series(0, 32) AS r;
SELECT failure(format('SELECT ecommerce.calculate_totals(%L)',
    jsonb_build_object('currency', 'EUR', 'lines', jsonb_agg(n)))) AS "too many lines"
FROM generate_series(1, 100001) AS n;
SELECT length(convert_from(convert_to(failure(format('SELECT ecommerce.calculate_totals(%L)',
            jsonb_build_object('x' || repeat(chr(233), 60), 1))), 'UTF8'), 'UTF8'))
    > 60 AS "valid message";
-- sums that would wrap around 128 bits
SELECT failure($$SELECT ecommerce.calculate_totals('{"currency": "JPY",
        "lines": [{"quantity": -1, "unit_price": 1, "vat_rate": 24,
            "allowances": [{"amount": 170141183460469231731687303715884105727},
                {"amount": 170141183460469231731687303715884105727},
                {"amount": 2}]}]}')$$) AS allowances,
    failure($$SELECT ecommerce.calculate_totals('{"currency": "JPY", "lines": [],
        "prepaid": -170141183460469231731687303715884105727,
        "rounding": 170141183460469231731687303715884105727}')$$) AS payable;
SELECT ecommerce.calculate_totals(NULL) IS NULL AS "null";

SET client_min_messages = warning;
DROP TABLE lines, parts, breakdowns, numbers, rates, toasted CASCADE;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
