-- What of orders is to be invoiced, and the lines, allowances and charges that it becomes.

CREATE FUNCTION ecommerce_internal.invoiced_lines(tenant_id integer, order_ids uuid[])
    RETURNS TABLE (order_id uuid, order_line integer, units bigint, net numeric, vat numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off
    SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := invoiced_lines.tenant_id;
BEGIN
    IF cardinality(order_ids) = 0 THEN
        RETURN;
    END IF;
    -- An invoice that was taken back counts no more, but for what was refunded of it.
    RETURN QUERY
    SELECT v.order_id, l.order_line,
           (sum(CASE WHEN l.part = 'allowance' OR v.kind = 'credit_note' AND r.quantity = 0 THEN 0
                     WHEN v.kind = 'invoice' AND NOT v.taken_back THEN l.quantity
                     WHEN v.kind = 'credit_note' AND i.taken_back THEN l.quantity
                     ELSE 0 END))::bigint,
           sum(s.sign * l.net), sum(s.sign * l.vat)
    FROM (SELECT d.id, d.order_id, d.kind, d.refund_id, EXISTS (
                 SELECT FROM ecommerce.invoice_lines k
                 JOIN ecommerce.invoices c ON c.tenant_id = v_tenant AND c.id = k.invoice_id
                 WHERE k.tenant_id = v_tenant AND k.corrected_invoice_id = d.id
                   AND c.refund_id IS NULL) AS taken_back
          FROM unnest(invoiced_lines.order_ids) AS w (id)
          JOIN ecommerce.invoices d ON d.tenant_id = v_tenant AND d.order_id = w.id
          WHERE d.kind = 'invoice' OR d.refund_id IS NOT NULL) v
    JOIN ecommerce.invoice_lines l ON l.tenant_id = v_tenant AND l.invoice_id = v.id
    LEFT JOIN ecommerce.refund_items r ON r.tenant_id = v_tenant AND r.refund_id = v.refund_id
        AND r.line_number = l.order_line
    CROSS JOIN LATERAL (SELECT v.kind = 'credit_note' AND EXISTS (
             SELECT FROM ecommerce.invoice_lines k
             JOIN ecommerce.invoices c ON c.tenant_id = v_tenant AND c.id = k.invoice_id
             WHERE k.tenant_id = v_tenant AND k.corrected_invoice_id = l.corrected_invoice_id
               AND c.refund_id IS NULL) AS taken_back) i
    CROSS JOIN LATERAL (SELECT CASE l.part WHEN 'allowance' THEN -1 ELSE 1 END
             * CASE WHEN v.kind = 'invoice' AND NOT v.taken_back OR i.taken_back THEN 1
                    ELSE 0 END AS sign) s
    GROUP BY v.order_id, l.order_line;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.invoiced_lines(integer, uuid[]) IS
    'What of the lines of some orders is invoiced: units, and what they came to. What a credit '
    'note of an invoice took back may be invoiced again; what one of a refund took back may not.';

CREATE FUNCTION ecommerce_internal.invoiced_document(tenant_id integer, order_id uuid)
    RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    v_tenant integer := invoiced_document.tenant_id;
    v_issued uuid[] := ARRAY(SELECT v.id FROM ecommerce.invoices v
                             WHERE v.tenant_id = v_tenant
                               AND v.order_id = invoiced_document.order_id
                               AND v.kind = 'invoice');
    v_back   uuid[] := ARRAY(SELECT v.id FROM ecommerce.invoices v
                             WHERE v.tenant_id = v_tenant
                               AND v.order_id = invoiced_document.order_id
                               AND v.kind <> 'invoice' AND v.refund_id IS NULL);
BEGIN
    IF v_issued = '{}' THEN
        RETURN NULL;
    END IF;
    RETURN jsonb_build_object(
        'lines', (
            SELECT jsonb_agg(jsonb_build_object('line_number', i.order_line, 'units', i.units,
                                                'net', i.net, 'vat', i.vat))
            FROM ecommerce_internal.invoiced_lines(v_tenant, ARRAY[invoiced_document.order_id]) i),
        'lacking_vat', (
            SELECT jsonb_agg(jsonb_build_object('vat_category', k.vat_category,
                                 'vat_rate', k.vat_rate, 'amount', k.amount))
            FROM ecommerce_internal.lacking_vat(v_tenant, v_issued, v_back) k),
        -- What was credited of an invoice needs no money.
        'prepaid', (
            SELECT sum(greatest(v.prepaid - coalesce((
                       SELECT sum(CASE k.part WHEN 'allowance' THEN -(k.net + k.vat)
                                              ELSE k.net + k.vat END)
                       FROM ecommerce.invoice_lines k
                       WHERE k.tenant_id = v_tenant AND k.corrected_invoice_id = v.id), 0), 0))
            FROM ecommerce.invoices v
            WHERE v.tenant_id = v_tenant AND v.id = ANY (v_issued)));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.invoiced_document(integer, uuid) IS
    'What the documents of an order have of it; NULL if there are none. lines, {"line_number", '
    '"units", "net", "vat"}; lacking_vat, {"vat_category", "vat_rate", "amount"}, what VAT they '
    'lack of that of their lines, but for those that were taken back; prepaid, the money that they '
    'name so.';

CREATE FUNCTION ecommerce_internal.order_to_invoice(order_id uuid, order_created_at timestamptz,
    tenant_id integer) RETURNS jsonb
    LANGUAGE c VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = auto
    AS 'MODULE_PATHNAME', 'ec_order_to_invoice';
COMMENT ON FUNCTION ecommerce_internal.order_to_invoice(uuid, timestamptz, integer) IS
    'An order as its invoice is made of it: columns of its row, and more. user and profile are '
    'rows, payment the row of payments that counts, with its mandate; credit_days; documents those '
    'of invoiced_document(); and lines, less what was cancelled of them, each with gtin and supply '
    'of its product. NULL if there is no such order, or it is cancelled.';

CREATE FUNCTION ecommerce_internal.line_price(amount numeric, units numeric, base numeric,
    listed numeric, minor_units integer) RETURNS numeric
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_line_price';
COMMENT ON FUNCTION ecommerce_internal.line_price(numeric, numeric, numeric, numeric, integer) IS
    'A net price of base units at which units come to an amount, to half a cent. listed: the price '
    'that is taken if it does, or NULL.';
