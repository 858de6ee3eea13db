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

CREATE TYPE ecommerce.cancelled_items AS (
    id                  uuid,
    order_number        text,
    cancellation_number integer,
    status              text,
    payment_status      text,
    currency            text,
    net                 numeric,
    vat                 numeric,
    gross               numeric,
    due                 numeric
);
COMMENT ON TYPE ecommerce.cancelled_items IS
    'What cancel_order_items() answers: the order and its statuses, what it cancelled (net, vat, '
    'gross; order_cancellations has it under cancellation_number), and what is still due.';

CREATE TYPE ecommerce.changed_address AS (
    id               uuid,
    order_number     text,
    billing_address  jsonb,
    shipping_address jsonb
);
COMMENT ON TYPE ecommerce.changed_address IS
    'What change_order_address() answers: the addresses that the order has now.';

CREATE TYPE ecommerce.added_note AS (
    order_id    uuid,
    id          uuid,
    author      text,
    is_internal boolean,
    created_at  timestamptz
);
COMMENT ON TYPE ecommerce.added_note IS
    'What add_order_note() answers: the order, the id of the note, and whether customers must not '
    'see it.';

CREATE TYPE ecommerce.order_state AS (
    id               uuid,
    order_number     text,
    at               timestamptz,
    status           text,
    payment_status   text,
    currency         text,
    net              numeric,
    vat              numeric,
    gross            numeric,
    cancelled        numeric,
    due              numeric,
    amount_paid      numeric,
    amount_refunded  numeric,
    shipping_address jsonb,
    billing_address  jsonb,
    not_known        text[]
);
COMMENT ON TYPE ecommerce.order_state IS
    'What order_as_of() answers: an order as it was at a moment. cancelled and due are those of '
    'order_amounts. not_known has the names of columns that nothing tells, which are NULL.';
