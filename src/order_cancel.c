/*
 * order_cancel.c
 *	  Cancelling an order, and what that gives back.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "call.h"
#include "db/plan.h"
#include "ecommerce.h"
#include "errors.h"
#include "stock.h"
#include "value/arguments.h"
#include "value/result.h"
#include "value/uuid.h"

#define MAX_REASON 10000

/* Arguments of cancel_order */
enum
{
	ARG_ORDER,
	ARG_REASON,
	ARG_TENANT
};

/* Columns of an order that is locked */
enum
{
	LOCKED_STATUS = 1,
	LOCKED_CREATED_AT,
	LOCKED_NUMBER,
	LOCKED_PAYMENT_STATUS
};

/* Columns of an order that was cancelled */
enum
{
	CANCELLED_DONE = 1,
	CANCELLED_PAYMENT_STATUS
};

/* Columns of an order_transition */
enum
{
	RESULT_ID,
	RESULT_NUMBER,
	RESULT_PREVIOUS_STATUS,
	RESULT_STATUS,
	RESULT_PAYMENT_STATUS,
	RESULT_COLUMNS
};

static EcPlan release_coupons_plan = {
	.sql = "SELECT ecommerce_internal.release_coupons($1, $2)",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};
static EcPlan release_payments_plan = {
	.sql = "SELECT ecommerce_internal.release_payments($1, $2, $3)",
	.nargs = 3,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID}
};
static EcPlan cancel_shipments_plan = {
	.sql = "SELECT ecommerce_internal.cancel_shipments($1, $2, $3)",
	.nargs = 3,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID}
};
static EcPlan check_archived_plan = {
	.sql = "SELECT ecommerce_internal.check_archived($1)",
	.nargs = 1,
	.types = {UUIDOID}
};
static EcPlan lock_order_plan = {
	.sql = "SELECT status, created_at, order_number, payment_status FROM {orders}"
	" WHERE tenant_id = $1 AND id = $2 AND created_at BETWEEN $3 AND $4 FOR NO KEY UPDATE",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = 4,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID}
};
static EcPlan returned_plan = {
	.sql = "SELECT FROM {stock_movements}"
	" WHERE tenant_id = $1 AND order_id = $2 AND reason = 'return' LIMIT 1",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};
static EcPlan cancel_plan = {
	.sql = "WITH event AS (INSERT INTO {events} (tenant_id, id, kind, entity_id, data)"
	" VALUES ($1, $4, 'order.cancelled', $2,"
	" jsonb_strip_nulls(jsonb_build_object('reason', $5, 'from', $6)))"
	" RETURNING entity_id)"
	" UPDATE {orders} o SET status = 'cancelled' FROM event e"
	" WHERE o.tenant_id = $1 AND o.id = e.entity_id AND o.created_at = $3 AND o.status = $6"
	/* No trigger has cancelled lines while stock came back. */
	" AND (SELECT count(*) FROM {order_cancellations} c"
	" WHERE c.tenant_id = $1 AND c.order_id = $2 AND c.order_created_at = $3) = $7"
	" RETURNING o.status = 'cancelled', o.payment_status",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = 7,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID, UUIDOID, TEXTOID, TEXTOID, INT8OID}
};
static EcPlan count_plan = {
	.sql = "SELECT count(*) FROM {order_cancellations}"
	" WHERE tenant_id = $1 AND order_id = $2 AND order_created_at = $3",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = 3,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID}
};

/* Lines that are cancelled, as a set of book_cancellation() */
#define CANCELLED_LINES \
	" FROM jsonb_to_recordset($4) AS l (line_number integer, quantity integer, net numeric," \
	" vat numeric, product_id uuid, from_stock boolean, allocation jsonb)"

static EcPlan insert_lines_plan = {
	.sql = "INSERT INTO {order_cancellations} (tenant_id, order_id, order_created_at,"
	" cancellation_number, line_number, quantity, net, vat, allocation, reason, idempotency_key,"
	" created_at)"
	" SELECT $1, $2, $3, $5, l.line_number, l.quantity, l.net, l.vat,"
	" nullif(l.allocation, 'null'), $6, $7, greatest(now(), $3)"
	CANCELLED_LINES
	" RETURNING (quantity, net, vat) = (SELECT k.quantity, k.net, k.vat"
	" FROM jsonb_to_recordset($4) AS k (line_number integer, quantity integer, net numeric,"
	" vat numeric) WHERE k.line_number = order_cancellations.line_number)",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = 7,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID, JSONBOID, INT4OID, TEXTOID, TEXTOID}
};
static EcPlan cancelled_units_plan = {
	.sql = "SELECT l.product_id, coalesce(a.key::integer, 1),"
	" sum(coalesce(a.value::integer, l.quantity))"
	CANCELLED_LINES
	" LEFT JOIN LATERAL jsonb_each_text(nullif(l.allocation, 'null')) a ON true"
	" WHERE l.from_stock GROUP BY 1, 2 ORDER BY 1, 2",
	.nargs = 4,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID, JSONBOID}
};

static EcPlan still_open_plan = {
	.sql = "SELECT FROM {orders} WHERE tenant_id = $1 AND id = $2 AND created_at = $3"
	" AND status IN ('pending', 'processing')",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = 3,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID}
};

/* Arguments of book_cancellation, and of insert_lines_plan but for the tenant before them */
enum
{
	BOOK_ORDER,
	BOOK_CREATED_AT,
	BOOK_LINES,
	BOOK_NUMBER,
	BOOK_REASON,
	BOOK_KEY,
	BOOK_GIVE_BACK,
	BOOK_TENANT
};

/* Lock an order, read its status and its time, and begin the answer. */
static char *
lock_order(int32 tenant_id, const pg_uuid_t *id, TimestampTz *created_at, Datum *result)
{
	TimestampTz id_time = ec_uuid_v7_timestamp(id);
	Datum		arguments[4] = {
		Int32GetDatum(tenant_id), UUIDPGetDatum(id),
		TimestampTzGetDatum(id_time - USECS_PER_DAY),
		TimestampTzGetDatum(id_time + USECS_PER_DAY)
	};
	char	   *status;

	if (ec_execute(&lock_order_plan, arguments, NULL) != 1)
	{
		(void) ec_execute(&check_archived_plan, &arguments[1], NULL);
		ereport(ERROR,
				(errcode(ERRCODE_EC_UNKNOWN_ORDER),
				 errmsg("unknown order %s", ec_uuid_text(id))));
	}
	status = TextDatumGetCString(ec_value(0, LOCKED_STATUS, TEXTOID));
	*created_at = DatumGetTimestampTz(ec_value(0, LOCKED_CREATED_AT, TIMESTAMPTZOID));
	if (strcmp(status, "cancelled") != 0 && strcmp(status, "pending") != 0 &&
		strcmp(status, "processing") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_INVALID_TRANSITION),
				 errmsg("an order cannot go from %s to cancelled", status),
				 errdetail("Order %s.",
						   TextDatumGetCString(ec_value(0, LOCKED_NUMBER, TEXTOID))),
				 strcmp(status, "shipped") == 0 || strcmp(status, "delivered") == 0
				 ? errhint("Units that were shipped come back by ecommerce.return_stock().") : 0));
	result[RESULT_ID] = UUIDPGetDatum(id);
	result[RESULT_NUMBER] = datumCopy(ec_value(0, LOCKED_NUMBER, TEXTOID), false, -1);
	result[RESULT_PREVIOUS_STATUS] = CStringGetTextDatum(status);
	result[RESULT_STATUS] = CStringGetTextDatum("cancelled");
	result[RESULT_PAYMENT_STATUS] = datumCopy(ec_value(0, LOCKED_PAYMENT_STATUS, TEXTOID),
											  false, -1);
	return status;
}

/*
 * Cancel what is packed of an order, and give back its holds, coupons, stock and
 * payments.  Nothing of it was shipped, so no units came back as returns.
 */
static void
undo_order(int32 tenant_id, const pg_uuid_t *id, TimestampTz created_at, Datum number)
{
	Datum		arguments[3] = {
		Int32GetDatum(tenant_id), UUIDPGetDatum(id), TimestampTzGetDatum(created_at)
	};

	(void) ec_execute(&cancel_shipments_plan, arguments, NULL);
	if (ec_execute(&returned_plan, arguments, NULL) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_RETURN_EXCEEDS_SALE),
				 errmsg("units of the order came back already"),
				 errdetail("Order %s.", TextDatumGetCString(number))));
	ec_reservation_release_order(tenant_id, id);
	(void) ec_execute(&release_coupons_plan, arguments, NULL);
	ec_stock_return_order(tenant_id, id, created_at);
	(void) ec_execute(&release_payments_plan, arguments, NULL);
}

PG_FUNCTION_INFO_V1(ec_cancel_order);

/* cancel_order(order_id uuid, reason text, tenant_id integer) -> order_transition */
Datum
ec_cancel_order(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {UUIDOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID};
	int32		tenant_id = ec_begin(fcinfo, ARG_TENANT);
	pg_uuid_t  *id;
	TimestampTz created_at;
	char	   *status;
	Datum		result[RESULT_COLUMNS];

	ec_argument_given(fcinfo, ARG_ORDER, "order_id");
	ec_argument_length(fcinfo, ARG_REASON, "reason", MAX_REASON);
	id = PG_GETARG_UUID_P(ARG_ORDER);

	status = lock_order(tenant_id, id, &created_at, result);
	if (strcmp(status, "cancelled") != 0)
	{
		bool		has_reason = !PG_ARGISNULL(ARG_REASON);
		pg_uuid_t	event_id;
		Datum		arguments[7] = {
			Int32GetDatum(tenant_id), UUIDPGetDatum(id),
			TimestampTzGetDatum(created_at), UUIDPGetDatum(&event_id),
			has_reason ? PG_GETARG_DATUM(ARG_REASON) : (Datum) 0,
			CStringGetTextDatum(status)
		};

		(void) ec_execute(&count_plan, arguments, NULL);
		arguments[6] = Int64GetDatum(DatumGetInt64(ec_value(0, 1, INT8OID)));
		undo_order(tenant_id, id, created_at, result[RESULT_NUMBER]);
		ec_uuid_v7_generate(&event_id);
		ec_written(ec_execute_unchecked(&cancel_plan, arguments,
										has_reason ? NULL : "    n  ") == 1 &&
				   DatumGetBool(ec_value(0, CANCELLED_DONE, BOOLOID)), 1, "orders");
		result[RESULT_PAYMENT_STATUS] = datumCopy(ec_value(0, CANCELLED_PAYMENT_STATUS, TEXTOID),
												  false, -1);
	}
	ec_end();
	PG_RETURN_DATUM(ec_result_row(fcinfo, types, lengthof(types), result));
}

PG_FUNCTION_INFO_V1(ec_book_cancellation);

/*
 * book_cancellation(order_id uuid, order_created_at timestamptz, lines jsonb,
 * cancellation_number integer, reason text, idempotency_key text, give_back boolean,
 * tenant_id integer)
 *
 * The lines are written before their stock comes back, so that a trigger which cancels
 * meanwhile finds them.
 */
Datum
ec_book_cancellation(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {
		"order_id", "order_created_at", "lines", "cancellation_number"
	};
	int32		tenant_id = ec_begin(fcinfo, BOOK_TENANT);
	Datum		arguments[BOOK_KEY + 2] = {Int32GetDatum(tenant_id)};
	char		nulls[BOOK_KEY + 2];
	uint64		n;
	uint64		same = 0;

	for (int i = 0; i < (int) lengthof(names); i++)
		ec_argument_given(fcinfo, i, names[i]);
	ec_argument_given(fcinfo, BOOK_GIVE_BACK, "give_back");
	nulls[0] = ' ';
	for (int i = 0; i <= BOOK_KEY; i++)
	{
		nulls[i + 1] = PG_ARGISNULL(i) ? 'n' : ' ';
		arguments[i + 1] = PG_ARGISNULL(i) ? (Datum) 0 : PG_GETARG_DATUM(i);
	}
	n = ec_execute_unchecked(&insert_lines_plan, arguments, nulls);
	for (uint64 i = 0; i < n; i++)
		same += DatumGetBool(ec_value(i, 1, BOOLOID));
	ec_written(same, JB_ROOT_COUNT(PG_GETARG_JSONB_P(BOOK_LINES)), "order_cancellations");
	if (PG_GETARG_BOOL(BOOK_GIVE_BACK))
	{
		/* A trigger that cancelled the whole meanwhile has given them back. */
		ec_written(ec_execute(&still_open_plan, arguments, NULL), 1, "order_cancellations");
		(void) ec_stock_give_back(tenant_id,
								  (int) ec_execute(&cancelled_units_plan, arguments, NULL));
	}
	ec_end();
	PG_RETURN_VOID();
}
