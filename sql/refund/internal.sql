-- How refunds are made and settled.

CREATE FUNCTION ecommerce_internal.refundable_payments(tenant_id integer, order_id uuid,
    payment_id uuid DEFAULT NULL, only_method text DEFAULT NULL)
    RETURNS TABLE (id uuid, method text, amount numeric, n bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT p.id, p.method, p.left_over, row_number() OVER (ORDER BY c.last DESC, p.id DESC)
    FROM (SELECT t.id, t.method, t.amount_captured - t.amount_charged_back - t.amount_refunded
                 - t.refunds_requested AS left_over
          FROM ecommerce.payments t
          WHERE t.tenant_id = refundable_payments.tenant_id
            AND t.order_id = refundable_payments.order_id
            AND (refundable_payments.payment_id IS NULL
                 OR t.id = refundable_payments.payment_id)
            AND (refundable_payments.only_method IS NULL
                 OR t.method = refundable_payments.only_method)) p
    CROSS JOIN LATERAL (SELECT (array_agg(e.id ORDER BY e.id DESC))[1] AS last
                        FROM ecommerce.payment_entries e
                        WHERE e.tenant_id = refundable_payments.tenant_id AND e.payment_id = p.id
                          AND e.kind = 'captured') c
    WHERE p.left_over > 0;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refundable_payments(integer, uuid, uuid, text) IS
    'Payments of an order of which something can be given back, and how much; n counts from the '
    'last that was captured. payment_id and only_method: only that one, or those.';

CREATE FUNCTION ecommerce_internal.insert_refund(tenant_id integer, order_id uuid,
    order_created_at timestamptz, currency text, amount numeric, lines jsonb, reason text,
    note text, return_id uuid, idempotency_key text, request_hash bytea) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := insert_refund.tenant_id;
    v_id     uuid := ecommerce.uuid_v7();
    v_lines  numeric := (SELECT coalesce(sum(l.net + l.vat), 0)
                         FROM jsonb_to_recordset(lines) AS l (net numeric, vat numeric));
    v_same   boolean;
BEGIN
    INSERT INTO ecommerce.refunds AS f (tenant_id, id, order_id, order_created_at, refund_number,
        return_id, currency, amount, overpaid, reason, note, idempotency_key, request_hash)
    SELECT v_tenant, v_id, insert_refund.order_id, insert_refund.order_created_at,
           coalesce(max(r.refund_number), 0) + 1, insert_refund.return_id,
           insert_refund.currency, insert_refund.amount, insert_refund.amount - v_lines,
           insert_refund.reason, insert_refund.note, insert_refund.idempotency_key,
           insert_refund.request_hash
    FROM ecommerce.refunds r
    WHERE r.tenant_id = v_tenant AND r.order_id = insert_refund.order_id
    RETURNING (f.id, f.order_id, f.order_created_at, f.currency, f.amount, f.overpaid, f.status)
              = (v_id, insert_refund.order_id, insert_refund.order_created_at,
                 insert_refund.currency, insert_refund.amount, insert_refund.amount - v_lines,
                 'requested') INTO v_same;
    PERFORM ecommerce_internal.check_written(v_same, 'refunds');
    WITH line AS (
        SELECT l.line_number, l.quantity, l.net, l.vat
        FROM jsonb_to_recordset(lines)
            AS l (line_number integer, quantity integer, net numeric, vat numeric)
    ), written AS (
        INSERT INTO ecommerce.refund_items AS i (tenant_id, refund_id, line_number, quantity, net,
                                                 vat)
        SELECT v_tenant, v_id, l.line_number, l.quantity, l.net, l.vat FROM line l
        RETURNING i.refund_id, i.line_number, i.quantity, i.net, i.vat)
    SELECT count(*) = coalesce(jsonb_array_length(lines), 0) INTO v_same
    FROM line l JOIN written w ON (w.refund_id, w.line_number, w.quantity, w.net, w.vat)
                                  = (v_id, l.line_number, l.quantity, l.net, l.vat);
    PERFORM ecommerce_internal.check_written(v_same, 'refund_items');
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    VALUES (v_tenant, 'refund.requested', insert_refund.order_id,
            jsonb_strip_nulls(jsonb_build_object('refund_id', v_id,
                'order_id', insert_refund.order_id, 'currency', insert_refund.currency,
                'amount', insert_refund.amount, 'reason', insert_refund.reason,
                'return_id', insert_refund.return_id)));
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.insert_refund(integer, uuid, timestamptz, text, numeric,
    jsonb, text, text, uuid, text, bytea) IS
    'Make a refund of a locked order with its lines, and append the event; its payments are said '
    'by split_refund().';

CREATE FUNCTION ecommerce_internal.split_refund(tenant_id integer, refund_id uuid, order_id uuid,
    amount numeric, payment_id uuid, only_method text DEFAULT NULL, follow boolean DEFAULT true)
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := split_refund.tenant_id;
    v_left   numeric := amount;
    v_part   numeric;
    p        record;
BEGIN
    PERFORM FROM ecommerce.payments t
    WHERE t.tenant_id = v_tenant AND t.order_id = split_refund.order_id
    ORDER BY t.id FOR NO KEY UPDATE;
    FOR p IN
        SELECT r.id, r.amount
        FROM ecommerce_internal.refundable_payments(v_tenant, order_id, payment_id,
                                                    only_method) r
        ORDER BY r.n
    LOOP
        EXIT WHEN v_left <= 0;
        v_part := least(v_left, p.amount);
        INSERT INTO ecommerce.refund_payments (tenant_id, refund_id, part_number, payment_id,
                                               amount)
        SELECT v_tenant, split_refund.refund_id, coalesce(max(k.part_number), 0) + 1, p.id, v_part
        FROM ecommerce.refund_payments k
        WHERE k.tenant_id = v_tenant AND k.refund_id = split_refund.refund_id;
        PERFORM ecommerce_internal.check_written(FOUND, 'refund_payments');
        UPDATE ecommerce.payments t SET refunds_requested = t.refunds_requested + v_part
        WHERE t.tenant_id = v_tenant AND t.id = p.id;
        PERFORM ecommerce_internal.check_written(FOUND, 'payments');
        v_left := v_left - v_part;
    END LOOP;
    IF v_left > 0 THEN
        RAISE EXCEPTION 'more is refunded than was paid'
            USING ERRCODE = 'EC049',
                  DETAIL = jsonb_build_object('requested', amount,
                                              'refundable', amount - v_left)::text;
    END IF;
    PERFORM FROM ecommerce.gift_cards g
    WHERE g.tenant_id = v_tenant
      AND g.id IN (SELECT t.gift_card_id FROM ecommerce.refund_payments k
                   JOIN ecommerce.payments t ON t.tenant_id = v_tenant AND t.id = k.payment_id
                   WHERE k.tenant_id = v_tenant AND k.refund_id = split_refund.refund_id
                     AND k.status = 'requested')
    ORDER BY g.id FOR NO KEY UPDATE;
    FOR p IN
        SELECT k.payment_id AS id, k.amount FROM ecommerce.refund_payments k
        JOIN ecommerce.payments t ON t.tenant_id = v_tenant AND t.id = k.payment_id
        WHERE k.tenant_id = v_tenant AND k.refund_id = split_refund.refund_id
          AND k.status = 'requested' AND t.method = 'gift_card'
        ORDER BY k.part_number
    LOOP
        PERFORM ecommerce_internal.book_entry(v_tenant, p.id, 'refunded', p.amount, NULL, NULL,
                                              NULL, NULL, NULL, split_refund.refund_id, NULL,
                                              follow);
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.split_refund(integer, uuid, uuid, numeric, uuid, text,
    boolean) IS
    'Say by which payments a refund of a locked order goes back. The last that was captured comes '
    'first; or payment_id, or those of a method only. What goes to gift cards is there at once. '
    'Error EC049 if they have not so much.';

CREATE FUNCTION ecommerce_internal.follow_refund(tenant_id integer, refund_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := follow_refund.tenant_id;
    v_before text := (SELECT r.status FROM ecommerce.refunds r
                      WHERE r.tenant_id = v_tenant AND r.id = follow_refund.refund_id);
    r        record;
BEGIN
    UPDATE ecommerce.refunds AS t
    SET amount_confirmed = p.confirmed,
        status = CASE WHEN p.confirmed = t.amount THEN 'confirmed'
                      WHEN p.is_open THEN 'requested' ELSE 'failed' END
    FROM (SELECT coalesce(sum(k.amount) FILTER (WHERE k.status = 'confirmed'), 0) AS confirmed,
                 coalesce(bool_or(k.status = 'requested'), false) AS is_open
          FROM ecommerce.refund_payments k
          WHERE k.tenant_id = v_tenant AND k.refund_id = follow_refund.refund_id) p
    WHERE t.tenant_id = v_tenant AND t.id = follow_refund.refund_id
    RETURNING t.order_id, t.status, t.currency, t.amount, t.amount_confirmed INTO r;
    PERFORM ecommerce_internal.check_written(FOUND, 'refunds');
    IF r.status <> v_before THEN
        INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
        VALUES (v_tenant, 'refund.' || r.status, r.order_id,
                jsonb_build_object('refund_id', follow_refund.refund_id, 'order_id', r.order_id,
                    'currency', r.currency, 'amount', r.amount,
                    'amount_confirmed', r.amount_confirmed));
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.follow_refund(integer, uuid) IS
    'Bring a refund to the status that follows from its parts, and append the event.';

CREATE FUNCTION ecommerce_internal.settle_refund(tenant_id integer, payment_id uuid, kind text,
    amount numeric, of_refund uuid, OUT amount_back numeric, OUT refund_id uuid)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := settle_refund.tenant_id;
    v_to     text := CASE kind WHEN 'refunded' THEN 'confirmed' ELSE 'failed' END;
    k        record;
    p        record;
BEGIN
    SELECT t.refund_id, t.part_number, t.amount, t.status INTO k FROM ecommerce.refund_payments t
    WHERE t.tenant_id = v_tenant AND t.payment_id = settle_refund.payment_id
      AND (of_refund IS NULL OR t.refund_id = of_refund)
      AND (settle_refund.amount IS NULL OR t.amount = settle_refund.amount)
      AND (t.status = 'requested' OR settle_refund.kind = 'refund_failed'
           OR of_refund IS NOT NULL)
    ORDER BY t.status = 'requested' DESC, t.status = 'confirmed' DESC, t.refund_id, t.part_number
    LIMIT 1;
    amount_back := 0;
    refund_id := k.refund_id;
    IF k.refund_id IS NULL AND of_refund IS NOT NULL AND NOT EXISTS (
           SELECT FROM ecommerce.refund_payments t
           WHERE t.tenant_id = v_tenant AND t.payment_id = settle_refund.payment_id
             AND t.refund_id = of_refund) THEN
        RAISE EXCEPTION 'unknown refund %', of_refund
            USING ERRCODE = 'EC044',
                  DETAIL = format('Payment %s has no part of it.', payment_id),
                  HINT = 'Leave refund_id out if nobody had asked for it.';
    ELSIF k.refund_id IS NULL AND kind = 'refunded' THEN
        -- It was made at the provider's.
        SELECT t.order_id, t.order_created_at INTO p FROM ecommerce.payments t
        WHERE t.tenant_id = v_tenant AND t.id = settle_refund.payment_id;
        IF p.order_id IS NOT NULL THEN
            refund_id := ecommerce_internal.report_refund(v_tenant, payment_id, p.order_id,
                                                          p.order_created_at, amount);
        END IF;
        amount_back := amount;
    ELSIF k.status IN ('requested', 'confirmed') AND k.status <> v_to THEN
        UPDATE ecommerce.refund_payments t SET status = v_to
        WHERE t.tenant_id = v_tenant AND t.refund_id = k.refund_id
          AND t.part_number = k.part_number;
        PERFORM ecommerce_internal.check_written(FOUND, 'refund_payments');
        IF k.status = 'requested' THEN
            UPDATE ecommerce.payments t SET refunds_requested = t.refunds_requested - k.amount
            WHERE t.tenant_id = v_tenant AND t.id = settle_refund.payment_id;
            PERFORM ecommerce_internal.check_written(FOUND, 'payments');
        END IF;
        amount_back := CASE WHEN v_to = 'confirmed' THEN k.amount
                            WHEN k.status = 'confirmed' THEN -k.amount ELSE 0 END;
        IF v_to = 'confirmed' THEN
            PERFORM ecommerce_internal.credit_gift_card(v_tenant, payment_id, k.amount);
        END IF;
        PERFORM ecommerce_internal.follow_refund(v_tenant, refund_id);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.settle_refund(integer, uuid, text, numeric, uuid) IS
    'For book_entry(): what the report that money went back, or did not, does to the refund that '
    'asked for it. of_refund: that one; by default the oldest part that is open, of that amount. '
    'A failure counts whenever it comes: what it says of a part is the last word. Money that '
    'nobody had asked for is a refund of its own. Returns what amount_refunded of the payment '
    'grows by. Error EC044 the payment has no part of that refund.';

CREATE FUNCTION ecommerce_internal.report_refund(tenant_id integer, payment_id uuid, order_id uuid,
    order_created_at timestamptz, amount numeric) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := report_refund.tenant_id;
    v_money  numeric;
    v_rest   numeric;
    v_id     uuid;
    o        record;
BEGIN
    SELECT t.gross, t.currency,
           t.amount_paid - t.amount_charged_back - t.amount_refunded AS paid INTO o
    FROM ecommerce.orders t
    WHERE t.tenant_id = v_tenant AND t.id = report_refund.order_id
      AND t.created_at = report_refund.order_created_at;
    IF NOT FOUND THEN
        RETURN NULL;    -- archived
    END IF;
    v_rest := ecommerce_internal.order_rest(v_tenant, order_id, order_created_at);
    v_money := ecommerce_internal.refundable(v_tenant, order_id);
    v_id := ecommerce_internal.insert_refund(v_tenant, order_id, order_created_at, o.currency,
        amount, ecommerce_internal.refund_of_amount(v_tenant, order_id, order_created_at,
            o.currency, amount - least(greatest(v_money - v_rest, 0), amount), v_rest),
        'other', 'Reported by the provider.', NULL, NULL, NULL);
    INSERT INTO ecommerce.refund_payments (tenant_id, refund_id, part_number, payment_id, amount,
                                           status)
    VALUES (v_tenant, v_id, 1, report_refund.payment_id, report_refund.amount, 'confirmed');
    PERFORM ecommerce_internal.check_written(FOUND, 'refund_payments');
    PERFORM ecommerce_internal.follow_refund(v_tenant, v_id);
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.report_refund(integer, uuid, uuid, timestamptz, numeric) IS
    'Make the refund of money of a payment that went back and that nobody had asked for. Returns '
    'its id; NULL if the order is archived.';

CREATE FUNCTION ecommerce_internal.order_rest(tenant_id integer, order_id uuid,
    order_created_at timestamptz) RETURNS numeric
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
BEGIN
    RETURN (SELECT coalesce(sum(greatest(l.net + l.vat
                - greatest(l.settled_net + l.settled_vat,
                           l.units_net + l.units_vat + l.share_net + l.share_vat), 0)), 0)
            FROM ecommerce_internal.refund_lines(tenant_id, order_id, order_created_at) l);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.order_rest(integer, uuid, timestamptz) IS
    'What an order comes to now, gross: its lines less what is settled or refunded of each.';

CREATE FUNCTION ecommerce_internal.refundable(tenant_id integer, order_id uuid) RETURNS numeric
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
BEGIN
    RETURN (SELECT coalesce(sum(p.amount_captured - p.amount_charged_back - p.amount_refunded
                                - p.refunds_requested), 0)
            FROM ecommerce.payments p
            WHERE p.tenant_id = refundable.tenant_id AND p.order_id = refundable.order_id);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refundable(integer, uuid) IS
    'What was paid for an order, and neither went back nor is on its way back.';

CREATE FUNCTION ecommerce_internal.refund_answer(tenant_id integer, refund_id uuid,
    previous_status text) RETURNS ecommerce.refund_state
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_created timestamptz;
    r         ecommerce.refund_state;
BEGIN
    SELECT f.id, f.order_id, f.refund_number, f.status, f.currency, f.amount, f.amount_confirmed,
           f.overpaid, f.order_created_at
    INTO r.id, r.order_id, r.refund_number, r.status, r.currency, r.amount, r.amount_confirmed,
         r.overpaid, v_created
    FROM ecommerce.refunds f
    WHERE f.tenant_id = refund_answer.tenant_id AND f.id = refund_answer.refund_id;
    SELECT coalesce(sum(i.net), 0), coalesce(sum(i.vat), 0) INTO r.net, r.vat
    FROM ecommerce.refund_items i
    WHERE i.tenant_id = refund_answer.tenant_id AND i.refund_id = refund_answer.refund_id;
    r.previous_status := refund_answer.previous_status;
    r.order_payment_status := (SELECT o.payment_status FROM ecommerce.orders o
                               WHERE o.tenant_id = refund_answer.tenant_id AND o.id = r.order_id
                                 AND o.created_at = v_created);
    RETURN r;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refund_answer(integer, uuid, text) IS
    'What functions of refunds answer.';
