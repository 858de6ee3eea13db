-- What the triggers of carts keep.

CREATE FUNCTION ecommerce_internal.check_open_cart() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    c record;
BEGIN
    -- A line that came while its cart is checked out would be in no order.
    FOR c IN
        SELECT t.id, t.status FROM ecommerce.carts t
        WHERE t.tenant_id = coalesce(NEW.tenant_id, OLD.tenant_id)
          AND t.id IN (OLD.cart_id, NEW.cart_id)
        ORDER BY t.id FOR NO KEY UPDATE
    LOOP
        IF c.status <> 'open' THEN
            RAISE EXCEPTION 'no open cart %', c.id
                USING ERRCODE = 'EC014', DETAIL = format('It is %s.', c.status);
        END IF;
    END LOOP;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_open_cart() IS
    'Refuses to change the lines of a cart that is not open, with error EC014; waits while it is '
    'checked out.';
