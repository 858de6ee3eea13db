-- Every step of a review, legal and not, by function and by plain SQL: who may write one, whether
-- it is shown, what it does to the rating, and what it appends.
BEGIN;
SELECT plan(69);

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES
    ('A', 'A', 10, false), ('B', 'B', 5, false);
CREATE FUNCTION pg_temp.person() RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO ecommerce.users (email) VALUES (gen_random_uuid() || '@example.com') RETURNING id
$$;
CREATE FUNCTION pg_temp.bought(who uuid, status text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := (ecommerce.place_order(items('A', 1), user_id => who)).id;
BEGIN
    IF status = 'refunded' THEN
        PERFORM pay(v_id), give_back(v_id);
    END IF;
    PERFORM ecommerce.transition_order(v_id, s) FROM unnest(CASE status
        WHEN 'pending' THEN '{}' WHEN 'processing' THEN '{processing}'
        WHEN 'cancelled' THEN '{cancelled}' WHEN 'refunded' THEN '{processing,refunded}'
        WHEN 'delivered' THEN '{processing,shipped,delivered}'
        ELSE '{processing,shipped}' END::text[]) s;
    RETURN v_id;
END $$;
-- A review of 2 in a state, beside one of 4 that is shown, and that somebody finds helpful
CREATE FUNCTION pg_temp.review_that_is(state text, ann uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_bob uuid := pg_temp.person();
    v_id  uuid;
BEGIN
    PERFORM pg_temp.bought(u, 'shipped') FROM unnest(ARRAY[ann, v_bob]) u;
    PERFORM ecommerce.add_review('A', 4, user_id => v_bob);
    v_id := (ecommerce.add_review('A', 2, user_id => ann)).id;
    PERFORM ecommerce.vote_review(v_id, true, v_bob);
    IF state = 'hidden' THEN
        PERFORM ecommerce.approve_review(v_id, false);
    ELSIF state = 'removed' THEN
        PERFORM ecommerce.remove_review(v_id);
    END IF;
    RETURN v_id;
END $$;
-- What a command comes to: an error, or whether it is shown, votes, the product's rating and
-- number of ratings, and events. $1 is the review, $2 who wrote it, $3 somebody else.
CREATE FUNCTION pg_temp.outcome(state text, command text, approval boolean DEFAULT false)
    RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_ann uuid := pg_temp.person();
    v_id  uuid := pg_temp.review_that_is(state, v_ann);
    v_events bigint := (SELECT count(*) FROM ecommerce.events);
BEGIN
    UPDATE ecommerce.settings SET review_approval = approval;
    EXECUTE replace(replace(replace(command, '$1', quote_literal(v_id)),
        '$2', quote_literal(v_ann)), '$3', quote_literal(pg_temp.person()));
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = concat_ws(' ',
        (SELECT coalesce(string_agg(CASE WHEN is_approved THEN 'shown ' ELSE 'hidden ' END
            || helpful_count, ' '), 'none')
         FROM ecommerce.product_reviews WHERE user_id = v_ann),
        (SELECT concat_ws('/', rating, review_count) FROM ecommerce.product_listing
         WHERE sku = 'A'),
        (SELECT string_agg(kind, ' ' ORDER BY id)
         FROM (SELECT kind, id FROM ecommerce.events ORDER BY id OFFSET v_events) e),
        (SELECT string_agg(problem, ' ') FROM ecommerce_internal.review_problems()));
EXCEPTION
    WHEN SQLSTATE 'ZZ000' THEN RETURN SQLERRM;
    WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
-- Each is for itself, so that ratings and events are those of one
CREATE FUNCTION pg_temp.alone(state text, command text, approval boolean DEFAULT false)
    RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_result text;
BEGIN
    v_result := pg_temp.outcome(state, command, approval);
    RAISE EXCEPTION USING ERRCODE = 'ZZ001', MESSAGE = v_result;
EXCEPTION WHEN SQLSTATE 'ZZ001' THEN
    RETURN SQLERRM;
END $$;

-- Who may write one: by an order that left the shop
SELECT is(pg_temp.alone('removed', format('SELECT ecommerce.add_review(''A'', 5,
        user_id => w.id) FROM (SELECT pg_temp.person() AS id) w,
        LATERAL (SELECT pg_temp.bought(w.id, %L)) b', s)) ~ 'review.added', s IN ('shipped',
        'delivered', 'refunded'), format('a buyer whose order is %s', s))
FROM unnest('{pending,processing,shipped,delivered,cancelled,refunded}'::text[]) s;
SELECT is(pg_temp.alone(v.state, v.command), v.expected, format('%s: %s', v.state, v.name))
FROM (VALUES ('shown', 'another one by that order', 'EC043',
        'SELECT ecommerce.add_review(''A'', 5, user_id => $2)'),
    ('hidden', 'another one by that order', 'EC043',
        'SELECT ecommerce.add_review(''A'', 5, user_id => $2)'),
    ('removed', 'again', 'shown 0 4.50/2 review.added',
        'SELECT ecommerce.add_review(''A'', 5, user_id => $2)'),
    ('shown', 'of what was not bought', 'EC043',
        'SELECT ecommerce.add_review(''B'', 5, user_id => $2)'),
    ('shown', 'by who bought nothing', 'EC043',
        'SELECT ecommerce.add_review(''A'', 5, user_id => $3)'),
    ('shown', 'of an order of another', 'EC043', 'SELECT ecommerce.add_review(id(''A''), 5,
        order_id => (SELECT order_id FROM ecommerce.product_reviews WHERE id = $1),
        user_id => $3)')) AS v (state, name, expected, command);
SELECT is(pg_temp.alone('removed', 'SELECT ecommerce.add_review(''A'', 5, user_id => $2)', true),
    'hidden 0 4.00/1 review.added', 'removed: again, where reviews need approval');

-- By function, from each state; with approval and without
SELECT is(pg_temp.alone(v.state, c.command, v.approval), v.expected,
    format('%s: %s%s', v.state, v.name, CASE WHEN v.approval THEN ', with approval' END))
FROM (VALUES
    ('change', 'SELECT ecommerce.change_review($1, 5)'),
    ('approve', 'SELECT ecommerce.approve_review($1)'),
    ('hide', 'SELECT ecommerce.approve_review($1, false)'),
    ('vote', 'SELECT ecommerce.vote_review($1, true, $3)'),
    ('no vote', 'SELECT ecommerce.vote_review($1, false, $3)'),
    ('own vote', 'SELECT ecommerce.vote_review($1, true, $2)'),
    ('remove', 'SELECT ecommerce.remove_review($1)')) AS c (name, command)
JOIN (VALUES
    ('shown', 'change', false, 'shown 1 4.50/2 review.changed'),
    ('shown', 'change', true, 'hidden 1 4.00/1 review.changed'),
    ('shown', 'approve', true, 'shown 1 3.00/2'),
    ('shown', 'hide', false, 'hidden 1 4.00/1 review.hidden'),
    ('shown', 'vote', false, 'shown 2 3.00/2'), ('shown', 'no vote', false, 'shown 1 3.00/2'),
    ('shown', 'own vote', false, 'EC043'),
    ('shown', 'remove', false, 'none 4.00/1 review.removed'),
    ('hidden', 'change', false, 'hidden 1 4.00/1 review.changed'),
    ('hidden', 'change', true, 'hidden 1 4.00/1 review.changed'),
    ('hidden', 'approve', true, 'shown 1 3.00/2 review.approved'),
    ('hidden', 'hide', false, 'hidden 1 4.00/1'), ('hidden', 'vote', false, 'EC043'),
    ('hidden', 'no vote', false, 'EC043'), ('hidden', 'own vote', false, 'EC043'),
    ('hidden', 'remove', false, 'none 4.00/1 review.removed'),
    ('removed', 'change', false, 'EC043'), ('removed', 'approve', false, 'EC043'),
    ('removed', 'hide', false, 'EC043'), ('removed', 'vote', false, 'EC043'),
    ('removed', 'no vote', false, 'EC043'), ('removed', 'own vote', false, 'EC043'),
    ('removed', 'remove', false, 'EC043')) AS v (state, name, approval, expected) USING (name);

-- By plain SQL: the rating follows, and whose it is stays
SELECT is(pg_temp.alone(s.state, format('UPDATE ecommerce.product_reviews SET %s WHERE id = $1',
        v.assignment)), CASE s.state WHEN 'removed' THEN 'none 4.00/1' WHEN 'shown' THEN v.shown
        ELSE v.hidden END, format('plain SQL: %s of one that is %s', v.assignment, s.state))
FROM (VALUES ('is_approved = true', 'shown 1 3.00/2', 'shown 1 3.00/2'),
    ('is_approved = false', 'hidden 1 4.00/1', 'hidden 1 4.00/1'),
    ('rating = 5', 'shown 1 4.50/2', 'hidden 1 4.00/1'), ('rating = 0', '23514', '23514'),
    ('rating = 6', '23514', '23514'), ('helpful_count = -1', '23514', '23514'),
    ('product_id = id(''B'')', 'EC017', 'EC017'), ('user_id = $3', 'EC017', 'EC017'),
    ('order_id = NULL', 'EC017', 'EC017')) AS v (assignment, shown, hidden),
    unnest('{shown,hidden,removed}'::text[]) AS s (state);
SELECT is(pg_temp.alone(v.state, v.command), v.expected, 'plain SQL: ' || v.name)
FROM (VALUES ('shown', 'its votes go with it', 'none 4.00/1',
        'DELETE FROM ecommerce.product_reviews WHERE id = $1'),
    ('shown', 'one for each order', '23505', 'INSERT INTO ecommerce.product_reviews
        (product_id, user_id, order_id, rating) SELECT product_id, user_id, order_id, 1
        FROM ecommerce.product_reviews WHERE id = $1'),
    ('shown', 'one without an order', 'shown 1 shown 0 2.33/3', 'INSERT INTO
        ecommerce.product_reviews (product_id, user_id, rating) VALUES (id(''A''), $2, 1)'),
    ('shown', 'votes that are not counted are found',
        'shown 1 3.00/2 votes on a review are not counted',
        'INSERT INTO ecommerce.review_votes (review_id, user_id) VALUES ($1, $3)'),
    ('removed', 'no vote on what is not there', '23503',
        'INSERT INTO ecommerce.review_votes (review_id, user_id) VALUES ($1, $3)'),
    ('shown', 'it goes with its product', 'none',
        'DELETE FROM ecommerce.products WHERE sku = ''B''; UPDATE ecommerce.products
         SET deleted_at = now() WHERE sku = ''A''; DELETE FROM ecommerce.product_reviews
         WHERE user_id = $2')) AS v (state, name, expected, command);

SELECT * FROM finish();
ROLLBACK;
