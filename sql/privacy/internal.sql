-- Where the shop keeps what is about a person.

CREATE FUNCTION ecommerce_internal.personal_data()
    RETURNS TABLE (relation text, key text, secrets text[], erasure text, reason text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.relation, p.key, p.secrets::text[], p.erasure, p.reason
    FROM (VALUES
    -- In the order in which they are erased; key: the column with the user, or the order or cart
    ('search_history',     'user_id',    '{}',              'delete', 'what they looked for'),
    ('auth_failures',      'subject_id', '{}',              'delete', 'wrong passwords'),
    ('user_credentials',   'user_id',    '{password_hash}', 'delete', 'how they come in'),
    ('email_tokens',       'user_id',    '{token_hash}',    'delete', 'letters to them'),
    ('user_profiles',      'user_id',    '{}',              'delete', 'what they told'),
    ('user_addresses',     'user_id',    '{}',              'delete', 'their address book'),
    ('wishlist_items',     'user_id',    '{}',              'delete', 'what they would like'),
    ('cart_items',         'cart_id',    '{}',              'cascade', 'goes with the cart'),
    ('carts',              'user_id',    '{}',              'delete', 'what they did not buy'),
    ('users',              'id',         '{}',              'anonymise', 'a row without a name'),
    ('orders',             'user_id',    '{}',              'retain',
     'the law asks for invoices; email, phone and notes go at once, addresses after the years'),
    ('order_items',        'order_id',   '{}',              'keep', 'what was sold, not to whom'),
    ('order_cancellations', 'order_id',  '{idempotency_key}', 'keep', 'what was not sold'),
    ('order_notes',        'order_id',   '{}',              'keep', 'letters of an order'),
    ('quotes',             'user_id',    '{idempotency_key}', 'anonymise', 'prices, not for whom'),
    ('sepa_mandates',      'user_id',    '{idempotency_key,request_hash}', 'retain',
     'proof of what was collected; holder and account go at once if nothing was, else after '
     'the years'),
    ('shipments',          'order_id',   '{idempotency_key}', 'keep', 'goods on their way'),
    ('shipment_items',     'order_id',   '{}',              'keep', 'goods of a shipment'),
    ('returns',            'order_id',   '{idempotency_key}', 'keep', 'what came back'),
    ('return_items',       'order_id',   '{}',              'keep', 'goods of a return'),
    ('return_receipts',    'order_id',   '{}',              'keep', 'goods of a return'),
    ('coupon_redemptions', 'user_id',    '{}',              'keep', 'what an order cost'),
    ('payments',           'user_id',    '{idempotency_key,request_hash}', 'keep',
     'what paid for an order'),
    ('refunds',            'order_id',   '{idempotency_key,request_hash}', 'keep',
     'what was given back'),
    ('credit_limits',      'user_id',    '{}',              'delete', 'what they might owe'),
    ('gift_cards',         'user_id',    '{code_hash}',     'keep', 'money that is theirs'),
    ('invoices',           'user_id',    '{idempotency_key}', 'retain',
     'the law asks for them; names and addresses go after the years'),
    ('product_reviews',    'user_id',    '{}',              'keep', 'its author has no name'),
    ('review_votes',       'user_id',    '{}',              'keep', 'a vote of nobody'),
    -- About no customer
    ('admins',             'email',      NULL,              'exempt', 'staff'),
    ('stock_movements',    'order_id',   NULL,              'exempt', 'goods, not people'),
    ('stock_reservations', 'order_id',   NULL,              'exempt', 'goods, not people'),
    ('gift_card_entries',  'order_id',   NULL,              'exempt', 'money of orders'),
    ('idempotency_keys',   'order_id',   NULL,              'exempt', 'secrets of requests'),
    ('sepa_mandate_references', 'mandate_id', NULL,         'exempt', 'numbers of mandates'),
    ('sepa_batches',       'message_id', NULL,              'exempt', 'files of the books'),
    ('sepa_batch_items',   'mandate_id', NULL,              'exempt', 'files of the books'),
    ('sepa_transfers',     'refund_id',  NULL,              'exempt', 'the books'),
    ('bank_entries',       'payment_id', NULL,              'exempt', 'statements of the bank'),
    ('sellers',            'email',      NULL,              'exempt', 'the shop itself'),
    ('dunning',            'user_id',    NULL,              'exempt', 'a view of invoices'),
    ('customers',          'email',      NULL,              'exempt', 'a view of users'),
    ('abandoned_carts',    'user_id',    NULL,              'exempt', 'a view of carts')
    ) AS p (relation, key, secrets, erasure, reason)
$$;
COMMENT ON FUNCTION ecommerce_internal.personal_data() IS
    'Where there is something about a customer, and what becomes of it. key: the column that '
    'leads to them: the user, or the order or cart of one. secrets: columns that nobody is told. '
    'erasure: what erase_customer() does: delete, cascade (it goes with what it belongs to), '
    'anonymise, retain (while the law asks for it), keep (it tells of nobody then); or exempt, as '
    'it is about no customer. reason: why.';

CREATE FUNCTION ecommerce_internal.personal_tables()
    RETURNS TABLE (relation text, key text, secrets text[], erasure text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- A table that the list does not know is told, rather than forgotten.
    RETURN QUERY
    SELECT DISTINCT ON (c.relname)
           c.relname::text, a.attname::text, coalesce(p.secrets, '{}'), coalesce(p.erasure, 'keep')
    FROM pg_class c
    JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'tenant_id'
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN ecommerce_internal.personal_data() p ON p.relation = c.relname
    WHERE c.relnamespace = 'ecommerce'::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT c.relispartition AND p.erasure IS DISTINCT FROM 'exempt'
      AND (p.key = a.attname OR p.key IS NULL AND a.attname IN ('user_id', 'order_id'))
    ORDER BY c.relname, a.attname DESC;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.personal_tables() IS
    'The tables of the shop with something about a customer. They are those of personal_data() '
    'that there are, and others that have a user_id or order_id.';

CREATE FUNCTION ecommerce_internal.lock_orders_of(tenant_id integer, user_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_open jsonb;
BEGIN
    PERFORM FROM ecommerce.orders o
    WHERE o.tenant_id = lock_orders_of.tenant_id AND o.user_id = lock_orders_of.user_id
    ORDER BY o.created_at, o.id FOR NO KEY UPDATE;
    PERFORM FROM ecommerce.quotes q
    WHERE q.tenant_id = lock_orders_of.tenant_id AND q.user_id = lock_orders_of.user_id
    ORDER BY q.id FOR NO KEY UPDATE;
    PERFORM FROM ecommerce.carts c
    WHERE c.tenant_id = lock_orders_of.tenant_id AND c.user_id = lock_orders_of.user_id
    ORDER BY c.id FOR UPDATE;
    -- Whoever places an order has locked its quote or cart, then its user, to share.
    PERFORM FROM ecommerce.users u
    WHERE u.tenant_id = lock_orders_of.tenant_id AND u.id = lock_orders_of.user_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown user %', user_id USING ERRCODE = 'EC016';
    END IF;
    v_open := (SELECT jsonb_agg(jsonb_build_object('order_number', o.order_number,
                                                   'status', o.status)
                                ORDER BY o.created_at, o.id)
               FROM ecommerce.orders o
               WHERE o.tenant_id = lock_orders_of.tenant_id AND o.user_id = lock_orders_of.user_id
                 AND o.status IN ('pending', 'processing', 'shipped'));
    IF v_open IS NOT NULL THEN
        RAISE EXCEPTION 'the customer has an open order, %', v_open -> 0 ->> 'order_number'
            USING ERRCODE = 'EC042', DETAIL = v_open::text,
                  HINT = 'Deliver or cancel it first.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_orders_of(integer, uuid) IS
    'For erase_customer(): lock the orders, quotes and carts of a user, then the user, so that no '
    'order is placed meanwhile. Errors: EC016 unknown user, EC042 some are open.';

CREATE FUNCTION ecommerce_internal.delete_personal(tenant_id integer, user_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    p record;
BEGIN
    FOR p IN
        SELECT d.relation, d.key
        FROM ecommerce_internal.personal_data() WITH ORDINALITY
            AS d (relation, key, secrets, erasure, reason, ordinal)
        WHERE d.erasure = 'delete' ORDER BY d.ordinal
    LOOP
        EXECUTE format('DELETE FROM ecommerce.%I t WHERE t.tenant_id = $1 AND t.%I = $2',
                       p.relation, p.key)
        USING tenant_id, user_id;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.delete_personal(integer, uuid) IS
    'For erase_customer(): delete what personal_data() says of a user that is locked.';

CREATE FUNCTION ecommerce_internal.anonymise_quotes(tenant_id integer, user_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    WITH withdrawn AS (
        UPDATE ecommerce.quotes q SET status = 'withdrawn'
        WHERE q.tenant_id = anonymise_quotes.tenant_id AND q.user_id = anonymise_quotes.user_id
          AND q.status = 'open'
        RETURNING q.id)
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id)
    SELECT anonymise_quotes.tenant_id, 'quote.withdrawn', w.id FROM withdrawn w;
    UPDATE ecommerce.quotes q SET email = NULL, request = '{}'
    WHERE q.tenant_id = anonymise_quotes.tenant_id AND q.user_id = anonymise_quotes.user_id
      AND (q.email IS NOT NULL OR q.request <> '{}');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.anonymise_quotes(integer, uuid) IS
    'For erase_customer(): withdraw the open quotes of a user that is locked, and forget for whom '
    'its quotes were.';

CREATE FUNCTION ecommerce_internal.forget_addresses(tenant_id integer, order_ids uuid[])
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    UPDATE ecommerce.events e SET data = e.data - 'billing_address' - 'shipping_address'
    WHERE e.tenant_id = forget_addresses.tenant_id AND e.entity_id = ANY (order_ids)
      AND e.kind = 'order.address_changed'
      AND e.data ?| '{billing_address,shipping_address}';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.forget_addresses(integer, uuid[]) IS
    'For erase_customer() and erase_expired(): take former addresses from events of orders. No law '
    'asks for them.';

CREATE FUNCTION ecommerce_internal.retained_until(created_at timestamptz, years integer)
    RETURNS timestamptz
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN (date_trunc('year', created_at AT TIME ZONE 'UTC')
            + make_interval(years => years + 1)) AT TIME ZONE 'UTC';
COMMENT ON FUNCTION ecommerce_internal.retained_until(timestamptz, integer) IS
    'From when an order need not tell whom it was for: so many years after the end of its year.';

CREATE FUNCTION ecommerce_internal.forget_invoices(tenant_id integer, before timestamptz,
    max_count integer) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    UPDATE ecommerce.invoices v
    SET buyer = ecommerce_internal.forgotten_party(v.buyer),
        delivery = ecommerce_internal.forgotten_party(v.delivery),
        payment = v.payment - '{debtor_iban,mandate}'::text[], note = NULL
    WHERE v.tenant_id = forget_invoices.tenant_id AND v.id IN (
        SELECT k.id FROM ecommerce.invoices k
        WHERE k.tenant_id = forget_invoices.tenant_id
          AND k.issue_date < forget_invoices.before AND k.created_at < forget_invoices.before
          AND (k.buyer <> ecommerce_internal.forgotten_party(k.buyer)
               OR k.delivery <> ecommerce_internal.forgotten_party(k.delivery)
               OR k.payment ?| '{debtor_iban,mandate}' OR k.note IS NOT NULL)
        ORDER BY k.issue_date, k.id LIMIT forget_invoices.max_count);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.forget_invoices(integer, timestamptz, integer) IS
    'For erase_expired(): take names, addresses and accounts from invoices that were issued before '
    'a moment. max_count: of so many at most.';
