-- What tables have lost that are there; what is missing as a whole is created after.

SELECT ecommerce.restore_schema();
