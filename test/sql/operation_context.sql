-- CONTEXT tells callers of their own functions and statements, and of none of ours.
CREATE EXTENSION ecommerce;
SET client_min_messages = warning;
\set SHOW_CONTEXT errors
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price) VALUES ('PEN', 'Pen', 1);
SELECT ecommerce.adjust_stock('PEN', 3);

-- at the top there is nothing to tell: functions, triggers of plain SQL, constraints that ours meet
SELECT ecommerce.transition_order('01930000-0000-7000-8000-0000000000ff'::uuid, 'shippd');
SELECT ecommerce.transition_order('01930000-0000-7000-8000-0000000000ff'::uuid, 'shipped');
SELECT ecommerce.place_orders('[{"items": [{"sku": "PEN", "quantity": 4}]}]');
DELETE FROM ecommerce.stock_movements;

-- the first statement of a session
\c
\set SHOW_CONTEXT errors
DELETE FROM ecommerce.stock_movements;
\c
SELECT ecommerce.transition_order('01930000-0000-7000-8000-0000000000ff'::uuid, 'shipped');

-- callers keep what is theirs, whatever was caught before
CREATE FUNCTION public.ship(id uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        PERFORM ecommerce.adjust_stock('PEN', -5);
    EXCEPTION WHEN OTHERS THEN
        NULL;
    END;
    PERFORM ecommerce.transition_order(ship.id, 'shipped');
END
$$;
SELECT public.ship('01930000-0000-7000-8000-0000000000ff');
CREATE FUNCTION public.sell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ecommerce.place_order('[{"sku": "PEN", "quantity": 4}]');
    RETURN NEW;
END
$$;
CREATE TABLE public.sold (n integer);
CREATE TRIGGER sell BEFORE INSERT ON public.sold FOR EACH ROW EXECUTE FUNCTION public.sell();
INSERT INTO public.sold VALUES (1);

-- what goes wrong in a trigger of the user's is told as ever
CREATE FUNCTION public.divide() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.quantity := 1 / (NEW.quantity - 2);
    RETURN NEW;
END
$$;
CREATE TRIGGER divide BEFORE INSERT ON ecommerce.stock_movements
    FOR EACH ROW EXECUTE FUNCTION public.divide();
\set VERBOSITY terse
SELECT ecommerce.adjust_stock('PEN', 2);
\set VERBOSITY default
DO $$
DECLARE
    context text;
BEGIN
    PERFORM ecommerce.adjust_stock('PEN', 2);
EXCEPTION WHEN division_by_zero THEN
    GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
    RAISE WARNING '%', context LIKE '%function public.divide() line 3%';
END
$$;
SET client_min_messages = warning;
DROP TABLE public.sold;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP FUNCTION public.ship(uuid), public.sell(), public.divide();
