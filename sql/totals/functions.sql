-- Totals of lines and documents.

CREATE AGGREGATE ecommerce.order_totals(quantity numeric, unit_price numeric, vat_rate numeric) (
    SFUNC = ecommerce_internal.order_totals_step, STYPE = internal, SSPACE = 144,
    FINALFUNC = ecommerce_internal.order_totals_final,
    COMBINEFUNC = ecommerce_internal.order_totals_combine,
    SERIALFUNC = ecommerce_internal.order_totals_serialize,
    DESERIALFUNC = ecommerce_internal.order_totals_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE ecommerce.order_totals(numeric, numeric, numeric) IS
    'Totals of lines with net prices in a currency of two decimals. Each line is round(quantity * '
    'unit_price), VAT is rounded once for each rate (EN 16931). Rates in percent. Rows with a NULL '
    'count nothing; NULL for no rows. Error 22003 for NaN, infinity or too many digits.';

CREATE AGGREGATE ecommerce.order_totals(quantity numeric, unit_price numeric, vat_rate numeric,
                                        currency text) (
    SFUNC = ecommerce_internal.order_totals_step, STYPE = internal, SSPACE = 144,
    FINALFUNC = ecommerce_internal.order_totals_final,
    COMBINEFUNC = ecommerce_internal.order_totals_combine,
    SERIALFUNC = ecommerce_internal.order_totals_serialize,
    DESERIALFUNC = ecommerce_internal.order_totals_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE ecommerce.order_totals(numeric, numeric, numeric, text) IS
    'Like order_totals(quantity, unit_price, vat_rate), rounded to the minor units of a currency. '
    'The currency is the same for all rows, else error 22023.';

CREATE AGGREGATE ecommerce.order_totals(quantity numeric, unit_price numeric, vat_rate numeric,
                                        currency text, prices text) (
    SFUNC = ecommerce_internal.order_totals_step, STYPE = internal, SSPACE = 144,
    FINALFUNC = ecommerce_internal.order_totals_final,
    COMBINEFUNC = ecommerce_internal.order_totals_combine,
    SERIALFUNC = ecommerce_internal.order_totals_serialize,
    DESERIALFUNC = ecommerce_internal.order_totals_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE ecommerce.order_totals(numeric, numeric, numeric, text, text) IS
    'Like order_totals(quantity, unit_price, vat_rate, currency), with prices ''net'' or '
    '''gross''. Of gross prices the sum for each rate is what is paid, and its VAT is taken out of '
    'it.';

CREATE AGGREGATE ecommerce.order_totals(quantity numeric, unit_price numeric, vat_rate numeric,
                                        currency text, prices text, base_quantity numeric) (
    SFUNC = ecommerce_internal.order_totals_step, STYPE = internal, SSPACE = 144,
    FINALFUNC = ecommerce_internal.order_totals_final,
    COMBINEFUNC = ecommerce_internal.order_totals_combine,
    SERIALFUNC = ecommerce_internal.order_totals_serialize,
    DESERIALFUNC = ecommerce_internal.order_totals_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE ecommerce.order_totals(numeric, numeric, numeric, text, text, numeric) IS
    'Like order_totals(quantity, unit_price, vat_rate, currency, prices), where a price is for '
    'base_quantity units. Each line is round(quantity * unit_price / base_quantity), once. Error '
    '22023 for a base_quantity that is not above zero.';

CREATE FUNCTION ecommerce.calculate_totals(document jsonb) RETURNS jsonb
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_calculate_totals';
COMMENT ON FUNCTION ecommerce.calculate_totals(jsonb) IS
    'Totals, VAT breakdown and lines of a document of net or gross prices. The document is '
    '{"currency", "prices": "net"|"gross", "lines": [{"line", "quantity", "unit_price", '
    '"base_quantity", "vat_category", "vat_rate", "allowances": [{"amount" or "percent", "base", '
    '"reason", "reason_code"}], "charges": [likewise]}], "allowances": [likewise, and '
    '"vat_category", "vat_rate"], "charges": [likewise, and "kind", "name", "vat": '
    '"proportional"|"highest"|"fixed"], "prepaid", "rounding" or "cash_rounding"}. The answer is '
    '{"lines": [{"line", "kind", "net", "vat", "gross", "discount"}], "vat": [{"category", "rate", '
    '"taxable", "tax"}], "totals": {"lines", "allowances", "charges", "net", "vat", "gross", '
    '"prepaid", "rounding", "payable"}}. Several allowances apply in their order, each percentage '
    'to what the ones before have left, and never below zero. An allowance of the document without '
    'VAT of its own is spread over the lines. cash_rounding is the smallest coin, such as 0.05. '
    'The arithmetic of place_order(). Error 22023 says which key is wrong.';
