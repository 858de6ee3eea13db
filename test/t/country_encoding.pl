# Postal codes and names of places mean the same in databases of other encodings
# and of other locales, as far as these can say them.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;

# Bytes of UTF-8, as the clients of all these databases send them
my %say = (
	'Chios'     => "\xCE\xA7\xCE\x99\xCE\x9F\xCE\xA3",
	'TK 821 31' => "\xCE\xA4.\xCE\x9A. 821 31",
	'Buesingen' => "B\xC3\x9CSINGEN");

my %databases = (
	latin   => q{ENCODING 'LATIN1' LOCALE 'C'},
	greek   => q{ENCODING 'ISO_8859_7' LOCALE 'C'},
	bytes   => q{ENCODING 'SQL_ASCII' LOCALE 'C'},
	turkish =>
	  q{ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LOCALE 'C'});

# Where an address is, by a region's name and a postal code
sub place
{
	my ($database, $country, $name, $code) = @_;
	local $ENV{PGCLIENTENCODING} =
	  $database eq 'bytes' ? 'SQL_ASCII' : 'UTF8';
	return $node->safe_psql($database,
		"SELECT region FROM ecommerce.vat_territory('$country', $name, $code, '2026-02-02')"
	);
}

for my $database (sort keys %databases)
{
	$node->safe_psql('postgres',
		"CREATE DATABASE $database TEMPLATE template0 $databases{$database}");
	$node->safe_psql($database, 'CREATE EXTENSION ecommerce');
	is(place($database, 'GR', q{'CHIOS'}, 'NULL'),
		'islands', "$database: capitals");
	is(place($database, 'GR', q{'ikaria'}, 'NULL'),
		'islands', "$database: small letters");
	is( place($database, 'FI', 'NULL', q{'fin-22100'}),
		'Aland Islands',
		"$database: a postal code");
}
for my $database ('greek', 'turkish')
{
	is(place($database, 'GR', "'$say{Chios}'", 'NULL'),
		'islands', "$database: a Greek name");
	is(place($database, 'GR', 'NULL', "'$say{'TK 821 31'}'"),
		'islands', "$database: a Greek postal code");
}
for my $database ('latin', 'turkish')
{
	is(place($database, 'DE', "'$say{Buesingen}'", 'NULL'),
		'Buesingen', "$database: an umlaut");
	is(place($database, 'DE', 'NULL', "'78266 $say{Buesingen}'"),
		'Buesingen', "$database: an umlaut behind a postal code");
}
is(place('bytes', 'DE', 'NULL', "'78266 $say{Buesingen}'"),
	'Buesingen', 'bytes that are not known behind a postal code');

$node->stop;
done_testing();
