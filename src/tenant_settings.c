/*
 * tenant_settings.c
 *	  How a tenant sells.
 *
 * Every order needs its seller's settings and VAT rates, and which parts of the
 * seller's country have a VAT of their own.  They hardly ever change, so each
 * backend caches those that it used last, until a change is announced
 * (db/table.c).
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
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
	SETTINGS_SHIPPING_REQUIRED,
	SETTINGS_COLUMNS
};

static const EcTable settings_table = {
	.name = "settings",
	.nkeys = 1,
	.nullable = 1 << SETTINGS_COUNTRY | 1 << SETTINGS_PLACE,
	.ncolumns = SETTINGS_COLUMNS,
	.columns = {
		{"tenant_id", INT4OID}, {"country", TEXTOID}, {"region", TEXTOID},
		{"currency", TEXTOID}, {"prices", TEXTOID}, {"timezone", TEXTOID},
		{"oss", BOOLOID}, {"distance_sales_exceed_threshold", BOOLOID},
		{"small_enterprise", BOOLOID}, {"place", TEXTOID},
		{"reservation_ttl", INTERVALOID}, {"shipping_required", BOOLOID}
	}
};

/*
 * What was read last, in a memory context of its own.  Whoever uses it holds
 * it until its memory goes, because another call may read something else
 * meanwhile.
 */
typedef struct CachedSettings
{
	EcSettings	settings;
	MemoryContext context;
	int			users;
	bool		current;		/* is it what was read last? */
} CachedSettings;

static CachedSettings *cached = NULL;
static TimestampTz cached_at;	/* good for orders of this quarter of an hour */
static uint64 cached_invalidations; /* and until the next one */

/* What needs no country, of the tenant that was asked for last, until the next invalidation */
typedef struct CachedBasics
{
	int32		tenant_id;
	uint64		invalidations;
	bool		valid;			/* was anything read? */
	bool		found;			/* has it settings? */
	Interval	reservation_ttl;
	char		currency[EC_CURRENCY_TEXT];
	char		timezone[TZ_STRLEN_MAX + 1];
	pg_tz	   *zone;			/* NULL until somebody asks for it */
} CachedBasics;

static CachedBasics basics;

/* Refuse a tenant whose row of settings is gone: create_tenant() makes one. */
static void
refuse_without_settings(int32 tenant_id)
{
	ereport(ERROR,
			(errcode(ERRCODE_EC_NOT_CONFIGURED),
			 errmsg("tenant %d has no settings", tenant_id),
			 errhint("INSERT INTO ecommerce.settings (tenant_id, country, currency, timezone)"
					 " VALUES (%d, 'GR', 'EUR', 'Europe/Athens') (or where the shop is"
					 " established).", tenant_id)));
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
	pg_tz	   *zone;

	ec_scan_open(&scan, &settings_table, tenant_id, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 1, keys);
	if (!ec_scan_next(&scan))
		refuse_without_settings(tenant_id);
	country = ec_scan_value(&scan, SETTINGS_COUNTRY, &isnull);
	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_EC_NOT_CONFIGURED),
				 errmsg("the country of tenant %d is not set", tenant_id),
				 errdetail("It decides which VAT rates apply."),
				 errhint("UPDATE ecommerce.settings SET country = 'GR' WHERE tenant_id = %d"
						 " (or where the shop is established).", tenant_id)));
	settings->tenant_id = tenant_id;
	settings->country = DatumGetTextPCopy(country);
	settings->region = DatumGetTextPCopy(ec_scan_value(&scan, SETTINGS_REGION, &isnull));
	settings->currency = DatumGetTextPCopy(ec_scan_value(&scan, SETTINGS_CURRENCY, &isnull));
	prices = TextDatumGetCString(ec_scan_value(&scan, SETTINGS_PRICES, &isnull));
	settings->prices = strcmp(prices, "net") == 0 ? EC_NET : EC_GROSS;
	zone = ec_day_zone(DatumGetTextPP(ec_scan_value(&scan, SETTINGS_TIMEZONE, &isnull)));
	settings->day = ec_day_in(zone, at);
	settings->oss = DatumGetBool(ec_scan_value(&scan, SETTINGS_OSS, &isnull));
	settings->over_threshold = DatumGetBool(ec_scan_value(&scan, SETTINGS_OVER_THRESHOLD, &isnull));
	settings->small_enterprise = DatumGetBool(ec_scan_value(&scan, SETTINGS_SMALL_ENTERPRISE,
															&isnull));
	settings->shipping_required = DatumGetBool(ec_scan_value(&scan, SETTINGS_SHIPPING_REQUIRED,
															 &isnull));
	place = ec_scan_value(&scan, SETTINGS_PLACE, &isnull);
	if (!isnull && !ec_settings_place_in_region(settings, place))
		settings->region = cstring_to_text("");
	ec_scan_end(&scan);
	ec_scan_close(&scan);
}

/* Let go of settings, and of their memory if they are of no more use. */
static void
release(void *arg)
{
	CachedSettings *used = arg;

	used->users--;
	if (used->users == 0 && !used->current)
		MemoryContextDelete(used->context);
}

/* Forget what was read last. */
static void
forget(void)
{
	if (cached == NULL)
		return;
	cached->current = false;
	if (cached->users == 0)
		MemoryContextDelete(cached->context);
	cached = NULL;
}

/* Hold settings until the memory that is in use now goes. */
static const EcSettings *
hold(CachedSettings *used)
{
	MemoryContextCallback *callback = palloc(sizeof(MemoryContextCallback));

	callback->func = release;
	callback->arg = used;
	used->users++;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	return &used->settings;
}

/* Read how a tenant sells at a time; it goes with the caller unless it is cached. */
static CachedSettings *
read_cacheable(int32 tenant_id, TimestampTz at)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "ecommerce settings",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	CachedSettings *read = palloc0(sizeof(CachedSettings));

	read->context = context;
	PushActiveSnapshot(GetTransactionSnapshot());
	read_settings(&read->settings, tenant_id, at);
	ec_settings_read_vat(&read->settings);
	PopActiveSnapshot();
	MemoryContextSwitchTo(caller);
	return read;
}

/*
 * How a tenant sells at a time.  The result is good as long as the memory that
 * is in use.
 *
 * What is read is cached only if no change was announced since before it was
 * read; and not under an old snapshot, which shows an old state for good.
 */
const EcSettings *
ec_settings(int32 tenant_id, TimestampTz at)
{
	TimestampTz quarter = at / QUARTER_HOUR - (at % QUARTER_HOUR < 0);
	uint64		before = ec_table_invalidations();
	CachedSettings *read;

	if (cached != NULL && cached_invalidations == before &&
		cached->settings.tenant_id == tenant_id && cached_at == quarter &&
		!IsolationUsesXactSnapshot())
		return hold(cached);

	read = read_cacheable(tenant_id, at);
	if (IsolationUsesXactSnapshot())
		return &read->settings;
	forget();
	MemoryContextSetParent(read->context, TopMemoryContext);
	read->current = true;
	cached = read;
	cached_invalidations = before;
	cached_at = quarter;
	return hold(cached);
}

/* Read what needs no country, unless it is known.  False if the tenant has none. */
static bool
read_basics(int32 tenant_id)
{
	Datum		keys[1] = {Int32GetDatum(tenant_id)};
	uint64		before = ec_table_invalidations();
	EcScan		scan;
	bool		isnull;

	if (basics.valid && basics.tenant_id == tenant_id && basics.invalidations == before &&
		!IsolationUsesXactSnapshot())
		return basics.found;

	basics.valid = false;
	PushActiveSnapshot(GetTransactionSnapshot());
	ec_scan_open(&scan, &settings_table, tenant_id, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 1, keys);
	basics.found = ec_scan_next(&scan);
	if (basics.found)
	{
		basics.reservation_ttl = *DatumGetIntervalP(ec_scan_value(&scan, SETTINGS_RESERVATION_TTL,
																  &isnull));
		text_to_cstring_buffer(DatumGetTextPP(ec_scan_value(&scan, SETTINGS_CURRENCY, &isnull)),
							   basics.currency, sizeof(basics.currency));
		text_to_cstring_buffer(DatumGetTextPP(ec_scan_value(&scan, SETTINGS_TIMEZONE, &isnull)),
							   basics.timezone, sizeof(basics.timezone));
		basics.zone = NULL;
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	PopActiveSnapshot();
	basics.valid = !IsolationUsesXactSnapshot();
	basics.tenant_id = tenant_id;
	basics.invalidations = before;
	return basics.found;
}

/* Read what needs no country, which the tenant must have. */
static void
require_basics(int32 tenant_id)
{
	if (!read_basics(tenant_id))
		refuse_without_settings(tenant_id);
}

/* How long a tenant's reservations hold unless they say otherwise. */
Interval
ec_settings_reservation_ttl(int32 tenant_id)
{
	require_basics(tenant_id);
	return basics.reservation_ttl;
}

/* The currency of a tenant's prices.  False if it has no settings. */
bool
ec_settings_currency(int32 tenant_id, char *currency)
{
	if (!read_basics(tenant_id))
		return false;
	strcpy(currency, basics.currency);
	return true;
}

/* The zone in which a tenant's days begin. */
pg_tz *
ec_settings_zone(int32 tenant_id)
{
	require_basics(tenant_id);
	if (basics.zone == NULL)
		basics.zone = ec_day_zone(cstring_to_text(basics.timezone));
	return basics.zone;
}
