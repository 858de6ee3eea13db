-- Numbering and writing documents that were found right.

CREATE FUNCTION ecommerce_internal.write_invoices(tenant_id integer, kind text, series text,
    drafts jsonb[], OUT ids uuid[], OUT invoice_numbers text[], OUT issue_date date,
    OUT due_dates date[])
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = auto
    AS 'MODULE_PATHNAME', 'ec_write_invoices';
COMMENT ON FUNCTION ecommerce_internal.write_invoices(integer, text, text, jsonb[]) IS
    'Number and write documents that were checked, with their events. kind: invoice or '
    'credit_note. series: the name of their series, or NULL for the default. Returns what they '
    'got, in the order of drafts. Errors: EC052 about the series, 27000 a trigger changes what is '
    'written.';

CREATE FUNCTION ecommerce_internal.write_by_statement(ids uuid[], drafts jsonb[], series text,
    year integer, first_number bigint, invoice_numbers text[], issue_date date, tenant_id integer)
    RETURNS date[]
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_tenant integer := write_by_statement.tenant_id;
    v_dues   date[];
BEGIN
    WITH doc AS MATERIALIZED (
        SELECT w.id, w.n, w.invoice_number, first_number + w.n - 1 AS number,
               write_by_statement.series, write_by_statement.year,
               write_by_statement.issue_date AS today, d.*
        FROM unnest(ids, drafts, invoice_numbers) WITH ORDINALITY
            AS w (id, draft, invoice_number, n)
        CROSS JOIN LATERAL jsonb_to_record(w.draft) AS d (kind text, type_code text, profile text,
            delivery_date date, due_date date, payment_days integer, order_id uuid,
            order_created_at timestamptz, order_number text, shipment_id uuid, refund_id uuid,
            user_id uuid, currency text, net numeric, vat numeric, gross numeric, prepaid numeric,
            rounding numeric, tax_currency text, exchange_rate numeric, vat_scheme text,
            country text, region text, seller jsonb, buyer jsonb, delivery jsonb, payment jsonb,
            preceding jsonb, note text, idempotency_key text)
    ), written AS (
        INSERT INTO ecommerce.invoices AS v (tenant_id, id, series, year, number, invoice_number,
            kind, type_code, profile, issue_date, delivery_date, due_date, order_id,
            order_created_at, order_number, shipment_id, refund_id, user_id, currency, net, vat,
            gross, prepaid, rounding, tax_currency, exchange_rate, vat_scheme, country, region,
            seller, buyer, delivery, payment, preceding, note, idempotency_key)
        SELECT v_tenant, d.id, d.series, d.year, d.number, d.invoice_number, d.kind, d.type_code,
               d.profile, d.today, d.delivery_date,
               CASE WHEN d.due_date < d.today THEN d.today
                    ELSE coalesce(d.due_date, d.today + d.payment_days) END,
               d.order_id, d.order_created_at, d.order_number, d.shipment_id, d.refund_id,
               d.user_id, d.currency, d.net, d.vat, d.gross, d.prepaid, d.rounding, d.tax_currency,
               d.exchange_rate, d.vat_scheme, d.country, d.region, d.seller, d.buyer,
               nullif(nullif(d.delivery, 'null'), '{}'), d.payment, d.preceding, d.note,
               d.idempotency_key
        FROM doc d
        ON CONFLICT (tenant_id, invoice_number) DO NOTHING
        RETURNING v.*)
    SELECT array_agg(v.due_date ORDER BY d.n) INTO v_dues
    FROM doc d JOIN written v ON v.id = d.id
    WHERE (v.series, v.year, v.number, v.invoice_number, v.issue_date, v.kind, v.order_id,
           v.refund_id, v.currency, v.net, v.vat, v.gross, v.prepaid, v.rounding)
          IS NOT DISTINCT FROM (d.series, d.year, d.number, d.invoice_number, d.today, d.kind,
              d.order_id, d.refund_id, d.currency, d.net, d.vat, d.gross, d.prepaid, d.rounding);
    IF cardinality(v_dues) IS DISTINCT FROM cardinality(ids) THEN
        PERFORM ecommerce_internal.check_numbers_free(v_tenant, write_by_statement.series, ids,
                                                      invoice_numbers);
    END IF;
    PERFORM ecommerce_internal.check_written(cardinality(v_dues) = cardinality(ids), 'invoices');
    PERFORM ecommerce_internal.write_parts_by_statement(ids, drafts, v_tenant);
    RETURN v_dues;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.write_by_statement(uuid[], jsonb[], text, integer, bigint,
    text[], date, integer) IS
    'For write_invoices(): write documents that are numbered. It is taken where others have '
    'triggers, which may change what is written, and where tables are not as they were made. '
    'Errors: 27000 a trigger changes it, EC052 a number is taken.';

CREATE FUNCTION ecommerce_internal.write_parts_by_statement(ids uuid[], drafts jsonb[],
    tenant_id integer) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_same boolean;
BEGIN
    WITH line AS MATERIALIZED (
        SELECT w.id AS invoice_id, l.*
        FROM unnest(ids, drafts) AS w (id, draft)
        CROSS JOIN LATERAL jsonb_to_recordset(w.draft -> 'lines') AS l (line_number integer,
            part text, order_line integer, kind text, sku text, gtin text, name text,
            quantity integer, unit_code text, unit_price numeric, base_quantity integer,
            allowance numeric, net numeric, vat numeric, vat_category text, vat_rate numeric,
            reason_code text, reason text, supply text, corrected_invoice_id uuid,
            corrected_line_number integer)
    ), written AS (
        INSERT INTO ecommerce.invoice_lines AS i (tenant_id, invoice_id, line_number, part,
            order_line, kind, sku, gtin, name, quantity, unit_code, unit_price, base_quantity,
            allowance, net, vat, vat_category, vat_rate, reason_code, reason, supply,
            corrected_invoice_id, corrected_line_number)
        SELECT write_parts_by_statement.tenant_id, l.* FROM line l
        RETURNING i.*)
    SELECT count(*) = (SELECT count(*) FROM line) INTO v_same
    FROM line l JOIN written w ON w.invoice_id = l.invoice_id AND w.line_number = l.line_number
    WHERE (w.part, w.order_line, w.kind, w.quantity, w.unit_price, w.base_quantity, w.allowance,
           w.net, w.vat, w.vat_category, w.vat_rate, w.corrected_invoice_id,
           w.corrected_line_number)
          IS NOT DISTINCT FROM (l.part, l.order_line, l.kind, l.quantity, l.unit_price,
              l.base_quantity, l.allowance, l.net, l.vat, l.vat_category, l.vat_rate,
              l.corrected_invoice_id, l.corrected_line_number);
    PERFORM ecommerce_internal.check_written(v_same, 'invoice_lines');
    WITH part AS MATERIALIZED (
        SELECT w.id AS invoice_id, g.*
        FROM unnest(ids, drafts) AS w (id, draft)
        CROSS JOIN LATERAL jsonb_to_recordset(w.draft -> 'vat_breakdown') AS g (
            vat_category text, vat_rate numeric, taxable numeric, tax numeric, vatex text,
            reason text, mydata_exemption integer)
    ), written AS (
        INSERT INTO ecommerce.invoice_vat_groups AS i (tenant_id, invoice_id, vat_category,
            vat_rate, taxable, tax, vatex, reason, mydata_exemption)
        SELECT write_parts_by_statement.tenant_id, g.* FROM part g
        RETURNING i.*)
    SELECT count(*) = (SELECT count(*) FROM part) INTO v_same
    FROM part g JOIN written w ON (w.invoice_id, w.vat_category, w.vat_rate, w.taxable, w.tax)
                               = (g.invoice_id, g.vat_category, g.vat_rate, g.taxable, g.tax);
    PERFORM ecommerce_internal.check_written(v_same, 'invoice_vat_groups');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.write_parts_by_statement(uuid[], jsonb[], integer) IS
    'For write_by_statement(): lines and VAT breakdowns. Error 27000 if a trigger changes them.';

CREATE FUNCTION ecommerce_internal.count_documents(tenant_id integer, drafts jsonb[])
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    RETURN (SELECT count(*) FROM ecommerce.invoices v
            WHERE v.tenant_id = count_documents.tenant_id
              AND v.order_id IN (SELECT (d ->> 'order_id')::uuid FROM unnest(drafts) d));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.count_documents(integer, jsonb[]) IS
    'How many documents the orders of some drafts have, as of now.';

CREATE FUNCTION ecommerce_internal.check_documents(tenant_id integer, ids uuid[], drafts jsonb[],
    expected bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    PERFORM ecommerce_internal.check_written(
        ecommerce_internal.count_documents(tenant_id, drafts) = expected, 'invoices');
    -- One that leaves lines out, or writes some, would make another document of it.
    PERFORM ecommerce_internal.check_written(
        (SELECT count(*) FROM ecommerce.invoice_lines l
         WHERE l.tenant_id = check_documents.tenant_id AND l.invoice_id = ANY (ids))
        = (SELECT sum(jsonb_array_length(d -> 'lines')) FROM unnest(drafts) d), 'invoice_lines');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_documents(integer, uuid[], jsonb[], bigint) IS
    'For write_invoices(), where others have triggers: whether these documents were written alone. '
    'Error 27000 if their orders have other ones, too, or they have other lines than their drafts. '
    'expected: how many documents the orders have now.';

CREATE FUNCTION ecommerce_internal.check_numbers_free(tenant_id integer, series text, ids uuid[],
    invoice_numbers text[]) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_taken text := (SELECT v.invoice_number FROM ecommerce.invoices v
                     WHERE v.tenant_id = check_numbers_free.tenant_id
                       AND v.invoice_number = ANY (invoice_numbers) AND v.id <> ALL (ids)
                     LIMIT 1);
BEGIN
    IF v_taken IS NOT NULL THEN
        RAISE EXCEPTION 'the next number of series "%" is taken: %', series, v_taken
            USING ERRCODE = 'EC052',
                  HINT = 'Another series, or this one with its former format, has it. Give the '
                         'series another format.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_numbers_free(integer, text, uuid[], text[]) IS
    'Error EC052 if one of some numbers is that of another document than ids, which were to get '
    'them.';
