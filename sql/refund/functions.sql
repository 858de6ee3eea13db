-- Refunds: money that goes back for lines of an order, for a return, or as an amount.

CREATE FUNCTION ecommerce.refund_order(
    order_id        uuid,
    items           jsonb   DEFAULT NULL,
    amount          numeric DEFAULT NULL,
    reason          text    DEFAULT NULL,
    return_id       uuid    DEFAULT NULL,
    payment_id      uuid    DEFAULT NULL,
    note            text    DEFAULT NULL,
    idempotency_key text    DEFAULT NULL,
    tenant_id       integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.refund_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_lines  jsonb;
    v_amount numeric;
    v_money  numeric;
    v_id     uuid;
    o        record;
BEGIN
    PERFORM ecommerce_internal.check_refund_request(order_id, items, amount, reason, return_id,
                                                    note);
    IF idempotency_key IS NOT NULL AND NOT ecommerce_internal.claim_request('refund',
           idempotency_key, order_id, ecommerce_internal.order_time(v_tenant, order_id),
           jsonb_build_object('items', items, 'amount', trim_scale(amount), 'reason', reason,
                              'return_id', return_id, 'payment_id', payment_id, 'note', note),
           v_tenant) THEN
        v_id := (SELECT r.id FROM ecommerce.refunds r
                 WHERE r.tenant_id = v_tenant
                   AND r.idempotency_key = refund_order.idempotency_key);
        RETURN ecommerce_internal.refund_answer(v_tenant, v_id, NULL);
    END IF;
    SELECT * INTO o FROM ecommerce_internal.lock_order(v_tenant, order_id);
    v_amount := ecommerce_internal.check_amount(amount, o.currency, 'amount');
    v_money := ecommerce_internal.refundable(v_tenant, order_id);
    v_lines := ecommerce_internal.lines_to_refund(v_tenant, order_id, o.created_at, o.currency,
                                                  items, return_id, v_amount, v_money);
    v_amount := coalesce(v_amount, CASE WHEN items IS NULL AND return_id IS NULL THEN v_money
        ELSE (SELECT sum(l.net + l.vat)
              FROM jsonb_to_recordset(v_lines) AS l (net numeric, vat numeric)) END);
    IF v_amount IS NULL OR v_amount <= 0 OR v_amount > v_money THEN
        RAISE EXCEPTION 'more is refunded than was paid'
            USING ERRCODE = 'EC049',
                  DETAIL = jsonb_build_object('requested', v_amount, 'refundable',
                               greatest(v_money, 0), 'currency', o.currency)::text;
    END IF;
    v_id := ecommerce_internal.insert_refund(v_tenant, order_id, o.created_at, o.currency,
        v_amount, v_lines,
        coalesce(reason, CASE WHEN return_id IS NOT NULL THEN 'return' ELSE 'other' END), note,
        return_id, idempotency_key, NULL);
    PERFORM ecommerce_internal.split_refund(v_tenant, v_id, order_id, v_amount, payment_id);
    -- What it is for need not be paid any more.
    PERFORM ecommerce_internal.book_order_payment(v_tenant, order_id, o.created_at, 0, 0, 0);
    RETURN ecommerce_internal.refund_answer(v_tenant, v_id, NULL);
END
$$;
COMMENT ON FUNCTION ecommerce.refund_order(uuid, jsonb, numeric, text, uuid, uuid, text, text,
    integer) IS
    'Give money back for an order: for items, for a return, an amount, or else all that is left. '
    'items: [{"sku", "product_id" or "line_number", "quantity"}]; shipping and fees follow '
    'settings.return_shipping, or are named by their line_number. return_id: what came of that '
    'return and is not refunded. amount: spread over what is left of the lines; what was paid '
    'above that comes first. The parts of any sequence of refunds come to what was paid, to the '
    'cent. reason: return, cancellation, overpayment, goodwill, duplicate, fraud or other. '
    'payment_id: by that payment only; by default the last that was captured comes first. note: '
    'for people. It is requested until record_payment_event(kind => ''refunded'') or '
    'confirm_refund() says that it happened; gift cards have it at once. Stock comes back only by '
    'returns. With an idempotency_key a retry refunds nothing more. Returns the refund. Errors: '
    'EC008 unknown order, EC049 more than was paid or is left of a line, EC023 not on the order, '
    'EC031 unknown return, EC007 key of another request, 22023 wrong arguments, 22004 NULL.';

CREATE FUNCTION ecommerce.refund_order(
    order_number    text,
    items           jsonb   DEFAULT NULL,
    amount          numeric DEFAULT NULL,
    reason          text    DEFAULT NULL,
    return_id       uuid    DEFAULT NULL,
    payment_id      uuid    DEFAULT NULL,
    note            text    DEFAULT NULL,
    idempotency_key text    DEFAULT NULL,
    tenant_id       integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.refund_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.refund_order(ecommerce_internal.find_order(v_tenant, order_number), items,
        amount, reason, return_id, payment_id, note, idempotency_key, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.refund_order(text, jsonb, numeric, text, uuid, uuid, text, text,
    integer) IS
    'Like refund_order(order_id, ...), by the order''s number or an id without a type.';

CREATE FUNCTION ecommerce.confirm_refund(refund_id uuid, note text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.refund_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_count  integer := 0;
    r        record;
    k        record;
BEGIN
    PERFORM ecommerce_internal.check_note(note, 'note');
    SELECT * INTO r FROM ecommerce_internal.lock_refund(v_tenant, refund_id);
    FOR k IN
        SELECT t.payment_id, t.amount FROM ecommerce.refund_payments t
        JOIN ecommerce.payments p ON p.tenant_id = v_tenant AND p.id = t.payment_id
        WHERE t.tenant_id = v_tenant AND t.refund_id = confirm_refund.refund_id
          AND t.status = 'requested'
          AND (p.provider IS NULL OR p.method IN ('bank_transfer', 'sepa_debit'))
        ORDER BY t.part_number
    LOOP
        PERFORM ecommerce_internal.book_entry(v_tenant, k.payment_id, 'refunded', k.amount,
            NULL, NULL, note, NULL, NULL, confirm_refund.refund_id);
        v_count := v_count + 1;
    END LOOP;
    IF v_count = 0 AND r.status <> 'confirmed' THEN
        RAISE EXCEPTION 'of this refund its provider says what becomes of it'
            USING ERRCODE = 'EC048', DETAIL = format('Refund %s is %s.', refund_id, r.status),
                  HINT = 'Book its answer by ecommerce.record_payment_event(), or send it again '
                         'by ecommerce.retry_refund().';
    END IF;
    RETURN ecommerce_internal.refund_answer(v_tenant, refund_id, r.status);
END
$$;
COMMENT ON FUNCTION ecommerce.confirm_refund(uuid, text, integer) IS
    'Say that the parts of a refund went back that the shop itself pays: in cash, or by its bank. '
    'note: for people. Nothing happens if it is confirmed already. Returns the refund. Errors: '
    'EC044 unknown refund, EC048 its providers say when it is, 22001 note is too long.';

CREATE FUNCTION ecommerce.retry_refund(refund_id uuid, payment_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.refund_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    r        record;
BEGIN
    SELECT * INTO r FROM ecommerce_internal.lock_refund(v_tenant, refund_id);
    IF r.status <> 'failed' THEN
        RAISE EXCEPTION 'a refund that is % is not sent again', r.status
            USING ERRCODE = 'EC048', DETAIL = format('Refund %s.', refund_id);
    ELSIF r.amount_confirmed = 0 THEN
        PERFORM ecommerce_internal.check_refund_left(v_tenant, refund_id, r.order_id,
                                                     r.order_created_at);
    END IF;
    PERFORM ecommerce_internal.split_refund(v_tenant, refund_id, r.order_id,
                                            r.amount - r.amount_confirmed, payment_id);
    PERFORM ecommerce_internal.follow_refund(v_tenant, refund_id);
    PERFORM ecommerce_internal.book_order_payment(v_tenant, r.order_id, r.order_created_at,
                                                  0, 0, 0);
    RETURN ecommerce_internal.refund_answer(v_tenant, refund_id, r.status);
END
$$;
COMMENT ON FUNCTION ecommerce.retry_refund(uuid, uuid, integer) IS
    'Send again what of a refund failed. payment_id: by that payment only; by default as '
    'refund_order() does. Returns the refund, which is requested. Errors: EC044 unknown refund, '
    'EC048 it did not fail, EC049 its lines were refunded meanwhile, or more than was paid.';
