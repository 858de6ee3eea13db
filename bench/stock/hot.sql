-- The statement of products.sql, so that only the product differs
\set n random(1, 10000)
SELECT ecommerce.reserve_stock(('[{"sku": "STOCK-' || :n * 0 || '", "quantity": 1}]')::jsonb);
