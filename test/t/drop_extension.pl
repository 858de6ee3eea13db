# The extension can go and come back, and the shop stays; and it does not come
# into a schema that somebody else has prepared.
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
make_shop($node, 'shop');

my $contents    = contents($node, 'shop');
my $definitions = definitions($node, 'shop');

# What the user added
sub additions
{
	return join("\n", grep { /\bapp_|gift_note|points/ } split /\n/, $_[0]);
}

is(sqlstate($node, 'shop', 'DROP EXTENSION ecommerce;'),
	'2BP01', 'DROP EXTENSION refuses');
same_text(contents($node, 'shop'), $contents, 'nothing is lost by that');

$node->safe_psql('shop', 'DROP EXTENSION ecommerce CASCADE');
same_text(contents($node, 'shop'), $contents, 'CASCADE keeps every row');
same_text(
	additions(definitions($node, 'shop')),
	additions($definitions),
	'CASCADE keeps what the user added');
is( $node->safe_psql(
		'shop', 'SET ROLE shop_app; SELECT count(*) FROM ecommerce.products'),
	0,
	'without the policies of the extension nobody sees rows');

my ($code, $out, $err) = $node->psql('shop', 'CREATE EXTENSION ecommerce');
is($code, 0, 'CREATE EXTENSION again');
like(
	$err,
	qr/NOTICE:\s+schema "ecommerce" exists already: installed code only$/m,
	'it says what it does not do');
same_text(contents($node, 'shop'),
	$contents, 'CREATE EXTENSION keeps every row');
$node->safe_psql('shop', 'SELECT ecommerce.install()');
$node->safe_psql('shop', $Shop::grants);
same_text(contents($node, 'shop'), $contents, 'install() keeps every row');
same_text(definitions($node, 'shop'),
	$definitions, 'install() puts all definitions back');
$node->safe_psql('shop', 'SELECT ecommerce.install()');
same_text(contents($node, 'shop'),
	$contents, 'install() again keeps every row');
same_text(definitions($node, 'shop'),
	$definitions, 'install() again changes no definition');

shop_works($node, 'shop', 'after DROP and CREATE');

# Whatever is missing comes back, and nothing else changes.
$node->safe_psql('postgres', 'CREATE DATABASE empty');
$node->safe_psql('empty',    'CREATE EXTENSION ecommerce');
my $empty = definitions($node, 'empty');
$node->safe_psql(
	'empty', q{
DROP TRIGGER keep_orders ON ecommerce.orders;
DROP TRIGGER totals_match ON ecommerce.order_items;
DROP POLICY tenant_isolation ON ecommerce.carts;
ALTER TABLE ecommerce.users ALTER COLUMN id DROP DEFAULT;
ALTER TABLE ecommerce.orders ALTER COLUMN tenant_id DROP DEFAULT;
DROP INDEX ecommerce.idx_orders_user;
DROP MATERIALIZED VIEW ecommerce.product_stats CASCADE;
DROP TABLE ecommerce.wishlist_items;
SELECT format('DROP TABLE IF EXISTS %s CASCADE', partition)
FROM ecommerce.partitions() WHERE from_time > now()
ORDER BY parent::text \gexec
});
ok(definitions($node, 'empty') ne $empty, 'definitions are missing');
$node->safe_psql('empty', 'SELECT ecommerce.install()');
same_text(definitions($node, 'empty'), $empty, 'install() puts them back');

# A column that cannot be written
$node->safe_psql(
	'empty', q{
ALTER TABLE ecommerce.orders ADD COLUMN day date
GENERATED ALWAYS AS ((created_at AT TIME ZONE 'UTC')::date) STORED});
is( sqlstate(
		$node, 'empty',
		q{SELECT ecommerce.ensure_partitions('2091-01-01', '2091-01-01');}),
	'',
	'ensure_partitions() accepts a generated column');
$node->safe_psql('empty', 'ALTER TABLE ecommerce.orders DROP COLUMN day');

$node->safe_psql(
	'empty', q{
CREATE OR REPLACE VIEW ecommerce.customers WITH (security_invoker = true) AS
SELECT u.tenant_id, u.id, u.email, concat_ws(' ', u.first_name, u.last_name) AS name,
p.phone, p.company, p.vat_id, u.role, u.status, u.email_verified, u.created_at,
p.birth_date
FROM ecommerce.users u
LEFT JOIN ecommerce.user_profiles p ON p.tenant_id = u.tenant_id AND p.user_id = u.id
WHERE u.deleted_at IS NULL;
});
is(sqlstate($node, 'empty', 'SELECT ecommerce.install();'),
	'', 'install() accepts a view with one more column');

$node->safe_psql('empty', 'DROP SCHEMA public CASCADE');
is( $node->safe_psql(
		'empty',
		"SELECT count(*) FROM pg_extension WHERE extname = 'ecommerce'"),
	1,
	'DROP SCHEMA public does not take the extension along');

# A schema that is there before the extension.

$node->safe_psql('postgres', "CREATE ROLE $_ LOGIN")
  foreach qw(owner mallory);
my $n = 0;

# Make a database with what somebody has prepared.
sub plant
{
	my (@scripts) = @_;
	my $db = 'planted' . ++$n;
	$node->safe_psql('postgres', "CREATE DATABASE $db OWNER owner");
	$node->safe_psql($db,
		"GRANT CREATE ON DATABASE $db TO mallory; GRANT CREATE ON SCHEMA public TO mallory"
	);
	while (my ($role, $sql) = splice(@scripts, 0, 2))
	{
		$node->safe_psql($db, $sql, be($role));
	}
	return $db;
}

# What the schema holds.
sub planted
{
	my ($db) = @_;
	return $node->safe_psql(
		$db, q{
SELECT count(*), min(pg_describe_object(classid, objid, 0)) FROM pg_depend
WHERE refclassid = 'pg_namespace'::regclass
AND refobjid = to_regnamespace('ecommerce');
SELECT count(*) FROM pg_extension WHERE extname = 'ecommerce';
});
}

sub refused
{
	my ($db, $role, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $before = planted($db);
	like(
		answer($node, $db, 'CREATE EXTENSION ecommerce', $role),
		qr/ERROR:\s+schema "ecommerce" .*\bDETAIL: .*\bHINT: /s,
		"$name: refused, and says why");
	is(planted($db), $before, "$name: nothing is left behind");
	return;
}

my $spy = q{
CREATE TABLE public.spied (who name);
GRANT INSERT ON public.spied TO public;
CREATE FUNCTION public.spy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.spied VALUES (current_user);
	RETURN NEW;
END $$;
CREATE TABLE ecommerce.tenants (id integer PRIMARY KEY, name text,
	created_at timestamptz, updated_at timestamptz);
CREATE TRIGGER spy BEFORE INSERT ON ecommerce.tenants
	FOR EACH ROW EXECUTE FUNCTION public.spy();
GRANT ALL ON ecommerce.tenants TO public;
};
my $shared =
  'CREATE SCHEMA ecommerce; GRANT ALL ON SCHEMA ecommerce TO mallory';

refused(plant(mallory => 'CREATE SCHEMA ecommerce'),
	'owner', "another role's empty schema");
refused(
	plant(
		owner   => $shared,
		mallory => 'CREATE FUNCTION ecommerce.f() RETURNS integer RETURN 1'),
	'owner',
	"another role's function");

refused(plant(owner => $shared, mallory => $spy),
	'owner', "another role's table");
refused(
	plant(
		owner   => $shared,
		mallory => 'CREATE VIEW ecommerce.users AS SELECT 1 AS id'),
	'owner',
	"another role's view");
refused(
	plant(
		owner   => $shared,
		mallory =>
		  'CREATE OPERATOR ecommerce.= (FUNCTION = int4ne, LEFTARG = int4, RIGHTARG = int4)'
	),
	'owner',
	"another role's operator");
refused(
	plant(
		owner   => $shared,
		mallory => 'CREATE DOMAIN ecommerce.text AS pg_catalog.text'),
	'owner',
	"another role's type");

refused(plant('' => 'CREATE SCHEMA ecommerce'),
	'owner', "a superuser's schema");

# A superuser may create the extension in the schema of another role, as it
# does when it restores that role's shop, but must not come to run its code.
my $db = plant(mallory => "CREATE SCHEMA ecommerce; $spy");
$node->psql($db, 'CREATE EXTENSION ecommerce');
$node->psql($db, 'SELECT ecommerce.install()');
$node->psql($db, 'SELECT ecommerce.ensure_partitions()');
is( $node->safe_psql(
		$db, q{
SELECT count(*) FROM public.spied WHERE who <> 'mallory';
SELECT count(*) FROM pg_proc JOIN pg_roles r ON r.oid = proowner
WHERE pronamespace::regnamespace::text IN ('ecommerce', 'ecommerce_internal') AND rolsuper;
SELECT count(*) FROM pg_class JOIN pg_roles r ON r.oid = relowner
WHERE relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
AND relkind <> 'c' AND rolsuper;
}),
	"0\n0\n0",
	"a superuser in another role's schema runs and owns nothing there");

# The owner's own functions are welcome.
$db = plant(
	owner => q{
CREATE EXTENSION ecommerce;
CREATE FUNCTION ecommerce.app_one() RETURNS integer RETURN 1;
DROP EXTENSION ecommerce CASCADE;
});
is(sqlstate($node, $db, 'CREATE EXTENSION ecommerce;', 'owner'),
	'', 'CREATE EXTENSION accepts functions of the same owner');
is($node->safe_psql($db, 'SELECT ecommerce.app_one()'),
	1, 'and leaves them alone');

$node->stop;
done_testing();
