-- What was searched for.

CREATE FUNCTION ecommerce.record_search(search_term text, results_count integer,
    session_id text DEFAULT NULL, user_id uuid DEFAULT ecommerce.current_customer(),
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.recorded_search
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_term   text := left(ecommerce_internal.trimmed(search_term), 255);
    v_result ecommerce.recorded_search;
BEGIN
    PERFORM ecommerce_internal.check_searcher(user_id, session_id);
    IF num_nulls(search_term, results_count) > 0 THEN
        RAISE EXCEPTION 'search_term and results_count must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF v_term = '' THEN
        RAISE EXCEPTION 'search_term must not be empty' USING ERRCODE = 'invalid_parameter_value';
    ELSIF results_count < 0 THEN
        RAISE EXCEPTION 'results_count must not be negative, but is %', results_count
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF user_id IS NOT NULL THEN
        PERFORM ecommerce_internal.lock_user(v_tenant, user_id);
    END IF;
    INSERT INTO ecommerce.search_history AS h (tenant_id, user_id, session_id, search_term, words,
                                               results_count)
    VALUES (v_tenant, record_search.user_id,
            CASE WHEN record_search.user_id IS NULL THEN record_search.session_id END, v_term,
            ecommerce_internal.search_words(v_term),
            record_search.results_count)
    RETURNING h.id, h.search_term, h.results_count, h.created_at INTO v_result;
    PERFORM ecommerce_internal.check_written(v_result.id IS NOT NULL, 'search_history');
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.record_search(text, integer, text, uuid, integer) IS
    'Note what somebody searched for. search_term: as typed; the first 255 characters are kept. '
    'results_count: how many products were found. session_id: whose session it was, if there is no '
    'user; without both nobody is noted. user_id: who searched. Errors: EC016 unknown user, 22023 '
    'no words, a negative count or no session, 22004 NULL, 42501 another customer.';

CREATE FUNCTION ecommerce.recent_searches(max_count integer DEFAULT 10,
    session_id text DEFAULT NULL, user_id uuid DEFAULT ecommerce.current_customer(),
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS SETOF ecommerce.recorded_search
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    PERFORM ecommerce_internal.check_searcher(user_id, session_id);
    IF max_count IS NULL OR max_count NOT BETWEEN 0 AND 1000 THEN
        RAISE EXCEPTION 'max_count must be from 0 to 1000, but is %', max_count
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    SELECT l.id, l.search_term, l.results_count, l.created_at
    FROM (SELECT DISTINCT ON (coalesce(h.words, h.search_term))
                 h.id, h.search_term, h.results_count, h.created_at
          FROM ecommerce.search_history h
          WHERE h.tenant_id = v_tenant
            AND CASE WHEN recent_searches.user_id IS NULL
                     THEN h.user_id IS NULL AND h.session_id = recent_searches.session_id
                     ELSE h.user_id = recent_searches.user_id END
          ORDER BY coalesce(h.words, h.search_term), h.created_at DESC, h.id DESC) l
    ORDER BY l.created_at DESC, l.id DESC LIMIT max_count;
END
$$;
COMMENT ON FUNCTION ecommerce.recent_searches(integer, text, uuid, integer) IS
    'What a user, or a session without one, searched for, the latest first, each words once. '
    'max_count: up to so many, 1000 at most. session_id: whose session, if there is no user. '
    'user_id: whose. Errors: 22023 the count is out of range, or no session; 42501 another '
    'customer.';

CREATE FUNCTION ecommerce.clear_searches(session_id text DEFAULT NULL,
    user_id uuid DEFAULT ecommerce.current_customer(),
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.cleared_searches
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    n        bigint;
BEGIN
    PERFORM ecommerce_internal.check_searcher(user_id, session_id);
    IF user_id IS NULL THEN
        DELETE FROM ecommerce.search_history h
        WHERE h.tenant_id = v_tenant AND h.user_id IS NULL
          AND h.session_id = clear_searches.session_id;
    ELSE
        DELETE FROM ecommerce.search_history h
        WHERE h.tenant_id = v_tenant AND h.user_id = clear_searches.user_id;
    END IF;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN ROW(n)::ecommerce.cleared_searches;
END
$$;
COMMENT ON FUNCTION ecommerce.clear_searches(text, uuid, integer) IS
    'Forget what a user, or a session without one, searched for. session_id: whose session, if '
    'there is no user. user_id: whose. Errors: 22023 no session, 42501 another customer.';

CREATE FUNCTION ecommerce.popular_terms(max_count integer DEFAULT 10,
    since interval DEFAULT '30 days', tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS SETOF ecommerce.popular_term
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    IF max_count IS NULL OR max_count NOT BETWEEN 0 AND 1000 THEN
        RAISE EXCEPTION 'max_count must be from 0 to 1000, but is %', max_count
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF since IS NULL OR NOT (since > '0' AND since <= '10 years') THEN
        RAISE EXCEPTION 'since must be more than 0 and at most 10 years, but is %', since
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    SELECT coalesce(h.words, h.search_term), count(*)
    FROM ecommerce.search_history h
    WHERE h.tenant_id = v_tenant AND h.created_at > now() - popular_terms.since
      AND h.results_count > 0
    -- What one person types may tell who it is.
    GROUP BY 1 HAVING count(DISTINCT coalesce(h.user_id::text, h.session_id)) >= 3
    ORDER BY 2 DESC, 1 LIMIT max_count;
END
$$;
COMMENT ON FUNCTION ecommerce.popular_terms(integer, interval, integer) IS
    'What is searched for most, and found, by three people at least. max_count: up to so many, '
    '1000 at most. since: how far to look back. Error 22023 one of them is out of range.';

CREATE FUNCTION ecommerce.trim_search_history(keep interval DEFAULT '90 days',
    max_count integer DEFAULT 10000, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS ecommerce.cleared_searches
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer;
    v_until  timestamptz;
    n        bigint;
    v_result ecommerce.cleared_searches := ROW(0);
BEGIN
    IF keep IS NULL OR NOT (keep >= '0' AND keep <= '100 years') THEN
        RAISE EXCEPTION 'keep must be from 0 to 100 years, but is %', keep
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF max_count IS NULL OR max_count < 0 THEN
        RAISE EXCEPTION 'max_count must be 0 or more, but is %', max_count
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    v_until := now() - keep;
    FOR v_tenant IN SELECT t FROM ecommerce_internal.maintained_tenants(tenant_id) t LOOP
        PERFORM ecommerce_internal.work_for(v_tenant);
        DELETE FROM ecommerce.search_history h
        WHERE h.tenant_id = v_tenant
          AND h.id IN (SELECT o.id FROM ecommerce.search_history o
                       WHERE o.tenant_id = v_tenant AND o.created_at < v_until
                       ORDER BY o.created_at LIMIT max_count);
        GET DIAGNOSTICS n = ROW_COUNT;
        v_result.deleted := v_result.deleted + n;
        -- What counts wrong passwords begins anew after a day.
        DELETE FROM ecommerce.auth_failures f
        WHERE f.tenant_id = v_tenant AND f.failed_at < now() - interval '1 day'
          AND coalesce(f.locked_until < now(), true);
    END LOOP;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.trim_search_history(interval, integer, integer) IS
    'Forget searches that are older, and failures of passwords that count no more. For '
    'maintenance: for NULL of all tenants. keep: how long searches are kept. max_count: up to so '
    'many of each tenant are deleted. Error 22023 one of them is out of range.';
