/*
 * totals_document.h
 *	  Discounts and charges of an order as callers write them, and the totals
 *	  that they make.
 */
#ifndef EC_DOCUMENT_H
#define EC_DOCUMENT_H

#include "utils/jsonb.h"

#include "core/vat.h"
#include "value/json.h"

/* What a rate of delivery charges, whose lines follow the charges */
typedef struct EcShipping
{
	char	   *rate;			/* its code, or NULL if none is chosen */
	char	   *name;
	ec_int128	amount;
	EcChargeVat vat;
	size_t		line;			/* the first that it has */
} EcShipping;

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
	size_t		capacity;		/* of lines, names and scratch */
	EcLine	   *lines;
	char	  **names;			/* of the lines after the products */
	int			nallowances;
	JsonbContainer *allowances;
	int			ncharges;
	bool		free_shipping;	/* drop charges for shipping */
	JsonbContainer *charges;
	EcShipping	shipping;
	EcTotals	totals;
	EcScratch	scratch;
} EcDocument;

/* What the allowances of a line may come to */
typedef enum EcLimit
{
	EC_AT_MOST_LINE,			/* what is more is cut off */
	EC_AS_STATED				/* whatever an invoice says */
} EcLimit;

extern const char *const ec_kind_names[];

extern void ec_document_begin(EcDocument *document, EcPrices prices,
							  int minor_units, size_t nproducts,
							  const JsonbValue *allowances,
							  const JsonbValue *charges);
extern bool ec_document_ships(const EcDocument *document, ec_int128 goods);
extern void ec_document_discount(EcDocument *document);
extern void ec_document_total(EcDocument *document);
extern char *ec_document_rate(const EcDocument *document, size_t line);
pg_noreturn extern void ec_totals_error(EcTotalsResult result);
extern void ec_line_amount(EcLine *line, EcDecimal quantity,
						   EcDecimal unit_price, EcDecimal base_quantity,
						   int minor_units);
extern void ec_line_adjust(EcLine *line, const JsonbValue *allowances,
						   const JsonbValue *charges,
						   const EcJsonPath *line_path, int minor_units,
						   EcLimit limit);
extern void ec_document_vat(const JsonbValue *category_field,
							const JsonbValue *rate_field, const EcJsonPath *path,
							EcCategory *category, EcDecimal *rate);

/* totals_calculate.c */
extern void ec_totals_push_vat(JsonbParseState **state, EcTotals *totals, int scale);
extern void ec_totals_push_sums(JsonbParseState **state, const EcTotals *totals, int scale,
								ec_int128 prepaid, ec_int128 rounding);

#endif							/* EC_DOCUMENT_H */
