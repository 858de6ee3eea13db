#!/bin/sh
# Turns a dump of a shop's rows, made before its functions and partitions got schemas
# of their own, into one that loads into a shop that is new:
#
#   pg_dump --data-only --load-via-partition-root -n ecommerce OLD |
#       test/convert_dump.sh | psql -v ON_ERROR_STOP=1 NEW
#
# NEW has the extension, and partitions for the time of the orders
# (ecommerce.ensure_partitions); what it has of rows is replaced.  At the end come
# the problems that verify_integrity() finds: none.
set -eu

cat <<'SQL'
BEGIN;
SET session_replication_role = replica;
DO $$
BEGIN
	EXECUTE (SELECT 'TRUNCATE ' || string_agg(oid::regclass::text, ', ') FROM pg_class
		WHERE relnamespace = 'ecommerce'::regnamespace AND relkind IN ('r', 'p'));
END $$;
SQL
sed -e '/^COPY ecommerce\.coupons (/s/, active,/, is_active,/' \
	-e '/^REFRESH MATERIALIZED VIEW/d'
cat <<'SQL'
COMMIT;
RESET session_replication_role;
REFRESH MATERIALIZED VIEW ecommerce.product_stats;
SELECT * FROM ecommerce.verify_integrity();
SQL
