#!/bin/bash
# Makes a copy of PostgreSQL in a directory, with this extension installed: what
# PG_CONFIG names stays as it is, and needs no root.
#
#   scripts/private_server.sh directory
#
# Every path is that of the original behind the directory.
set -eu
cd "$(dirname "$0")/.."

root=$1
pg_config=${PG_CONFIG:-pg_config}
bin=$("$pg_config" --bindir)

# A program finds its files from where it lies itself, so a link would not do.
mkdir -p "$root$bin"
for program in "$bin"/{postgres,initdb,psql,pgbench,pg_*} \
	"$bin"/{create,drop}{db,user} "$bin"/{cluster,reindex,vacuum}db; do
	[ ! -f "$program" ] || cp "$program" "$root$bin"
done
"$root$bin/postgres" --version >/dev/null || {
	echo "no program may run in $root: set TMPDIR to another directory" >&2
	exit 1
}

# Files are links, but for this extension's own, of which no version may be seen.
for files in "$("$pg_config" --pkglibdir)" "$("$pg_config" --sharedir)"; do
	mkdir -p "$root$files"
	cp -rs "$files/." "$root$files"
	find "$root$files" -depth -name 'ecommerce*' -exec rm -r {} +
done

# With the original's PG_CONFIG, nothing is built that is built already.
make --no-print-directory -s -j"$(nproc)" all
make --no-print-directory -s install install-tests DESTDIR="$root"
