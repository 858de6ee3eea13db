-- The steps of vat_treatment(): its arguments, the facts of the sale, the rule
-- that decides, the rate, and the codes of myDATA.

CREATE FUNCTION ecommerce_internal.check_vat_arguments(
    seller_country text, buyer_country text, vat_class text, supply text, on_date date,
    stock_country text, small_enterprise boolean, domestic_reverse_charge boolean)
    RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF num_nulls(seller_country, buyer_country, vat_class, supply, on_date) > 0 THEN
        RAISE EXCEPTION
            'seller_country, buyer_country, vat_class, supply and on_date must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF supply NOT IN ('goods', 'service', 'digital') THEN
        RAISE EXCEPTION 'unknown supply "%"', supply
            USING ERRCODE = 'invalid_parameter_value', HINT = 'It is goods, service or digital.';
    ELSIF vat_class <> 'exempt' AND NOT ecommerce_internal.is_vat_class(vat_class) THEN
        RAISE EXCEPTION 'unknown class "%" of VAT rates', vat_class
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF supply <> 'goods' AND stock_country <> seller_country THEN
        RAISE EXCEPTION 'a service has no stock_country' USING ERRCODE = 'invalid_parameter_value';
    ELSIF domestic_reverse_charge AND (vat_class = 'exempt' OR small_enterprise) THEN
        RAISE EXCEPTION 'what is exempt has no reverse charge'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_vat_arguments(text, text, text, text, date, text,
    boolean, boolean) IS
    'For vat_treatment(): whether its arguments have a meaning. Errors: 22023 wrong argument, '
    '22004 NULL.';

CREATE FUNCTION ecommerce_internal.vat_id_country(vat_id text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- Once: in the query it would be made for every country.
    v_prefix  text := left(coalesce(ecommerce.vat_id_normalize(vat_id),
                                    upper(btrim(vat_id) COLLATE "C")), 2);
    v_country text;
BEGIN
    SELECT c.code INTO v_country FROM ecommerce.countries c WHERE c.vat_prefix = v_prefix;
    IF NOT FOUND THEN
        RAISE EXCEPTION
            'buyer_vat_id must begin with the two letters of a country that levies VAT'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN v_country;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.vat_id_country(text) IS
    'For vat_treatment(): the country of a VAT id. Error 22023 if it begins with that of none.';

CREATE FUNCTION ecommerce_internal.vat_facts(
    supply text, vat_class text, seller ecommerce.vat_territory, origin ecommerce.vat_territory,
    buyer ecommerce.vat_territory, eu text[], is_business boolean, id_country text,
    distance_sales_exceed_threshold boolean, oss boolean, ioss boolean, small_enterprise boolean,
    domestic_reverse_charge boolean, excluded_goods boolean)
    RETURNS ecommerce_internal.vat_facts
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_same boolean := origin.country = buyer.country;
    f      ecommerce_internal.vat_facts;
BEGIN
    f.supply := supply;
    f.stock := CASE
        WHEN supply <> 'goods'
             OR (origin.country, origin.rule IN ('overseas', 'outside'))
                = (seller.country, seller.rule IN ('overseas', 'outside')) THEN 'own'
        WHEN origin.country = ANY (eu) AND origin.rule NOT IN ('overseas', 'outside') THEN 'other'
        ELSE 'third' END;
    f.destination := CASE
        WHEN v_same AND origin.rule NOT IN ('overseas', 'outside')
             AND buyer.rule NOT IN ('overseas', 'outside') THEN 'home'
        WHEN v_same AND origin.rule = 'overseas' AND buyer.region = origin.region THEN 'home'
        WHEN origin.country IN ('GB', 'XI') AND buyer.country IN ('GB', 'XI')
             AND NOT v_same THEN 'uk'
        WHEN v_same AND origin.rule NOT IN ('overseas', 'outside') THEN 'territory'
        WHEN buyer.country <> ALL (eu) OR buyer.rule IN ('overseas', 'outside') THEN 'third'
        WHEN f.stock = 'other' AND buyer.country = seller.country THEN 'back'
        ELSE 'eu' END;
    f.buyer := CASE
        WHEN NOT is_business THEN 'consumer'
        WHEN id_country IS NULL OR id_country <> ALL (eu) THEN 'business'
        WHEN supply <> 'goods' THEN
            CASE WHEN id_country = buyer.country
                      AND buyer.rule NOT IN ('overseas', 'outside') THEN 'identified'
                 ELSE 'elsewhere' END
        WHEN id_country = origin.country THEN 'resident'
        ELSE 'identified' END;
    f.seller := CASE
        WHEN seller.country <> ALL (eu) OR seller.rule IN ('overseas', 'outside') THEN 'foreign'
        WHEN small_enterprise THEN 'small'
        ELSE 'regular' END;
    f.sales := CASE
        WHEN f.stock = 'third' AND ioss THEN 'ioss'
        WHEN oss THEN 'oss'
        WHEN distance_sales_exceed_threshold THEN 'over'
        ELSE 'under' END;
    f.special := CASE
        WHEN vat_class = 'exempt' THEN 'exempt'
        WHEN domestic_reverse_charge THEN 'reverse_charge'
        WHEN excluded_goods THEN 'excluded'
        ELSE 'none' END;
    RETURN f;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.vat_facts(text, text, ecommerce.vat_territory,
    ecommerce.vat_territory, ecommerce.vat_territory, text[], boolean, text, boolean, boolean,
    boolean, boolean, boolean, boolean) IS
    'For vat_treatment(): the facts of a sale, in the words of vat_rules(). origin: where the '
    'goods are, or the provider of a service. eu: the member states of the day. id_country: of a '
    'valid VAT id.';

CREATE FUNCTION ecommerce_internal.vat_rule_of(facts ecommerce_internal.vat_facts)
    RETURNS ecommerce.vat_rule
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r ecommerce.vat_rule;
BEGIN
    SELECT * INTO r FROM ecommerce.vat_rules() l
    WHERE (l.supply IS NULL OR facts.supply = ANY (l.supply))
      AND (l.stock IS NULL OR facts.stock = ANY (l.stock))
      AND (l.destination IS NULL OR facts.destination = ANY (l.destination))
      AND (l.buyer IS NULL OR facts.buyer = ANY (l.buyer))
      AND (l.seller IS NULL OR facts.seller = ANY (l.seller))
      AND (l.sales IS NULL OR facts.sales = ANY (l.sales))
      AND (l.special IS NULL OR facts.special = ANY (l.special))
    ORDER BY l.step LIMIT 1;
    RETURN r;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.vat_rule_of(ecommerce_internal.vat_facts) IS
    'For vat_treatment(): the first row of vat_rules() for a sale of these facts.';

CREATE FUNCTION ecommerce_internal.refuse_vat_treatment(reason text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF reason IS NOT NULL THEN
        RAISE EXCEPTION 'the VAT treatment of this sale is not covered'
            USING ERRCODE = 'feature_not_supported', DETAIL = reason,
                  HINT = 'Ask a tax adviser, and state category and rate yourself.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refuse_vat_treatment(text) IS
    'For vat_treatment(): error 0A000 with this reason, unless it is NULL.';

CREATE FUNCTION ecommerce_internal.check_vat_covered(
    rule ecommerce.vat_rule, facts ecommerce_internal.vat_facts, seller ecommerce.vat_territory,
    stock ecommerce.vat_territory, buyer ecommerce.vat_territory, on_date date,
    small_enterprise boolean, excluded_goods boolean)
    RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM ecommerce_internal.refuse_vat_treatment(CASE
        WHEN facts.destination <> 'home' AND on_date < date '2021-07-01' THEN
            'Sales across a border before 2021-07-01, when Directive (EU) 2017/2455 changed the '
            'rules.'
        WHEN small_enterprise AND (facts.seller = 'foreign' OR seller.country = 'XI') THEN
            'Small enterprises outside the EU follow the law of their country.'
        WHEN rule.vat_category IS NULL THEN
            coalesce(rule.note, 'No rule says what to do.')
        WHEN rule.vat_category = 'S' AND facts.supply = 'goods' AND facts.destination = 'home'
             AND facts.buyer <> 'consumer' AND NOT excluded_goods AND seller.rule <> 'islands'
             AND stock.rule = 'islands' AND buyer.rule = 'islands' THEN
            'Goods that are on the islands already are sold to a business there '
            'by a seller who is not established there.'
        END);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_vat_covered(ecommerce.vat_rule,
    ecommerce_internal.vat_facts, ecommerce.vat_territory, ecommerce.vat_territory,
    ecommerce.vat_territory, date, boolean, boolean) IS
    'For vat_treatment(): error 0A000 for a sale that the rule does not cover, with the reason.';

CREATE FUNCTION ecommerce_internal.vat_rate_region(
    rule ecommerce.vat_rule, facts ecommerce_internal.vat_facts, seller ecommerce.vat_territory,
    stock ecommerce.vat_territory, buyer ecommerce.vat_territory, stock_region text,
    excluded_goods boolean, OUT region text, OUT note text)
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_origin ecommerce.vat_territory := CASE facts.supply WHEN 'goods' THEN stock ELSE seller END;
    v_place  ecommerce.vat_territory := CASE rule.place WHEN 'origin' THEN v_origin ELSE buyer END;
BEGIN
    region := '';
    IF v_place.rule IN ('place', 'overseas') THEN
        region := v_place.region;
    ELSIF rule.place = 'origin' AND facts.stock = 'own'
          AND 'islands' IN (seller.rule, stock.rule, buyer.rule) THEN
        IF facts.supply = 'service' AND seller.rule = 'islands' AND stock_region IS NULL THEN
            RAISE EXCEPTION 'stock_region must say where the service is performed'
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = format('Region "%s" has rates of its own for what is performed '
                                      'there.', seller.region);
        ELSIF excluded_goods OR facts.supply = 'digital' THEN
            NULL;
        ELSIF seller.rule = 'islands' AND stock.region = seller.region THEN
            region := seller.region;
        ELSIF facts.supply = 'goods' AND facts.destination = 'home' AND buyer.rule = 'islands'
              AND facts.buyer <> 'consumer' THEN
            region := buyer.region;
        END IF;
        IF region = '' THEN
            note := 'The rates of the islands are for goods that are there and sold by a '
                    'seller established there, for goods sent to a business established '
                    'there, and for services performed there by a provider established '
                    'there; not for tobacco and means of transport.';
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.vat_rate_region(ecommerce.vat_rule,
    ecommerce_internal.vat_facts, ecommerce.vat_territory, ecommerce.vat_territory,
    ecommerce.vat_territory, text, boolean) IS
    'For vat_treatment(): whose rate it is, the region''s or (empty) the country''s. A region''s '
    'rate is for what is supplied in it; that of the Greek islands also depends on who sells and '
    'buys. note: why it is not theirs. Error 22023 if a service there has no stock_region.';

CREATE FUNCTION ecommerce_internal.add_vat_reason(treatment ecommerce.vat_treatment,
    rule ecommerce.vat_rule, facts ecommerce_internal.vat_facts, buyer ecommerce.vat_territory)
    RETURNS ecommerce.vat_treatment
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    t ecommerce.vat_treatment := treatment;
BEGIN
    t.scheme := rule.scheme;
    t.vatex := rule.vatex;
    t.note := nullif(concat_ws(' ', replace(rule.note, '%s', t.country), t.note), '');
    t.legal_reason := CASE facts.seller WHEN 'foreign' THEN 'VAT law of ' || t.country
                           ELSE 'Directive 2006/112/EC ' || rule.legal_reason END;
    IF t.region <> '' AND facts.seller <> 'foreign' THEN
        t.legal_reason := concat_ws('; ', t.legal_reason, (
            SELECT g.legal_reason FROM ecommerce.vat_regions g
            WHERE g.country = t.country AND g.region = t.region));
    ELSIF facts.destination IN ('third', 'territory')
          AND buyer.rule IN ('overseas', 'outside') THEN
        t.legal_reason := concat_ws('; ', t.legal_reason, buyer.legal_reason);
    END IF;
    RETURN t;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.add_vat_reason(ecommerce.vat_treatment, ecommerce.vat_rule,
    ecommerce_internal.vat_facts, ecommerce.vat_territory) IS
    'For vat_treatment(): the treatment with its scheme, VATEX code, note and legal reason.';

CREATE FUNCTION ecommerce_internal.add_mydata_codes(treatment ecommerce.vat_treatment,
    rule ecommerce.vat_rule, facts ecommerce_internal.vat_facts)
    RETURNS ecommerce.vat_treatment
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    t ecommerce.vat_treatment := treatment;
BEGIN
    IF t.vat_category = 'S' AND t.country = 'GR' AND t.scheme = 'domestic' THEN
        SELECT m.category INTO t.mydata_category
        FROM (VALUES (false, 24, 1), (false, 13, 2), (false, 6, 3), (false, 4, 10),
                     (true, 17, 4), (true, 9, 5), (true, 4, 6), (true, 3, 9))
             AS m (island, rate, category)
        WHERE m.island = (t.region <> '') AND m.rate = t.vat_rate;
    ELSE
        t.mydata_category := 7;
        t.mydata_exemption := CASE
            WHEN facts.stock = 'other' AND rule.scheme IN ('intra_eu', 'export') THEN 3
            ELSE rule.mydata_exemption END;
        t.legal_reason := concat_ws('; ', t.legal_reason, (
            SELECT 'VAT Code (L.5144/2024) ' || e.article
                   || coalesce(', formerly ' || e.formerly, '')
            FROM ecommerce.mydata_exemptions() e WHERE e.code = t.mydata_exemption));
    END IF;
    RETURN t;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.add_mydata_codes(ecommerce.vat_treatment,
    ecommerce.vat_rule, ecommerce_internal.vat_facts) IS
    'For vat_treatment(): the treatment of a seller in Greece with its codes of myDATA.';
