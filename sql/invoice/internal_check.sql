-- Whether a draft may be issued.

CREATE FUNCTION ecommerce_internal.draft_lacks(draft jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    s jsonb := draft -> 'seller';
    b jsonb := draft -> 'buyer';
    p jsonb := draft -> 'payment';
    c text[] := ARRAY(SELECT e ->> 'vat_category'
                      FROM jsonb_array_elements(draft -> 'vat_breakdown') e);
    v_peppol boolean := draft ->> 'profile' LIKE 'peppol%';
BEGIN
    RETURN (SELECT jsonb_agg(jsonb_build_object('field', f.field, 'rule', f.rule)
                             ORDER BY f.n)
        FROM (VALUES
            (1, 'seller.name', 'BR-06', s ->> 'name' IS NULL),
            (2, 'seller.country', 'BR-09', s ->> 'country' IS NULL),
            (3, 'seller.city', 'BR-08', s ->> 'city' IS NULL),
            (4, 'seller.address_line_1', 'BR-08', s ->> 'address_line_1' IS NULL),
            (5, 'seller.vat_id', 'BR-CO-26',
                num_nonnulls(s ->> 'vat_id', s ->> 'tax_number', s ->> 'registration_number') = 0),
            (6, 'seller.vat_id', 'BR-CO-09', s ->> 'vat_id' IS NOT NULL
                AND NOT ecommerce.vat_id_valid(s ->> 'vat_id')
                AND s ->> 'vat_id' !~ '^[A-Z]{2}[A-Z0-9]'),
            (7, 'seller.vat_id', 'BR-AE-02', 'AE' = ANY (c) AND NOT s ? 'vat_id'),
            (8, 'seller.vat_id', 'BR-IC-02', 'K' = ANY (c) AND NOT s ? 'vat_id'),
            (9, 'seller.vat_id', 'BR-G-02', 'G' = ANY (c) AND NOT s ? 'vat_id'),
            (10, 'seller.vat_id', CASE WHEN 'S' = ANY (c) THEN 'BR-S-02' WHEN 'Z' = ANY (c)
                                       THEN 'BR-Z-02' ELSE 'BR-E-02' END,
                 c && '{S,Z,E}' AND num_nonnulls(s ->> 'vat_id', s ->> 'tax_number') = 0),
            (11, 'seller.iban', 'BR-61', p ->> 'means' IN ('30', '58')
                 AND (NOT p ? 'iban' OR p ->> 'means' = '58'
                                        AND NOT ecommerce.iban_valid(p ->> 'iban'))),
            (12, 'buyer.name', 'BR-07', b ->> 'name' IS NULL),
            (13, 'buyer.country', 'BR-11', b ->> 'country' IS NULL),
            (14, 'buyer.vat_id', 'BR-AE-02', 'AE' = ANY (c)
                 AND num_nonnulls(b ->> 'vat_id', b ->> 'registration_number') = 0),
            (15, 'buyer.vat_id', 'BR-IC-02', 'K' = ANY (c) AND NOT b ? 'vat_id'),
            (16, 'delivery_date', 'BR-IC-11',
                 'K' = ANY (c) AND draft ->> 'delivery_date' IS NULL),
            (17, 'delivery.country', 'BR-IC-12',
                 'K' = ANY (c) AND draft #>> '{delivery,country}' IS NULL),
            (18, 'exchange_rate', 'BR-53', (draft -> 'needs_exchange_rate') = 'true'),
            (19, 'seller.endpoint_id', 'PEPPOL-EN16931-R020', v_peppol AND NOT s ? 'endpoint_id'),
            (20, 'buyer.endpoint_id', 'PEPPOL-EN16931-R010', v_peppol AND NOT b ? 'endpoint_id'),
            (21, 'payment.mandate', 'PEPPOL-EN16931-R061', v_peppol
                 AND p ->> 'means' IN ('49', '59') AND NOT p ? 'mandate'),
            (22, 'seller.vat_id', 'GR-R-003', draft ->> 'profile' = 'peppol_gr'
                 AND s ->> 'vat_id' !~ '^EL[0-9]{9}$'),
            (23, 'profile', 'GR-R-001', draft ->> 'profile' = 'peppol' AND s ->> 'country' = 'GR'),
            (24, 'seller.endpoint_scheme', 'PEPPOL-EN16931-CL008', v_peppol
                 AND NOT ecommerce_internal.document_code_known('peppol eas',
                                                                s ->> 'endpoint_scheme')),
            (25, 'buyer.endpoint_scheme', 'PEPPOL-EN16931-CL008', v_peppol
                 AND NOT ecommerce_internal.document_code_known('peppol eas',
                                                                b ->> 'endpoint_scheme'))
        ) AS f (n, field, rule, missing)
        WHERE f.missing);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.draft_lacks(jsonb) IS
    'What a draft must have and has not, by the rules of EN 16931 and of its profile. The answer '
    'is [{"field", "rule"}], NULL if it lacks nothing.';

CREATE FUNCTION ecommerce_internal.draft_faults(draft jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- As invoice_violations(), in a hundredth of the time
    RETURN (
        WITH line AS MATERIALIZED (
            SELECT l.*, CASE l.part WHEN 'allowance' THEN -1 ELSE 1 END AS sign
            FROM jsonb_to_recordset(draft -> 'lines') AS l (line_number integer, part text,
                quantity numeric, unit_price numeric, base_quantity numeric, allowance numeric,
                net numeric, vat numeric, vat_category text, vat_rate numeric)
        ), breakdown AS MATERIALIZED (
            SELECT g.* FROM jsonb_to_recordset(draft -> 'vat_breakdown') AS g (vat_category text,
                vat_rate numeric, taxable numeric, tax numeric, vatex text, reason text)
        )
        SELECT jsonb_agg(f.fault)
        FROM (SELECT format('line %s', l.line_number) AS fault FROM line l
              WHERE l.part = 'line' AND abs(l.quantity * l.unit_price / l.base_quantity
                                            - l.allowance - l.net) > 0.02
                 OR least(l.net, l.vat, l.allowance, l.unit_price) < 0
                 OR (l.vat_category = 'S') <> (l.vat_rate > 0)
              UNION ALL
              SELECT format('category %s at %s', g.vat_category, g.vat_rate) FROM breakdown g
              WHERE abs(g.tax - g.taxable * g.vat_rate / 100) >= 1
                 OR g.vat_category <> 'S' AND g.tax <> 0
                 OR (g.vat_category IN ('S', 'Z')) <> (coalesce(g.vatex, g.reason) IS NULL)
                 OR least(g.taxable, g.tax) < 0
                 OR NOT EXISTS (SELECT FROM line l
                                WHERE l.vat_category = g.vat_category AND l.vat_rate = g.vat_rate
                                HAVING sum(l.sign * l.net) = g.taxable)
              UNION ALL
              SELECT 'category O beside others' FROM breakdown g WHERE g.vat_category = 'O'
                 AND EXISTS (SELECT FROM breakdown h WHERE h.vat_category <> 'O')
              UNION ALL
              SELECT 'no line' WHERE NOT EXISTS (SELECT FROM line l WHERE l.part = 'line')
              UNION ALL
              SELECT 'totals'
              WHERE NOT EXISTS (SELECT FROM breakdown g
                                HAVING sum(g.taxable) = (draft ->> 'net')::numeric
                                   AND sum(g.tax) = (draft ->> 'vat')::numeric
                                   AND sum(g.taxable + g.tax) = (draft ->> 'gross')::numeric)
                 OR NOT EXISTS (SELECT FROM line l
                                HAVING sum(l.sign * l.vat) = (draft ->> 'vat')::numeric
                                                             + (draft ->> 'rounding')::numeric)
                 OR (draft ->> 'prepaid')::numeric NOT BETWEEN 0
                    AND (draft ->> 'gross')::numeric + (draft ->> 'rounding')::numeric) f);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.draft_faults(jsonb) IS
    'What in the arithmetic of a draft is wrong; NULL if nothing is. That is each line, the VAT '
    'breakdown and the totals, by the rules of invoice_violations().';

CREATE FUNCTION ecommerce_internal.draft_right(draft jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN draft -> 'is_exact' = 'true' AND ecommerce_internal.is_xml_document(draft)
           AND (draft -> 'is_complete' = 'true'
                OR ecommerce_internal.draft_lacks(draft) IS NULL);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.draft_right(jsonb) IS
    'Whether the draft of an invoice may be issued without more ado.';
