/*
 * stock_reservation.c
 *	  Reservations: stock that is held for somebody.
 *
 * Rows of a reservation are locked before those of stock, so each of its exits
 * happens once: it is a conditional UPDATE of the state, and what has the new state
 * then, whatever triggers did, goes back to stock or to an order.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "call.h"
#include "db/plan.h"
#include "db/table.h"
#include "ecommerce.h"
#include "errors.h"
#include "stock.h"
#include "tenant_settings.h"
#include "value/arguments.h"
#include "value/result.h"
#include "value/uuid.h"

/* Longest text that an owner may have */
#define MAX_OWNER 255

/* Times the shop's ttl that a caller whom nobody vouches for may hold in all */
#define MAX_UNTRUSTED_HOLDS 4

/* Longest time for which a reservation holds */
#define MAX_TTL (30 * USECS_PER_DAY)

/* Arguments of reserve_stock */
enum
{
	RESERVE_ITEMS,
	RESERVE_OWNER,
	RESERVE_TTL,
	RESERVE_TENANT
};

/* Arguments of extend_reservation */
enum
{
	EXTEND_ID,
	EXTEND_TTL,
	EXTEND_TENANT
};

static EcPlan extend_plan = {
	.sql = "UPDATE {stock_reservations} SET expires_at = $3"
	" WHERE tenant_id = $1 AND id = $2 AND status = 'held'"
	" AND expires_at > (SELECT clock_timestamp())"
	" AND ($4 IS NULL OR created_at + $4 >= $3) RETURNING status = 'held' AND expires_at = $3",
	.nargs = 4,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID, INTERVALOID}
};
static EcPlan commit_plan = {
	.sql = "WITH taken AS (UPDATE {stock_reservations} SET status = 'committed', order_id = $3"
	" WHERE tenant_id = $1 AND id = $2 AND status = 'held'"
	" AND expires_at > (SELECT clock_timestamp())"
	" RETURNING product_id, warehouse_id, quantity::bigint, status)"
	" SELECT product_id, warehouse_id, quantity FROM taken WHERE status = 'committed'"
	" ORDER BY product_id, warehouse_id",
	.nargs = 3,
	.types = {INT4OID, UUIDOID, UUIDOID}
};
static EcPlan held_plan = {
	.sql = "SELECT product_id, warehouse_id, quantity::bigint FROM {stock_reservations}"
	" WHERE tenant_id = $1 AND id = $2 AND status = 'held'"
	" AND expires_at > (SELECT clock_timestamp())"
	" ORDER BY product_id, warehouse_id",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};
static EcPlan release_plan = {
	.sql = "WITH released AS (UPDATE {stock_reservations} SET status = 'released'"
	" WHERE tenant_id = $1 AND id = $2 AND status = 'held'"
	" RETURNING product_id, warehouse_id, quantity::bigint, status)"
	" SELECT product_id, warehouse_id, quantity FROM released"
	" WHERE status IN ('released', 'expired')"
	" ORDER BY product_id, warehouse_id",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};
static EcPlan status_plan = {
	.sql = "SELECT count(*), coalesce(bool_or(status IN ('committed', 'consumed')), false),"
	" coalesce(bool_and(status = 'held' AND expires_at > clock_timestamp()), false)"
	" FROM {stock_reservations}"
	" WHERE tenant_id = $1 AND id = $2",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};

/* What it returns */
enum
{
	STATUS_COUNT = 1,
	STATUS_TAKEN_OVER,
	STATUS_HELD
};

static EcPlan left_plan = {
	.sql = "SELECT FROM {stock_reservations}"
	" WHERE tenant_id = $1 AND id = $2 AND status <> 'committed'",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};
static EcPlan release_order_plan = {
	.sql = "UPDATE {stock_reservations} SET status = 'released'"
	" WHERE tenant_id = $1 AND order_id = $2 AND status = 'committed'",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};
static EcPlan expire_plan = {
	.sql = "WITH due AS (SELECT r.id, r.product_id, r.warehouse_id FROM {stock_reservations} r"
	" WHERE r.tenant_id = $1 AND r.status = 'held' AND r.expires_at <= $3"
	" ORDER BY r.product_id, r.expires_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED),"
	" expired AS (UPDATE {stock_reservations} r SET status = 'expired' FROM due d"
	" WHERE r.tenant_id = $1 AND r.id = d.id AND r.product_id = d.product_id"
	" AND r.warehouse_id = d.warehouse_id"
	" RETURNING r.product_id, r.warehouse_id, r.quantity, r.status)"
	" SELECT product_id, warehouse_id, sum(quantity), count(*) FROM expired"
	" WHERE status IN ('released', 'expired')"
	" GROUP BY 1, 2 ORDER BY 1, 2",
	.nargs = 3,
	.types = {INT4OID, INT4OID, TIMESTAMPTZOID}
};

/* Refuse a reservation that does not exist, or whose state does not allow it. */
static void
check_reservation(int32 tenant_id, const pg_uuid_t *reservation_id, bool allowed)
{
	Datum		arguments[2] = {
		Int32GetDatum(tenant_id), UUIDPGetDatum(reservation_id)
	};

	if (allowed)
		return;
	(void) ec_execute(&status_plan, arguments, NULL);
	if (DatumGetInt64(ec_value(0, STATUS_COUNT, INT8OID)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_UNKNOWN_RESERVATION),
				 errmsg("unknown reservation %s", ec_uuid_text(reservation_id))));
	if (DatumGetBool(ec_value(0, STATUS_HELD, BOOLOID)))
		ec_written(0, 1, "stock_reservations");
	ereport(ERROR,
			(errcode(ERRCODE_EC_RESERVATION_CLOSED),
			 errmsg("reservation is no longer held"),
			 errdetail("Reservation %s has expired, was released, or belongs to an order.",
					   ec_uuid_text(reservation_id))));
}

/*
 * Give a held reservation to an order, and return what it holds, in the order
 * of products.  Without an order only that.
 */
EcTaken *
ec_reservation_take(int32 tenant_id, const pg_uuid_t *reservation_id,
					const pg_uuid_t *order_id, int *n)
{
	Datum		arguments[3] = {
		Int32GetDatum(tenant_id), UUIDPGetDatum(reservation_id),
		UUIDPGetDatum(order_id)
	};
	EcTaken    *taken;

	if (order_id == NULL)
		*n = (int) ec_execute(&held_plan, arguments, NULL);
	else
		*n = (int) ec_execute_unchecked(&commit_plan, arguments, NULL);
	if (*n > 0 && order_id == NULL)
		return ec_stock_read_taken(*n);
	if (*n > 0)
	{
		taken = ec_stock_read_taken(*n);
		ec_written((uint64) *n, (uint64) *n + ec_execute(&left_plan, arguments, NULL),
				   "stock_reservations");
		return taken;
	}
	check_reservation(tenant_id, reservation_id, false);
	return NULL;
}

/* Close the reservations of an order that is cancelled. */
void
ec_reservation_release_order(int32 tenant_id, const pg_uuid_t *order_id)
{
	Datum		arguments[2] = {
		Int32GetDatum(tenant_id), UUIDPGetDatum(order_id)
	};

	(void) ec_execute_unchecked(&release_order_plan, arguments, NULL);
}

/*
 * Microseconds of an interval, up to n times, as intervals are compared: what
 * 1 month is in the calendar could be more than the 30 days that it is there.
 */
static ec_int128
span_of(const Interval *interval, int n)
{
	int64		days = (int64) interval->month * DAYS_PER_MONTH + interval->day;

	return ((ec_int128) days * USECS_PER_DAY + interval->time) * n;
}

/*
 * Until when a reservation holds, given its ttl in argument n or NULL.  Who may
 * not write orders cannot withhold stock for longer than the shop's own ttl.
 */
static TimestampTz
hold_until(FunctionCallInfo fcinfo, int n, int32 tenant_id, bool trusted)
{
	Interval	most = ec_settings_reservation_ttl(tenant_id);
	ec_int128	ttl = span_of(PG_ARGISNULL(n) ? &most : PG_GETARG_INTERVAL_P(n), 1);

	if (ttl <= 0 || ttl > MAX_TTL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("ttl must be above zero and at most 30 days")));
	if (!trusted && ttl > span_of(&most, 1))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for a ttl above that of the shop"),
				 errdetail("It needs the privilege to INSERT into ecommerce.orders.")));
	return GetCurrentTimestamp() + (TimestampTz) ttl;
}

/* A value of type ecommerce.reservation; SPI must be finished. */
static Datum
reservation_datum(FunctionCallInfo fcinfo, const pg_uuid_t *id,
				  TimestampTz expires_at)
{
	static const Oid types[] = {UUIDOID, TIMESTAMPTZOID};
	Datum		values[] = {UUIDPGetDatum(id), TimestampTzGetDatum(expires_at)};

	return ec_result_row(fcinfo, types, lengthof(types), values);
}

PG_FUNCTION_INFO_V1(ec_reserve_stock);

/* reserve_stock(items jsonb, owner text, ttl interval, tenant_id integer) */
Datum
ec_reserve_stock(PG_FUNCTION_ARGS)
{
	int32		tenant_id = ec_begin(fcinfo, RESERVE_TENANT);
	EcItem	   *items;
	EcDemand   *demands;
	EcTaken    *taken;
	int			n;
	pg_uuid_t	id;
	TimestampTz expires_at;

	ec_argument_given(fcinfo, RESERVE_ITEMS, "items");
	ec_argument_length(fcinfo, RESERVE_OWNER, "owner", MAX_OWNER);
	items = ec_items_read(PG_GETARG_JSONB_P(RESERVE_ITEMS), &n);
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_EMPTY_ORDER),
				 errmsg("nothing to reserve"),
				 errdetail("items is an empty array.")));

	expires_at = hold_until(fcinfo, RESERVE_TTL, tenant_id,
							PG_ARGISNULL(RESERVE_TTL) || ec_call_trusted());
	ec_items_find(items, n, tenant_id, true);
	demands = ec_items_demand(items, n, &n);
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_EMPTY_ORDER),
				 errmsg("nothing to reserve"),
				 errdetail("The stock of these products is not tracked.")));
	taken = ec_stock_change(tenant_id, demands, n, &n);

	ec_uuid_v7_generate(&id);
	ec_stock_hold(tenant_id, &id,
				  PG_ARGISNULL(RESERVE_OWNER) ? NULL : PG_GETARG_TEXT_P(RESERVE_OWNER),
				  expires_at, taken, n);
	ec_end();
	PG_RETURN_DATUM(reservation_datum(fcinfo, &id, expires_at));
}

/* Say why a reservation was not extended. */
static void
cannot_extend(int32 tenant_id, const pg_uuid_t *id, bool trusted)
{
	Datum		arguments[2] = {Int32GetDatum(tenant_id), UUIDPGetDatum(id)};

	(void) ec_execute(&status_plan, arguments, NULL);
	if (!trusted && DatumGetBool(ec_value(0, STATUS_HELD, BOOLOID)))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to hold a reservation for so long"),
				 errdetail("Without the privilege to INSERT into ecommerce.orders it holds"
						   " for at most %d times settings.reservation_ttl.",
						   MAX_UNTRUSTED_HOLDS)));
	check_reservation(tenant_id, id, false);
}

PG_FUNCTION_INFO_V1(ec_extend_reservation);

/* extend_reservation(reservation_id uuid, ttl interval, tenant_id integer) */
Datum
ec_extend_reservation(PG_FUNCTION_ARGS)
{
	int32		tenant_id = ec_begin(fcinfo, EXTEND_TENANT);
	bool		trusted = ec_call_trusted();
	pg_uuid_t  *id;
	TimestampTz expires_at;
	Interval	ttl;
	Interval	most = {0};
	Datum		arguments[4];
	uint64		n;

	ec_argument_given(fcinfo, EXTEND_ID, "reservation_id");
	id = PG_GETARG_UUID_P(EXTEND_ID);
	expires_at = hold_until(fcinfo, EXTEND_TTL, tenant_id, trusted);
	ttl = ec_settings_reservation_ttl(tenant_id);
	most.time = (TimeOffset) span_of(&ttl, MAX_UNTRUSTED_HOLDS);
	arguments[0] = Int32GetDatum(tenant_id);
	arguments[1] = UUIDPGetDatum(id);
	arguments[2] = TimestampTzGetDatum(expires_at);
	arguments[3] = IntervalPGetDatum(&most);
	n = ec_execute_unchecked(&extend_plan, arguments, trusted ? "   n" : NULL);
	if (n == 0)
		cannot_extend(tenant_id, id, trusted);
	for (uint64 i = 0; i < n; i++)
		ec_written(DatumGetBool(ec_value(i, 1, BOOLOID)), 1, "stock_reservations");
	ec_end();
	PG_RETURN_DATUM(reservation_datum(fcinfo, id, expires_at));
}

PG_FUNCTION_INFO_V1(ec_release_reservation);

/* release_reservation(reservation_id uuid, tenant_id integer) -> released_reservation */
Datum
ec_release_reservation(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {UUIDOID, INT8OID};
	int32		tenant_id = ec_begin(fcinfo, 1);
	pg_uuid_t  *id;
	Datum		arguments[2];
	Datum		values[2];
	int64		released = 0;
	int			n;

	ec_argument_given(fcinfo, 0, "reservation_id");
	id = PG_GETARG_UUID_P(0);
	arguments[0] = Int32GetDatum(tenant_id);
	arguments[1] = UUIDPGetDatum(id);
	n = (int) ec_execute_unchecked(&release_plan, arguments, NULL);
	if (n > 0)
		released = ec_stock_give_back(tenant_id, n);
	else
	{
		/* What an order has taken over goes back by cancelling the order. */
		(void) ec_execute(&status_plan, arguments, NULL);
		check_reservation(tenant_id, id,
						  DatumGetInt64(ec_value(0, STATUS_COUNT, INT8OID)) > 0 &&
						  !DatumGetBool(ec_value(0, STATUS_TAKEN_OVER, BOOLOID)));
	}
	ec_end();
	values[0] = UUIDPGetDatum(id);
	values[1] = Int64GetDatum(released);
	PG_RETURN_DATUM(ec_result_row(fcinfo, types, lengthof(types), values));
}

PG_FUNCTION_INFO_V1(ec_expire_reservations);

/* expire_reservations(max_count integer, tenant_id integer) -> bigint */
Datum
ec_expire_reservations(PG_FUNCTION_ARGS)
{
	int32		max_count;
	int32		tenant_id;
	Datum		arguments[3];
	int			n;
	int64		expired = 0;

	tenant_id = ec_begin(fcinfo, 1);
	ec_argument_given(fcinfo, 0, "max_count");
	max_count = PG_GETARG_INT32(0);
	arguments[0] = Int32GetDatum(tenant_id);
	arguments[1] = Int32GetDatum(max_count);
	arguments[2] = TimestampTzGetDatum(GetCurrentTimestamp());
	if (max_count <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_count must be above zero")));
	n = (int) ec_execute_unchecked(&expire_plan, arguments, NULL);
	for (int i = 0; i < n; i++)
		expired += DatumGetInt64(ec_value((uint64) i, 4, INT8OID));
	(void) ec_stock_give_back(tenant_id, n);
	ec_end();
	PG_RETURN_INT64(expired);
}
