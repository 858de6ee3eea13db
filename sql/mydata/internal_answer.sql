-- Reading what AADE answers, and writing it down.

CREATE FUNCTION ecommerce_internal.mydata_mark(tenant_id integer, invoice_id uuid,
    OUT mark bigint, OUT qr_url text, OUT mydata_type text, OUT branch integer, OUT series text,
    OUT number text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    f ecommerce_internal.mydata_facts
        := ecommerce_internal.mydata_facts(tenant_id, invoice_id);
BEGIN
    IF f.afm IS NULL OR f.seller_country IS DISTINCT FROM 'GR' THEN
        RETURN;
    END IF;
    mydata_type := f.mydata_type;
    branch := f.branch;
    series := f.series;
    number := f.number;
    SELECT a.mark, a.qr_url INTO mark, qr_url FROM ecommerce.mydata_answers a
    WHERE a.tenant_id = mydata_mark.tenant_id AND a.invoice_id = mydata_mark.invoice_id
      AND a.status = 'accepted';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_mark(integer, uuid) IS
    'How myDATA knows a document: its MARK and address, NULL until it was accepted, and what its '
    'Greek number is made of. All NULL if the seller is not in Greece. Error 22023 unknown.';

CREATE FUNCTION ecommerce_internal.mydata_answer_xml(answer text) RETURNS xml
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_xml   xml;
    v_inner text;
BEGIN
    v_xml := xmlparse(DOCUMENT answer);
    -- Some of AADE's servers put the document into a string.
    SELECT t.body INTO v_inner
    FROM XMLTABLE('/*[local-name()="string"]' PASSING v_xml COLUMNS body text PATH '.') t;
    RETURN CASE WHEN v_inner IS NULL THEN v_xml ELSE xmlparse(DOCUMENT btrim(v_inner)) END;
EXCEPTION WHEN invalid_xml_document OR invalid_xml_content THEN
    RAISE EXCEPTION 'the answer is no XML' USING ERRCODE = 'invalid_parameter_value';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_answer_xml(text) IS
    'An answer of AADE, taken out of the string that it may be in. Error 22023.';

CREATE FUNCTION ecommerce_internal.mydata_answer_responses(answer text) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    j jsonb;
BEGIN
    IF ltrim(answer, E' \t\r\n') LIKE '<%' THEN
        SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('index', t.index,
                   'statusCode', t.status_code, 'invoiceUid', t.uid, 'invoiceMark', t.mark,
                   'cancellationMark', t.cancellation_mark,
                   'authenticationCode', t.authentication_code, 'qrUrl', t.qr_url, 'errors',
                   (SELECT jsonb_agg(jsonb_build_object('code', e.code, 'message', e.message)
                                     ORDER BY e.n)
                    FROM XMLTABLE('/*/*[local-name()="error"]' PASSING t.errors
                        COLUMNS n FOR ORDINALITY, code text PATH '*[local-name()="code"]',
                                message text PATH '*[local-name()="message"]') e))) ORDER BY t.n)
        INTO j
        FROM XMLTABLE('/*[local-name()="ResponseDoc"]/*[local-name()="response"]'
            PASSING ecommerce_internal.mydata_answer_xml(ltrim(answer, E' \t\r\n'))
            COLUMNS n FOR ORDINALITY, index text PATH '*[local-name()="index"]',
                status_code text PATH '*[local-name()="statusCode"]',
                uid text PATH '*[local-name()="invoiceUid"]',
                mark text PATH '*[local-name()="invoiceMark"]',
                cancellation_mark text PATH '*[local-name()="cancellationMark"]',
                authentication_code text PATH '*[local-name()="authenticationCode"]',
                qr_url text PATH '*[local-name()="qrUrl"]',
                errors xml PATH '*[local-name()="errors"]') t;
    ELSE
        j := answer::jsonb;
        j := CASE jsonb_typeof(j -> 'response') WHEN 'array' THEN j -> 'response'
                 WHEN 'object' THEN jsonb_build_array(j -> 'response')
                 ELSE CASE jsonb_typeof(j) WHEN 'object' THEN jsonb_build_array(j) ELSE j END END;
    END IF;
    IF jsonb_typeof(j) IS DISTINCT FROM 'array' OR j = '[]' THEN
        RAISE EXCEPTION 'the answer has no response' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- An element without text, which XML may have, says nothing.
    RETURN (SELECT jsonb_agg(CASE jsonb_typeof(r.r) WHEN 'object' THEN (
                       SELECT coalesce(jsonb_object_agg(f.key, f.value), '{}')
                       FROM jsonb_each(r.r) f WHERE f.value NOT IN ('""', 'null'))
                   ELSE r.r END ORDER BY r.n)
            FROM jsonb_array_elements(j) WITH ORDINALITY r (r, n));
EXCEPTION
    WHEN invalid_text_representation OR untranslatable_character THEN
        RAISE EXCEPTION 'the answer is neither XML nor JSON'
            USING ERRCODE = 'invalid_parameter_value';
    WHEN cardinality_violation THEN
        RAISE EXCEPTION 'the answer is not one of AADE; a response has an element twice'
            USING ERRCODE = 'invalid_parameter_value';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_answer_responses(text) IS
    'The responses of an answer, XML or JSON, as JSON with AADE''s own names. Error 22023.';

CREATE FUNCTION ecommerce_internal.mydata_responses(answer text)
    RETURNS SETOF ecommerce_internal.mydata_response
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_all jsonb := ecommerce_internal.mydata_answer_responses(answer);
    v_bad text;
BEGIN
    SELECT CASE WHEN jsonb_typeof(r.r) <> 'object' THEN 'is no object'
                WHEN coalesce(r.r ->> 'statusCode', '') = '' THEN 'has no statusCode'
                WHEN r.r ->> 'index' !~ '^[0-9]{1,6}$' THEN 'has a wrong index'
                WHEN r.r ->> 'invoiceMark' !~ '^[1-9][0-9]{0,17}$' THEN 'has a wrong invoiceMark'
                WHEN r.r ->> 'cancellationMark' !~ '^[1-9][0-9]{0,17}$'
                THEN 'has a wrong cancellationMark'
                WHEN length(r.r ->> 'invoiceUid') > 100 THEN 'has a wrong invoiceUid'
                WHEN length(r.r ->> 'authenticationCode') > 255
                THEN 'has a wrong authenticationCode'
                WHEN length(r.r ->> 'qrUrl') > 2000 THEN 'has a wrong qrUrl'
                WHEN r.r ->> 'statusCode' = 'Success'
                 AND coalesce(r.r ->> 'invoiceMark', r.r ->> 'cancellationMark') IS NULL
                THEN 'has no MARK' END || ': response ' || r.n
    INTO v_bad
    FROM jsonb_array_elements(v_all) WITH ORDINALITY r (r, n)
    ORDER BY 1 LIMIT 1;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'the answer is not one of AADE; it %', v_bad
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    SELECT coalesce((r.r ->> 'index')::integer, r.n::integer), r.r ->> 'statusCode',
           r.r ->> 'invoiceUid', (r.r ->> 'invoiceMark')::bigint,
           (r.r ->> 'cancellationMark')::bigint, r.r ->> 'authenticationCode', r.r ->> 'qrUrl',
           CASE WHEN r.r ->> 'statusCode' = 'Success' THEN '[]'
                WHEN jsonb_array_length(CASE WHEN jsonb_typeof(r.r -> 'errors') = 'array'
                                             THEN r.r -> 'errors' END) > 0
                THEN r.r -> 'errors'
                WHEN jsonb_typeof(r.r -> 'errors' -> 'error') = 'array'
                THEN r.r -> 'errors' -> 'error'
                ELSE jsonb_build_array(jsonb_build_object('code', r.r ->> 'statusCode')) END
    FROM jsonb_array_elements(v_all) WITH ORDINALITY r (r, n);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_responses(text) IS
    'The responses of an answer. index: which document of the message it is about, from 1. Error '
    '22023 for what AADE does not answer.';

CREATE FUNCTION ecommerce_internal.append_mydata_event(tenant_id integer, verb text,
    answer ecommerce.mydata_answer) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    VALUES (append_mydata_event.tenant_id, 'mydata.' || append_mydata_event.verb,
            answer.invoice_id,
            jsonb_strip_nulls(jsonb_build_object('invoice_number', answer.invoice_number,
                'mark', answer.mark, 'cancelled_mark', answer.cancelled_mark,
                'errors', nullif(answer.errors, '[]'))));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.append_mydata_event(integer, text,
    ecommerce.mydata_answer) IS
    'Append what happened to a document at myDATA: sent, accepted, replaced, rejected, cancelled.';

CREATE FUNCTION ecommerce_internal.mydata_answer(tenant_id integer, invoice_id uuid)
    RETURNS ecommerce.mydata_answer
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_answer ecommerce.mydata_answer;
BEGIN
    SELECT a.invoice_id, v.invoice_number, a.status, a.mark, a.uid, a.qr_url,
           a.authentication_code, a.cancelled_mark, a.errors
    INTO v_answer
    FROM ecommerce.mydata_answers a
    JOIN ecommerce.invoices v
      ON v.tenant_id = mydata_answer.tenant_id AND v.id = mydata_answer.invoice_id
    WHERE a.tenant_id = mydata_answer.tenant_id AND a.invoice_id = mydata_answer.invoice_id;
    RETURN v_answer;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_answer(integer, uuid) IS
    'What myDATA knows of a document, as functions that record it answer.';

CREATE FUNCTION ecommerce_internal.mydata_change(
    tenant_id integer, invoice_id uuid, response ecommerce_internal.mydata_response)
    RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    a record;
BEGIN
    SELECT t.* INTO a FROM ecommerce.mydata_answers t
    WHERE t.tenant_id = mydata_change.tenant_id AND t.invoice_id = mydata_change.invoice_id
    FOR NO KEY UPDATE;
    IF response.status_code <> 'Success' THEN
        RETURN CASE WHEN a.errors = response.errors THEN NULL ELSE 'rejected' END;
    ELSIF response.cancellation_mark IS NOT NULL THEN
        IF a.mark IS NULL THEN
            RAISE EXCEPTION 'a document without MARK cannot be cancelled'
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = format('Invoice %s.', invoice_id);
        ELSIF a.cancelled_mark <> response.cancellation_mark THEN
            RAISE EXCEPTION 'the document was cancelled by another MARK'
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = format('Invoice %s.', invoice_id);
        END IF;
        RETURN CASE WHEN a.cancelled_mark IS NULL THEN 'cancelled' END;
    ELSIF a.mark = response.mark OR response.mark = ANY (a.replaced_marks) THEN
        RETURN NULL;
    ELSIF EXISTS (SELECT FROM ecommerce.mydata_answers o
                  WHERE o.tenant_id = mydata_change.tenant_id AND o.mark = response.mark) THEN
        RAISE EXCEPTION 'MARK % is that of another document', response.mark
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('Invoice %s.', invoice_id),
                  HINT = 'Give the ids in the order in which mydata_xml() had them.';
    END IF;
    RETURN CASE WHEN a.mark IS NULL THEN 'accepted' ELSE 'replaced' END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_change(integer, uuid,
    ecommerce_internal.mydata_response) IS
    'For record_mydata_answer(): lock what is known of a document, and say what a response makes '
    'of it. That is accepted, replaced, cancelled or rejected, or NULL if it is known already. '
    'Error 22023 for a response that cannot be about it.';

CREATE FUNCTION ecommerce_internal.put_mydata_answer(tenant_id integer, invoice_id uuid,
    response ecommerce_internal.mydata_response) RETURNS ecommerce.mydata_answer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_verb   text;
    v_same   boolean;
    v_answer ecommerce.mydata_answer;
BEGIN
    INSERT INTO ecommerce.mydata_answers (tenant_id, invoice_id, status)
    VALUES (put_mydata_answer.tenant_id, put_mydata_answer.invoice_id, 'sent')
    ON CONFLICT DO NOTHING;
    v_verb := ecommerce_internal.mydata_change(tenant_id, invoice_id, response);
    UPDATE ecommerce.mydata_answers a
    SET status = CASE WHEN v_verb IN ('accepted', 'replaced') THEN 'accepted'
                      WHEN v_verb = 'cancelled' THEN 'cancelled'
                      -- What was accepted stays so, if it is sent once more and refused.
                      WHEN a.mark IS NULL THEN 'rejected' ELSE a.status END,
        mark = CASE WHEN v_verb IN ('accepted', 'replaced') THEN response.mark ELSE a.mark END,
        replaced_marks = CASE WHEN v_verb = 'replaced' THEN a.replaced_marks || a.mark
                              ELSE a.replaced_marks END,
        cancelled_mark = CASE v_verb WHEN 'replaced' THEN NULL
                             WHEN 'cancelled' THEN response.cancellation_mark
                             ELSE a.cancelled_mark END,
        uid = CASE WHEN v_verb IN ('accepted', 'replaced')
                   THEN coalesce(response.uid, ecommerce.mydata_uid(a.invoice_id, a.tenant_id))
                   ELSE a.uid END,
        qr_url = CASE WHEN v_verb IN ('accepted', 'replaced') THEN response.qr_url
                      ELSE a.qr_url END,
        authentication_code = CASE WHEN v_verb IN ('accepted', 'replaced')
                                   THEN response.authentication_code
                                   ELSE a.authentication_code END,
        errors = response.errors, answered_at = now()
    WHERE v_verb IS NOT NULL AND a.tenant_id = put_mydata_answer.tenant_id
      AND a.invoice_id = put_mydata_answer.invoice_id
    RETURNING CASE v_verb WHEN 'rejected'  THEN true
                          WHEN 'cancelled' THEN a.cancelled_mark = response.cancellation_mark
                          ELSE a.mark = response.mark END INTO v_same;
    PERFORM ecommerce_internal.check_written(v_same OR v_verb IS NULL, 'mydata_answers');
    v_answer := ecommerce_internal.mydata_answer(tenant_id, invoice_id);
    IF v_verb IS NOT NULL THEN
        PERFORM ecommerce_internal.append_mydata_event(tenant_id, v_verb, v_answer);
    END IF;
    RETURN v_answer;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.put_mydata_answer(integer, uuid,
    ecommerce_internal.mydata_response) IS
    'Write down what AADE answered about one document, once. Error 22023 for a response that '
    'cannot be about it.';
