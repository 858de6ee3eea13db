/*
 * allocate.c
 *	  Fuzz target: dividing an amount among shares.
 *
 * Shares sum to the total, differ from the exact ones by less than a unit,
 * are nothing where the weight is nothing, and mirror those of -total.
 */
#include "fuzz.h"

#include "core/allocate.h"

#define MAX_SHARES 20

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input		input = {data, size};
	size_t		n = (size_t) read_below(&input, MAX_SHARES + 1);
	ec_int128	total = read_int128(&input);
	ec_int128	weights[MAX_SHARES];
	ec_int128	shares[MAX_SHARES];
	ec_int128	mirrored[MAX_SHARES];
	EcShare		scratch[MAX_SHARES];
	ec_int128	weight = 0;
	ec_int128	sum = 0;
	EcAllocateResult result;

	for (size_t i = 0; i < n; i++)
		weights[i] = read_int128(&input);
	result = ec_allocate(total, weights, n, shares, scratch);
	if (result == EC_ALLOCATE_NEGATIVE)
	{
		bool		negative = false;

		for (size_t i = 0; i < n; i++)
			negative = negative || weights[i] < 0;
		CLAIM(negative);
	}
	if (result != EC_ALLOCATED)
		return 0;

	for (size_t i = 0; i < n; i++)
	{
		weight += weights[i];
		sum += shares[i];
	}
	CLAIM(sum == total);
	CLAIM(ec_allocate(-total, weights, n, mirrored, scratch) == EC_ALLOCATED);
	for (size_t i = 0; i < n; i++)
	{
		ec_int128	exact;
		ec_int128	given;

		CLAIM(weights[i] != 0 || shares[i] == 0);
		CLAIM(mirrored[i] == -shares[i]);
		if (weight > 0 && ec_multiply(weights[i], total, &exact) &&
			ec_multiply(shares[i], weight, &given) &&
			!__builtin_sub_overflow(given, exact, &given))
			CLAIM(given > -weight && given < weight);
	}
	return 0;
}
