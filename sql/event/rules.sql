-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('events', 'append_only', 'BEFORE UPDATE OR DELETE',
     'FOR EACH ROW', 'refuse_change(''Its rows are a record of what happened.'')'),
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
