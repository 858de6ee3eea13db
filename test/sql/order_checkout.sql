-- The example of a checkout says and does what its comments say.
CREATE EXTENSION ecommerce;
\i examples/checkout.sql
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
