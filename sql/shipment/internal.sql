-- What other topics ask about shipments.

CREATE FUNCTION ecommerce_internal.shipped_quantity(tenant_id integer, order_id uuid,
    order_created_at timestamptz, line_number integer) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN 0;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.shipped_quantity(integer, uuid, timestamptz, integer) IS
    'Units of a line of an order that were shipped.';
