-- What functions of refunds answer.

CREATE TYPE ecommerce.refund_state AS (
    id                   uuid,
    order_id             uuid,
    refund_number        integer,
    previous_status      text,
    status               text,
    currency             text,
    amount               numeric,
    amount_confirmed     numeric,
    overpaid             numeric,
    net                  numeric,
    vat                  numeric,
    order_payment_status text
);
COMMENT ON TYPE ecommerce.refund_state IS
    'What functions that make or change a refund answer: the columns of refunds. net and vat: '
    'what of it is for lines, so net + vat + overpaid = amount. previous_status is the status that '
    'it had before, NULL for a new one. order_payment_status: orders.payment_status now.';
