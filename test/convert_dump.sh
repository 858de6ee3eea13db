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
-- What the old rows do not keep; install() puts it back.
ALTER TABLE ecommerce.products ALTER slug DROP NOT NULL, DROP CONSTRAINT idx_products_slug;
ALTER TABLE ecommerce.countries DROP CONSTRAINT countries_eu_check;
ALTER TABLE ecommerce.vat_places DROP CONSTRAINT vat_places_valid_check;
ALTER TABLE ecommerce.vat_rates DROP CONSTRAINT vat_rates_valid_check;
SQL
sed -e '/^COPY ecommerce\.coupons (/s/, active,/, is_active,/' \
	-e '/^COPY ecommerce\.gift_cards (/s/, notes,/, note,/' \
	-e '/^REFRESH MATERIALIZED VIEW/d'
cat <<'SQL'
UPDATE ecommerce.products SET slug = sku WHERE slug IS NULL;
-- Periods ended with their last day.
UPDATE ecommerce.countries SET eu_to = eu_to + 1 WHERE eu_to IS NOT NULL;
UPDATE ecommerce.vat_places SET valid_to = valid_to + 1 WHERE valid_to IS NOT NULL;
UPDATE ecommerce.vat_rates SET valid_to = valid_to + 1 WHERE valid_to IS NOT NULL;
COMMIT;
RESET session_replication_role;
SELECT FROM ecommerce.install();
REFRESH MATERIALIZED VIEW ecommerce.product_stats;
SELECT * FROM ecommerce.verify_integrity();
SQL
