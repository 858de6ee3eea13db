-- The parts of a document of UN/CEFACT's Cross Industry Invoice, in the order of its schema.

CREATE FUNCTION ecommerce_internal.cii_day(day text) RETURNS xml
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN xmlelement(name "udt:DateTimeString", xmlattributes('102' AS "format"),
                      replace(day, '-', ''));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cii_day(text) IS 'A day, given as YYYY-MM-DD.';

CREATE FUNCTION ecommerce_internal.cii_address(address jsonb) RETURNS xml
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN CASE WHEN address ? 'country' THEN
        xmlforest(address ->> 'postal_code' AS "ram:PostcodeCode",
                  address ->> 'address_line_1' AS "ram:LineOne",
                  address ->> 'address_line_2' AS "ram:LineTwo",
                  address ->> 'city' AS "ram:CityName",
                  address ->> 'country' AS "ram:CountryID",
                  address ->> 'state' AS "ram:CountrySubDivisionName") END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cii_address(jsonb) IS
    'What is in an address; NULL without a country.';

CREATE FUNCTION ecommerce_internal.cii_party(party jsonb) RETURNS xml
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN xmlforest(
        party ->> 'identifier' AS "ram:ID",
        party ->> 'name' AS "ram:Name",
        party ->> 'legal_note' AS "ram:Description",
        xmlconcat(
            CASE WHEN party ? 'registration_number' THEN
                xmlelement(name "ram:ID",
                           xmlattributes(party ->> 'registration_scheme' AS "schemeID"),
                           party ->> 'registration_number') END,
            xmlforest(party ->> 'trade_name' AS "ram:TradingBusinessName"))
            AS "ram:SpecifiedLegalOrganization",
        xmlforest(party ->> 'contact_name' AS "ram:PersonName",
                  xmlforest(party ->> 'phone' AS "ram:CompleteNumber")
                      AS "ram:TelephoneUniversalCommunication",
                  xmlforest(party ->> 'email' AS "ram:URIID")
                      AS "ram:EmailURIUniversalCommunication") AS "ram:DefinedTradeContact",
        ecommerce_internal.cii_address(party) AS "ram:PostalTradeAddress",
        CASE WHEN party ?& '{endpoint_scheme,endpoint_id}' THEN
            xmlelement(name "ram:URIID",
                       xmlattributes(party ->> 'endpoint_scheme' AS "schemeID"),
                       party ->> 'endpoint_id') END AS "ram:URIUniversalCommunication",
        CASE WHEN party ? 'vat_id' THEN
            xmlelement(name "ram:ID", xmlattributes('VA' AS "schemeID"), party ->> 'vat_id') END
            AS "ram:SpecifiedTaxRegistration",
        CASE WHEN party ? 'tax_number' THEN
            xmlelement(name "ram:ID", xmlattributes('FC' AS "schemeID"),
                       party ->> 'tax_number') END AS "ram:SpecifiedTaxRegistration");
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cii_party(jsonb) IS
    'What is in a party, of a snapshot of document_snapshot().';

CREATE FUNCTION ecommerce_internal.cii_lines(tenant_id integer, d jsonb) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    RETURN (
        SELECT string_agg(xmlforest(xmlforest(
            xmlforest(l.line_number AS "ram:LineID") AS "ram:AssociatedDocumentLineDocument",
            xmlconcat(
                CASE WHEN l.gtin IS NOT NULL THEN
                    xmlelement(name "ram:GlobalID", xmlattributes('0160' AS "schemeID"),
                               l.gtin) END,
                xmlforest(l.sku AS "ram:SellerAssignedID", l.name AS "ram:Name"))
                AS "ram:SpecifiedTradeProduct",
            xmlforest(xmlconcat(
                xmlforest(l.price AS "ram:ChargeAmount"),
                CASE WHEN l.base_quantity IS NOT NULL THEN
                    xmlelement(name "ram:BasisQuantity",
                               xmlattributes(l.unit_code AS "unitCode"), l.base_quantity) END)
                AS "ram:NetPriceProductTradePrice") AS "ram:SpecifiedLineTradeAgreement",
            xmlelement(name "ram:BilledQuantity", xmlattributes(l.unit_code AS "unitCode"),
                       l.quantity) AS "ram:SpecifiedLineTradeDelivery",
            xmlforest(
                xmlforest('VAT' AS "ram:TypeCode", l.category AS "ram:CategoryCode",
                          l.rate AS "ram:RateApplicablePercent") AS "ram:ApplicableTradeTax",
                CASE WHEN l.allowance IS NOT NULL THEN
                    xmlforest(xmlforest(false AS "udt:Indicator") AS "ram:ChargeIndicator",
                              l.allowance AS "ram:ActualAmount",
                              l.reason_code AS "ram:ReasonCode", l.reason AS "ram:Reason") END
                    AS "ram:SpecifiedTradeAllowanceCharge",
                xmlforest(l.net AS "ram:LineTotalAmount")
                    AS "ram:SpecifiedTradeSettlementLineMonetarySummation")
                AS "ram:SpecifiedLineTradeSettlement")
            AS "ram:IncludedSupplyChainTradeLineItem")::text, '' ORDER BY l.line_number)
        FROM ecommerce_internal.document_lines(cii_lines.tenant_id, d, true) l);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cii_lines(integer, jsonb) IS
    'The lines of an invoice with its snapshot.';

CREATE FUNCTION ecommerce_internal.cii_agreement(d jsonb) RETURNS xml
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_orders text[] := ARRAY[d #>> '{buyer,purchase_order}', d ->> 'order_number'];
BEGIN
    RETURN xmlconcat(
        xmlforest(xmlforest(
            d #>> '{buyer,reference}' AS "ram:BuyerReference",
            ecommerce_internal.cii_party(d -> 'seller') AS "ram:SellerTradeParty",
            ecommerce_internal.cii_party((d -> 'buyer') - '{tax_number,legal_note}'::text[])
                AS "ram:BuyerTradeParty",
            xmlforest(CASE WHEN v_orders[1] <> v_orders[2] THEN v_orders[2] END
                      AS "ram:IssuerAssignedID") AS "ram:SellerOrderReferencedDocument",
            xmlforest(coalesce(v_orders[1], v_orders[2]) AS "ram:IssuerAssignedID")
                AS "ram:BuyerOrderReferencedDocument") AS "ram:ApplicableHeaderTradeAgreement"),
        -- It must be there, even if nothing is in it.
        xmlelement(name "ram:ApplicableHeaderTradeDelivery", xmlforest(
            xmlforest(d #>> '{delivery,name}' AS "ram:Name",
                      ecommerce_internal.cii_address(d -> 'delivery') AS "ram:PostalTradeAddress")
                AS "ram:ShipToTradeParty",
            xmlforest(ecommerce_internal.cii_day(d ->> 'delivery_date')
                      AS "ram:OccurrenceDateTime") AS "ram:ActualDeliverySupplyChainEvent")));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cii_agreement(jsonb) IS
    'Parties, orders and delivery, of a snapshot of document_snapshot().';

CREATE FUNCTION ecommerce_internal.cii_payment(d jsonb) RETURNS xml
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_payment jsonb := d -> 'payment';
    v_debit   boolean := coalesce(d #>> '{payment,means}' IN ('49', '59'), false);
    v_iban    text := CASE WHEN NOT v_debit THEN d #>> '{payment,iban}' END;
BEGIN
    RETURN xmlforest(
        d #>> '{seller,creditor_id}' AS "ram:CreditorReferenceID",
        v_payment ->> 'reference' AS "ram:PaymentReference",
        d ->> 'tax_currency' AS "ram:TaxCurrencyCode",
        d ->> 'currency' AS "ram:InvoiceCurrencyCode",
        CASE WHEN v_payment ? 'means' THEN
            xmlforest(v_payment ->> 'means' AS "ram:TypeCode",
                      xmlforest(CASE WHEN v_debit AND v_payment ? 'mandate'
                                     THEN v_payment ->> 'debtor_iban' END AS "ram:IBANID")
                          AS "ram:PayerPartyDebtorFinancialAccount",
                      CASE WHEN v_iban IS NOT NULL THEN
                          xmlforest(CASE WHEN ecommerce.iban_valid(v_iban) THEN v_iban END
                                        AS "ram:IBANID",
                                    d #>> '{seller,name}' AS "ram:AccountName",
                                    CASE WHEN NOT ecommerce.iban_valid(v_iban) THEN v_iban END
                                        AS "ram:ProprietaryID") END
                          AS "ram:PayeePartyCreditorFinancialAccount",
                      xmlforest(CASE WHEN v_iban IS NOT NULL THEN v_payment ->> 'bic' END
                                AS "ram:BICID")
                          AS "ram:PayeeSpecifiedCreditorFinancialInstitution") END
            AS "ram:SpecifiedTradeSettlementPaymentMeans");
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cii_payment(jsonb) IS
    'Currencies and means of payment, of a snapshot of document_snapshot().';

CREATE FUNCTION ecommerce_internal.cii_taxes(tenant_id integer, d jsonb) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    RETURN concat((
        SELECT xmlagg(xmlforest(xmlforest(
                   v.v ->> 'tax' AS "ram:CalculatedAmount", 'VAT' AS "ram:TypeCode",
                   v.v ->> 'reason' AS "ram:ExemptionReason",
                   v.v ->> 'taxable' AS "ram:BasisAmount",
                   v.v ->> 'category' AS "ram:CategoryCode",
                   v.v ->> 'vatex' AS "ram:ExemptionReasonCode",
                   v.v ->> 'rate' AS "ram:RateApplicablePercent") AS "ram:ApplicableTradeTax")
                   ORDER BY v.n)
        FROM jsonb_array_elements(d -> 'vat') WITH ORDINALITY v (v, n)), (
        SELECT string_agg(xmlforest(xmlforest(
                   xmlforest(l.part = 'charge' AS "udt:Indicator") AS "ram:ChargeIndicator",
                   l.net AS "ram:ActualAmount", l.reason_code AS "ram:ReasonCode",
                   l.reason AS "ram:Reason",
                   xmlforest('VAT' AS "ram:TypeCode", l.category AS "ram:CategoryCode",
                             l.rate AS "ram:RateApplicablePercent") AS "ram:CategoryTradeTax")
                   AS "ram:SpecifiedTradeAllowanceCharge")::text, '' ORDER BY l.line_number)
        FROM ecommerce_internal.document_lines(cii_taxes.tenant_id, d, false) l));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cii_taxes(integer, jsonb) IS
    'The VAT breakdown, and allowances and charges of the whole document, of an invoice with its '
    'snapshot.';

CREATE FUNCTION ecommerce_internal.cii_totals(d jsonb) RETURNS xml
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    n integer := (d ->> 'decimals')::integer;
BEGIN
    RETURN (
        SELECT xmlconcat(
            xmlforest(
                xmlforest(d #>> '{payment,terms}' AS "ram:Description",
                          ecommerce_internal.cii_day(d ->> 'due_date') AS "ram:DueDateDateTime",
                          CASE WHEN d #>> '{payment,means}' IN ('49', '59')
                               THEN d #>> '{payment,mandate}' END AS "ram:DirectDebitMandateID")
                    AS "ram:SpecifiedTradePaymentTerms",
                xmlconcat(
                    xmlforest(round(t.lines, n) AS "ram:LineTotalAmount",
                              round(t.charges, n) AS "ram:ChargeTotalAmount",
                              round(t.allowances, n) AS "ram:AllowanceTotalAmount",
                              round(t.net, n) AS "ram:TaxBasisTotalAmount"),
                    xmlelement(name "ram:TaxTotalAmount",
                               xmlattributes(t.currency AS "currencyID"),
                               round(t.gross - t.net, n)),
                    CASE WHEN t.tax_currency IS NOT NULL THEN
                        xmlelement(name "ram:TaxTotalAmount",
                                   xmlattributes(t.tax_currency AS "currencyID"),
                                   ecommerce_internal.document_vat_total(d)) END,
                    xmlforest(round(nullif(t.rounding, 0), n) AS "ram:RoundingAmount",
                              round(t.gross, n) AS "ram:GrandTotalAmount",
                              round(nullif(t.prepaid, 0), n) AS "ram:TotalPrepaidAmount",
                              round(t.gross - t.prepaid + t.rounding, n)
                                  AS "ram:DuePayableAmount"))
                    AS "ram:SpecifiedTradeSettlementHeaderMonetarySummation"),
            (SELECT xmlagg(xmlforest(xmlforest(
                        p.p ->> 'invoice_number' AS "ram:IssuerAssignedID",
                        CASE WHEN p.p ? 'issue_date' THEN
                            xmlelement(name "qdt:DateTimeString", xmlattributes('102' AS "format"),
                                       replace(p.p ->> 'issue_date', '-', '')) END
                            AS "ram:FormattedIssueDateTime")
                        AS "ram:InvoiceReferencedDocument") ORDER BY p.n)
             FROM jsonb_array_elements(d -> 'preceding') WITH ORDINALITY p (p, n)))
        FROM jsonb_to_record(d) t (currency text, tax_currency text, lines numeric, net numeric,
                                   gross numeric, allowances numeric, charges numeric,
                                   prepaid numeric, rounding numeric));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.cii_totals(jsonb) IS
    'Terms of payment, totals and the invoices that are corrected, of a snapshot of '
    'document_snapshot().';
