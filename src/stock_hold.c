/*
 * stock_hold.c
 *	  Writing what a reservation holds.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "db/plan.h"
#include "db/table.h"
#include "db/writer.h"
#include "stock.h"

static EcRowType held = {
	.name = "held",
	.ncolumns = 3,
	.columns = {
		{"product_id", UUIDOID}, {"warehouse_id", INT4OID}, {"quantity", INT4OID}
	}
};

static EcPlan hold_plan = {
	.sql = "INSERT INTO {stock_reservations}"
	" (tenant_id, id, product_id, warehouse_id, quantity, owner, expires_at)"
	" SELECT $1, $2, h.product_id, h.warehouse_id, h.quantity, $3, $4 FROM held h"
	" RETURNING quantity",
	.nargs = 4,
	.types = {INT4OID, UUIDOID, TEXTOID, TIMESTAMPTZOID}
};

/* Columns of stock_reservations that are written */
enum
{
	HOLD_TENANT,
	HOLD_ID,
	HOLD_PRODUCT,
	HOLD_WAREHOUSE,
	HOLD_QUANTITY,
	HOLD_OWNER,
	HOLD_EXPIRES_AT,
	HOLD_COLUMNS
};

static const EcTable reservations = {
	.name = "stock_reservations",
	.nullable = 1 << HOLD_OWNER,
	.ncolumns = HOLD_COLUMNS,
	.columns = {
		{"tenant_id", INT4OID}, {"id", UUIDOID}, {"product_id", UUIDOID},
		{"warehouse_id", INT4OID}, {"quantity", INT4OID}, {"owner", TEXTOID},
		{"expires_at", TIMESTAMPTZOID}
	}
};

/* Write what a reservation holds by a statement, which fires all triggers. */
static void
hold_by_statement(Datum *arguments, const char *nulls, const EcTaken *taken, int n)
{
	bool		no_nulls[3] = {false, false, false};
	EcRows		rows;
	uint64		written;
	int64		units = 0;

	ec_rows_begin(&rows, &held);
	for (int i = 0; i < n; i++)
	{
		Datum		values[3] = {
			UUIDPGetDatum(&taken[i].product_id),
			Int32GetDatum(taken[i].warehouse_id),
			Int32GetDatum(taken[i].quantity)
		};

		ec_rows_add(&rows, values, no_nulls);
		units += taken[i].quantity;
	}
	ec_rows_register(&rows);
	written = ec_execute_unchecked(&hold_plan, arguments, nulls);
	for (uint64 i = 0; i < written; i++)
		units -= DatumGetInt32(ec_value(i, 1, INT4OID));
	ec_written(units == 0 ? written : 0, (uint64) n, "stock_reservations");
	ec_rows_end(&rows);
}

/* Write what a reservation holds; owner may be NULL. */
void
ec_stock_hold(int32 tenant_id, const pg_uuid_t *id, text *owner, TimestampTz expires_at,
			  const EcTaken *taken, int n)
{
	Relation	rel;
	EcPlace    *place = ec_table_open(&reservations, tenant_id, RowExclusiveLock, &rel);
	EcWriter   *writer = ec_writer_begin(place, rel, -1);

	if (writer == NULL)
	{
		Datum		arguments[4] = {
			Int32GetDatum(tenant_id), UUIDPGetDatum(id), PointerGetDatum(owner),
			TimestampTzGetDatum(expires_at)
		};

		hold_by_statement(arguments, owner == NULL ? "  n " : NULL, taken, n);
	}
	else
	{
		for (int i = 0; i < n; i++)
		{
			Datum		values[HOLD_COLUMNS];
			bool		isnull[HOLD_COLUMNS] = {false};

			values[HOLD_TENANT] = Int32GetDatum(tenant_id);
			values[HOLD_ID] = UUIDPGetDatum(id);
			values[HOLD_PRODUCT] = UUIDPGetDatum(&taken[i].product_id);
			values[HOLD_WAREHOUSE] = Int32GetDatum(taken[i].warehouse_id);
			values[HOLD_QUANTITY] = Int32GetDatum(taken[i].quantity);
			values[HOLD_OWNER] = PointerGetDatum(owner);
			isnull[HOLD_OWNER] = owner == NULL;
			values[HOLD_EXPIRES_AT] = TimestampTzGetDatum(expires_at);
			ec_writer_insert(writer, values, isnull);
		}
		ec_writer_end(writer);
	}
	table_close(rel, NoLock);
}
