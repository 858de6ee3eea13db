-- What is common to searches.

CREATE FUNCTION ecommerce_internal.search_words(term text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN regexp_replace(ecommerce_internal.case_folded(ecommerce_internal.trimmed(term)),
                          '[[:space:]]+', ' ', 'g');
COMMENT ON FUNCTION ecommerce_internal.search_words(text) IS
    'The words of a search, case folded, with one blank between them.';

CREATE FUNCTION ecommerce_internal.check_searcher(user_id uuid, session_id text)
    RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF user_id IS NOT NULL THEN
        PERFORM ecommerce_internal.check_customer(user_id);
    ELSIF length(session_id) NOT BETWEEN 1 AND 255
          OR length(session_id) < 16 AND ecommerce_internal.acts_for_customer() THEN
        RAISE EXCEPTION 'session_id must have 16 to 255 characters, but has %', length(session_id)
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Whoever knows it sees its searches, so it must be hard to guess.',
                  HINT = 'Use that of the cart.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_searcher(uuid, text) IS
    'Whether the caller may act for that user, or the session, if there is no user, is one. '
    'Errors: 42501 another customer, 22023 no session, or one that a storefront could guess.';
