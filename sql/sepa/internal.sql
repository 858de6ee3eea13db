-- Numbers, days and texts of SEPA.

CREATE FUNCTION ecommerce_internal.remainder_97(value text) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN ((SELECT string_agg(CASE WHEN (c COLLATE "C") BETWEEN '0' AND '9' THEN c
                                    ELSE (ascii(c) - 55)::text END, '' ORDER BY n)
             FROM regexp_split_to_table(value, '') WITH ORDINALITY AS t (c, n))::numeric
            % 97)::integer;
COMMENT ON FUNCTION ecommerce_internal.remainder_97(text) IS
    'The remainder modulo 97 of digits and capitals, which stand for 10 to 35 (ISO/IEC 7064).';

CREATE FUNCTION ecommerce_internal.sepa_iban(iban text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ecommerce.iban_valid(iban)
        AND left(ecommerce.iban_normalize(iban), 2) = ANY (
            '{AD,AL,AT,AX,BE,BG,BL,CH,CY,CZ,DE,DK,EE,ES,FI,FR,GB,GF,GG,GI,GP,GR,HR,HU,IE,IM,IS,IT,
              JE,LI,LT,LU,LV,MC,MD,ME,MF,MK,MQ,MT,NL,NO,PL,PM,PT,RE,RO,RS,SE,SI,SK,SM,VA,YT}');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.sepa_iban(text) IS
    'Whether an IBAN is well-formed and of a country that SEPA reaches.';

CREATE FUNCTION ecommerce_internal.sepa_address_needed(iban text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN left(iban, 2) = ANY ('{AD,AL,CH,GB,GG,GI,IM,JE,MC,MD,ME,MK,RS,SM,VA}');
COMMENT ON FUNCTION ecommerce_internal.sepa_address_needed(text) IS
    'Whether the holder of an account must be told with an address: it is outside the European '
    'Economic Area.';

CREATE FUNCTION ecommerce_internal.check_sepa_iban(iban text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF iban IS NULL THEN
        RAISE EXCEPTION 'iban must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT ecommerce.iban_valid(iban) THEN
        RAISE EXCEPTION 'iban is not valid'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Its length, structure or check digits are wrong.';
    ELSIF NOT ecommerce_internal.sepa_iban(iban) THEN
        RAISE EXCEPTION 'iban is of a country that SEPA does not reach'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('Its country is %s.', left(ecommerce.iban_normalize(iban), 2));
    END IF;
    RETURN ecommerce.iban_normalize(iban);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_sepa_iban(text) IS
    'An IBAN of SEPA in electronic form. Errors: 22023 it is none, 22004 NULL.';

CREATE FUNCTION ecommerce_internal.check_bic(bic text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_bic text := upper(ecommerce_internal.without_blanks(bic) COLLATE "C");
BEGIN
    IF v_bic !~ '^[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$' THEN
        RAISE EXCEPTION 'bic is not valid'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'It must have 8 or 11 letters and digits.';
    END IF;
    RETURN nullif(v_bic, '');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_bic(text) IS
    'A BIC in capitals; NULL for NULL. Error 22023 it is none.';

CREATE FUNCTION ecommerce_internal.check_sepa_name(name text, place text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_name text := ecommerce_internal.trimmed(
                       ecommerce_internal.check_xml_text(name, place));
BEGIN
    IF name IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', place USING ERRCODE = 'null_value_not_allowed';
    ELSIF length(v_name) > 200 THEN
        RAISE EXCEPTION '% is too long', place
            USING ERRCODE = 'string_data_right_truncation',
                  DETAIL = 'It may have 200 characters.';
    ELSIF ecommerce.sepa_text(v_name, 70) !~ '[A-Za-z0-9]' THEN
        RAISE EXCEPTION '% has no letter that a SEPA file can have', place
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN v_name;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_sepa_name(text, text) IS
    'A name that a bank is told, trimmed. place: what errors call it. Errors: 22023 nothing of it '
    'can be written, 22001 too long, 22004 NULL.';

CREATE FUNCTION ecommerce_internal.check_sepa_address(address jsonb, iban text) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_address jsonb := jsonb_strip_nulls(coalesce(address, '{}'));
    v_wrong   text;
BEGIN
    IF jsonb_typeof(v_address) <> 'object' THEN
        RAISE EXCEPTION 'address must be an object' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT a.key INTO v_wrong FROM jsonb_each(v_address) a
    WHERE a.key <> ALL ('{address_line_1,address_line_2,city,postal_code,country}')
       OR jsonb_typeof(a.value) <> 'string'
    ORDER BY a.key LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'address has an unknown key or no text: "%"', left(v_wrong, 100)
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Use address_line_1, address_line_2, city, postal_code and country.';
    END IF;
    v_address := (SELECT coalesce(jsonb_object_agg(a.key, t.value), '{}')
                  FROM jsonb_each_text(v_address) a
                  CROSS JOIN LATERAL (
                      SELECT ecommerce_internal.trimmed(ecommerce_internal.check_xml_text(
                                 a.value, 'address.' || a.key)) AS value) t
                  WHERE t.value <> '');
    IF NOT v_address ?& '{city,country}'
       AND (v_address <> '{}' OR ecommerce_internal.sepa_address_needed(iban)) THEN
        RAISE EXCEPTION 'address must have a city and a country'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Banks refuse addresses without them, and accounts outside the European '
                           'Economic Area need an address.';
    ELSIF NOT EXISTS (SELECT FROM ecommerce.countries c
                      WHERE c.code = coalesce(v_address ->> 'country', c.code)) THEN
        RAISE EXCEPTION 'address.country is unknown: "%"', left(v_address ->> 'country', 100)
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = ecommerce_internal.country_hint(left(v_address ->> 'country', 100));
    ELSIF ecommerce.sepa_text(v_address ->> 'city', 35) !~ '[A-Za-z0-9]' THEN
        RAISE EXCEPTION 'address.city has no letter that a SEPA file can have'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT a.key INTO v_wrong FROM jsonb_each_text(v_address) a
    WHERE length(a.value) > CASE a.key WHEN 'city' THEN 100 WHEN 'postal_code' THEN 20 ELSE 255 END
    ORDER BY a.key LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'address.% is too long', v_wrong
            USING ERRCODE = 'string_data_right_truncation',
                  DETAIL = 'A line may have 255 characters, a city 100, a postal code 20.';
    END IF;
    RETURN v_address;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_sepa_address(jsonb, text) IS
    'An address that a bank is told, trimmed, without what is empty; {} for none. Errors: 22023 '
    'unknown key, no text, unknown country, or no city or country where it has other parts or the '
    'account needs them; 22001 too long.';

CREATE FUNCTION ecommerce_internal.easter(year integer) RETURNS date
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- The anonymous Gregorian algorithm (Meeus, Jones, Butcher)
    a integer := year % 19;
    b integer := year / 100;
    c integer := year % 100;
    h integer := (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    l integer := (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    m integer := (a + 11 * h + 22 * l) / 451;
BEGIN
    RETURN make_date(year, (h + l - 7 * m + 114) / 31, (h + l - 7 * m + 114) % 31 + 1);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.easter(integer) IS 'Easter Sunday of a year.';

CREATE FUNCTION ecommerce_internal.check_sepa_day(day date, name text) RETURNS date
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF day NOT BETWEEN '1999-01-01' AND '9998-12-31' THEN
        RAISE EXCEPTION '% is out of range', name USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN day;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_sepa_day(date, text) IS
    'A day since 1999, when TARGET began, or NULL. Error 22023.';

CREATE FUNCTION ecommerce_internal.sepa_id(id uuid) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN upper(replace(id::text, '-', '') COLLATE "C");
COMMENT ON FUNCTION ecommerce_internal.sepa_id(uuid) IS
    'An id as files for banks have it: 32 digits and capitals, so unique for ever.';

CREATE FUNCTION ecommerce_internal.lock_bank(tenant_id integer) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ecommerce.sepa', tenant_id));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_bank(integer) IS
    'For functions that make files for a tenant''s bank or read its statements: one at a time, as '
    'each locks many orders. It is taken before anything else.';

CREATE FUNCTION ecommerce_internal.sepa_creditor(tenant_id integer, kind text) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c       jsonb;
    v_wrong text[];
BEGIN
    SELECT to_jsonb(s) || jsonb_build_object('country', coalesce(s.country, t.country),
               'iban', coalesce(ecommerce.iban_normalize(s.iban), s.iban), 'sepa_creditor_id',
               upper(ecommerce_internal.without_blanks(s.sepa_creditor_id) COLLATE "C"))
    INTO c
    FROM ecommerce.settings t
    LEFT JOIN ecommerce.sellers s ON s.tenant_id = sepa_creditor.tenant_id
    WHERE t.tenant_id = sepa_creditor.tenant_id;
    v_wrong := ARRAY(
        SELECT f.name || CASE WHEN c ->> f.name IS NULL THEN ' is missing'
                              ELSE ' is not valid' END
        FROM (VALUES (1, 'name', ecommerce.sepa_text(c ->> 'name', 70) ~ '[A-Za-z0-9]'),
                     (2, 'city', ecommerce.sepa_text(c ->> 'city', 35) ~ '[A-Za-z0-9]'),
                     (3, 'country', c ->> 'country' IS NOT NULL),
                     (4, 'iban', ecommerce_internal.sepa_iban(c ->> 'iban')),
                     (5, 'sepa_creditor_id', kind = 'credit'
                         OR ecommerce.sepa_creditor_id_valid(c ->> 'sepa_creditor_id')))
            AS f (ordinal, name, valid)
        WHERE f.valid IS NOT TRUE ORDER BY f.ordinal);
    IF v_wrong <> '{}' THEN
        RAISE EXCEPTION 'the seller''s data are incomplete: %', array_to_string(v_wrong, ', ')
            USING ERRCODE = 'EC057', DETAIL = to_jsonb(v_wrong)::text,
                  HINT = 'Fill in the row of ecommerce.sellers.';
    END IF;
    RETURN c;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.sepa_creditor(integer, text) IS
    'The seller as files for the bank name it. kind: debit or credit. Error EC057 data of it are '
    'missing or not valid, all of which it lists.';
