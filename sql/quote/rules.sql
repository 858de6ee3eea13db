-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('quotes', 'check_new_quote', 'BEFORE INSERT', 'FOR EACH ROW', 'check_new_quote()'),
    ('quotes', 'check_quote', 'BEFORE UPDATE', 'FOR EACH ROW', 'check_quote()'),
    ('quotes', 'check_email', 'BEFORE INSERT OR UPDATE OF email',
     'FOR EACH ROW WHEN (NOT ecommerce_internal.email_valid(NEW.email))', 'check_email()'),
    ('quotes', 'keep_quotes', 'BEFORE DELETE',
     'FOR EACH ROW',
     'refuse_change(''Its rows are business records.'', ''Call ecommerce.withdraw_quote().'')'),
    ('quotes', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()')
) AS rule (relation, name, event, condition, function)
