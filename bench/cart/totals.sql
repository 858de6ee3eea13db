-- What five lines come to, and the least that reads the same rows.
\set n random(10000, 10999)
SELECT ecommerce.cart_totals(('01930000-0000-7000-8000-0000000' || :n::text)::uuid);
SELECT c.id, i.product_id, i.quantity, i.unit_price, p.sku, p.name, p.price, p.status, p.vat_class, s.available
FROM ecommerce.carts c
JOIN ecommerce.cart_items i ON i.tenant_id = c.tenant_id AND i.cart_id = c.id
JOIN ecommerce.products p ON p.tenant_id = i.tenant_id AND p.id = i.product_id
LEFT JOIN ecommerce.stock s ON s.tenant_id = p.tenant_id AND s.product_id = p.id
WHERE c.tenant_id = 1 AND c.id = ('01930000-0000-7000-8000-0000000' || :n::text)::uuid;
