-- Categories, products and what customers say about them.

CREATE TABLE IF NOT EXISTS ecommerce.categories (
    tenant_id   integer     NOT NULL
        CONSTRAINT categories_tenant_fkey REFERENCES ecommerce.tenants (id),
    id          uuid        NOT NULL,
    parent_id   uuid,
    name        text        NOT NULL
        CONSTRAINT categories_name_check CHECK (length(name) BETWEEN 1 AND 100),
    slug        text        NOT NULL
        CONSTRAINT categories_slug_check CHECK (length(slug) BETWEEN 1 AND 100),
    description text
        CONSTRAINT categories_description_check CHECK (length(description) <= 100000),
    icon        text        CONSTRAINT categories_icon_check CHECK (length(icon) <= 100),
    image_url   text        CONSTRAINT categories_image_url_check CHECK (length(image_url) <= 2000),
    sort_order  integer     NOT NULL DEFAULT 0,
    is_active   boolean     NOT NULL DEFAULT true,
    metadata    jsonb       NOT NULL DEFAULT '{}'
        CONSTRAINT categories_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT categories_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT categories_slug_key UNIQUE (tenant_id, slug),
    CONSTRAINT categories_parent_fkey FOREIGN KEY (tenant_id, parent_id)
        REFERENCES ecommerce.categories (tenant_id, id)
);
CREATE INDEX IF NOT EXISTS idx_categories_parent ON ecommerce.categories (tenant_id, parent_id);
COMMENT ON TABLE ecommerce.categories IS 'Tree of categories; a trigger refuses cycles.';
COMMENT ON COLUMN ecommerce.categories.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.categories.parent_id IS 'Category above it, NULL at the top.';
COMMENT ON COLUMN ecommerce.categories.name IS 'Name for people.';
COMMENT ON COLUMN ecommerce.categories.slug IS 'Name in URLs, unique in the tenant.';
COMMENT ON COLUMN ecommerce.categories.description IS 'Description.';
COMMENT ON COLUMN ecommerce.categories.icon IS 'Name of an icon.';
COMMENT ON COLUMN ecommerce.categories.image_url IS 'Picture.';
COMMENT ON COLUMN ecommerce.categories.sort_order IS 'Order among its siblings.';
COMMENT ON COLUMN ecommerce.categories.is_active IS 'Whether the storefront shows it.';

CREATE TABLE IF NOT EXISTS ecommerce.products (
    tenant_id         integer     NOT NULL
        CONSTRAINT products_tenant_fkey REFERENCES ecommerce.tenants (id),
    id                uuid        NOT NULL,
    parent_id         uuid,
    category_id       uuid,
    sku               text        NOT NULL
        CONSTRAINT products_sku_check CHECK (length(sku) BETWEEN 1 AND 100),
    slug              text        NOT NULL
        CONSTRAINT products_slug_check CHECK (length(slug) BETWEEN 1 AND 255),
    name              text        NOT NULL
        CONSTRAINT products_name_check CHECK (length(name) BETWEEN 1 AND 255),
    description       text
        CONSTRAINT products_description_check CHECK (length(description) <= 100000),
    short_description text
        CONSTRAINT products_short_description_check CHECK (length(short_description) <= 10000),
    price             numeric     NOT NULL
        CONSTRAINT check_price_positive
            CHECK (price >= 0 AND price < 1e15 AND min_scale(price) <= 9),
    original_price    numeric
        CONSTRAINT products_original_price_check
            CHECK (original_price >= 0 AND original_price < 1e15
                   AND min_scale(original_price) <= 9),
    cost_price        numeric
        CONSTRAINT products_cost_price_check
            CHECK (cost_price >= 0 AND cost_price < 1e15 AND min_scale(cost_price) <= 9),
    sale_price        numeric
        CONSTRAINT products_sale_price_check
            CHECK (sale_price >= 0 AND sale_price < 1e15 AND min_scale(sale_price) <= 9),
    sale_from         timestamptz,
    sale_to           timestamptz,
    base_quantity     integer     NOT NULL DEFAULT 1
        CONSTRAINT products_base_quantity_check CHECK (base_quantity BETWEEN 1 AND 1000000000),
    unit_code         text        NOT NULL DEFAULT 'C62'
        CONSTRAINT products_unit_code_check CHECK (unit_code ~ '^[A-Z0-9]{2,3}$'),
    vat_class         text        NOT NULL DEFAULT 'standard'
                                  CONSTRAINT products_vat_class_check CHECK (vat_class IN (
            'standard', 'reduced', 'reduced2', 'super_reduced', 'super_reduced2', 'parking',
            'zero', 'accommodation', 'books', 'bread', 'culture', 'energy', 'food', 'fruit',
            'hairdressing', 'heating', 'housing', 'hygiene', 'medicine', 'oil', 'pasta', 'plants',
            'press', 'repair', 'restaurant', 'solar', 'transport', 'exempt')),
    supply            text        NOT NULL DEFAULT 'goods'
        CONSTRAINT products_supply_check CHECK (supply IN ('goods', 'service', 'digital')),
    track_stock       boolean     NOT NULL DEFAULT true,
    min_stock         integer     NOT NULL DEFAULT 5
        CONSTRAINT products_min_stock_check CHECK (min_stock >= 0),
    stock_slots       smallint
        CONSTRAINT products_stock_slots_check CHECK (stock_slots BETWEEN 1 AND 256),
    weight            numeric
        CONSTRAINT products_weight_check CHECK (weight >= 0 AND weight < 1e9),
    dimensions        jsonb
        CONSTRAINT products_dimensions_check CHECK (jsonb_typeof(dimensions) = 'object'),
    attributes        jsonb       NOT NULL DEFAULT '{}'
        CONSTRAINT products_attributes_check CHECK (jsonb_typeof(attributes) = 'object'),
    specifications    jsonb       NOT NULL DEFAULT '{}'
        CONSTRAINT products_specifications_check CHECK (jsonb_typeof(specifications) = 'object'),
    tags              text[]      NOT NULL DEFAULT '{}'
        CONSTRAINT products_tags_check
            CHECK (cardinality(tags) <= 100 AND array_position(tags, NULL) IS NULL),
    status            text        NOT NULL DEFAULT 'active'
        CONSTRAINT products_status_check CHECK (status IN ('active', 'inactive', 'draft')),
    is_featured       boolean     NOT NULL DEFAULT false,
    meta_title        text
        CONSTRAINT products_meta_title_check CHECK (length(meta_title) <= 255),
    meta_description  text
        CONSTRAINT products_meta_description_check CHECK (length(meta_description) <= 10000),
    metadata          jsonb       NOT NULL DEFAULT '{}'
        CONSTRAINT products_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    deleted_at        timestamptz,
    CONSTRAINT products_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT products_sku_key UNIQUE NULLS NOT DISTINCT (tenant_id, sku, deleted_at),
    CONSTRAINT idx_products_slug UNIQUE NULLS NOT DISTINCT (tenant_id, slug, deleted_at),
    CONSTRAINT products_parent_fkey FOREIGN KEY (tenant_id, parent_id)
        REFERENCES ecommerce.products (tenant_id, id),
    CONSTRAINT products_category_fkey FOREIGN KEY (tenant_id, category_id)
        REFERENCES ecommerce.categories (tenant_id, id),
    CONSTRAINT products_parent_check CHECK (parent_id <> id),
    CONSTRAINT products_sale_time_check CHECK (sale_from < sale_to),
    CONSTRAINT products_sale_check
        CHECK (sale_price IS NOT NULL OR num_nonnulls(sale_from, sale_to) = 0)
);
CREATE INDEX IF NOT EXISTS idx_products_category ON ecommerce.products (tenant_id, category_id);
CREATE INDEX IF NOT EXISTS idx_products_parent ON ecommerce.products (tenant_id, parent_id)
    WHERE parent_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_products_status ON ecommerce.products (tenant_id, status);
CREATE INDEX IF NOT EXISTS idx_products_featured ON ecommerce.products (tenant_id)
    WHERE is_featured;
CREATE INDEX IF NOT EXISTS idx_products_attributes ON ecommerce.products USING gin (attributes);
CREATE INDEX IF NOT EXISTS idx_products_tags ON ecommerce.products USING gin (tags);
COMMENT ON TABLE ecommerce.products IS
    'What the shop sells. Deleted softly: deleted_at frees sku and slug; a product that was ever '
    'ordered cannot be deleted otherwise.';
COMMENT ON COLUMN ecommerce.products.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.products.parent_id IS 'The product that this one is a variant of.';
COMMENT ON COLUMN ecommerce.products.category_id IS 'Its category.';
COMMENT ON COLUMN ecommerce.products.sku IS
    'Stock keeping unit, unique among the products of a tenant that are not deleted. Case matters; '
    'a trigger refuses what makes it look like another one.';
COMMENT ON COLUMN ecommerce.products.slug IS
    'Name in URLs, unique like sku. A new product has its SKU there, if none is given.';
COMMENT ON COLUMN ecommerce.products.name IS 'Name for people.';
COMMENT ON COLUMN ecommerce.products.description IS 'Description.';
COMMENT ON COLUMN ecommerce.products.short_description IS 'Description for lists.';
COMMENT ON COLUMN ecommerce.products.price IS
    'List price of base_quantity units, in settings.currency, net or gross as settings.prices '
    'says. What is paid may be less, or that of a price list: see product_prices().';
COMMENT ON COLUMN ecommerce.products.original_price IS
    'Price before a reduction, to be shown struck through.';
COMMENT ON COLUMN ecommerce.products.cost_price IS
    'What base_quantity units cost the shop, net.';
COMMENT ON COLUMN ecommerce.products.sale_price IS
    'Price instead of the list price, while it is lower, from sale_from until sale_to. Price lists '
    'go before it.';
COMMENT ON COLUMN ecommerce.products.sale_from IS
    'From when the sale price applies (inclusive); NULL: always has.';
COMMENT ON COLUMN ecommerce.products.sale_to IS
    'Until when the sale price applies (exclusive); NULL: for good.';
COMMENT ON COLUMN ecommerce.products.base_quantity IS
    'How many units the prices are for (BT-149 of EN 16931): 1000 for what is counted in grams '
    'and priced by the kilogram. A line is round(quantity * price / base_quantity), once.';
COMMENT ON COLUMN ecommerce.products.unit_code IS
    'What a unit is, the smallest that is sold and the one that quantities count: a code of UN/ECE '
    'recommendation 20 (BT-130, BT-150), such as C62 (one), GRM, MTR, MLT.';
COMMENT ON COLUMN ecommerce.products.vat_class IS
    'Which of a country''s VAT rates applies (vat_classes tells what each is for); exempt has '
    'none.';
COMMENT ON COLUMN ecommerce.products.supply IS
    'What it is for VAT: goods, service (of the general rule of Art. 44 and 45, performed where '
    'the seller is established) or digital (telecommunication, broadcasting, electronic).';
COMMENT ON COLUMN ecommerce.products.track_stock IS
    'Whether it can be out of stock; false for services and downloads.';
COMMENT ON COLUMN ecommerce.products.min_stock IS
    'Stock is low when no more than this can be sold.';
COMMENT ON COLUMN ecommerce.products.stock_slots IS
    'Rows that its stock is spread over in each warehouse; NULL lets it spread while many buy it '
    'at once. Set by set_stock_slots().';
COMMENT ON COLUMN ecommerce.products.weight IS 'Weight of one unit in kilograms.';
COMMENT ON COLUMN ecommerce.products.dimensions IS
    'Length, width and height, as the shop writes them.';
COMMENT ON COLUMN ecommerce.products.attributes IS 'Attributes to filter by, an object.';
COMMENT ON COLUMN ecommerce.products.specifications IS 'Specifications to show, an object.';
COMMENT ON COLUMN ecommerce.products.tags IS 'Tags.';
COMMENT ON COLUMN ecommerce.products.status IS 'active (for sale), inactive or draft.';
COMMENT ON COLUMN ecommerce.products.is_featured IS 'Whether the storefront features it.';
COMMENT ON COLUMN ecommerce.products.meta_title IS 'Title for search engines.';
COMMENT ON COLUMN ecommerce.products.meta_description IS 'Description for search engines.';

CREATE TABLE IF NOT EXISTS ecommerce.product_images (
    tenant_id  integer     NOT NULL,
    id         uuid        NOT NULL,
    product_id uuid        NOT NULL,
    url        text        NOT NULL
        CONSTRAINT product_images_url_check CHECK (length(url) BETWEEN 1 AND 2000),
    alt_text   text        CONSTRAINT product_images_alt_text_check CHECK (length(alt_text) <= 500),
    is_primary boolean     NOT NULL DEFAULT false,
    sort_order integer     NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT product_images_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT product_images_product_fkey FOREIGN KEY (tenant_id, product_id)
        REFERENCES ecommerce.products (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS idx_product_images_product ON ecommerce.product_images
    (tenant_id, product_id, sort_order);
CREATE UNIQUE INDEX IF NOT EXISTS idx_product_images_primary ON ecommerce.product_images
    (tenant_id, product_id) WHERE is_primary;
COMMENT ON TABLE ecommerce.product_images IS 'Pictures of products.';
COMMENT ON COLUMN ecommerce.product_images.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.product_images.product_id IS 'The product.';
COMMENT ON COLUMN ecommerce.product_images.url IS 'Where the picture is.';
COMMENT ON COLUMN ecommerce.product_images.alt_text IS
    'What it shows, for those who cannot see it.';
COMMENT ON COLUMN ecommerce.product_images.is_primary IS 'At most one for each product.';
COMMENT ON COLUMN ecommerce.product_images.sort_order IS 'Order among the pictures of a product.';

CREATE TABLE IF NOT EXISTS ecommerce.product_reviews (
    tenant_id     integer     NOT NULL,
    id            uuid        NOT NULL,
    product_id    uuid        NOT NULL,
    user_id       uuid        NOT NULL,
    order_id      uuid,
    rating        smallint    NOT NULL
        CONSTRAINT product_reviews_rating_check CHECK (rating BETWEEN 1 AND 5),
    title         text        CONSTRAINT product_reviews_title_check CHECK (length(title) <= 255),
    comment       text
        CONSTRAINT product_reviews_comment_check CHECK (length(comment) <= 10000),
    is_verified   boolean     NOT NULL DEFAULT false,
    is_approved   boolean     NOT NULL DEFAULT true,
    helpful_count integer     NOT NULL DEFAULT 0
        CONSTRAINT product_reviews_helpful_count_check CHECK (helpful_count >= 0),
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT product_reviews_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT product_reviews_product_fkey FOREIGN KEY (tenant_id, product_id)
        REFERENCES ecommerce.products (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT product_reviews_user_fkey FOREIGN KEY (tenant_id, user_id)
        REFERENCES ecommerce.users (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX IF NOT EXISTS idx_product_reviews_once ON ecommerce.product_reviews
    (tenant_id, product_id, user_id, coalesce(order_id, '00000000-0000-0000-0000-000000000000'));
CREATE INDEX IF NOT EXISTS idx_reviews_product ON ecommerce.product_reviews (tenant_id, product_id);
CREATE INDEX IF NOT EXISTS idx_product_reviews_rating ON ecommerce.product_reviews
    (tenant_id, product_id) INCLUDE (rating, user_id) WHERE is_approved;
CREATE INDEX IF NOT EXISTS idx_reviews_user ON ecommerce.product_reviews (tenant_id, user_id);
COMMENT ON TABLE ecommerce.product_reviews IS
    'Ratings by customers, one for each product, user and order.';
COMMENT ON COLUMN ecommerce.product_reviews.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.product_reviews.product_id IS 'The product.';
COMMENT ON COLUMN ecommerce.product_reviews.user_id IS 'Who wrote it.';
COMMENT ON COLUMN ecommerce.product_reviews.order_id IS 'The order by which they bought it.';
COMMENT ON COLUMN ecommerce.product_reviews.rating IS '1 to 5.';
COMMENT ON COLUMN ecommerce.product_reviews.title IS 'Title.';
COMMENT ON COLUMN ecommerce.product_reviews.comment IS 'Text.';
COMMENT ON COLUMN ecommerce.product_reviews.is_verified IS
    'Whether they are known to have bought it.';
COMMENT ON COLUMN ecommerce.product_reviews.is_approved IS
    'Whether the storefront shows it and ratings count it.';
COMMENT ON COLUMN ecommerce.product_reviews.helpful_count IS 'How many found it helpful.';
