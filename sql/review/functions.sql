-- Reviews by those who bought it.  Ratings are counted when they are read, so that they are right
-- whoever writes them.

CREATE FUNCTION ecommerce.add_review(product_id uuid, rating integer, title text DEFAULT NULL,
    comment text DEFAULT NULL, order_id uuid DEFAULT NULL,
    user_id uuid DEFAULT ecommerce.current_customer(),
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.written_review
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_user   uuid := ecommerce_internal.check_customer(user_id);
    v_order  uuid;
    v_result ecommerce.written_review;
BEGIN
    IF product_id IS NULL THEN
        RAISE EXCEPTION 'product_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM ecommerce_internal.check_review_text(rating, title, comment);
    PERFORM ecommerce_internal.lock_user(v_tenant, v_user);
    v_order := ecommerce_internal.reviewable_order(v_tenant, v_user, product_id, order_id);
    IF v_order IS NULL THEN
        RAISE EXCEPTION 'product % was not bought', product_id
            USING ERRCODE = 'EC043',
                  DETAIL = 'No such order of the user that has it was shipped.';
    END IF;
    INSERT INTO ecommerce.product_reviews AS r (tenant_id, product_id, user_id, order_id, rating,
        title, comment, is_verified, is_approved)
    SELECT v_tenant, add_review.product_id, v_user, v_order, add_review.rating,
           nullif(add_review.title, ''), nullif(add_review.comment, ''), true,
           NOT coalesce((SELECT s.review_approval FROM ecommerce.settings s
                         WHERE s.tenant_id = v_tenant), false)
    ON CONFLICT (tenant_id, product_id, user_id,
                 coalesce(order_id, '00000000-0000-0000-0000-000000000000')) DO NOTHING
    RETURNING r.id, r.product_id, r.order_id, r.rating, r.is_approved, r.helpful_count
    INTO v_result;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'product % has a review by the user already', product_id
            USING ERRCODE = 'EC043', DETAIL = format('It is of order %s.', v_order),
                  HINT = 'Call ecommerce.change_review().';
    END IF;
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    VALUES (v_tenant, 'review.added', v_result.id,
            jsonb_build_object('product_id', product_id, 'is_approved', v_result.is_approved));
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.add_review(uuid, integer, text, text, uuid, uuid, integer) IS
    'Write the review of a product by a user who bought it, and append review.added. One can be '
    'written for each order that was shipped. rating: 1 to 5. title and comment: what they say, '
    'as plain text. order_id: which order; without it the latest that has no review yet. user_id: '
    'who writes. Where settings.review_approval says so, nobody sees it until approve_review(). '
    'Errors: EC043 no order of theirs with it was shipped, or it has a review; EC016 unknown user, '
    '22023 the rating or a text is out of range, 42501 another customer.';

CREATE FUNCTION ecommerce.add_review(sku text, rating integer, title text DEFAULT NULL,
    comment text DEFAULT NULL, order_number text DEFAULT NULL,
    user_id uuid DEFAULT ecommerce.current_customer(),
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.written_review
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_user   uuid := ecommerce_internal.check_customer(user_id);
    v_order  uuid;
BEGIN
    BEGIN
        v_order := ecommerce_internal.find_order(v_tenant, order_number);
    EXCEPTION
        -- Somebody else's number is as good as none.
        WHEN SQLSTATE 'EC008' THEN v_order := '00000000-0000-0000-0000-000000000000';
    END;
    RETURN ecommerce.add_review(ecommerce_internal.find_product(v_tenant, sku, true), rating,
                                title, comment, v_order, v_user, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.add_review(text, integer, text, text, text, uuid, integer) IS
    'Like add_review(product_id, ...), by SKU and the order''s number, or ids without a type.';

CREATE FUNCTION ecommerce.change_review(review_id uuid, rating integer, title text DEFAULT NULL,
    comment text DEFAULT NULL, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.written_review
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_result ecommerce.written_review;
BEGIN
    PERFORM ecommerce_internal.check_review_text(rating, title, comment);
    PERFORM ecommerce_internal.lock_review(v_tenant, review_id, true);
    UPDATE ecommerce.product_reviews r
    SET rating = change_review.rating, title = nullif(change_review.title, ''),
        comment = nullif(change_review.comment, ''),
        -- What was refused stays so, where nobody looks at what is new.
        is_approved = r.is_approved
                      AND NOT coalesce((SELECT s.review_approval FROM ecommerce.settings s
                                        WHERE s.tenant_id = v_tenant), false)
    WHERE r.tenant_id = v_tenant AND r.id = change_review.review_id
    RETURNING r.id, r.product_id, r.order_id, r.rating, r.is_approved, r.helpful_count
    INTO v_result;
    PERFORM ecommerce_internal.check_written(FOUND, 'product_reviews');
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    VALUES (v_tenant, 'review.changed', review_id,
            jsonb_build_object('product_id', v_result.product_id,
                               'is_approved', v_result.is_approved));
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.change_review(uuid, integer, text, text, integer) IS
    'Write a review anew, and append review.changed. Where reviews need approval, it needs one '
    'again. rating: 1 to 5. title and comment: what they say now. Errors: EC043 there is no such '
    'review, or it is another customer''s; 22023 the rating or a text is out of range.';

CREATE FUNCTION ecommerce.remove_review(review_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.written_review
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_result ecommerce.written_review;
BEGIN
    PERFORM ecommerce_internal.lock_review(v_tenant, review_id, true);
    DELETE FROM ecommerce.product_reviews r
    WHERE r.tenant_id = v_tenant AND r.id = remove_review.review_id
    RETURNING r.id, r.product_id, r.order_id, r.rating, r.is_approved, r.helpful_count
    INTO v_result;
    PERFORM ecommerce_internal.check_written(FOUND, 'product_reviews');
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    VALUES (v_tenant, 'review.removed', review_id,
            jsonb_build_object('product_id', v_result.product_id));
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.remove_review(uuid, integer) IS
    'Take a review back, with the votes on it, append review.removed, and answer what it was. '
    'Error EC043 there is no such review, or it is another customer''s.';

CREATE FUNCTION ecommerce.approve_review(review_id uuid, approved boolean DEFAULT true,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.written_review
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_result ecommerce.written_review;
BEGIN
    IF approved IS NULL THEN
        RAISE EXCEPTION 'approved must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM ecommerce_internal.lock_review(v_tenant, review_id, false);
    UPDATE ecommerce.product_reviews r SET is_approved = approve_review.approved
    WHERE r.tenant_id = v_tenant AND r.id = approve_review.review_id
      AND r.is_approved <> approve_review.approved;
    IF FOUND THEN
        INSERT INTO ecommerce.events (tenant_id, kind, entity_id)
        VALUES (v_tenant, CASE WHEN approved THEN 'review.approved' ELSE 'review.hidden' END,
                review_id);
    END IF;
    SELECT r.id, r.product_id, r.order_id, r.rating, r.is_approved, r.helpful_count INTO v_result
    FROM ecommerce.product_reviews r
    WHERE r.tenant_id = v_tenant AND r.id = approve_review.review_id;
    PERFORM ecommerce_internal.check_written(v_result.is_approved = approved, 'product_reviews');
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.approve_review(uuid, boolean, integer) IS
    'Show a review and count its rating, or no longer, and append review.approved or '
    'review.hidden. Nothing happens if it is so already. approved: false hides it. Errors: EC043 '
    'there is no such review, 22004 NULL.';

CREATE FUNCTION ecommerce.vote_review(review_id uuid, helpful boolean DEFAULT true,
    user_id uuid DEFAULT ecommerce.current_customer(),
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.written_review
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_user   uuid := ecommerce_internal.check_customer(user_id);
    v_result ecommerce.written_review;
    v_votes  integer;
BEGIN
    IF helpful IS NULL THEN
        RAISE EXCEPTION 'helpful must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM ecommerce_internal.lock_user(v_tenant, v_user);
    IF ecommerce_internal.lock_review(v_tenant, review_id, false) = v_user THEN
        RAISE EXCEPTION 'review % is the user''s own', review_id USING ERRCODE = 'EC043';
    ELSIF NOT (SELECT r.is_approved FROM ecommerce.product_reviews r
               WHERE r.tenant_id = v_tenant AND r.id = vote_review.review_id) THEN
        RAISE EXCEPTION 'unknown review %', review_id USING ERRCODE = 'EC043';
    END IF;
    IF helpful THEN
        INSERT INTO ecommerce.review_votes (tenant_id, review_id, user_id)
        VALUES (v_tenant, vote_review.review_id, v_user)
        ON CONFLICT ON CONSTRAINT review_votes_pkey DO NOTHING;
    ELSE
        DELETE FROM ecommerce.review_votes v
        WHERE v.tenant_id = v_tenant AND v.review_id = vote_review.review_id
          AND v.user_id = v_user;
    END IF;
    GET DIAGNOSTICS v_votes = ROW_COUNT;
    UPDATE ecommerce.product_reviews r
    SET helpful_count = r.helpful_count + CASE WHEN helpful THEN v_votes ELSE - v_votes END
    WHERE r.tenant_id = v_tenant AND r.id = vote_review.review_id
    RETURNING r.id, r.product_id, r.order_id, r.rating, r.is_approved, r.helpful_count
    INTO v_result;
    PERFORM ecommerce_internal.check_written(FOUND, 'product_reviews');
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.vote_review(uuid, boolean, uuid, integer) IS
    'Find a review helpful, once for each user, however often it is said. helpful: false takes '
    'that back. user_id: who votes. Errors: EC043 there is no such review, or it is their own; '
    'EC016 unknown user, 42501 another customer.';
