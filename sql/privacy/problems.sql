-- The proof that who was erased is forgotten.

CREATE FUNCTION ecommerce_internal.privacy_problems(since timestamptz DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := privacy_problems.tenant_id;
    v_erased uuid[] := ARRAY(SELECT u.id FROM ecommerce.users u
                             WHERE u.tenant_id = v_tenant AND u.erased_at >= coalesce(
                                 since, '-infinity'));
    p        record;
BEGIN
    IF v_erased = '{}' THEN
        RETURN;
    END IF;
    FOR p IN
        SELECT d.relation, d.key FROM ecommerce_internal.personal_data() d
        WHERE d.erasure = 'delete'
    LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %L, t.%I, jsonb_build_object(%L, count(*)) FROM ecommerce.%I t'
            ' WHERE t.tenant_id = $1 AND t.%2$I = ANY ($2) GROUP BY t.%2$I',
            'an erased customer is in a table', p.key, p.relation, p.relation)
        USING v_tenant, v_erased;
    END LOOP;
    RETURN QUERY
    SELECT 'an erased customer''s order tells how to reach them', o.id,
           jsonb_build_object('user_id', o.user_id, 'status', o.status)
    FROM ecommerce.orders o
    WHERE o.tenant_id = v_tenant AND o.user_id = ANY (v_erased)
      AND num_nonnulls(o.email, o.phone) > 0;
    RETURN QUERY
    SELECT 'an erased customer''s mandate is active', m.id,
           jsonb_build_object('user_id', m.user_id)
    FROM ecommerce.sepa_mandates m
    WHERE m.tenant_id = v_tenant AND m.user_id = ANY (v_erased) AND m.status = 'active';
    RETURN QUERY
    SELECT 'an event tells where an erased customer lived', e.entity_id,
           jsonb_build_object('event_id', e.id, 'user_id', o.user_id)
    FROM ecommerce.orders o
    JOIN ecommerce.events e ON e.tenant_id = v_tenant AND e.entity_id = o.id
        AND e.kind = 'order.address_changed' AND e.data ?| '{billing_address,shipping_address}'
    WHERE o.tenant_id = v_tenant AND o.user_id = ANY (v_erased);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.privacy_problems(timestamptz, integer) IS
    'For verify_integrity(): what is left, or came since, of customers that were erased. '
    'erase_customer() does it again. With since: of those that were erased since then.';
