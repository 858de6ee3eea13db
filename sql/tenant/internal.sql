-- Keeping tenants apart.

CREATE FUNCTION ecommerce_internal.check_tenant(tenant_id integer) RETURNS integer
    LANGUAGE c STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'ec_check_tenant';
COMMENT ON FUNCTION ecommerce_internal.check_tenant(integer) IS
    'For functions that write: the tenant that they were given. Error EC011 if this transaction '
    'may not work for it, 22004 for NULL.';
