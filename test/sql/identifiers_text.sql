-- Texts that people know things by: case, accents and blanks, in codes, addresses and names.
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('PEN', 'Pen', 10, false);
CREATE FUNCTION pg_temp.redeemed(code text) RETURNS text LANGUAGE sql AS $$
    SELECT failure(format('SELECT ecommerce.place_order(''[{"sku": "PEN", "quantity": 1}]'',
        coupon_codes => ARRAY[%L])', code)) $$;

-- one text in any case, accents in capitals or not, composed or decomposed
SELECT t, ecommerce_internal.case_folded(t), ecommerce_internal.in_capitals(t)
FROM unnest(ARRAY['fifty-50', 'FIFTY-50', 'dankefür100', 'DANKEFÜR100', U&'DANKEFU\0308R100',
    'Straße', 'STRASSE', 'STRAẞE', 'ÀÉÎÕŸŒÆØÅŁŽĐ', 'άνοιξη', 'ΑΝΟΙΞΗ',
    'Άνοιξη', U&'α\0301νοιξη',
    'ἄνοιξις', 'ΚΌΣΜΟΣ', 'κόσμος', 'κόσμοσ', 'Μάϊος', 'ΜΑΪΟΣ',
    'ΜΆΙΟΣ', 'ΐΰ', 'Ω', U&'\2126',
    U&'\00B5', 'indirim', 'İNDİRİM', 'INDIRIM', 'ındırım', 'Привет', 'ПРИВЕТ',
    'Ёлка', 'ĲSSEL',
    'ﬁn', 'ՀԱՅ', 'ⅣⓐA', 'ＡＢ', '中文', 'שלום', '', ' ']) AS t;
SELECT ecommerce_internal.case_folded(NULL) IS NULL AS "null";
-- every character: folding again changes nothing, and capitals fold to the same
SELECT count(*) AS characters,
    count(*) FILTER (WHERE ecommerce_internal.case_folded(f) <> f) AS "again",
    count(*) FILTER (WHERE ecommerce_internal.case_folded(ecommerce_internal.in_capitals(t)) <> f)
        AS capitals,
    count(*) FILTER (WHERE ecommerce_internal.case_folded(normalize(t, NFD)) <> f) AS decomposed
FROM generate_series(1, 131071) AS c, LATERAL (SELECT 'x' || chr(c) || 'y' AS t) t,
    LATERAL (SELECT ecommerce_internal.case_folded(t) AS f) f
WHERE c NOT BETWEEN 55296 AND 57343;
SELECT length(ecommerce_internal.case_folded(repeat('Ä', 1000000))) AS long;

-- coupons
INSERT INTO ecommerce.coupons (code, kind, value) VALUES
    ('dankefür100', 'percent', 1), ('άνοιξη', 'percent', 2), ('fifty', 'percent', 3),
    ('İNDİRİM', 'percent', 4), ('groß', 'percent', 5), (U&'\00A0\200BPASTE\FEFF ',
    'percent', 6);
SELECT value, code FROM ecommerce.coupons ORDER BY value;
SELECT c, pg_temp.redeemed(c)
FROM unnest(ARRAY['DANKEFÜR100', U&'dankefu\0308r100', 'ΑΝΟΙΞΗ', 'Άνοιξη', 'FIFTY',
    'Fıfty',
    'FİFTY', 'ındırım', 'indirim', 'GROSS', 'Groß', 'paste']) AS c;
-- blanks and what cannot be seen are left out where people paste, and nothing else is
SELECT code, pg_temp.redeemed(c)
FROM (SELECT to_hex(h) AS code, 'FIF' || chr(h) || 'TY' || chr(h) AS c
    FROM unnest('{9,10,13,32,160,173,847,1564,6158,8192,8202,8203,8204,8207,8232,8233,8234,8238,
        8239,8287,8288,8294,8297,10240,12288,12644,65024,65039,65279,65440,917505}'::int[]) AS h) s;
SELECT c, pg_temp.redeemed(c)
FROM unnest(ARRAY['FIFTY!', 'FIF-TY', 'FIF.TY', U&'FIF\2011TY', 'FIFTÝ', 'ΑΝΟΙΞΗΣ',
    'АΝΟΙΞΗ',
    'DANKEFUR100', 'DANKEFUER100']) AS c;
-- none is made that is there in other words, or has blanks within
SELECT c, failure(format('INSERT INTO ecommerce.coupons (code, kind, value) VALUES (%L, ''percent'',
    1)', c))
FROM unnest(ARRAY['DANKEFÜR100', U&'Dankefu\0308r100', 'ΑΝΟΙΞΗ', 'FİFTY', 'GROSS',
    ' paste ']) AS c
UNION ALL
SELECT to_hex(h), failure(format('INSERT INTO ecommerce.coupons (code, kind, value) VALUES (%L,
    ''percent'', 1)', 'NE' || chr(h) || 'W'))
FROM unnest('{10,32,160,173,8203,8206,8238,8288,65279,12288}'::int[]) AS h;
SELECT failure($$UPDATE ecommerce.coupons SET code = U&'N\200BEW' WHERE code = 'FIFTY'$$);

-- SKUs and slugs: as they are, but nothing in them that makes one look like another
INSERT INTO ecommerce.products (sku, name, price) VALUES
    ('A 1', 'With a blank', 1), ('a 1', 'Another case', 1), ('Füller', 'Composed', 1),
    ('Στυλό 2', 'Greek', 1), ('中文', 'Chinese', 1);
SELECT h, failure(format('INSERT INTO ecommerce.products (sku, name, price) VALUES (%L, ''X'', 1)',
    s)) AS sku,
    failure(format('INSERT INTO ecommerce.products (sku, slug, name, price)
        VALUES (''X'', %L, ''X'', 1)', s)) AS slug,
    failure(format('INSERT INTO ecommerce.categories (slug, name) VALUES (%L, ''X'')', s))
        AS category
FROM (VALUES ('before', ' PEN'), ('after', 'PEN '), ('two', 'A  1'), ('alone', ' '),
    ('decomposed', U&'Fu\0308ller')) AS v (h, s)
UNION ALL
SELECT to_hex(h), failure(format('INSERT INTO ecommerce.products (sku, name, price)
    VALUES (%L, ''X'', 1)', s)),
    failure(format('INSERT INTO ecommerce.products (sku, slug, name, price)
        VALUES (''X'', %L, ''X'', 1)', s)),
    failure(format('INSERT INTO ecommerce.categories (slug, name) VALUES (%L, ''X'')', s))
FROM unnest('{9,10,160,173,8203,8207,8238,8288,65279}'::int[]) AS h,
    LATERAL (SELECT 'PE' || chr(h) || 'N' AS s) s;
SELECT failure($$UPDATE ecommerce.products SET sku = U&'PEN\00A0' WHERE sku = 'PEN'$$),
    failure($$UPDATE ecommerce.products SET slug = U&'PEN\00A0' WHERE sku = 'PEN'$$);

-- uuids as text
SELECT (ecommerce.place_order(jsonb_build_array(jsonb_build_object('product_id',
    upper(id::text COLLATE "C"), 'quantity', 1)))).gross
FROM ecommerce.products WHERE sku = 'PEN';

-- VAT ids and IBANs as they are pasted; nothing that is not understood is dropped
SELECT ecommerce.vat_id_normalize(U&'EL\00A0123\2009456\200B783\FEFF') AS vat_id,
    ecommerce.vat_id_normalize(U&'che\2013123\2011456\2212788 mwst' || chr(10)) AS swiss,
    ecommerce.iban_normalize(U&'gr16\00A00110\202F1250\200E0000 0001 2300 695' || chr(9)) AS iban,
    ecommerce.vat_id_normalize('EL١٢٣٤٥٦٧٨٣') AS digits,
    ecommerce.vat_id_normalize('ΕL123456783') AS letters,
    ecommerce.vat_id_normalize('EL1234567é83') AS within,
    ecommerce.iban_normalize('GR16 0110 1250 0000 0001 2300 695₀') AS subscript;

-- a long text is not normalized: marks that follow each other take the square of their number
SELECT ecommerce_internal.case_folded(repeat(U&'\00C9', 1025) || 'A')
           = repeat(U&'\00C9', 1025) || 'a' AS folded,
    ecommerce_internal.hidden_in(repeat(U&'e\0301', 683)) IS NULL AS hidden;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
