-- What functions of SEPA answer.

CREATE TYPE ecommerce.mandate_state AS (
    id                uuid,
    mandate_reference text,
    user_id           uuid,
    iban_end          text,
    scheme            text,
    kind              text,
    signed_on         date,
    status            text
);
COMMENT ON TYPE ecommerce.mandate_state IS
    'What functions that make or change a mandate answer. iban_end: the last four characters of '
    'its account.';

CREATE TYPE ecommerce.sepa_file AS (
    id                uuid,
    kind              text,
    message_id        text,
    execution_date    date,
    transaction_count integer,
    control_sum       numeric,
    xml               text,
    left_out          jsonb
);
COMMENT ON TYPE ecommerce.sepa_file IS
    'What sepa_debit_batch() and sepa_credit_batch() answer: the row of sepa_batches. left_out: '
    'what was due and could not be put into it, as [{"payment_id", "reason"}].';

CREATE TYPE ecommerce.transfer_state AS (
    id        uuid,
    kind      text,
    name      text,
    amount    numeric,
    currency  text,
    reference text,
    status    text
);
COMMENT ON TYPE ecommerce.transfer_state IS 'What request_sepa_transfer() answers.';

CREATE TYPE ecommerce.bank_booking AS (
    entry_id    uuid,
    booked_on   date,
    direction   text,
    amount      numeric,
    currency    text,
    outcome     text,
    payment_id  uuid,
    transfer_id uuid,
    batch_id    uuid,
    reason      text
);
COMMENT ON TYPE ecommerce.bank_booking IS
    'What was done with an entry of the bank: a row of bank_entries. outcome: what it was booked '
    'as; unmatched or dismissed; known, if it had been read before; or pending, if the bank has '
    'not booked it, and so it is not in the table. reason: why it came back, or why it is '
    'unmatched.';
