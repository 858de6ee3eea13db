-- The proof that documents are numbered without gaps, sum up, and are what orders and refunds say.

CREATE FUNCTION ecommerce_internal.prove_invoice_numbers(since timestamptz, tenant_id integer)
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := prove_invoice_numbers.tenant_id;
    v_from   timestamptz := coalesce(since, '-infinity');
BEGIN
    RETURN QUERY
    SELECT 'numbers of a series have gaps, or differ from its counter', NULL::uuid,
           jsonb_build_object('series', coalesce(c.series, n.series),
               'year', coalesce(c.year, n.year), 'first', n.first, 'last', n.last,
               'documents', n.count, 'counter', c.last_number)
    FROM (SELECT v.series, v.year, min(v.number) AS first, max(v.number) AS last,
                 count(*) AS count
          FROM ecommerce.invoices v
          WHERE v.tenant_id = v_tenant AND v.created_at >= v_from
          GROUP BY v.series, v.year) n
    FULL JOIN (SELECT k.series, k.year, k.last_number FROM ecommerce.invoice_counters k
               WHERE k.tenant_id = v_tenant) c ON c.series = n.series AND c.year = n.year
    WHERE c.last_number IS DISTINCT FROM n.last AND (n.last IS NOT NULL
             OR c.last_number > 0 AND NOT EXISTS (
                 SELECT FROM ecommerce.invoices v
                 WHERE v.tenant_id = v_tenant AND v.series = c.series AND v.year = c.year
                   AND v.number = c.last_number))
       OR n.count <> n.last - n.first + 1
       OR n.first > 1 AND NOT EXISTS (
              SELECT FROM ecommerce.invoices v
              WHERE v.tenant_id = v_tenant AND v.series = n.series AND v.year = n.year
                AND v.number = n.first - 1);

    RETURN QUERY
    SELECT 'a document is dated before the one with the number before it', d.id,
           jsonb_build_object('invoice_number', d.invoice_number, 'issue_date', d.issue_date)
    FROM (SELECT v.id, v.invoice_number, v.issue_date, v.year,
                 lag(v.issue_date) OVER (PARTITION BY v.series, v.year ORDER BY v.number)
                     AS before
          FROM ecommerce.invoices v
          WHERE v.tenant_id = v_tenant AND v.created_at >= v_from) d
    WHERE d.issue_date < d.before
       OR d.year <> 0 AND d.year <> extract(year FROM d.issue_date);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.prove_invoice_numbers(timestamptz, integer) IS
    'For invoice_problems(): numbers from 1 without gaps, up to the counters, in the order of '
    'their days.';

CREATE FUNCTION ecommerce_internal.prove_invoice_sums(since timestamptz, tenant_id integer)
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := prove_invoice_sums.tenant_id;
    v_from   timestamptz := coalesce(since, '-infinity');
    v_id     uuid := ecommerce_internal.first_id(since);
BEGIN
    RETURN QUERY
    SELECT 'a document differs from its lines or its VAT breakdown', v.id,
           jsonb_build_object('invoice_number', v.invoice_number, 'net', v.net, 'vat', v.vat,
               'rounding', v.rounding, 'lines_net', l.net, 'lines_vat', l.vat,
               'breakdown_net', g.net, 'breakdown_vat', g.vat)
    FROM ecommerce.invoices v
    LEFT JOIN (SELECT k.invoice_id,
                      sum(CASE k.part WHEN 'allowance' THEN -k.net ELSE k.net END) AS net,
                      sum(CASE k.part WHEN 'allowance' THEN -k.vat ELSE k.vat END) AS vat
               FROM ecommerce.invoice_lines k
               WHERE k.tenant_id = v_tenant AND k.invoice_id >= v_id
               GROUP BY k.invoice_id) l ON l.invoice_id = v.id
    LEFT JOIN (SELECT b.invoice_id, sum(b.taxable) AS net, sum(b.tax) AS vat
               FROM ecommerce.invoice_vat_groups b
               WHERE b.tenant_id = v_tenant AND b.invoice_id >= v_id
               GROUP BY b.invoice_id) g ON g.invoice_id = v.id
    WHERE v.tenant_id = v_tenant AND v.created_at >= v_from AND v.id >= v_id
      AND ((v.net, v.vat + v.rounding) IS DISTINCT FROM (l.net, l.vat)
           OR (v.net, v.vat) IS DISTINCT FROM (g.net, g.vat)
           OR v.prepaid > v.gross + v.rounding);

    RETURN QUERY
    SELECT 'more of a line was credited than invoiced', p.invoice_id,
           jsonb_build_object('order_line', p.order_line, 'left_net', p.net, 'left_vat', p.vat)
    FROM (SELECT array_agg(DISTINCT k.corrected_invoice_id) AS ids
          FROM ecommerce.invoice_lines k
          WHERE k.tenant_id = v_tenant AND k.invoice_id >= v_id
            AND k.corrected_invoice_id IS NOT NULL) c
    CROSS JOIN LATERAL ecommerce_internal.creditable_lines(v_tenant, c.ids) p
    WHERE p.net < 0 OR p.vat < 0;

    RETURN QUERY
    SELECT 'a credit note differs from its refund', v.id,
           jsonb_build_object('invoice_number', v.invoice_number, 'net', v.net, 'vat', v.vat,
               'refund_net', r.net, 'refund_vat', r.vat)
    FROM ecommerce.invoices v
    LEFT JOIN LATERAL (SELECT sum(i.net) AS net, sum(i.vat) AS vat
                       FROM ecommerce.refund_items i
                       WHERE i.tenant_id = v_tenant AND i.refund_id = v.refund_id) r ON true
    WHERE v.tenant_id = v_tenant AND v.created_at >= v_from AND v.refund_id IS NOT NULL
      AND (v.net, v.vat + v.rounding) IS DISTINCT FROM (r.net, r.vat);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.prove_invoice_sums(timestamptz, integer) IS
    'For invoice_problems(): documents equal their lines and VAT breakdowns. Nor is more credited '
    'than was invoiced, and credit notes of refunds are what these say.';

CREATE FUNCTION ecommerce_internal.prove_invoiced_orders(since timestamptz, tenant_id integer)
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := prove_invoiced_orders.tenant_id;
    v_away   tstzmultirange := ecommerce_internal.archived_times();
    v_from   timestamptz := coalesce(since, '-infinity');
BEGIN
    RETURN QUERY
    SELECT 'a document differs from its order', v.id,
           jsonb_build_object('invoice_number', v.invoice_number, 'order_id', v.order_id)
    FROM ecommerce.invoices v
    LEFT JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.id = v.order_id
        AND o.created_at = v.order_created_at
    WHERE v.tenant_id = v_tenant AND v.created_at >= v_from
      AND NOT (o.id IS NULL AND v.order_created_at <@ v_away)
      AND (o.order_number, o.currency, o.vat_scheme)
          IS DISTINCT FROM (v.order_number, v.currency, v.vat_scheme);

    RETURN QUERY
    SELECT 'more of a line was invoiced than ordered', n.order_id,
           jsonb_build_object('line_number', n.order_line, 'units', n.units, 'net', n.net,
               'vat', n.vat, 'ordered', i.quantity, 'ordered_net', i.net, 'ordered_vat', i.vat)
    FROM (SELECT array_agg(DISTINCT v.order_id) AS ids FROM ecommerce.invoices v
          WHERE v.tenant_id = v_tenant AND v.created_at >= v_from) d
    CROSS JOIN LATERAL ecommerce_internal.invoiced_lines(v_tenant, d.ids) n
    LEFT JOIN ecommerce.order_items i ON i.tenant_id = v_tenant AND i.order_id = n.order_id
        AND i.line_number = n.order_line
        AND i.order_created_at BETWEEN ecommerce_internal.id_time(n.order_id) - interval '1 day'
                                   AND ecommerce_internal.id_time(n.order_id) + interval '1 day'
    WHERE (n.net > coalesce(i.net, 0) OR n.vat > coalesce(i.vat, 0)
           OR i.kind = 'product' AND n.units > i.quantity)
      AND NOT (i.order_id IS NULL AND ecommerce_internal.may_be_archived(n.order_id, v_away));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.prove_invoiced_orders(timestamptz, integer) IS
    'For invoice_problems(): documents have number, currency and scheme of their orders. And no '
    'more of a line is invoiced than was ordered.';

CREATE FUNCTION ecommerce_internal.invoice_problems(since timestamptz DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT * FROM ecommerce_internal.prove_invoice_numbers(since, tenant_id);
    RETURN QUERY SELECT * FROM ecommerce_internal.prove_invoice_sums(since, tenant_id);
    RETURN QUERY SELECT * FROM ecommerce_internal.prove_invoiced_orders(since, tenant_id);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.invoice_problems(timestamptz, integer) IS
    'For verify_integrity(): invoices and credit notes of a tenant that are wrong. Their numbers '
    'have gaps, doubles or days that go back; they differ from their lines, VAT breakdowns, orders '
    'or refunds; or more is credited than was invoiced, or invoiced than was ordered. With since: '
    'of what was issued since then.';
