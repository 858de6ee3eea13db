-- What functions of payments answer.

CREATE TYPE ecommerce.payment_state AS (
    id                   uuid,
    order_id             uuid,
    method               text,
    provider             text,
    reference            text,
    previous_status      text,
    status               text,
    currency             text,
    amount               numeric,
    amount_authorized    numeric,
    amount_captured      numeric,
    amount_refunded      numeric,
    amount_charged_back  numeric,
    due_date             date,
    order_payment_status text,
    booked               boolean
);
COMMENT ON TYPE ecommerce.payment_state IS
    'What functions that make or change a payment answer: the columns of payments. '
    'previous_status is the status that it had before, NULL for a new one. order_payment_status: '
    'orders.payment_status now. booked: false if the same had been booked before, so that nothing '
    'happened.';

CREATE TYPE ecommerce.credit_state AS (
    user_id      uuid,
    currency     text,
    amount       numeric,
    payment_days integer,
    used         numeric
);
COMMENT ON TYPE ecommerce.credit_state IS
    'What set_credit_limit() answers: amount is the limit, used what the customer owes of it.';
