-- Reading an EN 16931 document, and the rules that it violates, a function a kind.

CREATE FUNCTION ecommerce_internal.invoice_parts(document jsonb)
    RETURNS TABLE (part text, n bigint, place text, category text, rate numeric, amount numeric,
                   element jsonb)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    -- What counts towards a VAT group: line nets as stated, allowances negative
    SELECT k.part, e.n, format('%s[%s]', k.part, e.n - 1),
           coalesce(r.vat_category, CASE WHEN r.vat_rate > 0 THEN 'S'
                                         WHEN r.vat_rate IS NOT NULL THEN 'Z' END),
           r.vat_rate,
           CASE k.part WHEN 'lines' THEN r.net WHEN 'allowances' THEN -r.amount ELSE r.amount END,
           e.e
    FROM unnest('{lines,allowances,charges}'::text[]) k (part)
    CROSS JOIN jsonb_array_elements(nullif(document -> k.part, 'null')) WITH ORDINALITY e (e, n)
    CROSS JOIN jsonb_to_record(e.e) r (vat_category text, vat_rate numeric, net numeric,
                                       amount numeric)
$$;
COMMENT ON FUNCTION ecommerce_internal.invoice_parts(jsonb) IS
    'The lines, allowances and charges of a document of invoice_totals(). With each is what it '
    'adds to the VAT group of its category and rate, NULL where the document does not state it.';

CREATE FUNCTION ecommerce_internal.invoice_adjustments(document jsonb)
    RETURNS TABLE (part text, place text, amount numeric, percent numeric, base numeric)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT k.part, format('%s.%s[%s]', p.place, k.part, e.n - 1), r.amount, r.percent, r.base
    FROM ecommerce_internal.invoice_parts(document) p
    CROSS JOIN unnest('{allowances,charges}'::text[]) k (part)
    CROSS JOIN jsonb_array_elements(nullif(p.element -> k.part, 'null')) WITH ORDINALITY e (e, n)
    CROSS JOIN jsonb_to_record(e.e) r (amount numeric, percent numeric, base numeric)
    WHERE p.part = 'lines'
$$;
COMMENT ON FUNCTION ecommerce_internal.invoice_adjustments(jsonb) IS
    'The allowances and charges of the lines of a document of invoice_totals().';

CREATE FUNCTION ecommerce_internal.invoice_vat(document jsonb)
    RETURNS TABLE (n bigint, category text, rate numeric, taxable numeric, tax numeric,
                   exemption text)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.n, v.category, v.rate, v.taxable, v.tax, v.exemption
    FROM jsonb_array_elements(nullif(document -> 'vat', 'null')) WITH ORDINALITY e (e, n)
    CROSS JOIN jsonb_to_record(e.e) v (category text, rate numeric, taxable numeric, tax numeric,
                                       exemption text)
$$;
COMMENT ON FUNCTION ecommerce_internal.invoice_vat(jsonb) IS
    'The VAT breakdown that a document of invoice_totals() states.';

CREATE FUNCTION ecommerce_internal.invoice_rule(category text, number text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('BR-%s-%s', CASE category WHEN 'K' THEN 'IC' ELSE category END, number)
    WHERE category IN ('S', 'Z', 'E', 'AE', 'K', 'G', 'O')
$$;
COMMENT ON FUNCTION ecommerce_internal.invoice_rule(text, text) IS
    'The name of the rule that has this number for a VAT category; NULL for other categories.';

CREATE FUNCTION ecommerce_internal.invoice_missing(document jsonb)
    RETURNS TABLE (rule text, detail text)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    -- A result that is stated needs those that it sums.
    WITH part AS MATERIALIZED (
        SELECT * FROM ecommerce_internal.invoice_parts(document)
    ), stated AS MATERIALIZED (
        SELECT s.totals, s.totals OR s.vat AS vat,
               s.totals OR s.vat OR EXISTS (SELECT FROM part p WHERE p.part = 'lines'
                                            AND p.amount IS NOT NULL) AS nets
        FROM (SELECT coalesce(document -> 'totals', 'null') <> 'null' AS totals,
                     coalesce(document -> 'vat', 'null') <> 'null' AS vat) s
    ), field AS (
        SELECT k.rule, 'totals' AS place, k.key
        FROM stated s
        CROSS JOIN (VALUES ('BR-12', 'lines'), ('BR-13', 'net'), ('BR-14', 'gross'),
                           ('BR-15', 'payable'), ('BR-CO-11', 'allowances'),
                           ('BR-CO-12', 'charges'), ('BR-CO-15', 'vat')) k (rule, key)
        WHERE s.totals AND document -> 'totals' ->> k.key IS NULL
          AND (k.key NOT IN ('allowances', 'charges')
               OR EXISTS (SELECT FROM part p WHERE p.part = k.key))
        UNION ALL
        SELECT k.rule, p.place, k.key
        FROM stated s
        CROSS JOIN part p
        JOIN (VALUES ('lines', 'BR-22', 'quantity'), ('lines', 'BR-24', 'net'),
                     ('lines', 'BR-26', 'unit_price'), ('allowances', 'BR-31', 'amount'),
                     ('charges', 'BR-36', 'amount')) k (part, rule, key) USING (part)
        WHERE p.element ->> k.key IS NULL
          AND CASE k.key WHEN 'net' THEN s.nets
                         WHEN 'amount' THEN s.vat OR p.element ->> 'percent' IS NULL
                         ELSE true END
        UNION ALL
        SELECT CASE p.part WHEN 'lines' THEN 'BR-CO-04' WHEN 'allowances' THEN 'BR-32'
                           ELSE 'BR-37' END, p.place, 'vat_category'
        FROM part p
        WHERE p.category IS NULL
        UNION ALL
        SELECT CASE a.part WHEN 'allowances' THEN 'BR-41' ELSE 'BR-43' END, a.place, 'amount'
        FROM ecommerce_internal.invoice_adjustments(document) a
        WHERE coalesce(a.amount, a.percent) IS NULL
        UNION ALL
        SELECT k.rule, format('vat[%s]', v.n - 1), k.key
        FROM ecommerce_internal.invoice_vat(document) v
        CROSS JOIN LATERAL (VALUES ('BR-45', 'taxable', v.taxable IS NULL),
                                   ('BR-46', 'tax', v.tax IS NULL),
                                   ('BR-47', 'category', v.category IS NULL),
                                   ('BR-48', 'rate', v.rate IS NULL
                                    AND coalesce(v.category, 'S') = 'S')) k (rule, key, missing)
        WHERE k.missing
    )
    SELECT f.rule, format('%s has no %s.', f.place, f.key) FROM field f
    UNION ALL
    SELECT 'BR-05', 'There is no currency.'
    WHERE jsonb_typeof(document) = 'object' AND document ->> 'currency' IS NULL
    UNION ALL
    SELECT 'BR-16', 'There is no line.'
    WHERE NOT EXISTS (SELECT FROM part p WHERE p.part = 'lines')
    UNION ALL
    SELECT 'BR-CO-18', 'There is no VAT breakdown.'
    FROM stated s
    WHERE s.vat AND NOT EXISTS (SELECT FROM ecommerce_internal.invoice_vat(document))
$$;
COMMENT ON FUNCTION ecommerce_internal.invoice_missing(jsonb) IS
    'Rules of EN 16931 about what a document of invoice_totals() must have and has not.';

CREATE FUNCTION ecommerce_internal.invoice_sums(document jsonb)
    RETURNS TABLE (rule text, detail text)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    -- NULL is a sum that is not known, because a part of it is not stated.
    WITH sums AS MATERIALIZED (
        SELECT k.part, CASE WHEN bool_and(p.amount IS NOT NULL) FILTER (WHERE p.part IS NOT NULL)
                            THEN k.sign * sum(p.amount)
                            WHEN count(p.part) = 0 AND k.part <> 'lines' THEN 0 END AS amount
        FROM (VALUES ('lines', 1), ('allowances', -1), ('charges', 1)) k (part, sign)
        LEFT JOIN ecommerce_internal.invoice_parts(document) p USING (part)
        GROUP BY k.part, k.sign
    )
    SELECT r.rule, format('It is %s, but must be %s.', r.stated, r.expected)
    FROM (SELECT t.*, coalesce(t.prepaid, (document ->> 'prepaid')::numeric, 0) AS paid,
                 coalesce(t.rounding, (document ->> 'rounding')::numeric, 0) AS rounded
          FROM jsonb_to_record(nullif(document -> 'totals', 'null')) t (
              lines numeric, allowances numeric, charges numeric, net numeric, vat numeric,
              gross numeric, prepaid numeric, rounding numeric, payable numeric)) t
    CROSS JOIN LATERAL (VALUES
        ('BR-CO-10', t.lines, (SELECT s.amount FROM sums s WHERE s.part = 'lines')),
        ('BR-CO-11', t.allowances, (SELECT s.amount FROM sums s WHERE s.part = 'allowances')),
        ('BR-CO-12', t.charges, (SELECT s.amount FROM sums s WHERE s.part = 'charges')),
        ('BR-CO-13', t.net, t.lines - coalesce(t.allowances, 0) + coalesce(t.charges, 0)),
        ('BR-CO-14', t.vat, (SELECT sum(v.tax) FROM ecommerce_internal.invoice_vat(document) v)),
        ('BR-CO-15', t.gross, t.net + t.vat),
        ('BR-CO-16', t.payable, t.gross - t.paid + t.rounded)) r (rule, stated, expected)
    WHERE r.stated <> r.expected
$$;
COMMENT ON FUNCTION ecommerce_internal.invoice_sums(jsonb) IS
    'Rules of EN 16931 about the totals of a document of invoice_totals(), as far as it states '
    'them.';

CREATE FUNCTION ecommerce_internal.invoice_breakdown(document jsonb)
    RETURNS TABLE (rule text, detail text)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    -- A group is a category, and in category S a rate.
    WITH part AS MATERIALIZED (
        SELECT p.category, CASE p.category WHEN 'S' THEN p.rate END AS rate,
               bool_and(p.amount IS NOT NULL) AS is_stated, sum(p.amount) AS amount
        FROM ecommerce_internal.invoice_parts(document) p
        GROUP BY 1, 2
    ), vat AS MATERIALIZED (
        SELECT v.*, CASE v.category WHEN 'S' THEN v.rate END AS group_rate,
               CASE WHEN v.category IS DISTINCT FROM 'S' THEN 1e-9 ELSE 1 END AS tolerance,
               round(v.taxable * v.rate / 100, 2) AS expected_tax
        FROM ecommerce_internal.invoice_vat(document) v
    )
    SELECT ecommerce_internal.invoice_rule(p.category, '01'),
           format('The VAT breakdown lacks category %s.', p.category)
    FROM (SELECT DISTINCT part.category FROM part) p
    WHERE (coalesce(document -> 'vat', 'null') <> 'null'
           OR coalesce(document -> 'totals', 'null') <> 'null')
      AND NOT EXISTS (SELECT FROM vat v WHERE v.category = p.category)
    UNION ALL
    SELECT 'BR-S-01', 'The VAT breakdown has category S, but no part has.'
    WHERE EXISTS (SELECT FROM vat v WHERE v.category = 'S')
      AND NOT EXISTS (SELECT FROM part p WHERE p.category = 'S')
    UNION ALL
    SELECT ecommerce_internal.invoice_rule(v.category, CASE v.category WHEN 'S' THEN '08'
                                                                       ELSE '01' END),
           concat_ws(' ', 'The VAT breakdown has category', v.category,
                     'at ' || v.group_rate || ' %', count(*), 'times.')
    FROM vat v
    GROUP BY v.category, v.group_rate
    HAVING count(*) > 1
    UNION ALL
    SELECT 'BR-S-08', format('The VAT breakdown lacks category S at %s %%.', p.rate)
    FROM part p
    WHERE p.category = 'S' AND p.rate > 0
      AND EXISTS (SELECT FROM vat v WHERE v.category = 'S')
      AND NOT EXISTS (SELECT FROM vat v WHERE v.category = 'S' AND v.rate = p.rate)
    UNION ALL
    SELECT ecommerce_internal.invoice_rule(v.category, '08'),
           format('Category %s at %s %% has taxable amount %s, but its parts sum to %s.',
                  v.category, coalesce(v.rate, 0), v.taxable, coalesce(p.amount, 0))
    FROM vat v
    LEFT JOIN part p ON p.category = v.category AND p.rate IS NOT DISTINCT FROM v.group_rate
    WHERE CASE WHEN p.category IS NOT NULL
               THEN p.is_stated AND abs(v.taxable - p.amount) >= v.tolerance
               WHEN v.category = 'S'
               THEN v.rate IS NOT NULL AND EXISTS (SELECT FROM part s WHERE s.category = 'S')
               ELSE v.taxable <> 0 END
    UNION ALL
    SELECT r.rule,
           format('Category %s at %s %% of %s has VAT %s.', v.category, coalesce(v.rate, 0),
                  v.taxable, v.tax)
    FROM vat v
    CROSS JOIN LATERAL (VALUES
        ('BR-CO-17', v.rate, v.expected_tax),
        (ecommerce_internal.invoice_rule(v.category, '09'), v.rate,
         CASE v.category WHEN 'S' THEN v.expected_tax ELSE 0 END)) r (rule, rate, tax)
    WHERE abs(v.tax - r.tax) >= v.tolerance
    UNION ALL
    SELECT ecommerce_internal.invoice_rule(v.category, '10'),
           format('Category %s %s a reason for exemption.', v.category,
                  CASE WHEN v.exemption IS NULL THEN 'needs' ELSE 'must not have' END)
    FROM vat v
    WHERE (v.category IN ('S', 'Z')) = (v.exemption IS NOT NULL)
$$;
COMMENT ON FUNCTION ecommerce_internal.invoice_breakdown(jsonb) IS
    'Rules of EN 16931 about the VAT breakdown that a document of invoice_totals() states. The '
    'rule is NULL for categories that it does not know.';

CREATE FUNCTION ecommerce_internal.invoice_categories(document jsonb)
    RETURNS TABLE (rule text, detail text)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    WITH part AS MATERIALIZED (
        SELECT p.*, array_position('{lines,allowances,charges}', p.part) AS nth
        FROM ecommerce_internal.invoice_parts(document) p
    ), vat AS MATERIALIZED (
        SELECT * FROM ecommerce_internal.invoice_vat(document)
    )
    -- Codes of UNCL 5305 that the standard takes, with those that are refused here
    SELECT CASE c.part WHEN 'lines' THEN 'BR-CL-18' ELSE 'BR-CL-17' END,
           format('%s has category %s, which is unknown.', c.place, c.category)
    FROM (SELECT p.part, p.place, p.category FROM part p
          UNION ALL SELECT 'vat', format('vat[%s]', v.n - 1), v.category FROM vat v) c
    WHERE c.category NOT IN ('S', 'Z', 'E', 'AE', 'K', 'G', 'O', 'L', 'M', 'B')
    -- Rates that belong to categories
    UNION ALL
    SELECT ecommerce_internal.invoice_rule(p.category, '0' || p.nth + 4),
           format('%s has category %s with rate %s.', p.place, p.category,
                  coalesce(p.rate::text, 'none'))
    FROM part p
    WHERE CASE p.category WHEN 'S' THEN coalesce(p.rate, 0) <= 0
                          WHEN 'O' THEN p.rate <> 0
                          ELSE p.rate IS DISTINCT FROM 0 END
    -- What is outside the scope of VAT stands alone.
    UNION ALL
    SELECT 'BR-O-11', 'Category O stands beside another in the VAT breakdown.'
    WHERE EXISTS (SELECT FROM vat v WHERE v.category = 'O')
      AND EXISTS (SELECT FROM vat v WHERE v.category <> 'O')
    UNION ALL
    SELECT DISTINCT 'BR-O-' || p.nth + 11,
           format('Category O stands beside %s in %s.', p.category, p.part)
    FROM part p
    WHERE p.category <> 'O'
      AND (EXISTS (SELECT FROM part o WHERE o.category = 'O')
           OR EXISTS (SELECT FROM vat v WHERE v.category = 'O'))
$$;
COMMENT ON FUNCTION ecommerce_internal.invoice_categories(jsonb) IS
    'Rules of EN 16931 about the VAT categories of a document of invoice_totals(). The rule is '
    'NULL for categories that it does not know.';

CREATE FUNCTION ecommerce_internal.invoice_amounts(document jsonb)
    RETURNS TABLE (rule text, detail text)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'BR-27', format('Line %s has unit price %s.', p.n, p.element ->> 'unit_price')
    FROM ecommerce_internal.invoice_parts(document) p
    WHERE p.part = 'lines' AND (p.element ->> 'unit_price')::numeric < 0
    UNION ALL
    SELECT DISTINCT r.rule, format('%s has more than two decimals.', r.amount)
    FROM (SELECT k.rule, (document -> 'totals' ->> k.key)::numeric AS amount
          FROM (VALUES ('BR-DEC-09', 'lines'), ('BR-DEC-10', 'allowances'),
                       ('BR-DEC-11', 'charges'), ('BR-DEC-12', 'net'), ('BR-DEC-13', 'vat'),
                       ('BR-DEC-14', 'gross'), ('BR-DEC-16', 'prepaid'),
                       ('BR-DEC-17', 'rounding'), ('BR-DEC-18', 'payable')) k (rule, key)
          UNION ALL
          SELECT k.rule, k.amount
          FROM ecommerce_internal.invoice_vat(document) v
          CROSS JOIN LATERAL (VALUES ('BR-DEC-19', v.taxable), ('BR-DEC-20', v.tax))
              k (rule, amount)
          UNION ALL
          SELECT k.rule, (p.element ->> k.key)::numeric
          FROM ecommerce_internal.invoice_parts(document) p
          JOIN (VALUES ('lines', 'BR-DEC-23', 'net'), ('allowances', 'BR-DEC-01', 'amount'),
                       ('allowances', 'BR-DEC-02', 'base'), ('charges', 'BR-DEC-05', 'amount'),
                       ('charges', 'BR-DEC-06', 'base')) k (part, rule, key) USING (part)
          UNION ALL
          SELECT k.rule, k.amount
          FROM ecommerce_internal.invoice_adjustments(document) a
          CROSS JOIN LATERAL (VALUES ('allowances', 'BR-DEC-24', a.amount),
                                     ('allowances', 'BR-DEC-25', a.base),
                                     ('charges', 'BR-DEC-27', a.amount),
                                     ('charges', 'BR-DEC-28', a.base)) k (part, rule, amount)
          WHERE k.part = a.part) r
    WHERE min_scale(r.amount) > 2
$$;
COMMENT ON FUNCTION ecommerce_internal.invoice_amounts(jsonb) IS
    'Rules of EN 16931 about single amounts of a document of invoice_totals(). Prices are not '
    'negative, amounts have two decimals at most.';

CREATE FUNCTION ecommerce_internal.invoice_calculate(document jsonb) RETURNS jsonb
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_invoice_calculate';
COMMENT ON FUNCTION ecommerce_internal.invoice_calculate(jsonb) IS
    'Like calculate_totals(), but an allowance of a line may be above its amount. Error 22023 '
    'says which key is wrong.';
