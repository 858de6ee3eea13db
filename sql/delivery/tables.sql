-- Where a shop delivers to, how, and what it charges for that.
--
-- Orders do not reference rates: their lines say what was charged.

CREATE TABLE IF NOT EXISTS ecommerce.delivery_zones (
    tenant_id  integer     NOT NULL
        CONSTRAINT delivery_zones_tenant_fkey REFERENCES ecommerce.tenants (id),
    id         uuid        NOT NULL,
    name       text        NOT NULL
        CONSTRAINT delivery_zones_name_check CHECK (length(name) BETWEEN 1 AND 100),
    priority   integer     NOT NULL DEFAULT 0,
    is_active  boolean     NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT delivery_zones_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT delivery_zones_name_key UNIQUE (tenant_id, name)
);
COMMENT ON TABLE ecommerce.delivery_zones IS
    'Parts of the world with rates of their own. An address is in one zone at most: that whose '
    'place fits it most closely.';
COMMENT ON COLUMN ecommerce.delivery_zones.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.delivery_zones.name IS 'Name for people, unique in the tenant.';
COMMENT ON COLUMN ecommerce.delivery_zones.priority IS
    'Of zones that fit an address equally, that with the highest priority counts.';
COMMENT ON COLUMN ecommerce.delivery_zones.is_active IS
    'Whether addresses can be in it; else it is as if it were not there.';

CREATE TABLE IF NOT EXISTS ecommerce.delivery_zone_places (
    tenant_id   integer     NOT NULL,
    zone_id     uuid        NOT NULL,
    country     text        NOT NULL
        CONSTRAINT delivery_zone_places_country_check CHECK (country ~ '^([A-Z]{2})?$'),
    region      text        NOT NULL DEFAULT ''
        CONSTRAINT delivery_zone_places_region_check CHECK (length(region) <= 100),
    postal_code text        NOT NULL DEFAULT ''
        CONSTRAINT delivery_zone_places_postal_code_check CHECK (length(postal_code) <= 100),
    is_excluded boolean     NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT delivery_zone_places_pkey
        PRIMARY KEY (tenant_id, zone_id, country, region, postal_code),
    CONSTRAINT delivery_zone_places_zone_fkey FOREIGN KEY (tenant_id, zone_id)
        REFERENCES ecommerce.delivery_zones (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT delivery_zone_places_anywhere_check
        CHECK (country <> '' OR (region = '' AND postal_code = ''))
);
CREATE INDEX IF NOT EXISTS idx_delivery_zone_places_country ON ecommerce.delivery_zone_places
    (tenant_id, country);
COMMENT ON TABLE ecommerce.delivery_zone_places IS
    'What is in a zone, and what is not. Of its places that fit an address the closest decides.';
COMMENT ON COLUMN ecommerce.delivery_zone_places.zone_id IS 'The zone.';
COMMENT ON COLUMN ecommerce.delivery_zone_places.country IS
    'Country, ISO 3166-1 alpha-2; empty for any, the rest of the world.';
COMMENT ON COLUMN ecommerce.delivery_zone_places.region IS
    'Region in it as addresses have it in state, compared without case and accents, or a region '
    'or place that vat_places tells by postal code; empty for any.';
COMMENT ON COLUMN ecommerce.delivery_zone_places.postal_code IS
    'A postal code; a beginning with an asterisk, as 84*; or two of digits from and to, as '
    '10000-19999, also as the beginning of longer ones. Empty for any. A trigger writes it in the '
    'form of postal_code().';
COMMENT ON COLUMN ecommerce.delivery_zone_places.is_excluded IS
    'Whether what it says is not in the zone.';

CREATE TABLE IF NOT EXISTS ecommerce.delivery_methods (
    tenant_id  integer     NOT NULL
        CONSTRAINT delivery_methods_tenant_fkey REFERENCES ecommerce.tenants (id),
    id         uuid        NOT NULL,
    code       text        NOT NULL
        CONSTRAINT delivery_methods_code_check CHECK (code ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$'),
    name       text        NOT NULL
        CONSTRAINT delivery_methods_name_check CHECK (length(name) BETWEEN 1 AND 100),
    carrier    text
        CONSTRAINT delivery_methods_carrier_check CHECK (length(carrier) BETWEEN 1 AND 100),
    vat        text        NOT NULL DEFAULT 'proportional'
        CONSTRAINT delivery_methods_vat_check CHECK (vat IN ('proportional', 'highest')),
    min_days   integer
        CONSTRAINT delivery_methods_min_days_check CHECK (min_days BETWEEN 0 AND 1000),
    max_days   integer
        CONSTRAINT delivery_methods_max_days_check CHECK (max_days BETWEEN 0 AND 1000),
    sort_order integer     NOT NULL DEFAULT 0,
    is_active  boolean     NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT delivery_methods_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT delivery_methods_code_key UNIQUE (tenant_id, code),
    CONSTRAINT delivery_methods_days_check CHECK (min_days <= max_days)
);
COMMENT ON TABLE ecommerce.delivery_methods IS
    'Ways in which a shop delivers. An order is offered one rate of each.';
COMMENT ON COLUMN ecommerce.delivery_methods.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.delivery_methods.code IS 'Code, unique in the tenant.';
COMMENT ON COLUMN ecommerce.delivery_methods.name IS
    'Name for customers; the name of the order''s line.';
COMMENT ON COLUMN ecommerce.delivery_methods.carrier IS 'Who carries it, if that is to be said.';
COMMENT ON COLUMN ecommerce.delivery_methods.vat IS
    'Whose VAT it bears: proportional, that of all products of the order in their proportion; or '
    'highest, the highest rate among them.';
COMMENT ON COLUMN ecommerce.delivery_methods.min_days IS 'Days that it takes at least.';
COMMENT ON COLUMN ecommerce.delivery_methods.max_days IS 'Days that it takes at most.';
COMMENT ON COLUMN ecommerce.delivery_methods.sort_order IS 'Order in which they are offered.';
COMMENT ON COLUMN ecommerce.delivery_methods.is_active IS 'Whether its rates are offered.';

CREATE TABLE IF NOT EXISTS ecommerce.delivery_rates (
    tenant_id         integer     NOT NULL
        CONSTRAINT delivery_rates_tenant_fkey REFERENCES ecommerce.tenants (id),
    id                uuid        NOT NULL,
    code              text        NOT NULL
        CONSTRAINT delivery_rates_code_check
            CHECK (code ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$'
                   AND replace(code, '-', '') !~ '^[0-9A-Fa-f]{32}$'),
    method_id         uuid        NOT NULL,
    zone_id           uuid        NOT NULL,
    group_id          uuid,
    currency          text        NOT NULL
        CONSTRAINT delivery_rates_currency_fkey REFERENCES ecommerce.currencies (code),
    weight_above      numeric
        CONSTRAINT delivery_rates_weight_above_check
            CHECK (weight_above >= 0 AND weight_above < 1e15),
    weight_to         numeric
        CONSTRAINT delivery_rates_weight_to_check CHECK (weight_to >= 0 AND weight_to < 1e15),
    goods_from        numeric
        CONSTRAINT delivery_rates_goods_from_check CHECK (goods_from >= 0 AND goods_from < 1e15),
    goods_below       numeric
        CONSTRAINT delivery_rates_goods_below_check
            CHECK (goods_below >= 0 AND goods_below < 1e15),
    quantity_from     bigint
        CONSTRAINT delivery_rates_quantity_from_check CHECK (quantity_from > 0),
    quantity_to       bigint
        CONSTRAINT delivery_rates_quantity_to_check CHECK (quantity_to > 0),
    price             numeric     NOT NULL
        CONSTRAINT delivery_rates_price_check CHECK (price >= 0 AND price < 1e15),
    price_per_kg      numeric     NOT NULL DEFAULT 0
        CONSTRAINT delivery_rates_price_per_kg_check
            CHECK (price_per_kg >= 0 AND price_per_kg < 1e15 AND min_scale(price_per_kg) <= 9),
    free_from         numeric
        CONSTRAINT delivery_rates_free_from_check CHECK (free_from >= 0 AND free_from < 1e15),
    is_active         boolean     NOT NULL DEFAULT true,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT delivery_rates_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT delivery_rates_code_key UNIQUE (tenant_id, code),
    CONSTRAINT delivery_rates_method_fkey FOREIGN KEY (tenant_id, method_id)
        REFERENCES ecommerce.delivery_methods (tenant_id, id),
    CONSTRAINT delivery_rates_zone_fkey FOREIGN KEY (tenant_id, zone_id)
        REFERENCES ecommerce.delivery_zones (tenant_id, id),
    CONSTRAINT delivery_rates_group_fkey FOREIGN KEY (tenant_id, group_id)
        REFERENCES ecommerce.customer_groups (tenant_id, id),
    CONSTRAINT delivery_rates_weight_check CHECK (weight_above < weight_to),
    CONSTRAINT delivery_rates_goods_check CHECK (goods_from < goods_below),
    CONSTRAINT delivery_rates_quantity_check CHECK (quantity_from <= quantity_to)
);
CREATE INDEX IF NOT EXISTS idx_delivery_rates_zone ON ecommerce.delivery_rates
    (tenant_id, zone_id);
CREATE INDEX IF NOT EXISTS idx_delivery_rates_method ON ecommerce.delivery_rates
    (tenant_id, method_id);
CREATE INDEX IF NOT EXISTS idx_delivery_rates_group ON ecommerce.delivery_rates
    (tenant_id, group_id) WHERE group_id IS NOT NULL;
COMMENT ON TABLE ecommerce.delivery_rates IS
    'What a method costs in a zone, for orders within its bounds. Bounds that are NULL are none. '
    'Where several of a method fit, one of the customer''s group goes before those of everybody, '
    'and then the cheapest counts.';
COMMENT ON COLUMN ecommerce.delivery_rates.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.delivery_rates.code IS
    'Code by which orders choose it, unique in the tenant. Not of the form of an id.';
COMMENT ON COLUMN ecommerce.delivery_rates.method_id IS 'The method.';
COMMENT ON COLUMN ecommerce.delivery_rates.zone_id IS 'The zone.';
COMMENT ON COLUMN ecommerce.delivery_rates.group_id IS
    'Group of customers whom it is for; NULL for everybody.';
COMMENT ON COLUMN ecommerce.delivery_rates.currency IS
    'Currency of its amounts, ISO 4217; it is for orders in that currency. A trigger takes '
    'settings.currency for NULL.';
COMMENT ON COLUMN ecommerce.delivery_rates.weight_above IS
    'For goods that weigh more than this, in kilograms.';
COMMENT ON COLUMN ecommerce.delivery_rates.weight_to IS
    'For goods that weigh no more than this, in kilograms.';
COMMENT ON COLUMN ecommerce.delivery_rates.goods_from IS
    'For goods that come to this or more after discounts, net or gross as the prices of the order '
    'are.';
COMMENT ON COLUMN ecommerce.delivery_rates.goods_below IS
    'For goods that come to less than this.';
COMMENT ON COLUMN ecommerce.delivery_rates.quantity_from IS 'For this many units or more.';
COMMENT ON COLUMN ecommerce.delivery_rates.quantity_to IS 'For this many units or fewer.';
COMMENT ON COLUMN ecommerce.delivery_rates.price IS
    'What it costs, net or gross as the prices of the order are.';
COMMENT ON COLUMN ecommerce.delivery_rates.price_per_kg IS
    'What each kilogram above weight_above costs besides, one that is begun like a whole one.';
COMMENT ON COLUMN ecommerce.delivery_rates.free_from IS
    'It costs nothing for goods that come to this or more.';
COMMENT ON COLUMN ecommerce.delivery_rates.is_active IS 'Whether it is offered.';
