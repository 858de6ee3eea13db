-- Whether what was asked for and drafted is right.

CREATE FUNCTION ecommerce_internal.check_invoice_options(request jsonb, keys text[]) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_request jsonb := coalesce(nullif(CASE ecommerce_internal.encoded_once(request, 'request')
                                       WHEN '[]' THEN '{}' ELSE request END, 'null'), '{}');
    v_fault   text;
BEGIN
    IF v_request = '{}' THEN
        RETURN v_request;
    ELSIF jsonb_typeof(v_request) <> 'object' THEN
        v_fault := 'request must be an object';
    ELSE
        v_request := jsonb_strip_nulls(v_request);
        SELECT format('request.%s %s', left(e.key, 100), f.fault) INTO v_fault
        FROM jsonb_each(v_request) e
        CROSS JOIN LATERAL (SELECT e.value #>> '{}' AS value) t
        CROSS JOIN LATERAL (SELECT CASE
            WHEN e.key <> ALL (keys) THEN 'is unknown'
            WHEN e.key IN ('buyer', 'exchange_rates')
                THEN CASE WHEN jsonb_typeof(e.value) <> 'object' THEN 'must be an object' END
            WHEN jsonb_typeof(e.value) NOT IN ('string', 'number') THEN 'must be a string or number'
            WHEN e.key IN ('due_date', 'delivery_date')
                 AND NOT ecommerce_internal.is_day(t.value)
                THEN 'must be a day as YYYY-MM-DD'
            WHEN e.key = 'payment_days' AND (t.value !~ '^[0-9]{1,4}$' OR t.value::integer > 3650)
                THEN 'must be a whole number from 0 to 3650'
            WHEN e.key = 'exchange_rate' AND NOT ecommerce_internal.exchange_rate_valid(t.value)
                THEN 'must be a number above zero'
            WHEN e.key = 'profile' AND t.value NOT IN ('en16931', 'peppol', 'peppol_gr')
                THEN 'must be en16931, peppol or peppol_gr'
            WHEN length(t.value) > CASE e.key WHEN 'note' THEN 10000 ELSE 200 END
                THEN 'is too long' END AS fault) f
        WHERE f.fault IS NOT NULL ORDER BY e.key LIMIT 1;
        v_fault := coalesce(v_fault, (
            SELECT format('request.exchange_rates.%s must be a number above zero', left(r.key, 100))
            FROM jsonb_each(coalesce(v_request -> 'exchange_rates', '{}')) r
            WHERE NOT ecommerce_internal.exchange_rate_valid(r.value #>> '{}') LIMIT 1), (
            SELECT format('request.buyer.%s %s', left(r.key, 100), f.fault)
            FROM jsonb_each(coalesce(v_request -> 'buyer', '{}')) r
            CROSS JOIN LATERAL (SELECT r.value #>> '{}' AS value) t
            CROSS JOIN LATERAL (SELECT CASE
                WHEN jsonb_typeof(r.value) <> 'string' OR r.key <> ALL ('{name,company,
                    address_line_1,address_line_2,city,state,postal_code,country,vat_id,email,phone,
                    registration_number,registration_scheme,endpoint_scheme,endpoint_id}'::text[])
                    THEN 'is unknown or no text'
                WHEN length(t.value) > 255 THEN 'is too long'
                WHEN r.key = 'country' AND ecommerce_internal.trimmed(t.value) <> ''
                     AND NOT EXISTS (SELECT FROM ecommerce.countries c WHERE c.code = t.value)
                    THEN 'must be two letters of ISO 3166-1, as GR for Greece' END AS fault) f
            WHERE f.fault IS NOT NULL ORDER BY r.key LIMIT 1),
            CASE WHEN v_request ? 'due_date' AND v_request ? 'payment_days'
                 THEN 'request has either due_date or payment_days' END);
    END IF;
    IF v_fault IS NOT NULL THEN
        RAISE EXCEPTION '%', v_fault USING ERRCODE = 'invalid_parameter_value',
            HINT = format('Its keys are %s.', array_to_string(keys, ', '));
    END IF;
    RETURN v_request;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_invoice_options(jsonb, text[]) IS
    'The request of a document, without NULLs. keys: those that it may have. Error 22023 names '
    'what is wrong.';

CREATE FUNCTION ecommerce_internal.check_due_date(tenant_id integer, options jsonb) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    IF (options ->> 'due_date')::date
           < ecommerce_internal.shop_day_at(now(), (
                 SELECT s.timezone FROM ecommerce.settings s
                 WHERE s.tenant_id = check_due_date.tenant_id)) THEN
        RAISE EXCEPTION 'request.due_date must not be over, but is %', options ->> 'due_date'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_due_date(integer, jsonb) IS
    'Error 22023 if the options of a document want it paid before today.';

CREATE FUNCTION ecommerce_internal.exchange_rate_valid(value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN coalesce(value ~ '^[0-9]{1,9}([.][0-9]{1,15})?$' AND value ~ '[1-9]', false);
COMMENT ON FUNCTION ecommerce_internal.exchange_rate_valid(text) IS
    'Whether a text is a rate of exchange: a number above zero with at most 15 decimals.';

CREATE FUNCTION ecommerce_internal.is_xml_document(document jsonb) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_is_xml_document';
COMMENT ON FUNCTION ecommerce_internal.is_xml_document(jsonb) IS
    'Whether XML can have each character of each text in a document.';

CREATE FUNCTION ecommerce_internal.check_draft_texts(draft jsonb, place text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    e record;
BEGIN
    IF ecommerce_internal.is_xml_document(draft) THEN
        RETURN;
    END IF;
    FOR e IN
        SELECT o.key, o.value FROM jsonb_each(CASE jsonb_typeof(draft) WHEN 'object' THEN draft END)
            o
        UNION ALL
        SELECT (a.n - 1)::text, a.value
        FROM jsonb_array_elements(CASE jsonb_typeof(draft) WHEN 'array' THEN draft END)
            WITH ORDINALITY AS a (value, n)
    LOOP
        IF jsonb_typeof(e.value) = 'string' THEN
            PERFORM ecommerce_internal.check_xml_text(e.value #>> '{}', place || '.' || e.key);
        ELSE
            PERFORM ecommerce_internal.check_draft_texts(e.value, place || '.' || e.key);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_draft_texts(jsonb, text) IS
    'Whether XML can have each character of each text in a draft: else error 22023. place: what '
    'the draft is called in the message.';

CREATE FUNCTION ecommerce_internal.invoice_document(document jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_parts  jsonb;
BEGIN
    SELECT jsonb_build_object(
        'lines', coalesce(jsonb_agg(jsonb_build_object('quantity', l.quantity,
                'unit_price', l.unit_price, 'base_quantity', l.base_quantity,
                'vat_category', l.vat_category, 'net', l.net,
                'allowances', CASE WHEN l.allowance > 0 THEN jsonb_build_array(
                    jsonb_build_object('amount', l.allowance)) ELSE '[]' END) || r.rate
            ORDER BY l.line_number) FILTER (WHERE l.part = 'line'), '[]'),
        'allowances', coalesce(jsonb_agg(jsonb_build_object('amount', l.net,
            'vat_category', l.vat_category) || r.rate ORDER BY l.line_number)
            FILTER (WHERE l.part = 'allowance'), '[]'),
        'charges', coalesce(jsonb_agg(jsonb_build_object('amount', l.net,
            'vat_category', l.vat_category) || r.rate ORDER BY l.line_number)
            FILTER (WHERE l.part = 'charge'), '[]'),
        'totals', jsonb_build_object(
            'lines', coalesce(sum(l.net) FILTER (WHERE l.part = 'line'), 0),
            'allowances', coalesce(sum(l.net) FILTER (WHERE l.part = 'allowance'), 0),
            'charges', coalesce(sum(l.net) FILTER (WHERE l.part = 'charge'), 0),
            'net', document -> 'net', 'vat', document -> 'vat', 'gross', document -> 'gross',
            'prepaid', document -> 'prepaid', 'rounding', document -> 'rounding',
            'payable', (document ->> 'gross')::numeric - (document ->> 'prepaid')::numeric
                       + (document ->> 'rounding')::numeric))
    INTO v_parts
    FROM jsonb_to_recordset(document -> 'lines') AS l (line_number integer, part text,
        quantity numeric, unit_price numeric, base_quantity numeric, allowance numeric,
        net numeric, vat_category text, vat_rate numeric)
    CROSS JOIN LATERAL (SELECT CASE l.vat_category WHEN 'O' THEN '{}'
                               ELSE jsonb_build_object('vat_rate', l.vat_rate) END AS rate) r;
    RETURN v_parts || jsonb_build_object('currency', document -> 'currency', 'vat', (
        SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('category', g.vat_category,
            'rate', CASE WHEN g.vat_category <> 'O' THEN g.vat_rate END, 'taxable', g.taxable,
            'tax', g.tax, 'exemption', coalesce(g.vatex, g.reason))))
        FROM jsonb_to_recordset(document -> 'vat_breakdown') AS g (vat_category text,
            vat_rate numeric, taxable numeric, tax numeric, vatex text, reason text)));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.invoice_document(jsonb) IS
    'A document of get_invoice() as one of invoice_totals(), for invoice_violations().';

CREATE FUNCTION ecommerce_internal.check_draft(draft jsonb) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_lacks  jsonb := CASE draft ->> 'kind' WHEN 'invoice'
                           THEN ecommerce_internal.draft_lacks(draft) END;
    v_faults jsonb;
BEGIN
    IF v_lacks IS NOT NULL THEN
        RAISE EXCEPTION 'invoice data are incomplete: % is missing or wrong',
                        v_lacks -> 0 ->> 'field'
            USING ERRCODE = 'EC051', DETAIL = v_lacks::text,
                  HINT = 'What the seller is called is in ecommerce.sellers; what is missing of '
                         'the buyer may be in the request.';
    END IF;
    PERFORM ecommerce_internal.check_draft_texts(draft, draft ->> 'kind');
    v_faults := ecommerce_internal.draft_faults(draft);
    IF v_faults IS NULL THEN
        -- Amounts of more than two decimals are right where the currency has them.
        SELECT jsonb_agg(format('%s: %s', v.rule, v.detail)) INTO v_faults
        FROM ecommerce.invoice_violations(ecommerce_internal.invoice_document(draft)) v
        WHERE NOT (v.rule LIKE 'BR-DEC-%'
                   AND scale(ecommerce.round_amount(0, draft ->> 'currency')) > 2);
    END IF;
    IF v_faults IS NOT NULL THEN
        RAISE EXCEPTION 'the document would be wrong: %', v_faults ->> 0
            USING ERRCODE = 'data_exception', DETAIL = v_faults::text;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_draft(jsonb) IS
    'Whether a draft may be issued. Errors: EC051 with all that it lacks, 22023 a character that '
    'XML cannot have, 22000 its arithmetic is wrong.';
