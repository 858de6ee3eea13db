-- Price lists, of customer groups and of everybody.

CREATE TABLE IF NOT EXISTS ecommerce.price_lists (
    tenant_id  integer     NOT NULL
        CONSTRAINT price_lists_tenant_fkey REFERENCES ecommerce.tenants (id),
    id         uuid        NOT NULL,
    name       text        NOT NULL
        CONSTRAINT price_lists_name_check CHECK (length(name) BETWEEN 1 AND 100),
    group_id   uuid,
    currency   text        NOT NULL
        CONSTRAINT price_lists_currency_fkey REFERENCES ecommerce.currencies (code),
    prices     text        NOT NULL
        CONSTRAINT price_lists_prices_check CHECK (prices IN ('net', 'gross')),
    valid_from timestamptz,
    valid_to   timestamptz,
    priority   integer     NOT NULL DEFAULT 0,
    is_active  boolean     NOT NULL DEFAULT true,
    note       text        CONSTRAINT price_lists_note_check CHECK (length(note) <= 10000),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT price_lists_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT price_lists_name_key UNIQUE (tenant_id, name),
    CONSTRAINT price_lists_group_fkey FOREIGN KEY (tenant_id, group_id)
        REFERENCES ecommerce.customer_groups (tenant_id, id),
    CONSTRAINT price_lists_time_check CHECK (valid_from < valid_to)
);
CREATE INDEX IF NOT EXISTS idx_price_lists_group ON ecommerce.price_lists (tenant_id, group_id);
COMMENT ON TABLE ecommerce.price_lists IS
    'Prices for a customer group or for everybody, while they are valid. A list that has a product '
    'goes before the prices of the product itself; see product_prices().';
COMMENT ON COLUMN ecommerce.price_lists.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.price_lists.name IS 'Name for people, unique in the tenant.';
COMMENT ON COLUMN ecommerce.price_lists.group_id IS
    'The customer group that it is for; NULL for everybody. A list of the group goes before those '
    'for everybody.';
COMMENT ON COLUMN ecommerce.price_lists.currency IS
    'Currency of its prices, ISO 4217. It applies to orders in that currency only.';
COMMENT ON COLUMN ecommerce.price_lists.prices IS
    'Whether its prices are net (without VAT) or gross. An order has one kind of prices.';
COMMENT ON COLUMN ecommerce.price_lists.valid_from IS
    'From when it applies (inclusive); NULL: always has.';
COMMENT ON COLUMN ecommerce.price_lists.valid_to IS
    'Until when it applies (exclusive); NULL: for good.';
COMMENT ON COLUMN ecommerce.price_lists.priority IS
    'Of lists that are all of the group, or all for everybody, the highest one that has a product '
    'goes first.';
COMMENT ON COLUMN ecommerce.price_lists.is_active IS 'Whether it applies at all.';
COMMENT ON COLUMN ecommerce.price_lists.note IS 'For people.';

CREATE TABLE IF NOT EXISTS ecommerce.prices (
    tenant_id     integer     NOT NULL,
    product_id    uuid        NOT NULL,
    price_list_id uuid        NOT NULL,
    min_quantity  integer     NOT NULL DEFAULT 1
        CONSTRAINT prices_min_quantity_check CHECK (min_quantity BETWEEN 1 AND 1000000000),
    price         numeric     NOT NULL
        CONSTRAINT prices_price_check
            CHECK (price >= 0 AND price < 1e15 AND min_scale(price) <= 9),
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT prices_pkey PRIMARY KEY (tenant_id, product_id, price_list_id, min_quantity),
    CONSTRAINT prices_product_fkey FOREIGN KEY (tenant_id, product_id)
        REFERENCES ecommerce.products (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT prices_list_fkey FOREIGN KEY (tenant_id, price_list_id)
        REFERENCES ecommerce.price_lists (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS idx_prices_list ON ecommerce.prices (tenant_id, price_list_id);
COMMENT ON TABLE ecommerce.prices IS
    'What a product costs in a price list, from a quantity on. Products that a list has not are '
    'sold at other lists'' prices or their own.';
COMMENT ON COLUMN ecommerce.prices.product_id IS 'The product.';
COMMENT ON COLUMN ecommerce.prices.price_list_id IS 'The price list.';
COMMENT ON COLUMN ecommerce.prices.min_quantity IS
    'Units from which on it applies; all lines of the product count together.';
COMMENT ON COLUMN ecommerce.prices.price IS
    'Price of products.base_quantity units, in the currency of the list, net or gross as the list '
    'says.';
