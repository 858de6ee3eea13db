-- Closing the books of stock, so that proving them stays cheap.

CREATE FUNCTION ecommerce.close_stock_books(
    closed_at timestamptz DEFAULT date_trunc('day', now()) - interval '1 day',
    tenant_id integer     DEFAULT ecommerce.current_tenant())
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer;
    n        bigint := 0;
BEGIN
    FOR v_tenant IN SELECT t FROM ecommerce_internal.maintained_tenants(tenant_id) t LOOP
        IF closed_at IS NULL THEN
            RAISE EXCEPTION 'closed_at must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        ELSIF NOT isfinite(closed_at) OR closed_at > now() - interval '1 day' THEN
            RAISE EXCEPTION 'closed_at must be at least a day ago'
                USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', closed_at),
                HINT = 'Transactions of a later time may still be running.';
        ELSIF NOT EXISTS (SELECT FROM ecommerce.tenants t WHERE t.id = v_tenant) THEN
            RAISE EXCEPTION 'there is no tenant %', v_tenant USING ERRCODE = 'EC011';
        END IF;
        PERFORM ecommerce_internal.work_for(v_tenant);
        n := n + ecommerce_internal.close_tenant_books(closed_at, v_tenant);
    END LOOP;
    RETURN n;
END
$$;
COMMENT ON FUNCTION ecommerce.close_stock_books(timestamptz, integer) IS
    'Write down what the ledger of stock comes to for each product and warehouse. That is of all '
    'that happened before closed_at, so that verify_integrity(since) need not read it again; keeps '
    'the newest two closings. Returns how many balances it wrote: none if that was done before. '
    'Call it nightly, as READ COMMITTED. A NULL for tenant_id means all tenants, if the caller may '
    'choose any. Errors: 42501 all tenants, 22023 if closed_at is not at least a day ago, '
    '22004 NULL, EC011 unknown tenant.';
