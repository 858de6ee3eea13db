/*
 * order_price.c
 *	  Which prices an order has: its currency, what its products cost in that,
 *	  and whether that is net or gross.
 */
#include "postgres.h"

#include "access/xact.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/json.h"

#include "pg_compat.h"

#include "ecommerce.h"
#include "errors.h"
#include "order.h"
#include "price.h"
#include "value/arguments.h"

/* Bytes of a list of products in an error */
#define MAX_LIST 10000

/* Choose the currency: that of the settings, unless the caller names one. */
static void
choose_currency(FunctionCallInfo fcinfo, EcPlacement *order)
{
	order->currency = text_to_cstring(order->settings->currency);
	if (!PG_ARGISNULL(ARG_CURRENCY))
	{
		ec_argument_length(fcinfo, ARG_CURRENCY, "currency", 3);
		order->currency = text_to_cstring(PG_GETARG_TEXT_PP(ARG_CURRENCY));
	}
	order->minor_units = ec_currency_check(order->currency,
										   strlen(order->currency));
}

/* May the request tell prices that are not the products'? */
static bool
has_own_prices(const EcPlacement *order)
{
	return order->history || order->quoted;
}

/* Refuse products that have no price in the currency; a price in another one is none. */
static void
check_priced(const EcPlacement *order)
{
	const char *first = NULL;
	StringInfoData missing;

	for (int i = 0; i < order->nitems; i++)
	{
		const EcItem *item = &order->items[i];

		if (item->rule != EC_NO_PRICE || (has_own_prices(order) && item->has_price))
			continue;
		if (first == NULL)
		{
			first = item->found_sku;
			initStringInfo(&missing);
		}
		else if (missing.len >= MAX_LIST)
			break;
		appendStringInfoString(&missing, missing.len == 0 ? "[" : ", ");
		escape_json(&missing, item->found_sku);
	}
	if (first != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_EC_NO_PRICE),
				 errmsg("product \"%s\" has no price in %s", first, order->currency),
				 errdetail("%s]", missing.data),
				 errhint("Products have their own prices in %s, and those of price lists in the"
						 " currencies of these.", text_to_cstring(order->settings->currency))));
}

/* Take net or gross from the prices, which must agree: an order is one or the other. */
static void
choose_kind(EcPlacement *order)
{
	const EcItem *first = &order->items[0];

	order->prices = first->prices;
	for (int i = 1; i < order->nitems; i++)
		if (order->items[i].prices != first->prices)
			ereport(ERROR,
					(errcode(ERRCODE_EC_MIXED_PRICES),
					 errmsg("an order has either net or gross prices, and \"%s\" has a %s price"
							" but \"%s\" a %s one", first->found_sku,
							ec_prices_name(first->prices), order->items[i].found_sku,
							ec_prices_name(order->items[i].prices)),
					 errhint("Order them apart, or let the price lists that apply to a customer"
							 " be of one kind.")));
}

/*
 * Choose the unit prices: what products cost then, for this customer.  History
 * and accepted quotes tell their own.  The time of an id, in whole milliseconds, may
 * lie before a price that began or ended when its transaction was over.
 */
void
ec_order_price(FunctionCallInfo fcinfo, EcPlacement *order)
{
	TimestampTz begun = GetCurrentTransactionStartTimestamp();
	EcPricing	pricing = {
		.tenant_id = order->tenant_id,
		.settings = order->settings,
		.group_id = order->has_group ? &order->group_id : NULL,
		.at = order->history ? order->created_at : Max(begun, order->created_at)
	};

	choose_currency(fcinfo, order);
	pricing.currency = order->currency;
	ec_items_find(order->items, order->nitems, order->tenant_id, !order->history);
	ec_price_items(&pricing, order->items, order->nitems);
	check_priced(order);
	if (!has_own_prices(order))
		ec_price_check_expected(order->items, order->nitems);
	for (int i = 0; i < order->nitems; i++)
	{
		EcItem	   *item = &order->items[i];

		if (item->has_price && has_own_prices(order))
		{
			/* Those of a quote are of the kind that the product's are. */
			if (order->history || item->rule == EC_NO_PRICE)
				item->prices = order->settings->prices;
			item->rule = EC_NO_PRICE;
		}
		else
			item->unit_price = item->price;
	}
	choose_kind(order);
}
