-- What only functions and triggers of stock call.  Some trust their callers.

CREATE FUNCTION ecommerce_internal.check_reservation() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    violated text;
BEGIN
    violated := CASE
        WHEN NEW.quantity <= 0                             THEN 'stock_reservations_quantity_check'
        WHEN NEW.status NOT IN ('held', 'committed', 'consumed', 'released', 'expired')
                                                           THEN 'stock_reservations_status_check'
        WHEN length(NEW.owner) > 255                       THEN 'stock_reservations_owner_check'
        -- release_reservation() would give back what was never taken
        WHEN TG_OP = 'INSERT' AND NEW.status = 'held'      THEN 'stock_reservations_held_check'
    END;
    IF violated IS NOT NULL THEN
        RAISE EXCEPTION 'reservation violates %', violated
            USING ERRCODE = 'check_violation', CONSTRAINT = violated, SCHEMA = 'ecommerce',
                  TABLE = 'stock_reservations';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.status <> OLD.status
       AND (OLD.status, NEW.status) NOT IN (
           ('held', 'committed'), ('held', 'released'), ('held', 'expired'),
           ('committed', 'consumed'), ('committed', 'released')) THEN
        RAISE EXCEPTION 'a reservation cannot go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'EC006', DETAIL = format('Reservation %s.', OLD.id);
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_reservation() IS
    'Checks a reservation that plain SQL inserts or updates, error 23514: known states, a '
    'quantity above zero, no new hold. Error EC006 for a second exit, which would give its units '
    'back again.';

CREATE FUNCTION ecommerce_internal.check_stock_delete() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- The stock of a product goes with it, which check_product_delete() has allowed.
    IF NOT EXISTS (SELECT FROM ecommerce.products p
                   WHERE p.tenant_id = OLD.tenant_id AND p.id = OLD.product_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'DELETE on stock is refused'
        USING ERRCODE = 'EC017',
              DETAIL = format('Product %s has units there.', OLD.product_id),
              HINT = 'Call ecommerce.adjust_stock(), with reason write_off for what is lost.';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_stock_delete() IS
    'Refuses to delete a row of stock that has units, with error EC017, unless its product is '
    'gone.';

CREATE FUNCTION ecommerce_internal.check_reservation_delete() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'DELETE on stock_reservations is refused'
        USING ERRCODE = 'EC017',
              DETAIL = format('Reservation %s is %s.', OLD.id, OLD.status),
              HINT = CASE OLD.status WHEN 'held' THEN 'Call ecommerce.release_reservation().'
                                     ELSE 'Call ecommerce.cancel_order().' END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_reservation_delete() IS
    'Refuses to delete a reservation that holds units, with error EC017.';

CREATE FUNCTION ecommerce_internal.book_return(product_id uuid, quantity integer, restock boolean,
    reference text, note text, warehouse_id integer, order_id uuid, tenant_id integer) RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_book_return';
COMMENT ON FUNCTION ecommerce_internal.book_return(uuid, integer, boolean, text, text, integer,
    uuid, integer) IS
    'For return_stock(), which has compared them with what was sold: book units that came back '
    'from an order. They are added to stock, or without restock written off.';

CREATE FUNCTION ecommerce_internal.lock_stock(product_id uuid, tenant_id integer) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    locked integer := 0;
    n      integer;
BEGIN
    PERFORM ecommerce_internal.check_tenant(tenant_id);
    IF product_id IS NULL THEN
        RAISE EXCEPTION 'product_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    -- New rows take their units from old ones: when none came since all were locked, none will.
    LOOP
        PERFORM FROM ecommerce.stock s
        WHERE s.tenant_id = lock_stock.tenant_id AND s.product_id = lock_stock.product_id
        ORDER BY s.warehouse_id, s.slot FOR NO KEY UPDATE;
        GET DIAGNOSTICS n = ROW_COUNT;
        EXIT WHEN n = locked OR current_setting('transaction_isolation') <> 'read committed';
        locked := n;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_stock(uuid, integer) IS
    'Lock all stock of a product until the transaction ends. Lock several products in the order of '
    'their ids. Error 22004 for NULL.';

CREATE FUNCTION ecommerce_internal.spread_stock(product_id uuid, slots integer, tenant_id integer)
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    w         record;
    v_written boolean;
BEGIN
    IF slots IS NULL OR slots NOT BETWEEN 1 AND 256 THEN
        RAISE EXCEPTION 'slots must be from 1 to 256, but is %', slots
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM ecommerce_internal.lock_stock(spread_stock.product_id, spread_stock.tenant_id);
    -- Each warehouse by one statement, whose triggers may change what comes after it.
    FOR w IN
        SELECT DISTINCT s.warehouse_id AS id FROM ecommerce.stock s
        WHERE s.tenant_id = spread_stock.tenant_id AND s.product_id = spread_stock.product_id
        ORDER BY s.warehouse_id
    LOOP
        WITH wanted AS (
            SELECT n::smallint AS slot,
                   CASE WHEN n >= spread_stock.slots THEN 0
                        WHEN h.units > 0 THEN
                            h.units / spread_stock.slots
                            + (n < h.units % spread_stock.slots)::integer
                        WHEN n = 0 THEN h.units ELSE 0 END AS available,
                   CASE n WHEN 0 THEN h.backorder_limit ELSE 0 END AS backorder_limit
            FROM (SELECT array_agg(t.slot) AS slots, sum(t.available)::integer AS units,
                         max(t.available) - min(t.available) AS difference,
                         sum(t.backorder_limit)::integer AS backorder_limit
                  FROM ecommerce.stock t
                  WHERE t.tenant_id = spread_stock.tenant_id
                    AND t.product_id = spread_stock.product_id AND t.warehouse_id = w.id) h
            CROSS JOIN LATERAL (SELECT g FROM generate_series(0, spread_stock.slots - 1) g
                                UNION SELECT unnest(h.slots)) AS k (n)
            WHERE cardinality(h.slots) <> spread_stock.slots OR spread_stock.slots <= ANY (h.slots)
               OR h.difference > greatest(h.units / spread_stock.slots / 2, 1)),
        written AS (
            INSERT INTO ecommerce.stock AS s (tenant_id, product_id, warehouse_id, slot, available,
                                              backorder_limit)
            SELECT spread_stock.tenant_id, spread_stock.product_id, w.id, n.slot, n.available,
                   n.backorder_limit
            FROM wanted n
            ON CONFLICT ON CONSTRAINT stock_pkey
            DO UPDATE SET available = excluded.available, backorder_limit = excluded.backorder_limit
            RETURNING s.slot, s.available, s.backorder_limit)
        SELECT (SELECT count(*) FROM wanted)
               = (SELECT count(*) FROM wanted JOIN written USING (slot, available, backorder_limit))
        INTO v_written;
        PERFORM ecommerce_internal.check_written(v_written, 'stock');
        DELETE FROM ecommerce.stock s
        WHERE s.tenant_id = spread_stock.tenant_id AND s.product_id = spread_stock.product_id
          AND s.warehouse_id = w.id AND s.slot >= spread_stock.slots AND s.available = 0
          AND s.backorder_limit = 0;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.spread_stock(uuid, integer, integer) IS
    'Lock the stock of a product and spread it evenly over so many rows in each warehouse, 1 to '
    '256, if it is not nearly so. Error 22023 for another number.';

CREATE FUNCTION ecommerce_internal.expire_holds(max_count integer, tenant_id integer)
    RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_expire_reservations';
COMMENT ON FUNCTION ecommerce_internal.expire_holds(integer, integer) IS
    'For expire_reservations(): what it does for one tenant.';

CREATE FUNCTION ecommerce_internal.rebalance_tenant(max_products integer, tenant_id integer)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p record;
    n integer := 0;
BEGIN
    FOR p IN
        SELECT s.product_id, r.stock_slots
        FROM ecommerce.stock s
        JOIN ecommerce.products r ON r.tenant_id = rebalance_tenant.tenant_id
                                 AND r.id = s.product_id
        WHERE s.tenant_id = rebalance_tenant.tenant_id
        GROUP BY s.product_id, r.stock_slots HAVING count(*) > count(DISTINCT s.warehouse_id)
        ORDER BY s.product_id LIMIT max_products
    LOOP
        -- Nobody buys it when none of its rows is locked: the rush is over.
        BEGIN
            PERFORM FROM ecommerce.stock s
            WHERE s.tenant_id = rebalance_tenant.tenant_id AND s.product_id = p.product_id
            ORDER BY s.warehouse_id, s.slot FOR NO KEY UPDATE NOWAIT;
            PERFORM ecommerce_internal.spread_stock(p.product_id, coalesce(p.stock_slots, 1),
                                                    rebalance_tenant.tenant_id);
            n := n + 1;
        EXCEPTION
            WHEN lock_not_available THEN NULL;
        END;
    END LOOP;
    RETURN n;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.rebalance_tenant(integer, integer) IS
    'For rebalance_stock(): what it does for one tenant.';
