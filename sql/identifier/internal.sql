-- Texts that people know things by: what is one text to them is one here, in databases of every
-- encoding and every locale.

CREATE FUNCTION ecommerce_internal.case_folded(t text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_case_folded_text';
COMMENT ON FUNCTION ecommerce_internal.case_folded(text) IS
    'A text to compare by where case does not matter. Unicode''s full case folding, composed '
    '(NFC); besides, Greek letters lose their accents and diaereses, as capitals do, and the four '
    'letters i of Turkish are one. In databases that are not UTF8 what their encoding cannot say '
    'stays as it is; in SQL_ASCII only ASCII folds, as in texts of more than 2048 bytes. Depends '
    'on no locale. Raises nothing.';

CREATE FUNCTION ecommerce_internal.in_capitals(t text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_in_capitals_text';
COMMENT ON FUNCTION ecommerce_internal.in_capitals(text) IS
    'A text as case_folded() has it, but in capitals. Two texts have the same if and only if '
    'case_folded() is the same. Raises nothing.';

CREATE FUNCTION ecommerce_internal.trimmed(t text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_trimmed_text';
COMMENT ON FUNCTION ecommerce_internal.trimmed(text) IS
    'A text without blanks, control characters and what else cannot be seen at its ends. Raises '
    'nothing.';

CREATE FUNCTION ecommerce_internal.without_blanks(t text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_without_blanks_text';
COMMENT ON FUNCTION ecommerce_internal.without_blanks(text) IS
    'A text without blanks, control characters and what else cannot be seen, wherever they are. '
    'Raises nothing.';

CREATE FUNCTION ecommerce_internal.without_separators(t text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_without_separators_text';
COMMENT ON FUNCTION ecommerce_internal.without_separators(text) IS
    'A text as without_blanks() has it, and without hyphens and dashes of all kinds. Raises '
    'nothing.';

CREATE FUNCTION ecommerce_internal.hidden_in(t text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_hidden_in_text';
COMMENT ON FUNCTION ecommerce_internal.hidden_in(text) IS
    'What makes a name look like another one, in words; NULL if nothing does. Blanks at its ends '
    'or side by side, characters that cannot be seen, letters that are not composed (NFC). Raises '
    'nothing.';

CREATE FUNCTION ecommerce_internal.email_valid(email text) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_email_valid_text';
COMMENT ON FUNCTION ecommerce_internal.email_valid(text) IS
    'Whether a trimmed text can be an email address. One @ with something before and after it, '
    'single dots between other characters, no blanks, brackets, quotes, commas, colons or '
    'characters in full width, nothing that cannot be seen, at most 254 characters. Raises '
    'nothing.';

CREATE FUNCTION ecommerce_internal.refuse_hidden() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_hidden text;
BEGIN
    FOR i IN 0 .. TG_NARGS - 1 LOOP
        v_hidden := ecommerce_internal.hidden_in(to_jsonb(NEW) ->> TG_ARGV[i]);
        IF v_hidden IS NOT NULL THEN
            RAISE EXCEPTION '% must not look like another one', TG_ARGV[i]
                USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA,
                      TABLE = TG_TABLE_NAME, COLUMN = TG_ARGV[i],
                      CONSTRAINT = format('%s_%s_check', TG_TABLE_NAME, TG_ARGV[i]),
                      DETAIL = format('It has %s.', v_hidden);
        END IF;
    END LOOP;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refuse_hidden() IS
    'Refuses a row with a name that looks like another one, error 23514. The arguments are its '
    'columns; hidden_in() says what is meant.';

CREATE FUNCTION ecommerce_internal.check_note(note text, name text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF length(note) > 10000 THEN
        RAISE EXCEPTION '% is too long', name
            USING ERRCODE = 'string_data_right_truncation',
                  DETAIL = 'It may have 10000 characters.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_note(text, text) IS
    'Whether what people wrote for people fits its column: at most 10000 characters, error 22001. '
    'name: what the message calls it.';

CREATE FUNCTION ecommerce_internal.check_key(idempotency_key text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF length(idempotency_key) NOT BETWEEN 1 AND 255 THEN
        RAISE EXCEPTION 'idempotency_key must have 1 to 255 characters'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_key(text) IS
    'Whether an idempotency key can be one, or is NULL. Error 22023.';

CREATE FUNCTION ecommerce_internal.check_email() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.email := ecommerce_internal.trimmed(NEW.email);
    IF NOT ecommerce_internal.email_valid(NEW.email) THEN
        RAISE EXCEPTION 'email is not an address'
            USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME,
                  COLUMN = 'email', CONSTRAINT = TG_TABLE_NAME || '_email_check',
                  DETAIL = 'It must have one @ with something before and after it, no blanks, '
                           'brackets, commas or characters that cannot be seen, single dots '
                           'only, and at most 254 characters.';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_email() IS
    'Trims an email address, and refuses what cannot be one, error 23514.';
