/*
 * tenant_vat.c
 *	  What VAT law has for a tenant: the rates where it is established, and which
 *	  parts of its country have a VAT of their own.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/snapmgr.h"

#include "pg_compat.h"

#include "country.h"
#include "db/scan.h"
#include "errors.h"
#include "tenant_settings.h"
#include "value/numeric_codec.h"

/* Columns of vat_rates */
enum
{
	RATES_CLASS = 2,
	RATES_RATE,
	RATES_FROM,
	RATES_TO,
	RATES_COLUMNS
};

static const EcTable rates_table = {
	.name = "vat_rates",
	.nkeys = 2,
	.nullable = 1 << RATES_TO,
	.ncolumns = RATES_COLUMNS,
	.columns = {
		{"country", TEXTOID}, {"region", TEXTOID}, {"vat_class", TEXTOID},
		{"rate", NUMERICOID}, {"valid_from", DATEOID}, {"valid_to", DATEOID}
	}
};

/* Columns of vat_regions */
enum
{
	REGIONS_NAME = 1,
	REGIONS_RULE,
	REGIONS_PLACES_FROM,
	REGIONS_COLUMNS
};

static const EcTable regions_table = {
	.name = "vat_regions",
	.nkeys = 2,
	.nullable = 1 << REGIONS_PLACES_FROM,
	.ncolumns = REGIONS_COLUMNS,
	.columns = {
		{"country", TEXTOID}, {"region", TEXTOID}, {"rule", TEXTOID},
		{"places_from", DATEOID}
	}
};

/* Columns of vat_places */
enum
{
	PLACES_NAME = 1,
	PLACES_REGION,
	PLACES_FROM,
	PLACES_TO,
	PLACES_POSTAL_CODE,
	PLACES_POSTAL_CODE_SHARED,
	PLACES_OTHER_NAMES,
	PLACES_COLUMNS
};

static const EcTable places_table = {
	.name = "vat_places",
	.nkeys = 2,
	.nullable = 1 << PLACES_TO | 1 << PLACES_POSTAL_CODE | 1 << PLACES_POSTAL_CODE_SHARED,
	.ncolumns = PLACES_COLUMNS,
	.columns = {
		{"country", TEXTOID}, {"place", TEXTOID}, {"region", TEXTOID},
		{"valid_from", DATEOID}, {"valid_to", DATEOID},
		{"postal_code", TEXTOID}, {"postal_code_shared", TEXTOID}, {"other_names", TEXTARRAYOID}
	}
};

/* Is it known on the day which places are in the seller's region? */
static bool
places_known(const EcSettings *settings)
{
	Datum		keys[2] = {
		PointerGetDatum(settings->country), PointerGetDatum(settings->region)
	};
	EcScan		scan;
	bool		known = true;

	ec_scan_open(&scan, &regions_table, EC_NO_TENANT, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 2, keys);
	if (ec_scan_next(&scan))
	{
		bool		isnull;
		DateADT		from = DatumGetDateADT(ec_scan_value(&scan, REGIONS_PLACES_FROM, &isnull));

		known = isnull || from <= settings->day;
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	return known;
}

/* Is the place where the seller is established in its region on the day? */
bool
ec_settings_place_in_region(const EcSettings *settings, Datum place)
{
	Datum		keys[2] = {PointerGetDatum(settings->country), place};
	char	   *region = text_to_cstring(settings->region);
	EcScan		scan;
	bool		exists = false;
	bool		in = false;

	ec_scan_open(&scan, &places_table, EC_NO_TENANT, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 2, keys);
	while (ec_scan_next(&scan))
	{
		bool		isnull;
		DateADT		until;

		if (strcmp(TextDatumGetCString(ec_scan_value(&scan, PLACES_REGION, &isnull)), region) != 0)
			continue;
		exists = true;
		until = DatumGetDateADT(ec_scan_value(&scan, PLACES_TO, &isnull));
		in |= (isnull || until > settings->day) &&
			DatumGetDateADT(ec_scan_value(&scan, PLACES_FROM, &isnull)) <= settings->day;
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	if (!exists)
		ereport(ERROR,
				(errcode(ERRCODE_EC_NOT_CONFIGURED),
				 errmsg("the shop's place \"%s\" is not in its region \"%s\"",
						TextDatumGetCString(place), region),
				 errhint("UPDATE ecommerce.settings SET place = NULL WHERE tenant_id = %d, or"
						 " to a place of ecommerce.vat_places.", settings->tenant_id)));
	if (!in && !places_known(settings))
	{
		int			year;
		int			month;
		int			day;

		j2date(settings->day + POSTGRES_EPOCH_JDATE, &year, &month, &day);
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("it is not known whether \"%s\" had rates of its own on %04d-%02d-%02d",
						TextDatumGetCString(place), year, month, day)));
	}
	return in;
}

/*
 * Read the regions of the seller's country, and find out when it takes more
 * than the seller's own rates to tell how a sale is taxed.
 */
static void
read_regions(EcSettings *settings)
{
	Datum		keys[1] = {PointerGetDatum(settings->country)};
	char	   *own = text_to_cstring(settings->region);
	EcScan		scan;

	/* Northern Ireland has one VAT for goods and another one for services. */
	settings->ask_services = own[0] != '\0' ||
		strcmp(text_to_cstring(settings->country), "XI") == 0;
	settings->ask_always = settings->small_enterprise;
	settings->ask_addresses = false;
	settings->places = NIL;
	ec_scan_open(&scan, &regions_table, EC_NO_TENANT, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 1, keys);
	while (ec_scan_next(&scan))
	{
		bool		isnull;
		Datum		name = ec_scan_value(&scan, REGIONS_NAME, &isnull);
		char	   *region = TextDatumGetCString(name);
		char	   *rule = TextDatumGetCString(ec_scan_value(&scan, REGIONS_RULE, &isnull));

		if (region[0] == '\0')
			continue;
		settings->places = lappend(settings->places,
								   ec_country_place_key(DatumGetTextPP(name)));
		if (strcmp(region, own) == 0)
		{
			if (strcmp(rule, "country") == 0 || strcmp(rule, "outside") == 0)
				settings->ask_always = true;
			else if (strcmp(rule, "islands") != 0)
				settings->ask_addresses = true;
		}
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
}

/* Add the keys of a place's other names. */
static void
add_names(EcSettings *settings, Datum names)
{
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	deconstruct_array(DatumGetArrayTypeP(names), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
		if (!nulls[i])
			settings->places = lappend(settings->places,
									   ec_country_place_key(DatumGetTextPP(elements[i])));
}

/* Read how addresses tell that they are in one of those regions. */
static void
read_places(EcSettings *settings)
{
	Datum		keys[1] = {PointerGetDatum(settings->country)};
	StringInfoData patterns;
	EcScan		scan;

	initStringInfo(&patterns);
	ec_scan_open(&scan, &places_table, EC_NO_TENANT, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 1, keys);
	while (ec_scan_next(&scan))
	{
		bool		isnull;
		Datum		name = ec_scan_value(&scan, PLACES_NAME, &isnull);

		settings->places = lappend(settings->places,
								   ec_country_place_key(DatumGetTextPP(name)));
		add_names(settings, ec_scan_value(&scan, PLACES_OTHER_NAMES, &isnull));
		for (int i = PLACES_POSTAL_CODE; i <= PLACES_POSTAL_CODE_SHARED; i++)
		{
			Datum		pattern = ec_scan_value(&scan, i, &isnull);

			if (!isnull)
				appendStringInfo(&patterns, "%s(?:%s)",
								 patterns.len == 0 ? "" : "|",
								 TextDatumGetCString(pattern));
		}
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	settings->postal_codes = patterns.len == 0 ? NULL
		: cstring_to_text(patterns.data);
}

/* Is there a rate of a class already?  There are two only where a constraint is gone. */
static bool
has_rate(const EcSettings *settings, const char *vat_class)
{
	for (int i = 0; i < settings->nrates; i++)
		if (strcmp(settings->rates[i].vat_class, vat_class) == 0)
			return true;
	return false;
}

/* Read the VAT rates of the seller's country and region on the day. */
static void
read_rates(EcSettings *settings)
{
	Datum		keys[2] = {
		PointerGetDatum(settings->country), PointerGetDatum(settings->region)
	};
	EcScan		scan;

	ec_scan_open(&scan, &rates_table, EC_NO_TENANT, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 2, keys);
	settings->nrates = 0;
	while (settings->nrates < EC_MAX_RATES && ec_scan_next(&scan))
	{
		EcRate	   *rate = &settings->rates[settings->nrates];
		bool		isnull;
		DateADT		until;

		if (DatumGetDateADT(ec_scan_value(&scan, RATES_FROM, &isnull)) > settings->day)
			continue;
		until = DatumGetDateADT(ec_scan_value(&scan, RATES_TO, &isnull));
		if (!isnull && until <= settings->day)
			continue;
		rate->vat_class = TextDatumGetCString(ec_scan_value(&scan, RATES_CLASS, &isnull));
		if (has_rate(settings, rate->vat_class))
			continue;
		rate->rate = ec_numeric_decode(ec_scan_value(&scan, RATES_RATE, &isnull), "VAT rate");
		settings->nrates++;
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
}

/* Read what VAT law has for a tenant, whose country, region and day are known. */
void
ec_settings_read_vat(EcSettings *settings)
{
	read_rates(settings);
	read_regions(settings);
	read_places(settings);
}

/* Is a text the key of a region or of a place in one? */
static bool
is_place(const EcSettings *seller, text *key)
{
	ListCell   *cell;

	foreach(cell, seller->places)
	{
		text	   *place = lfirst(cell);

		if (VARSIZE_ANY(place) == VARSIZE_ANY(key) &&
			memcmp(place, key, VARSIZE_ANY(key)) == 0)
			return true;
	}
	return false;
}

/*
 * Is an address at home in no territory with a VAT of its own, by its names and
 * its postal code, as vat_territory() would say?  In doubt it may be in one.
 */
bool
ec_settings_at_large(const EcSettings *seller, const char *const *names,
					 int nnames, const char *postal_code)
{
	char		code[EC_POSTAL_CODE_TEXT];
	EcPostalCode understood;

	if (seller->ask_addresses)
		return false;
	for (int i = 0; i < nnames; i++)
		if (names[i] != NULL && names[i][0] != '\0' &&
			is_place(seller, ec_country_place_key(cstring_to_text(names[i]))))
			return false;
	if (postal_code == NULL)
		return true;
	understood = ec_country_postal_code(text_to_cstring(seller->country),
										cstring_to_text(postal_code), code);
	if (understood == EC_POSTAL_BLANK || seller->postal_codes == NULL)
		return true;
	return understood == EC_POSTAL_CODE &&
		!DatumGetBool(DirectFunctionCall2Coll(textregexeq, C_COLLATION_OID,
											  CStringGetTextDatum(code),
											  PointerGetDatum(seller->postal_codes)));
}
