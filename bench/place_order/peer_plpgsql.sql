-- place_order() as one would write it well in plpgsql: few statements, set by
-- set, the same checks, locks in product order, VAT after EN 16931.
--
-- Ids are the extension's, because PostgreSQL 15 has no UUIDv7 of its own.
-- Generic plans, because planning anew for each order took four times as long.

CREATE TYPE plpgsql.placed_order AS (
    id uuid, order_number text, created_at timestamptz, currency text, net numeric, vat numeric, gross numeric);
CREATE TYPE plpgsql.line AS (
    line_number integer, product_id uuid, sku text, name text, quantity integer, unit_price numeric,
    vat_category text, vat_rate numeric, net numeric, vat numeric);

CREATE FUNCTION plpgsql.place_order(items jsonb, email text DEFAULT NULL, tenant_id integer DEFAULT 1) RETURNS plpgsql.placed_order
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant     integer := tenant_id;
    v_email      text    := email;
    v_country    text;
    v_region     text;
    v_prices     text;
    v_day        date;
    v_ids        uuid[];
    v_quantities integer[];
    v_order      plpgsql.placed_order;
    v_lines      plpgsql.line[];
    v_unknown    uuid[];
    v_unsold     text[];
    v_rateless   boolean;
    v_tracked    bigint;
    v_taken      bigint;
BEGIN
    IF length(v_email) > 254 OR v_email NOT LIKE '_%@_%' THEN
        RAISE EXCEPTION 'wrong email' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    v_order.id := ecommerce.uuid_v7();
    v_order.created_at := ecommerce.uuid_v7_time(v_order.id);
    v_order.order_number := ecommerce.order_number(v_order.id);
    SELECT s.country, s.region, s.currency, s.prices, (v_order.created_at AT TIME ZONE s.timezone)::date
    INTO v_country, v_region, v_order.currency, v_prices, v_day
    FROM ecommerce.settings s WHERE s.tenant_id = v_tenant;

    -- As arrays, because the planner takes a JSON array for 100 rows.
    SELECT array_agg(i.product_id), array_agg(i.quantity) INTO v_ids, v_quantities
    FROM jsonb_to_recordset(items) AS i (product_id uuid, quantity integer);
    IF v_ids IS NULL THEN
        RAISE EXCEPTION 'nothing is ordered' USING ERRCODE = 'EC013';
    ELSIF array_position(v_ids, NULL) IS NOT NULL OR array_position(v_quantities, NULL) IS NOT NULL
          OR 1 > ANY (v_quantities) OR 1000000000 < ANY (v_quantities) THEN
        RAISE EXCEPTION 'wrong items' USING ERRCODE = 'invalid_parameter_value';
    END IF;

    -- VAT is rounded once for each rate; the cents that are left when the
    -- lines' shares are rounded down go to those that lost the most.
    SELECT array_agg(ROW (s.line_number, s.id, s.sku, s.name, s.quantity, s.price, s.category, s.rate,
                          s.amount - s.share, s.share)::plpgsql.line),
           array_agg(s.written) FILTER (WHERE s.id IS NULL),
           array_agg(s.sku) FILTER (WHERE s.status <> 'active'),
           bool_or(s.rate IS NULL AND s.id IS NOT NULL),
           count(DISTINCT s.id) FILTER (WHERE s.track_stock),
           sum(s.amount - s.share), sum(s.share), sum(s.amount)
    INTO v_lines, v_unknown, v_unsold, v_rateless, v_tracked, v_order.net, v_order.vat, v_order.gross
    FROM (SELECT l.*, l.down + CASE WHEN row_number() OVER (PARTITION BY l.category, l.rate ORDER BY l.remainder DESC, l.line_number)
                                         <= (round(l.group_amount * l.rate / (100 + l.rate), 2) - l.group_down) * 100
                                    THEN 0.01 ELSE 0 END AS share
          FROM (SELECT d.*, sum(d.amount) OVER w AS group_amount, sum(d.down) OVER w AS group_down
                FROM (SELECT i.line_number, i.written, i.quantity, p.id, p.sku, p.name, p.price, p.status, p.track_stock,
                             r.category, r.rate, a.amount,
                             trunc(a.amount * r.rate / (100 + r.rate), 2) AS down,
                             mod(a.amount * 100 * r.rate, 100 + r.rate) AS remainder
                      FROM unnest(v_ids, v_quantities) WITH ORDINALITY AS i (written, quantity, line_number)
                      LEFT JOIN plpgsql.products p ON p.tenant_id = v_tenant AND p.id = i.written AND p.deleted_at IS NULL
                      LEFT JOIN ecommerce.vat_rates v ON v.country = v_country AND v.region = v_region AND v.vat_class = p.vat_class
                                AND v.valid_from <= v_day AND (v.valid_to IS NULL OR v.valid_to > v_day)
                      CROSS JOIN LATERAL (SELECT CASE WHEN p.vat_class = 'exempt' THEN 'E' WHEN v.rate > 0 THEN 'S' ELSE 'Z' END AS category,
                                                 CASE WHEN p.vat_class = 'exempt' THEN 0 ELSE v.rate END AS rate) r
                      CROSS JOIN LATERAL (SELECT round(i.quantity * p.price, 2) AS amount) a) d
                WINDOW w AS (PARTITION BY d.category, d.rate)) l) s;
    IF v_unknown IS NOT NULL THEN
        RAISE EXCEPTION 'unknown product' USING ERRCODE = 'EC002', DETAIL = v_unknown::text;
    ELSIF v_unsold IS NOT NULL THEN
        RAISE EXCEPTION 'product is not for sale' USING ERRCODE = 'EC003', DETAIL = v_unsold::text;
    ELSIF v_rateless THEN
        RAISE EXCEPTION 'no VAT rate is known' USING ERRCODE = 'EC012';
    END IF;

    WITH locked AS (
        SELECT s.product_id, d.quantity
        FROM (SELECT l.product_id, sum(l.quantity)::integer AS quantity FROM unnest(v_lines) l GROUP BY l.product_id) d
        JOIN plpgsql.stock s ON s.tenant_id = v_tenant AND s.product_id = d.product_id AND s.slot = 0
        ORDER BY s.product_id FOR NO KEY UPDATE OF s
    )
    UPDATE plpgsql.stock s SET available = s.available - l.quantity
    FROM locked l
    WHERE s.tenant_id = v_tenant AND s.product_id = l.product_id AND s.slot = 0 AND s.available >= l.quantity;
    GET DIAGNOSTICS v_taken = ROW_COUNT;
    IF v_taken < v_tracked THEN
        RAISE EXCEPTION 'insufficient stock' USING ERRCODE = 'EC001', DETAIL =
            (SELECT jsonb_agg(jsonb_build_object('sku', l.sku, 'requested', l.quantity, 'available', s.available))
             FROM unnest(v_lines) l JOIN plpgsql.stock s ON s.tenant_id = v_tenant AND s.product_id = l.product_id
             WHERE s.available < l.quantity);
    END IF;

    WITH placed AS (
        INSERT INTO plpgsql.orders (tenant_id, id, created_at, order_number, email, currency, prices, net, vat, gross, country, region)
        VALUES (v_tenant, v_order.id, v_order.created_at, v_order.order_number, v_email,
                v_order.currency, v_prices, v_order.net, v_order.vat, v_order.gross, v_country, v_region)
    ), event AS (
        INSERT INTO plpgsql.events (tenant_id, id, created_at, kind, entity_id)
        VALUES (v_tenant, ecommerce.uuid_v7(), v_order.created_at, 'order.placed', v_order.id)
    )
    INSERT INTO plpgsql.order_items (tenant_id, order_id, order_created_at, line_number, kind, product_id,
        sku, name, quantity, unit_price, discount, vat_category, vat_rate, net, vat)
    SELECT v_tenant, v_order.id, v_order.created_at, l.line_number, 'product', l.product_id,
           l.sku, l.name, l.quantity, l.unit_price, 0, l.vat_category, l.vat_rate, l.net, l.vat
    FROM unnest(v_lines) l;
    RETURN v_order;
END
$$;
