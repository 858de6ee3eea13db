# Files for the bank are valid by the schemas of ISO 20022 and keep the rules of the European
# Payments Council, whatever names, addresses and accounts customers have.  Skipped where the
# schemas or xmllint are not there.
use strict;
use warnings;
use utf8;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $schemas = '../shared/data/xsd/iso20022-pain';
my $ibans   = '../shared/data/ibans.csv';
# Outside the European Economic Area an address is needed
my $outside = qr/AD|AL|CH|GB|GI|MC|MD|ME|MK|RS|SM|VA/;
plan skip_all =>
  "$schemas is missing: schemas of ISO 20022, no part of this checkout"
  unless -r "$schemas/pain.008.001.08.xsd" && -r $ibans;
plan
  skip_all => 'xmllint is missing'
  unless grep { -x "$_/xmllint" } split /:/,
  $ENV{PATH};

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION ecommerce');
$node->safe_psql('postgres', 'CREATE EXTENSION ecommerce_test');

# German, Greek, Polish, Bulgarian and others; long ones, and all that a file must not have
my @names = (
	'Jürgen Großmann-Übel',
	'Ärzte & Söhne GmbH',
	'Ευάγγελος Ψαρράς',
	'Θεοχάρης Ξανθόπουλος του Ιωάννη',
	'Παΐσιος Αϋφαντής',
	'Łukasz Świętosławski-Żółć',
	'Щерьо Гьошев Ъглов',
	'Юлия Желязкова',
	'Ђорђе Љубојевић',
	'Nuñez, Peña y Cía. (S.L.)',
	"O'Brien / Mac Giolla",
	'Žofie Říčanová',
	'İbrahim Çağlayan',
	'Þórður Æsir',
	"tab\there\nand there",
	'a_b#c&d@e*f<g>h"i;j=k[l]m{n}o|p~q^r`s\\t$u%v!',
	'日本 Nippon',
	'😀 Smile',
	'/slashes//everywhere/',
	'ß' x 80,
	'Ψ' x 60,
	'x ' x 100,
	'Ｆｕｌｌ ｗｉｄｔｈ',
	"Ame\x{301}lie de\x{301}compose\x{301}e");
my @streets = (
	'NULL',
	q{'Hauptstraße 5a'},
	q{'12, rue de l''Été'},
	q{'Ερμού 17'},
	q{'ул. „Шипка“ 34, вх. Б'},
	'repeat($$Ψ street $$, 20)');
my @iban = split /\n/, $node->safe_psql(
	'postgres',
	join ' UNION ALL ',
	map {
		my (undef, $i) = split /,/;
		"SELECT '$i' WHERE ecommerce_internal.sepa_iban('$i')"
	  }
	  split /\n/,
	slurp_file($ibans));
cmp_ok(scalar @iban, '>=', 10, 'accounts of many countries');

sub literal { return "'" . $_[0] =~ s/'/''/gr . "'" }

# Direct debits of every kind of name, address, account and mandate
sub mandate
{
	my ($n, $scheme, $kind) = @_;
	my $iban   = $iban[ $n % @iban ];
	my $street = $streets[ $n % @streets ];
	my $second = $n % 5 ? 'NULL' : q{'2nd floor'};
	my $bic    = $n % 3 ? 'NULL' : q{'DEUTDEFF500'};
	my $town   = $n % 4 || $iban =~ /^$outside/ || $street ne 'NULL';
	return
		'ecommerce.create_sepa_mandate(u, '
	  . literal($iban) . ', '
	  . literal($names[ $n % @names ])
	  . ", current_date - $n, $bic, "
	  . (
		$town
		? "jsonb_strip_nulls(jsonb_build_object('address_line_1', $street,
			'address_line_2', $second, 'city', 'Thessaloníki-Θεσσαλονίκη am Main und noch mehr',
			'postal_code', 'GR-546 21', 'country', 'GR'))"
		: 'NULL') . ", '$scheme', '$kind')";
}
my $sql = <<'SQL';
UPDATE ecommerce.settings SET country = 'GR', currency = 'EUR';
INSERT INTO ecommerce.users (id, email) VALUES ('01930000-0000-7000-8000-0000000000a1', 'a@b.c');
INSERT INTO ecommerce.sellers (tenant_id, name, address_line_1, city, postal_code, iban,
	sepa_creditor_id) VALUES (1, 'Καφεκοπτεία & Σία Α.Ε.', 'Ερμού 5', 'Αθήνα', '105 63',
	'GR1601101250000000012300695', 'DE98ZZZ09999999999');
CREATE FUNCTION collect(mandate uuid, amount numeric) RETURNS void LANGUAGE sql AS $$
	INSERT INTO ecommerce.payments (tenant_id, id, user_id, method, currency, amount, mandate_id,
		reference)
	VALUES (1, ecommerce.uuid_v7(), '01930000-0000-7000-8000-0000000000a1', 'sepa_debit', 'EUR',
		amount, mandate, 'Λογαριασμός № ' || amount || repeat(' Ψ', 90)) $$;
SQL
my $u =
  q{FROM (VALUES ('01930000-0000-7000-8000-0000000000a1'::uuid)) AS u (u)};
foreach my $n (1 .. 60)
{
	my $amount = $n == 1 ? '0.01' : $n == 2 ? '999999999.99' : $n * 7.77;
	my ($scheme, $kind) =
	  ($n % 6 ? 'CORE' : 'B2B', $n % 7 ? 'recurrent' : 'one_off');
	$sql .=
		"SELECT collect((m).id, $amount) FROM (SELECT "
	  . mandate($n, $scheme, $kind)
	  . " AS m $u) x;\n";
}
$node->safe_psql('postgres', $sql);

my @files;

sub make
{
	my ($call, $name) = @_;
	my $xml = $node->safe_psql('postgres', "SELECT xml FROM ecommerce.$call");
	ok($xml ne '', "$name is made") and push @files, [ $name, $xml ];
	return $xml;
}
make('sepa_debit_batch()',                'CORE, first and once');
make("sepa_debit_batch(scheme => 'B2B')", 'B2B');
$node->safe_psql(
	'postgres', q{
SELECT collect(id, 3.21), collect(id, 3.22) FROM ecommerce.sepa_mandates
WHERE status = 'active' AND scheme = 'CORE';
SELECT ecommerce.amend_sepa_mandate(id,
	iban => CASE WHEN n % 3 < 2 THEN CASE WHEN iban LIKE 'DE%' THEN 'DE02120300000000202051'
		ELSE 'DE89370400440532013000' END END,
	mandate_reference => CASE WHEN n % 3 > 0 THEN 'NEW/' || n || '-(a)' END, is_final => n % 5 = 0)
FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM ecommerce.sepa_mandates
	WHERE status = 'active' AND scheme = 'CORE') m;
UPDATE ecommerce.sellers SET bic = 'ERBKGRAA', sepa_creditor_id = (SELECT i
	FROM generate_series(10, 98) n, format('ES%sZZZX1234567X', n) i
	WHERE ecommerce.sepa_creditor_id_valid(i))});
my $amended = make('sepa_debit_batch(ecommerce_internal.shop_day() + 10)',
	'amended and last');
like($amended, qr/SMNDA/,         'another bank is told');
like($amended, qr/<OrgnlMndtId>/, 'another reference is told');
like(
	$amended,
	qr/<InitgPty>.*<OrgId><Othr><Id>ES/,
	'banks in Spain find the creditor');
my $i = 0;
$node->safe_psql(
	'postgres',
	join "\n",
	map {
		my $name = literal($_);
		my $text =
		  $i % 2 ? literal(substr $_ x 5, 0, 300) : q{'RF18 5390 0754 7034'};
		my ($to) = map { literal($_) }
		  grep { !/^$outside/ } $iban[ ++$i % @iban ],
		  'GR1601101250000000012300695';
		"SELECT ecommerce.request_sepa_transfer($name, $to, $i.50, $text);"
	} @names);
make('sepa_credit_batch()', 'transfers');

# One child of an element, by its path, or all of them
sub all
{
	my ($xml, $path) = @_;
	my ($first, $rest) = split m{/}, $path, 2;
	my @found = $xml =~ m{<$first(?: [^>]*)?>(.*?)</$first>}gs;
	return defined $rest ? map { all($_, $rest) } @found : @found;
}

sub cents { return join '', $_[0] =~ /^(\d+)\.(\d\d)$/ }

sub none
{
	my ($name, @wrong) = @_;
	is(join("\n", @wrong), '', $name);
	return;
}

my %seen;
foreach my $file (@files)
{
	my ($name, $xml) = @$file;
	my ($schema) = $xml =~ /xsd:(pain\.\d+\.\d+\.\d+)"/;
	my $path = "$PostgreSQL::Test::Utils::tmp_check/sepa.xml";
	open my $out, '>', $path or die;
	print $out $xml;
	close $out;
	my @lint =
	  ('xmllint', '--noout', '--nonet', '--schema', "$schemas/$schema.xsd");
	command_ok([ @lint, $path ], "$name: valid by $schema");
	open $out, '>', $path or die;
	print $out $xml =~ s{<NbOfTxs>}{<NbOfTxs>x}r;
	close $out;
	command_fails([ @lint, $path ], "$name: a wrong file would be found");

	my @texts = $xml =~ />([^<]+)</g;
	none(
		"$name: characters",
		grep { s/&(amp|lt|gt|quot|apos);/!/r !~ m{^[A-Za-z0-9/?:().,'+ -]+$} }
		  @texts);
	none("$name: no blanks at the ends", grep { /^ | $/ } @texts);
	none("$name: names", grep { length > 70 || $_ !~ /\w/ } all($xml, 'Nm'));
	none("$name: texts", grep { length > 140 } all($xml, 'Ustrd'));
	my @ids = map { all($xml, $_) } qw(MsgId PmtInfId EndToEndId);
	none(
		"$name: ids",
		grep { length > 35 || m{^/|/$|//} } @ids,
		all($xml, 'MndtId'));
	none("$name: ids are unique for ever", grep { $seen{$_}++ } @ids);

	foreach my $address (all($xml, 'PstlAdr'))
	{
		my @lines = all($address, 'AdrLine');
		my @town  = all($address, 'TwnNm');
		ok( @town == 1
			  && length $town[0] <= 35
			  && all($address, 'Ctry') == 1
			  && @lines <= 2
			  && !(grep { length > 70 } @lines),
			"$name: an address") or diag($address);
		ok(!(@lines && $address =~ /StrtNm/), "$name: structured or hybrid");
	}
	my @amounts = map { cents($_) } all($xml, 'InstdAmt');
	none("$name: amounts",
		grep { $_ eq '' || $_ < 1 || $_ > 99999999999 } @amounts);
	foreach my $part ($xml, all($xml, 'PmtInf'))
	{
		my @sum = all($part, 'CtrlSum');
		my @n   = all($part, 'NbOfTxs');
		my $sum = 0;
		$sum += cents($_) foreach all($part, 'InstdAmt');
		is(cents($sum[0]), $sum, "$name: control sum");
		is($n[0], scalar(my @e = all($part, 'EndToEndId')), "$name: count");
	}
	my ($day) = $xml =~ m{<(?:ReqdColltnDt|ReqdExctnDt><Dt)>([0-9-]+)<};
	is( $node->safe_psql(
			'postgres', "SELECT ecommerce.is_target_day('$day')"),
		't',
		"$name: a day on which banks work");
	is(scalar(grep { $_ ne 'SLEV' } all($xml, 'ChrgBr')), 0,
		"$name: charges");
	next unless $schema =~ /008/;

	my %types;
	none(
		"$name: one part for each sequence type",
		grep { $types{$_}++ } all($xml, 'PmtInf/SeqTp'));
	my %kinds = map { $_ => 1 } all($xml, 'LclInstrm');
	is(scalar keys %kinds, 1, "$name: one scheme");
	none("$name: signed before", grep { $_ gt $day } all($xml, 'DtOfSgntr'));
	cmp_ok(
		$day,
		'gt',
		$node->safe_psql('postgres', 'SELECT ecommerce_internal.shop_day()'),
		"$name: not today");
	none(
		"$name: amendments have details",
		grep { /AmdmntInd/ != /AmdmntInfDtls><Orgnl/ }
		  all($xml, 'MndtRltdInf'));
	none("$name: a creditor identifier",
		grep { !/Prtry>SEPA</ } all($xml, 'CdtrSchmeId'));
}
my @first = map { $_->[1] =~ /<SeqTp>(\w+)/g } @files;
is( join(' ', sort keys %{ { map { $_ => 1 } @first } }),
	'FNAL FRST OOFF RCUR',
	'every sequence type');
is( $node->safe_psql(
		'postgres', 'SELECT count(*) FROM ecommerce.verify_integrity()'),
	'0',
	'all agrees');

$node->stop;
done_testing();
