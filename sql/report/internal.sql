-- What returns of VAT are made of: documents, and orders that have none.

CREATE FUNCTION ecommerce_internal.vat_period(tenant_id integer, from_date date, to_date date,
    OUT from_time timestamptz, OUT to_time timestamptz)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan SET datestyle = 'ISO'
AS $$
DECLARE
    v_timezone text;
    v_archived tstzmultirange;
BEGIN
    IF num_nulls(from_date, to_date, tenant_id) > 0 THEN
        RAISE EXCEPTION 'first day, last day and tenant must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT isfinite(from_date) OR NOT isfinite(to_date) OR from_date > to_date THEN
        RAISE EXCEPTION 'wrong period from % to %', from_date, to_date
            USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Give its first day and its last day.';
    END IF;
    SELECT s.timezone INTO v_timezone FROM ecommerce.settings s
    WHERE s.tenant_id = vat_period.tenant_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no tenant %', tenant_id USING ERRCODE = 'EC011';
    END IF;
    from_time := ecommerce_internal.day_start(from_date, v_timezone);
    to_time := ecommerce_internal.day_start(to_date + 1, v_timezone);
    v_archived := ecommerce_internal.archived_times();
    -- What was corrected must be there, too.
    IF tstzrange(from_time, to_time) && v_archived
       OR EXISTS (SELECT FROM ecommerce.archived_partitions a
                  WHERE a.corrected_at >= vat_period.from_time
                    AND a.from_time < vat_period.to_time)
       OR NOT isempty(v_archived) AND EXISTS (
           SELECT FROM ecommerce.refunds r
           WHERE r.tenant_id = vat_period.tenant_id AND r.created_at >= vat_period.from_time
             AND r.created_at < vat_period.to_time AND r.status <> 'failed'
             AND r.order_created_at <@ v_archived
             AND NOT EXISTS (SELECT FROM ecommerce.invoices n
                             WHERE n.tenant_id = vat_period.tenant_id
                               AND n.order_id = r.order_id)) THEN
        RAISE EXCEPTION 'orders of that period are archived'
            USING ERRCODE = 'EC024', DETAIL = format('It runs from %s to %s.', from_date, to_date),
                  HINT = 'ecommerce.attach_partition() brings them back.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.vat_period(integer, date, date) IS
    'When a period of days begins and ends in the shop''s time zone. Errors: 22023, 22004, EC011 '
    'unknown tenant, EC015 its time zone is not known, EC024 orders of the period, or that were '
    'corrected in it, are archived.';

CREATE FUNCTION ecommerce_internal.quarter_of(moment timestamptz, timezone text) RETURNS date
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_quarter date := date_trunc('quarter', moment AT TIME ZONE 'UTC')::date;
BEGIN
    -- In the zone it may be a day before or after that of UTC.
    IF moment < ecommerce_internal.day_start(v_quarter, timezone) THEN
        RETURN v_quarter - interval '3 months';
    ELSIF moment >= ecommerce_internal.day_start((v_quarter + interval '3 months')::date,
                                                 timezone) THEN
        RETURN v_quarter + interval '3 months';
    END IF;
    RETURN v_quarter;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.quarter_of(timestamptz, text) IS
    'The first day of the quarter of a moment, in a time zone. Error EC015 an unknown one.';

CREATE FUNCTION ecommerce_internal.refunded_in(tenant_id integer, from_time timestamptz,
    to_time timestamptz)
    RETURNS TABLE (order_id uuid, order_created_at timestamptz, line_number integer, net numeric,
                   vat numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := refunded_in.tenant_id;
    v_from   timestamptz := refunded_in.from_time;
    v_to     timestamptz := refunded_in.to_time;
BEGIN
    -- What a line was refunded beyond what was cancelled of it, at the end less at the beginning
    RETURN QUERY
    WITH touched AS MATERIALIZED (
        SELECT r.order_id, r.order_created_at FROM ecommerce.refunds r
        WHERE r.tenant_id = v_tenant AND r.created_at >= v_from AND r.created_at < v_to
        UNION
        SELECT c.order_id, c.order_created_at FROM ecommerce.order_cancellations c
        JOIN ecommerce.refunds r ON r.tenant_id = v_tenant AND r.order_id = c.order_id
        WHERE c.tenant_id = v_tenant AND c.created_at >= v_from AND c.created_at < v_to
    ), part AS (
        SELECT t.order_id, t.order_created_at, i.line_number, i.net, i.vat, r.created_at,
               true AS back
        FROM touched t
        JOIN ecommerce.refunds r ON r.tenant_id = v_tenant AND r.order_id = t.order_id
        JOIN ecommerce.refund_items i ON i.tenant_id = v_tenant AND i.refund_id = r.id
        WHERE r.created_at < v_to AND (r.status <> 'failed' OR r.amount_confirmed > 0)
        UNION ALL
        SELECT t.order_id, t.order_created_at, c.line_number, c.net, c.vat, c.created_at, false
        FROM touched t
        JOIN ecommerce.order_cancellations c ON c.tenant_id = v_tenant AND c.order_id = t.order_id
            AND c.order_created_at = t.order_created_at
        WHERE c.created_at < v_to
    )
    SELECT p.order_id, p.order_created_at, p.line_number,
           greatest(sum(CASE WHEN p.back THEN p.net ELSE - p.net END), 0)
           - greatest(sum(CASE WHEN p.back THEN p.net ELSE - p.net END)
                          FILTER (WHERE p.created_at < v_from), 0),
           greatest(sum(CASE WHEN p.back THEN p.vat ELSE - p.vat END), 0)
           - greatest(sum(CASE WHEN p.back THEN p.vat ELSE - p.vat END)
                          FILTER (WHERE p.created_at < v_from), 0)
    FROM part p GROUP BY 1, 2, 3;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refunded_in(integer, timestamptz, timestamptz) IS
    'What was refunded of lines in a time, beyond what was cancelled of them, which is a '
    'correction of its own.';

CREATE FUNCTION ecommerce_internal.vat_of_orders(tenant_id integer, from_time timestamptz,
    to_time timestamptz)
    RETURNS TABLE (country text, region text, vat_scheme text, currency text, vat_category text,
                   vat_rate numeric, order_id uuid, net numeric, vat numeric,
                   sold_at timestamptz)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := vat_of_orders.tenant_id;
    v_from   timestamptz := vat_of_orders.from_time;
    v_to     timestamptz := vat_of_orders.to_time;
BEGIN
    RETURN QUERY
    SELECT l.country, l.region, l.vat_scheme, l.currency, l.vat_category, l.vat_rate,
           CASE WHEN l.is_sale THEN l.order_id END, l.net, l.vat, l.created_at
    FROM (SELECT o.country, o.region, o.vat_scheme, o.currency, i.vat_category, i.vat_rate,
                 o.id AS order_id, o.created_at, true AS is_sale, i.net, i.vat
          FROM ecommerce.orders o
          JOIN ecommerce.order_items i ON i.tenant_id = v_tenant AND i.order_id = o.id
              AND i.order_created_at = o.created_at
              AND i.order_created_at >= v_from AND i.order_created_at < v_to
          WHERE o.tenant_id = v_tenant AND o.status <> 'cancelled'
            AND o.created_at >= v_from AND o.created_at < v_to
          UNION ALL
          -- A correction counts when it was made, whenever the sale was.
          SELECT o.country, o.region, o.vat_scheme, o.currency, i.vat_category, i.vat_rate,
                 o.id, o.created_at, false, - c.net, - c.vat
          FROM ecommerce.order_cancellations c
          JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.id = c.order_id
              AND o.created_at = c.order_created_at
          JOIN ecommerce.order_items i ON i.tenant_id = v_tenant AND i.order_id = c.order_id
              AND i.order_created_at = c.order_created_at AND i.line_number = c.line_number
          WHERE c.tenant_id = v_tenant AND o.status <> 'cancelled'
            AND c.created_at >= v_from AND c.created_at < v_to
          UNION ALL
          SELECT o.country, o.region, o.vat_scheme, o.currency, i.vat_category, i.vat_rate,
                 o.id, o.created_at, false, - g.net, - g.vat
          FROM ecommerce_internal.refunded_in(v_tenant, v_from, v_to) g
          JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.id = g.order_id
              AND o.created_at = g.order_created_at
          JOIN ecommerce.order_items i ON i.tenant_id = v_tenant AND i.order_id = g.order_id
              AND i.order_created_at = g.order_created_at AND i.line_number = g.line_number
          WHERE o.status <> 'cancelled') l
    WHERE NOT EXISTS (SELECT FROM ecommerce.invoices n
                      WHERE n.tenant_id = v_tenant AND n.order_id = l.order_id);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.vat_of_orders(integer, timestamptz, timestamptz) IS
    'Lines that were sold in a time, and what was cancelled and refunded in it, of orders that '
    'have no invoice. order_id is NULL of the latter; sold_at: when the order was placed.';

CREATE FUNCTION ecommerce_internal.vat_of_documents(tenant_id integer, from_date date,
    to_date date)
    RETURNS TABLE (country text, region text, vat_scheme text, currency text, vat_category text,
                   vat_rate numeric, order_id uuid, net numeric, vat numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN QUERY
    SELECT v.country, v.region, v.vat_scheme, v.currency, g.vat_category, g.vat_rate,
           CASE v.kind WHEN 'invoice' THEN v.order_id END,
           CASE v.kind WHEN 'invoice' THEN g.taxable ELSE - g.taxable END,
           CASE v.kind WHEN 'invoice' THEN g.tax ELSE - g.tax END
    FROM ecommerce.invoices v
    JOIN ecommerce.invoice_vat_groups g
      ON g.tenant_id = vat_of_documents.tenant_id AND g.invoice_id = v.id
    WHERE v.tenant_id = vat_of_documents.tenant_id
      AND v.issue_date BETWEEN vat_of_documents.from_date AND vat_of_documents.to_date;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.vat_of_documents(integer, date, date) IS
    'The VAT groups of invoices and, negative, of credit notes that were issued in a period. '
    'order_id is NULL of the latter.';

CREATE FUNCTION ecommerce_internal.oss_of_documents(tenant_id integer, from_date date,
    to_date date)
    RETURNS TABLE (country text, currency text, vat_rate numeric, order_id uuid, net numeric,
                   vat numeric, sold_on date)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := oss_of_documents.tenant_id;
BEGIN
    RETURN QUERY
    SELECT d.country, d.currency, d.vat_rate, d.order_id, d.sign * d.net, d.sign * d.vat,
           d.sold_on
    FROM (SELECT v.country, v.currency, l.vat_rate, l.net, l.vat,
                 CASE v.kind WHEN 'invoice' THEN v.order_id END AS order_id,
                 CASE v.kind WHEN 'invoice' THEN 1 ELSE -1 END
                 * CASE l.part WHEN 'allowance' THEN -1 ELSE 1 END AS sign,
                 CASE v.kind WHEN 'invoice' THEN coalesce(v.delivery_date, v.issue_date)
                             -- Not before what it corrects
                             ELSE greatest(v.issue_date, p.delivery_date) END AS declared_on,
                 coalesce(p.delivery_date, p.issue_date, v.delivery_date, v.issue_date) AS sold_on
          FROM ecommerce.invoices v
          JOIN ecommerce.invoice_lines l ON l.tenant_id = v_tenant AND l.invoice_id = v.id
          LEFT JOIN ecommerce.invoices p
                 ON p.tenant_id = v_tenant AND v.kind = 'credit_note'
                AND p.id = coalesce(l.corrected_invoice_id,
                                    (v.preceding -> 0 ->> 'id')::uuid)
          WHERE v.tenant_id = v_tenant AND v.vat_scheme = 'oss') d
    WHERE d.declared_on BETWEEN oss_of_documents.from_date AND oss_of_documents.to_date;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.oss_of_documents(integer, date, date) IS
    'Lines of invoices in the One Stop Shop that were supplied in a period. Negative ones are of '
    'credit notes that were issued in it. sold_on: the day of the supply, or of that which is '
    'corrected.';
