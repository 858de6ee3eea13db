-- Documents for myDATA, what it refuses, and what it answers.
CALL ecommerce_test.new_shop();
SET datestyle = 'ISO';
\pset format unaligned
\pset tuples_only on
CREATE FUNCTION pg_temp.issue(doc jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    new_id uuid := ecommerce_test.issue(doc);
BEGIN
    RETURN (SELECT invoice_number FROM ecommerce.invoices WHERE id = new_id);
END $$;
-- The message without its frame, an element of the first levels a line
CREATE FUNCTION pg_temp.body(xml text) RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(regexp_replace(substring(xml FROM '<invoice>.*</invoice>'),
            '(<(?:issuer|counterpart|address|invoiceHeader|paymentMethods|invoiceDetails|'
            'invoiceSummary|incomeClassification|totalGrossValue)>)', E'\n\\1', 'g'),
        '<total(Withheld|Fees|StampDuty|OtherTaxes|Deductions)Amount>0.00</[a-zA-Z]+>', '0 ', 'g')
$$;
CREATE FUNCTION pg_temp.business(country text, vat_id text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('name', 'Anna Weiß', 'company', 'A & B', 'country', country,
        'vat_id', vat_id, 'address_line_1', 'Straße 1', 'postal_code', '50667', 'city', 'Köln') $$;

-- A receipt: two rates, a discount of shipping, services beside goods, paid by card
SELECT pg_temp.issue('{"number": 1, "prepaid": 22.79, "payment": {"means": "48"}, "lines": [
    {"net": 10.00, "vat": 2.40, "rate": 24, "sku": "A"}, {"net": 5.00, "vat": 0.30, "rate": 6},
    {"net": 3.00, "vat": 0.72, "rate": 24, "supply": "digital"},
    {"net": 2.00, "vat": 0.48, "rate": 24, "kind": "shipping", "part": "charge"},
    {"net": 0.90, "vat": 0.21, "rate": 24, "kind": "shipping", "part": "allowance"}]}') AS one \gset
SELECT ecommerce.mydata_xml(:'one');
-- An invoice, of gross prices: 12.43 has 2.41, and 24 % of 10.02 are 2.40
SELECT pg_temp.issue(jsonb_build_object('number', 2, 'buyer', pg_temp.business('GR', '094014201'),
    'lines', '[{"net": 10.02, "vat": 2.41, "rate": 24}]'::jsonb)) AS two \gset
SELECT pg_temp.body(ecommerce.mydata_xml(:'two'));
-- To Germany without VAT, in dollars
SELECT pg_temp.issue(jsonb_build_object('number', 3, 'vat_scheme', 'intra_eu', 'currency', 'USD',
    'tax_currency', 'EUR', 'exchange_rate', 0.86,
    'payment', '{"means": "30", "iban": "DE1"}'::jsonb,
    'prepaid', 4, 'buyer', pg_temp.business('DE', 'DE136695976'),
    'lines', '[{"net": 10, "vat": 0, "cat": "K", "exemption": 14}]'::jsonb)) AS three \gset
SELECT pg_temp.body(ecommerce.mydata_xml(:'three'));
-- In the one-stop shop: the VAT of others is not told
SELECT pg_temp.issue('{"number": 4, "vat_scheme": "oss", "country": "DE", "prepaid": 18.97,
    "delivery": {"country": "DE"}, "lines": [{"net": 10, "vat": 1.90, "rate": 19},
    {"net": 6.61, "vat": 0.46, "rate": 7}]}') AS four \gset
SELECT pg_temp.body(ecommerce.mydata_xml(:'four'));
-- Types, by who buys what where: of services, of shipping alone, on the islands, abroad
CREATE FUNCTION pg_temp.kind(n integer, more jsonb, VARIADIC lines text[]) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    number text := pg_temp.issue(jsonb_build_object('series', 'K', 'number', n,
        'lines', (SELECT jsonb_agg('{"net": 100, "vat": 0}' || l::jsonb)
            FROM unnest(lines) l)) || more);
    xml text := ecommerce.mydata_xml(number);
BEGIN
    RETURN (SELECT string_agg(m[1] || ' ' || m[2], ', ') FROM regexp_matches(xml,
        '<(?:icls:)?(invoiceType|vatCategory|vatExemptionCategory|classificationType|'
        'classificationCategory)>([^<]+)', 'g') m);
END $$;
SELECT pg_temp.kind(1, '{}', '{"rate": 24, "vat": 24, "supply": "service"}');
SELECT pg_temp.kind(2, jsonb_build_object('buyer', pg_temp.business('GR', 'EL090000045')),
    '{"rate": 24, "vat": 24, "kind": "shipping", "part": "charge"}');
SELECT pg_temp.kind(3, jsonb_build_object('buyer', pg_temp.business('GR', 'EL090000045')),
    '{"cat": "AE", "exemption": 16}', '{"cat": "E", "supply": "service"}');
SELECT pg_temp.kind(4, '{"region": "islands"}', '{"rate": 17, "vat": 17}', '{"rate": 9, "vat": 9}',
    '{"rate": 4, "vat": 4}', '{"rate": 3, "vat": 3}');
SELECT pg_temp.kind(5, '{}', '{"rate": 24, "vat": 24}', '{"rate": 13, "vat": 13}',
    '{"rate": 6, "vat": 6}', '{"rate": 4, "vat": 4}');
SELECT pg_temp.kind(6, jsonb_build_object('buyer', pg_temp.business('DE', 'DE136695976'),
    'vat_scheme', 'reverse_charge'), '{"cat": "AE", "exemption": 4, "supply": "digital"}');
SELECT pg_temp.kind(7, jsonb_build_object('buyer', pg_temp.business('US', '12-3456789'),
    'vat_scheme', 'export'), '{"cat": "G", "exemption": 8}');
SELECT pg_temp.kind(8, jsonb_build_object('buyer', pg_temp.business('US', NULL),
    'vat_scheme', 'export'), '{"cat": "G", "exemption": 8}');
-- who paid Greek VAT is a consumer to myDATA, and so is who has no number
SELECT pg_temp.kind(9, jsonb_build_object('buyer', pg_temp.business('DE', 'DE136695976')),
    '{"rate": 24, "vat": 24}');
SELECT pg_temp.kind(10, jsonb_build_object('buyer', pg_temp.business('GR', NULL)),
    '{"rate": 24, "vat": 24}');
-- The shop says how its income is classified: by SKU before rate before kind
INSERT INTO ecommerce.mydata_classifications (kind, supply, sku, vat_rate, category, type) VALUES
    ('product', 'goods', '', -1, 'category1_2', NULL),
    ('product', 'goods', '', 13, 'category1_7', NULL),
    ('product', 'goods', 'B', -1, 'category1_1', 'E3_561_007'),
    ('fee', 'goods', '', -1, 'category1_5', NULL);
SELECT pg_temp.kind(11, '{}', '{"rate": 24, "vat": 24}', '{"rate": 13, "vat": 13}',
    '{"rate": 13, "vat": 13, "sku": "B"}', '{"rate": 24, "vat": 24, "kind": "fee"}',
    '{"rate": 24, "vat": 24, "kind": "shipping"}');
UPDATE ecommerce.mydata_classifications SET type = 'E3_561_001' WHERE sku = 'B';
SELECT failure('SELECT pg_temp.kind(12, ''{}'', ''{"rate": 24, "vat": 24, "sku": "B"}'')');
DELETE FROM ecommerce.mydata_classifications;
SELECT failure('INSERT INTO ecommerce.mydata_classifications (category, type) VALUES ' || v)
FROM unnest(ARRAY['(''category1_6'', NULL)', '(''category1_1'', ''E3_585_001'')',
    '(NULL, NULL)']) v;

-- What cannot be told is one error with all that is wrong, in all documents
SELECT pg_temp.issue(jsonb_build_object('series', 'X', 'number', 1, 'currency', 'BYN',
    'seller', '{"country": "DE", "vat_id": "DE136695976"}'::jsonb, 'issue_date', '2999-01-01',
    'buyer', '{"country": "GR", "vat_id": "EL123456789"}'::jsonb,
    'lines', '[{"net": 10, "vat": 2.3, "rate": 23}, {"net": 1.001, "vat": 0, "cat": "G"}]'::jsonb))
    AS x1 \gset
SELECT pg_temp.issue(jsonb_build_object('series', 'X', 'number', 2, 'vat_scheme', 'intra_eu',
    'buyer', '{"country": "XI", "vat_id": "XI123456789"}'::jsonb,
    'lines', '[{"net": 10, "vat": 0, "cat": "K", "exemption": 14}]'::jsonb)) AS x2 \gset
SELECT pg_temp.issue(jsonb_build_object('series', 'X', 'number', 3,
    'buyer', pg_temp.business('GR', 'EL094259216'),
    'lines', '[{"net": 10, "vat": 0, "cat": "E", "exemption": 7}]'::jsonb)) AS x3 \gset
SELECT failure('SELECT ecommerce.mydata_xml(ARRAY(SELECT id FROM ecommerce.invoices
    WHERE series IN (''X'', ''K'') ORDER BY series, number))');
-- a sum that is not that of its groups or lines
SET session_replication_role = replica;
UPDATE ecommerce.invoices SET net = net + 1, vat = vat + 1, gross = gross + 2
WHERE invoice_number = :'x3';
UPDATE ecommerce.invoice_lines l SET net = 9 FROM ecommerce.invoices v
WHERE v.id = l.invoice_id AND v.invoice_number = :'two';
RESET session_replication_role;
SELECT failure(format('SELECT ecommerce.mydata_xml(%L)', n)) FROM unnest(ARRAY[:'x3', :'two']) n;
SET session_replication_role = replica;
UPDATE ecommerce.invoice_lines l SET net = 10.02 FROM ecommerce.invoices v
WHERE v.id = l.invoice_id AND v.invoice_number = :'two';
RESET session_replication_role;
-- characters that XML cannot have, and questions that are none
SELECT pg_temp.issue(jsonb_build_object('series', 'X', 'number', 4, 'vat_scheme', 'intra_eu',
    'buyer', pg_temp.business('DE', 'DE136695976') || jsonb_build_object('city', E'K\u0007'),
    'lines', '[{"net": 10, "vat": 0, "cat": "K", "exemption": 14}]'::jsonb)) AS x4 \gset
SELECT failure(format('SELECT ecommerce.mydata_xml(%L)', :'x4'));
SELECT f, failure('SELECT ecommerce.' || f) FROM unnest(ARRAY['mydata_xml(NULL::uuid)',
    'mydata_xml(NULL::text)', 'mydata_xml(NULL::uuid[])', 'mydata_xml(''{}''::uuid[])',
    'mydata_xml(''none'')', 'mydata_xml(ecommerce.uuid_v7())', 'mydata_xml(''A-2026-1'', NULL)',
    'mydata_xml(array_fill(ecommerce.uuid_v7(), ARRAY[5001]))', 'mydata_uid(NULL::uuid)',
    'mydata_xml((SELECT array_agg(id) FROM (SELECT id FROM ecommerce.invoices, generate_series(1, 2)
        WHERE invoice_number = ''A-2026-1'') i))', 'mydata_xml(''A-2026-1'', tenant_id => 7)',
    'mydata_uid(NULL, ''2026-01-01'', 0, ''1.1'', ''A'', 1)', 'mydata_uid(''none'')']) f;

-- UIDs: of plain letters, of Greek ones, with a variation; none abroad
SELECT ecommerce.mydata_uid('A-2026-1') = upper(encode(ecommerce_internal.sha1(
        '094259216-2026-05-04-0-11.1-A-1'), 'hex')), ecommerce.mydata_uid('A-2026-1');
SELECT ecommerce.mydata_uid('094259216', '2026-05-04', 0, '1.1', U&'\0391', 1)
    = upper(encode(ecommerce_internal.sha1('094259216-2026-05-04-0-1.1-\301-1'), 'hex')),
    ecommerce.mydata_uid('094259216', '2026-05-04', 0, '1.1', 'A', 1, 2)
    = upper(encode(ecommerce_internal.sha1('094259216-2026-05-04-0-1.1-A-1-2'), 'hex')),
    ecommerce.mydata_uid(:'x1') IS NULL;
SELECT encode(ecommerce_internal.sha1(d), 'hex') FROM unnest(ARRAY['', 'abc',
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq']::bytea[]) d;
SELECT encode(ecommerce_internal.sha1(convert_to(repeat('a', 1000000), 'UTF8')), 'hex');

-- Credit notes: of a business they name MARKs, of others too if they can
CREATE FUNCTION pg_temp.credit(n integer, buyer jsonb, VARIADIC numbers text[]) RETURNS text
LANGUAGE sql AS $$
    SELECT pg_temp.issue(jsonb_build_object('series', 'C', 'kind', 'credit_note', 'number', n,
        'buyer', buyer, 'lines', '[{"net": 1, "vat": 0.24, "rate": 24}]'::jsonb, 'preceding',
        (SELECT coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'invoice_number',
            v.invoice_number)), '[]') FROM ecommerce.invoices v
         WHERE v.invoice_number = ANY (numbers)))) $$;
CREATE FUNCTION pg_temp.header(number text) RETURNS text LANGUAGE sql AS $$
    SELECT substring(ecommerce.mydata_xml(number) FROM '<invoiceType>.*</invoiceHeader>') $$;
SELECT pg_temp.credit(1, '{"country": "GR"}', 'A-2026-1') AS c1,
    pg_temp.credit(2, pg_temp.business('GR', 'EL094014201'), 'A-2026-2', 'A-2026-1') AS c2,
    pg_temp.credit(3, pg_temp.business('GR', 'EL094014201'), 'no') AS c3,
    pg_temp.credit(4, '{"country": "GR"}', 'no') AS c4 \gset
SELECT pg_temp.header(c) FROM unnest(ARRAY[:'c1', :'c3', :'c4']) c;
SELECT failure(format('SELECT ecommerce.mydata_xml(%L)', :'c2'));

-- Answers: as XML, of all in the order in which they were sent, once however often
CREATE FUNCTION pg_temp.ids(VARIADIC numbers text[]) RETURNS uuid[] LANGUAGE sql AS $$
    SELECT array_agg(v.id ORDER BY n) FROM unnest(numbers) WITH ORDINALITY u (number, n)
    JOIN ecommerce.invoices v ON v.invoice_number = u.number $$;
CREATE FUNCTION pg_temp.marks() RETURNS TABLE (number text, status text, mark bigint, uid boolean,
    qr text, code text, cancelled bigint, replaced bigint[], errors jsonb) LANGUAGE sql AS $$
    SELECT v.invoice_number, a.status, a.mark, a.uid = ecommerce.mydata_uid(v.id), a.qr_url,
        a.authentication_code, a.cancelled_mark, a.replaced_marks, a.errors
    FROM ecommerce.mydata_answers a JOIN ecommerce.invoices v ON v.id = a.invoice_id ORDER BY 1 $$;
SELECT invoice_number, status, mark
FROM ecommerce.record_mydata_sent(pg_temp.ids('A-2026-2', 'A-2026-1'));
SELECT invoice_number, status FROM ecommerce.mydata_pending WHERE invoice_number LIKE 'A%'
ORDER BY 1;
SELECT format('<?xml version="1.0" encoding="utf-8"?><ResponseDoc
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><response><index>1</index>
 <invoiceUid>%s</invoiceUid><invoiceMark>400000000000001</invoiceMark>
 <qrUrl>https://example.org/?q=a&amp;b</qrUrl><statusCode>Success</statusCode></response>
 <response><index>2</index><errors><error><message>less &lt; than</message><code>402</code></error>
 <error><message>more</message><code>407</code></error></errors>
 <statusCode>ValidationError</statusCode></response></ResponseDoc>',
    ecommerce.mydata_uid('A-2026-2')) AS answer \gset
SELECT invoice_number, status, mark, errors
FROM ecommerce.record_mydata_answer(pg_temp.ids('A-2026-2', 'A-2026-1'), :'answer');
SELECT count(*) FROM ecommerce.events WHERE kind LIKE 'mydata%';
SELECT count(*) FROM ecommerce.record_mydata_answer(pg_temp.ids('A-2026-2', 'A-2026-1'), :'answer');
SELECT kind, data FROM ecommerce.events WHERE kind LIKE 'mydata%' ORDER BY id;
SELECT * FROM pg_temp.marks();
-- sent again and taken, by JSON, or by XML in a string
SELECT status, errors FROM ecommerce.record_mydata_sent(pg_temp.ids('A-2026-1', 'A-2026-3'));
SELECT invoice_number, status, mark FROM ecommerce.record_mydata_answer('A-2026-1',
    '{"statusCode": "Success", "invoiceMark": 400000000000002, "authenticationCode": "AB12"}');
SELECT invoice_number, status, mark FROM ecommerce.record_mydata_answer('A-2026-3',
    '<string xmlns="http://schemas.microsoft.com/2003/10/Serialization/">&lt;?xml version="1.0"?&gt;
    &lt;ResponseDoc&gt;&lt;response&gt;&lt;invoiceMark&gt;400000000000003&lt;/invoiceMark&gt;'
    '&lt;statusCode&gt;Success&lt;/statusCode&gt;&lt;/response&gt;&lt;/ResponseDoc&gt;</string>');
-- Now the credit notes can be sent.
SELECT pg_temp.header(c) FROM unnest(ARRAY[:'c1', :'c2']) c;
-- An error later changes nothing; the same document sent again has another MARK, which counts,
-- and the answer to the first does not come back
SELECT status, mark, errors FROM ecommerce.record_mydata_answer('A-2026-1',
    '{"statusCode": "TechnicalError"}');
SELECT status, mark FROM ecommerce.record_mydata_answer('A-2026-1',
    '{"response": {"statusCode": "Success", "invoiceMark": "400000000000009"}}');
SELECT status, mark FROM ecommerce.record_mydata_answer('A-2026-1',
    '[{"statusCode": "Success", "invoiceMark": "400000000000002"}]');
-- Cancelled: nothing can correct it any more
SELECT status, mark, cancelled_mark FROM ecommerce.record_mydata_answer('A-2026-2',
    '<ResponseDoc><response><cancellationMark>400000000000010</cancellationMark>
    <statusCode>Success</statusCode></response></ResponseDoc>');
SELECT status, cancelled_mark FROM ecommerce.record_mydata_answer('A-2026-2',
    '{"statusCode": "Success", "cancellationMark": 400000000000010}');
SELECT status, cancelled_mark FROM ecommerce.record_mydata_answer('A-2026-2',
    '{"statusCode": "Success", "invoiceMark": 400000000000001}');
SELECT failure(format('SELECT ecommerce.mydata_xml(%L)', :'c2'));
SELECT * FROM pg_temp.marks();
SELECT invoice_number FROM ecommerce.mydata_pending WHERE invoice_number LIKE 'A%';
SELECT (ecommerce_internal.mydata_mark(1, v.id)).* FROM ecommerce.invoices v
WHERE v.invoice_number IN ('A-2026-1', 'A-2026-2', 'X-2999-1') ORDER BY v.invoice_number;

-- Answers that are none, or about something else
SELECT left(a, 90), failure(format('SELECT ecommerce.record_mydata_answer(%L, %L)', n, a))
FROM (VALUES ('A-2026-4', '<a>'), ('A-2026-4', '<ResponseDoc/>'), ('A-2026-4', ''),
    ('A-2026-4', '{}'), ('A-2026-4', '[]'), ('A-2026-4', '"x"'), ('A-2026-4', '{"a": '),
    ('A-2026-4', '{"statusCode": "Success"}'), ('A-2026-4', '[1]'),
    ('A-2026-4', '{"statusCode": "Success", "invoiceMark": "x"}'),
    ('A-2026-4', '{"statusCode": "Success", "invoiceMark": -1}'),
    ('A-2026-4', '{"statusCode": "a\u0000b"}'),
    ('A-2026-4', '<ResponseDoc><response><statusCode/></response></ResponseDoc>'),
    ('A-2026-4', '<ResponseDoc><response><qrUrl>a</qrUrl><qrUrl/></response></ResponseDoc>'),
    ('A-2026-4', format('{"statusCode": "Success", "invoiceMark": 1, "invoiceUid": "%s"}',
        repeat('A', 101))),
    ('A-2026-4', format('{"statusCode": "Success", "invoiceMark": 1, "qrUrl": "%s"}',
        repeat('A', 2001))),
    ('A-2026-4', format('{"statusCode": "Success", "invoiceMark": 1, "authenticationCode": "%s"}',
        repeat('A', 256))),
    ('A-2026-4', '{"statusCode": "Success", "invoiceMark": 1, "index": 2}'),
    ('A-2026-4', '{"statusCode": "Success", "invoiceMark": 400000000000009}'),
    ('A-2026-4', '{"statusCode": "Success", "cancellationMark": 4}'),
    ('A-2026-2', '{"statusCode": "Success", "cancellationMark": 4}'),
    ('none', '{"statusCode": "Success", "invoiceMark": 1}'), (NULL, '{}'), ('A-2026-4', NULL))
    v (n, a);
-- elements that say nothing
BEGIN;
SELECT status, mark, length(uid), qr_url, authentication_code
FROM ecommerce.record_mydata_answer('A-2026-4', '<ResponseDoc><response><index/>
    <statusCode>Success</statusCode><invoiceUid/><invoiceMark>400000000000099</invoiceMark>
    <authenticationCode/><qrUrl/></response></ResponseDoc>');
ROLLBACK;
SELECT failure(format('SELECT ecommerce.record_mydata_answer(
    pg_temp.ids(''A-2026-1'', ''A-2026-2''), %L)',
    '[{"statusCode": "Success", "index": 1, "invoiceMark": 7, "invoiceUid": "'
    || ecommerce.mydata_uid('A-2026-2') || '"}]'));
SELECT failure('SELECT ecommerce.record_mydata_sent(' || a || ')')
FROM unnest(ARRAY['NULL', 'ARRAY[NULL::uuid]', 'ARRAY[ecommerce.uuid_v7()]']) a;
SELECT failure('SELECT ecommerce.mydata_uid(''094259216'', ''infinity'', 0, ''1.1'', ''A'', 1)');
SELECT * FROM ecommerce.record_mydata_sent('{}');
-- A MARK stays, also by plain SQL
SELECT failure('UPDATE ecommerce.mydata_answers SET ' || c || ' WHERE mark = 400000000000009')
FROM unnest(ARRAY['mark = 5', 'mark = NULL', 'replaced_marks = NULL', 'replaced_marks = ''{}''',
    'status = ''sent''', 'status = ''cancelled''', 'invoice_id = ecommerce.uuid_v7()',
    'mark = 5, replaced_marks = replaced_marks || mark']) c;
SELECT failure('DELETE FROM ecommerce.mydata_answers'),
    failure('TRUNCATE ecommerce.mydata_answers');
SELECT mark, replaced_marks FROM ecommerce.mydata_answers WHERE replaced_marks <> '{}';
SELECT * FROM ecommerce_internal.mydata_problems();

-- What a proof must find
SET session_replication_role = replica;
UPDATE ecommerce.mydata_answers SET uid = 'X' WHERE mark = 400000000000003;
UPDATE ecommerce.mydata_answers SET replaced_marks = '{400000000000003}' WHERE mark = 5;
INSERT INTO ecommerce.mydata_answers (invoice_id, status, mark, uid) SELECT v.id, 'accepted',
    500 + v.number, ecommerce.mydata_uid(v.id) FROM ecommerce.invoices v
WHERE v.invoice_number IN (:'c2', :'x3');
INSERT INTO ecommerce.mydata_answers (invoice_id, status) VALUES (ecommerce.uuid_v7(), 'sent');
RESET session_replication_role;
SELECT problem, detail - 'own_uid' FROM ecommerce_internal.mydata_problems() ORDER BY 1, 2;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
