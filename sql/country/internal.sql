-- The steps of vat_territory().

CREATE FUNCTION ecommerce_internal.postal_code(country text, postal_code text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_postal_code_text';
COMMENT ON FUNCTION ecommerce_internal.postal_code(text, text) IS
    'A postal code in its one form: capital letters and digits, without the country in front and a '
    'town behind. NULL if it is blank. Any text is one in countries of which no part is taxed in a '
    'way of its own. Error 22023 if it is none of that country.';

CREATE FUNCTION ecommerce_internal.place_key(name text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_place_key_text';
COMMENT ON FUNCTION ecommerce_internal.place_key(text) IS
    'What names of places are compared by: ASCII letters and digits. Case, accents, blanks and '
    'punctuation are gone, Greek is in Latin letters (ELOT 743). Empty if nothing remains. Raises '
    'nothing.';

CREATE FUNCTION ecommerce_internal.country_hint(country text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_written text := upper(btrim(country) COLLATE "C");
    v_code    text;
BEGIN
    SELECT c.code INTO v_code FROM ecommerce.countries c
    WHERE v_written IN (c.code, c.alpha3, c.vat_prefix)
       OR ecommerce_internal.case_folded(c.name) = ecommerce_internal.case_folded(btrim(country))
       OR c.code = 'GB' AND v_written = 'UK'
    ORDER BY c.code = v_written DESC LIMIT 1;
    RETURN coalesce('Use ' || v_code || '.',
                    'Use the two letters of ISO 3166-1, as in ecommerce.countries: GR for Greece.');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.country_hint(text) IS
    'For errors: the code of a country that was written in another way, such as gr, EL or Greece.';

CREATE FUNCTION ecommerce_internal.check_country() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM ecommerce.countries c WHERE c.code = NEW.country) THEN
        RAISE EXCEPTION 'unknown country "%"', NEW.country
            USING ERRCODE = TG_ARGV[0], CONSTRAINT = TG_ARGV[1], SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME, COLUMN = 'country',
                  HINT = ecommerce_internal.country_hint(NEW.country);
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_country() IS
    'Refuses a country that is none in words that help. Arguments: SQLSTATE and name of the '
    'constraint that would refuse it otherwise.';

CREATE FUNCTION ecommerce_internal.is_vat_place(country text, name text, postal_code text)
    RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_key     text := ecommerce_internal.place_key(name);
    v_code    text := ecommerce_internal.postal_code(country, postal_code);
    v_country text := coalesce((SELECT c.country FROM ecommerce.vat_places c
                                WHERE c.code = is_vat_place.country), country);
BEGIN
    RETURN v_key <> '' AND EXISTS (
        SELECT FROM ecommerce.vat_regions g
        LEFT JOIN ecommerce.vat_places p ON (p.country, p.region) = (g.country, g.region)
        WHERE g.country = v_country
          AND v_key IN (SELECT ecommerce_internal.place_key(n)
                        FROM unnest(array[g.region, p.place] || p.other_names) n)
          AND (v_code IS NULL OR EXISTS (
              SELECT FROM ecommerce.vat_places q
              WHERE (q.country, q.region) = (g.country, g.region)
                AND (q.postal_code IS NULL OR v_code ~ q.postal_code_shared))));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.is_vat_place(text, text, text) IS
    'Whether a name is that of a region of a country, or of a place in one. With a postal code: '
    'only of a region where postal codes do not tell. Error 22023 if it is none.';

CREATE FUNCTION ecommerce_internal.vat_region_named(country text, region text, on_date date)
    RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_key   text := nullif(ecommerce_internal.place_key(region), '');
    v_named text;
    v_early boolean;
BEGIN
    SELECT g.region INTO v_named FROM ecommerce.vat_regions g
    WHERE g.country = vat_region_named.country
      AND ecommerce_internal.place_key(g.region) = v_key;
    IF NOT FOUND THEN
        SELECT coalesce(max(p.region) FILTER (
                   WHERE on_date >= p.valid_from
                     AND (p.valid_to IS NULL OR on_date < p.valid_to)), ''),
               bool_or(on_date < g.places_from)
        INTO v_named, v_early
        FROM ecommerce.vat_places p
        JOIN ecommerce.vat_regions g ON (g.country, g.region) = (p.country, p.region)
        WHERE p.country = vat_region_named.country
          AND v_key IN (SELECT ecommerce_internal.place_key(n)
                        FROM unnest(array[p.place] || p.other_names) n)
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
    v_code   text := ecommerce_internal.postal_code(country, postal_code);
    v_postal text;
    v_valid  boolean;
    v_early  boolean;
BEGIN
    SELECT p.region, v.valid, NOT v.valid AND on_date < g.places_from
    INTO v_postal, v_valid, v_early
    FROM ecommerce.vat_places p
    JOIN ecommerce.vat_regions g ON (g.country, g.region) = (p.country, p.region)
    CROSS JOIN LATERAL (SELECT p.valid_from <= on_date
                               AND (p.valid_to IS NULL OR p.valid_to > on_date) AS valid) v
    WHERE p.country = real_country AND v_code ~ p.postal_code
    ORDER BY v.valid DESC LIMIT 1;
    IF v_early AND named IS NULL THEN
        RAISE EXCEPTION 'it is not known whether postal code "%" had rates of its own on %',
            postal_code, to_char(on_date, 'YYYY-MM-DD')
            USING ERRCODE = 'feature_not_supported', HINT = 'Name the region, if it had.';
    END IF;
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
    IF v_postal <> coalesce(named, coded) AND (v_valid OR named <> '')
       OR v_postal IS NULL AND v_code IS NOT NULL AND EXISTS (
           SELECT FROM ecommerce.vat_places p WHERE p.country = real_country AND p.region = named
           HAVING bool_and(p.postal_code IS NOT NULL
                           AND NOT coalesce(v_code ~ p.postal_code_shared, false))) THEN
        RAISE EXCEPTION 'postal code "%" is not in "%"',
            postal_code, coalesce(nullif(region, ''), country)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN CASE WHEN v_valid OR v_early THEN v_postal WHEN NOT v_valid THEN '' END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.vat_region_of_code(text, text, text, text, text, text, date)
    IS
    'For vat_territory(): the region of a postal code. country and region are as given; '
    'real_country, named and coded are what they were found to be. Empty if it was in none on that '
    'day. Errors: 22023 if it is no postal code of the country, contradicts them, or may be in a '
    'region or not; 0A000 not known for that day.';
