-- Who may do what: one matrix, and the functions that turn it into grants.
--
-- docs/security.md says whom the profiles are for.

CREATE FUNCTION ecommerce.access_matrix()
    RETURNS TABLE (kind text, name text, columns text[], public text, storefront text,
                   back_office text, reporting text, service text, storefront_rows text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'table', t.name, t.columns::text[], '', t.storefront, t.back_office, t.reporting,
           t.service, t.storefront_rows
    FROM (VALUES
    -- name, storefront, back_office, reporting, service; columns (NULL: all), rows for storefront

    -- What belongs to all tenants
    ('currencies',          'r',  'r',     'r',  'r', NULL, NULL),
    ('countries',           'r',  'r',     'r',  'r', NULL, NULL),
    ('vat_regions',         'r',  'r',     'r',  'r', NULL, NULL),
    ('vat_places',          'r',  'r',     'r',  'r', NULL, NULL),
    ('vat_rates',           'r',  'r',     'r',  'r', NULL, NULL),
    ('vat_rates_current',   'r',  'r',     'r',  'r', NULL, NULL),
    ('reference_data',      'r',  'r',     'r',  'r', NULL, NULL),

    -- The shop
    ('tenants',             '',   'r',     'r',  'r', NULL, NULL),
    ('settings',            '',   'r',     'r',  'r', NULL, NULL),
    ('settings',            'r',  '',      '',   '',
     '{tenant_id,country,region,currency,prices,timezone}', NULL),
    ('settings',            '',   'w',     '',   'w',
     '{country,region,place,currency,prices,timezone,distance_sales_exceed_threshold,oss,
       small_enterprise,reservation_ttl}', NULL),

    -- Customers and staff
    ('users',               '',   'rawd',  '',   'rawd', NULL, NULL),
    ('users',               '',   '',      'r',  '',
     '{tenant_id,id,role,status,created_at,deleted_at}', NULL),
    ('user_profiles',       '',   'rawd',  '',   'rawd', NULL, NULL),
    ('user_addresses',      '',   'rawd',  '',   'rawd', NULL, NULL),
    ('customers',           '',   'r',     '',   'r', NULL, NULL),
    ('user_credentials',    '',   '',      '',   'rawd', NULL, NULL),
    ('email_tokens',        '',   '',      '',   'rawd', NULL, NULL),
    ('admins',              '',   '',      '',   'rawd', NULL, NULL),
    ('admins',              '',   'r',     '',   '',
     '{tenant_id,id,email,name,role,avatar_url,is_active,last_login,created_at,updated_at}', NULL),

    -- Catalog.  Products are deleted softly: by DELETE their stock would go, too.
    ('categories',          '',   'rawd',  'r',  'rawd', NULL, NULL),
    ('categories',          'r',  '',      '',   '',
     '{tenant_id,id,parent_id,name,slug,description,icon,image_url,sort_order,is_active}',
     'is_active'),
    ('products',            '',   'raw',   'r',  'raw', NULL, NULL),
    ('products',            'r',  '',      '',   '',
     '{tenant_id,id,parent_id,category_id,sku,slug,name,description,short_description,price,
       original_price,vat_class,supply,track_stock,weight,dimensions,attributes,
       specifications,tags,status,is_featured,meta_title,meta_description,created_at,
       updated_at,deleted_at}', $f$status = 'active' AND deleted_at IS NULL$f$),
    ('product_images',      'r',  'rawd',  'r',  'rawd', NULL,
     'EXISTS (SELECT FROM ecommerce.products p
      WHERE p.tenant_id = product_images.tenant_id AND p.id = product_images.product_id)'),
    ('product_reviews',     '',   'rawd',  '',   'rawd', NULL, NULL),
    ('product_reviews',     'r',  '',      '',   '',
     '{tenant_id,id,product_id,rating,title,comment,is_verified,is_approved,helpful_count,
       created_at,updated_at}',
     'is_approved AND EXISTS (SELECT FROM ecommerce.products p
      WHERE p.tenant_id = product_reviews.tenant_id AND p.id = product_reviews.product_id)'),
    ('product_reviews',     '',   '',      'r',  '',
     '{tenant_id,id,product_id,order_id,rating,is_verified,is_approved,helpful_count,
       created_at,updated_at}', NULL),
    ('product_listing',     'r',  'r',     'r',  'r', NULL, NULL),
    ('search_history',      '',   '',      '',   'rawd', NULL, NULL),

    -- Stock: what changes it are functions
    ('warehouses',          '',   'raw',   'r',  'raw', NULL, NULL),
    ('stock',               '',   'r',     'r',  'r', NULL, NULL),
    ('stock',               'r',  '',      '',   '',
     '{tenant_id,product_id,warehouse_id,available}',
     'EXISTS (SELECT FROM ecommerce.products p
      WHERE p.tenant_id = stock.tenant_id AND p.id = stock.product_id)'),
    ('stock_reservations',  '',   'r',     '',   'r', NULL, NULL),
    ('stock_reservations',  '',   '',      'r',  '',
     '{tenant_id,id,product_id,warehouse_id,quantity,status,order_id,expires_at,created_at,
       updated_at}', NULL),
    ('stock_movements',     '',   'r',     '',   'r', NULL, NULL),
    ('stock_movements',     '',   '',      'r',  '',
     '{tenant_id,id,product_id,warehouse_id,quantity,reason,order_id,reference,created_at}', NULL),
    ('stock_balances',      '',   'r',     'r',  'r', NULL, NULL),
    ('stock_alerts',        '',   'r',     'r',  'r', NULL, NULL),
    ('stock_ledger',        '',   'r',     'r',  'r', NULL, NULL),
    ('low_stock',           '',   'r',     'r',  'r', NULL, NULL),

    -- Carts
    ('carts',               '',   'rawd',  '',   'rawd', NULL, NULL),
    ('carts',               '',   '',      'r',  '',
     '{tenant_id,id,user_id,status,order_id,created_at,updated_at}', NULL),
    ('cart_items',          '',   'rawd',  'r',  'rawd', NULL, NULL),
    ('wishlist_items',      '',   '',      '',   'rawd', NULL, NULL),
    ('wishlist_items',      '',   '',      'r',  '',
     '{tenant_id,product_id,created_at}', NULL),

    -- Coupons, but not their counter; gift cards, but not what proves that one has them
    ('coupons',             '',   'r',     'r',  'r', NULL, NULL),
    ('coupons',             '',   'aw',    '',   'aw',
     '{tenant_id,id,code,kind,value,currency,minimum,max_redemptions,
       max_redemptions_per_user,valid_from,valid_to,active,deleted_at}', NULL),
    ('coupon_redemptions',  '',   'r',     '',   'r', NULL, NULL),
    ('coupon_redemptions',  '',   '',      'r',  '',
     '{tenant_id,order_id,order_created_at,coupon_id,position,user_id,amount,created_at,
       released_at}', NULL),
    ('gift_cards',          '',   'r',     'r',  'r',
     '{tenant_id,id,currency,initial_amount,balance,status,valid_to,created_at,updated_at}', NULL),
    ('gift_cards',          '',   'r',     '',   'r',
     '{last_digits,user_id,email,notes}', NULL),
    ('gift_cards',          '',   'w',     '',   'w',
     '{status,valid_to,user_id,email,notes}', NULL),
    ('gift_card_entries',   '',   'r',     'r',  'r',
     '{tenant_id,id,gift_card_id,kind,amount,order_id,order_created_at,created_at}', NULL),
    ('gift_card_entries',   '',   'r',     '',   'r',
     '{note,created_by}', NULL),

    -- Orders.  place_order() takes the right to INSERT as that to date and to price an order.
    ('orders',              '',   'ra',    '',   'ra', NULL, NULL),
    ('orders',              'r',  '',      '',   '',
     '{tenant_id,id,created_at,order_number,email,phone,status,payment_status,currency,
       prices,net,vat,gross,amount_paid,country,region,vat_scheme,vatex,vat_reason,
       buyer_vat_id,billing_address,shipping_address,notes}', 'id = ecommerce.placed_order_id()'),
    ('orders',              '',   '',      'r',  '',
     '{tenant_id,id,created_at,order_number,user_id,status,payment_status,currency,prices,
       net,vat,gross,amount_paid,amount_refunded,country,region,vat_scheme,vatex,vat_reason,
       mydata_exemption,shipped_at,delivered_at,cancelled_at,updated_at}', NULL),
    ('order_items',         '',   'r',     'r',  'r', NULL, NULL),
    ('order_items',         'r',  '',      '',   '',
     '{tenant_id,order_id,order_created_at,line_number,kind,product_id,sku,name,quantity,
       unit_price,discount,vat_category,vat_rate,net,vat}',
     'order_id = ecommerce.placed_order_id()'),
    ('events',              '',   'r',     '',   'r', NULL, NULL),
    ('idempotency_keys',    '',   '',      '',   'r',
     '{tenant_id,key,order_id,order_created_at,created_at}', NULL),
    -- It has the rows of all tenants.
    ('product_stats',       '',   '',      '',   '', NULL, NULL),
    ('product_sales',       '',   'r',     'r',  'r', NULL, NULL)
    ) AS t (name, storefront, back_office, reporting, service, columns, storefront_rows)
    UNION ALL
    SELECT 'function', f.name, NULL, f.public, f.storefront, f.back_office, f.reporting,
           f.service, NULL
    FROM (VALUES
    -- name, public, storefront, back_office, reporting, service

    -- What defaults, policies and triggers call for everybody; arithmetic and checks.  None of
    -- it runs with its owner's rights.
    ('uuid_v7',                  'X', '',  '',  '',  ''),
    ('uuid_v7_time',             'X', '',  '',  '',  ''),
    ('order_number',             'X', '',  '',  '',  ''),
    ('current_tenant',           'X', '',  '',  '',  ''),
    ('placed_order_id',          'X', '',  '',  '',  ''),
    ('plain_sql',                'X', '',  '',  '',  ''),
    ('order_transition_allowed', 'X', '',  '',  '',  ''),
    ('check_totals',             'X', '',  '',  '',  ''),
    ('round_amount',             'X', '',  '',  '',  ''),
    ('allocate_amount',          'X', '',  '',  '',  ''),
    ('vat_amount',               'X', '',  '',  '',  ''),
    ('net_from_gross',           'X', '',  '',  '',  ''),
    ('gross_from_net',           'X', '',  '',  '',  ''),
    ('refund_amount',            'X', '',  '',  '',  ''),
    ('order_totals',             'X', '',  '',  '',  ''),
    ('calculate_totals',         'X', '',  '',  '',  ''),
    ('invoice_parts',            'X', '',  '',  '',  ''),
    ('invoice_violations',       'X', '',  '',  '',  ''),
    ('invoice_totals',           'X', '',  '',  '',  ''),
    ('vat_id_valid',             'X', '',  '',  '',  ''),
    ('vat_id_normalize',         'X', '',  '',  '',  ''),
    ('iban_valid',               'X', '',  '',  '',  ''),
    ('iban_normalize',           'X', '',  '',  '',  ''),
    ('mydata_exemptions',        'X', '',  '',  '',  ''),
    ('vat_rules',                'X', '',  '',  '',  ''),

    -- Business
    ('vat_territory',            '',  'X', 'X', 'X', 'X'),
    ('vat_rate',                 '',  'X', 'X', 'X', 'X'),
    ('vat_treatment',            '',  'X', 'X', 'X', 'X'),
    ('available_stock',          '',  'X', 'X', 'X', 'X'),
    ('use_tenant',               '',  'X', '',  '',  'X'),
    ('place_order',              '',  'X', 'X', '',  'X'),
    ('reserve_stock',            '',  'X', 'X', '',  'X'),
    ('extend_reservation',       '',  'X', 'X', '',  'X'),
    ('release_reservation',      '',  'X', 'X', '',  'X'),
    ('gift_card_balance',        '',  'X', 'X', '',  'X'),
    ('redeem_gift_card',         '',  'X', 'X', '',  'X'),
    ('place_orders',             '',  '',  'X', '',  'X'),
    ('cancel_order',             '',  '',  'X', '',  'X'),
    ('transition_order',         '',  '',  'X', '',  'X'),
    ('return_stock',             '',  '',  'X', '',  'X'),
    ('adjust_stock',             '',  '',  'X', '',  'X'),
    ('transfer_stock',           '',  '',  'X', '',  'X'),
    ('set_backorder_limit',      '',  '',  'X', '',  'X'),
    ('set_stock_slots',          '',  '',  'X', '',  'X'),
    ('issue_gift_card',          '',  '',  'X', '',  'X'),
    ('refund_to_gift_card',      '',  '',  'X', '',  'X'),
    ('adjust_gift_card',         '',  '',  'X', '',  'X'),
    ('stock_at',                 '',  '',  'X', 'X', 'X'),
    ('vat_return',               '',  '',  'X', 'X', 'X'),
    ('oss_return',               '',  '',  'X', 'X', 'X'),
    ('partitions',               '',  '',  '',  'X', 'X'),
    -- These and what they call read everything, addresses of customers included.
    ('verify_integrity',         '',  '',  '',  '',  'X'),
    ('promotion_problems',       '',  '',  '',  '',  'X'),
    ('stock_books',              '',  '',  '',  '',  'X'),
    ('first_id',                 '',  '',  '',  '',  'X'),
    ('id_time',                  '',  '',  '',  '',  'X'),
    ('schema_problems',          '',  '',  '',  '',  'X'),
    ('schema_drift',             '',  '',  '',  '',  'X'),
    ('shop_schema',              '',  '',  '',  '',  'X'),
    ('shop_objects',             '',  '',  '',  '',  'X'),
    ('close_stock_books',        '',  '',  '',  '',  'X'),
    ('expire_reservations',      '',  '',  '',  '',  'X'),
    ('rebalance_stock',          '',  '',  '',  '',  'X'),
    ('refresh_product_stats',    '',  '',  '',  '',  'X'),

    -- Nobody: what administers the shop,
    ('access_matrix',            '',  '',  '',  '',  ''),
    ('grant_access',             '',  '',  '',  '',  ''),
    ('revoke_access',            '',  '',  '',  '',  ''),
    ('install',                  '',  '',  '',  '',  ''),
    ('create_tenant',            '',  '',  '',  '',  ''),
    ('set_vat_rate',             '',  '',  '',  '',  ''),
    ('ensure_partitions',        '',  '',  '',  '',  ''),
    ('restore_schema',           '',  '',  '',  '',  ''),
    -- what trusts whoever calls it,
    ('privileges_of',            '',  '',  '',  '',  ''),
    ('drop_access',              '',  '',  '',  '',  ''),
    ('filter_rows',              '',  '',  '',  '',  ''),
    ('check_tenant',             '',  '',  '',  '',  ''),
    ('isolate_tenants',          '',  '',  '',  '',  ''),
    ('link_partitions',          '',  '',  '',  '',  ''),
    ('check_gift_card',          '',  '',  '',  '',  ''),
    ('check_written',            '',  '',  '',  '',  ''),
    ('book_return',              '',  '',  '',  '',  ''),
    ('take_from_default',        '',  '',  '',  '',  ''),
    ('reopen_stock_books',       '',  '',  '',  '',  ''),
    ('make_gift_card',           '',  '',  '',  '',  ''),
    ('lock_order',               '',  '',  '',  '',  ''),
    ('lock_stock',               '',  '',  '',  '',  ''),
    ('spread_stock',             '',  '',  '',  '',  ''),
    ('redeem_coupons',           '',  '',  '',  '',  ''),
    ('release_coupons',          '',  '',  '',  '',  ''),
    ('return_to_gift_cards',     '',  '',  '',  '',  ''),
    ('gift_card_hash',           '',  '',  '',  '',  ''),
    -- what the aggregate order_totals calls, as its owner,
    ('order_totals_step',        '',  '',  '',  '',  ''),
    ('order_totals_combine',     '',  '',  '',  '',  ''),
    ('order_totals_serialize',   '',  '',  '',  '',  ''),
    ('order_totals_deserialize', '',  '',  '',  '',  ''),
    ('order_totals_final',       '',  '',  '',  '',  ''),
    -- and triggers, which fire without it.
    ('set_updated_at',           '',  '',  '',  '',  ''),
    ('announce_change',          '',  '',  '',  '',  ''),
    ('refuse_change',            '',  '',  '',  '',  ''),
    ('check_category_tree',      '',  '',  '',  '',  ''),
    ('check_product_delete',     '',  '',  '',  '',  ''),
    ('check_open_cart',          '',  '',  '',  '',  ''),
    ('check_order',              '',  '',  '',  '',  ''),
    ('check_order_update',       '',  '',  '',  '',  ''),
    ('check_order_cancel',       '',  '',  '',  '',  ''),
    ('check_order_item',         '',  '',  '',  '',  ''),
    ('check_order_totals',       '',  '',  '',  '',  ''),
    ('check_item_totals',        '',  '',  '',  '',  ''),
    ('check_reservation',        '',  '',  '',  '',  ''),
    ('check_stock_delete',       '',  '',  '',  '',  ''),
    ('check_reservation_delete', '',  '',  '',  '',  ''),
    ('check_truncate',           '',  '',  '',  '',  ''),
    ('check_coupon',             '',  '',  '',  '',  ''),
    ('check_gift_card_balance',  '',  '',  '',  '',  ''),
    ('check_gift_card_entry',    '',  '',  '',  '',  '')
    ) AS f (name, public, storefront, back_office, reporting, service)
$$;
COMMENT ON FUNCTION ecommerce.access_matrix() IS
    'Who may do what: for each table or view (where columns are named, for these), and for each '
    'function with all its overloads, what each profile may do, in the letters of psql: r SELECT, '
    'a INSERT, w UPDATE, d DELETE, X EXECUTE. public is everybody who may use the schema. '
    'storefront_rows: which rows of the table a storefront sees.';

CREATE FUNCTION ecommerce.filter_rows(role regrole) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    f record;
    n integer := 0;
BEGIN
    FOR f IN
        SELECT format('ecommerce.%I', m.name) AS relation, m.storefront_rows AS condition,
               p.polname,
               (SELECT string_agg(r.oid::regrole::text, ', ') FROM pg_roles r
                WHERE r.oid = filter_rows.role OR r.oid = ANY (p.polroles)) AS roles
        FROM ecommerce.access_matrix() m
        LEFT JOIN pg_policy p ON p.polrelid = to_regclass(format('ecommerce.%I', m.name))
            AND p.polname = 'storefront_rows'
        WHERE m.storefront_rows IS NOT NULL
    LOOP
        IF f.polname IS NOT NULL THEN
            EXECUTE format('DROP POLICY storefront_rows ON %s', f.relation);
        END IF;
        EXECUTE format('CREATE POLICY storefront_rows ON %s AS RESTRICTIVE FOR SELECT TO %s
                        USING (%s)', f.relation, f.roles, f.condition);
        n := n + 1;
    END LOOP;
    RETURN n;
END
$$;
COMMENT ON FUNCTION ecommerce.filter_rows(regrole) IS
    'For grant_access() and install(): show a role only the rows that a storefront sees, by the '
    'policy storefront_rows, which all such roles share. Returns how many tables have it.';

CREATE FUNCTION ecommerce.privileges_of(role regrole)
    RETURNS TABLE (kind text, name text, grantor regrole)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT DISTINCT g.kind, g.name, x.grantor::regrole
    FROM (SELECT 'SCHEMA' AS kind, n.oid::regnamespace::text AS name, n.nspacl AS acl
          FROM pg_namespace n WHERE n.nspname = 'ecommerce'
          UNION ALL
          SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass::text,
                 c.relacl
          FROM pg_class c WHERE c.relnamespace = 'ecommerce'::regnamespace
          UNION ALL
          SELECT 'TABLE', c.oid::regclass::text, a.attacl
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
          WHERE c.relnamespace = 'ecommerce'::regnamespace
          UNION ALL
          SELECT 'ROUTINE', p.oid::regprocedure::text, p.proacl
          FROM pg_proc p WHERE p.pronamespace = 'ecommerce'::regnamespace
          UNION ALL
          SELECT 'TYPE', t.oid::regtype::text, t.typacl
          FROM pg_type t WHERE t.typnamespace = 'ecommerce'::regnamespace) g
    CROSS JOIN LATERAL aclexplode(g.acl) x
    WHERE x.grantee = privileges_of.role
$$;
COMMENT ON FUNCTION ecommerce.privileges_of(regrole) IS
    'On what in the schema a role itself has privileges (kind: SCHEMA, TABLE, SEQUENCE, ROUTINE or '
    'TYPE), and who granted them.';

CREATE FUNCTION ecommerce.drop_access(role regrole, policies text,
    OUT tables integer, OUT functions integer, OUT row_filters integer)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_super boolean := (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user);
    v_role  text := current_setting('role');
    o       record;
BEGIN
    -- Of two sessions that write the same row of the catalog one would fail.
    PERFORM pg_advisory_xact_lock(hashtextextended('ecommerce.grant_access', 0));
    row_filters := 0;
    FOR o IN
        SELECT p.polname AS name, c.oid::regclass AS relation,
               (SELECT string_agg(r::regrole::text, ', ') FROM unnest(p.polroles) AS r
                WHERE r <> drop_access.role) AS others
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE c.relnamespace = 'ecommerce'::regnamespace AND drop_access.role = ANY (p.polroles)
          AND p.polname LIKE drop_access.policies
    LOOP
        IF o.others IS NULL THEN
            EXECUTE format('DROP POLICY %I ON %s', o.name, o.relation);
        ELSE
            EXECUTE format('ALTER POLICY %I ON %s TO %s', o.name, o.relation, o.others);
        END IF;
        row_filters := row_filters + 1;
    END LOOP;

    SELECT count(DISTINCT p.name) FILTER (WHERE p.kind = 'TABLE'),
           count(DISTINCT p.name) FILTER (WHERE p.kind = 'ROUTINE')
    INTO tables, functions FROM ecommerce.privileges_of(role) p;
    -- Only who has granted something can revoke it; a superuser can be everybody.
    FOR o IN
        SELECT p.kind, p.name, r.rolname AS grantor
        FROM ecommerce.privileges_of(role) p JOIN pg_roles r ON r.oid = p.grantor
        WHERE v_super OR r.rolname = current_user
    LOOP
        IF v_super THEN
            PERFORM set_config('role', o.grantor, true);
        END IF;
        EXECUTE format('REVOKE ALL ON %s %s FROM %s CASCADE', o.kind, o.name, role);
        PERFORM set_config('role', v_role, true);
    END LOOP;
    SELECT p.name, p.grantor INTO o FROM ecommerce.privileges_of(role) p;
    IF FOUND THEN
        RAISE EXCEPTION 'role % has privileges that somebody else granted', role
            USING ERRCODE = 'dependent_objects_still_exist',
                  DETAIL = format('One is on %s, granted by %s.', o.name, o.grantor),
                  HINT = 'Call this as a superuser.';
    END IF;

    FOR o IN
        SELECT d.defaclrole::regrole AS creator,
               CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES'
                                    WHEN 'f' THEN 'ROUTINES' ELSE 'TYPES' END AS kind
        FROM pg_default_acl d
        WHERE d.defaclnamespace = 'ecommerce'::regnamespace
          AND EXISTS (SELECT FROM aclexplode(d.defaclacl) x WHERE x.grantee = drop_access.role)
    LOOP
        EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA ecommerce
                        REVOKE ALL ON %s FROM %s', o.creator, o.kind, role);
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce.drop_access(regrole, text) IS
    'For grant_access() and revoke_access(): take every privilege in the schema from a role, and '
    'the role from the policies whose names are LIKE that. Returns how many tables, functions and '
    'policies it had. Error 2BP01 if somebody else has granted a privilege, unless a superuser '
    'calls.';

CREATE FUNCTION ecommerce.grant_access(role regrole, profile text,
    OUT tables integer, OUT functions integer, OUT row_filters integer)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_role text := current_setting('role');
    o      record;
BEGIN
    IF num_nulls(role, profile) > 0 THEN
        RAISE EXCEPTION 'role and profile must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF profile NOT IN ('storefront', 'back_office', 'reporting', 'service') THEN
        RAISE EXCEPTION 'unknown profile "%"', profile USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Use storefront, back_office, reporting or service.';
    END IF;
    SELECT r.rolbypassrls OR pg_has_role(r.oid, n.nspowner, 'MEMBER') AS unbound,
           pg_get_userbyid(n.nspowner) AS owner
    INTO o FROM pg_roles r JOIN pg_namespace n ON n.nspname = 'ecommerce' WHERE r.oid = role;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'role % does not exist', role USING ERRCODE = 'undefined_object';
    ELSIF o.unbound THEN
        RAISE EXCEPTION 'role % cannot have a profile', role
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Row security does not bind superusers, roles with BYPASSRLS, '
                           'and the owner of the shop and its members.',
                  HINT = 'Use a role that is none of these.';
    END IF;

    tables := 0;
    functions := 0;
    row_filters := 0;
    PERFORM ecommerce.drop_access(role, 'storefront\_rows');
    -- What a superuser granted in its own name the owner could not revoke.
    IF o.owner <> current_user THEN
        PERFORM set_config('role', o.owner, true);
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA ecommerce TO %s', role);
    FOR o IN
        SELECT m.name, string_agg(l.privilege || coalesce(m.columns, ''), ', ') AS privileges
        FROM (SELECT x.name, to_jsonb(x) ->> grant_access.profile AS letters,
                     (SELECT format('(%s)', string_agg(quote_ident(c), ', '))
                      FROM unnest(x.columns) AS c HAVING count(*) > 0) AS columns
              FROM ecommerce.access_matrix() x WHERE x.kind = 'table') m
        JOIN (VALUES ('r', 'SELECT'), ('a', 'INSERT'), ('w', 'UPDATE'), ('d', 'DELETE'))
            AS l (letter, privilege) ON strpos(m.letters, l.letter) > 0
        GROUP BY m.name
    LOOP
        EXECUTE format('GRANT %s ON TABLE ecommerce.%I TO %s', o.privileges, o.name, role);
        tables := tables + 1;
    END LOOP;
    FOR o IN
        SELECT p.oid::regprocedure AS name
        FROM ecommerce.access_matrix() x
        JOIN pg_proc p ON p.pronamespace = 'ecommerce'::regnamespace AND p.proname = x.name
        WHERE x.kind = 'function' AND to_jsonb(x) ->> grant_access.profile = 'X'
    LOOP
        EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %s', o.name, role);
        functions := functions + 1;
    END LOOP;
    IF profile = 'storefront' THEN
        row_filters := ecommerce.filter_rows(role);
    END IF;
    PERFORM set_config('role', v_role, true);
END
$$;
COMMENT ON FUNCTION ecommerce.grant_access(regrole, text) IS
    'Give a role a profile (storefront, back_office, reporting or service), as access_matrix() '
    'says. It loses what it had in the schema before, so a role has one profile, and a second call '
    'changes nothing. For the owner of the shop. If the role is or becomes a storefront it waits '
    'for transactions that use the catalog. Returns how many tables and functions were granted, '
    'and of how many tables the role sees some rows only. Errors: 22023 unknown profile, or a role '
    'that row security does not bind; 2BP01 it has privileges that somebody else granted; '
    '22004 NULL.';

CREATE FUNCTION ecommerce.revoke_access(role regrole,
    OUT tables integer, OUT functions integer, OUT row_filters integer)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF role IS NULL THEN
        RAISE EXCEPTION 'role must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF role = (SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = 'ecommerce') THEN
        RAISE EXCEPTION 'role % owns the shop', role USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'An owner has all privileges.';
    END IF;
    SELECT d.* INTO tables, functions, row_filters FROM ecommerce.drop_access(role, '%') d;
END
$$;
COMMENT ON FUNCTION ecommerce.revoke_access(regrole) IS
    'Take every privilege in the schema from a role, and the role from every policy there, so that '
    'nothing of the shop keeps it from being dropped. Returns how many tables, functions and '
    'policies it had. For the owner of the shop. Errors: 22023 for the owner, 2BP01 it has '
    'privileges that somebody else granted, 22004 NULL.';
