-- Stock: reserving and adjusting it.  Sold, held and available units of a
-- product always sum to what came in.
--
-- enable_seqscan is off for writing functions, because a session keeps the
-- plans that it made: one made while a table was empty would scan it whole for
-- every order until the table is analyzed.  It reaches the checks of foreign
-- keys, too.

CREATE TYPE ecommerce.reservation AS (
    id         uuid,
    expires_at timestamptz
);
COMMENT ON TYPE ecommerce.reservation IS 'A reservation: its id, and until when it holds.';

CREATE FUNCTION ecommerce.available_stock(product_id uuid, tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS integer
    LANGUAGE c STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'ec_available_stock';
COMMENT ON FUNCTION ecommerce.available_stock(uuid, integer) IS
    'Units of a product that can be sold now; 0 for one that was never received, NULL for an unknown one.';

CREATE FUNCTION ecommerce.reserve_stock(items jsonb, owner text DEFAULT NULL, ttl interval DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.reservation
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_reserve_stock';
COMMENT ON FUNCTION ecommerce.reserve_stock(jsonb, text, interval, integer) IS
    'Hold stock of all items, or of none: [{"sku" or "product_id", "quantity"}]. It holds for ttl, by default settings.reservation_ttl. Errors: EC001 with all short products in the detail, EC002 unknown product, EC003 not for sale, 22023 wrong items.';

CREATE FUNCTION ecommerce.extend_reservation(reservation_id uuid, ttl interval DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.reservation
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_extend_reservation';
COMMENT ON FUNCTION ecommerce.extend_reservation(uuid, interval, integer) IS
    'Let a reservation hold for ttl from now. Errors: EC005 unknown, EC006 no longer held or already expired.';

CREATE FUNCTION ecommerce.release_reservation(reservation_id uuid, tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_release_reservation';
COMMENT ON FUNCTION ecommerce.release_reservation(uuid, integer) IS
    'Give the stock of a held reservation back; nothing happens if that was done already. Errors: EC005 unknown, EC006 committed to an order.';

CREATE FUNCTION ecommerce.expire_reservations(max_count integer DEFAULT 1000, tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS bigint
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_expire_reservations';
COMMENT ON FUNCTION ecommerce.expire_reservations(integer, integer) IS
    'Give the stock of expired holds back, of at most max_count products and reservations, and return how many. Skips what another session is working on.';

CREATE FUNCTION ecommerce.adjust_stock(product_id uuid, quantity integer, reason text DEFAULT 'adjustment', reference text DEFAULT NULL, note text DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS integer
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_adjust_stock';
COMMENT ON FUNCTION ecommerce.adjust_stock(uuid, integer, text, text, text, integer) IS
    'Add units that came (or, negative, went) and record the movement; returns what is available then. reason: receipt, adjustment, return or write_off. Errors: EC001 if less is available, EC002 unknown product.';

CREATE FUNCTION ecommerce.adjust_stock(sku text, quantity integer, reason text DEFAULT 'adjustment', reference text DEFAULT NULL, note text DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS integer
    LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_adjust_stock_by_sku';
COMMENT ON FUNCTION ecommerce.adjust_stock(text, integer, text, text, text, integer) IS
    'Like adjust_stock(product_id, ...), by SKU.';
