-- Single lines are cancelled before they are shipped: units, amounts, payments and books.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
UPDATE ecommerce.settings SET country = 'GR', currency = 'EUR', prices = 'gross', oss = true;
INSERT INTO ecommerce.products (sku, name, price, vat_class, track_stock) VALUES
    ('A', 'A', 3.33, 'standard', true), ('B', 'B', 10.00, 'reduced', true),
    ('C', 'C', 0.01, 'standard', true), ('FILE', 'A file', 5.00, 'standard', false);
INSERT INTO ecommerce.warehouses (id, name, priority) VALUES (2, 'Second', 200), (3, 'Third', 50);
SELECT ecommerce.adjust_stock('A', 4, 'receipt'),
    ecommerce.adjust_stock('A', 3, 'receipt', warehouse_id => 2),
    ecommerce.adjust_stock('A', 5, 'receipt', warehouse_id => 3),
    ecommerce.adjust_stock('B', 100, 'receipt'), ecommerce.adjust_stock('C', 100, 'receipt');
INSERT INTO ecommerce.coupons (code, kind, value, currency, minimum, max_redemptions) VALUES
    ('TEN', 'percent', 10, 'EUR', 20, 5);
CREATE FUNCTION pg_temp.placed(items jsonb, notes text, codes text[] DEFAULT NULL,
    shipping numeric DEFAULT 4.90) RETURNS uuid LANGUAGE plpgsql AS $$
BEGIN
    RETURN (ecommerce.place_order(items, notes => placed.notes, coupon_codes => codes,
        charges => CASE WHEN shipping > 0 THEN
            jsonb_build_array(jsonb_build_object('kind', 'shipping', 'amount', shipping)) END)).id;
END $$;
CREATE FUNCTION pg_temp.o(notes text) RETURNS uuid LANGUAGE sql AS
    'SELECT o.id FROM ecommerce.orders o WHERE o.notes = $1';
CREATE VIEW public.cancelled AS
SELECT o.notes, c.cancellation_number AS number, c.line_number AS line, c.quantity AS units, c.net,
    c.vat, c.net + c.vat AS gross, c.allocation, c.reason
FROM ecommerce.order_cancellations c
JOIN ecommerce.orders o ON o.id = c.order_id AND o.created_at = c.order_created_at
ORDER BY o.id, 2, 3;
CREATE VIEW public.money AS
SELECT o.notes, o.status, o.payment_status AS paid_status, o.gross, a.cancelled, a.due,
    o.amount_paid AS paid, o.amount_refunded AS refunded, a.balance
FROM ecommerce.orders o JOIN ecommerce.order_amounts a ON a.id = o.id ORDER BY o.id;
CREATE FUNCTION pg_temp.proof() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' | ', 'proved',
        (SELECT string_agg(p::text, E'\n') FROM (SELECT * FROM ecommerce_internal.stock_problems()
            UNION ALL SELECT * FROM ecommerce_internal.order_problems()
            UNION ALL SELECT * FROM ecommerce_internal.promotion_problems()) p),
        (SELECT string_agg(b.sku, ',') FROM books() b WHERE moved <> sold + held + available
            AND sku <> 'FILE'))
$$;

-- 11 of A come from three warehouses: 5 of the third, 4 of the first, 2 of the second
SELECT pg_temp.placed(items('A', 11) || items('B', 3) || items('FILE', 2), 'first', '{TEN}')
    IS NOT NULL AS placed;
SELECT line_number, kind, sku, quantity, discount, net, vat, allocation FROM ecommerce.order_items
ORDER BY 1;
-- the least wanted warehouse gets its units back first
SELECT cancellation_number, status, payment_status, currency, net, vat, gross, due
FROM ecommerce.cancel_order_items(pg_temp.o('first'), items('A', 3), 'too many');
SELECT cancellation_number, net, vat, gross, due
FROM ecommerce.cancel_order_items(pg_temp.o('first'), '[{"line_number": 1, "quantity": "2"},
    {"sku": "FILE", "quantity": 1}, {"sku": "A", "quantity": 1}]');
SELECT * FROM public.cancelled;
SELECT * FROM public.money;
SELECT warehouse_id, available FROM ecommerce.stock WHERE product_id = id('A') ORDER BY 1;
SELECT kind, warehouse_id, quantity FROM ecommerce.stock_ledger WHERE product_id = id('A')
    AND order_id IS NOT NULL ORDER BY 1, 2, 3;
SELECT * FROM books() ORDER BY sku;
SELECT redemptions FROM ecommerce.coupons;
-- A SKU is one product: what the order calls by it, although another product has it since
BEGIN;
SELECT pg_temp.placed(items('B', 2) || items('C', 5), 'renamed') IS NOT NULL AS placed;
UPDATE ecommerce.products SET sku = 'OLD' WHERE sku = 'B';
UPDATE ecommerce.products SET sku = 'B' WHERE sku = 'C';
SELECT failure(format('SELECT ecommerce.cancel_order_items(%L::uuid, items(%L, 3))',
    pg_temp.o('renamed'), 'B'));
SELECT line_number, sku, cancelled FROM jsonb_to_recordset(ecommerce.get_order(
    pg_temp.o('renamed')) -> 'lines') AS l (line_number int, sku text, cancelled int) ORDER BY 1;
ROLLBACK;
SELECT pg_temp.proof();

-- bad items, and more than there is
SELECT items, failure(format('SELECT ecommerce.cancel_order_items(%L, %L::jsonb)',
    pg_temp.o('first'), items)) AS failure
FROM unnest(ARRAY['[]', '{}', '1', 'null', '"[]"', '[1]', '[{"sku": "A"}]',
    '[{"sku": "A", "quantity": 0}]', '[{"sku": "A", "quantity": -1}]',
    '[{"sku": "A", "quantity": 1.5}]', '[{"sku": "A", "quantity": "NaN"}]',
    '[{"sku": "A", "quantity": 1e20}]', '[{"sku": "A", "quantity": 1, "units": 1}]',
    '[{"sku": "A", "line_number": 1, "quantity": 1}]', '[{"line_number": 0, "quantity": 1}]',
    '[{"product_id": "x", "quantity": 1}]', '[{"sku": "A", "quantity": 6}]',
    '[{"sku": "A", "quantity": 3}, {"line_number": 1, "quantity": 3}, {"sku": "Z", "quantity": 1}]',
    '[{"line_number": 4, "quantity": 1}]', '[{"line_number": 99, "quantity": 1}]']) AS items;
SELECT failure(format('SELECT ecommerce.cancel_order_items(%s)', a)) AS failure FROM unnest(ARRAY[
    'NULL::uuid, ''[]''', 'ecommerce.uuid_v7(), NULL', 'ecommerce.uuid_v7(), items(''A'', 1)',
    'gen_random_uuid(), items(''A'', 1)', '''none'', items(''A'', 1)',
    'ecommerce.uuid_v7(), items(''A'', 1), idempotency_key => ''''',
    'ecommerce.uuid_v7(), items(''A'', 1), repeat(''x'', 10001)',
    'ecommerce.uuid_v7(), items(''A'', 1), tenant_id => 2',
    'ecommerce.uuid_v7(), items(''A'', 1), tenant_id => NULL']) a;
SELECT * FROM public.money;

-- a retry cancels nothing more
SELECT cancellation_number, gross, due FROM ecommerce.cancel_order_items(pg_temp.o('first'),
    items('B', 1), idempotency_key => 'key');
SELECT cancellation_number, gross, due FROM ecommerce.cancel_order_items(pg_temp.o('first'),
    '[{"sku": "B", "quantity": "1.0"}]', idempotency_key => 'key');
SELECT failure(format('SELECT ecommerce.cancel_order_items(%L, items(%L, 2),
    idempotency_key => %L)', pg_temp.o('first'), 'B', 'key')) AS failure,
    failure(format('SELECT ecommerce.cancel_order_items(%L, items(%L, 1), %L,
    idempotency_key => %L)', pg_temp.o('first'), 'B', 'why', 'key')) AS for_another_reason;

-- the rest by cancel_order(): what is left of the stock, the coupon, all amounts
SELECT previous_status, status FROM ecommerce.cancel_order(pg_temp.o('first'));
SELECT * FROM public.money;
SELECT * FROM books() ORDER BY sku;
SELECT warehouse_id, available FROM ecommerce.stock WHERE product_id = id('A') ORDER BY 1;
SELECT kind, warehouse_id, sum(quantity) FROM ecommerce.stock_ledger WHERE product_id = id('A')
    AND order_id IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2;
SELECT redemptions FROM ecommerce.coupons;
SELECT failure(format('SELECT ecommerce.cancel_order_items(%L, items(%L, 1))', pg_temp.o('first'),
    'B')) AS cancelled_before;
SELECT pg_temp.proof();

-- unit by unit it comes to the cent to what the line does, in any order
SELECT pg_temp.placed(items('A', 7) || items('C', 3) || items('B', 1), 'units', '{TEN}') IS NOT NULL
    AS placed;
SELECT n, c.net, c.vat, c.gross, c.due FROM generate_series(1, 10) n,
    LATERAL ecommerce.cancel_order_items(pg_temp.o('units'),
        items(CASE WHEN n IN (2, 5, 8) THEN 'C' ELSE 'A' END, 1), n::text) c;
SELECT i.line_number, i.net, i.vat, sum(c.net) AS cancelled_net, sum(c.vat) AS cancelled_vat
FROM ecommerce.order_items i JOIN ecommerce.order_cancellations c USING (order_id, line_number)
WHERE order_id = pg_temp.o('units') GROUP BY 1, 2, 3 ORDER BY 1;
-- with the last of the goods the order is cancelled, shipping and all
SELECT status, gross, due FROM ecommerce.cancel_order_items(pg_temp.o('units'), items('B', 1),
    'last', 'last');
SELECT status, gross, due FROM ecommerce.cancel_order_items(pg_temp.o('units'), items('B', 1),
    'last', 'last');
SELECT kind, data - 'lines' AS data FROM ecommerce.events WHERE entity_id = pg_temp.o('units')
    AND data ->> 'reason' = 'last' ORDER BY id;
SELECT redemptions FROM ecommerce.coupons;
SELECT pg_temp.proof();

-- net prices: net and VAT of the units
UPDATE ecommerce.settings SET prices = 'net';
SELECT pg_temp.placed(items('A', 3) || items('A', 2), 'net', shipping => 0) IS NOT NULL AS placed;
SELECT n, c.net, c.vat, c.gross, c.due FROM generate_series(1, 4) n,
    LATERAL ecommerce.cancel_order_items(pg_temp.o('net'), items('A', 1), n::text) c;
SELECT line, units, net, vat FROM public.cancelled WHERE notes = 'net';
SELECT failure(format('SELECT ecommerce.cancel_order_items(%L, items(%L, 2))', pg_temp.o('net'),
    'A')) AS too_many;
UPDATE ecommerce.settings SET prices = 'gross';

-- gift cards: what they paid beyond what is due goes back
SELECT g.code AS card FROM ecommerce.issue_gift_card(30) g \gset
SELECT pg_temp.placed(items('B', 4), 'card') IS NOT NULL AS placed;
SELECT ecommerce.redeem_gift_card(:'card', pg_temp.o('card'));
SELECT gross, due, payment_status
FROM ecommerce.cancel_order_items(pg_temp.o('card'), items('B', 1));
SELECT * FROM public.money WHERE notes = 'card';
-- 4.90 are owed still; a second unit makes it too much
SELECT failure(format('SELECT ecommerce.redeem_gift_card(%L, %L, 5)', :'card', pg_temp.o('card')));
SELECT gross, due, payment_status
FROM ecommerce.cancel_order_items(pg_temp.o('card'), items('B', 1));
SELECT ecommerce.gift_card_balance(:'card');
SELECT * FROM public.money WHERE notes = 'card';
SELECT failure(format('SELECT ecommerce.redeem_gift_card(%L, %L)', :'card', pg_temp.o('card')));
SELECT status FROM ecommerce.cancel_order(pg_temp.o('card'));
SELECT ecommerce.gift_card_balance(:'card');
SELECT * FROM public.money WHERE notes = 'card';
-- who pays what is due has paid
SELECT pg_temp.placed(items('B', 2), 'due') IS NOT NULL AS placed;
SELECT due FROM ecommerce.cancel_order_items(pg_temp.o('due'), items('B', 1));
SELECT ecommerce.redeem_gift_card(:'card', pg_temp.o('due'));
SELECT * FROM public.money WHERE notes = 'due';
-- and so has who had paid what is due then, to the cent
SELECT pg_temp.placed(items('B', 2), 'exact') IS NOT NULL AS placed;
SELECT ecommerce.redeem_gift_card(:'card', pg_temp.o('exact'), 14.90);
SELECT due, payment_status FROM ecommerce.cancel_order_items(pg_temp.o('exact'), items('B', 1));
SELECT * FROM public.money WHERE notes = 'exact';
SELECT status FROM ecommerce.cancel_order(pg_temp.o('exact'));
-- a paid order of which a part was refunded is cancelled, and its stock comes back once:
-- Sylius/Sylius#12869
SELECT pg_temp.placed(items('B', 2), 'refunded') IS NOT NULL AS placed;
SELECT pay(pg_temp.o('refunded')), give_back(pg_temp.o('refunded'), 4.90);
SELECT status FROM ecommerce.cancel_order(pg_temp.o('refunded'));
SELECT kind, sum(quantity) FROM ecommerce.stock_ledger WHERE order_id = pg_temp.o('refunded')
GROUP BY 1 ORDER BY 1;
SELECT failure(format('SELECT ecommerce.cancel_order_items(%L, items(%L, 1))',
    pg_temp.o('refunded'), 'B')) AS again;
SELECT * FROM public.money WHERE notes = 'refunded';
SELECT pg_temp.proof();

-- shipped: what was cancelled does not come back again
SELECT (ecommerce.transition_order(pg_temp.o('due'), s)).status
FROM unnest('{processing,shipped}'::text[]) s;
SELECT failure(format('SELECT ecommerce.cancel_order_items(%L, items(%L, 1))',
    pg_temp.o('due'), 'B'), hint => true) AS shipped;
SELECT failure(format('SELECT ecommerce.return_stock(%L, items(%L, 2))', pg_temp.o('due'), 'B'));
SELECT failure(format('INSERT INTO ecommerce.stock_movements
    (product_id, quantity, reason, order_id) VALUES (%L, 2, %L, %L)',
    id('B'), 'return', pg_temp.o('due'))) AS by_plain_sql;
SELECT ecommerce.return_stock(pg_temp.o('due'), items('B', 1));
SELECT pg_temp.proof();

-- plain SQL neither writes nor changes what was cancelled, nor cancels around it
SELECT failure(command) AS failure FROM unnest(ARRAY[
    'INSERT INTO ecommerce.order_cancellations (order_id, order_created_at, cancellation_number,
        line_number, quantity, net, vat)
        SELECT id, created_at, 9, 1, 1, 0, 0 FROM ecommerce.orders',
    'UPDATE ecommerce.order_cancellations SET quantity = 1',
    'DELETE FROM ecommerce.order_cancellations', 'TRUNCATE ecommerce.order_cancellations',
    'UPDATE ecommerce.orders SET status = ''cancelled'' WHERE notes = ''net''']) command;

-- a trigger that cancels meanwhile is refused, and nothing comes back twice
SELECT pg_temp.placed(items('B', 5) || items('C', 1), 'nested') IS NOT NULL AS placed;
CREATE FUNCTION public.nest() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_catalog AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        EXECUTE current_setting('nest.command')
            USING (SELECT id FROM ecommerce.orders WHERE notes = 'nested');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION pg_temp.nested(command text, inner_command text, moment text, relation text)
    RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_result text;
BEGIN
    PERFORM set_config('nest.command', inner_command, true);
    EXECUTE format('CREATE TRIGGER nest %s ON ecommerce.%I FOR EACH ROW
        EXECUTE FUNCTION public.nest()', moment, relation);
    v_result := failure(format(command, pg_temp.o('nested')));
    EXECUTE format('DROP TRIGGER nest ON ecommerce.%I', relation);
    v_result := concat_ws(' / ', v_result, (SELECT sum(quantity) FROM ecommerce.order_cancellations
        WHERE order_id = pg_temp.o('nested')), (SELECT status FROM ecommerce.orders
        WHERE notes = 'nested'), pg_temp.proof());
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = v_result;
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
    RETURN SQLERRM;
END $$;
SELECT moment, relation, outer_name, inner_name, pg_temp.nested(command, nested, moment, relation)
FROM (VALUES ('BEFORE INSERT', 'order_cancellations', '3 B', '2 B'),
        ('BEFORE INSERT', 'order_cancellations', '3 B', 'order'),
        ('BEFORE INSERT', 'order_cancellations', '3 B', 'C, then 3 B'),
        ('AFTER INSERT', 'order_cancellations', '3 B', '3 B'),
        ('AFTER UPDATE', 'stock', '3 B', '2 B'), ('AFTER UPDATE', 'stock', '3 B', 'order'),
        ('AFTER UPDATE', 'stock', 'all', '2 B'), ('AFTER UPDATE', 'stock', 'order', '2 B'),
        ('AFTER UPDATE', 'stock', 'order', 'order'))
        AS t (moment, relation, outer_name, inner_name)
JOIN (VALUES ('3 B', 'SELECT ecommerce.cancel_order_items(%L, items(''B'', 3))'),
        ('all', 'SELECT ecommerce.cancel_order_items(%L, items(''B'', 5) || items(''C'', 1))'),
        ('order', 'SELECT ecommerce.cancel_order(%L)')) c (outer_name, command) USING (outer_name)
JOIN (VALUES ('3 B', 'SELECT ecommerce.cancel_order_items($1, items(''B'', 3))'),
        ('2 B', 'SELECT ecommerce.cancel_order_items($1, items(''B'', 2))'),
        ('C, then 3 B', 'SELECT ecommerce.cancel_order_items($1, items(''C'', 1)),
            ecommerce.cancel_order_items($1, items(''B'', 3))'),
        ('order', 'SELECT ecommerce.cancel_order($1)')) n (inner_name, nested) USING (inner_name)
ORDER BY 1, 2, 3, 4;
SELECT pg_temp.proof();

-- VAT counts the correction when it was made; what is sold is what is left
SELECT country, vat_category, vat_rate, orders, net, vat FROM ecommerce.vat_return('2020-01-01',
    '2100-01-01');
SELECT sum(o.net) - (SELECT sum(c.net) FROM ecommerce.order_cancellations c JOIN ecommerce.orders p
        ON p.id = c.order_id WHERE p.status <> 'cancelled') AS net,
    sum(o.vat) - (SELECT sum(c.vat) FROM ecommerce.order_cancellations c JOIN ecommerce.orders p
        ON p.id = c.order_id WHERE p.status <> 'cancelled') AS vat
FROM ecommerce.orders o WHERE o.status <> 'cancelled';
REFRESH MATERIALIZED VIEW ecommerce.product_stats;
SELECT name, total_orders, total_quantity_sold, revenue FROM ecommerce.product_stats ORDER BY name;

-- an order of the past: after its books were closed, and archived
SELECT count(*) FROM ecommerce.ensure_partitions('2019-04-01', '2019-04-30');
SELECT gross FROM ecommerce.place_order(items('B', 3) || items('B', 4), notes => 'past',
    placed_at => '2019-04-05');
SELECT ecommerce.close_stock_books('2020-01-01') > 0 AS closed;
SELECT gross, due FROM ecommerce.cancel_order_items(pg_temp.o('past'), items('B', 5));
SELECT problem FROM ecommerce_internal.stock_problems('2020-02-01')
UNION ALL SELECT problem FROM ecommerce_internal.order_problems('2020-02-01');
SELECT (ecommerce.transition_order(pg_temp.o('past'), s)).status
FROM unnest('{processing,shipped}'::text[]) s;
SELECT failure('SELECT ecommerce.detach_partition(''ecommerce_partitions.orders_2019_q2'')');
SELECT pay(pg_temp.o('past'), 20);
REFRESH MATERIALIZED VIEW ecommerce.product_stats;
CREATE TEMP TABLE stats AS SELECT * FROM ecommerce.product_stats;
CREATE TEMP TABLE was AS SELECT * FROM books();
SELECT count(*) FROM ecommerce.detach_partition('ecommerce_partitions.orders_2019_q2');
SELECT pg_temp.proof();
SELECT sku, moved, sold, available FROM books() EXCEPT SELECT sku, moved, sold, available FROM was;
SELECT corrected_at > now() - interval '1 day' AS corrected FROM ecommerce.archived_partitions;
REFRESH MATERIALIZED VIEW ecommerce.product_stats;
SELECT * FROM ecommerce.product_stats EXCEPT SELECT * FROM stats;
-- their correction counts today, so that what was corrected must be there
SELECT failure('SELECT ecommerce.vat_return(''2021-01-01'', ''2100-01-01'')');
SELECT count(*) FROM ecommerce.vat_return('2018-01-01', '2018-12-31');
SELECT count(*) FROM ecommerce.attach_partition('ecommerce_partitions.orders_2019_q2');
SELECT pg_temp.proof();
SELECT * FROM books() EXCEPT SELECT * FROM was;
SELECT vat_rate, orders, net FROM ecommerce.vat_return('2019-04-01', '2019-04-30');

-- what a proof must find
SET session_replication_role = replica;
UPDATE ecommerce.order_cancellations SET quantity = quantity + 3 WHERE order_id = pg_temp.o('net')
    AND cancellation_number = 1;
SELECT problem, detail - 'warehouse_id' AS detail FROM ecommerce.verify_integrity() ORDER BY 1, 2;
UPDATE ecommerce.order_cancellations SET quantity = quantity - 3, vat = vat + 0.01
WHERE order_id = pg_temp.o('net') AND cancellation_number = 1;
SELECT problem, detail FROM ecommerce.verify_integrity() ORDER BY 1, 2;
RESET session_replication_role;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
