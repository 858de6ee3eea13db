-- Where a party or its goods are, for VAT.

CREATE FUNCTION ecommerce.vat_territory(country text, region text DEFAULT NULL,
    postal_code text DEFAULT NULL, on_date date DEFAULT ecommerce_internal.shop_day())
    RETURNS ecommerce.vat_territory
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_country text := country;
    v_coded   text;     -- region, by a country code of its own
    v_named   text;     -- region, by its name or that of a place in it
    v_postal  text;     -- region, by postal code
    v_result  ecommerce.vat_territory;
BEGIN
    IF country IS NULL OR on_date IS NULL THEN
        RAISE EXCEPTION 'country and date must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF greatest(length(country), length(region), length(postal_code)) > 255 THEN
        RAISE EXCEPTION 'country, region or postal code is too long'
            USING ERRCODE = 'string_data_right_truncation', DETAIL = 'It may have 255 characters.';
    END IF;

    SELECT p.country, p.region INTO v_country, v_coded FROM ecommerce.vat_places p
    WHERE p.code = vat_territory.country;
    IF NOT FOUND THEN
        v_country := country;
        IF NOT EXISTS (SELECT FROM ecommerce.countries c WHERE c.code = v_country) THEN
            RAISE EXCEPTION 'unknown country "%"', country
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = ecommerce_internal.country_hint(country);
        END IF;
    END IF;

    IF region <> '' THEN
        v_named := ecommerce_internal.vat_region_named(v_country, region, on_date);
    END IF;
    IF postal_code <> '' THEN
        v_postal := ecommerce_internal.vat_region_of_code(
            country, v_country, region, v_named, v_coded, postal_code, on_date);
    END IF;
    IF v_named <> v_coded THEN
        RAISE EXCEPTION 'region "%" is not in %', region, country
            USING ERRCODE = 'invalid_parameter_value';
    END IF;

    SELECT g.country, g.region, g.rule, g.legal_reason INTO v_result
    FROM ecommerce.vat_regions g
    WHERE g.country = v_country
      AND g.region = CASE v_postal WHEN '' THEN ''
                     ELSE coalesce(v_named, v_postal, v_coded, '') END;
    -- Northern Ireland has the code XI, as if it were a country.
    IF v_result.country = 'GB' AND v_result.region = 'Northern Ireland' THEN
        v_result.region := '';
        IF EXISTS (SELECT FROM ecommerce.countries c
                   WHERE c.code = 'XI' AND c.eu_from <= on_date) THEN
            v_result.country := 'XI';
        END IF;
    END IF;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.vat_territory(text, text, text, date) IS
    'Where an address is for VAT on a day. country (ISO 3166-1), and its region by the name of '
    'vat_regions or of a place in it (vat_places), else by postal code, as people write it. An '
    'empty region is none, where the postal code leaves that open. on_date: by default today, in '
    'settings.timezone. Errors: 22023 unknown, contradicting, or no postal code of that country; '
    '0A000 not known for that day; 22004 NULL.';
