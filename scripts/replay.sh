#!/bin/bash
# Replays the invoices of UCI Online Retail through place_order(), and proves
# that what is in the shop afterwards is what the file says.
#
#   scripts/replay.sh online_retail.csv.gz
#
# Run by "make replay DATA=file", which provides a server.
set -eu -o pipefail

csv=${1:?usage: make replay DATA=file}
scripts=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Answers are compared as text.
export PGTZ=UTC PGDATESTYLE=ISO PGOPTIONS='-c client_min_messages=warning'
run() { psql -X -q -v ON_ERROR_STOP=1 "$@"; }

columns='"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"'

printf '\nStaging %s (UCI Online Retail, CC BY 4.0)\n' "$(basename "$csv")"
run -c 'CREATE EXTENSION ecommerce' -c 'CREATE SCHEMA replay' \
	-c "CREATE TABLE replay.raw (line bigint GENERATED ALWAYS AS IDENTITY, ${columns//,/ text,} text)"
gzip -cdf "$csv" |
	run -c "COPY replay.raw ($columns) FROM STDIN (FORMAT csv, HEADER match, ENCODING 'UTF8')"
if gzip -cdf "$csv" | cmp -s - <(run -c "COPY (SELECT $columns FROM replay.raw ORDER BY line)
		TO STDOUT (FORMAT csv, HEADER, ENCODING 'UTF8')"); then
	echo '  nothing lost: written back, the table is the file, byte for byte'
else
	echo '  FAILED: written back, the table is not the file' >&2
	exit 1
fi

printf '\nMaking the shop: country GB, prices gross in GBP, days of Europe/London\n'
run -f "$scripts/replay.sql"

# A tick each 1,000 orders, and at 10, 50 and 100 percent
run -At -c 'SELECT statement FROM replay.request ORDER BY n' >"$work/requests"
orders=$(wc -l <"$work/requests")
awk -v orders="$orders" -v answers="$work/answers" '
	function tick() { printf "SELECT replay.tick(%d) AS line \\gset\n", NR }
	BEGIN { print "\\o " answers; tick() }
	{ print }
	NR % 1000 == 0 || NR == orders { tick(); print "\\echo :line"; next }
	NR == int(orders / 10) || NR == int(orders / 2) { tick() }
	' "$work/requests" >"$work/stream"

printf '\nPlacing the orders one after the other, each a transaction (fsync is %s)\n' \
	"$(run -At -c 'SHOW fsync')"
run --csv -t -f "$work/stream"
run -c 'COPY replay.answer FROM STDIN (FORMAT csv)' <"$work/answers"

# Every table of the shop: its name, number of rows, and a hash of them
fingerprint() {
	run -At -F ' ' <<-'EOF'
		SELECT format('SELECT %1$L, count(*), sum(hashtextextended(t::text, 0)::numeric) FROM ecommerce.%1$I t', relname)
		FROM pg_class
		WHERE relnamespace = 'ecommerce'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
		ORDER BY relname \gexec
	EOF
}

printf '\nPlacing every one of them again, under its idempotency key\n'
fingerprint >"$work/before"
{ printf '\\o %s\n' "$work/retries"; cat "$work/requests"; } | run --csv -t
fingerprint >"$work/after"
different=$(comm -23 <(sort "$work/answers") <(sort "$work/retries") | wc -l)
changed=$(comm -23 <(sort "$work/before") <(sort "$work/after") | cut -d' ' -f1 | paste -sd' ')

run -v retries="$(wc -l <"$work/retries")" -v different="$different" \
	-v tables="$(wc -l <"$work/after")" -v changed="$changed" \
	-f "$scripts/replay_proof.sql"
[ "$(run -At -c 'SELECT count(*) FROM replay.proof WHERE NOT holds')" = 0 ]
