-- Makes a shop for the invoices of replay.raw, which replay.sh has loaded, and
-- the requests that will place them.
\set ON_ERROR_STOP 1

UPDATE ecommerce.settings
SET country = 'GB', currency = 'GBP', prices = 'gross', timezone = 'Europe/London';

-- What was sold: neither cancelled (C...) nor an adjustment (A...), nor a line
-- without units or without a price.  Lines that look alike stay separate.
CREATE TABLE replay.sale AS
SELECT "InvoiceNo" AS invoice,
       row_number() OVER (PARTITION BY "InvoiceNo" ORDER BY line)::int AS line_number,
       "StockCode" AS sku, "Description" AS name,
       "Quantity"::int AS quantity, "UnitPrice"::numeric AS unit_price,
       -- A few invoices were written over two minutes: the first counts.
       min("InvoiceDate"::timestamp) OVER (PARTITION BY "InvoiceNo") AS invoice_date,
       "CustomerID" AS customer, line
FROM replay.raw
WHERE "InvoiceNo" !~ '^C' AND "Quantity"::int > 0 AND "UnitPrice"::numeric > 0;
ALTER TABLE replay.sale ADD PRIMARY KEY (invoice, line_number);
ANALYZE replay.sale;

-- In the United Kingdom baby bibs are zero-rated, and vouchers and banking
-- bear no VAT; so some orders mix rates.
INSERT INTO ecommerce.products (sku, name, price, vat_class)
SELECT DISTINCT ON (sku) sku, coalesce(name, sku), unit_price,
       CASE WHEN sku LIKE 'gift\_%' OR sku = 'BANK CHARGES' THEN 'exempt'
            WHEN name ~ '\mBIB\M' THEN 'zero'
            ELSE 'standard' END
FROM replay.sale
ORDER BY sku, invoice_date DESC, line DESC;

INSERT INTO ecommerce.users (email, role, metadata)
SELECT DISTINCT "CustomerID" || '@customer.example', 'business', jsonb_build_object('CustomerID', "CustomerID")
FROM replay.raw
WHERE "CustomerID" IS NOT NULL;

-- From 0 to 7 units more than will be sold: some products sell out exactly.
CREATE TABLE replay.received AS
SELECT sku, sum(quantity)::int AS sold, (row_number() OVER (ORDER BY sku) % 8)::int AS extra
FROM replay.sale
GROUP BY sku;
SELECT count(ecommerce.adjust_stock(sku => sku, quantity => sold + extra, reason => 'receipt', reference => 'replay'))
    AS received FROM replay.received \gset

SELECT count(*) AS partitions
FROM ecommerce.ensure_partitions(
    (SELECT min(invoice_date) AT TIME ZONE 'Europe/London' FROM replay.sale),
    (SELECT max(invoice_date) AT TIME ZONE 'Europe/London' FROM replay.sale)) \gset

-- As after any bulk load
ANALYZE ecommerce.products, ecommerce.users, ecommerce.stock;

CREATE TABLE replay.request AS
SELECT row_number() OVER (ORDER BY s.invoice_date, s.invoice) AS n,
       sum(count(*)) OVER (ORDER BY s.invoice_date, s.invoice) AS lines_so_far,
       s.invoice, s.invoice_date AT TIME ZONE 'Europe/London' AS placed_at, u.id AS user_id,
       format('SELECT %L, p.* FROM ecommerce.place_order(items => %L, placed_at => %L, currency => %L, user_id => %L, idempotency_key => %1$L) p;',
              s.invoice,
              '[' || string_agg(format('{"sku": %s, "quantity": %s, "unit_price": %s}', to_json(s.sku), s.quantity, s.unit_price),
                                ', ' ORDER BY s.line_number) || ']',
              s.invoice_date || ' Europe/London', 'GBP', u.id) AS statement
FROM replay.sale s
LEFT JOIN ecommerce.users u ON u.metadata ->> 'CustomerID' = s.customer
GROUP BY s.invoice, s.invoice_date, u.id;
ALTER TABLE replay.request ADD PRIMARY KEY (n), ADD UNIQUE (invoice);

-- What place_order() answers, and what the backend that runs it weighs
CREATE TABLE replay.answer (
    invoice text PRIMARY KEY, id uuid, order_number text, created_at timestamptz,
    currency text, net numeric, vat numeric, gross numeric
);
CREATE TABLE replay.clock (n bigint, at timestamptz, private bigint, contexts bigint, peak bigint);

-- "private" is memory that no other process shares; the peak that Linux keeps
-- for a process counts the pages of shared buffers it has touched, too.
CREATE FUNCTION replay.tick(n bigint) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    status text := pg_read_file('/proc/self/status', 0, 100000, true);
    line   text;
BEGIN
    INSERT INTO replay.clock
    SELECT tick.n, clock_timestamp(),
           substring(status FROM 'RssAnon:\s+(\d+)')::bigint * 1024,
           (SELECT sum(total_bytes) FROM pg_backend_memory_contexts),
           substring(status FROM 'VmHWM:\s+(\d+)')::bigint * 1024;
    SELECT format('  %s orders  %s lines  %s orders/s', to_char(tick.n, '999,999'), to_char(r.lines_so_far, '9,999,999'),
                  to_char(tick.n / greatest(extract(epoch FROM clock_timestamp() - c.at), 0.001), '999,999'))
    INTO line
    FROM replay.clock c, replay.request r
    WHERE c.n = 0 AND r.n = tick.n;
    RETURN line;
END
$$;

SELECT format('  %s invoices with %s lines sold, of %s invoices with %s lines',
              to_char(count(DISTINCT invoice), 'FM999,999'), to_char(count(*), 'FM9,999,999'),
              (SELECT to_char(count(DISTINCT "InvoiceNo"), 'FM999,999') FROM replay.raw),
              (SELECT to_char(count(*), 'FM9,999,999') FROM replay.raw)) AS sold,
       format('  %s products received, %s customers, %s partitions made',
              to_char(:received, 'FM999,999'), (SELECT to_char(count(*), 'FM999,999') FROM ecommerce.users), :partitions) AS made
FROM replay.sale \gset
\echo :sold
\echo :made
