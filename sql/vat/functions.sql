-- Rates of VAT.

CREATE FUNCTION ecommerce.vat_rate_on(country text, vat_class text,
    on_date date DEFAULT ecommerce_internal.shop_day(), region text DEFAULT '') RETURNS numeric
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    t        ecommerce.vat_territory := ecommerce.vat_territory(country, region, NULL::text,
                                                                on_date);
    v_region text := CASE t.rule WHEN 'country' THEN '' ELSE t.region END;
    v_rate   numeric;
BEGIN
    IF vat_class IS NULL THEN
        RAISE EXCEPTION 'the class must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT r.rate INTO v_rate FROM ecommerce.vat_rates r
    WHERE r.country = t.country AND r.region = v_region
      AND r.vat_class = vat_rate_on.vat_class
      AND r.valid_from <= on_date AND (r.valid_to IS NULL OR r.valid_to > on_date);
    IF NOT FOUND THEN
        PERFORM ecommerce_internal.refuse_vat_class(t.country, v_region, vat_class, on_date,
                                                    t.rule);
    END IF;
    RETURN v_rate;
END
$$;
COMMENT ON FUNCTION ecommerce.vat_rate_on(text, text, date, text) IS
    'The VAT rate in percent of a country''s class on a day. country: a code of countries. '
    'vat_class: one of vat_rates.vat_class. on_date: by default today, in settings.timezone. '
    'region: one of vat_regions, or a place of vat_places with rates of its own. Never 0 for an '
    'unknown one: error EC012 says what is missing, and for a class that has ended, which class '
    'its goods are of now. Who may charge a region''s rate, vat_treatment() knows.';

CREATE FUNCTION ecommerce.set_vat_rate(country text, vat_class text, rate numeric, valid_from date,
    region text DEFAULT '', note text DEFAULT NULL) RETURNS ecommerce.vat_rate_period
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rule text;
    v_now  record;
    v_to   date;
BEGIN
    IF num_nulls(country, vat_class, rate, valid_from, region) > 0 THEN
        RAISE EXCEPTION 'country, class, rate, first day and region must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT isfinite(valid_from) THEN
        RAISE EXCEPTION 'the first day must be a day' USING ERRCODE = 'invalid_parameter_value';
    ELSIF NOT (rate >= 0 AND rate <= 100 AND min_scale(rate) <= 6) THEN
        RAISE EXCEPTION 'a VAT rate is from 0 to 100 percent, with at most 6 decimals'
            USING ERRCODE = 'numeric_value_out_of_range', DETAIL = format('It is %s.', rate);
    ELSIF NOT ecommerce_internal.is_vat_class(vat_class) THEN
        RAISE EXCEPTION 'unknown class "%" of VAT rates', vat_class
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF vat_class = 'zero' AND rate <> 0 THEN
        RAISE EXCEPTION 'the class "zero" has the rate 0' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT g.rule INTO v_rule FROM ecommerce.vat_regions g
    WHERE g.country = set_vat_rate.country AND g.region = set_vat_rate.region;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown region "%" of country "%"', region, country
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Add it to ecommerce.vat_regions first.';
    ELSIF region <> '' AND v_rule IN ('country', 'outside') THEN
        RAISE EXCEPTION 'region "%" of % has no rates of its own', region, country
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('Its rule in ecommerce.vat_regions is "%s".', v_rule);
    END IF;

    -- One at a time, so that the second sees what the first has set.
    PERFORM pg_advisory_xact_lock(hashtextextended(
        'ecommerce.vat_rates/' || country || '/' || vat_class || '/' || region, 0));
    SELECT r.rate, r.valid_from, r.valid_to INTO v_now FROM ecommerce.vat_rates r
    WHERE r.country = set_vat_rate.country AND r.region = set_vat_rate.region
      AND r.vat_class = set_vat_rate.vat_class
      AND r.valid_from <= set_vat_rate.valid_from
      AND (r.valid_to IS NULL OR r.valid_to > set_vat_rate.valid_from);
    IF v_now.rate = rate THEN
        RETURN (country, region, vat_class, v_now.rate, v_now.valid_from, v_now.valid_to);
    ELSIF v_now.valid_from = valid_from THEN
        RAISE EXCEPTION 'another rate begins on that day'
            USING ERRCODE = 'unique_violation',
                  DETAIL = format('Country "%s", region "%s", class "%s" has %s percent from %s.',
                                  country, region, vat_class, v_now.rate,
                                  to_char(valid_from, 'YYYY-MM-DD')),
                  HINT = 'If that was never right, UPDATE ecommerce.vat_rates. Orders keep the '
                         'rate they were placed with.';
    ELSIF v_now.valid_from IS NOT NULL THEN
        v_to := v_now.valid_to;
        UPDATE ecommerce.vat_rates r SET valid_to = set_vat_rate.valid_from
        WHERE r.country = set_vat_rate.country AND r.region = set_vat_rate.region
          AND r.vat_class = set_vat_rate.vat_class
          AND r.valid_from = v_now.valid_from;
    ELSE
        SELECT min(r.valid_from) INTO v_to FROM ecommerce.vat_rates r
        WHERE r.country = set_vat_rate.country AND r.region = set_vat_rate.region
          AND r.vat_class = set_vat_rate.vat_class
          AND r.valid_from > set_vat_rate.valid_from;
    END IF;
    INSERT INTO ecommerce.vat_rates (country, region, vat_class, rate, valid_from, valid_to, note)
    VALUES (country, region, vat_class, rate, valid_from, v_to, note);
    RETURN (country, region, vat_class, rate, valid_from, v_to);
END
$$;
COMMENT ON FUNCTION ecommerce.set_vat_rate(text, text, numeric, date, text, text) IS
    'Let a VAT rate in percent apply from a day on, until the next change that is known already. '
    'The period that it falls into ends on that day. Nothing happens if the rate applies on that '
    'day anyway. rate: percent. valid_from: its first day. note: why, for people. Returns the '
    'period of the rate. Errors: 23505 if another rate begins on the same day, 22023 unknown '
    'region or class, 22003 not a rate, 22004 NULL.';
