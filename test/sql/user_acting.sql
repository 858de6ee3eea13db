-- Whoever has chosen a customer acts for that one, a service and the owner, too: what is bob's
-- is unknown while it works for ann, and known again afterwards.
CALL ecommerce_test.new_shop();
\set ann '01930000-0000-7000-8000-0000000000a1'
\set bob '01930000-0000-7000-8000-0000000000b1'
UPDATE ecommerce.settings SET country = 'GR';
CREATE ROLE regress_service;
SELECT ecommerce.grant_access('regress_service', 'service') IS NOT NULL AS granted;
GRANT USAGE ON SCHEMA public TO regress_service;
INSERT INTO ecommerce.users (id, email) VALUES (:'ann', 'ann@example.com'),
    (:'bob', 'bob@example.com');
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('A', 'A', 10, false);
INSERT INTO ecommerce.carts (id, user_id) VALUES
    ('01930000-0000-7000-8000-0000000000c1', :'ann'),
    ('01930000-0000-7000-8000-0000000000c2', :'bob');
INSERT INTO ecommerce.cart_items (cart_id, product_id) SELECT c.id, id('A') FROM ecommerce.carts c;
CREATE TABLE theirs AS
SELECT u.id AS user_id, o.id AS order_id, o.order_number, q.id AS quote_id, q.quote_number,
    c.id AS cart_id, a.id AS address_id, v.id AS review_id, w.order_number AS delivered
FROM ecommerce.users u
CROSS JOIN LATERAL (SELECT * FROM ecommerce.place_order(items('A', 1), user_id => u.id,
    metadata => '{"margin": 3}')) o
CROSS JOIN LATERAL (SELECT * FROM ecommerce.place_order(items('A', 1), user_id => u.id)) w
CROSS JOIN LATERAL (SELECT count(*) FROM unnest('{processing,shipped,delivered}'::text[]) s,
    ecommerce.transition_order(w.id, s)) t
CROSS JOIN LATERAL (SELECT * FROM ecommerce.create_quote(jsonb_build_object('items',
    items('A', 1), 'user_id', u.id), now() + interval '1 day')) q
CROSS JOIN LATERAL (SELECT * FROM ecommerce.add_address(u.id, '{"first_name": "x",
    "last_name": "x", "address_line_1": "x", "city": "x", "postal_code": "x",
    "country": "GR"}')) a
CROSS JOIN LATERAL (SELECT * FROM ecommerce.add_review(id('A'), 5, user_id => u.id)) v
JOIN ecommerce.carts c ON c.user_id = u.id;
GRANT SELECT ON theirs TO regress_service;
CREATE FUNCTION tries(OUT n bigint, OUT call text) RETURNS SETOF record LANGUAGE sql AS $$
    SELECT t.n, t.call FROM unnest(ARRAY['get_order(%2$L::uuid)', 'get_order(%3$L)',
        'order_history(%2$L::uuid)', 'order_history(%3$L)', 'order_as_of(%2$L::uuid, now())',
        'order_as_of(%3$L, now())', 'order_fulfilment(%2$L::uuid)', 'order_fulfilment(%3$L)',
        'request_return(%9$L, ''[{"sku": "A", "quantity": 1}]'')',
        'add_order_note(%2$L::uuid, ''x'')', 'add_order_note(%3$L, ''x'')',
        'accept_quote(%4$L::uuid)', 'accept_quote(%5$L)', 'cart_add(''A'', cart_id => %6$L)',
        'cart_add(''A'', user_id => %1$L)', 'cart_merge(''0123456789abcdef'', %1$L)',
        'wishlist_add(''A'', %1$L)', 'change_address(%7$L, ''{"city": "y"}'')',
        'change_review(%8$L, 4)', 'export_customer(%1$L)',
        'place_order(items(''A'', 1), user_id => %1$L)', 'place_order(cart_id => %6$L)',
        'quote_order(jsonb_build_object(''items'', items(''A'', 1), ''user_id'', %1$L))',
        'product_price(''A'', user_id => %1$L)']) WITH ORDINALITY AS t (call, n)
$$;
-- What a call answers about what somebody has; what it does is undone
CREATE FUNCTION answer(call text, who uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    t        theirs;
    v_answer text;
BEGIN
    SELECT * INTO t FROM theirs WHERE user_id = who;
    BEGIN
        EXECUTE format('SELECT max(r::text) FROM ecommerce.' || call, t.user_id,
            t.order_id, t.order_number, t.quote_id, t.quote_number, t.cart_id, t.address_id,
            t.review_id, t.delivered) || ' r' INTO v_answer;
        RAISE SQLSTATE 'XX999';
    EXCEPTION
        WHEN SQLSTATE 'XX999' THEN
            RETURN CASE WHEN v_answer IS NULL OR v_answer ~ '^[(,)]*$' THEN 'nothing'
                        ELSE 'something' || CASE WHEN v_answer ~ 'margin' THEN ', margin too'
                                                 ELSE '' END END;
        WHEN OTHERS THEN
            RETURN SQLSTATE;
    END;
END $$;
SET ROLE regress_service;
-- nobody is chosen: all of it
SELECT answer(call, :'ann') AS anns, answer(call, :'bob') AS bobs, count(*) FROM tries()
GROUP BY 1, 2 ORDER BY 1;
BEGIN;
SELECT ecommerce.use_customer(:'ann') IS NOT NULL AS ann;
SELECT split_part(call, '%', 1) AS call, answer(call, :'ann') AS anns, answer(call, :'bob') AS bobs
FROM tries() ORDER BY n;
-- keys and sessions that others may guess
SELECT answer('accept_quote(%4$L::uuid, ''short'')', :'ann') AS quote,
    answer('request_return(%9$L, ''[{"sku": "A", "quantity": 1}]'', NULL, ''short'')', :'ann')
        AS return,
    answer('recent_searches(session_id => ''guess'', user_id => NULL)', :'ann') AS searches,
    answer('clear_searches(''guess'', NULL)', :'ann') AS clearing,
    answer('accept_quote(%4$L::uuid, ''0123456789abcdef'')', :'ann') AS long;
RESET ROLE;
SELECT count(*) AS of_bob FROM tries() WHERE answer(call, :'bob') ~ 'something';
COMMIT;
SELECT count(*) AS of_bob FROM tries() WHERE answer(call, :'bob') ~ 'something';
SELECT * FROM ecommerce.verify_integrity();
DROP OWNED BY regress_service;
DROP ROLE regress_service;
DROP FUNCTION tries, answer;
DROP TABLE theirs;
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
