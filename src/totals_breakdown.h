/*
 * totals_breakdown.h
 *	  What each VAT rate comes to, as jsonb.
 */
#ifndef EC_BREAKDOWN_H
#define EC_BREAKDOWN_H

#include "utils/jsonb.h"

#include "core/amount.h"

/* What one VAT rate comes to */
typedef struct EcRateTotal
{
	EcDecimal	rate;			/* percent */
	ec_int128	taxable;		/* minor units */
	ec_int128	tax;
} EcRateTotal;

extern Jsonb *ec_breakdown(const EcRateTotal *rates, int n, int minor_units);

#endif							/* EC_BREAKDOWN_H */
