-- In a new shop nobody need write the generation down, so that no order waits for another.

INSERT INTO ecommerce.event_generations (generation, system_identifier)
SELECT CASE WHEN EXISTS (SELECT FROM ecommerce.events) THEN 1 ELSE 0 END, c.system_identifier
FROM pg_control_system() c
WHERE NOT EXISTS (SELECT FROM ecommerce.event_generations);
