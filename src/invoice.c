/*
 * invoice.c
 *	  What triggers of documents keep.
 *
 * They run for every document and every line of one, so they look rows up without
 * statements.  What is there now is what counts: rows of this transaction, also of the
 * statement that is running, and what others have committed.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "pg_compat.h"

#include "db/scan.h"
#include "errors.h"

static const EcTable counters = {
	.name = "invoice_counters",
	.nkeys = 3,
	.ncolumns = 4,
	.columns = {
		{"tenant_id", INT4OID}, {"series", TEXTOID}, {"year", INT4OID}, {"last_number", INT8OID}
	}
};
static const EcTable invoices_by_number = {
	.name = "invoices",
	.nkeys = 4,
	.ncolumns = 4,
	.columns = {
		{"tenant_id", INT4OID}, {"series", TEXTOID}, {"year", INT4OID}, {"number", INT8OID}
	}
};
static const EcTable invoices_by_id = {
	.name = "invoices",
	.nkeys = 2,
	.ncolumns = 3,
	.columns = {{"id", UUIDOID}, {"tenant_id", INT4OID}, {"invoice_number", TEXTOID}}
};

/* Columns of both, of which a document is the sum */
enum
{
	PART_NET = 2,
	PART_VAT,
	PART_KIND
};

static const EcTable lines = {
	.name = "invoice_lines",
	.nkeys = 2,
	.ncolumns = 5,
	.columns = {
		{"tenant_id", INT4OID}, {"invoice_id", UUIDOID}, {"net", NUMERICOID},
		{"vat", NUMERICOID}, {"part", TEXTOID}
	}
};
static const EcTable vat_groups = {
	.name = "invoice_vat_groups",
	.nkeys = 2,
	.ncolumns = 4,
	.columns = {
		{"tenant_id", INT4OID}, {"invoice_id", UUIDOID}, {"taxable", NUMERICOID},
		{"tax", NUMERICOID}
	}
};

/* What a row of a trigger says in a column; NULL if it says nothing. */
static Datum
row_value(TriggerData *call, HeapTuple row, const char *name, Oid type, bool *isnull)
{
	TupleDesc	desc = RelationGetDescr(call->tg_relation);
	int			column = SPI_fnumber(desc, name);

	*isnull = true;
	if (column <= 0 || TupleDescAttr(desc, column - 1)->atttypid != type)
		return (Datum) 0;
	return heap_getattr(row, column, desc, isnull);
}

/* The same, if it must say something */
static Datum
known_value(TriggerData *call, HeapTuple row, const char *name, Oid type)
{
	bool		isnull;
	Datum		value = row_value(call, row, name, type, &isnull);

	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_EC_NOT_CONFIGURED),
				 errmsg("column \"%s\" of table \"%s\" is missing, NULL or of another type", name,
						RelationGetRelationName(call->tg_relation)),
				 errhint("Give the table its columns again, or restore it.")));
	return value;
}

/* The same of the row that is there now */
static Datum
new_value(TriggerData *call, const char *name, Oid type)
{
	return known_value(call, TRIGGER_FIRED_BY_UPDATE(call->tg_event) ? call->tg_newtuple
					   : call->tg_trigtuple, name, type);
}

/* Refuse to be called otherwise than as a trigger after rows of one of these tables. */
static TriggerData *
check_trigger(FunctionCallInfo fcinfo, const char *function, const char *name, const char *other)
{
	TriggerData *call = (TriggerData *) fcinfo->context;
	Oid			relid;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(call->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(call->tg_event) || TRIGGER_FIRED_BY_DELETE(call->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("%s must be a trigger AFTER INSERT FOR EACH ROW", function)));
	relid = RelationGetRelid(call->tg_relation);
	if (relid != ec_relation_oid(name) && (other == NULL || relid != ec_relation_oid(other)))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("%s() is for %s only", function,
						other == NULL ? name : "parts of documents")));
	return call;
}

/* Is there a document of that number? */
static bool
number_exists(const Datum *keys)
{
	EcScan		scan;
	bool		found;

	ec_scan_open(&scan, &invoices_by_number, DatumGetInt32(keys[0]), AccessShareLock);
	ec_scan_begin(&scan, SnapshotSelf, 4, keys);
	found = ec_scan_next(&scan);
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	return found;
}

/* Has its series given a number, and is the one before it that of a document? */
static bool
number_is_next(const Datum *keys)
{
	int64		number = DatumGetInt64(keys[3]);
	Datum		before[] = {keys[0], keys[1], keys[2], Int64GetDatum(number - 1)};
	EcScan		scan;
	bool		isnull;
	bool		given;

	ec_scan_open(&scan, &counters, DatumGetInt32(keys[0]), AccessShareLock);
	ec_scan_begin(&scan, SnapshotSelf, 3, keys);
	given = ec_scan_next(&scan) && DatumGetInt64(ec_scan_value(&scan, 3, &isnull)) >= number;
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	return given && (number <= 1 || number_exists(before));
}

/* Do the parts of a document, of which there are some, sum to it? */
static bool
sums_to(const EcTable *table, const Datum *keys, Datum net, Datum vat)
{
	Datum		net_sum = NumericGetDatum(int64_to_numeric(0));
	Datum		vat_sum = net_sum;
	bool		found = false;
	bool		isnull;
	EcScan		scan;

	ec_scan_open(&scan, table, DatumGetInt32(keys[0]), AccessShareLock);
	ec_scan_begin(&scan, SnapshotSelf, 2, keys);
	for (; ec_scan_next(&scan); found = true)
	{
		PGFunction	add = numeric_add;

		if (table->ncolumns > PART_KIND &&
			strcmp(TextDatumGetCString(ec_scan_value(&scan, PART_KIND, &isnull)), "allowance") == 0)
			add = numeric_sub;
		net_sum = DirectFunctionCall2(add, net_sum, ec_scan_value(&scan, PART_NET, &isnull));
		vat_sum = DirectFunctionCall2(add, vat_sum, ec_scan_value(&scan, PART_VAT, &isnull));
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	return found && DatumGetBool(DirectFunctionCall2(numeric_eq, net_sum, net)) &&
		DatumGetBool(DirectFunctionCall2(numeric_eq, vat_sum, vat));
}

PG_FUNCTION_INFO_V1(ec_check_invoice);

/* check_invoice() -> trigger, AFTER INSERT FOR EACH ROW, deferred to the commit */
Datum
ec_check_invoice(PG_FUNCTION_ARGS)
{
	TriggerData *call = check_trigger(fcinfo, "check_invoice", "invoices", NULL);
	Datum		keys[] = {
		new_value(call, "tenant_id", INT4OID), new_value(call, "series", TEXTOID),
		new_value(call, "year", INT4OID), new_value(call, "number", INT8OID)
	};
	Datum		part_keys[] = {keys[0], new_value(call, "id", UUIDOID)};
	Datum		net = new_value(call, "net", NUMERICOID);
	Datum		vat = new_value(call, "vat", NUMERICOID);
	Datum		lines_vat = DirectFunctionCall2(numeric_add, vat,
												new_value(call, "rounding", NUMERICOID));
	const char *fault = NULL;

	if (!number_is_next(keys))
		fault = "Its number is not the next one of its series.";
	else if (!sums_to(&lines, part_keys, net, lines_vat))
		fault = "Its lines do not sum to it.";
	else if (!sums_to(&vat_groups, part_keys, net, vat))
		fault = "Its VAT breakdown does not sum to it.";
	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("document %lld of series \"%s\" is not right",
						(long long) DatumGetInt64(keys[3]), TextDatumGetCString(keys[1])),
				 errdetail_internal("%s", fault),
				 errhint("Use ecommerce.issue_invoice() and ecommerce.issue_credit_note()."),
				 errtableconstraint(call->tg_relation, "invoice_right")));
	return PointerGetDatum(NULL);
}

PG_FUNCTION_INFO_V1(ec_check_invoice_counter);

/* check_invoice_counter() -> trigger, AFTER INSERT OR UPDATE FOR EACH ROW, deferred */
Datum
ec_check_invoice_counter(PG_FUNCTION_ARGS)
{
	TriggerData *call = check_trigger(fcinfo, "check_invoice_counter", "invoice_counters", NULL);
	Datum		keys[] = {
		new_value(call, "tenant_id", INT4OID), new_value(call, "series", TEXTOID),
		new_value(call, "year", INT4OID), new_value(call, "last_number", INT8OID)
	};

	if (DatumGetInt64(keys[3]) > 0 && !number_exists(keys))
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("number %lld of series \"%s\" has no document",
						(long long) DatumGetInt64(keys[3]), TextDatumGetCString(keys[1])),
				 errdetail("Numbers have no gaps."),
				 errtableconstraint(call->tg_relation, "counter_right")));
	return PointerGetDatum(NULL);
}

/*
 * Does what a column of a trigger's rows becomes compare so with what it was?  NULL may
 * become anything, and nothing may become NULL.
 */
static bool
becomes(TriggerData *call, const char *name, Oid type, PGFunction compare)
{
	bool		was_null;
	bool		isnull;
	Datum		was = row_value(call, call->tg_trigtuple, name, type, &was_null);
	Datum		value = row_value(call, call->tg_newtuple, name, type, &isnull);

	return !isnull &&
		(was_null || DatumGetBool(DirectFunctionCall2Coll(compare, C_COLLATION_OID, value, was)));
}

/* Does an update of a counter that gave numbers take one back, or a day, or leave the series? */
static bool
counter_goes_back(TriggerData *call)
{
	return !becomes(call, "last_number", INT8OID, int8ge) ||
		!becomes(call, "last_issue_date", DATEOID, date_ge) ||
		!becomes(call, "year", INT4OID, int4eq) || !becomes(call, "series", TEXTOID, texteq);
}

PG_FUNCTION_INFO_V1(ec_keep_invoice_counter);

/* keep_invoice_counter() -> trigger, BEFORE UPDATE OR DELETE FOR EACH ROW */
Datum
ec_keep_invoice_counter(PG_FUNCTION_ARGS)
{
	TriggerData *call = (TriggerData *) fcinfo->context;
	bool		deleted;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(call->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(call->tg_event) || TRIGGER_FIRED_BY_INSERT(call->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("keep_invoice_counter must be a trigger BEFORE UPDATE OR DELETE"
						" FOR EACH ROW")));
	deleted = TRIGGER_FIRED_BY_DELETE(call->tg_event);
	if (DatumGetInt64(known_value(call, call->tg_trigtuple, "last_number", INT8OID)) > 0 &&
		(deleted || counter_goes_back(call)))
		ereport(ERROR,
				(errcode(ERRCODE_EC_IMMUTABLE),
				 errmsg("%s on invoice_counters is refused", deleted ? "DELETE" : "UPDATE"),
				 errdetail("Numbers and days of a series only go up.")));
	return PointerGetDatum(deleted ? call->tg_trigtuple : call->tg_newtuple);
}

PG_FUNCTION_INFO_V1(ec_check_invoice_part);

/* check_invoice_part() -> trigger, AFTER INSERT FOR EACH ROW */
Datum
ec_check_invoice_part(PG_FUNCTION_ARGS)
{
	TriggerData *call = check_trigger(fcinfo, "check_invoice_part", "invoice_lines",
									  "invoice_vat_groups");
	Datum		keys[] = {
		new_value(call, "invoice_id", UUIDOID), new_value(call, "tenant_id", INT4OID)
	};
	char	   *issued = NULL;
	bool		isnull;
	EcScan		scan;

	ec_scan_open(&scan, &invoices_by_id, DatumGetInt32(keys[1]), AccessShareLock);
	ec_scan_begin(&scan, SnapshotSelf, 2, keys);
	if (ec_scan_next(&scan) &&
		!TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(scan.tuple->t_data)))
		issued = TextDatumGetCString(ec_scan_value(&scan, 2, &isnull));
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	if (issued != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_EC_IMMUTABLE),
				 errmsg("INSERT on %s is refused", RelationGetRelationName(call->tg_relation)),
				 errdetail("Nothing is added to document %s, which was issued.", issued)));
	return PointerGetDatum(NULL);
}
