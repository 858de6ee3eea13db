\set n random(1, :rows)
SELECT id FROM public.entities WHERE n = :n \gset
SELECT * FROM ecommerce.orders WHERE id = :id;
SELECT * FROM ecommerce.products WHERE id = :id;
SELECT * FROM ecommerce.users WHERE id = :id;
SELECT * FROM ecommerce.carts WHERE id = :id;
