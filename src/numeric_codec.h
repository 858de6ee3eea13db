/*
 * numeric_codec.h
 *	  Numeric <-> decimals and amounts, without text.
 */
#ifndef EC_NUMERIC_CODEC_H
#define EC_NUMERIC_CODEC_H

#include "utils/numeric.h"

#include "core/amount.h"

extern EcDecimal ec_numeric_decode(Datum value, const char *what);
extern Numeric ec_numeric_encode(ec_int128 value, int scale);
extern ec_int128 ec_amount_decode(Datum value, int minor_units,
								  const char *what);

#define EcAmountGetDatum(value, scale) \
	NumericGetDatum(ec_numeric_encode(value, scale))

#endif							/* EC_NUMERIC_CODEC_H */
