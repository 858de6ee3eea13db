-- Who is buying, for the length of a transaction.

CREATE FUNCTION ecommerce.use_customer(user_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS uuid
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_use_customer';
COMMENT ON FUNCTION ecommerce.use_customer(uuid, integer) IS
    'Choose the customer of this transaction, until it ends, and return the id. A storefront reads '
    'the orders, addresses and carts of that user only, and may order in the name of it. For '
    'applications that know who is signed in: whoever has the id is believed. As a statement of '
    'its own outside of BEGIN it does nothing, and warns. Error EC016 unknown or inactive user, or '
    'another one was chosen already.';

CREATE FUNCTION ecommerce.current_customer() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_current_customer';
COMMENT ON FUNCTION ecommerce.current_customer() IS
    'The customer that use_customer() chose in this transaction; NULL if nobody.';
