-- Countries, and their parts that VAT treats in their own way; all tenants share them.

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
	CONSTRAINT countries_eu_check CHECK (eu_to IS NULL OR (eu_from IS NOT NULL AND eu_to > eu_from))
);

COMMENT ON TABLE ecommerce.countries IS
    'Countries of ISO 3166-1, and XI for Northern Ireland, which is a territory of its own for '
    'VAT on goods. Shared by all tenants.';
COMMENT ON COLUMN ecommerce.countries.code IS
    'Two-letter code of ISO 3166-1, e.g. GR for Greece; XI is the code the EU uses for Northern '
    'Ireland.';
COMMENT ON COLUMN ecommerce.countries.alpha3 IS
    'Three-letter code of ISO 3166-1, e.g. GRC. NULL for XI.';
COMMENT ON COLUMN ecommerce.countries.numeric_code IS
    'Numeric code of ISO 3166-1, three digits with leading zeros, e.g. 300. NULL for XI.';
COMMENT ON COLUMN ecommerce.countries.name IS 'Short English name, in ASCII.';
COMMENT ON COLUMN ecommerce.countries.vat_prefix IS
    'The two letters before a VAT identification number (EN 16931 BT-31): the country code, but '
    'EL for Greece. NULL where the built-in rates know no VAT.';
COMMENT ON COLUMN ecommerce.countries.eu_from IS
    'First day in the VAT territory of the EU: the day of accession (founders 1958-01-01), for XI '
    '2021-01-01 and goods only. NULL if never. Monaco and the Isle of Man have their own codes '
    'and NULL here: vat_places says which region of FR and GB they are.';
COMMENT ON COLUMN ecommerce.countries.eu_to IS
    'First day no longer in the VAT territory of the EU: for GB 2021-01-01. NULL while it lasts.';

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
	CONSTRAINT vat_regions_rule_check
		CHECK (rule IN ('country', 'place', 'islands', 'overseas', 'outside')),
	CONSTRAINT vat_regions_country_check CHECK (region <> '' OR rule = 'country'),
	CONSTRAINT vat_regions_confidence_check CHECK (confidence IN ('A', 'B', 'C'))
);

COMMENT ON TABLE ecommerce.vat_regions IS
    'Parts of countries that VAT treats in their own way, and each country at large as the region '
    'that is an empty string. Shared by all tenants.';
COMMENT ON COLUMN ecommerce.vat_regions.country IS 'The country (countries.code).';
COMMENT ON COLUMN ecommerce.vat_regions.region IS
    'Name of the region, one for all time: its rates may change, and the places in it '
    '(vat_places), but not its name. The empty string is the country at large.';
COMMENT ON COLUMN ecommerce.vat_regions.rule IS
    'When it matters: country (never: the country''s rates apply), place (rates of its own for '
    'what is supplied in it), islands (rates of its own if seller and goods are there, or if the '
    'buyer is a business there: Greece), overseas (outside the VAT territory of the EU, with '
    'rates of its own), outside (no VAT of the country).';
COMMENT ON COLUMN ecommerce.vat_regions.places_from IS
    'First day for which vat_places knows which places are in it; NULL if they never changed.';
COMMENT ON COLUMN ecommerce.vat_regions.legal_reason IS 'The law that makes it a region.';
COMMENT ON COLUMN ecommerce.vat_regions.source IS
    'Where the row comes from, separated by semicolons. NULL where the rows of vat_rates say it.';
COMMENT ON COLUMN ecommerce.vat_regions.confidence IS
    'How sure the row is: A (several sources agree), B (one source), C (unsure). NULL for rows of '
    'your own, and where the rows of vat_rates say it.';
COMMENT ON COLUMN ecommerce.vat_regions.note IS 'Scope, doubts and exceptions, in English.';

CREATE TABLE IF NOT EXISTS ecommerce.vat_places (
	country text NOT NULL,
	place text NOT NULL,
	region text NOT NULL,
	code text,
	postal_code text,
	postal_code_shared text,
	valid_from date NOT NULL,
	valid_to date,
	other_names text[] NOT NULL DEFAULT '{}',
	CONSTRAINT vat_places_pkey PRIMARY KEY (country, place, valid_from),
	CONSTRAINT vat_places_code_key UNIQUE (code),
	CONSTRAINT vat_places_region_fkey FOREIGN KEY (country, region)
		REFERENCES ecommerce.vat_regions (country, region),
	CONSTRAINT vat_places_region_check CHECK (region <> ''),
	CONSTRAINT vat_places_code_check CHECK (code ~ '^[A-Z]{2}$'),
	CONSTRAINT vat_places_valid_check CHECK (valid_to > valid_from)
);

COMMENT ON TABLE ecommerce.vat_places IS
    'How an address tells that it is in a region: by the name of a place, by a country code of '
    'its own, or by a postal code. Shared by all tenants.';
COMMENT ON COLUMN ecommerce.vat_places.country IS 'The country of the region.';
COMMENT ON COLUMN ecommerce.vat_places.place IS 'Name of the place, in English and in ASCII.';
COMMENT ON COLUMN ecommerce.vat_places.other_names IS
    'What else addresses call it. Case, accents and punctuation do not matter, and Greek letters '
    'are as good as the Latin ones that stand for them.';
COMMENT ON COLUMN ecommerce.vat_places.region IS 'The region that it is in.';
COMMENT ON COLUMN ecommerce.vat_places.code IS
    'Country code that an address there may bear instead of the country''s, e.g. MC for Monaco.';
COMMENT ON COLUMN ecommerce.vat_places.postal_code IS
    'Regular expression for the postal codes that only it has, in capital letters and digits, '
    'without blanks and hyphens.';
COMMENT ON COLUMN ecommerce.vat_places.postal_code_shared IS
    'Regular expression for postal codes that other places have, too, so that somebody must say '
    'which it is.';
COMMENT ON COLUMN ecommerce.vat_places.valid_from IS 'First day on which it is in the region.';
COMMENT ON COLUMN ecommerce.vat_places.valid_to IS
    'First day on which it is no longer in the region. NULL while it lasts.';
