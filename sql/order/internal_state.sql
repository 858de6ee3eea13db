-- What order_as_of() replays.

CREATE FUNCTION ecommerce_internal.order_amounts_at(tenant_id integer, order_id uuid,
    order_created_at timestamptz, at timestamptz) RETURNS ecommerce.order_state
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    s        ecommerce.order_state;
    o        record;
    p        record;
    v_last   boolean;   -- nothing has changed since
    v_known  boolean;
    v_credit numeric;
BEGIN
    SELECT t.* INTO o FROM ecommerce.orders t
    WHERE t.tenant_id = order_amounts_at.tenant_id AND t.id = order_amounts_at.order_id
      AND t.created_at = order_amounts_at.order_created_at;
    SELECT coalesce(sum(e.amount) FILTER (WHERE e.kind = 'captured'), 0) AS paid,
           coalesce(sum(e.amount) FILTER (WHERE e.kind = 'refunded'), 0) AS refunded,
           coalesce(sum(CASE e.kind WHEN 'charged_back' THEN e.amount
                                    WHEN 'won_back' THEN -e.amount END), 0) AS charged_back,
           coalesce(bool_or(e.kind = 'refund_failed'), false) AS unsure INTO p
    FROM ecommerce.payments t
    JOIN ecommerce.payment_entries e ON e.tenant_id = order_amounts_at.tenant_id
                                    AND e.payment_id = t.id AND e.created_at > at
    WHERE t.tenant_id = order_amounts_at.tenant_id AND t.order_id = order_amounts_at.order_id;
    v_last := at >= o.updated_at;
    s.id := o.id;
    s.order_number := o.order_number;
    s.at := at;
    s.status := CASE WHEN v_last THEN o.status
        ELSE ecommerce_internal.order_status_at(tenant_id, order_id, order_created_at, at) END;
    s.currency := o.currency;
    s.net := o.net;
    s.vat := o.vat;
    s.gross := o.gross;
    v_credit := ecommerce_internal.order_credit(tenant_id, order_id, order_created_at, at);
    s.due := CASE s.status WHEN 'cancelled' THEN o.gross - o.gross ELSE o.gross - v_credit END;
    s.cancelled := CASE s.status WHEN 'cancelled' THEN o.gross ELSE (
        SELECT coalesce(sum(c.net + c.vat), o.gross - o.gross)
        FROM ecommerce.order_cancellations c
        WHERE c.tenant_id = order_amounts_at.tenant_id AND c.order_id = o.id
          AND c.order_created_at = o.created_at AND c.created_at <= at) END;
    -- Of an order that was written as history, only its sums are known.
    v_known := v_last OR (SELECT q.known FROM ecommerce_internal.order_payments(
                                  order_amounts_at.tenant_id, o.id, o.created_at) q);
    s.amount_paid := CASE WHEN v_known THEN o.amount_paid - p.paid END;
    s.amount_refunded := CASE WHEN v_known AND NOT p.unsure THEN o.amount_refunded - p.refunded END;
    -- That a payment failed meanwhile, no sum tells.
    s.payment_status := CASE
        WHEN v_last THEN o.payment_status
        WHEN num_nulls(s.amount_paid, s.amount_refunded, s.status) = 0
             AND o.payment_status <> 'failed'
        THEN ecommerce_internal.order_payment_status(o.gross, s.amount_paid,
                 s.amount_refunded, o.amount_charged_back - p.charged_back, v_credit, false) END;
    s.not_known := array_remove(ARRAY[
        CASE WHEN s.status IS NULL THEN 'status' END,
        CASE WHEN s.payment_status IS NULL THEN 'payment_status' END,
        CASE WHEN s.amount_paid IS NULL THEN 'amount_paid' END,
        CASE WHEN s.amount_refunded IS NULL THEN 'amount_refunded' END], NULL);
    RETURN s;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.order_amounts_at(integer, uuid, timestamptz, timestamptz) IS
    'For order_as_of(): statuses and amounts at a moment. What was booked since then is taken off '
    'what the order says now; of an order that was written as history nothing is known.';

CREATE FUNCTION ecommerce_internal.order_addresses_at(tenant_id integer,
    order_created_at timestamptz, state ecommerce.order_state) RETURNS ecommerce.order_state
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_name text;
    v_data jsonb;
BEGIN
    SELECT o.billing_address, o.shipping_address
    INTO state.billing_address, state.shipping_address FROM ecommerce.orders o
    WHERE o.tenant_id = order_addresses_at.tenant_id AND o.id = state.id
      AND o.created_at = order_addresses_at.order_created_at;
    FOREACH v_name IN ARRAY '{billing_address,shipping_address}'::text[] LOOP
        -- The first change after it has what was there before, unless that was forgotten.
        SELECT e.data INTO v_data FROM ecommerce.events e
        WHERE e.tenant_id = order_addresses_at.tenant_id AND e.entity_id = state.id
          AND e.created_at > state.at AND e.kind = 'order.address_changed'
          AND (e.data ? v_name OR NOT e.data ?| '{billing_address,shipping_address}')
        ORDER BY e.created_at, e.id LIMIT 1;
        IF FOUND AND NOT v_data ? v_name THEN
            state.not_known := state.not_known || v_name;
        END IF;
        IF FOUND AND v_name = 'billing_address' THEN
            state.billing_address := nullif(v_data -> v_name, 'null');
        ELSIF FOUND THEN
            state.shipping_address := nullif(v_data -> v_name, 'null');
        END IF;
    END LOOP;
    RETURN state;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.order_addresses_at(integer, timestamptz,
    ecommerce.order_state) IS
    'For order_as_of(): the addresses that an order had, as change_order_address() keeps them.';
