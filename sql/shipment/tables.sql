-- Shipments: parcels of an order, and what is in each.
--
-- They are partitioned with orders, and their foreign keys run from leaf to leaf.  The
-- warehouse has none: it would be of the whole table.

CREATE TABLE IF NOT EXISTS ecommerce.shipments (
    tenant_id        integer     NOT NULL,
    id               uuid        NOT NULL,
    order_id         uuid        NOT NULL,
    order_created_at timestamptz NOT NULL,
    shipment_number  integer     NOT NULL
        CONSTRAINT shipments_shipment_number_check CHECK (shipment_number > 0),
    warehouse_id     integer     NOT NULL DEFAULT 1,
    replaces_id      uuid,
    status           text        NOT NULL DEFAULT 'pending'
        CONSTRAINT shipments_status_check
            CHECK (status IN ('pending', 'shipped', 'delivered', 'lost', 'returned_to_sender',
                              'cancelled')),
    carrier          text
        CONSTRAINT shipments_carrier_check CHECK (length(carrier) BETWEEN 1 AND 100),
    tracking_number  text
        CONSTRAINT shipments_tracking_number_check
            CHECK (length(tracking_number) BETWEEN 1 AND 100),
    tracking_url     text
        CONSTRAINT shipments_tracking_url_check
            CHECK (length(tracking_url) <= 2000 AND tracking_url ~ '^https?://[^[:space:]"<>]+$'),
    idempotency_key  text,
    created_at       timestamptz NOT NULL DEFAULT now(),
    shipped_at       timestamptz,
    delivered_at     timestamptz,
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT shipments_pkey PRIMARY KEY (id, tenant_id, order_created_at),
    CONSTRAINT shipments_order_key UNIQUE (tenant_id, order_id, order_created_at, id),
    CONSTRAINT shipments_number_key
        UNIQUE (tenant_id, order_id, order_created_at, shipment_number)
) PARTITION BY RANGE (order_created_at);
CREATE INDEX IF NOT EXISTS idx_shipments_tracking ON ecommerce.shipments
    (tenant_id, tracking_number) WHERE tracking_number IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_shipments_status ON ecommerce.shipments (tenant_id, status)
    WHERE status IN ('pending', 'shipped');
CREATE INDEX IF NOT EXISTS idx_shipments_updated ON ecommerce.shipments (tenant_id, updated_at);
COMMENT ON TABLE ecommerce.shipments IS
    'Parcels of orders, each from one warehouse. Made by create_shipment(); never deleted.';
COMMENT ON COLUMN ecommerce.shipments.id IS
    'UUIDv7 with the time of the order, so that the id alone finds its partition.';
COMMENT ON COLUMN ecommerce.shipments.order_id IS 'The order.';
COMMENT ON COLUMN ecommerce.shipments.order_created_at IS 'orders.created_at; the partition key.';
COMMENT ON COLUMN ecommerce.shipments.shipment_number IS '1, 2, 3 and so on within the order.';
COMMENT ON COLUMN ecommerce.shipments.warehouse_id IS 'The warehouse that it leaves.';
COMMENT ON COLUMN ecommerce.shipments.replaces_id IS
    'The lost shipment of the same order that this one replaces; NULL for an ordinary one.';
COMMENT ON COLUMN ecommerce.shipments.status IS
    'pending, shipped, delivered, lost, returned_to_sender or cancelled; a trigger guards the '
    'transitions.';
COMMENT ON COLUMN ecommerce.shipments.carrier IS 'Who carries it.';
COMMENT ON COLUMN ecommerce.shipments.tracking_number IS 'The carrier''s number of it.';
COMMENT ON COLUMN ecommerce.shipments.tracking_url IS
    'Where it can be followed: an address that begins with http:// or https://.';
COMMENT ON COLUMN ecommerce.shipments.idempotency_key IS 'The key of the request that made it.';
COMMENT ON COLUMN ecommerce.shipments.shipped_at IS 'When it became shipped, the last time.';
COMMENT ON COLUMN ecommerce.shipments.delivered_at IS 'When it was delivered.';

CREATE TABLE IF NOT EXISTS ecommerce.shipment_items (
    tenant_id        integer     NOT NULL,
    shipment_id      uuid        NOT NULL,
    order_id         uuid        NOT NULL,
    order_created_at timestamptz NOT NULL,
    line_number      integer     NOT NULL,
    quantity         integer     NOT NULL
        CONSTRAINT shipment_items_quantity_check CHECK (quantity > 0),
    CONSTRAINT shipment_items_pkey
        PRIMARY KEY (tenant_id, shipment_id, order_created_at, line_number)
) PARTITION BY RANGE (order_created_at);
CREATE INDEX IF NOT EXISTS idx_shipment_items_line ON ecommerce.shipment_items
    (tenant_id, order_id, order_created_at, line_number);
COMMENT ON TABLE ecommerce.shipment_items IS
    'What is in a shipment. Its rows never change: another shipment is made.';
COMMENT ON COLUMN ecommerce.shipment_items.shipment_id IS 'The shipment.';
COMMENT ON COLUMN ecommerce.shipment_items.order_id IS 'Its order.';
COMMENT ON COLUMN ecommerce.shipment_items.order_created_at IS
    'orders.created_at; the partition key.';
COMMENT ON COLUMN ecommerce.shipment_items.line_number IS 'The line of the order.';
COMMENT ON COLUMN ecommerce.shipment_items.quantity IS 'Units of it.';
