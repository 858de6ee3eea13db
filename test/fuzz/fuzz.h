/*
 * fuzz.h
 *	  What the fuzz targets of src/core share: claims, and inputs read as
 *	  values.
 */
#ifndef EC_TEST_FUZZ_H
#define EC_TEST_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/amount.h"

/* What has to be true; the fuzzer keeps an input for which it is not. */
#define CLAIM(condition) \
	do { \
		if (!(condition)) \
		{ \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, \
					#condition); \
			abort(); \
		} \
	} while (0)

/* An input that is read from its beginning; after its end there are zeros. */
typedef struct Input
{
	const uint8_t *data;
	size_t		size;
}			Input;

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next byte, 0 to limit - 1 */
static inline int
read_below(Input * input, int limit)
{
	if (input->size == 0)
		return 0;
	input->size--;
	return *input->data++ % limit;
}

/* The next number: a byte says how many bytes it has, and its sign. */
static inline ec_int128
read_int128(Input * input)
{
	int			head = read_below(input, 256);
	ec_uint128	bits = 0;

	for (int i = 0; i < head % 17; i++)
		bits = bits << 8 | (ec_uint128) read_below(input, 256);
	if (head >= 128)
		bits = -bits;
	return (ec_int128) bits;
}

/* The next number that an amount may be */
static inline ec_int128
read_amount(Input * input)
{
	return read_int128(input) % EC_AMOUNT_LIMIT;
}

#endif							/* EC_TEST_FUZZ_H */
