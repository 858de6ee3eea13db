# Codes and addresses are the same ones in databases of any locale and encoding.
#
# That this test can fail was seen by breaking the product, one at a time:
#
#   sql/promotion/internal.sql  coupon_code() is upper(btrim(code))
#       -> "tr-TR: fifty", "C: dankefuer", and others
#   sql/user/tables.sql         idx_users_email is on lower(email)
#       -> "tr-TR: one user of an address"
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;

# Texts are written with escapes, so that this file and psql need no encoding.
my $setup = q{
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, track_stock) VALUES ('PEN', 'Pen', 10, false);
CREATE FUNCTION buy(code text, email text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ecommerce.place_order('[{"sku": "PEN", "quantity": 1}]', coupon_codes => ARRAY[code],
		email => email);
	RETURN 'redeemed';
EXCEPTION WHEN SQLSTATE 'EC019' THEN
	RETURN 'refused';
END $$;
};

# coupon_of(database, name, code as made, code as written): it is found
sub coupon_of
{
	my ($database, $name, $made, $written) = @_;

	$node->safe_psql($database,
		"INSERT INTO ecommerce.coupons (code, kind, value) VALUES ($made, 'percent', 5)"
	);
	is($node->safe_psql($database, "SELECT buy($written)"),
		'redeemed', "$database: $name");
	return;
}

sub same_in
{
	my ($database, %knows) = @_;

	$node->safe_psql($database, $setup);
	coupon_of($database, 'fifty', "'fifty'",     "'FIFTY'");
	coupon_of($database, 'FINI',  "'FINI'",      "'fini'");
	coupon_of($database, 'paste', "'  paste\t'", "E'PA STE\\n'");
	$node->safe_psql($database,
		"INSERT INTO ecommerce.users (email) VALUES (' Inigo.I\@example.com ')"
	);
	like(
		(   $node->psql(
				$database,
				"INSERT INTO ecommerce.users (email) VALUES ('INIGO.i\@EXAMPLE.COM')"
			))[2],
		qr/idx_users_email/,
		"$database: one user of an address");
	is( $node->safe_psql(
			$database, q{
UPDATE ecommerce.coupons SET deleted_at = now() WHERE code = 'FIFTY';
INSERT INTO ecommerce.coupons (code, kind, value, max_redemptions_per_user)
VALUES ('once', 'percent', 5, 1);
SELECT buy('ONCE', 'i@example.com'), buy('once', ' I@Example.com')}),
		'redeemed|refused',
		"$database: once for a customer");
	if ($knows{latin})
	{
		coupon_of($database, 'dankefuer',
			q{U&'dankef\\00FCr'}, q{U&'DANKEF\\00DCR'});
		coupon_of($database, 'gross', q{U&'gro\\00DF'}, q{'GROSS'});
		coupon_of(
			$database,       'a no-break space',
			q{U&'nb\\00A0'}, q{U&'N\\00A0B'});
	}
	if ($knows{greek})
	{
		coupon_of(
			$database, 'anoixi',
			q{U&'\\03AC\\03BD\\03BF\\03B9\\03BE\\03B7'},
			q{U&'\\0391\\039D\\039F\\0399\\039E\\0397'});
		coupon_of($database, 'a final sigma',
			q{U&'\\03C6\\03C9\\03C2'}, q{U&'\\03A6\\03A9\\03A3'});
	}
	if ($knows{unicode})
	{
		coupon_of($database, 'decomposed',
			q{U&'CAF\\00C9'}, q{U&'cafe\\0301'});
		coupon_of($database, 'a dot above',
			q{U&'\\0130NDIRIM'}, q{U&'\\0131ndirim'});
	}
	return;
}

# create_database(name, options): whether this server can have one
sub create_database
{
	my ($name, $options) = @_;
	my ($code, undef, $err) = $node->psql('postgres',
		qq{CREATE DATABASE "$name" TEMPLATE template0 $options});

	return 1 if $code == 0;
	diag "$name: $err";
	return 0;
}

my %all = (latin => 1, greek => 1, unicode => 1);

create_database('C', q{ENCODING UTF8 LOCALE 'C'}) or die;
same_in('C', %all);

foreach my $locale (qw(tr-TR el-GR und))
{
  SKIP:
	{
		skip "no database of ICU's locale $locale: built without ICU",
		  1
		  unless create_database(
			$locale,
			qq{ENCODING UTF8 LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE '$locale'}
		  );
		same_in($locale, %all);
	}
}
foreach my $locale (qw(tr_TR.utf8 el_GR.utf8))
{
  SKIP:
	{
		skip
		  "no locale $locale of the C library: apt-get install locales-all", 1
		  unless create_database($locale, qq{ENCODING UTF8 LOCALE '$locale'});
		same_in($locale, %all);
	}
}

# Other encodings know their own letters; where nothing says what bytes mean, ASCII.
create_database('LATIN1', q{ENCODING LATIN1 LOCALE 'C'}) or die;
same_in('LATIN1', latin => 1);
create_database('ISO_8859_7', q{ENCODING ISO_8859_7 LOCALE 'C'}) or die;
same_in('ISO_8859_7', greek => 1);
create_database('SQL_ASCII', q{ENCODING SQL_ASCII LOCALE 'C'}) or die;
same_in('SQL_ASCII');

$node->stop;
done_testing();
