-- Credit notes: of invoices, of refunds, of what is left after them; and whom to remind.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
UPDATE ecommerce.settings SET country = 'GR', currency = 'EUR', prices = 'net';
INSERT INTO ecommerce.sellers (name, address_line_1, city, vat_id, iban)
VALUES ('Shop SA', 'Ermou 1', 'Athens', 'EL094259216', 'GR1601101250000000012300695');
INSERT INTO ecommerce.products (sku, name, price, vat_class, track_stock)
VALUES ('A', 'A', 9.99, 'standard', false), ('B', 'B', 3.33, 'reduced', false),
    ('F', 'F', 0, 'standard', false);
SELECT series FROM ecommerce.set_invoice_series('I', 'invoice', 'I{number}', false, true);
SELECT series FROM ecommerce.set_invoice_series('C', 'credit_note', 'C{number}', false, true);
CREATE FUNCTION public.ordered(items jsonb, more jsonb DEFAULT '{}') RETURNS uuid LANGUAGE sql AS $$
    SELECT (ecommerce.place_order(jsonb_build_object('items', items, 'billing_address',
        '{"first_name": "Ann", "last_name": "Lee", "country": "GR"}'::jsonb) || more)).id $$;
CREATE FUNCTION public.paid(o uuid, amount numeric DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT e.status FROM ecommerce.orders t,
        ecommerce.record_payment_event('x', 'e' || o, 'captured',
        coalesce(amount, t.gross), 'EUR', 'r' || o, order_id => o) e WHERE t.id = o $$;
CREATE FUNCTION public.refunded(o uuid, items jsonb, amount numeric DEFAULT NULL) RETURNS uuid
LANGUAGE sql AS $$ SELECT (ecommerce.refund_order(o, items, amount)).id $$;
CREATE VIEW public.lines AS
SELECT v.invoice_number AS document, l.line_number AS n, l.part, l.name, l.quantity, l.unit_price,
    l.allowance, l.net, l.vat, c.invoice_number AS corrects, l.corrected_line_number AS line
FROM ecommerce.invoice_lines l JOIN ecommerce.invoices v ON v.id = l.invoice_id
LEFT JOIN ecommerce.invoices c ON c.id = l.corrected_invoice_id
ORDER BY v.id, l.line_number;

-- An invoice is taken back, line by line, once; then the order is invoiced anew.
SELECT ordered('[{"sku": "A", "quantity": 3}, {"sku": "B", "quantity": 7}, {"sku": "F",
    "quantity": 1}]', '{"charges": [{"kind": "shipping", "amount": 4.90}],
    "allowances": [{"percent": 10}]}') AS o \gset
SELECT invoice_number, gross FROM ecommerce.issue_invoice(:'o'::uuid);
SELECT invoice_number, kind, due_date, gross, payable FROM ecommerce.issue_credit_note('I1',
    '{"note": "Wrong address"}', 'key');
SELECT invoice_number FROM ecommerce.issue_credit_note('I1', '{"note": "Wrong address"}', 'key');
SELECT failure('SELECT ecommerce.issue_credit_note(''I1'')');
SELECT failure('SELECT ecommerce.issue_credit_note(''I1'', ''{"note": "x"}'', ''key'')');
SELECT * FROM lines;
SELECT type_code, note, refund_id, prepaid, payment, preceding - 0 AS more,
    (preceding -> 0) - '{id,issue_date}'::text[] AS corrects
FROM ecommerce.invoices WHERE kind = 'credit_note';
SELECT e.kind, e.data #>> '{invoices,0,invoice_number}' AS corrects FROM ecommerce.events e
WHERE e.kind ~ '^invoice' ORDER BY e.id;
SELECT invoice_number, gross FROM ecommerce.issue_invoice(:'o'::uuid);

-- Refunds: units, a share of an amount, of shipping; what is left is the rest, to the cent.
SELECT paid(:'o');
SELECT refunded(:'o', '[{"line_number": 1, "quantity": 1}, {"line_number": 4, "quantity": 1}]') AS r
\gset
SELECT invoice_number, net, vat FROM ecommerce.issue_credit_note(refund_id => :'r');
SELECT invoice_number
FROM ecommerce.issue_credit_note(refund_id => :'r', idempotency_key => 'other');
SELECT refunded(:'o', '[{"line_number": 5, "quantity": 1}]') AS r \gset
SELECT invoice_number, gross FROM ecommerce.issue_credit_note(refund_id => :'r');
SELECT refunded(:'o', NULL, 22.60) AS r \gset
SELECT invoice_number, gross FROM ecommerce.issue_credit_note(refund_id => :'r');
SELECT invoice_number, net, vat FROM ecommerce.issue_credit_note('I2');
SELECT * FROM lines WHERE document IN ('C2', 'C3', 'C4', 'C5');
SELECT kind, sum(gross) FROM ecommerce.invoices GROUP BY 1 ORDER BY 1;
-- what was refunded is not invoiced again, the rest is
SELECT net, vat, payable FROM ecommerce.issue_invoice(:'o'::uuid);
SELECT quantity, net, vat FROM lines WHERE document = 'I3';

-- What cannot be credited
SELECT ordered('[{"sku": "A", "quantity": 2}]') AS p \gset
SELECT paid(:'p', 40);
SELECT refunded(:'p', NULL, 10) AS overpaid, refunded(:'p', items('A', 1)) AS early \gset
SELECT refunded(:'o', items('A', 1)) AS failed \gset
SELECT status FROM ecommerce.record_payment_event('x', 'failed', 'refund_failed',
    reference => 'r' || :'o', refund_id => :'failed');
SELECT status FROM ecommerce.refunds WHERE id = :'failed';
SELECT failure(format('SELECT ecommerce.issue_credit_note(refund_id => %L)', r)) FROM unnest(ARRAY[
    :'overpaid', :'early', :'failed', ecommerce.uuid_v7()]::uuid[]) r;
SELECT failure(c) FROM unnest(ARRAY['SELECT ecommerce.issue_credit_note()',
    'SELECT ecommerce.issue_credit_note(NULL::text)', 'SELECT ecommerce.issue_credit_note(''C1'')',
    'SELECT ecommerce.issue_credit_note(''none'')',
    'SELECT ecommerce.issue_credit_note(ecommerce.uuid_v7(), ecommerce.uuid_v7())',
    'SELECT ecommerce.issue_credit_note(ecommerce.uuid_v7())',
    'SELECT ecommerce.issue_credit_note(''I3'', ''{"series": "I"}'')',
    'SELECT ecommerce.issue_credit_note(''I3'', ''{"due_date": "2100-01-01"}'')',
    'SELECT ecommerce.issue_credit_note(''I3'', ''{"note": "\u0002"}'')']) c;

-- A refund of lines of several invoices
SELECT ordered('[{"sku": "A", "quantity": 5}]') AS o \gset
SELECT paid(:'o');
SELECT status FROM ecommerce.transition_order(:'o'::uuid, 'processing');
SELECT id AS parcel FROM ecommerce.create_shipment(:'o'::uuid, items('A', 2)) \gset
SELECT invoice_number, gross FROM ecommerce.issue_shipment_invoice(:'parcel');
SELECT invoice_number, gross FROM ecommerce.issue_invoice(:'o'::uuid);
SELECT refunded(:'o', items('A', 4)) AS r \gset
SELECT invoice_number, gross FROM ecommerce.issue_credit_note(refund_id => :'r');
SELECT l.* FROM lines l JOIN ecommerce.invoices v ON v.invoice_number = l.document
WHERE v.refund_id = :'r';
SELECT jsonb_path_query_array(preceding, '$[*].invoice_number') FROM ecommerce.invoices
WHERE refund_id = :'r';
SELECT net, vat FROM ecommerce.issue_credit_note('I5');
SELECT failure('SELECT ecommerce.issue_credit_note(''I4'')');
SELECT net, vat FROM ecommerce.issue_invoice(:'o'::uuid);

-- Nothing to pay is nothing to credit but once
SELECT ordered('[{"sku": "F", "quantity": 1}]') AS o \gset
SELECT invoice_number, gross FROM ecommerce.issue_invoice(:'o'::uuid);
SELECT gross FROM ecommerce.issue_credit_note('I7');
SELECT failure('SELECT ecommerce.issue_credit_note(''I7'')');

-- Discounts of charges are allowances of the document, and are mirrored as such.
BEGIN;
SELECT ordered('[{"sku": "A", "quantity": 1}]', '{"charges": [{"kind": "shipping",
    "amount": 4.90}]}') AS o \gset
SET LOCAL session_replication_role = replica;
UPDATE ecommerce.order_items SET discount = 0.90, net = 4.00, vat = 0.96
WHERE order_id = :'o' AND kind = 'shipping';
UPDATE ecommerce.orders SET net = net - 0.90, vat = vat - 0.21, gross = gross - 1.11
WHERE id = :'o';
RESET session_replication_role;
SELECT invoice_number AS i, net, vat FROM ecommerce.issue_invoice(:'o'::uuid) \gset
SELECT paid(:'o');
SELECT refunded(:'o', NULL, 1.24) AS r \gset
SAVEPOINT s;
SELECT net, vat FROM ecommerce.issue_credit_note(:'i');
SELECT part, name, quantity, unit_price, allowance, net, vat, corrects IS NULL AS invoice FROM lines
WHERE :'i' IN (document, corrects);
SELECT * FROM ecommerce.verify_integrity();
ROLLBACK TO s;
SELECT net, vat FROM ecommerce.issue_credit_note(refund_id => :'r');
SELECT net, vat FROM ecommerce.issue_credit_note(:'i');
SELECT part, name, quantity, unit_price, allowance, net, vat FROM lines WHERE corrects = :'i';
SELECT * FROM ecommerce.verify_integrity();
SELECT count(*) AS violations FROM ecommerce.invoices i, LATERAL ecommerce.invoice_violations(
    ecommerce_internal.invoice_document(ecommerce.get_invoice(i.id))) v;
ROLLBACK;

-- In a currency without decimals the VAT of some lines is further from its rate than documents may
-- say: a credit note has it by its rate, and gives back what was refunded.
BEGIN;
INSERT INTO ecommerce.price_lists (name, currency, prices) VALUES ('Yen', 'JPY', 'net');
INSERT INTO ecommerce.prices (price_list_id, product_id, price)
SELECT l.id, p.id, 102 FROM ecommerce.price_lists l, ecommerce.products p WHERE p.sku = 'A';
SELECT ordered((SELECT jsonb_agg('{"sku": "A", "quantity": 1}'::jsonb)
    FROM generate_series(1, 10)), '{"currency": "JPY"}') AS o \gset
SELECT invoice_number AS i, net, vat FROM ecommerce.issue_invoice(:'o'::uuid, NULL,
    '{"exchange_rate": 0.0061}') \gset
SELECT status FROM ecommerce.record_payment_event('x', 'yen', 'captured', :net + :vat, 'JPY', 'yen',
    order_id => :'o');
SELECT refunded(:'o', items('A', 5)) AS r \gset
SELECT c.id AS c, c.payable FROM ecommerce.issue_credit_note(refund_id => :'r') c \gset
SELECT v.net, v.vat, v.gross, v.rounding, :payable AS payable, f.amount AS refunded,
    ecommerce.invoice_xml(v.id) ~ '<cbc:PayableRoundingAmount' AS written
FROM ecommerce.invoices v JOIN ecommerce.refunds f ON f.id = v.refund_id WHERE v.id = :'c';
SELECT refunded(:'o', items('A', 3)) AS r \gset
SELECT c.net, c.vat, c.payable, f.amount AS refunded
FROM ecommerce.issue_credit_note(refund_id => :'r') c JOIN ecommerce.refunds f ON f.id = :'r';
SELECT net, vat, payable FROM ecommerce.issue_credit_note(:'i');
SELECT v.kind, sum(v.net) AS net, sum(v.vat) AS vat, sum(v.rounding) AS rounding,
    sum(v.gross + v.rounding) AS payable, sum((
        SELECT count(*) FROM ecommerce.invoice_violations(
            ecommerce_internal.invoice_document(ecommerce.get_invoice(v.id))))) AS violations
FROM ecommerce.invoices v WHERE v.order_id = :'o' GROUP BY 1 ORDER BY 1;
SELECT * FROM ecommerce.verify_integrity();
ROLLBACK;

-- Whom to remind: what is due and neither paid, credited, cancelled nor refunded
SELECT ordered('[{"sku": "A", "quantity": 4}, {"sku": "B", "quantity": 2}]') AS o \gset
SELECT status FROM ecommerce.transition_order(:'o'::uuid, 'processing');
SELECT id AS parcel FROM ecommerce.create_shipment(:'o'::uuid, items('A', 2)) \gset
SELECT invoice_number, gross FROM ecommerce.issue_shipment_invoice(:'parcel');
SELECT invoice_number, gross FROM ecommerce.issue_invoice(:'o'::uuid);
SELECT count(*) FROM ecommerce.dunning;
CREATE FUNCTION public.due(days integer) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    SET LOCAL session_replication_role = replica;
    UPDATE ecommerce.invoices SET due_date = current_date - days WHERE kind = 'invoice';
    RESET session_replication_role;
END $$;
SELECT due(0);
SELECT count(*) FROM ecommerce.dunning;
SELECT due(1);
SELECT invoice_number, gross, open, days_overdue, level FROM ecommerce.dunning ORDER BY id;
SELECT d, (SELECT count(*) FROM due(d)) FROM generate_series(14, 14) d;
SELECT DISTINCT days_overdue, level FROM ecommerce.dunning;
SELECT due(15);
SELECT DISTINCT days_overdue, level FROM ecommerce.dunning;
SELECT due(99);
SELECT DISTINCT days_overdue, level FROM ecommerce.dunning;
-- the oldest is paid first
SELECT paid(:'o', 30);
SELECT invoice_number, gross, open FROM ecommerce.dunning ORDER BY id;
SELECT gross FROM ecommerce.cancel_order_items(:'o'::uuid, items('B', 1));
SELECT invoice_number, gross, open FROM ecommerce.dunning ORDER BY id;
SELECT refunded(:'o', NULL, 5) AS r \gset
SELECT invoice_number, gross, open FROM ecommerce.dunning ORDER BY id;
SELECT gross FROM ecommerce.issue_credit_note(refund_id => :'r');
SELECT invoice_number, gross, open FROM ecommerce.dunning ORDER BY id;
SELECT e.status FROM ecommerce.record_payment_event('x', 'rest', 'captured', 100, 'EUR', 'rest',
    order_id => :'o') e;
SELECT count(*) FROM ecommerce.dunning;

SELECT * FROM ecommerce.verify_integrity();
SELECT i.invoice_number, v.rule FROM ecommerce.invoices i, LATERAL ecommerce.invoice_violations(
    ecommerce_internal.invoice_document(ecommerce.get_invoice(i.id))) v;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP FUNCTION IF EXISTS public.due, public.ordered, public.paid, public.refunded;
