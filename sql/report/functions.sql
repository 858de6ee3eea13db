-- What is owed to whom: VAT by period, from what orders froze.

CREATE FUNCTION ecommerce.vat_return(from_date date, to_date date,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (country text, region text, vat_scheme text, currency text, vat_category text,
                   vat_rate numeric, orders bigint, net numeric, vat numeric)
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT o.country, o.region, o.vat_scheme, o.currency, i.vat_category, i.vat_rate,
           count(DISTINCT o.id), sum(i.net), sum(i.vat)
    FROM ecommerce.settings s
    JOIN ecommerce.orders o ON o.tenant_id = s.tenant_id AND o.status <> 'cancelled'
        AND o.created_at >= vat_return.from_date::timestamp AT TIME ZONE s.timezone
        AND o.created_at < (vat_return.to_date + 1)::timestamp AT TIME ZONE s.timezone
    JOIN ecommerce.order_items i ON i.tenant_id = o.tenant_id AND i.order_id = o.id
                                AND i.order_created_at = o.created_at
    WHERE s.tenant_id = vat_return.tenant_id
    GROUP BY o.country, o.region, o.vat_scheme, o.currency, i.vat_category, i.vat_rate
    ORDER BY o.country, o.region, o.vat_scheme, o.currency, i.vat_category, i.vat_rate DESC
$$;
COMMENT ON FUNCTION ecommerce.vat_return(date, date, integer) IS
    'Net and VAT of the orders of a period. Both days are included, in settings.timezone. There is '
    'a row for each country whose VAT applied, region, scheme, currency, category and rate. '
    'Cancelled orders do not count.';

CREATE FUNCTION ecommerce.oss_return(year integer, quarter integer,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (country text, currency text, vat_rate numeric, orders bigint, net numeric,
                   vat numeric)
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.country, r.currency, r.vat_rate, sum(r.orders)::bigint, sum(r.net), sum(r.vat)
    FROM ecommerce.vat_return(make_date(oss_return.year, 3 * oss_return.quarter - 2, 1),
                              (make_date(oss_return.year, 3 * oss_return.quarter - 2, 1)
                               + interval '3 months' - interval '1 day')::date,
                              oss_return.tenant_id) r
    WHERE r.vat_scheme = 'oss'
    GROUP BY r.country, r.currency, r.vat_rate
    ORDER BY r.country, r.currency, r.vat_rate DESC
$$;
COMMENT ON FUNCTION ecommerce.oss_return(integer, integer, integer) IS
    'What a seller declares in the One Stop Shop for a quarter (1 to 4): its orders of the scheme '
    'oss. What it declares elsewhere (ioss, registration and so on) is in vat_return().';
