-- Reviews: by who bought it, once for each order; ratings that are right whoever writes them.
CALL ecommerce_test.new_shop();
\set ann '01930000-0000-7000-8000-0000000000a1'
\set bob '01930000-0000-7000-8000-0000000000a2'
\set eve '01930000-0000-7000-8000-0000000000a3'
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.users (tenant_id, id, email) VALUES (1, :'ann', 'ann@example.com'),
    (1, :'bob', 'bob@example.com'), (1, :'eve', 'eve@example.com');
INSERT INTO ecommerce.products (tenant_id, sku, name, price, track_stock) VALUES
    (1, 'LAMP', 'A lamp', 10, false), (1, 'BULB', 'A bulb', 1, false);
CREATE FUNCTION bought(who uuid, sku text, VARIADIC steps text[]) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    o ecommerce.placed_order;
    s text;
BEGIN
    o := ecommerce.place_order(items(sku, 1), user_id => who);
    FOREACH s IN ARRAY steps LOOP
        PERFORM ecommerce.transition_order(o.id, s);
    END LOOP;
    RETURN o.order_number;
END $$;
CREATE FUNCTION rated() RETURNS TABLE (sku text, rating numeric, review_count bigint) LANGUAGE sql
AS $$ SELECT sku, rating, review_count FROM ecommerce.product_listing ORDER BY 1 $$;
-- not before it was shipped, nor what one did not buy
SELECT bought(:'ann', 'LAMP', 'processing') AS open \gset
SELECT n, failure(format('SELECT ecommerce.add_review(%L, 5, user_id => %L, order_number => %L)',
    sku, who, o)) FROM (VALUES (1, 'LAMP', :'ann', NULL), (2, 'LAMP', :'ann', :'open'),
    (3, 'BULB', :'ann', NULL), (4, 'LAMP', :'bob', :'open'),
    (5, 'LAMP', :'bob', '260101-AAAAAAAAAA'),
    (6, 'NONE', :'ann', NULL), (7, NULL, :'ann', NULL), (8, 'LAMP', NULL, NULL),
    (9, 'LAMP', '01930000-0000-7000-8000-0000000000ff', NULL)) v (n, sku, who, o) ORDER BY 1;
SELECT (ecommerce.transition_order(:'open'::text, 'shipped')).status;
SELECT rating, is_approved, helpful_count, id AS first
FROM ecommerce.add_review('LAMP', 4, 'Bright', '', user_id => :'ann') \gset
\echo :rating :is_approved :helpful_count
SELECT r.title, r.comment, is_verified, o.order_number = :'open' AS "order"
FROM ecommerce.product_reviews r JOIN ecommerce.orders o ON o.id = r.order_id;
SELECT failure(format('SELECT ecommerce.add_review(''LAMP'', 5, user_id => %L)', :'ann'), true);
-- by another order, once more; the latest without a review is taken
SELECT bought(:'ann', 'LAMP', 'processing', 'shipped', 'delivered') AS second \gset
SELECT rating FROM ecommerce.add_review('LAMP', 5, user_id => :'ann');
SELECT failure(format('SELECT ecommerce.add_review(''LAMP'', 5, user_id => %L)', :'ann')),
    failure(format('SELECT ecommerce.add_review(''LAMP'', 5, order_number => %L, user_id => %L)',
        :'second', :'ann'));
SELECT bought(:'bob', 'LAMP', 'processing', 'shipped') AS third \gset
SELECT rating, id AS bobs FROM ecommerce.add_review(id('LAMP'), 1, order_id => NULL,
    user_id => :'bob') \gset
SELECT * FROM rated();
-- what a review may be
SELECT n, failure(format('SELECT ecommerce.change_review(%L, %L, %L, %L)', :'bobs', r, t, c))
FROM (VALUES (1, 0, NULL, NULL), (2, 6, NULL, NULL), (3, NULL, NULL, NULL),
    (4, 5, repeat('x', 256), NULL), (5, 5, NULL, repeat('x', 10001)), (6, -1, NULL, NULL))
    v (n, r, t, c) ORDER BY 1;
SELECT rating FROM ecommerce.change_review(:'bobs', 3, 'Better', 'than I thought');
SELECT * FROM rated();
-- plain SQL counts as well
UPDATE ecommerce.product_reviews SET rating = 2 WHERE id = :'bobs';
SELECT * FROM rated();
UPDATE ecommerce.product_reviews SET is_approved = false WHERE id = :'first';
INSERT INTO ecommerce.product_reviews (tenant_id, product_id, user_id, rating)
SELECT 1, id('BULB'), :'ann', 3;
SELECT * FROM rated();
DELETE FROM ecommerce.product_reviews WHERE product_id = id('BULB');
SELECT * FROM rated();
-- approval
SELECT is_approved FROM ecommerce.approve_review(:'first');
SELECT is_approved FROM ecommerce.approve_review(:'first');
SELECT is_approved FROM ecommerce.approve_review(:'first', false);
UPDATE ecommerce.settings SET review_approval = true;
SELECT bought(:'eve', 'LAMP', 'processing', 'shipped') AS fourth \gset
SELECT is_approved, id AS eves FROM ecommerce.add_review('LAMP', 5, user_id => :'eve') \gset
\echo :is_approved
SELECT * FROM rated();
SELECT is_approved FROM ecommerce.approve_review(:'eves');
SELECT is_approved FROM ecommerce.change_review(:'eves', 1, 'Buy at my shop');
SELECT failure(format('SELECT ecommerce.approve_review(%L, NULL)', :'eves')),
    failure('SELECT ecommerce.approve_review(NULL)'),
    failure('SELECT ecommerce.approve_review(''01930000-0000-7000-8000-0000000000ff'')');
-- votes: once for each user
SELECT helpful_count FROM ecommerce.vote_review(:'bobs', user_id => :'ann');
SELECT helpful_count FROM ecommerce.vote_review(:'bobs', user_id => :'ann');
SELECT helpful_count FROM ecommerce.vote_review(:'bobs', user_id => :'eve');
SELECT helpful_count FROM ecommerce.vote_review(:'bobs', false, :'ann');
SELECT helpful_count FROM ecommerce.vote_review(:'bobs', false, :'ann');
SELECT n, failure(format('SELECT ecommerce.vote_review(%L, %L, %L)', r, h, u))
FROM (VALUES (1, :'bobs', 't', :'bob'), (2, :'eves', 't', :'ann'), (3, NULL, 't', :'ann'),
    (4, :'bobs', NULL, :'ann'), (5, :'bobs', 't', NULL),
    (6, '01930000-0000-7000-8000-0000000000ff', 't', :'ann'),
    (7, :'bobs', 't', '01930000-0000-7000-8000-0000000000ff')) v (n, r, h, u) ORDER BY 1;
SELECT * FROM ecommerce.verify_integrity();
UPDATE ecommerce.product_reviews SET helpful_count = 0 WHERE id = :'bobs';
SELECT problem, detail FROM ecommerce.verify_integrity();
SELECT problem, detail FROM ecommerce.verify_integrity(now() - interval '1 hour');
-- what is taken back, and what goes with it
SELECT rating, failure(format('SELECT ecommerce.remove_review(%L)', :'bobs'))
FROM ecommerce.remove_review(:'bobs');
SELECT count(*) FROM ecommerce.review_votes;
SELECT * FROM rated();
SELECT kind, count(*) FROM ecommerce.events WHERE kind ~ '^review' GROUP BY 1 ORDER BY 1;
-- of another tenant
SELECT ecommerce.create_tenant('Second', 'DE') AS second;
SELECT failure(format('SELECT ecommerce.approve_review(%L, tenant_id => 2)', :'first')),
    failure(format('SELECT ecommerce.change_review(%L, 1, tenant_id => 2)', :'first'));
-- the rating of a product is read from its index alone
SET ecommerce.tenant = 1;
SET enable_seqscan = off; SET enable_bitmapscan = off;
CREATE FUNCTION explain(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan text;
BEGIN
    EXECUTE 'EXPLAIN (COSTS off, FORMAT json) ' || query INTO plan;
    RETURN plan;
END $$;
VACUUM (ANALYZE) ecommerce.product_reviews;
SELECT DISTINCT plan ->> 'Index Name' AS index, plan ->> 'Node Type' AS node
FROM (SELECT jsonb_path_query(p::jsonb, '$.** ? (@."Relation Name" == "product_reviews")') AS plan
    FROM (SELECT explain('SELECT rating FROM ecommerce.product_listing') AS p) e) s;
RESET enable_seqscan; RESET enable_bitmapscan;
RESET ecommerce.tenant;
DROP FUNCTION bought, rated, explain;
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
