-- Drafts: documents as they would be issued, without a number, and what they lack.
--
-- A draft is what get_invoice() answers, but for number and day.

CREATE FUNCTION ecommerce_internal.seller_document(tenant_id integer) RETURNS jsonb
    LANGUAGE c STABLE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = auto
    AS 'MODULE_PATHNAME', 'ec_seller_document';
COMMENT ON FUNCTION ecommerce_internal.seller_document(integer) IS
    'Who a tenant is on its documents: its row of sellers, without what is blank. The country is '
    'that of its settings if it has none; it stands alone if there is no row.';

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

CREATE FUNCTION ecommerce_internal.draft_invoice(customer_order jsonb, seller jsonb,
    shipment jsonb, options jsonb, vat_currency text, tenant_id integer) RETURNS jsonb
    LANGUAGE c VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = auto
    AS 'MODULE_PATHNAME', 'ec_draft_invoice';
COMMENT ON FUNCTION ecommerce_internal.draft_invoice(jsonb, jsonb, jsonb, jsonb, text, integer) IS
    'The invoice of an order as it would be issued now; NULL if nothing of it is left. '
    'customer_order: that of order_to_invoice(). seller: that of seller_document(). shipment: that '
    'of invoiceable_shipment(), or NULL. options: those of issue_invoice(). vat_currency: that of '
    'the seller''s country, or NULL. It says of itself whether it is_exact: draft_faults() would '
    'find nothing; and whether it is_complete: neither would draft_lacks(), which has to be asked '
    'of those that are not.';

CREATE FUNCTION ecommerce_internal.document_vat(taxable numeric, rate numeric, wanted numeric)
    RETURNS numeric
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_document_vat_near';
COMMENT ON FUNCTION ecommerce_internal.document_vat(numeric, numeric, numeric) IS
    'The VAT of a category and rate of a document: what is wanted, if EN 16931 allows it. Else '
    'what is nearest to that, not below zero and less than 1 from the rate (BR-CO-17). wanted: '
    'that of its lines, and what earlier documents lack of theirs, which may be below zero.';

CREATE FUNCTION ecommerce_internal.lacking_vat(tenant_id integer, of_ids uuid[], less_ids uuid[])
    RETURNS TABLE (vat_category text, vat_rate numeric, amount numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := lacking_vat.tenant_id;
BEGIN
    RETURN QUERY
    SELECT g.vat_category, g.vat_rate,
           sum(CASE WHEN v.id = ANY (less_ids) THEN g.tax - l.vat ELSE l.vat - g.tax END)
    FROM unnest(of_ids || less_ids) AS w (id)
    JOIN ecommerce.invoices v ON v.tenant_id = v_tenant AND v.id = w.id AND v.rounding <> 0
    JOIN ecommerce.invoice_vat_groups g ON g.tenant_id = v_tenant AND g.invoice_id = v.id
    CROSS JOIN LATERAL (
        SELECT sum(CASE k.part WHEN 'allowance' THEN -k.vat ELSE k.vat END) AS vat
        FROM ecommerce.invoice_lines k
        WHERE k.tenant_id = v_tenant AND k.invoice_id = v.id
          AND k.vat_category = g.vat_category AND k.vat_rate = g.vat_rate) l
    GROUP BY g.vat_category, g.vat_rate;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lacking_vat(integer, uuid[], uuid[]) IS
    'What VAT some documents lack of that of their lines, by category and rate. Their '
    'rounding is the sum of it; where there is none, none is lacking. less_ids: documents by which '
    'it is less.';
