-- Orders.

CREATE TYPE ecommerce.placed_order AS (
    id           uuid,
    order_number text,
    created_at   timestamptz,
    currency     text,
    net          numeric,
    vat          numeric,
    gross        numeric
);
COMMENT ON TYPE ecommerce.placed_order IS 'What place_order() answers.';

CREATE FUNCTION ecommerce.place_order(
    items            jsonb       DEFAULT NULL,
    cart_id          uuid        DEFAULT NULL,
    reservation_id   uuid        DEFAULT NULL,
    user_id          uuid        DEFAULT NULL,
    email            text        DEFAULT NULL,
    phone            text        DEFAULT NULL,
    billing_address  jsonb       DEFAULT NULL,
    shipping_address jsonb       DEFAULT NULL,
    currency         text        DEFAULT NULL,
    expected_total   numeric     DEFAULT NULL,
    allowances       jsonb       DEFAULT NULL,
    charges          jsonb       DEFAULT NULL,
    notes            text        DEFAULT NULL,
    metadata         jsonb       DEFAULT NULL,
    placed_at        timestamptz DEFAULT NULL,
    idempotency_key  text        DEFAULT NULL,
    tenant_id        integer     DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.placed_order
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_place_order';
COMMENT ON FUNCTION ecommerce.place_order(jsonb, uuid, uuid, uuid, text, text, jsonb, jsonb, text, numeric, jsonb, jsonb, text, jsonb, timestamptz, text, integer) IS
    'Place an order: take the stock, freeze prices and VAT, write the order, its lines and its event, all or nothing. What is ordered comes from exactly one of items [{"sku" or "product_id", "quantity", "unit_price"}], an open cart, or a held reservation. A unit_price that is not the product''s is error EC004 that lists both; expected_total that is not the gross total is error EC018. Addresses are objects with the keys of user_addresses. allowances and charges are those of calculate_totals(). With an idempotency_key a retry of the same request gets the same order; another request under that key is error EC007. placed_at moves history in: the order is of that time, at the given unit prices. placed_at, allowances and charges need the privilege to INSERT into orders. Errors: EC001 out of stock, EC002 unknown product, EC003 not for sale, EC005, EC006 reservation, EC012 no VAT rate, EC013 nothing ordered, EC014 cart, EC015 settings, EC016 unknown user.';

CREATE FUNCTION ecommerce.cancel_order(order_id uuid, reason text DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_cancel_order';
COMMENT ON FUNCTION ecommerce.cancel_order(uuid, text, integer) IS
    'Cancel an order that is pending or processing and give its stock back; nothing happens if it is cancelled already. Errors: EC008 unknown order, EC009 it was shipped already.';
