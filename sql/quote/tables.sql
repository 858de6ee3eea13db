-- Quotes: what an order would come to, promised until a moment.

CREATE TABLE IF NOT EXISTS ecommerce.quotes (
    tenant_id        integer     NOT NULL
        CONSTRAINT quotes_tenant_fkey REFERENCES ecommerce.tenants (id),
    id               uuid        NOT NULL,
    quote_number     text        NOT NULL
        CONSTRAINT quotes_quote_number_check CHECK (length(quote_number) BETWEEN 1 AND 50),
    status           text        NOT NULL DEFAULT 'open'
        CONSTRAINT quotes_status_check
            CHECK (status IN ('open', 'ordered', 'expired', 'withdrawn')),
    user_id          uuid,
    email            text        CONSTRAINT quotes_email_check CHECK (length(email) <= 254),
    request          jsonb       NOT NULL
        CONSTRAINT quotes_request_check CHECK (jsonb_typeof(request) = 'object'),
    document         jsonb       NOT NULL
        CONSTRAINT quotes_document_check CHECK (jsonb_typeof(document) = 'object'),
    currency         text        NOT NULL
        CONSTRAINT quotes_currency_fkey REFERENCES ecommerce.currencies (code),
    net              numeric     NOT NULL
        CONSTRAINT quotes_net_check CHECK (net >= 0 AND net < 1e18),
    vat              numeric     NOT NULL
        CONSTRAINT quotes_vat_check CHECK (vat >= 0 AND vat < 1e18),
    gross            numeric     NOT NULL,
    valid_until      timestamptz NOT NULL
        CONSTRAINT quotes_valid_until_check CHECK (isfinite(valid_until)),
    order_id         uuid,
    idempotency_key  text
        CONSTRAINT quotes_idempotency_key_check CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT quotes_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT quotes_quote_number_key UNIQUE (tenant_id, quote_number),
    CONSTRAINT quotes_order_id_key UNIQUE (tenant_id, order_id),
    CONSTRAINT quotes_idempotency_key_key UNIQUE (tenant_id, idempotency_key),
    CONSTRAINT quotes_user_fkey FOREIGN KEY (tenant_id, user_id)
        REFERENCES ecommerce.users (tenant_id, id),
    CONSTRAINT quotes_gross_check CHECK (gross = net + vat),
    CONSTRAINT quotes_order_check CHECK ((status = 'ordered') = (order_id IS NOT NULL))
);
CREATE INDEX IF NOT EXISTS idx_quotes_open ON ecommerce.quotes (tenant_id, valid_until)
    WHERE status = 'open';
CREATE INDEX IF NOT EXISTS idx_quotes_user ON ecommerce.quotes (tenant_id, user_id)
    WHERE user_id IS NOT NULL;
COMMENT ON TABLE ecommerce.quotes IS
    'Quotes, which become orders at their price while they are valid. Made by create_quote(); '
    'never deleted.';
COMMENT ON COLUMN ecommerce.quotes.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.quotes.quote_number IS
    'Number for people, made like order_number from the id: Q-261129-7K3QX9M2TV.';
COMMENT ON COLUMN ecommerce.quotes.status IS
    'open; then ordered, expired or withdrawn. An open quote whose time is over cannot be '
    'accepted, whether expire_quotes() has been there or not.';
COMMENT ON COLUMN ecommerce.quotes.user_id IS 'The customer, NULL for a guest.';
COMMENT ON COLUMN ecommerce.quotes.email IS 'Where to write to about it.';
COMMENT ON COLUMN ecommerce.quotes.request IS
    'What place_order() is asked for when it is accepted: that of create_quote(), with the '
    'products and unit prices of the document for items.';
COMMENT ON COLUMN ecommerce.quotes.document IS 'What quote_order() answered.';
COMMENT ON COLUMN ecommerce.quotes.currency IS 'ISO 4217.';
COMMENT ON COLUMN ecommerce.quotes.net IS 'Net total of the document, and of the order.';
COMMENT ON COLUMN ecommerce.quotes.vat IS 'VAT in its total.';
COMMENT ON COLUMN ecommerce.quotes.gross IS 'What the customer pays: net + vat.';
COMMENT ON COLUMN ecommerce.quotes.valid_until IS 'Until when it can be accepted, exclusive.';
COMMENT ON COLUMN ecommerce.quotes.order_id IS 'The order that it became.';
COMMENT ON COLUMN ecommerce.quotes.idempotency_key IS
    'The key with which it was accepted, by which a retry gets the same order.';
