/*
 * payment_status.c
 *	  What payments and orders are by their sums.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "pg_compat.h"

#include "value/arguments.h"

/* Arguments of payment_status */
enum
{
	STEP,
	AUTHORIZED,
	CAPTURED,
	REFUNDED,
	CHARGED_BACK
};

/* Arguments of order_payment_status */
enum
{
	ORDER_GROSS,
	ORDER_PAID,
	ORDER_REFUNDED,
	ORDER_CHARGED_BACK,
	ORDER_CREDITED,
	ORDER_FAILED
};

/* -1, 0 or 1 as a is less than b, equal or greater */
static int
compare(Datum a, Datum b)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, a, b));
}

static Datum
minus(Datum a, Datum b)
{
	return DirectFunctionCall2(numeric_sub, a, b);
}

PG_FUNCTION_INFO_V1(ec_payment_status);

/*
 * payment_status(step text, authorized numeric, captured numeric, refunded numeric,
 * charged_back numeric) -> text
 *
 * Only the step may be NULL.
 */
Datum
ec_payment_status(PG_FUNCTION_ARGS)
{
	Datum		zero = NumericGetDatum(int64_to_numeric(0));
	Datum		captured;
	Datum		refunded;
	Datum		charged_back;
	const char *status = "created";

	for (int i = AUTHORIZED; i <= CHARGED_BACK; i++)
		if (PG_ARGISNULL(i))
			PG_RETURN_NULL();
	captured = PG_GETARG_DATUM(CAPTURED);
	refunded = PG_GETARG_DATUM(REFUNDED);
	charged_back = PG_GETARG_DATUM(CHARGED_BACK);
	if (compare(captured, zero) > 0 && compare(charged_back, captured) >= 0)
		status = "returned";
	else if (compare(refunded, zero) > 0 &&
			 compare(refunded, minus(captured, charged_back)) >= 0)
		status = "refunded";
	else if (compare(captured, zero) > 0)
		status = "captured";
	else if (compare(charged_back, zero) > 0)
		status = "returned";
	else if (!PG_ARGISNULL(STEP))
	{
		status = TextDatumGetCString(PG_GETARG_DATUM(STEP));
		if (strcmp(status, "voided") == 0 && compare(PG_GETARG_DATUM(AUTHORIZED), zero) > 0)
			status = "authorized";
	}
	PG_RETURN_TEXT_P(cstring_to_text(status));
}

PG_FUNCTION_INFO_V1(ec_order_payment_status);

/*
 * order_payment_status(gross numeric, paid numeric, refunded numeric,
 * charged_back numeric, credited numeric, failed boolean) -> text
 */
Datum
ec_order_payment_status(PG_FUNCTION_ARGS)
{
	Datum		zero = NumericGetDatum(int64_to_numeric(0));
	Datum		kept;
	Datum		refunded;
	Datum		due;
	const char *status = "pending";

	EC_STRICT(fcinfo);
	kept = minus(PG_GETARG_DATUM(ORDER_PAID), PG_GETARG_DATUM(ORDER_CHARGED_BACK));
	refunded = PG_GETARG_DATUM(ORDER_REFUNDED);
	due = minus(PG_GETARG_DATUM(ORDER_GROSS), PG_GETARG_DATUM(ORDER_CREDITED));
	if (compare(refunded, zero) > 0 && compare(refunded, kept) >= 0)
		status = "refunded";
	else if (compare(minus(kept, refunded), due) >= 0 &&
			 (compare(PG_GETARG_DATUM(ORDER_GROSS), zero) == 0 || compare(kept, zero) > 0))
		status = "paid";
	else if (PG_GETARG_BOOL(ORDER_FAILED) && compare(kept, zero) <= 0)
		status = "failed";
	PG_RETURN_TEXT_P(cstring_to_text(status));
}
