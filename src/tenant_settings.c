/*
 * tenant_settings.c
 *	  How a tenant sells.
 *
 * Every order needs its seller's settings and VAT rates, and which parts of the
 * seller's country have a VAT of their own.  They hardly ever change, so each
 * backend keeps those that it used last, until a change is announced (db/table.c).
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/formatting.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "db/scan.h"
#include "errors.h"
#include "tenant_settings.h"
#include "value/numeric_codec.h"

/* Clocks of all time zones differ by multiples of this. */
#define QUARTER_HOUR (15 * USECS_PER_MINUTE)

/* Columns of settings that are read, after its key */
enum
{
	SETTINGS_COUNTRY = 1,
	SETTINGS_REGION,
	SETTINGS_CURRENCY,
	SETTINGS_PRICES,
	SETTINGS_TIMEZONE,
	SETTINGS_OSS,
	SETTINGS_OVER_THRESHOLD,
	SETTINGS_SMALL_ENTERPRISE,
	SETTINGS_PLACE,
	SETTINGS_RESERVATION_TTL,
	SETTINGS_COLUMNS
};

static EcTable settings_table = {
	.name = "settings",
	.nkeys = 1,
	.nullable = 1 << SETTINGS_COUNTRY | 1 << SETTINGS_PLACE,
	.ncolumns = SETTINGS_COLUMNS,
	.columns = {
		{"tenant_id", INT4OID}, {"country", TEXTOID}, {"region", TEXTOID},
		{"currency", TEXTOID}, {"prices", TEXTOID}, {"timezone", TEXTOID},
		{"oss", BOOLOID}, {"distance_sales_exceed_threshold", BOOLOID},
		{"small_enterprise", BOOLOID}, {"place", TEXTOID},
		{"reservation_ttl", INTERVALOID}
	}
};

/* Columns of vat_rates */
enum
{
	RATES_CLASS = 2,
	RATES_RATE,
	RATES_FROM,
	RATES_TO,
	RATES_COLUMNS
};

static EcTable rates_table = {
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

static EcTable regions_table = {
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
	PLACES_COLUMNS
};

static EcTable places_table = {
	.name = "vat_places",
	.nkeys = 2,
	.nullable = 1 << PLACES_TO | 1 << PLACES_POSTAL_CODE | 1 << PLACES_POSTAL_CODE_SHARED,
	.ncolumns = PLACES_COLUMNS,
	.columns = {
		{"country", TEXTOID}, {"place", TEXTOID}, {"region", TEXTOID},
		{"valid_from", DATEOID}, {"valid_to", DATEOID},
		{"postal_code", TEXTOID}, {"postal_code_shared", TEXTOID}
	}
};

/*
 * What was read last, in a memory context of its own.  Whoever uses it holds
 * it until its memory goes, because another call may read something else
 * meanwhile.
 */
typedef struct Kept
{
	EcSettings	settings;
	MemoryContext context;
	int			users;
	bool		current;		/* is it what was read last? */
} Kept;

static Kept *kept = NULL;
static TimestampTz kept_at;		/* good for orders of this quarter of an hour */
static uint64 kept_changes;		/* if there were no others since */

/* A tenant's default ttl of reservations, good under the same condition */
static int32 ttl_tenant_id = 0;
static uint64 ttl_changes;
static Interval reservation_ttl;

/* Changes of which this backend was told */
static uint64
changes(void)
{
	return settings_table.changes + rates_table.changes +
		regions_table.changes + places_table.changes;
}

/* The day on which a moment falls in a time zone. */
static DateADT
day_in(Datum zone, TimestampTz at)
{
	Datum		local = DirectFunctionCall2(timestamptz_zone, zone,
											TimestampTzGetDatum(at));

	return DatumGetDateADT(DirectFunctionCall1(timestamp_date, local));
}

/* Is it known on the day which places are in the seller's region? */
static bool
places_known(const EcSettings *settings)
{
	Datum		keys[2] = {
		PointerGetDatum(settings->country), PointerGetDatum(settings->region)
	};
	EcScan		scan;
	bool		known = true;

	ec_scan_open(&scan, &regions_table, AccessShareLock);
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
static bool
place_in_region(const EcSettings *settings, Datum place)
{
	Datum		keys[2] = {PointerGetDatum(settings->country), place};
	char	   *region = text_to_cstring(settings->region);
	EcScan		scan;
	bool		exists = false;
	bool		in = false;

	ec_scan_open(&scan, &places_table, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 2, keys);
	while (ec_scan_next(&scan))
	{
		bool		isnull;
		DateADT		until;

		if (strcmp(TextDatumGetCString(ec_scan_value(&scan, PLACES_REGION, &isnull)), region) != 0)
			continue;
		exists = true;
		until = DatumGetDateADT(ec_scan_value(&scan, PLACES_TO, &isnull));
		in |= (isnull || until >= settings->day) &&
			DatumGetDateADT(ec_scan_value(&scan, PLACES_FROM, &isnull)) <= settings->day;
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	if (!exists)
		ereport(ERROR,
				(errcode(ERRCODE_EC_NOT_CONFIGURED),
				 errmsg("the shop's place is not in its region"),
				 errdetail("Place \"%s\", region \"%s\".",
						   TextDatumGetCString(place), region),
				 errhint("It is a row of ecommerce.vat_places, or NULL.")));
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

/* Read a tenant's row of settings. */
static void
read_settings(EcSettings *settings, int32 tenant_id, TimestampTz at)
{
	Datum		keys[1] = {Int32GetDatum(tenant_id)};
	EcScan		scan;
	bool		isnull;
	Datum		country;
	Datum		place;
	char	   *prices;

	ec_scan_open(&scan, &settings_table, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 1, keys);
	if (!ec_scan_next(&scan))
		ereport(ERROR,
				(errcode(ERRCODE_EC_NOT_CONFIGURED),
				 errmsg("the tenant has no settings")));
	country = ec_scan_value(&scan, SETTINGS_COUNTRY, &isnull);
	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_EC_NOT_CONFIGURED),
				 errmsg("the shop's country is not set"),
				 errdetail("It decides which VAT rates apply."),
				 errhint("UPDATE ecommerce.settings SET country = 'GR' (or where the shop is established).")));
	settings->tenant_id = tenant_id;
	settings->country = DatumGetTextPCopy(country);
	settings->region = DatumGetTextPCopy(ec_scan_value(&scan, SETTINGS_REGION, &isnull));
	settings->currency = DatumGetTextPCopy(ec_scan_value(&scan, SETTINGS_CURRENCY, &isnull));
	prices = TextDatumGetCString(ec_scan_value(&scan, SETTINGS_PRICES, &isnull));
	settings->prices = strcmp(prices, "net") == 0 ? EC_NET : EC_GROSS;
	settings->day = day_in(ec_scan_value(&scan, SETTINGS_TIMEZONE, &isnull), at);
	settings->oss = DatumGetBool(ec_scan_value(&scan, SETTINGS_OSS, &isnull));
	settings->over_threshold = DatumGetBool(ec_scan_value(&scan, SETTINGS_OVER_THRESHOLD, &isnull));
	settings->small_enterprise = DatumGetBool(ec_scan_value(&scan, SETTINGS_SMALL_ENTERPRISE, &isnull));
	place = ec_scan_value(&scan, SETTINGS_PLACE, &isnull);
	if (!isnull && !place_in_region(settings, place))
		settings->region = cstring_to_text("");
	ec_scan_end(&scan);
	ec_scan_close(&scan);
}

/* A text in small letters. */
static text *
lower_text(Datum value)
{
	return DatumGetTextP(DirectFunctionCall1Coll(lower, DEFAULT_COLLATION_OID,
												 value));
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
	ec_scan_open(&scan, &regions_table, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 1, keys);
	while (ec_scan_next(&scan))
	{
		bool		isnull;
		Datum		name = ec_scan_value(&scan, REGIONS_NAME, &isnull);
		char	   *region = TextDatumGetCString(name);
		char	   *rule = TextDatumGetCString(ec_scan_value(&scan, REGIONS_RULE, &isnull));

		if (region[0] == '\0')
			continue;
		settings->places = lappend(settings->places, lower_text(name));
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

/* Read how addresses tell that they are in one of those regions. */
static void
read_places(EcSettings *settings)
{
	Datum		keys[1] = {PointerGetDatum(settings->country)};
	StringInfoData patterns;
	EcScan		scan;

	initStringInfo(&patterns);
	ec_scan_open(&scan, &places_table, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 1, keys);
	while (ec_scan_next(&scan))
	{
		bool		isnull;
		Datum		name = ec_scan_value(&scan, PLACES_NAME, &isnull);

		settings->places = lappend(settings->places, lower_text(name));
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

/* Read the VAT rates of the seller's country and region on the day. */
static void
read_rates(EcSettings *settings)
{
	Datum		keys[2] = {
		PointerGetDatum(settings->country), PointerGetDatum(settings->region)
	};
	EcScan		scan;

	ec_scan_open(&scan, &rates_table, AccessShareLock);
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
		if (!isnull && until < settings->day)
			continue;
		rate->vat_class = TextDatumGetCString(ec_scan_value(&scan, RATES_CLASS, &isnull));
		rate->rate = ec_numeric_decode(ec_scan_value(&scan, RATES_RATE, &isnull), "VAT rate");
		settings->nrates++;
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
}

/*
 * Is an address at home in no territory with a VAT of its own, by its names and
 * its postal code, as vat_territory() would say?  In doubt it may be in one.
 */
bool
ec_settings_at_large(const EcSettings *seller, const char *const *names,
					 int nnames, const char *postal_code)
{
	char	   *code;
	char	   *country;
	size_t		n = 0;

	if (seller->ask_addresses)
		return false;
	for (int i = 0; i < nnames; i++)
	{
		text	   *name;
		ListCell   *cell;

		if (names[i] == NULL || names[i][0] == '\0')
			continue;
		name = lower_text(CStringGetTextDatum(names[i]));
		foreach(cell, seller->places)
		{
			text	   *place = lfirst(cell);

			if (VARSIZE(place) == VARSIZE(name) && memcmp(place, name, VARSIZE(name)) == 0)
				return false;
		}
	}
	if (postal_code == NULL || seller->postal_codes == NULL)
		return true;

	/* Capital letters and digits, without the country in front of them */
	code = asc_toupper(postal_code, strlen(postal_code));
	for (const char *p = code; *p != '\0'; p++)
		if ((*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9'))
			code[n++] = *p;
	code[n] = '\0';
	country = text_to_cstring(seller->country);
	if (strncmp(code, country, 2) == 0 && strspn(code + 2, "0123456789") >= 4)
		code += 2;
	return !DatumGetBool(DirectFunctionCall2Coll(textregexeq, DEFAULT_COLLATION_OID,
												 CStringGetTextDatum(code),
												 PointerGetDatum(seller->postal_codes)));
}

/* Let go of settings, and of their memory if they are of no more use. */
static void
release(void *arg)
{
	Kept	   *used = arg;

	used->users--;
	if (used->users == 0 && !used->current)
		MemoryContextDelete(used->context);
}

/* Forget what was read last. */
static void
forget(void)
{
	if (kept == NULL)
		return;
	kept->current = false;
	if (kept->users == 0)
		MemoryContextDelete(kept->context);
	kept = NULL;
}

/* Hold settings until the memory that is in use now goes. */
static const EcSettings *
hold(Kept *used)
{
	MemoryContextCallback *callback = palloc(sizeof(MemoryContextCallback));

	callback->func = release;
	callback->arg = used;
	used->users++;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	return &used->settings;
}

/* Read how a tenant sells at a time; it goes with the caller unless it is kept. */
static Kept *
read_kept(int32 tenant_id, TimestampTz at)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "ecommerce settings",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Kept	   *read = palloc0(sizeof(Kept));

	read->context = context;
	PushActiveSnapshot(GetTransactionSnapshot());
	read_settings(&read->settings, tenant_id, at);
	read_rates(&read->settings);
	read_regions(&read->settings);
	read_places(&read->settings);
	PopActiveSnapshot();
	MemoryContextSwitchTo(caller);
	return read;
}

/*
 * How a tenant sells at a time.  The result is good as long as the memory that
 * is in use.
 *
 * What is read is kept only if no change was announced since before it was
 * read; and not under an old snapshot, which shows an old state for good.
 */
const EcSettings *
ec_settings(int32 tenant_id, TimestampTz at)
{
	TimestampTz quarter = at / QUARTER_HOUR - (at % QUARTER_HOUR < 0);
	uint64		before = changes();
	Kept	   *read;

	if (kept != NULL && kept_changes == before &&
		kept->settings.tenant_id == tenant_id && kept_at == quarter &&
		!IsolationUsesXactSnapshot())
		return hold(kept);

	read = read_kept(tenant_id, at);
	if (IsolationUsesXactSnapshot())
		return &read->settings;
	forget();
	MemoryContextSetParent(read->context, TopMemoryContext);
	read->current = true;
	kept = read;
	kept_changes = before;
	kept_at = quarter;
	return hold(kept);
}

/* How long a tenant's reservations hold unless they say otherwise. */
Interval
ec_settings_reservation_ttl(int32 tenant_id)
{
	Datum		keys[1] = {Int32GetDatum(tenant_id)};
	uint64		before = settings_table.changes;
	EcScan		scan;
	bool		isnull;

	if (ttl_tenant_id == tenant_id && ttl_changes == before &&
		!IsolationUsesXactSnapshot())
		return reservation_ttl;

	ttl_tenant_id = 0;
	PushActiveSnapshot(GetTransactionSnapshot());
	ec_scan_open(&scan, &settings_table, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 1, keys);
	if (!ec_scan_next(&scan))
		ereport(ERROR,
				(errcode(ERRCODE_EC_NOT_CONFIGURED),
				 errmsg("the tenant has no settings")));
	reservation_ttl = *DatumGetIntervalP(ec_scan_value(&scan, SETTINGS_RESERVATION_TTL,
													   &isnull));
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	PopActiveSnapshot();
	if (!IsolationUsesXactSnapshot())
		ttl_tenant_id = tenant_id;
	ttl_changes = before;
	return reservation_ttl;
}
