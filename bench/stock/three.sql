\set a random(1, 10000)
\set b random(1, 10000)
\set c random(1, 10000)
SELECT ecommerce.reserve_stock(('[{"sku": "STOCK-' || :a || '", "quantity": 1}, {"sku": "STOCK-' || :b || '", "quantity": 1}, {"sku": "STOCK-' || :c || '", "quantity": 1}]')::jsonb);
