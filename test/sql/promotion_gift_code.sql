-- Codes of gift cards: which are issued, and what finds them.
CREATE EXTENSION ecommerce;
-- psql differs in how wide it takes what cannot be seen to be.
\pset format unaligned
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('PEN', 'Pen', 10, false);

-- what is no part of a code is refused and named, nothing is left out
SELECT code, failure(format('SELECT ecommerce.issue_gift_card(5, code => %L)', code)) AS failure
FROM unnest(ARRAY['ΔΩΡΟ-2026-0001', 'GESCHENK-Ä-8K2M', 'SUMMER_8K2M_X', 'SUMMER.8K2M.X',
    'SUM/8K2MXQ', 'SUMMER+8K2M', 'СUMMER-8K2M', 'SUMMER–8K2M', '８K2MXQ7B', U&'8K2M\00A0XQ7B',
    U&'8K2M\200BXQ7B', E'8K2M\tXQ7B', U&'8K2M\FEFFXQ7B', 'ſUMMER-8K2M', U&'\212AUMMER-8K2M',
    'sUmmer 8k2m-']) AS code;
SELECT failure('SELECT ecommerce.issue_gift_card(5, code => ''ΔΩΡΟ-2026-0001'')', hint => true);
-- weak ones
SELECT code, failure(format('SELECT ecommerce.issue_gift_card(5, code => %L)', code)) AS failure
FROM unnest(ARRAY['', ' ', '-', 'A', '8K2MXQ7', '8-K-2-M-X-Q-7', 'AAAAAAAA', '00000000', 'OOOO0000',
    'ABABABAB', 'ABCABCABC', 'GIFTCARDGIFTCARD', '8K2MX8K2MX', 'ABCDEFGH', 'HGFEDCBA', '12345678',
    '87654321', '1234567890123456', 'ABCD1234', 'ABCD-EFGH-1234', 'QWERTYUI', 'qwertz123456',
    'ASDFGHJK', '20260001', '20261231', '8305-1749', 'AABBCCDD', 'XXXXX8K2M', '1111-2222-3333',
    'IL1O0OI1LO', repeat('8K2MXQ7', 10)]) AS code;
SELECT failure(format('SELECT ecommerce.issue_gift_card(5, code => %L)',
    repeat('-', 256) || '8K2MXQ7B')) AS long;
-- good ones
SELECT code, failure(format('SELECT ecommerce.issue_gift_card(5, code => %L)', code)) AS failure
FROM unnest(ARRAY['8K2MXQ7B', 'Summer 2026 Nikos', 'GIFT-0001-4711', '830517492264', 'gift7x2q',
    '4242-1375-9086-2231']) AS code;
-- generated ones are, too
SELECT count(*) AS codes,
    count(*) FILTER (WHERE ecommerce_internal.gift_card_weakness(
        ecommerce_internal.gift_card_letters(code)) IS NOT NULL) AS weak,
    count(DISTINCT ecommerce_internal.gift_card_hash(code)) AS "different"
FROM (SELECT ecommerce_internal.random_gift_card_code() AS code FROM generate_series(1, 5000)) r;

-- found as everybody may write it, and by nothing else
SELECT left(w, 24) AS written, ecommerce.gift_card_balance(w) AS balance
FROM unnest(ARRAY['8K2MXQ7B', '8k2m xq7b', '8K2M-XQ7B', ' 8K2MXQ7B ', U&'8K2M\00A0XQ7B\200B',
    U&'8K2M\2011XQ7B', '8K2M–XQ7B', E'8K2M\tXQ7B\n', 'S U M M E R 2o26 NlKOS',
    '8K2MXQ7B.', '8K2M_XQ7B', '8K2M/XQ7B', 'Δ8K2MXQ7B', 'ΔΩΡΟ-8K2MXQ7B', '8K2MXQ7Bé',
    '8K2MXQ7B!', '8K2M’XQ7B',
    '８K2MXQ7B', '8K2MXQ7', '8K2MXQ7BB', '', '-', 'Δ', repeat(' ', 248) || '8K2MXQ7B']) AS w;
SELECT id FROM ecommerce.place_order(items('PEN')) \gset
SELECT failure(format('SELECT ecommerce.redeem_gift_card(%L, %L)', w, :'id')) AS failure
FROM unnest(ARRAY['ΔΩΡΟ-8K2MXQ7B', '8K2M.XQ7B', '', U&'\2007 8k2m\2013xq7b']) AS w;
SELECT ecommerce.gift_card_balance('8K2MXQ7B') AS "none left";

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
