/*
 * payment_capture.c
 *	  Booking money for an order, as a provider reports it.
 *
 * This is what reports are about most.  So the payment is found without a statement, and
 * all rows are written by one.  Whatever there is more to say of a report is said by
 * record_payment_event(), which also tells what is wrong with it.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "call.h"
#include "db/leaf.h"
#include "db/plan.h"
#include "db/scan.h"
#include "db/trigger.h"
#include "ecommerce.h"
#include "payment.h"
#include "value/numeric_codec.h"
#include "value/result.h"
#include "value/uuid.h"

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

/* Columns of payments that a report is booked by, behind those that find it */
enum
{
	FOUND_ID = 3,
	FOUND_ORDER,
	FOUND_ORDER_CREATED_AT,
	FOUND_METHOD,
	FOUND_CURRENCY,
	FOUND_STATUS,
	FOUND_COLUMNS
};

#define FOUND_COLUMN_LIST \
	{"id", UUIDOID}, {"order_id", UUIDOID}, {"order_created_at", TIMESTAMPTZOID}, \
	{"method", TEXTOID}, {"currency", TEXTOID}, {"status", TEXTOID}

static const EcTable payments_by_reference = {
	.name = "payments",
	.nkeys = 3,
	.nullable = 1 << 1 | 1 << 2 | 1 << FOUND_ORDER | 1 << FOUND_ORDER_CREATED_AT,
	.ncolumns = FOUND_COLUMNS,
	.columns = {
		{"tenant_id", INT4OID}, {"provider", TEXTOID}, {"reference", TEXTOID}, FOUND_COLUMN_LIST
	}
};
static const EcTable payments_by_id = {
	.name = "payments",
	.nkeys = 2,
	.nullable = 1 << 2 | 1 << FOUND_ORDER | 1 << FOUND_ORDER_CREATED_AT,
	.ncolumns = FOUND_COLUMNS,
	.columns = {
		{"id", UUIDOID}, {"tenant_id", INT4OID}, {"reference", TEXTOID}, FOUND_COLUMN_LIST
	}
};

/* Arguments of capture_plan */
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
	BOOK_DATA,
	BOOK_OCCURRED_AT,
	BOOK_PREVIOUS_STATUS,
	BOOK_ENTRY,
	BOOK_ARGUMENTS
};

/* What its order comes to */
#define SUMS "o.gross, o.amount_paid + $4, o.amount_refunded, o.amount_charged_back"
#define KEPT "o.amount_paid + $4 - o.amount_refunded - o.amount_charged_back"

/* The order is written before the payment, as everywhere. */
static EcPlan capture_plan = {
	.sql = "WITH entry AS (INSERT INTO {payment_entries} (tenant_id, payment_id, kind, amount,"
	" provider, event_id, reason, request_hash, data, occurred_at, id)"
	" VALUES ($1, $5, 'captured', $4, $6, $7, $8,"
	" ecommerce_internal.event_hash($5, 'captured', $4, NULL, $8, $9), $9, $10, $12)"
	" ON CONFLICT (tenant_id, provider, event_id) DO NOTHING RETURNING amount),"
	" ordered AS (UPDATE {@orders} o SET amount_paid = o.amount_paid + $4,"
	" payment_status = CASE WHEN " KEPT " >= o.gross"
	" THEN ecommerce_internal.order_payment_status(" SUMS ", 0, false)"
	" ELSE ecommerce_internal.payment_status_now($1, $2, $3, " SUMS ") END"
	" FROM entry e WHERE o.tenant_id = $1 AND o.id = $2 AND o.created_at = $3 AND e.amount = $4"
	" RETURNING o.payment_status, o.amount_paid <= o.amount_charged_back AS unsure),"
	" paid AS (UPDATE {payments} p SET amount_captured = p.amount_captured + $4,"
	" status = ecommerce_internal.payment_status(NULL, p.amount_authorized,"
	" p.amount_captured + $4, p.amount_refunded, p.amount_charged_back)"
	" FROM entry e LEFT JOIN ordered o ON true"
	" WHERE p.tenant_id = $1 AND p.id = $5 AND e.amount = $4"
	" RETURNING p.id, p.order_id, p.method, p.provider, p.reference, p.status, p.currency,"
	" p.amount, p.amount_authorized, p.amount_captured, p.amount_refunded,"
	" p.amount_charged_back, p.due_date, o.payment_status, o.unsure),"
	" event AS (INSERT INTO {events} (tenant_id, kind, entity_id, data)"
	" SELECT $1, 'payment.captured', $2, jsonb_strip_nulls(jsonb_build_object("
	"'payment_id', $5, 'order_id', $2, 'method', p.method, 'currency', p.currency,"
	" 'amount', $4, 'status', p.status, 'reason', $8)) FROM paid p)"
	" SELECT (SELECT count(*) FROM entry) AS entries, (SELECT count(*) FROM paid) AS paid,"
	" coalesce(p.unsure, false) AS unsure,"
	" p.id, p.order_id, p.method, p.provider, p.reference, $11 AS previous_status, p.status,"
	" p.currency, p.amount, p.amount_authorized, p.amount_captured, p.amount_refunded,"
	" p.amount_charged_back, p.due_date, p.payment_status"
	" FROM (VALUES (1)) one LEFT JOIN paid p ON true",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = BOOK_ARGUMENTS,
	.types = {
		INT4OID, UUIDOID, TIMESTAMPTZOID, NUMERICOID, UUIDOID, TEXTOID, TEXTOID, TEXTOID, JSONBOID,
		TIMESTAMPTZOID, TEXTOID, UUIDOID
	}
};

/* Columns that it returns before those of payment_state, which ends with booked */
enum
{
	CAPTURED_ENTRIES = 1,
	CAPTURED_PAID,
	CAPTURED_UNSURE,
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

/* Write an amount with the decimals of its currency; false if it has more, or is none. */
static bool
exact_amount(Datum given, text *currency, Datum *amount)
{
	int			minor_units = ec_currency_check(VARDATA_ANY(currency), VARSIZE_ANY_EXHDR(currency));
	EcSmall		small = ec_numeric_decode_small(given);
	int64		value = small.value;

	if (small.scale < 0 || value <= 0 || value > INT64CONST(1000000000000))
		return false;
	for (; small.scale > minor_units; small.scale--, value /= 10)
		if (value % 10 != 0)
			return false;
	for (; small.scale < minor_units; small.scale++)
		value *= 10;
	*amount = EcAmountGetDatum(value, minor_units);
	return true;
}

/* A copy of a column of a payment; false if it is NULL */
static bool
found_value(EcScan *scan, int column, Datum *value)
{
	Oid			type = scan->place->table->columns[column].type;
	bool		isnull;

	*value = ec_scan_value(scan, column, &isnull);
	if (!isnull)
		*value = datumCopy(*value, type == TIMESTAMPTZOID, type == UUIDOID ? UUID_LEN : -1);
	return !isnull;
}

/*
 * The arguments of capture_plan that its payment tells; false if it has no order, or
 * there is more to say of it.
 */
static bool
payment_arguments(FunctionCallInfo fcinfo, EcScan *scan, Datum *values)
{
	Datum		method;
	Datum		currency;

	return found_value(scan, FOUND_ORDER, &values[BOOK_ORDER]) &&
		found_value(scan, FOUND_ORDER_CREATED_AT, &values[BOOK_ORDER_CREATED_AT]) &&
		found_value(scan, FOUND_ID, &values[BOOK_PAYMENT]) &&
		found_value(scan, FOUND_STATUS, &values[BOOK_PREVIOUS_STATUS]) &&
		found_value(scan, FOUND_METHOD, &method) &&
		strcmp(TextDatumGetCString(method), "gift_card") != 0 &&
		found_value(scan, FOUND_CURRENCY, &currency) &&
		(PG_ARGISNULL(CAPTURE_CURRENCY) ||
		 DatumGetBool(DirectFunctionCall2Coll(texteq, C_COLLATION_OID, currency,
											  PG_GETARG_DATUM(CAPTURE_CURRENCY)))) &&
		exact_amount(PG_GETARG_DATUM(CAPTURE_AMOUNT), DatumGetTextPP(currency),
					 &values[BOOK_AMOUNT]);
}

/* Is argument n a text of at most so many bytes that begins with what can be seen in ASCII? */
static bool
is_plain(FunctionCallInfo fcinfo, int n, Size max_length)
{
	text	   *given;

	if (PG_ARGISNULL(n))
		return false;
	given = PG_GETARG_TEXT_PP(n);
	return VARSIZE_ANY_EXHDR(given) > 0 && VARSIZE_ANY_EXHDR(given) <= max_length &&
		*VARDATA_ANY(given) > ' ' && *VARDATA_ANY(given) <= '~';
}

/* Is argument n this text? */
static bool
is_text(FunctionCallInfo fcinfo, int n, const char *name)
{
	text	   *given = PG_GETARG_TEXT_PP(n);

	return VARSIZE_ANY_EXHDR(given) == strlen(name) &&
		memcmp(VARDATA_ANY(given), name, strlen(name)) == 0;
}

/* Is a report surely right? */
static bool
is_right(FunctionCallInfo fcinfo)
{
	return is_plain(fcinfo, CAPTURE_PROVIDER, 50) && !is_text(fcinfo, CAPTURE_PROVIDER, "shop") &&
		!is_text(fcinfo, CAPTURE_PROVIDER, "gift_card") &&
		is_plain(fcinfo, CAPTURE_EVENT, 255) && !PG_ARGISNULL(CAPTURE_AMOUNT) &&
		(is_plain(fcinfo, CAPTURE_REFERENCE, 255) ||
		 (PG_ARGISNULL(CAPTURE_REFERENCE) && !PG_ARGISNULL(CAPTURE_PAYMENT))) &&
		(PG_ARGISNULL(CAPTURE_REASON) || is_plain(fcinfo, CAPTURE_REASON, 10000)) &&
		(PG_ARGISNULL(CAPTURE_OCCURRED_AT) ||
		 !TIMESTAMP_NOT_FINITE(PG_GETARG_TIMESTAMPTZ(CAPTURE_OCCURRED_AT)));
}

/* Find the payment of a report with an order; false if there is none. */
static bool
find_reported(FunctionCallInfo fcinfo, int32 tenant_id, Datum *values)
{
	bool		by_id = !PG_ARGISNULL(CAPTURE_PAYMENT);
	Datum		keys[3];
	EcScan		scan;
	bool		found;

	ec_scan_open(&scan, by_id ? &payments_by_id : &payments_by_reference, tenant_id,
				 AccessShareLock);
	keys[by_id ? 1 : 0] = Int32GetDatum(tenant_id);
	if (by_id)
		keys[0] = PG_GETARG_DATUM(CAPTURE_PAYMENT);
	else
	{
		keys[1] = PG_GETARG_DATUM(CAPTURE_PROVIDER);
		keys[2] = PG_GETARG_DATUM(CAPTURE_REFERENCE);
	}
	ec_scan_begin(&scan, GetActiveSnapshot(), by_id ? 2 : 3, keys);
	found = ec_scan_next(&scan) && payment_arguments(fcinfo, &scan, values);
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	return found;
}

/* Can a report be booked by one statement? */
static bool
is_simple(TimestampTz order_created_at)
{
	Oid			leaf = ec_leaf("orders", order_created_at);

	return OidIsValid(leaf) && ec_writes_as_told(leaf) &&
		ec_writes_as_told(ec_relation_oid("payments")) &&
		ec_writes_as_told(ec_relation_oid("payment_entries"));
}

/* The arguments of capture_plan that the report tells */
static void
report_arguments(FunctionCallInfo fcinfo, int32 tenant_id, Datum *values, char *nulls)
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
	values[BOOK_TENANT] = Int32GetDatum(tenant_id);
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
 * What the order says at last.  If no money is left of it, that depends on whether one of
 * its payments is open, which is known when this one is captured; and an order that is
 * there was written.
 */
static void
settle_order(Datum *values, bool unsure, Datum *state, bool *nulls)
{
	Datum	   *status = &state[STATE_ORDER_PAYMENT_STATUS];

	if (nulls[STATE_ORDER_PAYMENT_STATUS])
		ec_written(ec_execute(&order_there_plan, values, NULL) == 0, 1, "orders");
	else if (unsure)
	{
		Datum		none = NumericGetDatum(int64_to_numeric(0));
		Datum		arguments[] = {
			values[BOOK_TENANT], values[BOOK_ORDER], values[BOOK_ORDER_CREATED_AT], none, none,
			none
		};

		ec_written(ec_payment_add_to_order(arguments, status) ? 1 : 0, 1, "orders");
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
	bool		unsure;
	int32		tenant_id = ec_begin(fcinfo, CAPTURE_TENANT);

	if (is_right(fcinfo) && find_reported(fcinfo, tenant_id, values) &&
		is_simple(DatumGetTimestampTz(values[BOOK_ORDER_CREATED_AT])))
	{
		report_arguments(fcinfo, tenant_id, values, value_nulls);
		(void) ec_execute_unchecked_at(&capture_plan,
									   DatumGetTimestampTz(values[BOOK_ORDER_CREATED_AT]), values,
									   value_nulls);
		booked = DatumGetInt64(ec_value(0, CAPTURED_ENTRIES, INT8OID)) == 1;
		if (booked)
		{
			ec_written((uint64) DatumGetInt64(ec_value(0, CAPTURED_PAID, INT8OID)), 1,
					   "payments");
			unsure = DatumGetBool(ec_value(0, CAPTURED_UNSURE, BOOLOID));
			captured_state(state, nulls);
			settle_order(values, unsure, state, nulls);
		}
	}
	ec_end();
	if (!booked)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(ec_result_desc(fcinfo, state_types,
																	 STATE_COLUMNS),
													  state, nulls)));
}
