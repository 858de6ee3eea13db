# The story of "make demo" comes to its end, in lines that fit, and in colour on a
# terminal only.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
local @ENV{qw(PGHOST PGPORT)} = ($node->host, $node->port);

# What the demo prints in a database of its own, after some environment.
sub story
{
	my ($db, @command) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	local $ENV{PGDATABASE} = $db;
	my ($out, $err) = run_command(\@command);
	is($err, '', "$db: nothing goes wrong");
	return $out;
}

my $plain  = story('plain', 'scripts/demo.sh');
my @errors = $plain =~ /^(ERROR:.*)/gm;
is( join("\n", @errors),
	join("\n",
		'ERROR:  an order cannot go from delivered to cancelled',
		'ERROR:  insufficient stock of "ODYSSEY-1"',
		'ERROR:  new row for relation "stock" violates check constraint "stock_available_check"',
		'ERROR:  DELETE on orders is refused'),
	'what it shows to be refused is refused, and nothing else');
is(join("\n", grep { length > 100 } split /\n/, $plain),
	'', 'lines fit into 100 columns');
like($plain, qr/^    make demo KEEP=1 /m, 'it says what to type next');
unlike($plain, qr/\e/, 'there is no colour in a file');

SKIP:
{
	skip 'script is not installed: apt-get install bsdutils', 4
	  if system('script --version >/dev/null 2>&1');
	local $ENV{TERM} = 'xterm';
	delete local $ENV{NO_COLOR};
	like(
		story('colour', qw(script -qec scripts/demo.sh /dev/null)),
		qr/^\e\[1m== 1\./m,
		'headlines are bold on a terminal');
	local $ENV{NO_COLOR} = '1';
	unlike(story('no_colour', qw(script -qec scripts/demo.sh /dev/null)),
		qr/\e/, 'NO_COLOR is respected');
}
$node->stop;
done_testing();
