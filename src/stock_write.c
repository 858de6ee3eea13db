/*
 * stock_write.c
 *	  Writing rows of stock: new ones, and what was decided of those that are
 *	  locked.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/snapmgr.h"

#include "pg_compat.h"

#include "db/plan.h"
#include "db/writer.h"
#include "ecommerce.h"
#include "stock_change.h"

static EcRowType changes = {
	.name = "changes",
	.ncolumns = 4,
	.columns = {
		{"product_id", UUIDOID}, {"warehouse_id", INT4OID}, {"slot", INT2OID},
		{"available", INT4OID}
	}
};

static EcPlan change_plan = {
	.sql = "UPDATE {stock} s SET available = c.available"
	" FROM changes c WHERE s.tenant_id = $1 AND s.product_id = c.product_id"
	" AND s.warehouse_id = c.warehouse_id AND s.slot = c.slot"
	" RETURNING (s.product_id, s.warehouse_id, s.slot, s.available)"
	" = (c.product_id, c.warehouse_id, c.slot, c.available)",
	.nargs = 1,
	.types = {INT4OID}
};
static EcPlan insert_plan = {
	.sql = "INSERT INTO {stock} AS s (tenant_id, product_id, warehouse_id, slot, available)"
	" VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
	" RETURNING (s.product_id, s.warehouse_id, s.slot, s.available) = ($2, $3, $4, $5)",
	.nargs = 5,
	.types = {INT4OID, UUIDOID, INT4OID, INT2OID, INT4OID}
};

/* Write the changes of locked rows by a statement, which fires all triggers. */
static void
write_by_statement(EcStockChange *change)
{
	TupleDesc	desc = RelationGetDescr(change->scan.rel);
	bool		nulls[4] = {false, false, false, false};
	Datum		arguments[1] = {Int32GetDatum(change->tenant_id)};
	EcRows		rows;
	uint64		n;
	uint64		written = 0;

	ec_rows_begin(&rows, &changes);
	for (int i = 0; i < change->nwritten; i++)
	{
		EcStockRow *row = &change->written[i];
		bool		isnull;
		Datum		values[4] = {
			heap_getattr(row->tuple, change->scan.place->attnums[STOCK_PRODUCT], desc, &isnull),
			Int32GetDatum(row->warehouse_id), Int16GetDatum(row->slot),
			Int32GetDatum(row->available + row->delta)
		};

		ec_rows_add(&rows, values, nulls);
	}
	ec_rows_register(&rows);
	n = ec_execute(&change_plan, arguments, NULL);
	for (uint64 i = 0; i < n; i++)
		written += DatumGetBool(ec_value(i, 1, BOOLOID));
	ec_written(written, (uint64) change->nwritten, "stock");
	ec_rows_end(&rows);
}

/* Write the changes of locked rows. */
void
ec_stock_write_rows(EcStockChange *change)
{
	EcWriter   *writer;

	if (change->nwritten == 0)
		return;
	if (change->stale)
	{
		/* A row that was waited for may be newer than the last snapshot. */
		ec_stock_snapshot(change);
		for (int i = 0; i < change->nwritten; i++)
			ec_stock_refresh_row(change, &change->written[i]);
	}
	writer = ec_writer_begin(change->scan.place, change->scan.rel, STOCK_AVAILABLE);
	if (writer == NULL)
	{
		write_by_statement(change);
		return;
	}
	for (int i = 0; i < change->nwritten; i++)
	{
		EcStockRow *row = &change->written[i];

		ec_writer_update(writer, row->tuple,
						 Int32GetDatum(row->available + row->delta));
	}
	ec_writer_end(writer);
}

/*
 * Insert a row with its units, without waiting for whoever has locked one that is
 * there.  False if there is one, or if a trigger keeps it from being inserted.
 */
bool
ec_stock_insert_row(EcStockChange *change, const pg_uuid_t *product_id,
					int32 warehouse_id, int16 slot, int32 available)
{
	Datum		arguments[5] = {
		Int32GetDatum(change->tenant_id), UUIDPGetDatum(product_id),
		Int32GetDatum(warehouse_id), Int16GetDatum(slot), Int32GetDatum(available)
	};
	bool		inserted = ec_execute(&insert_plan, arguments, NULL) == 1;

	if (inserted)
		ec_written(DatumGetBool(ec_value(0, 1, BOOLOID)), 1, "stock");
	/* Its triggers may have changed rows. */
	change->stale = true;
	ec_stock_snapshot(change);
	return inserted;
}
