-- What is owed to whom: VAT by period, from what orders froze.

CREATE FUNCTION ecommerce.vat_return(from_date date, to_date date,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (country text, region text, vat_scheme text, currency text, vat_category text,
                   vat_rate numeric, orders bigint, net numeric, vat numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan SET datestyle = 'ISO'
AS $$
DECLARE
    v_timezone text;
    v_from     timestamptz;
    v_to       timestamptz;
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
    WHERE s.tenant_id = vat_return.tenant_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no tenant %', tenant_id USING ERRCODE = 'EC011';
    END IF;
    v_from := ecommerce_internal.day_start(from_date, v_timezone);
    v_to := ecommerce_internal.day_start(to_date + 1, v_timezone);
    IF tstzrange(v_from, v_to) && ecommerce_internal.archived_times()
       OR EXISTS (SELECT FROM ecommerce.archived_partitions a
                  WHERE a.corrected_at >= v_from AND a.from_time < v_to) THEN
        RAISE EXCEPTION 'orders of that period are archived'
            USING ERRCODE = 'EC024', DETAIL = format('It runs from %s to %s.', from_date, to_date),
                  HINT = 'ecommerce.attach_partition() brings them back.';
    END IF;
    RETURN QUERY
    SELECT l.country, l.region, l.vat_scheme, l.currency, l.vat_category, l.vat_rate,
           count(DISTINCT l.order_id), sum(l.net), sum(l.vat)
    FROM (SELECT o.country, o.region, o.vat_scheme, o.currency, i.vat_category, i.vat_rate,
                 o.id AS order_id, i.net, i.vat
          FROM ecommerce.orders o
          JOIN ecommerce.order_items i ON i.tenant_id = vat_return.tenant_id AND i.order_id = o.id
              AND i.order_created_at = o.created_at
              AND i.order_created_at >= v_from AND i.order_created_at < v_to
          WHERE o.tenant_id = vat_return.tenant_id AND o.status <> 'cancelled'
            AND o.created_at >= v_from AND o.created_at < v_to
          UNION ALL
          -- A correction counts when it was made, whenever the sale was.
          SELECT o.country, o.region, o.vat_scheme, o.currency, i.vat_category, i.vat_rate,
                 NULL, - c.net, - c.vat
          FROM ecommerce.order_cancellations c
          JOIN ecommerce.orders o ON o.tenant_id = vat_return.tenant_id AND o.id = c.order_id
              AND o.created_at = c.order_created_at
          JOIN ecommerce.order_items i ON i.tenant_id = vat_return.tenant_id
              AND i.order_id = c.order_id AND i.order_created_at = c.order_created_at
              AND i.line_number = c.line_number
          WHERE c.tenant_id = vat_return.tenant_id AND o.status <> 'cancelled'
            AND c.created_at >= v_from AND c.created_at < v_to) l
    GROUP BY l.country, l.region, l.vat_scheme, l.currency, l.vat_category, l.vat_rate
    ORDER BY l.country, l.region, l.vat_scheme, l.currency, l.vat_category, l.vat_rate DESC;
END
$$;
COMMENT ON FUNCTION ecommerce.vat_return(date, date, integer) IS
    'Net and VAT of the orders of a period. Both days are included, in settings.timezone. There is '
    'a row for each country whose VAT applied, region, scheme, currency, category and rate. '
    'Cancelled orders do not count; lines that were cancelled of others are taken off in the '
    'period in which that was. Orders are counted that were placed in the period. Errors: 22023 '
    'the first day is after the last, 22004 NULL, '
    'EC011 unknown tenant, EC015 its time zone is not known to this server, EC024 orders of the '
    'period are archived.';

CREATE FUNCTION ecommerce.oss_return(year integer, quarter integer,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (country text, currency text, vat_rate numeric, orders bigint, net numeric,
                   vat numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_first date;
    v_last  date;
BEGIN
    IF num_nulls(year, quarter, tenant_id) > 0 THEN
        RAISE EXCEPTION 'year, quarter and tenant must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF quarter NOT BETWEEN 1 AND 4 THEN
        RAISE EXCEPTION 'quarter must be from 1 to 4, but is %', quarter
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF (year, quarter) < (2021, 3) OR year > 9999 THEN
        RAISE EXCEPTION 'there is no return for quarter % of %', quarter, year
            USING ERRCODE = 'invalid_parameter_value',
            HINT = 'The one-stop shop began with quarter 3 of 2021.';
    END IF;
    v_first := make_date(year, 3 * quarter - 2, 1);
    v_last := v_first + interval '3 months' - interval '1 day';
    RETURN QUERY
    SELECT r.country, r.currency, r.vat_rate, sum(r.orders)::bigint, sum(r.net), sum(r.vat)
    FROM ecommerce.vat_return(v_first, v_last, oss_return.tenant_id) r
    WHERE r.vat_scheme = 'oss'
    GROUP BY r.country, r.currency, r.vat_rate
    ORDER BY r.country, r.currency, r.vat_rate DESC;
END
$$;
COMMENT ON FUNCTION ecommerce.oss_return(integer, integer, integer) IS
    'What a seller declares in the One Stop Shop for a quarter (1 to 4): its orders of the scheme '
    'oss. What it declares elsewhere (ioss, registration and so on) is in vat_return(). Errors: '
    '22023 another quarter or one before the scheme began, and those of vat_return().';
