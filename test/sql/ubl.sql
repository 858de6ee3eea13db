-- Invoices as UBL: what stands in them, what they need, and who may read them.
CREATE EXTENSION ecommerce;
SET timezone = 'UTC';
INSERT INTO ecommerce.users (id, email) VALUES
    ('01930000-0000-7000-8000-0000000000a1', 'a@example.com'),
    ('01930000-0000-7000-8000-0000000000a2', 'b@example.com');
INSERT INTO ecommerce.invoice_series (tenant_id, series, kind, format) VALUES
    (1, 'ubl', 'invoice', '{series}-{year}-{number}'),
    (1, 'ubl-c', 'credit_note', '{series}-{year}-{number}');

-- An invoice of two units at 19.99 and shipping, with whatever is other about it; no trigger
-- looks at how it came to be.
CREATE FUNCTION public.make(name text, other jsonb DEFAULT '{}', line jsonb DEFAULT '{}',
    breakdown jsonb DEFAULT '{}') RETURNS uuid LANGUAGE plpgsql
    SET session_replication_role = replica AS $$
DECLARE
    v_id uuid := ecommerce.uuid_v7();
    v    jsonb := '{"tenant_id": 1, "series": "ubl", "year": 2026, "kind": "invoice",
        "type_code": "380", "profile": "en16931", "issue_date": "2026-11-29",
        "due_date": "2026-12-13", "order_number": "261129-7K3QX9M2TV", "currency": "EUR",
        "net": 44.88, "vat": 10.77, "gross": 55.65, "prepaid": 0, "rounding": 0,
        "vat_scheme": "standard", "country": "GR", "region": "",
        "seller": {"name": "Shop", "country": "GR", "vat_id": "EL094259216"},
        "buyer": {"name": "Ann", "country": "GR"}, "payment": {}, "preceding": [],
        "user_id": "01930000-0000-7000-8000-0000000000a1"}';
BEGIN
    v := v || other || jsonb_build_object('id', v_id, 'order_id', v_id, 'created_at', now(),
        'order_created_at', now(), 'invoice_number', name, 'seller', (v -> 'seller')
        || coalesce(other -> 'seller', '{}'), 'buyer', (v -> 'buyer')
        || coalesce(other -> 'buyer', '{}'), 'number', 1 + (SELECT count(*)
        FROM ecommerce.invoices));
    INSERT INTO ecommerce.invoices
    SELECT * FROM jsonb_populate_record(NULL::ecommerce.invoices, v);
    INSERT INTO ecommerce.invoice_lines
    SELECT l.* FROM jsonb_populate_recordset(NULL::ecommerce.invoice_lines, jsonb_build_array(
        '{"line_number": 1, "part": "line", "kind": "product", "sku": "A<1>", "name": "Aπλό & Co",
            "quantity": 2, "unit_price": 19.990, "net": 39.98, "allowance": 0,
            "gtin": "4006381333931"}'::jsonb || line, '{"line_number": 2, "part": "charge",
            "kind": "shipping", "name": "Shipping", "quantity": 1, "unit_price": 1, "net": 4.9,
            "allowance": 0}'::jsonb || coalesce(other -> 'shipping', '{}'))) e,
        jsonb_populate_record(e, jsonb_build_object('tenant_id', v -> 'tenant_id', 'invoice_id',
            v_id, 'order_line', 1, 'unit_code', coalesce(e.unit_code, 'C62'), 'base_quantity',
            coalesce(e.base_quantity, 1), 'vat', 0, 'vat_category', coalesce(breakdown ->>
            'vat_category', 'S'), 'vat_rate', coalesce(to_jsonb(e.vat_rate), breakdown ->
            'vat_rate', '24'), 'supply', 'goods')) l;
    INSERT INTO ecommerce.invoice_vat_groups
    SELECT * FROM jsonb_populate_record(NULL::ecommerce.invoice_vat_groups,
        '{"vat_category": "S", "vat_rate": 24.00, "taxable": 44.88, "tax": 10.77}' || breakdown
        || jsonb_build_object('tenant_id', v -> 'tenant_id', 'invoice_id', v_id));
    RETURN v_id;
END $$;
-- An element a line
CREATE FUNCTION public.pretty(xml text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT * FROM regexp_split_to_table(regexp_replace(rtrim(xml, E'\n'), '(</[^>]*>|'
        '<(?:cac:|ram:|rsm:|Invoice|CreditNote)[^>]*>)(?=<)', E'\\1\n', 'g'), E'\n') $$;
-- What is wrong with a document that differs so
CREATE FUNCTION public.gaps(other jsonb DEFAULT '{}', line jsonb DEFAULT '{}',
    breakdown jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_id     uuid;
    v_detail text;
BEGIN
    v_id := public.make('X', other, line, breakdown);
    PERFORM ecommerce.invoice_xml(v_id);
    RAISE EXCEPTION 'none' USING ERRCODE = 'P0001';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', CASE SQLSTATE WHEN 'P0001' THEN 'none' ELSE SQLSTATE END,
        CASE WHEN SQLSTATE = '22023' THEN SQLERRM || ':' END, v_detail);
END $$;

-- An invoice with little in it
SELECT public.make('A-1') AS a \gset
SELECT public.pretty(ecommerce.invoice_xml(:'a'::uuid)) AS invoice;

-- A credit note with much in it, by Peppol
SELECT public.make('C-1', jsonb_build_object('kind', 'credit_note', 'type_code', '381',
    'series', 'ubl-c', 'profile', 'peppol', 'preceding', jsonb_build_array(jsonb_build_object(
        'id', :'a', 'invoice_number', 'A-1', 'issue_date', '2026-11-29'),
        jsonb_build_object('invoice_number', 'A-0')),
    'delivery_date', '2026-11-28', 'currency', 'USD', 'tax_currency', 'EUR',
    'exchange_rate', 0.8625, 'prepaid', 5.65, 'note', E'  Thank\nyou  ',
    'seller', '{"trade_name": "The shop", "address_line_1": "Ermou 1", "address_line_2": " ",
        "city": "Athens", "state": "Attica", "postal_code": "10563", "tax_number": "T1",
        "registration_number": "000812345", "registration_scheme": "0240",
        "email": "s@example.com",
        "contact_name": "Sales", "phone": "+30 210", "legal_note": "Capital 1", "vat_id":
        "GR 094259216", "endpoint_scheme": "9933", "endpoint_id": "094259216",
        "sepa_creditor_id": "GR00"}'::jsonb,
    'buyer', '{"company": "Buyer", "vat_id": "090000045", "reference": "R 1",
        "purchase_order": "7", "endpoint_scheme": "9933", "endpoint_id": "090000045",
        "email": "b@example.com"}'::jsonb,
    'delivery', '{"name": "Bob", "address_line_1": "Via 2", "city": "Roma",
        "country": "IT"}'::jsonb,
    'payment', '{"means": "59", "mandate": "M1", "debtor_iban": "IT60X0542811101000000123456",
        "reference": "RF18", "terms": "at once"}'::jsonb),
    '{"quantity": 1500, "base_quantity": 1000, "unit_code": "GRM", "unit_price": 30.00000,
        "allowance": 5.02}') AS c \gset
SELECT public.pretty(ecommerce.invoice_xml(:'c'::uuid)) AS credit_note;

-- The same as CII, which Factur-X takes
SELECT public.pretty(ecommerce.invoice_cii(:'c'::uuid)) AS cii;
SELECT ecommerce.invoice_cii('A-1') = ecommerce.invoice_cii(:'a') AS same,
    ecommerce.invoice_cii('A-2') IS NULL AS unknown_number, ecommerce.invoice_cii(NULL::uuid)
    IS NULL AS no_id;

-- By number, by an id without a type, and what is unknown
SELECT ecommerce.invoice_xml('A-1') = ecommerce.invoice_xml(:'a') AS same,
    ecommerce.invoice_xml('A-2') IS NULL AS unknown_number,
    ecommerce.invoice_xml(ecommerce.uuid_v7()) IS NULL AS unknown_id,
    ecommerce.invoice_xml(NULL::uuid) IS NULL AS no_id, ecommerce.invoice_xml(NULL::text) IS NULL
    AS no_number;

-- Outside the scope of VAT there are no VAT ids, and no rates; the seller is known by another.
CREATE FUNCTION public.numbers(name text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(m[1] || ' ' || m[2], ', ') FROM regexp_matches(ecommerce.invoice_xml(name),
        '<cbc:(CompanyID|Percent|TaxExemptionReasonCode|TaxExemptionReason|ID)\M[^>]*>([^<]*)', 'g')
        WITH ORDINALITY x (m, n) WHERE n > 2 AND m[2] <> 'VAT' $$;
SELECT public.make('O-1', '{"vat": 0, "gross": 44.88, "buyer": {"vat_id": "EL090000045"}}', '{}',
    '{"vat_category": "O", "vat_rate": 0, "tax": 0}') IS NOT NULL AS made,
    public.make('K-1', '{"vat": 0, "gross": 44.88, "buyer": {"vat_id": "IT00743110157", "country":
        "IT"}, "delivery_date": "2026-11-28"}', '{}',
    '{"vat_category": "K", "vat_rate": 0, "tax": 0, "reason": "Intra-Community supply"}')
    IS NOT NULL AS made;
SELECT public.numbers('O-1'), public.numbers('K-1');

-- Amounts have the decimals of their currency, prices all that they have; where the net was
-- rounded to whole units, the price is that of all that was sold.
CREATE FUNCTION public.amounts(name text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(m[1], ' ') FROM regexp_matches(ecommerce.invoice_xml(name),
        '<cbc:\w+(?:Amount|BaseQuantity)\M[^>]*>([^<]*)', 'g') m $$;
SELECT public.make('JPY', '{"currency": "JPY", "net": 6599, "vat": 1584, "gross": 8183,
    "shipping": {"net": 504.0}}', '{"quantity": 3, "unit_price": 2031.5, "net": 6095}',
    '{"taxable": 6599, "tax": 1584}') IS NOT NULL AS made;
SELECT public.amounts('A-1'), public.amounts('C-1');
SELECT public.amounts('JPY');

-- What is missing or wrong, all at once
SELECT public.gaps();
SELECT public.gaps('{"seller": {"name": " ", "country": null, "vat_id": null}, "buyer": {"name": "",
    "country": null}, "payment": {"means": "58"}, "profile": "peppol", "type_code": "381"}');
SELECT public.gaps('{"profile": "peppol", "payment": {"means": "49"}, "seller": {"endpoint_scheme":
    "9999", "endpoint_id": "1", "registration_scheme": "XX"}, "buyer": {"endpoint_id": "2"}}');
SELECT public.gaps('{"vat": 0, "gross": 44.88, "seller": {"vat_id": null, "registration_number":
    "1"}}', '{}', '{"vat_category": "K", "vat_rate": 0, "tax": 0}');
SELECT public.gaps('{"vat": 0, "gross": 44.88}', '{}',
    '{"vat_category": "AE", "vat_rate": 0, "tax": 0, "vatex": "VATEX-EU-X"}');
SELECT public.gaps('{"vat": 0, "gross": 44.88}', '{}',
    '{"vat_category": "E", "vat_rate": 0, "tax": 0, "reason": " "}');
SELECT public.gaps('{}', '{}', '{"vat_rate": 0}');
SELECT public.gaps('{"net": 44.87, "gross": 55.64}', '{"net": 39.985, "name": " ", "unit_code":
    "PCS", "allowance": 1, "reason_code": "9999"}');
SELECT public.gaps('{"currency": "KWD", "net": 44.885, "gross": 55.655}', '{"net": 39.985}',
    '{"taxable": 44.885}');
SELECT public.gaps('{"currency": "KWD"}');
SELECT public.gaps('{"buyer": {"country": "EL"}, "seller": {"country": "AA"}}');
SELECT public.gaps('{"payment": {"means": "30"}, "kind": "credit_note", "series": "ubl-c"}');
SELECT public.gaps('{"vat": 9.77, "gross": 54.65}', '{"vat_rate": 13}', '{"tax": 9.77}');
SELECT public.gaps('{"vat": 9.76, "gross": 54.64}', '{}', '{"tax": 9.76}');
SELECT public.gaps('{"type_code": "999"}'), public.gaps('{"type_code": "325", "profile": "peppol",
    "seller": {"endpoint_scheme": "9933", "endpoint_id": "094259216"},
    "buyer": {"endpoint_scheme": "9933", "endpoint_id": "090000045"}}');
SELECT public.gaps('{"vat": 0, "gross": 44.88, "type_code": "384", "profile": "peppol",
    "seller": {"endpoint_scheme": "9933", "endpoint_id": "094259216"},
    "buyer": {"endpoint_scheme": "9933", "endpoint_id": "090000045"}}', '{}',
    '{"vat_category": "E", "vat_rate": 0, "tax": 0, "vatex": "VATEX-EU-IC"}');
SELECT public.gaps('{"profile": "peppol", "seller": {"endpoint_scheme": "0088",
    "endpoint_id": "7300010000002"}, "buyer": {"endpoint_scheme": "0192",
    "endpoint_id": "923609016", "registration_scheme": "0208", "registration_number": "1"}}');
-- of electronic addresses Peppol has fewer kinds
SELECT p, public.gaps(jsonb_build_object('profile', p) || '{"seller": {"endpoint_scheme": "9933",
    "endpoint_id": "094259216"}, "buyer": {"endpoint_scheme": "EM",
    "endpoint_id": "a@example.com"}}') FROM unnest('{en16931,peppol}'::text[]) p;
SELECT i.scheme, i.id, ecommerce_internal.document_identifier_valid(i.scheme, i.id) AS valid,
    ecommerce_internal.document_identifier_valid(i.scheme, left(i.id, -1) || (right(i.id, 1)::int
        + 1) % 10) AS other
FROM (VALUES ('0007', '5560125790'), ('0088', '7300010000001'), ('0151', '51824753556'),
    ('0184', 'DK12345674'), ('0184', '12345674'), ('0192', '923609016'), ('0208', '0202239951'),
    ('0208', '02022399511'), ('9930', '1'), ('0096', '1234567890'), ('0096', '123456789'),
    ('0198', 'DK12345674'), ('0198', '12345674')) i (scheme, id);
SELECT v, public.gaps('{"vat": 0, "gross": 44.88}', '{}', jsonb_build_object('vat_category', 'E',
    'vat_rate', 0, 'tax', 0, 'vatex', v)) FROM unnest('{VATEX-EU-148-E,VATEX-FR-CGI275,EU-148-E,
    VATEX-}'::text[]) v;

-- What a note says is not taken for the code of its subject, unless it is one.
SELECT count(public.make('N-' || n, jsonb_build_object('note', note)))
FROM (VALUES (1, 'Order #123# and #4'), (2, '#AAI#Thank you'), (3, '#1# of #200#'),
    (4, 'a#b c#d')) v (n, note);
SELECT n, substring(ecommerce.invoice_xml('N-' || n) FROM '<cbc:Note>.*</cbc:Note>') AS ubl,
    substring(ecommerce.invoice_cii('N-' || n) FROM '<ram:Content>.*</ram:Content>') AS cii
FROM generate_series(1, 4) n;
SELECT public.make('T-1', '{"payment": {"means": "58"}}') IS NOT NULL AS made;
SELECT failure('SELECT ecommerce.invoice_xml(''T-1'')');

SELECT failure('SELECT ecommerce.invoice_cii(''T-1'')');

-- Characters that XML cannot have, wherever they are
SELECT public.gaps(other, line, breakdown)
FROM (VALUES
    (jsonb_build_object('buyer', jsonb_build_object('name', E'A\x01')), '{}'::jsonb, '{}'::jsonb),
    (jsonb_build_object('seller', jsonb_build_object('phone', E'\x1f')), '{}', '{}'),
    (jsonb_build_object('note', E'ab\x0bc'), '{}', '{}'),
    (jsonb_build_object('order_number', E'\x0b'), '{}', '{}'),
    (jsonb_build_object('preceding', jsonb_build_array('{"invoice_number": "1"}'::jsonb,
        jsonb_build_object('invoice_number', E'2\x01'))), '{}', '{}'),
    (jsonb_build_object('payment', jsonb_build_object('terms', U&'\FFFE')), '{}', '{}'),
    (jsonb_build_object('delivery', jsonb_build_object('city', E'Rom\x08a')), '{}', '{}'),
    ('{}', jsonb_build_object('name', E'Thing\x0c'), '{}'),
    ('{}', jsonb_build_object('sku', E'\x1b[0m'), '{}'),
    ('{"vat": 0, "gross": 44.88}', '{}', jsonb_build_object('vat_category', 'E', 'vat_rate', 0,
        'tax', 0, 'reason', E'\x02')),
    ('{}', jsonb_build_object('name', E'tab\tand\r\nlines \x7f are allowed'), '{}'))
    AS t (other, line, breakdown);
SELECT failure($$SELECT ecommerce_internal.check_xml_text(E'x\x01', NULL)$$),
    ecommerce_internal.check_xml_text(NULL, 'x') IS NULL AS nothing,
    ecommerce_internal.check_xml_text(U&'\+01F600', 'x') AS text;

-- A storefront reads what its customer has got.
CREATE ROLE ubl_window;
GRANT USAGE ON SCHEMA public TO ubl_window;
SELECT count(*) > 0 AS granted FROM ecommerce.grant_access('ubl_window', 'storefront');
SELECT public.make('G-1', '{"user_id": null}') AS g \gset
SET SESSION AUTHORIZATION ubl_window;
SELECT ecommerce.invoice_xml('A-1') IS NULL AS nobody,
    ecommerce.invoice_xml('G-1') IS NULL AS guest;
BEGIN;
SELECT ecommerce.use_customer('01930000-0000-7000-8000-0000000000a1') IS NOT NULL AS chosen;
SELECT ecommerce.invoice_xml('A-1') IS NULL AS own, ecommerce.invoice_xml('G-1') IS NULL AS guests;
COMMIT;
BEGIN;
SELECT ecommerce.use_customer('01930000-0000-7000-8000-0000000000a2') IS NOT NULL AS chosen;
SELECT ecommerce.invoice_xml('A-1') IS NULL AS others,
    ecommerce.invoice_xml(:'a'::uuid) IS NULL AS by_id, ecommerce.invoice_cii('A-1') IS NULL AS cii;
COMMIT;
RESET SESSION AUTHORIZATION;

-- Another tenant has another invoice of that number, and neither sees the other's.
SELECT ecommerce.create_tenant('Second', 'DE', 'EUR', 'net') AS second \gset
INSERT INTO ecommerce.invoice_series (tenant_id, series, kind, format)
VALUES (:second, 'ubl', 'invoice', '{series}-{year}-{number}');
SELECT public.make('A-1', jsonb_build_object('tenant_id', :second, 'user_id', NULL, 'buyer',
    '{"name": "Other"}'::jsonb)) AS other \gset
SELECT t.id, substring(ecommerce.invoice_xml('A-1', t.id) FROM 'Name>(Ann|Other)<') AS buyer,
    ecommerce.invoice_xml(:'a'::uuid, t.id) IS NULL AS a, ecommerce.invoice_xml(
    :'other'::uuid, t.id) IS NULL AS other
FROM ecommerce.tenants t ORDER BY 1;
SELECT failure('SELECT ecommerce.invoice_xml(''A-1'')');

SET client_min_messages = warning;
DROP OWNED BY ubl_window;
DROP ROLE ubl_window;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP FUNCTION IF EXISTS public.amounts, public.gaps, public.make, public.numbers, public.pretty;
