-- Email addresses, and by what a coupon knows that a customer has had it.
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('PEN', 'Pen', 10, false);

-- what is an address, and what becomes of it
CREATE TEMP TABLE addresses AS
SELECT * FROM (VALUES ('plain', 'ann@example.com'), ('trimmed', E' \t bob@example.com\r\n'),
    ('unseen at its ends', U&'\00A0\FEFFcarol@example.com\200B\2060'),
    ('Greek', 'άννα@παράδειγμα.gr'), ('quoted', '"a.b"@[192.0.2.1]'),
    ('plus', 'ann+1@example.com'),
    ('254 characters', repeat('a', 242) || '@example.com'),
    ('255 characters', repeat('a', 243) || '@example.com'), ('empty', ''), ('blank', ' '),
    ('no @', 'ann'), ('two', 'ann@bob@example.com'), ('nobody', '@example.com'),
    ('nowhere', 'ann@'), ('a blank', 'ann smith@example.com'),
    ('a line break', E'ann@example.com\nBcc: all@example.com'), ('a tab', E'ann\t@example.com'),
    ('a no-break space', U&'ann@exam\00A0ple.com'), ('a zero width', U&'an\200Bn@example.com'),
    ('a soft hyphen', U&'ann@exam\00ADple.com'), ('a mark of direction', U&'ann@\202Eexample.com'),
    ('a control', E'ann\x07@example.com')) AS v (what, email);
-- one rule for all that have one: made as it is expected, or refused
CREATE FUNCTION pg_temp.stored(relation text, email text, command text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    stored text;
BEGIN
    EXECUTE command USING email;
    EXECUTE format('SELECT email FROM ecommerce.%I ORDER BY id DESC LIMIT 1', relation) INTO stored;
    RETURN CASE WHEN length(stored) > 40 THEN length(stored)::text ELSE '[' || stored || ']' END;
EXCEPTION WHEN check_violation OR invalid_parameter_value OR string_data_right_truncation THEN
    RETURN SQLSTATE;
END $$;
SELECT what,
    pg_temp.stored('users', email, 'INSERT INTO ecommerce.users (email) VALUES ($1)') AS users,
    pg_temp.stored('admins', email, 'INSERT INTO ecommerce.admins (email, name, password_hash)
        VALUES ($1, ''A'', repeat(''x'', 20))') AS admins,
    pg_temp.stored('gift_cards', email, 'SELECT ecommerce.issue_gift_card(5, email => $1)')
        AS gift_cards,
    pg_temp.stored('orders', email, $$SELECT ecommerce.place_order(items('PEN'), email => $1)$$)
        AS orders,
    pg_temp.stored('orders', email, $$SELECT ecommerce.place_orders(ARRAY[
        jsonb_build_object('email', $1, 'items', items('PEN'))])$$) AS batch
FROM addresses;
SELECT failure('INSERT INTO ecommerce.users (email) VALUES (''a b@example.com'')') AS users,
    failure('UPDATE ecommerce.users SET email = ''a b@example.com''') AS "update",
    failure($$SELECT ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]',
        email => 'a b@example.com')$$) AS place_order;
-- plain SQL may not write to an order what place_order() refuses
SELECT what, failure(format('UPDATE ecommerce.orders SET email = %L', email)) AS failure
FROM addresses WHERE what IN ('plain', 'trimmed', 'two', 'a line break');
-- in any case and form, one user and one admin of an address
SELECT email, failure(format('INSERT INTO ecommerce.users (email) VALUES (%L)', email)) AS users,
    failure(format('INSERT INTO ecommerce.admins (email, name, password_hash)
        VALUES (%L, ''A'', repeat(''x'', 20))', email)) AS admins
FROM unnest(ARRAY['ANN@Example.COM', ' ann@example.com', 'ΆΝΝΑ@ΠΑΡΆΔΕΙΓΜΑ.gr',
    'ΑΝΝΑ@ΠΑΡΑΔΕΙΓΜΑ.GR']) AS email;
UPDATE ecommerce.users SET email = U&'\2003Ann@example.com\3000'
WHERE email = 'ann@example.com' RETURNING email;

-- once for each customer, by whatever they are known
INSERT INTO ecommerce.coupons (code, kind, value, currency, max_redemptions_per_user)
SELECT 'ONCE' || n, 'amount', 1, 'EUR', 1 FROM generate_series(1, 9) n;
INSERT INTO ecommerce.coupons (code, kind, value, currency, max_redemptions_per_user) VALUES
    ('TWICE', 'amount', 1, 'EUR', 2);
INSERT INTO ecommerce.users (id, email) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'Maria@example.com'),
    ('01930000-0000-7000-8000-0000000000a2', 'nikos@example.com');
\set maria '01930000-0000-7000-8000-0000000000a1'
\set nikos '01930000-0000-7000-8000-0000000000a2'
-- buy(coupon, user, address): whether it was redeemed
CREATE FUNCTION pg_temp.buy(code text, user_id uuid, email text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]', coupon_codes => ARRAY[code],
        user_id => buy.user_id, email => buy.email, notes => code);
    RETURN 'redeemed';
EXCEPTION WHEN SQLSTATE 'EC019' THEN
    RETURN 'refused';
END $$;
SELECT pg_temp.buy('ONCE1', NULL, 'x@example.com') AS "a guest",
    pg_temp.buy('ONCE1', NULL, U&' X@example.com\00A0') AS "with blanks";
SELECT pg_temp.buy('ONCE2', NULL, 'maria@example.com') AS "a guest",
    pg_temp.buy('ONCE2', :'maria', NULL) AS "account later",
    pg_temp.buy('ONCE2', :'maria', 'other@example.com') AS "with another address",
    pg_temp.buy('ONCE2', :'nikos', 'MARIA@example.com') AS "another's account";
SELECT pg_temp.buy('ONCE3', :'maria', 'other@example.com') AS "another address",
    pg_temp.buy('ONCE3', :'maria', 'third@example.com') AS "a third",
    pg_temp.buy('ONCE3', NULL, 'Maria@Example.com') AS "a guest",
    pg_temp.buy('ONCE3', NULL, 'OTHER@example.com') AS "as the other",
    pg_temp.buy('ONCE3', :'nikos', 'other@example.com') AS "another's account",
    pg_temp.buy('ONCE3', :'nikos', NULL) AS "another customer";
-- the account gets another address in between
SELECT pg_temp.buy('ONCE4', :'maria', 'other@example.com') AS "before";
UPDATE ecommerce.users SET email = 'new@example.com' WHERE id = :'maria';
SELECT pg_temp.buy('ONCE4', NULL, 'maria@example.com') AS "the old one",
    pg_temp.buy('ONCE4', NULL, 'new@example.com') AS "the new one",
    pg_temp.buy('ONCE4', :'maria', NULL) AS "the account";
-- and is deleted, and opened again
UPDATE ecommerce.users SET deleted_at = now() WHERE id = :'maria';
INSERT INTO ecommerce.users (id, email) VALUES
    ('01930000-0000-7000-8000-0000000000a3', 'maria@example.com'),
    ('01930000-0000-7000-8000-0000000000a4', 'new@example.com');
SELECT pg_temp.buy('ONCE4', '01930000-0000-7000-8000-0000000000a3', 'm@example.com') AS "old one",
    pg_temp.buy('ONCE4', '01930000-0000-7000-8000-0000000000a4', NULL) AS "never used";
SELECT pg_temp.buy('TWICE', NULL, 'nikos@example.com') AS "1",
    pg_temp.buy('TWICE', :'nikos', 'n@example.com') AS "2",
    pg_temp.buy('TWICE', :'nikos', NULL) AS "3",
    pg_temp.buy('TWICE', NULL, 'nikos@example.com') AS "4";
-- a cart is its user's, whatever address is given
INSERT INTO ecommerce.carts (id, user_id) VALUES
    ('01930000-0000-7000-8000-0000000000c1', :'nikos');
INSERT INTO ecommerce.cart_items (cart_id, product_id)
SELECT '01930000-0000-7000-8000-0000000000c1', id FROM ecommerce.products;
SELECT gross FROM ecommerce.place_order(cart_id => '01930000-0000-7000-8000-0000000000c1',
    email => 'cart@example.com', coupon_codes => '{ONCE5}');
SELECT pg_temp.buy('ONCE5', NULL, 'nikos@example.com') AS "a guest";
-- in a batch, too
SELECT failure(format('SELECT ecommerce.place_orders(ARRAY[%s])', string_agg(format('%L::jsonb',
    jsonb_build_object('items', '[{"sku": "PEN", "quantity": 1}]'::jsonb,
        'coupon_codes', '["ONCE6"]'::jsonb) || who), ', ')))
FROM unnest(ARRAY[jsonb_build_object('user_id', :'nikos', 'email', 'b@example.com'),
    '{"email": " Nikos@example.com"}']) AS who;
-- what was given back may be used again
SELECT pg_temp.buy('ONCE7', NULL, 'nikos@example.com');
SELECT (ecommerce.cancel_order(id)).status FROM ecommerce.orders WHERE notes = 'ONCE7';
SELECT pg_temp.buy('ONCE7', :'nikos', NULL), pg_temp.buy('ONCE7', NULL, 'nikos@example.com');
SELECT k.code, r.user_id, r.email, r.account_email, r.released_at IS NULL AS counts
FROM ecommerce.coupon_redemptions r JOIN ecommerce.coupons k ON k.id = r.coupon_id
ORDER BY k.code, r.created_at, r.order_id;
SELECT failure($$UPDATE ecommerce.coupon_redemptions SET account_email = NULL$$);
-- what stands around an address, and dots where none may be, would be another customer
SELECT address, ecommerce_internal.email_valid(address)
FROM unnest(ARRAY['ann@example.org', 'a.b+c@example.co.uk', E'\u03b1@\u03b2.gr', 'ann@example.org.',
    '.ann@example.org', 'ann.@example.org', 'ann@.example.org', 'ann@example..org',
    '<ann@example.org>', 'mailto:ann@example.org', 'ann@example.org;', 'ann@example.org,b',
    '"ann"@example.org',
    'ann@b@example.org', '@example.org', 'ann@', E'\uff41nn@example.org']) AS address;
-- nor does a trigger get it twice that orders again before the first one is written
INSERT INTO ecommerce.coupons (code, kind, value, max_redemptions_per_user)
VALUES ('NESTED', 'percent', 10, 1);
CREATE FUNCTION pg_temp.order_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() = 1 THEN
        PERFORM pg_temp.buy('NESTED', NULL, 'nested@example.com');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER order_again AFTER UPDATE ON ecommerce.coupons FOR EACH ROW
    EXECUTE FUNCTION pg_temp.order_again();
SELECT pg_temp.buy('NESTED', NULL, 'nested@example.com') AS bought;
SELECT count(*) FROM ecommerce.coupon_redemptions WHERE email = 'nested@example.com';
DROP TRIGGER order_again ON ecommerce.coupons;
SELECT * FROM ecommerce_internal.promotion_problems();
-- the proof counts them anew
ALTER TABLE ecommerce.coupon_redemptions DISABLE TRIGGER USER;
UPDATE ecommerce.coupon_redemptions r SET account_email = 'x@example.com'
FROM ecommerce.coupons k WHERE k.id = r.coupon_id AND k.code = 'ONCE3';
SELECT problem, detail FROM ecommerce_internal.promotion_problems();

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
