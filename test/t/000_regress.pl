# Runs the pg_regress and isolation tests, each of theirs as one test here; only
# those that REGRESS and ISOLATION name, where these are set.
use strict;
use warnings;

use Test::More;

# PostgreSQL 15 prints "test NAME ... ok", later versions print TAP.
my $result = qr{
	^test\s+(?<name>\S+)\s+\.\.\.\s+(?<ok>ok|FAILED)
	| ^(?<ok>(?:not\s)?ok)\s+\d+\s+[-+]\s+(?<name>\S+)
}x;

# The number of tests, which prove shows on a terminal: one of each name, and its suite
sub count
{
	my ($list, $files) = @_;
	my @names = split ' ', $ENV{$list} // join ' ', glob $files;
	return @names + (@names > 0);
}

sub run_suite
{
	my ($suite, $list, $other) = @_;
	my $output = '';
	my $named  = $ENV{$list};
	return if defined $named and $named eq '';

	my $only = defined $named ? "$list='$named'" : '';
	open(my $make, '-|', "make -s installcheck $other= $only 2>&1")
	  or die "could not run make: $!";
	while (my $line = <$make>)
	{
		$output .= $line;
		is($+{ok}, 'ok', "$suite: $+{name}") if $line =~ $result;
	}
	return if ok(close($make), $suite);

	if (open(my $diffs, '<', 'regression.diffs'))
	{
		local $/ = undef;
		$output = <$diffs>;
	}
	diag($output);
	return;
}

plan tests => count('REGRESS', 'test/sql/*.sql') +
  count('ISOLATION', 'test/specs/*.spec');
run_suite('regress',   'REGRESS',   'ISOLATION');
run_suite('isolation', 'ISOLATION', 'REGRESS');
