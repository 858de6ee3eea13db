-- The trigger that says when a row last changed.
CREATE EXTENSION ecommerce;

-- every table with the column has the trigger, and so has every partition
SELECT count(*) > 15 AS many, count(*) FILTER (WHERE t.oid IS NULL) AS without
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname = 'set_updated_at'
    AND t.tgfoid = 'ecommerce_internal.set_updated_at'::regproc AND t.tgenabled = 'O'
WHERE c.relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
    AND c.relkind IN ('r', 'p') AND a.attname = 'updated_at';

-- the time of the transaction, whatever the statement says; other columns are kept
INSERT INTO ecommerce.categories (name, slug, created_at, updated_at) VALUES
    ('Lamps', 'lamps', '2001-01-01', '2001-01-01'), ('Desks', 'desks', '2001-01-01', '2001-01-01');
SELECT slug, updated_at = '2001-01-01' AS "as inserted" FROM ecommerce.categories ORDER BY slug;
BEGIN;
UPDATE ecommerce.categories SET name = 'Lights' WHERE slug = 'lamps'
RETURNING name, slug, updated_at = now() AS now, created_at = '2001-01-01' AS kept;
UPDATE ecommerce.categories SET updated_at = '1999-01-01' WHERE slug = 'lamps'
RETURNING updated_at = now() AS now;
COMMIT;
-- an update that changes nothing is a change, too; other rows are none
UPDATE ecommerce.categories SET name = name WHERE slug = 'lamps'
RETURNING updated_at = now() AS now;
SELECT updated_at = '2001-01-01' AS untouched FROM ecommerce.categories WHERE slug = 'desks';
INSERT INTO ecommerce.categories (name, slug) VALUES ('Tables', 'desks')
ON CONFLICT (tenant_id, slug) DO UPDATE SET name = excluded.name
RETURNING name, updated_at = now() AS now, created_at = '2001-01-01' AS kept;
MERGE INTO ecommerce.categories c
USING (VALUES ('lamps', 'Lamps')) AS v (slug, name) ON c.slug = v.slug
WHEN MATCHED THEN UPDATE SET name = v.name, updated_at = NULL;
SELECT name, updated_at > '2020-01-01' AS set FROM ecommerce.categories ORDER BY slug;

-- on tables of one's own: any position, dropped columns, wide rows, NULLs, partitions, row
-- movement between them
CREATE TABLE t (a text, gone integer, updated_at timestamptz, b text, c integer)
    PARTITION BY LIST (c);
CREATE TABLE t_1 PARTITION OF t FOR VALUES IN (1);
CREATE TABLE t_2 (c integer, b text, a text, gone integer, updated_at timestamptz);
ALTER TABLE t ATTACH PARTITION t_2 FOR VALUES IN (2);
ALTER TABLE t DROP COLUMN gone;
CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW
    EXECUTE FUNCTION ecommerce_internal.set_updated_at();
INSERT INTO t VALUES (repeat('wide ', 10000), NULL, NULL, 1), (NULL, '-infinity', 'x', 2);
UPDATE t SET b = coalesce(b, '') || 'y'
RETURNING tableoid::regclass, length(a) AS a, b, c, updated_at = now() AS now;
UPDATE t SET c = 2 WHERE c = 1
RETURNING tableoid::regclass, length(a) AS a, md5(a) = md5(repeat('wide ', 10000)) AS kept, b, c,
    updated_at = now() AS now;
-- a condition, a column list, and triggers before and after it in the alphabet
CREATE TABLE u (id integer, v integer, updated_at timestamptz DEFAULT '2001-01-01');
CREATE TRIGGER touch BEFORE UPDATE OF v ON u FOR EACH ROW WHEN (OLD.v IS DISTINCT FROM NEW.v)
    EXECUTE FUNCTION ecommerce_internal.set_updated_at();
CREATE FUNCTION double() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN NEW.v := NEW.v * 2; RETURN NEW; END';
CREATE TRIGGER a BEFORE UPDATE ON u FOR EACH ROW EXECUTE FUNCTION double();
CREATE TRIGGER z BEFORE UPDATE ON u FOR EACH ROW EXECUTE FUNCTION double();
INSERT INTO u VALUES (1, 1), (2, 0);
UPDATE u SET v = 3 WHERE id = 1 RETURNING v, updated_at = now() AS now;
UPDATE u SET v = 0 WHERE id = 2 RETURNING v, updated_at = now() AS now;
UPDATE u SET id = 3 WHERE id = 1 RETURNING v, updated_at = now() AS now;

-- misuse
SELECT ecommerce_internal.set_updated_at();
CREATE TRIGGER wrong BEFORE INSERT ON u FOR EACH ROW
    EXECUTE FUNCTION ecommerce_internal.set_updated_at();
INSERT INTO u VALUES (9, 9);
DROP TRIGGER wrong ON u;
CREATE TRIGGER wrong AFTER UPDATE ON u FOR EACH ROW
    EXECUTE FUNCTION ecommerce_internal.set_updated_at();
UPDATE u SET v = 1;
DROP TRIGGER wrong ON u;
CREATE TRIGGER wrong BEFORE UPDATE ON u FOR EACH STATEMENT
    EXECUTE FUNCTION ecommerce_internal.set_updated_at();
UPDATE u SET v = 1;
DROP TRIGGER wrong ON u;
CREATE TRIGGER wrong BEFORE DELETE ON u FOR EACH ROW
    EXECUTE FUNCTION ecommerce_internal.set_updated_at();
DELETE FROM u;
DROP TRIGGER wrong ON u;
CREATE VIEW uv AS SELECT * FROM u;
CREATE TRIGGER wrong INSTEAD OF UPDATE ON uv FOR EACH ROW
    EXECUTE FUNCTION ecommerce_internal.set_updated_at();
UPDATE uv SET v = 1;
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE u RENAME updated_at TO changed_at;
UPDATE u SET v = 1;
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE u ADD updated_at timestamp;
UPDATE u SET v = 1;
ALTER TABLE u DROP updated_at;
UPDATE u SET v = 1;
SELECT id, v FROM u ORDER BY id;

SET client_min_messages = warning;
DROP TABLE t, u CASCADE;
DROP FUNCTION double;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
