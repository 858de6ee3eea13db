-- VAT: the rates, and how a sale is taxed.
--
-- vat_territory() finds out where a party or its goods are; vat_rules() is the
-- law as a decision table; vat_treatment() states the facts of a sale, looks
-- them up in it, and fetches the rate.  docs/vat.md explains the rules.

CREATE TYPE ecommerce.vat_territory AS (
    country      text,
    region       text,
    rule         text,
    legal_reason text
);
COMMENT ON TYPE ecommerce.vat_territory IS
    'Where something is for VAT: country, region, and its rule and legal_reason of vat_regions.';

CREATE FUNCTION ecommerce.vat_territory(country text, region text DEFAULT NULL, postal_code text DEFAULT NULL, on_date date DEFAULT current_date) RETURNS ecommerce.vat_territory
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_country text := country;
    v_coded   text;     -- region, by a country code of its own
    v_named   text;     -- region, by its name or that of a place in it
    v_postal  text;     -- region, by postal code
    v_code    text;
    v_early   boolean;
    v_result  ecommerce.vat_territory;
BEGIN
    IF country IS NULL OR on_date IS NULL THEN
        RAISE EXCEPTION 'country and date must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF greatest(length(country), length(region), length(postal_code)) > 255 THEN
        RAISE EXCEPTION 'country, region or postal code is too long'
            USING ERRCODE = 'string_data_right_truncation', DETAIL = 'It may have 255 characters.';
    END IF;

    SELECT p.country, p.region INTO v_country, v_coded FROM ecommerce.vat_places p WHERE p.code = vat_territory.country;
    IF NOT FOUND THEN
        v_country := country;
        IF NOT EXISTS (SELECT FROM ecommerce.countries c WHERE c.code = v_country) THEN
            RAISE EXCEPTION 'unknown country "%"', country
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'Use the two letters of ISO 3166-1, as in ecommerce.countries: GR for Greece.';
        END IF;
    END IF;

    IF region <> '' THEN
        SELECT g.region INTO v_named FROM ecommerce.vat_regions g
        WHERE g.country = v_country AND lower(g.region) = lower(vat_territory.region);
        IF NOT FOUND THEN
            SELECT coalesce(max(p.region) FILTER (WHERE on_date >= p.valid_from AND (p.valid_to IS NULL OR on_date <= p.valid_to)), ''),
                   bool_or(on_date < g.places_from)
            INTO v_named, v_early
            FROM ecommerce.vat_places p JOIN ecommerce.vat_regions g ON (g.country, g.region) = (p.country, p.region)
            WHERE p.country = v_country AND lower(p.place) = lower(vat_territory.region)
            HAVING count(*) > 0;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'unknown region "%" of %', region, v_country
                    USING ERRCODE = 'invalid_parameter_value',
                          HINT = 'Name one of ecommerce.vat_regions or vat_places, or none if it is in neither.';
            ELSIF v_early THEN
                RAISE EXCEPTION 'it is not known whether "%" had rates of its own on %', region, to_char(on_date, 'YYYY-MM-DD')
                    USING ERRCODE = 'feature_not_supported', HINT = 'Name the region itself, if it had.';
            END IF;
        END IF;
    END IF;

    IF postal_code <> '' THEN
        v_code := regexp_replace(regexp_replace(upper(postal_code), '[^A-Z0-9]', '', 'g'), '^(' || v_country || '|' || country || ')(?=[0-9]{4})', '');
        SELECT p.region INTO v_postal FROM ecommerce.vat_places p
        WHERE p.country = v_country AND v_code ~ p.postal_code
          AND on_date >= p.valid_from AND (p.valid_to IS NULL OR on_date <= p.valid_to);
        IF v_named IS NULL AND v_coded IS NULL AND region IS NULL AND EXISTS (
            SELECT FROM ecommerce.vat_places p WHERE p.country = v_country AND v_code ~ p.postal_code_shared) THEN
            RAISE EXCEPTION 'postal code "%" does not tell the region', postal_code
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = format('It may be in %s, or not.', (
                          SELECT string_agg(p.place, ', ' ORDER BY p.place) FROM ecommerce.vat_places p
                          WHERE p.country = v_country AND v_code ~ p.postal_code_shared)),
                      HINT = 'Give its region; an empty string says that it is in none.';
        END IF;
        IF v_postal <> coalesce(v_named, v_coded)
           OR v_postal IS NULL AND EXISTS (
               SELECT FROM ecommerce.vat_places p WHERE p.country = v_country AND p.region = v_named
               HAVING bool_and(p.postal_code IS NOT NULL AND NOT coalesce(v_code ~ p.postal_code_shared, false))) THEN
            RAISE EXCEPTION 'postal code "%" is not in "%"', postal_code, coalesce(nullif(region, ''), country)
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
    END IF;
    IF v_named <> v_coded THEN
        RAISE EXCEPTION 'region "%" is not in %', region, country USING ERRCODE = 'invalid_parameter_value';
    END IF;

    SELECT g.country, g.region, g.rule, g.legal_reason INTO v_result
    FROM ecommerce.vat_regions g
    WHERE g.country = v_country AND g.region = coalesce(v_named, v_postal, v_coded, '');
    -- Northern Ireland has the code XI, as if it were a country.
    IF v_result.country = 'GB' AND v_result.region = 'Northern Ireland' THEN
        v_result.region := '';
        IF EXISTS (SELECT FROM ecommerce.countries c WHERE c.code = 'XI' AND c.eu_from <= on_date) THEN
            v_result.country := 'XI';
        END IF;
    END IF;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.vat_territory(text, text, text, date) IS
    'Where an address is for VAT on a day: country (ISO 3166-1), and its region by the name of vat_regions or of a place in it (vat_places), else by postal code. An empty region is none, where the postal code leaves that open. Errors: 22023 unknown or contradicting, 0A000 not known for that day, 22004 NULL.';

CREATE FUNCTION ecommerce.vat_rate(country text, vat_class text, on_date date DEFAULT current_date, region text DEFAULT '') RETURNS numeric
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    t        ecommerce.vat_territory := ecommerce.vat_territory(country, region, NULL::text, on_date);
    v_region text := CASE t.rule WHEN 'country' THEN '' ELSE t.region END;
    v_rate   numeric;
BEGIN
    IF vat_class IS NULL THEN
        RAISE EXCEPTION 'the class must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT r.rate INTO v_rate FROM ecommerce.vat_rates r
    WHERE r.country = t.country AND r.region = v_region AND r.vat_class = vat_rate.vat_class
      AND r.valid_from <= on_date AND (r.valid_to IS NULL OR r.valid_to >= on_date);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no VAT rate is known'
            USING ERRCODE = 'EC012',
                  DETAIL = format('Country "%s", region "%s", class "%s", on %s.', t.country, v_region, vat_class, to_char(on_date, 'YYYY-MM-DD')),
                  HINT = CASE t.rule WHEN 'outside' THEN 'The region is outside the VAT territory.' ELSE 'Call ecommerce.set_vat_rate().' END;
    END IF;
    RETURN v_rate;
END
$$;
COMMENT ON FUNCTION ecommerce.vat_rate(text, text, date, text) IS
    'The VAT rate in percent of a country''s class (vat_rates.vat_class) on a day, in a region of vat_regions or a place of vat_places with rates of its own. Never 0 for an unknown one: error EC012 says what is missing. Who may charge a region''s rate, vat_treatment() knows.';

CREATE FUNCTION ecommerce.set_vat_rate(country text, vat_class text, rate numeric, valid_from date, region text DEFAULT '', note text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rule text;
    v_now  record;
    v_to   date;
BEGIN
    IF num_nulls(country, vat_class, rate, valid_from, region) > 0 THEN
        RAISE EXCEPTION 'country, class, rate, first day and region must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT isfinite(valid_from) THEN
        RAISE EXCEPTION 'the first day must be a day' USING ERRCODE = 'invalid_parameter_value';
    ELSIF NOT (rate >= 0 AND rate <= 100 AND min_scale(rate) <= 6) THEN
        RAISE EXCEPTION 'a VAT rate is from 0 to 100 percent, with at most 6 decimals'
            USING ERRCODE = 'numeric_value_out_of_range', DETAIL = format('It is %s.', rate);
    ELSIF vat_class NOT IN ('standard', 'reduced', 'reduced2', 'super_reduced', 'super_reduced2', 'parking', 'zero') THEN
        RAISE EXCEPTION 'unknown class "%" of VAT rates', vat_class USING ERRCODE = 'invalid_parameter_value';
    ELSIF vat_class = 'zero' AND rate <> 0 THEN
        RAISE EXCEPTION 'the class "zero" has the rate 0' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT g.rule INTO v_rule FROM ecommerce.vat_regions g
    WHERE g.country = set_vat_rate.country AND g.region = set_vat_rate.region;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown region "%" of country "%"', region, country
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Add it to ecommerce.vat_regions first.';
    ELSIF region <> '' AND v_rule IN ('country', 'outside') THEN
        RAISE EXCEPTION 'region "%" of % has no rates of its own', region, country
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('Its rule in ecommerce.vat_regions is "%s".', v_rule);
    END IF;

    -- One at a time, so that the second sees what the first has set.
    PERFORM pg_advisory_xact_lock(hashtextextended('ecommerce.vat_rates/' || country || '/' || vat_class || '/' || region, 0));
    SELECT r.rate, r.valid_from, r.valid_to INTO v_now FROM ecommerce.vat_rates r
    WHERE r.country = set_vat_rate.country AND r.region = set_vat_rate.region AND r.vat_class = set_vat_rate.vat_class
      AND r.valid_from <= set_vat_rate.valid_from AND (r.valid_to IS NULL OR r.valid_to >= set_vat_rate.valid_from);
    IF v_now.rate = rate THEN
        RETURN;
    ELSIF v_now.valid_from = valid_from THEN
        RAISE EXCEPTION 'another rate begins on that day'
            USING ERRCODE = 'unique_violation',
                  DETAIL = format('Country "%s", region "%s", class "%s" has %s percent from %s.', country, region, vat_class, v_now.rate, to_char(valid_from, 'YYYY-MM-DD')),
                  HINT = 'If that was never right, UPDATE ecommerce.vat_rates. Orders keep the rate they were placed with.';
    ELSIF v_now.valid_from IS NOT NULL THEN
        v_to := v_now.valid_to;
        UPDATE ecommerce.vat_rates r SET valid_to = set_vat_rate.valid_from - 1
        WHERE r.country = set_vat_rate.country AND r.region = set_vat_rate.region AND r.vat_class = set_vat_rate.vat_class
          AND r.valid_from = v_now.valid_from;
    ELSE
        SELECT min(r.valid_from) - 1 INTO v_to FROM ecommerce.vat_rates r
        WHERE r.country = set_vat_rate.country AND r.region = set_vat_rate.region AND r.vat_class = set_vat_rate.vat_class
          AND r.valid_from > set_vat_rate.valid_from;
    END IF;
    INSERT INTO ecommerce.vat_rates (country, region, vat_class, rate, valid_from, valid_to, note)
    VALUES (country, region, vat_class, rate, valid_from, v_to, note);
END
$$;
COMMENT ON FUNCTION ecommerce.set_vat_rate(text, text, numeric, date, text, text) IS
    'Let a VAT rate in percent apply from a day on, until the next change that is known already: the period that it falls into ends on the day before. Nothing happens if the rate applies on that day anyway. Errors: 23505 if another rate begins on the same day, 22023 unknown region or class, 22003 not a rate, 22004 NULL.';

CREATE FUNCTION ecommerce.mydata_exemptions() RETURNS TABLE (code integer, article text, formerly text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
VALUES
    ( 1, 'Art. 2, 3',   'Art. 3'),
    ( 2, 'Art. 5',      NULL),
    ( 3, 'Art. 17',     'Art. 13'),
    ( 4, 'Art. 18',     'Art. 14'),
    ( 5, 'Art. 21',     'Art. 16'),
    ( 6, 'Art. 24',     'Art. 19'),
    ( 7, 'Art. 27',     'Art. 22'),
    ( 8, 'Art. 29',     'Art. 24'),
    ( 9, 'Art. 30',     'Art. 25'),
    (10, 'Art. 31',     'Art. 26'),
    (11, 'Art. 32',     'Art. 27'),
    (12, 'Art. 32',     'Art. 27'),
    (13, 'Art. 32',     'Art. 27'),
    (14, 'Art. 33',     'Art. 28'),
    (15, 'Art. 44',     'Art. 39'),
    (16, 'Art. 45',     'Art. 39a'),
    (17, 'Art. 47',     'Art. 40'),
    (18, 'Art. 48',     'Art. 41'),
    (19, 'Art. 54',     'Art. 47'),
    (20, 'Art. 50',     'Art. 43'),
    (21, 'Art. 51',     'Art. 44'),
    (22, 'Art. 52',     'Art. 45'),
    (23, 'Art. 53',     'Art. 46'),
    (24, 'Art. 8',      'Art. 6'),
    (25, 'POL.1029/1995', NULL),
    (26, 'POL.1167/2015', NULL),
    (27, NULL,          NULL),
    (28, 'Art. 29(1)(b)', NULL),
    (29, 'Art. 56',     'Art. 47b'),
    (30, 'Art. 57',     'Art. 47c'),
    (31, 'Art. 58',     'Art. 47d');
$$;
COMMENT ON FUNCTION ecommerce.mydata_exemptions() IS
    'Codes of myDATA (AADE) for a line without VAT: article of the Greek VAT Code (L.5144/2024), and what it was in L.2859/2000. 27 is any other.';

CREATE TYPE ecommerce.vat_rule AS (
    step             integer,
    rule             text,
    supply           text[],
    stock            text[],
    destination      text[],
    buyer            text[],
    seller           text[],
    sales            text[],
    special          text[],
    place            text,
    vat_category     text,
    scheme           text,
    vatex            text,
    mydata_exemption integer,
    legal_reason     text,
    note             text
);
COMMENT ON TYPE ecommerce.vat_rule IS
    'A row of the decision table of vat_rules(): the facts of a sale for which it stands, any where NULL, and what follows. Facts: supply goods, service, digital; stock (where the goods are) own, other member state, third country; destination home, eu, back (from goods abroad to the seller''s own country), third, uk (Great Britain and Northern Ireland), territory (own country, outside the VAT territory); buyer identified (valid VAT id of another member state; for a service, of the buyer''s), resident (of the country of dispatch), elsewhere (for a service, of another country than the buyer''s), business (no valid VAT id), consumer; seller regular, small, foreign; sales under, over, oss, ioss; special none, exempt, reverse_charge, excluded. place is whose VAT it is: origin or destination. Without vat_category the sale is refused, and note says why.';

CREATE FUNCTION ecommerce.vat_rules() RETURNS SETOF ecommerce.vat_rule
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp ROWS 50
AS $$
BEGIN
    -- In plpgsql, because that keeps its plan.
    RETURN QUERY VALUES
    -- a customer whose place is unknown
    (5, 'unclear customer', '{service,digital}'::text[], NULL::text[], NULL::text[], '{elsewhere}'::text[], NULL::text[], NULL::text[], NULL::text[],
     NULL, NULL, NULL, NULL, NULL::integer, NULL, 'The VAT id is of another country than the buyer, so it is unclear which of its establishments receives the service (Art. 44).'),

    -- whatever it is, in one country
    (10, 'small enterprise', NULL, '{own}', '{home}', NULL, '{small}', NULL, '{none,excluded}',
     'origin', 'E', 'small_enterprise', NULL, 15, 'Art. 284', NULL),
    (11, 'exempt', NULL, '{own}', '{home}', NULL, NULL, NULL, '{exempt}',
     'origin', 'E', 'domestic', NULL, 7, 'Art. 132 to 136', 'Which exemption it is, and its VATEX code, depend on the product.'),
    (12, 'domestic reverse charge', NULL, '{own}', '{home}', '{identified,resident,business}', '{regular}', NULL, '{reverse_charge}',
     'origin', 'AE', 'reverse_charge', 'VATEX-EU-AE', 16, 'Art. 199, 199a', 'That it is on the national list is for the seller to know.'),
    (13, 'domestic reverse charge', NULL, NULL, NULL, NULL, NULL, NULL, '{reverse_charge}',
     NULL, NULL, NULL, NULL, NULL, NULL, 'A domestic reverse charge is between a seller and a business in the same country.'),
    (14, 'domestic goods', '{goods}', '{own}', '{home}', NULL, NULL, NULL, NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 31, 32', NULL),

    -- what is not covered, whatever is sold
    (20, 'seller outside', NULL, NULL, '{eu,back,third,uk,territory}', NULL, '{foreign}', NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, 'The seller is not established in the VAT territory of the EU, and sells across a border.'),
    (21, 'seller outside', NULL, '{other,third}', NULL, NULL, '{foreign}', NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, 'The seller is not established in the VAT territory of the EU, and its goods are in another country.'),
    (22, 'within the United Kingdom', NULL, NULL, '{uk}', NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, 'Sales between Great Britain and Northern Ireland follow the law of the United Kingdom.'),
    (23, 'own territory', '{service,digital}', NULL, '{territory}', NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, 'Services to a part of the seller''s country that is outside the VAT territory follow national law.'),
    (25, 'small enterprise', NULL, '{other,third}', NULL, NULL, '{small}', NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, 'A small enterprise with goods in another country.'),

    -- services at home
    (30, 'domestic service', '{service,digital}', NULL, '{home}', '{identified,business}', NULL, NULL, NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 44', NULL),
    (31, 'domestic service', '{service}', NULL, '{home}', NULL, NULL, NULL, NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 45', NULL),
    (32, 'domestic service', '{digital}', NULL, '{home}', NULL, NULL, NULL, NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 58', NULL),

    -- exempt and excluded products across a border
    (40, 'exempt', '{service}', NULL, '{eu}', '{business,consumer}', NULL, NULL, '{exempt}',
     'origin', 'E', 'domestic', NULL, 7, 'Art. 45, 132 to 136', 'Which exemption it is, and its VATEX code, depend on the product.'),
    (41, 'exempt', '{service}', NULL, '{third}', '{consumer}', NULL, NULL, '{exempt}',
     'origin', 'E', 'domestic', NULL, 7, 'Art. 45, 132 to 136', 'Which exemption it is, and its VATEX code, depend on the product.'),
    (42, 'exempt', '{goods,digital}', '{own}', '{eu}', '{business,consumer}', NULL, '{under}', '{exempt}',
     'origin', 'E', 'domestic', NULL, 7, 'Art. 59c(1), 132 to 136', 'Which exemption it is, and its VATEX code, depend on the product.'),
    (43, 'exempt', NULL, NULL, NULL, NULL, NULL, NULL, '{exempt}',
     NULL, NULL, NULL, NULL, NULL, NULL, 'What is exempt in the seller''s country is sold to another one, which may not exempt it.'),
    (44, 'excluded goods', '{goods}', NULL, '{eu,back}', '{resident,business,consumer}', NULL, NULL, '{excluded}',
     NULL, NULL, NULL, NULL, NULL, NULL, 'New means of transport are no distance sale (Art. 14(4)(b)), and tobacco bears excise duty.'),

    -- goods that are not in the seller's country
    (50, 'import', '{goods}', '{third}', '{eu}', '{business,consumer}', NULL, '{ioss}', NULL,
     'destination', 'S', 'ioss', NULL, 31, 'Art. 33(b), (c)', 'Declared in the import one-stop shop: consignments of up to 150 EUR.'),
    (51, 'import', '{goods}', '{third}', NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, 'The goods are outside the VAT territory of the EU, and not sold under the import one-stop shop.'),
    (52, 'stock abroad', '{goods}', '{other}', '{home}', '{consumer}', NULL, NULL, NULL,
     'origin', 'S', 'registration', NULL, 3, 'Art. 31, 32', 'Needs a VAT registration in %s.'),
    (53, 'stock abroad', '{goods}', '{other}', '{home}', NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, 'Whether a business owes the VAT of a seller that is established in another member state is national law (Art. 194).'),
    (54, 'stock abroad', '{goods}', '{other}', '{eu,back}', '{resident}', NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, 'Whether a business owes the VAT of a seller that is established in another member state is national law (Art. 194).'),
    (55, 'stock abroad', '{goods}', '{other}', '{back}', '{business,consumer}', NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, 'Goods abroad are sold to a consumer in the seller''s own country.'),
    (56, 'stock abroad', '{goods}', '{other}', '{eu}', '{business,consumer}', NULL, '{under}', NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, 'The threshold of Art. 59c is for goods that are sent from the seller''s own country.'),

    -- goods to another member state
    (60, 'small enterprise', '{goods}', NULL, '{eu}', '{identified}', '{small}', NULL, NULL,
     'origin', 'E', 'small_enterprise', NULL, 15, 'Art. 139(1), 284', NULL),
    (61, 'intra-EU supply', '{goods}', NULL, '{eu,back}', '{identified}', NULL, NULL, NULL,
     'origin', 'K', 'intra_eu', 'VATEX-EU-IC', 14, 'Art. 138(1)', 'Needs proof of dispatch (Reg. 282/2011 Art. 45a) and a recapitulative statement.'),
    (62, 'small enterprise', '{goods}', NULL, '{eu}', '{resident}', '{small}', NULL, NULL,
     'origin', 'E', 'small_enterprise', NULL, 15, 'Art. 284', NULL),
    (63, 'no acquisition abroad', '{goods}', NULL, '{eu}', '{resident}', NULL, NULL, NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 32', 'The VAT id is of the country of dispatch, which Art. 138(1)(b) does not exempt.'),

    -- goods and digital services to consumers in another member state, and to
    -- those who are treated like them for lack of a valid VAT id
    (70, 'small enterprise', '{goods,digital}', NULL, '{eu}', '{business,consumer}', '{small}', '{under}', NULL,
     'origin', 'E', 'small_enterprise', NULL, 15, 'Art. 59c(1), 284', NULL),
    (71, 'small enterprise', '{goods,digital}', NULL, '{eu}', '{business,consumer}', '{small}', NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, 'A small enterprise above the threshold of Art. 59c, or in another member state (Art. 284(2)).'),
    (72, 'below the threshold', '{goods}', NULL, '{eu}', '{business,consumer}', NULL, '{under}', NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 32, 59c(1)', NULL),
    (73, 'distance sale', '{goods}', NULL, '{eu}', '{business,consumer}', NULL, '{oss}', NULL,
     'destination', 'S', 'oss', NULL, 30, 'Art. 33(a)', 'Declared in the one-stop shop.'),
    (74, 'distance sale', '{goods}', NULL, '{eu}', '{business,consumer}', NULL, '{over}', NULL,
     'destination', 'S', 'registration', NULL, 3, 'Art. 33(a)', 'Needs a VAT registration in %s, or the one-stop shop.'),
    (75, 'below the threshold', '{digital}', NULL, '{eu}', '{business,consumer}', NULL, '{under}', NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 45, 59c(1)', NULL),
    (76, 'digital service', '{digital}', NULL, '{eu}', '{business,consumer}', NULL, '{oss}', NULL,
     'destination', 'S', 'oss', NULL, 30, 'Art. 58', 'Declared in the one-stop shop.'),
    (77, 'digital service', '{digital}', NULL, '{eu}', '{business,consumer}', NULL, '{over}', NULL,
     'destination', 'S', 'registration', NULL, 4, 'Art. 58', 'Needs a VAT registration in %s, or the one-stop shop.'),

    -- goods that leave the EU
    (80, 'small enterprise', '{goods}', NULL, '{third,territory}', NULL, '{small}', NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, 'Exports of a small enterprise.'),
    (81, 'export', '{goods}', NULL, '{third,territory}', NULL, NULL, NULL, NULL,
     'origin', 'G', 'export', 'VATEX-EU-G', 8, 'Art. 146(1)', 'Needs proof of export.'),

    -- services
    (90, 'reverse charge', '{service,digital}', NULL, '{eu}', '{identified}', NULL, NULL, NULL,
     'destination', 'AE', 'reverse_charge', 'VATEX-EU-AE', 4, 'Art. 44, 196', 'Needs a recapitulative statement.'),
    (91, 'small enterprise', '{service}', NULL, '{eu}', '{business,consumer}', '{small}', NULL, NULL,
     'origin', 'E', 'small_enterprise', NULL, 15, 'Art. 45, 284', NULL),
    (92, 'service', '{service}', NULL, '{eu}', '{business,consumer}', NULL, NULL, NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 45', NULL),
    (93, 'service outside the EU', '{service,digital}', NULL, '{third}', '{business}', NULL, NULL, NULL,
     'destination', 'O', 'outside', 'VATEX-EU-O', 4, 'Art. 44', NULL),
    (94, 'small enterprise', '{service}', NULL, '{third}', '{consumer}', '{small}', NULL, NULL,
     'origin', 'E', 'small_enterprise', NULL, 15, 'Art. 45, 284', 'Services of Art. 59 are taxed where the customer is, instead.'),
    (95, 'service', '{service}', NULL, '{third}', '{consumer}', NULL, NULL, NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 45', 'Services of Art. 59 are taxed where the customer is, instead.'),
    (96, 'digital service outside the EU', '{digital}', NULL, '{third}', '{consumer}', NULL, NULL, NULL,
     'destination', 'O', 'outside', 'VATEX-EU-O', 4, 'Art. 58', NULL);
END
$$;
COMMENT ON FUNCTION ecommerce.vat_rules() IS
    'The rules of vat_treatment() as a decision table: of the rows whose facts are those of the sale, the one with the lowest step decides. Articles without a name are of Directive 2006/112/EC.';

CREATE TYPE ecommerce.vat_treatment AS (
    vat_category     text,
    vat_class        text,
    vat_rate         numeric,
    country          text,
    region           text,
    scheme           text,
    vatex            text,
    legal_reason     text,
    mydata_category  integer,
    mydata_exemption integer,
    note             text
);
COMMENT ON TYPE ecommerce.vat_treatment IS
    'How a sale is taxed. vat_category: code of EN 16931 (S, Z, E, AE, K, G, O). vat_rate: percent, 0 in every category but S; an invoice leaves it out in O. country and region: where the supply takes place, so whose rate it is. scheme: domestic, oss, ioss, registration (in that country), intra_eu, export, reverse_charge, outside or small_enterprise. vatex: exemption reason of EN 16931 (BT-121). legal_reason: the rule that decided. mydata_category, mydata_exemption: VAT category and exemption of myDATA, for sellers in Greece. note: what else it needs, or why it is not what one may have expected.';

CREATE FUNCTION ecommerce.vat_treatment(
    seller_country text,
    buyer_country text,
    vat_class text DEFAULT 'standard',
    supply text DEFAULT 'goods',
    on_date date DEFAULT current_date,
    seller_region text DEFAULT '',
    buyer_region text DEFAULT NULL,
    buyer_postal_code text DEFAULT NULL,
    buyer_is_business boolean DEFAULT NULL,
    buyer_vat_id text DEFAULT NULL,
    buyer_vat_id_valid boolean DEFAULT NULL,
    stock_country text DEFAULT NULL,
    stock_region text DEFAULT NULL,
    distance_sales_exceed_threshold boolean DEFAULT false,
    oss boolean DEFAULT false,
    ioss boolean DEFAULT false,
    small_enterprise boolean DEFAULT false,
    domestic_reverse_charge boolean DEFAULT false,
    excluded_goods boolean DEFAULT false) RETURNS ecommerce.vat_treatment
    -- place_order() turns sequential scans off; with the costs of those that remain a query would be worth compiling (jit).
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET enable_seqscan = on
AS $$
DECLARE
    v_seller      ecommerce.vat_territory;
    v_stock       ecommerce.vat_territory;    -- goods, or where a service is performed
    v_origin      ecommerce.vat_territory;
    v_buyer       ecommerce.vat_territory;
    v_place       ecommerce.vat_territory;
    v_eu          text[];
    v_business    boolean := coalesce(buyer_is_business, buyer_vat_id_valid, false);
    v_id_country  text;
    v_same        boolean;
    v_stock_fact  text;
    v_destination text;
    v_buyer_fact  text;
    v_seller_fact text;
    v_sales       text;
    v_special     text;
    v_excluded    boolean := coalesce(excluded_goods, false);
    v_refused     text;
    r             ecommerce.vat_rule;
    t             ecommerce.vat_treatment;
BEGIN
    IF num_nulls(seller_country, buyer_country, vat_class, supply, on_date) > 0 THEN
        RAISE EXCEPTION 'seller_country, buyer_country, vat_class, supply and on_date must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF supply NOT IN ('goods', 'service', 'digital') THEN
        RAISE EXCEPTION 'unknown supply "%"', supply USING ERRCODE = 'invalid_parameter_value', HINT = 'It is goods, service or digital.';
    ELSIF vat_class NOT IN ('standard', 'reduced', 'reduced2', 'super_reduced', 'super_reduced2', 'parking', 'zero', 'exempt') THEN
        RAISE EXCEPTION 'unknown class "%" of VAT rates', vat_class USING ERRCODE = 'invalid_parameter_value';
    ELSIF supply <> 'goods' AND stock_country <> seller_country THEN
        RAISE EXCEPTION 'a service has no stock_country' USING ERRCODE = 'invalid_parameter_value';
    ELSIF domestic_reverse_charge AND (vat_class = 'exempt' OR small_enterprise) THEN
        RAISE EXCEPTION 'what is exempt has no reverse charge' USING ERRCODE = 'invalid_parameter_value';
    END IF;

    -- Where everybody is.  Northern Ireland is not in the EU for services.
    v_seller := ecommerce.vat_territory(seller_country, seller_region, NULL::text, on_date);
    v_buyer  := ecommerce.vat_territory(buyer_country, buyer_region, buyer_postal_code, on_date);
    v_stock  := ecommerce.vat_territory(coalesce(stock_country, seller_country),
                    coalesce(stock_region, CASE WHEN stock_country IS NULL OR stock_country = seller_country THEN seller_region END), NULL::text, on_date);
    IF supply <> 'goods' THEN
        v_seller.country := CASE v_seller.country WHEN 'XI' THEN 'GB' ELSE v_seller.country END;
        v_buyer.country  := CASE v_buyer.country WHEN 'XI' THEN 'GB' ELSE v_buyer.country END;
    END IF;
    v_origin := CASE supply WHEN 'goods' THEN v_stock ELSE v_seller END;
    SELECT coalesce(array_agg(c.code), '{}') INTO v_eu FROM ecommerce.countries c
    WHERE c.eu_from <= on_date AND (c.eu_to IS NULL OR c.eu_to >= on_date) AND (c.code <> 'XI' OR supply = 'goods');

    -- A VAT id counts if VIES knows it, and the buyer does not buy in private.
    IF buyer_vat_id_valid THEN
        SELECT c.code INTO v_id_country FROM ecommerce.countries c
        WHERE c.vat_prefix = left(coalesce(ecommerce.vat_id_normalize(buyer_vat_id), upper(btrim(buyer_vat_id))), 2);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'buyer_vat_id must begin with the two letters of a country that levies VAT'
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
    END IF;

    -- The facts, in the words of vat_rules()
    v_same := v_origin.country = v_buyer.country;
    v_stock_fact := CASE
        WHEN supply <> 'goods' OR (v_origin.country, v_origin.rule IN ('overseas', 'outside')) = (v_seller.country, v_seller.rule IN ('overseas', 'outside')) THEN 'own'
        WHEN v_origin.country = ANY (v_eu) AND v_origin.rule NOT IN ('overseas', 'outside') THEN 'other'
        ELSE 'third' END;
    v_destination := CASE
        WHEN v_same AND v_origin.rule NOT IN ('overseas', 'outside') AND v_buyer.rule NOT IN ('overseas', 'outside') THEN 'home'
        WHEN v_same AND v_origin.rule = 'overseas' AND v_buyer.region = v_origin.region THEN 'home'
        WHEN v_origin.country IN ('GB', 'XI') AND v_buyer.country IN ('GB', 'XI') AND NOT v_same THEN 'uk'
        WHEN v_same AND v_origin.rule NOT IN ('overseas', 'outside') THEN 'territory'
        WHEN v_buyer.country <> ALL (v_eu) OR v_buyer.rule IN ('overseas', 'outside') THEN 'third'
        WHEN v_stock_fact = 'other' AND v_buyer.country = v_seller.country THEN 'back'
        ELSE 'eu' END;
    v_buyer_fact := CASE
        WHEN NOT v_business THEN 'consumer'
        WHEN v_id_country IS NULL OR v_id_country <> ALL (v_eu) THEN 'business'
        WHEN supply <> 'goods' THEN CASE WHEN v_id_country = v_buyer.country AND v_buyer.rule NOT IN ('overseas', 'outside') THEN 'identified' ELSE 'elsewhere' END
        WHEN v_id_country = v_origin.country THEN 'resident'
        ELSE 'identified' END;
    v_seller_fact := CASE
        WHEN v_seller.country <> ALL (v_eu) OR v_seller.rule IN ('overseas', 'outside') THEN 'foreign'
        WHEN small_enterprise THEN 'small'
        ELSE 'regular' END;
    v_sales := CASE
        WHEN v_stock_fact = 'third' AND ioss THEN 'ioss'
        WHEN oss THEN 'oss'
        WHEN distance_sales_exceed_threshold THEN 'over'
        ELSE 'under' END;
    v_special := CASE
        WHEN vat_class = 'exempt' THEN 'exempt'
        WHEN domestic_reverse_charge THEN 'reverse_charge'
        WHEN v_excluded THEN 'excluded'
        ELSE 'none' END;

    SELECT * INTO r FROM ecommerce.vat_rules() l
    WHERE (l.supply IS NULL OR vat_treatment.supply = ANY (l.supply))
      AND (l.stock IS NULL OR v_stock_fact = ANY (l.stock))
      AND (l.destination IS NULL OR v_destination = ANY (l.destination))
      AND (l.buyer IS NULL OR v_buyer_fact = ANY (l.buyer))
      AND (l.seller IS NULL OR v_seller_fact = ANY (l.seller))
      AND (l.sales IS NULL OR v_sales = ANY (l.sales))
      AND (l.special IS NULL OR v_special = ANY (l.special))
    ORDER BY l.step LIMIT 1;
    v_refused := CASE
        WHEN v_destination <> 'home' AND on_date < date '2021-07-01' THEN
            'Sales across a border before 2021-07-01, when Directive (EU) 2017/2455 changed the rules.'
        WHEN small_enterprise AND (v_seller_fact = 'foreign' OR v_seller.country = 'XI') THEN
            'Small enterprises outside the EU follow the law of their country.'
        WHEN r.vat_category IS NULL THEN
            coalesce(r.note, 'No rule says what to do.')
        WHEN r.vat_category = 'S' AND supply = 'goods' AND v_destination = 'home' AND v_business AND NOT v_excluded
             AND v_seller.rule <> 'islands' AND v_stock.rule = 'islands' AND v_buyer.rule = 'islands' THEN
            'Goods that are on the islands already are sold to a business there by a seller who is not established there.'
    END;

    v_place := CASE r.place WHEN 'origin' THEN v_origin ELSE v_buyer END;
    t.country := v_place.country;
    t.region  := '';
    t.vat_category := r.vat_category;
    t.vat_class := vat_class;
    t.vat_rate := 0;
    IF v_refused IS NULL AND r.vat_category = 'S' THEN
        -- Whose rate: a region's is for what is supplied in it, and that of
        -- the Greek islands also depends on who sells and buys.
        IF v_place.rule IN ('place', 'overseas') THEN
            t.region := v_place.region;
        ELSIF r.place = 'origin' AND v_stock_fact = 'own' AND 'islands' IN (v_seller.rule, v_stock.rule, v_buyer.rule) THEN
            IF supply = 'service' AND v_seller.rule = 'islands' AND stock_region IS NULL THEN
                RAISE EXCEPTION 'stock_region must say where the service is performed'
                    USING ERRCODE = 'invalid_parameter_value',
                          DETAIL = format('Region "%s" has rates of its own for what is performed there.', v_seller.region);
            ELSIF v_excluded OR supply = 'digital' THEN
                NULL;
            ELSIF v_seller.rule = 'islands' AND v_stock.region = v_seller.region THEN
                t.region := v_seller.region;
            ELSIF supply = 'goods' AND v_destination = 'home' AND v_buyer.rule = 'islands' AND v_business THEN
                t.region := v_buyer.region;
            END IF;
            IF t.region = '' THEN
                t.note := 'The rates of the islands are for goods that are there and sold by a seller established there, for goods sent to a business established there, '
                          'and for services performed there by a provider established there; not for tobacco and means of transport.';
            END IF;
        END IF;
        t.vat_rate := ecommerce.vat_rate(t.country, vat_class, on_date, t.region);
        IF t.vat_rate = 0 THEN
            t.vat_category := 'Z';
        END IF;
        IF r.place = 'destination' AND vat_class <> 'standard' THEN
            t.note := format('Taken for class "%s" in %s, too: what the reduced rates are for differs between countries.', vat_class, t.country);
        END IF;
        IF v_destination = 'home' AND 'place' IN (v_origin.rule, v_buyer.rule) AND v_origin.region <> v_buyer.region
           AND t.vat_rate <> ecommerce.vat_rate(t.country, vat_class, on_date, v_buyer.region) THEN
            v_refused := format('Sales between parts of %s that have different rates follow national law.', t.country);
        END IF;
    END IF;
    IF v_refused IS NOT NULL THEN
        RAISE EXCEPTION 'the VAT treatment of this sale is not covered'
            USING ERRCODE = 'feature_not_supported', DETAIL = v_refused,
                  HINT = 'Ask a tax adviser, and state category and rate yourself.';
    END IF;

    t.scheme := r.scheme;
    t.vatex := r.vatex;
    t.note := nullif(concat_ws(' ', replace(r.note, '%s', t.country), t.note), '');
    t.legal_reason := CASE v_seller_fact WHEN 'foreign' THEN 'VAT law of ' || t.country
                           ELSE 'Directive 2006/112/EC ' || r.legal_reason END;
    IF t.region <> '' AND v_seller_fact <> 'foreign' THEN
        t.legal_reason := concat_ws('; ', t.legal_reason, (
            SELECT g.legal_reason FROM ecommerce.vat_regions g WHERE g.country = t.country AND g.region = t.region));
    ELSIF v_destination IN ('third', 'territory') AND v_buyer.rule IN ('overseas', 'outside') THEN
        t.legal_reason := concat_ws('; ', t.legal_reason, v_buyer.legal_reason);
    END IF;

    IF v_seller.country = 'GR' THEN
        IF t.vat_category = 'S' AND t.country = 'GR' AND t.scheme = 'domestic' THEN
            SELECT m.category INTO t.mydata_category
            FROM (VALUES (false, 'standard', 24, 1), (false, 'reduced', 13, 2), (false, 'super_reduced', 6, 3), (false, 'super_reduced2', 4, 10),
                         (true, 'standard', 17, 4), (true, 'reduced', 9, 5), (true, 'super_reduced', 4, 6), (true, 'super_reduced2', 3, 9))
                 AS m (island, vat_class, rate, category)
            WHERE m.island = (t.region <> '') AND m.vat_class = t.vat_class AND m.rate = t.vat_rate;
        ELSE
            t.mydata_category := 7;
            t.mydata_exemption := CASE WHEN v_stock_fact = 'other' AND r.scheme IN ('intra_eu', 'export') THEN 3 ELSE r.mydata_exemption END;
            t.legal_reason := concat_ws('; ', t.legal_reason, (
                SELECT 'VAT Code (L.5144/2024) ' || e.article || coalesce(', formerly ' || e.formerly, '')
                FROM ecommerce.mydata_exemptions() e WHERE e.code = t.mydata_exemption));
        END IF;
    END IF;
    RETURN t;
END
$$;
COMMENT ON FUNCTION ecommerce.vat_treatment(text, text, text, text, date, text, text, text, boolean, text, boolean, text, text, boolean, boolean, boolean, boolean, boolean, boolean) IS
    'How a sale is taxed, by where its parties and goods are: see the type vat_treatment for the result, and docs/vat.md for the rules. vat_class: class of the product where it is taxed, or exempt. supply: goods, service (general rule of Art. 44 and 45) or digital (telecommunication, broadcasting, electronic). Regions: names of vat_regions or vat_places. buyer_is_business: by default whether the VAT id is valid. buyer_vat_id_valid: what VIES said, NULL if it was not asked. stock_country, stock_region: where the goods are, by default with the seller; for a service, where it is performed. distance_sales_exceed_threshold: of 10 000 EUR, this sale included (Art. 59c). oss, ioss: registered for, and used. small_enterprise: exempt by Art. 284. domestic_reverse_charge: on the national list. excluded_goods: tobacco or means of transport. Errors: 0A000 not covered, EC012 no rate is known, 22023 wrong argument, 22004 NULL.';
