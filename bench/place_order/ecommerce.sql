-- What is measured.  The client sends three products in no order.
\set a random(10000, 13332)
\set b random(13333, 16665)
\set c random(16666, 19999)
SELECT * FROM ecommerce.place_order(items =>
    ('[{"product_id": "01900000-0000-7000-8000-0000000' || :b::text || '", "quantity": 1},'
     ' {"product_id": "01900000-0000-7000-8000-0000000' || :c::text || '", "quantity": 2},'
     ' {"product_id": "01900000-0000-7000-8000-0000000' || :a::text || '", "quantity": 3}]')::jsonb,
    email => 'customer@example.com');
