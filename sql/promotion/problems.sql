-- The proof of the books of coupons and gift cards.

CREATE FUNCTION ecommerce_internal.prove_coupons(since timestamptz, tenant_id integer)
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := prove_coupons.tenant_id;
    v_away   tstzmultirange := ecommerce_internal.archived_times();
    v_from   timestamptz := coalesce(since, '-infinity');
    v_id     uuid := ecommerce_internal.first_id(since);
BEGIN
    RETURN QUERY
    WITH redemption AS MATERIALIZED (
        SELECT r.coupon_id, r.order_id, r.order_created_at, r.user_id, r.email,
               r.account_email, r.amount, r.released_at IS NULL AS counts,
               k.id IS NOT NULL AS known, k.max_redemptions_per_user AS per_user
        FROM (SELECT r.* FROM ecommerce.coupon_redemptions r
              WHERE r.tenant_id = v_tenant AND r.order_id >= v_id AND r.order_created_at >= v_from
              UNION ALL
              SELECT r.* FROM ecommerce.orders o
              JOIN ecommerce.coupon_redemptions r ON r.tenant_id = v_tenant AND r.order_id = o.id
              WHERE since IS NOT NULL AND o.tenant_id = v_tenant AND o.cancelled_at >= v_from
                AND NOT (r.order_id >= v_id AND r.order_created_at >= v_from)) r
        LEFT JOIN ecommerce.coupons k ON k.tenant_id = v_tenant AND k.id = r.coupon_id
    ), discount AS (
        SELECT r.order_id, r.order_created_at, sum(r.amount) AS amount,
               bool_or(r.counts) AS counts, bool_or(NOT r.counts) AS released
        FROM redemption r GROUP BY 1, 2
    ), customer AS (
        SELECT DISTINCT r.coupon_id, r.per_user, c.user_id, c.email
        FROM redemption r, LATERAL (VALUES (r.user_id, NULL), (NULL, r.email),
                                           (NULL, r.account_email)) c (user_id, email)
        WHERE r.counts AND r.per_user IS NOT NULL AND num_nonnulls(c.user_id, c.email) > 0
    )
    SELECT 'coupon: counter differs from its redemptions', k.id,
           jsonb_build_object('redemptions', k.redemptions, 'counted', n.counted,
                              'max_redemptions', k.max_redemptions)
    FROM ecommerce.coupons k
    CROSS JOIN LATERAL (SELECT count(*) AS counted FROM ecommerce.coupon_redemptions r
                        WHERE r.tenant_id = v_tenant AND r.coupon_id = k.id
                          AND r.released_at IS NULL) n
    -- Where nothing limits the sum, only the whole proof counts it.
    WHERE k.tenant_id = v_tenant
      AND (since IS NULL AND num_nonnulls(k.max_redemptions, k.max_redemptions_per_user) > 0
           OR k.max_redemptions IS NOT NULL AND k.id IN (SELECT r.coupon_id FROM redemption r))
      AND (k.redemptions <> n.counted OR n.counted > k.max_redemptions)
    UNION ALL
    SELECT 'coupon: a customer redeemed it too often', c.coupon_id,
           jsonb_build_object('user_id', c.user_id, 'email', c.email, 'counted', n.counted)
    FROM customer c
    CROSS JOIN LATERAL (SELECT count(*) AS counted FROM ecommerce.coupon_redemptions r
                        WHERE r.tenant_id = v_tenant AND r.coupon_id = c.coupon_id
                          AND r.released_at IS NULL AND r.user_id = c.user_id
                        UNION ALL SELECT count(*) FROM ecommerce.coupon_redemptions r
                        WHERE r.tenant_id = v_tenant AND r.coupon_id = c.coupon_id
                          AND r.released_at IS NULL AND c.email IN (r.email, r.account_email)) n
    WHERE n.counted > c.per_user
    UNION ALL
    SELECT 'coupon: redeemed, but unknown', r.coupon_id,
           jsonb_build_object('order_id', r.order_id)
    FROM redemption r WHERE NOT r.known
    UNION ALL
    SELECT 'order: unknown, or its coupons differ from its discounts or its status',
           d.order_id,
           jsonb_build_object('coupons', d.amount, 'discounts', i.discount, 'status', o.status)
    FROM discount d
    LEFT JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.id = d.order_id
                                AND o.created_at = d.order_created_at
    CROSS JOIN LATERAL (SELECT sum(t.discount) AS discount FROM ecommerce.order_items t
                        WHERE t.tenant_id = v_tenant AND t.order_id = d.order_id
                          AND t.order_created_at = d.order_created_at) i
    WHERE o.id IS NULL AND NOT d.order_created_at <@ v_away OR i.discount < d.amount
       OR d.counts AND o.status = 'cancelled' OR d.released AND o.status <> 'cancelled';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.prove_coupons(timestamptz, integer) IS
    'For promotion_problems(): counters of coupons equal redemptions and keep their limits. Orders '
    'were given what their coupons took off.';

CREATE FUNCTION ecommerce_internal.prove_gift_cards(since timestamptz, tenant_id integer)
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = on SET enable_indexscan = on
    SET enable_hashjoin = on SET enable_nestloop = on SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := prove_gift_cards.tenant_id;
    v_away   tstzmultirange := ecommerce_internal.archived_times();
    v_from   timestamptz := coalesce(since, '-infinity');
    v_id     uuid := ecommerce_internal.first_id(since);
BEGIN
    RETURN QUERY
    WITH entry AS MATERIALIZED (
        SELECT l.gift_card_id, l.order_id FROM ecommerce.gift_card_entries l
        WHERE l.tenant_id = v_tenant AND l.id >= v_id AND l.created_at >= v_from
    ), paid AS (
        SELECT e.order_id FROM entry e WHERE e.order_id IS NOT NULL
        UNION
        SELECT o.id FROM ecommerce.orders o
        WHERE since IS NOT NULL AND o.tenant_id = v_tenant AND o.cancelled_at >= v_from
    ), payment AS (
        SELECT l.order_id, l.order_created_at,
               count(DISTINCT g.currency) AS currencies, min(g.currency) AS currency,
               -sum(l.amount) FILTER (WHERE l.kind = 'redeem') AS paid,
               coalesce(sum(l.amount) FILTER (WHERE l.kind = 'refund'), 0) AS refunded
        FROM paid e
        JOIN ecommerce.gift_card_entries l ON l.tenant_id = v_tenant AND l.order_id = e.order_id
        JOIN ecommerce.gift_cards g ON g.tenant_id = v_tenant AND g.id = l.gift_card_id
        GROUP BY 1, 2
    )
    SELECT 'gift card: balance differs from its entries', g.id,
           jsonb_build_object('balance', g.balance, 'entries', l.amount,
                              'initial_amount', g.initial_amount, 'issued', l.issued)
    FROM ecommerce.gift_cards g
    CROSS JOIN LATERAL (SELECT coalesce(sum(l.amount), 0) AS amount,
                               coalesce(sum(l.amount) FILTER (WHERE l.kind = 'issue'), 0) AS issued
                        FROM ecommerce.gift_card_entries l
                        WHERE l.tenant_id = v_tenant AND l.gift_card_id = g.id) l
    WHERE g.tenant_id = v_tenant
      AND (since IS NULL OR g.id IN (SELECT e.gift_card_id FROM entry e))
      AND (g.balance <> l.amount OR g.balance < 0 OR g.initial_amount <> l.issued)
    UNION ALL
    SELECT 'gift card: an order got back more than it paid', l.gift_card_id,
           jsonb_build_object('order_id', l.order_id, 'amount', sum(l.amount))
    FROM paid e
    JOIN ecommerce.gift_card_entries l ON l.tenant_id = v_tenant AND l.order_id = e.order_id
    GROUP BY 2, l.order_id HAVING sum(l.amount) > 0
    UNION ALL
    SELECT 'order: unknown, or its payments by gift card differ from its amounts, currency '
           'or status', p.order_id,
           jsonb_build_object('paid', p.paid, 'refunded', p.refunded, 'amount_paid', o.amount_paid,
                              'amount_refunded', o.amount_refunded, 'status', o.status)
    FROM payment p
    LEFT JOIN ecommerce.orders o ON o.tenant_id = v_tenant AND o.id = p.order_id
                                AND o.created_at = p.order_created_at
    WHERE o.id IS NULL AND NOT p.order_created_at <@ v_away
       OR o.amount_paid < p.paid OR o.amount_refunded < p.refunded
       OR p.currencies > 1 OR p.currency <> o.currency
       OR o.status = 'cancelled' AND p.paid > p.refunded AND o.amount_paid > o.amount_refunded;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.prove_gift_cards(timestamptz, integer) IS
    'For promotion_problems(): balances equal entries, and orders hold what gift cards paid.';

CREATE FUNCTION ecommerce_internal.promotion_problems(since timestamptz DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT * FROM ecommerce_internal.prove_coupons(since, tenant_id);
    RETURN QUERY SELECT * FROM ecommerce_internal.prove_gift_cards(since, tenant_id);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.promotion_problems(timestamptz, integer) IS
    'What is wrong with a tenant''s coupons and gift cards; no row if nothing is. Counters '
    'equal redemptions and keep their limits, orders were given what their coupons took off, '
    'balances equal entries, and orders hold what gift cards paid. With since: of the coupons '
    'and gift cards that were used since then, and the orders that were placed with them or '
    'cancelled. Sees what the caller may see.';
