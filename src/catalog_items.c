/*
 * catalog_items.c
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
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "catalog_items.h"
#include "db/scan.h"
#include "ecommerce.h"
#include "errors.h"
#include "value/json.h"
#include "value/numeric_codec.h"
#include "value/uuid.h"

/* Products that a message lists */
#define MAX_LISTED 100

/* Keys of an item, in the order of their names below */
enum
{
	ITEM_PRODUCT_ID,
	ITEM_SKU,
	ITEM_QUANTITY,
	ITEM_UNIT_PRICE,
	ITEM_KEYS
};

static const char *const item_keys[ITEM_KEYS] = {
	"product_id", "sku", "quantity", "unit_price"
};

/* A price as the caller wrote it, which a product may have */
static EcDecimal
read_price(const JsonbValue *field, const EcJsonPath *path)
{
	EcDecimal	price = ec_json_decimal(field, path, "unit_price");

	if (price.value < 0)
		ec_json_wrong(field, path, "unit_price", "zero or more");
	if (price.value >= EC_MAX_PRICE * ec_power_of_ten(price.scale))
		ec_json_out_of_range(path, "unit_price");
	return price;
}

/* Read {"sku" or "product_id", "quantity", "unit_price"}. */
static void
read_item(const JsonbValue *element, int index, EcItem *item)
{
	EcJsonPath	path = {"items", index, NULL};
	JsonbValue	fields[ITEM_KEYS];

	ec_json_object(element, &path, item_keys, fields, ITEM_KEYS);
	if (ec_json_given(&fields[ITEM_PRODUCT_ID]) == ec_json_given(&fields[ITEM_SKU]))
		ec_json_wrong(element, &path, NULL, "an object with either product_id or sku");
	if (ec_json_given(&fields[ITEM_PRODUCT_ID]))
		ec_json_uuid(&fields[ITEM_PRODUCT_ID], &item->product_id, &path,
					 "product_id");
	else
		item->sku = ec_json_text(&fields[ITEM_SKU], 4 * EC_MAX_SKU, &path, "sku");
	item->quantity = ec_json_int(&fields[ITEM_QUANTITY], 1, EC_MAX_QUANTITY,
								 &path, "quantity");
	item->has_price = ec_json_given(&fields[ITEM_UNIT_PRICE]);
	if (item->has_price)
		item->unit_price = read_price(&fields[ITEM_UNIT_PRICE], &path);
}

/* Read an array of items. */
EcItem *
ec_items_read(Jsonb *jsonb, int *n)
{
	JsonbValue	value;
	JsonbContainer *array;
	EcItem	   *items;

	JsonbToJsonbValue(jsonb, &value);
	array = ec_json_array(&value, NULL, "items", n);
	items = palloc0_array(EcItem, (Size) *n);
	for (int i = 0; i < *n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		read_item(getIthJsonbValueFromContainer(array, (uint32) i), i, &items[i]);
	}
	return items;
}

/* Products that an error lists */
typedef struct ProductList
{
	const char *first;			/* SKU or id, as written; NULL: none */
	StringInfoData text;
} ProductList;

/* Add a product to a list. */
static void
list_product(ProductList *list, const EcItem *item)
{
	const char *name = item->sku != NULL ? item->sku : ec_uuid_text(&item->product_id);

	if (list->first == NULL)
	{
		list->first = name;
		initStringInfo(&list->text);
	}
	else if (list->text.len >= MAX_LISTED * 64)
		return;
	appendStringInfoString(&list->text, list->text.len == 0 ? "[" : ", ");
	escape_json(&list->text, name);
}

/* Columns of products that find_item reads, after its two keys */
enum
{
	PRODUCT_ID = 2,
	PRODUCT_SKU,
	PRODUCT_NAME,
	PRODUCT_PRICE,
	PRODUCT_SUPPLY,
	PRODUCT_TRACK_STOCK,
	PRODUCT_STOCK_SLOTS,
	PRODUCT_MIN_STOCK,
	PRODUCT_VAT_CLASS,
	PRODUCT_STATUS,
	PRODUCT_DELETED_AT,
	PRODUCT_BASE_QUANTITY,
	PRODUCT_UNIT_CODE,
	PRODUCT_SALE_PRICE,
	PRODUCT_SALE_FROM,
	PRODUCT_SALE_TO,
	PRODUCT_COLUMNS
};

#define NULLABLE (1 << PRODUCT_STOCK_SLOTS | 1 << PRODUCT_DELETED_AT | \
	1 << PRODUCT_SALE_PRICE | 1 << PRODUCT_SALE_FROM | 1 << PRODUCT_SALE_TO)
#define FOUND_COLUMNS \
	{"id", UUIDOID}, {"sku", TEXTOID}, {"name", TEXTOID}, \
	{"price", NUMERICOID}, {"supply", TEXTOID}, {"track_stock", BOOLOID}, \
	{"stock_slots", INT2OID}, {"min_stock", INT4OID}, \
	{"vat_class", TEXTOID}, {"status", TEXTOID}, \
	{"deleted_at", TIMESTAMPTZOID}, {"base_quantity", INT4OID}, \
	{"unit_code", TEXTOID}, {"sale_price", NUMERICOID}, \
	{"sale_from", TIMESTAMPTZOID}, {"sale_to", TIMESTAMPTZOID}

static const EcTable products_by_sku = {
	.name = "products",
	.nkeys = 2,
	.live = PRODUCT_DELETED_AT,
	.nullable = NULLABLE,
	.ncolumns = PRODUCT_COLUMNS,
	.columns = {
		{"tenant_id", INT4OID}, {"sku", TEXTOID}, FOUND_COLUMNS
	}
};
static const EcTable products_by_id = {
	.name = "products",
	.nkeys = 2,
	.nullable = NULLABLE,
	.ncolumns = PRODUCT_COLUMNS,
	.columns = {
		{"id", UUIDOID}, {"tenant_id", INT4OID}, FOUND_COLUMNS
	}
};

/* What the row of a product says about its price */
static void
read_prices(EcScan *scan, EcItem *item)
{
	Datum		value;
	bool		isnull;

	item->list_price = ec_numeric_decode(ec_scan_value(scan, PRODUCT_PRICE, &isnull), "price");
	item->base_quantity = DatumGetInt32(ec_scan_value(scan, PRODUCT_BASE_QUANTITY, &isnull));
	item->unit_code = TextDatumGetCString(ec_scan_value(scan, PRODUCT_UNIT_CODE, &isnull));
	value = ec_scan_value(scan, PRODUCT_SALE_PRICE, &isnull);
	item->has_sale = !isnull;
	if (isnull)
		return;
	item->sale_price = ec_numeric_decode(value, "sale price");
	value = ec_scan_value(scan, PRODUCT_SALE_FROM, &isnull);
	item->sale_from = isnull ? DT_NOBEGIN : DatumGetTimestampTz(value);
	value = ec_scan_value(scan, PRODUCT_SALE_TO, &isnull);
	item->sale_to = isnull ? DT_NOEND : DatumGetTimestampTz(value);
}

/* Find the product of one item.  False if there is none. */
static bool
find_item(EcScan *scan, EcItem *item, int32 tenant_id, bool *for_sale)
{
	Datum		tenant = Int32GetDatum(tenant_id);
	bool		by_sku = item->sku != NULL;
	Datum		keys[2] = {
		by_sku ? tenant : UUIDPGetDatum(&item->product_id),
		by_sku ? CStringGetTextDatum(item->sku) : tenant
	};
	bool		found = false;

	ec_scan_begin(scan, GetActiveSnapshot(), 2, keys);
	while (!found && ec_scan_next(scan))
	{
		bool		isnull;

		(void) ec_scan_value(scan, PRODUCT_DELETED_AT, &isnull);
		if (!isnull)
			continue;
		found = true;
		item->product_id = *DatumGetUUIDP(ec_scan_value(scan, PRODUCT_ID, &isnull));
		item->found_sku = TextDatumGetCString(ec_scan_value(scan, PRODUCT_SKU, &isnull));
		item->name = TextDatumGetCString(ec_scan_value(scan, PRODUCT_NAME, &isnull));
		read_prices(scan, item);
		item->track_stock = DatumGetBool(ec_scan_value(scan, PRODUCT_TRACK_STOCK, &isnull));
		(void) ec_scan_value(scan, PRODUCT_STOCK_SLOTS, &isnull);
		item->may_spread = isnull;
		item->min_stock = DatumGetInt32(ec_scan_value(scan, PRODUCT_MIN_STOCK, &isnull));
		item->vat_class = TextDatumGetCString(ec_scan_value(scan, PRODUCT_VAT_CLASS, &isnull));
		item->supply = *VARDATA_ANY(DatumGetPointer(ec_scan_value(scan, PRODUCT_SUPPLY, &isnull)));
		*for_sale = strcmp(TextDatumGetCString(ec_scan_value(scan, PRODUCT_STATUS, &isnull)),
						   "active") == 0;
	}
	ec_scan_end(scan);
	return found;
}

/* Take an unknown SKU for an id, if it may be one and is written like one. */
static bool
take_for_id(EcItem *item)
{
	if (!item->may_be_id || !ec_uuid_parse(item->sku, strlen(item->sku), &item->product_id))
		return false;
	item->sku = NULL;
	return true;
}

/* Find the products of the items that were written by SKU, or by id. */
static void
find_items(EcItem *items, int n, bool by_sku, int32 tenant_id,
		   ProductList *unknown, ProductList *not_for_sale)
{
	EcScan		scan;

	ec_scan_open(&scan, by_sku ? &products_by_sku : &products_by_id, tenant_id,
				 AccessShareLock);
	for (int i = 0; i < n; i++)
	{
		bool		for_sale = true;

		CHECK_FOR_INTERRUPTS();
		if ((items[i].sku != NULL) != by_sku)
			continue;
		if (!find_item(&scan, &items[i], tenant_id, &for_sale))
		{
			if (!by_sku || !take_for_id(&items[i]))
				list_product(unknown, &items[i]);
		}
		else if (!for_sale)
			list_product(not_for_sale, &items[i]);
	}
	ec_scan_close(&scan);
}

/*
 * Find the products of all items.  Another tenant's product is unknown, like
 * one that does not exist.
 */
void
ec_items_find(EcItem *items, int n, int32 tenant_id, bool for_sale)
{
	ProductList unknown = {0};
	ProductList not_for_sale = {0};
	bool		by_sku = false;
	bool		by_id = false;

	for (int i = 0; i < n; i++)
		by_sku |= items[i].sku != NULL;
	if (by_sku)
		find_items(items, n, true, tenant_id, &unknown, &not_for_sale);
	for (int i = 0; i < n; i++)
		by_id |= items[i].sku == NULL;
	if (by_id)
		find_items(items, n, false, tenant_id, &unknown, &not_for_sale);
	if (unknown.first != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_EC_UNKNOWN_PRODUCT),
				 errmsg("unknown product \"%s\"", unknown.first),
				 errdetail("%s]", unknown.text.data)));
	if (for_sale && not_for_sale.first != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_EC_PRODUCT_NOT_FOR_SALE),
				 errmsg("product \"%s\" is not for sale", not_for_sale.first),
				 errdetail("%s]", not_for_sale.text.data)));
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
			demands[count].warehouse_id = 0;
			demands[count].may_spread = items[i].may_spread;
			demands[count].may_backorder = true;
			demands[count].min_stock = items[i].min_stock;
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
					 errmsg("quantity of \"%s\" is out of range", demands[i].sku),
					 errdetail("It is the sum of several items.")));
	}
	*ndemands = last + 1;
	return demands;
}
