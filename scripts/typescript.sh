#!/bin/bash
# Makes docs/reference/ecommerce.d.ts from the catalog of a new shop, on the server of
# throwaway.sh.
#
#   scripts/typescript.sh [check]     check: says what is stale, and changes nothing
set -eu
cd "$(dirname "$0")/.."

file=docs/reference/ecommerce.d.ts
types=$(psql -X -q -v ON_ERROR_STOP=1 -f scripts/typescript.sql)
if [ "${1:-}" = check ]; then
	diff -u "$file" - <<<"$types"
else
	echo "$types" >"$file"
fi
