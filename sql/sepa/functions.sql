-- Numbers, days and texts of SEPA.

CREATE FUNCTION ecommerce.sepa_text(value text, max_length integer) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_sepa_text';
COMMENT ON FUNCTION ecommerce.sepa_text(text, integer) IS
    'A text in the characters that SEPA files have, cut to max_length of them. Letters of the '
    'Latin, Greek and Cyrillic alphabets are converted by the table EPC217-08 first, other signs '
    'and letters become full stops, and blanks one space. A text of more than 2048 bytes is read '
    'that far. Error 22023 max_length is not 1 to 2048.';

CREATE FUNCTION ecommerce.rf_reference(reference text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_reference text := upper(regexp_replace(reference, '[-/., ]', '', 'g') COLLATE "C");
BEGIN
    IF v_reference !~ '^[A-Z0-9]{1,21}$' THEN
        RAISE EXCEPTION 'reference must have 1 to 21 letters and digits'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Spaces, hyphens, slashes, full stops and commas do not count.';
    END IF;
    RETURN 'RF' || lpad((98 - ecommerce_internal.remainder_97(v_reference || 'RF00'))::text, 2,
                        '0') || v_reference;
END
$$;
COMMENT ON FUNCTION ecommerce.rf_reference(text) IS
    'A creditor reference (RF, ISO 11649), which customers quote when they pay by bank transfer. '
    'reference: 1 to 21 letters and digits; spaces, hyphens, slashes, full stops and commas in '
    'between are left out. Error 22023 it has others, or more.';

CREATE FUNCTION ecommerce.rf_reference_valid(reference text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_reference text := upper(ecommerce_internal.without_blanks(left(reference, 100)) COLLATE "C");
BEGIN
    RETURN CASE WHEN v_reference ~ '^RF[0-9]{2}[A-Z0-9]{1,21}$'
                THEN ecommerce_internal.remainder_97(substr(v_reference, 5)
                                                     || left(v_reference, 4)) = 1
                     AND substr(v_reference, 3, 2) BETWEEN '02' AND '98'
                ELSE false END;
END
$$;
COMMENT ON FUNCTION ecommerce.rf_reference_valid(text) IS
    'Whether a creditor reference (RF, ISO 11649) is well-formed; blanks and case do not matter. '
    'Raises nothing.';

CREATE FUNCTION ecommerce.sepa_creditor_id_valid(id text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id text := upper(ecommerce_internal.without_blanks(left(id, 100)) COLLATE "C");
BEGIN
    -- The business code, three characters, is left out of the check.
    RETURN CASE WHEN v_id ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{3}[A-Z0-9+?/:().,''-]{1,28}$'
                     AND substr(v_id, 8) ~ '[A-Z0-9]'
                THEN substr(v_id, 3, 2)
                     = lpad((98 - ecommerce_internal.remainder_97(
                           regexp_replace(substr(v_id, 8), '[^A-Z0-9]', '', 'g')
                           || left(v_id, 2) || '00'))::text, 2, '0')
                ELSE false END;
END
$$;
COMMENT ON FUNCTION ecommerce.sepa_creditor_id_valid(text) IS
    'Whether a creditor identifier is well-formed: country, check digits, business code and '
    'national number. Blanks and case do not matter. Raises nothing.';

CREATE FUNCTION ecommerce.is_target_day(day date) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM ecommerce_internal.check_sepa_day(day, 'day');
    RETURN extract(isodow FROM day) < 6
       AND extract(month FROM day) * 100 + extract(day FROM day) NOT IN (101, 501, 1225, 1226)
       AND day - ecommerce_internal.easter(extract(year FROM day)::integer) NOT IN (-2, 1);
END
$$;
COMMENT ON FUNCTION ecommerce.is_target_day(date) IS
    'Whether banks move euros on a day. TARGET is closed on Saturdays, Sundays, 1 January, Good '
    'Friday, Easter Monday, 1 May, 25 and 26 December. Error 22023 the day is out of range.';

CREATE FUNCTION ecommerce.next_target_day(day date, count integer DEFAULT 1) RETURNS date
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_day date := ecommerce_internal.check_sepa_day(day, 'day');
BEGIN
    IF count NOT BETWEEN 0 AND 1000 THEN
        RAISE EXCEPTION 'count must be 0 to 1000, but is %', count
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR i IN 1 .. count LOOP
        LOOP
            v_day := v_day + 1;
            EXIT WHEN ecommerce.is_target_day(v_day);
        END LOOP;
    END LOOP;
    WHILE NOT ecommerce.is_target_day(v_day) LOOP
        v_day := v_day + 1;
    END LOOP;
    RETURN v_day;
END
$$;
COMMENT ON FUNCTION ecommerce.next_target_day(date, integer) IS
    'The day so many TARGET days after a day. count: 1 is the next one; 0 the day itself, or the '
    'next one if it is none. Error 22023 they are out of range.';
