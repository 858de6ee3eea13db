/*
 * invoice_lines.h
 *	  What the invoice of an order comes to.
 */
#ifndef EC_INVOICE_LINES_H
#define EC_INVOICE_LINES_H

#include "utils/jsonb.h"

#include "core/vat.h"

/* What is invoiced now of a line of an order */
typedef struct EcInvoiceLine
{
	JsonbContainer *line;
	bool		product;
	bool		allowed;		/* may a document have it, by draft_faults()? */
	int64		line_number;
	int64		units;
	ec_int128	net;
	ec_int128	vat;
	ec_int128	off_net;		/* its discount, and the VAT that this would
								 * have borne */
	ec_int128	off_vat;
	EcDecimal	rate;
	EcCategory	category;
	bool		goods;
} EcInvoiceLine;

/* What a category and rate of VAT comes to */
typedef struct EcInvoiceGroup
{
	const EcInvoiceLine *first; /* a line of it */
	ec_int128	taxable;
	ec_int128	of_lines;		/* the VAT of its lines */
	ec_int128	vat;			/* that the document has */
} EcInvoiceGroup;

/* What an invoice comes to */
typedef struct EcInvoice
{
	JsonbContainer *order;
	int			minor_units;
	bool		net_prices;
	bool		has_products;
	bool		has_goods;
	bool		exact;			/* would draft_faults() find nothing? */
	int			nlines;
	EcInvoiceLine *lines;
	int			ngroups;
	EcInvoiceGroup *groups;
	ec_int128	net;
	ec_int128	vat;
	ec_int128	rounding;		/* VAT of its lines that it does not have */
} EcInvoice;

extern bool ec_invoice_compute(EcInvoice *invoice, JsonbContainer *order,
							   JsonbContainer *shipment);
extern bool ec_invoice_has_category(const EcInvoice *invoice, EcCategory category);
extern void ec_invoice_push_lines(JsonbParseState **state, EcInvoice *invoice);
extern void ec_invoice_push_breakdown(JsonbParseState **state, const EcInvoice *invoice);

#endif							/* EC_INVOICE_LINES_H */
