#!/bin/bash
# What the container runs: a server in PGDATA, which has to be in a volume, with
# the extension in the database POSTGRES_DB (shop).  The first start makes them,
# and needs POSTGRES_PASSWORD, that of the superuser "postgres".
set -eu

new=$PGDATA.new
database=${POSTGRES_DB:-shop}

# A start that was cut short begins anew: PGDATA is there when all of it is.
if [ ! -e "$PGDATA" ]; then
	: "${POSTGRES_PASSWORD:?is to be set: the password of the superuser postgres}"
	rm -rf "$new"
	initdb -D "$new" -U postgres -E UTF8 --locale=C.UTF-8 --data-checksums \
		--auth-local=trust --auth-host=scram-sha-256 --pwfile=<(echo "$POSTGRES_PASSWORD")
	echo 'host all all all scram-sha-256' >>"$new/pg_hba.conf"
	sockets=$(mktemp -d)
	pg_ctl start -w -s -D "$new" -o "-c listen_addresses= -c unix_socket_directories=$sockets"
	createdb -h "$sockets" -U postgres "$database"
	psql -X -q -h "$sockets" -U postgres -d "$database" -c 'CREATE EXTENSION ecommerce'
	pg_ctl stop -w -s -D "$new"
	rm -rf "$sockets"
	mv "$new" "$PGDATA"
fi

exec postgres -D "$PGDATA" -c listen_addresses='*' "$@"
