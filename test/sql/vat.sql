-- VAT: rates and their periods, regions, and how a sale is taxed.  The numbered
-- examples are worked by hand: 100.00 net, unless they say otherwise.
CREATE EXTENSION ecommerce;

-- category, rate, whose, scheme and VATEX; myDATA; with the VAT of 100.00 for the examples
CREATE FUNCTION public.say(t ecommerce.vat_treatment) RETURNS text LANGUAGE sql AS
    $$ SELECT concat_ws(' ', t.vat_category, t.vat_rate,
        t.country || coalesce('/' || nullif(t.region, ''), ''), t.scheme, t.vatex,
        'myDATA ' || concat_ws('/', t.mydata_category, t.mydata_exemption)) $$;
CREATE FUNCTION public.vat100(t ecommerce.vat_treatment) RETURNS text LANGUAGE sql AS
    $$ SELECT ecommerce.vat_amount(100.00, t.vat_rate, 'EUR') || '  ' || say(t) $$;
CREATE FUNCTION public.taxed(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    t ecommerce.vat_treatment;
BEGIN
    EXECUTE
        format('SELECT * FROM ecommerce.vat_treatment(%s, on_date => ''2026-02-02'')', arguments)
        INTO t;
    RETURN say(t);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''));
END $$;
\set now 'on_date => ''2026-02-02'''
\pset format unaligned
\pset tuples_only
\pset null -

-- Rates
-- examples 72 to 75: the rate is that of the tax point
SELECT n, c,
    string_agg(ecommerce.vat_amount(100.00, ecommerce.vat_rate_on(c, 'standard', d), 'EUR')::text,
        ' / ' ORDER BY d)
FROM (VALUES
    (72, 'FI', date '2024-08-31'), (72, 'FI', '2024-09-01'), (73, 'RO', '2025-07-31'),
    (73, 'RO', '2025-08-01'),
    (74, 'DE', '2020-06-30'), (74, 'DE', '2020-07-01'), (74, 'DE', '2020-12-31'),
    (74, 'DE', '2021-01-01'), (75, 'GR', '2016-05-31'), (75, 'GR', '2016-06-01')) AS v (n, c, d)
GROUP BY n, c ORDER BY n;
-- by default that of today
SELECT ecommerce.vat_rate_on('GR', 'standard')
    = ecommerce.vat_rate_on('GR', 'standard', current_date, '');
-- regions by name or place, whatever the case; Northern Ireland by both of its names, Monaco and
-- Man as France and the United Kingdom
SELECT ecommerce.vat_rate_on('PT', 'standard', '2026-02-02', 'Azores'),
    ecommerce.vat_rate_on('PT', 'reduced', '2024-09-30', 'madeira'),
    ecommerce.vat_rate_on('PT', 'reduced', '2024-10-01', 'madeira'),
    ecommerce.vat_rate_on('XI', 'standard', '2026-02-02'),
    ecommerce.vat_rate_on('GB', 'standard', '2026-02-02', 'Northern Ireland'),
    ecommerce.vat_rate_on('MC', 'reduced', '2026-02-02'),
    ecommerce.vat_rate_on('IM', 'zero', '2026-02-02'),
    ecommerce.vat_rate_on('RE', 'standard', '2026-02-02');
-- the Greek islands are one region, and Kalymnos joined it in 2026
SELECT d, ecommerce.vat_rate_on('GR', 'standard', d, 'islands'),
    ecommerce.vat_rate_on('GR', 'standard', d, 'Leros'),
    ecommerce.vat_rate_on('GR', 'standard', d, 'Kalymnos'),
    ecommerce.vat_rate_on('GR', 'reduced', d, 'Kalymnos'),
    ecommerce.vat_rate_on('GR', 'super_reduced', d, 'Kalymnos')
FROM unnest('{2018-01-01,2025-12-31,2026-01-01}'::date[]) AS d;
SELECT ecommerce.vat_rate_on('GR', 'standard', d, 'islands')
FROM unnest('{2010-07-01,2016-05-31,2016-06-01,2017-12-31}'::date[]) AS d;
SELECT count(*),
    bool_and(valid_from = '2018-01-01') FILTER (
        WHERE place IN ('Leros', 'Lesbos', 'Kos', 'Samos', 'Chios')),
    min(valid_from) FILTER (WHERE place NOT IN ('Leros', 'Lesbos', 'Kos', 'Samos', 'Chios'))
FROM ecommerce.vat_places WHERE region = 'islands';
-- a rate that is not known is an error, never 0
SELECT failure(format('SELECT ecommerce.vat_rate_on(%s)', a))
FROM unnest(ARRAY['''US'', ''standard'', ''2026-02-02''', '''GR'', ''reduced2'', ''2026-02-02''',
    '''GR'', ''standard'', ''1980-01-01''', '''GR'', ''exempt'', ''2026-02-02''',
    '''GR'', ''normal'', ''2026-02-02''',
    '''GR'', ''super_reduced2'', ''2025-12-31'', ''islands''',
    '''ES'', ''standard'', ''2026-02-02'', ''Canary Islands''',
    '''AX'', ''standard'', ''2026-02-02''', '''XI'', ''standard'', ''2026-02-02'', ''Jersey''',
    '''EL'', ''standard'', ''2026-02-02''', '''GR'', ''standard'', ''2026-02-02'', ''Atlantis''',
    '''GR'', ''standard'', ''2017-12-31'', ''Kalymnos''', 'NULL, ''standard''', '''GR'', NULL',
    '''GR'', ''standard'', NULL']) AS a;

-- A new rate ends the one before; the same again changes nothing
CREATE VIEW public.us AS
SELECT valid_from, valid_to, rate, note FROM ecommerce.vat_rates WHERE country = 'US'
ORDER BY valid_from;
SELECT ecommerce.set_vat_rate('US', 'standard', 5, '2020-01-01');
SELECT ecommerce.set_vat_rate('US', 'standard', 7.25, '2024-01-01', note => 'law of 2023');
SELECT ecommerce.set_vat_rate('US', 'standard', 7.25, '2024-01-01', note => 'again');
SELECT ecommerce.set_vat_rate('US', 'standard', 7.250, '2025-01-01');
TABLE us;
-- before what is known, in the middle, and in a gap
SELECT ecommerce.set_vat_rate('US', 'standard', 4, '2010-01-01'),
    ecommerce.set_vat_rate('US', 'standard', 6, '2022-01-01');
DELETE FROM ecommerce.vat_rates WHERE country = 'US' AND rate = 5;
SELECT ecommerce.set_vat_rate('US', 'standard', 3, '2021-01-01');
TABLE us;
SELECT ecommerce.vat_rate_on('US', 'standard', d)
FROM unnest('{2019-12-31,2021-12-31,2022-01-01,2023-12-31,2024-01-01}'::date[]) AS d;
SELECT failure(format('SELECT ecommerce.set_vat_rate(%s)', a))
FROM unnest(ARRAY['''US'', ''standard'', 8, ''2024-01-01''',
    '''US'', ''standard'', -1, ''2027-01-01''', '''US'', ''standard'', 101, ''2027-01-01''',
    '''US'', ''standard'', ''NaN'', ''2027-01-01''',
    '''US'', ''standard'', 1.2345678, ''2027-01-01''', '''US'', ''zero'', 1, ''2027-01-01''',
    '''US'', ''outside'', 0, ''2027-01-01''', '''US'', ''exempt'', 0, ''2027-01-01''',
    '''US'', ''standard'', 8, ''infinity''', '''US'', ''standard'', 8, ''2027-01-01'', ''Texas''',
    '''EL'', ''standard'', 8, ''2027-01-01''',
    '''GR'', ''standard'', 8, ''2027-01-01'', ''Kalymnos''',
    '''ES'', ''standard'', 7, ''2027-01-01'', ''Canary Islands''',
    '''FR'', ''standard'', 7, ''2027-01-01'', ''Monaco''', '''US'', ''standard'', 8, NULL',
    '''US'', ''standard'', NULL, ''2027-01-01''',
    '''US'', ''standard'', 8, ''2027-01-01'', NULL']) AS a;
SELECT count(*) FROM us;
-- today's rates, what follows, and how current the built-in ones are
SELECT (ecommerce.set_vat_rate('US', 'reduced', 1, current_date - 10)).rate,
    (ecommerce.set_vat_rate('US', 'reduced', 2, current_date)).rate,
    (ecommerce.set_vat_rate('US', 'reduced', 3, current_date + 10)).rate;
SELECT rate, valid_from = current_date, valid_to = current_date + 10, next_rate,
    next_from = current_date + 10, as_of
FROM ecommerce.vat_rates_current WHERE country = 'US' AND vat_class = 'reduced';
SELECT c.rate, c.as_of = d.as_of FROM ecommerce.vat_rates_current c, ecommerce.reference_data d
WHERE c.country = 'GR' AND c.region = '' AND c.vat_class = 'standard' AND d.name = 'vat_rates';
SELECT name, as_of IS NOT NULL, source IS NOT NULL FROM ecommerce.reference_data ORDER BY name;

-- Plain SQL cannot make two rates for one day, and needs nothing of an extension for it
SELECT failure(
    format($$INSERT INTO ecommerce.vat_rates (country, vat_class, rate, valid_from, valid_to)
            VALUES ('US', 'standard', 9, %s)$$, v))
FROM unnest(ARRAY['''2000-01-01'', ''2010-01-02''', '''2000-01-01'', NULL',
    '''2024-06-01'', ''2024-06-02''', '''2024-06-01'', ''2024-06-01''',
    '''2009-01-01'', ''2010-01-01''']) AS v;
SELECT failure($$UPDATE ecommerce.vat_rates SET valid_to = valid_to + 1
        WHERE country = 'US' AND rate = 3$$),
    failure($$UPDATE ecommerce.vat_rates SET vat_class = 'standard'
        WHERE country = 'US' AND rate = 1$$);
-- another country, class or region is another key, also when one begins like the other, has every
-- kind of letter, or is long
INSERT INTO ecommerce.vat_regions (country, region, rule)
SELECT 'US', r, 'place'
FROM unnest(ARRAY['A', 'A/', '/A', 'a', 'Aa', E'A\\', E'A\\\\', '%', repeat('A', 99),
    repeat('A', 100)]) AS r;
INSERT INTO ecommerce.vat_rates (country, region, vat_class, rate, valid_from)
SELECT country, region, 'standard', 1, '2000-01-01' FROM ecommerce.vat_regions
WHERE country = 'US' AND region <> '';
SELECT count(*),
    count(*) FILTER (WHERE failure(
        format($$INSERT INTO ecommerce.vat_rates (country, region, vat_class, rate, valid_from)
                VALUES ('US', %L, 'standard', 1, '2001-01-01')$$, region)) LIKE '23P01 %')
FROM ecommerce.vat_regions WHERE country = 'US' AND region <> '';
SELECT failure(
    format($$INSERT INTO ecommerce.vat_rates (country, region, vat_class, rate, valid_from)
            VALUES (%s, '2001-01-01')$$, v))
FROM unnest(ARRAY['''US'', ''Texas'', ''standard'', 1', '''US'', '''', ''outside'', 0',
    '''US'', '''', ''zero'', 1', '''US'', '''', ''parking'', ''NaN''']) AS v;
SELECT failure('INSERT INTO ecommerce.vat_regions VALUES (''US'', '''', ''place'')'),
    failure('INSERT INTO ecommerce.vat_regions VALUES (''US'', '' B'')'),
    failure('INSERT INTO ecommerce.vat_regions VALUES (''US'', ''B'', ''other'')');
SELECT count(*) FROM pg_constraint c
JOIN pg_depend d ON d.classid = 'pg_constraint'::regclass AND d.objid = c.oid
    AND d.refclassid = 'pg_proc'::regclass
WHERE c.conname = 'vat_rates_period_excl';
-- built-in periods, of any shop, are of a region that exists; a seller's region is one of them
SELECT failure('UPDATE ecommerce.settings SET country = ''GR'', region = ''Kalymnos''');
-- C reads a region's history under its one name
UPDATE ecommerce.settings SET country = 'GR', region = 'islands', prices = 'net';
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('A', 'A', 100, false);
SELECT (
    ecommerce.place_order('[{"sku": "A", "quantity": 1, "unit_price": 100}]', placed_at => d)).vat
FROM unnest('{2016-05-01,2017-05-01,2019-05-01,2026-02-01}'::timestamptz[]) AS d;
UPDATE ecommerce.settings SET country = 'XI', region = '';
SELECT (ecommerce.place_order('[{"sku": "A", "quantity": 1, "unit_price": 100}]',
    placed_at => '2026-02-01')).vat;

-- Where an address is
SELECT a, t.country, t.region, t.rule
FROM (VALUES
        ('ES', NULL, '35001'), ('ES', NULL, '38 001'), ('ES', NULL, 'ES-35001'),
        ('ES', '', '51001'), ('ES', NULL, '52006'), ('ES', NULL, '28001'),
        ('ES', 'canary islands', NULL), ('ES', 'Canary Islands', '38001'),
        ('FI', NULL, '22100'), ('FI', NULL, 'AX-22100'), ('AX', NULL, '22100'), ('AX', NULL, NULL),
        ('GR', NULL, '63086'), ('GR', NULL, '630 87'), ('GR', NULL, '63075'),
        ('GR', 'Mount Athos', NULL),
        ('IT', NULL, '23041'), ('IT', '', '23030'), ('IT', 'Livigno', '23030'),
        ('IT', NULL, '22061'), ('DE', NULL, '78266'), ('DE', NULL, '27498'),
        ('DE', NULL, 'D-27499'), ('AT', NULL, '6991'), ('AT', NULL, '6690'),
        ('FR', NULL, '97110'), ('FR', NULL, '97200'), ('FR', NULL, '97300'), ('FR', NULL, '97490'),
        ('FR', NULL, '97600'), ('FR', NULL, '20000'), ('FR', NULL, '75001'), ('GP', NULL, '97110'),
        ('MC', NULL, '98000'), ('FR', 'Monaco', NULL),
        ('PT', NULL, '9500-321'), ('PT', NULL, '9000-001'), ('PT', NULL, '1000-001'),
        ('GB', NULL, 'BT1 1AA'), ('GB', NULL, 'bt11aa'), ('GB', NULL, 'B1 1AA'),
        ('XI', NULL, 'BT1 1AA'), ('XI', NULL, NULL), ('GB', NULL, 'JE2 3AB'),
        ('GB', NULL, 'IM1 1AA'), ('IM', NULL, NULL), ('JE', NULL, NULL), ('GI', NULL, 'GX11 1AA'),
        ('CY', 'Akrotiri', NULL), ('DK', NULL, '1000'), ('GL', NULL, '3900'), ('CW', NULL, NULL),
        ('GR', 'psara', '82104'), ('US', NULL, '35001')) AS v (country, region, postal_code),
    concat_ws(' ', v.country, quote_literal(v.region), v.postal_code) AS a,
    ecommerce.vat_territory(v.country, v.region, v.postal_code, '2026-02-02') AS t;
SELECT failure(format('SELECT ecommerce.vat_territory(%s)', a))
FROM unnest(ARRAY['''IT'', NULL, ''22060''', '''IT'', NULL, ''23030''',
    '''ES'', ''Canary Islands'', ''28001''', '''ES'', ''Ceuta'', ''35001''',
    '''IT'', ''Livigno'', ''22060''', '''AX'', ''Corsica''', '''MQ'', NULL, ''97300''',
    '''ES'', ''Madrid''', '''UK''', '''gr''', 'NULL', '''GR'', on_date => NULL']) AS a;
-- before 2021 Northern Ireland was in the United Kingdom, and that in the EU
SELECT t.country, t.region FROM ecommerce.vat_territory('GB', NULL, 'BT1 1AA', '2020-12-31') t;

-- Examples 54 to 66
SELECT 54, vat100(ecommerce.vat_treatment('GR', 'GR', :now));
SELECT 55, vat100(ecommerce.vat_treatment('GR', 'DE', :now));
SELECT 56, vat100(ecommerce.vat_treatment('GR', 'DE', :now, oss => true));
SELECT 57,
    vat100(ecommerce.vat_treatment('GR', 'DE', :now, buyer_vat_id => 'DE136695976',
        buyer_vat_id_valid => true));
SELECT 58,
    vat100(ecommerce.vat_treatment('GR', 'DE', :now, buyer_is_business => true,
        buyer_vat_id => 'DE136695976', buyer_vat_id_valid => false));
SELECT 58,
    vat100(ecommerce.vat_treatment('GR', 'DE', :now, buyer_is_business => true,
        buyer_vat_id => 'DE136695976', buyer_vat_id_valid => false, oss => true));
SELECT 59, vat100(ecommerce.vat_treatment('GR', 'CH', :now));
SELECT 60,
    vat100(ecommerce.vat_treatment('GR', 'XI', :now, buyer_vat_id => 'XI123456789',
        buyer_vat_id_valid => true));
SELECT 60,
    vat100(ecommerce.vat_treatment('GR', 'XI', :now, supply => 'service',
        buyer_vat_id => 'XI123456789', buyer_vat_id_valid => true));
SELECT 61, vat100(ecommerce.vat_treatment('GR', 'ES', :now, buyer_postal_code => '35001'));
SELECT 62, vat100(ecommerce.vat_treatment('GR', 'GR', :now, buyer_region => 'Lesbos'));
SELECT 63, ecommerce.vat_amount(1620.00, (t).vat_rate, 'EUR'),
    ecommerce.gross_from_net(1620.00, (t).vat_rate, 'EUR'), say(t)
FROM (SELECT ecommerce.vat_treatment('GR', 'GR', :now, seller_region => 'Lesbos',
    buyer_region => 'Lesbos') AS t) x;
SELECT 64,
    vat100(ecommerce.vat_treatment('GR', 'GR', :now, seller_region => 'Chios',
        buyer_postal_code => '38221'));
SELECT 65, vat100(ecommerce.vat_treatment('GR', 'GR', :now, buyer_region => 'Kalymnos'));
SELECT 65,
    vat100(ecommerce.vat_treatment('GR', 'GR', :now, buyer_region => 'Kalymnos',
        buyer_is_business => true));
SELECT 66,
    vat100(ecommerce.vat_treatment('GR', 'GR', :now, seller_region => 'Lesbos',
        buyer_region => 'Lesbos', excluded_goods => true));
-- and in whole
\pset format aligned
\pset expanded
\pset tuples_only off
SELECT * FROM ecommerce.vat_treatment('GR', 'DE', :now, oss => true);
SELECT * FROM ecommerce.vat_treatment('GR', 'ES', :now, buyer_postal_code => '35001');
SELECT * FROM ecommerce.vat_treatment('GR', 'GR', :now, seller_region => 'Chios');
SELECT * FROM ecommerce.vat_treatment('GR', 'GR', :now, buyer_region => 'Lesbos');
SELECT *
FROM ecommerce.vat_treatment('FR', 'IE', 'reduced', :now, distance_sales_exceed_threshold => true);
\pset expanded off
\pset format unaligned
\pset tuples_only

-- Every rule: the sale that it decides
SELECT v.step, v.arguments, taxed(v.arguments)
FROM (VALUES
    (5, $$'GR', 'DE', supply => 'service', buyer_vat_id => 'FR40303265045', $$
        || 'buyer_vat_id_valid => true'),
    (5, $$'GR', 'GR', supply => 'digital', buyer_vat_id => 'FR40303265045', $$
        || 'buyer_vat_id_valid => true'),
    (5, $$'GR', 'ES', supply => 'service', buyer_region => 'Ceuta', $$
        || $$buyer_vat_id => 'ESA13585625', buyer_vat_id_valid => true$$),
    (10, '''GR'', ''GR'', small_enterprise => true'),
    (10, $$'GR', 'GR', supply => 'service', small_enterprise => true, buyer_is_business => true$$),
    (11, '''GR'', ''GR'', ''exempt'''),
    (11, '''CH'', ''CH'', ''exempt'''),
    (12, '''GR'', ''GR'', domestic_reverse_charge => true, buyer_is_business => true'),
    (12, $$'AT', 'AT', supply => 'service', domestic_reverse_charge => true, $$
        || $$buyer_vat_id => 'ATU13585627', buyer_vat_id_valid => true$$),
    (13, '''GR'', ''GR'', domestic_reverse_charge => true'),
    (13, '''GR'', ''DE'', domestic_reverse_charge => true, buyer_is_business => true'),
    (14, $$'DE', 'DE', 'reduced', buyer_vat_id => 'FR40303265045', buyer_vat_id_valid => true$$),
    (14, '''CH'', ''CH'''),
    (14, '''GB'', ''IM'', ''zero'''),
    (14, '''RE'', ''FR'', buyer_postal_code => ''97200'''),
    (20, '''CH'', ''DE'''),
    (20, '''ES'', ''ES'', seller_region => ''Melilla'''),
    (20, '''RE'', ''FR'''),
    (21, '''CH'', ''DE'', stock_country => ''DE'''),
    (22, '''XI'', ''GB'''),
    (22, '''GB'', ''GB'', buyer_postal_code => ''BT1 1AA'''),
    (23, '''ES'', ''ES'', supply => ''service'', buyer_region => ''Canary Islands'''),
    (23, '''FI'', ''AX'', supply => ''digital'''),
    (25, '''GR'', ''DE'', stock_country => ''DE'', small_enterprise => true'),
    (30, '''DE'', ''DE'', supply => ''service'', buyer_is_business => true'),
    (30, $$'GR', 'GR', supply => 'digital', buyer_vat_id => 'EL094259216', $$
        || 'buyer_vat_id_valid => true'),
    (31, '''GR'', ''GR'', supply => ''service'''),
    (31, '''GB'', ''XI'', supply => ''service'''),
    (32, '''GR'', ''GR'', supply => ''digital'''),
    (40, '''GR'', ''DE'', ''exempt'', ''service'''),
    (41, '''GR'', ''US'', ''exempt'', ''service'''),
    (42, '''GR'', ''DE'', ''exempt'''),
    (43, '''GR'', ''DE'', ''exempt'', oss => true'),
    (43, '''GR'', ''DE'', ''exempt'', buyer_vat_id => ''DE136695976'', buyer_vat_id_valid => true'),
    (43, '''GR'', ''US'', ''exempt'''),
    (44, '''GR'', ''DE'', excluded_goods => true'),
    (44, $$'GR', 'DE', excluded_goods => true, buyer_vat_id => 'EL094259216', $$
        || 'buyer_vat_id_valid => true'),
    (50, '''GR'', ''DE'', stock_country => ''CN'', ioss => true'),
    (50, '''GR'', ''GR'', stock_country => ''CN'', ioss => true'),
    (51, '''GR'', ''DE'', stock_country => ''CN'''),
    (51, $$'GR', 'DE', stock_country => 'CN', ioss => true, buyer_vat_id => 'DE136695976', $$
        || 'buyer_vat_id_valid => true'),
    (51, '''GR'', ''GR'', stock_region => ''Mount Athos'''),
    (52, '''GR'', ''DE'', stock_country => ''DE'''),
    (52, '''GR'', ''DE'', stock_country => ''DE'', oss => true'),
    (53, $$'GR', 'DE', stock_country => 'DE', buyer_vat_id => 'DE136695976', $$
        || 'buyer_vat_id_valid => true'),
    (54, $$'GR', 'FR', stock_country => 'DE', buyer_vat_id => 'DE136695976', $$
        || 'buyer_vat_id_valid => true'),
    (55, '''GR'', ''GR'', stock_country => ''DE'', oss => true'),
    (56, '''GR'', ''FR'', stock_country => ''DE'''),
    (60, $$'GR', 'DE', small_enterprise => true, buyer_vat_id => 'DE136695976', $$
        || 'buyer_vat_id_valid => true'),
    (61, $$'GR', 'DE', buyer_vat_id => 'NL001234567B01', buyer_vat_id_valid => true, oss => true$$),
    (61, $$'GR', 'DE', excluded_goods => true, buyer_vat_id => 'DE136695976', $$
        || 'buyer_vat_id_valid => true'),
    (61, '''DE'', ''MC'', buyer_vat_id => '' fr40303265045'', buyer_vat_id_valid => true'),
    (61, $$'GR', 'FR', stock_country => 'DE', buyer_vat_id => 'FR40303265045', $$
        || 'buyer_vat_id_valid => true'),
    (61, $$'GR', 'GR', stock_country => 'DE', buyer_vat_id => 'EL094259216', $$
        || 'buyer_vat_id_valid => true'),
    (61, '''XI'', ''DE'', buyer_vat_id => ''DE136695976'', buyer_vat_id_valid => true'),
    (62, $$'GR', 'DE', small_enterprise => true, buyer_vat_id => 'EL094259216', $$
        || 'buyer_vat_id_valid => true'),
    (63, $$'GR', 'DE', oss => true, buyer_vat_id => 'EL094259216', buyer_vat_id_valid => true$$),
    (63, $$'GR', 'DE', oss => true, buyer_vat_id => 'gr 094.259.216', buyer_vat_id_valid => true$$),
    (70, '''GR'', ''DE'', small_enterprise => true'),
    (71, '''GR'', ''DE'', small_enterprise => true, oss => true'),
    (72, $$'GR', 'DE', buyer_is_business => false, buyer_vat_id => 'DE136695976', $$
        || 'buyer_vat_id_valid => true'),
    (72, '''GR'', ''DE'', buyer_is_business => true, buyer_vat_id => ''DE136695976'''),
    (72, $$'GR', 'DE', buyer_is_business => true, buyer_vat_id => 'CHE123456788', $$
        || 'buyer_vat_id_valid => true'),
    (73, '''GR'', ''FI'', oss => true, distance_sales_exceed_threshold => true'),
    (73, '''GR'', ''MC'', oss => true'),
    (73, '''GR'', ''XI'', oss => true'),
    (73, '''GR'', ''PT'', oss => true, buyer_postal_code => ''9500-321'''),
    (73, '''GR'', ''IE'', ''zero'', oss => true'),
    (73, '''GR'', ''FR'', stock_country => ''DE'', oss => true'),
    (73, '''DE'', ''GR'', oss => true, buyer_region => ''Lesbos'''),
    (74, '''GR'', ''DE'', distance_sales_exceed_threshold => true'),
    (74, '''GR'', ''FR'', stock_country => ''DE'', distance_sales_exceed_threshold => true'),
    (75, '''GR'', ''DE'', supply => ''digital'''),
    (76, '''GR'', ''DE'', supply => ''digital'', oss => true'),
    (77, $$'GR', 'DE', supply => 'digital', buyer_is_business => true, $$
        || 'distance_sales_exceed_threshold => true'),
    (80, '''GR'', ''US'', small_enterprise => true'),
    (81, '''GR'', ''US'', buyer_is_business => true'),
    (81, '''GR'', ''GB'', buyer_vat_id => ''XI123456789'', buyer_vat_id_valid => true'),
    (81, '''GR'', ''GR'', buyer_postal_code => ''63086'''),
    (81, '''GR'', ''FI'', buyer_postal_code => ''22100'''),
    (81, $$'GR', 'IT', buyer_region => 'Livigno', buyer_postal_code => '23030', oss => true$$),
    (81, '''FR'', ''FR'', buyer_postal_code => ''97490'''),
    (81, '''GR'', ''US'', stock_country => ''DE'''),
    (90, $$'GR', 'DE', supply => 'service', buyer_vat_id => 'DE136695976', $$
        || 'buyer_vat_id_valid => true'),
    (90, $$'GR', 'MC', supply => 'digital', buyer_vat_id => 'FR40303265045', $$
        || 'buyer_vat_id_valid => true, small_enterprise => true'),
    (91, '''GR'', ''DE'', supply => ''service'', small_enterprise => true'),
    (92, '''GR'', ''DE'', supply => ''service'', oss => true'),
    (92, '''GR'', ''DE'', supply => ''service'', buyer_is_business => true'),
    (93, '''GR'', ''US'', supply => ''service'', buyer_is_business => true'),
    (93, $$'GR', 'GB', supply => 'digital', buyer_postal_code => 'BT1 1AA', $$
        || 'buyer_is_business => true'),
    (94, '''GR'', ''US'', supply => ''service'', small_enterprise => true'),
    (95, '''GR'', ''US'', supply => ''service'''),
    (96, '''GR'', ''US'', supply => ''digital'''),
    (96, $$'GR', 'ES', supply => 'digital', buyer_postal_code => '38001'$$)) AS v (step, arguments);

-- The decision table has an answer for all facts, and no row in vain
WITH facts AS (SELECT *
        FROM unnest('{goods,service,digital}'::text[]) AS supply,
            unnest('{own,other,third}'::text[]) AS stock,
            unnest('{home,eu,back,third,uk,territory}'::text[]) AS destination,
            unnest('{identified,resident,elsewhere,business,consumer}'::text[]) AS buyer,
            unnest('{regular,small,foreign}'::text[]) AS seller,
            unnest('{under,over,oss,ioss}'::text[]) AS sales,
            unnest('{none,exempt,reverse_charge,excluded}'::text[]) AS special
        -- that can be
        WHERE (supply = 'goods' OR stock = 'own') AND (sales <> 'ioss' OR stock = 'third')
            AND (destination <> 'back' OR stock = 'other')
            AND (destination NOT IN ('home', 'territory') OR stock <> 'third')
            AND buyer <> CASE supply WHEN 'goods' THEN 'elsewhere' ELSE 'resident' END
            AND (supply = 'goods' OR destination <> 'third' OR buyer <> 'identified')),
    decided AS (SELECT (SELECT min(r.step) FROM ecommerce.vat_rules() r
            WHERE coalesce(f.supply = ANY (r.supply), true)
                AND coalesce(f.stock = ANY (r.stock), true)
                AND coalesce(f.destination = ANY (r.destination), true)
                AND coalesce(f.buyer = ANY (r.buyer), true)
                AND coalesce(f.seller = ANY (r.seller), true)
                AND coalesce(f.sales = ANY (r.sales), true)
                AND coalesce(f.special = ANY (r.special), true)) AS step
        FROM facts f)
SELECT count(*) FILTER (WHERE step IS NULL) AS undecided,
    (SELECT count(*) FROM ecommerce.vat_rules() r
        WHERE r.step NOT IN (SELECT step FROM decided)) AS in_vain,
    (SELECT count(*) = count(DISTINCT step) FROM ecommerce.vat_rules()) AS once
FROM decided;
-- it has all the words that EN 16931 asks for, and none that it forbids
SELECT step FROM ecommerce.vat_rules()
WHERE vat_category IS NOT NULL
    AND (legal_reason IS NULL OR scheme IS NULL OR place IS NULL
        OR vat_category IN ('AE', 'K', 'G', 'O') AND vatex IS NULL
        OR vat_category = 'S' AND vatex IS NOT NULL)
    OR vat_category IS NULL AND note IS NULL OR vat_category NOT IN ('S', 'E', 'AE', 'K', 'G', 'O');

-- The Greek islands
SELECT n, taxed('''GR'', ''GR'', ' || a)
FROM (VALUES
    ('goods there, seller not', 'stock_region => ''Lesbos'', buyer_region => ''Lesbos'''),
    ('seller there, goods not',
        'seller_region => ''Lesbos'', stock_region => '''', buyer_region => ''Lesbos'''),
    ('... to a business there',
        $$seller_region => 'Lesbos', stock_region => '', buyer_region => 'Lesbos', $$
            || 'buyer_is_business => true'),
    ('goods and buyer there, seller not',
        'stock_region => ''Lesbos'', buyer_region => ''Kos'', buyer_is_business => true'),
    ('a business elsewhere', 'buyer_is_business => true'),
    ('tobacco to a business',
        'buyer_region => ''Kos'', buyer_is_business => true, excluded_goods => true'),
    ('tobacco there',
        $$stock_region => 'Kos', buyer_region => 'Kos', buyer_is_business => true, $$
            || 'excluded_goods => true'),
    ('service, nowhere', 'supply => ''service'', seller_region => ''Kos'''),
    ('service there',
        'supply => ''service'', seller_region => ''Kos'', stock_region => ''Lesbos'''),
    ('service in Athens', 'supply => ''service'', seller_region => ''Kos'', stock_region => '''''),
    ('service to a business there',
        'supply => ''service'', buyer_region => ''Kos'', buyer_is_business => true'),
    ('service from Athens there', 'supply => ''service'', stock_region => ''Kos'''),
    ('digital', 'supply => ''digital'', seller_region => ''Kos'', stock_region => ''Kos'''),
    ('no rate', '''parking'', seller_region => ''Kos'''),
    ('Rhodes', 'seller_region => ''Rhodes''')) AS v (n, a);
SELECT taxed('''GR'', ''DE'', seller_region => ''Lesbos'''),
    taxed('''GR'', ''DE'', supply => ''service'', seller_region => ''Lesbos'''),
    taxed($$'GR', 'DE', supply => 'service', seller_region => 'Lesbos', stock_region => 'Lesbos'$$),
    taxed($$'DE', 'GR', stock_country => 'GR', stock_region => 'Lesbos',
        buyer_region => 'Lesbos'$$);
-- Kalymnos before and after it was one of them
SELECT d, say(ecommerce.vat_treatment('GR', 'GR', on_date => d, seller_region => 'Kalymnos'))
FROM unnest('{2025-12-31,2026-01-01}'::date[]) AS d;
-- all ten VAT categories of myDATA that a sale can have, and a rate that has none
SELECT c, say(ecommerce.vat_treatment('GR', 'GR', c, :now)),
    say(ecommerce.vat_treatment('GR', 'GR', c, :now, seller_region => 'islands'))
FROM unnest('{standard,reduced,super_reduced,super_reduced2}'::text[]) AS c;
SELECT say(ecommerce.vat_treatment('GR', 'GR', on_date => '2016-05-31')),
    say(ecommerce.vat_treatment('GR', 'GR', on_date => '2016-05-31', seller_region => 'islands'));
SELECT string_agg(DISTINCT e.code || ' ' || e.article, ', ' ORDER BY e.code || ' ' || e.article),
    count(*)
FROM ecommerce.mydata_exemptions() e JOIN ecommerce.vat_rules() r ON r.mydata_exemption = e.code;

-- Other regions
SELECT n, taxed(a)
FROM (VALUES
    ('Azores', '''PT'', ''PT'', seller_region => ''Azores'', buyer_region => ''Azores'''),
    ('Azores to the mainland', '''PT'', ''PT'', seller_region => ''Azores'''),
    ('to the Azores', '''PT'', ''PT'', buyer_postal_code => ''9500-321'''),
    ('Azores to Germany', '''PT'', ''DE'', seller_region => ''Azores'''),
    ('to Corsica, the same rate', '''FR'', ''FR'', buyer_postal_code => ''20000'''),
    ('to Corsica, another', '''FR'', ''FR'', ''reduced'', buyer_postal_code => ''20000'''),
    ('from Monaco', '''FR'', ''FR'', ''reduced'', seller_region => ''Monaco'''),
    ('Mittelberg',
        '''AT'', ''AT'', seller_region => ''Mittelberg'', buyer_postal_code => ''6691'''),
    ('Mittelberg to Vienna, reduced',
        '''AT'', ''AT'', ''reduced'', seller_region => ''Mittelberg'''),
    ('Reunion to Martinique',
        '''FR'', ''FR'', seller_region => ''Reunion'', buyer_region => ''Martinique'''),
    ('Akrotiri', '''CY'', ''CY'', buyer_region => ''Akrotiri''')) AS v (n, a);
SELECT n, legal_reason
FROM (VALUES
        (1, ecommerce.vat_treatment('FR', 'FR', :now, seller_region => 'Reunion',
            buyer_region => 'Reunion')),
        (2, ecommerce.vat_treatment('CH', 'CH', :now)),
        (3, ecommerce.vat_treatment('PT', 'PT', :now, seller_region => 'Azores',
            buyer_region => 'Azores')),
        (4, ecommerce.vat_treatment('DE', 'MQ', :now)),
        (5, ecommerce.vat_treatment('GR', 'GR', :now, small_enterprise => true)),
        (6, ecommerce.vat_treatment('GR', 'DE', :now, supply => 'service',
            buyer_vat_id => 'DE136695976', buyer_vat_id_valid => true))) AS v (n, t),
    LATERAL (SELECT (t).legal_reason) l;
SELECT n, note
FROM (VALUES
        (1, ecommerce.vat_treatment('GR', 'DE', :now, distance_sales_exceed_threshold => true)),
        (2, ecommerce.vat_treatment('GR', 'DE', 'reduced', :now, oss => true)),
        (3, ecommerce.vat_treatment('GR', 'DE', :now, oss => true, buyer_vat_id => 'EL094259216',
            buyer_vat_id_valid => true)),
        (4, ecommerce.vat_treatment('GR', 'DE', :now))) AS v (n, t),
    LATERAL (SELECT (t).note) l;

-- Time: who was in the EU, and rules that are younger than the sale
SELECT taxed('''GR'', ''GR''') = say(ecommerce.vat_treatment('GR', 'GR', on_date => '2020-01-01')),
    say(ecommerce.vat_treatment('GB', 'GB', on_date => '2019-06-01'));
SELECT failure(format('SELECT ecommerce.vat_treatment(%s)', a))
FROM unnest(ARRAY['''GR'', ''DE'', on_date => ''2021-06-30''',
    '''GR'', ''US'', on_date => ''2021-06-30''', '''GR'', ''GB'', on_date => ''2020-06-30''']) AS a;
-- a rate that the destination does not have
SELECT taxed('''GR'', ''DK'', ''reduced'', oss => true');
-- wrong arguments
SELECT taxed(a)
FROM unnest(ARRAY['NULL, ''GR''', '''GR'', NULL', '''GR'', ''GR'', NULL',
    '''GR'', ''GR'', supply => NULL', '''GR'', ''GR'', supply => ''rent''',
    '''GR'', ''GR'', ''outside''', '''EL'', ''GR''', '''GR'', ''ZZ''',
    '''GR'', ''DE'', buyer_vat_id_valid => true',
    '''GR'', ''DE'', buyer_vat_id => ''136695976'', buyer_vat_id_valid => true',
    '''GR'', ''DE'', buyer_vat_id => ''US094259216'', buyer_vat_id_valid => true',
    '''GR'', ''DE'', supply => ''service'', stock_country => ''DE''',
    '''GR'', ''GR'', ''exempt'', domestic_reverse_charge => true, buyer_is_business => true',
    '''CH'', ''CH'', small_enterprise => true', '''XI'', ''XI'', small_enterprise => true']) AS a;
SELECT failure('SELECT ecommerce.vat_treatment(''GR'', ''GR'', on_date => NULL)');
-- NULL of an option is no
SELECT taxed($$'GR', 'DE', oss => NULL, ioss => NULL, distance_sales_exceed_threshold => NULL,
    small_enterprise => NULL, domestic_reverse_charge => NULL, excluded_goods => NULL$$);

-- Without the extension the periods are still guarded
SET client_min_messages = warning;
DROP FUNCTION vat100, say CASCADE;
DROP EXTENSION ecommerce CASCADE;
SELECT failure($$INSERT INTO ecommerce.vat_rates (country, vat_class, rate, valid_from)
    VALUES ('GR', 'standard', 9, '2026-01-01')$$);
CREATE EXTENSION ecommerce;
SELECT ecommerce.install() > 0, ecommerce.vat_rate_on('GR', 'standard', '2026-01-01');
DROP VIEW us;
DROP FUNCTION taxed;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
