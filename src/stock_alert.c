/*
 * stock_alert.c
 *	  Telling once that a product's stock has become low, and that it is so no more.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/snapmgr.h"

#include "pg_compat.h"

#include "db/plan.h"
#include "ecommerce.h"
#include "stock_change.h"

static EcPlan alert_plan = {
	.sql = "WITH alert AS (INSERT INTO {stock_alerts} (tenant_id, product_id) VALUES ($1, $2)"
	" ON CONFLICT DO NOTHING RETURNING product_id)"
	" INSERT INTO {events} (tenant_id, id, kind, entity_id, data)"
	" SELECT $1, $3, 'stock.low', product_id,"
	" jsonb_build_object('available', $4, 'min_stock', $5) FROM alert",
	.nargs = 5,
	.types = {INT4OID, UUIDOID, UUIDOID, INT8OID, INT4OID}
};
static EcPlan alert_over_plan = {
	.sql = "WITH now AS (SELECT sum(s.available) AS available FROM {stock} s"
	" WHERE s.tenant_id = $1 AND s.product_id = $2),"
	" ended AS (DELETE FROM {stock_alerts} a USING {products} p, now n"
	" WHERE a.tenant_id = $1 AND a.product_id = $2 AND p.tenant_id = $1 AND p.id = $2"
	" AND p.min_stock < n.available RETURNING a.product_id, n.available, p.min_stock)"
	" INSERT INTO {events} (tenant_id, id, kind, entity_id, data)"
	" SELECT $1, $3, 'stock.replenished', e.product_id,"
	" jsonb_build_object('available', e.available, 'min_stock', e.min_stock) FROM ended e",
	.nargs = 3,
	.types = {INT4OID, UUIDOID, UUIDOID}
};

static const EcTable stock_alerts = {
	.name = "stock_alerts",
	.nkeys = 2,
	.ncolumns = 2,
	.columns = {
		{"tenant_id", INT4OID}, {"product_id", UUIDOID}
	}
};

/* Is there an alert for the product? */
static bool
has_alert(EcStockChange *change, const pg_uuid_t *product_id)
{
	Datum		keys[2] = {
		Int32GetDatum(change->tenant_id), UUIDPGetDatum(product_id)
	};
	EcScan		scan;
	bool		found;

	ec_scan_open(&scan, &stock_alerts, change->tenant_id, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 2, keys);
	found = ec_scan_next(&scan);
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	return found;
}

/* Note if the stock of a product has become low. */
void
ec_stock_note_alert(EcStockChange *change, const EcDemand *demand)
{
	int64		available = 0;
	EcStockAlert *alert;

	/* Of rows that others hold this is what they had. */
	for (int i = 0; i < change->nrows; i++)
		available += change->rows[i].available + change->rows[i].delta;
	if (available > demand->min_stock || has_alert(change, &demand->product_id))
		return;
	change->alerts = ec_stock_room(change->alerts, change->nalerts,
								   &change->alerts_capacity, sizeof(EcStockAlert));
	alert = &change->alerts[change->nalerts++];
	alert->product_id = demand->product_id;
	alert->available = available;
	alert->min_stock = demand->min_stock;
}

/* Write the events of stock that has become low. */
void
ec_stock_write_alerts(EcStockChange *change)
{
	for (int i = 0; i < change->nalerts; i++)
	{
		EcStockAlert *alert = &change->alerts[i];
		pg_uuid_t	event_id;
		Datum		arguments[5] = {
			Int32GetDatum(change->tenant_id), UUIDPGetDatum(&alert->product_id),
			UUIDPGetDatum(&event_id), Int64GetDatum(alert->available),
			Int32GetDatum(alert->min_stock)
		};

		ec_uuid_v7_generate(&event_id);
		(void) ec_execute(&alert_plan, arguments, NULL);
	}
}

/* End the alerts of products of which enough came in, and tell. */
void
ec_stock_end_alerts(EcStockChange *change, const EcDemand *demands, int n)
{
	for (int i = 0; i < n; i++)
	{
		pg_uuid_t	event_id;
		Datum		arguments[3] = {
			Int32GetDatum(change->tenant_id), UUIDPGetDatum(&demands[i].product_id),
			UUIDPGetDatum(&event_id)
		};

		if (demands[i].quantity >= 0 || !has_alert(change, &demands[i].product_id))
			continue;
		ec_uuid_v7_generate(&event_id);
		(void) ec_execute(&alert_over_plan, arguments, NULL);
	}
}
