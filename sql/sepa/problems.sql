-- The proof that files for the bank, mandates, transfers and what the bank tells agree.

CREATE FUNCTION ecommerce_internal.prove_sepa_batches(since timestamptz, tenant_id integer)
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := prove_sepa_batches.tenant_id;
    v_from   timestamptz := coalesce(since, '-infinity');
BEGIN
    RETURN QUERY
    SELECT 'a file for the bank differs from its transactions', b.id,
           jsonb_build_object('message_id', b.message_id, 'count', b.transaction_count,
               'sum', b.control_sum, 'items', i.count, 'items_sum', i.sum,
               'xml_count', x.header[1], 'xml_sum', x.header[2], 'xml_items', x.items)
    FROM ecommerce.sepa_batches b
    CROSS JOIN LATERAL (SELECT count(*) AS count, sum(t.amount) AS sum
                        FROM ecommerce.sepa_batch_items t
                        WHERE t.tenant_id = v_tenant AND t.batch_id = b.id) i
    CROSS JOIN LATERAL (SELECT regexp_match(b.xml, '<NbOfTxs>([0-9]+)</NbOfTxs>'
                                                   '<CtrlSum>([0-9.]+)</CtrlSum>') AS header,
                               regexp_count(b.xml, '<EndToEndId>') AS items) x
    WHERE b.tenant_id = v_tenant AND b.created_at >= v_from
      AND ((i.count, i.sum) IS DISTINCT FROM (b.transaction_count::bigint, b.control_sum)
           OR (x.header[1]::bigint, x.header[2]::numeric, x.items)
              IS DISTINCT FROM (i.count, i.sum, i.count::integer));

    RETURN QUERY
    SELECT 'a collection was not submitted', i.payment_id,
           jsonb_build_object('batch_id', i.batch_id, 'amount', i.amount)
    FROM ecommerce.sepa_batches b
    JOIN ecommerce.sepa_batch_items i ON i.tenant_id = v_tenant AND i.batch_id = b.id
    WHERE b.tenant_id = v_tenant AND b.created_at >= v_from AND i.payment_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM ecommerce.payment_entries e
                      WHERE e.tenant_id = v_tenant AND e.payment_id = i.payment_id
                        AND e.kind = 'submitted' AND e.amount = i.amount);

    RETURN QUERY
    SELECT 'a mandate was used after its end', i.mandate_id,
           jsonb_build_object('batch_id', b.id, 'payment_id', i.payment_id, 'status', m.status,
                              'ended_at', m.ended_at)
    FROM ecommerce.sepa_batches b
    JOIN ecommerce.sepa_batch_items i ON i.tenant_id = v_tenant AND i.batch_id = b.id
    JOIN ecommerce.sepa_mandates m ON m.tenant_id = v_tenant AND m.id = i.mandate_id
    LEFT JOIN (SELECT k.mandate_id, min(k.batch_id || lpad(k.item_number::text, 6, '0'))
                                        AS position
               FROM ecommerce.sepa_batch_items k
               WHERE k.tenant_id = v_tenant AND k.sequence_type IN ('OOFF', 'FNAL')
               GROUP BY k.mandate_id) l ON l.mandate_id = i.mandate_id
    WHERE b.tenant_id = v_tenant AND b.created_at >= v_from
      AND (m.status IN ('revoked', 'lapsed') AND b.created_at > m.ended_at
           OR m.signed_on > b.execution_date OR m.scheme <> b.scheme
           OR l.position < i.batch_id || lpad(i.item_number::text, 6, '0'));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.prove_sepa_batches(timestamptz, integer) IS
    'For sepa_problems(): files, their transactions and mandates.';

CREATE FUNCTION ecommerce_internal.sepa_problems(since timestamptz DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := sepa_problems.tenant_id;
    v_from   timestamptz := coalesce(since, '-infinity');
BEGIN
    RETURN QUERY SELECT * FROM ecommerce_internal.prove_sepa_batches(v_from, v_tenant);

    RETURN QUERY
    SELECT 'a transfer differs from the file that it is in', t.id,
           jsonb_build_object('status', t.status, 'amount', t.amount, 'batch_id', i.batch_id,
                              'in_file', i.amount)
    FROM ecommerce.sepa_transfers t
    LEFT JOIN ecommerce.sepa_batch_items i ON i.tenant_id = v_tenant AND i.transfer_id = t.id
    WHERE t.tenant_id = v_tenant AND t.updated_at >= v_from
      AND (t.status IN ('submitted', 'executed') AND i.batch_id IS NULL
           OR t.status = 'requested' AND i.batch_id IS NOT NULL OR i.amount <> t.amount);

    RETURN QUERY
    SELECT 'what the bank has told is not booked', b.id,
           jsonb_build_object('outcome', b.outcome, 'payment_id', b.payment_id,
                              'amount', b.amount)
    FROM ecommerce.bank_entries b
    WHERE b.tenant_id = v_tenant AND b.updated_at >= v_from AND b.payment_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM ecommerce.payment_entries e
                      WHERE e.tenant_id = v_tenant AND e.payment_id = b.payment_id
                        AND e.provider = 'bank' AND e.kind = b.outcome
                        AND e.event_id IN (b.event_id, ecommerce_internal.bank_event(
                                               b.end_to_end_id, b.outcome)));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.sepa_problems(timestamptz, integer) IS
    'For verify_integrity(): what does not agree of files for the bank, mandates and statements. '
    'That is files that differ from their transactions or from their XML, mandates that were used '
    'after their end, collections that were not submitted, transfers without a file, and entries '
    'of the bank that are not booked. With since: of what was made or changed since then.';
