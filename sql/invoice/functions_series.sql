-- Series in which documents are numbered.

CREATE FUNCTION ecommerce.set_invoice_series(series text, kind text, format text,
    yearly boolean DEFAULT true, is_default boolean DEFAULT false,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.invoice_series_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_result ecommerce.invoice_series_state;
BEGIN
    IF num_nulls(series, kind, format, yearly, is_default) > 0 THEN
        RAISE EXCEPTION 'series, kind, format, yearly and is_default must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF series !~ '^[A-Za-z0-9._-]{1,20}$' OR kind NOT IN ('invoice', 'credit_note') THEN
        RAISE EXCEPTION 'series must have 1 to 20 letters, digits, dots and hyphens, and kind be '
                        'invoice or credit_note'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM ecommerce_internal.check_invoice_format(format, yearly);
    -- One at a time, so that there are not two defaults
    PERFORM FROM ecommerce.settings s WHERE s.tenant_id = v_tenant FOR NO KEY UPDATE;
    IF is_default THEN
        UPDATE ecommerce.invoice_series s SET is_default = false
        WHERE s.tenant_id = v_tenant AND s.kind = set_invoice_series.kind AND s.is_default
          AND s.series <> set_invoice_series.series;
    END IF;
    INSERT INTO ecommerce.invoice_series AS s (tenant_id, series, kind, format, yearly, is_default)
    VALUES (v_tenant, set_invoice_series.series, set_invoice_series.kind,
            set_invoice_series.format, set_invoice_series.yearly, set_invoice_series.is_default)
    ON CONFLICT ON CONSTRAINT invoice_series_pkey
    DO UPDATE SET kind = excluded.kind, format = excluded.format, yearly = excluded.yearly,
                  is_default = excluded.is_default
    RETURNING s.series, s.kind, s.format, s.yearly, s.is_default INTO v_result;
    PERFORM ecommerce_internal.check_written(FOUND, 'invoice_series');
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce.set_invoice_series(text, text, text, boolean, boolean, integer) IS
    'Make a series of documents, or change how its numbers look from the next one on. series: its '
    'name. kind: invoice or credit_note. format: text in which {series}, {year}, {yy}, {month} and '
    '{number}, or {number:6} with zeros to six digits, are filled in. yearly: whether numbers '
    'begin at 1 again each year, for which the format needs {year} or {yy}. is_default: whether '
    'documents of its kind are of it that name no series, in place of the one that is so far. '
    'Kind and years stay once there are numbers. A tenant without any gets INV and CN when it '
    'issues its first document. Returns the series. Errors: 22023 a wrong name, kind or format, '
    'or one that another series has; EC017 it has numbers; 22004 NULL.';
