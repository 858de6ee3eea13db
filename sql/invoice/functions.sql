-- One EN 16931 document: its totals, and the rules that it violates.
--
-- Rules are named as in the standard's own validation (CEN/TC 434), with its
-- tolerances; the one of Peppol has its prefix.

CREATE FUNCTION ecommerce.invoice_violations(document jsonb)
    RETURNS TABLE (rule text, detail text)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT v.rule, v.detail
    FROM (SELECT * FROM ecommerce_internal.invoice_missing(
              ecommerce_internal.encoded_once(document, 'document'))
          UNION ALL SELECT * FROM ecommerce_internal.invoice_sums(document)
          UNION ALL SELECT * FROM ecommerce_internal.invoice_breakdown(document)
          UNION ALL SELECT * FROM ecommerce_internal.invoice_categories(document)
          UNION ALL SELECT * FROM ecommerce_internal.invoice_amounts(document)) v
    WHERE v.rule IS NOT NULL
$$;
COMMENT ON FUNCTION ecommerce.invoice_violations(jsonb) IS
    'The rules of EN 16931 that a document of invoice_totals() violates, by what it states itself. '
    'The rule is BR-CO-10 and so on, the detail what is wrong. A result that is stated needs those '
    'that it sums: totals need the VAT breakdown, and both need the net of each line.';

CREATE FUNCTION ecommerce.invoice_totals(document jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    minor_units int := scale(ecommerce.round_amount(0,
        ecommerce_internal.encoded_once(document, 'document') ->> 'currency'));
    computed    jsonb;
    violations  jsonb;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('rule', v.rule, 'detail', v.detail)
                     ORDER BY v.rule, v.detail) INTO violations
    FROM ecommerce.invoice_violations(document) v;

    -- What lacks an amount, or whose categories contradict their rates, cannot be totalled.
    IF EXISTS (SELECT FROM jsonb_to_recordset(violations) v (rule text)
               WHERE v.rule ~ '^BR-(05|16|22|26|31|36|41|43|CO-04|CL-1[78]|O-1[1-4])$'
                  OR v.rule ~ '^BR-(S|Z|E|AE|IC|G|O)-0[567]$'
                  OR (v.rule ~ '^BR-DEC-(01|05|24|27)$'
                      AND minor_units <= 2)) THEN
        RETURN jsonb_build_object('violations', violations);
    END IF;
    IF jsonb_path_exists(document, '$.vat[*].category ? (@ == "L" || @ == "M" || @ == "B")') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'vat[].category must be one of S, Z, E, AE, K, G, O';
    END IF;

    computed := ecommerce_internal.invoice_calculate(
        (document - '{vat,totals}'::text[]) || jsonb_build_object(
            'prices', 'net',
            'lines',
            (SELECT jsonb_agg(l - 'net' ORDER BY n)
             FROM jsonb_array_elements(document -> 'lines') WITH ORDINALITY e (l, n)),
            'allowances', coalesce(document -> 'allowances', '[]'),
            'charges', coalesce(document -> 'charges', '[]')));
    SELECT coalesce(violations, '[]') || coalesce(jsonb_agg(jsonb_build_object(
               'rule', 'PEPPOL-EN16931-R120',
               'detail', format('lines[%s] has net %s, but must have %s.', e.n - 1, e.l ->> 'net',
                                c.c ->> 'net'))), '[]') INTO violations
    FROM jsonb_array_elements(document -> 'lines') WITH ORDINALITY e (l, n)
    JOIN jsonb_array_elements(computed -> 'lines') WITH ORDINALITY c (c, n) USING (n)
    WHERE abs((e.l ->> 'net')::numeric
              - (c.c ->> 'net')::numeric - (c.c ->> 'discount')::numeric) > 0.02;
    RETURN computed || jsonb_build_object('violations', violations);
END
$$;
COMMENT ON FUNCTION ecommerce.invoice_totals(jsonb) IS
    'Totals of one EN 16931 document, and the rules that it violates. A document of '
    'calculate_totals() with net prices, in which allowances and charges of the document have a '
    'vat_category and vat_rate; it may state its own results: "net" of a line, "vat": '
    '[{"category", "rate", "taxable", "tax", "exemption"}] and "totals". The answer is that of '
    'calculate_totals(), but that an allowance may be above the amount of its line, and '
    '"violations": [{"rule": "BR-CO-10", "detail"}]; only these if the document cannot be '
    'totalled, because an amount is missing or a category and its rate contradict each other. '
    'Error 22023 for what is no such document, and for categories L, M and B.';
