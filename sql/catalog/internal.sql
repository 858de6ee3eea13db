-- What the triggers of the catalog keep.

CREATE FUNCTION ecommerce_internal.check_category_tree() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Two moves that are harmless alone can close a circle together.
    PERFORM pg_advisory_xact_lock(hashtextextended('ecommerce.categories', NEW.tenant_id));
    IF EXISTS (
        WITH RECURSIVE above AS (
            SELECT NEW.parent_id AS id
            UNION
            SELECT c.parent_id FROM above a
            JOIN ecommerce.categories c ON c.tenant_id = NEW.tenant_id AND c.id = a.id
                                       AND c.parent_id IS NOT NULL
        )
        SELECT FROM above WHERE id = NEW.id)
    THEN
        RAISE EXCEPTION 'a category cannot be below itself'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'no_cycle', SCHEMA = 'ecommerce',
                  TABLE = 'categories',
                  DETAIL = format('Category %s is above %s.', NEW.id, NEW.parent_id);
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_category_tree() IS
    'Refuses a parent that makes a cycle of categories, with error 23514.';

CREATE FUNCTION ecommerce_internal.default_product_slug() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.slug := NEW.sku;
    -- A product may have been renamed, and keep the SKU that it had in its URL.
    IF EXISTS (SELECT FROM ecommerce.products p
               WHERE p.tenant_id = NEW.tenant_id AND p.slug = NEW.slug AND p.deleted_at IS NULL
                 AND p.sku <> NEW.sku) THEN
        NEW.slug := concat(NEW.sku, '-', right(NEW.id::text, 12));
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.default_product_slug() IS
    'Gives a new product without a slug its SKU for one. If another product has it, the end of its '
    'id is added.';

CREATE FUNCTION ecommerce_internal.check_product_delete() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Whoever sells or holds it locks its stock, so wait for those that are under way.
    PERFORM FROM ecommerce.stock s WHERE s.tenant_id = OLD.tenant_id AND s.product_id = OLD.id
    FOR UPDATE;
    IF EXISTS (SELECT FROM ecommerce.order_items i
               WHERE i.tenant_id = OLD.tenant_id AND i.product_id = OLD.id)
       OR EXISTS (SELECT FROM ecommerce.archived_sales a
                  WHERE a.tenant_id = OLD.tenant_id AND a.product_id = OLD.id) THEN
        RAISE EXCEPTION 'a product that was ordered cannot be deleted'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'keep_ordered',
                  SCHEMA = 'ecommerce', TABLE = 'products',
                  DETAIL = format('Product %s stands on orders.', OLD.id),
                  HINT = 'Set deleted_at instead.';
    ELSIF EXISTS (SELECT FROM ecommerce.stock_reservations r
                  WHERE r.tenant_id = OLD.tenant_id AND r.product_id = OLD.id
                    AND r.status = 'held') THEN
        RAISE EXCEPTION 'a product that is held cannot be deleted'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'keep_ordered',
                  SCHEMA = 'ecommerce', TABLE = 'products',
                  DETAIL = format('Units of product %s are held by reservations.', OLD.id),
                  HINT = 'Set deleted_at instead.';
    END IF;
    RETURN OLD;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_product_delete() IS
    'Refuses to delete a product that stands on an order or is held, with error 23503.';

CREATE FUNCTION ecommerce_internal.find_product(tenant_id integer, sku text, must_exist boolean)
    RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid := (SELECT p.id FROM ecommerce.products p
                  WHERE p.tenant_id = find_product.tenant_id AND p.sku = find_product.sku
                    AND p.deleted_at IS NULL);
BEGIN
    IF v_id IS NULL AND sku ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' THEN
        RETURN sku::uuid;
    ELSIF v_id IS NULL AND sku IS NOT NULL AND must_exist THEN
        RAISE EXCEPTION 'unknown product "%"', left(sku, 100)
            USING ERRCODE = 'EC002', DETAIL = jsonb_build_array(left(sku, 100))::text;
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.find_product(integer, text, boolean) IS
    'For functions that take a product by its SKU: its id. What is no SKU and has the form of an '
    'id is one, and not looked up. NULL for NULL, and for an unknown one unless it must exist: '
    'error EC002.';
