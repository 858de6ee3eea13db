/*
 * numeric_codec.h
 *	  Numeric <-> decimals and amounts, without text.
 */
#ifndef EC_NUMERIC_CODEC_H
#define EC_NUMERIC_CODEC_H

#include "utils/numeric.h"

#include "core/amount.h"

/* Bytes that a numeric of an int128 takes at most, aligned */
#define EC_NUMERIC_SIZE 32

/* Of two small numbers, the product has no more than EC_MAX_SCALE decimals. */
#define EC_MAX_SMALL_SCALE (EC_MAX_SCALE / 2)

/* value / 10^scale, with 0 <= scale <= EC_MAX_SMALL_SCALE, or -1 for none */
typedef struct EcSmall
{
	int64		value;
	int			scale;
} EcSmall;

extern EcDecimal ec_numeric_decode(Datum value, const char *what);
extern EcSmall ec_numeric_decode_small(Datum value);
extern Size ec_numeric_write(ec_int128 value, int scale, char *buffer);
extern Numeric ec_numeric_encode(ec_int128 value, int scale);
extern ec_int128 ec_amount_decode(Datum value, int minor_units,
								  const char *what);

#define EcAmountGetDatum(value, scale) \
	NumericGetDatum(ec_numeric_encode(value, scale))

#endif							/* EC_NUMERIC_CODEC_H */
