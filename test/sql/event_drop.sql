-- Events go once the consumers of all tenants have read them, and never before.
CREATE EXTENSION ecommerce;
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO';
UPDATE ecommerce.settings SET country = 'GR';
SELECT ecommerce.create_tenant('Second', 'DE');
SELECT count(*) FROM ecommerce.ensure_partitions('2019-01-01', '2019-09-30');
SELECT name FROM ecommerce.create_consumer('mail', true, 1);
SELECT name FROM ecommerce.create_consumer('mail', true, 2);
SELECT name FROM ecommerce.create_consumer('search', true, 2);
INSERT INTO ecommerce.events (tenant_id, created_at, kind, entity_id)
SELECT tenant, at, 'e', ecommerce.uuid_v7()
FROM (VALUES (1, '2019-02-01'::timestamptz), (1, '2019-05-01'), (2, '2019-05-01'),
    (2, '2019-05-02'), (1, now()), (2, '2018-01-01')) AS v (tenant, at);
CREATE VIEW dropped AS
SELECT partition, lower_bound::date AS from, upper_bound::date AS to, bytes > 0 AS some, held_by
FROM ecommerce.drop_events(now() + interval '9 years');
CREATE FUNCTION take(consumer text, n integer, tenant integer) RETURNS bigint LANGUAGE sql AS $$
    SELECT without_autovacuum();
    SELECT count(*) FROM ecommerce.events_fetch(consumer, n, '1 day', tenant_id => tenant)
$$;
CREATE FUNCTION read(consumer text, n integer, tenant integer) RETURNS boolean LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM without_autovacuum();
    RETURN (SELECT bool_or((ecommerce.events_ack(consumer, f.position, tenant)).done)
        FROM (SELECT position FROM ecommerce.events_fetch(consumer, n, tenant_id => tenant)) f);
END $$;

TABLE dropped;
-- each has to have read it, to the end
SELECT read('mail', 3, 1), take('search', 9, 2);
TABLE dropped;
SELECT read('mail', 1, 2);
TABLE dropped;
SELECT count(*) FROM ecommerce.events WHERE tenant_id = 1;
-- what a worker has holds it back, however much is acknowledged after it
SELECT take('mail', 1, 2);
INSERT INTO ecommerce.events (tenant_id, created_at, kind, entity_id)
VALUES (2, now(), 'e', ecommerce.uuid_v7());
SELECT read('mail', 9, 2);
TABLE dropped;
SELECT name, open FROM ecommerce.drop_consumer('search', 2);
SELECT done FROM ecommerce.events_ack('mail', (SELECT concat_ws('.', lease, to_xact, to_id)
    FROM ecommerce.event_batches WHERE tenant_id = 2 AND acked_at IS NULL), 2);
-- archives, too
INSERT INTO ecommerce.events (tenant_id, created_at, kind, entity_id)
VALUES (2, '2019-03-01', 'e', ecommerce.uuid_v7());
SELECT failure($$SELECT ecommerce.detach_partition('ecommerce_partitions.orders_2019_q1')$$);
-- not before the time that is asked for
SELECT partition, held_by FROM ecommerce.drop_events('2019-06-30 23:59:59');
SELECT partition, held_by FROM ecommerce.drop_events('-infinity');
TABLE dropped;
-- what is left: all that is not read, of the time that is not over, and of no partition
SELECT tenant_id, tableoid::regclass::text LIKE '%\_default' AS "default", created_at < now()
    - interval '1 day' AS old, count(*)
FROM ecommerce.events GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT read('mail', 9, 2);
TABLE dropped;
-- the partitions are as they were
SELECT count(*) FROM ecommerce.partitions() WHERE parent = 'ecommerce.events'::regclass
    AND from_time < '2020-01-01';
SELECT failure('TRUNCATE ecommerce_partitions.events_2019_q1');
SELECT partition FROM ecommerce.detach_partition('ecommerce_partitions.orders_2019_q1');
SELECT partition FROM ecommerce.attach_partition('ecommerce_partitions.orders_2019_q1');
SELECT failure($$SELECT ecommerce.drop_events(NULL)$$);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT failure($$SELECT ecommerce.drop_events(now())$$);
ROLLBACK;
SELECT problem, tenant_id, detail FROM ecommerce.verify_integrity();
-- history that is moved in later is read like all that is new
INSERT INTO ecommerce.events (tenant_id, created_at, kind, entity_id)
VALUES (2, '2019-03-01', 'late', ecommerce.uuid_v7());
TABLE dropped;
SELECT read('mail', 9, 2);
TABLE dropped;

DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
