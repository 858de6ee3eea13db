-- The least that writes the same rows: a document that is known, with the next number.
WITH number AS (
    UPDATE "limit".invoice_counters c SET last_number = c.last_number + 1
    WHERE c.tenant_id = 1 AND c.series = 'INV' AND c.year = 2026 RETURNING c.last_number AS n
), invoice AS (
    INSERT INTO "limit".invoices (tenant_id, id, series, year, number, invoice_number, kind,
        type_code, profile, issue_date, due_date, order_id, order_created_at, order_number,
        currency, net, vat, gross, vat_scheme, country, region, seller, buyer, delivery, payment,
        preceding)
    SELECT 1, ecommerce.uuid_v7(), 'INV', 2026, n.n, 'INV-2026-' || lpad(n.n::text, 6, '0'),
        'invoice', v.type_code, v.profile, v.issue_date, v.due_date, ecommerce.uuid_v7(), now(),
        v.order_number, v.currency, v.net, v.vat, v.gross, v.vat_scheme, v.country, v.region,
        v.seller, v.buyer, v.delivery, v.payment, v.preceding
    FROM number n, "limit".one_invoice v
    RETURNING id, gross, order_id, order_number
), lines AS (
    INSERT INTO "limit".invoice_lines (tenant_id, invoice_id, line_number, part, order_line, kind,
        sku, name, quantity, unit_code, unit_price, base_quantity, allowance, net, vat,
        vat_category, vat_rate, supply)
    SELECT 1, i.id, l.line_number, l.part, l.order_line, l.kind, l.sku, l.name, l.quantity,
        l.unit_code, l.unit_price, l.base_quantity, l.allowance, l.net, l.vat, l.vat_category,
        l.vat_rate, l.supply
    FROM invoice i, "limit".its_lines l
), groups AS (
    INSERT INTO "limit".invoice_vat_groups (tenant_id, invoice_id, vat_category, vat_rate, taxable,
        tax)
    SELECT 1, i.id, g.vat_category, g.vat_rate, g.taxable, g.tax
    FROM invoice i, "limit".its_groups g
), event AS (
    INSERT INTO "limit".events (tenant_id, id, kind, entity_id, data)
    SELECT 1, ecommerce.uuid_v7(), 'invoice.issued', i.id,
        jsonb_build_object('order_id', i.order_id, 'order_number', i.order_number)
    FROM invoice i
)
SELECT gross FROM invoice;
