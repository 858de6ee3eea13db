-- Statements of the bank: what is in a file (camt.053, camt.054), of any version.

CREATE FUNCTION ecommerce_internal.bank_event(id text, verb text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN 'sepa:' || lower(id COLLATE "C") || ':' || verb;
COMMENT ON FUNCTION ecommerce_internal.bank_event(text, text) IS
    'The id of an event of a transaction of ours, which happens once however many files tell it. '
    'id: its end-to-end id.';

CREATE FUNCTION ecommerce_internal.camt_path(path text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN regexp_replace(path, '(?<![@A-Za-z])([A-Z][A-Za-z0-9]*)', E'*[local-name()="\\1"]', 'g');
COMMENT ON FUNCTION ecommerce_internal.camt_path(text) IS
    'An XPath in which elements are of any namespace, as each version has its own.';

CREATE FUNCTION ecommerce_internal.camt_document(document text) RETURNS xml
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- A file that was read as text may still say that it was in another encoding.
    v_text text := regexp_replace(ltrim(document, chr(65279) || E' \t\r\n'),
                                  '^<[?]xml[^>]*[?]>', '');
    v_xml  xml;
BEGIN
    IF document IS NULL THEN
        RAISE EXCEPTION 'document must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF v_text ~ '<!(DOCTYPE|ENTITY)' THEN
        RAISE EXCEPTION 'document must have no document type'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Statements have none, and entities could be anything.';
    END IF;
    BEGIN
        v_xml := xmlparse(DOCUMENT v_text);
    EXCEPTION WHEN invalid_xml_document OR invalid_xml_content THEN
        RAISE EXCEPTION 'document is not well-formed XML'
            USING ERRCODE = 'invalid_parameter_value';
    END;
    IF (xpath(ecommerce_internal.camt_path('count(/Document/BkToCstmrStmt/Stmt'
            ' | /Document/BkToCstmrDbtCdtNtfctn/Ntfctn)'), v_xml))[1]::text = '0' THEN
        RAISE EXCEPTION 'document is no statement'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'It must be a camt.053 or camt.054 message.';
    END IF;
    RETURN v_xml;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.camt_document(text) IS
    'A file of the bank, parsed. Errors: 22023 it is no XML, or neither camt.053 nor camt.054; '
    '22004 NULL.';

CREATE FUNCTION ecommerce_internal.camt_entries(document xml) RETURNS TABLE (entry_number integer,
    statement_id text, account_iban text, amount text, currency text, direction text, status text,
    booked_on text, bank_reference text, bank_code text, message_id text,
    payment_information_id text, information text, entry xml)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off
AS $$
BEGIN
    RETURN QUERY
    SELECT (row_number() OVER (ORDER BY s.n, e.n))::integer, nullif(s.statement_id, ''),
           nullif(s.account_iban, ''), e.amount, e.currency,
           e.direction, e.status, left(e.booked_on, 10), nullif(e.bank_reference, ''),
           nullif(e.bank_code, '--'), nullif(e.message_id, ''),
           nullif(e.payment_information_id, ''), nullif(e.information, ''), e.entry
    -- Looking up from each entry would pass all others.
    FROM XMLTABLE((ecommerce_internal.camt_path('/Document/*/Stmt | /Document/*/Ntfctn'))
        PASSING document COLUMNS
        n                      FOR ORDINALITY,
        statement_id           text PATH ecommerce_internal.camt_path('string(Id)'),
        account_iban           text PATH ecommerce_internal.camt_path('string(Acct/Id/IBAN)'),
        statement              xml  PATH '.') s
    CROSS JOIN LATERAL XMLTABLE((ecommerce_internal.camt_path('/*/Ntry'))
        PASSING s.statement COLUMNS
        n                      FOR ORDINALITY,
        amount                 text PATH ecommerce_internal.camt_path('normalize-space(Amt)'),
        currency               text PATH ecommerce_internal.camt_path('string(Amt/@Ccy)'),
        direction              text PATH ecommerce_internal.camt_path('string(CdtDbtInd)'),
        status                 text PATH ecommerce_internal.camt_path('normalize-space(Sts)'),
        booked_on              text PATH ecommerce_internal.camt_path('normalize-space(BookgDt)'),
        bank_reference         text PATH ecommerce_internal.camt_path('string(AcctSvcrRef)'),
        bank_code              text PATH ecommerce_internal.camt_path(
            'concat(BkTxCd/Domn/Cd, "-", BkTxCd/Domn/Fmly/Cd, "-", BkTxCd/Domn/Fmly/SubFmlyCd)'),
        message_id             text PATH ecommerce_internal.camt_path(
            'string(NtryDtls/Btch/MsgId)'),
        payment_information_id text PATH ecommerce_internal.camt_path(
            'string(NtryDtls/Btch/PmtInfId)'),
        information            text PATH ecommerce_internal.camt_path('string(AddtlNtryInf)'),
        entry                  xml  PATH '.') e;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.camt_entries(xml) IS
    'The entries of a statement, as it writes them. entry: what it says of its transactions.';

CREATE FUNCTION ecommerce_internal.camt_texts(texts xml) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN nullif(btrim(replace(replace(replace(
        (SELECT string_agg(t::text, ' ')
         FROM unnest(xpath('//text()', ('<r>' || texts::text || '</r>')::xml)) t),
        '&lt;', '<'), '&gt;', '>'), '&amp;', '&')), '');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.camt_texts(xml) IS
    'The text of several elements, with a blank between them; NULL for none.';

CREATE FUNCTION ecommerce_internal.camt_transactions(entry xml) RETURNS TABLE (number integer,
    amount text, currency text, direction text, bank_reference text, message_id text,
    payment_information_id text, end_to_end_id text, debtor text, debtor_iban text, creditor text,
    creditor_iban text, return_reason text, reference text, remittance text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT t.n, coalesce(nullif(t.amount, ''), nullif(t.amount_2, '')),
           coalesce(nullif(t.currency, ''), nullif(t.currency_2, '')), nullif(t.direction, ''),
           nullif(t.bank_reference, ''), nullif(t.message_id, ''),
           nullif(t.payment_information_id, ''),
           nullif(nullif(t.end_to_end_id, ''), 'NOTPROVIDED'), nullif(t.debtor, ''),
           nullif(t.debtor_iban, ''), nullif(t.creditor, ''), nullif(t.creditor_iban, ''),
           coalesce(nullif(t.reason, ''), nullif(t.reason_2, '')), nullif(t.reference, ''),
           ecommerce_internal.camt_texts(t.texts)
    FROM XMLTABLE((ecommerce_internal.camt_path('//NtryDtls/TxDtls')) PASSING entry COLUMNS
        n                      FOR ORDINALITY,
        amount                 text PATH ecommerce_internal.camt_path('normalize-space(Amt)'),
        currency               text PATH ecommerce_internal.camt_path('string(Amt/@Ccy)'),
        amount_2               text PATH ecommerce_internal.camt_path(
            'normalize-space(AmtDtls/TxAmt/Amt)'),
        currency_2             text PATH ecommerce_internal.camt_path(
            'string(AmtDtls/TxAmt/Amt/@Ccy)'),
        direction              text PATH ecommerce_internal.camt_path('string(CdtDbtInd)'),
        bank_reference         text PATH ecommerce_internal.camt_path('string(Refs/AcctSvcrRef)'),
        message_id             text PATH ecommerce_internal.camt_path('string(Refs/MsgId)'),
        payment_information_id text PATH ecommerce_internal.camt_path('string(Refs/PmtInfId)'),
        end_to_end_id          text PATH ecommerce_internal.camt_path(
            'normalize-space(Refs/EndToEndId)'),
        debtor                 text PATH ecommerce_internal.camt_path(
            'normalize-space(RltdPties/Dbtr//Nm)'),
        debtor_iban            text PATH ecommerce_internal.camt_path(
            'string(RltdPties/DbtrAcct/Id/IBAN)'),
        creditor               text PATH ecommerce_internal.camt_path(
            'normalize-space(RltdPties/Cdtr//Nm)'),
        creditor_iban          text PATH ecommerce_internal.camt_path(
            'string(RltdPties/CdtrAcct/Id/IBAN)'),
        reason                 text PATH ecommerce_internal.camt_path('string(RtrInf/Rsn/Cd)'),
        reason_2               text PATH ecommerce_internal.camt_path('string(RtrInf/Rsn/Prtry)'),
        reference              text PATH ecommerce_internal.camt_path(
            'normalize-space(RmtInf/Strd/CdtrRefInf/Ref)'),
        texts                  xml  PATH ecommerce_internal.camt_path('RmtInf/Ustrd')) t;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.camt_transactions(xml) IS
    'The transactions of an entry, as it writes them.';

CREATE FUNCTION ecommerce_internal.camt_amount(value text, currency text) RETURNS numeric
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF value !~ '^[0-9]{1,15}([.][0-9]{1,5})?$' THEN
        RAISE EXCEPTION 'document has an amount that is none: "%"', left(value, 100)
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF currency !~ '^[A-Z]{3}$' THEN
        RAISE EXCEPTION 'document has a currency that is none: "%"', left(currency, 100)
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF EXISTS (SELECT FROM ecommerce.currencies c
                  WHERE c.code = camt_amount.currency
                    AND scale(trim_scale(value::numeric)) > c.minor_units) THEN
        RAISE EXCEPTION 'document has an amount with more decimals than % has: "%"', currency, value
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN value::numeric;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.camt_amount(text, text) IS
    'An amount of a statement, in a currency that the shop need not know. Error 22023 it is none, '
    'or has more decimals than its currency.';

CREATE FUNCTION ecommerce_internal.camt_date(value text) RETURNS date
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF value = '' THEN
        RETURN NULL;
    ELSIF value ~ '^[1-9][0-9]{3}-[01][0-9]-[0-3][0-9]$' THEN
        RETURN make_date(left(value, 4)::integer, substr(value, 6, 2)::integer,
                         substr(value, 9, 2)::integer);
    END IF;
    RAISE datetime_field_overflow;
EXCEPTION WHEN datetime_field_overflow THEN
    RAISE EXCEPTION 'document has a day that is none: "%"', left(value, 100)
        USING ERRCODE = 'invalid_parameter_value';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.camt_date(text) IS
    'A day of a statement; NULL if it is empty. Error 22023 it is none.';

CREATE FUNCTION ecommerce_internal.camt_direction(value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF value NOT IN ('CRDT', 'DBIT') THEN
        RAISE EXCEPTION 'document has an entry that is neither CRDT nor DBIT'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN CASE value WHEN 'CRDT' THEN 'credit' ELSE 'debit' END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.camt_direction(text) IS
    'credit or debit. Error 22023 it is neither.';

CREATE FUNCTION ecommerce_internal.rf_found(remittance text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- People write it in groups, and go on behind it.
    RETURN ARRAY(
            SELECT left(c.text, n)
            FROM regexp_matches(upper(remittance COLLATE "C"),
                                '(?<![A-Z0-9])(RF ?[0-9]{2}(?: ?[A-Z0-9]){1,60})', 'g') AS m
            CROSS JOIN LATERAL (SELECT left(replace(m[1], ' ', ''), 25)) AS c (text)
            CROSS JOIN generate_series(5, 25) n
            WHERE length(c.text) >= n AND ecommerce.rf_reference_valid(left(c.text, n))
            ORDER BY n DESC);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.rf_found(text) IS
    'The creditor references (RF) that a text may mean, the longest first.';

CREATE FUNCTION ecommerce_internal.camt_movements(document xml) RETURNS TABLE (movement jsonb)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET jit = off
AS $$
BEGIN
    RETURN QUERY
    WITH entry AS MATERIALIZED (
        SELECT e.*, ecommerce_internal.camt_amount(e.amount, e.currency) AS total,
               ecommerce_internal.camt_direction(e.direction) AS way
        FROM ecommerce_internal.camt_entries(document) e),
    detail AS MATERIALIZED (
        SELECT e.entry_number AS entry_n, t.*,
               count(*) OVER (PARTITION BY e.entry_number) AS siblings,
               coalesce(ecommerce_internal.camt_direction(t.direction), e.way) AS way,
               -- Of a single transaction the entry tells the amount, if nobody else does.
               coalesce(ecommerce_internal.camt_amount(t.amount, coalesce(t.currency, e.currency)),
                        CASE WHEN count(*) OVER (PARTITION BY e.entry_number) = 1
                             THEN e.total END) AS total
        FROM entry e CROSS JOIN LATERAL ecommerce_internal.camt_transactions(e.entry) t),
    -- Where amounts are missing, an entry is told as a whole.
    told AS (
        SELECT d.entry_n, max(d.siblings) AS siblings, min(d.end_to_end_id) AS end_to_end_id,
               min(d.return_reason) AS return_reason,
               sum(CASE d.way WHEN 'credit' THEN d.total ELSE -d.total END) AS total
        FROM detail d JOIN entry e ON e.entry_number = d.entry_n
        GROUP BY d.entry_n
        HAVING bool_and(d.total IS NOT NULL AND coalesce(d.currency, e.currency) = e.currency)),
    part AS (
        SELECT e.entry_number, d.number, d.way, d.total, d.siblings, d.bank_reference,
               coalesce(d.message_id, e.message_id) AS message_id,
               coalesce(d.payment_information_id, e.payment_information_id)
                   AS payment_information_id,
               d.end_to_end_id,
               CASE d.way WHEN 'credit' THEN coalesce(d.debtor, d.creditor)
                          ELSE coalesce(d.creditor, d.debtor) END AS party_name,
               CASE d.way WHEN 'credit' THEN coalesce(d.debtor_iban, d.creditor_iban)
                          ELSE coalesce(d.creditor_iban, d.debtor_iban) END AS party_iban,
               d.return_reason, d.reference, d.remittance
        FROM detail d JOIN told k ON k.entry_n = d.entry_n
        JOIN entry e ON e.entry_number = d.entry_n
        UNION ALL
        -- What its transactions do not tell of an entry, such as charges, or all of it
        SELECT e.entry_number, 0, CASE WHEN r.rest < 0 THEN 'debit' ELSE 'credit' END, abs(r.rest),
               0, e.bank_reference, e.message_id, e.payment_information_id,
               CASE WHEN k.siblings = 1 THEN k.end_to_end_id END, NULL, NULL,
               CASE WHEN k.siblings = 1 THEN k.return_reason END, NULL, e.information
        FROM entry e LEFT JOIN told k ON k.entry_n = e.entry_number
        CROSS JOIN LATERAL (SELECT CASE e.way WHEN 'credit' THEN e.total ELSE -e.total END
                                   - coalesce(k.total, 0)) AS r (rest)
        WHERE r.rest <> 0 OR k.entry_n IS NULL)
    SELECT to_jsonb(p) - '{total,way,siblings}'::text[]
           || jsonb_build_object('amount', p.total, 'direction', p.way, 'currency', e.currency,
               'status', e.status,
               'booked_on', ecommerce_internal.camt_date(e.booked_on),
               'statement_id', e.statement_id, 'account_iban', e.account_iban,
               'bank_code', e.bank_code,
               'is_rest', p.number = 0 AND k.entry_n IS NOT NULL,
               'bank_reference', CASE WHEN p.siblings = 1
                   THEN coalesce(e.bank_reference, p.bank_reference)
                   ELSE coalesce(p.bank_reference, e.bank_reference) END,
               'position', CASE WHEN p.siblings > 1 THEN p.number
                                WHEN k.entry_n IS NOT NULL AND p.number = 0 THEN 0 END)
    FROM part p JOIN entry e ON e.entry_number = p.entry_number
    LEFT JOIN told k ON k.entry_n = e.entry_number
    ORDER BY p.entry_number, p.number = 0, p.number;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.camt_movements(xml) IS
    'What a statement tells, one row for each transaction, and one for what its transactions leave '
    'of an entry. Errors: 22023 an amount or currency is none.';
