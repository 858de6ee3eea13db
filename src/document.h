/*
 * document.h
 *	  Lines, discounts and charges of an order as callers write them, and
 *	  their totals.
 */
#ifndef EC_DOCUMENT_H
#define EC_DOCUMENT_H

#include "utils/jsonb.h"

#include "core/vat.h"
#include "json.h"

/* Shipping or a fee, as read from JSON */
typedef struct EcCharge
{
	EcKind		kind;
	char	   *name;
	ec_int128	amount;
	EcChargeVat vat;
	EcCategory	category;
	EcDecimal	rate;
} EcCharge;

/*
 * A document.  Products come first in lines, then the charges; sources tells
 * from which product or charge a line comes.
 */
typedef struct EcDocument
{
	EcPrices	prices;
	int			minor_units;
	size_t		nproducts;
	size_t		nlines;
	EcLine	   *lines;
	int		   *sources;
	int			ncharges;
	EcCharge   *charges;
	ec_int128	discount;		/* what was used of the document's discounts */
	EcTotals	totals;
	EcScratch	scratch;
} EcDocument;

extern const char *const ec_kind_names[];

extern void ec_document_begin(EcDocument *document, EcPrices prices,
							  int minor_units, size_t nproducts,
							  const JsonbValue *charges);
extern void ec_document_total(EcDocument *document,
							  const JsonbValue *allowances);
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
