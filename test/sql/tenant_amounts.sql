-- Amounts in tables have the decimals of their currency, however they were written.
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, original_price, cost_price, track_stock) VALUES
    ('A', 'A', 12.5, 25, NULL, false), ('B', 'B', 0, 12.500, 1.2345, false),
    ('C', 'C', 7.10000, 8, 0.5, false);
SELECT sku, price, original_price, cost_price FROM ecommerce.products ORDER BY sku;
UPDATE ecommerce.products SET price = 13 WHERE sku = 'A';
UPDATE ecommerce.products SET name = 'a' WHERE sku = 'B';
SELECT sku, price FROM ecommerce.products WHERE sku IN ('A', 'B') ORDER BY sku;
-- what a price cannot be is refused as ever
SELECT failure(format('UPDATE ecommerce.products SET price = %L WHERE sku = ''A''', p))
FROM unnest('{NaN, Infinity, -Infinity, -1, NULL}'::text[]) AS p;

INSERT INTO ecommerce.coupons (code, kind, value, currency, minimum) VALUES
    ('AMOUNT', 'amount', 5, 'EUR', 20), ('YEN', 'amount', 500, 'JPY', 1000.0),
    ('DINAR', 'amount', 1.5, 'KWD', 0), ('PERCENT', 'percent', 12.5, NULL, 0),
    ('SHIPPING', 'free_shipping', NULL, NULL, 0);
SELECT code, value, minimum FROM ecommerce.coupons ORDER BY code;
UPDATE ecommerce.coupons SET kind = 'amount', currency = 'USD' WHERE code = 'PERCENT';
SELECT code, value, minimum FROM ecommerce.coupons WHERE code = 'PERCENT';

SELECT count(*) FROM ecommerce.issue_gift_card(50);
SELECT currency, balance, initial_amount FROM ecommerce.gift_cards;

INSERT INTO ecommerce.carts (id, session_id)
VALUES ('01930000-0000-7000-8000-0000000000c1', 'guest');
INSERT INTO ecommerce.cart_items (cart_id, product_id, unit_price)
SELECT '01930000-0000-7000-8000-0000000000c1', id, CASE sku WHEN 'A' THEN 13.0 END
FROM ecommerce.products;
SELECT unit_price FROM ecommerce.cart_items ORDER BY unit_price;

SELECT id, gross FROM ecommerce.place_order('[{"sku": "A", "quantity": 2}]') \gset
SELECT net, vat, gross, amount_paid, amount_refunded FROM ecommerce.orders WHERE id = :'id';
SELECT pay(:'id'), give_back(:'id', 0.5);
SELECT amount_paid, amount_refunded FROM ecommerce.orders WHERE id = :'id';
SELECT unit_price, discount, net, vat FROM ecommerce.order_items WHERE order_id = :'id';

-- a shop with other minor units, and one without settings
SELECT ecommerce.create_tenant(name => 'Yen', country => 'DE', currency => 'JPY') AS yen \gset
INSERT INTO ecommerce.products (tenant_id, sku, name, price) VALUES
    (:yen, 'Y', 'Y', 1200.00), (:yen, 'Z', 'Z', 0.5);
INSERT INTO ecommerce.tenants (id, name) VALUES (77, 'No settings');
INSERT INTO ecommerce.products (tenant_id, sku, name, price) VALUES (77, 'N', 'N', 1.5);
UPDATE ecommerce.settings SET currency = 'KWD' WHERE tenant_id = :yen;
INSERT INTO ecommerce.products (tenant_id, sku, name, price) VALUES (:yen, 'K', 'K', 1.5);
SELECT sku, price FROM ecommerce.products WHERE tenant_id > 1 ORDER BY sku;
SELECT count(*) FROM ecommerce.refresh_product_stats();
SELECT tenant_id, name, revenue FROM ecommerce.product_stats ORDER BY tenant_id, name;

-- where it may be attached
CREATE TABLE pg_temp.amounts (tenant_id integer, a numeric, b text);
CREATE TRIGGER w BEFORE INSERT ON pg_temp.amounts FOR EACH ROW
    EXECUTE FUNCTION ecommerce_internal.write_amounts('a', 'b', 'lost');
INSERT INTO pg_temp.amounts VALUES (1, 1, '1'), (NULL, 1, '1'), (77, 1, '1') RETURNING a;
CREATE TRIGGER x AFTER INSERT ON pg_temp.amounts FOR EACH ROW
    EXECUTE FUNCTION ecommerce_internal.write_amounts('a');
SELECT failure('INSERT INTO pg_temp.amounts VALUES (1, 1)');

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
