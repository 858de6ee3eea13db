/*
 * stock_write.c
 *	  Writing what was decided of stock: rows, receipts, alerts.
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
static EcPlan receive_plan = {
	.sql = "INSERT INTO {stock} AS s (tenant_id, product_id, warehouse_id, slot, available)"
	" VALUES ($1, $2, $3, $4, $5)"
	" ON CONFLICT (tenant_id, product_id, warehouse_id, slot)"
	" DO UPDATE SET available = s.available + excluded.available"
	" WHERE excluded.available = $5"
	" RETURNING (s.product_id, s.warehouse_id, s.slot) = ($2, $3, $4)"
	" AND (s.xmax <> 0 OR s.available = $5)",
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
	for (int i = 0; change->stale && i < change->nwritten; i++)
		ec_stock_refresh_row(change, &change->written[i]);
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

/* Put units where no row was, or where others have made one meanwhile. */
void
ec_stock_write_receipts(EcStockChange *change)
{
	for (int i = 0; i < change->nreceipts; i++)
	{
		EcStockReceipt *receipt = &change->receipts[i];
		Datum		arguments[5] = {
			Int32GetDatum(change->tenant_id),
			UUIDPGetDatum(&receipt->product_id),
			Int32GetDatum(receipt->warehouse_id), Int16GetDatum(receipt->slot),
			Int32GetDatum(receipt->quantity)
		};

		ec_written(ec_execute(&receive_plan, arguments, NULL) == 1 &&
				   DatumGetBool(ec_value(0, 1, BOOLOID)), 1, "stock");
	}
}
