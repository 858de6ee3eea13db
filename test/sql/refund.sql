-- Refunds: of lines, of returns, of amounts; what they come to, and by which payments they go back.
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, vat_class, track_stock) VALUES
    ('LAMP', 'Lamp', 9.99, 'standard', true), ('BOOK', 'Book', 3.33, 'super_reduced', true);
SELECT count(ecommerce.adjust_stock(sku, 1000, 'receipt')) FROM ecommerce.products;
INSERT INTO ecommerce.coupons (code, kind, value) VALUES ('TENTH', 'percent', 10);
CREATE FUNCTION public.sold(notes text, lamps integer, books integer) RETURNS numeric
LANGUAGE sql AS $$
    SELECT gross FROM ecommerce.place_order(
        items('LAMP', lamps) || CASE WHEN books > 0 THEN items('BOOK', books) ELSE '[]' END,
        notes => notes, coupon_codes => '{TENTH}',
        charges => '[{"kind": "shipping", "amount": 4.90}]') $$;
CREATE FUNCTION public.o(notes text) RETURNS uuid LANGUAGE sql STABLE AS
    $$ SELECT id FROM ecommerce.orders WHERE orders.notes = o.notes $$;
CREATE FUNCTION public.paid(notes text, reference text, amount numeric DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
    SELECT p.order_payment_status
    FROM ecommerce.create_payment(o(notes), amount, provider => 'acme', reference => reference) c,
         LATERAL ecommerce.record_payment_event('acme', reference, 'captured', c.amount,
                                                reference => c.reference) p $$;
CREATE FUNCTION public.told(event_id text, kind text, reference text, amount numeric,
    refund_id uuid DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', status, amount_refunded, order_payment_status,
                     CASE WHEN booked THEN 'booked' ELSE 'known' END)
    FROM ecommerce.record_payment_event('acme', event_id, kind, amount, reference => reference,
                                        refund_id => refund_id) $$;
CREATE VIEW public.lines AS
SELECT r.order_id, r.refund_number AS n, i.line_number AS line, i.quantity, i.net, i.vat, r.overpaid
FROM ecommerce.refunds r LEFT JOIN ecommerce.refund_items i ON i.refund_id = r.id
ORDER BY r.id, i.line_number;
CREATE VIEW public.money AS
SELECT o.notes, o.status, o.payment_status AS payment, o.amount_paid AS paid,
    o.amount_refunded AS refunded, a.due, a.balance
FROM ecommerce.orders o JOIN ecommerce.order_amounts a ON a.id = o.id;

-- unit by unit, with a coupon and shipping: what is refunded comes to what was paid,
-- woocommerce/woocommerce#64668
SELECT sold('units', 3, 2), paid('units', 'u');
SELECT amount, net, vat, status, order_payment_status
FROM ecommerce.refund_order(o('units'), items('LAMP', 1), reason => 'goodwill');
SELECT amount FROM ecommerce.refund_order(o('units'), items('LAMP', 1) || items('BOOK', 1));
SELECT * FROM money WHERE notes = 'units';
-- a refund of lines that were refunded: PrestaShop/PrestaShop#24898
SELECT failure($$SELECT ecommerce.refund_order(o('units'), items('LAMP', 2))$$);
SELECT amount FROM ecommerce.refund_order(o('units'), items('LAMP', 1) || items('BOOK', 1));
SELECT n, line, quantity, net, vat FROM lines WHERE order_id = o('units');
SELECT failure($$SELECT ecommerce.refund_order(o('units'))$$);
-- requested until the provider says so, in whatever order it does
SELECT told('r3', 'refunded', 'u', amount) FROM ecommerce.refunds
WHERE order_id = o('units') AND refund_number = 3;
SELECT told('r1', 'refunded', 'u', amount, id) FROM ecommerce.refunds
WHERE order_id = o('units') AND refund_number = 1;
SELECT told('r1', 'refunded', 'u', amount, id) FROM ecommerce.refunds
WHERE order_id = o('units') AND refund_number = 1;
SELECT refund_number, status, amount = amount_confirmed AS confirmed FROM ecommerce.refunds
WHERE order_id = o('units') ORDER BY 1;
SELECT told('r2', 'refunded', 'u', amount) FROM ecommerce.refunds
WHERE order_id = o('units') AND refund_number = 2;
SELECT * FROM money WHERE notes = 'units';
-- refunded is no label, it follows: a shipped order becomes refunded by the last of it
SELECT sold('shipped', 1, 0), paid('shipped', 'sh');
SELECT (ecommerce.transition_order(o('shipped'), s)).status
FROM unnest('{processing,shipped}'::text[]) s;
SELECT status FROM ecommerce.refund_order(o('shipped'));
SELECT told('sh1', 'refunded', 'sh', amount) FROM ecommerce.refunds WHERE order_id = o('shipped');
SELECT * FROM money WHERE notes = 'shipped';
SELECT sum(available) AS "no stock came back" FROM ecommerce.stock;

-- an amount is spread over the lines: its VAT is known
SELECT sold('amount', 3, 2), paid('amount', 'a');
SELECT amount, net, vat, overpaid FROM ecommerce.refund_order(o('amount'), amount => 10);
SELECT amount, net, vat FROM ecommerce.refund_order(o('amount'), items('LAMP', 1));
SELECT amount, net, vat FROM ecommerce.refund_order(o('amount'));
SELECT l.line, sum(l.quantity) AS quantity, sum(l.net) = min(i.net) AS net,
    sum(l.vat) = min(i.vat) AS vat
FROM lines l JOIN ecommerce.order_items i ON i.order_id = l.order_id AND i.line_number = l.line
WHERE l.order_id = o('amount') GROUP BY 1 ORDER BY 1;

-- what failed is owed still, and its lines can be refunded again: saleor/saleor#10925
SELECT sold('failed', 2, 0), paid('failed', 'f');
SELECT id AS failed FROM ecommerce.refund_order(o('failed'), items('LAMP', 1)) \gset
SELECT told('f1', 'refund_failed', 'f', NULL, :'failed');
SELECT status FROM ecommerce.refunds WHERE id = :'failed';
SELECT * FROM money WHERE notes = 'failed';
SELECT status FROM ecommerce.retry_refund(:'failed');
SELECT failure(format('SELECT ecommerce.retry_refund(%L)', :'failed')) ~ '^EC048' AS open;
SELECT told('f2', 'refunded', 'f', amount, :'failed') FROM ecommerce.refunds WHERE id = :'failed';
SELECT told('f3', 'refund_failed', 'f', NULL, :'failed') AS "said later";
-- a refund that is none, or whose money is another payment's
SELECT failure($$SELECT told('f4', 'refunded', 'f', 1, ecommerce.uuid_v7())$$),
    failure($$SELECT told('f5', 'refund_failed', 'f', NULL, ecommerce.uuid_v7())$$),
    failure(format($$SELECT told('f6', 'refunded', 'other', 1, %L)$$, :'failed'));
SELECT amount FROM ecommerce.refund_order(o('failed'), items('LAMP', 2));
SELECT failure(format('SELECT ecommerce.retry_refund(%L)', :'failed')) ~ '^EC049' AS taken;

-- by several payments, the last that was captured first
SELECT sold('split', 4, 0) AS gross \gset
SELECT code FROM ecommerce.issue_gift_card(10) \gset
SELECT ecommerce.redeem_gift_card(:'code', o('split')), paid('split', 's1', 12),
    paid('split', 's2');
SELECT amount, amount_confirmed, status FROM ecommerce.refund_order(o('split'), amount => 30);
SELECT p.method, p.reference, k.amount, k.status
FROM ecommerce.refund_payments k JOIN ecommerce.payments p ON p.id = k.payment_id
WHERE p.order_id = o('split') ORDER BY k.part_number;
SELECT ecommerce.gift_card_balance(:'code');
SELECT failure($$SELECT ecommerce.refund_order(o('split'), amount => 10.87)$$);
SELECT amount, amount_confirmed, status FROM ecommerce.refund_order(o('split'), amount => 9,
    payment_id => (SELECT id FROM ecommerce.payments
                   WHERE order_id = o('split') AND method = 'gift_card'));
SELECT ecommerce.gift_card_balance(:'code');
SELECT amount, amount_confirmed, status FROM ecommerce.refund_order(o('split'));
SELECT sum(amount) = :gross AS whole FROM ecommerce.refunds WHERE order_id = o('split');
SELECT ecommerce.gift_card_balance(:'code');
-- made at the provider's
SELECT sold('theirs', 1, 1), paid('theirs', 't');
SELECT told('t1', 'refunded', 't', 5);
SELECT amount, net, vat, status FROM ecommerce.refund_order(o('theirs'));
SELECT * FROM money WHERE notes = 'theirs';
-- refunded, and charged back: what went away is known
SELECT told('t2', 'charged_back', 't', 12);
SELECT * FROM money WHERE notes = 'theirs';
SELECT subject, difference, reason, is_error
FROM ecommerce.reconcile(current_date - 1, current_date + 1)
WHERE entity_id = o('theirs') OR subject = 'payment';

-- of a return: stock comes back by it, money by the refund
SELECT sold('return', 2, 1), paid('return', 'r');
SELECT (ecommerce.transition_order(o('return'), s)).status
FROM unnest('{processing,shipped}'::text[]) s;
SELECT id AS return FROM ecommerce.request_return(o('return'), items('LAMP', 1)) \gset
SELECT failure(format('SELECT ecommerce.refund_order(o(%L), return_id => %L)', 'return',
    :'return')) ~ '^EC049' AS "nothing came";
SELECT status FROM ecommerce.approve_return(:'return');
SELECT gross FROM ecommerce.receive_return(:'return');
SELECT * FROM money WHERE notes = 'return';
SELECT amount FROM ecommerce.refund_order(o('return'), return_id => :'return');
SELECT reason FROM ecommerce.refunds WHERE return_id = :'return';
SELECT * FROM money WHERE notes = 'return';
SELECT failure(format('SELECT ecommerce.refund_order(o(%L), return_id => %L)', 'return',
    :'return')) ~ '^EC049' AS again;
SELECT amount, order_payment_status FROM ecommerce.refund_order(o('return'));
-- cancelled lines: what was paid for them goes back, Sylius/Sylius#10709
SELECT sold('cancelled', 2, 2), paid('cancelled', 'c');
SELECT gross, due FROM ecommerce.cancel_order_items(o('cancelled'), items('BOOK', 1));
SELECT amount, overpaid, net FROM ecommerce.refund_order(o('cancelled'), items('BOOK', 1),
    reason => 'cancellation');
SELECT * FROM money WHERE notes = 'cancelled';
SELECT status FROM ecommerce.cancel_order(o('cancelled'));
SELECT amount FROM ecommerce.refund_order(o('cancelled'));
SELECT told('c' || refund_number, 'refunded', 'c', amount) FROM ecommerce.refunds
WHERE order_id = o('cancelled') ORDER BY id;
SELECT * FROM money WHERE notes = 'cancelled';
-- with all of its lines an order is cancelled, and what had been paid in part is judged anew
SELECT sold('all lines', 2, 0), paid('all lines', 'al', 10);
SELECT status, amount FROM ecommerce.refund_order(o('all lines'), amount => 10);
SELECT status, due, payment_status
FROM ecommerce.cancel_order_items(o('all lines'), items('LAMP', 2));
SELECT * FROM money WHERE notes = 'all lines';
-- what is cancelled has other VAT, by rounding, than what was refunded: not above the line
INSERT INTO ecommerce.products (sku, name, price, vat_class, track_stock)
VALUES ('PIN', 'Pin', 0.07, 'reduced', false);
SELECT gross FROM ecommerce.place_order(items('PIN', 4), notes => 'pins');
SELECT paid('pins', 'pin');
SELECT a, r.net, r.vat FROM unnest('{0.04,0.04,0.04,0.03}'::numeric[]) a,
    LATERAL (SELECT * FROM ecommerce.refund_order(o('pins'), amount => a) OFFSET 0) r;
SELECT net, vat FROM ecommerce.cancel_order_items(o('pins'), items('PIN', 2));
SELECT net, vat FROM ecommerce.refund_order(o('pins'));
SELECT i.net, i.vat, sum(r.net) AS refunded_net, sum(r.vat) AS refunded_vat
FROM ecommerce.order_items i JOIN lines r ON r.order_id = i.order_id AND r.line = i.line_number
WHERE i.order_id = o('pins') GROUP BY 1, 2;
-- overpaid
SELECT sold('over', 1, 0), paid('over', 'o1');
SELECT booked FROM ecommerce.record_payment_event('acme', 'o2', 'captured', 7, reference => 'o1');
SELECT amount, overpaid, net, vat
FROM ecommerce.refund_order(o('over'), amount => 8, reason => 'overpayment');
SELECT * FROM money WHERE notes = 'over';
-- shipping by the rule of returns, or by its line
UPDATE ecommerce.settings SET return_shipping = 'proportional';
SELECT sold('shipping', 2, 0), paid('shipping', 'p');
SELECT amount FROM ecommerce.refund_order(o('shipping'), items('LAMP', 1));
SELECT amount FROM ecommerce.refund_order(o('shipping'), '[{"line_number": 2, "quantity": 1}]');
SELECT amount FROM ecommerce.refund_order(o('shipping'), items('LAMP', 1));
SELECT n, line, quantity, net, vat FROM lines WHERE order_id = o('shipping');

-- a retry
SELECT sold('retry', 2, 0), paid('retry', 'y');
SELECT amount, refund_number
FROM ecommerce.refund_order(o('retry'), items('LAMP', 1), idempotency_key => 'k');
SELECT amount, refund_number
FROM ecommerce.refund_order(o('retry'), items('LAMP', 1), idempotency_key => 'k');
SELECT failure($$SELECT ecommerce.refund_order(o('retry'), amount => 1, idempotency_key => 'k')$$);
-- in cash
SELECT sold('cash', 1, 0);
SELECT pay(o('cash'));
SELECT id AS cash, status FROM ecommerce.refund_order(o('cash'), amount => 1) \gset
SELECT status, amount_confirmed FROM ecommerce.confirm_refund(:'cash');
SELECT status, previous_status FROM ecommerce.confirm_refund(:'cash');
SELECT failure(format('SELECT ecommerce.confirm_refund(%L)', id)) ~ '^EC048' AS providers
FROM ecommerce.refunds WHERE order_id = o('retry');

-- bad input
SELECT a AS arguments, failure(format('SELECT ecommerce.refund_order(o(''retry''), %s)', a))
FROM unnest(ARRAY['amount => 0', 'amount => -1', 'amount => ''NaN''', 'amount => 1.005',
    'amount => 1000', 'items => ''[]''', 'items => ''{}''', 'items(''LAMP'', 0)',
    'items(''LAMP'', 9)', 'items(''BOOK'', 1)', 'items(''LAMP'', 1), amount => 1',
    'reason => ''whim''', 'return_id => ecommerce.uuid_v7()',
    'payment_id => ecommerce.uuid_v7()']) AS a;
SELECT failure('SELECT ecommerce.refund_order(NULL::uuid)'),
    failure('SELECT ecommerce.refund_order(ecommerce.uuid_v7())') ~ '^EC008' AS unknown,
    failure('SELECT ecommerce.confirm_refund(ecommerce.uuid_v7())') ~ '^EC044' AS unknown,
    failure(format('SELECT ecommerce.confirm_refund(%L, repeat(''x'', 10001))', :'cash'))
        ~ '^22001' AS long,
    failure('SELECT ecommerce.retry_refund(NULL)');
SELECT c AS command, failure(c) FROM unnest(ARRAY[
    'UPDATE ecommerce.refunds SET amount = 1', 'DELETE FROM ecommerce.refunds',
    'UPDATE ecommerce.refund_items SET net = 0', 'DELETE FROM ecommerce.refund_payments',
    'UPDATE ecommerce.refund_payments SET amount = 1',
    $$UPDATE ecommerce.refund_payments SET status = 'requested' WHERE status = 'confirmed'$$]) AS c;
SELECT * FROM ecommerce.verify_integrity();
SET session_replication_role = replica;
BEGIN;
UPDATE ecommerce.refund_items SET vat = vat + 0.01 WHERE quantity = 4;
UPDATE ecommerce.refund_payments SET status = 'failed' WHERE refund_id = :'cash';
SELECT problem, count(*) FROM ecommerce.verify_integrity() GROUP BY 1 ORDER BY 1;
ROLLBACK;
RESET session_replication_role;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP FUNCTION sold, o, paid, told;
