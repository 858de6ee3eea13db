-- What becomes of carts: merged at login, abandoned, restored; and wishes on their way.
CREATE EXTENSION ecommerce;

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES
    ('A', 'Apple', 10, true), ('B', 'Bread', 5.55, true), ('C', 'Cake', 4, true),
    ('E', 'E-book', 1.99, false), ('F', 'Fig', 2, true);
SELECT ecommerce.adjust_stock('A', 4, 'receipt'), ecommerce.adjust_stock('C', 9, 'receipt'),
    ecommerce.adjust_stock('F', 9, 'receipt');
INSERT INTO ecommerce.users (id, email) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'ann@example.com'),
    ('01930000-0000-7000-8000-0000000000a2', 'bob@example.com'),
    ('01930000-0000-7000-8000-0000000000a3', 'cat@example.com');
\set ann '''01930000-0000-7000-8000-0000000000a1'''
\set bob '''01930000-0000-7000-8000-0000000000a2'''
\set cat '''01930000-0000-7000-8000-0000000000a3'''
\set guest '''guest-session-01'''
CREATE FUNCTION pg_temp.cart(who uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', l.quantity, l.sku, l.unit_price), ', ' ORDER BY l.sku)
    FROM ecommerce.cart_lines(user_id => who) l $$;
CREATE VIEW pg_temp.all_carts AS
SELECT coalesce(left(u.email, 3), c.session_id) AS owner, c.status, c.coupon_codes,
    (SELECT string_agg(concat_ws(' ', i.quantity, p.sku, i.unit_price), ', ' ORDER BY p.sku)
     FROM ecommerce.cart_items i JOIN ecommerce.products p ON p.id = i.product_id
     WHERE i.cart_id = c.id) AS lines
FROM ecommerce.carts c LEFT JOIN ecommerce.users u ON u.id = c.user_id ORDER BY c.id;

-- nothing to merge is no error
SELECT left(session, 20) AS session, m.*
FROM unnest(ARRAY[NULL, '', 'short', repeat('x', 999), 'nobody-has-a-cart']) AS session,
    ecommerce.cart_merge(session, :ann) m;
SELECT count(*) FROM ecommerce.carts;
SELECT failure('SELECT ecommerce.cart_merge(''guest-session-01'')') AS nobody,
    failure('SELECT ecommerce.cart_merge(''guest-session-01'',
        ''01930000-0000-7000-8000-0000000000a9'')') AS unknown;

-- quantities add up, to what can be sold; what is sold out, dearer, cheaper, draft or gone, and the
-- same goods in both, keeps nobody out: spree/spree#5976, bagisto/bagisto#2954
SELECT count(ecommerce.cart_add(sku, n, session_id => :guest)) FROM (VALUES
    ('A', 3), ('B', 2), ('C', 1), ('E', 1000000000), ('F', 1)) AS v (sku, n);
SELECT count(ecommerce.cart_add(sku, n, user_id => :ann)) FROM (VALUES
    ('A', 2), ('E', 5), ('F', 2)) AS v (sku, n);
SELECT ecommerce.cart_set_coupons('{ten,x}', session_id => :guest) IS NOT NULL,
    ecommerce.cart_set_coupons('{x,y}', user_id => :ann) IS NOT NULL;
UPDATE ecommerce.products SET price = 11 WHERE sku = 'A';
UPDATE ecommerce.products SET price = 3 WHERE sku = 'C';
UPDATE ecommerce.products SET status = 'draft' WHERE sku = 'E';
UPDATE ecommerce.products SET deleted_at = now() WHERE sku = 'F';
SELECT lines, units, merged, capped FROM ecommerce.cart_merge(:guest, :ann);
SELECT * FROM pg_temp.all_carts;
SELECT kind, data #> '{lines}' AS lines, (SELECT jsonb_agg(c - 'product_id')
    FROM jsonb_array_elements(data -> 'capped') c) AS capped,
    data ->> 'user_id' = :ann AS of_ann FROM ecommerce.events WHERE kind LIKE 'cart.%';
-- twice changes nothing
SELECT lines, units, merged, capped FROM ecommerce.cart_merge(:guest, :ann);
SELECT * FROM pg_temp.all_carts;
SELECT count(*) FROM ecommerce.events WHERE kind LIKE 'cart.%';
SELECT t -> 'price_changed' AS price_changed, t -> 'short' AS short,
    jsonb_path_query_array(t, '$.unavailable[*].sku') AS unavailable
FROM ecommerce.cart_totals(user_id => :ann) t;

-- what was merged is as it was; the session begins anew, for a user without a cart, too
SELECT failure(format('SELECT ecommerce.cart_add(''A'', cart_id => %L)', id)),
    failure(format('UPDATE ecommerce.carts SET status = ''open'' WHERE id = %L', id))
FROM ecommerce.carts WHERE status = 'merged';
SELECT ecommerce.cart_add('C', session_id => :guest) IS NOT NULL;
SELECT lines, units, merged, capped FROM ecommerce.cart_merge(:guest, :bob);
SELECT * FROM pg_temp.all_carts;

-- an empty cart of a guest is left to its session
SELECT ecommerce.cart_add('C', session_id => :guest) IS NOT NULL,
    ecommerce.cart_clear(session_id => :guest) IS NOT NULL;
SELECT lines, units, merged, capped FROM ecommerce.cart_merge(:guest, :cat);
SELECT count(*) FROM ecommerce.carts WHERE user_id = :cat;

-- prices are those of the user's group, who has seen no others
INSERT INTO ecommerce.customer_groups (id, name) VALUES
    ('01930000-0000-7000-8000-0000000000b1', 'Dealers');
INSERT INTO ecommerce.price_lists (id, name, group_id, currency, prices) VALUES
    ('01930000-0000-7000-8000-0000000000f1', 'Dealers', '01930000-0000-7000-8000-0000000000b1',
     'EUR', 'gross');
INSERT INTO ecommerce.prices (price_list_id, product_id, price)
SELECT '01930000-0000-7000-8000-0000000000f1', id, 2.50 FROM ecommerce.products WHERE sku = 'C';
UPDATE ecommerce.users SET group_id = '01930000-0000-7000-8000-0000000000b1' WHERE id = :cat;
SELECT quantity, unit_price, price FROM ecommerce.cart_add('C', session_id => :guest);
SELECT merged FROM ecommerce.cart_merge(:guest, :cat);
SELECT quantity, unit_price, price FROM ecommerce.cart_lines(user_id => :cat);
SELECT quantity, unit_price, price FROM ecommerce.cart_add('C', user_id => :cat);
UPDATE ecommerce.users SET group_id = NULL WHERE id = :cat;
SELECT quantity, unit_price, price FROM ecommerce.cart_lines(user_id => :cat);
DELETE FROM ecommerce.price_lists;
DELETE FROM ecommerce.carts WHERE user_id = :cat;

-- more lines and coupons than one cart may have are no error either
INSERT INTO ecommerce.products (sku, name, price, track_stock)
SELECT 'P' || n, 'P', n, false FROM generate_series(1, 1500) n;
SELECT count(ecommerce.cart_add('P1', user_id => :cat)),
    count(ecommerce.cart_add('P1001', session_id => :guest));
INSERT INTO ecommerce.cart_items (cart_id, product_id)
SELECT c.id, p.id FROM ecommerce.carts c
JOIN ecommerce.products p ON p.sku LIKE 'P%' AND (p.price > 900) = (c.user_id IS NULL)
WHERE c.status = 'open' AND (c.user_id = :cat OR c.session_id = :guest)
ON CONFLICT DO NOTHING;
SELECT ecommerce.cart_set_coupons(ARRAY(SELECT 'U' || n FROM generate_series(1, 15) n),
        user_id => :cat) IS NOT NULL,
    ecommerce.cart_set_coupons(ARRAY(SELECT 'G' || n FROM generate_series(1, 15) n),
        session_id => :guest) IS NOT NULL;
SELECT lines, units, merged, capped FROM ecommerce.cart_merge(:guest, :cat);
SELECT coupon_codes[14:] FROM ecommerce.carts WHERE user_id = :cat;
SELECT failure(format('SELECT ecommerce.cart_add(''A'', user_id => %L)', :cat));
DELETE FROM ecommerce.carts WHERE user_id = :cat OR session_id = :guest;
DELETE FROM ecommerce.products WHERE sku LIKE 'P%';

-- nobody changes a cart for a month: a user's is abandoned, a guest's, an empty and a merged one go
SELECT cart_ttl FROM ecommerce.settings;
SELECT failure('UPDATE ecommerce.settings SET cart_ttl = ''0''');
SELECT ecommerce.cart_add('C', session_id => :guest) IS NOT NULL,
    ecommerce.cart_add('C', session_id => 'guest-session-02') IS NOT NULL,
    ecommerce.cart_clear(user_id => :bob) IS NOT NULL;
INSERT INTO ecommerce.carts (session_id, status) VALUES ('guest-session-03', 'merged');
SELECT ecommerce.expire_carts();
SELECT * FROM ecommerce.abandoned_carts;
CREATE PROCEDURE pg_temp.age(days integer) LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    UPDATE ecommerce.carts SET created_at = now() - make_interval(days => days),
        updated_at = now() - make_interval(days => days);
    UPDATE ecommerce.cart_items SET updated_at = now() - make_interval(days => days);
END $$;
CALL pg_temp.age(29);
SELECT ecommerce.expire_carts();
SELECT email, status, lines, units, value, currency FROM ecommerce.abandoned_carts
ORDER BY email;
CALL pg_temp.age(31);
-- one of them was changed since, by function or by plain SQL
SELECT ecommerce.cart_add('C', session_id => 'guest-session-02') IS NOT NULL;
BEGIN;
UPDATE ecommerce.cart_items i SET quantity = 2 FROM ecommerce.carts c
WHERE c.id = i.cart_id AND c.session_id = :guest;
SELECT ecommerce.expire_carts();
SELECT * FROM pg_temp.all_carts;
ROLLBACK;
SELECT ecommerce.expire_carts(0), ecommerce.expire_carts(1) + ecommerce.expire_carts(1) AS two,
    ecommerce.expire_carts(tenant_id => NULL) AS others;
SELECT * FROM pg_temp.all_carts;
SELECT kind, data - 'user_id' AS data FROM ecommerce.events WHERE kind = 'cart.abandoned';
SELECT failure('SELECT ecommerce.expire_carts(-1)'), failure('SELECT ecommerce.expire_carts(NULL)');
SELECT email, status, lines, units, value FROM ecommerce.abandoned_carts;

-- the user comes back: the old cart becomes part of the new one, once
SELECT id AS old FROM ecommerce.carts WHERE status = 'abandoned' \gset
SELECT failure(format('SELECT ecommerce.cart_add(''C'', cart_id => %L)', :'old')) AS add,
    failure(format('SELECT ecommerce.place_order(cart_id => %L)', :'old')) AS place,
    failure(format('UPDATE ecommerce.carts SET status = ''ordered'', order_id = id
        WHERE id = %L', :'old')) AS plain;
SELECT lines, units FROM ecommerce.cart_add('C', user_id => :ann),
    LATERAL (SELECT count(*) AS lines, sum(l.quantity) AS units
             FROM ecommerce.cart_lines(user_id => :ann) l) l;
SELECT lines, units, merged, capped FROM ecommerce.cart_restore(:'old');
SELECT lines, units, merged, capped FROM ecommerce.cart_restore(:'old');
SELECT * FROM pg_temp.all_carts;
SELECT failure('SELECT ecommerce.cart_restore(NULL)') AS none,
    failure('SELECT ecommerce.cart_restore(''01930000-0000-7000-8000-0000000000c9'')') AS unknown;
SELECT count(ecommerce.cart_remove(sku, user_id => :ann)) FROM unnest('{A,B,E,F}'::text[]) sku;
SELECT ecommerce.cart_set_coupons('{}', user_id => :ann) IS NOT NULL;
SELECT c.id AS ordered FROM ecommerce.carts c WHERE c.status = 'open' AND c.user_id = :ann \gset
SELECT gross FROM ecommerce.place_order(cart_id => :'ordered');
SELECT failure(format('SELECT ecommerce.cart_restore(%L)', :'ordered'));

-- wishes: into the cart and back, each once
UPDATE ecommerce.products SET status = 'active' WHERE sku = 'E';
CREATE FUNCTION pg_temp.wish(w ecommerce.wish) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', w.sku, w.price, w.available, w.for_sale, w.is_wished) $$;
CREATE FUNCTION pg_temp.list() RETURNS text LANGUAGE sql AS $$
    SELECT 'wishes: ' || coalesce((SELECT string_agg(p.sku, ', ' ORDER BY p.sku)
            FROM ecommerce.wishlist_items w JOIN ecommerce.products p ON p.id = w.product_id), '')
        || '; cart: ' || coalesce(pg_temp.cart('01930000-0000-7000-8000-0000000000a1'), '') $$;
SELECT pg_temp.wish(ecommerce.wishlist_add('A', :ann)) AS a,
    pg_temp.wish(ecommerce.wishlist_add(id('A'), :ann)) AS again,
    pg_temp.wish(ecommerce.wishlist_add('C', :ann)) AS c,
    pg_temp.wish(ecommerce.wishlist_add('E', :ann)) AS e;
SELECT pg_temp.list();
SELECT quantity, sku FROM ecommerce.wishlist_to_cart('C', 2, :ann);
SELECT quantity, sku FROM ecommerce.wishlist_to_cart(id('C'), 2, :ann);
SELECT pg_temp.list();
SELECT quantity, sku FROM ecommerce.wishlist_to_cart('B', user_id => :ann);
SELECT pg_temp.wish(ecommerce.cart_to_wishlist('C', :ann)) AS c,
    pg_temp.wish(ecommerce.cart_to_wishlist(id('C'), :ann)) AS again;
SELECT pg_temp.list();
SELECT pg_temp.wish(ecommerce.wishlist_remove('A', :ann)) AS a,
    pg_temp.wish(ecommerce.wishlist_remove(id('A'), :ann)) AS again,
    pg_temp.wish(ecommerce.wishlist_remove(id('B'), :ann)) AS none;
-- what is not for sale any more may go back, and nowhere else
SELECT quantity, sku FROM ecommerce.wishlist_to_cart('C', user_id => :ann);
UPDATE ecommerce.products SET status = 'draft' WHERE sku IN ('C', 'E');
SELECT call, failure(format('SELECT ecommerce.%s)', replace(call, 'ann', quote_literal(:ann))))
FROM unnest(ARRAY['wishlist_add(''C'', ann', 'wishlist_to_cart(''E'', 1, ann',
    'wishlist_to_cart(''A'', 0, ann', 'wishlist_add(''A''', 'wishlist_add(NULL::uuid, ann',
    'wishlist_remove(''NONE'', ann', 'wishlist_remove(NULL::uuid, ann',
    'wishlist_to_cart(NULL::text, 1, ann', 'cart_to_wishlist(NULL::uuid, ann',
    'cart_to_wishlist(''NONE'', ann', 'cart_to_wishlist(''E'', ann']) AS call;
SELECT pg_temp.wish(ecommerce.cart_to_wishlist('C', :ann));
SELECT pg_temp.list();
INSERT INTO ecommerce.products (sku, name, price)
SELECT 'P' || n, 'P', n FROM generate_series(1, 998) n;
INSERT INTO ecommerce.wishlist_items (user_id, product_id)
SELECT :ann, id FROM ecommerce.products WHERE sku LIKE 'P%';
SELECT failure(format('SELECT ecommerce.wishlist_add(''A'', %L)', :ann)) AS is_full,
    failure(format('SELECT ecommerce.wishlist_add(''P1'', %L)', :ann)) AS there;

-- a session of another tenant is another guest
SELECT ecommerce.create_tenant('Second', 'DE') AS second;
INSERT INTO ecommerce.products (tenant_id, sku, name, price, track_stock) VALUES
    (2, 'A', 'A of another', 99, false);
SET ecommerce.tenant = 2;
SELECT quantity, unit_price FROM ecommerce.cart_add('A', session_id => 'guest-session-09');
SELECT changed FROM ecommerce.cart_set_coupons('{x}', session_id => 'guest-session-09');
SET ecommerce.tenant = 1;
SELECT merged, capped FROM ecommerce.cart_merge('guest-session-09', :ann);
SELECT * FROM ecommerce.verify_integrity();

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
