-- Every transition of an order, legal and not, by function and by plain SQL, and what each appends.
BEGIN;
SELECT plan(136);

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES
    ('A', 'A', 10, true), ('FILE', 'A file', 5, false);
SELECT ecommerce.adjust_stock('A', 1000, 'receipt');

-- An order of two units in a status, of which all that was paid went back, or nothing was paid
CREATE FUNCTION pg_temp.order_that_is(status text, sku text, paid boolean) RETURNS uuid
    LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := (ecommerce.place_order(items(sku, 2))).id;
BEGIN
    IF paid OR status = 'refunded' THEN
        PERFORM pay(v_id), give_back(v_id);
    END IF;
    PERFORM ecommerce.transition_order(v_id, s) FROM unnest(CASE status
        WHEN 'pending' THEN '{}' WHEN 'processing' THEN '{processing}'
        WHEN 'shipped' THEN '{processing,shipped}'
        WHEN 'delivered' THEN '{processing,shipped,delivered}'
        WHEN 'cancelled' THEN '{cancelled}' ELSE '{processing,refunded}' END::text[]) s;
    RETURN v_id;
END $$;
-- What a command comes to when it is committed: an error, or the status, events and problems. It
-- is undone; %L in it is the order.
CREATE FUNCTION pg_temp.outcome(status text, sku text, paid boolean, command text) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    v_id     uuid := pg_temp.order_that_is(status, sku, paid);
    v_events bigint := (SELECT count(*) FROM ecommerce.events WHERE entity_id = v_id);
BEGIN
    EXECUTE format(command, v_id);
    SET CONSTRAINTS ALL IMMEDIATE;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = concat_ws(' ',
        (SELECT o.status FROM ecommerce.orders o WHERE o.id = v_id),
        (SELECT string_agg(e.kind, ' ' ORDER BY e.id)
         FROM (SELECT kind, id FROM ecommerce.events WHERE entity_id = v_id
               ORDER BY id OFFSET v_events) e),
        (SELECT string_agg(p.problem, ', ') FROM ecommerce_internal.order_problems() p));
EXCEPTION
    WHEN SQLSTATE 'ZZ000' THEN RETURN SQLERRM;
    WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
CREATE TEMP TABLE step AS
SELECT f.status AS from_status, t.status AS to_status,
    f.status = t.status AS same, (f.status, t.status) IN (('pending', 'processing'),
        ('pending', 'cancelled'), ('processing', 'shipped'), ('processing', 'cancelled'),
        ('processing', 'refunded'), ('shipped', 'delivered'), ('shipped', 'refunded'),
        ('delivered', 'refunded')) AS legal
FROM unnest('{pending,processing,shipped,delivered,cancelled,refunded}'::text[]) AS f (status),
    unnest('{pending,processing,shipped,delivered,cancelled,refunded}'::text[]) AS t (status);

SELECT is(pg_temp.outcome(from_status, 'A', true, format(
        'SELECT ecommerce.transition_order(%%L::uuid, %L)', to_status)),
    CASE WHEN same THEN to_status WHEN legal THEN to_status || ' order.' || to_status
         ELSE 'EC009' END, format('transition_order: %s to %s', from_status, to_status))
FROM step;
-- Plain SQL cancels only what gives nothing back.
SELECT is(pg_temp.outcome(from_status, 'FILE', true, format(
        'UPDATE ecommerce.orders SET status = %L WHERE id = %%L', to_status)),
    CASE WHEN same OR legal THEN to_status ELSE 'EC009' END,
    format('plain SQL: %s to %s', from_status, to_status))
FROM step;
SELECT is(pg_temp.outcome(s, 'A', true, 'UPDATE ecommerce.orders SET status = ''cancelled'''
        ' WHERE id = %L'), 'EC009', format('plain SQL: %s to cancelled, with stock', s))
FROM unnest('{pending,processing}'::text[]) s;
-- Nothing is refunded that was not paid, or that was not given back.
SELECT is(pg_temp.outcome(s, 'FILE', false, c.command), 'EC009',
    format('%s: %s to refunded, unpaid', c.name, s))
FROM unnest('{processing,shipped,delivered}'::text[]) s, (VALUES
    ('transition_order', 'SELECT ecommerce.transition_order(%L::uuid, ''refunded'')'),
    ('plain SQL', 'UPDATE ecommerce.orders SET status = ''refunded'' WHERE id = %L'),
    ('plain SQL in part', 'UPDATE ecommerce.orders SET status = ''refunded'', amount_paid = gross,
        amount_refunded = gross - 0.01 WHERE id = %L')) AS c (name, command);

-- What else may be done with an order of each status
SELECT is(pg_temp.outcome(s.status, 'A', false, c.command),
    CASE WHEN s.status = ANY (c.allowed) THEN concat_ws(' ', coalesce(c.becomes, s.status),
            CASE WHEN s.status <> coalesce(c.becomes, '') THEN c.events END)
         ELSE c.refused END, format('%s: one that is %s', c.name, s.status))
FROM unnest('{pending,processing,shipped,delivered,cancelled,refunded}'::text[]) AS s (status),
    (VALUES ('cancel_order', 'SELECT ecommerce.cancel_order(%L::uuid)',
        '{pending,processing,cancelled}'::text[], 'cancelled', 'order.cancelled', 'EC009'),
    ('cancel_order_items', 'SELECT ecommerce.cancel_order_items(%L::uuid, items(''A'', 1))',
        '{pending,processing}', NULL, 'order.items_cancelled', 'EC009'),
    ('cancel_order_items, all', 'SELECT ecommerce.cancel_order_items(%L::uuid, items(''A'', 2))',
        '{pending,processing}', 'cancelled', 'order.cancelled order.items_cancelled', 'EC009'),
    ('change_order_address', 'SELECT ecommerce.change_order_address(%L::uuid,
        ''{"country": "GR", "city": "Volos"}'')',
        '{pending,processing}', NULL, 'order.address_changed', 'EC009'),
    ('create_shipment', 'SELECT ecommerce.create_shipment(%L::uuid)',
        '{processing}', NULL, NULL, 'EC032'),
    ('request_return', 'SELECT ecommerce.request_return(%L::uuid, items(''A'', 1))',
        '{shipped,delivered,refunded}', NULL, NULL, 'EC009'),
    ('return_stock', 'SELECT ecommerce.return_stock(%L::uuid, items(''A'', 1))',
        '{shipped,delivered,refunded}', NULL, NULL, 'EC009'))
    AS c (name, command, allowed, becomes, events, refused);
-- What never changes
SELECT is(pg_temp.outcome(s, 'FILE', false, format('UPDATE ecommerce.orders SET %s WHERE id = %%L',
        a)), 'EC017', format('plain SQL: %s of one that is %s', a, s))
FROM unnest('{pending,cancelled}'::text[]) s, unnest(ARRAY['id = ecommerce.uuid_v7()',
    'order_number = ''x''', 'created_at = created_at - interval ''1 second''',
    'gross = gross + 1, net = net + 1']) a;
SELECT is(pg_temp.outcome('cancelled', 'FILE', false, c), 'EC017', 'plain SQL: ' || c)
FROM unnest(ARRAY['DELETE FROM ecommerce.orders WHERE id = %L',
    'DELETE FROM ecommerce.order_items WHERE order_id = %L',
    'UPDATE ecommerce.order_items SET quantity = 3 WHERE order_id = %L']) c;

SELECT * FROM finish();
ROLLBACK;
