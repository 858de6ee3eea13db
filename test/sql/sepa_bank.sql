-- What the bank tells: collections, returns, transfers and money that nobody asked for.
CREATE EXTENSION ecommerce;
SET datestyle = 'ISO, YMD';
SET timezone = 'UTC';
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.users (id, email) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'a@example.com'),
    ('01930000-0000-7000-8000-0000000000a2', 'b@example.com');
\set ann '01930000-0000-7000-8000-0000000000a1'
\set bob '01930000-0000-7000-8000-0000000000a2'
CREATE FUNCTION public.mandate(reference text, iban text DEFAULT 'DE89370400440532013000',
    scheme text DEFAULT 'CORE', kind text DEFAULT 'recurrent',
    owner uuid DEFAULT '01930000-0000-7000-8000-0000000000a1') RETURNS uuid LANGUAGE sql AS $$
    SELECT id FROM ecommerce.create_sepa_mandate(owner, iban, U&'Ann M\00FCller', scheme => scheme,
        kind => kind, mandate_reference => reference)
$$;
CREATE FUNCTION public.debit(mandate uuid, amount numeric, due date DEFAULT NULL,
    owner uuid DEFAULT '01930000-0000-7000-8000-0000000000a1') RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO ecommerce.payments (tenant_id, id, user_id, method, currency, amount, due_date,
        mandate_id, reference)
    VALUES (1, ecommerce.uuid_v7(), owner, 'sepa_debit', 'EUR', amount, due, mandate,
        'Bill ' || amount) RETURNING id
$$;
-- what a file says, without what is another one each time
CREATE FUNCTION public.told(xml text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT regexp_replace(l, '[0-9A-F]{32}|[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:]+Z)?', '#', 'g')
    FROM regexp_split_to_table(regexp_replace(xml, '>\s*<', E'>\n<', 'g'), E'\n') l
    WHERE l !~ '^<(/.*|[A-Za-z]+)>$'
$$;
-- a statement of one account; entries are made by hand or by entry()
CREATE FUNCTION public.camt(entries text, version text DEFAULT '053.001.08') RETURNS text
LANGUAGE sql AS $$
    SELECT format('<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.%s"><%2$s><GrpHdr><MsgId>1</MsgId></GrpHdr>
<%3$s><Id>STMT-1</Id><Acct><Id><IBAN>GR1601101250000000012300695</IBAN></Id></Acct>%4$s</%3$s>
</%2$s></Document>', version, CASE WHEN version LIKE '053%' THEN 'BkToCstmrStmt'
        ELSE 'BkToCstmrDbtCdtNtfctn' END, CASE WHEN version LIKE '053%' THEN 'Stmt'
        ELSE 'Ntfctn' END, entries)
$$;
CREATE FUNCTION public.entry(amount text, direction text, details text DEFAULT '',
    reference text DEFAULT '', status text DEFAULT '<Cd>BOOK</Cd>', day text DEFAULT '2026-11-27')
RETURNS text LANGUAGE sql AS $$
    SELECT format('<Ntry><Amt Ccy="EUR">%s</Amt><CdtDbtInd>%s</CdtDbtInd><Sts>%s</Sts>'
        '<BookgDt><Dt>%s</Dt></BookgDt>%s<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd>'
        '<SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls>%s</NtryDtls></Ntry>',
        amount, direction, status, day,
        CASE WHEN reference <> '' THEN '<AcctSvcrRef>' || reference || '</AcctSvcrRef>' ELSE '' END,
        details)
$$;
CREATE FUNCTION public.tx(end_to_end text, amount text DEFAULT NULL, more text DEFAULT '',
    reference text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('<TxDtls><Refs>%s<EndToEndId>%s</EndToEndId></Refs>%s%s</TxDtls>',
        CASE WHEN reference <> '' THEN '<AcctSvcrRef>' || reference || '</AcctSvcrRef>' ELSE '' END,
        end_to_end, '<Amt Ccy="EUR">' || amount || '</Amt>', more)
$$;
CREATE FUNCTION public.back(code text) RETURNS text LANGUAGE sql AS $$
    SELECT '<RtrInf><Rsn><Cd>' || code || '</Cd></Rsn></RtrInf>'
$$;
CREATE FUNCTION public.text_of(t text) RETURNS text LANGUAGE sql AS $$
    SELECT '<RmtInf><Ustrd>' || t || '</Ustrd></RmtInf>'
$$;
CREATE FUNCTION public.e2e(payment uuid) RETURNS text LANGUAGE sql AS $$
    SELECT upper(replace(payment::text, '-', ''))
$$;
INSERT INTO ecommerce.sellers (tenant_id, name, address_line_1, city, postal_code, iban,
    sepa_creditor_id) VALUES (1, U&'Kaf\00E9 & Co', 'Ermou 5', U&'\0391\03B8\03AE\03BD\03B1',
        '10563',
    'GR1601101250000000012300695', 'DE98ZZZ09999999999');
CREATE FUNCTION public.read(entries text, version text DEFAULT '053.001.08', OUT outcome text,
    OUT amount numeric,
    OUT way text, OUT payment text, OUT reason text) RETURNS SETOF record LANGUAGE sql AS $$
    SELECT b.outcome, b.amount, b.direction, (SELECT 'asked ' || p.amount FROM ecommerce.payments p
        WHERE p.id = b.payment_id),
        b.reason FROM ecommerce.read_camt(camt(entries, version)) b
$$;
CREATE VIEW public.books AS SELECT amount, status, amount_captured AS captured, amount_charged_back
    AS back,
    amount_refunded AS refunded, fee, failure_reason AS reason FROM ecommerce.payments ORDER BY id;

-- collected in one sum, one by one, and returned: before and after
SELECT mandate('M') AS m \gset
SELECT debit(:'m', 10) AS p1, debit(:'m', 20) AS p2, debit(:'m', 30) AS p3, debit(:'m', 40) AS p4,
    debit(:'m', 50) AS p5 \gset
SELECT message_id AS msg FROM ecommerce.sepa_debit_batch() \gset
-- a pending entry is neither money nor a failure
SELECT * FROM read(entry('150.00', 'CRDT', '<Btch><MsgId>' || :'msg' || '</MsgId></Btch>', 'R0',
    'PDNG')
    || entry('10.00', 'DBIT', tx(e2e(:'p1'), '10.00', back('AC04')), 'R00', '<Cd>INFO</Cd>'));
SELECT count(*) FROM ecommerce.bank_entries;
SELECT * FROM read(entry('10.00', 'CRDT', tx(e2e(:'p1')), 'R1') || entry('23.50', 'DBIT',
    tx(lower(e2e(:'p2')), '20.00', back('AM04')), 'R2'));
SELECT * FROM books;
-- the same again, and the same entry in a notification of another version
SELECT * FROM read(entry('10.00', 'CRDT', tx(e2e(:'p1')), 'R1') || entry('23.50', 'DBIT',
    tx(lower(e2e(:'p2')), '20.00', back('AM04')), 'R2'));
SELECT * FROM read(entry('10.00', 'CRDT', tx(e2e(:'p1'), '10.00'), 'R1', 'BOOK'), '054.001.02');
-- told with another reference it is the same collection
SELECT * FROM read(entry('10.00', 'CRDT', tx(e2e(:'p1'), '10.00'), 'R1b'), '054.001.02');
-- a file in one sum, less what had come back; another sum is nobody's
SELECT * FROM read(entry('129.99', 'CRDT', '<Btch><MsgId>' || :'msg' || '</MsgId></Btch>', 'R3'));
SELECT * FROM read(entry('130.00', 'CRDT', '<Btch><MsgId>' || :'msg' || '</MsgId></Btch>', 'R4'));
SELECT * FROM books;
-- charged back weeks later, with the bank's charge, which is told within the amount or beside it
SELECT * FROM read(entry('33.00', 'DBIT', tx(e2e(:'p3'), '30.00', back('MD06')), 'R5')
    || entry('43.00', 'DBIT', tx(e2e(:'p4'), '43.00', back('MD01')), 'R6'));
SELECT * FROM books;
-- its return was read before its sum: then it came and went
SELECT debit(:'m', 60) AS p6, debit(:'m', 70) AS p7 \gset
SELECT message_id AS msg FROM ecommerce.sepa_debit_batch() \gset
SELECT * FROM read(entry('60.00', 'DBIT', tx(e2e(:'p6'), '60.00', back('AC01')), 'R7'));
SELECT * FROM read(entry('130.00', 'CRDT', '<Btch><PmtInfId>' || :'msg' || '-2</PmtInfId></Btch>',
    'R8'));
SELECT * FROM books OFFSET 5;
SELECT kind, amount, reason FROM ecommerce.payment_entries WHERE payment_id = :'p6' ORDER BY id;

-- bank transfers: by reference, from its field, from a text, from the end-to-end id; as much as
-- came
CREATE FUNCTION public.asked(reference text, amount numeric, currency text DEFAULT 'EUR')
    RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO ecommerce.payments (tenant_id, id, user_id, method, provider, currency, amount,
        reference)
    VALUES (1, ecommerce.uuid_v7(), '01930000-0000-7000-8000-0000000000a1', 'bank_transfer',
        'bank', currency, amount, reference)
    RETURNING id
$$;
SELECT asked(ecommerce.rf_reference('1000' || n), 100 + n) AS t FROM generate_series(1,
    5) n \g /dev/null
SELECT ecommerce.rf_reference('10001') AS rf1, ecommerce.rf_reference('10002') AS rf2,
    ecommerce.rf_reference('10003') AS rf3 \gset
SELECT * FROM read(
    entry('101.00', 'CRDT', tx('NOTPROVIDED', '101.00',
        '<RltdPties><Dbtr><Pty><Nm>Ann M</Nm></Pty></Dbtr><DbtrAcct><Id>
<IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct></RltdPties><RmtInf><Strd><CdtrRefInf><Ref>'
    || :'rf1' || '</Ref></CdtrRefInf></Strd></RmtInf>'), 'T1')
    || entry('99.98', 'CRDT', tx('NOTPROVIDED', '99.98', text_of('Order &amp; thanks '
        || regexp_replace(:'rf2', '(....)', '\1 ', 'g') || ' ann')), 'T2')
    || entry('200.00', 'CRDT', tx(:'rf3', '200.00'), 'T3')
    || entry('1.00', 'CRDT', tx('NOTPROVIDED', '1.00', text_of('who am I?')), 'T4')
    || entry('500.00', 'DBIT', tx('NOTPROVIDED', '500.00', text_of('rent')), 'T5')
    || replace(entry('7.00', 'CRDT', tx('NOTPROVIDED', NULL, text_of(:'rf1')), 'T6'), '"EUR"',
        '"USD"'));
SELECT * FROM books OFFSET 7;
SELECT direction, amount, currency, reference, remittance, party_name, party_iban, bank_code,
    status, outcome
FROM ecommerce.bank_entries WHERE bank_reference ~ 'T' ORDER BY bank_reference;
-- several in one entry, without references of the bank, two of them the same; twice read
SELECT * FROM read(entry('6.00', 'CRDT', tx('a', '2.00', text_of('same')) || tx('a', '2.00',
    text_of('same')) || tx('b', '2.00'), '')
    || entry('3.00', 'CRDT', tx('c', NULL), '') || entry('3.00', 'CRDT', tx('c', NULL), ''));
SELECT count(*), count(DISTINCT outcome), min(outcome) FROM read(entry('6.00', 'CRDT', tx('a',
    '2.00', text_of('same')) || tx('a', '2.00', text_of('same'))
    || tx('b', '2.00'), '') || entry('3.00', 'CRDT', tx('c', NULL), '') || entry('3.00', 'CRDT',
        tx('c', NULL), ''));
SELECT sum(amount) FROM ecommerce.bank_entries WHERE bank_reference IS NULL;

-- what nobody knew is assigned, dismissed, or found later
SELECT id AS who FROM ecommerce.bank_entries WHERE bank_reference = 'T4' \gset
SELECT id AS rent FROM ecommerce.bank_entries WHERE bank_reference = 'T5' \gset
SELECT id AS p FROM ecommerce.payments WHERE reference = ecommerce.rf_reference('10004') \gset
SELECT failure(format('SELECT ecommerce.assign_bank_entry(%s)', a))
    FROM unnest(ARRAY[format('NULL, %L', :'p'), format('%L, NULL', :'who'),
    format('ecommerce.uuid_v7(), %L', :'p'), format('%L, ecommerce.uuid_v7()', :'who'),
        format('%L, %L', :'rent', :'p'),
    format('(SELECT id FROM ecommerce.bank_entries WHERE bank_reference = ''T6''), %L', :'p')]) a;
BEGIN;
INSERT INTO ecommerce.payments (tenant_id, id, method, currency, amount)
VALUES (1, ecommerce.uuid_v7(), 'gift_card', 'EUR', 5) RETURNING id AS card \gset
SELECT failure(format('SELECT ecommerce.assign_bank_entry(%L, %L)', :'who', :'card'));
ROLLBACK;
SELECT outcome, amount FROM ecommerce.assign_bank_entry(:'who', :'p');
SELECT outcome, amount FROM ecommerce.assign_bank_entry(:'who', :'p');
SELECT failure(format('SELECT ecommerce.assign_bank_entry(%L, %L)', :'who', :'p1')),
    failure(format('SELECT ecommerce.dismiss_bank_entry(%L)', :'who'));
SELECT outcome FROM ecommerce.dismiss_bank_entry(:'rent', 'not ours');
SELECT * FROM read(entry('500.00', 'DBIT', tx('NOTPROVIDED', '500.00', text_of('rent')), 'T5'));
SELECT * FROM read(entry('42.00', 'CRDT', tx('NOTPROVIDED', '42.00',
    text_of(ecommerce.rf_reference('LATE1'))), 'T7'));
SELECT asked(ecommerce.rf_reference('LATE1'), 42) AS late \gset
SELECT outcome, amount, payment_id = :'late' AS late FROM ecommerce.match_bank_entries();
SELECT failure('SELECT ecommerce.match_bank_entries(-1)');
SELECT failure(c) FROM unnest(ARRAY['UPDATE ecommerce.bank_entries SET amount = 0',
    'DELETE FROM ecommerce.bank_entries',
    'UPDATE ecommerce.bank_entries SET status = ''unmatched'', outcome = NULL, payment_id = NULL
        WHERE status = ''booked''']) c;

-- transfers: executed, refused, and come back after that
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('A', 'A', 50, false);
SELECT id AS o, created_at AS t FROM ecommerce.place_order(items('A', 1), user_id => :'ann') \gset
\set f '01930000-0000-7000-8000-00000000000f'
-- (written by hand, for no lines)
ALTER TABLE ecommerce.refunds DISABLE TRIGGER books_match;
ALTER TABLE ecommerce.refund_payments DISABLE TRIGGER books_match;
ALTER TABLE ecommerce.payments DISABLE TRIGGER books_match;
INSERT INTO ecommerce.refunds (tenant_id, id, order_id, order_created_at, refund_number, currency,
    amount)
VALUES (1, :'f', :'o', :'t', 1, 'EUR', 20);
INSERT INTO ecommerce.refund_payments (tenant_id, refund_id, part_number, payment_id, amount)
SELECT 1, :'f', n, :'p5', 4 + n FROM generate_series(1, 2) n;
-- of a bank transfer the account is that from which it came
INSERT INTO ecommerce.refund_payments (tenant_id, refund_id, part_number, payment_id, amount)
SELECT 1, :'f', 3, id, 9 FROM ecommerce.payments WHERE reference = :'rf1';
SELECT message_id AS msg, transaction_count, control_sum FROM ecommerce.sepa_credit_batch() \gset
SELECT name, iban, amount FROM ecommerce.sepa_transfers ORDER BY amount;
CREATE FUNCTION public.sent(of numeric) RETURNS text LANGUAGE sql
    AS $$ SELECT e2e(id) FROM ecommerce.sepa_transfers WHERE amount = of $$;
SELECT * FROM read(entry('5.00', 'DBIT', tx(sent(5), '5.00'), 'U1') || entry('6.00', 'CRDT',
    tx(sent(6), '6.00', back('AC04')), 'U2')
    || entry('9.00', 'DBIT', tx(sent(9), '9.00'), 'U3'));
SELECT * FROM read(entry('9.00', 'CRDT', tx(sent(9), '9.00', back('AC06')), 'U4'));
SELECT * FROM read(entry('6.00', 'DBIT', tx(sent(6), '6.00'), 'U5'));
SELECT amount, status, failure_reason FROM ecommerce.sepa_transfers ORDER BY amount;
SELECT part_number, amount, status FROM ecommerce.refund_payments ORDER BY 1;
SELECT kind, amount, reason, refund_id IS NOT NULL AS refund, data ->> 'part_number' AS part
    FROM ecommerce.payment_entries
WHERE data ? 'transfer_id' ORDER BY id;
SELECT (ecommerce.request_sepa_transfer('X', 'DE89370400440532013000', n, 'Payout')).status
    FROM generate_series(77, 78) n;
SELECT message_id AS msg FROM ecommerce.sepa_credit_batch() \gset
SELECT * FROM read(entry('155.00', 'DBIT', '<Btch><PmtInfId>' || :'msg' || '-1</PmtInfId></Btch>',
    'U6'));
SELECT amount, status FROM ecommerce.sepa_transfers WHERE kind = 'payout' ORDER BY 1;

-- what is no statement
SELECT failure(format('SELECT * FROM ecommerce.read_camt(%L::text)', d)) FROM unnest(ARRAY[NULL,
    '', 'x', '<a/>', '<a>',
    '<!DOCTYPE a [<!ENTITY x "y">]><Document><BkToCstmrStmt><Stmt/></BkToCstmrStmt></Document>',
        '<Document><BkToCstmrAcctRpt><Rpt/></BkToCstmrAcctRpt></Document>',
    camt(entry('-1', 'CRDT')), camt(entry('1e3', 'CRDT')), camt(entry('NaN', 'CRDT')),
        camt(entry('', 'CRDT')), camt(entry('1', 'X')),
    camt(entry('1', 'CRDT', day => 'soon')),
    camt(entry('1', 'CRDT', day => '2026-02-30')), camt(entry('1.001', 'CRDT')),
    camt(entry('1', 'CRDT', tx('x', '1.001'))),
    camt(replace(entry('1', 'CRDT'), 'EUR', 'eur')),
    camt(replace(entry('1', 'CRDT'), 'EUR', '')),
    camt(replace(entry('1', 'CRDT'), 'Ccy="EUR"', '')),
    camt(replace(entry('1.5', 'CRDT'), 'EUR', 'JPY'))]) d;
-- of nothing, and of what the shop does not know
SELECT * FROM read(entry('0.000', 'CRDT', tx('NOTPROVIDED', NULL,
    text_of(ecommerce.rf_reference('10004')))) || replace(entry('1.00001', 'CRDT'), 'EUR', 'XYZ'));
SELECT * FROM read(entry('1.00', 'CRDT', day => ''));
SELECT count(*) FROM ecommerce.read_camt(camt('')), ecommerce.read_camt(camt('')::xml) b;
SELECT count(*)
    FROM ecommerce.read_camt('<Document><BkToCstmrStmt><Stmt><Id>1</Id></Stmt>'
        '</BkToCstmrStmt></Document>');
SELECT * FROM ecommerce_internal.sepa_problems(NULL, 1);
SET session_replication_role = replica;
DELETE FROM ecommerce.payment_entries WHERE kind = 'captured' AND payment_id = :'late';
RESET session_replication_role;
SELECT problem, detail - 'payment_id' AS detail FROM ecommerce_internal.sepa_problems(NULL, 1);

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP FUNCTION IF EXISTS public.asked, public.back, public.camt, public.debit, public.e2e,
    public.entry, public.mandate, public.read, public.sent, public.text_of, public.told, public.tx;
