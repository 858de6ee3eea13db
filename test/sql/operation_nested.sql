-- Triggers of users may call any function, at any depth: every function that
-- writes is called within triggers of every table, before and after its rows
-- change, and whatever comes of it, the books are right.
CREATE EXTENSION ecommerce;
SET client_min_messages = warning;

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.warehouses (id, name) VALUES (2, 'Second');
INSERT INTO ecommerce.products (sku, name, price, min_stock)
SELECT 'P' || n, 'Product ' || n, n, 20 FROM generate_series(1, 4) n;
INSERT INTO ecommerce.users (email) VALUES ('ann@example.org');
INSERT INTO ecommerce.coupons (code, kind, value, max_redemptions) VALUES
    ('TEN', 'percent', 10, 1000000);

-- What is called: outside, and inside triggers. Each works on products of its own choice, so that
-- they meet.
CREATE FUNCTION public.act(what text, n integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_items jsonb := jsonb_build_array(jsonb_build_object('sku', 'P1', 'quantity', 1),
        jsonb_build_object('sku', 'P' || n, 'quantity', 2));
    v_id    uuid;
    v_code  text;
    v_gross numeric;
    v_cart  uuid;
BEGIN
    CASE what
        WHEN 'place' THEN
            SELECT p.gross INTO v_gross
            FROM ecommerce.place_order(v_items, email => 'a@example.org', coupon_codes => '{TEN}')
                p;
            IF v_gross <> round((1 + 2 * n) * 0.9, 2) THEN
                RAISE EXCEPTION 'wrong total %', v_gross;
            END IF;
        WHEN 'place with a key' THEN
            PERFORM FROM ecommerce.place_order(v_items,
                idempotency_key => 'nested-' || ecommerce.uuid_v7());
        WHEN 'place a cart' THEN
            INSERT INTO ecommerce.carts (session_id) VALUES (ecommerce.uuid_v7()::text)
            RETURNING id INTO v_cart;
            INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity)
            SELECT v_cart, id, 1 FROM ecommerce.products;
            PERFORM FROM ecommerce.place_order(cart_id => v_cart);
        WHEN 'place a reservation' THEN
            SELECT r.id INTO v_id FROM ecommerce.reserve_stock(v_items) r;
            PERFORM FROM ecommerce.extend_reservation(v_id);
            PERFORM FROM ecommerce.place_order(reservation_id => v_id);
        WHEN 'place many' THEN
            PERFORM FROM ecommerce.place_orders(
                ARRAY[jsonb_build_object('items', v_items), jsonb_build_object('items', v_items)]);
        WHEN 'reserve and release' THEN
            SELECT r.id INTO v_id FROM ecommerce.reserve_stock(v_items) r;
            PERFORM ecommerce.release_reservation(v_id);
        WHEN 'let expire' THEN
            SELECT r.id INTO v_id FROM ecommerce.reserve_stock(v_items) r;
            UPDATE ecommerce.stock_reservations SET expires_at = now() - interval '1 day'
            WHERE id = v_id;
            PERFORM ecommerce.expire_reservations();
        WHEN 'place and cancel' THEN
            SELECT p.id INTO v_id FROM ecommerce.place_order(v_items, coupon_codes => '{TEN}') p;
            PERFORM ecommerce.cancel_order(v_id);
        WHEN 'ship and return' THEN
            SELECT p.id INTO v_id FROM ecommerce.place_order(v_items) p;
            PERFORM ecommerce.transition_order(v_id, 'processing'),
                ecommerce.transition_order(v_id, 'shipped');
            PERFORM ecommerce.return_stock(
                v_id, jsonb_build_array(jsonb_build_object('sku', 'P1', 'quantity', 1)));
        WHEN 'adjust and transfer' THEN
            PERFORM ecommerce.adjust_stock('P' || n, 5, 'receipt');
            SELECT p.id INTO v_id FROM ecommerce.products p WHERE p.sku = 'P' || n;
            PERFORM ecommerce.transfer_stock(v_id, 3, 1, 2);
        WHEN 'spread and gather' THEN
            SELECT p.id INTO v_id FROM ecommerce.products p WHERE p.sku = 'P' || n;
            PERFORM ecommerce.set_stock_slots(v_id, 4), ecommerce.set_backorder_limit(v_id, 5),
                ecommerce.set_stock_slots(v_id, 2), ecommerce.rebalance_stock();
        WHEN 'pay by gift card' THEN
            SELECT g.code INTO v_code FROM ecommerce.issue_gift_card(10) g;
            SELECT p.id INTO v_id FROM ecommerce.place_order(v_items) p;
            PERFORM ecommerce.redeem_gift_card(v_code, v_id, 1),
                ecommerce.refund_to_gift_card(v_id);
    END CASE;
END $$;
CREATE TABLE public.acts (what text PRIMARY KEY);
INSERT INTO public.acts VALUES
    ('place'), ('place with a key'), ('place a cart'), ('place a reservation'), ('place many'),
    ('reserve and release'), ('let expire'),
    ('place and cancel'), ('ship and return'), ('adjust and transfer'), ('spread and gather'),
    ('pay by gift card');

-- A trigger that acts, three levels deep, each level with another product.
CREATE FUNCTION public.nest() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_depth integer := current_setting('nest.depth')::integer;
BEGIN
    IF v_depth < 3 AND current_setting('nest.left')::integer > 0 THEN
        PERFORM set_config('nest.depth', (v_depth + 1)::text, true),
            set_config('nest.left', (current_setting('nest.left')::integer - 1)::text, true);
        PERFORM public.act(current_setting('nest.what'), 2 + v_depth % 3);
        PERFORM set_config('nest.depth', v_depth::text, true),
            set_config('nest.fired', 'true', true);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;

-- Everything that can be done, with a trigger on a table that does something, too;
-- what comes of it is undone, and said: how acts failed, and whether the books are right.
CREATE FUNCTION public.outcome(relation text, moment text, event text, inner_act text)
RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    a        text;
    failures text[];
    fired    boolean := false;
BEGIN
    EXECUTE format('CREATE TRIGGER zz_nest %s %s ON %s FOR EACH ROW EXECUTE FUNCTION public.nest()',
        moment, event, relation);
    PERFORM set_config('nest.what', inner_act, true), set_config('nest.fired', 'false', true);
    FOR a IN SELECT what FROM public.acts ORDER BY what LOOP
        BEGIN
            PERFORM set_config('nest.depth', '0', true), set_config('nest.left', '3', true);
            PERFORM public.act(a, 2);
            SET CONSTRAINTS ALL IMMEDIATE;
            SET CONSTRAINTS ALL DEFERRED;
            fired := fired OR current_setting('nest.fired')::boolean;
        EXCEPTION WHEN OTHERS THEN
            failures := failures || (SQLSTATE || ' ' || SQLERRM);
        END;
    END LOOP;
    failures := failures
        || (SELECT array_agg(DISTINCT 'WRONG: ' || p.problem) FROM ecommerce.verify_integrity() p)
        || CASE WHEN NOT fired THEN 'did not fire' END;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000',
        MESSAGE = coalesce(array_remove(failures, NULL), '{}')::text;
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
    RETURN SQLERRM::text[];
END $$;

-- Stock that is short at times: expired holds are taken back, and rows are spread
SELECT count(ecommerce.adjust_stock(p.sku, 40, 'receipt', warehouse_id => w))
FROM ecommerce.products p, generate_series(1, 2) w;
SELECT count(ecommerce.set_stock_slots(id, 3)) FROM ecommerce.products;
UPDATE ecommerce.products SET min_stock = 79 WHERE sku = 'P1';
SELECT count(r.id)
FROM ecommerce.reserve_stock('[{"sku": "P2", "quantity": 79}, {"sku": "P3", "quantity": 79}]') r;
UPDATE ecommerce.stock_reservations SET expires_at = now() - interval '1 day';

-- Each table and moment with some acts; all acts come in turn.
CREATE TABLE public.outcomes AS
SELECT t.relation, m.moment, t.event, i.what,
    public.outcome('ecommerce.' || t.relation, m.moment, t.event, i.what) AS failures
FROM (VALUES
    ('orders', 'INSERT'), ('orders', 'UPDATE'), ('order_items', 'INSERT'), ('events', 'INSERT'),
    ('idempotency_keys', 'INSERT'),
    ('stock', 'INSERT'), ('stock', 'UPDATE'), ('stock', 'DELETE'), ('stock_reservations', 'INSERT'),
    ('stock_reservations', 'UPDATE'), ('stock_movements', 'INSERT'),
    ('stock_alerts', 'INSERT'), ('stock_alerts', 'DELETE'), ('carts', 'INSERT'),
    ('carts', 'UPDATE'), ('cart_items', 'INSERT'), ('coupons', 'UPDATE'),
    ('coupon_redemptions', 'INSERT'), ('coupon_redemptions', 'UPDATE'), ('gift_cards', 'INSERT'),
    ('gift_cards', 'UPDATE'), ('gift_card_entries', 'INSERT')) AS t (relation, event)
CROSS JOIN unnest('{BEFORE,AFTER}'::text[]) AS m (moment)
JOIN LATERAL (SELECT a.what FROM public.acts a
    ORDER BY a.what = 'place' DESC, md5(a.what || t.relation || m.moment || t.event) LIMIT 3) i
    ON true;
SELECT count(DISTINCT what) AS acts, count(*) AS outcomes FROM public.outcomes;
-- Nothing is wrong; some acts are refused, where a trigger BEFORE a change changes the very row
-- that is being changed.
SELECT relation, moment, event, replace(failure, 'orders[0]: ', '') AS failure, count(*) > 0 AS some
FROM public.outcomes, unnest(failures) AS failure WHERE failure <> 'did not fire'
GROUP BY 1, 2, 3, 4 ORDER BY 1, 3, 2, 4;
SELECT relation, moment, event FROM public.outcomes GROUP BY 1, 2, 3
HAVING bool_and('did not fire' = ANY (failures)) AND NOT bool_or(failures::text ~ '27000|21000');
SELECT * FROM ecommerce.verify_integrity();

-- Triggers that leave rows out, or change what is to be written: it is noticed, or the books are
-- right.
SELECT ecommerce.expire_reservations();
SELECT count(ecommerce.adjust_stock(p.sku, 1000, 'receipt')) FROM ecommerce.products p;
CREATE FUNCTION public.meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('nest.fired', 'true', true);
    IF TG_ARGV[0] = 'out' THEN
        RETURN NULL;
    END IF;
    RETURN jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], TG_ARGV[1]));
END $$;
CREATE FUNCTION public.meddled(relation text, event text, change text, value text)
RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    a       text;
    results text[];
BEGIN
    EXECUTE format('CREATE TRIGGER zz_meddle BEFORE %s ON ecommerce.%s FOR EACH ROW
            EXECUTE FUNCTION public.meddle(%L, %L)', event, relation, change, value);
    PERFORM set_config('nest.fired', 'false', true);
    -- (an act in plain SQL that lets a reservation go is its author's business)
    FOR a IN SELECT what FROM public.acts WHERE what <> 'let expire' OR change <> 'status'
        ORDER BY what LOOP
        BEGIN
            PERFORM public.act(a, 2);
            SET CONSTRAINTS ALL IMMEDIATE;
            SET CONSTRAINTS ALL DEFERRED;
        EXCEPTION WHEN OTHERS THEN
            results := results || SQLSTATE::text;
        END;
    END LOOP;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000',
        MESSAGE = array_cat((SELECT array_agg(DISTINCT r ORDER BY r) FROM unnest(results) AS r),
            coalesce((SELECT array_agg(DISTINCT 'WRONG: ' || p.problem)
                    FROM ecommerce.verify_integrity() p),
                CASE WHEN results IS NULL THEN '{right}' ELSE '{}'::text[] END))::text;
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
    RETURN SQLERRM::text[];
END $$;
SELECT m.*, public.meddled(m.relation, m.event, m.change, m.value) AS results
FROM (VALUES
    ('orders', 'INSERT', 'out', NULL), ('orders', 'INSERT', 'net', '0'),
    ('orders', 'UPDATE', 'out', NULL), ('orders', 'UPDATE', 'status', 'pending'),
    ('order_items', 'INSERT', 'out', NULL), ('order_items', 'INSERT', 'quantity', '7'),
    ('order_items', 'INSERT', 'net', '7'), ('order_items', 'INSERT', 'line_number', '0'),
    ('events', 'INSERT', 'out', NULL), ('idempotency_keys', 'INSERT', 'out', NULL),
    ('stock', 'INSERT', 'out', NULL), ('stock', 'INSERT', 'available', '7'),
    ('stock', 'UPDATE', 'available', '7'), ('stock', 'UPDATE', 'out', NULL),
    ('stock', 'UPDATE', 'slot', '200'),
    ('stock_reservations', 'INSERT', 'out', NULL),
    ('stock_reservations', 'INSERT', 'quantity', '7'),
    ('stock_reservations', 'UPDATE', 'out', NULL),
    ('stock_reservations', 'UPDATE', 'quantity', '7'),
    ('stock_reservations', 'UPDATE', 'status', 'released'),
    ('stock_reservations', 'UPDATE', 'status', 'held'),
    ('stock_movements', 'INSERT', 'out', NULL), ('stock_movements', 'INSERT', 'quantity', '7'),
    ('stock_alerts', 'INSERT', 'out', NULL), ('stock_alerts', 'DELETE', 'out', NULL),
    ('carts', 'UPDATE', 'out', NULL), ('carts', 'UPDATE', 'status', 'abandoned'),
    ('cart_items', 'INSERT', 'out', NULL),
    ('coupons', 'UPDATE', 'out', NULL), ('coupon_redemptions', 'INSERT', 'out', NULL),
    ('coupon_redemptions', 'UPDATE', 'out', NULL),
    ('gift_cards', 'INSERT', 'out', NULL), ('gift_cards', 'UPDATE', 'out', NULL),
    ('gift_cards', 'UPDATE', 'balance', '7'),
    ('gift_card_entries', 'INSERT', 'out', NULL),
    ('gift_card_entries', 'INSERT', 'amount', '7')) AS m (relation, event, change, value);

-- What a trigger writes by plain SQL is checked, also while rows are written that were checked
-- before.
CREATE TABLE public.forgeries (relation text, statement text);
INSERT INTO public.forgeries VALUES
    ('orders', $$INSERT INTO ecommerce.orders (id, order_number, status, currency, prices,
        net, vat, gross, country)
        VALUES (ecommerce.uuid_v7(), 'forged', 'pending', 'EUR', 'net', 10, 2, 13, 'GR')$$),
    ('orders', $$INSERT INTO ecommerce.orders (id, order_number, status, currency, prices,
        net, vat, gross, country)
        VALUES (ecommerce.uuid_v7(), 'forged', 'pending', 'EUR', 'net', 10, 2, 12, 'GR')$$),
    ('order_items', $$INSERT INTO ecommerce.order_items (order_id, order_created_at, line_number,
        product_id, sku, name, quantity, unit_price, vat_category, vat_rate, net, vat)
        SELECT i.order_id, i.order_created_at, 99, i.product_id, i.sku, i.name, 1, 0, 'S', 24, 0, 1
        FROM ecommerce.order_items i ORDER BY i.order_id DESC LIMIT 1$$),
    ('stock_reservations', $$INSERT INTO ecommerce.stock_reservations (id, product_id,
        warehouse_id, quantity, status, expires_at)
        SELECT ecommerce.uuid_v7(), id, 1, -1, 'held', now() + interval '1 hour'
        FROM ecommerce.products WHERE sku = 'P1'$$),
    ('stock_reservations', $$UPDATE ecommerce.stock_reservations SET status = 'lost'$$);
CREATE FUNCTION public.forge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() = 1 THEN
        PERFORM set_config('nest.fired', 'true', true);
        EXECUTE TG_ARGV[0];
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION public.forged(relation text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_items jsonb := '[{"sku": "P1", "quantity": 1}]';
BEGIN
    EXECUTE format('CREATE TRIGGER zz_forge AFTER INSERT ON ecommerce.%s
                    FOR EACH ROW EXECUTE FUNCTION public.forge(%L)', relation, statement);
    PERFORM set_config('nest.fired', 'false', true);
    PERFORM FROM ecommerce.place_order(reservation_id => (ecommerce.reserve_stock(v_items)).id);
    PERFORM FROM ecommerce.place_order(v_items);
    SET CONSTRAINTS ALL IMMEDIATE;
    RAISE EXCEPTION 'written, fired: %', current_setting('nest.fired');
EXCEPTION WHEN OTHERS THEN
    RETURN concat_ws(' ', SQLSTATE, SQLERRM);
END $$;
SELECT relation, public.forged(relation, statement) FROM public.forgeries
ORDER BY relation, statement;

DROP TABLE public.outcomes, public.acts, public.forgeries;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP FUNCTION public.act, public.nest, public.outcome, public.meddle, public.meddled, public.forge,
    public.forged;
