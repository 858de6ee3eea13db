-- Invoices and credit notes as electronic documents.

CREATE FUNCTION ecommerce.invoice_xml(invoice_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    v_tenant   integer := ecommerce_internal.check_tenant(tenant_id);
    v_document jsonb := ecommerce_internal.document_snapshot(v_tenant, invoice_id);
    v_root     text := CASE v_document ->> 'kind' WHEN 'credit_note' THEN 'CreditNote'
                                                  ELSE 'Invoice' END;
    v_schema   CONSTANT text := 'urn:oasis:names:specification:ubl:schema:xsd:';
BEGIN
    IF v_document IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM ecommerce_internal.check_document(v_tenant, v_document);
    RETURN concat(
        '<?xml version="1.0" encoding="UTF-8"?>', chr(10),
        format('<%1$s xmlns="%2$s%1$s-2" xmlns:cac="%2$sCommonAggregateComponents-2" '
               'xmlns:cbc="%2$sCommonBasicComponents-2">', v_root, v_schema),
        ecommerce_internal.ubl_head(v_document), ecommerce_internal.ubl_parties(v_document),
        ecommerce_internal.ubl_adjustments(v_tenant, v_document),
        ecommerce_internal.ubl_vat(v_document), ecommerce_internal.ubl_totals(v_document),
        ecommerce_internal.ubl_lines(v_tenant, v_document),
        format('</%s>', v_root), chr(10));
END
$$;
COMMENT ON FUNCTION ecommerce.invoice_xml(uuid, integer) IS
    'An invoice or credit note as UBL 2.1, by the rules of EN 16931 and those of its profile. Made '
    'of what was issued and nothing else, byte for byte the same each time; it says UTF-8, so '
    'write it in that. With profile peppol it is by Peppol BIS 3, with peppol_gr by the rules of '
    'Greek sellers too, and then needs its MARK. A storefront gets invoices of its customer only, '
    'and of the order that it has just placed. NULL for an unknown one. Errors: EC053 what the '
    'document lacks, all of it in the detail, among it amounts of three decimals, which the '
    'standard has not; 22023 a text with a character that XML cannot have.';

CREATE FUNCTION ecommerce.invoice_xml(invoice_number text,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.invoice_xml(ecommerce_internal.document_id(v_tenant, invoice_number),
                                 v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.invoice_xml(text, integer) IS
    'Like invoice_xml(invoice_id), by the invoice''s number or an id without a type.';

CREATE FUNCTION ecommerce.invoice_cii(invoice_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    v_tenant   integer := ecommerce_internal.check_tenant(tenant_id);
    d          jsonb := ecommerce_internal.document_snapshot(v_tenant, invoice_id, 'en16931');
    v_standard CONSTANT text := 'urn:un:unece:uncefact:data:standard:';
BEGIN
    IF d IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM ecommerce_internal.check_document(v_tenant, d);
    RETURN concat(
        '<?xml version="1.0" encoding="UTF-8"?>', chr(10),
        format('<rsm:CrossIndustryInvoice xmlns:rsm="%1$sCrossIndustryInvoice:100" '
               'xmlns:ram="%1$sReusableAggregateBusinessInformationEntity:100" '
               'xmlns:udt="%1$sUnqualifiedDataType:100" xmlns:qdt="%1$sQualifiedDataType:100">',
               v_standard),
        xmlforest(
            xmlforest(xmlforest('urn:cen.eu:en16931:2017' AS "ram:ID")
                      AS "ram:GuidelineSpecifiedDocumentContextParameter")
                AS "rsm:ExchangedDocumentContext",
            xmlforest(d ->> 'invoice_number' AS "ram:ID", d ->> 'type_code' AS "ram:TypeCode",
                      ecommerce_internal.cii_day(d ->> 'issue_date') AS "ram:IssueDateTime",
                      xmlforest(d ->> 'note' AS "ram:Content") AS "ram:IncludedNote")
                AS "rsm:ExchangedDocument"),
        '<rsm:SupplyChainTradeTransaction>',
        ecommerce_internal.cii_lines(v_tenant, d), ecommerce_internal.cii_agreement(d),
        '<ram:ApplicableHeaderTradeSettlement>',
        ecommerce_internal.cii_payment(d), ecommerce_internal.cii_taxes(v_tenant, d),
        ecommerce_internal.cii_totals(d), '</ram:ApplicableHeaderTradeSettlement>',
        '</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>', chr(10));
END
$$;
COMMENT ON FUNCTION ecommerce.invoice_cii(uuid, integer) IS
    'An invoice or credit note as UN/CEFACT CII, the XML of Factur-X and ZUGFeRD in their profile '
    'EN 16931. Made like that of invoice_xml(), but always by EN 16931 alone, whatever the profile '
    'of the invoice. NULL for an unknown one. Errors: EC053, 22023, as invoice_xml() raises them.';

CREATE FUNCTION ecommerce.invoice_cii(invoice_number text,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.invoice_cii(ecommerce_internal.document_id(v_tenant, invoice_number),
                                 v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.invoice_cii(text, integer) IS
    'Like invoice_cii(invoice_id), by the invoice''s number or an id without a type.';
