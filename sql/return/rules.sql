-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('returns', 'check_return', 'BEFORE INSERT OR UPDATE', 'FOR EACH ROW', 'check_return()'),
    ('returns', 'keep_returns', 'BEFORE DELETE', 'FOR EACH ROW',
     'refuse_change(''Its rows are business records.'', ''Call ecommerce.reject_return().'')'),
    ('returns', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()'),
    -- What functions write they have checked, all of it at once.
    ('return_items', 'check_return_item', 'AFTER INSERT',
     'FOR EACH ROW WHEN (ecommerce_internal.plain_sql())', 'check_return_item()'),
    ('return_items', 'keep_items', 'BEFORE UPDATE OR DELETE', 'FOR EACH ROW',
     'refuse_change(''What is in a return never changes.'', ''Make another one.'')'),
    ('return_items', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()'),
    ('return_receipts', 'write_amounts', 'BEFORE INSERT', 'FOR EACH ROW',
     'write_amounts(''net'', ''vat'')'),
    ('return_receipts', 'check_receipt', 'AFTER INSERT',
     'FOR EACH ROW WHEN (ecommerce_internal.plain_sql())', 'check_receipt()'),
    -- Plain SQL may book a receipt; then it has to bring the return along.
    ('return_receipts', 'received', 'AFTER INSERT',
     'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (ecommerce_internal.plain_sql())',
     'check_received()'),
    ('return_receipts', 'append_only', 'BEFORE UPDATE OR DELETE', 'FOR EACH ROW',
     'refuse_change(''Its rows are a record of what happened.'')'),
    ('return_receipts', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()')
) AS rule (relation, name, event, condition, function)
