-- The proof that quotes are what their documents and orders say.

CREATE FUNCTION ecommerce_internal.quote_problems(since timestamptz DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := quote_problems.tenant_id;
    v_away   tstzmultirange := ecommerce_internal.archived_times();
    v_from   timestamptz := coalesce(since, '-infinity');
BEGIN
    RETURN QUERY
    SELECT 'a quote differs from its document', q.id,
           jsonb_build_object('currency', q.currency, 'net', q.net, 'vat', q.vat,
               'gross', q.gross, 'document', q.document -> 'totals')
    FROM ecommerce.quotes q
    WHERE q.tenant_id = v_tenant AND q.updated_at >= v_from
      AND (q.document ->> 'currency', (q.document #>> '{totals,net}')::numeric,
           (q.document #>> '{totals,vat}')::numeric, (q.document #>> '{totals,gross}')::numeric)
          IS DISTINCT FROM (q.currency, q.net, q.vat, q.gross);

    RETURN QUERY
    SELECT 'a quote differs from its order', q.id,
           jsonb_build_object('status', q.status, 'order_id', q.order_id, 'gross', q.gross,
               'order_gross', o.gross)
    FROM ecommerce.quotes q
    LEFT JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.id = q.order_id
        AND o.created_at BETWEEN ecommerce_internal.id_time(q.order_id) - interval '1 day'
                             AND ecommerce_internal.id_time(q.order_id) + interval '1 day'
    WHERE q.tenant_id = v_tenant AND q.updated_at >= v_from
      AND NOT (o.id IS NULL AND q.order_id IS NOT NULL
               AND ecommerce_internal.may_be_archived(q.order_id, v_away))
      AND ((q.status = 'ordered') <> (q.order_id IS NOT NULL)
           OR q.order_id IS NOT NULL
              AND (o.currency, o.net, o.vat, o.gross)
                  IS DISTINCT FROM (q.currency, q.net, q.vat, q.gross));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.quote_problems(timestamptz, integer) IS
    'For verify_integrity(): quotes of a tenant that differ from their documents or from the '
    'orders that they became. With since: of those that changed since then.';
