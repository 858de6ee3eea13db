-- Documents for myDATA, the books of the Greek tax office (AADE).

CREATE FUNCTION ecommerce.mydata_xml(
    invoice_ids          uuid[],
    transmission_failure boolean DEFAULT false,
    tenant_id            integer DEFAULT ecommerce.current_tenant())
    RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_facts     ecommerce_internal.mydata_facts[];
    v_documents xml;
BEGIN
    IF num_nulls(invoice_ids, transmission_failure, tenant_id) > 0
       OR array_position(invoice_ids, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'invoices, transmission_failure and tenant must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF cardinality(invoice_ids) NOT BETWEEN 1 AND 5000 THEN
        RAISE EXCEPTION 'a message has 1 to 5000 documents, not %', cardinality(invoice_ids)
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF cardinality(invoice_ids)
          <> (SELECT count(DISTINCT i.id) FROM unnest(invoice_ids) i (id)) THEN
        RAISE EXCEPTION 'a document stands twice in one message'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    v_facts := ARRAY(SELECT ecommerce_internal.mydata_facts(mydata_xml.tenant_id, i.id)
                     FROM unnest(invoice_ids) WITH ORDINALITY i (id, n) ORDER BY i.n);
    PERFORM ecommerce_internal.check_mydata(tenant_id, v_facts);
    FOR i IN 1 .. cardinality(v_facts) LOOP
        v_documents := xmlconcat(v_documents,
            ecommerce_internal.mydata_document(tenant_id, v_facts[i], transmission_failure));
    END LOOP;
    RETURN '<?xml version="1.0" encoding="UTF-8"?>' || xmlserialize(CONTENT xmlelement(
        NAME "InvoicesDoc",
        xmlattributes('http://www.aade.gr/myDATA/invoice/v1.0' AS xmlns,
            'https://www.aade.gr/myDATA/incomeClassificaton/v1.0' AS "xmlns:icls",
            'https://www.aade.gr/myDATA/expensesClassificaton/v1.0' AS "xmlns:ecls"),
        v_documents) AS text);
END
$$;
COMMENT ON FUNCTION ecommerce.mydata_xml(uuid[], boolean, integer) IS
    'One message for SendInvoices of myDATA with several documents, in the order of their ids. '
    'transmission_failure: the connection to AADE was lost when they were issued. Returns '
    'InvoicesDoc (2.0.1) as text, to be sent in UTF-8, the same each time. record_mydata_answer() '
    'takes the answer. Errors: EC054 documents that myDATA cannot have, with all that is wrong in '
    'the detail; 22023 an unknown document, none, more than 5000, one twice, or characters that '
    'XML cannot have; 22004 NULL.';

CREATE FUNCTION ecommerce.mydata_xml(
    invoice_id           uuid,
    transmission_failure boolean DEFAULT false,
    tenant_id            integer DEFAULT ecommerce.current_tenant())
    RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ecommerce.mydata_xml(ARRAY[invoice_id], transmission_failure, tenant_id);
END
$$;
COMMENT ON FUNCTION ecommerce.mydata_xml(uuid, boolean, integer) IS
    'Like mydata_xml(invoice_ids, ...), of one document.';

CREATE FUNCTION ecommerce.mydata_xml(
    invoice_number       text,
    transmission_failure boolean DEFAULT false,
    tenant_id            integer DEFAULT ecommerce.current_tenant())
    RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ecommerce.mydata_xml(
        ARRAY[ecommerce_internal.mydata_invoice_id(tenant_id, invoice_number)],
        transmission_failure, tenant_id);
END
$$;
COMMENT ON FUNCTION ecommerce.mydata_xml(text, boolean, integer) IS
    'Like mydata_xml(invoice_ids, ...), of one document, by its number or an id without a type.';

CREATE FUNCTION ecommerce.mydata_uid(
    afm          text,
    issue_date   date,
    branch       integer,
    mydata_type  text,
    series       text,
    number       bigint,
    variation    integer DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_name text;
BEGIN
    IF num_nulls(afm, issue_date, branch, mydata_type, series, number) > 0 THEN
        RAISE EXCEPTION 'afm, issue_date, branch, mydata_type, series and number must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT isfinite(issue_date) THEN
        RAISE EXCEPTION 'issue_date must be finite' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    v_name := concat_ws('-', afm, to_char(issue_date, 'YYYY-MM-DD'), branch, mydata_type, series,
                        number, variation);
    -- Of plain letters every encoding has the same bytes.
    RETURN upper(encode(ecommerce_internal.sha1(
        convert_to(v_name, CASE WHEN v_name ~ '^[ -~]*$' THEN getdatabaseencoding()
                                ELSE 'ISO_8859_7' END)), 'hex') COLLATE "C");
END
$$;
COMMENT ON FUNCTION ecommerce.mydata_uid(text, date, integer, text, text, bigint, integer) IS
    'What AADE knows a document by: 40 hexadecimal digits, in capitals. afm: the issuer''s number '
    'without EL. mydata_type: 1.1 and so on. series: 0 if there is none. variation: of a document '
    'that differs from that of its issuer. It is the SHA-1 of '
    'AFM-date-branch-type-series-number[-variation] in ISO 8859-7. Errors: 22004 NULL, 22023 '
    'an infinite day, 22P05 characters that ISO 8859-7 has not.';

CREATE FUNCTION ecommerce.mydata_uid(
    invoice_id uuid,
    tenant_id  integer DEFAULT ecommerce.current_tenant())
    RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    f ecommerce_internal.mydata_facts;
BEGIN
    IF num_nulls(invoice_id, tenant_id) > 0 THEN
        RAISE EXCEPTION 'invoice and tenant must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    f := ecommerce_internal.mydata_facts(tenant_id, invoice_id);
    IF f.afm IS NULL OR f.seller_country IS DISTINCT FROM 'GR' THEN
        RETURN NULL;
    END IF;
    RETURN ecommerce.mydata_uid(f.afm, f.issue_date, f.branch, f.mydata_type, f.series, f.number);
END
$$;
COMMENT ON FUNCTION ecommerce.mydata_uid(uuid, integer) IS
    'What AADE will know a document by; NULL if its seller is not in Greece. Errors: 22023 '
    'unknown document, 22004 NULL.';

CREATE FUNCTION ecommerce.mydata_uid(
    invoice_number text,
    tenant_id      integer DEFAULT ecommerce.current_tenant())
    RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ecommerce.mydata_uid(ecommerce_internal.mydata_invoice_id(tenant_id, invoice_number),
                                tenant_id);
END
$$;
COMMENT ON FUNCTION ecommerce.mydata_uid(text, integer) IS
    'Like mydata_uid(invoice_id, ...), by the document''s number or an id without a type.';
