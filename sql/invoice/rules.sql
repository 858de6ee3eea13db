-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('sellers', 'sellers_changed', 'AFTER INSERT OR UPDATE OR DELETE',
     'FOR EACH ROW', 'announce_change()'),
    ('sellers', 'sellers_changing', 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE',
     'FOR EACH STATEMENT', 'announce_change()'),
    ('invoice_series', 'check_series', 'BEFORE INSERT OR UPDATE', 'FOR EACH ROW',
     'check_invoice_series()'),
    ('invoice_counters', 'keep_counters', 'BEFORE UPDATE OR DELETE', 'FOR EACH ROW',
     'keep_invoice_counter()'),
    ('invoice_counters', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT',
     'refuse_change()'),
    -- What plain SQL writes, too, is judged when all of it is there.
    ('invoice_counters', 'counter_right', 'AFTER INSERT OR UPDATE',
     'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW', 'check_invoice_counter()'),
    ('invoices', 'invoice_right', 'AFTER INSERT', 'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW',
     'check_invoice()'),
    ('invoices', 'keep_invoices', 'BEFORE UPDATE OR DELETE', 'FOR EACH ROW', 'keep_invoice()'),
    ('invoices', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()'),
    ('invoice_lines', 'check_lines', 'AFTER INSERT', 'FOR EACH ROW',
     'check_invoice_part()'),
    ('invoice_lines', 'keep_lines', 'BEFORE UPDATE OR DELETE',
     'FOR EACH ROW', 'refuse_change(''What was issued does not change.'')'),
    ('invoice_lines', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()'),
    ('invoice_vat_groups', 'check_breakdown', 'AFTER INSERT', 'FOR EACH ROW',
     'check_invoice_part()'),
    ('invoice_vat_groups', 'keep_breakdown', 'BEFORE UPDATE OR DELETE',
     'FOR EACH ROW', 'refuse_change(''What was issued does not change.'')'),
    ('invoice_vat_groups', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT',
     'refuse_change()')
) AS rule (relation, name, event, condition, function)
