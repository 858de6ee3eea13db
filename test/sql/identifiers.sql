-- VAT ids and IBANs: formal checks, which raise nothing.
CREATE EXTENSION ecommerce;

-- an id of each country, and another with its last digit or letter exchanged
SELECT id, ecommerce.vat_id_valid(id) AS valid, ecommerce.vat_id_normalize(id) = id AS canonical,
    wrong, ecommerce.vat_id_valid(wrong) AS valid
FROM (VALUES
    ('ATU12345675', 'ATU12345674'), ('BE0123456749', 'BE0123456748'),
    ('BG123456786', 'BG123456787'), ('CHE123456788MWST', 'CHE123456789MWST'),
    ('CY10012345Y', 'CY10012345X'), ('CZ12345679', 'CZ12345678'), ('DE123456788', 'DE123456789'),
    ('DK12345674', 'DK12345675'),
    ('EE100123450', 'EE100123451'), ('EL123456783', 'EL123456784'), ('ES12345678Z', 'ES12345678A'),
    ('FI12345671', 'FI12345672'),
    ('FR11123456782', 'FR11123456783'), ('GB123456782', 'GB123456781'),
    ('HR12345678903', 'HR12345678902'), ('HU12345676', 'HU12345675'),
    ('IE1234567FA', 'IE1234567FB'), ('IT12345670017', 'IT12345670016'),
    ('LT123456715', 'LT123456714'), ('LU12345613', 'LU12345612'),
    ('LV40003123453', 'LV40003123454'), ('MT12345634', 'MT12345635'),
    ('NL123456782B01', 'NL123456782B00'), ('NO123456785MVA', 'NO123456784MVA'),
    ('PL1234567802', 'PL1234567803'), ('PT123456789', 'PT123456788'),
    ('RO123456789', 'RO123456788'), ('SE556012345601', 'SE556012345602'),
    ('SI12345679', 'SI12345678'), ('SK2020123457', 'SK2020123456'),
    ('XI123456782', 'XI123456781')) AS v (id, wrong);

-- as people write them
SELECT id, ecommerce.vat_id_normalize(id) AS normal
FROM unnest('{" el 123.456-783 ", GR123456783, GR23456780, EL000000000, 123456783, EL, "",
    BE 123.456.749, che-123.456.788 tva, CHE-123.456.788 MWST, CHE-123.456.788, NO 123 456 785 MVA,
    NO 123 456 785, IE1+23456W, de/123-456-788, US123456783, EU372000005, "EL123456783;",
    "EL_123456783"}'::text[]) AS id;
SELECT ecommerce.vat_id_valid(NULL) IS NULL AND ecommerce.vat_id_normalize(NULL) IS NULL
    AND ecommerce.iban_valid(NULL) IS NULL AND ecommerce.iban_normalize(NULL) IS NULL AS nulls;

-- IBANs: as printed, in small letters; check digits 00, 01 and 99 that are right modulo 97
SELECT iban, ecommerce.iban_valid(iban) AS valid, ecommerce.iban_normalize(iban) AS normal
FROM unnest('{GR16 0110 1250 0000 0001 2300 695, " gb35abcd56789012345678", GB36ABCD56789012345678,
    DE02370400440532013014, DE99370400440532013014, DE98370400440532013032, DE01370400440532013032,
    DE97370400440532013050, DE00370400440532013050, NO2812345678901,
    MT20ABCD5678901L34O67R90U23X56A, XX97123456789012345678, DE6812345678901234567,
    DE43-1234-5678-9012-3456-78, IBAN DE43123456789012345678, ""}'::text[]) AS iban;
-- countries whose IBAN can be zeros and the right check digits: 73 of 105, one of which, XK, is
-- not in ISO 3166
SELECT count(*) AS countries,
    count(*) FILTER (WHERE code IN ('AT', 'BE', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'HR', 'HU',
        'LT', 'PL', 'PT', 'SE', 'SI', 'SK')) AS eu
FROM (SELECT code
    FROM ecommerce.countries, generate_series(10, 30) AS n, generate_series(2, 98) AS d
    WHERE ecommerce.iban_valid(code || lpad(d::text, 2, '0') || repeat('0', n)) GROUP BY code) s;

-- every character, alone and within: blanks and what cannot be seen separate, as hyphens and
-- dashes do; long texts, stored compressed or not
SELECT count(*) AS texts, count(*) FILTER (WHERE ecommerce.vat_id_valid(text)) AS vat_ids,
    count(*) FILTER (WHERE ecommerce.iban_valid(text)) AS ibans,
    string_agg(DISTINCT chr(c) COLLATE "C", '' ORDER BY chr(c) COLLATE "C") FILTER (
        WHERE ecommerce.vat_id_normalize(text) IS NOT NULL AND place = 3
        AND ecommerce_internal.hidden_in('x' || chr(c) || 'x') IS NULL) AS separators
FROM generate_series(1, 10000) AS c, generate_series(0, 3) AS place,
    LATERAL (SELECT CASE place WHEN 0 THEN chr(c) WHEN 1 THEN 'EL12345678' || chr(c)
        WHEN 2 THEN 'DE4312345678901234567' || chr(c)
        ELSE 'EL12345' || chr(c) || '6783' END AS text) t;
CREATE TEMP TABLE texts AS
SELECT *
FROM (VALUES
    ('compressed', repeat('EL123456783', 200000)), ('spaces', repeat(' ', 100000) || 'EL123456783'),
    ('53 spaces', repeat(' ', 53) || 'EL123456783'),
    ('54 spaces', repeat(' ', 54) || 'EL123456783')) AS v (name, text);
ALTER TABLE texts ALTER text SET STORAGE EXTERNAL;
INSERT INTO texts SELECT name || ', plain', text || '' FROM texts;
SELECT name, ecommerce.vat_id_valid(text) AS vat_id, ecommerce.vat_id_normalize(text) AS normal,
    ecommerce.iban_valid(text) AS iban, ecommerce.iban_normalize(text) AS normal
FROM texts ORDER BY name COLLATE "C";

-- in constraints and indexes
CREATE TEMP TABLE customers (vat_id text CHECK (ecommerce.vat_id_valid(vat_id)));
CREATE UNIQUE INDEX ON customers (ecommerce.vat_id_normalize(vat_id));
INSERT INTO customers VALUES ('EL 123456783'), (NULL), (NULL);
INSERT INTO customers VALUES ('GR123456783');
INSERT INTO customers VALUES ('EL123456784');
SELECT proname, provolatile, proisstrict, proparallel FROM pg_proc
WHERE pronamespace = 'ecommerce'::regnamespace AND proname ~ '^(vat_id|iban)_'
ORDER BY proname COLLATE "C";

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
