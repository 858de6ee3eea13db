-- The least that writes the same rows: the client knows and computes all of it.
-- Two prepared statements in one pipeline are one round trip and, without
-- BEGIN and COMMIT, one transaction.  Products come in the order of their ids.
\set a random(10000, 13332)
\set b random(13333, 16665)
\set c random(16666, 19999)
\set n :n + 1
\set id :n * 100 + :client_id
\set number random(1000000000, 9999999999)
\startpipeline
UPDATE "limit".stock s SET available = s.available - d.quantity
FROM (VALUES (('01900000-0000-7000-8000-0000000' || :a::text)::uuid, 3),
             (('01900000-0000-7000-8000-0000000' || :b::text)::uuid, 1),
             (('01900000-0000-7000-8000-0000000' || :c::text)::uuid, 2)) d (product_id, quantity)
WHERE s.tenant_id = 1 AND s.product_id = d.product_id AND s.slot = 0;
WITH placed AS (
    INSERT INTO "limit".orders (tenant_id, id, created_at, order_number, email, currency, prices, net, vat, gross, country)
    VALUES (1, ('01910000-0000-7000-8000-' || :id::text)::uuid, now(), '261120-' || :number::text, 'customer@example.com', 'EUR', 'gross', 54.80, 11.20, 66.00, 'GR')
), event AS (
    INSERT INTO "limit".events (tenant_id, id, created_at, kind, entity_id)
    VALUES (1, ('01920000-0000-7000-8000-' || :id::text)::uuid, now(), 'order.placed', ('01910000-0000-7000-8000-' || :id::text)::uuid)
)
INSERT INTO "limit".order_items (tenant_id, order_id, order_created_at, line_number, kind, product_id,
    sku, name, quantity, unit_price, discount, vat_category, vat_rate, net, vat)
VALUES
    (1, ('01910000-0000-7000-8000-' || :id::text)::uuid, now(), 1, 'product', ('01900000-0000-7000-8000-0000000' || :b::text)::uuid,
     'P' || :b::text, 'Product ' || :b::text, 1, 10.00, 0.00, 'S', 24, 8.07, 1.93),
    (1, ('01910000-0000-7000-8000-' || :id::text)::uuid, now(), 2, 'product', ('01900000-0000-7000-8000-0000000' || :c::text)::uuid,
     'P' || :c::text, 'Product ' || :c::text, 2, 10.00, 0.00, 'S', 13, 17.70, 2.30),
    (1, ('01910000-0000-7000-8000-' || :id::text)::uuid, now(), 3, 'product', ('01900000-0000-7000-8000-0000000' || :a::text)::uuid,
     'P' || :a::text, 'Product ' || :a::text, 3, 12.00, 0.00, 'S', 24, 29.03, 6.97);
\endpipeline
