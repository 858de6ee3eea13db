# Documents of every kind, made by plain INSERT, are valid: by the schema of UBL
# 2.1, and by what EN16931_VALIDATOR runs, a command that takes files, prints
# what is wrong and fails if anything is.  With EN16931_DOCUMENTS the documents
# are kept in that directory.
use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use MIME::Base64 qw(decode_base64);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $schemas   = '../shared/data/xsd/ubl-2.1/maindoc';
my $published = '../shared/data/en16931_invoices.jsonl';
my $lists     = '../shared/data/codelists';

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding', 'UTF8', '--locale', 'C' ]);
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION ecommerce');

# What a document is made of: defaults, and what a specification adds to them.
# Amounts follow from the lines; only published documents state their VAT.
$node->safe_psql('postgres', <<'SQL');
CREATE SCHEMA doc;
CREATE TABLE doc.documents (name text PRIMARY KEY, id uuid, spec jsonb);
CREATE FUNCTION doc.seller() RETURNS jsonb LANGUAGE sql RETURN jsonb_build_object(
	'name', 'Seller & Sons GmbH', 'trade_name', 'Sellers', 'address_line_1', 'Main Street 1',
	'address_line_2', 'Yard 2', 'city', 'Berlin', 'postal_code', '10115', 'country', 'DE',
	'vat_id', 'DE136695976', 'registration_number', 'HRB 12345', 'contact_name', 'Accounts',
	'email', 'accounts@example.com', 'phone', '+49 30 1234', 'legal_note', 'Court: Berlin',
	'sepa_creditor_id', 'DE98ZZZ09999999999', 'mydata_branch', 0);
CREATE FUNCTION doc.buyer() RETURNS jsonb LANGUAGE sql RETURN jsonb_build_object(
	'name', 'Ann Buyer', 'address_line_1', 'Rue 2', 'city', 'Paris', 'postal_code', '75001',
	'country', 'FR', 'email', 'ann@example.com');
CREATE FUNCTION doc.company() RETURNS jsonb LANGUAGE sql RETURN doc.buyer() || jsonb_build_object(
	'company', 'Buyer S.A.', 'vat_id', 'FR83404833048', 'registration_number', '404833048',
	'registration_scheme', '0002', 'reference', '04011000-12345-34', 'purchase_order', 'PO 7');

-- No trigger looks at how documents came to be.
CREATE FUNCTION doc.make(name text, spec jsonb) RETURNS uuid LANGUAGE plpgsql
SET session_replication_role = replica AS $$
DECLARE
	v_id       uuid := ecommerce.uuid_v7();
	v_kind     text := coalesce(spec ->> 'kind', 'invoice');
	v_currency text := coalesce(spec ->> 'currency', 'EUR');
	v_decimals int := scale(ecommerce.round_amount(0, v_currency));
	v_number   bigint := 1 + (SELECT count(*) FROM ecommerce.invoices);
BEGIN
	WITH l AS (
		SELECT e.n, r.*, coalesce(r.net, round(r.quantity * r.unit_price / r.base_quantity
			- r.allowance, v_decimals)) AS amount
		FROM jsonb_array_elements(spec -> 'lines') WITH ORDINALITY e (e, n)
		CROSS JOIN jsonb_to_record('{"part": "line", "kind": "product", "name": "Thing",
			"quantity": 1, "unit_price": 10, "base_quantity": 1, "allowance": 0,
			"unit_code": "C62", "category": "S", "rate": 19}' || e.e) r (part text, kind text,
			name text, sku text, gtin text, quantity integer, unit_code text, unit_price numeric,
			base_quantity integer, allowance numeric, net numeric, category text, rate numeric,
			reason_code text, reason text)
	), g AS (
		SELECT l.category, l.rate,
			sum(CASE l.part WHEN 'allowance' THEN -l.amount ELSE l.amount END) AS taxable
		FROM l GROUP BY 1, 2
	), t AS (
		SELECT g.*, coalesce(v.tax, round(g.taxable * g.rate / 100, v_decimals)) AS tax
		FROM g LEFT JOIN jsonb_to_recordset(spec -> 'vat')
			v (category text, rate numeric, tax numeric)
			ON v.category = g.category AND v.rate = g.rate
	), i AS (
		INSERT INTO ecommerce.invoices (tenant_id, id, series, year, number, invoice_number, kind,
			type_code, profile, issue_date, delivery_date, due_date, order_id, order_created_at,
			order_number, currency, net, vat, gross, prepaid, rounding, tax_currency, exchange_rate,
			vat_scheme, country, seller, buyer, delivery, payment, preceding, note)
		SELECT 1, v_id, v_kind, 2026, v_number, name, v_kind,
			coalesce(spec ->> 'type_code', CASE v_kind WHEN 'invoice' THEN '380' ELSE '381' END),
			coalesce(spec ->> 'profile', 'en16931'), '2026-11-29',
			(spec ->> 'delivery_date')::date, (spec ->> 'due_date')::date, ecommerce.uuid_v7(),
			now(), '261129-' || v_number, v_currency, sum(t.taxable), sum(t.tax),
			sum(t.taxable + t.tax), coalesce((spec ->> 'prepaid')::numeric, 0),
			coalesce((spec ->> 'rounding')::numeric, 0),
			spec ->> 'tax_currency', (spec ->> 'exchange_rate')::numeric, 'standard', 'GR',
			coalesce(spec -> 'whole_seller', doc.seller() || coalesce(spec -> 'seller', '{}')),
			coalesce(spec -> 'whole_buyer',
				CASE WHEN spec ? 'company' THEN doc.company() ELSE doc.buyer() END
				|| coalesce(spec -> 'buyer', '{}')),
			spec -> 'delivery', coalesce(spec -> 'payment', '{}'),
			coalesce(spec -> 'preceding', '[]'), spec ->> 'note'
		FROM t
	), il AS (
		INSERT INTO ecommerce.invoice_lines (tenant_id, invoice_id, line_number, part, order_line,
			kind, sku, gtin, name, quantity, unit_code, unit_price, base_quantity, allowance, net,
			vat, vat_category, vat_rate, reason_code, reason)
		SELECT 1, v_id, n, part, n, l.kind, sku, gtin, l.name, quantity, unit_code, unit_price,
			base_quantity, allowance, amount, 0, category, rate, reason_code, reason
		FROM l
	)
	INSERT INTO ecommerce.invoice_vat_groups (tenant_id, invoice_id, vat_category, vat_rate,
		taxable, tax, vatex, reason)
	SELECT 1, v_id, category, rate, taxable, tax, spec #>> ARRAY['vatex', category],
		spec #>> ARRAY['reasons', category]
	FROM t;
	INSERT INTO doc.documents VALUES (name, v_id, spec);
	RETURN v_id;
END $$;
-- The series of a shop, whatever it has already
INSERT INTO ecommerce.invoice_series (tenant_id, series, kind, format)
VALUES (1, 'invoice', 'invoice', '{series}-{year}-{number}'),
	(1, 'credit_note', 'credit_note', '{series}-{year}-{number}');
-- Where there is no myDATA yet, what documents need of it
DO $$ BEGIN
	IF to_regprocedure('ecommerce_internal.mydata_mark(integer, uuid)') IS NULL THEN
		CREATE TABLE ecommerce.mydata_answers (tenant_id integer, invoice_id uuid, status text,
			mark bigint, qr_url text);
		CREATE FUNCTION ecommerce_internal.mydata_mark(tenant_id integer, invoice_id uuid)
		RETURNS TABLE (mark bigint, qr_url text, mydata_type text, branch integer, series text,
			number text) LANGUAGE sql AS $f$
			SELECT a.mark, a.qr_url, CASE i.kind WHEN 'invoice' THEN '1.1' ELSE '5.1' END, 0,
				i.series, i.number::text
			FROM ecommerce.invoices i LEFT JOIN ecommerce.mydata_answers a
				ON a.tenant_id = i.tenant_id AND a.invoice_id = i.id
			WHERE i.tenant_id = $1 AND i.id = $2 $f$;
	END IF;
END $$;
SQL

# Each case becomes an invoice and a credit note that corrects it.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE doc.cases (n serial, name text PRIMARY KEY, spec jsonb);
INSERT INTO doc.cases (name, spec) VALUES
	-- VAT categories
	('S', '{"lines": [{"quantity": 3, "unit_price": 19.99}]}'),
	('S at three rates', '{"lines": [{"quantity": 3, "unit_price": 19.99},
		{"rate": 7, "unit_price": 4.99, "quantity": 7},
		{"rate": 5.5, "unit_price": 0.335, "quantity": 100}]}'),
	('Z', '{"lines": [{"category": "Z", "rate": 0}]}'),
	('S and Z', '{"lines": [{"category": "Z", "rate": 0}, {}], "vatex": {"Z": "VATEX-EU-G"}}'),
	('E in words', '{"lines": [{"category": "E", "rate": 0}],
		"reasons": {"E": "Small enterprise, § 19 UStG"}}'),
	('E by code', '{"lines": [{"category": "E", "rate": 0}, {}],
		"vatex": {"E": "VATEX-EU-132"}}'),
	('AE', '{"company": true, "lines": [{"category": "AE", "rate": 0}],
		"vatex": {"AE": "VATEX-EU-AE"}, "reasons": {"AE": "Reverse charge"}}'),
	('AE without a reason', '{"company": true, "lines": [{"category": "AE", "rate": 0}]}'),
	('AE without a VAT id', '{"company": true, "buyer": {"vat_id": null},
		"lines": [{"category": "AE", "rate": 0}]}'),
	('K', '{"company": true, "lines": [{"category": "K", "rate": 0}],
		"vatex": {"K": "VATEX-EU-IC"}, "delivery_date": "2026-11-28",
		"delivery": {"name": "Ann", "country": "IT", "city": "Roma", "postal_code": "00100",
			"address_line_1": "Via 3", "address_line_2": "Int. 4", "state": "RM"}}'),
	('K without an address', '{"company": true, "lines": [{"category": "K", "rate": 0.00}],
		"delivery_date": "2026-11-28"}'),
	('K and S', '{"company": true, "lines": [{"category": "K", "rate": 0}, {}],
		"delivery_date": "2026-11-28", "delivery": {"country": "FR"}}'),
	('G', '{"lines": [{"category": "G", "rate": 0}], "vatex": {"G": "VATEX-EU-G"},
		"buyer": {"country": "US", "state": "NY"}, "delivery": {"country": "US"}}'),
	('O', '{"company": true, "lines": [{"category": "O", "rate": 0}, {"category": "O", "rate": 0}],
		"vatex": {"O": "VATEX-EU-O"}}'),
	('O without a register', '{"lines": [{"category": "O", "rate": 0}],
		"reasons": {"O": "Deposit"}, "seller": {"registration_number": null}}'),
	('O with a tax number', '{"lines": [{"category": "O", "rate": 0}, {"part": "charge",
		"kind": "shipping", "net": 3, "category": "O", "rate": 0},
		{"part": "allowance", "net": 1, "category": "O", "rate": 0}],
		"seller": {"registration_number": "", "vat_id": null, "tax_number": "12/345/67890"}}'),
	-- Allowances, charges, what was paid
	('allowances of lines', '{"lines": [{"quantity": 3, "unit_price": 19.99, "allowance": 5.97,
		"reason_code": "95", "reason": "Autumn"}, {"quantity": 2, "allowance": 20},
		{"quantity": 7, "unit_price": 1.2345, "allowance": 1.2345}]}'),
	('charges and allowances', '{"lines": [{"quantity": 3}, {"rate": 7, "quantity": 2},
		{"part": "charge", "kind": "shipping", "name": "Shipping", "net": 3.55},
		{"part": "charge", "kind": "shipping", "name": "Shipping", "net": 1.35, "rate": 7},
		{"part": "charge", "kind": "fee", "name": "Gift wrap", "net": 2, "reason_code": "ABL",
			"reason": "Packaging"},
		{"part": "charge", "kind": "fee", "name": "Cash on delivery", "net": 2},
		{"part": "allowance", "kind": "shipping", "name": "Half the shipping", "net": 1.78,
			"reason_code": "95"},
		{"part": "allowance", "kind": "product", "name": "Coupon", "net": 10, "rate": 7,
			"reason": "TEN"}]}'),
	('free shipping', '{"lines": [{}, {"part": "charge", "kind": "shipping", "net": 0}]}'),
	('charges of every category', '{"company": true, "delivery_date": "2026-11-28",
		"reasons": {"E": "Exempt"}, "lines": [{}, {"category": "Z", "rate": 0},
		{"category": "E", "rate": 0}, {"category": "AE", "rate": 0}, {"category": "K", "rate": 0},
		{"category": "G", "rate": 0},
		{"part": "charge", "category": "Z", "rate": 0, "net": 1},
		{"part": "charge", "category": "E", "rate": 0, "net": 2},
		{"part": "allowance", "category": "AE", "rate": 0, "net": 3},
		{"part": "allowance", "category": "K", "rate": 0, "net": 4},
		{"part": "charge", "category": "G", "rate": 0, "net": 5}]}'),
	('prepaid in part', '{"lines": [{}], "prepaid": 5}'),
	('prepaid', '{"lines": [{}], "prepaid": 11.90}'),
	('overpaid', '{"lines": [{}], "prepaid": 20.01}'),
	('rounded', '{"lines": [{}], "prepaid": 5, "rounding": 0.10}'),
	('rounded down, credit note', '{"kind": "credit_note", "currency": "JPY",
		"lines": [{"quantity": 5, "unit_price": 102, "rate": 24}], "rounding": -2}'),
	('nothing to pay', '{"lines": [{"allowance": 10}]}'),
	-- Rounding, quantities, prices
	('prices of many decimals', '{"lines": [{"quantity": 3, "unit_price": 8.264462809917355371},
		{"quantity": 1000, "unit_price": 0.000123456789}, {"quantity": 1, "unit_price": 0},
		{"quantity": 1, "unit_price": 1000000.00}]}'),
	('sums of halves', '{"lines": [{"quantity": 3, "unit_price": 0.335, "rate": 5},
		{"quantity": 1, "unit_price": 0.005, "rate": 5}, {"unit_price": 0.1, "rate": 15}]}'),
	('goods by weight', '{"lines": [{"quantity": 1250, "unit_code": "GRM", "unit_price": 24.90,
		"base_quantity": 1000}, {"quantity": 3, "unit_code": "MTR", "unit_price": 2.5},
		{"quantity": 2147483647, "unit_code": "XBX", "unit_price": 0.01}, {"quantity": 0}]}'),
	-- Currencies
	('JPY', '{"currency": "JPY", "lines": [{"quantity": 3, "unit_price": 1999.5, "rate": 10},
		{"unit_price": 105, "rate": 8, "allowance": 5}], "prepaid": 100}'),
	('HUF', '{"currency": "HUF", "lines": [{"quantity": 3, "unit_price": 1999.5, "rate": 27}]}'),
	('KWD that two decimals hold', '{"currency": "KWD", "lines": [{"quantity": 3,
		"unit_price": 1.25, "rate": 4}]}'),
	('USD for a seller in EUR', '{"currency": "USD", "tax_currency": "EUR",
		"exchange_rate": 0.862315, "lines": [{"quantity": 3, "unit_price": 19.99}]}'),
	('EUR for a seller in JPY', '{"tax_currency": "JPY", "exchange_rate": 162.055,
		"lines": [{"quantity": 3, "unit_price": 19.99, "rate": 10}]}'),
	('EUR for a seller in KWD', '{"tax_currency": "KWD", "exchange_rate": 0.3551,
		"lines": [{"quantity": 3, "unit_price": 19.99}]}'),
	('EUR for a seller in EUR', '{"tax_currency": "EUR", "exchange_rate": 1, "lines": [{}]}'),
	-- Texts
	('foreign characters', jsonb_build_object('note', E'Ευχαριστούμε! 謝謝 \U0001F600\r\nline\t2',
		'buyer', jsonb_build_object('name', 'Ζωή Παπαδοπούλου', 'city', 'Αθήνα', 'country', 'GR',
			'state', 'Αττική', 'address_line_1', 'Οδός <Ερμού> "5" & ''6'''),
		'seller', jsonb_build_object('name', '北京商店有限公司', 'trade_name', ' '),
		'lines', jsonb_build_array(jsonb_build_object('sku', 'Ä<1>&"2"', 'name',
			E'Größe „XL“ \U0001F457 a]]>b <!-- & "quoted" ''once'' 裙子  ', 'gtin', '4006381333931'),
			jsonb_build_object('part', 'charge', 'kind', 'shipping', 'name', 'Αποστολή & <λοιπά>',
				'net', 4.9)))),
	-- Payment and references
	('credit transfer', '{"due_date": "2026-12-13", "note": "Thank you",
		"lines": [{"gtin": "96385074"}], "payment": {"means": "58",
			"iban": "DE89370400440532013000", "bic": "COBADEFFXXX",
			"reference": "RF18539007547034", "terms": "14 days\nthen reminders"}}'),
	('transfer outside SEPA', '{"lines": [{}], "payment": {"means": "30", "iban": "123456"}}'),
	('an account alone', '{"lines": [{}], "payment": {"iban": "DE89370400440532013000"}}'),
	('a due date alone', '{"due_date": "2026-12-13", "lines": [{}]}'),
	('direct debit', '{"lines": [{}], "due_date": "2026-12-13", "payment": {"means": "59",
		"mandate": "M-1", "creditor_id": "DE98ZZZ09999999999",
		"debtor_iban": "FR1420041010050500013M02606", "iban": "DE89370400440532013000"}}'),
	('direct debit for the seller', '{"lines": [{}], "payment": {"means": "49",
		"mandate": "M-1"}}'),
	('card', '{"lines": [{}], "payment": {"means": "48", "reference": "pi_1"}, "prepaid": 11.9}'),
	('cash on delivery', '{"lines": [{}], "payment": {"means": "10"}}'),
	('the number of an order', '{"company": true, "lines": [{}], "buyer": {"purchase_order": null,
		"reference": null}}'),
	('delivery', '{"lines": [{}], "delivery_date": "2026-11-28", "delivery": {
		"company": "Neighbour", "name": "Ann", "address_line_1": "Rue 3", "city": "Lyon",
		"postal_code": "69001", "country": "FR"}}'),
	('a delivery to nowhere', '{"lines": [{}], "delivery": {"name": "Ann", "city": "Lyon"}}'),
	-- Parties
	('a seller without a VAT id', '{"whole_seller": {"name": "Small", "country": "DE",
		"tax_number": "12/345/67890"}, "lines": [{"category": "E", "rate": 0}],
		"reasons": {"E": "Small enterprise"}}'),
	('a seller with both numbers', '{"seller": {"tax_number": "12/345/67890"}, "lines": [{}]}'),
	('the least', '{"whole_seller": {"name": "S", "country": "DE", "vat_id": "DE136695976"},
		"whole_buyer": {"name": "B", "country": "DE"}, "lines": [{}]}'),
	('Greek VAT ids', '{"company": true, "seller": {"country": "GR", "vat_id": "GR 094259216"},
		"buyer": {"country": "GR", "vat_id": "090000045", "registration_scheme": null},
		"lines": [{"rate": 24}]}'),
	('Swiss and Norwegian', '{"company": true, "seller": {"country": "CH",
		"vat_id": "CHE-116.281.710 MWST"}, "buyer": {"country": "NO", "vat_id": "NO 974760673 MVA",
		"registration_number": "974760673", "registration_scheme": "0192"},
		"currency": "CHF", "lines": [{"rate": 8.1}]}'),
	('a note like the code of a subject', '{"lines": [{}],
		"note": "Order #123# was packed by #4#"}'),
	('a note with the code of its subject', '{"lines": [{}], "note": "#AAI#Thank you"}'),
	('endpoints', '{"company": true, "seller": {"endpoint_scheme": "EM",
		"endpoint_id": "in@example.com"}, "buyer": {"endpoint_scheme": "0009",
		"endpoint_id": "40483304800017"}, "lines": [{}]}');
-- Peppol: what it adds, and cases that it has rules for
CREATE FUNCTION doc.peppol() RETURNS jsonb LANGUAGE sql RETURN '{"profile": "peppol",
	"company": true, "seller": {"endpoint_scheme": "9930", "endpoint_id": "DE136695976"},
	"buyer": {"endpoint_scheme": "9957", "endpoint_id": "FR83404833048"}}'::jsonb;
INSERT INTO doc.cases (name, spec)
SELECT 'Peppol: ' || c.name, c.spec || doc.peppol() || jsonb_build_object(
	'seller', coalesce(c.spec -> 'seller', '{}') || (doc.peppol() -> 'seller'),
	'buyer', coalesce(c.spec -> 'buyer', '{}') || (doc.peppol() -> 'buyer'))
FROM doc.cases c
WHERE c.name !~ '^(endpoints|Greek|Swiss|the least|a seller without)'
ORDER BY c.n;

SELECT doc.make(c.name, c.spec) FROM doc.cases c ORDER BY c.n;
SELECT doc.make('Credit note: ' || c.name, c.spec || jsonb_build_object('kind', 'credit_note',
	'preceding', (SELECT jsonb_agg(jsonb_build_object('id', d.id, 'invoice_number', d.name,
		'issue_date', '2026-11-29')) || CASE c.name WHEN 'S' THEN '[{"invoice_number": "R 2"}]'
			ELSE '[]' END::jsonb FROM doc.documents d WHERE d.name = c.name)))
FROM doc.cases c ORDER BY c.n;
-- 500 lines at four rates, most with an allowance, and what else codes can say
SELECT doc.make('500 lines', jsonb_build_object('lines', (SELECT jsonb_agg(jsonb_build_object(
	'name', 'Thing ' || i, 'sku', 'SKU-' || i, 'quantity', i % 7 + 1, 'unit_price', i / 7.0,
	'rate', (ARRAY[19, 7, 5.5, 2.1])[i % 4 + 1], 'allowance', i % 3 / 20.0)) FROM
	generate_series(1, 500) i)));
SELECT doc.make('Type ' || t, jsonb_build_object('type_code', t, 'kind', CASE t WHEN '396'
	THEN 'credit_note' ELSE 'invoice' END, 'lines', '[{}]'::jsonb))
FROM unnest('{326,384,386,396}'::text[]) t;

-- Numbers whose digits Peppol looks at
SELECT doc.make('Endpoint ' || s.scheme, doc.peppol() || jsonb_build_object('lines', '[{}]'::jsonb,
	'buyer', jsonb_build_object('endpoint_scheme', s.scheme, 'endpoint_id', s.id,
		'registration_scheme', s.scheme, 'registration_number', s.id)))
FROM (VALUES ('0007', '5560125790'), ('0088', '7300010000001'), ('0151', '51824753556'),
	('0184', 'DK12345674'), ('0192', '923609016'), ('0208', '0202239951'), ('0096', '1234567890'),
	('0198', 'DK12345674')) s (scheme, id);

-- Greece: a sale with and without an address to look it up, and its correction
CREATE FUNCTION doc.greek() RETURNS jsonb LANGUAGE sql RETURN '{"profile": "peppol_gr",
	"company": true, "lines": [{"rate": 24, "quantity": 2}, {"rate": 13}],
	"payment": {"means": "30", "iban": "GR1601101250000000012300695"},
	"seller": {"country": "GR", "name": "Πωλητής Α.Ε.", "vat_id": "EL094259216",
		"trade_name": null, "registration_number": "000812345", "endpoint_scheme": "9933",
		"endpoint_id": "094259216"},
	"buyer": {"country": "GR", "company": "Αγοραστής Ε.Π.Ε.", "vat_id": "EL090000045",
		"registration_number": null, "endpoint_scheme": "9933",
		"endpoint_id": "090000045"}}'::jsonb;
SELECT doc.make('Greek', doc.greek()), doc.make('Greek without a link', doc.greek());
SELECT doc.make('Credit note: Greek', doc.greek() || jsonb_build_object('kind', 'credit_note',
	'preceding', jsonb_build_array(jsonb_build_object('id', d.id, 'invoice_number', d.name,
		'issue_date', '2026-11-29')))) FROM doc.documents d WHERE d.name = 'Greek';
INSERT INTO ecommerce.mydata_answers (tenant_id, invoice_id, status, mark, qr_url)
SELECT 1, d.id, 'accepted', 400001234567890 + row_number() OVER (ORDER BY d.id),
	CASE WHEN d.name !~ 'link' THEN 'https://mydata.aade.gr/q?a=1&b=2' END
FROM doc.documents d WHERE d.spec ->> 'profile' = 'peppol_gr';
SQL

# Published documents, as far as a shop can have what they have
SKIP:
{
	skip
	  "$published is missing: published e-invoices, no part of this checkout",
	  1
	  unless -r $published;
	$node->safe_psql('postgres', <<"SQL");
CREATE TABLE doc.published (invoice jsonb);
\\copy doc.published FROM '$published' CSV QUOTE E'\\x01' DELIMITER E'\\x02'
SQL
	$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION doc.category(c text) RETURNS text LANGUAGE sql RETURN
	CASE c WHEN 'standard' THEN 'S' WHEN 'zero' THEN 'Z' WHEN 'reverse-charge' THEN 'AE'
		WHEN 'export' THEN 'G' WHEN 'outside-scope' THEN 'O' ELSE c END;
CREATE FUNCTION doc.rate(category text, rate text) RETURNS numeric LANGUAGE sql RETURN
	CASE doc.category(category) WHEN 'O' THEN 0 ELSE coalesce(rate::numeric, 0) END;
SELECT doc.make('Published: ' || (p.invoice ->> 'id'), jsonb_build_object('company', true,
	'currency', p.invoice -> 'currency', 'prepaid', p.invoice #> '{totals,prepaid}',
	'rounding', p.invoice #> '{totals,rounding}',
	'kind', CASE WHEN p.invoice ->> 'type_code' ~ '^(381|396|credit)' THEN 'credit_note'
		ELSE 'invoice' END,
	'type_code', substring(p.invoice ->> 'type_code' FROM '^[0-9]+$'),
	'delivery_date', '2026-11-28',
	'buyer', jsonb_build_object('country', coalesce(p.invoice ->> 'buyer_country', 'FR')),
	'reasons', '{"E": "Exempt"}'::jsonb,
	'vat', (SELECT jsonb_agg(jsonb_build_object('category', doc.category(v ->> 'cat'),
			'rate', doc.rate(v ->> 'cat', v ->> 'rate'), 'tax', v -> 'tax'))
		FROM jsonb_array_elements(p.invoice -> 'vat') v),
	'lines', (SELECT jsonb_agg(jsonb_build_object('quantity', trunc((l ->> 'qty')::numeric),
			'unit_price', l -> 'unit_price',
			'base_quantity', trunc(coalesce(l ->> 'base_qty', '1')::numeric),
			'unit_code', CASE WHEN ecommerce_internal.document_code_known('unit', l ->> 'uom')
				THEN l ->> 'uom' ELSE 'C62' END,
			'allowance', coalesce((SELECT sum((a ->> 'amount')::numeric)
				FROM jsonb_array_elements(l -> 'ac') a), 0), 'net', l -> 'net',
			'category', doc.category(l ->> 'vat_cat'),
			'rate', doc.rate(l ->> 'vat_cat', l ->> 'vat_rate')) ORDER BY n)
		FROM jsonb_array_elements(p.invoice -> 'lines') WITH ORDINALITY x (l, n))
	|| coalesce((SELECT jsonb_agg(jsonb_build_object('part',
			CASE WHEN (a ->> 'charge')::boolean THEN 'charge' ELSE 'allowance' END,
			'net', a -> 'amount', 'category', doc.category(a ->> 'vat_cat'),
			'rate', doc.rate(a ->> 'vat_cat', a ->> 'vat_rate')))
		FROM jsonb_array_elements(p.invoice -> 'doc_ac') a), '[]')))
FROM doc.published p
-- A shop sells whole units and has no charges on lines, or amounts below zero.
WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(p.invoice -> 'lines') l
	WHERE trunc((l ->> 'qty')::numeric) <> (l ->> 'qty')::numeric OR (l ->> 'net')::numeric < 0
	OR (l ->> 'qty')::numeric < 0 OR (l ->> 'unit_price')::numeric < 0
	OR trunc((l ->> 'base_qty')::numeric) <> (l ->> 'base_qty')::numeric
	OR EXISTS (SELECT FROM jsonb_array_elements(l -> 'ac') a WHERE (a ->> 'charge')::boolean))
AND ecommerce_internal.document_code_known('currency', p.invoice ->> 'currency')
AND NOT EXISTS (SELECT FROM jsonb_array_elements(p.invoice -> 'vat') v
	WHERE doc.category(v ->> 'cat') NOT IN ('S', 'Z', 'E', 'AE', 'K', 'G', 'O')
	OR (v ->> 'taxable')::numeric < 0);
SQL
	my $count = $node->safe_psql('postgres',
		"SELECT count(*) FROM doc.documents WHERE name ~ '^Published'");
	cmp_ok($count, '>=', 50, "published documents: $count");
}

# Write all of them into files, as UBL and as CII.
my $directory = $ENV{EN16931_DOCUMENTS} // tempdir(CLEANUP => 1);
my %files;
foreach (
	split /\n/,
	$node->safe_psql(
		'postgres', q{
SELECT translate(encode(convert_to(x.xml, 'UTF8'), 'base64'), E'\n', ''), x.form,
	regexp_replace(d.name, '[^A-Za-z0-9]+', '_', 'g')
FROM doc.documents d CROSS JOIN LATERAL (VALUES
	(coalesce(d.spec ->> 'profile', 'en16931') || ' ' || coalesce(d.spec ->> 'kind', 'invoice'),
		ecommerce.invoice_xml(d.id)),
	('cii', ecommerce.invoice_cii(d.id))) x (form, xml)}))
{
	my ($xml, $form, $name) = split /\|/;
	my ($profile, $kind) = split / /, $form;
	my $file = "$directory/$profile-$name.xml";
	open my $out, '>:raw', $file or die "$file: $!";
	print $out decode_base64($xml);
	close $out;
	push @{ $files{ $kind // $profile } }, $file;
}
my @all = map { @{ $files{$_} } } sort keys %files;
cmp_ok(@all / 2, '>=', 200, 'documents: ' . @all / 2);

SKIP:
{
	skip "$schemas is missing: schemas of UBL, no part of this checkout", 2
	  unless -d $schemas;
	skip 'xmllint is not installed: apt-get install libxml2-utils', 2
	  unless `xmllint --version 2>&1` =~ /libxml/;
	foreach my $kind ('invoice', 'credit_note')
	{
		my $root = $kind eq 'invoice' ? 'Invoice' : 'CreditNote';
		my ($out, $err);
		IPC::Run::run [
			'xmllint',  '--noout',
			'--schema', "$schemas/UBL-$root-2.1.xsd",
			@{ $files{$kind} }
		  ],
		  '>', \$out, '2>', \$err;
		my @valid = grep { / validates$/ } split /\n/, $err;
		is( scalar @valid,
			scalar @{ $files{$kind} },
			"valid by the schema of $root: " . @valid
		) or diag($err =~ s/^.* validates\n//gmr);
	}
}

SKIP:
{
	skip 'EN16931_VALIDATOR is not set: nothing checks the rules of EN 16931',
	  1
	  unless $ENV{EN16931_VALIDATOR};
	my ($out, $err);
	my $valid = IPC::Run::run [ split(/ /, $ENV{EN16931_VALIDATOR}), @all ],
	  '>', \$out, '2>', \$err;
	ok($valid, 'the validator finds nothing') or diag($out);
	note($out, $err);
}

# The codes that the rules allow
SKIP:
{
	skip "$lists is missing: lists of codes, no part of this checkout", 1
	  unless -d $lists;
	my %number = (
		currency  => '03',
		country   => 14,
		icd       => 10,
		eas       => 25,
		means     => 16,
		allowance => 19,
		charge    => 20,
		vatex     => 22,
		unit      => 23,
		note      => '08');
	my @wrong;
	foreach my $list (sort keys %number)
	{
		# SEPA is the scheme of creditor identifiers, not of a register.
		my %codes = map { $_ => 1 } grep { $_ ne 'SEPA' } split ' ',
		  slurp_file("$lists/BR-CL-$number{$list}.txt");
		my %ours = map { $_ => 1 } split ' ',
		  $node->safe_psql('postgres',
			"SELECT ecommerce_internal.document_codes('$list')");
		push @wrong, "$list: $_"
		  foreach grep { !$ours{$_} || !$codes{$_} }
		  sort keys %{ { %codes, %ours } };
	}
	is("@wrong", '', 'lists of codes');
}

# Greek documents need their MARK, and a type that Peppol takes.
$node->safe_psql('postgres', q{SELECT doc.make('No MARK', doc.greek())});
like(
	($node->psql('postgres', q{SELECT ecommerce.invoice_xml('No MARK')}))[2],
	qr/ERROR: .*no\ MARK\ yet.*DETAIL: .*HINT: .*record_mydata_answer/xs,
	'a Greek document without a MARK');
like(
	$node->safe_psql(
		'postgres', q{SELECT ecommerce.invoice_xml('Credit note: Greek')}),
	qr{<cbc:ID>094259216\|29/11/2026\|0\|5\.[12]\|[^|]+\|\d+</cbc:ID>.*
		<cac:InvoiceDocumentReference><cbc:ID>094259216\|29/11/2026\|0\|1\.1\|[^|]+\|\d+<.*
		<cbc:ID>4\d{14}</cbc:ID><cbc:DocumentDescription>\#\#M\.AR\.K\#\#<}xs,
	'Greek numbers and the MARK');

# The same bytes each time, whatever a session has set
my $bytes =
  q{SELECT md5(string_agg(ecommerce.invoice_xml(d.id) || ecommerce.invoice_cii(d.id), ''
	ORDER BY d.id)) FROM doc.documents d
	WHERE d.name !~ '^(Peppol|Published|Credit note: [^PG]|No MARK)'};
my $once = $node->safe_psql('postgres', $bytes);
foreach my $settings (
	'-c datestyle=German -c timezone=Pacific/Kiritimati -c xmloption=document
	 -c extra_float_digits=-15 -c lc_numeric=C -c xmlbinary=hex -c lc_messages=C',
	'-c datestyle=SQL,DMY -c timezone=America/St_Johns -c bytea_output=escape
	 -c intervalstyle=sql_standard -c standard_conforming_strings=off -c lc_monetary=C
	 -c plan_cache_mode=force_generic_plan -c enable_indexscan=off')
{
	local $ENV{PGOPTIONS} = $settings =~ s/\s+/ /gr;
	is($node->safe_psql('postgres', $bytes),
		$once, "the same with $ENV{PGOPTIONS}");
}

$node->stop;
done_testing();
