-- Invoices of orders and shipments: what is on them, in which parts, and what they lack.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
UPDATE ecommerce.settings SET country = 'GR', currency = 'EUR', prices = 'gross', oss = true;
INSERT INTO ecommerce.products (id, sku, name, price, vat_class, supply, track_stock, attributes)
VALUES ('01930000-0000-7000-8000-0000000000b1', 'A', 'A', 9.99, 'standard', 'goods', false,
        '{"gtin": "4006381333931"}'),
    ('01930000-0000-7000-8000-0000000000b2', 'B', 'B', 0.333, 'reduced', 'goods', false, '{}'),
    ('01930000-0000-7000-8000-0000000000b3', 'S', 'S', 100, 'standard', 'service', false, '{}');
INSERT INTO ecommerce.users (id, email, first_name, last_name) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'a@example.com', 'Ann', 'Lee');
SELECT series FROM ecommerce.set_invoice_series('I', 'invoice', 'I{number}', false, true);
SELECT series FROM ecommerce.set_invoice_series('C', 'credit_note', 'C{number}', false, true);
CREATE FUNCTION public.ordered(items jsonb, more jsonb DEFAULT '{}') RETURNS uuid LANGUAGE sql AS $$
    SELECT (ecommerce.place_order(jsonb_build_object('items', items, 'billing_address',
        '{"first_name": "Ann", "last_name": "Lee", "country": "GR", "city": "Athens"}'::jsonb)
        || more)).id $$;
CREATE VIEW public.lines AS
SELECT v.invoice_number AS invoice, l.line_number AS n, l.part, l.name, l.quantity, l.unit_price,
    l.base_quantity AS base, l.allowance, l.net, l.vat, l.vat_category || ' ' || l.vat_rate AS rate,
    l.reason_code AS code, l.supply
FROM ecommerce.invoice_lines l JOIN ecommerce.invoices v ON v.id = l.invoice_id;
-- What a statement writes it does not see.
CREATE FUNCTION public.issued(o uuid, request jsonb DEFAULT NULL) RETURNS jsonb LANGUAGE plpgsql
AS $$ DECLARE v uuid := (ecommerce.issue_invoice(o, NULL, request)).id;
BEGIN RETURN ecommerce.get_invoice(v); END $$;
CREATE FUNCTION public.violations(invoice text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT v.rule FROM ecommerce.invoice_violations(
        ecommerce_internal.invoice_document(ecommerce.get_invoice(invoice))) v $$;

-- what is missing, all of it, and nothing is numbered
SELECT failure($$ SELECT ecommerce.issue_invoice(ordered(items('A', 1),
    '{"billing_address": null}')) $$, true);
SELECT count(*) FROM ecommerce.invoice_counters;
INSERT INTO ecommerce.sellers (name, trade_name, address_line_1, city, postal_code, vat_id, iban,
    bic, payment_terms, payment_days)
VALUES ('Shop SA', 'The Shop', 'Ermou 1', 'Athens', '10563', 'el 094259216',
    'GR16 0110 1250 0000 0001 2300 695', 'ETHNGRAA', '10 days net', 10);

-- a sale of gross prices, with a discount, shipping and a fee
SELECT ordered('[{"sku": "A", "quantity": 3}, {"sku": "B", "quantity": 7}]',
    '{"charges": [{"kind": "shipping", "amount": 4.90}, {"kind": "fee", "amount": 1}],
      "allowances": [{"percent": 10}], "email": "ann@example.com",
      "shipping_address": {"first_name": "Bob", "country": "GR", "postal_code": "10563"}}') AS o
\gset
SELECT i.invoice_number, i.kind, i.due_date - i.issue_date AS days, i.currency, i.net, i.vat,
    i.gross, i.payable, i.gross = o.gross AS whole
FROM ecommerce.issue_invoice(:'o'::uuid, NULL, '{"note": "Thank you", "buyer_reference": "R 1",
    "purchase_order": "PO 1"}') i, ecommerce.orders o WHERE o.id = :'o';
SELECT * FROM lines ORDER BY 1, 2;
SELECT seller, buyer, delivery, payment, note, profile, type_code FROM ecommerce.invoices \gx
SELECT vat_category, vat_rate, taxable, tax, vatex, reason FROM ecommerce.invoice_vat_groups
ORDER BY 1, 2;
SELECT violations('I1');
SELECT e.kind, e.data - '{order_id,order_number}'::text[] AS data FROM ecommerce.events e
JOIN ecommerce.invoices v ON v.id = e.entity_id;
-- once
SELECT failure(format('SELECT ecommerce.issue_invoice(%L::uuid)', :'o'));
SELECT failure('SELECT ecommerce.issue_invoice(NULL::uuid)');
SELECT failure('SELECT ecommerce.issue_invoice(ecommerce.uuid_v7())');
SELECT failure('SELECT ecommerce.issue_invoice(''260101-NONE'')');

-- Wrong requests
SELECT r, failure(format('SELECT ecommerce.issue_invoice(ordered(items(''A'', 1)), NULL, %L)', r))
FROM unnest(ARRAY['1', '"x"', '[1]', '{"serial": "x"}', '{"note": 1.5, "due_date": "tomorrow"}',
    '{"due_date": "2026-02-30"}', '{"payment_days": -1}', '{"payment_days": 3651}',
    '{"payment_days": 1, "due_date": "2100-01-01"}', '{"exchange_rate": "NaN"}',
    '{"exchange_rate": 0}', '{"exchange_rate": 1.1}', '{"profile": "ubl"}', '{"buyer": []}',
    '{"buyer": {"name": 1}}', '{"buyer": {"iban": "x"}}', '{"note": ["x"]}',
    '{"note": "a\u0001b"}', '{"buyer": {"name": "x\ufffe"}}', '{"due_date": "1999-01-01"}',
    '{"buyer": {"country": "Greece"}}', '{"buyer": {"country": "gr"}}',
    '{"buyer": {"name": " "}}', '{"buyer": {"name": "\u200b", "country": " "}}']) r;
SELECT failure(format('SELECT ecommerce.issue_invoice(ordered(items(''A'', 1)), NULL, %L)',
    jsonb_build_object('note', repeat('x', 10001)))),
    failure(format('SELECT ecommerce.issue_invoice(ordered(items(''A'', 1)), NULL, %L)',
    jsonb_build_object('buyer', jsonb_build_object('city', repeat('x', 256)))));
-- blanks of a seller are no name
BEGIN;
UPDATE ecommerce.sellers SET name = ' ', city = ' ', vat_id = ' ';
SELECT failure('SELECT ecommerce.issue_invoice(ordered(items(''A'', 1)), NULL)');
ROLLBACK;
SELECT count(*) FROM ecommerce.invoices;
-- backslashes are no control characters
SELECT v ->> 'note' AS note, v -> 'due_date' = v -> 'issue_date' AS today
FROM issued(ordered(items('A', 1)), '{"note": "C:\\bin\\fun\\u0001", "payment_days": 0}') v;

-- Retries
SELECT ordered(items('A', 1)) AS o \gset
SELECT i.invoice_number FROM ecommerce.issue_invoice(:'o'::uuid, idempotency_key => 'k') i;
SELECT i.invoice_number FROM ecommerce.issue_invoice(:'o', idempotency_key => 'k') i;
SELECT failure(format('SELECT ecommerce.issue_invoice(%L::uuid, NULL, ''{"note": "x"}'', ''k'')',
    :'o'));
SELECT failure(format('SELECT ecommerce.issue_invoice(%L::uuid, NULL, NULL, ''l'')', :'o'));

-- Any split comes to the order: by shipments, with units that were cancelled meanwhile
SELECT ordered('[{"sku": "A", "quantity": 7}, {"sku": "B", "quantity": 5}]',
    '{"charges": [{"kind": "shipping", "amount": 4.90}], "allowances": [{"amount": 3.33}]}') AS o
\gset
SELECT status FROM ecommerce.transition_order(:'o'::uuid, 'processing');
SELECT id AS first FROM ecommerce.create_shipment(:'o'::uuid, items('A', 3)) \gset
SELECT id AS second FROM ecommerce.create_shipment(:'o'::uuid, '[{"sku": "A", "quantity": 1},
    {"sku": "B", "quantity": 2}]') \gset
SELECT i.invoice_number, i.gross FROM ecommerce.issue_shipment_invoice(:'first') i;
SELECT gross FROM ecommerce.cancel_order_items(:'o'::uuid, items('A', 1));
SELECT status FROM ecommerce.ship_shipment(:'second');
SELECT i.invoice_number AS second_invoice, i.gross FROM ecommerce.issue_invoice(:'o', :'second') i;
SELECT max(delivery_date) = current_date AS delivered FROM ecommerce.invoices
WHERE shipment_id = :'second';
SELECT failure(format('SELECT ecommerce.issue_shipment_invoice(%L)', s)) FROM
unnest(ARRAY[:'first', :'second', '01930000-0000-7000-8000-000000000001', NULL]) s;
SELECT i.invoice_number, i.gross FROM ecommerce.issue_invoice(:'o'::uuid) i;
SELECT l.invoice, l.n, l.part, l.name, l.quantity, l.allowance, l.net, l.vat FROM lines l
JOIN ecommerce.invoices v ON v.invoice_number = l.invoice WHERE v.order_id = :'o' ORDER BY 1, 2;
SELECT sum(v.gross) AS invoiced, a.due FROM ecommerce.invoices v, ecommerce.order_amounts a
WHERE v.order_id = :'o' AND a.id = v.order_id GROUP BY a.due;
SELECT violations(invoice_number) FROM ecommerce.invoices;
-- a shipment with nothing but units that were invoiced with the order
SELECT ordered(items('A', 2)) AS o \gset
SELECT status FROM ecommerce.transition_order(:'o'::uuid, 'processing');
SELECT id AS parcel FROM ecommerce.create_shipment(:'o'::uuid) \gset
SELECT i.invoice_number FROM ecommerce.issue_invoice(:'o'::uuid) i;
SELECT failure(format('SELECT ecommerce.issue_shipment_invoice(%L)', :'parcel'));
-- what is cancelled is not invoiced
SELECT ordered(items('A', 2)) AS o \gset
SELECT status FROM ecommerce.cancel_order(:'o'::uuid);
SELECT failure(format('SELECT ecommerce.issue_invoice(%L::uuid)', :'o'));
-- charges alone are lines
SELECT ordered('[{"sku": "B", "quantity": 3}]', '{"charges": [{"kind": "shipping",
    "amount": 4.90}]}') AS o \gset
SELECT status FROM ecommerce.transition_order(:'o'::uuid, 'processing');
SELECT gross FROM ecommerce.cancel_order_items(:'o'::uuid, items('B', 2));
SELECT i.gross FROM ecommerce.issue_invoice(:'o'::uuid) i;
SELECT status FROM ecommerce.transition_order(:'o'::uuid, 'shipped');
-- (of an order of nothing else)
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE ecommerce.order_items SET kind = 'fee', product_id = NULL, discount = 0.20, net = net - 0.16,
    vat = vat - 0.04 WHERE sku = 'A' AND order_id = (SELECT order_id FROM ecommerce.invoices
    WHERE invoice_number = 'I3');
UPDATE ecommerce.invoice_lines SET net = 0, vat = 0 WHERE invoice_id = (SELECT id
    FROM ecommerce.invoices WHERE invoice_number = 'I3');
RESET session_replication_role;
SELECT v -> 'gross' AS gross, l -> 'part' AS part, l -> 'unit_price' AS price,
    l -> 'allowance' AS allowance, l -> 'net' AS net FROM issued((SELECT order_id
    FROM ecommerce.invoices WHERE invoice_number = 'I3')) v, jsonb_array_elements(v -> 'lines') l;
ROLLBACK;

-- Money: what was paid is prepaid, once, and by which means
CREATE FUNCTION public.paid(o uuid, method text, amount numeric) RETURNS text LANGUAGE sql AS $$
    SELECT status FROM ecommerce.record_payment_event('x', method || o, 'captured', amount, 'EUR',
        method || o, order_id => o, method => method) $$;
SELECT ordered('[{"sku": "A", "quantity": 2}, {"sku": "S", "quantity": 1}]') AS o \gset
SELECT paid(:'o', 'online', 1), paid(:'o', 'card', 50);
SELECT status FROM ecommerce.transition_order(:'o'::uuid, 'processing');
SELECT id AS parcel FROM ecommerce.create_shipment(:'o'::uuid) \gset
SELECT i.gross, i.payable, i.due_date FROM ecommerce.issue_shipment_invoice(:'parcel') i;
SELECT i.gross, i.payable, i.due_date - i.issue_date AS days
FROM ecommerce.issue_invoice(:'o'::uuid) i;
SELECT invoice_number, prepaid, payment FROM ecommerce.invoices WHERE order_id = :'o' ORDER BY id;
SELECT m, ecommerce_internal.draft_invoice('{"currency": "EUR", "prices": "net", "lines": [
    {"line_number": 1, "kind": "product", "ordered": 1, "quantity": 1, "base_quantity": 1,
    "unit_price": 1, "discount": 0, "net": 1, "vat": 0.24, "vat_category": "S", "vat_rate": 24}]}'
    || jsonb_build_object('payment', jsonb_build_object('method', m, 'reference', 'RF1',
    'mandate', '{"reference": "M1", "iban": "DE1"}'::jsonb)), '{"iban": "GR1", "bic": "B",
    "sepa_creditor_id": "DE98"}', NULL, '{}', NULL, 1) -> 'payment' AS payment
FROM unnest('{card,wallet,online,sepa_debit,bank_transfer,cash,cash_on_delivery,invoice,gift_card,
    other}'::text[]) m;

-- Of gross prices the gross is exact in each part: a half of 5.00 is 2.50, and VAT gets the rest.
BEGIN;
UPDATE ecommerce.products SET price = 2.50 WHERE sku = 'A';
SELECT ordered(items('A', 2)) AS o \gset
SELECT status FROM ecommerce.transition_order(:'o'::uuid, 'processing');
SELECT id AS parcel FROM ecommerce.create_shipment(:'o'::uuid, items('A', 1)) \gset
SELECT i.net, i.vat, i.gross FROM ecommerce.issue_invoice(:'o'::uuid, :'parcel') i;
SELECT i.net, i.vat, i.gross FROM ecommerce.issue_invoice(:'o'::uuid) i;
ROLLBACK;

-- Treatment: within the EU, reverse charge, out of it, outside the scope
SELECT ordered(items('A', 2), '{"buyer_vat_id": "DE136695976", "buyer_vat_id_valid": true,
    "shipping_address": {"company": "Acme", "country": "DE", "city": "Berlin"}}') AS o \gset
SELECT failure(format('SELECT ecommerce.issue_invoice(%L::uuid)', :'o'));
SELECT i.vat FROM ecommerce.issue_invoice(:'o'::uuid, NULL, '{"delivery_date": "2026-11-30"}') i;
SELECT ordered(items('S', 2), '{"buyer_vat_id": "DE136695976", "buyer_vat_id_valid": true,
    "billing_address": {"company": "Acme", "country": "DE"}}') AS o \gset
SELECT i.vat FROM ecommerce.issue_invoice(:'o'::uuid) i;
SELECT ordered(items('A', 2), '{"shipping_address": {"country": "US", "first_name": "X"}}') AS o
\gset
SELECT i.vat FROM ecommerce.issue_invoice(:'o'::uuid) i;
-- (myDATA asks for the VAT ids of what is outside the scope; EN 16931 has none there, BR-O-02)
SELECT ordered(items('S', 2), '{"billing_address": {"country": "GB", "company": "Ltd",
    "city": "Leeds"}, "buyer_vat_id": "GB980780684", "buyer_vat_id_valid": true}') AS o \gset
SELECT vat_scheme FROM ecommerce.orders WHERE id = :'o';
SELECT i.vat, i.invoice_number AS outside FROM ecommerce.issue_invoice(:'o'::uuid) i \gset
UPDATE ecommerce.sellers SET registration_number = '123';
SELECT :vat AS vat, ecommerce.invoice_xml(:'outside') ~ '<cbc:CompanyID|GB980780684' AS with_ids,
    ecommerce.mydata_xml(:'outside') ~ 'Number>094259216.*Number>GB980780684.*>2.3<' AS both;
-- what is exempt in itself, beside what is not
INSERT INTO ecommerce.products (sku, name, price, vat_class, track_stock)
VALUES ('E', 'E', 50, 'exempt', false);
SELECT i.invoice_number AS exempt FROM ecommerce.issue_invoice(ordered(items('A', 'E'))) i \gset
SELECT substring(ecommerce.mydata_xml(:'exempt') FROM '<vatExemptionCategory>\d+') AS exemption;
SELECT v.invoice_number, g.vat_category, g.vat_rate, g.vatex, g.reason, g.mydata_exemption,
    v.delivery ->> 'country' AS delivered_to, v.buyer ->> 'name' AS buyer
FROM ecommerce.invoice_vat_groups g JOIN ecommerce.invoices v ON v.id = g.invoice_id
WHERE g.vat_category <> 'S' ORDER BY v.id;
SELECT violations(invoice_number) FROM ecommerce.invoices;

-- Currencies: their decimals, and the VAT in the seller's
INSERT INTO ecommerce.price_lists (name, currency, prices) SELECT c, c, 'gross'
FROM unnest('{JPY,KWD,USD}'::text[]) c;
INSERT INTO ecommerce.prices (price_list_id, product_id, price)
SELECT l.id, p.id, 33.337 FROM ecommerce.price_lists l, ecommerce.products p;
SELECT failure(format($$ SELECT ecommerce.issue_invoice(ordered(items('A', 3), %L)) $$,
    '{"currency": "USD"}'));
SELECT c, v -> 'net' AS net, v -> 'vat' AS vat, v -> 'gross' AS gross,
    v -> 'tax_currency' AS "in", v -> 'exchange_rate' AS rate,
    v #> '{lines,0,unit_price}' AS unit_price, v #> '{lines,0,allowance}' AS allowance,
    (SELECT string_agg(DISTINCT x.rule, ' ') FROM ecommerce.invoice_violations(
        ecommerce_internal.invoice_document(v)) x) AS violations
FROM unnest('{JPY,KWD,USD}'::text[]) c, LATERAL (SELECT o FROM issued(ordered(items('A', 3),
    jsonb_build_object('currency', c, 'allowances', '[{"percent": 7}]'::jsonb)),
    '{"exchange_rate": 0.92}') o OFFSET 0) i (v);

-- What VAT a document has: what is wanted, or the nearest that may be
SELECT taxable, rate, wanted, ecommerce_internal.document_vat(taxable, rate, wanted)
FROM (VALUES (100, 24, 24.00), (100, 24, 24.99), (100, 24, 25.00), (100, 24, 23.01),
    (100, 24, 22.5), (510, 24, 125), (510, 24, 120), (1, 24, 3), (1, 24, -2), (1.00, 24, -0.36),
    (0, 24, 1), (10, 0, 0.00), (4.001, 25, 2.001)) AS v (taxable, rate, wanted);
-- Earlier invoices lack 0.50 of the VAT of their lines at 24 %, and name 10 as prepaid.
SELECT d -> 'vat' AS vat, d -> 'rounding' AS rounding, d -> 'prepaid' AS prepaid,
    d -> 'is_exact' AS is_exact
FROM ecommerce_internal.draft_invoice('{"currency": "EUR", "prices": "net", "amount_paid": 30,
    "documents": {"lacking_vat": [{"vat_category": "S", "vat_rate": 24.0, "amount": 0.50},
        {"vat_category": "S", "vat_rate": 13, "amount": 0.70},
        {"vat_category": "E", "vat_rate": 24, "amount": 0.90}], "prepaid": 10},
    "lines": [{"line_number": 1, "kind": "product", "ordered": 1, "quantity": 1,
        "base_quantity": 1, "unit_price": 100, "discount": 0, "net": 100, "vat": 24,
        "vat_category": "S", "vat_rate": 24}]}', '{}', NULL, '{}', NULL, 1) d;
-- Nothing else than amounts, and orders, can be computed with.
SELECT c, failure('SELECT ' || c) FROM unnest(ARRAY[
    $$ecommerce_internal.document_vat('NaN', 24, 1)$$,
    $$ecommerce_internal.document_vat(1, 24, 'Infinity')$$,
    $$ecommerce_internal.line_price(1, 1, 1, NULL, 37)$$,
    $$ecommerce_internal.line_price(1, 1, 1, NULL, -1)$$,
    $$ecommerce_internal.line_price(1, 0, 1, NULL, 2)$$,
    $$ecommerce_internal.draft_invoice('{}', '{}', NULL, NULL, NULL, 1)$$,
    $$ecommerce_internal.draft_invoice('[1]', '[]', NULL, NULL, NULL, 1)$$,
    $$ecommerce_internal.draft_invoice('{"currency": "XXY"}', '{}', NULL, NULL, NULL, 1)$$]) c;
-- Who sells is told in the time zone of the session, and is remembered only where triggers tell
-- of changes.
BEGIN;
ALTER TABLE ecommerce.sellers ADD COLUMN since timestamptz DEFAULT '2026-01-01 00:00+00';
SELECT ecommerce_internal.seller_document(1) ->> 'since' AS since FROM generate_series(1, 2);
SET LOCAL timezone = 'Asia/Tokyo';
SELECT ecommerce_internal.seller_document(1) ->> 'since' AS since;
DROP TRIGGER sellers_changed ON ecommerce.sellers;
DROP TRIGGER sellers_changing ON ecommerce.sellers;
SELECT ecommerce_internal.seller_document(1) ->> 'name' AS name FROM generate_series(1, 2);
UPDATE ecommerce.sellers SET name = 'Changed';
SELECT ecommerce_internal.seller_document(1) ->> 'name' AS name;
ROLLBACK;
SELECT ecommerce_internal.seller_document(1) ->> 'name' AS name;
-- Where a column is not what the shop made it, documents take a statement.
BEGIN;
ALTER TABLE ecommerce.invoices ALTER COLUMN note TYPE varchar(20);
SELECT ordered(items('A', 1)) AS o \gset
SELECT failure(format('SELECT ecommerce.issue_invoice(%L::uuid, NULL, %L)', :'o',
    '{"note": "longer than the column is"}')) ~ '^22001' AS too_long;
SELECT id AS i FROM ecommerce.issue_invoice(:'o'::uuid, NULL, '{"note": "short"}') \gset
SELECT v ->> 'note' AS note, v -> 'gross' AS gross, jsonb_array_length(v -> 'lines') AS lines
FROM ecommerce.get_invoice(:'i'::uuid) v;
ROLLBACK;
-- Of a part of an order the VAT of lines, each of which was rounded, may be further from its rate
-- than EN 16931 allows: the document has it by its rate, and what its lines come to is to be paid.
SELECT ordered((SELECT jsonb_agg('{"sku": "A", "quantity": 3}'::jsonb)
    FROM generate_series(1, 12)), '{"currency": "JPY"}') AS o \gset
SELECT net, vat, gross FROM ecommerce.orders WHERE id = :'o';
SELECT status FROM ecommerce.transition_order(:'o'::uuid, 'processing');
SELECT id AS parcel FROM ecommerce.create_shipment(:'o'::uuid, items('A', 12)) \gset
SELECT i.invoice_number AS first, i.net, i.vat, i.gross, i.payable
FROM ecommerce.issue_shipment_invoice(:'parcel', '{"exchange_rate": 0.0061}') i \gset
SELECT :net AS net, :vat AS vat, :gross AS gross, :payable AS payable,
    :net * 0.24 AS by_rate, (SELECT count(*) FROM violations(:'first')) AS violations, (
        SELECT sum(l.net + l.vat) FROM ecommerce.invoice_lines l
        JOIN ecommerce.invoices v ON v.id = l.invoice_id
        WHERE v.invoice_number = :'first') AS lines;
SELECT substring(ecommerce.invoice_xml(:'first') FROM '<cbc:TaxIncl.*</cbc:PayableAmount>');
SELECT substring(ecommerce.invoice_cii(:'first') FROM '<ram:RoundingAmount>.*DuePayableAmount>');
SELECT error_code FROM ecommerce.issue_invoices(ARRAY[:'o']::uuid[],
    '{"exchange_rates": {"JPY": 0.0061}}');
SELECT sum(v.net) AS net, sum(v.vat) AS vat, sum(v.rounding) AS rounding,
    sum(v.gross + v.rounding) AS payable,
    sum((SELECT count(*) FROM violations(v.invoice_number))) AS violations
FROM ecommerce.invoices v WHERE v.order_id = :'o';
SELECT r.subject, r.reason FROM ecommerce.reconcile(current_date - 1, current_date + 1) r
JOIN ecommerce.orders o ON o.order_number = r.number
WHERE o.id = :'o' AND r.subject = 'invoice';

-- Buyers: what their profile says, and what the request says, which counts more
INSERT INTO ecommerce.user_profiles (user_id, company, vat_id, registration_number,
    endpoint_scheme, endpoint_id, buyer_reference)
VALUES ('01930000-0000-7000-8000-0000000000a1', 'Lee Ltd', 'EL094259216', '42', '9933',
    '094259216', 'L-1');
SELECT ordered(items('A', 1), '{"user_id": "01930000-0000-7000-8000-0000000000a1",
    "billing_address": {}}') AS o \gset
SELECT v -> 'buyer' AS buyer, v -> 'profile' AS profile FROM issued(:'o') v;
UPDATE ecommerce.sellers SET endpoint_scheme = '9933', endpoint_id = '094259216';
SELECT failure(format($$ SELECT ecommerce.issue_invoice(ordered(items('A', 1), %L), NULL,
    '{"profile": "peppol_gr"}') $$, '{"billing_address": {"company": "X"}}'));
SELECT failure(format($$ SELECT ecommerce.issue_invoice(ordered(items('A', 1), %L), NULL,
    '{"profile": "peppol", "buyer": {"endpoint_scheme": "EM", "endpoint_id": "a@example.com"}}')
    $$, '{"user_id": "01930000-0000-7000-8000-0000000000a1", "billing_address": {}}'));
SELECT v -> 'profile' AS profile FROM issued(ordered(items('A', 1),
    '{"user_id": "01930000-0000-7000-8000-0000000000a1", "billing_address": {}}'),
    '{"buyer": {"endpoint_scheme": "EM", "endpoint_id": "a@example.com"}}') v;
SELECT v -> 'buyer' AS buyer, v -> 'profile' AS profile FROM issued(ordered(items('A', 1),
    '{"user_id": "01930000-0000-7000-8000-0000000000a1", "billing_address": {}}'),
    '{"buyer_reference": "R", "buyer": {"name": "Lee SA", "city": "Volos"}}') v;

-- Snapshots stay
UPDATE ecommerce.sellers SET name = 'Other', vat_id = NULL;
SELECT DISTINCT seller ->> 'name' FROM ecommerce.invoices;
SELECT failure('SELECT ecommerce.issue_invoice(ordered(items(''A'', 1)))');
SELECT * FROM ecommerce.verify_integrity();
SELECT ecommerce.get_invoice('I1') - 'lines' = ecommerce.get_invoice((SELECT id FROM
    ecommerce.invoices WHERE invoice_number = 'I1')) - 'lines' AS same,
    ecommerce.get_invoice('none') IS NULL AS unknown, ecommerce.get_invoice(NULL::text) IS NULL;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP FUNCTION IF EXISTS public.issued, public.ordered, public.paid, public.violations;
