-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('users', 'check_email', 'BEFORE INSERT OR UPDATE OF email',
     'FOR EACH ROW WHEN (NOT ecommerce_internal.email_valid(NEW.email))', 'check_email()'),
    ('user_addresses', 'check_country', 'BEFORE INSERT OR UPDATE OF country',
     'FOR EACH ROW WHEN (NEW.country !~ ''^[A-Z]{2}$'')',
     'check_country(''23514'', ''user_addresses_country_check'')'),
    ('admins', 'check_email', 'BEFORE INSERT OR UPDATE OF email',
     'FOR EACH ROW WHEN (NOT ecommerce_internal.email_valid(NEW.email))', 'check_email()')
) AS rule (relation, name, event, condition, function)
