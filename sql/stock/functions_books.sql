-- Closing the books of stock, so that proving them stays cheap.

CREATE FUNCTION ecommerce.close_stock_books(
    closed_at timestamptz DEFAULT date_trunc('day', now()) - interval '1 day',
    tenant_id integer     DEFAULT ecommerce.current_tenant())
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(close_stock_books.tenant_id);
    v_closed timestamptz := close_stock_books.closed_at;
    n        bigint;
BEGIN
    IF v_closed IS NULL THEN
        RAISE EXCEPTION 'closed_at must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT isfinite(v_closed) OR v_closed > now() - interval '1 day' THEN
        RAISE EXCEPTION 'closed_at must be at least a day ago'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', v_closed),
            HINT = 'Transactions of a later time may still be running.';
    ELSIF NOT EXISTS (SELECT FROM ecommerce.tenants t WHERE t.id = v_tenant) THEN
        RAISE EXCEPTION 'there is no tenant %', v_tenant USING ERRCODE = 'EC011';
    END IF;
    -- So that what follows sees the sums of a partition that was being detached.
    LOCK TABLE ONLY ecommerce.orders IN ACCESS SHARE MODE;
    -- Who books into the past holds it shared: reopen_stock_books().
    PERFORM pg_advisory_xact_lock(hashtextextended('ecommerce.stock_balances', v_tenant));
    INSERT INTO ecommerce.stock_balances AS b (tenant_id, product_id, warehouse_id, closed_at,
        quantity)
    SELECT v_tenant, p.id, coalesce(k.warehouse_id, 1), v_closed,
        coalesce(k.opening + k.moved - k.sold, 0)
    FROM ecommerce.products p
    LEFT JOIN ecommerce_internal.stock_books(v_tenant,
        (SELECT coalesce(max(c.closed_at), '-infinity') FROM ecommerce.stock_balances c
         WHERE c.tenant_id = v_tenant AND c.closed_at <= v_closed), v_closed) k
             ON k.product_id = p.id
    WHERE p.tenant_id = v_tenant
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS n = ROW_COUNT;
    DELETE FROM ecommerce.stock_balances b
    WHERE b.tenant_id = v_tenant
      AND b.closed_at < (SELECT min(l.closed_at)
                         FROM (SELECT DISTINCT c.closed_at FROM ecommerce.stock_balances c
                               WHERE c.tenant_id = v_tenant ORDER BY c.closed_at DESC LIMIT 2) l);
    RETURN n;
END
$$;
COMMENT ON FUNCTION ecommerce.close_stock_books(timestamptz, integer) IS
    'Write down what the ledger of stock comes to for each product and warehouse. That is of all '
    'that happened before closed_at, so that verify_integrity(since) need not read it again; keeps '
    'the newest two closings. Returns how many balances it wrote: none if that was done before. '
    'Call it nightly, as READ COMMITTED. Errors: 22023 if closed_at is not at least a day ago, '
    '22004 NULL, EC011 unknown tenant.';
