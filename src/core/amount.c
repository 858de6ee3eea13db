/*
 * amount.c
 *	  Decimal numbers and amounts of money on 128-bit integers.
 *
 * Rounding is half away from zero everywhere, so that a credit note mirrors
 * its invoice: round(-x) = -round(x).
 */
#include "core/amount.h"

const long long ec_powers_of_ten[] = {
	1LL, 10LL, 100LL, 1000LL, 10000LL, 100000LL, 1000000LL, 10000000LL,
	100000000LL, 1000000000LL, 10000000000LL, 100000000000LL,
	1000000000000LL, 10000000000000LL, 100000000000000LL,
	1000000000000000LL, 10000000000000000LL, 100000000000000000LL,
	1000000000000000000LL
};

/* 10^exponent, for 0 <= exponent <= 2 * EC_MAX_SCALE */
ec_int128
ec_power_of_ten(int exponent)
{
	if (exponent <= EC_MAX_SCALE)
		return ec_powers_of_ten[exponent];
	return (ec_int128) ec_powers_of_ten[EC_MAX_SCALE] *
		ec_powers_of_ten[exponent - EC_MAX_SCALE];
}

/* a * b; false when it overflows */
bool
ec_multiply(ec_int128 a, ec_int128 b, ec_int128 *result)
{
	/* Of two 64-bit numbers it cannot; checking costs several times as much. */
	if (a == (long long) a && b == (long long) b)
	{
		*result = (ec_int128) (long long) a * (long long) b;
		return true;
	}
	return !__builtin_mul_overflow(a, b, result);
}

/* a + b; false when it overflows */
bool
ec_add(ec_int128 a, ec_int128 b, ec_int128 *result)
{
	return !__builtin_add_overflow(a, b, result);
}

/* numerator / denominator, rounded half away from zero; denominator > 0 */
ec_int128
ec_divide_round(ec_int128 numerator, ec_int128 denominator)
{
	ec_int128	quotient;
	ec_int128	remainder;

	/* 64-bit division is several times faster, and nearly always enough. */
	if (numerator == (long long) numerator &&
		denominator == (long long) denominator)
	{
		long long	n = (long long) numerator;
		long long	d = (long long) denominator;

		quotient = n / d;
		remainder = n % d;
	}
	else
	{
		quotient = numerator / denominator;
		remainder = numerator % denominator;
	}
	if (remainder < 0)
		return -remainder >= denominator + remainder ? quotient - 1 : quotient;
	return remainder >= denominator - remainder ? quotient + 1 : quotient;
}

/* Is the amount one that an order may hold? */
bool
ec_in_range(ec_int128 amount)
{
	return amount > -EC_AMOUNT_LIMIT && amount < EC_AMOUNT_LIMIT;
}

/* A whole number as a decimal. */
EcDecimal
ec_decimal_of(ec_int128 value)
{
	EcDecimal	result = {value, 0};

	return result;
}

/* The same number without zeros at the end of its fraction. */
EcDecimal
ec_decimal_normalize(EcDecimal d)
{
	while (d.scale > 0 && d.value % 10 == 0)
	{
		d.value /= 10;
		d.scale--;
	}
	return d;
}

/* Do two normalized decimals have the same value? */
bool
ec_decimal_equal(EcDecimal a, EcDecimal b)
{
	return a.value == b.value && a.scale == b.scale;
}

/* d rounded to an integer count of 10^-scale; false when it overflows */
bool
ec_decimal_round(EcDecimal d, int scale, ec_int128 *result)
{
	if (d.scale <= scale)
		return ec_multiply(d.value, ec_power_of_ten(scale - d.scale), result);
	*result = ec_divide_round(d.value, ec_power_of_ten(d.scale - scale));
	return true;
}

/*
 * round(a * b / per) to an integer count of 10^-scale, rounded once; per > 0.
 * False when it overflows.
 */
bool
ec_product_round(EcDecimal a, EcDecimal b, EcDecimal per, int scale,
				 ec_int128 *result)
{
	int			shift = scale + per.scale - a.scale - b.scale;
	ec_int128	product;
	ec_int128	divisor = per.value;

	if (!ec_multiply(a.value, b.value, &product))
		return false;
	if (shift >= 0)
	{
		if (!ec_multiply(product, ec_power_of_ten(shift), &product))
			return false;
	}
	else if (!ec_multiply(divisor, ec_power_of_ten(-shift), &divisor))
		return false;
	*result = ec_divide_round(product, divisor);
	return true;
}

/*
 * Parse [+-]digits[.digits], without exponent or white space.  Zeros at the
 * end of the fraction do not count against EC_MAX_SCALE.
 */
EcParseResult
ec_decimal_parse(const char *text, size_t length, EcDecimal *result)
{
	size_t		i = 0;
	bool		negative = false;
	bool		digits = false;
	bool		fraction = false;
	size_t		zeros = 0;		/* zeros read, but not yet in the value */
	EcParseResult status = EC_PARSED;

	result->value = 0;
	result->scale = 0;
	if (i < length && (text[i] == '-' || text[i] == '+'))
		negative = text[i++] == '-';

	for (; i < length; i++)
	{
		if (text[i] == '.' && digits && !fraction)
		{
			fraction = true;
			digits = false;
		}
		else if (text[i] < '0' || text[i] > '9')
			return EC_MALFORMED;
		else
		{
			digits = true;
			if (fraction && text[i] == '0')
			{
				zeros++;
				continue;
			}
			if (fraction)
			{
				if (zeros >= EC_MAX_SCALE ||
					result->scale + (int) zeros + 1 > EC_MAX_SCALE)
				{
					status = EC_OUT_OF_RANGE;
					continue;
				}
				result->scale += (int) zeros + 1;
			}
			for (zeros++; zeros > 0; zeros--)
				if (!ec_multiply(result->value, 10, &result->value))
					status = EC_OUT_OF_RANGE;
			if (!ec_add(result->value, text[i] - '0', &result->value))
				status = EC_OUT_OF_RANGE;
		}
	}
	if (!digits)
		return EC_MALFORMED;
	if (negative && status == EC_PARSED)
		result->value = -result->value;
	return status;
}

/*
 * Write d with all the digits of its scale into buffer, which has room for
 * EC_DECIMAL_TEXT bytes; returns the length.
 */
size_t
ec_decimal_format(EcDecimal d, char *buffer)
{
	char		reversed[EC_DECIMAL_TEXT];
	size_t		n = 0;
	size_t		length = 0;
	ec_uint128	rest = d.value < 0 ? -(ec_uint128) d.value : (ec_uint128) d.value;

	for (int digit = 0; rest > 0 || digit <= d.scale; digit++)
	{
		if (digit == d.scale && d.scale > 0)
			reversed[n++] = '.';
		reversed[n++] = (char) ('0' + (int) (rest % 10));
		rest /= 10;
	}
	if (d.value < 0)
		buffer[length++] = '-';
	while (n > 0)
		buffer[length++] = reversed[--n];
	buffer[length] = '\0';
	return length;
}
