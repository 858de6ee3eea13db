-- Parcels of an order: what may be in them, and what becomes of the order.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET client_min_messages = warning;

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.warehouses (id, name, priority) VALUES (2, 'Second', 200);
INSERT INTO ecommerce.products (sku, name, price) VALUES ('A', 'A', 10), ('B', 'B', 3.33);
INSERT INTO ecommerce.products (sku, name, price, track_stock, supply) VALUES
    ('EBOOK', 'EBOOK', 5, false, 'digital'), ('MADE', 'MADE', 7, false, 'goods');
SELECT ecommerce.adjust_stock('A', 10, 'receipt'), ecommerce.adjust_stock('B', 10, 'receipt');
CREATE TEMP TABLE o (name text, id uuid);
CREATE FUNCTION pg_temp.o(name text) RETURNS uuid LANGUAGE sql AS
    'SELECT o.id FROM pg_temp.o WHERE o.name = $1';
CREATE FUNCTION pg_temp.s(name text, number integer) RETURNS uuid LANGUAGE sql AS
    'SELECT s.id FROM ecommerce.shipments s
     WHERE s.order_id = pg_temp.o($1) AND s.shipment_number = $2';
CREATE FUNCTION pg_temp.placed(name text, items jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pg_temp.o SELECT placed.name, p.id FROM ecommerce.place_order(items) p;
    PERFORM ecommerce.transition_order(pg_temp.o(name), 'processing');
END $$;

-- in two parts, the second all that is left: digital goods are not packed
SELECT pg_temp.placed('parts', items('A', 3) || items('B', 2) || items('EBOOK', 1)
    || items('MADE', 1));
SELECT * FROM ecommerce.order_fulfilment(pg_temp.o('parts'));
SELECT shipment_number, warehouse_id, previous_status, status, quantity, order_status
FROM ecommerce.create_shipment(pg_temp.o('parts'), items('A', 2), 'DHL', 'T-1',
    'https://example.org/T-1', idempotency_key => 'first');
-- a retry gets the same one, another request is refused
SELECT shipment_number, quantity FROM ecommerce.create_shipment(pg_temp.o('parts'),
    items('A', 2), 'DHL', 'T-1', 'https://example.org/T-1', idempotency_key => 'first');
SELECT failure(format('SELECT ecommerce.create_shipment(%L, %L, %L, idempotency_key => %L)',
    pg_temp.o('parts'), items('A', 1), 'DHL', 'first')) AS another,
    failure(format('SELECT ecommerce.return_stock(%L, %L, idempotency_key => %L)',
    pg_temp.o('parts'), items('A', 1), 'first')) AS as_return;
-- too many, none, wrong: all lines are told
SELECT items, failure(format('SELECT ecommerce.create_shipment(%L::uuid, %L)', pg_temp.o('parts'),
    items)) FROM unnest(ARRAY[items('A', 2), items('A', 2) || items('B', 3),
    '[{"line_number": 1, "quantity": 1}, {"sku": "A", "quantity": 1}]', items('EBOOK', 1),
    items('C', 1), '[{"line_number": 9, "quantity": 1}]', '[]', '{}', '[1]', '[{"sku": "A"}]',
    '[{"sku": "A", "quantity": 0}]', '[{"sku": "A", "quantity": -1}]',
    '[{"sku": "A", "quantity": "NaN"}]', '[{"sku": "A", "quantity": 1.5}]',
    '[{"sku": "A", "quantity": 99999999999}]', '[{"sku": "A", "quantity": 1, "price": 1}]',
    '[{"sku": "A", "line_number": 1, "quantity": 1}]', '[{"line_number": 0, "quantity": 1}]',
    '[{"product_id": "A", "quantity": 1}]']::jsonb[]) AS items;
SELECT failure(format('SELECT ecommerce.create_shipment(%L::uuid, tracking_url => %L)',
    pg_temp.o('parts'), u)) FROM unnest('{javascript:alert(1),https://a b,ftp://x}'::text[]) u;
SELECT failure(format('SELECT ecommerce.create_shipment(%L::uuid, warehouse_id => %s)',
    pg_temp.o('parts'), w)) FROM unnest('{2,9,-1}'::integer[]) w;
SELECT failure('SELECT ecommerce.create_shipment(NULL::uuid)'),
    failure('SELECT ecommerce.create_shipment(NULL::text)'),
    failure('SELECT ecommerce.ship_shipment(NULL)');
SELECT * FROM ecommerce.order_fulfilment(pg_temp.o('parts'));
SELECT status, order_status, previous_status FROM ecommerce.ship_shipment(pg_temp.s('parts', 1));
SELECT status, previous_status FROM ecommerce.ship_shipment(pg_temp.s('parts', 1));
-- an order that has parcels goes no other way
SELECT s, failure(format('SELECT ecommerce.transition_order(%L::uuid, %L)', pg_temp.o('parts'), s))
    AS by_function,
    failure(format('UPDATE ecommerce.orders SET status = %L WHERE id = %L', s, pg_temp.o('parts')))
    AS by_sql
FROM unnest('{shipped,cancelled}'::text[]) s;
SELECT quantity FROM ecommerce.create_shipment((SELECT order_number FROM ecommerce.orders
    WHERE id = pg_temp.o('parts')));
SELECT line_number, quantity FROM ecommerce.shipment_items
WHERE shipment_id = pg_temp.s('parts', 2) ORDER BY 1;
SELECT failure(format('SELECT ecommerce.create_shipment(%L::uuid)', pg_temp.o('parts'))) AS nothing;
SELECT order_status FROM ecommerce.ship_shipment(pg_temp.s('parts', 2), 'UPS', 'T-2');
SELECT failure(format('SELECT ecommerce.transition_order(%L::uuid, %L)', pg_temp.o('parts'),
    'delivered'));
SELECT order_status FROM ecommerce.mark_delivered(pg_temp.s('parts', 1));
SELECT t, failure(format('SELECT ecommerce.mark_delivered(%L, %L)', pg_temp.s('parts', 2), t))
    ~ '^22023 .*between' AS refused
FROM unnest('{infinity,2001-01-01,2100-01-01}'::timestamptz[]) t;
SELECT order_status FROM ecommerce.mark_delivered(pg_temp.s('parts', 2));
SELECT * FROM ecommerce.order_fulfilment(pg_temp.o('parts'));
SELECT * FROM ecommerce.verify_integrity();

-- orders of digital goods only go their way without parcels
SELECT pg_temp.placed('digital', items('EBOOK', 2));
SELECT fulfilment FROM ecommerce.order_fulfilment(pg_temp.o('digital'));
SELECT failure(format('SELECT ecommerce.create_shipment(%L::uuid)', pg_temp.o('digital')));
SELECT (ecommerce.transition_order(pg_temp.o('digital'), s)).status
FROM unnest('{shipped,delivered}'::text[]) s;
-- and so may others; then there are no parcels
SELECT pg_temp.placed('plain', items('A', 1));
SELECT (ecommerce.transition_order(pg_temp.o('plain'), 'shipped')).status;
SELECT fulfilment, shipped FROM ecommerce.order_fulfilment(pg_temp.o('plain'));
SELECT failure(format('SELECT ecommerce.create_shipment(%L::uuid)', pg_temp.o('plain')));

-- a reservation is shipped: medusajs/medusa#6500
SELECT id AS r FROM ecommerce.reserve_stock(items('A', 1)) \gset
INSERT INTO o SELECT 'reserved', id FROM ecommerce.place_order(reservation_id => :'r');
SELECT failure(format('SELECT ecommerce.create_shipment(%L::uuid)', pg_temp.o('reserved')),
    hint => true) AS pending;
SELECT (ecommerce.transition_order(pg_temp.o('reserved'), 'processing')).status;
SELECT s.order_status FROM ecommerce.create_shipment(pg_temp.o('reserved')) c,
    ecommerce.ship_shipment(c.id) s;
SELECT status FROM ecommerce.stock_reservations WHERE id = :'r';

-- a shipment leaves one warehouse
SELECT ecommerce.adjust_stock('A', 3, 'receipt', warehouse_id => 2);
SELECT pg_temp.placed('two', items('A', 7));
SELECT allocation FROM ecommerce.order_items WHERE order_id = pg_temp.o('two');
SELECT failure(format('SELECT ecommerce.create_shipment(%L::uuid)', pg_temp.o('two')),
    hint => true);
SELECT failure(format('SELECT ecommerce.create_shipment(%L::uuid, %L, warehouse_id => 2)',
    pg_temp.o('two'), items('A', 3)));
SELECT w, quantity FROM unnest('{1,2}'::integer[]) w,
    ecommerce.create_shipment(pg_temp.o('two'), warehouse_id => w);
-- cancelling an order unpacks it
SELECT previous_status, status FROM ecommerce.cancel_order(pg_temp.o('two'));
SELECT shipment_number, status FROM ecommerce.shipments WHERE order_id = pg_temp.o('two')
ORDER BY 1;
SELECT failure(format('SELECT ecommerce.ship_shipment(%L)', pg_temp.s('two', 1)));
-- but not one of which something has left
SELECT pg_temp.placed('part', items('B', 2));
SELECT s.order_status FROM ecommerce.create_shipment(pg_temp.o('part'), items('B', 1)) c,
    ecommerce.ship_shipment(c.id) s;
SELECT failure(format('SELECT ecommerce.cancel_order(%L::uuid)', pg_temp.o('part')), hint => true);
SELECT * FROM ecommerce.verify_integrity();

-- plain SQL cannot pack more, nor what is not there, nor elsewhere
SELECT id AS part, created_at AS at FROM ecommerce.orders WHERE id = pg_temp.o('part') \gset
INSERT INTO ecommerce.shipments (order_id, order_created_at, shipment_number)
VALUES (:'part', :'at', 2) RETURNING id AS s \gset
SELECT line, quantity, failure(format('INSERT INTO ecommerce.shipment_items (shipment_id, order_id,
    order_created_at, line_number, quantity) VALUES (%L, %L, %L, %s, %s)', :'s', :'part', :'at',
    line, quantity)) AS failure
FROM (VALUES (1, 2), (1, 0), (2, 1)) AS i (line, quantity);
INSERT INTO ecommerce.shipment_items (shipment_id, order_id, order_created_at, line_number,
    quantity) VALUES (:'s', :'part', :'at', 1, 1);
SELECT regexp_replace(command, '''[0-9a-f-]{36}''', '?', 'g') AS command, failure(command)
FROM unnest(ARRAY[
    format('UPDATE ecommerce.shipment_items SET quantity = 9 WHERE shipment_id = %L', :'s'),
    format('DELETE FROM ecommerce.shipment_items WHERE shipment_id = %L', :'s'),
    format('DELETE FROM ecommerce.shipments WHERE id = %L', :'s'),
    format('UPDATE ecommerce.shipments SET warehouse_id = 2 WHERE id = %L', :'s'),
    format('UPDATE ecommerce.shipments SET order_id = %L WHERE id = %L', pg_temp.o('two'), :'s'),
    'TRUNCATE ecommerce.shipments CASCADE', 'TRUNCATE ecommerce.shipment_items']) command;
SELECT command, failure(format('INSERT INTO ecommerce.shipments (order_id, order_created_at,
    shipment_number, %s) SELECT id, created_at, 3, %s FROM ecommerce.orders WHERE id = %L',
    split_part(command, ' = ', 1), split_part(command, ' = ', 2), pg_temp.o('part')))
FROM unnest('{status = ''shipped'',warehouse_id = 9,replaces_id = ecommerce.uuid_v7()}'::text[])
    command;
SELECT failure(format('INSERT INTO ecommerce.shipments (order_id, order_created_at,
    shipment_number) SELECT id, created_at, 9 FROM ecommerce.orders WHERE id = %L',
    pg_temp.o('plain'))) AS of_shipped_order;
-- it brings the order along, or fails when it commits
SELECT failure(format('UPDATE ecommerce.shipments SET status = %L WHERE id = %L', 'shipped', :'s'));
BEGIN;
UPDATE ecommerce.shipments SET status = 'shipped' WHERE id = :'s';
UPDATE ecommerce.orders SET status = 'shipped' WHERE id = :'part';
COMMIT;
SELECT * FROM ecommerce.verify_integrity();

-- what is lost may be sent again, from stock
SELECT pg_temp.placed('lost', items('A', 2) || items('B', 1) || items('MADE', 1));
SELECT s.order_status FROM ecommerce.create_shipment(pg_temp.o('lost')) c,
    ecommerce.ship_shipment(c.id) s;
SELECT failure(format('SELECT ecommerce.replace_shipment(%L)', pg_temp.s('lost', 1))) AS not_lost;
SELECT status, order_status FROM ecommerce.mark_lost(pg_temp.s('lost', 1), 'The carrier says so.');
SELECT undelivered FROM ecommerce.order_fulfilment(pg_temp.o('lost'));
SELECT failure(format('SELECT ecommerce.replace_shipment(%L, %L)', pg_temp.s('lost', 1),
    items('A', 3)));
SELECT shipment_number, quantity FROM ecommerce.replace_shipment(pg_temp.s('lost', 1),
    items('A', 2), idempotency_key => 'again');
SELECT shipment_number, quantity FROM ecommerce.replace_shipment(pg_temp.s('lost', 1),
    items('A', 2), idempotency_key => 'again');
SELECT failure(format('SELECT ecommerce.replace_shipment(%L, %L)', pg_temp.s('lost', 1),
    items('A', 1))) AS twice,
    failure(format('SELECT ecommerce.mark_delivered(%L)', pg_temp.s('lost', 1))) AS found;
SELECT ecommerce.available_stock('A') AS before;
SELECT failure(format('UPDATE ecommerce.shipments SET status = %L WHERE id = %L', 'shipped',
    pg_temp.s('lost', 2))) AS by_sql;
SELECT order_status FROM ecommerce.ship_shipment(pg_temp.s('lost', 2));
SELECT ecommerce.available_stock('A') AS after;
SELECT order_status FROM ecommerce.mark_delivered(pg_temp.s('lost', 2));
-- a replacement that is unpacked gives the units up
SELECT quantity FROM ecommerce.replace_shipment(pg_temp.s('lost', 1)) c;
SELECT status FROM ecommerce.cancel_shipment(pg_temp.s('lost', 3));
-- and one without stock is not shipped
SELECT ecommerce.adjust_stock('B', - ecommerce.available_stock('B'), 'write_off');
SELECT quantity FROM ecommerce.replace_shipment(pg_temp.s('lost', 1)) c;
SELECT failure(format('SELECT ecommerce.ship_shipment(%L)', pg_temp.s('lost', 4)));
SELECT status FROM ecommerce.cancel_shipment(pg_temp.s('lost', 4), 'No stock.');
-- so the rest is settled, and the order has arrived as far as it will
SELECT status, quantity, received, gross FROM ecommerce.return_shipment(pg_temp.s('lost', 1));
SELECT failure(format('SELECT ecommerce.return_shipment(%L)', pg_temp.s('lost', 1))) AS again,
    failure(format('SELECT ecommerce.mark_delivered(%L)', pg_temp.s('lost', 1))) AS found;
SELECT status FROM ecommerce.orders WHERE id = pg_temp.o('lost');
SELECT * FROM ecommerce.verify_integrity();

-- back to the sender, and again to the customer
SELECT ecommerce.adjust_stock('B', 5, 'receipt');
SELECT pg_temp.placed('sender', items('B', 3));
SELECT s.order_status FROM ecommerce.create_shipment(pg_temp.o('sender')) c,
    ecommerce.ship_shipment(c.id) s;
SELECT status FROM ecommerce.mark_returned_to_sender(pg_temp.s('sender', 1));
SELECT failure(format('SELECT ecommerce.request_return(%L::uuid, %L)', pg_temp.o('sender'),
    items('B', 1))) AS not_sent;
SELECT status FROM ecommerce.ship_shipment(pg_temp.s('sender', 1), tracking_number => 'T-9');
SELECT status FROM ecommerce.mark_returned_to_sender(pg_temp.s('sender', 1));
SELECT failure(format('SELECT ecommerce.return_shipment(%L, %L)', pg_temp.s('sender', 1), i))
FROM unnest(ARRAY['[{"sku": "B", "back_to_stock": 4}]', '[{"sku": "A", "back_to_stock": 1}]',
    '[{"sku": "B", "back_to_stock": 1, "warehouse_id": 9}]']::jsonb[]) i;
SELECT ecommerce.available_stock('B') AS before;
SELECT status, quantity, received, gross FROM ecommerce.return_shipment(pg_temp.s('sender', 1),
    '[{"sku": "B", "back_to_stock": 1, "written_off": 1}]');
SELECT ecommerce.available_stock('B') AS after;
SELECT back_to_stock, written_off, lost FROM ecommerce.return_receipts
WHERE order_id = pg_temp.o('sender');
SELECT failure(format('SELECT ecommerce.ship_shipment(%L)', pg_temp.s('sender', 1)));
SELECT * FROM ecommerce.verify_integrity();
SELECT moved - sold - held = available AS balanced FROM books() WHERE moved > 0;

-- what was cancelled is in no warehouse, and what is packed is not cancelled
SELECT pg_temp.placed('less', items('A', 4));
SELECT allocation FROM ecommerce.order_items WHERE order_id = pg_temp.o('less');
SELECT gross, due FROM ecommerce.cancel_order_items(pg_temp.o('less'), items('A', 2));
SELECT allocation FROM ecommerce.order_cancellations WHERE order_id = pg_temp.o('less');
SELECT w, failure(format('SELECT ecommerce.create_shipment(%L::uuid, %L, warehouse_id => %s)',
    pg_temp.o('less'), items('A', 2), w)) FROM unnest('{1,2}'::integer[]) w;
SELECT shipment_number, warehouse_id, quantity FROM ecommerce.create_shipment(pg_temp.o('less'),
    items('A', 1), warehouse_id => 1);
SELECT failure(format('SELECT ecommerce.cancel_order_items(%L, %L)', pg_temp.o('less'),
    items('A', 2)));
-- when the last that had not left is cancelled, the order has left
SELECT order_status FROM ecommerce.ship_shipment(pg_temp.s('less', 1));
SELECT status, due FROM ecommerce.cancel_order_items(pg_temp.o('less'), items('A', 1));
SELECT kind, data ->> 'from' AS from_status FROM ecommerce.events
WHERE entity_id = pg_temp.o('less') ORDER BY id;
SELECT * FROM ecommerce.verify_integrity();

-- another tenant
SELECT ecommerce.create_tenant('Second', 'DE');
SET ecommerce.tenant = 2;
SELECT failure(format('SELECT ecommerce.create_shipment(%L::uuid)', pg_temp.o('part'))),
    failure(format('SELECT ecommerce.mark_lost(%L)', id))
FROM ecommerce.shipments WHERE id = :'s';
SET ecommerce.tenant = 1;

-- a trigger that calls back packs nothing twice
CREATE FUNCTION pg_temp.pack() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.shipment_number = 1 THEN
        PERFORM ecommerce.create_shipment(NEW.order_id);
    END IF;
    RETURN NULL;
END $$;
SELECT pg_temp.placed('nested', items('B', 1));
CREATE TRIGGER pack AFTER INSERT ON ecommerce.shipments
    FOR EACH ROW EXECUTE FUNCTION pg_temp.pack();
SELECT failure(format('SELECT ecommerce.create_shipment(%L::uuid)', pg_temp.o('nested')));
DROP TRIGGER pack ON ecommerce.shipments;
-- what triggers could not see the proof does
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE ecommerce.shipment_items SET quantity = 99 WHERE shipment_id = pg_temp.s('parts', 1);
UPDATE ecommerce.shipments SET status = 'pending' WHERE id = pg_temp.s('parts', 2);
UPDATE ecommerce.orders SET status = 'processing' WHERE id = :'part';
UPDATE ecommerce.shipments SET status = 'shipped' WHERE id = pg_temp.s('two', 1);
UPDATE ecommerce.shipment_items SET quantity = 5 WHERE shipment_id = pg_temp.s('lost', 2);
SET LOCAL session_replication_role = origin;
SELECT problem, detail FROM ecommerce.verify_integrity() ORDER BY problem, detail::text;
ROLLBACK;

DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
