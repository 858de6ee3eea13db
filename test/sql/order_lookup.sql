-- An order by its number, a product by its SKU; and what has no type is either.
CALL ecommerce_test.new_shop();
SELECT ecommerce.create_tenant('Other') AS other \gset
UPDATE ecommerce.settings SET country = 'GR', timezone = 'Pacific/Auckland';
BEGIN;
SELECT ecommerce.use_tenant(1);
-- The SKU of one is the id of another: an SKU goes first.
INSERT INTO ecommerce.products (id, sku, name, price) VALUES
    ('01930000-0000-7000-8000-0000000000b1', 'LAMP', 'A lamp', 100),
    ('01930000-0000-7000-8000-0000000000b2', 'BOOK', 'A book', 10),
    ('01930000-0000-7000-8000-0000000000b3', '01930000-0000-7000-8000-0000000000b2', 'A trap', 1);
INSERT INTO ecommerce.warehouses (id, name) VALUES (2, 'Second');
COMMIT;
ALTER DATABASE :DBNAME SET ecommerce.tenant = 1;
\c
-- an SKU, an id without a type, one with it; drivers' parameters have none
SELECT ecommerce.adjust_stock('LAMP', 10, 'receipt'),
       ecommerce.adjust_stock('01930000-0000-7000-8000-0000000000b1', 10, 'receipt'),
       ecommerce.adjust_stock('01930000-0000-7000-8000-0000000000B1'::uuid, 10, 'receipt');
SELECT ecommerce.adjust_stock('01930000-0000-7000-8000-0000000000b2', 5, 'receipt'),
       ecommerce.adjust_stock('01930000-0000-7000-8000-0000000000b2'::uuid, 7, 'receipt'),
       ecommerce.adjust_stock(sku => '01930000-0000-7000-8000-0000000000b2', quantity => 1),
       ecommerce.adjust_stock(product_id => '01930000-0000-7000-8000-0000000000b2', quantity => 1);
SELECT ecommerce.available_stock('LAMP') AS sku,
    ecommerce.available_stock('01930000-0000-7000-8000-0000000000b1') AS untyped,
       ecommerce.available_stock('01930000-0000-7000-8000-0000000000b1'::uuid) AS id,
       ecommerce.available_stock('01930000-0000-7000-8000-0000000000b2') AS trap,
       ecommerce.available_stock('NONE') AS none, ecommerce.available_stock(sku => NULL) AS null;
SELECT ecommerce.transfer_stock('LAMP', 3, 1, 2) AS transfer, ecommerce.set_backorder_limit('LAMP',
    4) AS backorder,
       ecommerce.set_stock_slots('LAMP', 2) AS slots, ecommerce.stock_at('LAMP', clock_timestamp())
           AS at;
SELECT ecommerce.transfer_stock('01930000-0000-7000-8000-0000000000b1', 3, 2, 1) AS transfer,
       ecommerce.set_backorder_limit('01930000-0000-7000-8000-0000000000b1', 0) AS backorder,
       ecommerce.set_stock_slots('01930000-0000-7000-8000-0000000000b1', NULL) AS slots,
       ecommerce.stock_at('01930000-0000-7000-8000-0000000000b1', clock_timestamp()) AS at;
SELECT call, failure('SELECT ecommerce.' || call) FROM unnest(ARRAY[
    $$adjust_stock('NONE', 1)$$, $$adjust_stock('01930000-0000-7000-8000-0000000000bf', 1)$$,
    $$adjust_stock('01930000-0000-7000-8000-0000000000b', 1)$$, $$adjust_stock(NULL, 1)$$,
    $$transfer_stock('NONE', 1, 1, 2)$$, $$transfer_stock(NULL, 1, 1, 2)$$,
    $$set_backorder_limit('NONE', 1)$$, $$set_stock_slots('NONE', 1)$$,
        $$set_stock_slots(NULL, 1)$$,
    $$stock_at('NONE', now())$$, $$stock_at('01930000-0000-7000-8000-0000000000bf', now())$$,
    $$stock_at(NULL, now())$$]) AS call;
PREPARE untyped AS SELECT ecommerce.adjust_stock($1, $2), ecommerce.available_stock($1);
SELECT parameter_types FROM pg_prepared_statements WHERE name = 'untyped';
EXECUTE untyped('BOOK', 1);

-- orders, on a day that is another one where the shop is
SELECT id, order_number FROM ecommerce.place_order('[{"sku": "LAMP", "quantity": 2}]',
    placed_at => '2026-01-31 15:00:00+00') \gset a_
SELECT id, order_number FROM ecommerce.place_order('[{"sku": "LAMP", "quantity": 2}]') \gset b_
SELECT substr(:'a_order_number', 1, 7) AS day;
SELECT code FROM ecommerce.issue_gift_card(500) \gset
SELECT ecommerce.redeem_gift_card(:'code', :'a_order_number', 50) AS number,
       ecommerce.redeem_gift_card(:'code', :'a_id', 20) AS untyped,
       ecommerce.redeem_gift_card(:'code', :'a_id'::uuid, 10) AS id,
       ecommerce.redeem_gift_card(:'code', order_number => :'a_order_number', amount => 10) AS
           named;
SELECT ecommerce.refund_to_gift_card(:'a_order_number', 1) AS number,
       ecommerce.refund_to_gift_card(:'a_id', 1) AS untyped,
           ecommerce.refund_to_gift_card(:'a_id'::uuid, 1) AS id;
SELECT previous_status, status FROM ecommerce.transition_order(:'a_order_number', 'processing');
SELECT previous_status, status FROM ecommerce.transition_order(:'a_id', 'shipped');
SELECT previous_status, status FROM ecommerce.transition_order(order_id => :'a_id', status =>
    'shipped');
SELECT ecommerce.return_stock(:'a_order_number', '[{"sku": "LAMP", "quantity": 1}]') AS number,
       ecommerce.return_stock(:'a_id', '[{"sku": "LAMP", "quantity": 1}]') AS untyped;
SELECT previous_status, status FROM ecommerce.cancel_order(:'b_order_number', 'by number');
SELECT previous_status, status FROM ecommerce.cancel_order(:'b_id', 'untyped');
SELECT previous_status, status FROM ecommerce.cancel_order(:'b_id'::uuid);
SELECT previous_status, status FROM ecommerce.transition_order(:'b_order_number', 'cancelled');
PREPARE cancel AS SELECT status FROM ecommerce.cancel_order($1);
SELECT parameter_types FROM pg_prepared_statements WHERE name = 'cancel';
EXECUTE cancel(:'b_order_number');
EXECUTE cancel(:'b_id');

-- numbers that are no such thing, or of another tenant, or of two
BEGIN;
INSERT INTO ecommerce.orders (tenant_id, id, order_number, currency, prices, net, vat, gross,
    country)
SELECT 1, ecommerce.uuid_v7(), number, 'EUR', 'gross', 0, 0, 0, 'GR'
FROM unnest('{A 1,A 1,260231-X,261399-X}'::text[]) AS number;
SELECT status FROM ecommerce.cancel_order('260231-X');
SELECT status FROM ecommerce.cancel_order('261399-X');
SELECT number, failure(format('SELECT ecommerce.cancel_order(%L)', number)) FROM unnest(ARRAY['A 1',
    'a 1',
    '', '260231-Y', '999999-Y', '260231-x', NULL,
    '01930000-0000-7000-8000-0000000000bf']) AS number;
ROLLBACK;
ALTER DATABASE :DBNAME SET ecommerce.tenant = :other;
\c
SELECT call, failure('SELECT ecommerce.' || replace(call, '$1', quote_literal(:'b_order_number')))
FROM unnest(ARRAY['cancel_order($1)', $$transition_order($1, 'processing')$$,
    $$return_stock($1, '[]')$$,
    $$redeem_gift_card('x', $1)$$, 'refund_to_gift_card($1)', $$adjust_stock('LAMP', 1)$$,
    $$adjust_stock('01930000-0000-7000-8000-0000000000b1', 1)$$, $$stock_at('LAMP', now())$$]) AS
        call;
ALTER DATABASE :DBNAME RESET ecommerce.tenant;
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
