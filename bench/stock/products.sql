\set n random(1, 10000)
SELECT ecommerce.reserve_stock(('[{"sku": "STOCK-' || :n || '", "quantity": 1}]')::jsonb);
