-- What triggers of refunds keep.
--
-- At commit nobody's rights but the role's own are left, so what waits for it has its owner's, and
-- refuses other tables, whose code would have them, too.

CREATE FUNCTION ecommerce_internal.check_refund_amounts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_RELID <> 'ecommerce.refunds'::regclass THEN
        RAISE EXCEPTION 'check_refund_amounts() is for refunds only'
            USING ERRCODE = 'trigger_protocol_violated';
    END IF;
    PERFORM ecommerce_internal.check_refund(NEW.tenant_id, NEW.id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_refund_amounts() IS
    'Deferred to the commit: a refund must equal its lines and follow from its parts, error 23514.';

CREATE FUNCTION ecommerce_internal.check_refund_payment() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_RELID <> 'ecommerce.refund_payments'::regclass THEN
        RAISE EXCEPTION 'check_refund_payment() is for refund_payments only'
            USING ERRCODE = 'trigger_protocol_violated';
    END IF;
    PERFORM ecommerce_internal.check_refund(NEW.tenant_id, NEW.refund_id);
    PERFORM ecommerce_internal.check_payment(NEW.tenant_id, NEW.payment_id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_refund_payment() IS
    'Deferred to the commit: refund and payment of a part must follow from it, error 23514.';

CREATE FUNCTION ecommerce_internal.check_refund(tenant_id integer, refund_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := check_refund.tenant_id;
    v_lines  numeric;
    k        record;
    r        record;
BEGIN
    SELECT t.status, t.amount, t.overpaid, t.amount_confirmed INTO r FROM ecommerce.refunds t
    WHERE t.tenant_id = v_tenant AND t.id = check_refund.refund_id;
    SELECT coalesce(sum(i.net + i.vat), 0) INTO v_lines FROM ecommerce.refund_items i
    WHERE i.tenant_id = v_tenant AND i.refund_id = check_refund.refund_id;
    SELECT coalesce(sum(p.amount) FILTER (WHERE p.status = 'confirmed'), 0) AS confirmed,
           coalesce(sum(p.amount) FILTER (WHERE p.status = 'requested'), 0) AS requested
    INTO k FROM ecommerce.refund_payments p
    WHERE p.tenant_id = v_tenant AND p.refund_id = check_refund.refund_id;
    IF r.amount <> r.overpaid + v_lines OR r.amount_confirmed <> k.confirmed
       OR k.confirmed + k.requested > r.amount
       OR r.status <> (CASE WHEN k.confirmed = r.amount THEN 'confirmed'
                            WHEN k.requested > 0 THEN 'requested' ELSE 'failed' END) THEN
        RAISE EXCEPTION 'a refund must equal its lines, and follow from its parts'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'books_match', SCHEMA = 'ecommerce',
                  TABLE = 'refunds',
                  DETAIL = format('Refund %s of %s is "%s" with %s confirmed; %s of it are for no '
                               'line and %s for lines, %s are confirmed and %s requested.',
                               refund_id, r.amount, r.status, r.amount_confirmed, r.overpaid,
                               v_lines, k.confirmed, k.requested),
                  HINT = 'Use ecommerce.refund_order().';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_refund(integer, uuid) IS
    'Error 23514 if a refund is not what its lines and its parts make of it.';

CREATE FUNCTION ecommerce_internal.check_refund_items() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer;
    v_refund uuid;
BEGIN
    FOR v_tenant IN SELECT DISTINCT a.tenant_id FROM added a LOOP
        -- now() is the time of this transaction, and of what it has made.
        SELECT r.id INTO v_refund
        FROM (SELECT DISTINCT a.refund_id FROM added a WHERE a.tenant_id = v_tenant) n
        JOIN ecommerce.refunds r ON r.tenant_id = v_tenant AND r.id = n.refund_id
        WHERE r.created_at <> now()
          AND r.xmin IS DISTINCT FROM pg_current_xact_id_if_assigned()::xid
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'INSERT on refund_items is refused'
                USING ERRCODE = 'EC017',
                      DETAIL = format('Nothing is added to refund %s, which is made.', v_refund);
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_refund_items() IS
    'Lets lines join refunds of this transaction only: error EC017.';
