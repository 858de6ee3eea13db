-- Two customers cross nowhere: a storefront that serves ann tries every table and function for
-- what is bob's.  What is found is printed, so tables and functions to come are tried, too.
CALL ecommerce_test.new_shop();
CREATE EXTENSION pgcrypto;
\set ann '01930000-0000-7000-8000-0000000000a1'
\set bob '01930000-0000-7000-8000-0000000000b1'
UPDATE ecommerce.settings SET country = 'GR', password_cost = 8;
CREATE ROLE regress_front;
SELECT ecommerce.grant_access('regress_front', 'storefront') IS NOT NULL AS granted;
ALTER ROLE regress_front SET ecommerce.tenant = 1;
GRANT USAGE ON SCHEMA public TO regress_front;
INSERT INTO ecommerce.users (tenant_id, id, email, first_name) VALUES
    (1, :'ann', 'ann@example.com', 'Ann'), (1, :'bob', 'bob-secret@example.com', 'bob-secret');
INSERT INTO ecommerce.products (tenant_id, sku, name, price, track_stock)
VALUES (1, 'LAMP', 'A lamp', 10, false), (1, 'PEN', 'A pen', 10, true);
SELECT ecommerce.adjust_stock(id('PEN'), 10, 'receipt');
CREATE TABLE known (name text, who text, value text);
CREATE PROCEDURE live(who uuid, word text) LANGUAGE plpgsql AS $$
DECLARE
    v_order   ecommerce.placed_order;
    v_cart    uuid;
    v_address uuid;
    v_card    uuid;
    v_review  uuid;
BEGIN
    INSERT INTO ecommerce.user_credentials (tenant_id, user_id, password_hash)
    VALUES (1, who, crypt(word, gen_salt('bf', 4)));
    INSERT INTO ecommerce.user_profiles (tenant_id, user_id, phone, company)
    VALUES (1, who, word, word);
    v_address := (ecommerce.add_address(who, jsonb_build_object('first_name', word, 'last_name',
        'x', 'address_line_1', 'x', 'city', 'x', 'postal_code', '10563', 'country', 'GR'))).id;
    INSERT INTO ecommerce.wishlist_items (tenant_id, user_id, product_id)
    VALUES (1, who, id('LAMP'));
    PERFORM ecommerce.record_search(word, 1, user_id => who),
        ecommerce.create_email_token(who, 'reset');
    v_order := ecommerce.place_order(items('LAMP', 1), user_id => who, phone => word,
        notes => word, billing_address =>
            jsonb_build_object('first_name', word, 'country', 'GR'));
    PERFORM ecommerce.transition_order(v_order.id, 'processing'),
        ecommerce.transition_order(v_order.id, 'shipped');
    v_review := (ecommerce.add_review(id('LAMP'), 5, 'told everybody', user_id => who)).id;
    PERFORM ecommerce.transition_order(v_order.id, 'delivered');
    v_order := ecommerce.place_order(items('LAMP', 1), user_id => who, notes => word);
    INSERT INTO ecommerce.carts (tenant_id, user_id) VALUES (1, who) RETURNING id INTO v_cart;
    INSERT INTO ecommerce.cart_items (tenant_id, cart_id, product_id)
    VALUES (1, v_cart, id('LAMP'));
    INSERT INTO ecommerce.gift_cards (tenant_id, code_hash, last_digits, currency, initial_amount,
        balance, user_id, email, note) VALUES (1, sha256(word::bytea), 'x', 'EUR', 5, 5, who,
        word || '@example.com', word) RETURNING id INTO v_card;
    INSERT INTO ecommerce.gift_card_entries (tenant_id, gift_card_id, kind, amount)
    VALUES (1, v_card, 'issue', 5);
    INSERT INTO known VALUES ('user_id', word, who), ('order_id', word, v_order.id),
        ('id', word, v_order.id), ('order_number', word, v_order.order_number),
        ('cart_id', word, v_cart), ('address_id', word, v_address), ('review_id', word, v_review),
        ('gift_card_id', word, v_card);
END $$;
CALL live(:'ann', 'ann-secret');
CALL live(:'bob', 'bob-secret');
-- what no output may have, when ann asks
CREATE FUNCTION pattern(word text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT word || '|' || string_agg(value, '|') FROM known
    WHERE who = word AND name <> 'review_id' $$;
-- rows that are bob's, or about bob's, as the owner sees them
CREATE FUNCTION fingerprint(word text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    t      regclass;
    line   text;
    result text := '';
BEGIN
    FOR t IN
        SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'ecommerce'::regnamespace AND c.relkind IN ('r', 'p')
        AND a.attname = 'tenant_id' AND c.relname NOT IN ('currencies', 'settings') ORDER BY 1
    LOOP
        EXECUTE format('SELECT string_agg(r, '''' ORDER BY r) FROM (SELECT
            (to_jsonb(t) - ''updated_at'' - ''helpful_count'')::text AS r FROM %s t) s
            WHERE r ~ $1', t) INTO line USING pattern(word);
        result := result || coalesce(t || md5(line), '');
    END LOOP;
    RETURN md5(result);
END $$;
CREATE FUNCTION value_of(name text, type text, word text) RETURNS text LANGUAGE sql STABLE
SECURITY DEFINER AS $$
    SELECT coalesce((SELECT quote_literal(value) FROM known k WHERE k.name = $1 AND k.who = word),
        CASE WHEN $1 = 'sku' THEN '''LAMP''' WHEN $1 = 'email' THEN '''stranger@example.com'''
            WHEN $1 = 'product_id' THEN quote_literal(id('LAMP'))
            WHEN $1 = 'tenant_id' THEN '1'
            WHEN $1 ~ '^items?$' THEN '''[{"sku": "LAMP", "quantity": 1}]'''
            WHEN $1 ~ 'password' THEN '''correct horse'''
            WHEN $1 = 'address' THEN '''{"first_name": "x", "last_name": "x", "address_line_1": "x",
                "city": "x", "postal_code": "x", "country": "GR"}'''
            WHEN $1 = 'request' THEN format('''{"cart_id": "%s"}''', (SELECT value FROM known
                WHERE known.name = 'cart_id' AND who = word))
            WHEN $2 IN ('integer', 'bigint', 'numeric', 'smallint') THEN '1'
            WHEN $2 = 'boolean' THEN 'true'
            WHEN $2 = 'text' THEN '''shipping''' WHEN $2 = 'text[]' THEN '''{}'''
            WHEN $2 = 'jsonb' THEN '''{}''' ELSE 'NULL' END) $$;
-- each function that the storefront may call, with bob's ids wherever one fits, and with only
-- some of them, so that one bad argument does not hide what comes of another
CREATE FUNCTION calls(word text) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT format('SELECT string_agg(f::text, '''') FROM ecommerce.%I(%s) f', p.proname,
        (SELECT string_agg(format('%I => %s::%s', a.name, value_of(a.name,
            format_type(a.type, NULL), word), format_type(a.type, NULL)), ', ' ORDER BY a.n)
         FROM unnest(p.proargtypes::oid[], p.proargnames) WITH ORDINALITY AS a (type, name, n)
         WHERE a.n <= p.pronargs AND (a.n <= p.pronargs - p.pronargdefaults
            OR EXISTS (SELECT FROM known k WHERE k.name = a.name AND (o.one IS NULL
                OR k.name = o.one)))))
    FROM pg_proc p
    CROSS JOIN LATERAL (SELECT NULL AS one UNION SELECT k.name FROM known k
        WHERE k.name = ANY (p.proargnames[p.pronargs - p.pronargdefaults + 1 : p.pronargs])) o
    WHERE p.pronamespace = 'ecommerce'::regnamespace AND p.prokind = 'f'
    AND has_function_privilege('regress_front', p.oid, 'EXECUTE')
    -- who is signed in the application says; two are arithmetic on an id
    AND p.proname NOT IN ('use_customer', 'use_tenant', 'order_number', 'uuid_v7_time')
    ORDER BY 1 $$;
CREATE FUNCTION attempt(command text, other text, before text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    output  text;
    said    text;
    detail  text;
    hint    text;
    touched text;
BEGIN
    EXECUTE command INTO output;
    touched := CASE WHEN fingerprint(other) <> before THEN 'changes' END;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    -- An error may say again what it was asked for.
    IF SQLSTATE <> 'ZZ000' THEN
        output := concat(SQLERRM, detail, hint);
        FOR said IN SELECT m[1] FROM regexp_matches(command,
            '([0-9a-f]{8}-[0-9a-f-]{27}|[0-9]{6}-[0-9A-Z]{10})', 'g') m LOOP
            output := replace(output, said, '');
        END LOOP;
    END IF;
    RETURN concat_ws(' ', SQLSTATE, touched, CASE WHEN output ~ pattern(other) THEN 'tells' END);
END $$;
-- each table and view, with the columns that may be read
CREATE FUNCTION reads() RETURNS TABLE (relation text, command text) LANGUAGE sql STABLE
SECURITY DEFINER AS $$
    SELECT c.relname::text, format('SELECT string_agg(concat(%s), '' '') FROM ecommerce.%I',
        (SELECT string_agg(format('%I, '' ''', a.attname), ', ') FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         AND has_column_privilege('regress_front', c.oid, a.attnum, 'SELECT')), c.relname)
    FROM pg_class c
    WHERE c.relnamespace = 'ecommerce'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
    AND has_any_column_privilege('regress_front', c.oid, 'SELECT') ORDER BY 1 $$;

-- the test sees what it must: as the owner, all of it is told
CREATE VIEW tables_found AS
SELECT relation FROM reads(), attempt(command, 'bob-secret', '') a WHERE a ~ 'tells';
SELECT count(*) > 4 AS tables FROM tables_found;
SELECT count(*) > 40 AS calls, count(*) FILTER (WHERE a ~ 'tells') > 3 AS told,
    count(*) FILTER (WHERE a ~ 'changes') > 8 AS changed
FROM calls('bob-secret') c, attempt(c, 'bob-secret', fingerprint('bob-secret')) a;
-- and ann herself, as the storefront
SET SESSION AUTHORIZATION regress_front;
BEGIN;
SELECT ecommerce.use_customer(:'ann') IS NOT NULL AS ann;
SELECT relation FROM reads(), attempt(command, 'ann-secret', '') a WHERE a ~ 'tells';
SELECT count(*) FILTER (WHERE a ~ 'tells') > 3 AS told,
    count(*) FILTER (WHERE a ~ 'changes') > 8 AS changed
FROM calls('ann-secret') c, attempt(c, 'ann-secret', fingerprint('ann-secret')) a;

--
-- Nothing of bob's, for ann or for nobody
--
SELECT relation FROM reads(), attempt(command, 'bob-secret', '') a WHERE a ~ 'tells';
SELECT c, a FROM calls('bob-secret') c, attempt(c, 'bob-secret', fingerprint('bob-secret')) a
WHERE a ~ ' ';
COMMIT;
SELECT relation FROM reads(), attempt(command, 'bob-secret', '') a WHERE a ~ 'tells';
SELECT c, a FROM calls('bob-secret') c, attempt(c, 'bob-secret', fingerprint('bob-secret')) a
WHERE a ~ ' ';
RESET SESSION AUTHORIZATION;
SELECT first_name FROM ecommerce.users WHERE id = :'bob';
DROP OWNED BY regress_front CASCADE;
DROP ROLE regress_front;
DROP VIEW tables_found;
DROP FUNCTION pattern, fingerprint, value_of, calls, attempt, reads;
DROP PROCEDURE live;
DROP TABLE known;
DROP EXTENSION pgcrypto;
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
