-- SEPA: mandates, files for the bank, transfers that they order, and what the bank books.

CREATE TABLE IF NOT EXISTS ecommerce.sepa_mandates (
    tenant_id          integer     NOT NULL
        CONSTRAINT sepa_mandates_tenant_fkey REFERENCES ecommerce.tenants (id),
    id                 uuid        NOT NULL,
    user_id            uuid        NOT NULL,
    mandate_reference  text        NOT NULL,
    account_holder     text
        CONSTRAINT sepa_mandates_account_holder_check
            CHECK (length(account_holder) BETWEEN 1 AND 200),
    iban               text,
    iban_end           text,
    bic                text
        CONSTRAINT sepa_mandates_bic_check
            CHECK (bic ~ '^[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$'),
    address_line_1     text
        CONSTRAINT sepa_mandates_address_line_1_check CHECK (length(address_line_1) <= 255),
    address_line_2     text
        CONSTRAINT sepa_mandates_address_line_2_check CHECK (length(address_line_2) <= 255),
    city               text CONSTRAINT sepa_mandates_city_check CHECK (length(city) <= 100),
    postal_code        text
        CONSTRAINT sepa_mandates_postal_code_check CHECK (length(postal_code) <= 20),
    country            text
        CONSTRAINT sepa_mandates_country_fkey REFERENCES ecommerce.countries (code),
    scheme             text        NOT NULL DEFAULT 'CORE'
        CONSTRAINT sepa_mandates_scheme_check CHECK (scheme IN ('CORE', 'B2B')),
    kind               text        NOT NULL DEFAULT 'recurrent'
        CONSTRAINT sepa_mandates_kind_check CHECK (kind IN ('recurrent', 'one_off')),
    signed_on          date        NOT NULL
        CONSTRAINT sepa_mandates_signed_on_check CHECK (isfinite(signed_on)),
    status             text        NOT NULL DEFAULT 'active'
        CONSTRAINT sepa_mandates_status_check
            CHECK (status IN ('active', 'lapsed', 'revoked', 'used')),
    is_final           boolean     NOT NULL DEFAULT false,
    last_used_on       date,
    original_iban      text,
    original_reference text,
    ended_at           timestamptz,
    idempotency_key    text
        CONSTRAINT sepa_mandates_idempotency_key_check
            CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    request_hash       bytea,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT sepa_mandates_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT sepa_mandates_mandate_reference_key UNIQUE (tenant_id, mandate_reference),
    CONSTRAINT sepa_mandates_idempotency_key_key UNIQUE (tenant_id, idempotency_key),
    CONSTRAINT sepa_mandates_user_fkey FOREIGN KEY (tenant_id, user_id)
        REFERENCES ecommerce.users (tenant_id, id),
    CONSTRAINT sepa_mandates_mandate_reference_check
        CHECK (mandate_reference ~ '^[A-Za-z0-9+?/:().,''-]{1,35}$'
               AND mandate_reference !~ '^/|//|/$'),
    CONSTRAINT sepa_mandates_iban_check
        CHECK (iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{8,30}$' AND account_holder IS NOT NULL
               OR iban IS NULL AND status <> 'active'),
    CONSTRAINT sepa_mandates_ended_check CHECK ((status = 'active') = (ended_at IS NULL))
);
CREATE INDEX IF NOT EXISTS idx_sepa_mandates_user ON ecommerce.sepa_mandates (tenant_id, user_id);
COMMENT ON TABLE ecommerce.sepa_mandates IS
    'Mandates by which direct debits are collected. Made by create_sepa_mandate(); never deleted.';
COMMENT ON COLUMN ecommerce.sepa_mandates.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.sepa_mandates.user_id IS 'The customer whose orders it pays.';
COMMENT ON COLUMN ecommerce.sepa_mandates.mandate_reference IS
    'What the customer and the banks know it by; never given twice.';
COMMENT ON COLUMN ecommerce.sepa_mandates.account_holder IS
    'Whose account it is; NULL once it was forgotten.';
COMMENT ON COLUMN ecommerce.sepa_mandates.iban IS
    'The account, in electronic form; NULL once it was forgotten.';
COMMENT ON COLUMN ecommerce.sepa_mandates.iban_end IS
    'Its last four characters, which is all that a storefront is told.';
COMMENT ON COLUMN ecommerce.sepa_mandates.bic IS 'The bank, where it is known.';
COMMENT ON COLUMN ecommerce.sepa_mandates.address_line_1 IS 'Street and number of the holder.';
COMMENT ON COLUMN ecommerce.sepa_mandates.address_line_2 IS 'More of the address.';
COMMENT ON COLUMN ecommerce.sepa_mandates.city IS
    'Town; accounts outside the European Economic Area need it.';
COMMENT ON COLUMN ecommerce.sepa_mandates.postal_code IS 'Postal code.';
COMMENT ON COLUMN ecommerce.sepa_mandates.country IS
    'ISO 3166-1 alpha-2; accounts outside the European Economic Area need it.';
COMMENT ON COLUMN ecommerce.sepa_mandates.scheme IS 'CORE, or B2B among businesses.';
COMMENT ON COLUMN ecommerce.sepa_mandates.kind IS
    'recurrent, or one_off: for a single collection.';
COMMENT ON COLUMN ecommerce.sepa_mandates.signed_on IS 'The day on which it was signed.';
COMMENT ON COLUMN ecommerce.sepa_mandates.status IS
    'active; then used (one_off, or after the last collection), revoked, or lapsed: 36 months '
    'after its signature or last collection.';
COMMENT ON COLUMN ecommerce.sepa_mandates.is_final IS
    'Whether the next collection is the last one (FNAL).';
COMMENT ON COLUMN ecommerce.sepa_mandates.last_used_on IS
    'The day of its last collection; NULL before the first.';
COMMENT ON COLUMN ecommerce.sepa_mandates.original_iban IS
    'The account that the bank knows, while the next collection has to tell of another one.';
COMMENT ON COLUMN ecommerce.sepa_mandates.original_reference IS
    'The reference that the bank knows, while the next collection has to tell of another one.';
COMMENT ON COLUMN ecommerce.sepa_mandates.ended_at IS
    'When it was used up, revoked or lapsed; NULL while it is active.';
COMMENT ON COLUMN ecommerce.sepa_mandates.idempotency_key IS 'The key of the request that made it.';
COMMENT ON COLUMN ecommerce.sepa_mandates.request_hash IS
    'sha256 of that request; the same key with another request is an error.';

CREATE TABLE IF NOT EXISTS ecommerce.sepa_mandate_references (
    tenant_id         integer     NOT NULL,
    mandate_reference text        NOT NULL,
    mandate_id        uuid        NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT sepa_mandate_references_pkey PRIMARY KEY (tenant_id, mandate_reference),
    CONSTRAINT sepa_mandate_references_mandate_fkey FOREIGN KEY (tenant_id, mandate_id)
        REFERENCES ecommerce.sepa_mandates (tenant_id, id)
);
COMMENT ON TABLE ecommerce.sepa_mandate_references IS
    'Every reference that a mandate has or had, so that none is given twice. Append-only.';
COMMENT ON COLUMN ecommerce.sepa_mandate_references.mandate_reference IS 'The reference.';
COMMENT ON COLUMN ecommerce.sepa_mandate_references.mandate_id IS 'Whose it is or was.';

CREATE TABLE IF NOT EXISTS ecommerce.sepa_transfers (
    tenant_id       integer     NOT NULL
        CONSTRAINT sepa_transfers_tenant_fkey REFERENCES ecommerce.tenants (id),
    id              uuid        NOT NULL,
    kind            text        NOT NULL
        CONSTRAINT sepa_transfers_kind_check CHECK (kind IN ('refund', 'payout')),
    refund_id       uuid,
    part_number     integer,
    name            text        NOT NULL
        CONSTRAINT sepa_transfers_name_check CHECK (length(name) BETWEEN 1 AND 200),
    iban            text        NOT NULL
        CONSTRAINT sepa_transfers_iban_check CHECK (iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{8,30}$'),
    bic             text
        CONSTRAINT sepa_transfers_bic_check
            CHECK (bic ~ '^[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$'),
    address_line_1  text
        CONSTRAINT sepa_transfers_address_line_1_check CHECK (length(address_line_1) <= 255),
    address_line_2  text
        CONSTRAINT sepa_transfers_address_line_2_check CHECK (length(address_line_2) <= 255),
    city            text CONSTRAINT sepa_transfers_city_check CHECK (length(city) <= 100),
    postal_code     text
        CONSTRAINT sepa_transfers_postal_code_check CHECK (length(postal_code) <= 20),
    country         text
        CONSTRAINT sepa_transfers_country_fkey REFERENCES ecommerce.countries (code),
    amount          numeric     NOT NULL
        CONSTRAINT sepa_transfers_amount_check
            CHECK (amount >= 0.01 AND amount <= 999999999.99 AND amount = round(amount, 2)),
    currency        text        NOT NULL DEFAULT 'EUR'
        CONSTRAINT sepa_transfers_currency_check CHECK (currency = 'EUR'),
    reference       text        NOT NULL
        CONSTRAINT sepa_transfers_reference_check CHECK (length(reference) BETWEEN 1 AND 500),
    status          text        NOT NULL DEFAULT 'requested'
        CONSTRAINT sepa_transfers_status_check
            CHECK (status IN ('requested', 'submitted', 'executed', 'failed')),
    failure_reason  text
        CONSTRAINT sepa_transfers_failure_reason_check CHECK (length(failure_reason) <= 10000),
    idempotency_key text
        CONSTRAINT sepa_transfers_idempotency_key_check
            CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    request_hash    bytea,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT sepa_transfers_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT sepa_transfers_idempotency_key_key UNIQUE (tenant_id, idempotency_key),
    CONSTRAINT sepa_transfers_refund_fkey FOREIGN KEY (tenant_id, refund_id, part_number)
        REFERENCES ecommerce.refund_payments (tenant_id, refund_id, part_number),
    CONSTRAINT sepa_transfers_part_check
        CHECK ((kind = 'refund') = (refund_id IS NOT NULL)
               AND (refund_id IS NULL) = (part_number IS NULL))
);
CREATE UNIQUE INDEX IF NOT EXISTS idx_sepa_transfers_part ON ecommerce.sepa_transfers
    (tenant_id, refund_id, part_number) WHERE refund_id IS NOT NULL AND status <> 'failed';
CREATE INDEX IF NOT EXISTS idx_sepa_transfers_requested ON ecommerce.sepa_transfers
    (tenant_id, id) WHERE status = 'requested';
COMMENT ON TABLE ecommerce.sepa_transfers IS
    'Credit transfers: refunds and payouts. sepa_credit_batch() takes those that are requested; '
    'read_camt() tells what became of them. Never deleted.';
COMMENT ON COLUMN ecommerce.sepa_transfers.id IS 'UUIDv7; its digits are the end-to-end id.';
COMMENT ON COLUMN ecommerce.sepa_transfers.kind IS 'refund or payout.';
COMMENT ON COLUMN ecommerce.sepa_transfers.refund_id IS 'The refund that it carries out.';
COMMENT ON COLUMN ecommerce.sepa_transfers.part_number IS 'Which part of it, in refund_payments.';
COMMENT ON COLUMN ecommerce.sepa_transfers.name IS 'Who gets it.';
COMMENT ON COLUMN ecommerce.sepa_transfers.iban IS 'The account, in electronic form.';
COMMENT ON COLUMN ecommerce.sepa_transfers.bic IS 'The bank, where it is known.';
COMMENT ON COLUMN ecommerce.sepa_transfers.address_line_1 IS 'Street and number.';
COMMENT ON COLUMN ecommerce.sepa_transfers.address_line_2 IS 'More of the address.';
COMMENT ON COLUMN ecommerce.sepa_transfers.city IS 'Town.';
COMMENT ON COLUMN ecommerce.sepa_transfers.postal_code IS 'Postal code.';
COMMENT ON COLUMN ecommerce.sepa_transfers.country IS 'ISO 3166-1 alpha-2.';
COMMENT ON COLUMN ecommerce.sepa_transfers.amount IS 'How much, 0.01 to 999999999.99.';
COMMENT ON COLUMN ecommerce.sepa_transfers.currency IS 'EUR.';
COMMENT ON COLUMN ecommerce.sepa_transfers.reference IS
    'What the receiver is told: text, or a creditor reference (RF, ISO 11649).';
COMMENT ON COLUMN ecommerce.sepa_transfers.status IS
    'requested, submitted (in a file), executed or failed. One that was executed may still come '
    'back, and has failed then.';
COMMENT ON COLUMN ecommerce.sepa_transfers.failure_reason IS 'Why it failed, as the bank says.';
COMMENT ON COLUMN ecommerce.sepa_transfers.idempotency_key IS
    'The key of the request that made it.';
COMMENT ON COLUMN ecommerce.sepa_transfers.request_hash IS
    'sha256 of that request; the same key with another request is an error.';
