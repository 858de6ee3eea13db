-- Customers, their profiles, addresses and secrets; and the shop's staff.
--
-- Password hashes and tokens have tables of their own, so that a role can
-- read users without ever being near them.

CREATE TABLE IF NOT EXISTS ecommerce.customer_groups (
    tenant_id  integer     NOT NULL
        CONSTRAINT customer_groups_tenant_fkey REFERENCES ecommerce.tenants (id),
    id         uuid        NOT NULL,
    name       text        NOT NULL
        CONSTRAINT customer_groups_name_check CHECK (length(name) BETWEEN 1 AND 100),
    note       text        CONSTRAINT customer_groups_note_check CHECK (length(note) <= 10000),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT customer_groups_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT customer_groups_name_key UNIQUE (tenant_id, name)
);
COMMENT ON TABLE ecommerce.customer_groups IS
    'Customers who have something in common, such as price lists. A user belongs to one at most.';
COMMENT ON COLUMN ecommerce.customer_groups.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.customer_groups.name IS 'Name for people, unique in the tenant.';
COMMENT ON COLUMN ecommerce.customer_groups.note IS 'For people.';

CREATE TABLE IF NOT EXISTS ecommerce.users (
    tenant_id      integer     NOT NULL
        CONSTRAINT users_tenant_fkey REFERENCES ecommerce.tenants (id),
    id             uuid        NOT NULL,
    email          text        NOT NULL
        CONSTRAINT users_email_check CHECK (email LIKE '_%@_%' AND length(email) <= 254),
    first_name     text        CONSTRAINT users_first_name_check CHECK (length(first_name) <= 100),
    last_name      text        CONSTRAINT users_last_name_check CHECK (length(last_name) <= 100),
    role           text        NOT NULL DEFAULT 'customer'
        CONSTRAINT users_role_check CHECK (role IN ('customer', 'business', 'producer')),
    status         text        NOT NULL DEFAULT 'active'
        CONSTRAINT users_status_check CHECK (status IN ('active', 'inactive', 'blocked')),
    group_id       uuid,
    email_verified boolean     NOT NULL DEFAULT false,
    metadata       jsonb       NOT NULL DEFAULT '{}'
        CONSTRAINT users_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    deleted_at     timestamptz,
    erased_at      timestamptz,
    CONSTRAINT users_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT users_group_fkey FOREIGN KEY (tenant_id, group_id)
        REFERENCES ecommerce.customer_groups (tenant_id, id),
    CONSTRAINT users_erased_check
        CHECK (erased_at IS NULL
               OR deleted_at IS NOT NULL AND num_nonnulls(first_name, last_name) = 0
                  AND status <> 'active' AND NOT email_verified)
);
CREATE UNIQUE INDEX IF NOT EXISTS idx_users_email ON ecommerce.users
    (tenant_id, ecommerce_internal.case_folded(email)) WHERE deleted_at IS NULL;
CREATE INDEX IF NOT EXISTS idx_users_group ON ecommerce.users (tenant_id, group_id)
    WHERE group_id IS NOT NULL;
COMMENT ON TABLE ecommerce.users IS
    'Customers. Deleted softly: deleted_at frees the email address.';
COMMENT ON COLUMN ecommerce.users.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.users.email IS
    'Unique among the users of a tenant that are not deleted, case ignored: to find one, compare '
    'ecommerce_internal.case_folded(email). Trimmed by a trigger.';
COMMENT ON COLUMN ecommerce.users.first_name IS 'First name.';
COMMENT ON COLUMN ecommerce.users.last_name IS 'Last name.';
COMMENT ON COLUMN ecommerce.users.role IS 'customer, business or producer.';
COMMENT ON COLUMN ecommerce.users.status IS 'active, inactive or blocked.';
COMMENT ON COLUMN ecommerce.users.group_id IS
    'The customer group whose price lists apply to them; NULL for none.';
COMMENT ON COLUMN ecommerce.users.email_verified IS
    'Whether the address was proved to be theirs; another address is not, says a trigger.';
COMMENT ON COLUMN ecommerce.users.erased_at IS
    'When erase_customer() took what told who it was; then the row never changes again.';

CREATE TABLE IF NOT EXISTS ecommerce.user_credentials (
    tenant_id     integer     NOT NULL,
    user_id       uuid        NOT NULL,
    password_hash text        NOT NULL
        CONSTRAINT user_credentials_password_hash_check
            CHECK (length(password_hash) BETWEEN 20 AND 1000),
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_credentials_pkey PRIMARY KEY (tenant_id, user_id),
    CONSTRAINT user_credentials_user_fkey FOREIGN KEY (tenant_id, user_id)
        REFERENCES ecommerce.users (tenant_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE ecommerce.user_credentials IS
    'Password hashes, apart from users so that reading users never reveals one.';
COMMENT ON COLUMN ecommerce.user_credentials.password_hash IS
    'As the application hashed it (bcrypt, scrypt, argon2, or crypt() of pgcrypto). Never a '
    'password.';

CREATE TABLE IF NOT EXISTS ecommerce.user_profiles (
    tenant_id  integer     NOT NULL,
    user_id    uuid        NOT NULL,
    phone      text        CONSTRAINT user_profiles_phone_check CHECK (length(phone) <= 30),
    avatar_url text
        CONSTRAINT user_profiles_avatar_url_check CHECK (length(avatar_url) <= 2000),
    language   text        CONSTRAINT user_profiles_language_check CHECK (length(language) <= 35),
    birth_date date,
    company    text        CONSTRAINT user_profiles_company_check CHECK (length(company) <= 200),
    vat_id     text        CONSTRAINT user_profiles_vat_id_check CHECK (length(vat_id) <= 20),
    registration_number text
        CONSTRAINT user_profiles_registration_number_check
            CHECK (length(registration_number) BETWEEN 1 AND 50),
    registration_scheme text
        CONSTRAINT user_profiles_registration_scheme_check
            CHECK (registration_scheme ~ '^[0-9]{4}$'),
    endpoint_scheme text
        CONSTRAINT user_profiles_endpoint_scheme_check
            CHECK (endpoint_scheme ~ '^([0-9]{4}|EM)$'),
    endpoint_id text
        CONSTRAINT user_profiles_endpoint_id_check CHECK (length(endpoint_id) BETWEEN 1 AND 100),
    buyer_reference text
        CONSTRAINT user_profiles_buyer_reference_check
            CHECK (length(buyer_reference) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_profiles_endpoint_check
        CHECK ((endpoint_scheme IS NULL) = (endpoint_id IS NULL)),
    CONSTRAINT user_profiles_pkey PRIMARY KEY (tenant_id, user_id),
    CONSTRAINT user_profiles_user_fkey FOREIGN KEY (tenant_id, user_id)
        REFERENCES ecommerce.users (tenant_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE ecommerce.user_profiles IS 'What a customer tells about themselves.';
COMMENT ON COLUMN ecommerce.user_profiles.phone IS 'Phone number, as written.';
COMMENT ON COLUMN ecommerce.user_profiles.avatar_url IS 'Picture.';
COMMENT ON COLUMN ecommerce.user_profiles.language IS 'Preferred language, BCP 47.';
COMMENT ON COLUMN ecommerce.user_profiles.birth_date IS 'Date of birth.';
COMMENT ON COLUMN ecommerce.user_profiles.company IS 'Company name of a business customer.';
COMMENT ON COLUMN ecommerce.user_profiles.vat_id IS
    'VAT identification number, with its country prefix.';
COMMENT ON COLUMN ecommerce.user_profiles.registration_number IS
    'Number in the register of companies (BT-47).';
COMMENT ON COLUMN ecommerce.user_profiles.registration_scheme IS
    'What kind of number that is, a code of ISO 6523 (ICD).';
COMMENT ON COLUMN ecommerce.user_profiles.endpoint_scheme IS
    'Kind of electronic address, a code of the EAS list (BT-49-1).';
COMMENT ON COLUMN ecommerce.user_profiles.endpoint_id IS
    'Electronic address for invoices, in the Peppol network (BT-49).';
COMMENT ON COLUMN ecommerce.user_profiles.buyer_reference IS
    'What the customer wants to read on invoices, such as the Leitweg-ID (BT-10).';

CREATE TABLE IF NOT EXISTS ecommerce.user_addresses (
    tenant_id      integer     NOT NULL,
    id             uuid        NOT NULL,
    user_id        uuid        NOT NULL,
    type           text        NOT NULL DEFAULT 'shipping'
        CONSTRAINT user_addresses_type_check CHECK (type IN ('shipping', 'billing')),
    first_name     text        NOT NULL
        CONSTRAINT user_addresses_first_name_check CHECK (length(first_name) <= 100),
    last_name      text        NOT NULL
        CONSTRAINT user_addresses_last_name_check CHECK (length(last_name) <= 100),
    company        text
        CONSTRAINT user_addresses_company_check CHECK (length(company) <= 200),
    address_line_1 text        NOT NULL
        CONSTRAINT user_addresses_address_line_1_check CHECK (length(address_line_1) <= 255),
    address_line_2 text
        CONSTRAINT user_addresses_address_line_2_check CHECK (length(address_line_2) <= 255),
    city           text        NOT NULL
        CONSTRAINT user_addresses_city_check CHECK (length(city) <= 100),
    state          text        CONSTRAINT user_addresses_state_check CHECK (length(state) <= 100),
    postal_code    text        NOT NULL
        CONSTRAINT user_addresses_postal_code_check CHECK (length(postal_code) <= 20),
    country        text        NOT NULL
        CONSTRAINT user_addresses_country_check CHECK (country ~ '^[A-Z]{2}$'),
    phone          text        CONSTRAINT user_addresses_phone_check CHECK (length(phone) <= 30),
    is_default     boolean     NOT NULL DEFAULT false,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_addresses_pkey PRIMARY KEY (id, tenant_id),
    CONSTRAINT user_addresses_user_fkey FOREIGN KEY (tenant_id, user_id)
        REFERENCES ecommerce.users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS idx_user_addresses_user ON ecommerce.user_addresses (tenant_id, user_id);
CREATE UNIQUE INDEX IF NOT EXISTS idx_user_addresses_default ON ecommerce.user_addresses
    (tenant_id, user_id, type) WHERE is_default;
COMMENT ON TABLE ecommerce.user_addresses IS
    'Address book. An order keeps its own copy of the addresses that it used.';
COMMENT ON COLUMN ecommerce.user_addresses.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.user_addresses.type IS 'shipping or billing.';
COMMENT ON COLUMN ecommerce.user_addresses.first_name IS 'First name.';
COMMENT ON COLUMN ecommerce.user_addresses.last_name IS 'Last name.';
COMMENT ON COLUMN ecommerce.user_addresses.company IS 'Company.';
COMMENT ON COLUMN ecommerce.user_addresses.address_line_1 IS 'Street and number.';
COMMENT ON COLUMN ecommerce.user_addresses.address_line_2 IS 'Floor, flat, care of.';
COMMENT ON COLUMN ecommerce.user_addresses.city IS 'City.';
COMMENT ON COLUMN ecommerce.user_addresses.state IS 'State or region, where the country has them.';
COMMENT ON COLUMN ecommerce.user_addresses.postal_code IS 'Postal code.';
COMMENT ON COLUMN ecommerce.user_addresses.country IS 'ISO 3166-1 alpha-2.';
COMMENT ON COLUMN ecommerce.user_addresses.phone IS 'Phone number for the carrier.';
COMMENT ON COLUMN ecommerce.user_addresses.is_default IS
    'At most one default for each user and type.';

CREATE TABLE IF NOT EXISTS ecommerce.email_tokens (
    tenant_id  integer     NOT NULL,
    token_hash bytea       NOT NULL
        CONSTRAINT email_tokens_token_hash_check CHECK (length(token_hash) = 32),
    user_id    uuid        NOT NULL,
    type       text        NOT NULL DEFAULT 'verification'
        CONSTRAINT email_tokens_type_check CHECK (type IN ('verification', 'reset')),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    email      text        CONSTRAINT email_tokens_email_check CHECK (length(email) <= 254),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT email_tokens_pkey PRIMARY KEY (tenant_id, token_hash),
    CONSTRAINT email_tokens_user_fkey FOREIGN KEY (tenant_id, user_id)
        REFERENCES ecommerce.users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS idx_email_tokens_user ON ecommerce.email_tokens (tenant_id, user_id);
COMMENT ON TABLE ecommerce.email_tokens IS
    'Tokens sent by email to verify an address or reset a password.';
COMMENT ON COLUMN ecommerce.email_tokens.token_hash IS
    'sha256 of the token; the token itself is never stored.';
COMMENT ON COLUMN ecommerce.email_tokens.type IS 'verification or reset.';
COMMENT ON COLUMN ecommerce.email_tokens.expires_at IS 'Not valid from then on.';
COMMENT ON COLUMN ecommerce.email_tokens.used_at IS 'When it was used; it works once.';
COMMENT ON COLUMN ecommerce.email_tokens.email IS
    'The address that it is for; with another one it is void. NULL is whatever the user has.';

CREATE TABLE IF NOT EXISTS ecommerce.auth_failures (
    tenant_id    integer     NOT NULL
        CONSTRAINT auth_failures_tenant_fkey REFERENCES ecommerce.tenants (id),
    subject_id   uuid        NOT NULL,
    purpose      text        NOT NULL
        CONSTRAINT auth_failures_purpose_check CHECK (purpose IN ('password', 'token')),
    failed_count integer     NOT NULL
        CONSTRAINT auth_failures_failed_count_check CHECK (failed_count >= 0),
    failed_at    timestamptz NOT NULL DEFAULT now(),
    locked_until timestamptz,
    CONSTRAINT auth_failures_pkey PRIMARY KEY (tenant_id, subject_id, purpose)
);
COMMENT ON TABLE ecommerce.auth_failures IS
    'Wrong passwords and requests for tokens, counted, so that the next ones have to wait. An '
    'address without an account has a row, too, one of 4,096 that all of them share.';
COMMENT ON COLUMN ecommerce.auth_failures.subject_id IS
    'The user; or a number below 4,096 that the address hashes to.';
COMMENT ON COLUMN ecommerce.auth_failures.purpose IS 'password or token.';
COMMENT ON COLUMN ecommerce.auth_failures.failed_count IS
    'How often since it last went well, or was let alone for a day.';
COMMENT ON COLUMN ecommerce.auth_failures.failed_at IS 'The last time.';
COMMENT ON COLUMN ecommerce.auth_failures.locked_until IS
    'Until then all are refused, the right password, too.';

CREATE TABLE IF NOT EXISTS ecommerce.admins (
    tenant_id     integer     NOT NULL
        CONSTRAINT admins_tenant_fkey REFERENCES ecommerce.tenants (id),
    id            uuid        NOT NULL,
    email         text        NOT NULL
        CONSTRAINT admins_email_check CHECK (email LIKE '_%@_%' AND length(email) <= 254),
    password_hash text        NOT NULL
        CONSTRAINT admins_password_hash_check CHECK (length(password_hash) BETWEEN 20 AND 1000),
    name          text        NOT NULL CONSTRAINT admins_name_check CHECK (length(name) <= 100),
    role          text        NOT NULL DEFAULT 'admin'
        CONSTRAINT admins_role_check CHECK (role IN ('admin', 'super_admin')),
    avatar_url    text        CONSTRAINT admins_avatar_url_check CHECK (length(avatar_url) <= 2000),
    is_active     boolean     NOT NULL DEFAULT true,
    last_login    timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT admins_pkey PRIMARY KEY (id, tenant_id)
);
CREATE UNIQUE INDEX IF NOT EXISTS idx_admins_email ON ecommerce.admins
    (tenant_id, ecommerce_internal.case_folded(email));
COMMENT ON TABLE ecommerce.admins IS
    'Staff of the shop. Holds password hashes, so only the service profile may read it.';
COMMENT ON COLUMN ecommerce.admins.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.admins.email IS
    'Unique in the tenant, case ignored, as that of users. Trimmed by a trigger.';
COMMENT ON COLUMN ecommerce.admins.password_hash IS
    'As the application hashed it. Never a password.';
COMMENT ON COLUMN ecommerce.admins.name IS 'Name for people.';
COMMENT ON COLUMN ecommerce.admins.role IS 'admin or super_admin.';
COMMENT ON COLUMN ecommerce.admins.avatar_url IS 'Picture.';
COMMENT ON COLUMN ecommerce.admins.is_active IS 'Whether they may log in.';
COMMENT ON COLUMN ecommerce.admins.last_login IS 'When they last logged in.';

DO $view$
BEGIN
    IF to_regclass('ecommerce.customers') IS NULL THEN
        CREATE VIEW ecommerce.customers WITH (security_invoker = true) AS
        SELECT u.tenant_id, u.id, u.email, concat_ws(' ', u.first_name, u.last_name) AS name,
               p.phone, p.company, p.vat_id, u.role, u.status, u.email_verified, u.created_at
        FROM ecommerce.users u
        LEFT JOIN ecommerce.user_profiles p ON p.tenant_id = u.tenant_id AND p.user_id = u.id
        WHERE u.deleted_at IS NULL;
    END IF;
END
$view$;
COMMENT ON VIEW ecommerce.customers IS 'Customers that are not deleted, with their profile.';
COMMENT ON COLUMN ecommerce.customers.name IS 'First and last name.';
