/*
 * tenant_settings.h
 *	  How a tenant sells.
 */
#ifndef EC_SETTINGS_H
#define EC_SETTINGS_H

#include "nodes/pg_list.h"
#include "pgtime.h"
#include "utils/date.h"

#include "core/vat.h"

/* A currency's code, with its end */
#define EC_CURRENCY_TEXT 4

/* Classes of VAT rates that a country can have: no fewer than their table allows */
#define EC_MAX_RATES 32

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
	text	   *region;			/* where it is established in it, or empty */
	bool		oss;
	bool		over_threshold; /* distance_sales_exceed_threshold */
	bool		small_enterprise;
	bool		shipping_required;	/* a rate must be chosen for goods */
	bool		ask_always;		/* how a sale is taxed, vat_treatment() says */
	bool		ask_services;	/* the same, of what is no goods */
	bool		ask_addresses;	/* the same, with an address at home */
	List	   *places;			/* text, keys of names of territories */
	text	   *postal_codes;	/* regular expression for theirs, or NULL */
	text	   *currency;
	EcPrices	prices;
	DateADT		day;			/* in the seller's time zone */
	int			nrates;
	EcRate		rates[EC_MAX_RATES];	/* of the country and region, that day */
} EcSettings;

/* tenant_settings.c */
extern const EcSettings *ec_settings(int32 tenant_id, TimestampTz at);
extern Interval ec_settings_reservation_ttl(int32 tenant_id);
extern bool ec_settings_currency(int32 tenant_id, char *currency);
extern pg_tz *ec_settings_zone(int32 tenant_id);

/* tenant_day.c */
extern pg_tz *ec_day_zone(const text *name);
extern DateADT ec_day_in(pg_tz *zone, TimestampTz at);
extern DateADT ec_day_at(pg_tz *zone, TimestampTz at);

/* tenant_vat.c */
extern void ec_settings_read_vat(EcSettings *settings);
extern bool ec_settings_place_in_region(const EcSettings *settings, Datum place);
extern bool ec_settings_at_large(const EcSettings *seller,
								 const char *const *names, int nnames,
								 const char *postal_code);

#endif							/* EC_SETTINGS_H */
