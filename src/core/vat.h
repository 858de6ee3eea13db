/*
 * vat.h
 *	  VAT of lines, groups and whole documents, after EN 16931.
 */
#ifndef EC_CORE_VAT_H
#define EC_CORE_VAT_H

#include "core/allocate.h"

/* Digits after the decimal point that a VAT rate may have. */
#define EC_MAX_RATE_SCALE 6

/* Different (category, rate) pairs that one document may have. */
#define EC_MAX_GROUPS 32

typedef enum EcPrices
{
	EC_NET,						/* prices without VAT */
	EC_GROSS					/* prices with VAT */
} EcPrices;

/* VAT categories, UNCL 5305 as restricted by EN 16931 */
typedef enum EcCategory
{
	EC_STANDARD,				/* S: standard and reduced rates */
	EC_ZERO,					/* Z: zero rated */
	EC_EXEMPT,					/* E: exempt */
	EC_REVERSE,					/* AE: reverse charge */
	EC_INTRA,					/* K: intra-community supply */
	EC_EXPORT,					/* G: export */
	EC_OUTSIDE					/* O: outside the scope of VAT */
} EcCategory;

typedef enum EcKind
{
	EC_PRODUCT,
	EC_SHIPPING,
	EC_FEE,
	EC_ALLOWANCE				/* a discount with a VAT rate of its own */
} EcKind;

/* How the VAT of a charge follows from the goods. */
typedef enum EcChargeVat
{
	EC_PROPORTIONAL,			/* split over the rates of the goods */
	EC_HIGHEST,					/* the highest rate of the goods */
	EC_FIXED					/* a rate of its own */
} EcChargeVat;

/*
 * One line.  Amounts are minor units in the document's prices: without VAT if
 * they are net, with VAT if they are gross.
 */
typedef struct EcLine
{
	EcKind		kind;
	EcCategory	category;
	EcDecimal	rate;			/* percent, normalized */
	ec_int128	amount;			/* quantity * price, rounded once */
	ec_int128	discount;		/* its share of the document's discounts */
	ec_int128	net;			/* result, after the discount */
	ec_int128	vat;			/* result, its share of the group's VAT */
	int			group;			/* result, index into EcTotals.groups */
} EcLine;

typedef struct EcGroup
{
	EcCategory	category;
	EcDecimal	rate;
	ec_int128	amount;			/* sum of its lines, in the document's prices */
	ec_int128	net;
	ec_int128	vat;
} EcGroup;

typedef struct EcTotals
{
	int			ngroups;
	EcGroup		groups[EC_MAX_GROUPS];
	ec_int128	lines;			/* products, before discounts */
	ec_int128	discount;		/* of the document */
	ec_int128	charges;		/* shipping and fees */
	ec_int128	net;
	ec_int128	vat;
	ec_int128	gross;
} EcTotals;

/* Room to work in, one element for each line. */
typedef struct EcScratch
{
	ec_int128  *weights;
	ec_int128  *shares;
	EcShare    *order;
} EcScratch;

typedef enum EcTotalsResult
{
	EC_TOTALS_OK,
	EC_TOTALS_OVERFLOW,
	EC_TOTALS_TOO_MANY_RATES,
	EC_TOTALS_MIXED_OUTSIDE		/* O beside another category, BR-O-11 to 14 */
} EcTotalsResult;

extern const char *ec_category_code(EcCategory category);
extern bool ec_category_parse(const char *code, size_t length,
							  EcCategory *category);
extern bool ec_rate_valid(EcDecimal rate);
extern bool ec_vat_of(ec_int128 amount, EcDecimal rate, EcPrices prices,
					  ec_int128 *vat);
extern EcTotalsResult ec_add_to_group(EcGroup *groups, int *ngroups,
									  EcCategory category, EcDecimal rate,
									  ec_int128 amount, int *group);
extern EcTotalsResult ec_discount_lines(EcLine *lines, size_t n,
										ec_int128 discount,
										EcScratch *scratch,
										ec_int128 *applied);
extern EcTotalsResult ec_add_charge(EcLine *lines, size_t *n, EcKind kind,
									ec_int128 amount, EcChargeVat vat,
									EcCategory category, EcDecimal rate);
extern bool ec_refund_share(ec_int128 amount, EcDecimal quantity,
							EcDecimal before, EcDecimal now,
							ec_int128 *share);
extern EcTotalsResult ec_total_lines(EcLine *lines, size_t n, EcPrices prices,
									 EcScratch *scratch, EcTotals *totals);

#endif							/* EC_CORE_VAT_H */
