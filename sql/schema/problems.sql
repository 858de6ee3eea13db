-- What the schema of the shop has lost.

CREATE FUNCTION ecommerce_internal.schema_problems(since timestamptz DEFAULT NULL)
    RETURNS TABLE (problem text, entity_id uuid, detail jsonb)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
    SELECT d.problem, NULL::uuid,
           jsonb_strip_nulls(jsonb_build_object('relation', d.relation, 'name', d.name))
    FROM ecommerce_internal.schema_drift() d
$$;
COMMENT ON FUNCTION ecommerce_internal.schema_problems(timestamptz) IS
    'What the schema of the shop has lost; no row if it is whole. That is tables, views, columns, '
    'NOT NULL, defaults, constraints, indexes, triggers, policies and row security that are '
    'missing, disabled or not valid, and columns of another type, each with relation and name in '
    'the detail. What the shop has of its own is not looked at. install() puts all of it back but '
    'types. Reads the catalog and archived_partitions.';
