-- The tests' own new_shop() makes of a shop that was used one that is as good as new.
CALL ecommerce_test.new_shop();
CREATE FUNCTION pg_temp.rows_of(relation regclass, OUT rows text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT string_agg(t::text, '' '' ORDER BY t::text) FROM %s t', relation)
        INTO rows;
END $$;
CREATE TEMP VIEW now AS
SELECT relation::regclass AS what, pg_temp.rows_of(relation) AS how FROM ecommerce_test.seed
UNION ALL SELECT 'pg_class', ecommerce_test.shop_fingerprint();
CREATE TEMP TABLE new AS TABLE now;

-- after rows have changed, of seed and others
UPDATE ecommerce.settings SET country = 'GR';
DELETE FROM ecommerce.vat_rates WHERE country = 'FR';
INSERT INTO ecommerce.products (sku, name, price) VALUES ('LAMP', 'Lamp', 10);
SELECT ecommerce.adjust_stock('LAMP', 5, 'receipt');
SELECT gross FROM ecommerce.place_order(items('LAMP', 2));
REFRESH MATERIALIZED VIEW ecommerce.product_stats;
CREATE VIEW lamps AS SELECT * FROM ecommerce.products;
CREATE FUNCTION lamp() RETURNS uuid LANGUAGE sql AS $$ SELECT id('LAMP') $$;
SELECT * FROM books();
SELECT what FROM (TABLE now EXCEPT TABLE new) changed
WHERE what::text NOT LIKE '%\_20%' ORDER BY what::text;
CALL ecommerce_test.new_shop();
TABLE now EXCEPT TABLE new;
SELECT (SELECT count(*) FROM ecommerce.product_stats) AS stats,
    to_regclass('lamps') AS lamps, to_regproc('lamp') AS lamp, to_regproc('books') AS books;

-- after the schema has changed, it is another shop
ALTER TABLE ecommerce.stock DISABLE TRIGGER keep_units;
CALL ecommerce_test.new_shop();
SELECT tgenabled FROM pg_trigger
WHERE tgrelid = 'ecommerce.stock'::regclass AND tgname = 'keep_units';
SELECT * FROM ecommerce.verify_integrity();

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
