-- Accounts: registering, coming in, what slows guessing, and hashes that are brought along.
CALL ecommerce_test.new_shop();
-- without pgcrypto
SELECT failure('SELECT ecommerce.register_user(''ann@example.com'', ''correct horse'')', true),
    failure('SELECT ecommerce.authenticate(''ann@example.com'', ''correct horse'')', true) \gx
SELECT email, status, email_verified FROM ecommerce.register_user('later@example.com');
-- in any schema
CREATE SCHEMA "The Crypt";
CREATE EXTENSION pgcrypto SCHEMA "The Crypt";
UPDATE ecommerce.settings SET password_cost = 8;
SELECT email, status, email_verified
FROM ecommerce.register_user('  Ann@Example.com ', 'correct horse', 'Ann', '');
SELECT u.email, first_name, last_name, role, left(password_hash, 7) AS hash, length(password_hash)
FROM ecommerce.users u LEFT JOIN ecommerce.user_credentials c ON c.user_id = u.id ORDER BY 1;
SELECT kind, entity_id = (SELECT id FROM ecommerce.users WHERE first_name = 'Ann') AS ann, data
FROM ecommerce.events ORDER BY id;
-- what is no account
CREATE FUNCTION try(email text, password text, hash text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$ SELECT failure(format(
    'SELECT ecommerce.register_user(%L, %L, password_hash => %L)', email, password, hash), true) $$;
SELECT n, try(email, password, hash) FROM (VALUES
    (1, 'ANN@example.com', 'correct horse', NULL), (2, NULL, 'correct horse', NULL),
    (3, 'no address', 'correct horse', NULL), (4, 'x@example.com', '1234567', NULL),
    (5, 'x@example.com', repeat('x', 73), NULL), (6, 'x@example.com', repeat('é', 37), NULL),
    (7, 'x@example.com', '', NULL), (8, 'x@example.com', 'correct horse', repeat('x', 60)),
    (9, 'x@example.com', NULL, '$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'),
    (10, 'x@example.com', NULL, '$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'),
    (11, 'x@example.com', NULL, 'correct horse'),
    (12, 'x@example.com', NULL, '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA'))
    v (n, email, password, hash) ORDER BY 1;
SELECT failure('SELECT ecommerce.register_user(''x@example.com'', ''correct horse'',
    tenant_id => NULL)'), failure('SELECT ecommerce.register_user(''x@example.com'',
    ''correct horse'', tenant_id => 2)'), count(*) FROM ecommerce.users;
-- a password has up to 72 bytes, of any kind
SELECT email FROM ecommerce.register_user('long@example.com', repeat('é', 36));
SELECT a.user_id IS NOT NULL AS in, b.status AS "73 bytes", c.status AS "71 bytes"
FROM ecommerce.authenticate('long@example.com', repeat('é', 36)) a,
    ecommerce.authenticate('long@example.com', repeat('é', 36) || 'x') b,
    ecommerce.authenticate('long@example.com', repeat('é', 35) || 'x') c;

--
-- Coming in
--
CREATE FUNCTION come(email text, password text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', u.email, a.status, a.email_verified)
    FROM ecommerce.authenticate($1, $2) a LEFT JOIN ecommerce.users u ON u.id = a.user_id $$;
SELECT come('ann@example.com', 'correct horse'), come(' ANN@EXAMPLE.COM', 'correct horse');
-- whatever is wrong, the answer is one
SELECT n, a FROM (VALUES (1, 'ann@example.com', 'Correct horse'), (2, 'ann@example.com', ''),
    (3, 'ann@example.co', 'correct horse'), (4, 'later@example.com', 'correct horse'),
    (5, '', ''), (6, 'ann@example.com%', 'correct horse')) v (n, email, password),
    ecommerce.authenticate(email, password) a ORDER BY 1;
SELECT failure('SELECT ecommerce.authenticate(NULL, ''x'')'),
    failure('SELECT ecommerce.authenticate(''ann@example.com'', NULL)');
-- who is blocked is told so with the right password only
SELECT s.status FROM ecommerce.users u, ecommerce.set_user_status(u.id, 'blocked', 'fraud') s
WHERE first_name = 'Ann';
SELECT come('ann@example.com', 'correct horse'), come('ann@example.com', 'wrong horse');
UPDATE ecommerce.users SET status = 'inactive' WHERE first_name = 'Ann';
SELECT come('ann@example.com', 'correct horse');
UPDATE ecommerce.users SET status = 'active', deleted_at = now() WHERE first_name = 'Ann';
SELECT come('ann@example.com', 'correct horse');
UPDATE ecommerce.users SET deleted_at = NULL;
SELECT come('ann@example.com', 'correct horse');

--
-- As much work for whoever is unknown: count it, instead of the time
--
CREATE TABLE hashed (cost text);
CREATE SCHEMA kept;
CREATE FUNCTION kept.crypt(text, text) RETURNS text LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS '$libdir/pgcrypto', 'pg_crypt';
CREATE OR REPLACE FUNCTION "The Crypt".crypt(text, text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.hashed VALUES (substr($2, 5, 2));
    RETURN kept.crypt($1, $2);
END $$;
SELECT email FROM ecommerce.register_user('cheap@example.com', password_hash =>
    '$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK');
TRUNCATE hashed, ecommerce.auth_failures;
CREATE FUNCTION work(email text, password text) RETURNS TABLE (status text, costs text,
    work numeric, written text) LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE public.hashed;
    status := come(email, password);
    SELECT string_agg(c.cost, ' ' ORDER BY c.cost), sum(2 ^ c.cost::integer) INTO costs, work
    FROM hashed c;
    written := (SELECT string_agg(failed_count || CASE WHEN locked_until > now() THEN ' locked'
        ELSE '' END, ', ') FROM ecommerce.auth_failures WHERE failed_at > now() - interval '1 h');
    TRUNCATE ecommerce.auth_failures;
    RETURN NEXT;
END $$;
SELECT n, w.* FROM (VALUES (1, 'ann@example.com', 'wrong horse'),
    (2, 'nobody@example.com', 'wrong horse'), (3, 'later@example.com', 'wrong horse'),
    (4, 'cheap@example.com', 'wrong horse'), (5, 'ann@example.com', repeat('x', 100)),
    (6, 'nobody@example.com', repeat('x', 100))) v (n, email, password),
    work(email, password) w ORDER BY 1;
-- while nobody is heard, too
INSERT INTO ecommerce.auth_failures SELECT 1, id, 'password', 9, now(), now() + interval '1 minute'
FROM ecommerce.users WHERE first_name = 'Ann';
SELECT * FROM work('ann@example.com', 'correct horse');
INSERT INTO ecommerce.auth_failures VALUES (1, ecommerce_internal.auth_subject(NULL,
    'Nobody@example.com '), 'password', 9, now(), now() + interval '1 minute');
SELECT * FROM work('nobody@example.com', 'correct horse');
-- a function that is no superuser's is not called, though somebody added it to the extension
CREATE ROLE regress_other;
ALTER FUNCTION "The Crypt".crypt(text, text) OWNER TO regress_other;
SELECT failure('SELECT ecommerce.authenticate(''ann@example.com'', ''correct horse'')');
ALTER FUNCTION "The Crypt".crypt(text, text) OWNER TO CURRENT_USER;
DROP ROLE regress_other;
DROP EXTENSION pgcrypto;
DROP SCHEMA "The Crypt", kept CASCADE;
CREATE EXTENSION pgcrypto;

--
-- Guessing
--
CREATE VIEW failures AS
SELECT failed_count, locked_until - failed_at AS wait FROM ecommerce.auth_failures;
SELECT n, come('ann@example.com', 'wrong horse') FROM generate_series(1, 4) n;
SELECT * FROM failures;
SELECT come('ann@example.com', 'wrong horse'); SELECT * FROM failures;
-- the right one is not heard, and tells nothing, nor does it make things worse
SELECT come('ann@example.com', 'correct horse'); SELECT * FROM failures;
-- twice as long each time, up to a limit
CREATE PROCEDURE fail_once_more() LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ecommerce.auth_failures SET locked_until = failed_at;
    PERFORM come('ann@example.com', 'wrong horse');
END $$;
CALL fail_once_more(); SELECT * FROM failures;
CALL fail_once_more(); SELECT * FROM failures;
UPDATE ecommerce.auth_failures SET failed_count = 8;
CALL fail_once_more(); SELECT * FROM failures;
UPDATE ecommerce.auth_failures SET failed_count = 2147483646;
CALL fail_once_more(); SELECT * FROM failures;
-- the right one ends it, and so does a day
UPDATE ecommerce.auth_failures SET locked_until = now();
SELECT come('ann@example.com', 'correct horse'); SELECT * FROM failures;
INSERT INTO ecommerce.auth_failures SELECT 1, id, 'password', 9, now() - interval '25 hours'
FROM ecommerce.users WHERE first_name = 'Ann';
SELECT come('ann@example.com', 'wrong horse'); SELECT * FROM failures;
-- unknown addresses share a bounded number of rows
TRUNCATE ecommerce.auth_failures;
SELECT count(DISTINCT ecommerce_internal.auth_subject(NULL, n::text)) <= 4096 AS bounded,
    count(DISTINCT ecommerce_internal.auth_subject(NULL, n::text)) > 3000 AS spread
FROM generate_series(1, 10000) n;
SELECT ecommerce_internal.auth_subject(NULL, ' BOB@example.com')
    = ecommerce_internal.auth_subject(NULL, 'bob@EXAMPLE.com') AS same;

--
-- Hashes that are brought along
--
-- of crypt_blowfish and passlib; é and so on are bytes from 0x80 on
CREATE TABLE vector (n integer, password text, hash text);
INSERT INTO vector VALUES
    (1, 'U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'),
    (2, 'U*U*', '$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK'),
    (3, 'U*U*U', '$2b$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a'),
    (4, '', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy'),
    (5, '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
        '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui'),
    (6, 'táБℓə', '$2a$05$Z17AXnnlpzddNUvnC6cZNOSwMA/8oNiKnHTHTwLlBijfucQQlHjaG'),
    (7, 'táБℓə', '$2y$05$Z17AXnnlpzddNUvnC6cZNOSwMA/8oNiKnHTHTwLlBijfucQQlHjaG'),
    (8, 'ё', '$2y$05$6bNw2HLQYeqHYyBfLMsv/OUcZd0LKP39b87nBw3.S2tVZSqiQX6eu'),
    (9, '€uro £', '$2b$06$6bNw2HLQYeqHYyBfLMsv/O/NXg/ekK9QbSNEe5qvGsLjq9oIPhVr2');
SELECT n, ecommerce_internal.password_matches(password, hash, 4) AS right,
    ecommerce_internal.password_matches(password || 'x', hash, 4) AS longer,
    ecommerce_internal.password_matches('x' || password, hash, 4) AS other
FROM vector ORDER BY n;
-- in a database of any bytes: those of 0x80 and more alone, as PHP's $2y$ was made for
CREATE DATABASE regress_bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C';
SELECT current_database() AS here \gset
\connect regress_bytes
SET client_min_messages = warning;
CREATE EXTENSION pgcrypto;
SELECT n, crypt(password, left(hash, 29)) = hash AS right FROM (VALUES
    (1, E'\xff\xff\xa3', '$2a$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e'),
    (2, E'\xa3', '$2a$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq'),
    (3, repeat(E'\xaa', 72), '$2a$05$/OK.fbVrR/bpIqNJ5ianF.swQOIzjOiJ9GHEPuhEkvqrUyvWhEMx6'),
    (4, repeat(E'\xaa\x55', 36), '$2a$05$/OK.fbVrR/bpIqNJ5ianF.R9xrDjiycxMbQE2bp.vgqlYpW5wx2yy'),
    (5, repeat(E'\x55\xaa\xff', 24), '$2a$05$/OK.fbVrR/bpIqNJ5ianF.9tQZzcJfm3uj2NvJ/n5xkhpqLrMpWCe')
    ) v (n, password, hash) ORDER BY n;
\connect :here
DROP DATABASE regress_bytes;
-- they come in with it, and get a hash of our own, as dear as the shop wants; but for one that
-- is too short to be chosen today
SELECT email FROM vector v, ecommerce.register_user(n || '@example.com', password_hash => v.hash)
WHERE n IN (2, 5, 6) ORDER BY n;
SELECT n, come(n || '@example.com', password || 'x'), come(n || '@example.com', password)
FROM vector WHERE n IN (2, 5, 6) ORDER BY n;
SELECT u.email, left(password_hash, 7) FROM ecommerce.users u
JOIN ecommerce.user_credentials c ON c.user_id = u.id WHERE u.email ~ '^[0-9]' ORDER BY 1;
SELECT n, come(n || '@example.com', password) FROM vector WHERE n IN (2, 5, 6) ORDER BY n;
-- a hash that nobody here can verify lets nobody in
UPDATE ecommerce.user_credentials SET password_hash = '$argon2id$v=19$m=65536,t=3,p=4$c29t$aGFza'
WHERE user_id = (SELECT id FROM ecommerce.users u WHERE u.email = '5@example.com');
SELECT come('5@example.com', password) FROM vector WHERE n = 5;
UPDATE ecommerce.user_credentials
SET password_hash = '$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
WHERE user_id = (SELECT id FROM ecommerce.users u WHERE u.email = '5@example.com');
SELECT come('5@example.com', 'U*U');

--
-- Changing what they come in with
--
TRUNCATE ecommerce.auth_failures;
SELECT id AS ann FROM ecommerce.users WHERE first_name = 'Ann' \gset
SELECT status FROM ecommerce.change_password(:'ann', 'wrong horse', 'battery staple');
SELECT come('ann@example.com', 'battery staple');
SELECT * FROM failures;
SELECT status FROM ecommerce.change_password(:'ann', 'correct horse', 'battery staple');
SELECT come('ann@example.com', 'correct horse'), come('ann@example.com', 'battery staple');
SELECT n, failure(format('SELECT ecommerce.change_password(%L, %L, %L)', who, old, new))
FROM (VALUES (1, :'ann', 'battery staple', 'short'), (2, :'ann', 'battery staple', NULL),
    (3, :'ann', NULL, 'correct horse'), (4, NULL, 'battery staple', 'correct horse'),
    (5, '01930000-0000-7000-8000-0000000000ff', 'battery staple', 'correct horse'))
    v (n, who, old, new) ORDER BY 1;
UPDATE ecommerce.users SET email_verified = true WHERE id = :'ann';
SELECT status FROM ecommerce.change_email(:'ann', 'wrong horse', 'ann@example.org');
SELECT status, email_verified
FROM ecommerce.change_email(:'ann', 'battery staple', 'Ann@Example.com');
SELECT status, email_verified
FROM ecommerce.change_email(:'ann', 'battery staple', ' ann@example.org ');
SELECT u.email, email_verified FROM ecommerce.users u WHERE id = :'ann';
SELECT n, failure(format('SELECT ecommerce.change_email(%L, ''battery staple'', %L)', :'ann', new))
FROM (VALUES (1, 'LATER@example.com'), (2, 'none'), (3, NULL)) v (n, new) ORDER BY 1;
-- by plain SQL, too, unless it says so
UPDATE ecommerce.users SET email_verified = true WHERE id = :'ann';
UPDATE ecommerce.users u SET email = 'ann@example.net' WHERE id = :'ann'
RETURNING u.email, email_verified;
UPDATE ecommerce.users u SET email = 'ann@example.com', email_verified = true WHERE id = :'ann'
RETURNING u.email, email_verified;
SELECT kind, entity_id = :'ann' AS ann, data FROM ecommerce.events ORDER BY id;
-- what was not committed is not counted
TRUNCATE ecommerce.auth_failures;
BEGIN; SELECT come('ann@example.com', 'wrong horse'); ROLLBACK;
SELECT * FROM failures;
-- a status that there is not, a user that there is not, and once more
SELECT n, failure(format('SELECT ecommerce.set_user_status(%L, %L)', who, status))
FROM (VALUES (1, :'ann', 'asleep'), (2, :'ann', NULL), (3, NULL, 'active'),
    (4, '01930000-0000-7000-8000-0000000000ff', 'active')) v (n, who, status) ORDER BY 1;
SELECT status FROM ecommerce.set_user_status(:'ann', 'active');
-- who has that address at another tenant is somebody else
SELECT ecommerce.create_tenant('Second', 'DE') AS second;
SELECT r.status FROM ecommerce.register_user('ann@example.com', 'another horse', tenant_id => 2) r;
SELECT t, a.status, a.user_id = :'ann' AS ann
FROM unnest(ARRAY[1, 2]) t, ecommerce.authenticate('ANN@example.com', 'another horse', t) a
ORDER BY 1;
-- settings
SELECT n, failure(format('UPDATE ecommerce.settings SET password_cost = %L', n))
FROM unnest(ARRAY[7, 17, NULL]) n;
SELECT * FROM ecommerce.verify_integrity();
DROP VIEW failures;
DROP FUNCTION try, come, work;
DROP PROCEDURE fail_once_more;
DROP TABLE hashed, vector;
DROP EXTENSION pgcrypto;
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
