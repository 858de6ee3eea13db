-- Rows that C code writes without a statement: whatever is done to their
-- tables holds for them at once, though a session keeps what it made ready.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';

CREATE FUNCTION pg_temp.reserve(quantity integer, sku text DEFAULT 'LAMP')
RETURNS uuid LANGUAGE sql AS
    'SELECT id FROM ecommerce.reserve_stock(items(sku, quantity))';
-- Reserves, and tells how the reservation and the stock look then.
CREATE FUNCTION pg_temp.held(quantity integer) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    r uuid := pg_temp.reserve(quantity);
BEGIN
    RETURN (SELECT jsonb_strip_nulls(to_jsonb(h)
            - ARRAY['tenant_id', 'id', 'product_id', 'warehouse_id', 'expires_at', 'created_at',
                'updated_at'])
            || jsonb_build_object('left',
                (SELECT sum(s.available) FROM ecommerce.stock s WHERE s.product_id = h.product_id),
                'now', h.created_at = now() AND h.updated_at = now())
        FROM ecommerce.stock_reservations h WHERE h.id = r);
END $$;

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price) VALUES ('LAMP', 'Lamp', 10), ('BULB', 'Bulb', 1);
SELECT ecommerce.adjust_stock('LAMP', 1000, 'receipt'),
    ecommerce.adjust_stock('BULB', 1000, 'receipt');

-- a writer is kept, and again after the transaction
SELECT pg_temp.held(1);
SELECT pg_temp.held(1);
SELECT ident FROM pg_backend_memory_contexts WHERE name = 'ExecutorState' AND ident IS NOT NULL
ORDER BY 1;

-- what is written otherwise is checked still
SELECT failure('INSERT INTO ecommerce.stock_reservations (product_id, quantity, expires_at)
    SELECT id, 0, now() FROM ecommerce.products');

-- columns: defaults, generated ones, identities, dropped ones
CREATE SEQUENCE public.numbers;
ALTER TABLE ecommerce.stock_reservations ADD note text DEFAULT 'none',
    ADD number integer NOT NULL DEFAULT nextval('public.numbers'),
    ADD double integer GENERATED ALWAYS AS (quantity * 2) STORED, ADD gone text DEFAULT 'gone';
ALTER TABLE ecommerce.stock ADD twice integer GENERATED ALWAYS AS (available * 2) STORED;
SELECT pg_temp.held(1);
ALTER TABLE ecommerce.stock_reservations ALTER note SET DEFAULT 'some', DROP gone;
SELECT pg_temp.held(2);
SELECT twice FROM ecommerce.stock ORDER BY twice LIMIT 1;
ALTER TABLE ecommerce.stock_reservations ALTER note DROP DEFAULT;
SELECT pg_temp.held(2);
UPDATE ecommerce.stock_reservations SET note = '';
ALTER TABLE ecommerce.stock_reservations ALTER note SET NOT NULL;
SELECT failure('SELECT pg_temp.reserve(1)');
ALTER TABLE ecommerce.stock_reservations DROP note, DROP number, DROP double;
ALTER TABLE ecommerce.stock DROP twice;
SELECT pg_temp.held(1);

-- checks, and what they call
ALTER TABLE ecommerce.stock_reservations ADD CONSTRAINT few CHECK (quantity < 5);
SELECT failure('SELECT pg_temp.reserve(5)'), pg_temp.held(4) -> 'left' AS "left";
ALTER TABLE ecommerce.stock_reservations DROP CONSTRAINT few;
SELECT failure('SELECT pg_temp.reserve(5)');
CREATE FUNCTION public.plenty(integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1 > 0';
ALTER TABLE ecommerce.stock ADD CONSTRAINT plenty CHECK (public.plenty(available));
SELECT failure('SELECT pg_temp.reserve(1)');
CREATE OR REPLACE FUNCTION public.plenty(integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS
    'SELECT $1 > 5000';
SELECT failure('SELECT pg_temp.reserve(1)'),
    (SELECT sum(available) FROM ecommerce.stock) AS available;
ALTER TABLE ecommerce.stock DROP CONSTRAINT plenty;
SELECT failure('SELECT pg_temp.reserve(1)');
CREATE DOMAIN public.colour AS text CHECK (VALUE <> 'red');
ALTER TABLE ecommerce.stock_reservations ADD colour public.colour DEFAULT 'blue';
SELECT pg_temp.held(1) -> 'colour' AS colour;
ALTER DOMAIN public.colour ADD CONSTRAINT not_blue CHECK (VALUE <> 'blue') NOT VALID;
SELECT failure('SELECT pg_temp.reserve(1)');
ALTER TABLE ecommerce.stock_reservations DROP colour;

-- indexes
SELECT pg_temp.held(7) -> 'quantity' AS quantity;
CREATE INDEX odd ON ecommerce.stock_reservations ((quantity % 2), created_at) WHERE quantity > 6;
SELECT pg_temp.held(7) -> 'quantity' AS quantity;
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM ecommerce.stock_reservations
WHERE quantity % 2 = 1 AND quantity > 6;
SELECT count(*) FROM ecommerce.stock_reservations WHERE quantity % 2 = 1 AND quantity > 6;
RESET enable_seqscan;
CREATE UNIQUE INDEX once ON ecommerce.stock_reservations (quantity) WHERE quantity = 8;
SELECT failure('SELECT pg_temp.reserve(8)'), failure('SELECT pg_temp.reserve(8)');
DROP INDEX ecommerce.once, ecommerce.odd;
CREATE INDEX numbers
    ON ecommerce.stock_reservations USING gin (to_tsvector('simple', quantity::text));
SELECT pg_temp.held(9) -> 'quantity' AS quantity;
SELECT pg_temp.held(9) -> 'quantity' AS quantity;
SELECT count(*) FROM ecommerce.stock_reservations
WHERE to_tsvector('simple', quantity::text) @@ '9';
DROP INDEX ecommerce.numbers;

-- triggers of rows: before and after, of a column, on a condition, and changed
CREATE TABLE public.seen (what text);
CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.seen VALUES (concat_ws(' ', TG_NAME, TG_OP, TG_TABLE_NAME));
    RETURN NEW;
END $$;
CREATE TRIGGER available AFTER UPDATE OF available ON ecommerce.stock FOR EACH ROW
    EXECUTE FUNCTION public.see();
CREATE TRIGGER slot AFTER UPDATE OF slot ON ecommerce.stock FOR EACH ROW
    EXECUTE FUNCTION public.see();
CREATE TRIGGER three BEFORE INSERT ON ecommerce.stock_reservations FOR EACH ROW
    WHEN (NEW.quantity = 3) EXECUTE FUNCTION public.see();
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON ecommerce.stock_reservations
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.see();
SELECT pg_temp.held(3) -> 'quantity' AS quantity;
SELECT pg_temp.held(2) -> 'quantity' AS quantity;
SELECT * FROM public.seen;
TRUNCATE public.seen;
CREATE OR REPLACE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.owner := 'seen';
    RETURN NEW;
END $$;
DROP TRIGGER available ON ecommerce.stock;
DROP TRIGGER later ON ecommerce.stock_reservations;
SELECT pg_temp.held(3) -> 'owner' AS owner;
ALTER TABLE ecommerce.stock_reservations DISABLE TRIGGER three;
SELECT pg_temp.held(3) -> 'owner' AS owner;
DROP TRIGGER three ON ecommerce.stock_reservations;
DROP TRIGGER slot ON ecommerce.stock;

-- an update of stock sets its number and no more; a trigger that does is refused
CREATE FUNCTION public.move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.available := NEW.available - 10;
    NEW.warehouse_id := TG_ARGV[0];
    RETURN NEW;
END $$;
CREATE TRIGGER move BEFORE UPDATE ON ecommerce.stock FOR EACH ROW EXECUTE FUNCTION public.move(1);
SELECT failure('SELECT pg_temp.reserve(1)');
DROP TRIGGER move ON ecommerce.stock;
SELECT pg_temp.held(1) -> 'left' AS "left";
CREATE TRIGGER move BEFORE UPDATE OF slot ON ecommerce.stock FOR EACH ROW
    EXECUTE FUNCTION public.move(1);
SELECT pg_temp.held(1) -> 'left' AS "left";
DROP TRIGGER move ON ecommerce.stock;
CREATE TRIGGER move BEFORE UPDATE OF slot,
    available ON ecommerce.stock FOR EACH ROW EXECUTE FUNCTION public.move(999);
SELECT failure('SELECT pg_temp.reserve(1)');
DROP TRIGGER move ON ecommerce.stock;
SELECT pg_temp.held(1) -> 'left' AS "left";

-- or it is a key: one that refers, one that is referred to, one checked later
SELECT available AS "left" FROM ecommerce.stock s JOIN ecommerce.products p ON p.id = s.product_id
WHERE p.sku = 'LAMP' \gset
CREATE TABLE public.numbered AS SELECT n FROM unnest(ARRAY[1000, :left, :left - 1]) n;
ALTER TABLE public.numbered ADD PRIMARY KEY (n);
ALTER TABLE ecommerce.stock ADD CONSTRAINT numbered FOREIGN KEY (available)
    REFERENCES public.numbered (n);
SELECT failure('SELECT pg_temp.reserve(1)'), failure('SELECT pg_temp.reserve(1)');
ALTER TABLE ecommerce.stock DROP CONSTRAINT numbered, ADD CONSTRAINT once UNIQUE (available);
CREATE TABLE public.counted (available integer REFERENCES ecommerce.stock (available));
INSERT INTO public.counted SELECT :left - 1;
SELECT failure('SELECT pg_temp.reserve(1)');
DROP TABLE public.counted, public.numbered;
SELECT failure('SELECT pg_temp.reserve(1)');
CREATE TABLE public.counted
    (available integer REFERENCES ecommerce.stock (available) ON UPDATE CASCADE);
INSERT INTO public.counted SELECT available FROM ecommerce.stock;
SELECT failure('SELECT pg_temp.reserve(1)'),
    (SELECT array_agg(available ORDER BY 1) FROM public.counted)
        = (SELECT array_agg(available ORDER BY 1) FROM ecommerce.stock) AS followed;
DROP TABLE public.counted;
ALTER TABLE ecommerce.stock DROP CONSTRAINT once,
    ADD CONSTRAINT once UNIQUE (available) DEFERRABLE INITIALLY DEFERRED;
SELECT available - 1000 AS more FROM ecommerce.stock s
JOIN ecommerce.products p ON p.id = s.product_id WHERE p.sku = 'LAMP' \gset
SELECT ecommerce.adjust_stock('LAMP', 5 - :more, 'receipt') AS lamps,
    ecommerce.adjust_stock('BULB', 3, 'receipt') AS bulbs;
SELECT failure('SELECT pg_temp.reserve(1)');
BEGIN;
SELECT pg_temp.reserve(1) IS NOT NULL AS held;
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK;
ALTER TABLE ecommerce.stock DROP CONSTRAINT once;

-- its indexes follow it
CREATE INDEX numbers ON ecommerce.stock (available);
CREATE INDEX ranges ON ecommerce.stock USING brin (available);
SELECT pg_temp.held(1) -> 'left' AS "left" \gset
SET enable_seqscan = off;
SELECT count(*) FROM ecommerce.stock WHERE available = :left;
DROP INDEX ecommerce.numbers;
SELECT pg_temp.held(1) -> 'left' AS "left" \gset
SELECT count(*) FROM ecommerce.stock WHERE available = :left;
RESET enable_seqscan;
DROP INDEX ecommerce.ranges;

-- keys of rows that came or changed in the same transaction are checked, too
CREATE TABLE public.shelves (id integer PRIMARY KEY);
ALTER TABLE ecommerce.stock ADD shelf integer
    REFERENCES public.shelves DEFERRABLE INITIALLY DEFERRED;
BEGIN;
UPDATE ecommerce.stock SET shelf = 42
WHERE product_id = (SELECT id FROM ecommerce.products WHERE sku = 'LAMP');
SELECT pg_temp.reserve(1) IS NOT NULL AS held;
COMMIT;
SELECT failure('SELECT pg_temp.reserve(1)');
ALTER TABLE ecommerce.stock DROP shelf;
DROP TABLE public.shelves;
INSERT INTO ecommerce.products (sku, name, price) VALUES ('CORD', 'Cord', 1);
SELECT failure($$
    WITH added AS (INSERT INTO ecommerce.stock (product_id, warehouse_id, available)
        SELECT id, 999, 100 FROM ecommerce.products WHERE sku = 'CORD' RETURNING product_id)
    SELECT ecommerce.reserve_stock(
        jsonb_build_array(jsonb_build_object('product_id', product_id, 'quantity', 1)))
    FROM added
$$);
DELETE FROM ecommerce.products WHERE sku = 'CORD';

-- what is published needs an identity
SET client_min_messages = error;
CREATE PUBLICATION stock FOR TABLE ecommerce.stock;
RESET client_min_messages;
ALTER TABLE ecommerce.stock REPLICA IDENTITY NOTHING;
SELECT failure('SELECT pg_temp.reserve(1)');
ALTER TABLE ecommerce.stock REPLICA IDENTITY DEFAULT;
SELECT failure('SELECT pg_temp.reserve(1)');
DROP PUBLICATION stock;

-- a trigger that reserves, too, and one that fails
CREATE FUNCTION public.bulb() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ecommerce.reserve_stock('[{"sku": "BULB", "quantity": 1}]', 'trigger');
    IF NEW.quantity = 13 THEN
        RAISE EXCEPTION 'thirteen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bulb AFTER INSERT ON ecommerce.stock_reservations FOR EACH ROW
    WHEN (NEW.owner IS DISTINCT FROM 'trigger') EXECUTE FUNCTION public.bulb();
SELECT pg_temp.held(1) - 'now' AS held;
SELECT failure('SELECT pg_temp.reserve(13)');
SELECT pg_temp.held(1) - 'now' AS held;
BEGIN;
SELECT pg_temp.held(1) - 'now' AS held;
SAVEPOINT a;
SELECT pg_temp.reserve(13);
ROLLBACK TO a;
SELECT pg_temp.held(1) - 'now' AS held;
COMMIT;
SELECT p.sku, count(*), sum(h.quantity) FROM ecommerce.stock_reservations h
JOIN ecommerce.products p ON p.id = h.product_id WHERE h.owner = 'trigger' GROUP BY 1;
DROP TRIGGER bulb ON ecommerce.stock_reservations;

-- what takes a statement
CREATE FUNCTION public.whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.seen SELECT concat_ws(' ', TG_OP, TG_TABLE_NAME, count(*)) FROM written;
    RETURN NULL;
END $$;
CREATE TRIGGER whole AFTER INSERT ON ecommerce.stock_reservations REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION public.whole();
CREATE TRIGGER whole AFTER UPDATE ON ecommerce.stock REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION public.whole();
SELECT pg_temp.held(1) - 'now' AS held;
SELECT count(*)
FROM ecommerce.reserve_stock('[{"sku": "BULB", "quantity": 1}, {"sku": "LAMP", "quantity": 1}]',
    'somebody');
SELECT * FROM public.seen;
DROP TRIGGER whole ON ecommerce.stock_reservations;
DROP TRIGGER whole ON ecommerce.stock;
SELECT pg_temp.held(1) - 'now' AS held;
CREATE RULE nothing AS ON INSERT TO ecommerce.stock_reservations
WHERE new.quantity = 4 DO INSTEAD NOTHING;
SELECT failure('SELECT pg_temp.held(4)'), failure('SELECT pg_temp.held(1)');
DROP RULE nothing ON ecommerce.stock_reservations;

-- nor is the default ttl kept for longer than it is true
SELECT pg_temp.reserve(1) AS r1, pg_temp.reserve(1) AS r2 \gset
UPDATE ecommerce.settings SET reservation_ttl = '2 hours';
SELECT pg_temp.reserve(1) AS r3 \gset
SELECT date_trunc('minute', expires_at - created_at + interval '1 second') AS ttl
FROM ecommerce.stock_reservations WHERE id IN (:'r1', :'r2', :'r3') ORDER BY id;

-- nor what was read of a change that failed
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    r uuid[] := ARRAY[pg_temp.reserve(1), pg_temp.reserve(1), pg_temp.reserve(1)];
BEGIN
    RAISE EXCEPTION '%',
        (SELECT expires_at - created_at > interval '150 minutes' FROM ecommerce.stock_reservations
            WHERE id = r[3]);
END $$;
CREATE TRIGGER a_refuse AFTER UPDATE ON ecommerce.settings FOR EACH ROW
    EXECUTE FUNCTION public.refuse();
SELECT failure('UPDATE ecommerce.settings SET reservation_ttl = ''3 hours''');
SELECT pg_temp.reserve(1) AS r4 \gset
SELECT expires_at - created_at < interval '150 minutes' AS old FROM ecommerce.stock_reservations
WHERE id = :'r4';
DROP TRIGGER a_refuse ON ecommerce.settings;

-- other types take a statement, or cannot be
CREATE DOMAIN public.size AS integer NOT NULL;
BEGIN;
UPDATE ecommerce.stock_reservations SET status = 'released';
DELETE FROM ecommerce.stock_reservations;
ALTER TABLE ecommerce.stock_reservations ADD size public.size;
SELECT failure('SELECT pg_temp.reserve(1)');
ROLLBACK;
ALTER TABLE ecommerce.stock_reservations ALTER owner TYPE varchar(3) USING NULL;
SELECT failure('SELECT ecommerce.reserve_stock(''[{"sku": "LAMP", "quantity": 1}]'', ''four'')'),
    failure('SELECT ecommerce.reserve_stock(''[{"sku": "LAMP", "quantity": 1}]'', ''two'')');
DROP TRIGGER keep_units_held ON ecommerce.stock_reservations;
ALTER TABLE ecommerce.stock_reservations ALTER owner TYPE text, ALTER quantity TYPE numeric;
SELECT failure('SELECT pg_temp.reserve(1)');
ALTER TABLE ecommerce.stock_reservations ALTER quantity TYPE integer;
SELECT pg_temp.held(1) -> 'quantity' AS quantity;

-- an index that could not be built is not used
ALTER TABLE ecommerce.products DROP CONSTRAINT products_sku_key;
INSERT INTO ecommerce.products (sku, slug, name, price) VALUES ('BULB', 'another', 'Another', 1);
\set VERBOSITY sqlstate
CREATE UNIQUE INDEX CONCURRENTLY products_sku_key ON ecommerce.products
    (tenant_id, sku, deleted_at) NULLS NOT DISTINCT;
\set VERBOSITY default
SELECT pg_temp.held(1) -> 'quantity' AS quantity;
DELETE FROM ecommerce.products WHERE name = 'Another';
REINDEX INDEX ecommerce.products_sku_key;
ALTER TABLE ecommerce.products
    ADD CONSTRAINT products_sku_key UNIQUE USING INDEX products_sku_key;
SELECT pg_temp.held(1) -> 'quantity' AS quantity;

-- nothing is written where nothing may be
BEGIN READ ONLY;
SELECT pg_temp.reserve(1);
ROLLBACK;

-- another table of that name, and another name
SELECT ecommerce.expire_reservations();
BEGIN;
ALTER TABLE ecommerce.stock_reservations RENAME TO old_reservations;
SELECT failure('SELECT pg_temp.reserve(1)');
CREATE TABLE ecommerce.stock_reservations (LIKE ecommerce.old_reservations INCLUDING ALL);
SELECT pg_temp.reserve(1) IS NOT NULL AS held;
SELECT count(*) FROM ecommerce.stock_reservations;
ROLLBACK;
SELECT pg_temp.held(1) - 'now' AS held;

-- nothing is kept for each row
CREATE FUNCTION pg_temp.kept() RETURNS bigint LANGUAGE sql AS
    $$SELECT sum(used_bytes) FROM pg_backend_memory_contexts
        WHERE name = 'ExecutorState' AND ident IS NOT NULL$$;
CREATE FUNCTION pg_temp.reserve_often(n integer) RETURNS bigint LANGUAGE sql AS
    'SELECT count(pg_temp.reserve(1)) FROM generate_series(1, n)';
SELECT pg_temp.reserve_often(10);
SELECT pg_temp.kept() AS before \gset
SELECT pg_temp.reserve_often(200);
SELECT pg_temp.kept() - :before AS grown;

-- only one tenant: not for longer than it is true
SELECT ecommerce.current_tenant();
BEGIN;
SELECT ecommerce.create_tenant('Second', 'DE', 'EUR', 'gross') IS NOT NULL AS made;
ROLLBACK;
SELECT pg_temp.held(1) - 'now' AS held;
SELECT ecommerce.create_tenant('Second', 'DE', 'EUR', 'gross') IS NOT NULL AS made;
SELECT failure('SELECT pg_temp.reserve(1)');

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP TABLE public.seen;
DROP SEQUENCE public.numbers;
DROP DOMAIN public.colour, public.size;
DROP FUNCTION public.plenty(integer), public.see(), public.move(), public.bulb(), public.whole(),
    public.refuse();
