# pg_upgrade keeps the shops of a cluster, whoever owns them.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use Shop;

my $old = PostgreSQL::Test::Cluster->new('old');
$old->init;
$old->start;
make_shop($old, 'shop');

$old->safe_psql(
	'postgres', q{
CREATE ROLE owner LOGIN;
CREATE DATABASE owned;
GRANT CREATE ON DATABASE owned TO owner;
});
$old->safe_psql(
	'owned', q{
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price) VALUES ('TEA', 'Tea', 1.24);
SELECT ecommerce.adjust_stock('TEA', 5, 'receipt');
SELECT FROM ecommerce.place_order('[{"sku": "TEA", "quantity": 2}]');
}, be('owner'));

my %contents    = map { $_ => contents($old, $_) } qw(shop owned);
my %definitions = map { $_ => definitions($old, $_) } qw(shop owned);
$old->stop;

my $new = PostgreSQL::Test::Cluster->new('new');
$new->init;
my $bin = $new->config_data('--bindir');
my $tmp = PostgreSQL::Test::Utils::tempdir;
chdir $tmp or die "could not chdir to $tmp: $!";
command_ok(
	[
		'pg_upgrade', '--no-sync',    '-b', $bin,
		'-B',         $bin,           '-d', $old->data_dir,
		'-D',         $new->data_dir, '-s', $new->host,
		'-p',         $old->port,     '-P', $new->port
	],
	'pg_upgrade');

$new->start;
foreach my $db (qw(shop owned))
{
	same_text(contents($new, $db), $contents{$db}, "$db: same rows");
	same_text(
		definitions($new, $db),
		$definitions{$db},
		"$db: same definitions");
}
shop_works($new, 'shop', 'shop');
is( answer(
		$new,
		'owned',
		q{SELECT net, vat, gross FROM ecommerce.place_order('[{"sku": "TEA", "quantity": 3}]')},
		'owner'),
	'3.00|0.72|3.72',
	'owned: place_order() works');
is( sqlstate(
		$new, 'owned',
		q{SELECT ecommerce.place_order('[{"sku": "TEA", "quantity": 1}]');},
		'owner'),
	'EC001',
	'owned: it knows that nothing is left');
check_books($new, 'owned', 'owned: its books balance');

$new->stop;
done_testing();
