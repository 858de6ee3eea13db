/*
 * invoice.c
 *	  Prices and VAT of documents, as EN 16931 wants them.
 */
#include "core/invoice.h"

/* Does a price of base units bring so many units to an amount, to less than half a cent? */
static bool
brings_to(EcDecimal price, EcDecimal units, EcDecimal base, EcDecimal amount, int decimals,
		  bool *near)
{
	ec_int128	found;
	ec_int128	wanted;
	ec_int128	unit;
	ec_int128	difference;
	int			scale = price.scale + units.scale;
	int			wanted_scale = amount.scale + base.scale;
	int			common = scale > wanted_scale ? scale : wanted_scale;

	/* |units * price - amount * base| * 2 < base / 10^decimals, by 10^common */
	if (!ec_multiply(price.value, units.value, &found) ||
		!ec_multiply(found, ec_power_of_ten(common - scale), &found) ||
		!ec_multiply(amount.value, base.value, &wanted) ||
		!ec_multiply(wanted, ec_power_of_ten(common - wanted_scale), &wanted) ||
		__builtin_sub_overflow(found, wanted, &difference) ||
		!ec_multiply(difference, 2, &difference) ||
		!ec_multiply(difference, ec_power_of_ten(decimals), &difference) ||
		!ec_multiply(base.value, ec_power_of_ten(common - base.scale), &unit))
		return false;
	*near = difference < unit && difference > -unit;
	return true;
}

/*
 * A net price of base units at which units come to an amount, to half a cent or half a
 * minor unit, whichever is less.  It is the listed price, if there is one that does, or
 * else one of as few decimals as will do: 8.063 is a third of 24.19, rounded.  False if
 * there is none, or it overflows; base and units are above zero.
 */
bool
ec_price_of(EcDecimal amount, EcDecimal units, EcDecimal base, const EcDecimal *listed,
			int minor_units, EcDecimal *price)
{
	int			decimals = minor_units > 2 ? minor_units : 2;
	bool		near = false;

	if (listed != NULL)
	{
		*price = *listed;
		if (!brings_to(*price, units, base, amount, decimals, &near))
			return false;
	}
	for (int scale = 0; !near; scale++)
	{
		price->scale = scale;
		if (scale > EC_MAX_PRICE_SCALE ||
			!ec_product_round(amount, base, units, scale, &price->value) ||
			!brings_to(*price, units, base, amount, decimals, &near))
			return false;
	}
	*price = ec_decimal_normalize(*price);
	if (price->scale < minor_units)
	{
		if (!ec_decimal_round(*price, minor_units, &price->value))
			return false;
		price->scale = minor_units;
	}
	return true;
}

/*
 * The VAT of a category and rate of a document: what is wanted, if that is not below zero
 * and less than 1 from the rate (BR-CO-17), else what is nearest to it.  All in minor
 * units; false if it overflows.
 */
bool
ec_vat_near(ec_int128 taxable, EcDecimal rate, ec_int128 wanted, int minor_units, ec_int128 *vat)
{
	ec_int128	divisor = 100 * ec_power_of_ten(rate.scale);
	ec_int128	one = ec_power_of_ten(minor_units) * divisor;
	ec_int128	exact;
	ec_int128	difference;
	ec_int128	limit;

	*vat = wanted > 0 ? wanted : 0;
	if (!ec_multiply(taxable, rate.value, &exact) ||
		!ec_multiply(*vat, divisor, &difference) ||
		__builtin_sub_overflow(difference, exact, &difference))
		return false;
	if (difference < one && difference > -one)
		return true;
	if (__builtin_add_overflow(exact, difference > 0 ? one : -one, &limit))
		return false;
	*vat = limit / divisor;
	/* Division cuts towards zero: the limit itself is no more allowed. */
	if (difference > 0)
		*vat -= limit % divisor > 0 ? 0 : 1;
	else
		*vat += limit % divisor < 0 ? 0 : 1;
	return true;
}
