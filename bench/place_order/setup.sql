-- A shop with 10,000 products, of which it has plenty.  The number of a
-- product (10000 to 19999) ends its id, so that pgbench can write it.

CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR', timezone = 'Europe/Athens';

-- Every fifth at the reduced rate; in no order, as in a shop that has grown.
INSERT INTO ecommerce.products (tenant_id, id, sku, name, price, vat_class)
SELECT 1, ('01900000-0000-7000-8000-0000000' || n)::uuid, 'P' || n, 'Product ' || n,
       round((100 + n * 7919 % 19900) / 100.0, 2), CASE WHEN n % 5 = 0 THEN 'reduced' ELSE 'standard' END
FROM generate_series(10000, 19999) n ORDER BY hashint4(n);

INSERT INTO ecommerce.stock (tenant_id, product_id, slot, available)
SELECT tenant_id, id, 0, 1000000 FROM ecommerce.products ORDER BY hashint4(right(id::text, 5)::int);
INSERT INTO ecommerce.stock_movements (tenant_id, product_id, quantity, reason)
SELECT tenant_id, product_id, available, 'receipt' FROM ecommerce.stock;

-- For schemas with tables of their own to write to.
CREATE PROCEDURE public.create_peer(peer text) LANGUAGE plpgsql AS $$
DECLARE
    t record;
BEGIN
    EXECUTE format('CREATE SCHEMA %I', peer);
    PERFORM set_config('search_path', quote_ident(peer), true);

    -- LIKE copies everything but foreign keys, fillfactor, policies and triggers.
    CREATE TABLE products (LIKE ecommerce.products INCLUDING ALL);
    CREATE TABLE stock (LIKE ecommerce.stock INCLUDING ALL) WITH (fillfactor = 50);
    ALTER TABLE stock ADD CONSTRAINT stock_product_fkey
        FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id) ON DELETE CASCADE;
    CREATE TABLE orders (LIKE ecommerce.orders INCLUDING ALL) PARTITION BY RANGE (created_at);
    CREATE TABLE order_items (LIKE ecommerce.order_items INCLUDING ALL) PARTITION BY RANGE (order_created_at);
    CREATE TABLE events (LIKE ecommerce.events INCLUDING ALL) PARTITION BY RANGE (created_at);
    ALTER TABLE orders ADD CONSTRAINT orders_user_fkey
        FOREIGN KEY (tenant_id, user_id) REFERENCES ecommerce.users (tenant_id, id);

    -- Defaults that call functions of the extension are none of theirs.
    FOR t IN
        SELECT a.attrelid::regclass AS name, a.attname AS attribute
        FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = peer::regnamespace AND a.attname IN ('tenant_id', 'id')
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', t.name, t.attribute);
    END LOOP;
    ALTER TABLE events ALTER COLUMN xact SET DEFAULT pg_current_xact_id();

    FOR t IN
        SELECT p.relname AS parent, c.relname AS leaf, pg_get_expr(c.relpartbound, c.oid) AS bounds
        FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_class c ON c.oid = i.inhrelid
        WHERE p.relnamespace = 'ecommerce'::regnamespace
          AND p.relname IN ('orders', 'order_items', 'events')
        ORDER BY p.relname = 'order_items', c.relname
    LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF %I %s', t.leaf, t.parent, t.bounds);
        IF t.parent = 'order_items' THEN
            EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I FOREIGN KEY (tenant_id, order_id, order_created_at)
                            REFERENCES %I (tenant_id, id, created_at)',
                           t.leaf, t.leaf || '_order_fkey', replace(t.leaf, 'order_items', 'orders'));
        END IF;
    END LOOP;

    INSERT INTO products SELECT * FROM ecommerce.products;
    INSERT INTO stock SELECT * FROM ecommerce.stock;
END
$$;

CALL public.create_peer('limit');
CALL public.create_peer('plpgsql');
CALL public.create_peer('orm');
