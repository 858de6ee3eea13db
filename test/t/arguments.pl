# Every function of the schema is called with arguments that nobody should
# pass, as a superuser, as an ordinary owner, and as a storefront that may call
# everything.  Whatever it answers, it answers in order: no internal error, no
# crash, no leak, no endless work; afterwards the books balance, and who worked
# for tenant 1 has changed nothing of tenant 2.
#
#   make check             1000 calls
#   make check-arguments   50000 calls (CALLS=number)
#
# SEED repeats a run.  Functions and their arguments come from the catalog, so a
# new function is called without a change here.  Plausible values of an argument
# come from columns of its name; what is in JSON is told by %documents.
#
# That this test can fail was seen by breaking the product, one at a time:
#
#   src/tenant.c       ec_tenant_check() lets every tenant pass
#       -> "tenant 2 is as it was before"
#   src/updated_at.c   ec_set_updated_at() does not ask whether it is a trigger: crash
#   src/value/json.c   ec_json_wrong() raises an internal error
#       -> "every call was answered in order"
#   src/catalog_items.c find_items() does not close its scan
#       -> "the server warned of nothing"
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use List::Util qw(min shuffle uniq);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

use Shop;

plan skip_all => 'DBD::Pg is not installed: apt-get install libdbd-pg-perl'
  unless eval { require DBD::Pg };

my $calls = $ENV{CALLS} || 1000;
my $seed  = $ENV{SEED}  || 1;
srand $seed;
note "SEED=$seed CALLS=$calls";

my ($admin, $dbh);    # the superuser's connection, and the role's
my @functions;        # each {name, signature, kind, arguments, ...}
my %values;           # {tenant}{"name type"}: values there are, as text
my %arguments;        # {function}: types and names of its arguments
my $card;             # code of the newest gift card
my $called = '';      # the function that arguments are made for
my @script;           # what was sent since the last transaction ended
my %failure;          # what went wrong, by function and error
my %summary;          # {signature}: states and how often

sub pick { return $_[ rand @_ ] }

sub chance { return rand() < $_[0] }

sub quote { return "'" . $_[0] =~ s/'/''/gr . "'" }

#
# Values of SQL types
#

my @uuids = (
	'00000000-0000-0000-0000-000000000000',
	'ffffffff-ffff-ffff-ffff-ffffffffffff',
	'8c7f4b3e-55d1-4b0e-9a39-0f1d2c3b4a59',
	'00000000-0000-7000-8000-000000000000',
	'ffffffff-ffff-7fff-bfff-ffffffffffff');

# Where no column has that name: something that many arguments accept
my %usual = (
	'ecommerce.vat_territory'            => ['(GR,,country,)'],
	'ecommerce.vat_rule'                 => [ '(' . ',' x 15 . ')' ],
	'ecommerce.vat_treatment'            => [ '(' . ',' x 10 . ')' ],
	'ecommerce_internal.vat_facts'       => [ '(' . ',' x 6 . ')' ],
	'ecommerce.mydata_answer'            => [ '(' . ',' x 8 . ')' ],
	'ecommerce_internal.mydata_facts'    => [ '(' . ',' x 21 . ')' ],
	'ecommerce_internal.mydata_response' => [ '(' . ',' x 7 . ')' ],
	'bigint'                             => [qw(1 2 10)],
	'boolean'                            => [qw(true false)],
	'bytea'                              => ['\x00112233445566778899'],
	'date'                     => [qw(2025-01-01 2025-12-31 2026-07-01)],
	'integer'                  => [qw(1 2 3 10 2025)],
	'interval'                 => [ '1 hour', '30 days' ],
	'jsonb'                    => ['{}'],
	'numeric'                  => [qw(1 2.5 10 19.99 24 100)],
	'oid'                      => ['16384'],
	'xid8'                     => [qw(3 1000)],
	'regclass'                 => [qw(ecommerce.orders ecommerce.products)],
	'regprocedure'             => ['ecommerce.available_stock(uuid,integer)'],
	'regrole'                  => ['somebody'],
	'timestamp with time zone' =>
	  [ '2025-02-14 10:00+00', '2025-08-15 10:00+00', '2026-01-01 00:00+00' ],
	'tstzmultirange' => [ '{}', '{[2025-01-01,2025-04-01)}' ],
	'uuid'           => \@uuids,
	'xml'            => ['<Document><Ntry>1</Ntry></Document>'],
	'text'           => [
		'x',           'EUR',
		'GR',          'standard',
		'month',       'ann@example.org',
		'DE136695976', 'EL094014201',
		'key',         'GR1601101250000000012300695',
		'2025_q1',     'pending',
		'shipped',     '10431',
		'goods'
	]);

# What nobody should pass.  A text that begins with "=" is an SQL expression.
my %odd = (
	'ecommerce.order_state'              => [ '(' . ',' x 15 . ')' ],
	'ecommerce.vat_territory'            => ['(,,,)'],
	'ecommerce.vat_rule'                 => [ '(' . ',' x 15 . ')' ],
	'ecommerce.vat_treatment'            => [ '(' . ',' x 10 . ')' ],
	'ecommerce_internal.vat_facts'       => [ '(' . ',' x 6 . ')' ],
	'ecommerce.mydata_answer'            => [ '(' . ',' x 8 . ')' ],
	'ecommerce_internal.mydata_facts'    => [ '(' . ',' x 21 . ')' ],
	'ecommerce_internal.mydata_response' => [ '(' . ',' x 7 . ')' ],
	'bigint'  => [qw(0 -1 9223372036854775807 -9223372036854775808)],
	'boolean' => [qw(true false)],
	'bytea'   => [ '', '\x00', '\xff', '\x' . '00' x 100 ],
	'date'    => [
		qw(infinity -infinity 5874897-12-31 0001-01-01 1970-01-01 9999-12-31),
		'4713-01-01 BC'
	],
	'integer' => [
		qw(0 -1 -2 1 2 9 32767 32768 65536 100000 1000000 1000001 9999999),
		qw(10000000 1000000000 2147483646 2147483647 -2147483648)
	],
	'interval' => [
		'0',
		'-1 second',
		'1 microsecond',
		'178000000 years',
		'-178000000 years',
		'2147483647 days',
		'-2147483648 months',
		'1 month -30 days'
	],
	'numeric' => [
		qw(0 -0.00 -1 -0.01 1 0.005 1.005 NaN Infinity -Infinity 1e38 -1e38),
		qw(9999999999999.99 99999999999999.999999 1e17 1e18 1e20 1e131071),
		qw(-1e131071 1e-16383 0.1e-100 170141183460469231731687303715884105727),
		qw(922337203685477580.7 100 100.000001 1000)
	],
	'tstzmultirange' => [ '{(,)}', '{[infinity,infinity]}' ],
	'regclass'       => [
		qw(0 4294967295 pg_catalog.pg_class ecommerce.product_stats),
		qw(ecommerce.orders_pkey ecommerce_partitions.orders_default ecommerce.low_stock),
		qw(ecommerce.tenants ecommerce.currencies ecommerce.placed_order)
	],
	'oid'          => [qw(0 23 4294967295)],
	'xid8'         => [qw(0 3 18446744073709551615)],
	'regprocedure' => [qw(0 4294967295 pg_catalog.now())],
	'regrole'      => [qw(0 4294967295 owner pg_monitor pg_database_owner)],
	'text'         => [
		'',
		' ',
		"= E'\\x01\\x1f\\n\\t'",
		"= E'\\x7f'",
		'= chr(1114111)',
		"= repeat(chr(8364), 256)",
		"= repeat('x', 255)",
		"= repeat('x', 256)",
		"= repeat('9', 200)",
		"= E'\\u00ad\\u202e'",
		q('"\\$%s%n),
		'%',
		'{',
		'[]',
		'NaN',
		'-1',
		'null',
		'eur',
		'E' x 3,
		"= repeat('x', 70)",
		'x; DROP TABLE orders',
		"= chr(304) || chr(223)"
	],
	'timestamp with time zone' => [
		'infinity',
		'-infinity',
		'4714-11-24 00:00+00 BC',
		'294276-12-31 23:59:59.999999+00',
		'1970-01-01 00:00+00',
		'1969-12-31 23:59:59.999+00',
		'10889-08-02 05:31:50.655+00',
		'10889-08-02 05:31:50.656+00',
		'2100-01-01 00:00+00',
		'1900-01-01 00:00+00',
		'2025-03-30 01:00:00.0005+00',
		'0001-01-01 00:00+00 BC'
	],
	'uuid' => \@uuids,
	'xml'  =>
	  [ '', 'x', '<a/>', '<a><b>1</b><b/></a>', '<?xml version="1.0"?><a/>' ]
);

# Rare, because they take time
my %huge = (
	'bytea' => ["= decode(repeat('00', 10000000), 'hex')"],
	'text'  => [
		"= repeat('x', 10000000)",
		"= repeat('1', 10000000)",
		"= repeat(' ', 10000000)",
		"= repeat('{[', 5000000)"
	]);

sub sql
{
	my ($value, $type) = @_;
	return $value =~ /^= (.*)/s ? "($1)::$type" : quote($value) . "::$type";
}

# Values that exist under the name of an argument, or of a part of it
sub existing
{
	my ($tenant, $name, $type) = @_;
	for (my $part = $name; $part ne ''; $part =~ s/^[a-z0-9]+_?//)
	{
		my ($own, $shared) = map {
			[
				@{ $values{$_}{"$part $type"}      // [] },
				@{ $values{$_}{"${part}_id $type"} // [] }
			]
		} $tenant, '';
		return @$own    if @$own && (!@$shared || chance(0.9));
		return @$shared if @$shared;
	}
	return;
}

sub plausible
{
	my ($name, $type) = @_;
	return quote($name eq 'tenant_id' ? 1 : pick(1, 2)) . '::integer'
	  if $name =~ /tenant/;
	return json_argument($name, 0) if $type eq 'jsonb';
	if ($type =~ /^(.*)\[\]$/)
	{
		my $of = $1;
		my @elements =
		  map { plausible($name =~ s/s$//r, $of) } 1 .. pick(1, 1, 2, 3);
		return 'ARRAY[' . join(', ', @elements) . "]::$type";
	}
	my @there = existing(1, $name, $type);
	return sql(@there
		  && chance(0.9) ? pick(@there) : pick(@{ $usual{$type} }), $type);
}

sub odd
{
	my ($name, $type) = @_;
	return "NULL::$type" if chance(0.15);
	return quote(pick((1) x 6, 0, -1, 2, 2, 3, 2147483647)) . '::integer'
	  if $name eq 'tenant_id';
	return json_argument($name, 1) if $type eq 'jsonb';
	if ($type =~ /^(.*)\[\]$/)
	{
		my $of       = $1;
		my $element  = plausible($name =~ s/s$//r, $of);
		my $other    = odd($name       =~ s/s$//r, $of);
		my $elements = chance(0.05) ? 100_000 : 100;
		return pick(
			quote('{}') . "::$type",
			"ARRAY[NULL]::$type",
			"ARRAY[$element, NULL, $element]::$type",
			"ARRAY[$other]::$type",
			"ARRAY[$other, $element]::$type",
			"array_fill($element, '{2,2}')",
			"array_fill($element, '{2}', '{0}')",
			"array_fill($element, '{2}', '{2147483640}')",
			"array_fill($element, '{$elements}')");
	}
	return sql(pick(@{ $huge{$type} }), $type)
	  if $huge{$type} && chance(0.01);

	# What exists, but elsewhere: of the other tenant, of another kind
	my @there = existing(2, $name, $type);
	return sql(pick(@there), $type) if @there && chance(0.3);
	my $kind = pick(grep { / \Q$type\E$/ } sort keys %{ $values{1} });
	return sql(pick(@{ $values{1}{$kind} }), $type) if $kind && chance(0.3);
	return sql(pick(@{ $odd{$type} }),       $type);
}

#
# JSON
#

# Arguments whose JSON has a structure.  A key with "!" is always there, "a|b" is
# one of both.  A leaf is the type of its value, which is plausible for its key.
# Arguments that are not here are objects of any kind.
my %adjustment = (
	'amount|percent!' => 'numeric',
	base              => 'numeric',
	reason            => 'text',
	reason_code       => 'text');
my %allowance = (%adjustment, vat_category => 'text', vat_rate => 'numeric');
my %charge    = (
	%allowance,
	kind => [ 'shipping', 'fee' ],
	name => 'text',
	vat  => [ 'proportional', 'highest', 'fixed' ]);
my $address = {
	'country!' => 'text',
	map { $_ => 'text' }
	  qw(first_name last_name company address_line_1 address_line_2 city state
	  postal_code phone vat_id)
};
my %documents = (
	items => [
		{
			'sku|product_id!' => { sku => 'text', product_id => 'uuid' },
			'quantity!'       => 'integer',
			unit_price        => 'numeric'
		}
	],
	'return_stock.items' => [
		{
			'sku|product_id!' => { sku => 'text', product_id => 'uuid' },
			'quantity!'       => 'integer',
			warehouse_id      => 'integer',
			restock           => 'boolean'
		}
	],
	map({ $_ => [
				{
					'sku|product_id|line_number!' => {
						sku         => 'text',
						product_id  => 'uuid',
						line_number => 'integer'
					},
					'quantity!' => 'integer',
					$_ eq 'request_return.items'
					? (reason => [ 'damaged', 'other' ])
					: ()
				}
		] }
		qw(create_shipment.items replace_shipment.items request_return.items)
	),
	map({ $_ => [
				{
					'sku|product_id|line_number!' => {
						sku         => 'text',
						product_id  => 'uuid',
						line_number => 'integer'
					},
					'back_to_stock!' => 'integer',
					written_off      => 'integer',
					warehouse_id     => 'integer'
				}
	] } qw(receive_return.items return_shipment.items)),
	'refund_order.items' => [
		{
			'sku|product_id|line_number!' => {
				sku         => 'text',
				product_id  => 'uuid',
				line_number => 'integer'
			},
			quantity => 'integer',
			amount   => 'numeric'
		}
	],
	allowances       => [ \%allowance ],
	charges          => [ \%charge ],
	shipping_address => $address,
	billing_address  => $address,
	document         => {
		'currency!' => ['EUR'],
		prices      => [ 'net', 'gross' ],
		'lines!'    => [
			{
				line          => 'integer',
				'quantity!'   => 'numeric',
				'unit_price!' => 'numeric',
				base_quantity => 'numeric',
				vat_category  => 'text',
				'vat_rate!'   => 'numeric',
				net           => 'numeric',
				allowances    => [ \%adjustment ],
				charges       => [ \%adjustment ]
			}
		],
		allowances => [ { %allowance, 'vat_rate!' => 'numeric' } ],
		charges    => [ { %charge,    'vat_rate!' => 'numeric' } ],
		prepaid                  => 'numeric',
		'rounding|cash_rounding' => 'numeric',
		vat                      => [
			{
				'category!' => [ 'S', 'Z', 'E', 'O' ],
				'rate!'     => 'numeric',
				taxable     => 'numeric',
				tax         => 'numeric',
				exemption   => 'text'
			}
		],
		totals => {
			map { $_ => 'numeric' }
			  qw(lines allowances charges net vat gross prepaid rounding payable)
		}
	});

my @odd_json = (
	'null',             'true',
	'false',            '0',
	'-1',               '1',
	'0.5',              '1.005',
	'1e17',             '1e400',
	'-1e400',           '1e131071',
	'1e-16000',         '99999999999999999999999999999999999999999',
	'2147483648',       '9223372036854775808',
	'""',               '" "',
	'"1"',              '"1.5"',
	'"1e400"',          '"NaN"',
	'"Infinity"',       '"-0"',
	'"0x10"',           '"\u0001\u001f"',
	'"\n\t\\\\"',       '"\u20ac\ud83d\ude00"',
	'"\u0000"',         '"\ud800"',
	'"S"',              '"O"',
	'[]',               '[[]]',
	'[[[]],{}]',        '{}',
	'[null]',           '{"":null}',
	'{"a":{"b":[{}]}}', '"null"',
	'"infinity"',       '"2025-02-14"',
	'"eur"',            '[1,"1"]');

# Pieces of JSON that are too long for a text of their own: SQL by its mark
my %long;

sub long
{
	my ($sql) = @_;
	my $mark = '@' . (keys %long) . '@';
	$long{$mark} = $sql;
	return $mark;
}

# A plausible value of a structure; its leaves are JSON text.
sub json_value
{
	my ($structure, $key) = @_;
	if (ref $structure eq 'HASH')
	{
		my %value;
		my $given = pick(0, 0, 0.2, 0.5);
		for my $names (sort keys %$structure)
		{
			my $name = pick(split /\|/, $names =~ s/!$//r);
			my $of   = $structure->{$names};
			$of = $of->{$name} if $names =~ /\|/ && ref $of;
			$value{$name} = json_value($of, $name)
			  if $names =~ /!$/ || chance($given);
		}
		return \%value;
	}
	if (ref $structure eq 'ARRAY' && ref $structure->[0])
	{
		return [ map { json_value($structure->[0], $key) }
			  1 .. pick(1, 1, 2, 3) ];
	}
	if (my ($of) = $structure =~ /(.*)\[\]$/)
	{
		return [ json_value($of, $key =~ s/s$//r) ];
	}
	my @there = ref $structure ? @$structure : existing(1, $key, $structure);
	@there = @{ $usual{$structure} } unless @there;
	my $value = pick(@there);
	return pick(1, 2, 3, 5) if $key eq 'quantity';
	return $value
	  if !ref $structure
	  && $structure =~ /^(?:integer|numeric|boolean|jsonb)$/
	  && chance(0.9);
	$value =~ s/(["\\])/\\$1/g;
	$value =~ s/([\0-\x1f])/sprintf '\\u%04x', ord $1/ge;
	return qq("$value");
}

# A key whose name ends with a zero is another one of the same name.
sub json_text
{
	my ($value) = @_;
	return '[' . join(',', map { json_text($_) } @$value) . ']'
	  if ref $value eq 'ARRAY';
	return '{'
	  . join(',',
		map { '"' . s/\0+$//r . '":' . json_text($value->{$_}) }
		sort keys %$value)
	  . '}'
	  if ref $value eq 'HASH';
	return $value;
}

sub odd_json
{
	return long(q{to_json(repeat('x', 10000000))}) if chance(0.002);
	return long(q{repeat('9', 100000)})            if chance(0.002);
	if (chance(0.02))
	{
		my $depth = pick(10, 100, 1000, 5000);
		return long("repeat('[', $depth) || repeat(']', $depth)");
	}
	return pick(@odd_json);
}

# Change something, anywhere in a value.
sub change_json
{
	my ($value) = @_;
	return odd_json() if !ref $value || chance(0.1);
	if (ref $value eq 'ARRAY')
	{
		return $value if !@$value;
		my $at = int rand @$value;
		if (!%long && chance(0.2))
		{
			my $times = chance(0.02) ? 100_000 : 100;
			my $text  = quote(json_text($value->[$at]));
			return [ long("repeat($text || ',', $times - 1) || $text") ];
		}
		if (chance(0.1))
		{
			push @$value, $value->[$at];
			return $value;
		}
		$value->[$at] = change_json($value->[$at]);
		return $value;
	}
	my @keys = sort keys %$value;
	my $what = rand;
	if (!@keys || $what < 0.1)
	{
		$value->{ pick('', 'unknown', 'a\u0001b', 'Sku', @keys) . "\0" } =
		  odd_json();
	}
	elsif ($what < 0.2)
	{
		delete $value->{ pick(@keys) };
	}
	else
	{
		my $key = pick(@keys);
		$value->{$key} = change_json($value->{$key});
	}
	return $value;
}

# The JSON of an argument.  "orders" are objects of the arguments of
# place_order(), as other arguments of that kind would be.
sub json_argument
{
	my ($name, $odd) = @_;
	my %order = map { $_->{name} => $documents{ $_->{name} } || $_->{type} }
	  grep { $_->{name} ne 'tenant_id' } @{ $arguments{place_order} };
	$order{'items!'} = delete $order{items};
	my $structure =
		 $documents{"$called.$name"}
	  || $documents{$name}
	  || ($name eq 'order' ? \%order : { note => 'text', n => 'integer' });
	%long = ();
	my $value = json_value($structure, $name);
	if ($odd)
	{
		return quote(pick(@odd_json)) . '::jsonb' if chance(0.15);
		$value = change_json($value) for 1 .. pick(1, 1, 1, 2);
	}
	my $sql = quote(json_text($value));
	$sql = "replace($sql, '$_', ($long{$_})::text)"
	  for reverse sort keys %long;
	return "($sql)::jsonb";
}

#
# Calls
#

# What may be called, and its arguments
sub read_catalog
{
	@functions = ();
	my $rows = $admin->selectall_arrayref(
		q{
SELECT proname, oid::regprocedure::text AS signature, prokind AS kind,
	proretset AS many,
	prorettype = 'trigger'::regtype AS is_trigger,
	ARRAY(SELECT format_type(type, NULL)
		FROM unnest(proargtypes) WITH ORDINALITY AS a (type, n) ORDER BY n) AS types,
	ARRAY(SELECT pg_get_function_arg_default(oid, n::integer)
		FROM generate_series(1, pronargs) AS n ORDER BY n) AS defaults,
	ARRAY(SELECT name
		FROM unnest(proargnames, proargmodes) WITH ORDINALITY AS a (name, mode, n)
		WHERE coalesce(mode, 'i') IN ('i', 'b', 'v') ORDER BY n) AS names
FROM pg_proc
WHERE pronamespace::regnamespace::text IN ('ecommerce', 'ecommerce_internal')
AND 'internal'::regtype <> ALL (proargtypes)
ORDER BY oid::regprocedure::text COLLATE "C"}, { Slice => {} });
	for my $f (@$rows)
	{
		$f->{arguments} = [
			map {
				{
					name    => $f->{names}[$_] // '',
					type    => $f->{types}[$_],
					default => $f->{defaults}[$_]
				}
			} 0 .. $#{ $f->{types} }
		];
		$arguments{ $f->{proname} } = $f->{arguments};

		# A step of other functions, which choose the tenant; after it alone the
		# books are half done.
		$f->{is_step} =
		  grep { $_->{name} eq 'tenant_id' && !defined $_->{default} }
		  @{ $f->{arguments} };

		# What has more arguments has more that can be wrong.
		push @functions, ($f) x (1 + @{ $f->{arguments} });
	}
	return;
}

# Arguments for one call: some odd, and some that have a default left out
sub make_arguments
{
	my ($f, $all) = @_;
	my @arguments = @{ $f->{arguments} };
	my $odd   = min(pick(0, 0, 1, 1, 1, 1, 2, 2, 3, 20), scalar @arguments);
	my %odd   = map { $_ => 1 } (shuffle 0 .. $#arguments)[ 0 .. $odd - 1 ];
	my $given = pick(0, 0.1, 0.3, 0.6);
	my @made;
	for my $i (0 .. $#arguments)
	{
		my ($name, $type, $default) =
		  @{ $arguments[$i] }{qw(name type default)};
		my $left_out =
		  defined $default && !$odd{$i} && !chance($i ? $given : 0.8);
		next if $left_out && !$all;
		push @made,
		  {
			name => $name,
			sql => $left_out ? $default
			: $odd{$i} ? odd($name, $type)
			:            plausible($name, $type)
		  };
	}
	return @made;
}

# One call as SQL.  Values of a materialized query come as they come from a
# table: with short headers, and a row after the other.
sub make_call
{
	my ($f) = @_;
	my $name = $f->{signature} =~ s/\(.*//r;
	$called = $f->{proname};
	my $positional =
	  $f->{kind} =~ /[aw]/ || grep { $_->{name} eq '' } @{ $f->{arguments} };
	my $list = sub {
		join ', ',
		  map { $positional ? $_->{sql} : "$_->{name} => $_->{sql}" } @_;
	};
	if (@{ $f->{arguments} }
		&& ($f->{kind} =~ /[aw]/ || $f->{kind} eq 'f' && chance(0.2)))
	{
		my @rows = map { [ make_arguments($f, 1) ] } 1 .. pick(1, 2, 2, 3);
		my $n    = 0;
		my $columns =
		  $list->(map { { name => $_->{name}, sql => 'v.c' . ++$n } }
			  @{ $rows[0] });
		my $with = sprintf 'WITH v (%s) AS MATERIALIZED (VALUES %s)',
		  join(', ', map { "c$_" } 1 .. $n), join(
			', ',
			map {
				'('
				  . join(', ', map { $_->{sql} } @$_) . ')'
			} @rows);
		my $over =
			$f->{kind} eq 'w' ? ' OVER ()'
		  : $f->{kind} eq 'a'
		  ? pick('', '', ' OVER (ROWS 1 PRECEDING)', ' FILTER (WHERE false)')
		  : '';
		return "$with SELECT $name($columns)$over FROM v";
	}
	my $call = "$name(" . $list->(make_arguments($f, $positional)) . ')';
	return "CALL $call" if $f->{kind} eq 'p';
	my $limit = $f->{many}        && chance(0.3) ? ' LIMIT 1' : '';
	my $from  = !$f->{is_trigger} && chance(0.3) ? '* FROM '  : '';
	return "SELECT $from$call$limit";
}

# What is in the tables, as values for arguments of the same name
sub read_values
{
	my %type = map { $_->{type} =~ s/\[\]$//r => 1 }
	  map { @{ $_->{arguments} } } @functions;
	my @types = sort keys %type;
	my $parts = $admin->selectcol_arrayref(
		q{
SELECT format('(SELECT DISTINCT %1$L, %2$L, %3$L, %4$L, %3$I::text FROM %5$s
		WHERE length(%3$I::text) < 100 %6$s ORDER BY 5 DESC LIMIT 40)',
	tenant, relname, attname, format_type(atttypid, NULL), c.oid::regclass,
	CASE WHEN tenant <> '' THEN 'AND tenant_id = ' || tenant END)
FROM pg_class c JOIN pg_attribute ON attrelid = c.oid AND attnum > 0
JOIN unnest('{1,2,""}'::text[]) AS t (tenant) ON (tenant = '') = NOT EXISTS (
	SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')
WHERE relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
AND relkind IN ('r', 'p')
AND NOT relispartition AND NOT attisdropped
AND format_type(atttypid, NULL) = ANY (?)
ORDER BY relname, attnum, tenant}, undef, \@types);
	my $rows = $admin->selectall_arrayref(join "\nUNION ALL\n", @$parts);
	%values = ();
	for my $row (@$rows)
	{
		my ($tenant, $table, $column, $type, $value) = @$row;
		push @{ $values{$tenant}{"$column $type"} }, $value;
		next unless $column eq 'id';
		my $one = $table =~ s/ies$/y/r =~ s/s$//r;
		for (my $name = $one; $name ne ''; $name =~ s/^[^_]*_?//)
		{
			push @{ $values{$tenant}{"${name}_id $type"} }, $value;
		}
	}
	push @{ $values{1}{'code text'} }, $card;
	push @{ $values{2}{'code text'} }, 'CARD-OF-OTHER';
	for my $of (values %values)
	{
		@$_ = uniq @$_ for values %$of;
	}
	return;
}

# What calls use up: stock, carts, reservations, cards, orders to return and refund
my $supplies = q{
SELECT ecommerce.adjust_stock(p.id, 10000, 'receipt', tenant_id => 1)
FROM ecommerce.products p WHERE tenant_id = 1 AND deleted_at IS NULL
AND (SELECT sum(available) FROM ecommerce.stock s
	WHERE (s.tenant_id, s.product_id) = (1, p.id)) < 10000;
WITH cart AS (
	INSERT INTO ecommerce.carts (tenant_id, session_id)
	SELECT 1, gen_random_uuid() FROM generate_series(1, 10) RETURNING id)
INSERT INTO ecommerce.cart_items (tenant_id, cart_id, product_id, quantity)
SELECT 1, cart.id, p.id, 1 FROM cart, ecommerce.products p
WHERE p.tenant_id = 1 AND p.sku = 'FIG';
SELECT ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 2}]', ttl => '30 days',
	tenant_id => 1) FROM generate_series(1, 10);
SELECT ecommerce.issue_gift_card(1000, code => 'CARD', tenant_id => 1);
WITH placed AS MATERIALIZED (
	SELECT (ecommerce.place_order('[{"sku": "FIG", "quantity": 9}]', tenant_id => 1)).id
	FROM generate_series(1, 10))
SELECT ecommerce.redeem_gift_card('CARD', id, 20, tenant_id => 1),
	ecommerce.transition_order(id, 'processing', tenant_id => 1),
	ecommerce.transition_order(id, 'shipped', tenant_id => 1) FROM placed;
};

my $more = q{
INSERT INTO ecommerce.warehouses (tenant_id, id, name, priority)
VALUES (1, 2, 'Second', 200);
SELECT ecommerce.issue_gift_card(1000, code => 'CARD-OF-OTHER', tenant_id => 2);
SELECT ecommerce.reserve_stock('[{"sku": "PEN", "quantity": 1}]', ttl => '1 day', tenant_id => 2);
INSERT INTO ecommerce.coupons (tenant_id, code, kind, value, max_redemptions)
VALUES (2, 'OTHER', 'percent', 10, 100);
INSERT INTO ecommerce.carts (tenant_id, session_id) VALUES (2, 's');
INSERT INTO ecommerce.cart_items (tenant_id, cart_id, product_id, quantity)
SELECT 2, c.id, p.id, 1 FROM ecommerce.carts c, ecommerce.products p
WHERE c.tenant_id = 2 AND p.tenant_id = 2;
};

#
# The server, and what it says
#

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf(
	'postgresql.conf', q{
restart_after_crash = on
log_line_prefix = '%e %d '
log_error_verbosity = terse
log_min_messages = warning
log_min_error_statement = panic
log_statement = none
});
$node->start;
$node->safe_psql('postgres',
	'CREATE ROLE owner LOGIN; CREATE ROLE storefront LOGIN; CREATE ROLE somebody'
);

sub connect_as
{
	my ($db, $role) = @_;
	for (1 .. 600)
	{
		my $connection = DBI->connect(
			sprintf(
				'dbi:Pg:host=%s;port=%d;dbname=%s',
				$node->host, $node->port, $db),
			$role, '',
			{ RaiseError => 0, PrintError => 0, PrintWarn => 0 });
		return $connection if $connection;
		usleep(100_000);
	}
	die "no connection to $db: " . DBI->errstr;
}

sub connect_admin
{
	my ($db) = @_;
	$admin = connect_as($db, $node->safe_psql($db, 'SELECT current_user'));
	$admin->{RaiseError} = 1;
	$admin->do("SET timezone = 'UTC'");
	return;
}

# Send a statement; its SQLSTATE, empty for success.
sub send_sql
{
	my ($f, $sql) = @_;
	push @script, $sql;
	return '' if defined $dbh->do($sql);
	my ($state, $error) = ($dbh->state, $dbh->errstr // '');
	my $lost = !$dbh->ping;
	note_failure($f, "$state $error")
	  if $lost || $state =~ /^(?:XX|58|57|08)/;
	return $lost ? 'lost' : $state;
}

sub note_failure
{
	my ($f, $error) = @_;
	my $what = $f->{signature} . ': ' . substr($error, 0, 300) =~ s/\s+/ /gr;
	my $failure = $failure{ $what =~ s/\d+/N/gr } //=
	  { text => join("\n", $what, map { "    $_;" } @script), times => 0 };
	$failure->{times}++;
	return;
}

# One function, in the transaction that there is
sub call
{
	my ($f, $prefix) = @_;
	my $sql   = make_call($f);
	my $state = send_sql($f, ($prefix // '') . $sql);
	$summary{ $f->{signature} }{ $state || 'ok' }++;
	note_failure($f, "a trigger function answers '$state'")
	  if $f->{is_trigger} && $state !~ /^(?:0A000|39P01|lost)$/;
	return $state;
}

my $begin_as = 'SELECT ecommerce.use_tenant(1)';

# Some calls of their own, some in a transaction and savepoints of it.  About
# half of them end in a rollback.  Returns how many were made.  Who may write
# the tables may also do half of what the books need: that is not kept.
sub some_calls
{
	my ($limit, $writes) = @_;
	@script = ();
	my $f = pick(@functions);
	if (chance(0.25) && !($writes && $f->{is_step}))
	{
		call($f, pick('', "$begin_as; "));
		return 1;
	}
	my $made  = 0;
	my $level = pick(
		('READ COMMITTED') x 6,
		'REPEATABLE READ',
		'SERIALIZABLE', 'READ COMMITTED, READ ONLY');
	send_sql($f, "BEGIN ISOLATION LEVEL $level");
	send_sql($f, $begin_as);
	for (1 .. min($limit, pick(1, 2, 4, 8)))
	{
		$f = pick(@functions);
		my $undo      = $writes && $f->{is_step};
		my $savepoint = $undo || chance(0.8);
		send_sql($f, 'SAVEPOINT s') if $savepoint;
		my $state = call($f);
		$made++;
		return $made if $state eq 'lost';
		if ($savepoint)
		{
			$state ||= send_sql($f,
				'SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED')
			  if chance(0.2);
			send_sql($f,
				$state || $undo || chance(0.25)
				? 'ROLLBACK TO s'
				: 'RELEASE s');
		}
		last if $state && !$savepoint;
	}
	my $state = send_sql($f, pick('COMMIT', 'COMMIT', 'ROLLBACK'));
	$summary{'COMMIT or ROLLBACK'}{ $state || 'ok' }++;
	return $made;
}

# Rows of tenant 2 in every table, but for searches, which its owner may forget for all tenants
sub rows_of_other
{
	my ($db) = @_;
	return $node->safe_psql(
		$db, q{
SET timezone = 'UTC';
SELECT format('SELECT %L, count(*), md5(coalesce(string_agg(t::text, E''\n''
	ORDER BY t::text COLLATE "C"), '''')) FROM %s t WHERE %I = 2',
	relname, c.oid::regclass, attname)
FROM pg_class c JOIN pg_attribute ON attrelid = c.oid
	AND attname = CASE relname WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END
WHERE relnamespace::regnamespace::text IN ('ecommerce', 'ecommerce_partitions')
AND relkind IN ('r', 'p')
AND NOT relispartition
AND relname <> 'search_history'
ORDER BY relname COLLATE "C" \gexec
});
}

# All calls of one role
sub run
{
	my ($role, $db, $number) = @_;
	my $user = $role eq 'superuser' ? undef : $role;
	%failure = %summary = ();
	$node->safe_psql($db, $more);
	$node->safe_psql('postgres',
		"ALTER DATABASE $db SET statement_timeout = '10s'");
	connect_admin($db);
	$admin->do('SET statement_timeout = 0');
	$user //= $admin->{pg_user};
	$dbh = connect_as($db, $user);
	read_catalog();
	my %type =
	  map { $_->{type} => 1 } map { @{ $_->{arguments} } } @functions;
	is( join(' ',
			grep { !$odd{s/\[\]$//r} && !/^jsonb(?:\[\])?$/ }
			sort keys %type),
		'',
		"$role: there are values for every type of an argument");
	my $other = rows_of_other($db);
	my $begin = time;

	for (my ($made, $next) = (0, 0); $made < $number;)
	{
		if ($made >= $next)
		{
			# hard to guess enough to be issued
			$card = sprintf 'X7%02dK-%02dQ%02dMW', unpack 'A2 A2 A2',
			  sprintf '%06d', $made;
			$admin->do($supplies =~ s/CARD/$card/gr);
			read_values();
			$next += 500;
		}
		$made += some_calls($number - $made, $role ne 'storefront');
		next if $dbh->ping;
		$dbh = connect_as($db, $user);
		connect_admin($db);
		$admin->do('SET statement_timeout = 0');
	}
	$dbh->disconnect;
	note sprintf '%s: %d calls took %.1f s', $role, $number, time - $begin;

	my ($all, $ok) = (0, 0);
	for my $signature (sort keys %summary)
	{
		my %states = %{ $summary{$signature} };
		my $sum    = 0;
		$sum += $_ for values %states;
		my $good = delete $states{ok} // 0;
		note sprintf '%s: %d calls, %d ok%s', $signature, $sum, $good,
		  join '', map { ", $_ $states{$_}" } sort keys %states;
		$all += $sum;
		$ok  += $good;
	}
	cmp_ok($ok / $all, '>', 0.2, "$role: many calls get through");
	is(scalar keys %failure, 0, "$role: every call was answered in order");
	diag("$failure{$_}{times} times: $failure{$_}{text}")
	  foreach sort keys %failure;
	is($node->safe_psql($db, 'SELECT * FROM ecommerce.verify_integrity()'),
		'', "$role: the books balance");
	same_text(rows_of_other($db), $other,
		"$role: tenant 2 is as it was before")
	  if $role ne 'superuser';
	$admin->disconnect;
	return;
}

# An ordinary role has a shop; the storefront's is a copy of it.
$node->safe_psql('postgres',
	'CREATE DATABASE owner; GRANT CREATE ON DATABASE owner TO owner');
$node->safe_psql(
	'owner',
	'CREATE EXTENSION ecommerce',
	extra_params => [ '-U', 'owner' ]);
fill_shop($node, 'owner');
$node->safe_psql('postgres', 'CREATE DATABASE storefront TEMPLATE owner');
$node->safe_psql(
	'storefront', q{
GRANT USAGE ON SCHEMA ecommerce TO storefront;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ecommerce, ecommerce_internal TO storefront;
ALTER ROLE storefront SET ecommerce.tenant = 1;
});
make_shop($node, 'superuser');

my $each = int($calls / 3) + 1;
run('superuser',  'superuser',  $each);
run('owner',      'owner',      $each);
run('storefront', 'storefront', $each);

$node->stop;
my @log = grep { /PANIC|TRAP|signal \d|WARNING/ } split /\n/,
  slurp_file($node->logfile);
splice @log, 20 if @log > 20;
is(join("\n", map { substr $_, 0, 300 } @log),
	'', 'the server warned of nothing');
done_testing();
