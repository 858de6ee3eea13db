/*
 * slots.c
 *	  Taking stock from the rows that hold it, and giving it back.
 *
 * Stock of a product is one row for each warehouse, or several (slots) where
 * many buy it at once, so that they lock different ones.  Whoever changes stock
 * goes through products in the order of their ids, decides on what locked rows
 * say, and then writes.  Where there is nothing to decide, because a row has more
 * than enough, it is written at once; that locks it, too.
 *
 * Of several rows, one that has enough is written or locked only if nobody else
 * holds it and it is still the version that was read: then what was read is true,
 * and if not, nothing is held.  Who finds no such row waits for the rows in their
 * order.  Nobody who holds a row of a product waits for one that comes before
 * it, so nobody waits in a circle; and "sold out" is said only by one who holds
 * them all.
 *
 * Rows of reservations are locked before those of stock, but for expired ones,
 * which are skipped when somebody else holds them.
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
#include "storage/procarray.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "ecommerce.h"
#include "errors.h"
#include "plan.h"
#include "scan.h"
#include "stock.h"
#include "writer.h"

/* Short products that an error lists */
#define MAX_LISTED 100

/* Rows over which a product's stock in a warehouse spreads of itself */
#define MAX_SPREAD 32

/* Units that a row must have for that: fewer would make buyers gather them. */
#define MIN_SPREAD 64

/* Rows that are tried before all are read */
#define MAX_TRIES 8

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

/* A change of stock that is under way; rows are those of one product. */
typedef struct StockChange
{
	int32		tenant_id;
	EcScan		scan;
	TupleTableSlot *buffer;
	bool		has_snapshot;
	uint64		changes;		/* of the table, before the snapshot */
	bool		waited;			/* for a row of the product */
	bool		has_writer;
	EcWriter   *writer;
	StockRow   *rows;
	int			nrows;
	int			rows_capacity;
	StockRow   *written;		/* rows of all products that change */
	int			nwritten;
	int			written_capacity;
	EcTaken    *taken;
	int			ntaken;
	int			taken_capacity;
	EcDemand   *received;		/* what no row is there for */
	int			nreceived;
	int			received_capacity;
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

static EcRows changes = {
	.name = "changes",
	.ncolumns = 4,
	.columns = {
		{"product_id", UUIDOID}, {"warehouse_id", INT4OID}, {"slot", INT2OID},
		{"change", INT4OID}
	}
};

static EcPlan change_plan = {
	.sql = "UPDATE ecommerce.stock s SET available = s.available + c.change"
	" FROM changes c WHERE s.tenant_id = $1 AND s.product_id = c.product_id"
	" AND s.warehouse_id = c.warehouse_id AND s.slot = c.slot",
	.nargs = 1,
	.types = {INT4OID}
};
static EcPlan receive_plan = {
	.sql = "INSERT INTO ecommerce.stock AS s (tenant_id, product_id, warehouse_id, slot, available)"
	" VALUES ($1, $2, $3, 0, $4)"
	" ON CONFLICT (tenant_id, product_id, warehouse_id, slot) DO UPDATE SET available = s.available + excluded.available",
	.nargs = 4,
	.types = {INT4OID, UUIDOID, INT4OID, INT4OID}
};
static EcPlan spread_plan = {
	.sql = "INSERT INTO ecommerce.stock (tenant_id, product_id, warehouse_id, slot, available)"
	" VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
	.nargs = 5,
	.types = {INT4OID, UUIDOID, INT4OID, INT2OID, INT4OID}
};
static EcPlan reclaim_plan = {
	.sql = "WITH expired AS (SELECT r.id, r.product_id, r.warehouse_id FROM ecommerce.stock_reservations r"
	" WHERE r.tenant_id = $1 AND r.product_id = $2 AND r.status = 'held' AND r.expires_at <= $3"
	" FOR NO KEY UPDATE SKIP LOCKED),"
	" taken AS (UPDATE ecommerce.stock_reservations r SET status = 'expired' FROM expired e"
	" WHERE r.tenant_id = $1 AND r.id = e.id AND r.product_id = e.product_id AND r.warehouse_id = e.warehouse_id"
	" RETURNING r.warehouse_id, r.quantity)"
	" SELECT warehouse_id, sum(quantity) FROM taken GROUP BY warehouse_id ORDER BY warehouse_id",
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
	.index = "stock_pkey",
	.ncolumns = STOCK_COLUMNS,
	.columns = {
		{"tenant_id", INT4OID}, {"product_id", UUIDOID},
		{"warehouse_id", INT4OID}, {"slot", INT2OID}, {"available", INT4OID},
		{"backorder_limit", INT4OID}
	}
};

/*
 * One more than the highest slot that this backend has seen of products, or 0
 * if they may be sold on backorder, by the end of their ids; and as of which
 * change of the table.  A wrong number costs time only.
 */
static struct
{
	pg_uuid_t	product_id;
	int16		slots;
}			seen[1024];
static uint64 seen_changes;

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
	change->changes = stock.changes;
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

/* Where it is kept what was seen of a product */
static int
seen_place(const pg_uuid_t *product_id)
{
	return product_id->data[UUID_LEN - 1] |
		(product_id->data[UUID_LEN - 2] & 3) << 8;
}

/* Keep what was seen of a product, unless an old snapshot showed it. */
static void
keep_seen(const StockChange *change, const pg_uuid_t *product_id, int slots)
{
	int			place = seen_place(product_id);

	if (IsolationUsesXactSnapshot())
		return;
	if (seen_changes != change->changes)
		memset(seen, 0, sizeof(seen));
	seen_changes = change->changes;
	seen[place].product_id = *product_id;
	seen[place].slots = (int16) Min(slots, PG_INT16_MAX);
}

/* What was seen of a product, or 0 */
static int
slots_seen(const pg_uuid_t *product_id)
{
	int			place = seen_place(product_id);

	if (seen_changes != stock.changes ||
		ec_uuid_compare(&seen[place].product_id, product_id) != 0)
		return 0;
	return seen[place].slots;
}

/* Read the product's rows that are not known yet; return how many they are. */
static int
find_rows(StockChange *change, const pg_uuid_t *product_id)
{
	Datum		keys[2] = {
		Int32GetDatum(change->tenant_id), UUIDPGetDatum(product_id)
	};
	int			known = change->nrows;
	int			slots = 0;
	bool		backorders = false;

	ec_scan_begin(&change->scan, GetActiveSnapshot(), 2, keys);
	while (ec_scan_next(&change->scan))
	{
		StockRow   *row;
		int			i;

		change->rows = room(change->rows, change->nrows, &change->rows_capacity,
							sizeof(StockRow));
		row = &change->rows[change->nrows];
		memset(row, 0, sizeof(StockRow));
		read_row(change, row, heap_copytuple(change->scan.tuple));
		for (i = 0; i < known; i++)
			if (change->rows[i].warehouse_id == row->warehouse_id &&
				change->rows[i].slot == row->slot)
				break;
		change->nrows += i == known;
		slots = Max(slots, row->slot + 1);
		backorders |= row->backorder_limit > 0;
	}
	ec_scan_end(&change->scan);
	/* With backorders one row does not tell that there is enough. */
	keep_seen(change, product_id, backorders ? 0 : slots);
	return change->nrows - known;
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
		if (wait)
			read_row(change, row, ExecCopySlotHeapTuple(change->buffer));
		ExecClearTuple(change->buffer);
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

/*
 * Does another transaction hold a row, as far as can be told without asking?
 * Where several may, one is taken to.
 */
static bool
is_held(const StockRow *row)
{
	HeapTupleHeader header = row->tuple->t_data;
	TransactionId holder = HeapTupleHeaderGetRawXmax(header);

	if (header->t_infomask & (HEAP_XMAX_INVALID | HEAP_XMAX_COMMITTED))
		return false;
	return (header->t_infomask & HEAP_XMAX_IS_MULTI) ||
		(!TransactionIdIsCurrentTransactionId(holder) &&
		 TransactionIdIsInProgress(holder));
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
	const int32 *warehouses;
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
		EcDemand   *received;

		change->received = room(change->received, change->nreceived,
								&change->received_capacity, sizeof(EcDemand));
		received = &change->received[change->nreceived++];
		memset(received, 0, sizeof(EcDemand));
		received->product_id = *product_id;
		received->warehouse_id = warehouse_id;
		received->quantity = (int32) quantity;
		return;
	}
	sum = (int64) row->available + row->change + quantity;
	if (sum > PG_INT32_MAX)
		out_of_range();
	row->change = (int32) (sum - row->available);
}

/* Give the expired holds of a product back; its stock is locked. */
static void
reclaim(StockChange *change, const pg_uuid_t *product_id)
{
	Datum		arguments[3] = {
		Int32GetDatum(change->tenant_id), UUIDPGetDatum(product_id),
		TimestampTzGetDatum(GetCurrentTimestamp())
	};
	uint64		n = ec_execute_unchecked(&reclaim_plan, arguments, NULL);

	for (uint64 i = 0; i < n; i++)
	{
		bool		isnull;
		int32		warehouse_id = DatumGetInt32(ec_value(i, 1, &isnull));

		give(change, product_id, warehouse_id, DatumGetInt64(ec_value(i, 2, &isnull)));
	}
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

/* The writer of stock, or NULL if that takes a statement. */
static EcWriter *
writer_of(StockChange *change)
{
	if (!change->has_writer)
		change->writer = ec_writer_begin(&stock, change->scan.rel, STOCK_AVAILABLE);
	change->has_writer = true;
	return change->writer;
}

/*
 * Take a demand at once where there is nothing to decide: from a row of the
 * warehouse that sells first, which nobody holds and which has units left then,
 * more than its product must have.  Updating it locks it.
 *
 * Each backend begins with another row, so that they seldom meet.
 */
static bool
take_at_once(StockChange *change, const EcDemand *demand)
{
	uint32		slots = (uint32) slots_seen(&demand->product_id);
	const int32 *warehouses;
	int32		warehouse_id;
	int			n;
	Datum		keys[4];
	bool		taken = false;

	if (slots == 0 || demand->quantity <= 0 || demand->warehouse_id != 0 ||
		writer_of(change) == NULL || !ec_writer_is_simple(change->writer))
		return false;
	warehouses = ec_warehouses(change->tenant_id, &n);
	if (n == 0)
		return false;
	warehouse_id = warehouses[0];
	keys[0] = Int32GetDatum(change->tenant_id);
	keys[1] = UUIDPGetDatum(&demand->product_id);
	keys[2] = Int32GetDatum(warehouse_id);
	keys[3] = Int16GetDatum((int16) (EcBackendNumber() % slots));
	ec_scan_begin_at(&change->scan, GetActiveSnapshot(), 4, keys);
	for (int i = 0; i < MAX_TRIES && !taken && ec_scan_next(&change->scan); i++)
	{
		StockRow	row = {0};
		int64		left;

		read_row(change, &row, change->scan.tuple);
		left = (int64) row.available - demand->quantity;
		if (left > Max(demand->min_stock, 0) && !is_held(&row))
			taken = ec_writer_try_update(change->writer, row.tuple,
										 Int32GetDatum((int32) left));
	}
	ec_scan_end(&change->scan);
	if (taken)
		note_taken(change, &demand->product_id, warehouse_id, demand->quantity);
	return taken;
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
			const int32 *warehouses = ec_warehouses(change->tenant_id, &n);

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
		Datum		arguments[5] = {
			Int32GetDatum(change->tenant_id), UUIDPGetDatum(&demand->product_id),
			Int32GetDatum(row->warehouse_id), Int16GetDatum(slot),
			Int32GetDatum(units / 2)
		};

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
			units / 8 >= demand->quantity &&
			ec_execute(&spread_plan, arguments, NULL) == 1)
			row->change -= units / 2;
		return;
	}
}

/* Is there an alert for the product? */
static bool
has_alert(StockChange *change, const pg_uuid_t *product_id)
{
	static EcTable stock_alerts = {
		.name = "stock_alerts",
		.index = "stock_alerts_pkey",
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

/* Write an event if the stock of a product has become low. */
static void
alert(StockChange *change, const EcDemand *demand)
{
	int64		available = 0;
	pg_uuid_t	event_id;
	Datum		arguments[5];

	/* Of rows that others hold this is what they had. */
	for (int i = 0; i < change->nrows; i++)
		available += change->rows[i].available + change->rows[i].change;
	if (available > demand->min_stock || has_alert(change, &demand->product_id))
		return;
	ec_uuid_v7_generate(&event_id);
	arguments[0] = Int32GetDatum(change->tenant_id);
	arguments[1] = UUIDPGetDatum(&demand->product_id);
	arguments[2] = UUIDPGetDatum(&event_id);
	arguments[3] = Int64GetDatum(available);
	arguments[4] = Int32GetDatum(demand->min_stock);
	(void) ec_execute(&alert_plan, arguments, NULL);
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
	if (n == 1 && take_at_once(change, &demands[0]))
		return;
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
				alert(change, &demands[i]);
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

	ec_rows_begin(&changes);
	for (int i = 0; i < change->nwritten; i++)
	{
		StockRow   *row = &change->written[i];
		bool		isnull;
		Datum		values[4] = {
			heap_getattr(row->tuple, stock.attnums[1], desc, &isnull),
			Int32GetDatum(row->warehouse_id), Int16GetDatum(row->slot),
			Int32GetDatum(row->change)
		};

		ec_rows_add(&changes, values, nulls);
	}
	ec_rows_register(&changes);
	if (ec_execute(&change_plan, arguments, NULL) != (uint64) change->nwritten)
		elog(ERROR, "locked rows of stock have gone");
	ec_rows_end(&changes);
}

/* Write the changes of locked rows. */
static void
write_changes(StockChange *change)
{
	if (change->nwritten > 0 && writer_of(change) == NULL)
		write_by_statement(change);
	else
		for (int i = 0; i < change->nwritten; i++)
		{
			StockRow   *row = &change->written[i];

			ec_writer_update(change->writer, row->tuple,
							 Int32GetDatum(row->available + row->change));
		}
	if (change->writer != NULL)
		ec_writer_end(change->writer);
}

/* Make rows for what was given to warehouses that had none of it. */
static void
write_received(StockChange *change)
{
	for (int i = 0; i < change->nreceived; i++)
	{
		EcDemand   *received = &change->received[i];
		Datum		arguments[4] = {
			Int32GetDatum(change->tenant_id),
			UUIDPGetDatum(&received->product_id),
			Int32GetDatum(received->warehouse_id),
			Int32GetDatum(received->quantity)
		};

		(void) ec_execute(&receive_plan, arguments, NULL);
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
	CommandCounterIncrement();
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
	write_received(&change);
	end_alerts(&change, demands, n);
	PopActiveSnapshot();
	*ntaken = change.ntaken;
	return change.taken;
}
