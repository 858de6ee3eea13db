-- What a first hour meets: the first line says what is wrong where, and the hint what to do.
CREATE EXTENSION ecommerce;
\set SHOW_CONTEXT never
SELECT ecommerce.create_tenant('Other shop', 'DE');
SET ecommerce.tenant = 1;
INSERT INTO ecommerce.products (sku, name, price) VALUES
    ('PEN', 'Pen', 1), ('INK', 'Ink', 2);

-- hints name the tenant: who copies one changes no other
SELECT ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]');
UPDATE ecommerce.settings SET country = 'GR' WHERE tenant_id = 1;
SELECT tenant_id, country FROM ecommerce.settings ORDER BY tenant_id;
BEGIN;
DELETE FROM ecommerce.settings WHERE tenant_id = 1;
SELECT ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]');
ROLLBACK;
SELECT ecommerce.current_tenant() = 1 AS pinned, ecommerce.use_tenant(2);
SELECT ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 1}]', tenant_id => 2);

-- paths and values
SELECT ecommerce.place_order('[{"sku": "PEN", "quantity": 1},
    {"sku": "INK", "quantity": 1.5}]');
SELECT ecommerce.place_order('[{"sku": "PEN", "qty": 1}]');
SELECT ecommerce.place_order(jsonb_build_array(jsonb_build_object('sku', repeat('x', 500))));
SELECT ecommerce.place_order('[{"sku": "INK", "quantity": 1}, {"sku": "PEN", "quantity": 2}]');
SELECT ecommerce.place_order('[{"sku": "NIB", "quantity": 1}, {"sku": "INC", "quantity": 1}]');
SELECT ecommerce.place_order('[{"sku": "INK", "quantity": 1, "unit_price": 1}]');
SELECT ecommerce.place_order('[{"sku": "INK", "quantity": 1}]', expected_total => 5);
SELECT ecommerce.place_order('[{"sku": "INK", "quantity": 1}]', currency => 'USD');
SELECT ecommerce.place_order('[{"sku": "INK", "quantity": 1}]', coupon_codes => '{SPRING}');
SELECT ecommerce.return_stock('01930000-0000-7000-8000-000000000000', '[]');

-- countries as people write them
UPDATE ecommerce.settings SET country = 'gr' WHERE tenant_id = 1;
UPDATE ecommerce.settings SET country = ' Greece' WHERE tenant_id = 1;
SELECT ecommerce.vat_territory('EL');
SELECT ecommerce.vat_territory('UK');
SELECT ecommerce.vat_territory('GRC');
SELECT ecommerce.vat_territory('Elbonia');
SELECT ecommerce.place_order('[{"sku": "INK", "quantity": 1}]',
    billing_address => '{"country": "gr"}');
-- who may change the settings may read the hint
CREATE ROLE regress_office;
SELECT count(*) > 0 AS granted FROM ecommerce.grant_access('regress_office', 'back_office');
SET ROLE regress_office;
UPDATE ecommerce.settings SET country = 'uk';
RESET ROLE;
SELECT count(*) > 0 AS revoked FROM ecommerce.revoke_access('regress_office');
DROP ROLE regress_office;

-- what cannot be, and what can
SELECT ecommerce.adjust_stock('PEN', 9, 'receipt');
SELECT id FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 2}]') \gset
SELECT status FROM ecommerce.transition_order(:'id', 'processing');
SELECT status FROM ecommerce.transition_order(:'id', 'shipped');
CREATE FUNCTION pg_temp.hint_of(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    EXECUTE command;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN SQLERRM || ' | ' || hint;
END
$$;
SELECT pg_temp.hint_of(format('SELECT ecommerce.cancel_order(%L)', :'id'));
UPDATE ecommerce.products SET track_stock = false WHERE sku = 'INK';
SELECT id FROM ecommerce.place_order('[{"sku": "INK", "quantity": 1}]') \gset
UPDATE ecommerce.orders SET status = 'processing' WHERE tenant_id = 1 AND id = :'id';
UPDATE ecommerce.orders SET status = 'shipped' WHERE tenant_id = 1 AND id = :'id';
SELECT pg_temp.hint_of(format('UPDATE ecommerce.orders SET status = ''cancelled''
    WHERE tenant_id = 1 AND id = %L', :'id'));
SELECT ecommerce.transition_order(:'id', 'lost');
TRUNCATE ecommerce.events;
TRUNCATE ecommerce.stock;
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
