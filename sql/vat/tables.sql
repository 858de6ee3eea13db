-- Rates of VAT, which all tenants share, and how current the built-in data is.

CREATE TABLE IF NOT EXISTS ecommerce.vat_classes (
	country text NOT NULL,
	vat_class text NOT NULL,
	goods text NOT NULL,
	moved_to text[],
	CONSTRAINT vat_classes_pkey PRIMARY KEY (country, vat_class),
	CONSTRAINT vat_classes_country_fkey FOREIGN KEY (country)
		REFERENCES ecommerce.countries (code)
);

COMMENT ON TABLE ecommerce.vat_classes IS
    'What each class of VAT rates is for in a country: the same goods for all time, so that no '
    'product changes its rate because the name of a class was used again. Shared by all tenants.';
COMMENT ON COLUMN ecommerce.vat_classes.country IS 'Country (countries.code).';
COMMENT ON COLUMN ecommerce.vat_classes.vat_class IS 'Class, as in vat_rates.';
COMMENT ON COLUMN ecommerce.vat_classes.goods IS
    'What it is for there, in English; law has the details.';
COMMENT ON COLUMN ecommerce.vat_classes.moved_to IS
    'Classes that have these goods now, where the class has ended. NULL if it has not, or if that '
    'is not known.';

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
	CONSTRAINT vat_rates_region_fkey FOREIGN KEY (country, region)
		REFERENCES ecommerce.vat_regions (country, region),
	CONSTRAINT vat_rates_vat_class_check
		CHECK (vat_class IN (
			'standard', 'reduced', 'reduced2', 'super_reduced', 'super_reduced2', 'parking',
			'zero', 'accommodation', 'books', 'bread', 'culture', 'energy', 'food', 'fruit',
			'hairdressing', 'heating', 'housing', 'hygiene', 'medicine', 'oil', 'pasta', 'plants',
			'press', 'repair', 'restaurant', 'solar', 'transport')),
	-- NaN is greater than every number, so the upper bound refuses it
	CONSTRAINT vat_rates_rate_check CHECK (rate >= 0 AND rate <= 100),
	CONSTRAINT vat_rates_zero_check CHECK (vat_class <> 'zero' OR rate = 0),
	CONSTRAINT vat_rates_valid_check CHECK (valid_to > valid_from),
	CONSTRAINT vat_rates_confidence_check CHECK (confidence IN ('A', 'B', 'C')),
	-- At most one rate on any day.  GiST compares texts only with btree_gist;
	-- but it compares ranges of numbers, so the key is written as a number whose
	-- digits are its bits.  No two keys are the same: no byte of a text is zero.
	CONSTRAINT vat_rates_period_excl EXCLUDE USING gist (
		numrange(('0.' || ('x' || encode(
			replace(country || '/' || vat_class || '/' || region, E'\\', E'\\\\')::bytea,
			'hex'))::varbit::text)::numeric, NULL) WITH =,
		daterange(valid_from, valid_to) WITH &&)
);

COMMENT ON TABLE ecommerce.vat_rates IS
    'VAT rates by country, region, class and time; their periods cannot overlap. Shared by all '
    'tenants. The built-in rows are a convenience as of the day in reference_data, not tax '
    'advice: check the rates that you charge, and correct or add rows here, or call '
    'set_vat_rate().';
COMMENT ON COLUMN ecommerce.vat_rates.country IS
    'Country that levies the VAT (countries.code). Northern Ireland is XI, with the rates of the '
    'United Kingdom.';
COMMENT ON COLUMN ecommerce.vat_rates.region IS
    'Part of the country with rates of its own (vat_regions.region); the empty string is the '
    'country at large.';
COMMENT ON COLUMN ecommerce.vat_rates.vat_class IS
    'Class of rate, which products name: a level of law (standard, reduced, reduced2, '
    'super_reduced, super_reduced2, parking, zero), or goods that law has moved between levels '
    '(press, books, accommodation and so on). vat_classes tells what it is for. Not the category '
    'code of EN 16931 (S, Z, E, ...).';
COMMENT ON COLUMN ecommerce.vat_rates.rate IS
    'Rate in percent of the net amount, 0 to 100, e.g. 5.5.';
COMMENT ON COLUMN ecommerce.vat_rates.valid_from IS
    'First day of the rate, by tax point. For the oldest row of a class often the first day '
    'researched, not the first day in law.';
COMMENT ON COLUMN ecommerce.vat_rates.valid_to IS
    'First day on which it is no longer the rate. NULL while it lasts.';
COMMENT ON COLUMN ecommerce.vat_rates.source IS
    'Where the row comes from, separated by semicolons; "memory" means that no source was at hand.';
COMMENT ON COLUMN ecommerce.vat_rates.confidence IS
    'How sure the row is: A (several sources agree), B (one source), C (unsure). NULL for rows of '
    'your own.';
COMMENT ON COLUMN ecommerce.vat_rates.note IS 'Scope, doubts and exceptions, in English.';

CREATE TABLE IF NOT EXISTS ecommerce.reference_data (
	name text NOT NULL,
	as_of date NOT NULL,
	source text,
	CONSTRAINT reference_data_pkey PRIMARY KEY (name)
);

COMMENT ON TABLE ecommerce.reference_data IS
    'How current the built-in reference data is: one row per table. Shared by all tenants.';
COMMENT ON COLUMN ecommerce.reference_data.name IS
    'The table: currencies, countries, vat_regions (with vat_places) or vat_rates '
    '(with vat_classes).';
COMMENT ON COLUMN ecommerce.reference_data.as_of IS
    'The day whose state the built-in rows describe.';
COMMENT ON COLUMN ecommerce.reference_data.source IS
    'Sources of the built-in rows, with their licences.';

CREATE OR REPLACE VIEW ecommerce.vat_rates_current WITH (security_invoker = true) AS
SELECT r.country, r.region, r.vat_class, r.rate, r.valid_from, r.valid_to,
       n.rate AS next_rate, n.valid_from AS next_from,
       CASE WHEN r.confidence IS NOT NULL THEN d.as_of END AS as_of,
       r.source, r.confidence, r.note, c.goods
FROM ecommerce.vat_rates r
LEFT JOIN ecommerce.vat_classes c ON c.country = r.country AND c.vat_class = r.vat_class
LEFT JOIN ecommerce.reference_data d ON d.name = 'vat_rates'
LEFT JOIN LATERAL (SELECT l.rate, l.valid_from FROM ecommerce.vat_rates l
                   WHERE l.country = r.country AND l.region = r.region AND l.vat_class = r.vat_class
                     AND l.valid_from > r.valid_from
                   ORDER BY l.valid_from LIMIT 1) n ON true
WHERE r.valid_from <= current_date AND (r.valid_to IS NULL OR r.valid_to > current_date);

COMMENT ON VIEW ecommerce.vat_rates_current IS
    'The VAT rates of today (the session''s day), what follows them, and how current the built-in '
    'ones are.';
COMMENT ON COLUMN ecommerce.vat_rates_current.next_rate IS 'The rate after it, if that is known.';
COMMENT ON COLUMN ecommerce.vat_rates_current.next_from IS 'First day of that.';
COMMENT ON COLUMN ecommerce.vat_rates_current.as_of IS
    'The day whose state a built-in rate describes (reference_data.as_of); NULL for a rate of '
    'your own.';
COMMENT ON COLUMN ecommerce.vat_rates_current.goods IS
    'What the class is for there (vat_classes.goods).';
