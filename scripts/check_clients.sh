#!/bin/bash
# Buys in a shop with each client of test/clients, or those named, on the server of
# "scripts/throwaway.sh -t".  What this machine lacks is skipped, with how to get it.
#
#   scripts/check_clients.sh [client...]
#   scripts/check_clients.sh run FILE         one of them, as prove runs it
set -eu -o pipefail
cd "$(dirname "$0")/../test/clients"

skip() {
	echo "1..0 # SKIP $*"
	exit 0
}

# needs PACKAGE COMMAND...: skips unless the command succeeds
needs() {
	"${@:2}" >/dev/null 2>&1 || skip "not installed: apt-get install $1"
}

# Debian has one of the two.
go_sources=${GOCODE:-/usr/share/gocode}
pgx() {
	local version
	for version in v5 v4; do
		[ ! -d "$go_sources/src/github.com/jackc/pgx/$version" ] || echo "$version"
	done | grep -m 1 .
}

run_go() {
	local version
	needs golang-go go version
	version=$(pgx) || skip 'not installed: apt-get install golang-github-jackc-pgx-v5-dev (or v4)'
	mkdir -p go
	if [ "$version" = v4 ]; then
		sed 's|jackc/pgx/v5/pgconn|jackc/pgconn|; s|jackc/pgx/v5|jackc/pgx/v4|' pgx.go
	else
		cat pgx.go
	fi >go/main.go
	GO111MODULE=off GOPATH=$go_sources GOCACHE=$PWD/go/cache exec go run go/main.go
}

run_js() {
	local package
	case $1 in
	drizzle.js) package=drizzle-orm ;;
	node_pg.js) package=pg ;;
	postgres_js.js) package=postgres ;;
	prisma.js) package=@prisma/client ;;
	*) package=${1%.js} ;;
	esac
	needs nodejs node --version
	[ -d "node_modules/$package" ] || skip "not installed: npm install $package (see npm.log)"
	case $package in
	typeorm | @prisma/client)
		[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] ||
			skip "$package needs Node 20 or later"
		;;
	esac
	if [ "$package" = @prisma/client ]; then
		# The engine that migrates is a download of its own, and not needed.
		PRISMA_SCHEMA_ENGINE_BINARY=$(type -P true) node_modules/.bin/prisma generate \
			--schema schema.prisma >prisma.log 2>&1 || { cat prisma.log >&2; exit 1; }
	fi
	exec node "$1"
}

# Types are checked only: types.ts is what must compile, and says what must not.
run_ts() {
	[ -d node_modules/typescript ] || skip 'not installed: npm install typescript (see npm.log)'
	if node_modules/.bin/tsc --noEmit --strict --lib es2020 "$1" | sed 's/^/# /'; then
		echo 'ok 1 - ecommerce.d.ts'
	else
		echo 'not ok 1 - ecommerce.d.ts'
	fi
	echo '1..1'
	exit 0
}

run() {
	local name=$1 jar=/usr/share/java/postgresql.jar
	export PGDATABASE="client_${name%.*}" PGUSER=web
	createdb -U postgres -T shop "$PGDATABASE"
	case $name in
	*.js) run_js "$name" ;;
	*.ts) run_ts "$name" ;;
	*.go) run_go ;;
	Jdbc.java)
		needs default-jdk-headless javac -version
		needs libpostgresql-jdbc-java test -e "$jar"
		exec java -cp "$jar" Jdbc.java
		;;
	pdo.php)
		needs php-cli php --version
		needs php-pgsql php -r 'new PDO("pgsql:");'
		exec php pdo.php
		;;
	rails.rb)
		needs ruby ruby --version
		needs 'ruby-pg ruby-activerecord' ruby -e 'require "pg"; require "active_record"'
		exec ruby -W0 rails.rb
		;;
	psycopg3.py) needs python3-psycopg /usr/bin/python3 -c 'import psycopg' ;;
	sqlalchemy_orm.py)
		needs 'python3-psycopg2 python3-sqlalchemy' \
			/usr/bin/python3 -c 'import psycopg2, sqlalchemy'
		;;
	django_orm.py)
		needs 'python3-psycopg2 python3-django' /usr/bin/python3 -c 'import psycopg2, django'
		;;
	esac
	exec /usr/bin/python3 "$name"
}

if [ "${1:-}" = run ]; then
	run "$2"
fi

shopt -s nullglob extglob
clients=()
for name in "${@:-!(checkout)}"; do
	# shellcheck disable=SC2206 # a pattern
	found=($name.@(js|ts|py|rb|php|java|go))
	[ ${#found[@]} -gt 0 ] || { echo "no client is called \"$name\"" >&2; exit 2; }
	clients+=("${found[@]}")
done

if [ ! -e node_modules ] && command -v npm >/dev/null; then
	npm install --no-audit --no-fund --ignore-scripts >npm.log 2>&1 || tail -n 3 npm.log >&2
fi
createdb shop
psql -X -q -v ON_ERROR_STOP=1 -d shop -f shop.sql >/dev/null
psql -X -q -d shop -c "ALTER ROLE web PASSWORD '$PGPASSWORD'"

export PYTHONDONTWRITEBYTECODE=1
exec prove --failures --comments ${PROVE_FLAGS:+"$PROVE_FLAGS"} \
	--exec '../../scripts/check_clients.sh run' "${clients[@]}"
