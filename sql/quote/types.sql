-- What functions of quotes answer.

CREATE TYPE ecommerce.quote_state AS (
    id           uuid,
    quote_number text,
    status       text,
    currency     text,
    net          numeric,
    vat          numeric,
    gross        numeric,
    valid_until  timestamptz
);
COMMENT ON TYPE ecommerce.quote_state IS
    'What create_quote() and withdraw_quote() answer: a quote as it is then.';
