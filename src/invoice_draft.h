/*
 * invoice_draft.h
 *	  What the parts of drafts share.
 */
#ifndef EC_INVOICE_DRAFT_H
#define EC_INVOICE_DRAFT_H

#include "invoice_lines.h"
#include "value/member.h"

/* What a draft is made of */
typedef struct EcDraft
{
	JsonbContainer *order;
	Jsonb	   *seller_document;
	JsonbContainer *seller;		/* the same */
	JsonbContainer *shipment;	/* or NULL */
	JsonbContainer *options;
	text	   *vat_currency;	/* of the seller's country, or NULL */
	int32		tenant_id;
	EcInvoice	invoice;
	ec_int128	payable;
	bool		named;			/* has the buyer a name and a country? */
	const JsonbValue *buyer_endpoint;	/* where it can be reached, or NULL */
	const JsonbValue *buyer_scheme;
	bool		peppol;
	bool		needs_rate;		/* of exchange */
	bool		payable_here;	/* does what it says of an account do? */
} EcDraft;

/* invoice_party.c */
extern void ec_draft_push_buyer(JsonbParseState **state, EcDraft *draft);
extern void ec_draft_push_delivery(JsonbParseState **state, const EcDraft *draft);

/* invoice_payment.c */
extern void ec_draft_push_payment(JsonbParseState **state, EcDraft *draft);
extern void ec_draft_push_terms(JsonbParseState **state, const EcDraft *draft);

#endif							/* EC_INVOICE_DRAFT_H */
