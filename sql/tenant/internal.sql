-- Keeping tenants apart, and when their days begin.

CREATE FUNCTION ecommerce_internal.check_tenant(tenant_id integer) RETURNS integer
    LANGUAGE c STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'ec_check_tenant';
COMMENT ON FUNCTION ecommerce_internal.check_tenant(integer) IS
    'For functions that write: the tenant that they were given. Error EC011 if this transaction '
    'may not work for it, 22004 for NULL.';

CREATE FUNCTION ecommerce_internal.check_all_tenants() RETURNS boolean
    LANGUAGE c STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'ec_check_all_tenants';
COMMENT ON FUNCTION ecommerce_internal.check_all_tenants() IS
    'True if the caller may work for all tenants. No policy restricts it, or it may call '
    'use_tenant(); and this transaction has no tenant. Errors: EC011, 42501.';

-- Without SET, so that what it sets lasts as long as the function that calls it.
CREATE FUNCTION ecommerce_internal.work_for(tenant_id integer) RETURNS integer
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ec_work_for';
COMMENT ON FUNCTION ecommerce_internal.work_for(integer) IS
    'Choose a tenant until the function that calls ends, and return it. The caller has checked '
    'that it may; it has settings of its own (SET search_path).';

CREATE FUNCTION ecommerce_internal.maintained_tenants(tenant_id integer) RETURNS SETOF integer
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF tenant_id IS NOT NULL THEN
        RETURN NEXT ecommerce_internal.check_tenant(tenant_id);
    ELSIF ecommerce_internal.check_all_tenants() THEN
        RETURN QUERY SELECT t.id FROM ecommerce.tenants t ORDER BY t.id;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.maintained_tenants(integer) IS
    'For maintenance: the tenant that it was given, or for NULL all tenants in their order. '
    'Errors: EC011, 42501 if the caller may not.';

CREATE FUNCTION ecommerce_internal.day_start(day date, timezone text) RETURNS timestamptz
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_day_start';
COMMENT ON FUNCTION ecommerce_internal.day_start(date, text) IS
    'When a day begins in a time zone: the first moment that clocks there show it. The zone is '
    'looked up as SET timezone does it; AT TIME ZONE takes some names for abbreviations, and EET '
    'then has no summer. Errors: EC015 a zone that this server does not know, 22008 out of range.';

CREATE FUNCTION ecommerce_internal.shop_day() RETURNS date
    LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'ec_shop_day';
COMMENT ON FUNCTION ecommerce_internal.shop_day() IS
    'Today, or the day on which the transaction began, in settings.timezone of the transaction''s '
    'tenant. Errors: EC010 there are several and none was chosen, EC015 its zone is not known to '
    'this server.';

CREATE FUNCTION ecommerce_internal.shop_day_of(tenant_id integer) RETURNS date
    LANGUAGE c STABLE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'ec_shop_day_of';
COMMENT ON FUNCTION ecommerce_internal.shop_day_of(integer) IS
    'As shop_day(), of the tenant that a function was given, which the transaction need not have '
    'chosen. Error EC015 its zone is not known to this server.';

-- Not a CHECK: a dump must load where zones have other names than where it was made.
CREATE FUNCTION ecommerce_internal.check_timezone() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_name text;
BEGIN
    -- Reading their names takes longer than all the rest, and most shops begin with UTC.
    IF NEW.timezone IS NULL OR NEW.timezone = 'UTC'
       OR TG_OP = 'UPDATE' AND NEW.timezone = OLD.timezone THEN
        RETURN NEW;
    END IF;
    -- Anything that looks like NAME+2 is a zone for PostgreSQL, west of Greenwich as in POSIX.
    SELECT n.name INTO v_name FROM pg_timezone_names n
    WHERE lower(n.name COLLATE "C") = lower(NEW.timezone COLLATE "C");
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown time zone "%"', NEW.timezone
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Use a name of pg_timezone_names, such as Europe/Athens. Offsets, '
                         'abbreviations and POSIX forms such as UTC+2 are none.';
    END IF;
    NEW.timezone := v_name;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_timezone() IS
    'Lets settings.timezone be a name of pg_timezone_names only, written as there. Error 22023.';

CREATE FUNCTION ecommerce_internal.write_amounts() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'ec_write_amounts';
COMMENT ON FUNCTION ecommerce_internal.write_amounts() IS
    'BEFORE INSERT OR UPDATE FOR EACH ROW: gives amounts the decimals of their currency. Its '
    'arguments are columns; the currency is the row''s, or the shop''s. 12.5 becomes 12.50 where '
    'EUR is, decimals beyond those of the currency stay.';

CREATE FUNCTION ecommerce_internal.national_currency(country text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN CASE
        WHEN country IN ('AT', 'BE', 'BG', 'CY', 'DE', 'EE', 'ES', 'FI', 'FR', 'GR', 'HR', 'IE',
                         'IT', 'LT', 'LU', 'LV', 'MT', 'NL', 'PT', 'SI', 'SK') THEN 'EUR'
        WHEN country IN ('AD', 'AX', 'BL', 'GF', 'GP', 'MC', 'ME', 'MF', 'MQ', 'PM', 'RE', 'SM',
                         'VA', 'XK', 'YT') THEN 'EUR'
        WHEN country IN ('CH', 'LI') THEN 'CHF'
        WHEN country IN ('GB', 'XI', 'IM') THEN 'GBP'
        WHEN country = 'CZ' THEN 'CZK'
        WHEN country IN ('DK', 'FO', 'GL') THEN 'DKK'
        WHEN country = 'HU' THEN 'HUF'
        WHEN country = 'IS' THEN 'ISK'
        WHEN country IN ('NO', 'SJ') THEN 'NOK'
        WHEN country = 'PL' THEN 'PLN'
        WHEN country = 'RO' THEN 'RON'
        WHEN country = 'SE' THEN 'SEK'
        WHEN country = 'US' THEN 'USD' END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.national_currency(text) IS
    'The currency of a country in which sellers are expected; NULL of any other.';

CREATE FUNCTION ecommerce_internal.currency_of(country text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_currency text := ecommerce_internal.national_currency(country);
BEGIN
    IF country IS NULL THEN
        RETURN 'EUR';
    ELSIF v_currency IS NULL
          AND EXISTS (SELECT FROM ecommerce.countries c WHERE c.code = currency_of.country) THEN
        RAISE EXCEPTION 'no currency is given, and that of country % is not known here', country
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Say the currency of its prices.';
    END IF;
    RETURN coalesce(v_currency, 'EUR');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.currency_of(text) IS
    'For create_tenant(): the currency of a country in which sellers are expected; EUR without '
    'one. Error 22023 for other countries.';
