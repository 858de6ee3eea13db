#!/bin/bash
# Shows what the extension does, in a shop with three products; demo.sql tells
# the story.  Run by "make demo", which provides a server.
set -eu -o pipefail

# What the second customer asks for; what he is told goes to $BEN.
BEN_ORDERS=$(
	cat <<-'END'
		SELECT order_number, net, vat, gross
		FROM ecommerce.place_order('[{"sku": "ODYSSEY-1", "quantity": 1}]', email => 'ben@example.com');
	END
)
BEN=$(mktemp)
trap 'rm -f "$BEN"' EXIT
export BEN BEN_ORDERS PGOPTIONS='-c client_min_messages=warning'

# Headlines bold, SQL in cyan, errors in red; no line wider than 100 columns.
show() {
	if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
		stdbuf -oL fold -s -w 100 | sed -uE '
			s/^==.*/\x1b[1m&\x1b[0m/; t
			s/^(ERROR|DETAIL|HINT|SQLSTATE):/\x1b[31m&\x1b[0m/; t
			/^(SELECT|INSERT|UPDATE|DELETE|CREATE|BEGIN|COMMIT)\b/ {
				:more
				s/.*/\x1b[36m&\x1b[0m/
				/;\x1b\[0m$/! { n; b more }
			}'
	else
		fold -s -w 100
	fi
}

# Read as input, not with -f, which would put file and line before each error.
psql -X -q -v ON_ERROR_STOP=1 -P footer=off <"$(dirname "$0")/demo.sql" 2>&1 | show

# The refusal is the point of it.
grep -q EC001 "$BEN" || { echo 'demo: the second customer was not refused' >&2; exit 1; }

echo
if [ -n "${KEEP:-}" ]; then
	cat <<-'END'
		That was the story; the shop is yours now.  In psql, try

		    SELECT * FROM ecommerce.place_order('[{"sku": "MBP-M3-14", "quantity": 30}]',
		                                        email => 'you@example.com');
		    SELECT kind, created_at, data FROM ecommerce.events ORDER BY id;
		    \dt ecommerce.*
		    \df ecommerce.*order
	END
else
	cat <<-'END'
		That was all, and nothing of it is left.  What you may type next:

		    make demo KEEP=1      the same, and the shop stays for you to play with
		    sudo make install     then, in a database of yours: CREATE EXTENSION ecommerce;
		    less README.md        a first order, also from Python and Node.js
	END
fi
