/*
 * allocate.h
 *	  Dividing an amount among shares without losing a minor unit.
 */
#ifndef EC_CORE_ALLOCATE_H
#define EC_CORE_ALLOCATE_H

#include "core/amount.h"

typedef enum EcAllocateResult
{
	EC_ALLOCATED,
	EC_ALLOCATE_NO_WEIGHT,		/* something to divide, but nobody to take it */
	EC_ALLOCATE_NEGATIVE,		/* a negative weight */
	EC_ALLOCATE_OVERFLOW
} EcAllocateResult;

/* Scratch space of one share; the caller provides one for each. */
typedef struct EcShare
{
	ec_int128	remainder;
	size_t		index;
} EcShare;

extern EcAllocateResult ec_allocate(ec_int128 total, const ec_int128 *weights,
									size_t n, ec_int128 *shares,
									EcShare *scratch);
extern EcAllocateResult ec_allocate_rounded(ec_int128 total,
											const ec_int128 *amounts, size_t n,
											ec_int128 numerator,
											ec_int128 denominator,
											ec_int128 *shares,
											EcShare *scratch);

#endif							/* EC_CORE_ALLOCATE_H */
