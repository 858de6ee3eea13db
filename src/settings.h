/*
 * settings.h
 *	  How a tenant sells.
 */
#ifndef EC_SETTINGS_H
#define EC_SETTINGS_H

#include "utils/date.h"

#include "core/vat.h"

/* Classes of VAT rates that a country can have, as their table checks */
#define EC_MAX_RATES 16

/* The VAT rate of a class of products */
typedef struct EcRate
{
	char	   *vat_class;
	EcDecimal	rate;			/* percent */
} EcRate;

/* How a tenant sells on a day */
typedef struct EcSettings
{
	int32		tenant_id;
	text	   *country;
	text	   *region;
	text	   *currency;
	EcPrices	prices;
	DateADT		day;			/* in the seller's time zone */
	int			nrates;
	EcRate		rates[EC_MAX_RATES];	/* of the country and region, that day */
} EcSettings;

extern void ec_settings_init(void);
extern const EcSettings *ec_settings(int32 tenant_id, TimestampTz at);

#endif							/* EC_SETTINGS_H */
