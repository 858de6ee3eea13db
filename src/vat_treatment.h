/*
 * vat_treatment.h
 *	  How the products of an order are taxed.
 */
#ifndef EC_TREATMENT_H
#define EC_TREATMENT_H

#include "catalog_items.h"
#include "core/vat.h"
#include "tenant_settings.h"

/* What an address says about VAT; NULL where it says nothing */
typedef struct EcAddress
{
	const char *city;
	const char *state;
	const char *postal_code;
	const char *country;
} EcAddress;

/* How products of one class and supply are taxed */
typedef struct EcTreatment
{
	const char *vat_class;
	char		supply;
	EcCategory	category;
	EcDecimal	rate;
	text	   *country;		/* where it takes place */
	text	   *region;
	text	   *scheme;
	text	   *vatex;			/* or NULL */
	text	   *reason;			/* or NULL */
	int			mydata_exemption;	/* or 0 */
} EcTreatment;

/* What decides how an order is taxed, and what was decided */
typedef struct EcSale
{
	const EcSettings *seller;
	EcAddress	billing;
	EcAddress	shipping;
	text	   *buyer_vat_id;	/* or NULL */
	bool		identified;		/* and VIES knows it */
	const EcItem *items;
	int			nitems;
	int			ntreatments;	/* 0 if the seller's own rates apply */
	EcTreatment *treatments;
} EcSale;

extern const EcAddress *ec_sale_destination(const EcSale *sale, char supply);
extern void ec_treatment_decide(EcSale *sale);
extern const EcTreatment *ec_treatment_find(const EcSale *sale, const EcItem *item);
extern void ec_treatment_freeze(const EcSale *sale, EcTreatment *frozen);

#endif							/* EC_TREATMENT_H */
