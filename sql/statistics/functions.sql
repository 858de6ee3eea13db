-- Keeping statistics current.

CREATE FUNCTION ecommerce.refresh_product_stats() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    REFRESH MATERIALIZED VIEW CONCURRENTLY ecommerce.product_stats;
END
$$;
COMMENT ON FUNCTION ecommerce.refresh_product_stats() IS
    'Recompute product_stats while others read it. Only its owner can.';
