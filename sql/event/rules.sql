-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('events', 'append_only', 'BEFORE DELETE',
     'FOR EACH ROW', 'refuse_change(''Its rows are a record of what happened.'')'),
    -- They may lose what tells where somebody lived, and nothing else.
    ('events', 'keep_events', 'BEFORE UPDATE',
     'FOR EACH ROW WHEN (OLD.kind <> ''order.address_changed''
      OR (NEW.tenant_id, NEW.id, NEW.created_at, NEW.xact, NEW.kind, NEW.entity_id, NEW.data)
         IS DISTINCT FROM
         (OLD.tenant_id, OLD.id, OLD.created_at, OLD.xact, OLD.kind, OLD.entity_id,
          OLD.data - ''billing_address'' - ''shipping_address''))',
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
