-- The least that writes the same rows: the client knows the product's id and makes
-- the reservation's, and one prepared statement does the rest.
\set product random(10001, 20000)
\set n :n + 1
\set id :n * 100 + :client_id
WITH taken AS (
    UPDATE stock_limit.stock SET available = available - 1
    WHERE tenant_id = 1 AND product_id = ('01900000-0000-7000-8000-0000000' || :product::text)::uuid
      AND warehouse_id = 1 AND slot = 0 AND available >= 1
    RETURNING tenant_id, product_id, warehouse_id
)
INSERT INTO stock_limit.stock_reservations (tenant_id, id, product_id, warehouse_id, quantity, expires_at)
SELECT tenant_id, ('01910000-0000-7000-8000-' || :id::text)::uuid, product_id, warehouse_id, 1, now() + interval '30 days' FROM taken
RETURNING id, expires_at;
