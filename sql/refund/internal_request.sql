-- What requests for refunds must be.

CREATE FUNCTION ecommerce_internal.check_refund_request(order_id uuid, items jsonb, amount numeric,
    reason text, return_id uuid, note text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF order_id IS NULL THEN
        RAISE EXCEPTION 'order_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF num_nonnulls(items, amount, return_id) > 1 THEN
        RAISE EXCEPTION 'a refund is of items, of a return, or of an amount'
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF reason NOT IN ('return', 'cancellation', 'overpayment', 'goodwill', 'duplicate', 'fraud',
                         'other') THEN
        RAISE EXCEPTION 'unknown reason "%" of a refund', left(reason, 100)
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Use return, cancellation, overpayment, goodwill, duplicate, fraud or '
                         'other.';
    END IF;
    PERFORM ecommerce_internal.check_note(note, 'note');
    IF items IS NOT NULL THEN
        PERFORM ecommerce_internal.check_unit_items(items, '{quantity}', '{}');
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_refund_request(uuid, jsonb, numeric, text, uuid,
    text) IS
    'For refund_order(): whether its arguments can be. Errors: 22023, 22001, 22004 NULL.';

CREATE FUNCTION ecommerce_internal.lines_to_refund(tenant_id integer, order_id uuid,
    order_created_at timestamptz, currency text, items jsonb, return_id uuid, amount numeric,
    money numeric) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := lines_to_refund.tenant_id;
    v_rest   numeric;
    v_prices text;
    v_amount numeric := least(coalesce(amount, money), money);
BEGIN
    IF items IS NOT NULL THEN
        v_prices := (SELECT o.prices FROM ecommerce.orders o
                     WHERE o.tenant_id = v_tenant AND o.id = lines_to_refund.order_id
                       AND o.created_at = lines_to_refund.order_created_at);
        RETURN ecommerce_internal.refund_of_items(v_tenant, order_id, order_created_at, v_prices,
            currency, ecommerce_internal.units_to_refund(v_tenant, order_id, order_created_at,
                                                         items));
    ELSIF return_id IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM ecommerce_internal.find_return(v_tenant, return_id) f
                       WHERE f.order_id = lines_to_refund.order_id) THEN
            RAISE EXCEPTION 'unknown return %', return_id USING ERRCODE = 'EC031';
        END IF;
        RETURN ecommerce_internal.refund_of_return(v_tenant, order_id, order_created_at,
                                                   return_id);
    END IF;
    v_rest := ecommerce_internal.order_rest(v_tenant, order_id, order_created_at);
    RETURN ecommerce_internal.refund_of_amount(v_tenant, order_id, order_created_at, currency,
        v_amount - least(greatest(money - v_rest, 0), v_amount), v_rest);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lines_to_refund(integer, uuid, timestamptz, text, jsonb,
    uuid, numeric, numeric) IS
    'What a refund is for, line by line: [{"line_number", "quantity", "net", "vat"}]. money: what '
    'can be refunded. Errors: EC049 more units than are left, EC023 not on the order, EC031 '
    'unknown return.';

CREATE FUNCTION ecommerce_internal.units_to_refund(tenant_id integer, order_id uuid,
    order_created_at timestamptz, items jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_open  jsonb;
    v_goods jsonb;
    v_other jsonb;
BEGIN
    v_open := (SELECT jsonb_agg(jsonb_build_object('line_number', l.line_number,
                   'product_id', l.product_id, 'sku', coalesce(l.sku, l.kind), 'kind', l.kind,
                   'quantity', CASE l.kind WHEN 'product' THEN l.quantity - l.units
                               ELSE (l.net + l.vat > l.units_net + l.units_vat
                                     + l.share_net + l.share_vat)::integer END))
               FROM ecommerce_internal.refund_lines(tenant_id, order_id, order_created_at) l);
    -- Shipping and fees are no products: they are taken by their line.
    v_other := (SELECT jsonb_agg(jsonb_build_object('line_number', o.line_number,
                       'product_id', '00000000-0000-0000-0000-000000000000', 'n', i.n,
                       'name', o.sku, 'quantity', i.e ->> 'quantity'))
                FROM jsonb_array_elements(items) WITH ORDINALITY AS i (e, n)
                JOIN jsonb_to_recordset(v_open) AS o (line_number integer, sku text, kind text)
                  ON o.line_number = (i.e ->> 'line_number')::integer AND o.kind <> 'product');
    v_goods := (SELECT jsonb_agg(i.e ORDER BY i.n)
                FROM jsonb_array_elements(items) WITH ORDINALITY AS i (e, n)
                WHERE NOT EXISTS (
                    SELECT FROM jsonb_to_recordset(v_open) AS o (line_number integer, kind text)
                    WHERE o.line_number = (i.e ->> 'line_number')::integer
                      AND o.kind <> 'product'));
    RETURN coalesce(ecommerce_internal.take_units(
               ecommerce_internal.find_lines(v_goods, tenant_id, order_id, order_created_at),
               (SELECT jsonb_agg(o) FROM jsonb_array_elements(v_open) o
                WHERE o ->> 'kind' = 'product'), 'EC049',
               'more of "%s" is refunded than is left'), '[]')
        || coalesce(ecommerce_internal.take_units(v_other,
               (SELECT jsonb_agg(o || '{"product_id": "00000000-0000-0000-0000-000000000000"}')
                FROM jsonb_array_elements(v_open) o WHERE o ->> 'kind' <> 'product'), 'EC049',
               'more of "%s" is refunded than is left'), '[]');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.units_to_refund(integer, uuid, timestamptz, jsonb) IS
    'The units of lines that items name, none of which was refunded. Errors: EC049 lists all of '
    'which there are not so many left, EC023 not on the order.';

CREATE FUNCTION ecommerce_internal.lock_refund(tenant_id integer, refund_id uuid,
    OUT order_id uuid, OUT order_created_at timestamptz, OUT status text, OUT amount numeric,
    OUT amount_confirmed numeric)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := lock_refund.tenant_id;
BEGIN
    IF refund_id IS NULL THEN
        RAISE EXCEPTION 'refund_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT r.order_id INTO order_id FROM ecommerce.refunds r
    WHERE r.tenant_id = v_tenant AND r.id = lock_refund.refund_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown refund %', refund_id USING ERRCODE = 'EC044';
    END IF;
    PERFORM ecommerce_internal.lock_order(v_tenant, order_id);
    SELECT r.order_created_at, r.status, r.amount, r.amount_confirmed
    INTO order_created_at, status, amount, amount_confirmed
    FROM ecommerce.refunds r
    WHERE r.tenant_id = v_tenant AND r.id = lock_refund.refund_id FOR NO KEY UPDATE;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_refund(integer, uuid) IS
    'Lock the order of a refund, then the refund, and read it. Errors: EC044 unknown refund, EC024 '
    'the order is archived, 22004 NULL.';

CREATE FUNCTION ecommerce_internal.check_refund_left(tenant_id integer, refund_id uuid,
    order_id uuid, order_created_at timestamptz) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_wrong jsonb := (
        SELECT jsonb_agg(jsonb_build_object('line_number', i.line_number, 'requested',
                   i.net + i.vat, 'refundable', l.net + l.vat - l.units_net - l.units_vat
                   - l.share_net - l.share_vat) ORDER BY i.line_number)
        FROM ecommerce.refund_items i
        JOIN ecommerce_internal.refund_lines(check_refund_left.tenant_id,
                 check_refund_left.order_id, check_refund_left.order_created_at) l
          ON l.line_number = i.line_number
        WHERE i.tenant_id = check_refund_left.tenant_id
          AND i.refund_id = check_refund_left.refund_id
          AND (i.net > l.net - l.units_net - l.share_net
               OR i.vat > l.vat - l.units_vat - l.share_vat OR i.quantity > l.quantity - l.units));
BEGIN
    IF v_wrong IS NOT NULL THEN
        RAISE EXCEPTION 'more of line % is refunded than is left', v_wrong -> 0 ->> 'line_number'
            USING ERRCODE = 'EC049', DETAIL = v_wrong::text;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_refund_left(integer, uuid, uuid, timestamptz) IS
    'For retry_refund(): whether what a refund was for is left still. Error EC049 lists the lines '
    'of which it is not.';

CREATE FUNCTION ecommerce_internal.check_refund_part() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.refund_id <> OLD.refund_id OR NEW.part_number <> OLD.part_number
       OR NEW.payment_id <> OLD.payment_id OR NEW.amount <> OLD.amount THEN
        RAISE EXCEPTION '% on refund_payments is refused', TG_OP
            USING ERRCODE = 'EC017', DETAIL = 'Its rows are a record of what was asked for.';
    ELSIF NEW.status <> OLD.status
          AND NOT (OLD.status = 'requested' OR OLD.status = 'confirmed' AND NEW.status = 'failed')
    THEN
        RAISE EXCEPTION 'a part of a refund cannot go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'EC048', DETAIL = format('Refund %s.', OLD.refund_id);
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_refund_part() IS
    'Guards what a refund asks of a payment. It is requested, then confirmed or failed; a provider '
    'may say afterwards that it failed. Errors: EC017 what never changes, EC048 its status.';
