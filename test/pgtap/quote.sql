-- Every transition of a quote, by function and by plain SQL.
BEGIN;
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('A', 'A', 1, false);
CREATE TEMP TABLE states (status text, id uuid);
INSERT INTO states SELECT s, q.id FROM unnest('{open,ordered,expired,withdrawn}'::text[]) s,
    LATERAL ecommerce.create_quote(jsonb_build_object('items', items('A', 1), 'notes', s),
                                   now() + interval '1 day') q;
SELECT plan(37);

-- The order of the one that is ordered, and another that comes to the same
CREATE TEMP TABLE orders AS
SELECT 'own' AS which, id FROM ecommerce.accept_quote((SELECT id FROM states
    WHERE status = 'ordered'), 'key')
UNION ALL SELECT 'same', id FROM ecommerce.place_order(items('A', 1))
UNION ALL SELECT 'other', id FROM ecommerce.place_order(items('A', 2));
SELECT is((SELECT status FROM ecommerce.withdraw_quote((SELECT id FROM states
    WHERE status = 'withdrawn'))), 'withdrawn', 'open becomes withdrawn');
SET LOCAL session_replication_role = replica;
UPDATE ecommerce.quotes SET valid_until = now() WHERE id = (SELECT id FROM states
    WHERE status = 'expired');
SET LOCAL session_replication_role = origin;
SELECT is(ecommerce.expire_quotes(), 1::bigint, 'open becomes expired when its time is over');

-- What each call does with a quote of each status
CREATE FUNCTION pg_temp.outcome(command text, quote uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_status text;
BEGIN
    EXECUTE format(command, quote);
    SELECT status INTO v_status FROM ecommerce.quotes WHERE id = quote;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = v_status;
EXCEPTION
    WHEN SQLSTATE 'ZZ000' THEN RETURN SQLERRM;
    WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
SELECT is((SELECT status FROM ecommerce.quotes q WHERE q.id = s.id), s.status, s.status || ' is')
FROM states s;
SELECT is(pg_temp.outcome(c.command, s.id), w.outcome, format('%s of one that is %s', c.name,
    s.status))
FROM (VALUES ('accept', 'SELECT ecommerce.accept_quote(%L::uuid)'),
        ('retry', 'SELECT ecommerce.accept_quote(%L::uuid, ''key'')'),
        ('withdraw', 'SELECT ecommerce.withdraw_quote(%L::uuid)')) c (name, command)
CROSS JOIN states s
JOIN (VALUES ('accept', '{open,ordered}'), ('accept', '{ordered,EC037}'),
        ('accept', '{expired,EC037}'), ('accept', '{withdrawn,EC037}'), ('retry', '{open,EC007}'),
        ('retry', '{ordered,ordered}'), ('retry', '{expired,EC037}'),
        ('retry', '{withdrawn,EC037}'), ('withdraw', '{open,withdrawn}'),
        ('withdraw', '{ordered,EC037}'), ('withdraw', '{expired,EC037}'),
        ('withdraw', '{withdrawn,withdrawn}')) v (name, pair) ON v.name = c.name
    AND v.pair::text[] @> ARRAY[s.status] AND (v.pair::text[])[1] = s.status
CROSS JOIN LATERAL (SELECT (v.pair::text[])[2] AS outcome) w;

-- Plain SQL: from each status to each other
SELECT is(pg_temp.outcome(format('UPDATE ecommerce.quotes SET status = %L, order_id = CASE %L
    WHEN ''ordered'' THEN CASE status WHEN ''ordered'' THEN order_id ELSE %L::uuid END END
    WHERE id = %%L', t, t, (SELECT id FROM orders WHERE which = 'same')), s.id),
    CASE WHEN t = s.status THEN t
         WHEN s.status = 'open' AND t IN ('ordered', 'withdrawn') THEN t
         ELSE 'EC037' END, format('UPDATE from %s to %s', s.status, t))
FROM states s, unnest('{open,ordered,expired,withdrawn}'::text[]) t;
SELECT is(pg_temp.outcome(format('UPDATE ecommerce.quotes SET status = ''ordered'',
    order_id = %L WHERE id = %%L', o), s.id), v.outcome, v.name)
FROM (VALUES ('an order that comes to more', 'other', 'EC037'),
        ('the order of another quote', 'own', '23505')) v (name, which, outcome)
JOIN states s ON s.status = 'open'
CROSS JOIN LATERAL (SELECT id AS o FROM orders WHERE which = v.which) o
UNION ALL
SELECT is(pg_temp.outcome('UPDATE ecommerce.quotes SET status = ''ordered'' WHERE id = %L', id),
    'EC037', 'no order') FROM states WHERE status = 'open';

SELECT * FROM finish();
ROLLBACK;
