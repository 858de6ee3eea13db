-- Foreign invoices that are wrong in one way each, and the rule that says so.
CREATE EXTENSION ecommerce;
\pset null -

CREATE FUNCTION pg_temp.rules(document jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(v ->> 'rule', ' ' ORDER BY v ->> 'rule'), 'none')
    FROM jsonb_array_elements(ecommerce.invoice_totals(document) -> 'violations') v $$;
-- The answer to a document that is right but for the values at some paths; null takes them away.
CREATE FUNCTION pg_temp.changed(document jsonb, changes jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    c record;
BEGIN
    FOR c IN SELECT * FROM jsonb_each(changes) LOOP
        document := CASE c.value WHEN 'null' THEN document #- c.key::text[]
                                 ELSE jsonb_set(document, c.key::text[], c.value) END;
    END LOOP;
    RETURN document;
END
$$;

-- Two rates, an allowance and a charge; and one category without VAT, whatever it is
SELECT $${"currency": "EUR", "lines": [
    {"quantity": 4, "unit_price": 50, "vat_category": "S", "vat_rate": 20, "net": 200},
    {"quantity": 1, "unit_price": 80, "vat_category": "S", "vat_rate": 10, "net": 80}],
  "allowances": [{"amount": 20, "vat_category": "S", "vat_rate": 20}],
  "charges": [{"amount": 10, "vat_category": "S", "vat_rate": 10}],
  "vat": [{"category": "S", "rate": 20, "taxable": 180, "tax": 36},
    {"category": "S", "rate": 10, "taxable": 90, "tax": 9}],
  "totals": {"lines": 280, "allowances": 20, "charges": 10, "net": 270, "vat": 45, "gross": 315,
    "payable": 315}}$$ AS two_rates \gset
SELECT $${"currency": "EUR", "lines": [
    {"quantity": 2, "unit_price": 30, "vat_category": "E", "vat_rate": 0, "net": 60}],
  "vat": [{"category": "E", "rate": 0, "taxable": 60, "tax": 0, "exemption": "VATEX-EU-132"}],
  "totals": {"lines": 60, "net": 60, "vat": 0, "gross": 60, "payable": 60}}$$ AS no_vat \gset
SELECT pg_temp.rules(:'two_rates'), pg_temp.rules(:'no_vat');

-- A category without VAT has a tax of zero, whatever its rate says (BR-E-09 and the like).
SELECT c.category, v.tax, v.rate, pg_temp.rules(pg_temp.changed(:'no_vat',
    jsonb_build_object('{lines,0,vat_category}', c.category, '{vat,0,category}', c.category,
        '{vat,0,rate}', v.rate, '{vat,0,tax}', v.tax, '{totals,vat}', v.tax,
        '{totals,gross}', 60 + v.tax, '{totals,payable}', 60 + v.tax,
        '{lines,0,vat_rate}', CASE WHEN c.category <> 'O' THEN 0 END)
    || CASE WHEN c.category = 'Z' THEN '{"{vat,0,exemption}": null}' ELSE '{}' END::jsonb))
FROM unnest('{Z,E,AE,K,G,O}'::text[]) c (category),
    (VALUES (15.00, 25), (-15.00, -25), (0.01, 0), (0, NULL)) v (tax, rate)
ORDER BY c.category, v.tax;

-- A row of the breakdown that is given twice, is for nothing, or is missing
SELECT n, pg_temp.rules(pg_temp.changed(d, changes::jsonb))
FROM (VALUES
        (1, :'no_vat'::jsonb, '{"{vat,1}":
            {"category": "E", "rate": 0, "taxable": 0, "tax": 0, "exemption": "twice"}}'),
        (2, :'no_vat', '{"{vat,1}":
            {"category": "E", "rate": 0, "taxable": 60, "tax": 0, "exemption": "twice"}}'),
        (3, :'no_vat', '{"{vat,1}": {"category": "S", "rate": 20, "taxable": 0, "tax": 0}}'),
        (4, :'no_vat', '{"{vat,1}": {"category": "G", "taxable": 5, "tax": 0, "exemption": "-"}}'),
        (5, :'no_vat', '{"{vat}": []}'),
        (6, :'no_vat', '{"{vat}": null}'),
        (7, :'two_rates', '{"{vat,2}": {"category": "S", "rate": 20, "taxable": 180, "tax": 36},
            "{totals,vat}": 81, "{totals,gross}": 351, "{totals,payable}": 351}'),
        (8, :'two_rates', '{"{vat,2}": {"category": "S", "rate": 5, "taxable": 0.5, "tax": 0}}'),
        (9, :'two_rates', '{"{vat,1}": null, "{totals,vat}": 36, "{totals,gross}": 306,
            "{totals,payable}": 306}'),
        (10, :'two_rates', '{"{vat,0,tax}": -36, "{totals,vat}": -27, "{totals,gross}": 243,
            "{totals,payable}": 243}')) c (n, d, changes)
ORDER BY n;

-- What is missing; totals need the breakdown, and both need the net of each line.
SELECT n, path, pg_temp.rules(pg_temp.changed(:'two_rates', jsonb_build_object(path, null)))
FROM unnest(ARRAY['{currency}', '{totals,lines}', '{totals,allowances}',
        '{totals,charges}', '{totals,net}', '{totals,vat}', '{totals,gross}', '{totals,payable}',
        '{lines,0,quantity}', '{lines,0,unit_price}', '{lines,0,net}', '{lines,0,vat_category}',
        '{lines,0,vat_rate}', '{allowances,0,amount}', '{charges,0,amount}', '{vat,0,category}',
        '{vat,0,rate}', '{vat,0,taxable}', '{vat,0,tax}', '{vat}', '{totals}'])
    WITH ORDINALITY p (path, n)
ORDER BY n;
SELECT n, pg_temp.rules(pg_temp.changed(:'two_rates', changes::jsonb))
FROM (VALUES
        (1, '{"{lines,0,vat_category}": null, "{lines,0,vat_rate}": null}'),
        (2, '{"{allowances,0,vat_category}": null, "{allowances,0,vat_rate}": null}'),
        (3, '{"{charges,0,vat_category}": null, "{charges,0,vat_rate}": null}'),
        (4, '{"{allowances,0,amount}": null, "{allowances,0,percent}": 10}'),
        (5, '{"{lines,0,allowances}": [{"reason": "none"}]}'),
        (6, '{"{lines,0,charges}": [{"reason": "none"}]}'),
        (7, '{"{vat}": null, "{totals}": null, "{lines,0,net}": null}'),
        (8, '{"{vat}": null, "{totals}": null, "{lines,0,net}": null, "{lines,1,net}": null}'),
        (9, '{"{totals}": null, "{lines,0,net}": null, "{lines,1,net}": null}'),
        -- What is prepaid is so, wherever the document says it.
        (10, '{"{prepaid}": 15}'), (11, '{"{prepaid}": 15, "{totals,payable}": 300}'),
        (12, '{"{rounding}": 0.01}')) c (n, changes)
ORDER BY n;

-- Categories that are unknown; L, M and B are known, but not here.
SELECT n, pg_temp.rules(pg_temp.changed(:'two_rates', changes::jsonb))
FROM (VALUES
        (1, '{"{lines,0,vat_category}": "X"}'), (2, '{"{allowances,0,vat_category}": "s"}'),
        (3, '{"{charges,0,vat_category}": "IC"}'), (4, '{"{vat,1,category}": ""}'),
        (5, '{"{lines,0,vat_category}": "E", "{lines,0,vat_rate}": null}'),
        (6, '{"{lines,0,vat_category}": "L", "{lines,1,vat_rate}": 0}')) c (n, changes)
ORDER BY n;
SELECT pg_temp.rules(pg_temp.changed(:'two_rates', '{"{lines,0,vat_category}": "L"}'));
SELECT pg_temp.rules(pg_temp.changed(:'two_rates', '{"{vat,1,category}": "M"}'));
SELECT ecommerce.invoice_totals('{"currency": "EURO", "lines": []}');
-- What is no document of this kind is an error, not a violation.
SELECT n, left(failure(format('SELECT ecommerce.invoice_totals(%L)', d)), 5)
FROM (VALUES
        (1, '{"currency": "EUR", "lines": 5}'), (2, '{"currency": "EUR", "lines": [5]}'),
        (3, '{"currency": "EUR", "charges": [5]}'), (4, '{"currency": "EUR", "vat": 5}'),
        (5, '{"currency": "EUR", "vat": [5]}'), (6, '{"currency": "EUR", "totals": [5]}'),
        (7, '{"currency": "EUR", "lines": [{"allowances": [5]}]}')) c (n, d)
ORDER BY n;

-- An allowance above the amount of its line counts as it is stated.
SELECT t -> 'lines' -> 0 -> 'net' AS net, t -> 'totals' -> 'gross' AS gross, t -> 'violations' AS v
FROM (VALUES ('-5.00'), ('0')) n (net), LATERAL (SELECT ecommerce.invoice_totals(
    format('{"currency": "EUR", "lines": [{"quantity": 1, "unit_price": 10, "vat_rate": 20,
        "net": %s, "allowances": [{"amount": 12}, {"amount": 3}]}]}', net)::jsonb)) t (t);
-- A percentage of a negative base is no discount of a sale, but it is one of a return.
SELECT ecommerce.calculate_totals('{"currency": "EUR", "lines": [{"quantity": 1,
    "unit_price": 100, "vat_rate": 20, "allowances": [{"percent": 10, "base": -50}]}]}');
SELECT ecommerce.calculate_totals('{"currency": "EUR", "lines": [{"quantity": 1,
    "unit_price": 100, "vat_rate": 20, "charges": [{"percent": 10, "base": -50}]}]}');
SELECT ecommerce.calculate_totals('{"currency": "EUR", "lines": [{"quantity": 1,
    "unit_price": 100, "vat_rate": 20}], "allowances": [{"percent": 10, "base": -50}]}');
SELECT ecommerce.calculate_totals('{"currency": "EUR", "lines": [{"quantity": -1,
    "unit_price": 100, "vat_rate": 20, "allowances": [{"percent": 10, "base": -50}]}]}')
    -> 'totals' -> 'net' AS net;

-- Decimals, of bases as well; where the currency has three, the document is totalled.
SELECT n, pg_temp.rules(pg_temp.changed(:'two_rates', changes::jsonb))
FROM (VALUES
        (1, '{"{allowances,0,amount}": 20.001}'), (2, '{"{charges,0,amount}": 10.001}'),
        (3, '{"{allowances,0,base}": 20.001}'), (4, '{"{charges,0,base}": 10.001}'),
        (5, '{"{lines,0,allowances}": [{"amount": 0.001, "base": 0.001}]}'),
        (6, '{"{lines,0,charges}": [{"amount": 0.001, "base": 0.001}]}')) c (n, changes)
ORDER BY n;
SELECT t -> 'totals' -> 'net' AS net, t -> 'violations' -> 0 -> 'rule' AS rule
FROM ecommerce.invoice_totals('{"currency": "OMR",
    "lines": [{"quantity": 1, "unit_price": 9.999, "vat_rate": 5}],
    "charges": [{"amount": 1.001, "vat_rate": 5}]}') t;

SET client_min_messages = error;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
