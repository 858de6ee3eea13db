-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('events', 'append_only', 'BEFORE DELETE',
     'FOR EACH ROW', 'refuse_change(''Its rows are a record of what happened.'')'),
    -- They may lose what tells where somebody lived, and nothing else.  (A comparison of rows
    -- is another one after a dump: PostgreSQL gives it more parentheses each time.)
    ('events', 'keep_events', 'BEFORE UPDATE',
     'FOR EACH ROW WHEN (OLD.kind <> ''order.address_changed'' OR NEW.tenant_id <> OLD.tenant_id
      OR NEW.id <> OLD.id OR NEW.created_at <> OLD.created_at OR NEW.xact <> OLD.xact
      OR NEW.kind <> OLD.kind OR NEW.entity_id <> OLD.entity_id
      OR NEW.data IS DISTINCT FROM OLD.data - ''billing_address'' - ''shipping_address'')',
     'refuse_change(''Its rows are a record of what happened.'')'),
    ('events', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()'),
    ('event_generations', 'append_only', 'BEFORE UPDATE OR DELETE', 'FOR EACH ROW',
     'refuse_change(''They order what other clusters wrote.'')'),
    ('event_generations', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT',
     'refuse_change()'),
    ('event_generations', 'generations_changed', 'AFTER INSERT OR UPDATE OR DELETE',
     'FOR EACH ROW', 'announce_change()'),
    ('event_generations', 'generations_changing', 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE',
     'FOR EACH STATEMENT', 'announce_change()')
) AS rule (relation, name, event, condition, function)
