-- An id that is no UUIDv7 is unknown, like one that nobody has used.
CREATE EXTENSION ecommerce;

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price) VALUES ('A', 'A', 1);
SELECT ecommerce.adjust_stock('A', 10, 'receipt');
SELECT code FROM ecommerce.issue_gift_card(10) \gset
INSERT INTO ecommerce.users (id, email) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'ann@example.com');

-- Every function that takes an id of something; $1 is the id, $2 a gift card.
CREATE TABLE pg_temp.calls (function text, argument text, call text);
INSERT INTO pg_temp.calls VALUES
    ('cancel_order', 'order_id', 'cancel_order($1)'),
    ('transition_order', 'order_id', $$transition_order($1, 'processing')$$),
    ('transition_order', 'order_id', $$transition_order($1, 'cancelled')$$),
    ('return_stock', 'order_id', $$return_stock($1, items('A', 1))$$),
    ('return_stock', 'order_id', $$return_stock($1, items('A', 1), idempotency_key => 'key')$$),
    ('adjust_stock', 'order_id', $$adjust_stock('A', -1, 'write_off', order_id => $1)$$),
    ('redeem_gift_card', 'order_id', 'redeem_gift_card($2, $1)'),
    ('refund_to_gift_card', 'order_id', 'refund_to_gift_card($1)'),
    ('extend_reservation', 'reservation_id', 'extend_reservation($1)'),
    ('release_reservation', 'reservation_id', 'release_reservation($1)'),
    ('place_order', 'reservation_id', 'place_order(reservation_id => $1)'),
    ('place_order', 'cart_id', 'place_order(cart_id => $1)'),
    ('place_order', 'user_id', $$place_order(items('A', 1), user_id => $1)$$),
    ('place_orders', 'orders',
        $$place_orders(ARRAY[jsonb_build_object('cart_id', $1::uuid)])$$),
    ('place_orders', 'orders',
        $$place_orders(ARRAY[jsonb_build_object('reservation_id', $1::uuid)])$$),
    ('place_order', 'items', $$place_order(jsonb_build_array(jsonb_build_object(
        'product_id', $1::uuid, 'quantity', 1)))$$),
    ('reserve_stock', 'items', $$reserve_stock(jsonb_build_array(jsonb_build_object(
        'product_id', $1::uuid, 'quantity', 1)))$$),
    ('adjust_stock', 'product_id', 'adjust_stock($1::uuid, 1)'),
    ('transfer_stock', 'product_id', 'transfer_stock($1, 1, 1, 2)'),
    ('set_backorder_limit', 'product_id', 'set_backorder_limit($1, 1)'),
    ('set_stock_slots', 'product_id', 'set_stock_slots($1, 1)'),
    ('stock_at', 'product_id', 'stock_at($1, now())'),
    ('available_stock', 'product_id', 'available_stock($1)'),
    ('issue_gift_card', 'user_id', 'issue_gift_card(1, user_id => $1)'),
    ('adjust_gift_card', 'gift_card_id', 'adjust_gift_card($1, 1)'),
    ('use_customer', 'user_id', 'use_customer($1)');
INSERT INTO pg_temp.calls VALUES
    ('cart_add', 'cart_id', $$cart_add('A', 1, cart_id => $1)$$),
    ('cart_add', 'user_id', $$cart_add('A', 1, user_id => $1)$$),
    ('cart_set_quantity', 'cart_id', $$cart_set_quantity('A', 1, cart_id => $1)$$),
    ('cart_set_quantity', 'user_id', $$cart_set_quantity('A', 1, user_id => $1)$$),
    ('cart_remove', 'cart_id', $$cart_remove('A', cart_id => $1)$$),
    ('cart_remove', 'user_id', $$cart_remove('A', user_id => $1)$$),
    ('cart_clear', 'cart_id', $$cart_clear(cart_id => $1)$$),
    ('cart_clear', 'user_id', $$cart_clear(user_id => $1)$$),
    ('cart_lines', 'cart_id', $$cart_lines(cart_id => $1)$$),
    ('cart_lines', 'user_id', $$cart_lines(user_id => $1)$$),
    ('cart_totals', 'cart_id', $$cart_totals(cart_id => $1)$$),
    ('cart_totals', 'user_id', $$cart_totals(user_id => $1)$$),
    ('cart_accept_prices', 'cart_id', $$cart_accept_prices(cart_id => $1)$$),
    ('cart_accept_prices', 'user_id', $$cart_accept_prices(user_id => $1)$$),
    ('cart_set_coupons', 'cart_id', $$cart_set_coupons('{}', cart_id => $1)$$),
    ('cart_set_coupons', 'user_id', $$cart_set_coupons('{}', user_id => $1)$$),
    ('cart_restore', 'cart_id', $$cart_restore($1)$$),
    ('cart_merge', 'user_id', $$cart_merge('guest-session-01', $1)$$),
    ('cart_add', 'product_id', $$cart_add($1::uuid, session_id => 'guest-session-01')$$),
    ('cart_set_quantity', 'product_id',
        $$cart_set_quantity($1::uuid, 1, session_id => 'guest-session-01')$$),
    ('cart_remove', 'product_id', $$cart_remove($1::uuid, session_id => 'guest-session-01')$$),
    ('wishlist_add', 'user_id', $$wishlist_add('A', $1)$$),
    ('wishlist_add', 'product_id',
        $$wishlist_add($1::uuid, '01930000-0000-7000-8000-0000000000a1')$$),
    ('wishlist_remove', 'user_id', $$wishlist_remove('A', $1)$$),
    ('wishlist_remove', 'product_id',
        $$wishlist_remove($1::uuid, '01930000-0000-7000-8000-0000000000a1')$$),
    ('cart_to_wishlist', 'user_id', $$cart_to_wishlist('A', $1)$$),
    ('cart_to_wishlist', 'product_id',
        $$cart_to_wishlist($1::uuid, '01930000-0000-7000-8000-0000000000a1')$$),
    ('wishlist_to_cart', 'user_id', $$wishlist_to_cart('A', 1, $1)$$),
    ('wishlist_to_cart', 'product_id',
        $$wishlist_to_cart($1::uuid, 1, '01930000-0000-7000-8000-0000000000a1')$$);
INSERT INTO pg_temp.calls VALUES
    ('create_shipment', 'order_id', 'create_shipment($1)'),
    ('order_fulfilment', 'order_id', 'order_fulfilment($1)'),
    ('request_return', 'order_id', $$request_return($1, items('A', 1))$$),
    ('replace_shipment', 'shipment_id', 'replace_shipment($1)'),
    ('ship_shipment', 'shipment_id', 'ship_shipment($1)'),
    ('mark_delivered', 'shipment_id', 'mark_delivered($1)'),
    ('mark_lost', 'shipment_id', 'mark_lost($1)'),
    ('mark_returned_to_sender', 'shipment_id', 'mark_returned_to_sender($1)'),
    ('cancel_shipment', 'shipment_id', 'cancel_shipment($1)'),
    ('return_shipment', 'shipment_id', 'return_shipment($1)'),
    ('approve_return', 'return_id', 'approve_return($1)'),
    ('reject_return', 'return_id', 'reject_return($1)'),
    ('receive_return', 'return_id', 'receive_return($1)'),
    ('return_refund', 'return_id', 'return_refund($1)'),
    ('exchange_return', 'return_id', $$exchange_return($1, items('A', 1))$$);
INSERT INTO pg_temp.calls VALUES
    ('get_order', 'order_id', 'get_order($1)'),
    ('order_history', 'order_id', 'order_history($1)'),
    ('order_as_of', 'order_id', 'order_as_of($1, now())'),
    ('add_order_note', 'order_id', $$add_order_note($1, 'Ring twice.')$$),
    ('cancel_order_items', 'order_id', $$cancel_order_items($1, items('A', 1))$$),
    ('change_order_address', 'order_id',
        $$change_order_address($1, '{"city": "Volos", "postal_code": "38221", "country": "GR"}')$$),
    ('accept_quote', 'quote_id', 'accept_quote($1)'),
    ('withdraw_quote', 'quote_id', 'withdraw_quote($1)'),
    ('shipping_quote', 'cart_id', 'shipping_quote($1::uuid)'),
    ('product_price', 'product_id', 'product_price($1::uuid)'),
    ('product_price', 'user_id', $$product_price('A', user_id => $1)$$),
    ('product_prices', 'user_id', $$product_prices(items('A', 1), user_id => $1)$$),
    ('add_address', 'user_id', $$add_address($1, '{"first_name": "A", "last_name": "B",
        "address_line_1": "C 1", "city": "D", "postal_code": "10431", "country": "GR"}')$$),
    ('change_address', 'address_id', $$change_address($1, '{"city": "D"}')$$),
    ('set_default_address', 'address_id', 'set_default_address($1)'),
    ('remove_address', 'address_id', 'remove_address($1)'),
    ('set_user_status', 'user_id', $$set_user_status($1, 'blocked')$$),
    ('create_email_token', 'user_id', 'create_email_token($1)'),
    ('erase_customer', 'user_id', 'erase_customer($1)'),
    ('export_customer', 'user_id', 'export_customer($1)'),
    ('add_review', 'product_id', $$add_review($1::uuid, 5,
        user_id => '01930000-0000-7000-8000-0000000000a1')$$),
    ('add_review', 'user_id', $$add_review('A', 5, user_id => $1)$$),
    ('add_review', 'order_id', $$add_review((SELECT id FROM ecommerce.products WHERE sku = 'A'), 5,
        order_id => $1, user_id => '01930000-0000-7000-8000-0000000000a1')$$),
    ('change_review', 'review_id', 'change_review($1, 5)'),
    ('remove_review', 'review_id', 'remove_review($1)'),
    ('approve_review', 'review_id', 'approve_review($1)'),
    ('vote_review', 'review_id', $$vote_review($1,
        user_id => '01930000-0000-7000-8000-0000000000a1')$$),
    ('vote_review', 'user_id', $$vote_review('01930000-0000-7000-8000-0000000000ff',
        user_id => $1)$$),
    ('record_search', 'user_id', $$record_search('lamp', 1, user_id => $1)$$),
    ('recent_searches', 'user_id', 'recent_searches(user_id => $1)'),
    ('clear_searches', 'user_id', 'clear_searches(user_id => $1)'),
    ('event_notification', 'event_id', 'event_notification($1)');
INSERT INTO pg_temp.calls VALUES
    ('create_payment', 'order_id', 'create_payment($1)'),
    ('create_payment', 'mandate_id', $$create_payment(amount => 1, method => 'sepa_debit',
        mandate_id => $1)$$),
    ('record_payment_event', 'order_id', $$record_payment_event('p', 'e', 'captured', 1,
        order_id => $1, payment_id => '01930000-0000-7000-8000-0000000000ff', currency => 'USD')$$),
    ('record_payment_event', 'payment_id',
        $$record_payment_event('p', 'e', 'captured', NULL, payment_id => $1)$$),
    ('record_payment_event', 'refund_id', $$record_payment_event('p', 'e', 'captured', NULL,
        reference => 'r', refund_id => $1)$$),
    ('capture_payment', 'payment_id', 'capture_payment($1)'),
    ('void_payment', 'payment_id', 'void_payment($1)'),
    ('assign_payment', 'payment_id', $$assign_payment($1, '261130-0000000000')$$),
    ('assign_payment', 'order_id',
        $$assign_payment('01930000-0000-7000-8000-0000000000ff', $1::uuid)$$),
    ('set_credit_limit', 'user_id', 'set_credit_limit($1, 100)'),
    ('refund_order', 'order_id', 'refund_order($1)'),
    ('refund_order', 'payment_id', $$refund_order('01930000-0000-7000-8000-0000000000ff'::uuid,
        payment_id => $1)$$),
    ('refund_order', 'return_id', $$refund_order('01930000-0000-7000-8000-0000000000ff'::uuid,
        return_id => $1)$$),
    ('confirm_refund', 'refund_id', 'confirm_refund($1)'),
    ('retry_refund', 'refund_id', 'retry_refund($1)'),
    ('retry_refund', 'payment_id', $$retry_refund('01930000-0000-7000-8000-0000000000ff',
        payment_id => $1)$$),
    ('create_sepa_mandate', 'user_id',
        $$create_sepa_mandate($1, 'DE89370400440532013000', 'Ann')$$),
    ('amend_sepa_mandate', 'mandate_id', $$amend_sepa_mandate($1, 'GR1601101250000000012300695')$$),
    ('revoke_sepa_mandate', 'mandate_id', 'revoke_sepa_mandate($1)'),
    ('request_sepa_transfer', 'refund_id', $$request_sepa_transfer('Ann',
        'DE89370400440532013000', 1, 'back', refund_id => $1, part_number => 1)$$),
    ('assign_bank_entry', 'entry_id',
        $$assign_bank_entry($1, '01930000-0000-7000-8000-0000000000ff')$$),
    ('assign_bank_entry', 'payment_id',
        $$assign_bank_entry('01930000-0000-7000-8000-0000000000ff', $1)$$),
    ('dismiss_bank_entry', 'entry_id', $$dismiss_bank_entry($1, 'ours')$$),
    ('issue_invoice', 'order_id', 'issue_invoice($1::uuid)'),
    ('issue_invoice', 'shipment_id',
        $$issue_invoice('01930000-0000-7000-8000-0000000000ff'::uuid, $1)$$),
    ('issue_shipment_invoice', 'shipment_id', 'issue_shipment_invoice($1)'),
    ('issue_credit_note', 'invoice_id', 'issue_credit_note($1::uuid)'),
    ('issue_credit_note', 'refund_id', 'issue_credit_note(refund_id => $1)'),
    ('get_invoice', 'invoice_id', 'get_invoice($1::uuid)'),
    ('invoice_xml', 'invoice_id', 'invoice_xml($1::uuid)'),
    ('invoice_cii', 'invoice_id', 'invoice_cii($1::uuid)'),
    ('mydata_xml', 'invoice_id', 'mydata_xml($1::uuid)'),
    ('mydata_uid', 'invoice_id', 'mydata_uid($1)'),
    ('record_mydata_answer', 'invoice_id',
        $$record_mydata_answer($1::uuid, '{"statusCode": "TechnicalError"}')$$);
CREATE FUNCTION pg_temp.call(call text, id uuid, code text) RETURNS text LANGUAGE sql AS $$
    SELECT failure('SELECT ecommerce.' || replace(replace(call, '$1', quote_literal(id)),
        '$2', quote_literal(code)))
$$;
SELECT c.argument, c.call,
    string_agg(DISTINCT pg_temp.call(c.call, i.id, :'code'), ' / ') AS failure
FROM pg_temp.calls c, unnest(ARRAY['00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff', '8c5b1c1e-0e0f-4c3b-9d64-0d6f3b2b7a11',
    '00000000-0000-7000-8000-000000000000', 'ffffffff-ffff-7fff-bfff-ffffffffffff',
    '01a22780-cc58-1371-84ba-bff5a0081785', '01a22780-cc58-7371-04ba-bff5a0081785',
    ecommerce.uuid_v7()::text]::uuid[]) AS i (id)
GROUP BY 1, 2 ORDER BY 1, 2;

-- there is no other function that takes an id, but for those that read the time in it, and those
-- that ask for a password, too
SELECT p.proname, a.name FROM pg_proc p,
    unnest(p.proargnames, p.proargtypes::oid[]) AS a (name, type)
WHERE p.pronamespace = 'ecommerce'::regnamespace AND a.type = 'uuid'::regtype
    AND p.proname NOT IN ('uuid_v7_time', 'order_number', 'change_password', 'change_email')
    AND (p.proname, a.name) NOT IN (SELECT function, argument FROM pg_temp.calls)
ORDER BY 1, 2;

-- nothing was written
SELECT (SELECT count(*) FROM ecommerce.orders) AS orders,
    (SELECT count(*) FROM ecommerce.idempotency_keys) AS keys,
    (SELECT count(*) FROM ecommerce.gift_card_entries) AS entries,
    ecommerce.available_stock(id('A'));
SELECT * FROM ecommerce.verify_integrity();

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
