-- Coupons, which lower what an order costs, and gift cards, which pay for it.
--
-- Redemptions do not reference coupons or orders: a foreign key would lock the
-- coupon of a rush for every order in it, and orders are partitioned.

CREATE TABLE IF NOT EXISTS ecommerce.coupons (
    tenant_id                integer     NOT NULL
        CONSTRAINT coupons_tenant_fkey REFERENCES ecommerce.tenants (id),
    id                       uuid        NOT NULL,
    code                     text        NOT NULL
        CONSTRAINT coupons_code_check
            CHECK (length(code) >= 1 AND length(code) <= 64
                   AND code COLLATE "C" !~ '[[:space:][:lower:]]'),
    kind                     text        NOT NULL
        CONSTRAINT coupons_kind_check CHECK (kind IN ('percent', 'amount', 'free_shipping')),
    value                    numeric
        CONSTRAINT coupons_value_check CHECK (value > 0 AND value < 1e15 AND min_scale(value) <= 6),
    currency                 text
        CONSTRAINT coupons_currency_fkey REFERENCES ecommerce.currencies (code),
    minimum                  numeric     NOT NULL DEFAULT 0
        CONSTRAINT coupons_minimum_check CHECK (minimum >= 0 AND minimum < 1e15),
    max_redemptions          integer
        CONSTRAINT coupons_max_redemptions_check CHECK (max_redemptions > 0),
    max_redemptions_per_user integer
        CONSTRAINT coupons_max_redemptions_per_user_check CHECK (max_redemptions_per_user > 0),
    valid_from               timestamptz NOT NULL DEFAULT now(),
    valid_to                 timestamptz,
    is_active                boolean     NOT NULL DEFAULT true,
    redemptions              integer     NOT NULL DEFAULT 0
        CONSTRAINT coupons_redemptions_check
            CHECK (redemptions >= 0 AND redemptions <= max_redemptions),
    created_at               timestamptz NOT NULL DEFAULT now(),
    updated_at               timestamptz NOT NULL DEFAULT now(),
    deleted_at               timestamptz,
    CONSTRAINT coupons_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT coupons_percent_check CHECK (kind <> 'percent' OR value <= 100),
    CONSTRAINT coupons_has_value_check CHECK ((kind = 'free_shipping') = (value IS NULL)),
    CONSTRAINT coupons_currency_check
        CHECK (currency IS NOT NULL OR kind <> 'amount' AND minimum = 0),
    CONSTRAINT coupons_valid_check CHECK (valid_from < valid_to),
    CONSTRAINT coupons_counted_check
        CHECK (redemptions = 0 OR num_nonnulls(max_redemptions, max_redemptions_per_user) > 0)
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX IF NOT EXISTS idx_coupons_code ON ecommerce.coupons (tenant_id, code)
    WHERE deleted_at IS NULL;
COMMENT ON TABLE ecommerce.coupons IS
    'Codes that customers redeem with an order. One that has a limit counts its redemptions, so '
    'orders with it wait for each other; one that has none does not. Deleted softly: deleted_at '
    'frees the code.';
COMMENT ON COLUMN ecommerce.coupons.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.coupons.code IS
    'In capitals as case_folded() knows them (Greek without accents, SS for a sharp s), without '
    'blanks; a trigger turns it so. Unique among the coupons of a tenant that are not deleted.';
COMMENT ON COLUMN ecommerce.coupons.kind IS 'percent or amount off the goods, or free_shipping.';
COMMENT ON COLUMN ecommerce.coupons.value IS
    'Percent, with at most six decimals, or amount; NULL for free_shipping.';
COMMENT ON COLUMN ecommerce.coupons.currency IS
    'Currency of amount and minimum, ISO 4217; orders in another one cannot use it.';
COMMENT ON COLUMN ecommerce.coupons.minimum IS
    'What the goods must come to before any discount, in the prices of the shop (net or gross).';
COMMENT ON COLUMN ecommerce.coupons.max_redemptions IS
    'How often it may be redeemed in all; NULL for any number.';
COMMENT ON COLUMN ecommerce.coupons.max_redemptions_per_user IS
    'How often one customer may redeem it, known by user, by the address of the order, or by that '
    'of the account; NULL for any number. Never lowered.';
COMMENT ON COLUMN ecommerce.coupons.valid_from IS 'For orders from then on.';
COMMENT ON COLUMN ecommerce.coupons.valid_to IS 'Not for orders from then on.';
COMMENT ON COLUMN ecommerce.coupons.is_active IS 'Whether it may be redeemed.';
COMMENT ON COLUMN ecommerce.coupons.redemptions IS
    'Redemptions that count, if it has a limit; else 0.';

CREATE TABLE IF NOT EXISTS ecommerce.coupon_redemptions (
    tenant_id        integer     NOT NULL,
    order_id         uuid        NOT NULL,
    order_created_at timestamptz NOT NULL,
    coupon_id        uuid        NOT NULL,
    position         integer     NOT NULL
        CONSTRAINT coupon_redemptions_position_check CHECK (position > 0),
    user_id          uuid,
    email            text,
    account_email    text,
    amount           numeric     NOT NULL
        CONSTRAINT coupon_redemptions_amount_check CHECK (amount >= 0 AND amount < 1e18),
    created_at       timestamptz NOT NULL DEFAULT now(),
    released_at      timestamptz,
    CONSTRAINT coupon_redemptions_pkey PRIMARY KEY (tenant_id, order_id, coupon_id)
);
CREATE INDEX IF NOT EXISTS idx_coupon_redemptions_user ON ecommerce.coupon_redemptions
    (tenant_id, coupon_id, user_id) WHERE released_at IS NULL;
CREATE INDEX IF NOT EXISTS idx_coupon_redemptions_email ON ecommerce.coupon_redemptions
    (tenant_id, coupon_id, email) WHERE released_at IS NULL AND email IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_coupon_redemptions_account_email ON ecommerce.coupon_redemptions
    (tenant_id, coupon_id, account_email)
    WHERE released_at IS NULL AND account_email IS NOT NULL;
COMMENT ON TABLE ecommerce.coupon_redemptions IS
    'Which orders used which coupons. Rows never change, but that they are released once.';
COMMENT ON COLUMN ecommerce.coupon_redemptions.order_id IS 'The order.';
COMMENT ON COLUMN ecommerce.coupon_redemptions.order_created_at IS 'orders.created_at.';
COMMENT ON COLUMN ecommerce.coupon_redemptions.coupon_id IS
    'The coupon; each at most once in an order.';
COMMENT ON COLUMN ecommerce.coupon_redemptions.position IS
    'Which of the order''s coupons it was: 1, 2 and so on.';
COMMENT ON COLUMN ecommerce.coupon_redemptions.user_id IS 'The customer, NULL for a guest.';
COMMENT ON COLUMN ecommerce.coupon_redemptions.email IS
    'The order''s email address, as case_folded() has it.';
COMMENT ON COLUMN ecommerce.coupon_redemptions.account_email IS
    'The email address that the user had then, as case_folded() has it; NULL for a guest.';
COMMENT ON COLUMN ecommerce.coupon_redemptions.amount IS
    'What it took off the goods, in the prices and the currency of the order; 0 for free_shipping.';
COMMENT ON COLUMN ecommerce.coupon_redemptions.released_at IS
    'When the order was cancelled; NULL while the redemption counts.';

CREATE TABLE IF NOT EXISTS ecommerce.gift_cards (
    tenant_id      integer     NOT NULL
        CONSTRAINT gift_cards_tenant_fkey REFERENCES ecommerce.tenants (id),
    id             uuid        NOT NULL,
    code_hash      bytea       NOT NULL
        CONSTRAINT gift_cards_code_hash_check CHECK (length(code_hash) = 32),
    last_digits    text        NOT NULL
        CONSTRAINT gift_cards_last_digits_check CHECK (length(last_digits) <= 4),
    currency       text        NOT NULL
        CONSTRAINT gift_cards_currency_fkey REFERENCES ecommerce.currencies (code),
    initial_amount numeric     NOT NULL
        CONSTRAINT gift_cards_initial_amount_check
            CHECK (initial_amount > 0 AND initial_amount < 1e15),
    balance        numeric     NOT NULL
        CONSTRAINT gift_cards_balance_check CHECK (balance >= 0 AND balance < 1e15),
    status         text        NOT NULL DEFAULT 'active'
        CONSTRAINT gift_cards_status_check CHECK (status IN ('active', 'blocked')),
    valid_to       timestamptz,
    user_id        uuid,
    email          text
        CONSTRAINT gift_cards_email_check CHECK (email LIKE '_%@_%' AND length(email) <= 254),
    note           text        CONSTRAINT gift_cards_note_check CHECK (length(note) <= 10000),
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT gift_cards_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT gift_cards_user_fkey FOREIGN KEY (tenant_id, user_id)
        REFERENCES ecommerce.users (tenant_id, id)
);
CREATE UNIQUE INDEX IF NOT EXISTS idx_gift_cards_code ON ecommerce.gift_cards
    (tenant_id, code_hash);
CREATE INDEX IF NOT EXISTS idx_gift_cards_user ON ecommerce.gift_cards (tenant_id, user_id)
    WHERE user_id IS NOT NULL;
COMMENT ON TABLE ecommerce.gift_cards IS
    'Money paid in before: a means of payment, which changes neither the price nor the VAT of an '
    'order.';
COMMENT ON COLUMN ecommerce.gift_cards.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.gift_cards.code_hash IS
    'sha256 of the normalized code; the code itself is never stored.';
COMMENT ON COLUMN ecommerce.gift_cards.last_digits IS
    'The last characters of the code, for people to tell cards apart.';
COMMENT ON COLUMN ecommerce.gift_cards.currency IS 'ISO 4217; it pays for orders in this currency.';
COMMENT ON COLUMN ecommerce.gift_cards.initial_amount IS 'What it was issued with.';
COMMENT ON COLUMN ecommerce.gift_cards.balance IS
    'What is left: the sum of its entries, compared at commit. Never below zero.';
COMMENT ON COLUMN ecommerce.gift_cards.status IS 'active or blocked.';
COMMENT ON COLUMN ecommerce.gift_cards.valid_to IS
    'Pays for nothing from then on; NULL if it does not expire.';
COMMENT ON COLUMN ecommerce.gift_cards.user_id IS
    'Whose card it is, if that is known; whoever has the code may use it.';
COMMENT ON COLUMN ecommerce.gift_cards.email IS 'Whom it was sent to.';
COMMENT ON COLUMN ecommerce.gift_cards.note IS 'For people.';

CREATE TABLE IF NOT EXISTS ecommerce.gift_card_entries (
    tenant_id        integer     NOT NULL,
    id               uuid        NOT NULL,
    gift_card_id     uuid        NOT NULL,
    kind             text        NOT NULL
        CONSTRAINT gift_card_entries_kind_check
            CHECK (kind IN ('issue', 'redeem', 'refund', 'adjust')),
    amount           numeric     NOT NULL
        CONSTRAINT gift_card_entries_amount_check
            CHECK (abs(amount) < 1e15
                   AND CASE kind WHEN 'adjust' THEN amount <> 0 WHEN 'redeem' THEN amount < 0
                                 ELSE amount > 0 END),
    order_id         uuid,
    order_created_at timestamptz,
    note             text
        CONSTRAINT gift_card_entries_note_check CHECK (length(note) <= 10000),
    idempotency_key  text
        CONSTRAINT gift_card_entries_idempotency_key_check
            CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    request_hash     bytea,
    created_by       text        NOT NULL DEFAULT session_user,
    created_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT gift_card_entries_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT gift_card_entries_card_fkey FOREIGN KEY (tenant_id, gift_card_id)
        REFERENCES ecommerce.gift_cards (tenant_id, id),
    CONSTRAINT gift_card_entries_order_check
        CHECK (num_nonnulls(order_id, order_created_at)
               = CASE WHEN kind IN ('redeem', 'refund') THEN 2 ELSE 0 END)
);
CREATE INDEX IF NOT EXISTS idx_gift_card_entries_card ON ecommerce.gift_card_entries
    (tenant_id, gift_card_id, created_at);
CREATE INDEX IF NOT EXISTS idx_gift_card_entries_order ON ecommerce.gift_card_entries
    (tenant_id, order_id) WHERE order_id IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS idx_gift_card_entries_key ON ecommerce.gift_card_entries
    (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
COMMENT ON TABLE ecommerce.gift_card_entries IS
    'Every change of a gift card''s balance. Append-only: a trigger refuses changes.';
COMMENT ON COLUMN ecommerce.gift_card_entries.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.gift_card_entries.gift_card_id IS 'The gift card.';
COMMENT ON COLUMN ecommerce.gift_card_entries.kind IS
    'issue, redeem (an order), refund (of one), or adjust.';
COMMENT ON COLUMN ecommerce.gift_card_entries.amount IS
    'Added to the balance; negative for redeem.';
COMMENT ON COLUMN ecommerce.gift_card_entries.order_id IS
    'The order that it paid for, or that was refunded.';
COMMENT ON COLUMN ecommerce.gift_card_entries.order_created_at IS 'orders.created_at.';
COMMENT ON COLUMN ecommerce.gift_card_entries.note IS 'Why, in words.';
COMMENT ON COLUMN ecommerce.gift_card_entries.idempotency_key IS
    'The key that the caller of redeem_gift_card() chose.';
COMMENT ON COLUMN ecommerce.gift_card_entries.request_hash IS
    'sha256 of that request; the same key with another request is an error.';
COMMENT ON COLUMN ecommerce.gift_card_entries.created_by IS 'The role that was logged in.';
