/*
 * stock.c
 *	  Stock: reserving, adjusting, taking and giving it back.
 *
 * Whoever changes stock locks the rows of its products in the order of their
 * ids, decides on what the locked rows say, and then writes.  Rows of
 * reservations are locked after those of stock.  So nobody waits in a circle,
 * and nobody sells what another one is taking.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "arguments.h"
#include "ecommerce.h"
#include "errors.h"
#include "plan.h"
#include "scan.h"
#include "stock.h"
#include "writer.h"

/* Short products that an error lists */
#define MAX_LISTED 100

/* Longest text that a movement's reference or an owner may have */
#define MAX_NAME 255
#define MAX_NOTE 10000

/* One row of stock, as locked, and what becomes of it */
typedef struct Slot
{
	pg_uuid_t	product_id;
	HeapTuple	tuple;
	int16		slot;
	int32		available;
	int32		change;
} Slot;

static EcRows demanded = {
	.name = "demanded",
	.ncolumns = 2,
	.columns = {{"product_id", UUIDOID}, {"quantity", INT4OID}}
};
static EcRows changes = {
	.name = "changes",
	.ncolumns = 3,
	.columns = {{"product_id", UUIDOID}, {"slot", INT2OID}, {"change", INT4OID}}
};

static EcPlan change_plan = {
	.sql = "UPDATE ecommerce.stock s SET available = s.available + c.change"
	" FROM changes c WHERE s.tenant_id = $1 AND s.product_id = c.product_id AND s.slot = c.slot",
	.nargs = 1,
	.types = {INT4OID}
};
static EcPlan receive_plan = {
	.sql = "INSERT INTO ecommerce.stock AS s (tenant_id, product_id, slot, available) VALUES ($1, $2, 0, $3)"
	" ON CONFLICT (tenant_id, product_id, slot) DO UPDATE SET available = s.available + excluded.available",
	.nargs = 3,
	.types = {INT4OID, UUIDOID, INT4OID}
};
static EcPlan reclaim_plan = {
	.sql = "WITH expired AS (SELECT r.id, r.product_id FROM ecommerce.stock_reservations r"
	" WHERE r.tenant_id = $1 AND r.product_id = $2 AND r.status = 'held' AND r.expires_at <= clock_timestamp()"
	" FOR NO KEY UPDATE SKIP LOCKED),"
	" taken AS (UPDATE ecommerce.stock_reservations r SET status = 'expired' FROM expired e"
	" WHERE r.tenant_id = $1 AND r.id = e.id AND r.product_id = e.product_id RETURNING r.quantity)"
	" SELECT coalesce(sum(quantity), 0) FROM taken",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};
static EcPlan available_plan = {
	.sql = "SELECT coalesce(sum(s.available), 0)::int4 FROM ecommerce.products p"
	" LEFT JOIN ecommerce.stock s ON s.tenant_id = p.tenant_id AND s.product_id = p.id"
	" WHERE p.tenant_id = $1 AND p.id = $2 GROUP BY p.id",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};
static EcPlan movement_plan = {
	.sql = "INSERT INTO ecommerce.stock_movements (tenant_id, id, product_id, quantity, reason, reference, note)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7)",
	.nargs = 7,
	.types = {INT4OID, UUIDOID, UUIDOID, INT4OID, TEXTOID, TEXTOID, TEXTOID}
};
static EcPlan until_plan = {
	.sql = "SELECT clock_timestamp() + coalesce($2, s.reservation_ttl) FROM ecommerce.settings s WHERE s.tenant_id = $1",
	.nargs = 2,
	.types = {INT4OID, INTERVALOID}
};
static EcPlan hold_plan = {
	.sql = "INSERT INTO ecommerce.stock_reservations (tenant_id, id, product_id, quantity, owner, expires_at)"
	" SELECT $1, $2, d.product_id, d.quantity, $3, $4 FROM demanded d",
	.nargs = 4,
	.types = {INT4OID, UUIDOID, TEXTOID, TIMESTAMPTZOID}
};
static EcPlan read_reservation_plan = {
	.sql = "SELECT r.product_id, r.quantity, r.status, p.sku"
	" FROM ecommerce.stock_reservations r"
	" JOIN ecommerce.products p ON p.tenant_id = r.tenant_id AND p.id = r.product_id"
	" WHERE r.tenant_id = $1 AND r.id = $2 ORDER BY r.product_id",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};
static EcPlan extend_plan = {
	.sql = "UPDATE ecommerce.stock_reservations SET expires_at = $3"
	" WHERE tenant_id = $1 AND id = $2 AND status = 'held' AND expires_at > clock_timestamp()",
	.nargs = 3,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID}
};
static EcPlan commit_plan = {
	.sql = "UPDATE ecommerce.stock_reservations SET status = 'committed', order_id = $3"
	" WHERE tenant_id = $1 AND id = $2 AND status = 'held' AND expires_at > clock_timestamp()",
	.nargs = 3,
	.types = {INT4OID, UUIDOID, UUIDOID}
};
static EcPlan release_plan = {
	.sql = "UPDATE ecommerce.stock_reservations SET status = 'released'"
	" WHERE tenant_id = $1 AND id = $2 AND status = 'held' RETURNING product_id, quantity",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};
static EcPlan release_order_plan = {
	.sql = "UPDATE ecommerce.stock_reservations SET status = 'released'"
	" WHERE tenant_id = $1 AND order_id = $2 AND status = 'committed'",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};
static EcPlan find_expired_plan = {
	.sql = "SELECT DISTINCT e.product_id FROM (SELECT r.product_id FROM ecommerce.stock_reservations r"
	" WHERE r.tenant_id = $1 AND r.status = 'held' AND r.expires_at <= clock_timestamp()"
	" ORDER BY r.expires_at LIMIT $2) e ORDER BY e.product_id",
	.nargs = 2,
	.types = {INT4OID, INT4OID}
};
static EcPlan expire_plan = {
	.sql = "WITH expired AS (SELECT r.id, r.product_id FROM ecommerce.stock_reservations r"
	" JOIN demanded d ON d.product_id = r.product_id"
	" WHERE r.tenant_id = $1 AND r.status = 'held' AND r.expires_at <= clock_timestamp()"
	" ORDER BY r.expires_at LIMIT $2 FOR NO KEY UPDATE OF r SKIP LOCKED)"
	" UPDATE ecommerce.stock_reservations r SET status = 'expired' FROM expired e"
	" WHERE r.tenant_id = $1 AND r.id = e.id AND r.product_id = e.product_id"
	" RETURNING r.product_id, r.quantity",
	.nargs = 2,
	.types = {INT4OID, INT4OID}
};
static EcPlan order_products_plan = {
	.sql = "SELECT i.product_id, sum(i.quantity) FROM ecommerce.order_items i"
	" WHERE i.tenant_id = $1 AND i.order_id = $2 AND i.order_created_at = $3 AND i.from_stock"
	" GROUP BY i.product_id ORDER BY i.product_id",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = 3,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID}
};

/* Make demands readable as the relation "demanded". */
static void
begin_demanded(const EcDemand *demands, int n)
{
	bool		nulls[2] = {false, false};

	ec_rows_begin(&demanded);
	for (int i = 0; i < n; i++)
	{
		Datum		values[2] = {
			UUIDPGetDatum(&demands[i].product_id),
			Int32GetDatum(demands[i].quantity)
		};

		ec_rows_add(&demanded, values, nulls);
	}
	ec_rows_register(&demanded);
}

/* Columns of stock that lock_stock reads, after its two keys */
enum
{
	STOCK_SLOT = 2,
	STOCK_AVAILABLE,
	STOCK_COLUMNS
};

static const char *const stock_columns[STOCK_COLUMNS] = {
	"tenant_id", "product_id", "slot", "available"
};

/*
 * Lock the newest version of the row that the scan stands on, into slot.
 * False if it was deleted meanwhile.
 */
static bool
lock_row(EcScan *scan, TupleTableSlot *slot, Snapshot snapshot)
{
	TM_FailureData failure;
	uint8		flags = TUPLE_LOCK_FLAG_LOCK_UPDATE_IN_PROGRESS;
	TM_Result	result;

	if (!IsolationUsesXactSnapshot())
		flags |= TUPLE_LOCK_FLAG_FIND_LAST_VERSION;
	result = table_tuple_lock(scan->rel, &scan->tuple->t_self, snapshot, slot,
							  GetCurrentCommandId(false),
							  LockTupleNoKeyExclusive, LockWaitBlock, flags,
							  &failure);
	if (result == TM_Ok)
		return true;
	if (IsolationUsesXactSnapshot() &&
		(result == TM_Updated || result == TM_Deleted))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update")));
	if (result != TM_Deleted)
		elog(ERROR, "unexpected table_tuple_lock status: %d", (int) result);
	return false;
}

/*
 * Lock the stock of demands, which are sorted, and return its rows.  What a
 * statement FOR NO KEY UPDATE would do, without its cost.
 */
static Slot *
lock_stock(int32 tenant_id, const EcDemand *demands, int n, int *nslots)
{
	int			capacity = n;
	Slot	   *slots = palloc_array(Slot, (Size) capacity);
	EcScan		scan;
	TupleTableSlot *row;

	*nslots = 0;

	/* See what this transaction did before, and what others did until now. */
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	ec_scan_open(&scan, "stock", "stock_pkey", RowShareLock,
				 stock_columns, STOCK_COLUMNS);
	row = table_slot_create(scan.rel, NULL);
	for (int i = 0; i < n; i++)
	{
		Datum		keys[2] = {
			Int32GetDatum(tenant_id), UUIDPGetDatum(&demands[i].product_id)
		};

		CHECK_FOR_INTERRUPTS();
		ec_scan_begin(&scan, GetActiveSnapshot(), 2, keys);
		while (ec_scan_next(&scan))
		{
			Slot	   *slot;
			bool		isnull;

			if (!lock_row(&scan, row, GetActiveSnapshot()))
				continue;
			if (*nslots == capacity)
			{
				capacity *= 2;
				slots = repalloc(slots, sizeof(Slot) * (Size) capacity);
			}
			slot = &slots[(*nslots)++];
			slot->product_id = demands[i].product_id;
			slot->tuple = ExecCopySlotHeapTuple(row);
			slot->slot = DatumGetInt16(slot_getattr(row, scan.attnums[STOCK_SLOT],
													&isnull));
			slot->available = DatumGetInt32(slot_getattr(row, scan.attnums[STOCK_AVAILABLE],
														 &isnull));
			slot->change = 0;
		}
		ec_scan_end(&scan);
	}
	ExecDropSingleTupleTableSlot(row);
	ec_scan_close(&scan);
	PopActiveSnapshot();
	return slots;
}

/* Write the changes of locked rows by a statement, which fires all triggers. */
static void
write_by_statement(int32 tenant_id, const Slot *slots, int nslots)
{
	bool		nulls[3] = {false, false, false};
	Datum		arguments[1] = {Int32GetDatum(tenant_id)};
	uint64		count = 0;

	ec_rows_begin(&changes);
	for (int i = 0; i < nslots; i++)
		if (slots[i].change != 0)
		{
			Datum		values[3] = {
				UUIDPGetDatum(&slots[i].product_id),
				Int16GetDatum(slots[i].slot),
				Int32GetDatum(slots[i].change)
			};

			ec_rows_add(&changes, values, nulls);
			count++;
		}
	ec_rows_register(&changes);
	if (count > 0 && ec_execute(&change_plan, arguments, NULL) != count)
		elog(ERROR, "locked rows of stock have gone");
	ec_rows_end(&changes);
}

/* Write the changes of locked rows. */
static void
write_changes(int32 tenant_id, const Slot *slots, int nslots)
{
	EcScan		stock;
	EcWriter	writer;

	ec_scan_open(&stock, "stock", "stock_pkey", RowExclusiveLock,
				 stock_columns, STOCK_COLUMNS);
	if (!ec_writer_suits(stock.rel))
		write_by_statement(tenant_id, slots, nslots);
	else
	{
		ec_writer_begin(&writer, stock.rel);
		for (int i = 0; i < nslots; i++)
			if (slots[i].change != 0)
				ec_writer_update(&writer, slots[i].tuple,
								 stock.attnums[STOCK_AVAILABLE],
								 Int32GetDatum(slots[i].available + slots[i].change));
		ec_writer_end(&writer);
	}
	ec_scan_close(&stock);
}

/* Give the expired holds of a product back; its stock is locked. */
static int64
reclaim(int32 tenant_id, const pg_uuid_t *product_id)
{
	Datum		arguments[2] = {
		Int32GetDatum(tenant_id), UUIDPGetDatum(product_id)
	};
	bool		isnull;

	(void) ec_execute(&reclaim_plan, arguments, NULL);
	return DatumGetInt64(ec_value(0, 1, &isnull));
}

/* Add a product to those that are short. */
static void
list_short(StringInfo list, int *listed, const EcDemand *demand, int64 available)
{
	if ((*listed)++ >= MAX_LISTED)
		return;
	appendStringInfoString(list, list->len == 0 ? "[" : ", ");
	appendStringInfoString(list, "{\"sku\": ");
	escape_json(list, demand->sku);
	appendStringInfo(list, ", \"requested\": %d, \"available\": " INT64_FORMAT "}",
					 demand->quantity, available);
}

/*
 * Take stock, all of it or (by an error that lists every product that is
 * short) nothing.  A negative demand gives back.  Demands are sorted by
 * product, each once.  When stock is short, holds that have expired are taken
 * back first, so that selling never waits for a sweeper.
 */
void
ec_stock_change(int32 tenant_id, const EcDemand *demands, int n)
{
	int			nslots;
	Slot	   *slots;
	int			first = 0;
	StringInfoData missing;
	int			listed = 0;

	if (n == 0)
		return;
	slots = lock_stock(tenant_id, demands, n, &nslots);
	initStringInfo(&missing);
	for (int i = 0; i < n; i++)
	{
		int			end = first;
		int64		available = 0;
		int64		reclaimed = 0;
		int32		left = demands[i].quantity;

		for (; end < nslots && ec_uuid_compare(&slots[end].product_id,
											   &demands[i].product_id) == 0; end++)
			available += slots[end].available;
		if (available < left && end > first)
		{
			reclaimed = reclaim(tenant_id, &demands[i].product_id);
			available += reclaimed;
		}
		if (available < left)
			list_short(&missing, &listed, &demands[i], available);
		else if (end > first)
		{
			/* What came back goes to the first row; so does what is given. */
			int64		sum = (int64) slots[first].available + reclaimed;

			if (left < 0)
				sum -= left;
			if (sum > PG_INT32_MAX)
				ereport(ERROR,
						(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						 errmsg("stock is out of range"),
						 errdetail("Product \"%s\" would have more than %d.",
								   demands[i].sku, PG_INT32_MAX)));
			slots[first].change = (int32) (sum - slots[first].available);
			for (int s = first; s < end && left > 0; s++)
			{
				int32		take = Min(left, slots[s].available + slots[s].change);

				slots[s].change -= take;
				left -= take;
			}
		}
		first = end;
	}
	if (missing.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_INSUFFICIENT_STOCK),
				 errmsg("insufficient stock"),
				 errdetail("%s%s]", missing.data,
						   listed > MAX_LISTED ? ", ..." : "")));
	write_changes(tenant_id, slots, nslots);
}

/* Give back the stock that was taken for the lines of an order. */
void
ec_stock_return_order(int32 tenant_id, const pg_uuid_t *order_id,
					  TimestampTz order_created_at)
{
	Datum		arguments[3] = {
		Int32GetDatum(tenant_id), UUIDPGetDatum(order_id),
		TimestampTzGetDatum(order_created_at)
	};
	int			n = (int) ec_execute(&order_products_plan, arguments, NULL);
	EcDemand   *demands = palloc_array(EcDemand, (Size) n);

	for (int i = 0; i < n; i++)
	{
		bool		isnull;
		int64		quantity = DatumGetInt64(ec_value((uint64) i, 2, &isnull));

		if (quantity > PG_INT32_MAX)
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("stock is out of range")));
		demands[i].product_id = *DatumGetUUIDP(ec_value((uint64) i, 1, &isnull));
		demands[i].sku = ec_uuid_text(&demands[i].product_id);
		demands[i].quantity = -(int32) quantity;
	}
	ec_stock_change(tenant_id, demands, n);
}

/* The products of a reservation, sorted; ec_reservation_commit says if all are held. */
EcDemand *
ec_reservation_read(int32 tenant_id, const pg_uuid_t *reservation_id, int *n)
{
	Datum		arguments[2] = {
		Int32GetDatum(tenant_id), UUIDPGetDatum(reservation_id)
	};
	EcDemand   *demands;

	*n = (int) ec_execute(&read_reservation_plan, arguments, NULL);
	if (*n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_UNKNOWN_RESERVATION),
				 errmsg("unknown reservation"),
				 errdetail("It is %s.", ec_uuid_text(reservation_id))));
	demands = palloc_array(EcDemand, (Size) *n);
	for (int i = 0; i < *n; i++)
	{
		bool		isnull;

		demands[i].product_id = *DatumGetUUIDP(ec_value((uint64) i, 1, &isnull));
		demands[i].quantity = DatumGetInt32(ec_value((uint64) i, 2, &isnull));
		demands[i].sku = TextDatumGetCString(ec_value((uint64) i, 4, &isnull));
	}
	return demands;
}

/* Refuse a reservation that is no longer held. */
static void
CheckHeld(bool held, const pg_uuid_t *reservation_id)
{
	if (!held)
		ereport(ERROR,
				(errcode(ERRCODE_EC_RESERVATION_CLOSED),
				 errmsg("reservation is no longer held"),
				 errdetail("Reservation %s has expired, was released, or belongs to an order.",
						   ec_uuid_text(reservation_id))));
}

/* Give a held reservation of n products to an order. */
void
ec_reservation_commit(int32 tenant_id, const pg_uuid_t *reservation_id, int n,
					  const pg_uuid_t *order_id)
{
	Datum		arguments[3] = {
		Int32GetDatum(tenant_id), UUIDPGetDatum(reservation_id),
		UUIDPGetDatum(order_id)
	};

	CheckHeld(ec_execute(&commit_plan, arguments, NULL) == (uint64) n,
			  reservation_id);
}

/* Close the reservations of an order that is cancelled. */
void
ec_reservation_release_order(int32 tenant_id, const pg_uuid_t *order_id)
{
	Datum		arguments[2] = {
		Int32GetDatum(tenant_id), UUIDPGetDatum(order_id)
	};

	(void) ec_execute(&release_order_plan, arguments, NULL);
}

/* Until when a reservation holds, given its ttl in argument n or NULL. */
static TimestampTz
hold_until(FunctionCallInfo fcinfo, int n, int32 tenant_id)
{
	Datum		arguments[2] = {Int32GetDatum(tenant_id), (Datum) 0};
	char		nulls[2] = {' ', 'n'};
	bool		isnull;

	if (!PG_ARGISNULL(n))
	{
		Interval   *ttl = PG_GETARG_INTERVAL_P(n);
		int64		days = (int64) ttl->month * DAYS_PER_MONTH + ttl->day;
		ec_int128	span = (ec_int128) days * USECS_PER_DAY + ttl->time;

		if (span <= 0 || span > 30 * USECS_PER_DAY)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("wrong ttl"),
					 errdetail("It must be above zero and at most 30 days.")));
		arguments[1] = IntervalPGetDatum(ttl);
		nulls[1] = ' ';
	}
	if (ec_query(&until_plan, arguments, nulls) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_EC_NOT_CONFIGURED),
				 errmsg("the tenant has no settings")));
	return DatumGetTimestampTz(ec_value(0, 1, &isnull));
}

/* A value of type ecommerce.reservation; SPI must be finished. */
static Datum
reservation_datum(FunctionCallInfo fcinfo, const pg_uuid_t *id,
				  TimestampTz expires_at)
{
	TupleDesc	desc;
	Datum		values[2] = {UUIDPGetDatum(id), TimestampTzGetDatum(expires_at)};
	bool		nulls[2] = {false, false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

PG_FUNCTION_INFO_V1(ec_available_stock);

/* available_stock(product_id uuid, tenant_id integer) -> integer */
Datum
ec_available_stock(PG_FUNCTION_ARGS)
{
	Datum		arguments[2] = {PG_GETARG_DATUM(1), PG_GETARG_DATUM(0)};
	bool		isnull = true;
	int32		available = 0;

	ec_connect();
	if (ec_query(&available_plan, arguments, NULL) == 1)
		available = DatumGetInt32(ec_value(0, 1, &isnull));
	ec_finish();
	if (isnull)
		PG_RETURN_NULL();
	PG_RETURN_INT32(available);
}

PG_FUNCTION_INFO_V1(ec_reserve_stock);

/* reserve_stock(items jsonb, owner text, ttl interval, tenant_id integer) */
Datum
ec_reserve_stock(PG_FUNCTION_ARGS)
{
	int32		tenant_id = ec_argument_tenant(fcinfo, 3);
	EcItem	   *items;
	EcDemand   *demands;
	int			n;
	pg_uuid_t	id;
	TimestampTz expires_at;
	Datum		arguments[4];
	char		nulls[4] = {' ', ' ', ' ', ' '};

	ec_argument_given(fcinfo, 0, "items");
	ec_argument_length(fcinfo, 1, "owner", MAX_NAME);
	items = ec_items_read(PG_GETARG_JSONB_P(0), &n);
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_EMPTY_ORDER),
				 errmsg("nothing to reserve")));

	ec_connect();
	expires_at = hold_until(fcinfo, 2, tenant_id);
	ec_items_find(items, n, tenant_id, true);
	demands = ec_items_demand(items, n, &n);
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_EMPTY_ORDER),
				 errmsg("nothing to reserve"),
				 errdetail("The stock of these products is not tracked.")));
	ec_stock_change(tenant_id, demands, n);

	ec_uuid_v7_generate(&id);
	arguments[0] = Int32GetDatum(tenant_id);
	arguments[1] = UUIDPGetDatum(&id);
	arguments[2] = PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1);
	arguments[3] = TimestampTzGetDatum(expires_at);
	nulls[2] = PG_ARGISNULL(1) ? 'n' : ' ';
	begin_demanded(demands, n);
	(void) ec_execute(&hold_plan, arguments, nulls);
	ec_rows_end(&demanded);
	ec_finish();
	PG_RETURN_DATUM(reservation_datum(fcinfo, &id, expires_at));
}

PG_FUNCTION_INFO_V1(ec_extend_reservation);

/* extend_reservation(reservation_id uuid, ttl interval, tenant_id integer) */
Datum
ec_extend_reservation(PG_FUNCTION_ARGS)
{
	int32		tenant_id = ec_argument_tenant(fcinfo, 2);
	pg_uuid_t  *id;
	TimestampTz expires_at;
	Datum		arguments[3];
	int			n;

	ec_argument_given(fcinfo, 0, "reservation_id");
	id = PG_GETARG_UUID_P(0);
	ec_connect();
	expires_at = hold_until(fcinfo, 1, tenant_id);
	(void) ec_reservation_read(tenant_id, id, &n);
	arguments[0] = Int32GetDatum(tenant_id);
	arguments[1] = UUIDPGetDatum(id);
	arguments[2] = TimestampTzGetDatum(expires_at);
	CheckHeld(ec_execute(&extend_plan, arguments, NULL) == (uint64) n, id);
	ec_finish();
	PG_RETURN_DATUM(reservation_datum(fcinfo, id, expires_at));
}

/*
 * Give back what the last statement returned as (product_id, quantity); the
 * stock of demands is locked, and they are sorted.
 */
static void
give_back_returned(int32 tenant_id, EcDemand *demands, int n, uint64 rows)
{
	for (int i = 0; i < n; i++)
		demands[i].quantity = 0;
	for (uint64 row = 0; row < rows; row++)
	{
		bool		isnull;
		pg_uuid_t  *product_id = DatumGetUUIDP(ec_value(row, 1, &isnull));
		int32		quantity = DatumGetInt32(ec_value(row, 2, &isnull));

		for (int i = 0; i < n; i++)
			if (ec_uuid_compare(&demands[i].product_id, product_id) == 0 &&
				pg_sub_s32_overflow(demands[i].quantity, quantity,
									&demands[i].quantity))
				ereport(ERROR,
						(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						 errmsg("stock is out of range")));
	}
	ec_stock_change(tenant_id, demands, n);
}

PG_FUNCTION_INFO_V1(ec_release_reservation);

/* release_reservation(reservation_id uuid, tenant_id integer) */
Datum
ec_release_reservation(PG_FUNCTION_ARGS)
{
	int32		tenant_id = ec_argument_tenant(fcinfo, 1);
	pg_uuid_t  *id;
	Datum		arguments[2];
	EcDemand   *demands;
	int			n;
	int			nslots;

	ec_argument_given(fcinfo, 0, "reservation_id");
	id = PG_GETARG_UUID_P(0);
	ec_connect();
	demands = ec_reservation_read(tenant_id, id, &n);
	(void) lock_stock(tenant_id, demands, n, &nslots);
	arguments[0] = Int32GetDatum(tenant_id);
	arguments[1] = UUIDPGetDatum(id);
	give_back_returned(tenant_id, demands, n,
					   ec_execute(&release_plan, arguments, NULL));

	/* What an order has taken over goes back by cancelling the order. */
	(void) ec_execute(&read_reservation_plan, arguments, NULL);
	for (int i = 0; i < n; i++)
	{
		bool		isnull;
		char	   *status = TextDatumGetCString(ec_value((uint64) i, 3, &isnull));

		CheckHeld(strcmp(status, "committed") != 0 &&
				  strcmp(status, "consumed") != 0, id);
	}
	ec_finish();
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(ec_expire_reservations);

/* expire_reservations(max_count integer, tenant_id integer) -> bigint */
Datum
ec_expire_reservations(PG_FUNCTION_ARGS)
{
	int32		max_count = PG_GETARG_INT32(0);
	int32		tenant_id = ec_argument_tenant(fcinfo, 1);
	Datum		arguments[2] = {Int32GetDatum(tenant_id), Int32GetDatum(max_count)};
	EcDemand   *demands;
	int			n;
	int			nslots;
	uint64		expired = 0;

	if (max_count <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_count must be above zero")));
	ec_connect();
	n = (int) ec_execute(&find_expired_plan, arguments, NULL);
	demands = palloc_array(EcDemand, (Size) n);
	for (int i = 0; i < n; i++)
	{
		bool		isnull;

		demands[i].product_id = *DatumGetUUIDP(ec_value((uint64) i, 1, &isnull));
		demands[i].sku = ec_uuid_text(&demands[i].product_id);
		demands[i].quantity = 0;
	}
	if (n > 0)
	{
		(void) lock_stock(tenant_id, demands, n, &nslots);
		begin_demanded(demands, n);
		expired = ec_execute(&expire_plan, arguments, NULL);
		ec_rows_end(&demanded);
		give_back_returned(tenant_id, demands, n, expired);
	}
	ec_finish();
	PG_RETURN_INT64((int64) expired);
}

/* Refuse a reason that movements do not have. */
static void
CheckReason(text *reason)
{
	static const char *const reasons[] = {
		"receipt", "adjustment", "return", "write_off"
	};

	for (int i = 0; i < (int) lengthof(reasons); i++)
		if (VARSIZE_ANY_EXHDR(reason) == strlen(reasons[i]) &&
			memcmp(VARDATA_ANY(reason), reasons[i], strlen(reasons[i])) == 0)
			return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown reason of a stock movement"),
			 errhint("Use receipt, adjustment, return or write_off.")));
}

/* The body of adjust_stock, for a product by id or by SKU. */
static Datum
adjust_stock(FunctionCallInfo fcinfo, EcItem *item)
{
	int32		tenant_id = ec_argument_tenant(fcinfo, 5);
	int32		quantity;
	Datum		arguments[7];
	char		nulls[7] = {' ', ' ', ' ', ' ', ' ', ' ', ' '};
	pg_uuid_t	id;
	bool		isnull;
	int32		available;

	ec_argument_given(fcinfo, 1, "quantity");
	ec_argument_given(fcinfo, 2, "reason");
	CheckReason(PG_GETARG_TEXT_PP(2));
	ec_argument_length(fcinfo, 3, "reference", MAX_NAME);
	ec_argument_length(fcinfo, 4, "note", MAX_NOTE);
	quantity = PG_GETARG_INT32(1);
	if (quantity == 0 || quantity > EC_MAX_QUANTITY || quantity < -EC_MAX_QUANTITY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("wrong quantity"),
				 errdetail("It must not be zero, and at most %d.", EC_MAX_QUANTITY)));

	ec_connect();
	ec_items_find(item, 1, tenant_id, false);
	arguments[0] = Int32GetDatum(tenant_id);
	arguments[1] = UUIDPGetDatum(&item->product_id);
	arguments[2] = Int32GetDatum(quantity);
	if (quantity > 0)
		(void) ec_execute(&receive_plan, arguments, NULL);
	else
	{
		EcDemand	demand = {item->product_id, item->found_sku, -quantity};

		ec_stock_change(tenant_id, &demand, 1);
	}

	ec_uuid_v7_generate(&id);
	arguments[1] = UUIDPGetDatum(&id);
	arguments[2] = UUIDPGetDatum(&item->product_id);
	arguments[3] = Int32GetDatum(quantity);
	for (int i = 2; i < 5; i++)
	{
		arguments[i + 2] = PG_GETARG_DATUM(i);
		nulls[i + 2] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	(void) ec_execute(&movement_plan, arguments, nulls);
	arguments[1] = UUIDPGetDatum(&item->product_id);
	(void) ec_execute(&available_plan, arguments, NULL);
	available = DatumGetInt32(ec_value(0, 1, &isnull));
	ec_finish();
	return Int32GetDatum(available);
}

PG_FUNCTION_INFO_V1(ec_adjust_stock);

/* adjust_stock(product_id uuid, quantity, reason, reference, note, tenant_id) */
Datum
ec_adjust_stock(PG_FUNCTION_ARGS)
{
	EcItem		item = {0};

	ec_argument_given(fcinfo, 0, "product_id");
	item.product_id = *PG_GETARG_UUID_P(0);
	return adjust_stock(fcinfo, &item);
}

PG_FUNCTION_INFO_V1(ec_adjust_stock_by_sku);

/* adjust_stock(sku text, quantity, reason, reference, note, tenant_id) */
Datum
ec_adjust_stock_by_sku(PG_FUNCTION_ARGS)
{
	EcItem		item = {0};

	ec_argument_given(fcinfo, 0, "sku");
	ec_argument_length(fcinfo, 0, "sku", EC_MAX_SKU);
	item.sku = text_to_cstring(PG_GETARG_TEXT_PP(0));
	return adjust_stock(fcinfo, &item);
}
