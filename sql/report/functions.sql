-- What is owed to whom: VAT by period, from documents and from what orders froze.

CREATE FUNCTION ecommerce.vat_return(from_date date, to_date date,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (country text, region text, vat_scheme text, currency text, vat_category text,
                   vat_rate numeric, orders bigint, net numeric, vat numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p record;
BEGIN
    SELECT t.from_time, t.to_time INTO p
    FROM ecommerce_internal.vat_period(tenant_id, from_date, to_date) t;
    RETURN QUERY
    SELECT l.country, l.region, l.vat_scheme, l.currency, l.vat_category, l.vat_rate,
           count(DISTINCT l.order_id), sum(l.net), sum(l.vat)
    FROM (SELECT s.country, s.region, s.vat_scheme, s.currency, s.vat_category, s.vat_rate,
                 s.order_id, s.net, s.vat
          FROM ecommerce_internal.vat_of_orders(vat_return.tenant_id, p.from_time, p.to_time) s
          UNION ALL
          SELECT d.* FROM ecommerce_internal.vat_of_documents(vat_return.tenant_id, from_date,
                                                              to_date) d) l
    GROUP BY l.country, l.region, l.vat_scheme, l.currency, l.vat_category, l.vat_rate
    ORDER BY l.country, l.region, l.vat_scheme, l.currency, l.vat_category, l.vat_rate DESC;
END
$$;
COMMENT ON FUNCTION ecommerce.vat_return(date, date, integer) IS
    'Net and VAT of the sales of a period, as documents say, and of orders that have none. Both '
    'days are included, in settings.timezone. There is a row for each country whose VAT applied, '
    'region, scheme, currency, category and rate. Invoices count on the day on which they were '
    'issued, credit notes are taken off on theirs. Orders without an invoice count on the day on '
    'which they were placed; what was cancelled or refunded of them is taken off in the period in '
    'which that was, refunds that failed are not, and cancelled orders do not count. orders: how '
    'many were sold, corrections not counted. Errors: 22023 the first day is after the last, 22004 '
    'NULL, EC011 unknown tenant, EC015 its time zone is not known to this server, EC024 orders of '
    'the period are archived.';

CREATE FUNCTION ecommerce.oss_return(year integer, quarter integer,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (country text, currency text, vat_rate numeric, orders bigint, net numeric,
                   vat numeric, corrects date)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_first    date;
    v_last     date;
    v_timezone text;
    p          record;
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
    SELECT t.from_time, t.to_time INTO p
    FROM ecommerce_internal.vat_period(tenant_id, v_first, v_last) t;
    SELECT s.timezone INTO v_timezone FROM ecommerce.settings s
    WHERE s.tenant_id = oss_return.tenant_id;
    RETURN QUERY
    SELECT l.country, l.currency, l.vat_rate, count(DISTINCT l.order_id), sum(l.net), sum(l.vat),
           nullif(l.quarter, v_first)
    FROM (SELECT s.country, s.currency, s.vat_rate, s.order_id, s.net, s.vat,
                 ecommerce_internal.quarter_of(s.sold_at, v_timezone) AS quarter
          FROM ecommerce_internal.vat_of_orders(oss_return.tenant_id, p.from_time, p.to_time) s
          WHERE s.vat_scheme = 'oss'
          UNION ALL
          SELECT d.country, d.currency, d.vat_rate, d.order_id, d.net, d.vat,
                 date_trunc('quarter', d.sold_on::timestamp)::date
          FROM ecommerce_internal.oss_of_documents(oss_return.tenant_id, v_first, v_last) d) l
    GROUP BY l.country, l.currency, l.vat_rate, l.quarter
    ORDER BY nullif(l.quarter, v_first) NULLS FIRST, l.country, l.currency, l.vat_rate DESC;
END
$$;
COMMENT ON FUNCTION ecommerce.oss_return(integer, integer, integer) IS
    'What a seller declares in the One Stop Shop for a quarter (1 to 4): its sales of the scheme '
    'oss. Invoices count on the day of the delivery, or of the document if that is not known; '
    'orders without one as in vat_return(). corrects: NULL of sales of the quarter, less what was '
    'taken back of them in it; else the first day of the quarter whose sales are corrected. What '
    'is declared elsewhere (ioss, registration and so on) is in vat_return(). Errors: 22023 '
    'another quarter or one before the scheme began, and those of vat_return().';
