-- Invoices of many orders in one call; one that fails does not stop the others.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
UPDATE ecommerce.settings SET country = 'GR', currency = 'EUR', prices = 'gross';
INSERT INTO ecommerce.sellers (name, address_line_1, city, vat_id)
VALUES ('Shop SA', 'Ermou 1', 'Athens', 'EL094259216');
INSERT INTO ecommerce.products (sku, name, price, vat_class, track_stock)
VALUES ('A', 'A', 12.40, 'standard', false), ('B', E'B\x01', 1.13, 'reduced', false),
    ('C', 'C\b', 0.333, 'reduced', false);
SELECT series FROM ecommerce.set_invoice_series('I', 'invoice', 'I{number:4}', false, true);
CREATE TABLE public.orders (n serial, id uuid);
INSERT INTO public.orders (id) SELECT o.id FROM ecommerce.place_orders(ARRAY(
    SELECT jsonb_build_object('items', items(s, 1 + n % 3), 'charges',
        '[{"kind": "shipping", "amount": 4.90}]'::jsonb, 'billing_address',
        CASE WHEN n % 10 <> 0 THEN jsonb_build_object('first_name', 'Ann', 'last_name', n::text,
            'country', 'GR') END)
    FROM generate_series(1, 1100) n, LATERAL (SELECT CASE n % 100 WHEN 55 THEN 'B' ELSE
        (ARRAY['A', 'C'])[1 + n % 2] END AS s) p)) o;
SELECT status FROM ecommerce.cancel_order((SELECT id FROM orders WHERE n = 7));
SELECT i.invoice_number FROM orders o, LATERAL (SELECT x.* FROM ecommerce.issue_invoice(o.id) x
    OFFSET 0) i WHERE n = 8;

-- nothing of those that were not shipped, unless it is said
SELECT count(*) FROM ecommerce.issue_invoices(now() - interval '1 day', now() + interval '1 day');
CREATE TABLE public.answers AS SELECT * FROM ecommerce.issue_invoices(now() - interval '1 day',
    now() + interval '1 day', statuses => '{pending,cancelled}', max_count => 1000);
SELECT error_code, message, detail, count(*), count(invoice_number) AS invoices,
    count(DISTINCT order_number) AS orders FROM answers GROUP BY 1, 2, 3 ORDER BY 1 NULLS FIRST, 2;
SELECT count(*), min(number), max(number), count(DISTINCT number) FROM ecommerce.invoices;
SELECT count(*) AS different FROM ecommerce.invoices v JOIN ecommerce.orders o ON o.id = v.order_id
WHERE (o.gross, o.net, o.vat, o.order_number)
    IS DISTINCT FROM (v.gross, v.net, v.vat, v.order_number);
-- again: those that are left, and those that failed
SELECT error_code, count(*), count(invoice_number) AS invoices FROM ecommerce.issue_invoices(
    now() - interval '1 day', now() + interval '1 day', statuses => '{pending}') GROUP BY 1
ORDER BY 1 NULLS FIRST;
SELECT i.rule, i.detail FROM ecommerce.invoices v, LATERAL ecommerce.invoice_violations(
    ecommerce_internal.invoice_document(ecommerce.get_invoice(v.id))) i
WHERE v.number % 50 = 0;
-- bulk and single are the same document
SELECT o.id AS o FROM ecommerce.place_order(jsonb_build_object('items', items('A', 3),
    'billing_address', '{"company": "X", "country": "GR"}'::jsonb)) o \gset
BEGIN;
SELECT invoice_number AS number FROM ecommerce.issue_invoices(ARRAY[:'o'::uuid]) \gset
SELECT ecommerce.get_invoice(:'number') - '{id,created_at}'::text[] AS bulk \gset
ROLLBACK;
SELECT i.invoice_number AS number FROM ecommerce.issue_invoice(:'o'::uuid) i \gset
SELECT ecommerce.get_invoice(:'number') - '{id,created_at}'::text[]
    = :'bulk'::jsonb AS same;

-- by ids: unknown, cancelled, invoiced, twice in the list
SELECT CASE WHEN o.n IS NULL THEN 'unknown' ELSE o.n::text END AS n, a.invoice_number, a.error_code,
    a.message, a.detail::jsonb ->> 'reason' AS reason
FROM ecommerce.issue_invoices((SELECT array_agg(id) FROM orders WHERE n IN (7, 8))
    || (SELECT array_agg(id) FROM orders WHERE n IN (7)) || ecommerce.uuid_v7()) a
LEFT JOIN orders o ON o.id = a.order_id ORDER BY 1;
SELECT count(*) FROM ecommerce.issue_invoices('{}'::uuid[]);
SELECT c, failure(format('SELECT * FROM ecommerce.issue_invoices(%s)', c)) FROM unnest(ARRAY[
    'NULL::uuid[]', 'ARRAY[NULL]::uuid[]', '''{}''::uuid[], ''{"series": "NONE"}''',
    '''{}''::uuid[], ''{"buyer": {}}''', '''{}''::uuid[], ''{"exchange_rates": {"USD": "x"}}''',
    'NULL, now()', 'now(), now(), max_count => 0', 'now(), now(), statuses => NULL',
    'now(), now(), max_count => 100001']) c;
SELECT * FROM ecommerce.verify_integrity();

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP TABLE IF EXISTS public.answers, public.orders;
