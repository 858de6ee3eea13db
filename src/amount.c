/*
 * amount.c
 *	  SQL functions of amounts of money and the VAT in them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "pg_compat.h"

#include "core/currency.h"
#include "core/vat.h"
#include "ecommerce.h"
#include "value/arguments.h"
#include "value/numeric_codec.h"

/* The minor units of a currency, which must be known. */
int
ec_currency_check(const char *code, size_t length)
{
	int			minor_units = ec_currency_minor_units(code, length);

	if (minor_units < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown currency \"%.*s\"",
						pg_mbcliplen(code, (int) length, 20), code),
				 errhint("Use an ISO 4217 code in capitals, such as EUR.")));
	return minor_units;
}

/* The minor units of the currency in argument n. */
static int
currency_argument(FunctionCallInfo fcinfo, int n)
{
	text	   *code = PG_GETARG_TEXT_PP(n);

	return ec_currency_check(VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code));
}

/* Refuse what has too many digits. */
void
ec_amount_out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("amount is out of range")));
}

/* Refuse a result that could not be computed, or has too many digits. */
static void
check_amount(bool computed, const ec_int128 *amount)
{
	if (!computed || !ec_in_range(*amount))
		ec_amount_out_of_range();
}

/* The VAT rate in argument n, in percent. */
static EcDecimal
rate_argument(FunctionCallInfo fcinfo, int n)
{
	EcDecimal	rate = ec_numeric_decode(PG_GETARG_DATUM(n), "VAT rate");

	if (!ec_rate_valid(rate))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("VAT rate is out of range"),
				 errdetail("It must lie between 0 and 100 percent, with at most %d decimals.",
						   EC_MAX_RATE_SCALE)));
	return rate;
}

/* Arguments (amount, rate, currency): the rounded amount and the VAT. */
static void
vat_arguments(FunctionCallInfo fcinfo, EcPrices prices, const char *what,
			  int *minor_units, ec_int128 *amount, ec_int128 *vat)
{
	EcDecimal	d = ec_numeric_decode(PG_GETARG_DATUM(0), what);
	EcDecimal	rate = rate_argument(fcinfo, 1);

	*minor_units = currency_argument(fcinfo, 2);
	check_amount(ec_decimal_round(d, *minor_units, amount), amount);
	check_amount(ec_vat_of(*amount, rate, prices, vat), vat);
}

PG_FUNCTION_INFO_V1(ec_round_amount);

/* round_amount(amount numeric, currency text) -> numeric */
Datum
ec_round_amount(PG_FUNCTION_ARGS)
{
	EcDecimal	d;
	int			minor_units;
	ec_int128	amount;

	EC_STRICT(fcinfo);
	d = ec_numeric_decode(PG_GETARG_DATUM(0), "amount");
	minor_units = currency_argument(fcinfo, 1);
	check_amount(ec_decimal_round(d, minor_units, &amount), &amount);
	PG_RETURN_DATUM(EcAmountGetDatum(amount, minor_units));
}

PG_FUNCTION_INFO_V1(ec_vat_amount);

/* vat_amount(net numeric, rate numeric, currency text) -> numeric */
Datum
ec_vat_amount(PG_FUNCTION_ARGS)
{
	int			minor_units;
	ec_int128	net;
	ec_int128	vat;

	EC_STRICT(fcinfo);
	vat_arguments(fcinfo, EC_NET, "net amount", &minor_units, &net, &vat);
	PG_RETURN_DATUM(EcAmountGetDatum(vat, minor_units));
}

PG_FUNCTION_INFO_V1(ec_net_from_gross);

/* net_from_gross(gross numeric, rate numeric, currency text) -> numeric */
Datum
ec_net_from_gross(PG_FUNCTION_ARGS)
{
	int			minor_units;
	ec_int128	gross;
	ec_int128	vat;

	EC_STRICT(fcinfo);
	vat_arguments(fcinfo, EC_GROSS, "gross amount", &minor_units, &gross, &vat);
	PG_RETURN_DATUM(EcAmountGetDatum(gross - vat, minor_units));
}

PG_FUNCTION_INFO_V1(ec_gross_from_net);

/* gross_from_net(net numeric, rate numeric, currency text) -> numeric */
Datum
ec_gross_from_net(PG_FUNCTION_ARGS)
{
	int			minor_units;
	ec_int128	net;
	ec_int128	vat;
	ec_int128	gross;

	EC_STRICT(fcinfo);
	vat_arguments(fcinfo, EC_NET, "net amount", &minor_units, &net, &vat);
	gross = net + vat;
	check_amount(true, &gross);
	PG_RETURN_DATUM(EcAmountGetDatum(gross, minor_units));
}

/* The weights in an array of n numerics, all to one scale. */
static ec_int128 *
read_weights(const Datum *elements, const bool *nulls, int n)
{
	EcDecimal  *decimals = palloc_array(EcDecimal, (size_t) n);
	ec_int128  *weights = palloc_array(ec_int128, (size_t) n);
	int			scale = 0;

	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("weights must not be NULL")));
		decimals[i] = ec_numeric_decode(elements[i], "weight");
		scale = Max(scale, decimals[i].scale);
	}
	for (int i = 0; i < n; i++)
		if (!ec_decimal_round(decimals[i], scale, &weights[i]))
			ec_amount_out_of_range();
	return weights;
}

/* Refuse weights among which an amount cannot be divided. */
static void
check_allocated(EcAllocateResult result)
{
	switch (result)
	{
		case EC_ALLOCATED:
			break;
		case EC_ALLOCATE_NO_WEIGHT:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("an amount cannot be divided among weights that are all zero")));
			break;
		case EC_ALLOCATE_NEGATIVE:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("weights must not be negative")));
			break;
		case EC_ALLOCATE_OVERFLOW:
			ec_amount_out_of_range();
	}
}

PG_FUNCTION_INFO_V1(ec_allocate_amount);

/* allocate_amount(total numeric, weights numeric[], currency text) -> numeric[] */
Datum
ec_allocate_amount(PG_FUNCTION_ARGS)
{
	ArrayType  *array;
	int			minor_units;
	ec_int128	total;
	ec_int128  *weights;
	ec_int128  *shares;
	EcShare    *scratch;
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	EC_STRICT(fcinfo);
	array = PG_GETARG_ARRAYTYPE_P(1);
	minor_units = currency_argument(fcinfo, 2);
	total = ec_amount_decode(PG_GETARG_DATUM(0), minor_units, "total");
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("weights must be a one-dimensional array")));
	deconstruct_array(array, NUMERICOID, -1, false, TYPALIGN_INT,
					  &elements, &nulls, &n);
	weights = read_weights(elements, nulls, n);
	shares = palloc_array(ec_int128, (size_t) n);
	scratch = palloc_array(EcShare, (size_t) n);
	check_allocated(ec_allocate(total, weights, (size_t) n, shares, scratch));
	for (int i = 0; i < n; i++)
		elements[i] = EcAmountGetDatum(shares[i], minor_units);
	PG_RETURN_ARRAYTYPE_P(construct_array(elements, n, NUMERICOID, -1, false,
										  TYPALIGN_INT));
}

/* Arguments of refund_amount */
enum
{
	REFUND_AMOUNT,
	REFUND_QUANTITY,
	REFUND_RETURNED_BEFORE,
	REFUND_RETURNED_NOW,
	REFUND_CURRENCY
};

/*
 * Refuse quantities that do not satisfy 0 < quantity, 0 <= before, 0 <= now
 * and before + now <= quantity.
 */
static void
check_quantities(EcDecimal quantity, EcDecimal before, EcDecimal now)
{
	int			scale = Max(quantity.scale, Max(before.scale, now.scale));
	ec_int128	sold;
	ec_int128	returned;
	ec_int128	returning;

	if (!ec_decimal_round(quantity, scale, &sold) ||
		!ec_decimal_round(before, scale, &returned) ||
		!ec_decimal_round(now, scale, &returning))
		ec_amount_out_of_range();
	if (sold <= 0 || returned < 0 || returning < 0 || returned > sold ||
		returning > sold - returned)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("more is returned than was sold"),
				 errdetail("Quantities must not be negative, and what is returned at most "
						   "the quantity, which is above zero.")));
}

PG_FUNCTION_INFO_V1(ec_refund_amount);

/* refund_amount(amount, quantity, returned_before, returned_now, currency) */
Datum
ec_refund_amount(PG_FUNCTION_ARGS)
{
	int			minor_units;
	ec_int128	amount;
	EcDecimal	quantity;
	EcDecimal	before;
	EcDecimal	now;
	ec_int128	share;

	EC_STRICT(fcinfo);
	minor_units = currency_argument(fcinfo, REFUND_CURRENCY);
	amount = ec_amount_decode(PG_GETARG_DATUM(REFUND_AMOUNT), minor_units, "amount");
	quantity = ec_numeric_decode(PG_GETARG_DATUM(REFUND_QUANTITY), "quantity");
	before = ec_numeric_decode(PG_GETARG_DATUM(REFUND_RETURNED_BEFORE),
							   "returned_before");
	now = ec_numeric_decode(PG_GETARG_DATUM(REFUND_RETURNED_NOW), "returned_now");
	check_quantities(quantity, before, now);
	check_amount(ec_refund_share(amount, quantity, before, now, &share), &share);
	PG_RETURN_DATUM(EcAmountGetDatum(share, minor_units));
}
