#!/bin/bash
# Checks the sources without running the tests: layout, compiler warnings,
# static analysis, spelling, and what every object in the database must have.
set -eu -o pipefail
cd "$(dirname "$0")/.."

pg_config=${PG_CONFIG:-pg_config}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

shopt -s nullglob
c_files=(src/*.c src/*/*.c)
c_sources=(src/*.[ch] src/*/*.[ch] test/core/*.[ch] test/fuzz/*.[ch])
shell_files=(.ci/run scripts/*.sh bench/*.sh)
perl_files=(test/t/*.pl bench/*.pl scripts/*.pl)

make -s src/errors.h
warnings=(-Wall -Wextra -Werror -Wno-unused-parameter -Wconversion -Wcast-qual
	-Wshadow -Wundef -Wstrict-prototypes -Wvla -Wformat=2)
includes=(-D_GNU_SOURCE -Isrc -isystem "$("$pg_config" --includedir-server)")

# lint NAME COMMAND...: runs a check, and goes on when it fails.
lint() {
	if "${@:2}" >"$work/log" 2>&1; then
		printf 'ok      %s\n' "$1"
	else
		printf 'FAILED  %s\n' "$1"
		sed 's/^/        /' "$work/log"
		failures=$((failures + 1))
	fi
}

# each N COMMAND...: runs a command for N files of C at a time, on all processors.
each() {
	printf '%s\n' "${c_files[@]}" | xargs -P "$(nproc)" -n "$1" "${@:2}"
}

compile() {
	each 1 "$@" "${includes[@]}" -o /dev/null -c
}

analyze() {
	each 1 clang --analyze -Xclang -analyzer-werror -Xclang -analyzer-output=text \
		"${includes[@]}"
}

run_cppcheck() {
	cppcheck -q -j "$(nproc)" --enable=warning,performance,portability --inline-suppr \
		--error-exitcode=1 --suppress=missingInclude \
		--suppress=missingIncludeSystem -Isrc \
		'-DPG_FUNCTION_INFO_V1(f)=' '-DPG_MODULE_MAGIC=' src
}

# A tab is 4 columns wide, as for indent.sh.
c_width() {
	local file
	! for file in "${c_sources[@]}"; do
		expand -t 4 "$file" |
			awk -v file="$file" 'length > 100 {print file ":" FNR ": " length " columns"}'
	done | grep .
}

# Functions begin and end with a brace in the first column.
c_functions() {
	! awk '/^\{/ {first = FNR}
		/^\}/ && first && FNR - first >= 70 {
			print FILENAME ":" first ": a function of " FNR - first + 1 " lines"
		}
		/^\}/ {first = 0}' "${c_sources[@]}" | grep .
}

# Tables of data are as long as they are.
c_files_short() {
	! awk 'FNR == 501 && FILENAME !~ /_data\.h$/ {
			print FILENAME ":" FNR ": more than 500 lines"
		}' "${c_sources[@]}" | grep .
}

perl_layout() {
	local file status=0
	for file in "${perl_files[@]}"; do
		perltidy -pro=.perltidyrc -st "$file" | diff -u "$file" - || status=1
	done
	return "$status"
}

# Scripts have to load into databases of any encoding.
ascii() {
	! LC_ALL=C grep -n '[^ -~	]' ecommerce.control sql/*/*.sql
}

sql_width() {
	! awk 'length > 100 {print FILENAME ":" FNR ": " $0}' sql/*/*.sql src/errors.txt | grep .
}

# What the locale of a database decides is another shop in another database.
# ecommerce_internal.case_folded() and in_capitals() are the same in all.  Bounds
# of ranges are called lower and upper, too.
sql_case() {
	! perl -0777 -ne '
		s/--[^\n]*//g;
		while (/\b((?:lower|upper|initcap)(\((?:[^()]++|(?2))*\))|\w*ILIKE\w*|!?~~?\*|citext)/gi) {
			print "$ARGV: $1\n" unless $1 =~ /COLLATE "C"\s*\)$|\(r\.times\)$/;
		}' sql/*/*.sql | grep .
}

# Statements in C name tables by marks, and compare the tenant of each one.
statements() {
	perl -0777 -ne '
		my $text = qr/"(?:[^"\\]|\\.)*"/;
		while (/\.sql = ((?:(?:$text|[A-Z_]+(?:\((?:$text|[\s,])*\))?)\s*)+)/g) {
			my $sql = $1;
			my $read = () = $sql =~ /(?<!INTO )\{(?!tenants\b|vat_)\w+\}/g;
			my $compared = () = $sql =~ /tenant_id = \$1\b/g;
			if ($sql =~ /(?:FROM|JOIN|INTO|UPDATE|USING) ecommerce\.(?!\w+\()/) {
				print "$ARGV: a table without a mark: $sql\n"; $bad = 1;
			}
			if ($read > $compared) {
				print "$ARGV: a table without its own tenant_id = \$1: $sql\n"; $bad = 1;
			}
		}
		END { exit $bad }' src/*.c
}

# Functions reach rows by the door in call.c; tenant.c is about who may pass it.
one_door() {
	! grep -nE '\bec_(connect|finish)\(' src/*.c | grep -vE '^src/(call|tenant)\.c:'
}

# Outputs are as wide as they are.
test_width() {
	! perl -CSD -ne '
		chomp;
		1 while s/\t+/" " x (length($&) * 4 - length($`) % 4)/e;
		print "$ARGV:$.: " . length . " columns\n" if length > 100;
		close ARGV if eof;' test/{sql,specs,pgtap,t,lib}/*.{sql,spec,pl,pm} \
		test/clients/*.{sql,js,ts,py,rb,php,java,go} | grep .
}

spelling() {
	codespell --ignore-words-list=acn,bu,corse,fo,fro,fulfilment,zar --skip='.git,build,*.o,*.bc,*.so,*/ecommerce--*.sql,*_data.*,*/data.sql,*/internal_codes.sql' .
}

# "make docs" brings it up to date.
reference() {
	scripts/throwaway.sh sh -c 'mkdir reference && scripts/reference.pl reference &&
		diff -r -x ecommerce.d.ts docs/reference reference'
}

docs_listed() {
	local file status=0
	for file in docs/[!R]*.md; do
		grep -qF "](${file#docs/})" docs/README.md ||
			{ echo "docs/README.md: lacks $file"; status=1; }
	done
	return "$status"
}

# Every kind of event that the code appends is in the table of docs/event.md, and nothing
# else is.  Of 'order.' || status any that names a status of the sources may be there.
events_listed() {
	perl -0777 -ne '
		if ($ARGV eq "docs/event.md") {
			$listed{$1} = 1 while /^\| `([a-z_]+\.[a-z_]+)` \|/gm;
			next;
		}
		$words{$1} = 1 while /\x27([a-z_]+)\x27/g;
		while (/INSERT INTO (?:ecommerce\.events\b|\{events\}).*?(?:;|",\n)/gs) {
			my $statement = $&;
			$written{$1} = 1 while $statement =~ /\x27([a-z_]+\.[a-z_]+)\x27/g;
			$begun{$1} = 1 while $statement =~ /\x27([a-z_]+)\.\x27 \|\|/g;
		}
		END {
			for (sort keys %written) {
				print "docs/event.md: lacks the event $_\n" unless $listed{$_};
			}
			for my $topic (sort keys %begun) {
				print "docs/event.md: lacks events of $topic\n" unless grep /^$topic\./, keys %listed;
			}
			for (sort keys %listed) {
				my ($topic, $verb) = split /\./;
				print "docs/event.md: nothing appends the event $_\n"
					unless $written{$_} || $begun{$topic} && $words{$verb};
			}
		}' docs/event.md sql/*/*.sql src/*.c >"$work/events"
	! grep . "$work/events"
}

# Prints whatever breaks a rule.
objects() {
	scripts/throwaway.sh psql -X -A -t -q -v ON_ERROR_STOP=1 \
		-f scripts/lint.sql >"$work/objects"
	! grep . "$work/objects"
}

lint 'errors' scripts/errors.sh check
lint 'layout of C' scripts/indent.sh
lint 'width of C' c_width
lint 'length of C functions' c_functions
lint 'length of C files' c_files_short
lint 'gcc' compile gcc -O2 "${warnings[@]}"
lint 'clang' compile clang -O2 "${warnings[@]}"
lint 'clang --analyze' analyze
lint 'cppcheck' run_cppcheck
# SC2317, SC2329: take functions that only traps call for unused
lint 'shellcheck' shellcheck -e SC2317,SC2329 "${shell_files[@]}"
lint 'layout of Perl' perl_layout
lint 'ASCII' ascii
lint 'width of SQL' sql_width
lint 'case in SQL' sql_case
lint 'width of tests' test_width
lint 'statements in C' statements
lint 'one door' one_door
lint 'codespell' spelling
lint 'objects' objects
lint 'reference' reference
lint 'index of docs' docs_listed
lint 'events in docs' events_listed
lint 'snippets in docs' scripts/snippets.sh check
lint 'ecommerce.d.ts' scripts/throwaway.sh scripts/typescript.sh check
[ -e "$("$pg_config" --sharedir)/extension/plpgsql_check.control" ] ||
	echo 'skipped plpgsql_check, which is not installed'

if [ "$failures" -gt 0 ]; then
	echo "lint: $failures failed"
	exit 1
fi
echo 'lint: all passed'
