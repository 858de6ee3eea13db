-- What the aggregate order_totals() is made of, and reading documents.

CREATE FUNCTION ecommerce_internal.encoded_once(value jsonb, name text) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF jsonb_typeof(value) = 'string' AND value #>> '{}' ~ '^[[:space:]]*[[{"]' THEN
        RAISE EXCEPTION '% is a string that holds JSON', name
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Was it encoded twice? Pass the JSON itself, not a string that holds it.';
    END IF;
    RETURN value;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.encoded_once(jsonb, text) IS
    'A JSON argument of that name; error 22023 with a hint for a string that holds JSON.';

CREATE FUNCTION ecommerce_internal.order_totals_step(state internal, quantity numeric,
    unit_price numeric, vat_rate numeric) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_order_totals_step';

CREATE FUNCTION ecommerce_internal.order_totals_step(state internal, quantity numeric,
    unit_price numeric, vat_rate numeric, currency text) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_order_totals_step';

CREATE FUNCTION ecommerce_internal.order_totals_step(state internal, quantity numeric,
    unit_price numeric, vat_rate numeric, currency text, prices text) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_order_totals_step';

CREATE FUNCTION ecommerce_internal.order_totals_step(state internal, quantity numeric,
    unit_price numeric, vat_rate numeric, currency text, prices text, base_quantity numeric)
    RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_order_totals_step';

CREATE FUNCTION ecommerce_internal.order_totals_combine(internal, internal) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_order_totals_combine';

CREATE FUNCTION ecommerce_internal.order_totals_serialize(internal) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_order_totals_serialize';

CREATE FUNCTION ecommerce_internal.order_totals_deserialize(bytea, internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_order_totals_deserialize';

CREATE FUNCTION ecommerce_internal.order_totals_final(internal) RETURNS ecommerce.order_total
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_order_totals_final';
COMMENT ON FUNCTION ecommerce_internal.order_totals_step(internal, numeric, numeric, numeric) IS
    'Transition function of order_totals.';
COMMENT ON FUNCTION ecommerce_internal.order_totals_step(internal, numeric, numeric, numeric,
    text) IS
    'Transition function of order_totals.';
COMMENT ON FUNCTION ecommerce_internal.order_totals_step(internal, numeric, numeric, numeric, text,
    text) IS
    'Transition function of order_totals.';
COMMENT ON FUNCTION ecommerce_internal.order_totals_step(internal, numeric, numeric, numeric, text,
    text, numeric) IS
    'Transition function of order_totals.';
COMMENT ON FUNCTION ecommerce_internal.order_totals_combine(internal, internal) IS
    'Combine function of order_totals.';
COMMENT ON FUNCTION ecommerce_internal.order_totals_serialize(internal) IS
    'Serialization function of order_totals.';
COMMENT ON FUNCTION ecommerce_internal.order_totals_deserialize(bytea, internal) IS
    'Deserialization function of order_totals.';
COMMENT ON FUNCTION ecommerce_internal.order_totals_final(internal) IS
    'Final function of order_totals.';
