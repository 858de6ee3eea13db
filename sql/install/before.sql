-- What tables have lost that are there; what is missing as a whole is created after.

SELECT ecommerce_internal.check_own_tables();
SELECT ecommerce_internal.restore_schema();
