-- What functions of reviews answer.

CREATE TYPE ecommerce.written_review AS (
    id            uuid,
    product_id    uuid,
    order_id      uuid,
    rating        integer,
    is_approved   boolean,
    helpful_count integer
);
COMMENT ON TYPE ecommerce.written_review IS
    'A review, as functions that change one answer. order_id: the order by which it was bought. '
    'is_approved: whether the storefront shows it, and ratings count it.';
