# VAT ids and IBANs as others published them, and a million texts that come
# near them or do not: all are judged, and nothing is raised.
use strict;
use warnings;

use Cwd qw(realpath);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = '../shared/data';

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;

# In this encoding a text is any bytes but zero.
local $ENV{PGCLIENTENCODING} = 'SQL_ASCII';
$node->safe_psql('postgres',
	"CREATE DATABASE bytes ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
);
$node->safe_psql('bytes', 'CREATE EXTENSION ecommerce');

# Judge each id of a file, which has columns "valid" and the one named.
sub judge
{
	my ($file, $columns, $id, $function) = @_;
  SKIP:
	{
		skip "no $data/$file, which is no part of this checkout", 2
		  unless -e "$data/$file";
		my $path = realpath("$data/$file");
		$node->safe_psql('bytes',
			"CREATE TABLE $function ($columns); COPY $function FROM '$path' (FORMAT csv, HEADER)"
		);
		my ($valid, $invalid) = split /\|/, $node->safe_psql(
			'bytes', qq{
SELECT count(*) FILTER (WHERE valid = '1'), count(*) FILTER (WHERE valid = '0')
FROM $function});
		cmp_ok($valid * $invalid,
			'>', 0, "$file has $valid valid ids and $invalid others");
		is( $node->safe_psql(
				'bytes', qq{
SELECT $id, valid FROM $function
WHERE ecommerce.${function}_valid($id) IS DISTINCT FROM (valid = '1')
	OR ecommerce.${function}_normalize($id) IS NULL <> (valid = '0')}),
			'',
			"$file: every id is judged as the file has it");
	}
	return;
}

judge('vat_ids.csv',
	'country text, number text, valid text, source text, license text',
	'number', 'vat_id');
judge('ibans.csv',
	'country text, iban text, valid text, source text, license text',
	'iban', 'iban');

# Half are random bytes, after the prefix of a country or not; the others are
# ids that one to three random changes were made to.
my $texts = q{
SELECT setseed(0.5);
CREATE TABLE texts AS
WITH ids AS (
	SELECT '{ATU12345675,BE0123456749,BE123456749,BG123456786,BG7501301231,
		CHE123456788MWST,CHE123456788TVA,CY10012345Y,CZ12345679,CZ7103192745,
		DE123456788,DK12345674,EE100123450,EL123456783,EL23456780,ES12345678Z,
		ESX1234567L,ESA12345674,FI12345671,FR11123456782,FR1Z123456782,
		GB123456782,GB123456782001,GBGD001,HR12345678903,HU12345676,IE1234567T,
		IE1234567FA,IE1+23456W,IT12345670017,LT123456715,LT123456789011,
		LU12345613,LV40003123453,LV29020021239,MT12345634,NL123456782B01,
		NL123456789B13,NO123456785MVA,PL1234567802,PT123456789,RO19,RO123456789,
		SE556012345601,SI12345679,SK2020123457,XI123456782,
		AT111234567890123456,DE43123456789012345678,FR5712345678901L34O67R90U23,
		GB35ABCD56789012345678,GR1601101250000000012300695,MT20ABCD5678901L34O67R90U23X56A,
		MU93ABCD5678901234567890123XYZ,NO2812345678901,
		RU5512345678901234O67R90U23X56A89}'::text[] AS id
)
SELECT CASE WHEN random() < 0.5 THEN left(id[1 + n % cardinality(id)], 2) ELSE '' END ||
	(SELECT coalesce(string_agg(chr(1 + (random() * 254)::integer), ''), '')
	 FROM generate_series(1, (random() * 24)::integer + 0 * n)) AS text
FROM ids, generate_series(1, 500000) AS n
UNION ALL
SELECT text3
FROM ids, generate_series(1, 500000) AS n,
	LATERAL (SELECT id[1 + n % cardinality(id)] AS text0) t0,
	LATERAL (SELECT overlay(text0 placing chr(1 + (random() * 254)::integer)
		from 1 + (random() * length(text0))::integer for (random() * 2)::integer) AS text1) t1,
	LATERAL (SELECT CASE WHEN random() < 0.5
		THEN overlay(text1 placing (random() * 9)::integer::text
			from 1 + (random() * length(text1))::integer for 1)
		ELSE text1 END AS text2) t2,
	LATERAL (SELECT CASE WHEN random() < 0.5
		THEN overlay(text2 placing substr(' .-/', 1 + (random() * 3)::integer, 1)
			from 1 + (random() * length(text2))::integer for 0)
		ELSE text2 END AS text3) t3;
};
$node->safe_psql('bytes', $texts);
is( $node->safe_psql(
		'bytes', 'SELECT count(*), count(DISTINCT text) > 800000 FROM texts'),
	'1000000|t',
	'a million texts, most of them different');

for my $function (qw(vat_id iban))
{
	my ($stdout, $stderr);
	my $status = $node->psql(
		'bytes', qq{
SELECT count(*) FILTER (WHERE valid IS NULL OR valid <> (normal IS NOT NULL)),
	count(*) FILTER (WHERE ecommerce.${function}_normalize(normal) <> normal),
	count(*) FILTER (WHERE valid)
FROM (SELECT ecommerce.${function}_valid(text) AS valid,
		ecommerce.${function}_normalize(text) AS normal FROM texts OFFSET 0) s},
		stdout => \$stdout,
		stderr => \$stderr);
	is("$status $stderr", '0 ', "$function: nothing is raised");
	like($stdout, qr/^0\|0\|[1-9]\d+$/,
		"$function: the same answers, canonical forms that are their own, and some valid"
	);
}

$node->stop;
done_testing();
