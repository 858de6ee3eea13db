-- Lists of units that people give: [{"sku", "product_id" or "line_number", "quantity", ...}].

CREATE FUNCTION ecommerce_internal.check_unit_items(items jsonb, counts text[], keys text[])
    RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_names constant text[] := '{sku,product_id,line_number}'::text[];
    v_fault text;
BEGIN
    IF jsonb_typeof(ecommerce_internal.encoded_once(items, 'items')) <> 'array'
       OR jsonb_array_length(items) = 0 THEN
        v_fault := 'items must be an array with elements';
    ELSIF jsonb_array_length(items) > 100000 THEN
        v_fault := 'items must have at most 100000 elements';
    ELSE
        SELECT format('items[%s]%s', i.n - 1, f.fault) INTO v_fault
        FROM jsonb_array_elements(items) WITH ORDINALITY i (e, n)
        CROSS JOIN LATERAL (SELECT CASE
            WHEN jsonb_typeof(e) <> 'object' THEN ' must be an object'
            WHEN e - (v_names || counts || keys) <> '{}'
                THEN format(' has the unknown key "%s"',
                            left((SELECT min(k) FROM jsonb_object_keys(
                                      e - (v_names || counts || keys)) k), 100))
            WHEN num_nonnulls(e ->> 'sku', e ->> 'product_id', e ->> 'line_number') <> 1
                THEN ' must have either sku, product_id or line_number'
            WHEN e ->> 'product_id' !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                THEN format('.product_id must be a UUID, not "%s"', left(e ->> 'product_id', 100))
            WHEN e ->> 'line_number' !~ '^0*[1-9][0-9]{0,8}$'
                THEN format('.line_number must be a whole number from 1, not "%s"',
                            left(e ->> 'line_number', 100))
            WHEN e ->> 'warehouse_id' !~ '^[1-9][0-9]{0,8}$'
                THEN format('.warehouse_id must be the number of a warehouse, not "%s"',
                            left(e ->> 'warehouse_id', 100))
            WHEN EXISTS (SELECT FROM unnest(counts) c WHERE e ->> c !~ '^[+]?[0-9]{1,9}([.]0+)?$')
                THEN (SELECT format('.%s must be a whole number from %s to 999999999, not "%s"', c,
                                    CASE cardinality(counts) WHEN 1 THEN 1 ELSE 0 END,
                                    left(e ->> c, 100))
                      FROM unnest(counts) c
                      WHERE e ->> c !~ '^[+]?[0-9]{1,9}([.]0+)?$' LIMIT 1)
            WHEN NOT EXISTS (SELECT FROM unnest(counts) c WHERE e ->> c ~ '[1-9]')
                THEN format(' must have a %s above zero', array_to_string(counts, ' or '))
            END AS fault) f
        WHERE f.fault IS NOT NULL ORDER BY i.n LIMIT 1;
    END IF;
    IF v_fault IS NOT NULL THEN
        RAISE EXCEPTION '%', v_fault USING ERRCODE = 'invalid_parameter_value',
            HINT = format('They are [{"sku", "product_id" or "line_number", "%s"}].',
                          array_to_string(counts || keys, '", "'));
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_unit_items(jsonb, text[], text[]) IS
    'Whether a list of units of an order can be read. counts: the keys that are numbers of units, '
    'of which each item has one above zero. keys: others that items may have. Error 22023 names '
    'the first item that is wrong.';

CREATE FUNCTION ecommerce_internal.find_products(items jsonb, tenant_id integer, order_id uuid,
    order_created_at timestamptz)
    RETURNS TABLE (n bigint, product_id uuid, from_stock boolean)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := find_products.tenant_id;
BEGIN
    RETURN QUERY
    WITH item AS MATERIALIZED (
        SELECT i.n, (i.e ->> 'line_number')::integer AS line_number,
               (i.e ->> 'product_id')::uuid AS product_id, i.e ->> 'sku' AS sku
        FROM jsonb_array_elements(items) WITH ORDINALITY AS i (e, n)
    ), line AS MATERIALIZED (
        SELECT l.line_number, l.product_id, l.sku, l.from_stock, p.sku AS current_sku,
               p.deleted_at
        FROM ecommerce.order_items l
        LEFT JOIN ecommerce.products p ON p.tenant_id = v_tenant AND p.id = l.product_id
        WHERE l.tenant_id = v_tenant AND l.order_id = find_products.order_id
          AND l.order_created_at = find_products.order_created_at
          AND l.kind = 'product' AND l.product_id IS NOT NULL
    )
    -- The order's own SKU counts before one that another of its products has since.
    SELECT DISTINCT ON (i.n) i.n, l.product_id, l.from_stock
    FROM item i
    JOIN line l ON l.line_number = i.line_number OR l.product_id = i.product_id
                OR l.sku = i.sku OR l.current_sku = i.sku
    ORDER BY i.n, l.sku = i.sku DESC NULLS LAST, l.deleted_at NULLS FIRST, l.from_stock DESC,
             l.line_number;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.find_products(jsonb, integer, uuid, timestamptz) IS
    'The products of an order that items name, by line_number, product_id or sku. n: the place of '
    'the item, from 1; those that name none are left out. A product is found by the SKU that it '
    'was ordered by, or by the one that it has now. from_stock: whether a line of it took stock.';

CREATE FUNCTION ecommerce_internal.find_lines(items jsonb, tenant_id integer, order_id uuid,
    order_created_at timestamptz) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_items jsonb;
    v_wrong jsonb;
BEGIN
    SELECT jsonb_agg(e - '{sku,product_id,line_number}'::text[]
                     || jsonb_build_object('n', n, 'product_id', l.product_id, 'line_number',
                                           (e ->> 'line_number')::integer,
                                           'name', coalesce(e ->> 'sku', e ->> 'product_id',
                                                            e ->> 'line_number')) ORDER BY n)
    INTO v_items
    FROM jsonb_array_elements(items) WITH ORDINALITY AS i (e, n)
    LEFT JOIN ecommerce_internal.find_products(items, tenant_id, order_id, order_created_at) l
           USING (n);
    SELECT jsonb_agg(DISTINCT jsonb_build_object('name', e ->> 'name', 'reason', 'not_ordered'))
    INTO v_wrong
    FROM jsonb_array_elements(v_items) e WHERE e ->> 'product_id' IS NULL;
    IF v_wrong IS NOT NULL THEN
        RAISE EXCEPTION '"%" is not on the order', left(v_wrong -> 0 ->> 'name', 100)
            USING ERRCODE = 'EC023', DETAIL = v_wrong::text;
    END IF;
    RETURN v_items;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.find_lines(jsonb, integer, uuid, timestamptz) IS
    'A list of units of an order, which check_unit_items() has checked, with the products that '
    'its items name. Each item gets n (its place, from 1), product_id, and line_number if it named '
    'one. A product is found by its id, by the SKU that it was ordered by, or by the one that it '
    'has now. Error EC023 lists all that are not on the order.';

CREATE FUNCTION ecommerce_internal.take_units(items jsonb, lines jsonb, code text, message text)
    RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_taken jsonb;
    v_wrong jsonb;
BEGIN
    WITH item AS (
        SELECT e AS item, (e ->> 'n')::bigint AS n, (e ->> 'line_number')::integer AS line_number,
               (e ->> 'product_id')::uuid AS product_id,
               (e ->> 'quantity')::numeric::bigint AS quantity
        FROM jsonb_array_elements(items) e
    ), line AS (
        SELECT l.line_number, l.product_id,
               greatest(l.quantity - coalesce(d.quantity, 0), 0) AS quantity
        FROM jsonb_to_recordset(lines) AS l (line_number integer, product_id uuid, quantity bigint)
        LEFT JOIN (SELECT i.line_number, sum(i.quantity)::bigint AS quantity FROM item i
                   WHERE i.line_number IS NOT NULL GROUP BY i.line_number) d
               ON d.line_number = l.line_number
    ), item_span AS (
        -- Units of a product stand in a row, those that are wanted and those that there are.
        SELECT i.item, i.n, i.product_id, i.quantity,
               sum(i.quantity) OVER (PARTITION BY i.product_id ORDER BY i.n, i.item) AS high
        FROM item i WHERE i.line_number IS NULL
    ), line_span AS (
        SELECT l.line_number, l.product_id, l.quantity,
               sum(l.quantity) OVER (PARTITION BY l.product_id ORDER BY l.line_number) AS high
        FROM line l
    ), taken AS (
        SELECT i.item, i.n, i.line_number, i.quantity FROM item i WHERE i.line_number IS NOT NULL
        UNION ALL
        SELECT i.item, i.n, l.line_number,
               least(i.high, l.high) - greatest(i.high - i.quantity, l.high - l.quantity)
        FROM item_span i JOIN line_span l ON l.product_id = i.product_id
        WHERE least(i.high, l.high) > greatest(i.high - i.quantity, l.high - l.quantity)
    )
    SELECT (SELECT jsonb_agg(t.item || jsonb_build_object('line_number', t.line_number,
                                                          'quantity', t.quantity)
                             ORDER BY t.line_number, t.n) FROM taken t),
           (SELECT jsonb_agg(jsonb_build_object('sku', w.sku, 'requested', w.requested,
                CASE code WHEN 'EC022' THEN 'returnable' WHEN 'EC036' THEN 'cancellable'
                     ELSE 'left' END, w.free)
                             ORDER BY w.sku, w.requested)
            FROM (SELECT min(coalesce(k.sku, i.item ->> 'name')) AS sku,
                         sum(i.quantity) AS requested, coalesce(min(k.free), 0) AS free
                  FROM item i
                  LEFT JOIN LATERAL (SELECT min(l.sku) AS sku,
                                            sum(greatest(l.quantity, 0)) AS free
                      FROM jsonb_to_recordset(lines) AS l (line_number integer, product_id uuid,
                                                           sku text, quantity bigint)
                      WHERE l.product_id = i.product_id
                        AND (i.line_number IS NULL OR l.line_number = i.line_number)) k ON true
                  GROUP BY i.product_id, i.line_number
                  UNION ALL
                  SELECT min(k.sku), sum(i.quantity), coalesce(min(k.free), 0)
                  FROM item i
                  LEFT JOIN LATERAL (SELECT min(l.sku) AS sku,
                                            sum(greatest(l.quantity, 0)) AS free
                      FROM jsonb_to_recordset(lines) AS l (product_id uuid, sku text,
                                                           quantity bigint)
                      WHERE l.product_id = i.product_id) k ON true
                  GROUP BY i.product_id HAVING count(DISTINCT i.line_number) > 0
                                           AND count(*) > count(i.line_number)) w
            WHERE w.requested > w.free)
    INTO v_taken, v_wrong;
    IF v_wrong IS NOT NULL THEN
        RAISE EXCEPTION '%', format(message, left(v_wrong -> 0 ->> 'sku', 100))
            USING ERRCODE = code, DETAIL = v_wrong::text;
    END IF;
    RETURN v_taken;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.take_units(jsonb, jsonb, text, text) IS
    'Spread a list of units over lines of an order. items: those of find_lines(), with a '
    'quantity. lines: [{"line_number", "product_id", "sku", "quantity"}], of which no more is '
    'taken. Returns the items with line_number and quantity; one that spans lines becomes several. '
    'If there is too little, error code with message, which %s of the first product is put into; '
    'the detail lists all.';

CREATE FUNCTION ecommerce_internal.lock_order_row(tenant_id integer, order_id uuid,
    OUT created_at timestamptz, OUT order_number text, OUT status text)
    LANGUAGE c VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = auto
    AS 'MODULE_PATHNAME', 'ec_lock_order_row';
COMMENT ON FUNCTION ecommerce_internal.lock_order_row(integer, uuid) IS
    'What lock_fulfilment() mostly comes to: lock an order where its id says that it is. NULLs if '
    'it is not there, or if this transaction has locked it.';

CREATE FUNCTION ecommerce_internal.lock_fulfilment(tenant_id integer, order_id uuid,
    OUT created_at timestamptz, OUT order_number text, OUT status text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_row  record := ecommerce_internal.lock_order_row(tenant_id, order_id);
    v_time timestamptz;
    v_ours boolean;
BEGIN
    IF v_row IS NOT NULL THEN
        created_at := v_row.created_at;
        order_number := v_row.order_number;
        status := v_row.status;
        RETURN;
    END IF;
    -- A version that this transaction wrote keeps everybody else out already.
    v_time := ecommerce_internal.id_time(order_id);
    SELECT t.created_at, t.order_number, t.status,
           t.xmin = pg_current_xact_id_if_assigned()::xid
    INTO lock_fulfilment.created_at, lock_fulfilment.order_number, lock_fulfilment.status, v_ours
    FROM ecommerce.orders t
    WHERE t.tenant_id = lock_fulfilment.tenant_id AND t.id = lock_fulfilment.order_id
      AND t.created_at BETWEEN v_time - interval '24 hours' AND v_time + interval '24 hours';
    IF NOT FOUND THEN
        PERFORM ecommerce_internal.refuse_unknown_order(order_id);
    ELSIF v_ours THEN
        RETURN;
    END IF;
    -- An update, not only a lock: of two at REPEATABLE READ one must fail.
    UPDATE ecommerce.orders t SET status = t.status
    WHERE t.tenant_id = lock_fulfilment.tenant_id AND t.id = lock_fulfilment.order_id
      AND t.created_at = lock_fulfilment.created_at
    RETURNING t.order_number, t.status INTO lock_fulfilment.order_number, lock_fulfilment.status;
    IF NOT FOUND THEN
        PERFORM ecommerce_internal.refuse_unknown_order(order_id);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_fulfilment(integer, uuid) IS
    'For whoever changes where units of an order are, or corrects it: wait for all others who do, '
    'and read the order. lock_order() is for who writes to its row anyway. Errors: EC008 unknown '
    'order, EC024 archived.';

CREATE FUNCTION ecommerce_internal.claim_request(kind text, idempotency_key text, order_id uuid,
    order_created_at timestamptz, arguments jsonb, tenant_id integer) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    -- The whole, and four bytes of what it was and of each argument, to tell which one differs
    v_request bytea := sha256(convert_to(concat_ws(' ', kind, order_id, arguments), 'UTF8'));
    v_names   text[] := ARRAY(SELECT k FROM jsonb_object_keys(arguments) k ORDER BY k);
    v_found   bytea;
BEGIN
    PERFORM ecommerce_internal.check_key(idempotency_key);
    v_request := v_request || (
        SELECT string_agg(substr(sha256(convert_to(a.value, 'UTF8')), 1, 4), '' ORDER BY a.n)
        FROM (SELECT 0, kind
              UNION ALL SELECT 1, order_id::text
              UNION ALL SELECT k.n + 1, coalesce((arguments -> k.name)::text, '')
              FROM unnest(v_names) WITH ORDINALITY AS k (name, n)) AS a (n, value));
    INSERT INTO ecommerce.idempotency_keys (tenant_id, key, request_hash, order_id,
                                            order_created_at)
    VALUES (claim_request.tenant_id, claim_request.idempotency_key, v_request,
            claim_request.order_id, claim_request.order_created_at)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        RETURN true;
    END IF;
    SELECT k.request_hash INTO v_found FROM ecommerce.idempotency_keys k
    WHERE k.tenant_id = claim_request.tenant_id AND k.key = claim_request.idempotency_key;
    IF v_found IS DISTINCT FROM v_request THEN
        RAISE EXCEPTION 'idempotency key was used for another request'
            USING ERRCODE = 'EC007',
                  DETAIL = CASE WHEN length(v_found) = length(v_request)
                                 AND substr(v_found, 33, 4) = substr(v_request, 33, 4)
                      THEN 'It differs in ' || (
                          SELECT string_agg(d.name, ', ' ORDER BY d.n)
                          FROM unnest('{order_id}' || v_names) WITH ORDINALITY AS d (name, n)
                          WHERE substr(v_found, 33 + 4 * d.n::integer, 4)
                                <> substr(v_request, 33 + 4 * d.n::integer, 4)) || '.'
                      ELSE format('It was no %s.', kind) END,
                  HINT = 'Use a new key for a new request, and the same arguments for a retry.';
    END IF;
    RETURN false;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.claim_request(text, text, uuid, timestamptz, jsonb,
    integer) IS
    'Whether a request about an order is new; waits for another one with its key. kind: the word '
    'for what it makes. arguments: by their names, what a retry has to have in common. Error EC007 '
    'if the key was used for another request: the detail names the arguments that differ. Error '
    '22023 a key of no or too many characters.';

CREATE FUNCTION ecommerce_internal.amount_of_units(prices text, line_net numeric, line_vat numeric,
    quantity numeric, units numeric, currency text, OUT net numeric, OUT vat numeric)
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    vat := ecommerce.refund_amount(line_vat, quantity, 0, units, currency);
    -- Of gross prices the gross is exact: a half of 5.00 is 2.50, whatever the VAT in it.
    net := CASE prices
        WHEN 'gross' THEN ecommerce.refund_amount(line_net + line_vat, quantity, 0, units, currency)
                          - vat
        ELSE ecommerce.refund_amount(line_net, quantity, 0, units, currency) END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.amount_of_units(text, numeric, numeric, numeric, numeric,
    text) IS
    'What the first so many units of a line come to; all of them to the line, exactly. prices is '
    'that of the order: net or gross.';
