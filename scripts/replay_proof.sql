-- Compares the shop with the invoices of replay.raw.  What is expected comes
-- from the file by plain SQL, nothing of it from the extension's functions.
\set ON_ERROR_STOP 1
\pset footer off

CREATE TABLE replay.proof (
    n        integer GENERATED ALWAYS AS IDENTITY,
    claim    text    NOT NULL,
    compared bigint  NOT NULL,
    wrong    bigint  NOT NULL,
    example  text,
    holds    boolean GENERATED ALWAYS AS (compared > 0 AND wrong = 0) STORED
);

-- Each line as it must be.  Money in pence: round() on numeric is half away
-- from zero; the VAT of an order is rounded once for each rate, and its lines
-- get their shares of it by the largest remainder, ties to the earlier line.
CREATE TABLE replay.expected AS
WITH priced AS (
    SELECT s.invoice, s.line_number, s.sku, s.quantity, s.unit_price, p.vat_class,
           coalesce(v.rate, 0) AS rate,
           100 * round(s.quantity * s.unit_price, 2) AS gross
    FROM replay.sale s
    JOIN ecommerce.products p ON p.sku = s.sku
    LEFT JOIN ecommerce.vat_rates v ON v.country = 'GB' AND v.region = '' AND v.vat_class = p.vat_class
                                   AND s.invoice_date::date >= v.valid_from
                                   AND s.invoice_date::date < coalesce(v.valid_to, 'infinity')
), grouped AS (
    SELECT priced.*,
           round(sum(gross) OVER same_rate * rate / (100 + rate)) AS group_vat,
           div(gross * rate, 100 + rate) AS least,
           mod(gross * rate, 100 + rate) AS remainder
    FROM priced
    WINDOW same_rate AS (PARTITION BY invoice, vat_class, rate)
), shared AS (
    SELECT grouped.*,
           least + (row_number() OVER (PARTITION BY invoice, vat_class, rate ORDER BY remainder DESC, line_number)
                    <= group_vat - sum(least) OVER (PARTITION BY invoice, vat_class, rate))::int AS vat
    FROM grouped
)
SELECT invoice, line_number, sku, quantity, unit_price,
       CASE WHEN vat_class = 'exempt' THEN 'E' WHEN rate = 0 THEN 'Z' ELSE 'S' END AS vat_category,
       rate AS vat_rate, round(gross / 100, 2) AS gross, round(vat / 100, 2) AS vat
FROM shared;
ALTER TABLE replay.expected ADD PRIMARY KEY (invoice, line_number);

CREATE TABLE replay.line AS
SELECT k.key AS invoice, i.*
FROM ecommerce.order_items i
LEFT JOIN ecommerce.idempotency_keys k ON k.order_id = i.order_id;
ANALYZE replay.expected, replay.line;

INSERT INTO replay.proof (claim, compared, wrong, example)
SELECT 'each invoice is one order, of its time, customer and currency', count(*), count(*) FILTER (WHERE bad),
       min(coalesce(invoice, order_number)) FILTER (WHERE bad)
FROM (SELECT r.invoice, o.order_number,
             (r.placed_at, r.user_id, 'GBP', 'gross') IS DISTINCT FROM (o.created_at, o.user_id, o.currency, o.prices) AS bad
      FROM replay.request r
      LEFT JOIN ecommerce.idempotency_keys k ON k.key = r.invoice
      FULL JOIN ecommerce.orders o ON o.id = k.order_id) c;

INSERT INTO replay.proof (claim, compared, wrong, example)
SELECT 'money and VAT of each order', count(*), count(*) FILTER (WHERE bad), min(invoice) FILTER (WHERE bad)
FROM (SELECT e.invoice,
             (e.gross, e.vat, e.gross - e.vat) IS DISTINCT FROM (o.gross, o.vat, o.net)
             OR (scale(o.gross), scale(o.vat), scale(o.net)) IS DISTINCT FROM (2, 2, 2) AS bad
      FROM (SELECT invoice, sum(gross) AS gross, sum(vat) AS vat FROM replay.expected GROUP BY invoice) e
      LEFT JOIN ecommerce.idempotency_keys k ON k.key = e.invoice
      LEFT JOIN ecommerce.orders o ON o.id = k.order_id) c;

INSERT INTO replay.proof (claim, compared, wrong, example)
SELECT 'VAT of each order and rate, rounded once', count(*), count(*) FILTER (WHERE bad), min(invoice) FILTER (WHERE bad)
FROM (SELECT invoice, e.vat IS DISTINCT FROM i.vat OR e.gross IS DISTINCT FROM i.gross AS bad
      FROM (SELECT invoice, vat_category, vat_rate, round(sum(gross) * vat_rate / (100 + vat_rate), 2) AS vat, sum(gross) AS gross
            FROM replay.expected GROUP BY invoice, vat_category, vat_rate) e
      FULL JOIN (SELECT invoice, vat_category, vat_rate, sum(vat) AS vat, sum(net + vat) AS gross
                 FROM replay.line GROUP BY invoice, vat_category, vat_rate) i USING (invoice, vat_category, vat_rate)) c;

INSERT INTO replay.proof (claim, compared, wrong, example)
SELECT 'VAT rates are 17.5 % until 2011-01-03, 20 % from 2011-01-04', count(*), count(*) FILTER (WHERE bad), min(invoice) FILTER (WHERE bad)
FROM (SELECT invoice, vat_rate <> CASE WHEN vat_category <> 'S' THEN 0
                                       WHEN s.invoice_date < '2011-01-04' THEN 17.5 ELSE 20 END AS bad
      FROM replay.line JOIN replay.sale s USING (invoice, line_number)) c;

INSERT INTO replay.proof (claim, compared, wrong, example)
SELECT 'each line: SKU, units, price, rate, net and VAT', count(*), count(*) FILTER (WHERE bad),
       min(invoice || ' line ' || line_number) FILTER (WHERE bad)
FROM (SELECT invoice, line_number,
             (e.sku, e.quantity, e.unit_price, e.vat_category, e.vat_rate, e.gross - e.vat, e.vat, 'product', 0)
             IS DISTINCT FROM
             (i.sku, i.quantity, i.unit_price, i.vat_category, i.vat_rate, i.net, i.vat, i.kind, i.discount) AS bad
      FROM replay.expected e FULL JOIN replay.line i USING (invoice, line_number)) c;

INSERT INTO replay.proof (claim, compared, wrong, example)
SELECT 'lines sum to their order', count(*), count(*) FILTER (WHERE bad), min(order_number) FILTER (WHERE bad)
FROM (SELECT o.order_number, (o.net, o.vat, o.gross) IS DISTINCT FROM (i.net, i.vat, i.net + i.vat) AS bad
      FROM ecommerce.orders o
      LEFT JOIN (SELECT order_id, order_created_at, sum(net) AS net, sum(vat) AS vat
                 FROM ecommerce.order_items GROUP BY order_id, order_created_at) i
             ON i.order_id = o.id AND i.order_created_at = o.created_at) c;

INSERT INTO replay.proof (claim, compared, wrong, example)
SELECT 'place_order() answered what the tables say', count(*), count(*) FILTER (WHERE bad), min(invoice) FILTER (WHERE bad)
FROM (SELECT r.invoice, (a.id, a.order_number, a.created_at, a.currency, a.net, a.vat, a.gross)
                        IS DISTINCT FROM (o.id, o.order_number, o.created_at, o.currency, o.net, o.vat, o.gross) AS bad
      FROM replay.request r
      LEFT JOIN replay.answer a USING (invoice)
      LEFT JOIN ecommerce.idempotency_keys k ON k.key = r.invoice
      LEFT JOIN ecommerce.orders o ON o.id = k.order_id) c;

INSERT INTO replay.proof (claim, compared, wrong, example)
SELECT 'ids and numbers are unique, ids tell the time', count(*),
       2 * count(*) - count(DISTINCT id) - count(DISTINCT order_number) + count(*) FILTER (WHERE bad),
       min(order_number) FILTER (WHERE bad)
FROM (SELECT id, order_number, ecommerce.uuid_v7_time(id) <> created_at AS bad FROM ecommerce.orders) c;

INSERT INTO replay.proof (claim, compared, wrong, example)
SELECT 'each product: received - sold = available', count(*), count(*) FILTER (WHERE bad), min(sku) FILTER (WHERE bad)
FROM (SELECT sku, (r.sold + r.extra, r.extra) IS DISTINCT FROM (m.received, k.available) AS bad
      FROM (SELECT "StockCode" AS sku, sum("Quantity"::int) AS sold
            FROM replay.raw WHERE "InvoiceNo" !~ '^C' AND "Quantity"::int > 0 AND "UnitPrice"::numeric > 0
            GROUP BY "StockCode") s
      JOIN replay.received r USING (sku, sold)
      FULL JOIN (SELECT id, sku FROM ecommerce.products) p USING (sku)
      LEFT JOIN (SELECT product_id AS id, sum(quantity) AS received FROM ecommerce.stock_movements GROUP BY product_id) m USING (id)
      LEFT JOIN (SELECT product_id AS id, sum(available) AS available FROM ecommerce.stock GROUP BY product_id) k USING (id)) c;

-- One unit more than there is of each must be refused.
CREATE TABLE replay.refusal (sku text, sqlstate text);
DO $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT sku, extra FROM replay.received LOOP
        BEGIN
            PERFORM ecommerce.place_order(items => jsonb_build_array(jsonb_build_object('sku', r.sku, 'quantity', r.extra + 1)));
            RAISE SQLSTATE 'XSOLD';
        EXCEPTION WHEN OTHERS THEN
            INSERT INTO replay.refusal VALUES (r.sku, SQLSTATE);
        END;
    END LOOP;
END
$$;
INSERT INTO replay.proof (claim, compared, wrong, example)
SELECT 'one unit more of each product is refused (EC001)', count(*), count(*) FILTER (WHERE sqlstate <> 'EC001'),
       min(sku || ': ' || sqlstate) FILTER (WHERE sqlstate <> 'EC001')
FROM replay.refusal;

INSERT INTO replay.proof (claim, compared, wrong, example)
SELECT 'each row lies in the partition of its date', count(*), count(*) FILTER (WHERE bad), min(leaf::text) FILTER (WHERE bad)
FROM (SELECT t.leaf, p.parent IS DISTINCT FROM t.parent OR (t.at >= p.from_time AND t.at < p.to_time) IS NOT TRUE AS bad
      FROM (SELECT 'ecommerce.orders'::regclass AS parent, tableoid::regclass AS leaf, created_at AS at FROM ecommerce.orders
            UNION ALL SELECT 'ecommerce.order_items', tableoid::regclass, order_created_at FROM ecommerce.order_items
            UNION ALL SELECT 'ecommerce.events', tableoid::regclass, created_at FROM ecommerce.events) t
      LEFT JOIN ecommerce.partitions() p ON p.partition = t.leaf) c;

INSERT INTO replay.proof (claim, compared, wrong, example)
SELECT 'each order has its event', count(*), count(*) FILTER (WHERE bad), min(order_number) FILTER (WHERE bad)
FROM (SELECT o.order_number, (e.kinds, e.at) IS DISTINCT FROM ('order.placed', o.created_at) AS bad
      FROM ecommerce.orders o
      LEFT JOIN (SELECT entity_id AS id, string_agg(kind, ' ') AS kinds, min(created_at) AS at
                 FROM ecommerce.events GROUP BY entity_id) e USING (id)) c;

SELECT ecommerce.refresh_product_stats() \g /dev/null
INSERT INTO replay.proof (claim, compared, wrong, example)
SELECT 'product_stats of each product', count(*), count(*) FILTER (WHERE bad), min(sku) FILTER (WHERE bad)
FROM (SELECT p.sku, (e.orders, e.units, e.net, e.last) IS DISTINCT FROM
                    (s.total_orders, s.total_quantity_sold, s.revenue, s.last_ordered_at) AS bad
      FROM (SELECT sku, count(DISTINCT invoice) AS orders, sum(e.quantity) AS units, sum(gross - vat) AS net,
                   max(s.invoice_date) AT TIME ZONE 'Europe/London' AS last
            FROM replay.expected e JOIN replay.sale s USING (invoice, line_number, sku) GROUP BY sku) e
      JOIN ecommerce.products p USING (sku)
      FULL JOIN ecommerce.product_stats s ON s.id = p.id) c;

INSERT INTO replay.proof (claim, compared, wrong, example) VALUES
    ('every request again gets the same answer', :retries, :different, NULL),
    ('and changes nothing in any table', :tables, cardinality(string_to_array(:'changed', ' ')), nullif(:'changed', ''));

CREATE FUNCTION replay.other_request(key text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ecommerce.place_order(items => '[{"sku": "POST", "quantity": 1}]', idempotency_key => key);
    RAISE SQLSTATE 'XSOLD';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
INSERT INTO replay.proof (claim, compared, wrong, example)
SELECT 'another request under a used key is refused (EC007)', count(*), count(*) FILTER (WHERE answer <> 'EC007'),
       min(invoice || ': ' || answer) FILTER (WHERE answer <> 'EC007')
FROM (SELECT invoice, replay.other_request(invoice) AS answer FROM replay.request WHERE n % 100 = 1) c;

-- From 10 % on, everything that a backend keeps is there.
INSERT INTO replay.proof (claim, compared, wrong, example)
SELECT 'memory of the session grows by less than 20 MB from 10 % on', count(*), count(*) FILTER (WHERE bad), max(text) FILTER (WHERE bad)
FROM (SELECT greatest(c.private - tenth.private, c.contexts - tenth.contexts) > 20 * 1024 * 1024 AS bad,
             format('%s more', pg_size_pretty(greatest(c.private - tenth.private, c.contexts - tenth.contexts))) AS text
      FROM replay.clock c, (SELECT * FROM replay.clock WHERE n = (SELECT count(*) / 10 FROM replay.request)) tenth
      WHERE c.n > tenth.n) m;

CREATE TABLE replay.total AS
WITH file AS (
    SELECT count(DISTINCT "InvoiceNo") AS orders, count(*) AS lines, sum("Quantity"::int) AS units,
           sum(round("Quantity"::int * "UnitPrice"::numeric, 2)) AS gross
    FROM replay.raw
    WHERE "InvoiceNo" !~ '^C' AND "Quantity"::int > 0 AND "UnitPrice"::numeric > 0
), file_vat AS (
    SELECT vat_category, vat_rate, sum(vat) AS vat
    FROM (SELECT vat_category, vat_rate, round(sum(gross) * vat_rate / (100 + vat_rate), 2) AS vat
          FROM replay.expected GROUP BY invoice, vat_category, vat_rate) once
    GROUP BY vat_category, vat_rate
), shop_vat AS (
    SELECT vat_category, vat_rate, sum(vat) AS vat FROM ecommerce.order_items GROUP BY vat_category, vat_rate
)
SELECT 1 AS n, 'orders' AS what, f.orders::numeric AS file, (SELECT count(*) FROM ecommerce.orders)::numeric AS shop FROM file f
UNION ALL SELECT 2, 'lines', f.lines, (SELECT count(*) FROM ecommerce.order_items) FROM file f
UNION ALL SELECT 3, 'units', f.units, (SELECT sum(quantity) FROM ecommerce.order_items) FROM file f
UNION ALL SELECT 4, 'money, VAT included', f.gross, (SELECT sum(gross) FROM ecommerce.orders) FROM file f
UNION ALL SELECT 5, 'VAT', (SELECT sum(vat) FROM file_vat), (SELECT sum(vat) FROM ecommerce.orders)
UNION ALL
SELECT 5 + (row_number() OVER (ORDER BY vat_rate, vat_category))::int,
       CASE vat_category WHEN 'E' THEN '  exempt' WHEN 'Z' THEN '  zero-rated' ELSE format('  at %s %%', vat_rate) END,
       f.vat, s.vat
FROM file_vat f FULL JOIN shop_vat s USING (vat_category, vat_rate);

INSERT INTO replay.proof (claim, compared, wrong, example)
SELECT 'totals of everything', count(*), count(*) FILTER (WHERE file IS DISTINCT FROM shop),
       min(trim(what)) FILTER (WHERE file IS DISTINCT FROM shop)
FROM replay.total;

-- What follows is for people to read.
\pset format unaligned
\pset tuples_only on

\echo
\echo 'Speed of placing'
SELECT format('  %s orders and %s lines in %s s: %s orders/s, %s lines/s',
              to_char(r.n, 'FM999,999'), to_char(r.lines_so_far, 'FM9,999,999'), round(seconds, 1),
              to_char(r.n / seconds, 'FM999,999'), to_char(r.lines_so_far / seconds, 'FM9,999,999'))
FROM (SELECT extract(epoch FROM max(at) - min(at)) AS seconds, max(n) AS n FROM replay.clock) c
JOIN replay.request r USING (n);

\echo
\echo 'Memory of the session that placed them'
\echo '  orders       private    in contexts    peak with shared buffers'
SELECT format('  %s %s %s %s', rpad(to_char(c.n, 'FM999,999'), 9), lpad(coalesce(pg_size_pretty(c.private), 'unknown'), 10),
              lpad(pg_size_pretty(c.contexts), 14), lpad(coalesce(pg_size_pretty(c.peak), 'unknown'), 27))
FROM replay.clock c, (SELECT count(*) AS n FROM replay.request) r
WHERE c.n IN (r.n / 10, r.n / 2, r.n)
ORDER BY c.n;

\echo
\echo 'Books: a line is round(quantity * unit price, 2), once, half away from zero;'
\echo 'prices include VAT, which is rounded once for each order and rate, likewise'
\echo '                                  file            shop      difference'
SELECT format('  %s %s %s %s', rpad(what, 20), lpad(to_char(file, mask), 15), lpad(to_char(shop, mask), 15),
              lpad(coalesce(to_char(shop - file, mask), '?'), 15))
FROM (SELECT *, CASE WHEN n <= 3 THEN 'FM99,999,990' ELSE 'FM99,999,990.00' END AS mask FROM replay.total) t
ORDER BY n;

\echo
\echo 'The shop''s year'
SELECT format('  most units      %s: %s', name, to_char(total_quantity_sold, 'FM999,999'))
FROM ecommerce.product_stats ORDER BY total_quantity_sold DESC, name LIMIT 1;
SELECT format('  most orders     %s: %s', name, to_char(total_orders, 'FM999,999'))
FROM ecommerce.product_stats ORDER BY total_orders DESC, name LIMIT 1;
SELECT format('  longest order   %s: %s lines, %s GBP', k.key, to_char(count(*), 'FM9,999'), to_char(o.gross, 'FM999,990.00'))
FROM ecommerce.orders o
JOIN ecommerce.order_items i ON i.order_id = o.id AND i.order_created_at = o.created_at
JOIN ecommerce.idempotency_keys k ON k.order_id = o.id
GROUP BY k.key, o.gross ORDER BY count(*) DESC, k.key LIMIT 1;
SELECT format('  busiest day     %s: %s orders, %s GBP', day, count(*), to_char(sum(gross), 'FM999,990.00'))
FROM (SELECT (created_at AT TIME ZONE 'Europe/London')::date AS day, gross FROM ecommerce.orders) o
GROUP BY day ORDER BY count(*) DESC, day LIMIT 1;
SELECT format('  sold out        %s of %s products, to the last unit', count(*) FILTER (WHERE stock = 0), to_char(count(*), 'FM9,999'))
FROM ecommerce.product_listing;

\echo
\echo 'Proof'
SELECT CASE WHEN holds THEN '  ok    ' ELSE '  WRONG ' END || to_char(compared, '9,999,999') || '  ' || claim
       || CASE WHEN holds THEN '' WHEN compared = 0 THEN ': nothing to compare'
               ELSE format(': %s wrong%s', wrong, ', such as ' || example) END
FROM replay.proof ORDER BY n;
\echo
SELECT CASE WHEN every(holds) THEN 'Everything agrees.' ELSE format('%s of %s do not hold.', count(*) FILTER (WHERE NOT holds), count(*)) END
FROM replay.proof;
