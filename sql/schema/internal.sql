-- What triggers of all topics call.  They change NEW or refuse, and write nothing else.

CREATE FUNCTION ecommerce_internal.set_updated_at() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'ec_set_updated_at';
COMMENT ON FUNCTION ecommerce_internal.set_updated_at() IS
    'BEFORE UPDATE FOR EACH ROW: sets the column updated_at to the time of the transaction.';

CREATE FUNCTION ecommerce_internal.announce_change() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'ec_announce_change';
COMMENT ON FUNCTION ecommerce_internal.announce_change() IS
    'Lets all sessions forget what they keep of the changed table. Fires AFTER any change, FOR '
    'EACH ROW, and BEFORE it, FOR EACH STATEMENT, of tenants, settings, warehouses, vat_rates, '
    'vat_regions, vat_places or the backorder_limit of stock.';

CREATE FUNCTION ecommerce_internal.refuse_change() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'ec_refuse_change';
COMMENT ON FUNCTION ecommerce_internal.refuse_change() IS
    'Refuses whatever fires it, with error EC017. Arguments: detail and hint of the error.';

CREATE FUNCTION ecommerce_internal.keep_columns() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'ec_keep_columns';
COMMENT ON FUNCTION ecommerce_internal.keep_columns() IS
    'UPDATE FOR EACH ROW: refuses to change columns, with error EC017. Arguments: detail of the '
    'error, and the columns. Error 42703 if there is no such column.';

CREATE FUNCTION ecommerce_internal.keep_columns_once_set() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'ec_keep_columns_once_set';
COMMENT ON FUNCTION ecommerce_internal.keep_columns_once_set() IS
    'Like keep_columns(), of columns that may be set while they are NULL.';

CREATE FUNCTION ecommerce_internal.plain_sql() RETURNS boolean
    LANGUAGE c VOLATILE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'ec_plain_sql';
COMMENT ON FUNCTION ecommerce_internal.plain_sql() IS
    'For conditions of triggers: whether the statement is not one of the extension''s own. False '
    'where a function of the extension writes rows that it has checked, true for every other '
    'statement, also one that a trigger runs meanwhile.';

CREATE FUNCTION ecommerce_internal.check_written(written boolean, relation text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF written IS NOT TRUE THEN
        RAISE EXCEPTION 'a trigger or rule of table "%" changed what was to be written', relation
            USING ERRCODE = 'triggered_data_change_violation',
                  HINT = 'It may raise an error, but neither leave rows out nor change amounts.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_written(boolean, text) IS
    'Error 27000 if a row was not written that had to be.';

CREATE FUNCTION ecommerce_internal.check_truncate() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_units boolean := false;
BEGIN
    -- Row security knows no TRUNCATE: it would take the rows of other tenants.
    IF row_security_active(TG_RELID) THEN
        RAISE EXCEPTION 'TRUNCATE on % is refused', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = 'It would take the rows of all tenants.', HINT = 'Delete rows instead.';
    END IF;
    IF TG_ARGV[0] = 'stock' THEN
        v_units := EXISTS (SELECT FROM ecommerce.stock s WHERE s.available <> 0);
    ELSIF TG_ARGV[0] = 'stock_reservations' THEN
        v_units := EXISTS (SELECT FROM ecommerce.stock_reservations r
                           WHERE r.status IN ('held', 'committed'));
    END IF;
    IF v_units THEN
        RAISE EXCEPTION 'TRUNCATE on % is refused', TG_TABLE_NAME
            USING ERRCODE = 'EC017', DETAIL = 'Its rows hold units.',
                  HINT = 'An empty shop is a new database with CREATE EXTENSION ecommerce.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_truncate() IS
    'Refuses TRUNCATE to whom row security restricts, and while units are held. Error 42501 for '
    'the first. With the name of the table for an argument, error EC017 while rows of stock or '
    'stock_reservations hold units.';

CREATE FUNCTION ecommerce_internal.check_own_tables() RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    o record;
BEGIN
    SELECT s.relation, (array_agg(s.name ORDER BY s.name) FILTER (WHERE a.attname IS NULL))[1:3]
                       AS missing INTO o
    FROM ecommerce_internal.shop_objects() s
    LEFT JOIN pg_attribute a ON a.attrelid = to_regclass(s.relation) AND a.attname = s.name
                            AND a.attnum > 0 AND NOT a.attisdropped
    WHERE s.kind = 'column' AND to_regclass(s.relation) IS NOT NULL
    -- The shop's own may have lost some: install() puts these back.
    GROUP BY s.relation HAVING 2 * count(a.attname) < count(*)
    ORDER BY s.relation LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table "%" is not the shop''s, but has the name of one of its tables',
                        o.relation
            USING ERRCODE = 'duplicate_table', DETAIL = format('Columns that it lacks are %s.',
                                                             array_to_string(o.missing, ', ')),
                  HINT = 'Rename the schema (ALTER SCHEMA ecommerce RENAME TO ...), or move the '
                         'table to another one.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_own_tables() IS
    'Error 42P07 if a table of the shop''s name is somebody else''s: most columns are not there.';
