#!/bin/bash
# Shows what the extension does, in a shop with three products; demo.sql tells
# the story.  Run by "make demo", which provides a server.
set -eu

# What the second customer is told goes here.
BEN=$(mktemp)
trap 'rm -f "$BEN"' EXIT
export BEN PGOPTIONS='-c client_min_messages=warning'

# Read as input, not with -f, which would put file and line before each error.
psql -X -q -v ON_ERROR_STOP=1 -P footer=off <"$(dirname "$0")/demo.sql" 2>&1

# The refusal is the point of it.
grep -q EC001 "$BEN" || { echo 'demo: the second customer was not refused' >&2; exit 1; }
