-- What a customer may ask for: to be told what is known about them, and to be forgotten.

CREATE FUNCTION ecommerce.export_customer(user_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    v_user    uuid := ecommerce_internal.check_customer(user_id);
    v_orders  uuid[];
    v_carts   uuid[];
    v_reviews uuid[];
    p         record;
    v_rows    jsonb;
    v_result  jsonb := jsonb_build_object();
BEGIN
    IF NOT EXISTS (SELECT FROM ecommerce.users u
                   WHERE u.tenant_id = v_tenant AND u.id = v_user) THEN
        RAISE EXCEPTION 'unknown user %', user_id USING ERRCODE = 'EC016';
    END IF;
    v_orders := ARRAY(SELECT o.id FROM ecommerce.orders o
                      WHERE o.tenant_id = v_tenant AND o.user_id = v_user);
    v_carts := ARRAY(SELECT c.id FROM ecommerce.carts c
                     WHERE c.tenant_id = v_tenant AND c.user_id = v_user);
    v_reviews := ARRAY(SELECT r.id FROM ecommerce.product_reviews r
                       WHERE r.tenant_id = v_tenant AND r.user_id = v_user);
    FOR p IN
        SELECT t.relation, t.key, t.secrets FROM ecommerce_internal.personal_tables() t
        ORDER BY t.relation
    LOOP
        EXECUTE format('SELECT jsonb_agg(to_jsonb(t) - $3 ORDER BY to_jsonb(t))'
                       ' FROM ecommerce.%I t WHERE t.tenant_id = $1 AND t.%I = ANY ($2)',
                       p.relation, p.key)
        INTO v_rows
        USING v_tenant,
              CASE p.key WHEN 'order_id' THEN v_orders WHEN 'cart_id' THEN v_carts
                         ELSE ARRAY[v_user] END,
              p.secrets || 'tenant_id'::text;
        v_result := v_result || jsonb_build_object(p.relation, coalesce(v_rows, '[]'));
    END LOOP;
    v_rows := (SELECT jsonb_agg(jsonb_build_object('created_at', e.created_at, 'kind', e.kind,
                                                   'entity_id', e.entity_id, 'data', e.data)
                                ORDER BY e.created_at, e.id)
               FROM ecommerce.events e
               WHERE e.tenant_id = v_tenant
                 AND e.entity_id = ANY (v_user || v_orders || v_reviews));
    RETURN v_result || jsonb_build_object('events', coalesce(v_rows, '[]'));
END
$$;
COMMENT ON FUNCTION ecommerce.export_customer(uuid, integer) IS
    'All that the shop keeps about a customer. An object whose keys are tables, each with an array '
    'of its rows, and "events", of the customer, their orders and reviews. Hashes of passwords and '
    'tokens are left out; orders of archived partitions are not there. user_id: whose; a '
    'storefront gets its customer''s. Errors: EC016 unknown user, 42501 another customer.';

CREATE FUNCTION ecommerce.erase_customer(user_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.erasure
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_user   uuid := ecommerce_internal.check_customer(user_id);
    v_result ecommerce.erasure;
BEGIN
    PERFORM ecommerce_internal.lock_orders_of(v_tenant, v_user);
    PERFORM ecommerce_internal.delete_personal(v_tenant, v_user);
    PERFORM ecommerce_internal.anonymise_quotes(v_tenant, v_user);
    PERFORM ecommerce_internal.forget_mandates(v_tenant, v_user, NULL);
    UPDATE ecommerce.gift_cards g SET email = NULL
    WHERE g.tenant_id = v_tenant AND g.user_id = v_user AND g.email IS NOT NULL;
    UPDATE ecommerce.orders o
    SET email = NULL, phone = NULL, notes = NULL, metadata = NULL
    WHERE o.tenant_id = v_tenant AND o.user_id = v_user
      AND num_nonnulls(o.email, o.phone, o.notes, o.metadata) > 0;
    PERFORM ecommerce_internal.forget_addresses(v_tenant, ARRAY(
        SELECT o.id FROM ecommerce.orders o
        WHERE o.tenant_id = v_tenant AND o.user_id = v_user));
    UPDATE ecommerce.users u
    SET email = u.id || '@erased.invalid', first_name = NULL, last_name = NULL,
        status = 'inactive', email_verified = false, metadata = '{}',
        deleted_at = coalesce(u.deleted_at, now()), erased_at = now()
    WHERE u.tenant_id = v_tenant AND u.id = v_user AND u.erased_at IS NULL;
    IF FOUND THEN
        INSERT INTO ecommerce.events (tenant_id, kind, entity_id)
        VALUES (v_tenant, 'user.erased', v_user);
    END IF;
    SELECT u.id, u.erased_at INTO v_result.user_id, v_result.erased_at
    FROM ecommerce.users u WHERE u.tenant_id = v_tenant AND u.id = v_user;
    PERFORM ecommerce_internal.check_written(v_result.erased_at IS NOT NULL, 'users');
    SELECT count(*), ecommerce_internal.retained_until(max(o.created_at), s.retention_years)
    INTO v_result.orders_kept, v_result.keep_until
    FROM ecommerce.settings s
    LEFT JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.user_id = v_user
    WHERE s.tenant_id = v_tenant AND num_nonnulls(o.billing_address, o.shipping_address) > 0
    GROUP BY s.retention_years;
    v_result.orders_kept := coalesce(v_result.orders_kept, 0);
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.erase_customer(uuid, integer) IS
    'Forget a customer, and append user.erased. Account, credentials, address book, carts, wishes '
    'and searches go; the row of users stays without a name and never changes again. Orders keep '
    'their addresses, which the law asks for, until erase_expired() takes them; email, phone, '
    'notes and former addresses go at once. VAT ids and reviews stay. What was archived or dumped '
    'is not reached: see docs/privacy.md. Again it does the same for what came meanwhile. user_id: '
    'whom; a storefront, its customer. Errors: EC042 orders are open, which it lists; EC016 '
    'unknown user, 42501 another customer.';

CREATE FUNCTION ecommerce.erase_expired(max_count integer DEFAULT 1000,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.expired_orders
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer;
    v_before timestamptz;
    o        record;
    v_result ecommerce.expired_orders := ROW(0);
BEGIN
    IF max_count IS NULL OR max_count < 0 THEN
        RAISE EXCEPTION 'max_count must be 0 or more, but is %', max_count
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR v_tenant IN SELECT t FROM ecommerce_internal.maintained_tenants(tenant_id) t LOOP
        PERFORM ecommerce_internal.work_for(v_tenant);
        v_before := (SELECT ecommerce_internal.retained_until(now(), -1 - s.retention_years)
                     FROM ecommerce.settings s WHERE s.tenant_id = v_tenant);
        FOR o IN
            SELECT t.id, t.created_at FROM ecommerce.orders t
            WHERE t.tenant_id = v_tenant AND t.created_at < v_before
              AND t.status IN ('delivered', 'cancelled', 'refunded')
              AND num_nonnulls(t.email, t.phone, t.billing_address, t.shipping_address, t.notes,
                               t.metadata) > 0
            ORDER BY t.created_at, t.id LIMIT max_count
        LOOP
            UPDATE ecommerce.orders t
            SET email = NULL, phone = NULL, billing_address = NULL, shipping_address = NULL,
                notes = NULL, metadata = NULL
            WHERE t.tenant_id = v_tenant AND t.id = o.id AND t.created_at = o.created_at;
            PERFORM ecommerce_internal.forget_addresses(v_tenant, ARRAY[o.id]);
            v_result.orders := v_result.orders + 1;
        END LOOP;
        PERFORM ecommerce_internal.forget_mandates(v_tenant, NULL,
            (v_before AT TIME ZONE 'UTC')::date);
        PERFORM ecommerce_internal.forget_invoices(v_tenant, v_before, max_count);
    END LOOP;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.erase_expired(integer, integer) IS
    'Take what tells of customers from orders and invoices that need not tell any more. These are '
    'closed orders and invoices of years that ended settings.retention_years ago, also of guests. '
    'Email, phone, names, addresses, accounts, notes and metadata go; amounts, VAT and VAT ids '
    'stay. '
    'Holder and account go from SEPA mandates that are over and were used last in those years. For '
    'maintenance: for NULL of all tenants. max_count: up to so many orders, and invoices, of each '
    'tenant. Error 22023 it is out of range.';
