-- The triggers that keep columns as they are.
\set VERBOSITY terse
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR';

-- Which columns of what is agreed and paid are kept: each one is given another value.
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('P', 'Product', 10, false);
SELECT set_config('test.order', id::text, false) IS NOT NULL AS placed
FROM ecommerce.place_order('{"items": [{"sku": "P", "quantity": 2}]}');
SELECT status FROM ecommerce.create_payment(current_setting('test.order')::uuid);
SELECT status FROM ecommerce.record_payment_event('acme', '1', 'captured', 20, reference => 'pi',
    order_id => current_setting('test.order')::uuid);
SELECT status FROM ecommerce.refund_order(current_setting('test.order')::uuid, amount => 5);
SELECT c.relname, split_part(e.failure, ' | ', 1) AS code,
    string_agg(a.attname, ' ' ORDER BY a.attnum) AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
LEFT JOIN (VALUES ('currency', 'USD'), ('prices', 'net'), ('country', 'DE'), ('vat_scheme', 'oss'),
    ('vatex', 'VATEX-EU-AE')) AS k (name, value) ON k.name = a.attname
CROSS JOIN LATERAL (SELECT CASE
    WHEN k.name IS NOT NULL THEN quote_literal(k.value)
    WHEN a.attname IN ('net', 'vat') THEN format('%I + 1, gross = gross + 1', a.attname)
    WHEN a.atttypid = 'bytea'::regtype THEN $$'\x00'$$
    WHEN a.atttypid = 'uuid'::regtype THEN 'ecommerce.uuid_v7()'
    WHEN a.atttypid = 'timestamptz'::regtype THEN
        format($$coalesce(%I, now()) + interval '1 second'$$, a.attname)
    WHEN a.atttypid = 'jsonb'::regtype THEN format($$coalesce(%I, '{}') || '{"x": 1}'$$, a.attname)
    WHEN a.atttypid = 'text'::regtype THEN format($$coalesce(%I, '') || 'X'$$, a.attname)
    WHEN a.atttypid = 'date'::regtype THEN 'current_date + 9'
    WHEN a.atttypid = 'boolean'::regtype THEN format('NOT %I', a.attname)
    ELSE format('coalesce(%I, 0) + 1', a.attname) END AS value) v
-- undone, whatever it does
CROSS JOIN LATERAL (SELECT failure(format(
    'DO $do$ BEGIN UPDATE ecommerce.%I SET %I = %s; SET CONSTRAINTS ALL IMMEDIATE; '
    'RAISE ''changed'' USING ERRCODE = ''P0001''; END $do$',
    c.relname, a.attname, v.value)) AS failure) e
WHERE c.relnamespace = 'ecommerce'::regnamespace AND c.relname IN ('orders', 'payments', 'refunds')
GROUP BY 1, 2 ORDER BY 1, 2;

-- what was not said of a payment may be, once
INSERT INTO ecommerce.payments (method, provider, reference, currency, amount)
VALUES ('card', 'acme', 'early', 'EUR', 20);
SELECT c.change, failure(format('UPDATE ecommerce.payments p SET %s FROM ecommerce.orders o '
    'WHERE p.reference = ''early''', c.change)) AS failure
FROM unnest(ARRAY['order_id = o.id, order_created_at = o.created_at',
    'order_id = o.id, order_created_at = o.created_at, currency = p.currency',
    'order_id = NULL, order_created_at = NULL']) c (change);

-- nor does a trigger of somebody's own change them, or where an order is, whenever it fires
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    NEW := jsonb_populate_record(NEW, TG_ARGV[0]::jsonb);
    RETURN NEW;
END $$;
CREATE FUNCTION pg_temp.note() RETURNS void LANGUAGE sql AS
    $$ UPDATE ecommerce.orders SET notes = 'x' WHERE id = current_setting('test.order')::uuid $$;
INSERT INTO ecommerce.sellers (name, address_line_1, city, vat_id)
VALUES ('Shop SA', 'Ermou 1', 'Athens', 'EL094259216');
INSERT INTO ecommerce.products (sku, name, price) VALUES ('S', 'In stock', 10);
SELECT FROM ecommerce.adjust_stock('S', 10, 'receipt');
SELECT set_config('test.order', id::text, false) IS NOT NULL AS placed
FROM ecommerce.place_order('{"items": [{"sku": "S", "quantity": 2}], "billing_address":
    {"first_name": "Ann", "last_name": "Lee", "country": "GR"}}');
SELECT t.name, t.change, w.what, failure(format('DO $do$ BEGIN CREATE TRIGGER %s BEFORE UPDATE ON '
    'ecommerce.orders FOR EACH ROW EXECUTE FUNCTION meddle(%L); PERFORM count(*) FROM (%s) x; '
    'RAISE ''done''; END $do$', t.name, t.change, w.statement)) AS failure
FROM (VALUES ('a', '{"status": "delivered"}'), ('a', '{"status": "cancelled"}'),
    ('zz', '{"status": "cancelled"}'), ('a', '{"country": "DE"}')) t (name, change)
CROSS JOIN (VALUES ('UPDATE', 'SELECT pg_temp.note()'),
    ('issue_invoice()', 'SELECT ecommerce.issue_invoice(current_setting(''test.order'')::uuid)'))
    w (what, statement) ORDER BY 1, 2, 3;
DROP FUNCTION meddle;
SELECT * FROM ecommerce.verify_integrity();

-- on tables of one's own: values that are equal, of any type, wherever they are stored
CREATE TABLE t (id integer, gone integer, n numeric, d double precision, b jsonb, j json, w text,
    c text COLLATE "C", x integer);
ALTER TABLE t DROP gone;
INSERT INTO t VALUES (1, 1.0, '0', '{"a": 1.0}', '{"a": 1}', repeat('wide ', 100000), 'c');
INSERT INTO t (id) VALUES (2);
CREATE TRIGGER keep BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION
    ecommerce_internal.keep_columns('They stay.', 'n', 'd', 'b', 'j', 'w', 'c');
CREATE TRIGGER once AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION
    ecommerce_internal.keep_columns_once_set('It is set.', 'x');
SELECT c.id, c.change, failure(format('UPDATE t SET %s WHERE id = %s', c.change, c.id)) AS failure
FROM (VALUES (1, 'n = n'), (1, 'n = 1.00'), (1, 'n = 1.01'), (1, 'n = NULL'), (1, $$n = 'NaN'$$),
    (1, $$d = '-0'$$), (1, $$d = 'NaN'$$), (1, $$b = '{"a": 1}'$$), (1, $$b = '{"a": 2}'$$),
    (1, $$j = '{"a": 1}'$$), (1, $$j = '{"a":1}'$$), (1, $$w = repeat('wide ', 100000)$$),
    (1, $$w = w || ' '$$), (1, $$c = 'C'$$), (2, $$c = ''$$), (2, 'n = NULL'), (2, 'x = 1'),
    (2, 'x = 1'), (2, 'x = 2'), (2, 'x = NULL'), (1, 'x = NULL')) c (id, change);

-- misuse
ALTER TABLE t RENAME c TO k;
UPDATE t SET x = 1 WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
DROP TABLE t;
SELECT ecommerce_internal.keep_columns();
CREATE TABLE u (id integer);
SELECT c.trigger, failure(format('DO $do$ BEGIN DELETE FROM u; CREATE TRIGGER wrong %s '
    'ecommerce_internal.%s; INSERT INTO u VALUES (1); UPDATE u SET id = 2; END $do$', c.trigger,
    c.function)) AS failure
FROM (VALUES ('BEFORE INSERT ON u FOR EACH ROW EXECUTE FUNCTION', $$keep_columns('No.', 'id')$$),
    ('BEFORE UPDATE ON u EXECUTE FUNCTION', $$keep_columns('No.', 'id')$$),
    ('BEFORE UPDATE ON u FOR EACH ROW EXECUTE FUNCTION', $$keep_columns('No.')$$),
    ('BEFORE UPDATE ON u FOR EACH ROW EXECUTE FUNCTION', $$keep_columns_once_set()$$),
    ('BEFORE UPDATE ON u FOR EACH ROW EXECUTE FUNCTION', $$keep_columns('No.', 'id')$$))
    c (trigger, function);
DROP TABLE u;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
