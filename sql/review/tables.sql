-- Who found a review helpful.  The reviews themselves stand beside their products.

CREATE TABLE IF NOT EXISTS ecommerce.review_votes (
    tenant_id  integer     NOT NULL,
    review_id  uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT review_votes_pkey PRIMARY KEY (tenant_id, review_id, user_id),
    CONSTRAINT review_votes_review_fkey FOREIGN KEY (tenant_id, review_id)
        REFERENCES ecommerce.product_reviews (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT review_votes_user_fkey FOREIGN KEY (tenant_id, user_id)
        REFERENCES ecommerce.users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS idx_review_votes_user ON ecommerce.review_votes (tenant_id, user_id);
COMMENT ON TABLE ecommerce.review_votes IS
    'Who found which review helpful, once each. product_reviews.helpful_count counts them, and '
    'what was moved in with the review.';
COMMENT ON COLUMN ecommerce.review_votes.review_id IS 'The review.';
COMMENT ON COLUMN ecommerce.review_votes.user_id IS 'Who found it helpful.';
