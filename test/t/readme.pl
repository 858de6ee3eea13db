# README.md is run as it stands, from cloning to uninstalling, by a superuser and by
# an ordinary owner of a database.  What would change the machine is only noted.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my %client = (
	python => {
		run     => 'python3 -',
		there   => q{python3 -c 'import psycopg'},
		package => 'python3-psycopg',
		prints  => qr/^\('[\w-]+', Decimal\('999\.00'\)\)$/m
	},
	js => {
		run     => 'node -',
		there   => q{node -e 'require("pg")'},
		package => 'node-pg',
		prints  =>
		  qr/^out of stock: \[ \{ sku: 'MBP-M3-14', requested: 100, available: 24 \} \]$/m
	});
$client{$_}{there} = !system("$client{$_}{there} >/dev/null 2>&1")
  foreach keys %client;

# What README.md says to type, as one script
my @blocks = slurp_file('README.md') =~ /^```(\w+)\n(.*?)^```$/gms;
my $script = "set -eu\n";
while (my ($language, $text) = splice @blocks, 0, 2)
{
	if    ($language eq 'sh') { $script .= $text }
	elsif ($language eq 'sql')
	{
		here('psql -X -v ON_ERROR_STOP=1 shop', $text);
	}
	else
	{
		my $client = $client{$language} or die "no client for $language";
		here($client->{run}, $text) if $client->{there};
	}
}

sub here
{
	my ($command, $text) = @_;
	$script .= "$command <<'END_OF_BLOCK'\n${text}END_OF_BLOCK\n";
	return;
}

# Commands that stand before those of the machine
my $bin     = PostgreSQL::Test::Utils::tempdir();
my %command = (
	git              => 'mkdir "$3"',
	'apt-get'        => 'echo "apt-get $*"',
	make             => 'echo "make $*"',
	pg_createcluster => 'echo "pg_createcluster $*"',
	sudo => 'if [ "$1" = -u ]; then shift 2; PGUSER=$SUPERUSER; fi; exec "$@"'
);
foreach my $name (keys %command)
{
	append_to_file("$bin/$name", "#!/bin/sh\n$command{$name}\n");
	chmod 0755, "$bin/$name";
}

sub run_readme
{
	my ($who) = @_;
	my $node = PostgreSQL::Test::Cluster->new($who =~ s/\W/_/gr);
	$node->init;
	$node->start;
	my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
	my $work      = PostgreSQL::Test::Utils::tempdir();
	append_to_file("$work/readme.sh", $script);

	local $ENV{PATH} = "$bin:$ENV{PATH}";
	local @ENV{qw(PGHOST PGPORT SUPERUSER USER)} =
	  ($node->host, $node->port, $superuser, 'grace');
	local $ENV{PGUSER} = $who eq 'superuser' ? $superuser : 'grace';
	delete local $ENV{PGDATABASE};
	my $ran = run_log([ 'sh', '-c', 'cd "$0" && exec bash readme.sh', $work ],
		'<', \'', '>', \my $out, '2>', \my $err);
	if (!ok($ran, "$who: all of it runs"))
	{
		diag("$out$err");
		$node->stop;
		return;
	}
	unlike($err =~ s/ERROR:  role "\w+" already exists//gr,
		qr/ERROR/, "$who: nothing is refused, but roles that are there");

	like(
		$out,
		qr/ \| pending +\| 3223\.39 \| 773\.61 \| 3997\.00$/m,
		"$who: the first order costs what README.md says");
	like($out, qr/ \| processing$/m, "$who: it goes on");
	foreach my $language (sort keys %client)
	{
	  SKIP:
		{
			my $client = $client{$language};
			skip "$language: apt-get install $client->{package}", 1
			  unless $client->{there};
			like($out, $client->{prints}, "$who: $language");
		}
	}
	is( $node->safe_psql(
			'restored', q{
SELECT o.net, o.relowner FROM (SELECT max(net) AS net,
	(SELECT relowner::regrole FROM pg_class WHERE oid = 'ecommerce.orders'::regclass)
	AS relowner FROM ecommerce.orders) o;
SELECT * FROM ecommerce.verify_integrity()}),
		"3223.39|$ENV{PGUSER}",
		"$who: the shop is restored, and its owner's");
	is( $node->safe_psql(
			'shop',
			q{SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'ecommerce%'}
		),
		0,
		"$who: nothing is left of the one that was uninstalled");
	$node->stop;
	return;
}

run_readme('superuser');
run_readme('ordinary owner');
done_testing();
