# The extension is trusted: a role that may create in a database, and nothing
# else, has its shop there, and no code of it runs as a superuser.
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
$node->safe_psql('postgres', "CREATE ROLE $_ LOGIN")
  foreach qw(owner app mallory);

sub make_database
{
	my ($db) = @_;
	$node->safe_psql('postgres',
		"CREATE DATABASE $db; GRANT CREATE ON DATABASE $db TO owner, mallory"
	);
	return;
}

# Run a script as a role; what it prints is the result.
sub as
{
	my ($role, $db, $sql) = @_;
	return answer($node, $db, $sql, $role);
}

# Operators, functions, types and tables that stand before PostgreSQL's own for
# whoever looks into schema "evil" first, and fail.
my $evil = q{
CREATE SCHEMA evil;
GRANT ALL ON SCHEMA evil TO public;
DO $$
DECLARE
	f record;
BEGIN
	FOR f IN
		SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS arguments,
			CASE WHEN p.proretset THEN 'SETOF ' ELSE '' END
				|| format_type(p.prorettype, NULL) AS result,
			o.oprname, o.oprleft::regtype, o.oprright::regtype
		FROM pg_proc p
		LEFT JOIN pg_operator o ON o.oprcode = p.oid AND o.oprleft <> 0
			AND o.oprname IN ('=', '<>', '<', '>', '<=', '>=', '+', '-', '*', '/', '||',
				'~', '!~', '~~', '!~~', '->', '->>')
		WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'
		AND (o.oid IS NOT NULL OR p.proname IN ('now', 'clock_timestamp', 'length',
			'lower', 'date_trunc', 'to_regclass', 'hashtextextended', 'abs',
			'pg_advisory_xact_lock', 'regexp_match', 'pg_get_expr', 'quote_ident',
			'isfinite', 'to_char', 'jsonb_typeof', 'jsonb_strip_nulls', 'extract',
			'col_description', 'format_type', 'min_scale', 'round', 'timezone',
			'pg_has_role', 'set_config', 'pg_get_userbyid', 'pg_describe_object',
			'pg_total_relation_size', 'pg_current_xact_id'))
		AND NOT EXISTS (SELECT FROM unnest(p.proargtypes || p.prorettype) AS a (type)
			JOIN pg_type t ON t.oid = a.type WHERE t.typtype = 'p')
	LOOP
		EXECUTE format('CREATE OR REPLACE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L',
			f.proname, f.arguments, f.result, 'BEGIN RAISE EXCEPTION ''hijacked''; END');
		IF f.oprname IS NOT NULL THEN
			EXECUTE format('CREATE OPERATOR evil.%s
				(FUNCTION = evil.%I, LEFTARG = %s, RIGHTARG = %s)',
				f.oprname, f.proname, f.oprleft, f.oprright);
		END IF;
	END LOOP;
END $$;
CREATE FUNCTION evil.format(text, text) RETURNS text LANGUAGE plpgsql
	AS 'BEGIN RAISE EXCEPTION ''hijacked''; END';
CREATE DOMAIN evil.text AS integer;
CREATE DOMAIN evil.regclass AS integer;
CREATE DOMAIN evil.uuid AS integer;
CREATE TABLE evil.pg_class ();
CREATE TABLE evil.pg_namespace ();
};

# Everything that a shop does.
my $business = q{
SET timezone = 'UTC';
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, vat_class)
	VALUES ('TEA', 'Tea', 3.99, 'reduced') RETURNING id AS tea \gset
SELECT ecommerce.adjust_stock('TEA', 50, 'receipt', 'first', 'note');
SELECT id AS first, net, vat, gross FROM ecommerce.place_order(
	'[{"sku": "TEA", "quantity": 3}]', email => 'a@example.org',
	idempotency_key => 'key') \gset
\echo :net :vat :gross
SELECT gross FROM ecommerce.place_order('[{"sku": "TEA", "quantity": 3}]',
	email => 'a@example.org', idempotency_key => 'key');
SELECT id AS hold FROM ecommerce.reserve_stock('[{"sku": "TEA", "quantity": 5}]') \gset
SELECT FROM ecommerce.extend_reservation(:'hold', '1 hour');
SELECT id AS second, net, vat, gross
FROM ecommerce.place_order(reservation_id => :'hold') \gset
\echo :net :vat :gross
SELECT FROM ecommerce.cancel_order(:'first', 'not wanted');
SELECT id AS hold FROM ecommerce.reserve_stock('[{"sku": "TEA", "quantity": 7}]') \gset
SELECT ecommerce.available_stock(:'tea');
SELECT FROM ecommerce.release_reservation(:'hold');
SELECT ecommerce.expire_reservations(), ecommerce.available_stock(:'tea');
INSERT INTO ecommerce.categories (name, slug) VALUES ('A', 'a') RETURNING id AS a \gset
INSERT INTO ecommerce.categories (name, slug, parent_id) VALUES ('B', 'b', :'a');
UPDATE ecommerce.orders SET status = 'processing'
WHERE id OPERATOR(pg_catalog.=) :'second' RETURNING status;
SELECT ecommerce.round_amount(1.005, 'EUR'), ecommerce.vat_amount(10, 24, 'EUR'),
	ecommerce.allocate_amount(1, '{1,1,1}', 'EUR'),
	ecommerce.net_from_gross(12.4, 24, 'EUR'), ecommerce.gross_from_net(10, 24, 'EUR');
SELECT (ecommerce.order_totals(quantity, price, rate)).*
FROM (VALUES (3, 3.99, 13), (2, 1.5, 24)) AS l (quantity, price, rate);
SELECT ecommerce.calculate_totals('{"currency": "EUR", "prices": "gross",
	"lines": [{"quantity": 3, "unit_price": 3.99, "vat_category": "S", "vat_rate": 13}]}');
SELECT count(*) FROM ecommerce.ensure_partitions('2091-01-01', '2091-12-31');
SELECT partition, from_time, to_time FROM ecommerce.partitions()
WHERE from_time OPERATOR(pg_catalog.>) '2091-09-01';
SELECT ecommerce.install();
SELECT FROM ecommerce.refresh_product_stats();
SELECT total_orders, total_quantity_sold, revenue FROM ecommerce.product_stats;
SELECT net, vat, gross FROM ecommerce.place_order('[{"sku": "TEA", "quantity": 1}]',
	shipping_address => '{"country": "DE", "city": "Berlin", "postal_code": "10115"}',
	buyer_vat_id => 'DE136695976', buyer_vat_id_valid => true);
SELECT country, vat_scheme, vatex FROM ecommerce.orders WHERE vatex IS NOT NULL;
SELECT net, vat FROM ecommerce.vat_return('2000-01-01', '2099-12-31');
BEGIN;
SELECT ecommerce.use_tenant(1), ecommerce.current_tenant();
COMMIT;
SELECT ecommerce.use_tenant(9);
};

make_database('shop');
my $result = as('owner', 'shop', "SET search_path = public;\n$business");
# A backslash joins lines.
is( $result,
	<<'EOF_EXPECTED' =~ s/\\\n|\n\z//gr, 'an ordinary role has a shop');
50
10.59 1.38 11.97
11.97
17.65 2.30 19.95
38
0|45
processing
1.01|2.40|{0.34,0.33,0.33}|10.00|12.40
14.97|2.28|17.25|[{"tax": 0.72, "rate": 24, "taxable": 3.00}, \
{"tax": 1.56, "rate": 13, "taxable": 11.97}]
{"vat": [{"tax": 1.38, "rate": 13, "taxable": 10.59, "category": "S"}], \
"lines": [{"net": 10.59, "vat": 1.38, "kind": "product", "line": 1, "gross": 11.97, \
"discount": 0.00}], \
"totals": {"net": 10.59, "vat": 1.38, "gross": 11.97, "lines": 11.97, "charges": 0.00, \
"payable": 11.97, "prepaid": 0.00, "rounding": 0.00, "allowances": 0.00}}
40
ecommerce_partitions.events_2091_q4|2091-10-01 00:00:00+00|2092-01-01 00:00:00+00
ecommerce_partitions.order_cancellations_2091_q4|2091-10-01 00:00:00+00|2092-01-01 00:00:00+00
ecommerce_partitions.order_items_2091_q4|2091-10-01 00:00:00+00|2092-01-01 00:00:00+00
ecommerce_partitions.order_notes_2091_q4|2091-10-01 00:00:00+00|2092-01-01 00:00:00+00
ecommerce_partitions.orders_2091_q4|2091-10-01 00:00:00+00|2092-01-01 00:00:00+00
ecommerce_partitions.return_items_2091_q4|2091-10-01 00:00:00+00|2092-01-01 00:00:00+00
ecommerce_partitions.return_receipts_2091_q4|2091-10-01 00:00:00+00|2092-01-01 00:00:00+00
ecommerce_partitions.returns_2091_q4|2091-10-01 00:00:00+00|2092-01-01 00:00:00+00
ecommerce_partitions.shipment_items_2091_q4|2091-10-01 00:00:00+00|2092-01-01 00:00:00+00
ecommerce_partitions.shipments_2091_q4|2091-10-01 00:00:00+00|2092-01-01 00:00:00+00
0
1|5|17.65
3.99|0.00|3.99
GR|intra_eu|VATEX-EU-IC
17.65|2.30
3.99|0.00
1|1
psql:<stdin>:51: ERROR:  there is no tenant 9
EOF_EXPECTED
check_books($node, 'shop', 'its books balance');

make_database('hostile');
as('mallory', 'hostile', $evil);
my $path = 'SET search_path = evil, pg_catalog, pg_temp;';
like(as('owner', 'hostile', "$path SELECT 1 = 1;"),
	qr/hijacked/, 'a hostile search_path catches what is not qualified');
my $temp = join('',
	map { "CREATE TEMP TABLE $_ ();" }
	  qw(new_items wanted demanded changes orders stock pg_proc pg_trigger));
is(as('owner', 'hostile', "$temp $path\n$business"),
	$result, 'a hostile search_path changes nothing');

# Whose code and tables they are: what runs as whoever calls it is nobody's to alter.
my $owners = q{
SELECT 'schema', nspowner::regrole FROM pg_namespace WHERE nspname = 'ecommerce'
UNION
SELECT 'relation', relowner::regrole FROM pg_class
WHERE relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions') AND relkind <> 'c'
UNION
SELECT CASE WHEN prosecdef THEN 'definer' ELSE 'other function' END, proowner::regrole
FROM pg_proc WHERE pronamespace::regnamespace::text IN ('ecommerce', 'ecommerce_internal')
UNION
SELECT 'type', typowner::regrole FROM pg_type
WHERE typnamespace = 'ecommerce'::regnamespace
AND typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c')
ORDER BY 1, 2;
};
is( $node->safe_psql('shop', $owners),
	"definer|owner\nother function|postgres\nrelation|owner\nschema|owner\ntype|postgres",
	'the role owns it all, but what others run');

# Nothing that C code relies on is the owner's to alter.
foreach my $command (
	'ALTER FUNCTION ecommerce.vat_id_valid(text) CALLED ON NULL INPUT',
	'ALTER FUNCTION ecommerce_internal.order_totals_final(internal) RESET ALL',
	'ALTER TYPE ecommerce.reservation ADD ATTRIBUTE note text',
	'ALTER TYPE ecommerce.placed_order ALTER ATTRIBUTE net TYPE text',
	'CREATE OR REPLACE FUNCTION ecommerce.verify_integrity(since timestamptz)
		RETURNS TABLE (problem text, tenant_id integer, entity_id uuid, detail jsonb)
		LANGUAGE plpgsql AS $$BEGIN END$$')
{
	is(sqlstate($node, 'shop', "$command;", 'owner'),
		'42501', 'the owner cannot ' . substr($command, 0, 50));
}
# What is his may be broken by him, and answers all the same.
as( 'owner', 'shop', q{
ALTER FUNCTION ecommerce.available_stock(uuid, integer) CALLED ON NULL INPUT;
ALTER FUNCTION ecommerce.order_number(uuid, integer) CALLED ON NULL INPUT;
});
is( as( 'owner',
		'shop',
		'SELECT ecommerce.order_number(NULL, NULL) IS NULL,
			ecommerce.order_number(NULL, 1) IS NULL'
	),
	't|t',
	'a function that is STRICT no more answers NULL');
as( 'owner', 'shop', q{
ALTER FUNCTION ecommerce.order_number(uuid, integer) STRICT;
});

# Trigger functions show as whom place_order() runs.
as( 'owner', 'shop', q{
CREATE SCHEMA app;
CREATE TABLE app.ran (who name);
CREATE FUNCTION app.ran() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO app.ran VALUES (current_user);
	RETURN NEW;
END $$;
CREATE TRIGGER ran BEFORE INSERT ON ecommerce.orders
	FOR EACH ROW EXECUTE FUNCTION app.ran();
});
as('', 'shop',
	q{SELECT FROM ecommerce.place_order('[{"sku": "TEA", "quantity": 1}]')});
is($node->safe_psql('shop', 'SELECT DISTINCT who FROM app.ran'),
	'owner', 'place_order() runs as the owner, whoever calls it');

# An application that may place orders, and nothing else.
my $grant = q{
GRANT USAGE ON SCHEMA ecommerce TO app;
SELECT format('GRANT EXECUTE ON FUNCTION %s TO app', oid::regprocedure)
FROM pg_proc WHERE pronamespace = 'ecommerce'::regnamespace AND proname = 'place_order' \gexec
};
as('owner', 'shop', $grant);
my $order =
  q{ecommerce.place_order('[{"sku": "TEA", "quantity": 2}]', tenant_id => 1};
is(as('app', 'shop', "SELECT net, vat, gross FROM $order)"),
	'7.06|0.92|7.98', 'app places an order');
foreach my $argument (
	"placed_at => '2026-01-01'",
	q{allowances => '[{"amount": 1}]'},
	q{charges => '[{"kind": "fee", "amount": 1}]'},
	q{buyer_vat_id => 'DE136695976', buyer_vat_id_valid => true})
{
	is(sqlstate($node, 'shop', "SELECT $order, $argument);", 'app'),
		'42501', "app cannot pass $argument");
}
is( sqlstate(
		$node,
		'shop',
		q{SELECT ecommerce.place_order('[{"sku": "TEA", "quantity": 1, "unit_price": 0.01}]',
			tenant_id => 1);},
		'app'),
	'EC004',
	'app cannot make its own price');
is( $node->safe_psql(
		'shop', q{
SELECT count(*) FROM pg_class
WHERE relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
AND relkind IN ('r', 'p', 'v', 'm')
AND (has_table_privilege('app', oid,
		'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
	OR has_any_column_privilege('app', oid, 'SELECT, INSERT, UPDATE, REFERENCES'));
SELECT oid::regproc FROM pg_proc
WHERE pronamespace::regnamespace::text IN ('ecommerce', 'ecommerce_internal')
AND has_function_privilege('app', oid, 'EXECUTE')
AND NOT has_function_privilege('public', oid, 'EXECUTE');
SELECT has_schema_privilege('app', 'ecommerce', 'CREATE');
}),
	"0\necommerce.place_order\nf",
	'app has no other privilege than everybody');
is(sqlstate($node, 'shop', "SELECT $_;", 'app'),
	'42501', "app cannot SELECT $_")
  foreach '* FROM ecommerce.orders', '* FROM ecommerce.customers',
  '* FROM ecommerce_partitions.orders_default', 'ecommerce.install()';
is( as( 'app',
		'shop',
		q{SELECT gross FROM ecommerce.place_order('[{"sku": "TEA", "quantity": 2}]')}
	),
	'7.98',
	'app need not name the only tenant');

# The extension goes and comes back.
my $contents    = contents($node, 'shop');
my $definitions = definitions($node, 'shop');
as('owner', 'shop', 'DROP EXTENSION ecommerce CASCADE');
same_text(contents($node, 'shop'),
	$contents, 'DROP EXTENSION CASCADE keeps every row');
is( sqlstate(
		$node, 'shop',
		"CREATE EXTENSION ecommerce; SELECT ecommerce.install(); $grant",
		'owner'),
	'',
	'CREATE EXTENSION and install() again');
same_text(contents($node, 'shop'),    $contents,    'every row is there');
same_text(definitions($node, 'shop'), $definitions, 'everything is back');

# A superuser may do the maintenance.
as('owner', 'shop', 'DROP TABLE ecommerce.wishlist_items');
as('', 'shop',
	q{SELECT ecommerce.install(), ecommerce.ensure_partitions('2092-01-01', '2092-01-01')}
);
is( $node->safe_psql('shop', $owners),
	"definer|owner\nother function|postgres\nrelation|owner\nschema|owner\ntype|postgres",
	'the role still owns it all');

$node->safe_psql(
	'shop', q{
SELECT format('ALTER TABLE %s OWNER TO owner', oid::regclass) FROM pg_class
WHERE relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
AND relkind IN ('r', 'p')
AND relowner <> 'owner'::regrole \gexec
});

# Code of app that runs while a superuser maintains app's table has no more
# rights than app.
$node->safe_psql('shop', 'GRANT CREATE ON DATABASE shop TO app');
as( 'app', 'shop', qq{
CREATE SCHEMA mine;
CREATE TABLE mine.t (id integer);
INSERT INTO mine.t VALUES (1);
CREATE FUNCTION mine.f(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS \$\$
BEGIN
	PERFORM $order, notes => 'mine', allowances => '[{"amount": 7}]');
	RETURN 1;
EXCEPTION WHEN insufficient_privilege THEN
	RETURN 0;
END \$\$;
CREATE INDEX t_f ON mine.t (mine.f(id));
});
$node->safe_psql('shop', 'REINDEX TABLE mine.t');
is( $node->safe_psql(
		'shop', "SELECT count(*) FROM ecommerce.orders WHERE notes = 'mine'"),
	0,
	'app gets no discount out of REINDEX');

# Several tenants
is(as('owner', 'shop', q{SELECT ecommerce.create_tenant('Second', 'DE')}),
	2, 'the role makes a second tenant');
is( as( 'owner', 'shop', q{
BEGIN;
SELECT FROM ecommerce.use_tenant(2);
INSERT INTO ecommerce.products (sku, name, price) VALUES ('TEA', 'Tee', 2);
SELECT ecommerce.adjust_stock('TEA', 10, 'receipt');
COMMIT;
BEGIN;
SELECT FROM ecommerce.use_tenant(2);
SELECT net, vat, gross FROM ecommerce.place_order('[{"sku": "TEA", "quantity": 3}]');
COMMIT;
}),
	"10\n5.04|0.96|6.00",
	'and works for it');
is(sqlstate($node, 'shop', "SELECT $_;", 'owner'),
	'EC010', "$_ needs a choice of tenant")
  foreach q{ecommerce.place_order('[{"sku": "TEA", "quantity": 1}]')},
  q{ecommerce.reserve_stock('[{"sku": "TEA", "quantity": 1}]')},
  q{ecommerce.adjust_stock('TEA', 1)};
is( sqlstate(
		$node, 'shop', q{
SELECT id FROM ecommerce.orders WHERE tenant_id = 1 LIMIT 1 \gset
BEGIN;
SELECT FROM ecommerce.use_tenant(2);
SELECT ecommerce.cancel_order(:'id');
}, 'owner'),
	'EC008',
	"one tenant's order is unknown to the other");
is(as('owner', 'shop', 'SELECT ecommerce.install()'),
	0, 'install() works with two tenants');
is(as('owner', 'shop', 'SELECT FROM ecommerce.refresh_product_stats()'),
	'', 'refresh_product_stats() works with two tenants');
is( $node->safe_psql(
		'shop', q{
SELECT count(DISTINCT tenant_id) FROM ecommerce.product_stats;
SELECT i.tenant_id, i.product_id, sum(i.quantity)
FROM ecommerce.order_items i JOIN ecommerce.orders o ON o.id = i.order_id
WHERE o.status <> 'cancelled' GROUP BY 1, 2
EXCEPT SELECT tenant_id, id, total_quantity_sold FROM ecommerce.product_stats;
}),
	2,
	'and counts the orders of both');
check_books($node, 'shop', 'the books of both balance');

# A role of one tenant that may read tables reads that tenant's rows; but no
# policy can stand before a materialized view.
$node->safe_psql(
	'shop', q{
GRANT SELECT ON ALL TABLES IN SCHEMA ecommerce, ecommerce_partitions TO app;
ALTER ROLE app SET ecommerce.tenant = 1;
});
is( as( 'app', 'shop',
		'SET client_min_messages = error;
		SET ecommerce.tenant = 2;
		SELECT ecommerce.current_tenant();
		SELECT ecommerce.current_tenant();'),
	"1\n1",
	'app cannot choose another tenant than its own');
my %kinds = (
	table     => [ "'r', 'p'", 'false' ],
	partition => [ "'r'",      'true' ],
	view      => [ "'v'",      'false' ]);
foreach my $kind (sort keys %kinds)
{
	my ($relkinds, $is_partition) = @{ $kinds{$kind} };
	is( as( 'app', 'shop', qq{
SELECT format('SELECT %L, count(*) FROM %s WHERE tenant_id <> 1 HAVING count(*) > 0',
	c.oid::regclass, c.oid::regclass)
FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attname = 'tenant_id'
WHERE relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
AND relkind IN ($relkinds) AND relispartition = $is_partition
ORDER BY c.oid::regclass::text \\gexec
}),
		'',
		"app sees rows of no other tenant in any $kind");
}

# Dump and restore, by a superuser and by the role
my $tmp = PostgreSQL::Test::Utils::tempdir;
$contents    = contents($node, 'shop');
$definitions = definitions($node, 'shop');
$node->safe_psql('shop', 'DROP SCHEMA mine CASCADE');
foreach my $role ('', 'owner')
{
	my $name = $role || 'superuser';
	my @role = $role ? ('-U', $role) : ();
	my @mine = $role ? '--no-owner'  : ();
	my $db   = "restored_by_$name";
	make_database($db);
	$node->command_ok([ 'pg_dump', @role, '-Fc', '-f', "$tmp/$name", 'shop' ],
		"$name: pg_dump");
	$node->command_ok(
		[ 'pg_restore', @role, @mine, '-1', '-d', $db, "$tmp/$name" ],
		"$name: pg_restore");
	same_text(contents($node, $db), $contents, "$name: same rows");
	same_text(definitions($node, $db),
		$definitions, "$name: same definitions");
	is(as('app', $db, "SELECT net, vat, gross FROM $order)"),
		'7.06|0.92|7.98', "$name: app places an order");
	check_books($node, $db, "$name: its books balance");
}

# Another cluster may have no superuser of that name.

my $superuser = $node->safe_psql('shop', 'SELECT current_user');
$node->run_log([ 'pg_dump', '-f', "$tmp/plain", 'shop' ]);
my @lines = grep { /\b(?:TO|FROM) "?$superuser"?;/ } split /\n/,
  slurp_file("$tmp/plain");
is($lines[0] || '', '', 'the dump does not name the superuser');

$node->stop;
done_testing();
