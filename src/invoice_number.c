/*
 * invoice_number.c
 *	  Numbers of documents: which are the next ones, and how they are written.
 *
 * A series is locked until its transaction ends, and everybody else waits for it.  So
 * little is done meanwhile.
 */
#include "postgres.h"

#include <ctype.h>

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "call.h"
#include "db/plan.h"
#include "db/scan.h"
#include "invoice_number.h"
#include "tenant_settings.h"
#include "value/arguments.h"
#include "value/characters.h"
#include "value/result.h"

/* Is a word in braces that one? */
static bool
word_is(const char *word, int length, const char *name)
{
	return strlen(name) == (size_t) length && memcmp(word, name, (size_t) length) == 0;
}

/* How many digits {number} or {number:6} has at least; -1 if it is no such word */
static int
number_width(const char *word, int length)
{
	const int	name = (int) strlen("number");
	int			width = 0;

	if (length < name || memcmp(word, "number", (size_t) name) != 0)
		return -1;
	if (length == name)
		return 0;
	if (word[name] != ':' || length < name + 2 || length > name + 3)
		return -1;
	for (int i = name + 1; i < length; i++)
	{
		if (!isdigit((unsigned char) word[i]))
			return -1;
		width = width * 10 + word[i] - '0';
	}
	return width;
}

/* Write what a word in braces stands for; false if it stands for nothing. */
static bool
append_word(StringInfo written, const char *word, int length, text *series, DateADT issued,
			int64 number)
{
	int			width = number_width(word, length);
	int			year;
	int			month;
	int			day;

	j2date(issued + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	if (word_is(word, length, "year"))
		appendStringInfo(written, "%04d", year);
	else if (word_is(word, length, "yy"))
		appendStringInfo(written, "%02d", year % 100);
	else if (word_is(word, length, "month"))
		appendStringInfo(written, "%02d", month);
	else if (word_is(word, length, "series"))
		appendBinaryStringInfo(written, VARDATA_ANY(series), (int) VARSIZE_ANY_EXHDR(series));
	else if (width >= 0)
		appendStringInfo(written, "%0*lld", width, (long long) number);
	else
		return false;
	return true;
}

/* A number as it is written, by the format of its series. */
text *
ec_invoice_number(text *format, text *series, DateADT issued, int64 number)
{
	const char *at = text_to_cstring(format);
	StringInfoData written;

	if (DATE_NOT_FINITE(issued))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("date out of range")));
	initStringInfo(&written);
	while (*at != '\0')
	{
		const char *close = *at == '{' ? strchr(at, '}') : NULL;

		if (close != NULL && append_word(&written, at + 1, (int) (close - at) - 1, series, issued,
										 number))
			at = close + 1;
		else
			appendStringInfoChar(&written, *at++);
	}
	return cstring_to_text_with_len(written.data, written.len);
}

PG_FUNCTION_INFO_V1(ec_format_invoice_number);

/*
 * format_invoice_number(format text, series text, day date, number bigint) -> text
 */
Datum
ec_format_invoice_number(PG_FUNCTION_ARGS)
{
	EC_STRICT(fcinfo);
	PG_RETURN_TEXT_P(ec_invoice_number(PG_GETARG_TEXT_PP(0), PG_GETARG_TEXT_PP(1),
									   PG_GETARG_DATEADT(2), PG_GETARG_INT64(3)));
}

PG_FUNCTION_INFO_V1(ec_next_issue_date);

/* next_issue_date(last_issue_date date, year integer, tenant_id integer) -> date */
Datum
ec_next_issue_date(PG_FUNCTION_ARGS)
{
	DateADT		day;

	if (PG_ARGISNULL(2))
		PG_RETURN_NULL();
	day = ec_day_at(ec_settings_zone(PG_GETARG_INT32(2)), GetCurrentTimestamp());
	if (!PG_ARGISNULL(0))
		day = Max(day, PG_GETARG_DATEADT(0));
	if (!PG_ARGISNULL(1) && PG_GETARG_INT32(1) > 0)
		day = Max(day, DatumGetDateADT(DirectFunctionCall3(make_date, PG_GETARG_DATUM(1),
														   Int32GetDatum(1), Int32GetDatum(1))));
	PG_RETURN_DATEADT(day);
}

enum
{
	SERIES_NAME = 1,
	SERIES_KIND,
	SERIES_FORMAT,
	SERIES_YEARLY,
	SERIES_DEFAULT
};

static const EcTable series_table = {
	.name = "invoice_series",
	.nkeys = 2,
	.ncolumns = 6,
	.columns = {
		{"tenant_id", INT4OID}, {"series", TEXTOID}, {"kind", TEXTOID}, {"format", TEXTOID},
		{"yearly", BOOLOID}, {"is_default", BOOLOID}
	}
};

/* It makes the usual ones, or says what is wrong. */
static EcPlan series_plan = {
	.sql = "SELECT s.series, s.format, s.yearly"
	" FROM ecommerce_internal.invoice_series_of($1, $2, $3) s",
	.nargs = 3,
	.types = {INT4OID, TEXTOID, TEXTOID}
};

/* A copy of a text */
static text *
copy_text(Datum value)
{
	return (text *) DatumGetPointer(datumCopy(PointerGetDatum(DatumGetTextPP(value)), false, -1));
}

/* Find the series of a kind of documents that is named, or the default one; false if none is. */
static bool
find_series(int32 tenant_id, text *kind, text *name, EcSeries *series)
{
	Datum		keys[] = {Int32GetDatum(tenant_id), PointerGetDatum(name)};
	bool		found = false;
	bool		isnull;
	EcScan		scan;

	ec_scan_open(&scan, &series_table, tenant_id, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), name == NULL ? 1 : 2, keys);
	while (!found && ec_scan_next(&scan))
	{
		found = ec_same_text(DatumGetTextPP(ec_scan_value(&scan, SERIES_KIND, &isnull)), kind) &&
			(name != NULL || DatumGetBool(ec_scan_value(&scan, SERIES_DEFAULT, &isnull)));
		if (!found)
			continue;
		series->name = copy_text(ec_scan_value(&scan, SERIES_NAME, &isnull));
		series->format = copy_text(ec_scan_value(&scan, SERIES_FORMAT, &isnull));
		series->yearly = DatumGetBool(ec_scan_value(&scan, SERIES_YEARLY, &isnull));
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	return found;
}

/* The same, or refuse what is asked for.  name: that of the series, or NULL. */
void
ec_invoice_series(int32 tenant_id, text *kind, text *name, EcSeries *series)
{
	Datum		values[] = {
		Int32GetDatum(tenant_id), PointerGetDatum(kind), PointerGetDatum(name)
	};

	if (find_series(tenant_id, kind, name, series))
		return;
	(void) ec_execute(&series_plan, values, name == NULL ? "  n" : NULL);
	series->name = copy_text(ec_value(0, 1, TEXTOID));
	series->format = copy_text(ec_value(0, 2, TEXTOID));
	series->yearly = DatumGetBool(ec_value(0, 3, BOOLOID));
}

/*
 * What is computed of a locked row is computed when the lock came.  Of a series with years
 * it is not the counter of another year than that of the day, nor of one before the last.
 */
static EcPlan take_plan = {
	.sql = "UPDATE {invoice_counters} c SET last_number = c.last_number + $4, last_issue_date ="
	" ecommerce_internal.next_issue_date(c.last_issue_date, c.year, $1)"
	" WHERE c.tenant_id = $1 AND c.series = $2 AND c.year = $3 AND ($3 = 0"
	" OR $3 = extract(year FROM"
	" ecommerce_internal.next_issue_date(c.last_issue_date, c.year, $1))"
	" AND NOT EXISTS (SELECT FROM {invoice_counters} k WHERE k.tenant_id = $1"
	" AND k.series = $2 AND k.year > $3))"
	" RETURNING c.last_number - $4, c.last_issue_date",
	.nargs = 4,
	.types = {INT4OID, TEXTOID, INT4OID, INT8OID}
};
static EcPlan year_plan = {
	.sql = "SELECT greatest("
	"extract(year FROM ecommerce_internal.next_issue_date(NULL, 0, $1))::integer,"
	" (SELECT max(greatest(c.year, extract(year FROM c.last_issue_date)::integer))"
	" FROM {invoice_counters} c WHERE c.tenant_id = $1 AND c.series = $2))",
	.nargs = 2,
	.types = {INT4OID, TEXTOID}
};
static EcPlan begin_plan = {
	.sql = "INSERT INTO {invoice_counters} (tenant_id, series, year) VALUES ($1, $2, $3)"
	" ON CONFLICT DO NOTHING",
	.nargs = 3,
	.types = {INT4OID, TEXTOID, INT4OID}
};

/* The year of the shop's day, for a series with years */
static int32
year_of_today(int32 tenant_id)
{
	DateADT		today = ec_day_at(ec_settings_zone(tenant_id), GetCurrentTimestamp());
	int			year;
	int			month;
	int			day;

	j2date(today + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	return year;
}

static const EcTable counters_of_series = {
	.name = "invoice_counters",
	.nkeys = 2,
	.ncolumns = 2,
	.columns = {{"tenant_id", INT4OID}, {"series", TEXTOID}}
};

/* Has this transaction written the version of a row that there is, or locked it? */
static bool
is_held(HeapTupleHeader row)
{
	return TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(row)) ||
		((row->t_infomask & (HEAP_XMAX_INVALID | HEAP_XMAX_IS_MULTI)) == 0 &&
		 TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetRawXmax(row)));
}

/* Has it any counter of a series? */
static bool
holds_counter(Datum tenant_id, Datum series)
{
	Datum		keys[] = {tenant_id, series};
	bool		held = false;
	EcScan		scan;

	ec_scan_open(&scan, &counters_of_series, DatumGetInt32(tenant_id), AccessShareLock);
	ec_scan_begin(&scan, SnapshotSelf, 2, keys);
	while (!held && ec_scan_next(&scan))
		held = is_held(scan.tuple->t_data);
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	return held;
}

/* Advisory locks of SQL have 1 or 2 there: nobody takes this one by pg_advisory_lock(). */
#define LINE_OF_SERIES 236

/*
 * Wait in line for those who take numbers of a series.  The counter lets nobody pass,
 * either, but all who wait for a row that is updated wake up whenever one commits, and take
 * time from the one whose turn it is.  Where commits do not wait for the disk, a line would
 * take longer than they do.  Who has the counter would wait for those who wait for it.
 */
static void
stand_in_line(Datum tenant_id, Datum series)
{
	uint64		key;
	LOCKTAG		line;

	if (synchronous_commit == SYNCHRONOUS_COMMIT_OFF || holds_counter(tenant_id, series))
		return;
	key = DatumGetUInt64(DirectFunctionCall2Coll(hashtextextended, C_COLLATION_OID, series,
												 Int64GetDatum(DatumGetInt32(tenant_id))));
	SET_LOCKTAG_ADVISORY(line, MyDatabaseId, (uint32) (key >> 32), (uint32) key, LINE_OF_SERIES);
	(void) LockAcquire(&line, ExclusiveLock, false, false);
}

/*
 * Lock the counter of a series until the transaction ends, and take so many numbers.  It is
 * the last lock that a transaction takes.
 */
void
ec_invoice_take_numbers(int32 tenant_id, const EcSeries *series, int64 count, EcNumbers *taken)
{
	int32		tried = -1;
	Datum		values[] = {
		Int32GetDatum(tenant_id), PointerGetDatum(series->name), (Datum) 0, Int64GetDatum(count)
	};

	stand_in_line(values[0], values[1]);
	taken->year = series->yearly ? year_of_today(tenant_id) : 0;
	for (;;)
	{
		values[2] = Int32GetDatum(taken->year);
		if (ec_execute(&take_plan, values, NULL) == 1)
			break;

		/* It has none of this year yet, or the year is another one. */
		if (series->yearly)
		{
			(void) ec_execute(&year_plan, values, NULL);
			taken->year = DatumGetInt32(ec_value(0, 1, INT4OID));
		}
		if (taken->year == tried)
			ec_written(0, 1, "invoice_counters");
		tried = taken->year;
		values[2] = Int32GetDatum(taken->year);
		(void) ec_execute(&begin_plan, values, NULL);
	}
	taken->before = DatumGetInt64(ec_value(0, 1, INT8OID));
	taken->issue_date = DatumGetDateADT(ec_value(0, 2, DATEOID));
}

PG_FUNCTION_INFO_V1(ec_take_invoice_numbers);

/*
 * take_invoice_numbers(tenant_id integer, series text, yearly boolean, count bigint)
 * -> (year integer, last_number bigint, issue_date date)
 */
Datum
ec_take_invoice_numbers(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {INT4OID, INT8OID, DATEOID};
	EcSeries	series = {0};
	EcNumbers	taken;
	Datum		result[lengthof(types)];
	int32		tenant_id;

	EC_STRICT(fcinfo);
	series.name = PG_GETARG_TEXT_PP(1);
	series.yearly = PG_GETARG_BOOL(2);
	tenant_id = ec_begin(fcinfo, 0);
	ec_invoice_take_numbers(tenant_id, &series, PG_GETARG_INT64(3), &taken);
	ec_end();
	result[0] = Int32GetDatum(taken.year);
	result[1] = Int64GetDatum(taken.before);
	result[2] = DateADTGetDatum(taken.issue_date);
	PG_RETURN_DATUM(ec_out_row(fcinfo, types, lengthof(types), result));
}
