-- What ties tables to the extension's functions: defaults, triggers and
-- policies.  DROP EXTENSION ... CASCADE takes these and keeps the tables,
-- so they are put where they are missing, and left alone where they are not.

DO $rules$
DECLARE
    t record;
BEGIN
    FOR t IN
        SELECT c.oid::regclass AS name, a.attname AS attribute, format_type(a.atttypid, a.atttypmod) AS type,
               c.relkind AS kind, d.oid IS NOT NULL AS has_default
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'ecommerce'::regnamespace
          AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
          AND a.attname IN ('tenant_id', 'id', 'user_id', 'created_at', 'updated_at', 'deleted_at', 'metadata')
        ORDER BY c.relname, a.attnum
    LOOP
        IF col_description(t.name::oid, (SELECT attnum FROM pg_attribute WHERE attrelid = t.name AND attname = t.attribute)) IS NULL THEN
            EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', t.name, t.attribute,
                CASE t.attribute WHEN 'tenant_id'  THEN 'The tenant whose row it is; never changes.'
                                 WHEN 'id'         THEN 'Identifies the row within its tenant.'
                                 WHEN 'user_id'    THEN 'The user whose row it is.'
                                 WHEN 'created_at' THEN 'When the row was made.'
                                 WHEN 'updated_at' THEN 'When the row last changed, set by trigger.'
                                 WHEN 'deleted_at' THEN 'When it was deleted softly; NULL while it is in use.'
                                 WHEN 'metadata'   THEN 'Whatever the application wants to keep here, an object.' END);
        END IF;
        CONTINUE WHEN t.kind NOT IN ('r', 'p');

        IF t.attribute = 'id' AND t.type = 'uuid' AND NOT t.has_default THEN
            EXECUTE format('ALTER TABLE %s ALTER COLUMN id SET DEFAULT ecommerce.uuid_v7()', t.name);
        END IF;
        IF t.attribute = 'tenant_id' AND t.name <> 'ecommerce.settings'::regclass THEN
            IF NOT t.has_default THEN
                EXECUTE format('ALTER TABLE %s ALTER COLUMN tenant_id SET DEFAULT ecommerce.current_tenant()', t.name);
            END IF;
        END IF;
        IF t.attribute = 'tenant_id' THEN
            PERFORM ecommerce.isolate_tenants(t.name);
            IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = t.name AND tgname = 'keep_tenant') THEN
                EXECUTE format('CREATE TRIGGER keep_tenant BEFORE UPDATE OF tenant_id ON %s FOR EACH ROW
                                WHEN (OLD.tenant_id <> NEW.tenant_id) EXECUTE FUNCTION ecommerce.refuse_change()', t.name);
            END IF;
        END IF;
        IF t.attribute = 'updated_at'
           AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = t.name AND tgname = 'set_updated_at') THEN
            EXECUTE format('CREATE TRIGGER set_updated_at BEFORE UPDATE ON %s FOR EACH ROW
                            EXECUTE FUNCTION ecommerce.set_updated_at()', t.name);
        END IF;
    END LOOP;

    -- Privileges on all tables are privileges on partitions, too.
    PERFORM ecommerce.isolate_tenants('ecommerce.tenants');
    PERFORM ecommerce.isolate_tenants(p.partition) FROM ecommerce.partitions() p;

    FOR t IN
        SELECT * FROM (VALUES
            ('tenants',         'keep_tenants',      'BEFORE DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('tenants',         'no_truncate',       'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('tenants',         'tenants_changed',   'AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.announce_change()'),
            ('tenants',         'tenants_changing',  'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.announce_change()'),
            ('warehouses',      'warehouses_changed', 'AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.announce_change()'),
            ('warehouses',      'warehouses_changing', 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.announce_change()'),
            ('settings',        'settings_changed',  'AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.announce_change()'),
            ('settings',        'settings_changing', 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.announce_change()'),
            ('vat_rates',       'rates_changed',     'AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.announce_change()'),
            ('vat_rates',       'rates_changing',    'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.announce_change()'),
            ('vat_regions',     'regions_changed',   'AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.announce_change()'),
            ('vat_regions',     'regions_changing',  'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.announce_change()'),
            ('vat_places',      'places_changed',    'AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.announce_change()'),
            ('vat_places',      'places_changing',   'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.announce_change()'),
            ('categories',      'no_cycle',          'BEFORE INSERT OR UPDATE OF parent_id ON %s FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION ecommerce.check_category_tree()'),
            ('products',        'keep_id',           'BEFORE UPDATE OF id ON %s FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('products',        'keep_ordered',      'BEFORE DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.check_product_delete()'),
            ('cart_items',      'open_cart',         'BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.check_open_cart()'),
            -- Lines go with their cart or their product, whatever became of it.
            ('cart_items',      'open_cart_delete',  'BEFORE DELETE ON %s FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION ecommerce.check_open_cart()'),
            ('stock',           'backorder_added',   'AFTER INSERT ON %s FOR EACH ROW WHEN (NEW.backorder_limit > 0) EXECUTE FUNCTION ecommerce.announce_change()'),
            ('stock',           'backorder_changed', 'AFTER UPDATE OF backorder_limit ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.announce_change()'),
            ('stock_movements', 'append_only',       'BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('stock_movements', 'no_truncate',       'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('coupons',         'check_coupon',      'BEFORE INSERT OR UPDATE OF code, kind, value, currency, max_redemptions, max_redemptions_per_user ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.check_coupon()'),
            ('coupons',         'keep_id',           'BEFORE UPDATE OF id ON %s FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('coupons',         'keep_coupons',      'BEFORE DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('coupons',         'no_truncate',       'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('coupon_redemptions', 'released_once',  'BEFORE UPDATE ON %s FOR EACH ROW WHEN (OLD.released_at IS NOT NULL OR NEW.released_at IS NULL OR NEW.order_id <> OLD.order_id OR NEW.order_created_at <> OLD.order_created_at OR NEW.coupon_id <> OLD.coupon_id OR NEW.position <> OLD.position OR NEW.user_id IS DISTINCT FROM OLD.user_id OR NEW.email IS DISTINCT FROM OLD.email OR NEW.amount <> OLD.amount) EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('coupon_redemptions', 'append_only',    'BEFORE DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('coupon_redemptions', 'no_truncate',    'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('gift_cards',      'keep_card',         'BEFORE UPDATE OF id, currency, initial_amount ON %s FOR EACH ROW WHEN (NEW.id <> OLD.id OR NEW.currency <> OLD.currency OR NEW.initial_amount <> OLD.initial_amount) EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('gift_card_entries', 'append_only',     'BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('gift_card_entries', 'no_truncate',     'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('stock_reservations', 'check_reservation', 'AFTER INSERT OR UPDATE ON %s FOR EACH ROW WHEN (ecommerce.plain_sql()) EXECUTE FUNCTION ecommerce.check_reservation()'),
            ('orders',          'check_new_order',   'AFTER INSERT ON %s FOR EACH ROW WHEN (ecommerce.plain_sql()) EXECUTE FUNCTION ecommerce.check_order()'),
            ('orders',          'check_order',       'BEFORE UPDATE ON %s FOR EACH ROW WHEN (ecommerce.plain_sql()) EXECUTE FUNCTION ecommerce.check_order()'),
            ('order_items',     'check_order_item',  'AFTER INSERT ON %s FOR EACH ROW WHEN (ecommerce.plain_sql()) EXECUTE FUNCTION ecommerce.check_order_item()'),
            ('orders',          'check_order_cancel','BEFORE UPDATE OF status ON %s FOR EACH ROW WHEN (NEW.status = ''cancelled'' AND OLD.status <> ''cancelled'' AND ecommerce.plain_sql()) EXECUTE FUNCTION ecommerce.check_order_cancel()'),
            ('orders',          'check_order_update','BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.check_order_update()'),
            ('orders',          'keep_orders',       'BEFORE DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('orders',          'no_truncate',       'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('order_items',     'keep_items',        'BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('order_items',     'no_truncate',       'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('events',          'append_only',       'BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ecommerce.refuse_change()'),
            ('events',          'no_truncate',       'BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecommerce.refuse_change()')
        ) AS v (relation, trigger, definition)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = format('ecommerce.%I', t.relation)::regclass AND tgname = t.trigger) THEN
            EXECUTE format('CREATE TRIGGER %I ' || t.definition, t.trigger, format('ecommerce.%I', t.relation));
            -- Sessions must hear of changes that replication makes, too.
            IF t.definition LIKE '%.announce_change()' THEN
                EXECUTE format('ALTER TABLE ecommerce.%I ENABLE ALWAYS TRIGGER %I', t.relation, t.trigger);
            END IF;
        END IF;
    END LOOP;

    -- Plain SQL may insert orders, so their totals are compared at commit;
    -- place_order() computes both from the same lines and need not be asked.
    FOR t IN SELECT * FROM (VALUES ('orders', 'check_order_totals'), ('order_items', 'check_item_totals')) AS v (relation, function)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = format('ecommerce.%I', t.relation)::regclass AND tgname = 'totals_match') THEN
            EXECUTE format('CREATE CONSTRAINT TRIGGER totals_match AFTER INSERT ON ecommerce.%I
                            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (ecommerce.plain_sql())
                            EXECUTE FUNCTION ecommerce.%I()', t.relation, t.function);
        END IF;
    END LOOP;

    -- The balance of a gift card is the sum of its entries, whoever writes them.
    FOR t IN SELECT * FROM (VALUES ('gift_cards', 'INSERT OR UPDATE OF balance'), ('gift_card_entries', 'INSERT')) AS v (relation, event)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = format('ecommerce.%I', t.relation)::regclass AND tgname = 'books_match') THEN
            EXECUTE format('CREATE CONSTRAINT TRIGGER books_match AFTER %s ON ecommerce.%I
                            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
                            EXECUTE FUNCTION ecommerce.check_gift_card_books()', t.event, t.relation);
        END IF;
    END LOOP;
END
$rules$;

SELECT ecommerce.ensure_partitions();
