/*
 * order_cancel.c
 *	  Cancelling an order, and what that gives back.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/datum.h"
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
static EcPlan repay_gift_cards_plan = {
	.sql = "SELECT ecommerce_internal.return_to_gift_cards($1, $2, $3, NULL)",
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
	" WHERE o.tenant_id = $1 AND o.id = e.entity_id AND o.created_at = $3"
	" RETURNING o.status = 'cancelled', o.payment_status",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = 6,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID, UUIDOID, TEXTOID, TEXTOID}
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
 * Give back the holds, coupons, stock and gift cards of an order, of which no
 * units came back as returns: check_movement() lets none come before it is shipped.
 */
static void
undo_order(int32 tenant_id, const pg_uuid_t *id, TimestampTz created_at, Datum number)
{
	Datum		arguments[3] = {
		Int32GetDatum(tenant_id), UUIDPGetDatum(id), TimestampTzGetDatum(created_at)
	};

	if (ec_execute(&returned_plan, arguments, NULL) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_RETURN_EXCEEDS_SALE),
				 errmsg("units of the order came back already"),
				 errdetail("Order %s.", TextDatumGetCString(number))));
	ec_reservation_release_order(tenant_id, id);
	(void) ec_execute(&release_coupons_plan, arguments, NULL);
	ec_stock_return_order(tenant_id, id, created_at);
	(void) ec_execute(&repay_gift_cards_plan, arguments, NULL);
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
		Datum		arguments[6] = {
			Int32GetDatum(tenant_id), UUIDPGetDatum(id),
			TimestampTzGetDatum(created_at), UUIDPGetDatum(&event_id),
			has_reason ? PG_GETARG_DATUM(ARG_REASON) : (Datum) 0,
			CStringGetTextDatum(status)
		};

		undo_order(tenant_id, id, created_at, result[RESULT_NUMBER]);
		ec_uuid_v7_generate(&event_id);
		ec_written(ec_execute_unchecked(&cancel_plan, arguments,
										has_reason ? NULL : "    n ") == 1 &&
				   DatumGetBool(ec_value(0, CANCELLED_DONE, BOOLOID)), 1, "orders");
		result[RESULT_PAYMENT_STATUS] = datumCopy(ec_value(0, CANCELLED_PAYMENT_STATUS, TEXTOID),
												  false, -1);
	}
	ec_end();
	PG_RETURN_DATUM(ec_result_row(fcinfo, types, lengthof(types), result));
}
