/*
 * totals.c
 *	  The aggregate order_totals: exact totals of lines, as fast as they can be
 *	  read.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "pg_compat.h"

#include "core/vat.h"
#include "ecommerce.h"
#include "totals_breakdown.h"
#include "totals_document.h"
#include "value/arguments.h"
#include "value/numeric_codec.h"
#include "value/result.h"

/* What one VAT rate sums to, in the prices of the lines */
typedef struct RateSum
{
	ec_int128	amount;
	int32		rate;			/* percent * 10^EC_MAX_RATE_SCALE */
} RateSum;

/* State of an aggregate; small, because there may be one for each order */
typedef struct TotalsState
{
	uint8		prices;			/* an EcPrices */
	uint8		minor_units;
	uint8		nrates;
	uint8		capacity;
	char		currency[4];
	RateSum		rates[FLEXIBLE_ARRAY_MEMBER];
} TotalsState;

/* Rates that there is room for at first, in 128 bytes */
#define INITIAL_RATES 5

#define STATE_SIZE(nrates) \
	(offsetof(TotalsState, rates) + sizeof(RateSum) * (Size) (nrates))

/* Make an empty state in the aggregate's memory. */
static TotalsState *
make_state(MemoryContext context, int capacity)
{
	TotalsState *state;

	/* It grows by doubling, so it must not begin with nothing. */
	Assert(capacity > 0 && capacity <= EC_MAX_GROUPS);
	state = MemoryContextAlloc(context, STATE_SIZE(capacity));
	memset(state, 0, offsetof(TotalsState, rates));
	state->capacity = (uint8) capacity;
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

/* Add an amount to its rate.  The state may have to move. */
static TotalsState *
add_amount(TotalsState *state, int32 rate, ec_int128 amount)
{
	int			i;

	Assert(state->nrates <= state->capacity);
	for (i = 0; i < state->nrates; i++)
		if (state->rates[i].rate == rate)
			break;
	if (i == state->nrates)
	{
		if (i == EC_MAX_GROUPS)
			ec_totals_error(EC_TOTALS_TOO_MANY_RATES);
		if (i == state->capacity)
		{
			state = repalloc(state, STATE_SIZE(2 * i));
			state->capacity = (uint8) (2 * i);
		}
		state->rates[i].rate = rate;
		state->rates[i].amount = 0;
		state->nrates++;
	}
	if (!ec_add(state->rates[i].amount, amount, &state->rates[i].amount))
		ec_totals_error(EC_TOTALS_OVERFLOW);
	return state;
}

/* Refuse lines that cannot be totalled together. */
pg_noreturn static void
refuse_mixture(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("lines of different currencies or kinds of prices cannot be totalled together"),
			 errhint("Group by currency and prices.")));
}

/* Take the currency from the first row. */
static void
set_currency(TotalsState *state, text *currency)
{
	state->minor_units = (uint8) ec_currency_check(VARDATA_ANY(currency),
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

/* How many units a price is for */
static EcDecimal
read_base(Datum value)
{
	EcDecimal	base_quantity = ec_numeric_decode(value, "base quantity");

	if (base_quantity.value <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("base_quantity must be above zero")));
	return base_quantity;
}

/* The amount and the rate of a line */
static void
read_line(Datum quantity, Datum unit_price, EcDecimal base_quantity, Datum vat_rate,
		  int minor_units, ec_int128 *amount, int32 *rate)
{
	EcLine		line;

	line.rate = ec_numeric_decode(vat_rate, "VAT rate");
	if (!ec_rate_valid(line.rate))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("VAT rate is out of range")));
	ec_line_amount(&line,
				   ec_numeric_decode(quantity, "quantity"),
				   ec_numeric_decode(unit_price, "unit price"),
				   base_quantity, minor_units);
	*amount = line.amount;
	*rate = (int32) (line.rate.value *
					 ec_power_of_ten(EC_MAX_RATE_SCALE - line.rate.scale));
}

/* The same of numbers that are short, as most are; false if these are not. */
static inline bool
read_small_line(Datum quantity, Datum unit_price, Datum vat_rate,
				int minor_units, ec_int128 *amount, int32 *rate)
{
	EcSmall		q = ec_numeric_decode_small(quantity);
	EcSmall		p = ec_numeric_decode_small(unit_price);
	EcSmall		r = ec_numeric_decode_small(vat_rate);
	long long	product;

	if (q.scale < 0 || p.scale < 0 || r.scale < 0 ||
		r.scale > EC_MAX_RATE_SCALE || r.value < 0 ||
		r.value > 100 * ec_powers_of_ten[r.scale] ||
		!ec_small_product_round(q.value, p.value,
								q.scale + p.scale - minor_units, &product))
		return false;
	*amount = product;
	*rate = (int32) (r.value * ec_powers_of_ten[EC_MAX_RATE_SCALE - r.scale]);
	return true;
}

/* Arguments of order_totals_step */
enum
{
	STEP_STATE,
	STEP_QUANTITY,
	STEP_UNIT_PRICE,
	STEP_VAT_RATE,
	STEP_CURRENCY,
	STEP_PRICES,
	STEP_BASE_QUANTITY
};

PG_FUNCTION_INFO_V1(ec_order_totals_step);

/*
 * order_totals_step(state, quantity, unit_price, vat_rate [, currency [, prices
 * [, base_quantity]]])
 */
Datum
ec_order_totals_step(PG_FUNCTION_ARGS)
{
	TotalsState *state = PG_ARGISNULL(STEP_STATE) ? NULL
	: (TotalsState *) PG_GETARG_POINTER(STEP_STATE);
	Datum		quantity;
	Datum		unit_price;
	Datum		vat_rate;
	text	   *currency = NULL;
	EcPrices	prices = EC_NET;
	EcDecimal	base_quantity = ec_decimal_of(1);
	ec_int128	amount;
	int32		rate;

	for (int i = STEP_QUANTITY; i < PG_NARGS(); i++)
		if (PG_ARGISNULL(i))
		{
			if (state == NULL)
				PG_RETURN_NULL();
			PG_RETURN_POINTER(state);
		}

	quantity = PG_GETARG_DATUM(STEP_QUANTITY);
	unit_price = PG_GETARG_DATUM(STEP_UNIT_PRICE);
	vat_rate = PG_GETARG_DATUM(STEP_VAT_RATE);
	if (PG_NARGS() > STEP_CURRENCY)
		currency = PG_GETARG_TEXT_PP(STEP_CURRENCY);
	if (PG_NARGS() > STEP_PRICES)
		prices = parse_prices(PG_GETARG_TEXT_PP(STEP_PRICES));
	if (PG_NARGS() > STEP_BASE_QUANTITY)
		base_quantity = read_base(PG_GETARG_DATUM(STEP_BASE_QUANTITY));
	if (state == NULL)
	{
		state = make_state(aggregate_context(fcinfo), INITIAL_RATES);
		state->prices = (uint8) prices;
		if (currency != NULL)
			set_currency(state, currency);
		else
			state->minor_units = 2;
	}
	else if (prices != state->prices ||
			 (currency != NULL &&
			  (VARSIZE_ANY_EXHDR(currency) != 3 ||
			   memcmp(VARDATA_ANY(currency), state->currency, 3) != 0)))
		refuse_mixture();

	if (base_quantity.value != 1 || base_quantity.scale != 0 ||
		!read_small_line(quantity, unit_price, vat_rate, state->minor_units,
						 &amount, &rate))
		read_line(quantity, unit_price, base_quantity, vat_rate, state->minor_units,
				  &amount, &rate);
	PG_RETURN_POINTER(add_amount(state, rate, amount));
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
		state = make_state(context, other->nrates);
		state->prices = other->prices;
		state->minor_units = other->minor_units;
		memcpy(state->currency, other->currency, sizeof(state->currency));
	}
	else if (state->prices != other->prices ||
			 state->minor_units != other->minor_units ||
			 memcmp(state->currency, other->currency, sizeof(state->currency)) != 0)
		refuse_mixture();
	for (int i = 0; i < other->nrates; i++)
		state = add_amount(state, other->rates[i].rate, other->rates[i].amount);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(ec_order_totals_serialize);

/* order_totals_serialize(internal) -> bytea, for workers of the same server */
Datum
ec_order_totals_serialize(PG_FUNCTION_ARGS)
{
	TotalsState *state;
	Size		size;
	bytea	   *result;

	EC_STRICT(fcinfo);
	(void) aggregate_context(fcinfo);
	state = (TotalsState *) PG_GETARG_POINTER(0);
	size = STATE_SIZE(state->nrates);
	result = palloc(VARHDRSZ + size);
	SET_VARSIZE(result, VARHDRSZ + size);
	memcpy(VARDATA(result), state, size);
	PG_RETURN_BYTEA_P(result);
}

PG_FUNCTION_INFO_V1(ec_order_totals_deserialize);

/* order_totals_deserialize(bytea, internal) -> internal */
Datum
ec_order_totals_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *serialized;
	TotalsState *state;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	serialized = PG_GETARG_BYTEA_PP(0);
	state = palloc(VARSIZE_ANY_EXHDR(serialized));
	memcpy(state, VARDATA_ANY(serialized), VARSIZE_ANY_EXHDR(serialized));
	Assert(VARSIZE_ANY_EXHDR(serialized) == STATE_SIZE(state->nrates));
	state->capacity = state->nrates;
	PG_RETURN_POINTER(state);
}

/* Put the highest rate first.  There are few, and this runs for each order. */
static void
sort_rates(RateSum *rates, int n)
{
	for (int i = 1; i < n; i++)
	{
		RateSum		moved = rates[i];
		int			to = i;

		for (; to > 0 && rates[to - 1].rate < moved.rate; to--)
			rates[to] = rates[to - 1];
		rates[to] = moved;
	}
}

/* A rate as people write it */
static EcDecimal
rate_decimal(int32 rate)
{
	EcDecimal	result = {0, EC_MAX_RATE_SCALE};

	for (; result.scale > 0 && rate % 10 == 0; result.scale--)
		rate /= 10;
	result.value = rate;
	return result;
}

/* Attributes of order_total */
enum
{
	TOTAL_NET,
	TOTAL_VAT,
	TOTAL_GROSS,
	TOTAL_BREAKDOWN,
	TOTAL_COLUMNS
};

PG_FUNCTION_INFO_V1(ec_order_totals_final);

/* order_totals_final(internal) -> order_total */
Datum
ec_order_totals_final(PG_FUNCTION_ARGS)
{
	static const Oid types[TOTAL_COLUMNS] = {
		NUMERICOID, NUMERICOID, NUMERICOID, JSONBOID
	};
	TotalsState *state = PG_ARGISNULL(0) ? NULL
	: (TotalsState *) PG_GETARG_POINTER(0);
	TupleDesc	desc = fcinfo->flinfo->fn_extra;
	RateSum		rates[EC_MAX_GROUPS];
	EcRateTotal breakdown[EC_MAX_GROUPS];
	ec_int128	net = 0;
	ec_int128	vat = 0;
	Datum		values[TOTAL_COLUMNS];
	bool		nulls[TOTAL_COLUMNS] = {false};

	(void) aggregate_context(fcinfo);
	if (state == NULL)
		PG_RETURN_NULL();
	if (desc == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		desc = ec_result_desc(fcinfo, types, TOTAL_COLUMNS);
		fcinfo->flinfo->fn_extra = desc;
		MemoryContextSwitchTo(old);
	}

	/* A window aggregate goes on with its state, so leave that as it is. */
	memcpy(rates, state->rates, sizeof(RateSum) * (Size) state->nrates);
	sort_rates(rates, state->nrates);
	for (int i = 0; i < state->nrates; i++)
	{
		EcRateTotal *total = &breakdown[i];

		total->rate = rate_decimal(rates[i].rate);
		total->taxable = rates[i].amount;
		if (!ec_in_range(total->taxable) ||
			!ec_vat_of(total->taxable, total->rate, state->prices, &total->tax))
			ec_totals_error(EC_TOTALS_OVERFLOW);
		if (state->prices == EC_GROSS)
			total->taxable -= total->tax;
		net += total->taxable;
		vat += total->tax;
	}
	values[TOTAL_NET] = EcAmountGetDatum(net, state->minor_units);
	values[TOTAL_VAT] = EcAmountGetDatum(vat, state->minor_units);
	values[TOTAL_GROSS] = EcAmountGetDatum(net + vat, state->minor_units);
	values[TOTAL_BREAKDOWN] = JsonbPGetDatum(ec_breakdown(breakdown, state->nrates,
														  state->minor_units));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}
