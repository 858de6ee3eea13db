-- The XML of files for the bank: pain.008.001.08 and pain.001.001.09.

CREATE FUNCTION ecommerce_internal.pain_address(address jsonb) RETURNS xml
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_line_1 text := nullif(ecommerce.sepa_text(address ->> 'address_line_1', 70), '');
    v_line_2 text := nullif(ecommerce.sepa_text(address ->> 'address_line_2', 70), '');
    v_town   text := nullif(ecommerce.sepa_text(address ->> 'city', 35), '');
    -- A street and a number after it; else lines, of which a hybrid address has two.
    v_street text[] := CASE WHEN v_line_2 IS NULL
        THEN regexp_match(v_line_1, '^([A-Za-z].*[^ ,]),? ([0-9]{1,5} ?[A-Za-z]?)$') END;
BEGIN
    IF num_nulls(v_town, address ->> 'country') > 0 THEN
        RETURN NULL;
    END IF;
    RETURN xmlelement(NAME "PstlAdr",
        xmlforest(v_street[1] AS "StrtNm", v_street[2] AS "BldgNb",
                  nullif(ecommerce.sepa_text(address ->> 'postal_code', 16), '') AS "PstCd",
                  v_town AS "TwnNm", address ->> 'country' AS "Ctry"),
        CASE WHEN v_street IS NULL THEN xmlconcat(
            CASE WHEN v_line_1 IS NOT NULL THEN xmlelement(NAME "AdrLine", v_line_1) END,
            CASE WHEN v_line_2 IS NOT NULL THEN xmlelement(NAME "AdrLine", v_line_2) END) END);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.pain_address(jsonb) IS
    'PstlAdr of an address: with town and country, and street and number or at most two lines. '
    'NULL if it has no town or country: banks refuse it then.';

CREATE FUNCTION ecommerce_internal.pain_party(party text, name text, address jsonb, id xml)
    RETURNS xml
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_body xml := xmlconcat(xmlelement(NAME "Nm", ecommerce.sepa_text(pain_party.name, 70)),
                            ecommerce_internal.pain_address(address), id);
BEGIN
    RETURN CASE party WHEN 'Cdtr' THEN xmlelement(NAME "Cdtr", v_body)
                      WHEN 'Dbtr' THEN xmlelement(NAME "Dbtr", v_body)
                      WHEN 'InitgPty' THEN xmlelement(NAME "InitgPty", v_body) END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.pain_party(text, text, jsonb, xml) IS
    'A party: Cdtr, Dbtr or InitgPty, with its name, address and Id, which may be NULL.';

CREATE FUNCTION ecommerce_internal.pain_agent(bic text) RETURNS xml
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN xmlelement(NAME "FinInstnId",
        CASE WHEN bic IS NULL
             THEN xmlelement(NAME "Othr", xmlelement(NAME "Id", 'NOTPROVIDED'))
             ELSE xmlelement(NAME "BICFI", bic) END);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.pain_agent(text) IS
    'FinInstnId of a bank; NOTPROVIDED for NULL.';

CREATE FUNCTION ecommerce_internal.pain_account(iban text) RETURNS xml
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN xmlelement(NAME "Id", CASE WHEN iban = 'SMNDA'
        THEN xmlelement(NAME "Othr", xmlelement(NAME "Id", iban))
        ELSE xmlelement(NAME "IBAN", iban) END);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.pain_account(text) IS
    'Id of an account; SMNDA stands for one at another bank.';

CREATE FUNCTION ecommerce_internal.pain_remittance(reference text) RETURNS xml
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_text text := nullif(ecommerce.sepa_text(reference, 140), '');
BEGIN
    IF v_text IS NULL THEN
        RETURN NULL;
    ELSIF ecommerce.rf_reference_valid(reference) THEN
        RETURN xmlelement(NAME "RmtInf", xmlelement(NAME "Strd", xmlelement(NAME "CdtrRefInf",
            xmlelement(NAME "Tp", xmlelement(NAME "CdOrPrtry", xmlelement(NAME "Cd", 'SCOR'))),
            xmlelement(NAME "Ref",
                       upper(ecommerce_internal.without_blanks(reference) COLLATE "C")))));
    END IF;
    RETURN xmlelement(NAME "RmtInf", xmlelement(NAME "Ustrd", v_text));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.pain_remittance(text) IS
    'RmtInf: structured for a creditor reference (RF), else a text of 140 characters; NULL for '
    'none.';

CREATE FUNCTION ecommerce_internal.pain_header(creditor jsonb, message_id text,
    made_at timestamptz, items jsonb, id xml) RETURNS xml
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN xmlelement(NAME "GrpHdr",
        xmlelement(NAME "MsgId", message_id),
        xmlelement(NAME "CreDtTm",
                   to_char(made_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
        xmlelement(NAME "NbOfTxs", jsonb_array_length(items)::text),
        xmlelement(NAME "CtrlSum", (SELECT sum((i ->> 'amount')::numeric)
                                    FROM jsonb_array_elements(items) i)::text),
        ecommerce_internal.pain_party('InitgPty', creditor ->> 'name', NULL, id));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.pain_header(jsonb, text, timestamptz, jsonb, xml) IS
    'GrpHdr of a file. items: its transactions. id: Id of who sends it, or NULL.';

CREATE FUNCTION ecommerce_internal.pain_mandate(item jsonb) RETURNS xml
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a jsonb := item -> 'amendment';
BEGIN
    RETURN xmlelement(NAME "MndtRltdInf",
        xmlelement(NAME "MndtId", item ->> 'mandate_reference'),
        xmlelement(NAME "DtOfSgntr", item ->> 'signed_on'),
        CASE WHEN jsonb_typeof(a) = 'object' THEN xmlconcat(
            xmlelement(NAME "AmdmntInd", 'true'),
            xmlelement(NAME "AmdmntInfDtls",
                xmlforest(a ->> 'original_reference' AS "OrgnlMndtId"),
                CASE WHEN a ? 'original_iban' THEN xmlelement(NAME "OrgnlDbtrAcct",
                    ecommerce_internal.pain_account(a ->> 'original_iban')) END)) END);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.pain_mandate(jsonb) IS
    'MndtRltdInf of a transaction of sepa_debit_batch(), with what was amended.';

CREATE FUNCTION ecommerce_internal.pain_debit(item jsonb) RETURNS xml
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN xmlelement(NAME "DrctDbtTxInf",
        xmlelement(NAME "PmtId", xmlelement(NAME "EndToEndId", item ->> 'end_to_end_id')),
        xmlelement(NAME "InstdAmt", xmlattributes('EUR' AS "Ccy"), item ->> 'amount'),
        xmlelement(NAME "DrctDbtTx", ecommerce_internal.pain_mandate(item)),
        xmlelement(NAME "DbtrAgt", ecommerce_internal.pain_agent(item ->> 'bic')),
        ecommerce_internal.pain_party('Dbtr', item ->> 'name', item, NULL),
        xmlelement(NAME "DbtrAcct", ecommerce_internal.pain_account(item ->> 'iban')),
        ecommerce_internal.pain_remittance(item ->> 'reference'));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.pain_debit(jsonb) IS 'DrctDbtTxInf of a transaction.';

CREATE FUNCTION ecommerce_internal.pain_credit(item jsonb) RETURNS xml
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN xmlelement(NAME "CdtTrfTxInf",
        xmlelement(NAME "PmtId", xmlelement(NAME "EndToEndId", item ->> 'end_to_end_id')),
        xmlelement(NAME "Amt", xmlelement(NAME "InstdAmt", xmlattributes('EUR' AS "Ccy"),
                                          item ->> 'amount')),
        CASE WHEN item ->> 'bic' IS NOT NULL THEN xmlelement(NAME "CdtrAgt",
            ecommerce_internal.pain_agent(item ->> 'bic')) END,
        ecommerce_internal.pain_party('Cdtr', item ->> 'name', item, NULL),
        xmlelement(NAME "CdtrAcct", ecommerce_internal.pain_account(item ->> 'iban')),
        ecommerce_internal.pain_remittance(item ->> 'reference'));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.pain_credit(jsonb) IS 'CdtTrfTxInf of a transaction.';

CREATE FUNCTION ecommerce_internal.pain_008(creditor jsonb, message_id text, made_at timestamptz,
    execution_date date, scheme text, items jsonb) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off
AS $$
DECLARE
    v_id text := creditor ->> 'sepa_creditor_id';
BEGIN
    RETURN '<?xml version="1.0" encoding="UTF-8"?>' || xmlelement(NAME "Document",
        xmlattributes('urn:iso:std:iso:20022:tech:xsd:pain.008.001.08' AS xmlns),
        xmlelement(NAME "CstmrDrctDbtInitn",
            -- Banks in Spain look for the creditor there.
            ecommerce_internal.pain_header(creditor, message_id, made_at, items,
                CASE WHEN left(v_id, 2) = 'ES' THEN xmlelement(NAME "Id", xmlelement(NAME "OrgId",
                    xmlelement(NAME "Othr", xmlelement(NAME "Id", v_id)))) END),
            (SELECT xmlagg(xmlelement(NAME "PmtInf",
                xmlelement(NAME "PmtInfId", p.id), xmlelement(NAME "PmtMtd", 'DD'),
                xmlelement(NAME "NbOfTxs", p.count::text),
                xmlelement(NAME "CtrlSum", p.sum::text),
                xmlelement(NAME "PmtTpInf",
                    xmlelement(NAME "SvcLvl", xmlelement(NAME "Cd", 'SEPA')),
                    xmlelement(NAME "LclInstrm", xmlelement(NAME "Cd", scheme)),
                    xmlelement(NAME "SeqTp", p.sequence_type)),
                xmlelement(NAME "ReqdColltnDt", execution_date::text),
                ecommerce_internal.pain_party('Cdtr', creditor ->> 'name', creditor, NULL),
                xmlelement(NAME "CdtrAcct",
                           ecommerce_internal.pain_account(creditor ->> 'iban')),
                xmlelement(NAME "CdtrAgt", ecommerce_internal.pain_agent(creditor ->> 'bic')),
                xmlelement(NAME "ChrgBr", 'SLEV'),
                xmlelement(NAME "CdtrSchmeId", xmlelement(NAME "Id", xmlelement(NAME "PrvtId",
                    xmlelement(NAME "Othr", xmlelement(NAME "Id", v_id),
                        xmlelement(NAME "SchmeNm", xmlelement(NAME "Prtry", 'SEPA')))))),
                p.transactions) ORDER BY p.id)
             FROM (SELECT i ->> 'payment_information_id' AS id,
                          i ->> 'sequence_type' AS sequence_type, count(*) AS count,
                          sum((i ->> 'amount')::numeric) AS sum,
                          -- xmlagg() would copy all before each of them.
                          xmlparse(CONTENT string_agg(ecommerce_internal.pain_debit(i)::text, ''
                                                      ORDER BY n)) AS transactions
                   FROM jsonb_array_elements(items) WITH ORDINALITY AS t (i, n)
                   GROUP BY 1, 2) p)))::text;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.pain_008(jsonb, text, timestamptz, date, text, jsonb) IS
    'A file of direct debits, pain.008.001.08: a part for each sequence type. items: its '
    'transactions, as sepa_debit_batch() makes them. The same arguments make the same bytes.';

CREATE FUNCTION ecommerce_internal.pain_001(creditor jsonb, message_id text, made_at timestamptz,
    execution_date date, items jsonb) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off
AS $$
BEGIN
    RETURN '<?xml version="1.0" encoding="UTF-8"?>' || xmlelement(NAME "Document",
        xmlattributes('urn:iso:std:iso:20022:tech:xsd:pain.001.001.09' AS xmlns),
        xmlelement(NAME "CstmrCdtTrfInitn",
            ecommerce_internal.pain_header(creditor, message_id, made_at, items, NULL),
            xmlelement(NAME "PmtInf",
                xmlelement(NAME "PmtInfId", items -> 0 ->> 'payment_information_id'),
                xmlelement(NAME "PmtMtd", 'TRF'),
                xmlelement(NAME "NbOfTxs", jsonb_array_length(items)::text),
                xmlelement(NAME "CtrlSum", (SELECT sum((i ->> 'amount')::numeric)
                                            FROM jsonb_array_elements(items) i)::text),
                xmlelement(NAME "PmtTpInf",
                    xmlelement(NAME "SvcLvl", xmlelement(NAME "Cd", 'SEPA'))),
                xmlelement(NAME "ReqdExctnDt", xmlelement(NAME "Dt", execution_date::text)),
                ecommerce_internal.pain_party('Dbtr', creditor ->> 'name', creditor, NULL),
                xmlelement(NAME "DbtrAcct",
                           ecommerce_internal.pain_account(creditor ->> 'iban')),
                xmlelement(NAME "DbtrAgt", ecommerce_internal.pain_agent(creditor ->> 'bic')),
                xmlelement(NAME "ChrgBr", 'SLEV'),
                (SELECT xmlparse(CONTENT string_agg(ecommerce_internal.pain_credit(i)::text, ''
                                                    ORDER BY n))
                 FROM jsonb_array_elements(items) WITH ORDINALITY AS t (i, n)))))::text;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.pain_001(jsonb, text, timestamptz, date, jsonb) IS
    'A file of credit transfers, pain.001.001.09. items: its transactions, as sepa_credit_batch() '
    'makes them. The same arguments make the same bytes.';
