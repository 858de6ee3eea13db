-- What functions of orders answer.

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

CREATE TYPE ecommerce.order_transition AS (
    id              uuid,
    order_number    text,
    previous_status text,
    status          text,
    payment_status  text
);
COMMENT ON TYPE ecommerce.order_transition IS
    'What transition_order() and cancel_order() answer. previous_status is the status that the '
    'order had before: status itself, if it was there already.';
