# Documents of every kind that a shop can issue, by the schema of AADE and by the rules for their
# sums.  The schema is no part of this checkout: MYDATA_XSD names its folder (firebed/aade-mydata
# on GitHub has it, as xsd/), or it is in ../shared/data/xsd/mydata.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($xsd) = grep { -r }
  map { glob("$_/InvoicesDoc-v2.0.[12].xsd") }
  grep { defined } $ENV{MYDATA_XSD}, '../shared/data/xsd/mydata';
plan skip_all => 'AADE\'s schema is missing: set MYDATA_XSD to its folder'
  unless defined $xsd;
plan skip_all => 'xmllint is missing'
  if system('xmllint --version >/dev/null 2>&1') != 0;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres',
	'CREATE EXTENSION ecommerce; CREATE EXTENSION ecommerce_test');

# Buyers, sales and lines, in every combination that there can be
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE buyer (name text, market text, buyer jsonb);
INSERT INTO buyer VALUES
	('consumer', 'GR', '{"name": "Ann", "country": "GR"}'),
	('company without a number', 'GR', '{"name": "Ann", "company": "C", "country": "GR"}'),
	('business', 'GR', '{"name": "B", "company": "B", "country": "GR", "vat_id": "EL094014201"}'),
	('business, digits', 'GR', '{"name": "B", "country": "GR", "vat_id": "090000045"}'),
	('consumer', 'EU', '{"name": "Jürgen", "country": "DE", "city": "Köln"}'),
	('business', 'EU', jsonb_build_object('name', '<A> & "B" ' || repeat('ß', 250),
		'address_line_1', 'Straße 1', 'city', 'Köln', 'postal_code', '50667', 'country', 'DE',
		'vat_id', 'DE 136695976')),
	('consumer', 'third', '{"name": "Joe", "country": "US"}'),
	('business', 'third', '{"name": "Inc.", "company": "Inc.", "country": "US",
		"vat_id": "12-3456789", "city": "Boston"}'),
	('business, registered', 'third', '{"name": "AG", "company": "AG", "country": "CH",
		"registration_number": "CHE-116.281.838", "city": "Bern", "postal_code": "3000"}');
CREATE TABLE taxed (name text, market text, business boolean, scheme text, country text,
	region text, cat text, rate numeric, exemption integer);
INSERT INTO taxed
SELECT rate || ' %', 'GR', NULL::boolean, 'domestic', 'GR', '', 'S', rate, NULL::integer
FROM unnest('{24,13,6,4}'::numeric[]) rate
UNION ALL
SELECT rate || ' % island', 'GR', NULL, 'domestic', 'GR', 'islands', 'S', rate, NULL
FROM unnest('{17,9,4,3}'::numeric[]) rate
UNION ALL
VALUES ('exempt', 'GR', NULL, 'domestic', 'GR', '', 'E', 0, 7),
	('small', 'GR', NULL, 'small_enterprise', 'GR', '', 'E', 0, 15),
	('reverse', 'GR', true, 'reverse_charge', 'GR', '', 'AE', 0, 16),
	('below', 'EU', false, 'domestic', 'GR', '', 'S', 24, NULL),
	('charged', 'EU', true, 'domestic', 'GR', '', 'S', 24, NULL),
	('oss', 'EU', false, 'oss', 'DE', '', 'S', 19, 30),
	('oss', 'EU', false, 'oss', 'DE', '', 'S', 7, NULL),
	('ioss', 'EU', false, 'ioss', 'DE', '', 'S', 19, 31),
	('registration', 'EU', false, 'registration', 'DE', '', 'S', 19, 3),
	('intra-EU', 'EU', true, 'intra_eu', 'GR', '', 'K', 0, 14),
	('services', 'EU', true, 'reverse_charge', 'DE', '', 'AE', 0, 4),
	('export', 'third', NULL, 'export', 'GR', '', 'G', 0, 8),
	('outside', 'third', NULL, 'domestic', 'GR', '', 'O', 0, 4);
CREATE TABLE goods (name text, supplies text[]);
INSERT INTO goods VALUES ('goods', '{goods,goods}'), ('services', '{service,digital}'),
	('both', '{goods,service}');
CREATE TABLE document (n serial, name text, id uuid, kind text, buyer text, market text,
	goods text, expected text, xml text);
CREATE TABLE terms (n integer, currency text, tax_currency text, rate numeric, prepaid numeric,
	means text, iban text);
INSERT INTO terms VALUES (0, 'EUR', NULL, NULL, 0, NULL, NULL),
	(1, 'EUR', NULL, NULL, 20, '30', 'DE1'), (2, 'USD', 'EUR', 0.86021, 1000, '48', NULL);
-- Amounts are odd, and VAT is not always the rounded product, as of gross prices.
INSERT INTO document (name, id, kind, buyer, market, goods)
SELECT format('%s, %s in %s, %s, %s, %s', k.goods, k.buyer, k.market, k.taxed, c.currency, k.kind),
	ecommerce_test.issue(jsonb_build_object('series', left(k.kind, 1), 'kind', k.kind,
		'number', k.n, 'currency', c.currency, 'vat_scheme', k.scheme,
		'tax_currency', c.tax_currency, 'exchange_rate', c.rate, 'country', k.country,
		'region', k.region, 'buyer', k.party, 'prepaid', c.prepaid,
		'payment', jsonb_build_object('means', c.means, 'iban', c.iban),
		'lines', (SELECT jsonb_agg(jsonb_build_object('part', l.part, 'kind', l.kind,
				'net', l.net, 'vat', round(k.rate * l.net / 100 + l.more, 2), 'cat', k.cat,
				'rate', k.rate, 'exemption', k.exemption, 'supply', l.supply))
			FROM (VALUES ('line', 'product', 10.02, CASE WHEN k.rate > 0 THEN 0.004 ELSE 0 END,
					k.supplies[1]), ('line', 'product', 33.33, 0, k.supplies[2]),
				('charge', 'shipping', 4.50, 0, 'goods'),
				('allowance', 'shipping', 1.10, 0, 'goods')) l (part, kind, net, more, supply)))),
	k.kind, k.buyer, k.market, k.goods
FROM (SELECT b.name AS buyer, b.market, b.buyer AS party, t.name AS taxed, t.scheme, t.country,
		t.region, t.cat, t.rate, t.exemption, g.name AS goods, g.supplies, d.kind,
		row_number() OVER (ORDER BY b.name, b.market, t.name, t.rate, g.name, d.kind DESC) AS n
	FROM buyer b
	JOIN taxed t ON t.market = b.market
		AND coalesce(t.business = (b.name LIKE 'business%'), true)
	CROSS JOIN goods g
	CROSS JOIN (VALUES ('invoice'), ('credit_note')) d (kind)) k
JOIN terms c ON c.n = k.n / 2 % 3
ORDER BY k.n;
-- Every credit note of a foreign or Greek business corrects an invoice, and every second receipt.
SET session_replication_role = replica;
UPDATE ecommerce.invoices v SET preceding = jsonb_build_array(jsonb_build_object('id', o.id,
	'invoice_number', o.invoice_number))
FROM document d JOIN document i ON i.n = d.n - 1 JOIN ecommerce.invoices o ON o.id = i.id
WHERE v.id = d.id AND d.kind = 'credit_note' AND d.n % 3 > 0 AND i.kind = 'invoice';
RESET session_replication_role;
SELECT count(*) FROM document d, ecommerce.record_mydata_answer(d.id,
	jsonb_build_object('statusCode', 'Success', 'invoiceMark', 400000000000000 + d.n)::text)
WHERE d.kind = 'invoice' AND d.buyer NOT LIKE 'company%';
UPDATE document SET xml = ecommerce.mydata_xml(id);
SQL

my $count = $node->safe_psql('postgres', 'SELECT count(*) FROM document');
cmp_ok($count, '>', 250, "$count documents were made");

# What the schema says, of each alone and of all in one message
my $dir = PostgreSQL::Test::Utils::tempdir();
my $n   = 0;
foreach my $xml (split /\n/,
	$node->safe_psql('postgres', 'SELECT xml FROM document ORDER BY n'))
{
	$n++;
	PostgreSQL::Test::Utils::append_to_file("$dir/$n.xml", $xml);
}
PostgreSQL::Test::Utils::append_to_file("$dir/all.xml",
	$node->safe_psql('postgres', <<'SQL'));
SELECT ecommerce.mydata_xml(invoice_ids => array_agg(id ORDER BY n)) FROM document
SQL
my $result = `xmllint --noout --schema $xsd $dir/*.xml 2>&1`;
my $valid  = () = $result =~ /^\S+ validates$/gm;
is($valid, $count + 1, 'they are what the schema says')
  or diag(join "\n", (grep { !/ validates$/ } split /\n/, $result)[ 0 .. 9 ]);

# What the schema cannot say, and AADE checks
$node->safe_psql('postgres', <<'SQL');
CREATE VIEW header AS
SELECT d.*, t.* FROM document d,
XMLTABLE(XMLNAMESPACES ('http://www.aade.gr/myDATA/invoice/v1.0' AS i,
		'https://www.aade.gr/myDATA/incomeClassificaton/v1.0' AS c), '/i:InvoicesDoc/i:invoice'
	PASSING (d.xml::xml) COLUMNS
	type text PATH 'i:invoiceHeader/i:invoiceType',
	correlated bigint PATH 'count(i:invoiceHeader/i:correlatedInvoices)',
	connected bigint PATH 'count(i:invoiceHeader/i:multipleConnectedMarks)',
	special text PATH 'i:invoiceHeader/i:specialInvoiceCategory',
	rate numeric PATH 'i:invoiceHeader/i:exchangeRate',
	counterparts bigint PATH 'count(i:counterpart)',
	names bigint PATH 'count(i:counterpart/i:name)',
	country text PATH 'i:counterpart/i:country',
	paid numeric PATH 'sum(i:paymentMethods/i:paymentMethodDetails/i:amount)',
	net numeric PATH 'i:invoiceSummary/i:totalNetValue',
	vat numeric PATH 'i:invoiceSummary/i:totalVatAmount',
	gross numeric PATH 'i:invoiceSummary/i:totalGrossValue',
	details xml PATH 'i:invoiceDetails', summary xml PATH 'i:invoiceSummary') t;
CREATE VIEW detail AS
SELECT h.n, h.type, t.* FROM header h,
XMLTABLE(XMLNAMESPACES ('http://www.aade.gr/myDATA/invoice/v1.0' AS i),
	'/d/i:invoiceDetails' PASSING xmlelement(NAME d, h.details) COLUMNS
	line integer PATH 'i:lineNumber', net numeric PATH 'i:netValue',
	category integer PATH 'i:vatCategory', vat numeric PATH 'i:vatAmount',
	exemption integer PATH 'i:vatExemptionCategory', body xml PATH '.') t;
CREATE VIEW class AS
SELECT p.*, t.* FROM (SELECT n, type, line, net, body FROM detail
	UNION ALL SELECT n, type, 0, net, summary FROM header) p,
XMLTABLE(XMLNAMESPACES ('http://www.aade.gr/myDATA/invoice/v1.0' AS i,
		'https://www.aade.gr/myDATA/incomeClassificaton/v1.0' AS c),
	'/*/i:incomeClassification' PASSING p.body COLUMNS
	class text PATH 'c:classificationType', income text PATH 'c:classificationCategory',
	amount numeric PATH 'c:amount') t;
SQL

# none NAME CONDITION: no row of the query
sub none
{
	my ($name, $query) = @_;
	is($node->safe_psql('postgres', "$query LIMIT 3"), '', $name);
	return;
}

none(
	'net sums (207)',
	'SELECT h.n, h.net FROM header h JOIN detail d USING (n) GROUP BY 1, 2
	 HAVING sum(d.net) <> h.net'
);
none(
	'VAT sums (209)',
	'SELECT h.n, h.vat FROM header h JOIN detail d USING (n) GROUP BY 1, 2
	 HAVING sum(d.vat) <> h.vat'
);
none('gross is net and VAT (203)',
	'SELECT n FROM header WHERE gross <> net + vat');
none('payments are the total (407)',
	'SELECT n FROM header WHERE paid <> gross');
none('sums are those of the invoice, without the VAT of others', <<'SQL');
SELECT h.n FROM header h JOIN ecommerce.invoices v USING (id)
WHERE h.net <> v.net OR h.vat <> CASE WHEN v.vat_scheme ~ 'oss|registration' THEN 0 ELSE v.vat END
SQL
none('lines are counted (261)', <<'SQL');
SELECT n FROM detail GROUP BY n
HAVING (min(line), max(line), count(DISTINCT line)) <> (1, count(*), count(*))
SQL
none('VAT of a line is its net times the rate', <<'SQL');
SELECT n, net, category, vat FROM detail
WHERE abs(vat - round(net * ('{24,13,6,17,9,4,0,0,3,4}'::numeric[])[category]
	/ 100, 2)) > 0
SQL
none('exemption with category 7 only (217, 271)',
	'SELECT n FROM detail WHERE (category = 7) <> (exemption IS NOT NULL)');
none('classifications sum to lines (304, 306)', <<'SQL');
SELECT d.n, d.line FROM detail d LEFT JOIN class c USING (n, line) GROUP BY 1, 2, d.net
HAVING sum(c.amount) IS DISTINCT FROM d.net
SQL
none(
	'no pair twice (305)',
	'SELECT n, line, class, income FROM class GROUP BY 1, 2, 3, 4 HAVING count(*) > 1'
);
none('the summary repeats them (311, 312)', <<'SQL');
SELECT n, class, income FROM class GROUP BY 1, 2, 3
HAVING sum(amount) FILTER (WHERE line = 0) IS DISTINCT FROM sum(amount) FILTER (WHERE line > 0)
SQL
none('counterpart (204, 205)',
	q{SELECT n FROM header WHERE (counterparts = 1) <> (type !~ '^11')});
none(
	'no Greek names, but those of others (219, 220)',
	q{SELECT n FROM header WHERE counterparts = 1 AND (names = 1) <> (country <> 'GR')}
);
none('country and type agree (242, 243, 244)', <<'SQL');
SELECT n FROM header WHERE type ~ '^[12][.]' AND right(type, 1)
	<> CASE country WHEN 'GR' THEN '1' WHEN 'DE' THEN '2' ELSE '3' END
SQL
none(
	'no VAT abroad (215, 218)',
	q{SELECT h.n FROM header h JOIN detail d USING (n)
		WHERE h.type ~ '^[12][.][23]' AND category <> 7}
);
none('correlated or not', <<'SQL');
SELECT n FROM header WHERE (type = '5.1') <> (correlated > 0)
	OR (type = '11.4') <> (connected > 0 OR special IS NOT DISTINCT FROM '13')
	OR connected > 0 AND special IS NOT NULL
SQL
none('exchange rate iff not in EUR (211)',
	q{SELECT n FROM header WHERE (rate IS NOT NULL) <> (name LIKE '%USD%')});

# How many of which kind
note(
	$node->safe_psql(
		'postgres', 'SELECT type, count(*) FROM header GROUP BY 1 ORDER BY 1')
);
is( $node->safe_psql(
		'postgres',
		q{SELECT string_agg(DISTINCT type, ' ' ORDER BY type) FROM header}),
	'1.1 1.2 1.3 11.1 11.2 11.4 2.1 2.2 2.3 5.1 5.2',
	'all types');
is( $node->safe_psql(
		'postgres',
		q{SELECT string_agg(DISTINCT category::text, ' ') FROM detail}),
	'1 10 2 3 4 5 6 7 9',
	'all VAT categories');

done_testing();
