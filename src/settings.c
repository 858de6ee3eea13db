/*
 * settings.c
 *	  How a tenant sells.
 *
 * Every order needs its seller's settings and VAT rates, and they hardly ever
 * change, so each backend keeps those that it used last.  Triggers on their
 * tables send the invalidation that a change of the table itself would send:
 * it reaches every backend when the change commits, and this one at once, also
 * when the change is rolled back.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "ecommerce.h"
#include "errors.h"
#include "numeric_codec.h"
#include "scan.h"
#include "settings.h"

/* Clocks of all time zones differ by multiples of this. */
#define QUARTER_HOUR (15 * USECS_PER_MINUTE)

static EcSettings settings;
static MemoryContext settings_context = NULL;
static bool valid = false;		/* may settings be used again? */
static TimestampTz valid_at;	/* by orders of this quarter of an hour */
static uint64 changes = 0;		/* invalidations so far */
static Oid	settings_relid = InvalidOid;
static Oid	rates_relid = InvalidOid;

/* Settings or rates have changed, or anything may have. */
static void
forget(Datum argument, Oid relid)
{
	if (relid == InvalidOid || relid == settings_relid || relid == rates_relid)
	{
		valid = false;
		changes++;
	}
}

/* Ask to be told of changes. */
void
ec_settings_init(void)
{
	CacheRegisterRelcacheCallback(forget, (Datum) 0);
}

/* The day on which a moment falls in a time zone. */
static DateADT
day_in(Datum zone, TimestampTz at)
{
	Datum		local = DirectFunctionCall2(timestamptz_zone, zone,
											TimestampTzGetDatum(at));

	return DatumGetDateADT(DirectFunctionCall1(timestamp_date, local));
}

/* Read a tenant's row of settings. */
static void
read_settings(int32 tenant_id, TimestampTz at)
{
	static const char *const columns[] = {
		"tenant_id", "country", "region", "currency", "prices", "timezone"
	};
	Datum		keys[1] = {Int32GetDatum(tenant_id)};
	EcScan		scan;
	bool		isnull;
	Datum		country;
	char	   *prices;

	ec_scan_open(&scan, "settings", "settings_pkey", AccessShareLock,
				 columns, lengthof(columns));
	settings_relid = RelationGetRelid(scan.rel);
	ec_scan_begin(&scan, GetActiveSnapshot(), 1, keys);
	if (!ec_scan_next(&scan))
		ereport(ERROR,
				(errcode(ERRCODE_EC_NOT_CONFIGURED),
				 errmsg("the tenant has no settings")));
	country = ec_scan_value(&scan, 1, &isnull);
	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_EC_NOT_CONFIGURED),
				 errmsg("the shop's country is not set"),
				 errdetail("It decides which VAT rates apply."),
				 errhint("UPDATE ecommerce.settings SET country = 'GR' (or where the shop is established).")));
	settings.tenant_id = tenant_id;
	settings.country = DatumGetTextPCopy(country);
	settings.region = DatumGetTextPCopy(ec_scan_value(&scan, 2, &isnull));
	settings.currency = DatumGetTextPCopy(ec_scan_value(&scan, 3, &isnull));
	prices = TextDatumGetCString(ec_scan_value(&scan, 4, &isnull));
	settings.prices = strcmp(prices, "net") == 0 ? EC_NET : EC_GROSS;
	settings.day = day_in(ec_scan_value(&scan, 5, &isnull), at);
	ec_scan_end(&scan);
	ec_scan_close(&scan);
}

/* Read the VAT rates of the seller's country and region on the day. */
static void
read_rates(void)
{
	static const char *const columns[] = {
		"country", "region", "vat_class", "rate", "valid_from", "valid_to"
	};
	Datum		keys[2] = {
		PointerGetDatum(settings.country), PointerGetDatum(settings.region)
	};
	EcScan		scan;

	ec_scan_open(&scan, "vat_rates", "vat_rates_pkey", AccessShareLock,
				 columns, lengthof(columns));
	rates_relid = RelationGetRelid(scan.rel);
	ec_scan_begin(&scan, GetActiveSnapshot(), 2, keys);
	settings.nrates = 0;
	while (settings.nrates < EC_MAX_RATES && ec_scan_next(&scan))
	{
		EcRate	   *rate = &settings.rates[settings.nrates];
		bool		isnull;
		DateADT		until;

		if (DatumGetDateADT(ec_scan_value(&scan, 4, &isnull)) > settings.day)
			continue;
		until = DatumGetDateADT(ec_scan_value(&scan, 5, &isnull));
		if (!isnull && until < settings.day)
			continue;
		rate->vat_class = TextDatumGetCString(ec_scan_value(&scan, 2, &isnull));
		rate->rate = ec_numeric_decode(ec_scan_value(&scan, 3, &isnull), "VAT rate");
		settings.nrates++;
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
}

/*
 * How a tenant sells at a time.  The result is good until the next call.
 *
 * What is read is kept only if no change was announced since before it was
 * read; and not under an old snapshot, which shows an old state for good.
 */
const EcSettings *
ec_settings(int32 tenant_id, TimestampTz at)
{
	TimestampTz quarter = at / QUARTER_HOUR - (at % QUARTER_HOUR < 0);
	MemoryContext caller;
	uint64		before = changes;

	if (valid && settings.tenant_id == tenant_id && valid_at == quarter &&
		!IsolationUsesXactSnapshot())
		return &settings;

	valid = false;
	if (settings_context == NULL)
		settings_context = AllocSetContextCreate(TopMemoryContext,
												 "ecommerce settings",
												 ALLOCSET_SMALL_SIZES);
	MemoryContextReset(settings_context);
	PushActiveSnapshot(GetTransactionSnapshot());
	caller = MemoryContextSwitchTo(settings_context);
	read_settings(tenant_id, at);
	read_rates();
	MemoryContextSwitchTo(caller);
	PopActiveSnapshot();
	valid = before == changes && !IsolationUsesXactSnapshot();
	valid_at = quarter;
	return &settings;
}

PG_FUNCTION_INFO_V1(ec_settings_changed);

/* settings_changed() -> trigger, AFTER any change, FOR EACH ROW or STATEMENT */
Datum
ec_settings_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("settings_changed must be a trigger AFTER a change")));
	CacheInvalidateRelcache(trigger->tg_relation);
	return PointerGetDatum(NULL);
}
