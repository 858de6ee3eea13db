/*
 * amount.h
 *	  Decimal numbers and amounts of money on 128-bit integers.
 *
 * Nothing here depends on PostgreSQL, so that it can be unit tested, fuzzed
 * and sanitized alone.  Functions that can overflow return false and leave
 * their result undefined; nothing wraps silently.
 */
#ifndef EC_CORE_AMOUNT_H
#define EC_CORE_AMOUNT_H

#include <stdbool.h>
#include <stddef.h>

/* Aligned like a long long, which is all that palloc gives. */
__extension__ typedef __int128 ec_int128 __attribute__((aligned(8)));
__extension__ typedef unsigned __int128 ec_uint128 __attribute__((aligned(8)));

/* Digits after the decimal point that a quantity, price or rate may have. */
#define EC_MAX_SCALE 18

/* Amounts lie strictly between -EC_AMOUNT_LIMIT and it, in minor units. */
#define EC_AMOUNT_LIMIT ((ec_int128) 1000000000000000000LL * 1000000)

/* Longest text of an EcDecimal, its terminating zero byte included. */
#define EC_DECIMAL_TEXT 64

/* value / 10^scale, with 0 <= scale <= EC_MAX_SCALE */
typedef struct EcDecimal
{
	ec_int128	value;
	int			scale;
} EcDecimal;

typedef enum EcParseResult
{
	EC_PARSED,
	EC_MALFORMED,
	EC_OUT_OF_RANGE
} EcParseResult;

/* 10^0 to 10^EC_MAX_SCALE */
extern const long long ec_powers_of_ten[EC_MAX_SCALE + 1];

extern ec_int128 ec_power_of_ten(int exponent);
extern bool ec_multiply(ec_int128 a, ec_int128 b, ec_int128 *result);
extern bool ec_add(ec_int128 a, ec_int128 b, ec_int128 *result);
extern ec_int128 ec_divide_round(ec_int128 numerator, ec_int128 denominator);
extern bool ec_in_range(ec_int128 amount);

extern EcDecimal ec_decimal_of(ec_int128 value);
extern EcDecimal ec_decimal_normalize(EcDecimal d);
extern bool ec_decimal_equal(EcDecimal a, EcDecimal b);
extern bool ec_decimal_round(EcDecimal d, int scale, ec_int128 *result);
extern bool ec_product_round(EcDecimal a, EcDecimal b, EcDecimal per, int scale,
							 ec_int128 *result);
extern EcParseResult ec_decimal_parse(const char *text, size_t length,
									  EcDecimal *result);
extern size_t ec_decimal_format(EcDecimal d, char *buffer);

/*
 * round(a * b / 10^shift), with |shift| <= EC_MAX_SCALE: ec_product_round for
 * the many rows of a table whose numbers are small.  False when it overflows
 * 64 bits.
 */
static inline bool
ec_small_product_round(long long a, long long b, int shift, long long *result)
{
	long long	power = ec_powers_of_ten[shift < 0 ? -shift : shift];
	long long	product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	if (shift <= 0)
		return !__builtin_mul_overflow(product, power, result);
	if (__builtin_add_overflow(product, product < 0 ? -(power / 2) : power / 2,
							   &product))
		return false;
	*result = product / power;
	return true;
}

#endif							/* EC_CORE_AMOUNT_H */
