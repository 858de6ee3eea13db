/*
 * price_product.c
 *	  What products cost, for whoever asks before ordering.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "pg_compat.h"

#include "call.h"
#include "customer.h"
#include "ecommerce.h"
#include "price.h"
#include "totals_document.h"
#include "value/arguments.h"
#include "value/numeric_codec.h"
#include "value/result.h"

/* Arguments of product_prices */
enum
{
	ARG_ITEMS,
	ARG_USER,
	ARG_AT,
	ARG_CURRENCY,
	ARG_TENANT
};

/* Columns of priced_item */
enum
{
	PRICED_LINE,
	PRICED_PRODUCT,
	PRICED_SKU,
	PRICED_QUANTITY,
	PRICED_CURRENCY,
	PRICED_PRICES,
	PRICED_UNIT_PRICE,
	PRICED_BASE_QUANTITY,
	PRICED_UNIT_CODE,
	PRICED_AMOUNT,
	PRICED_RULE,
	PRICED_LIST,
	PRICED_MIN_QUANTITY,
	PRICED_COLUMNS
};

static const Oid priced_types[PRICED_COLUMNS] = {
	INT4OID, UUIDOID, TEXTOID, INT4OID, TEXTOID, TEXTOID, NUMERICOID, INT4OID, TEXTOID,
	NUMERICOID, TEXTOID, TEXTOID, INT4OID
};

/* Find out for whom the prices are; those of others are not for everybody. */
static void
choose_customer(FunctionCallInfo fcinfo, int32 tenant_id, bool trusted, EcCustomer *customer)
{
	customer->has_group = false;
	if (PG_ARGISNULL(ARG_USER))
		return;
	if (!ec_customer_allowed(PG_GETARG_UUID_P(ARG_USER), trusted))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for the prices of another user_id"),
				 errdetail("They need the privilege to INSERT into ecommerce.orders."),
				 errhint("Call ecommerce.use_customer() first.")));
	ec_customer_find(tenant_id, PG_GETARG_UUID_P(ARG_USER), false, customer);
}

/* When: now, unless the caller says it. */
static TimestampTz
choose_time(FunctionCallInfo fcinfo)
{
	TimestampTz at = PG_ARGISNULL(ARG_AT) ? GetCurrentTimestamp() : PG_GETARG_TIMESTAMPTZ(ARG_AT);

	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("at must be a time, not infinity")));
	return at;
}

/* In which currency: that of the settings, unless the caller names one. */
static char *
choose_currency(FunctionCallInfo fcinfo, const EcSettings *settings)
{
	if (PG_ARGISNULL(ARG_CURRENCY))
		return text_to_cstring(settings->currency);
	ec_argument_length(fcinfo, ARG_CURRENCY, "currency", 3);
	return text_to_cstring(PG_GETARG_TEXT_PP(ARG_CURRENCY));
}

/* Add the answer about one item; without a price it has none of its columns. */
static void
put_item(ReturnSetInfo *result, const EcItem *item, int line, const char *currency,
		 int minor_units)
{
	Datum		values[PRICED_COLUMNS] = {0};
	bool		nulls[PRICED_COLUMNS] = {false};
	EcLine		amount;

	values[PRICED_LINE] = Int32GetDatum(line);
	values[PRICED_PRODUCT] = UUIDPGetDatum(&item->product_id);
	values[PRICED_SKU] = CStringGetTextDatum(item->found_sku);
	values[PRICED_QUANTITY] = Int32GetDatum(item->quantity);
	values[PRICED_CURRENCY] = CStringGetTextDatum(currency);
	values[PRICED_BASE_QUANTITY] = Int32GetDatum(item->base_quantity);
	values[PRICED_UNIT_CODE] = CStringGetTextDatum(item->unit_code);
	if (item->rule == EC_NO_PRICE)
		nulls[PRICED_PRICES] = nulls[PRICED_UNIT_PRICE] = nulls[PRICED_AMOUNT] =
			nulls[PRICED_RULE] = true;
	else
	{
		ec_line_amount(&amount, ec_decimal_of(item->quantity), item->price,
					   ec_decimal_of(item->base_quantity), minor_units);
		values[PRICED_PRICES] = CStringGetTextDatum(ec_prices_name(item->prices));
		values[PRICED_UNIT_PRICE] = ec_price_datum(item->price, minor_units);
		values[PRICED_AMOUNT] = EcAmountGetDatum(amount.amount, minor_units);
		values[PRICED_RULE] = CStringGetTextDatum(ec_price_rule_name(item->rule));
	}
	if (item->rule == EC_PRICE_LIST)
	{
		values[PRICED_LIST] = CStringGetTextDatum(item->price_list);
		values[PRICED_MIN_QUANTITY] = Int32GetDatum(item->min_quantity);
	}
	else
		nulls[PRICED_LIST] = nulls[PRICED_MIN_QUANTITY] = true;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(ec_product_prices);

/*
 * product_prices(items jsonb, user_id uuid, at timestamptz, currency text,
 * tenant_id integer) -> setof priced_item
 */
Datum
ec_product_prices(PG_FUNCTION_ARGS)
{
	EcPricing	pricing;
	EcCustomer	customer;
	EcItem	   *items;
	bool		trusted;
	int			minor_units;
	int			n;

	InitMaterializedSRF(fcinfo, 0);
	(void) ec_result_desc(fcinfo, priced_types, PRICED_COLUMNS);
	ec_argument_given(fcinfo, 0, "items");
	items = ec_items_read(PG_GETARG_JSONB_P(ARG_ITEMS), &n);
	pricing.at = choose_time(fcinfo);
	pricing.tenant_id = ec_begin_quoting(fcinfo, ARG_TENANT);
	trusted = ec_call_trusted();
	choose_customer(fcinfo, pricing.tenant_id, trusted, &customer);
	pricing.group_id = customer.has_group ? &customer.group_id : NULL;
	pricing.settings = ec_settings(pricing.tenant_id, GetCurrentTimestamp());
	pricing.currency = choose_currency(fcinfo, pricing.settings);
	minor_units = ec_currency_check(pricing.currency, strlen(pricing.currency));

	/* Who may not write orders is told no more than what it could order. */
	ec_items_find(items, n, pricing.tenant_id, !trusted);
	ec_price_items(&pricing, items, n);
	ec_price_check_expected(items, n);
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_item((ReturnSetInfo *) fcinfo->resultinfo, &items[i], i + 1, pricing.currency,
				 minor_units);
	}
	ec_end();
	return (Datum) 0;
}
