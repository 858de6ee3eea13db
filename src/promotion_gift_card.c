/*
 * promotion_gift_card.c
 *	  The door of issue_gift_card(), whose work is done in plpgsql.
 *
 * Only a function in C sees from where it is called, so it is one that refuses
 * SELECT (issue_gift_card(...)).*, which would make a card for each column.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/datum.h"
#include "utils/uuid.h"

#include "pg_compat.h"

#include "call.h"
#include "db/plan.h"
#include "value/result.h"

/* The last of the arguments of issue_gift_card, which are those of make_plan */
#define ARG_TENANT 7

static EcPlan make_plan = {
	.sql = "SELECT g.id, g.code"
	" FROM ecommerce_internal.make_gift_card($1, $2, $3, $4, $5, $6, $7, $8) g",
	.nargs = 8,
	.types = {
		NUMERICOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, UUIDOID, TEXTOID, TEXTOID,
		INT4OID
	}
};

PG_FUNCTION_INFO_V1(ec_issue_gift_card);

/* issue_gift_card(amount, ..., tenant_id) -> issued_gift_card */
Datum
ec_issue_gift_card(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {UUIDOID, TEXTOID};
	Datum		arguments[ARG_TENANT + 1];
	char		nulls[ARG_TENANT + 1];
	Datum		values[lengthof(types)];

	(void) ec_begin(fcinfo, ARG_TENANT);
	for (int i = 0; i < make_plan.nargs; i++)
	{
		arguments[i] = PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	if (ec_execute(&make_plan, arguments, nulls) != 1)
		elog(ERROR, "no gift card was made");
	values[0] = datumCopy(ec_value(0, 1, UUIDOID), false, UUID_LEN);
	values[1] = datumCopy(ec_value(0, 2, TEXTOID), false, -1);
	ec_end();
	PG_RETURN_DATUM(ec_result_row(fcinfo, types, lengthof(types), values));
}
