-- Texts that people know things by: what is one text to them is one here, in databases of every
-- encoding and every locale.

CREATE FUNCTION ecommerce_internal.case_folded(t text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_case_folded_text';
COMMENT ON FUNCTION ecommerce_internal.case_folded(text) IS
    'A text to compare by where case does not matter. Unicode''s full case folding, composed (NFC); '
    'besides, Greek letters lose their accents and diaereses, as capitals do, and the four letters '
    'i of Turkish are one. In databases that are not UTF8 what their encoding cannot say stays as '
    'it is; in SQL_ASCII only ASCII folds. Depends on no locale. Raises nothing.';

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
