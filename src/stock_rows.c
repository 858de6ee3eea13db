/*
 * stock_rows.c
 *	  The rows that hold a product's stock: reading them, and locking them.
 *
 * Of several rows, one that has enough is locked only if nobody else holds it and
 * it is still the version that was read: then what was read is true, and if not,
 * nothing is held.  Who finds no such row waits for the rows in their order.
 * Nobody who holds a row of a product waits for one that comes before it, so
 * nobody waits in a circle; and "sold out" is said only by one who holds them all.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/snapmgr.h"

#include "pg_compat.h"

#include "stock_change.h"

static const EcTable stock = {
	.name = "stock",
	.nkeys = 4,
	.ncolumns = STOCK_COLUMNS,
	.columns = {
		{"tenant_id", INT4OID}, {"product_id", UUIDOID},
		{"warehouse_id", INT4OID}, {"slot", INT2OID}, {"available", INT4OID},
		{"backorder_limit", INT4OID}
	}
};

/* What a trigger did makes what was decided impossible. */
pg_noreturn static void
changed_by_trigger(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
			 errmsg("a trigger took stock that is being taken")));
}

/* Make room for one more in a list, which is doubled when it is full. */
void *
ec_stock_room(void *list, int used, int *capacity, Size size)
{
	if (used < *capacity)
		return list;
	*capacity = Max(2 * *capacity, 4);
	return list == NULL ? palloc(size * (Size) *capacity)
		: repalloc(list, size * (Size) *capacity);
}

/* See what others have committed until now. */
void
ec_stock_snapshot(EcStockChange *change)
{
	if (change->has_snapshot)
		PopActiveSnapshot();
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	change->has_snapshot = true;
}

/* Begin to change stock: open its table. */
void
ec_stock_open(EcStockChange *change)
{
	ec_scan_open(&change->scan, &stock, change->tenant_id, RowExclusiveLock);
	change->buffer = table_slot_create(change->scan.rel, NULL);
}

/* Let go of what a change needed to decide, but not of the table's lock. */
void
ec_stock_close(EcStockChange *change)
{
	ExecDropSingleTupleTableSlot(change->buffer);
	ec_scan_close(&change->scan);
}

/* A column of a version of a row, which is NOT NULL. */
static Datum
column_of(EcStockChange *change, HeapTuple tuple, int column)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, change->scan.place->attnums[column],
									 RelationGetDescr(change->scan.rel), &isnull);

	Assert(!isnull);
	return value;
}

/* Read what a version of a row says. */
static void
read_row(EcStockChange *change, EcStockRow *row, HeapTuple tuple)
{
	row->tuple = tuple;
	row->warehouse_id = DatumGetInt32(column_of(change, tuple, STOCK_WAREHOUSE));
	row->slot = DatumGetInt16(column_of(change, tuple, STOCK_SLOT));
	row->available = DatumGetInt32(column_of(change, tuple, STOCK_AVAILABLE));
	row->backorder_limit = DatumGetInt32(column_of(change, tuple, STOCK_BACKORDER_LIMIT));
}

/* Order of rows, in which they are locked */
static int
compare_rows(const void *a, const void *b)
{
	const EcStockRow *left = a;
	const EcStockRow *right = b;

	if (left->warehouse_id != right->warehouse_id)
		return left->warehouse_id < right->warehouse_id ? -1 : 1;
	return left->slot - right->slot;
}

/* Read the product's rows that are not known yet; return how many they are. */
int
ec_stock_find_rows(EcStockChange *change, const pg_uuid_t *product_id)
{
	Datum		keys[2] = {
		Int32GetDatum(change->tenant_id), UUIDPGetDatum(product_id)
	};
	int			known = change->nrows;

	ec_scan_begin(&change->scan, GetActiveSnapshot(), 2, keys);
	while (ec_scan_next(&change->scan))
	{
		EcStockRow *row;
		int			i;

		CHECK_FOR_INTERRUPTS();
		change->rows = ec_stock_room(change->rows, change->nrows, &change->rows_capacity,
									 sizeof(EcStockRow));
		row = &change->rows[change->nrows];
		memset(row, 0, sizeof(EcStockRow));
		read_row(change, row, heap_copytuple(change->scan.tuple));
		for (i = 0; i < known; i++)
			if (compare_rows(&change->rows[i], row) == 0)
				break;
		change->nrows += i == known;
	}
	ec_scan_end(&change->scan);
	/* Without their index they come as they lie in the table. */
	if (change->nrows - known > 1)
		qsort(change->rows + known, (size_t) (change->nrows - known),
			  sizeof(EcStockRow), compare_rows);
	return change->nrows - known;
}

/* Is a version of a row still of the same product, warehouse and slot? */
static bool
same_key(EcStockChange *change, HeapTuple a, HeapTuple b)
{
	TupleDesc	desc = RelationGetDescr(change->scan.rel);

	for (int i = 0; i < stock.nkeys; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, change->scan.place->attnums[i] - 1);

		if (!datumIsEqual(column_of(change, a, i), column_of(change, b, i),
						  column->attbyval, column->attlen))
			return false;
	}
	return true;
}

/*
 * Lock a row.  Without waiting, only the version that was read; waiting, the
 * newest one, which is read then.
 */
EcRowLock
ec_stock_lock_row(EcStockChange *change, EcStockRow *row, bool wait)
{
	TM_FailureData failure;
	bool		follow = wait && !IsolationUsesXactSnapshot();
	TM_Result	result;

	result = table_tuple_lock(change->scan.rel, &row->tuple->t_self,
							  GetActiveSnapshot(), change->buffer,
							  GetCurrentCommandId(false),
							  LockTupleNoKeyExclusive,
							  wait ? LockWaitBlock : LockWaitSkip,
							  follow ? TUPLE_LOCK_FLAG_LOCK_UPDATE_IN_PROGRESS |
							  TUPLE_LOCK_FLAG_FIND_LAST_VERSION : 0,
							  &failure);
	if (result == TM_Ok)
	{
		HeapTuple	newest = wait ? ExecCopySlotHeapTuple(change->buffer) : row->tuple;

		ExecClearTuple(change->buffer);
		/* Its key may have been changed while this waited. */
		if (!same_key(change, row->tuple, newest))
			return ROW_GONE;
		read_row(change, row, newest);
		row->locked = true;
		return ROW_LOCKED;
	}
	if (!wait)
		return result == TM_WouldBlock ? ROW_BUSY : ROW_CHANGED;
	if (IsolationUsesXactSnapshot() &&
		(result == TM_Updated || result == TM_Deleted))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update")));
	if (result != TM_Deleted)
		elog(ERROR, "unexpected table_tuple_lock status: %d", (int) result);
	return ROW_GONE;
}

/* Lock rows in their order, until they have enough units. */
void
ec_stock_lock_rows(EcStockChange *change, int64 enough)
{
	int64		units = 0;

	for (int i = 0; i < change->nrows && units < enough; i++)
	{
		EcStockRow *row = &change->rows[i];

		if (!row->locked)
		{
			EcRowLock	lock = ec_stock_lock_row(change, row, false);

			CHECK_FOR_INTERRUPTS();
			change->waited |= lock == ROW_BUSY;
			if (lock != ROW_LOCKED && ec_stock_lock_row(change, row, true) == ROW_GONE)
			{
				memmove(row, row + 1,
						sizeof(EcStockRow) * (Size) (change->nrows - i - 1));
				change->nrows--;
				i--;
				continue;
			}
		}
		units += Max(row->available, 0);
	}
}

/*
 * Lock all rows of the product.  A new row takes its units from a locked one,
 * so when none has come since all were locked, none will.
 */
void
ec_stock_lock_all_rows(EcStockChange *change, const pg_uuid_t *product_id)
{
	do
	{
		ec_stock_lock_rows(change, PG_INT64_MAX);
		ec_stock_snapshot(change);
	} while (ec_stock_find_rows(change, product_id) > 0);
}

/*
 * Read a row that this transaction has locked again, with what triggers have
 * made of it meanwhile.
 */
void
ec_stock_refresh_row(EcStockChange *change, EcStockRow *row)
{
	Datum		keys[3];
	int32		before = row->available;
	int64		left;

	for (int i = 0; i < (int) lengthof(keys); i++)
		keys[i] = column_of(change, row->tuple, i);
	ec_scan_begin(&change->scan, GetActiveSnapshot(), 3, keys);
	while (ec_scan_next(&change->scan))
		if (same_key(change, change->scan.tuple, row->tuple))
			break;
	if (!HeapTupleIsValid(change->scan.tuple))
		changed_by_trigger();
	read_row(change, row, heap_copytuple(change->scan.tuple));
	ec_scan_end(&change->scan);
	left = (int64) row->available + row->delta;
	if (row->available != before && (left < -(int64) row->backorder_limit || left > PG_INT32_MAX))
		changed_by_trigger();
}
