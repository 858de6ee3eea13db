-- Tenants and how each of them sells.  A single shop is tenant 1.

CREATE TABLE IF NOT EXISTS ecommerce.tenants (
    id         integer     NOT NULL CONSTRAINT tenants_pkey PRIMARY KEY
                           CONSTRAINT tenants_id_check CHECK (id > 0),
    name       text        NOT NULL
        CONSTRAINT tenants_name_check CHECK (length(name) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tenants_name_key UNIQUE (name)
);
COMMENT ON TABLE ecommerce.tenants IS 'The shops in this database. Rows are never deleted.';
COMMENT ON COLUMN ecommerce.tenants.id IS 'First column of every key of shop data.';
COMMENT ON COLUMN ecommerce.tenants.name IS 'Name for people, of one tenant only.';
COMMENT ON COLUMN ecommerce.tenants.created_at IS 'When the row was made.';
COMMENT ON COLUMN ecommerce.tenants.updated_at IS 'When the row last changed, set by trigger.';

CREATE TABLE IF NOT EXISTS ecommerce.settings (
    tenant_id       integer     NOT NULL CONSTRAINT settings_pkey PRIMARY KEY
                                CONSTRAINT settings_tenant_fkey REFERENCES ecommerce.tenants (id),
    country         text
        CONSTRAINT settings_country_fkey REFERENCES ecommerce.countries (code),
    region          text        NOT NULL DEFAULT '',
    place           text,
    currency        text        NOT NULL DEFAULT 'EUR'
        CONSTRAINT settings_currency_fkey REFERENCES ecommerce.currencies (code),
    prices          text        NOT NULL DEFAULT 'gross'
        CONSTRAINT settings_prices_check CHECK (prices IN ('net', 'gross')),
    timezone        text        NOT NULL DEFAULT 'UTC',
    distance_sales_exceed_threshold boolean NOT NULL DEFAULT false,
    oss             boolean     NOT NULL DEFAULT false,
    small_enterprise boolean    NOT NULL DEFAULT false,
    shipping_required boolean   NOT NULL DEFAULT false,
    reservation_ttl interval    NOT NULL DEFAULT '15 minutes'
        CONSTRAINT settings_reservation_ttl_check
            CHECK (reservation_ttl > '0' AND reservation_ttl <= '30 days'),
    cart_ttl        interval    NOT NULL DEFAULT '30 days'
        CONSTRAINT settings_cart_ttl_check CHECK (cart_ttl >= '1 hour' AND cart_ttl <= '10 years'),
    password_cost   smallint    NOT NULL DEFAULT 10
        CONSTRAINT settings_password_cost_check CHECK (password_cost BETWEEN 8 AND 16),
    review_approval boolean     NOT NULL DEFAULT false,
    retention_years smallint    NOT NULL DEFAULT 10
        CONSTRAINT settings_retention_years_check CHECK (retention_years BETWEEN 1 AND 100),
    return_days     integer     NOT NULL DEFAULT 14
        CONSTRAINT settings_return_days_check CHECK (return_days BETWEEN 0 AND 3650),
    return_shipping text        NOT NULL DEFAULT 'full_return'
        CONSTRAINT settings_return_shipping_check
            CHECK (return_shipping IN ('never', 'full_return', 'proportional')),
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT settings_region_fkey FOREIGN KEY (country, region)
        REFERENCES ecommerce.vat_regions (country, region)
);
COMMENT ON TABLE ecommerce.settings IS 'How a tenant sells, one row each.';
COMMENT ON COLUMN ecommerce.settings.tenant_id IS 'The tenant.';
COMMENT ON COLUMN ecommerce.settings.country IS
    'Where the seller is established, ISO 3166-1 alpha-2; its VAT rates apply. Must be set before '
    'the first order.';
COMMENT ON COLUMN ecommerce.settings.region IS
    'Region where it is established, if that has rates of its own: a name of vat_regions, or '
    'empty.';
COMMENT ON COLUMN ecommerce.settings.place IS
    'Place of vat_places in that region where it is established, if the region has not always had '
    'it: the region counts on the days on which the place is in it.';
COMMENT ON COLUMN ecommerce.settings.currency IS 'Currency of product prices, ISO 4217.';
COMMENT ON COLUMN ecommerce.settings.prices IS
    'Whether product prices are net (without VAT) or gross (with VAT).';
COMMENT ON COLUMN ecommerce.settings.return_days IS
    'Until how many days after the day of delivery customers may ask for a return.';
COMMENT ON COLUMN ecommerce.settings.return_shipping IS
    'Whether shipping and fees are refunded with returns: never, with a full_return, when all '
    'goods that were sent came back, or proportional to the value of what comes back.';
COMMENT ON COLUMN ecommerce.settings.timezone IS
    'Time zone in which a day begins for the seller, and with it a new VAT rate: a name of '
    'pg_timezone_names, which a trigger looks for. Offsets and POSIX forms are refused.';
COMMENT ON COLUMN ecommerce.settings.distance_sales_exceed_threshold IS
    'Whether sales of goods and digital services to consumers in other member states are above '
    'the threshold of Art. 59c, in this calendar year or the last. It is the application''s to '
    'count, and to set before the sale that crosses it.';
COMMENT ON COLUMN ecommerce.settings.oss IS
    'Whether the seller is registered for the one-stop shop and uses it, for crossing the '
    'threshold or by choice.';
COMMENT ON COLUMN ecommerce.settings.small_enterprise IS
    'Whether the seller is a small enterprise that is exempt from VAT (Art. 284).';
COMMENT ON COLUMN ecommerce.settings.shipping_required IS
    'Whether who may not write orders itself, such as a storefront, has to choose a rate of '
    'delivery for an order of goods.';
COMMENT ON COLUMN ecommerce.settings.reservation_ttl IS
    'How long a reservation holds its stock unless told otherwise.';
COMMENT ON COLUMN ecommerce.settings.cart_ttl IS
    'How long a cart may lie unchanged until expire_carts() takes it for abandoned.';
COMMENT ON COLUMN ecommerce.settings.password_cost IS
    'Cost of new password hashes, as bcrypt counts: one more takes twice the time.';
COMMENT ON COLUMN ecommerce.settings.review_approval IS
    'Whether the shop approves reviews before anybody sees them.';
COMMENT ON COLUMN ecommerce.settings.retention_years IS
    'Calendar years after that of an order for which it keeps whom it was for.';
COMMENT ON COLUMN ecommerce.settings.created_at IS 'When the row was made.';
COMMENT ON COLUMN ecommerce.settings.updated_at IS 'When the row last changed, set by trigger.';
