#!/bin/bash
# Makes of src/errors.txt what is told of errors elsewhere, or checks that it is.
#
#   scripts/errors.sh header    prints src/errors.h
#   scripts/errors.sh table     prints the table in README.md
#   scripts/errors.sh check     says where the README or an SQLSTATE is wrong
set -eu -o pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."

list=src/errors.txt

header() {
	cat <<-'END'
		/*
		 * errors.h
		 *	  SQLSTATEs of the errors that a caller can cause; made of errors.txt.
		 */
		#ifndef EC_ERRORS_H
		#define EC_ERRORS_H

	END
	sed -n -E "s/^EC(.)(.)(.) ([A-Z_]+) .*/#define ERRCODE_EC_\4 MAKE_SQLSTATE('E','C','\1','\2','\3')/p" $list
	printf '\n#endif\t\t\t\t\t\t\t/* EC_ERRORS_H */\n'
}

table() {
	printf '| SQLSTATE | what happened |\n|---|---|\n'
	sed -n -E 's/^(EC...) [A-Z_]+ (.*)/| \1 | \2 |/p' $list
}

# Prints whatever is wrong.
problems() {
	grep -n -v -E '^(#.*|EC[0-9]{3} [A-Z_]+ .*\.)$' $list |
		sed 's/$/: neither a comment nor code, name and sentence/' || true
	sed -n -E 's/^(EC...) ([A-Z_]+) .*/\1\n\2/p' $list | sort | uniq -d |
		sed 's/$/ is listed twice/'
	diff <(sed -n '/^| SQLSTATE/,/^$/p' README.md) <(table; echo) ||
		echo 'README.md: the table of errors is not that of "scripts/errors.sh table"'
	comm -13 <(sed -n -E 's/^(EC...) .*/\1/p' $list | sort -u) \
		<(grep -r -I -h -o -E '\bEC[0-9]{3}\b' sql src docs README.md | sort -u) |
		sed "s!\$! is not in $list!"
}

check() {
	! problems | grep .
}

case ${1:-} in
	header | table | check) "$1" ;;
	*)
		sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
		exit 2
		;;
esac
