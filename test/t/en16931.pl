# Published e-invoices are reproduced to the cent: every line, the VAT
# breakdown and all totals.  Skipped where the file is not there.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use Test::More;

my $file = '../shared/data/en16931_invoices.jsonl';
plan skip_all =>
  "$file is missing: published e-invoices, no part of this checkout"
  unless -r $file;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION ecommerce');
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE published (invoice jsonb);
\\copy published FROM '$file' CSV QUOTE E'\\x01' DELIMITER E'\\x02'
SQL

# The file has names of its own for keys and VAT categories.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION category(c text) RETURNS text LANGUAGE sql RETURN
	CASE c WHEN 'standard' THEN 'S' WHEN 'zero' THEN 'Z' WHEN 'reverse-charge' THEN 'AE'
		WHEN 'export' THEN 'G' WHEN 'outside-scope' THEN 'O' ELSE c END;
-- One publisher calls payable what is due before prepayments.
CREATE FUNCTION stated(t jsonb) RETURNS jsonb LANGUAGE sql RETURN
	t || jsonb_build_object('payable', coalesce(t -> 'due', t -> 'payable'));
CREATE FUNCTION vat(e jsonb) RETURNS jsonb LANGUAGE sql RETURN
	jsonb_build_object('vat_category', category(e ->> 'vat_cat'),
		'vat_rate', CASE category(e ->> 'vat_cat') WHEN 'O' THEN NULL
			ELSE coalesce(e -> 'vat_rate', '0') END);
CREATE FUNCTION adjustments(a jsonb, charge boolean, own_vat boolean)
RETURNS jsonb LANGUAGE sql RETURN
	(SELECT coalesce(jsonb_agg(jsonb_build_object(
			'amount', e -> 'amount', 'percent', e -> 'percent', 'base', e -> 'base')
		|| CASE WHEN own_vat THEN vat(e) ELSE '{}' END ORDER BY n), '[]')
	FROM jsonb_array_elements(coalesce(a, '[]')) WITH ORDINALITY x (e, n)
	WHERE (e ->> 'charge')::boolean = charge);
-- The file has the codes of exemptions, but not their texts.
CREATE TABLE computed AS
SELECT path, invoice, document, ecommerce.invoice_totals(document) AS totals
FROM (SELECT invoice ->> 'path' AS path, invoice,
	jsonb_build_object('currency', invoice -> 'currency',
		'prepaid', invoice -> 'totals' -> 'prepaid',
		'rounding', invoice -> 'totals' -> 'rounding',
		'allowances', adjustments(invoice -> 'doc_ac', false, true),
		'charges', adjustments(invoice -> 'doc_ac', true, true),
		'lines', (SELECT jsonb_agg(vat(l) || jsonb_build_object('line', n,
				'quantity', l -> 'qty', 'unit_price', l -> 'unit_price',
				'base_quantity', l -> 'base_qty', 'net', l -> 'net',
				'allowances', adjustments(l -> 'ac', false, false),
				'charges', adjustments(l -> 'ac', true, false)) ORDER BY n)
			FROM jsonb_array_elements(invoice -> 'lines') WITH ORDINALITY x (l, n)),
		'vat', (SELECT jsonb_agg(jsonb_build_object('category', category(v ->> 'cat'),
				'rate', v -> 'rate', 'taxable', v -> 'taxable', 'tax', v -> 'tax',
				'exemption', CASE WHEN category(v ->> 'cat') NOT IN ('S', 'Z')
					THEN coalesce(v ->> 'exempt_code', 'as its text says') END))
			FROM jsonb_array_elements(invoice -> 'vat') v),
		'totals', stated(invoice -> 'totals')) AS document
	FROM published) p;
SQL

sub is_empty
{
	my ($query, $name) = @_;

	is($node->safe_psql('postgres', $query), '', $name);
	return;
}

cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM computed'),
	'>=', 85, 'published invoices');
is_empty(
	"SELECT path, totals -> 'violations' FROM computed WHERE totals -> 'violations' <> '[]'",
	'none violates a rule');
is_empty(
	q{SELECT path, k FROM computed,
		(VALUES ('lines', 'BR-CO-10'), ('net', 'BR-CO-13'), ('vat', 'BR-CO-14'),
			('gross', 'BR-CO-15'), ('payable', 'BR-CO-16')) v (k, rule),
		to_jsonb((document -> 'totals' ->> k)::numeric + 0.01) a
	WHERE NOT ecommerce.invoice_totals(jsonb_set(document, ARRAY['totals', k], a)) -> 'violations'
		@> jsonb_build_array(jsonb_build_object('rule', rule))},
	'each does when it is one cent off');
is_empty(
	q{SELECT path, n, l ->> 'net', c ->> 'net'
	FROM computed, jsonb_array_elements(invoice -> 'lines') WITH ORDINALITY a (l, n)
	JOIN LATERAL jsonb_array_elements(totals -> 'lines') WITH ORDINALITY b (c, m) ON m = n
	WHERE (l ->> 'net')::numeric <> (c ->> 'net')::numeric},
	'line nets');

is_empty(
	q{SELECT path, k, document -> 'totals' ->> k, totals -> 'totals' ->> k
	FROM computed, unnest('{lines,allowances,charges,net,vat,gross,payable}'::text[]) k
	WHERE coalesce(document -> 'totals' ->> k, '0')::numeric
		IS DISTINCT FROM (totals -> 'totals' ->> k)::numeric},
	'all totals');
is_empty(
	q{WITH theirs AS (
		SELECT path, category(v ->> 'cat') AS category,
			coalesce(v ->> 'rate', '0')::numeric AS rate,
			sum((v ->> 'taxable')::numeric) AS taxable, sum((v ->> 'tax')::numeric) AS tax
		FROM computed, jsonb_array_elements(invoice -> 'vat') v GROUP BY 1, 2, 3),
	ours AS (
		SELECT path, v ->> 'category' AS category, (v ->> 'rate')::numeric AS rate,
			(v ->> 'taxable')::numeric AS taxable, (v ->> 'tax')::numeric AS tax
		FROM computed, jsonb_array_elements(totals -> 'vat') v)
	(TABLE theirs EXCEPT TABLE ours) UNION ALL (TABLE ours EXCEPT TABLE theirs)},
	'VAT breakdown');

$node->stop;
done_testing();
