-- The same by SKU.  What has no type in a statement is text, so an untyped id comes here, too.

CREATE FUNCTION ecommerce.available_stock(sku text,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS integer
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ecommerce.available_stock(ecommerce_internal.find_product(tenant_id, sku, false),
                                     tenant_id);
END
$$;
COMMENT ON FUNCTION ecommerce.available_stock(text, integer) IS
    'Like available_stock(product_id), by SKU or an id without a type.';

CREATE FUNCTION ecommerce.transfer_stock(sku text, quantity bigint, from_warehouse integer,
    to_warehouse integer, reference text DEFAULT NULL, note text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.transfer_stock(ecommerce_internal.find_product(v_tenant, sku, true), quantity,
                                    from_warehouse, to_warehouse, reference, note, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.transfer_stock(text, bigint, integer, integer, text, text, integer) IS
    'Like transfer_stock(product_id, ...), by SKU or an id without a type.';

CREATE FUNCTION ecommerce.set_backorder_limit(sku text, quantity bigint,
    warehouse_id integer DEFAULT 1, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.set_backorder_limit(ecommerce_internal.find_product(v_tenant, sku, true),
                                         quantity, warehouse_id, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.set_backorder_limit(text, bigint, integer, integer) IS
    'Like set_backorder_limit(product_id, ...), by SKU or an id without a type.';

CREATE FUNCTION ecommerce.set_stock_slots(sku text, slots integer,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.set_stock_slots(ecommerce_internal.find_product(v_tenant, sku, true), slots,
                                     v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.set_stock_slots(text, integer, integer) IS
    'Like set_stock_slots(product_id, ...), by SKU or an id without a type.';

CREATE FUNCTION ecommerce.stock_at(sku text, at timestamptz,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ecommerce.stock_at(ecommerce_internal.find_product(tenant_id, sku, true), at,
                              tenant_id);
END
$$;
COMMENT ON FUNCTION ecommerce.stock_at(text, timestamptz, integer) IS
    'Like stock_at(product_id, at), by SKU or an id without a type.';
