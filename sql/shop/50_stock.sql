-- Stock: what can be sold now, what is held, and what came and went.
--
-- For each product: movements - sales - holds = available.  Sales are read
-- from order_items, not written twice.

CREATE TABLE IF NOT EXISTS ecommerce.stock (
    tenant_id  integer  NOT NULL,
    product_id uuid     NOT NULL,
    slot       smallint NOT NULL DEFAULT 0,
    available  integer  NOT NULL CONSTRAINT check_stock_available CHECK (available >= 0),
    CONSTRAINT stock_pkey PRIMARY KEY (tenant_id, product_id, slot),
    CONSTRAINT stock_product_fkey FOREIGN KEY (tenant_id, product_id) REFERENCES ecommerce.products (tenant_id, id) ON DELETE CASCADE
) WITH (fillfactor = 50);
COMMENT ON TABLE ecommerce.stock IS 'What can be sold now. Narrow, with room on every page, so that updates stay on it (HOT).';
COMMENT ON COLUMN ecommerce.stock.product_id IS 'The product.';
COMMENT ON COLUMN ecommerce.stock.slot IS 'Stock of one product may be spread over several rows, so that buyers lock different ones.';
COMMENT ON COLUMN ecommerce.stock.available IS 'Units that can be sold now: neither sold nor held. Never below zero.';

CREATE TABLE IF NOT EXISTS ecommerce.stock_reservations (
    tenant_id  integer     NOT NULL,
    id         uuid        NOT NULL,
    product_id uuid        NOT NULL,
    quantity   integer     NOT NULL CONSTRAINT check_reservation_quantity CHECK (quantity > 0),
    status     text        NOT NULL DEFAULT 'held' CONSTRAINT check_reservation_status CHECK (status IN ('held', 'committed', 'consumed', 'released', 'expired')),
    owner      text        CONSTRAINT check_reservation_owner CHECK (length(owner) <= 255),
    order_id   uuid,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stock_reservations_pkey PRIMARY KEY (tenant_id, id, product_id),
    CONSTRAINT stock_reservations_product_fkey FOREIGN KEY (tenant_id, product_id) REFERENCES ecommerce.products (tenant_id, id)
);
CREATE INDEX IF NOT EXISTS idx_reservations_held ON ecommerce.stock_reservations (tenant_id, product_id, expires_at) WHERE status = 'held';
CREATE INDEX IF NOT EXISTS idx_reservations_expiry ON ecommerce.stock_reservations (expires_at) WHERE status = 'held';
CREATE INDEX IF NOT EXISTS idx_reservations_order ON ecommerce.stock_reservations (tenant_id, order_id) WHERE order_id IS NOT NULL;
COMMENT ON TABLE ecommerce.stock_reservations IS 'Stock that is held for somebody, one row for each product of a reservation.';
COMMENT ON COLUMN ecommerce.stock_reservations.id IS 'UUIDv7 of the reservation.';
COMMENT ON COLUMN ecommerce.stock_reservations.product_id IS 'The product.';
COMMENT ON COLUMN ecommerce.stock_reservations.quantity IS 'Units held.';
COMMENT ON COLUMN ecommerce.stock_reservations.status IS 'held, then committed (ordered), released or expired; committed, then consumed (shipped) or released.';
COMMENT ON COLUMN ecommerce.stock_reservations.owner IS 'For whom: a user, a session, a cart, as the caller named it.';
COMMENT ON COLUMN ecommerce.stock_reservations.order_id IS 'The order that committed it.';
COMMENT ON COLUMN ecommerce.stock_reservations.expires_at IS 'A hold may be taken back from then on.';

CREATE TABLE IF NOT EXISTS ecommerce.stock_movements (
    tenant_id  integer     NOT NULL,
    id         uuid        NOT NULL,
    product_id uuid        NOT NULL,
    quantity   integer     NOT NULL CONSTRAINT check_movement_quantity CHECK (quantity <> 0),
    reason     text        NOT NULL CONSTRAINT check_movement_reason CHECK (reason IN ('receipt', 'adjustment', 'return', 'write_off')),
    reference  text        CONSTRAINT check_movement_reference CHECK (length(reference) <= 255),
    note       text        CONSTRAINT check_movement_note CHECK (length(note) <= 10000),
    created_by text        NOT NULL DEFAULT session_user,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stock_movements_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT stock_movements_product_fkey FOREIGN KEY (tenant_id, product_id) REFERENCES ecommerce.products (tenant_id, id)
);
CREATE INDEX IF NOT EXISTS idx_movements_product ON ecommerce.stock_movements (tenant_id, product_id, created_at);
COMMENT ON TABLE ecommerce.stock_movements IS 'Every change of stock other than a sale. Append-only: a trigger refuses changes.';
COMMENT ON COLUMN ecommerce.stock_movements.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.stock_movements.product_id IS 'The product.';
COMMENT ON COLUMN ecommerce.stock_movements.quantity IS 'Units that came (positive) or went (negative).';
COMMENT ON COLUMN ecommerce.stock_movements.reason IS 'receipt, adjustment, return or write_off.';
COMMENT ON COLUMN ecommerce.stock_movements.reference IS 'Delivery note, stocktaking, return, as the caller named it.';
COMMENT ON COLUMN ecommerce.stock_movements.note IS 'For people.';
COMMENT ON COLUMN ecommerce.stock_movements.created_by IS 'Database role that made it.';
