-- Ids that know their time: UUID version 7, RFC 9562.

CREATE FUNCTION ecommerce.uuid_v7() RETURNS uuid
    LANGUAGE c VOLATILE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_uuid_v7';
COMMENT ON FUNCTION ecommerce.uuid_v7() IS
    'A new UUIDv7 (RFC 9562): milliseconds since 1970, then a part of a millisecond, then 62 '
    'random bits. Ids that one session makes ascend.';

CREATE FUNCTION ecommerce.uuid_v7(at timestamptz, seed bytea) RETURNS uuid
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_uuid_v7_from_seed';
COMMENT ON FUNCTION ecommerce.uuid_v7(timestamptz, bytea) IS
    'The UUIDv7 of a time and a seed: the same arguments give the same id, so a row that is '
    'imported twice keeps it. Error 22008 for a time before 1970 or after 10889.';

CREATE FUNCTION ecommerce.uuid_v7_time(id uuid) RETURNS timestamptz
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_uuid_v7_time';
COMMENT ON FUNCTION ecommerce.uuid_v7_time(uuid) IS
    'The time in a UUIDv7, to the millisecond. Error 22023 for a UUID of another version.';
