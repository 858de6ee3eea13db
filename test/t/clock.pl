# A server's clock is set back and forward while it runs: orders still go in,
# ids stay unique and rise within a session, and holds end when they should.
#
# That this test can fail was seen by breaking the product, one at a time:
#
#   src/uuid_v7.c      MAX_AHEAD_NS is 0
#       -> "five seconds back: ids still rise"
#   src/stock_change.c  reclaim_plan finds nothing
#       -> "what it held is sold, though nobody swept"
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use Shop;

my ($faketime) =
  glob
  '/usr/lib/*/faketime/libfaketime.so.1 /usr/lib/faketime/libfaketime.so.1';
plan skip_all => 'libfaketime is not installed: apt-get install libfaketime'
  unless $faketime && -e $faketime;
plan skip_all => 'DBD::Pg is not installed: apt-get install libdbd-pg-perl'
  unless eval { require DBD::Pg };

my $orders = 20;    # placed by each session at each time

# The file says by how much the clock of the server is wrong.
my $clock  = PostgreSQL::Test::Utils::tempdir() . '/clock';
my $offset = 0;

sub set_clock
{
	($offset) = @_;
	append_to_file("$clock.new", sprintf "%+d\n", $offset);
	rename "$clock.new", $clock or die "cannot rename: $!";
	return;
}

set_clock(0);
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'log_statement = none');
{
	# Timeouts go by a clock that nobody sets.
	local $ENV{LD_PRELOAD}                   = $faketime;
	local $ENV{FAKETIME_TIMESTAMP_FILE}      = $clock;
	local $ENV{FAKETIME_NO_CACHE}            = 1;
	local $ENV{FAKETIME_DONT_FAKE_MONOTONIC} = 1;
	$node->start;
}
$node->safe_psql('postgres', 'CREATE DATABASE shop');
$node->safe_psql(
	'shop', q{
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price)
VALUES ('TEA', 'Tea', 1.24), ('INK', 'Ink', 2), ('ONE', 'One', 3), ('TWO', 'Two', 4);
SELECT ecommerce.adjust_stock(sku, units, 'receipt')
FROM (VALUES ('TEA', 10000), ('INK', 100), ('ONE', 1), ('TWO', 1)) AS p (sku, units);
});

sub connect_to_shop
{
	return DBI->connect(
		'dbi:Pg:' . $node->connstr('shop') =~ s/'//gr =~ s/ /;/gr,
		'', '', { RaiseError => 1, PrintError => 0 });
}

sub value
{
	my ($session, $sql, @arguments) = @_;
	return scalar $session->selectrow_array($sql, undef, @arguments);
}

# SQLSTATE of a statement, or nothing
sub state_of
{
	my ($session, $sql, @arguments) = @_;
	return eval { value($session, $sql, @arguments); 1 }
	  ? ''
	  : $session->state;
}

sub hold
{
	my ($session, $sku, $ttl) = @_;
	return value(
		$session,
		'SELECT id FROM ecommerce.reserve_stock(jsonb_build_array(jsonb_build_object('
		  . q{'sku', ?::text, 'quantity', 1)), ttl => ?)},
		$sku,
		$ttl);
}

# Take over a hold.
my $order_held = 'SELECT id FROM ecommerce.place_order(reservation_id => ?)';

# One session lives as long as the server, and sees all that happens to it.
my $session = connect_to_shop();
my (%number, @placed);

# Place orders in the old session and in a new one, at a time of the server.
sub work_at
{
	my ($time) = @_;
	my $new = connect_to_shop();
	cmp_ok(
		abs value(
			$session,
			'SELECT extract(epoch FROM clock_timestamp()) - ?',
			time + $offset),
		'<', 60,
		"$time: the clock is set");

	my @ids;
	for my $session ($session, $new)
	{
		my @placed = map {
			$session->selectrow_arrayref(
				q{SELECT id, order_number, abs(extract(epoch FROM created_at) - ?) < 60,
				created_at = ecommerce.uuid_v7_time(id)
				FROM ecommerce.place_order('[{"sku": "TEA", "quantity": 1}]')},
				undef, time + $offset)
		} 1 .. $orders;
		is(scalar(grep { $_->[2] && $_->[3] } @placed),
			$orders, "$time: orders are of the time of their ids");
		my @these = map { $_->[0] } @placed;
		is_deeply(\@these, [ sort @these ], "$time: ids of a session rise");
		$number{ $_->[0] }{ $_->[1] }++ for @placed;
		push @ids, @these;
	}

	# What was ordered now and before is found by its id.
	my ($cancelled, $shipped) = splice @ids, 0, 2;
	for my $id ($cancelled, @placed ? shift @placed : ())
	{
		is(state_of($session, 'SELECT ecommerce.cancel_order(?)', $id),
			'', "$time: an order is cancelled");
	}
	for my $id ($shipped, @placed ? shift @placed : ())
	{
		is( state_of(
				$session,
				q{SELECT ecommerce.transition_order(id, 'processing'),
				ecommerce.transition_order(id, 'shipped'),
				ecommerce.return_stock(id, '[{"sku": "TEA", "quantity": 1}]')
				FROM (SELECT ?::uuid AS id) AS o}, $id),
			'',
			"$time: an order is shipped, and comes back");
	}
	push @placed, @ids;
	is( value(
			$session,
			q{SELECT id FROM ecommerce.place_order('[{"sku": "INK", "quantity": 1}]',
			idempotency_key => 'once')}),
		$number{once} //= value(
			$new,
			q{SELECT order_id FROM ecommerce.idempotency_keys WHERE key = 'once'}
		),
		"$time: a retry gets the same order");
	is( $node->safe_psql(
			'shop', 'SELECT * FROM ecommerce.verify_integrity()'),
		'',
		"$time: the books balance");
	$new->disconnect;
	return $ids[0];
}

work_at('now');
my $short = hold($session, 'INK', '10 minutes');
my $other = hold($session, 'INK', '10 minutes');

set_clock(-3600);
my $last = work_at('an hour back');
is(state_of($session, $order_held, $short),
	'', 'a hold made before the clock was set back is held');
is(value($session, 'SELECT ecommerce.expire_reservations()'),
	0, 'it does not expire early');
is(state_of($session, 'SELECT ecommerce.release_reservation(?)', $other),
	'', 'another is released');
my $one = hold($session, 'ONE', '30 days');
my $two = hold($session, 'TWO', '30 days');
my $ink = hold($session, 'INK', '1 hour');

# A session does not go back by a little: its ids go on rising.
my $before = value($session, 'SELECT ecommerce.uuid_v7()');
set_clock(-3605);
cmp_ok(value($session, 'SELECT ecommerce.uuid_v7()'),
	'gt', $before, 'five seconds back: ids still rise');
work_at('five seconds back');

set_clock(40 * 86400);
work_at('40 days forward');
is(state_of($session, $order_held, $two),
	'EC006', 'a hold has expired when the clock is set forward');
is( state_of(
		$session,
		q{SELECT id FROM ecommerce.place_order('[{"sku": "ONE", "quantity": 1}]')}
	),
	'',
	'what it held is sold, though nobody swept');
is(value($session, 'SELECT ecommerce.expire_reservations()'),
	2, 'the others are swept');
is( value(
		$session,
		q{SELECT string_agg(status, ',' ORDER BY status) FROM ecommerce.stock_reservations}
	),
	'committed,expired,expired,expired,released',
	'every hold ended once');

# Beyond the partitions that there are
my $far = 800 * 86400;
set_clock($far);
work_at('800 days forward');
my $waiting =
  value($session, 'SELECT count(*) FROM ecommerce_partitions.orders_default');
cmp_ok($waiting, '>=', 2 * $orders, 'orders wait in the default partition');
is( value(
		$session,
		q{SELECT moved_rows FROM ecommerce.ensure_partitions(now(), now())
		WHERE partition::text LIKE '%.orders\_%'}
	),
	$waiting,
	'ensure_partitions() moves them');
is( value(
		$session,
		'SELECT (SELECT count(*) FROM ecommerce_partitions.orders_default)'
		  . ' + (SELECT count(*) FROM ecommerce_partitions.order_items_default)'
		  . ' + (SELECT count(*) FROM ecommerce_partitions.events_default)'),
	0,
	'nothing is left there');
work_at('800 days forward, with a partition');
my $future = hold($session, 'INK', '1 hour');

set_clock(0);
work_at('back to the present');
is(state_of($session, $order_held, $future),
	'', 'a hold of the future is held');

# Ids that were made, and those that are there
my @ids = grep { $_ ne 'once' } keys %number;
is(scalar(@ids), 14 * $orders, 'ids are unique');
is( scalar(map { keys %{ $number{$_} } } @ids),
	14 * $orders,
	'each has one order number');
is( value(
		$session,
		'SELECT count(DISTINCT order_number) FROM ecommerce.orders WHERE id = ANY (?::uuid[])',
		\@ids),
	14 * $orders,
	'every order is there');
check_books($node, 'shop', 'the books balance');
$session->disconnect;
$node->stop;
done_testing();
