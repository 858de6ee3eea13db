#!/bin/bash
# Runs a command beside a PostgreSQL server of its own, in a copy of this tree:
#
#   scripts/throwaway.sh [-kt] [-o name=value]... [-i file] [-r directory]
#       command [argument]...
#
# -o sets a server parameter; -i gives the command a copy of a file, as its
# last argument; -r brings a directory of the copy back into this tree; -k
# keeps the server, if the command succeeds, and says how to enter and stop it.
# PGHOST, PGPORT, PGUSER and PGDATABASE name the server, which listens on a
# socket in its own directory only; with -t also on a free port of 127.0.0.1,
# where roles need a password, and PGPASSWORD is one.  The extension is installed
# into a copy of PostgreSQL there, and nothing is written elsewhere.  Root becomes
# "postgres".  When the command has ended, however it ended, nothing is left.
set -eu

settings=()
input=
returned=
keep=
tcp=
while getopts ko:i:r:t option; do
	case $option in
	k) keep=yes ;;
	o) settings+=("$OPTARG") ;;
	i) input=$(realpath -e "$OPTARG") ;;
	r) returned=$OPTARG ;;
	t) tcp=yes ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))

tree=$(realpath "$(dirname "$0")/..")
bin=$("${PG_CONFIG:-pg_config}" --bindir)
as_user=()
if [ "$(id -u)" = 0 ]; then
	user=postgres
	id "$user" >/dev/null 2>&1 || user=nobody
	as_user=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --init-groups)
fi

job=
home=$(mktemp -d "${TMPDIR:-/tmp}/ecommerce.XXXXXX")
server=$home/server

stop_job() {
	local i
	[ -n "$job" ] || return 0
	kill -TERM -- "-$job" 2>/dev/null || return 0
	for ((i = 0; i < 50; i++)); do
		sleep 0.1
		kill -0 -- "-$job" 2>/dev/null || return 0
	done
	kill -KILL -- "-$job" 2>/dev/null || true
}

# Stops servers that tests started, too.
stop_servers() {
	local pid_file
	while read -r pid_file; do
		"${as_user[@]}" "$bin/pg_ctl" stop -s -m immediate \
			-D "$(dirname "$pid_file")" 2>/dev/null || true
	done < <(find "$home" -name postmaster.pid)
}

cleanup() {
	trap '' INT TERM HUP
	stop_job
	stop_servers
	rm -rf "$home"
}

# Ends without cleanup.
keep_server() {
	local psql=psql
	[ -n "$has_psql" ] || psql=$bin/psql
	printf '#!/bin/bash\n%s %q stop -s -m fast -D %q\nrm -rf %q\n' \
		"${as_user[*]}" "$bin/pg_ctl" "$home/data" "$home" >"$home/stop"
	chmod +x "$home/stop"
	rm -rf "$home/tree"
	cat <<-EOF

		The server stays.  To enter the shop; and to stop the server and delete all of it:

		    ${SUDO_USER:+sudo }$psql -h $home -U $PGUSER $PGDATABASE
		    ${SUDO_USER:+sudo }$home/stop
	EOF
	trap - EXIT
}

trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

[ ${#as_user[@]} = 0 ] || chown "$user": "$home"
tar -C "$tree" --exclude=./.git -cf - . |
	(cd "$home" && "${as_user[@]}" sh -c 'mkdir tree && tar -C tree -xof -')
if [ -n "$input" ]; then
	mkdir "$home/input"
	cp -R "$input" "$home/input"
	chmod -R a+rX "$home/input"
	set -- "$@" "$home/input/$(basename "$input")"
fi
# Some tests read ../shared/data, where there is such a thing.
[ ! -d "$tree/../shared" ] || ln -s "$(realpath "$tree/../shared")" "$home/shared"
cd "$home/tree"

"${as_user[@]}" scripts/private_server.sh "$server" >"$home/build.log" 2>&1 || {
	cat "$home/build.log" >&2
	exit 1
}
has_psql=$(command -v psql || true)

for name in $(compgen -e); do
	case $name in
	PG* | MAKEFLAGS | MAKELEVEL | MFLAGS) unset "$name" ;;
	esac
done
bin=$server$bin
export HOME="$home" TMPDIR="$home" LC_ALL=C.UTF-8 PATH="$bin:$PATH" PG_CONFIG="$bin/pg_config"
export PGHOST="$home" PGPORT=5432 PGUSER=postgres PGDATABASE=ecommerce
addresses=
host_auth=reject
if [ -n "$tcp" ]; then
	PGPORT=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(
		LocalAddr => "127.0.0.1", Listen => 1)->sockport')
	PGPASSWORD=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	export PGPASSWORD
	addresses=127.0.0.1
	host_auth=scram-sha-256
fi

"${as_user[@]}" initdb -D "$home/data" -U "$PGUSER" --auth-local=trust \
	--auth-host="$host_auth" -E UTF8 --locale=C.UTF-8 --data-checksums --no-sync >/dev/null
{
	printf "%s = '%s'\n" listen_addresses "$addresses" unix_socket_directories "$home" \
		port "$PGPORT" fsync off
	for setting in "${settings[@]}"; do
		printf "%s = '%s'\n" "${setting%%=*}" "${setting#*=}"
	done
} >>"$home/data/postgresql.conf"
if ! "${as_user[@]}" pg_ctl start -s -w -D "$home/data" -l "$home/server.log"; then
	cat "$home/server.log" >&2
	exit 1
fi
"${as_user[@]}" createdb "$PGDATABASE"

# In a process group of its own, which can be stopped as a whole; that group
# cannot read the terminal.
[ ! -t 0 ] || exec </dev/null
set -m
"${as_user[@]}" "$@" <&0 &
job=$!
set +m
status=0
wait "$job" || status=$?
[ -z "$returned" ] ||
	cp -R --no-preserve=ownership "$home/tree/$returned/." "$tree/$returned/"
if [ "$status" = 0 ] && [ -n "$keep" ]; then
	keep_server
elif [ "$status" != 0 ]; then
	grep -E 'PANIC|TRAP|terminated by signal' "$home/server.log" >&2 || true
fi
exit "$status"
