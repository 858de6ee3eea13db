-- Orders and what grows with them, partitioned by time.
--
-- Foreign keys between them run from leaf to leaf; ensure_partitions() makes
-- them with the leaves.  Nothing here references a row that every order would
-- have to lock (tenant, currency, product): the shared locks of concurrent
-- orders would meet there.
--
-- Few CHECKs: PostgreSQL parses each of them from text in every statement, and
-- those that belong here took a quarter of the time of an order.  The triggers
-- check_order and check_order_item hold them instead; they see every row that
-- place_order(), which has checked all of it, does not insert itself.

CREATE TABLE IF NOT EXISTS ecommerce.orders (
    tenant_id        integer     NOT NULL,
    id               uuid        NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    order_number     text        NOT NULL,
    user_id          uuid,
    email            text,
    phone            text,
    status           text        NOT NULL DEFAULT 'pending',
    payment_status   text        NOT NULL DEFAULT 'pending',
    currency         text        NOT NULL,
    prices           text        NOT NULL,
    net              numeric     NOT NULL,
    vat              numeric     NOT NULL,
    gross            numeric     NOT NULL,
    amount_paid      numeric     NOT NULL DEFAULT 0,
    amount_refunded  numeric     NOT NULL DEFAULT 0,
    amount_charged_back numeric  NOT NULL DEFAULT 0,
    country          text        NOT NULL,
    region           text        NOT NULL DEFAULT '',
    vat_scheme       text        NOT NULL DEFAULT 'domestic',
    vatex            text,
    vat_reason       text,
    mydata_exemption integer,
    buyer_vat_id     text,
    billing_address  jsonb,
    shipping_address jsonb,
    notes            text,
    metadata         jsonb,
    shipped_at       timestamptz,
    delivered_at     timestamptz,
    cancelled_at     timestamptz,
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT orders_pkey PRIMARY KEY (id, tenant_id, created_at),
    CONSTRAINT orders_user_fkey FOREIGN KEY (tenant_id, user_id)
        REFERENCES ecommerce.users (tenant_id, id)
) PARTITION BY RANGE (created_at);
CREATE INDEX IF NOT EXISTS idx_orders_number ON ecommerce.orders (tenant_id, order_number);
CREATE INDEX IF NOT EXISTS idx_orders_user ON ecommerce.orders (tenant_id, user_id, created_at)
    WHERE user_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_orders_status ON ecommerce.orders (tenant_id, status)
    WHERE status IN ('pending', 'processing');
CREATE INDEX IF NOT EXISTS idx_orders_created ON ecommerce.orders (tenant_id, created_at, id);
CREATE INDEX IF NOT EXISTS idx_orders_cancelled ON ecommerce.orders (tenant_id, cancelled_at)
    WHERE cancelled_at IS NOT NULL;
COMMENT ON TABLE ecommerce.orders IS
    'Orders. Made by place_order(); never deleted; amounts never change.';
COMMENT ON COLUMN ecommerce.orders.id IS
    'UUIDv7; its time is created_at, so an id alone finds its partition.';
COMMENT ON COLUMN ecommerce.orders.created_at IS
    'When it was placed, to the millisecond; the partition key.';
COMMENT ON COLUMN ecommerce.orders.order_number IS
    'Number for people, made by order_number() from the id and the shop''s day.';
COMMENT ON COLUMN ecommerce.orders.user_id IS 'The customer, NULL for a guest.';
COMMENT ON COLUMN ecommerce.orders.email IS 'Where to write to about it.';
COMMENT ON COLUMN ecommerce.orders.phone IS 'Phone number.';
COMMENT ON COLUMN ecommerce.orders.status IS
    'pending, processing, shipped, delivered, cancelled or refunded; a trigger guards the '
    'transitions.';
COMMENT ON COLUMN ecommerce.orders.payment_status IS 'pending, paid, failed or refunded.';
COMMENT ON COLUMN ecommerce.orders.currency IS
    'ISO 4217; all its amounts have the minor units of it.';
COMMENT ON COLUMN ecommerce.orders.prices IS
    'Whether unit prices and discounts of its lines are net or gross.';
COMMENT ON COLUMN ecommerce.orders.net IS 'Sum of net over its lines.';
COMMENT ON COLUMN ecommerce.orders.vat IS 'Sum of vat over its lines.';
COMMENT ON COLUMN ecommerce.orders.gross IS 'What the customer pays: net + vat.';
COMMENT ON COLUMN ecommerce.orders.amount_paid IS 'Captured so far, by all its payments.';
COMMENT ON COLUMN ecommerce.orders.amount_refunded IS 'Refunded so far, as providers confirmed.';
COMMENT ON COLUMN ecommerce.orders.amount_charged_back IS
    'Taken back from the shop: chargebacks and direct debits that a bank returned.';
COMMENT ON COLUMN ecommerce.orders.country IS
    'Country where the supply takes place for VAT: that whose rates applied, or would have.';
COMMENT ON COLUMN ecommerce.orders.region IS
    'Region of it whose VAT rates applied (vat_regions.region), or empty.';
COMMENT ON COLUMN ecommerce.orders.vat_scheme IS
    'How it was taxed, as vat_treatment() says: domestic, oss, ioss, registration (in that '
    'country), intra_eu, export, reverse_charge, outside or small_enterprise.';
COMMENT ON COLUMN ecommerce.orders.vatex IS
    'Why it bears no VAT, as EN 16931 codes it (BT-121), e.g. VATEX-EU-IC; NULL if there is no '
    'code for it.';
COMMENT ON COLUMN ecommerce.orders.vat_reason IS
    'The rules that decided how it is taxed; NULL for a sale at home with the seller''s own rates.';
COMMENT ON COLUMN ecommerce.orders.mydata_exemption IS
    'Exemption code of myDATA (mydata_exemptions()) of lines without Greek VAT, for sellers in '
    'Greece; NULL like vat_reason.';
COMMENT ON COLUMN ecommerce.orders.buyer_vat_id IS
    'VAT identification number of the buyer, in the form of vat_id_normalize() if it is '
    'well-formed.';
COMMENT ON COLUMN ecommerce.orders.billing_address IS
    'Address as it was, with the keys of user_addresses.';
COMMENT ON COLUMN ecommerce.orders.shipping_address IS
    'Address as it was, with the keys of user_addresses.';
COMMENT ON COLUMN ecommerce.orders.notes IS 'Notes of the customer.';
COMMENT ON COLUMN ecommerce.orders.shipped_at IS 'When it became shipped.';
COMMENT ON COLUMN ecommerce.orders.delivered_at IS 'When it became delivered.';
COMMENT ON COLUMN ecommerce.orders.cancelled_at IS 'When it became cancelled.';

CREATE TABLE IF NOT EXISTS ecommerce.order_items (
    tenant_id        integer     NOT NULL,
    order_id         uuid        NOT NULL,
    order_created_at timestamptz NOT NULL,
    line_number      integer     NOT NULL,
    kind             text        NOT NULL DEFAULT 'product',
    product_id       uuid,
    sku              text,
    name             text        NOT NULL,
    quantity         integer     NOT NULL CONSTRAINT check_quantity_positive CHECK (quantity > 0),
    unit_price       numeric     NOT NULL,
    discount         numeric     NOT NULL DEFAULT 0,
    vat_category     text        NOT NULL,
    vat_rate         numeric     NOT NULL,
    net              numeric     NOT NULL,
    vat              numeric     NOT NULL,
    from_stock       boolean     NOT NULL DEFAULT false,
    allocation       jsonb,
    base_quantity    integer     NOT NULL DEFAULT 1,
    unit_code        text        NOT NULL DEFAULT 'C62',
    CONSTRAINT order_items_pkey PRIMARY KEY (tenant_id, order_id, order_created_at, line_number)
) PARTITION BY RANGE (order_created_at);
CREATE INDEX IF NOT EXISTS idx_order_items_product ON ecommerce.order_items
    (tenant_id, product_id, order_created_at) WHERE product_id IS NOT NULL;
COMMENT ON TABLE ecommerce.order_items IS
    'Everything an order charges is a line: products, shipping, fees. Lines never change.';
COMMENT ON COLUMN ecommerce.order_items.order_id IS 'The order.';
COMMENT ON COLUMN ecommerce.order_items.order_created_at IS 'orders.created_at; the partition key.';
COMMENT ON COLUMN ecommerce.order_items.line_number IS '1, 2, 3 and so on, as ordered.';
COMMENT ON COLUMN ecommerce.order_items.kind IS 'product, shipping or fee.';
COMMENT ON COLUMN ecommerce.order_items.product_id IS 'The product.';
COMMENT ON COLUMN ecommerce.order_items.sku IS
    'Its SKU when it was ordered; of shipping by a rate of delivery, the code of that.';
COMMENT ON COLUMN ecommerce.order_items.name IS 'Its name when it was ordered.';
COMMENT ON COLUMN ecommerce.order_items.quantity IS 'Units.';
COMMENT ON COLUMN ecommerce.order_items.unit_price IS
    'Price of base_quantity units, net or gross as orders.prices says. The line is quantity * '
    'unit_price / base_quantity, rounded once, half away from zero.';
COMMENT ON COLUMN ecommerce.order_items.discount IS
    'Share of the order''s discounts, net or gross as orders.prices says.';
COMMENT ON COLUMN ecommerce.order_items.vat_category IS 'Category code of EN 16931 (BT-151).';
COMMENT ON COLUMN ecommerce.order_items.vat_rate IS 'Percent, as it was on the day of the order.';
COMMENT ON COLUMN ecommerce.order_items.net IS 'Net amount after discount.';
COMMENT ON COLUMN ecommerce.order_items.vat IS
    'Share of the VAT of its category and rate, which is rounded once for the order.';
COMMENT ON COLUMN ecommerce.order_items.from_stock IS
    'Whether place_order() took it from stock; cancel_order() gives back what it took.';
COMMENT ON COLUMN ecommerce.order_items.allocation IS
    'Units from each warehouse, {"warehouse": units}; NULL if all are from warehouse 1.';
COMMENT ON COLUMN ecommerce.order_items.base_quantity IS
    'How many units the unit_price was for (BT-149 of EN 16931).';
COMMENT ON COLUMN ecommerce.order_items.unit_code IS
    'What a unit was, a code of UN/ECE recommendation 20 (BT-130, BT-150).';

CREATE TABLE IF NOT EXISTS ecommerce.order_cancellations (
    tenant_id           integer     NOT NULL,
    order_id            uuid        NOT NULL,
    order_created_at    timestamptz NOT NULL,
    cancellation_number integer     NOT NULL
        CONSTRAINT order_cancellations_number_check CHECK (cancellation_number > 0),
    line_number         integer     NOT NULL,
    quantity            integer     NOT NULL
        CONSTRAINT order_cancellations_quantity_check CHECK (quantity > 0),
    net                 numeric     NOT NULL,
    vat                 numeric     NOT NULL,
    allocation          jsonb,
    reason              text
        CONSTRAINT order_cancellations_reason_check CHECK (length(reason) <= 10000),
    idempotency_key     text,
    created_at          timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT order_cancellations_pkey
        PRIMARY KEY (tenant_id, order_id, order_created_at, cancellation_number, line_number)
) PARTITION BY RANGE (order_created_at);
CREATE INDEX IF NOT EXISTS idx_order_cancellations_created ON ecommerce.order_cancellations
    (tenant_id, created_at);
COMMENT ON TABLE ecommerce.order_cancellations IS
    'Units of lines that were cancelled before they were shipped, by cancel_order_items(). A '
    'correction: the order and its lines stay as they were. Append-only.';
COMMENT ON COLUMN ecommerce.order_cancellations.order_id IS 'The order.';
COMMENT ON COLUMN ecommerce.order_cancellations.order_created_at IS
    'orders.created_at; the partition key.';
COMMENT ON COLUMN ecommerce.order_cancellations.cancellation_number IS
    '1, 2, 3 and so on: the lines that one call cancelled have one number.';
COMMENT ON COLUMN ecommerce.order_cancellations.line_number IS 'The line, as in order_items.';
COMMENT ON COLUMN ecommerce.order_cancellations.quantity IS 'Units that were cancelled.';
COMMENT ON COLUMN ecommerce.order_cancellations.net IS
    'What the customer need not pay for them, net: by refund_amount(), so that all units of a line '
    'come to what the line does. Of gross prices it is the rest of the gross amount.';
COMMENT ON COLUMN ecommerce.order_cancellations.vat IS 'The VAT in it.';
COMMENT ON COLUMN ecommerce.order_cancellations.allocation IS
    'Units that went back to each warehouse, {"warehouse": units}; NULL if all are of '
    'warehouse 1.';
COMMENT ON COLUMN ecommerce.order_cancellations.reason IS 'Why, for people.';
COMMENT ON COLUMN ecommerce.order_cancellations.idempotency_key IS
    'The key of the request, by which a retry finds its answer.';

CREATE TABLE IF NOT EXISTS ecommerce.order_notes (
    tenant_id        integer     NOT NULL,
    order_id         uuid        NOT NULL,
    order_created_at timestamptz NOT NULL,
    id               uuid        NOT NULL,
    note             text        NOT NULL
        CONSTRAINT order_notes_note_check CHECK (length(note) BETWEEN 1 AND 10000),
    author           text        NOT NULL DEFAULT session_user
        CONSTRAINT order_notes_author_check CHECK (length(author) BETWEEN 1 AND 255),
    user_id          uuid,
    is_internal      boolean     NOT NULL DEFAULT true,
    created_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT order_notes_pkey PRIMARY KEY (tenant_id, order_id, order_created_at, id)
) PARTITION BY RANGE (order_created_at);
COMMENT ON TABLE ecommerce.order_notes IS
    'What people wrote about an order after it was placed, by add_order_note(). Append-only.';
COMMENT ON COLUMN ecommerce.order_notes.order_id IS 'The order.';
COMMENT ON COLUMN ecommerce.order_notes.order_created_at IS
    'orders.created_at; the partition key.';
COMMENT ON COLUMN ecommerce.order_notes.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.order_notes.note IS 'The text.';
COMMENT ON COLUMN ecommerce.order_notes.author IS
    'Who wrote it, as the shop calls them; of a customer "customer".';
COMMENT ON COLUMN ecommerce.order_notes.user_id IS 'The customer who wrote it; NULL for staff.';
COMMENT ON COLUMN ecommerce.order_notes.is_internal IS
    'Whether customers must not see it.';

CREATE TABLE IF NOT EXISTS ecommerce.idempotency_keys (
    tenant_id        integer     NOT NULL,
    key              text        NOT NULL
        CONSTRAINT idempotency_keys_key_check CHECK (length(key) BETWEEN 1 AND 255),
    request_hash     bytea       NOT NULL,
    order_id         uuid        NOT NULL,
    order_created_at timestamptz NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (tenant_id, key)
);
CREATE INDEX IF NOT EXISTS idx_idempotency_keys_created ON ecommerce.idempotency_keys (created_at);
COMMENT ON TABLE ecommerce.idempotency_keys IS
    'Requests that were answered, so that a retry gets the same answer.';
COMMENT ON COLUMN ecommerce.idempotency_keys.key IS 'The key that the caller chose.';
COMMENT ON COLUMN ecommerce.idempotency_keys.request_hash IS
    'sha256 of the request; the same key with another request is an error.';
COMMENT ON COLUMN ecommerce.idempotency_keys.order_id IS 'The order that the request made.';
COMMENT ON COLUMN ecommerce.idempotency_keys.order_created_at IS 'Its created_at.';

DO $view$
BEGIN
    IF to_regclass('ecommerce.stock_ledger') IS NULL THEN
        CREATE VIEW ecommerce.stock_ledger WITH (security_invoker = true) AS
        SELECT m.tenant_id, m.product_id, m.warehouse_id, m.created_at, m.reason AS kind,
               m.quantity, m.order_id, m.reference
        FROM ecommerce.stock_movements m
        UNION ALL
        SELECT i.tenant_id, i.product_id, coalesce(a.key::integer, 1),
               CASE k.sign WHEN -1 THEN o.created_at ELSE o.cancelled_at END,
               CASE k.sign WHEN -1 THEN 'sale' ELSE 'cancellation' END,
               k.sign * coalesce(a.value::integer, i.quantity) - coalesce(b.units, 0), o.id,
               o.order_number
        FROM ecommerce.orders o
        JOIN ecommerce.order_items i ON i.tenant_id = o.tenant_id AND i.order_id = o.id
                                    AND i.order_created_at = o.created_at
        LEFT JOIN LATERAL jsonb_each_text(i.allocation) a ON true
        JOIN (VALUES (-1), (1)) AS k (sign) ON k.sign = -1 OR o.status = 'cancelled'
        -- What had come back before the whole was cancelled
        LEFT JOIN LATERAL (
            SELECT sum(CASE WHEN a.key IS NULL THEN c.quantity
                            ELSE coalesce((c.allocation ->> a.key)::integer, 0) END)::integer
                   AS units
            FROM ecommerce.order_cancellations c
            WHERE k.sign = 1 AND c.tenant_id = o.tenant_id AND c.order_id = o.id
              AND c.order_created_at = o.created_at AND c.line_number = i.line_number) b ON true
        WHERE i.from_stock
          AND k.sign * coalesce(a.value::integer, i.quantity) - coalesce(b.units, 0) <> 0
        UNION ALL
        SELECT c.tenant_id, i.product_id, coalesce(a.key::integer, 1), c.created_at,
               'cancellation', coalesce(a.value::integer, c.quantity), o.id, o.order_number
        FROM ecommerce.order_cancellations c
        JOIN ecommerce.order_items i ON i.tenant_id = c.tenant_id AND i.order_id = c.order_id
                                    AND i.order_created_at = c.order_created_at
                                    AND i.line_number = c.line_number
        JOIN ecommerce.orders o ON o.tenant_id = c.tenant_id AND o.id = c.order_id
                               AND o.created_at = c.order_created_at
        LEFT JOIN LATERAL jsonb_each_text(c.allocation) a ON true
        WHERE i.from_stock;
    END IF;
END
$view$;
COMMENT ON VIEW ecommerce.stock_ledger IS
    'What came and went: movements, sales and their cancellations. The sum of a product is what '
    'is there and not sold.';
COMMENT ON COLUMN ecommerce.stock_ledger.product_id IS 'The product.';
COMMENT ON COLUMN ecommerce.stock_ledger.warehouse_id IS 'The warehouse.';
COMMENT ON COLUMN ecommerce.stock_ledger.kind IS 'Reason of a movement, or sale or cancellation.';
COMMENT ON COLUMN ecommerce.stock_ledger.quantity IS
    'Units that came (positive) or went (negative).';
COMMENT ON COLUMN ecommerce.stock_ledger.order_id IS 'The order, of a sale or a return.';
COMMENT ON COLUMN ecommerce.stock_ledger.reference IS
    'Number of the order, or reference of the movement.';
