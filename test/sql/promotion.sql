-- Coupons and gift cards: what they take off and pay, what is refused, and what plain SQL may do
-- to them.
CREATE EXTENSION ecommerce;

-- Orders by their notes, with what coupons took off.
CREATE VIEW public.redeemed AS
SELECT o.notes, string_agg(format('%s %s', k.code, r.amount), ', ' ORDER BY r.position) AS coupons,
    bool_and(r.released_at IS NULL) AS counts
FROM ecommerce.orders o
JOIN ecommerce.coupon_redemptions r ON r.order_id = o.id AND r.order_created_at = o.created_at
JOIN ecommerce.coupons k ON k.id = r.coupon_id
GROUP BY o.id, o.notes;
CREATE FUNCTION public.id_of(notes text) RETURNS uuid LANGUAGE sql STABLE AS
    $$ SELECT o.id FROM ecommerce.orders o WHERE o.notes = id_of.notes $$;

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, vat_class, track_stock) VALUES
    ('LAMP', 'Lamp', 100, 'standard', true), ('BOOK', 'Book', 10, 'super_reduced', true),
    ('PIN', 'Pin', 0.2, 'standard', false);
SELECT count(ecommerce.adjust_stock(sku, 1000, 'receipt')) FROM ecommerce.products
WHERE track_stock;
INSERT INTO ecommerce.users (id, email) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'Maria@example.com'),
    ('01930000-0000-7000-8000-0000000000a2', 'nikos@example.com');
\set maria '01930000-0000-7000-8000-0000000000a1'
\set nikos '01930000-0000-7000-8000-0000000000a2'
\set lamp '[{"sku": "LAMP", "quantity": 1}]'
\set both '[{"sku": "LAMP", "quantity": 1}, {"sku": "BOOK", "quantity": 2}]'
\set pin '[{"sku": "PIN", "quantity": 1}]'

--
-- Coupons
--
INSERT INTO ecommerce.coupons
    (code, kind, value, currency, minimum, max_redemptions, max_redemptions_per_user) VALUES
    (' save10 ', 'percent', 10, NULL, 0, NULL, NULL), ('FIVER', 'amount', 5, 'EUR', 0, NULL, NULL),
    ('EIGHTH', 'percent', 12.5, NULL, 0, NULL, NULL),
    ('BIG', 'amount', 150, 'EUR', 0, NULL, NULL),
    ('FREESHIP', 'free_shipping', NULL, NULL, 0, NULL, NULL),
    ('ALL', 'percent', 100, NULL, 0, NULL, NULL),
    ('OVER50', 'percent', 20, 'EUR', 50, NULL, NULL), ('TWO', 'amount', 1, 'EUR', 0, 2, NULL),
    ('ONCE', 'amount', 2, 'EUR', 0, NULL, 1), ('DOLLAR', 'amount', 5, 'USD', 0, NULL, NULL);
SELECT code, kind, value FROM ecommerce.coupons WHERE code LIKE 'SAVE%';

-- 10 % of 120.00: 10.00 off the lamp, 2.00 off the books; 90.00 hold 17.42 at 24 %, 18.00 hold
-- 1.02 at 6 %
SELECT net, vat, gross
FROM ecommerce.place_order(:'both', coupon_codes => '{Save10}', notes => 'percent');
SELECT i.sku, i.discount, i.vat_rate, i.net, i.vat FROM ecommerce.order_items i
WHERE i.order_id = id_of('percent') ORDER BY i.line_number;
-- each takes its share of what the ones before it left: 120 - 5 - 11.50, and 120 - 12 - 5
SELECT gross
FROM ecommerce.place_order(:'both', coupon_codes => '{FIVER,SAVE10}', notes => 'fiver first');
SELECT gross
FROM ecommerce.place_order(:'both', coupon_codes => '{SAVE10,FIVER}', notes => 'fiver last');
-- rounded half away from zero: 12.5 % of 0.20 is 0.025
SELECT gross FROM ecommerce.place_order(:'pin', coupon_codes => '{EIGHTH}', notes => 'half');
-- never more than there is
SELECT net, vat, gross
FROM ecommerce.place_order(:'lamp', coupon_codes => '{SAVE10,BIG}', notes => 'nothing left');
-- before the caller's allowances: 120 - 12 - 10 % of 108
SELECT gross
FROM ecommerce.place_order(:'both', coupon_codes => '{SAVE10}', allowances => '[{"percent": 10}]',
    notes => 'before allowances');
-- without charges for shipping, but with other fees
SELECT gross
FROM ecommerce.place_order(:'lamp', coupon_codes => '{FREESHIP}',
    charges => '[{"amount": 4.99}, {"kind": "fee", "amount": 2},
        {"kind": "shipping", "percent": 3, "vat": "highest"}]', notes => 'free shipping');
SELECT gross
FROM ecommerce.place_order(:'lamp', coupon_codes => '{SAVE10}', charges => '[{"amount": 4.99}]',
    notes => 'paid shipping');
SELECT i.kind, i.net + i.vat AS gross, i.discount FROM ecommerce.order_items i
WHERE i.order_id = id_of('free shipping') ORDER BY i.line_number;
SELECT gross FROM ecommerce.place_order(:'lamp', coupon_codes => '{}', notes => 'no coupon');
SELECT * FROM redeemed ORDER BY notes;
-- like the same allowances
SELECT count(*) AS orders,
    count(*) FILTER (WHERE p.net = (t.totals ->> 'net')::numeric
        AND p.vat = (t.totals ->> 'vat')::numeric) AS "like calculate_totals()"
FROM generate_series(1, 40) AS n,
    LATERAL (SELECT jsonb_build_array(jsonb_build_object('sku', 'LAMP', 'quantity', n % 3 + 1),
        jsonb_build_object('sku', 'BOOK', 'quantity', n % 5 + 1),
        jsonb_build_object('sku', 'PIN', 'quantity', n * 7)) AS items) i,
    LATERAL ecommerce.place_order(i.items,
        coupon_codes => CASE n % 2 WHEN 0 THEN '{EIGHTH,FIVER,OVER50}'::text[]
            ELSE '{FIVER,EIGHTH,SAVE10}' END, notes => 'property') p,
    LATERAL (
        SELECT ecommerce.calculate_totals(jsonb_build_object('currency', 'EUR', 'prices', 'gross',
        'allowances',
        CASE n % 2 WHEN 0 THEN '[{"percent": 12.5}, {"amount": 5}, {"percent": 20}]'::jsonb
            ELSE '[{"amount": 5}, {"percent": 12.5}, {"percent": 10}]' END,
        'lines',
        jsonb_build_array(
            jsonb_build_object('quantity', n % 3 + 1, 'unit_price', 100, 'vat_rate', 24),
            jsonb_build_object('quantity', n % 5 + 1, 'unit_price', 10, 'vat_rate', 6),
            jsonb_build_object('quantity', n * 7, 'unit_price', 0.2, 'vat_rate', 24))))
        -> 'totals' AS totals) t;

-- what is refused, all of it at once
INSERT INTO ecommerce.coupons (code, kind, value, valid_from, valid_to, is_active, deleted_at)
    VALUES
    ('LATER', 'percent', 1, '2100-01-01', NULL, true, NULL),
    ('PAST', 'percent', 1, '2020-01-01 00:00+00', '2021-01-01 00:00+00', true, NULL),
    ('OFF', 'percent', 1, '2020-01-01', NULL, false, NULL),
    ('GONE', 'percent', 1, '2020-01-01', NULL, true, now());
SELECT failure(format('SELECT ecommerce.place_order(%L, coupon_codes => %L)', :'pin', codes))
FROM unnest(ARRAY['{nonsense}', '{NULL}', '{""}', '{GONE}', '{LATER,PAST,OFF,SAVE10,OVER50,DOLLAR}',
    '{SAVE10," save10"}', '{ALL,SAVE10,BIG}', '{EIGHTH,FIVER,FREESHIP,SAVE10}',
    '{ONCE}', '{a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u}']) AS codes;
SELECT failure(format(
    'SELECT ecommerce.place_order(%L, coupon_codes => ''{FIVER}'', allowances => %L)', :'lamp', a))
FROM unnest('{"{\"amount\": 1}",1,"true","[1]"}'::text[]) AS a;
-- the minimum is of the goods before any discount
SELECT failure($$SELECT ecommerce.place_order(
    '[{"sku": "BOOK", "quantity": 4}, {"sku": "PIN", "quantity": 49}]', coupon_codes => '{OVER50}',
    charges => '[{"amount": 10}]')$$);
SELECT gross
FROM ecommerce.place_order('[{"sku": "BOOK", "quantity": 5}]', coupon_codes => '{SAVE10,OVER50}',
    notes => 'minimum');

-- a limit in all; an order that fails uses nothing up
SELECT failure($$SELECT ecommerce.place_order('[{"sku": "LAMP", "quantity": 100000}]',
    coupon_codes => '{TWO}')$$);
SELECT failure($$SELECT ecommerce.place_order('[{"sku": "LAMP", "quantity": 1}]',
    coupon_codes => '{TWO,PAST}')$$);
SELECT gross
FROM ecommerce.place_order(:'lamp', coupon_codes => '{TWO}', notes => 'two 1',
    idempotency_key => 'two');
SELECT gross
FROM ecommerce.place_order(:'lamp', coupon_codes => '{TWO}', notes => 'two 1',
    idempotency_key => 'two');
SELECT failure(format($$SELECT ecommerce.place_order(%L, coupon_codes => %L, notes => 'two 1',
        idempotency_key => 'two')$$, :'lamp', codes))
FROM unnest('{"{two}",NULL}'::text[]) AS codes;
SELECT gross FROM ecommerce.place_order(:'lamp', coupon_codes => '{TWO}', notes => 'two 2');
SELECT failure(
    $$SELECT ecommerce.place_order('[{"sku": "LAMP", "quantity": 1}]', coupon_codes => '{TWO}')$$);
SELECT code, redemptions FROM ecommerce.coupons WHERE redemptions > 0;
-- a cancelled order gives it back, once
SELECT (ecommerce.cancel_order(id_of('two 1'))).status,
    (ecommerce.cancel_order(id_of('two 1'))).status;
SELECT code, redemptions FROM ecommerce.coupons WHERE redemptions > 0;
SELECT notes, coupons, counts FROM redeemed WHERE notes LIKE 'two%' ORDER BY notes;
SELECT gross FROM ecommerce.place_order(:'lamp', coupon_codes => '{TWO}', notes => 'two 3');
SELECT failure(
    $$SELECT ecommerce.place_order('[{"sku": "LAMP", "quantity": 1}]', coupon_codes => '{TWO}')$$);

-- a limit for each customer, known by user or by email address
SELECT gross
FROM ecommerce.place_order(:'lamp', coupon_codes => '{ONCE}', user_id => :'maria',
    email => 'work@example.com', notes => 'once maria');
SELECT gross
FROM ecommerce.place_order(:'lamp', coupon_codes => '{ONCE}', email => 'Guest@example.com',
    notes => 'once guest');
SELECT who,
    failure(format(
        'SELECT ecommerce.place_order(%L, coupon_codes => ''{ONCE}'', user_id => %L, email => %L)',
        :'lamp', nullif(split_part(who, ' ', 1), ''),
        nullif(split_part(who, ' ', 2), ''))) AS failure
FROM unnest(ARRAY[:'maria', :'maria' || ' other@example.com', ' WORK@example.com',
    ' guest@EXAMPLE.com', :'nikos' || ' guest@example.com', '']) AS who;
SELECT gross
FROM ecommerce.place_order(:'lamp', coupon_codes => '{ONCE}', user_id => :'nikos',
    notes => 'once nikos');
SELECT failure(format('SELECT ecommerce.place_order(%L, coupon_codes => ''{ONCE}'', email => %L)',
    :'lamp', 'nikos@example.com'));
SELECT (ecommerce.cancel_order(id_of('once maria'))).status;
SELECT gross
FROM ecommerce.place_order(:'lamp', coupon_codes => '{ONCE}', user_id => :'maria',
    notes => 'once maria again');
SELECT code, redemptions FROM ecommerce.coupons WHERE redemptions > 0 ORDER BY code;

-- history is moved in with what was valid then
SELECT gross
FROM ecommerce.place_order(:'lamp', coupon_codes => '{PAST}', placed_at => '2020-06-01 12:00+00',
    notes => 'history');
SELECT failure(format(
    'SELECT ecommerce.place_order(%L, coupon_codes => ''{PAST}'', placed_at => %L)', :'lamp', at))
FROM unnest('{2019-12-31 23:59:59.999+00,2021-01-01 00:00+00}'::text[]) AS at;
-- net prices: 10 % of 120.00 net; 90.00 and 18.00 carry 21.60 and 1.08
UPDATE ecommerce.settings SET prices = 'net';
SELECT net, vat, gross
FROM ecommerce.place_order(:'both', coupon_codes => '{SAVE10}', notes => 'net');
UPDATE ecommerce.settings SET prices = 'gross';

-- a list of orders
INSERT INTO ecommerce.coupons (code, kind, value, max_redemptions) VALUES
    ('LIST', 'percent', 10, 2);
SELECT gross
FROM ecommerce.place_orders(ARRAY['{"items": [{"sku": "LAMP", "quantity": 1}],
        "coupon_codes": ["list"]}',
    '{"items": [{"sku": "BOOK", "quantity": 1}], "coupon_codes": null}',
    '{"items": [{"sku": "BOOK", "quantity": 2}], "coupon_codes": ["LIST", "save10"]}']::jsonb[]);
SELECT failure(format('SELECT ecommerce.place_orders(ARRAY[%L::jsonb])', o))
FROM unnest(ARRAY['{"items": [{"sku": "LAMP", "quantity": 1}], "coupon_codes": ["LIST"]}',
    '{"items": [{"sku": "LAMP", "quantity": 1}], "coupon_codes": "LIST"}']) AS o;
-- what a coupon can be
SELECT failure('INSERT INTO ecommerce.coupons (code, kind, value, currency, minimum,
            max_redemptions, max_redemptions_per_user, redemptions, valid_from, valid_to)
        VALUES ('
        || v || ')') AS failure,
    v
FROM unnest(ARRAY['''save10'', ''percent'', 5, NULL, 0, NULL, NULL, 0, now(), NULL',
    '''A B'', ''percent'', 5, NULL, 0, NULL, NULL, 0, now(), NULL',
    '''  '', ''percent'', 5, NULL, 0, NULL, NULL, 0, now(), NULL',
    'repeat(''A'', 65), ''percent'', 5, NULL, 0, NULL, NULL, 0, now(), NULL',
    '''X'', ''gift'', 5, NULL, 0, NULL, NULL, 0, now(), NULL',
    '''X'', ''percent'', 100.1, NULL, 0, NULL, NULL, 0, now(), NULL',
    '''X'', ''percent'', 0, NULL, 0, NULL, NULL, 0, now(), NULL',
    '''X'', ''percent'', 0.0000001, NULL, 0, NULL, NULL, 0, now(), NULL',
    '''X'', ''percent'', ''NaN'', NULL, 0, NULL, NULL, 0, now(), NULL',
    '''X'', ''amount'', ''NaN'', ''EUR'', 0, NULL, NULL, 0, now(), NULL',
    '''X'', ''amount'', ''Infinity'', ''EUR'', 0, NULL, NULL, 0, now(), NULL',
    '''X'', ''amount'', 1.001, ''EUR'', 0, NULL, NULL, 0, now(), NULL',
    '''X'', ''amount'', 1, NULL, 0, NULL, NULL, 0, now(), NULL',
    '''X'', ''percent'', 1, NULL, 10, NULL, NULL, 0, now(), NULL',
    '''X'', ''amount'', 1, ''XXY'', 0, NULL, NULL, 0, now(), NULL',
    '''X'', ''percent'', NULL, NULL, 0, NULL, NULL, 0, now(), NULL',
    '''X'', ''free_shipping'', 1, NULL, 0, NULL, NULL, 0, now(), NULL',
    '''X'', ''percent'', 1, ''EUR'', ''NaN'', NULL, NULL, 0, now(), NULL',
    '''X'', ''percent'', 1, ''EUR'', -1, NULL, NULL, 0, now(), NULL',
    '''X'', ''percent'', 1, NULL, 0, 0, NULL, 0, now(), NULL',
    '''X'', ''percent'', 1, NULL, 0, NULL, 0, 0, now(), NULL',
    '''X'', ''percent'', 1, NULL, 0, 1, NULL, 2, now(), NULL',
    '''X'', ''percent'', 1, NULL, 0, 1, NULL, -1, now(), NULL',
    '''X'', ''percent'', 1, NULL, 0, NULL, NULL, 1, now(), NULL',
    '''X'', ''percent'', 1, NULL, 0, NULL, NULL, 0, now(), now()']) AS v;
-- what plain SQL may do: nothing that breaks a limit, or the record
SELECT command, failure(command)
FROM unnest(ARRAY['UPDATE ecommerce.coupons SET redemptions = redemptions + 1 WHERE code = ''TWO''',
    'UPDATE ecommerce.coupons SET max_redemptions = 1 WHERE code = ''TWO''',
    'UPDATE ecommerce.coupons SET max_redemptions = NULL WHERE code = ''TWO''',
    'UPDATE ecommerce.coupons SET max_redemptions_per_user = 5 WHERE code = ''TWO''',
    'UPDATE ecommerce.coupons SET max_redemptions = 5 WHERE code = ''SAVE10''',
    'UPDATE ecommerce.coupons SET max_redemptions_per_user = 2, max_redemptions = 100 '
        || $$WHERE code = 'ONCE'$$,
    'UPDATE ecommerce.coupons SET max_redemptions_per_user = 1 WHERE code = ''ONCE''',
    'UPDATE ecommerce.coupons SET id = ecommerce.uuid_v7()', 'DELETE FROM ecommerce.coupons',
    'TRUNCATE ecommerce.coupons',
    'UPDATE ecommerce.coupon_redemptions SET amount = 0 WHERE released_at IS NULL',
    'UPDATE ecommerce.coupon_redemptions SET amount = 0, released_at = now() '
        'WHERE released_at IS NULL',
    'UPDATE ecommerce.coupon_redemptions SET released_at = NULL WHERE released_at IS NOT NULL',
    'UPDATE ecommerce.coupon_redemptions SET released_at = now() WHERE released_at IS NOT NULL',
    'DELETE FROM ecommerce.coupon_redemptions', 'TRUNCATE ecommerce.coupon_redemptions',
    'UPDATE ecommerce.orders SET status = ''cancelled'' WHERE notes = ''half''']) AS command;
UPDATE ecommerce.coupons SET deleted_at = now() WHERE code = 'TWO';
INSERT INTO ecommerce.coupons (code, kind, value) VALUES ('two', 'percent', 50);
SELECT gross FROM ecommerce.place_order(:'lamp', coupon_codes => '{TWO}', notes => 'new two');
SELECT * FROM ecommerce_internal.promotion_problems();

--
-- Gift cards
--
SELECT id AS card, code FROM ecommerce.issue_gift_card(150, note => 'birthday') \gset
SELECT :'code' ~ '^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$' AS code,
    right(:'code', 4) = last_digits AS last_digits, currency, initial_amount, balance, status,
    valid_to,
    (SELECT count(DISTINCT (ecommerce.issue_gift_card(1)).code)
        FROM generate_series(1, 20)) AS "different"
FROM ecommerce.gift_cards WHERE id = :'card';
-- the code is nowhere
SELECT count(*) FROM ecommerce.gift_cards c
WHERE position(:'code' IN c::text) > 0 OR position(replace(:'code', '-', '') IN c::text) > 0;
-- however it is written
SELECT ecommerce.gift_card_balance(w)
FROM unnest(ARRAY[:'code', lower(:'code'), replace(:'code', '-', ' '),
    translate(:'code', '01', 'oL'), translate(:'code', '01', 'OI')]) AS w;
SELECT ecommerce.gift_card_balance('no such card') AS unknown,
    ecommerce.gift_card_balance(NULL) AS "null";
SELECT (i).id IS NOT NULL AS id, (i).code
FROM ecommerce.issue_gift_card(20, 'EUR', code => 'Shop-2024-00001', user_id => :'maria',
    email => 'maria@example.com') i;
SELECT count(*)
FROM ecommerce.issue_gift_card(20, 'USD', code => 'DOLLAR-00001') a,
    ecommerce.issue_gift_card(20, code => 'EXPIRED-00001', valid_to => now()) b,
    ecommerce.issue_gift_card(20, code => 'BLOCKED-00001') c,
    ecommerce.issue_gift_card(0.05, code => 'CENTS-00001') d;
UPDATE ecommerce.gift_cards SET status = 'blocked'
WHERE code_hash = ecommerce_internal.gift_card_hash('BLOCKED-00001');
SELECT ecommerce.gift_card_balance('BLOCKED-00001') AS blocked,
    ecommerce.gift_card_balance('EXPIRED-00001') AS expired;
SELECT a, failure(format('SELECT ecommerce.issue_gift_card(%s)', a))
FROM unnest(ARRAY['NULL', '0', '-5', '1.005', '''NaN''', '''Infinity''', '1e15', '5, ''XXY''',
    '5, code => ''short''', '5, code => repeat(''A'', 65)', '5, code => ''shop 2o24 oooo1''',
    '5, user_id => ''01930000-0000-7000-8000-0000000000ff''', '5, email => ''nobody''']) AS a;

-- it pays what is owed, if it has as much; the order stays what it is
SELECT net, vat, gross FROM ecommerce.place_order(:'both', notes => 'paid');
SELECT ecommerce.redeem_gift_card('SHOP-2024-00001', id_of('paid')) AS "20";
SELECT amount_paid, payment_status, net, vat, gross,
    ecommerce.gift_card_balance('SHOP-2024-00001') AS left
FROM ecommerce.orders WHERE notes = 'paid';
SELECT ecommerce.redeem_gift_card(:'code', id_of('paid'), 30.5) AS "30.50";
SELECT ecommerce.redeem_gift_card(:'code', id_of('paid')) AS "69.50";
SELECT amount_paid, amount_refunded, payment_status, status,
    ecommerce.gift_card_balance(:'code') AS left
FROM ecommerce.orders WHERE notes = 'paid';
SELECT kind, data - '{payment_id,order_id,refund_id,currency,method}'::text[] AS data
FROM ecommerce.events WHERE entity_id = id_of('paid')
ORDER BY id;
SELECT c.last_digits = right(:'code', 4) AS "the first", e.kind, e.amount,
    e.order_id = id_of('paid') AS "its order", e.created_by = session_user AS by
FROM ecommerce.gift_card_entries e JOIN ecommerce.gift_cards c ON c.id = e.gift_card_id
WHERE c.initial_amount IN (150, 20) AND c.currency = 'EUR' AND c.status = 'active'
    AND c.valid_to IS NULL
ORDER BY e.id;

-- what is refused
SELECT gross FROM ecommerce.place_order(:'lamp', notes => 'open');
SELECT gross FROM ecommerce.place_order(:'lamp', notes => 'closed');
SELECT (ecommerce.cancel_order(id_of('closed'))).status;
SELECT a,
    failure(format('SELECT ecommerce.redeem_gift_card(%s)',
        replace(a, ':code', quote_literal(:'code'))))
FROM unnest(ARRAY['''no such card'', id_of(''open'')', '''DOLLAR-00001'', id_of(''open'')',
    '''EXPIRED-00001'', id_of(''open'')', '''BLOCKED-00001'', id_of(''open'')',
    '''SHOP-2024-00001'', id_of(''open'')',
    '''CENTS-00001'', id_of(''open''), 0.06', ':code, id_of(''open''), 100.01',
    ':code, id_of(''paid'')', ':code, id_of(''paid''), 1', ':code, id_of(''closed'')',
    ':code, id_of(''open''), 0', ':code, id_of(''open''), -1', ':code, id_of(''open''), 1.001',
    ':code, id_of(''open''), ''NaN''',
    'NULL, id_of(''open'')', ':code, NULL', ':code, ''01930000-0000-7000-8000-0000000000ff''',
    ':code, gen_random_uuid()']) AS a;
SELECT o.notes, o.amount_paid, o.payment_status FROM ecommerce.orders o
WHERE notes IN ('open', 'closed') ORDER BY notes;

-- a retry takes nothing more
SELECT ecommerce.redeem_gift_card(:'code', id_of('open'), 10, 'pay'),
    ecommerce.redeem_gift_card(:'code', id_of('open'), 10.00, 'pay');
SELECT ecommerce.redeem_gift_card(:'code', id_of('open'), idempotency_key => 'rest'),
    ecommerce.redeem_gift_card(lower(:'code'), id_of('open'), NULL, 'rest');
SELECT a,
    failure(format('SELECT ecommerce.redeem_gift_card(%s)',
        replace(a, ':code', quote_literal(:'code'))))
FROM unnest(ARRAY[':code, id_of(''open''), 10.01, ''pay''', ':code, id_of(''paid''), 10, ''pay''',
    '''CENTS-00001'', id_of(''open''), 10, ''pay''',
    ':code, id_of(''open''), 1, repeat(''k'', 256)', ':code, id_of(''open''), 1, ''''']) AS a;
SELECT amount_paid, payment_status, ecommerce.gift_card_balance(:'code') AS balance
FROM ecommerce.orders WHERE notes = 'open';

-- refunds go back to the cards, the last one first; never more than they paid
SELECT a, failure(format('SELECT ecommerce.refund_to_gift_card(%s)', a))
FROM unnest(ARRAY['id_of(''paid''), 120.01', 'id_of(''paid''), 0', 'id_of(''paid''), 0.001',
    'id_of(''half'')', 'NULL', '''01930000-0000-7000-8000-0000000000ff''']) AS a;
SELECT ecommerce.refund_to_gift_card(id_of('paid'), 105);
SELECT amount_paid, amount_refunded, payment_status,
    ecommerce.gift_card_balance(:'code') AS "0 + 100",
    ecommerce.gift_card_balance('SHOP-2024-00001') AS "0 + 5"
FROM ecommerce.orders WHERE notes = 'paid';
SELECT failure($$SELECT ecommerce.refund_to_gift_card(id_of('paid'), 15.01)$$);
SELECT ecommerce.refund_to_gift_card(id_of('paid'));
SELECT amount_paid, amount_refunded, payment_status,
    ecommerce.gift_card_balance('SHOP-2024-00001') AS "5 + 15"
FROM ecommerce.orders WHERE notes = 'paid';
SELECT failure($$SELECT ecommerce.refund_to_gift_card(id_of('paid'))$$);
-- a cancelled order gives back the rest, once, also to a card that was blocked meanwhile
SELECT ecommerce.refund_to_gift_card(id_of('open'), 12.34);
UPDATE ecommerce.gift_cards SET status = 'blocked' WHERE id = :'card';
SELECT (ecommerce.cancel_order(id_of('open'))).payment_status,
    (ecommerce.cancel_order(id_of('open'))).previous_status;
SELECT status, amount_paid, amount_refunded, payment_status,
    (SELECT balance FROM ecommerce.gift_cards WHERE id = :'card') AS balance
FROM ecommerce.orders WHERE notes = 'open';
SELECT kind, data - '{payment_id,order_id,refund_id,currency,method}'::text[] AS data
FROM ecommerce.events WHERE entity_id = id_of('open')
ORDER BY id;
UPDATE ecommerce.gift_cards SET status = 'active' WHERE id = :'card';
-- what went back to the card does not go back once more
SELECT gross FROM ecommerce.place_order(:'lamp', notes => 'cash');
SELECT ecommerce.redeem_gift_card(:'code', id_of('cash'));
SELECT status FROM ecommerce.refund_order(id_of('cash'), amount => 99);
SELECT failure($$SELECT ecommerce.refund_to_gift_card(id_of('cash'), 2)$$);
SELECT (ecommerce.cancel_order(id_of('cash'))).status;
SELECT amount_paid, amount_refunded, payment_status,
    ecommerce.gift_card_balance(:'code') AS "50 + 99 + 1"
FROM ecommerce.orders WHERE notes = 'cash';

-- adjusting
SELECT ecommerce.adjust_gift_card(:'card', 9.5, 'goodwill'),
    ecommerce.adjust_gift_card(:'card', -0.5);
SELECT a,
    failure(format('SELECT ecommerce.adjust_gift_card(%s)',
        replace(a, ':card', quote_literal(:'card'))))
FROM unnest(ARRAY[':card, -159.01', ':card, 0', ':card, 0.001', ':card, ''NaN''', ':card, NULL',
    'NULL, 1', '''01930000-0000-7000-8000-0000000000ff'', 1']) AS a;
-- plain SQL cannot overspend a card, nor change the record, nor leave them apart
SELECT command, failure(command)
FROM unnest(ARRAY['UPDATE ecommerce.gift_cards SET balance = -1',
    'UPDATE ecommerce.gift_cards SET balance = ''NaN''',
    'UPDATE ecommerce.gift_cards SET balance = ''Infinity''',
    'UPDATE ecommerce.gift_cards SET balance = balance + 1',
    'UPDATE ecommerce.gift_cards SET currency = ''GBP''',
    'UPDATE ecommerce.gift_cards SET initial_amount = 1',
    'DELETE FROM ecommerce.gift_cards', 'TRUNCATE ecommerce.gift_cards CASCADE',
    'UPDATE ecommerce.gift_card_entries SET amount = amount',
    'DELETE FROM ecommerce.gift_card_entries', 'TRUNCATE ecommerce.gift_card_entries',
    'INSERT INTO ecommerce.gift_cards (code_hash, last_digits, currency, initial_amount, '
        || $$balance) VALUES (sha256('x'), '1234', 'EUR', 10, 10)$$,
    $$INSERT INTO ecommerce.gift_card_entries (gift_card_id, kind, amount) SELECT id, 'adjust', 1 $$
        || 'FROM ecommerce.gift_cards',
    'INSERT INTO ecommerce.gift_card_entries (gift_card_id, kind, amount) '
        || $$SELECT id, 'adjust', 'NaN' FROM ecommerce.gift_cards$$,
    'INSERT INTO ecommerce.gift_card_entries (gift_card_id, kind, amount) '
        || $$SELECT id, 'redeem', -1 FROM ecommerce.gift_cards$$,
    $$INSERT INTO ecommerce.gift_card_entries (gift_card_id, kind, amount) SELECT id, 'issue', -1 $$
        || 'FROM ecommerce.gift_cards']) AS command;
SELECT gross FROM ecommerce.place_order(:'pin', notes => 'pin');
SELECT ecommerce.redeem_gift_card('CENTS-00001', id_of('pin'));
SELECT failure($$UPDATE ecommerce.orders SET status = 'cancelled' WHERE notes = 'pin'$$);
SELECT ecommerce.refund_to_gift_card(id_of('pin'));
UPDATE ecommerce.orders SET status = 'cancelled' WHERE notes = 'pin' RETURNING status;
SELECT * FROM ecommerce_internal.promotion_problems();

--
-- Who may, and whose
--
SELECT ecommerce.create_tenant('Second', 'DE');
SET ecommerce.tenant = 2;
INSERT INTO ecommerce.coupons (code, kind, value) VALUES
    ('THEIRS', 'percent', 50), ('SAVE10', 'percent', 90);
SELECT count(*)
FROM ecommerce.issue_gift_card(500, code => 'THEIRS-00001') a,
    ecommerce.issue_gift_card(500, code => 'SHOP-2024-00001') b;
SET ecommerce.tenant = 1;
CREATE ROLE regress_storefront;
GRANT USAGE ON SCHEMA ecommerce TO regress_storefront;
GRANT EXECUTE ON FUNCTION ecommerce.current_tenant, ecommerce.place_order,
    ecommerce.gift_card_balance, ecommerce.redeem_gift_card(text, text, numeric, text, integer)
    TO regress_storefront;
SET ROLE regress_storefront;
SELECT gross, id AS theirs
FROM ecommerce.place_order(:'lamp', coupon_codes => '{SAVE10}', notes => 'storefront') \gset
SELECT :gross AS gross, ecommerce.redeem_gift_card('SHOP-2024-00001', :'theirs') AS paid,
    ecommerce.gift_card_balance('THEIRS-00001') AS theirs;
SELECT replace(command, :'theirs', '') AS command, failure(command)
FROM unnest(ARRAY[
    format('SELECT ecommerce.place_order(%L, coupon_codes => ''{THEIRS,NOBODYS}'')', :'lamp'),
    format('SELECT ecommerce.place_order(%L, coupon_codes => ''{SAVE10}'', allowances => ''[]'')',
        :'lamp'),
    format('SELECT ecommerce.redeem_gift_card(''THEIRS-00001'', %L)', :'theirs'),
    format('SELECT ecommerce.redeem_gift_card(''THEIRS-00001'', %L, tenant_id => 2)', :'theirs'),
    'SELECT ecommerce.gift_card_balance(''THEIRS-00001'', 2)', 'SELECT FROM ecommerce.coupons',
    'SELECT FROM ecommerce.gift_cards', 'SELECT ecommerce.issue_gift_card(5)',
    'SELECT ecommerce.adjust_gift_card(NULL, 5)',
    'SELECT ecommerce_internal.promotion_problems()']) AS command;
RESET ROLE;
-- helpers of other functions lend nobody their rights
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ecommerce TO regress_storefront;
SET ROLE regress_storefront;
SELECT split_part(command, '(', 1) AS command, failure(command)
FROM unnest(ARRAY[$$SELECT ecommerce_internal.redeem_coupons(1, '{SAVE10}', NULL, NULL, 1, true,
        'EUR', ecommerce.uuid_v7(), now())$$,
    'SELECT ecommerce_internal.release_coupons(1, ecommerce.uuid_v7())',
    'SELECT ecommerce_internal.lock_order(1, ecommerce.uuid_v7())',
    'SELECT ecommerce_internal.return_to_gift_cards(1, ecommerce.uuid_v7(), now(), 1, ''other'')'])
    AS command;
SELECT failure('SELECT ecommerce.issue_gift_card(5, tenant_id => 2)'),
    failure('SELECT ecommerce.issue_gift_card(5, tenant_id => NULL)');
RESET ROLE;
DROP OWNED BY regress_storefront;
DROP ROLE regress_storefront;
SELECT t.tenant_id,
    (SELECT count(*) FROM ecommerce.coupon_redemptions r WHERE r.tenant_id = t.tenant_id)
        > 0 AS redemptions,
    (SELECT sum(balance) FROM ecommerce.gift_cards c
        WHERE c.tenant_id = t.tenant_id AND c.initial_amount = 500) AS untouched
FROM ecommerce.settings t ORDER BY 1;
SELECT t.id, p.*
FROM ecommerce.tenants t, LATERAL (
    SELECT * FROM ecommerce_internal.promotion_problems(tenant_id => t.id)
    UNION ALL SELECT * FROM ecommerce_internal.payment_problems(tenant_id => t.id)) p;

-- every kind of problem is found; triggers are off, as when somebody goes behind their back
CREATE FUNCTION public.problems(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    SET LOCAL session_replication_role = replica;
    BEGIN
        EXECUTE command;
        SELECT string_agg(DISTINCT problem, ', ') INTO found
        FROM ecommerce.tenants t, LATERAL (
            SELECT * FROM ecommerce_internal.promotion_problems(tenant_id => t.id)
            UNION ALL SELECT * FROM ecommerce_internal.payment_problems(tenant_id => t.id)) p;
        RAISE EXCEPTION USING MESSAGE = coalesce(found, 'none');
    EXCEPTION WHEN raise_exception THEN
        RETURN SQLERRM;
    END;
END $$;
SELECT problems(command), command
FROM unnest(ARRAY['SELECT 1',
    'UPDATE ecommerce.coupons SET redemptions = redemptions + 1 WHERE code = ''ONCE''',
    'UPDATE ecommerce.coupon_redemptions r SET released_at = now() FROM ecommerce.coupons k '
        || $$WHERE k.id = r.coupon_id AND k.code = 'ONCE' AND r.user_id IS NULL AND released_at $$
        || 'IS NULL',
    $$UPDATE ecommerce.coupon_redemptions SET email = 'same@example.com' $$
        || 'WHERE email IS NOT NULL AND released_at IS NULL',
    format('UPDATE ecommerce.coupon_redemptions SET user_id = %L WHERE released_at IS NULL',
        :'maria'),
    'UPDATE ecommerce.coupon_redemptions SET coupon_id = ecommerce.uuid_v7() WHERE amount = 90',
    'DELETE FROM ecommerce.coupons WHERE code = ''BIG''',
    'UPDATE ecommerce.coupon_redemptions SET amount = amount + 0.01 WHERE position = 2',
    'UPDATE ecommerce.coupon_redemptions SET order_id = ecommerce.uuid_v7() WHERE position = 2',
    'UPDATE ecommerce.orders SET status = ''cancelled'' WHERE notes = ''half''',
    'UPDATE ecommerce.gift_cards SET balance = balance + 0.01 '
        'WHERE initial_amount = 500 AND tenant_id = 2',
    'DELETE FROM ecommerce.gift_card_entries WHERE kind = ''issue'' AND amount = 500',
    'UPDATE ecommerce.gift_cards SET initial_amount = 501 WHERE initial_amount = 500',
    'UPDATE ecommerce.orders SET amount_paid = amount_paid - 0.01 WHERE notes = ''storefront''',
    'UPDATE ecommerce.orders SET amount_paid = gross + 0.01 WHERE notes = ''storefront''',
    'UPDATE ecommerce.orders SET status = ''cancelled'' WHERE notes = ''storefront''',
    'UPDATE ecommerce.orders SET amount_refunded = 0 WHERE notes = ''paid''',
    'UPDATE ecommerce.orders SET currency = ''GBP'' WHERE notes = ''paid''',
    'UPDATE ecommerce.gift_card_entries SET order_id = ecommerce.uuid_v7() '
        || $$WHERE order_id = id_of('storefront')$$,
    $$UPDATE ecommerce.gift_card_entries SET order_id = id_of('storefront'), order_created_at = $$
        || $$(SELECT created_at FROM ecommerce.orders WHERE notes = 'storefront') $$
        || $$WHERE kind = 'refund' AND order_id = id_of('pin')$$]) AS command;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP FUNCTION id_of, problems;
