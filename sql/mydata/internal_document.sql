-- The XML of a document for myDATA (InvoicesDoc, version 2.0.1), and what stands in its way.

CREATE FUNCTION ecommerce_internal.mydata_split(net numeric, vat numeric, vat_rate numeric,
    currency text, OUT part numeric, OUT times integer)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT n * 0.01, k FROM generate_series(1, 9) k CROSS JOIN generate_series(1, 50) n
    WHERE vat <> round(net * vat_rate / 100, 2)
      AND scale(ecommerce.round_amount(0, currency)) = 2 AND k * n * 0.01 < net
      AND k * round(n * 0.01 * vat_rate / 100, 2)
          + round((net - k * n * 0.01) * vat_rate / 100, 2) = vat
    ORDER BY k, n LIMIT 1
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_split(numeric, numeric, numeric, text) IS
    'Which amount to put on rows of its own, and how often, so that the VAT of each row is its net '
    'times the rate. Of gross prices and of shares VAT may be some cents off that, and providers '
    'check each row. NULL: none.';

CREATE FUNCTION ecommerce_internal.mydata_details(tenant_id integer,
    facts ecommerce_internal.mydata_facts)
    RETURNS TABLE (vat_category integer, exemption integer, net numeric, vat numeric,
                   classes jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r       record;
    v_split record;
BEGIN
    FOR r IN
        SELECT w.*, (SELECT jsonb_agg(jsonb_build_object('category', c.category, 'type', c.type,
                                                         'amount', c.amount)
                                      ORDER BY c.amount DESC, c.category, c.type)
                     FROM (SELECT k.category, k.type, sum(k.amount) AS amount
                           FROM ecommerce_internal.mydata_classes(mydata_details.tenant_id,
                                                                  facts) k
                           WHERE k.vat_group = ANY (w.groups) GROUP BY 1, 2) c
                     WHERE c.amount <> 0 OR w.net = 0) AS class
        FROM ecommerce_internal.mydata_rows(mydata_details.tenant_id, facts) w
    LOOP
        vat_category := r.vat_category;
        exemption := r.exemption;
        SELECT s.* INTO v_split
        FROM ecommerce_internal.mydata_split(r.net, r.vat, r.vat_rate, facts.currency) s;
        IF v_split.part * v_split.times < (r.class -> 0 ->> 'amount')::numeric THEN
            net := v_split.part;
            vat := round(v_split.part * r.vat_rate / 100, 2);
            classes := jsonb_build_array(
                jsonb_set(r.class -> 0, '{amount}', to_jsonb(v_split.part)));
            FOR i IN 1 .. v_split.times LOOP
                RETURN NEXT;
            END LOOP;
            r.net := r.net - net * v_split.times;
            r.vat := r.vat - vat * v_split.times;
            r.class := jsonb_set(r.class, '{0,amount}', to_jsonb(
                (r.class -> 0 ->> 'amount')::numeric - v_split.part * v_split.times));
        END IF;
        net := r.net;
        vat := r.vat;
        classes := r.class;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_details(integer, ecommerce_internal.mydata_facts) IS
    'The rows of a document for myDATA, in their order. classes: the income classifications of '
    'each, as [{"category", "type", "amount"}].';

CREATE FUNCTION ecommerce_internal.mydata_bank(payment jsonb, seller jsonb) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN coalesce(seller ->> 'iban', payment ->> 'iban', 'GR') LIKE 'GR%' THEN 1
                ELSE 2 END;
COMMENT ON FUNCTION ecommerce_internal.mydata_bank(jsonb, jsonb) IS
    'Payment method of money that comes to the seller''s account: 1 in Greece, 2 elsewhere.';

CREATE FUNCTION ecommerce_internal.mydata_payments(tenant_id integer, invoice_id uuid,
    total numeric)
    RETURNS TABLE (type integer, amount numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN QUERY
    SELECT p.type, sum(p.amount)
    FROM (SELECT CASE WHEN v.payment ->> 'means' ~ '^10$' THEN 3
                      WHEN v.payment ->> 'means' ~ '^2[0-6]$' THEN 4
                      WHEN v.payment ->> 'means' ~ '^(30|31|42|45|49|58|59)$'
                      THEN ecommerce_internal.mydata_bank(v.payment, v.seller)
                      WHEN v.payment ->> 'means' ~ '^(57|97)$' THEN 5
                      WHEN v.payment ->> 'means' ~ '^(48|54|55)$' THEN 7
                      ELSE 6 END AS by_means,
                 CASE v.kind WHEN 'invoice' THEN least(v.prepaid, total) ELSE total END AS paid,
                 v.payment ->> 'means' ~ '^(10|2[0-6]|48|54|55|68)$' AS at_once
          FROM ecommerce.invoices v
          WHERE v.tenant_id = mydata_payments.tenant_id
            AND v.id = mydata_payments.invoice_id) d
    CROSS JOIN LATERAL (VALUES
        (d.by_means, d.paid),
        (CASE WHEN d.at_once THEN d.by_means ELSE 5 END, total - d.paid)) p (type, amount)
    WHERE p.amount > 0 OR total = 0 AND p.type = d.by_means
    GROUP BY p.type
    ORDER BY p.type;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_payments(integer, uuid, numeric) IS
    'How a document is paid, in myDATA''s methods, which sum to its total (407). What had been '
    'paid, by its means; the rest too if that is cash, a cheque, a card or online, else on credit.';

CREATE FUNCTION ecommerce_internal.mydata_party_xml(tenant_id integer, invoice_id uuid,
    facts ecommerce_internal.mydata_facts) RETURNS xml
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_place text := 'invoice ' || facts.invoice_number || ': buyer.';
    b       jsonb;
BEGIN
    IF NOT facts.is_business THEN
        RETURN NULL;
    ELSIF facts.buyer_country = 'GR' THEN
        -- AADE knows their names and addresses (219, 220).
        RETURN xmlelement(NAME counterpart,
            xmlforest(facts.buyer_vat AS "vatNumber", 'GR' AS country, 0 AS branch));
    END IF;
    SELECT v.buyer INTO b FROM ecommerce.invoices v
    WHERE v.tenant_id = mydata_party_xml.tenant_id AND v.id = mydata_party_xml.invoice_id;
    RETURN xmlelement(NAME counterpart,
        xmlforest(facts.buyer_vat AS "vatNumber", facts.buyer_country AS country, 0 AS branch,
            left(ecommerce_internal.check_xml_text(coalesce(b ->> 'company', b ->> 'name'),
                                                   v_place || 'name'), 200) AS name),
        xmlelement(NAME address,
            xmlforest(
                left(ecommerce_internal.check_xml_text(b ->> 'address_line_1',
                    v_place || 'address_line_1'), 150) AS street,
                coalesce(ecommerce_internal.check_xml_text(b ->> 'postal_code',
                    v_place || 'postal_code'), '00000') AS "postalCode",
                left(ecommerce_internal.check_xml_text(b ->> 'city', v_place || 'city'), 150)
                    AS city)));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_party_xml(integer, uuid,
    ecommerce_internal.mydata_facts) IS
    'The element counterpart of a document, NULL for retail. Greek ones have their number only. '
    'Error 22023 for characters that XML cannot have.';

CREATE FUNCTION ecommerce_internal.mydata_header_xml(facts ecommerce_internal.mydata_facts)
    RETURNS xml
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_connects boolean := facts.mydata_type = '11.4' AND facts.marks IS NOT NULL
                          AND facts.unmarked IS NULL;
BEGIN
    RETURN xmlelement(NAME "invoiceHeader",
        xmlforest(facts.series AS series, facts.number AS aa, facts.issue_date AS "issueDate",
                  facts.mydata_type AS "invoiceType", facts.currency AS currency,
                  CASE WHEN facts.currency <> 'EUR' THEN facts.exchange_rate END
                      AS "exchangeRate"),
        CASE WHEN facts.mydata_type = '5.1' THEN
            (SELECT xmlagg(xmlelement(NAME "correlatedInvoices", m.mark) ORDER BY m.n)
             FROM unnest(facts.marks) WITH ORDINALITY m (mark, n)) END,
        -- 13: what it corrects is hard to tell.
        CASE WHEN facts.mydata_type = '11.4' AND NOT v_connects
             THEN xmlelement(NAME "specialInvoiceCategory", 13) END,
        CASE WHEN v_connects THEN
            (SELECT xmlagg(xmlelement(NAME "multipleConnectedMarks", m.mark) ORDER BY m.n)
             FROM unnest(facts.marks) WITH ORDINALITY m (mark, n)) END);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_header_xml(ecommerce_internal.mydata_facts) IS
    'The element invoiceHeader of a document.';

CREATE FUNCTION ecommerce_internal.mydata_classes_xml(classes jsonb) RETURNS xml
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT xmlagg(xmlelement(NAME "incomeClassification",
        xmlforest(c.type AS "icls:classificationType", c.category AS "icls:classificationCategory",
                  round(c.amount, 2) AS "icls:amount")) ORDER BY c.category, c.type)
    FROM (SELECT k.category, k.type, sum(k.amount) AS amount
          FROM jsonb_to_recordset(classes) k (category text, type text, amount numeric)
          GROUP BY 1, 2) c
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_classes_xml(jsonb) IS
    'Elements incomeClassification, one for each pair of category and type (305, 312).';

CREATE FUNCTION ecommerce_internal.mydata_document(tenant_id integer,
    facts ecommerce_internal.mydata_facts, transmission_failure boolean) RETURNS xml
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rows    xml;
    v_net     numeric;
    v_vat     numeric;
    v_classes jsonb;
BEGIN
    SELECT xmlagg(xmlelement(NAME "invoiceDetails",
               xmlforest(d.n AS "lineNumber", round(d.net, 2) AS "netValue",
                         d.vat_category AS "vatCategory", round(d.vat, 2) AS "vatAmount",
                         d.exemption AS "vatExemptionCategory"),
               ecommerce_internal.mydata_classes_xml(d.classes)) ORDER BY d.n),
           sum(d.net), sum(d.vat),
           jsonb_path_query_array(jsonb_agg(d.classes ORDER BY d.n), '$[*][*]')
    INTO v_rows, v_net, v_vat, v_classes
    FROM ecommerce_internal.mydata_details(tenant_id, facts)
        WITH ORDINALITY d (vat_category, exemption, net, vat, classes, n);
    RETURN xmlelement(NAME invoice,
        CASE WHEN transmission_failure THEN xmlelement(NAME "transmissionFailure", 3) END,
        xmlelement(NAME issuer,
            xmlforest(facts.afm AS "vatNumber", 'GR' AS country, facts.branch AS branch)),
        ecommerce_internal.mydata_party_xml(tenant_id, facts.invoice_id, facts),
        ecommerce_internal.mydata_header_xml(facts),
        xmlelement(NAME "paymentMethods",
            (SELECT xmlagg(xmlelement(NAME "paymentMethodDetails",
                        xmlforest(p.type AS type, round(p.amount, 2) AS amount)) ORDER BY p.type)
             FROM ecommerce_internal.mydata_payments(mydata_document.tenant_id, facts.invoice_id,
                                                     v_net + v_vat) p)),
        v_rows,
        xmlelement(NAME "invoiceSummary",
            xmlforest(round(v_net, 2) AS "totalNetValue", round(v_vat, 2) AS "totalVatAmount",
                      0.00 AS "totalWithheldAmount", 0.00 AS "totalFeesAmount",
                      0.00 AS "totalStampDutyAmount", 0.00 AS "totalOtherTaxesAmount",
                      0.00 AS "totalDeductionsAmount", round(v_net + v_vat, 2)
                          AS "totalGrossValue"),
            ecommerce_internal.mydata_classes_xml(v_classes)));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_document(integer, ecommerce_internal.mydata_facts,
    boolean) IS
    'The element invoice of a document, whose sums are those of its rows. Error 22023 for '
    'characters that XML cannot have.';
