#!/bin/bash
# Measures how fast the extension is, as ratios to peers and to the limit in
# the same run, and checks afterwards that what was measured was right.
#
#   make bench [ROUNDS=3] [ROUND_SECONDS=6] [CLIENTS=8]
#   bench/run.sh [topic]... on a server of its own runs those only
#
# Changes settings of the server, so that has to be one of its own.
set -eu -o pipefail
cd "$(dirname "$0")"

rounds=${ROUNDS:-3}
seconds=${ROUND_SECONDS:-6}
clients=${CLIENTS:-8}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Ids that clients make start from here, and each round from a number of its own.
ids=1000000000

sql() {
	psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# pgbench_round TOPIC CONTENDER COMMIT SECONDS: notes transactions per second
# in $work/CONTENDER.COMMIT, and adds up transactions in $work/CONTENDER.done.
# One thread serves all clients, and leaves the processors to the server.
pgbench_round() {
	local log=$work/pgbench.log
	ids=$((ids + 10000000))
	if ! PGOPTIONS="-c synchronous_commit=$3" pgbench -n -M prepared \
		-c "$clients" -j 1 -T "$4" -D n="$ids" -f "$1/$2.sql" >"$log" 2>&1; then
		head -n 20 "$log" >&2
		exit 1
	fi
	sed -n 's/^tps = \([0-9.]*\) .*/\1/p' "$log" >>"$work/$2.$3"
	sed -n 's/^number of transactions actually processed: //p' "$log" >>"$work/$2.done"
}

# table TOPIC COMMIT: reads lines of "contender|goal|what it is" from the
# input, of which the first is what the others are compared with; a goal is
# what the first must reach of another one, or empty.
table() {
	local contender goal what tps ours=
	while IFS='|' read -r contender goal what; do
		tps=$(median <"$work/$contender.$2")
		awk -v what="$what" -v tps="$tps" -v ours="$ours" -v goal="$goal" 'BEGIN {
			printf "  %-42s %8.0f", what, tps
			if (ours != "")
				printf " %8.2f", ours / tps
			if (goal != "") {
				verdict = "met"
				if (ours / tps < goal)
					verdict = sprintf("missed by %.0f %%", 100 * (1 - ours / tps / goal))
				printf "   >= %-5s %s", goal, verdict
			}
			print ""
		}'
		: "${ours:=$tps}"
	done
}

# place_order() against what writes the same rows in other ways.
place_order() {
	local contenders=(ecommerce limit plpgsql orm) commit round i contender transactions problems

	sql -f place_order/setup.sql -f place_order/peer_plpgsql.sql
	sql -c 'ALTER SYSTEM SET autovacuum = off' -c 'SELECT pg_reload_conf()' >/dev/null

	# Plans are made for tables that have rows.
	for contender in "${contenders[@]}"; do
		pgbench_round place_order "$contender" off 1
	done
	rm "$work"/*.off
	sql -c 'VACUUM ANALYZE' -c CHECKPOINT

	for ((round = 0; round < rounds; round++)); do
		for commit in off on; do
			for i in "${!contenders[@]}"; do
				contender=${contenders[(i + round) % ${#contenders[@]}]}
				pgbench_round place_order "$contender" "$commit" "$seconds"
				sql -c "VACUUM \"$contender\".stock"
			done
		done
	done

	echo "place_order, 3 lines, $clients clients, median of $rounds rounds of $seconds s"
	for commit in off on; do
		case $commit in
		off) printf '\n  %-42s %8s %8s   %s\n' 'synchronous_commit = off (judged)' orders/s ratio goal ;;
		on) printf '\n  %-42s %8s %8s   %s\n' 'durable: all wait for the disk' orders/s ratio goal ;;
		esac
		table place_order "$commit" <<-'END'
			ecommerce||place_order()
			limit|0.85|limit: two statements, same rows
			plpgsql|1.5|plpgsql, same work
			orm|4|ORM: a round trip for each row
		END
	done

	echo
	for contender in "${contenders[@]}"; do
		transactions=$(awk '{ n += $1 } END { print n }' "$work/$contender.done")
		problems=$(sql -v schema="$contender" -v transactions="$transactions" \
			-f place_order/verify.sql)
		if [ -n "$problems" ]; then
			printf 'WRONG: %s: %s\n' "$contender" "$problems"
			exit 1
		fi
	done
	problems=$(sql -f place_order/same.sql)
	if [ -n "$problems" ]; then
		echo "WRONG: $problems"
		exit 1
	fi
	echo '  checked: every transaction is an order with its lines and its event,'
	echo '  stock taken is items sold, totals are sums of lines, VAT is exact,'
	echo '  plpgsql makes the same lines of 300 other orders'
	sql -c 'ALTER SYSTEM RESET autovacuum' -c 'SELECT pg_reload_conf()' >/dev/null
}

# timed QUERY: notes the milliseconds that totals/QUERY.sql takes.
timed() {
	PGOPTIONS='-c work_mem=1GB -c max_parallel_workers_per_gather=0 -c jit=off' \
		sql -c '\timing on' -f "totals/$1.sql" >"$work/timed.log"
	sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' "$work/timed.log" >>"$work/$1.ms"
	grep -v '^Time\|^Timing' "$work/timed.log" >"$work/$1.result" || true
}

# The aggregate order_totals() against exact SQL and sum().
totals() {
	local round query
	sql -f totals/setup.sql
	for ((round = 0; round < rounds; round++)); do
		for query in exact aggregate sum rates; do
			timed "$query"
		done
	done
	if ! cmp -s "$work/exact.result" "$work/aggregate.result"; then
		echo 'WRONG: the aggregate differs from exact SQL'
		exit 1
	fi
	echo "order_totals(), 4 M lines in 1 M orders, median of $rounds rounds"
	awk -v exact="$(median <"$work/exact.ms")" -v aggregate="$(median <"$work/aggregate.ms")" \
		-v sum="$(median <"$work/sum.ms")" -v rates="$(median <"$work/rates.ms")" '
		function line(what, ms, ratio, goal, met) {
			printf "  %-42s %8.0f ms", what, ms
			if (goal != "") printf " %6.2f   %-7s %s", ratio, goal, met ? "met" : "missed"
			print ""
		}
		BEGIN {
			line("totals of all orders, exact SQL", exact)
			line("  order_totals()", aggregate, exact / aggregate, ">= 4", exact / aggregate >= 4)
			line("sum() of a column", sum)
			line("  VAT for each rate by order_totals()", rates, rates / sum, "<= 1.5", rates / sum <= 1.5)
		}'
	echo '  checked: the aggregate equals exact SQL'
}

# transactions CONTENDER...: how many they made in all.
transactions() {
	local contender
	for contender in "$@"; do
		cat "$work/$contender.done"
	done | awk '{ n += $1 } END { print n }'
}

# against_limit TOPIC CONTENDER WHAT: measures something against the least SQL that
# writes the same rows.
against_limit() {
	local contenders=("$2" limit) commit round i
	# of other topics
	rm -f "$work"/*.{off,on,done}
	for i in "${contenders[@]}"; do
		pgbench_round "$1" "$i" off 1
	done
	rm "$work"/*.off
	sql -c 'VACUUM ANALYZE'
	for ((round = 0; round < rounds; round++)); do
		for commit in off on; do
			for i in "${!contenders[@]}"; do
				pgbench_round "$1" "${contenders[(i + round) % 2]}" "$commit" "$seconds"
			done
		done
	done
	echo "$3, $clients clients, median of $rounds rounds of $seconds s"
	for commit in off on; do
		printf '\n  %-42s %8s %8s   %s\n' "synchronous_commit = $commit" calls/s ratio goal
		table "$1" "$commit" <<-END
			$2||$3()
			limit|0.7|limit: one statement, same rows
		END
	done
}

# found WRONG...: stops if a check found something.
found() {
	if [ -n "$*" ]; then
		printf 'WRONG: %s\n' "$*"
		exit 1
	fi
}

# A provider's reports of money.
payment() {
	createdb --maintenance-db=template1 payment_shop
	local -x PGDATABASE=payment_shop
	sql -f payment/setup.sql >/dev/null
	against_limit payment captured record_payment_event
	found "$(sql -v captured="$(transactions captured)" -v limit="$(transactions limit)" \
		-f payment/verify.sql)"
	echo '  checked: every report is one entry, the books balance'
}

# Invoices, one by one and in bulk, and their XML.
invoice() {
	local bulk
	createdb --maintenance-db=template1 invoice_shop
	local -x PGDATABASE=invoice_shop
	sql -v orders="${ORDERS:-60000}" -f invoice/setup.sql >/dev/null
	against_limit invoice issued issue_invoice
	bulk=$(sql -f invoice/bulk.sql)
	awk -F'|' '{
		printf "\n  issue_invoices() of %d orders: %.1f s, %.0f invoices/min\n", $1, $2 / 1000, $1 / $2 * 60000
		printf "  invoice_xml() of 100 lines: %s ms\n", $3
	}' <<<"$bulk"
	found "$(sql -v issued="$(transactions issued)" -v limit="$(transactions limit)" \
		-v bulk="${bulk%%|*}" -f invoice/verify.sql)"
	echo '  checked: a document for each call, numbers without gaps, the books balance'
}

# reserve_stock(): one product that everybody wants against many, and a shop
# that has sold for long against a new one.
stock() {
	local contenders=(hot products limit one_row three_hot three) round i contender problems

	clients=32
	sql -f stock/setup.sql >/dev/null
	for contender in "${contenders[@]}"; do
		pgbench_round stock "$contender" on 1
	done
	rm "$work"/*.on

	for ((round = 0; round < rounds; round++)); do
		for i in "${!contenders[@]}"; do
			pgbench_round stock "${contenders[(i + round) % ${#contenders[@]}]}" on "$seconds"
			sql -c 'VACUUM ecommerce.stock, stock_limit.stock, public.one_row'
		done
	done
	printf 'reserve_stock, %s clients, durable, median of %s rounds of %s s\n' "$clients" "$rounds" "$seconds"
	printf '\n  %-42s %8s %8s   %s\n' 'one unit' calls/s ratio goal
	table stock on <<-'END'
		hot||of one product
		products|0.75|of one of 10,000 products
		one_row|4|UPDATE of one row
	END
	printf '\n  %-42s %8s %8s   %s\n' 'one unit of one of 10,000 products' calls/s ratio goal
	table stock on <<-'END'
		products||reserve_stock()
		limit||limit: one statement, same rows
	END
	printf '\n  %-42s %8s %8s   %s\n' 'three units' calls/s ratio goal
	table stock on <<-'END'
		three_hot||of three of ten products
		three|0.5|of three of 10,000 products
	END
	problems=$(sql -v one="$(transactions hot products)" -v three="$(transactions three_hot three)" -f stock/verify.sql)
	if [ -n "$problems" ]; then
		echo "WRONG: $problems"
		exit 1
	fi

	# The same calls in a copy of the database and in one that has a history
	createdb --maintenance-db=template1 --template="$PGDATABASE" new_shop
	sql -f stock/age.sql
	rm "$work"/*.on
	for ((round = 0; round < 2 * rounds; round++)); do
		if ((round % 2 == 0)); then
			PGDATABASE=new_shop pgbench_round stock products on "$seconds"
			mv "$work/products.on" "$work/new.on.$round"
		else
			pgbench_round stock products on "$seconds"
			mv "$work/products.on" "$work/products.on.$round"
		fi
	done
	cat "$work"/new.on.* >"$work/new.on"
	cat "$work"/products.on.* >"$work/products.on"
	printf '\n  %-42s %8s %8s   %s\n' 'one unit of one of 10,000 products' calls/s ratio goal
	table stock on <<-'END'
		products||after 1 M reservations, 1 M movements
		new|0.83|before
	END
	echo
	echo '  checked: no call failed; what was received is what is held and available'
}

# proved SINCE: milliseconds that verify_integrity() takes, and what it finds.
proved() {
	sql -c '\timing on' -c "SELECT problem, detail FROM ecommerce.verify_integrity($1)" >"$work/proved.log"
	grep -v '^Time\|^Timing' "$work/proved.log" >>"$work/problems" || true
	sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' "$work/proved.log"
}

# verify_integrity(): the last day in a shop of years and in one of that day
# only, which has as many orders a day and the same products; and the whole.
integrity() {
	local days=1000 day round shop
	local orders=${INTEGRITY_ORDERS:-400000}
	day=$((orders / days))
	createdb --maintenance-db=template1 years_shop
	createdb --maintenance-db=template1 day_shop
	: >"$work/problems"
	PGDATABASE=years_shop sql -v orders="$orders" -v days="$days" -f integrity/setup.sql >/dev/null
	PGDATABASE=day_shop sql -v orders="$day" -v days=1 -f integrity/setup.sql >/dev/null
	for ((round = 0; round < rounds; round++)); do
		for shop in years_shop day_shop; do
			PGDATABASE=$shop proved "now() - interval '1 day'" >>"$work/$shop.since"
		done
	done
	PGDATABASE=years_shop proved NULL >"$work/whole"
	if [ -s "$work/problems" ]; then
		echo 'WRONG: problems in a shop that has none'
		head -n 5 "$work/problems"
		exit 1
	fi
	printf 'verify_integrity, %s orders of 5 lines in %s days, median of %s rounds\n' "$orders" "$days" "$rounds"
	awk -v years="$(median <"$work/years_shop.since")" -v day="$(median <"$work/day_shop.since")" \
		-v whole="$(cat "$work/whole")" -v lines=$((5 * orders)) 'BEGIN {
			printf "  %-42s %8.0f ms\n", "the last day", years
			printf "  %-42s %8.0f ms %6.2f   %-7s %s\n", "  in a shop of that day only", day, years / day,
				"<= 2", years / day <= 2 ? "met" : "missed"
			printf "  %-42s %8.0f ms\n", "everything, for each million lines", 1e6 * whole / lines
		}'
	echo '  checked: no problem is found'
}

# What an order, a product, a user and a cart take that are found by id alone, as
# everybody writes it, in a shop of ten partitions.
lookup() {
	local rows=${LOOKUP_ROWS:-500000} partitions role
	createdb --maintenance-db=template1 lookup_shop
	PGDATABASE=lookup_shop sql -v rows="$rows" -f lookup/setup.sql >"$work/lookup.log"
	partitions=$(tail -n 1 "$work/lookup.log")
	printf 'SELECT * WHERE id = ..., %s rows each, orders in %s partitions, one client, prepared, %s s\n' \
		"$rows" "$partitions" "$seconds"
	for role in none bench_app; do
		PGDATABASE=lookup_shop PGOPTIONS="-c role=$role" pgbench -n -r -M prepared -c 1 -T "$seconds" \
			-D rows="$rows" -f lookup/by_id.sql >"$work/lookup.log" 2>&1 || {
			head -n 20 "$work/lookup.log" >&2
			exit 1
		}
		echo "  $([ "$role" = none ] && echo 'as superuser' || echo 'as a role under row security')"
		awk '/FROM ecommerce\./ {
			match($0, /ecommerce\.[a-z]*/)
			printf "    %-40s %8.3f ms   < 1     %s\n", substr($0, RSTART + 10, RLENGTH - 10), $1,
				$1 < 1 ? "met" : "missed"
		}' "$work/lookup.log"
	done
}

# latency NAME SCRIPT PATTERN OPTION...: notes the milliseconds that a statement of a script takes,
# that whose first line has the pattern, in $work/NAME.ms.
latency() {
	local name=$1 script=$2 pattern=$3
	shift 3
	ids=$((ids + 10000000))
	PGDATABASE=cart_shop PGOPTIONS='-c synchronous_commit=off' pgbench -n -r -M prepared -c 1 \
		-T "$seconds" -D n="$ids" "$@" -f "cart/$script.sql" >"$work/cart.log" 2>&1 || {
		head -n 20 "$work/cart.log" >&2
		exit 1
	}
	awk -v pattern="$pattern" 'index($0, pattern) && $1 ~ /^[0-9.]+$/ { print $1; exit }' \
		"$work/cart.log" >>"$work/$name.ms"
}

# Carts: what they come to, and what their orders cost, each against the least SQL that reads
# or writes the same; and an order of 200 lines against one of one.
cart() {
	local problems round
	createdb --maintenance-db=template1 cart_shop
	PGDATABASE=cart_shop sql -f place_order/setup.sql -f cart/setup.sql >/dev/null
	# Plans are made for tables that have rows.
	latency warm order place_order -D lines=5
	latency warm limit 'WITH ordered'
	PGDATABASE=cart_shop sql -c 'VACUUM ANALYZE'
	for ((round = 0; round < rounds; round++)); do
		latency totals totals cart_totals
		latency read totals 'SELECT c.id'
		latency order order place_order -D lines=5
		latency least limit 'WITH ordered'
		latency one order place_order -D lines=1
		latency many order place_order -D lines=200
	done
	printf 'carts, one client, synchronous_commit = off, median of %s rounds of %s s\n' "$rounds" "$seconds"
	awk -v totals="$(median <"$work/totals.ms")" -v read="$(median <"$work/read.ms")" \
		-v order="$(median <"$work/order.ms")" -v least="$(median <"$work/least.ms")" \
		-v one="$(median <"$work/one.ms")" -v many="$(median <"$work/many.ms")" '
		function line(what, ms, ratio, goal, met) {
			printf "  %-42s %8.3f ms", what, ms
			if (ratio != "") printf " %6.2f", ratio
			if (goal != "") printf "   %-7s %s", goal, met ? "met" : "missed"
			print ""
		}
		BEGIN {
			line("cart_totals() of 5 lines", totals, totals / read)
			line("  limit: one statement, same rows read", read)
			line("place_order() of a cart of 5 lines", order, order / least)
			line("  limit: one statement, same rows written", least)
			line("place_order() of a cart of 1 line", one)
			line("  of 200 lines", many, many / one, "<= 25", many / one <= 25)
		}'
	problems=$(PGDATABASE=cart_shop sql -c "SELECT problem, detail FROM ecommerce.verify_integrity()
		WHERE problem <> 'a cart without its order'")
	if [ -n "$problems" ]; then
		printf 'WRONG: %s\n' "$problems"
		exit 1
	fi
	echo '  checked: carts are what their orders sold, the books balance'
}

# events_fetch() of 10,000 events while others write, after few and after many past events.
event() {
	local few=10000 many=${EVENT_PAST:-1000000} fetches=$((rounds * 5)) past i writers problems
	for past in "$few" "$many"; do
		createdb --maintenance-db=template1 "events_$past"
		PGDATABASE=events_$past sql -v past="$past" -v unread=$((fetches * 10000)) \
			-f event/setup.sql >/dev/null
	done
	for past in "$few" "$many"; do
		PGDATABASE=events_$past pgbench -n -M prepared -c "$clients" -j 1 -T 600 \
			-f event/order.sql >"$work/writers.log" 2>&1 &
		writers=$!
		until [ "$(PGDATABASE=events_$past sql -c 'SELECT count(*) FROM ecommerce.orders')" -gt 0 ]; do
			kill -0 "$writers"
		done
		for ((i = 0; i < fetches; i++)); do
			PGDATABASE=events_$past sql -c '\timing on' -f event/fetch.sql
		done >"$work/fetch.log"
		kill "$writers"
		wait "$writers" || true
		sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' "$work/fetch.log" |
			awk '{ ms += $1 } NR % 2 == 0 { print ms; ms = 0 }' >"$work/events.$past"
		problems=$(PGDATABASE=events_$past sql -v past="$past" \
			-v fetched="$(awk '/^[0-9]+$/ { n += $1 } END { print n + 0 }' "$work/fetch.log")" \
			-f event/verify.sql)
		if [ -n "$problems" ]; then
			echo "WRONG: $problems"
			exit 1
		fi
	done
	echo "events_fetch() of 10,000 events and events_ack(), $clients clients placing orders meanwhile"
	awk -v few="$(median <"$work/events.$few")" -v many="$(median <"$work/events.$many")" \
		-v past="$many" 'BEGIN {
		printf "  %-42s %8.0f events/s\n", "after 10,000 past events", 1e7 / few
		printf "  %-42s %8.0f events/s %8.2f   <= 1.2   %s\n", "after " past " past events",
			1e7 / many, many / few, many / few <= 1.2 ? "met" : "missed"
	}'
	echo '  checked: every event was fetched once'
}

topics=("$@")
[ ${#topics[@]} -gt 0 ] || topics=(place_order stock totals integrity lookup cart event payment invoice)
for topic in "${topics[@]}"; do
	"$topic"
done
