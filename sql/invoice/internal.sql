-- Reading an EN 16931 document.

CREATE FUNCTION ecommerce_internal.invoice_parts(document jsonb)
    RETURNS TABLE (part text, n bigint, category text, rate numeric, amount numeric,
                   has_rate boolean)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    -- What counts towards a VAT group: line nets as stated, allowances negative
    SELECT p.part, p.n,
           coalesce(p.e ->> 'vat_category',
                    CASE WHEN (p.e ->> 'vat_rate')::numeric > 0 THEN 'S' ELSE 'Z' END),
           coalesce((p.e ->> 'vat_rate')::numeric, 0),
           CASE p.part WHEN 'lines' THEN (p.e ->> 'net')::numeric
                       WHEN 'allowances' THEN -(p.e ->> 'amount')::numeric
                       ELSE (p.e ->> 'amount')::numeric END,
           p.e ->> 'vat_rate' IS NOT NULL
    FROM (SELECT k.part, e.n, e.e
          FROM unnest('{lines,allowances,charges}'::text[]) k (part)
          CROSS JOIN jsonb_array_elements(
              CASE WHEN jsonb_typeof(document -> k.part) = 'array' THEN document -> k.part
                   ELSE '[]' END) WITH ORDINALITY e (e, n)) p
$$;
COMMENT ON FUNCTION ecommerce_internal.invoice_parts(jsonb) IS
    'The lines, allowances and charges of a document of invoice_totals(). With each is what it '
    'adds to the VAT group of its category and rate.';
