-- Keeping statistics current.

CREATE FUNCTION ecommerce.refresh_product_stats() RETURNS timestamptz
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_as_of timestamptz := clock_timestamp();
BEGIN
    REFRESH MATERIALIZED VIEW CONCURRENTLY ecommerce.product_stats;
    RETURN v_as_of;
END
$$;
COMMENT ON FUNCTION ecommerce.refresh_product_stats() IS
    'Recompute product_stats while others read it. Only its owner can. Returns when it began to '
    'read the orders.';
