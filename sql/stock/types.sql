-- What functions of reservations answer.

CREATE TYPE ecommerce.reservation AS (
    id         uuid,
    expires_at timestamptz
);
COMMENT ON TYPE ecommerce.reservation IS 'A reservation: its id, and until when it holds.';

CREATE TYPE ecommerce.released_reservation AS (
    id       uuid,
    quantity bigint
);
COMMENT ON TYPE ecommerce.released_reservation IS
    'A reservation that holds nothing any more: its id, and the units that it gave back; 0 if it '
    'had given them back before.';
