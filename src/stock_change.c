/*
 * stock_change.c
 *	  Taking stock from the rows that hold it, and giving it back.
 *
 * Stock of a product is one row for each warehouse, or several (slots) where
 * many buy it at once, so that they lock different ones.  Whoever changes stock
 * goes through products in the order of their ids, decides on what locked rows
 * say, and then writes.
 *
 * Of several rows, one that has enough is locked only if nobody else holds it and
 * it is still the version that was read: then what was read is true, and if not,
 * nothing is held.  Who finds no such row waits for the rows in their order.
 * Nobody who holds a row of a product waits for one that comes before it, so
 * nobody waits in a circle; and "sold out" is said only by one who holds them all.
 *
 * Rows of reservations are locked before those of stock, but for expired ones,
 * which are skipped when somebody else holds them.
 *
 * Between deciding and writing no statement runs, because its triggers may change
 * stock, too; but for the one that takes back expired holds, after which the rows
 * are read again.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "executor/tuptable.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/json.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "db/plan.h"
#include "db/scan.h"
#include "db/writer.h"
#include "ecommerce.h"
#include "errors.h"
#include "stock.h"
#include "value/uuid.h"

/* Short products that an error lists */
#define MAX_LISTED 100

/* Rows over which a product's stock in a warehouse spreads of itself */
#define MAX_SPREAD 32

/* Units that a row must have for that: fewer would make buyers gather them. */
#define MIN_SPREAD 64

/* One row of stock, as read or locked, and what becomes of it */
typedef struct StockRow
{
	HeapTuple	tuple;
	int32		warehouse_id;
	int16		slot;
	int32		available;
	int32		backorder_limit;
	int32		change;
	bool		locked;
} StockRow;

/* Units for a row that is not there, or that others may have made meanwhile */
typedef struct Receipt
{
	pg_uuid_t	product_id;
	int32		warehouse_id;
	int16		slot;
	int32		quantity;
} Receipt;

/* A product whose stock has become low */
typedef struct Alert
{
	pg_uuid_t	product_id;
	int64		available;
	int32		min_stock;
} Alert;

/* A change of stock that is under way; rows are those of one product. */
typedef struct StockChange
{
	int32		tenant_id;
	EcScan		scan;
	TupleTableSlot *buffer;
	bool		has_snapshot;
	bool		waited;			/* for a row of the product */
	bool		stale;			/* may triggers have changed rows? */
	StockRow   *rows;
	int			nrows;
	int			rows_capacity;
	StockRow   *written;		/* rows of all products that change */
	int			nwritten;
	int			written_capacity;
	EcTaken    *taken;
	int			ntaken;
	int			taken_capacity;
	Receipt    *receipts;
	int			nreceipts;
	int			receipts_capacity;
	Alert	   *alerts;
	int			nalerts;
	int			alerts_capacity;
	StringInfoData missing;
	int			listed;
} StockChange;

/* What became of an attempt to lock a row */
typedef enum RowLock
{
	ROW_LOCKED,
	ROW_BUSY,
	ROW_CHANGED,
	ROW_GONE
} RowLock;

static EcRowType changes = {
	.name = "changes",
	.ncolumns = 4,
	.columns = {
		{"product_id", UUIDOID}, {"warehouse_id", INT4OID}, {"slot", INT2OID},
		{"available", INT4OID}
	}
};

static EcPlan change_plan = {
	.sql = "UPDATE ecommerce.stock s SET available = c.available"
	" FROM changes c WHERE s.tenant_id = $1 AND s.product_id = c.product_id"
	" AND s.warehouse_id = c.warehouse_id AND s.slot = c.slot"
	" RETURNING (s.product_id, s.warehouse_id, s.slot, s.available)"
	" = (c.product_id, c.warehouse_id, c.slot, c.available)",
	.nargs = 1,
	.types = {INT4OID}
};
static EcPlan receive_plan = {
	.sql = "INSERT INTO ecommerce.stock AS s (tenant_id, product_id, warehouse_id, slot, available)"
	" VALUES ($1, $2, $3, $4, $5)"
	" ON CONFLICT (tenant_id, product_id, warehouse_id, slot) DO UPDATE SET available = s.available + excluded.available"
	" WHERE excluded.available = $5"
	" RETURNING (s.product_id, s.warehouse_id, s.slot) = ($2, $3, $4) AND (s.xmax <> 0 OR s.available = $5)",
	.nargs = 5,
	.types = {INT4OID, UUIDOID, INT4OID, INT2OID, INT4OID}
};
static EcPlan reclaim_plan = {
	.sql = "WITH expired AS (SELECT r.id, r.product_id, r.warehouse_id FROM ecommerce.stock_reservations r"
	" WHERE r.tenant_id = $1 AND r.product_id = $2 AND r.status = 'held' AND r.expires_at <= $3"
	" FOR NO KEY UPDATE SKIP LOCKED),"
	" taken AS (UPDATE ecommerce.stock_reservations r SET status = 'expired' FROM expired e"
	" WHERE r.tenant_id = $1 AND r.id = e.id AND r.product_id = e.product_id AND r.warehouse_id = e.warehouse_id"
	" RETURNING r.warehouse_id, r.quantity, r.status)"
	" SELECT warehouse_id, sum(quantity) FROM taken WHERE status IN ('released', 'expired')"
	" GROUP BY warehouse_id ORDER BY warehouse_id",
	.nargs = 3,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID}
};
static EcPlan alert_plan = {
	.sql = "WITH alert AS (INSERT INTO ecommerce.stock_alerts (tenant_id, product_id) VALUES ($1, $2)"
	" ON CONFLICT DO NOTHING RETURNING product_id)"
	" INSERT INTO ecommerce.events (tenant_id, id, kind, entity_id, data)"
	" SELECT $1, $3, 'stock.low', product_id, jsonb_build_object('available', $4, 'min_stock', $5) FROM alert",
	.nargs = 5,
	.types = {INT4OID, UUIDOID, UUIDOID, INT8OID, INT4OID}
};
static EcPlan alert_over_plan = {
	.sql = "DELETE FROM ecommerce.stock_alerts a USING ecommerce.products p"
	" WHERE a.tenant_id = $1 AND a.product_id = $2 AND p.tenant_id = $1 AND p.id = $2"
	" AND p.min_stock < (SELECT sum(s.available) FROM ecommerce.stock s WHERE s.tenant_id = $1 AND s.product_id = $2)",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};

/* Columns of stock that are read, its keys first */
enum
{
	STOCK_WAREHOUSE = 2,
	STOCK_SLOT,
	STOCK_AVAILABLE,
	STOCK_BACKORDER_LIMIT,
	STOCK_COLUMNS
};

static EcTable stock = {
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

/* Units that a product cannot have or lack */
pg_noreturn static void
out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("stock is out of range"),
			 errdetail("A product can have %d units in a warehouse.", PG_INT32_MAX)));
}

/* Make room for one more in a list, which is doubled when it is full. */
static void *
room(void *list, int used, int *capacity, Size size)
{
	if (used < *capacity)
		return list;
	*capacity = Max(2 * *capacity, 4);
	return list == NULL ? palloc(size * (Size) *capacity)
		: repalloc(list, size * (Size) *capacity);
}

/* See what others have committed until now. */
static void
take_snapshot(StockChange *change)
{
	if (change->has_snapshot)
		PopActiveSnapshot();
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	change->has_snapshot = true;
}

/* Read what a version of a row says. */
static void
read_row(StockChange *change, StockRow *row, HeapTuple tuple)
{
	TupleDesc	desc = RelationGetDescr(change->scan.rel);
	AttrNumber *attnums = stock.attnums;
	bool		isnull;

	row->tuple = tuple;
	row->warehouse_id = DatumGetInt32(heap_getattr(tuple, attnums[STOCK_WAREHOUSE],
												   desc, &isnull));
	row->slot = DatumGetInt16(heap_getattr(tuple, attnums[STOCK_SLOT], desc, &isnull));
	row->available = DatumGetInt32(heap_getattr(tuple, attnums[STOCK_AVAILABLE],
												desc, &isnull));
	row->backorder_limit = DatumGetInt32(heap_getattr(tuple, attnums[STOCK_BACKORDER_LIMIT],
													  desc, &isnull));
}

/* Order of rows, in which they are locked */
static int
compare_rows(const void *a, const void *b)
{
	const StockRow *left = a;
	const StockRow *right = b;

	if (left->warehouse_id != right->warehouse_id)
		return left->warehouse_id < right->warehouse_id ? -1 : 1;
	return left->slot - right->slot;
}

/* Read the product's rows that are not known yet; return how many they are. */
static int
find_rows(StockChange *change, const pg_uuid_t *product_id)
{
	Datum		keys[2] = {
		Int32GetDatum(change->tenant_id), UUIDPGetDatum(product_id)
	};
	int			known = change->nrows;

	ec_scan_begin(&change->scan, GetActiveSnapshot(), 2, keys);
	while (ec_scan_next(&change->scan))
	{
		StockRow   *row;
		int			i;

		CHECK_FOR_INTERRUPTS();
		change->rows = room(change->rows, change->nrows, &change->rows_capacity,
							sizeof(StockRow));
		row = &change->rows[change->nrows];
		memset(row, 0, sizeof(StockRow));
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
			  sizeof(StockRow), compare_rows);
	return change->nrows - known;
}

/* Is a version of a row still of the same product, warehouse and slot? */
static bool
same_key(StockChange *change, HeapTuple a, HeapTuple b)
{
	TupleDesc	desc = RelationGetDescr(change->scan.rel);

	for (int i = 0; i < stock.nkeys; i++)
	{
		AttrNumber	attnum = stock.attnums[i];
		Form_pg_attribute column = TupleDescAttr(desc, attnum - 1);
		bool		isnull;

		if (!datumIsEqual(heap_getattr(a, attnum, desc, &isnull),
						  heap_getattr(b, attnum, desc, &isnull),
						  column->attbyval, column->attlen))
			return false;
	}
	return true;
}

/*
 * Lock a row.  Without waiting, only the version that was read; waiting, the
 * newest one, which is read then.
 */
static RowLock
lock_row(StockChange *change, StockRow *row, bool wait)
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
static void
lock_rows(StockChange *change, int64 enough)
{
	int64		units = 0;

	for (int i = 0; i < change->nrows && units < enough; i++)
	{
		StockRow   *row = &change->rows[i];

		if (!row->locked)
		{
			RowLock		lock = lock_row(change, row, false);

			CHECK_FOR_INTERRUPTS();
			change->waited |= lock == ROW_BUSY;
			if (lock != ROW_LOCKED && lock_row(change, row, true) == ROW_GONE)
			{
				memmove(row, row + 1,
						sizeof(StockRow) * (Size) (change->nrows - i - 1));
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
static void
lock_all_rows(StockChange *change, const pg_uuid_t *product_id)
{
	do
	{
		lock_rows(change, PG_INT64_MAX);
		take_snapshot(change);
	} while (find_rows(change, product_id) > 0);
}

/* Is all stock of the product in one warehouse? */
static bool
one_warehouse(const StockChange *change)
{
	for (int i = 1; i < change->nrows; i++)
		if (change->rows[i].warehouse_id != change->rows[0].warehouse_id)
			return false;
	return true;
}

/*
 * The warehouse whose turn it is to sell, or 0 if the units must come from
 * several.
 */
static int32
selling_warehouse(StockChange *change, int32 quantity)
{
	int32	   *warehouses;
	int			n;

	if (one_warehouse(change))
		return change->rows[0].warehouse_id;
	warehouses = ec_warehouses(change->tenant_id, &n);
	for (int w = 0; w < n; w++)
	{
		int64		units = 0;

		for (int i = 0; i < change->nrows; i++)
			if (change->rows[i].warehouse_id == warehouses[w])
				units += Max(change->rows[i].available, 0);
		if (units > 0)
			return units >= quantity ? warehouses[w] : 0;
	}
	return 0;
}

/* Can a row, as it was read, serve a demand alone? */
static bool
row_suits(const StockChange *change, const StockRow *row, int32 warehouse_id,
		  int32 quantity)
{
	if (row->warehouse_id != warehouse_id)
		return false;
	if (quantity > 0)
		return row->available >= quantity;

	/* What comes in fills backorders first. */
	for (int i = 0; row->available >= 0 && i < change->nrows; i++)
		if (change->rows[i].warehouse_id == warehouse_id &&
			change->rows[i].available < 0)
			return false;
	return true;
}

/*
 * Lock one of several rows that can serve a demand alone, without waiting.
 * Each backend begins with another row, so that they seldom meet.
 */
static bool
lock_one_row(StockChange *change, const EcDemand *demand)
{
	int			n = change->nrows;
	int			start = (int) (EcBackendNumber() % (uint32) n);
	int32		warehouse_id = demand->warehouse_id;

	if (warehouse_id == 0)
		warehouse_id = demand->quantity > 0
			? selling_warehouse(change, demand->quantity) : EC_DEFAULT_WAREHOUSE;
	for (int i = 0; i < n; i++)
	{
		StockRow   *row = &change->rows[(start + i) % n];
		RowLock		lock;

		if (!row_suits(change, row, warehouse_id, demand->quantity))
			continue;
		lock = lock_row(change, row, false);
		if (lock == ROW_LOCKED)
			return true;
		change->waited |= lock == ROW_BUSY;
	}
	return false;
}

/* Units of locked rows that a demand may take. */
static int64
takeable(const StockChange *change, int32 warehouse_id, bool backorder)
{
	int64		units = 0;

	for (int i = 0; i < change->nrows; i++)
	{
		const StockRow *row = &change->rows[i];

		if (row->locked &&
			(warehouse_id == 0 || row->warehouse_id == warehouse_id))
			units += Max((int64) row->available + row->change +
						 (backorder ? row->backorder_limit : 0), 0);
	}
	return units;
}

/* Note units for a row that is not among those that were read. */
static void
note_receipt(StockChange *change, const pg_uuid_t *product_id,
			 int32 warehouse_id, int16 slot, int32 quantity)
{
	Receipt    *receipt;

	change->receipts = room(change->receipts, change->nreceipts,
							&change->receipts_capacity, sizeof(Receipt));
	receipt = &change->receipts[change->nreceipts++];
	receipt->product_id = *product_id;
	receipt->warehouse_id = warehouse_id;
	receipt->slot = slot;
	receipt->quantity = quantity;
}

/* Put units into a row of a warehouse, or note that there is none. */
static void
give(StockChange *change, const pg_uuid_t *product_id, int32 warehouse_id,
	 int64 quantity)
{
	StockRow   *row = NULL;
	int64		sum;

	if (quantity > PG_INT32_MAX)
		out_of_range();
	for (int i = 0; i < change->nrows; i++)
	{
		StockRow   *candidate = &change->rows[i];

		if (candidate->locked && candidate->warehouse_id == warehouse_id &&
			(row == NULL || candidate->available < 0))
			row = candidate;
	}
	if (row == NULL)
	{
		note_receipt(change, product_id, warehouse_id, 0, (int32) quantity);
		return;
	}
	sum = (int64) row->available + row->change + quantity;
	if (sum > PG_INT32_MAX)
		out_of_range();
	row->change = (int32) (sum - row->available);
}

/*
 * Read a row that this transaction has locked again, with what triggers have
 * made of it meanwhile.
 */
static void
refresh_row(StockChange *change, StockRow *row)
{
	TupleDesc	desc = RelationGetDescr(change->scan.rel);
	Datum		keys[3];
	int32		before = row->available;
	int64		left;

	for (int i = 0; i < (int) lengthof(keys); i++)
	{
		bool		isnull;

		keys[i] = heap_getattr(row->tuple, stock.attnums[i], desc, &isnull);
	}
	ec_scan_begin(&change->scan, GetActiveSnapshot(), 3, keys);
	while (ec_scan_next(&change->scan))
		if (same_key(change, change->scan.tuple, row->tuple))
			break;
	if (!HeapTupleIsValid(change->scan.tuple))
		changed_by_trigger();
	read_row(change, row, heap_copytuple(change->scan.tuple));
	ec_scan_end(&change->scan);
	left = (int64) row->available + row->change;
	if (row->available != before && (left < -(int64) row->backorder_limit || left > PG_INT32_MAX))
		changed_by_trigger();
}

/*
 * Give the expired holds of a product back; its stock is locked.  Triggers of
 * these rows may have changed it.
 */
static void
reclaim(StockChange *change, const pg_uuid_t *product_id)
{
	Datum		arguments[3] = {
		Int32GetDatum(change->tenant_id), UUIDPGetDatum(product_id),
		TimestampTzGetDatum(GetCurrentTimestamp())
	};
	int			n = (int) ec_execute_unchecked(&reclaim_plan, arguments, NULL);

	if (n == 0)
		return;
	change->stale = true;
	take_snapshot(change);
	for (int i = 0; i < change->nrows; i++)
		refresh_row(change, &change->rows[i]);
	for (int i = 0; i < n; i++)
		give(change, product_id, DatumGetInt32(ec_value((uint64) i, 1, INT4OID)),
			 DatumGetInt64(ec_value((uint64) i, 2, INT8OID)));
}

/* Note what was taken of a product from a warehouse. */
static void
note_taken(StockChange *change, const pg_uuid_t *product_id, int32 warehouse_id,
		   int32 quantity)
{
	EcTaken    *taken;

	for (int i = change->ntaken; i-- > 0;)
	{
		taken = &change->taken[i];
		if (ec_uuid_compare(&taken->product_id, product_id) != 0)
			break;
		if (taken->warehouse_id == warehouse_id)
		{
			taken->quantity += quantity;
			return;
		}
	}
	change->taken = room(change->taken, change->ntaken, &change->taken_capacity,
						 sizeof(EcTaken));
	taken = &change->taken[change->ntaken++];
	taken->product_id = *product_id;
	taken->warehouse_id = warehouse_id;
	taken->quantity = quantity;
}

/* Take units from the locked rows of a warehouse, or of any; return what is left. */
static int32
take_from(StockChange *change, const pg_uuid_t *product_id, int32 warehouse_id,
		  bool backorder, int32 quantity)
{
	for (int i = 0; i < change->nrows && quantity > 0; i++)
	{
		StockRow   *row = &change->rows[i];
		int64		units = (int64) row->available + row->change +
		(backorder ? row->backorder_limit : 0);
		int32		take = (int32) Min(units, quantity);

		if (!row->locked || take <= 0 ||
			(warehouse_id != 0 && row->warehouse_id != warehouse_id))
			continue;
		row->change -= take;
		quantity -= take;
		note_taken(change, product_id, row->warehouse_id, take);
	}
	return quantity;
}

/* Add a product to those that are short. */
static void
list_short(StockChange *change, const EcDemand *demand, int64 available)
{
	if (change->listed++ >= MAX_LISTED)
		return;
	appendStringInfoString(&change->missing, change->missing.len == 0 ? "[" : ", ");
	appendStringInfoString(&change->missing, "{\"sku\": ");
	escape_json(&change->missing, demand->sku);
	appendStringInfo(&change->missing,
					 ", \"requested\": %d, \"available\": " INT64_FORMAT "}",
					 demand->quantity, available);
}

/*
 * Take a demand from what the locked rows have, warehouses by their priority.
 * When they are short, the others are locked, then holds that have expired are
 * taken back, so that selling never waits for a sweeper, and then it goes on
 * backorder.
 */
static void
take(StockChange *change, const EcDemand *demand)
{
	const pg_uuid_t *product_id = &demand->product_id;
	int32		warehouse_id = demand->warehouse_id;
	int32		left = demand->quantity;

	if (takeable(change, warehouse_id, false) < left)
	{
		lock_all_rows(change, product_id);
		if (takeable(change, warehouse_id, false) < left && change->nrows > 0)
			reclaim(change, product_id);
		if (takeable(change, warehouse_id, demand->may_backorder) < left)
		{
			list_short(change, demand,
					   takeable(change, warehouse_id, demand->may_backorder));
			return;
		}
	}
	for (int backorder = 0; backorder <= 1 && left > 0; backorder++)
	{
		if (warehouse_id != 0 || one_warehouse(change))
			left = take_from(change, product_id, warehouse_id, backorder == 1, left);
		else
		{
			int			n;
			int32	   *warehouses = ec_warehouses(change->tenant_id, &n);

			for (int w = 0; w < n && left > 0; w++)
				left = take_from(change, product_id, warehouses[w],
								 backorder == 1, left);
			/* Of a new one this session may not have heard yet. */
			left = take_from(change, product_id, 0, backorder == 1, left);
		}
	}
}

/*
 * Somebody else held what this one wanted: many want it, so put half of a
 * row's units into a new one.  It comes to be when this transaction commits.
 */
static void
spread(StockChange *change, const EcDemand *demand)
{
	for (int i = 0; i < change->nrows; i++)
	{
		StockRow   *row = &change->rows[i];
		int32		units = row->available + row->change;
		int			slots = 0;
		int16		slot = (int16) (1 + pg_prng_uint32(&pg_global_prng_state) % MAX_SPREAD);

		if (!row->locked || row->change == 0)
			continue;
		for (int j = 0; j < change->nrows; j++)
			if (change->rows[j].warehouse_id == row->warehouse_id)
			{
				slots++;
				if (change->rows[j].slot == slot)
					slots = MAX_SPREAD;
			}
		if (slots < MAX_SPREAD && units >= MIN_SPREAD &&
			units / 8 >= demand->quantity)
		{
			note_receipt(change, &demand->product_id, row->warehouse_id, slot, units / 2);
			row->change -= units / 2;
		}
		return;
	}
}

/* Is there an alert for the product? */
static bool
has_alert(StockChange *change, const pg_uuid_t *product_id)
{
	static EcTable stock_alerts = {
		.name = "stock_alerts",
		.nkeys = 2,
		.ncolumns = 2,
		.columns = {
			{"tenant_id", INT4OID}, {"product_id", UUIDOID}
		}
	};
	Datum		keys[2] = {
		Int32GetDatum(change->tenant_id), UUIDPGetDatum(product_id)
	};
	EcScan		scan;
	bool		found;

	ec_scan_open(&scan, &stock_alerts, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 2, keys);
	found = ec_scan_next(&scan);
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	return found;
}

/* Note if the stock of a product has become low. */
static void
note_alert(StockChange *change, const EcDemand *demand)
{
	int64		available = 0;
	Alert	   *alert;

	/* Of rows that others hold this is what they had. */
	for (int i = 0; i < change->nrows; i++)
		available += change->rows[i].available + change->rows[i].change;
	if (available > demand->min_stock || has_alert(change, &demand->product_id))
		return;
	change->alerts = room(change->alerts, change->nalerts,
						  &change->alerts_capacity, sizeof(Alert));
	alert = &change->alerts[change->nalerts++];
	alert->product_id = demand->product_id;
	alert->available = available;
	alert->min_stock = demand->min_stock;
}

/* Keep the rows of a product that change, to be written with the others. */
static void
keep_written(StockChange *change)
{
	for (int i = 0; i < change->nrows; i++)
		if (change->rows[i].change != 0)
		{
			change->written = room(change->written, change->nwritten,
								   &change->written_capacity, sizeof(StockRow));
			change->written[change->nwritten++] = change->rows[i];
		}
}

/* Decide the demands of one product: first what is given, then what is taken. */
static void
change_product(StockChange *change, const EcDemand *demands, int n)
{
	const pg_uuid_t *product_id = &demands[0].product_id;
	int64		enough = PG_INT64_MAX;

	if (change->waited)
		take_snapshot(change);
	change->waited = false;
	change->nrows = 0;
	(void) find_rows(change, product_id);
	if (n == 1 && demands[0].quantity > 0 &&
		demands[0].warehouse_id == 0 && one_warehouse(change))
		enough = demands[0].quantity;
	if (change->nrows <= 1 || n > 1 || !lock_one_row(change, &demands[0]))
		lock_rows(change, enough);
	for (int i = 0; i < n; i++)
		if (demands[i].quantity < 0)
			give(change, product_id,
				 demands[i].warehouse_id == 0 ? EC_DEFAULT_WAREHOUSE : demands[i].warehouse_id,
				 -(int64) demands[i].quantity);
	for (int i = 0; i < n; i++)
		if (demands[i].quantity > 0)
		{
			int			listed = change->listed;

			take(change, &demands[i]);
			if (change->listed > listed)
				continue;
			/* Before units leave for a row that is not among these. */
			if (demands[i].min_stock >= 0)
				note_alert(change, &demands[i]);
			if (change->waited && demands[i].may_spread)
				spread(change, &demands[i]);
		}
	keep_written(change);
}

/* Write the changes of locked rows by a statement, which fires all triggers. */
static void
write_by_statement(StockChange *change)
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
		StockRow   *row = &change->written[i];
		bool		isnull;
		Datum		values[4] = {
			heap_getattr(row->tuple, stock.attnums[1], desc, &isnull),
			Int32GetDatum(row->warehouse_id), Int16GetDatum(row->slot),
			Int32GetDatum(row->available + row->change)
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
static void
write_changes(StockChange *change)
{
	EcWriter   *writer;

	if (change->nwritten == 0)
		return;
	for (int i = 0; change->stale && i < change->nwritten; i++)
		refresh_row(change, &change->written[i]);
	writer = ec_writer_begin(&stock, change->scan.rel, STOCK_AVAILABLE);
	if (writer == NULL)
	{
		write_by_statement(change);
		return;
	}
	for (int i = 0; i < change->nwritten; i++)
	{
		StockRow   *row = &change->written[i];

		ec_writer_update(writer, row->tuple,
						 Int32GetDatum(row->available + row->change));
	}
	ec_writer_end(writer);
}

/* Put units where no row was, or where others have made one meanwhile. */
static void
write_receipts(StockChange *change)
{
	for (int i = 0; i < change->nreceipts; i++)
	{
		Receipt    *receipt = &change->receipts[i];
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

/* Write the events of stock that has become low. */
static void
write_alerts(StockChange *change)
{
	for (int i = 0; i < change->nalerts; i++)
	{
		Alert	   *alert = &change->alerts[i];
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

/* End the alerts of products of which enough came in. */
static void
end_alerts(StockChange *change, const EcDemand *demands, int n)
{
	for (int i = 0; i < n; i++)
	{
		Datum		arguments[2] = {
			Int32GetDatum(change->tenant_id),
			UUIDPGetDatum(&demands[i].product_id)
		};

		if (demands[i].quantity < 0 && has_alert(change, &demands[i].product_id))
			(void) ec_execute(&alert_over_plan, arguments, NULL);
	}
}

/*
 * Change stock: take all demands, or (by an error that lists every product that
 * is short) nothing; negative ones give back.  Demands are sorted by product.
 * Return what was taken from which warehouse, in the order of products.
 */
EcTaken *
ec_stock_change(int32 tenant_id, const EcDemand *demands, int n, int *ntaken)
{
	StockChange change;

	*ntaken = 0;
	if (n == 0)
		return NULL;
	memset(&change, 0, sizeof(change));
	change.tenant_id = tenant_id;
	initStringInfo(&change.missing);

	/* See what this transaction did before, and what others did until now. */
	take_snapshot(&change);
	ec_scan_open(&change.scan, &stock, RowExclusiveLock);
	change.buffer = table_slot_create(change.scan.rel, NULL);
	for (int first = 0, end; first < n; first = end)
	{
		for (end = first + 1; end < n; end++)
			if (ec_uuid_compare(&demands[end].product_id,
								&demands[first].product_id) != 0)
				break;
		CHECK_FOR_INTERRUPTS();
		change_product(&change, &demands[first], end - first);
	}
	ExecDropSingleTupleTableSlot(change.buffer);
	if (change.missing.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_INSUFFICIENT_STOCK),
				 errmsg("insufficient stock"),
				 errdetail("%s%s]", change.missing.data,
						   change.listed > MAX_LISTED ? ", ..." : "")));
	write_changes(&change);
	ec_scan_close(&change.scan);
	write_receipts(&change);
	write_alerts(&change);
	end_alerts(&change, demands, n);
	PopActiveSnapshot();
	*ntaken = change.ntaken;
	return change.taken;
}
