/*
 * invoice_issue.c
 *	  Issuing documents that were drafted and checked: they get numbers, and are written.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/uuid.h"

#include "pg_compat.h"

#include "call.h"
#include "db/plan.h"
#include "db/table.h"
#include "db/trigger.h"
#include "ecommerce.h"
#include "invoice_number.h"
#include "invoice_write.h"
#include "value/json.h"
#include "value/member.h"
#include "value/result.h"

/* The drafts in an array, none of which may be NULL */
static Datum *
read_drafts(ArrayType *array, int *count)
{
	Datum	   *drafts;
	bool	   *nulls;

	deconstruct_array(array, JSONBOID, -1, false, TYPALIGN_INT, &drafts, &nulls, count);
	for (int i = 0; i < *count; i++)
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("drafts must not be NULL")));
	return drafts;
}

/* Give the documents ids, in the order of the numbers that they will have. */
static void
identify_documents(EcDocuments *documents)
{
	for (int i = 0; i < documents->count; i++)
	{
		pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));

		ec_uuid_v7_generate(id);
		documents->ids[i] = UUIDPGetDatum(id);
	}
}

/* Give them their numbers. */
static void
number_documents(EcDocuments *documents, const EcSeries *series)
{
	EcNumbers	taken;

	ec_invoice_take_numbers(documents->tenant_id, series, documents->count, &taken);
	documents->year = Int32GetDatum(taken.year);
	documents->first_number = taken.before + 1;
	documents->issue_date = taken.issue_date;
	for (int i = 0; i < documents->count; i++)
		documents->written_numbers[i] =
			PointerGetDatum(ec_invoice_number(series->format, series->name, taken.issue_date,
											  documents->first_number + i));
}

/* Where others' triggers may change what is written */
static EcPlan statement_plan = {
	.sql = "SELECT ecommerce_internal.write_by_statement($1, $2, $3, $4, $5, $6, $7, $8)",
	.nargs = 8,
	.types = {
		UUIDARRAYOID, JSONBARRAYOID, TEXTOID, INT4OID, INT8OID, TEXTARRAYOID, DATEOID, INT4OID
	}
};
static EcPlan count_plan = {
	.sql = "SELECT ecommerce_internal.count_documents($1, $2)",
	.nargs = 2,
	.types = {INT4OID, JSONBARRAYOID}
};
static EcPlan check_plan = {
	.sql = "SELECT ecommerce_internal.check_documents($1, $2, $3, $4)",
	.nargs = 4,
	.types = {INT4OID, UUIDARRAYOID, JSONBARRAYOID, INT8OID}
};
static EcPlan event_plan = {
	.sql = "INSERT INTO {events} (tenant_id, kind, entity_id, data)"
	" SELECT $1, CASE WHEN $2 THEN 'invoice.credited' ELSE 'invoice.issued' END, w.id, w.data"
	" FROM unnest($3, $4) AS w (id, data)",
	.nargs = 4,
	.types = {INT4OID, BOOLOID, UUIDARRAYOID, JSONBARRAYOID}
};

/* What the event of a document says */
static Datum
event_data(JsonbContainer *draft, bool credits)
{
	static char *const told[] = {
		"order_id", "order_number", "shipment_id", "refund_id", "user_id"
	};
	JsonbParseState *state = NULL;
	JsonbValue *corrected = credits ? ec_member(draft, "preceding") : NULL;

	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (size_t i = 0; i < lengthof(told); i++)
		ec_json_push_given(&state, told[i], ec_member(draft, told[i]));
	ec_json_push_given(&state, "invoices", corrected);
	return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}

/* An array of what documents have, none of which is NULL */
static ArrayType *
array_of(Datum *values, int count, Oid type)
{
	int16		length;
	bool		by_value;
	char		align;

	get_typlenbyvalalign(type, &length, &by_value, &align);
	return construct_array(values, count, type, length, by_value, align);
}

/* Write the events of the documents. */
static void
write_events(const EcDocuments *documents, ArrayType *ids, text *kind)
{
	bool		credits = strcmp(text_to_cstring(kind), "invoice") != 0;
	Datum	   *data = palloc_array(Datum, (Size) documents->count);
	Datum		values[4];

	for (int i = 0; i < documents->count; i++)
		data[i] = event_data(&DatumGetJsonbP(documents->drafts[i])->root, credits);
	values[0] = Int32GetDatum(documents->tenant_id);
	values[1] = BoolGetDatum(credits);
	values[2] = PointerGetDatum(ids);
	values[3] = PointerGetDatum(array_of(data, documents->count, JSONBOID));
	(void) ec_execute(&event_plan, values, NULL);
}

/* Does nobody else write, where documents are written?  Who did might invoice the same twice. */
static bool
writes_alone(void)
{
	static const char *const tables[] = {
		"invoice_series", "invoice_counters", "invoices", "invoice_lines", "invoice_vat_groups",
		"events"
	};

	for (size_t i = 0; i < lengthof(tables); i++)
		if (!ec_writes_alone(ec_relation_oid(tables[i])))
			return false;
	return true;
}

/* Until when the documents are to be paid */
static Datum
due_dates_of(const EcDocuments *documents)
{
	int			dims[1] = {documents->count};
	int			first[1] = {1};

	return PointerGetDatum(construct_md_array(documents->due_dates, documents->no_due_date, 1, dims,
											  first, DATEOID, sizeof(DateADT), true,
											  TYPALIGN_INT));
}

/* How many documents the orders of the drafts have */
static int64
count_documents(const EcDocuments *documents, Datum drafts)
{
	Datum		values[] = {Int32GetDatum(documents->tenant_id), drafts};

	(void) ec_execute(&count_plan, values, NULL);
	return DatumGetInt64(ec_value(0, 1, INT8OID));
}

/* Write numbered documents by a statement, and return until when they are to be paid. */
static Datum
write_by_statement(const EcDocuments *documents, Datum drafts, ArrayType *ids, ArrayType *numbers)
{
	Datum		values[] = {
		PointerGetDatum(ids), drafts, documents->series, documents->year,
		Int64GetDatum(documents->first_number), PointerGetDatum(numbers),
		DateADTGetDatum(documents->issue_date), Int32GetDatum(documents->tenant_id)
	};

	(void) ec_execute(&statement_plan, values, NULL);
	return datumCopy(ec_value(0, 1, DATEARRAYOID), false, -1);
}

/* Make sure that the orders have these documents, and no others than they had before. */
static void
check_documents(const EcDocuments *documents, Datum drafts, ArrayType *ids, int64 before)
{
	Datum		values[] = {
		Int32GetDatum(documents->tenant_id), PointerGetDatum(ids), drafts,
		Int64GetDatum(before + documents->count)
	};

	(void) ec_execute(&check_plan, values, NULL);
}

PG_FUNCTION_INFO_V1(ec_write_invoices);

/*
 * write_invoices(tenant_id integer, kind text, series text, drafts jsonb[])
 * -> (ids uuid[], invoice_numbers text[], issue_date date, due_dates date[])
 */
Datum
ec_write_invoices(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {UUIDARRAYOID, TEXTARRAYOID, DATEOID, DATEARRAYOID};
	EcDocuments documents = {0};
	Datum		result[lengthof(types)];
	EcSeries	series;
	ArrayType  *ids;
	ArrayType  *numbers;
	bool		alone;
	bool		written;
	int64		before = 0;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(3))
		PG_RETURN_NULL();
	documents.drafts = read_drafts(PG_GETARG_ARRAYTYPE_P(3), &documents.count);
	documents.ids = palloc0_array(Datum, (Size) documents.count);
	documents.written_numbers = palloc0_array(Datum, (Size) documents.count);
	documents.due_dates = palloc0_array(Datum, (Size) documents.count);
	documents.no_due_date = palloc0_array(bool, (Size) documents.count);

	documents.tenant_id = ec_begin(fcinfo, 0);
	alone = writes_alone();
	if (!alone)
		before = count_documents(&documents, PG_GETARG_DATUM(3));
	ec_invoice_series(documents.tenant_id, PG_GETARG_TEXT_PP(1),
					  PG_ARGISNULL(2) ? NULL : PG_GETARG_TEXT_PP(2), &series);
	documents.series = PointerGetDatum(series.name);
	identify_documents(&documents);
	ids = array_of(documents.ids, documents.count, UUIDOID);
	written = alone && ec_invoice_write_parts(&documents);
	if (written)
		write_events(&documents, ids, PG_GETARG_TEXT_PP(1));
	number_documents(&documents, &series);
	numbers = array_of(documents.written_numbers, documents.count, TEXTOID);
	if (written && ec_invoice_write_heads(&documents))
		result[3] = due_dates_of(&documents);
	else
		result[3] = write_by_statement(&documents, PG_GETARG_DATUM(3), ids, numbers);
	if (!alone)
		check_documents(&documents, PG_GETARG_DATUM(3), ids, before);
	if (!written)
		write_events(&documents, ids, PG_GETARG_TEXT_PP(1));
	ec_end();

	result[0] = PointerGetDatum(ids);
	result[1] = PointerGetDatum(numbers);
	result[2] = DateADTGetDatum(documents.issue_date);
	PG_RETURN_DATUM(ec_out_row(fcinfo, types, lengthof(types), result));
}
