-- An owner of several shops names the tenant, and maintains all.
CREATE ROLE regress_shop_owner;
CREATE ROLE regress_shop_service;
CREATE ROLE regress_shop_staff;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_shop_owner', current_database()) \gexec
SET ROLE regress_shop_owner;
CREATE EXTENSION ecommerce;
SELECT ecommerce.create_tenant('Second', 'DE');
UPDATE ecommerce.settings SET country = 'GR' WHERE tenant_id = 1;
INSERT INTO ecommerce.products (tenant_id, sku, name, price)
SELECT t, 'LAMP', 'A lamp', 100 * t FROM generate_series(1, 2) t;
INSERT INTO ecommerce.coupons (tenant_id, code, kind, value) VALUES (2, 'TEN', 'percent', 10);
INSERT INTO ecommerce.warehouses (tenant_id, id, name) VALUES (2, 2, 'Annex');
SELECT ecommerce.grant_access('regress_shop_service', 'service') IS NOT NULL AS granted;
SELECT ecommerce.grant_access('regress_shop_staff', 'back_office') IS NOT NULL AS granted;

-- every function that writes takes it, and writes into that shop
\set lamp '[{"sku": "LAMP", "quantity": 1}]'
SELECT ecommerce.adjust_stock('LAMP', 100, 'receipt', tenant_id => t) FROM generate_series(1, 2) t;
SELECT ecommerce.transfer_stock('LAMP', 5, 1, 2, tenant_id => 2),
       ecommerce.set_backorder_limit('LAMP', 5, tenant_id => 2),
       ecommerce.set_stock_slots('LAMP', 3, tenant_id => 2),
       ecommerce.available_stock('LAMP', tenant_id => 2), ecommerce.stock_at('LAMP', now(), 2);
SELECT id FROM ecommerce.reserve_stock(:'lamp', tenant_id => 2) \gset held_
SELECT ecommerce.extend_reservation(:'held_id', tenant_id => 2) IS NOT NULL AS extended,
       ecommerce.release_reservation(:'held_id', tenant_id => 2) IS NOT NULL AS released;
SELECT id FROM ecommerce.reserve_stock(:'lamp', tenant_id => 2) \gset held_
SELECT id, gross, order_number = ecommerce.order_number(id, 2) AS number FROM ecommerce.place_order(
    reservation_id => :'held_id', coupon_codes => '{TEN}', email => 'a@example.com',
    shipping_address => '{"country": "AT"}', charges => '[{"kind": "shipping", "amount": 5}]',
    idempotency_key => 'one', tenant_id => 2) \gset
SELECT :gross AS gross, :'number' AS number;
SELECT gross FROM ecommerce.place_order(:'lamp', tenant_id => 1);
SELECT gross FROM ecommerce.place_orders('[{"items": [{"sku": "LAMP", "quantity": 1}]}]', tenant_id
    => 2);
SELECT code FROM ecommerce.issue_gift_card(500, tenant_id => 2) \gset
SELECT ecommerce.gift_card_balance(:'code', 2), ecommerce.redeem_gift_card(:'code', :'id', 50,
    tenant_id => 2),
       ecommerce.refund_to_gift_card(:'id', 10, tenant_id => 2);
SELECT ecommerce.adjust_gift_card(id, -1, tenant_id => 2) FROM ecommerce.gift_cards;
SELECT status FROM ecommerce.transition_order(:'id', 'processing', tenant_id => 2);
SELECT status FROM ecommerce.transition_order(:'id', 'shipped', tenant_id => 2);
SELECT ecommerce.return_stock(:'id', :'lamp', tenant_id => 2);
SELECT status FROM ecommerce.cancel_order((SELECT order_number FROM ecommerce.orders WHERE tenant_id
    = 1),
                                          tenant_id => 1);
SELECT count(*) FROM ecommerce.vat_return('2026-01-01', '2100-01-01', tenant_id => 2);
-- what is paid, collected and invoiced, too, although its days are those of that shop
INSERT INTO ecommerce.users (tenant_id, id, email)
VALUES (2, '01930000-0000-7000-8000-0000000000b1', 'b@example.com');
\set buyer '01930000-0000-7000-8000-0000000000b1'
INSERT INTO ecommerce.sellers (tenant_id, name, address_line_1, city, vat_id, iban,
    sepa_creditor_id)
VALUES (2, 'Second GmbH', 'Weg 1', 'Berlin', 'DE136695976', 'DE89370400440532013000',
    'DE98ZZZ09999999999');
SELECT id FROM ecommerce.place_order(:'lamp', user_id => :'buyer', tenant_id => 2,
    billing_address => '{"company": "B", "country": "DE"}') \gset
SELECT used FROM ecommerce.set_credit_limit(:'buyer', 150, tenant_id => 2);
SELECT status, due_date - current_date BETWEEN 29 AND 31 AS on_terms
FROM ecommerce.create_payment(:'id', 150, 'invoice', tenant_id => 2);
SELECT id FROM ecommerce.create_sepa_mandate(:'buyer', 'DE89370400440532013000', 'B',
    tenant_id => 2) \gset mandate_
SELECT status FROM ecommerce.create_payment(:'id', 50, 'sepa_debit',
    mandate_id => :'mandate_id', tenant_id => 2);
SELECT transaction_count, control_sum FROM ecommerce.sepa_debit_batch(tenant_id => 2);
SELECT status FROM ecommerce.request_sepa_transfer('C', 'DE89370400440532013000', 5, 'rent',
    tenant_id => 2);
SELECT transaction_count, control_sum FROM ecommerce.sepa_credit_batch(tenant_id => 2);
SELECT ecommerce.expire_sepa_mandates(tenant_id => NULL);
SELECT gross FROM ecommerce.issue_invoice(:'id', tenant_id => 2);
SELECT tenant_id, country, gross, status, payment_status FROM ecommerce.orders ORDER BY 1, 3;
SELECT tenant_id, kind, count(*) FROM ecommerce.events GROUP BY 1, 2 ORDER BY 1, 2;
SELECT * FROM ecommerce.verify_integrity();
-- without it, an owner must choose as well
SELECT failure('SELECT ecommerce.place_order(''[{"sku": "LAMP", "quantity": 1}]'')');
-- and keeps to what was chosen
BEGIN;
SELECT ecommerce.use_tenant(1);
SELECT failure('SELECT ecommerce.adjust_stock(''LAMP'', 1, tenant_id => 2)');
ROLLBACK;

-- maintenance of all, of one, and of none
CREATE TEMP TABLE holds AS SELECT t, r.id FROM generate_series(1, 2) t,
    LATERAL ecommerce.reserve_stock('[{"sku": "LAMP", "quantity": 3}]', tenant_id => t) r;
UPDATE ecommerce.stock_reservations SET expires_at = now() - interval '1 hour',
    created_at = now() - interval '2 hours' WHERE status = 'held';
SELECT ecommerce.expire_reservations(tenant_id => NULL);
SELECT tenant_id, status, count(*) FROM ecommerce.stock_reservations GROUP BY 1, 2 ORDER BY 1, 2;
SELECT ecommerce.rebalance_stock(tenant_id => NULL), ecommerce.close_stock_books(tenant_id => NULL);
SELECT tenant_id, count(*) FROM ecommerce.stock_balances GROUP BY 1 ORDER BY 1;
SELECT call, failure('SELECT ecommerce.' || call) FROM unnest(ARRAY['expire_reservations()',
    'expire_reservations(NULL, NULL)', 'expire_reservations(0, NULL)', 'rebalance_stock(-1, NULL)',
    'close_stock_books(''infinity'', NULL)', 'expire_reservations(1, 9)',
        'close_stock_books(tenant_id => 9)']) AS call;
-- what was chosen for it is not chosen afterwards
SELECT failure('SELECT ecommerce.expire_reservations(tenant_id => NULL);
    SELECT ecommerce.current_tenant()');
-- the service may choose any tenant, so it may do all; but not in a transaction of one, nor pinned
RESET ROLE;
SET ROLE regress_shop_service;
SELECT ecommerce.expire_reservations(tenant_id => NULL), ecommerce.rebalance_stock(tenant_id =>
    NULL),
       ecommerce.close_stock_books(tenant_id => NULL);
SELECT failure('SELECT ecommerce.expire_reservations(tenant_id => 1)');
BEGIN;
SELECT ecommerce.use_tenant(1);
SELECT ecommerce.expire_reservations();
SELECT failure('SELECT ecommerce.expire_reservations(tenant_id => NULL)');
COMMIT;
RESET ROLE;
SET ecommerce.tenant = 1;
SET ROLE regress_shop_service;
SELECT failure('SELECT ecommerce.rebalance_stock(tenant_id => NULL)');
RESET ROLE;
RESET ecommerce.tenant;
GRANT EXECUTE ON FUNCTION ecommerce.expire_reservations TO regress_shop_staff;
SET ROLE regress_shop_staff;
SELECT failure('SELECT ecommerce.expire_reservations(tenant_id => NULL)'),
       failure('SELECT ecommerce.place_order(''[{"sku": "LAMP", "quantity": 1}]'',
           tenant_id => 1)');
RESET ROLE;

-- what create_tenant() takes for meant
SELECT ecommerce.create_tenant('Swiss', 'CH'), ecommerce.create_tenant('Swiss in euro', 'CH',
    'EUR'),
       ecommerce.create_tenant('Somewhere'), ecommerce.create_tenant('Japan', 'JP', 'JPY');
SELECT tenant_id, country, currency FROM ecommerce.settings ORDER BY 1;
SELECT failure('SELECT ecommerce.create_tenant(''Swiss'')'),
    failure('SELECT ecommerce.create_tenant(''X'', ''JP'')'),
       failure('SELECT ecommerce.create_tenant(''X'', ''Greece'')');
-- every country whose VAT rates are known has a currency of its own
SELECT country, ecommerce_internal.currency_of(country) FROM
    (SELECT DISTINCT country FROM ecommerce.vat_rates) c
WHERE ecommerce_internal.currency_of(country) <> 'EUR' ORDER BY 1;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP OWNED BY regress_shop_owner, regress_shop_service, regress_shop_staff CASCADE;
DROP ROLE regress_shop_owner, regress_shop_service, regress_shop_staff;
