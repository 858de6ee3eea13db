/*
 * totals.c
 *	  The aggregate order_totals: exact totals of lines, as fast as they can be
 *	  read.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "pg_compat.h"

#include "core/vat.h"
#include "document.h"
#include "ecommerce.h"
#include "json.h"
#include "numeric_codec.h"

/* What one VAT rate sums to, in the prices of the lines */
typedef struct RateSum
{
	EcDecimal	rate;
	ec_int128	amount;
} RateSum;

/* State of an aggregate; small, because there may be one for each order */
typedef struct TotalsState
{
	EcPrices	prices;
	int			minor_units;
	char		currency[4];
	int			nrates;
	int			capacity;
	RateSum    *rates;
} TotalsState;

/* Make an empty state in the aggregate's memory. */
static TotalsState *
make_state(MemoryContext context, int capacity)
{
	TotalsState *state = MemoryContextAllocZero(context, sizeof(TotalsState));

	state->capacity = capacity;
	state->rates = MemoryContextAlloc(context, sizeof(RateSum) * (Size) capacity);
	return state;
}

/* The memory of the aggregate that calls. */
static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("function called outside of an aggregate")));
	return context;
}

/* Add an amount to its rate. */
static void
add_amount(TotalsState *state, EcDecimal rate, ec_int128 amount)
{
	RateSum    *sum;
	int			i;

	for (i = 0; i < state->nrates; i++)
		if (ec_decimal_equal(state->rates[i].rate, rate))
			break;
	sum = &state->rates[i];
	if (i == state->nrates)
	{
		if (i == EC_MAX_GROUPS)
			ec_totals_error(EC_TOTALS_TOO_MANY_RATES);
		if (i == state->capacity)
		{
			state->capacity *= 2;
			state->rates = repalloc(state->rates,
									sizeof(RateSum) * (Size) state->capacity);
			sum = &state->rates[i];
		}
		sum->rate = rate;
		sum->amount = 0;
		state->nrates++;
	}
	if (!ec_add(sum->amount, amount, &sum->amount))
		ec_totals_error(EC_TOTALS_OVERFLOW);
}

/* Take the currency and the kind of prices from the first row. */
static void
set_currency(TotalsState *state, text *currency)
{
	state->minor_units = ec_currency_check(VARDATA_ANY(currency),
										   VARSIZE_ANY_EXHDR(currency));
	memcpy(state->currency, VARDATA_ANY(currency), 3);
}

/* "net" or "gross" */
static EcPrices
parse_prices(text *prices)
{
	Size		length = VARSIZE_ANY_EXHDR(prices);

	if (length == 3 && memcmp(VARDATA_ANY(prices), "net", 3) == 0)
		return EC_NET;
	if (length != 5 || memcmp(VARDATA_ANY(prices), "gross", 5) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown kind of prices"),
				 errhint("Use 'net' or 'gross'.")));
	return EC_GROSS;
}

PG_FUNCTION_INFO_V1(ec_order_totals_step);

/* order_totals_step(state, quantity, unit_price, vat_rate [, currency [, prices]]) */
Datum
ec_order_totals_step(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	TotalsState *state = PG_ARGISNULL(0) ? NULL
	: (TotalsState *) PG_GETARG_POINTER(0);
	text	   *currency = NULL;
	EcPrices	prices = EC_NET;
	EcLine		line;

	for (int i = 1; i < PG_NARGS(); i++)
		if (PG_ARGISNULL(i))
		{
			if (state == NULL)
				PG_RETURN_NULL();
			PG_RETURN_POINTER(state);
		}

	if (PG_NARGS() > 4)
		currency = PG_GETARG_TEXT_PP(4);
	if (PG_NARGS() > 5)
		prices = parse_prices(PG_GETARG_TEXT_PP(5));
	if (state == NULL)
	{
		state = make_state(context, 2);
		state->prices = prices;
		if (currency != NULL)
			set_currency(state, currency);
		else
			state->minor_units = 2;
	}
	else if (prices != state->prices ||
			 (currency != NULL &&
			  (VARSIZE_ANY_EXHDR(currency) != 3 ||
			   memcmp(VARDATA_ANY(currency), state->currency, 3) != 0)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lines of different currencies or kinds of prices cannot be totalled together"),
				 errhint("Group by currency and prices.")));

	line.rate = ec_numeric_decode(PG_GETARG_DATUM(3), "VAT rate");
	if (!ec_rate_valid(line.rate))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("VAT rate is out of range")));
	ec_line_amount(&line,
				   ec_numeric_decode(PG_GETARG_DATUM(1), "quantity"),
				   ec_numeric_decode(PG_GETARG_DATUM(2), "unit price"),
				   ec_decimal_of(1), state->minor_units);
	add_amount(state, line.rate, line.amount);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(ec_order_totals_combine);

/* order_totals_combine(internal, internal) -> internal */
Datum
ec_order_totals_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	TotalsState *state = PG_ARGISNULL(0) ? NULL
	: (TotalsState *) PG_GETARG_POINTER(0);
	TotalsState *other = PG_ARGISNULL(1) ? NULL
	: (TotalsState *) PG_GETARG_POINTER(1);

	if (other == NULL)
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	if (state == NULL)
	{
		state = make_state(context, other->capacity);
		state->prices = other->prices;
		state->minor_units = other->minor_units;
		memcpy(state->currency, other->currency, sizeof(state->currency));
	}
	else if (state->prices != other->prices ||
			 state->minor_units != other->minor_units ||
			 memcmp(state->currency, other->currency, sizeof(state->currency)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lines of different currencies or kinds of prices cannot be totalled together"),
				 errhint("Group by currency and prices.")));
	for (int i = 0; i < other->nrates; i++)
		add_amount(state, other->rates[i].rate, other->rates[i].amount);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(ec_order_totals_serialize);

/* order_totals_serialize(internal) -> bytea, for workers of the same server */
Datum
ec_order_totals_serialize(PG_FUNCTION_ARGS)
{
	TotalsState *state = (TotalsState *) PG_GETARG_POINTER(0);
	Size		rates = sizeof(RateSum) * (Size) state->nrates;
	bytea	   *result = palloc(VARHDRSZ + sizeof(TotalsState) + rates);

	SET_VARSIZE(result, VARHDRSZ + sizeof(TotalsState) + rates);
	memcpy(VARDATA(result), state, sizeof(TotalsState));
	memcpy(VARDATA(result) + sizeof(TotalsState), state->rates, rates);
	PG_RETURN_BYTEA_P(result);
}

PG_FUNCTION_INFO_V1(ec_order_totals_deserialize);

/* order_totals_deserialize(bytea, internal) -> internal */
Datum
ec_order_totals_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *serialized = PG_GETARG_BYTEA_PP(0);
	TotalsState *state;

	(void) aggregate_context(fcinfo);
	state = palloc(sizeof(TotalsState));
	memcpy(state, VARDATA_ANY(serialized), sizeof(TotalsState));
	state->capacity = Max(state->nrates, 1);
	state->rates = palloc(sizeof(RateSum) * (Size) state->capacity);
	memcpy(state->rates, VARDATA_ANY(serialized) + sizeof(TotalsState),
		   sizeof(RateSum) * (Size) state->nrates);
	PG_RETURN_POINTER(state);
}

/* A rate as a whole number, to compare it with others. */
static ec_int128
rate_key(EcDecimal rate)
{
	return rate.value * ec_power_of_ten(EC_MAX_RATE_SCALE - rate.scale);
}

/* Put the highest rate first.  There are few, and this runs for each order. */
static void
sort_rates(RateSum *rates, int n)
{
	for (int i = 1; i < n; i++)
	{
		RateSum		moved = rates[i];
		ec_int128	key = rate_key(moved.rate);
		int			place = i;

		for (; place > 0 && rate_key(rates[place - 1].rate) < key; place--)
			rates[place] = rates[place - 1];
		rates[place] = moved;
	}
}

PG_FUNCTION_INFO_V1(ec_order_totals_final);

/* order_totals_final(internal) -> order_total */
Datum
ec_order_totals_final(PG_FUNCTION_ARGS)
{
	TotalsState *state = PG_ARGISNULL(0) ? NULL
	: (TotalsState *) PG_GETARG_POINTER(0);
	TupleDesc	desc = fcinfo->flinfo->fn_extra;
	RateSum    *rates;
	JsonbParseState *breakdown = NULL;
	ec_int128	net = 0;
	ec_int128	vat = 0;
	Datum		values[4];
	bool		nulls[4] = {false};

	if (state == NULL)
		PG_RETURN_NULL();
	if (desc == NULL)
	{
		MemoryContext old;

		if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		desc = BlessTupleDesc(CreateTupleDescCopy(desc));
		fcinfo->flinfo->fn_extra = desc;
		MemoryContextSwitchTo(old);
	}

	/* A window aggregate goes on with its state, so leave that as it is. */
	rates = palloc_array(RateSum, (size_t) state->nrates);
	memcpy(rates, state->rates, sizeof(RateSum) * (Size) state->nrates);
	sort_rates(rates, state->nrates);
	(void) pushJsonbValue(&breakdown, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < state->nrates; i++)
	{
		ec_int128	rate_net = rates[i].amount;
		ec_int128	rate_vat;

		if (!ec_in_range(rates[i].amount) ||
			!ec_vat_of(rates[i].amount, rates[i].rate, state->prices, &rate_vat))
			ec_totals_error(EC_TOTALS_OVERFLOW);
		if (state->prices == EC_GROSS)
			rate_net -= rate_vat;
		net += rate_net;
		vat += rate_vat;
		(void) pushJsonbValue(&breakdown, WJB_BEGIN_OBJECT, NULL);
		ec_json_push_amount(&breakdown, "rate", rates[i].rate.value,
							rates[i].rate.scale);
		ec_json_push_amount(&breakdown, "taxable", rate_net, state->minor_units);
		ec_json_push_amount(&breakdown, "tax", rate_vat, state->minor_units);
		(void) pushJsonbValue(&breakdown, WJB_END_OBJECT, NULL);
	}
	values[0] = EcAmountGetDatum(net, state->minor_units);
	values[1] = EcAmountGetDatum(vat, state->minor_units);
	values[2] = EcAmountGetDatum(net + vat, state->minor_units);
	values[3] = JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&breakdown,
																WJB_END_ARRAY,
																NULL)));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}
