-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('events', 'append_only', 'BEFORE UPDATE OR DELETE',
     'FOR EACH ROW', 'refuse_change(''Its rows are a record of what happened.'')'),
    ('events', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()')
) AS rule (relation, name, event, condition, function)
