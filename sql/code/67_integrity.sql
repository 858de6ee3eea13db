-- The proof of the books: from the beginning, or of what happened since a time
-- at a cost that does not grow with what came before.
--
-- Plans are made for the values of each call, and without regard to what the
-- session has switched off; stock_books() never sorts, because its groups are
-- few and their estimates far too low.  A condition on the time of a row stands
-- beside one on its id where only the id is indexed: ids are at most a day off.

CREATE FUNCTION ecommerce.first_id(since timestamptz) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (lpad(to_hex(least(greatest(floor(extract(epoch FROM since - interval '1 day') * 1000),
        0),
                              281474976710655)::bigint), 12, '0') || repeat('0', 20))::uuid
    WHERE isfinite(since)
    UNION ALL
    SELECT '00000000-0000-0000-0000-000000000000' WHERE isfinite(since) IS NOT TRUE
$$;
COMMENT ON FUNCTION ecommerce.first_id(timestamptz) IS
    'The lowest id that a row of that time can have; the lowest of all for NULL or infinity.';

CREATE FUNCTION ecommerce.id_time(id uuid) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN id::text ~ '^.{14}7.{4}[89ab]' THEN ecommerce.uuid_v7_time(id) END
$$;
COMMENT ON FUNCTION ecommerce.id_time(uuid) IS
    'The time in a UUIDv7; NULL for a UUID of another version.';

CREATE FUNCTION ecommerce.stock_books(tenant_id integer, closed_at timestamptz, until timestamptz)
    RETURNS TABLE (tenant integer, product_id uuid, warehouse_id integer, opening bigint,
        moved bigint, sold bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = off
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := stock_books.tenant_id;
    v_from   timestamptz := stock_books.closed_at;
BEGIN
    RETURN QUERY
    WITH reopened AS (
        -- Each product has a balance at a closing, unless it is new or was reopened.
        SELECT p.tenant_id, p.id FROM ecommerce.products p
        WHERE v_from > '-infinity' AND (v_tenant IS NULL OR p.tenant_id = v_tenant)
          AND NOT EXISTS (SELECT FROM ecommerce.stock_balances b
                          WHERE b.tenant_id = p.tenant_id AND b.product_id = p.id
                              AND b.closed_at = v_from)
    ), line AS (
        SELECT i.tenant_id, i.product_id, i.allocation, i.quantity,
               (o.status = 'cancelled'
                AND coalesce(o.cancelled_at, o.created_at) < until)::integer - 1 AS sign
        FROM ecommerce.orders o
        JOIN ecommerce.order_items i ON i.tenant_id = o.tenant_id AND i.order_id = o.id
            AND i.order_created_at = o.created_at
        WHERE (v_tenant IS NULL OR o.tenant_id = v_tenant) AND o.created_at >= v_from
            AND o.created_at < until
          AND i.order_created_at >= v_from AND i.order_created_at < until AND i.from_stock
        UNION ALL
        -- sold before, cancelled since
        SELECT i.tenant_id, i.product_id, i.allocation, i.quantity, 1
        FROM ecommerce.orders o
        JOIN ecommerce.order_items i ON i.tenant_id = o.tenant_id AND i.order_id = o.id
            AND i.order_created_at = o.created_at
        WHERE (v_tenant IS NULL OR o.tenant_id = v_tenant) AND o.status = 'cancelled'
          AND o.cancelled_at >= v_from AND o.cancelled_at < until AND o.created_at < v_from
          AND i.order_created_at < v_from AND i.from_stock
        UNION ALL
        SELECT i.tenant_id, i.product_id, i.allocation, i.quantity,
               (o.status = 'cancelled'
                AND coalesce(o.cancelled_at, o.created_at) < v_from)::integer - 1
        FROM reopened p
        JOIN ecommerce.order_items i ON i.tenant_id = p.tenant_id AND i.product_id = p.id
            AND i.order_created_at < v_from
        JOIN ecommerce.orders o ON o.tenant_id = i.tenant_id AND o.id = i.order_id
            AND o.created_at = i.order_created_at
        WHERE i.from_stock
    ), sale AS (
        -- Few kinds of allocations, so that they are taken apart seldom.
        SELECT l.tenant_id, l.product_id, l.allocation, sum(l.sign * l.quantity) AS quantity,
            sum(l.sign) AS lines
        FROM line l GROUP BY l.tenant_id, l.product_id, l.allocation
    ), entry (tenant_id, product_id, warehouse_id, opening, moved, sold) AS (
        SELECT b.tenant_id, b.product_id, b.warehouse_id, b.quantity, 0, 0
            FROM ecommerce.stock_balances b
        WHERE (v_tenant IS NULL OR b.tenant_id = v_tenant) AND b.closed_at = v_from
        UNION ALL
        SELECT m.tenant_id, m.product_id, m.warehouse_id, 0, m.quantity, 0
            FROM ecommerce.stock_movements m
        WHERE (v_tenant IS NULL OR m.tenant_id = v_tenant) AND m.created_at >= v_from
            AND m.created_at < until
        UNION ALL
        SELECT m.tenant_id, m.product_id, m.warehouse_id, 0, m.quantity, 0
        FROM reopened p
        JOIN ecommerce.stock_movements m ON m.tenant_id = p.tenant_id AND m.product_id = p.id
            AND m.created_at < v_from
        UNION ALL
        SELECT s.tenant_id, s.product_id, coalesce(a.key::integer, 1), 0, 0,
            - coalesce(a.value::integer * s.lines, s.quantity)
        FROM sale s LEFT JOIN LATERAL jsonb_each_text(s.allocation) a ON true
    )
    SELECT e.tenant_id, e.product_id, e.warehouse_id, sum(e.opening)::bigint, sum(e.moved)::bigint,
        sum(e.sold)::bigint
    FROM entry e GROUP BY e.tenant_id, e.product_id, e.warehouse_id;
END
$$;
COMMENT ON FUNCTION ecommerce.stock_books(integer, timestamptz, timestamptz) IS
    'Units by the ledger of what happened before until: opening (by the balances of closed_at), '
    'moved and sold since then; of products without such a balance, from the beginning. closed_at '
    '-infinity counts everything; tenant_id NULL means all tenants.';

CREATE FUNCTION ecommerce.close_stock_books(
    closed_at timestamptz DEFAULT date_trunc('day', now()) - interval '1 day',
    tenant_id integer     DEFAULT ecommerce.current_tenant())
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce.check_tenant(close_stock_books.tenant_id);
    v_closed timestamptz := close_stock_books.closed_at;
    n        bigint;
BEGIN
    IF v_closed IS NULL OR NOT isfinite(v_closed) OR v_closed > now() - interval '1 day' THEN
        RAISE EXCEPTION 'wrong closed_at' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'It must be at least a day ago.',
            HINT = 'Transactions of a later time may still be running.';
    END IF;
    -- Who books into the past holds it shared: reopen_stock_books().
    PERFORM pg_advisory_xact_lock(hashtextextended('ecommerce.stock_balances', v_tenant));
    INSERT INTO ecommerce.stock_balances AS b (tenant_id, product_id, warehouse_id, closed_at,
        quantity)
    SELECT v_tenant, p.id, coalesce(k.warehouse_id, 1), v_closed,
        coalesce(k.opening + k.moved - k.sold, 0)
    FROM ecommerce.products p
    LEFT JOIN ecommerce.stock_books(v_tenant,
        (SELECT coalesce(max(c.closed_at), '-infinity') FROM ecommerce.stock_balances c
         WHERE c.tenant_id = v_tenant AND c.closed_at <= v_closed), v_closed) k
             ON k.product_id = p.id
    WHERE p.tenant_id = v_tenant
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS n = ROW_COUNT;
    DELETE FROM ecommerce.stock_balances b
    WHERE b.tenant_id = v_tenant
      AND b.closed_at < (SELECT min(l.closed_at)
                         FROM (SELECT DISTINCT c.closed_at FROM ecommerce.stock_balances c
                               WHERE c.tenant_id = v_tenant ORDER BY c.closed_at DESC LIMIT 2) l);
    RETURN n;
END
$$;
COMMENT ON FUNCTION ecommerce.close_stock_books(timestamptz, integer) IS
    'Write down what the ledger of stock comes to for each product and warehouse, of all that '
    'happened before '
    'closed_at, so that verify_integrity(since) need not read it again; keeps the newest two '
    'closings. Returns how '
    'many balances it wrote: none if that was done before. Call it nightly, as READ COMMITTED. '
    'Error 22023 if '
    'closed_at is not at least a day ago.';

CREATE FUNCTION ecommerce.reopen_stock_books(tenant_id integer, product_ids uuid[],
    from_time timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
BEGIN
    PERFORM ecommerce.check_tenant(reopen_stock_books.tenant_id);
    -- Until the transaction ends: close_stock_books() waits, to see what it books.
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('ecommerce.stock_balances',
        reopen_stock_books.tenant_id));
    DELETE FROM ecommerce.stock_balances b
    WHERE b.tenant_id = reopen_stock_books.tenant_id AND b.product_id = ANY (product_ids)
        AND b.closed_at > from_time;
END
$$;
COMMENT ON FUNCTION ecommerce.reopen_stock_books(integer, uuid[], timestamptz) IS
    'For functions that book into the past, before they do: forget the balances of these products '
    'that are later '
    'than that. If a closing commits after the snapshot of a REPEATABLE READ transaction that '
    'calls this, its '
    'balance stays, and verify_integrity() reports it.';

CREATE FUNCTION ecommerce.verify_integrity(since timestamptz DEFAULT NULL)
    RETURNS TABLE (problem text, tenant_id integer, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_from    timestamptz := coalesce(since, '-infinity');
    v_id      uuid := ecommerce.first_id(since);
    -- NULL for all, so that rows of unknown tenants are proved, too
    v_tenants integer[] := (SELECT array_agg(t.id) FROM ecommerce.tenants t
        WHERE since IS NOT NULL);
    v_tenant  integer;
    v_closed  timestamptz;
BEGIN
    IF NOT isfinite(since) THEN
        RAISE EXCEPTION 'wrong since' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'It must be a time, or NULL.';
    END IF;

    -- movements - sales - holds = available, for each product and warehouse
    FOREACH v_tenant IN ARRAY coalesce(v_tenants, ARRAY[NULL::integer]) LOOP
        v_closed := coalesce((SELECT max(b.closed_at) FROM ecommerce.stock_balances b
                              WHERE b.tenant_id = v_tenant AND b.closed_at <= since), '-infinity');
        RETURN QUERY
        SELECT 'stock differs from its books', b.tenant_id, b.product_id,
               jsonb_strip_nulls(jsonb_build_object('warehouse_id', b.warehouse_id, 'closed_at',
                   nullif(v_closed, '-infinity'),
                   'opening', nullif(sum(b.opening), 0), 'movements', sum(b.moved), 'sold',
                       sum(b.sold),
                   'held', sum(b.held), 'available', sum(b.available)))
        FROM (SELECT k.tenant, k.product_id, k.warehouse_id, k.opening, k.moved, k.sold, 0, 0
              FROM ecommerce.stock_books(v_tenant, v_closed, 'infinity'::timestamptz) k
              UNION ALL
              SELECT r.tenant_id, r.product_id, r.warehouse_id, 0, 0, 0, r.quantity, 0
              FROM ecommerce.stock_reservations r
              WHERE r.status = 'held' AND (v_tenant IS NULL OR r.tenant_id = v_tenant)
              UNION ALL
              SELECT s.tenant_id, s.product_id, s.warehouse_id, 0, 0, 0, 0, s.available
              FROM ecommerce.stock s WHERE v_tenant IS NULL OR s.tenant_id = v_tenant)
            AS b (tenant_id, product_id, warehouse_id, opening, moved, sold, held, available)
        GROUP BY b.tenant_id, b.product_id, b.warehouse_id
        HAVING sum(b.opening) + sum(b.moved) - sum(b.sold) - sum(b.held) <> sum(b.available);
    END LOOP;
    IF since IS NULL THEN
        FOR v_closed IN SELECT DISTINCT b.closed_at FROM ecommerce.stock_balances b
            ORDER BY b.closed_at LOOP
            RETURN QUERY
            SELECT 'a balance of stock differs from its ledger', b.tenant_id, b.product_id,
                   jsonb_build_object('warehouse_id', b.warehouse_id, 'closed_at', b.closed_at,
                       'balance', b.quantity,
                                      'ledger', coalesce(k.moved - k.sold, 0))
            FROM ecommerce.stock_balances b
            LEFT JOIN ecommerce.stock_books(NULL::integer, '-infinity'::timestamptz, v_closed) k
                   ON k.tenant = b.tenant_id AND k.product_id = b.product_id
                       AND k.warehouse_id = b.warehouse_id
            WHERE b.closed_at = v_closed AND b.quantity <> coalesce(k.moved - k.sold, 0);
        END LOOP;
    END IF;

    RETURN QUERY
    SELECT 'units of a line differ from where they came from', i.tenant_id, i.order_id,
           jsonb_build_object('line_number', i.line_number, 'quantity', i.quantity, 'allocation',
               i.allocation)
    FROM ecommerce.order_items i
    WHERE (v_tenants IS NULL OR i.tenant_id = ANY (v_tenants)) AND i.order_id >= v_id
        AND i.order_created_at >= v_from
      AND i.allocation IS NOT NULL
      AND i.quantity <> (SELECT coalesce(sum(a.value::integer), 0)
          FROM jsonb_each_text(i.allocation) a);

    RETURN QUERY
    SELECT 'more came back than was sold', m.tenant_id, m.order_id,
           jsonb_build_object('product_id', m.product_id, 'returned', m.quantity, 'sold',
               s.quantity)
    FROM (SELECT l.tenant_id, l.order_id, l.product_id, sum(l.quantity) AS quantity
          FROM (SELECT DISTINCT n.tenant_id, n.order_id FROM ecommerce.stock_movements n
                WHERE (v_tenants IS NULL OR n.tenant_id = ANY (v_tenants))
                    AND n.created_at >= v_from
                  AND n.reason = 'return' AND n.order_id IS NOT NULL) n
          JOIN ecommerce.stock_movements l ON l.tenant_id = n.tenant_id AND l.order_id = n.order_id
          WHERE l.reason = 'return' GROUP BY 1, 2, 3) m
    CROSS JOIN LATERAL (SELECT coalesce(sum(i.quantity), 0) AS quantity FROM ecommerce.order_items i
                        WHERE i.tenant_id = m.tenant_id AND i.order_id = m.order_id
                          AND i.order_created_at >= ecommerce.id_time(m.order_id) - interval '1 day'
                          AND i.order_created_at <= ecommerce.id_time(m.order_id) + interval '1 day'
                          AND i.product_id = m.product_id AND i.from_stock) s
    WHERE m.quantity > s.quantity;

    RETURN QUERY
    SELECT 'a reservation differs from its order', r.tenant_id, r.id,
           jsonb_build_object('order_id', r.order_id, 'reservation', r.status, 'order', o.status)
    FROM (SELECT r.tenant_id, r.id, r.order_id, r.status, r.product_id, r.warehouse_id
          FROM ecommerce.stock_reservations r
          WHERE (v_tenants IS NULL OR r.tenant_id = ANY (v_tenants)) AND r.id >= v_id
              AND r.created_at >= v_from
          UNION
          SELECT r.tenant_id, r.id, r.order_id, r.status, r.product_id, r.warehouse_id
          FROM ecommerce.orders o
          JOIN ecommerce.stock_reservations r ON r.tenant_id = o.tenant_id AND r.order_id = o.id
          WHERE since IS NOT NULL AND o.tenant_id = ANY (v_tenants) AND o.created_at >= v_from
          UNION
          SELECT r.tenant_id, r.id, r.order_id, r.status, r.product_id, r.warehouse_id
          FROM ecommerce.orders o
          JOIN ecommerce.stock_reservations r ON r.tenant_id = o.tenant_id AND r.order_id = o.id
          WHERE since IS NOT NULL AND o.tenant_id = ANY (v_tenants) AND o.cancelled_at >= v_from) r
    LEFT JOIN ecommerce.orders o ON o.tenant_id = r.tenant_id AND o.id = r.order_id
       AND (since IS NULL OR o.created_at BETWEEN ecommerce.id_time(r.order_id) - interval '1 day'
                                              AND ecommerce.id_time(r.order_id) + interval '1 day')
    WHERE r.order_id IS NOT NULL
      AND (o.id IS NULL OR r.status NOT IN ('committed', 'consumed', 'released')
          OR (r.status = 'released') <> (o.status = 'cancelled'))
       OR r.order_id IS NULL AND r.status IN ('committed', 'consumed');

    RETURN QUERY
    SELECT CASE WHEN o.id IS NULL THEN 'lines without an order'
        ELSE 'an order differs from its lines' END,
           coalesce(o.tenant_id, i.tenant_id), coalesce(o.id, i.order_id),
           jsonb_build_object('net', o.net, 'vat', o.vat, 'gross', o.gross, 'lines_net', i.net,
               'lines_vat', i.vat)
    FROM (SELECT t.tenant_id, t.id, t.created_at, t.net, t.vat, t.gross FROM ecommerce.orders t
          WHERE (v_tenants IS NULL OR t.tenant_id = ANY (v_tenants)) AND t.created_at >= v_from) o
    FULL JOIN (SELECT l.tenant_id, l.order_id, l.order_created_at, sum(l.net) AS net,
        sum(l.vat) AS vat
               FROM ecommerce.order_items l
               WHERE (v_tenants IS NULL OR l.tenant_id = ANY (v_tenants)) AND l.order_id >= v_id
                   AND l.order_created_at >= v_from
               GROUP BY 1, 2, 3) i
           ON i.tenant_id = o.tenant_id AND i.order_id = o.id AND i.order_created_at = o.created_at
    WHERE (o.net, o.vat, o.gross) IS DISTINCT FROM (i.net, i.vat, i.net + i.vat);

    RETURN QUERY
    SELECT 'an idempotency key without its order', k.tenant_id, k.order_id,
        jsonb_build_object('key', k.key)
    FROM ecommerce.idempotency_keys k
    WHERE (v_tenants IS NULL OR k.tenant_id = ANY (v_tenants)) AND k.created_at >= v_from
      AND NOT EXISTS (SELECT FROM ecommerce.orders o
                      WHERE o.tenant_id = k.tenant_id AND o.id = k.order_id
                          AND o.created_at = k.order_created_at);

    RETURN QUERY
    SELECT 'a cart without its order', c.tenant_id, c.id, jsonb_build_object('order_id', c.order_id)
    FROM ecommerce.carts c
    WHERE (v_tenants IS NULL OR c.tenant_id = ANY (v_tenants)) AND c.order_id >= v_id
        AND c.status = 'ordered'
      AND NOT EXISTS (SELECT FROM ecommerce.orders o
                      WHERE o.tenant_id = c.tenant_id AND o.id = c.order_id
           AND (since IS NULL
                OR o.created_at BETWEEN ecommerce.id_time(c.order_id) - interval '1 day'
                                    AND ecommerce.id_time(c.order_id) + interval '1 day'));

    RETURN QUERY SELECT p.problem, p.tenant_id, p.entity_id, p.detail
        FROM ecommerce.promotion_problems(since) p;
    RETURN QUERY SELECT s.problem, s.tenant_id, s.entity_id, s.detail
        FROM ecommerce.schema_problems() s;
END
$$;
COMMENT ON FUNCTION ecommerce.verify_integrity(timestamptz) IS
    'Every equation of the books that does not hold, with the product or order that it is about; '
    'no row means that '
    'all is right. Includes promotion_problems() and schema_problems(). With since: of what '
    'happened since then, and '
    'of all stock, from the balances of the last closing before it (close_stock_books()), so that '
    'the cost does not '
    'grow with what came before; what plain SQL did to older rows is for the whole proof to find. '
    'NULL proves '
    'everything from the beginning, and the balances. Sees what the caller may see. Error 22023 '
    'for infinity.';
