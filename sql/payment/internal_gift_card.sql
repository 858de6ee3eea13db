-- Gift cards as a method of payment: their entries beside those of the payment.

CREATE FUNCTION ecommerce_internal.pay_by_gift_card(tenant_id integer, gift_card_id uuid,
    amount numeric, order_id uuid, order_created_at timestamptz, idempotency_key text,
    request_hash bytea) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := pay_by_gift_card.tenant_id;
    v_id     uuid := ecommerce.uuid_v7();
    v_same   boolean;
BEGIN
    WITH entry AS (
        INSERT INTO ecommerce.gift_card_entries (tenant_id, gift_card_id, kind, amount, order_id,
                                                 order_created_at, idempotency_key, request_hash)
        VALUES (v_tenant, pay_by_gift_card.gift_card_id, 'redeem', -pay_by_gift_card.amount,
                pay_by_gift_card.order_id, pay_by_gift_card.order_created_at,
                pay_by_gift_card.idempotency_key, pay_by_gift_card.request_hash)
        ON CONFLICT DO NOTHING RETURNING gift_card_entries.gift_card_id)
    UPDATE ecommerce.gift_cards g SET balance = g.balance - pay_by_gift_card.amount FROM entry
    WHERE g.tenant_id = v_tenant AND g.id = entry.gift_card_id;
    IF NOT FOUND THEN
        PERFORM ecommerce_internal.check_written(idempotency_key IS NOT NULL, 'gift_cards');
        RAISE EXCEPTION 'idempotency key was used for another request'
            USING ERRCODE = 'EC007',
                  HINT = 'Use a new key for a new request, and the same arguments for a retry.';
    END IF;
    INSERT INTO ecommerce.payments AS p (tenant_id, id, order_id, order_created_at, user_id, method,
                                         currency, amount, gift_card_id)
    SELECT v_tenant, v_id, o.id, o.created_at, o.user_id, 'gift_card', o.currency,
           pay_by_gift_card.amount, pay_by_gift_card.gift_card_id
    FROM ecommerce.orders o
    WHERE o.tenant_id = v_tenant AND o.id = pay_by_gift_card.order_id
      AND o.created_at = pay_by_gift_card.order_created_at
    RETURNING (p.id, p.order_id, p.method, p.amount, p.gift_card_id)
              = (v_id, pay_by_gift_card.order_id, 'gift_card', pay_by_gift_card.amount,
                 pay_by_gift_card.gift_card_id) INTO v_same;
    PERFORM ecommerce_internal.check_written(v_same, 'payments');
    PERFORM ecommerce_internal.book_entry(v_tenant, v_id, 'captured', amount, NULL, NULL, NULL,
                                          NULL, NULL);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.pay_by_gift_card(integer, uuid, numeric, uuid, timestamptz,
    text, bytea) IS
    'For redeem_gift_card(), which has locked the order and the card: book the payment. Error '
    'EC007 if the key is used at the same time.';

CREATE FUNCTION ecommerce_internal.credit_gift_card(tenant_id integer, payment_id uuid,
    amount numeric) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := credit_gift_card.tenant_id;
    p        record;
BEGIN
    SELECT t.gift_card_id, t.order_id, t.order_created_at INTO p FROM ecommerce.payments t
    WHERE t.tenant_id = v_tenant AND t.id = credit_gift_card.payment_id;
    IF p.gift_card_id IS NULL THEN
        RETURN;
    END IF;
    WITH entry AS (
        INSERT INTO ecommerce.gift_card_entries (tenant_id, gift_card_id, kind, amount, order_id,
                                                 order_created_at)
        VALUES (v_tenant, p.gift_card_id, 'refund', credit_gift_card.amount, p.order_id,
                p.order_created_at)
        RETURNING gift_card_id)
    UPDATE ecommerce.gift_cards g SET balance = g.balance + credit_gift_card.amount FROM entry
    WHERE g.tenant_id = v_tenant AND g.id = entry.gift_card_id;
    PERFORM ecommerce_internal.check_written(FOUND, 'gift_cards');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.credit_gift_card(integer, uuid, numeric) IS
    'Put what a payment by gift card gives back on the card; nothing for other payments.';

CREATE FUNCTION ecommerce_internal.return_to_gift_cards(tenant_id integer, order_id uuid,
    order_created_at timestamptz, amount numeric, reason text, follow boolean DEFAULT true)
    RETURNS numeric
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant   integer := return_to_gift_cards.tenant_id;
    v_amount   numeric;
    v_rest     numeric;
    v_over     numeric;
    v_id       uuid;
    v_currency text;
BEGIN
    SELECT least(return_to_gift_cards.amount, coalesce(sum(r.amount), 0)) INTO v_amount
    FROM ecommerce_internal.refundable_payments(v_tenant, order_id, NULL, 'gift_card') r;
    IF v_amount <= 0 THEN
        RETURN 0;
    END IF;
    v_currency := (SELECT o.currency FROM ecommerce.orders o
                   WHERE o.tenant_id = v_tenant AND o.id = return_to_gift_cards.order_id
                     AND o.created_at = return_to_gift_cards.order_created_at);
    v_rest := ecommerce_internal.order_rest(v_tenant, order_id, order_created_at);
    v_over := least(greatest(ecommerce_internal.refundable(v_tenant, order_id) - v_rest, 0),
                    v_amount);
    v_id := ecommerce_internal.insert_refund(v_tenant, order_id, order_created_at, v_currency,
        v_amount, ecommerce_internal.refund_of_amount(v_tenant, order_id, order_created_at,
                      v_currency, v_amount - v_over, v_rest), reason, NULL, NULL, NULL, NULL);
    PERFORM ecommerce_internal.split_refund(v_tenant, v_id, order_id, v_amount, NULL, 'gift_card',
                                            follow);
    RETURN v_amount;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.return_to_gift_cards(integer, uuid, timestamptz, numeric,
    text, boolean) IS
    'For functions that have locked the order: refund up to an amount to the gift cards that paid '
    'for it. NULL is all. The last card comes first, each gets at most what it paid. Returns how '
    'much that was.';

CREATE FUNCTION ecommerce_internal.release_payments(tenant_id integer, order_id uuid,
    order_created_at timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := release_payments.tenant_id;
    v_id     uuid;
BEGIN
    FOR v_id IN
        SELECT p.id FROM ecommerce.payments p
        WHERE p.tenant_id = v_tenant AND p.order_id = release_payments.order_id
          AND p.status = 'created'
          AND (p.provider IS NULL OR p.method IN ('bank_transfer', 'sepa_debit'))
        ORDER BY p.id
    LOOP
        PERFORM ecommerce_internal.book_entry(v_tenant, v_id, 'voided', NULL, NULL, NULL, NULL,
                                              NULL, NULL);
    END LOOP;
    PERFORM ecommerce_internal.return_to_gift_cards(v_tenant, order_id, order_created_at, NULL,
                                                    'cancellation', false);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.release_payments(integer, uuid, timestamptz) IS
    'For cancel_order(), which has locked the order: void payments that no provider has. Gift '
    'cards get back what they paid. What providers captured is refunded by refund_order().';
