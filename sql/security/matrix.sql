-- Who may do what: one matrix.
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
    ('vat_classes',         'r',  'r',     'r',  'r', NULL, NULL),
    ('vat_rates',           'r',  'r',     'r',  'r', NULL, NULL),
    ('vat_rates_current',   'r',  'r',     'r',  'r', NULL, NULL),
    ('reference_data',      'r',  'r',     'r',  'r', NULL, NULL),

    ('archived_partitions', '',   'r',     'r',  'r', NULL, NULL),

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
       max_redemptions_per_user,valid_from,valid_to,is_active,deleted_at}', NULL),
    ('coupon_redemptions',  '',   'r',     '',   'r', NULL, NULL),
    ('coupon_redemptions',  '',   '',      'r',  '',
     '{tenant_id,order_id,order_created_at,coupon_id,position,user_id,amount,created_at,
       released_at}', NULL),
    ('gift_cards',          '',   'r',     'r',  'r',
     '{tenant_id,id,currency,initial_amount,balance,status,valid_to,created_at,updated_at}', NULL),
    ('gift_cards',          '',   'r',     '',   'r',
     '{last_digits,user_id,email,note}', NULL),
    ('gift_cards',          '',   'w',     '',   'w',
     '{status,valid_to,user_id,email,note}', NULL),
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
    ('archived_sales',      '',   'r',     'r',  'r', NULL, NULL),
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
    ('round_amount',             'X', '',  '',  '',  ''),
    ('allocate_amount',          'X', '',  '',  '',  ''),
    ('vat_amount',               'X', '',  '',  '',  ''),
    ('net_from_gross',           'X', '',  '',  '',  ''),
    ('gross_from_net',           'X', '',  '',  '',  ''),
    ('refund_amount',            'X', '',  '',  '',  ''),
    ('order_totals',             'X', '',  '',  '',  ''),
    ('calculate_totals',         'X', '',  '',  '',  ''),
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
    ('vat_rate_on',              '',  'X', 'X', 'X', 'X'),
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
    ('detach_partition',         '',  '',  '',  '',  ''),
    ('attach_partition',         '',  '',  '',  '',  ''),

    -- In ecommerce_internal nobody needs a grant.  What statements call that run as the
    -- caller everybody may execute: none of it runs with its owner's rights, nor trusts its
    -- callers.  The others run as the owner only, or as triggers, which fire without it.
    ('plain_sql',                'X', '',  '',  '',  ''),
    ('case_folded',              'X', '',  '',  '',  ''),
    ('in_capitals',              'X', '',  '',  '',  ''),
    ('trimmed',                  'X', '',  '',  '',  ''),
    ('without_blanks',           'X', '',  '',  '',  ''),
    ('hidden_in',                'X', '',  '',  '',  ''),
    ('email_valid',              'X', '',  '',  '',  ''),
    ('coupon_code',              'X', '',  '',  '',  ''),
    ('day_start',                'X', '',  '',  '',  ''),
    ('order_transition_allowed', 'X', '',  '',  '',  ''),
    ('check_totals',             'X', '',  '',  '',  ''),
    ('invoice_parts',            'X', '',  '',  '',  ''),
    ('invoice_adjustments',      'X', '',  '',  '',  ''),
    ('invoice_vat',              'X', '',  '',  '',  ''),
    ('invoice_rule',             'X', '',  '',  '',  ''),
    ('invoice_missing',          'X', '',  '',  '',  ''),
    ('invoice_sums',             'X', '',  '',  '',  ''),
    ('invoice_breakdown',        'X', '',  '',  '',  ''),
    ('invoice_categories',       'X', '',  '',  '',  ''),
    ('invoice_amounts',          'X', '',  '',  '',  ''),
    ('invoice_calculate',        'X', '',  '',  '',  ''),
    ('shop_day',                 'X', '',  '',  '',  ''),
    ('postal_code',              'X', '',  '',  '',  ''),
    ('place_key',                'X', '',  '',  '',  ''),
    ('is_vat_place',             'X', '',  '',  '',  ''),
    ('vat_region_named',         'X', '',  '',  '',  ''),
    ('vat_region_of_code',       'X', '',  '',  '',  ''),
    ('check_vat_arguments',      'X', '',  '',  '',  ''),
    ('is_vat_class',             'X', '',  '',  '',  ''),
    ('refuse_vat_class',         'X', '',  '',  '',  ''),
    ('vat_id_country',           'X', '',  '',  '',  ''),
    ('vat_facts',                'X', '',  '',  '',  ''),
    ('vat_rule_of',              'X', '',  '',  '',  ''),
    ('check_vat_covered',        'X', '',  '',  '',  ''),
    ('refuse_vat_treatment',     'X', '',  '',  '',  ''),
    ('vat_rate_region',          'X', '',  '',  '',  ''),
    ('add_vat_reason',           'X', '',  '',  '',  ''),
    ('add_mydata_codes',         'X', '',  '',  '',  ''),
    ('first_id',                 'X', '',  '',  '',  ''),
    ('id_time',                  'X', '',  '',  '',  ''),
    ('partitioned_tables',       'X', '',  '',  '',  ''),
    ('detached_leaves',          'X', '',  '',  '',  ''),
    ('archived_times',           'X', '',  '',  '',  ''),
    ('may_be_archived',          'X', '',  '',  '',  ''),
    ('partition_problems',       'X', '',  '',  '',  ''),
    ('shop_objects',             'X', '',  '',  '',  ''),
    ('shop_rules',               'X', '',  '',  '',  ''),
    ('shop_schema',              'X', '',  '',  '',  ''),
    ('schema_drift',             'X', '',  '',  '',  ''),
    ('schema_problems',          'X', '',  '',  '',  ''),
    ('tenant_problems',          'X', '',  '',  '',  ''),
    ('stock_books',              'X', '',  '',  '',  ''),
    ('stock_problems',           'X', '',  '',  '',  ''),
    ('promotion_problems',       'X', '',  '',  '',  ''),
    ('prove_coupons',            'X', '',  '',  '',  ''),
    ('prove_gift_cards',         'X', '',  '',  '',  ''),
    ('order_problems',           'X', '',  '',  '',  ''),
    ('prove_order_lines',        'X', '',  '',  '',  ''),
    ('prove_order_links',        'X', '',  '',  '',  '')
    ) AS f (name, public, storefront, back_office, reporting, service)
$$;
COMMENT ON FUNCTION ecommerce.access_matrix() IS
    'Who may do what with tables, views and functions. For each table or view (where columns are '
    'named, for these), and for each function with all its overloads, what each profile may do, in '
    'the letters of psql: r SELECT, a INSERT, w UPDATE, d DELETE, X EXECUTE. public is everybody '
    'who may use the schema. storefront_rows: which rows of the table a storefront sees.';
