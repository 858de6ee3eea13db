-- All that is known of an order: one document, its history, and how it was.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
UPDATE ecommerce.settings SET country = 'GR', currency = 'EUR', prices = 'gross', oss = true;
INSERT INTO ecommerce.products (sku, name, price, vat_class, track_stock) VALUES
    ('A', 'A', 10.00, 'standard', true), ('B', 'B', 5.00, 'reduced', false);
SELECT ecommerce.adjust_stock('A', 100, 'receipt');
INSERT INTO ecommerce.coupons (code, kind, value, currency) VALUES ('TEN', 'percent', 10, 'EUR');
INSERT INTO ecommerce.users (id, email) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'a@example.com'),
    ('01930000-0000-7000-8000-0000000000a2', 'b@example.com');
SELECT code AS card FROM ecommerce.issue_gift_card(50) \gset

-- What the order was after each step, and when that was
CREATE TABLE public.seen (step text, at timestamptz, state jsonb);
CREATE FUNCTION public.see(step text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO public.seen SELECT step, clock_timestamp(), jsonb_build_object('status', o.status,
        'payment_status', o.payment_status, 'cancelled', a.cancelled, 'due', a.due,
        'amount_paid', o.amount_paid, 'amount_refunded', o.amount_refunded,
        'shipping_address', o.shipping_address)
    FROM ecommerce.orders o JOIN ecommerce.order_amounts a ON a.id = o.id WHERE o.notes = 'it'
$$;
CREATE FUNCTION public.it() RETURNS uuid LANGUAGE sql AS
    $$ SELECT id FROM ecommerce.orders WHERE notes = 'it' $$;
SELECT order_number AS number FROM ecommerce.place_order(items('A', 3) || items('B', 2), notes =>
    'it', coupon_codes => '{TEN}', user_id => '01930000-0000-7000-8000-0000000000a1',
    shipping_address => '{"city": "Athens", "country": "GR"}', charges =>
    '[{"kind": "shipping", "amount": 4.90}]', metadata => '{"secret": 1}') \gset
SELECT public.see('placed');
SELECT ecommerce.redeem_gift_card(:'card', public.it(), 20);
SELECT public.see('paid 20');
SELECT status FROM ecommerce.transition_order(public.it(), 'processing', 'in stock');
SELECT public.see('processing');
SELECT gross, due FROM ecommerce.cancel_order_items(:'number', items('A', 1), 'changed mind');
SELECT public.see('one cancelled');
SELECT shipping_address FROM ecommerce.change_order_address(:'number',
    '{"city": "Patras", "country": "GR"}');
SELECT public.see('moved');
SELECT gross, due FROM ecommerce.cancel_order_items(:'number', items('A', 1));
SELECT public.see('two cancelled');
SELECT author, is_internal FROM ecommerce.add_order_note(:'number', 'Fragile.', author => 'Ann');
SELECT author, is_internal FROM ecommerce.add_order_note(public.it(), 'On its way.', false,
    'Ann');
SELECT public.see('noted');
SELECT status FROM ecommerce.transition_order(:'number', 'shipped');
SELECT public.see('shipped');
SELECT ecommerce.refund_to_gift_card(public.it());
SELECT public.see('refunded');
SELECT status FROM ecommerce.transition_order(:'number', 'refunded');
SELECT public.see('closed');

SELECT h.kind, h.from_status, h.to_status, h.data
    - '{payment_id,order_id,refund_id,currency,method,note_id}'::text[] AS data
FROM ecommerce.order_history(:'number') h;
SELECT step, a.status, a.payment_status, a.cancelled, a.due, a.amount_paid AS paid,
    a.amount_refunded AS refunded, a.shipping_address ->> 'city' AS city, a.not_known,
    to_jsonb(a) @> s.state AS right
FROM public.seen s, ecommerce.order_as_of(public.it(), s.at) a ORDER BY s.at;
SELECT ecommerce.order_as_of(:'number', '2020-01-01') IS NULL AS before,
    ecommerce.order_as_of('none', now()) IS NULL AS unknown,
    ecommerce.order_as_of(ecommerce.uuid_v7(), now()) IS NULL AS unknown_id,
    failure(format('SELECT ecommerce.order_as_of(%L, NULL)', :'number')) AS no_time;
-- cancelled as a whole, paid and not
DELETE FROM public.seen;
UPDATE ecommerce.orders SET notes = 'old' WHERE notes = 'it';
SELECT ecommerce.place_order(items('A', 2), notes => 'it') IS NOT NULL;
SELECT public.see('placed');
SELECT ecommerce.redeem_gift_card(:'card', public.it(), 5);
SELECT public.see('paid');
SELECT status FROM ecommerce.cancel_order(public.it());
SELECT public.see('cancelled');
UPDATE ecommerce.orders SET metadata = '{}', updated_at = now() + interval '1 hour'
WHERE notes = 'it';
SELECT step, a.status, a.payment_status, a.due, a.amount_paid AS paid, a.not_known,
    to_jsonb(a) @> s.state AS right
FROM public.seen s, ecommerce.order_as_of(public.it(), s.at) a ORDER BY s.at;
-- before it was paid
UPDATE ecommerce.orders SET notes = 'older' WHERE notes = 'it';
SELECT ecommerce.place_order(items('A', 2), notes => 'it') IS NOT NULL;
SELECT clock_timestamp() AS moment \gset
SELECT pay(public.it());
SELECT a.status, a.payment_status, a.due, a.amount_paid, a.not_known
FROM ecommerce.order_as_of(public.it(), :'moment') a;
SELECT a.payment_status, a.amount_paid, a.not_known
FROM ecommerce.order_as_of(public.it(), clock_timestamp()) a;

-- the document, for staff
SELECT k.key, k.value FROM jsonb_each(ecommerce.get_order(:'number')
    - '{id,created_at,updated_at,order_number,shipped_at}'::text[]) k
WHERE jsonb_typeof(k.value) <> 'array' OR k.key = 'vat_breakdown' ORDER BY k.key;
SELECT k.key, e - '{id,product_id,created_at,last_digits}'::text[] AS element
FROM jsonb_each(ecommerce.get_order(:'number')) k,
    jsonb_array_elements(CASE jsonb_typeof(k.value) WHEN 'array' THEN k.value ELSE '[]' END) e
WHERE k.key <> 'vat_breakdown' ORDER BY k.key, e ->> 'line_number', e ->> 'created_at';
-- with its parcels, and what came back
SELECT ecommerce.place_order(items('A', 2), notes => 'parcels',
    user_id => '01930000-0000-7000-8000-0000000000a1') IS NOT NULL;
SELECT order_number AS parcels FROM ecommerce.orders WHERE notes = 'parcels' \gset
SELECT (ecommerce.transition_order(:'parcels'::text, 'processing')).status;
SELECT s.status FROM ecommerce.create_shipment(:'parcels'::text, carrier => 'DHL') c,
    ecommerce.ship_shipment(c.id, tracking_number => 'T-1') s;
SELECT (ecommerce.receive_return((ecommerce.approve_return((ecommerce.request_return(
    :'parcels'::text, items('A', 1), 'Too big.')).id)).id)).received;
SELECT k, e - '{id,created_at,updated_at,shipped_at,decided_at,received_at}'::text[] AS element
FROM unnest('{shipments,returns}'::text[]) k,
    jsonb_array_elements(ecommerce.get_order(:'parcels') -> k) e;
SELECT ecommerce.get_order('none') IS NULL AS unknown, ecommerce.get_order(NULL::uuid) IS NULL AS
    none, ecommerce.get_order(gen_random_uuid()) IS NULL AS other;

-- a storefront: its customer's orders, and nothing that is internal
CREATE ROLE shop_window;
SELECT count(*) > 0 AS granted FROM ecommerce.grant_access('shop_window', 'storefront');
GRANT USAGE ON SCHEMA public TO shop_window;
SELECT public.it() AS other_order \gset
SELECT id AS order FROM ecommerce.orders WHERE order_number = :'number' \gset
GRANT EXECUTE ON FUNCTION public.failure TO shop_window;
SET ROLE shop_window;
SELECT ecommerce.get_order(:'number') IS NULL AS nobody,
    (SELECT count(*) FROM ecommerce.order_history(:'number')) AS events,
    ecommerce.order_as_of(:'number', now()) IS NULL AS as_of;
BEGIN;
SELECT ecommerce.use_customer('01930000-0000-7000-8000-0000000000a2');
SELECT ecommerce.get_order(:'number') IS NULL AS another,
    ecommerce.get_order(:'order'::uuid) IS NULL AS by_id;
SELECT failure(format('SELECT ecommerce.add_order_note(%L::uuid, %L)', :'order', 'Mine')) AS theirs,
    failure(format('SELECT ecommerce.add_order_note(%L, %L)', :'number', 'Mine')) AS theirs_too,
    failure(format('SELECT ecommerce.add_order_note(%L::uuid, %L)', ecommerce.uuid_v7(), 'Mine'))
        AS unknown, failure('SELECT ecommerce.add_order_note(''none'', ''Mine'')') AS unknown_too;
COMMIT;
BEGIN;
SELECT ecommerce.use_customer('01930000-0000-7000-8000-0000000000a1');
SELECT author, is_internal FROM ecommerce.add_order_note(:'number', 'Please ring.');
SELECT failure(format('SELECT ecommerce.add_order_note(%L, %L, true)', :'number', 'x')) AS internal,
    failure(format('SELECT ecommerce.add_order_note(%L, %L, author => %L)', :'number', 'x', 'Ann'))
        AS as_staff;
SELECT k, jsonb_path_query_array(ecommerce.get_order(:'number') -> 'order_notes', '$[*].note')
FROM jsonb_object_keys(ecommerce.get_order(:'number')) k
WHERE k IN ('metadata', 'updated_at', 'mydata_exemption', 'order_notes');
SELECT k, array_agg(p ORDER BY p) FROM unnest('{shipments,returns}'::text[]) k,
    jsonb_object_keys(ecommerce.get_order(:'parcels') -> k -> 0) p GROUP BY k ORDER BY k;
SELECT DISTINCT k FROM jsonb_array_elements(ecommerce.get_order(:'number') -> 'cancellations') c,
    jsonb_object_keys(c) k ORDER BY 1;
SELECT kind, from_status, to_status, data FROM ecommerce.order_history(:'number');
SELECT status, due FROM ecommerce.order_as_of(:'number', now());
SELECT failure(c) FROM unnest(ARRAY['SELECT ecommerce.cancel_order_items(''x'', ''[]'')',
    'SELECT ecommerce.change_order_address(''x'', ''{}'')', 'TABLE ecommerce.order_notes',
    'TABLE ecommerce.order_cancellations', 'TABLE ecommerce.order_amounts']) c;
COMMIT;
RESET ROLE;
-- nor columns that a shop has added, which staff see
DO $$ DECLARE r text; BEGIN
    FOREACH r IN ARRAY ARRAY['orders', 'order_items', 'order_cancellations', 'order_notes'] LOOP
        EXECUTE format('ALTER TABLE ecommerce.%I ADD COLUMN margin text DEFAULT ''secret''', r);
    END LOOP;
END $$;
SELECT count(*) > 3 AS told
FROM regexp_matches(ecommerce.get_order(:'number')::text, 'secret', 'g');
SET ROLE shop_window;
BEGIN;
SELECT ecommerce.use_customer('01930000-0000-7000-8000-0000000000a1');
SELECT count(*) FROM regexp_matches(ecommerce.get_order(:'number')::text, 'secret', 'g');
COMMIT;
RESET ROLE;

-- notes are kept as they were written
SELECT failure(c) FROM unnest(ARRAY['UPDATE ecommerce.order_notes SET note = ''x''',
    'DELETE FROM ecommerce.order_notes', 'TRUNCATE ecommerce.order_notes',
    'SELECT ecommerce.add_order_note(public.it(), NULL)',
    'SELECT ecommerce.add_order_note(NULL::uuid, ''x'')',
    'SELECT ecommerce.add_order_note(public.it(), ''  '')',
    'SELECT ecommerce.add_order_note(public.it(), repeat(''x'', 10001))',
    'SELECT ecommerce.add_order_note(public.it(), ''x'', author => repeat(''x'', 256))',
    'SELECT ecommerce.add_order_note(ecommerce.uuid_v7(), ''x'')']) c;

-- addresses: taxed as before, or refused
UPDATE ecommerce.orders SET notes = 'oldest' WHERE notes = 'it';
SELECT ecommerce.place_order(items('A', 1) || items('B', 1), notes => 'it', billing_address =>
    '{"city": "Athens", "country": "GR"}') IS NOT NULL;
SELECT a, failure(format('SELECT ecommerce.change_order_address(public.it(), %s)', a)) FROM unnest(
    ARRAY['NULL', '''null''', '''[]''', '''{"town": "x"}''', '''{"country": "Greece"}''',
    '''{"country": "DE", "city": "Bonn"}''', '''{"country": "US"}''',
    '''{"country": "GR", "city": "Volos"}''', 'NULL, ''{"country": "DE"}''',
    'NULL, ''{"country": "GR", "city": "Mykonos", "postal_code": "84600"}''']) a;
SELECT billing_address, shipping_address FROM ecommerce.orders WHERE notes = 'it';
SELECT a.billing_address, a.shipping_address FROM ecommerce.change_order_address(public.it(),
    '{"country": "GR", "city": "Volos"}', '{"country": "GR", "city": "Larissa"}') a;
SELECT count(*) AS events FROM ecommerce.events WHERE kind = 'order.address_changed'
    AND entity_id = public.it();
-- the same again changes nothing
SELECT a.billing_address FROM ecommerce.change_order_address(public.it(),
    billing_address => '{"country": "GR", "city": "Larissa"}') a;
SELECT data FROM ecommerce.events WHERE kind = 'order.address_changed' AND entity_id = public.it();
-- products that are gone do not matter, the settings of now do not, and shipped is shipped
UPDATE ecommerce.products SET deleted_at = now() WHERE sku = 'B';
SELECT a.shipping_address FROM ecommerce.change_order_address(public.it(),
    '{"country": "GR", "city": "Chania"}') a;
-- a business abroad: the scheme stays with another address in its country
SELECT order_number AS abroad FROM ecommerce.place_order(items('A', 1),
    buyer_vat_id => 'DE136695976', buyer_vat_id_valid => true,
    shipping_address => '{"country": "DE", "city": "Bonn"}') \gset
SELECT vat_scheme FROM ecommerce.orders WHERE order_number = :'abroad';
SELECT a.shipping_address FROM ecommerce.change_order_address(:'abroad',
    '{"country": "DE", "city": "Ulm"}') a;
SELECT failure(format('SELECT ecommerce.change_order_address(%L, %L)', :'abroad',
    '{"country": "FR", "city": "Lyon"}')) AS france,
    failure(format('SELECT ecommerce.change_order_address(%L, %L)', :'abroad',
    '{"country": "GR"}')) AS home;
SELECT (ecommerce.transition_order(public.it(), s)).status
FROM unnest('{processing,shipped}'::text[]) s;
SELECT failure('SELECT ecommerce.change_order_address(public.it(), ''{"country": "GR"}'')');
SELECT * FROM ecommerce.verify_integrity();

SET client_min_messages = warning;
DROP OWNED BY shop_window;
DROP ROLE shop_window;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
