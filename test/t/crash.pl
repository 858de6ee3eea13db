# What place_order() has answered survives the death of a backend and of the
# postmaster; what was under way leaves nothing behind.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

use Shop;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'EOF_CONF');
fsync = on
synchronous_commit = on
restart_after_crash = on
EOF_CONF
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE shop');
$node->safe_psql(
	'shop', q{
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price)
VALUES ('TEA', 'Tea', 1.24), ('INK', 'Ink', 2);
SELECT ecommerce.adjust_stock(sku, 1000000, 'receipt')
FROM unnest('{TEA,INK}'::text[]) AS sku;
});

# Start a client that runs a script, once it has answered with a process id.
sub start_client
{
	my ($script) = @_;
	my %client =
	  (in => "SELECT pg_backend_pid();\n$script", out => '', err => '');
	$client{run} = IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $node->connstr('shop'), '-f', '-' ],
		'<',
		\$client{in},
		'>',
		\$client{out},
		'2>',
		\$client{err},
		IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	return \%client;
}

# Wait for a number of its answers, and return the process id.
sub wait_for
{
	my ($client, $answers) = @_;
	$client->{run}->pump until ($client->{out} =~ tr/\n//) > $answers;
	return $client->{out} =~ /^(\d+)$/m ? $1 : die 'no process id';
}

# All answers that a client got before its server went.
sub answers
{
	my ($client) = @_;
	eval { $client->{run}->finish };
	return $client->{out} =~ /^([0-9a-f-]{36})$/mg;
}

# Kill while one client places order after order, and another is in a transaction.
sub crash
{
	my ($name, $kill, $restart) = @_;
	my $order =
	  q{SELECT id FROM ecommerce.place_order('[{"sku": "TEA", "quantity": 1}]');};
	my $placer = start_client("$order\n" x 5000);
	my $waiter = start_client(<<'EOF_SCRIPT');
BEGIN;
SELECT ecommerce.adjust_stock('INK', 7, 'receipt');
SELECT id FROM ecommerce.reserve_stock('[{"sku": "INK", "quantity": 11}]');
SELECT id FROM ecommerce.place_order('[{"sku": "INK", "quantity": 1000}]', idempotency_key => 'lost');
EOF_SCRIPT
	wait_for($waiter, 3);
	$kill->(wait_for($placer, 25));
	my @placed = answers($placer);
	my @lost   = answers($waiter);
	cmp_ok(scalar(@placed), '<', 5000, "$name: the client was interrupted");
	is(scalar(@lost), 2, "$name: the other one was in its transaction");

	$restart->();
	ok($node->poll_query_until('shop', 'SELECT true'), "$name: back again");
	is( $node->safe_psql(
			'shop',
			"SELECT id FROM unnest('{@{[join(',', @placed)]}}'::uuid[]) AS id
			EXCEPT SELECT id FROM ecommerce.orders"),
		'',
		"$name: every order that was answered is there");
	is( $node->safe_psql(
			'shop',
			"SELECT (SELECT count(*) FROM ecommerce.orders WHERE id IN ('$lost[0]', '$lost[1]')),
			(SELECT count(*) FROM ecommerce.stock_reservations),
			(SELECT count(*) FROM ecommerce.stock_movements),
			(SELECT count(*) FROM ecommerce.idempotency_keys)"
		),
		'0|0|2|0',
		"$name: the transaction left nothing");
	check_books($node, 'shop', "$name: the books balance");
	return;
}

my $postmaster =
  slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/ ? $1 : die;
crash('death of a backend', sub { kill 'KILL', $_[0] }, sub { });
crash(
	'death of the postmaster',
	sub { $node->kill9 },
	sub {
		# It is dead, but has to be gone, and its other children, too.
		my $attempts = 10 * $PostgreSQL::Test::Utils::timeout_default;
		usleep(100_000) while kill(0, $postmaster) && $attempts-- > 0;
		usleep(100_000) until $node->start(fail_ok => 1) || $attempts-- <= 0;
	});

$node->stop;
done_testing();
