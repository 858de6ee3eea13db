-- What reserve_stock() returns.

CREATE TYPE ecommerce.reservation AS (
    id         uuid,
    expires_at timestamptz
);
COMMENT ON TYPE ecommerce.reservation IS 'A reservation: its id, and until when it holds.';
