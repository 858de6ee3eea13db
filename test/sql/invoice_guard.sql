-- Documents cannot be changed, numbered or added to by plain SQL; and what the proofs find.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
UPDATE ecommerce.settings SET country = 'GR', currency = 'EUR', prices = 'gross';
INSERT INTO ecommerce.sellers (name, address_line_1, city, vat_id)
VALUES ('Shop SA', 'Ermou 1', 'Athens', 'EL094259216');
INSERT INTO ecommerce.products (sku, name, price, vat_class, track_stock)
VALUES ('A', 'A', 12.40, 'standard', false);
CREATE FUNCTION public.ordered(more jsonb DEFAULT '{}') RETURNS uuid LANGUAGE sql AS $$
    SELECT (ecommerce.place_order(jsonb_build_object('items', items('A', 2), 'billing_address',
        '{"first_name": "Ann", "last_name": "Lee", "country": "GR"}'::jsonb) || more)).id $$;
SELECT series FROM ecommerce.set_invoice_series('I', 'invoice', 'I{number}', false, true);
SELECT series FROM ecommerce.set_invoice_series('C', 'credit_note', 'C{number}', false, true);
DO $$ BEGIN FOR i IN 1 .. 3 LOOP PERFORM ecommerce.issue_invoice(ordered()); END LOOP; END $$;
SELECT invoice_number FROM ecommerce.issue_credit_note('I2');

-- nothing changes or goes
SELECT c, failure(c) FROM unnest(ARRAY['UPDATE ecommerce.invoices SET note = ''x''',
    'DELETE FROM ecommerce.invoices', 'UPDATE ecommerce.invoice_lines SET net = 0',
    'DELETE FROM ecommerce.invoice_lines',
    'UPDATE ecommerce.invoice_vat_groups SET tax = 0', 'DELETE FROM ecommerce.invoice_vat_groups',
    'UPDATE ecommerce.invoice_counters SET last_number = last_number - 1',
    'UPDATE ecommerce.invoice_counters SET last_number = last_number + 1',
    'UPDATE ecommerce.invoice_counters SET last_issue_date = last_issue_date - 1',
    'UPDATE ecommerce.invoice_counters SET year = 2000', 'DELETE FROM ecommerce.invoice_counters',
    'UPDATE ecommerce.invoice_counters SET last_issue_date = NULL',
    $$UPDATE ecommerce.invoice_counters SET series = 'C' WHERE series = 'I'$$,
    'TRUNCATE ecommerce.invoice_counters',
    'INSERT INTO ecommerce.invoice_counters VALUES (1, ''I'', 2020, 3)']) c;
-- but counters that gave no number
BEGIN;
INSERT INTO ecommerce.invoice_counters (tenant_id, series, year) VALUES (1, 'I', 7);
UPDATE ecommerce.invoice_counters SET year = 6, series = 'C' WHERE year = 7;
DELETE FROM ecommerce.invoice_counters WHERE year = 6 RETURNING series, last_number;
ROLLBACK;
-- and one that was brought along without its last day gets one
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE ecommerce.invoice_counters SET last_issue_date = NULL;
SET LOCAL session_replication_role = origin;
SELECT invoice_number FROM ecommerce.issue_invoice(ordered());
SELECT series, last_number, last_issue_date IS NOT NULL AS day FROM ecommerce.invoice_counters
ORDER BY 1;
ROLLBACK;
-- nothing is added to what was issued
SELECT failure($$ INSERT INTO ecommerce.invoice_lines SELECT (x).*
    FROM (SELECT jsonb_populate_record(l,
        jsonb_build_object('line_number', 2, 'net', 0, 'vat', 0)) AS x
    FROM ecommerce.invoice_lines l LIMIT 1) y $$);
SELECT failure($$ INSERT INTO ecommerce.invoice_vat_groups
    SELECT tenant_id, invoice_id, 'Z', 0, 0, 0 FROM ecommerce.invoice_vat_groups LIMIT 1 $$);
-- a document by plain SQL: only whole, and with the next number
CREATE FUNCTION public.made(number integer, lines boolean, breakdown boolean, counter integer,
    more jsonb DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_new uuid := ecommerce.uuid_v7();
    v_old uuid := (SELECT id FROM ecommerce.invoices WHERE invoice_number = 'I1');
BEGIN
    INSERT INTO ecommerce.invoices SELECT (jsonb_populate_record(v, jsonb_build_object('id', v_new,
        'number', made.number, 'invoice_number', 'X' || made.number, 'created_at', now())
        || more)).* FROM ecommerce.invoices v WHERE v.id = v_old;
    INSERT INTO ecommerce.invoice_lines SELECT (jsonb_populate_record(l,
        jsonb_build_object('invoice_id', v_new))).* FROM ecommerce.invoice_lines l
    WHERE l.invoice_id = v_old AND made.lines;
    INSERT INTO ecommerce.invoice_vat_groups SELECT (jsonb_populate_record(g,
        jsonb_build_object('invoice_id', v_new))).* FROM ecommerce.invoice_vat_groups g
    WHERE g.invoice_id = v_old AND made.breakdown;
    UPDATE ecommerce.invoice_counters SET last_number = made.counter WHERE series = 'I';
END $$;
SELECT c, failure(format('SELECT made(%s)', c)) FROM unnest(ARRAY['4, true, true, 3',
    '4, false, true, 4', '4, true, false, 4', '5, true, true, 5', '3, true, true, 3',
    '0, true, true, 3', '4, true, true, 5', '4, true, true, 4, ''{"net": 1, "gross": 5.8}''',
    '4, true, true, 4, ''{"gross": 5}''', '4, true, true, 4, ''{"net": "NaN"}''',
    '4, true, true, 4, ''{"invoice_number": "I1"}''']) c;
BEGIN;
SELECT made(4, true, true, 4);
SET CONSTRAINTS ALL IMMEDIATE;
-- (it says more of the order is invoiced than was ordered)
SELECT problem, detail FROM ecommerce.verify_integrity();
ROLLBACK;

-- A trigger of the shop's that calls back, leaves out or changes
CREATE FUNCTION public.interfere() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_ARGV[0] = 'nothing' THEN RETURN NULL;
    ELSIF TG_ARGV[0] = 'change' THEN NEW.net := NEW.net + 1; NEW.gross := NEW.net + NEW.vat;
    ELSIF pg_trigger_depth() < 2 THEN PERFORM ecommerce.issue_invoice(NEW.order_id);
    END IF;
    RETURN NEW;
END $$;
SELECT w, t, failure(format('DO $d$ BEGIN
    CREATE TRIGGER interfere BEFORE INSERT ON ecommerce.%I FOR EACH ROW
        EXECUTE FUNCTION interfere(%L);
    PERFORM ecommerce.issue_invoice(ordered()); SET CONSTRAINTS ALL IMMEDIATE;
END $d$', t, w)) FROM (VALUES ('nothing', 'invoices'), ('nothing', 'invoice_lines'),
    ('nothing', 'invoice_vat_groups'), ('nothing', 'invoice_counters'), ('change', 'invoices'),
    ('back', 'invoices')) AS v (w, t);
DROP TRIGGER interfere ON ecommerce.invoice_counters;
SELECT count(*), max(number) FROM ecommerce.invoices WHERE kind = 'invoice';
SELECT ordered() AS o \gset
CREATE FUNCTION public.twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF pg_trigger_depth() < 2 THEN PERFORM ecommerce.issue_invoice(NEW.id); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER twice BEFORE UPDATE ON ecommerce.orders FOR EACH ROW EXECUTE FUNCTION twice();
SELECT failure(format('SELECT ecommerce.issue_invoice(%L::uuid)', :'o'));
DROP TRIGGER twice ON ecommerce.orders;
-- also where the first document of a kind makes its series
BEGIN;
SET LOCAL session_replication_role = replica;
DELETE FROM ecommerce.invoice_series WHERE kind = 'invoice';
RESET session_replication_role;
SET LOCAL app.again = :'o';
CREATE FUNCTION public.again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF pg_trigger_depth() < 2 THEN
        PERFORM ecommerce.issue_invoice(current_setting('app.again')::uuid);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER again AFTER INSERT ON ecommerce.invoice_series FOR EACH ROW
EXECUTE FUNCTION again();
SELECT failure(format('SELECT ecommerce.issue_invoice(%L::uuid)', :'o'));
ROLLBACK;

-- What the proofs find
CREATE FUNCTION public.found(damage text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    v_found text[];
BEGIN
    SET LOCAL session_replication_role = replica;
    EXECUTE damage;
    RESET session_replication_role;
    v_found := ARRAY(SELECT DISTINCT problem FROM ecommerce.verify_integrity()
        UNION SELECT DISTINCT 'since: ' || problem
        FROM ecommerce.verify_integrity(now() - interval '1 hour') ORDER BY 1);
    RAISE EXCEPTION USING ERRCODE = 'P0099';
EXCEPTION WHEN SQLSTATE 'P0099' THEN
    RETURN QUERY SELECT unnest(v_found);
END $$;
SELECT d, f FROM unnest(ARRAY['SELECT',
    'DELETE FROM ecommerce.invoices WHERE invoice_number = ''I2''',
    'UPDATE ecommerce.invoices SET number = 9 WHERE invoice_number = ''I3''',
    'UPDATE ecommerce.invoices SET number = 9 WHERE invoice_number = ''I1''',
    'UPDATE ecommerce.invoice_counters SET last_number = 9 WHERE series = ''I''',
    'DELETE FROM ecommerce.invoice_counters',
    'UPDATE ecommerce.invoices SET issue_date = issue_date - 1 WHERE number = 2',
    'UPDATE ecommerce.invoice_lines SET net = net + 1 WHERE corrected_invoice_id IS NULL',
    'UPDATE ecommerce.invoice_vat_groups SET tax = tax + 1',
    'UPDATE ecommerce.invoices SET net = net + 1, gross = gross + 1',
    'DELETE FROM ecommerce.invoice_lines',
    'UPDATE ecommerce.invoice_lines SET net = net + 1 WHERE corrected_invoice_id IS NOT NULL',
    'UPDATE ecommerce.invoices SET refund_id = id WHERE kind = ''credit_note''',
    'UPDATE ecommerce.invoices SET currency = ''USD'' WHERE number = 3',
    'UPDATE ecommerce.invoices SET order_number = ''X'' WHERE number = 3',
    'UPDATE ecommerce.invoice_lines SET quantity = 3 WHERE corrected_invoice_id IS NULL',
    'UPDATE ecommerce.invoices SET prepaid = gross + 1 WHERE number = 3']) d
LEFT JOIN LATERAL found(d) f ON true;

-- What is no draft
SELECT FROM ecommerce.set_invoice_series('N', 'invoice', '{series}{number}', false);
SELECT d, failure(format('SELECT ecommerce_internal.write_invoices(1, ''invoice'', ''N'',
    ARRAY[%L]::jsonb[])', d)) AS failure
FROM unnest(ARRAY['{"net": {}}', '{"net": true}', '{"net": "x"}', '{"payment_days": 1e20}',
    '{"order_id": 1}', '[]', '["kind", "net"]', '"kind"', NULL]) d;

-- Whom a document was for is forgotten when the years are over, and nothing else.
BEGIN;
SELECT failure('UPDATE ecommerce.invoices SET buyer = ''{"country": "GR"}''');
SET LOCAL session_replication_role = replica;
UPDATE ecommerce.invoices SET created_at = '2010-06-01', issue_date = '2010-06-01',
    note = 'For Ann', payment = payment || '{"debtor_iban": "GR16", "mandate": "M"}'
WHERE number = 1;
RESET session_replication_role;
SELECT failure('UPDATE ecommerce.invoices SET buyer = ''{}'' WHERE number = 1');
SELECT * FROM ecommerce.erase_expired();
SELECT buyer, delivery, payment, note, seller ->> 'name' AS seller FROM ecommerce.invoices
WHERE number = 1 AND kind = 'invoice';
SELECT count(*) FROM ecommerce.invoices WHERE buyer ? 'name';
SELECT * FROM ecommerce.erase_expired();
ROLLBACK;

-- Tenants are apart.
SELECT ecommerce.create_tenant('Second', 'DE') AS second \gset
SELECT failure('SELECT ecommerce.issue_invoice(ordered(''{}''))');
BEGIN;
SELECT ecommerce.use_tenant(:second);
SELECT failure(format('SELECT ecommerce.%s', c)) FROM unnest(ARRAY['issue_credit_note(''I1'')',
    format('issue_invoice(%L::uuid)', :'o'),
    format('issue_credit_note(%L::uuid)', (SELECT id FROM ecommerce.invoices
        WHERE invoice_number = 'I3')), 'issue_invoice(ecommerce.uuid_v7(), tenant_id => 1)']) c;
SELECT ecommerce.get_invoice('I1') IS NULL AS hidden, count(*) FROM ecommerce.issue_invoices(
    '2000-01-01', '2100-01-01', statuses => '{pending}');
SELECT count(*) FROM ecommerce.invoice_series WHERE tenant_id = 2;
COMMIT;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP FUNCTION IF EXISTS public.found, public.interfere, public.made, public.ordered, public.twice;
