-- Every way from one status of a user to another, and what each does to tokens.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgcrypto;
UPDATE ecommerce.settings SET password_cost = 8, country = 'GR';
CREATE FUNCTION pg_temp.make(status text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := (ecommerce.register_user(gen_random_uuid() || '@example.com')).user_id;
BEGIN
    IF status = 'erased' THEN
        PERFORM ecommerce.erase_customer(v_id);
    ELSIF status = 'deleted' THEN
        UPDATE ecommerce.users SET deleted_at = now() WHERE id = v_id;
    ELSE
        UPDATE ecommerce.users u SET status = make.status WHERE id = v_id;
    END IF;
    RETURN v_id;
END $$;
-- SQLSTATE, or the events that it appended
CREATE FUNCTION pg_temp.attempt(v_id uuid, command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_before bigint := (SELECT count(*) FROM ecommerce.events WHERE entity_id = v_id);
BEGIN
    EXECUTE command USING v_id;
    RETURN coalesce((SELECT string_agg(kind, ',' ORDER BY id)
                     FROM (SELECT kind, id FROM ecommerce.events WHERE entity_id = v_id
                           ORDER BY id OFFSET v_before) e), 'nothing');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
CREATE TEMP TABLE state AS SELECT unnest('{active,inactive,blocked,deleted,erased}'::text[]) AS s;
CREATE TEMP TABLE way AS SELECT unnest('{active,inactive,blocked}'::text[]) AS w;
SELECT plan(15 + 15 + 5 + 5 + 16 + 6);

SELECT is(pg_temp.attempt(pg_temp.make(s), format('SELECT ecommerce.set_user_status($1, %L)', w)),
    CASE WHEN s IN ('deleted', 'erased') THEN 'EC016' WHEN s = w THEN 'nothing'
         ELSE 'user.' || w END,
    format('set_user_status: %s to %s', s, w)) FROM state, way;
SELECT is(pg_temp.attempt(pg_temp.make(s),
        format('UPDATE ecommerce.users SET status = %L WHERE id = $1', w)),
    CASE s WHEN 'erased' THEN 'EC017' ELSE 'nothing' END,
    format('plain SQL: %s to %s', s, w)) FROM state, way;
SELECT is(pg_temp.attempt(pg_temp.make(s), 'SELECT ecommerce.erase_customer($1)'),
    CASE s WHEN 'erased' THEN 'nothing' ELSE 'user.erased' END, 'erasing who is ' || s) FROM state;
SELECT is(pg_temp.attempt(pg_temp.make(s), 'SELECT ecommerce.create_email_token($1::uuid)'),
    CASE s WHEN 'active' THEN 'nothing' ELSE 'EC016' END, 'a token for who is ' || s) FROM state;

-- Tokens: good, used, expired, void, of a user who is not active, for another address, of
-- another type, of none
CREATE FUNCTION pg_temp.token(state text, type text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_id    uuid := pg_temp.make('active');
    v_token text := (ecommerce.create_email_token(v_id, type)).token;
BEGIN
    CASE state
        WHEN 'good' THEN NULL;
        WHEN 'used' THEN
            IF type = 'reset' THEN
                PERFORM ecommerce.reset_password(v_token, 'correct horse');
            ELSE
                PERFORM ecommerce.verify_email(v_token);
            END IF;
        WHEN 'expired' THEN UPDATE ecommerce.email_tokens SET expires_at = now()
                            WHERE user_id = v_id;
        WHEN 'void' THEN PERFORM ecommerce.create_email_token(v_id, type);
        WHEN 'of who is blocked' THEN PERFORM ecommerce.set_user_status(v_id, 'blocked');
        WHEN 'for another address' THEN
            UPDATE ecommerce.users SET email = gen_random_uuid() || '@example.com' WHERE id = v_id;
        WHEN 'of another type' THEN
            v_token := (ecommerce.create_email_token(v_id, CASE type WHEN 'reset'
                THEN 'verification' ELSE 'reset' END)).token;
        WHEN 'of who was erased' THEN PERFORM ecommerce.erase_customer(v_id);
    END CASE;
    RETURN pg_temp.attempt(v_id, CASE type
        WHEN 'reset' THEN format('SELECT ecommerce.reset_password(%L, ''correct horse'')', v_token)
        ELSE format('SELECT ecommerce.verify_email(%L)', v_token) END);
END $$;
SELECT is(pg_temp.token(s, t), CASE WHEN s <> 'good' THEN 'EC040'
        WHEN t = 'reset' THEN 'user.password_reset' ELSE 'user.email_verified' END,
    format('%s: a token that is %s', t, s))
FROM unnest(ARRAY['good', 'used', 'expired', 'void', 'of who is blocked', 'for another address',
    'of another type', 'of who was erased']) s, unnest(ARRAY['reset', 'verification']) t;

-- By plain SQL nobody is erased but for the name, and a name never comes back.
CREATE FUNCTION pg_temp.sql(status text, assignment text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.attempt(pg_temp.make(status),
        format('UPDATE ecommerce.users SET %s WHERE id = $1', assignment)) $$;
SELECT is(pg_temp.sql(s, a), expected, format('plain SQL: %s of who is %s', a, s))
FROM (VALUES ('active', 'erased_at = now()', '23514'),
    ('active', 'erased_at = now(), deleted_at = now()', '23514'),
    ('active', 'erased_at = now(), deleted_at = now(), status = ''inactive''', 'nothing'),
    ('erased', 'first_name = ''Ann''', 'EC017'), ('erased', 'erased_at = NULL', 'EC017'),
    ('deleted', 'deleted_at = NULL', 'nothing')) v (s, a, expected);

SELECT * FROM finish();
ROLLBACK;
