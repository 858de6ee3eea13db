-- Stock: reserving, adjusting and moving it.  Sold, held and available
-- units of a product always sum to what came in.
--
-- enable_seqscan is off for writing functions, because a session keeps the
-- plans that it made: one made while a table was empty would scan it whole for
-- every order until the table is analyzed.  It reaches the checks of foreign
-- keys, too.

CREATE FUNCTION ecommerce.available_stock(product_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS integer
    LANGUAGE c STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'ec_available_stock';
COMMENT ON FUNCTION ecommerce.available_stock(uuid, integer) IS
    'Units of a product that can be sold now; 0 for one that was never received, NULL for an '
    'unknown one.';

CREATE FUNCTION ecommerce.reserve_stock(items jsonb, owner text DEFAULT NULL,
    ttl interval DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.reservation
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_reserve_stock';
COMMENT ON FUNCTION ecommerce.reserve_stock(jsonb, text, interval, integer) IS
    'Hold stock of all items, or of none. items: [{"sku" or "product_id", "quantity"}]. owner: '
    'for whom, a session or a cart, say; kept with the reservation. ttl: how long it holds, by '
    'default settings.reservation_ttl (a month is 30 days, a day 24 hours); longer only with the '
    'privilege to INSERT into orders, else error 42501. Errors: EC001 with all short products in '
    'the detail, EC002 unknown product, EC003 not for sale, EC013 no items, 22023 wrong items.';

CREATE FUNCTION ecommerce.extend_reservation(reservation_id uuid, ttl interval DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.reservation
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_extend_reservation';
COMMENT ON FUNCTION ecommerce.extend_reservation(uuid, interval, integer) IS
    'Let a reservation hold longer. ttl: how long from now, by default settings.reservation_ttl. '
    'Without the privilege to INSERT into orders it cannot be more than that, nor four times that '
    'in all: error 42501. Returns the reservation. Errors: EC005 unknown, EC006 no longer held or '
    'already expired.';

CREATE FUNCTION ecommerce.release_reservation(reservation_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.released_reservation
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_release_reservation';
COMMENT ON FUNCTION ecommerce.release_reservation(uuid, integer) IS
    'Give the stock of a held reservation back, and return how many units; none if that was done '
    'already. Errors: EC005 unknown, EC006 committed to an order.';

CREATE FUNCTION ecommerce.expire_reservations(max_count integer DEFAULT 1000,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer;
    n        bigint := 0;
BEGIN
    FOR v_tenant IN SELECT t FROM ecommerce_internal.maintained_tenants(tenant_id) t LOOP
        PERFORM ecommerce_internal.work_for(v_tenant);
        n := n + ecommerce_internal.expire_holds(max_count, v_tenant);
    END LOOP;
    RETURN n;
END
$$;
COMMENT ON FUNCTION ecommerce.expire_reservations(integer, integer) IS
    'Give the stock of expired holds back, and return how many. max_count: at most so many '
    'products and reservations of a tenant. tenant_id: NULL for all tenants, one after the other, '
    'if the caller may choose any. Skips what another session is working on. Errors: 22023 wrong '
    'max_count, 22004 NULL, 42501 all tenants.';

CREATE FUNCTION ecommerce.adjust_stock(product_id uuid, quantity bigint,
    reason text DEFAULT 'adjustment', reference text DEFAULT NULL, note text DEFAULT NULL,
    warehouse_id integer DEFAULT 1, order_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS integer
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_adjust_stock';
COMMENT ON FUNCTION ecommerce.adjust_stock(uuid, bigint, text, text, text, integer, uuid,
    integer) IS
    'Add units that came to a warehouse (or, negative, went) and record the movement. Returns '
    'what is available then, in all warehouses. quantity: units that came, or with a minus sign '
    'went. reason: one of receipt, adjustment, return and write_off. reference, note and order_id '
    'are kept with the movement. What comes back from an order is for return_stock(): a return '
    'with an order_id, or one of more than no units, is error 22023. Errors: EC001 if less is '
    'available, EC002 unknown product, EC008 unknown order, EC021 unknown warehouse, 22003 more '
    'units than 1000000000.';

CREATE FUNCTION ecommerce.adjust_stock(sku text, quantity bigint,
    reason text DEFAULT 'adjustment', reference text DEFAULT NULL, note text DEFAULT NULL,
    warehouse_id integer DEFAULT 1, order_id uuid DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS integer
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_adjust_stock_by_sku';
COMMENT ON FUNCTION ecommerce.adjust_stock(text, bigint, text, text, text, integer, uuid,
    integer) IS
    'Like adjust_stock(product_id, ...), by SKU, or by an id without a type that is no SKU.';

CREATE FUNCTION ecommerce.transfer_stock(product_id uuid, quantity bigint, from_warehouse integer,
    to_warehouse integer, reference text DEFAULT NULL, note text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS integer
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_transfer_stock';
COMMENT ON FUNCTION ecommerce.transfer_stock(uuid, bigint, integer, integer, text, text,
    integer) IS
    'Move units from one warehouse to another and record both movements. quantity: units, more '
    'than none. reference and note are kept with both. Returns what is available then, in all '
    'warehouses. Errors: EC001 if less is available there, EC002 unknown product, EC021 unknown '
    'warehouse, 22003 more units than 1000000000.';

CREATE FUNCTION ecommerce.set_backorder_limit(product_id uuid, quantity bigint,
    warehouse_id integer DEFAULT 1, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_limit integer;
BEGIN
    PERFORM ecommerce_internal.check_tenant(tenant_id);
    IF num_nulls(product_id, quantity, warehouse_id, tenant_id) > 0 OR quantity < 0 THEN
        RAISE EXCEPTION 'quantity must be zero or more, but is %', quantity
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF quantity > 1000000000 THEN
        RAISE EXCEPTION 'quantity must be from 0 to 1000000000'
            USING ERRCODE = 'numeric_value_out_of_range', DETAIL = format('It is %s.', quantity);
    ELSIF NOT EXISTS (SELECT FROM ecommerce.products p
                      WHERE p.tenant_id = set_backorder_limit.tenant_id
                        AND p.id = set_backorder_limit.product_id) THEN
        RAISE EXCEPTION 'unknown product "%"', product_id
            USING ERRCODE = 'EC002', DETAIL = format('["%s"]', product_id);
    ELSIF NOT EXISTS (SELECT FROM ecommerce.warehouses w
                      WHERE w.tenant_id = set_backorder_limit.tenant_id
                        AND w.id = set_backorder_limit.warehouse_id) THEN
        RAISE EXCEPTION 'unknown warehouse %', warehouse_id USING ERRCODE = 'EC021';
    END IF;
    INSERT INTO ecommerce.stock AS s (tenant_id, product_id, warehouse_id, slot, available,
                                      backorder_limit)
    VALUES (set_backorder_limit.tenant_id, set_backorder_limit.product_id,
            set_backorder_limit.warehouse_id, 0, 0, quantity)
    ON CONFLICT ON CONSTRAINT stock_pkey
    DO UPDATE SET backorder_limit = greatest(excluded.backorder_limit, - s.available)
    RETURNING backorder_limit INTO v_limit;
    PERFORM ecommerce_internal.check_written(v_limit >= quantity, 'stock');
    RETURN v_limit;
END
$$;
COMMENT ON FUNCTION ecommerce.set_backorder_limit(uuid, bigint, integer, integer) IS
    'Let a product be sold before it is there, up to so many units of a warehouse. quantity: the '
    'units; 0 ends that. Returns the limit, which is at least what was sold so already. Errors: '
    '22023 below zero, 22003 more than 1000000000, EC002 unknown product, EC021 unknown '
    'warehouse.';

CREATE FUNCTION ecommerce.set_stock_slots(product_id uuid, slots integer,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM ecommerce_internal.check_tenant(tenant_id);
    IF num_nulls(product_id, tenant_id) > 0 THEN
        RAISE EXCEPTION 'product_id and tenant_id must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF slots NOT BETWEEN 1 AND 256 THEN
        RAISE EXCEPTION 'slots must be from 1 to 256, but is %', slots
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'NULL lets the stock spread while many buy it at once.';
    END IF;
    UPDATE ecommerce.products p SET stock_slots = set_stock_slots.slots
    WHERE p.tenant_id = set_stock_slots.tenant_id AND p.id = set_stock_slots.product_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown product "%"', product_id
            USING ERRCODE = 'EC002', DETAIL = format('["%s"]', product_id);
    END IF;
    PERFORM ecommerce_internal.spread_stock(product_id, coalesce(slots, 1), tenant_id);
    RETURN coalesce(slots, 1);
END
$$;
COMMENT ON FUNCTION ecommerce.set_stock_slots(uuid, integer, integer) IS
    'Spread the stock of a product over so many rows in each warehouse. As many buyers at once '
    'need not wait for each other then; before a sale that many wait for, say. slots: the rows; '
    'NULL, the default for a product, begins with one and adds rows while buyers meet. Waits for '
    'those who are buying. Returns in how many rows each warehouse has it. Errors: 22023 wrong '
    'number of rows, EC002 unknown product.';

CREATE FUNCTION ecommerce.rebalance_stock(max_products integer DEFAULT 1000,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer;
    n        integer := 0;
BEGIN
    FOR v_tenant IN SELECT t FROM ecommerce_internal.maintained_tenants(tenant_id) t LOOP
        IF max_products IS NULL OR max_products < 0 THEN
            RAISE EXCEPTION 'max_products must be zero or more, but is %', max_products
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        PERFORM ecommerce_internal.work_for(v_tenant);
        n := n + ecommerce_internal.rebalance_tenant(max_products, v_tenant);
    END LOOP;
    RETURN n;
END
$$;
COMMENT ON FUNCTION ecommerce.rebalance_stock(integer, integer) IS
    'Gather the stock of products that nobody is buying at this moment. It goes into one row for '
    'each warehouse, or evenly into those that set_stock_slots() made. Does not wait for buyers. '
    'max_products: at most so many of a tenant in one call. tenant_id: NULL for all tenants, if '
    'the caller may choose any. Returns how many products it went through; call it now and then. '
    'Errors: 22023 for a negative number or NULL, 42501 all tenants.';

CREATE FUNCTION ecommerce.return_stock(order_id uuid, items jsonb, reference text DEFAULT NULL,
    note text DEFAULT NULL, idempotency_key text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_time    timestamptz := ecommerce_internal.id_time(order_id);
    v_created timestamptz;
    v_items   jsonb;
BEGIN
    PERFORM ecommerce_internal.check_tenant(tenant_id);
    IF num_nulls(order_id, items, tenant_id) > 0 THEN
        RAISE EXCEPTION 'order_id, items and tenant_id must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM ecommerce_internal.check_key(idempotency_key);
    SELECT o.created_at INTO v_created FROM ecommerce.orders o
    WHERE o.tenant_id = return_stock.tenant_id AND o.id = return_stock.order_id
      AND o.created_at BETWEEN v_time - interval '24 hours' AND v_time + interval '24 hours';
    IF NOT FOUND THEN
        PERFORM ecommerce_internal.refuse_unknown_order(order_id);
    END IF;
    PERFORM ecommerce_internal.check_return_items(items, tenant_id);
    -- Lines never change, so they are read without a lock: the key is locked before the order.
    v_items := ecommerce_internal.return_items(order_id, v_created, items, tenant_id);
    IF idempotency_key IS NULL
       OR ecommerce_internal.claim_request('return', idempotency_key, order_id, v_created,
              jsonb_build_object('items', v_items, 'reference', reference, 'note', note),
              tenant_id) THEN
        PERFORM ecommerce_internal.lock_returns(tenant_id, order_id);
        PERFORM ecommerce_internal.return_at_once(tenant_id, order_id, v_created, v_items,
            ecommerce_internal.check_returns(tenant_id, order_id, v_created, v_items, false),
            reference, note);
    END IF;
    RETURN (SELECT sum((i ->> 'quantity')::bigint) FROM jsonb_array_elements(v_items) i);
END
$$;
COMMENT ON FUNCTION ecommerce.return_stock(uuid, jsonb, text, text, text, integer) IS
    'Take back units of an order that was shipped, and return how many. It is request_return(), '
    'approve_return() and receive_return() in one: a row of returns says what is to be refunded. '
    'Items are [{"sku" or '
    '"product_id", "quantity", "restock", "warehouse_id"}], with the SKU of the order or the one '
    'that the product has now. They can be sold again, or with "restock": false are written off. '
    'With an idempotency_key a retry of the same request takes nothing more and returns the same; '
    'another request under that key, or an order, is error EC007. Other errors: EC008 unknown '
    'order, EC009 it was not shipped, EC021 unknown warehouse, EC022 more comes back than was '
    'sold, EC023 products that are not on the order or were not tracked, each with all such '
    'products in the detail, 22023 wrong items or key.';

CREATE FUNCTION ecommerce.return_stock(order_number text, items jsonb,
    reference text DEFAULT NULL, note text DEFAULT NULL, idempotency_key text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.return_stock(ecommerce_internal.find_order(v_tenant, order_number), items,
                                  reference, note, idempotency_key, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.return_stock(text, jsonb, text, text, text, integer) IS
    'Like return_stock(order_id, ...), by the order''s number or an id without a type.';

CREATE FUNCTION ecommerce.stock_at(product_id uuid, at timestamptz,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF num_nulls(product_id, at, tenant_id) > 0 THEN
        RAISE EXCEPTION 'product, time and tenant must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT EXISTS (SELECT FROM ecommerce.products p
                      WHERE p.tenant_id = stock_at.tenant_id AND p.id = stock_at.product_id) THEN
        RAISE EXCEPTION 'unknown product "%"', product_id
            USING ERRCODE = 'EC002', DETAIL = format('["%s"]', product_id);
    END IF;
    RETURN (SELECT coalesce(sum(l.quantity), 0)::bigint FROM ecommerce.stock_ledger l
            WHERE l.tenant_id = stock_at.tenant_id AND l.product_id = stock_at.product_id
              AND l.created_at <= stock_at.at);
END
$$;
COMMENT ON FUNCTION ecommerce.stock_at(uuid, timestamptz, integer) IS
    'Units of a product that were there and not sold at a moment, held ones included; from '
    'stock_ledger. Errors: EC002 unknown product, 22004 NULL.';
