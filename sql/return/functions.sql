-- Returns: from the wish to send something back to what is to be refunded.

CREATE FUNCTION ecommerce.request_return(order_id uuid, items jsonb, note text DEFAULT NULL,
    idempotency_key text DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.return_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_created timestamptz := ecommerce_internal.check_visible_order(v_tenant, order_id);
    v_items   jsonb;
    v_lines   jsonb;
    v_id      uuid;
BEGIN
    IF items IS NULL THEN
        RAISE EXCEPTION 'items must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM ecommerce_internal.check_customer_key(idempotency_key);
    PERFORM ecommerce_internal.check_unit_items(items, '{quantity}', '{reason}');
    v_items := ecommerce_internal.find_lines(items, v_tenant, order_id, v_created);
    PERFORM ecommerce_internal.check_reasons(items, v_items);
    PERFORM ecommerce_internal.check_goods(v_tenant, order_id, v_created, v_items);
    IF idempotency_key IS NOT NULL
       AND NOT ecommerce_internal.claim_request('return', idempotency_key, order_id, v_created,
               jsonb_build_object('items', request_return.items, 'note', request_return.note),
               v_tenant) THEN
        v_id := (SELECT b.id FROM ecommerce.returns b
                 WHERE b.tenant_id = v_tenant AND b.order_id = request_return.order_id
                   AND b.order_created_at = v_created
                   AND b.idempotency_key = request_return.idempotency_key);
        RETURN ecommerce_internal.return_answer(v_tenant, v_id, v_created, NULL);
    END IF;
    PERFORM ecommerce_internal.lock_returns(v_tenant, order_id);
    IF ecommerce_internal.acts_for_customer() THEN
        PERFORM ecommerce_internal.check_return_time(v_tenant, order_id, v_created);
    END IF;
    v_lines := ecommerce_internal.take_units(v_items, (
        SELECT jsonb_agg(jsonb_build_object('line_number', c.line_number, 'product_id',
                   c.product_id, 'sku', c.sku, 'quantity', c.sent - c.claimed))
        FROM ecommerce_internal.claimed_units(v_tenant, ARRAY[request_return.order_id],
                                              ARRAY[v_created]) c
        WHERE c.is_goods OR c.from_stock), 'EC022', 'more of "%s" comes back than was sold');
    v_id := ecommerce_internal.open_return(v_tenant, order_id, v_created, NULL, v_lines, note,
                                           idempotency_key);
    PERFORM ecommerce_internal.check_return_lines(v_tenant, v_id, order_id, v_created);
    PERFORM ecommerce_internal.append_return_event(v_tenant, v_id, v_created, NULL, '{}');
    RETURN ecommerce_internal.return_answer(v_tenant, v_id, v_created, NULL);
END
$$;
COMMENT ON FUNCTION ecommerce.request_return(uuid, jsonb, text, text, integer) IS
    'Ask to send units of an order back that were shipped. items: [{"sku", "product_id" or '
    '"line_number", "quantity", "reason"}]; a reason is withdrawal (the default: customers need '
    'give none), damaged, defective, wrong_item, not_as_described, too_late or other. note: for '
    'people. With an idempotency_key, for a customer one of at least 16 characters, a retry of the '
    'same request gets the same return. A '
    'storefront may ask for orders of its customer, until settings.return_days after the last '
    'delivery; the shop itself at any time. Returns the return, which is requested. Errors: EC007 '
    'key of another request, EC008 unknown order, EC009 it was not shipped, EC022 more than was '
    'sent and is not in another return, EC023 not on the order, or no goods, EC034 too late, '
    '22023 wrong items, 22004 NULL.';

CREATE FUNCTION ecommerce.request_return(order_number text, items jsonb, note text DEFAULT NULL,
    idempotency_key text DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.return_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.request_return(
        ecommerce_internal.check_visible_number(v_tenant, order_number), items, note,
        idempotency_key, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.request_return(text, jsonb, text, text, integer) IS
    'Like request_return(order_id, ...), by the order''s number or an id without a type.';

CREATE FUNCTION ecommerce.approve_return(return_id uuid, answer text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.return_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce_internal.transition_return(return_id, 'approved', answer, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.approve_return(uuid, text, integer) IS
    'Let a return that was requested come. answer: for the customer. Nothing happens if it is '
    'approved already. Returns the return. Errors: EC031 unknown return, EC032 it is not '
    'requested.';

CREATE FUNCTION ecommerce.reject_return(return_id uuid, answer text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.return_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce_internal.transition_return(return_id, 'rejected', answer, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.reject_return(uuid, text, integer) IS
    'Refuse a return, or give one up that was approved and never came; its units may be in another '
    'return then. answer: for the customer. Nothing happens if it is rejected already. Returns '
    'the return. Errors: EC031 unknown return, EC032 it was received.';

CREATE FUNCTION ecommerce.receive_return(return_id uuid, items jsonb DEFAULT NULL,
    reference text DEFAULT NULL, note text DEFAULT NULL, idempotency_key text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.return_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_items  jsonb;
    v_lines  jsonb;
    v_status text;
    o        record;
BEGIN
    SELECT f.* INTO o FROM ecommerce_internal.find_return(v_tenant, return_id) f;
    IF items IS NOT NULL THEN
        PERFORM ecommerce_internal.check_unit_items(items, '{back_to_stock,written_off}',
                                                    '{warehouse_id}');
        v_items := ecommerce_internal.find_lines(items, v_tenant, o.order_id, o.order_created_at);
        PERFORM ecommerce_internal.check_warehouses(v_tenant, v_items);
    END IF;
    IF idempotency_key IS NOT NULL
       AND NOT ecommerce_internal.claim_request('receipt', idempotency_key, o.order_id,
               o.order_created_at, jsonb_build_object('return_id', receive_return.return_id,
                   'items', receive_return.items, 'reference', receive_return.reference,
                   'note', receive_return.note), v_tenant) THEN
        RETURN ecommerce_internal.return_answer(v_tenant, return_id, o.order_created_at, NULL);
    END IF;
    PERFORM ecommerce_internal.lock_returns(v_tenant, o.order_id);
    v_status := (SELECT b.status FROM ecommerce.returns b
                 WHERE b.tenant_id = v_tenant AND b.id = receive_return.return_id
                   AND b.order_created_at = o.order_created_at);
    v_lines := ecommerce_internal.outstanding_lines(v_tenant, return_id, o.order_created_at);
    IF items IS NULL AND v_lines IS NULL THEN
        RETURN ecommerce_internal.return_answer(v_tenant, return_id, o.order_created_at, v_status);
    END IF;
    PERFORM ecommerce_internal.settle_receipt(v_tenant, return_id, o.order_id,
        o.order_created_at, ecommerce_internal.arrivals(v_items, v_lines, 1), reference, note);
    RETURN ecommerce_internal.return_answer(v_tenant, return_id, o.order_created_at, v_status);
END
$$;
COMMENT ON FUNCTION ecommerce.receive_return(uuid, jsonb, text, text, text, integer) IS
    'Goods of an approved return came. items: [{"sku", "product_id" or "line_number", '
    '"back_to_stock", "written_off", "warehouse_id"}], units of each that can be sold again or '
    'not, and where they came (warehouse 1 unless said); NULL if all that is missing came back to '
    'stock. What is still missing may come later, by another call; nothing happens if nothing is. '
    'reference and note are kept with the movements of stock. With an idempotency_key a retry of '
    'the same request books nothing more. Returns the return, with what is to be refunded. '
    'Errors: EC007 key of another request, EC021 unknown warehouse, EC022 more came than the '
    'return is for, EC023 not on the order, EC031 unknown return, EC032 it is not approved, 22023 '
    'wrong items.';

CREATE FUNCTION ecommerce.return_shipment(shipment_id uuid, items jsonb DEFAULT NULL,
    reference text DEFAULT NULL, note text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.return_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant   integer := ecommerce_internal.check_tenant(tenant_id);
    v_items    jsonb;
    v_lines    jsonb;
    v_arriving jsonb;
    v_id       uuid;
    o          record;
    s          record;
BEGIN
    SELECT f.* INTO o FROM ecommerce_internal.find_shipment(v_tenant, shipment_id) f;
    IF items IS NOT NULL THEN
        PERFORM ecommerce_internal.check_unit_items(items, '{back_to_stock,written_off}',
                                                    '{warehouse_id}');
        v_items := ecommerce_internal.find_lines(items, v_tenant, o.order_id, o.order_created_at);
        PERFORM ecommerce_internal.check_warehouses(v_tenant, v_items);
    END IF;
    PERFORM ecommerce_internal.lock_fulfilment(v_tenant, o.order_id);
    SELECT k.status, k.warehouse_id INTO s FROM ecommerce.shipments k
    WHERE k.tenant_id = v_tenant AND k.id = return_shipment.shipment_id
      AND k.order_created_at = o.order_created_at;
    IF s.status NOT IN ('lost', 'returned_to_sender')
       OR s.status = 'lost' AND items IS NOT NULL THEN
        RAISE EXCEPTION 'goods do not come back of a shipment that is %', s.status
            USING ERRCODE = 'EC032', DETAIL = format('Shipment %s.', shipment_id),
                  HINT = CASE s.status WHEN 'lost' THEN 'Without items its units are settled as '
                             'lost; if they are found, use ecommerce.mark_returned_to_sender().'
                         ELSE 'Use ecommerce.request_return().' END;
    END IF;
    v_lines := (SELECT jsonb_agg(jsonb_build_object('line_number', u.line_number, 'product_id',
                           l.product_id, 'sku', l.sku, 'quantity', u.quantity,
                           'reason', 'undelivered') ORDER BY u.line_number)
                FROM ecommerce_internal.undelivered_units(v_tenant, ARRAY[o.order_id],
                         ARRAY[o.order_created_at]) u
                JOIN ecommerce.order_items l ON l.tenant_id = v_tenant
                    AND l.order_id = o.order_id AND l.order_created_at = o.order_created_at
                    AND l.line_number = u.line_number
                WHERE u.shipment_id = return_shipment.shipment_id AND u.quantity > 0);
    IF v_lines IS NULL THEN
        RAISE EXCEPTION 'the shipment is settled already'
            USING ERRCODE = 'EC034', DETAIL = '{"reason": "settled"}',
                  HINT = 'Another shipment replaces it, or a return has settled it.';
    END IF;
    v_arriving := CASE s.status WHEN 'lost' THEN '[]'
                  ELSE ecommerce_internal.arrivals(v_items, v_lines, s.warehouse_id) END;
    v_id := ecommerce_internal.open_return(v_tenant, o.order_id, o.order_created_at, shipment_id,
                                           v_lines, note, NULL);
    PERFORM ecommerce_internal.check_return_lines(v_tenant, v_id, o.order_id, o.order_created_at);
    PERFORM ecommerce_internal.decide_return(v_tenant, v_id, o.order_created_at, 'approved', NULL);
    -- The customer got none of it, so what does not come back is refunded, too.
    PERFORM ecommerce_internal.settle_receipt(v_tenant, v_id, o.order_id, o.order_created_at,
        ecommerce_internal.with_lost(v_arriving, v_lines), reference, note);
    PERFORM ecommerce_internal.follow_shipments(v_tenant, o.order_id, o.order_created_at);
    RETURN ecommerce_internal.return_answer(v_tenant, v_id, o.order_created_at, NULL);
END
$$;
COMMENT ON FUNCTION ecommerce.return_shipment(uuid, jsonb, text, text, integer) IS
    'Settle a shipment that was lost or returned to sender by a return, so that it is refunded. Of '
    'one that was returned to sender items say what came back, as for receive_return(); NULL is '
    'all, to the warehouse that it left. What is missing is lost, as are all units of a lost '
    'shipment, and refunded all the same. reference and note are kept with the movements of stock. '
    'Returns the return, which is received. Errors: EC021 unknown warehouse, EC022 more came than '
    'was in it, EC031 unknown shipment, EC032 it is not lost or returned to sender, EC034 it is '
    'settled already, 22023 wrong items.';

CREATE FUNCTION ecommerce.return_refund(return_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.refund_sum
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_result ecommerce.refund_sum;
    o        record;
    a        record;
BEGIN
    SELECT f.* INTO o FROM ecommerce_internal.find_return(v_tenant, return_id) f;
    SELECT k.* INTO a FROM ecommerce_internal.return_answer(v_tenant, return_id,
                                                            o.order_created_at, NULL) k;
    v_result := (a.currency, a.net, a.vat, a.gross, ecommerce.round_amount((
        SELECT coalesce(sum(r.net + r.vat), 0) FROM ecommerce.return_receipts r
        JOIN ecommerce.order_items l ON l.tenant_id = v_tenant AND l.order_id = r.order_id
            AND l.order_created_at = r.order_created_at AND l.line_number = r.line_number
        WHERE r.tenant_id = v_tenant AND r.return_id = return_refund.return_id
          AND r.order_created_at = o.order_created_at AND l.kind <> 'product'), a.currency));
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.return_refund(uuid, integer) IS
    'What is to be refunded for a return by what came of it so far; money is moved elsewhere. It '
    'is the cumulative share of each line, so the returns of an order never come to more than was '
    'paid, and to exactly that if all of it came back. Shipping and fees follow '
    'settings.return_shipping. Errors: EC031 unknown return, 22004 NULL.';

CREATE FUNCTION ecommerce.exchange_return(return_id uuid, request jsonb,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.placed_order
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_request jsonb := CASE jsonb_typeof(ecommerce_internal.encoded_once(request, 'request'))
                       WHEN 'array' THEN jsonb_build_object('items', request) ELSE request END;
    v_written uuid;
    v_result  ecommerce.placed_order;
    o         record;
    b         record;
BEGIN
    IF request IS NULL OR jsonb_typeof(v_request) <> 'object' THEN
        RAISE EXCEPTION 'request must be an object, or an array of items'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT f.* INTO o FROM ecommerce_internal.find_return(v_tenant, return_id) f;
    PERFORM ecommerce_internal.lock_fulfilment(v_tenant, o.order_id);
    SELECT k.status, k.exchange_order_id AS placed, t.user_id, t.email, t.currency,
           t.billing_address, t.shipping_address INTO b
    FROM ecommerce.returns k
    JOIN ecommerce.orders t ON t.tenant_id = v_tenant AND t.id = k.order_id
                           AND t.created_at = k.order_created_at
    WHERE k.tenant_id = v_tenant AND k.id = exchange_return.return_id
      AND k.order_created_at = o.order_created_at;
    IF b.status NOT IN ('approved', 'received') THEN
        RAISE EXCEPTION 'a return that is % is not exchanged', b.status
            USING ERRCODE = 'EC032', DETAIL = format('Return %s.', return_id);
    ELSIF b.placed IS NOT NULL AND v_request ->> 'idempotency_key' IS NULL THEN
        RAISE EXCEPTION 'the return was exchanged already'
            USING ERRCODE = 'EC034',
                  DETAIL = jsonb_build_object('reason', 'exchanged', 'order_id', b.placed)::text;
    END IF;
    -- Whom and where it goes to is as before, unless the request says otherwise.
    v_request := jsonb_strip_nulls(jsonb_build_object('user_id', b.user_id, 'email', b.email,
        'billing_address', b.billing_address, 'shipping_address', b.shipping_address)) || v_request;
    SELECT p.* INTO v_result
    FROM ecommerce.place_order(v_request, tenant_id => v_tenant) p;
    IF b.placed IS DISTINCT FROM v_result.id THEN
        IF b.placed IS NOT NULL THEN
            RAISE EXCEPTION 'the return was exchanged already'
                USING ERRCODE = 'EC034',
                      DETAIL = jsonb_build_object('reason', 'exchanged',
                                                  'order_id', b.placed)::text;
        END IF;
        UPDATE ecommerce.returns k
        SET exchange_order_id = v_result.id, exchange_order_created_at = v_result.created_at
        WHERE k.tenant_id = v_tenant AND k.id = exchange_return.return_id
          AND k.order_created_at = o.order_created_at
        RETURNING k.exchange_order_id INTO v_written;
        PERFORM ecommerce_internal.check_written(v_written = v_result.id, 'returns');
        INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
        VALUES (v_tenant, 'return.exchanged', exchange_return.return_id,
                jsonb_build_object('order_id', o.order_id, 'exchange_order_id', v_result.id,
                                   'exchange_order_number', v_result.order_number));
    END IF;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.exchange_return(uuid, jsonb, integer) IS
    'Place the order that a customer gets for an approved or received return. request: that of '
    'place_order(); customer, email and addresses are those of the first order, unless it says '
    'otherwise. The return knows the new order by exchange_order_id; what was paid for the first '
    'one is refunded or set off as any other return. With an idempotency_key in the request a '
    'retry gets the same order. Returns the new order. Errors: those of place_order(), EC031 '
    'unknown return, EC032 it is not approved, EC034 it was exchanged already, 22023 wrong '
    'request.';
