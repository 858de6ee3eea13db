-- The proof that votes on reviews are counted.

CREATE FUNCTION ecommerce_internal.review_problems(since timestamptz DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := review_problems.tenant_id;
BEGIN
    RETURN QUERY
    SELECT 'votes on a review are not counted', r.id,
           jsonb_build_object('helpful_count', r.helpful_count, 'votes', v.votes)
    FROM (SELECT n.review_id, count(*) AS votes FROM ecommerce.review_votes n
          WHERE n.tenant_id = v_tenant
            AND (since IS NULL
                 OR n.review_id IN (SELECT m.review_id FROM ecommerce.review_votes m
                                    WHERE m.tenant_id = v_tenant AND m.created_at >= since))
          GROUP BY 1) v
    JOIN ecommerce.product_reviews r ON r.tenant_id = v_tenant AND r.id = v.review_id
    -- Some were moved in without their voters.
    WHERE r.helpful_count < v.votes;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.review_problems(timestamptz, integer) IS
    'For verify_integrity(): reviews of a tenant that count fewer votes than they have. With '
    'since: those that were voted on since then.';
