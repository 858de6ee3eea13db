-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('tenants', 'keep_tenants', 'BEFORE DELETE',
     'FOR EACH ROW', 'refuse_change(''Tenants are never deleted.'')'),
    ('tenants', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()'),
    ('tenants', 'tenants_changed', 'AFTER INSERT OR UPDATE OR DELETE',
     'FOR EACH ROW', 'announce_change()'),
    ('tenants', 'tenants_changing', 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE',
     'FOR EACH STATEMENT', 'announce_change()'),
    ('settings', 'check_country', 'BEFORE INSERT OR UPDATE OF country',
     'FOR EACH ROW WHEN (NEW.country IS NOT NULL)',
     'check_country(''23503'', ''settings_country_fkey'')'),
    ('settings', 'check_timezone', 'BEFORE INSERT OR UPDATE OF timezone',
     'FOR EACH ROW', 'check_timezone()'),
    ('settings', 'settings_changed', 'AFTER INSERT OR UPDATE OR DELETE',
     'FOR EACH ROW', 'announce_change()'),
    ('settings', 'settings_changing', 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE',
     'FOR EACH STATEMENT', 'announce_change()')
) AS rule (relation, name, event, condition, function)
