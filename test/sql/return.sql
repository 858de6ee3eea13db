-- What comes back, and what is to be refunded for it.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET client_min_messages = warning;

UPDATE ecommerce.settings SET country = 'GR', timezone = 'Europe/Athens';
INSERT INTO ecommerce.warehouses (id, name) VALUES (2, 'Second');
INSERT INTO ecommerce.products (sku, name, price) VALUES ('A', 'A', 10), ('B', 'B', 3.33),
    ('FREE', 'FREE', 0);
INSERT INTO ecommerce.products (sku, name, price, track_stock, supply) VALUES
    ('EBOOK', 'EBOOK', 5, false, 'digital'), ('MADE', 'MADE', 7, false, 'goods');
SELECT ecommerce.adjust_stock(s, 100, 'receipt') FROM unnest('{A,B,FREE}'::text[]) s;
INSERT INTO ecommerce.users (id, email, first_name, last_name) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'maria@example.com', 'Maria', 'M'),
    ('01930000-0000-7000-8000-0000000000a2', 'nikos@example.com', 'Nikos', 'N');
CREATE TEMP TABLE o (name text, id uuid);
CREATE FUNCTION pg_temp.o(name text) RETURNS uuid LANGUAGE sql AS
    'SELECT o.id FROM pg_temp.o WHERE o.name = $1';
CREATE FUNCTION pg_temp.r(name text, number integer) RETURNS uuid LANGUAGE sql AS
    'SELECT r.id FROM ecommerce.returns r
     WHERE r.order_id = pg_temp.o($1) AND r.return_number = $2';
-- An order that is delivered, as a request for place_order()
CREATE FUNCTION pg_temp.delivered(name text, request jsonb) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    v_gross numeric;
BEGIN
    WITH p AS (SELECT * FROM ecommerce.place_order(request)),
        n AS (INSERT INTO pg_temp.o SELECT delivered.name, p.id FROM p)
    SELECT p.gross INTO v_gross FROM p;
    PERFORM ecommerce.transition_order(pg_temp.o(name), s)
    FROM unnest('{processing,shipped,delivered}'::text[]) s;
    RETURN v_gross;
END $$;
CREATE FUNCTION pg_temp.back(name text, items jsonb) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := (ecommerce.request_return(pg_temp.o(name), items)).id;
BEGIN
    PERFORM ecommerce.approve_return(v_id);
    RETURN (ecommerce.receive_return(v_id)).gross;
END $$;

-- a return from end to end
SELECT pg_temp.delivered('one', jsonb_build_object('items', items('A', 3) || items('B', 3),
    'charges', '[{"kind": "shipping", "amount": 4.90}]'::jsonb));
SELECT return_number, previous_status, status, quantity, received, gross
FROM ecommerce.request_return(pg_temp.o('one'),
    '[{"sku": "A", "quantity": 2, "reason": "damaged"}, {"line_number": 2, "quantity": 1}]',
    'Dented.', 'key');
SELECT return_number, status FROM ecommerce.request_return(pg_temp.o('one'),
    '[{"sku": "A", "quantity": 2, "reason": "damaged"}, {"line_number": 2, "quantity": 1}]',
    'Dented.', 'key');
SELECT failure(format('SELECT ecommerce.request_return(%L::uuid, %L, idempotency_key => %L)',
    pg_temp.o('one'), items('A', 1), 'key'));
SELECT line_number, quantity, reason FROM ecommerce.return_items ORDER BY 1;
-- what is asked for is not there for others
SELECT failure(format('SELECT ecommerce.request_return(%L::uuid, %L)', pg_temp.o('one'),
    items('A', 2) || items('B', 3))) AS asked,
    failure(format('SELECT ecommerce.return_stock(%L::uuid, %L)', pg_temp.o('one'), items('A', 2)))
    AS at_once;
SELECT failure(format('SELECT ecommerce.receive_return(%L)', pg_temp.r('one', 1)), hint => true);
SELECT previous_status, status FROM ecommerce.approve_return(pg_temp.r('one', 1), 'Send it.');
SELECT previous_status, status FROM ecommerce.approve_return(pg_temp.r('one', 1));
-- it comes in two parcels; what cannot be right is refused
SELECT items, failure(format('SELECT ecommerce.receive_return(%L, %L)', pg_temp.r('one', 1), items))
FROM unnest(ARRAY['[{"sku": "A", "back_to_stock": 2, "written_off": 1}]',
    '[{"sku": "A", "back_to_stock": 0}]', '[{"sku": "A", "quantity": 1}]',
    '[{"sku": "A", "written_off": -1}]', '[{"sku": "X", "back_to_stock": 1}]',
    '[{"sku": "A", "back_to_stock": 1, "warehouse_id": 9}]', '[]']::jsonb[]) items;
SELECT previous_status, status, quantity, received, net, vat, gross
FROM ecommerce.receive_return(pg_temp.r('one', 1),
    '[{"sku": "A", "back_to_stock": 1, "written_off": 1, "warehouse_id": 2}]', 'RMA-1', 'Box 1',
    'receipt');
SELECT received, gross FROM ecommerce.receive_return(pg_temp.r('one', 1),
    '[{"sku": "A", "back_to_stock": 1, "written_off": 1, "warehouse_id": 2}]', 'RMA-1', 'Box 1',
    'receipt');
SELECT received, gross FROM ecommerce.receive_return(pg_temp.r('one', 1));
SELECT received, gross FROM ecommerce.receive_return(pg_temp.r('one', 1));
SELECT p.sku, m.warehouse_id, m.quantity, m.reason, m.reference, m.note
FROM ecommerce.stock_movements m JOIN ecommerce.products p ON p.id = m.product_id
WHERE m.order_id = pg_temp.o('one') ORDER BY m.id;
-- the rest comes back, and with it what was paid for shipping
SELECT ecommerce.return_stock(pg_temp.o('one'), items('A', 1) || items('B', 2));
SELECT * FROM ecommerce.return_refund(pg_temp.r('one', 2));
SELECT receipt_number, line_number, back_to_stock, written_off, net, vat
FROM ecommerce.return_receipts WHERE return_id = pg_temp.r('one', 2) ORDER BY 1, 2;
SELECT sum(r.net) = o.net AND sum(r.vat) = o.vat AS whole, sum(r.net + r.vat)
FROM ecommerce.orders o JOIN ecommerce.return_receipts r ON r.order_id = o.id
WHERE o.id = pg_temp.o('one') GROUP BY o.net, o.vat;
SELECT failure(format('SELECT ecommerce.request_return(%L::uuid, %L)', pg_temp.o('one'),
    items('A', 1)));

-- unit by unit, the sum is what was paid: coupons, net and gross prices, every rule for shipping
INSERT INTO ecommerce.coupons (code, kind, value) VALUES ('SEVEN', 'percent', 7);
CREATE FUNCTION pg_temp.by_unit(name text, rule text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_refunds numeric[] := '{}';
BEGIN
    UPDATE ecommerce.settings SET return_shipping = rule WHERE tenant_id = 1;
    PERFORM pg_temp.delivered(name, jsonb_build_object('items', items('A', 2) || items('B', 3)
        || items('FREE', 1), 'coupon_codes', '["SEVEN"]'::jsonb,
        'charges', '[{"kind": "shipping", "amount": 4.99},
            {"kind": "fee", "amount": 1.01}]'::jsonb));
    FOR i IN 1 .. 3 LOOP
        v_refunds := v_refunds || pg_temp.back(name, items('B', 1));
    END LOOP;
    v_refunds := v_refunds || pg_temp.back(name, items('FREE', 1));
    FOR i IN 1 .. 2 LOOP
        v_refunds := v_refunds || pg_temp.back(name, items('A', 1));
    END LOOP;
    RETURN (SELECT format('%s: %s of %s, charges %s', v_refunds, sum(r.net + r.vat), o.gross,
            sum(r.net + r.vat) FILTER (WHERE r.line_number > 3))
        FROM ecommerce.orders o JOIN ecommerce.return_receipts r ON r.order_id = o.id
        WHERE o.id = pg_temp.o(name) GROUP BY o.gross);
END $$;
SELECT rule, pg_temp.by_unit('gross ' || rule, rule)
FROM unnest('{never,full_return,proportional}'::text[]) rule;
UPDATE ecommerce.settings SET prices = 'net';
SELECT rule, pg_temp.by_unit('net ' || rule, rule)
FROM unnest('{never,full_return,proportional}'::text[]) rule;
UPDATE ecommerce.settings SET prices = 'gross', return_shipping = 'full_return';
-- what is digital does not come back, and does not keep shipping from being refunded
SELECT pg_temp.delivered('digital', jsonb_build_object('items', items('MADE', 1)
    || items('EBOOK', 1), 'charges', '[{"kind": "shipping", "amount": 4.90}]'::jsonb));
SELECT failure(format('SELECT ecommerce.request_return(%L::uuid, %L)', pg_temp.o('digital'),
    items('EBOOK', 1)));
SELECT pg_temp.back('digital', items('MADE', 1));
SELECT * FROM ecommerce.verify_integrity();

-- a customer may ask for his own orders, until some days after they came
CREATE ROLE return_storefront;
SELECT count(*) FROM ecommerce.grant_access('return_storefront', 'storefront');
GRANT SELECT ON pg_temp.o TO return_storefront;
SELECT pg_temp.delivered('maria', jsonb_build_object('items', items('A', 2),
    'user_id', '01930000-0000-7000-8000-0000000000a1')),
    pg_temp.delivered('nikos', jsonb_build_object('items', items('A', 2),
    'user_id', '01930000-0000-7000-8000-0000000000a2')),
    pg_temp.delivered('guest', jsonb_build_object('items', items('A', 2)));
SELECT order_number AS maria FROM ecommerce.orders WHERE id = pg_temp.o('maria') \gset
SELECT order_number AS nikos FROM ecommerce.orders WHERE id = pg_temp.o('nikos') \gset
CREATE FUNCTION pg_temp.ask(name text) RETURNS text LANGUAGE sql AS $$
    SELECT failure(format('SELECT ecommerce.request_return(%L::uuid, %L)', pg_temp.o(name),
        items('A', 1)))
$$;
SET ROLE return_storefront;
SELECT name, pg_temp.ask(name) FROM unnest('{maria,guest}'::text[]) name;
BEGIN;
SELECT count(*) FROM ecommerce.use_customer('01930000-0000-7000-8000-0000000000a1');
SELECT status, quantity FROM ecommerce.request_return(:'maria', items('A', 1));
SELECT name, pg_temp.ask(name), failure(format('SELECT ecommerce.order_fulfilment(%L::uuid)',
    pg_temp.o(name))) FROM unnest('{nikos,guest}'::text[]) name;
SELECT failure(format('SELECT ecommerce.request_return(%L, %L)', number, items('A', 1)))
FROM unnest(ARRAY[:'nikos', '261129-0000000000']) number;
SELECT failure(format('SELECT ecommerce.request_return(%L, %L, idempotency_key => %L)', :'maria',
    items('A', 1), 'short'));
SELECT fulfilment FROM ecommerce.order_fulfilment(:'maria');
SELECT status, note FROM ecommerce.returns;
SELECT quantity, reason FROM ecommerce.return_items;
SELECT command, failure(format(command, r.id)) FROM ecommerce.returns r, unnest(ARRAY[
    'SELECT ecommerce.approve_return(%L)', 'SELECT ecommerce.receive_return(%L)',
    'UPDATE ecommerce.returns SET status = ''approved'' WHERE id = %L',
    'SELECT idempotency_key FROM ecommerce.returns WHERE id = %L']) command;
COMMIT;
RESET ROLE;
BEGIN;
UPDATE ecommerce.settings SET return_days = 2;
CREATE TEMP TABLE tried (delivered timestamptz, failure text);
GRANT ALL ON tried TO return_storefront;
CREATE FUNCTION pg_temp.ask_after(days integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_failure text;
BEGIN
    UPDATE ecommerce.orders SET delivered_at =
        ecommerce_internal.day_start(ecommerce_internal.shop_day() - days, 'Europe/Athens')
    WHERE id = pg_temp.o('maria');
    SET LOCAL ROLE return_storefront;
    PERFORM ecommerce.use_customer('01930000-0000-7000-8000-0000000000a1');
    v_failure := pg_temp.ask('maria');
    RESET ROLE;
    RETURN regexp_replace(v_failure, '[0-9]{4}-[-0-9: T+]+', '?', 'g');
END $$;
SAVEPOINT a;
SELECT pg_temp.ask_after(2);
ROLLBACK TO a;
SELECT pg_temp.ask_after(3);
ROLLBACK TO a;
-- the last of its parcels counts, and while one is on its way the time has not begun
INSERT INTO o SELECT 'parcels', id FROM ecommerce.place_order(items('A', 2), user_id =>
    '01930000-0000-7000-8000-0000000000a1');
SELECT (ecommerce.transition_order(pg_temp.o('parcels'), 'processing')).status;
SELECT s.order_status FROM ecommerce.create_shipment(pg_temp.o('parcels'), items('A', 1)) c,
    ecommerce.ship_shipment(c.id) s;
SELECT s.order_status FROM ecommerce.create_shipment(pg_temp.o('parcels'), items('A', 1)) c,
    ecommerce.ship_shipment(c.id) s;
CREATE FUNCTION pg_temp.ask_after_parcels(VARIADIC days integer[]) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_failure text;
BEGIN
    SET LOCAL session_replication_role = replica;
    UPDATE ecommerce.shipments SET status = 'delivered', shipped_at = '2020-01-01', delivered_at =
        ecommerce_internal.day_start(ecommerce_internal.shop_day() - days[shipment_number],
            'Europe/Athens')
    WHERE order_id = pg_temp.o('parcels') AND shipment_number <= cardinality(days);
    UPDATE ecommerce.orders SET status = 'delivered', delivered_at = now() - interval '1 year'
    WHERE id = pg_temp.o('parcels') AND cardinality(days) = 2;
    SET LOCAL session_replication_role = origin;
    SET LOCAL ROLE return_storefront;
    PERFORM ecommerce.use_customer('01930000-0000-7000-8000-0000000000a1');
    v_failure := pg_temp.ask('parcels');
    RESET ROLE;
    RETURN regexp_replace(v_failure, '[0-9]{4}-[-0-9: T+]+', '?', 'g');
END $$;
SAVEPOINT b;
SELECT pg_temp.ask_after_parcels(9);
ROLLBACK TO b;
SELECT pg_temp.ask_after_parcels(9, 2);
ROLLBACK TO b;
SELECT pg_temp.ask_after_parcels(2, 9);
ROLLBACK TO b;
SELECT pg_temp.ask_after_parcels(3, 3);
-- the shop takes it all the same
ROLLBACK;
BEGIN;
UPDATE ecommerce.orders SET delivered_at = now() - interval '1 year'
WHERE id = pg_temp.o('nikos');
SELECT pg_temp.ask('nikos');
COMMIT;
DROP OWNED BY return_storefront CASCADE;
DROP ROLE return_storefront;

-- what cannot be read is named
SELECT items, failure(format('SELECT ecommerce.request_return(%L::uuid, %L)', pg_temp.o('guest'),
    items))
FROM unnest(ARRAY['[{"sku": "A", "quantity": 1, "reason": "ugly"}]',
    '[{"sku": "A", "quantity": 1, "reason": "undelivered"}]',
    '[{"sku": "A", "quantity": 1}, {"sku": "A", "quantity": 1, "reason": "damaged"}]',
    '[{"sku": "A", "quantity": 1, "restock": true}]', '[{"sku": "B", "quantity": 1}]',
    '[{"quantity": 1}]', '"[]"', 'null', '[]']::jsonb[]) items;
SELECT failure(format('SELECT ecommerce.request_return(%L::uuid, NULL)', pg_temp.o('guest'))),
    failure(format('SELECT ecommerce.request_return(NULL::uuid, %L)', items('A', 1)));
-- of an order that was not shipped nothing comes back
INSERT INTO o SELECT 'pending', id FROM ecommerce.place_order(items('A', 1));
SELECT pg_temp.ask('pending');
-- of one that was shipped in part, that part does
INSERT INTO o SELECT 'part', id FROM ecommerce.place_order(items('A', 5));
SELECT (ecommerce.transition_order(pg_temp.o('part'), 'processing')).status;
SELECT s.order_status FROM ecommerce.create_shipment(pg_temp.o('part'), items('A', 2)) c,
    ecommerce.ship_shipment(c.id) s;
SELECT failure(format('SELECT ecommerce.request_return(%L::uuid, %L)', pg_temp.o('part'),
    items('A', 3)));
SELECT pg_temp.back('part', items('A', 2));
SELECT failure(format('SELECT ecommerce.return_stock(%L::uuid, %L)', pg_temp.o('part'),
    items('A', 1)));
-- a shipment of which units came back was not lost
SELECT failure(format('SELECT ecommerce.mark_lost(%L)', id)) FROM ecommerce.shipments;
-- goods that came by plain SQL came, too
SELECT pg_temp.delivered('plain', jsonb_build_object('items', items('A', 2)));
INSERT INTO ecommerce.stock_movements (product_id, quantity, reason, order_id)
VALUES (id('A'), 1, 'return', pg_temp.o('plain'));
UPDATE ecommerce.stock SET available = available + 1
WHERE product_id = id('A') AND warehouse_id = 1 AND slot = 0;
SELECT failure(format('SELECT ecommerce.request_return(%L::uuid, %L)', pg_temp.o('plain'),
    items('A', 2)));
SELECT pg_temp.back('plain', items('A', 1));

-- plain SQL refunds no more than was charged, and receives no goods that stock has not
SELECT pg_temp.delivered('sql', jsonb_build_object('items', items('A', 2)));
SELECT id AS r FROM ecommerce.request_return(pg_temp.o('sql'), items('A', 1)) \gset
CREATE FUNCTION pg_temp.receipt(id uuid, columns text) RETURNS text LANGUAGE sql AS $$
    SELECT failure(format('INSERT INTO ecommerce.return_receipts (return_id, receipt_number,
        line_number, order_id, order_created_at, back_to_stock, lost, currency, net, vat)
        SELECT id, 1, 1, order_id, order_created_at, %s FROM ecommerce.returns WHERE id = %L',
        columns, id))
$$;
SELECT pg_temp.receipt(:'r', '1, 0, ''EUR'', 0, 0') AS requested;
SELECT status FROM ecommerce.approve_return(:'r');
SELECT columns, pg_temp.receipt(:'r', columns) FROM unnest(ARRAY['1, 0, ''EUR'', 1, 0',
    '0, 0, ''EUR'', 16.14, 0', '0, 0, ''EUR'', ''NaN'', 0', '0, 0, ''EUR'', -1, 0',
    '0, 0, ''USD'', 1, 0', '0, 1, ''EUR'', 1, 0', '2, 0, ''EUR'', 1, 0']) columns;
SELECT command, failure(format(command, :'r')) FROM unnest(ARRAY[
    'UPDATE ecommerce.returns SET status = ''received'' WHERE id = %L',
    'UPDATE ecommerce.returns SET shipment_id = id WHERE id = %L',
    'DELETE FROM ecommerce.returns WHERE id = %L',
    'UPDATE ecommerce.return_items SET quantity = 2 WHERE return_id = %L',
    'INSERT INTO ecommerce.return_items (return_id, order_id, order_created_at, line_number,
        quantity) SELECT id, order_id, order_created_at, 1, 1 FROM ecommerce.returns WHERE id = %L',
    'UPDATE ecommerce.return_receipts SET net = 0 WHERE %L IS NOT NULL',
    'TRUNCATE ecommerce.return_receipts']) command;

-- an exchange: the return and the new order know each other
SELECT failure(format('SELECT ecommerce.exchange_return(%L, %L)', pg_temp.r('maria', 1),
    items('B', 1))) AS requested;
SELECT status FROM ecommerce.approve_return(pg_temp.r('maria', 1));
SELECT gross FROM ecommerce.exchange_return(pg_temp.r('maria', 1),
    jsonb_build_object('items', items('B', 2), 'idempotency_key', 'exchange'));
SELECT gross FROM ecommerce.exchange_return(pg_temp.r('maria', 1),
    jsonb_build_object('items', items('B', 2), 'idempotency_key', 'exchange'));
SELECT failure(format('SELECT ecommerce.exchange_return(%L, %L)', pg_temp.r('maria', 1), request))
FROM unnest(ARRAY[items('B', 1), jsonb_build_object('items', items('B', 1), 'idempotency_key',
    'other'), '1', '"x"', NULL]::jsonb[]) request;
SELECT count(*), min(o.email), bool_and(o.id = r.exchange_order_id) AS known
FROM ecommerce.orders o JOIN ecommerce.returns r ON r.id = pg_temp.r('maria', 1)
WHERE o.user_id = '01930000-0000-7000-8000-0000000000a1' AND o.status = 'pending';
SELECT failure(format('UPDATE ecommerce.returns SET exchange_order_id = NULL,
    exchange_order_created_at = NULL WHERE id = %L', pg_temp.r('maria', 1)));
SELECT kind, data - 'order_id' - 'order_number' - 'exchange_order_id' - 'exchange_order_number'
FROM ecommerce.events WHERE entity_id = pg_temp.r('maria', 1) ORDER BY id;
SELECT * FROM ecommerce.verify_integrity();

-- another tenant
SELECT ecommerce.create_tenant('Second', 'DE');
SET ecommerce.tenant = 2;
SELECT pg_temp.ask('nikos'), failure(format('SELECT ecommerce.approve_return(%L)', :'r')),
    failure(format('SELECT ecommerce.return_refund(%L)', :'r'));
SET ecommerce.tenant = 1;
-- what triggers could not see the proof does
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE ecommerce.return_items SET quantity = 9 WHERE return_id = pg_temp.r('nikos', 1);
UPDATE ecommerce.return_receipts SET net = net + 1 WHERE order_id = pg_temp.o('one')
    AND line_number = 1 AND receipt_number = 1;
UPDATE ecommerce.returns SET status = 'received' WHERE id = :'r';
UPDATE ecommerce.returns SET exchange_order_id = id, exchange_order_created_at = now()
WHERE id = pg_temp.r('maria', 1);
UPDATE ecommerce.return_receipts SET back_to_stock = 5 WHERE order_id = pg_temp.o('part');
SET LOCAL session_replication_role = origin;
SELECT problem, detail - 'product_id' - 'exchange_order_id' AS detail
FROM ecommerce.verify_integrity() ORDER BY problem, detail::text;
ROLLBACK;

-- shipments and returns are archived with their orders, but not while they are open
SELECT count(*) FROM ecommerce.ensure_partitions('2019-04-01', '2019-06-30');
INSERT INTO o SELECT 'old', id FROM ecommerce.place_order(items('A', 2),
    placed_at => '2019-05-01');
SELECT (ecommerce.transition_order(pg_temp.o('old'), 'processing')).status;
SELECT id AS parcel FROM ecommerce.create_shipment(pg_temp.o('old'), items('A', 1)) \gset
SELECT order_status FROM ecommerce.ship_shipment(:'parcel');
SELECT id AS parcel FROM ecommerce.create_shipment(pg_temp.o('old')) \gset
SELECT order_status FROM ecommerce.ship_shipment(:'parcel');
SELECT id AS old FROM ecommerce.request_return(pg_temp.o('old'), items('A', 1)) \gset
SELECT pay(pg_temp.o('old'));
SELECT failure('SELECT ecommerce.detach_partition(''ecommerce_partitions.returns_2019_q2'')');
SELECT status FROM ecommerce.reject_return(:'old');
SELECT count(*) FROM ecommerce.detach_partition('ecommerce_partitions.returns_2019_q2');
SELECT (SELECT count(*) FROM ecommerce_partitions.shipments_2019_q2) AS shipments,
    (SELECT count(*) FROM ecommerce_partitions.shipment_items_2019_q2) AS items,
    (SELECT count(*) FROM ecommerce_partitions.returns_2019_q2) AS returns;
SELECT failure(format('SELECT ecommerce.create_shipment(%L::uuid)', pg_temp.o('old'))),
    failure(format('SELECT ecommerce.mark_delivered(%L)', :'parcel')),
    failure(format('SELECT ecommerce.approve_return(%L)', :'old')),
    failure(format('SELECT ecommerce.request_return(%L::uuid, %L)', pg_temp.o('old'),
        items('A', 1)));
SELECT failure('DELETE FROM ecommerce_partitions.shipments_2019_q2');
SELECT * FROM ecommerce.verify_integrity();
SELECT count(*) FROM ecommerce.attach_partition('ecommerce_partitions.returns_2019_q2');
SELECT status, order_status FROM ecommerce.mark_delivered(:'parcel');
SELECT count(*) FROM pg_constraint
WHERE conrelid::regclass::text ~ '_2019_q2$' AND contype = 'f' AND conparentid = 0;
SELECT * FROM ecommerce.verify_integrity();
-- what was rejected may be asked for again, once
SELECT status FROM ecommerce.request_return(pg_temp.o('old'), items('A', 2));
SELECT failure(format('SELECT ecommerce.request_return(%L::uuid, %L)', pg_temp.o('old'),
    items('A', 1)));

DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
