-- What myDATA, the books of the Greek tax office (AADE), was told of documents, and how income is
-- classified there.

CREATE TABLE IF NOT EXISTS ecommerce.mydata_answers (
    tenant_id           integer     NOT NULL,
    invoice_id          uuid        NOT NULL,
    status              text        NOT NULL
        CONSTRAINT mydata_answers_status_check
            CHECK (status IN ('sent', 'accepted', 'rejected', 'cancelled')),
    mark                bigint      CONSTRAINT mydata_answers_mark_check CHECK (mark > 0),
    uid                 text
        CONSTRAINT mydata_answers_uid_check CHECK (length(uid) BETWEEN 1 AND 100),
    qr_url              text
        CONSTRAINT mydata_answers_qr_url_check CHECK (length(qr_url) BETWEEN 1 AND 2000),
    authentication_code text
        CONSTRAINT mydata_answers_authentication_code_check
            CHECK (length(authentication_code) BETWEEN 1 AND 255),
    cancelled_mark      bigint
        CONSTRAINT mydata_answers_cancelled_mark_check CHECK (cancelled_mark > 0),
    replaced_marks      bigint[]    NOT NULL DEFAULT '{}',
    errors              jsonb       NOT NULL DEFAULT '[]'
        CONSTRAINT mydata_answers_errors_check CHECK (jsonb_typeof(errors) = 'array'),
    sent_at             timestamptz,
    answered_at         timestamptz,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT mydata_answers_pkey PRIMARY KEY (tenant_id, invoice_id),
    CONSTRAINT mydata_answers_mark_key UNIQUE (tenant_id, mark),
    CONSTRAINT mydata_answers_invoice_fkey FOREIGN KEY (tenant_id, invoice_id)
        REFERENCES ecommerce.invoices (tenant_id, id),
    CONSTRAINT mydata_answers_marked_check
        CHECK ((status IN ('accepted', 'cancelled')) = (mark IS NOT NULL)),
    CONSTRAINT mydata_answers_cancelled_check
        CHECK ((status = 'cancelled') = (cancelled_mark IS NOT NULL))
);
COMMENT ON TABLE ecommerce.mydata_answers IS
    'What became of documents that were sent to myDATA, one row each. Written by '
    'record_mydata_sent() and record_mydata_answer(); never deleted.';
COMMENT ON COLUMN ecommerce.mydata_answers.invoice_id IS 'The document.';
COMMENT ON COLUMN ecommerce.mydata_answers.status IS
    'sent, accepted, rejected or cancelled. One that was rejected may be sent again.';
COMMENT ON COLUMN ecommerce.mydata_answers.mark IS
    'MARK, the number that AADE gave it. It changes only if AADE itself replaced the document, '
    'because the same was sent again.';
COMMENT ON COLUMN ecommerce.mydata_answers.uid IS
    'What AADE knows it by, which is mydata_uid().';
COMMENT ON COLUMN ecommerce.mydata_answers.qr_url IS 'Where anybody can look it up.';
COMMENT ON COLUMN ecommerce.mydata_answers.authentication_code IS 'The signature of a provider.';
COMMENT ON COLUMN ecommerce.mydata_answers.cancelled_mark IS 'The number of its cancellation.';
COMMENT ON COLUMN ecommerce.mydata_answers.replaced_marks IS
    'MARKs that it had before, the earliest first: of documents that AADE has replaced.';
COMMENT ON COLUMN ecommerce.mydata_answers.errors IS
    'What AADE found wrong the last time, as [{"code", "message"}].';
COMMENT ON COLUMN ecommerce.mydata_answers.sent_at IS 'When it was last sent.';
COMMENT ON COLUMN ecommerce.mydata_answers.answered_at IS 'When the last answer was recorded.';

CREATE TABLE IF NOT EXISTS ecommerce.mydata_classifications (
    tenant_id  integer     NOT NULL
        CONSTRAINT mydata_classifications_tenant_fkey REFERENCES ecommerce.tenants (id),
    kind       text        NOT NULL DEFAULT 'product'
        CONSTRAINT mydata_classifications_kind_check
            CHECK (kind IN ('product', 'shipping', 'fee')),
    supply     text        NOT NULL DEFAULT 'goods'
        CONSTRAINT mydata_classifications_supply_check
            CHECK (supply IN ('goods', 'service', 'digital')),
    sku        text        NOT NULL DEFAULT ''
        CONSTRAINT mydata_classifications_sku_check CHECK (length(sku) <= 100),
    vat_rate   numeric     NOT NULL DEFAULT -1
        CONSTRAINT mydata_classifications_vat_rate_check
            CHECK (vat_rate = -1 OR vat_rate BETWEEN 0 AND 100),
    category   text        NOT NULL
        CONSTRAINT mydata_classifications_category_check
            CHECK (category ~ '^category1_[1234578]$|^category1_9$'),
    type       text
        CONSTRAINT mydata_classifications_type_check
            CHECK (type ~ '^E3_(56[2-8]|570|(561|880|881)_00[1-7])$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT mydata_classifications_pkey
        PRIMARY KEY (tenant_id, kind, supply, sku, vat_rate)
);
COMMENT ON TABLE ecommerce.mydata_classifications IS
    'How a shop classifies its income in myDATA, where it is not as mydata_xml() does by itself. '
    'Of several rows that fit a line that of its SKU decides, then that of its rate.';
COMMENT ON COLUMN ecommerce.mydata_classifications.kind IS 'product, shipping or fee.';
COMMENT ON COLUMN ecommerce.mydata_classifications.supply IS
    'goods, service or digital; of shipping and fees that of the document: goods if it has some.';
COMMENT ON COLUMN ecommerce.mydata_classifications.sku IS
    'For this product only; empty for all.';
COMMENT ON COLUMN ecommerce.mydata_classifications.vat_rate IS
    'For lines with this rate only, percent; -1 for all.';
COMMENT ON COLUMN ecommerce.mydata_classifications.category IS
    'category1_1 goods that were bought, category1_2 own products, category1_3 services, '
    'category1_4 fixed assets, category1_5 other income, category1_7 for third parties, '
    'category1_8 and category1_9 other years.';
COMMENT ON COLUMN ecommerce.mydata_classifications.type IS
    'The line of form E3: E3_561_007 and so on. NULL for what the category and the buyer make of '
    'it.';

DO $view$
BEGIN
    IF to_regclass('ecommerce.mydata_pending') IS NULL THEN
        CREATE VIEW ecommerce.mydata_pending WITH (security_invoker = true) AS
        SELECT v.tenant_id, v.id AS invoice_id, v.invoice_number, v.kind, v.issue_date,
               a.status, a.errors, a.sent_at
        FROM ecommerce.invoices v
        LEFT JOIN ecommerce.mydata_answers a
               ON a.tenant_id = v.tenant_id AND a.invoice_id = v.id
        WHERE v.seller ->> 'country' = 'GR' AND a.mark IS NULL;
    END IF;
END
$view$;
COMMENT ON VIEW ecommerce.mydata_pending IS
    'Documents of sellers in Greece that have no MARK yet: never sent, not answered, or rejected.';
COMMENT ON COLUMN ecommerce.mydata_pending.invoice_id IS 'The document.';
COMMENT ON COLUMN ecommerce.mydata_pending.invoice_number IS 'Its number.';
COMMENT ON COLUMN ecommerce.mydata_pending.kind IS 'invoice or credit_note.';
COMMENT ON COLUMN ecommerce.mydata_pending.issue_date IS 'When it was issued.';
COMMENT ON COLUMN ecommerce.mydata_pending.status IS
    'sent or rejected; NULL if it was not sent yet.';
COMMENT ON COLUMN ecommerce.mydata_pending.errors IS 'What was wrong with it.';
COMMENT ON COLUMN ecommerce.mydata_pending.sent_at IS 'When it was last sent.';
