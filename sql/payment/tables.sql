-- Payments, the movements of money that they are the sum of, and credit limits.
--
-- They are not partitioned with orders: a provider knows a payment by its own
-- reference, which has no time and is unique, money may come before its order,
-- and may go back long after that is archived.

CREATE TABLE IF NOT EXISTS ecommerce.payments (
    tenant_id         integer     NOT NULL
        CONSTRAINT payments_tenant_fkey REFERENCES ecommerce.tenants (id),
    id                uuid        NOT NULL,
    order_id          uuid,
    order_created_at  timestamptz,
    user_id           uuid,
    method            text        NOT NULL
        CONSTRAINT payments_method_check
            CHECK (method IN ('card', 'wallet', 'online', 'sepa_debit', 'bank_transfer', 'cash',
                              'cash_on_delivery', 'invoice', 'gift_card', 'other')),
    provider          text
        CONSTRAINT payments_provider_check CHECK (length(provider) BETWEEN 1 AND 50),
    reference         text
        CONSTRAINT payments_reference_check CHECK (length(reference) BETWEEN 1 AND 255),
    order_reference   text
        CONSTRAINT payments_order_reference_check CHECK (length(order_reference) BETWEEN 1 AND 100),
    currency          text        NOT NULL
        CONSTRAINT payments_currency_fkey REFERENCES ecommerce.currencies (code),
    amount            numeric     NOT NULL
        CONSTRAINT payments_amount_check CHECK (amount >= 0 AND amount < 1e15),
    status            text        NOT NULL DEFAULT 'created'
        CONSTRAINT payments_status_check
            CHECK (status IN ('created', 'submitted', 'authorized', 'captured', 'refunded',
                              'returned', 'voided', 'failed')),
    amount_authorized numeric     NOT NULL DEFAULT 0,
    amount_captured   numeric     NOT NULL DEFAULT 0,
    amount_refunded   numeric     NOT NULL DEFAULT 0,
    amount_charged_back numeric   NOT NULL DEFAULT 0,
    fee               numeric     NOT NULL DEFAULT 0,
    refunds_requested numeric     NOT NULL DEFAULT 0,
    due_date          date,
    gift_card_id      uuid,
    mandate_id        uuid,
    failure_reason    text
        CONSTRAINT payments_failure_reason_check CHECK (length(failure_reason) <= 10000),
    note              text        CONSTRAINT payments_note_check CHECK (length(note) <= 10000),
    metadata          jsonb       NOT NULL DEFAULT '{}'
        CONSTRAINT payments_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),
    idempotency_key   text
        CONSTRAINT payments_idempotency_key_check CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    request_hash      bytea,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT payments_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT payments_reference_key UNIQUE (tenant_id, provider, reference),
    CONSTRAINT payments_idempotency_key_key UNIQUE (tenant_id, idempotency_key),
    CONSTRAINT payments_user_fkey FOREIGN KEY (tenant_id, user_id)
        REFERENCES ecommerce.users (tenant_id, id),
    CONSTRAINT payments_gift_card_fkey FOREIGN KEY (tenant_id, gift_card_id)
        REFERENCES ecommerce.gift_cards (tenant_id, id),
    CONSTRAINT payments_order_check CHECK ((order_id IS NULL) = (order_created_at IS NULL))
);
CREATE INDEX IF NOT EXISTS idx_payments_order ON ecommerce.payments (tenant_id, order_id)
    WHERE order_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_payments_unassigned ON ecommerce.payments (tenant_id, created_at)
    WHERE order_id IS NULL;
CREATE INDEX IF NOT EXISTS idx_payments_open ON ecommerce.payments (tenant_id, user_id)
    WHERE method = 'invoice' AND status IN ('created', 'captured');
CREATE INDEX IF NOT EXISTS idx_payments_created ON ecommerce.payments (tenant_id, created_at);
CREATE INDEX IF NOT EXISTS idx_payments_quoted ON ecommerce.payments (tenant_id, reference)
    WHERE method IN ('bank_transfer', 'invoice', 'cash_on_delivery', 'cash', 'other');
COMMENT ON TABLE ecommerce.payments IS
    'What pays for orders, by any method. Amounts and status are the sums of payment_entries; '
    'create_payment() and record_payment_event() make and change them. Never deleted.';
COMMENT ON COLUMN ecommerce.payments.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.payments.order_id IS
    'The order that it pays; NULL while it is not known what the money is for.';
COMMENT ON COLUMN ecommerce.payments.order_created_at IS 'orders.created_at.';
COMMENT ON COLUMN ecommerce.payments.user_id IS 'The customer of the order; NULL for a guest.';
COMMENT ON COLUMN ecommerce.payments.method IS
    'card, wallet, online (whatever a provider offers besides), sepa_debit, bank_transfer, cash, '
    'cash_on_delivery, invoice (with terms), gift_card or other.';
COMMENT ON COLUMN ecommerce.payments.provider IS
    'Who moves the money and reports it, as the shop calls them: stripe, bank. NULL: the shop '
    'itself says when it was paid.';
COMMENT ON COLUMN ecommerce.payments.reference IS
    'What the provider knows it by, unique for that; of bank transfers the creditor reference '
    '(RF, ISO 11649) that the customer quotes.';
COMMENT ON COLUMN ecommerce.payments.order_reference IS
    'The order that its provider names, while there is none of that id or number.';
COMMENT ON COLUMN ecommerce.payments.currency IS 'ISO 4217; that of the order.';
COMMENT ON COLUMN ecommerce.payments.amount IS
    'What the customer was asked for; 0 if only a provider told of it.';
COMMENT ON COLUMN ecommerce.payments.status IS
    'created, submitted (to the bank), authorized, captured (in part or whole), refunded, '
    'returned (charged back, or a direct debit that came back), voided or failed.';
COMMENT ON COLUMN ecommerce.payments.amount_authorized IS
    'Authorized less what was voided of it.';
COMMENT ON COLUMN ecommerce.payments.amount_captured IS 'Money that came.';
COMMENT ON COLUMN ecommerce.payments.amount_refunded IS 'Money that the shop gave back.';
COMMENT ON COLUMN ecommerce.payments.amount_charged_back IS
    'Money that was taken back: charged back or returned by a bank, less what was won back.';
COMMENT ON COLUMN ecommerce.payments.fee IS 'What the provider charged the shop for it.';
COMMENT ON COLUMN ecommerce.payments.refunds_requested IS
    'Refunds that were requested and neither confirmed nor failed.';
COMMENT ON COLUMN ecommerce.payments.due_date IS
    'Until when it is to be paid, or when a direct debit is to be collected.';
COMMENT ON COLUMN ecommerce.payments.gift_card_id IS 'The gift card that pays.';
COMMENT ON COLUMN ecommerce.payments.mandate_id IS 'The SEPA mandate by which it is collected.';
COMMENT ON COLUMN ecommerce.payments.failure_reason IS
    'Why it failed or came back, as last told: code or words.';
COMMENT ON COLUMN ecommerce.payments.note IS 'For people.';
COMMENT ON COLUMN ecommerce.payments.idempotency_key IS 'The key of the request that made it.';
COMMENT ON COLUMN ecommerce.payments.request_hash IS
    'sha256 of that request; the same key with another request is an error.';

CREATE TABLE IF NOT EXISTS ecommerce.payment_entries (
    tenant_id    integer     NOT NULL,
    id           uuid        NOT NULL,
    payment_id   uuid        NOT NULL,
    kind         text        NOT NULL
        CONSTRAINT payment_entries_kind_check
            CHECK (kind IN ('submitted', 'authorized', 'voided', 'captured', 'failed', 'refunded',
                            'refund_failed', 'charged_back', 'won_back', 'fee')),
    amount       numeric     NOT NULL
        CONSTRAINT payment_entries_amount_check CHECK (amount >= 0 AND amount < 1e15),
    provider     text
        CONSTRAINT payment_entries_provider_check CHECK (length(provider) BETWEEN 1 AND 50),
    event_id     text
        CONSTRAINT payment_entries_event_id_check CHECK (length(event_id) BETWEEN 1 AND 255),
    refund_id    uuid,
    reason       text
        CONSTRAINT payment_entries_reason_check CHECK (length(reason) <= 10000),
    request_hash bytea,
    data         jsonb,
    occurred_at  timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    created_by   text        NOT NULL DEFAULT session_user,
    CONSTRAINT payment_entries_pkey PRIMARY KEY (tenant_id, payment_id, id),
    CONSTRAINT payment_entries_event_key UNIQUE (tenant_id, provider, event_id),
    CONSTRAINT payment_entries_payment_fkey FOREIGN KEY (tenant_id, payment_id)
        REFERENCES ecommerce.payments (tenant_id, id)
);
CREATE INDEX IF NOT EXISTS idx_payment_entries_created ON ecommerce.payment_entries
    (tenant_id, created_at);
COMMENT ON TABLE ecommerce.payment_entries IS
    'Every movement of money, and every step of a payment that moves none yet: who, when, how '
    'much, why, by which event of which provider. Append-only.';
COMMENT ON COLUMN ecommerce.payment_entries.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.payment_entries.payment_id IS 'The payment.';
COMMENT ON COLUMN ecommerce.payment_entries.kind IS
    'Money that comes: captured, won_back (a chargeback that was lost by the customer). Money that '
    'goes: refunded, charged_back (or returned by a bank), fee (to the provider). What moves none: '
    'submitted, authorized, voided, failed, refund_failed.';
COMMENT ON COLUMN ecommerce.payment_entries.amount IS 'How much, in the currency of the payment.';
COMMENT ON COLUMN ecommerce.payment_entries.provider IS 'Who reported it; NULL for the shop.';
COMMENT ON COLUMN ecommerce.payment_entries.event_id IS
    'The provider''s id of the event: what has been booked once is not booked again.';
COMMENT ON COLUMN ecommerce.payment_entries.refund_id IS 'The refund that it belongs to.';
COMMENT ON COLUMN ecommerce.payment_entries.reason IS 'Why, a code or words.';
COMMENT ON COLUMN ecommerce.payment_entries.request_hash IS
    'sha256 of what was reported; the same event with another content is an error.';
COMMENT ON COLUMN ecommerce.payment_entries.data IS 'What else the provider reported.';
COMMENT ON COLUMN ecommerce.payment_entries.occurred_at IS
    'When it happened, as the provider says; NULL if it does not say.';
COMMENT ON COLUMN ecommerce.payment_entries.created_at IS 'When it was booked.';
COMMENT ON COLUMN ecommerce.payment_entries.created_by IS 'The role that was logged in.';

CREATE TABLE IF NOT EXISTS ecommerce.credit_limits (
    tenant_id    integer     NOT NULL,
    user_id      uuid        NOT NULL,
    currency     text        NOT NULL
        CONSTRAINT credit_limits_currency_fkey REFERENCES ecommerce.currencies (code),
    amount       numeric     NOT NULL
        CONSTRAINT credit_limits_amount_check CHECK (amount >= 0 AND amount < 1e15),
    payment_days integer     NOT NULL DEFAULT 30
        CONSTRAINT credit_limits_payment_days_check CHECK (payment_days BETWEEN 0 AND 3650),
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT credit_limits_pkey PRIMARY KEY (tenant_id, user_id, currency),
    CONSTRAINT credit_limits_user_fkey FOREIGN KEY (tenant_id, user_id)
        REFERENCES ecommerce.users (tenant_id, id)
);
COMMENT ON TABLE ecommerce.credit_limits IS
    'How much customers may owe by payments of the method invoice; who has no row may owe nothing.';
COMMENT ON COLUMN ecommerce.credit_limits.user_id IS 'The customer.';
COMMENT ON COLUMN ecommerce.credit_limits.currency IS 'ISO 4217; each currency has its own limit.';
COMMENT ON COLUMN ecommerce.credit_limits.amount IS 'The most that may be open at a time.';
COMMENT ON COLUMN ecommerce.credit_limits.payment_days IS
    'Days from the payment''s making until it is due.';
