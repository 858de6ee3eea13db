-- From a guest's cart to a return, as the application of a shop would say it.
--
--     CREATE EXTENSION ecommerce;
--     \i examples/checkout.sql
--
-- A storefront would have the profile "storefront" (README.md) and the customer's steps, staff the
-- others. Here one session says all of them.

-- The shop: two products, a coupon, and delivery by post within Greece, free from 100.00 on.
UPDATE ecommerce.settings
SET country = 'GR', currency = 'EUR', timezone = 'Europe/Athens' WHERE tenant_id = 1;

INSERT INTO ecommerce.products (sku, name, price, weight)
VALUES ('LAMP', 'Brass lamp', 49.90, 1.2), ('BULB', 'Light bulb', 3.50, 0.05);

SELECT ecommerce.adjust_stock('LAMP', 5, 'receipt') AS lamps,
       ecommerce.adjust_stock('BULB', 100, 'receipt') AS bulbs;

INSERT INTO ecommerce.coupons (code, kind, value) VALUES ('WELCOME', 'percent', 10);

INSERT INTO ecommerce.delivery_zones (name) VALUES ('Greece') RETURNING id AS zone_id \gset
INSERT INTO ecommerce.delivery_zone_places (zone_id, country) VALUES (:'zone_id', 'GR');
INSERT INTO ecommerce.delivery_methods (code, name, carrier)
VALUES ('post', 'Post', 'ELTA') RETURNING id AS method_id \gset
INSERT INTO ecommerce.delivery_rates (code, method_id, zone_id, price, free_from)
VALUES ('gr-post', :'method_id', :'zone_id', 4.90, 100);

-- Somebody without a name fills a cart. What knows it is the session, a secret of the browser.
SELECT sku, quantity, unit_price, available
FROM ecommerce.cart_add('LAMP', 1, session_id => 'session-5f0c2f9a');
SELECT sku, quantity, unit_price, available
FROM ecommerce.cart_add('BULB', 3, session_id => 'session-5f0c2f9a');

-- Maria signs in, and the cart becomes hers. (ecommerce.register_user() makes accounts with
-- passwords, which ecommerce.authenticate() checks.)
INSERT INTO ecommerce.users (email, first_name, last_name)
VALUES ('maria@example.com', 'Maria', 'Markou') RETURNING id AS maria \gset

SELECT lines, units, merged
FROM ecommerce.cart_merge('session-5f0c2f9a', :'maria');

-- She has a coupon, and wants to know what it comes to. Nothing is written or locked for that.
SELECT changed FROM ecommerce.cart_set_coupons('{WELCOME}', user_id => :'maria');

SELECT t #>> '{totals,lines}' AS goods, t #>> '{totals,gross}' AS total,
       t #>> '{coupons,0,amount}' AS coupon
FROM ecommerce.cart_totals(user_id => :'maria') t;

-- How can it be sent to Thessaloniki?
SELECT id AS cart_id FROM ecommerce.carts WHERE user_id = :'maria' AND status = 'open' \gset
SELECT jsonb_build_object('first_name', 'Maria', 'last_name', 'Markou',
                          'address_line_1', 'Ermou 1', 'city', 'Thessaloniki',
                          'postal_code', '54624', 'country', 'GR') AS address \gset

SELECT rate, name, carrier, price, currency
FROM ecommerce.shipping_quote(:'cart_id'::uuid, :'address');

-- She orders. The key makes a retry get the same order.
SELECT id AS order_id, net, vat, gross
FROM ecommerce.place_order(cart_id => :'cart_id', shipping_address => :'address',
                           shipping_rate => 'gr-post', expected_total => 59.26,
                           idempotency_key => 'checkout-5f0c2f9a') \gset
SELECT :net AS net, :vat AS vat, :gross AS gross;

SELECT line_number, kind, name, quantity, unit_price, discount, net, vat
FROM ecommerce.order_items WHERE order_id = :'order_id' ORDER BY line_number;

-- The bulbs are at hand, and leave at once; the lamp follows.
SELECT status FROM ecommerce.transition_order(:'order_id'::uuid, 'processing');

SELECT id AS bulbs, quantity, order_status
FROM ecommerce.create_shipment(:'order_id'::uuid, '[{"sku": "BULB", "quantity": 3}]') \gset
SELECT status, order_status
FROM ecommerce.ship_shipment(:'bulbs', 'ELTA', 'RE123456785GR');

SELECT id AS lamp, quantity, order_status
FROM ecommerce.create_shipment(:'order_id'::uuid) \gset
SELECT status, order_status
FROM ecommerce.ship_shipment(:'lamp', 'ELTA', 'RE123456799GR');

SELECT status, order_status FROM ecommerce.mark_delivered(:'bulbs');
SELECT status, order_status FROM ecommerce.mark_delivered(:'lamp');

-- One bulb is broken, and one she does not like. She asks, the shop agrees, and both come.
SELECT id AS return_id, status, quantity
FROM ecommerce.request_return(:'order_id'::uuid,
    '[{"sku": "BULB", "quantity": 2, "reason": "damaged"}]', 'One is broken.') \gset
SELECT status FROM ecommerce.approve_return(:'return_id', 'Please send them back.');
SELECT status, received, gross AS to_refund
FROM ecommerce.receive_return(:'return_id',
    '[{"sku": "BULB", "back_to_stock": 1, "written_off": 1}]');

-- All of it stays with the order, and the books are right.
SELECT kind, from_status, to_status FROM ecommerce.order_history(:'order_id'::uuid);

SELECT sku, ecommerce.available_stock(sku) AS available
FROM ecommerce.products ORDER BY sku;

SELECT * FROM ecommerce.verify_integrity();
