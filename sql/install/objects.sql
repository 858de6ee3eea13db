-- What install() creates is read from its source once: that takes longer than all
-- that is asked of it then.

DO $objects$
BEGIN
    EXECUTE pg_catalog.format(
        'CREATE FUNCTION ecommerce_internal.shop_objects()
             RETURNS TABLE (relation text, kind text, name text, definition text)
             LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
         AS %L',
        pg_catalog.format(
            'SELECT * FROM jsonb_to_recordset(%L)
                 AS o (relation text, kind text, name text, definition text)',
            (SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(r))
             FROM ecommerce_internal.read_install() r)));
END
$objects$;
COMMENT ON FUNCTION ecommerce_internal.shop_objects() IS
    'What install() creates: what read_install() answered when the extension was created.';
