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
-- Of orders that were brought along, one that no document can be of stops no other; what only
-- looks odd is invoiced: a price that was computed, rates of many years, goods to download.
BEGIN;
SET LOCAL session_replication_role = replica;
SELECT array_agg(o.id ORDER BY n) AS odd FROM generate_series(1, 5) n,
    LATERAL (SELECT * FROM ecommerce.place_order(jsonb_build_object('items', items('A', n),
        'billing_address', '{"company": "X", "country": "GR"}'::jsonb)) OFFSET 0) o \gset
UPDATE ecommerce.order_items SET net = net + 0.001 WHERE order_id = (:'odd'::uuid[])[1];
UPDATE ecommerce.orders SET net = net + 0.001, gross = gross + 0.001
WHERE id = (:'odd'::uuid[])[1];
UPDATE ecommerce.order_items SET unit_price = 10.1234567890123456789
WHERE order_id IN ((:'odd'::uuid[])[2], (:'odd'::uuid[])[5]);
UPDATE ecommerce.orders SET prices = 'net' WHERE id = (:'odd'::uuid[])[5];
INSERT INTO ecommerce.order_items (tenant_id, order_id, order_created_at, line_number, name,
    quantity, unit_price, vat_category, vat_rate, net, vat)
SELECT 1, o.id, o.created_at, 1 + n, 'Rate ' || n, 1, 1, 'S', n, 1.00, n / 100.0
FROM ecommerce.orders o, generate_series(1, 40) n WHERE o.id = (:'odd'::uuid[])[3];
UPDATE ecommerce.orders o SET net = i.net, vat = round(i.vat, 2), gross = i.net + round(i.vat, 2)
FROM (SELECT sum(net) AS net, sum(vat) AS vat FROM ecommerce.order_items
    WHERE order_id = (:'odd'::uuid[])[3]) i
WHERE o.id = (:'odd'::uuid[])[3];
UPDATE ecommerce.products SET supply = 'digital' WHERE id = (
    SELECT product_id FROM ecommerce.order_items WHERE order_id = (:'odd'::uuid[])[4]);
RESET session_replication_role;
SELECT array_position(:'odd'::uuid[], a.order_id) AS n, a.order_number IS NOT NULL AS numbered,
    a.invoice_number IS NOT NULL AS issued, a.gross, a.error_code, a.message, a.detail
FROM ecommerce.issue_invoices(:'odd'::uuid[]) a ORDER BY 1;
SELECT array_position(:'odd'::uuid[], v.order_id) AS n, count(*), max(l.unit_price) AS price,
    count(DISTINCT l.vat_rate) AS rates, min(l.supply) AS supply
FROM ecommerce.invoices v JOIN ecommerce.invoice_lines l ON l.invoice_id = v.id
WHERE v.order_id = ANY (:'odd'::uuid[]) GROUP BY 1 ORDER BY 1;
ROLLBACK;
SELECT * FROM ecommerce.verify_integrity();

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP TABLE IF EXISTS public.answers, public.orders;
