/*
 * stock.c
 *	  Stock as people change it: receipts, adjustments, transfers.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "call.h"
#include "db/plan.h"
#include "ecommerce.h"
#include "errors.h"
#include "stock.h"
#include "value/arguments.h"

/* Longest texts that a movement may have */
#define MAX_REFERENCE 255
#define MAX_NOTE 10000

static EcPlan available_plan = {
	.sql = "SELECT coalesce(sum(s.available), 0) FROM {products} p"
	" LEFT JOIN {stock} s ON s.tenant_id = $1 AND s.product_id = p.id"
	" WHERE p.tenant_id = $1 AND p.id = $2 GROUP BY p.id",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};

/* Arguments of movement_plan */
enum
{
	MOVEMENT_TENANT,
	MOVEMENT_ID,
	MOVEMENT_PRODUCT,
	MOVEMENT_WAREHOUSE,
	MOVEMENT_QUANTITY,
	MOVEMENT_REASON,
	MOVEMENT_REFERENCE,
	MOVEMENT_NOTE,
	MOVEMENT_ORDER,
	MOVEMENT_ARGUMENTS
};

static EcPlan movement_plan = {
	.sql = "INSERT INTO {stock_movements}"
	" (tenant_id, id, product_id, warehouse_id, quantity, reason, reference, note, order_id)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
	" RETURNING (product_id, warehouse_id, quantity, reason) = ($3, $4, $5, $6)"
	" AND order_id IS NOT DISTINCT FROM $9",
	.nargs = MOVEMENT_ARGUMENTS,
	.types = {
		INT4OID, UUIDOID, UUIDOID, INT4OID, INT4OID, TEXTOID, TEXTOID, TEXTOID, UUIDOID
	}
};

/* What order_products_plan, and others that say what was taken, return */
enum
{
	TAKEN_PRODUCT = 1,
	TAKEN_WAREHOUSE,
	TAKEN_QUANTITY
};

static EcPlan order_products_plan = {
	.sql = "SELECT i.product_id, coalesce(a.key::integer, 1),"
	" (sum(coalesce(a.value::integer, i.quantity)) - coalesce(sum(c.units), 0))::bigint"
	" FROM {order_items} i LEFT JOIN LATERAL jsonb_each_text(i.allocation) a ON true"
	" LEFT JOIN LATERAL (SELECT sum(CASE WHEN a.key IS NULL THEN n.quantity"
	" ELSE coalesce((n.allocation ->> a.key)::integer, 0) END) AS units"
	" FROM {order_cancellations} n WHERE n.tenant_id = $1 AND n.order_id = $2"
	" AND n.order_created_at = $3 AND n.line_number = i.line_number) c ON true"
	" WHERE i.tenant_id = $1 AND i.order_id = $2 AND i.order_created_at = $3 AND i.from_stock"
	" GROUP BY 1, 2 HAVING sum(coalesce(a.value::integer, i.quantity)) > coalesce(sum(c.units), 0)"
	" ORDER BY 1, 2",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = 3,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID}
};

/* What the last statement returned as (product_id, warehouse_id, quantity) */
EcTaken *
ec_stock_read_taken(int n)
{
	EcTaken    *taken = palloc_array(EcTaken, (Size) n);

	for (int i = 0; i < n; i++)
	{
		int64		quantity = DatumGetInt64(ec_value((uint64) i, TAKEN_QUANTITY, INT8OID));

		if (quantity > PG_INT32_MAX)
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("stock is out of range")));
		taken[i].product_id = *DatumGetUUIDP(ec_value((uint64) i, TAKEN_PRODUCT,
													  UUIDOID));
		taken[i].warehouse_id = DatumGetInt32(ec_value((uint64) i, TAKEN_WAREHOUSE,
													   INT4OID));
		taken[i].quantity = (int32) quantity;
	}
	return taken;
}

/*
 * Give back what the last statement returned, in the order of products, and
 * return how many units that is.
 */
int64
ec_stock_give_back(int32 tenant_id, int n)
{
	EcTaken    *taken = ec_stock_read_taken(n);
	EcDemand   *demands = palloc0_array(EcDemand, (Size) n);
	int64		units = 0;

	for (int i = 0; i < n; i++)
	{
		demands[i].product_id = taken[i].product_id;
		demands[i].warehouse_id = taken[i].warehouse_id;
		demands[i].quantity = -taken[i].quantity;
		units += taken[i].quantity;
	}
	(void) ec_stock_change(tenant_id, demands, n, &n);
	return units;
}

/* Give back the stock that was taken for the lines of an order, and was not given back. */
void
ec_stock_return_order(int32 tenant_id, const pg_uuid_t *order_id,
					  TimestampTz order_created_at)
{
	Datum		arguments[3] = {
		Int32GetDatum(tenant_id), UUIDPGetDatum(order_id),
		TimestampTzGetDatum(order_created_at)
	};

	(void) ec_stock_give_back(tenant_id,
							  (int) ec_execute(&order_products_plan, arguments, NULL));
}

/*
 * Units of a product that can be sold now, or NULL if it is unknown; after a
 * change, or else as the statement that calls sees them.
 */
static Datum
available_stock(int32 tenant_id, const pg_uuid_t *product_id, bool changed,
				bool *isnull)
{
	Datum		arguments[2] = {
		Int32GetDatum(tenant_id), UUIDPGetDatum(product_id)
	};
	int64		available = 0;

	*isnull = (changed ? ec_execute(&available_plan, arguments, NULL)
			   : ec_query(&available_plan, arguments, NULL)) == 0;
	if (!*isnull)
		available = DatumGetInt64(ec_value(0, 1, INT8OID));
	if (available != (int32) available)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("stock is out of range")));
	return Int32GetDatum((int32) available);
}

PG_FUNCTION_INFO_V1(ec_available_stock);

/* available_stock(product_id uuid, tenant_id integer) -> integer */
Datum
ec_available_stock(PG_FUNCTION_ARGS)
{
	int32		tenant_id;
	Datum		available;

	EC_STRICT(fcinfo);
	tenant_id = ec_begin_reading(fcinfo, 1);
	available = available_stock(tenant_id, PG_GETARG_UUID_P(0), false,
								&fcinfo->isnull);
	ec_end();
	return available;
}

/* Refuse a reason that movements do not have. */
static void
check_reason(text *reason)
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
			 errmsg("unknown reason \"%.*s\" of a stock movement",
					pg_mbcliplen(VARDATA_ANY(reason), (int) VARSIZE_ANY_EXHDR(reason),
								 100), VARDATA_ANY(reason)),
			 errhint("Use receipt, adjustment, return or write_off.")));
}

/* Refuse a quantity that no movement can have. */
static void
check_quantity(int64 quantity, bool may_be_negative)
{
	if (quantity > EC_MAX_QUANTITY || quantity < -EC_MAX_QUANTITY)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("quantity must be from %d to %d",
						may_be_negative ? -EC_MAX_QUANTITY : 1, EC_MAX_QUANTITY),
				 errdetail("It is " INT64_FORMAT ".", quantity)));
	if (quantity == 0 || (quantity < 0 && !may_be_negative))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 may_be_negative
				 ? errmsg("quantity must not be zero")
				 : errmsg("quantity must be above zero, but is " INT64_FORMAT, quantity)));
}

/* Where a function has the arguments of its movement that may be NULL; -1: nowhere */
typedef struct MovementArguments
{
	int			reference;
	int			note;
	int			order_id;
	bool		checked;		/* that the order had so many units */
} MovementArguments;

/* Pass an argument of the function to a statement; n is where it is, or -1. */
static void
pass(FunctionCallInfo fcinfo, int n, Datum *value, char *null)
{
	bool		given = n >= 0 && !PG_ARGISNULL(n);

	*value = given ? PG_GETARG_DATUM(n) : (Datum) 0;
	*null = given ? ' ' : 'n';
}

/* Write a movement. */
static void
add_movement(FunctionCallInfo fcinfo, const MovementArguments *optional, int32 tenant_id,
			 const pg_uuid_t *product_id, int32 warehouse_id, int32 quantity,
			 Datum reason)
{
	pg_uuid_t	id;
	Datum		arguments[MOVEMENT_ARGUMENTS];
	char		nulls[MOVEMENT_ARGUMENTS];
	uint64		n;

	memset(nulls, ' ', sizeof(nulls));
	ec_uuid_v7_generate(&id);
	arguments[MOVEMENT_TENANT] = Int32GetDatum(tenant_id);
	arguments[MOVEMENT_ID] = UUIDPGetDatum(&id);
	arguments[MOVEMENT_PRODUCT] = UUIDPGetDatum(product_id);
	arguments[MOVEMENT_WAREHOUSE] = Int32GetDatum(warehouse_id);
	arguments[MOVEMENT_QUANTITY] = Int32GetDatum(quantity);
	arguments[MOVEMENT_REASON] = reason;
	pass(fcinfo, optional->reference, &arguments[MOVEMENT_REFERENCE],
		 &nulls[MOVEMENT_REFERENCE]);
	pass(fcinfo, optional->note, &arguments[MOVEMENT_NOTE], &nulls[MOVEMENT_NOTE]);
	pass(fcinfo, optional->order_id, &arguments[MOVEMENT_ORDER], &nulls[MOVEMENT_ORDER]);
	n = optional->checked ? ec_execute_unchecked(&movement_plan, arguments, nulls)
		: ec_execute(&movement_plan, arguments, nulls);
	ec_written(n == 1 && DatumGetBool(ec_value(0, 1, BOOLOID)), 1, "stock_movements");
}

/*
 * Add units of a product to a warehouse, or take them away, and answer what is
 * available then.  Arguments are where the function has them.
 */
static Datum
change_stock(FunctionCallInfo fcinfo, int32 tenant_id, EcItem *item, int64 quantity,
			 Datum reason, int32 warehouse_id, const MovementArguments *optional)
{
	EcDemand	demand = {0};
	int			n;
	Datum		available;

	ec_argument_length(fcinfo, optional->reference, "reference", MAX_REFERENCE);
	ec_argument_length(fcinfo, optional->note, "note", MAX_NOTE);
	check_quantity(quantity, true);
	ec_items_find(item, 1, tenant_id, false);
	ec_warehouse_check(tenant_id, warehouse_id);
	demand.product_id = item->product_id;
	demand.sku = item->found_sku;
	demand.quantity = (int32) -quantity;
	demand.warehouse_id = warehouse_id;
	demand.min_stock = item->track_stock ? item->min_stock : -1;
	(void) ec_stock_change(tenant_id, &demand, 1, &n);
	add_movement(fcinfo, optional, tenant_id, &item->product_id, warehouse_id,
				 (int32) quantity, reason);
	available = available_stock(tenant_id, &item->product_id, true,
								&fcinfo->isnull);
	ec_end();
	return available;
}

/* Arguments of adjust_stock */
enum
{
	ADJUST_PRODUCT,
	ADJUST_QUANTITY,
	ADJUST_REASON,
	ADJUST_REFERENCE,
	ADJUST_NOTE,
	ADJUST_WAREHOUSE,
	ADJUST_ORDER,
	ADJUST_TENANT
};

/* The body of adjust_stock, for a product by id or by SKU. */
static Datum
adjust_stock(FunctionCallInfo fcinfo, EcItem *item)
{
	static const MovementArguments optional = {
		ADJUST_REFERENCE, ADJUST_NOTE, ADJUST_ORDER, false
	};
	int32		tenant_id = ec_begin(fcinfo, ADJUST_TENANT);
	text	   *reason;

	ec_argument_given(fcinfo, ADJUST_QUANTITY, "quantity");
	ec_argument_given(fcinfo, ADJUST_REASON, "reason");
	ec_argument_given(fcinfo, ADJUST_WAREHOUSE, "warehouse_id");
	reason = PG_GETARG_TEXT_PP(ADJUST_REASON);
	check_reason(reason);
	if (!PG_ARGISNULL(ADJUST_ORDER) &&
		(PG_GETARG_INT64(ADJUST_QUANTITY) > 0 ||
		 strcmp(text_to_cstring(reason), "return") == 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("units of an order do not come back by adjust_stock()"),
				 errhint("Use ecommerce.return_stock(), which compares them with what was sold.")));
	return change_stock(fcinfo, tenant_id, item, PG_GETARG_INT64(ADJUST_QUANTITY),
						PG_GETARG_DATUM(ADJUST_REASON), PG_GETARG_INT32(ADJUST_WAREHOUSE),
						&optional);
}

/* Arguments of book_return */
enum
{
	RETURN_PRODUCT,
	RETURN_QUANTITY,
	RETURN_RESTOCK,
	RETURN_REFERENCE,
	RETURN_NOTE,
	RETURN_WAREHOUSE,
	RETURN_ORDER,
	RETURN_TENANT
};

PG_FUNCTION_INFO_V1(ec_book_return);

/*
 * book_return(product_id uuid, quantity, restock, reference, note, warehouse_id,
 * order_id, tenant_id)
 */
Datum
ec_book_return(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"product_id", "quantity", "restock"};
	static const MovementArguments optional = {
		RETURN_REFERENCE, RETURN_NOTE, RETURN_ORDER, true
	};
	int32		tenant_id = ec_begin(fcinfo, RETURN_TENANT);
	EcDemand	demand = {0};
	int32		quantity;
	int			n;

	for (int i = 0; i < (int) lengthof(names); i++)
		ec_argument_given(fcinfo, i, names[i]);
	ec_argument_given(fcinfo, RETURN_WAREHOUSE, "warehouse_id");
	ec_argument_length(fcinfo, RETURN_REFERENCE, "reference", MAX_REFERENCE);
	ec_argument_length(fcinfo, RETURN_NOTE, "note", MAX_NOTE);
	quantity = PG_GETARG_INT32(RETURN_QUANTITY);
	check_quantity(quantity, false);
	demand.product_id = *PG_GETARG_UUID_P(RETURN_PRODUCT);
	demand.quantity = -quantity;
	demand.warehouse_id = PG_GETARG_INT32(RETURN_WAREHOUSE);
	demand.min_stock = -1;
	/* What is written off cannot be sold in between. */
	if (PG_GETARG_BOOL(RETURN_RESTOCK))
		(void) ec_stock_change(tenant_id, &demand, 1, &n);
	add_movement(fcinfo, &optional, tenant_id, &demand.product_id, demand.warehouse_id,
				 quantity, CStringGetTextDatum("return"));
	if (!PG_GETARG_BOOL(RETURN_RESTOCK))
		add_movement(fcinfo, &optional, tenant_id, &demand.product_id,
					 demand.warehouse_id, -quantity, CStringGetTextDatum("write_off"));
	ec_end();
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(ec_adjust_stock);

/*
 * adjust_stock(product_id uuid, quantity, reason, reference, note,
 * warehouse_id, order_id, tenant_id)
 */
Datum
ec_adjust_stock(PG_FUNCTION_ARGS)
{
	EcItem		item = {0};

	ec_argument_given(fcinfo, ADJUST_PRODUCT, "product_id");
	item.product_id = *PG_GETARG_UUID_P(ADJUST_PRODUCT);
	return adjust_stock(fcinfo, &item);
}

PG_FUNCTION_INFO_V1(ec_adjust_stock_by_sku);

/* The same with the SKU first */
Datum
ec_adjust_stock_by_sku(PG_FUNCTION_ARGS)
{
	EcItem		item = {0};

	ec_argument_given(fcinfo, ADJUST_PRODUCT, "sku");
	ec_argument_length(fcinfo, ADJUST_PRODUCT, "sku", EC_MAX_SKU);
	item.sku = text_to_cstring(PG_GETARG_TEXT_PP(ADJUST_PRODUCT));
	item.may_be_id = true;
	return adjust_stock(fcinfo, &item);
}

/* Arguments of transfer_stock */
enum
{
	TRANSFER_PRODUCT,
	TRANSFER_QUANTITY,
	TRANSFER_FROM,
	TRANSFER_TO,
	TRANSFER_REFERENCE,
	TRANSFER_NOTE,
	TRANSFER_TENANT
};

PG_FUNCTION_INFO_V1(ec_transfer_stock);

/*
 * transfer_stock(product_id uuid, quantity, from_warehouse, to_warehouse,
 * reference, note, tenant_id) -> integer
 */
Datum
ec_transfer_stock(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {
		"product_id", "quantity", "from_warehouse", "to_warehouse"
	};
	static const MovementArguments optional = {TRANSFER_REFERENCE, TRANSFER_NOTE, -1, false};
	int32		tenant_id = ec_begin(fcinfo, TRANSFER_TENANT);
	EcItem		item = {0};
	EcDemand	demands[2];
	int32		quantity;
	int			n;
	Datum		available;

	for (int i = 0; i < (int) lengthof(names); i++)
		ec_argument_given(fcinfo, i, names[i]);
	ec_argument_length(fcinfo, TRANSFER_REFERENCE, "reference", MAX_REFERENCE);
	ec_argument_length(fcinfo, TRANSFER_NOTE, "note", MAX_NOTE);
	check_quantity(PG_GETARG_INT64(TRANSFER_QUANTITY), false);
	quantity = (int32) PG_GETARG_INT64(TRANSFER_QUANTITY);
	if (PG_GETARG_INT32(TRANSFER_FROM) == PG_GETARG_INT32(TRANSFER_TO))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("stock of warehouse %d cannot be transferred to where it is",
						PG_GETARG_INT32(TRANSFER_FROM))));

	item.product_id = *PG_GETARG_UUID_P(TRANSFER_PRODUCT);
	ec_items_find(&item, 1, tenant_id, false);
	memset(demands, 0, sizeof(demands));
	for (int i = 0; i < 2; i++)
	{
		demands[i].product_id = item.product_id;
		demands[i].sku = item.found_sku;
		demands[i].quantity = i == 0 ? quantity : -quantity;
		demands[i].warehouse_id = PG_GETARG_INT32(i == 0 ? TRANSFER_FROM : TRANSFER_TO);
		demands[i].min_stock = -1;
		ec_warehouse_check(tenant_id, demands[i].warehouse_id);
	}
	(void) ec_stock_change(tenant_id, demands, 2, &n);
	for (int i = 0; i < 2; i++)
		add_movement(fcinfo, &optional, tenant_id, &item.product_id,
					 demands[i].warehouse_id, -demands[i].quantity,
					 CStringGetTextDatum("transfer"));
	available = available_stock(tenant_id, &item.product_id, true, &fcinfo->isnull);
	ec_end();
	return available;
}
