-- Series of documents: how their numbers look, and taking the next ones.

CREATE FUNCTION ecommerce_internal.format_invoice_number(format text, series text, day date,
    number bigint) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_format_invoice_number';
COMMENT ON FUNCTION ecommerce_internal.format_invoice_number(text, text, date, bigint) IS
    'A number as it is written. format: that of the series. day: the day of issue.';

CREATE FUNCTION ecommerce_internal.check_invoice_format(format text, yearly boolean) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_plain text := regexp_replace(format,
        '[{](series|year|yy|month|number|number:([1-9]|1[0-9]))[}]', '', 'g');
    v_fault text;
BEGIN
    v_fault := CASE
        WHEN length(format) NOT BETWEEN 1 AND 100 THEN 'must have 1 to 100 characters'
        WHEN v_plain ~ '[{}]' THEN 'has a brace that belongs to no word that is filled in'
        WHEN v_plain ~ '[^ -~]' THEN 'must be of printable ASCII characters'
        WHEN length(ecommerce_internal.format_invoice_number(format, repeat('x', 20), '2000-01-01',
                                                             100000000000)) > 100
            THEN 'would make numbers of more than 100 characters'
        WHEN format ~ '^ | $' THEN 'must not begin or end with a blank'
        WHEN (SELECT count(*) FROM regexp_matches(format, '[{]number(:[0-9]+)?[}]', 'g')) <> 1
            THEN 'must have {number} once'
        WHEN yearly AND format !~ '[{](year|yy)[}]'
            THEN 'must have {year} or {yy}, as numbers begin anew each year' END;
    IF v_fault IS NOT NULL THEN
        RAISE EXCEPTION 'format %, but is "%"', v_fault, left(format, 100)
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Such as {series}-{year}-{number:6}.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_invoice_format(text, boolean) IS
    'Whether a format of numbers can be used: error 22023 says why not.';

CREATE FUNCTION ecommerce_internal.check_invoice_series() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM ecommerce_internal.check_invoice_format(NEW.format, NEW.yearly);
    IF TG_OP = 'UPDATE'
       AND (NEW.series, NEW.kind, NEW.yearly) IS DISTINCT FROM (OLD.series, OLD.kind, OLD.yearly)
       AND EXISTS (SELECT FROM ecommerce.invoice_counters c
                   WHERE c.tenant_id = OLD.tenant_id AND c.series = OLD.series
                     AND c.last_number > 0) THEN
        RAISE EXCEPTION 'a series that has numbers keeps its name, kind and years'
            USING ERRCODE = 'EC017', DETAIL = format('Series "%s".', OLD.series),
                  HINT = 'Make another series.';
    ELSIF EXISTS (SELECT FROM ecommerce.invoice_series s
                  WHERE s.tenant_id = NEW.tenant_id AND s.series <> NEW.series
                    AND replace(s.format, '{series}', s.series)
                        = replace(NEW.format, '{series}', NEW.series)) THEN
        RAISE EXCEPTION 'another series has numbers of that format'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('Series "%s" has the format %s.', NEW.series, NEW.format),
                  HINT = 'Put {series} into it.';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_invoice_series() IS
    'Guards series: formats that can be read and differ (error 22023), and what stays once there '
    'are numbers (error EC017).';

CREATE FUNCTION ecommerce_internal.invoice_series_of(tenant_id integer, kind text, name text,
    OUT series text, OUT format text, OUT yearly boolean)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_asked text := invoice_series_of.name;
    v_words text := replace(invoice_series_of.kind, '_', ' ');
    v_kind  text;
BEGIN
    FOR v_try IN 1 .. 2 LOOP
        SELECT s.series, s.format, s.yearly, s.kind
        INTO invoice_series_of.series, invoice_series_of.format, invoice_series_of.yearly, v_kind
        FROM ecommerce.invoice_series s
        WHERE s.tenant_id = invoice_series_of.tenant_id
          AND (s.series = v_asked
               OR v_asked IS NULL AND s.kind = invoice_series_of.kind AND s.is_default);
        EXIT WHEN FOUND OR v_asked IS NOT NULL OR v_try = 2;
        -- Who has never asked for one gets the usual two when they are needed.
        INSERT INTO ecommerce.invoice_series (tenant_id, series, kind, format, is_default)
        SELECT invoice_series_of.tenant_id, d.series, d.kind, '{series}-{year}-{number:6}', true
        FROM (VALUES ('INV', 'invoice'), ('CN', 'credit_note')) AS d (series, kind)
        WHERE d.kind = invoice_series_of.kind
          AND NOT EXISTS (SELECT FROM ecommerce.invoice_series s
                          WHERE s.tenant_id = invoice_series_of.tenant_id
                            AND s.kind = invoice_series_of.kind)
        ON CONFLICT DO NOTHING;
    END LOOP;
    IF v_kind IS DISTINCT FROM invoice_series_of.kind THEN
        RAISE EXCEPTION '%', CASE
            WHEN v_asked IS NULL THEN format('no series is the default of %ss', v_words)
            WHEN v_kind IS NULL THEN format('unknown series "%s"', left(v_asked, 100))
            ELSE format('series "%s" is not for %ss', v_asked, v_words) END
            USING ERRCODE = 'EC052', HINT = 'See ecommerce.set_invoice_series().';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.invoice_series_of(integer, text, text) IS
    'The series of a kind of documents that is named, or the default one. name: its name, or '
    'NULL. A tenant that has none of that kind gets one then. Error EC052 unknown or of another '
    'kind.';

CREATE FUNCTION ecommerce_internal.shop_day_at(at timestamptz, timezone text) RETURNS date
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_shop_day_at';
COMMENT ON FUNCTION ecommerce_internal.shop_day_at(timestamptz, text) IS
    'The day that clocks of a time zone show at a moment. timezone: as in settings. Error EC015 a '
    'zone that this server does not know.';

CREATE FUNCTION ecommerce_internal.next_issue_date(last_issue_date date, year integer,
    tenant_id integer) RETURNS date
    LANGUAGE c VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ec_next_issue_date';
COMMENT ON FUNCTION ecommerce_internal.next_issue_date(date, integer, integer) IS
    'The day of a document that gets its number now. Neither it nor its year goes back where a '
    'clock does. last_issue_date: that of the counter. year: its year, or 0.';

CREATE FUNCTION ecommerce_internal.take_invoice_numbers(tenant_id integer, series text,
    yearly boolean, count bigint, OUT year integer, OUT last_number bigint, OUT issue_date date)
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = auto
    AS 'MODULE_PATHNAME', 'ec_take_invoice_numbers';
COMMENT ON FUNCTION ecommerce_internal.take_invoice_numbers(integer, text, boolean, bigint) IS
    'Lock the counter of a series until the transaction ends, and take the numbers after '
    'last_number. It is the last lock that a transaction takes. count: how many. issue_date: the '
    'shop''s day once the counter is locked, and never before that of an earlier number.';
