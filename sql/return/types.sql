-- What functions of returns answer.

CREATE TYPE ecommerce.return_state AS (
    id              uuid,
    order_id        uuid,
    order_number    text,
    return_number   integer,
    previous_status text,
    status          text,
    quantity        bigint,
    received        bigint,
    currency        text,
    net             numeric,
    vat             numeric,
    gross           numeric
);
COMMENT ON TYPE ecommerce.return_state IS
    'What functions that make or change a return answer. previous_status is the status that it '
    'had before: status itself if it was there already, NULL for a new one. quantity: its units. '
    'received: those that came, or that are known to be lost. net, vat and gross: what is to be '
    'refunded for it by now, with its part of shipping and fees.';

CREATE TYPE ecommerce.refund_sum AS (
    currency text,
    net      numeric,
    vat      numeric,
    gross    numeric,
    charges  numeric
);
COMMENT ON TYPE ecommerce.refund_sum IS
    'What return_refund() answers. gross is what is to be refunded, net and vat are its parts. '
    'charges: how much of gross is for shipping and fees.';
