/*
 * allocate.c
 *	  Dividing an amount among shares without losing a minor unit.
 *
 * Method of the largest remainder: each share is rounded down, and the minor
 * units that are left go one each to the shares that lost the most; of equal
 * losses, to the earlier one.
 */
#include <stdlib.h>

#include "core/allocate.h"

/* Largest remainder first, then the order of the shares. */
static int
compare_shares(const void *a, const void *b)
{
	const EcShare *x = a;
	const EcShare *y = b;

	if (x->remainder != y->remainder)
		return x->remainder > y->remainder ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

/*
 * Give every weight its share weight * numerator / denominator, such that the
 * shares sum to total, which is the sum of the exact shares rounded; the
 * denominator is positive.  Negative totals are divided as their mirror image.
 */
static EcAllocateResult
distribute(ec_int128 total, const ec_int128 *weights, size_t n,
		   ec_int128 numerator, ec_int128 denominator,
		   ec_int128 *shares, EcShare *scratch)
{
	size_t		candidates = 0;
	int			sign = total < 0 ? -1 : 1;
	ec_int128	left;

	for (size_t i = 0; i < n && total == 0; i++)
		if (weights[i] != 0)
		{
			sign = (weights[i] < 0) != (numerator < 0) ? -1 : 1;
			break;
		}

	left = total * sign;
	for (size_t i = 0; i < n; i++)
	{
		ec_int128	product;
		ec_int128	remainder;

		if (!ec_multiply(weights[i], numerator, &product) ||
			!ec_multiply(product, sign, &product))
			return EC_ALLOCATE_OVERFLOW;
		shares[i] = product / denominator;
		remainder = product % denominator;
		if (remainder < 0)
		{
			shares[i]--;
			remainder += denominator;
		}
		if (weights[i] != 0)
		{
			scratch[candidates].remainder = remainder;
			scratch[candidates].index = i;
			candidates++;
		}
		if (__builtin_sub_overflow(left, shares[i], &left))
			return EC_ALLOCATE_OVERFLOW;
	}

	/* Each share lost less than one unit, so this ends before candidates. */
	if (left > 0)
		qsort(scratch, candidates, sizeof(EcShare), compare_shares);
	for (size_t i = 0; i < candidates && left > 0; i++, left--)
		shares[scratch[i].index]++;
	for (size_t i = 0; i < n; i++)
		shares[i] *= sign;
	return EC_ALLOCATED;
}

/*
 * Divide total in proportion to weights, so that the shares sum to total.
 *
 * Weights are not negative; a share of weight zero gets nothing.  Mirrored
 * totals give mirrored shares.  shares and scratch have room for n elements.
 */
EcAllocateResult
ec_allocate(ec_int128 total, const ec_int128 *weights, size_t n,
			ec_int128 *shares, EcShare *scratch)
{
	ec_int128	sum = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (weights[i] < 0)
			return EC_ALLOCATE_NEGATIVE;
		if (!ec_add(sum, weights[i], &sum))
			return EC_ALLOCATE_OVERFLOW;
	}
	if (sum == 0 && total != 0)
		return EC_ALLOCATE_NO_WEIGHT;
	if (!ec_in_range(total))
		return EC_ALLOCATE_OVERFLOW;
	return distribute(total, weights, n, total, sum == 0 ? 1 : sum,
					  shares, scratch);
}

/*
 * Divide a rounded total among the amounts that it was computed from as
 * numerator / denominator of their sum, the VAT of a group among its lines.
 * Amounts may have any sign.
 */
EcAllocateResult
ec_allocate_rounded(ec_int128 total, const ec_int128 *amounts, size_t n,
					ec_int128 numerator, ec_int128 denominator,
					ec_int128 *shares, EcShare *scratch)
{
	return distribute(total, amounts, n, numerator, denominator,
					  shares, scratch);
}
