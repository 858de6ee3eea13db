/*
 * numeric_codec.c
 *	  Numeric <-> decimals and amounts, without text.
 *
 * PostgreSQL keeps the layout of numeric to itself (numeric.c), but it is the
 * on-disk format and has not changed since 9.1: a header of two or four bytes,
 * then digits to the base of 10000.  Reading it in place makes an aggregate
 * over millions of lines several times faster than numeric_out would.
 */
#include "postgres.h"

#include "pg_compat.h"

#include "numeric_codec.h"

#define NBASE 10000
#define DEC_DIGITS 4

#define SIGN_MASK 0xC000
#define SIGN_NEGATIVE 0x4000
#define SIGN_SHORT 0x8000
#define SIGN_SPECIAL 0xC000
#define SHORT_SIGN 0x2000
#define SHORT_DSCALE_SHIFT 7
#define SHORT_WEIGHT_SIGN 0x0040
#define SHORT_WEIGHT_MASK 0x003F

/* Digits of an int128 (39) that no NBASE boundary splits, and a header */
#define MAX_NDIGITS 11

/* Refuse NaN, Infinity, and what no price or quantity needs. */
static void
out_of_range(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("%s is out of range", what),
			 errdetail("It must be a finite number of at most %d decimals.",
					   EC_MAX_SCALE)));
}

/* Read the n-th digit of a numeric, which may be unaligned. */
static inline int
digit_at(const char *digits, int n)
{
	int16		digit;

	memcpy(&digit, digits + n * (int) sizeof(int16), sizeof(int16));
	return digit;
}

/*
 * The normalized decimal of a numeric; "what" names it in an error.
 *
 * Only a value that is toasted out of line or compressed is copied, so nothing
 * is allocated for the rows of a table.
 */
EcDecimal
ec_numeric_decode(Datum value, const char *what)
{
	struct varlena *packed = PG_DETOAST_DATUM_PACKED(value);
	const char *data = VARDATA_ANY(packed);
	int			size = (int) VARSIZE_ANY_EXHDR(packed);
	uint16		header;
	bool		negative;
	int			weight;
	int			ndigits;
	EcDecimal	result = {0, 0};
	int			scale;

	memcpy(&header, data, sizeof(header));
	if ((header & SIGN_MASK) == SIGN_SPECIAL)
		out_of_range(what);
	if ((header & SIGN_MASK) == SIGN_SHORT)
	{
		negative = (header & SHORT_SIGN) != 0;
		weight = header & SHORT_WEIGHT_MASK;
		if (header & SHORT_WEIGHT_SIGN)
			weight |= ~SHORT_WEIGHT_MASK;
		data += sizeof(uint16);
		size -= (int) sizeof(uint16);
	}
	else
	{
		int16		long_weight;

		negative = (header & SIGN_MASK) == SIGN_NEGATIVE;
		memcpy(&long_weight, data + sizeof(uint16), sizeof(int16));
		weight = long_weight;
		data += 2 * sizeof(uint16);
		size -= 2 * (int) sizeof(uint16);
	}
	ndigits = size / (int) sizeof(int16);
	if (ndigits == 0)
		return result;

	/* 11 digits may overflow an int128, 12 always do. */
	if (weight + 1 > MAX_NDIGITS || ndigits > MAX_NDIGITS)
		out_of_range(what);
	scale = DEC_DIGITS * (ndigits - 1 - weight);
	if (ndigits <= 4)
	{
		/* The common case, in 64 bits: division is what costs here. */
		uint64		low = 0;

		for (int i = 0; i < ndigits; i++)
			low = low * NBASE + (uint64) digit_at(data, i);
		for (; scale > 0 && low % 10 == 0; scale--)
			low /= 10;
		result.value = (ec_int128) low;
	}
	else
	{
		for (int i = 0; i < ndigits; i++)
			if (!ec_multiply(result.value, NBASE, &result.value) ||
				!ec_add(result.value, digit_at(data, i), &result.value))
				out_of_range(what);
		for (; scale > 0 && result.value % 10 == 0; scale--)
			result.value /= 10;
	}
	for (; scale < 0; scale += DEC_DIGITS)
		if (!ec_multiply(result.value, NBASE, &result.value))
			out_of_range(what);
	if (scale > EC_MAX_SCALE)
		out_of_range(what);
	result.scale = scale;
	if (negative)
		result.value = -result.value;
	return result;
}

/*
 * An amount of money in minor units.  It must have no more decimals than its
 * currency, because rounding what a caller wrote would hide a mistake.
 */
ec_int128
ec_amount_decode(Datum value, int minor_units, const char *what)
{
	EcDecimal	d = ec_numeric_decode(value, what);
	ec_int128	amount;

	if (d.scale > minor_units)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s has more decimals than its currency", what),
				 errdetail("The currency has %d.", minor_units)));
	if (!ec_decimal_round(d, minor_units, &amount) || !ec_in_range(amount))
		out_of_range(what);
	return amount;
}

/* The numeric value / 10^scale, printed with all digits of its scale. */
Numeric
ec_numeric_encode(ec_int128 value, int scale)
{
	int16		digits[MAX_NDIGITS + 1];
	int			first = MAX_NDIGITS + 1;
	int			last = MAX_NDIGITS;
	ec_uint128	rest = value < 0 ? -(ec_uint128) value : (ec_uint128) value;
	int			pad = (DEC_DIGITS - scale % DEC_DIGITS) % DEC_DIGITS;
	int			fraction_digits = (scale + pad) / DEC_DIGITS;
	int			weight;
	int			ndigits;
	Size		size;
	struct varlena *result;
	uint16		header;

	/* The last digit holds the part of the fraction that does not fill it. */
	if (pad > 0)
	{
		int			part = (int) (rest % (ec_uint128) ec_power_of_ten(DEC_DIGITS - pad));

		rest /= (ec_uint128) ec_power_of_ten(DEC_DIGITS - pad);
		digits[--first] = (int16) (part * (int) ec_power_of_ten(pad));
	}
	while (rest > 0)
	{
		if (rest <= PG_UINT64_MAX)
		{
			uint64		r = (uint64) rest;

			digits[--first] = (int16) (r % NBASE);
			rest = r / NBASE;
		}
		else
		{
			digits[--first] = (int16) (rest % NBASE);
			rest /= NBASE;
		}
	}
	weight = MAX_NDIGITS - first - fraction_digits;
	while (first <= last && digits[first] == 0)
	{
		first++;
		weight--;
	}
	while (last >= first && digits[last] == 0)
		last--;
	ndigits = last - first + 1;
	if (ndigits == 0)
		weight = 0;

	size = VARHDRSZ + sizeof(uint16) + (Size) ndigits * sizeof(int16);
	result = palloc(size);
	SET_VARSIZE(result, size);
	header = SIGN_SHORT;
	if (value < 0)
		header |= SHORT_SIGN;
	header |= (uint16) (scale << SHORT_DSCALE_SHIFT);
	if (weight < 0)
		header |= SHORT_WEIGHT_SIGN;
	header |= (uint16) (weight & SHORT_WEIGHT_MASK);
	memcpy(VARDATA(result), &header, sizeof(header));
	memcpy(VARDATA(result) + sizeof(header), &digits[first],
		   (Size) ndigits * sizeof(int16));
	return (Numeric) result;
}
