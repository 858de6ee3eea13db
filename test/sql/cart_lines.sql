-- Carts by functions: what is put in, what it comes to, and whose it is.
CREATE EXTENSION ecommerce;

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, track_stock, status) VALUES
    ('A', 'Apple', 10, true, 'active'), ('B', 'Bread', 5.55, true, 'active'),
    ('E', 'E-book', 1.99, false, 'active'), ('DRAFT', 'Secret', 7, true, 'draft'),
    ('SHIRT', 'Shirt', 20, true, 'active'), ('GONE', 'Gone', 3, true, 'active');
INSERT INTO ecommerce.products (sku, name, price, parent_id, status)
SELECT v.sku, v.sku, 20, id('SHIRT'), v.status
FROM (VALUES ('SHIRT-S', 'active'), ('SHIRT-M', 'active'), ('SHIRT-L', 'draft')) AS v (sku, status);
UPDATE ecommerce.products SET deleted_at = now() WHERE sku = 'GONE';
SELECT ecommerce.adjust_stock('A', 10, 'receipt'), ecommerce.adjust_stock('B', 3, 'receipt');
SELECT ecommerce.set_backorder_limit('B', 2);
INSERT INTO ecommerce.users (id, email, status) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'ann@example.com', 'active'),
    ('01930000-0000-7000-8000-0000000000a2', 'bob@example.com', 'active'),
    ('01930000-0000-7000-8000-0000000000a3', 'cat@example.com', 'blocked');
\set ann '''01930000-0000-7000-8000-0000000000a1'''
\set guest '''guest-session-01'''
CREATE FUNCTION pg_temp.line(l ecommerce.cart_line) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', l.quantity, l.sku, l.unit_price, l.price, l.available, l.for_sale) $$;
CREATE FUNCTION pg_temp.cart(session text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT pg_temp.line(l) FROM ecommerce.cart_lines(session_id => session) l $$;

-- a cart is made with the first line; units add up; more than there is is told, not refused
SELECT pg_temp.line(ecommerce.cart_add('A', session_id => :guest)) AS first;
SELECT pg_temp.line(ecommerce.cart_add('A', 2, session_id => :guest)) AS more;
SELECT pg_temp.line(ecommerce.cart_add(id('B'), 7, session_id => :guest)) AS short;
SELECT pg_temp.line(
    ecommerce.cart_add(id('E')::text, 1000000000, session_id => :guest)) AS untracked;
SELECT pg_temp.line(ecommerce.cart_set_quantity('E', 2, session_id => :guest)) AS set,
    pg_temp.line(ecommerce.cart_set_quantity('E', 2, session_id => :guest)) AS again;
SELECT * FROM pg_temp.cart(:guest);
SELECT count(*), min(status) FROM ecommerce.carts;
SELECT * FROM books() ORDER BY sku LIMIT 2;

-- what no cart takes
SELECT call, failure(format('SELECT ecommerce.cart_%s, session_id => ''guest-session-01'')', call),
    true) AS failure
FROM unnest(ARRAY[
    'add(''NONE''', 'add(''GONE''', 'add(''DRAFT''', 'add(''SHIRT''', 'add(NULL::text',
    'add(NULL::uuid', 'add(''A'', NULL', 'add(''A'', 0', 'add(''A'', -1', 'add(''A'', 1000000001',
    'add(''A'', 1000000000', 'add(''A'', 9223372036854775807',
    'add(''01930000-0000-7000-8000-0000000000ff''', 'set_quantity(''A'', -1',
    'set_quantity(''A'', NULL', 'set_quantity(''DRAFT'', 1', 'set_quantity(''NONE'', 0',
    'remove(''NONE''', 'remove(NULL::uuid', 'remove(NULL::text',
    'set_coupons(NULL', 'set_coupons(''{NULL}''', 'set_coupons(''{A,""}''',
    'set_coupons(array_fill(''A''::text, ''{21}'')',
    'set_coupons(ARRAY[repeat(''A'', 51)]']) AS call;
SELECT call, failure(format('SELECT ecommerce.cart_add(''A''%s)', call), true) AS failure
FROM unnest(ARRAY['', ', session_id => NULL', ', session_id => ''short''',
    ', session_id => repeat(''x'', 256)',
    ', cart_id => ''01930000-0000-7000-8000-0000000000c9''',
    ', user_id => ''01930000-0000-7000-8000-0000000000a3''',
    ', user_id => ''01930000-0000-7000-8000-0000000000a9''',
    ', user_id => ''01930000-0000-7000-8000-0000000000a1'', session_id => ''guest-session-01''',
    ', session_id => ''guest-session-01'', tenant_id => 2',
    ', session_id => ''guest-session-01'', tenant_id => NULL']) AS call;
SELECT * FROM pg_temp.cart(:guest);

-- lines go, once
SELECT pg_temp.line(ecommerce.cart_remove('B', session_id => :guest)) AS removed,
    pg_temp.line(ecommerce.cart_remove(id('B'), session_id => :guest)) AS again,
    pg_temp.line(ecommerce.cart_set_quantity('E', 0, session_id => :guest)) AS to_zero,
    pg_temp.line(ecommerce.cart_remove(id('DRAFT'), session_id => 'nobody-has-a-cart')) AS nothing;
SELECT * FROM pg_temp.cart(:guest);
SELECT count(*) FROM ecommerce.cart_lines(session_id => 'nobody-has-a-cart');
SELECT count(*) FROM ecommerce.carts;

-- totals are those of an order; what is short, dearer, or gone is told
SELECT ecommerce.cart_add('B', 6, session_id => :guest) IS NOT NULL,
    ecommerce.cart_add('SHIRT-S', session_id => :guest) IS NOT NULL,
    ecommerce.cart_add('SHIRT-M', session_id => :guest) IS NOT NULL;
UPDATE ecommerce.products SET price = 12.50 WHERE sku = 'A';
UPDATE ecommerce.products SET status = 'inactive' WHERE sku = 'SHIRT-S';
UPDATE ecommerce.products SET deleted_at = now() WHERE sku = 'SHIRT-M';
CREATE FUNCTION pg_temp.shown(t jsonb, OUT lines text, OUT gross text, OUT short jsonb,
    OUT price_changed jsonb, OUT unavailable text, OUT coupons jsonb) LANGUAGE sql AS $$
    SELECT (SELECT string_agg(concat_ws(' ', l ->> 'quantity', l ->> 'sku', l ->> 'gross'), ', ')
            FROM jsonb_array_elements(t -> 'lines') l),
        concat_ws(' ', t #>> '{totals,gross}', t ->> 'currency', t ->> 'country'), t -> 'short',
        t -> 'price_changed',
        (SELECT string_agg(concat_ws(' ', u ->> 'quantity', u ->> 'sku', u ->> 'reason'), ', ')
         FROM jsonb_array_elements(t -> 'unavailable') u), t -> 'coupons' $$;
SELECT * FROM pg_temp.shown(ecommerce.cart_totals(session_id => :guest)) \gx
SELECT * FROM pg_temp.cart(:guest);
SELECT failure(format('SELECT ecommerce.place_order(cart_id => %L)', id)) FROM ecommerce.carts;
SELECT pg_temp.line(ecommerce.cart_remove('SHIRT-S', session_id => :guest)) AS removed,
    pg_temp.line(ecommerce.cart_remove('SHIRT-M', session_id => :guest)) AS removed;
SELECT failure(format('SELECT ecommerce.place_order(cart_id => %L)', id)) FROM ecommerce.carts;
SELECT lines, units, changed FROM ecommerce.cart_accept_prices(session_id => :guest);
SELECT lines, units, changed FROM ecommerce.cart_accept_prices(session_id => :guest);
SELECT failure(format('SELECT ecommerce.place_order(cart_id => %L)', id)) FROM ecommerce.carts;
SELECT pg_temp.line(ecommerce.cart_set_quantity('B', 5, session_id => :guest)) AS set;

-- coupons are kept with the cart, for its totals and its order
INSERT INTO ecommerce.coupons (code, kind, value) VALUES ('TEN', 'percent', 10);
SELECT lines, units, changed
FROM ecommerce.cart_set_coupons('{" ten ",Ten,old}', session_id => :guest);
SELECT lines, units, changed
FROM ecommerce.cart_set_coupons('{TEN,OLD}', session_id => :guest);
SELECT gross, coupons FROM pg_temp.shown(ecommerce.cart_totals(session_id => :guest));
SELECT failure(format('SELECT ecommerce.place_order(cart_id => %L)', id)) FROM ecommerce.carts;
SELECT lines, units, changed FROM ecommerce.cart_set_coupons('{ten}', session_id => :guest);
SELECT gross, coupons FROM pg_temp.shown(ecommerce.cart_totals(session_id => :guest));
SELECT gross, coupons
FROM pg_temp.shown(ecommerce.cart_totals(session_id => :guest, coupon_codes => '{}'));
SELECT gross, lines FROM pg_temp.shown(ecommerce.cart_totals(session_id => :guest,
    shipping_address => '{"country": "DE"}',
    request => '{"charges": [{"kind": "shipping", "amount": 4.90}], "email": "a@example.com"}'));
SELECT request, failure(format('SELECT ecommerce.cart_totals(session_id => ''guest-session-01'',
    shipping_address => ''{}'', request => %L)', request))
FROM unnest(ARRAY['[]', '"x"', '{"items": []}', '{"cart_id": null}', '{"user_id": 1}',
    '{"shipping_address": {}}', '{"coupon_codes": []}', '{"colour": 1}', 'null']) AS request;
SELECT id AS cart FROM ecommerce.carts \gset
SELECT gross FROM ecommerce.quote_order(jsonb_build_object('cart_id', :'cart')) q,
    jsonb_to_record(q -> 'totals') AS t (gross numeric);
SELECT failure(format('SELECT ecommerce.place_order(cart_id => %L, expected_total => 65.25)',
    :'cart'));
SELECT gross FROM ecommerce.place_order(cart_id => :'cart', expected_total => 58.72);
SELECT amount FROM ecommerce.coupon_redemptions;
SELECT call, failure(format('SELECT ecommerce.cart_%s cart_id => %L)', call, :'cart'))
FROM unnest(ARRAY['add(''A'',', 'set_quantity(''A'', 1,', 'remove(''A'',', 'clear(', 'totals(',
    'accept_prices(', 'set_coupons(''{}'',']) AS call;
SELECT gross FROM pg_temp.shown(ecommerce.cart_totals(session_id => :guest));
SELECT * FROM books() ORDER BY sku LIMIT 2;

-- the next line of the same session makes another cart; a coupon before any line does, too
SELECT pg_temp.line(ecommerce.cart_add('A', session_id => :guest));
SELECT lines, units, changed FROM ecommerce.cart_set_coupons('{X}', user_id => :ann);
SELECT failure(format('SELECT ecommerce.cart_set_coupons(%L, user_id => %L)', c, :ann))
FROM unnest(ARRAY['{{X,Y},{A,B}}', '{NULL}']) c;
SELECT gross, coupons FROM pg_temp.shown(ecommerce.cart_totals(user_id => :ann));
SELECT status, user_id IS NULL AS guest, coupon_codes FROM ecommerce.carts ORDER BY id;
SELECT lines, units, changed FROM ecommerce.cart_clear(user_id => :ann);
SELECT lines, units, changed FROM ecommerce.cart_clear(session_id => :guest);
SELECT lines, units, changed FROM ecommerce.cart_clear(session_id => 'nobody-has-a-cart');
SELECT status, coupon_codes FROM ecommerce.carts WHERE status = 'open';

-- a cart has 1000 products at most
SET client_min_messages = warning;
INSERT INTO ecommerce.products (sku, name, price, track_stock)
SELECT 'P' || n, 'P' || n, n, false FROM generate_series(1, 1000) n;
INSERT INTO ecommerce.cart_items (cart_id, product_id)
SELECT c.id, p.id FROM ecommerce.carts c, ecommerce.products p
WHERE c.session_id = :guest AND c.status = 'open' AND p.sku LIKE 'P%';
SELECT failure('SELECT ecommerce.cart_add(''A'', session_id => ''guest-session-01'')');
SELECT pg_temp.line(ecommerce.cart_add('P1', session_id => :guest));
SELECT ecommerce.cart_totals(session_id => :guest) #>> '{totals,gross}' AS gross;
SELECT * FROM ecommerce.verify_integrity();

-- another tenant whose product has the same id changes nothing
SELECT ecommerce.create_tenant('Twin', 'GR') AS twin;
INSERT INTO ecommerce.products
SELECT (jsonb_populate_record(p, '{"tenant_id": 2, "price": 0.5}')).* FROM ecommerce.products p
WHERE sku = 'A';
SET ecommerce.tenant = 2;
SELECT ecommerce.adjust_stock('A', 1000, 'receipt');
SET ecommerce.tenant = 1;
SELECT pg_temp.line(ecommerce.cart_add('A', session_id => 'guest-of-the-twin'));

-- an order that differs from its cart is found
ALTER TABLE ecommerce.cart_items DISABLE TRIGGER open_cart;
UPDATE ecommerce.cart_items SET quantity = 9 WHERE cart_id = :'cart' AND product_id = id('A');
ALTER TABLE ecommerce.cart_items ENABLE TRIGGER open_cart;
SELECT problem, detail - '{order_id,product_id}'::text[] AS detail
FROM ecommerce_internal.cart_problems();
SELECT count(*) FROM ecommerce_internal.cart_problems(now() - interval '1 day');
SELECT count(*) FROM ecommerce_internal.cart_problems(now() + interval '2 days');

DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
