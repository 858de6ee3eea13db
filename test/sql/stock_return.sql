-- Units of an order come back once, by whatever door.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, track_stock)
SELECT sku, sku, 1, sku <> 'EBOOK' FROM unnest('{A,B,C,EBOOK}'::text[]) sku;
SELECT sku, ecommerce.adjust_stock(sku, 100, 'receipt') FROM unnest('{A,B,C}'::text[]) sku;

-- An order of 5 A, 2 B and an e-book, as far as a status
CREATE FUNCTION pg_temp.placed(status text, notes text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid;
BEGIN
    v_id := (ecommerce.place_order(items('A', 3) || items('B', 2) || items('A', 2)
        || items('EBOOK', 1), notes => placed.notes)).id;
    IF status <> 'pending' THEN
        PERFORM ecommerce.transition_order(v_id, 'processing');
    END IF;
    IF status NOT IN ('pending', 'processing') THEN
        PERFORM ecommerce.transition_order(v_id, status);
    END IF;
    RETURN v_id;
END $$;
CREATE FUNCTION pg_temp.order_of(notes text) RETURNS uuid LANGUAGE sql AS
    'SELECT o.id FROM ecommerce.orders o WHERE o.notes = $1';
SELECT status, pg_temp.placed(status, status) IS NOT NULL AS placed
FROM unnest('{pending,processing,shipped,cancelled}'::text[]) status;
CREATE FUNCTION pg_temp.movement(notes text, sku text, quantity integer,
    reason text DEFAULT 'return') RETURNS text LANGUAGE sql AS $$
    SELECT failure(format('INSERT INTO ecommerce.stock_movements
        (product_id, quantity, reason, order_id) VALUES (%L, %s, %L, %L)',
        id(sku), quantity, reason, pg_temp.order_of(notes)))
$$;

-- adjust_stock() takes nothing of an order, whatever the reason is called
SELECT reason, quantity, failure(format('SELECT ecommerce.adjust_stock(%L, %s, %L, order_id => %L)',
    'A', quantity, reason, pg_temp.order_of(status))) AS failure
FROM (VALUES ('return', 1, 'processing'), ('return', 1, 'shipped'), ('return', -1, 'shipped'),
    ('receipt', 1, 'pending'), ('adjustment', 1, 'shipped'), ('write_off', 1, 'cancelled'))
    AS a (reason, quantity, status);
SELECT failure(format('SELECT ecommerce.adjust_stock(id(%L), 1, %L, order_id => %L)',
    'A', 'return', pg_temp.order_of('pending'))) AS by_id;
-- it may say for which order units went
SELECT ecommerce.adjust_stock('A', -1, 'write_off', order_id => pg_temp.order_of('shipped'));
SELECT failure(format('SELECT ecommerce.adjust_stock(%L, -1, %L, order_id => %L)', 'A', 'write_off',
    ecommerce.uuid_v7())) AS unknown;
SELECT ecommerce.available_stock(id('A'));

-- plain SQL: not shipped, gone back by cancelling, not sold, too many, unknown
SELECT notes, sku, quantity, reason, pg_temp.movement(notes, sku, quantity, reason) AS failure
FROM (VALUES ('pending', 'A', 1, 'return'), ('processing', 'A', 1, 'return'),
    ('cancelled', 'A', 1, 'return'), ('shipped', 'C', 1, 'return'),
    ('shipped', 'EBOOK', 1, 'return'), ('shipped', 'A', 6, 'return'),
    ('shipped', 'A', -1, 'return'), ('shipped', 'A', 1, 'receipt'),
    ('shipped', 'A', 1, 'adjustment'), ('shipped', 'A', 1, 'transfer'))
    AS m (notes, sku, quantity, reason);
SELECT failure(format('INSERT INTO ecommerce.stock_movements (product_id, quantity, reason,
    order_id) VALUES (%L, 1, %L, %L)', id('A'), 'return', o)) AS failure
FROM unnest(ARRAY[ecommerce.uuid_v7(), gen_random_uuid()]) o;
-- in one statement, in two, and together with return_stock()
SELECT failure(format('INSERT INTO ecommerce.stock_movements (product_id, quantity, reason,
    order_id) SELECT %L, 3, %L, %L FROM generate_series(1, 2)', id('A'), 'return',
    pg_temp.order_of('shipped'))) AS failure;
SELECT ecommerce.return_stock(pg_temp.order_of('shipped'), items('A', 2));
SELECT pg_temp.movement('shipped', 'A', 4) AS too_many, pg_temp.movement('shipped', 'A', 3) AS rest,
    pg_temp.movement('shipped', 'A', 1) AS again,
    failure(format('SELECT ecommerce.return_stock(%L, %L)', pg_temp.order_of('shipped'),
        items('A', 1))) AS by_function;
UPDATE ecommerce.stock SET available = available + 3 WHERE product_id = id('A');
SELECT * FROM ecommerce.verify_integrity();

-- another tenant's order is unknown
SELECT ecommerce.create_tenant('Second', 'DE');
SET ecommerce.tenant = 2;
INSERT INTO ecommerce.products (sku, name, price) VALUES ('THEIRS', 'Theirs', 1);
SELECT ecommerce.adjust_stock('THEIRS', 1, 'receipt');
SELECT failure(format('SELECT ecommerce.return_stock(%L, %L)', o.id, items('B', 1))) AS returned,
    failure(format('SELECT ecommerce.adjust_stock(%L::uuid, -1, order_id => %L)', p.id, o.id))
        AS adjust,
    failure(format('INSERT INTO ecommerce.stock_movements (tenant_id, product_id, quantity, reason,
        order_id) VALUES (2, %L, 1, %L, %L)', p.id, 'return', o.id)) AS movement
FROM ecommerce.products p, ecommerce.orders o
WHERE p.tenant_id = 2 AND o.tenant_id = 1 AND o.notes = 'shipped';
RESET ecommerce.tenant;
SET ecommerce.tenant = 1;

-- what triggers could not see the proof does: units that came back before the order was shipped,
-- or beside its cancellation, or beyond what was sold, or of another product or no order
BEGIN;
SET LOCAL session_replication_role = replica;
INSERT INTO ecommerce.stock_movements (tenant_id, id, product_id, quantity, reason, order_id)
SELECT 1, ecommerce.uuid_v7(), id(sku), quantity, 'return', pg_temp.order_of(notes)
FROM (VALUES ('processing', 'A', 1), ('cancelled', 'A', 2), ('shipped', 'B', 3),
    ('shipped', 'C', 4)) AS m (notes, sku, quantity);
INSERT INTO ecommerce.stock_movements (tenant_id, id, product_id, quantity, reason, order_id)
SELECT 1, ecommerce.uuid_v7(), id('C'), 5, 'return', gen_random_uuid();
UPDATE ecommerce.stock s SET available = available + m.quantity
FROM (SELECT product_id, sum(quantity) AS quantity FROM ecommerce.stock_movements
    WHERE reason = 'return' AND xmin::text = pg_current_xact_id()::text GROUP BY 1) m
WHERE s.product_id = m.product_id AND s.slot = 0;
SET LOCAL session_replication_role = origin;
SELECT problem, detail - 'product_id' AS detail, since
FROM (VALUES (NULL), (now() - interval '1 hour')) t (since_), LATERAL (
    SELECT v.*, since_ IS NOT NULL AS since FROM ecommerce.verify_integrity(since_) v) v
ORDER BY since, problem, detail::text;
-- cancel_order() does not bring back again what came back
SELECT failure(format('SELECT ecommerce.cancel_order(%L)', pg_temp.order_of('processing'))),
    failure(format('SELECT ecommerce.transition_order(%L, %L)', pg_temp.order_of('processing'),
        'cancelled'));
ROLLBACK;

-- an old order that is cancelled after units of it came back
BEGIN;
SET LOCAL session_replication_role = replica;
INSERT INTO ecommerce.stock_movements (tenant_id, id, product_id, quantity, reason, order_id,
    created_at)
SELECT 1, ecommerce.uuid_v7(), id('A'), 1, 'return', pg_temp.order_of('cancelled'),
    now() - interval '10 days';
UPDATE ecommerce.stock SET available = available + 1 WHERE product_id = id('A') AND slot = 0;
SELECT problem, detail - 'product_id' AS detail
FROM ecommerce.verify_integrity(now() - interval '1 hour');
ROLLBACK;

-- other facts with two doors: a reservation has one exit, and holds what was taken
SELECT id AS r FROM ecommerce.reserve_stock(items('C', 2)) \gset
SELECT (ecommerce.release_reservation(:'r')).quantity;
SELECT status, failure(format('UPDATE ecommerce.stock_reservations SET status = %L', status))
FROM unnest('{held,committed,consumed,expired,released,lost}'::text[]) status;
SELECT id AS r FROM ecommerce.reserve_stock(items('C', 2)) \gset
SELECT (ecommerce.place_order(reservation_id => :'r')).id AS o \gset
SELECT status, failure(format('UPDATE ecommerce.stock_reservations SET status = %L WHERE id = %L',
    status, :'r')) FROM unnest('{held,expired}'::text[]) status;
SELECT failure(format('SELECT ecommerce.release_reservation(%L)', :'r')) AS release;
SELECT (ecommerce.cancel_order(:'o')).status;
SELECT (ecommerce.cancel_order(:'o')).previous_status;
SELECT failure($$INSERT INTO ecommerce.stock_reservations (id, product_id, quantity, expires_at)
    SELECT ecommerce.uuid_v7(), id('C'), 1, now() + interval '1 hour'$$) AS hold_of_nothing;
-- an order gives back what place_order() took
SELECT failure(format('INSERT INTO ecommerce.order_items (order_id, order_created_at, line_number,
    product_id, sku, name, quantity, unit_price, vat_category, vat_rate, net, vat, from_stock)
    SELECT id, created_at, 9, id(%L), %L, %L, 1, 0, %L, 24, 0, 0, true FROM ecommerce.orders
    WHERE notes = %L', 'A', 'A', 'A', 'S', 'pending')) AS line;
-- a cart becomes one order
INSERT INTO ecommerce.carts (session_id) VALUES ('s') RETURNING id AS cart \gset
INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity) VALUES (:'cart', id('C'), 1);
SELECT gross FROM ecommerce.place_order(cart_id => :'cart');
SELECT command,
    failure('UPDATE ecommerce.carts SET ' || command || format(' WHERE id = %L', :'cart'))
FROM unnest('{"status = ''open'', order_id = NULL", "order_id = ecommerce.uuid_v7()",
    "status = ''abandoned'', order_id = NULL", "session_id = ''t''"}'::text[]) command;
-- a gift card gets back no more of an order than it paid
SELECT id AS card, code FROM ecommerce.issue_gift_card(10) \gset
SELECT ecommerce.redeem_gift_card(:'code', pg_temp.order_of('pending'), 4);
CREATE FUNCTION pg_temp.refund(card uuid, amount numeric) RETURNS text LANGUAGE sql AS $$
    SELECT failure(format('WITH e AS (INSERT INTO ecommerce.gift_card_entries (gift_card_id, kind,
        amount, order_id, order_created_at) SELECT %1$L, %2$L, %3$s, id, created_at
        FROM ecommerce.orders WHERE notes = %4$L)
        UPDATE ecommerce.gift_cards SET balance = balance + %3$s WHERE id = %1$L',
        card, 'refund', amount, 'pending'))
$$;
SELECT pg_temp.refund(:'card', 5) AS too_much;
SELECT ecommerce.refund_to_gift_card(pg_temp.order_of('pending'), 3);
SELECT pg_temp.refund(:'card', 2) AS again;
SELECT balance FROM ecommerce.gift_cards;
SELECT (ecommerce.cancel_order(pg_temp.order_of('pending'))).status;
SELECT balance FROM ecommerce.gift_cards;
SELECT pg_temp.refund(:'card', 1) AS after_cancel;
SELECT * FROM ecommerce.verify_integrity();
SELECT moved - sold - held = available AS balanced, * FROM books()
WHERE moved > 0 ORDER BY sku;

-- a retry takes nothing more, in other words, too
SELECT pg_temp.placed('shipped', 'retry') AS o \gset
SELECT ecommerce.return_stock(:'o', items('A', 2), 'RMA-1', idempotency_key => 'key');
SELECT replace(items::text, id('A')::text, 'id of A') AS items,
    failure(format('SELECT ecommerce.return_stock(%L, %L, %L, idempotency_key => %L)',
        :'o', items, 'RMA-1', 'key')) AS failure
FROM unnest(ARRAY[items('A', 2), items('A', 1) || items('A', 1),
    jsonb_build_array(jsonb_build_object('quantity', '2', 'product_id', id('A'), 'restock', true,
        'warehouse_id', 1, 'sku', NULL)),
    '[{"sku": "A", "quantity": 2.0}]', '[{"sku": "A", "quantity": "02.00"}]',
    items('A', 1), items('A', 3), items('B', 2), items('A', 2) || items('B', 1),
    '[{"sku": "A", "quantity": 2, "restock": false}]']) AS items;
SELECT ecommerce.return_stock(:'o', items('A', 2), 'RMA-1', idempotency_key => 'key');
SELECT failure(format('SELECT ecommerce.return_stock(%L, %L, %s)', o, items('A', 2), rest))
FROM (VALUES (:'o'::uuid, $$'RMA-2', idempotency_key => 'key'$$),
    (:'o', $$'RMA-1', 'note', 'key'$$), (:'o', $$idempotency_key => 'key'$$),
    (:'o', $$'RMA-1', '', 'key'$$),
    (pg_temp.order_of('shipped'), $$'RMA-1', idempotency_key => 'key'$$),
    (:'o', $$idempotency_key => ''$$), (:'o', $$idempotency_key => repeat('k', 256)$$))
    AS r (o, rest);
-- a key is good for one request: an order is another
SELECT failure($$SELECT ecommerce.place_order(items('A', 1), idempotency_key => 'key')$$) AS placed;
SELECT gross FROM ecommerce.place_order(items('A', 1), idempotency_key => 'order');
SELECT failure(format('SELECT ecommerce.return_stock(%L, %L, idempotency_key => %L)', :'o',
    items('A', 1), 'order')) AS returned;
-- what failed has not used its key, and a retry is answered after the order went on
SELECT failure(format('SELECT ecommerce.return_stock(%L, %L, idempotency_key => %L)', :'o',
    items('B', 3), 'second')) AS too_many;
SELECT ecommerce.return_stock(:'o', items('B', 2), idempotency_key => 'second');
SELECT (ecommerce.transition_order(:'o', 'delivered')).status;
SELECT ecommerce.return_stock(:'o', items('B', 2), idempotency_key => 'second');
SELECT p.sku, m.quantity, m.reason, m.reference FROM ecommerce.stock_movements m
JOIN ecommerce.products p ON p.id = m.product_id WHERE m.order_id = :'o' ORDER BY m.id;

-- by the order's SKU, the one since, or the id; what is not there says so
SELECT pg_temp.placed('shipped', 'renamed') AS o \gset
UPDATE ecommerce.products SET sku = 'A2' WHERE sku = 'A';
UPDATE ecommerce.products SET sku = 'A' WHERE sku = 'C';
SELECT ecommerce.return_stock(:'o', items('A', 1)) AS as_ordered,
    ecommerce.return_stock(:'o', items('A2', 1)) AS as_renamed,
    ecommerce.return_stock(:'o', jsonb_build_array(jsonb_build_object(
        'product_id', upper(id('A2')::text), 'quantity', 1))) AS by_id;
SELECT p.sku, sum(m.quantity) FROM ecommerce.stock_movements m
JOIN ecommerce.products p ON p.id = m.product_id WHERE m.order_id = :'o' GROUP BY 1;
-- both names are of one product
SELECT failure(format('SELECT ecommerce.return_stock(%L, %L)', :'o',
    items('A', 1) || items('A2', 2))) AS too_many;
-- names that two products of the order have had: the order's own counts
UPDATE ecommerce.products SET sku = 'C' WHERE sku = 'A';
UPDATE ecommerce.products SET sku = 'A' WHERE sku = 'B';
SELECT ecommerce.return_stock(:'o', items('A', 1)), ecommerce.return_stock(:'o', items('B', 1));
SELECT p.sku, sum(m.quantity) FROM ecommerce.stock_movements m
JOIN ecommerce.products p ON p.id = m.product_id WHERE m.order_id = :'o' GROUP BY 1 ORDER BY 1;
SELECT items, failure(format('SELECT ecommerce.return_stock(%L, %L)', :'o', items)) AS failure
FROM unnest(ARRAY[items('C', 1), items('NONE', 1), items('EBOOK', 1), items('EBOOK', 'C', 'A', 'C'),
    items(''), '[{"product_id": "00000000-0000-0000-0000-000000000000", "quantity": 1}]',
    '[{"product_id": "A", "quantity": 1}]', '[{"product_id": "", "quantity": 1}]']) AS items;
-- what cannot be read is named
SELECT items, failure(format('SELECT ecommerce.return_stock(%L, %L)', :'o', items)) AS failure
FROM unnest(ARRAY['[]', '{}', '[1]', '[{"quantity": 1}]', '[{"sku": "A"}]',
    '[{"sku": "A", "quantity": 1}, {"sku": "A", "quantity": 1.5}]',
    '[{"sku": "A", "quantity": 1, "qty": 2}]', '[{"sku": "A", "quantity": 1, "restock": "no"}]',
    '[{"sku": "A", "quantity": 1, "warehouse_id": "main"}]']::jsonb[]) AS items;
-- a product that is no longer sold, nor tracked, comes back all the same
UPDATE ecommerce.products SET deleted_at = now(), track_stock = false WHERE sku = 'A2';
SELECT ecommerce.return_stock(:'o', items('A', 1));
SELECT failure(format('SELECT ecommerce.return_stock(%L, %L)', :'o', items('A', 1))) AS again;
-- one that is tracked since was not
UPDATE ecommerce.products SET track_stock = true WHERE sku = 'EBOOK';
SELECT failure(format('SELECT ecommerce.return_stock(%L, %L)', :'o', items('EBOOK', 1)));
SELECT * FROM ecommerce.verify_integrity();
-- nor does more of another product come back by a trigger
INSERT INTO ecommerce.products (sku, name, price) VALUES ('T', 'T', 1), ('U', 'U', 1);
SELECT ecommerce.adjust_stock(s, 1, 'receipt') FROM unnest('{T,U}'::text[]) AS s;
SELECT id AS o FROM ecommerce.place_order(items('T', 1) || items('U', 1)) \gset
SELECT (ecommerce.transition_order(:'o', s)).status
FROM unnest('{processing,shipped}'::text[]) AS s;
CREATE FUNCTION pg_temp.return_more() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.product_id = (SELECT p.id FROM ecommerce.products p WHERE p.sku = 'T') THEN
        PERFORM ecommerce.return_stock(NEW.order_id, '[{"sku": "U", "quantity": 1}]');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER return_more AFTER INSERT ON ecommerce.stock_movements
    FOR EACH ROW EXECUTE FUNCTION pg_temp.return_more();
SELECT failure(format('SELECT ecommerce.return_stock(%L, %L)', :'o',
    items('T', 1) || items('U', 1)));
DROP TRIGGER return_more ON ecommerce.stock_movements;
SELECT * FROM ecommerce.verify_integrity();

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
