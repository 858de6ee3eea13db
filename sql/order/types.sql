-- What place_order() returns.

CREATE TYPE ecommerce.placed_order AS (
    id           uuid,
    order_number text,
    created_at   timestamptz,
    currency     text,
    net          numeric,
    vat          numeric,
    gross        numeric
);
COMMENT ON TYPE ecommerce.placed_order IS 'What place_order() answers.';
