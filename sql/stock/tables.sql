-- Stock: what can be sold now, what is held, and what came and went.
--
-- For each product and warehouse: movements - sales - holds = available.
-- Sales are read from order_items, not written twice.
--
-- Reservations do not reference products: the shared locks of concurrent buyers
-- would meet on the row of a product that everybody wants.  The trigger
-- keep_ordered refuses to delete a product that is held.  Nor have they CHECKs,
-- which PostgreSQL parses in every statement, a quarter of the time of a
-- reservation: the trigger check_reservation has them.

CREATE TABLE IF NOT EXISTS ecommerce.warehouses (
    tenant_id  integer     NOT NULL
        CONSTRAINT warehouses_tenant_fkey REFERENCES ecommerce.tenants (id),
    id         integer     NOT NULL CONSTRAINT warehouses_id_check CHECK (id > 0),
    name       text        NOT NULL
        CONSTRAINT warehouses_name_check CHECK (length(name) BETWEEN 1 AND 200),
    priority   integer     NOT NULL DEFAULT 100,
    address    jsonb       NOT NULL DEFAULT '{}'
        CONSTRAINT warehouses_address_check CHECK (jsonb_typeof(address) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT warehouses_pkey PRIMARY KEY (tenant_id, id)
);
COMMENT ON TABLE ecommerce.warehouses IS
    'Where stock lies. Warehouse 1 is the default; each tenant has it.';
COMMENT ON COLUMN ecommerce.warehouses.name IS 'Name for people.';
COMMENT ON COLUMN ecommerce.warehouses.priority IS
    'Orders take from the warehouse with the lowest number first, then from the one with the '
    'lowest id.';
COMMENT ON COLUMN ecommerce.warehouses.address IS 'Where it is, with the keys of user_addresses.';

CREATE TABLE IF NOT EXISTS ecommerce.stock (
    tenant_id       integer  NOT NULL,
    product_id      uuid     NOT NULL,
    warehouse_id    integer  NOT NULL DEFAULT 1,
    slot            smallint NOT NULL DEFAULT 0,
    available       integer  NOT NULL,
    backorder_limit integer  NOT NULL DEFAULT 0,
    CONSTRAINT stock_pkey PRIMARY KEY (tenant_id, product_id, warehouse_id, slot),
    CONSTRAINT stock_product_fkey FOREIGN KEY (tenant_id, product_id)
        REFERENCES ecommerce.products (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT stock_warehouse_fkey FOREIGN KEY (tenant_id, warehouse_id)
        REFERENCES ecommerce.warehouses (tenant_id, id),
    CONSTRAINT stock_available_check CHECK (available >= - backorder_limit)
) WITH (fillfactor = 50);
COMMENT ON TABLE ecommerce.stock IS
    'What can be sold now. Narrow, with room on every page, so that updates stay on it (HOT).';
COMMENT ON COLUMN ecommerce.stock.product_id IS 'The product.';
COMMENT ON COLUMN ecommerce.stock.warehouse_id IS 'The warehouse.';
COMMENT ON COLUMN ecommerce.stock.slot IS
    'Stock that many want at once is spread over several rows, so that buyers lock different '
    'ones; slot 0 is always there.';
COMMENT ON COLUMN ecommerce.stock.available IS
    'Units that can be sold now: neither sold nor held. Below zero only by what was sold on '
    'backorder.';
COMMENT ON COLUMN ecommerce.stock.backorder_limit IS
    'Units that may be sold before they are there; set_backorder_limit() sets it.';

CREATE TABLE IF NOT EXISTS ecommerce.stock_reservations (
    tenant_id    integer     NOT NULL,
    id           uuid        NOT NULL,
    product_id   uuid        NOT NULL,
    warehouse_id integer     NOT NULL DEFAULT 1,
    quantity     integer     NOT NULL,
    status       text        NOT NULL DEFAULT 'held',
    owner        text,
    order_id     uuid,
    expires_at   timestamptz NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stock_reservations_pkey PRIMARY KEY (tenant_id, id, product_id, warehouse_id)
);
CREATE INDEX IF NOT EXISTS idx_stock_reservations_held ON ecommerce.stock_reservations
    (tenant_id, product_id, expires_at) WHERE status = 'held';
CREATE INDEX IF NOT EXISTS idx_stock_reservations_order ON ecommerce.stock_reservations
    (tenant_id, order_id) WHERE order_id IS NOT NULL;
COMMENT ON TABLE ecommerce.stock_reservations IS
    'Stock that is held for somebody, one row for each product and warehouse of a reservation.';
COMMENT ON COLUMN ecommerce.stock_reservations.id IS 'UUIDv7 of the reservation.';
COMMENT ON COLUMN ecommerce.stock_reservations.product_id IS 'The product.';
COMMENT ON COLUMN ecommerce.stock_reservations.warehouse_id IS
    'The warehouse that it was taken from.';
COMMENT ON COLUMN ecommerce.stock_reservations.quantity IS 'Units held.';
COMMENT ON COLUMN ecommerce.stock_reservations.status IS
    'held, then committed (ordered), released or expired; committed, then consumed (shipped) or '
    'released.';
COMMENT ON COLUMN ecommerce.stock_reservations.owner IS
    'For whom: a user, a session, a cart, as the caller named it.';
COMMENT ON COLUMN ecommerce.stock_reservations.order_id IS 'The order that committed it.';
COMMENT ON COLUMN ecommerce.stock_reservations.expires_at IS
    'A hold may be taken back from then on.';

CREATE TABLE IF NOT EXISTS ecommerce.stock_movements (
    tenant_id    integer     NOT NULL,
    id           uuid        NOT NULL,
    product_id   uuid        NOT NULL,
    warehouse_id integer     NOT NULL DEFAULT 1,
    quantity     integer     NOT NULL
        CONSTRAINT stock_movements_quantity_check CHECK (quantity <> 0),
    reason       text        NOT NULL
        CONSTRAINT stock_movements_reason_check
            CHECK (reason IN ('receipt', 'adjustment', 'return', 'write_off', 'transfer',
                              'archive')),
    order_id     uuid,
    reference    text
        CONSTRAINT stock_movements_reference_check CHECK (length(reference) <= 255),
    note         text        CONSTRAINT stock_movements_note_check CHECK (length(note) <= 10000),
    created_by   text        NOT NULL DEFAULT session_user,
    created_at   timestamptz NOT NULL DEFAULT now(),
    -- What comes of an order is a return, and counted as one.
    CONSTRAINT stock_movements_order_check
        CHECK (order_id IS NULL OR (quantity > 0) = (reason = 'return')),
    CONSTRAINT stock_movements_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT stock_movements_product_fkey FOREIGN KEY (tenant_id, product_id)
        REFERENCES ecommerce.products (tenant_id, id),
    CONSTRAINT stock_movements_warehouse_fkey FOREIGN KEY (tenant_id, warehouse_id)
        REFERENCES ecommerce.warehouses (tenant_id, id)
);
CREATE INDEX IF NOT EXISTS idx_stock_movements_product ON ecommerce.stock_movements
    (tenant_id, product_id, created_at);
CREATE INDEX IF NOT EXISTS idx_stock_movements_created ON ecommerce.stock_movements
    (tenant_id, created_at);
CREATE INDEX IF NOT EXISTS idx_stock_movements_order ON ecommerce.stock_movements
    (tenant_id, order_id) WHERE order_id IS NOT NULL;
COMMENT ON TABLE ecommerce.stock_movements IS
    'Every change of stock other than a sale. Append-only: a trigger refuses changes.';
COMMENT ON COLUMN ecommerce.stock_movements.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.stock_movements.product_id IS 'The product.';
COMMENT ON COLUMN ecommerce.stock_movements.warehouse_id IS 'The warehouse.';
COMMENT ON COLUMN ecommerce.stock_movements.quantity IS
    'Units that came (positive) or went (negative).';
COMMENT ON COLUMN ecommerce.stock_movements.reason IS
    'receipt, adjustment, return, write_off, transfer, or archive: sales of a detached partition, '
    'which reference names, or their return to the ledger.';
COMMENT ON COLUMN ecommerce.stock_movements.order_id IS
    'The order of which units came back, or for which they went. They come back as returns only.';
COMMENT ON COLUMN ecommerce.stock_movements.reference IS
    'Delivery note, stocktaking, return, as the caller named it.';
COMMENT ON COLUMN ecommerce.stock_movements.note IS 'For people.';
COMMENT ON COLUMN ecommerce.stock_movements.created_by IS 'Database role that made it.';

CREATE TABLE IF NOT EXISTS ecommerce.stock_balances (
    tenant_id    integer     NOT NULL,
    product_id   uuid        NOT NULL,
    warehouse_id integer     NOT NULL,
    closed_at    timestamptz NOT NULL,
    quantity     bigint      NOT NULL,
    CONSTRAINT stock_balances_pkey PRIMARY KEY (tenant_id, product_id, warehouse_id, closed_at),
    CONSTRAINT stock_balances_product_fkey FOREIGN KEY (tenant_id, product_id)
        REFERENCES ecommerce.products (tenant_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE ecommerce.stock_balances IS
    'What the ledger of stock came to at the last closings, so that a proof need not begin at the '
    'first day. Written by close_stock_books(); no row of it is needed.';
COMMENT ON COLUMN ecommerce.stock_balances.product_id IS 'The product.';
COMMENT ON COLUMN ecommerce.stock_balances.warehouse_id IS 'The warehouse.';
COMMENT ON COLUMN ecommerce.stock_balances.closed_at IS 'It counts what happened before.';
COMMENT ON COLUMN ecommerce.stock_balances.quantity IS
    'Units by stock_ledger: there and not sold, held ones included.';

CREATE TABLE IF NOT EXISTS ecommerce.stock_alerts (
    tenant_id  integer     NOT NULL,
    product_id uuid        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stock_alerts_pkey PRIMARY KEY (tenant_id, product_id)
);
COMMENT ON TABLE ecommerce.stock_alerts IS
    'Products whose event stock.low was written, until their stock is above products.min_stock '
    'again.';
COMMENT ON COLUMN ecommerce.stock_alerts.product_id IS 'The product.';

DO $view$
BEGIN
    IF to_regclass('ecommerce.low_stock') IS NULL THEN
        CREATE VIEW ecommerce.low_stock WITH (security_invoker = true) AS
        SELECT p.tenant_id, p.id, p.sku, p.name, coalesce(s.available, 0) AS available, p.min_stock
        FROM ecommerce.products p
        LEFT JOIN LATERAL (SELECT sum(k.available) AS available FROM ecommerce.stock k
                           WHERE k.tenant_id = p.tenant_id AND k.product_id = p.id) s ON true
        WHERE p.track_stock AND p.status = 'active' AND p.deleted_at IS NULL
          AND coalesce(s.available, 0) <= p.min_stock;
    END IF;
END
$view$;
COMMENT ON VIEW ecommerce.low_stock IS
    'Products for sale of which no more than min_stock can be sold now.';
COMMENT ON COLUMN ecommerce.low_stock.available IS 'Units that can be sold now, in all warehouses.';
