/*
 * stock_give.c
 *	  Giving stock back: to rows that are locked, or to new ones.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "db/plan.h"
#include "stock_change.h"

/* Times that a row is looked for, and inserted where there is none */
#define MAX_TRIES 3

static EcPlan reclaim_plan = {
	.sql = "WITH expired AS (SELECT r.id, r.product_id, r.warehouse_id FROM {stock_reservations} r"
	" WHERE r.tenant_id = $1 AND r.product_id = $2 AND r.status = 'held' AND r.expires_at <= $3"
	" FOR NO KEY UPDATE SKIP LOCKED),"
	" taken AS (UPDATE {stock_reservations} r SET status = 'expired' FROM expired e"
	" WHERE r.tenant_id = $1 AND r.id = e.id AND r.product_id = e.product_id"
	" AND r.warehouse_id = e.warehouse_id"
	" RETURNING r.warehouse_id, r.quantity, r.status)"
	" SELECT warehouse_id, sum(quantity) FROM taken WHERE status IN ('released', 'expired')"
	" GROUP BY warehouse_id ORDER BY warehouse_id",
	.nargs = 3,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID}
};

/* What it returns */
enum
{
	RECLAIMED_WAREHOUSE = 1,
	RECLAIMED_UNITS
};

/* Units that a product cannot have or lack */
pg_noreturn static void
out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("stock is out of range"),
			 errdetail("A product can have %d units in a warehouse.", PG_INT32_MAX)));
}

/* Has the product a row in a warehouse? */
static bool
has_row(const EcStockChange *change, int32 warehouse_id)
{
	for (int i = 0; i < change->nrows; i++)
		if (change->rows[i].warehouse_id == warehouse_id)
			return true;
	return false;
}

/*
 * Read the rows of a product.  What is given to a warehouse that has none makes
 * one, before any is locked: made when all products are locked, it could meet a row
 * that others have made meanwhile, and wait for it out of order.  Return which
 * demands are served.
 */
bool *
ec_stock_read_rows(EcStockChange *change, const EcDemand *demands, int n)
{
	bool	   *served = palloc0_array(bool, (Size) n);
	bool		inserting = true;

	for (int tries = 0; inserting; tries++)
	{
		inserting = false;
		change->nrows = 0;
		(void) ec_stock_find_rows(change, &demands[0].product_id);
		for (int i = 0; i < n; i++)
		{
			int32		warehouse_id = ec_receiving_warehouse(&demands[i]);

			if (served[i] || demands[i].quantity >= 0 || has_row(change, warehouse_id))
				continue;

			/* A trigger refuses what is neither there nor inserted. */
			if (tries == MAX_TRIES)
				ec_written(0, 1, "stock");
			inserting = true;
			served[i] = ec_stock_insert_row(change, &demands[0].product_id, warehouse_id, 0,
											-demands[i].quantity);
		}
	}
	return served;
}

/* Put units into a locked row of a warehouse. */
void
ec_stock_give(EcStockChange *change, const pg_uuid_t *product_id, int32 warehouse_id,
			  int64 quantity)
{
	EcStockRow *row = NULL;
	int64		sum;

	if (quantity > PG_INT32_MAX)
		out_of_range();
	for (int i = 0; i < change->nrows; i++)
	{
		EcStockRow *candidate = &change->rows[i];

		if (candidate->locked && candidate->warehouse_id == warehouse_id &&
			(row == NULL || candidate->available < 0))
			row = candidate;
	}
	if (row == NULL)
	{
		/* It was deleted just now, and maybe made again. */
		if (!ec_stock_insert_row(change, product_id, warehouse_id, 0, (int32) quantity))
			ereport(ERROR,
					(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					 errmsg("could not serialize access due to concurrent update")));
		return;
	}
	sum = (int64) row->available + row->delta + quantity;
	if (sum > PG_INT32_MAX)
		out_of_range();
	row->delta = (int32) (sum - row->available);
}

/*
 * Give the expired holds of a product back; its stock is locked.  Triggers of
 * these rows may have changed it.
 */
void
ec_stock_reclaim(EcStockChange *change, const pg_uuid_t *product_id)
{
	Datum		arguments[3] = {
		Int32GetDatum(change->tenant_id), UUIDPGetDatum(product_id),
		TimestampTzGetDatum(GetCurrentTimestamp())
	};
	int			n = (int) ec_execute_unchecked(&reclaim_plan, arguments, NULL);
	int32	   *warehouses;
	int64	   *units;

	if (n == 0)
		return;
	warehouses = palloc_array(int32, (Size) n);
	units = palloc_array(int64, (Size) n);
	for (int i = 0; i < n; i++)
	{
		warehouses[i] = DatumGetInt32(ec_value((uint64) i, RECLAIMED_WAREHOUSE, INT4OID));
		units[i] = DatumGetInt64(ec_value((uint64) i, RECLAIMED_UNITS, INT8OID));
	}
	change->stale = true;
	ec_stock_snapshot(change);
	for (int i = 0; i < change->nrows; i++)
		ec_stock_refresh_row(change, &change->rows[i]);
	for (int i = 0; i < n; i++)
		ec_stock_give(change, product_id, warehouses[i], units[i]);
}
