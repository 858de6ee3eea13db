-- What myDATA was told, and what it answered.

CREATE FUNCTION ecommerce.record_mydata_sent(
    invoice_ids uuid[],
    tenant_id   integer DEFAULT ecommerce.current_tenant())
    RETURNS SETOF ecommerce.mydata_answer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_ids    uuid[];
    v_answer ecommerce.mydata_answer;
    i        uuid;
BEGIN
    IF invoice_ids IS NULL OR array_position(invoice_ids, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'invoice_ids must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    -- Everybody locks answers in one order.
    v_ids := ARRAY(SELECT DISTINCT u.id FROM unnest(invoice_ids) u (id) ORDER BY u.id);
    SELECT u.id INTO i FROM unnest(v_ids) u (id)
    WHERE NOT EXISTS (SELECT FROM ecommerce.invoices v WHERE v.tenant_id = v_tenant AND v.id = u.id)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'unknown invoice %', i USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOREACH i IN ARRAY v_ids LOOP
        INSERT INTO ecommerce.mydata_answers AS a (tenant_id, invoice_id, status, sent_at)
        VALUES (v_tenant, i, 'sent', now())
        ON CONFLICT ON CONSTRAINT mydata_answers_pkey DO UPDATE
        SET status = CASE a.status WHEN 'rejected' THEN 'sent' ELSE a.status END,
            errors = '[]', sent_at = now();
        PERFORM ecommerce_internal.check_written(FOUND, 'mydata_answers');
        v_answer := ecommerce_internal.mydata_answer(v_tenant, i);
        PERFORM ecommerce_internal.append_mydata_event(v_tenant, 'sent', v_answer);
        RETURN NEXT v_answer;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce.record_mydata_sent(uuid[], integer) IS
    'Note that documents were sent to myDATA, before the answer is there. They stay in '
    'mydata_pending until it is. What was accepted stays accepted. Errors: 22023 unknown '
    'document, 22004 NULL, EC011 wrong tenant.';

CREATE FUNCTION ecommerce.record_mydata_answer(
    invoice_ids uuid[],
    answer      text,
    tenant_id   integer DEFAULT ecommerce.current_tenant())
    RETURNS SETOF ecommerce.mydata_answer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_uids   text[];
    r        ecommerce_internal.mydata_response;
BEGIN
    IF num_nulls(invoice_ids, answer) > 0 OR array_position(invoice_ids, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'invoice_ids and answer must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    v_uids := ARRAY(SELECT coalesce(ecommerce.mydata_uid(u.id, v_tenant), '')
                    FROM unnest(invoice_ids) WITH ORDINALITY u (id, n) ORDER BY u.n);
    FOR r IN
        SELECT s.* FROM ecommerce_internal.mydata_responses(answer) s
        ORDER BY invoice_ids[s.index], s.index
    LOOP
        IF r.index NOT BETWEEN 1 AND cardinality(invoice_ids) THEN
            RAISE EXCEPTION 'the answer is about document %, but % were sent', r.index,
                            cardinality(invoice_ids) USING ERRCODE = 'invalid_parameter_value';
        ELSIF r.uid <> v_uids[r.index] AND r.uid = ANY (v_uids) THEN
            RAISE EXCEPTION 'response % is about document %', r.index,
                            array_position(v_uids, r.uid)
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'Give the ids in the order in which mydata_xml() had them.';
        END IF;
        RETURN NEXT ecommerce_internal.put_mydata_answer(v_tenant, invoice_ids[r.index], r);
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce.record_mydata_answer(uuid[], text, integer) IS
    'Write down what AADE answered to SendInvoices or CancelInvoice, once however often it is '
    'told. invoice_ids: the documents in the order in which mydata_xml() had them. answer: '
    'ResponseDoc as XML, or as JSON with the same names; HTTP''s status does not matter, each '
    'response has its own. Success gives a document its MARK, UID and address, another MARK later '
    'takes its place, errors are kept. Returns what is known of each now, by id. Errors: 22023 an '
    'answer that cannot be about them, or unknown documents; 22004 NULL; EC011 wrong tenant.';

CREATE FUNCTION ecommerce.record_mydata_answer(
    invoice_id uuid,
    answer     text,
    tenant_id  integer DEFAULT ecommerce.current_tenant())
    RETURNS SETOF ecommerce.mydata_answer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN QUERY
    SELECT * FROM ecommerce.record_mydata_answer(ARRAY[invoice_id], answer, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.record_mydata_answer(uuid, text, integer) IS
    'Like record_mydata_answer(invoice_ids, ...), about one document.';

CREATE FUNCTION ecommerce.record_mydata_answer(
    invoice_number text,
    answer         text,
    tenant_id      integer DEFAULT ecommerce.current_tenant())
    RETURNS SETOF ecommerce.mydata_answer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN QUERY
    SELECT * FROM ecommerce.record_mydata_answer(
        ARRAY[ecommerce_internal.mydata_invoice_id(v_tenant, invoice_number)], answer, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.record_mydata_answer(text, text, integer) IS
    'Like record_mydata_answer(invoice_ids, ...), about one document, by its number or an id '
    'without a type.';
