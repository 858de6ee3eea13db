-- All that is known of an order: now, by and by, and as it was.

CREATE FUNCTION ecommerce.get_order(order_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_trusted boolean := NOT ecommerce_internal.acts_for_customer();
    v_created timestamptz := ecommerce_internal.visible_order(v_tenant, order_id);
    v_order   jsonb;
BEGIN
    IF v_created IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT CASE WHEN v_trusted THEN to_jsonb(o) - 'tenant_id'
                ELSE ecommerce_internal.only_keys(to_jsonb(o), '{id,created_at,order_number,
                    user_id,email,phone,status,payment_status,currency,prices,net,vat,gross,
                    amount_paid,amount_refunded,country,region,vat_scheme,vatex,vat_reason,
                    buyer_vat_id,billing_address,shipping_address,notes,shipped_at,delivered_at,
                    cancelled_at}') END
           || jsonb_build_object('amounts', jsonb_build_object('gross', a.gross,
                  'cancelled', a.cancelled, 'due', a.due, 'paid', a.paid, 'balance', a.balance))
    INTO v_order
    FROM ecommerce.orders o
    JOIN ecommerce.order_amounts a ON a.tenant_id = v_tenant AND a.id = o.id
                                  AND a.created_at = o.created_at
    WHERE o.tenant_id = v_tenant AND o.id = get_order.order_id AND o.created_at = v_created;
    v_order := v_order
        || ecommerce_internal.order_lines(v_tenant, order_id, v_created, v_trusted)
        || ecommerce_internal.order_money(v_tenant, order_id)
        || ecommerce_internal.order_corrections(v_tenant, order_id, v_created, v_trusted)
        || ecommerce_internal.order_parcels(v_tenant, order_id, v_created, v_trusted);
    RETURN v_order;
END
$$;
COMMENT ON FUNCTION ecommerce.get_order(uuid, integer) IS
    'All that is known of an order, as one document. It has the keys of the columns of orders, and '
    '"lines" (those of order_items, with "gross" and the units "cancelled"), "vat_breakdown" (a '
    'sum for each category and rate), "amounts" (of order_amounts), "coupons", "payments", '
    '"cancellations", "order_notes", "shipments" and "returns" (with their "lines"; returns with '
    'what they are refunded for, "net" and "vat"). A storefront gets orders of its customer only, '
    'and the one that it has just placed, without what is internal and columns of your own. NULL '
    'for an unknown one. Errors: EC024 archived.';

CREATE FUNCTION ecommerce.get_order(order_number text,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.get_order(ecommerce_internal.find_visible_order(v_tenant, order_number),
                               v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.get_order(text, integer) IS
    'Like get_order(order_id), by the order''s number or an id without a type.';

CREATE FUNCTION ecommerce.order_history(order_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (at timestamptz, kind text, from_status text, to_status text, data jsonb)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_trusted boolean := NOT ecommerce_internal.acts_for_customer();
    v_created timestamptz := ecommerce_internal.visible_order(v_tenant, order_id);
    v_ids     uuid[] := order_id || ARRAY(
        SELECT s.id FROM ecommerce.shipments s
        WHERE s.tenant_id = v_tenant AND s.order_id = order_history.order_id
          AND s.order_created_at = v_created
        UNION ALL
        SELECT r.id FROM ecommerce.returns r
        WHERE r.tenant_id = v_tenant AND r.order_id = order_history.order_id
          AND r.order_created_at = v_created);
BEGIN
    RETURN QUERY
    SELECT greatest(e.created_at, v_created), e.kind, e.data ->> 'from',
           CASE WHEN e.kind = 'order.placed' THEN 'pending'
                WHEN e.kind IN ('order.processing', 'order.shipped', 'order.delivered',
                                'order.cancelled', 'order.refunded') THEN substr(e.kind, 7) END,
           CASE WHEN v_trusted THEN e.data END
    FROM ecommerce.events e
    WHERE e.tenant_id = v_tenant AND e.entity_id = ANY (v_ids)
      AND e.created_at >= v_created - interval '24 hours'
      AND (v_trusted OR e.kind ~ '^(order|shipment|return)[.]'
                        AND e.data -> 'is_internal' IS DISTINCT FROM 'true')
    ORDER BY greatest(e.created_at, v_created), e.id;
END
$$;
COMMENT ON FUNCTION ecommerce.order_history(uuid, integer) IS
    'What happened to an order, in its order, from events. kind: that of the event. from_status '
    'and to_status: NULL where its status stayed the same. data: what the event has, such as the '
    'reason that was given; NULL for a storefront, which sees orders of its customer only. Who did '
    'it is not in events. No rows for an unknown order. Errors: EC024 archived.';

CREATE FUNCTION ecommerce.order_history(order_number text,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (at timestamptz, kind text, from_status text, to_status text, data jsonb)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN QUERY SELECT h.* FROM ecommerce.order_history(
        ecommerce_internal.find_visible_order(v_tenant, order_number), v_tenant) h;
END
$$;
COMMENT ON FUNCTION ecommerce.order_history(text, integer) IS
    'Like order_history(order_id), by the order''s number or an id without a type.';

CREATE FUNCTION ecommerce.order_as_of(order_id uuid, at timestamptz,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.order_state
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_created timestamptz := ecommerce_internal.visible_order(v_tenant, order_id);
    v_state   ecommerce.order_state;
BEGIN
    IF at IS NULL THEN
        RAISE EXCEPTION 'at must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF v_created IS NULL OR at < v_created THEN
        RETURN NULL;
    END IF;
    v_state := ecommerce_internal.order_amounts_at(v_tenant, order_id, v_created, at);
    v_state := ecommerce_internal.order_addresses_at(v_tenant, v_created, v_state);
    RETURN v_state;
END
$$;
COMMENT ON FUNCTION ecommerce.order_as_of(uuid, timestamptz, integer) IS
    'An order as it was at a moment. at: the moment; what a transaction did counts from its '
    'beginning. Statuses and addresses are those that events tell, amounts what was ordered, '
    'cancelled and paid by then. not_known names what nothing tells: the status of history that '
    'was moved in, payments that were written into orders.amount_paid, addresses of the erased. '
    'After the last change all is known. A storefront gets orders of its customer only. NULL for '
    'an unknown order, and before it was placed. Errors: EC024 archived, 22004 NULL for at.';

CREATE FUNCTION ecommerce.order_as_of(order_number text, at timestamptz,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.order_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.order_as_of(ecommerce_internal.find_visible_order(v_tenant, order_number), at,
                                 v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.order_as_of(text, timestamptz, integer) IS
    'Like order_as_of(order_id, at), by the order''s number or an id without a type.';

CREATE FUNCTION ecommerce.add_order_note(order_id uuid, note text,
    is_internal boolean DEFAULT NULL, author text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.added_note
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_trusted boolean := NOT ecommerce_internal.acts_for_customer();
    v_created timestamptz := ecommerce_internal.check_visible_order(v_tenant, order_id);
    v_note    ecommerce.added_note;
BEGIN
    IF note IS NULL THEN
        RAISE EXCEPTION 'note must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF length(note) > 10000 OR length(author) > 255 THEN
        RAISE EXCEPTION '% is too long', CASE WHEN length(note) > 10000 THEN 'note'
                                              ELSE 'author' END
            USING ERRCODE = 'string_data_right_truncation',
                  DETAIL = 'A note may have 10000 characters, the name of its author 255.';
    ELSIF ecommerce_internal.trimmed(note) = '' OR ecommerce_internal.trimmed(author) = '' THEN
        RAISE EXCEPTION 'note and author must not be empty'
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF NOT v_trusted AND (is_internal OR author IS NOT NULL) THEN
        RAISE EXCEPTION 'permission denied for is_internal and author'
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = 'They need the privilege to INSERT into ecommerce.orders.';
    END IF;
    INSERT INTO ecommerce.order_notes AS n (tenant_id, order_id, order_created_at, id, note,
                                            author, user_id, is_internal)
    VALUES (v_tenant, add_order_note.order_id, v_created, ecommerce.uuid_v7(),
            add_order_note.note,
            coalesce(add_order_note.author,
                     CASE WHEN v_trusted THEN session_user::text ELSE 'customer' END),
            CASE WHEN NOT v_trusted THEN ecommerce.current_customer() END,
            CASE WHEN v_trusted THEN coalesce(add_order_note.is_internal, true) ELSE false END)
    RETURNING n.order_id, n.id, n.author, n.is_internal, n.created_at INTO v_note;
    PERFORM ecommerce_internal.check_written(FOUND, 'order_notes');
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    VALUES (v_tenant, 'order.note_added', add_order_note.order_id,
            jsonb_build_object('note_id', v_note.id, 'is_internal', v_note.is_internal));
    RETURN v_note;
END
$$;
COMMENT ON FUNCTION ecommerce.add_order_note(uuid, text, boolean, text, integer) IS
    'Write a note about an order, which stays. note: the text. is_internal: whether customers must '
    'not see it, which is so unless it is said. author: who writes, as the shop calls them; by '
    'default the role that is logged in. A storefront may add notes to orders of its customer, and '
    'to the one that it has just placed: they are the customer''s, and never internal. Errors: '
    'EC008 unknown order, EC024 archived, 42501 a storefront says is_internal or author, 22004 '
    'NULL, 22023 an empty note, 22001 more than 10000 characters.';

CREATE FUNCTION ecommerce.add_order_note(order_number text, note text,
    is_internal boolean DEFAULT NULL, author text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.added_note
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN ecommerce.add_order_note(
        ecommerce_internal.check_visible_number(v_tenant, order_number), note, is_internal, author,
        v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.add_order_note(text, text, boolean, text, integer) IS
    'Like add_order_note(order_id, ...), by the order''s number or an id without a type.';
