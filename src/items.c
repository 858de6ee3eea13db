/*
 * items.c
 *	  What is to be reserved or ordered: reading it, finding its products, and
 *	  summing it up.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"

#include "pg_compat.h"

#include "ecommerce.h"
#include "errors.h"
#include "items.h"
#include "json.h"
#include "numeric_codec.h"
#include "plan.h"

/* Products that a message lists */
#define MAX_LISTED 100

static EcRows wanted = {
	.name = "wanted",
	.ncolumns = 3,
	.columns = {{"n", INT4OID}, {"product_id", UUIDOID}, {"sku", TEXTOID}}
};

/* The products of wanted; the join is outer, so that every item has a row. */
#define FIND_SQL(condition) \
	"SELECT w.n, p.id, p.sku, p.name, p.price, p.track_stock, p.vat_class, p.status = 'active'" \
	" FROM wanted w LEFT JOIN ecommerce.products p" \
	" ON p.tenant_id = $1 AND p.deleted_at IS NULL AND " condition

static EcPlan find_by_id_plan = {
	.sql = FIND_SQL("p.id = w.product_id"),
	.nargs = 1,
	.types = {INT4OID}
};
static EcPlan find_by_sku_plan = {
	.sql = FIND_SQL("p.sku = w.sku"),
	.nargs = 1,
	.types = {INT4OID}
};

/* Read [{"sku" or "product_id", "quantity", "unit_price"}]. */
EcItem *
ec_items_read(Jsonb *jsonb, int *n)
{
	static const char *const keys[] = {
		"product_id", "sku", "quantity", "unit_price"
	};
	JsonbValue	value;
	JsonbContainer *array;
	EcItem	   *items;

	JsonbToJsonbValue(jsonb, &value);
	array = ec_json_array(&value, NULL, "items", n);
	items = palloc0_array(EcItem, (Size) *n);
	for (int i = 0; i < *n; i++)
	{
		EcPlace		place = {"items", i, NULL};
		JsonbValue	fields[4];

		CHECK_FOR_INTERRUPTS();
		ec_json_object(getIthJsonbValueFromContainer(array, (uint32) i), &place,
					   keys, fields, 4);
		if (ec_json_given(&fields[0]) == ec_json_given(&fields[1]))
			ec_json_wrong(&place, NULL, "given either product_id or sku");
		if (ec_json_given(&fields[0]))
			ec_json_uuid(&fields[0], &items[i].product_id, &place, "product_id");
		else
			items[i].sku = ec_json_text(&fields[1], 4 * EC_MAX_SKU, &place, "sku");
		items[i].quantity = ec_json_int(&fields[2], 1, EC_MAX_QUANTITY, &place,
										"quantity");
		items[i].has_price = ec_json_given(&fields[3]);
		if (items[i].has_price)
		{
			items[i].unit_price = ec_json_decimal(&fields[3], &place, "unit_price");
			if (items[i].unit_price.value < 0)
				ec_json_wrong(&place, "unit_price", "zero or more");
		}
	}
	return items;
}

/* Add a product to those that an error lists. */
static void
list_product(StringInfo list, const EcItem *item)
{
	if (list->len == 0)
		appendStringInfoChar(list, '[');
	else if (list->len < MAX_LISTED * 64)
		appendStringInfoString(list, ", ");
	else
		return;
	if (item->sku != NULL)
		escape_json(list, item->sku);
	else
		appendStringInfo(list, "\"%s\"", ec_uuid_text(&item->product_id));
}

/* Find the items that were written by id, or by SKU. */
static void
find(EcPlan *plan, EcItem *items, int n, bool by_sku, int32 tenant_id,
	 StringInfo unknown, StringInfo not_for_sale)
{
	Datum		arguments[1] = {Int32GetDatum(tenant_id)};
	uint64		rows;

	ec_rows_begin(&wanted);
	for (int i = 0; i < n; i++)
	{
		Datum		values[3] = {Int32GetDatum(i), (Datum) 0, (Datum) 0};
		bool		nulls[3] = {false, by_sku, !by_sku};

		if ((items[i].sku != NULL) != by_sku)
			continue;
		if (by_sku)
			values[2] = CStringGetTextDatum(items[i].sku);
		else
			values[1] = UUIDPGetDatum(&items[i].product_id);
		ec_rows_add(&wanted, values, nulls);
	}
	ec_rows_register(&wanted);
	rows = ec_query(plan, arguments, NULL);
	for (uint64 row = 0; row < rows; row++)
	{
		bool		isnull;
		EcItem	   *item = &items[DatumGetInt32(ec_value(row, 1, &isnull))];
		Datum		id = ec_value(row, 2, &isnull);

		if (isnull)
		{
			list_product(unknown, item);
			continue;
		}
		item->product_id = *DatumGetUUIDP(id);
		item->found_sku = TextDatumGetCString(ec_value(row, 3, &isnull));
		item->name = TextDatumGetCString(ec_value(row, 4, &isnull));
		item->price = ec_numeric_decode(ec_value(row, 5, &isnull), "price");
		item->track_stock = DatumGetBool(ec_value(row, 6, &isnull));
		item->vat_class = TextDatumGetCString(ec_value(row, 7, &isnull));
		if (!DatumGetBool(ec_value(row, 8, &isnull)))
			list_product(not_for_sale, item);
	}
	ec_rows_end(&wanted);
}

/*
 * Find the products of all items.  Another tenant's product is unknown, like
 * one that does not exist.
 */
void
ec_items_find(EcItem *items, int n, int32 tenant_id, bool for_sale)
{
	StringInfoData unknown;
	StringInfoData not_for_sale;
	int			by_sku = 0;

	initStringInfo(&unknown);
	initStringInfo(&not_for_sale);
	for (int i = 0; i < n; i++)
		by_sku += items[i].sku != NULL;
	if (by_sku > 0)
		find(&find_by_sku_plan, items, n, true, tenant_id,
			 &unknown, &not_for_sale);
	if (by_sku < n)
		find(&find_by_id_plan, items, n, false, tenant_id,
			 &unknown, &not_for_sale);
	if (unknown.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_UNKNOWN_PRODUCT),
				 errmsg("unknown product"),
				 errdetail("%s]", unknown.data)));
	if (for_sale && not_for_sale.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_PRODUCT_NOT_FOR_SALE),
				 errmsg("product is not for sale"),
				 errdetail("%s]", not_for_sale.data)));
}

/* Order of demands, in which stock is locked. */
static int
compare_demands(const void *a, const void *b)
{
	return ec_uuid_compare(&((const EcDemand *) a)->product_id,
						   &((const EcDemand *) b)->product_id);
}

/*
 * Sum up the items whose stock is tracked, each product once, in the order in
 * which everybody locks products.
 */
EcDemand *
ec_items_demand(const EcItem *items, int n, int *ndemands)
{
	EcDemand   *demands = palloc_array(EcDemand, (Size) n);
	int			count = 0;
	int			last = -1;

	for (int i = 0; i < n; i++)
		if (items[i].track_stock)
		{
			demands[count].product_id = items[i].product_id;
			demands[count].sku = items[i].found_sku;
			demands[count].quantity = items[i].quantity;
			count++;
		}
	qsort(demands, (size_t) count, sizeof(EcDemand), compare_demands);
	for (int i = 0; i < count; i++)
	{
		if (last < 0 || compare_demands(&demands[last], &demands[i]) != 0)
			demands[++last] = demands[i];
		else if (pg_add_s32_overflow(demands[last].quantity,
									 demands[i].quantity,
									 &demands[last].quantity))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("quantity is out of range"),
					 errdetail("Product \"%s\" is ordered too often.",
							   demands[i].sku)));
	}
	*ndemands = last + 1;
	return demands;
}
