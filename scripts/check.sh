#!/bin/bash
# Runs the tests, or those named, on the server of scripts/throwaway.sh, under
# one prove, whose last lines sum them all up.
set -eu

shopt -s nullglob
tests=("$@")
[ ${#tests[@]} -gt 0 ] || tests=(test/core/*.c test/t/*.pl test/pgtap/*.sql)

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

createdb pgtap
psql -X -q -d pgtap -c 'CREATE EXTENSION pgtap' -c 'CREATE EXTENSION ecommerce'

# What PostgreSQL::Test::Cluster expects
pgxs=$(dirname "$("${PG_CONFIG:-pg_config}" --pgxs)")/../..
PG_REGRESS=$(realpath "$pgxs/src/test/regress/pg_regress")
PERL5LIB=$(realpath "$pgxs/src/test/perl")${PERL5LIB:+:$PERL5LIB}
export PG_REGRESS PERL5LIB TESTDIR="$PWD"
export TESTDATADIR="$PWD/tmp_check" TESTLOGDIR="$PWD/tmp_check/log"

# The unit tests allocate nothing, and leak detection fails where it may not
# trace processes.
export ASAN_OPTIONS=detect_leaks=0

# shellcheck disable=SC2086 # flags, such as "-v"
exec prove --failures --comments ${PROVE_FLAGS:-} --source pgTAP \
	--pgtap-option suffix=.sql --pgtap-option dbname=pgtap "${tests[@]}"
