-- What guards and proofs of shipments and returns see, row by row and of many orders at once.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET client_min_messages = warning;

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.warehouses (id, name) VALUES (2, 'Second');
INSERT INTO ecommerce.products (sku, name, price) VALUES ('A', 'A', 10), ('B', 'B', 3.33);
SELECT ecommerce.adjust_stock(s, 100, 'receipt') FROM unnest('{A,B}'::text[]) s;
CREATE TEMP TABLE o (name text, id uuid, at timestamptz);
CREATE FUNCTION pg_temp.o(name text) RETURNS uuid LANGUAGE sql AS
    'SELECT o.id FROM pg_temp.o WHERE o.name = $1';
CREATE FUNCTION pg_temp.s(name text, number integer) RETURNS uuid LANGUAGE sql AS
    'SELECT s.id FROM ecommerce.shipments s
     WHERE s.order_id = pg_temp.o($1) AND s.shipment_number = $2';
CREATE FUNCTION pg_temp.r(name text, number integer) RETURNS uuid LANGUAGE sql AS
    'SELECT r.id FROM ecommerce.returns r
     WHERE r.order_id = pg_temp.o($1) AND r.return_number = $2';
-- An order of two units of each, of a time, brought to a status
CREATE FUNCTION pg_temp.placed(name text, status text, at timestamptz DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pg_temp.o
    SELECT name, p.id, p.created_at
    FROM ecommerce.place_order(items('A', 2) || items('B', 2), placed_at => at) p;
    PERFORM ecommerce.transition_order(pg_temp.o(name), s.status)
    FROM (VALUES (1, 'processing'), (2, 'shipped')) s (n, status)
    WHERE s.n <= CASE placed.status WHEN 'processing' THEN 1 WHEN 'shipped' THEN 2 ELSE 0 END
    ORDER BY s.n;
END $$;
SELECT count(*) > 0 AS made FROM ecommerce.ensure_partitions('2019-04-01', '2019-06-30');

-- Rows are guarded that come by a leaf, one by one or several in one statement.
SELECT pg_temp.placed('back', 'shipped', '2019-05-01');
INSERT INTO ecommerce_partitions.returns_2019_q2 (tenant_id, id, order_id, order_created_at,
    return_number)
SELECT 1, ecommerce.uuid_v7(at, '\x00112233445566778899aabbccddeeff'), id, at, 1 FROM o
WHERE name = 'back';
CREATE TEMP VIEW line AS
SELECT 1 AS tenant_id, r.id AS return_id, r.order_id, r.order_created_at, l.line_number,
    l.quantity
FROM ecommerce.returns r JOIN ecommerce.order_items l ON l.order_id = r.order_id;
SELECT relation, left(failure(format('INSERT INTO %s (tenant_id, return_id, order_id,
    order_created_at, line_number, quantity) SELECT tenant_id, return_id, order_id,
    order_created_at, line_number, quantity + (line_number = 2)::integer FROM line',
    relation)), 90) AS failure
FROM unnest('{ecommerce.return_items,ecommerce_partitions.return_items_2019_q2}'::text[]) relation;
SELECT failure('INSERT INTO ecommerce_partitions.return_items_2019_q2
    SELECT tenant_id, return_id, order_id, order_created_at, 3, 1 FROM line LIMIT 1') AS no_line;
INSERT INTO ecommerce_partitions.return_items_2019_q2 (tenant_id, return_id, order_id,
    order_created_at, line_number, quantity) SELECT * FROM line;
SELECT (ecommerce.approve_return(pg_temp.r('back', 1))).status;
SELECT relation, failure(format('INSERT INTO %s (tenant_id, return_id, receipt_number, line_number,
    order_id, order_created_at, back_to_stock, currency, net, vat)
    SELECT tenant_id, return_id, 1, line_number, order_id, order_created_at, 1, ''EUR'', 0, 0
    FROM line', relation)) AS failure
FROM unnest('{ecommerce.return_receipts,ecommerce_partitions.return_receipts_2019_q2}'::text[])
    relation;
SELECT status, received FROM ecommerce.receive_return(pg_temp.r('back', 1));
SELECT pg_temp.placed('packed', 'processing', '2019-05-02');
INSERT INTO ecommerce_partitions.shipments_2019_q2 (tenant_id, id, order_id, order_created_at,
    shipment_number)
SELECT 1, ecommerce.uuid_v7(at, '\x10112233445566778899aabbccddeeff'), id, at, 1 FROM o
WHERE name = 'packed';
SELECT relation, failure(format('INSERT INTO %s (tenant_id, shipment_id, order_id,
    order_created_at, line_number, quantity)
    SELECT 1, pg_temp.s(''packed'', 1), o.id, o.at, n, 1 + n FROM o, generate_series(1, 2) n
    WHERE name = ''packed''', relation)) AS failure
FROM unnest('{ecommerce.shipment_items,ecommerce_partitions.shipment_items_2019_q2}'::text[])
    relation;
INSERT INTO ecommerce_partitions.shipment_items_2019_q2 (tenant_id, shipment_id, order_id,
    order_created_at, line_number, quantity)
SELECT 1, pg_temp.s('packed', 1), o.id, o.at, n, 2 FROM o, generate_series(1, 2) n
WHERE name = 'packed';
SELECT order_status FROM ecommerce.ship_shipment(pg_temp.s('packed', 1));
SELECT * FROM ecommerce.verify_integrity();

-- What functions write is checked when it is written: triggers have no units beside them.
CREATE FUNCTION pg_temp.meddle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_items jsonb := '[{"sku": "B", "quantity": 2}]';
BEGIN
    IF pg_trigger_depth() > 1 THEN
        RETURN NEW;
    ELSIF TG_ARGV[0] = 'line' THEN
        NEW.line_number := 1;
        RETURN NEW;
    ELSIF TG_ARGV[0] = 'net' THEN
        NEW.net := 1000;
        RETURN NEW;
    ELSIF TG_ARGV[0] = 'pack' THEN
        PERFORM ecommerce.create_shipment(NEW.order_id, v_items);
    ELSIF TG_ARGV[0] = 'ask' THEN
        PERFORM ecommerce.request_return(NEW.order_id, v_items);
    ELSIF TG_ARGV[0] = 'take' THEN
        PERFORM ecommerce.return_stock(NEW.order_id, v_items);
    END IF;
    RETURN NEW;
END $$;
SELECT pg_temp.placed('open', 'processing'), pg_temp.placed('sent', 'shipped');
CREATE FUNCTION pg_temp.meddled(relation text, event text, how text, call text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_failure text;
BEGIN
    EXECUTE format('CREATE TRIGGER meddle %s INSERT ON ecommerce.%I FOR EACH ROW
                    EXECUTE FUNCTION pg_temp.meddle(%L)', event, relation, how);
    v_failure := failure(call);
    EXECUTE format('DROP TRIGGER meddle ON ecommerce.%I', relation);
    RETURN split_part(v_failure, E'\n', 1);
END $$;
SELECT t.*, pg_temp.meddled(t.relation, t.event, t.how, format('SELECT ecommerce.%s', CASE
    WHEN t.relation = 'shipment_items'
        THEN format('create_shipment(%L::uuid, %L)', pg_temp.o('open'), items('B', 2))
    WHEN t.relation = 'return_items' AND t.how <> 'take'
        THEN format('request_return(%L::uuid, %L)', pg_temp.o('sent'),
                    items('A', 1) || items('B', 2))
    ELSE format('return_stock(%L::uuid, %L)', pg_temp.o('sent'), items('A', 1) || items('B', 2))
    END)) AS failure
FROM (VALUES ('shipment_items', 'BEFORE', 'pack'), ('shipment_items', 'AFTER', 'pack'),
    ('return_items', 'BEFORE', 'ask'), ('return_items', 'AFTER', 'ask'),
    ('return_items', 'BEFORE', 'take'), ('return_items', 'AFTER', 'take'),
    ('return_receipts', 'BEFORE', 'take'), ('return_receipts', 'AFTER', 'take'),
    ('return_receipts', 'AFTER', 'ask')) AS t (relation, event, how);
SELECT shipment_number FROM ecommerce.create_shipment(pg_temp.o('open'), items('A', 1));
SELECT pg_temp.meddled('shipment_items', 'BEFORE', 'line', format(
    'SELECT ecommerce.create_shipment(%L::uuid, %L)', pg_temp.o('open'), items('B', 2)));
SELECT pg_temp.meddled('return_receipts', 'BEFORE', 'net', format(
    'SELECT ecommerce.return_stock(%L::uuid, %L)', pg_temp.o('sent'), items('B', 1)));
SELECT return_number FROM ecommerce.request_return(pg_temp.o('sent'), items('A', 1));
SELECT pg_temp.meddled('return_items', 'BEFORE', 'line', format(
    'SELECT ecommerce.request_return(%L::uuid, %L)', pg_temp.o('sent'), items('B', 2)));
SELECT count(*) FROM ecommerce.shipments WHERE order_id = pg_temp.o('open');
SELECT count(*) FROM ecommerce.returns WHERE order_id = pg_temp.o('sent');

-- Orders that are like each other are told apart by the proofs: one of each two is damaged.
SELECT pg_temp.placed(n || k, s.status)
FROM (VALUES ('claimed', 'shipped'), ('moved', 'shipped'), ('refund', 'shipped'),
    ('sold', 'shipped'), ('packed', 'processing'), ('again', 'processing'),
    ('follows', 'processing'), ('cut', 'processing')) AS s (n, status), generate_series(1, 2) k;
SELECT count(ecommerce.return_stock(o.id, items('A', 2) || items('B', 1)))
FROM o WHERE name ~ '^(claimed|moved|refund|sold)[12]';
SELECT count(ecommerce.cancel_order_items(o.id, items('A', 1))) FROM o WHERE name ~ '^cut[12]';
SELECT count((ecommerce.create_shipment(o.id)).id)
FROM o WHERE name ~ '^(packed|again|follows|cut)[12]';
SELECT count((ecommerce.ship_shipment(s.id)).id), count((ecommerce.mark_lost(s.id)).id)
FROM o JOIN ecommerce.shipments s ON s.order_id = o.id WHERE name ~ '^again[12]';
SELECT count((ecommerce.replace_shipment(s.id, items('A', 2))).id),
    count((ecommerce.return_shipment(s.id)).id)
FROM o JOIN ecommerce.shipments s ON s.order_id = o.id WHERE name ~ '^again[12]';
SELECT * FROM ecommerce.verify_integrity();
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE ecommerce.return_items SET quantity = 3 WHERE order_id = pg_temp.o('claimed1')
    AND line_number = 1;
UPDATE ecommerce.return_receipts SET back_to_stock = 3 WHERE order_id = pg_temp.o('claimed1')
    AND line_number = 1;
DELETE FROM ecommerce.stock_movements WHERE order_id = pg_temp.o('moved1');
UPDATE ecommerce.return_receipts SET net = net - 1 WHERE order_id = pg_temp.o('refund1')
    AND line_number = 1;
UPDATE ecommerce.order_items SET quantity = 1 WHERE order_id = pg_temp.o('sold1')
    AND line_number = 1;
UPDATE ecommerce.shipment_items SET quantity = 3 WHERE order_id = pg_temp.o('packed1')
    AND line_number = 1;
UPDATE ecommerce.shipment_items SET quantity = 3 WHERE shipment_id = pg_temp.s('again1', 2);
UPDATE ecommerce.shipments SET status = 'shipped' WHERE id = pg_temp.s('follows1', 1);
UPDATE ecommerce.shipment_items SET quantity = 2 WHERE order_id = pg_temp.o('cut1')
    AND line_number = 1;
SET LOCAL session_replication_role = origin;
SELECT v.problem, coalesce(o.name, (SELECT n.name FROM o n JOIN ecommerce.shipments s
        ON s.order_id = n.id WHERE s.id = v.entity_id),
    (SELECT n.name FROM o n JOIN ecommerce.returns b ON b.order_id = n.id
        WHERE b.id = v.entity_id)) AS name, detail - 'product_id' AS detail
FROM ecommerce.verify_integrity() v LEFT JOIN o ON o.id = v.entity_id
WHERE v.problem !~ 'stock differs' ORDER BY 1, 2, 3;
SELECT count(*) AS since FROM ecommerce.verify_integrity(now() - interval '1 hour') v
WHERE v.problem !~ 'stock differs';
ROLLBACK;

DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
