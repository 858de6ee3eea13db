\set n random(1, 1000)
SELECT * FROM ecommerce.place_order(jsonb_build_array(
    jsonb_build_object('sku', 'P' || :n, 'quantity', 1)), email => 'customer@example.com');
