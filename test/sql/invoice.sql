-- Documents of EN 16931: totals, refunds, and the rules that foreign invoices violate.
CREATE EXTENSION ecommerce;
\pset null -

CREATE FUNCTION pg_temp.totals(lines text, rest text DEFAULT '{}')
RETURNS TABLE (net numeric, vat numeric, gross numeric, payable numeric, breakdown text)
LANGUAGE sql AS $$
    SELECT t.net, t.vat, t.gross, t.payable,
        (SELECT string_agg(concat_ws(' ', v.category, v.rate, v.taxable, v.tax), ', ' ORDER BY n)
            FROM jsonb_array_elements(d.d -> 'vat') WITH ORDINALITY e (e, n),
                jsonb_to_record(e.e) v (category text, rate numeric, taxable numeric, tax numeric))
    FROM (SELECT ecommerce.calculate_totals(
            jsonb_build_object('currency', 'EUR', 'lines', lines::jsonb) || rest::jsonb)) d (d),
        jsonb_to_record(d.d -> 'totals') t
            (net numeric, vat numeric, gross numeric, payable numeric)
$$;
CREATE FUNCTION pg_temp.rules(document text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(v ->> 'rule', ' ' ORDER BY v ->> 'rule'), 'none')
    FROM jsonb_array_elements(ecommerce.invoice_totals(document::jsonb) -> 'violations') v $$;

-- Several discounts in their order, an explicit base, and never below zero
SELECT *
FROM pg_temp.totals(
    '[{"quantity": 16, "unit_price": 348.35, "vat_rate": 22, "allowances": [{"percent": 4}]}]');
SELECT *
FROM pg_temp.totals('[{"quantity": 1, "unit_price": 100, "vat_rate": 24,
    "allowances": [{"percent": 10}, {"amount": 5}]}]');
SELECT *
FROM pg_temp.totals('[{"quantity": 1, "unit_price": 100, "vat_rate": 24,
    "allowances": [{"amount": 5}, {"percent": 10}]}]');
SELECT *
FROM pg_temp.totals('[{"quantity": 1, "unit_price": 100, "vat_rate": 24,
    "allowances": [{"percent": 10, "base": 50}], "charges": [{"percent": 2}]}]');
SELECT *
FROM pg_temp.totals('[{"quantity": 1, "unit_price": 100, "vat_rate": 24,
    "allowances": [{"amount": 80}, {"amount": 80}]}]');
SELECT *
FROM pg_temp.totals('[{"quantity": -20, "unit_price": 90, "vat_rate": 21,
    "allowances": [{"amount": -180, "percent": 10}]}]');
-- Allowances and charges of the document with VAT of their own, or of the goods
SELECT *
FROM pg_temp.totals('[{"quantity": 1, "unit_price": 100, "vat_rate": 24},
        {"quantity": 1, "unit_price": 100, "vat_rate": 6}]',
    '{"allowances": [{"amount": 10, "vat_category": "S", "vat_rate": 6}]}');
SELECT *
FROM pg_temp.totals('[{"quantity": 1, "unit_price": 100, "vat_rate": 24},
        {"quantity": 1, "unit_price": 100, "vat_rate": 6}]',
    '{"allowances": [{"amount": 10}], "charges": [{"percent": 5}]}');
-- Categories without VAT; O has no rate at all
SELECT *
FROM pg_temp.totals('[{"quantity": 1, "unit_price": 100, "vat_rate": 0, "vat_category": "K"}]');
SELECT * FROM pg_temp.totals('[{"quantity": 1, "unit_price": 100, "vat_category": "O"}]');
-- Cash rounding touches the payable only (examples 45 to 51)
SELECT e.example, e.due, t ->> 'payable' AS payable, t ->> 'rounding' AS rounding,
    t ->> 'gross' AS gross, t ->> 'vat' AS vat
FROM (VALUES
        (45, 12.32), (46, 12.33), (47, 12.37), (48, 12.38), (49, 0.02), (50, 0.03), (51, -12.33)) e
        (example, due),
    LATERAL (SELECT ecommerce.calculate_totals(jsonb_build_object('currency', 'EUR', 'prices',
        'gross', 'cash_rounding', 0.05,
        'lines',
        jsonb_build_array(
            jsonb_build_object('quantity', sign(e.due), 'unit_price', abs(e.due), 'vat_rate', 24))))
        -> 'totals') d (t)
ORDER BY e.example;
SELECT *
FROM pg_temp.totals('[{"quantity": 1, "unit_price": 1, "vat_rate": 24}]', '{"cash_rounding": 0}');
SELECT *
FROM pg_temp.totals('[{"quantity": 1, "unit_price": 1, "vat_rate": 24}]',
    '{"cash_rounding": 0.05, "rounding": 0.01}');

-- Refunds (example 52): 3 x 1.01 gross at 24 % holds 0.59 of VAT
SELECT n, ecommerce.refund_amount(3.03, 3, n - 1, 1, 'EUR') AS gross,
    ecommerce.refund_amount(0.59, 3, n - 1, 1, 'EUR') AS vat
FROM generate_series(1, 3) n;
SELECT ecommerce.refund_amount(179.25, 10, 0, 10, 'EUR'),
    ecommerce.refund_amount(29.88, 10, 0, 10, 'EUR');
SELECT ecommerce.refund_amount(1, 0.75, 0, 0.25, 'EUR'),
    ecommerce.refund_amount(1, 0.75, 0.25, 0.5, 'EUR'), ecommerce.refund_amount(-1, 3, 0, 1, 'EUR'),
    ecommerce.refund_amount(100, 3, 1, 1, 'JPY');
SELECT ecommerce.refund_amount(1, 3, 3, 1, 'EUR');
SELECT ecommerce.refund_amount(1, 3, -1, 1, 'EUR');
SELECT ecommerce.refund_amount(1, 0, 0, 0, 'EUR');
SELECT ecommerce.refund_amount(1.001, 3, 0, 1, 'EUR');
SELECT ecommerce.refund_amount('NaN', 3, 0, 1, 'EUR');
-- However 7 units of 5,000 amounts come back, they bring what was paid.
SELECT count(*) AS amounts, count(*) FILTER (WHERE total <> a) AS wrong
FROM (SELECT a,
        (SELECT sum(ecommerce.refund_amount(a, 7, b, least(s, 7 - b), 'EUR'))
            FROM generate_series(0, 6, s) b) AS total
    FROM (SELECT n * 0.37 - 900 AS a, n % 7 + 1 AS s FROM generate_series(1, 5000) n) x) y;

-- An invoice that states its results, and each way to get one wrong
SELECT $${"currency": "EUR", "lines": [
    {"quantity": 3, "unit_price": 19.99, "vat_category": "S", "vat_rate": 24, "net": 59.97},
    {"quantity": 1, "unit_price": 10, "vat_category": "E", "vat_rate": 0, "net": 10}],
  "allowances": [{"amount": 9.97, "vat_category": "S", "vat_rate": 24}],
  "charges": [{"amount": 5, "vat_category": "S", "vat_rate": 24}], "prepaid": 20,
  "vat": [{"category": "S", "rate": 24, "taxable": 55.00, "tax": 13.20},
    {"category": "E", "rate": 0, "taxable": 10, "tax": 0, "exemption": "VATEX-EU-132"}],
  "totals": {"lines": 69.97, "allowances": 9.97, "charges": 5, "net": 65.00, "vat": 13.20,
    "gross": 78.20, "prepaid": 20, "payable": 58.20}}$$ AS right_one \gset
SELECT jsonb_pretty(ecommerce.invoice_totals(:'right_one'));
WITH c (n, path, value) AS (VALUES
        (1, '{lines,0,net}', '59.98'), (2, '{lines,0,net}', '61'), (3, '{lines,0,net}', '59.971'),
        (4, '{lines,0,unit_price}', '-19.99'), (5, '{lines,0,vat_rate}', '0'),
        (6, '{lines,1,vat_rate}', '6'),
        (7, '{lines,1,vat_category}', '"O"'), (8, '{lines}', '[]'),
        (9, '{allowances,0,amount}', '9.98'), (10, '{allowances,0,vat_rate}', '0'),
        (11, '{charges,0,amount}', '5.01'), (12, '{charges,0,vat_category}', '"Z"'),
        (13, '{vat}', '[]'), (14, '{vat,0,taxable}', '55.50'), (15, '{vat,0,taxable}', '56'),
        (16, '{vat,0,tax}', '14.19'), (17, '{vat,0,tax}', '14.20'),
        (18, '{vat,0,exemption}', '"why"'), (19, '{vat,1,exemption}', 'null'),
        (20, '{vat,1,tax}', '0.01'), (21, '{vat,1,taxable}', '10.01'),
        (22, '{vat,1,category}', '"AE"'), (23, '{totals,lines}', '69.98'),
        (24, '{totals,allowances}', '9.96'), (25, '{totals,charges}', '4'),
        (26, '{totals,net}', '65.01'), (27, '{totals,vat}', '13.21'),
        (28, '{totals,gross}', '78.21'), (29, '{totals,payable}', '58.21'),
        (30, '{totals,rounding}', '0.01'), (31, '{totals,prepaid}', '20.001'))
SELECT n, path, value, pg_temp.rules(jsonb_set(:'right_one', path::text[], value::jsonb)::text)
FROM c ORDER BY n;
-- A reason that is missing is no contradiction: the document is totalled all the same.
SELECT t -> 'violations' -> 0 ->> 'rule' AS rule, t -> 'totals' ->> 'gross' AS gross
FROM ecommerce.invoice_totals('{"currency": "EUR",
    "lines": [{"quantity": 1, "unit_price": 100, "vat_category": "O", "net": 100}],
    "vat": [{"category": "O", "taxable": 100, "tax": 0}]}') t;
-- What states nothing violates nothing; what is no document is an error.
SELECT pg_temp.rules('{"currency": "EUR",
    "lines": [{"quantity": 1, "unit_price": 1, "vat_rate": 24}]}');
SELECT ecommerce.invoice_totals('{"currency": "EUR",
    "lines": [{"quantity": 1, "unit_price": 1, "vat_rate": 24, "colour": "red"}]}');
SELECT ecommerce.invoice_totals('[]');
SELECT ecommerce.invoice_totals(NULL);

SET client_min_messages = error;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
