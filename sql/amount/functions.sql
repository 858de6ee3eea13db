-- Amounts of money and the VAT in them.

CREATE FUNCTION ecommerce.round_amount(amount numeric, currency text) RETURNS numeric
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_round_amount';
COMMENT ON FUNCTION ecommerce.round_amount(numeric, text) IS
    'An amount rounded half away from zero to the minor units of its currency (ISO 4217). Error '
    '22023 for an unknown currency, 22003 for NaN, infinity or too many digits.';

CREATE FUNCTION ecommerce.from_minor_units(minor_units bigint, currency text) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_scale integer := scale(ecommerce.round_amount(0, currency));
BEGIN
    RETURN round(minor_units / power(10::numeric, v_scale), v_scale);
END
$$;
COMMENT ON FUNCTION ecommerce.from_minor_units(bigint, text) IS
    'An amount that is given in minor units of its currency, as many providers of payments do. '
    '1050 is 10.50 EUR, 1050 JPY, 1.050 KWD (ISO 4217). Error 22023 for an unknown currency.';

CREATE FUNCTION ecommerce.to_minor_units(amount numeric, currency text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rounded numeric := ecommerce.round_amount(amount, currency);
BEGIN
    IF amount <> v_rounded THEN
        RAISE EXCEPTION 'amount has more decimals than % has', currency
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', amount);
    END IF;
    RETURN v_rounded * power(10::numeric, scale(v_rounded));
END
$$;
COMMENT ON FUNCTION ecommerce.to_minor_units(numeric, text) IS
    'An amount in the minor units of its currency: 10.50 EUR is 1050. Nothing is rounded. Errors: '
    '22023 for an unknown currency or an amount with more decimals than it has, 22003 for NaN, '
    'infinity or too many digits.';

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
