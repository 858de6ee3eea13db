/*
 * vat_document.h
 *	  Documents that unit tests of src/core/vat.c total.
 */
#include <stdlib.h>

#include "tap.h"

#include "core/vat.h"

#define MAX_LINES 100
#define ROOM (MAX_LINES + 4 * EC_MAX_GROUPS)

struct document
{
	EcPrices	prices;
	int			scale;
	size_t		n;
	EcLine		lines[ROOM];
	EcTotals	totals;
	EcTotalsResult result;
};

static ec_int128 weights[ROOM];
static ec_int128 shares[ROOM];
static EcShare order[ROOM];

/* Arrays of n elements that end where going on would be noticed */
static inline EcScratch *
scratch_of(size_t n)
{
	static EcScratch scratch;

	scratch.weights = weights + (ROOM - n);
	scratch.shares = shares + (ROOM - n);
	scratch.order = order + (ROOM - n);
	return &scratch;
}

static inline EcDecimal
decimal(const char *text)
{
	EcDecimal	d;

	if (ec_decimal_parse(text, strlen(text), &d) != EC_PARSED)
	{
		printf("Bail out! Not a number: %s\n", text);
		exit(1);
	}
	return d;
}

static inline void
total(struct document *document)
{
	document->result = ec_total_lines(document->lines, document->n,
									  document->prices, scratch_of(document->n),
									  &document->totals);
}
