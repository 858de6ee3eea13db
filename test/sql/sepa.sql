-- SEPA: numbers, days, texts and mandates.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';

-- texts: letters first, then signs, then the cut
SELECT ecommerce.sepa_text(t, 70) FROM unnest(ARRAY[
    U&'Stra\00DFe \00C4\00D6\00DC\00E4\00F6\00FC',
        U&'\0141\00F3d\017A \015Awi\0119tokrzyska \0105\0107\0144',
    U&'\0394\03AE\03BC\03B7\03C4\03C1\03B1 \03A8\03B1\03C1\03C1\03AC'
        ' \0398\03AC\03C3\03BF\03C2 \0399\0390\03CD\03CB',
    U&'\0429\0435\0440\044C\043E \0416\044A\043B\0442\043E\0432 \042E\044F\0446',
        U&'\0409\0443\0431\043E\045A\0430 \0402\0443\0440\0452\0435\0432\0438\045B',
    U&'Zo\00EB \0158eh\00E1k \011Eul \0218tefan \00C5se \00D8rsted \00D0\00FE',
        U&'u\0308ber cafe\0301 \1EC7 \FB01',
    'a_b*c&d@e#f;g<h>i"j%k=l|m~n[o]p{q}', E'  tab\tand\nline \r\n  end  ',
        U&'nb\00A0sp zw\200Bnj \2013 \2019 \20AC',
    U&'\65E5\672C \+01F600', '/-?:().,''+ 0189', '']) t;
SELECT ecommerce.sepa_text(U&'\0398\0398\0398', 5) AS cut_last, ecommerce.sepa_text('ab cd', 3)
    AS trimmed,
    length(ecommerce.sepa_text(repeat(U&'\03A8', 3000), 2000)) AS long, ecommerce.sepa_text(NULL,
        3) IS NULL AS null;
SELECT failure(format('SELECT ecommerce.sepa_text(''x'', %s)', n))
    FROM unnest('{0,-1,2049}'::int[]) n;
-- every character that there is becomes one that a file may have
SELECT count(*) FROM generate_series(1, 70000) n
WHERE n NOT BETWEEN 55296 AND 57343 AND ecommerce.sepa_text(chr(n),
    10) !~ '^[A-Za-z0-9/?:().,''+ -]*$';

-- creditor references and identifiers
SELECT ecommerce.rf_reference(r), ecommerce.rf_reference_valid(ecommerce.rf_reference(r))
FROM unnest('{539007547034,a1-B2/c3.4,1,261129-7K3QX9M2TV}'::text[]) r;
SELECT r, ecommerce.rf_reference_valid(r) FROM unnest('{RF18539007547034,rf18 5390 0754 7034,
    RF19539007547034,RF18,RF,"",RF18539007547034539007547034,RF18-539007547034,
    XX18539007547034}'::text[]) r;
SELECT failure(format('SELECT ecommerce.rf_reference(%L)', r))
FROM unnest(ARRAY['', '-', 'a b_c', U&'\00E4', repeat('1', 22)]) r;
SELECT i, ecommerce.sepa_creditor_id_valid(i) FROM unnest('{DE98ZZZ09999999999,FR72ZZZ123456,
    AT61ZZZ01234567890,BE69ZZZ050D000000008,IT66ZZZA1B2C3D4E5F6G7H8,LU27ZZZ0000000000123456789,
    EE49ZZZEE00012345678,DE98ABC09999999999,de98 zzz0 9999 9999 99,DE00ZZZ09999999999,
    DE99ZZZ09999999999,98ZZZ09999999999,DE98ZZZ,DE98ZZZ-,""}'::text[]) i;

-- days on which banks move euros
SELECT string_agg(d::date::text, ' ' ORDER BY d) FROM generate_series('2026-01-01'::date,
    '2027-05-31', '1 day') d
WHERE extract(isodow FROM d) < 6 AND NOT ecommerce.is_target_day(d::date);
SELECT ecommerce.next_target_day('2026-12-24', n) FROM generate_series(0, 3) n;
SELECT ecommerce.next_target_day('2026-04-04', 0), ecommerce.next_target_day('2026-04-04'),
    ecommerce.next_target_day('2026-04-01', 3);
SELECT failure(format('SELECT ecommerce.%s', c)) FROM unnest(ARRAY['next_target_day(''infinity'')',
    'next_target_day(''2026-01-01'', -1)', 'next_target_day(''2026-01-01'', 1001)',
    'is_target_day(''-infinity'')', 'is_target_day(''1900-01-01'')']) c;

-- mandates
UPDATE ecommerce.settings SET country = 'GR';
\set ann '01930000-0000-7000-8000-0000000000a1'
\set bob '01930000-0000-7000-8000-0000000000a2'
INSERT INTO ecommerce.users (id, email, status) VALUES (:'ann', 'a@example.com', 'active'),
    (:'bob', 'b@example.com', 'active'), ('01930000-0000-7000-8000-0000000000a3', 'c@example.com',
        'inactive');
SELECT m.mandate_reference, m.iban_end, m.scheme, m.kind, m.signed_on
    = ecommerce_internal.shop_day() AS today,
    m.status FROM ecommerce.create_sepa_mandate(:'ann', 'de89 3704 0044 0532 0130 00', ' Ann M ',
    bic => 'cobadeffxxx',
        address => '{"address_line_1": " X 1 ", "city": "Berlin", "country": "DE"}',
    mandate_reference => 'M/1', idempotency_key => 'key-1') m;
SELECT iban, bic, account_holder, address_line_1, city FROM ecommerce.sepa_mandates;
SELECT m.mandate_reference ~ '^M-[0-9]{6}-' AS made_up FROM ecommerce.create_sepa_mandate(:'ann',
    'GR1601101250000000012300695', 'A') m;
-- a retry is the same mandate, another request is none
SELECT m.mandate_reference FROM ecommerce.create_sepa_mandate(:'ann', 'DE89370400440532013000',
    'Ann M',
    bic => 'cobadeffxxx', address => '{"country": "DE", "city": "Berlin", "address_line_1": "X 1"}',
    mandate_reference => 'M/1', idempotency_key => 'key-1') m;
SELECT failure(format('SELECT ecommerce.create_sepa_mandate(%s)', a)) FROM unnest(ARRAY[
    format('%L, ''DE89370400440532013000'', ''Ann'', idempotency_key => ''key-1''', :'ann'),
    format('%L, ''DE89370400440532013000'', ''Ann'', mandate_reference => ''M/1''', :'ann')]) a;
CREATE FUNCTION public.wrong(more text, iban text DEFAULT 'DE89370400440532013000',
    holder text DEFAULT 'Ann')
RETURNS text LANGUAGE sql AS $$ SELECT
    failure(format('SELECT ecommerce.create_sepa_mandate(%L, %L, %L%s)',
    '01930000-0000-7000-8000-0000000000a1', iban, holder, more)) $$;
SELECT wrong('', iban) FROM unnest(ARRAY['DE89370400440532013001', 'XX', '', NULL,
    'AE070331234567890123456', 'BR1800360305000010009795493C1']) iban;
SELECT wrong('', 'CH9300762011623852957'),
    wrong(', address => ''{"city": "Bern", "country": "CH"}''',
    'CH9300762011623852957');
SELECT wrong('', holder => h) FROM unnest(ARRAY[NULL, '', ' ', U&'\+01F600', repeat('x', 201),
    E'a\x01b']) h;
SELECT wrong(m) FROM unnest(ARRAY[', signed_on => ''infinity''', ', signed_on => ''2900-01-01''',
    ', signed_on => ''2001-01-01''', ', bic => ''DEUT''', ', bic => ''''', ', scheme => ''COR1''',
    ', scheme => NULL', ', kind => ''often''', ', kind => NULL', ', mandate_reference => ''''',
    ', mandate_reference => ''a b''', ', mandate_reference => ''/a''',
        ', mandate_reference => ''a//b''',
    ', mandate_reference => repeat(''x'', 36)', ', address => ''[]''',
        ', address => ''{"street": "x"}''',
    ', address => ''{"city": 1}''', ', address => ''{"city": "x"}''',
        ', address => ''{"city": "x", "country": "XX"}''',
    ', address => ''{"city": "x", "country": "Germany"}''',
    format(', address => %L', jsonb_build_object('city', U&'\65E5\672C', 'country', 'DE')),
    ', address => jsonb_build_object(''city'', repeat(''x'', 101), ''country'', ''DE'')',
    ', address => jsonb_build_object(''city'', ''x'', ''country'', ''DE'', ''postal_code'','
        ' repeat(''1'', 21))',
    ', idempotency_key => ''''', ', tenant_id => NULL', ', tenant_id => 7']) m;
SELECT failure(format('SELECT ecommerce.create_sepa_mandate(%s,
    ''DE89370400440532013000'', ''X'')', u))
FROM unnest(ARRAY['NULL', 'ecommerce.uuid_v7()', '''01930000-0000-7000-8000-0000000000a3''']) u;
SELECT kind, data - 'user_id' - 'signed_on' AS data FROM ecommerce.events
    WHERE kind LIKE 'mandate.%'
AND data ->> 'mandate_reference' = 'M/1';

-- amended: before the first collection nobody has to be told
SELECT id AS m FROM ecommerce.sepa_mandates WHERE mandate_reference = 'M/1' \gset
SELECT m.mandate_reference, m.iban_end FROM ecommerce.amend_sepa_mandate(:'m',
    'DE02120300000000202051',
    mandate_reference => 'M/2') m;
SELECT bic, original_iban, original_reference FROM ecommerce.sepa_mandates WHERE id = :'m';
-- afterwards the bank is, until it knows; and the way back is no change
UPDATE ecommerce.sepa_mandates SET last_used_on = ecommerce_internal.shop_day() WHERE id = :'m';
SELECT FROM ecommerce.amend_sepa_mandate(:'m', 'DE89370400440532013000');
SELECT FROM ecommerce.amend_sepa_mandate(:'m', 'DE75512108001245126199', 'M/3', 'Ann N');
SELECT iban, original_iban, mandate_reference, original_reference, account_holder
    FROM ecommerce.sepa_mandates WHERE id = :'m';
SELECT FROM ecommerce.amend_sepa_mandate(:'m', 'DE02120300000000202051', 'M/2');
SELECT original_iban, original_reference FROM ecommerce.sepa_mandates WHERE id = :'m';
SELECT failure(format('SELECT ecommerce.amend_sepa_mandate(%s)', a)) FROM unnest(ARRAY['NULL',
    'ecommerce.uuid_v7()',
    format('%L, ''XX''', :'m'), format('%L, mandate_reference => ''x y''', :'m'),
        format('%L, account_holder => ''''', :'m')]) a;
-- no reference is given twice, whose ever it was
SELECT wrong(format(', mandate_reference => %L', r)) FROM unnest('{M/1,M/2,M/3}'::text[]) r;
SELECT mandate_reference FROM ecommerce.sepa_mandate_references WHERE mandate_id = :'m' ORDER BY 1;

-- who may pay by it
SELECT ecommerce_internal.check_mandate(1, :'m', :'ann') = :'m' AS ok;
SELECT failure(format('SELECT ecommerce_internal.check_mandate(1, %s)', a)) FROM unnest(ARRAY[
    format('%L, %L', :'m', :'bob'), format('%L, NULL', :'m'), 'ecommerce.uuid_v7(), NULL',
        'NULL, NULL']) a;

-- states: each end is one, also for plain SQL
SELECT ecommerce.revoke_sepa_mandate(:'m', 'asked to') IS NOT NULL AS revoked;
SELECT status, ended_at IS NOT NULL AS ended FROM ecommerce.sepa_mandates WHERE id = :'m';
SELECT status FROM ecommerce.revoke_sepa_mandate(:'m');
SELECT data ->> 'reason' AS reason FROM ecommerce.events WHERE kind = 'mandate.revoked';
SELECT failure(format(c, :'m'))
    FROM unnest(ARRAY['SELECT ecommerce.amend_sepa_mandate(%L, ''DE89370400440532013000'')',
    'SELECT ecommerce_internal.check_mandate(1, %L, ''01930000-0000-7000-8000-0000000000a1'')',
    'UPDATE ecommerce.sepa_mandates SET status = ''active'' WHERE id = %L',
    'UPDATE ecommerce.sepa_mandates SET status = ''used'' WHERE id = %L',
    'UPDATE ecommerce.sepa_mandates SET iban = ''DE89370400440532013000'' WHERE id = %L',
    'UPDATE ecommerce.sepa_mandates SET signed_on = ''2020-01-01'' WHERE id = %L',
    'UPDATE ecommerce.sepa_mandates SET mandate_reference = ''x'' WHERE id = %L',
    'DELETE FROM ecommerce.sepa_mandates WHERE id = %L',
        'SELECT ecommerce.revoke_sepa_mandate(%L, repeat(''x'', 10001))']) c;
SELECT failure('TRUNCATE ecommerce.bank_entries');
SELECT failure(format('INSERT INTO ecommerce.sepa_mandates (user_id, mandate_reference,
    account_holder, iban, signed_on, %s)
    VALUES (%L, ''P'', ''x'', %L, ''2026-01-01'', %s)', k, :'ann', i, v)) FROM (VALUES
    ('status', 'DE89370400440532013000', '''used'''), ('status', 'DE89370400440532013001',
        '''active'''),
    ('original_iban', 'DE89370400440532013000', '''DE02120300000000202051''')) AS v (k, i, v);
-- 36 months without a collection
INSERT INTO ecommerce.sepa_mandates (user_id, mandate_reference, account_holder, iban, signed_on)
VALUES (:'ann', 'OLD', 'x', 'DE89370400440532013000', '2021-01-01');
SELECT failure(format('SELECT ecommerce_internal.check_mandate(1, %L, %L)', id, :'ann'))
FROM ecommerce.sepa_mandates WHERE mandate_reference = 'OLD';
SELECT ecommerce.expire_sepa_mandates(), ecommerce.expire_sepa_mandates(tenant_id => NULL);
SELECT status FROM ecommerce.sepa_mandates WHERE mandate_reference = 'OLD';
SELECT failure('SELECT ecommerce.expire_sepa_mandates(-1)');

-- a storefront makes and sees those of its customer, and of an account the end only
CREATE ROLE regress_sepa;
SELECT FROM ecommerce.grant_access('regress_sepa', 'storefront');
SET ROLE regress_sepa;
SELECT failure(format('SELECT ecommerce.create_sepa_mandate(%L,
    ''DE89370400440532013000'', ''Bob'')', :'bob'));
BEGIN;
SELECT ecommerce.use_customer(:'bob');
SELECT m.iban_end FROM ecommerce.create_sepa_mandate(:'bob', 'DE89370400440532013000', 'Bob',
    mandate_reference => 'BOB', idempotency_key => 'long-enough-to-be-secret') m;
SELECT mandate_reference, iban_end FROM ecommerce.sepa_mandates;
SELECT failure('SELECT iban FROM ecommerce.sepa_mandates'),
    failure('SELECT * FROM ecommerce.sepa_batches'),
    failure('SELECT ecommerce.sepa_debit_batch()'),
        failure('SELECT ecommerce.read_camt(''<a/>''::text)');
SELECT failure(format('SELECT ecommerce.create_sepa_mandate(%L,
    ''DE89370400440532013000'', ''Ann'')', :'ann')),
    failure(format('SELECT ecommerce.create_sepa_mandate(%L,
        ''DE89370400440532013000'', ''Bob'', idempotency_key => ''short'')', :'bob'));
COMMIT;
RESET ROLE;
-- whoever acts for a customer does not learn of the mandates of others
BEGIN;
SELECT ecommerce.use_customer(:'bob');
SELECT failure(format('SELECT ecommerce_internal.check_mandate(1, %L, %L)', :'m', :'bob'))
    AS unknown,
    failure(format('SELECT ecommerce.revoke_sepa_mandate(%L)', :'m')) AS also;
COMMIT;
SELECT FROM ecommerce.revoke_access('regress_sepa');
DROP ROLE regress_sepa;

-- forgotten at once where nothing was collected, else after the years
SELECT FROM ecommerce.erase_customer(:'ann');
SELECT mandate_reference, status, iban IS NULL AS forgotten, iban_end FROM ecommerce.sepa_mandates
WHERE mandate_reference !~ '^M-' ORDER BY 1;
SET session_replication_role = replica;
UPDATE ecommerce.sepa_mandates SET last_used_on = '2001-01-01' WHERE id = :'m';
RESET session_replication_role;
SELECT FROM ecommerce.erase_expired();
SELECT iban, account_holder FROM ecommerce.sepa_mandates WHERE id = :'m';
SELECT * FROM ecommerce.verify_integrity();

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP FUNCTION IF EXISTS public.wrong;
