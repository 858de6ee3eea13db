-- What functions of the search history answer.

CREATE TYPE ecommerce.recorded_search AS (
    id            uuid,
    search_term   text,
    results_count integer,
    created_at    timestamptz
);
COMMENT ON TYPE ecommerce.recorded_search IS
    'A search, as record_search() and recent_searches() answer. results_count: how many products '
    'were found.';

CREATE TYPE ecommerce.popular_term AS (
    search_term text,
    searches    bigint
);
COMMENT ON TYPE ecommerce.popular_term IS
    'What popular_terms() answers: words, and how often they were searched for.';

CREATE TYPE ecommerce.cleared_searches AS (
    deleted bigint
);
COMMENT ON TYPE ecommerce.cleared_searches IS
    'What clear_searches() and trim_search_history() answer: how many searches were deleted.';
