-- Detached partitions: which they are, and the sums that the books need of them.

CREATE FUNCTION ecommerce_internal.detached_leaves()
    RETURNS TABLE (leaf oid, name text, parent text, suffix text, from_time timestamptz,
                   to_time timestamptz, archived boolean)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC' SET quote_all_identifiers = off SET jit = off
AS $$
BEGIN
    IF has_table_privilege(to_regclass('ecommerce.archived_partitions'), 'SELECT') IS NOT TRUE THEN
        RETURN;
    END IF;
    -- What ALTER TABLE detached has lost its bounds, but not its name.
    RETURN QUERY
    SELECT c.oid, format('%I.%I', 'ecommerce_partitions', c.relname), p.relname::text, n.suffix,
           coalesce(a.from_time, b.low), coalesce(a.to_time, b.low + CASE
               WHEN b.part[3] IS NOT NULL THEN interval '1 month'
               WHEN b.part[2] IS NOT NULL THEN interval '3 months'
               ELSE interval '1 year' END), a.suffix IS NOT NULL
    FROM pg_class p
    JOIN pg_class c ON c.relnamespace = to_regnamespace('ecommerce_partitions')
        AND c.relkind = 'r' AND NOT c.relispartition
        AND starts_with(c.relname, p.relname || '_')
    CROSS JOIN LATERAL (SELECT substr(c.relname, length(p.relname) + 2) AS suffix) n
    LEFT JOIN ecommerce.archived_partitions a ON a.suffix = n.suffix
    LEFT JOIN LATERAL (
        SELECT m.part, make_timestamptz(m.part[1]::integer,
                   coalesce(3 * m.part[2]::integer - 2, m.part[3]::integer, 1), 1, 0, 0, 0) AS low
        FROM regexp_match(n.suffix, '^([1-9][0-9]{3})(?:_q([1-4])|_(0[1-9]|1[0-2]))?$') AS m (part)
        WHERE m.part IS NOT NULL) b ON true
    WHERE p.relnamespace = to_regnamespace('ecommerce') AND p.relkind = 'p'
      AND (a.suffix IS NOT NULL OR b.low IS NOT NULL);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.detached_leaves() IS
    'Tables that were partitions of the shop, with the bounds that they had. archived is false for '
    'what ALTER TABLE detached: the bounds are those of the month, quarter or year of its name. '
    'Nothing for roles that may not read archived_partitions.';

CREATE FUNCTION ecommerce_internal.archived_times() RETURNS tstzmultirange
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    IF to_regclass('ecommerce.archived_partitions') IS NULL THEN
        RETURN '{}'::tstzmultirange;
    END IF;
    RETURN (SELECT coalesce(range_agg(tstzrange(t.from_time, t.to_time)), '{}')
            FROM (SELECT a.from_time, a.to_time FROM ecommerce.archived_partitions a
                  UNION ALL
                  SELECT d.from_time, d.to_time FROM ecommerce_internal.detached_leaves() d) t);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.archived_times() IS
    'The times whose orders are in detached partitions, by whatever means.';

CREATE FUNCTION ecommerce_internal.may_be_archived(id uuid, times tstzmultirange) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN tstzrange(ecommerce_internal.id_time(id) - interval '1 day',
                     ecommerce_internal.id_time(id) + interval '1 day', '[]') && times;
COMMENT ON FUNCTION ecommerce_internal.may_be_archived(uuid, tstzmultirange) IS
    'Whether an order that is not found may be of archived_times(), by its id.';

CREATE FUNCTION ecommerce_internal.check_archived(order_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF ecommerce_internal.id_time(order_id) <@ ecommerce_internal.archived_times() THEN
        RAISE EXCEPTION 'the orders of that time are archived'
            USING ERRCODE = 'EC024', DETAIL = format('It is %s.', order_id),
                  HINT = 'ecommerce.attach_partition() brings them back.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_archived(uuid) IS
    'Before an order is called unknown: error EC024 if the orders of its time are archived. Its '
    'time is that of the id, so this tells nothing about what there is.';

CREATE FUNCTION ecommerce_internal.lock_partitioned_tables() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE (SELECT format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE',
                           string_agg(format('ONLY ecommerce.%I', t.name), ', '
                                      ORDER BY t.ordinal))
             FROM ecommerce_internal.partitioned_tables() t);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_partitioned_tables() IS
    'For functions that move rows between partitions or detach them: let everybody wait who reads '
    'or writes orders. In the order in which all that writes orders locks.';

CREATE FUNCTION ecommerce_internal.check_closed(order_leaf regclass, low timestamptz,
    high timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_open   bigint;
    v_unpaid bigint;
    v_held   bigint;
    v_parcels bigint;
    v_returns bigint;
BEGIN
    EXECUTE format($sql$
        SELECT count(*) FILTER (WHERE o.status IN ('pending', 'processing')),
               count(*) FILTER (WHERE o.status NOT IN ('cancelled', 'refunded')
                                  AND o.payment_status IN ('pending', 'failed')
                                  AND o.amount_paid < o.gross
                                      - ecommerce_internal.cancelled_amount(o.tenant_id, o.id,
                                                                            o.created_at))
        FROM %s o $sql$, order_leaf) INTO v_open, v_unpaid;
    SELECT count(*) INTO v_held FROM ecommerce.stock_reservations r
    WHERE r.status = 'held' AND r.created_at >= low AND r.created_at < high;
    SELECT count(*) INTO v_parcels FROM ecommerce.shipments s
    WHERE s.status = 'pending' AND s.order_created_at >= low AND s.order_created_at < high;
    SELECT count(*) INTO v_returns FROM ecommerce.returns b
    WHERE b.status IN ('requested', 'approved')
      AND b.order_created_at >= low AND b.order_created_at < high;
    IF v_open + v_unpaid + v_held + v_parcels + v_returns > 0 THEN
        RAISE EXCEPTION 'a partition with open orders cannot be detached'
            USING ERRCODE = 'object_in_use',
                  DETAIL = jsonb_strip_nulls(jsonb_build_object('partition', order_leaf::text,
                      'open', v_open, 'unpaid', v_unpaid, 'reservations', v_held,
                      'shipments', nullif(v_parcels, 0), 'returns', nullif(v_returns, 0)))::text,
                  HINT = 'Ship or cancel its orders, settle what is unpaid, receive or reject what '
                         'is to come back, and call ecommerce.expire_reservations().';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_closed(regclass, timestamptz, timestamptz) IS
    'For detach_partition(): error 55006 if orders of a leaf are pending, processing or unpaid. '
    'Nor may reservations that were made in its time be held, shipments of its orders be pending, '
    'or returns be open. The detail counts them.';

CREATE FUNCTION ecommerce_internal.book_archive(order_leaf regclass, item_leaf regclass,
    cancellation_leaf regclass, name text, low timestamptz, high timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC' SET datestyle = 'ISO'
AS $$
DECLARE
    v_written boolean;
BEGIN
    EXECUTE format('INSERT INTO ecommerce.archived_partitions (suffix, from_time, to_time,
                                                               corrected_at)
                    SELECT $1, $2, $3, max(c.created_at) FROM %s c', cancellation_leaf)
    USING name, low, high;
    -- A movement holds an integer; what a partition sold may be more.
    EXECUTE format($sql$
        WITH sold AS (
            SELECT l.tenant_id, l.product_id, coalesce(a.key::integer, 1) AS warehouse_id,
                   sum(l.sign * coalesce(a.value::integer, l.quantity))::bigint AS quantity
            FROM (SELECT i.tenant_id, i.product_id, i.allocation, i.quantity, 1 AS sign
                  FROM %3$s o
                  JOIN %4$s i ON i.tenant_id = o.tenant_id AND i.order_id = o.id
                             AND i.order_created_at = o.created_at
                  WHERE i.from_stock AND o.status <> 'cancelled'
                  UNION ALL
                  SELECT i.tenant_id, i.product_id, c.allocation, c.quantity, -1
                  FROM %3$s o
                  JOIN %5$s c ON c.tenant_id = o.tenant_id AND c.order_id = o.id
                             AND c.order_created_at = o.created_at
                  JOIN %4$s i ON i.tenant_id = o.tenant_id AND i.order_id = o.id
                             AND i.order_created_at = o.created_at
                             AND i.line_number = c.line_number
                  WHERE i.from_stock AND o.status <> 'cancelled') l
            LEFT JOIN LATERAL jsonb_each_text(l.allocation) a ON true
            GROUP BY 1, 2, 3),
        written AS (
            INSERT INTO ecommerce.stock_movements (tenant_id, product_id, warehouse_id, quantity,
                                                   reason, reference, created_at)
            SELECT s.tenant_id, s.product_id, s.warehouse_id,
                   - least(s.quantity - n.counted, 2147483647), 'archive', %1$L,
                   %2$L::timestamptz - interval '1 microsecond'
            FROM sold s
            CROSS JOIN generate_series(0, s.quantity - 1, 2147483647) AS n (counted)
            RETURNING quantity)
        SELECT (SELECT coalesce(sum(quantity), 0) FROM sold)
               = (SELECT coalesce(- sum(quantity), 0) FROM written)
        $sql$, name, high, order_leaf, item_leaf, cancellation_leaf) INTO v_written;
    PERFORM ecommerce_internal.check_written(v_written, 'stock_movements');
    EXECUTE format($sql$
        INSERT INTO ecommerce.archived_sales (tenant_id, product_id, suffix, currency, orders,
                                              quantity, net, last_ordered_at)
        SELECT i.tenant_id, i.product_id, %L, o.currency, count(DISTINCT o.id),
               sum(i.quantity - coalesce(c.quantity, 0)), sum(i.net - coalesce(c.net, 0)),
               max(o.created_at)
        FROM %s o
        JOIN %s i ON i.tenant_id = o.tenant_id AND i.order_id = o.id
                 AND i.order_created_at = o.created_at
        LEFT JOIN (SELECT n.tenant_id, n.order_id, n.order_created_at, n.line_number,
                          sum(n.quantity) AS quantity, sum(n.net) AS net
                   FROM %s n GROUP BY 1, 2, 3, 4) c
               ON c.tenant_id = i.tenant_id AND c.order_id = i.order_id
              AND c.order_created_at = i.order_created_at AND c.line_number = i.line_number
        WHERE i.product_id IS NOT NULL AND o.status <> 'cancelled'
          AND i.quantity > coalesce(c.quantity, 0)
        GROUP BY i.tenant_id, i.product_id, o.currency
        $sql$, name, order_leaf, item_leaf, cancellation_leaf);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.book_archive(regclass, regclass, regclass, text, timestamptz,
    timestamptz) IS
    'For detach_partition(): write down what the books need of the orders of a leaf. Units sold '
    'and not cancelled become stock movements of the last moment of its time, and sales rows of '
    'archived_sales.';

CREATE FUNCTION ecommerce_internal.unbook_archive(name text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_written boolean;
BEGIN
    -- Movements never go; others undo them.  One movement may have been several.
    WITH booked AS (
        SELECT m.tenant_id, m.product_id, m.warehouse_id, m.created_at,
               - sum(m.quantity)::bigint AS quantity
        FROM ecommerce.stock_movements m
        WHERE m.reason = 'archive' AND m.reference = name
        GROUP BY m.tenant_id, m.product_id, m.warehouse_id, m.created_at
        HAVING sum(m.quantity) < 0),
    written AS (
        INSERT INTO ecommerce.stock_movements (tenant_id, product_id, warehouse_id, quantity,
                                               reason, reference, created_at)
        SELECT b.tenant_id, b.product_id, b.warehouse_id,
               least(b.quantity - n.counted, 2147483647), 'archive', name, b.created_at
        FROM booked b
        CROSS JOIN generate_series(0, b.quantity - 1, 2147483647) AS n (counted)
        RETURNING quantity)
    SELECT (SELECT coalesce(sum(quantity), 0) FROM booked)
           = (SELECT coalesce(sum(quantity), 0) FROM written) INTO v_written;
    PERFORM ecommerce_internal.check_written(v_written, 'stock_movements');
    DELETE FROM ecommerce.archived_partitions a WHERE a.suffix = name;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.unbook_archive(text) IS
    'For attach_partition(): undo what book_archive() booked, because the orders are there again.';

CREATE FUNCTION ecommerce_internal.reopen_for_archive(order_leaf regclass,
    cancellation_leaf regclass, low timestamptz, high timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_until timestamptz;
BEGIN
    EXECUTE format('SELECT greatest($1, max(o.cancelled_at),
                                    (SELECT max(c.created_at) FROM %s c)) FROM %s o',
                   cancellation_leaf, order_leaf)
    INTO v_until USING high;
    DELETE FROM ecommerce.stock_balances b WHERE b.closed_at > low AND b.closed_at <= v_until;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.reopen_for_archive(regclass, regclass, timestamptz,
    timestamptz) IS
    'For detach_partition() and attach_partition(): forget balances of stock that tell single '
    'orders of a leaf apart. A sum does not know which were sold or cancelled by then.';

CREATE FUNCTION ecommerce_internal.begin_archive(leaf regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF leaf IS NULL THEN
        RAISE EXCEPTION 'leaf must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF current_setting('transaction_isolation') NOT LIKE 'read %' THEN
        -- Sums of an old snapshot would miss orders.
        RAISE EXCEPTION 'partitions are detached and attached at READ COMMITTED only'
            USING ERRCODE = 'active_sql_transaction',
                  HINT = 'Begin with BEGIN ISOLATION LEVEL READ COMMITTED.';
    END IF;
    -- As ensure_partitions() does
    PERFORM pg_advisory_xact_lock(hashtextextended('ecommerce.ensure_partitions', 0));
    PERFORM ecommerce_internal.lock_partitioned_tables();
END
$$;
COMMENT ON FUNCTION ecommerce_internal.begin_archive(regclass) IS
    'For detach_partition() and attach_partition(): lock what they change. Errors: 22004 NULL, '
    '25001 not READ COMMITTED.';
