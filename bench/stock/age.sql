-- A million reservations that are over, and a million movements.
INSERT INTO ecommerce.stock_reservations (tenant_id, product_id, quantity, status, expires_at)
SELECT 1, p.id, 1, (ARRAY['released', 'expired'])[1 + n % 2], now() - n * interval '1 second'
FROM ecommerce.products p, generate_series(1, 100) n WHERE p.sku LIKE 'STOCK-%' AND p.sku <> 'STOCK-0';
INSERT INTO ecommerce.stock_movements (tenant_id, product_id, quantity, reason, created_at)
SELECT 1, p.id, 1 - 2 * (n % 2), 'adjustment', now() - n * interval '1 second'
FROM ecommerce.products p, generate_series(1, 100) n WHERE p.sku LIKE 'STOCK-%' AND p.sku <> 'STOCK-0';
VACUUM ANALYZE;
