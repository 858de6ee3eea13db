-- Drafts: documents as they would be issued, without a number, and what they lack.
--
-- A draft is what get_invoice() answers, but for number and day.

CREATE FUNCTION ecommerce_internal.seller_document(tenant_id integer) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_seller jsonb := (SELECT jsonb_strip_nulls(to_jsonb(s))
                              - '{tenant_id,created_at,updated_at}'::text[]
                       FROM ecommerce.sellers s WHERE s.tenant_id = seller_document.tenant_id);
    v_country text := coalesce(v_seller ->> 'country', (
        SELECT t.country FROM ecommerce.settings t
        WHERE t.tenant_id = seller_document.tenant_id));
BEGIN
    v_seller := coalesce(v_seller, '{}') || jsonb_build_object('country', v_country,
        'vat_id', CASE WHEN ecommerce.vat_id_valid(v_seller ->> 'vat_id')
                       THEN ecommerce.vat_id_normalize(v_seller ->> 'vat_id')
                       ELSE v_seller ->> 'vat_id' END,
        'iban', CASE WHEN ecommerce.iban_valid(v_seller ->> 'iban')
                     THEN ecommerce.iban_normalize(v_seller ->> 'iban')
                     ELSE v_seller ->> 'iban' END);
    RETURN (SELECT coalesce(jsonb_object_agg(s.key, s.value), '{}') FROM jsonb_each(v_seller) s
            WHERE ecommerce_internal.trimmed(s.value #>> '{}') <> '');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.seller_document(integer) IS
    'Who a tenant is on its documents: its row of sellers, without what is blank. The country is '
    'that of its settings if it has none; it stands alone if there is no row.';

CREATE FUNCTION ecommerce_internal.party_name(address jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN nullif(btrim(coalesce(address ->> 'name',
                                 concat_ws(' ', nullif(address ->> 'first_name', ''),
                                           nullif(address ->> 'last_name', '')))), '');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.party_name(jsonb) IS
    'The name of the person in an address; NULL without one.';

CREATE FUNCTION ecommerce_internal.buyer_document(customer_order jsonb, account jsonb,
    profile jsonb, options jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = auto
AS $$
DECLARE
    v_address jsonb := coalesce(nullif(nullif(customer_order -> 'billing_address', 'null'), '{}'),
                                nullif(nullif(customer_order -> 'shipping_address', 'null'), '{}'),
                                '{}');
    v_vat_id  text := customer_order ->> 'buyer_vat_id';
    v_company text := coalesce(v_address ->> 'company',
                               CASE WHEN v_vat_id IS NOT NULL THEN profile ->> 'company' END);
    v_buyer   jsonb;
BEGIN
    v_buyer := jsonb_strip_nulls(
        jsonb_build_object('name', coalesce(ecommerce_internal.party_name(v_address), v_company,
            ecommerce_internal.party_name(customer_order -> 'shipping_address'),
            ecommerce_internal.party_name(account)), 'company', v_company)
        || coalesce(ecommerce_internal.only_keys(v_address,
               '{address_line_1,address_line_2,city,state,postal_code,country}'), '{}')
        || jsonb_build_object('country', coalesce(v_address ->> 'country',
                                                  customer_order ->> 'country'),
               'vat_id', v_vat_id, 'email', customer_order -> 'email',
               'phone', coalesce(v_address ->> 'phone', customer_order ->> 'phone'),
               'reference', coalesce(options ->> 'buyer_reference',
                                     profile ->> 'buyer_reference'),
               'purchase_order', options -> 'purchase_order')
        || coalesce(ecommerce_internal.only_keys(profile,
               '{registration_number,registration_scheme,endpoint_scheme,endpoint_id}'), '{}'));
    v_buyer := v_buyer || coalesce(options -> 'buyer', '{}');
    RETURN (SELECT coalesce(jsonb_object_agg(b.key, b.value), '{}') FROM jsonb_each(v_buyer) b
            WHERE ecommerce_internal.trimmed(b.value #>> '{}') <> '');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.buyer_document(jsonb, jsonb, jsonb, jsonb) IS
    'Who an invoice is for. customer_order, account and profile: the rows of the order, its user '
    'and that one''s profile. options: those of issue_invoice(), whose buyer counts most.';

CREATE FUNCTION ecommerce_internal.payment_document(payment jsonb, seller jsonb, currency text,
    is_open boolean) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_method   text := coalesce(payment ->> 'method',
                                CASE WHEN is_open AND seller ? 'iban' THEN 'bank_transfer' END);
    v_transfer boolean := coalesce(v_method IN ('bank_transfer', 'invoice'), false);
    v_debit    boolean := coalesce(v_method = 'sepa_debit', false);
    v_mandate  jsonb := payment -> 'mandate';
BEGIN
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'means', CASE v_method
            WHEN 'card' THEN '48' WHEN 'wallet' THEN '68' WHEN 'online' THEN '68'
            WHEN 'sepa_debit' THEN '59' WHEN 'cash' THEN '10' WHEN 'cash_on_delivery' THEN '10'
            WHEN 'gift_card' THEN '97' WHEN 'other' THEN '1'
            WHEN 'bank_transfer' THEN CASE currency WHEN 'EUR' THEN '58' ELSE '30' END
            WHEN 'invoice' THEN CASE currency WHEN 'EUR' THEN '58' ELSE '30' END END,
        'method', v_method,
        'terms', CASE WHEN is_open THEN seller ->> 'payment_terms' END,
        'iban', CASE WHEN v_transfer THEN seller ->> 'iban' END,
        'bic', CASE WHEN v_transfer THEN seller ->> 'bic' END,
        'reference', CASE WHEN v_transfer THEN payment ->> 'reference' END,
        'mandate', CASE WHEN v_debit THEN coalesce(v_mandate ->> 'reference',
                                                   v_mandate ->> 'mandate_reference',
                                                   payment ->> 'mandate_id') END,
        'creditor_id', CASE WHEN v_debit THEN seller ->> 'sepa_creditor_id' END,
        'debtor_iban', CASE WHEN v_debit THEN v_mandate ->> 'iban' END));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.payment_document(jsonb, jsonb, text, boolean) IS
    'How an invoice is paid, as in invoices.payment. payment: the row of payments that counts, '
    'with its mandate, or NULL. is_open: whether anything is to be paid yet; by bank transfer '
    'then, if nothing else is known and the seller has an account.';

CREATE FUNCTION ecommerce_internal.payment_mandate(tenant_id integer, mandate_id uuid)
    RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_mandate jsonb;
BEGIN
    IF to_regclass('ecommerce.sepa_mandates') IS NOT NULL THEN
        EXECUTE 'SELECT to_jsonb(m) FROM ecommerce.sepa_mandates m
                 WHERE m.tenant_id = $1 AND m.id = $2'
        INTO v_mandate USING payment_mandate.tenant_id, payment_mandate.mandate_id;
    END IF;
    RETURN v_mandate;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.payment_mandate(integer, uuid) IS
    'The mandate of a direct debit; NULL if there is none.';

CREATE FUNCTION ecommerce_internal.unused_payment(tenant_id integer, order_id uuid, paid numeric)
    RETURNS numeric
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = auto
AS $$
BEGIN
    RETURN greatest(paid - coalesce((
        SELECT sum(greatest(v.prepaid - coalesce((
                   SELECT sum(CASE k.part WHEN 'allowance' THEN -(k.net + k.vat)
                                          ELSE k.net + k.vat END)
                   FROM ecommerce.invoice_lines k
                   WHERE k.tenant_id = unused_payment.tenant_id
                     AND k.corrected_invoice_id = v.id), 0), 0))
        FROM ecommerce.invoices v
        WHERE v.tenant_id = unused_payment.tenant_id AND v.order_id = unused_payment.order_id
          AND v.kind = 'invoice'), 0), 0);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.unused_payment(integer, uuid, numeric) IS
    'What of the money that was paid for an order, and not given back, no invoice of it names as '
    'prepaid yet. paid: that money. What was credited of an invoice needs none.';

CREATE FUNCTION ecommerce_internal.exemption_document(category text, vatex text, reason text)
    RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN category NOT IN ('S', 'Z') THEN jsonb_build_object(
        'vatex', CASE category WHEN 'AE' THEN 'VATEX-EU-AE' WHEN 'K' THEN 'VATEX-EU-IC'
                               WHEN 'G' THEN 'VATEX-EU-G' WHEN 'O' THEN 'VATEX-EU-O'
                 ELSE CASE WHEN vatex !~ '^VATEX-EU-(AE|IC|G|O)$' THEN vatex END END,
        'reason', CASE category WHEN 'AE' THEN 'Reverse charge'
                                WHEN 'K' THEN 'Intra-Community supply'
                                WHEN 'G' THEN 'Export outside the EU'
                                WHEN 'O' THEN 'Not subject to VAT'
                  ELSE coalesce(nullif(reason, ''), 'Exempt from VAT') END) ELSE '{}' END;
COMMENT ON FUNCTION ecommerce_internal.exemption_document(text, text, text) IS
    'Why a category of VAT bears none, {"vatex", "reason"}. vatex and reason: what the order says, '
    'which counts in category E.';

CREATE FUNCTION ecommerce_internal.document_vat(taxable numeric, rate numeric, wanted numeric)
    RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_exact  numeric := taxable * rate / 100;
    v_unit   numeric := 10.0 ^ -scale(wanted);
    v_wanted numeric := greatest(wanted, wanted - wanted);
BEGIN
    RETURN CASE WHEN abs(v_wanted - v_exact) < 1 THEN v_wanted
                ELSE round(CASE WHEN v_wanted > v_exact THEN ceil((v_exact + 1) / v_unit) - 1
                                ELSE floor((v_exact - 1) / v_unit) + 1 END * v_unit,
                           scale(wanted)) END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.document_vat(numeric, numeric, numeric) IS
    'The VAT of a category and rate of a document: what is wanted, if EN 16931 allows it. Else '
    'what is nearest to that, not below zero and less than 1 from the rate (BR-CO-17). wanted: '
    'that of its lines, and what earlier documents lack of theirs, which may be below zero.';

CREATE FUNCTION ecommerce_internal.lacking_vat(tenant_id integer, of_ids uuid[], less_ids uuid[])
    RETURNS TABLE (order_id uuid, vat_category text, vat_rate numeric, amount numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := lacking_vat.tenant_id;
BEGIN
    RETURN QUERY
    SELECT v.order_id, g.vat_category, g.vat_rate,
           sum(CASE WHEN v.id = ANY (less_ids) THEN g.tax - l.vat ELSE l.vat - g.tax END)
    FROM unnest(of_ids || less_ids) AS w (id)
    JOIN ecommerce.invoices v ON v.tenant_id = v_tenant AND v.id = w.id AND v.rounding <> 0
    JOIN ecommerce.invoice_vat_groups g ON g.tenant_id = v_tenant AND g.invoice_id = v.id
    CROSS JOIN LATERAL (
        SELECT sum(CASE k.part WHEN 'allowance' THEN -k.vat ELSE k.vat END) AS vat
        FROM ecommerce.invoice_lines k
        WHERE k.tenant_id = v_tenant AND k.invoice_id = v.id
          AND k.vat_category = g.vat_category AND k.vat_rate = g.vat_rate) l
    GROUP BY v.order_id, g.vat_category, g.vat_rate;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lacking_vat(integer, uuid[], uuid[]) IS
    'What VAT some documents lack of that of their lines, by order, category and rate. Their '
    'rounding is the sum of it; where there is none, none is lacking. less_ids: documents by which '
    'it is less.';

CREATE FUNCTION ecommerce_internal.lacking_vat_of_orders(tenant_id integer, orders jsonb[])
    RETURNS TABLE (order_id uuid, vat_category text, vat_rate numeric, amount numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_tenant  integer := lacking_vat_of_orders.tenant_id;
    v_issued  uuid[];
    v_back    uuid[];
BEGIN
    SELECT array_agg(v.id) FILTER (WHERE v.kind = 'invoice'),
           array_agg(v.id) FILTER (WHERE v.kind <> 'invoice')
    INTO v_issued, v_back
    FROM unnest(orders) d
    JOIN ecommerce.invoices v ON v.tenant_id = v_tenant AND v.order_id = (d ->> 'id')::uuid
        AND v.refund_id IS NULL
    WHERE (d ->> 'has_documents')::boolean;
    IF v_issued IS NOT NULL THEN
        RETURN QUERY
        SELECT * FROM ecommerce_internal.lacking_vat(v_tenant, v_issued, coalesce(v_back, '{}'));
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lacking_vat_of_orders(integer, jsonb[]) IS
    'What VAT the invoices of some orders lack of that of their lines, but for those that were '
    'taken back. orders: those of order_to_invoice().';

CREATE FUNCTION ecommerce_internal.draft_groups(tenant_id integer, orders jsonb[], shipped jsonb)
    RETURNS TABLE (order_id uuid, net numeric, vat numeric, rounding numeric, has_goods boolean,
                   has_products boolean, categories text[], is_exact boolean, lines jsonb,
                   vat_breakdown jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
    -- is_exact: what draft_faults() looks for, while amounts are numbers yet
    RETURN QUERY
    WITH line AS MATERIALIZED (
        SELECT l.*, CASE l.part WHEN 'allowance' THEN -1 ELSE 1 END AS sign
        FROM ecommerce_internal.draft_lines(tenant_id, orders, shipped) l
    ), breakdown AS (
        SELECT g.order_id, sum(g.taxable) AS net, sum(g.tax) AS vat,
               sum(g.of_lines - g.tax) AS rounding, array_agg(g.vat_category) AS categories,
               bool_and(least(g.taxable, g.tax) >= 0
                        AND (g.vat_category = 'S' OR g.tax = 0)) AS is_exact,
               jsonb_agg(jsonb_build_object('vat_category', g.vat_category,
                             'vat_rate', g.vat_rate, 'taxable', g.taxable, 'tax', g.tax)
                         || CASE WHEN g.vat_category IN ('S', 'Z') THEN '{}' ELSE
                                jsonb_build_object('mydata_exemption', g.mydata_exemption)
                                || ecommerce_internal.exemption_document(g.vat_category, g.vatex,
                                                                         g.vat_reason) END
                         ORDER BY g.vat_category, g.vat_rate) AS vat_breakdown
        FROM (SELECT s.*, ecommerce_internal.document_vat(s.taxable, s.vat_rate,
                              s.of_lines + coalesce(k.amount, 0)) AS tax
              FROM (SELECT l.order_id, l.vat_category, l.vat_rate,
                           sum(l.sign * l.net) AS taxable, sum(l.sign * l.vat) AS of_lines,
                           min(l.vatex) AS vatex, min(l.vat_reason) AS vat_reason,
                           min(l.mydata_exemption) AS mydata_exemption
                    FROM line l GROUP BY 1, 2, 3) s
              LEFT JOIN ecommerce_internal.lacking_vat_of_orders(tenant_id, orders) k
                  ON (k.order_id, k.vat_category, k.vat_rate)
                     = (s.order_id, s.vat_category, s.vat_rate)) g
        GROUP BY g.order_id
    )
    SELECT b.order_id, b.net, b.vat, b.rounding, t.has_goods, t.has_products, b.categories,
           b.is_exact AND t.is_exact AND NOT ('O' = ANY (b.categories) AND b.categories <> '{O}'),
           t.lines, b.vat_breakdown
    FROM breakdown b
    JOIN (SELECT l.order_id, bool_or(l.part = 'line' AND l.supply = 'goods') AS has_goods,
                 bool_or(l.kind = 'product') AS has_products,
                 bool_and((l.part <> 'line' OR abs(l.quantity * l.unit_price / l.base_quantity
                                                   - l.allowance - l.net) <= 0.02)
                          AND least(l.net, l.vat, l.allowance, l.unit_price) >= 0
                          AND (l.vat_category = 'S') = (l.vat_rate > 0)) AS is_exact,
                 jsonb_agg(jsonb_build_object('line_number', l.line_number, 'part', l.part,
                     'order_line', l.order_line, 'kind', l.kind, 'sku', l.sku, 'gtin', l.gtin,
                     'name', l.name, 'quantity', l.quantity, 'unit_code', l.unit_code,
                     'unit_price', l.unit_price, 'base_quantity', l.base_quantity,
                     'allowance', l.allowance, 'net', l.net, 'vat', l.vat,
                     'vat_category', l.vat_category, 'vat_rate', l.vat_rate,
                     'reason_code', l.reason_code, 'reason', l.reason, 'supply', l.supply)
                     ORDER BY l.line_number) AS lines
          FROM line l GROUP BY l.order_id) t USING (order_id);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.draft_groups(integer, jsonb[], jsonb) IS
    'The lines of draft_lines() as documents, with the VAT breakdown that they sum to. Arguments: '
    'those of invoiceable_lines(). is_exact: whether draft_faults() would find nothing.';
