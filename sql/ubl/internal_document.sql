-- The parts of a UBL 2.1 document, in the order of its schema.
--
-- xmlforest() leaves out what is NULL, so no element is empty.

CREATE FUNCTION ecommerce_internal.ubl_note(note text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- UBL has the code of a subject in the text, as #AAI#, general information (BR-CL-08).
    v_subject text := substring(note FROM '^[^#]*#([^#]{3})#');
BEGIN
    RETURN CASE WHEN NOT ecommerce_internal.document_code_known('note', v_subject)
                THEN '#AAI#' ELSE '' END || note;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.ubl_note(text) IS
    'A note as UBL has it: behind the code of its subject, if what it says would be taken for a '
    'code and is none.';

CREATE FUNCTION ecommerce_internal.ubl_head(d jsonb) RETURNS xml
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_credit boolean := d ->> 'kind' = 'credit_note';
    v_peppol boolean := d ->> 'profile' IN ('peppol', 'peppol_gr');
    v_orders text[] := ARRAY[d #>> '{buyer,purchase_order}', d ->> 'order_number'];
BEGIN
    RETURN xmlconcat(
        xmlforest(
            'urn:cen.eu:en16931:2017' || CASE WHEN v_peppol THEN
                '#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0' ELSE '' END
                AS "cbc:CustomizationID",
            CASE WHEN v_peppol THEN 'urn:fdc:peppol.eu:2017:poacc:billing:01:1.0' END
                AS "cbc:ProfileID",
            d ->> 'invoice_number' AS "cbc:ID",
            d ->> 'issue_date' AS "cbc:IssueDate",
            CASE WHEN NOT v_credit THEN d ->> 'due_date' END AS "cbc:DueDate",
            CASE WHEN NOT v_credit THEN d ->> 'type_code' END AS "cbc:InvoiceTypeCode",
            CASE WHEN v_credit THEN d ->> 'type_code' END AS "cbc:CreditNoteTypeCode",
            ecommerce_internal.ubl_note(d ->> 'note') AS "cbc:Note",
            d ->> 'currency' AS "cbc:DocumentCurrencyCode",
            d ->> 'tax_currency' AS "cbc:TaxCurrencyCode",
            d #>> '{buyer,reference}' AS "cbc:BuyerReference",
            xmlforest(coalesce(v_orders[1], v_orders[2]) AS "cbc:ID",
                      CASE WHEN v_orders[1] <> v_orders[2] THEN v_orders[2] END
                          AS "cbc:SalesOrderID") AS "cac:OrderReference"),
        (SELECT xmlagg(xmlforest(xmlforest(xmlforest(
                           p.p ->> 'invoice_number' AS "cbc:ID", p.p ->> 'issue_date'
                           AS "cbc:IssueDate") AS "cac:InvoiceDocumentReference")
                       AS "cac:BillingReference") ORDER BY p.n)
         FROM jsonb_array_elements(d -> 'preceding') WITH ORDINALITY p (p, n)),
        (SELECT xmlagg(xmlforest(xmlforest(
                           r.r ->> 'id' AS "cbc:ID", r.r ->> 'description'
                           AS "cbc:DocumentDescription",
                           xmlforest(xmlforest(r.r ->> 'uri' AS "cbc:URI")
                                     AS "cac:ExternalReference") AS "cac:Attachment")
                       AS "cac:AdditionalDocumentReference") ORDER BY r.n)
         FROM jsonb_array_elements(d -> 'references') WITH ORDINALITY r (r, n)));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.ubl_head(jsonb) IS
    'What stands before the parties, of a snapshot of document_snapshot().';

CREATE FUNCTION ecommerce_internal.ubl_address(address jsonb) RETURNS xml
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- An address without a country is none.
    RETURN CASE WHEN address ? 'country' THEN
        xmlforest(address ->> 'address_line_1' AS "cbc:StreetName",
                  address ->> 'address_line_2' AS "cbc:AdditionalStreetName",
                  address ->> 'city' AS "cbc:CityName",
                  address ->> 'postal_code' AS "cbc:PostalZone",
                  address ->> 'state' AS "cbc:CountrySubentity",
                  xmlforest(address ->> 'country' AS "cbc:IdentificationCode")
                      AS "cac:Country") END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.ubl_address(jsonb) IS
    'What is in an address of UBL; NULL without a country.';

CREATE FUNCTION ecommerce_internal.ubl_tax_scheme(number text, scheme text) RETURNS xml
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN xmlforest(xmlforest(number AS "cbc:CompanyID",
                               xmlforest(scheme AS "cbc:ID") AS "cac:TaxScheme")
                     AS "cac:PartyTaxScheme");
END
$$;
COMMENT ON FUNCTION ecommerce_internal.ubl_tax_scheme(text, text) IS
    'A number by which a party is taxed. scheme: VAT, or another word.';

CREATE FUNCTION ecommerce_internal.ubl_party(party jsonb) RETURNS xml
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN xmlforest(xmlconcat(
        CASE WHEN party ?& '{endpoint_scheme,endpoint_id}' THEN
            xmlelement(name "cbc:EndpointID",
                       xmlattributes(party ->> 'endpoint_scheme' AS "schemeID"),
                       party ->> 'endpoint_id') END,
        xmlforest(xmlforest(party ->> 'identifier' AS "cbc:ID") AS "cac:PartyIdentification",
                  CASE WHEN party ? 'creditor_id' THEN
                      xmlelement(name "cbc:ID", xmlattributes('SEPA' AS "schemeID"),
                                 party ->> 'creditor_id') END AS "cac:PartyIdentification",
                  xmlforest(party ->> 'trade_name' AS "cbc:Name") AS "cac:PartyName",
                  ecommerce_internal.ubl_address(party) AS "cac:PostalAddress"),
        ecommerce_internal.ubl_tax_scheme(party ->> 'vat_id', 'VAT'),
        ecommerce_internal.ubl_tax_scheme(party ->> 'tax_number', 'TAX'),
        xmlforest(xmlconcat(
                      xmlforest(party ->> 'name' AS "cbc:RegistrationName"),
                      CASE WHEN party ? 'registration_number' THEN
                          xmlelement(name "cbc:CompanyID",
                                     xmlattributes(party ->> 'registration_scheme' AS "schemeID"),
                                     party ->> 'registration_number') END,
                      xmlforest(party ->> 'legal_note' AS "cbc:CompanyLegalForm"))
                      AS "cac:PartyLegalEntity",
                  xmlforest(party ->> 'contact_name' AS "cbc:Name",
                            party ->> 'phone' AS "cbc:Telephone",
                            party ->> 'email' AS "cbc:ElectronicMail") AS "cac:Contact"))
        AS "cac:Party");
END
$$;
COMMENT ON FUNCTION ecommerce_internal.ubl_party(jsonb) IS
    'Seller or buyer, of a snapshot of document_snapshot().';

CREATE FUNCTION ecommerce_internal.ubl_parties(d jsonb) RETURNS xml
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_payment jsonb := d -> 'payment';
    v_debit   boolean := d #>> '{payment,means}' IN ('49', '59');
BEGIN
    RETURN xmlforest(
        ecommerce_internal.ubl_party(d -> 'seller') AS "cac:AccountingSupplierParty",
        ecommerce_internal.ubl_party((d -> 'buyer') - '{tax_number,legal_note}'::text[])
            AS "cac:AccountingCustomerParty",
        xmlforest(d ->> 'delivery_date' AS "cbc:ActualDeliveryDate",
                  xmlforest(ecommerce_internal.ubl_address(d -> 'delivery') AS "cac:Address")
                      AS "cac:DeliveryLocation",
                  xmlforest(xmlforest(d #>> '{delivery,name}' AS "cbc:Name") AS "cac:PartyName")
                      AS "cac:DeliveryParty") AS "cac:Delivery",
        CASE WHEN v_payment ? 'means' THEN
            xmlforest(v_payment ->> 'means' AS "cbc:PaymentMeansCode",
                      CASE d ->> 'kind' WHEN 'credit_note' THEN d ->> 'due_date' END
                          AS "cbc:PaymentDueDate",
                      v_payment ->> 'reference' AS "cbc:PaymentID",
                      CASE WHEN v_payment ? 'iban' AND NOT v_debit THEN
                          xmlforest(v_payment ->> 'iban' AS "cbc:ID",
                                    d #>> '{seller,name}' AS "cbc:Name",
                                    xmlforest(v_payment ->> 'bic' AS "cbc:ID")
                                        AS "cac:FinancialInstitutionBranch") END
                          AS "cac:PayeeFinancialAccount",
                      CASE WHEN v_payment ? 'mandate' AND v_debit THEN
                          xmlforest(v_payment ->> 'mandate' AS "cbc:ID",
                                    xmlforest(v_payment ->> 'debtor_iban' AS "cbc:ID")
                                        AS "cac:PayerFinancialAccount") END
                          AS "cac:PaymentMandate") END AS "cac:PaymentMeans",
        xmlforest(v_payment ->> 'terms' AS "cbc:Note") AS "cac:PaymentTerms");
END
$$;
COMMENT ON FUNCTION ecommerce_internal.ubl_parties(jsonb) IS
    'Parties, delivery and payment, of a snapshot of document_snapshot().';

CREATE FUNCTION ecommerce_internal.document_vat_total(d jsonb) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN round(((d ->> 'gross')::numeric - (d ->> 'net')::numeric)
                 * (d ->> 'exchange_rate')::numeric,
                 least(2, scale(ecommerce.round_amount(0, d ->> 'tax_currency'))));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.document_vat_total(jsonb) IS
    'The VAT of a snapshot of document_snapshot() in the currency in which the seller accounts '
    'for it.';

CREATE FUNCTION ecommerce_internal.ubl_vat(d jsonb) RETURNS xml
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_currency text := d ->> 'currency';
    v_decimals integer := (d ->> 'decimals')::integer;
    v_tax      numeric := (d ->> 'gross')::numeric - (d ->> 'net')::numeric;
BEGIN
    RETURN xmlforest(
        xmlconcat(
            xmlelement(name "cbc:TaxAmount", xmlattributes(v_currency AS "currencyID"),
                       round(v_tax, v_decimals)),
            (SELECT xmlagg(xmlforest(xmlconcat(
                        xmlelement(name "cbc:TaxableAmount",
                                   xmlattributes(v_currency AS "currencyID"), v.v ->> 'taxable'),
                        xmlelement(name "cbc:TaxAmount",
                                   xmlattributes(v_currency AS "currencyID"), v.v ->> 'tax'),
                        xmlforest(xmlforest(v.v ->> 'category' AS "cbc:ID",
                                            v.v ->> 'rate' AS "cbc:Percent",
                                            v.v ->> 'vatex' AS "cbc:TaxExemptionReasonCode",
                                            v.v ->> 'reason' AS "cbc:TaxExemptionReason",
                                            xmlforest('VAT' AS "cbc:ID") AS "cac:TaxScheme")
                                      AS "cac:TaxCategory")) AS "cac:TaxSubtotal") ORDER BY v.n)
             FROM jsonb_array_elements(d -> 'vat') WITH ORDINALITY v (v, n))) AS "cac:TaxTotal",
        CASE WHEN d ->> 'tax_currency' IS NOT NULL THEN
            xmlelement(name "cbc:TaxAmount", xmlattributes(d ->> 'tax_currency' AS "currencyID"),
                       ecommerce_internal.document_vat_total(d)) END
            AS "cac:TaxTotal");
END
$$;
COMMENT ON FUNCTION ecommerce_internal.ubl_vat(jsonb) IS
    'The VAT breakdown of a snapshot of document_snapshot(), and the sum of VAT in the currency '
    'in which it is accounted for.';

CREATE FUNCTION ecommerce_internal.ubl_totals(d jsonb) RETURNS xml
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c text := d ->> 'currency';
    n integer := (d ->> 'decimals')::integer;
BEGIN
    RETURN (
        SELECT xmlforest(xmlconcat(
            xmlelement(name "cbc:LineExtensionAmount", xmlattributes(c AS "currencyID"),
                       round(t.lines, n)),
            xmlelement(name "cbc:TaxExclusiveAmount", xmlattributes(c AS "currencyID"),
                       round(t.net, n)),
            xmlelement(name "cbc:TaxInclusiveAmount", xmlattributes(c AS "currencyID"),
                       round(t.gross, n)),
            CASE WHEN t.allowances IS NOT NULL THEN
                xmlelement(name "cbc:AllowanceTotalAmount", xmlattributes(c AS "currencyID"),
                           round(t.allowances, n)) END,
            CASE WHEN t.charges IS NOT NULL THEN
                xmlelement(name "cbc:ChargeTotalAmount", xmlattributes(c AS "currencyID"),
                           round(t.charges, n)) END,
            CASE WHEN t.prepaid <> 0 THEN
                xmlelement(name "cbc:PrepaidAmount", xmlattributes(c AS "currencyID"),
                           round(t.prepaid, n)) END,
            CASE WHEN t.rounding <> 0 THEN
                xmlelement(name "cbc:PayableRoundingAmount", xmlattributes(c AS "currencyID"),
                           round(t.rounding, n)) END,
            xmlelement(name "cbc:PayableAmount", xmlattributes(c AS "currencyID"),
                       round(t.gross - t.prepaid + t.rounding, n))) AS "cac:LegalMonetaryTotal")
        FROM jsonb_to_record(d) t (lines numeric, net numeric, gross numeric, allowances numeric,
                                   charges numeric, prepaid numeric, rounding numeric));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.ubl_totals(jsonb) IS
    'The totals of a snapshot of document_snapshot().';
