-- Orders with payments that wait for their capture, in the shop and in a copy of the tables that
-- has the same keys and indexes.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('P', 'Product', 10, false);
SELECT count(o.id) FROM ecommerce.place_orders((
    SELECT array_agg('{"items": [{"sku": "P", "quantity": 1}]}'::jsonb)
    FROM generate_series(1, 10000))) o;
INSERT INTO ecommerce.payments (order_id, order_created_at, method, provider, reference, currency,
    amount)
SELECT id, created_at, 'card', 'acme', 'pi' || row_number() OVER (ORDER BY id), currency, gross
FROM ecommerce.orders;

CREATE SCHEMA "limit";
DO $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT c.oid, c.relname, c.relkind = 'p' AS partitioned, pg_get_partkeydef(c.oid) AS key
        FROM pg_class c
        WHERE c.oid IN ('ecommerce.orders'::regclass, 'ecommerce.events'::regclass,
                        'ecommerce.payments'::regclass, 'ecommerce.payment_entries'::regclass)
    LOOP
        EXECUTE format('CREATE TABLE "limit".%I (LIKE ecommerce.%I INCLUDING DEFAULTS INCLUDING INDEXES'
            ' INCLUDING CONSTRAINTS) %s', r.relname, r.relname,
            CASE WHEN r.partitioned THEN 'PARTITION BY ' || r.key ELSE '' END);
        IF r.partitioned THEN
            EXECUTE (SELECT string_agg(format('CREATE TABLE "limit".%I PARTITION OF "limit".%I %s',
                    c.relname, r.relname, pg_get_expr(c.relpartbound, c.oid)), '; ')
                FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = r.oid);
        END IF;
    END LOOP;
END $$;
ALTER TABLE "limit".payment_entries ADD FOREIGN KEY (tenant_id, payment_id)
    REFERENCES "limit".payments (tenant_id, id);
INSERT INTO "limit".orders SELECT * FROM ecommerce.orders;
INSERT INTO "limit".payments SELECT * FROM ecommerce.payments;
CREATE TABLE public.known AS
SELECT row_number() OVER (ORDER BY o.id)::integer AS n, o.id AS order_id, o.created_at,
    p.id AS payment_id
FROM ecommerce.orders o JOIN ecommerce.payments p ON p.order_id = o.id;
ALTER TABLE public.known ADD PRIMARY KEY (n);
