-- Sellers, and invoices and credit notes as they were issued.
--
-- A document is a snapshot: it outlives the order that it is for, and refers to
-- it without a foreign key.

CREATE TABLE IF NOT EXISTS ecommerce.sellers (
    tenant_id           integer     NOT NULL CONSTRAINT sellers_pkey PRIMARY KEY
        CONSTRAINT sellers_tenant_fkey REFERENCES ecommerce.tenants (id),
    name                text        NOT NULL
        CONSTRAINT sellers_name_check CHECK (length(name) BETWEEN 1 AND 200),
    trade_name          text
        CONSTRAINT sellers_trade_name_check CHECK (length(trade_name) <= 200),
    address_line_1      text
        CONSTRAINT sellers_address_line_1_check CHECK (length(address_line_1) <= 255),
    address_line_2      text
        CONSTRAINT sellers_address_line_2_check CHECK (length(address_line_2) <= 255),
    city                text        CONSTRAINT sellers_city_check CHECK (length(city) <= 100),
    state               text        CONSTRAINT sellers_state_check CHECK (length(state) <= 100),
    postal_code         text
        CONSTRAINT sellers_postal_code_check CHECK (length(postal_code) <= 20),
    country             text
        CONSTRAINT sellers_country_fkey REFERENCES ecommerce.countries (code),
    vat_id              text        CONSTRAINT sellers_vat_id_check CHECK (length(vat_id) <= 20),
    tax_number          text
        CONSTRAINT sellers_tax_number_check CHECK (length(tax_number) <= 50),
    registration_number text
        CONSTRAINT sellers_registration_number_check CHECK (length(registration_number) <= 50),
    registration_scheme text
        CONSTRAINT sellers_registration_scheme_check CHECK (registration_scheme ~ '^[0-9]{4}$'),
    legal_note          text
        CONSTRAINT sellers_legal_note_check CHECK (length(legal_note) <= 1000),
    contact_name        text
        CONSTRAINT sellers_contact_name_check CHECK (length(contact_name) <= 200),
    email               text        CONSTRAINT sellers_email_check CHECK (length(email) <= 254),
    phone               text        CONSTRAINT sellers_phone_check CHECK (length(phone) <= 30),
    iban                text        CONSTRAINT sellers_iban_check CHECK (length(iban) <= 42),
    bic                 text
        CONSTRAINT sellers_bic_check
            CHECK (bic ~ '^[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$'),
    sepa_creditor_id    text
        CONSTRAINT sellers_sepa_creditor_id_check CHECK (length(sepa_creditor_id) <= 35),
    endpoint_scheme     text
        CONSTRAINT sellers_endpoint_scheme_check CHECK (endpoint_scheme ~ '^([0-9]{4}|EM)$'),
    endpoint_id         text
        CONSTRAINT sellers_endpoint_id_check CHECK (length(endpoint_id) BETWEEN 1 AND 100),
    mydata_branch       integer     NOT NULL DEFAULT 0
        CONSTRAINT sellers_mydata_branch_check CHECK (mydata_branch >= 0),
    payment_days        integer     NOT NULL DEFAULT 14
        CONSTRAINT sellers_payment_days_check CHECK (payment_days BETWEEN 0 AND 3650),
    payment_terms       text
        CONSTRAINT sellers_payment_terms_check CHECK (length(payment_terms) <= 1000),
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT sellers_endpoint_check
        CHECK ((endpoint_scheme IS NULL) = (endpoint_id IS NULL))
);
COMMENT ON TABLE ecommerce.sellers IS
    'Who a tenant is on its documents, one row each. Invoices have a copy, which later changes do '
    'not touch.';
COMMENT ON COLUMN ecommerce.sellers.tenant_id IS 'The tenant.';
COMMENT ON COLUMN ecommerce.sellers.name IS 'Legal name (BT-27).';
COMMENT ON COLUMN ecommerce.sellers.trade_name IS 'Name it is known by, if it is another (BT-28).';
COMMENT ON COLUMN ecommerce.sellers.address_line_1 IS 'Street and number (BT-35).';
COMMENT ON COLUMN ecommerce.sellers.address_line_2 IS 'More of the address (BT-36).';
COMMENT ON COLUMN ecommerce.sellers.city IS 'Town (BT-37).';
COMMENT ON COLUMN ecommerce.sellers.state IS 'Region or state, where addresses have it (BT-39).';
COMMENT ON COLUMN ecommerce.sellers.postal_code IS 'Postal code (BT-38).';
COMMENT ON COLUMN ecommerce.sellers.country IS
    'ISO 3166-1 alpha-2 (BT-40); NULL for that of the settings.';
COMMENT ON COLUMN ecommerce.sellers.vat_id IS
    'VAT identification number, with its prefix (BT-31); EL for Greece.';
COMMENT ON COLUMN ecommerce.sellers.tax_number IS
    'Tax number of who has no VAT id, or another one besides (BT-32).';
COMMENT ON COLUMN ecommerce.sellers.registration_number IS
    'Number in the register of companies (BT-30).';
COMMENT ON COLUMN ecommerce.sellers.registration_scheme IS
    'What kind of number that is, a code of ISO 6523 (ICD).';
COMMENT ON COLUMN ecommerce.sellers.legal_note IS
    'What law wants on paper besides: capital, court, managers (BT-33).';
COMMENT ON COLUMN ecommerce.sellers.contact_name IS 'Person or department to ask (BT-41).';
COMMENT ON COLUMN ecommerce.sellers.email IS 'Where to write to (BT-43).';
COMMENT ON COLUMN ecommerce.sellers.phone IS 'Number to call (BT-42).';
COMMENT ON COLUMN ecommerce.sellers.iban IS
    'Account for bank transfers (BT-84), and of SEPA files.';
COMMENT ON COLUMN ecommerce.sellers.bic IS 'Its bank (BT-86).';
COMMENT ON COLUMN ecommerce.sellers.sepa_creditor_id IS
    'Creditor identifier for SEPA direct debits (BT-90).';
COMMENT ON COLUMN ecommerce.sellers.endpoint_scheme IS
    'Kind of electronic address, a code of the EAS list (BT-34-1): 9933 in Greece.';
COMMENT ON COLUMN ecommerce.sellers.endpoint_id IS
    'Electronic address in the Peppol network (BT-34). Who has one gets Peppol''s additions.';
COMMENT ON COLUMN ecommerce.sellers.mydata_branch IS
    'Number of the branch in the Greek register, 0 for the seat.';
COMMENT ON COLUMN ecommerce.sellers.payment_days IS
    'Days from the day of an invoice until it is due.';
COMMENT ON COLUMN ecommerce.sellers.payment_terms IS 'Terms of payment in words (BT-20).';

CREATE TABLE IF NOT EXISTS ecommerce.invoice_series (
    tenant_id  integer     NOT NULL
        CONSTRAINT invoice_series_tenant_fkey REFERENCES ecommerce.tenants (id),
    series     text        NOT NULL
        CONSTRAINT invoice_series_series_check CHECK (series ~ '^[A-Za-z0-9._-]{0,20}$'),
    kind       text        NOT NULL
        CONSTRAINT invoice_series_kind_check CHECK (kind IN ('invoice', 'credit_note')),
    format     text        NOT NULL
        CONSTRAINT invoice_series_format_check CHECK (length(format) BETWEEN 1 AND 100),
    yearly     boolean     NOT NULL DEFAULT true,
    is_default boolean     NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT invoice_series_pkey PRIMARY KEY (tenant_id, series)
);
CREATE UNIQUE INDEX IF NOT EXISTS idx_invoice_series_default ON ecommerce.invoice_series
    (tenant_id, kind) WHERE is_default;
COMMENT ON TABLE ecommerce.invoice_series IS
    'Series in which documents are numbered without gaps. Who has none gets one of invoices and '
    'one of credit notes with the first document.';
COMMENT ON COLUMN ecommerce.invoice_series.series IS 'Its name, unique in the tenant.';
COMMENT ON COLUMN ecommerce.invoice_series.kind IS 'invoice or credit_note.';
COMMENT ON COLUMN ecommerce.invoice_series.format IS
    'How numbers look: text in which {series}, {year}, {yy}, {month} and {number}, or {number:6} '
    'with zeros to six digits, are filled in. {number} must be there, and {year} or {yy} if it '
    'begins anew each year.';
COMMENT ON COLUMN ecommerce.invoice_series.yearly IS
    'Whether numbers begin at 1 again each year.';
COMMENT ON COLUMN ecommerce.invoice_series.is_default IS
    'Whether documents of its kind get a number of it that name no series.';

CREATE TABLE IF NOT EXISTS ecommerce.invoice_counters (
    tenant_id       integer NOT NULL,
    series          text    NOT NULL,
    year            integer NOT NULL,
    last_number     bigint  NOT NULL DEFAULT 0
        CONSTRAINT invoice_counters_last_number_check CHECK (last_number >= 0),
    last_issue_date date,
    CONSTRAINT invoice_counters_pkey PRIMARY KEY (tenant_id, series, year),
    CONSTRAINT invoice_counters_series_fkey FOREIGN KEY (tenant_id, series)
        REFERENCES ecommerce.invoice_series (tenant_id, series)
);
COMMENT ON TABLE ecommerce.invoice_counters IS
    'The last number of each series and year. Locked by the transaction that issues, so that '
    'what it rolls back leaves no gap.';
COMMENT ON COLUMN ecommerce.invoice_counters.series IS 'The series.';
COMMENT ON COLUMN ecommerce.invoice_counters.year IS
    'The year; 0 of a series that does not begin anew.';
COMMENT ON COLUMN ecommerce.invoice_counters.last_number IS 'The last number that was given.';
COMMENT ON COLUMN ecommerce.invoice_counters.last_issue_date IS
    'The day of that document; later numbers have no earlier day.';

CREATE TABLE IF NOT EXISTS ecommerce.invoices (
    tenant_id        integer     NOT NULL
        CONSTRAINT invoices_tenant_fkey REFERENCES ecommerce.tenants (id),
    id               uuid        NOT NULL,
    series           text        NOT NULL,
    year             integer     NOT NULL,
    number           bigint      NOT NULL CONSTRAINT invoices_number_check CHECK (number > 0),
    invoice_number   text        NOT NULL
        CONSTRAINT invoices_invoice_number_check CHECK (length(invoice_number) BETWEEN 1 AND 100),
    kind             text        NOT NULL
        CONSTRAINT invoices_kind_check CHECK (kind IN ('invoice', 'credit_note')),
    type_code        text        NOT NULL
        CONSTRAINT invoices_type_code_check CHECK (type_code ~ '^[0-9]{2,3}$'),
    profile          text        NOT NULL DEFAULT 'en16931'
        CONSTRAINT invoices_profile_check CHECK (profile IN ('en16931', 'peppol', 'peppol_gr')),
    issue_date       date        NOT NULL,
    delivery_date    date,
    due_date         date,
    order_id         uuid        NOT NULL,
    order_created_at timestamptz NOT NULL,
    order_number     text        NOT NULL,
    shipment_id      uuid,
    refund_id        uuid,
    user_id          uuid,
    currency         text        NOT NULL
        CONSTRAINT invoices_currency_fkey REFERENCES ecommerce.currencies (code),
    net              numeric     NOT NULL
        CONSTRAINT invoices_net_check CHECK (net >= 0 AND net < 1e18),
    vat              numeric     NOT NULL
        CONSTRAINT invoices_vat_check CHECK (vat >= 0 AND vat < 1e18),
    gross            numeric     NOT NULL,
    prepaid          numeric     NOT NULL DEFAULT 0
        CONSTRAINT invoices_prepaid_check CHECK (prepaid >= 0 AND prepaid < 1e18),
    rounding         numeric     NOT NULL DEFAULT 0
        CONSTRAINT invoices_rounding_check CHECK (abs(rounding) < 1e18),
    tax_currency     text
        CONSTRAINT invoices_tax_currency_fkey REFERENCES ecommerce.currencies (code),
    exchange_rate    numeric
        CONSTRAINT invoices_exchange_rate_check CHECK (exchange_rate > 0 AND exchange_rate < 1e9),
    vat_scheme       text        NOT NULL,
    country          text        NOT NULL,
    region           text        NOT NULL DEFAULT '',
    seller           jsonb       NOT NULL
        CONSTRAINT invoices_seller_check CHECK (jsonb_typeof(seller) = 'object'),
    buyer            jsonb       NOT NULL
        CONSTRAINT invoices_buyer_check CHECK (jsonb_typeof(buyer) = 'object'),
    delivery         jsonb
        CONSTRAINT invoices_delivery_check CHECK (jsonb_typeof(delivery) = 'object'),
    payment          jsonb       NOT NULL DEFAULT '{}'
        CONSTRAINT invoices_payment_check CHECK (jsonb_typeof(payment) = 'object'),
    preceding        jsonb       NOT NULL DEFAULT '[]'
        CONSTRAINT invoices_preceding_check CHECK (jsonb_typeof(preceding) = 'array'),
    note             text        CONSTRAINT invoices_note_check CHECK (length(note) <= 10000),
    idempotency_key  text
        CONSTRAINT invoices_idempotency_key_check CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    created_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT invoices_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT invoices_number_key UNIQUE (tenant_id, series, year, number),
    CONSTRAINT invoices_invoice_number_key UNIQUE (tenant_id, invoice_number),
    CONSTRAINT invoices_series_fkey FOREIGN KEY (tenant_id, series)
        REFERENCES ecommerce.invoice_series (tenant_id, series),
    CONSTRAINT invoices_gross_check CHECK (gross = net + vat),
    CONSTRAINT invoices_exchange_check
        CHECK ((tax_currency IS NULL) = (exchange_rate IS NULL))
);
CREATE INDEX IF NOT EXISTS idx_invoices_order ON ecommerce.invoices (tenant_id, order_id);
CREATE INDEX IF NOT EXISTS idx_invoices_issued ON ecommerce.invoices (tenant_id, issue_date);
CREATE INDEX IF NOT EXISTS idx_invoices_user ON ecommerce.invoices (tenant_id, user_id)
    WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS idx_invoices_refund ON ecommerce.invoices (tenant_id, refund_id)
    WHERE refund_id IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS idx_invoices_shipment ON ecommerce.invoices
    (tenant_id, shipment_id) WHERE shipment_id IS NOT NULL;
COMMENT ON TABLE ecommerce.invoices IS
    'Invoices and credit notes, as they were issued. Made by issue_invoice() and '
    'issue_credit_note(); nothing in them changes, and none is deleted.';
COMMENT ON COLUMN ecommerce.invoices.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.invoices.series IS 'The series that it is numbered in.';
COMMENT ON COLUMN ecommerce.invoices.year IS
    'The year in whose sequence it is numbered; 0 of a series that does not begin anew.';
COMMENT ON COLUMN ecommerce.invoices.number IS '1, 2, 3 and so on, without gaps.';
COMMENT ON COLUMN ecommerce.invoices.invoice_number IS
    'The number as it is written, by the format of the series (BT-1); unique in the tenant.';
COMMENT ON COLUMN ecommerce.invoices.kind IS 'invoice or credit_note.';
COMMENT ON COLUMN ecommerce.invoices.type_code IS
    'UNTDID 1001 (BT-3): 380 an invoice, 381 a credit note.';
COMMENT ON COLUMN ecommerce.invoices.profile IS
    'en16931; peppol (seller and buyer have electronic addresses); peppol_gr, with the rules of '
    'Greek sellers.';
COMMENT ON COLUMN ecommerce.invoices.issue_date IS 'The shop''s day on which it was issued (BT-2).';
COMMENT ON COLUMN ecommerce.invoices.delivery_date IS
    'Day of the supply (BT-72): of the shipment, or of the order.';
COMMENT ON COLUMN ecommerce.invoices.due_date IS 'Until when it is to be paid (BT-9).';
COMMENT ON COLUMN ecommerce.invoices.order_id IS 'The order.';
COMMENT ON COLUMN ecommerce.invoices.order_created_at IS 'orders.created_at.';
COMMENT ON COLUMN ecommerce.invoices.order_number IS 'Its number.';
COMMENT ON COLUMN ecommerce.invoices.shipment_id IS
    'The shipment that it is for; NULL if it is for the order.';
COMMENT ON COLUMN ecommerce.invoices.refund_id IS
    'The refund that a credit note is for; NULL if it takes back an invoice.';
COMMENT ON COLUMN ecommerce.invoices.user_id IS 'The customer; NULL for a guest.';
COMMENT ON COLUMN ecommerce.invoices.currency IS 'ISO 4217 (BT-5).';
COMMENT ON COLUMN ecommerce.invoices.net IS 'Total without VAT (BT-109).';
COMMENT ON COLUMN ecommerce.invoices.vat IS 'Total VAT (BT-110).';
COMMENT ON COLUMN ecommerce.invoices.gross IS 'Total with VAT (BT-112).';
COMMENT ON COLUMN ecommerce.invoices.prepaid IS
    'What had been paid for it when it was issued (BT-113); gross - prepaid + rounding is to be '
    'paid.';
COMMENT ON COLUMN ecommerce.invoices.rounding IS
    'What its lines come to beyond gross (BT-114): of a part of an order their VAT was rounded '
    'one by one, and that of the document may be 1 or more from it.';
COMMENT ON COLUMN ecommerce.invoices.tax_currency IS
    'Currency in which the seller accounts for VAT, if it is another (BT-6).';
COMMENT ON COLUMN ecommerce.invoices.exchange_rate IS
    'Units of tax_currency for one of currency.';
COMMENT ON COLUMN ecommerce.invoices.vat_scheme IS 'orders.vat_scheme.';
COMMENT ON COLUMN ecommerce.invoices.country IS
    'orders.country: the country whose VAT applied.';
COMMENT ON COLUMN ecommerce.invoices.region IS 'orders.region, the part of that country.';
COMMENT ON COLUMN ecommerce.invoices.seller IS
    'The row of sellers as it was, without what is NULL, with its country.';
COMMENT ON COLUMN ecommerce.invoices.buyer IS
    'Who bought: name, and company, address_line_1, address_line_2, city, state, postal_code, '
    'country, vat_id, email, phone, registration_number, registration_scheme, endpoint_scheme, '
    'endpoint_id, reference (BT-10) and purchase_order (BT-13), as far as they are known.';
COMMENT ON COLUMN ecommerce.invoices.delivery IS
    'Where it went, with the keys of an address and name; NULL if nothing was sent.';
COMMENT ON COLUMN ecommerce.invoices.payment IS
    'How it is paid: means (UNTDID 4461), method (payments.method), terms, iban, bic, reference, '
    'mandate, creditor_id and debtor_iban, as far as they are known.';
COMMENT ON COLUMN ecommerce.invoices.preceding IS
    'Invoices that a credit note corrects, as [{"id", "invoice_number", "issue_date"}].';
COMMENT ON COLUMN ecommerce.invoices.note IS 'Text for the customer (BT-22).';
COMMENT ON COLUMN ecommerce.invoices.idempotency_key IS 'The key of the request that made it.';

CREATE TABLE IF NOT EXISTS ecommerce.invoice_lines (
    tenant_id             integer NOT NULL,
    invoice_id            uuid    NOT NULL,
    line_number           integer NOT NULL
        CONSTRAINT invoice_lines_line_number_check CHECK (line_number > 0),
    part                  text    NOT NULL
        CONSTRAINT invoice_lines_part_check CHECK (part IN ('line', 'allowance', 'charge')),
    order_line            integer NOT NULL,
    kind                  text    NOT NULL
        CONSTRAINT invoice_lines_kind_check CHECK (kind IN ('product', 'shipping', 'fee')),
    sku                   text,
    gtin                  text
        CONSTRAINT invoice_lines_gtin_check CHECK (gtin ~ '^[0-9]{8,14}$'),
    name                  text    NOT NULL,
    quantity              integer NOT NULL
        CONSTRAINT invoice_lines_quantity_check CHECK (quantity >= 0),
    unit_code             text    NOT NULL DEFAULT 'C62',
    unit_price            numeric NOT NULL
        CONSTRAINT invoice_lines_unit_price_check CHECK (unit_price >= 0 AND unit_price < 1e18),
    base_quantity         integer NOT NULL DEFAULT 1,
    allowance             numeric NOT NULL DEFAULT 0
        CONSTRAINT invoice_lines_allowance_check CHECK (allowance >= 0 AND allowance < 1e18),
    net                   numeric NOT NULL
        CONSTRAINT invoice_lines_net_check CHECK (net >= 0 AND net < 1e18),
    vat                   numeric NOT NULL
        CONSTRAINT invoice_lines_vat_check CHECK (vat >= 0 AND vat < 1e18),
    vat_category          text    NOT NULL,
    vat_rate              numeric NOT NULL,
    reason_code           text,
    reason                text,
    supply                text    NOT NULL DEFAULT 'goods'
        CONSTRAINT invoice_lines_supply_check CHECK (supply IN ('goods', 'service', 'digital')),
    corrected_invoice_id  uuid,
    corrected_line_number integer,
    CONSTRAINT invoice_lines_pkey PRIMARY KEY (tenant_id, invoice_id, line_number),
    CONSTRAINT invoice_lines_invoice_fkey FOREIGN KEY (tenant_id, invoice_id)
        REFERENCES ecommerce.invoices (tenant_id, id),
    CONSTRAINT invoice_lines_corrected_fkey
        FOREIGN KEY (tenant_id, corrected_invoice_id, corrected_line_number)
        REFERENCES ecommerce.invoice_lines (tenant_id, invoice_id, line_number),
    CONSTRAINT invoice_lines_corrected_check
        CHECK ((corrected_invoice_id IS NULL) = (corrected_line_number IS NULL))
);
CREATE INDEX IF NOT EXISTS idx_invoice_lines_corrected ON ecommerce.invoice_lines
    (tenant_id, corrected_invoice_id) WHERE corrected_invoice_id IS NOT NULL;
COMMENT ON TABLE ecommerce.invoice_lines IS
    'Lines of documents, and allowances and charges of the whole document. Net and VAT of lines '
    'and charges, less those of allowances, sum to the document with its rounding. Never change.';
COMMENT ON COLUMN ecommerce.invoice_lines.invoice_id IS 'The document.';
COMMENT ON COLUMN ecommerce.invoice_lines.line_number IS '1, 2, 3 and so on within it (BT-126).';
COMMENT ON COLUMN ecommerce.invoice_lines.part IS
    'line; charge, of shipping and fees; allowance, a discount of these.';
COMMENT ON COLUMN ecommerce.invoice_lines.order_line IS 'The line of the order.';
COMMENT ON COLUMN ecommerce.invoice_lines.kind IS 'order_items.kind.';
COMMENT ON COLUMN ecommerce.invoice_lines.sku IS 'order_items.sku (BT-155).';
COMMENT ON COLUMN ecommerce.invoice_lines.gtin IS 'Its GTIN (BT-157), if the product has one.';
COMMENT ON COLUMN ecommerce.invoice_lines.name IS 'order_items.name (BT-153).';
COMMENT ON COLUMN ecommerce.invoice_lines.quantity IS 'Units (BT-129).';
COMMENT ON COLUMN ecommerce.invoice_lines.unit_code IS 'UN/ECE recommendation 20 (BT-130).';
COMMENT ON COLUMN ecommerce.invoice_lines.unit_price IS
    'Net price of base_quantity units, not rounded to the currency (BT-146).';
COMMENT ON COLUMN ecommerce.invoice_lines.base_quantity IS 'Units that unit_price is for (BT-149).';
COMMENT ON COLUMN ecommerce.invoice_lines.allowance IS
    'Net discount of the line (BT-136): net = quantity * unit_price / base_quantity - allowance, '
    'rounded.';
COMMENT ON COLUMN ecommerce.invoice_lines.net IS
    'Net amount (BT-131, BT-92, BT-99); of an allowance positive.';
COMMENT ON COLUMN ecommerce.invoice_lines.vat IS
    'Its VAT, as the line of the order has it; of an allowance positive.';
COMMENT ON COLUMN ecommerce.invoice_lines.vat_category IS 'Category code (BT-151, BT-95, BT-102).';
COMMENT ON COLUMN ecommerce.invoice_lines.vat_rate IS 'Percent.';
COMMENT ON COLUMN ecommerce.invoice_lines.reason_code IS
    'Why, of an allowance (UNTDID 5189) or charge (UNTDID 7161), of the line or the document.';
COMMENT ON COLUMN ecommerce.invoice_lines.reason IS 'That in words.';
COMMENT ON COLUMN ecommerce.invoice_lines.supply IS
    'products.supply when it was issued: goods, service or digital.';
COMMENT ON COLUMN ecommerce.invoice_lines.corrected_invoice_id IS
    'The invoice whose line it corrects, on a credit note.';
COMMENT ON COLUMN ecommerce.invoice_lines.corrected_line_number IS 'That line.';

CREATE TABLE IF NOT EXISTS ecommerce.invoice_vat_groups (
    tenant_id        integer NOT NULL,
    invoice_id       uuid    NOT NULL,
    vat_category     text    NOT NULL
        CONSTRAINT invoice_vat_groups_vat_category_check
            CHECK (vat_category IN ('S', 'Z', 'E', 'AE', 'K', 'G', 'O')),
    vat_rate         numeric NOT NULL
        CONSTRAINT invoice_vat_groups_vat_rate_check CHECK (vat_rate >= 0 AND vat_rate <= 100),
    taxable          numeric NOT NULL
        CONSTRAINT invoice_vat_groups_taxable_check CHECK (taxable >= 0 AND taxable < 1e18),
    tax              numeric NOT NULL
        CONSTRAINT invoice_vat_groups_tax_check CHECK (tax >= 0 AND tax < 1e18),
    vatex            text,
    reason           text,
    mydata_exemption integer,
    CONSTRAINT invoice_vat_groups_pkey PRIMARY KEY (tenant_id, invoice_id, vat_category, vat_rate),
    CONSTRAINT invoice_vat_groups_invoice_fkey FOREIGN KEY (tenant_id, invoice_id)
        REFERENCES ecommerce.invoices (tenant_id, id)
);
COMMENT ON TABLE ecommerce.invoice_vat_groups IS
    'The VAT breakdown of documents (BG-23), a row for each category and rate. Never changes.';
COMMENT ON COLUMN ecommerce.invoice_vat_groups.invoice_id IS 'The document.';
COMMENT ON COLUMN ecommerce.invoice_vat_groups.vat_category IS 'Category code (BT-118).';
COMMENT ON COLUMN ecommerce.invoice_vat_groups.vat_rate IS 'Percent (BT-119).';
COMMENT ON COLUMN ecommerce.invoice_vat_groups.taxable IS 'Net amount of it (BT-116).';
COMMENT ON COLUMN ecommerce.invoice_vat_groups.tax IS 'VAT of it (BT-117).';
COMMENT ON COLUMN ecommerce.invoice_vat_groups.vatex IS 'Why there is none, a code (BT-121).';
COMMENT ON COLUMN ecommerce.invoice_vat_groups.reason IS 'Why there is none, in words (BT-120).';
COMMENT ON COLUMN ecommerce.invoice_vat_groups.mydata_exemption IS
    'Why there is none, as myDATA codes it (1 to 31).';

DO $view$
BEGIN
    IF to_regclass('ecommerce.dunning') IS NULL THEN
        CREATE VIEW ecommerce.dunning WITH (security_invoker = true) AS
        SELECT d.tenant_id, d.id, d.invoice_number, d.issue_date, d.due_date, d.order_id,
               d.order_number, d.user_id, d.currency, d.gross, d.open,
               d.today - d.due_date AS days_overdue,
               least(1 + (d.today - d.due_date - 1) / 14, 4) AS level
        FROM (SELECT v.tenant_id, v.id, v.invoice_number, v.issue_date, v.due_date, v.order_id,
                     v.order_number, v.user_id, v.currency, v.gross, v.today,
                     -- All of an order's invoices are open by what it lacks, at most.
                     least(greatest(v.balance, 0), sum(v.open) OVER k)
                         - least(greatest(v.balance, 0), sum(v.open) OVER k - v.open) AS open
              FROM (SELECT i.tenant_id, i.id, i.invoice_number, i.issue_date, i.due_date,
                           i.order_id, i.order_number, i.user_id, i.currency, i.gross,
                           (now() AT TIME ZONE s.timezone)::date AS today, a.balance,
                           -- Money pays the oldest first; what was refunded nobody owes.
                           least(i.gross + i.rounding - c.credited,
                               greatest(0, sum(i.gross + i.rounding - c.taken_back)
                               OVER (PARTITION BY i.tenant_id, i.order_id ORDER BY i.id)
                               - (o.amount_paid - o.amount_charged_back))) AS open
                    FROM ecommerce.invoices i
                    JOIN ecommerce.settings s ON s.tenant_id = i.tenant_id
                    JOIN ecommerce.orders o ON o.tenant_id = i.tenant_id AND o.id = i.order_id
                                           AND o.created_at = i.order_created_at
                    JOIN ecommerce.order_amounts a ON a.tenant_id = o.tenant_id AND a.id = o.id
                                                  AND a.created_at = o.created_at
                    CROSS JOIN LATERAL (
                        SELECT coalesce(sum(n.amount), 0) AS credited,
                               coalesce(sum(n.amount) FILTER (WHERE n.refund_id IS NULL), 0)
                                   AS taken_back
                        FROM (SELECT k.refund_id,
                                     CASE l.part WHEN 'allowance' THEN -(l.net + l.vat)
                                                 ELSE l.net + l.vat END AS amount
                              FROM ecommerce.invoice_lines l
                              JOIN ecommerce.invoices k ON k.tenant_id = l.tenant_id
                                                       AND k.id = l.invoice_id
                              WHERE l.tenant_id = i.tenant_id
                                AND l.corrected_invoice_id = i.id) n) c
                    WHERE i.kind = 'invoice') v
              WINDOW k AS (PARTITION BY v.tenant_id, v.order_id ORDER BY v.id)) d
        WHERE d.open > 0 AND d.due_date < d.today;
    END IF;
END
$view$;
COMMENT ON VIEW ecommerce.dunning IS
    'Invoices that were to be paid before today, the shop''s day, and are not: whom to remind.';
COMMENT ON COLUMN ecommerce.dunning.id IS 'The invoice.';
COMMENT ON COLUMN ecommerce.dunning.invoice_number IS 'Its number.';
COMMENT ON COLUMN ecommerce.dunning.issue_date IS 'When it was issued.';
COMMENT ON COLUMN ecommerce.dunning.due_date IS 'Until when it was to be paid.';
COMMENT ON COLUMN ecommerce.dunning.order_id IS 'The order.';
COMMENT ON COLUMN ecommerce.dunning.order_number IS 'Its number.';
COMMENT ON COLUMN ecommerce.dunning.user_id IS 'The customer; NULL for a guest.';
COMMENT ON COLUMN ecommerce.dunning.currency IS 'ISO 4217.';
COMMENT ON COLUMN ecommerce.dunning.gross IS 'What it came to.';
COMMENT ON COLUMN ecommerce.dunning.open IS
    'What of it is not paid. What was paid for the order counts for its oldest invoice first; what '
    'was credited, cancelled, returned or refunded is not owed: all are never above the balance of '
    'the order.';
COMMENT ON COLUMN ecommerce.dunning.days_overdue IS 'Days since it was due.';
COMMENT ON COLUMN ecommerce.dunning.level IS
    '1 from the first day, 2, 3 and 4 each two weeks later.';
