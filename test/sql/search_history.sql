-- What was searched for, by whom, and for how long that is kept.
CALL ecommerce_test.new_shop();
\set ann '01930000-0000-7000-8000-0000000000a1'
\set bob '01930000-0000-7000-8000-0000000000a2'
INSERT INTO ecommerce.users (tenant_id, id, email) VALUES (1, :'ann', 'ann@example.com'),
    (1, :'bob', 'bob@example.com');
SELECT search_term, results_count
FROM ecommerce.record_search('  Red Lamp ', 3, 'session 1', :'ann');
SELECT search_term, results_count FROM ecommerce.record_search('red  lamp', 3, 'session 1');
SELECT search_term FROM ecommerce.record_search('RED LAMP', 2, 'session 2');
SELECT search_term FROM ecommerce.record_search('red lamp', 0);
SELECT search_term FROM ecommerce.record_search('my own name', 1, user_id => :'ann');
SELECT length(search_term) FROM ecommerce.record_search(repeat('x', 300), 0, user_id => :'bob');
SELECT user_id IS NOT NULL AS user, session_id, left(search_term, 20) FROM ecommerce.search_history
ORDER BY id;
SELECT n, failure(format('SELECT ecommerce.record_search(%L, %L, %L, %L)', t, c, s, u))
FROM (VALUES (1, NULL, 1, NULL, NULL), (2, '', 1, NULL, NULL), (3, ' ', 1, NULL, NULL),
    (4, 'x', NULL, NULL, NULL), (5, 'x', -1, NULL, NULL), (6, 'x', 1, '', NULL),
    (7, 'x', 1, repeat('x', 256), NULL),
    (8, 'x', 1, NULL, '01930000-0000-7000-8000-0000000000ff')) v (n, t, c, s, u) ORDER BY 1;
-- one's own, each once, and those of nobody else
SELECT search_term FROM ecommerce.recent_searches(user_id => :'ann');
SELECT search_term FROM ecommerce.record_search('red lamp', 3, user_id => :'ann');
SELECT search_term FROM ecommerce.recent_searches(user_id => :'ann');
SELECT search_term FROM ecommerce.recent_searches(1, user_id => :'ann');
SELECT search_term FROM ecommerce.recent_searches(session_id => 'session 1');
SELECT count(*) FROM ecommerce.recent_searches();
SELECT failure(format('SELECT ecommerce.recent_searches(%L)', n))
FROM unnest(ARRAY[-1, 1001, NULL]) n;
-- popular is what three people sought and found, not two
SELECT count(ecommerce.record_search('blue lamp', 1, user_id => who))
FROM unnest(ARRAY[:'ann', :'ann', :'bob']::uuid[]) who;
SELECT * FROM ecommerce.popular_terms();
SELECT search_term, searches, people, without_results FROM ecommerce.popular_searches
WHERE length(search_term) < 20 ORDER BY searches DESC, 1;
SELECT count(*) FROM ecommerce.popular_terms(0);
SELECT n, failure(format('SELECT ecommerce.popular_terms(%L, %L)', c, s))
FROM (VALUES (1, -1, '1 day'), (2, NULL, '1 day'), (3, 1, '0'), (4, 1, NULL), (5, 1, '11 years'))
    v (n, c, s) ORDER BY 1;
-- trimming, some at a time, of one tenant or all
UPDATE ecommerce.search_history SET created_at = now() - interval '100 days'
WHERE session_id IS NOT NULL;
SELECT * FROM ecommerce.popular_terms();
SELECT * FROM ecommerce.trim_search_history(max_count => 1);
SELECT * FROM ecommerce.trim_search_history('101 days');
SELECT * FROM ecommerce.trim_search_history('100 days', tenant_id => NULL);
SELECT * FROM ecommerce.trim_search_history('99 days 23 hours', tenant_id => NULL);
SELECT count(*) FROM ecommerce.search_history;
INSERT INTO ecommerce.auth_failures VALUES
    (1, :'ann', 'password', 1, now() - interval '2 days', NULL),
    (1, :'ann', 'token', 1, now(), NULL),
    (1, :'bob', 'token', 1, now() - interval '2 days', now() + interval '1 hour');
SELECT * FROM ecommerce.trim_search_history();
SELECT count(*) FROM ecommerce.auth_failures;
SELECT n, failure(format('SELECT ecommerce.trim_search_history(%L, %L)', k, c))
FROM (VALUES (1, NULL, 1), (2, '-1 day', 1), (3, '1 day', -1), (4, '1 day', NULL),
    (5, '170000000 years', 1)) v (n, k, c)
ORDER BY 1;
-- who has the same id at another tenant is somebody else
SELECT ecommerce.create_tenant('Second', 'DE') AS second;
INSERT INTO ecommerce.users (tenant_id, id, email) VALUES (2, :'ann', 'ann@example.com');
INSERT INTO ecommerce.search_history (tenant_id, user_id, search_term) VALUES (2, :'ann', 'x');
SET ecommerce.tenant = 1;
SELECT search_term FROM ecommerce.recent_searches(user_id => :'ann');
-- who wants to be forgotten
SELECT * FROM ecommerce.clear_searches(user_id => :'ann');
SELECT * FROM ecommerce.clear_searches('session 2');
SELECT * FROM ecommerce.clear_searches();
SELECT count(*) FROM ecommerce.search_history;
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
