-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('refunds', 'keep_refund', 'BEFORE UPDATE', 'FOR EACH ROW',
     'keep_columns(''What a refund is for never changes.'', ''id'', ''order_id'',
      ''order_created_at'', ''amount'', ''overpaid'', ''currency'')'),
    -- What plain SQL writes, too, is judged when all of it is there.
    ('refunds', 'books_match', 'AFTER INSERT OR UPDATE',
     'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW', 'check_refund_amounts()'),
    ('refund_payments', 'books_match', 'AFTER INSERT OR UPDATE',
     'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW', 'check_refund_payment()'),
    ('refund_items', 'check_items', 'AFTER INSERT',
     'REFERENCING NEW TABLE AS added FOR EACH STATEMENT', 'check_refund_items()'),
    ('refund_payments', 'keep_part', 'BEFORE UPDATE OR DELETE',
     'FOR EACH ROW', 'check_refund_part()'),
    ('refund_payments', 'no_truncate', 'BEFORE TRUNCATE',
     'FOR EACH STATEMENT', 'refuse_change()'),
    ('refunds', 'keep_refunds', 'BEFORE DELETE',
     'FOR EACH ROW', 'refuse_change(''Its rows are business records.'')'),
    ('refunds', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()'),
    ('refund_items', 'append_only', 'BEFORE UPDATE OR DELETE',
     'FOR EACH ROW', 'refuse_change(''Its rows are a record of what happened.'')'),
    ('refund_items', 'no_truncate', 'BEFORE TRUNCATE',
     'FOR EACH STATEMENT', 'refuse_change()')
) AS rule (relation, name, event, condition, function)
