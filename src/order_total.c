/*
 * order_total.c
 *	  What an order comes to: VAT, coupons, totals.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"

#include "pg_compat.h"

#include "db/plan.h"
#include "ecommerce.h"
#include "errors.h"
#include "order.h"
#include "value/arguments.h"
#include "value/json.h"
#include "value/numeric_codec.h"

/* Digits before the decimal point that a total may have */
#define MAX_TOTAL_DIGITS 18

static EcPlan redeem_plan = {
	.sql = "SELECT allowances, free_shipping, coupons"
	" FROM ecommerce_internal.redeem_coupons($1, $2, $3, $4, $5, $6, $7, $8, $9)",
	.nargs = 9,
	.types = {
		INT4OID, TEXTARRAYOID, UUIDOID, TEXTOID, NUMERICOID, BOOLOID, TEXTOID,
		UUIDOID, TIMESTAMPTZOID
	}
};

static EcPlan rate_plan = {
	.sql = "SELECT ecommerce.vat_rate_on($1, $2, $3, $4)",
	.nargs = 4,
	.types = {TEXTOID, TEXTOID, DATEOID, TEXTOID}
};

/* Refuse a class without a rate, with the error that vat_rate_on() has for it. */
static void
refuse_class(const EcSettings *settings, const char *vat_class)
{
	Datum		arguments[4] = {
		PointerGetDatum(settings->country), CStringGetTextDatum(vat_class),
		DateADTGetDatum(settings->day), PointerGetDatum(settings->region)
	};

	ec_execute(&rate_plan, arguments, NULL);
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("the VAT rates have changed meanwhile"),
			 errhint("Try again.")));
}

/* Set the VAT category and rate of a product's line. */
void
ec_order_set_vat(const EcPlacement *order, const EcItem *item, EcLine *line)
{
	const EcSettings *settings = order->settings;

	if (order->sale.ntreatments > 0)
	{
		const EcTreatment *t = ec_treatment_find(&order->sale, item);

		line->category = t->category;
		line->rate = t->rate;
		return;
	}
	if (strcmp(item->vat_class, "exempt") == 0)
	{
		line->category = EC_EXEMPT;
		return;
	}
	for (int i = 0; i < settings->nrates; i++)
		if (strcmp(settings->rates[i].vat_class, item->vat_class) == 0)
		{
			line->rate = settings->rates[i].rate;
			line->category = line->rate.value > 0 ? EC_STANDARD : EC_ZERO;
			return;
		}
	refuse_class(settings, item->vat_class);
}

/* Refuse what orders do not have: a discount that is a line of its own. */
static void
check_lines(const EcDocument *document)
{
	for (size_t i = document->nproducts; i < document->nlines; i++)
		if (document->lines[i].kind == EC_ALLOWANCE)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("allowances of an order cannot have a VAT rate of their own"),
					 errdetail("They are spread over its lines.")));
}

/*
 * Redeem the coupons of goods that are shipped at a charge or not, or see what they would
 * do.  What they take off comes before the other allowances, and is spread over the lines
 * like these.
 */
static void
apply_coupons(FunctionCallInfo fcinfo, EcPlacement *order, ec_int128 goods, bool ships,
			  bool redeem)
{
	EcDocument *document = &order->document;
	Datum		arguments[9];
	char		nulls[9];
	Datum		coupons;
	JsonbValue	allowances;

	memset(nulls, ' ', sizeof(nulls));
	arguments[0] = Int32GetDatum(order->tenant_id);
	arguments[1] = PG_GETARG_DATUM(ARG_COUPON_CODES);
	arguments[2] = UUIDPGetDatum(&order->user_id);
	nulls[2] = order->has_user ? ' ' : 'n';
	arguments[3] = order->email;
	nulls[3] = order->has_email ? ' ' : 'n';
	arguments[4] = EcAmountGetDatum(goods, order->minor_units);
	arguments[5] = BoolGetDatum(ships);
	arguments[6] = CStringGetTextDatum(order->currency);
	arguments[7] = UUIDPGetDatum(&order->id);
	nulls[7] = redeem ? ' ' : 'n';
	arguments[8] = TimestampTzGetDatum(order->created_at);
	if (ec_execute(&redeem_plan, arguments, nulls) != 1)
		elog(ERROR, "coupons were not redeemed");

	coupons = ec_value(0, 1, JSONBOID);
	if (!PG_ARGISNULL(ARG_ALLOWANCES))
		coupons = DirectFunctionCall2(jsonb_concat, coupons,
									  PG_GETARG_DATUM(ARG_ALLOWANCES));
	JsonbToJsonbValue(DatumGetJsonbPCopy(coupons), &allowances);
	document->allowances = ec_json_array(&allowances, NULL, "allowances",
										 &document->nallowances);
	document->free_shipping = DatumGetBool(ec_value(0, 2, BOOLOID));
	if (order->quote)
		order->coupons = DatumGetJsonbPCopy(ec_value(0, 3, JSONBOID));
}

/* Does the chosen rate charge anything, when the coupons have taken theirs off? */
static bool
rate_charges(FunctionCallInfo fcinfo, const EcPlacement *order, ec_int128 goods)
{
	EcPlacement trial = *order;
	EcDocument *document = &trial.document;

	document->lines = palloc0_array(EcLine, document->capacity);
	memcpy(document->lines, order->document.lines, document->nlines * sizeof(EcLine));
	apply_coupons(fcinfo, &trial, goods, true, false);
	ec_document_discount(document);
	ec_order_ship(fcinfo, &trial);
	return document->shipping.amount > 0;
}

/* Redeem the coupons, or see what they would do. */
static void
redeem_coupons(FunctionCallInfo fcinfo, EcPlacement *order)
{
	EcDocument *document = &order->document;
	ec_int128	goods = 0;
	bool		ships;

	if (PG_ARGISNULL(ARG_COUPON_CODES))
		return;
	for (size_t i = 0; i < document->nproducts; i++)
		goods += document->lines[i].amount;
	if (!ec_in_range(goods))
		ec_totals_error(EC_TOTALS_OVERFLOW);
	ships = order->offers != NULL || ec_document_ships(document, goods) ||
		(!PG_ARGISNULL(ARG_SHIPPING_RATE) && rate_charges(fcinfo, order, goods));
	apply_coupons(fcinfo, order, goods, ships, !order->quote);
}

/* Compute the lines, their VAT, and the totals. */
static void
compute_totals(FunctionCallInfo fcinfo, EcPlacement *order)
{
	EcDocument *document = &order->document;
	JsonbValue	allowances;
	JsonbValue	charges;

	ec_json_argument(fcinfo, ARG_ALLOWANCES, &allowances);
	ec_json_argument(fcinfo, ARG_CHARGES, &charges);
	ec_document_begin(document, order->prices, order->minor_units,
					  (size_t) order->nitems, &allowances, &charges);
	for (int i = 0; i < order->nitems; i++)
	{
		EcItem	   *item = &order->items[i];
		EcLine	   *line = &document->lines[i];

		line->kind = EC_PRODUCT;
		ec_order_set_vat(order, item, line);
		ec_line_amount(line, ec_decimal_of(item->quantity), item->unit_price,
					   ec_decimal_of(item->base_quantity), order->minor_units);
	}
	redeem_coupons(fcinfo, order);
	ec_document_discount(document);
	ec_order_ship(fcinfo, order);
	ec_document_total(document);
	check_lines(document);
	if (document->totals.gross >= ec_power_of_ten(MAX_TOTAL_DIGITS + order->minor_units))
		ec_totals_error(EC_TOTALS_OVERFLOW);
}

/* Refuse another total than the caller expects; a quote is there to tell it. */
static void
check_expected_total(FunctionCallInfo fcinfo, const EcPlacement *order)
{
	EcDecimal	expected;
	EcDecimal	gross = {order->document.totals.gross, order->minor_units};
	char		buffer[2][EC_DECIMAL_TEXT];

	if (order->quote || PG_ARGISNULL(ARG_EXPECTED_TOTAL))
		return;
	expected = ec_numeric_decode(PG_GETARG_DATUM(ARG_EXPECTED_TOTAL), "expected_total");
	if (ec_decimal_equal(expected, ec_decimal_normalize(gross)))
		return;
	(void) ec_decimal_format(expected, buffer[0]);
	(void) ec_decimal_format(gross, buffer[1]);
	ereport(ERROR,
			(errcode(ERRCODE_EC_TOTALS_DIFFER),
			 errmsg("the total is %s %s, not the expected %s", buffer[1], order->currency,
					buffer[0])));
}

/*
 * Find the products of an order, and compute what it comes to; its seller's
 * settings are known.
 */
void
ec_order_total(FunctionCallInfo fcinfo, EcPlacement *order)
{
	ec_order_price(fcinfo, order);
	order->sale.seller = order->settings;
	order->sale.items = order->items;
	order->sale.nitems = order->nitems;
	ec_treatment_decide(&order->sale);
	compute_totals(fcinfo, order);
	check_expected_total(fcinfo, order);
}
