-- Every transition of returns, legal and not, by function and by plain SQL, and what each appends.
BEGIN;
SELECT plan(126);

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price) VALUES ('A', 'A', 10), ('B', 'B', 5);
SELECT ecommerce.adjust_stock(sku, 1000, 'receipt') FROM ecommerce.products;

-- A return of two units of three in a status; "partly" is received, but one of them is missing.
CREATE FUNCTION pg_temp.return_that_is(state text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_order uuid := (ecommerce.place_order(items('A', 3) || items('B', 1))).id;
    v_id    uuid;
BEGIN
    PERFORM ecommerce.transition_order(v_order, s) FROM unnest('{processing,shipped}'::text[]) s;
    v_id := (ecommerce.request_return(v_order, items('A', 2))).id;
    IF state = 'rejected' THEN
        PERFORM ecommerce.reject_return(v_id);
    ELSIF state <> 'requested' THEN
        PERFORM ecommerce.approve_return(v_id);
    END IF;
    IF state = 'partly' THEN
        PERFORM ecommerce.receive_return(v_id, '[{"sku": "A", "back_to_stock": 1}]');
    ELSIF state = 'received' THEN
        PERFORM ecommerce.receive_return(v_id);
    END IF;
    RETURN v_id;
END $$;
-- What a command comes to when it is committed: an error, or the status, events and problems. It
-- is undone; %L in it is the return.
CREATE FUNCTION pg_temp.outcome(state text, command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_id     uuid := pg_temp.return_that_is(state);
    v_events bigint := (SELECT count(*) FROM ecommerce.events WHERE entity_id = v_id);
BEGIN
    EXECUTE format(replace(command, '%L', '%1$L'), v_id);
    SET CONSTRAINTS ALL IMMEDIATE;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = concat_ws(' ',
        (SELECT r.status FROM ecommerce.returns r WHERE r.id = v_id),
        (SELECT string_agg(e.kind, ' ' ORDER BY e.id)
         FROM (SELECT kind, id FROM ecommerce.events WHERE entity_id = v_id
               ORDER BY id OFFSET v_events) e),
        (SELECT string_agg(p.problem, ', ') FROM ecommerce_internal.return_problems() p));
EXCEPTION
    WHEN SQLSTATE 'ZZ000' THEN RETURN SQLERRM;
    WHEN OTHERS THEN RETURN SQLSTATE;
END $$;

CREATE TEMP TABLE command (name text, command text);
INSERT INTO command VALUES
    ('approve', 'SELECT ecommerce.approve_return(%L)'),
    ('reject', 'SELECT ecommerce.reject_return(%L)'),
    ('receive', 'SELECT ecommerce.receive_return(%L)'),
    ('receive one', 'SELECT ecommerce.receive_return(%L, ''[{"sku": "A", "written_off": 1}]'')'),
    ('receive three', 'SELECT ecommerce.receive_return(%L, ''[{"sku": "A", "written_off": 3}]'')'),
    ('exchange', 'SELECT ecommerce.exchange_return(%L, items(''B'', 1))');
SELECT is(pg_temp.outcome(v.state, c.command), v.expected, format('%s: %s', v.state, v.name))
FROM (VALUES
    ('requested', 'approve', 'approved return.approved'),
    ('requested', 'reject', 'rejected return.rejected'),
    ('requested', 'receive', 'EC032'), ('requested', 'receive one', 'EC032'),
    ('requested', 'receive three', 'EC022'), ('requested', 'exchange', 'EC032'),
    ('approved', 'approve', 'approved'),
    ('approved', 'reject', 'rejected return.rejected'),
    ('approved', 'receive', 'received return.received'),
    ('approved', 'receive one', 'received return.received'),
    ('approved', 'receive three', 'EC022'),
    ('approved', 'exchange', 'approved return.exchanged'),
    ('rejected', 'approve', 'EC032'), ('rejected', 'reject', 'rejected'),
    ('rejected', 'receive', 'EC032'), ('rejected', 'receive one', 'EC032'),
    ('rejected', 'receive three', 'EC022'), ('rejected', 'exchange', 'EC032'),
    ('partly', 'approve', 'EC032'), ('partly', 'reject', 'EC032'),
    ('partly', 'receive', 'received return.received'),
    ('partly', 'receive one', 'received return.received'),
    ('partly', 'receive three', 'EC022'), ('partly', 'exchange', 'received return.exchanged'),
    ('received', 'approve', 'EC032'), ('received', 'reject', 'EC032'),
    ('received', 'receive', 'received'), ('received', 'receive one', 'EC022'),
    ('received', 'receive three', 'EC022'),
    ('received', 'exchange', 'received return.exchanged')) AS v (state, name, expected)
JOIN command c USING (name);

-- Plain SQL goes the same ways, but receives nothing without a receipt, and appends no event.
SELECT is(pg_temp.outcome(f.state, format('UPDATE ecommerce.returns SET status = %L'
        ' WHERE id = %%L', t.status)),
    CASE WHEN replace(f.state, 'partly', 'received') = t.status
              OR f.state = 'requested' AND t.status IN ('approved', 'rejected')
              OR f.state = 'approved' AND t.status = 'rejected'
         THEN t.status ELSE 'EC032' END,
    format('plain SQL: %s to %s', f.state, t.status))
FROM unnest('{requested,approved,rejected,partly,received}'::text[]) AS f (state),
    unnest('{requested,approved,rejected,received}'::text[]) AS t (status);

-- What begins is requested.
SELECT is(pg_temp.outcome('approved', format('INSERT INTO ecommerce.returns (order_id,
        order_created_at, return_number, %s) SELECT order_id, order_created_at, 2, %s
        FROM ecommerce.returns WHERE id = %%L', v.columns, v.written)),
    v.expected, format('plain SQL: a new return with %s %s', v.columns, v.written))
FROM (VALUES ('status', '''requested''', 'approved'), ('status', '''approved''', 'EC032'),
    ('status', '''rejected''', 'EC032'), ('status', '''received''', 'EC032'),
    ('status', '''lost''', 'EC032'), ('decided_at', 'now()', 'EC032'),
    ('received_at', 'now()', 'EC032'), ('shipment_id', 'id', 'EC032'),
    ('exchange_order_id, exchange_order_created_at', 'order_id, order_created_at', 'EC032'))
    AS v (columns, written, expected);
-- What is in it is said before it is decided on.
SELECT is(pg_temp.outcome(v.state, format('INSERT INTO ecommerce.return_items (return_id, order_id,
        order_created_at, line_number, quantity) SELECT id, order_id, order_created_at, %s, %s
        FROM ecommerce.returns WHERE id = %%L', v.line, v.quantity)),
    v.expected, format('plain SQL: %s of line %s into one that is %s', v.quantity, v.line, v.state))
FROM (VALUES ('requested', 2, 1, 'requested'), ('requested', 2, 2, 'EC022'),
    ('requested', 1, 1, '23505'), ('requested', 3, 1, '23503'), ('requested', 2, 0, '23514'),
    ('approved', 2, 1, 'EC032'), ('rejected', 2, 1, 'EC032'), ('partly', 2, 1, 'EC032'),
    ('received', 2, 1, 'EC032')) AS v (state, line, quantity, expected);
SELECT is(pg_temp.outcome('requested', 'WITH r AS (INSERT INTO ecommerce.returns (order_id,
        order_created_at, return_number) SELECT order_id, order_created_at, 2
        FROM ecommerce.returns WHERE id = %L RETURNING id)
        SELECT 1 FROM r; UPDATE ecommerce.returns SET status = ''approved'' WHERE return_number = 2
        AND NOT EXISTS (SELECT FROM ecommerce.return_items WHERE return_id = returns.id)'),
    'EC032', 'plain SQL: an empty one is not approved');

-- What came is in a receipt, and the return is received when that is committed.
SELECT is(pg_temp.outcome(v.state, format('INSERT INTO ecommerce.return_receipts (return_id,
        receipt_number, line_number, order_id, order_created_at, back_to_stock, lost, currency,
        net, vat) SELECT id, 9, 1, order_id, order_created_at, %s FROM ecommerce.returns
        WHERE id = %%L%s', v.columns, CASE WHEN v.follows
            THEN '; UPDATE ecommerce.returns SET status = ''received'' WHERE id = %L' END)),
    v.expected, format('plain SQL: %s comes of one that is %s%s', v.columns, v.state,
        CASE WHEN v.follows THEN ', and becomes received' END))
FROM (VALUES
    ('requested', '0, 0, ''EUR'', 1, 0', false, 'EC032'),
    ('requested', '0, 0, ''EUR'', 1, 0', true, 'EC032'),
    ('rejected', '0, 0, ''EUR'', 1, 0', false, 'EC032'),
    ('rejected', '0, 0, ''EUR'', 1, 0', true, 'EC032'),
    ('approved', '0, 0, ''EUR'', 1, 0', false, 'EC032'),
    ('approved', '0, 0, ''EUR'', 1, 0', true, 'received'),
    ('approved', '1, 0, ''EUR'', 1, 0', true, 'EC022'),
    ('approved', '0, 1, ''EUR'', 1, 0', true, 'EC022'),
    ('approved', '0, 0, ''USD'', 1, 0', true, 'EC022'),
    ('approved', '0, 0, ''EUR'', 30, 0', true, 'EC022'),
    ('partly', '0, 0, ''EUR'', 1, 0', false, 'received'),
    ('partly', '1, 0, ''EUR'', 1, 0', false, 'EC022'),
    ('received', '1, 0, ''EUR'', 0, 0', false, 'EC022'),
    ('received', '0, 0, ''EUR'', 30, 0', false, 'EC022')) AS v (state, columns, follows, expected);

-- What never changes, and what may.
SELECT is(pg_temp.outcome(s.state, format('UPDATE ecommerce.returns SET %s WHERE id = %%L',
        v.assignment)), coalesce(v.expected, replace(s.state, 'partly', 'received')),
    format('plain SQL: %s of one that is %s', v.assignment, s.state))
FROM (VALUES ('id = ecommerce.uuid_v7()', 'EC017'), ('order_id = id', 'EC017'),
    ('order_created_at = order_created_at - interval ''1 second''', 'EC017'),
    ('return_number = 7', 'EC017'), ('shipment_id = id', 'EC017'),
    ('idempotency_key = ''x''', 'EC017'), ('created_at = ''2001-01-01''', 'EC017'),
    ('decided_at = ''2001-01-01''', 'EC017'), ('received_at = ''2001-01-01''', 'EC017'),
    ('note = ''x'', answer = ''y''', NULL)) AS v (assignment, expected),
    unnest('{approved,received}'::text[]) AS s (state);
SELECT is(pg_temp.outcome(s, 'DELETE FROM ecommerce.returns WHERE id = %L'), 'EC017',
    format('plain SQL: one that is %s is not deleted', s))
FROM unnest('{requested,rejected,received}'::text[]) s;

-- An exchange is for another order that is there, once.
CREATE TEMP TABLE other AS SELECT id, created_at FROM ecommerce.place_order(items('B', 1));
SELECT is(pg_temp.outcome(v.state, format('UPDATE ecommerce.returns SET exchange_order_id = %s,
        exchange_order_created_at = %s WHERE id = %%L', v.id, v.at)), v.expected,
    format('plain SQL: one that is %s is exchanged for %s', v.state, v.id))
FROM (VALUES ('requested', '(SELECT id FROM other)', '(SELECT created_at FROM other)', 'EC032'),
    ('rejected', '(SELECT id FROM other)', '(SELECT created_at FROM other)', 'EC032'),
    ('approved', '(SELECT id FROM other)', '(SELECT created_at FROM other)', 'approved'),
    ('partly', '(SELECT id FROM other)', '(SELECT created_at FROM other)', 'received'),
    ('received', 'order_id', 'order_created_at', 'EC032'),
    ('received', 'ecommerce.uuid_v7()', 'now()', 'EC032'),
    ('received', '(SELECT id FROM other)', 'NULL', 'EC032')) AS v (state, id, at, expected);
SELECT is(pg_temp.outcome('received', 'UPDATE ecommerce.returns SET exchange_order_id = (SELECT id
        FROM other), exchange_order_created_at = (SELECT created_at FROM other) WHERE id = %L;
        UPDATE ecommerce.returns SET exchange_order_id = NULL, exchange_order_created_at = NULL
        WHERE id = %L'), 'EC017', 'plain SQL: and stays so');

-- A shipment is settled by a return only if it is lost or was returned to sender.
CREATE FUNCTION pg_temp.settled(status text, command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_order uuid := (ecommerce.place_order(items('A', 2))).id;
    v_id    uuid;
BEGIN
    PERFORM ecommerce.transition_order(v_order, 'processing');
    v_id := (ecommerce.create_shipment(v_order)).id;
    CASE status
        WHEN 'pending' THEN NULL;
        WHEN 'cancelled' THEN PERFORM ecommerce.cancel_shipment(v_id);
        ELSE PERFORM ecommerce.ship_shipment(v_id);
    END CASE;
    CASE status
        WHEN 'delivered' THEN PERFORM ecommerce.mark_delivered(v_id);
        WHEN 'lost' THEN PERFORM ecommerce.mark_lost(v_id);
        WHEN 'returned_to_sender' THEN PERFORM ecommerce.mark_returned_to_sender(v_id);
        ELSE NULL;
    END CASE;
    EXECUTE format(command, v_id);
    RETURN (SELECT r.status FROM ecommerce.returns r WHERE r.order_id = v_order);
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
SELECT is(pg_temp.settled(v.status, 'SELECT ecommerce.return_shipment(%L)'), v.by_function,
    format('return_shipment: one that is %s', v.status))
FROM (VALUES ('pending', 'EC032'), ('shipped', 'EC032'), ('delivered', 'EC032'),
    ('cancelled', 'EC032'), ('lost', 'received'), ('returned_to_sender', 'received'))
    AS v (status, by_function);
SELECT is(pg_temp.settled(v.status, 'INSERT INTO ecommerce.returns (order_id, order_created_at,
        return_number, shipment_id) SELECT order_id, order_created_at, 1, id
        FROM ecommerce.shipments WHERE id = %L'), v.by_sql,
    format('plain SQL: a return that settles one that is %s', v.status))
FROM (VALUES ('pending', 'EC009'), ('shipped', 'EC032'), ('delivered', 'EC032'),
    ('cancelled', 'EC009'), ('lost', 'requested'), ('returned_to_sender', 'requested'))
    AS v (status, by_sql);

SELECT * FROM finish();
ROLLBACK;
