-- Returns: what a customer wants to send back, what came of it, and what it is worth.
--
-- They are partitioned with orders, and their foreign keys run from leaf to leaf.

CREATE TABLE IF NOT EXISTS ecommerce.returns (
    tenant_id        integer     NOT NULL,
    id               uuid        NOT NULL,
    order_id         uuid        NOT NULL,
    order_created_at timestamptz NOT NULL,
    return_number    integer     NOT NULL
        CONSTRAINT returns_return_number_check CHECK (return_number > 0),
    shipment_id      uuid,
    status           text        NOT NULL DEFAULT 'requested'
        CONSTRAINT returns_status_check
            CHECK (status IN ('requested', 'approved', 'rejected', 'received')),
    note             text        CONSTRAINT returns_note_check CHECK (length(note) <= 10000),
    answer           text        CONSTRAINT returns_answer_check CHECK (length(answer) <= 10000),
    exchange_order_id uuid,
    exchange_order_created_at timestamptz,
    idempotency_key  text,
    created_at       timestamptz NOT NULL DEFAULT now(),
    decided_at       timestamptz,
    received_at      timestamptz,
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT returns_exchange_check
        CHECK ((exchange_order_id IS NULL) = (exchange_order_created_at IS NULL)),
    CONSTRAINT returns_pkey PRIMARY KEY (id, tenant_id, order_created_at),
    CONSTRAINT returns_order_key UNIQUE (tenant_id, order_id, order_created_at, id),
    CONSTRAINT returns_number_key UNIQUE (tenant_id, order_id, order_created_at, return_number)
) PARTITION BY RANGE (order_created_at);
CREATE INDEX IF NOT EXISTS idx_returns_status ON ecommerce.returns (tenant_id, status)
    WHERE status IN ('requested', 'approved');
CREATE INDEX IF NOT EXISTS idx_returns_exchange ON ecommerce.returns
    (tenant_id, exchange_order_id) WHERE exchange_order_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_returns_updated ON ecommerce.returns (tenant_id, updated_at);
COMMENT ON TABLE ecommerce.returns IS
    'Returns of units of an order that were shipped. Made by request_return(), or at once by '
    'return_stock() and return_shipment(); never deleted.';
COMMENT ON COLUMN ecommerce.returns.id IS
    'UUIDv7 with the time of the order, so that the id alone finds its partition.';
COMMENT ON COLUMN ecommerce.returns.order_id IS 'The order.';
COMMENT ON COLUMN ecommerce.returns.order_created_at IS 'orders.created_at; the partition key.';
COMMENT ON COLUMN ecommerce.returns.return_number IS '1, 2, 3 and so on within the order.';
COMMENT ON COLUMN ecommerce.returns.shipment_id IS
    'The shipment that it settles, because it was lost or returned to sender; NULL for what a '
    'customer sends back.';
COMMENT ON COLUMN ecommerce.returns.status IS
    'requested, approved, rejected or received; a trigger guards the transitions.';
COMMENT ON COLUMN ecommerce.returns.note IS 'What whoever wants it has to say.';
COMMENT ON COLUMN ecommerce.returns.answer IS 'What the shop has to say to the customer.';
COMMENT ON COLUMN ecommerce.returns.exchange_order_id IS
    'The order that the customer gets for it, if it is an exchange.';
COMMENT ON COLUMN ecommerce.returns.exchange_order_created_at IS 'Its created_at.';
COMMENT ON COLUMN ecommerce.returns.idempotency_key IS 'The key of the request that made it.';
COMMENT ON COLUMN ecommerce.returns.decided_at IS 'When it was approved or rejected.';
COMMENT ON COLUMN ecommerce.returns.received_at IS 'When the first of it came.';

CREATE TABLE IF NOT EXISTS ecommerce.return_items (
    tenant_id        integer     NOT NULL,
    return_id        uuid        NOT NULL,
    order_id         uuid        NOT NULL,
    order_created_at timestamptz NOT NULL,
    line_number      integer     NOT NULL,
    quantity         integer     NOT NULL
        CONSTRAINT return_items_quantity_check CHECK (quantity > 0),
    reason           text        NOT NULL DEFAULT 'withdrawal'
        CONSTRAINT return_items_reason_check
            CHECK (reason IN ('withdrawal', 'damaged', 'defective', 'wrong_item',
                              'not_as_described', 'too_late', 'undelivered', 'other')),
    CONSTRAINT return_items_pkey PRIMARY KEY (tenant_id, return_id, order_created_at, line_number)
) PARTITION BY RANGE (order_created_at);
CREATE INDEX IF NOT EXISTS idx_return_items_line ON ecommerce.return_items
    (tenant_id, order_id, order_created_at, line_number);
COMMENT ON TABLE ecommerce.return_items IS
    'What is to come back with a return. Its rows never change: another return is made.';
COMMENT ON COLUMN ecommerce.return_items.return_id IS 'The return.';
COMMENT ON COLUMN ecommerce.return_items.order_id IS 'Its order.';
COMMENT ON COLUMN ecommerce.return_items.order_created_at IS
    'orders.created_at; the partition key.';
COMMENT ON COLUMN ecommerce.return_items.line_number IS 'The line of the order.';
COMMENT ON COLUMN ecommerce.return_items.quantity IS 'Units of it.';
COMMENT ON COLUMN ecommerce.return_items.reason IS
    'Why: withdrawal (customers need give no reason), damaged, defective, wrong_item, '
    'not_as_described, too_late, undelivered or other.';

CREATE TABLE IF NOT EXISTS ecommerce.return_receipts (
    tenant_id        integer     NOT NULL,
    return_id        uuid        NOT NULL,
    receipt_number   integer     NOT NULL
        CONSTRAINT return_receipts_receipt_number_check CHECK (receipt_number > 0),
    line_number      integer     NOT NULL,
    order_id         uuid        NOT NULL,
    order_created_at timestamptz NOT NULL,
    back_to_stock    integer     NOT NULL DEFAULT 0
        CONSTRAINT return_receipts_back_to_stock_check CHECK (back_to_stock >= 0),
    written_off      integer     NOT NULL DEFAULT 0
        CONSTRAINT return_receipts_written_off_check CHECK (written_off >= 0),
    lost             integer     NOT NULL DEFAULT 0
        CONSTRAINT return_receipts_lost_check CHECK (lost >= 0),
    currency         text        NOT NULL,
    net              numeric     NOT NULL
        CONSTRAINT return_receipts_net_check CHECK (net >= 0 AND net < 1e18),
    vat              numeric     NOT NULL
        CONSTRAINT return_receipts_vat_check CHECK (vat >= 0 AND vat < 1e18),
    created_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT return_receipts_pkey
        PRIMARY KEY (tenant_id, return_id, order_created_at, receipt_number, line_number)
) PARTITION BY RANGE (order_created_at);
CREATE INDEX IF NOT EXISTS idx_return_receipts_line ON ecommerce.return_receipts
    (tenant_id, order_id, order_created_at, line_number);
COMMENT ON TABLE ecommerce.return_receipts IS
    'What came of a return, and what is to be refunded for it; lines of shipping and fees have '
    'their part of the refund here, and no units. Append-only.';
COMMENT ON COLUMN ecommerce.return_receipts.return_id IS 'The return.';
COMMENT ON COLUMN ecommerce.return_receipts.receipt_number IS
    '1, 2, 3 and so on within the return: it may come in several parcels.';
COMMENT ON COLUMN ecommerce.return_receipts.line_number IS 'The line of the order.';
COMMENT ON COLUMN ecommerce.return_receipts.order_id IS 'Its order.';
COMMENT ON COLUMN ecommerce.return_receipts.order_created_at IS
    'orders.created_at; the partition key.';
COMMENT ON COLUMN ecommerce.return_receipts.back_to_stock IS
    'Units that came and can be sold again.';
COMMENT ON COLUMN ecommerce.return_receipts.written_off IS
    'Units that came and cannot be sold again.';
COMMENT ON COLUMN ecommerce.return_receipts.lost IS
    'Units of a shipment that never arrived, and will not come.';
COMMENT ON COLUMN ecommerce.return_receipts.currency IS 'That of the order, ISO 4217.';
COMMENT ON COLUMN ecommerce.return_receipts.net IS 'Net amount to be refunded for them.';
COMMENT ON COLUMN ecommerce.return_receipts.vat IS 'VAT to be refunded for them.';
