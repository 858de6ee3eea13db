/*
 * order_address.c
 *	  How an order would be taxed that goes somewhere else.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "pg_compat.h"

#include "call.h"
#include "core/vat.h"
#include "ecommerce.h"
#include "order.h"
#include "value/arguments.h"
#include "value/json.h"

/* Arguments of order_treatment */
enum
{
	TREATMENT_PRODUCTS,
	TREATMENT_BILLING_ADDRESS,
	TREATMENT_SHIPPING_ADDRESS,
	TREATMENT_VAT_ID,
	TREATMENT_VAT_ID_VALID,
	TREATMENT_AT,
	TREATMENT_TENANT
};

/* Keys of a product, in the order of their names below */
enum
{
	PRODUCT_SKU,
	PRODUCT_VAT_CLASS,
	PRODUCT_SUPPLY,
	PRODUCT_KEYS
};

static const char *const product_keys[PRODUCT_KEYS] = {"sku", "vat_class", "supply"};

/* Read what is known of the products, which need not be for sale any more. */
static void
read_products(Jsonb *products, EcPlacement *order)
{
	JsonbValue	value;
	JsonbContainer *array;

	JsonbToJsonbValue(products, &value);
	array = ec_json_array(&value, NULL, "products", &order->nitems);
	order->items = palloc0_array(EcItem, (Size) order->nitems);
	for (int i = 0; i < order->nitems; i++)
	{
		EcJsonPath	path = {"products", i, NULL};
		JsonbValue	fields[PRODUCT_KEYS];
		EcItem	   *item = &order->items[i];

		ec_json_object(getIthJsonbValueFromContainer(array, (uint32) i), &path, product_keys,
					   fields, PRODUCT_KEYS);
		item->found_sku = ec_json_text(&fields[PRODUCT_SKU], 4 * EC_MAX_SKU, &path, "sku");
		item->vat_class = ec_json_text(&fields[PRODUCT_VAT_CLASS], 100, &path, "vat_class");
		item->supply = *ec_json_text(&fields[PRODUCT_SUPPLY], 100, &path, "supply");
	}
}

/* What is decided, with the names of columns of orders and order_items */
static Jsonb *
treatment(const EcPlacement *order)
{
	JsonbParseState *state = NULL;
	EcTreatment frozen;

	ec_treatment_freeze(&order->sale, &frozen);
	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	ec_json_push_text(&state, "country", text_to_cstring(frozen.country));
	ec_json_push_text(&state, "region", text_to_cstring(frozen.region));
	ec_json_push_text(&state, "vat_scheme", text_to_cstring(frozen.scheme));
	ec_json_push_text(&state, "vatex",
					  frozen.vatex == NULL ? "" : text_to_cstring(frozen.vatex));
	for (int i = 0; i < order->nitems; i++)
	{
		EcLine		line = {0};
		char		rate[EC_DECIMAL_TEXT];

		ec_order_set_vat(order, &order->items[i], &line);
		(void) ec_decimal_format(line.rate, rate);
		ec_json_push_text(&state, psprintf("VAT of \"%s\"", order->items[i].found_sku),
						  psprintf("%s %s %%", ec_category_code(line.category), rate));
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

PG_FUNCTION_INFO_V1(ec_order_treatment);

/*
 * order_treatment(products jsonb, billing_address jsonb, shipping_address jsonb,
 * buyer_vat_id text, buyer_vat_id_valid boolean, at timestamptz, tenant_id) -> jsonb
 *
 * Addresses are read as place_order() reads them: as those of a request for nothing.
 */
Datum
ec_order_treatment(PG_FUNCTION_ARGS)
{
	static const int from[] = {
		TREATMENT_BILLING_ADDRESS, TREATMENT_SHIPPING_ADDRESS, TREATMENT_VAT_ID,
		TREATMENT_VAT_ID_VALID, TREATMENT_AT
	};
	static const int to[] = {
		ARG_BILLING_ADDRESS, ARG_SHIPPING_ADDRESS, ARG_BUYER_VAT_ID, ARG_BUYER_VAT_ID_VALID,
		ARG_PLACED_AT
	};

	LOCAL_FCINFO(call, ARG_TENANT + 1);
	MemoryContext context = CurrentMemoryContext;
	EcPlacement *order = palloc0_object(EcPlacement);
	MemoryContext old;
	Jsonb	   *result;

	ec_argument_given(fcinfo, TREATMENT_PRODUCTS, "products");
	ec_argument_given(fcinfo, TREATMENT_AT, "at");
	InitFunctionCallInfoData(*call, fcinfo->flinfo, ARG_TENANT + 1, DEFAULT_COLLATION_OID,
							 NULL, NULL);
	for (int i = 0; i <= ARG_TENANT; i++)
		call->args[i].isnull = true;
	call->args[ARG_ITEMS].value = DirectFunctionCall1(jsonb_in, CStringGetDatum("[]"));
	call->args[ARG_ITEMS].isnull = false;
	for (int i = 0; i < (int) lengthof(to); i++)
		call->args[to[i]] = fcinfo->args[from[i]];
	call->args[ARG_TENANT] = fcinfo->args[TREATMENT_TENANT];
	order->quote = true;
	order->tenant_id = ec_begin_quoting(call, ARG_TENANT);
	ec_order_read_request(call, order);
	read_products(PG_GETARG_JSONB_P(TREATMENT_PRODUCTS), order);
	order->settings = ec_settings(order->tenant_id, order->created_at);
	order->sale.seller = order->settings;
	order->sale.items = order->items;
	order->sale.nitems = order->nitems;
	ec_treatment_decide(&order->sale);
	result = treatment(order);
	old = MemoryContextSwitchTo(context);
	result = (Jsonb *) PG_DETOAST_DATUM_COPY(PointerGetDatum(result));
	MemoryContextSwitchTo(old);
	ec_end();
	PG_RETURN_JSONB_P(result);
}
