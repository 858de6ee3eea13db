-- What a document lacks: the rules of EN 16931, Peppol BIS 3 and Greece that data can violate.

CREATE FUNCTION ecommerce_internal.afm_valid(vat_id text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN coalesce(vat_id ~ '^EL[0-9]{9}$' AND ecommerce.vat_id_valid(vat_id), false);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.afm_valid(text) IS
    'Whether a text is a Greek VAT id with its prefix and right check digit.';

CREATE FUNCTION ecommerce_internal.document_party_gaps(d jsonb) RETURNS SETOF text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_seller  jsonb := d -> 'seller';
    v_buyer   jsonb := d -> 'buyer';
    v_vat     jsonb := d -> 'categories';
    v_peppol  boolean := d ->> 'profile' IN ('peppol', 'peppol_gr');
    v_greek   boolean := d ->> 'profile' = 'peppol_gr';
    v_means   text := d -> 'payment' ->> 'means';
    v_missing CONSTANT text := ' is missing';
BEGIN
    RETURN QUERY
    SELECT g.gap FROM (VALUES
        (NOT v_seller ? 'name', 'seller.name' || v_missing),
        (NOT v_seller ? 'country', 'seller.country' || v_missing),
        (NOT v_seller ?| '{vat_id,registration_number,identifier}',
         'seller.vat_id' || v_missing),
        (v_seller ?| '{registration_number,identifier}' AND NOT v_seller ? 'vat_id'
         AND v_vat ?| '{K,G}', 'seller.vat_id' || v_missing || ', which VAT category K or G needs'),
        (NOT v_seller ?| '{vat_id,tax_number}' AND v_seller ? 'registration_number'
         AND v_vat ?| '{S,Z,E,AE}', 'seller.tax_number' || v_missing || ', and there is no VAT id'),
        (NOT v_buyer ? 'name', 'buyer.name' || v_missing),
        (NOT v_buyer ? 'country', 'buyer.country' || v_missing),
        (NOT v_buyer ? 'vat_id' AND v_vat ? 'K',
         'buyer.vat_id' || v_missing || ', which VAT category K needs'),
        (NOT v_buyer ?| '{vat_id,registration_number}' AND v_vat ? 'AE',
         'buyer.vat_id' || v_missing || ', which VAT category AE needs'),
        (d ->> 'delivery_date' IS NULL AND v_vat ? 'K',
         'delivery_date' || v_missing || ', which VAT category K needs'),
        (NOT d -> 'delivery' ? 'country' AND v_vat ? 'K' AND v_buyer ? 'country',
         'delivery.country' || v_missing || ', which VAT category K needs'),
        (v_means IN ('30', '58') AND NOT d -> 'payment' ? 'iban',
         'payment.iban' || v_missing || ', which credit transfers need'),
        (v_peppol AND v_means IN ('49', '59') AND NOT d -> 'payment' ? 'mandate',
         'payment.mandate' || v_missing || ', which direct debits need'),
        (v_peppol AND NOT v_seller ?& '{endpoint_scheme,endpoint_id}',
         'seller.endpoint_id' || v_missing || ', which Peppol needs'),
        (v_peppol AND NOT v_buyer ?& '{endpoint_scheme,endpoint_id}',
         'buyer.endpoint_id' || v_missing || ', which Peppol needs'),
        (v_greek AND NOT ecommerce_internal.afm_valid(v_seller ->> 'vat_id'),
         'seller.vat_id is not Greek'),
        (v_greek AND NOT (v_seller ->> 'endpoint_scheme' IS NOT DISTINCT FROM '9933'
              AND ecommerce_internal.afm_valid('EL' || (v_seller ->> 'endpoint_id'))),
         'seller.endpoint_id is not an AFM of scheme 9933'),
        (v_greek AND v_buyer ->> 'country' = 'GR'
         AND NOT ecommerce_internal.afm_valid(v_buyer ->> 'vat_id'),
         'buyer.vat_id is not Greek'),
        (v_greek AND v_buyer ->> 'country' = 'GR'
         AND NOT (v_buyer ->> 'endpoint_scheme' IS NOT DISTINCT FROM '9933'
              AND ecommerce_internal.afm_valid('EL' || (v_buyer ->> 'endpoint_id'))),
         'buyer.endpoint_id is not an AFM of scheme 9933'),
        (v_greek AND d ->> 'mark' IS NULL, 'there is no MARK yet'),
        (v_greek AND d ->> 'mydata_type' NOT IN ('1.1', '1.6', '2.1', '2.4', '5.1', '5.2'),
         format('Peppol has no Greek document of the type %s', d ->> 'mydata_type'))
    ) AS g (is_gap, gap)
    WHERE g.is_gap;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.document_party_gaps(jsonb) IS
    'What a snapshot of document_snapshot() lacks of its parties, delivery and payment.';

CREATE FUNCTION ecommerce_internal.document_sum_gaps(d jsonb) RETURNS SETOF text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_decimals integer := (d ->> 'decimals')::integer;
BEGIN
    RETURN QUERY
    SELECT format('vat category %s has rate %s', v.category, v.rate)
    FROM jsonb_to_recordset(d -> 'vat') v (category text, rate numeric)
    WHERE (v.category = 'S') <> (coalesce(v.rate, 0) > 0)
    UNION ALL
    SELECT format('vat category %s has VAT %s of %s at %s', v.category, v.tax, v.taxable, v.rate)
    FROM jsonb_to_recordset(d -> 'vat') v (category text, rate numeric, taxable numeric,
                                           tax numeric)
    WHERE abs(v.tax - round(v.taxable * coalesce(v.rate, 0) / 100, 2))
          >= CASE v.category WHEN 'S' THEN 1 ELSE 0.01 END
    UNION ALL
    SELECT 'vat category E has no reason'
    FROM jsonb_to_recordset(d -> 'vat') v (category text, vatex text, reason text)
    WHERE v.category = 'E' AND v.vatex IS NULL AND v.reason IS NULL
    UNION ALL
    SELECT g.gap
    FROM jsonb_to_record(d) t (net numeric, gross numeric, prepaid numeric, rounding numeric,
                               lines numeric, allowances numeric, charges numeric, taxable numeric,
                               tax numeric)
    CROSS JOIN LATERAL (VALUES
        (t.lines IS NULL, 'there is no line'),
        (d -> 'vat' = '[]', 'there is no VAT breakdown'),
        (d -> 'categories' ? 'O' AND jsonb_array_length(d -> 'vat') > 1,
         'vat category O stands beside others'),
        (t.lines - coalesce(t.allowances, 0) + coalesce(t.charges, 0) <> t.net,
         'lines, allowances and charges do not sum to net'),
        (t.taxable <> t.net, 'the VAT breakdown does not sum to net'),
        (t.tax <> t.gross - t.net, 'the VAT breakdown does not sum to vat'),
        (greatest((d ->> 'group_decimals')::integer, min_scale(t.net), min_scale(t.gross),
                  min_scale(t.prepaid), min_scale(t.rounding), (d ->> 'line_decimals')::integer)
         > v_decimals,
         format('amounts have more than %s decimals', v_decimals))) AS g (is_gap, gap)
    WHERE g.is_gap;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.document_sum_gaps(jsonb) IS
    'What is wrong with the sums and the VAT breakdown of a snapshot of document_snapshot(). '
    'Among others amounts of three decimals, which currencies may have and EN 16931 has not. VAT '
    'may be off by less than 1, as the standard has it.';

CREATE FUNCTION ecommerce_internal.document_group_gaps(tenant_id integer, d jsonb)
    RETURNS SETOF text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $$
BEGIN
    RETURN QUERY
    SELECT format('vat category %s at %s does not sum to its lines', category, rate)
    FROM (SELECT l.vat_category AS category, l.vat_rate AS rate,
                 sum(CASE l.part WHEN 'allowance' THEN -l.net ELSE l.net END) AS net
          FROM ecommerce.invoice_lines l
          WHERE l.tenant_id = document_group_gaps.tenant_id
            AND l.invoice_id = (d ->> 'id')::uuid
          GROUP BY l.vat_category, l.vat_rate) l
    FULL JOIN (SELECT v.category, coalesce(v.rate, 0) AS rate, v.taxable
               FROM jsonb_to_recordset(d -> 'vat') v (category text, rate numeric,
                                                      taxable numeric)) v USING (category, rate)
    WHERE l.net IS DISTINCT FROM v.taxable
      -- What has more decimals is refused anyway.
      AND (d ->> 'group_decimals')::integer <= (d ->> 'decimals')::integer
    ORDER BY category COLLATE "C", rate;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.document_group_gaps(integer, jsonb) IS
    'Which rows of the VAT breakdown of an invoice are not what its lines come to.';

CREATE FUNCTION ecommerce_internal.document_identifier_valid(scheme text, id text)
    RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    d int[];    -- digits from the last on
    n int := length(id);
BEGIN
    IF scheme IN ('0096', '0184', '0198') THEN
        RETURN id ~ CASE scheme WHEN '0096' THEN '^[0-9]{10}$' WHEN '0184' THEN '^(DK)?[0-9]{8}$'
                                ELSE '^DK[0-9]{8}$' END;
    ELSIF scheme NOT IN ('0007', '0088', '0151', '0192', '0208') THEN
        RETURN true;
    ELSIF id !~ '^[0-9]{2,50}$'
          OR (scheme, n) NOT IN (('0007', 10), ('0088', n), ('0151', 11), ('0192', 9),
                                 ('0208', 10)) THEN
        RETURN false;
    END IF;
    d := ARRAY(SELECT substr(id, n + 1 - i, 1)::int FROM generate_series(1, n) i);
    RETURN CASE scheme
        WHEN '0007' THEN (SELECT sum(CASE i % 2 WHEN 1 THEN d[i]
                                          ELSE d[i] * 2 / 10 + d[i] * 2 % 10 END)
                          FROM generate_series(1, n) i) % 10 = 0
        WHEN '0088' THEN (SELECT sum(d[i] * (1 + (i + 1) % 2 * 2))
                          FROM generate_series(1, n) i) % 10 = 0
        WHEN '0151' THEN (SELECT sum(CASE i WHEN 11 THEN (d[i] - 1) * 10
                                            ELSE d[i] * (21 - 2 * i) END)
                          FROM generate_series(1, n) i) % 89 = 0
        WHEN '0192' THEN (11 - (SELECT sum(d[i] * ((i - 2) % 6 + 2))
                                FROM generate_series(2, n) i) % 11) % 11 = d[1]
        ELSE 97 - left(id, 8)::int % 97 = right(id, 2)::int END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.document_identifier_valid(text, text) IS
    'Whether an identifier is one of its scheme, of the schemes that Peppol looks at. These are '
    '0007 (Sweden), 0088 (GLN), 0096, 0184 and 0198 (Denmark), 0151 (Australia), 0192 (Norway) '
    'and 0208 (Belgium); any other is.';

CREATE FUNCTION ecommerce_internal.document_peppol_gaps(d jsonb) RETURNS SETOF text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_type   text := d ->> 'type_code';
    v_peppol boolean := d ->> 'profile' IN ('peppol', 'peppol_gr');
BEGIN
    RETURN QUERY
    SELECT format('type_code %s is none of %ss', v_type, replace(d ->> 'kind', '_', ' '))
    WHERE NOT ecommerce_internal.document_code_known(
        CASE WHEN v_peppol THEN 'peppol ' ELSE '' END || (d ->> 'kind'), v_type)
    UNION ALL
    SELECT format('type_code %s is for Germans among themselves', v_type)
    WHERE v_peppol AND v_type IN ('326', '384')
      AND (d #>> '{seller,country}', d #>> '{buyer,country}') IS DISTINCT FROM ('DE', 'DE')
    UNION ALL
    SELECT format('%s.%s is none of scheme %s', p.party, i.key, i.scheme)
    FROM unnest('{seller,buyer}'::text[]) p (party)
    CROSS JOIN LATERAL (VALUES
        ('endpoint_id', d #>> ARRAY[p.party, 'endpoint_scheme'],
         d #>> ARRAY[p.party, 'endpoint_id']),
        ('registration_number', d #>> ARRAY[p.party, 'registration_scheme'],
         d #>> ARRAY[p.party, 'registration_number'])) i (key, scheme, id)
    WHERE v_peppol AND NOT ecommerce_internal.document_identifier_valid(i.scheme, i.id)
    UNION ALL
    SELECT format('vatex %s is for another VAT category than %s', v.vatex, v.category)
    FROM jsonb_to_recordset(d -> 'vat') v (category text, vatex text)
    WHERE v_peppol AND v.category <> CASE
        WHEN v.vatex IN ('VATEX-EU-D', 'VATEX-EU-F', 'VATEX-EU-I', 'VATEX-EU-J') THEN 'E'
        WHEN v.vatex = 'VATEX-EU-IC' THEN 'K'
        WHEN v.vatex IN ('VATEX-EU-AE', 'VATEX-EU-G', 'VATEX-EU-O') THEN substr(v.vatex, 10) END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.document_peppol_gaps(jsonb) IS
    'Whether the type of a snapshot of document_snapshot() is one of its kind, and what Peppol '
    'has narrower.';

CREATE FUNCTION ecommerce_internal.document_code_gaps(tenant_id integer, d jsonb)
    RETURNS SETOF text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    v_eas CONSTANT text := CASE WHEN d ->> 'profile' IN ('peppol', 'peppol_gr')
                                THEN 'peppol eas' ELSE 'eas' END;
BEGIN
    RETURN QUERY
    -- Few codes stand on many lines.
    WITH l AS MATERIALIZED (
        SELECT DISTINCT k.list, k.place, k.code
        FROM (SELECT l.part, l.unit_code, l.reason_code, l.part <> 'line' OR max(l.allowance) > 0
                     AS has_reason
              FROM ecommerce.invoice_lines l
              WHERE l.tenant_id = document_code_gaps.tenant_id
                AND l.invoice_id = (d ->> 'id')::uuid
              GROUP BY l.part, l.unit_code, l.reason_code) l
        CROSS JOIN LATERAL (VALUES
            ('unit', 'unit_code', CASE l.part WHEN 'line' THEN l.unit_code END),
            (CASE l.part WHEN 'charge' THEN 'charge' ELSE 'allowance' END, 'reason_code',
             CASE WHEN l.has_reason THEN nullif(btrim(l.reason_code), '') END))
            k (list, place, code)
        ORDER BY 2 DESC, 3
    )
    SELECT format('%s %s is unknown', c.place, c.code)
    FROM (VALUES ('currency', 'currency', d ->> 'currency'),
                 ('currency', 'tax_currency', d ->> 'tax_currency'),
                 ('country', 'seller.country', d #>> '{seller,country}'),
                 ('country', 'buyer.country', d #>> '{buyer,country}'),
                 ('country', 'delivery.country', d #>> '{delivery,country}'),
                 ('icd', 'seller.registration_scheme', d #>> '{seller,registration_scheme}'),
                 ('icd', 'buyer.registration_scheme', d #>> '{buyer,registration_scheme}'),
                 (v_eas, 'seller.endpoint_scheme', d #>> '{seller,endpoint_scheme}'),
                 (v_eas, 'buyer.endpoint_scheme', d #>> '{buyer,endpoint_scheme}'),
                 ('means', 'payment.means', d #>> '{payment,means}')) c (list, place, code)
    WHERE NOT ecommerce_internal.document_code_known(c.list, c.code)
    UNION ALL
    SELECT format('vatex %s is unknown', v.vatex)
    FROM jsonb_to_recordset(d -> 'vat') v (vatex text)
    WHERE NOT ecommerce_internal.document_code_known('vatex', v.vatex)
    UNION ALL
    SELECT format('%s %s is unknown', c.place, c.code)
    FROM l AS c
    WHERE NOT ecommerce_internal.document_code_known(c.list, c.code)
    UNION ALL
    SELECT format('lines[%s].name is missing', l.line_number)
    FROM ecommerce.invoice_lines l
    WHERE l.tenant_id = document_code_gaps.tenant_id AND l.invoice_id = (d ->> 'id')::uuid
      AND btrim(l.name, E' \t\r\n') = '';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.document_code_gaps(integer, jsonb) IS
    'Codes of an invoice that the code lists of EN 16931 do not have, and lines without a name.';

CREATE FUNCTION ecommerce_internal.check_document(tenant_id integer, d jsonb) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    v_gaps text[] := ARRAY(
        SELECT * FROM ecommerce_internal.document_party_gaps(d)
        UNION ALL SELECT * FROM ecommerce_internal.document_sum_gaps(d)
        UNION ALL SELECT * FROM ecommerce_internal.document_group_gaps(tenant_id, d)
        UNION ALL SELECT * FROM ecommerce_internal.document_peppol_gaps(d)
        UNION ALL SELECT * FROM ecommerce_internal.document_code_gaps(tenant_id, d));
BEGIN
    IF 'there is no MARK yet' = ANY (v_gaps) THEN
        RAISE EXCEPTION 'invoice % cannot be written: %', d ->> 'invoice_number', v_gaps[1]
            USING ERRCODE = 'EC053', DETAIL = to_jsonb(v_gaps)::text,
                  HINT = 'Send it to myDATA, and record the answer with '
                         'ecommerce.record_mydata_answer().';
    ELSIF v_gaps <> '{}' THEN
        RAISE EXCEPTION 'invoice % cannot be written: %', d ->> 'invoice_number', v_gaps[1]
            USING ERRCODE = 'EC053', DETAIL = to_jsonb(v_gaps)::text;
    END IF;
    PERFORM ecommerce_internal.check_xml_text(
                t.value, format('invoice.lines[%s].%s', l.line_number, t.key))
    FROM ecommerce.invoice_lines l
    CROSS JOIN LATERAL (VALUES ('name', l.name), ('sku', l.sku), ('reason', l.reason))
        t (key, value)
    WHERE l.tenant_id = check_document.tenant_id AND l.invoice_id = (d ->> 'id')::uuid
      -- Most lines are done with one look.
      AND concat_ws(' ', l.name, l.sku, l.reason) ~ E'[\\u0001-\\u001F\\uFFFE\\uFFFF]';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_document(integer, jsonb) IS
    'Error EC053 if the snapshot of an invoice cannot become a document; the detail lists all '
    'that is missing or wrong. Error 22023 for a text of a line that XML cannot have.';
