#!/bin/bash
# Shows where C sources are not laid out as PostgreSQL's are; -w lays them out.
#
#   scripts/indent.sh [-w] [file]...
set -eu -o pipefail

write=
[ "${1:-}" != -w ] || { write=1; shift; }
[ $# -gt 0 ] || set -- src/*.[ch] src/*/*.[ch] test/core/*.[ch] test/fuzz/*.[ch]

make -s src/errors.h
pg_config=${PG_CONFIG:-pg_config}
PATH=$("$pg_config" --bindir):$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The indenter has to know all typedefs.  The compiler does.
for file in src/*.c src/*/*.c; do
	gcc -g -fno-eliminate-unused-debug-types -D_GNU_SOURCE -Isrc \
		-I"$("$pg_config" --includedir-server)" -c "$file" \
		-o "$work/${file//\//_}.o"
done
objdump --dwarf=info "$work"/*.o |
	awk '/DW_TAG_/ { typedef = /DW_TAG_typedef/ }
		typedef && /DW_AT_name/ { print $NF; typedef = 0 }' |
	sort -u >"$work/typedefs"

# The options, and the two amendments after them, are pgindent's.
lay_out() {
	pg_bsd_indent -bad -bap -bbb -bc -bl -cli1 -cp33 -cdb -nce -d0 -di12 -nfc1 \
		-i4 -l79 -lp -lpl -nip -npro -sac -tpg -ts4 -U"$work/typedefs" |
		sed -E 's!\*/(/\*.*\*/)$!*/\t\1!; s!^([A-Za-z_][^ \t]*)[ \t]+\*$!\1 *!'
}

status=0
for file; do
	[ -e "$file" ] || continue
	lay_out <"$file" >"$work/out"
	if [ -n "$write" ]; then
		cmp -s "$file" "$work/out" || cat "$work/out" >"$file"
	else
		diff -u "$file" --label "$file (laid out)" "$work/out" || status=1
	fi
done
exit "$status"
