-- Whose shop this is, for the length of a transaction.

CREATE FUNCTION ecommerce.current_tenant() RETURNS integer
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_current_tenant';
COMMENT ON FUNCTION ecommerce.current_tenant() IS
    'The tenant of this transaction. It is what use_tenant() chose, else the setting '
    'ecommerce.tenant, else the only tenant there is. Error EC010 if there are several and none '
    'was chosen.';

CREATE FUNCTION ecommerce.use_tenant(tenant_id integer) RETURNS integer
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'ec_use_tenant';
COMMENT ON FUNCTION ecommerce.use_tenant(integer) IS
    'Choose the tenant of this transaction, until it ends, and return it. For trusted application '
    'roles. As a statement of its own outside of BEGIN it does nothing, and warns. Row security '
    'does not bind superusers and the owner of the shop: their statements see and change the rows '
    'of all tenants all the same, so write WHERE tenant_id = ... in them. Error EC011 if there is '
    'no such tenant, or another one was chosen already.';

CREATE FUNCTION ecommerce.create_tenant(name text, country text DEFAULT NULL,
    currency text DEFAULT NULL, prices text DEFAULT 'gross') RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    new_id integer;
BEGIN
    -- One at a time, so that ids have no gaps and no two sessions take the same.
    LOCK TABLE ecommerce.tenants IN SHARE ROW EXCLUSIVE MODE;
    new_id := (SELECT coalesce(max(t.id), 0) + 1 FROM ecommerce.tenants t);
    INSERT INTO ecommerce.tenants (id, name) VALUES (new_id, create_tenant.name);
    INSERT INTO ecommerce.settings (tenant_id, country, currency, prices)
    VALUES (new_id, create_tenant.country,
            coalesce(create_tenant.currency,
                     ecommerce_internal.currency_of(create_tenant.country)),
            create_tenant.prices);
    INSERT INTO ecommerce.warehouses (tenant_id, id, name) VALUES (new_id, 1, 'Main');
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION ecommerce.create_tenant(text, text, text, text) IS
    'Make a tenant with its settings and its warehouse, and return its id. country and prices: as '
    'in its settings. currency: that of the country (CHF in CH) if it is not given, EUR without a '
    'country. From the second tenant on every transaction must choose one. Errors: 23505 a tenant '
    'has that name, 22023 a currency must be given for that country, 23503 unknown country or '
    'currency.';
