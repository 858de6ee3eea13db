-- What a document is written from: its snapshot, with every value as it will stand there.

CREATE FUNCTION ecommerce_internal.check_xml_text(value text, place text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- XML 1.0, production 2: of control characters only tab, line feed and carriage return
    v_pattern CONSTANT text := E'[\\u0001-\\u0008\\u000B\\u000C\\u000E-\\u001F\\uFFFE\\uFFFF]';
BEGIN
    IF value ~ v_pattern THEN
        RAISE EXCEPTION '% has a character that XML cannot have', coalesce(place, 'a text')
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('It is U+%s, at position %s.',
                      lpad(upper(to_hex(ascii(substring(value FROM v_pattern))) COLLATE "C"),
                           4, '0'),
                      length((regexp_split_to_array(value, v_pattern))[1]) + 1);
    END IF;
    RETURN value;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_xml_text(text, text) IS
    'The text, if XML can have each of its characters; NULL of NULL. place: where it stands, for '
    'the message: invoice.buyer.name. Error 22023 for control characters but tab, line feed and '
    'carriage return, and for U+FFFE and U+FFFF; the detail names the first and its position.';

CREATE FUNCTION ecommerce_internal.xml_value(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN nullif(btrim(value, E' \t\r\n'), '');
COMMENT ON FUNCTION ecommerce_internal.xml_value(text) IS
    'A text without blanks at its ends; NULL if nothing is left, because documents have no empty '
    'elements.';

CREATE FUNCTION ecommerce_internal.xml_object(value jsonb, place text) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_object_agg(
                            e.key, ecommerce_internal.check_xml_text(
                                CASE WHEN e.key <> 'country' THEN e.value
                                     WHEN e.value = 'EL' THEN 'GR' ELSE e.value END,
                                concat_ws('.', place, e.key))), '{}')
        FROM (SELECT v.key, btrim(v.value, E' \t\r\n') AS value
              FROM jsonb_each_text(nullif(xml_object.value, 'null')) v) e
        WHERE e.value <> '');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.xml_object(jsonb, text) IS
    'An object of texts as documents have them: trimmed, without what is empty, Greece as GR. '
    'place: for the message of error 22023, as check_xml_text() raises it.';

CREATE FUNCTION ecommerce_internal.document_vat_id(vat_id text, country text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id text := upper(ecommerce_internal.without_separators(vat_id) COLLATE "C");
BEGIN
    RETURN coalesce(ecommerce.vat_id_normalize(vat_id),
                    CASE WHEN v_id ~ '^GR[0-9]' THEN 'EL' || substr(v_id, 3)
                         WHEN v_id ~ '^[A-Z]{2}' THEN v_id
                         WHEN country = 'GR' THEN 'EL' || v_id
                         ELSE country || v_id END);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.document_vat_id(text, text) IS
    'A VAT id with its prefix, which is EL for Greece and else the code of the country. One that '
    'is not well-formed stays as it is, but for its prefix.';

CREATE FUNCTION ecommerce_internal.document_parties(invoice jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_seller   jsonb := ecommerce_internal.xml_object(invoice -> 'seller', 'invoice.seller');
    v_buyer    jsonb := ecommerce_internal.xml_object(invoice -> 'buyer', 'invoice.buyer');
    v_delivery jsonb := ecommerce_internal.xml_object(invoice -> 'delivery', 'invoice.delivery');
    v_payment  jsonb := ecommerce_internal.xml_object(invoice -> 'payment', 'invoice.payment');
    v_taxed    boolean := NOT invoice -> 'categories' ? 'O';
BEGIN
    v_seller := v_seller || jsonb_build_object(
        'vat_id', CASE WHEN v_taxed THEN ecommerce_internal.document_vat_id(
                                             v_seller ->> 'vat_id', v_seller ->> 'country') END,
        -- Who is outside the scope of VAT shows no VAT id, but has to be known by something.
        'identifier', CASE WHEN NOT (v_taxed AND v_seller ? 'vat_id')
                                AND NOT v_seller ? 'registration_number'
                           THEN coalesce(v_seller ->> 'tax_number', v_seller ->> 'vat_id') END,
        'creditor_id', CASE WHEN v_payment ->> 'means' IN ('49', '59')
                            THEN coalesce(v_payment ->> 'creditor_id',
                                          v_seller ->> 'sepa_creditor_id') END);
    v_buyer := v_buyer || jsonb_build_object(
        'name', coalesce(v_buyer ->> 'company', v_buyer ->> 'name'),
        'contact_name', CASE WHEN v_buyer ? 'company' THEN v_buyer ->> 'name' END,
        'vat_id', CASE WHEN v_taxed THEN ecommerce_internal.document_vat_id(
                                             v_buyer ->> 'vat_id', v_buyer ->> 'country') END);
    IF invoice ->> 'profile' = 'peppol_gr' THEN
        v_seller := v_seller || jsonb_build_object(
            'trade_name', coalesce(v_seller ->> 'trade_name', v_seller ->> 'name'));
        v_buyer := v_buyer || jsonb_build_object('trade_name', v_buyer -> 'name');
    END IF;
    IF invoice -> 'categories' ? 'K' AND NOT v_delivery ? 'country' THEN
        v_delivery := v_buyer || v_delivery;
    END IF;
    RETURN jsonb_build_object(
        'seller', jsonb_strip_nulls(v_seller), 'buyer', jsonb_strip_nulls(v_buyer),
        'delivery', v_delivery || jsonb_strip_nulls(jsonb_build_object(
            'name', coalesce(v_delivery -> 'company', v_delivery -> 'name'))),
        'payment', v_payment || jsonb_strip_nulls(jsonb_build_object(
            'means', coalesce(v_payment ->> 'means',
                              CASE WHEN v_payment ? 'iban' THEN '30'
                                   -- A credit note can say when it is due there only.
                                   WHEN invoice ->> 'kind' = 'credit_note'
                                        AND invoice ->> 'due_date' IS NOT NULL THEN '1' END))));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.document_parties(jsonb) IS
    'Seller, buyer, delivery and payment of an invoice, as its documents have them. Without VAT '
    'ids where VAT category O is, which then has another identifier of the seller; names of '
    'companies before those of people; the buyer''s address where an intra-Community supply has '
    'no other.';

CREATE FUNCTION ecommerce_internal.document_sums(tenant_id integer, invoice_id uuid,
    decimals integer) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $$
BEGIN
    RETURN (
        SELECT jsonb_strip_nulls(jsonb_build_object(
                   'lines', sum(l.net) FILTER (WHERE l.part = 'line'),
                   'allowances', sum(l.net) FILTER (WHERE l.part = 'allowance'),
                   'charges', sum(l.net) FILTER (WHERE l.part = 'charge'),
                   'line_decimals', max(min_scale(l.net))))
        FROM ecommerce.invoice_lines l
        WHERE l.tenant_id = document_sums.tenant_id AND l.invoice_id = document_sums.invoice_id)
    || (
        SELECT jsonb_build_object(
                   'taxable', sum(g.taxable), 'tax', sum(g.tax),
                   'group_decimals', max(greatest(min_scale(g.taxable), min_scale(g.tax))),
                   'categories', coalesce(jsonb_agg(DISTINCT g.vat_category), '[]'),
                   'vat', coalesce(jsonb_agg(jsonb_build_object(
                       'category', g.vat_category,
                       'rate', CASE WHEN g.vat_category <> 'O' THEN trim_scale(g.vat_rate)::text
                               END,
                       'taxable', round(g.taxable, decimals)::text,
                       'tax', round(g.tax, decimals)::text,
                       'vatex', CASE WHEN g.vat_category NOT IN ('S', 'Z') THEN
                           coalesce(ecommerce_internal.xml_value(g.vatex),
                                    CASE WHEN g.vat_category IN ('AE', 'K', 'G', 'O')
                                              AND ecommerce_internal.xml_value(g.reason) IS NULL
                                         THEN 'VATEX-EU-' || CASE g.vat_category WHEN 'K' THEN 'IC'
                                                                  ELSE g.vat_category END END)
                           END,
                       'reason', CASE WHEN g.vat_category NOT IN ('S', 'Z') THEN
                           ecommerce_internal.check_xml_text(
                               ecommerce_internal.xml_value(g.reason), 'invoice.vat.reason') END)
                       ORDER BY g.vat_category COLLATE "C", g.vat_rate), '[]'))
        FROM ecommerce.invoice_vat_groups g
        WHERE g.tenant_id = document_sums.tenant_id AND g.invoice_id = document_sums.invoice_id);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.document_sums(integer, uuid, integer) IS
    'Sums of the lines of an invoice and its VAT breakdown, with amounts as documents have them. '
    'decimals: how many these have. Error 22023 for a reason that XML cannot have.';

CREATE FUNCTION ecommerce_internal.document_number(tenant_id integer, invoice_id uuid,
    vat_id text, OUT number text, OUT mark bigint, OUT qr_url text, OUT kind text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT concat_ws('|', substr(vat_id, 3), to_char(i.issue_date, 'DD/MM/YYYY'), m.branch,
                     m.mydata_type, coalesce(nullif(m.series, ''), '0'), m.number),
           m.mark, m.qr_url, m.mydata_type
    INTO document_number.number, document_number.mark, document_number.qr_url, document_number.kind
    FROM ecommerce.invoices i
    CROSS JOIN LATERAL ecommerce_internal.mydata_mark(document_number.tenant_id, i.id) m
    WHERE i.tenant_id = document_number.tenant_id AND i.id = document_number.invoice_id
      AND m.mark IS NOT NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.document_number(integer, uuid, text) IS
    'How Greek sellers number a document in the Peppol network. vat_id: of the seller, with its '
    'prefix. Result: the number, as AFM|day|branch|type|series|number, the MARK, where the '
    'document can be looked up, and its type in myDATA; all NULL before it has a MARK.';

CREATE FUNCTION ecommerce_internal.document_greek(tenant_id integer, document jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_vat_id text := document -> 'seller' ->> 'vat_id';
    v_own    record;
BEGIN
    SELECT n.* INTO v_own
    FROM ecommerce_internal.document_number(tenant_id, (document ->> 'id')::uuid, v_vat_id) n;
    RETURN document || jsonb_build_object(
        'mark', v_own.mark, 'mydata_type', v_own.kind,
        'invoice_number', coalesce(v_own.number, document ->> 'invoice_number'),
        'references', jsonb_build_array(
            jsonb_build_object('id', v_own.mark, 'description', '##M.AR.K##'))
            || CASE WHEN v_own.qr_url <> '' THEN jsonb_build_array(jsonb_build_object(
                   'id', v_own.mark, 'description', '##INVOICE|URL##', 'uri', v_own.qr_url))
               ELSE '[]' END,
        'preceding', (
            SELECT coalesce(jsonb_agg(p.p || jsonb_build_object('invoice_number',
                                coalesce(n.number, p.p ->> 'invoice_number')) ORDER BY p.n), '[]')
            FROM jsonb_array_elements(document -> 'preceding') WITH ORDINALITY p (p, n)
            LEFT JOIN LATERAL ecommerce_internal.document_number(
                document_greek.tenant_id, (p.p ->> 'id')::uuid, v_vat_id) n ON true));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.document_greek(integer, jsonb) IS
    'A snapshot with what Greek rules add: numbers of myDATA, MARK and where to look it up.';

CREATE FUNCTION ecommerce_internal.document_snapshot(tenant_id integer, invoice_id uuid,
    profile text DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    v_any      boolean := NOT ecommerce_internal.acts_for_customer();
    v_document jsonb;
    v_decimals integer;
BEGIN
    SELECT to_jsonb(i) - '{note,order_number}'::text[]
           || jsonb_build_object('profile', coalesce(document_snapshot.profile, i.profile))
           || ecommerce_internal.xml_object(jsonb_build_object(
                  'invoice_number', i.invoice_number, 'order_number', i.order_number,
                  'note', i.note), 'invoice')
           || jsonb_build_object('preceding', (
                  SELECT coalesce(jsonb_agg(ecommerce_internal.xml_object(p.p, 'invoice.preceding')
                                            ORDER BY p.n), '[]')
                  FROM jsonb_array_elements(i.preceding) WITH ORDINALITY p (p, n)
                  WHERE jsonb_typeof(p.p) = 'object'))
    INTO v_document
    FROM ecommerce.invoices i
    WHERE i.tenant_id = document_snapshot.tenant_id AND i.id = document_snapshot.invoice_id
      AND (v_any OR i.user_id = ecommerce.current_customer()
           OR i.order_id = ecommerce.placed_order_id());
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    -- The standard has two decimals at most, whatever the currency has.
    v_decimals := least(2, scale(ecommerce.round_amount(0, v_document ->> 'currency')));
    v_document := v_document || jsonb_build_object('decimals', v_decimals)
        || ecommerce_internal.document_sums(tenant_id, invoice_id, v_decimals);
    v_document := v_document || ecommerce_internal.document_parties(v_document);
    IF v_document ->> 'tax_currency' = v_document ->> 'currency' THEN
        v_document := v_document - 'tax_currency';
    END IF;
    IF v_document ->> 'profile' = 'peppol_gr' THEN
        v_document := ecommerce_internal.document_greek(tenant_id, v_document);
    END IF;
    RETURN v_document;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.document_snapshot(integer, uuid, text) IS
    'An invoice as documents are written from it: its row, its parties, its sums and its VAT '
    'breakdown, but not its lines. profile: by whose rules, if not those of the invoice. NULL if '
    'there is none, or the caller may not see it. Error 22023 for a text that XML cannot have.';

CREATE FUNCTION ecommerce_internal.document_id(tenant_id integer, invoice_number text)
    RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    RETURN coalesce(
        (SELECT i.id FROM ecommerce.invoices i
         WHERE i.tenant_id = document_id.tenant_id
           AND i.invoice_number = document_id.invoice_number),
        CASE WHEN invoice_number ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
             THEN invoice_number::uuid END);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.document_id(integer, text) IS
    'The invoice of a number, or of an id without a type; NULL if it is neither.';
