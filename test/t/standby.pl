# On a standby everything can be read, and what writes says that it cannot.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use Shop;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->start;
$primary->safe_psql(
	'postgres', q{
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price) VALUES ('PEN', 'Pen', 2);
SELECT ecommerce.adjust_stock('PEN', 10, 'receipt');
SELECT FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]');
SELECT FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 1}]');
});
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;

my ($order, $hold, $product) = map { $primary->safe_psql('postgres', $_) } (
	'SELECT id FROM ecommerce.orders',
	'SELECT id FROM ecommerce.stock_reservations',
	'SELECT id FROM ecommerce.products');
my $items = q{'[{"sku": "PEN", "quantity": 1}]'};
foreach my $call (
	"place_order($items)",
	"place_order($items, idempotency_key => 'key')",
	"place_order(reservation_id => '$hold')",
	"place_orders(ARRAY['{}']::jsonb[])",
	"cancel_order('$order')",
	"transition_order('$order', 'processing')",
	"transition_order('$order', 'cancelled')",
	"reserve_stock($items)",
	"extend_reservation('$hold')",
	"release_reservation('$hold')",
	'expire_reservations()',
	q{adjust_stock('PEN', 1)},
	"adjust_stock('$product'::uuid, -1)",
	"transfer_stock('$product', 1, 1, 2)",
	"set_backorder_limit('$product', 1)",
	"set_stock_slots('$product', 2)",
	'issue_gift_card(1)',
	"redeem_gift_card('ABCD-EFGH', '$order')",
	'close_stock_books()',
	q{create_tenant('Second')},
	q{ensure_partitions('2050-01-01', '2050-02-01')},
	'install()')
{
	is(sqlstate($standby, 'postgres', "SELECT FROM ecommerce.$call;"),
		'25006', "$call cannot be done on a standby");
}
is( $standby->safe_psql(
		'postgres', qq{
SELECT ecommerce.current_tenant(), ecommerce.available_stock('$product'),
	(SELECT count(*) FROM ecommerce.orders),
	(SELECT count(*) FROM ecommerce.verify_integrity()),
	ecommerce.quote_order($items) #>> '{lines,0,sku}',
	(ecommerce.vat_treatment(seller_country => 'GR', buyer_country => 'GR')).vat_rate;
}),
	'1|8|1|0|PEN|24',
	'everything can be read there');

done_testing();
