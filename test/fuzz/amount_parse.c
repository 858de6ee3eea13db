/*
 * amount_parse.c
 *	  Fuzz target: parsing, formatting and rounding decimals.
 *
 * What is parsed is in range, is what it is formatted as, and rounds the same
 * in mirror image.  The first byte is the scale to round to.
 */
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EcDecimal	d;
	EcDecimal	again;
	EcDecimal	minus;
	ec_int128	rounded;
	ec_int128	mirrored;
	char		formatted[EC_DECIMAL_TEXT];
	size_t		length;
	int			scale;

	if (size == 0)
		return 0;
	scale = data[0] % (EC_MAX_SCALE + 1);
	if (ec_decimal_parse((const char *) data + 1, size - 1, &d) != EC_PARSED)
		return 0;

	CLAIM(d.scale >= 0 && d.scale <= EC_MAX_SCALE);
	CLAIM(d.scale == 0 || d.value % 10 != 0);
	length = ec_decimal_format(d, formatted);
	CLAIM(length < sizeof(formatted) && length == strlen(formatted));
	CLAIM(ec_decimal_parse(formatted, length, &again) == EC_PARSED);
	CLAIM(ec_decimal_equal(d, again));

	minus.scale = d.scale;
	if (__builtin_sub_overflow((ec_int128) 0, d.value, &minus.value))
		return 0;
	if (!ec_decimal_round(d, scale, &rounded))
		return 0;
	CLAIM(ec_decimal_round(minus, scale, &mirrored) && mirrored == -rounded);
	if (scale >= d.scale)
		CLAIM(rounded / ec_power_of_ten(scale - d.scale) == d.value);
	return 0;
}
