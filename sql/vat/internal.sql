-- Classes of VAT rates.

CREATE FUNCTION ecommerce_internal.is_vat_class(vat_class text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT vat_class IN (
        'standard', 'reduced', 'reduced2', 'super_reduced', 'super_reduced2', 'parking', 'zero',
        'accommodation', 'books', 'bread', 'culture', 'energy', 'food', 'fruit', 'hairdressing',
        'heating', 'housing', 'hygiene', 'medicine', 'oil', 'pasta', 'plants', 'press', 'repair',
        'restaurant', 'solar', 'transport')
$$;
COMMENT ON FUNCTION ecommerce_internal.is_vat_class(text) IS
    'Whether vat_rates can have this class; NULL for NULL.';

CREATE FUNCTION ecommerce_internal.refuse_vat_class(country text, region text, vat_class text,
    on_date date, rule text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_class record;
    v_ended date;
BEGIN
    SELECT c.goods, c.moved_to INTO v_class FROM ecommerce.vat_classes c
    WHERE c.country = refuse_vat_class.country AND c.vat_class = refuse_vat_class.vat_class;
    SELECT max(coalesce(r.valid_to, 'infinity')) INTO v_ended FROM ecommerce.vat_rates r
    WHERE r.country = refuse_vat_class.country AND r.region = refuse_vat_class.region
      AND r.vat_class = refuse_vat_class.vat_class;
    v_ended := CASE WHEN v_ended <= on_date THEN v_ended END;
    RAISE EXCEPTION 'no VAT rate is known for class "%" in "%"', vat_class, country
        USING ERRCODE = 'EC012',
              DETAIL = format('Country "%s", region "%s", class "%s", on %s.', country, region,
                              vat_class, to_char(on_date, 'YYYY-MM-DD'))
                       || coalesce(' The class ended on ' || to_char(v_ended, 'YYYY-MM-DD')
                                   || coalesce('; it was for: ' || v_class.goods, '') || '.', ''),
              HINT = CASE WHEN rule = 'outside' THEN 'The region is outside the VAT territory.'
                          WHEN v_ended IS NOT NULL AND v_class.moved_to IS NOT NULL
                          THEN format('Its goods are of other classes now: %s. Give the product '
                                      'the one that it belongs to.',
                                      array_to_string(v_class.moved_to, ', '))
                          ELSE 'Call ecommerce.set_vat_rate().' END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refuse_vat_class(text, text, text, date, text) IS
    'For vat_rate_on(): error EC012 about a class without a rate on a day. It says when a class '
    'has ended, what it was for, and which classes have its goods now.';
