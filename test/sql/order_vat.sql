-- How place_order() taxes what crosses a border, and what vat_return() and
-- oss_return() make of it.  Prices are gross: 124.00 has 24.00 of the Greek 24 %,
-- 19.80 of 19 %, 18.02 of 17 %, 21.52 of 21 %, 20.67 of 20 %, worked by hand.
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR', timezone = 'Europe/Athens';
INSERT INTO ecommerce.products (sku, name, price, vat_class, supply, track_stock) VALUES
    ('A', 'A', 124, 'standard', 'goods', true), ('R', 'R', 11.30, 'reduced', 'goods', false),
    ('E', 'E', 10, 'exempt', 'goods', false),
    ('S', 'S', 62, 'standard', 'service', false), ('D', 'D', 12.40, 'standard', 'digital', false);
SELECT ecommerce.adjust_stock('A', 1000, 'receipt');

-- Sells one of each letter and says how it was taxed, or why it was not sold:
-- net + VAT, place and scheme, categories and rates, VATEX, myDATA exemption, reason
CREATE FUNCTION public.sell(skus text, arguments text DEFAULT '',
    at text DEFAULT '2026-05-05 12:00+03')
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    v_id   uuid;
BEGIN
    EXECUTE format('SELECT id FROM ecommerce.place_order(%L, placed_at => %L%s)',
        (SELECT jsonb_agg(jsonb_build_object('sku', s, 'quantity', 1))
            FROM regexp_split_to_table(skus, '') s), at, ', ' || nullif(arguments, '')) INTO v_id;
    RETURN (SELECT concat_ws(' | ', o.net || ' + ' || o.vat,
            o.country || coalesce('/' || nullif(o.region, ''), '') || ' ' || o.vat_scheme,
            (SELECT string_agg(DISTINCT i.vat_category || ' ' || i.vat_rate, ', ')
                FROM ecommerce.order_items i WHERE i.order_id = o.id),
            o.vatex, 'myDATA ' || o.mydata_exemption, o.vat_reason)
        FROM ecommerce.orders o WHERE o.id = v_id);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''));
END $$;
CREATE FUNCTION public.goods_to(address jsonb, arguments text DEFAULT '',
    at text DEFAULT '2026-05-05 12:00+03')
RETURNS text LANGUAGE sql AS
    $$ SELECT sell('A', concat_ws(', ', format('shipping_address => %L', address),
        nullif(arguments, '')), at) $$;
CREATE FUNCTION public.bill_to(skus text, address jsonb, arguments text DEFAULT '')
RETURNS text LANGUAGE sql AS
    $$ SELECT sell(
        skus, concat_ws(', ', format('billing_address => %L', address), nullif(arguments, ''))) $$;
\set german 'buyer_vat_id => ''de 136695976'', buyer_vat_id_valid => true'
\set greek 'buyer_vat_id => ''gr 94.259.216'', buyer_vat_id_valid => true'
\pset format unaligned
\pset tuples_only

-- At home: nowhere, in Athens, in another part of the country that has no VAT of its own, with a
-- city only, to a business, with an exempt product, with services
SELECT sell('A'), goods_to('{"country": "GR", "city": "Athens", "postal_code": "105 63"}'),
    goods_to('{"country": "GR", "state": "Crete", "postal_code": "GR-71202"}'),
    goods_to('{"city": "Berlin"}'), goods_to('{"country": "GR"}', :'greek'),
    sell('AE'), sell('ASD', 'shipping_address => ''{"country": "GR"}''') \gx
-- The shipping address decides about goods, the billing address about services; the other one if
-- there is no country in it
SELECT sell('A', $$shipping_address => '{"country": "GR"}',
        billing_address => '{"country": "US"}'$$),
    sell('A', $$shipping_address => '{"country": "US"}', billing_address => '{"country": "GR"}'$$),
    sell('A', $$shipping_address => '{"city": "Boston"}', billing_address => '{"country": "US"}'$$),
    sell('D', $$shipping_address => '{"country": "GR"}', billing_address => '{"country": "US"}'$$),
    sell('D', $$shipping_address => '{"country": "US"}', billing_address => '{"country": "GR"}'$$),
    sell('D', $$shipping_address => '{"country": "US"}'$$) \gx

-- To consumers in another member state: below the threshold, above it, and in the one-stop shop
SELECT goods_to('{"country": "DE"}'), bill_to('D', '{"country": "DE"}'),
    bill_to('S', '{"country": "DE"}'), sell('AE', $$shipping_address => '{"country": "DE"}'$$),
    goods_to('{"country": "DE"}', 'buyer_vat_id => ''DE136695976''') \gx
UPDATE ecommerce.settings SET distance_sales_exceed_threshold = true;
SELECT goods_to('{"country": "DE"}'), bill_to('D', '{"country": "DE"}'),
    bill_to('S', '{"country": "DE"}') \gx
UPDATE ecommerce.settings SET oss = true;
SELECT goods_to('{"country": "DE"}'), goods_to('{"country": "HU"}'),
    bill_to('D', '{"country": "DE"}'), bill_to('AD', '{"country": "DE"}'),
    bill_to('S', '{"country": "DE"}'), sell('AR', $$shipping_address => '{"country": "DE"}'$$),
    goods_to('{"country": "DE"}', 'buyer_vat_id => ''DE136695976'', buyer_vat_id_valid => false'),
    goods_to('{"country": "MC"}'), goods_to('{"country": "PT", "postal_code": "9500-150"}') \gx
-- the rate of the day, in the seller's time zone; nothing is known of before July 2021
SELECT at, goods_to('{"country": "RO"}', at => at)
FROM unnest('{2025-07-31 23:59:59+03, 2025-07-31 21:00:00+00, 2021-06-30 23:59:59+03,
    2021-07-01 00:00:00+03}'::text[]) AS at;
-- with a discount and shipping, which follow the goods, and an expected total
SELECT goods_to('{"country": "DE"}',
        $$allowances => '[{"amount": 4}]', charges => '[{"kind": "shipping", "amount": 5.9}]',
            expected_total => 125.9$$),
    goods_to('{"country": "DE"}', 'expected_total => 124.01') \gx

-- To businesses in another member state: goods, services, with the id of the country of dispatch,
-- and of a country where the service does not go
SELECT goods_to('{"country": "DE"}', :'german'), goods_to('{"country": "FR"}', :'german'),
    goods_to('{"country": "DE"}', :'greek'), bill_to('S', '{"country": "DE"}', :'german'),
    bill_to('SD', '{"country": "DE"}', :'german'), bill_to('S', '{"country": "FR"}', :'german'),
    goods_to('{"country": "DE"}',
        :'german' || $$, charges => '[{"kind": "shipping", "amount": 5.9}]'$$),
    sell('A', :'german') \gx

-- Out of the VAT territory of the EU: by country, by postal code, by name, by a code of its own;
-- services
SELECT goods_to('{"country": "US"}'), goods_to('{"country": "ES", "postal_code": "35001"}'),
    goods_to('{"country": "ES", "state": "canary islands"}'),
    goods_to('{"country": "DE", "city": "Heligoland"}'), goods_to('{"country": "AX"}'),
    goods_to('{"country": "GR", "postal_code": "63086"}'),
    goods_to('{"country": "GR", "postal_code": "gr-630 87"}'),
    goods_to('{"country": "GR", "city": "MOUNT ATHOS"}'), bill_to('S', '{"country": "US"}'),
    bill_to('D', '{"country": "US"}'),
    bill_to('S', '{"country": "CH"}',
        'buyer_vat_id => ''CHE-123.456.788 TVA'', buyer_vat_id_valid => true') \gx
-- Northern Ireland is in it for goods, and not for services
SELECT goods_to('{"country": "GB", "postal_code": "SW1A 1AA"}'),
    goods_to('{"country": "GB", "postal_code": "BT1 5GS"}'),
    goods_to('{"country": "XI"}', 'buyer_vat_id => ''XI980780684'', buyer_vat_id_valid => true'),
    bill_to('S', '{"country": "XI"}'),
    bill_to('D', '{"country": "GB", "postal_code": "BT1 5GS"}') \gx

-- The Greek islands. From elsewhere: to consumers and to businesses there, which Kalymnos is
-- since 2026; before 2018 it is not known which they were
SELECT goods_to('{"country": "GR", "state": "Lesbos"}'),
    goods_to('{"country": "GR", "state": "Lesbos"}', :'greek'),
    goods_to('{"country": "GR", "city": "Rhodes"}', :'greek'),
    goods_to('{"country": "GR", "state": "Dodecanese", "city": "kalymnos"}', :'greek',
        '2025-12-31'),
    goods_to('{"country": "GR", "state": "Dodecanese", "city": "kalymnos"}', :'greek',
        '2026-01-01'),
    goods_to('{"country": "GR", "city": "Kos"}', at => '2017-06-01') \gx
-- and from there: goods to anybody, services that are performed there, not digital ones
UPDATE ecommerce.settings SET region = 'islands';
SELECT sell('A'), goods_to('{"country": "GR", "city": "Athens"}'),
    goods_to('{"country": "GR", "city": "Athens"}', :'greek'),
    goods_to('{"country": "GR", "city": "Kos"}'), goods_to('{"country": "DE"}', 'notes => ''OSS'''),
    goods_to('{"country": "US"}'), sell('S'), sell('D'), sell('AS'), sell('AD'), sell('AE'),
    sell('EA', $$shipping_address => '{"country": "GR", "city": "Kos"}'$$),
    sell('E', $$shipping_address => '{"country": "GR", "city": "Kos"}'$$) \gx
-- on Kalymnos since 2026
UPDATE ecommerce.settings SET place = 'Kalymnos';
SELECT sell('A'), sell('A', at => '2025-12-31 23:59:59+02'), sell('A', at => '2026-01-01 00:00+02'),
    goods_to('{"country": "GR", "city": "Kos"}', :'greek', '2025-12-31'),
    goods_to('{"country": "DE"}', at => '2025-12-31'), sell('A', at => '2017-12-31'),
    sell('A', at => '2018-01-01') \gx
UPDATE ecommerce.settings SET place = 'Mount Athos';
SELECT sell('A');
UPDATE ecommerce.settings SET place = 'Atlantis';
SELECT sell('A');
UPDATE ecommerce.settings SET region = '', place = NULL;

-- The last day and the first after it: of a rate, of a place in a region, of a country in the EU
BEGIN;
UPDATE ecommerce.vat_places SET valid_to = '2026-01-01' WHERE country = 'GR' AND place = 'Leros';
UPDATE ecommerce.countries SET eu_to = '2026-01-01' WHERE code = 'SE';
SELECT sell('A', at => '2016-05-31 23:59:59+03'), sell('A', at => '2016-06-01 00:00+03') \gx
SELECT goods_to('{"country": "GR", "city": "Leros"}', :'greek', '2025-12-31 23:59:59+02'),
    goods_to('{"country": "GR", "city": "Leros"}', :'greek', '2026-01-01 00:00+02'),
    goods_to('{"country": "SE"}', at => '2025-12-31 23:59:59+02'),
    goods_to('{"country": "SE"}', at => '2026-01-01 00:00+02') \gx
UPDATE ecommerce.settings SET region = 'islands', place = 'Leros';
SELECT sell('A', at => '2025-12-31 23:59:59+02'), sell('A', at => '2026-01-01 00:00+02') \gx
ROLLBACK;

-- A small enterprise
UPDATE ecommerce.settings
SET small_enterprise = true, oss = false, distance_sales_exceed_threshold = false;
SELECT sell('A'), sell('ASD', 'billing_address => ''{"country": "GR"}'''),
    goods_to('{"country": "DE"}'), goods_to('{"country": "DE"}', :'german'),
    goods_to('{"country": "US"}'), sell('EA'), sell('E') \gx
UPDATE ecommerce.settings SET small_enterprise = false, oss = true;

-- Sellers elsewhere: where parts of the country have rates of their own, in a region that has
-- none, and where goods and services differ
UPDATE ecommerce.settings SET country = 'PT', region = 'Azores';
SELECT sell('A'), goods_to('{"country": "PT", "postal_code": "9500-150"}'),
    sell('EA', $$shipping_address => '{"country": "PT", "state": "Azores"}'$$),
    goods_to('{"country": "PT", "city": "Lisbon"}'), goods_to('{"country": "DE"}') \gx
UPDATE ecommerce.settings SET country = 'FR', region = 'Monaco';
SELECT sell('A'), goods_to('{"country": "MC"}'), goods_to('{"country": "FR", "city": "Nice"}'),
    goods_to('{"country": "FR", "postal_code": "97110"}') \gx
UPDATE ecommerce.settings SET country = 'CY', region = '';
SELECT sell('A'), goods_to('{"country": "CY", "city": "Akrotiri"}'),
    goods_to('{"country": "GR", "city": "Athens"}') \gx
UPDATE ecommerce.settings SET country = 'XI', oss = false;
SELECT sell('A'), sell('S'), goods_to('{"country": "IE"}'),
    goods_to('{"country": "GB", "postal_code": "SW1A 1AA"}') \gx
UPDATE ecommerce.settings SET country = 'GR', oss = true;

-- Net prices are what anybody pays without VAT
UPDATE ecommerce.settings SET prices = 'net';
SELECT sell('A'), goods_to('{"country": "DE"}'), goods_to('{"country": "DE"}', :'german'),
    goods_to('{"country": "US"}'), goods_to('{"country": "US"}', 'expected_total => 153.76') \gx
UPDATE ecommerce.settings SET prices = 'gross';

-- Refused: different ways in one order, what no rule covers, what is unknown
SELECT sell('AS', $$shipping_address => '{"country": "DE"}'$$),
    sell('AS', $$shipping_address => '{"country": "DE"}', $$ || :'german'),
    sell('ADS', $$shipping_address => '{"country": "US"}'$$),
    sell('AD', $$shipping_address => '{"country": "DE"}', billing_address => '{"country": "FR"}'$$),
    sell('AE', $$shipping_address => '{"country": "DE"}'$$), goods_to('{"country": "ZZ"}'),
    goods_to('{"country": "de"}'), goods_to('{"country": "EL"}'),
    goods_to('{"country": "IT", "postal_code": "22060"}'),
    goods_to('{"country": "IT", "postal_code": "22060", "state": ""}'),
    goods_to('{"country": "PT", "postal_code": "1000-001", "state": "Madeira"}') \gx
SELECT sell('A', arguments)
FROM unnest(ARRAY['buyer_vat_id_valid => true',
    'buyer_vat_id => ''DE136695970'', buyer_vat_id_valid => true',
    'buyer_vat_id => ''US1'', buyer_vat_id_valid => true',
    'buyer_vat_id => repeat(''9'', 51)']) AS arguments;
-- the id is kept in its one form, or as it was given
SELECT count(*)
FROM unnest(ARRAY[' el 94259216', 'on its way']) AS given,
    ecommerce.place_order('[{"sku": "R", "quantity": 1}]', notes => given, buyer_vat_id => given);
SELECT notes, buyer_vat_id, vat_scheme FROM ecommerce.orders
WHERE notes IN (' el 94259216', 'on its way') ORDER BY notes DESC;

-- A session hears of a change to a place or a region
SELECT goods_to('{"country": "GR", "postal_code": "99999"}');
INSERT INTO ecommerce.vat_places (country, place, region, postal_code, valid_from) VALUES
    ('GR', 'Annex', 'Mount Athos', '^99999$', '-infinity');
SELECT goods_to('{"country": "GR", "postal_code": "99999"}');
DELETE FROM ecommerce.vat_places WHERE place = 'Annex';
SELECT goods_to('{"country": "GR", "postal_code": "99999"}');
BEGIN;
INSERT INTO ecommerce.vat_regions (country, region, rule) VALUES ('GR', 'Free zone', 'outside');
SELECT goods_to('{"country": "GR", "state": "free zone"}');
ROLLBACK;
SELECT goods_to('{"country": "GR", "state": "free zone"}');

-- A retry gets the same order, and what is said of the VAT id is part of the request.
CREATE FUNCTION public.retry(arguments text) RETURNS text LANGUAGE sql AS
    $$ SELECT format('SELECT *
            FROM ecommerce.place_order(''[{"sku": "A", "quantity": 1}]'',
                shipping_address => ''{"country": "DE"}'', idempotency_key => ''once'', %s)',
        arguments) $$;
CREATE TABLE public.first AS
SELECT *
FROM ecommerce.place_order('[{"sku": "A", "quantity": 1}]', shipping_address => '{"country": "DE"}',
    idempotency_key => 'once', buyer_vat_id => 'DE136695976', buyer_vat_id_valid => true);
SELECT o = f, f.net, f.vat
FROM first f,
    ecommerce.place_order('[{"sku": "A", "quantity": 1}]', shipping_address => '{"country": "DE"}',
        idempotency_key => 'once', buyer_vat_id => 'DE136695976', buyer_vat_id_valid => true) o;
SELECT a, failure(retry(a))
FROM unnest(ARRAY['buyer_vat_id => ''DE136695976'', buyer_vat_id_valid => true',
    'buyer_vat_id => ''DE136695976'', buyer_vat_id_valid => false',
    'buyer_vat_id => ''DE136695976''',
    'buyer_vat_id => ''EL094259216'', buyer_vat_id_valid => true']) AS a;

-- What was settled stays,
SELECT change, failure(format('UPDATE ecommerce.orders SET %s WHERE vat_scheme = ''oss''', change))
FROM unnest(ARRAY['vat_scheme = ''domestic''', 'vatex = ''VATEX-EU-G''', 'vat_reason = NULL',
    'mydata_exemption = 31', 'buyer_vat_id = ''EL094259216''', 'region = ''islands''',
    'vat_scheme = vat_scheme']) AS change;
-- and plain SQL is checked.
SELECT left(c, 30),
    failure(format('DO $d$BEGIN INSERT INTO ecommerce.orders (order_number, currency, prices, net, '
            'vat, gross, country, %s) VALUES (''1'', ''EUR'', ''net'', 0, 0, 0, ''GR'', %L); '
            'RAISE division_by_zero; END$d$',
        split_part(c, '=', 1), split_part(c, '=', 2)))
FROM unnest(ARRAY['vat_scheme=export', 'vat_scheme=', 'vat_scheme=Domestic', 'vatex=VATEX-EU-AE',
    'vatex=AE', 'vatex=', 'mydata_exemption=31', 'mydata_exemption=0', 'mydata_exemption=32',
    'buyer_vat_id=' || repeat('9', 50), 'buyer_vat_id=' || repeat('9', 51),
    'vat_reason=' || repeat('x', 10001)]) AS c;
SELECT failure($$INSERT INTO ecommerce.products (sku, name, price, supply)
    VALUES ('X', 'X', 1, 'rent')$$);

-- That VIES knows the id is for those to say who may write orders; that it does not is nobody's
-- advantage.
CREATE ROLE regress_storefront;
GRANT USAGE ON SCHEMA ecommerce TO regress_storefront;
GRANT EXECUTE ON FUNCTION ecommerce.place_order, ecommerce.current_tenant TO regress_storefront;
SET ROLE regress_storefront;
SELECT failure($$SELECT ecommerce.place_order('[{"sku": "A", "quantity": 1}]',
    shipping_address => '{"country": "DE"}', buyer_vat_id => 'DE136695976',
    buyer_vat_id_valid => true)$$);
SELECT net, vat
FROM ecommerce.place_order('[{"sku": "A", "quantity": 1}]', shipping_address => '{"country": "DE"}',
    buyer_vat_id => 'DE136695976', buyer_vat_id_valid => false);
RESET ROLE;
DROP OWNED BY regress_storefront;
DROP ROLE regress_storefront;

-- The first quarter: three orders to Germany, one of them with a reduced product and one in the
-- last millisecond; one to Hungary that is cancelled, one
-- to Romania, a service at home, an intra-EU supply, an export, one at home with an exempt
-- product, and above the threshold without the one-stop shop
CREATE TABLE public.quarter
    (n integer, skus text, at timestamptz, country text, vat_id text, id uuid);
INSERT INTO quarter (n, skus, at, country) VALUES
    (1, 'A', '2026-01-01 00:00+02', 'DE'), (2, 'AR', '2026-02-01 12:00+02', 'DE'),
    (3, 'A', '2026-02-02 12:00+02', 'HU'), (4, 'A', '2026-02-03 12:00+02', 'RO'),
    (5, 'S', '2026-02-04 12:00+02', 'GR'),
    (6, 'A', '2026-02-05 12:00+02', 'DE'), (7, 'A', '2026-02-06 12:00+02', 'US'),
    (8, 'AE', '2026-02-07 12:00+02', 'GR'), (9, 'A', '2026-03-31 23:59:59.999+03', 'DE'),
    (10, 'A', '2026-04-01 00:00+03', 'DE'), (11, 'A', '2025-12-31 23:59:59.999+02', 'DE');
CREATE FUNCTION public.place(q quarter) RETURNS uuid LANGUAGE sql AS $$
    SELECT id
    FROM ecommerce.place_order((SELECT jsonb_agg(jsonb_build_object('sku', s, 'quantity', 1))
            FROM regexp_split_to_table(q.skus, '') s),
        placed_at => q.at, shipping_address => jsonb_build_object('country', q.country),
        buyer_vat_id => q.vat_id, buyer_vat_id_valid => q.vat_id IS NOT NULL) $$;
UPDATE quarter SET vat_id = 'DE136695976' WHERE n = 6;
UPDATE quarter q SET id = place(q);
SELECT (ecommerce.cancel_order(id)).status FROM quarter WHERE n = 3;
UPDATE ecommerce.settings SET oss = false, distance_sales_exceed_threshold = true;
SELECT goods_to('{"country": "DE"}', at => '2026-02-08 12:00+02');
UPDATE ecommerce.settings SET oss = true;
-- 3 times 124.00 at 19 %: 312.60 + 59.40; 11.30 at 7 %: 10.56 + 0.74; 124.00 at 21 %: 102.48 +
-- 21.52
SELECT * FROM ecommerce.oss_return(2026, 1);
-- and at home 124.00 + 62.00 at 24 %: 150.00 + 36.00, and 10.00 without; from above what was sold
-- to and from Kalymnos on 2026-01-01
SELECT * FROM ecommerce.vat_return('2026-01-01', '2026-03-31');
-- The settings and rates of tomorrow change nothing of it, nor of orders: Sylius/Sylius#7167
CREATE TABLE was AS SELECT order_id, line_number, vat_rate, net, vat FROM ecommerce.order_items;
UPDATE ecommerce.settings SET oss = false, country = 'DE';
UPDATE ecommerce.vat_rates SET rate = 20
WHERE country = 'DE' AND vat_class = 'standard' AND valid_to IS NULL;
SELECT count(*), sum(net), sum(vat) FROM ecommerce.oss_return(2026, 1);
SELECT vat_scheme, sum(net), sum(vat) FROM ecommerce.vat_return('2026-01-01', '2026-03-31')
GROUP BY 1 ORDER BY 1;
SELECT count(*) > 0 AS orders, count(*) FILTER (WHERE (i.vat_rate, i.net, i.vat)
        IS DISTINCT FROM (w.vat_rate, w.net, w.vat)) AS changed
FROM was w LEFT JOIN ecommerce.order_items i USING (order_id, line_number);
-- All that was sold is gone from stock, and nothing of what was refused.
SELECT 1000 - (SELECT sum(available) FROM ecommerce.stock)
    - (SELECT sum(i.quantity) FROM ecommerce.order_items i
        JOIN ecommerce.orders o ON (o.id, o.created_at) = (i.order_id, i.order_created_at)
        WHERE i.from_stock AND o.status <> 'cancelled') AS difference;

\pset format aligned
\pset tuples_only off
SET client_min_messages = error;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP TABLE quarter, first, was CASCADE;
DROP FUNCTION sell, goods_to, bill_to, retry;
