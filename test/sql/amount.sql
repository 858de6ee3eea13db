-- Amounts of money and the VAT in them.
CREATE EXTENSION ecommerce;

-- round_amount: half away from zero, to 0, 2, 3 or 4 decimals
SELECT amount, ecommerce.round_amount(amount, 'JPY') AS "JPY",
    ecommerce.round_amount(amount, 'EUR') AS "EUR",
    ecommerce.round_amount(amount, 'OMR') AS "OMR", ecommerce.round_amount(amount, 'CLF') AS "CLF"
FROM unnest('{0, 1, 0.5, -0.5, 1.5, -2.5, 0.4999, 2.675, -2.675, 1.005, 1.0045, 0.0005, -0.0005,
    0.00005, -0.00004, 12345.67895}'::numeric[]) AS amount;
SELECT ecommerce.round_amount(NULL, 'EUR') IS NULL AS no_amount,
    ecommerce.round_amount(1, NULL) IS NULL AS no_currency;
-- an amount has the decimals of its currency, never a negative zero
SELECT ecommerce.round_amount('-0.001', 'EUR'),
    ecommerce.round_amount(1.5000000000000000000000000000000000, 'EUR'),
    ecommerce.round_amount(7, 'JPY');
-- minor units: of 0, 2, 3 and 4 decimals, and back
SELECT c, ecommerce.from_minor_units(1050, c), ecommerce.from_minor_units(-5, c),
    ecommerce.to_minor_units(1050, c), ecommerce.to_minor_units(
        ecommerce.from_minor_units(9223372036854775807, c), c) AS largest
FROM unnest('{JPY,EUR,KWD,CLF}'::text[]) AS c;
SELECT c, failure('SELECT ecommerce.' || c) FROM unnest(ARRAY['from_minor_units(1, ''eur'')',
    'from_minor_units(NULL, ''EUR'')', 'to_minor_units(0.005, ''EUR'')',
    'to_minor_units(0.5, ''JPY'')', 'to_minor_units(''NaN'', ''EUR'')',
    'to_minor_units(1e17, ''EUR'')', 'to_minor_units(1e20, ''JPY'')']) AS c;
-- limits: below 10^24 minor units, at most 18 decimals
SELECT ecommerce.round_amount(9999999999999999999999.99, 'EUR'),
    ecommerce.round_amount(-999999999999999999999999, 'JPY'),
    ecommerce.round_amount(0.000000000000000001, 'EUR'),
    ecommerce.round_amount(0.5 - 0.000000000000000001, 'JPY');
SELECT amount, currency,
    failure(format('SELECT ecommerce.round_amount(%L, %L)', amount, currency)) AS failure
FROM (VALUES
    ('NaN', 'EUR'), ('Infinity', 'EUR'), ('-Infinity', 'EUR'), ('1e22', 'EUR'), ('-1e22', 'EUR'),
    ('9999999999999999999999.995', 'EUR'),
    ('1e24', 'JPY'), ('1e20', 'CLF'), ('1e38', 'JPY'), ('1e39', 'JPY'),
    ('170141183460469231731687303715884105728', 'JPY'), ('1e40', 'JPY'), ('1e43', 'JPY'),
    ('1e44', 'JPY'), ('1e131071', 'EUR'), ('1e-19', 'EUR'), ('1e-16383', 'EUR'),
    ('1000000000000000000000.0000000000000000001', 'EUR'),
    ('1', 'eur'), ('1', 'EURO'), ('1', 'EU'), ('1', ''), ('1', 'ZZZ'),
    ('1', 'EUR ')) AS v (amount, currency);
-- a message never ends within a character
SELECT length(convert_from(
    convert_to(failure(format('SELECT ecommerce.round_amount(1, %L)', 'x' || repeat(chr(233), 30))),
        'UTF8'), 'UTF8')) > 20 AS valid;
-- C and the table of currencies agree
SELECT minor_units, count(*) > 0 AS some,
    count(*) FILTER (WHERE scale(ecommerce.round_amount(1, code)) <> minor_units) AS wrong
FROM ecommerce.currencies GROUP BY minor_units ORDER BY minor_units;
SELECT string_agg(code, ' ' ORDER BY code) FILTER (WHERE minor_units = 0
        AND code !~ '^X[^OPA]') AS none,
    string_agg(code, ' ' ORDER BY code) FILTER (WHERE minor_units = 3) AS three,
    string_agg(code, ' ' ORDER BY code) FILTER (WHERE minor_units = 4) AS four
FROM ecommerce.currencies;

-- 36,000 amounts of all sizes, and the very bytes that PostgreSQL's round() makes
WITH amounts AS (SELECT sign * m::numeric * ('1e' || e)::numeric AS amount
    FROM generate_series(-16, 15) AS e, unnest('{1, -1}'::integer[]) AS sign,
        (SELECT (i * i * 7919 + i) % 100000 FROM generate_series(1, 130) AS i
            UNION SELECT unnest('{5, 45, 49, 50, 51, 95, 99, 995, 4999, 5000, 5001, 9995, 9999,
                10000, 10001, 49999, 50000, 99995, 99999}'::integer[])) AS m (m))
SELECT count(*) > 30000 AS many,
    count(*) FILTER (WHERE numeric_send(ecommerce.round_amount(amount, code))
        IS DISTINCT FROM numeric_send(round(amount, scale))) AS wrong,
    count(*) FILTER (WHERE pg_column_size(ecommerce.round_amount(amount, code))
        > pg_column_size(round(amount, scale))) AS longer
FROM amounts, (VALUES ('JPY', 0), ('EUR', 2), ('OMR', 3), ('CLF', 4)) AS c (code, scale);

-- vat_amount and gross_from_net: 13, 6, 17, 9 and 25.5 % have ties
SELECT net, rate, ecommerce.vat_amount(net, rate, 'EUR') AS vat,
    ecommerce.gross_from_net(net, rate, 'EUR') AS gross,
    ecommerce.vat_amount(-net, rate, 'EUR') AS mirrored
FROM (VALUES
    (59.97, 24), (0.50, 13), (0.25, 6), (0.75, 6), (0.50, 17), (1.50, 9), (1.00, 25.5), (0.06, 24),
    (36.32, 21), (5350.66, 22), (3006.16, 22),
    (1620.00, 17), (10.00, 0), (10.00, 100), (0, 24), (164.02, 2.6), (24.99, 10.75),
    (625743.54, 25)) AS v (net, rate);
SELECT ecommerce.vat_amount(24.690, 5, 'OMR') AS omr, ecommerce.vat_amount(333, 8, 'JPY') AS jpy,
    ecommerce.vat_amount(333, 10, 'JPY') AS jpy, ecommerce.vat_amount(1, 0.005, 'CLF') AS clf;
-- an amount with more decimals than its currency is rounded before its VAT is taken
SELECT ecommerce.vat_amount(0.0149, 34, 'EUR') AS vat,
    ecommerce.gross_from_net(0.335, 24, 'EUR') AS gross,
    ecommerce.net_from_gross(8.005, 20, 'EUR') AS net;

-- net_from_gross: VAT is rounded, net is the rest; 20, 12 and 4 % have ties
SELECT gross, rate, ecommerce.net_from_gross(gross, rate, 'EUR') AS net,
    gross - ecommerce.net_from_gross(gross, rate, 'EUR') AS vat,
    ecommerce.net_from_gross(-gross, rate, 'EUR') AS mirrored
FROM (VALUES
    (9.99, 24), (19.99, 13), (100.00, 24), (0.01, 24), (49.90, 25.5), (12.00, 27), (8.01, 20),
    (179.25, 20), (0.03, 20), (0.13, 4), (0.14, 12), (1.99, 24), (43.06, 21),
    (14.70, 21), (750.00, 19), (40.00, 10), (10.00, 0), (10.00, 100)) AS v (gross, rate);

-- 100,000 of each against exact whole numbers: round(n / d) = div(2n + d, 2d) for n >= 0
WITH cases AS (SELECT sign, i * k AS units, rate, code, ('1e-' || scale)::numeric AS unit
    FROM generate_series(0, 250) AS i, unnest('{1, 7, 997}'::integer[]) AS k,
        unnest('{1, -1}'::integer[]) AS sign,
        unnest('{0, 2.1, 2.6, 3, 4, 5.5, 6, 8.1, 9, 12, 13, 17, 19, 20, 21, 24, 25.5, 27, 33.333333,
            100}'::numeric[]) AS rate,
        (VALUES ('JPY', 0), ('EUR', 2), ('OMR', 3), ('CLF', 4)) AS c (code, scale))
SELECT count(*) > 100000 AS many,
    count(*) FILTER (WHERE ecommerce.vat_amount(sign * units * unit, rate, code)
        IS DISTINCT FROM sign * div(2 * units * rate + 100, 200) * unit) AS wrong_vat,
    count(*) FILTER (WHERE ecommerce.gross_from_net(sign * units * unit, rate, code)
        IS DISTINCT FROM sign * (units + div(2 * units * rate + 100, 200)) * unit) AS wrong_gross,
    count(*) FILTER (WHERE ecommerce.net_from_gross(sign * units * unit, rate, code)
        IS DISTINCT FROM sign * (units - div(2 * units * rate + (100 + rate), 2 * (100 + rate)))
            * unit) AS wrong_net
FROM cases;

-- the largest amounts are exact, too; beyond them is an error
SELECT ecommerce.vat_amount(9999999999999999999999.99, 33.333333, 'EUR') AS vat,
    ecommerce.net_from_gross(9999999999999999999999.99, 33.333333, 'EUR') AS net;
SELECT ecommerce.gross_from_net(4999999999999999999999.99, 100, 'EUR');
SELECT call, failure('SELECT ecommerce.' || call) AS failure
FROM unnest(ARRAY['gross_from_net(5000000000000000000000, 100, ''EUR'')',
    'gross_from_net(9999999999999999999999.99, 24, ''EUR'')', 'vat_amount(1e22, 24, ''EUR'')',
    'net_from_gross(1e22, 24, ''EUR'')',
    'vat_amount(''NaN'', 24, ''EUR'')', 'vat_amount(1, ''NaN'', ''EUR'')',
    'net_from_gross(''Infinity'', 24, ''EUR'')', 'net_from_gross(1, ''Infinity'', ''EUR'')',
    'gross_from_net(''-Infinity'', 24, ''EUR'')',
    'gross_from_net(1e131071, 24, ''EUR'')', 'vat_amount(1, 1e131071, ''EUR'')',
    'vat_amount(1, -0.000001, ''EUR'')', 'vat_amount(1, 100.000001, ''EUR'')',
    'vat_amount(1, 0.0000001, ''EUR'')',
    'vat_amount(1, 24, ''XYZ'')', 'net_from_gross(1, 24, ''XYZ'')',
    'gross_from_net(1, 24, ''XYZ'')']) AS call;
SELECT ecommerce.vat_amount(NULL, 24, 'EUR') IS NULL
    AND ecommerce.net_from_gross(1, NULL, 'EUR') IS NULL
    AND ecommerce.gross_from_net(1, 24, NULL) IS NULL AS nulls;

-- allocate_amount: largest remainder, ties to the earlier
SELECT total, weights, currency, ecommerce.allocate_amount(total, weights, currency) AS shares
FROM (VALUES
    (1.00, '{1, 1, 1}'::numeric[], 'EUR'), (-1.00, '{1, 1, 1}', 'EUR'),
    (10.00, '{33.33, 33.33, 33.34}', 'EUR'), (0.02, '{10, 10, 10, 0}', 'EUR'),
    (0.02, '{0, 10, 10, 10}', 'EUR'),
    (100, '{1, 1, 1}', 'JPY'), (1, '{1, 1, 1}', 'OMR'), (1, '{1, 1, 1}', 'CLF'),
    (0.01, '{0.000001, 1}', 'EUR'), (0.05, '{1, 2, 3}', 'EUR'), (0.03, '{0.1, 0.25, 1}', 'EUR'),
    (5.00, '{60.00, 40.00}', 'EUR'), (4.99, '{61.99, 38.01}', 'EUR'), (7.5, '{42}', 'EUR'),
    (0, '{1, 2}', 'EUR'), (0, '{0, 0}', 'EUR'), (0, '{}', 'EUR'), (-0.07, '{3, 3, 3, 1}', 'EUR'),
    (1, '[5:6]={1, 1}', 'EUR')) AS v (total, weights, currency);
SELECT ecommerce.allocate_amount(NULL, '{1}', 'EUR') IS NULL
    AND ecommerce.allocate_amount(1, NULL, 'EUR') IS NULL
    AND ecommerce.allocate_amount(1, '{1}', NULL) IS NULL AS nulls;
-- largest values
SELECT ecommerce.allocate_amount(9999999999999999999999.99, '{1, 1, 1}', 'EUR') AS total,
    ecommerce.allocate_amount(1, '{1e35, 1e35}', 'JPY') AS weights,
    ecommerce.allocate_amount(0.03, '{0.000000000000000001, 0.000000000000000002}', 'EUR') AS small;
SELECT total, left(weights, 40) AS weights, currency,
    failure(
        format('SELECT ecommerce.allocate_amount(%L, %L, %L)', total, weights, currency)) AS failure
FROM (VALUES
    ('1', '{1, NULL}', 'EUR'), ('1', '{{1, 2}, {3, 4}}', 'EUR'), ('1', '{}', 'EUR'),
    ('1', '{0, 0}', 'EUR'), ('1', '{2, -1}', 'EUR'), ('1', '{NaN}', 'EUR'),
    ('1', '{Infinity, 1}', 'EUR'),
    ('1', '{1e131071, 1}', 'EUR'), ('1', '{1e-19}', 'EUR'), ('1', '{1e37, 1e-18}', 'EUR'),
    ('1', '{1e38, 1e38}', 'EUR'), ('1000', '{1e38}', 'JPY'), ('0.005', '{1}', 'EUR'),
    ('0.5', '{1}', 'JPY'),
    ('NaN', '{1}', 'EUR'), ('Infinity', '{1}', 'EUR'), ('1e22', '{1}', 'EUR'),
    ('1e131071', '{1}', 'EUR'), ('1', '{1}', 'EURO')) AS v (total, weights, currency);

-- 2,000 divisions against the same method in SQL, on whole numbers
WITH cases AS (SELECT c, (c * 7919) % 20001 - 10000 AS total, j,
            ((c * 31 + 7) * j * j + c) % 50 * (CASE WHEN c % 3 = 0 THEN 0.01 ELSE 1 END) AS weight
        FROM generate_series(1, 2000) AS c, generate_series(1, c % 9 + 1) AS j),
    exact AS (SELECT c, total, j, weight, div(abs(total) * weight, sum(weight) OVER w) AS whole,
            mod(abs(total) * weight, sum(weight) OVER w) AS lost
        FROM (SELECT *, sum(weight) OVER (PARTITION BY c) AS weights FROM cases) s WHERE weights > 0
        WINDOW w AS (PARTITION BY c)),
    expected AS (SELECT c, total, array_agg(weight ORDER BY j) AS weights,
            array_agg(sign(total)::numeric * (whole + (rank <= rest)::integer) ORDER BY j) AS shares
        FROM (SELECT *, abs(total) - sum(whole) OVER (PARTITION BY c) AS rest,
                row_number() OVER (PARTITION BY c ORDER BY lost DESC, j) AS rank
            FROM exact) s
        GROUP BY c, total)
SELECT count(*) > 1800 AS many,
    count(*) FILTER (WHERE ecommerce.allocate_amount(total, weights, 'JPY')
        IS DISTINCT FROM shares) AS wrong,
    count(*) FILTER (WHERE
        (SELECT sum(s) FROM unnest(ecommerce.allocate_amount(total, weights, 'JPY')) AS s)
        <> total) AS lossy,
    count(*) FILTER (WHERE
        (SELECT array_agg(-s) FROM unnest(ecommerce.allocate_amount(-total, weights, 'JPY')) AS s)
        <> shares) AS not_mirrored
FROM expected;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
