/*
 * payment.c
 *	  Writing entries of payments, and what follows from them.
 *
 * In C, because plain SQL has to prove at commit that payments are the sums of
 * their entries, and orders those of their payments.  These statements make
 * them so.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "call.h"
#include "db/plan.h"
#include "ecommerce.h"
#include "value/arguments.h"
#include "value/result.h"
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

/* Arguments of capture_for_order */
enum
{
	CAPTURE_PROVIDER,
	CAPTURE_EVENT,
	CAPTURE_AMOUNT,
	CAPTURE_CURRENCY,
	CAPTURE_REFERENCE,
	CAPTURE_PAYMENT,
	CAPTURE_REASON,
	CAPTURE_DATA,
	CAPTURE_OCCURRED_AT,
	CAPTURE_TENANT
};

#define MAX_ARGUMENTS (ENTRY_TENANT + 2)

static EcPlan entry_plan = {
	.sql = "INSERT INTO {payment_entries} (tenant_id, payment_id, kind, amount, provider, event_id,"
	" refund_id, reason, request_hash, data, occurred_at, id)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
	" ON CONFLICT (tenant_id, provider, event_id) DO NOTHING",
	.nargs = ENTRY_TENANT + 2,
	.types = {
		INT4OID, UUIDOID, TEXTOID, NUMERICOID, TEXTOID, TEXTOID, UUIDOID, TEXTOID, BYTEAOID,
		JSONBOID, TIMESTAMPTZOID, UUIDOID
	}
};

#define CAPTURED "(p.amount_captured + CASE $3 WHEN 'captured' THEN $4 ELSE 0 END)"
#define VOIDED "(CASE $3 WHEN 'voided' THEN coalesce($4, p.amount_authorized) ELSE 0 END)"
#define CHARGED_BACK "(p.amount_charged_back + CASE $3 WHEN 'charged_back' THEN $4" \
	" WHEN 'won_back' THEN -$4 ELSE 0 END)"

static EcPlan payment_plan = {
	.sql = "UPDATE {payments} p SET amount_authorized = greatest(p.amount_authorized"
	" + CASE $3 WHEN 'authorized' THEN $4 ELSE 0 END - " VOIDED ", 0),"
	" amount_captured = " CAPTURED ","
	" amount_refunded = p.amount_refunded + $5,"
	" amount_charged_back = " CHARGED_BACK ","
	" fee = p.fee + CASE $3 WHEN 'fee' THEN $4 ELSE 0 END,"
	" failure_reason = CASE WHEN $3 IN ('failed', 'charged_back', 'refund_failed')"
	" THEN coalesce($6, p.failure_reason) ELSE p.failure_reason END,"
	" status = ecommerce_internal.payment_status(CASE WHEN " CAPTURED " = 0"
	" THEN ecommerce_internal.last_step($1, p.id) END, p.amount_authorized - " VOIDED ","
	" " CAPTURED ", p.amount_refunded + $5, " CHARGED_BACK ")"
	" WHERE p.tenant_id = $1 AND p.id = $2",
	.nargs = ADD_TENANT + 1,
	.types = {INT4OID, UUIDOID, TEXTOID, NUMERICOID, NUMERICOID, TEXTOID}
};

/* What an order says after more was paid, refunded and charged back */
#define ORDER_PAYMENT_STATUS(paid, refunded, charged_back) \
	"ecommerce_internal.order_payment_status(o.gross, " paid ", " refunded ", " charged_back "," \
	" CASE WHEN " paid " - " charged_back " - " refunded " < o.gross" \
	" THEN ecommerce_internal.order_credit_now($1, $2, $3) ELSE 0 END," \
	" CASE WHEN " paid " <= " charged_back \
	" THEN ecommerce_internal.payments_failed($1, $2) ELSE false END)"

static EcPlan order_plan = {
	.sql = "UPDATE {orders} o SET amount_paid = o.amount_paid + $4,"
	" amount_refunded = o.amount_refunded + $5,"
	" amount_charged_back = o.amount_charged_back + $6,"
	" payment_status = " ORDER_PAYMENT_STATUS("(o.amount_paid + $4)", "(o.amount_refunded + $5)",
											  "(o.amount_charged_back + $6)")
	" WHERE o.tenant_id = $1 AND o.id = $2 AND o.created_at = $3"
	" RETURNING o.payment_status",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = ORDER_TENANT + 1,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID, NUMERICOID, NUMERICOID, NUMERICOID}
};

/* What is to be written of the payment of a report, and whether it is the order's */
#define FOUND "p.order_id, p.order_created_at," \
	" ecommerce_internal.check_amount($4, p.currency, 'amount') AS amount, p.id," \
	" ecommerce_internal.event_hash(p.id, 'captured', $4, NULL, $8, $9) AS hash, p.status"
#define FOR_ORDER "p.order_id IS NOT NULL AND p.method <> 'gift_card'" \
	" AND p.currency = coalesce($5, p.currency)"

static EcPlan find_plan = {
	.sql = "SELECT " FOUND " FROM {payments} p"
	" WHERE p.tenant_id = $1 AND p.id = $7 AND " FOR_ORDER,
	.nargs = CAPTURE_TENANT + 1,
	.types = {
		INT4OID, TEXTOID, TEXTOID, NUMERICOID, TEXTOID, TEXTOID, UUIDOID, TEXTOID, JSONBOID,
		TIMESTAMPTZOID
	}
};
static EcPlan find_reference_plan = {
	.sql = "SELECT " FOUND " FROM {payments} p"
	" WHERE p.tenant_id = $1 AND p.provider = $2 AND p.reference = $6 AND " FOR_ORDER,
	.nargs = CAPTURE_TENANT + 1,
	.types = {
		INT4OID, TEXTOID, TEXTOID, NUMERICOID, TEXTOID, TEXTOID, UUIDOID, TEXTOID, JSONBOID,
		TIMESTAMPTZOID
	}
};

/* Columns that these return */
enum
{
	FOUND_ORDER = 1,
	FOUND_ORDER_CREATED_AT,
	FOUND_AMOUNT,
	FOUND_ID,
	FOUND_HASH,
	FOUND_STATUS
};

/* Arguments of capture_plan; the first ones are those that ORDER_PAYMENT_STATUS knows. */
enum
{
	BOOK_TENANT,
	BOOK_ORDER,
	BOOK_ORDER_CREATED_AT,
	BOOK_AMOUNT,
	BOOK_PAYMENT,
	BOOK_PROVIDER,
	BOOK_EVENT,
	BOOK_REASON,
	BOOK_HASH,
	BOOK_DATA,
	BOOK_OCCURRED_AT,
	BOOK_PREVIOUS_STATUS,
	BOOK_ENTRY,
	BOOK_ARGUMENTS
};

/* The order is written before the payment, as everywhere. */
static EcPlan capture_plan = {
	.sql = "WITH entry AS (INSERT INTO {payment_entries} (tenant_id, payment_id, kind, amount,"
	" provider, event_id, reason, request_hash, data, occurred_at, id)"
	" VALUES ($1, $5, 'captured', $4, $6, $7, $8, $9, $10, $11, $13)"
	" ON CONFLICT (tenant_id, provider, event_id) DO NOTHING RETURNING amount),"
	" ordered AS (UPDATE {orders} o SET amount_paid = o.amount_paid + $4,"
	" payment_status = " ORDER_PAYMENT_STATUS("(o.amount_paid + $4)", "o.amount_refunded",
											  "o.amount_charged_back")
	" FROM entry e WHERE o.tenant_id = $1 AND o.id = $2 AND o.created_at = $3 AND e.amount = $4"
	" RETURNING o.payment_status),"
	" paid AS (UPDATE {payments} p SET amount_captured = p.amount_captured + $4,"
	" status = ecommerce_internal.payment_status(NULL, p.amount_authorized,"
	" p.amount_captured + $4, p.amount_refunded, p.amount_charged_back)"
	" FROM entry e LEFT JOIN ordered o ON true"
	" WHERE p.tenant_id = $1 AND p.id = $5 AND e.amount = $4"
	" RETURNING p.id, p.order_id, p.method, p.provider, p.reference, p.status, p.currency,"
	" p.amount, p.amount_authorized, p.amount_captured, p.amount_refunded,"
	" p.amount_charged_back, p.due_date, o.payment_status),"
	" event AS (INSERT INTO {events} (tenant_id, kind, entity_id, data)"
	" SELECT $1, 'payment.captured', $2, jsonb_strip_nulls(jsonb_build_object("
	"'payment_id', $5, 'order_id', $2, 'method', p.method, 'currency', p.currency,"
	" 'amount', $4, 'status', p.status, 'reason', $8)) FROM paid p RETURNING 1)"
	" SELECT (SELECT count(*) FROM entry) AS entries, (SELECT count(*) FROM event) AS events,"
	" p.id, p.order_id, p.method, p.provider, p.reference, $12 AS previous_status, p.status,"
	" p.currency, p.amount, p.amount_authorized, p.amount_captured, p.amount_refunded,"
	" p.amount_charged_back, p.due_date, p.payment_status"
	" FROM (VALUES (1)) one LEFT JOIN paid p ON true",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = BOOK_ARGUMENTS,
	.types = {
		INT4OID, UUIDOID, TIMESTAMPTZOID, NUMERICOID, UUIDOID, TEXTOID, TEXTOID, TEXTOID, BYTEAOID,
		JSONBOID, TIMESTAMPTZOID, TEXTOID, UUIDOID
	}
};

/* Columns that it returns before those of payment_state, which ends with booked */
enum
{
	CAPTURED_ENTRIES = 1,
	CAPTURED_EVENTS,
	CAPTURED_STATE
};

static EcPlan order_there_plan = {
	.sql = "SELECT FROM {orders} o WHERE o.tenant_id = $1 AND o.id = $2 AND o.created_at = $3",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = 3,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID}
};

/* Columns of payment_state */
enum
{
	STATE_ORDER_PAYMENT_STATUS = 14,
	STATE_BOOKED,
	STATE_COLUMNS
};

static const Oid state_types[STATE_COLUMNS] = {
	UUIDOID, UUIDOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, NUMERICOID, NUMERICOID,
	NUMERICOID, NUMERICOID, NUMERICOID, DATEOID, TEXTOID, BOOLOID
};

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
	booked = ec_execute_unchecked(&entry_plan, arguments, nulls) == 1;
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
	ec_written(ec_execute_unchecked(&payment_plan, arguments, nulls), 1, "payments");
	ec_end();
	PG_RETURN_VOID();
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
	found = ec_execute_at(&order_plan, "orders", PG_GETARG_TIMESTAMPTZ(ORDER_CREATED_AT),
						  arguments, nulls) == 1;
	if (found)
		status = datumCopy(ec_value(0, 1, TEXTOID), false, -1);
	ec_end();
	if (!found)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(status);
}

/* Find the payment of a report, and what is to be written of it; false if there is none. */
static bool
find_reported(FunctionCallInfo fcinfo, Datum *values, char *nulls)
{
	static const Oid types[] = {
		UUIDOID, TIMESTAMPTZOID, NUMERICOID, UUIDOID, BYTEAOID, TEXTOID
	};
	static const int places[] = {
		BOOK_ORDER, BOOK_ORDER_CREATED_AT, BOOK_AMOUNT, BOOK_PAYMENT, BOOK_HASH,
		BOOK_PREVIOUS_STATUS
	};
	Datum		arguments[MAX_ARGUMENTS];

	plan_arguments(fcinfo, CAPTURE_TENANT, (Datum) 0, arguments, nulls);
	if (ec_execute(PG_ARGISNULL(CAPTURE_PAYMENT) ? &find_reference_plan : &find_plan,
				   arguments, nulls) != 1)
		return false;
	for (int i = 0; i < (int) lengthof(types); i++)
		values[places[i]] = datumCopy(ec_value(0, FOUND_ORDER + i, types[i]),
									  types[i] == TIMESTAMPTZOID,
									  types[i] == UUIDOID ? UUID_LEN : -1);
	return true;
}

/* The arguments of capture_plan but those that find_reported knows */
static void
book_arguments(FunctionCallInfo fcinfo, Datum *values, char *nulls)
{
	static const struct
	{
		int			place;
		int			argument;
	}			given[] = {
		{BOOK_PROVIDER, CAPTURE_PROVIDER}, {BOOK_EVENT, CAPTURE_EVENT},
		{BOOK_REASON, CAPTURE_REASON}, {BOOK_DATA, CAPTURE_DATA},
		{BOOK_OCCURRED_AT, CAPTURE_OCCURRED_AT}
	};
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));

	memset(nulls, ' ', BOOK_ARGUMENTS);
	for (int i = 0; i < (int) lengthof(given); i++)
		if (PG_ARGISNULL(given[i].argument))
			nulls[given[i].place] = 'n';
		else
			values[given[i].place] = PG_GETARG_DATUM(given[i].argument);
	ec_uuid_v7_generate(id);
	values[BOOK_TENANT] = Int32GetDatum(PG_GETARG_INT32(CAPTURE_TENANT));
	values[BOOK_ENTRY] = UUIDPGetDatum(id);
}

/* A copy of the payment that capture_plan returned */
static void
captured_state(Datum *state, bool *nulls)
{
	for (int i = 0; i < STATE_BOOKED; i++)
	{
		Datum		value = ec_value_or_null(0, CAPTURED_STATE + i, state_types[i], &nulls[i]);

		if (!nulls[i])
			state[i] = datumCopy(value, state_types[i] == DATEOID,
								 state_types[i] == UUIDOID ? UUID_LEN : -1);
	}
	state[STATE_BOOKED] = BoolGetDatum(true);
	nulls[STATE_BOOKED] = false;
}

/*
 * What the order says at last.  Whether none of its payments is open is known
 * when this one is captured; and an order that is there was written.
 */
static void
settle_order(TimestampTz created_at, Datum *values, Datum *state, bool *nulls)
{
	Datum	   *status = &state[STATE_ORDER_PAYMENT_STATUS];

	if (nulls[STATE_ORDER_PAYMENT_STATUS])
		ec_written(ec_execute(&order_there_plan, values, NULL) == 0, 1, "orders");
	else if (strcmp(TextDatumGetCString(*status), "failed") == 0)
	{
		Datum		none = DirectFunctionCall1(int4_numeric, Int32GetDatum(0));
		Datum		arguments[ORDER_TENANT + 1] = {
			values[BOOK_TENANT], values[BOOK_ORDER], values[BOOK_ORDER_CREATED_AT], none, none,
			none
		};

		ec_written(ec_execute_at(&order_plan, "orders", created_at, arguments, NULL), 1, "orders");
		*status = datumCopy(ec_value(0, 1, TEXTOID), false, -1);
	}
}

PG_FUNCTION_INFO_V1(ec_capture_for_order);

/*
 * capture_for_order(provider text, event_id text, amount numeric, currency text,
 * reference text, payment_id uuid, reason text, data jsonb,
 * occurred_at timestamptz, tenant_id integer) -> payment_state
 */
Datum
ec_capture_for_order(PG_FUNCTION_ARGS)
{
	Datum		values[BOOK_ARGUMENTS];
	char		value_nulls[BOOK_ARGUMENTS];
	Datum		state[STATE_COLUMNS] = {0};
	bool		nulls[STATE_COLUMNS];
	bool		booked = false;

	(void) ec_begin(fcinfo, CAPTURE_TENANT);
	if (find_reported(fcinfo, values, value_nulls))
	{
		TimestampTz created_at = DatumGetTimestampTz(values[BOOK_ORDER_CREATED_AT]);

		book_arguments(fcinfo, values, value_nulls);
		(void) ec_execute_at(&capture_plan, "orders", created_at, values, value_nulls);
		booked = DatumGetInt64(ec_value(0, CAPTURED_ENTRIES, INT8OID)) == 1;
		if (booked)
		{
			ec_written((uint64) DatumGetInt64(ec_value(0, CAPTURED_EVENTS, INT8OID)), 1,
					   "payments");
			captured_state(state, nulls);
			settle_order(created_at, values, state, nulls);
		}
	}
	ec_end();
	if (!booked)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(ec_result_desc(fcinfo, state_types,
																	 STATE_COLUMNS),
													  state, nulls)));
}
