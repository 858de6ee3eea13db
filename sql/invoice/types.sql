-- What functions of invoices answer.

CREATE TYPE ecommerce.issued_invoice AS (
    id             uuid,
    invoice_number text,
    kind           text,
    issue_date     date,
    due_date       date,
    currency       text,
    net            numeric,
    vat            numeric,
    gross          numeric,
    payable        numeric
);
COMMENT ON TYPE ecommerce.issued_invoice IS
    'What issue_invoice() and issue_credit_note() answer: a document as it was issued. payable is '
    'what was to be paid then, or of a credit note what is given back.';

CREATE TYPE ecommerce.invoice_series_state AS (
    series     text,
    kind       text,
    format     text,
    yearly     boolean,
    is_default boolean
);
COMMENT ON TYPE ecommerce.invoice_series_state IS
    'What set_invoice_series() answers: a series as it is then.';
