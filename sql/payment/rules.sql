-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('payments', 'keep_payment', 'BEFORE UPDATE', 'FOR EACH ROW',
     'keep_columns(''Id, time and currency of a payment never change.'',
      ''id'', ''created_at'', ''currency'')'),
    ('payments', 'keep_payment_order', 'BEFORE UPDATE', 'FOR EACH ROW',
     'keep_columns_once_set(''Order and gift card of a payment never change.'',
      ''order_id'', ''order_created_at'', ''gift_card_id'')'),
    ('payments', 'write_amounts', 'BEFORE INSERT OR UPDATE OF amount, amount_authorized,
      amount_captured, amount_refunded, amount_charged_back, fee, refunds_requested',
     'FOR EACH ROW', 'write_amounts(''amount'', ''amount_authorized'', ''amount_captured'',
      ''amount_refunded'', ''amount_charged_back'', ''fee'', ''refunds_requested'')'),
    -- A payment is the sum of its entries, whoever writes them.
    -- (not UPDATE OF: what triggers change is in no list of columns)
    ('payments', 'books_match', 'AFTER INSERT OR UPDATE',
     'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (ecommerce_internal.plain_sql())',
     'check_payment_amounts()'),
    ('payment_entries', 'books_match', 'AFTER INSERT',
     'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (ecommerce_internal.plain_sql())',
     'check_payment_entry()'),
    ('orders', 'payments_match', 'AFTER UPDATE',
     'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (ecommerce_internal.plain_sql())',
     'check_order_payments()'),
    ('payments', 'keep_payments', 'BEFORE DELETE',
     'FOR EACH ROW', 'refuse_change(''Its rows are business records.'')'),
    ('payments', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()'),
    ('payment_entries', 'append_only', 'BEFORE UPDATE OR DELETE',
     'FOR EACH ROW', 'refuse_change(''Its rows are a record of what happened.'')'),
    ('payment_entries', 'no_truncate', 'BEFORE TRUNCATE',
     'FOR EACH STATEMENT', 'refuse_change()')
) AS rule (relation, name, event, condition, function)
