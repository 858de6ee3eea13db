-- What issue_gift_card() returns.

CREATE TYPE ecommerce.issued_gift_card AS (
    id   uuid,
    code text
);
COMMENT ON TYPE ecommerce.issued_gift_card IS
    'A new gift card: its id, and its code, which is not kept anywhere.';
