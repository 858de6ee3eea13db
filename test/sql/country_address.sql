-- How an address tells where it is, as people write it: a postal code that is understood
-- decides, one that is not is refused wherever a part of its country is taxed in a way of
-- its own.  It never counts as the mainland.
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'DE', timezone = 'Europe/Berlin', oss = true;
INSERT INTO ecommerce.products (sku, name, price, supply, track_stock)
VALUES ('A', 'A', 119, 'goods', false), ('S', 'S', 119, 'service', false);
\pset format unaligned
\pset tuples_only

CREATE FUNCTION public.place(country text, region text, postal_code text,
    on_date date DEFAULT '2026-02-02') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    t ecommerce.vat_territory;
BEGIN
    t := ecommerce.vat_territory(country, region, postal_code, on_date);
    RETURN concat_ws('/', t.country, nullif(t.region, ''));
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE FUNCTION public.sold(addresses text, arguments text DEFAULT '', sku text DEFAULT 'A')
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    o        ecommerce.orders;
    v_id     uuid;
    v_detail text;
    v_hint   text;
BEGIN
    EXECUTE format('SELECT id FROM ecommerce.place_order(%L, placed_at => %L, %s)',
        format('[{"sku": "%s", "quantity": 1}]', sku), '2026-02-02 12:00+01',
        concat_ws(', ', addresses, nullif(arguments, ''))) INTO v_id;
    SELECT * INTO o FROM ecommerce.orders WHERE id = v_id;
    RETURN concat_ws(' ', o.country, nullif(o.region, ''), o.vat_scheme, o.vat);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(v_detail, ''), nullif(v_hint, ''));
END $$;
CREATE FUNCTION public.to_code(country text, code text, arguments text DEFAULT '')
RETURNS text LANGUAGE sql AS $$
    SELECT public.sold(format('shipping_address => %L', jsonb_strip_nulls(
        jsonb_build_object('country', country, 'postal_code', code))), arguments)
$$;

-- Postal codes: with the country in front of them, blanks and dashes of any kind, a town behind,
-- digits of any script
SELECT code, place('DE', NULL, code)
FROM unnest(ARRAY['78266', 'D-78266', 'DE 78266', 'D 78266', 'd78266', ' 78266', E'78266\u00a0',
    E'D\u2013\u200b78266', E'\u202a78266\u202c', '78 266', '78266 Büsingen', '78266, Büsingen (D)',
    'PLZ: 78266', '７８２６６', '٧٨٢٦٦', '۷۸۲۶۶', '७८२६६', 'D-10115', '10115 Berlin']) AS code;
-- and what is none, or has the code of another country
SELECT code, place('DE', NULL, code)
FROM unnest(ARRAY['7826O', '78266O', '782666', '7826', 'CH-78266', 'XX78266', 'Büsingen',
    'Büsingen 78266', '78266-1234', '78266 8238', '七8266', 'x', '-', '0', '00000', '87491',
    repeat('7', 20)]) AS code;
-- no code is no error
SELECT place('DE', NULL, code) FROM unnest(ARRAY['', ' ', E'\u00a0', NULL]) AS code;

-- Each country of which a part is taxed in a way of its own
SELECT country, code, place(country, NULL, code)
FROM (VALUES ('AT', 'A-6691'), ('AT', '6993 Mittelberg'), ('AT', '1010'), ('AT', '6691O'),
    ('CY', 'CY-1010'), ('CY', 'BFPO 57'), ('CY', '99300'), ('DK', 'DK-1050'),
    ('DK', 'DK-3900 Nuuk'), ('DK', 'GL-3900'), ('DK', 'FO-100'), ('DK', '100'), ('FO', '100'),
    ('FO', 'FO-100'), ('GL', '3900'), ('GL', '1050'), ('ES', 'E-35001'), ('ES', '38 001'),
    ('ES', '51001 Ceuta'), ('ES', '52001'), ('ES', '08001'), ('ES', '8001'), ('ES', '53001'),
    ('FI', 'FIN-00100'), ('FI', 'AX-22100'), ('FI', '22 100'), ('FI', '0100'), ('AX', '00100'),
    ('FR', 'F-20000'), ('FR', '20090 Ajaccio CEDEX 09'), ('FR', '97110'), ('FR', '97490'),
    ('FR', '97300'), ('FR', '97600'), ('FR', '98000'), ('FR', '75001'), ('FR', '97133'),
    ('FR', '97150'), ('FR', '97500'), ('FR', '98800'), ('FR', '7501'), ('MC', 'MC-98000'),
    ('GB', 'sw1a 1aa'), ('GB', 'bt1 5gs Belfast'), ('GB', 'BT1'), ('GB', 'ΒΤ1 5GS'),
    ('GB', 'JE2 3AB'), ('GB', 'GY1 1WR'), ('GB', 'IM1 1AA'), ('GB', 'GX11 1AA'),
    ('GB', 'BTI 5GS'), ('GB', '78266'), ('GB', 'BFPO 57'), ('XI', 'SW1A 1AA'), ('JE', 'JE23AB'),
    ('IT', 'I-23041'), ('IT', '22061'), ('IT', '00184'), ('IT', '47890'), ('IT', '00120'),
    ('IT', '184'), ('NL', 'NL-1012 AB Amsterdam'), ('NL', '1012'), ('NL', 'x'), ('AW', 'x'),
    ('PT', 'P-9500-321 Ponta Delgada'), ('PT', '9000–064'), ('PT', '1000-001'), ('PT', '95OO'),
    ('PT', '950'), ('US', 'x'), ('SE', 'SE-111 22')) AS v (country, code);

-- The Greek islands, each by its postal code, and what is beside them
SELECT code, place('GR', NULL, code)
FROM unnest(ARRAY['821 31', 'GR-82131', 'EL 82131', 'TK 82131', 'T.K. 821 31', 'Τ.Κ. 821 31',
    'τ.κ. 82131', '821 31 Χίος', '８２１３１', '10431', '85100', '64004', '630 86', '8213',
    'Χίος', '082131']) AS code;
SELECT string_agg(code, ' ') FILTER (WHERE place('GR', NULL, code, '2025-12-31') = 'GR/islands'),
    string_agg(code, ' ') FILTER (WHERE place('GR', NULL, code, '2026-01-01') = 'GR/islands'),
    string_agg(code, ' ') FILTER (WHERE place('GR', NULL, code) = 'GR')
FROM unnest('{68001,68002,81100,81200,81300,81400,81500,82100,82101,82104,82300,83100,83200,83300,
    83400,84001,85001,85002,85100,85110,85111,85200,85300,85303,85400,85500,85600,85700,85800,
    85900}'::text[]) AS code;

-- Codes of ISO 3166-2, which forms send as the state
SELECT country, state, place(country, state, NULL)
FROM (VALUES ('ES', 'GC'), ('ES', 'ES-TF'), ('ES', 'ce'), ('ES', 'ML'), ('ES', 'M'),
    ('PT', 'PT-30'), ('FR', 'FR-974'), ('FR', '2A'), ('FI', 'FI-01'),
    ('NL', 'NL-CW')) AS v (country, state);

-- Names: case, accents and sigmas do not matter, Greek letters stand for Latin ones
SELECT name, place('GR', name, NULL)
FROM unnest(ARRAY['Χίος', 'ΧΙΟΣ', 'χίοσ', E'Χι\u0301ος', 'Chios', 'CHIOS', 'Λέσβος', 'Lesvos',
    'Μυτιλήνη', 'Σάμος', 'Κως', 'ΚΩΣ', 'Λέρος', 'Άγιος Ευστράτιος', 'Οινούσσες', 'Λειψοί',
    'Καστελλόριζο', 'Νομός Χίου', 'Νήσος Κως', 'Dimos Kalymnou', 'Άγιον Όρος', 'Άγιο Όρος',
    'İkaria', 'Χίος (νησί)', 'Ρόδος', 'Μύκονος', '-']) AS name;
SELECT string_agg(name, ' ')
FROM unnest(ARRAY['Αγαθονήσι', 'Άγιος Ευστράτιος', 'Αστυπάλαια', 'Χάλκη', 'Χίος', 'Φούρνοι',
    'Ικαρία', 'Κάλυμνος', 'Κάρπαθος', 'Κάσος', 'Κως', 'Λειψοί', 'Λέρος', 'Λέσβος', 'Λήμνος',
    'Μεγίστη', 'Νίσυρος', 'Οινούσσες', 'Πάτμος', 'Ψαρά', 'Σάμος', 'Σαμοθράκη', 'Σύμη',
    'Τήλος']) AS name
WHERE place('GR', name, NULL) <> 'GR/islands' OR place('GR', upper(name), NULL) <> 'GR/islands';
SELECT country, name, place(country, name, NULL)
FROM (VALUES ('DE', 'Büsingen'), ('DE', 'BÜSINGEN AM HOCHRHEIN'), ('DE', 'Buesingen'),
    ('DE', 'Insel Helgoland'), ('FI', 'Åland'), ('PT', 'Açores'), ('FR', 'La Réunion'),
    ('FR', 'corse du sud'), ('ES', 'Islas Canarias'), ('NL', 'Curaçao'), ('DK', 'Grønland'),
    ('DK', 'Færøerne'), ('DK', 'Føroyar'), ('IT', 'Campione d’Italia'), ('DE', 'Bremen'))
    AS v (country, name);

-- A region that is named and a code elsewhere contradict each other; a place that joined the
-- islands later is told by its code, also where its prefecture is one of them
SELECT region, code, day, place('GR', region, code, day)
FROM (VALUES ('Chios', '10431', '2026-02-02'::date), ('Kalymnos', '85300', '2025-06-01'),
    ('Mount Athos', '83300', '2025-06-01'), ('Samos', '83300', '2025-06-01'),
    ('Samos', '83300', '2026-06-01'), ('Kalymnos', '85200', '2025-06-01'),
    (NULL, '83300', '2025-06-01'), (NULL, '83300', '2017-06-01'),
    ('islands', '83300', '2017-06-01')) AS v (region, code, day);

-- Orders: at home and abroad, and the rates of the islands for businesses there
SELECT code, to_code('DE', code)
FROM unnest(ARRAY['D-78266', '78266 Büsingen', 'DE 27498', '10115', '', NULL]) AS code;
SELECT to_code('DE', '7826O'), to_code('GR', 'Χίος'), to_code('ES', 'E-35001'),
    to_code('ES', '8001'), to_code('SE', 'x');
SELECT sold('billing_address => ''{"country": "DE", "postal_code": "x"}''', sku => 'S'),
    sold('billing_address => ''{"country": "DE", "postal_code": "x"}'',
        shipping_address => ''{"country": "DE", "postal_code": "10115"}''');
SELECT sold('shipping_address => ''{"country": "DE", "city": "Büsingen"}'''),
    sold('shipping_address => ''{"country": "DE", "city": "BÜSINGEN", "postal_code": " "}''');
SELECT failure($$SELECT ecommerce.place_orders(ARRAY['{"items": [{"sku": "A", "quantity": 1}],
    "shipping_address": {"country": "DE", "postal_code": "D-7826"}}'::jsonb])$$);
SELECT failure($$SELECT ecommerce.vat_treatment('DE', 'DE', buyer_postal_code => 'x')$$);
-- An address without a country is at home, where its postal code and its names may tell more
SELECT to_code(NULL, code) FROM unnest(ARRAY['78266', '10115', 'x', '', NULL]) AS code;
SELECT sold('shipping_address => ''{"city": "Athens"}''');
SELECT address, sold(format('shipping_address => %L', address)) AS shipping,
    sold(format('billing_address => %L', address)) AS billing
FROM unnest(ARRAY['{"city": "Helgoland"}', '{"state": "BÜSINGEN", "city": "x"}',
    '{"city": "Helgoland", "postal_code": "10115"}', '{"state": ""}',
    '{"state": "Helgoland", "postal_code": "10115"}']) AS address;

UPDATE ecommerce.settings SET country = 'GR', timezone = 'Europe/Athens';
\set business 'buyer_vat_id => ''EL094259216'', buyer_vat_id_valid => true'
SELECT code, to_code('GR', code), to_code('GR', code, :'business')
FROM unnest(ARRAY['821 31', 'Τ.Κ. 821 31', '85200', '63086', '10431']) AS code;
SELECT to_code('GR', '1043'), to_code('GR', 'Χίος');
-- who says nothing of where they are is where the seller is
UPDATE ecommerce.settings SET region = 'islands';
SELECT address, sold(format('shipping_address => %L', address), :'business')
FROM unnest(ARRAY['{}', '{"city": "Athens"}', '{"state": "Agion Oros"}', '{"state": ""}'])
    AS address;
UPDATE ecommerce.settings SET region = '';
-- The city counts where the postal code does not tell: there is a Fournoi in the Argolid, too
SELECT address, sold(format('shipping_address => %L', address), :'business')
FROM unnest(ARRAY['{"country": "GR", "city": "Χίος"}',
    '{"country": "GR", "city": "Φούρνοι", "postal_code": "83400"}',
    '{"country": "GR", "city": "Φούρνοι", "postal_code": "21051"}',
    '{"country": "GR", "state": "Χίος", "postal_code": "21051"}',
    '{"country": "IT", "city": "LIVIGNO", "postal_code": "23030"}',
    '{"country": "IT", "city": "Grosio", "postal_code": "23030"}']) AS address;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP FUNCTION place, sold, to_code;
