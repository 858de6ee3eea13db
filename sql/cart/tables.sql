-- Carts and wishlists.

CREATE TABLE IF NOT EXISTS ecommerce.carts (
    tenant_id  integer     NOT NULL,
    id         uuid        NOT NULL,
    user_id    uuid,
    session_id text
        CONSTRAINT carts_session_id_check CHECK (length(session_id) BETWEEN 1 AND 255),
    status     text        NOT NULL DEFAULT 'open'
        CONSTRAINT carts_status_check CHECK (status IN ('open', 'ordered', 'merged', 'abandoned')),
    order_id   uuid,
    coupon_codes text[]    NOT NULL DEFAULT '{}'
        CONSTRAINT carts_coupon_codes_check
            CHECK (cardinality(coupon_codes) <= 20 AND array_position(coupon_codes, NULL) IS NULL
                   AND length(array_to_string(coupon_codes, '')) <= 1000),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT carts_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT carts_user_fkey FOREIGN KEY (tenant_id, user_id)
        REFERENCES ecommerce.users (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT carts_owner_check CHECK (num_nonnulls(user_id, session_id) = 1),
    CONSTRAINT carts_order_check CHECK ((status = 'ordered') = (order_id IS NOT NULL))
);
CREATE UNIQUE INDEX IF NOT EXISTS idx_cart_user ON ecommerce.carts (tenant_id, user_id)
    WHERE status = 'open';
CREATE UNIQUE INDEX IF NOT EXISTS idx_cart_session ON ecommerce.carts (tenant_id, session_id)
    WHERE status = 'open';
CREATE INDEX IF NOT EXISTS idx_carts_order ON ecommerce.carts (tenant_id, order_id)
    WHERE order_id IS NOT NULL;
-- Not updated_at, so that to change a cart is a HOT update of its row.
CREATE INDEX IF NOT EXISTS idx_carts_created ON ecommerce.carts (tenant_id, created_at)
    WHERE status IN ('open', 'merged');
COMMENT ON TABLE ecommerce.carts IS
    'A cart is a user''s or a session''s, exactly one of them; each has at most one that is open.';
COMMENT ON COLUMN ecommerce.carts.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.carts.user_id IS 'Whose cart it is, or';
COMMENT ON COLUMN ecommerce.carts.session_id IS
    'which session''s. It is a secret: whoever knows it has the cart.';
COMMENT ON COLUMN ecommerce.carts.status IS
    'open, then ordered, merged (into another cart) or abandoned.';
COMMENT ON COLUMN ecommerce.carts.order_id IS 'The order that it became.';
COMMENT ON COLUMN ecommerce.carts.coupon_codes IS
    'Coupons that its order redeems, in this order, unless place_order() is told others.';

CREATE TABLE IF NOT EXISTS ecommerce.cart_items (
    tenant_id  integer     NOT NULL,
    cart_id    uuid        NOT NULL,
    product_id uuid        NOT NULL,
    quantity   integer     NOT NULL DEFAULT 1
        CONSTRAINT cart_items_quantity_check CHECK (quantity BETWEEN 1 AND 1000000000),
    unit_price numeric
        CONSTRAINT cart_items_unit_price_check
            CHECK (unit_price >= 0 AND unit_price < 1e15 AND min_scale(unit_price) <= 9),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT cart_items_pkey PRIMARY KEY (tenant_id, cart_id, product_id),
    CONSTRAINT cart_items_cart_fkey FOREIGN KEY (tenant_id, cart_id)
        REFERENCES ecommerce.carts (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT cart_items_product_fkey FOREIGN KEY (tenant_id, product_id)
        REFERENCES ecommerce.products (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS idx_cart_items_product ON ecommerce.cart_items (tenant_id, product_id);
COMMENT ON TABLE ecommerce.cart_items IS 'What is in a cart.';
COMMENT ON COLUMN ecommerce.cart_items.cart_id IS 'The cart.';
COMMENT ON COLUMN ecommerce.cart_items.product_id IS 'The product.';
COMMENT ON COLUMN ecommerce.cart_items.quantity IS 'Units.';
COMMENT ON COLUMN ecommerce.cart_items.unit_price IS
    'The price that the customer saw. If it is set, an order at another price is refused.';

CREATE TABLE IF NOT EXISTS ecommerce.wishlist_items (
    tenant_id  integer     NOT NULL,
    user_id    uuid        NOT NULL,
    product_id uuid        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT wishlist_items_pkey PRIMARY KEY (tenant_id, user_id, product_id),
    CONSTRAINT wishlist_items_user_fkey FOREIGN KEY (tenant_id, user_id)
        REFERENCES ecommerce.users (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT wishlist_items_product_fkey FOREIGN KEY (tenant_id, product_id)
        REFERENCES ecommerce.products (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS idx_wishlist_user ON ecommerce.wishlist_items
    (tenant_id, user_id, created_at);
CREATE INDEX IF NOT EXISTS idx_wishlist_items_product ON ecommerce.wishlist_items
    (tenant_id, product_id);
COMMENT ON TABLE ecommerce.wishlist_items IS 'What a user would like to have.';
COMMENT ON COLUMN ecommerce.wishlist_items.user_id IS 'The user.';
COMMENT ON COLUMN ecommerce.wishlist_items.product_id IS 'The product.';

DO $view$
BEGIN
    IF to_regclass('ecommerce.abandoned_carts') IS NULL THEN
        CREATE VIEW ecommerce.abandoned_carts WITH (security_invoker = true) AS
        SELECT c.tenant_id, c.id, c.user_id, u.email, c.status, l.lines, l.units, l.value,
               s.currency, c.created_at, greatest(c.updated_at, l.updated_at) AS last_changed_at
        FROM ecommerce.carts c
        JOIN ecommerce.settings s ON s.tenant_id = c.tenant_id
        JOIN ecommerce.currencies k ON k.code = s.currency
        LEFT JOIN ecommerce.users u
               ON u.tenant_id = c.tenant_id AND u.id = c.user_id AND u.deleted_at IS NULL
        CROSS JOIN LATERAL (
            SELECT count(*) AS lines, sum(i.quantity) AS units, max(i.updated_at) AS updated_at,
                   sum(round(i.quantity * coalesce(i.unit_price, p.price), k.minor_units)) AS value
            FROM ecommerce.cart_items i
            JOIN ecommerce.products p ON p.tenant_id = i.tenant_id AND p.id = i.product_id
            WHERE i.tenant_id = c.tenant_id AND i.cart_id = c.id) l
        WHERE c.status IN ('open', 'abandoned') AND l.lines > 0
          AND greatest(c.updated_at, l.updated_at) < now() - interval '1 hour';
    END IF;
END
$view$;
COMMENT ON VIEW ecommerce.abandoned_carts IS
    'Carts with something in them that became no order, and that nobody touched for an hour.';
COMMENT ON COLUMN ecommerce.abandoned_carts.user_id IS 'Whose it is; NULL for a guest''s.';
COMMENT ON COLUMN ecommerce.abandoned_carts.email IS 'Where to write to; NULL for a guest.';
COMMENT ON COLUMN ecommerce.abandoned_carts.status IS
    'open, or abandoned once expire_carts() has seen it; cart_restore() brings that back.';
COMMENT ON COLUMN ecommerce.abandoned_carts.lines IS 'Products in it.';
COMMENT ON COLUMN ecommerce.abandoned_carts.units IS 'Units of all of them.';
COMMENT ON COLUMN ecommerce.abandoned_carts.value IS
    'What they come to at the prices that the customer saw, before coupons and shipping.';
COMMENT ON COLUMN ecommerce.abandoned_carts.currency IS 'That of the shop''s prices.';
COMMENT ON COLUMN ecommerce.abandoned_carts.last_changed_at IS
    'When it, or a line of it, last changed.';
