-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('warehouses', 'warehouses_changed', 'AFTER INSERT OR UPDATE OR DELETE',
     'FOR EACH ROW', 'announce_change()'),
    ('warehouses', 'warehouses_changing', 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE',
     'FOR EACH STATEMENT', 'announce_change()'),
    ('stock', 'backorder_added', 'AFTER INSERT',
     'FOR EACH ROW WHEN (NEW.backorder_limit > 0)', 'announce_change()'),
    ('stock', 'backorder_changed', 'AFTER UPDATE OF backorder_limit',
     'FOR EACH ROW', 'announce_change()'),
    ('stock_movements', 'append_only', 'BEFORE UPDATE OR DELETE',
     'FOR EACH ROW', 'refuse_change(''Its rows are a record of what happened.'')'),
    -- return_stock() has checked what it writes.
    ('stock_movements', 'check_movement', 'AFTER INSERT',
     'FOR EACH ROW WHEN (NEW.order_id IS NOT NULL AND ecommerce_internal.plain_sql())',
     'check_movement()'),
    ('stock_movements', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()'),
    ('stock', 'keep_units', 'BEFORE DELETE',
     'FOR EACH ROW WHEN (OLD.available <> 0)', 'check_stock_delete()'),
    ('stock', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'check_truncate(''stock'')'),
    ('stock_reservations', 'keep_units', 'BEFORE DELETE',
     'FOR EACH ROW WHEN (OLD.status IN (''held'', ''committed''))', 'check_reservation_delete()'),
    ('stock_reservations', 'no_truncate', 'BEFORE TRUNCATE',
     'FOR EACH STATEMENT', 'check_truncate(''stock_reservations'')'),
    ('stock_reservations', 'keep_units_held', 'AFTER UPDATE',
     'FOR EACH ROW WHEN (NEW.quantity <> OLD.quantity OR NEW.product_id <> OLD.product_id
      OR NEW.warehouse_id <> OLD.warehouse_id OR NEW.id <> OLD.id)',
     'refuse_change(''What a reservation holds never changes.'')'),
    ('stock_reservations', 'check_reservation', 'AFTER INSERT OR UPDATE',
     'FOR EACH ROW WHEN (ecommerce_internal.plain_sql())', 'check_reservation()')
) AS rule (relation, name, event, condition, function)
