-- One EN 16931 document: its totals, and the rules that it violates.
--
-- Rules are named as in the standard's own validation (CEN/TC 434), with its
-- tolerances; the one of Peppol has its prefix.

CREATE FUNCTION ecommerce.invoice_violations(document jsonb)
    RETURNS TABLE (rule text, detail text)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    WITH code (category, rule) AS (
        VALUES ('S', 'S'), ('Z', 'Z'), ('E', 'E'), ('AE', 'AE'), ('K', 'IC'), ('G', 'G'), ('O', 'O')
    ), part AS MATERIALIZED (
        SELECT p.*, c.rule FROM ecommerce_internal.invoice_parts(document) p
        LEFT JOIN code c USING (category)
    ), vat AS MATERIALIZED (
        SELECT v.category, coalesce(v.rate, 0) AS rate, v.taxable, v.tax, v.exemption,
               v.rate IS NOT NULL AS has_rate, c.rule
        FROM jsonb_to_recordset(document -> 'vat') v (category text, rate numeric, taxable numeric,
                                                      tax numeric, exemption text)
        LEFT JOIN code c USING (category)
    ), t AS MATERIALIZED (
        SELECT * FROM jsonb_to_record(document -> 'totals') t (
            lines numeric, allowances numeric, charges numeric, net numeric, vat numeric,
            gross numeric, prepaid numeric, rounding numeric, payable numeric)
    ), sums AS MATERIALIZED (
        SELECT coalesce(sum(p.amount) FILTER (WHERE p.part = 'lines'), 0)       AS lines,
               coalesce(-sum(p.amount) FILTER (WHERE p.part = 'allowances'), 0) AS allowances,
               coalesce(sum(p.amount) FILTER (WHERE p.part = 'charges'), 0)     AS charges,
               (SELECT sum(v.tax) FROM vat v) AS tax,
               coalesce(bool_and(p.amount IS NOT NULL) FILTER (WHERE p.part = 'lines'), false)
                   AS lines_stated
        FROM part p
    ), line_adjustment AS MATERIALIZED (
        SELECT CASE k.part WHEN 'allowances' THEN 'BR-DEC-24' ELSE 'BR-DEC-27' END AS rule,
               (a ->> 'amount')::numeric AS amount
        FROM jsonb_array_elements(document -> 'lines') l
        CROSS JOIN unnest('{allowances,charges}'::text[]) k (part)
        CROSS JOIN jsonb_array_elements(
            CASE WHEN jsonb_typeof(l -> k.part) = 'array' THEN l -> k.part ELSE '[]' END) a
    )
    -- Every document has a line; prices are not negative.
    SELECT 'BR-16', 'There is no line.'
    WHERE NOT EXISTS (SELECT FROM part WHERE part.part = 'lines')
    UNION ALL
    SELECT 'BR-27', format('Line %s has unit price %s.', e.n, e.l ->> 'unit_price')
    FROM jsonb_array_elements(document -> 'lines') WITH ORDINALITY e (l, n)
    WHERE (e.l ->> 'unit_price')::numeric < 0
    -- Sums
    UNION ALL
    SELECT r.rule, format('It is %s, but must be %s.', r.stated, r.expected)
    FROM t, sums s, LATERAL (VALUES
        ('BR-CO-10', t.lines, CASE WHEN s.lines_stated THEN s.lines END),
        ('BR-CO-11', t.allowances, s.allowances),
        ('BR-CO-12', t.charges, s.charges),
        ('BR-CO-13', t.net, t.lines - coalesce(t.allowances, 0) + coalesce(t.charges, 0)),
        ('BR-CO-14', t.vat, s.tax),
        ('BR-CO-15', t.gross, t.net + coalesce(t.vat, 0)),
        ('BR-CO-16', t.payable,
         t.gross - coalesce(t.prepaid, 0) + coalesce(t.rounding, 0))) r (rule, stated, expected)
    WHERE r.stated <> r.expected
    -- VAT groups: one for each category and rate that occurs, and no other
    UNION ALL
    SELECT 'BR-CO-18', 'There is no VAT breakdown.'
    WHERE document -> 'vat' IS NOT NULL AND NOT EXISTS (SELECT FROM vat)
    UNION ALL
    SELECT DISTINCT format('BR-%s-01', p.rule),
           format('The VAT breakdown lacks category %s.', p.category)
    FROM part p
    WHERE EXISTS (SELECT FROM vat) AND NOT EXISTS (SELECT FROM vat v WHERE v.category = p.category)
    UNION ALL
    SELECT format('BR-%s-08', v.rule),
           format('Category %s at %s %% has taxable amount %s, but its parts sum to %s.',
                  v.category, v.rate, v.taxable, g.amount)
    FROM vat v
    CROSS JOIN LATERAL (SELECT coalesce(sum(p.amount), 0) AS amount,
                               bool_and(p.amount IS NOT NULL) IS NOT false AS stated
                        FROM part p
                        WHERE p.category = v.category AND (p.rate = v.rate OR v.category <> 'S')) g
    WHERE g.stated AND abs(v.taxable - g.amount) >= CASE v.category WHEN 'S' THEN 1 ELSE 1e-9 END
    UNION ALL
    SELECT r.rule,
           format('Category %s at %s %% of %s has VAT %s.', v.category, v.rate, v.taxable, v.tax)
    FROM vat v CROSS JOIN LATERAL (VALUES ('BR-CO-17'), (format('BR-%s-09', v.rule))) r (rule)
    WHERE abs(abs(v.tax) - round(abs(v.taxable) * v.rate / 100, 2))
          >= CASE v.category WHEN 'S' THEN 1 ELSE 1e-9 END
    UNION ALL
    SELECT format('BR-%s-10', v.rule),
           format('Category %s %s a reason for exemption.', v.category,
                  CASE WHEN v.exemption IS NULL THEN 'needs' ELSE 'must not have' END)
    FROM vat v WHERE (v.category IN ('S', 'Z')) = (v.exemption IS NOT NULL)
    -- Rates that belong to categories
    UNION ALL
    SELECT format('BR-%s-%s', p.rule, CASE p.part WHEN 'lines' THEN '05'
                                                  WHEN 'allowances' THEN '06' ELSE '07' END),
           format('%s[%s] has category %s with rate %s.', p.part, p.n - 1, p.category, p.rate)
    FROM part p
    WHERE CASE p.category WHEN 'S' THEN p.rate <= 0
                          WHEN 'O' THEN p.has_rate AND p.rate <> 0 ELSE p.rate <> 0 END
    -- What is outside the scope of VAT stands alone.
    UNION ALL
    SELECT 'BR-O-11', 'Category O stands beside another in the VAT breakdown.'
    WHERE EXISTS (SELECT FROM vat v WHERE v.category = 'O')
      AND EXISTS (SELECT FROM vat v WHERE v.category <> 'O')
    UNION ALL
    SELECT DISTINCT format('BR-O-%s', CASE p.part WHEN 'lines' THEN '12'
                                                  WHEN 'allowances' THEN '13' ELSE '14' END),
           format('Category O stands beside %s in %s.', p.category, p.part)
    FROM part p
    WHERE p.category <> 'O'
      AND (EXISTS (SELECT FROM part o WHERE o.category = 'O')
           OR EXISTS (SELECT FROM vat v WHERE v.category = 'O'))
    -- Amounts have two decimals at most.
    UNION ALL
    SELECT DISTINCT r.rule, format('%s has more than two decimals.', r.amount)
    FROM (SELECT x.rule, x.amount
          FROM t,
          LATERAL (VALUES
              ('BR-DEC-09', t.lines), ('BR-DEC-10', t.allowances), ('BR-DEC-11', t.charges),
              ('BR-DEC-12', t.net), ('BR-DEC-13', t.vat), ('BR-DEC-14', t.gross),
              ('BR-DEC-16', t.prepaid), ('BR-DEC-17', t.rounding),
              ('BR-DEC-18', t.payable)) x (rule, amount)
          UNION ALL SELECT 'BR-DEC-19', v.taxable FROM vat v
          UNION ALL SELECT 'BR-DEC-20', v.tax FROM vat v
          UNION ALL SELECT CASE p.part WHEN 'lines' THEN 'BR-DEC-23'
                                       WHEN 'allowances' THEN 'BR-DEC-01' ELSE 'BR-DEC-05' END,
                           p.amount
                    FROM part p
          UNION ALL SELECT a.rule, a.amount FROM line_adjustment a) r
    WHERE min_scale(r.amount) > 2
$$;
COMMENT ON FUNCTION ecommerce.invoice_violations(jsonb) IS
    'The rules of EN 16931 that a document of invoice_totals() violates, by what it states itself. '
    'The rule is BR-CO-10 and so on, the detail what is wrong.';

CREATE FUNCTION ecommerce.invoice_totals(document jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    computed   jsonb;
    violations jsonb;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('rule', v.rule, 'detail', v.detail)
                     ORDER BY v.rule, v.detail) INTO violations
    FROM ecommerce.invoice_violations(document) v;

    -- Categories that contradict their rates cannot be totalled.
    IF EXISTS (SELECT FROM jsonb_to_recordset(violations) v (rule text)
               WHERE v.rule ~ '-0[567]$|^BR-O-1[1-4]$|^BR-16$') THEN
        RETURN jsonb_build_object('violations', violations);
    END IF;

    computed := ecommerce.calculate_totals(
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
    'calculate_totals() and "violations": [{"rule": "BR-CO-10", "detail"}]; only those where '
    'category and rate contradict each other. Error 22023 for what is no such document.';
