#!/bin/bash
# Prints the extension script, made of the files of the topics that sql/topics
# lists.  Types and functions are members of the extension; tables, data and
# what stands before and after them become the body of ecommerce.install(), and
# rules the rows of ecommerce_internal.shop_rules().
set -eu -o pipefail
shopt -s nullglob extglob
cd "$(dirname "$0")/.."

mapfile -t topics < <(grep -v '^#' sql/topics)
diff <(printf 'sql/%s/\n' install "${topics[@]}" | sort) <(printf '%s\n' sql/*/ | sort) >&2 || {
	echo 'sql/topics and the directories of sql/ differ, as above' >&2
	exit 1
}

member() {
	local file
	for file; do
		printf '\n-- %s\n' "$file"
		cat "$file"
	done
}

# part NAME: the files of that name of all topics, and those that continue them
part() {
	local topic
	for topic in "${topics[@]}"; do
		member "sql/$topic/$1"?(_*).sql
	done
}

# shop FILE...: statements of install()
shop() {
	local file tag
	for file; do
		tag=\$${file//[!a-z]/_}\$
		printf 'EXECUTE %s\n' "$tag"
		cat "$file"
		printf '%s;\n' "$tag"
	done
}

shop_part() {
	local topic
	for topic in "${topics[@]}"; do
		shop "sql/$topic/$1"?(_*).sql
	done
}

rules() {
	local file topic union=
	cat <<-'END'

		CREATE FUNCTION ecommerce_internal.shop_rules()
		    RETURNS TABLE (relation text, name text, event text, condition text, function text)
		    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
		AS $rules$
	END
	for topic in "${topics[@]}"; do
		for file in "sql/$topic"/rules?(_*).sql; do
			printf '%s' "$union"
			cat "$file"
			union=$'UNION ALL\n'
		done
	done
	cat <<-'END'
		$rules$;
		COMMENT ON FUNCTION ecommerce_internal.shop_rules() IS
		    'The triggers of the shop: table, name, event, condition and function of each.';
	END
}

printf '%s\n' '\echo Use "CREATE EXTENSION ecommerce" to load this file. \quit'
member sql/install/schema.sql
part types
for name in internal functions matrix problems; do
	part "$name"
done
rules
cat <<'END'

CREATE FUNCTION ecommerce.install() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning AS $install$
DECLARE
    n bigint := (SELECT count(*) FROM ecommerce_internal.schema_problems());
BEGIN
END
shop sql/install/before.sql
shop_part tables
shop_part data
shop sql/install/after.sql
printf '%s\n' 'RETURN n;' "END \$install\$;"
member sql/install/objects.sql sql/install/finish.sql
