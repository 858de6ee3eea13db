#!/bin/bash
# Makes this machine ready: installs the Debian packages that are missing, having
# said how many and how large, and builds the extension.
#
#   scripts/setup.sh [run|test|lint|fuzz]    what for; each includes those before
#   scripts/setup.sh clients                 run, and clients in five languages
#
# When nothing is missing it takes neither network nor root, and writes nothing
# outside of the checkout.
set -eu
cd "$(dirname "$0")/.."

profile=${1:-run}
pg_config=${PG_CONFIG:-pg_config}
apt_install=(install --no-install-recommends)

die() {
	printf 'setup: %s\n' "$*" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

can_be_root() {
	[ "$(id -u)" = 0 ] || command -v sudo >/dev/null
}

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Major version of the chosen server, or else of the one that Debian provides;
# nothing if the server is not Debian's.
server_version() {
	local bin version
	if ! bin=$("$pg_config" --bindir 2>/dev/null); then
		bin=$(dirname "$pg_config")
	fi
	if [ "$bin" = . ]; then
		version=$(apt-cache depends postgresql 2>/dev/null |
			sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p')
		echo "${version:-VERSION}"
	else
		expr "$bin" : '/usr/lib/postgresql/\([0-9]*\)/bin$' || true
	fi
}

# Programs that are there already need no package: they may be from elsewhere.
client_packages() {
	echo libpostgresql-jdbc-java php-cli php-pgsql python3-django python3-psycopg \
		python3-psycopg2 python3-sqlalchemy ruby ruby-activerecord ruby-pg
	command -v javac >/dev/null || echo default-jdk-headless
	command -v npm >/dev/null || echo nodejs npm
	command -v go >/dev/null || echo golang-go
	apt-cache policy golang-github-jackc-pgx-v{4,5}-dev | sed -n 's/^\(golang.*\):$/\1/p' |
		tail -n 1
}

packages() {
	local version=$1 package
	echo gcc libc6-dev make perl
	[ -z "$version" ] || echo "postgresql-$version postgresql-server-dev-$version"
	[ "$profile" != run ] || return 0
	if [ "$profile" = clients ]; then
		client_packages
		return
	fi
	echo libdbd-pg-perl libfaketime libipc-run-perl libtap-parser-sourcehandler-pgtap-perl
	[ -z "$version" ] || echo "postgresql-$version-pgtap"
	# Not in every release of Debian; the test that uses it does without.
	[ -z "$(apt-cache policy "postgresql-$version-wal2json" 2>/dev/null)" ] ||
		echo "postgresql-$version-wal2json"
	[ "$profile" != test ] || return 0
	echo binutils clang codespell cppcheck perltidy shellcheck
	# Not in every release of Debian; the indenter comes with PostgreSQL 17.
	for package in pg-bsd-indent "postgresql-$version-plpgsql-check"; do
		[ -z "$(apt-cache policy "$package")" ] || echo "$package"
	done
	[ "$profile" != lint ] || return 0
	# libFuzzer and the sanitizers of the version that "clang" is
	apt-cache depends clang |
		sed -n 's/.*Depends: clang-\([0-9]*\)$/libclang-rt-\1-dev/p'
}

missing() {
	local package
	for package in $(packages "$(server_version)"); do
		installed "$package" || echo "$package"
	done
}

# announce PACKAGE...: how many are to come with those that they need, and how
# large; fails where apt has no lists yet.
announce() {
	local names
	names=$(apt-get -s "${apt_install[@]}" "$@" 2>/dev/null |
		sed -n 's/^Inst \([^ ]*\) (.*/\1/p')
	[ -n "$names" ] || return 1
	# shellcheck disable=SC2086 # words
	apt-cache show --no-all-versions $names |
		awk -v packages="$(wc -l <<<"$names")" '/^Installed-Size:/ { kilobytes += $2 }
			END { printf "needs %d package%s, %.0f MB on disk\n", packages,
				packages == 1 ? "" : "s", kilobytes / 1024 + 0.5 }'
}

# A new server package must not start a server of its own.
no_cluster=/etc/postgresql-common/createcluster.d/no-cluster.conf

allow_cluster() {
	as_root rm -f "$no_cluster"
	as_root rmdir --ignore-fail-on-non-empty "${no_cluster%/*}"
}

install_packages() {
	as_root mkdir -p "${no_cluster%/*}"
	trap allow_cluster EXIT
	echo 'create_main_cluster = false' | as_root tee "$no_cluster" >/dev/null
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q "${apt_install[@]}" "$@" </dev/null
	allow_cluster
	trap - EXIT
}

case $profile in
run | test | lint | fuzz | clients) ;;
*) die "unknown profile \"$profile\": run, test, lint, fuzz or clients" ;;
esac

if ! command -v apt-get >/dev/null; then
	echo "setup: not Debian, so no packages are installed" >&2
elif [ -n "$(missing)" ]; then
	mapfile -t names < <(missing)
	announced=
	if announce "${names[@]}"; then
		announced=yes
	elif [ "$(id -u)" != 0 ]; then
		echo "needs packages; how many is known when apt's lists are there: ${names[*]}"
	fi
	can_be_root || die "no root and no sudo to install: ${names[*]}"
	as_root apt-get update -q </dev/null ||
		die "no package lists to install from: ${names[*]}"
	mapfile -t names < <(missing)
	[ -n "$announced" ] || announce "${names[@]}" || true
	install_packages "${names[@]}"
fi

if [ -O . ] && [ -w . ]; then
	make --no-print-directory -s -j"$(nproc)" all
else
	echo "not your checkout: what is not built in it is built in a copy, each time" >&2
fi
