-- Series of documents: how numbers look, when they begin anew, and what stays.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
UPDATE ecommerce.settings SET country = 'GR', currency = 'EUR', prices = 'gross';
INSERT INTO ecommerce.sellers (name, address_line_1, city, vat_id)
VALUES ('Shop SA', 'Ermou 1', 'Athens', 'EL094259216');
INSERT INTO ecommerce.products (sku, name, price, vat_class, track_stock)
VALUES ('A', 'A', 12.40, 'standard', false);
CREATE FUNCTION public.ordered() RETURNS uuid LANGUAGE sql AS $$
    SELECT (ecommerce.place_order(jsonb_build_object('items', items('A', 1), 'billing_address',
        '{"first_name": "Ann", "last_name": "Lee", "country": "GR"}'::jsonb))).id $$;
-- as written on a day of this year
CREATE FUNCTION public.dated(number text) RETURNS text LANGUAGE sql AS
    $$ SELECT replace(number, to_char(now(), 'YYYY'), '<year>') $$;

-- formats
SELECT f, ecommerce_internal.format_invoice_number(f, 'A-1', '2026-03-09', n)
FROM (VALUES ('{number}', 7), ('{series}/{year}/{number:6}', 42), ('{yy}{month}-{number:3}', 1234),
    ('R{number:12}.{year}', 1), ('{series}{series} {number}', 5)) AS v (f, n);
SELECT f, failure(format('SELECT ecommerce_internal.check_invoice_format(%L, %L)', f, y)) FROM
(VALUES ('{number}', true), ('{number}', false), ('{year}', true), ('', false), (NULL, false),
    ('{number}{number:3}', false), ('{number:0}', false), ('{number:20}', false),
    ('{day}{number}', false), ('{number', false), ('{number}}', false), (' {number}', false),
    (E'{number}\n', false), ('{number}' || repeat('x', 100), false), ('{yy}-{number}', true),
    ('{month}-{number}', true), (repeat('x', 70) || '{series}{number}', false),
    (repeat('{series}', 5) || '{number}', false)) AS v (f, y);

-- who has none gets the usual ones
SELECT count(*) FROM ecommerce.invoice_series;
SELECT dated(i.invoice_number) FROM ecommerce.issue_invoice(ordered()) i;
SELECT dated(i.invoice_number) FROM ecommerce.issue_credit_note(
    (SELECT invoice_number FROM ecommerce.invoices)) i;
SELECT series, kind, format, yearly, is_default FROM ecommerce.invoice_series ORDER BY 1;
SELECT series, last_number, year = extract(year FROM now()) AS year FROM ecommerce.invoice_counters
ORDER BY 1;

-- others
SELECT * FROM ecommerce.set_invoice_series('B2B', 'invoice', '{series}.{number:4}', false, true);
SELECT series, is_default FROM ecommerce.invoice_series WHERE kind = 'invoice' ORDER BY 1;
SELECT i.invoice_number FROM ecommerce.issue_invoice(ordered()) i;
SELECT dated(i.invoice_number) FROM ecommerce.issue_invoice(ordered(), NULL, '{"series": "INV"}') i;
SELECT failure(format('SELECT ecommerce.issue_invoice(ordered(), NULL, %L)', r))
FROM unnest(ARRAY['{"series": "NONE"}', '{"series": "CN"}', '{"series": ""}']) r;
SELECT failure(format('SELECT ecommerce.set_invoice_series(%s)', a), true) FROM unnest(ARRAY[
    'NULL, ''invoice'', ''{number}''', '''X'', NULL, ''{number}''', '''X'', ''invoice'', NULL',
    '''a b'', ''invoice'', ''{number}'', false', ''''', ''invoice'', ''{number}'', false',
    'repeat(''x'', 21), ''invoice'', ''{number}'', false', '''X'', ''draft'', ''{number}'', false',
    '''X'', ''invoice'', ''{number}''', '''X'', ''invoice'', ''B2B.{number:4}'', false',
    '''B2B'', ''credit_note'', ''{number}'', false', '''B2B'', ''invoice'', ''{year}{number}''',
    '''X'', ''invoice'', ''{number}'', false, tenant_id => NULL',
    '''X'', ''invoice'', ''{number}'', false, tenant_id => 2']) a;
-- how they look changes from the next one on, what they are does not
SELECT format, yearly
FROM ecommerce.set_invoice_series('B2B', 'invoice', 'C{number:2}', false, true);
SELECT i.invoice_number FROM ecommerce.issue_invoice(ordered()) i;
SELECT failure('UPDATE ecommerce.invoice_series SET yearly = true, format = ''{yy}{number}''
    WHERE series = ''B2B''');
SELECT failure('UPDATE ecommerce.invoice_series SET format = ''{no}'' WHERE series = ''B2B''');
SELECT failure('DELETE FROM ecommerce.invoice_series WHERE series = ''B2B''');
-- a number that another series has written is not written again
SELECT series FROM ecommerce.set_invoice_series('C', 'invoice', '{series}0{number}', false);
SELECT failure('SELECT ecommerce.issue_invoice(ordered(), NULL, ''{"series": "C"}'') FROM
    generate_series(1, 3)', true);
SELECT count(*) FROM ecommerce.invoices WHERE series = 'C';

-- without a default
UPDATE ecommerce.invoice_series SET is_default = false WHERE kind = 'invoice';
SELECT failure('SELECT ecommerce.issue_invoice(ordered())', true);
SELECT series FROM ecommerce.set_invoice_series('B2B', 'invoice', 'C{number:2}', false, true);

-- A new year begins anew; where the clock goes back, neither year nor day do.
CREATE FUNCTION public.set_counter(the_year integer, day date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    UPDATE ecommerce.invoices SET year = the_year, issue_date = day,
        invoice_number = replace(invoice_number, year::text, the_year::text)
    WHERE series = 'INV';
    UPDATE ecommerce.invoice_counters SET year = the_year, last_issue_date = day
    WHERE series = 'INV';
    RESET session_replication_role;
END $$;
SELECT set_counter(extract(year FROM now())::integer - 1, current_date - 366);
SELECT dated(i.invoice_number), i.issue_date = current_date AS today
FROM ecommerce.issue_invoice(ordered(), NULL, '{"series": "INV"}') i;
SELECT last_number, year - extract(year FROM now()) AS year FROM ecommerce.invoice_counters
WHERE series = 'INV' ORDER BY 2;
SELECT * FROM ecommerce.verify_integrity();
BEGIN;
SET LOCAL session_replication_role = replica;
DELETE FROM ecommerce.invoice_counters WHERE series = 'INV' AND year < extract(year FROM now());
UPDATE ecommerce.invoice_counters SET year = year + 2, last_number = 0,
    last_issue_date = make_date(year + 2, 3, 1) WHERE series = 'INV';
RESET session_replication_role;
SELECT right(i.invoice_number, 7) AS number, to_char(i.issue_date, 'MM-DD') AS day,
    extract(year FROM i.issue_date) - extract(year FROM now()) = 2 AS later
FROM ecommerce.issue_invoice(ordered(), NULL, '{"series": "INV"}') i;
-- also if there is a counter of this year, too
INSERT INTO ecommerce.invoice_counters (tenant_id, series, year)
VALUES (1, 'INV', extract(year FROM now()));
SELECT right(i.invoice_number, 7) AS number, to_char(i.issue_date, 'MM-DD') AS day,
    extract(year FROM i.issue_date) - extract(year FROM now()) = 2 AS later
FROM ecommerce.issue_invoice(ordered(), NULL, '{"series": "INV"}') i;
ROLLBACK;
-- whatever its counter says, or nobody says of the series, the next number comes to an end
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE ecommerce.invoice_counters SET last_issue_date = make_date(year + 3, 5, 1)
WHERE series = 'INV';
RESET session_replication_role;
SELECT year - extract(year FROM now()) AS year, last_number, to_char(issue_date, 'MM-DD') AS day
FROM ecommerce_internal.take_invoice_numbers(1, 'INV', true, 1);
SELECT year, last_number, issue_date >= current_date - 1 AS today
FROM ecommerce_internal.take_invoice_numbers(1, 'INV', false, 2);
CREATE FUNCTION pg_temp.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER a_nothing BEFORE UPDATE ON ecommerce.invoice_counters FOR EACH ROW
EXECUTE FUNCTION pg_temp.nothing();
SELECT failure($$SELECT ecommerce_internal.take_invoice_numbers(1, 'INV', true, 1)$$);
ROLLBACK;
-- the day is that of the shop
SELECT ecommerce_internal.shop_day_at(t, z) FROM (VALUES
    ('2026-12-31 22:30+00'::timestamptz, 'Europe/Athens'), ('2026-12-31 22:30+00', 'UTC'),
    ('2026-01-01 09:30+00', 'Pacific/Kiritimati'),
    ('2026-01-01 09:30+00', 'Pacific/Pago_Pago'),
    -- put back over midnight: from the first one on, but no sooner
    ('1998-10-25 02:30+00', 'America/St_Johns'), ('1998-10-25 02:31+00', 'America/St_Johns'),
    ('1998-10-25 03:29+00', 'America/St_Johns'), ('1998-10-25 03:31+00', 'America/St_Johns'))
    AS v (t, z);

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP FUNCTION IF EXISTS public.dated, public.ordered, public.set_counter;
