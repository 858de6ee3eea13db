/*
 * order_quote.c
 *	  What an order would come to, and what it would lack.
 *
 * Prices, VAT and totals are computed by the code that places orders; only stock
 * is read in another way, because nothing is locked.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "pg_compat.h"

#include "call.h"
#include "db/plan.h"
#include "ecommerce.h"
#include "order.h"
#include "price.h"
#include "value/arguments.h"
#include "value/json.h"
#include "value/numeric_codec.h"
#include "value/uuid.h"

/* What an order could take: free units, backorders, and what is held for too long */
static EcPlan stock_plan = {
	.sql = "SELECT coalesce((SELECT sum(s.available::bigint + s.backorder_limit)"
	" FROM {stock} s WHERE s.tenant_id = $1 AND s.product_id = $2), 0)"
	" + coalesce((SELECT sum(r.quantity) FROM {stock_reservations} r"
	" WHERE r.tenant_id = $1 AND r.product_id = $2 AND r.status = 'held'"
	" AND r.expires_at <= (SELECT clock_timestamp())), 0)",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};

/* Write a key and a number as it is. */
static void
push_decimal(JsonbParseState **state, char *key, EcDecimal number, int min_scale)
{
	ec_int128	value = number.value;

	if (number.scale < min_scale && ec_decimal_round(number, min_scale, &value))
		ec_json_push_amount(state, key, value, min_scale);
	else
		ec_json_push_amount(state, key, number.value, number.scale);
}

/* Write which rule gave a product its price; history has its own. */
static void
push_rule(JsonbParseState **state, const EcItem *item)
{
	if (item->rule != EC_NO_PRICE)
		ec_json_push_text(state, "rule", ec_price_rule_name(item->rule));
	if (item->rule != EC_PRICE_LIST)
		return;
	ec_json_push_text(state, "price_list", item->price_list);
	ec_json_push_amount(state, "min_quantity", item->min_quantity, 0);
}

/* Write a line, with the keys of order_items and of calculate_totals(). */
static void
push_line(JsonbParseState **state, EcPlacement *order, size_t i)
{
	const EcDocument *document = &order->document;
	const EcLine *line = &document->lines[i];
	int			scale = document->minor_units;

	(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	ec_json_push_amount(state, "line", (ec_int128) i + 1, 0);
	ec_json_push_text(state, "kind", ec_kind_names[line->kind]);
	if (line->kind == EC_PRODUCT)
	{
		const EcItem *item = &order->items[i];

		ec_json_push_text(state, "product_id", ec_uuid_text(&item->product_id));
		ec_json_push_text(state, "sku", item->found_sku);
		ec_json_push_text(state, "name", item->name);
		ec_json_push_amount(state, "quantity", item->quantity, 0);
		push_decimal(state, "unit_price", item->unit_price, scale);
		ec_json_push_amount(state, "base_quantity", item->base_quantity, 0);
		ec_json_push_text(state, "unit_code", item->unit_code);
		push_rule(state, item);
	}
	else
	{
		if (ec_document_rate(document, i) != NULL)
			ec_json_push_text(state, "sku", ec_document_rate(document, i));
		ec_json_push_text(state, "name", document->names[i]);
		ec_json_push_amount(state, "quantity", 1, 0);
		ec_json_push_amount(state, "unit_price", line->amount, scale);
		ec_json_push_amount(state, "base_quantity", 1, 0);
		ec_json_push_text(state, "unit_code", EC_UNIT_ONE);
	}
	ec_json_push_amount(state, "discount", line->discount, scale);
	ec_json_push_text(state, "vat_category", ec_category_code(line->category));
	ec_json_push_amount(state, "vat_rate", line->rate.value, line->rate.scale);
	ec_json_push_amount(state, "net", line->net, scale);
	ec_json_push_amount(state, "vat", line->vat, scale);
	ec_json_push_amount(state, "gross", line->net + line->vat, scale);
	(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

/* Write how the order would be taxed, where that is known. */
static void
push_treatment(JsonbParseState **state, const EcPlacement *order)
{
	EcTreatment treatment;

	ec_treatment_freeze(&order->sale, &treatment);
	ec_json_push_text(state, "country", text_to_cstring(treatment.country));
	ec_json_push_text(state, "region", text_to_cstring(treatment.region));
	ec_json_push_text(state, "vat_scheme", text_to_cstring(treatment.scheme));
	if (treatment.reason != NULL)
		ec_json_push_text(state, "vat_reason", text_to_cstring(treatment.reason));
}

/* Write the products of which there is too little, as error EC001 lists them. */
static void
push_short(JsonbParseState **state, const EcPlacement *order, EcTaken *reserved, int nreserved)
{
	int			n;
	EcDemand   *changes = ec_order_changes(order, reserved, nreserved, &n);

	ec_json_push_key(state, "short");
	(void) pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < n; i++)
	{
		Datum		arguments[2] = {
			Int32GetDatum(order->tenant_id), UUIDPGetDatum(&changes[i].product_id)
		};
		int64		available;

		CHECK_FOR_INTERRUPTS();
		if (changes[i].quantity <= 0)
			continue;
		(void) ec_execute(&stock_plan, arguments, NULL);
		available = DatumGetInt64(DirectFunctionCall1(numeric_int8,
													  ec_value(0, 1, NUMERICOID)));
		if (available >= changes[i].quantity)
			continue;
		(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		ec_json_push_text(state, "sku", changes[i].sku);
		ec_json_push_amount(state, "requested", changes[i].quantity, 0);
		ec_json_push_amount(state, "available", available, 0);
		(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	(void) pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

/* The coupons of a quote, or none */
static void
push_coupons(JsonbParseState **state, const EcPlacement *order)
{
	JsonbValue	coupons;

	ec_json_push_key(state, "coupons");
	if (order->coupons != NULL)
	{
		JsonbToJsonbValue(order->coupons, &coupons);
		(void) pushJsonbValue(state, WJB_VALUE, &coupons);
		return;
	}
	(void) pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	(void) pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

/* What a request that was read would come to */
static Jsonb *
quote(FunctionCallInfo fcinfo, EcPlacement *order)
{
	JsonbParseState *state = NULL;
	EcTaken    *reserved;
	int			nreserved;

	reserved = ec_order_compute(fcinfo, order, &nreserved);

	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	ec_json_push_text(&state, "currency", order->currency);
	ec_json_push_text(&state, "prices", ec_prices_name(order->prices));
	push_treatment(&state, order);
	ec_json_push_key(&state, "lines");
	(void) pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (size_t i = 0; i < order->document.nlines; i++)
		push_line(&state, order, i);
	(void) pushJsonbValue(&state, WJB_END_ARRAY, NULL);
	ec_totals_push_vat(&state, &order->document.totals, order->minor_units);
	ec_totals_push_sums(&state, &order->document.totals, order->minor_units, 0, 0);
	push_coupons(&state, order);
	push_short(&state, order, reserved, nreserved);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* Quote a request, or only its shipping if offers are to go somewhere. */
static Jsonb *
quote_request(FunctionCallInfo fcinfo, const EcRequest *request, NullableDatum tenant,
			  ReturnSetInfo *offers)
{
	LOCAL_FCINFO(call, ARG_TENANT + 1);
	EcPlacement *order = palloc0_object(EcPlacement);
	MemoryContext context = CurrentMemoryContext;
	MemoryContext old;
	Jsonb	   *result = NULL;
	int			nreserved;

	InitFunctionCallInfoData(*call, fcinfo->flinfo, ARG_TENANT + 1, DEFAULT_COLLATION_OID,
							 NULL, NULL);
	memcpy(call->args, request->arguments, sizeof(request->arguments));
	call->args[ARG_TENANT] = tenant;
	order->quote = true;
	order->offers = offers;
	order->tenant_id = ec_begin_quoting(call, ARG_TENANT);
	ec_order_read_request(call, order);
	if (offers == NULL)
	{
		result = quote(call, order);
		old = MemoryContextSwitchTo(context);
		result = (Jsonb *) PG_DETOAST_DATUM_COPY(PointerGetDatum(result));
		MemoryContextSwitchTo(old);
	}
	else
		(void) ec_order_compute(call, order, &nreserved);
	ec_end();
	return result;
}

PG_FUNCTION_INFO_V1(ec_quote_order);

/* quote_order(request jsonb, tenant_id integer) -> jsonb */
Datum
ec_quote_order(PG_FUNCTION_ARGS)
{
	ec_argument_given(fcinfo, 0, "request");
	PG_RETURN_JSONB_P(quote_request(fcinfo, ec_order_read_jsonb(PG_GETARG_JSONB_P(0)),
									fcinfo->args[1], NULL));
}

PG_FUNCTION_INFO_V1(ec_shipping_quote);

/* shipping_quote(request jsonb, address jsonb, tenant_id integer) -> setof shipping_offer */
Datum
ec_shipping_quote(PG_FUNCTION_ARGS)
{
	EcRequest  *request;
	NullableDatum *address;

	InitMaterializedSRF(fcinfo, 0);
	ec_argument_given(fcinfo, 0, "request");
	request = ec_order_read_jsonb(PG_GETARG_JSONB_P(0));
	address = &request->arguments[ARG_SHIPPING_ADDRESS];
	if (!PG_ARGISNULL(1))
	{
		if (!address->isnull)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("address is given beside shipping_address of the request")));
		*address = fcinfo->args[1];
		ec_order_mean_arguments(request);
	}
	request->arguments[ARG_SHIPPING_RATE].isnull = true;
	(void) quote_request(fcinfo, request, fcinfo->args[2],
						 (ReturnSetInfo *) fcinfo->resultinfo);
	return (Datum) 0;
}
