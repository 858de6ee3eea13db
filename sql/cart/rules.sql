-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    -- Opened again it could be ordered twice.
    ('carts', 'ordered_once', 'BEFORE UPDATE OF status, order_id',
     'FOR EACH ROW WHEN (OLD.status = ''ordered''
      AND (NEW.status <> OLD.status OR NEW.order_id IS DISTINCT FROM OLD.order_id))',
     'refuse_change(''It has become an order.'')'),
    ('carts', 'merged_once', 'BEFORE UPDATE OF status',
     'FOR EACH ROW WHEN (OLD.status = ''merged'' AND NEW.status <> ''merged'')',
     'refuse_change(''It has become part of another cart.'')'),
    ('carts', 'restored_first', 'BEFORE UPDATE OF status',
     'FOR EACH ROW WHEN (OLD.status = ''abandoned'' AND NEW.status = ''ordered'')',
     'refuse_change(''An abandoned cart is not ordered.'', ''Call ecommerce.cart_restore().'')'),
    ('cart_items', 'open_cart', 'BEFORE INSERT OR UPDATE', 'FOR EACH ROW', 'check_open_cart()'),
    ('cart_items', 'write_amounts', 'BEFORE INSERT OR UPDATE', 'FOR EACH ROW',
     'write_amounts(''unit_price'')'),
    -- Lines go with their cart or their product, whatever became of it.
    ('cart_items', 'open_cart_delete', 'BEFORE DELETE',
     'FOR EACH ROW WHEN (pg_trigger_depth() = 0)', 'check_open_cart()')
) AS rule (relation, name, event, condition, function)
