-- What customers seek, and what a storefront shows them.

CREATE TABLE IF NOT EXISTS ecommerce.search_history (
    tenant_id     integer     NOT NULL,
    id            uuid        NOT NULL,
    user_id       uuid,
    session_id    text
        CONSTRAINT search_history_session_id_check CHECK (length(session_id) <= 255),
    search_term   text        NOT NULL
        CONSTRAINT search_history_search_term_check CHECK (length(search_term) <= 255),
    words         text        CONSTRAINT search_history_words_check CHECK (length(words) <= 1000),
    results_count integer     NOT NULL DEFAULT 0
        CONSTRAINT search_history_results_count_check CHECK (results_count >= 0),
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT search_history_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT search_history_user_fkey FOREIGN KEY (tenant_id, user_id)
        REFERENCES ecommerce.users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS idx_search_term ON ecommerce.search_history (tenant_id, search_term);
CREATE INDEX IF NOT EXISTS idx_search_history_created ON ecommerce.search_history
    (tenant_id, created_at);
CREATE INDEX IF NOT EXISTS idx_search_history_session ON ecommerce.search_history
    (tenant_id, session_id) WHERE user_id IS NULL AND session_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_search_history_user ON ecommerce.search_history (tenant_id, user_id)
    WHERE user_id IS NOT NULL;
COMMENT ON TABLE ecommerce.search_history IS 'What was searched for.';
COMMENT ON COLUMN ecommerce.search_history.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.search_history.user_id IS 'Who searched, if known.';
COMMENT ON COLUMN ecommerce.search_history.session_id IS 'The session, if no user is known.';
COMMENT ON COLUMN ecommerce.search_history.search_term IS 'As typed.';
COMMENT ON COLUMN ecommerce.search_history.words IS
    'The same, case folded, with one blank between words, so that equal searches are counted '
    'together; NULL is as typed.';
COMMENT ON COLUMN ecommerce.search_history.results_count IS 'How many products were found.';

DO $view$
BEGIN
    IF to_regclass('ecommerce.popular_searches') IS NULL THEN
        CREATE VIEW ecommerce.popular_searches WITH (security_invoker = true) AS
        SELECT h.tenant_id, coalesce(h.words, h.search_term) AS search_term,
               count(*) AS searches,
               count(DISTINCT coalesce(h.user_id::text, h.session_id)) AS people,
               count(*) FILTER (WHERE h.results_count = 0) AS without_results,
               max(h.created_at) AS last_at
        FROM ecommerce.search_history h
        GROUP BY 1, 2;
    END IF;
    IF to_regclass('ecommerce.product_listing') IS NULL THEN
        CREATE VIEW ecommerce.product_listing WITH (security_invoker = true) AS
        SELECT p.tenant_id, p.id, p.sku, p.slug, p.name, p.short_description, c.name AS category,
               CASE WHEN p.sale_price < p.price AND (p.sale_from IS NULL OR p.sale_from <= now())
                     AND (p.sale_to IS NULL OR p.sale_to > now())
                    THEN p.sale_price ELSE p.price END AS price,
               CASE WHEN p.sale_price < p.price AND (p.sale_from IS NULL OR p.sale_from <= now())
                     AND (p.sale_to IS NULL OR p.sale_to > now())
                    THEN coalesce(p.original_price, p.price) ELSE p.original_price
               END AS original_price, p.base_quantity, p.unit_code, s.currency,
               CASE WHEN p.track_stock THEN coalesce((SELECT sum(k.available) FROM ecommerce.stock k
                                                      WHERE k.tenant_id = p.tenant_id
                                                        AND k.product_id = p.id), 0) END AS stock,
               r.rating, coalesce(r.review_count, 0) AS review_count,
               i.url AS image_url, p.is_featured, p.created_at
        FROM ecommerce.products p
        JOIN ecommerce.settings s ON s.tenant_id = p.tenant_id
        LEFT JOIN ecommerce.categories c ON c.tenant_id = p.tenant_id AND c.id = p.category_id
        LEFT JOIN ecommerce.product_images i ON i.tenant_id = p.tenant_id AND i.product_id = p.id
                                            AND i.is_primary
        LEFT JOIN LATERAL (SELECT round(avg(v.rating), 2) AS rating, count(*) AS review_count
                           FROM ecommerce.product_reviews v
                           WHERE v.tenant_id = p.tenant_id AND v.product_id = p.id
                             AND v.is_approved) r ON true
        WHERE p.status = 'active' AND p.deleted_at IS NULL;
    END IF;
END
$view$;
COMMENT ON VIEW ecommerce.popular_searches IS
    'What is searched for, and how often, in all that the history has. For a storefront, which '
    'must not show what one person typed, there is popular_terms().';
COMMENT ON COLUMN ecommerce.popular_searches.search_term IS
    'The words, whatever their case, with one blank between them.';
COMMENT ON COLUMN ecommerce.popular_searches.searches IS 'How often.';
COMMENT ON COLUMN ecommerce.popular_searches.people IS 'By how many users and sessions.';
COMMENT ON COLUMN ecommerce.popular_searches.without_results IS 'How often nothing was found.';
COMMENT ON COLUMN ecommerce.popular_searches.last_at IS 'The last time.';

COMMENT ON VIEW ecommerce.product_listing IS
    'Products that are for sale, as a storefront shows them.';
COMMENT ON COLUMN ecommerce.product_listing.category IS 'Name of its category.';
COMMENT ON COLUMN ecommerce.product_listing.price IS
    'Its sale price during a sale, else its list price; price lists have others, which '
    'product_prices() tells.';
COMMENT ON COLUMN ecommerce.product_listing.original_price IS
    'Price before a reduction, to be shown struck through: during a sale the list price, unless '
    'the product says another one.';
COMMENT ON COLUMN ecommerce.product_listing.currency IS 'Currency of its prices.';
COMMENT ON COLUMN ecommerce.product_listing.stock IS
    'Units that can be sold now; NULL where stock is not tracked.';
COMMENT ON COLUMN ecommerce.product_listing.rating IS
    'Average of its approved reviews, NULL without any.';
COMMENT ON COLUMN ecommerce.product_listing.review_count IS 'Number of its approved reviews.';
COMMENT ON COLUMN ecommerce.product_listing.image_url IS 'Its primary picture.';
