-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('users', 'check_email', 'BEFORE INSERT OR UPDATE OF email',
     'FOR EACH ROW WHEN (NOT ecommerce_internal.email_valid(NEW.email))', 'check_email()'),
    ('admins', 'check_email', 'BEFORE INSERT OR UPDATE OF email',
     'FOR EACH ROW WHEN (NOT ecommerce_internal.email_valid(NEW.email))', 'check_email()')
) AS rule (relation, name, event, condition, function)
