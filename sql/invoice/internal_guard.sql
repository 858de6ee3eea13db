-- What triggers of documents keep.
--
-- At commit nobody's rights but the role's own are left, so the two that wait for it have their
-- owner's, and refuse other tables, whose code would have them, too.  Plans that were made while
-- there were few documents would read all of them, so they are made each time.

CREATE FUNCTION ecommerce_internal.check_invoice() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_RELID <> 'ecommerce.invoices'::regclass THEN
        RAISE EXCEPTION 'check_invoice() is for invoices only'
            USING ERRCODE = 'trigger_protocol_violated';
    END IF;
    PERFORM ecommerce_internal.check_new_invoice(NEW.tenant_id, NEW.id, NEW.series, NEW.year,
                                                 NEW.number, NEW.net, NEW.vat);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_invoice() IS
    'Deferred to the commit: a document has the number that its series gave, and lines and a VAT '
    'breakdown that sum to it. Error 23514.';

CREATE FUNCTION ecommerce_internal.check_new_invoice(tenant_id integer, invoice_id uuid,
    series text, year integer, number bigint, net numeric, vat numeric) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := check_new_invoice.tenant_id;
    v_fault  text;
BEGIN
    v_fault := CASE
        WHEN NOT EXISTS (SELECT FROM ecommerce.invoice_counters c
                         WHERE c.tenant_id = v_tenant AND c.series = check_new_invoice.series
                           AND c.year = check_new_invoice.year
                           AND c.last_number >= check_new_invoice.number)
             OR check_new_invoice.number > 1
                AND NOT EXISTS (SELECT FROM ecommerce.invoices v
                                WHERE v.tenant_id = v_tenant
                                  AND v.series = check_new_invoice.series
                                  AND v.year = check_new_invoice.year
                                  AND v.number = check_new_invoice.number - 1)
            THEN 'Its number is not the next one of its series.'
        WHEN NOT EXISTS (SELECT FROM ecommerce.invoice_lines l
                         CROSS JOIN LATERAL (SELECT CASE l.part WHEN 'allowance' THEN -1
                                                    ELSE 1 END AS sign) s
                         WHERE l.tenant_id = v_tenant
                           AND l.invoice_id = check_new_invoice.invoice_id
                         HAVING sum(s.sign * l.net) = check_new_invoice.net
                            AND sum(s.sign * l.vat) = check_new_invoice.vat)
            THEN 'Its lines do not sum to it.'
        WHEN NOT EXISTS (SELECT FROM ecommerce.invoice_vat_groups g
                         WHERE g.tenant_id = v_tenant
                           AND g.invoice_id = check_new_invoice.invoice_id
                         HAVING sum(g.taxable) = check_new_invoice.net
                            AND sum(g.tax) = check_new_invoice.vat)
            THEN 'Its VAT breakdown does not sum to it.' END;
    IF v_fault IS NOT NULL THEN
        RAISE EXCEPTION 'document % of series "%" is not right', number, series
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_right', SCHEMA = 'ecommerce',
                  TABLE = 'invoices', DETAIL = v_fault,
                  HINT = 'Use ecommerce.issue_invoice() and ecommerce.issue_credit_note().';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_new_invoice(integer, uuid, text, integer, bigint,
    numeric, numeric) IS
    'For check_invoice(): a document has the number that its series gave, and lines and a VAT '
    'breakdown that sum to it. Error 23514.';

CREATE FUNCTION ecommerce_internal.check_invoice_parts() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer;
    v_number text;
BEGIN
    FOR v_tenant IN SELECT DISTINCT a.tenant_id FROM added a LOOP
        -- now() is the time of this transaction, and of what it has made.
        SELECT v.invoice_number INTO v_number
        FROM (SELECT DISTINCT a.invoice_id FROM added a WHERE a.tenant_id = v_tenant) n
        CROSS JOIN LATERAL (SELECT k.invoice_number FROM ecommerce.invoices k
                            WHERE k.tenant_id = v_tenant AND k.id = n.invoice_id
                              AND k.created_at <> now()
                              AND k.xmin IS DISTINCT FROM pg_current_xact_id_if_assigned()::xid
                            LIMIT 1) v
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'INSERT on % is refused', TG_TABLE_NAME
                USING ERRCODE = 'EC017',
                      DETAIL = format('Nothing is added to document %s, which was issued.',
                                      v_number);
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_invoice_parts() IS
    'Lets parts join documents of this transaction only: error EC017.';

CREATE FUNCTION ecommerce_internal.keep_invoice_counter() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF OLD.last_number > 0
       AND (TG_OP = 'DELETE' OR (NEW.series, NEW.year) IS DISTINCT FROM (OLD.series, OLD.year)
            OR NEW.last_number < OLD.last_number
            OR NEW.last_issue_date < OLD.last_issue_date OR NEW.last_issue_date IS NULL) THEN
        RAISE EXCEPTION '% on invoice_counters is refused', TG_OP
            USING ERRCODE = 'EC017', DETAIL = 'Numbers and days of a series only go up.';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.keep_invoice_counter() IS
    'Lets counters of series go up only: error EC017.';

CREATE FUNCTION ecommerce_internal.check_invoice_counter() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    IF TG_RELID <> 'ecommerce.invoice_counters'::regclass THEN
        RAISE EXCEPTION 'check_invoice_counter() is for invoice_counters only'
            USING ERRCODE = 'trigger_protocol_violated';
    ELSIF NEW.last_number > 0
       AND NOT EXISTS (SELECT FROM ecommerce.invoices v
                       WHERE v.tenant_id = NEW.tenant_id AND v.series = NEW.series
                         AND v.year = NEW.year AND v.number = NEW.last_number) THEN
        RAISE EXCEPTION 'number % of series "%" has no document', NEW.last_number, NEW.series
            USING ERRCODE = 'check_violation', CONSTRAINT = 'counter_right',
                  SCHEMA = 'ecommerce', TABLE = 'invoice_counters',
                  DETAIL = 'Numbers have no gaps.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_invoice_counter() IS
    'Deferred to the commit: the last number that a counter gave is that of a document. Error '
    '23514.';

CREATE FUNCTION ecommerce_internal.forgotten_party(party jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN coalesce(ecommerce_internal.only_keys(party, '{country,vat_id}'), '{}');
COMMENT ON FUNCTION ecommerce_internal.forgotten_party(jsonb) IS
    'What stays of who is on an invoice when the law asks for it no more: country and VAT id.';

CREATE FUNCTION ecommerce_internal.keep_invoice() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_personal constant text[] := ARRAY['buyer', 'delivery', 'payment', 'note'];
BEGIN
    -- But for whom it was for, once the years are over
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - v_personal = to_jsonb(OLD) - v_personal
       AND (NEW.buyer, NEW.delivery, NEW.payment, NEW.note)
           IS NOT DISTINCT FROM (ecommerce_internal.forgotten_party(OLD.buyer),
               ecommerce_internal.forgotten_party(OLD.delivery),
               OLD.payment - '{debtor_iban,mandate}'::text[], NULL)
       AND EXISTS (SELECT FROM ecommerce.settings s
                   WHERE s.tenant_id = OLD.tenant_id
                     AND ecommerce_internal.retained_until(
                             greatest(OLD.created_at, OLD.issue_date::timestamptz),
                             s.retention_years) <= now()) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% on invoices is refused', TG_OP
        USING ERRCODE = 'EC017', DETAIL = 'What was issued does not change.',
              HINT = 'Call ecommerce.issue_credit_note().';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.keep_invoice() IS
    'Documents neither change nor go, error EC017. But erase_expired() may take names and '
    'addresses when settings.retention_years are over.';
