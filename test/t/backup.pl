# The recipes of docs/backup.md: rows alone into a new shop and into a live one, a
# dump of schemas, logical replication.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use Shop;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 'logical');
$node->start;
make_shop($node, 'shop');
my $tmp = PostgreSQL::Test::Utils::tempdir;

# What fill_shop() adds to the tables of a shop
my $columns = q{
ALTER TABLE ecommerce.orders ADD COLUMN gift_note text;
ALTER TABLE ecommerce.users ADD COLUMN points integer NOT NULL DEFAULT 7;
};
my $as_replica = '-c session_replication_role=replica';

# Rows of the shop, but those of tables that are archived.
sub rows
{
	my ($on, $db) = @_;
	return join "\n", grep { !/^\w+_2024_q1 / } split /\n/,
	  contents($on, $db);
}

sub new_shop
{
	my ($on, $db) = @_;
	$on->safe_psql('postgres', "CREATE DATABASE $db");
	$on->safe_psql($db,        "CREATE EXTENSION ecommerce; $columns");
	$on->safe_psql($db,
		"SELECT ecommerce.ensure_partitions('2025-01-01', '2025-12-31')");
	return $on->safe_psql($db, 'SELECT ecommerce.prepare_restore() > 500');
}

sub proof
{
	return answer($_[0], $_[1], 'SELECT * FROM ecommerce.verify_integrity()');
}

my $rows = rows($node, 'shop');

# Rows alone, into a new shop
$node->command_ok(
	[
		'pg_dump',     '-Fc',
		'--data-only', '--load-via-partition-root',
		'-n',          'ecommerce*',
		'-T',          'ecommerce_partitions.*_2024_q1',
		'-f',          "$tmp/data",
		'shop'
	],
	'pg_dump --data-only');
is(new_shop($node, 'fresh'), 't', 'prepare_restore() empties a new shop');
{
	local $ENV{PGOPTIONS} = $as_replica;
	$node->command_ok([ 'pg_restore', '-1', '-d', 'fresh', "$tmp/data" ],
		'pg_restore of rows into it');
}
same_text(rows($node, 'fresh'), $rows, 'a new shop has the same rows');
is(proof($node, 'fresh'), '', 'and proves them');
is(sqlstate($node, 'fresh', 'SELECT ecommerce.prepare_restore();'),
	'55000', 'prepare_restore() refuses it then');
is(answer($node, 'fresh', 'SELECT ecommerce.install()'),
	'0', 'it lacks nothing');
same_text(rows($node, 'fresh'), $rows, 'which was so, and is');

# One that has begun is refused, whatever it has begun with
foreach my $begun (
	q{INSERT INTO ecommerce.products (sku, name, price) VALUES ('A', 'A', 1)},
	q{SELECT ecommerce.create_tenant('Second')},
	q{INSERT INTO ecommerce.warehouses (id, name) VALUES (2, 'Second')},
	q{INSERT INTO ecommerce.users (email) VALUES ('a@example.org')},
	q{INSERT INTO ecommerce.archived_partitions VALUES ('x', '2001-01-01', '2001-04-01')}
  )
{
	$node->safe_psql('postgres', 'DROP DATABASE IF EXISTS begun');
	$node->safe_psql('postgres', 'CREATE DATABASE begun');
	$node->safe_psql('begun',    'CREATE EXTENSION ecommerce');
	$node->safe_psql('begun',    $begun);
	my $before = contents($node, 'begun');
	is(sqlstate($node, 'begun', 'SELECT ecommerce.prepare_restore();'),
		'55000', "refused after $begun");
	same_text(contents($node, 'begun'), $before, 'nothing was lost');
}

# Rows alone, into the live shop: those that were lost come back, none is changed
$node->command_ok(
	[
		'pg_dump',   '--data-only',
		'--inserts', '--on-conflict-do-nothing',
		'-n',        'ecommerce*',
		'-f',        "$tmp/inserts",
		'shop'
	],
	'pg_dump --inserts --on-conflict-do-nothing');
$node->safe_psql('postgres', 'CREATE DATABASE live TEMPLATE shop');
$node->safe_psql(
	'live', q{
SET session_replication_role = replica;
DELETE FROM ecommerce.product_images;
DELETE FROM ecommerce.user_addresses;
DELETE FROM ecommerce.order_items WHERE line_number = 2;
DELETE FROM ecommerce.stock_movements WHERE reason = 'receipt';
});
ok(proof($node, 'live') ne '', 'a live shop lost rows');
{
	local $ENV{PGOPTIONS} = $as_replica;
	$node->command_ok(
		[
			'psql', '-X',              '-q', '-1',
			'-v',   'ON_ERROR_STOP=1', '-o', '/dev/null',
			'-d',   'live',            '-f', "$tmp/inserts"
		],
		'psql of inserts into it');
}
same_text(
	contents($node, 'live'),
	contents($node, 'shop'),
	'they are there again');
is(proof($node, 'live'), '', 'and its books hold');

# Of the schema "ecommerce" alone the rows of orders are missing, and the proof says so
foreach my $case ([ 'ecommerce', 'f' ], [ 'ecommerce*', 't' ])
{
	my ($pattern, $whole) = @$case;
	$node->safe_psql('postgres', 'DROP DATABASE IF EXISTS part');
	$node->safe_psql('postgres', 'CREATE DATABASE part');
	$node->safe_psql('part',     $Shop::app_code);
	$node->command_ok(
		[
			'pg_dump',   '-n', $pattern,    '-e',
			'ecommerce', '-f', "$tmp/part", 'shop'
		],
		"pg_dump -n $pattern");
	$node->command_ok(
		[
			'psql', '-X', '-q', '-o', '/dev/null', '-d',
			'part', '-f', "$tmp/part"
		],
		'restored');
	is(proof($node, 'part') eq '' ? 't' : 'f',
		$whole, "whole after -n $pattern: $whole");
}

# Logical replication
my $copy = PostgreSQL::Test::Cluster->new('copy');
$copy->init;
$copy->start;
Shop::make_role($copy, 'shop_app');
$node->safe_psql(
	'shop',
	'CREATE PUBLICATION shop FOR TABLES IN SCHEMA ecommerce
	WITH (publish_via_partition_root = true)');
is(new_shop($copy, 'shop'), 't', 'prepare_restore() for a subscription');
my $source = $node->connstr('shop') =~ s/'//gr;
$copy->safe_psql('shop',
	"CREATE SUBSCRIPTION shop CONNECTION '$source' PUBLICATION shop");
$copy->poll_query_until('shop',
	q{SELECT count(*) = 0 FROM pg_subscription_rel WHERE srsubstate NOT IN ('r', 's')}
) or die 'the first copy never ends';
same_text(rows($copy, 'shop'), $rows, 'the first copy');
$node->safe_psql(
	'shop', q{
BEGIN;
SELECT ecommerce.use_tenant(1);
SELECT ecommerce.cancel_order(id) FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 2}]');
SELECT FROM ecommerce.place_order('[{"sku": "FIG", "quantity": 2}]', placed_at => '2025-03-04');
UPDATE ecommerce.settings SET prices = 'net' WHERE tenant_id = 1;
COMMIT;
});
$node->wait_for_catchup('shop');
same_text(rows($copy, 'shop'), rows($node, 'shop'), 'what happened since');
is(proof($copy, 'shop'), '', 'the copy proves it');
$copy->safe_psql('shop', 'DROP SUBSCRIPTION shop');
is( answer(
		$copy, 'shop', q{BEGIN;
SELECT ecommerce.use_tenant(1) IS NULL;
SELECT net FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 2}]');
COMMIT;}),
	"f\n5.00",
	'and can take over');
is(proof($copy, 'shop'), '', 'with books that hold');

$copy->stop;
$node->stop;
done_testing();
