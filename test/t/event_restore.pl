# Consumers of events go on where they were in a younger cluster, whose transactions
# have lower numbers: what was not read is read, what comes new after it, each once.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tmp = PostgreSQL::Test::Utils::tempdir;
my $n   = 0;

sub new_cluster
{
	my $node = PostgreSQL::Test::Cluster->new(shift);
	$node->init;
	$node->append_conf('postgresql.conf',
		"autovacuum = off\nmax_prepared_transactions = 1");
	$node->start;
	return $node;
}

# Append events, each in a transaction of its own, and return what they are called.
sub append
{
	my ($node, $db, $count) = @_;
	my @kinds = map { 'e' . ++$n } 1 .. $count;
	$node->safe_psql($db,
		"INSERT INTO ecommerce.events (kind, entity_id) VALUES ('$_', ecommerce.uuid_v7())"
	) foreach @kinds;
	return "@kinds";
}

# Fetch, and acknowledge if so asked.
sub take
{
	my ($node, $db, $count, $ack) = @_;
	my $rows = $node->safe_psql($db,
		"SELECT position, kind FROM ecommerce.events_fetch('mail', $count)");
	my @got = map { [ split /\|/ ] } split /\n/, $rows;
	$node->safe_psql($db,
		"SELECT ecommerce.events_ack('mail', '$got[-1][0]')")
	  if @got && $ack;
	return (join(' ', map { $_->[1] } @got), @got ? $got[-1][0] : undef);
}

sub transactions
{
	return shift->safe_psql('postgres', 'SELECT pg_current_xact_id()');
}

sub generations
{
	my ($node, $db) = @_;
	return $node->safe_psql(
		$db,
		q{SELECT string_agg(generation::text, ' ' ORDER BY generation)
		FROM ecommerce.event_generations}
	);
}

sub proof
{
	my ($node, $db) = @_;
	return $node->safe_psql($db,
		'SELECT * FROM ecommerce.verify_integrity()');
}

my $old = new_cluster('old');
$old->safe_psql(
	'postgres', q{DO $$ BEGIN FOR i IN 1..5000 LOOP
	PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$});
$old->safe_psql('postgres', 'CREATE DATABASE shop');
$old->safe_psql(
	'shop', q{CREATE EXTENSION ecommerce;
	UPDATE ecommerce.settings SET country = 'GR';
	SELECT FROM ecommerce.create_consumer('mail')});
append($old, 'shop', 6);
is((take($old, 'shop', 2, 1))[0], 'e1 e2', 'old: read and acknowledged');
my ($leased, $position) = take($old, 'shop', 2, 0);
is($leased,                   'e3 e4', 'old: read only');
is(generations($old, 'shop'), '0',     'old: one generation');
$old->command_ok([ 'pg_dump', '-Fc', '-f', "$tmp/full", 'shop' ], 'pg_dump');
$old->command_ok(
	[
		'pg_dump',     '-Fc',
		'--data-only', '-n',
		'ecommerce*',  '-f',
		"$tmp/rows",   'shop',
		'--load-via-partition-root'
	],
	'pg_dump of rows');

my $young = new_cluster('young');
$young->safe_psql('postgres', "CREATE DATABASE $_") foreach qw(shop rows);
$young->command_ok([ 'pg_restore', '-1', '-d', 'shop', "$tmp/full" ],
	'pg_restore into a younger cluster');
$young->safe_psql('rows',
	'CREATE EXTENSION ecommerce; SELECT ecommerce.prepare_restore()');
{
	local $ENV{PGOPTIONS} = '-c session_replication_role=replica';
	$young->command_ok([ 'pg_restore', '-1', '-d', 'rows', "$tmp/rows" ],
		'pg_restore of rows');
}
$young->safe_psql('rows', 'SELECT ecommerce.install()');
cmp_ok(transactions($young), '<', transactions($old),
	'its transactions have lower numbers');

my $first = $n;
foreach my $db (qw(shop rows))
{
	$n = $first;
	is(proof($young, $db), '', "$db: the proof finds nothing to complain of");
	append($young, $db, 1);
	is(generations($young, $db), '0 1', "$db: a generation begins");
	is((take($young, $db, 3, 1))[0],
		'e5 e6 e7', "$db: what was not read comes, and what is new after it");
	is( $young->safe_psql(
			$db, "SELECT done FROM ecommerce.events_ack('mail', '$position')"
		),
		't',
		"$db: what was fetched before the dump is acknowledged after it");
	is( $young->safe_psql(
			$db, 'SELECT unread, oldest FROM ecommerce.event_lag'),
		'0|',
		"$db: all is read");

	# A prepared transaction is not over.
	my $prepared = 'e' . ++$n;
	$young->safe_psql(
		$db, qq{BEGIN;
		INSERT INTO ecommerce.events (kind, entity_id)
		VALUES ('$prepared', ecommerce.uuid_v7());
		PREPARE TRANSACTION 'p'});
	my $later = append($young, $db, 2);
	is((take($young, $db, 9, 1))[0],
		'', "$db: a prepared transaction holds back what is after it");
	$young->safe_psql($db, q{COMMIT PREPARED 'p'});
	is( (take($young, $db, 9, 1))[0],
		"$prepared $later",
		"$db: then all comes in its order");
	is(proof($young, $db), '', "$db: its proof");
}

# And back, to where the numbers are higher, and to where they began
my $unread = append($young, 'shop', 2);
$young->command_ok([ 'pg_dump', '-Fc', '-f', "$tmp/back", 'shop' ],
	'pg_dump of the young one');
$old->safe_psql('postgres', 'CREATE DATABASE back');
$old->command_ok([ 'pg_restore', '-1', '-d', 'back', "$tmp/back" ],
	'pg_restore into the old one');
my $new = append($old, 'back', 2);
is(generations($old, 'back'),     '0 1 2',        'back: a third generation');
is((take($old, 'back', 9, 1))[0], "$unread $new", 'back: all in its order');
is(proof($old, 'back'),           '',             'back: its proof');

# Two sessions write the first events of a cluster: one waits for the other.
$old->safe_psql(
	'back',
	q{ALTER TABLE ecommerce.event_generations DISABLE TRIGGER append_only;
	UPDATE ecommerce.event_generations SET system_identifier = 1;
	ALTER TABLE ecommerce.event_generations ENABLE TRIGGER append_only});
my $a = $old->background_psql('back', on_error_stop => 0);
my $insert =
  "INSERT INTO ecommerce.events (kind, entity_id) VALUES ('%s', ecommerce.uuid_v7());";
$a->query_safe('BEGIN;' . sprintf $insert, 'first');
my $b = $old->background_psql('back', on_error_stop => 0);
$b->query_until(qr/begins/,
	"\\echo begins\n" . sprintf($insert, 'second') . "\n");
ok( $old->poll_query_until(
		'postgres', q{SELECT EXISTS (SELECT FROM pg_stat_activity
		WHERE wait_event_type = 'Lock' AND datname = 'back')}
	),
	'the second waits');
$a->query_safe('ROLLBACK;');
$a->quit;
$b->quit;
is(generations($old, 'back'),     '0 1 2 3', 'and begins it itself');
is((take($old, 'back', 9, 1))[0], 'second',  'its event comes');

$old->stop;
$young->stop;
done_testing();
