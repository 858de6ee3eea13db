-- Currencies, which all tenants share.

CREATE TABLE IF NOT EXISTS ecommerce.currencies (
	code text NOT NULL,
	numeric_code text,
	minor_units smallint NOT NULL,
	name text NOT NULL,
	CONSTRAINT currencies_pkey PRIMARY KEY (code),
	CONSTRAINT currencies_code_check CHECK (code ~ '^[A-Z]{3}$'),
	CONSTRAINT currencies_numeric_code_check CHECK (numeric_code ~ '^[0-9]{3}$'),
	CONSTRAINT currencies_minor_units_check CHECK (minor_units BETWEEN 0 AND 4)
);

COMMENT ON TABLE ecommerce.currencies IS
    'Currencies of ISO 4217, some withdrawn ones included, so that old documents keep their '
    'currency. Shared by all tenants.';
COMMENT ON COLUMN ecommerce.currencies.code IS
    'Alphabetic code of ISO 4217, three capital letters, e.g. EUR.';
COMMENT ON COLUMN ecommerce.currencies.numeric_code IS
    'Numeric code of ISO 4217, three digits with leading zeros, e.g. 978. A successor may carry '
    'its predecessor''s number.';
COMMENT ON COLUMN ecommerce.currencies.minor_units IS
    'Decimal places of an amount (ISO 4217 minor units), 0 to 4: 2 for EUR, 0 for JPY, 3 for KWD. '
    '0 where ISO 4217 says N.A. (metals, units of account). The extension computes with its '
    'built-in copy of the codes it knows.';
COMMENT ON COLUMN ecommerce.currencies.name IS 'English name, in ASCII.';
