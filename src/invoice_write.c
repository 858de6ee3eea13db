/*
 * invoice_write.c
 *	  Writing documents that were drafted, checked and numbered.
 *
 * A document is three tables' rows, and a statement that writes them takes longer to start
 * than to write.  From its number on the series is locked, and everybody else waits for it:
 * what does not tell the number is written before.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "pg_compat.h"

#include "db/scan.h"
#include "db/writer.h"
#include "invoice_write.h"

/* Columns of invoices that a draft does not have */
enum
{
	INVOICE_TENANT,
	INVOICE_ID,
	INVOICE_SERIES,
	INVOICE_YEAR,
	INVOICE_NUMBER,
	INVOICE_WRITTEN_NUMBER,
	INVOICE_ISSUE_DATE,
	INVOICE_DUE_DATE,
	INVOICE_DELIVERY,
	INVOICE_DRAFTED
};

/* Columns of its parts that are not in the draft's list of them */
enum
{
	PART_TENANT,
	PART_INVOICE,
	PART_DRAFTED
};

#define ANY_MAY_BE_NULL PG_UINT64_MAX

static const EcTable invoices = {
	.name = "invoices",
	.nullable = ANY_MAY_BE_NULL,
	.ncolumns = 36,
	.columns = {
		{"tenant_id", INT4OID}, {"id", UUIDOID}, {"series", TEXTOID}, {"year", INT4OID},
		{"number", INT8OID}, {"invoice_number", TEXTOID}, {"issue_date", DATEOID},
		{"due_date", DATEOID}, {"delivery", JSONBOID},
		{"kind", TEXTOID}, {"type_code", TEXTOID}, {"profile", TEXTOID}, {"delivery_date", DATEOID},
		{"order_id", UUIDOID}, {"order_created_at", TIMESTAMPTZOID}, {"order_number", TEXTOID},
		{"shipment_id", UUIDOID}, {"refund_id", UUIDOID}, {"user_id", UUIDOID},
		{"currency", TEXTOID}, {"net", NUMERICOID}, {"vat", NUMERICOID}, {"gross", NUMERICOID},
		{"prepaid", NUMERICOID}, {"rounding", NUMERICOID}, {"tax_currency", TEXTOID},
		{"exchange_rate", NUMERICOID},
		{"vat_scheme", TEXTOID}, {"country", TEXTOID}, {"region", TEXTOID}, {"seller", JSONBOID},
		{"buyer", JSONBOID}, {"payment", JSONBOID}, {"preceding", JSONBOID}, {"note", TEXTOID},
		{"idempotency_key", TEXTOID}
	}
};
static const EcTable invoice_lines = {
	.name = "invoice_lines",
	.nullable = ANY_MAY_BE_NULL,
	.ncolumns = 23,
	.columns = {
		{"tenant_id", INT4OID}, {"invoice_id", UUIDOID},
		{"line_number", INT4OID}, {"part", TEXTOID}, {"order_line", INT4OID}, {"kind", TEXTOID},
		{"sku", TEXTOID}, {"gtin", TEXTOID}, {"name", TEXTOID}, {"quantity", INT4OID},
		{"unit_code", TEXTOID}, {"unit_price", NUMERICOID}, {"base_quantity", INT4OID},
		{"allowance", NUMERICOID}, {"net", NUMERICOID}, {"vat", NUMERICOID},
		{"vat_category", TEXTOID}, {"vat_rate", NUMERICOID}, {"reason_code", TEXTOID},
		{"reason", TEXTOID}, {"supply", TEXTOID}, {"corrected_invoice_id", UUIDOID},
		{"corrected_line_number", INT4OID}
	}
};
static const EcTable invoice_vat_groups = {
	.name = "invoice_vat_groups",
	.nullable = ANY_MAY_BE_NULL,
	.ncolumns = 9,
	.columns = {
		{"tenant_id", INT4OID}, {"invoice_id", UUIDOID},
		{"vat_category", TEXTOID}, {"vat_rate", NUMERICOID}, {"taxable", NUMERICOID},
		{"tax", NUMERICOID}, {"vatex", TEXTOID}, {"reason", TEXTOID}, {"mydata_exemption", INT4OID}
	}
};
static const EcTable numbers = {
	.name = "invoices",
	.nkeys = 2,
	.ncolumns = 2,
	.columns = {{"tenant_id", INT4OID}, {"invoice_number", TEXTOID}}
};

/* Refuse a draft that is not what drafts are. */
pg_noreturn static void
wrong_draft(const char *key, const char *expected)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s of a draft must be %s", key, expected)));
}

/* A text, as a value of a type that is written as one */
static Datum
read_text(char *text, Oid type)
{
	Oid			input;
	Oid			parameter;

	getTypeInputInfo(type, &input, &parameter);
	return OidInputFunctionCall(input, text, parameter, -1);
}

/* What a key of an object says, as a value of a type; NULL if it says nothing. */
static Datum
json_value(JsonbContainer *object, const char *key, Oid type, bool *isnull)
{
	JsonbValue	buffer;
	JsonbValue *value;

	if (!JsonContainerIsObject(object))
		wrong_draft("each part", "an object");
	value = getKeyJsonValueFromContainer(object, key, (int) strlen(key), &buffer);
	*isnull = value == NULL || value->type == jbvNull;
	if (*isnull)
		return (Datum) 0;
	if (type == JSONBOID)
		return JsonbPGetDatum(JsonbValueToJsonb(value));
	if (value->type == jbvNumeric && type == NUMERICOID)
		return NumericGetDatum(value->val.numeric);
	if (value->type == jbvNumeric && type == INT4OID)
		return DirectFunctionCall1(numeric_int4, NumericGetDatum(value->val.numeric));
	if (value->type == jbvNumeric)
		return read_text(DatumGetCString(DirectFunctionCall1(numeric_out,
															 NumericGetDatum(value->val.numeric))),
						 type);
	if (value->type != jbvString)
		wrong_draft(key, "text or a number");
	if (type == TEXTOID)
		return PointerGetDatum(cstring_to_text_with_len(value->val.string.val,
														value->val.string.len));
	return read_text(pnstrdup(value->val.string.val, (Size) value->val.string.len), type);
}

/* The columns of a row from so many on, by their names in an object */
static void
json_columns(JsonbContainer *object, const EcTable *table, int from, Datum *values, bool *isnull)
{
	for (int i = from; i < table->ncolumns; i++)
		values[i] = json_value(object, table->columns[i].name, table->columns[i].type, &isnull[i]);
}

/* Until when a document is to be paid: not before it is issued, and terms in days begin then. */
static Datum
due_date(JsonbContainer *draft, DateADT issue_date, bool *isnull)
{
	Datum		due = json_value(draft, "due_date", DATEOID, isnull);
	Datum		days;

	if (!*isnull)
		return DateADTGetDatum(Max(DatumGetDateADT(due), issue_date));
	days = json_value(draft, "payment_days", INT4OID, isnull);
	return *isnull ? (Datum) 0 : DateADTGetDatum(issue_date + DatumGetInt32(days));
}

/* Make ready the rows of invoices, but for what comes with their numbers. */
static void
draft_heads(EcDocuments *documents)
{
	documents->heads = palloc_array(EcDocumentHead, (Size) documents->count);
	for (int i = 0; i < documents->count; i++)
	{
		JsonbContainer *draft = &DatumGetJsonbP(documents->drafts[i])->root;
		Datum	   *values = documents->heads[i].values;
		bool	   *isnull = documents->heads[i].isnull;

		memset(isnull, false, sizeof(documents->heads[i].isnull));
		json_columns(draft, &invoices, INVOICE_DRAFTED, values, isnull);
		values[INVOICE_TENANT] = Int32GetDatum(documents->tenant_id);
		values[INVOICE_ID] = documents->ids[i];
		values[INVOICE_SERIES] = documents->series;
		values[INVOICE_DELIVERY] = json_value(draft, "delivery", JSONBOID,
											  &isnull[INVOICE_DELIVERY]);
		if (!isnull[INVOICE_DELIVERY])
			isnull[INVOICE_DELIVERY] = JB_ROOT_COUNT(DatumGetJsonbP(values[INVOICE_DELIVERY])) == 0;
	}
}

/* Write the rows of one of their lists. */
static void
write_list(EcDocuments *documents, const EcTable *table, const char *list, EcWriter *writer)
{
	for (int i = 0; i < documents->count; i++)
	{
		bool		none;
		Datum		parts = json_value(&DatumGetJsonbP(documents->drafts[i])->root, list, JSONBOID,
									   &none);
		JsonbIterator *iterator;
		JsonbIteratorToken token;
		JsonbValue	part;

		if (none)
			continue;
		iterator = JsonbIteratorInit(&DatumGetJsonbP(parts)->root);
		while ((token = JsonbIteratorNext(&iterator, &part, true)) != WJB_DONE)
		{
			Datum		values[EC_TABLE_MAX_COLUMNS];
			bool		isnull[EC_TABLE_MAX_COLUMNS] = {false};

			if (token != WJB_ELEM)
				continue;
			if (part.type != jbvBinary)
				wrong_draft(list, "a list of objects");
			json_columns(part.val.binary.data, table, PART_DRAFTED, values, isnull);
			values[PART_TENANT] = Int32GetDatum(documents->tenant_id);
			values[PART_INVOICE] = documents->ids[i];
			ec_writer_insert(writer, values, isnull);
		}
	}
}

/* Has any document of the tenant one of the numbers already, as they are written? */
static bool
any_number_taken(const EcDocuments *documents)
{
	EcScan		scan;
	bool		taken = false;

	ec_scan_open(&scan, &numbers, documents->tenant_id, AccessShareLock);
	for (int i = 0; i < documents->count && !taken; i++)
	{
		Datum		keys[] = {Int32GetDatum(documents->tenant_id), documents->written_numbers[i]};

		ec_scan_begin(&scan, SnapshotSelf, 2, keys);
		taken = ec_scan_next(&scan);
		ec_scan_end(&scan);
	}
	ec_scan_close(&scan);
	return taken;
}

/* The tables that documents are in; parts wait for what they are of. */
static const struct
{
	const EcTable *table;
	const char *list;			/* of a draft, or NULL for the draft itself */
}			tables[EC_DOCUMENT_TABLES] = {
	{&invoice_lines, "lines"}, {&invoice_vat_groups, "vat_breakdown"}, {&invoices, NULL}
};

#define HEADS (EC_DOCUMENT_TABLES - 1)

/*
 * Write all of documents that does not tell their numbers, and make the rest ready; false,
 * and nothing is written, if it takes a statement.  Foreign keys are asked at the end.
 */
bool
ec_invoice_write_parts(EcDocuments *documents)
{
	EcPlace    *places[EC_DOCUMENT_TABLES];
	bool		suits = true;

	for (int i = 0; i < EC_DOCUMENT_TABLES; i++)
	{
		places[i] = ec_table_open(tables[i].table, documents->tenant_id, RowExclusiveLock,
								  &documents->rels[i]);
		suits &= ec_writer_suits(places[i], documents->rels[i]);
	}
	for (int i = 0; i < EC_DOCUMENT_TABLES && !suits; i++)
		table_close(documents->rels[i], NoLock);
	for (int i = 0; i < EC_DOCUMENT_TABLES && suits; i++)
	{
		documents->writers[i] = ec_writer_begin(places[i], documents->rels[i], -1);
		if (tables[i].list != NULL)
			write_list(documents, tables[i].table, tables[i].list, documents->writers[i]);
	}
	if (suits)
		draft_heads(documents);
	return suits;
}

/*
 * Write what is left of documents, which have their numbers.  False if one is taken: then a
 * statement cannot write them, either, but says why.
 */
bool
ec_invoice_write_heads(EcDocuments *documents)
{
	if (any_number_taken(documents))
		return false;
	for (int i = 0; i < documents->count; i++)
	{
		JsonbContainer *draft = &DatumGetJsonbP(documents->drafts[i])->root;
		Datum	   *values = documents->heads[i].values;
		bool	   *isnull = documents->heads[i].isnull;

		values[INVOICE_YEAR] = documents->year;
		values[INVOICE_NUMBER] = Int64GetDatum(documents->first_number + i);
		values[INVOICE_WRITTEN_NUMBER] = documents->written_numbers[i];
		values[INVOICE_ISSUE_DATE] = DateADTGetDatum(documents->issue_date);
		values[INVOICE_DUE_DATE] = due_date(draft, documents->issue_date,
											&isnull[INVOICE_DUE_DATE]);
		documents->due_dates[i] = values[INVOICE_DUE_DATE];
		documents->no_due_date[i] = isnull[INVOICE_DUE_DATE];
		ec_writer_insert(documents->writers[HEADS], values, isnull);
	}

	/*
	 * Triggers wait by levels, of which the last ends first; parts find their
	 * document then.
	 */
	for (int i = EC_DOCUMENT_TABLES - 1; i >= 0; i--)
	{
		ec_writer_end(documents->writers[i]);
		table_close(documents->rels[i], NoLock);
	}
	return true;
}
