-- The proof that what AADE has is what was issued.

CREATE FUNCTION ecommerce_internal.mydata_problems(since timestamptz DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := mydata_problems.tenant_id;
    v_from   timestamptz := coalesce(since, '-infinity');
BEGIN
    RETURN QUERY
    SELECT 'an answer of myDATA is about no document', a.invoice_id,
           jsonb_build_object('mark', a.mark)
    FROM ecommerce.mydata_answers a
    LEFT JOIN ecommerce.invoices v ON v.tenant_id = v_tenant AND v.id = a.invoice_id
    WHERE a.tenant_id = v_tenant AND a.updated_at >= v_from AND v.id IS NULL;

    RETURN QUERY
    SELECT 'myDATA knows a document by another UID', a.invoice_id,
           jsonb_build_object('uid', a.uid, 'own_uid', u.uid, 'mark', a.mark)
    FROM ecommerce.mydata_answers a
    JOIN ecommerce.invoices v ON v.tenant_id = v_tenant AND v.id = a.invoice_id
    CROSS JOIN LATERAL ecommerce.mydata_uid(v.id, v_tenant) u (uid)
    WHERE a.tenant_id = v_tenant AND a.updated_at >= v_from AND a.mark IS NOT NULL
      AND a.uid IS DISTINCT FROM u.uid;

    RETURN QUERY
    SELECT 'documents share a MARK', a.invoice_id, jsonb_build_object('mark', a.mark)
    FROM ecommerce.mydata_answers a
    WHERE a.tenant_id = v_tenant AND a.updated_at >= v_from AND a.mark IS NOT NULL
      AND EXISTS (SELECT FROM ecommerce.mydata_answers o
                  WHERE o.tenant_id = v_tenant AND o.invoice_id <> a.invoice_id
                    AND (o.mark = a.mark OR a.mark = ANY (o.replaced_marks)));

    -- AADE refuses to cancel what another document is correlated with.
    RETURN QUERY
    SELECT 'a credit note corrects what myDATA does not have', v.id,
           jsonb_build_object('mark', a.mark, 'unmarked', f.unmarked)
    FROM ecommerce.mydata_answers a
    JOIN ecommerce.invoices v ON v.tenant_id = v_tenant AND v.id = a.invoice_id
    CROSS JOIN LATERAL ecommerce_internal.mydata_facts(v_tenant, v.id) f
    WHERE a.tenant_id = v_tenant AND a.updated_at >= v_from AND a.status = 'accepted'
      AND v.kind = 'credit_note' AND f.mydata_type = '5.1' AND f.unmarked IS NOT NULL;

    RETURN QUERY
    SELECT 'myDATA has a document with other sums', v.id,
           jsonb_build_object('net', v.net, 'vat', v.vat, 'code', s.code, 'fault', s.fault)
    FROM ecommerce.mydata_answers a
    JOIN ecommerce.invoices v ON v.tenant_id = v_tenant AND v.id = a.invoice_id
    CROSS JOIN LATERAL ecommerce_internal.mydata_sum_faults(v_tenant,
        ecommerce_internal.mydata_facts(v_tenant, v.id)) s
    WHERE a.tenant_id = v_tenant AND a.updated_at >= v_from AND a.status = 'accepted'
      AND s.code IN ('207', '209', '306');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.mydata_problems(timestamptz, integer) IS
    'For verify_integrity(): documents of a tenant that myDATA knows otherwise than they are. They '
    'have another UID, MARK or sums, or correct what it does not have. With since: those that were '
    'answered since then.';
