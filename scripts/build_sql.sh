#!/bin/sh
# Prints the extension script, made of the files named in the Makefile:
# sql/code/* are members of the extension; sql/shop/* become the body of the
# member function ecommerce.install(), which stands before the last sql/code/*.
set -eu

shop_function() {
	cat <<-'EOF'

		CREATE FUNCTION ecommerce.install() RETURNS void
		LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
		SET client_min_messages = warning AS $install$
		BEGIN
	EOF
	for shop_file; do
		case $shop_file in
		sql/shop/*)
			tag="\$shop_$(basename "$shop_file" .sql)\$"
			printf 'EXECUTE %s\n' "$tag"
			cat "$shop_file"
			printf '%s;\n' "$tag"
			;;
		esac
	done
	echo "END \$install\$;"
}

printf '%s\n' '\echo Use "CREATE EXTENSION ecommerce" to load this file. \quit'
for file; do
	case $file in
	sql/code/99_*) shop_function "$@" ;;
	sql/shop/*) continue ;;
	esac
	printf '\n-- %s\n' "$file"
	cat "$file"
done
