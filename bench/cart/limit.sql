-- The least that writes the same rows as an order of a cart of five lines, in one statement:
-- the client knows and computes all of it.
\set first random(0, 9999)
\set n :n + 1
\set id :n * 100 + :client_id
\set number random(1000000000, 9999999999)
SELECT public.fill(('01940000-0000-7000-8000-' || :id::text)::uuid, 5, :first::int);
WITH ordered AS (
    UPDATE ecommerce.carts SET status = 'ordered', order_id = ('01910000-0000-7000-8000-' || :id::text)::uuid
    WHERE tenant_id = 1 AND id = ('01940000-0000-7000-8000-' || :id::text)::uuid AND status = 'open'
), line AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY i.created_at) AS n, i.product_id, i.quantity
    FROM ecommerce.cart_items i
    WHERE i.tenant_id = 1 AND i.cart_id = ('01940000-0000-7000-8000-' || :id::text)::uuid
), taken AS (
    UPDATE "limit".stock s SET available = s.available - l.quantity FROM line l
    WHERE s.tenant_id = 1 AND s.product_id = l.product_id AND s.slot = 0
), placed AS (
    INSERT INTO "limit".orders (tenant_id, id, created_at, order_number, currency, prices, net, vat, gross, country)
    VALUES (1, ('01910000-0000-7000-8000-' || :id::text)::uuid, now(), '261120-' || :number::text, 'EUR', 'gross', 54.80, 11.20, 66.00, 'GR')
), event AS (
    INSERT INTO "limit".events (tenant_id, id, created_at, kind, entity_id)
    VALUES (1, ('01920000-0000-7000-8000-' || :id::text)::uuid, now(), 'order.placed', ('01910000-0000-7000-8000-' || :id::text)::uuid)
)
INSERT INTO "limit".order_items (tenant_id, order_id, order_created_at, line_number, kind, product_id,
    sku, name, quantity, unit_price, discount, vat_category, vat_rate, net, vat)
SELECT 1, ('01910000-0000-7000-8000-' || :id::text)::uuid, now(), l.n, 'product', l.product_id,
    'P', 'Product', l.quantity, 10.00, 0.00, 'S', 24, 8.07, 1.93 FROM line l;
