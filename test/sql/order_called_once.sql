-- SELECT (f(...)).* calls f for each column of its result: an error, not seven
-- orders.  Calls that somebody meant are as many as there are.
CREATE EXTENSION ecommerce;
SET client_min_messages = warning;
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('A', 'A', 10, true);
SELECT ecommerce.adjust_stock('A', 1000, 'receipt');
CREATE FUNCTION public.done(OUT orders bigint, OUT reservations bigint, OUT cards bigint)
LANGUAGE sql AS $$
    SELECT (SELECT count(*) FROM ecommerce.orders),
        (SELECT count(*) FROM ecommerce.stock_reservations),
        (SELECT count(*) FROM ecommerce.gift_cards)
$$;

-- what is expanded
SELECT (ecommerce.place_order('[{"sku": "A", "quantity": 1}]')).*;
SELECT (ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]')).*;
SELECT (ecommerce.issue_gift_card(10)).*;
SELECT (ecommerce.release_reservation(r.id)).*
FROM ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]') r;
SELECT (ecommerce.cancel_order(o.id)).*
FROM ecommerce.place_order('[{"sku": "A", "quantity": 1}]') o;
SELECT (ecommerce.place_order('[{"sku": "A", "quantity": 1}]', email => 'a@example.org')).*
FROM generate_series(1, 2);
CREATE TABLE public.kept AS SELECT (ecommerce.place_order('[{"sku": "A", "quantity": 1}]')).*;
CREATE VIEW public.expanded AS SELECT (ecommerce.place_order('[{"sku": "A", "quantity": 1}]')).*;
SELECT * FROM public.expanded;
SELECT (o.p).* FROM (SELECT ecommerce.place_order('[{"sku": "A", "quantity": 1}]') AS p) o LIMIT 0;
DO $$
DECLARE
    o ecommerce.placed_order;
BEGIN
    SELECT (ecommerce.place_order('[{"sku": "A", "quantity": 1}]')).* INTO o;
END $$;
PREPARE expanded AS SELECT (ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]')).*;
EXECUTE expanded;
EXECUTE expanded;
SELECT * FROM public.done();

-- what is not: one
SELECT count(*) FROM ecommerce.place_order('[{"sku": "A", "quantity": 1}]');
SELECT count(ecommerce.place_order('[{"sku": "A", "quantity": 1}]'));
SELECT (ecommerce.place_order('[{"sku": "A", "quantity": 1}]')).gross;
WITH o AS MATERIALIZED (SELECT ecommerce.place_order('[{"sku": "A", "quantity": 1}]') AS p)
SELECT (p).gross, (p).net, (p).vat FROM o;
SELECT (o.p).gross, (o.p).net, (o.p).vat
FROM (SELECT ecommerce.place_order('[{"sku": "A", "quantity": 1}]') AS p OFFSET 0) o;
SELECT count((o).id)
FROM ecommerce.place_orders(ARRAY['{"items": [{"sku": "A", "quantity": 1}]}']::jsonb[]) o;
SELECT count(*)
FROM (SELECT (ecommerce.place_orders(ARRAY['{"items": [{"sku": "A", "quantity": 1}]}']::jsonb[])).*)
    o;
SELECT * FROM public.done();

-- the same twice, as somebody meant: in a statement,
SELECT count(ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]')) FROM generate_series(1, 2);
SELECT ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]')
    <> ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]') AS two;
SELECT count(*)
FROM (SELECT ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]')
    UNION ALL SELECT ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]')) r;
SELECT count(*)
FROM ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]'),
    ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]') r;
CREATE TABLE public.parts (n integer) PARTITION BY RANGE (n);
CREATE TABLE public.low PARTITION OF public.parts FOR VALUES FROM (1) TO (2);
CREATE TABLE public.high PARTITION OF public.parts FOR VALUES FROM (2) TO (3);
INSERT INTO public.parts VALUES (1), (2);
SELECT count(r)
FROM (SELECT ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]') AS r FROM public.parts) p;
CREATE VIEW public.both AS
SELECT ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]')
UNION ALL SELECT ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]');
SELECT count(*) FROM public.both;
SELECT (ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]')).* FROM public.parts;
SELECT count(*)
FROM generate_series(1, 2), LATERAL ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]') r;
SELECT * FROM public.done();
-- in two statements, prepared or not, and in a transaction,
BEGIN;
SELECT (ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]')).id IS NOT NULL AS one;
SELECT (ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]')).id IS NOT NULL AS two;
PREPARE again AS
SELECT (ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]')).id IS NOT NULL AS again;
EXECUTE again;
EXECUTE again;
COMMIT;
-- by expressions, in loops, and by functions
DO $$
DECLARE
    a ecommerce.reservation;
    b ecommerce.reservation;
    c uuid[];
BEGIN
    a := ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]');
    b := ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]');
    IF a = b
        OR (ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]')).id
            = (ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]')).id THEN
        RAISE EXCEPTION 'one';
    END IF;
    FOR i IN 1 .. 2 LOOP
        a := ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]');
        c := c || (ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]')).id;
        PERFORM ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]');
        EXECUTE $e$SELECT r.* FROM ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]') r$e$
            INTO a;
        FOR a IN SELECT * FROM ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]') LOOP
            NULL;
        END LOOP;
    END LOOP;
END $$;
-- after an error: again, or a replacement,
CREATE FUNCTION public.reserve_or(items jsonb, instead jsonb) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    r ecommerce.reservation;
BEGIN
    BEGIN
        r := ecommerce.reserve_stock(items);
    EXCEPTION WHEN SQLSTATE 'EC002' THEN
        items := instead;
        r := ecommerce.reserve_stock(items);
    END;
    RETURN r.id;
END $$;
SELECT public.reserve_or('[{"sku": "B", "quantity": 1}]', '[{"sku": "A", "quantity": 1}]') IS NOT
    NULL AS one;
-- also in two blocks that fail, of which the second finds what the first has left,
CREATE FUNCTION public.reserve_any(items jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r ecommerce.reservation;
    failures text[];
BEGIN
    BEGIN
        r := ecommerce.reserve_stock(items);
    EXCEPTION WHEN OTHERS THEN
        failures := failures || SQLSTATE::text;
    END;
    BEGIN
        r := ecommerce.reserve_stock(items);
    EXCEPTION WHEN OTHERS THEN
        failures := failures || SQLSTATE::text;
    END;
    RETURN failures;
END $$;
SELECT public.reserve_any('[{"sku": "B", "quantity": 1}]');
-- of orders that are there already,
DO $$
DECLARE
    a ecommerce.placed_order;
    b ecommerce.placed_order;
    c ecommerce.placed_order;
    k text := 'called-once-0000000000000001';
    v jsonb := '[{"sku": "A", "quantity": 1}]';
BEGIN
    a := ecommerce.place_order(v, idempotency_key => k);
    b := ecommerce.place_order(v, idempotency_key => k);
    c := ecommerce.place_order(v, idempotency_key => k);
    IF b.id <> a.id OR c.id <> a.id THEN
        RAISE EXCEPTION 'more than one';
    END IF;
END $$;
CREATE FUNCTION public.reserve() RETURNS uuid LANGUAGE sql AS
    $$ SELECT (ecommerce.reserve_stock('[{"sku": "A", "quantity": 1}]')).id $$;
SELECT count(public.reserve()) FROM generate_series(1, 2);
-- (a function in SQL that is inlined twice looks like one that is expanded)
SELECT public.reserve() <> public.reserve() AS two;
-- 13 before, 4 in statements, 4 by expressions and 5 * 2 in the loop, 1 as a replacement, 2 by
-- the function
SELECT * FROM public.done();
SELECT * FROM ecommerce.verify_integrity();

DROP VIEW public.expanded, public.both;
DROP TABLE public.parts;
DROP FUNCTION public.done, public.reserve, public.reserve_or, public.reserve_any;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
