/*
 * order_units.c
 *	  Writing what of an order is in a shipment or a return.
 *
 * One statement writes all lines.  Its callers check them at once, afterwards, so triggers
 * that check line by line leave them alone.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "call.h"
#include "db/plan.h"
#include "ecommerce.h"
#include "value/arguments.h"

/* The most that a statement has */
#define MAX_ARGUMENTS 6

static EcPlan shipment_items_plan = {
	.sql = "INSERT INTO {shipment_items} (tenant_id, shipment_id, order_id, order_created_at,"
	" line_number, quantity)"
	" SELECT $1, $2, $3, $4, l.line_number, sum(l.quantity)::integer"
	" FROM jsonb_to_recordset($5) AS l (line_number integer, quantity bigint)"
	" GROUP BY l.line_number ORDER BY l.line_number RETURNING quantity",
	.nargs = 5,
	.types = {INT4OID, UUIDOID, UUIDOID, TIMESTAMPTZOID, JSONBOID}
};
static EcPlan return_items_plan = {
	.sql = "INSERT INTO {return_items} (tenant_id, return_id, order_id, order_created_at,"
	" line_number, quantity, reason)"
	" SELECT $1, $2, $3, $4, l.line_number, sum(l.quantity)::integer,"
	" min(coalesce(l.reason, 'withdrawal'))"
	" FROM jsonb_to_recordset($5) AS l (line_number integer, quantity bigint, reason text)"
	" GROUP BY l.line_number ORDER BY l.line_number RETURNING quantity",
	.nargs = 5,
	.types = {INT4OID, UUIDOID, UUIDOID, TIMESTAMPTZOID, JSONBOID}
};
static EcPlan receipts_plan = {
	.sql = "INSERT INTO {return_receipts} (tenant_id, return_id, order_id, order_created_at,"
	" receipt_number, line_number, back_to_stock, written_off, lost, currency, net, vat)"
	" SELECT $1, $2, $3, $4, $6, l.line_number, l.back_to_stock, l.written_off, l.lost,"
	" o.currency, l.net, l.vat"
	" FROM jsonb_to_recordset($5) AS l (line_number integer, back_to_stock integer,"
	" written_off integer, lost integer, net numeric, vat numeric)"
	" JOIN {orders} o ON o.tenant_id = $1 AND o.id = $3 AND o.created_at = $4"
	" ORDER BY l.line_number RETURNING back_to_stock + written_off + lost",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = 6,
	.types = {INT4OID, UUIDOID, UUIDOID, TIMESTAMPTZOID, JSONBOID, INT4OID}
};

/* Write lines by a statement, and return the sum of their units. */
static Datum
write_lines(FunctionCallInfo fcinfo, EcPlan *plan)
{
	static const char *const names[] = {
		"id", "order_id", "order_created_at", "lines", "receipt_number"
	};
	int			last = plan->nargs - 1;
	int32		tenant_id = ec_begin(fcinfo, last);
	Datum		arguments[MAX_ARGUMENTS] = {Int32GetDatum(tenant_id)};
	uint64		n;
	int64		units = 0;

	for (int i = 0; i < last; i++)
	{
		ec_argument_given(fcinfo, i, names[i]);
		arguments[i + 1] = PG_GETARG_DATUM(i);
	}
	n = ec_execute_unchecked(plan, arguments, NULL);
	for (uint64 i = 0; i < n; i++)
		units += DatumGetInt32(ec_value(i, 1, INT4OID));
	ec_end();
	PG_RETURN_INT64(units);
}

PG_FUNCTION_INFO_V1(ec_insert_shipment_items);

/*
 * insert_shipment_items(shipment_id uuid, order_id uuid, order_created_at timestamptz,
 * lines jsonb, tenant_id integer) -> bigint
 */
Datum
ec_insert_shipment_items(PG_FUNCTION_ARGS)
{
	return write_lines(fcinfo, &shipment_items_plan);
}

PG_FUNCTION_INFO_V1(ec_insert_return_items);

/*
 * insert_return_items(return_id uuid, order_id uuid, order_created_at timestamptz, lines jsonb,
 * tenant_id integer) -> bigint
 */
Datum
ec_insert_return_items(PG_FUNCTION_ARGS)
{
	return write_lines(fcinfo, &return_items_plan);
}

PG_FUNCTION_INFO_V1(ec_insert_receipts);

/*
 * insert_receipts(return_id uuid, order_id uuid, order_created_at timestamptz, lines jsonb,
 * receipt_number integer, tenant_id integer) -> bigint
 */
Datum
ec_insert_receipts(PG_FUNCTION_ARGS)
{
	return write_lines(fcinfo, &receipts_plan);
}
