-- In a new shop nobody need write the generation down, so that no order waits for another.

INSERT INTO ecommerce.event_generations (generation, system_identifier)
SELECT CASE WHEN EXISTS (SELECT FROM ecommerce.events) THEN 1 ELSE 0 END, c.system_identifier
FROM pg_control_system() c
WHERE NOT EXISTS (SELECT FROM ecommerce.event_generations);

-- An older version had another default, without a generation.
DO $default$
DECLARE
    o record;
BEGIN
    FOR o IN
        SELECT d.adrelid::regclass AS name
        FROM pg_attrdef d
        JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attname = 'xact'
        WHERE d.adrelid IN (SELECT 'ecommerce.events'::regclass::oid UNION ALL
                            SELECT i.inhrelid FROM pg_inherits i
                            WHERE i.inhparent = 'ecommerce.events'::regclass)
          AND pg_get_expr(d.adbin, d.adrelid) = 'pg_current_xact_id()'
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN xact SET DEFAULT '
                       'ecommerce_internal.event_xact()', o.name);
    END LOOP;
END
$default$;
