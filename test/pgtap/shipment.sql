-- Every transition of shipments and returns, legal and not, by function and by plain SQL.
BEGIN;
SELECT plan(4);

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price) VALUES ('A', 'A', 10);
SELECT ecommerce.adjust_stock('A', 1000, 'receipt');

-- A shipment of one of two units in a status, and a return of the other one
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
CREATE FUNCTION pg_temp.return_that_is(status text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_order uuid := (ecommerce.place_order('[{"sku": "A", "quantity": 2}]')).id;
    v_id    uuid;
BEGIN
    PERFORM ecommerce.transition_order(v_order, s) FROM unnest('{processing,shipped}'::text[]) s;
    v_id := (ecommerce.request_return(v_order, '[{"sku": "A", "quantity": 1}]')).id;
    CASE status
        WHEN 'rejected' THEN PERFORM ecommerce.reject_return(v_id);
        WHEN 'approved' THEN PERFORM ecommerce.approve_return(v_id);
        WHEN 'received' THEN
            PERFORM ecommerce.approve_return(v_id);
            PERFORM ecommerce.receive_return(v_id);
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

CREATE TABLE pg_temp.return_step AS
SELECT f.status AS from_status, t.status AS to_status, t.command,
       CASE WHEN f.status = t.status
                 OR (f.status, t.status) IN (('requested', 'approved'), ('requested', 'rejected'),
                     ('approved', 'rejected'), ('approved', 'received'))
            THEN 'done' ELSE 'EC032' END AS expected
FROM unnest('{requested,approved,rejected,received}'::text[]) AS f (status)
CROSS JOIN (VALUES ('requested', NULL), ('approved', 'approve_return'),
    ('rejected', 'reject_return'), ('received', 'receive_return')) AS t (status, command);
SELECT is_empty($$
    SELECT from_status, to_status, expected
    FROM pg_temp.return_step
    WHERE command IS NOT NULL
      AND pg_temp.outcome(format('SELECT ecommerce.%I(%L)', command,
              pg_temp.return_that_is(from_status))) <> expected $$,
    'functions bring returns where they may go, and nowhere else');
SELECT is_empty($$
    SELECT from_status, to_status, expected
    FROM pg_temp.return_step
    WHERE pg_temp.outcome(format('UPDATE ecommerce.returns SET status = %L WHERE id = %L',
              to_status, pg_temp.return_that_is(from_status)))
          -- Goods come by receive_return() only.
          <> CASE WHEN (from_status, to_status) = ('approved', 'received') THEN 'EC032'
                  ELSE expected END $$,
    'and so does plain SQL, but it books no goods');

SELECT * FROM finish();
ROLLBACK;
