-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('delivery_zone_places', 'check_country', 'BEFORE INSERT OR UPDATE OF country',
     'FOR EACH ROW WHEN (NEW.country <> '''')',
     'check_country(''23514'', ''delivery_zone_places_country_check'')'),
    -- After check_country, by its name: a code is one of a country.
    ('delivery_zone_places', 'check_place', 'BEFORE INSERT OR UPDATE',
     'FOR EACH ROW', 'check_delivery_place()'),
    ('delivery_rates', 'check_rate', 'BEFORE INSERT OR UPDATE',
     'FOR EACH ROW', 'check_delivery_rate()'),
    ('delivery_rates', 'write_amounts',
     'BEFORE INSERT OR UPDATE OF price, goods_from, goods_below, free_from, currency',
     'FOR EACH ROW', 'write_amounts(''price'', ''goods_from'', ''goods_below'', ''free_from'')')
) AS rule (relation, name, event, condition, function)
