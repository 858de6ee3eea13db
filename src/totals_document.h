/*
 * totals_document.h
 *	  Lines, discounts and charges of an order as callers write them, and
 *	  their totals.
 */
#ifndef EC_DOCUMENT_H
#define EC_DOCUMENT_H

#include "utils/jsonb.h"

#include "core/vat.h"
#include "value/json.h"

/*
 * A document.  Products come first in lines, then what its allowances and
 * charges add.
 */
typedef struct EcDocument
{
	EcPrices	prices;
	int			minor_units;
	size_t		nproducts;
	size_t		nlines;
	EcLine	   *lines;
	char	  **names;			/* of the lines after the products */
	int			nallowances;
	JsonbContainer *allowances;
	int			ncharges;
	bool		free_shipping;	/* drop charges for shipping */
	JsonbContainer *charges;
	EcTotals	totals;
	EcScratch	scratch;
} EcDocument;

extern const char *const ec_kind_names[];

extern void ec_document_begin(EcDocument *document, EcPrices prices,
							  int minor_units, size_t nproducts,
							  const JsonbValue *allowances,
							  const JsonbValue *charges);
extern void ec_document_total(EcDocument *document);
pg_noreturn extern void ec_totals_error(EcTotalsResult result);
extern void ec_line_amount(EcLine *line, EcDecimal quantity,
						   EcDecimal unit_price, EcDecimal base_quantity,
						   int minor_units);

/* Report what the arithmetic refused. */
static inline void
CheckTotals(EcTotalsResult result)
{
	if (result != EC_TOTALS_OK)
		ec_totals_error(result);
}

#endif							/* EC_DOCUMENT_H */
