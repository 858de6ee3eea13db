-- Files for the bank: what is collected and what is transferred, each once.
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

-- the seller's data: all that is missing at once
SELECT failure('SELECT ecommerce.sepa_debit_batch()'),
    failure('SELECT ecommerce.sepa_credit_batch()');
INSERT INTO ecommerce.sellers (tenant_id, name, iban, sepa_creditor_id)
VALUES (1, 'x', 'GR00', 'DE00ZZZ09999999999');
SELECT failure('SELECT ecommerce.sepa_debit_batch()');
SET session_replication_role = replica;
DELETE FROM ecommerce.sellers;
RESET session_replication_role;
INSERT INTO ecommerce.sellers (tenant_id, name, address_line_1, city, postal_code, iban,
    sepa_creditor_id) VALUES (1, U&'Kaf\00E9 & Co', 'Ermou 5', U&'\0391\03B8\03AE\03BD\03B1',
        '10563',
    'GR1601101250000000012300695', 'DE98ZZZ09999999999');

-- nothing is due, and bad requests
SELECT count(*) FROM ecommerce.sepa_debit_batch();
SELECT count(*) FROM ecommerce.sepa_credit_batch();
SELECT failure(format('SELECT ecommerce.sepa_debit_batch(%s)', a))
    FROM unnest(ARRAY['''2020-01-01''',
    '''infinity''', '''2900-01-01''', 'scheme => NULL', 'scheme => ''COR1''', 'max_count => 0',
        'max_count => NULL',
    'tenant_id => 9']) a;
SELECT failure(format('SELECT ecommerce.sepa_credit_batch(%s)', a))
    FROM unnest(ARRAY['''2020-01-01''', '''2900-01-01''',
    'max_count => 0', 'tenant_id => NULL']) a;
-- collected at the earliest on the next day on which banks work, and not more than 14 days ahead
SELECT bool_and(d = ecommerce.next_target_day(ecommerce_internal.shop_day() + n, 0) OR n < 6)
    AS on_target,
    min(d) = ecommerce.next_target_day(ecommerce_internal.shop_day()) AS not_today
FROM generate_series(0, 14) n,
    ecommerce_internal.collection_day(1, ecommerce_internal.shop_day() + n) d;
SELECT failure('SELECT ecommerce_internal.collection_day(1, ecommerce_internal.shop_day() - 1)')
    ~ 'is over' AS over,
    failure('SELECT ecommerce_internal.collection_day(1, ecommerce_internal.shop_day() + 15)')
        ~ '14 days' AS early;

-- sequence types: first, recurrent, once, last
SELECT mandate('R') AS r, mandate('O', kind => 'one_off') AS o, mandate('F') AS f, mandate('B',
    scheme => 'B2B') AS b \gset
SELECT debit(:'r', 10.00), debit(:'r', 11.5), debit(:'o', 12), debit(:'f', 13), debit(:'f', 14),
    debit(:'b', 15),
    debit(:'r', 16, ecommerce_internal.shop_day() + 60) \g /dev/null
SELECT FROM ecommerce.amend_sepa_mandate(:'f', is_final => true);
SELECT kind, transaction_count, control_sum, left_out,
    execution_date = ecommerce.next_target_day(ecommerce_internal.shop_day()) AS next
        FROM ecommerce.sepa_debit_batch();
SELECT i.item_number AS n, i.amount, i.sequence_type, right(i.payment_information_id, 2) AS part,
    m.mandate_reference,
    i.end_to_end_id = upper(replace(i.payment_id::text, '-', '')) AS id
FROM ecommerce.sepa_batch_items i JOIN ecommerce.sepa_mandates m ON m.id = i.mandate_id ORDER BY 1;
SELECT told(xml) FROM ecommerce.sepa_batches;
SELECT mandate_reference, status, last_used_on IS NOT NULL AS used FROM ecommerce.sepa_mandates
    ORDER BY 1;
SELECT p.amount, p.status, e.kind, e.amount, e.provider FROM ecommerce.payments p
LEFT JOIN ecommerce.payment_entries e ON e.payment_id = p.id ORDER BY p.id;
SELECT kind, data - 'message_id' - 'execution_date' AS data FROM ecommerce.events WHERE kind
    = 'sepa_batch.created';
-- B2B has a file of its own, and nothing is in two
SELECT b.transaction_count, b.control_sum, b.xml ~ '<LclInstrm><Cd>B2B</Cd>' AS b2b
FROM ecommerce.sepa_debit_batch(scheme => 'B2B') b;
SELECT count(*) FROM ecommerce.sepa_debit_batch();
SELECT count(*) FROM ecommerce.sepa_debit_batch(scheme => 'B2B');
-- made again of the same, it is the same byte for byte
SELECT b.xml = ecommerce_internal.pain_008(ecommerce_internal.sepa_creditor(1, 'debit'),
    b.message_id, b.created_at,
    b.execution_date, b.scheme, (SELECT jsonb_agg(jsonb_build_object('payment_information_id',
        i.payment_information_id,
        'end_to_end_id', i.end_to_end_id, 'amount', i.amount::text, 'sequence_type',
            i.sequence_type,
        'reference', p.reference, 'mandate_reference', m.mandate_reference, 'signed_on',
            m.signed_on,
        'name', m.account_holder, 'iban', m.iban))
     FROM ecommerce.sepa_batch_items i JOIN ecommerce.sepa_mandates m ON m.id = i.mandate_id
     JOIN ecommerce.payments p ON p.id = i.payment_id WHERE i.batch_id = b.id)) AS same
FROM ecommerce.sepa_batches b WHERE scheme = 'B2B';

-- amendments are told once: same bank, another bank, another reference
SELECT mandate('A1') AS a1, mandate('A2') AS a2 \gset
SELECT debit(:'a1', 1), debit(:'a2', 2) \g /dev/null
SELECT transaction_count FROM ecommerce.sepa_debit_batch();
SELECT FROM ecommerce.amend_sepa_mandate(:'a1', 'DE02370400440532013014');
SELECT FROM ecommerce.amend_sepa_mandate(:'a2', 'FR1420041010050500013M02606', 'A3');
SELECT debit(:'a1', 3), debit(:'a2', 4), debit(:'a2', 5) \g /dev/null
SELECT substring(xml FROM '<MndtId>A1.*?</MndtRltdInf>') AS a1, substring(xml
    FROM '<MndtId>A3.*?</MndtRltdInf>') AS a3
FROM (SELECT regexp_replace(xml, '<DtOfSgntr>.*?</DtOfSgntr>', '', 'g') AS xml
    FROM ecommerce.sepa_debit_batch()) b;
SELECT amount, sequence_type, amendment FROM ecommerce.sepa_batch_items WHERE amount IN (3, 4, 5)
    ORDER BY 1;
SELECT count(*) FROM ecommerce.sepa_mandates WHERE num_nonnulls(original_iban,
    original_reference) > 0;

-- what cannot be collected is left out, with the reason
SELECT mandate('X1') AS x1, mandate('X2', kind => 'one_off') AS x2, mandate('X3', owner => :'bob')
    AS x3 \gset
SELECT debit(:'x1', 1), debit(:'x2', 2), debit(:'x2', 3), debit(:'x3', 4), debit(NULL, 5),
    debit(:'a1', 0.001),
    debit(:'a1', 1000000000), debit(:'r', 6) \g /dev/null
SELECT FROM ecommerce.revoke_sepa_mandate(:'x1');
SELECT transaction_count, control_sum, jsonb_path_query_array(left_out, '$[*].reason') AS left_out
FROM ecommerce.sepa_debit_batch();
SELECT failure('SELECT ecommerce.sepa_debit_batch()')
    ~ 'EC058 . nothing that is due can be collected' AS none;
SELECT status, count(*) FROM ecommerce.payments GROUP BY 1 ORDER BY 1;
SELECT ecommerce_internal.book_entry(1, id, 'voided', amount, 'bank', 'void ' || id, NULL, '{}',
    now())
FROM ecommerce.payments WHERE status = 'created' AND due_date IS NULL \g /dev/null
-- at most so many
SELECT debit(:'r', n) FROM generate_series(1, 5) n \g /dev/null
SELECT transaction_count, control_sum FROM ecommerce.sepa_debit_batch(max_count => 2);
SELECT transaction_count, control_sum FROM ecommerce.sepa_debit_batch(max_count => 2);
-- what is due later comes later
SELECT debit(:'r', 17, ecommerce_internal.shop_day() + 14) \g /dev/null
SELECT transaction_count, control_sum FROM ecommerce.sepa_debit_batch();
SELECT transaction_count, control_sum, execution_date >= ecommerce_internal.shop_day() + 14 AS then
FROM ecommerce.sepa_debit_batch(ecommerce_internal.shop_day() + 14);
-- what another provider collects is not collected twice, nor given back twice
SELECT debit(:'r', 18) AS theirs \gset
SELECT count(*) FROM ecommerce_internal.refund_account(1, :'theirs');
UPDATE ecommerce.payments SET provider = 'acme' WHERE id = :'theirs';
SELECT count(*) FROM ecommerce_internal.refund_account(1, :'theirs');
SELECT transaction_count, control_sum FROM ecommerce.sepa_debit_batch();

-- transfers: refunds of direct debits by themselves, others and payouts by request
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('A', 'A', 50, false);
SELECT id AS o, created_at AS t FROM ecommerce.place_order(items('A', 1), user_id => :'ann') \gset
\set p '01930000-0000-7000-8000-0000000000f0'
\set f '01930000-0000-7000-8000-00000000000f'
\set b '01930000-0000-7000-8000-0000000000f1'
-- (written by hand, for no lines)
ALTER TABLE ecommerce.refunds DISABLE TRIGGER books_match;
ALTER TABLE ecommerce.refund_payments DISABLE TRIGGER books_match;
ALTER TABLE ecommerce.payments DISABLE TRIGGER books_match;
INSERT INTO ecommerce.refunds (tenant_id, id, order_id, order_created_at, refund_number, currency,
    amount)
VALUES (1, :'f', :'o', :'t', 1, 'EUR', 21);
INSERT INTO ecommerce.payments (tenant_id, id, user_id, method, currency, amount, mandate_id,
    order_id, order_created_at)
VALUES (1, :'p', :'ann', 'sepa_debit', 'EUR', 50, :'r', :'o', :'t'),
    (1, :'b', :'ann', 'bank_transfer', 'EUR', 30, NULL, :'o', :'t');
SELECT ecommerce_internal.book_entry(1, id, 'captured', amount, 'bank', 'came ' || id, NULL,
    '{}', now())
FROM ecommerce.payments WHERE id IN (:'p', :'b') \g /dev/null
INSERT INTO ecommerce.refund_payments (tenant_id, refund_id, part_number, payment_id, amount)
VALUES (1, :'f', 1, :'p', 12.34), (1, :'f', 2, :'b', 7.66);
CREATE FUNCTION public.transfer(more text, account text DEFAULT '''DE89370400440532013000''')
    RETURNS text LANGUAGE sql AS $$
    SELECT failure(format('SELECT ecommerce.request_sepa_transfer(''Ann'', %s, %s)', account,
        more)) $$;
SELECT transfer('1, ''x''', '''XX'''), transfer('1, ''x''', 'NULL');
SELECT transfer(a) FROM unnest(ARRAY['NULL, ''x''', '0, ''x''', '''NaN'', ''x''', '1.001, ''x''',
    '1e9, ''x''', '1, ''''',
    '1, NULL', '1, E''a\x02''', format('1, ''x'', %L', :'f'), format('1, ''x'', %L, 2', :'f'),
    '1, ''x'', ecommerce.uuid_v7(), 1']) a;
SELECT kind, name, amount, status FROM ecommerce.request_sepa_transfer(U&'Zo\00EB',
    'FR1420041010050500013M02606', 5.1,
    'RF18539007547034', idempotency_key => 'k',
        address => '{"address_line_1": "12 rue X", "address_line_2": "3e etage",
    "postal_code": "75001", "city": "Paris", "country": "FR"}');
SELECT kind, amount FROM ecommerce.request_sepa_transfer('Ann', 'DE89370400440532013000', 7.66,
    'Refund', :'f', 2);
SELECT transfer(format('7.66, ''x'', %L, 2', :'f')),
    transfer('7.66, ''x'', idempotency_key => ''k''');
SELECT kind, transaction_count, control_sum FROM ecommerce.sepa_credit_batch();
SELECT told(regexp_replace(xml, '[0-9]{6}-[0-9A-Z]{10}', 'ORDER')) FROM ecommerce.sepa_batches
    WHERE kind = 'credit';
SELECT kind, part_number, amount, status FROM ecommerce.sepa_transfers ORDER BY amount;
SELECT count(*) FROM ecommerce.sepa_credit_batch();
-- a part that was given back otherwise does not go out
INSERT INTO ecommerce.refund_payments (tenant_id, refund_id, part_number, payment_id, amount)
    VALUES (1, :'f', 3, :'b', 1);
SELECT status FROM ecommerce.request_sepa_transfer('Ann', 'DE89370400440532013000', 1, 'Refund',
    :'f', 3);
UPDATE ecommerce.refund_payments SET status = 'confirmed' WHERE part_number = 3;
SELECT count(*) FROM ecommerce.sepa_credit_batch();
SELECT status, failure_reason FROM ecommerce.sepa_transfers WHERE part_number = 3;
-- nor does one whose payment was charged back meanwhile
INSERT INTO ecommerce.refund_payments (tenant_id, refund_id, part_number, payment_id, amount)
VALUES (1, :'f', 4, :'b', 2), (1, :'f', 5, :'p', 2);
SELECT status FROM ecommerce.request_sepa_transfer('Ann', 'DE89370400440532013000', 2, 'Refund',
    :'f', 4);
SELECT ecommerce_internal.book_entry(1, id, 'charged_back', amount, 'bank', 'back ' || id, NULL,
    '{}', now())
FROM ecommerce.payments WHERE id IN (:'p', :'b') \g /dev/null
SELECT count(*) FROM ecommerce.sepa_credit_batch();
SELECT part_number, status, failure_reason FROM ecommerce.sepa_transfers WHERE part_number > 3;

-- files never change, nor do transfers
SELECT failure(c) FROM unnest(ARRAY['UPDATE ecommerce.sepa_batches SET xml = ''''',
    'DELETE FROM ecommerce.sepa_batch_items',
    'DELETE FROM ecommerce.sepa_transfers', 'UPDATE ecommerce.sepa_transfers SET amount = 9',
    'UPDATE ecommerce.sepa_transfers SET status = ''requested'' WHERE status = ''submitted''',
    'UPDATE ecommerce.sepa_transfers SET status = ''executed'' WHERE status = ''failed''']) c;

-- the proof finds what does not agree
SELECT problem, count(*) FROM ecommerce_internal.sepa_problems(NULL, 1) GROUP BY 1;
SET session_replication_role = replica;
UPDATE ecommerce.sepa_batches SET control_sum = control_sum + 1 WHERE kind = 'credit';
UPDATE ecommerce.sepa_batches SET xml = regexp_replace(xml, '<NbOfTxs>1<', '<NbOfTxs>2<')
    WHERE scheme = 'B2B';
UPDATE ecommerce.sepa_mandates SET status = 'revoked', ended_at = '2020-01-01'
    WHERE mandate_reference = 'A1';
UPDATE ecommerce.sepa_batch_items SET sequence_type = 'OOFF' WHERE amount = 10;
UPDATE ecommerce.sepa_transfers SET status = 'requested' WHERE part_number = 1;
DELETE FROM ecommerce.payment_entries e USING ecommerce.sepa_batch_items i
WHERE i.payment_id = e.payment_id AND i.amount = 14;
RESET session_replication_role;
SELECT problem, count(*) FROM ecommerce_internal.sepa_problems(NULL, 1) GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM ecommerce_internal.sepa_problems('2900-01-01', 1);

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP FUNCTION IF EXISTS public.debit, public.mandate, public.told, public.transfer;
