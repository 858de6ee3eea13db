# What was acknowledged survives: customers and pgbench load a shop while its
# server is killed, stopped, filled up, cut short and replaced by its standby.
# Afterwards every order that a customer was told of is there, once, and the
# books balance.
#
#   make check           a few of the faults
#   make check-faults    (FAULTS=full) all of them, some several times
#
# FAULTS_SEED chooses the order of the faults.
#
# That this test can fail was seen by breaking the product, one at a time:
#
#   src/stock_change.c  take_from() takes nothing from rows whose slot is not 0;
#                      lock_row(), having waited, keeps the units it read before
#   src/stock_reservation.c  ec_expire_reservations() gives nothing back;
#                      commit_plan takes over what is not held any more
#       -> "the books balance"
#   src/order_write.c   ec_order_claim_key() always returns true
#       -> "what was acknowledged is there", "no key has two orders"
#   src/order.c        ec_place_order() sets synchronous_commit to off, or local
#       -> "what was acknowledged is there": after a crash, or a promotion
#   src/catalog_items.c ec_items_demand() does not sort
#       -> "the servers met no other error": deadlocks
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use Digest::MD5 qw(md5);
use List::Util  qw(max shuffle);
use POSIX       qw(WNOHANG);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

use Shop;

plan skip_all => 'DBD::Pg is not installed: apt-get install libdbd-pg-perl'
  unless eval { require DBD::Pg };

my $full      = ($ENV{FAULTS} // '') eq 'full';
my $seed      = $ENV{FAULTS_SEED} || 1;
my $customers = 4;
my $cold      = 300;
my $between   = $full ? 700 : 100;                # orders between two faults

# No machine crashes here, so it makes no difference; but it takes time.
my $fsync = $full ? 'on' : 'off';
srand $seed;
note "FAULTS_SEED=$seed";

# Nothing that is done to the customers' settings is done to the checks.
my $own_options = '-c statement_timeout=0 -c lock_timeout=0';
$ENV{PGOPTIONS} = $own_options;

my $work    = PostgreSQL::Test::Utils::tempdir();
my $current = "$work/current";    # names the server that customers go to
my $main    = $$;
my (%customer, %pgbench);         # processes by their ids
my $servers = 0;
my $node;

sub new_server
{
	my $name = 'server' . ++$servers;
	$node = PostgreSQL::Test::Cluster->new($name);
	return $node;
}

# Segments of its WAL are small, so that there are many.
sub make_first_server
{
	new_server()->init(
		allows_streaming => 1,
		extra            => [ '--data-checksums', '--wal-segsize=1' ]);
	$node->append_conf('postgresql.conf', <<"EOF_CONF");
fsync = $fsync
restart_after_crash = on
shared_buffers = 64MB
max_connections = 50
max_prepared_transactions = 5
max_wal_size = 64MB
min_wal_size = 4MB
wal_keep_size = 256MB
autovacuum_naptime = 1s
log_line_prefix = '%p %e %m '
log_error_verbosity = terse
log_min_error_statement = panic
log_statement = none
EOF_CONF
	$node->start;
	$node->safe_psql('postgres', 'CREATE DATABASE shop');

	# HOT1 spreads of itself, HOT2 is spread, HOT3 is scarce, HOT4 lies in two
	# warehouses, BACK is sold before it is there.
	$node->safe_psql(
		'shop', qq{
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.warehouses (id, name, priority) VALUES (2, 'Second', 200);
INSERT INTO ecommerce.products (sku, name, price)
SELECT sku, sku, 1 + length(sku) / 100.0
FROM (SELECT 'COLD' || n FROM generate_series(1, $cold) n
	UNION ALL SELECT unnest('{HOT1,HOT2,HOT3,HOT4,BACK,SAFE}'::text[])) AS p (sku);
SELECT count(ecommerce.adjust_stock(id, CASE WHEN sku LIKE 'HOT%' THEN 1000000
	WHEN sku LIKE 'COLD%' THEN 100000 END, 'receipt'))
FROM ecommerce.products WHERE sku ~ '^(HOT[124]|COLD)';
SELECT ecommerce.adjust_stock('HOT3', 60, 'receipt');
SELECT ecommerce.adjust_stock('HOT4', 500, 'receipt', warehouse_id => 2);
SELECT ecommerce.adjust_stock('BACK', 10, 'receipt');
SELECT ecommerce.set_backorder_limit(id, 100000) FROM ecommerce.products WHERE sku = 'BACK';
SELECT ecommerce.set_stock_slots(id, 8) FROM ecommerce.products WHERE sku = 'HOT2';

INSERT INTO ecommerce.sellers (tenant_id, name, address_line_1, city, postal_code, vat_id, iban)
VALUES (1, 'Shop', 'Ermou 1', 'Athens', '10563', 'EL094259216', 'GR1601101250000000012300695');
CREATE SCHEMA load;
CREATE FUNCTION load.items(a integer, units integer, b integer) RETURNS jsonb
LANGUAGE sql AS \$\$
	SELECT jsonb_build_array(
		jsonb_build_object('sku', 'HOT' || a, 'quantity', units),
		jsonb_build_object('sku', 'COLD' || b, 'quantity', 1))
\$\$;
-- Money comes for an order and goes back in part, as a provider reports, twice; and its papers.
CREATE FUNCTION load.pay(id uuid) RETURNS text LANGUAGE sql AS \$\$
	SELECT min(e.order_payment_status) FROM ecommerce.orders o, generate_series(1, 2),
		LATERAL ecommerce.record_payment_event('acme', 'pay ' || o.id, 'captured', o.gross,
			reference => o.id::text, order_id => o.id) e
	WHERE o.id = pay.id
\$\$;
CREATE FUNCTION load.give_back(id uuid) RETURNS text LANGUAGE plpgsql AS \$\$
DECLARE
	r record;
BEGIN
	SELECT * INTO r FROM ecommerce.refund_order(give_back.id, amount => 0.50);
	RETURN (SELECT e.status FROM ecommerce.record_payment_event('acme', 'back ' || r.id,
		'refunded', r.amount, reference => give_back.id::text, refund_id => r.id) e);
END \$\$;
-- Try a statement about an id, unless what should have given that failed.
CREATE FUNCTION load.try(statement text, id text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql AS \$\$
DECLARE
	answer text;
BEGIN
	IF id <> '' IS NOT FALSE THEN
		EXECUTE statement INTO answer USING id;
	END IF;
	RETURN answer;
EXCEPTION
	WHEN query_canceled OR lock_not_available THEN RETURN NULL;
	WHEN OTHERS THEN
		IF SQLSTATE LIKE 'EC%' THEN RETURN NULL; END IF;
		RAISE;
END \$\$;
});
	return;
}

# What pgbench does, besides the customers
my $mix = <<'EOF_MIX' =~ s/COLD/$cold/gr;
\set what random(1, 100)
\set hot random(1, 4)
\set cold random(1, COLD)
\set units random(1, 3)
\set then random(1, 6)
\if :what <= 40
SELECT load.try($$SELECT id FROM ecommerce.reserve_stock(load.items(:hot, :units, :cold),
	ttl => :then * interval '1 second')$$) AS held \gset
\if :then = 1
SELECT load.try('SELECT ecommerce.release_reservation($1::uuid)', ':held');
SELECT load.try('SELECT id FROM ecommerce.place_order(reservation_id => $1::uuid)', ':held');
\elif :then = 2
SELECT load.try($$SELECT ecommerce.extend_reservation($1::uuid, '3 seconds')$$, ':held');
\elif :then <= 4
SELECT load.try('SELECT id FROM ecommerce.place_order(reservation_id => $1::uuid)',
	':held') AS ordered \gset
\if :then = 3
SELECT load.try('SELECT ecommerce.cancel_order($1::uuid)', ':ordered');
\else
SELECT load.try($$SELECT ecommerce.transition_order($1::uuid, 'processing')$$, ':ordered');
SELECT load.try($$SELECT ecommerce.transition_order($1::uuid, 'shipped')$$, ':ordered');
\endif
\endif
\elif :what <= 60
SELECT load.try(
	$$SELECT id FROM ecommerce.place_order(load.items(:hot, :units, :cold))$$) AS ordered \gset
SELECT load.try('SELECT load.pay($1::uuid)', ':ordered');
\if :then % 2 = 0
SELECT load.try('SELECT invoice_number FROM ecommerce.issue_invoice($1::uuid)', ':ordered');
SELECT load.try('SELECT load.give_back($1::uuid)', ':ordered');
SELECT load.try($$SELECT c.invoice_number FROM ecommerce.refunds r,
	ecommerce.issue_credit_note(refund_id => r.id) c WHERE r.order_id = $1::uuid$$, ':ordered');
\endif
\if :then <= 3
SELECT load.try('SELECT ecommerce.cancel_order($1::uuid)', ':ordered');
\else
SELECT load.try($$SELECT ecommerce.transition_order($1::uuid, 'processing')$$, ':ordered');
SELECT load.try($$SELECT ecommerce.transition_order($1::uuid, 'shipped')$$, ':ordered');
SELECT load.try($$SELECT ecommerce.return_stock($1::uuid,
	(SELECT jsonb_agg(jsonb_build_object('product_id', product_id, 'quantity', 1,
			'restock', line_number = 1))
		FROM ecommerce.order_items WHERE order_id = $1::uuid))$$, ':ordered');
\endif
\elif :what <= 70
SELECT load.try($$SELECT count(*) FROM ecommerce.place_orders(ARRAY[
	jsonb_build_object('items', load.items(:hot, :units, :cold)),
	jsonb_build_object('items', load.items(:then % 2 + 1, 1, :cold))])$$);
\elif :what <= 75
SELECT load.try($$SELECT id FROM ecommerce.place_order('[{"sku": "BACK", "quantity": :units}]')$$);
\elif :what <= 78
SELECT load.try($$SELECT ecommerce.adjust_stock('HOT3', 2, 'receipt')$$);
SELECT load.try($$SELECT ecommerce.adjust_stock('BACK', :then, 'receipt')$$);
\elif :what <= 82
SELECT load.try('SELECT id FROM ecommerce.stock_reservations WHERE tenant_id = 1
	ORDER BY id DESC OFFSET :cold % 30 LIMIT 1') AS held \gset
\if :then <= 3
SELECT load.try('SELECT id FROM ecommerce.place_order(reservation_id => $1::uuid)', ':held');
\else
SELECT load.try('SELECT ecommerce.release_reservation($1::uuid)', ':held');
\endif
\elif :what <= 85
SELECT load.try($$SELECT ecommerce.adjust_stock('HOT:hot', - :units, 'write_off')$$);
\elif :what <= 90
SELECT load.try($$SELECT ecommerce.transfer_stock(id, 5 * :units, 1 + :then % 2, 2 - :then % 2)
	FROM ecommerce.products WHERE sku = 'HOT4'$$);
\elif :what <= 96
SELECT load.try('SELECT ecommerce.expire_reservations()');
\elif :what <= 98
SELECT load.try('SELECT ecommerce.rebalance_stock()');
\else
SELECT load.try($$SELECT ecommerce.set_stock_slots(id, nullif(:then, 1))
	FROM ecommerce.products WHERE sku = 'HOT:hot'$$);
\endif
EOF_MIX

#
# Processes of the load
#

# Start a process that runs until it is told to stop.
sub start_process
{
	my ($run, @arguments) = @_;
	my $pid = fork() // die "cannot fork: $!";
	return $pid if $pid;
	delete $ENV{PGOPTIONS};
	my $stop = 0;
	local $SIG{TERM} = sub { $stop = 1 };

	# Statements of a connection that broke
	local $SIG{__WARN__} =
	  sub { print STDERR @_ unless $_[0] =~ /\(in cleanup\)/ };
	eval { $run->(\$stop, @arguments); 1 } or print STDERR "load: $@";
	POSIX::_exit($stop ? 0 : 1);
}

# Where the server is now
sub place { return split /\n/, slurp_file($current) }

# An error is thrown as its SQLSTATE and text.
sub connect_to
{
	my ($host, $port) = @_;
	return DBI->connect(
		"dbi:Pg:host=$host;port=$port;dbname=shop;application_name=customer",
		'', '',
		{
			AutoInactiveDestroy => 1,
			RaiseError          => 1,
			PrintError          => 0,
			PrintWarn           => 0,
			HandleError         =>
			  sub { die { state => $_[1]->state, text => $_[0] } }
		});
}

sub move_customers
{
	append_to_file("$current.new",
		join("\n", $node->host, $node->port) . "\n");
	rename "$current.new", $current or die "cannot rename: $!";
	return;
}

# Run pgbench again and again: its clients give up when their server goes.
sub run_pgbench
{
	my ($stop) = @_;
	my $pid;
	local $SIG{TERM} = sub { $$stop = 1; kill 'TERM', $pid if $pid };
	until ($$stop || getppid() != $main)
	{
		my ($host, $port) = place();
		$pid = fork() // die "cannot fork: $!";
		if (!$pid)
		{
			open STDOUT, '>>', "$work/pgbench.log";
			open STDERR, '>&', \*STDOUT;
			exec 'pgbench', '-n', '-c', 3, '-T', 5, '-R', 200, '-f',
			  "$work/mix.sql", '-h', $host, '-p', $port, 'shop'
			  or POSIX::_exit(127);
		}
		waitpid $pid, 0;
		usleep(50_000);
	}
	return;
}

# A customer places order after order.  What it is about to do and what it was
# told goes to a file of its own; that is all it knows when it begins anew.
package Customer
{

	sub new
	{
		my ($class, $number) = @_;
		my $self = bless { name => "c$number", last => 0 }, $class;
		my $file = "$work/$self->{name}";
		if (open my $notes, '<', $file)
		{
			while (my $line = <$notes>)
			{
				chomp $line;
				my ($what, $key, $reservation) = split / /, $line;
				$self->{last}  = $1 if $key && $key =~ /^c\d+-(\d+)$/;
				$self->{tried} = [ $key, $reservation ] if $what eq 'try';
				$self->{tried} = undef                  if $what eq 'order';
			}
		}
		open $self->{notes}, '>>', $file or die "cannot open $file: $!";
		return $self;
	}

	sub tell
	{
		my ($self, @facts) = @_;
		my $line = join(' ', @facts) . "\n";
		die "cannot write: $!"
		  unless syswrite($self->{notes}, $line) == length $line;
		return;
	}

	sub connection
	{
		my ($self, $which) = @_;
		return $self->{$which} //= main::connect_to(main::place());
	}

	# The request of a key is always the same.
	sub request
	{
		my ($self, $key, $reservation) = @_;
		my ($hot, $first, $second, $units) = unpack 'N4', main::md5($key);
		my @hot   = qw(HOT1 HOT1 HOT2 HOT2 HOT4 HOT3 BACK);
		my $items = sprintf
		  '[{"sku": "%s", "quantity": %d}, {"sku": "COLD%d", "quantity": 1},
			{"sku": "COLD%d", "quantity": 2}]',
		  $hot[ $hot % @hot ], 1 + $units % 3, 1 + $first % $cold,
		  1 + $second % $cold;
		return (
				'SELECT id FROM ecommerce.place_order(items => ?::jsonb,'
			  . ' reservation_id => ?::uuid, notes => ?, idempotency_key => ?,'
			  . q( billing_address => '{"first_name": "Ann", "last_name": "Lee",
				"address_line_1": "1 Road", "city": "Athens", "postal_code": "10563",
				"country": "GR"}')
			  . ')',
			$reservation ? undef : $items,
			$reservation, $key, $key);
	}

	# Send a request without waiting for the answer.
	sub send_request
	{
		my ($connection, $sql, @arguments) = @_;
		my $statement =
		  $connection->prepare($sql, { pg_async => DBD::Pg::PG_ASYNC() });
		$statement->execute(@arguments);
		return $statement;
	}

	# Lose the answer: the connection breaks once the request is sent.
	sub lose_answer
	{
		my ($self, @request) = @_;
		my $connection = main::connect_to(main::place());
		send_request($connection, @request);
		open my $socket, '+<&', $connection->{pg_socket}
		  or die "cannot open: $!";
		shutdown $socket, 2;
		$connection->disconnect;
		return;
	}

	# Place the order of a key, in one of several ways; return its id.
	sub order
	{
		my ($self, $key, $reservation) = @_;
		my @request    = $self->request($key, $reservation);
		my $connection = $self->connection('first');
		my $way        = $key =~ /(\d)$/ ? $1 : 0;
		my $sent;
		if ($way == 3)
		{
			$connection->begin_work;
			my ($id) = $connection->selectrow_array($request[0], undef,
				@request[ 1 .. $#request ]);
			$connection->commit;
			return $id;
		}
		if ($way == 7)
		{
			$self->lose_answer(@request);
		}
		elsif ($way == 9)
		{
			$sent = send_request($self->connection('second'), @request);
		}
		my $statement = $connection->prepare_cached(shift @request);
		my ($id) =
		  eval { $connection->selectrow_array($statement, undef, @request); };
		my $error = $@;
		if ($sent && eval { $self->{second}->pg_result })
		{
			$self->tell('order', $key, $sent->fetchrow_array);
		}
		die $error if $error;
		return $id;
	}

	# What a provider reports, and its papers; what the shop refuses is not told.
	sub settle
	{
		my ($self, $key, $id) = @_;
		my ($number)   = $key =~ /(\d+)$/;
		my $connection = $self->connection('first');
		my $try        = sub {
			my ($what, $sql, @arguments) = @_;
			my @row =
			  eval { $connection->selectrow_array($sql, undef, @arguments) };
			if (my $error = $@)
			{
				die $error unless ref $error && $error->{state} =~ /^EC/;
				return;
			}
			$self->tell($what, $key, @row);
			return @row;
		};
		return if $number % 3;
		$try->(
			'paid',
			q{SELECT (ecommerce.record_payment_event('acme', $1, 'captured', o.gross,
				reference => $1, order_id => o.id)).amount_captured
				FROM ecommerce.orders o WHERE o.id = $2}, $key, $id);
		my ($refund) = $number % 9 ? () : $try->(
			'asked', q{SELECT id FROM ecommerce.refund_order($2::uuid,
				amount => 0.10, idempotency_key => 'back ' || $1)}, $key, $id);
		$try->(
			'refunded',
			q{SELECT (ecommerce.record_payment_event('acme', 'back ' || $1, 'refunded',
				0.10, reference => $1, refund_id => $2)).id}, $key, $refund) if $refund;
		$try->(
			'invoice',
			q{SELECT invoice_number FROM ecommerce.issue_invoice($2::uuid,
				idempotency_key => 'bill ' || $1)}, $key, $id) unless $number % 2;
		return;
	}

	# One key: reserve for some of them, order, cancel some, pay others.
	sub buy
	{
		my ($self, $key, $reservation) = @_;
		my ($number) = $key =~ /(\d+)$/;
		if ($number % 10 == 5 && !$reservation)
		{
			($reservation) = $self->connection('first')->selectrow_array(
				'SELECT id FROM ecommerce.reserve_stock(?::jsonb, ttl => ?)',
				undef, ($self->request($key))[1], '20 seconds');
			$self->tell('held', $reservation);
			$self->tell('try', $key, $reservation);
			$self->{tried} = [ $key, $reservation ];
		}
		my $id = $self->order($key, $reservation);
		if ($number % 20 == 1)
		{
			$self->connection('first')
			  ->do('SELECT ecommerce.cancel_order(?)', undef, $id);
			$self->tell('cancelled', $id);
		}
		$self->settle($key, $id);
		$self->tell('order', $key, $id);
		return;
	}

	# Until it is told to stop; but nothing is left untold.
	sub run
	{
		my ($stop, $number) = @_;
		my $self = Customer->new($number);
		while ($self->{tried} || !$$stop)
		{
			die 'the test has gone' if getppid() != $main;
			if (!$self->{tried})
			{
				my $key = "$self->{name}-" . ++$self->{last};
				$self->tell('try', $key);
				$self->{tried} = [$key];
			}
			if (eval { $self->buy(@{ $self->{tried} }); 1 })
			{
				$self->{tried} = undef;
				next;
			}
			my $error = ref $@ ? $@ : { state => 'none', text => $@ };
			my $state = $error->{state} || 'none';
			$self->tell('error', $state, $error->{text} =~ s/\s+/ /gr);

			# What the shop refuses need not be tried again.
			$self->{tried} = undef if $state =~ /^EC/;
			$self->forget_connections($state);
		}
		return;
	}

	sub forget_connections
	{
		my ($self, $state) = @_;
		for my $which (qw(first second))
		{
			my $connection = $self->{$which} or next;
			next
			  if $state =~ /^EC|^5[57]/
			  && $which eq 'first'
			  && eval {
				$connection->rollback unless $connection->{AutoCommit};
				$connection->ping;
			  };
			$self->{$which} = undef;
			eval { $connection->disconnect };
		}
		main::usleep(20_000) if $state !~ /^EC/;
		return;
	}
}

sub start_customer
{
	my ($number) = @_;
	$customer{ start_process(\&Customer::run, $number) } = $number;
	return;
}

sub start_pgbench
{
	$pgbench{ start_process(\&run_pgbench) } = 1;
	return;
}

# Tell all to stop, and wait until they have.
sub stop_load
{
	my $clean = 1;
	for my $processes (\%pgbench, \%customer)
	{
		my @pids = keys %$processes;
		kill 'TERM', @pids;
		%$processes = ();
		for my $pid (@pids)
		{
			wait_for('the end of the load',
				sub { waitpid($pid, WNOHANG) == $pid });
			$clean &&= $? == 0;
		}
	}
	return $clean;
}

END
{
	my $status = $?;
	if ($main && $$ == $main)
	{
		kill 'KILL', keys %customer;
		kill 'TERM', keys %pgbench;
		waitpid $_, 0 for keys %customer, keys %pgbench;
	}
	$? = $status;
}

#
# What the customers know
#

my (%order, %told, @cancelled, @held, %error, %read);
my $double = 0;     # keys that were given two orders
my $filled = 0;     # errors because a file was too large
my @new    = ();    # keys of orders that were not looked up yet

# Read what they have written since the last time; return how many orders.
sub read_notes
{
	for my $number (1 .. $customers)
	{
		open my $notes, '<', "$work/c$number" or next;
		seek $notes, $read{$number} // 0, 0;
		while (my $line = <$notes>)
		{
			last if $line !~ /\n$/;
			$read{$number} = tell $notes;
			my ($what, $first, $second) = split ' ', $line;
			if ($what eq 'order')
			{
				$double++
				  if exists $order{$first} && $order{$first} ne $second;
				push @new, $first unless exists $order{$first};
				$order{$first} = $second;
			}
			elsif ($what eq 'cancelled') { push @cancelled, $first }
			elsif ($what =~ /^(?:paid|refunded|invoice)$/)
			{
				$told{$what}{$first} = $second;
			}
			elsif ($what eq 'held') { push @held, $first }
			elsif ($what eq 'error')
			{
				$error{$first}++;
				$filled++ if $line =~ /could not (?:extend|write)/;
			}
		}
	}
	return scalar keys %order;
}

sub wait_for
{
	my ($what, $condition) = @_;
	my $end = time + $PostgreSQL::Test::Utils::timeout_default;
	until ($condition->())
	{
		die "waited too long for $what" if time > $end;
		for my $pid (keys %customer)
		{
			die 'a customer has gone' if waitpid($pid, WNOHANG) == $pid;
		}
		usleep(20_000);
	}
	return;
}

sub wait_for_orders
{
	my ($number) = @_;
	my $before = read_notes();
	wait_for('orders', sub { read_notes() >= $before + $number });
	return;
}

sub wait_for_errors
{
	my ($state, $number) = @_;
	read_notes();
	my $before = $error{$state} // 0;
	wait_for("errors $state",
		sub { read_notes(); ($error{$state} // 0) >= $before + $number });
	return;
}

# Every order of these keys is there, under its key only, and can be read.
sub check_orders
{
	my ($name, @keys) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $keys = join ',', @keys;
	my $ids  = join ',', map { $order{$_} } @keys;
	is( $node->safe_psql(
			'shop', qq{
SELECT a.key, a.id, k.order_id, o.notes
FROM unnest('{$keys}'::text[], '{$ids}'::uuid[]) AS a (key, id)
LEFT JOIN ecommerce.idempotency_keys k ON (k.tenant_id, k.key) = (1, a.key)
LEFT JOIN ecommerce.orders o
	ON (o.tenant_id, o.id, o.created_at) = (1, a.id, ecommerce.uuid_v7_time(a.id))
WHERE (k.order_id, o.notes) IS DISTINCT FROM (a.id, a.key) LIMIT 10;
}),
		'',
		$name);
	return;
}

sub check_integrity
{
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is( $node->safe_psql(
			'shop', 'SELECT * FROM ecommerce.verify_integrity() LIMIT 10'),
		'', $name);
	return;
}

#
# Processes of the server
#

sub postmaster
{
	return slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/
	  ? $1
	  : die 'no postmaster';
}

sub children
{
	my ($parent) = @_;
	my @children;
	for my $file (glob '/proc/[0-9]*/stat')
	{
		open my $stat, '<', $file or next;
		push @children, $1
		  if (<$stat> // '') =~ /^(\d+) \(.*\) \S (\d+) / && $2 == $parent;
	}
	return @children;
}

# Kill a postmaster, and wait until all its children have noticed.  While it is
# stopped there are no new ones.
sub kill_postmaster
{
	my ($postmaster, $kill) = @_;
	kill 'STOP', $postmaster;
	my @processes = ($postmaster, children($postmaster));
	$kill->();
	wait_for(
		'the death of all processes',
		sub {
			!grep { kill 0, $_ } @processes;
		});
	return;
}

sub kill_server
{
	kill_postmaster(postmaster(), sub { $node->kill9 });
	return;
}

# Kill all its processes at once, as the loss of a machine does.  One that sees
# its postmaster die stops waiting for the standby, and shows what it committed.
sub lose_machine
{
	my $postmaster = postmaster();
	kill 'STOP', $postmaster;
	my @children = children($postmaster);
	kill 'STOP', @children;
	kill 'KILL', @children;
	kill_server();
	return;
}

# Start it, with a log of its own: a file size limit goes for logs, too.
sub start_server
{
	$node->rotate_logfile;
	$node->start;
	return;
}

sub kill_process
{
	my ($condition) = @_;
	my $pid;
	wait_for(
		"a process where $condition",
		sub {
			$pid = $node->safe_psql('postgres',
				"SELECT pid FROM pg_stat_activity WHERE $condition ORDER BY random() LIMIT 1"
			);
		});
	kill 'KILL', $pid;
	wait_for('the death of a process', sub { !kill 0, $pid });
	return;
}

# The load's sessions
my $load = q{application_name IN ('customer', 'pgbench')};

# Let a setting be for a while.
sub with_setting
{
	my ($name, $value, $while) = @_;
	$node->safe_psql('postgres', "ALTER SYSTEM SET $name = '$value'");
	$node->safe_psql('postgres', 'SELECT pg_reload_conf()');
	$while->();
	$node->safe_psql('postgres', "ALTER SYSTEM RESET $name");
	$node->safe_psql('postgres', 'SELECT pg_reload_conf()');
	return;
}

# Limit the size of files that all processes of the server may write.
sub limit_files
{
	my ($bytes) = @_;
	my $postmaster = postmaster();
	system 'prlimit', "--fsize=$bytes:", '--pid', $postmaster;

	# A process can be gone by now.
	system "prlimit --fsize=$bytes: --pid $_ 2>/dev/null"
	  for children($postmaster);
	return;
}

# Two transactions that were prepared before what follows, and end after it:
# their stock is neither lost nor free in between.
sub prepare_orders
{
	$node->safe_psql(
		'shop', q{
SELECT ecommerce.adjust_stock(id, 10 - ecommerce.available_stock(id))
FROM ecommerce.products
WHERE sku = 'SAFE' AND ecommerce.available_stock(id) <> 10;
BEGIN;
SELECT ecommerce.place_order('[{"sku": "SAFE", "quantity": 6}]', notes => 'prepared');
PREPARE TRANSACTION 'keep';
});
	return;
}

sub end_prepared_orders
{
	my ($name) = @_;
	my $taking = sub {
		return sqlstate($node, 'shop', <<"EOF_SQL");
SET lock_timeout = '50ms';
SELECT id FROM ecommerce.place_order('[{"sku": "SAFE", "quantity": $_[0]}]');
EOF_SQL
	};
	is($taking->(1), '55P03', "$name: prepared stock is not free");
	my $orders =
	  q{SELECT count(*) FROM ecommerce.orders WHERE notes = 'prepared'};
	my $before = $node->safe_psql('shop', $orders);
	$node->safe_psql('shop', q{COMMIT PREPARED 'keep'});
	is($node->safe_psql('shop', $orders) - $before,
		1, "$name: the prepared order came to be");
	is($taking->(5), 'EC001', "$name: its stock is sold");
	is( $node->safe_psql(
			'shop', q{
BEGIN;
SELECT ecommerce.place_order('[{"sku": "SAFE", "quantity": 4}]');
PREPARE TRANSACTION 'drop';
ROLLBACK PREPARED 'drop';
SELECT ecommerce.available_stock(id) FROM ecommerce.products WHERE sku = 'SAFE';
}) =~ /(\d+)$/ ? $1 : '',
		4,
		"$name: one that was rolled back gave its stock back");
	return;
}

#
# Faults
#

my %fault = (
	'kill -9 a backend' => sub { kill_process("$load AND state <> 'idle'") },
	'kill -9 the checkpointer' =>
	  sub { kill_process(q{backend_type = 'checkpointer'}) },
	'kill -9 the WAL writer' =>
	  sub { kill_process(q{backend_type = 'walwriter'}) },
	'kill -9 the autovacuum launcher' =>
	  sub { kill_process(q{backend_type = 'autovacuum launcher'}) },
	'kill -9 the postmaster' => sub {
		kill_server();
		start_server();
	},
	'kill -9 the postmaster during recovery' => sub {
		kill_server();
		$node->rotate_logfile;
		system_or_bail('pg_ctl', '-W', '-D', $node->data_dir, '-l',
			$node->logfile, 'start');
		my $pid_file = $node->data_dir . '/postmaster.pid';
		my $dead     = '';
		wait_for(
			'a new postmaster',
			sub {
				$dead = -s $pid_file ? postmaster() : return 0;
				return kill 0, $dead;
			});
		kill_postmaster($dead, sub { kill 'KILL', $dead });
		start_server();
	},
	'stop in immediate mode' => sub {
		$node->stop('immediate');
		start_server();
	},
	'stop in fast mode' => sub {
		$node->stop('fast');
		start_server();
	},
	'kill -9 a customer' => sub {
		my ($pid) = sort keys %customer;
		my $number = delete $customer{$pid};
		kill 'KILL', $pid;
		waitpid $pid, 0;
		start_customer($number);
	},
	'statement_timeout' => sub {
		with_setting('statement_timeout', '2ms',
			sub { wait_for_errors('57014', 10) });
	},
	'lock_timeout' => sub {
		my $holder = connect_to(place());
		with_setting(
			'lock_timeout',
			'5ms',
			sub {
				read_notes();
				my $before = $error{'55P03'} // 0;
				wait_for(
					'lock timeouts',
					sub {
						# Who waits since before the setting goes on.
						$holder->begin_work;
						$holder->do(
							q{SELECT ecommerce_internal.lock_stock(id, 1) FROM
							(SELECT id FROM ecommerce.products
							WHERE sku LIKE 'HOT%' ORDER BY id) p}
						);
						usleep(100_000);
						$holder->rollback;
						read_notes();
						return ($error{'55P03'} // 0) >= $before + 10;
					});
			});
		$holder->disconnect;
	},
	'deadlock_timeout' => sub {
		with_setting('deadlock_timeout', '1ms',
			sub { wait_for_orders($between) });
	},
	'cancel all statements' => sub {
		read_notes();
		my $before = $error{57014} // 0;
		wait_for(
			'cancelled statements',
			sub {
				$node->safe_psql('postgres',
					"SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE $load"
				);
				read_notes();
				return ($error{57014} // 0) >= $before + 5;
			});
	},
	'terminate all backends' => sub {
		$node->safe_psql('postgres',
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE $load"
		) for 1 .. 3;
	},
	'disk full' => sub {
		my $largest = $node->safe_psql(
			'shop',
			q{SELECT max(pg_relation_size(oid)) FROM pg_class
			WHERE relkind IN ('r', 'i', 't', 'm')});
		my $before = $filled;
		limit_files(8192 * (8 + int(max($largest, 1_200_000) / 8192)));
		wait_for('a full disk', sub { read_notes(); $filled >= $before + 5 });
		limit_files('unlimited');
	},
	'disk of the WAL full' => sub {
		my $log = $node->logfile;
		limit_files(700_000);
		wait_for(
			'a full disk of the WAL',
			sub {
				$node->psql('shop',
					q{SELECT pg_logical_emit_message(false, 'full', ''), pg_switch_wal()}
				);
				return slurp_file($log) =~ /PANIC: .*could not write/;
			});
		$node->stop('immediate', fail_ok => 1);
		start_server();
	},
	'crash with a prepared transaction' => sub {
		my ($name) = @_;
		prepare_orders();
		kill_server();
		start_server();
		end_prepared_orders($name);
	},
	'promotion of a synchronous standby' => sub {
		my ($name) = @_;
		my $primary = $node;
		$primary->backup('copy');
		my $standby = new_server();
		$standby->init_from_backup($primary, 'copy', has_streaming => 1);
		start_server();
		$node = $primary;
		$primary->safe_psql('postgres',
			q{ALTER SYSTEM SET synchronous_standby_names = '*'});
		$primary->safe_psql('postgres', 'SELECT pg_reload_conf()');
		$primary->poll_query_until('postgres',
			q{SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'}
		) or die 'the standby is not synchronous';
		prepare_orders();
		wait_for_orders($between);
		lose_machine();
		$node = $standby;
		$standby->promote;

		# Recovery, where no customer comes, removes its shared memory.
		run_log([ 'postgres', '--single', '-D', $primary->data_dir, 'shop' ],
			'<', \'');
		$primary->clean_node;
		end_prepared_orders($name);
		move_customers();
	});

# Some in every run, all in a full one, and then again what crashes.
my @chosen = (
	'kill -9 a backend',
	'kill -9 the postmaster',
	'stop in immediate mode',
	'statement_timeout',
	'lock_timeout',
	'cancel all statements',
	'terminate all backends',
	'kill -9 a customer',
	'disk full',
	'crash with a prepared transaction',
	'promotion of a synchronous standby');
if ($full)
{
	my @again = (
		'kill -9 a backend',
		'kill -9 a backend',
		'kill -9 the postmaster',
		'kill -9 the postmaster',
		'disk full',
		'promotion of a synchronous standby');
	@chosen = (sort(keys %fault), @again);
}
@chosen = shuffle @chosen;

make_first_server();
append_to_file("$work/mix.sql", $mix);
move_customers();
start_customer($_) for 1 .. $customers;
start_pgbench();
my $faults = 0;
for my $name (@chosen)
{
  SKIP:
	{
		skip "$name: prlimit is not installed: apt-get install util-linux", 1
		  if $name =~ /disk/ && system('prlimit --version >/dev/null 2>&1');
		wait_for_orders($between);
		my $begin = time;
		$fault{$name}->($name);
		wait_for(
			'the server',
			sub {
				eval { connect_to($node->host, $node->port); 1 }
			});
		note sprintf '%s took %.1f s; %d orders until now', $name,
		  time - $begin, read_notes();
		$faults++;

		# The load goes on meanwhile: what one snapshot shows is whole.
		check_orders("$name: what was acknowledged is there", splice @new, 0);
		check_integrity("$name: the books balance");
	}
}
wait_for_orders($between);
ok(stop_load(), 'the load ended in order');
read_notes();

my $orders = keys %order;
note "$faults faults, $orders orders";
cmp_ok($faults, '>=', $full ? 20     : 8,    'there were enough faults');
cmp_ok($orders, '>=', $full ? 20_000 : 1000, 'there were enough orders');
is($double, 0, 'no key was answered with two orders');

check_orders('every acknowledged order is there', sort keys %order);
is( $node->safe_psql(
		'shop',
		q{SELECT notes, count(*) FROM ecommerce.orders
		WHERE notes LIKE 'c%' GROUP BY notes HAVING count(*) > 1 LIMIT 10}),
	'',
	'no key has two orders');
my $cancelled = join ',', @cancelled;
is( $node->safe_psql(
		'shop', qq{SELECT id FROM unnest('{$cancelled}'::uuid[]) AS id
		WHERE NOT EXISTS (SELECT FROM ecommerce.orders o WHERE o.id = a.id
		AND o.status = 'cancelled') LIMIT 10} =~ s/AS id/AS a (id)/r),
	'',
	'what was cancelled is');
my $held = join ',', @held;
is( $node->safe_psql(
		'shop', qq{SELECT id FROM unnest('{$held}'::uuid[]) AS id
		EXCEPT SELECT id FROM ecommerce.stock_reservations LIMIT 10}),
	'',
	'what was held is known');
check_integrity('the books balance');

# Every report that was acknowledged is booked, once; numbers have no gaps.
my %event = (paid => '', refunded => 'back ');
for my $what (sort keys %event)
{
	my $events = join ',',
	  map { qq("$event{$what}$_") } keys %{ $told{$what} };
	cmp_ok(scalar keys %{ $told{$what} }, '>', 20, "enough was $what");
	is( $node->safe_psql(
			'shop', qq{SELECT a FROM unnest('{$events}'::text[]) AS a
			WHERE (SELECT count(*) FROM ecommerce.payment_entries e
				WHERE e.provider = 'acme' AND e.event_id = a) <> 1 LIMIT 10}),
		'',
		"what was acknowledged is $what once");
}
my $numbers = join ',', values %{ $told{invoice} };
cmp_ok(scalar keys %{ $told{invoice} }, '>', 20, 'enough was invoiced');
is( $node->safe_psql(
		'shop', qq{SELECT a FROM unnest('{$numbers}'::text[]) AS a
		EXCEPT SELECT invoice_number FROM ecommerce.invoices LIMIT 10}),
	'',
	'what was invoiced is there');
is( $node->safe_psql(
		'shop', q{SELECT series, year FROM ecommerce.invoices GROUP BY 1, 2
		HAVING count(*) <> max(number) OR min(number) <> 1}),
	'',
	'numbers have no gaps');
is( $node->safe_psql(
		'shop',
		q{SELECT * FROM ecommerce.reconcile(current_date - 3, current_date + 3)
		WHERE is_error LIMIT 10}),
	'',
	'nothing that was paid, refunded or invoiced is wrong');
is( $node->safe_psql(
		'shop', q{
SELECT v FROM unnest('{pending,cancelled,shipped,held,committed,consumed,released,expired,
	return,write_off,receipt,transfer}'::text[]) AS v
EXCEPT SELECT status FROM ecommerce.orders
EXCEPT SELECT status FROM ecommerce.stock_reservations
EXCEPT SELECT reason FROM ecommerce.stock_movements}),
	'',
	'all kinds of things were done');
check_books($node, 'shop', 'they balance by other sums, too');
is( $node->safe_psql(
		'shop',
		q{SELECT p.sku FROM ecommerce.products p JOIN ecommerce.stock s
		ON (s.tenant_id, s.product_id) = (p.tenant_id, p.id)
		WHERE s.available < 0 AND p.sku <> 'BACK'}),
	'',
	'nothing was sold that was not there');
is($node->safe_psql('shop', 'SELECT count(*) FROM pg_prepared_xacts'),
	0, 'no prepared transaction is left');
$node->safe_psql('shop', 'CREATE EXTENSION amcheck');
$node->command_ok(
	[ 'pg_amcheck', '--parent-check', '--heapallindexed', 'shop' ],
	'tables and indexes are sound');
$node->stop('fast');
command_ok([ 'pg_checksums', '--check', '-D', $node->data_dir ],
	'checksums are right');

# Errors that the faults explain; whatever else is in the logs is a bug.
my (%expected, @unexpected);
my $lost_primary =
  qr/FATAL: .*(?:WAL stream|walreceiver|connect to the primary|replication)/;
for my $file (glob "$PostgreSQL::Test::Utils::log_path/*_server*.log")
{
	# Is what follows about an error that is not expected?
	my $told = 0;
	for (split /\n/, slurp_file($file))
	{
		push @unexpected, $_ if /TRAP:|by signal (?![69]:)/;
		if (!/^\d+ (\w{5}) .*? (ERROR|FATAL|PANIC): /)
		{
			$told &&= !/^\d+ \w{5} .*? LOG: /;
			push @unexpected, $_ if $told;
			next;
		}
		$told = 0;
		my $state = $1 // '';
		if (   $state =~ /^(EC\d\d\d|57014|55P03|57P0[123])$/
			|| /connection to client lost/
			|| /could not (?:extend|write)/
			|| /$lost_primary/)
		{
			my $why =
				/$lost_primary/ ? ' of standbys without their primary'
			  : /could not (?:extend|write)/ ? ' of full disks'
			  :                                '';
			$expected{ $state . $why }++;
		}
		else
		{
			push @unexpected, $_;
			$told = 1;
		}
	}
}
note "in the logs: " . join ', ',
  map { "$_ $expected{$_}" } sort keys %expected;
is(join("\n", @unexpected), '', 'the servers met no other error');
done_testing();
