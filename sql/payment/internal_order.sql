-- What payments do to their order.

CREATE FUNCTION ecommerce_internal.order_payment_status(gross numeric, paid numeric,
    refunded numeric, charged_back numeric, credited numeric, failed boolean) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_order_payment_status';
COMMENT ON FUNCTION ecommerce_internal.order_payment_status(numeric, numeric, numeric, numeric,
    numeric, boolean) IS
    'What orders.payment_status is by its sums. credited: what of gross need not be paid any more. '
    'failed: its payments failed or came back, and none is open. An order of which nothing was '
    'paid stays pending, also if nothing is due any more.';

CREATE FUNCTION ecommerce_internal.order_credit(tenant_id integer, order_id uuid,
    order_created_at timestamptz, at timestamptz DEFAULT 'infinity') RETURNS numeric
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    -- A line that came back or was cancelled, and is refunded, is credited once.
    RETURN (
        SELECT coalesce(sum(greatest(s.settled, s.refunded)), 0)
        FROM (SELECT x.line_number,
                     coalesce(sum(x.amount) FILTER (WHERE NOT x.refund), 0) AS settled,
                     coalesce(sum(x.amount) FILTER (WHERE x.refund), 0) AS refunded
              FROM (SELECT c.line_number, c.net + c.vat AS amount, false AS refund
                    FROM ecommerce.order_cancellations c
                    WHERE c.tenant_id = order_credit.tenant_id
                      AND c.order_id = order_credit.order_id
                      AND c.order_created_at = order_credit.order_created_at
                      AND c.created_at <= order_credit.at
                    UNION ALL
                    SELECT r.line_number, r.net + r.vat, false
                    FROM ecommerce.return_receipts r
                    WHERE r.tenant_id = order_credit.tenant_id
                      AND r.order_id = order_credit.order_id
                      AND r.order_created_at = order_credit.order_created_at
                      AND r.created_at <= order_credit.at
                    UNION ALL
                    SELECT i.line_number, i.net + i.vat, true
                    FROM ecommerce.refunds f
                    JOIN ecommerce.refund_items i ON i.tenant_id = order_credit.tenant_id
                                                 AND i.refund_id = f.id
                    WHERE f.tenant_id = order_credit.tenant_id
                      AND f.order_id = order_credit.order_id AND f.created_at <= order_credit.at
                      AND (f.status <> 'failed' OR f.amount_confirmed > 0)) x
              GROUP BY x.line_number) s);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.order_credit(integer, uuid, timestamptz, timestamptz) IS
    'How much of an order need not be paid any more, gross. That is what was cancelled of it, came '
    'back or was refunded until a moment, line by line.';

CREATE FUNCTION ecommerce_internal.payments_failed(tenant_id integer, order_id uuid)
    RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    RETURN (SELECT coalesce(bool_or(p.status IN ('failed', 'returned'))
                   AND NOT bool_or(p.status IN ('created', 'submitted', 'authorized')), false)
            FROM ecommerce.payments p
            WHERE p.tenant_id = payments_failed.tenant_id
              AND p.order_id = payments_failed.order_id);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.payments_failed(integer, uuid) IS
    'Whether payments of an order failed or came back, and none is open.';

-- Volatile: what others did to the order until it was locked is judged, too.
CREATE FUNCTION ecommerce_internal.payment_status_now(tenant_id integer, order_id uuid,
    order_created_at timestamptz, gross numeric, paid numeric, refunded numeric,
    charged_back numeric) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ecommerce_internal.order_payment_status(gross, paid, refunded, charged_back,
        CASE WHEN paid - charged_back - refunded < gross
             THEN ecommerce_internal.order_credit(tenant_id, order_id, order_created_at)
             ELSE 0 END,
        CASE WHEN paid <= charged_back
             THEN ecommerce_internal.payments_failed(tenant_id, order_id) ELSE false END);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.payment_status_now(integer, uuid, timestamptz, numeric,
    numeric, numeric, numeric) IS
    'order_payment_status() of an order that the statement has locked, for who books what changes '
    'it.';

CREATE FUNCTION ecommerce_internal.add_to_order(order_id uuid, order_created_at timestamptz,
    paid numeric, refunded numeric, charged_back numeric, tenant_id integer) RETURNS text
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = auto
    AS 'MODULE_PATHNAME', 'ec_add_to_order';
COMMENT ON FUNCTION ecommerce_internal.add_to_order(uuid, timestamptz, numeric, numeric, numeric,
    integer) IS
    'For book_order_payment(): add to what was paid, refunded and charged back of an order. '
    'payment_status becomes what order_payment_status() says. Returns that; NULL, and nothing '
    'happens, if there is no such order.';

CREATE FUNCTION ecommerce_internal.book_order_payment(tenant_id integer, order_id uuid,
    order_created_at timestamptz, paid numeric, refunded numeric, charged_back numeric,
    follow boolean DEFAULT true) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_status text := ecommerce_internal.add_to_order(order_id, order_created_at, paid, refunded,
                                                     charged_back, tenant_id);
BEGIN
    IF v_status IS NULL THEN
        PERFORM ecommerce_internal.check_written(NOT EXISTS (
            SELECT FROM ecommerce.orders o
            WHERE o.tenant_id = book_order_payment.tenant_id
              AND o.id = book_order_payment.order_id
              AND o.created_at = book_order_payment.order_created_at), 'orders');
    -- Refunded is no label: it follows from money that went back.
    ELSIF v_status = 'refunded' AND refunded > 0 AND follow THEN
        PERFORM ecommerce.transition_order(o.id, 'refunded', NULL, o.tenant_id)
        FROM ecommerce.orders o
        WHERE o.tenant_id = book_order_payment.tenant_id AND o.id = book_order_payment.order_id
          AND o.created_at = book_order_payment.order_created_at
          AND o.status IN ('processing', 'shipped', 'delivered');
    END IF;
    RETURN v_status;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.book_order_payment(integer, uuid, timestamptz, numeric,
    numeric, numeric, boolean) IS
    'Add to what was paid, refunded and charged back of an order, and bring its statuses to what '
    'follows. With zeros after something was cancelled or came back, for who has locked it. '
    'follow: whether its status becomes refunded when all that came went back; not of one that is '
    'being cancelled. Returns its payment_status; NULL if it is archived.';

CREATE FUNCTION ecommerce_internal.payment_due(tenant_id integer, order_id uuid,
    order_created_at timestamptz) RETURNS numeric
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN (SELECT CASE o.status WHEN 'cancelled' THEN o.gross - o.gross
                   ELSE o.gross - ecommerce_internal.order_credit(o.tenant_id, o.id,
                                                                  o.created_at) END
                   - (o.amount_paid - o.amount_charged_back - o.amount_refunded)
                   - coalesce(h.held, 0)
            FROM ecommerce.orders o
            CROSS JOIN LATERAL (
                SELECT sum(CASE p.status WHEN 'authorized' THEN p.amount_authorized
                                         ELSE p.amount END) AS held
                FROM ecommerce.payments p
                WHERE p.tenant_id = payment_due.tenant_id AND p.order_id = o.id
                  AND p.status IN ('submitted', 'authorized')) h
            WHERE o.tenant_id = payment_due.tenant_id AND o.id = payment_due.order_id
              AND o.created_at = payment_due.order_created_at);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.payment_due(integer, uuid, timestamptz) IS
    'What is still to be paid for an order. That is what it comes to now, less what was paid and '
    'not given back, and less what is authorized or submitted to a bank. Negative if too much was '
    'paid.';
