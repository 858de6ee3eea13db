-- 1,000 carts of five lines, on top of place_order/setup.sql.  The number of a cart
-- (10000 to 10999) ends its id.
INSERT INTO ecommerce.carts (id, session_id)
SELECT ('01930000-0000-7000-8000-0000000' || n)::uuid, 'session-of-bench-' || n
FROM generate_series(10000, 10999) n;
INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity, unit_price)
SELECT ('01930000-0000-7000-8000-0000000' || n)::uuid, p.id, 1 + k % 3, p.price
FROM generate_series(10000, 10999) n, generate_series(0, 4) k
JOIN ecommerce.products p ON true
WHERE p.sku = 'P' || 10000 + (n * 5 + k) * 7 % 10000;

-- What a client does before it checks out: a cart of so many different products.
CREATE FUNCTION public.fill(cart uuid, lines integer, first integer) RETURNS uuid
    LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ecommerce.carts (tenant_id, id, session_id) VALUES (1, cart, cart::text);
    INSERT INTO ecommerce.cart_items (tenant_id, cart_id, product_id, quantity, created_at)
    SELECT 1, cart, ('01900000-0000-7000-8000-0000000' || 10000 + (first + k * 37) % 10000)::uuid, 1,
           now() + k * interval '1 microsecond'
    FROM generate_series(1, lines) k;
    RETURN cart;
END
$$;
VACUUM ANALYZE;
