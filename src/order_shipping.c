/*
 * order_shipping.c
 *	  What it costs to ship an order: the rates of delivery that are offered for
 *	  it, and the one that was chosen.
 *
 * Both ask shipping_offers(), so that what was shown is what is charged.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"

#include "pg_compat.h"

#include "call.h"
#include "db/plan.h"
#include "errors.h"
#include "order.h"
#include "value/numeric_codec.h"
#include "value/result.h"
#include "value/uuid.h"

/* Bytes of the detail that lists what is offered */
#define MAX_DETAIL 10000

/* Arguments of offers_plan */
enum
{
	ASK_TENANT,
	ASK_USER,
	ASK_PRODUCTS,
	ASK_QUANTITIES,
	ASK_GOODS,
	ASK_CURRENCY,
	ASK_COUNTRY,
	ASK_STATE,
	ASK_POSTAL_CODE,
	ASK_ARGUMENTS
};

/* Columns of its answer, from 0: those of shipping_offer, and how its VAT follows */
enum
{
	OFFER_RATE,
	OFFER_RATE_ID,
	OFFER_METHOD,
	OFFER_NAME,
	OFFER_CARRIER,
	OFFER_PRICE,
	OFFER_CURRENCY,
	OFFER_MIN_DAYS,
	OFFER_MAX_DAYS,
	OFFER_COLUMNS,
	OFFER_VAT = OFFER_COLUMNS
};

static const Oid offer_types[OFFER_COLUMNS] = {
	TEXTOID, UUIDOID, TEXTOID, TEXTOID, TEXTOID, NUMERICOID, TEXTOID, INT4OID, INT4OID
};

static EcPlan offers_plan = {
	.sql = "SELECT rate, rate_id, method, name, carrier, price, $6, min_days, max_days, vat"
	" FROM ecommerce_internal.shipping_offers($1, $2, $3, $4, $5, $6, $7, $8, $9)",
	.nargs = ASK_ARGUMENTS,
	.types = {
		INT4OID, UUIDOID, UUIDARRAYOID, INT4ARRAYOID, NUMERICOID, TEXTOID, TEXTOID,
		TEXTOID, TEXTOID
	}
};

/* Is anything of it to be shipped? */
bool
ec_order_ships(const EcPlacement *order)
{
	for (int i = 0; i < order->nitems; i++)
		if (order->items[i].supply == 'g')
			return true;
	return false;
}

/* Fill the arguments that say what is shipped: goods, not what has no weight by nature. */
static void
fill_goods(const EcPlacement *order, Datum *values)
{
	const EcDocument *document = &order->document;
	Datum	   *products = palloc_array(Datum, (Size) order->nitems);
	Datum	   *quantities = palloc_array(Datum, (Size) order->nitems);
	ec_int128	goods = 0;
	int			n = 0;

	for (int i = 0; i < order->nitems; i++)
	{
		EcItem	   *item = &order->items[i];

		if (item->supply != 'g')
			continue;
		products[n] = UUIDPGetDatum(&item->product_id);
		quantities[n++] = Int32GetDatum(item->quantity);
		goods += document->lines[i].amount - document->lines[i].discount;
	}
	values[ASK_PRODUCTS] = PointerGetDatum(construct_array(products, n, UUIDOID, UUID_LEN, false,
														   TYPALIGN_CHAR));
	values[ASK_QUANTITIES] = PointerGetDatum(construct_array(quantities, n, INT4OID,
															 sizeof(int32), true,
															 TYPALIGN_INT));
	values[ASK_GOODS] = EcAmountGetDatum(goods, order->minor_units);
}

/* Ask what is offered for an order whose discounts are known; return how many there are. */
static uint64
ask_offers(const EcPlacement *order)
{
	const EcAddress *to = ec_sale_destination(&order->sale, 'g');
	Datum		values[ASK_ARGUMENTS];
	char		nulls[ASK_ARGUMENTS];

	if (!ec_order_ships(order))
		return 0;
	memset(nulls, ' ', sizeof(nulls));
	fill_goods(order, values);
	values[ASK_TENANT] = Int32GetDatum(order->tenant_id);
	values[ASK_USER] = UUIDPGetDatum(&order->user_id);
	nulls[ASK_USER] = order->has_user ? ' ' : 'n';
	values[ASK_CURRENCY] = CStringGetTextDatum(order->currency);
	values[ASK_COUNTRY] = to->country != NULL ? CStringGetTextDatum(to->country)
		: PointerGetDatum(order->settings->country);

#define PASS(n, string) \
	(values[n] = string == NULL ? (Datum) 0 : CStringGetTextDatum(string), \
	 nulls[n] = string == NULL ? 'n' : ' ')
	PASS(ASK_STATE, to->state);
	PASS(ASK_POSTAL_CODE, to->postal_code);
#undef PASS

	return ec_execute(&offers_plan, values, nulls);
}

/* What an offer charges */
static ec_int128
offered_price(const EcPlacement *order, uint64 row)
{
	return ec_amount_decode(ec_value(row, OFFER_PRICE + 1, NUMERICOID), order->minor_units,
							"price of shipping");
}

/* Put the offers into the result of the function that was called. */
static void
list_offers(FunctionCallInfo fcinfo, const EcPlacement *order, uint64 n)
{
	ReturnSetInfo *result = order->offers;

	(void) ec_result_desc(fcinfo, offer_types, OFFER_COLUMNS);
	for (uint64 row = 0; row < n; row++)
	{
		Datum		values[OFFER_COLUMNS];
		bool		nulls[OFFER_COLUMNS];

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < OFFER_COLUMNS; i++)
			values[i] = ec_value_or_null(row, i + 1, offer_types[i], &nulls[i]);
		if (order->document.free_shipping)
			values[OFFER_PRICE] = EcAmountGetDatum(0, order->minor_units);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/* Refuse a rate that is not offered, with those that are. */
pg_noreturn static void
refuse_rate(const EcPlacement *order, const char *rate, uint64 n)
{
	StringInfoData offers;

	initStringInfo(&offers);
	for (uint64 row = 0; row < n && offers.len < MAX_DETAIL; row++)
	{
		char		price[EC_DECIMAL_TEXT];
		EcDecimal	amount = {offered_price(order, row), order->minor_units};

		(void) ec_decimal_format(amount, price);
		appendStringInfoString(&offers, row == 0 ? "{\"rate\": " : ", {\"rate\": ");
		escape_json(&offers, TextDatumGetCString(ec_value(row, OFFER_RATE + 1, TEXTOID)));
		appendStringInfoString(&offers, ", \"name\": ");
		escape_json(&offers, TextDatumGetCString(ec_value(row, OFFER_NAME + 1, TEXTOID)));
		appendStringInfo(&offers, ", \"price\": %s}", price);
	}
	ereport(ERROR,
			(errcode(ERRCODE_EC_RATE_NOT_OFFERED),
			 errmsg("shipping_rate \"%s\" is not offered", rate),
			 ec_order_ships(order) ? errdetail("[%s]", offers.data)
			 : errdetail("Nothing that is ordered is shipped."),
			 errhint("See ecommerce.shipping_quote().")));
}

/* Take the rate that was chosen, by its code or id. */
static void
take_rate(EcPlacement *order, const char *rate, uint64 n)
{
	EcShipping *shipping = &order->document.shipping;
	pg_uuid_t	id;
	bool		by_id = ec_uuid_parse(rate, strlen(rate), &id);

	for (uint64 row = 0; row < n; row++)
	{
		char	   *code = TextDatumGetCString(ec_value(row, OFFER_RATE + 1, TEXTOID));
		char	   *vat;

		if (by_id ? ec_uuid_compare(DatumGetUUIDP(ec_value(row, OFFER_RATE_ID + 1, UUIDOID)),
									&id) != 0
			: strcmp(code, rate) != 0)
			continue;
		vat = TextDatumGetCString(ec_value(row, OFFER_VAT + 1, TEXTOID));
		shipping->rate = code;
		shipping->name = TextDatumGetCString(ec_value(row, OFFER_NAME + 1, TEXTOID));
		shipping->amount = offered_price(order, row);
		shipping->vat = strcmp(vat, "highest") == 0 ? EC_HIGHEST : EC_PROPORTIONAL;
		return;
	}
	refuse_rate(order, rate, n);
}

/* Refuse goods without a rate where the shop wants one, from those who may not write orders. */
static void
require_rate(const EcPlacement *order)
{
	if (!order->settings->shipping_required || order->quote || !ec_order_ships(order) ||
		ec_call_trusted())
		return;
	ereport(ERROR,
			(errcode(ERRCODE_EC_RATE_REQUIRED),
			 errmsg("shipping_rate must be given"),
			 errdetail("The shop does not ship goods without one."),
			 errhint("Choose one that ecommerce.shipping_quote() offers.")));
}

/*
 * Take the chosen rate of an order whose discounts are known; or list all that are
 * offered, if that is what is asked for.
 */
void
ec_order_ship(FunctionCallInfo fcinfo, EcPlacement *order)
{
	if (order->offers != NULL)
		list_offers(fcinfo, order, ask_offers(order));
	else if (!PG_ARGISNULL(ARG_SHIPPING_RATE))
		take_rate(order, text_to_cstring(PG_GETARG_TEXT_PP(ARG_SHIPPING_RATE)),
				  ask_offers(order));
	else
		require_rate(order);
}
