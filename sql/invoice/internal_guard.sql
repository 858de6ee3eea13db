-- What triggers of documents keep.

CREATE FUNCTION ecommerce_internal.check_invoice() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'ec_check_invoice';
COMMENT ON FUNCTION ecommerce_internal.check_invoice() IS
    'Deferred to the commit: documents are numbered without gaps and sum up. One has the number '
    'that its series gave, the one before it is that of a document, and its lines and its VAT '
    'breakdown sum to it. Error 23514.';

CREATE FUNCTION ecommerce_internal.check_invoice_part() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'ec_check_invoice_part';
COMMENT ON FUNCTION ecommerce_internal.check_invoice_part() IS
    'Lets lines and VAT breakdowns join documents of this transaction only: error EC017.';

CREATE FUNCTION ecommerce_internal.check_invoice_counter() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'ec_check_invoice_counter';
COMMENT ON FUNCTION ecommerce_internal.check_invoice_counter() IS
    'Deferred to the commit: the last number that a counter gave is that of a document. Error '
    '23514.';

CREATE FUNCTION ecommerce_internal.keep_invoice_counter() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'ec_keep_invoice_counter';
COMMENT ON FUNCTION ecommerce_internal.keep_invoice_counter() IS
    'Lets counters of series go up only: error EC017.';

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
