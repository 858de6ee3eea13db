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

CREATE FUNCTION ecommerce_internal.order_to_invoice(order_id uuid, order_created_at timestamptz,
    tenant_id integer) RETURNS jsonb
    LANGUAGE c VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = auto
    AS 'MODULE_PATHNAME', 'ec_order_to_invoice';
COMMENT ON FUNCTION ecommerce_internal.order_to_invoice(uuid, timestamptz, integer) IS
    'An order as its invoice is made of it: its row, with more keys. user and profile are rows, '
    'payment the row of payments that counts, with its mandate; credit_days; has_documents; and '
    'lines, less what was cancelled of them, each with gtin and supply of its product. NULL if '
    'there is no such order, or it is cancelled.';

CREATE FUNCTION ecommerce_internal.invoiceable_lines(tenant_id integer, orders jsonb[],
    shipped jsonb)
    RETURNS TABLE (order_id uuid, line_number integer, kind text, sku text, name text,
                   base_quantity integer, unit_code text, unit_price numeric, discount numeric,
                   vat_category text, vat_rate numeric, ordered integer, gtin text, supply text,
                   units bigint, net numeric, vat numeric, prices text, currency text,
                   vatex text, vat_reason text, mydata_exemption integer)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    v_invoiced uuid[] := ARRAY(SELECT (d ->> 'id')::uuid FROM unnest(orders) d
                               WHERE (d ->> 'has_documents')::boolean);
BEGIN
    RETURN QUERY
    SELECT o.id, l.line_number, l.kind, l.sku, l.name, l.base_quantity, l.unit_code,
           l.unit_price, l.discount, l.vat_category, l.vat_rate, l.ordered, l.gtin, l.supply,
           u.units, greatest(s.net - coalesce(i.net, 0), 0),
           greatest(s.vat - coalesce(i.vat, 0), 0), o.prices, o.currency, o.vatex, o.vat_reason,
           o.mydata_exemption
    FROM unnest(orders) AS d (doc)
    CROSS JOIN LATERAL jsonb_to_record(d.doc) AS o (id uuid, prices text, currency text,
        vatex text, vat_reason text, mydata_exemption integer)
    CROSS JOIN LATERAL jsonb_to_recordset(d.doc -> 'lines') AS l (line_number integer, kind text,
        sku text, name text, base_quantity integer, unit_code text, unit_price numeric,
        discount numeric, vat_category text, vat_rate numeric, ordered integer, quantity bigint,
        net numeric, vat numeric, gtin text, supply text)
    LEFT JOIN ecommerce_internal.invoiced_lines(tenant_id, v_invoiced) i
           ON i.order_id = o.id AND i.order_line = l.line_number
    CROSS JOIN LATERAL (SELECT CASE
        WHEN l.kind = 'product' THEN least(l.quantity - coalesce(i.units, 0),
            CASE WHEN shipped IS NULL THEN l.quantity
                 ELSE coalesce((shipped ->> l.line_number::text)::bigint, 0) END)
        WHEN i.order_id IS NULL OR l.net > i.net OR l.vat > i.vat THEN l.quantity
        ELSE 0 END AS units) u
    -- Charges are whole, and functions are called whatever a condition of their join says.
    CROSS JOIN LATERAL ecommerce_internal.amount_of_units(o.prices, l.net, l.vat,
        greatest(l.quantity, 1), CASE l.kind WHEN 'product'
            THEN least(coalesce(i.units, 0) + u.units, l.quantity) ELSE l.quantity END,
        o.currency) s
    WHERE u.units > 0;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.invoiceable_lines(integer, jsonb[], jsonb) IS
    'What of some orders can be invoiced: what was neither cancelled nor invoiced. orders: those '
    'of order_to_invoice(). shipped: units of the lines of products that it is only about, '
    '{"line_number": units}, or NULL. Amounts are those of all units so far less those before, so '
    'that any split comes to the line. Charges are due with whatever is invoiced first. ordered is '
    'what the line was, units what is invoiced now.';

CREATE FUNCTION ecommerce_internal.line_price(amount numeric, units numeric, base numeric,
    listed numeric, minor_units integer) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_near  numeric := 0.5 * 10.0 ^ -greatest(minor_units, 2);
    v_exact numeric := amount * base / units;
    v_price numeric;
BEGIN
    IF abs(units * listed / base - amount) < v_near THEN
        RETURN round(listed, greatest(minor_units, min_scale(listed)));
    END IF;
    -- As few decimals as will do: 8.063 is a third of 24.19, rounded.
    FOR v_scale IN 0 .. 15 LOOP
        v_price := round(v_exact, v_scale);
        EXIT WHEN abs(units * v_price / base - amount) < v_near;
    END LOOP;
    RETURN round(v_price, greatest(minor_units, min_scale(v_price)));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.line_price(numeric, numeric, numeric, numeric, integer) IS
    'A net price of base units at which units come to an amount, to half a cent. listed: the price '
    'that is taken if it does, or NULL.';

CREATE FUNCTION ecommerce_internal.draft_lines(tenant_id integer, orders jsonb[], shipped jsonb)
    RETURNS TABLE (order_id uuid, line_number integer, part text, order_line integer, kind text,
                   sku text, gtin text, name text, quantity bigint, unit_code text,
                   unit_price numeric, base_quantity integer, allowance numeric, net numeric,
                   vat numeric, vat_category text, vat_rate numeric, reason_code text,
                   reason text, supply text, vatex text, vat_reason text,
                   mydata_exemption integer)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH share AS MATERIALIZED (
        SELECT d.*, CASE d.prices WHEN 'net' THEN d.unit_price END AS listed,
               scale(ecommerce.round_amount(0, d.currency)) AS minor_units,
               CASE WHEN d.gtin ~ '^[0-9]{8,14}$' THEN d.gtin END AS good_gtin,
               CASE WHEN d.kind = 'product' THEN coalesce(d.supply, 'goods')
                    WHEN bool_or(d.kind = 'product' AND coalesce(d.supply, 'goods') = 'goods')
                         OVER (PARTITION BY d.order_id) THEN 'goods' ELSE 'service' END
                   AS line_supply,
               bool_or(d.kind = 'product') OVER (PARTITION BY d.order_id) AS has_products,
               x.net AS off_net, x.vat AS off_vat
        FROM ecommerce_internal.invoiceable_lines(tenant_id, orders, shipped) d
        CROSS JOIN LATERAL ecommerce_internal.discount_share(d.prices, d.discount, d.ordered,
            d.units, d.vat_rate, d.currency) x
    ), part AS (
        SELECT s.*, CASE WHEN s.kind = 'product' OR NOT s.has_products THEN 'line'
                         ELSE 'charge' END AS part
        FROM share s
        UNION ALL
        SELECT s.*, 'allowance' FROM share s
        WHERE s.kind <> 'product' AND s.has_products AND s.off_net > 0
    )
    SELECT p.order_id,
           (row_number() OVER (PARTITION BY p.order_id
                ORDER BY p.part <> 'line', p.line_number, p.part DESC))::integer,
           p.part, p.line_number, p.kind, p.sku, p.good_gtin, p.name,
           CASE p.part WHEN 'allowance' THEN 1 ELSE p.units END, p.unit_code,
           CASE p.part WHEN 'line' THEN ecommerce_internal.line_price(p.net + p.off_net, p.units,
                                            p.base_quantity, p.listed, p.minor_units)
                       WHEN 'charge' THEN ecommerce_internal.line_price(p.net + p.off_net,
                                              p.units, p.base_quantity, NULL, p.minor_units)
                       ELSE p.off_net END,
           CASE p.part WHEN 'allowance' THEN 1 ELSE p.base_quantity END,
           CASE p.part WHEN 'line' THEN p.off_net ELSE p.off_net - p.off_net END,
           CASE p.part WHEN 'line' THEN p.net WHEN 'charge' THEN p.net + p.off_net
                       ELSE p.off_net END,
           CASE p.part WHEN 'line' THEN p.vat WHEN 'charge' THEN p.vat + p.off_vat
                       ELSE p.off_vat END,
           p.vat_category, p.vat_rate,
           CASE WHEN p.part = 'charge' THEN CASE p.kind WHEN 'shipping' THEN 'FC' ELSE 'ABK' END
                WHEN p.off_net > 0 THEN '95' END,
           CASE WHEN p.part = 'charge' THEN p.name WHEN p.off_net > 0 THEN 'Discount' END,
           p.line_supply, p.vatex, p.vat_reason, p.mydata_exemption
    FROM part p;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.draft_lines(integer, jsonb[], jsonb) IS
    'The rows of invoice_lines that invoices of some orders would have now, with what these say '
    'of VAT. Arguments: those of invoiceable_lines(). Products are lines, their discounts '
    'allowances of these; shipping and fees are charges of the document, their discounts '
    'allowances of it. Without products charges are lines.';

CREATE FUNCTION ecommerce_internal.discount_share(prices text, discount numeric, quantity numeric,
    units numeric, rate numeric, currency text, OUT net numeric, OUT vat numeric)
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_share numeric := discount;
BEGIN
    IF discount <> 0 AND units < quantity THEN
        v_share := ecommerce.refund_amount(discount, quantity, 0, units, currency);
    END IF;
    v_share := ecommerce.round_amount(v_share, currency);
    net := CASE WHEN v_share = 0 OR prices = 'net' THEN v_share
                ELSE ecommerce.net_from_gross(v_share, rate, currency) END;
    vat := CASE WHEN v_share = 0 THEN v_share WHEN prices = 'net'
                THEN ecommerce.vat_amount(v_share, rate, currency) ELSE v_share - net END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.discount_share(text, numeric, numeric, numeric, numeric,
    text) IS
    'The share of so many units in the discount of a line, and the VAT that it would have borne. '
    'prices: whether the discount is net or gross.';
