/*
 * price.c
 *	  What products cost.
 *
 * The only place that chooses a price: of the price lists that apply to the
 * customer the most specific one that has the product, and in it the lowest
 * price; without any the product's own price, or its sale price while that is
 * lower.  Lists are read by one statement, whatever the number of lines, and
 * in the snapshot in which products are read: a list and a product that change
 * together are never seen apart.  So whether the tenant has any list is looked up
 * each time, instead of being cached.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "storage/bufmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "db/plan.h"
#include "db/scan.h"
#include "errors.h"
#include "price.h"
#include "value/numeric_codec.h"

/* Bytes of a list of products in an error */
#define MAX_LIST 10000

static const EcTable price_lists = {
	.name = "price_lists",
	.nkeys = 1,
	.ncolumns = 1,
	.columns = {
		{"tenant_id", INT4OID}
	}
};

/* Arguments of lists_plan */
enum
{
	LISTS_TENANT,
	LISTS_CURRENCY,
	LISTS_GROUP,
	LISTS_AT,
	LISTS_PRODUCTS,
	LISTS_QUANTITIES,
	LISTS_ARGUMENTS
};

/* Columns that it returns */
enum
{
	LISTS_ITEM = 1,
	LISTS_PRICE,
	LISTS_NAME,
	LISTS_PRICES,
	LISTS_MIN_QUANTITY
};

/* Tiers count all lines of a product together, so that a line can be split in two. */
static EcPlan lists_plan = {
	.sql = "WITH valid AS MATERIALIZED ("
	"SELECT l.id, l.name, l.prices, l.priority, true AS everybody FROM {price_lists} l"
	" WHERE l.tenant_id = $1 AND l.group_id IS NULL AND l.is_active AND l.currency = $2"
	" AND (l.valid_from IS NULL OR l.valid_from <= $4)"
	" AND (l.valid_to IS NULL OR l.valid_to > $4)"
	" UNION ALL "
	"SELECT l.id, l.name, l.prices, l.priority, false FROM {price_lists} l"
	" WHERE l.tenant_id = $1 AND l.group_id = $3 AND l.is_active AND l.currency = $2"
	" AND (l.valid_from IS NULL OR l.valid_from <= $4)"
	" AND (l.valid_to IS NULL OR l.valid_to > $4))"
	" SELECT i.n, w.price, w.name, w.prices, w.min_quantity"
	" FROM (SELECT u.n, u.product_id,"
	" sum(u.quantity) OVER (PARTITION BY u.product_id) AS quantity"
	" FROM unnest($5, $6) WITH ORDINALITY u (product_id, quantity, n)) i"
	" CROSS JOIN LATERAL (SELECT t.price, v.name, v.prices, t.min_quantity"
	" FROM valid v CROSS JOIN LATERAL (SELECT p.price, p.min_quantity FROM {prices} p"
	" WHERE p.tenant_id = $1 AND p.product_id = i.product_id AND p.price_list_id = v.id"
	" AND p.min_quantity <= i.quantity"
	" ORDER BY p.price, p.min_quantity DESC LIMIT 1) t"
	" ORDER BY v.everybody, v.priority DESC, t.price, v.id LIMIT 1) w",
	.nargs = LISTS_ARGUMENTS,
	.types = {
		INT4OID, TEXTOID, UUIDOID, TIMESTAMPTZOID, UUIDARRAYOID, INT4ARRAYOID
	}
};

/* What people call a rule, and what answers call it */
const char *
ec_price_rule_name(EcPriceRule rule)
{
	static const char *const names[] = {
		[EC_NO_PRICE] = "none",[EC_LIST_PRICE] = "list",[EC_SALE_PRICE] = "sale",
		[EC_PRICE_LIST] = "price_list"
	};

	return names[rule];
}

/* "net" or "gross" */
const char *
ec_prices_name(EcPrices prices)
{
	return prices == EC_NET ? "net" : "gross";
}

/* A numeric as people write prices: with the currency's decimals at least. */
Datum
ec_price_datum(EcDecimal price, int minor_units)
{
	ec_int128	value = price.value;

	if (price.scale < minor_units)
	{
		(void) ec_decimal_round(price, minor_units, &value);
		return EcAmountGetDatum(value, minor_units);
	}
	return EcAmountGetDatum(value, price.scale);
}

/* Is one price below another? */
static bool
below(EcDecimal a, EcDecimal b)
{
	int			scale = Max(a.scale, b.scale);

	return a.value * ec_power_of_ten(scale - a.scale) <
		b.value * ec_power_of_ten(scale - b.scale);
}

/* Choose between the two prices that a product itself has. */
static void
choose_own(EcItem *item, TimestampTz at)
{
	item->price = item->list_price;
	item->rule = EC_LIST_PRICE;
	if (item->has_sale && item->sale_from <= at && at < item->sale_to &&
		below(item->sale_price, item->list_price))
	{
		item->price = item->sale_price;
		item->rule = EC_SALE_PRICE;
	}
}

/*
 * Has a tenant any price list, of whomever, valid or not?  Most shops have none, and
 * what a snapshot shows was in the file before it was taken.  (SERIALIZABLE has to
 * note what was looked for.)
 */
static bool
has_price_lists(int32 tenant_id)
{
	Datum		keys[1] = {Int32GetDatum(tenant_id)};
	EcScan		scan;
	bool		found;

	ec_scan_open(&scan, &price_lists, tenant_id, AccessShareLock);
	found = IsolationIsSerializable() || RelationGetNumberOfBlocks(scan.rel) > 0;
	if (found)
	{
		ec_scan_begin(&scan, GetActiveSnapshot(), 1, keys);
		found = ec_scan_next(&scan);
		ec_scan_end(&scan);
	}
	ec_scan_close(&scan);
	return found;
}

/* Ask the price lists for all items at once. */
static void
choose_from_lists(const EcPricing *pricing, EcItem *items, int n)
{
	Datum	   *products = palloc_array(Datum, (Size) n);
	Datum	   *quantities = palloc_array(Datum, (Size) n);
	char		nulls[LISTS_ARGUMENTS];
	Datum		arguments[LISTS_ARGUMENTS];
	uint64		found;

	for (int i = 0; i < n; i++)
	{
		products[i] = UUIDPGetDatum(&items[i].product_id);
		quantities[i] = Int32GetDatum(items[i].quantity);
	}
	memset(nulls, ' ', sizeof(nulls));
	arguments[LISTS_TENANT] = Int32GetDatum(pricing->tenant_id);
	arguments[LISTS_CURRENCY] = CStringGetTextDatum(pricing->currency);
	arguments[LISTS_GROUP] = UUIDPGetDatum(pricing->group_id);
	nulls[LISTS_GROUP] = pricing->group_id == NULL ? 'n' : ' ';
	arguments[LISTS_AT] = TimestampTzGetDatum(pricing->at);
	arguments[LISTS_PRODUCTS] =
		PointerGetDatum(construct_array(products, n, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
	arguments[LISTS_QUANTITIES] =
		PointerGetDatum(construct_array(quantities, n, INT4OID, sizeof(int32), true,
										TYPALIGN_INT));
	found = ec_query(&lists_plan, arguments, nulls);
	for (uint64 i = 0; i < found; i++)
	{
		EcItem	   *item = &items[DatumGetInt64(ec_value(i, LISTS_ITEM, INT8OID)) - 1];
		char	   *prices = TextDatumGetCString(ec_value(i, LISTS_PRICES, TEXTOID));

		item->price = ec_numeric_decode(ec_value(i, LISTS_PRICE, NUMERICOID), "price");
		item->rule = EC_PRICE_LIST;
		item->prices = strcmp(prices, "net") == 0 ? EC_NET : EC_GROSS;
		item->price_list = TextDatumGetCString(ec_value(i, LISTS_NAME, TEXTOID));
		item->min_quantity = DatumGetInt32(ec_value(i, LISTS_MIN_QUANTITY, INT4OID));
	}
}

/*
 * Find out what items cost whose products were found.  Those without a price in the
 * currency have the rule EC_NO_PRICE.
 */
void
ec_price_items(const EcPricing *pricing, EcItem *items, int n)
{
	const EcSettings *settings = pricing->settings;
	bool		own = strcmp(text_to_cstring(settings->currency), pricing->currency) == 0;

	for (int i = 0; i < n; i++)
	{
		items[i].rule = EC_NO_PRICE;
		items[i].prices = settings->prices;
		if (own)
			choose_own(&items[i], pricing->at);
	}
	if (n > 0 && has_price_lists(pricing->tenant_id))
		choose_from_lists(pricing, items, n);
}

/* Add an item that has not the price that was expected to a list of such. */
static void
list_changed(StringInfo changed, const EcItem *item, const char *expected, const char *price)
{
	appendStringInfoString(changed, changed->len == 0 ? "[{\"sku\": " : ", {\"sku\": ");
	escape_json(changed, item->found_sku);
	appendStringInfo(changed, ", \"expected\": %s, \"price\": %s, \"rule\": \"%s\"", expected,
					 price, ec_price_rule_name(item->rule));
	if (item->rule == EC_PRICE_LIST)
	{
		appendStringInfoString(changed, ", \"price_list\": ");
		escape_json(changed, item->price_list);
		appendStringInfo(changed, ", \"min_quantity\": %d", item->min_quantity);
	}
	appendStringInfoChar(changed, '}');
}

/* Refuse items that have a price which is not the one that the caller expects. */
void
ec_price_check_expected(const EcItem *items, int n)
{
	StringInfoData changed;
	const EcItem *first = NULL;
	char		expected[EC_DECIMAL_TEXT];
	char		price[EC_DECIMAL_TEXT];

	initStringInfo(&changed);
	for (int i = n - 1; i >= 0; i--)
		if (items[i].has_price && items[i].rule != EC_NO_PRICE &&
			!ec_decimal_equal(items[i].unit_price, items[i].price))
			first = &items[i];
	if (first == NULL)
		return;
	for (const EcItem *item = first; item < items + n && changed.len < MAX_LIST; item++)
		if (item->has_price && item->rule != EC_NO_PRICE &&
			!ec_decimal_equal(item->unit_price, item->price))
		{
			(void) ec_decimal_format(item->unit_price, expected);
			(void) ec_decimal_format(item->price, price);
			list_changed(&changed, item, expected, price);
		}
	(void) ec_decimal_format(first->unit_price, expected);
	(void) ec_decimal_format(first->price, price);
	ereport(ERROR,
			(errcode(ERRCODE_EC_PRICE_CHANGED),
			 errmsg("price of \"%s\" has changed from %s to %s", first->found_sku, expected,
					price),
			 errdetail("%s]", changed.data)));
}
