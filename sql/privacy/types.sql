-- What functions about personal data answer.

CREATE TYPE ecommerce.erasure AS (
    user_id       uuid,
    erased_at     timestamptz,
    orders_kept   bigint,
    keep_until    timestamptz
);
COMMENT ON TYPE ecommerce.erasure IS
    'What erase_customer() answers. orders_kept: how many orders keep the addresses that the law '
    'asks for. keep_until: from when erase_expired() takes them of the last one; NULL without '
    'orders.';

CREATE TYPE ecommerce.expired_orders AS (
    orders bigint
);
COMMENT ON TYPE ecommerce.expired_orders IS
    'What erase_expired() answers. orders: how many tell no longer whom they were for.';
