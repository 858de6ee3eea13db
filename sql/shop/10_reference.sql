-- Reference data that every tenant shares: currencies, countries, VAT rates.
--
-- Executed by ecommerce.install() with search_path = pg_catalog, pg_temp.
-- Safe to execute again.  The rows are in 21_reference_data.sql.

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
	'Currencies of ISO 4217, some withdrawn ones included, so that old documents keep their currency. Shared by all tenants.';
COMMENT ON COLUMN ecommerce.currencies.code IS
	'Alphabetic code of ISO 4217, three capital letters, e.g. EUR.';
COMMENT ON COLUMN ecommerce.currencies.numeric_code IS
	'Numeric code of ISO 4217, three digits with leading zeros, e.g. 978. A successor may carry its predecessor''s number.';
COMMENT ON COLUMN ecommerce.currencies.minor_units IS
	'Decimal places of an amount (ISO 4217 minor units), 0 to 4: 2 for EUR, 0 for JPY, 3 for KWD. 0 where ISO 4217 says N.A. (metals, units of account). The extension computes with its built-in copy of the codes it knows.';
COMMENT ON COLUMN ecommerce.currencies.name IS
	'English name, in ASCII.';

CREATE TABLE IF NOT EXISTS ecommerce.countries (
	code text NOT NULL,
	alpha3 text,
	numeric_code text,
	name text NOT NULL,
	vat_prefix text,
	eu_from date,
	eu_to date,
	CONSTRAINT countries_pkey PRIMARY KEY (code),
	CONSTRAINT countries_code_check CHECK (code ~ '^[A-Z]{2}$'),
	CONSTRAINT countries_alpha3_check CHECK (alpha3 ~ '^[A-Z]{3}$'),
	CONSTRAINT countries_numeric_code_check CHECK (numeric_code ~ '^[0-9]{3}$'),
	CONSTRAINT countries_vat_prefix_check CHECK (vat_prefix ~ '^[A-Z]{2}$'),
	CONSTRAINT countries_eu_check CHECK (eu_to IS NULL OR (eu_from IS NOT NULL AND eu_to >= eu_from))
);

COMMENT ON TABLE ecommerce.countries IS
	'Countries of ISO 3166-1, and XI for Northern Ireland, which is a territory of its own for VAT on goods. Shared by all tenants.';
COMMENT ON COLUMN ecommerce.countries.code IS
	'Two-letter code of ISO 3166-1, e.g. GR for Greece; XI is the code the EU uses for Northern Ireland.';
COMMENT ON COLUMN ecommerce.countries.alpha3 IS
	'Three-letter code of ISO 3166-1, e.g. GRC. NULL for XI.';
COMMENT ON COLUMN ecommerce.countries.numeric_code IS
	'Numeric code of ISO 3166-1, three digits with leading zeros, e.g. 300. NULL for XI.';
COMMENT ON COLUMN ecommerce.countries.name IS
	'Short English name, in ASCII.';
COMMENT ON COLUMN ecommerce.countries.vat_prefix IS
	'The two letters before a VAT identification number (EN 16931 BT-31): the country code, but EL for Greece. NULL where the built-in rates know no VAT.';
COMMENT ON COLUMN ecommerce.countries.eu_from IS
	'First day in the VAT territory of the EU: the day of accession (founders 1958-01-01), for XI 2021-01-01 and goods only. NULL if never. Monaco and the Isle of Man have their own codes and NULL here: regions of FR and GB describe them in vat_rates.';
COMMENT ON COLUMN ecommerce.countries.eu_to IS
	'Last day in the VAT territory of the EU, inclusive: for GB 2020-12-31. NULL while it lasts.';

CREATE TABLE IF NOT EXISTS ecommerce.vat_rates (
	country text NOT NULL,
	region text NOT NULL DEFAULT '',
	vat_class text NOT NULL,
	rate numeric NOT NULL,
	valid_from date NOT NULL,
	valid_to date,
	region_match text,
	source text,
	confidence text,
	note text,
	CONSTRAINT vat_rates_pkey PRIMARY KEY (country, region, vat_class, valid_from),
	CONSTRAINT vat_rates_country_fkey FOREIGN KEY (country) REFERENCES ecommerce.countries (code),
	CONSTRAINT vat_rates_vat_class_check CHECK (vat_class IN ('standard', 'reduced', 'reduced2', 'super_reduced', 'super_reduced2', 'parking', 'zero', 'outside')),
	-- NaN is greater than every number, so the upper bound refuses it
	CONSTRAINT vat_rates_rate_check CHECK (rate >= 0 AND rate <= 100),
	CONSTRAINT vat_rates_valid_check CHECK (valid_to >= valid_from),
	CONSTRAINT vat_rates_confidence_check CHECK (confidence IN ('A', 'B', 'C'))
);

COMMENT ON TABLE ecommerce.vat_rates IS
	'VAT rates by country, region, class and time. Shared by all tenants. The built-in rows are a convenience as of the day in reference_data, not tax advice: check the rates that you charge, and correct or add rows here.';
COMMENT ON COLUMN ecommerce.vat_rates.country IS
	'Country that levies the VAT (countries.code).';
COMMENT ON COLUMN ecommerce.vat_rates.region IS
	'Part of the country with rates of its own, or outside its VAT territory; the empty string is the country at large. All rows of XI are in the region Northern Ireland.';
COMMENT ON COLUMN ecommerce.vat_rates.vat_class IS
	'Class of rate, which products name: standard, reduced, reduced2, super_reduced, super_reduced2, parking, zero, or outside (no VAT: the region is not in the VAT territory). Not the category code of EN 16931 (S, Z, E, ...).';
COMMENT ON COLUMN ecommerce.vat_rates.rate IS
	'Rate in percent of the net amount, 0 to 100, e.g. 5.5.';
COMMENT ON COLUMN ecommerce.vat_rates.valid_from IS
	'First day of the rate, by tax point. For the oldest row of a class often the first day researched, not the first day in law.';
COMMENT ON COLUMN ecommerce.vat_rates.valid_to IS
	'Last day of the rate, inclusive. NULL while it lasts.';
COMMENT ON COLUMN ecommerce.vat_rates.region_match IS
	'How an address of the region is recognised, for people to read: "postcode" and a regular expression, or "ISO" and country codes. NULL for the country at large and where no postcode tells.';
COMMENT ON COLUMN ecommerce.vat_rates.source IS
	'Where the row comes from, separated by semicolons; "memory" means that no source was at hand.';
COMMENT ON COLUMN ecommerce.vat_rates.confidence IS
	'How sure the row is: A (several sources agree), B (one source), C (unsure). NULL for rows of your own.';
COMMENT ON COLUMN ecommerce.vat_rates.note IS
	'Scope, doubts and exceptions, in English.';

CREATE TABLE IF NOT EXISTS ecommerce.reference_data (
	name text NOT NULL,
	as_of date NOT NULL,
	source text,
	CONSTRAINT reference_data_pkey PRIMARY KEY (name)
);

COMMENT ON TABLE ecommerce.reference_data IS
	'How current the built-in reference data is: one row per table. Shared by all tenants.';
COMMENT ON COLUMN ecommerce.reference_data.name IS
	'The table: currencies, countries or vat_rates.';
COMMENT ON COLUMN ecommerce.reference_data.as_of IS
	'The day whose state the built-in rows describe.';
COMMENT ON COLUMN ecommerce.reference_data.source IS
	'Sources of the built-in rows, with their licences.';
