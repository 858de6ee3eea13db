-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('orders', 'check_new_order', 'AFTER INSERT',
     'FOR EACH ROW WHEN (ecommerce_internal.plain_sql())', 'check_order()'),
    ('orders', 'check_order', 'BEFORE UPDATE',
     'FOR EACH ROW WHEN (ecommerce_internal.plain_sql())', 'check_order()'),
    ('order_items', 'check_order_item', 'AFTER INSERT',
     'FOR EACH ROW WHEN (ecommerce_internal.plain_sql())', 'check_order_item()'),
    -- After all, whatever triggers of the shop's own make of it (and no list of columns: what
    -- they change is in none).
    ('orders', 'check_order_cancel', 'AFTER UPDATE',
     'FOR EACH ROW WHEN (ecommerce_internal.plain_sql())',
     'check_order_cancel()'),
    ('orders', 'write_amounts', 'BEFORE UPDATE OF amount_paid, amount_refunded,
      amount_charged_back', 'FOR EACH ROW',
     'write_amounts(''amount_paid'', ''amount_refunded'', ''amount_charged_back'')'),
    ('orders', 'check_order_status', 'BEFORE UPDATE',
     'FOR EACH ROW WHEN (NEW.status <> OLD.status)', 'check_order_status()'),
    ('orders', 'keep_order', 'BEFORE UPDATE', 'FOR EACH ROW',
     'keep_columns(''Id, time, number, currency, amounts and VAT treatment of an order never '
     'change.'', ''id'', ''created_at'', ''order_number'', ''currency'', ''prices'', ''net'',
      ''vat'', ''gross'', ''country'', ''region'', ''vat_scheme'', ''vatex'', ''vat_reason'',
      ''mydata_exemption'', ''buyer_vat_id'')'),
    ('orders', 'keep_orders', 'BEFORE DELETE',
     'FOR EACH ROW',
     'refuse_change(''Its rows are business records.'', ''Call ecommerce.cancel_order().'')'),
    ('orders', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()'),
    ('order_items', 'keep_items', 'BEFORE UPDATE OR DELETE', 'FOR EACH ROW', 'refuse_change()'),
    ('order_items', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()'),
    ('order_cancellations', 'check_cancellation', 'AFTER INSERT',
     'FOR EACH ROW WHEN (ecommerce_internal.plain_sql())',
     'refuse_change(''Its units would not come back to stock.'',
                    ''Call ecommerce.cancel_order_items().'')'),
    ('order_cancellations', 'append_only', 'BEFORE UPDATE OR DELETE',
     'FOR EACH ROW', 'refuse_change(''Its rows are a record of what happened.'')'),
    ('order_cancellations', 'no_truncate', 'BEFORE TRUNCATE',
     'FOR EACH STATEMENT', 'refuse_change()'),
    ('order_notes', 'append_only', 'BEFORE UPDATE OR DELETE',
     'FOR EACH ROW', 'refuse_change(''Its rows are a record of what people wrote.'')'),
    ('order_notes', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()'),
    -- Plain SQL may insert orders, so their totals are compared at commit;
    -- place_order() computes both from the same lines and need not be asked.
    ('orders', 'totals_match', 'AFTER INSERT',
     'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (ecommerce_internal.plain_sql())',
     'check_order_totals()'),
    ('order_items', 'totals_match', 'AFTER INSERT',
     'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (ecommerce_internal.plain_sql())',
     'check_item_totals()')
) AS rule (relation, name, event, condition, function)
