-- Ids as bounds of time: ids are at most a day off the time of their row.

CREATE FUNCTION ecommerce_internal.first_id(since timestamptz) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (lpad(to_hex(least(greatest(floor(extract(epoch FROM since - interval '1 day') * 1000),
        0),
                              281474976710655)::bigint), 12, '0') || repeat('0', 20))::uuid
    WHERE isfinite(since)
    UNION ALL
    SELECT '00000000-0000-0000-0000-000000000000' WHERE isfinite(since) IS NOT TRUE
$$;
COMMENT ON FUNCTION ecommerce_internal.first_id(timestamptz) IS
    'The lowest id that a row of that time can have; the lowest of all for NULL or infinity.';

CREATE FUNCTION ecommerce_internal.id_time(id uuid) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN id::text ~ '^.{14}7.{4}[89ab]' THEN ecommerce.uuid_v7_time(id) END
$$;
COMMENT ON FUNCTION ecommerce_internal.id_time(uuid) IS
    'The time in a UUIDv7; NULL for a UUID of another version.';
