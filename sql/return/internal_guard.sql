-- What the triggers of returns keep.

CREATE FUNCTION ecommerce_internal.return_transition_allowed(old_status text, new_status text)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE old_status
        WHEN 'requested' THEN new_status IN ('approved', 'rejected')
        WHEN 'approved'  THEN new_status IN ('received', 'rejected')
        ELSE false END;
COMMENT ON FUNCTION ecommerce_internal.return_transition_allowed(text, text) IS
    'Whether a return may go from one status to another, different one.';

CREATE FUNCTION ecommerce_internal.check_new_return(tenant_id integer, return_id uuid,
    order_id uuid, order_created_at timestamptz, shipment_id uuid, status text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_shipment text := (SELECT s.status FROM ecommerce.shipments s
                        WHERE s.tenant_id = check_new_return.tenant_id
                          AND s.id = check_new_return.shipment_id
                          AND s.order_id = check_new_return.order_id
                          AND s.order_created_at = check_new_return.order_created_at);
BEGIN
    IF status <> 'requested' THEN
        RAISE EXCEPTION 'a new return is requested, not %', status
            USING ERRCODE = 'EC032', DETAIL = format('Return %s.', return_id);
    ELSIF shipment_id IS NOT NULL
          AND coalesce(v_shipment, '') NOT IN ('lost', 'returned_to_sender') THEN
        RAISE EXCEPTION 'a shipment that is % is not settled by a return',
                        coalesce(v_shipment, 'unknown')
            USING ERRCODE = 'EC032', DETAIL = format('Shipment %s.', shipment_id);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_new_return(integer, uuid, uuid, timestamptz, uuid,
    text) IS
    'Whether a return of a locked order may be made. Error EC032 if it is not requested, or the '
    'shipment that it settles is neither lost nor returned to sender.';

CREATE FUNCTION ecommerce_internal.check_exchange(tenant_id integer, return_id uuid,
    order_id uuid, status text, exchange_order_id uuid, exchange_order_created_at timestamptz)
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    IF status NOT IN ('approved', 'received') OR exchange_order_id = order_id
       OR NOT EXISTS (SELECT FROM ecommerce.orders o
                      WHERE o.tenant_id = check_exchange.tenant_id
                        AND o.id = check_exchange.exchange_order_id
                        AND o.created_at = check_exchange.exchange_order_created_at) THEN
        RAISE EXCEPTION 'a return that is % is not exchanged for order %', status,
                        exchange_order_id
            USING ERRCODE = 'EC032', DETAIL = format('Return %s.', return_id),
                  HINT = 'Use ecommerce.exchange_return().';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_exchange(integer, uuid, uuid, text, uuid,
    timestamptz) IS
    'Whether a return in a status may be exchanged for an order. Error EC032 if it is neither '
    'approved nor received, or the order is its own or none.';

CREATE FUNCTION ecommerce_internal.check_return() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF num_nonnulls(NEW.decided_at, NEW.received_at, NEW.exchange_order_id) > 0 THEN
            RAISE EXCEPTION 'a new return is neither decided on nor exchanged'
                USING ERRCODE = 'EC032', DETAIL = format('Return %s.', NEW.id);
        END IF;
        PERFORM ecommerce_internal.lock_returns(NEW.tenant_id, NEW.order_id);
        PERFORM ecommerce_internal.check_new_return(NEW.tenant_id, NEW.id, NEW.order_id,
            NEW.order_created_at, NEW.shipment_id, NEW.status);
        RETURN NEW;
    ELSIF (NEW.id, NEW.order_id, NEW.order_created_at, NEW.return_number, NEW.shipment_id,
           NEW.idempotency_key, NEW.created_at, NEW.decided_at, NEW.received_at)
          IS DISTINCT FROM
          (OLD.id, OLD.order_id, OLD.order_created_at, OLD.return_number, OLD.shipment_id,
           OLD.idempotency_key, OLD.created_at, OLD.decided_at, OLD.received_at)
          OR OLD.exchange_order_id IS NOT NULL
             AND (NEW.exchange_order_id, NEW.exchange_order_created_at)
                 IS DISTINCT FROM (OLD.exchange_order_id, OLD.exchange_order_created_at) THEN
        RAISE EXCEPTION 'UPDATE on returns is refused'
            USING ERRCODE = 'EC017',
                  DETAIL = 'Id, order, number, shipment, key, times and exchange of a return never '
                           'change.';
    ELSIF NEW.exchange_order_id IS DISTINCT FROM OLD.exchange_order_id THEN
        PERFORM ecommerce_internal.check_exchange(NEW.tenant_id, NEW.id, NEW.order_id, OLD.status,
            NEW.exchange_order_id, NEW.exchange_order_created_at);
    END IF;
    IF NEW.status = OLD.status THEN
        RETURN NEW;
    ELSIF NOT ecommerce_internal.return_transition_allowed(OLD.status, NEW.status) THEN
        RAISE EXCEPTION 'a return cannot go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'EC032', DETAIL = format('Return %s.', OLD.id);
    END IF;
    PERFORM ecommerce_internal.lock_returns(NEW.tenant_id, NEW.order_id);
    IF (NEW.status = 'received') <> EXISTS (SELECT FROM ecommerce.return_receipts r
                                            WHERE r.tenant_id = NEW.tenant_id
                                              AND r.return_id = NEW.id
                                              AND r.order_created_at = NEW.order_created_at) THEN
        RAISE EXCEPTION 'a return cannot go from % to %, because % of it came', OLD.status,
                        NEW.status, CASE NEW.status WHEN 'received' THEN 'nothing' ELSE 'some' END
            USING ERRCODE = 'EC032', DETAIL = format('Return %s.', OLD.id),
                  HINT = 'What comes is booked by ecommerce.receive_return().';
    ELSIF NEW.status = 'approved'
          AND NOT EXISTS (SELECT FROM ecommerce.return_items i
                          WHERE i.tenant_id = NEW.tenant_id AND i.return_id = NEW.id
                            AND i.order_created_at = NEW.order_created_at) THEN
        RAISE EXCEPTION 'a return cannot be approved, because it is empty'
            USING ERRCODE = 'EC032', DETAIL = format('Return %s.', OLD.id);
    ELSIF NEW.status = 'received' THEN
        NEW.received_at := now();
    ELSE
        NEW.decided_at := now();
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_return() IS
    'Guards the state machine of returns (error EC032) and what never changes about one (error '
    'EC017). Error EC009 a return of an order that was not shipped.';

CREATE FUNCTION ecommerce_internal.check_return_lines(tenant_id integer, return_id uuid,
    order_id uuid, order_created_at timestamptz, line_number integer DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := check_return_lines.tenant_id;
    v_line   integer;
    b        record;
BEGIN
    SELECT k.status, k.shipment_id INTO b
    FROM ecommerce.returns k
    WHERE k.tenant_id = v_tenant AND k.id = check_return_lines.return_id
      AND k.order_id = check_return_lines.order_id
      AND k.order_created_at = check_return_lines.order_created_at;
    IF b.status IS DISTINCT FROM 'requested' THEN
        RAISE EXCEPTION 'nothing is added to a return that is %', coalesce(b.status, 'unknown')
            USING ERRCODE = 'EC032', DETAIL = format('Return %s.', return_id);
    END IF;
    v_line := (SELECT min(i.line_number) FROM ecommerce.return_items i
               LEFT JOIN ecommerce.order_items l ON l.tenant_id = v_tenant
                   AND l.order_id = check_return_lines.order_id
                   AND l.order_created_at = check_return_lines.order_created_at
                   AND l.line_number = i.line_number AND l.kind = 'product'
               LEFT JOIN ecommerce.products p ON p.tenant_id = v_tenant AND p.id = l.product_id
               WHERE i.tenant_id = v_tenant AND i.return_id = check_return_lines.return_id
                 AND i.order_created_at = check_return_lines.order_created_at
                 AND (check_return_lines.line_number IS NULL
                      OR i.line_number = check_return_lines.line_number)
                 AND (l.line_number IS NULL
                      OR NOT l.from_stock AND coalesce(p.supply, 'goods') <> 'goods'));
    IF v_line IS NOT NULL THEN
        RAISE EXCEPTION 'line % has no goods that could come back', v_line
            USING ERRCODE = 'EC023', DETAIL = format('Return %s.', return_id);
    END IF;
    IF b.shipment_id IS NOT NULL THEN
        v_line := (SELECT min(i.line_number) FROM ecommerce.return_items i
                   LEFT JOIN ecommerce_internal.undelivered_units(v_tenant,
                                 ARRAY[check_return_lines.order_id],
                                 ARRAY[check_return_lines.order_created_at]) u
                          ON u.shipment_id = b.shipment_id AND u.line_number = i.line_number
                   WHERE i.tenant_id = v_tenant AND i.return_id = check_return_lines.return_id
                     AND i.order_created_at = check_return_lines.order_created_at
                     AND (check_return_lines.line_number IS NULL
                          OR i.line_number = check_return_lines.line_number)
                     AND coalesce(u.quantity < 0, true));
        IF v_line IS NOT NULL THEN
            RAISE EXCEPTION 'more of line % comes back than was in the shipment', v_line
                USING ERRCODE = 'EC022', DETAIL = format('Shipment %s.', b.shipment_id);
        END IF;
    END IF;
    PERFORM ecommerce_internal.check_claims(tenant_id, order_id, order_created_at, line_number);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_return_lines(integer, uuid, uuid, timestamptz,
    integer) IS
    'For whoever has added to a return of a locked order. It must be requested, and what is in it '
    'must be goods, of the shipment that it settles, if it does, and no more than was sent and is '
    'not in another return. line_number: look at that line only. Errors: EC032; EC023 no goods; '
    'EC022 too much.';

CREATE FUNCTION ecommerce_internal.check_return_item() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM ecommerce_internal.lock_returns(NEW.tenant_id, NEW.order_id);
    PERFORM ecommerce_internal.check_return_lines(NEW.tenant_id, NEW.return_id, NEW.order_id,
                                                  NEW.order_created_at, NEW.line_number);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_return_item() IS
    'Refuses to add to a return that was decided on, or what cannot come back, as '
    'check_return_lines() says. Errors: EC032; EC023 no goods; EC022 more than was sent and is not '
    'in another return.';

CREATE FUNCTION ecommerce_internal.receipt_faults(tenant_id integer, return_id uuid,
    order_id uuid, order_created_at timestamptz, only_line integer)
    RETURNS TABLE (line_number integer, fault text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := receipt_faults.tenant_id;
BEGIN
    RETURN QUERY
    WITH receipt AS (
        SELECT k.line_number, sum(k.net) AS net, sum(k.vat) AS vat,
               sum(k.back_to_stock + k.written_off + k.lost)
                   FILTER (WHERE k.return_id = receipt_faults.return_id) AS units,
               sum(k.lost) FILTER (WHERE k.return_id = receipt_faults.return_id) AS lost,
               array_agg(DISTINCT k.currency) AS currencies
        FROM ecommerce.return_receipts k
        WHERE k.tenant_id = v_tenant AND k.order_id = receipt_faults.order_id
          AND k.order_created_at = receipt_faults.order_created_at
          AND (receipt_faults.only_line IS NULL OR k.line_number = receipt_faults.only_line)
        GROUP BY k.line_number HAVING bool_or(k.return_id = receipt_faults.return_id)
    ), arrived AS (
        -- Of each product, in all its lines
        SELECT n.product_id, sum(k.back_to_stock + k.written_off) AS units
        FROM ecommerce.return_receipts k
        JOIN ecommerce.order_items n ON n.tenant_id = v_tenant AND n.order_id = k.order_id
            AND n.order_created_at = k.order_created_at AND n.line_number = k.line_number
        WHERE k.tenant_id = v_tenant AND k.order_id = receipt_faults.order_id
          AND k.order_created_at = receipt_faults.order_created_at AND n.from_stock
        GROUP BY n.product_id
    ), booked AS (
        SELECT m.product_id, sum(m.quantity) AS units FROM ecommerce.stock_movements m
        WHERE m.tenant_id = v_tenant AND m.order_id = receipt_faults.order_id
          AND m.reason = 'return'
        GROUP BY m.product_id
    ), judged AS (
        SELECT r.line_number, CASE
            WHEN r.currencies <> ARRAY[o.currency]
                THEN 'its currency is not that of the order'
            WHEN r.net > a.net OR r.vat > a.vat    THEN 'more is refunded than was charged'
            WHEN r.units > coalesce(i.quantity, 0) THEN 'more came than the return is for'
            WHEN r.lost > 0 AND b.shipment_id IS NULL
                THEN 'only units of a shipment that it settles are lost'
            WHEN n.from_stock AND p.units > coalesce(m.units, 0)
                THEN 'its units are not among the movements of stock' END AS fault
        FROM receipt r
        LEFT JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.id = receipt_faults.order_id
            AND o.created_at = receipt_faults.order_created_at
        LEFT JOIN ecommerce.order_items n ON n.tenant_id = v_tenant
            AND n.order_id = receipt_faults.order_id
            AND n.order_created_at = receipt_faults.order_created_at
            AND n.line_number = r.line_number
        LEFT JOIN ecommerce_internal.line_amounts(v_tenant, ARRAY[receipt_faults.order_id],
                      ARRAY[receipt_faults.order_created_at], receipt_faults.only_line) a
               ON a.line_number = r.line_number
        LEFT JOIN ecommerce.returns b ON b.tenant_id = v_tenant
            AND b.id = receipt_faults.return_id
            AND b.order_created_at = receipt_faults.order_created_at
        LEFT JOIN ecommerce.return_items i ON i.tenant_id = v_tenant AND i.return_id = b.id
            AND i.order_created_at = b.order_created_at AND i.line_number = r.line_number
        LEFT JOIN arrived p ON p.product_id = n.product_id
        LEFT JOIN booked m ON m.product_id = n.product_id
    )
    SELECT j.line_number, j.fault FROM judged j WHERE j.fault IS NOT NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.receipt_faults(integer, uuid, uuid, timestamptz, integer) IS
    'What is wrong with lines of which some of a return came. Units must be in the return, and in '
    'the movements of stock, and no more is refunded than was charged. only_line: of that line '
    'only, or NULL.';

CREATE FUNCTION ecommerce_internal.check_receipts(tenant_id integer, return_id uuid,
    order_id uuid, order_created_at timestamptz, line_number integer DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_status text := (SELECT b.status FROM ecommerce.returns b
                      WHERE b.tenant_id = check_receipts.tenant_id
                        AND b.id = check_receipts.return_id
                        AND b.order_id = check_receipts.order_id
                        AND b.order_created_at = check_receipts.order_created_at);
    f        record;
BEGIN
    IF coalesce(v_status, 'unknown') NOT IN ('approved', 'received') THEN
        RAISE EXCEPTION 'nothing comes of a return that is %', coalesce(v_status, 'unknown')
            USING ERRCODE = 'EC032', DETAIL = format('Return %s.', return_id);
    END IF;
    SELECT k.* INTO f
    FROM ecommerce_internal.receipt_faults(tenant_id, return_id, order_id, order_created_at,
                                           line_number) k
    ORDER BY k.line_number LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'line % cannot be received: %', f.line_number, f.fault
            USING ERRCODE = 'EC022', DETAIL = format('Return %s.', return_id),
                  HINT = 'Use ecommerce.receive_return().';
    END IF;
    PERFORM ecommerce_internal.check_claims(tenant_id, order_id, order_created_at, line_number);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_receipts(integer, uuid, uuid, timestamptz, integer) IS
    'For whoever has booked what came of a return of a locked order. It must be approved, and what '
    'came must be as receipt_faults() wants it. line_number: look at that line only. Errors: '
    'EC032, EC022.';

CREATE FUNCTION ecommerce_internal.check_receipt() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM ecommerce_internal.lock_returns(NEW.tenant_id, NEW.order_id);
    PERFORM ecommerce_internal.check_receipts(NEW.tenant_id, NEW.return_id, NEW.order_id,
                                              NEW.order_created_at, NEW.line_number);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_receipt() IS
    'Refuses what comes of a return that is not approved, or that is not so. Errors: EC032; EC022 '
    'it is not in the return, in no movement of stock, or comes to more than was charged.';

CREATE FUNCTION ecommerce_internal.check_received() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    IF TG_RELID <> ALL (ARRAY(
           SELECT t.relid
           FROM pg_partition_tree(to_regclass('ecommerce.return_receipts')) t)) THEN
        RAISE EXCEPTION 'this trigger function is for return_receipts only'
            USING ERRCODE = 'wrong_object_type';
    END IF;
    IF NOT EXISTS (SELECT FROM ecommerce.returns b
                   WHERE b.tenant_id = NEW.tenant_id AND b.id = NEW.return_id
                     AND b.order_created_at = NEW.order_created_at AND b.status = 'received') THEN
        RAISE EXCEPTION 'a return of which something came is received'
            USING ERRCODE = 'EC032', DETAIL = format('Return %s.', NEW.return_id),
                  HINT = 'Use ecommerce.receive_return(), or bring it there in this transaction.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_received() IS
    'Deferred to the commit: a return of which something came is received. Error EC032.';
