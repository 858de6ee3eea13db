-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('shipments', 'check_shipment', 'BEFORE INSERT OR UPDATE', 'FOR EACH ROW', 'check_shipment()'),
    ('shipments', 'check_undelivered', 'AFTER UPDATE OF status',
     'FOR EACH ROW WHEN (NEW.status IN (''lost'', ''returned_to_sender''))',
     'check_undelivered()'),
    ('shipments', 'keep_shipments', 'BEFORE DELETE', 'FOR EACH ROW',
     'refuse_change(''Its rows are business records.'', ''Call ecommerce.cancel_shipment().'')'),
    ('shipments', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()'),
    -- Plain SQL may ship and deliver; then it has to bring the order along.
    ('shipments', 'order_follows', 'AFTER UPDATE OF status',
     'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status <> OLD.status)',
     'check_order_follows()'),
    -- create_shipment() and replace_shipment() have checked all that they pack at once.
    ('shipment_items', 'check_shipment_item', 'AFTER INSERT',
     'FOR EACH ROW WHEN (ecommerce_internal.plain_sql())', 'check_shipment_item()'),
    ('shipment_items', 'keep_items', 'BEFORE UPDATE OR DELETE', 'FOR EACH ROW',
     'refuse_change(''What is in a shipment never changes.'', '
     '''Cancel it and make another one.'')'),
    ('shipment_items', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()')
) AS rule (relation, name, event, condition, function)
