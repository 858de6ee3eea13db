-- Every way from one status of a cart to another: by function and by plain SQL, legal and not.
BEGIN;
SELECT plan(57);

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('A', 'A', 10, false);
INSERT INTO ecommerce.users (id, email) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'ann@example.com');

-- A cart of each owner in each status, which it came to by function.
CREATE FUNCTION pg_temp.a_cart(status text, of_user boolean) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    ann    uuid := '01930000-0000-7000-8000-0000000000a1';
    ttl    interval := (SELECT cart_ttl FROM ecommerce.settings WHERE tenant_id = 1);
    v_cart uuid;
BEGIN
    DELETE FROM ecommerce.carts c WHERE c.status <> 'ordered';
    IF of_user THEN
        v_cart := (SELECT l.cart_id FROM ecommerce.cart_add('A', user_id => ann) l);
    ELSE
        v_cart := (SELECT l.cart_id
                   FROM ecommerce.cart_add('A', session_id => 'guest-session-01') l);
    END IF;
    CASE status
        WHEN 'open' THEN NULL;
        WHEN 'ordered' THEN PERFORM ecommerce.place_order(cart_id => v_cart);
        WHEN 'merged' THEN
            IF of_user THEN
                UPDATE ecommerce.carts c SET status = 'abandoned' WHERE c.id = v_cart;
                PERFORM ecommerce.cart_restore(v_cart);
            ELSE
                PERFORM ecommerce.cart_merge('guest-session-01', ann);
            END IF;
            DELETE FROM ecommerce.carts c WHERE c.status = 'open';
        WHEN 'abandoned' THEN
            IF of_user THEN
                SET LOCAL session_replication_role = replica;
                UPDATE ecommerce.carts c
                SET created_at = now() - 2 * ttl, updated_at = now() - 2 * ttl;
                UPDATE ecommerce.cart_items i SET updated_at = now() - 2 * ttl;
                SET LOCAL session_replication_role = origin;
                PERFORM ecommerce.expire_carts();
            ELSE
                UPDATE ecommerce.carts c SET status = 'abandoned' WHERE c.id = v_cart;
            END IF;
    END CASE;
    RETURN v_cart;
END $$;

-- What comes of it: the status, or the SQLSTATE.
CREATE FUNCTION pg_temp.becomes(status text, of_user boolean, change text) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    v_cart uuid := pg_temp.a_cart(status, of_user);
BEGIN
    IF (SELECT c.status FROM ecommerce.carts c WHERE c.id = v_cart) <> status THEN
        RETURN 'it was not ' || status;
    END IF;
    EXECUTE replace(change, '$1', quote_literal(v_cart));
    RETURN coalesce((SELECT c.status FROM ecommerce.carts c WHERE c.id = v_cart), 'deleted');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;

-- by plain SQL
SELECT is(pg_temp.becomes(f.status, u.of_user, format(
        'UPDATE ecommerce.carts SET status = %L, order_id = %s WHERE id = $1', t.status,
        CASE t.status WHEN 'ordered' THEN 'coalesce(order_id, ecommerce.uuid_v7())'
                      ELSE 'NULL' END)),
    CASE WHEN f.status = t.status OR f.status = 'open' OR (f.status, t.status) IN (
              ('abandoned', 'open'), ('abandoned', 'merged')) THEN t.status
         ELSE 'EC017' END,
    format('plain SQL: %s of a %s to %s', f.status,
        CASE WHEN u.of_user THEN 'user' ELSE 'guest' END, t.status))
FROM unnest('{open,ordered,merged,abandoned}'::text[]) AS f (status),
    unnest('{open,ordered,merged,abandoned}'::text[]) AS t (status),
    unnest('{t,f}'::boolean[]) AS u (of_user);

-- by function
SELECT is(pg_temp.becomes(v.status, v.of_user, v.change), v.becomes,
    format('%s of a %s: %s', v.status, CASE WHEN v.of_user THEN 'user' ELSE 'guest' END, v.name))
FROM (VALUES
    ('place_order', 'open', true, 'ordered', 'SELECT ecommerce.place_order(cart_id => $1)'),
    ('place_order', 'open', false, 'ordered', 'SELECT ecommerce.place_order(cart_id => $1)'),
    ('place_order', 'ordered', true, 'EC014', 'SELECT ecommerce.place_order(cart_id => $1)'),
    ('place_order', 'merged', false, 'EC014', 'SELECT ecommerce.place_order(cart_id => $1)'),
    ('place_order', 'abandoned', true, 'EC014', 'SELECT ecommerce.place_order(cart_id => $1)'),
    ('cart_add', 'open', true, 'open', 'SELECT ecommerce.cart_add(''A'', cart_id => $1)'),
    ('cart_add', 'ordered', true, 'EC014', 'SELECT ecommerce.cart_add(''A'', cart_id => $1)'),
    ('cart_add', 'merged', false, 'EC014', 'SELECT ecommerce.cart_add(''A'', cart_id => $1)'),
    ('cart_add', 'abandoned', true, 'EC014', 'SELECT ecommerce.cart_add(''A'', cart_id => $1)'),
    ('cart_remove', 'ordered', false, 'EC014', 'SELECT ecommerce.cart_remove(''A'', $1)'),
    ('cart_merge', 'open', false, 'merged', 'SELECT ecommerce.cart_merge(''guest-session-01'',
        ''01930000-0000-7000-8000-0000000000a1'')'),
    ('cart_merge', 'ordered', false, 'ordered', 'SELECT ecommerce.cart_merge(
        ''guest-session-01'', ''01930000-0000-7000-8000-0000000000a1'')'),
    ('cart_merge', 'merged', false, 'merged', 'SELECT ecommerce.cart_merge(
        ''guest-session-01'', ''01930000-0000-7000-8000-0000000000a1'')'),
    ('cart_merge', 'abandoned', false, 'abandoned', 'SELECT ecommerce.cart_merge(
        ''guest-session-01'', ''01930000-0000-7000-8000-0000000000a1'')'),
    ('cart_restore', 'open', true, 'open', 'SELECT ecommerce.cart_restore($1)'),
    ('cart_restore', 'ordered', true, 'EC014', 'SELECT ecommerce.cart_restore($1)'),
    ('cart_restore', 'merged', true, 'merged', 'SELECT ecommerce.cart_restore($1)'),
    ('cart_restore', 'abandoned', true, 'merged', 'SELECT ecommerce.cart_restore($1)'),
    ('cart_restore', 'abandoned', false, 'merged', 'SELECT ecommerce.cart_restore($1)'),
    ('expire_carts', 'open', true, 'open', 'SELECT ecommerce.expire_carts()'),
    ('expire_carts', 'open', false, 'open', 'SELECT ecommerce.expire_carts()'),
    ('expire_carts', 'ordered', true, 'ordered', 'SELECT ecommerce.expire_carts()'),
    ('expire_carts', 'abandoned', true, 'abandoned', 'SELECT ecommerce.expire_carts()'),
    ('expire_carts', 'merged', false, 'merged', 'SELECT ecommerce.expire_carts()')
    ) AS v (name, status, of_user, becomes, change);

SELECT is((SELECT count(*) FROM ecommerce.cart_lines(user_id =>
    '01930000-0000-7000-8000-0000000000a1')), 0::bigint, 'the last cart of the user is gone');
SELECT * FROM finish();
ROLLBACK;
