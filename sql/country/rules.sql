-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('vat_regions', 'regions_changed', 'AFTER INSERT OR UPDATE OR DELETE',
     'FOR EACH ROW', 'announce_change()'),
    ('vat_regions', 'regions_changing', 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE',
     'FOR EACH STATEMENT', 'announce_change()'),
    ('vat_places', 'places_changed', 'AFTER INSERT OR UPDATE OR DELETE',
     'FOR EACH ROW', 'announce_change()'),
    ('vat_places', 'places_changing', 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE',
     'FOR EACH STATEMENT', 'announce_change()')
) AS rule (relation, name, event, condition, function)
