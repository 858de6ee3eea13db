-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('users', 'check_email', 'BEFORE INSERT OR UPDATE OF email',
     'FOR EACH ROW WHEN (NOT ecommerce_internal.email_valid(NEW.email))', 'check_email()'),
    ('users', 'void_verification', 'BEFORE UPDATE OF email',
     'FOR EACH ROW WHEN (NEW.email_verified AND OLD.email_verified
      AND NEW.email IS DISTINCT FROM OLD.email)', 'void_verification()'),
    ('users', 'keep_erased', 'BEFORE UPDATE',
     'FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL)',
     'refuse_change(''The customer was erased.'', ''Register a new one.'')'),
    ('user_addresses', 'check_country', 'BEFORE INSERT OR UPDATE OF country',
     'FOR EACH ROW WHEN (NEW.country !~ ''^[A-Z]{2}$'')',
     'check_country(''23514'', ''user_addresses_country_check'')'),
    ('admins', 'check_email', 'BEFORE INSERT OR UPDATE OF email',
     'FOR EACH ROW WHEN (NOT ecommerce_internal.email_valid(NEW.email))', 'check_email()')
) AS rule (relation, name, event, condition, function)
