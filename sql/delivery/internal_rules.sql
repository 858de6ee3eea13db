-- What the triggers of delivery keep.

CREATE FUNCTION ecommerce_internal.check_delivery_place() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.region := btrim(NEW.region);
    IF NEW.region <> '' AND ecommerce_internal.place_key(NEW.region) = '' THEN
        RAISE EXCEPTION 'region "%" has no letter or digit', NEW.region
            USING ERRCODE = 'check_violation',
                  CONSTRAINT = 'delivery_zone_places_region_check', SCHEMA = 'ecommerce',
                  TABLE = 'delivery_zone_places', COLUMN = 'region';
    END IF;
    NEW.postal_code := coalesce(
        ecommerce_internal.postal_pattern(NEW.country, NEW.postal_code), '');
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_delivery_place() IS
    'Writes the postal codes of a place in one form. Errors: 23514 a region without a letter, '
    '22023 no postal code of its country.';

CREATE FUNCTION ecommerce_internal.check_delivery_rate() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a record;
BEGIN
    NEW.currency := coalesce(NEW.currency, (SELECT s.currency FROM ecommerce.settings s
                                            WHERE s.tenant_id = NEW.tenant_id));
    FOR a IN
        SELECT t.name, t.amount FROM (VALUES
            ('price', NEW.price), ('goods_from', NEW.goods_from),
            ('goods_below', NEW.goods_below), ('free_from', NEW.free_from)) AS t (name, amount)
        WHERE t.amount < 1e15
    LOOP
        IF a.amount <> ecommerce.round_amount(a.amount, NEW.currency) THEN
            RAISE EXCEPTION '% % has too many decimals for %', a.name, a.amount, NEW.currency
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = format('delivery_rates_%s_check', a.name),
                      SCHEMA = 'ecommerce', TABLE = 'delivery_rates', COLUMN = a.name;
        END IF;
    END LOOP;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_delivery_rate() IS
    'Gives a rate without a currency that of the settings. Error 23514 if an amount has more '
    'decimals than its currency.';
