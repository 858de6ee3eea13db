-- Refunds: what is given back for lines of an order, or as an amount, and by which payments.

CREATE TABLE IF NOT EXISTS ecommerce.refunds (
    tenant_id        integer     NOT NULL
        CONSTRAINT refunds_tenant_fkey REFERENCES ecommerce.tenants (id),
    id               uuid        NOT NULL,
    order_id         uuid        NOT NULL,
    order_created_at timestamptz NOT NULL,
    refund_number    integer     NOT NULL
        CONSTRAINT refunds_refund_number_check CHECK (refund_number > 0),
    return_id        uuid,
    currency         text        NOT NULL
        CONSTRAINT refunds_currency_fkey REFERENCES ecommerce.currencies (code),
    amount           numeric     NOT NULL
        CONSTRAINT refunds_amount_check CHECK (amount > 0 AND amount < 1e15),
    overpaid         numeric     NOT NULL DEFAULT 0
        CONSTRAINT refunds_overpaid_check CHECK (overpaid >= 0 AND overpaid <= amount),
    amount_confirmed numeric     NOT NULL DEFAULT 0
        CONSTRAINT refunds_amount_confirmed_check
            CHECK (amount_confirmed >= 0 AND amount_confirmed <= amount),
    status           text        NOT NULL DEFAULT 'requested'
        CONSTRAINT refunds_status_check CHECK (status IN ('requested', 'confirmed', 'failed')),
    reason           text        NOT NULL DEFAULT 'other'
        CONSTRAINT refunds_reason_check
            CHECK (reason IN ('return', 'cancellation', 'overpayment', 'goodwill', 'duplicate',
                              'fraud', 'other')),
    note             text        CONSTRAINT refunds_note_check CHECK (length(note) <= 10000),
    idempotency_key  text
        CONSTRAINT refunds_idempotency_key_check CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    request_hash     bytea,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT refunds_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT refunds_number_key UNIQUE (tenant_id, order_id, refund_number),
    CONSTRAINT refunds_idempotency_key_key UNIQUE (tenant_id, idempotency_key)
);
CREATE INDEX IF NOT EXISTS idx_refunds_created ON ecommerce.refunds (tenant_id, created_at);
CREATE INDEX IF NOT EXISTS idx_refunds_open ON ecommerce.refunds (tenant_id, created_at)
    WHERE status <> 'confirmed';
COMMENT ON TABLE ecommerce.refunds IS
    'Money that is given back for an order. Made by refund_order(); requested until providers '
    'confirm it. Never deleted.';
COMMENT ON COLUMN ecommerce.refunds.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.refunds.order_id IS 'The order.';
COMMENT ON COLUMN ecommerce.refunds.order_created_at IS 'orders.created_at.';
COMMENT ON COLUMN ecommerce.refunds.refund_number IS '1, 2, 3 and so on within the order.';
COMMENT ON COLUMN ecommerce.refunds.return_id IS 'The return that it is for, if it is for one.';
COMMENT ON COLUMN ecommerce.refunds.currency IS 'That of the order, ISO 4217.';
COMMENT ON COLUMN ecommerce.refunds.amount IS
    'What is given back: the sum of refund_payments.';
COMMENT ON COLUMN ecommerce.refunds.overpaid IS
    'How much of it had been paid above what the order came to, so that it is for no line. The '
    'rest is the sum of refund_items.';
COMMENT ON COLUMN ecommerce.refunds.amount_confirmed IS 'What of it went back.';
COMMENT ON COLUMN ecommerce.refunds.status IS
    'requested; then confirmed, or failed if nothing is on its way any more and not all of it '
    'arrived. Of a refund that failed, nothing of which arrived, lines may be refunded again.';
COMMENT ON COLUMN ecommerce.refunds.reason IS
    'return, cancellation, overpayment, goodwill, duplicate, fraud or other.';
COMMENT ON COLUMN ecommerce.refunds.note IS 'Why, for people.';
COMMENT ON COLUMN ecommerce.refunds.idempotency_key IS 'The key of the request that made it.';
COMMENT ON COLUMN ecommerce.refunds.request_hash IS
    'sha256 of that request; the same key with another request is an error.';

CREATE TABLE IF NOT EXISTS ecommerce.refund_items (
    tenant_id   integer NOT NULL,
    refund_id   uuid    NOT NULL,
    line_number integer NOT NULL,
    quantity    integer NOT NULL
        CONSTRAINT refund_items_quantity_check CHECK (quantity >= 0),
    net         numeric NOT NULL CONSTRAINT refund_items_net_check CHECK (net >= 0 AND net < 1e15),
    vat         numeric NOT NULL CONSTRAINT refund_items_vat_check CHECK (vat >= 0 AND vat < 1e15),
    CONSTRAINT refund_items_pkey PRIMARY KEY (tenant_id, refund_id, line_number),
    CONSTRAINT refund_items_refund_fkey FOREIGN KEY (tenant_id, refund_id)
        REFERENCES ecommerce.refunds (tenant_id, id)
);
COMMENT ON TABLE ecommerce.refund_items IS
    'What of a refund is for which line of the order, so that its VAT is known. Of a refund of an '
    'amount, shares of the lines. What was paid above what the order came to has none. '
    'Append-only.';
COMMENT ON COLUMN ecommerce.refund_items.refund_id IS 'The refund.';
COMMENT ON COLUMN ecommerce.refund_items.line_number IS 'The line, as in order_items.';
COMMENT ON COLUMN ecommerce.refund_items.quantity IS
    'Units that are refunded; 0 for a share of an amount, and of shipping and fees.';
COMMENT ON COLUMN ecommerce.refund_items.net IS 'Net amount that is given back.';
COMMENT ON COLUMN ecommerce.refund_items.vat IS 'VAT that is given back.';

CREATE TABLE IF NOT EXISTS ecommerce.refund_payments (
    tenant_id   integer     NOT NULL,
    refund_id   uuid        NOT NULL,
    part_number integer     NOT NULL
        CONSTRAINT refund_payments_part_number_check CHECK (part_number > 0),
    payment_id  uuid        NOT NULL,
    amount      numeric     NOT NULL
        CONSTRAINT refund_payments_amount_check CHECK (amount > 0 AND amount < 1e15),
    status      text        NOT NULL DEFAULT 'requested'
        CONSTRAINT refund_payments_status_check
            CHECK (status IN ('requested', 'confirmed', 'failed')),
    reference   text
        CONSTRAINT refund_payments_reference_check CHECK (length(reference) BETWEEN 1 AND 255),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT refund_payments_pkey PRIMARY KEY (tenant_id, refund_id, part_number),
    CONSTRAINT refund_payments_refund_fkey FOREIGN KEY (tenant_id, refund_id)
        REFERENCES ecommerce.refunds (tenant_id, id),
    CONSTRAINT refund_payments_payment_fkey FOREIGN KEY (tenant_id, payment_id)
        REFERENCES ecommerce.payments (tenant_id, id)
);
CREATE INDEX IF NOT EXISTS idx_refund_payments_payment ON ecommerce.refund_payments
    (tenant_id, payment_id);
COMMENT ON TABLE ecommerce.refund_payments IS
    'By which payments a refund goes back, a part each.';
COMMENT ON COLUMN ecommerce.refund_payments.refund_id IS 'The refund.';
COMMENT ON COLUMN ecommerce.refund_payments.part_number IS '1, 2, 3 and so on within the refund.';
COMMENT ON COLUMN ecommerce.refund_payments.payment_id IS 'The payment whose money goes back.';
COMMENT ON COLUMN ecommerce.refund_payments.amount IS 'How much of it.';
COMMENT ON COLUMN ecommerce.refund_payments.status IS
    'requested; then confirmed or failed, each exactly once.';
COMMENT ON COLUMN ecommerce.refund_payments.reference IS
    'What the provider knows this part by.';

DO $view$
BEGIN
    IF to_regclass('ecommerce.order_amounts') IS NULL THEN
        CREATE VIEW ecommerce.order_amounts WITH (security_invoker = true) AS
        SELECT o.tenant_id, o.id, o.created_at, o.order_number, o.status, o.currency, o.gross,
               CASE o.status WHEN 'cancelled' THEN o.gross ELSE c.cancelled END AS cancelled,
               CASE o.status WHEN 'cancelled' THEN o.gross - o.gross
                             ELSE o.gross - c.credited END AS due,
               o.amount_paid - o.amount_charged_back - o.amount_refunded AS paid,
               CASE o.status WHEN 'cancelled' THEN o.gross - o.gross
                             ELSE o.gross - c.credited END
                   - (o.amount_paid - o.amount_charged_back - o.amount_refunded) AS balance
        FROM ecommerce.orders o
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(l.cancelled), o.gross - o.gross) AS cancelled,
                   coalesce(sum(greatest(l.cancelled + l.returned, l.refunded)),
                            o.gross - o.gross) AS credited
            FROM (SELECT x.line_number,
                         coalesce(sum(x.amount) FILTER (WHERE x.part = 1), o.gross - o.gross)
                             AS cancelled,
                         coalesce(sum(x.amount) FILTER (WHERE x.part = 2), o.gross - o.gross)
                             AS returned,
                         coalesce(sum(x.amount) FILTER (WHERE x.part = 3), o.gross - o.gross)
                             AS refunded
                  FROM (SELECT n.line_number, n.net + n.vat AS amount, 1 AS part
                        FROM ecommerce.order_cancellations n
                        WHERE n.tenant_id = o.tenant_id AND n.order_id = o.id
                          AND n.order_created_at = o.created_at
                        UNION ALL
                        SELECT r.line_number, r.net + r.vat, 2
                        FROM ecommerce.return_receipts r
                        WHERE r.tenant_id = o.tenant_id AND r.order_id = o.id
                          AND r.order_created_at = o.created_at
                        UNION ALL
                        SELECT i.line_number, i.net + i.vat, 3
                        FROM ecommerce.refunds f
                        JOIN ecommerce.refund_items i ON i.tenant_id = f.tenant_id
                                                     AND i.refund_id = f.id
                        WHERE f.tenant_id = o.tenant_id AND f.order_id = o.id
                          AND (f.status <> 'failed' OR f.amount_confirmed > 0)) x
                  GROUP BY x.line_number) l) c;
    END IF;
END
$view$;
COMMENT ON VIEW ecommerce.order_amounts IS
    'What an order comes to now: what was cancelled of it, what is due, and what was paid.';
COMMENT ON COLUMN ecommerce.order_amounts.created_at IS 'When it was placed.';
COMMENT ON COLUMN ecommerce.order_amounts.gross IS 'What it came to when it was placed.';
COMMENT ON COLUMN ecommerce.order_amounts.cancelled IS
    'Of lines that were cancelled; all of it, once the order is.';
COMMENT ON COLUMN ecommerce.order_amounts.due IS
    'What it comes to now: gross less, line by line, what was cancelled or came back, or was '
    'refunded if that is more.';
COMMENT ON COLUMN ecommerce.order_amounts.paid IS
    'What was paid and neither refunded nor charged back.';
COMMENT ON COLUMN ecommerce.order_amounts.balance IS
    'due - paid: what the customer owes, or negative, what is to be given back.';
