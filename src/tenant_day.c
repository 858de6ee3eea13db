/*
 * tenant_day.c
 *	  The days of a tenant, which begin in its time zone.
 *
 * A zone is looked up as SET timezone does it.  AT TIME ZONE takes some names
 * for abbreviations: EET would be two hours ahead of UTC in summer, too.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "errors.h"
#include "tenant_settings.h"
#include "value/arguments.h"

/* Refuse a day or a time that PostgreSQL cannot compute with. */
pg_noreturn static void
out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("timestamp out of range")));
}

/*
 * The zone of that name.  Settings have those that a server knew, which need
 * not be the one on which they were restored.
 */
pg_tz *
ec_day_zone(const text *name)
{
	pg_tz	   *zone = pg_tzset(text_to_cstring(name));

	if (zone == NULL || !pg_tz_acceptable(zone))
		ereport(ERROR,
				(errcode(ERRCODE_EC_NOT_CONFIGURED),
				 errmsg("time zone \"%s\" is not known to this server", text_to_cstring(name)),
				 errhint("UPDATE ecommerce.settings SET timezone = 'Europe/Athens'"
						 " WHERE timezone = %s (or where the seller is), a name of"
						 " pg_timezone_names.", quote_literal_cstr(text_to_cstring(name)))));
	return zone;
}

/* The day on which a moment falls in a time zone. */
DateADT
ec_day_in(pg_tz *zone, TimestampTz at)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			offset;

	if (TIMESTAMP_NOT_FINITE(at) || timestamp2tm(at, &offset, &tm, &fsec, NULL, zone) != 0)
		out_of_range();
	return date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
}

/* The moment at which a day begins in a time zone */
static TimestampTz
day_start(pg_tz *zone, DateADT day)
{
	struct pg_tm midnight = {0};
	struct pg_tm before;
	fsec_t		fsec;
	int			offset;
	TimestampTz start;

	if (DATE_NOT_FINITE(day) || !IS_VALID_DATE(day))
		out_of_range();
	j2date(day + POSTGRES_EPOCH_JDATE, &midnight.tm_year, &midnight.tm_mon, &midnight.tm_mday);
	offset = DetermineTimeZoneOffset(&midnight, zone);
	if (tm2timestamp(&midnight, 0, &offset, &start) != 0 ||
		timestamp2tm(start - 1, &offset, &before, &fsec, NULL, zone) != 0)
		out_of_range();

	/* Where clocks show midnight twice, the day begins with the first. */
	if (date2j(before.tm_year, before.tm_mon, before.tm_mday) - POSTGRES_EPOCH_JDATE >= day &&
		tm2timestamp(&midnight, 0, &offset, &start) != 0)
		out_of_range();
	return start;
}

/*
 * The last day that has begun at a moment.  Where clocks are put back over midnight that is
 * not what they show: a day begins with the first midnight that it has.
 */
DateADT
ec_day_at(pg_tz *zone, TimestampTz at)
{
	DateADT		day = ec_day_in(zone, at) + 1;

	while (day_start(zone, day) > at)
		day--;
	return day;
}

PG_FUNCTION_INFO_V1(ec_shop_day_at);

/* shop_day_at(at timestamptz, timezone text) -> date */
Datum
ec_shop_day_at(PG_FUNCTION_ARGS)
{
	EC_STRICT(fcinfo);
	PG_RETURN_DATEADT(ec_day_at(ec_day_zone(PG_GETARG_TEXT_PP(1)), PG_GETARG_TIMESTAMPTZ(0)));
}

PG_FUNCTION_INFO_V1(ec_day_start);

/* day_start(day date, timezone text) -> timestamptz */
Datum
ec_day_start(PG_FUNCTION_ARGS)
{
	EC_STRICT(fcinfo);
	PG_RETURN_TIMESTAMPTZ(day_start(ec_day_zone(PG_GETARG_TEXT_PP(1)), PG_GETARG_DATEADT(0)));
}
