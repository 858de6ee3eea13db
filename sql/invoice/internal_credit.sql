-- What of invoices can be credited, and the credit notes that it becomes.

CREATE FUNCTION ecommerce_internal.creditable_lines(tenant_id integer, invoice_ids uuid[])
    RETURNS TABLE (invoice_id uuid, line_number integer, order_line integer, units bigint,
                   net numeric, vat numeric, is_whole boolean, is_free boolean)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := creditable_lines.tenant_id;
BEGIN
    RETURN QUERY
    SELECT l.invoice_id, l.line_number, l.order_line, l.quantity - coalesce(c.units, 0),
           l.net - coalesce(a.net, 0) - coalesce(c.net, 0),
           l.vat - coalesce(a.vat, 0) - coalesce(c.vat, 0), c.n = 0,
           l.net + l.vat = coalesce(a.net + a.vat, 0)
    FROM unnest(invoice_ids) AS w (id)
    JOIN ecommerce.invoice_lines l ON l.tenant_id = v_tenant AND l.invoice_id = w.id
        AND l.part <> 'allowance'
    LEFT JOIN ecommerce.invoice_lines a ON a.tenant_id = v_tenant AND a.invoice_id = w.id
        AND a.order_line = l.order_line AND a.part = 'allowance'
    CROSS JOIN LATERAL (
        SELECT count(*) AS n,
               sum(CASE WHEN k.part = 'allowance' OR r.quantity = 0 THEN 0
                        ELSE k.quantity END)::bigint AS units,
               sum(CASE k.part WHEN 'allowance' THEN -k.net ELSE k.net END) AS net,
               sum(CASE k.part WHEN 'allowance' THEN -k.vat ELSE k.vat END) AS vat
        FROM ecommerce.invoice_lines k
        JOIN ecommerce.invoices v ON v.tenant_id = v_tenant AND v.id = k.invoice_id
        LEFT JOIN ecommerce.refund_items r ON r.tenant_id = v_tenant
            AND r.refund_id = v.refund_id AND r.line_number = k.order_line
        WHERE k.tenant_id = v_tenant AND k.corrected_invoice_id = l.invoice_id
          AND k.order_line = l.order_line) c;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.creditable_lines(integer, uuid[]) IS
    'Of each line and charge of some invoices what was not credited yet, allowances of the '
    'document taken off. is_whole: nothing was credited of it. is_free: it came to nothing.';

CREATE FUNCTION ecommerce_internal.refunded_lines(tenant_id integer, refund_id uuid,
    order_id uuid)
    RETURNS TABLE (invoice_id uuid, line_number integer, units bigint, net numeric, vat numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := refunded_lines.tenant_id;
BEGIN
    -- What is left stands in a row, invoice by invoice, and a refund takes of it from the front.
    RETURN QUERY
    WITH line AS (
        SELECT c.*, v.id AS nth,
               sum(greatest(c.units, 0)) OVER w AS units_to, sum(c.net) OVER w AS net_to,
               sum(c.vat) OVER w AS vat_to
        FROM ecommerce.invoices v
        CROSS JOIN LATERAL ecommerce_internal.creditable_lines(v_tenant, ARRAY[v.id]) c
        WHERE v.tenant_id = v_tenant AND v.order_id = refunded_lines.order_id
          AND v.kind = 'invoice'
        WINDOW w AS (PARTITION BY c.order_line ORDER BY v.id, c.line_number)
    )
    SELECT l.invoice_id, l.line_number, t.units::bigint, t.net, t.vat
    FROM ecommerce.refund_items r
    JOIN line l ON l.order_line = r.line_number
    CROSS JOIN LATERAL (SELECT
        greatest(least(r.quantity, l.units_to) - (l.units_to - greatest(l.units, 0)), 0) AS units,
        greatest(least(r.net, l.net_to) - (l.net_to - l.net), 0) AS net,
        greatest(least(r.vat, l.vat_to) - (l.vat_to - l.vat), 0) AS vat) t
    WHERE r.tenant_id = v_tenant AND r.refund_id = refunded_lines.refund_id
      AND (t.net > 0 OR t.vat > 0);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refunded_lines(integer, uuid, uuid) IS
    'How a refund spreads over the lines of the invoices of its order, earlier invoices first.';

CREATE FUNCTION ecommerce_internal.credit_lines(tenant_id integer, taken jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := credit_lines.tenant_id;
BEGIN
    RETURN (
        WITH share AS MATERIALIZED (
            SELECT t.*, bool_or(l.part = 'line') OVER () AS has_lines,
                   scale(ecommerce.round_amount(0, v.currency)) AS minor_units
            FROM jsonb_to_recordset(taken) AS t (invoice_id uuid, line_number integer,
                units bigint, net numeric, vat numeric, mirrored boolean)
            JOIN ecommerce.invoice_lines l ON l.tenant_id = v_tenant
                AND l.invoice_id = t.invoice_id AND l.line_number = t.line_number
            JOIN ecommerce.invoices v ON v.tenant_id = v_tenant AND v.id = t.invoice_id
        ), row AS (
            -- Line by line as it was, where nothing was credited of it before
            SELECT to_jsonb(l) AS line, l.invoice_id, l.part, l.line_number
            FROM share s
            JOIN ecommerce.invoice_lines p ON p.tenant_id = v_tenant
                AND p.invoice_id = s.invoice_id AND p.line_number = s.line_number
            JOIN ecommerce.invoice_lines l ON l.tenant_id = v_tenant
                AND l.invoice_id = s.invoice_id
                AND (l.line_number = s.line_number
                     OR l.part = 'allowance' AND l.order_line = p.order_line)
            WHERE s.mirrored AND s.has_lines
            UNION ALL
            SELECT to_jsonb(l) || jsonb_build_object('part', n.part, 'quantity', q.units,
                       'unit_price', ecommerce_internal.line_price(s.net, q.units,
                                         l.base_quantity, NULL, s.minor_units),
                       'allowance', s.net - s.net, 'net', s.net, 'vat', s.vat,
                       'reason_code', CASE n.part WHEN 'charge' THEN l.reason_code END,
                       'reason', CASE n.part WHEN 'charge' THEN l.reason END),
                   l.invoice_id, n.part, l.line_number
            FROM share s
            JOIN ecommerce.invoice_lines l ON l.tenant_id = v_tenant
                AND l.invoice_id = s.invoice_id AND l.line_number = s.line_number
            CROSS JOIN LATERAL (SELECT greatest(s.units, 1) AS units) q
            CROSS JOIN LATERAL (SELECT CASE WHEN s.has_lines THEN l.part ELSE 'line' END AS part) n
            WHERE NOT (s.mirrored AND s.has_lines)
        )
        SELECT jsonb_agg((e.line - '{tenant_id,invoice_id}'::text[])
                         || jsonb_build_object('line_number', e.n,
                                'corrected_invoice_id', e.invoice_id,
                                'corrected_line_number', e.line_number) ORDER BY e.n)
        FROM (SELECT r.*, row_number() OVER (ORDER BY r.part <> 'line', r.invoice_id,
                                                      r.line_number) AS n
              FROM row r) e);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.credit_lines(integer, jsonb) IS
    'The lines of a credit note. taken: what it takes of which lines, [{"invoice_id", '
    '"line_number", "units", "net", "vat", "mirrored"}]; mirrored is all of a line of which '
    'nothing was credited before, with its price and its discounts.';

CREATE FUNCTION ecommerce_internal.draft_credit_note(tenant_id integer, taken jsonb,
    options jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := draft_credit_note.tenant_id;
    v_ids    uuid[] := ARRAY(SELECT DISTINCT (e ->> 'invoice_id')::uuid
                             FROM jsonb_array_elements(taken) e ORDER BY 1);
    -- What corrects the same invoices already
    v_others uuid[] := ARRAY(SELECT DISTINCT l.invoice_id FROM ecommerce.invoice_lines l
                             WHERE l.tenant_id = v_tenant
                               AND l.corrected_invoice_id = ANY (v_ids));
    v_lines  jsonb := ecommerce_internal.credit_lines(v_tenant, taken);
    v_draft  jsonb;
    g        record;
BEGIN
    SELECT jsonb_agg(to_jsonb(b) ORDER BY b.vat_category, b.vat_rate) AS breakdown,
           sum(b.taxable) AS net, sum(b.tax) AS vat, (
               SELECT sum(CASE l.part WHEN 'allowance' THEN -l.vat ELSE l.vat END)
               FROM jsonb_to_recordset(v_lines) AS l (part text, vat numeric)) AS of_lines
    INTO g
    FROM (SELECT l.vat_category, l.vat_rate, sum(s.sign * l.net) AS taxable,
                 ecommerce_internal.document_vat(sum(s.sign * l.net), l.vat_rate,
                     sum(s.sign * l.vat) + coalesce((
                         SELECT sum(k.amount)
                         FROM ecommerce_internal.lacking_vat(v_tenant, v_others, v_ids) k
                         WHERE k.vat_category = l.vat_category AND k.vat_rate = l.vat_rate), 0))
                     AS tax,
                 max(v.vatex) AS vatex, max(v.reason) AS reason,
                 max(v.mydata_exemption) AS mydata_exemption
          FROM jsonb_to_recordset(v_lines) AS l (part text, vat_category text, vat_rate numeric,
              net numeric, vat numeric, corrected_invoice_id uuid)
          CROSS JOIN LATERAL (SELECT CASE l.part WHEN 'allowance' THEN -1 ELSE 1 END AS sign) s
          JOIN ecommerce.invoice_vat_groups v ON v.tenant_id = v_tenant
              AND v.invoice_id = l.corrected_invoice_id AND v.vat_category = l.vat_category
              AND v.vat_rate = l.vat_rate
          GROUP BY l.vat_category, l.vat_rate) b;
    SELECT ecommerce_internal.only_keys(to_jsonb(v), '{profile,delivery_date,order_id,
               order_created_at,order_number,user_id,currency,tax_currency,exchange_rate,
               vat_scheme,country,region,seller,buyer,delivery}')
           || jsonb_build_object('payment', v.payment - '{terms,reference}'::text[])
    INTO v_draft
    FROM ecommerce.invoices v WHERE v.tenant_id = v_tenant AND v.id = v_ids[1];
    RETURN v_draft || jsonb_build_object('kind', 'credit_note', 'type_code', '381',
        'net', g.net, 'vat', g.vat, 'gross', g.net + g.vat, 'prepaid', g.net - g.net,
        'rounding', g.of_lines - g.vat,
        'note', options -> 'note', 'lines', v_lines, 'vat_breakdown', g.breakdown,
        'preceding', (SELECT jsonb_agg(jsonb_build_object('id', v.id,
                                 'invoice_number', v.invoice_number, 'issue_date', v.issue_date)
                                 ORDER BY v.id)
                      FROM ecommerce.invoices v
                      WHERE v.tenant_id = v_tenant AND v.id = ANY (v_ids)));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.draft_credit_note(integer, jsonb, jsonb) IS
    'A credit note as it would be issued now. Parties, currency and scheme are those of the '
    'invoice that it corrects, the first one if there are several. taken: as in credit_lines(). '
    'options: those of issue_credit_note().';

CREATE FUNCTION ecommerce_internal.lock_credited_order(tenant_id integer, order_id uuid,
    order_created_at timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    IF EXISTS (SELECT FROM ecommerce.orders o
               WHERE o.tenant_id = lock_credited_order.tenant_id
                 AND o.id = lock_credited_order.order_id
                 AND o.created_at = lock_credited_order.order_created_at) THEN
        PERFORM ecommerce_internal.lock_fulfilment(tenant_id, order_id);
    ELSE
        -- Invoices outlive their orders.
        PERFORM FROM ecommerce.invoices v
        WHERE v.tenant_id = lock_credited_order.tenant_id
          AND v.order_id = lock_credited_order.order_id
        ORDER BY v.id FOR UPDATE;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_credited_order(integer, uuid, timestamptz) IS
    'For issue_credit_note(): wait for all others who issue documents of an order. If the order '
    'is archived, its invoices are locked.';

CREATE FUNCTION ecommerce_internal.refuse_credit(reason text, detail jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '%', CASE reason WHEN 'unknown' THEN 'unknown invoice or refund'
                         ELSE 'nothing is left to credit: ' || reason END
        USING ERRCODE = 'EC050',
              DETAIL = jsonb_strip_nulls(jsonb_build_object('reason', reason) || detail)::text;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refuse_credit(text, jsonb) IS
    'For issue_credit_note(): error EC050 with its reason and what else is known.';
