#!/usr/bin/perl
# Writes the reference, a page for each topic, from the comments in the catalog:
#
#   scripts/throwaway.sh -r docs/reference scripts/reference.pl docs/reference
#
# An object belongs to the topic in whose files its comment stands, and comes
# where it comes there.  What begins with the name of an argument or a column
# tells what that is; what begins with "Error" tells of SQLSTATEs.
use strict;
use warnings;

use Cwd qw(realpath);
use FindBin;
use JSON::PP;

my $target = realpath(shift // die "usage: reference.pl directory\n")
  // die "no such directory\n";
chdir "$FindBin::RealBin/.." or die "no tree: $!\n";

my $edited = "<!-- Made by scripts/reference.pl (make docs) from the comments"
  . " in sql/: do not edit. -->\n";
my %volatility = (i => 'Immutable', s => 'Stable', v => 'Volatile');
my %kinds      = (
	p => 'Partitioned by time',
	v => 'View',
	m => 'Materialized view');
# What these are is the same wherever they are.
my %everywhere = (
	tenant_id       => 'the tenant',
	product_id      => 'the product',
	sku             => 'the product, by its SKU',
	order_id        => 'the order',
	warehouse_id    => 'the warehouse',
	idempotency_key =>
	  'makes a retry safe: the same request under the same key is done once');

my @topics  = grep { !/^#/ } split /\n/, slurp('sql/topics');
my $catalog = catalog();
my %errors  = errors();
my %objects;    # topic => [functions or relations]
my %page;       # name => topic
my %column = map {
	my $relation = $_;
	map { ("$relation->{name}.$_->{name}" => 1) } @{ $relation->{columns} }
} @{ $catalog->{relations} };
my %callers = map { $_->{name} => $_ } @{ $catalog->{callers} };

place_objects();
for my $topic (grep { $objects{$_} } @topics)
{
	spew("$topic.md", page($topic));
}
spew('README.md', contents());

sub slurp
{
	my ($file) = @_;
	open my $handle, '<', $file or die "$file: $!\n";
	local $/ = undef;
	return scalar <$handle>;
}

sub spew
{
	my ($file, $text) = @_;
	open my $handle, '>', "$target/$file" or die "$target/$file: $!\n";
	print $handle $text;
	close $handle or die "$target/$file: $!\n";
	return;
}

sub catalog
{
	my $psql = 'psql -X -A -t -q -v ON_ERROR_STOP=1';
	my $json =
	  `$psql -c 'CREATE EXTENSION ecommerce' -f scripts/reference.sql`;
	die "no catalog\n" if $?;
	return decode_json($json);
}

# SQLSTATEs of our own with their sentences, PostgreSQL's with their names.
sub errors
{
	my %sentences = slurp('src/errors.txt') =~ /^(EC\d{3}) [A-Z_]+ (.*)$/mg;
	chomp(my $share = `\${PG_CONFIG:-pg_config} --sharedir`);
	my %names = slurp("$share/errcodes.txt") =~
	  /^(\w{5})\s+E\s+ERRCODE_\w+\s+([a-z_]+)$/mg;
	return (%sentences, map { $_ => "`$names{$_}`" } keys %names);
}

# The names of what a topic's files comment on, in their order.
sub commented
{
	my ($directory) = @_;
	my (%seen, @names);
	for my $part (
		qw(types internal functions matrix problems tables after finish))
	{
		for my $file (grep { -f }
			glob "sql/$directory/$part.sql sql/$directory/${part}_*.sql")
		{
			my $sql = slurp($file);
			push @names, grep { !$seen{$_}++ }
			  map { s/\s+/ /gr =~ s/, /,/gr }
			  map { s/timestamptz/timestamp with time zone/gr }
			  $sql =~
			  /^COMMENT\ ON\ (?:FUNCTION|AGGREGATE|(?:MATERIALIZED\ )?VIEW|TABLE)
				\ (ecommerce\.\w+(?:\([^)]*\))?)/mgx;
		}
	}
	return @names;
}

sub place_objects
{
	my %known = (
		(map { $_->{key} => $_ } @{ $catalog->{functions} }),
		(map { ("ecommerce.$_->{name}" => $_) } @{ $catalog->{relations} }));
	for my $topic (@topics)
	{
		# install() is made of all topics; it is called to run a shop.
		my @names = (
			commented($topic),
			$topic eq 'operation' ? commented('install') : ());
		for my $name (@names)
		{
			my $object = delete $known{$name}
			  // die "$topic comments on an unknown $name\n";
			push @{ $objects{$topic} }, $object;
			$page{ $object->{name} } = $topic;
		}
	}
	die "no topic comments on $_\n" for sort keys %known;
	return;
}

sub functions
{
	return grep { $_->{key} } @{ $objects{ $_[0] } // [] };
}

sub relations
{
	return grep { $_->{kind} } @{ $objects{ $_[0] } // [] };
}

sub link_to
{
	my ($name, $topic, $text) = @_;
	my $file = $page{$name} eq $topic ? '' : "$page{$name}.md";
	return '[' . ($text // "`$name`") . "]($file#$name)";
}

# Text of a comment as Markdown: JSON and names as code, known names as links.
sub prose
{
	my ($text, $topic, $self) = @_;
	my $markdown = '';
	while (
		$text =~ /\G(?:
			(?<json> \[?(?<object>\{(?:[^{}]|(?&object))*\})\]?) |
			(?<guide> docs\/\w+\.md) |
			(?<name> (?<![\w.])(?!e\.g)[a-z][a-z0-9]*(?:(?:_[a-z0-9]+)+|(?=\(\)|\.[a-z])))
				(?<rest> (?:\.(?<column>[a-z_]+))?(?:\([a-z_,.\ ]*\))?) |
			(?<other> .[^\[\{a-z]*) )/sgx)
	{
		my %token = %+;
		if (defined $token{json})
		{
			$markdown .=
			  length $token{json} > 150
			  ? block($token{json})
			  : "`$token{json}`";
		}
		elsif (defined $token{guide})
		{
			my ($file) = $token{guide} =~ /(\w+\.md)/;
			$markdown .= "[$file](../$file)";
		}
		elsif (defined $token{name})
		{
			my $code = "`$token{name}$token{rest}`";
			my $linked =
				 $page{ $token{name} }
			  && $token{name} ne $self
			  && (!defined $token{column}
				|| $column{"$token{name}.$token{column}"});
			$markdown .=
			  $linked ? link_to($token{name}, $topic, $code) : $code;
		}
		else
		{
			$markdown .= $token{other} =~ s/([*\\])/\\$1/gr =~ s/</&lt;/gr;
		}
	}
	return $markdown =~ s/(?<=```\n)\.//gr =~ s/ +\n/\n/gr;
}

# A long document, in lines that end after a member.
sub block
{
	my ($json) = @_;
	my @lines = ('');
	for my $member (split /(?<=,) (?=["\[\{])/, $json)
	{
		push @lines, ' ' if length("$lines[-1] $member") > 88;
		$lines[-1] .= ($lines[-1] =~ /\S/ ? ' ' : '') . $member;
	}
	return "\n```text\n" . join("\n", @lines) . "\n```\n";
}

sub cell
{
	my ($text) = @_;
	return ($text // '') =~ s/\|/\\|/gr;
}

# A table without the columns that are empty in all of its rows.
sub table
{
	my ($heads, @rows) = @_;
	my @kept = grep {
		my $n = $_;
		grep { length($_->[$n] // '') } @rows
	} 0 .. $#$heads;
	return join '', map {
		'| ' . join(' | ', map { cell($_) } @$_) . " |\n"
	  }[ @$heads[@kept] ], [ map { '---' } @kept ],
	  map { [ @$_[@kept] ] } @rows;
}

sub code
{
	my ($text) = @_;
	return defined $text && length $text ? "`$text`" : '';
}

sub type
{
	my ($type) = @_;
	return $type =~ s/timestamp with time zone/timestamptz/gr =~
	  s/^ecommerce\.//r;
}

# A default without what only the parser needs.
sub fallback
{
	my ($text) = @_;
	return undef unless defined $text;
	$text = $1 if $text =~ /^\((.*)\)$/;
	$text =~ s/(NULL|'(?:[^']|'')*')::[a-z ]+(?:\[\])?/$1/g;
	return $text =~ s/^ecommerce\.//r;
}

sub sentences
{
	my ($comment) = @_;
	return split /(?<!e\.g\.)(?<!\bArt\.)(?<=\.) +/, $comment // '';
}

# Moves those sentences that begin with names into what they tell of these.
sub explain
{
	my ($sentences, $fields) = @_;
	my %field = map { $_->{name} => $_ } @$fields;
	my @rest;
	for my $sentence (@$sentences)
	{
		my ($names) =
		  $sentence =~ /^((?:[a-z]\w*(?:, (?:and )?| and ))*[a-z]\w*)\b/;
		my @names = split /, (?:and )?| and /, $names // '';
		if (@names && !grep { !$field{$_} } @names)
		{
			my $text = $sentence =~ s/^\Q$names\E(?:: | is | are )//r;

			push @{ $field{$_}{told} }, $text for @names;
		}
		else
		{
			push @rest, $sentence;
		}
	}
	@$sentences = @rest;
	return;
}

# Takes the sentences about errors out, and makes a table of all SQLSTATEs.
sub error_table
{
	my ($sentences, $topic, $self) = @_;
	my $code = qr/\b(?:EC\d{3}|[02-5][0-9A-Z]{4})\b/;
	my (@codes, %here, @rest);
	for my $sentence (@$sentences)
	{
		my @found = grep { $errors{$_} } $sentence =~ /($code)/g;
		push @codes, @found;
		if (!@found || $sentence !~ /^(?:Other e|E)rrors?:? $code/)
		{
			push @rest, $sentence;
			next;
		}

		for my $piece (split /[,;] (?:and )?(?=$code)/,
			$sentence =~ s/^(?:Other e|E)rrors?:? //r)
		{
			my ($state, $text) = $piece =~ /^($code) ?(.*)$/;
			$text =~ s/\.$//;
			$here{$state} = $text
			  if $errors{$state} !~ /^\Q$text\E\b/i;
		}
	}
	@$sentences = @rest;
	my (%seen, @rows);
	for my $state (grep { !$seen{$_}++ } @codes)
	{
		push @rows,
		  [
			"`$state`", $errors{$state},
			prose($here{$state} // '', $topic, $self)
		  ];
	}
	return @rows ? table([ 'SQLSTATE', 'error', 'here' ], @rows) . "\n" : '';
}

sub meaning
{
	my ($field) = @_;
	my @told = @{ $field->{told} // [] };
	return $everywhere{ $field->{name} } // '' unless @told;
	return @told > 1 ? join(' ', @told) : $told[0] =~ s/\.$//r;
}

sub field_rows
{
	my ($topic, $self, @fields) = @_;
	return map {
		[
			code($_->{name}),
			code(type($_->{type})),
			code(fallback($_->{default})),
			prose(meaning($_), $topic, $self)
		]
	} @fields;
}

sub callers
{
	my ($function) = @_;
	my $row = $callers{ $function->{name} };
	return 'everybody may call it' if $row->{public};
	my @profiles =
	  map { "`$_`" }
	  grep { $row->{$_} } qw(storefront back_office reporting service);
	return @profiles
	  ? 'granted to ' . join(', ', @profiles)
	  : 'for the owner of the shop';
}

sub result
{
	my ($function) = @_;
	return 'rows'  if $function->{set};
	return 'a row' if @{ $function->{columns} };
	return code(type($function->{result}));
}

sub function_text
{
	my ($function, $topic) = @_;
	my $self             = $function->{name};
	my @arguments        = @{ $function->{arguments} };
	my @columns          = @{ $function->{columns} };
	my @sentences        = sentences($function->{comment});
	my @result_sentences = sentences($function->{result_comment});
	my $errors           = error_table(\@sentences, $topic, $self);

	explain(\@sentences, \@arguments);
	explain($_, \@columns) for \@sentences, \@result_sentences;
	my $call = join ', ',
	  map { $_->{name} } grep { !defined $_->{default} } @arguments;
	$call .= ($call ? ', ' : '') . '...'
	  if grep { defined $_->{default} } @arguments;

	my $text = "**`$self($call)`** returns " . result($function) . "\n\n";
	$text .= join("\n", map { prose($_, $topic, $self) } @sentences) . "\n\n";
	$text .= table(
		[ 'argument', 'type', 'default', 'meaning' ],
		field_rows($topic, $self, @arguments))
	  . "\n"
	  if @arguments;
	if (@columns)
	{
		$text .=
		  join("\n", map { prose($_, $topic, $self) } @result_sentences)
		  . "\n\n"
		  if @result_sentences;
		$text .= table(
			[ 'result', 'type', 'default', 'meaning' ],
			field_rows($topic, $self, @columns)) . "\n";
	}
	return
		$text
	  . $errors
	  . "$volatility{$function->{volatile}}; "
	  . callers($function) . ".\n\n";
}

sub relation_text
{
	my ($relation, $topic) = @_;
	my $self = $relation->{name};
	my $list = sub { '`(' . join(', ', @{ $_[0] }) . ')`' };
	my @keys = map {
		($_->{main} ? 'primary key ' : 'unique ') . $list->($_->{columns})
	} @{ $relation->{keys} };
	my @parents = map {
		link_to($_->{parent} =~ s/.*\.//r, $topic) . ' by '
		  . $list->($_->{columns})
	} @{ $relation->{foreign_keys} };

	my $text = "### $self\n\n";
	$text .= "*$kinds{$relation->{kind}}.*\n" if $relation->{kind} ne 'r';
	$text .= join("\n",
		map { prose($_, $topic, $self) } sentences($relation->{comment}))
	  . "\n\n";
	$text .= table(
		[ 'column', 'type', 'null', 'default', 'meaning' ],
		map {
			[
				code($_->{name}),
				code(type($_->{type})),
				$relation->{kind} =~ /[vm]/ || $_->{required} ? '' : 'yes',
				code(fallback($_->{fallback}))
				  . ($_->{generated} ? ', generated' : ''),
				prose($_->{comment} // '', $topic, $self)
			]
		} @{ $relation->{columns} }) . "\n";
	$text .= ucfirst(join('; ', @keys)) . ".\n\n"          if @keys;
	$text .= 'Refers to ' . join(', ', @parents) . ".\n\n" if @parents;
	return $text;
}

# The keys of the topic's tables, and what they refer to.
sub picture
{
	my (@tables) = @_;
	my ($boxes, $lines) = ('', '');
	for my $table (@tables)
	{
		my %mark;
		for my $key (@{ $table->{keys} })
		{
			push @{ $mark{$_} }, $key->{main} ? 'PK' : 'UK'
			  for @{ $key->{columns} };
		}
		push @{ $mark{$_} }, 'FK'
		  for map { @{ $_->{columns} } } @{ $table->{foreign_keys} };
		$boxes .= "    $table->{name} {\n";
		for my $column (grep { $mark{ $_->{name} } } @{ $table->{columns} })
		{
			my %seen;
			my %marked = map { $_ => 1 } @{ $mark{ $column->{name} } };
			$boxes .=
				'        '
			  . type($column->{type}) =~ s/\W+/_/gr
			  . " $column->{name} "
			  . join(', ', grep { $marked{$_} } qw(PK UK FK)) . "\n";
		}
		$boxes .= "    }\n";
		$lines .= line($table, $_) for @{ $table->{foreign_keys} };
	}
	return "```mermaid\nerDiagram\n$boxes$lines```\n\n";
}

sub line
{
	my ($table, $key) = @_;
	my %required =
	  map { $_->{name} => $_->{required} } @{ $table->{columns} };
	my %own    = map { $_ => 1 } @{ $key->{columns} };
	my $single = grep {
		!grep { !$own{$_} }
		  @{ $_->{columns} }
	} @{ $table->{keys} };
	my $optional = grep { !$required{$_} } @{ $key->{columns} };
	my @named    = grep { $_ ne 'tenant_id' } @{ $key->{columns} };
	my $parent   = $key->{parent} =~ s/.*\.//r;
	return
		"    $table->{name} "
	  . ($single   ? '|'  : '}') . 'o--'
	  . ($optional ? 'o|' : '||')
	  . " $parent : \""
	  . join(', ', @named ? @named : 'tenant_id') . "\"\n";
}

sub names
{
	my %seen;
	return grep { !$seen{$_}++ } map { $_->{name} } @_;
}

sub page
{
	my ($topic)   = @_;
	my @functions = functions($topic);
	my @relations = relations($topic);
	my @tables    = grep { $_->{kind} =~ /[rp]/ } @relations;
	my $guide     = (grep { -e "docs/$_.md" } $topic, "${topic}s")[0];
	my $text      = "# Reference: $topic\n\n$edited\n";

	$text .= "[All topics](README.md)";
	$text .= " | [the guide to it](../$guide.md)" if $guide;
	$text .= "\n\n";
	$text .= table(
		[ 'name', 'what' ],
		map {
			my $name     = $_;
			my ($object) = grep { $_->{name} eq $name } @{ $objects{$topic} };
			my ($first)  = sentences($object->{comment});
			[
				link_to(
					$name, $topic,
					'`' . $name . ($object->{key} ? '()' : '') . '`'),
				prose($first, $topic, $name)
			]
		} names(@functions, @relations)) . "\n";
	$text .= "## Functions\n\n" if @functions;
	for my $name (names(@functions))
	{
		$text .= "### $name\n\n" . join '', map { function_text($_, $topic) }
		  grep { $_->{name} eq $name } @functions;
	}
	$text .= "## Tables and views\n\n" if @relations;
	$text .= picture(@tables)          if @tables;
	$text .= relation_text($_, $topic) for @relations;
	return $text =~ s/\n+\z/\n/r;
}

sub contents
{
	my $text = <<"END";
# Reference

$edited
Every function, table and view, by topic, as their comments tell. All are in the schema
`ecommerce`. In psql, `\\df+ ecommerce.reserve_stock` and `\\d+ ecommerce.orders` show the
same; `\\pset format wrapped` fits them to the terminal.

- Arguments without a default must be given; `name => value` gives any of them by name.
- Who is granted a function has one of the profiles of [security.md](../security.md).
- A function that is volatile may write; one that is stable reads; one that is immutable
  computes.
- The picture of a topic shows the columns of keys, and what refers to what: a crow's foot
  stands at the table that refers, a circle where it need not.
- SQLSTATEs are those that its comment tells; arguments that are wrong have 22004, 22001,
  22003 or 22023 everywhere.

END
	my $list = sub {
		join ', ', map { link_to($_, '') } names(@_);
	};
	return $text . table(
		[ 'topic', 'functions', 'tables and views' ],
		map {
			[ "[$_]($_.md)", $list->(functions($_)), $list->(relations($_)) ]
		  }
		  grep { $objects{$_} } @topics);
}
