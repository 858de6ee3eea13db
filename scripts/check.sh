#!/bin/bash
# Runs all tests, or those named, on the server of scripts/throwaway.sh, under
# one prove, whose last lines sum them all up:
#
#   scripts/check.sh [-a] [topic|test|file]...
#
# A topic is all tests of every kind that have its name, or begin with it and
# an underscore.  With -a, what pg_regress and isolationtester print becomes
# what is expected of the tests named, which "git diff" shows then.
set -eu

accept=
if [ "${1:-}" = -a ]; then
	accept=yes
	shift
	[ $# -gt 0 ] || { echo "usage: make accept TESTS='topic...'" >&2; exit 2; }
fi

shopt -s nullglob
tests=()
regress=()
isolation=()

# add FILE...
add() {
	local file name
	for file; do
		name=${file##*/}
		case $file in
		test/sql/*.sql) regress+=("${name%.sql}") ;;
		test/specs/*.spec) isolation+=("${name%.spec}") ;;
		*) [ -n "$accept" ] || tests+=("$file") ;;
		esac
	done
}

topics() {
	printf '%s\n' test/{sql,specs,pgtap,t,core}/*.{sql,spec,pl,c} |
		sed 's|.*/||; s|[._].*||; /^000/d' | sort -u | tr '\n' ' '
}

if [ $# = 0 ]; then
	echo 'All tests: about 12 minutes; TESTS=stock runs those of a topic.'
	tests=(test/core/*.c test/t/*.pl test/pgtap/*.sql)
fi
for name; do
	if [ -f "$name" ]; then
		add "$name"
		continue
	fi
	files=(test/sql/"$name"{,_*}.sql test/specs/"$name"{,_*}.spec
		test/pgtap/"$name"{,_*}.sql test/t/"$name"{,_*}.pl test/core/"$name"{,_*}.c)
	found=()
	for file in "${files[@]}"; do
		[ ! -f "$file" ] || found+=("$file")
	done
	if [ ${#found[@]} = 0 ]; then
		echo "no test is called \"$name\"; topics: $(topics)" >&2
		exit 2
	fi
	add "${found[@]}"
done
if [ -n "${regress[*]-}${isolation[*]-}" ]; then
	export REGRESS="${regress[*]-}" ISOLATION="${isolation[*]-}"
	tests=(test/t/000_regress.pl "${tests[@]}")
elif [ -n "$accept" ]; then
	echo 'only tests of test/sql and test/specs have expected results' >&2
	exit 2
fi

# Unit tests of src/core are programs that print TAP.
for i in "${!tests[@]}"; do
	case ${tests[i]} in
	test/core/*.c)
		program=build/${tests[i]%.c}
		mkdir -p "${program%/*}"
		gcc -g -O1 -Wall -Isrc -fsanitize=address,undefined \
			-fno-sanitize-recover=all -o "$program" "${tests[i]}" src/core/*.c -lm
		tests[i]=$program
		;;
	esac
done

# Compiling takes longer than the queries of tests; TEMP_CONFIG is for the servers that
# tests start.
psql -X -q -c 'ALTER SYSTEM SET jit = off' -c 'SELECT pg_reload_conf()' >/dev/null
mkdir -p tmp_check
echo 'jit = off' >tmp_check/extra.conf
export TEMP_CONFIG="$PWD/tmp_check/extra.conf"

# A server of their own: whoever reads events waits for the oldest transaction of a server,
# and these tests have long ones.
pgtap_port=$((PGPORT + 1))
if [[ ${tests[*]} == *test/pgtap/* ]]; then
	initdb -D tmp_check/pgtap -U "$PGUSER" -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
	pg_ctl start -s -w -D tmp_check/pgtap -l tmp_check/pgtap.log -o "-p $pgtap_port \
		-c listen_addresses= -c unix_socket_directories='$PGHOST' -c fsync=off -c jit=off"
	createdb -p "$pgtap_port" pgtap
	psql -X -q -p "$pgtap_port" -d pgtap -c 'CREATE EXTENSION pgtap' \
		-c 'CREATE EXTENSION ecommerce_test' -c 'CALL ecommerce_test.new_shop()'
fi

# What PostgreSQL::Test::Cluster expects
pgxs=$(dirname "$("${PG_CONFIG:-pg_config}" --pgxs)")/../..
PG_REGRESS=$(realpath "$pgxs/src/test/regress/pg_regress")
PERL5LIB=$(realpath "$pgxs/src/test/perl")${PERL5LIB:+:$PERL5LIB}
export PG_REGRESS PERL5LIB TESTDIR="$PWD"
export TESTDATADIR="$PWD/tmp_check" TESTLOGDIR="$PWD/tmp_check/log"

# The unit tests allocate nothing, and leak detection fails where it may not
# trace processes.
export ASAN_OPTIONS=detect_leaks=0

if [ -n "$accept" ]; then
	prove "${tests[@]}" >/dev/null 2>&1 || true
	for name in "${regress[@]}" "${isolation[@]}"; do
		cp "results/$name.out" expected/
	done
	echo 'accepted; see "git diff expected"'
	exit
fi

# --directives: what is skipped, and why
# shellcheck disable=SC2086 # flags, such as "-v"
exec prove -j"$(nproc)" --failures --comments --directives ${PROVE_FLAGS:-} --source pgTAP \
	--pgtap-option suffix=.sql --pgtap-option dbname=pgtap \
	--pgtap-option port="$pgtap_port" "${tests[@]}"
