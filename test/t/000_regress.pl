# Runs the pg_regress and isolation tests, each of theirs as one test here.
use strict;
use warnings;

use Test::More;

# PostgreSQL 15 prints "test NAME ... ok", later versions print TAP.
my $result = qr{
	^test\s+(?<name>\S+)\s+\.\.\.\s+(?<ok>ok|FAILED)
	| ^(?<ok>(?:not\s)?ok)\s+\d+\s+[-+]\s+(?<name>\S+)
}x;

sub run_suite
{
	my ($suite, $without) = @_;
	my $output = '';

	open(my $make, '-|', "make -s installcheck $without= 2>&1")
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

run_suite('regress',   'ISOLATION');
run_suite('isolation', 'REGRESS');
done_testing();
