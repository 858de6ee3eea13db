-- What is kept about a person: told, and forgotten.
CALL ecommerce_test.new_shop();
CREATE EXTENSION pgcrypto;
\set ann '01930000-0000-7000-8000-0000000000a1'
\set bob '01930000-0000-7000-8000-0000000000a2'
UPDATE ecommerce.settings SET country = 'GR', password_cost = 8;
-- every column that may lead to a person is on the list
SELECT c.relname, a.attname FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'ecommerce'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
AND NOT c.relispartition
AND a.attname ~ '(user_id|email|phone|first_name|_address|session_id|customer)'
AND NOT EXISTS (SELECT FROM ecommerce_internal.personal_data() p WHERE p.relation = c.relname)
ORDER BY 1, 2;
-- and what is on the list is there
SELECT relation, key FROM ecommerce_internal.personal_data() p
WHERE NOT EXISTS (SELECT FROM pg_attribute a
    WHERE a.attrelid = to_regclass('ecommerce.' || relation) AND attname = key);
SELECT erasure, string_agg(relation, ' ' ORDER BY relation)
FROM ecommerce_internal.personal_data() GROUP BY 1 ORDER BY 1;
-- secrets are named, wherever there are some
SELECT relation, secrets FROM ecommerce_internal.personal_data() WHERE secrets <> '{}';
SELECT relation, a.attname FROM ecommerce_internal.personal_data() p
JOIN pg_attribute a ON a.attrelid = to_regclass('ecommerce.' || relation)
WHERE p.erasure <> 'exempt' AND a.attname ~ '(hash|secret|token)' AND NOT a.attname = ANY (secrets);

INSERT INTO ecommerce.users (tenant_id, id, email, first_name, last_name, email_verified, metadata)
VALUES (1, :'ann', 'ann@example.com', 'Ann', 'B', true, '{"a": "ann-secret"}'),
    (1, :'bob', 'bob@example.com', 'Bob', 'C', true, '{}');
INSERT INTO ecommerce.products (tenant_id, sku, name, price, track_stock)
VALUES (1, 'LAMP', 'A lamp', 10, false);
CREATE PROCEDURE live(who uuid, word text) LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid;
BEGIN
    INSERT INTO ecommerce.user_credentials (tenant_id, user_id, password_hash)
    VALUES (1, who, crypt(word, gen_salt('bf', 4)));
    INSERT INTO ecommerce.user_profiles (tenant_id, user_id, phone) VALUES (1, who, word);
    PERFORM ecommerce.add_address(who, jsonb_build_object('first_name', word, 'last_name', 'x',
        'address_line_1', 'x', 'city', 'x', 'postal_code', '10563', 'country', 'GR'));
    INSERT INTO ecommerce.carts (tenant_id, user_id) VALUES (1, who) RETURNING id INTO v_id;
    INSERT INTO ecommerce.cart_items (tenant_id, cart_id, product_id) VALUES (1, v_id, id('LAMP'));
    INSERT INTO ecommerce.wishlist_items (tenant_id, user_id, product_id)
    VALUES (1, who, id('LAMP'));
    PERFORM ecommerce.record_search(word, 1, user_id => who),
        ecommerce.create_email_token(who, 'reset');
    INSERT INTO ecommerce.auth_failures VALUES (1, who, 'password', 1);
    v_id := (ecommerce.place_order(items('LAMP', 1), user_id => who,
        email => word || '@example.com', phone => word, notes => word,
        metadata => jsonb_build_object('a', word),
        billing_address => jsonb_build_object('first_name', word, 'country', 'GR'))).id;
    PERFORM ecommerce.transition_order(v_id, 'processing'),
        ecommerce.transition_order(v_id, 'shipped'),
        ecommerce.transition_order(v_id, 'delivered'),
        ecommerce.add_review(id('LAMP'), 5, word, user_id => who);
    INSERT INTO ecommerce.gift_cards (tenant_id, code_hash, last_digits, currency, initial_amount,
        balance, user_id, email) VALUES (1, sha256(word::bytea), 'x', 'EUR', 5, 5, who,
        word || '@example.com') RETURNING id INTO v_id;
    INSERT INTO ecommerce.gift_card_entries (tenant_id, gift_card_id, kind, amount)
    VALUES (1, v_id, 'issue', 5);
END $$;
CALL live(:'ann', 'ann-secret');
CALL live(:'bob', 'bob-secret');
SELECT count(*) FROM ecommerce.product_reviews r, ecommerce.vote_review(r.id, user_id => :'ann')
WHERE r.user_id = :'bob';
-- all of the one, nothing of the other, no hash
SELECT e.key, jsonb_array_length(e.value) AS rows, e.value::text ~ 'ann-secret' AS ann,
    e.value::text ~ 'bob' AS bob, e.value::text ~ '(hash|\$2a\$|tenant_id)' AS secret
FROM jsonb_each(ecommerce.export_customer(:'ann')) e ORDER BY 1;
SELECT string_agg(k ->> 'kind', ' ' ORDER BY k ->> 'kind') AS kinds
FROM jsonb_array_elements(ecommerce.export_customer(:'ann') -> 'events') k;
-- a table of the shop's own, or of a later version, is not forgotten
CREATE TABLE ecommerce.hobbies (tenant_id integer, user_id uuid, hobby text);
INSERT INTO ecommerce.hobbies VALUES (1, :'ann', 'chess'), (1, :'bob', 'golf'), (2, :'ann', 'judo');
SELECT ecommerce.export_customer(:'ann') -> 'hobbies' AS hobbies;
DROP TABLE ecommerce.hobbies;
SELECT failure(format('SELECT ecommerce.export_customer(%L)', who)),
    failure(format('SELECT ecommerce.erase_customer(%L)', who))
FROM (VALUES (NULL), ('01930000-0000-7000-8000-0000000000ff')) v (who);

--
-- Erasing
--
SELECT order_number AS open, id AS open_id
FROM ecommerce.place_order(items('LAMP', 1), user_id => :'ann') \gset
SELECT failure(format('SELECT ecommerce.erase_customer(%L)', :'ann'), true);
SELECT first_name FROM ecommerce.users WHERE id = :'ann';
SELECT status FROM ecommerce.cancel_order(:'open_id'::uuid);
SELECT status FROM ecommerce.create_quote(jsonb_build_object('items', items('LAMP', 1),
    'user_id', :'ann', 'email', 'ann-secret@example.com'), now() + interval '1 day');
SELECT erased_at = now() AS now, orders_kept,
    keep_until = date_trunc('year', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
        + interval '11 years' AS ten_years_after_this
FROM ecommerce.erase_customer(:'ann') \gset
\echo :now :orders_kept :ten_years_after_this
SELECT e.key, jsonb_array_length(e.value) AS rows, e.value::text ~ 'ann-secret' AS ann
FROM jsonb_each(ecommerce.export_customer(:'ann')) e
WHERE jsonb_array_length(e.value) > 0 ORDER BY 1;
SELECT u.email ~ '@erased.invalid$' AS email, first_name, last_name, status, email_verified,
    metadata, deleted_at = erased_at AS deleted FROM ecommerce.users u WHERE id = :'ann';
SELECT email, phone, notes, metadata, billing_address ->> 'first_name' AS billing
FROM ecommerce.orders WHERE user_id = :'ann' AND status = 'delivered';
SELECT status, email, request FROM ecommerce.quotes WHERE user_id = :'ann';
-- the other has everything
SELECT e.key, jsonb_array_length(e.value) AS rows
FROM jsonb_each(ecommerce.export_customer(:'bob')) e ORDER BY 1;
-- again: the same answer, one event
SELECT orders_kept, erased_at = (SELECT erased_at FROM ecommerce.users WHERE id = :'ann') AS same
FROM ecommerce.erase_customer(:'ann');
SELECT count(*) FROM ecommerce.events WHERE kind = 'user.erased';
-- it never comes back, and its address is free
SELECT n, failure(format('UPDATE ecommerce.users SET %s WHERE id = %L', s, :'ann'))
FROM (VALUES (1, 'status = ''active'''), (2, 'deleted_at = NULL'), (3, 'first_name = ''Ann'''),
    (4, 'erased_at = NULL')) v (n, s) ORDER BY 1;
SELECT failure(format('SELECT ecommerce.use_customer(%L)', :'ann')),
    failure(format('SELECT ecommerce.set_user_status(%L, ''active'')', :'ann')),
    failure(format('SELECT ecommerce.create_email_token(%L::uuid)', :'ann')),
    failure(format('SELECT ecommerce.place_order(items(''LAMP'', 1), user_id => %L)', :'ann')) \gx
SELECT r.email FROM ecommerce.register_user('ann@example.com') r;
-- nor by plain SQL without taking the name
SELECT failure(format('UPDATE ecommerce.users SET erased_at = now() WHERE id = %L', :'bob'));
-- one that was deleted before can be erased
UPDATE ecommerce.users SET deleted_at = now() - interval '1 day' WHERE id = :'bob';
SELECT orders_kept FROM ecommerce.erase_customer(:'bob');
SELECT deleted_at < erased_at AS deleted_before FROM ecommerce.users WHERE id = :'bob';
SELECT count(*) FROM ecommerce.gift_cards WHERE email IS NOT NULL;
SELECT * FROM ecommerce.verify_integrity();

-- what comes of them afterwards is found, and erased by doing it again
INSERT INTO ecommerce.search_history (tenant_id, user_id, search_term) VALUES (1, :'ann', 'x');
UPDATE ecommerce.orders SET email = 'ann@example.com'
WHERE user_id = :'ann' AND status = 'delivered';
SELECT problem, detail - 'user_id' AS detail FROM ecommerce.verify_integrity() ORDER BY 1;
SELECT orders_kept FROM ecommerce.erase_customer(:'ann');
SELECT * FROM ecommerce.verify_integrity();

-- where somebody lived before goes with them from the event, and nothing else goes from any
INSERT INTO ecommerce.users (tenant_id, id, email) VALUES
    (1, '01930000-0000-7000-8000-0000000000a3', 'cem@example.com');
SELECT id AS moved, created_at AS placed FROM ecommerce.place_order(items('LAMP', 1),
    user_id => '01930000-0000-7000-8000-0000000000a3',
    shipping_address => '{"country": "GR", "city": "cem-secret"}') \gset
SELECT shipping_address FROM ecommerce.change_order_address(:'moved'::uuid,
    '{"country": "GR", "city": "Volos"}');
SELECT failure(format('UPDATE ecommerce.events SET %s WHERE kind = ''order.address_changed''', s))
FROM unnest(ARRAY['data = ''{"shipping_address": "x"}''', 'kind = ''x'', data = ''{}''',
    'data = ''{"a": 1}''', 'entity_id = ecommerce.uuid_v7(), data = ''{}''']) s;
SELECT failure('UPDATE ecommerce.events SET data = ''{}'' WHERE kind <> ''order.address_changed''');
SELECT status FROM unnest('{processing,shipped,delivered}'::text[]) s,
    ecommerce.transition_order(:'moved'::uuid, s);
SELECT shipping_address ->> 'city' AS city, not_known
FROM ecommerce.order_as_of(:'moved'::uuid, :'placed');
SELECT orders_kept FROM ecommerce.erase_customer('01930000-0000-7000-8000-0000000000a3');
SELECT count(*) AS told FROM ecommerce.events e WHERE e.data::text ~ 'cem-secret';
SELECT shipping_address, not_known FROM ecommerce.order_as_of(:'moved'::uuid, :'placed');
SELECT shipping_address ->> 'city' AS city, not_known
FROM ecommerce.order_as_of(:'moved'::uuid, 'tomorrow');
INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data) VALUES
    (1, 'order.address_changed', :'moved', '{"billing_address": null}');
SELECT problem FROM ecommerce.verify_integrity() ORDER BY 1;
SELECT orders_kept FROM ecommerce.erase_customer('01930000-0000-7000-8000-0000000000a3');
SELECT * FROM ecommerce.verify_integrity();

--
-- When the law asks no more
--
SELECT * FROM ecommerce.erase_expired();
UPDATE ecommerce.settings SET retention_years = 2;
SELECT n, (ecommerce.place_order('[{"sku": "LAMP", "quantity": 1, "unit_price": 10}]',
    email => 'guest@example.com', notes => n, currency => 'EUR',
    shipping_address => '{"country": "GR", "city": "Athens"}',
    placed_at => t AT TIME ZONE 'UTC')).gross
FROM (VALUES ('kept', date_trunc('year', now() AT TIME ZONE 'UTC') - interval '2 years'),
    ('open', date_trunc('year', now() AT TIME ZONE 'UTC') - interval '2 years 2 days'),
    ('expired', date_trunc('year', now() AT TIME ZONE 'UTC') - interval '2 years 1 ms'))
    v (n, t) ORDER BY 1;
SELECT count(s) FROM ecommerce.orders o, unnest('{processing,shipped,delivered}'::text[])
    WITH ORDINALITY v (s, n), ecommerce.transition_order(o.id, s)
WHERE notes IN ('kept', 'expired');
SELECT * FROM ecommerce.erase_expired(0);
SELECT * FROM ecommerce.erase_expired(tenant_id => NULL);
SELECT * FROM ecommerce.erase_expired();
SELECT notes, email, shipping_address ->> 'city' AS city, gross FROM ecommerce.orders
WHERE user_id IS NULL ORDER BY 1;
SELECT failure(format('SELECT ecommerce.erase_expired(%L)', n)) FROM unnest(ARRAY[-1, NULL]) n;
SELECT * FROM ecommerce.verify_integrity();
-- who has the same id at another tenant is somebody else
SELECT ecommerce.create_tenant('Second', 'DE') AS second;
INSERT INTO ecommerce.users (tenant_id, id, email, first_name)
SELECT t, '01930000-0000-7000-8000-0000000000a4', 'cat@example.com', 'Cat'
FROM unnest(ARRAY[1, 2]) t;
INSERT INTO ecommerce.search_history (tenant_id, user_id, search_term)
SELECT t, '01930000-0000-7000-8000-0000000000a4', 'lamp of ' || t FROM unnest(ARRAY[1, 2]) t;
SELECT jsonb_path_query_array(ecommerce.export_customer('01930000-0000-7000-8000-0000000000a4',
    tenant_id => 1), '$.search_history[*].search_term') AS searches;
SELECT orders_kept FROM ecommerce.erase_customer('01930000-0000-7000-8000-0000000000a4',
    tenant_id => 1);
SELECT tenant_id, first_name, (SELECT count(*) FROM ecommerce.search_history h
    WHERE h.tenant_id = u.tenant_id AND h.user_id = u.id) AS searches
FROM ecommerce.users u WHERE id = '01930000-0000-7000-8000-0000000000a4' ORDER BY 1;
DROP PROCEDURE live;
DROP EXTENSION pgcrypto;
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
