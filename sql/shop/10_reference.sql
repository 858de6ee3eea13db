-- Reference data that every tenant shares: currencies, countries, VAT regions
-- and rates.
--
-- Executed by ecommerce.install() with search_path = pg_catalog, pg_temp.
-- Safe to execute again.  The rows are in 11_reference_data.sql.

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
	'First day in the VAT territory of the EU: the day of accession (founders 1958-01-01), for XI 2021-01-01 and goods only. NULL if never. Monaco and the Isle of Man have their own codes and NULL here: vat_places says which region of FR and GB they are.';
COMMENT ON COLUMN ecommerce.countries.eu_to IS
	'Last day in the VAT territory of the EU, inclusive: for GB 2020-12-31. NULL while it lasts.';

CREATE TABLE IF NOT EXISTS ecommerce.vat_regions (
	country text NOT NULL,
	region text NOT NULL DEFAULT '',
	rule text NOT NULL DEFAULT 'country',
	places_from date,
	legal_reason text,
	source text,
	confidence text,
	note text,
	CONSTRAINT vat_regions_pkey PRIMARY KEY (country, region),
	CONSTRAINT vat_regions_country_fkey FOREIGN KEY (country) REFERENCES ecommerce.countries (code),
	CONSTRAINT vat_regions_region_check CHECK (region = btrim(region) AND length(region) <= 100),
	CONSTRAINT vat_regions_rule_check CHECK (rule IN ('country', 'place', 'islands', 'overseas', 'outside')),
	CONSTRAINT vat_regions_country_check CHECK (region <> '' OR rule = 'country'),
	CONSTRAINT vat_regions_confidence_check CHECK (confidence IN ('A', 'B', 'C'))
);

COMMENT ON TABLE ecommerce.vat_regions IS
	'Parts of countries that VAT treats in their own way, and each country at large as the region that is an empty string. Shared by all tenants.';
COMMENT ON COLUMN ecommerce.vat_regions.country IS
	'The country (countries.code).';
COMMENT ON COLUMN ecommerce.vat_regions.region IS
	'Name of the region, one for all time: its rates may change, and the places in it (vat_places), but not its name. The empty string is the country at large.';
COMMENT ON COLUMN ecommerce.vat_regions.rule IS
	'When it matters: country (never: the country''s rates apply), place (rates of its own for what is supplied in it), islands (rates of its own if seller and goods are there, or if the buyer is a business there: Greece), overseas (outside the VAT territory of the EU, with rates of its own), outside (no VAT of the country).';
COMMENT ON COLUMN ecommerce.vat_regions.places_from IS
	'First day for which vat_places knows which places are in it; NULL if they never changed.';
COMMENT ON COLUMN ecommerce.vat_regions.legal_reason IS
	'The law that makes it a region.';
COMMENT ON COLUMN ecommerce.vat_regions.source IS
	'Where the row comes from, separated by semicolons. NULL where the rows of vat_rates say it.';
COMMENT ON COLUMN ecommerce.vat_regions.confidence IS
	'How sure the row is: A (several sources agree), B (one source), C (unsure). NULL for rows of your own, and where the rows of vat_rates say it.';
COMMENT ON COLUMN ecommerce.vat_regions.note IS
	'Scope, doubts and exceptions, in English.';

CREATE TABLE IF NOT EXISTS ecommerce.vat_places (
	country text NOT NULL,
	place text NOT NULL,
	region text NOT NULL,
	code text,
	postal_code text,
	postal_code_shared text,
	valid_from date NOT NULL,
	valid_to date,
	CONSTRAINT vat_places_pkey PRIMARY KEY (country, place, valid_from),
	CONSTRAINT vat_places_code_key UNIQUE (code),
	CONSTRAINT vat_places_region_fkey FOREIGN KEY (country, region) REFERENCES ecommerce.vat_regions (country, region),
	CONSTRAINT vat_places_region_check CHECK (region <> ''),
	CONSTRAINT vat_places_code_check CHECK (code ~ '^[A-Z]{2}$'),
	CONSTRAINT vat_places_valid_check CHECK (valid_to >= valid_from)
);

COMMENT ON TABLE ecommerce.vat_places IS
	'How an address tells that it is in a region: by the name of a place, by a country code of its own, or by a postal code. Shared by all tenants.';
COMMENT ON COLUMN ecommerce.vat_places.country IS
	'The country of the region.';
COMMENT ON COLUMN ecommerce.vat_places.place IS
	'Name of the place, in English and in ASCII.';
COMMENT ON COLUMN ecommerce.vat_places.region IS
	'The region that it is in.';
COMMENT ON COLUMN ecommerce.vat_places.code IS
	'Country code that an address there may bear instead of the country''s, e.g. MC for Monaco.';
COMMENT ON COLUMN ecommerce.vat_places.postal_code IS
	'Regular expression for the postal codes that only it has, in capital letters and digits, without blanks and hyphens.';
COMMENT ON COLUMN ecommerce.vat_places.postal_code_shared IS
	'Regular expression for postal codes that other places have, too, so that somebody must say which it is.';
COMMENT ON COLUMN ecommerce.vat_places.valid_from IS
	'First day on which it is in the region.';
COMMENT ON COLUMN ecommerce.vat_places.valid_to IS
	'Last day on which it is in the region, inclusive. NULL while it lasts.';

CREATE TABLE IF NOT EXISTS ecommerce.vat_rates (
	country text NOT NULL,
	region text NOT NULL DEFAULT '',
	vat_class text NOT NULL,
	rate numeric NOT NULL,
	valid_from date NOT NULL,
	valid_to date,
	source text,
	confidence text,
	note text,
	CONSTRAINT vat_rates_pkey PRIMARY KEY (country, region, vat_class, valid_from),
	CONSTRAINT vat_rates_region_fkey FOREIGN KEY (country, region) REFERENCES ecommerce.vat_regions (country, region),
	CONSTRAINT vat_rates_vat_class_check CHECK (vat_class IN ('standard', 'reduced', 'reduced2', 'super_reduced', 'super_reduced2', 'parking', 'zero')),
	-- NaN is greater than every number, so the upper bound refuses it
	CONSTRAINT vat_rates_rate_check CHECK (rate >= 0 AND rate <= 100),
	CONSTRAINT vat_rates_zero_check CHECK (vat_class <> 'zero' OR rate = 0),
	CONSTRAINT vat_rates_valid_check CHECK (valid_to >= valid_from),
	CONSTRAINT vat_rates_confidence_check CHECK (confidence IN ('A', 'B', 'C')),
	-- At most one rate on any day.  GiST compares texts only with btree_gist;
	-- but it compares ranges of numbers, so the key is written as a number whose
	-- digits are its bits.  No two keys are the same: no byte of a text is zero.
	CONSTRAINT vat_rates_no_overlap EXCLUDE USING gist (
		numrange(('0.' || ('x' || encode(replace(country || '/' || vat_class || '/' || region, E'\\', E'\\\\')::bytea, 'hex'))::varbit::text)::numeric, NULL) WITH =,
		daterange(valid_from, valid_to, '[]') WITH &&)
);

COMMENT ON TABLE ecommerce.vat_rates IS
	'VAT rates by country, region, class and time; their periods cannot overlap. Shared by all tenants. The built-in rows are a convenience as of the day in reference_data, not tax advice: check the rates that you charge, and correct or add rows here, or call set_vat_rate().';
COMMENT ON COLUMN ecommerce.vat_rates.country IS
	'Country that levies the VAT (countries.code). Northern Ireland is XI, with the rates of the United Kingdom.';
COMMENT ON COLUMN ecommerce.vat_rates.region IS
	'Part of the country with rates of its own (vat_regions.region); the empty string is the country at large.';
COMMENT ON COLUMN ecommerce.vat_rates.vat_class IS
	'Class of rate, which products name: standard, reduced, reduced2, super_reduced, super_reduced2, parking or zero. Not the category code of EN 16931 (S, Z, E, ...).';
COMMENT ON COLUMN ecommerce.vat_rates.rate IS
	'Rate in percent of the net amount, 0 to 100, e.g. 5.5.';
COMMENT ON COLUMN ecommerce.vat_rates.valid_from IS
	'First day of the rate, by tax point. For the oldest row of a class often the first day researched, not the first day in law.';
COMMENT ON COLUMN ecommerce.vat_rates.valid_to IS
	'Last day of the rate, inclusive. NULL while it lasts.';
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
	'The table: currencies, countries, vat_regions (with vat_places) or vat_rates.';
COMMENT ON COLUMN ecommerce.reference_data.as_of IS
	'The day whose state the built-in rows describe.';
COMMENT ON COLUMN ecommerce.reference_data.source IS
	'Sources of the built-in rows, with their licences.';

CREATE OR REPLACE VIEW ecommerce.vat_rates_current WITH (security_invoker = true) AS
SELECT r.country, r.region, r.vat_class, r.rate, r.valid_from, r.valid_to,
       n.rate AS next_rate, n.valid_from AS next_from,
       CASE WHEN r.confidence IS NOT NULL THEN d.as_of END AS as_of,
       r.source, r.confidence, r.note
FROM ecommerce.vat_rates r
LEFT JOIN ecommerce.reference_data d ON d.name = 'vat_rates'
LEFT JOIN LATERAL (SELECT l.rate, l.valid_from FROM ecommerce.vat_rates l
                   WHERE l.country = r.country AND l.region = r.region AND l.vat_class = r.vat_class AND l.valid_from > r.valid_from
                   ORDER BY l.valid_from LIMIT 1) n ON true
WHERE r.valid_from <= current_date AND (r.valid_to IS NULL OR r.valid_to >= current_date);

COMMENT ON VIEW ecommerce.vat_rates_current IS
	'The VAT rates of today, what follows them, and how current the built-in ones are.';
COMMENT ON COLUMN ecommerce.vat_rates_current.next_rate IS
	'The rate after it, if that is known.';
COMMENT ON COLUMN ecommerce.vat_rates_current.next_from IS
	'First day of that.';
COMMENT ON COLUMN ecommerce.vat_rates_current.as_of IS
	'The day whose state a built-in rate describes (reference_data.as_of); NULL for a rate of your own.';
