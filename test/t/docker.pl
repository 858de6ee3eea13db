# What the container of the Dockerfile runs: a server that asks for a password, with the
# extension in a database, which a first start makes as a whole and others find again.
use strict;
use warnings;

use IPC::Run qw(start);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $work = PostgreSQL::Test::Utils::tempdir_short();
my $port = PostgreSQL::Test::Cluster::get_free_port();
delete local @ENV{qw(PGHOST PGUSER PGDATABASE PGPORT)};
local $ENV{PGDATA} = "$work/data";
my @start = (
	'scripts/docker_start.sh',    '-c',
	"port=$port",                 '-c',
	'listen_addresses=127.0.0.1', '-c',
	"unix_socket_directories=$work");

# Ask the server as a stranger would, who knows a password or not.
sub ask
{
	my ($password, $sql) = @_;
	local $ENV{PGPASSWORD} = $password;
	my ($out, $err) = run_command(
		[
			'psql', '-XAtw',    '-h', '127.0.0.1', '-p', $port,
			'-U',   'postgres', '-c', $sql,        'shop'
		]);
	return $out || $err;
}

# Start the container's command, do something with its server, and stop it.
sub with_server
{
	my ($work_with) = @_;
	my $log         = '';
	my $server      = start(\@start, '<', \undef, '>&', \$log);
	my $tries       = 0;
	until (system('pg_isready', '-q', '-h', '127.0.0.1', '-p', $port) == 0)
	{
		BAIL_OUT("no server: $log") if !$server->pumpable || $tries++ > 1000;
		$server->pump_nb;
		select undef, undef, undef, 0.1;
	}
	$work_with->();
	$server->signal('INT');
	ok($server->finish, 'it stops in order');
	return;
}

command_fails_like(
	\@start,
	qr/POSTGRES_PASSWORD: is to be set/,
	'it needs a password');

# What a start that was cut short has left
mkdir "$work/data.new";
append_to_file("$work/data.new/PG_VERSION", '15');

{
	local $ENV{POSTGRES_PASSWORD} = 'se cret';
	with_server(
		sub {
			like(
				ask('wrong', 'SELECT 1'),
				qr/password authentication failed/,
				'strangers are asked for the password');
			is( ask('se cret',
					q{INSERT INTO ecommerce.products (sku, name, price)
				VALUES ('PEN', 'Pen', 2)}),
				'INSERT 0 1',
				'the shop is there');
		});
}
with_server(
	sub {
		is(ask('se cret', 'SELECT sku FROM ecommerce.products'),
			'PEN', 'the next start finds it again');
	});
done_testing();
