-- Partitions of orders, order_items and events.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
SET datestyle = 'ISO';

-- install() covers a year from now on, by quarters, and everything else by default
SELECT parent, count(*), min(from_time) = date_trunc('quarter', now()) AS "from now",
    max(to_time) >= now() + interval '1 year' AS "for a year",
    count(*) FILTER (WHERE from_time IS NULL AND to_time IS NULL) AS "default",
    count(*) FILTER (WHERE to_time <> from_time + interval '3 months') AS "not a quarter"
FROM ecommerce.partitions() GROUP BY parent ORDER BY parent::text COLLATE "C";

-- by month, quarter and year; the range includes its ends
SELECT partition, lower_bound, upper_bound, moved_rows
FROM ecommerce.ensure_partitions('2001-11-30 23:59:59.999999+00', '2002-01-01', 'month');
SELECT partition, lower_bound, upper_bound
FROM ecommerce.ensure_partitions('2003-05-05', '2003-05-05')
WHERE partition::text LIKE '%.orders_%';
SELECT partition, lower_bound, upper_bound
FROM ecommerce.ensure_partitions('2004-12-31', '2005-01-01', 'year')
WHERE partition::text LIKE '%.orders_%';
-- again: nothing is left to do
SELECT count(*)
FROM (SELECT ecommerce.ensure_partitions('2001-11-30', '2002-01-01', 'month')
    UNION ALL SELECT ecommerce.ensure_partitions('2003-05-05', '2003-05-05')
    UNION ALL SELECT ecommerce.ensure_partitions('2004-12-31', '2005-01-01', 'year')) s;
-- another interval: partitions stay as they are, and years, quarters and months fill the rest
SELECT partition, lower_bound, upper_bound
FROM ecommerce.ensure_partitions('2001-10-01', '2002-04-01', 'quarter')
WHERE partition::text LIKE '%.orders_%';
SELECT partition FROM ecommerce.ensure_partitions('2003-02-01', '2003-12-31', 'month')
WHERE partition::text LIKE '%.orders_%';
SELECT partition FROM ecommerce.ensure_partitions('2001-10-01', '2004-12-31', 'year')
WHERE partition::text LIKE '%.orders_%';
-- no bounds overlap, and those of the three tables are the same
SELECT count(*) AS overlaps FROM ecommerce.partitions() a
JOIN ecommerce.partitions() b ON a.parent = b.parent AND a.partition <> b.partition
    AND a.from_time < b.to_time AND a.to_time > b.from_time;
SELECT count(DISTINCT bounds) AS bounds
FROM (SELECT array_agg((from_time, to_time) ORDER BY from_time) AS bounds
    FROM ecommerce.partitions() GROUP BY parent) s;
-- bounds are UTC whatever the session's time zone is
SET timezone = 'Pacific/Auckland';
SELECT partition, lower_bound AT TIME ZONE 'UTC' AS lower_bound,
    upper_bound AT TIME ZONE 'UTC' AS upper_bound
FROM ecommerce.ensure_partitions('2006-06-30 23:00+00', '2006-06-30 23:30+00', 'month')
WHERE partition::text LIKE '%.orders_%';
SET timezone = 'America/New_York';
SET datestyle = 'SQL, DMY';
SELECT partition, lower_bound AT TIME ZONE 'UTC' AS lower_bound,
    upper_bound AT TIME ZONE 'UTC' AS upper_bound
FROM ecommerce.ensure_partitions('2006-07-01 00:00+00', '2006-07-01 00:00+00', 'month')
WHERE partition::text LIKE '%.orders_%';
SELECT from_time AT TIME ZONE 'UTC' AS from_time, to_time AT TIME ZONE 'UTC' AS to_time
FROM ecommerce.partitions() WHERE partition = 'ecommerce_partitions.orders_2006_06'::regclass;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SELECT relname, pg_get_expr(relpartbound, oid) FROM pg_class
WHERE relname IN ('orders_2006_06', 'order_items_2006_06', 'events_2006_07') ORDER BY relname;
-- wrong arguments
SELECT f, failure('SELECT ecommerce.ensure_partitions(' || f || ')') AS failure
FROM unnest(ARRAY['''2007-01-01'', ''2007-12-31'', ''week''',
    '''2007-01-01'', ''2007-12-31'', ''Month''', '''2007-01-01'', ''2007-12-31'', ''1 month''',
    '''2007-01-01'', ''2007-12-31'', NULL', 'NULL, ''2007-12-31''', '''2007-01-01'', NULL',
    '''2007-12-31'', ''2007-01-01''', '''2007-01-01'', ''infinity''',
    '''-infinity'', ''2007-01-01''', '''2007-01-01'', ''2022-01-02''']) AS f;
SELECT count(*) FROM ecommerce.partitions()
WHERE from_time >= '2007-01-01' AND from_time < '2008-01-01';

-- each partition of items references the one of its orders, and has its parent's keys, checks and
-- triggers
CREATE TEMP VIEW leaves AS
SELECT p.parent, p.partition, p.partition::oid AS oid, p.from_time,
    substr(split_part(p.partition::text, '.', 2),
        length(split_part(p.parent::text, '.', 2)) + 2) AS suffix
FROM ecommerce.partitions() p;
SELECT count(*) = count(c.oid) AS linked,
    count(*) FILTER (WHERE c.confrelid <> o.oid OR NOT c.convalidated
        OR pg_get_constraintdef(c.oid) NOT LIKE 'FOREIGN KEY (tenant\_id, order\_id, '
            'order\_created\_at) REFERENCES ecommerce\_partitions.orders\_%(tenant\_id, id, '
            'created\_at)') AS wrong
FROM leaves i JOIN leaves o ON o.suffix = i.suffix AND o.parent = 'ecommerce.orders'::regclass
LEFT JOIN pg_constraint c ON c.conrelid = i.oid AND c.contype = 'f'
WHERE i.parent = 'ecommerce.order_items'::regclass;
SELECT parent, count(DISTINCT constraints) AS "kinds of constraints",
    count(DISTINCT indexes) AS "of indexes", count(DISTINCT triggers) AS "of triggers",
    count(DISTINCT defaults) AS "of defaults", count(DISTINCT policies) AS "of policies"
FROM leaves l,
    LATERAL (SELECT array_agg(pg_get_constraintdef(oid)
            ORDER BY pg_get_constraintdef(oid)) AS constraints
        FROM pg_constraint WHERE conrelid = l.oid
            AND conname !~ '_(order|line|shipment|return)_fkey$') c,
    LATERAL (SELECT array_agg(
            split_part(replace(pg_get_indexdef(indexrelid), suffix, ''), ' ON ', 2)
            ORDER BY split_part(replace(pg_get_indexdef(indexrelid), suffix, ''), ' ON ', 2))
            AS indexes
        FROM pg_index WHERE indrelid = l.oid) i,
    LATERAL (SELECT array_agg(tgname ORDER BY tgname) AS triggers FROM pg_trigger
        WHERE tgrelid = l.oid AND NOT tgisinternal AND tgenabled = 'O') t,
    LATERAL (SELECT array_agg(pg_get_expr(adbin, adrelid) ORDER BY adnum) AS defaults
        FROM pg_attrdef WHERE adrelid = l.oid) d,
    LATERAL (SELECT array_agg(polname) AS policies FROM pg_policy WHERE polrelid = l.oid) p
GROUP BY parent ORDER BY parent::text COLLATE "C";

--
-- Rows that came before their partition
--
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price) VALUES
    ('LAMP', 'Lamp', 12.40), ('DESK', 'Desk', 99.99);
SELECT ecommerce.adjust_stock('LAMP', 100), ecommerce.adjust_stock('DESK', 100);
SELECT created_at, left(order_number, 7) AS numbered, net, vat, gross
FROM unnest('{1998-03-31 23:59:59.999, 1998-04-01, 1998-05-15 12:00, 1998-06-30 23:59:59.999,
        1998-07-01, 1999-12-31 23:59:59.999}'::timestamptz[]) AS at,
    ecommerce.place_order(
        '[{"sku": "LAMP", "quantity": 2}, {"sku": "DESK", "quantity": 1, "unit_price": 100}]',
        placed_at => at, charges => '[{"amount": 5}]');
SELECT tableoid::regclass AS leaf, count(*) FROM ecommerce.orders GROUP BY 1
ORDER BY min(tableoid::regclass::text) COLLATE "C";
SELECT tableoid::regclass AS leaf, count(*) FROM ecommerce.order_items GROUP BY 1
ORDER BY min(tableoid::regclass::text) COLLATE "C";
SELECT tableoid::regclass AS leaf, count(*) FROM ecommerce.events WHERE kind = 'order.placed'
GROUP BY 1 ORDER BY min(tableoid::regclass::text) COLLATE "C";
SELECT md5(string_agg(o::text, ' ' ORDER BY id)) AS orders_before FROM ecommerce.orders o \gset
SELECT md5(string_agg(i::text, ' ' ORDER BY order_id, line_number)) AS items_before
FROM ecommerce.order_items i \gset
SELECT md5(string_agg(e::text, ' ' ORDER BY id)) AS events_before FROM ecommerce.events e \gset
-- they move to it, with their items and events
SELECT * FROM ecommerce.ensure_partitions('1998-04-01', '1998-06-30');
SELECT tableoid::regclass AS leaf, count(*) FROM ecommerce.orders GROUP BY 1
ORDER BY min(tableoid::regclass::text) COLLATE "C";
SELECT tableoid::regclass AS leaf, count(*) FROM ecommerce.order_items GROUP BY 1
ORDER BY min(tableoid::regclass::text) COLLATE "C";
SELECT tableoid::regclass AS leaf, count(*) FROM ecommerce.events WHERE kind = 'order.placed'
GROUP BY 1 ORDER BY min(tableoid::regclass::text) COLLATE "C";
SELECT * FROM ecommerce.ensure_partitions('1998-01-01', '1999-12-31', 'year');
SELECT * FROM ecommerce.ensure_partitions('1998-01-01', '1998-12-31', 'quarter')
WHERE moved_rows > 0;
SELECT * FROM ecommerce.ensure_partitions('1999-12-31', '1999-12-31', 'month');
SELECT (SELECT count(*) FROM ecommerce_partitions.orders_default) AS orders,
    (SELECT count(*) FROM ecommerce_partitions.order_items_default) AS items,
    (SELECT count(*) FROM ecommerce_partitions.events_default) AS events;
-- nothing was lost or changed
SELECT (SELECT md5(string_agg(o::text, ' ' ORDER BY id)) FROM ecommerce.orders o)
        = :'orders_before' AS orders,
    (SELECT md5(string_agg(i::text, ' ' ORDER BY order_id, line_number))
        FROM ecommerce.order_items i) = :'items_before' AS items,
    (SELECT md5(string_agg(e::text, ' ' ORDER BY id)) FROM ecommerce.events e)
        = :'events_before' AS events;
-- foreign keys hold after the move, triggers are on again
SELECT count(*) AS items, count(o.id) AS "with an order in the partition of the same time"
FROM ecommerce.order_items i
LEFT JOIN ecommerce.orders o ON o.tenant_id = i.tenant_id AND o.id = i.order_id
    AND o.created_at = i.order_created_at
    AND replace(i.tableoid::regclass::text, 'order_items', 'orders') = o.tableoid::regclass::text;
SELECT conrelid::regclass, confrelid::regclass, convalidated FROM pg_constraint
WHERE contype = 'f'
    AND conrelid IN ('ecommerce_partitions.order_items_1998_q2'::regclass,
        'ecommerce_partitions.order_items_1999'::regclass,
        'ecommerce_partitions.order_items_default'::regclass)
ORDER BY conrelid::regclass::text COLLATE "C";
SELECT id AS moved, created_at AS moved_at FROM ecommerce.orders
WHERE created_at = '1998-05-15 12:00' \gset
SELECT failure(format($$INSERT INTO ecommerce.order_items (order_id, order_created_at, line_number,
                    product_id, name, quantity, unit_price, vat_category, vat_rate, net, vat)
                SELECT ecommerce.uuid_v7(%L, 'x'), %1$L, 9, id, 'X', 1, 0, 'Z', 0, 0, 0
                FROM ecommerce.products LIMIT 1$$, :'moved_at'),
        ids => true) AS "item without order",
    failure(format('DELETE FROM ecommerce.orders WHERE id = %L', :'moved')) AS "delete",
    failure('DELETE FROM ecommerce_partitions.order_items_default') AS "delete default",
    failure('UPDATE ecommerce.order_items SET net = 0') AS "update" \gx
SELECT count(*) AS disabled FROM pg_trigger WHERE tgenabled = 'D';
-- an order that moved can be cancelled by its id alone
SELECT (ecommerce.cancel_order(:'moved')).status;
SELECT tableoid::regclass, status FROM ecommerce.orders WHERE id = :'moved';

-- plain SQL: rows land in the partition of their time, each with its items
CREATE FUNCTION pg_temp.insert_order(at timestamptz) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    new_id uuid := ecommerce.uuid_v7(at, convert_to(at::text, 'UTF8'));
BEGIN
    INSERT INTO ecommerce.orders
        (id, created_at, order_number, currency, prices, net, vat, gross, country) VALUES
        (new_id, at, ecommerce.order_number(new_id), 'EUR', 'net', 10, 2.4, 12.4, 'GR');
    INSERT INTO ecommerce.order_items (order_id, order_created_at, line_number, product_id, name,
        quantity, unit_price, vat_category, vat_rate, net, vat)
    SELECT new_id, at, 1, id, name, 1, 10, 'S', 24, 10, 2.4 FROM ecommerce.products
    WHERE sku = 'LAMP';
    RETURN new_id;
END $$;
SELECT o.tableoid::regclass AS "order", i.tableoid::regclass AS item, o.created_at
FROM (SELECT pg_temp.insert_order(at) AS id
    FROM unnest('{2001-11-30 23:59:59.999999, 2001-12-01, 2003-06-30 23:59:59.999999+00,
        2003-07-01 00:00+02, 2005-12-31 23:59:59.999999, 1970-01-01}'::timestamptz[]) AS at
    OFFSET 0) n
JOIN ecommerce.orders o USING (id) JOIN ecommerce.order_items i ON i.order_id = o.id
ORDER BY o.created_at;
SELECT o.tableoid::regclass AS "order", i.tableoid::regclass AS item, o.created_at
FROM ecommerce.orders o
JOIN ecommerce.order_items i ON i.order_id = o.id AND i.order_created_at = o.created_at
WHERE o.prices = 'net' ORDER BY o.created_at;
-- created_at lies within a day of the id's time, in orders and in items
SELECT at,
    failure(format($$INSERT INTO ecommerce.orders
                (id, created_at, order_number, currency, prices, net, vat, gross, country)
            VALUES (ecommerce.uuid_v7('2003-06-15', %L), %1$L, 'x', 'EUR', 'net', 0, 0, 0, 'GR')$$,
        at)) AS "order"
FROM unnest('{2003-06-13 23:59:59.999999, 2003-06-16 00:00:00.001}'::text[]) AS at;
BEGIN;
INSERT INTO ecommerce.orders
    (id, created_at, order_number, currency, prices, net, vat, gross, country)
SELECT ecommerce.uuid_v7('2003-07-01', at::text::bytea), at, at::text, 'EUR', 'net', 0, 0, 0, 'GR'
FROM unnest('{2003-06-30, 2003-07-02}'::timestamptz[]) AS at
RETURNING tableoid::regclass, created_at;
ROLLBACK;

-- a transaction that fails leaves nothing
BEGIN;
SELECT count(*) FROM ecommerce.ensure_partitions('2010-01-01', '2010-12-31');
ROLLBACK;
SELECT count(*) FROM ecommerce.partitions()
WHERE from_time >= '2010-01-01' AND from_time < '2011-01-01';
-- one that is missing alone is made alone, and linked
SET client_min_messages = warning;
DROP TABLE ecommerce_partitions.order_items_2006_07, ecommerce_partitions.orders_2006_07 CASCADE;
SELECT partition FROM ecommerce.ensure_partitions('2006-07-01', '2006-07-01', 'month');
SELECT count(*) FROM pg_constraint
WHERE conrelid = 'ecommerce_partitions.order_items_2006_07'::regclass
    AND confrelid = 'ecommerce_partitions.orders_2006_07'::regclass AND contype = 'f';
DROP TABLE ecommerce_partitions.order_items_2006_07 CASCADE;
SELECT partition FROM ecommerce.ensure_partitions('2006-07-01', '2006-07-01', 'month');
SELECT count(*) FROM pg_constraint
WHERE conrelid = 'ecommerce_partitions.order_items_2006_07'::regclass
    AND confrelid = 'ecommerce_partitions.orders_2006_07'::regclass AND contype = 'f';
-- and so is what refers to it
SELECT conrelid::regclass, confrelid::regclass FROM pg_constraint
WHERE conrelid::regclass::text LIKE '%ship%_2006_07' AND contype = 'f' ORDER BY 1, 2;
-- install() gives a shop back its default partitions
DROP TABLE ecommerce_partitions.order_items_default, ecommerce_partitions.orders_default,
    ecommerce_partitions.events_default CASCADE;
SELECT ecommerce.install();
RESET client_min_messages;
SELECT partition FROM ecommerce.partitions() WHERE from_time IS NULL;
SELECT count(*) FROM pg_constraint
WHERE conrelid = 'ecommerce_partitions.order_items_default'::regclass
    AND confrelid = 'ecommerce_partitions.orders_default'::regclass AND contype = 'f';
-- partitions() counts rows as of the last ANALYZE, and bytes
ANALYZE ecommerce.orders;
SELECT partition, estimated_rows, bytes > 0 AS bytes FROM ecommerce.partitions()
WHERE partition::text LIKE '%.orders_1998%' ORDER BY from_time;

--
-- Partitioned tables of somebody else's are none of the shop's
--
CREATE TABLE ecommerce.pages (name text) PARTITION BY RANGE (name);
CREATE TABLE ecommerce.pages_1 PARTITION OF ecommerce.pages FOR VALUES FROM ('a') TO ('b');
CREATE TABLE ecommerce.days (at timestamptz, n integer) PARTITION BY RANGE (at, n);
CREATE TABLE ecommerce.days_1 PARTITION OF ecommerce.days
    FOR VALUES FROM ('2001-01-01', 1) TO ('2002-01-01', 1);
SELECT DISTINCT parent::text FROM ecommerce.partitions() ORDER BY parent;
SELECT partition FROM ecommerce.ensure_partitions('1990-01-01', '1990-01-01');
DROP TABLE ecommerce.pages, ecommerce.days;

--
-- Whoever knows only its id finds a row by index, in every partition, also under row security
--
CREATE FUNCTION public.scans(relation text) RETURNS text LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE format('EXPLAIN (FORMAT JSON) SELECT * FROM ecommerce.%I WHERE id = %L', relation,
        '01930000-0000-7000-8000-00000000000a') INTO plan;
    RETURN (SELECT string_agg(DISTINCT m[1] ||
                CASE WHEN m[2] ~ '\(id = ' THEN ' by id' ELSE ' of many' END, ', ')
            FROM regexp_matches(plan::text,
                '"Node Type": "(\w+ Scan)"[^{}]*?("Index Cond": "[^"]*")', 'g') AS m);
END $$;
INSERT INTO ecommerce.products (sku, name, price)
SELECT 'MANY-' || n, 'Many', 1 FROM generate_series(1, 3000) n;
INSERT INTO ecommerce.users (email) SELECT n || '@example.org' FROM generate_series(1, 3000) n;
INSERT INTO ecommerce.carts (session_id) SELECT 's' || n FROM generate_series(1, 3000) n;
ANALYZE ecommerce.products, ecommerce.users, ecommerce.carts;
CREATE ROLE regress_app;
GRANT USAGE ON SCHEMA ecommerce TO regress_app;
GRANT SELECT ON ALL TABLES IN SCHEMA ecommerce TO regress_app;
SELECT r AS relation, public.scans(r) AS scans
FROM unnest('{orders,events,products,users,carts}'::text[]) AS r;
SET ROLE regress_app;
SELECT r AS relation, public.scans(r) AS scans
FROM unnest('{orders,events,products,users,carts}'::text[]) AS r;
RESET ROLE;
DROP OWNED BY regress_app;
DROP ROLE regress_app;
DROP FUNCTION public.scans;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
