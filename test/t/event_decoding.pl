# Events by logical decoding, as docs/event.md shows it: in the order of commits, from
# all partitions, also through wal2json where that is installed.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', 'autovacuum = off');
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE shop');
$node->safe_psql(
	'shop', q{CREATE EXTENSION ecommerce;
	UPDATE ecommerce.settings SET country = 'GR';
	INSERT INTO ecommerce.products (sku, name, price) VALUES ('PEN', 'Pen', 1);
	SELECT ecommerce.adjust_stock('PEN'::text, 100, 'receipt')});

# Minor releases since 2026 ask for the libraries that may decode.
if ($node->safe_psql(
		'shop',
		"SELECT count(*) FROM pg_settings WHERE name = 'output_plugin_libraries'"
	))
{
	$node->safe_psql('shop',
		"ALTER SYSTEM SET output_plugin_libraries = pgoutput, test_decoding, wal2json"
	);
	$node->reload;
}

my $libraries = $node->config_data('--pkglibdir');
my @plugins;
foreach my $plugin (qw(test_decoding wal2json))
{
	if (!-e "$libraries/$plugin.so")
	{
	  SKIP: { skip "$plugin is not installed", 2; }
		next;
	}
	push @plugins, $plugin;
	$node->safe_psql('shop',
		"SELECT FROM pg_create_logical_replication_slot('$plugin', '$plugin')"
	);
}

# One that is rolled back, one that commits last, one of the past
my $early = $node->background_psql('shop');
$early->query_safe(
	q{BEGIN; INSERT INTO ecommerce.events (kind, entity_id) VALUES ('early',
	'00000000-0000-0000-0000-000000000001');});
$node->safe_psql(
	'shop', q{
BEGIN;
SELECT FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]');
ROLLBACK;
SELECT FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]');
SELECT FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 2}]',
	placed_at => '2019-01-02 03:04+00');
SELECT FROM ecommerce.cancel_order((SELECT order_number FROM ecommerce.orders
	ORDER BY created_at DESC LIMIT 1), 'not wanted');
});
$early->query_safe('COMMIT;');
$early->quit;

my $expected = "order.placed\norder.placed\norder.cancelled\nearly";

sub decoded
{
	my ($plugin) = @_;
	return $node->safe_psql(
		'shop', q{
SELECT m[1] FROM pg_logical_slot_get_changes('test_decoding', NULL, NULL, 'skip-empty-xacts', '1')
CROSS JOIN regexp_match(data,
	'^table ecommerce_partitions\.events_\w+: INSERT:.* kind\[text\]:''([^'']*)''') AS m
WHERE m IS NOT NULL}) if $plugin eq 'test_decoding';
	return $node->safe_psql(
		'shop', q{
SELECT c.value ->> 'value'
FROM pg_logical_slot_get_changes('wal2json', NULL, NULL, 'format-version', '2',
	'add-tables', 'ecommerce_partitions.*', 'actions', 'insert',
	'include-transaction', 'false')
CROSS JOIN jsonb_array_elements(data::jsonb -> 'columns') AS c
WHERE data::jsonb ->> 'table' LIKE 'events\_%' AND c.value ->> 'name' = 'kind'}
	);
}

foreach my $plugin (@plugins)
{
	is(decoded($plugin), $expected,
		"$plugin: events in the order of commits");
	is(decoded($plugin), '', "$plugin: each once");
}

# A subscriber has other partitions: it gets them as of the table.
my $copy = PostgreSQL::Test::Cluster->new('copy');
$copy->init;
$copy->start;
$node->safe_psql('shop',
	'CREATE PUBLICATION events FOR TABLE ecommerce.events WITH (publish_via_partition_root)'
);
$copy->safe_psql(
	'postgres', q{CREATE SCHEMA ecommerce;
	CREATE TABLE ecommerce.events (tenant_id integer, id uuid, created_at timestamptz, xact xid8,
		kind text, entity_id uuid, data jsonb, PRIMARY KEY (id, tenant_id, created_at))}
);
$copy->safe_psql('postgres',
		q{CREATE SUBSCRIPTION events CONNECTION '}
	  . $node->connstr
	  . q{ dbname=shop' PUBLICATION events});
$copy->wait_for_subscription_sync($node, 'events');
$node->safe_psql('shop',
	q{SELECT FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 3}]')});
$node->wait_for_catchup('events');
my $events =
  'SELECT md5(string_agg(concat_ws($$,$$, tenant_id, id, xact, kind, entity_id, data), $$;$$
	ORDER BY id)) FROM ecommerce.events';
is( $copy->safe_psql('postgres', $events),
	$node->safe_psql('shop',     $events),
	'publish_via_partition_root: a copy in one table');

# NOTIFY wakes who listens, once for a transaction, if the shop wants it.
my $listener = $node->background_psql('shop');
$listener->query_safe('LISTEN ecommerce_events;');
my $order =
  q{SELECT FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]');};
$node->safe_psql('shop', $order);
$node->safe_psql(
	'shop', 'CREATE TRIGGER notify AFTER INSERT ON ecommerce.events
	FOR EACH ROW EXECUTE FUNCTION ecommerce_internal.notify_events()');
$node->safe_psql('shop', "BEGIN; $order $order ROLLBACK;");
$node->safe_psql('shop', "BEGIN; $order $order COMMIT;");
my $heard = $listener->query('SELECT 1;');
my @heard = $heard =~ /notification "(\w+)" with payload "(\d+)"/g;
is("@heard", 'ecommerce_events 1', 'NOTIFY: once, with the tenant');
$node->safe_psql('shop', 'DROP TRIGGER notify ON ecommerce.events');
$node->safe_psql('shop', $order);
unlike($listener->query('SELECT 1;'),
	qr/notification/, 'NOTIFY: not unless the shop wants it');
$listener->quit;

$copy->stop;
$node->stop;
done_testing();
