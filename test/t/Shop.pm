# A filled shop, what is in it, and whether it works.
package Shop;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(
  make_shop fill_shop contents definitions same_text
  answer sqlstate be shop_works check_books
);

# Code of the user, which shop tables come to depend on
our $app_code = q{
CREATE SCHEMA app;
CREATE FUNCTION app.note_gift() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.gift_note := 'for ' || coalesce(NEW.email, 'nobody');
	RETURN NEW;
END $$;
};

# Privileges on what is the extension's, or the schema itself
our $grants = q{
GRANT USAGE ON SCHEMA ecommerce TO shop_app;
GRANT EXECUTE ON FUNCTION ecommerce.current_tenant(),
	ecommerce.use_tenant(integer) TO shop_app;
};

# Two tenants, with rows in every table; orders in several partitions and in
# the default one; and what a user adds to the shop's tables.
my $fill = $app_code . $grants . q{
UPDATE ecommerce.settings SET country = 'GR';
SELECT ecommerce.create_tenant('Second', 'DE', 'EUR', 'net');
SELECT FROM ecommerce.ensure_partitions('2024-01-01', '2024-03-31');
SELECT FROM ecommerce.ensure_partitions('2025-01-01', '2025-12-31');

ALTER TABLE ecommerce.orders ADD COLUMN gift_note text
	CONSTRAINT app_gift_note CHECK (length(gift_note) < 100);
ALTER TABLE ecommerce.users ADD COLUMN points integer NOT NULL DEFAULT 7;
CREATE INDEX app_orders_gift ON ecommerce.orders (tenant_id, gift_note);
CREATE TRIGGER app_note_gift BEFORE INSERT ON ecommerce.orders
	FOR EACH ROW EXECUTE FUNCTION app.note_gift();
CREATE POLICY app_active ON ecommerce.products AS RESTRICTIVE FOR SELECT
	TO shop_app USING (status = 'active');
CREATE TABLE app.labels (
	tenant_id integer NOT NULL,
	product_id uuid NOT NULL,
	label text NOT NULL,
	FOREIGN KEY (tenant_id, product_id) REFERENCES ecommerce.products (tenant_id, id)
);
CREATE VIEW app.gifts AS SELECT gift_note FROM ecommerce.orders;
GRANT SELECT ON ecommerce.products, ecommerce.tenants TO shop_app;
GRANT UPDATE (name) ON ecommerce.products TO shop_app;

BEGIN;
SELECT ecommerce.use_tenant(1);
INSERT INTO ecommerce.categories (name, slug) VALUES ('Food', 'food')
	RETURNING id AS food \gset
INSERT INTO ecommerce.categories (name, slug, parent_id)
	VALUES ('Fruit', 'fruit', :'food') RETURNING id AS fruit \gset
INSERT INTO ecommerce.products (sku, name, price, vat_class, category_id)
VALUES ('FIG', 'Figs', 4.99, 'reduced', :'fruit'),
	('PEN', 'Pen', 2.5, 'standard', NULL), ('NUT', 'Nuts', 0.333, 'reduced', :'food');
INSERT INTO ecommerce.products (sku, name, price, status)
VALUES ('OLD', 'Old pen', 1, 'inactive');
SELECT id AS fig FROM ecommerce.products WHERE tenant_id = 1 AND sku = 'FIG' \gset
INSERT INTO app.labels VALUES (1, :'fig', 'fresh');
SELECT ecommerce.adjust_stock(sku, 1000, 'receipt', 'first')
FROM unnest('{FIG,PEN,NUT}'::text[]) AS sku;
SELECT ecommerce.adjust_stock('NUT', -3, 'write_off');
INSERT INTO ecommerce.users (email, first_name) VALUES ('ann@example.org', 'Ann')
	RETURNING id AS ann \gset
INSERT INTO ecommerce.user_credentials (user_id, password_hash)
	VALUES (:'ann', repeat('x', 60));
INSERT INTO ecommerce.user_profiles (user_id, phone) VALUES (:'ann', '+30 210');
INSERT INTO ecommerce.user_addresses (user_id, first_name, last_name,
	address_line_1, city, postal_code, country)
	VALUES (:'ann', 'Ann', 'A', E'1, \\street\t', 'Athens', '10431', 'GR');
INSERT INTO ecommerce.email_tokens (user_id, token_hash, expires_at)
	VALUES (:'ann', sha256('t'), '2030-01-01');
INSERT INTO ecommerce.admins (email, password_hash, name)
	VALUES ('root@example.org', repeat('y', 60), 'Root');
INSERT INTO ecommerce.product_images (product_id, url)
	VALUES (:'fig', 'https://example.org/fig');
INSERT INTO ecommerce.product_reviews (product_id, user_id, rating, comment)
	VALUES (:'fig', :'ann', 5, E'two\nlines');
INSERT INTO ecommerce.search_history (search_term) VALUES ('figs');
INSERT INTO ecommerce.wishlist_items (user_id, product_id) VALUES (:'ann', :'fig');
INSERT INTO ecommerce.carts (user_id) VALUES (:'ann') RETURNING id AS cart \gset
INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity)
	VALUES (:'cart', :'fig', 2);
INSERT INTO ecommerce.carts (session_id) VALUES ('s') RETURNING id AS open \gset
INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity)
	VALUES (:'open', :'fig', 1);
SELECT id AS held FROM ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 5}]',
	ttl => '30 days') \gset
SELECT id AS spent FROM ecommerce.reserve_stock('[{"sku": "NUT", "quantity": 4}]') \gset
SELECT id AS released FROM ecommerce.reserve_stock('[{"sku": "NUT", "quantity": 9}]') \gset
SELECT ecommerce.release_reservation(:'released');

SELECT FROM ecommerce.place_order(
	'[{"sku": "FIG", "quantity": 3}, {"sku": "PEN", "quantity": 1}]',
	email => 'key@example.org', idempotency_key => 'once');
SELECT FROM ecommerce.place_order(cart_id => :'cart');
SELECT FROM ecommerce.place_order(reservation_id => :'spent', user_id => :'ann');
SELECT FROM ecommerce.place_order('[{"sku": "NUT", "quantity": 7}]',
	placed_at => '2025-02-14 10:00+00',
	charges => '[{"kind": "shipping", "amount": 4.90, "vat": "proportional"}]');
SELECT FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 2}]',
	placed_at => '2025-08-15 10:00+00', allowances => '[{"amount": 1}]');
SELECT FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 3}]',
	placed_at => '2019-01-02 03:04:05.678+00');
SELECT ecommerce.cancel_order(id, 'not wanted') FROM ecommerce.place_order(
	'[{"sku": "FIG", "quantity": 50}]', placed_at => '2025-05-01 10:00+00');
SELECT ecommerce.cancel_order(id) FROM ecommerce.place_order(
	'[{"sku": "FIG", "quantity": 60}]');

SELECT id AS archived FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 6}]',
	placed_at => '2024-02-14 10:00+00') \gset
SELECT FROM ecommerce.transition_order(:'archived', 'processing');
SELECT FROM ecommerce.transition_order(:'archived', 'shipped');
SELECT id AS cash FROM ecommerce.create_payment(:'archived'::uuid, method => 'cash') \gset
SELECT FROM ecommerce.capture_payment(:'cash');
SELECT ecommerce.adjust_stock('PEN', 6, 'receipt', 'again');

INSERT INTO ecommerce.delivery_zones (name) VALUES ('Greece') RETURNING id AS zone \gset
INSERT INTO ecommerce.delivery_zone_places (zone_id, country) VALUES (:'zone', 'GR');
INSERT INTO ecommerce.delivery_methods (code, name) VALUES ('post', 'Post')
	RETURNING id AS method \gset
INSERT INTO ecommerce.delivery_rates (code, method_id, zone_id, price)
	VALUES ('post', :'method', :'zone', 3.5);
INSERT INTO ecommerce.coupons (code, kind, value, max_redemptions,
	max_redemptions_per_user)
VALUES ('spring', 'percent', 10, NULL, NULL), ('FEW', 'percent', 5, 3, 1);
SELECT code AS card FROM ecommerce.issue_gift_card(20, valid_to => '2100-01-01') \gset
SELECT id AS gift FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 4}]',
	user_id => :'ann', coupon_codes => '{SPRING,FEW}') \gset
SELECT ecommerce.redeem_gift_card(:'card', :'gift', idempotency_key => 'pay');
SELECT ecommerce.refund_to_gift_card(:'gift', 1);
SELECT id AS undone FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]',
	email => 'guest@example.org', coupon_codes => '{FEW}') \gset
SELECT ecommerce.redeem_gift_card(:'card', :'undone', 1);
SELECT ecommerce.cancel_order(:'undone');

INSERT INTO ecommerce.users (email) VALUES ('bob@example.org') RETURNING id AS bob \gset
INSERT INTO ecommerce.auth_failures (subject_id, purpose, failed_count)
	VALUES (:'bob', 'password', 3);
UPDATE ecommerce.products SET min_stock = 100000 WHERE tenant_id = 1 AND sku = 'NUT';
SELECT ecommerce.adjust_stock('NUT', -1, 'write_off');
INSERT INTO ecommerce.customer_groups (name) VALUES ('Resellers');
INSERT INTO ecommerce.price_lists (name, currency, prices) VALUES ('Dollars', 'USD', 'gross')
	RETURNING id AS list \gset
INSERT INTO ecommerce.prices (price_list_id, product_id, price) VALUES (:'list', :'fig', 6);
SELECT FROM ecommerce.create_quote('{"items": [{"sku": "FIG", "quantity": 9}]}',
	now() + interval '1 day');
SELECT id AS review FROM ecommerce.product_reviews LIMIT 1 \gset
UPDATE ecommerce.product_reviews SET is_approved = true WHERE id = :'review';
SELECT FROM ecommerce.vote_review(:'review', true, :'bob');

INSERT INTO ecommerce.sellers (name, address_line_1, city, postal_code, vat_id, iban,
	sepa_creditor_id)
VALUES ('Shop SA', 'Ermou 1', 'Athens', '10563', 'EL094259216',
	'GR1601101250000000012300695', 'DE98ZZZ09999999999');
SELECT id AS billed FROM ecommerce.place_order(
	'[{"sku": "FIG", "quantity": 4}, {"sku": "PEN", "quantity": 2}]', user_id => :'bob',
	billing_address => '{"first_name": "Bob", "last_name": "B", "address_line_1": "Agora 2",
	"city": "Athens", "postal_code": "10431", "country": "GR"}') \gset
SELECT FROM ecommerce.add_order_note(:'billed'::uuid, 'ring twice');
SELECT FROM ecommerce.cancel_order_items(:'billed', '[{"sku": "PEN", "quantity": 1}]');
SELECT FROM ecommerce.set_credit_limit(:'bob', 100);
SELECT id AS mandate FROM ecommerce.create_sepa_mandate(:'bob', 'DE89370400440532013000',
	'Bob B') \gset
SELECT id AS debit FROM ecommerce.create_payment(:'billed'::uuid, 5, 'sepa_debit',
	mandate_id => :'mandate') \gset
SELECT count(*) FROM ecommerce.sepa_debit_batch();
SELECT id AS cash FROM ecommerce.create_payment(:'billed'::uuid, method => 'cash') \gset
SELECT FROM ecommerce.capture_payment(:'cash');
SELECT FROM ecommerce.request_sepa_transfer('Carl', 'DE89370400440532013000', 1,
	'a payout');
SELECT FROM ecommerce.read_camt('<Document
xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>1</MsgId></GrpHdr><Ntfctn><Id>1</Id>
<Acct><Id><IBAN>GR1601101250000000012300695</IBAN></Id></Acct><Ntry>
<Amt Ccy="EUR">7.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts></Ntry></Ntfctn>
</BkToCstmrDbtCdtNtfctn></Document>');
SELECT FROM ecommerce.transition_order(:'billed', 'processing');
SELECT id AS shipment FROM ecommerce.create_shipment(:'billed'::uuid) \gset
SELECT FROM ecommerce.ship_shipment(:'shipment');
SELECT id AS back FROM ecommerce.request_return(:'billed'::uuid,
	'[{"sku": "FIG", "quantity": 1, "reason": "damaged"}]') \gset
SELECT FROM ecommerce.approve_return(:'back');
SELECT FROM ecommerce.receive_return(:'back');
SELECT id AS invoice FROM ecommerce.issue_invoice(:'billed'::uuid) \gset
SELECT FROM ecommerce.record_mydata_answer(:'invoice',
	'{"statusCode": "TechnicalError"}');
INSERT INTO ecommerce.mydata_classifications (kind, category, type)
VALUES ('product', 'category1_2', 'E3_561_003');
SELECT FROM ecommerce.close_stock_books('2019-06-01');
COMMIT;

BEGIN;
SELECT ecommerce.use_tenant(2);
INSERT INTO ecommerce.products (sku, name, price) VALUES ('PEN', 'Stift', 3);
SELECT ecommerce.adjust_stock('PEN', 10, 'receipt');
INSERT INTO ecommerce.users (email) VALUES ('ann@example.org');
SELECT FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]',
	idempotency_key => 'once');
SELECT FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 2}]',
	placed_at => '2019-01-02 03:04:05.678+00');
COMMIT;
SELECT FROM ecommerce.detach_partition('ecommerce_partitions.orders_2024_q1');
SELECT FROM ecommerce.create_consumer('x', true, 1);
SELECT FROM ecommerce.create_consumer('x', true, 2);
SELECT count(ecommerce.events_ack('x', position, 1))
FROM ecommerce.events_fetch('x', tenant_id => 1);
SELECT count(ecommerce.events_ack('x', position, 2))
FROM ecommerce.events_fetch('x', tenant_id => 2);
REFRESH MATERIALIZED VIEW ecommerce.product_stats;
};

# Create a role, unless it is there.
sub make_role
{
	my ($node, $role) = @_;
	$node->safe_psql('postgres', "CREATE ROLE $role LOGIN")
	  if $node->safe_psql('postgres',
		"SELECT count(*) FROM pg_roles WHERE rolname = '$role'") eq '0';
	return;
}

# Create a database with a filled shop.
sub make_shop
{
	my ($node, $db) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db,        'CREATE EXTENSION ecommerce');
	fill_shop($node, $db);
	return;
}

# Fill the shop of a database.
sub fill_shop
{
	my ($node, $db) = @_;
	make_role($node, 'shop_app');
	$node->safe_psql($db, $fill);
	my @empty = grep { m{^(?!\w+_(?:default|\d{4}_q\d)\b)\w+[ ]0[ ]}x }
	  split /\n/, contents($node, $db);
	is("@empty", '', "$db: no table is empty");
	return;
}

# Rows of every table of the shop, partitions included: count and checksum.
# Not of product_stats, which is computed from them.
sub contents
{
	my ($node, $db) = @_;
	return $node->safe_psql(
		$db, q{
SET timezone = 'UTC';
SELECT format('SELECT %L, count(*), md5(coalesce(string_agg(t::text, E''\n''
	ORDER BY t::text COLLATE "C"), '''')) FROM %s t', relname, oid::regclass)
FROM pg_class
WHERE relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
AND relkind IN ('r', 'p')
ORDER BY relname COLLATE "C" \gexec
}, extra_params => [ '-F', ' ' ]);
}

# Every object of the schema as text, one a line.
sub definitions
{
	my ($node, $db) = @_;
	return $node->safe_psql(
		$db, q{
SET search_path = pg_catalog;
SET timezone = 'UTC';
WITH relation AS (
	SELECT *, oid::regclass AS name FROM pg_class
	WHERE relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
	AND relkind <> 'c'
), acl AS (
	SELECT 'schema ' || nspname AS object, nspacl AS acl FROM pg_namespace
	WHERE nspname = 'ecommerce'
	UNION ALL
	SELECT 'relation ' || name, relacl FROM relation
	UNION ALL
	SELECT format('column %s.%s', name, attname), attacl
	FROM relation JOIN pg_attribute ON attrelid = relation.oid
	UNION ALL
	SELECT 'function ' || oid::regprocedure, proacl FROM pg_proc
	WHERE pronamespace::regnamespace::text IN ('ecommerce', 'ecommerce_internal')
), line AS (
	SELECT format('schema %s owner %s', nspname, nspowner::regrole) AS text
	FROM pg_namespace WHERE nspname = 'ecommerce'
	UNION ALL
	SELECT format('extension member %s', pg_describe_object(classid, objid, 0))
	FROM pg_depend
	WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
	AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'ecommerce')
	UNION ALL
	SELECT format('function %s owner %s definer %s md5 %s', oid::regprocedure,
		proowner::regrole, prosecdef,
		CASE WHEN prokind = 'f' THEN md5(pg_get_functiondef(oid)) END)
	FROM pg_proc WHERE pronamespace::regnamespace::text IN ('ecommerce', 'ecommerce_internal')
	UNION ALL
	SELECT format('relation %s kind %s owner %s options %s security %s %s populated %s',
		name, relkind, relowner::regrole, reloptions, relrowsecurity,
		relforcerowsecurity, relispopulated)
	FROM relation
	UNION ALL
	SELECT format('partition %s of %s %s', name, inhparent::regclass,
		pg_get_expr(relpartbound, relation.oid))
	FROM relation JOIN pg_inherits ON inhrelid = relation.oid
	UNION ALL
	SELECT format('column %s %s %s %s not null %s default %s', name, attnum,
		attname, format_type(atttypid, atttypmod), attnotnull,
		pg_get_expr(adbin, adrelid))
	FROM relation JOIN pg_attribute ON attrelid = relation.oid
	LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
	WHERE attnum > 0 AND NOT attisdropped
	UNION ALL
	SELECT format('constraint %s %s %s valid %s', name, conname,
		pg_get_constraintdef(pg_constraint.oid), convalidated)
	FROM relation JOIN pg_constraint ON conrelid = relation.oid
	WHERE contype <> 'n'
	UNION ALL
	SELECT format('index %s valid %s', pg_get_indexdef(indexrelid), indisvalid)
	FROM relation JOIN pg_index ON indrelid = relation.oid
	UNION ALL
	SELECT format('trigger %s enabled %s', pg_get_triggerdef(pg_trigger.oid),
		tgenabled)
	FROM relation JOIN pg_trigger ON tgrelid = relation.oid
	WHERE NOT tgisinternal
	UNION ALL
	SELECT format('policy %s %s %s permissive %s to %s using %s check %s', name,
		polname, polcmd, polpermissive,
		(SELECT array_agg(r::regrole) FROM unnest(polroles) AS r),
		pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
	FROM relation JOIN pg_policy ON polrelid = relation.oid
	UNION ALL
	SELECT format('view %s %s', name, pg_get_viewdef(oid)) FROM relation
	WHERE relkind IN ('v', 'm')
	UNION ALL
	SELECT format('comment %s %s %s', name, objsubid, description)
	FROM relation JOIN pg_description ON objoid = relation.oid
	WHERE classoid = 'pg_class'::regclass
	UNION ALL
	SELECT format('grant %s %s %s to %s', object, privilege_type, is_grantable,
		grantee::regrole)
	FROM acl, aclexplode(acl.acl)
)
SELECT regexp_replace(text, '\s+', ' ', 'g') FROM line ORDER BY text COLLATE "C";
});
}

# Compare texts, and show only the lines that differ.
sub same_text
{
	my ($got, $expected, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return if ok($got eq $expected, $name);
	my %got      = map { $_ => 1 } split /\n/, $got;
	my %expected = map { $_ => 1 } split /\n/, $expected;
	my @lines    = (
		(map { "- $_" } grep { !$got{$_} } sort keys %expected),
		(map { "+ $_" } grep { !$expected{$_} } sort keys %got));
	splice(@lines, 30) if @lines > 30;
	diag(join("\n", @lines));
	return;
}

# psql's options to be a role; by default, the superuser
sub be { return $_[0] ? (extra_params => [ '-U', $_[0] ]) : () }

# What a script prints, errors included.
sub answer
{
	my ($node, $db, $sql, $role) = @_;
	my ($code, $out, $err) =
	  $node->psql($db, "SET client_min_messages = warning;\n$sql", be($role));
	return join("\n", grep { $_ ne '' } $out, $err);
}

# SQLSTATE of the first error of a script, or an empty string.
sub sqlstate
{
	my ($node, $db, $sql, $role) = @_;
	my ($code, $out, $err) =
	  $node->psql($db, "\\set VERBOSITY sqlstate\n$sql", be($role));
	return $err =~ /ERROR:\s+(\w{5})\b/ ? $1 : '';
}

# For each product, movements - sales - holds = available; every order is the
# sum of its lines, and has its events; coupons and gift cards keep their books.
sub check_books
{
	my ($node, $db, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is( $node->safe_psql(
			$db, q{
SELECT 'stock', tenant_id, product_id, came, sold, held, available
FROM (SELECT tenant_id, product_id, sum(available) AS available
	FROM ecommerce.stock GROUP BY 1, 2) s
FULL JOIN (SELECT tenant_id, product_id, sum(quantity) AS came
	FROM ecommerce.stock_movements GROUP BY 1, 2) m USING (tenant_id, product_id)
LEFT JOIN (SELECT i.tenant_id, i.product_id, sum(i.quantity - coalesce((
		SELECT sum(c.quantity) FROM ecommerce.order_cancellations c
		WHERE (c.tenant_id, c.order_id, c.line_number)
			= (i.tenant_id, i.order_id, i.line_number)), 0)) AS sold
	FROM ecommerce.order_items i
	JOIN ecommerce.orders o ON (o.tenant_id, o.id) = (i.tenant_id, i.order_id)
	WHERE o.status <> 'cancelled' GROUP BY 1, 2) i USING (tenant_id, product_id)
LEFT JOIN (SELECT tenant_id, product_id, sum(quantity) AS held
	FROM ecommerce.stock_reservations
	WHERE status = 'held' GROUP BY 1, 2) h USING (tenant_id, product_id)
WHERE came - coalesce(sold, 0) - coalesce(held, 0) IS DISTINCT FROM available;

SELECT 'order', o.id, o.net, o.vat, o.gross, i.net, i.vat, placed, cancelled
FROM ecommerce.orders o
LEFT JOIN (SELECT tenant_id, order_id, sum(net) AS net, sum(vat) AS vat
	FROM ecommerce.order_items GROUP BY 1, 2) i
	ON (i.tenant_id, i.order_id) = (o.tenant_id, o.id)
CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE kind = 'order.placed') AS placed,
		count(*) FILTER (WHERE kind = 'order.cancelled') AS cancelled
	FROM ecommerce.events e
	WHERE (e.tenant_id, e.entity_id) = (o.tenant_id, o.id)) e
WHERE (i.net, i.vat, i.net + i.vat) IS DISTINCT FROM (o.net, o.vat, o.gross)
	OR placed <> 1 OR cancelled <> (o.status = 'cancelled')::integer;

SELECT 'line', order_id FROM ecommerce.order_items i
WHERE NOT EXISTS (SELECT FROM ecommerce.orders o
	WHERE (o.tenant_id, o.id, o.created_at)
		= (i.tenant_id, i.order_id, i.order_created_at));

SELECT 'promotion', p.*
FROM ecommerce.tenants t, ecommerce_internal.promotion_problems(tenant_id => t.id) p;
}),
		'',
		$name);
	return;
}

# Use a filled shop: all that its code, triggers, defaults, policies and
# partitions do.
sub shop_works
{
	my ($node, $db, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is( answer(
			$node, $db, q{
CREATE FUNCTION pg_temp.state_of(statement text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
CREATE TEMP TABLE before AS SELECT id FROM ecommerce.orders;
SELECT id AS once FROM ecommerce.orders
WHERE tenant_id = 1 AND email = 'key@example.org' \gset

BEGIN;
\o /dev/null
SELECT ecommerce.use_tenant(1);
\o
\echo idempotency
SELECT id = :'once' FROM ecommerce.place_order(
	'[{"sku": "FIG", "quantity": 3}, {"sku": "PEN", "quantity": 1}]',
	email => 'key@example.org', idempotency_key => 'once');
SELECT pg_temp.state_of($$SELECT ecommerce.place_order(
	'[{"sku": "FIG", "quantity": 4}]', idempotency_key => 'once')$$);

\echo a new order: new, in the partitions of its time
SELECT id, net, vat, gross FROM ecommerce.place_order(
	'[{"sku": "FIG", "quantity": 2}]', email => 'new@example.org') \gset
SELECT :net, :vat, :gross, :'id' NOT IN (SELECT id FROM before);
SELECT count(*) FROM ecommerce.partitions() p
JOIN (SELECT tableoid, created_at AS at FROM ecommerce.orders WHERE id = :'id'
	UNION ALL
	SELECT tableoid, order_created_at FROM ecommerce.order_items WHERE order_id = :'id'
	UNION ALL
	SELECT tableoid, created_at FROM ecommerce.events WHERE entity_id = :'id') r
	ON r.tableoid = p.partition AND r.at >= p.from_time AND r.at < p.to_time;

\echo coupons and gift cards
SELECT gross FROM ecommerce.place_order('[{"sku": "PEN", "quantity": 4}]',
	email => 'new@example.org', coupon_codes => '{few}');
SELECT pg_temp.state_of($$SELECT ecommerce.place_order('[{"sku": "PEN",
	"quantity": 4}]', email => 'NEW@example.org', coupon_codes => '{few}')$$),
	pg_temp.state_of($$UPDATE ecommerce.gift_cards SET balance = balance + 1;
		SET CONSTRAINTS ALL IMMEDIATE$$);

\echo triggers
SELECT gift_note FROM ecommerce.orders WHERE id = :'id';
SELECT pg_temp.state_of($$DELETE FROM ecommerce.orders$$),
	pg_temp.state_of($$TRUNCATE ecommerce.orders CASCADE$$),
	pg_temp.state_of($$UPDATE ecommerce.orders SET status = 'delivered'$$),
	pg_temp.state_of($$UPDATE ecommerce.order_items SET quantity = 1$$),
	pg_temp.state_of($$DELETE FROM ecommerce.events$$),
	pg_temp.state_of($$DELETE FROM ecommerce.coupon_redemptions$$),
	pg_temp.state_of($$UPDATE ecommerce.gift_card_entries SET amount = 1$$),
	pg_temp.state_of($$UPDATE ecommerce.users SET tenant_id = 2 WHERE tenant_id = 1$$),
	pg_temp.state_of($$DELETE FROM ecommerce.products WHERE sku = 'FIG'$$),
	pg_temp.state_of($$INSERT INTO ecommerce.orders (id, created_at, order_number,
			currency, prices, net, vat, gross, country)
		SELECT i, ecommerce.uuid_v7_time(i), 'x', 'EUR', 'net', 1, 0, 1, 'GR'
		FROM ecommerce.uuid_v7() i; SET CONSTRAINTS ALL IMMEDIATE$$),
	pg_temp.state_of($$INSERT INTO ecommerce.orders (created_at, order_number,
			currency, prices, net, vat, gross, country)
		VALUES ('2025-01-01', 'x', 'EUR', 'net', 1, 0, 1, 'GR')$$);
UPDATE ecommerce.products SET name = name || '!' WHERE tenant_id = 1
RETURNING updated_at = now(), updated_at > created_at;
COMMIT;

\echo defaults and policies
BEGIN;
\o /dev/null
SELECT ecommerce.use_tenant(2);
\o
INSERT INTO ecommerce.users (email) VALUES ('new@example.org')
RETURNING tenant_id, ecommerce.uuid_v7_time(id) > now() - interval '1 minute', points;
COMMIT;
SET ROLE shop_app;
BEGIN;
\o /dev/null
SELECT ecommerce.use_tenant(1);
\o
SELECT tenant_id, sku FROM ecommerce.products ORDER BY 1, 2;
SELECT pg_temp.state_of('SELECT FROM ecommerce.orders');
COMMIT;
SELECT pg_temp.state_of('SELECT FROM ecommerce.products');
RESET ROLE;

\echo statistics
SELECT FROM ecommerce.refresh_product_stats();
SELECT count(*) FROM ecommerce.products p
JOIN ecommerce.product_stats s USING (tenant_id, id)
WHERE s.total_quantity_sold = coalesce((SELECT sum(i.quantity)
	FROM ecommerce.order_items i JOIN ecommerce.orders o
		ON (o.tenant_id, o.id) = (i.tenant_id, i.order_id)
	WHERE (i.tenant_id, i.product_id) = (p.tenant_id, p.id)
	AND o.status <> 'cancelled'), 0)
	- coalesce((SELECT sum(c.quantity)
	FROM ecommerce.order_cancellations c JOIN ecommerce.order_items i
		ON (i.tenant_id, i.order_id, i.line_number)
			= (c.tenant_id, c.order_id, c.line_number)
	WHERE (i.tenant_id, i.product_id) = (p.tenant_id, p.id)), 0)
	+ coalesce((SELECT sum(a.quantity) FROM ecommerce.archived_sales a
		WHERE (a.tenant_id, a.product_id) = (p.tenant_id, p.id)), 0);
}),
		<<'EOF_EXPECTED' =~ s/\n\z//r, "$name: it works");
idempotency
t
EC007
a new order: new, in the partitions of its time
8.83|1.15|9.98|t
3
coupons and gift cards
9.50
EC019|23514
triggers
for new@example.org
EC017|EC017|EC009|EC017|EC017|EC017|EC017|EC017|23503|23514|23514
t|t
t|t
t|t
t|t
defaults and policies
2|t|7
1|FIG
1|NUT
1|PEN
42501
EC010
statistics
5
EOF_EXPECTED

	# Partitions are made, and rows leave the default partition for them.
	is( answer(
			$node, $db, q{
SELECT partition, moved_rows
FROM ecommerce.ensure_partitions('2019-01-01', '2019-01-01')
ORDER BY partition::text;
SELECT tenant_id, tableoid::regclass FROM ecommerce.orders
WHERE created_at < '2020-01-01' ORDER BY 1;
}),
		<<'EOF_EXPECTED' =~ s/\n\z//r, "$name: rows get their partition");
ecommerce_partitions.events_2019_q1|2
ecommerce_partitions.order_cancellations_2019_q1|0
ecommerce_partitions.order_items_2019_q1|2
ecommerce_partitions.order_notes_2019_q1|0
ecommerce_partitions.orders_2019_q1|2
ecommerce_partitions.return_items_2019_q1|0
ecommerce_partitions.return_receipts_2019_q1|0
ecommerce_partitions.returns_2019_q1|0
ecommerce_partitions.shipment_items_2019_q1|0
ecommerce_partitions.shipments_2019_q1|0
1|ecommerce_partitions.orders_2019_q1
2|ecommerce_partitions.orders_2019_q1
EOF_EXPECTED
	check_books($node, $db, "$name: its books balance");
	return;
}

1;
