-- Orders that have no invoice yet, in the shop, and the tables of documents once more with the same
-- keys and indexes.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SELECT set_config('bench.orders', :'orders', false);
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.sellers (name, address_line_1, city, postal_code, vat_id, iban)
VALUES ('Shop SA', 'Ermou 1', 'Athens', '10563', 'EL094259216', 'GR1601101250000000012300695');
INSERT INTO ecommerce.products (sku, name, price, track_stock)
SELECT 'P' || n, 'Product ' || n, 9.99, false FROM generate_series(1, 100) n;
CREATE TABLE public.known (n serial PRIMARY KEY, order_id uuid, created_at timestamptz);
DO $$
BEGIN
    FOR i IN 1 .. current_setting('bench.orders')::integer / 10000 LOOP
        INSERT INTO public.known (order_id, created_at)
        SELECT o.id, ecommerce.uuid_v7_time(o.id) FROM ecommerce.place_orders((
            SELECT array_agg('{"items": [{"sku": "P1", "quantity": 1}, {"sku": "P2", "quantity": 3}],
                "charges": [{"kind": "shipping", "amount": 4.90}], "billing_address":
                {"first_name": "Ann", "last_name": "Lee", "address_line_1": "Agora 2",
                "city": "Athens", "postal_code": "10431", "country": "GR"}}'::jsonb)
            FROM generate_series(1, 10000))) o;
    END LOOP;
END $$;
-- As many documents as a shop has soon, so that statistics say what plans there are
CREATE SEQUENCE public.next_order START 2001;
SELECT count(i.invoice_number) FROM ecommerce.issue_invoices(ARRAY(
    SELECT order_id FROM public.known WHERE n <= 2000)) i;

CREATE SCHEMA "limit";
DO $$
DECLARE
    r regclass;
BEGIN
    FOREACH r IN ARRAY '{ecommerce.invoices,ecommerce.invoice_lines,ecommerce.invoice_vat_groups,
        ecommerce.invoice_counters}'::regclass[]
    LOOP
        EXECUTE format('CREATE TABLE "limit".%I (LIKE %s INCLUDING DEFAULTS INCLUDING INDEXES'
            ' INCLUDING CONSTRAINTS)', (SELECT relname FROM pg_class WHERE oid = r), r);
    END LOOP;
END $$;
CREATE TABLE "limit".events (LIKE ecommerce.events INCLUDING DEFAULTS INCLUDING INDEXES
    INCLUDING CONSTRAINTS);
ALTER TABLE "limit".invoice_lines ADD FOREIGN KEY (tenant_id, invoice_id)
    REFERENCES "limit".invoices (tenant_id, id);
ALTER TABLE "limit".invoice_vat_groups ADD FOREIGN KEY (tenant_id, invoice_id)
    REFERENCES "limit".invoices (tenant_id, id);
INSERT INTO "limit".invoice_counters SELECT * FROM ecommerce.invoice_counters;
INSERT INTO "limit".invoices SELECT * FROM ecommerce.invoices;
INSERT INTO "limit".invoice_lines SELECT * FROM ecommerce.invoice_lines;
INSERT INTO "limit".invoice_vat_groups SELECT * FROM ecommerce.invoice_vat_groups;
CREATE TABLE "limit".one_invoice AS SELECT * FROM ecommerce.invoices ORDER BY number LIMIT 1;
CREATE TABLE "limit".its_lines AS SELECT l.* FROM ecommerce.invoice_lines l
JOIN "limit".one_invoice v ON v.id = l.invoice_id;
CREATE TABLE "limit".its_groups AS SELECT g.* FROM ecommerce.invoice_vat_groups g
JOIN "limit".one_invoice v ON v.id = g.invoice_id;
UPDATE "limit".invoice_counters SET year = 2026;

-- An invoice of 100 lines
CREATE TABLE public.long AS
SELECT i.id FROM ecommerce.place_order(jsonb_build_object('items', (
    SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', 3)) FROM ecommerce.products),
    'billing_address', '{"first_name": "Ann", "last_name": "Lee", "address_line_1": "Agora 2",
    "city": "Athens", "postal_code": "10431", "country": "GR"}'::jsonb)) o,
    LATERAL (SELECT * FROM ecommerce.issue_invoice(o.id)) i;
VACUUM ANALYZE;
