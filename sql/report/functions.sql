-- What is owed to whom: VAT by period, from what orders froze.

CREATE FUNCTION ecommerce.vat_return(from_date date, to_date date,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (country text, region text, vat_scheme text, currency text, vat_category text,
                   vat_rate numeric, orders bigint, net numeric, vat numeric)
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_timezone text := (SELECT s.timezone FROM ecommerce.settings s
                        WHERE s.tenant_id = vat_return.tenant_id);
    v_from     timestamptz := from_date::timestamp AT TIME ZONE v_timezone;
    v_to       timestamptz := (to_date + 1)::timestamp AT TIME ZONE v_timezone;
BEGIN
    RETURN QUERY
    SELECT o.country, o.region, o.vat_scheme, o.currency, i.vat_category, i.vat_rate,
           count(DISTINCT o.id), sum(i.net), sum(i.vat)
    FROM ecommerce.orders o
    JOIN ecommerce.order_items i ON i.tenant_id = vat_return.tenant_id AND i.order_id = o.id
        AND i.order_created_at = o.created_at
        AND i.order_created_at >= v_from AND i.order_created_at < v_to
    WHERE o.tenant_id = vat_return.tenant_id AND o.status <> 'cancelled'
      AND o.created_at >= v_from AND o.created_at < v_to
    GROUP BY o.country, o.region, o.vat_scheme, o.currency, i.vat_category, i.vat_rate
    ORDER BY o.country, o.region, o.vat_scheme, o.currency, i.vat_category, i.vat_rate DESC;
END
$$;
COMMENT ON FUNCTION ecommerce.vat_return(date, date, integer) IS
    'Net and VAT of the orders of a period. Both days are included, in settings.timezone. There is '
    'a row for each country whose VAT applied, region, scheme, currency, category and rate. '
    'Cancelled orders do not count.';

CREATE FUNCTION ecommerce.oss_return(year integer, quarter integer,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (country text, currency text, vat_rate numeric, orders bigint, net numeric,
                   vat numeric)
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_first date := make_date(year, 3 * quarter - 2, 1);
    v_last  date := v_first + interval '3 months' - interval '1 day';
BEGIN
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
    'oss. What it declares elsewhere (ioss, registration and so on) is in vat_return().';
