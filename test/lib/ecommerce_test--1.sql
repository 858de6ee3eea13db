-- What tests of every kind share: "make check" installs it, "make install" does not.
\echo Use "CREATE EXTENSION ecommerce_test" to load this file. \quit

-- A new shop for each permutation
--
-- CREATE EXTENSION takes seconds, and isolationtester keeps its sessions over all
-- permutations of a spec.  So a shop that is there is put back to what it was after
-- CREATE EXTENSION: sessions keep their plans, and see tables that are as good as new.

CREATE TABLE seed (
    relation oid PRIMARY KEY,
    copy     text            -- the table that has its rows; NULL if it had none
);

CREATE FUNCTION shop_schemas() RETURNS SETOF oid LANGUAGE sql STABLE AS $$
    SELECT oid FROM pg_namespace
    WHERE nspname IN ('ecommerce', 'ecommerce_internal', 'ecommerce_partitions')
$$;
COMMENT ON FUNCTION shop_schemas() IS 'Schemas of the shop and its code.';

-- Rows of most catalogs have an xmin that tells of every change.  Those of pg_class change
-- with TRUNCATE, too.
CREATE FUNCTION shop_fingerprint() RETURNS text LANGUAGE sql STABLE AS $$
    WITH relation AS MATERIALIZED (
        SELECT c.oid, concat_ws(' ', c.oid, relname, relnamespace, relowner, relacl, relkind,
            relnatts, relrowsecurity, relforcerowsecurity, reloptions, relispartition,
            relispopulated) AS text
        FROM pg_class c WHERE relnamespace IN (SELECT ecommerce_test.shop_schemas())
    ), object AS (
        SELECT text FROM relation
        UNION ALL SELECT concat_ws(' ', 'attribute', attrelid, attnum, a.xmin)
            FROM relation r JOIN pg_attribute a ON attrelid = r.oid WHERE attnum > 0
        UNION ALL SELECT concat_ws(' ', 'default', d.oid, d.xmin)
            FROM relation r JOIN pg_attrdef d ON adrelid = r.oid
        UNION ALL SELECT concat_ws(' ', 'constraint', k.oid, k.xmin)
            FROM relation r JOIN pg_constraint k ON conrelid = r.oid
        UNION ALL SELECT concat_ws(' ', 'index', indexrelid, i.xmin)
            FROM relation r JOIN pg_index i ON indexrelid = r.oid
        UNION ALL SELECT concat_ws(' ', 'trigger', t.oid, t.xmin)
            FROM relation r JOIN pg_trigger t ON tgrelid = r.oid
        UNION ALL SELECT concat_ws(' ', 'rule', w.oid, w.xmin)
            FROM relation r JOIN pg_rewrite w ON ev_class = r.oid
        UNION ALL SELECT concat_ws(' ', 'policy', p.oid, p.xmin)
            FROM relation r JOIN pg_policy p ON polrelid = r.oid
        UNION ALL SELECT concat_ws(' ', 'function', p.oid, p.xmin)
            FROM pg_proc p WHERE pronamespace IN (SELECT ecommerce_test.shop_schemas())
        UNION ALL SELECT concat_ws(' ', 'type', t.oid, t.xmin)
            FROM pg_type t WHERE typnamespace IN (SELECT ecommerce_test.shop_schemas())
        UNION ALL SELECT concat_ws(' ', 'schema', n.oid, n.xmin)
            FROM pg_namespace n WHERE n.oid IN (SELECT ecommerce_test.shop_schemas())
        UNION ALL SELECT concat_ws(' ', 'extension', e.oid, e.xmin)
            FROM pg_extension e WHERE extname = 'ecommerce'
    )
    SELECT md5(string_agg(text, E'\n' ORDER BY text COLLATE "C")) FROM object
$$;
COMMENT ON FUNCTION shop_fingerprint() IS
    'Changes with every change of the schema, and with nothing else.';

CREATE TABLE fingerprint (value text);

-- Takes away what is in schema "public" and no extension's.
CREATE PROCEDURE clear_public() LANGUAGE plpgsql
SET client_min_messages = warning AS $$
DECLARE
    command text;
BEGIN
    FOR command IN
        SELECT format('DROP %s IF EXISTS %s CASCADE',
            CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, oid::regclass)
        FROM pg_class c
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype IN ('e', 'a', 'i')
            AND classid = 'pg_class'::regclass)
        UNION ALL
        SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', oid::regprocedure)
        FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e'
            AND classid = 'pg_proc'::regclass)
    LOOP
        EXECUTE command;
    END LOOP;
END $$;
COMMENT ON PROCEDURE clear_public() IS
    'Drops tables, views, sequences and functions of schema "public" that are no extension''s.';

-- CREATE EXTENSION, and notes what is there then.
CREATE PROCEDURE create_shop() LANGUAGE plpgsql
SET client_min_messages = warning AS $$
DECLARE
    item record;
    found boolean;
BEGIN
    DROP EXTENSION IF EXISTS ecommerce CASCADE;
    DROP SCHEMA IF EXISTS ecommerce, ecommerce_internal, ecommerce_partitions CASCADE;
    CREATE EXTENSION ecommerce;
    FOR item IN SELECT copy FROM ecommerce_test.seed WHERE copy IS NOT NULL LOOP
        EXECUTE format('DROP TABLE ecommerce_test.%I', item.copy);
    END LOOP;
    TRUNCATE ecommerce_test.seed, ecommerce_test.fingerprint;
    FOR item IN SELECT oid, oid::regclass AS name, 'seed_of_' || relname AS copy FROM pg_class
        WHERE relnamespace IN (SELECT ecommerce_test.shop_schemas()) AND relkind = 'r'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', item.name) INTO found;
        IF found THEN
            EXECUTE format('CREATE TABLE ecommerce_test.%I AS TABLE %s', item.copy, item.name);
        END IF;
        INSERT INTO ecommerce_test.seed VALUES (item.oid, CASE WHEN found THEN item.copy END);
    END LOOP;
    INSERT INTO ecommerce_test.fingerprint VALUES (ecommerce_test.shop_fingerprint());
END $$;
COMMENT ON PROCEDURE create_shop() IS 'Drops and creates the shop, and notes its rows.';

-- TRUNCATE makes a table's files new, and sessions forget what they know of it; but it takes
-- what refers to the table, too, hundreds of milliseconds of empty partitions.  So of what
-- others refer to, the rows are deleted.
CREATE PROCEDURE empty_shop() LANGUAGE plpgsql
SET client_min_messages = warning SET session_replication_role = replica AS $$
DECLARE
    item record;
    changed boolean;
    emptied text[] := '{}';
BEGIN
    FOR item IN SELECT relation::regclass AS name, copy, EXISTS (
            SELECT FROM pg_constraint WHERE contype = 'f' AND confrelid = relation) AS referred
        FROM ecommerce_test.seed
    LOOP
        IF item.copy IS NULL THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', item.name) INTO changed;
            IF changed AND item.referred THEN
                EXECUTE format('DELETE FROM %s', item.name);
            ELSIF changed THEN
                emptied := emptied || item.name::text;
            END IF;
        ELSE
            EXECUTE format('SELECT EXISTS (TABLE %1$s EXCEPT ALL TABLE ecommerce_test.%2$I)
                OR EXISTS (TABLE ecommerce_test.%2$I EXCEPT ALL TABLE %1$s)', item.name, item.copy)
                INTO changed;
            IF changed THEN
                EXECUTE format('DELETE FROM %1$s; INSERT INTO %1$s TABLE ecommerce_test.%2$I',
                    item.name, item.copy);
            END IF;
        END IF;
    END LOOP;
    IF emptied <> '{}' THEN
        EXECUTE 'TRUNCATE ' || array_to_string(emptied, ', ');
    END IF;
    FOR item IN SELECT oid::regclass AS name FROM pg_class
        WHERE relnamespace IN (SELECT ecommerce_test.shop_schemas()) AND relkind = 'm'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', item.name) INTO changed;
        IF changed THEN
            EXECUTE format('REFRESH MATERIALIZED VIEW %s', item.name);
        END IF;
    END LOOP;
END $$;
COMMENT ON PROCEDURE empty_shop() IS 'Puts the rows back that create_shop() noted.';

CREATE PROCEDURE new_shop() LANGUAGE plpgsql AS $$
BEGIN
    CALL ecommerce_test.clear_public();
    IF ecommerce_test.shop_fingerprint() = (SELECT value FROM ecommerce_test.fingerprint) THEN
        CALL ecommerce_test.empty_shop();
    ELSE
        CALL ecommerce_test.create_shop();
    END IF;
END $$;
COMMENT ON PROCEDURE new_shop() IS
    'Makes the shop what it is after CREATE EXTENSION, and empties schema "public".';

-- What tests say often: short names, so in schema "public"

-- Bodies name tables that come with a shop.
SET LOCAL check_function_bodies = off;

CREATE FUNCTION public.failure(
    command text, hint boolean DEFAULT false, ids boolean DEFAULT false)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail   text;
    advice   text;
    violated text;
    failure  text;
BEGIN
    EXECUTE command;
    -- What is checked at the end of a transaction is checked now.
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    RETURN 'none';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, advice = PG_EXCEPTION_HINT,
        violated = CONSTRAINT_NAME;
    failure := concat_ws(' | ', SQLSTATE, coalesce(nullif(violated, ''), SQLERRM),
        nullif(regexp_replace(detail, '^(Failing row|Key ).*', ''), ''),
        CASE WHEN hint THEN nullif(advice, '') END);
    -- Ids and quarters are others each time.
    RETURN CASE WHEN ids THEN failure ELSE regexp_replace(failure,
        '[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]{6}-[0-9A-Z]{10}|_[0-9]{4}_q[1-4]', '', 'g') END;
END $$;
COMMENT ON FUNCTION public.failure(text, boolean, boolean) IS
    'How a command fails: SQLSTATE, its constraint or message, detail, and perhaps the hint.';

CREATE FUNCTION public.items(sku text, quantity integer) RETURNS jsonb LANGUAGE sql IMMUTABLE AS
    $$ SELECT jsonb_build_array(jsonb_build_object('sku', sku, 'quantity', quantity)) $$;
COMMENT ON FUNCTION public.items(text, integer) IS 'A list of one item.';

CREATE FUNCTION public.items(VARIADIC skus text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS
    $$ SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', 1)) FROM unnest(skus) sku $$;
COMMENT ON FUNCTION public.items(text[]) IS 'A list of items, one unit of each.';

CREATE FUNCTION public.id(sku text) RETURNS uuid LANGUAGE sql STABLE AS
    'SELECT p.id FROM ecommerce.products p WHERE p.sku = $1';
COMMENT ON FUNCTION public.id(text) IS 'The id of a product.';

CREATE FUNCTION public.pay(order_id uuid, amount numeric DEFAULT NULL) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_payment uuid := (SELECT p.id FROM ecommerce.create_payment(pay.order_id, pay.amount, 'cash',
                           allow_overpayment => true) p);
BEGIN
    RETURN (SELECT p.order_payment_status FROM ecommerce.capture_payment(v_payment) p);
END
$$;
COMMENT ON FUNCTION public.pay(uuid, numeric) IS 'Pays for an order in cash; all that is due.';

CREATE FUNCTION public.give_back(order_id uuid, amount numeric DEFAULT NULL) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_refund uuid := (SELECT r.id FROM ecommerce.refund_order(give_back.order_id,
                                                              amount => give_back.amount) r);
BEGIN
    RETURN (SELECT r.order_payment_status FROM ecommerce.confirm_refund(v_refund) r);
END
$$;
COMMENT ON FUNCTION public.give_back(uuid, numeric) IS
    'Refunds an order in cash; all that was paid.';

-- moved = sold + held + available, always
CREATE FUNCTION public.books()
RETURNS TABLE (sku text, moved bigint, sold bigint, held bigint, available bigint)
LANGUAGE sql STABLE AS $$
    SELECT p.sku,
        (SELECT coalesce(sum(m.quantity), 0) FROM ecommerce.stock_movements m
            WHERE m.product_id = p.id),
        (SELECT coalesce(sum(i.quantity), 0) FROM ecommerce.order_items i
            JOIN ecommerce.orders o ON o.id = i.order_id AND o.created_at = i.order_created_at
            WHERE i.product_id = p.id AND o.status <> 'cancelled')
        - (SELECT coalesce(sum(c.quantity), 0) FROM ecommerce.order_cancellations c
            JOIN ecommerce.order_items i ON i.order_id = c.order_id
                AND i.order_created_at = c.order_created_at AND i.line_number = c.line_number
            JOIN ecommerce.orders o ON o.id = c.order_id AND o.created_at = c.order_created_at
            WHERE i.product_id = p.id AND o.status <> 'cancelled'),
        (SELECT coalesce(sum(r.quantity), 0) FROM ecommerce.stock_reservations r
            WHERE r.product_id = p.id AND r.status = 'held'),
        (SELECT coalesce(sum(s.available), 0) FROM ecommerce.stock s WHERE s.product_id = p.id)
    FROM ecommerce.products p
$$;
COMMENT ON FUNCTION public.books() IS
    'Of each product, units: what came, was sold, is held, is left.';

-- Events are handed out once no transaction before them is running, in any database.
CREATE FUNCTION public.without_autovacuum() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WHILE EXISTS (SELECT FROM pg_stat_activity
        WHERE backend_type = 'autovacuum worker' AND backend_xid IS NOT NULL)
    LOOP
        PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
    END LOOP;
END $$;
COMMENT ON FUNCTION public.without_autovacuum() IS
    'Waits until no transaction of autovacuum holds events back.';

-- Documents are written by plain SQL here, so that those can be made that no shop issues.
CREATE FUNCTION ecommerce_test.issue(doc jsonb) RETURNS uuid LANGUAGE plpgsql
    SET session_replication_role = replica AS $$
DECLARE
    d record;
    sums record;
    new_id uuid := coalesce(doc ->> 'id', ecommerce.uuid_v7()::text);
    order_time timestamptz := coalesce((doc ->> 'order_created_at')::timestamptz, now());
BEGIN
    SELECT * INTO d FROM jsonb_to_record('{"series": "A", "kind": "invoice", "currency": "EUR",
        "vat_scheme": "domestic", "country": "GR", "region": "", "number": 1, "prepaid": 0,
        "issue_date": "2026-05-04", "buyer": {"name": "Ann", "country": "GR"},
        "seller": {"name": "Shop", "country": "GR", "vat_id": "EL094259216", "mydata_branch": 0},
        "preceding": [], "payment": {}}' || doc) x (tenant_id integer, series text, number bigint,
        kind text, issue_date date, delivery_date date, currency text, vat_scheme text,
        country text, region text, prepaid numeric, tax_currency text, exchange_rate numeric,
        seller jsonb, buyer jsonb, delivery jsonb, payment jsonb, preceding jsonb, order_id uuid);
    SELECT sum(sign * (l ->> 'net')::numeric) AS net, sum(sign * (l ->> 'vat')::numeric) AS vat
    INTO sums FROM (SELECT l, CASE l ->> 'part' WHEN 'allowance' THEN -1 ELSE 1 END AS sign
        FROM jsonb_array_elements(doc -> 'lines') l) s;
    INSERT INTO ecommerce.invoice_series (tenant_id, series, kind, format)
    VALUES (coalesce(d.tenant_id, 1), d.series, d.kind, '{series}-{year}-{number}')
    ON CONFLICT DO NOTHING;
    INSERT INTO ecommerce.invoices (tenant_id, id, series, year, number, invoice_number, kind,
        type_code, issue_date, delivery_date, order_id, order_created_at, order_number, currency,
        net, vat, gross, prepaid, tax_currency, exchange_rate, vat_scheme, country, region, seller,
        buyer, delivery, payment, preceding)
    VALUES (coalesce(d.tenant_id, 1), new_id, d.series, extract(year FROM d.issue_date), d.number,
        format('%s-%s-%s', d.series, extract(year FROM d.issue_date), d.number), d.kind,
        CASE d.kind WHEN 'invoice' THEN '380' ELSE '381' END, d.issue_date, d.delivery_date,
        coalesce(d.order_id, new_id), order_time, 'order', d.currency, sums.net, sums.vat,
        sums.net + sums.vat, d.prepaid, d.tax_currency, d.exchange_rate, d.vat_scheme, d.country,
        d.region, d.seller, d.buyer, d.delivery, d.payment, d.preceding);
    INSERT INTO ecommerce.invoice_lines (tenant_id, invoice_id, line_number, part, order_line, kind,
        sku, name, quantity, unit_price, net, vat, vat_category, vat_rate, supply,
        corrected_invoice_id, corrected_line_number)
    SELECT coalesce(d.tenant_id, 1), new_id, n, coalesce(x.part, 'line'), n,
        coalesce(x.kind, 'product'), x.sku, 'Name', 1, x.net, x.net, x.vat, coalesce(x.cat, 'S'),
        coalesce(x.rate, 0), coalesce(x.supply, 'goods'), x.corrects,
        CASE WHEN x.corrects IS NOT NULL THEN 1 END
    FROM jsonb_array_elements(doc -> 'lines') WITH ORDINALITY l (l, n)
    CROSS JOIN jsonb_to_record(l) x (part text, kind text, sku text, net numeric, vat numeric,
        cat text, rate numeric, supply text, corrects uuid);
    INSERT INTO ecommerce.invoice_vat_groups (tenant_id, invoice_id, vat_category, vat_rate,
        taxable, tax, mydata_exemption)
    SELECT coalesce(d.tenant_id, 1), new_id, coalesce(x.cat, 'S'), coalesce(x.rate, 0),
        sum(CASE x.part WHEN 'allowance' THEN - x.net ELSE x.net END),
        sum(CASE x.part WHEN 'allowance' THEN - x.vat ELSE x.vat END), max(x.exemption)
    FROM jsonb_to_recordset(doc -> 'lines') x (part text, net numeric, vat numeric, cat text,
        rate numeric, exemption integer)
    GROUP BY 1, 2, 3, 4;
    RETURN new_id;
END $$;
COMMENT ON FUNCTION ecommerce_test.issue(jsonb) IS
    'Write a document into the tables of invoices, right or not, with what it says and a sale at '
    'home otherwise. Its VAT groups are the sums of its lines.';
