-- Lines, allowances and charges as documents have them, and those of UBL by one statement.

CREATE FUNCTION ecommerce_internal.document_lines(tenant_id integer, d jsonb, is_line boolean)
    RETURNS TABLE (line_number integer, part text, name text, sku text, gtin text,
                   quantity integer, unit_code text, price numeric, base_quantity integer,
                   allowance numeric, net numeric, reason_code text, reason text, category text,
                   rate numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    v_tenant  integer := document_lines.tenant_id;
    v_invoice uuid := (d ->> 'id')::uuid;
    n         integer := (d ->> 'decimals')::integer;
    v_blank   CONSTANT text := E' \t\r\n';
BEGIN
    RETURN QUERY
    SELECT l.line_number, l.part, btrim(l.name, v_blank), nullif(btrim(l.sku, v_blank), ''),
           l.gtin, l.quantity, l.unit_code,
           CASE WHEN w.is_whole THEN l.net + a.allowance ELSE trim_scale(l.unit_price) END,
           CASE WHEN w.is_whole THEN nullif(l.quantity, 1) ELSE nullif(l.base_quantity, 1) END,
           nullif(a.allowance, 0), round(l.net, n),
           coalesce(nullif(btrim(l.reason_code), ''), CASE
               WHEN l.part = 'charge' THEN CASE l.kind WHEN 'shipping' THEN 'FC' END
               ELSE '95' END),
           coalesce(nullif(btrim(l.reason, v_blank), ''),
                    CASE WHEN l.part <> 'line' THEN btrim(l.name, v_blank) END),
           l.vat_category, CASE WHEN l.vat_category <> 'O' THEN trim_scale(l.vat_rate) END
    FROM ecommerce.invoice_lines l
    CROSS JOIN LATERAL (SELECT round(l.allowance, n) AS allowance) a
    -- Where the net was rounded to more than cents, the price is that of all units.
    CROSS JOIN LATERAL (
        SELECT l.quantity > 0 AND abs(l.quantity * l.unit_price / l.base_quantity
                                      - a.allowance - l.net) > 0.02 AS is_whole) w
    WHERE l.tenant_id = v_tenant AND l.invoice_id = v_invoice
      AND (l.part = 'line') = document_lines.is_line;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.document_lines(integer, jsonb, boolean) IS
    'The lines of an invoice with its snapshot, with every value as its documents have it. '
    'is_line: false for the allowances and charges of the whole document. base_quantity and '
    'allowance: NULL where there is nothing to say.';

CREATE FUNCTION ecommerce_internal.ubl_adjustments(tenant_id integer, d jsonb) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    c text := d ->> 'currency';
BEGIN
    RETURN (
        SELECT string_agg(xmlforest(xmlconcat(
            xmlforest(l.part = 'charge' AS "cbc:ChargeIndicator",
                      l.reason_code AS "cbc:AllowanceChargeReasonCode",
                      l.reason AS "cbc:AllowanceChargeReason"),
            xmlelement(name "cbc:Amount", xmlattributes(c AS "currencyID"), l.net),
            xmlforest(xmlforest(l.category AS "cbc:ID", l.rate AS "cbc:Percent",
                                xmlforest('VAT' AS "cbc:ID") AS "cac:TaxScheme")
                      AS "cac:TaxCategory")) AS "cac:AllowanceCharge")::text, ''
            ORDER BY l.line_number)
        FROM ecommerce_internal.document_lines(tenant_id, d, false) l);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.ubl_adjustments(integer, jsonb) IS
    'Allowances and charges of the whole document, of an invoice with its snapshot.';

CREATE FUNCTION ecommerce_internal.ubl_lines(tenant_id integer, d jsonb) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    v_credit boolean := d ->> 'kind' = 'credit_note';
    c        text := d ->> 'currency';
BEGIN
    RETURN (
        SELECT string_agg(
            CASE WHEN v_credit THEN xmlforest(l.line AS "cac:CreditNoteLine")
                 ELSE xmlforest(l.line AS "cac:InvoiceLine") END::text, '' ORDER BY l.line_number)
        FROM (SELECT l.line_number, xmlconcat(
            xmlforest(l.line_number AS "cbc:ID"),
            CASE WHEN v_credit THEN
                xmlelement(name "cbc:CreditedQuantity",
                           xmlattributes(l.unit_code AS "unitCode"), l.quantity)
            ELSE
                xmlelement(name "cbc:InvoicedQuantity",
                           xmlattributes(l.unit_code AS "unitCode"), l.quantity)
            END,
            xmlelement(name "cbc:LineExtensionAmount", xmlattributes(c AS "currencyID"), l.net),
            CASE WHEN l.allowance IS NOT NULL THEN xmlforest(xmlconcat(
                xmlforest(false AS "cbc:ChargeIndicator",
                          l.reason_code AS "cbc:AllowanceChargeReasonCode",
                          l.reason AS "cbc:AllowanceChargeReason"),
                xmlelement(name "cbc:Amount", xmlattributes(c AS "currencyID"), l.allowance))
                AS "cac:AllowanceCharge") END,
            xmlforest(xmlforest(
                l.name AS "cbc:Name",
                xmlforest(l.sku AS "cbc:ID") AS "cac:SellersItemIdentification",
                CASE WHEN l.gtin IS NOT NULL THEN
                    xmlelement(name "cbc:ID", xmlattributes('0160' AS "schemeID"), l.gtin) END
                    AS "cac:StandardItemIdentification",
                xmlforest(l.category AS "cbc:ID", l.rate AS "cbc:Percent",
                          xmlforest('VAT' AS "cbc:ID") AS "cac:TaxScheme")
                    AS "cac:ClassifiedTaxCategory") AS "cac:Item"),
            xmlforest(xmlconcat(
                xmlelement(name "cbc:PriceAmount", xmlattributes(c AS "currencyID"), l.price),
                CASE WHEN l.base_quantity IS NOT NULL THEN
                    xmlelement(name "cbc:BaseQuantity",
                               xmlattributes(l.unit_code AS "unitCode"), l.base_quantity) END)
                AS "cac:Price")) AS line
            FROM ecommerce_internal.document_lines(ubl_lines.tenant_id, d, true) l) l);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.ubl_lines(integer, jsonb) IS
    'The lines of an invoice with its snapshot.';
