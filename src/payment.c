/*
 * payment.c
 *	  Writing entries of payments, and what follows from them.
 *
 * In C, because plain SQL has to prove at commit that payments are the sums of
 * their entries, and orders those of their payments.  These statements make
 * them so.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "call.h"
#include "db/plan.h"
#include "ecommerce.h"
#include "payment.h"
#include "value/arguments.h"
#include "value/uuid.h"

/* Arguments of insert_payment_entry */
enum
{
	ENTRY_PAYMENT,
	ENTRY_KIND,
	ENTRY_AMOUNT,
	ENTRY_PROVIDER,
	ENTRY_EVENT,
	ENTRY_REFUND,
	ENTRY_REASON,
	ENTRY_HASH,
	ENTRY_DATA,
	ENTRY_OCCURRED_AT,
	ENTRY_TENANT
};

/* Arguments of add_to_payment */
enum
{
	ADD_PAYMENT,
	ADD_KIND,
	ADD_AMOUNT,
	ADD_REFUNDED,
	ADD_REASON,
	ADD_TENANT
};

/* Arguments of add_to_order */
enum
{
	ORDER_ID,
	ORDER_CREATED_AT,
	ORDER_PAID,
	ORDER_REFUNDED,
	ORDER_CHARGED_BACK,
	ORDER_TENANT
};

#define MAX_ARGUMENTS (ENTRY_TENANT + 2)

/*
 * Each returns, as its first column, whether what stands there now is what was
 * to be written; NULL, which is an error, too, if sums are NULL.  They are made of
 * rows that are locked by then.
 */
static EcPlan entry_plan = {
	.sql = "INSERT INTO {payment_entries} (tenant_id, payment_id, kind, amount, provider, event_id,"
	" refund_id, reason, request_hash, data, occurred_at, id)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
	" ON CONFLICT (tenant_id, provider, event_id) DO NOTHING"
	" RETURNING (payment_id, kind, amount, provider, event_id, refund_id, request_hash)"
	" IS NOT DISTINCT FROM ($2, $3, $4, $5, $6, $7, $9)",
	.nargs = ENTRY_TENANT + 2,
	.types = {
		INT4OID, UUIDOID, TEXTOID, NUMERICOID, TEXTOID, TEXTOID, UUIDOID, TEXTOID, BYTEAOID,
		JSONBOID, TIMESTAMPTZOID, UUIDOID
	}
};

#define PAYMENT_IS "p.amount_authorized, p.amount_captured, p.amount_refunded," \
	" p.amount_charged_back, p.fee, p.status"
#define PAYMENT_BECOMES "n.amount_authorized, n.amount_captured, n.amount_refunded," \
	" n.amount_charged_back, n.fee, n.status"

static EcPlan payment_plan = {
	.sql = "WITH old AS (SELECT p.order_id, p.currency, p.amount, p.gift_card_id,"
	" p.refunds_requested, p.amount_authorized, p.amount_captured, p.amount_refunded,"
	" p.amount_charged_back, p.fee, p.failure_reason,"
	" CASE WHEN p.amount_captured = 0 AND $3 <> 'captured'"
	" THEN ecommerce_internal.last_step($1, p.id) END AS step"
	" FROM {payments} p WHERE p.tenant_id = $1 AND p.id = $2 FOR NO KEY UPDATE),"
	" added AS (SELECT CASE $3 WHEN 'authorized' THEN CASE"
	/* What is told after all of it was voided is void, too. */
	" WHEN step = 'voided' AND amount_authorized = 0 THEN 0 ELSE amount_authorized + $4 END"
	" WHEN 'voided' THEN greatest(amount_authorized - coalesce($4, amount_authorized), 0)"
	" ELSE amount_authorized END AS amount_authorized,"
	" amount_captured + CASE $3 WHEN 'captured' THEN $4 ELSE 0 END AS amount_captured,"
	" amount_refunded + $5 AS amount_refunded,"
	" amount_charged_back + CASE $3 WHEN 'charged_back' THEN $4 WHEN 'won_back' THEN -$4"
	" ELSE 0 END AS amount_charged_back,"
	" fee + CASE $3 WHEN 'fee' THEN $4 ELSE 0 END AS fee,"
	" CASE WHEN $3 IN ('failed', 'charged_back', 'refund_failed') THEN coalesce($6, failure_reason)"
	" ELSE failure_reason END AS failure_reason, step, order_id, currency,"
	" amount, gift_card_id, refunds_requested FROM old),"
	" new AS MATERIALIZED (SELECT *, ecommerce_internal.payment_status(step, amount_authorized,"
	" amount_captured, amount_refunded, amount_charged_back) AS status FROM added)"
	" UPDATE {payments} p SET (amount_authorized, amount_captured, amount_refunded,"
	" amount_charged_back, fee, status, failure_reason) = (" PAYMENT_BECOMES ", n.failure_reason)"
	" FROM new n WHERE p.tenant_id = $1 AND p.id = $2"
	" RETURNING (" PAYMENT_IS ", p.currency, p.amount, p.refunds_requested)"
	" = (" PAYMENT_BECOMES ", n.currency, n.amount, n.refunds_requested)"
	" AND (p.order_id, p.gift_card_id) IS NOT DISTINCT FROM (n.order_id, n.gift_card_id) AS sums",
	.nargs = ADD_TENANT + 1,
	.types = {INT4OID, UUIDOID, TEXTOID, NUMERICOID, NUMERICOID, TEXTOID}
};

#define ORDER_IS "o.amount_paid, o.amount_refunded, o.amount_charged_back, o.payment_status"
#define ORDER_BECOMES "n.amount_paid, n.amount_refunded, n.amount_charged_back, n.payment_status"

static EcPlan order_plan = {
	.sql = "WITH old AS (SELECT o.gross, o.status, o.amount_paid + $4 AS amount_paid,"
	" o.amount_refunded + $5 AS amount_refunded,"
	" o.amount_charged_back + $6 AS amount_charged_back FROM {@orders} o"
	" WHERE o.tenant_id = $1 AND o.id = $2 AND o.created_at = $3 FOR NO KEY UPDATE),"
	" new AS MATERIALIZED (SELECT *, ecommerce_internal.payment_status_now($1, $2, $3, gross,"
	" amount_paid, amount_refunded, amount_charged_back) AS payment_status FROM old)"
	" UPDATE {@orders} o SET (amount_paid, amount_refunded, amount_charged_back, payment_status)"
	" = (" ORDER_BECOMES ") FROM new n"
	" WHERE o.tenant_id = $1 AND o.id = $2 AND o.created_at = $3"
	" RETURNING (o.status, o.gross, " ORDER_IS ") = (n.status, n.gross, " ORDER_BECOMES ") AS sums,"
	" o.payment_status",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = ORDER_TENANT + 1,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID, NUMERICOID, NUMERICOID, NUMERICOID}
};

/* Is a row written?  One that a trigger has changed is an error. */
static bool
is_written(uint64 processed, const char *table)
{
	if (processed == 0)
		return false;
	ec_written(DatumGetBool(ec_value(0, 1, BOOLOID)), 1, table);
	return true;
}

/* Arguments of a plan: the tenant, those before the tenant of the function, and one more. */
static void
plan_arguments(FunctionCallInfo fcinfo, int tenant_argument, Datum last, Datum *arguments,
			   char *nulls)
{
	arguments[0] = Int32GetDatum(PG_GETARG_INT32(tenant_argument));
	nulls[0] = ' ';
	for (int i = 0; i < tenant_argument; i++)
	{
		nulls[i + 1] = PG_ARGISNULL(i) ? 'n' : ' ';
		arguments[i + 1] = PG_ARGISNULL(i) ? (Datum) 0 : PG_GETARG_DATUM(i);
	}
	arguments[tenant_argument + 1] = last;
	nulls[tenant_argument + 1] = ' ';
}

PG_FUNCTION_INFO_V1(ec_insert_payment_entry);

/*
 * insert_payment_entry(payment_id uuid, kind text, amount numeric, provider text,
 * event_id text, refund_id uuid, reason text, request_hash bytea, data jsonb,
 * occurred_at timestamptz, tenant_id integer) -> boolean
 */
Datum
ec_insert_payment_entry(PG_FUNCTION_ARGS)
{
	pg_uuid_t	id;
	bool		booked;
	Datum		arguments[MAX_ARGUMENTS];
	char		nulls[MAX_ARGUMENTS];

	(void) ec_begin(fcinfo, ENTRY_TENANT);
	ec_argument_given(fcinfo, ENTRY_PAYMENT, "payment_id");
	ec_argument_given(fcinfo, ENTRY_KIND, "kind");
	ec_uuid_v7_generate(&id);
	plan_arguments(fcinfo, ENTRY_TENANT, UUIDPGetDatum(&id), arguments, nulls);
	booked = is_written(ec_execute_unchecked(&entry_plan, arguments, nulls), "payment_entries");
	ec_end();
	PG_RETURN_BOOL(booked);
}

PG_FUNCTION_INFO_V1(ec_add_to_payment);

/*
 * add_to_payment(payment_id uuid, kind text, amount numeric, refunded numeric,
 * reason text, tenant_id integer)
 */
Datum
ec_add_to_payment(PG_FUNCTION_ARGS)
{
	Datum		arguments[MAX_ARGUMENTS];
	char		nulls[MAX_ARGUMENTS];

	(void) ec_begin(fcinfo, ADD_TENANT);
	ec_argument_given(fcinfo, ADD_PAYMENT, "payment_id");
	ec_argument_given(fcinfo, ADD_KIND, "kind");
	ec_argument_given(fcinfo, ADD_REFUNDED, "refunded");
	plan_arguments(fcinfo, ADD_TENANT, (Datum) 0, arguments, nulls);
	ec_written(is_written(ec_execute_unchecked(&payment_plan, arguments, nulls), "payments"), 1,
			   "payments");
	ec_end();
	PG_RETURN_VOID();
}

/*
 * Add to what was paid, refunded and charged back of an order: arguments of order_plan.
 * Returns a copy of its payment_status; false if there is no such order.
 */
bool
ec_payment_add_to_order(Datum *arguments, Datum *status)
{
	TimestampTz created_at = DatumGetTimestampTz(arguments[ORDER_CREATED_AT + 1]);

	if (!is_written(ec_execute_unchecked_at(&order_plan, created_at, arguments, NULL), "orders"))
		return false;
	*status = datumCopy(ec_value(0, 2, TEXTOID), false, -1);
	return true;
}

PG_FUNCTION_INFO_V1(ec_add_to_order);

/*
 * add_to_order(order_id uuid, order_created_at timestamptz, paid numeric,
 * refunded numeric, charged_back numeric, tenant_id integer) -> text
 */
Datum
ec_add_to_order(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {
		"order_id", "order_created_at", "paid", "refunded", "charged_back"
	};
	Datum		status = (Datum) 0;
	bool		found;
	Datum		arguments[MAX_ARGUMENTS];
	char		nulls[MAX_ARGUMENTS];

	(void) ec_begin(fcinfo, ORDER_TENANT);
	for (int i = 0; i < (int) lengthof(names); i++)
		ec_argument_given(fcinfo, i, names[i]);
	plan_arguments(fcinfo, ORDER_TENANT, (Datum) 0, arguments, nulls);
	found = ec_payment_add_to_order(arguments, &status);
	ec_end();
	if (!found)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(status);
}
