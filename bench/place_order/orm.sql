-- What an ORM sends: one prepared statement for each row, one round trip each.
-- It loads whole rows, computes the totals itself, and sorts what it locks.
\set a random(10000, 13332)
\set b random(13333, 16665)
\set c random(16666, 19999)
\set n :n + 1
\set id :n * 100 + :client_id
\set number random(1000000000, 9999999999)
BEGIN;
SELECT * FROM orm.products
WHERE tenant_id = 1 AND id = ('01900000-0000-7000-8000-0000000' || :b::text)::uuid AND deleted_at IS NULL;
SELECT * FROM orm.products
WHERE tenant_id = 1 AND id = ('01900000-0000-7000-8000-0000000' || :c::text)::uuid AND deleted_at IS NULL;
SELECT * FROM orm.products
WHERE tenant_id = 1 AND id = ('01900000-0000-7000-8000-0000000' || :a::text)::uuid AND deleted_at IS NULL;
SELECT * FROM orm.stock
WHERE tenant_id = 1 AND product_id = ('01900000-0000-7000-8000-0000000' || :a::text)::uuid AND slot = 0 FOR UPDATE;
SELECT * FROM orm.stock
WHERE tenant_id = 1 AND product_id = ('01900000-0000-7000-8000-0000000' || :b::text)::uuid AND slot = 0 FOR UPDATE;
SELECT * FROM orm.stock
WHERE tenant_id = 1 AND product_id = ('01900000-0000-7000-8000-0000000' || :c::text)::uuid AND slot = 0 FOR UPDATE;
UPDATE orm.stock SET available = available - 3
WHERE tenant_id = 1 AND product_id = ('01900000-0000-7000-8000-0000000' || :a::text)::uuid AND slot = 0;
UPDATE orm.stock SET available = available - 1
WHERE tenant_id = 1 AND product_id = ('01900000-0000-7000-8000-0000000' || :b::text)::uuid AND slot = 0;
UPDATE orm.stock SET available = available - 2
WHERE tenant_id = 1 AND product_id = ('01900000-0000-7000-8000-0000000' || :c::text)::uuid AND slot = 0;
INSERT INTO orm.orders (tenant_id, id, created_at, order_number, email, currency, prices, net, vat, gross, country)
VALUES (1, ('01910000-0000-7000-8000-' || :id::text)::uuid, now(), '261120-' || :number::text, 'customer@example.com', 'EUR', 'gross', 54.80, 11.20, 66.00, 'GR');
INSERT INTO orm.order_items (tenant_id, order_id, order_created_at, line_number, kind, product_id, sku, name, quantity, unit_price, discount, vat_category, vat_rate, net, vat)
VALUES (1, ('01910000-0000-7000-8000-' || :id::text)::uuid, now(), 1, 'product', ('01900000-0000-7000-8000-0000000' || :b::text)::uuid,
        'P' || :b::text, 'Product ' || :b::text, 1, 10.00, 0.00, 'S', 24, 8.07, 1.93);
INSERT INTO orm.order_items (tenant_id, order_id, order_created_at, line_number, kind, product_id, sku, name, quantity, unit_price, discount, vat_category, vat_rate, net, vat)
VALUES (1, ('01910000-0000-7000-8000-' || :id::text)::uuid, now(), 2, 'product', ('01900000-0000-7000-8000-0000000' || :c::text)::uuid,
        'P' || :c::text, 'Product ' || :c::text, 2, 10.00, 0.00, 'S', 13, 17.70, 2.30);
INSERT INTO orm.order_items (tenant_id, order_id, order_created_at, line_number, kind, product_id, sku, name, quantity, unit_price, discount, vat_category, vat_rate, net, vat)
VALUES (1, ('01910000-0000-7000-8000-' || :id::text)::uuid, now(), 3, 'product', ('01900000-0000-7000-8000-0000000' || :a::text)::uuid,
        'P' || :a::text, 'Product ' || :a::text, 3, 12.00, 0.00, 'S', 24, 29.03, 6.97);
INSERT INTO orm.events (tenant_id, id, created_at, kind, entity_id)
VALUES (1, ('01920000-0000-7000-8000-' || :id::text)::uuid, now(), 'order.placed', ('01910000-0000-7000-8000-' || :id::text)::uuid);
COMMIT;
