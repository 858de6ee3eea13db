-- Whether an order would be taxed otherwise somewhere else.

CREATE FUNCTION ecommerce_internal.order_treatment(products jsonb, billing_address jsonb,
    shipping_address jsonb, buyer_vat_id text, buyer_vat_id_valid boolean, at timestamptz,
    tenant_id integer) RETURNS jsonb
    LANGUAGE c STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_order_treatment';
COMMENT ON FUNCTION ecommerce_internal.order_treatment(jsonb, jsonb, jsonb, text, boolean,
    timestamptz, integer) IS
    'For change_order_address(): how place_order() would tax these products at that time. '
    'products: [{"sku", "vat_class", "supply"}]. The answer has "country", "region", '
    '"vat_scheme", "vatex", and for each product its category and rate.';

CREATE FUNCTION ecommerce_internal.check_treatment(tenant_id integer, order_id uuid,
    order_created_at timestamptz, old_billing jsonb, old_shipping jsonb, new_billing jsonb,
    new_shipping jsonb, buyer_vat_id text, vat_scheme text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    -- Whether VIES knew the buyer is not kept, but these schemes need it.
    v_valid    boolean := buyer_vat_id IS NOT NULL
                          AND vat_scheme IN ('intra_eu', 'reverse_charge')
                          AND ecommerce.vat_id_valid(buyer_vat_id);
    v_products jsonb;
    v_old      jsonb;
    v_new      jsonb;
    v_changes  jsonb;
    v_first    text;
BEGIN
    SELECT coalesce(jsonb_agg(jsonb_build_object('sku', coalesce(i.sku, p.sku),
                        'vat_class', p.vat_class, 'supply', p.supply) ORDER BY i.line_number), '[]')
    INTO v_products
    FROM ecommerce.order_items i
    JOIN ecommerce.products p ON p.tenant_id = check_treatment.tenant_id AND p.id = i.product_id
    WHERE i.tenant_id = check_treatment.tenant_id AND i.order_id = check_treatment.order_id
      AND i.order_created_at = check_treatment.order_created_at;
    v_new := ecommerce_internal.order_treatment(v_products, new_billing, new_shipping,
        buyer_vat_id, v_valid, order_created_at, tenant_id);
    v_old := ecommerce_internal.order_treatment(v_products, old_billing, old_shipping,
        buyer_vat_id, v_valid, order_created_at, tenant_id);
    SELECT jsonb_object_agg(n.key, jsonb_build_object('from', v_old -> n.key, 'to', n.value)),
           min(format('%s from %s to %s', n.key, v_old -> n.key, n.value))
    INTO v_changes, v_first
    FROM jsonb_each(v_new) n
    WHERE v_old -> n.key IS DISTINCT FROM n.value;
    IF v_changes IS NOT NULL THEN
        RAISE EXCEPTION 'the address would change how the order is taxed: %', v_first
            USING ERRCODE = 'EC035', DETAIL = v_changes::text,
                  HINT = 'Cancel it, and place another one.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_treatment(integer, uuid, timestamptz, jsonb, jsonb,
    jsonb, jsonb, text, text) IS
    'For change_order_address(): whether an order is taxed with new addresses as with the old '
    'ones. Error EC035 with all that would change.';
