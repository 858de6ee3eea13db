-- Quotes become orders at their price, once, while they are valid.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
UPDATE ecommerce.settings SET country = 'GR', currency = 'EUR', prices = 'net', oss = true;
INSERT INTO ecommerce.products (id, sku, name, price, vat_class, track_stock) VALUES
    ('01930000-0000-7000-8000-0000000000b1', 'A', 'A', 10.00, 'standard', true),
    ('01930000-0000-7000-8000-0000000000b2', 'B', 'B', 0.333, 'reduced', false);
SELECT ecommerce.adjust_stock('A', 10, 'receipt');
INSERT INTO ecommerce.coupons (code, kind, value, currency, max_redemptions) VALUES
    ('TEN', 'percent', 10, 'EUR', 1);
INSERT INTO ecommerce.users (id, email) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'a@example.com'),
    ('01930000-0000-7000-8000-0000000000a2', 'b@example.com');
CREATE FUNCTION public.made(request jsonb, valid interval DEFAULT '1 day') RETURNS uuid
LANGUAGE sql AS $$ SELECT id FROM ecommerce.create_quote(request, now() + valid) $$;

-- kept: what was asked for, and what it comes to
SELECT q.status, q.currency, q.net, q.vat, q.gross, q.quote_number ~ '^Q-[0-9]{6}-' AS number
FROM ecommerce.create_quote('{"items": [{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 7}],
    "coupon_codes": ["ten"], "user_id": "01930000-0000-7000-8000-0000000000a1", "notes": "offer",
    "charges": [{"kind": "shipping", "amount": 4.90}], "allowances": [{"amount": 1, "reason":
        "loyal"}], "shipping_address": {"country": "GR"}}', now() + interval '1 day') q;
SELECT quote_number AS number, id AS quote FROM ecommerce.quotes \gset
SELECT request, user_id, email, document -> 'totals' ->> 'gross' AS gross FROM ecommerce.quotes;
SELECT kind, data - 'valid_until' - 'quote_number' AS data FROM ecommerce.events
WHERE entity_id = :'quote';

-- its price holds, though prices have changed, and whatever their order of lines
UPDATE ecommerce.products SET price = price * 2;
SELECT failure($$ SELECT ecommerce.place_order('[{"sku": "A", "quantity": 1,
    "unit_price": 10.00}]') $$) AS elsewhere;
SELECT o.currency, o.net, o.vat, o.gross
FROM ecommerce.accept_quote(:'number', 'the key') o;
SELECT i.line_number, i.sku, i.quantity, i.unit_price, i.discount, i.net, i.vat,
    l -> 'net' = to_jsonb(i.net) AND l -> 'vat' = to_jsonb(i.vat) AS as_quoted
FROM ecommerce.order_items i, ecommerce.quotes q, jsonb_array_elements(q.document -> 'lines') l
WHERE (l ->> 'line')::integer = i.line_number ORDER BY 1;
SELECT q.status, o.user_id = q.user_id AS customer, o.email, o.notes, o.net = q.net AS net,
    o.gross = q.gross AS gross FROM ecommerce.quotes q JOIN ecommerce.orders o ON o.id = q.order_id;
SELECT redemptions FROM ecommerce.coupons;
SELECT kind, data ? 'order_id' AS ordered FROM ecommerce.events WHERE entity_id = :'quote'
ORDER BY id;
-- once: a retry gets the same order
SELECT o.id = q.order_id AS same FROM ecommerce.quotes q, ecommerce.accept_quote(q.id, 'the key') o;
SELECT failure(format('SELECT ecommerce.accept_quote(%s)', a)) FROM unnest(ARRAY[
    format('%L', :'number'), format('%L, ''another''', :'number'), format('%L, NULL', :'number'),
    '''Q-none''', 'NULL::uuid', 'ecommerce.uuid_v7()', '''x'', ''''', '''x'', tenant_id => NULL',
    format('%L, repeat(''x'', 256)', :'number')]) a;
SELECT failure(format('SELECT ecommerce.accept_quote(%L, %L)', public.made(items('B', 1)),
    'the key')) AS key_of_another;
SELECT count(*) AS orders FROM ecommerce.orders;

-- bad requests
SELECT failure(format('SELECT ecommerce.create_quote(%s)', a)) FROM unnest(ARRAY[
    'NULL, now()', '''[]'', NULL', '''[]'', now() + interval ''1 day''',
    '''{}'', now() + interval ''1 day''', '''1'', now() + interval ''1 day''',
    'items(''A'', 1), ''2020-01-01''', 'items(''A'', 1), ''infinity''',
    'items(''NONE'', 1), ''2100-01-01''',
    '''{"items": [{"sku": "A", "quantity": 1}], "placed_at": "2020-01-01"}'', ''2100-01-01''',
    '''{"items": [{"sku": "A", "quantity": 1}], "idempotency_key": "k"}'', ''2100-01-01''',
    '''{"items": [{"sku": "A", "quantity": 1}], "coupon_codes": ["NO", "ten"]}'', ''2100-01-01''',
    '''{"items": [{"sku": "A", "quantity": 1, "unit_price": 1}]}'', ''2100-01-01''',
    'items(''A'', 1), ''2100-01-01'', 2']) a;

-- from a cart, whose user is the customer; the cart stays open
INSERT INTO ecommerce.carts (id, user_id) VALUES ('01930000-0000-7000-8000-0000000000c1',
    '01930000-0000-7000-8000-0000000000a2');
INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity)
VALUES ('01930000-0000-7000-8000-0000000000c1', '01930000-0000-7000-8000-0000000000b1', 3);
SELECT public.made('{"cart_id": "01930000-0000-7000-8000-0000000000c1"}') AS cart_quote \gset
SELECT request, user_id FROM ecommerce.quotes WHERE id = :'cart_quote';
SELECT gross FROM ecommerce.accept_quote(:'cart_quote'::uuid);
SELECT status FROM ecommerce.carts;

-- stock, customers and goods are those of when it is accepted; afterwards it is open as before
SELECT public.made(items('A', 6)) AS short \gset
SELECT failure(format('SELECT ecommerce.accept_quote(%L::uuid)', :'short')) AS short;
UPDATE ecommerce.products SET status = 'inactive' WHERE sku = 'A';
SELECT failure(format('SELECT ecommerce.accept_quote(%L::uuid)', :'short')) AS not_for_sale;
UPDATE ecommerce.products SET status = 'active' WHERE sku = 'A';
SELECT status FROM ecommerce.quotes WHERE id = :'short';
-- VAT is that of the day: another total is refused
SELECT public.made(items('A', 1)) AS taxed \gset
UPDATE ecommerce.products SET vat_class = 'reduced' WHERE sku = 'A';
SELECT failure(format('SELECT ecommerce.accept_quote(%L::uuid)', :'taxed')) AS vat_changed;
UPDATE ecommerce.products SET vat_class = 'standard' WHERE sku = 'A';
-- the coupon is used up
SELECT failure($$ SELECT ecommerce.create_quote('{"items": [{"sku": "A", "quantity": 1}],
    "coupon_codes": ["TEN"]}', now() + interval '1 day') $$) AS coupon;

-- withdrawn, expired
SELECT q.status FROM ecommerce.withdraw_quote(:'taxed'::uuid, 'changed mind') q;
SELECT q.status FROM ecommerce.withdraw_quote(:'taxed'::uuid) q;
SELECT failure(format('SELECT ecommerce.accept_quote(%L::uuid)', :'taxed')) AS withdrawn;
SELECT failure(format('SELECT ecommerce.withdraw_quote(%L)', :'number')) AS ordered;
SELECT failure('SELECT ecommerce.withdraw_quote(''none'')') AS unknown;
SELECT ecommerce.expire_quotes() AS expired;
SET session_replication_role = replica;
UPDATE ecommerce.quotes SET valid_until = now() WHERE id = :'short';
RESET session_replication_role;
SELECT failure(format('SELECT ecommerce.accept_quote(%L::uuid)', :'short')) LIKE
    'EC037 | the quote cannot be accepted: expired%' AS expired;
SELECT failure(format('SELECT ecommerce.expire_quotes(%s)', n)) FROM unnest(ARRAY['-1', 'NULL']) n;
SELECT ecommerce.expire_quotes(0) AS none, ecommerce.expire_quotes() AS expired;
SELECT failure(format('SELECT ecommerce.withdraw_quote(%L::uuid)', :'short')) AS expired;
SELECT kind, count(*) FROM ecommerce.events WHERE kind LIKE 'quote.%' GROUP BY 1 ORDER BY 1;

-- a trigger that accepts meanwhile: nothing is placed twice
SELECT public.made(items('B', 3)) AS nested \gset
CREATE FUNCTION public.nest() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_catalog AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        PERFORM ecommerce.accept_quote(current_setting('nest.quote')::uuid);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER nest BEFORE INSERT ON ecommerce.orders FOR EACH ROW EXECUTE FUNCTION nest();
SELECT set_config('nest.quote', :'nested', false) IS NULL;
SELECT failure(format('SELECT ecommerce.accept_quote(%L::uuid)', :'nested')) AS nested;
DROP TRIGGER nest ON ecommerce.orders;
SELECT status FROM ecommerce.quotes WHERE id = :'nested';

-- a storefront accepts quotes of its customer, and knows no others
CREATE ROLE shop_window;
SELECT count(*) > 0 AS granted FROM ecommerce.grant_access('shop_window', 'storefront');
GRANT USAGE ON SCHEMA public TO shop_window;
SELECT public.made('{"items": [{"sku": "B", "quantity": 3}], "allowances": [{"amount": 1}],
    "user_id": "01930000-0000-7000-8000-0000000000a1"}') AS own \gset
SELECT quote_number AS own_number FROM ecommerce.quotes WHERE id = :'own' \gset
SET ROLE shop_window;
SELECT count(*) FROM ecommerce.quotes;
BEGIN;
SELECT ecommerce.use_customer('01930000-0000-7000-8000-0000000000a2') IS NULL;
SELECT failure(format('SELECT ecommerce.accept_quote(%L)', q)) FROM unnest(ARRAY[:'own',
    :'own_number', :'nested', 'Q-none', '01930000-0000-7000-8000-0000000000ff']) q;
SELECT failure(format('SELECT ecommerce.accept_quote(%L::uuid)', :'own')) AS by_id;
COMMIT;
BEGIN;
SELECT ecommerce.use_customer('01930000-0000-7000-8000-0000000000a1') IS NULL;
SELECT status, gross FROM ecommerce.quotes ORDER BY id;
SELECT failure(c) FROM unnest(ARRAY['SELECT ecommerce.create_quote(''[]'', now())',
    'SELECT ecommerce.withdraw_quote(''x'')', 'UPDATE ecommerce.quotes SET gross = 0',
    'SELECT ecommerce.expire_quotes()', 'SELECT request FROM ecommerce.quotes',
    'SELECT ecommerce_internal.place_quoted_order(''[]'', 1)']) c;
SELECT gross FROM ecommerce.accept_quote(:'own_number');
SELECT status, gross FROM ecommerce.quotes ORDER BY id;
COMMIT;
RESET ROLE;

-- plain SQL: what was promised never changes
SELECT failure(format(c, :'nested')) FROM unnest(ARRAY[
    'UPDATE ecommerce.quotes SET gross = 1, net = 1, vat = 0 WHERE id = %L',
    'UPDATE ecommerce.quotes SET valid_until = ''2100-01-01'' WHERE id = %L',
    'UPDATE ecommerce.quotes SET request = ''{}'' WHERE id = %L',
    'UPDATE ecommerce.quotes SET document = ''{}'' WHERE id = %L',
    'UPDATE ecommerce.quotes SET idempotency_key = ''k'' WHERE id = %L',
    'UPDATE ecommerce.quotes SET status = ''ordered'' WHERE id = %L',
    'UPDATE ecommerce.quotes SET status = ''ordered'', order_id = (SELECT order_id FROM
        ecommerce.quotes WHERE status = ''ordered'' LIMIT 1) WHERE id = %L',
    'DELETE FROM ecommerce.quotes WHERE id = %L', 'TRUNCATE ecommerce.quotes /* %s */',
    'INSERT INTO ecommerce.quotes (id, quote_number, status, request, document, currency, net, vat,
        gross, valid_until) SELECT ecommerce.uuid_v7(), ''x'', ''expired'', request, document,
        currency, net, vat, gross, valid_until FROM ecommerce.quotes WHERE id = %L',
    'INSERT INTO ecommerce.quotes (id, quote_number, request, document, currency, net, vat,
        gross, valid_until) SELECT ecommerce.uuid_v7(), ''x'', request, document,
        currency, 0, 0, 0, valid_until FROM ecommerce.quotes WHERE id = %L']) c;
-- of one that is over, what says whose it was may go
UPDATE ecommerce.quotes SET request = '{}', email = NULL, user_id = NULL WHERE id = :'own';
SELECT * FROM ecommerce.verify_integrity();
-- another tenant knows none of them
SELECT ecommerce.create_tenant('Second', 'DE') AS second;
SELECT failure(format('SELECT ecommerce.accept_quote(%L::uuid, tenant_id => 2)', :'nested')),
    failure(format('SELECT ecommerce.withdraw_quote(%L::uuid, tenant_id => 2)', :'nested'));
-- what a proof must find
SET session_replication_role = replica;
UPDATE ecommerce.quotes SET net = net + 1, gross = gross + 1 WHERE id = :'own';
SELECT problem, detail - 'order_id' AS detail FROM ecommerce.verify_integrity() ORDER BY 1;
RESET session_replication_role;

SET client_min_messages = warning;
DROP OWNED BY shop_window;
DROP ROLE shop_window;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
