-- Returns of VAT count documents, and orders that have none; corrections in their own period.
CREATE EXTENSION ecommerce;
\pset format unaligned
\pset tuples_only on
SET datestyle = 'ISO';
UPDATE ecommerce.settings SET country = 'GR', timezone = 'Europe/Athens', prices = 'net',
    distance_sales_exceed_threshold = true, oss = true;
INSERT INTO ecommerce.products (sku, name, price, vat_class, track_stock) VALUES
    ('A', 'A', 100, 'standard', false), ('B', 'B', 50, 'reduced', false);
CREATE FUNCTION pg_temp.sell(at timestamptz, VARIADIC skus text[]) RETURNS uuid LANGUAGE sql AS $$
    SELECT id FROM ecommerce.place_order(items(VARIADIC skus), placed_at => at) $$;
CREATE FUNCTION pg_temp.send(at timestamptz, sku text) RETURNS uuid LANGUAGE sql AS $$
    SELECT id FROM ecommerce.place_order(items(sku, 1), shipping_address => '{"country": "DE"}',
        placed_at => at) $$;
-- What is given back of lines of an order: {line: [net, VAT]}
CREATE FUNCTION pg_temp.give_back(o uuid, at timestamptz, lines jsonb,
    state text DEFAULT 'requested') RETURNS uuid LANGUAGE plpgsql
    SET session_replication_role = replica AS $$
DECLARE
    r uuid := ecommerce.uuid_v7();
    amount numeric := (SELECT sum((v ->> 0)::numeric + (v ->> 1)::numeric)
        FROM jsonb_each(lines) l (k, v));
BEGIN
    INSERT INTO ecommerce.refunds (tenant_id, id, order_id, order_created_at, refund_number,
        currency, amount, overpaid, status, created_at)
    SELECT 1, r, o, created_at, 1 + (SELECT count(*) FROM ecommerce.refunds WHERE order_id = o),
        'EUR', amount + 7, 7, state, at FROM ecommerce.orders WHERE id = o;
    INSERT INTO ecommerce.refund_items (tenant_id, refund_id, line_number, quantity, net, vat)
    SELECT 1, r, k::integer, 1, (v ->> 0)::numeric, (v ->> 1)::numeric
    FROM jsonb_each(lines) l (k, v);
    RETURN r;
END $$;
CREATE VIEW year AS
SELECT q, country, region, vat_scheme AS scheme, vat_category AS c, vat_rate AS rate, orders,
    r.net, r.vat
FROM generate_series(1, 4) q, ecommerce.vat_return(make_date(2025, 3 * q - 2, 1),
    (make_date(2025, 3 * q - 2, 1) + interval '3 months' - interval '1 day')::date) r;
CREATE VIEW oss AS
SELECT q, r.* FROM generate_series(1, 4) q, ecommerce.oss_return(2025, q) r;

-- Without documents: orders on their day, in Athens; what was refunded on that of the refund
SELECT pg_temp.sell('2025-02-03', 'A', 'B') AS one, pg_temp.sell('2025-02-04', 'A') AS two,
    pg_temp.send('2025-03-31 20:59:59+00', 'A') AS de,
    pg_temp.send('2025-03-31 21:00+00', 'B') AS late \gset
SELECT * FROM year;
SELECT pg_temp.give_back(:'one', '2025-05-05', '{"1": [40.00, 9.60], "2": [50.00, 6.50]}') AS r
\gset
SELECT pg_temp.give_back(:'one', '2025-05-06', '{"1": [60.00, 14.40]}', 'failed') AS failed \gset
SELECT pg_temp.give_back(:'de', '2025-06-30 20:59+00', '{"1": [100.00, 19.00]}', 'confirmed') AS c
\gset
SELECT pg_temp.give_back(:'late', '2025-06-30', '{"1": [10.00, 0.70]}', 'confirmed') AS c \gset
SELECT * FROM year;
-- The one-stop shop: of the second quarter 50.00 less 10.00; of the first one 100.00 is corrected
SELECT * FROM oss;
-- of an order that is cancelled nothing counts
SELECT pg_temp.give_back(:'two', '2025-05-05', '{"1": [100.00, 24.00]}') AS r \gset
SELECT * FROM year WHERE rate = 24;
SELECT (ecommerce.cancel_order(:'two')).status;
SELECT * FROM year WHERE rate = 24;

-- With documents: the order that has one counts by them alone, on their days
SELECT ecommerce_test.issue(jsonb_build_object('number', 1, 'issue_date', '2025-07-01', 'order_id',
    :'one', 'order_created_at', (SELECT created_at FROM ecommerce.orders WHERE id = :'one'),
    'lines', '[{"net": 100, "vat": 24, "rate": 24}, {"net": 50, "vat": 6.5, "rate": 13}]'::jsonb))
    AS invoice \gset
SELECT * FROM year WHERE country = 'GR';
SELECT ecommerce_test.issue(jsonb_build_object('series', 'C', 'kind', 'credit_note', 'number', 1,
    'issue_date', '2025-10-01', 'order_id', :'one', 'preceding', jsonb_build_array(
        jsonb_build_object('id', :'invoice')),
    'lines', '[{"net": 40, "vat": 9.6, "rate": 24}]'::jsonb)) AS credit \gset
SELECT * FROM year WHERE country = 'GR';
-- Two invoices of one order are one order; allowances are less; another order is another
SELECT count(ecommerce_test.issue(jsonb_build_object('number', n, 'issue_date', '2025-12-31',
    'order_id', o, 'lines', '[{"net": 10, "vat": 2.4, "rate": 24},
        {"net": 3, "vat": 0.72, "rate": 24, "part": "allowance"}]'::jsonb)))
FROM (VALUES (2, :'two'), (3, :'two')) v (n, o);
SELECT * FROM year WHERE country = 'GR' AND q = 4;
-- In the one-stop shop the day of delivery counts, and corrections are of its quarter, by line
SELECT count(ecommerce_test.issue(jsonb_build_object('number', 10 + n,
        'issue_date', '2025-06-30', 'delivery_date', day, 'vat_scheme', 'oss', 'country', 'DE',
        'lines', '[{"net": 100, "vat": 19, "rate": 19}, {"net": 10, "vat": 1.9, "rate": 19,
            "kind": "shipping", "part": "charge"}, {"net": 4, "vat": 0.76, "rate": 19,
            "kind": "shipping", "part": "allowance"}]'::jsonb)))
FROM (VALUES (1, '2025-06-30'), (2, '2025-07-01'), (3, NULL), (4, '2026-01-01')) v (n, day);
SELECT id AS d1 FROM ecommerce.invoices WHERE number = 11 \gset
SELECT id AS d2 FROM ecommerce.invoices WHERE number = 12 \gset
SELECT id AS d4 FROM ecommerce.invoices WHERE number = 14 \gset
SELECT * FROM oss WHERE q > 1;
SELECT count(ecommerce_test.issue(jsonb_build_object('series', 'C', 'kind', 'credit_note',
    'number', 2 + n, 'issue_date', day, 'vat_scheme', 'oss', 'country', 'DE', 'preceding',
    jsonb_build_array(jsonb_build_object('id', :'d1')),
    'lines', jsonb_build_array(jsonb_build_object('net', 1, 'vat', 0.19, 'rate', 19,
            'corrects', a), jsonb_build_object('net', 20, 'vat', 3.8, 'rate', 19,
            'corrects', b)))))
FROM (VALUES (0, '2025-08-01', NULL::uuid, NULL::uuid), (1, '2025-09-30', :'d1', :'d2'),
    (2, '2025-09-30', :'d4', :'d4')) v (n, day, a, b);
SELECT * FROM oss WHERE q > 1;
SELECT * FROM ecommerce.oss_return(2026, 1);
-- Both returns know the same money, each sale once: of the year, and what is delivered next year
SELECT (SELECT sum(net) FROM year WHERE scheme = 'oss') - (SELECT sum(net) FROM oss)
    - (SELECT sum(net) FROM ecommerce.oss_return(2026, 1)) AS difference;
-- Refunds of orders that are archived need them, unless documents tell
SELECT count(*) > 0 FROM ecommerce.ensure_partitions('2025-01-01', '2025-02-01');
SET session_replication_role = replica;
UPDATE ecommerce.orders SET status = 'delivered', payment_status = 'paid', amount_paid = gross
WHERE status = 'pending';
RESET session_replication_role;
SELECT count(*) > 0 FROM ecommerce.detach_partition('ecommerce_partitions.orders_2025_q1');
SELECT failure('SELECT ecommerce.vat_return(''2025-04-01'', ''2025-06-30'')');
SELECT failure('SELECT ecommerce.vat_return(''2025-07-01'', ''2025-09-30'')');
SELECT count(*) > 0 FROM ecommerce.attach_partition('ecommerce_partitions.orders_2025_q1');
SELECT count(*) > 0 FROM ecommerce.vat_return('2025-04-01', '2025-06-30');
-- Who makes reports needs no names and addresses for it
SELECT count(*) > 0 FROM ecommerce.create_tenant('Two', 'DE');
BEGIN;
CREATE ROLE regress_ecommerce_reporter;
SELECT count(*) > 0 FROM ecommerce.grant_access('regress_ecommerce_reporter', 'reporting');
SELECT ecommerce.use_tenant(1);
SET ROLE regress_ecommerce_reporter;
SELECT sum(net) FROM ecommerce.vat_return('2025-01-01', '2025-12-31');
SELECT sum(net) FROM ecommerce.oss_return(2025, 3);
RESET ROLE;
ROLLBACK;
BEGIN;
SELECT ecommerce.use_tenant(2);
SELECT count(*) FROM ecommerce.vat_return('2025-01-01', '2025-12-31');
SELECT count(*) FROM ecommerce.oss_return(2025, 3);
ROLLBACK;

SET client_min_messages = error;
DROP VIEW year, oss;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
