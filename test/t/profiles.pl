# What roles of each profile can do: every function is called and every table
# touched as each of them, for their own tenant and for another one.  The
# matrix of what happened is profiles.out.
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

# Who uses the schema and has no profile is "public".
my @profiles = qw(public storefront back_office reporting service);
foreach my $profile (@profiles, 'pinned', 'plain')
{
	Shop::make_role($node, $profile eq 'public' ? 'everybody' : $profile);
}
my %roles = map { $_ => $_ eq 'public' ? 'everybody' : $_ } @profiles;
$node->safe_psql(
	'shop',
	join "\n",
	'GRANT USAGE ON SCHEMA ecommerce TO everybody, plain;',
	'GRANT SELECT, INSERT, UPDATE, DELETE
		ON ALL TABLES IN SCHEMA ecommerce, ecommerce_partitions TO plain;',
	(   map { "SELECT ecommerce.grant_access('$_', '$_');" }
		  @profiles[ 1 .. 4 ]),
	"SELECT ecommerce.grant_access('pinned', 'service');",
	'ALTER ROLE pinned SET ecommerce.tenant = 2;',
	map { "ALTER ROLE $_ SET ecommerce.tenant = 1;" } 'plain',
	values %roles);

# What is to be called: ids of both tenants, before tenant 2 gets copies of the
# rows of tenant 1, with the same ids and the secret wherever it fits.
$node->safe_psql(
	'shop', q{
CREATE SCHEMA try;
GRANT USAGE ON SCHEMA try TO public;
CREATE TABLE try.ids AS
SELECT t.id AS tenant_id,
	(SELECT id FROM ecommerce.products p WHERE p.tenant_id = t.id AND sku = 'PEN') AS product_id,
	(SELECT min(id::text)::uuid FROM ecommerce.orders o
		WHERE o.tenant_id = t.id AND status = 'pending') AS order_id,
	(SELECT min(id::text)::uuid FROM ecommerce.stock_reservations r
		WHERE r.tenant_id = t.id AND status = 'held') AS reservation_id,
	(SELECT min(id::text)::uuid FROM ecommerce.users u WHERE u.tenant_id = t.id) AS user_id
FROM ecommerce.tenants t;
ALTER TABLE try.ids ADD COLUMN gift_card_id uuid, ADD COLUMN shipment_id uuid,
	ADD COLUMN return_id uuid;
-- A shipment on its way and a return that was received
CREATE FUNCTION try.ship(customer uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	o uuid := (ecommerce.place_order('[{"sku": "PEN", "quantity": 2}]',
		user_id => customer)).id;
BEGIN
	PERFORM ecommerce.transition_order(o, 'processing');
	PERFORM ecommerce.ship_shipment(s.id, 'x', 'x', 'https://x')
	FROM ecommerce.create_shipment(o) s;
	PERFORM ecommerce.return_stock(o, '[{"sku": "PEN", "quantity": 1}]', note => 'x');
	UPDATE try.ids i SET shipment_id = s.id, return_id = r.id
	FROM ecommerce.shipments s, ecommerce.returns r
	WHERE i.tenant_id = s.tenant_id AND s.order_id = o AND r.order_id = o;
END $$;
GRANT SELECT ON try.ids TO public;
-- What a storefront must not see
SET ecommerce.tenant = 1;
UPDATE ecommerce.categories SET is_active = false WHERE slug = 'fruit';
SELECT ecommerce.adjust_stock('OLD', 5, 'receipt');
INSERT INTO ecommerce.product_images (product_id, url)
SELECT id, 'https://example.org/old' FROM ecommerce.products WHERE sku = 'OLD';
INSERT INTO ecommerce.product_reviews (product_id, user_id, rating, is_approved)
SELECT p.id, u.id, 1, p.sku = 'OLD' FROM ecommerce.products p, ecommerce.users u
WHERE p.sku IN ('OLD', 'PEN') AND p.tenant_id = 1 AND u.tenant_id = 1;
INSERT INTO ecommerce.products (sku, name, price, deleted_at) VALUES ('GONE', 'Gone', 1, now());
-- What is in no other table yet
INSERT INTO ecommerce.products (sku, name, price) VALUES ('LOW', 'Low', 1);
INSERT INTO ecommerce.stock_alerts (product_id) SELECT id FROM ecommerce.products
WHERE sku = 'LOW';
INSERT INTO ecommerce.warehouses (id, name) VALUES (2, 'Other');
INSERT INTO ecommerce.sepa_mandates (user_id, mandate_reference, account_holder, iban, signed_on)
SELECT user_id, 'M-1', 'Ann', 'DE89370400440532013000', '2026-01-01' FROM try.ids
WHERE tenant_id = 1;
INSERT INTO ecommerce.bank_entries (event_id, direction, amount, currency)
VALUES ('x', 'credit', 1, 'EUR');
INSERT INTO ecommerce.customer_groups (name) VALUES ('Group');
INSERT INTO ecommerce.price_lists (name, currency, prices) VALUES ('List', 'EUR', 'gross');
INSERT INTO ecommerce.prices (price_list_id, product_id, price)
SELECT l.id, p.id, 1 FROM ecommerce.price_lists l, ecommerce.products p WHERE p.sku = 'LOW';
SELECT ecommerce.close_stock_books();
UPDATE try.ids SET gift_card_id = (SELECT id
	FROM ecommerce.issue_gift_card(50, code => 'profiles-0001')) WHERE tenant_id = 1;
SELECT try.ship(user_id) FROM try.ids WHERE tenant_id = 1;
SET ecommerce.tenant = 2;
UPDATE try.ids SET gift_card_id = (SELECT id
	FROM ecommerce.issue_gift_card(50, code => 'profiles-0002')) WHERE tenant_id = 2;
UPDATE try.ids SET reservation_id = (SELECT id
	FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 1}]')) WHERE tenant_id = 2;
UPDATE try.ids SET order_id = (SELECT id
	FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]', user_id => user_id))
WHERE tenant_id = 2;
SELECT try.ship(user_id) FROM try.ids WHERE tenant_id = 2;
RESET ecommerce.tenant;

SET session_replication_role = replica;
DO $$
DECLARE
	r record;
	secret text;
BEGIN
	FOR r IN
		SELECT a.attrelid::regclass AS relation,
			string_agg(quote_ident(a.attname), ', ') AS columns
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
			AND NOT a.attisdropped AND a.attname <> 'tenant_id'
		WHERE c.relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
		AND c.relkind IN ('r', 'p')
		AND NOT c.relispartition AND EXISTS (SELECT FROM pg_attribute t
			WHERE t.attrelid = c.oid AND t.attname = 'tenant_id')
		GROUP BY 1
	LOOP
		EXECUTE format('INSERT INTO %1$s (tenant_id, %2$s) SELECT 2, %2$s FROM %1$s
			WHERE tenant_id = 1 ON CONFLICT DO NOTHING', r.relation, r.columns);
	END LOOP;
	FOR r IN
		SELECT c.oid::regclass AS relation, a.attname AS name, a.atttypid::regtype::text AS type
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
			AND NOT a.attisdropped
		WHERE c.relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
		AND c.relkind IN ('r', 'p')
		AND NOT c.relispartition AND EXISTS (SELECT FROM pg_attribute t
			WHERE t.attrelid = c.oid AND t.attname = 'tenant_id')
		AND a.atttypid IN ('text'::regtype, 'jsonb'::regtype, 'text[]'::regtype)
		-- what functions have to understand
		AND (c.relname, a.attname) NOT IN (('settings', 'country'), ('settings', 'region'),
			('settings', 'currency'), ('orders', 'status'), ('stock_reservations', 'status'),
			('shipments', 'status'), ('returns', 'status'),
			('order_items', 'allocation'), ('products', 'sku'))
	LOOP
		FOREACH secret IN ARRAY CASE r.type WHEN 'jsonb' THEN ARRAY['{"a": "tenant-two-secret"}']
			WHEN 'text[]' THEN ARRAY['{tenant-two-secret}']
			ELSE '{tenant-two-secret-,tenant-two-secret@,TENANT-TWO-SECRET-}'::text[] END
		LOOP
			BEGIN
				IF r.type = 'text' THEN
					EXECUTE format('UPDATE %1$s u SET %2$I = %3$L || n.n
						FROM (SELECT tableoid, ctid, row_number() OVER () AS n FROM %1$s
							WHERE tenant_id = 2) n
						WHERE (n.tableoid, n.ctid) = (u.tableoid, u.ctid)',
						r.relation, r.name, secret);
				ELSE
					EXECUTE format('UPDATE %s SET %I = %L WHERE tenant_id = 2',
						r.relation, r.name, secret);
				END IF;
				EXIT;
			EXCEPTION WHEN check_violation OR unique_violation OR invalid_parameter_value THEN NULL;
			END;
		END LOOP;
	END LOOP;
END $$;
RESET session_replication_role;
UPDATE ecommerce.tenants SET name = 'tenant-two-secret' WHERE id = 2;
REFRESH MATERIALIZED VIEW ecommerce.product_stats;
ANALYZE;

-- Called while rows are read; as cheap as can be, so that it would go first.
CREATE FUNCTION try.peek(value text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
	IF value ~* 'tenant-two-secret' THEN
		RAISE EXCEPTION 'peeked at %', value;
	END IF;
	RETURN true;
END $$;

-- Run a statement, undo it, and say what happened.
CREATE FUNCTION try.attempt(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text;
	output text;
	detail text;
	hint text;
BEGIN
	IF statement ~ '^SELECT ' THEN
		EXECUTE format('SELECT string_agg(x::text, E''\n'') FROM (%s) x', statement) INTO output;
	ELSE
		EXECUTE statement;
	END IF;
	SET CONSTRAINTS ALL IMMEDIATE;
	RAISE EXCEPTION USING ERRCODE = 'ZZ000';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	state := CASE
		WHEN SQLSTATE = 'ZZ000' AND (statement ~ '^SELECT ' AND output IS NULL
			OR statement ~ '^SELECT f FROM ' AND output = '(0)') THEN 'none'
		WHEN SQLSTATE = 'ZZ000' THEN 'ok'
		WHEN SQLSTATE = '42501' AND SQLERRM ~ 'row-level security' THEN 'rls'
		WHEN SQLSTATE = '42501' THEN '-'
		ELSE SQLSTATE END;
	IF concat(output, SQLERRM, detail, hint) ~* 'tenant-two-secret' THEN
		state := state || '!';
	END IF;
	RETURN state;
END $$;
CREATE TABLE try.statements (
	n integer GENERATED ALWAYS AS IDENTITY,
	object text, action text, item text, statement text
);
GRANT SELECT ON try.statements TO public;
});

# Statements on tables.  A partition has its parent's name: which there are
# depends on the day.
$node->safe_psql(
	'shop', q{
CREATE TEMP VIEW relations AS
SELECT c.oid, coalesce(p.relname || ' (partition)', c.relname) AS name, c.oid::regclass AS relation
FROM pg_class c
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent
WHERE c.relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
AND c.relkind IN ('r', 'p', 'v', 'm');
INSERT INTO try.statements (object, action, item, statement)
SELECT name, s.action, '', format(s.statement, relation)
FROM relations CROSS JOIN (VALUES
	('SELECT *', 'SELECT * FROM %s'),
	('INSERT', 'INSERT INTO %s DEFAULT VALUES'),
	('DELETE', 'DELETE FROM %s'),
	('TRUNCATE', 'TRUNCATE %s'),
	('LOCK', 'LOCK TABLE %s IN ACCESS SHARE MODE'),
	('LOCK all', 'LOCK TABLE %s IN ACCESS EXCLUSIVE MODE'),
	('TRIGGER', 'CREATE TRIGGER mine AFTER TRUNCATE ON %s EXECUTE FUNCTION try.mine()'),
	('ALTER', 'ALTER TABLE %s DISABLE ROW LEVEL SECURITY'),
	('POLICY', 'CREATE POLICY mine ON %s'),
	('GRANT', 'DO $$BEGIN GRANT SELECT ON %1$s TO public;
		IF NOT has_table_privilege(''public'', ''%1$s'', ''SELECT'') THEN
			RAISE insufficient_privilege; END IF; END$$'),
	('row_security off', 'SET LOCAL row_security = off; SELECT FROM %s')
) AS s (action, statement);
INSERT INTO try.statements (object, action, item, statement)
SELECT name, 'of another', '', format('SELECT %1$I FROM %2$s WHERE %1$I <> 1', attname, relation)
FROM relations JOIN pg_attribute a ON attrelid = relations.oid
WHERE attname = 'tenant_id' OR name = 'tenants' AND attname = 'id';
INSERT INTO try.statements (object, action, item, statement)
SELECT name, s.action, attname, format(s.statement, relation, attname)
FROM relations JOIN pg_attribute a ON attrelid = relations.oid AND attnum > 0 AND NOT attisdropped
CROSS JOIN (VALUES
	('select', 'SELECT %2$I FROM %1$s WHERE try.peek(%2$I::text)'),
	('insert', 'INSERT INTO %s (%I) VALUES (DEFAULT)'),
	('update', 'UPDATE %s SET %I = DEFAULT')
) AS s (action, statement)
WHERE name !~ 'partition';
CREATE FUNCTION try.mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';

INSERT INTO try.statements (object, action, item, statement)
SELECT 'anything else', s.action, '', s.statement
FROM (VALUES
	('CREATE TABLE', 'CREATE TABLE ecommerce.mine ()'),
	('CREATE VIEW', 'CREATE VIEW ecommerce.mine AS SELECT 1'),
	('CREATE FUNCTION', 'CREATE FUNCTION ecommerce.mine() RETURNS integer RETURN 1'),
	('CREATE TYPE', 'CREATE TYPE ecommerce.mine AS (a integer)'),
	('DROP FUNCTION', 'DROP FUNCTION ecommerce.place_orders(jsonb[], integer) CASCADE'),
	('ALTER FUNCTION', 'ALTER FUNCTION ecommerce.available_stock(uuid, integer) SECURITY DEFINER'),
	('GRANT', 'DO $$BEGIN GRANT EXECUTE ON FUNCTION ecommerce.create_tenant TO public;
		IF NOT has_function_privilege(''public'', ''ecommerce.create_tenant'', ''EXECUTE'') THEN
			RAISE insufficient_privilege; END IF; END$$'),
	('DROP SCHEMA', 'DROP SCHEMA ecommerce, ecommerce_partitions CASCADE'),
	('DROP EXTENSION', 'DROP EXTENSION ecommerce CASCADE'),
	('SET ROLE', 'DO $$BEGIN EXECUTE format(''SET ROLE %I'',
		(SELECT nspowner::regrole FROM pg_namespace WHERE nspname = ''ecommerce'')); END$$'),
	('SET tenant', 'SET ecommerce.tenant = 2'),
	('RESET tenant', 'SELECT set_config(''ecommerce.tenant'', ''0'', true)'),
	('pg_stats', 'SELECT * FROM pg_stats'),
	('pg_stats_ext', 'SELECT * FROM pg_stats_ext'),
	('replication role', 'SET session_replication_role = replica')
) AS s (action, statement);
});

# Statements that call functions.  An argument is known by its name, else by
# its type; who has a default gets that, but for those named here.
my %values = (
	tenant_id      => '%tenant%',
	product_id     => q{'%product_id%'},
	order_id       => q{'%order_id%'},
	order_ids      => q{'{%order_id%}'},
	order_times    => q{'{2026-01-01}'},
	reservation_id => q{'%reservation_id%'},
	gift_card_id   => q{'%gift_card_id%'},
	user_id        => q{'%user_id%'},
	shipment_id    => q{'%shipment_id%'},
	return_id      => q{'%return_id%'},
	invoice_id     => q{'%order_id%'},
	invoice_number => q{'%order_id%'},
	invoice_ids    => q{'{%order_id%}'},
	invoice_number => q{'%order_id%'},
	answer         => q{'{"statusCode": "Success", "invoiceMark": 1}'},
	afm            => q{'094259216'},
	issue_date     => q{'2026-01-01'},
	mydata_type    => q{'1.1'},
	series         => q{'A'},
	relation       => q{'ecommerce.orders'},
	role           => q{'everybody'},
	profile        => q{'service'},
	policies       => q{'%%'},
	order_number   => q{'%order_id%'},
	sku            => q{'PEN'},
	items          => q{'[{"sku": "PEN", "quantity": 1}]'},
	session_id     => q{'profiles-session-%tenant%'},
	orders => q{ARRAY['{"items": [{"sku": "PEN", "quantity": 1}]}']::jsonb[]},
	request      => q{'[{"sku": "PEN", "quantity": 1}]'},
	code         => q{'profiles-000%tenant%'},
	codes        => q{'{SPRING}'},
	status       => q{'processing'},
	address_id   => q{'%product_id%'},
	review_id    => q{'%product_id%'},
	email        => q{'x@example.com'},
	password     => q{'correct horse'},
	old_password => q{'correct horse'},
	new_password => q{'battery staple'},
	hash => q{'$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'},
	cost => '4',
	address =>
	  q{'{"first_name": "x", "last_name": "x", "address_line_1": "x", "city": "x",
		"postal_code": "x", "country": "GR"}'},
	consumer       => q{'x'},
	up_to          => q{'1.0.00000000-0000-0000-0000-000000000000'},
	old_status     => q{'pending'},
	new_status     => q{'shipped'},
	country        => q{'GR'},
	iban           => q{'DE89370400440532013000'},
	scheme         => q{'CORE'},
	seller_country => q{'GR'},
	buyer_country  => q{'GR'},
	vat_class      => q{'standard'},
	currency       => q{'EUR'},
	prices         => q{'net'},
	suffix         => q{'default'},
	series         => q{'INV'},
	format         => q{'{year}{number}'},
	drafts         => q{'{}'},
	taken          => q{'[]'},
	timezone       => q{'UTC'},
	pattern        => q{'84*'},
	quarter        => '1',
	year           => '2026',
	slots          => '2',
	from_warehouse => '1',
	to_warehouse   => '2',
	from_date      => q{'2025-01-01'},
	to_date        => q{'2100-01-01'},
	valid_from     => q{'2090-01-01'},
	valid_until    => q{'2100-01-01'},
	document       => q{'{"currency": "EUR", "prices": "net",
		"lines": [{"quantity": 1, "unit_price": 1, "vat_rate": 24}]}'},
	id => q{'%product_id%'});
my %types = (
	integer                    => '1',
	numeric                    => '1',
	interval                   => q{'1 hour'},
	text                       => q{'x'},
	boolean                    => 'true',
	date                       => q{'2026-01-01'},
	'timestamp with time zone' => q{'2026-01-01'},
	bytea                      => q{'x'},
	interval                   => q{'1 day'},
	xid8                       => q{'1'},
	tstzmultirange             => q{'{}'},
	uuid                       => q{'%product_id%'},
	'uuid[]'                   => q{'{%product_id%}'},
	'jsonb'                    => q{'{}'},
	'bigint'                   => '1',
	'xml'                      => q{'<a/>'},
	'regclass'                 => 'NULL',
	'regprocedure'             => 'NULL',
	'oid'                      => '0',
	'text[]'                   => q{'{x}'},
	'integer[]'                => q{'{1}'},
	'numeric[]'                => q{'{1}'});
# "id" that is a text
my %texts = (
	vat_id_valid           => 1,
	vat_id_normalize       => 1,
	sepa_creditor_id_valid => 1,
	bank_event             => 1);

my @functions = map { [ split /\|/ ] } split /\n/, $node->safe_psql(
	'shop', q{
SELECT p.oid::regprocedure, p.proname, p.prorettype = 'trigger'::regtype,
	coalesce(string_agg(concat_ws(',', a.name, format_type(a.type, NULL),
		a.n > p.pronargs - p.pronargdefaults), ';' ORDER BY a.n), '')
FROM pg_proc p
LEFT JOIN LATERAL unnest(p.proargtypes::oid[], p.proargnames[1:p.pronargs])
	WITH ORDINALITY AS a (type, name, n) ON true
WHERE p.pronamespace::regnamespace::text IN ('ecommerce', 'ecommerce_internal')
GROUP BY p.oid ORDER BY p.proname, p.oid::regprocedure::text;
});
my %ids = map { my @f = split /\|/; ($f[0] => [@f]) } split /\n/,
  $node->safe_psql('shop', 'SELECT * FROM try.ids');
my @id_names =
  qw(tenant product_id order_id reservation_id user_id gift_card_id
  shipment_id return_id);

# The statement that calls a function with what belongs to a tenant.
sub call
{
	my ($signature, $name, $arguments, $tenant, $named) = @_;
	my @given;
	foreach my $argument (split /;/, $arguments)
	{
		my ($known, $type, $optional) =
		  $argument =~ /^(?:(\w+),)?(.+),([tf]|true|false)$/
		  or die "$signature: $argument";
		$known = ''  if !defined $known;
		return undef if $type eq 'internal';
		next
		  if $optional =~ /^t/
		  && $known ne 'tenant_id'
		  && !($name eq 'place_order' && $known eq 'items')
		  && !($name =~ /^cart_(?!to_)/       && $known eq 'session_id')
		  && !($name =~ /wishlist|cart_merge/ && $known eq 'user_id');
		next if $known eq 'tenant_id' && $optional =~ /^t/ && !$named;
		my $value = $texts{$name} ? undef : $values{$known};
		$value = $types{$type} if !defined $value;
		$value = q{'[{"items": [{"sku": "PEN", "quantity": 1}]}]'}
		  if $known eq 'orders' && $type ne 'jsonb[]';
		$value = 'NULL' if !defined $value && $type =~ /^ecommerce/;
		die "no value for $known $type of $signature" if !defined $value;
		push @given, ($known ? "$known => " : '') . "$value\::$type";
	}
	my $call = join ', ', @given;
	foreach my $i (0 .. $#id_names)
	{
		my $value = $ids{$tenant}[$i];
		$call =~ s/%$id_names[$i]%/$value/g;
	}
	# Aggregates have no named arguments.
	$call =~ s/\w+ => //g if $name eq 'order_totals';
	my $function = $signature =~ s/\(.*//r;
	return
	  "SELECT f FROM (SELECT ($function($call))::text AS f) x WHERE f IS NOT NULL";
}

my @inserts;
foreach my $function (@functions)
{
	my ($signature, $name, $is_trigger, $arguments) = @$function;
	$arguments = '' if !defined $arguments;
	my %statements;
	if ($is_trigger eq 't')
	{
		$statements{'as a trigger'} =
			"CREATE TEMP TABLE $name (tenant_id integer, id uuid); "
		  . "CREATE TRIGGER mine AFTER INSERT ON pg_temp.$name FOR EACH ROW "
		  . "EXECUTE FUNCTION $signature";
	}
	else
	{
		$statements{'own'} = call($signature, $name, $arguments, 1, 0);
		next if !defined $statements{'own'};
		my $ids = call($signature, $name, $arguments, 2, 0);
		$statements{"other's"} = $ids if $ids ne $statements{'own'};
		my $other = call($signature, $name, $arguments, 2, 1);
		$statements{'for other'} = $other if $other ne $ids;
	}
	$signature =~ s/^ecommerce\.//;
	$signature =~ s/timestamp with time zone/timestamptz/g;
	foreach my $how (sort keys %statements)
	{
		push @inserts, sprintf(
			'INSERT INTO try.statements (object, action, item, statement)
			VALUES ($i$%s()$i$, $i$%s$i$, $i$%s$i$, $i$%s$i$);',
			$name, $how, $signature, $statements{$how});
	}
}
$node->safe_psql('shop', join("\n", @inserts));

# Who has which privilege, policy or role, and what runs with whose rights
sub access
{
	return definitions($node, 'shop') . "\n" . $node->safe_psql(
		'shop', q{
SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles ORDER BY 1;
SELECT roleid::regrole, member::regrole FROM pg_auth_members ORDER BY 1, 2;
SELECT setrole::regrole, setconfig FROM pg_db_role_setting ORDER BY 1;
SELECT defaclrole, defaclacl FROM pg_default_acl ORDER BY 1;
});
}

# Rows that are not tenant 1's: count and checksum for each table
sub others
{
	return $node->safe_psql(
		'shop', q{
SET timezone = 'UTC';
SELECT format('SELECT %L, count(*), md5(coalesce(string_agg(t::text, E''\n''
	ORDER BY t::text COLLATE "C"), '''')) FROM %s t WHERE %s', relname, c.oid::regclass,
	coalesce((SELECT attname || ' <> 1' FROM pg_attribute WHERE attrelid = c.oid
		AND (attname = 'tenant_id' OR relname = 'tenants' AND attname = 'id')), 'true'))
FROM pg_class c
WHERE relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
AND relkind IN ('r', 'p')
ORDER BY relname COLLATE "C" \gexec
});
}

# Try everything, as everybody.
my @statements = map { [ split /\|/, $_, -1 ] } split /\n/,
  $node->safe_psql('shop',
	'SELECT n, object, action, item FROM try.statements');
my @relations = map { [ split /\|/ ] } split /\n/, $node->safe_psql(
	'shop', q{
SELECT 'copy of ' || c.oid::regclass, c.oid::regclass,
	coalesce(p.relname || ' (partition)', c.relname)
FROM pg_class c
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent
WHERE c.relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
AND c.relkind IN ('r', 'p', 'v', 'm')}
);
push @statements, map { [ $_->[0], $_->[2], 'COPY', '' ] } @relations;
@statements =
  sort { "@$a[1 .. 3]" cmp "@$b[1 .. 3]" } @statements;
my $access = access();
my $others = others();
my %states;

foreach my $profile (@profiles)
{
	my $result = $node->safe_psql(
		'shop', q{
SET client_min_messages = error;
SELECT format('SELECT %s, try.attempt(%L)', n, statement)
FROM try.statements ORDER BY n \gexec
},
		be($roles{$profile}));
	my %state = map { split /\|/ } split /\n/, $result;

	# COPY cannot run in a function.
	my $copies = join '',
	  map { "\\echo = $_->[0]\nCOPY $_->[1] TO STDOUT;\n\\echo :SQLSTATE\n" }
	  @relations;
	my ($code, $out, $err) =
	  $node->psql('shop', $copies, be($roles{$profile}), on_error_stop => 0);
	foreach my $copy (split /^= /m, $out)
	{
		next if $copy !~ /\A(.+)\n(?:.*\n)*?(\w{5})\s*\z/;
		my ($n, $state) = ($1, $2);
		$state = { '00000' => 'ok', 42501 => '-' }->{$state} || $state;
		$state{$n} = $state . ($copy =~ /tenant-two-secret/i ? '!' : '');
	}
	$states{$profile} = \%state;
}

# One line for all that has the same answers
my (%lines, %all, @order);
foreach my $statement (@statements)
{
	my ($n, $object, $action, $item) = @$statement;
	my $key = join '|', $object, map { $states{$_}{$n} || '?' } @profiles;
	push @order,                     $key    if !$lines{$key};
	push @{ $lines{$key}{actions} }, $action if !$lines{$key}{items}{$action};
	$lines{$key}{items}{$action}{$item} = 1;
	$all{"$object|$action"}{$item} = 1;
}
my $format = "%-28s %-7s %-10s %-11s %-9s %-7s  %s\n";
my $matrix = sprintf $format, '', @profiles, '';
my $last   = '';
foreach my $key (@order)
{
	my ($object, @answers) = split /\|/, $key;
	my @what;
	foreach my $action (@{ $lines{$key}{actions} })
	{
		my @items = sort keys %{ $lines{$key}{items}{$action} };
		push @what, @items == keys %{ $all{"$object|$action"} }
		  ? $action
		  : "$action (@items)";
	}
	$matrix .= sprintf $format, $object eq $last ? '' : $object, @answers,
	  join(', ', @what);
	$last = $object;
}
$matrix =~ s/ +$//mg;
my $log = "$ENV{TESTLOGDIR}/profiles.out";
open my $file, '>', $log or die "$log: $!";
print {$file} $matrix;
close $file;
same_text(
	$matrix,
	slurp_file("$FindBin::RealBin/../../expected/profiles.out"),
	'what each profile can do is in profiles.out');
unlike($matrix, qr/!/, 'nobody reads a secret of tenant 2');
my @seen;

foreach my $statement (grep { $_->[2] eq 'of another' } @statements)
{
	push @seen,
	  grep { $states{$_}{ $statement->[0] } !~ /^(?:none|-)$/ } @profiles;
}
is("@seen", '', 'nobody reads a row of tenant 2');

# A pinned role works for its tenant, and reads those secrets.
is( $node->safe_psql(
		'shop', q{
SELECT ecommerce.current_tenant();
SELECT action, count(DISTINCT object) > 20 FROM (
	SELECT object, action, try.attempt(replace(statement, '<> 1', '<> 2')) AS state
	FROM try.statements WHERE action IN ('SELECT *', 'of another') OFFSET 0) s
WHERE CASE action WHEN 'SELECT *' THEN state = 'ok!' ELSE state = 'none' END
GROUP BY action ORDER BY action;
SELECT DISTINCT state FROM (
	SELECT try.attempt(replace(statement, '<> 1', '<> 2')) AS state
	FROM try.statements WHERE action = 'of another' OFFSET 0) s
ORDER BY 1;
SELECT try.attempt('SELECT ecommerce.use_tenant(1)'),
	try.attempt('SET ecommerce.tenant = 1');
}, be('pinned')),
	"2\nSELECT *|t\nof another|t\n-\nnone\nEC011|-",
	'a role that is pinned to tenant 2 works for it, and for no other');

# What a storefront sees
is( $node->safe_psql(
		'shop', q{
SELECT sku FROM ecommerce.products ORDER BY 1;
SELECT 'stock', count(*) FROM ecommerce.stock
WHERE product_id NOT IN (SELECT id FROM ecommerce.products);
SELECT slug FROM ecommerce.categories ORDER BY 1;
SELECT url FROM ecommerce.product_images ORDER BY 1;
SELECT rating FROM ecommerce.product_reviews ORDER BY 1;
SELECT sku, category, stock, review_count, image_url FROM ecommerce.product_listing ORDER BY 1;
SELECT 'orders', count(id) FROM ecommerce.orders;
BEGIN;
SELECT gross, id AS first FROM ecommerce.place_order('[{"sku": "FIG", "quantity": 1}]') \gset
SELECT id = :'first', gross FROM ecommerce.orders;
SELECT order_id = :'first', sku FROM ecommerce.order_items;
SELECT gross, id AS second FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]') \gset
SELECT id = :'second', gross FROM ecommerce.orders;
COMMIT;
SELECT 'afterwards', count(id) FROM ecommerce.orders;
SELECT 'afterwards', count(order_id) FROM ecommerce.order_items;
}, be('storefront')),
	<<'EOF_EXPECTED' =~ s/\n\z//r, 'a storefront sees what is for sale, and its order');
FIG
LOW
NUT
PEN
stock|0
food
https://example.org/fig
5
FIG||992|1|
LOW||0|0|
NUT|Food|985|0|
PEN||983|0|
orders|0
t|4.99
t|FIG
t|2.50
afterwards|0
afterwards|0
EOF_EXPECTED

# Who may write a table needs no right on a function: what triggers, defaults
# and policies call is everybody's.
is( $node->safe_psql(
		'shop', q{
SELECT object, action, item FROM (
	SELECT object, action, item, try.attempt(statement) AS state FROM try.statements
	WHERE action IN ('SELECT *', 'select', 'INSERT', 'insert', 'update', 'DELETE') OFFSET 0) s
WHERE state = '-';
SELECT relname FROM (
	SELECT relname, try.attempt(format('INSERT INTO %1$s SELECT * FROM %1$s
		ON CONFLICT DO NOTHING', oid::regclass)) AS state
	FROM pg_class
	WHERE relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
	AND relkind IN ('r', 'p') OFFSET 0) s
WHERE state = '-';
SELECT try.attempt($$
	INSERT INTO ecommerce.categories (name, slug, parent_id)
	SELECT 'Mine', 'mine', id FROM ecommerce.categories WHERE slug = 'food';
	INSERT INTO ecommerce.coupons (code, kind, value, currency)
	VALUES ('mine', 'amount', 1.5, 'EUR');
	INSERT INTO ecommerce.carts (session_id) VALUES ('mine');
	INSERT INTO ecommerce.cart_items (cart_id, product_id)
	SELECT c.id, i.product_id FROM ecommerce.carts c, try.ids i
	WHERE c.session_id = 'mine' AND i.tenant_id = 1;
	INSERT INTO ecommerce.orders
		(id, created_at, order_number, currency, prices, net, vat, gross, country)
	SELECT id, ecommerce.uuid_v7_time(id), 'mine', 'EUR', 'net', 1, 0, 1, 'GR'
	FROM ecommerce.uuid_v7() id;
	INSERT INTO ecommerce.order_items (order_id, order_created_at, line_number, kind, name,
		quantity, unit_price, vat_category, vat_rate, net, vat)
	SELECT id, created_at, 1, 'fee', 'x', 1, 1, 'Z', 0, 1, 0 FROM ecommerce.orders
	WHERE order_number = 'mine';
	SET CONSTRAINTS ALL IMMEDIATE;
	UPDATE ecommerce.orders SET status = 'processing', notes = 'x' WHERE order_number = 'mine';
	UPDATE ecommerce.orders SET status = 'cancelled' WHERE order_number = 'mine';
	UPDATE ecommerce.stock_reservations SET owner = 'x';
	DELETE FROM ecommerce.products WHERE sku = 'GONE' $$);
}, be('plain')),
	'ok',
	'privileges on tables are enough to write them');

# A dump brings the profiles along.
my $dump = PostgreSQL::Test::Utils::tempdir . '/dump';
$node->command_ok([ 'pg_dump', '-s', '-f', $dump, 'shop' ], 'pg_dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok(
	[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, 'restored' ],
	'restore');
same_text(
	(   map {
			join "\n", grep { /^(?:grant|policy) / } split /\n/,
			  definitions($node, $_)
		} qw(restored shop)),
	'a dump brings privileges and row filters along');

# Once more, and nothing is undone: no profile gets a right that it had not,
# or changes what is another tenant's, or everybody's.
foreach my $profile (@profiles)
{
	$node->psql(
		'shop', q{
SET client_min_messages = error;
SELECT statement FROM try.statements ORDER BY n \gexec
},
		be($roles{$profile}), on_error_stop => 0);
}
same_text(access(), $access, 'no privilege, policy or function has changed');
same_text(others(), $others, "no row has changed but tenant 1's");

$node->stop;
done_testing();
