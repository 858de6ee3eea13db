-- Files for the bank, and what it books.

CREATE TABLE IF NOT EXISTS ecommerce.sepa_batches (
    tenant_id         integer     NOT NULL
        CONSTRAINT sepa_batches_tenant_fkey REFERENCES ecommerce.tenants (id),
    id                uuid        NOT NULL,
    kind              text        NOT NULL
        CONSTRAINT sepa_batches_kind_check CHECK (kind IN ('debit', 'credit')),
    scheme            text
        CONSTRAINT sepa_batches_scheme_check CHECK (scheme IN ('CORE', 'B2B')),
    message_id        text        NOT NULL
        CONSTRAINT sepa_batches_message_id_check CHECK (length(message_id) BETWEEN 1 AND 35),
    execution_date    date        NOT NULL,
    transaction_count integer     NOT NULL
        CONSTRAINT sepa_batches_transaction_count_check CHECK (transaction_count > 0),
    control_sum       numeric     NOT NULL
        CONSTRAINT sepa_batches_control_sum_check CHECK (control_sum > 0 AND control_sum < 1e15),
    xml               text        NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now(),
    created_by        text        NOT NULL DEFAULT session_user,
    CONSTRAINT sepa_batches_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT sepa_batches_message_id_key UNIQUE (tenant_id, message_id),
    CONSTRAINT sepa_batches_debit_check CHECK ((kind = 'debit') = (scheme IS NOT NULL))
);
CREATE INDEX IF NOT EXISTS idx_sepa_batches_created ON ecommerce.sepa_batches
    (tenant_id, created_at);
COMMENT ON TABLE ecommerce.sepa_batches IS
    'Files for the bank, made by sepa_debit_batch() and sepa_credit_batch(). Append-only.';
COMMENT ON COLUMN ecommerce.sepa_batches.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.sepa_batches.kind IS
    'debit (pain.008.001.08) or credit (pain.001.001.09).';
COMMENT ON COLUMN ecommerce.sepa_batches.scheme IS 'CORE or B2B, of debits.';
COMMENT ON COLUMN ecommerce.sepa_batches.message_id IS 'MsgId, unique for ever.';
COMMENT ON COLUMN ecommerce.sepa_batches.execution_date IS
    'The day on which the money is to move.';
COMMENT ON COLUMN ecommerce.sepa_batches.transaction_count IS 'How many transactions it has.';
COMMENT ON COLUMN ecommerce.sepa_batches.control_sum IS 'The sum of their amounts.';
COMMENT ON COLUMN ecommerce.sepa_batches.xml IS 'The file.';
COMMENT ON COLUMN ecommerce.sepa_batches.created_by IS 'The role that was logged in.';

CREATE TABLE IF NOT EXISTS ecommerce.sepa_batch_items (
    tenant_id              integer NOT NULL,
    batch_id               uuid    NOT NULL,
    item_number            integer NOT NULL
        CONSTRAINT sepa_batch_items_item_number_check CHECK (item_number > 0),
    payment_information_id text    NOT NULL
        CONSTRAINT sepa_batch_items_payment_information_id_check
            CHECK (length(payment_information_id) BETWEEN 1 AND 35),
    end_to_end_id          text    NOT NULL
        CONSTRAINT sepa_batch_items_end_to_end_id_check
            CHECK (length(end_to_end_id) BETWEEN 1 AND 35),
    payment_id             uuid,
    transfer_id            uuid,
    amount                 numeric NOT NULL
        CONSTRAINT sepa_batch_items_amount_check
            CHECK (amount >= 0.01 AND amount <= 999999999.99 AND amount = round(amount, 2)),
    mandate_id             uuid,
    sequence_type          text
        CONSTRAINT sepa_batch_items_sequence_type_check
            CHECK (sequence_type IN ('FRST', 'RCUR', 'OOFF', 'FNAL')),
    amendment              jsonb
        CONSTRAINT sepa_batch_items_amendment_check CHECK (jsonb_typeof(amendment) = 'object'),
    CONSTRAINT sepa_batch_items_pkey PRIMARY KEY (tenant_id, batch_id, item_number),
    CONSTRAINT sepa_batch_items_end_to_end_id_key UNIQUE (tenant_id, end_to_end_id),
    CONSTRAINT sepa_batch_items_payment_key UNIQUE (tenant_id, payment_id),
    CONSTRAINT sepa_batch_items_transfer_key UNIQUE (tenant_id, transfer_id),
    CONSTRAINT sepa_batch_items_batch_fkey FOREIGN KEY (tenant_id, batch_id)
        REFERENCES ecommerce.sepa_batches (tenant_id, id),
    CONSTRAINT sepa_batch_items_payment_fkey FOREIGN KEY (tenant_id, payment_id)
        REFERENCES ecommerce.payments (tenant_id, id),
    CONSTRAINT sepa_batch_items_transfer_fkey FOREIGN KEY (tenant_id, transfer_id)
        REFERENCES ecommerce.sepa_transfers (tenant_id, id),
    CONSTRAINT sepa_batch_items_mandate_fkey FOREIGN KEY (tenant_id, mandate_id)
        REFERENCES ecommerce.sepa_mandates (tenant_id, id),
    CONSTRAINT sepa_batch_items_debit_check
        CHECK (num_nonnulls(payment_id, transfer_id) = 1
               AND (payment_id IS NULL) = (mandate_id IS NULL)
               AND (payment_id IS NULL) = (sequence_type IS NULL))
);
CREATE INDEX IF NOT EXISTS idx_sepa_batch_items_mandate ON ecommerce.sepa_batch_items
    (tenant_id, mandate_id) WHERE mandate_id IS NOT NULL;
COMMENT ON TABLE ecommerce.sepa_batch_items IS
    'The transactions of files: payments that are collected, transfers that are ordered, each in '
    'one file only, for ever. Append-only.';
COMMENT ON COLUMN ecommerce.sepa_batch_items.batch_id IS 'The file.';
COMMENT ON COLUMN ecommerce.sepa_batch_items.item_number IS '1, 2, 3 and so on within it.';
COMMENT ON COLUMN ecommerce.sepa_batch_items.payment_information_id IS
    'PmtInfId of the part of the file in which it is.';
COMMENT ON COLUMN ecommerce.sepa_batch_items.end_to_end_id IS
    'EndToEndId, by which the bank tells what became of it.';
COMMENT ON COLUMN ecommerce.sepa_batch_items.payment_id IS 'The payment that is collected.';
COMMENT ON COLUMN ecommerce.sepa_batch_items.transfer_id IS 'The transfer that is ordered.';
COMMENT ON COLUMN ecommerce.sepa_batch_items.amount IS 'How much, in euro.';
COMMENT ON COLUMN ecommerce.sepa_batch_items.mandate_id IS 'By which mandate.';
COMMENT ON COLUMN ecommerce.sepa_batch_items.sequence_type IS 'FRST, RCUR, OOFF or FNAL.';
COMMENT ON COLUMN ecommerce.sepa_batch_items.amendment IS
    'What the file told of changes of the mandate: original_reference, original_iban (or SMNDA, if '
    'the account was at another bank).';

CREATE TABLE IF NOT EXISTS ecommerce.bank_entries (
    tenant_id              integer     NOT NULL
        CONSTRAINT bank_entries_tenant_fkey REFERENCES ecommerce.tenants (id),
    id                     uuid        NOT NULL,
    event_id               text        NOT NULL
        CONSTRAINT bank_entries_event_id_check CHECK (length(event_id) BETWEEN 1 AND 255),
    account_iban           text,
    statement_id           text,
    booked_on              date,
    direction              text        NOT NULL
        CONSTRAINT bank_entries_direction_check CHECK (direction IN ('credit', 'debit')),
    amount                 numeric     NOT NULL
        CONSTRAINT bank_entries_amount_check CHECK (amount >= 0 AND amount < 1e15),
    currency               text        NOT NULL
        CONSTRAINT bank_entries_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
    message_id             text,
    payment_information_id text,
    end_to_end_id          text,
    reference              text,
    remittance             text,
    party_name             text,
    party_iban             text,
    return_reason          text,
    bank_reference         text,
    bank_code              text,
    is_rest                boolean     NOT NULL DEFAULT false,
    status                 text        NOT NULL DEFAULT 'unmatched'
        CONSTRAINT bank_entries_status_check
            CHECK (status IN ('unmatched', 'booked', 'dismissed')),
    outcome                text
        CONSTRAINT bank_entries_outcome_check
            CHECK (outcome IN ('captured', 'charged_back', 'failed', 'fee', 'executed',
                               'transfer_failed')),
    payment_id             uuid,
    transfer_id            uuid,
    batch_id               uuid,
    note                   text CONSTRAINT bank_entries_note_check CHECK (length(note) <= 10000),
    created_at             timestamptz NOT NULL DEFAULT now(),
    updated_at             timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT bank_entries_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT bank_entries_event_id_key UNIQUE (tenant_id, event_id),
    CONSTRAINT bank_entries_payment_fkey FOREIGN KEY (tenant_id, payment_id)
        REFERENCES ecommerce.payments (tenant_id, id),
    CONSTRAINT bank_entries_transfer_fkey FOREIGN KEY (tenant_id, transfer_id)
        REFERENCES ecommerce.sepa_transfers (tenant_id, id),
    CONSTRAINT bank_entries_batch_fkey FOREIGN KEY (tenant_id, batch_id)
        REFERENCES ecommerce.sepa_batches (tenant_id, id),
    CONSTRAINT bank_entries_booked_check
        CHECK ((status = 'booked') = (outcome IS NOT NULL)
               AND (status = 'booked') = (num_nonnulls(payment_id, transfer_id, batch_id) > 0))
);
CREATE INDEX IF NOT EXISTS idx_bank_entries_unmatched ON ecommerce.bank_entries
    (tenant_id, booked_on) WHERE status = 'unmatched';
CREATE INDEX IF NOT EXISTS idx_bank_entries_payment ON ecommerce.bank_entries
    (tenant_id, payment_id) WHERE payment_id IS NOT NULL;
COMMENT ON TABLE ecommerce.bank_entries IS
    'Everything that statements of the bank have told, once each: read_camt() writes it. Never '
    'deleted.';
COMMENT ON COLUMN ecommerce.bank_entries.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.bank_entries.event_id IS
    'What makes it the same entry in every file: the bank''s reference, or a hash of what it says.';
COMMENT ON COLUMN ecommerce.bank_entries.account_iban IS 'The account of the statement.';
COMMENT ON COLUMN ecommerce.bank_entries.statement_id IS 'The statement that told it first.';
COMMENT ON COLUMN ecommerce.bank_entries.booked_on IS 'The day on which the bank booked it.';
COMMENT ON COLUMN ecommerce.bank_entries.direction IS 'credit (it came) or debit (it went).';
COMMENT ON COLUMN ecommerce.bank_entries.amount IS 'How much, in currency.';
COMMENT ON COLUMN ecommerce.bank_entries.currency IS 'ISO 4217.';
COMMENT ON COLUMN ecommerce.bank_entries.message_id IS 'MsgId of the file of ours that it is of.';
COMMENT ON COLUMN ecommerce.bank_entries.payment_information_id IS 'PmtInfId of its part.';
COMMENT ON COLUMN ecommerce.bank_entries.end_to_end_id IS 'EndToEndId.';
COMMENT ON COLUMN ecommerce.bank_entries.reference IS
    'The creditor reference (RF), from its field or found in the text.';
COMMENT ON COLUMN ecommerce.bank_entries.remittance IS 'What the other side wrote.';
COMMENT ON COLUMN ecommerce.bank_entries.party_name IS 'The other side.';
COMMENT ON COLUMN ecommerce.bank_entries.party_iban IS 'Its account.';
COMMENT ON COLUMN ecommerce.bank_entries.return_reason IS
    'Why it came back: AC04, AM04, MD06 and so on.';
COMMENT ON COLUMN ecommerce.bank_entries.bank_reference IS 'The bank''s reference.';
COMMENT ON COLUMN ecommerce.bank_entries.bank_code IS 'The bank''s code of its kind.';
COMMENT ON COLUMN ecommerce.bank_entries.is_rest IS
    'Whether it is what the transactions of an entry leave of it, such as charges.';
COMMENT ON COLUMN ecommerce.bank_entries.status IS
    'booked; unmatched, while nobody knows what it is for; or dismissed: it is no business of the '
    'shop''s orders.';
COMMENT ON COLUMN ecommerce.bank_entries.outcome IS
    'What it was booked as: captured, charged_back, failed, fee (of the bank, for a return), '
    'executed or transfer_failed.';
COMMENT ON COLUMN ecommerce.bank_entries.payment_id IS 'The payment that it is for.';
COMMENT ON COLUMN ecommerce.bank_entries.transfer_id IS 'The transfer that it is for.';
COMMENT ON COLUMN ecommerce.bank_entries.batch_id IS
    'The file whose transactions it is for, all in one sum.';
COMMENT ON COLUMN ecommerce.bank_entries.note IS 'For people.';
