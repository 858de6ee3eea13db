#!/bin/bash
# Makes this machine ready: installs the Debian packages that are missing,
# builds the extension and installs it.
#
#   scripts/setup.sh [run|test|lint|fuzz]    what for; each includes those before
#
# Needs root or sudo for packages and for PostgreSQL's directories.  Takes no
# network when nothing is missing.
set -eu
cd "$(dirname "$0")/.."

profile=${1:-run}
pg_config=${PG_CONFIG:-pg_config}

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

packages() {
	local version=$1 package
	echo gcc libc6-dev make perl
	[ -z "$version" ] || echo "postgresql-$version postgresql-server-dev-$version"
	[ "$profile" != run ] || return 0
	echo libdbd-pg-perl libfaketime libipc-run-perl libtap-parser-sourcehandler-pgtap-perl
	[ -z "$version" ] || echo "postgresql-$version-pgtap"
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
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
		--no-install-recommends "$@" </dev/null
	allow_cluster
	trap - EXIT
}

case $profile in
run | test | lint | fuzz) ;;
*) die "unknown profile \"$profile\": run, test, lint or fuzz" ;;
esac

if ! command -v apt-get >/dev/null; then
	echo "setup: not Debian, so no packages are installed" >&2
elif [ -n "$(missing)" ]; then
	can_be_root || die "no root and no sudo to install: $(missing | paste -sd' ')"
	as_root apt-get update -q </dev/null ||
		die "no package lists to install from: $(missing | paste -sd' ')"
	mapfile -t names < <(missing)
	install_packages "${names[@]}"
fi

make --no-print-directory -s -j"$(nproc)" all

# What tests share is an extension, too, and no user's.
targets=(install)
[ "$profile" = run ] || targets+=(install-tests)

directories=("$("$pg_config" --pkglibdir)" "$("$pg_config" --sharedir)/extension")
if [ -w "${directories[0]}" ] && [ -w "${directories[1]}" ]; then
	make --no-print-directory -s "${targets[@]}"
else
	can_be_root || die "no root and no sudo to install into ${directories[*]}"
	sudo make --no-print-directory -s "${targets[@]}" PG_CONFIG="$pg_config" ||
		die "could not install into ${directories[*]}"
fi
