-- Tokens of letters: told once, kept as a hash, used once, for one address.
CALL ecommerce_test.new_shop();
CREATE EXTENSION pgcrypto;
UPDATE ecommerce.settings SET password_cost = 8;
SELECT user_id AS ann FROM ecommerce.register_user('Ann@example.com', 'correct horse') \gset
SELECT user_id AS bob FROM ecommerce.register_user('bob@example.com', 'correct horse') \gset
-- asking is answered to everybody alike, and tells whoever writes letters
SELECT n, r.type, r.requested_at = now() AS now FROM (VALUES (1, 'ann@EXAMPLE.com'),
    (2, 'nobody@example.com'), (3, ' bob@example.com ')) v (n, email),
    ecommerce.request_email_token(email, 'reset') r ORDER BY 1;
SELECT kind, entity_id = :'ann' AS ann, data FROM ecommerce.events WHERE kind ~ 'token' ORDER BY id;
SELECT count(*), sum(failed_count) FROM ecommerce.auth_failures WHERE purpose = 'token';
-- five letters, and no more for a while
SELECT count(*) FROM generate_series(1, 10) n,
    ecommerce.request_email_token(repeat(' ', n) || 'ann@example.com');
SELECT count(*) FROM ecommerce.events WHERE kind = 'user.token_requested' AND entity_id = :'ann';
SELECT n, failure(format('SELECT ecommerce.request_email_token(%L, %L)', email, type))
FROM (VALUES (1, NULL, 'reset'), (2, 'ann@example.com', 'x'), (3, 'ann@example.com', NULL))
    v (n, email, type) ORDER BY 1;

-- the token: 43 characters of base64url, of which the sha256 is kept
SELECT token AS first, token ~ '^[A-Za-z0-9_-]{43}$' AS form, t.email, type,
    expires_at - now() < '1 day 1 minute' AND expires_at > now() + '23 hours' AS a_day
FROM ecommerce.create_email_token(:'ann') t \gset
\echo :form :email :type :a_day
SELECT token AS token, expires_at - now() < '1 hour 1 minute' AS an_hour
FROM ecommerce.create_email_token('ANN@example.com', 'reset') \gset
\echo :an_hour
SELECT type, user_id = :'ann' AS ann, t.email, token_hash IN (sha256(:'first'), sha256(:'token'))
    AS hash, used_at FROM ecommerce.email_tokens t ORDER BY type;
SELECT count(DISTINCT token) FROM generate_series(1, 100) n,
    ecommerce.create_email_token('nobody' || n || '@example.com');
SELECT type, t.email, length(token), expires_at > now() AS later
FROM ecommerce.create_email_token('nobody@example.com', 'reset') t;
SELECT count(*) FROM ecommerce.email_tokens;
SELECT n, failure(format('SELECT ecommerce.create_email_token(%L::uuid, %L, %L)', who, type, ttl))
FROM (VALUES (1, :'ann', 'x', NULL), (2, NULL, 'reset', NULL), (3, :'ann', 'reset', '0'),
    (4, :'ann', 'reset', '31 days'), (5, :'ann', 'reset', '-1 day'),
    (6, '01930000-0000-7000-8000-0000000000ff', 'reset', NULL)) v (n, who, type, ttl) ORDER BY 1;

--
-- Using it
--
CREATE FUNCTION verify(token text) RETURNS text LANGUAGE sql AS
    $$ SELECT failure(format('SELECT ecommerce.verify_email(%L)', token)) $$;
CREATE FUNCTION reset(token text, password text DEFAULT 'battery staple') RETURNS text LANGUAGE sql
    AS $$ SELECT failure(format('SELECT ecommerce.reset_password(%L, %L)', token, password)) $$;
-- of another type, changed, or none
SELECT verify(:'token'), reset(:'first'), verify(:'first' || 'x'), verify(''), verify(NULL) \gx
SELECT v.email, email_verified, user_id = :'ann' AS ann FROM ecommerce.verify_email(:'first') v;
SELECT verify(:'first') AS again;
-- a password that cannot be used leaves the token good
SELECT reset(:'token', 'short'), reset(:'token', NULL);
SELECT status FROM ecommerce.authenticate('ann@example.com', 'battery staple');
SELECT r.email, status, email_verified
FROM ecommerce.reset_password(:'token', 'battery staple') r;
SELECT reset(:'token') AS again;
SELECT status FROM ecommerce.authenticate('ann@example.com', 'correct horse');
SELECT status FROM ecommerce.authenticate('ann@example.com', 'battery staple');
-- one that came before it is void
SELECT token AS old FROM ecommerce.create_email_token(:'bob', 'reset') \gset
SELECT token AS new FROM ecommerce.create_email_token(:'bob'::uuid, 'reset') \gset
SELECT token AS other FROM ecommerce.create_email_token('bob@example.com') \gset
SELECT reset(:'old'), reset(:'new'), reset(:'new') AS again;
SELECT email_verified FROM ecommerce.users WHERE id = :'bob';
SELECT verify(:'other') AS "of another type";
-- a failure is forgotten, so the right password is heard at once
INSERT INTO ecommerce.auth_failures VALUES (1, :'bob', 'password', 9, now(), now() + '1 hour');
SELECT status FROM ecommerce.authenticate('bob@example.com', 'battery staple');
SELECT token AS new FROM ecommerce.create_email_token(:'bob', 'reset') \gset
SELECT reset(:'new', 'correct horse');
SELECT status FROM ecommerce.authenticate('bob@example.com', 'correct horse');
-- expired
SELECT token AS new FROM ecommerce.create_email_token(:'bob', 'reset', '1 microsecond') \gset
SELECT reset(:'new');
-- a password that is set voids tokens that reset it
SELECT token AS new FROM ecommerce.create_email_token(:'bob', 'reset') \gset
SELECT status FROM ecommerce.change_password(:'bob', 'correct horse', 'battery staple');
SELECT reset(:'new');
-- for another address than the user has now, also by plain SQL; that is as good as it was
SELECT token AS new FROM ecommerce.create_email_token(:'bob', 'reset') \gset
SELECT token AS other FROM ecommerce.create_email_token(:'bob') \gset
UPDATE ecommerce.users SET email = 'bob@example.org' WHERE id = :'bob';
SELECT reset(:'new'), verify(:'other');
UPDATE ecommerce.users SET email = 'BOB@example.com' WHERE id = :'bob';
SELECT verify(:'other');
-- of a user who is blocked, or deleted
SELECT token AS new FROM ecommerce.create_email_token(:'bob', 'reset') \gset
UPDATE ecommerce.users SET status = 'blocked' WHERE id = :'bob';
SELECT reset(:'new'), failure(format('SELECT ecommerce.create_email_token(%L::uuid)', :'bob'));
SELECT length(token) FROM ecommerce.create_email_token('bob@example.com');
UPDATE ecommerce.users SET status = 'active', deleted_at = now() WHERE id = :'bob';
SELECT reset(:'new'), failure(format('SELECT ecommerce.create_email_token(%L::uuid)', :'bob'));
UPDATE ecommerce.users SET deleted_at = NULL WHERE id = :'bob';
SELECT reset(:'new');
-- of another tenant
SELECT token AS new FROM ecommerce.create_email_token(:'bob') \gset
SELECT ecommerce.create_tenant('Second', 'DE') AS second;
SELECT failure(format('SELECT ecommerce.verify_email(%L, 2)', :'new')),
    failure(format('SELECT ecommerce.verify_email(%L, 1)', :'new'));
SELECT kind, entity_id = :'bob' AS bob, data FROM ecommerce.events e
WHERE kind ~ '^user.(email|password)' ORDER BY id;
DROP FUNCTION verify, reset;
DROP EXTENSION pgcrypto;
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
