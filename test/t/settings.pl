# Functions answer the same whatever a session has set, and so does CREATE EXTENSION.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use Shop;

# Statements are parsed when a session first runs them, so each setting has its own.
my @hostile = (
	'standard_conforming_strings=off backslash_quote=off quote_all_identifiers=on',
	'datestyle=SQL,DMY intervalstyle=sql_standard timezone=Pacific/Auckland'
	  . ' bytea_output=escape extra_float_digits=-15 xmloption=document array_nulls=off',
	'datestyle=Postgres,MDY timezone=America/New_York search_path=mine,public'
	  . ' transform_null_equals=on row_security=off',
	'datestyle=German search_path= client_encoding=LATIN1 lc_messages=C lc_numeric=C'
	  . ' lc_monetary=C check_function_bodies=off synchronize_seqscans=off',
	'enable_hashjoin=off enable_mergejoin=off enable_bitmapscan=off',
	'enable_seqscan=off enable_sort=off enable_hashagg=off enable_material=off jit=off',
	'plan_cache_mode=force_generic_plan enable_partition_pruning=off geqo_threshold=2',
	'plan_cache_mode=force_custom_plan join_collapse_limit=1 from_collapse_limit=1'
	  . ' work_mem=64kB jit=on jit_above_cost=0',
	'max_parallel_workers_per_gather=1 parallel_setup_cost=0 parallel_tuple_cost=0'
	  . ' min_parallel_table_scan_size=0');

# What is made is rolled back.  Answers are of types that print the same under any setting.
my $battery = q{
\pset format unaligned
\pset tuples_only on
SET client_min_messages = error;
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT ecommerce.use_tenant(1) IS NOT NULL;
\echo partitions
SELECT p.parent::oid::integer, p.partition::oid::integer, extract(epoch FROM p.from_time)::bigint,
	extract(epoch FROM p.to_time)::bigint FROM ecommerce.partitions() p ORDER BY 2;
SELECT count(*), min(extract(epoch FROM e.lower_bound))::bigint,
	max(extract(epoch FROM e.upper_bound))::bigint, sum(e.moved_rows)
FROM ecommerce.ensure_partitions('2018-12-05 00:00+00', '2019-01-03 00:00+00', 'month') e;
SELECT count(*), sum(moved_rows)
FROM ecommerce.attach_partition('ecommerce_partitions.orders_2024_q1');
SELECT count(*) FROM ecommerce.detach_partition('ecommerce_partitions.events_2024_q1');
\echo proofs
SELECT * FROM ecommerce.verify_integrity();
SELECT * FROM ecommerce.verify_integrity(now() - interval '1 day');
SELECT count(*) FROM ecommerce_internal.schema_drift();
ALTER TABLE ecommerce.products DROP CONSTRAINT check_price_positive;
ALTER TABLE ecommerce.products ALTER COLUMN created_at DROP DEFAULT;
DROP INDEX ecommerce.idx_stock_movements_created;
DROP TRIGGER keep_orders ON ecommerce.orders;
DROP POLICY tenant_isolation ON ecommerce_partitions.orders_2025_q1;
ALTER TABLE ecommerce_partitions.order_items_2025_q1
	DROP CONSTRAINT order_items_2025_q1_order_fkey;
SELECT problem, (detail ->> 'name') FROM ecommerce.verify_integrity() ORDER BY 1, 2;
SELECT ecommerce.install();
SELECT * FROM ecommerce.verify_integrity();
\echo orders
SELECT net, vat, gross FROM ecommerce.place_order(
	'[{"sku": "FIG", "quantity": 3}, {"sku": "PEN", "quantity": 2}]',
	email => 'b@example.org', coupon_codes => '{spring}',
	shipping_address => '{"country": "GR", "postal_code": "821 31"}',
	charges => '[{"kind": "shipping", "amount": 4.9, "vat": "proportional"}]');
SELECT gross, left(order_number, 6) FROM ecommerce.place_orders(ARRAY[
	'{"items": [{"sku": "NUT", "quantity": 7}], "placed_at": "2025-03-04 05:06:07+02"}'::jsonb,
	'{"items": [{"sku": "PEN", "quantity": 1}], "placed_at": "2025-05-04 05:06:07+02"}']);
SELECT id AS made FROM ecommerce.place_order('[{"sku": "FIG", "quantity": 4}]',
	idempotency_key => 'hostile') \gset
SELECT id = :'made' FROM ecommerce.place_order('[{"sku": "FIG", "quantity": 4}]',
	idempotency_key => 'hostile');
SELECT status FROM ecommerce.transition_order(:'made', 'processing');
SELECT status FROM ecommerce.transition_order(:'made', 'shipped');
SELECT count(*) FROM ecommerce.return_stock(:'made', '[{"sku": "FIG", "quantity": 1}]');
SELECT amount_paid FROM ecommerce.orders WHERE id = :'made';
\echo stock
SELECT ecommerce.adjust_stock('PEN', 5, 'receipt', E'a\\\\b');
SELECT reference FROM ecommerce.stock_movements WHERE reference LIKE 'a%';
SELECT ecommerce.available_stock(id) FROM ecommerce.products WHERE tenant_id = 1 ORDER BY sku;
SELECT ecommerce.close_stock_books('2025-04-05 00:00+00');
SELECT ecommerce.stock_at(id, '2025-03-01 00:00+00'::timestamptz)
FROM (SELECT id FROM ecommerce.products WHERE tenant_id = 1 ORDER BY sku) p;
\echo VAT
SELECT r.* FROM ecommerce.vat_return('2025-01-01'::date, '2025-12-31') r;
SELECT r.* FROM ecommerce.oss_return(2025, 1) r;
SELECT count(*), sum(rate) FROM ecommerce.vat_rates_current WHERE country = 'GR';
SELECT (t.x).vat_rate, (t.x).scheme FROM (SELECT ecommerce.vat_treatment(
	seller_country => 'GR', buyer_country => 'DE', buyer_vat_id => 'DE 136.695-976',
	buyer_vat_id_valid => true) AS x) t;
SELECT ecommerce.vat_id_valid('DE136695976'), ecommerce.iban_valid('DE89 3704 0044 0532 0130 00');
\echo access
SELECT a.* FROM ecommerce.grant_access('shop_app', 'storefront') a;
SELECT a.* FROM ecommerce.revoke_access('shop_app') a;
SELECT * FROM ecommerce.verify_integrity();
ROLLBACK;
};

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
make_shop($node, 'shop');
my $usual = answer($node, 'shop', $battery);
unlike($usual, qr/ERROR/, 'the battery works');
note($usual);
foreach my $settings (@hostile)
{
	local $ENV{PGOPTIONS} =
	  join(' ', map { "-c $_" } split ' ', $settings);
	same_text(answer($node, 'shop', $battery), $usual, $settings);
}

# A shop that is created under all of them that a database can have
$node->safe_psql('postgres', "CREATE DATABASE $_") foreach qw(plain hostile);
$node->safe_psql('hostile',  "ALTER DATABASE hostile SET $_")
  foreach (
	'standard_conforming_strings = off',
	'backslash_quote = off',
	'quote_all_identifiers = on',
	"datestyle = 'SQL, DMY'",
	"intervalstyle = 'sql_standard'",
	"timezone = 'Pacific/Auckland'",
	"bytea_output = 'escape'",
	'array_nulls = off',
	'transform_null_equals = on',
	'enable_seqscan = off',
	"default_transaction_isolation = 'serializable'");
$node->safe_psql($_, 'CREATE EXTENSION ecommerce') foreach qw(plain hostile);
$node->safe_psql('postgres', 'ALTER DATABASE hostile RESET ALL');
same_text(
	definitions($node, 'hostile'),
	definitions($node, 'plain'),
	'CREATE EXTENSION makes the same');

# A trigger that names a table as its owner's search_path finds it
$node->safe_psql(
	'shop', q{
CREATE TABLE public.audit (at timestamptz);
CREATE FUNCTION public.audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO audit VALUES (now());
	RETURN NEW;
END $$;
CREATE TRIGGER audit AFTER INSERT ON ecommerce.orders
	FOR EACH ROW EXECUTE FUNCTION public.audit();
});
my $order = q{SELECT ecommerce.use_tenant(1);
	SELECT gross FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]');};
like(
	answer($node, 'shop', "BEGIN; $order"),
	qr/relation "audit" does not exist.*HINT:  [^\n]*search_path/s,
	'the error says what a trigger lacks');
$node->safe_psql('shop',
	'ALTER FUNCTION public.audit() SET search_path = public, pg_temp');
like(answer($node, 'shop', "BEGIN; $order"),
	qr/^2\.50$/m, 'and its remedy helps');

$node->stop;
done_testing();
