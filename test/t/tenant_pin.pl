# A role that an administrator has pinned to its tenant stays with it, whatever
# its client sends before and after the library is loaded; and a transaction
# that has chosen a tenant cannot choose another one.
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
$node->safe_psql('postgres',
	'CREATE DATABASE shop; CREATE DATABASE pinned TEMPLATE shop');
foreach my $db (qw(shop pinned))
{
	$node->safe_psql(
		$db, q{
CREATE EXTENSION ecommerce;
SELECT ecommerce.create_tenant('Second', 'DE');
INSERT INTO ecommerce.products (tenant_id, sku, name, price)
VALUES (1, 'ONE', 'One', 1), (2, 'TWO', 'Two', 2);
});
}
$node->safe_psql(
	'postgres', q{
CREATE ROLE pinned LOGIN; ALTER ROLE pinned SET ecommerce.tenant = 2;
CREATE ROLE pooled LOGIN;
CREATE ROLE elsewhere LOGIN; ALTER ROLE elsewhere IN DATABASE pinned SET ecommerce.tenant = 1;
ALTER DATABASE pinned SET ecommerce.tenant = 2;
});
foreach my $db (qw(shop pinned))
{
	$node->safe_psql(
		$db,
		"SELECT ecommerce.grant_access(r, 'service')
		FROM unnest('{pinned,pooled,elsewhere}'::regrole[]) r"
	);
}

# What a role sees, and whether it may have another tenant; its client may send
# options and statements before.
sub tenant_of
{
	my ($role, $db, $options, $before) = @_;
	local $ENV{PGOPTIONS} = $options;
	my ($code, $out, $err) = $node->psql(
		$db,
		($before // '') . q{
SELECT ecommerce.current_tenant();
SELECT sku FROM ecommerce.products ORDER BY sku;
BEGIN; SELECT FROM ecommerce.use_tenant(1); SELECT sku FROM ecommerce.products; COMMIT;
},
		extra_params  => [ '-U', $role, '-v', 'VERBOSITY=sqlstate' ],
		on_error_stop => 0);
	my @errors = $err =~ /ERROR:\s+(\w{5})\b/g;
	return join(' ', grep { $_ ne '' } split(/\s+/, $out), @errors);
}

my $workers = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;'
  . ' SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;';
my $sent     = '-c ecommerce.tenant=1';
my $pinned   = '2 TWO EC011 25P02';
my %attempts = (
	'nothing'                     => [''],
	'an option'                   => [$sent],
	'an option in its long form'  => ['--ecommerce.tenant=1'],
	'an option in capitals'       => ['-c Ecommerce.TENANT=1'],
	'an option that is no number' => ['-c ecommerce.tenant=one'],
	'an option that is none'      => ['-c ecommerce.tenant=0'],
	'an unknown pin'              => ['-c ecommerce.tenant=-1'],
	'the other setting'           => ['-c ecommerce.chosen_tenant=1'],
	'SET'                         => [ '',    'SET ecommerce.tenant = 1;' ],
	'SET after an option'         => [ $sent, 'SET ecommerce.tenant = 1;' ],
	'set_config()'                =>
	  [ '', q{SELECT FROM set_config('ecommerce.tenant', '1', false);} ],
	'RESET'       => [ $sent, 'RESET ecommerce.tenant;' ],
	'RESET ALL'   => [ $sent, 'SELECT FROM ecommerce.uuid_v7(); RESET ALL;' ],
	'DISCARD ALL' =>
	  [ $sent, 'SELECT FROM ecommerce.uuid_v7(); DISCARD ALL;' ],
	'SET when it is loaded' =>
	  [ '', 'SELECT FROM ecommerce.uuid_v7(); SET ecommerce.tenant = 1;' ],
	'parallel workers'              => [ '',    $workers ],
	'an option to parallel workers' => [ $sent, $workers ]);
foreach my $attempt (sort keys %attempts)
{
	my $answer = tenant_of('pinned', 'shop', @{ $attempts{$attempt} });
	# What it tries may be refused; what counts is what comes then.
	$answer =~ s/^(.*) 42501\b/$1/;
	is($answer, $pinned, "pinned, its client sends $attempt");
}
is(tenant_of('pooled', 'pinned', $sent), $pinned, 'pinned by its database');
is(tenant_of('elsewhere', 'pinned', '-c ecommerce.tenant=2'),
	'1 ONE ONE', 'pinned in its database, which is pinned otherwise');

# A role that is not pinned chooses, and gets nothing by options.
is( tenant_of('pooled', 'shop', ''),
	'ONE EC010 EC010',
	'not pinned: it chooses');
is( tenant_of('pooled', 'shop', $sent),
	'42501 42501 42501 25P02',
	'not pinned, its client sends an option: nothing goes');
is( tenant_of('postgres', 'shop', $sent),
	'1 ONE TWO ONE TWO',
	'a superuser may send it');

# One transaction, one tenant
my $choose = 'BEGIN; SELECT FROM ecommerce.use_tenant(1);';
foreach my $between (
	'RESET ALL',
	'RESET ecommerce.tenant',
	'RESET ecommerce.chosen_tenant',
	'SET LOCAL ecommerce.chosen_tenant = 0',
	'SET LOCAL ecommerce.chosen_tenant = 2',
	'SAVEPOINT a; ROLLBACK TO a',
	q{SELECT FROM set_config('ecommerce.chosen_tenant', '2', true)})
{
	my $state = sqlstate(
		$node,
		'shop',
		"$choose SAVEPOINT s; $between; ROLLBACK TO s;
		SELECT FROM ecommerce.use_tenant(2); COMMIT;",
		'pooled');
	like($state, qr/^(42501|EC011)$/,
		"one tenant in a transaction, also after $between");
}
is( sqlstate(
		$node, 'shop',
		"$choose RESET ALL; SELECT FROM ecommerce.use_tenant(2); COMMIT;",
		'pooled'),
	'EC011',
	'RESET ALL does not take back a choice');
like(
	answer(
		$node, 'shop',
		'BEGIN; SAVEPOINT a; SELECT FROM ecommerce.use_tenant(1); ROLLBACK TO a;
		SELECT FROM ecommerce.use_tenant(2); SELECT ecommerce.current_tenant(); COMMIT;',
		'pooled'),
	qr/^\s*2$/,
	'what was chosen in a savepoint goes with it');

done_testing();
