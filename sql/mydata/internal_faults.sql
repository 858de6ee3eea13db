-- Why a document cannot be sent to myDATA.

CREATE FUNCTION ecommerce_internal.mydata_party_faults(tenant_id integer,
    facts ecommerce_internal.mydata_facts)
    RETURNS TABLE (code text, fault text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    -- Codes of ISO 3166 and ISO 4217 that AADE's schema does not know
    v_countries  CONSTANT text := '^(1A|BQ|CW|SS|SX|XI|XK)$';
    v_currencies CONSTANT text := '^(BYN|CHE|CHW|MRU|SKK|SLE|SSP|STN|USN|UYI|UYW|VED|VES'
                                  '|XAG|XAU|XB[A-D]|XCG|XDR|XPT|XSU|XTS|XUA|ZMW|ZWG)$';
    b            jsonb;
    v_abroad     boolean := facts.is_business AND facts.buyer_country <> 'GR';
BEGIN
    SELECT v.buyer INTO b FROM ecommerce.invoices v
    WHERE v.tenant_id = mydata_party_faults.tenant_id AND v.id = facts.invoice_id;
    RETURN QUERY
    SELECT f.code, f.fault
    FROM (VALUES
        (facts.seller_country IS DISTINCT FROM 'GR', NULL,
         format('the seller is in %s, not in GR', coalesce(facts.seller_country, 'no country'))),
        (facts.afm IS NULL, '202', 'seller.vat_id is no AFM'),
        (facts.is_business AND facts.buyer_country = 'GR'
         AND NOT ecommerce.vat_id_valid('EL' || facts.buyer_vat), '202',
         format('buyer.vat_id %s is no AFM', facts.buyer_vat)),
        (facts.is_business AND facts.buyer_vat = facts.afm, '235', 'the buyer is the seller'),
        (length(facts.buyer_vat) > 30, NULL, 'buyer.vat_id is longer than 30 characters'),
        (v_abroad AND coalesce(b ->> 'company', b ->> 'name', '') = '', '219',
         'buyer.name is missing'),
        (v_abroad AND coalesce(b ->> 'city', '') = '', '220', 'buyer.city is missing'),
        (v_abroad AND facts.market = 'eu' AND coalesce(b ->> 'postal_code', '') = '', '220',
         'buyer.postal_code is missing'),
        (v_abroad AND facts.buyer_country ~ v_countries, NULL,
         format('AADE does not know the country %s', facts.buyer_country)),
        (facts.currency ~ v_currencies, NULL,
         format('AADE does not know the currency %s', facts.currency)),
        (facts.currency <> 'EUR' AND coalesce(facts.exchange_rate, 0) NOT BETWEEN 0.00001 AND 50000,
         '211', format('there is no exchange rate of %s to EUR', facts.currency)),
        (facts.issue_date > (now() AT TIME ZONE 'Europe/Athens')::date, '260',
         format('its day, %s, is to come', to_char(facts.issue_date, 'YYYY-MM-DD'))))
        f (holds, code, fault)
    WHERE f.holds
    UNION ALL
    SELECT NULL, format('%s, which it corrects, has no MARK', u.number)
    FROM unnest(facts.unmarked) u (number)
    WHERE facts.mydata_type = '5.1';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_party_faults(integer,
    ecommerce_internal.mydata_facts) IS
    'What is wrong with the parties and the header of a document for myDATA. code: that of AADE, '
    'where it has one.';

CREATE FUNCTION ecommerce_internal.mydata_sum_faults(tenant_id integer,
    facts ecommerce_internal.mydata_facts)
    RETURNS TABLE (code text, fault text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN QUERY
    SELECT f.code, f.fault
    FROM ecommerce.invoices v
    CROSS JOIN LATERAL (SELECT count(*) AS n, sum(g.taxable) AS net, sum(g.tax) AS vat
                        FROM ecommerce.invoice_vat_groups g
                        WHERE g.tenant_id = mydata_sum_faults.tenant_id
                          AND g.invoice_id = facts.invoice_id) s
    CROSS JOIN LATERAL (VALUES
        (s.n = 0, NULL, 'it has no VAT breakdown'),
        (s.net <> v.net, '207', format('its net is %s, that of its groups %s', v.net, s.net)),
        (s.vat <> v.vat, '209', format('its VAT is %s, that of its groups %s', v.vat, s.vat)),
        (v.gross >= 1e13, NULL, format('its total, %s, has more than 15 digits', v.gross)))
        f (holds, code, fault)
    WHERE v.tenant_id = mydata_sum_faults.tenant_id AND v.id = facts.invoice_id AND f.holds
    UNION ALL
    SELECT f.code, f.fault
    FROM ecommerce_internal.mydata_rows(mydata_sum_faults.tenant_id, facts) r
    CROSS JOIN LATERAL (VALUES
        (r.vat_category IS NULL, NULL,
         format('no VAT category has the rate of %s', array_to_string(r.groups, ', '))),
        (r.vat_category = 7 AND r.exemption IS NULL, '217',
         format('%s has no exemption', array_to_string(r.groups, ', '))),
        (r.vat_category = 7 AND r.exemption NOT BETWEEN 1 AND 31, '217',
         format('%s is no exemption', r.exemption)),
        (min_scale(r.net) > 2 OR min_scale(r.vat) > 2, NULL,
         format('%s has more than two decimals', facts.currency))) f (holds, code, fault)
    WHERE f.holds
    UNION ALL
    SELECT f.code, f.fault
    FROM ecommerce_internal.mydata_details(mydata_sum_faults.tenant_id, facts) d
    CROSS JOIN LATERAL (
        SELECT '306', format('its lines sum to %s, not to %s, in VAT category %s',
                             coalesce(sum(c.amount), 0), d.net, d.vat_category)
        FROM jsonb_to_recordset(d.classes) c (amount numeric)
        HAVING sum(c.amount) IS DISTINCT FROM d.net
        UNION ALL
        SELECT DISTINCT '313', format('%s %s is not for documents of type %s', c.category, c.type,
                                      facts.mydata_type)
        FROM jsonb_to_recordset(d.classes) c (category text, type text)
        WHERE NOT ecommerce_internal.mydata_class_allowed(facts.base_type, facts.mydata_type,
                                                          c.category, c.type)
        UNION ALL
        SELECT '306', format('%s %s would be %s', c.category, c.type, c.amount)
        FROM jsonb_to_recordset(d.classes) c (category text, type text, amount numeric)
        WHERE c.amount < 0) f (code, fault);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_sum_faults(integer,
    ecommerce_internal.mydata_facts) IS
    'What is wrong with the amounts of a document for myDATA. code: that of AADE, where it has '
    'one.';

CREATE FUNCTION ecommerce_internal.check_mydata(tenant_id integer,
    facts ecommerce_internal.mydata_facts[]) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_faults jsonb;
BEGIN
    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('invoice_number', d.number,
                         'code', f.code, 'fault', f.fault)) ORDER BY d.n, f.n)
    INTO v_faults
    FROM (SELECT row_number() OVER () AS n, e.invoice_number AS number, e AS facts
          FROM unnest(check_mydata.facts) e) d
    CROSS JOIN LATERAL (
        SELECT row_number() OVER () AS n, u.* FROM (
            SELECT * FROM ecommerce_internal.mydata_party_faults(check_mydata.tenant_id, d.facts)
            UNION ALL
            SELECT * FROM ecommerce_internal.mydata_sum_faults(check_mydata.tenant_id, d.facts)
        ) u) f;
    IF v_faults IS NOT NULL THEN
        RAISE EXCEPTION 'myDATA cannot have invoice %: %', v_faults -> 0 ->> 'invoice_number',
                        v_faults -> 0 ->> 'fault'
            USING ERRCODE = 'EC054', DETAIL = v_faults::text;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_mydata(integer, ecommerce_internal.mydata_facts[]) IS
    'Error EC054 for documents that myDATA cannot have; its detail lists all that is wrong with '
    'each.';
