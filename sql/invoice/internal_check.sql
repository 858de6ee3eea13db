-- Whether a draft may be issued.

CREATE FUNCTION ecommerce_internal.draft_invoices(tenant_id integer, orders jsonb[],
    shipment jsonb, options jsonb)
    RETURNS TABLE (order_id uuid, is_exact boolean, draft jsonb)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant  integer := draft_invoices.tenant_id;
    v_seller  jsonb := ecommerce_internal.seller_document(v_tenant);
    v_tax_currency text := ecommerce_internal.vat_currency_of(v_seller ->> 'country');
    v_zone    text := (SELECT s.timezone FROM ecommerce.settings s WHERE s.tenant_id = v_tenant);
BEGIN
    IF (options ->> 'due_date')::date < ecommerce_internal.shop_day_at(now(), v_zone) THEN
        RAISE EXCEPTION 'request.due_date must not be over, but is %', options ->> 'due_date'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    SELECT o.id, g.is_exact, ecommerce_internal.finish_draft(jsonb_build_object(
               'kind', 'invoice', 'type_code', '380', 'order_id', o.id,
               'order_created_at', o.created_at, 'order_number', o.order_number,
               'shipment_id', shipment -> 'id', 'user_id', o.user_id,
               'currency', o.currency, 'net', g.net, 'vat', g.vat, 'gross', g.net + g.vat,
               'rounding', g.rounding,
               'prepaid', CASE WHEN o.amount_paid > 0 THEN least(g.net + g.vat + g.rounding,
                   ecommerce_internal.unused_payment(v_tenant, o.id,
                       o.amount_paid - o.amount_charged_back - o.amount_refunded))
                   ELSE g.net - g.net END,
               'vat_scheme', o.vat_scheme, 'country', o.country, 'region', o.region,
               'delivery_date', coalesce((options ->> 'delivery_date')::date,
                   ecommerce_internal.shop_day_at(CASE WHEN shipment IS NULL THEN o.shipped_at
                       ELSE (shipment ->> 'shipped_at')::timestamptz END, v_zone)),
               'seller', v_seller,
               'buyer', ecommerce_internal.buyer_document(d.doc, o."user", o.profile, options),
               'delivery', CASE WHEN g.has_goods THEN ecommerce_internal.delivery_document(
                   o.shipping_address, o.billing_address, o.country,
                   'K' = ANY (g.categories)) END,
               'preceding', '[]'::jsonb, 'lines', g.lines, 'vat_breakdown', g.vat_breakdown),
               o.payment, o.credit_days, v_tax_currency, options)
    FROM unnest(orders) AS d (doc)
    CROSS JOIN LATERAL jsonb_to_record(d.doc) AS o (id uuid, created_at timestamptz,
        order_number text, user_id uuid, currency text, amount_paid numeric,
        amount_charged_back numeric, amount_refunded numeric, vat_scheme text, country text,
        region text, shipped_at timestamptz, shipping_address jsonb, billing_address jsonb,
        "user" jsonb, profile jsonb, payment jsonb, credit_days integer)
    JOIN ecommerce_internal.draft_groups(v_tenant, orders, shipment -> 'units') g
      ON g.order_id = o.id
    WHERE shipment IS NULL OR g.has_products;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.draft_invoices(integer, jsonb[], jsonb, jsonb) IS
    'Invoices of some orders as they would be issued now; none of one of which nothing is left. '
    'orders: those of order_to_invoice(). shipment: that of invoiceable_shipment(), or NULL. '
    'options: those of issue_invoice(). is_exact: whether the arithmetic is right, as '
    'draft_faults() says.';

CREATE FUNCTION ecommerce_internal.vat_currency_of(country text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN CASE WHEN country IS NOT NULL THEN ecommerce_internal.currency_of(country) END;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.vat_currency_of(text) IS
    'The currency in which a seller of a country accounts for VAT; NULL where it is not known.';

CREATE FUNCTION ecommerce_internal.delivery_document(shipping jsonb, billing jsonb, country text,
    is_needed boolean) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_address jsonb := coalesce(nullif(shipping, '{}'), CASE WHEN is_needed THEN billing END);
BEGIN
    RETURN jsonb_strip_nulls(jsonb_build_object('name',
               coalesce(ecommerce_internal.party_name(v_address), v_address ->> 'company'))
        || coalesce(ecommerce_internal.only_keys(v_address,
               '{company,address_line_1,address_line_2,city,state,postal_code,country}'), '{}')
        || CASE WHEN v_address ->> 'country' IS NULL AND v_address IS NOT NULL
                THEN jsonb_build_object('country', country) ELSE '{}' END);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.delivery_document(jsonb, jsonb, text, boolean) IS
    'Where goods went; NULL without an address. shipping and billing: the addresses of the order, '
    'the latter if the place is_needed and there is no other. country: that of the supply.';

CREATE FUNCTION ecommerce_internal.finish_draft(draft jsonb, payment jsonb,
    credit_days integer, vat_currency text, options jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_seller   jsonb := draft -> 'seller';
    v_buyer    jsonb := draft -> 'buyer';
    v_payable  numeric := (draft ->> 'gross')::numeric - (draft ->> 'prepaid')::numeric
                          + (draft ->> 'rounding')::numeric;
    v_foreign  boolean := coalesce(vat_currency <> draft ->> 'currency', false);
    v_rate     numeric := coalesce(options ->> 'exchange_rate',
                              options -> 'exchange_rates' ->> (draft ->> 'currency'))::numeric;
BEGIN
    RETURN draft || jsonb_build_object(
        'profile', coalesce(options ->> 'profile',
            CASE WHEN (v_seller ? 'endpoint_id' AND v_buyer ? 'endpoint_id'
                       AND ecommerce_internal.document_code_known('peppol eas',
                               v_seller ->> 'endpoint_scheme')
                       AND ecommerce_internal.document_code_known('peppol eas',
                               v_buyer ->> 'endpoint_scheme')) IS NOT TRUE THEN 'en16931'
                 WHEN v_seller ->> 'country' = 'GR' THEN 'peppol_gr' ELSE 'peppol' END),
        'payment', ecommerce_internal.payment_document(payment, v_seller, draft ->> 'currency',
                                                       v_payable > 0),
        'note', options -> 'note',
        'tax_currency', CASE WHEN v_foreign AND v_rate IS NOT NULL THEN vat_currency END,
        'exchange_rate', CASE WHEN v_foreign THEN v_rate END,
        'needs_exchange_rate', v_foreign AND v_rate IS NULL AND (draft ->> 'vat')::numeric > 0,
        -- Terms in days begin when the document has its day.
        'due_date', coalesce(options ->> 'due_date', CASE
            WHEN options ? 'payment_days' THEN NULL
            WHEN v_payable > 0 AND payment ->> 'method' IN ('invoice', 'sepa_debit')
                THEN payment ->> 'due_date' END),
        'payment_days', CASE
            WHEN options ->> 'payment_days' IS NOT NULL THEN options -> 'payment_days'
            WHEN v_payable <= 0 THEN NULL
            WHEN payment ->> 'method' = 'invoice' AND credit_days IS NOT NULL
                THEN to_jsonb(credit_days)
            ELSE coalesce(v_seller -> 'payment_days', '14') END);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.finish_draft(jsonb, jsonb, integer, text, jsonb) IS
    'For draft_invoices(): what follows from the rest of a draft: profile, means and terms of '
    'payment, currency of the VAT. payment: the row of payments that counts, with its mandate. '
    'credit_days: those of the customer''s credit limit. vat_currency: that of the seller''s '
    'country.';

CREATE FUNCTION ecommerce_internal.draft_lacks(draft jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    s jsonb := draft -> 'seller';
    b jsonb := draft -> 'buyer';
    p jsonb := draft -> 'payment';
    c text[] := ARRAY(SELECT e ->> 'vat_category'
                      FROM jsonb_array_elements(draft -> 'vat_breakdown') e);
    v_peppol boolean := draft ->> 'profile' LIKE 'peppol%';
BEGIN
    -- Nearly all: a sale with VAT by who has told all that anybody asks for
    IF c <@ '{S}' AND NOT v_peppol AND s ?& '{name,country,city,address_line_1,vat_id}'
       AND s ->> 'vat_id' ~ '^[A-Z]{2}[A-Z0-9]' AND b ?& '{name,country}'
       AND (p ->> 'means' IS NULL OR p ->> 'means' NOT IN ('30', '58')
            OR ecommerce.iban_valid(p ->> 'iban'))
       AND draft -> 'needs_exchange_rate' <> 'true' THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT jsonb_agg(jsonb_build_object('field', f.field, 'rule', f.rule)
                             ORDER BY f.n)
        FROM (VALUES
            (1, 'seller.name', 'BR-06', s ->> 'name' IS NULL),
            (2, 'seller.country', 'BR-09', s ->> 'country' IS NULL),
            (3, 'seller.city', 'BR-08', s ->> 'city' IS NULL),
            (4, 'seller.address_line_1', 'BR-08', s ->> 'address_line_1' IS NULL),
            (5, 'seller.vat_id', 'BR-CO-26',
                num_nonnulls(s ->> 'vat_id', s ->> 'tax_number', s ->> 'registration_number') = 0),
            (6, 'seller.vat_id', 'BR-CO-09', s ->> 'vat_id' IS NOT NULL
                AND NOT ecommerce.vat_id_valid(s ->> 'vat_id')
                AND s ->> 'vat_id' !~ '^[A-Z]{2}[A-Z0-9]'),
            (7, 'seller.vat_id', 'BR-AE-02', 'AE' = ANY (c) AND NOT s ? 'vat_id'),
            (8, 'seller.vat_id', 'BR-IC-02', 'K' = ANY (c) AND NOT s ? 'vat_id'),
            (9, 'seller.vat_id', 'BR-G-02', 'G' = ANY (c) AND NOT s ? 'vat_id'),
            (10, 'seller.vat_id', CASE WHEN 'S' = ANY (c) THEN 'BR-S-02' WHEN 'Z' = ANY (c)
                                       THEN 'BR-Z-02' ELSE 'BR-E-02' END,
                 c && '{S,Z,E}' AND num_nonnulls(s ->> 'vat_id', s ->> 'tax_number') = 0),
            (11, 'seller.iban', 'BR-61', p ->> 'means' IN ('30', '58')
                 AND (NOT p ? 'iban' OR p ->> 'means' = '58'
                                        AND NOT ecommerce.iban_valid(p ->> 'iban'))),
            (12, 'buyer.name', 'BR-07', b ->> 'name' IS NULL),
            (13, 'buyer.country', 'BR-11', b ->> 'country' IS NULL),
            (14, 'buyer.vat_id', 'BR-AE-02', 'AE' = ANY (c)
                 AND num_nonnulls(b ->> 'vat_id', b ->> 'registration_number') = 0),
            (15, 'buyer.vat_id', 'BR-IC-02', 'K' = ANY (c) AND NOT b ? 'vat_id'),
            (16, 'delivery_date', 'BR-IC-11',
                 'K' = ANY (c) AND draft ->> 'delivery_date' IS NULL),
            (17, 'delivery.country', 'BR-IC-12',
                 'K' = ANY (c) AND draft #>> '{delivery,country}' IS NULL),
            (18, 'exchange_rate', 'BR-53', (draft -> 'needs_exchange_rate') = 'true'),
            (19, 'seller.endpoint_id', 'PEPPOL-EN16931-R020', v_peppol AND NOT s ? 'endpoint_id'),
            (20, 'buyer.endpoint_id', 'PEPPOL-EN16931-R010', v_peppol AND NOT b ? 'endpoint_id'),
            (21, 'payment.mandate', 'PEPPOL-EN16931-R061', v_peppol
                 AND p ->> 'means' IN ('49', '59') AND NOT p ? 'mandate'),
            (22, 'seller.vat_id', 'GR-R-003', draft ->> 'profile' = 'peppol_gr'
                 AND s ->> 'vat_id' !~ '^EL[0-9]{9}$'),
            (23, 'profile', 'GR-R-001', draft ->> 'profile' = 'peppol' AND s ->> 'country' = 'GR'),
            (24, 'seller.endpoint_scheme', 'PEPPOL-EN16931-CL008', v_peppol
                 AND NOT ecommerce_internal.document_code_known('peppol eas',
                                                                s ->> 'endpoint_scheme')),
            (25, 'buyer.endpoint_scheme', 'PEPPOL-EN16931-CL008', v_peppol
                 AND NOT ecommerce_internal.document_code_known('peppol eas',
                                                                b ->> 'endpoint_scheme'))
        ) AS f (n, field, rule, missing)
        WHERE f.missing);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.draft_lacks(jsonb) IS
    'What a draft must have and has not, by the rules of EN 16931 and of its profile. The answer '
    'is [{"field", "rule"}], NULL if it lacks nothing.';

CREATE FUNCTION ecommerce_internal.draft_faults(draft jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- As invoice_violations(), in a hundredth of the time
    RETURN (
        WITH line AS MATERIALIZED (
            SELECT l.*, CASE l.part WHEN 'allowance' THEN -1 ELSE 1 END AS sign
            FROM jsonb_to_recordset(draft -> 'lines') AS l (line_number integer, part text,
                quantity numeric, unit_price numeric, base_quantity numeric, allowance numeric,
                net numeric, vat numeric, vat_category text, vat_rate numeric)
        ), breakdown AS MATERIALIZED (
            SELECT g.* FROM jsonb_to_recordset(draft -> 'vat_breakdown') AS g (vat_category text,
                vat_rate numeric, taxable numeric, tax numeric, vatex text, reason text)
        )
        SELECT jsonb_agg(f.fault)
        FROM (SELECT format('line %s', l.line_number) AS fault FROM line l
              WHERE l.part = 'line' AND abs(l.quantity * l.unit_price / l.base_quantity
                                            - l.allowance - l.net) > 0.02
                 OR least(l.net, l.vat, l.allowance, l.unit_price) < 0
                 OR (l.vat_category = 'S') <> (l.vat_rate > 0)
              UNION ALL
              SELECT format('category %s at %s', g.vat_category, g.vat_rate) FROM breakdown g
              WHERE abs(g.tax - g.taxable * g.vat_rate / 100) >= 1
                 OR g.vat_category <> 'S' AND g.tax <> 0
                 OR (g.vat_category IN ('S', 'Z')) <> (coalesce(g.vatex, g.reason) IS NULL)
                 OR least(g.taxable, g.tax) < 0
                 OR NOT EXISTS (SELECT FROM line l
                                WHERE l.vat_category = g.vat_category AND l.vat_rate = g.vat_rate
                                HAVING sum(l.sign * l.net) = g.taxable)
              UNION ALL
              SELECT 'category O beside others' FROM breakdown g WHERE g.vat_category = 'O'
                 AND EXISTS (SELECT FROM breakdown h WHERE h.vat_category <> 'O')
              UNION ALL
              SELECT 'no line' WHERE NOT EXISTS (SELECT FROM line l WHERE l.part = 'line')
              UNION ALL
              SELECT 'totals'
              WHERE NOT EXISTS (SELECT FROM breakdown g
                                HAVING sum(g.taxable) = (draft ->> 'net')::numeric
                                   AND sum(g.tax) = (draft ->> 'vat')::numeric
                                   AND sum(g.taxable + g.tax) = (draft ->> 'gross')::numeric)
                 OR NOT EXISTS (SELECT FROM line l
                                HAVING sum(l.sign * l.vat) = (draft ->> 'vat')::numeric
                                                             + (draft ->> 'rounding')::numeric)
                 OR (draft ->> 'prepaid')::numeric NOT BETWEEN 0
                    AND (draft ->> 'gross')::numeric + (draft ->> 'rounding')::numeric) f);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.draft_faults(jsonb) IS
    'What in the arithmetic of a draft is wrong; NULL if nothing is. That is each line, the VAT '
    'breakdown and the totals, by the rules of invoice_violations().';
