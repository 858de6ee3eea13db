-- Events are read once by each consumer, and by one worker of it at a time.
CREATE EXTENSION ecommerce;
SET client_min_messages = warning;
UPDATE ecommerce.settings SET country = 'GR';
-- events are numbered as they are made: e1, e2 and so on
CREATE SEQUENCE number;
CREATE FUNCTION append(n integer, tenant integer DEFAULT 1) RETURNS void LANGUAGE sql AS $$
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id)
    SELECT tenant, 'e' || nextval('number'), ecommerce.uuid_v7() FROM generate_series(1, n)
$$;
CREATE TABLE got (step serial, worker text, events text[], positions text[], deliveries integer);
-- a worker fetches, and is told the events by their numbers
CREATE FUNCTION take(worker text, n integer, lease interval DEFAULT '1 hour',
    consumer text DEFAULT 'mail') RETURNS text LANGUAGE sql AS $$
    SELECT without_autovacuum();
    WITH f AS MATERIALIZED (SELECT row_number() OVER () AS n, e.*
        FROM ecommerce.events_fetch(consumer, n, lease, worker) e),
    noted AS (
        INSERT INTO got (worker, events, positions, deliveries)
        SELECT take.worker, array_agg(kind ORDER BY f.n), array_agg(position ORDER BY f.n),
            max(deliveries)
        FROM f HAVING count(*) > 0
        RETURNING events, deliveries)
    SELECT coalesce((SELECT array_to_string(events, ' ') || ' x' || deliveries FROM noted), '-')
$$;
-- and acknowledges the nth of what it has
CREATE FUNCTION ack(worker text, n integer DEFAULT NULL, consumer text DEFAULT 'mail')
    RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    p text[] := (SELECT g.positions FROM got g WHERE g.worker = ack.worker
        ORDER BY step DESC LIMIT 1);
    a record;
BEGIN
    SELECT * INTO a FROM ecommerce.events_ack(consumer, p[coalesce(n, cardinality(p))]);
    RETURN concat_ws(' ', a.consumer, CASE WHEN a.done THEN 'done' ELSE 'rest' END,
        CASE WHEN a.leased_until > now() THEN 'leased' END);
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE VIEW lag AS SELECT consumer, leased, expired, unread,
    (SELECT kind FROM ecommerce.events e WHERE (e.xact, e.id) > (l.xact, l.event_id)
        ORDER BY e.xact, e.id LIMIT 1) AS next_to_ack,
    oldest IS NOT NULL AS something
FROM ecommerce.event_lag l ORDER BY tenant_id, consumer;

SELECT append(2);
SELECT name, created_at = now() AS now, open FROM ecommerce.create_consumer('mail');
SELECT name, open FROM ecommerce.create_consumer('stock', from_start => true);
SELECT append(6);
TABLE lag;

-- two workers get different events, in order; each consumer gets all
SELECT take('a', 2), take('b', 2), take('c', 1, consumer => 'stock');
TABLE lag;
-- what b acknowledges first does not let the consumer pass what a has
SELECT ack('b');
TABLE lag;
-- a part, and then the rest; again is nothing new
SELECT ack('a', 1), ack('a', 1);
SELECT next_to_ack FROM lag WHERE consumer = 'mail';
SELECT ack('a'), ack('a'), ack('a', 1);
TABLE lag;

-- a lease that is over: others get its events first, and it is worth nothing
SELECT take('late', 2, '1 microsecond'), take('empty', 1);
SELECT leased, expired FROM lag WHERE consumer = 'mail';
SELECT ack('late', 1), take('late', 1, '1 microsecond');
SELECT take('heir', 5);
SELECT ack('late'), ack('heir'), ack('heir');
-- as long as nobody else has them the lease may be over
SELECT append(3);
SELECT take('slow', 3, '1 microsecond');
SELECT ack('slow');
-- of what an expired lease had one takes less: all of the old lease is lost
SELECT append(5);
SELECT take('big', 5, '1 microsecond');
SELECT take('x', 2), ack('big'), take('y', 2), take('z', 9);
SELECT ack('big', 1), ack('z'), ack('x'), ack('y');
SELECT take('none', 1);
TABLE lag;

-- nothing that a transaction writes is read in it
BEGIN;
SELECT append(1);
SELECT take('own', 5);
COMMIT;
SELECT take('own', 5), ack('own');
-- rolled back: handed out again
BEGIN;
SELECT append(0);
ROLLBACK;
SELECT append(2);
BEGIN;
SELECT take('undone', 2);
ROLLBACK;
SELECT take('again', 2), ack('again');
-- events of one transaction come in the order in which it wrote them, also of savepoints
BEGIN;
SELECT append(1);
SAVEPOINT s;
SELECT append(1);
RELEASE s;
SELECT append(1);
COMMIT;
SELECT take('savepoint', 9), ack('savepoint');
-- history comes when it is written
SELECT append(1);
INSERT INTO ecommerce.events (tenant_id, created_at, kind, entity_id)
VALUES (1, '1999-01-02', 'old', ecommerce.uuid_v7());
SELECT append(1);
SELECT take('history', 9), ack('history');

-- bad arguments
SELECT failure(c.statement) FROM unnest(ARRAY[
    $$SELECT ecommerce.create_consumer('mail')$$, $$SELECT ecommerce.create_consumer('')$$,
    $$SELECT ecommerce.create_consumer(repeat('x', 101))$$,
    $$SELECT ecommerce.create_consumer(NULL)$$, $$SELECT ecommerce.create_consumer('n', NULL)$$,
    $$SELECT ecommerce.create_consumer('n', tenant_id => 7)$$,
    $$SELECT ecommerce.drop_consumer('nobody')$$, $$SELECT ecommerce.drop_consumer(NULL)$$,
    $$SELECT ecommerce.events_fetch('nobody')$$, $$SELECT ecommerce.events_fetch(NULL)$$,
    $$SELECT ecommerce.events_fetch('mail', NULL)$$, $$SELECT ecommerce.events_fetch('mail', 0)$$,
    $$SELECT ecommerce.events_fetch('mail', 100001)$$,
    $$SELECT ecommerce.events_fetch('mail', lease => NULL)$$,
    $$SELECT ecommerce.events_fetch('mail', lease => '-1 s')$$,
    $$SELECT ecommerce.events_fetch('mail', lease => '1 day 1 s')$$,
    $$SELECT ecommerce.events_fetch('mail', worker => repeat('x', 201))$$,
    $$SELECT ecommerce.events_fetch('mail', tenant_id => NULL)$$,
    $$SELECT ecommerce.events_ack('mail', NULL)$$, $$SELECT ecommerce.events_ack(NULL, '1')$$,
    $$SELECT ecommerce.events_ack('mail', '')$$, $$SELECT ecommerce.events_ack('mail', '1.2.3')$$,
    $$SELECT ecommerce.events_ack('mail', '99999.0.00000000-0000-0000-0000-000000000000')$$,
    $$SELECT ecommerce.events_ack('mail',
        '99999999999999999999.0.00000000-0000-0000-0000-000000000000')$$,
    $$SELECT ecommerce.events_ack('nobody', '1.0.00000000-0000-0000-0000-000000000000')$$,
    $$SELECT ecommerce.events_ack('stock', '1.9000000000000000000' ||
        '.00000000-0000-0000-0000-000000000000')$$,
    $$SELECT ecommerce.drop_events(NULL)$$,
    $$UPDATE ecommerce.event_generations SET generation = 9$$,
    $$DELETE FROM ecommerce.event_generations$$, $$TRUNCATE ecommerce.event_generations$$
    ]) WITH ORDINALITY AS c (statement, n) ORDER BY n;

-- a consumer is its tenant's
SELECT ecommerce.create_tenant('Second', 'DE');
SELECT name FROM ecommerce.create_consumer('mail', tenant_id => 2);
SELECT append(1, 2);
SELECT kind, position AS theirs FROM ecommerce.events_fetch('mail', tenant_id => 2) \gset
\echo :kind
SELECT left(failure(format('SELECT ecommerce.events_ack(%L, %L, 1)', 'mail', :'theirs')), 5)
    AS not_ours, left(failure(format('SELECT ecommerce.events_ack(%L, %L, 2)', 'stock',
    :'theirs')), 5) AS of_none;
SELECT name, open FROM ecommerce.drop_consumer('mail', 2);
SELECT tenant_id, name FROM ecommerce.event_consumers ORDER BY 1, 2;

-- a trigger that leaves a batch out: nothing is handed out
CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER leave_out BEFORE INSERT ON ecommerce.event_batches
    FOR EACH ROW EXECUTE FUNCTION leave_out();
SELECT failure($$SELECT ecommerce.events_fetch('stock', tenant_id => 1)$$);
DROP TRIGGER leave_out ON ecommerce.event_batches;

-- of acknowledged batches the last thousand leases stay
SELECT count(*) FILTER (WHERE lease <= 5), count(*) > 5 AS more
FROM ecommerce.event_batches WHERE consumer = 'mail' AND acked_at IS NOT NULL;
UPDATE ecommerce.event_consumers SET leases = leases + 990 WHERE name = 'mail';
SELECT append(1);
BEGIN;
SELECT FROM ecommerce.use_tenant(1);
SELECT take('old', 1);
SELECT ack('a');
COMMIT;
SELECT count(*) FILTER (WHERE lease <= 5), count(*) > 5 AS more
FROM ecommerce.event_batches WHERE consumer = 'mail' AND acked_at IS NOT NULL;

-- the proofs
SELECT problem, tenant_id, detail FROM ecommerce.verify_integrity();
BEGIN;
INSERT INTO ecommerce.events (tenant_id, xact, kind, entity_id)
VALUES (1, '281474976000000', 'of a clone', ecommerce.uuid_v7());
UPDATE ecommerce.event_consumers SET xact = '9000000000000000000' WHERE name = 'stock';
UPDATE ecommerce.event_batches SET from_xact = '0', to_xact = '281474976710655'
WHERE consumer = 'mail' AND acked_at IS NULL;
SELECT problem, tenant_id, detail - 'next' AS detail FROM ecommerce.verify_integrity()
ORDER BY problem;
ROLLBACK;
-- what this transaction has written is right
BEGIN;
SELECT append(1);
SELECT problem, tenant_id, detail FROM ecommerce.verify_integrity();
ROLLBACK;

-- Another cluster: all that it writes comes after what was brought along, whatever the numbers
SELECT append(1);
ALTER TABLE ecommerce.event_generations DISABLE TRIGGER append_only;
UPDATE ecommerce.event_generations SET system_identifier = 1;
ALTER TABLE ecommerce.event_generations ENABLE TRIGGER append_only;
SELECT append(2);
SELECT generation, system_identifier = 1 AS old FROM ecommerce.event_generations ORDER BY 1;
SELECT kind, e.xact >= '281474976710656' AS new
FROM ecommerce.events e ORDER BY e.xact DESC, e.id DESC LIMIT 3;
-- and back to one where it has been before
INSERT INTO ecommerce.event_generations (generation, system_identifier) VALUES (2, 1);
SELECT append(1);
SELECT generation, system_identifier = 1 AS old FROM ecommerce.event_generations ORDER BY 1;
BEGIN;
SELECT FROM ecommerce.use_tenant(1);
SELECT take('moved', 9);
COMMIT;
SELECT problem, tenant_id, detail FROM ecommerce.verify_integrity();

DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
