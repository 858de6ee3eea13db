-- What a letter about an event needs.
CREATE EXTENSION ecommerce;
SET client_min_messages = warning;
SET timezone = 'UTC';
UPDATE ecommerce.settings SET country = 'GR', timezone = 'Europe/Athens';
UPDATE ecommerce.tenants SET name = 'Figs & Co';
INSERT INTO ecommerce.products (id, sku, name, price, vat_class, min_stock)
VALUES ('01890000-0000-7000-8000-000000000001', 'FIG', 'Figs', 4.99, 'reduced', 2),
    ('01890000-0000-7000-8000-000000000002', 'PEN', 'Pen', 2.50, 'standard', 5);
SELECT ecommerce.adjust_stock(sku, 10, 'receipt') FROM unnest('{FIG,PEN}'::text[]) AS sku;
INSERT INTO ecommerce.users (id, email, first_name, last_name)
VALUES ('01890000-0000-7000-8000-000000000003', 'ann@example.org', 'Ann', 'Arbor');
INSERT INTO ecommerce.user_profiles (user_id, language)
VALUES ('01890000-0000-7000-8000-000000000003', 'el-GR');
-- ids and times are others each time
CREATE FUNCTION told(kind text) RETURNS SETOF jsonb LANGUAGE sql AS $$
    SELECT jsonb_strip_nulls(d #- '{event,id}' #- '{event,created_at}' #- '{event,entity_id}'
        #- '{order,id}' #- '{order,order_number}' #- '{order,created_at}'
        #- '{order,cancelled_at}' #- '{cart,id}')
        || jsonb_build_object('same', d #>> '{event,id}' = v.id::text
            AND (d #>> '{order,id}' = v.entity_id::text) IS NOT FALSE)
    FROM ecommerce.events v
    CROSS JOIN LATERAL ecommerce.event_notification(v.id) AS d
    WHERE v.kind = told.kind ORDER BY v.id
$$;

-- a user's order, which makes the figs few
SELECT id AS order FROM ecommerce.place_order(
    '[{"sku": "FIG", "quantity": 8}, {"sku": "PEN", "quantity": 1}]',
    user_id => '01890000-0000-7000-8000-000000000003', notes => 'Ring twice',
    charges => '[{"kind": "shipping", "amount": 3.00, "vat": "proportional"}]',
    shipping_address => '{"first_name": "Ben", "last_name": "B", "address_line_1": "1",
        "city": "Athens", "postal_code": "10431", "country": "GR"}') \gset
SELECT jsonb_pretty(told('order.placed'));
-- a guest's
SELECT id AS guest FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 2}]',
    email => 'guest@example.org', billing_address => '{"first_name": "Gus", "country": "GR"}') \gset
SELECT told -> 'recipient' AS recipient, told ->> 'mail' AS mail FROM told('order.placed');
-- how it goes on
SELECT status FROM ecommerce.cancel_order(:'guest', 'changed my mind');
SELECT status FROM ecommerce.transition_order(:'order', 'processing');
SELECT status FROM ecommerce.transition_order(:'order', 'shipped');
SELECT status FROM ecommerce.transition_order(:'order', 'delivered');
SELECT v.kind, d ->> 'mail' AS mail, d #>> '{event,data}' AS data, d #>> '{order,status}' AS status,
    d #>> '{recipient,email}' AS "to"
FROM ecommerce.events v CROSS JOIN LATERAL ecommerce.event_notification(v.id) AS d
WHERE v.kind LIKE 'order.%' ORDER BY v.id;

-- few, enough again, and not told again
SELECT kind, data FROM ecommerce.events WHERE kind LIKE 'stock.%' ORDER BY id;
SELECT ecommerce.adjust_stock('FIG'::text, 1, 'receipt');
SELECT ecommerce.adjust_stock('FIG'::text, 1, 'receipt');
SELECT ecommerce.adjust_stock('FIG'::text, -2, 'write_off');
SELECT kind, data FROM ecommerce.events WHERE kind LIKE 'stock.%' ORDER BY id;
SELECT told - 'shop'::text AS told FROM told('stock.replenished');

-- carts, and kinds of other topics, by what their data names
INSERT INTO ecommerce.carts (id, user_id) VALUES ('01890000-0000-7000-8000-000000000004',
    '01890000-0000-7000-8000-000000000003');
INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity) VALUES
    ('01890000-0000-7000-8000-000000000004', '01890000-0000-7000-8000-000000000002', 3);
INSERT INTO ecommerce.events (kind, entity_id, data) VALUES
    ('cart.abandoned', '01890000-0000-7000-8000-000000000004', '{"lines": 1}'),
    ('shipment.shipped', '01890000-0000-7000-8000-000000000005',
        jsonb_build_object('order_id', :'order', 'carrier', 'ACS', 'tracking_number', '1')),
    ('user.token_requested', '01890000-0000-7000-8000-000000000003', '{"type": "reset"}'),
    ('user.token_requested', '01890000-0000-7000-8000-000000000003', '{"type": "verification"}'),
    ('user.token_requested', '01890000-0000-7000-8000-000000000003', '{"type": "other"}'),
    ('odd.one', '01890000-0000-7000-8000-000000000009',
        '{"order_id": "x", "user_id": 7, "product_id": "01890000-0000-7000-8000-000000000001"}'),
    ('odd.two', '01890000-0000-7000-8000-000000000009', '[1]'),
    ('order.odd', '01890000-0000-7000-8000-000000000009', 'null');
SELECT told - 'shop'::text AS told FROM told('cart.abandoned');
SELECT (told #> '{event,data}') - 'order_id'::text AS data, told ->> 'mail' AS mail,
    told #>> '{recipient,name}' AS name, jsonb_array_length(told #> '{order,lines}') AS lines
FROM told('shipment.shipped');
SELECT told - 'shop'::text AS told FROM told('user.token_requested');
SELECT told - 'shop'::text AS told FROM unnest('{odd.one,odd.two,order.odd}'::text[]) AS k, told(k);
-- a user who has gone gets none
UPDATE ecommerce.users SET deleted_at = now();
SELECT told -> 'recipient' AS recipient FROM told('user.token_requested');
SELECT ecommerce.event_notification('01890000-0000-7000-8000-000000000009') AS unknown,
    ecommerce.event_notification(NULL) AS nothing;

-- of another tenant there is nothing
SELECT ecommerce.create_tenant('Second', 'DE');
SELECT count(ecommerce.event_notification(id, 2)), count(ecommerce.event_notification(id, 1)) > 10
    AS own FROM ecommerce.events;

DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
