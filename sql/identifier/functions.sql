-- Formal checks of VAT identification numbers and bank accounts.

CREATE FUNCTION ecommerce.vat_id_valid(id text) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_vat_id_valid_text';
COMMENT ON FUNCTION ecommerce.vat_id_valid(text) IS
    'Whether a VAT identification number is well-formed: country prefix, structure and check '
    'digits. Prefixes: EU, XI, GB, CHE, NO; Greece is EL or GR. Spaces, dots, hyphens, slashes and '
    'case do not matter. Raises nothing. It need not be registered: that is for the application to '
    'look up in VIES, or at the country''s tax office.';

CREATE FUNCTION ecommerce.vat_id_normalize(id text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_vat_id_normalize_text';
COMMENT ON FUNCTION ecommerce.vat_id_normalize(text) IS
    'A VAT identification number in its one form, to store and to compare. Capitals without '
    'separators, EL for Greece, a zero in front of older Greek (8 digits) and Belgian (9) numbers, '
    'CHE123456788MWST for Switzerland in all its languages, NO123456785MVA for Norway. NULL if it '
    'is not well-formed, as vat_id_valid() says. Raises nothing.';

CREATE FUNCTION ecommerce.iban_valid(iban text) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_iban_valid_text';
COMMENT ON FUNCTION ecommerce.iban_valid(text) IS
    'Whether an IBAN is well-formed (ISO 13616). Length and structure of its country, check digits '
    '02 to 98; spaces and case do not matter. Raises nothing. There need not be such an account.';

CREATE FUNCTION ecommerce.iban_normalize(iban text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_iban_normalize_text';
COMMENT ON FUNCTION ecommerce.iban_normalize(text) IS
    'An IBAN in its electronic form: capitals without spaces. NULL if it is not well-formed, as '
    'iban_valid() says. Raises nothing.';
