-- A shop with many past events, which everybody has read, and as many new ones as are fetched.

CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR', timezone = 'Europe/Athens';
INSERT INTO ecommerce.products (tenant_id, sku, name, price)
SELECT 1, 'P' || n, 'Product ' || n, 1 FROM generate_series(1, 1000) n;
SELECT count(ecommerce.adjust_stock(sku, 1000000, 'receipt')) FROM ecommerce.products;
SELECT FROM ecommerce.ensure_partitions(now() - interval '2 years', now());

CREATE PROCEDURE append(n integer, since interval) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n / 1000 LOOP
        INSERT INTO ecommerce.events (tenant_id, created_at, kind, entity_id)
        SELECT 1, now() - since * (1 - i * 1000.0 / n), 'order.placed', ecommerce.uuid_v7()
        FROM generate_series(1, 1000);
        COMMIT;
    END LOOP;
END
$$;
CALL append(:past, '2 years');
SELECT FROM ecommerce.create_consumer('bench');
CALL append(:unread, '1 minute');
VACUUM ANALYZE;
