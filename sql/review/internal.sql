-- What functions of reviews have in common.

CREATE FUNCTION ecommerce_internal.reviewable_order(tenant_id integer, user_id uuid,
    product_id uuid, order_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN (SELECT o.id FROM ecommerce.orders o
            WHERE o.tenant_id = reviewable_order.tenant_id
              AND o.user_id = reviewable_order.user_id
              AND o.status IN ('shipped', 'delivered', 'refunded')
              AND (reviewable_order.order_id IS NULL OR o.id = reviewable_order.order_id)
              AND EXISTS (SELECT FROM ecommerce.order_items i
                          WHERE i.tenant_id = reviewable_order.tenant_id AND i.order_id = o.id
                            AND i.order_created_at = o.created_at
                            AND i.product_id = reviewable_order.product_id)
            -- One that has no review yet, the latest first.
            ORDER BY EXISTS (SELECT FROM ecommerce.product_reviews r
                             WHERE r.tenant_id = reviewable_order.tenant_id
                               AND r.product_id = reviewable_order.product_id
                               AND r.user_id = reviewable_order.user_id AND r.order_id = o.id),
                     o.created_at DESC, o.id LIMIT 1);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.reviewable_order(integer, uuid, uuid, uuid) IS
    'The order by which a user got a product, or whether it is this one; NULL if none was shipped.';

CREATE FUNCTION ecommerce_internal.check_review_text(rating integer, title text, comment text)
    RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF rating IS NULL THEN
        RAISE EXCEPTION 'rating must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF rating NOT BETWEEN 1 AND 5 THEN
        RAISE EXCEPTION 'rating must be from 1 to 5, but is %', rating
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF length(title) > 255 THEN
        RAISE EXCEPTION 'title has % characters, more than 255', length(title)
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF length(comment) > 10000 THEN
        RAISE EXCEPTION 'comment has % characters, more than 10000', length(comment)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_review_text(integer, text, text) IS
    'Refuses what no review may say, with error 22023, or 22004 without a rating.';

CREATE FUNCTION ecommerce_internal.lock_review(tenant_id integer, review_id uuid, own boolean)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_user uuid;
BEGIN
    IF review_id IS NULL THEN
        RAISE EXCEPTION 'review_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT r.user_id INTO v_user FROM ecommerce.product_reviews r
    WHERE r.tenant_id = lock_review.tenant_id AND r.id = lock_review.review_id
    FOR NO KEY UPDATE;
    IF own AND v_user IS NOT NULL THEN
        -- Somebody else's is as good as none.
        BEGIN
            PERFORM ecommerce_internal.check_customer(v_user);
        EXCEPTION
            WHEN insufficient_privilege THEN v_user := NULL;
        END;
    END IF;
    IF v_user IS NULL THEN
        RAISE EXCEPTION 'unknown review %', review_id USING ERRCODE = 'EC043';
    END IF;
    RETURN v_user;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_review(integer, uuid, boolean) IS
    'Lock a review, and tell who wrote it. With own, it must be somebody for whom the caller may '
    'act. Error EC043 there is none.';
