-- Whose carts and wishes a storefront sees and changes: its customer's, and those of sessions.
CREATE EXTENSION ecommerce;

UPDATE ecommerce.settings SET country = 'GR';
SELECT ecommerce.create_tenant('Other', 'GR') AS other;
INSERT INTO ecommerce.products (tenant_id, sku, name, price, track_stock) VALUES
    (1, 'A', 'A', 10, false), (1, 'B', 'B', 5, false), (2, 'A', 'A of another', 99, false);
INSERT INTO ecommerce.users (tenant_id, id, email) VALUES
    (1, '01930000-0000-7000-8000-0000000000a1', 'ann@example.com'),
    (1, '01930000-0000-7000-8000-0000000000a2', 'bob@example.com'),
    (2, '01930000-0000-7000-8000-0000000000a1', 'ann@example.com');
\set ann '''01930000-0000-7000-8000-0000000000a1'''
\set bob '''01930000-0000-7000-8000-0000000000a2'''
INSERT INTO ecommerce.carts (tenant_id, id, user_id, session_id) VALUES
    (1, '01930000-0000-7000-8000-0000000000c1', :bob, NULL),
    (2, '01930000-0000-7000-8000-0000000000c2', NULL, 'guest-session-02'),
    (2, '01930000-0000-7000-8000-0000000000c3', :ann, NULL);
INSERT INTO ecommerce.cart_items (tenant_id, cart_id, product_id)
SELECT p.tenant_id, c.id, p.id FROM ecommerce.carts c
JOIN ecommerce.products p ON p.tenant_id = c.tenant_id AND p.sku = 'A';
INSERT INTO ecommerce.wishlist_items (tenant_id, user_id, product_id)
SELECT 1, :bob, id FROM ecommerce.products WHERE tenant_id = 1 AND sku = 'B';
SELECT id AS b FROM ecommerce.products WHERE sku = 'B' \gset
SET client_min_messages = warning;
CREATE ROLE regress_ecommerce_front;
SELECT ecommerce.grant_access('regress_ecommerce_front', 'storefront') IS NOT NULL AS granted;
CREATE VIEW visible AS
SELECT (SELECT count(*) FROM ecommerce.carts) AS carts,
    (SELECT count(*) FROM ecommerce.cart_items) AS lines,
    (SELECT count(*) FROM ecommerce.wishlist_items) AS wishes;
ALTER VIEW visible SET (security_invoker = true);
GRANT SELECT ON visible TO regress_ecommerce_front;

SET ROLE regress_ecommerce_front;
-- guests, by their session and by the id of their cart
BEGIN; SELECT ecommerce.use_tenant(1);
SELECT quantity, unit_price FROM ecommerce.cart_add('A', session_id => 'guest-session-02');
SELECT cart_id AS guest FROM ecommerce.cart_lines(session_id => 'guest-session-02') \gset
SELECT quantity, unit_price FROM ecommerce.cart_add('A', cart_id => :'guest');
SELECT ecommerce.cart_totals(:'guest') #>> '{totals,gross}' AS gross;
SELECT * FROM visible;
COMMIT;

-- nobody else's: each call is answered as for what is not there, or without looking
BEGIN; SELECT ecommerce.use_tenant(1); SELECT ecommerce.use_customer(:ann);
SELECT call, failure(format('SELECT ecommerce.%s => ''01930000-0000-7000-8000-0000000000%s'')',
        call, who)) AS failure, who
FROM unnest('{c1,c3,c9}'::text[]) AS who, unnest(ARRAY['cart_add(''A'', 1, cart_id',
    'cart_set_quantity(''A'', 1, cart_id', 'cart_remove(''A'', cart_id', 'cart_clear(cart_id',
    'cart_lines(cart_id', 'cart_totals(cart_id', 'cart_accept_prices(cart_id',
    'cart_set_coupons(''{X}'', cart_id', 'cart_restore(cart_id']) AS call
ORDER BY 1, 3;
SELECT call, failure(format('SELECT ecommerce.%s => ''01930000-0000-7000-8000-0000000000%s'')',
        call, who)) AS failure, who
FROM unnest('{a2,a9}'::text[]) AS who, unnest(ARRAY['cart_add(''A'', 1, user_id',
    'cart_totals(user_id', 'cart_lines(user_id', 'cart_merge(''guest-session-02'', user_id',
    'wishlist_add(''A'', user_id', 'wishlist_remove(''B'', user_id',
    'wishlist_to_cart(''B'', 1, user_id', 'cart_to_wishlist(''A'', user_id']) AS call
ORDER BY 1, 3;
SELECT failure('SELECT ecommerce.cart_add(''A'', session_id => ''guest-session-02'',
        tenant_id => 2)'),
    failure('SELECT ecommerce.cart_totals(session_id => ''guest-session-02'', tenant_id => 2)'),
    failure('SELECT ecommerce.cart_merge(''guest-session-02'', tenant_id => 2)'),
    failure('SELECT ecommerce.expire_carts()') \gx
-- a customer may not discount
SELECT failure('SELECT ecommerce.cart_totals(session_id => ''guest-session-02'',
    request => ''{"allowances": [{"amount": 5}]}'')');
SELECT failure('INSERT INTO ecommerce.carts (session_id) VALUES (''guest-session-09'')'),
    failure('UPDATE ecommerce.cart_items SET unit_price = 0'),
    failure('SELECT session_id FROM ecommerce.carts'),
    failure('SELECT * FROM ecommerce.abandoned_carts'),
    failure('DELETE FROM ecommerce.wishlist_items') \gx
SELECT * FROM visible;

-- its own, without naming it
SELECT quantity FROM ecommerce.cart_add('B', 2);
SELECT lines, units, merged FROM ecommerce.cart_merge('guest-session-02');
SELECT sku, quantity, unit_price FROM ecommerce.cart_lines();
SELECT sku, is_wished FROM ecommerce.wishlist_add(:'b'::uuid);
SELECT sku, is_wished FROM ecommerce.cart_to_wishlist('B');
SELECT sku, quantity FROM ecommerce.wishlist_to_cart('B', 3);
SELECT ecommerce.cart_totals(user_id => :ann) #>> '{totals,gross}' AS gross;
SELECT * FROM visible;
SELECT gross
FROM ecommerce.place_order(cart_id => (SELECT cart_id FROM ecommerce.cart_lines() LIMIT 1));
SELECT failure('SELECT ecommerce.place_order(cart_id => ''01930000-0000-7000-8000-0000000000c1'')');
COMMIT;
RESET ROLE;

-- who may write orders itself may fill the cart of any user
BEGIN; SELECT ecommerce.use_tenant(1);
SELECT quantity FROM ecommerce.cart_add('A', 4, user_id => :bob);
SELECT ecommerce.cart_totals('01930000-0000-7000-8000-0000000000c1') #>> '{totals,gross}' AS gross;
COMMIT;
SELECT c.tenant_id, c.status, p.sku, i.quantity, p.price FROM ecommerce.carts c
JOIN ecommerce.cart_items i ON i.tenant_id = c.tenant_id AND i.cart_id = c.id
JOIN ecommerce.products p ON p.tenant_id = c.tenant_id AND p.id = i.product_id
ORDER BY c.tenant_id, c.id, p.sku;

-- all shops' old carts, by the owner; a role that row security binds takes its own tenant's
SELECT ecommerce.expire_carts(tenant_id => NULL);

-- triggers of the shop's own that call back, leave out, or change
CREATE FUNCTION public.meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_ARGV[0] = 'add' AND pg_trigger_depth() < 3 THEN
        PERFORM ecommerce.cart_add('B', 1, cart_id => NEW.cart_id, tenant_id => 1);
    ELSIF TG_ARGV[0] = 'clear' AND pg_trigger_depth() < 3 THEN
        PERFORM ecommerce.cart_clear(cart_id => NEW.cart_id, tenant_id => 1);
    ELSIF TG_ARGV[0] = 'merge' AND pg_trigger_depth() < 3 THEN
        PERFORM ecommerce.cart_merge('guest-session-04', '01930000-0000-7000-8000-0000000000a2', 1);
    ELSIF TG_ARGV[0] = 'change' THEN
        NEW.quantity := 7;
    ELSIF TG_ARGV[0] = 'leave out' THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END $$;
SELECT ecommerce.cart_add('A', session_id => 'guest-session-04', tenant_id => 1) IS NULL;
CREATE PROCEDURE pg_temp.try(event text, what text, VARIADIC calls text[]) LANGUAGE plpgsql AS $$
DECLARE
    call text;
    answer text;
BEGIN
    EXECUTE format('CREATE TRIGGER meddle %s ON ecommerce.%s FOR EACH ROW
        EXECUTE FUNCTION public.meddle(%L)', event, CASE event WHEN 'BEFORE UPDATE OF status' THEN
        'carts' ELSE 'cart_items' END, what);
    FOREACH call IN ARRAY calls LOOP
        BEGIN
            EXECUTE 'SELECT quote_nullable(x.*::text) FROM ecommerce.' || call || ' x' INTO answer;
            RAISE EXCEPTION USING ERRCODE = 'ZZZZZ', MESSAGE = 'done: ' || coalesce((
                SELECT string_agg(i.quantity || ' ' || p.sku, ', ' ORDER BY p.sku)
                FROM ecommerce.cart_items i
                JOIN ecommerce.products p ON p.tenant_id = 1 AND p.id = i.product_id
                JOIN ecommerce.carts c ON c.tenant_id = 1 AND c.id = i.cart_id
                    AND c.status = 'open'), '')
                || '; problems: ' || (SELECT count(*) FROM ecommerce.verify_integrity());
        EXCEPTION WHEN OTHERS THEN
            RAISE INFO '% % %: % %', what, event, split_part(call, ',', 1), SQLSTATE,
                SQLERRM;
        END;
    END LOOP;
    EXECUTE 'DROP TRIGGER meddle ON ecommerce.' || CASE event WHEN 'BEFORE UPDATE OF status' THEN
        'carts' ELSE 'cart_items' END;
END $$;
\set VERBOSITY terse
BEGIN; SELECT ecommerce.use_tenant(1);
\set add '''cart_add($$A$$, 1, user_id => $$01930000-0000-7000-8000-0000000000a2$$)'''
\set b '''cart_add($$B$$, 1, user_id => $$01930000-0000-7000-8000-0000000000a2$$)'''
\set merge '''cart_merge($$guest-session-04$$, $$01930000-0000-7000-8000-0000000000a2$$)'''
CALL pg_temp.try('BEFORE INSERT OR UPDATE', 'none', :add, :b, :merge);
CALL pg_temp.try('BEFORE INSERT OR UPDATE', 'add', :add, :b, :merge);
CALL pg_temp.try('AFTER INSERT OR UPDATE', 'add', :add, :b, :merge);
CALL pg_temp.try('AFTER INSERT OR UPDATE', 'clear', :add, :b, :merge);
CALL pg_temp.try('BEFORE INSERT OR UPDATE', 'merge', :add, :b, :merge);
CALL pg_temp.try('BEFORE INSERT OR UPDATE', 'change', :add, :b, :merge);
CALL pg_temp.try('BEFORE INSERT OR UPDATE', 'leave out', :add, :b, :merge);
CALL pg_temp.try('BEFORE UPDATE OF status', 'leave out', :merge);
ROLLBACK;

DROP OWNED BY regress_ecommerce_front CASCADE;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP ROLE regress_ecommerce_front;
DROP FUNCTION public.meddle();
