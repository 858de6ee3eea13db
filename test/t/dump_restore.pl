# A shop survives pg_dump and every way to restore it.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use Shop;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
make_shop($node, 'shop');
check_books($node, 'shop', 'shop: its books balance');
my $wrappers = $node->safe_psql('shop',
	q{CREATE SCHEMA api; SELECT ecommerce.create_api('api');});

my $contents    = contents($node, 'shop');
my $definitions = definitions($node, 'shop');
my $tmp         = PostgreSQL::Test::Utils::tempdir;

sub check_restored
{
	my ($db, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	same_text(contents($node, $db), $contents, "$name: same rows");
	same_text(definitions($node, $db),
		$definitions, "$name: same definitions");
	shop_works($node, $db, $name);
	return;
}

$node->command_ok([ 'pg_dump', '-Fc', '-f', "$tmp/custom", 'shop' ],
	'pg_dump -Fc');
$node->command_ok([ 'pg_dump', '-f', "$tmp/plain", 'shop' ], 'pg_dump');

my %restore = (
	'pg_restore -1'  => [ 'pg_restore', '-1', "$tmp/custom" ],
	'pg_restore -j4' =>
	  [ 'pg_restore', '-j4', '--exit-on-error', "$tmp/custom" ],
	'psql -1' => [
		'psql', '-X',              '-q', '-1',
		'-v',   'ON_ERROR_STOP=1', '-f', "$tmp/plain"
	]);
my $n = 0;
foreach my $name (sort keys %restore)
{
	my $db = 'restored' . ++$n;
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->command_ok([ @{ $restore{$name} }, '-d', $db ], $name);
	check_restored($db, $name);
	is( $node->safe_psql(
			$db, q{
BEGIN;
SELECT FROM ecommerce.use_tenant(1);
SELECT count(*), (SELECT lines ->> 'sku' FROM jsonb_array_elements(api.quote_order(
	jsonb_build_array(jsonb_build_object('product_id', (SELECT i.product_id
		FROM ecommerce.order_items i JOIN ecommerce.products p ON p.tenant_id = 1
		AND p.id = i.product_id AND p.status = 'active' AND p.deleted_at IS NULL
		WHERE i.tenant_id = 1 LIMIT 1), 'quantity', 1))) -> 'lines') lines) IS NOT NULL
FROM pg_proc WHERE pronamespace = 'api'::regnamespace;
COMMIT;
}),
		"$wrappers|t",
		"$name: the wrappers of create_api() are there and work");
}

# A dump of the schema, with the extension: goes where there is no such schema.
# Where the extension is, and with it a shop that may go, that goes first.
$node->command_ok(
	[
		'pg_dump',   '-n', 'ecommerce*',  '-e',
		'ecommerce', '-f', "$tmp/schema", 'shop'
	],
	'pg_dump -n -e');
$node->safe_psql('postgres', 'CREATE DATABASE replaced');
$node->safe_psql(
	'replaced', "$Shop::app_code
	CREATE EXTENSION ecommerce;
	DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;");
$node->command_ok(
	[
		'psql',        '-X', '-q', '-1', '-v', 'ON_ERROR_STOP=1', '-f',
		"$tmp/schema", 'replaced'
	],
	'psql -1 of pg_dump -n -e');
check_restored('replaced', 'pg_dump -n -e');

# A dump of the schema alone, into a database that has the extension, without
# a shop: -n leaves out CREATE SCHEMA.  What was granted on the schema and on
# functions is not in the dump.
$node->command_ok(
	[
		'pg_dump', '-Fc', '-n', 'ecommerce*',
		'-f',      "$tmp/schema.custom", 'shop'
	],
	'pg_dump -Fc -n');
foreach my $jobs ('-1', '-j4')
{
	my $db = "schema$jobs" =~ s/-/_/r;
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql(
		$db, "$Shop::app_code
		CREATE SCHEMA ecommerce;
		CREATE SCHEMA ecommerce_partitions;
		GRANT USAGE ON SCHEMA ecommerce_partitions TO PUBLIC;
		CREATE EXTENSION ecommerce;");
	is( $node->safe_psql(
			$db,
			"SELECT count(*) FROM pg_class
			WHERE relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
			AND relkind <> 'c'"
		),
		0,
		"CREATE EXTENSION in $db makes no tables");
	$node->command_ok(
		[
			'pg_restore', $jobs, '--exit-on-error', '-n', 'ecommerce',
			'-n', 'ecommerce_partitions', '-d',     $db,  "$tmp/schema.custom"
		],
		"pg_restore $jobs -n");
	$node->safe_psql($db, $Shop::grants);
	check_restored($db, "pg_restore $jobs -n");
}

# A shop whose time zone the other server does not know.
$node->safe_psql('postgres', 'CREATE DATABASE abroad');
$node->safe_psql('postgres', 'CREATE DATABASE home');
$node->safe_psql(
	'abroad', q{CREATE EXTENSION ecommerce;
	ALTER TABLE ecommerce.settings DISABLE TRIGGER check_timezone;
	UPDATE ecommerce.settings SET timezone = 'Europe/Nowhere';
	ALTER TABLE ecommerce.settings ENABLE TRIGGER check_timezone;});
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$tmp/zone", 'abroad' ],
	'pg_dump of an unknown time zone');
$node->command_ok(
	[ 'pg_restore', '--exit-on-error', '-d', 'home', "$tmp/zone" ],
	'pg_restore of it');
is( $node->safe_psql(
		'home', 'SELECT problem, detail FROM ecommerce.verify_integrity()'),
	'unknown time zone|{"timezone": "Europe/Nowhere", "tenant_id": 1}',
	'the proof tells of it');

$node->stop;
done_testing();
