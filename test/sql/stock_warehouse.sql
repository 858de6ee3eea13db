-- Where stock lies: slots, warehouses, backorders; and what proves its books.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';

CREATE VIEW pg_temp.rows AS
SELECT p.sku, s.warehouse_id AS warehouse, count(*) AS slots, sum(s.available) AS available,
    max(s.available) - min(s.available) AS uneven, max(s.backorder_limit) AS backorder
FROM ecommerce.stock s JOIN ecommerce.products p ON p.id = s.product_id GROUP BY 1, 2;
CREATE FUNCTION pg_temp.buy(quantity integer, sku text DEFAULT 'LAMP') RETURNS uuid LANGUAGE sql AS
    'SELECT id FROM ecommerce.place_order(items(sku, quantity))';
CREATE FUNCTION pg_temp.reserve(quantity integer, sku text DEFAULT 'LAMP')
RETURNS uuid LANGUAGE sql AS
    'SELECT id FROM ecommerce.reserve_stock(items(sku, quantity))';

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, min_stock) VALUES
    ('LAMP', 'Lamp', 10, 2), ('BULB', 'Bulb', 1, 0), ('CORD', 'Cord', 1, 0);
SELECT ecommerce.adjust_stock('LAMP', 10, 'receipt');

-- set_stock_slots spreads evenly, and gathers again; nothing is lost or made
SELECT ecommerce.set_stock_slots(id('LAMP'), 4);
SELECT * FROM pg_temp.rows;
SELECT ecommerce.set_stock_slots(id('LAMP'), 3);
SELECT * FROM pg_temp.rows;
SELECT ecommerce.set_stock_slots(id('LAMP'), 1);
SELECT * FROM pg_temp.rows;
SELECT ecommerce.set_stock_slots(id('LAMP'), 20);
SELECT slot, available FROM ecommerce.stock ORDER BY slot;
SELECT ecommerce.set_stock_slots(id('LAMP'), 4);
SELECT stock_slots, ecommerce.available_stock(id) AS available FROM ecommerce.products
WHERE sku = 'LAMP';

-- more than a slot has is gathered from several; all of it can be sold, and no more
SELECT pg_temp.reserve(4) AS r1 \gset
SELECT sum(available) AS available,
    (SELECT array_agg(quantity) FROM ecommerce.stock_reservations WHERE id = :'r1') AS held
FROM ecommerce.stock;
SELECT failure('SELECT pg_temp.buy(7)') AS seven;
SELECT pg_temp.buy(6) AS o1 \gset
SELECT failure('SELECT pg_temp.buy(1)') AS one;
SELECT (ecommerce.release_reservation(:'r1')).quantity;
SELECT * FROM ecommerce.verify_integrity();

-- what is given back can be sold; rebalance_stock evens fixed slots out, and gathers those that
-- came of themselves
SELECT (ecommerce.cancel_order(:'o1')).status;
SELECT ecommerce.rebalance_stock(), ecommerce.rebalance_stock(0);
SELECT * FROM pg_temp.rows;
SELECT ecommerce.set_stock_slots(id('LAMP'), NULL);
SELECT stock_slots, (SELECT count(*) FROM ecommerce.stock) AS rows FROM ecommerce.products
WHERE sku = 'LAMP';
INSERT INTO ecommerce.stock (product_id, slot, available) VALUES
    (id('LAMP'), 7, 0), (id('LAMP'), 31, 0);
UPDATE ecommerce.stock SET available = CASE slot WHEN 0 THEN 1 WHEN 7 THEN 4 ELSE 5 END;
SELECT ecommerce.rebalance_stock(), ecommerce.rebalance_stock();
SELECT * FROM pg_temp.rows;
SELECT command, failure('SELECT ecommerce.' || command) AS failure
FROM unnest(ARRAY['set_stock_slots(NULL, 2)', 'set_stock_slots(id(''LAMP''), 0)',
    'set_stock_slots(id(''LAMP''), 257)', 'set_stock_slots(id(''LAMP''), -1)',
    'set_stock_slots(''00000000-0000-7000-8000-000000000000'', 2)',
    'set_stock_slots(id(''LAMP''), 2, NULL)', 'set_stock_slots(id(''LAMP''), 2, 99)']) AS command;

-- an empty slot is not low stock, while others have enough
BEGIN;
INSERT INTO ecommerce.products (sku, name, price, min_stock) VALUES ('TABLE', 'Table', 10, 2);
SELECT ecommerce.adjust_stock('TABLE', 40, 'receipt');
SELECT ecommerce.set_stock_slots(id('TABLE'), 4);
SELECT pg_temp.reserve(1, 'TABLE') AS t1, pg_temp.reserve(9, 'TABLE') AS t2,
    pg_temp.reserve(10, 'TABLE') AS t3 \gset
SELECT ecommerce.available_stock(id('TABLE')) AS available,
    (SELECT count(*) FROM ecommerce.stock_alerts WHERE product_id = id('TABLE')) AS alerts;
ROLLBACK;

-- and a full slot is not enough, while others owe units
BEGIN;
INSERT INTO ecommerce.products (sku, name, price, min_stock) VALUES ('TABLE', 'Table', 10, 20);
INSERT INTO ecommerce.warehouses (id, name) VALUES (2, 'Harbour');
INSERT INTO ecommerce.stock (product_id, warehouse_id, slot, available, backorder_limit)
SELECT id('TABLE'), warehouse, slot, available, backorder
FROM (VALUES (1, 0, 61, 0), (1, 1, 61, 0), (2, 0, -100, 100)) v
    (warehouse, slot, available, backorder);
SELECT pg_temp.reserve(1, 'TABLE') AS t1 \gset
SELECT ecommerce.available_stock(id('TABLE')) AS available,
    (SELECT count(*) FROM ecommerce.stock_alerts WHERE product_id = id('TABLE')) AS alerts;
SELECT pg_temp.reserve(1, 'TABLE') AS t2 \gset
SELECT ecommerce.available_stock(id('TABLE')) AS available,
    (SELECT count(*) FROM ecommerce.stock_alerts WHERE product_id = id('TABLE')) AS alerts;
ROLLBACK;

-- warehouses: the one with the lowest number sells first; a line may draw from several
INSERT INTO ecommerce.warehouses (id, name, priority) VALUES (2, 'Harbour', 10), (3, 'Airport', 20);
SELECT ecommerce.adjust_stock('LAMP', 3, 'receipt', warehouse_id => 2),
    ecommerce.adjust_stock('LAMP', 2, 'receipt', warehouse_id => 3);
SELECT ecommerce.available_stock(id('LAMP'));
SELECT id AS o2 FROM ecommerce.place_order('[{"sku": "LAMP", "quantity": 2}]') \gset
SELECT id AS o3
FROM ecommerce.place_order('[{"sku": "LAMP", "quantity": 2}, {"sku": "LAMP", "quantity": 6}]') \gset
SELECT id AS o4 FROM ecommerce.place_order('[{"sku": "LAMP", "quantity": 1}]') \gset
SELECT line_number, quantity, allocation FROM ecommerce.order_items
WHERE order_id IN (:'o2', :'o3', :'o4') ORDER BY order_id, line_number;
SELECT * FROM pg_temp.rows ORDER BY warehouse;
SELECT pg_temp.reserve(4) AS r2 \gset
SELECT warehouse_id, quantity FROM ecommerce.stock_reservations WHERE id = :'r2';
SELECT failure('SELECT pg_temp.buy(1)') AS sold_out;
SELECT (ecommerce.cancel_order(:'o3')).status;
SELECT * FROM pg_temp.rows ORDER BY warehouse;
SELECT * FROM ecommerce.verify_integrity();

-- a reservation from several warehouses: ordered in part, in whole, and with more
SELECT (ecommerce.release_reservation(:'r2')).quantity;
SELECT pg_temp.reserve(8) AS r3, pg_temp.reserve(1) AS r4 \gset
SELECT warehouse_id, quantity FROM ecommerce.stock_reservations WHERE id = :'r3' ORDER BY 1;
SELECT id AS o5
FROM ecommerce.place_order('[{"sku": "LAMP", "quantity": 2}]', reservation_id => :'r3') \gset
SELECT id AS o6
FROM ecommerce.place_order('[{"sku": "LAMP", "quantity": 9}]', reservation_id => :'r4') \gset
SELECT quantity, allocation FROM ecommerce.order_items WHERE order_id IN (:'o5', :'o6')
ORDER BY order_id;
SELECT * FROM pg_temp.rows ORDER BY warehouse;
SELECT * FROM ecommerce.verify_integrity();
SELECT (ecommerce.cancel_order(:'o6')).status, (ecommerce.cancel_order(:'o5')).status;
SELECT * FROM pg_temp.rows ORDER BY warehouse;
SELECT * FROM ecommerce.verify_integrity();

-- transfer_stock
SELECT ecommerce.transfer_stock(id('LAMP'), 4, 1, 3, 'T-1', 'for the fair');
SELECT warehouse_id, quantity, reason, reference, note FROM ecommerce.stock_movements
WHERE reason = 'transfer' ORDER BY quantity;
SELECT * FROM pg_temp.rows ORDER BY warehouse;
SELECT command, failure('SELECT ecommerce.' || command) AS failure
FROM unnest(ARRAY['transfer_stock(id(''LAMP''), 7, 1, 2)', 'transfer_stock(id(''LAMP''), 1, 1, 1)',
    'transfer_stock(id(''LAMP''), 0, 1, 2)', 'transfer_stock(id(''LAMP''), -1, 1, 2)',
    'transfer_stock(id(''LAMP''), 4294967297, 1, 2)',
    'transfer_stock(id(''LAMP''), 1, 1, 9)', 'transfer_stock(id(''LAMP''), 1, 9, 1)',
    'transfer_stock(NULL, 1, 1, 2)', 'transfer_stock(id(''LAMP''), 1, NULL, 2)',
    'transfer_stock(''00000000-0000-7000-8000-000000000000'', 1, 1, 2)',
    'transfer_stock(id(''LAMP''), 1, 1, 2, repeat(''x'', 256))',
    'adjust_stock(''LAMP'', -99, warehouse_id => 2)',
    'adjust_stock(''LAMP'', 1, warehouse_id => 9)',
    'adjust_stock(''LAMP'', 1, warehouse_id => NULL)',
    'create_tenant(''Other'')']) AS command;
SELECT failure($$INSERT INTO ecommerce.stock (tenant_id, product_id, warehouse_id, available)
        VALUES (1, id('LAMP'), 9, 1)$$) AS unknown_warehouse,
    failure('DELETE FROM ecommerce.warehouses WHERE id = 2') AS in_use;
SELECT tenant_id, id, name FROM ecommerce.warehouses ORDER BY 1, 2;
DELETE FROM ecommerce.settings WHERE tenant_id <> 1;
SET ecommerce.tenant = 1;

-- backorders: up to the limit, first what is there; what comes in fills them
SELECT ecommerce.set_backorder_limit(id('BULB'), 5), ecommerce.adjust_stock('BULB', 2, 'receipt');
SELECT failure('SELECT pg_temp.buy(8, ''BULB'')') AS eight;
SELECT pg_temp.buy(6, 'BULB') AS o7 \gset
SELECT * FROM pg_temp.rows WHERE sku = 'BULB';
SELECT failure('SELECT pg_temp.buy(2, ''BULB'')') AS two,
    failure('SELECT ecommerce.adjust_stock(''BULB'', -1)') AS not_by_stocktaking,
    failure('SELECT ecommerce.transfer_stock(id(''BULB''), 1, 1, 2)') AS nor_transfer;
SELECT ecommerce.set_backorder_limit(id('BULB'), 0) AS at_least_what_is_owed;
SELECT failure('SELECT pg_temp.buy(1, ''BULB'')') AS one;
SELECT ecommerce.adjust_stock('BULB', 3, 'receipt'), ecommerce.adjust_stock('BULB', 3, 'receipt'),
    ecommerce.set_backorder_limit(id('BULB'), 0);
SELECT ecommerce.set_stock_slots(id('BULB'), 3), ecommerce.set_backorder_limit(id('BULB'), 4);
SELECT pg_temp.reserve(5, 'BULB') AS r5 \gset
SELECT * FROM pg_temp.rows WHERE sku = 'BULB';
SELECT ecommerce.set_stock_slots(id('BULB'), 2);
SELECT * FROM pg_temp.rows WHERE sku = 'BULB';
SELECT (ecommerce.release_reservation(:'r5')).quantity;
SELECT sku, sum(available) AS available FROM pg_temp.rows WHERE sku = 'BULB' GROUP BY sku;
SELECT command, failure('SELECT ecommerce.' || command) AS failure FROM unnest(ARRAY[
    'set_backorder_limit(id(''BULB''), -1)', 'set_backorder_limit(id(''BULB''), NULL)',
    'set_backorder_limit(id(''BULB''), 4294967297)', 'set_backorder_limit(id(''BULB''), 1, 9)',
    'set_backorder_limit(''00000000-0000-7000-8000-000000000000'', 1)']) AS command;
SELECT * FROM ecommerce.verify_integrity();

-- transition_order goes through the states, writes events, and consumes the reservation
SELECT pg_temp.reserve(2) AS r6 \gset
SELECT id AS o8 FROM ecommerce.place_order(reservation_id => :'r6') \gset
SELECT command,
    failure(format('SELECT ecommerce.transition_order(%L, %s)', :'o8', command)) AS failure
FROM unnest(ARRAY['''shipped''', '''lost''', 'NULL', '''processing''', '''processing''',
    '''shipped'', ''DHL''', '''cancelled''', '''delivered''', '''shipped''']) AS command;
SELECT status, shipped_at IS NOT NULL AS shipped, delivered_at IS NOT NULL AS delivered
FROM ecommerce.orders WHERE id = :'o8';
SELECT kind, data FROM ecommerce.events WHERE entity_id = :'o8' ORDER BY id;
SELECT status FROM ecommerce.stock_reservations WHERE id = :'r6';
SELECT failure($$SELECT ecommerce.transition_order('00000000-0000-7000-8000-000000000000',
    'shipped')$$) AS unknown;
SELECT order_number IS NOT NULL AS number, previous_status, status, payment_status
FROM unnest(ARRAY[pg_temp.buy(1), :'o8']) AS o (id),
    ecommerce.transition_order(o.id, CASE o.id WHEN :'o8' THEN 'delivered' ELSE 'processing' END);
SELECT previous_status, status, payment_status
FROM ecommerce.transition_order(pg_temp.buy(1), 'cancelled', 'changed my mind');
SELECT data FROM ecommerce.events WHERE kind = 'order.cancelled' ORDER BY id DESC LIMIT 1;

-- return_stock: back to stock or written off, never more than was sold
SELECT ecommerce.available_stock(id('LAMP')) AS before \gset
SELECT items, failure(format('SELECT ecommerce.return_stock(%L, %L)', :'o8', items)) AS failure
FROM unnest(ARRAY['[{"sku": "LAMP", "quantity": 3}]',
    '[{"sku": "LAMP", "quantity": 2}, {"sku": "LAMP", "quantity": 1, "restock": false}]',
    '[{"sku": "BULB", "quantity": 1}, {"sku": "NONE", "quantity": 1}]',
    '[]', '{}', '[1]', '[{"sku": "LAMP", "quantity": 0}]', '[{"sku": "LAMP", "quantity": 1.5}]',
    '[{"sku": "LAMP"}]', '[{"quantity": 1}]', '[{"sku": "LAMP", "quantity": 1, "size": "L"}]',
    '[{"sku": "LAMP", "quantity": 1, "restock": "maybe"}]',
    '[{"sku": "LAMP", "quantity": 1, "restock": false, "warehouse_id": 9}]',
    '[{"sku": "LAMP", "quantity": 1, "warehouse_id": 9}]']) AS items;
SELECT ecommerce.return_stock(:'o8', '[{"sku": "LAMP", "quantity": 1}]', 'RMA-1', 'too bright');
SELECT ecommerce.return_stock(:'o8', jsonb_build_array(jsonb_build_object('product_id', id('LAMP'),
    'quantity', '1', 'restock', false, 'warehouse_id', 2)));
SELECT failure(format('SELECT ecommerce.return_stock(%L, %L)', :'o8',
    '[{"sku": "LAMP", "quantity": 1}]')) AS again;
SELECT ecommerce.available_stock(id('LAMP')) - :before AS restocked;
SELECT warehouse_id, quantity, reason, order_id = :'o8' AS of_order, reference, note
FROM ecommerce.stock_movements WHERE order_id IS NOT NULL ORDER BY id, quantity DESC;
SELECT failure(format('SELECT ecommerce.return_stock(%L, %L)', :'o2',
        '[{"sku": "LAMP", "quantity": 1}]')) AS not_shipped,
    failure($$SELECT ecommerce.return_stock('00000000-0000-7000-8000-000000000000',
        '[{"sku": "LAMP", "quantity": 1}]')$$) AS unknown,
    failure($$SELECT ecommerce.return_stock(NULL, '[]')$$) AS nothing;
SELECT * FROM ecommerce.verify_integrity();

-- low stock: one event when it becomes low, and again after it was filled up
SELECT sku, available, min_stock FROM ecommerce.low_stock ORDER BY sku;
SELECT ecommerce.available_stock(id('LAMP')) AS lamps \gset
SELECT pg_temp.buy(:lamps - 2) IS NOT NULL AS down_to_two;
SELECT pg_temp.buy(1) IS NOT NULL AS down_to_one;
SELECT count(*), max((data ->> 'available')::integer) AS available,
    bool_and(entity_id = id('LAMP')) AS lamp
FROM ecommerce.events
WHERE kind = 'stock.low' AND entity_id = id('LAMP') AND (data ->> 'available')::integer > 0;
SELECT sku, available, min_stock FROM ecommerce.low_stock ORDER BY sku;
SELECT ecommerce.adjust_stock('LAMP', 1, 'receipt');
SELECT count(*) AS alerts FROM ecommerce.stock_alerts WHERE product_id = id('LAMP');
SELECT ecommerce.adjust_stock('LAMP', 1, 'receipt');
SELECT count(*) AS alerts FROM ecommerce.stock_alerts WHERE product_id = id('LAMP');
SELECT pg_temp.buy(1) IS NOT NULL AS down_to_two;
SELECT count(*) AS alerts FROM ecommerce.stock_alerts WHERE product_id = id('LAMP');

-- the ledger, and what was there at a moment
SELECT kind, sum(quantity) FROM ecommerce.stock_ledger WHERE product_id = id('BULB') GROUP BY kind
ORDER BY kind;
SELECT ecommerce.stock_at(id('BULB'), now()) AS now,
    ecommerce.stock_at(id('BULB'), now() - interval '1 hour') AS an_hour_ago,
    ecommerce.stock_at(id('BULB'), '-infinity') AS at_first;
SELECT n, failure(format('SELECT ecommerce.stock_at(' || f || ')', id('BULB'))) AS failure
FROM (VALUES (1, '''00000000-0000-7000-8000-000000000000'', now()'), (2, 'NULL, now()'),
    (3, '%L, NULL'), (4, '%L, now(), NULL'), (5, '%L, now(), 7')) v (n, f);

-- place_orders: all or none, in their order
SELECT ecommerce.adjust_stock('CORD', 10, 'receipt');
SELECT id AS o9
FROM ecommerce.place_order('[{"sku": "CORD", "quantity": 3, "unit_price": 1}]',
    placed_at => now() - interval '3 days') \gset
SELECT ecommerce.stock_at(id('CORD'), now() - interval '4 days') AS before,
    ecommerce.stock_at(id('CORD'), now() - interval '2 days') AS after_it,
    ecommerce.stock_at(id('CORD'), now()) AS now;
SELECT gross, currency
FROM ecommerce.place_orders(ARRAY['{"items": [{"sku": "CORD", "quantity": 2}],
        "idempotency_key": "k1", "email": "a@example.com"}',
    '{"items": [{"sku": "CORD", "quantity": 1}], "metadata": {"till": 4}}']::jsonb[]);
SELECT email, metadata FROM ecommerce.orders
WHERE metadata = '{"till": 4}' OR email = 'a@example.com' ORDER BY id;
SELECT orders,
    failure(format('SELECT ecommerce.place_orders(ARRAY[%s]::jsonb[])', orders)) AS failure
FROM unnest(ARRAY[$$'{"items": [{"sku": "CORD", "quantity": 2}]}', '{"items": [{"sku": "CORD", $$
        || $$"quantity": 9}]}'$$,
    $$'{"item": []}'$$, $$'[]'$$, $$NULL$$, $$'{}'$$, '',
    $$'{"items": {"sku": "CORD"}}'$$]) AS orders;
SELECT ecommerce.available_stock(id('CORD'));
SELECT * FROM ecommerce.verify_integrity();

-- a warehouse that is named, though another one sells first
BEGIN;
SELECT ecommerce.adjust_stock('CORD', 100, 'receipt'),
    ecommerce.adjust_stock('CORD', 20, 'receipt', warehouse_id => 2);
SELECT pg_temp.buy(1, 'CORD') IS NOT NULL AS bought;
SELECT ecommerce.adjust_stock('CORD', -5, 'write_off', warehouse_id => 1),
    ecommerce.adjust_stock('CORD', 3, 'receipt', warehouse_id => 2);
SELECT warehouse, available FROM pg_temp.rows WHERE sku = 'CORD' ORDER BY 1;
ROLLBACK;

-- stock in a warehouse that a session has not heard of is sold last
SET session_replication_role = replica;
INSERT INTO ecommerce.stock (product_id, warehouse_id, available)
SELECT id('CORD'), w, 10 FROM unnest(ARRAY[2, 7]) w;
RESET session_replication_role;
BEGIN;
SELECT pg_temp.reserve(23, 'CORD') AS r9 \gset
SELECT warehouse_id, quantity FROM ecommerce.stock_reservations WHERE id = :'r9' ORDER BY 1;
ROLLBACK;
UPDATE ecommerce.stock SET available = 0 WHERE product_id = id('CORD') AND warehouse_id <> 1;
DELETE FROM ecommerce.stock WHERE product_id = id('CORD') AND warehouse_id <> 1;

-- what a session knows of a product is not taken for another one's, whose id ends alike
BEGIN;
INSERT INTO ecommerce.products (id, sku, name, price, min_stock) VALUES
    ('01930000-0000-7000-8000-000000000001', 'TWIN', 'Twin', 1, 10),
    ('01930000-0000-7000-8000-000000000401', 'SISTER', 'Sister', 1, 0);
SELECT ecommerce.adjust_stock('TWIN', 100, 'receipt', warehouse_id => 2),
    ecommerce.adjust_stock('SISTER', 100, 'receipt', warehouse_id => 2),
    ecommerce.set_backorder_limit(id('TWIN'), 90, 3);
SELECT pg_temp.buy(190, 'TWIN') IS NOT NULL AS bought,
    ecommerce.adjust_stock('TWIN', 105, 'receipt', warehouse_id => 2);
SELECT pg_temp.buy(1, 'SISTER') IS NOT NULL AS sister, pg_temp.buy(5, 'TWIN') IS NOT NULL AS twin;
SELECT ecommerce.available_stock(id),
    (SELECT count(*) FROM ecommerce.events e
        WHERE e.kind = 'stock.low' AND e.entity_id = p.id) AS alerts
FROM ecommerce.products p WHERE sku = 'TWIN';
ROLLBACK;

-- verify_integrity finds what plain SQL breaks
BEGIN;
UPDATE ecommerce.stock SET available = available + 1 WHERE product_id = id('CORD');
ALTER TABLE ecommerce.stock_reservations DISABLE TRIGGER USER;
UPDATE ecommerce.stock_reservations SET status = 'committed' WHERE id = :'r5';
ALTER TABLE ecommerce.orders DISABLE TRIGGER USER;
UPDATE ecommerce.orders SET vat = vat + 1 WHERE id = :'o9';
ALTER TABLE ecommerce.order_items DISABLE TRIGGER USER;
UPDATE ecommerce.order_items SET allocation = '{"1": 1, "2": 3}' WHERE order_id = :'o9';
ALTER TABLE ecommerce.return_items DISABLE TRIGGER USER;
ALTER TABLE ecommerce.return_receipts DISABLE TRIGGER USER;
DELETE FROM ecommerce.return_receipts WHERE order_id = :'o8';
DELETE FROM ecommerce.return_items WHERE order_id = :'o8';
DELETE FROM ecommerce.order_items WHERE order_id = :'o8';
INSERT INTO ecommerce.idempotency_keys (key, request_hash, order_id, order_created_at) VALUES
    ('lost', '', '00000000-0000-7000-8000-000000000000', now());
SELECT problem, detail - 'product_id' AS detail FROM ecommerce.verify_integrity()
WHERE problem <> 'trigger is disabled' ORDER BY problem, detail::text;
ROLLBACK;
SELECT * FROM ecommerce.verify_integrity();

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
