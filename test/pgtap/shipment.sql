-- Every transition of shipments, legal and not, by function and by plain SQL.
BEGIN;
SELECT plan(30);

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price) VALUES ('A', 'A', 10);
SELECT ecommerce.adjust_stock('A', 1000, 'receipt');

-- A shipment of one of two units in a status
CREATE FUNCTION pg_temp.shipment_that_is(status text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_order uuid := (ecommerce.place_order('[{"sku": "A", "quantity": 2}]')).id;
    v_id    uuid;
BEGIN
    PERFORM ecommerce.transition_order(v_order, 'processing');
    v_id := (ecommerce.create_shipment(v_order, '[{"sku": "A", "quantity": 1}]')).id;
    IF status = 'cancelled' THEN
        PERFORM ecommerce.cancel_shipment(v_id);
    ELSIF status <> 'pending' THEN
        PERFORM ecommerce.ship_shipment(v_id);
    END IF;
    CASE status
        WHEN 'delivered' THEN PERFORM ecommerce.mark_delivered(v_id);
        WHEN 'lost' THEN PERFORM ecommerce.mark_lost(v_id);
        WHEN 'returned_to_sender' THEN PERFORM ecommerce.mark_returned_to_sender(v_id);
        ELSE NULL;
    END CASE;
    RETURN v_id;
END $$;
-- What a statement comes to, which is undone
CREATE FUNCTION pg_temp.outcome(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    SET CONSTRAINTS ALL IMMEDIATE;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000';
EXCEPTION
    WHEN SQLSTATE 'ZZ000' THEN RETURN 'done';
    WHEN OTHERS THEN RETURN SQLSTATE;
END $$;

CREATE TABLE pg_temp.shipment_step AS
SELECT f.status AS from_status, t.status AS to_status, t.command,
       CASE WHEN f.status = t.status
                 OR (f.status, t.status) IN (('pending', 'shipped'), ('pending', 'cancelled'),
                     ('shipped', 'delivered'), ('shipped', 'lost'),
                     ('shipped', 'returned_to_sender'), ('lost', 'delivered'),
                     ('lost', 'returned_to_sender'), ('returned_to_sender', 'shipped'))
            THEN 'done' ELSE 'EC032' END AS expected
FROM unnest('{pending,shipped,delivered,lost,returned_to_sender,cancelled}'::text[]) AS f (status)
CROSS JOIN (VALUES ('pending', NULL), ('shipped', 'ship_shipment'), ('delivered', 'mark_delivered'),
    ('lost', 'mark_lost'), ('returned_to_sender', 'mark_returned_to_sender'),
    ('cancelled', 'cancel_shipment')) AS t (status, command);
SELECT is_empty($$
    SELECT from_status, to_status, expected, pg_temp.outcome(format('SELECT ecommerce.%I(%L)',
        command, pg_temp.shipment_that_is(from_status))) AS outcome
    FROM pg_temp.shipment_step WHERE command IS NOT NULL
      AND pg_temp.outcome(format('SELECT ecommerce.%I(%L)', command,
              pg_temp.shipment_that_is(from_status))) <> expected $$,
    'functions bring shipments where they may go, and nowhere else');
SELECT is_empty($$
    SELECT from_status, to_status, expected
    FROM pg_temp.shipment_step
    WHERE pg_temp.outcome(format('UPDATE ecommerce.shipments SET status = %L WHERE id = %L',
              to_status, pg_temp.shipment_that_is(from_status))) <> expected $$,
    'and so does plain SQL');

-- What begins is pending, and times are those of its steps.
SELECT is(pg_temp.outcome(format('INSERT INTO ecommerce.shipments (order_id, order_created_at,
        shipment_number, %s) SELECT order_id, order_created_at, 2, %s FROM ecommerce.shipments
        WHERE id = %L', v.columns, v.written, pg_temp.shipment_that_is('pending'))), v.expected,
    format('plain SQL: a new shipment with %s %s', v.columns, v.written))
FROM (VALUES ('status', '''pending''', 'done'), ('status', '''shipped''', 'EC032'),
    ('status', '''delivered''', 'EC032'), ('status', '''cancelled''', 'EC032'),
    ('shipped_at', 'now()', 'EC032'), ('delivered_at', 'now()', 'EC032'),
    ('replaces_id', 'id', 'EC032')) AS v (columns, written, expected);
SELECT is(pg_temp.outcome(format('UPDATE ecommerce.shipments SET %s WHERE id = %L', v.assignment,
        pg_temp.shipment_that_is(v.status))), v.expected,
    format('plain SQL: %s of one that is %s', v.assignment, v.status))
FROM (VALUES ('pending', 'shipped_at = now()', 'EC017'),
    ('pending', 'delivered_at = now()', 'EC032'),
    ('pending', 'created_at = ''2001-01-01''', 'EC017'),
    ('pending', 'status = ''shipped'', shipped_at = ''2001-01-01''', 'EC017'),
    ('pending', 'status = ''shipped'', delivered_at = now()', 'EC032'),
    ('shipped', 'shipped_at = NULL', 'EC017'), ('shipped', 'delivered_at = now()', 'EC032'),
    ('shipped', 'status = ''lost'', delivered_at = now()', 'EC032'),
    ('shipped', 'status = ''delivered'', delivered_at = ''2001-01-01''', 'EC032'),
    ('shipped', 'status = ''delivered'', delivered_at = ''infinity''', 'EC032'),
    ('shipped', 'status = ''delivered'', delivered_at = now()', 'done'),
    ('delivered', 'delivered_at = NULL', 'EC032'),
    ('delivered', 'delivered_at = ''2001-01-01''', 'EC032'),
    ('delivered', 'shipped_at = ''2001-01-01''', 'EC017'),
    ('delivered', 'carrier = ''DHL''', 'done')) AS v (status, assignment, expected);
SELECT is(pg_temp.outcome(format('DELETE FROM ecommerce.shipments WHERE id = %L',
        pg_temp.shipment_that_is(s))), 'EC017', format('plain SQL: one that is %s is kept', s))
FROM unnest('{pending,shipped,delivered,lost,returned_to_sender,cancelled}'::text[]) s;

SELECT * FROM finish();
ROLLBACK;
