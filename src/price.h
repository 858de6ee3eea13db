/*
 * price.h
 *	  What products cost.
 */
#ifndef EC_PRICE_H
#define EC_PRICE_H

#include "lib/stringinfo.h"

#include "catalog_items.h"
#include "tenant_settings.h"

/* For whom, when, and in which currency */
typedef struct EcPricing
{
	int32		tenant_id;
	const EcSettings *settings;
	const char *currency;
	const pg_uuid_t *group_id;	/* of the customer, or NULL */
	TimestampTz at;
} EcPricing;

extern const char *ec_price_rule_name(EcPriceRule rule);
extern const char *ec_prices_name(EcPrices prices);
extern Datum ec_price_datum(EcDecimal price, int minor_units);
extern void ec_price_items(const EcPricing *pricing, EcItem *items, int n);
extern void ec_price_check_expected(const EcItem *items, int n);

#endif							/* EC_PRICE_H */
