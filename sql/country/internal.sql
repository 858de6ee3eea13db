-- The steps of vat_territory().

CREATE FUNCTION ecommerce_internal.vat_region_named(country text, region text, on_date date)
    RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_named text;
    v_early boolean;
BEGIN
    SELECT g.region INTO v_named FROM ecommerce.vat_regions g
    WHERE g.country = vat_region_named.country AND lower(g.region) = lower(vat_region_named.region);
    IF NOT FOUND THEN
        SELECT coalesce(max(p.region) FILTER (
                   WHERE on_date >= p.valid_from
                     AND (p.valid_to IS NULL OR on_date < p.valid_to)), ''),
               bool_or(on_date < g.places_from)
        INTO v_named, v_early
        FROM ecommerce.vat_places p
        JOIN ecommerce.vat_regions g ON (g.country, g.region) = (p.country, p.region)
        WHERE p.country = vat_region_named.country
          AND lower(p.place) = lower(vat_region_named.region)
        HAVING count(*) > 0;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'unknown region "%" of %', region, country
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'Name one of ecommerce.vat_regions or vat_places, '
                             'or none if it is in neither.';
        ELSIF v_early THEN
            RAISE EXCEPTION 'it is not known whether "%" had rates of its own on %',
                region, to_char(on_date, 'YYYY-MM-DD')
                USING ERRCODE = 'feature_not_supported',
                      HINT = 'Name the region itself, if it had.';
        END IF;
    END IF;
    RETURN v_named;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.vat_region_named(text, text, date) IS
    'For vat_territory(): a region by its name or that of a place in it, empty if it was in none '
    'on that day. Errors: 22023 unknown, 0A000 not known for that day.';

CREATE FUNCTION ecommerce_internal.vat_region_of_code(country text, real_country text,
    region text, named text, coded text, postal_code text, on_date date)
    RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_code   text;
    v_postal text;
BEGIN
    v_code := regexp_replace(regexp_replace(upper(postal_code), '[^A-Z0-9]', '', 'g'),
                             '^(' || real_country || '|' || country || ')(?=[0-9]{4})', '');
    SELECT p.region INTO v_postal FROM ecommerce.vat_places p
    WHERE p.country = real_country AND v_code ~ p.postal_code
      AND on_date >= p.valid_from AND (p.valid_to IS NULL OR on_date < p.valid_to);
    IF named IS NULL AND coded IS NULL AND region IS NULL AND EXISTS (
        SELECT FROM ecommerce.vat_places p
        WHERE p.country = real_country AND v_code ~ p.postal_code_shared) THEN
        RAISE EXCEPTION 'postal code "%" does not tell the region', postal_code
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('It may be in %s, or not.', (
                      SELECT string_agg(p.place, ', ' ORDER BY p.place)
                      FROM ecommerce.vat_places p
                      WHERE p.country = real_country AND v_code ~ p.postal_code_shared)),
                  HINT = 'Give its region; an empty string says that it is in none.';
    END IF;
    IF v_postal <> coalesce(named, coded)
       OR v_postal IS NULL AND EXISTS (
           SELECT FROM ecommerce.vat_places p WHERE p.country = real_country AND p.region = named
           HAVING bool_and(p.postal_code IS NOT NULL
                           AND NOT coalesce(v_code ~ p.postal_code_shared, false))) THEN
        RAISE EXCEPTION 'postal code "%" is not in "%"',
            postal_code, coalesce(nullif(region, ''), country)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN v_postal;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.vat_region_of_code(text, text, text, text, text, text, date)
    IS
    'For vat_territory(): the region of a postal code. country and region are as given; '
    'real_country, named and coded are what they were found to be. Error 22023 if it contradicts '
    'them, or may be in a region or not.';
