-- Amounts of money and the VAT in them.

CREATE FUNCTION ecommerce.round_amount(amount numeric, currency text) RETURNS numeric
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_round_amount';
COMMENT ON FUNCTION ecommerce.round_amount(numeric, text) IS
    'An amount rounded half away from zero to the minor units of its currency (ISO 4217). Error '
    '22023 for an unknown currency, 22003 for NaN, infinity or too many digits.';

CREATE FUNCTION ecommerce.allocate_amount(total numeric, weights numeric[], currency text)
    RETURNS numeric[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_allocate_amount';
COMMENT ON FUNCTION ecommerce.allocate_amount(numeric, numeric[], text) IS
    'An amount divided in proportion to weights by the largest remainder, ties to the earlier; '
    'the shares sum to it exactly. weights: one-dimensional, not NULL, not negative, and not all '
    'zero unless the total is. Errors 22023, 22004, 22003.';

CREATE FUNCTION ecommerce.vat_amount(net numeric, rate numeric, currency text) RETURNS numeric
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_vat_amount';
COMMENT ON FUNCTION ecommerce.vat_amount(numeric, numeric, text) IS
    'VAT on a net amount: round(net * rate / 100), rate in percent (EN 16931 BR-CO-17).';

CREATE FUNCTION ecommerce.net_from_gross(gross numeric, rate numeric, currency text) RETURNS numeric
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_net_from_gross';
COMMENT ON FUNCTION ecommerce.net_from_gross(numeric, numeric, text) IS
    'Net part of a gross amount: gross - round(gross * rate / (100 + rate)), rate in percent. '
    'Only the VAT is rounded, so both parts sum to gross.';

CREATE FUNCTION ecommerce.gross_from_net(net numeric, rate numeric, currency text) RETURNS numeric
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_gross_from_net';
COMMENT ON FUNCTION ecommerce.gross_from_net(numeric, numeric, text) IS
    'Gross amount of a net one: net + round(net * rate / 100), rate in percent.';

CREATE FUNCTION ecommerce.refund_amount(amount numeric, quantity numeric, returned_before numeric,
    returned_now numeric, currency text) RETURNS numeric
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_refund_amount';
COMMENT ON FUNCTION ecommerce.refund_amount(numeric, numeric, numeric, numeric, text) IS
    'What is refunded of an amount when some of its units come back after others did. amount: of '
    'a line, what was paid for it, or the VAT in it. quantity: the units of the line. '
    'returned_before and returned_now are the units that come back. It is round(amount * all '
    'returned / quantity) less what was refunded already; so any sequence of refunds sums to the '
    'amount exactly. Errors 22023, 22003.';
