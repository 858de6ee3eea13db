-- What myDATA wants to know of a document: its type, parties, VAT and classification.
--
-- Numbers in errors and comments, such as 217, are those of AADE's validation.

CREATE FUNCTION ecommerce_internal.sha1(data bytea) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_sha1';
COMMENT ON FUNCTION ecommerce_internal.sha1(bytea) IS 'SHA-1 (FIPS 180-4), as 20 bytes.';

CREATE FUNCTION ecommerce_internal.mydata_invoice_id(tenant_id integer, invoice_number text)
    RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_id uuid;
BEGIN
    IF invoice_number IS NULL THEN
        RAISE EXCEPTION 'invoice_number must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT v.id INTO v_id FROM ecommerce.invoices v
    WHERE v.tenant_id = mydata_invoice_id.tenant_id
      AND v.invoice_number = mydata_invoice_id.invoice_number;
    IF FOUND THEN
        RETURN v_id;
    ELSIF invoice_number ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' THEN
        RETURN invoice_number::uuid;
    END IF;
    RAISE EXCEPTION 'unknown invoice "%"', left(invoice_number, 100)
        USING ERRCODE = 'invalid_parameter_value';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_invoice_id(integer, text) IS
    'A document by its number, or by an id without a type. Errors: 22023 unknown, 22004 NULL.';

CREATE FUNCTION ecommerce_internal.in_eu(country text, on_date date) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM ecommerce.countries c
                   WHERE c.code = in_eu.country AND c.eu_from <= on_date
                     AND (c.eu_to IS NULL OR c.eu_to > on_date));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.in_eu(text, date) IS
    'Whether a country was in the EU on a day.';

CREATE FUNCTION ecommerce_internal.mydata_party(country text, vat_id text,
    OUT party_country text, OUT number text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id text := ecommerce.vat_id_normalize(vat_id);
BEGIN
    -- In Greece people write the nine digits only.
    IF v_id IS NULL AND country = 'GR' THEN
        v_id := ecommerce.vat_id_normalize('EL' || vat_id);
    END IF;
    number := coalesce(v_id, nullif(btrim(vat_id), ''));
    SELECT c.code INTO party_country FROM ecommerce.countries c
    WHERE c.vat_prefix = left(v_id, 2);
    party_country := coalesce(party_country, country);
    IF party_country = 'GR' AND v_id IS NOT NULL THEN
        number := substr(v_id, 3);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_party(text, text) IS
    'A country and VAT id as myDATA has them. Greek ones (AFM) are without EL, others with their '
    'prefix, which tells the country, too.';

CREATE FUNCTION ecommerce_internal.mydata_corrected(tenant_id integer, preceding jsonb,
    OUT marks bigint[], OUT unmarked text[])
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    SELECT array_agg(a.mark ORDER BY a.mark) FILTER (WHERE a.mark IS NOT NULL),
           array_agg(p.invoice_number ORDER BY p.invoice_number) FILTER (WHERE a.mark IS NULL)
    INTO marks, unmarked
    FROM jsonb_to_recordset(preceding) p (id uuid, invoice_number text)
    LEFT JOIN ecommerce.mydata_answers a
           ON a.tenant_id = mydata_corrected.tenant_id AND a.invoice_id = p.id
          AND a.status = 'accepted';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_corrected(integer, jsonb) IS
    'MARKs of the documents in invoices.preceding, and the numbers of those that have none.';

CREATE FUNCTION ecommerce_internal.mydata_has_goods(tenant_id integer, invoice_id uuid,
    preceding jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM ecommerce.invoice_lines l
        WHERE l.tenant_id = mydata_has_goods.tenant_id
          AND (l.invoice_id = mydata_has_goods.invoice_id
               OR l.invoice_id IN (SELECT p.id FROM jsonb_to_recordset(preceding) p (id uuid)))
          AND l.kind = 'product' AND l.supply = 'goods');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_has_goods(integer, uuid, jsonb) IS
    'Whether a document, or one that it corrects, has goods. Then it is a sale of goods, whose '
    'services are classified as such; shipping and fees alone are services.';

CREATE FUNCTION ecommerce_internal.mydata_type(facts ecommerce_internal.mydata_facts,
    corrects boolean, OUT base_type text, OUT mydata_type text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.base, CASE WHEN facts.kind = 'invoice' THEN b.base
                        WHEN NOT facts.is_business THEN '11.4'
                        WHEN corrects THEN '5.1' ELSE '5.2' END
    FROM (SELECT CASE WHEN facts.is_business
                      THEN CASE WHEN facts.is_goods THEN '1.' ELSE '2.' END
                           || CASE facts.market WHEN 'domestic' THEN 1 WHEN 'eu' THEN 2 ELSE 3 END
                      WHEN facts.is_goods THEN '11.1' ELSE '11.2' END AS base) b
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_type(ecommerce_internal.mydata_facts, boolean) IS
    'The type of a document, and of a credit note that of what it corrects, if it names it.';

CREATE FUNCTION ecommerce_internal.mydata_facts(tenant_id integer, invoice_id uuid)
    RETURNS ecommerce_internal.mydata_facts
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v       record;
    f       ecommerce_internal.mydata_facts;
    v_place text;
    v_free  boolean;
BEGIN
    SELECT d.* INTO v FROM ecommerce.invoices d
    WHERE d.tenant_id = mydata_facts.tenant_id AND d.id = mydata_facts.invoice_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown invoice %', invoice_id USING ERRCODE = 'invalid_parameter_value';
    END IF;
    f.invoice_id := v.id;
    f.invoice_number := v.invoice_number;
    f.kind := v.kind;
    f.issue_date := v.issue_date;
    f.series := coalesce(nullif(v.series, ''), '0');
    f.number := v.number;
    f.currency := v.currency;
    f.exchange_rate := CASE WHEN v.tax_currency = 'EUR' THEN round(1 / v.exchange_rate, 5) END;
    f.vat_scheme := v.vat_scheme;
    f.is_island := coalesce(v.region, '') <> '';
    f.seller_country := v.seller ->> 'country';
    f.afm := substring(ecommerce.vat_id_normalize(v.seller ->> 'vat_id') FROM '^EL([0-9]{9})$');
    f.branch := coalesce((v.seller ->> 'mydata_branch')::integer, 0);
    SELECT p.party_country, p.number INTO f.buyer_country, f.buyer_vat
    FROM ecommerce_internal.mydata_party(coalesce(v.buyer ->> 'country', 'GR'),
                                         v.buyer ->> 'vat_id') p;
    -- Outside the EU companies have other numbers.
    IF f.buyer_vat IS NULL AND v.buyer ->> 'company' IS NOT NULL AND f.buyer_country <> 'GR'
       AND NOT ecommerce_internal.in_eu(f.buyer_country, v.issue_date) THEN
        f.buyer_vat := v.buyer ->> 'registration_number';
    END IF;
    v_free := NOT EXISTS (SELECT FROM ecommerce.invoice_vat_groups g
                          WHERE g.tenant_id = mydata_facts.tenant_id AND g.invoice_id = v.id
                            AND g.vat_category = 'S');
    f.is_business := f.buyer_vat IS NOT NULL AND (f.buyer_country = 'GR' OR v_free);
    f.is_goods := ecommerce_internal.mydata_has_goods(tenant_id, v.id, v.preceding);
    v_place := CASE WHEN f.is_business THEN f.buyer_country
                    ELSE coalesce(v.delivery ->> 'country', v.buyer ->> 'country', 'GR') END;
    f.market := CASE WHEN v.vat_scheme IN ('oss', 'ioss') THEN 'eu'
                     WHEN v_place = 'GR' THEN 'domestic'
                     WHEN ecommerce_internal.in_eu(v_place, v.issue_date) THEN 'eu'
                     ELSE 'third' END;
    SELECT c.marks, c.unmarked INTO f.marks, f.unmarked
    FROM ecommerce_internal.mydata_corrected(tenant_id, v.preceding) c;
    SELECT t.base_type, t.mydata_type INTO f.base_type, f.mydata_type
    FROM ecommerce_internal.mydata_type(f, v.preceding <> '[]') t;
    RETURN f;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_facts(integer, uuid) IS
    'What the rules of myDATA ask of a document. Nothing is checked. A buyer is a business if the '
    'VAT id says so and, outside Greece, no VAT was charged. Error 22023 unknown document.';

CREATE FUNCTION ecommerce_internal.mydata_vat_category(vat_scheme text, vat_category text,
    vat_rate numeric, is_island boolean) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN vat_category <> 'S' OR vat_scheme IN ('oss', 'ioss', 'registration') THEN 7
                ELSE CASE vat_rate WHEN 24 THEN 1 WHEN 13 THEN 2 WHEN 6 THEN 3 WHEN 17 THEN 4
                         WHEN 9 THEN 5 WHEN 3 THEN 9
                         WHEN 4 THEN CASE WHEN is_island THEN 6 ELSE 10 END END END;
COMMENT ON FUNCTION ecommerce_internal.mydata_vat_category(text, text, numeric, boolean) IS
    'The VAT category of myDATA: 7 where there is no Greek VAT, else by the rate; NULL if it has '
    'none. 4 % is 6 on the islands and 10 elsewhere (Art. 31 L.5057/2023).';

CREATE FUNCTION ecommerce_internal.mydata_rows(tenant_id integer,
    facts ecommerce_internal.mydata_facts)
    RETURNS TABLE (vat_category integer, exemption integer, vat_rate numeric, net numeric,
                   vat numeric, groups text[])
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN QUERY
    SELECT c.category, c.exemption, max(c.rate), sum(c.taxable), sum(c.tax),
           array_agg(c.vat_group)
    FROM (SELECT m.category,
                 CASE WHEN m.category = 7
                      THEN coalesce(g.mydata_exemption,
                                    CASE facts.vat_scheme WHEN 'oss' THEN 30 WHEN 'ioss' THEN 31
                                    -- Orders at home do not say it of exempt products.
                                    WHEN 'domestic' THEN CASE g.vat_category WHEN 'E' THEN 7 END
                                    END) END AS exemption,
                 CASE WHEN m.category <> 7 THEN g.vat_rate END AS rate, g.taxable,
                 -- VAT of other countries is not for AADE.
                 CASE WHEN m.category = 7 THEN 0 ELSE g.tax END AS tax,
                 g.vat_category || ' ' || trim_scale(g.vat_rate) AS vat_group
          FROM ecommerce.invoice_vat_groups g
          CROSS JOIN LATERAL ecommerce_internal.mydata_vat_category(facts.vat_scheme,
              g.vat_category, g.vat_rate, facts.is_island) m (category)
          WHERE g.tenant_id = mydata_rows.tenant_id AND g.invoice_id = facts.invoice_id) c
    GROUP BY c.category, c.exemption
    ORDER BY c.category, c.exemption;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_rows(integer, ecommerce_internal.mydata_facts) IS
    'The VAT groups of a document, summed as myDATA wants them. exemption: of category 7; '
    'vat_rate: of the others; groups: the categories and rates that are in it.';

CREATE FUNCTION ecommerce_internal.mydata_class_type(facts ecommerce_internal.mydata_facts,
    category text, vat_category text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE
        WHEN category = 'category1_5' THEN 'E3_562'
        WHEN category IN ('category1_4', 'category1_7')
        THEN CASE category WHEN 'category1_4' THEN 'E3_880_00' ELSE 'E3_881_00' END
             || CASE facts.market WHEN 'eu' THEN 3 WHEN 'third' THEN 4
                    ELSE CASE WHEN facts.is_business THEN 1 ELSE 2 END END
        ELSE 'E3_561_00'
             || CASE facts.market WHEN 'eu' THEN 5 WHEN 'third' THEN 6
                    ELSE CASE WHEN facts.is_business THEN 1 ELSE 3 END
                         + CASE WHEN vat_category = 'AE' AND facts.base_type <> '11.2' THEN 1
                                ELSE 0 END END
        END;
COMMENT ON FUNCTION ecommerce_internal.mydata_class_type(ecommerce_internal.mydata_facts, text,
    text) IS
    'The line of form E3 for income of a category, by who bought and where, and whether the buyer '
    'owes the VAT.';

CREATE FUNCTION ecommerce_internal.mydata_classes(tenant_id integer,
    facts ecommerce_internal.mydata_facts)
    RETURNS TABLE (vat_group text, category text, type text, amount numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN QUERY
    SELECT l.vat_category || ' ' || trim_scale(l.vat_rate), k.category,
           coalesce(k.type, ecommerce_internal.mydata_class_type(facts, k.category,
                                                                 l.vat_category)),
           sum(CASE l.part WHEN 'allowance' THEN - l.net ELSE l.net END)
    FROM ecommerce.invoice_lines l
    -- Shipping and fees are what they are charged for.
    CROSS JOIN LATERAL (SELECT CASE WHEN l.kind = 'product' THEN l.supply
                                    WHEN facts.is_goods THEN 'goods' ELSE 'service' END) s (supply)
    CROSS JOIN LATERAL (
        SELECT t.category, t.type
        FROM (SELECT c.category, c.type, c.kind = l.kind AS own, c.sku, c.vat_rate
              FROM ecommerce.mydata_classifications c
              WHERE c.tenant_id = mydata_classes.tenant_id AND c.kind IN (l.kind, 'product')
                AND c.supply = s.supply AND c.sku IN ('', l.sku)
                AND c.vat_rate IN (-1, l.vat_rate)
              UNION ALL
              SELECT CASE s.supply WHEN 'goods' THEN 'category1_1' ELSE 'category1_3' END,
                     NULL, false, '', -2) t
        ORDER BY t.own DESC, t.sku DESC, t.vat_rate DESC LIMIT 1) k
    WHERE l.tenant_id = mydata_classes.tenant_id AND l.invoice_id = facts.invoice_id
    GROUP BY 1, 2, 3;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_classes(integer, ecommerce_internal.mydata_facts) IS
    'The income of a document by VAT group and classification. It is as mydata_classifications '
    'says, or else goods are category1_1, services category1_3, shipping and fees as the goods.';

CREATE FUNCTION ecommerce_internal.mydata_class_allowed(base_type text, mydata_type text,
    category text, type text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    -- AADE's tables of combinations, for types and categories that a shop can have
    SELECT EXISTS (
        SELECT FROM (VALUES
            ('1.1', '[12]', '561_00[127]'), ('1.1', '3', '561_00[127]|563'),
            ('1.1', '4', '880_001'), ('1.1', '5', '561_00[27]|56[2-8]|570'),
            ('1.1', '7', '881_00[134]'),
            ('1.1', '[89]', '561_00[127]|56[2-8]|570|880_001|881_00[134]'),
            ('1.2', '[123]', '561_00[57]'), ('1.2', '4', '880_003'),
            ('1.2', '5', '561_00[57]|562|570'), ('1.2', '7', '881_003'),
            ('1.2', '[89]', '561_00[57]|562|570|88[01]_003'),
            ('1.3', '[123]', '561_00[67]'), ('1.3', '4', '880_004'),
            ('1.3', '5', '561_00[67]|562|570'), ('1.3', '7', '881_004'),
            ('1.3', '[89]', '561_00[67]|562|570|88[01]_004'),
            ('2.1', '3', '561_00[127]|563'), ('2.1', '5', '561_007|56[2-8]|570'),
            ('2.1', '[89]', '561_00[127]|56[2-8]|570'),
            ('2.2', '3', '561_00[57]|563'), ('2.2', '5', '561_00[57]|562|570'),
            ('2.2', '[89]', '561_00[57]|56[23]|570'),
            ('2.3', '3', '561_00[67]|563'), ('2.3', '5', '561_00[67]|562|570'),
            ('2.3', '[89]', '561_00[67]|56[23]|570'),
            ('5.2', '[12]', '561_00[12567]'), ('5.2', '3', '561_00[12567]|563'),
            ('5.2', '4', '880_00[134]'), ('5.2', '5', '561_00[2567]|56[2-8]|570'),
            ('5.2', '7', '881_00[134]'),
            ('5.2', '[89]', '561_00[12567]|56[2-8]|570|88[01]_00[134]'),
            ('11.1', '[12]', '561_00[3-7]'), ('11.1', '3', '561_00[3-7]|563'),
            ('11.1', '4', '880_00[2-4]|561_007'), ('11.1', '5', '561_007|56[23]|570'),
            ('11.1', '7', '881_00[2-4]'),
            ('11.1', '[89]', '561_00[3-7]|56[23]|570|88[01]_00[2-4]'),
            ('11.2', '3', '561_00[3567]|563'), ('11.2', '5', '561_007|56[23]|570'),
            ('11.2', '[89]', '561_00[3567]|56[23]|570'),
            ('11.4', '[12]', '561_00[1-7]'), ('11.4', '3', '561_00[1-7]|563'),
            ('11.4', '4', '880_00[1-4]|561_007'), ('11.4', '5', '561_00[27]|56[2-8]|570'),
            ('11.4', '7', '881_00[1-4]'),
            ('11.4', '[89]', '561_00[1-7]|56[2-8]|570|88[01]_00[1-4]')
            ) a (document, category, type)
        WHERE a.document = CASE mydata_type WHEN '5.1' THEN base_type ELSE mydata_type END
          AND mydata_class_allowed.category ~ ('^category1_' || a.category || '$')
          AND mydata_class_allowed.type ~ ('^E3_(' || a.type || ')$'))
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_class_allowed(text, text, text, text) IS
    'Whether AADE takes a classification on a document of a type (308, 313). Of a correlated '
    'credit note the type is that of what it corrects.';
