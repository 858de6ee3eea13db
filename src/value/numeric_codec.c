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

#include "value/numeric_codec.h"

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

/* Digits that 64 bits hold, whatever they are */
#define MAX_SMALL_NDIGITS 4

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
 * The decimal of a numeric of few digits, as nearly all are, not normalized.
 * Otherwise its scale is -1, and the numeric may be anything, NaN included.
 */
EcSmall
ec_numeric_decode_small(Datum value)
{
	struct varlena *packed = (struct varlena *) DatumGetPointer(value);
	EcSmall		result = {0, -1};
	const char *data;
	uint16		header;
	int			weight;
	int			ndigits;
	int			scale;

	if (VARATT_IS_EXTERNAL(packed) || VARATT_IS_COMPRESSED(packed))
		return result;
	data = VARDATA_ANY(packed);
	memcpy(&header, data, sizeof(header));
	if ((header & SIGN_MASK) != SIGN_SHORT)
		return result;
	data += sizeof(header);
	weight = (header & SHORT_WEIGHT_MASK) - (header & SHORT_WEIGHT_SIGN);
	ndigits = ((int) VARSIZE_ANY_EXHDR(packed) - (int) sizeof(header)) / (int) sizeof(int16);
	scale = ndigits == 0 ? 0 : DEC_DIGITS * (ndigits - 1 - weight);
	if (ndigits > MAX_SMALL_NDIGITS || scale < 0 || scale > EC_MAX_SMALL_SCALE)
		return result;
	for (int i = 0; i < ndigits; i++)
		result.value = result.value * NBASE + digit_at(data, i);
	if (header & SHORT_SIGN)
		result.value = -result.value;
	result.scale = scale;
	return result;
}

/* The normalized decimal of a numeric of any size */
static EcDecimal
decode_large(Datum value, const char *what)
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
		weight = (header & SHORT_WEIGHT_MASK) - (header & SHORT_WEIGHT_SIGN);
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
	for (int i = 0; i < ndigits; i++)
		if (!ec_multiply(result.value, NBASE, &result.value) ||
			!ec_add(result.value, digit_at(data, i), &result.value))
			out_of_range(what);
	scale = DEC_DIGITS * (ndigits - 1 - weight);
	for (; scale > 0 && result.value % 10 == 0; scale--)
		result.value /= 10;
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
 * The normalized decimal of a numeric; "what" names it in an error.
 *
 * Only a value that is toasted out of line or compressed is copied, so nothing
 * is allocated for the rows of a table.
 */
EcDecimal
ec_numeric_decode(Datum value, const char *what)
{
	EcSmall		small = ec_numeric_decode_small(value);
	EcDecimal	result;

	if (small.scale < 0)
		return decode_large(value, what);
	for (; small.scale > 0 && small.value % 10 == 0; small.scale--)
		small.value /= 10;
	result.value = small.value;
	result.scale = small.scale;
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

StaticAssertDecl(EC_NUMERIC_SIZE >=
				 VARHDRSZ + sizeof(uint16) + (MAX_NDIGITS + 1) * sizeof(int16),
				 "no room for a numeric of an int128");

/* Take the last digits off a number, in 64 bits if they can hold it. */
static inline int16
split_off(ec_uint128 *rest, uint64 unit)
{
	ec_uint128	all = *rest;

	if (all <= PG_UINT64_MAX)
	{
		*rest = (uint64) all / unit;
		return (int16) ((uint64) all % unit);
	}
	*rest = all / unit;
	return (int16) (all % unit);
}

/*
 * Write the numeric value / 10^scale, printed with all digits of its scale,
 * into EC_NUMERIC_SIZE bytes; returns how many it takes.
 */
Size
ec_numeric_write(ec_int128 value, int scale, char *buffer)
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
	uint16		header;

	Assert(scale >= 0 && scale <= EC_MAX_SCALE);

	/* The last digit holds the part of the fraction that does not fill it. */
	if (pad > 0)
	{
		int16		part = split_off(&rest, (uint64) ec_powers_of_ten[DEC_DIGITS - pad]);

		digits[--first] = (int16) (part * (int) ec_powers_of_ten[pad]);
	}
	while (rest > 0)
		digits[--first] = split_off(&rest, NBASE);
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
	SET_VARSIZE(buffer, size);
	header = SIGN_SHORT;
	if (value < 0)
		header |= SHORT_SIGN;
	header |= (uint16) (scale << SHORT_DSCALE_SHIFT);
	if (weight < 0)
		header |= SHORT_WEIGHT_SIGN;
	header |= (uint16) (weight & SHORT_WEIGHT_MASK);
	memcpy(VARDATA(buffer), &header, sizeof(header));
	memcpy(VARDATA(buffer) + sizeof(header), &digits[first],
		   (Size) ndigits * sizeof(int16));
	return size;
}

/* The numeric value / 10^scale, printed with all digits of its scale. */
Numeric
ec_numeric_encode(ec_int128 value, int scale)
{
	char	   *result = palloc(EC_NUMERIC_SIZE);

	(void) ec_numeric_write(value, scale, result);
	return (Numeric) result;
}
